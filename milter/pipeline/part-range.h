/* SPDX-License-Identifier: BSD-2-Clause
 *
 * part-range.h - the parts that a text such as "1-3,5" names, the form of the fact trailers.range.
 */
#ifndef PART_RANGE_H
#define PART_RANGE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* A walk over the numbers of REST, which is set before the first call; the others are 0. */
struct part_range {
    const char *rest;
    int64_t next, last;
    bool inside;
};

/* Stores the next number in *PART.  Returns false after the last one. */
static inline bool part_range_next(struct part_range *range, int64_t *part) {
    int used = 0;

    if (!range->inside) {
        if (*range->rest < '0' || *range->rest > '9' ||
            sscanf(range->rest, "%9" SCNd64 "%n", &range->next, &used) != 1)
            return false;
        range->rest += used;
        range->last = range->next;
        if (*range->rest == '-' &&
            sscanf(range->rest + 1, "%9" SCNd64 "%n", &range->last, &used) == 1)
            range->rest += 1 + used;
        range->rest += *range->rest == ',';
    }
    *part = range->next++;
    range->inside = range->next <= range->last;
    return true;
}

#endif
