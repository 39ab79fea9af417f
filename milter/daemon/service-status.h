/* SPDX-License-Identifier: BSD-2-Clause
 *
 * service-status.h - the line "Status:" of systemctl status.
 */
#ifndef SERVICE_STATUS_H
#define SERVICE_STATUS_H

#include "pipeline/metrics.h"

/* Sends the state of the daemon to systemd as one line of plain text: the mails that were answered,
 * the events that the slowest sink has not accepted yet, the sinks that are unavailable, and the
 * store.  If the line is the one that was sent last, sends nothing.  The caller calls it every few
 * seconds, on a thread that handles no mail.  Never blocks on systemd.  Any thread. */
void service_status_notify(const struct metrics_moment *moment);

/* Sends the last line, which stays after the end: the mails that were answered. */
void service_status_stopped(void);

#endif
