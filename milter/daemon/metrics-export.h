/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-export.h - the metrics where a monitor finds them: in a file, and over HTTP (all of
 * libmicrohttpd).
 *
 * The text is made now and then by whoever calls metrics_export_update; who asks over HTTP gets the
 * newest one.
 */
#ifndef METRICS_EXPORT_H
#define METRICS_EXPORT_H

#include "pipeline/metrics.h"

struct metrics_export;

/* FILE: path that is replaced with each update, for the textfile collector of node_exporter;
 * ADDRESS: "inet:PORT@HOST" or "inet6:PORT@HOST", GET /metrics is answered there.  Each NULL or "":
 * not wanted.  What cannot be had is logged, and the rest works.  NULL: nothing is wanted, or out
 * of memory; the other functions take that. */
struct metrics_export *metrics_export_start(const char *file, const char *address);
/* Makes the text anew.  A file that cannot be written is logged once until it works again. */
void metrics_export_update(struct metrics_export *metrics_export,
                           const struct metrics_moment *moment);
void metrics_export_stop(struct metrics_export *metrics_export);

#endif
