/* SPDX-License-Identifier: BSD-2-Clause
 *
 * exposition.h - the metrics where a monitor finds them: in a file, and over HTTP (all of
 * libmicrohttpd).
 *
 * The text is made now and then by whoever calls exposition_update; who asks over HTTP gets the
 * newest one.
 */
#ifndef EXPOSITION_H
#define EXPOSITION_H

#include "pipeline/metrics.h"

struct exposition;

/* FILE: path that is replaced with each update, for the textfile collector of node_exporter;
 * ADDRESS: "inet:PORT@HOST" or "inet6:PORT@HOST", GET /metrics is answered there.  Each NULL or "":
 * not wanted.  What cannot be had is logged, and the rest works.  NULL: nothing is wanted, or out
 * of memory; the other functions take that. */
struct exposition *exposition_start(const char *file, const char *address);
/* Makes the text anew.  A file that cannot be written is logged once until it works again. */
void exposition_update(struct exposition *exposition, const struct metrics_moment *moment);
void exposition_stop(struct exposition *exposition);

#endif
