/* SPDX-License-Identifier: BSD-2-Clause
 *
 * notify.h - tells systemd how the daemon is, by the protocol of sd_notify(3).
 */
#ifndef NOTIFY_H
#define NOTIFY_H

/* Sends STATE, such as "READY=1", to the socket that the environment names; does nothing where none
 * is named.  Never blocks; what fails is not said, as systemd itself says what it misses. */
void notify(const char *state);

#endif
