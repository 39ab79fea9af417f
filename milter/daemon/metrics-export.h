/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-export.h - exports the metrics to a monitor: in a file, and over HTTP.  Only this module
 * uses libmicrohttpd.
 *
 * The text is formatted by metrics_export_update, which the caller calls every few seconds; each
 * HTTP request gets the newest text.
 */
#ifndef METRICS_EXPORT_H
#define METRICS_EXPORT_H

#include "pipeline/metrics.h"

struct metrics_export;

/* Starts the export.  FILE is the path of the file that each update replaces, for the textfile
 * collector of node_exporter; it must be valid until metrics_export_stop.  ADDRESS is
 * "inet:PORT@HOST" or "inet6:PORT@HOST"; GET /metrics there returns the metrics in the text format
 * of Prometheus, version 0.0.4.  If one of them is NULL or "", that export is off.  If ADDRESS
 * cannot be listened on, logs an error, and the file is still written.  Returns the export, which
 * metrics_export_stop frees; NULL if both are off or memory runs out. */
struct metrics_export *metrics_export_start(const char *file, const char *address);
/* Formats the metrics and MOMENT, replaces the file, and publishes the text over HTTP.  If the file
 * cannot be written, logs one error until writing succeeds again.  METRICS_EXPORT may be NULL.  May
 * be called on any thread, but by one at a time. */
void metrics_export_update(struct metrics_export *metrics_export,
                           const struct metrics_moment *moment);
/* Ends the HTTP server and frees METRICS_EXPORT, which may be NULL.  The file stays. */
void metrics_export_stop(struct metrics_export *metrics_export);

#endif
