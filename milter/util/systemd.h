/* SPDX-License-Identifier: BSD-2-Clause
 *
 * systemd.h - notifies systemd of the state of the daemon (the protocol of sd_notify(3)).
 */
#ifndef SYSTEMD_H
#define SYSTEMD_H

/* Sends STATE, such as "READY=1", to the socket that the environment variable NOTIFY_SOCKET names;
 * does nothing if it names none.  Never blocks.  Errors are not reported, because systemd itself
 * reports a notification that it misses.  Any thread. */
void systemd_notify(const char *state);

#endif
