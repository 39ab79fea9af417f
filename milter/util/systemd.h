/* SPDX-License-Identifier: BSD-2-Clause
 *
 * systemd.h - tells systemd how the daemon is, by the protocol of sd_notify(3).
 */
#ifndef SYSTEMD_H
#define SYSTEMD_H

/* Sends STATE, such as "READY=1", to the socket that the environment names; does nothing where none
 * is named.  Never blocks; what fails is not said, as systemd itself says what it misses. */
void systemd_notify(const char *state);

#endif
