/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-read.h - reads the metrics that a running daemon exports (metrics-export.h), from its
 * unix socket or from the file.
 */
#ifndef METRICS_READ_H
#define METRICS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics_sample {
    const char *name;   /* without "patchmark_" */
    const char *labels; /* label="value",...; "" if there are none */
    double value;
};

/* The samples of one text, in its order. */
struct metrics_samples {
    char *text; /* owns the strings */
    struct metrics_sample *list;
    size_t count;
    int pid; /* of the process that listens on the unix socket; 0 if it is not known */
};

/* Why there is no text. */
enum metrics_source {
    METRICS_READ,      /* there is one */
    METRICS_MISSING,   /* no such socket or file */
    METRICS_REFUSED,   /* a socket on which nobody listens: the daemon was killed */
    METRICS_FORBIDDEN, /* this user may not connect or read */
    METRICS_SILENT,    /* no answer, or none that can be understood, within 5 seconds */
    METRICS_EARLY      /* the daemon has not written any metrics yet */
};

/* Read the metrics into SAMPLES, which metrics_free frees: from the unix socket PATH, or from the
 * file PATH.  On anything but METRICS_READ, SAMPLES is empty, except for the process. */
enum metrics_source metrics_ask(const char *path, struct metrics_samples *samples);
enum metrics_source metrics_read_file(const char *path, struct metrics_samples *samples);
/* Takes TEXT, in the text format of Prometheus, which free(3) can free, apart.  Lines that are no
 * samples of patchmark are left out. */
void metrics_parse(char *text, struct metrics_samples *samples);
void metrics_free(struct metrics_samples *samples);

/* Copies the value of LABEL of SAMPLE, without its escapes, to VALUE, cut at SIZE bytes.  Returns
 * false, and stores "", if it has no such label. */
bool metrics_label(const struct metrics_sample *sample, const char *label, char *value,
                   size_t size);
/* Returns the sample NAME whose LABEL has the value VALUE, or, if LABEL is NULL, the first one;
 * NULL if there is none. */
const struct metrics_sample *metrics_find(const struct metrics_samples *samples, const char *name,
                                          const char *label, const char *value);
/* Returns the number of that sample; -1 if there is none. */
int64_t metrics_number(const struct metrics_samples *samples, const char *name, const char *label,
                       const char *value);

#endif
