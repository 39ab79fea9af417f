/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-export.h - exports the metrics to a monitor: in a file, and over HTTP; and to `patchmark
 * status`, over HTTP on a unix socket.  Of the daemon, only this module uses libmicrohttpd.
 *
 * The text is formatted by metrics_export_update, which the caller calls every few seconds; each
 * HTTP request at an address gets the newest text.  On the unix socket, the counters are those of
 * the time of the request, and only the values of one moment are those of the last update.
 *
 * Clients that send no request, send it slowly or do not read the answer keep no other client from
 * being served: the number of connections is bounded, a new one takes the place of the oldest, and
 * each is closed after 10 s, or at the next update then.
 */
#ifndef METRICS_EXPORT_H
#define METRICS_EXPORT_H

#include "pipeline/metrics.h"

/* The name of the unix socket in the state folder. */
#define METRICS_EXPORT_LOCAL "status.sock"

struct metrics_export;

/* Starts the export.  FILE is the path of the file that each update replaces, for the textfile
 * collector of node_exporter; it must be valid until metrics_export_stop.  ADDRESS is
 * "inet:PORT@HOST" or "inet6:PORT@HOST"; GET /metrics there returns the metrics in the text format
 * of Prometheus, version 0.0.4.  LOCAL is the path of a unix socket that answers the same and what
 * metrics_write_private writes; its file replaces an earlier one.  If one of them is NULL or "",
 * that export is off.  If ADDRESS or LOCAL cannot be listened on, logs an error, and the others
 * still work.  Without libmicrohttpd, LOCAL is ignored.  Returns the export, which
 * metrics_export_stop frees; NULL if all are off or memory runs out. */
struct metrics_export *metrics_export_start(const char *file, const char *address,
                                            const char *local);
/* Formats the metrics and MOMENT, of which the pipeline and the names of sinks must be valid until
 * metrics_export_stop, replaces the file, and publishes the text over HTTP.  If the file
 * cannot be written, logs one error until writing succeeds again.  METRICS_EXPORT may be NULL.  May
 * be called on any thread, but by one at a time. */
void metrics_export_update(struct metrics_export *metrics_export,
                           const struct metrics_moment *moment);
/* Ends the HTTP servers and frees METRICS_EXPORT, which may be NULL.  The file stays, and so does
 * that of the unix socket: a reload replaces it, and the end of the process removes it, so that a
 * client knows which of them it is. */
void metrics_export_stop(struct metrics_export *metrics_export);

#endif
