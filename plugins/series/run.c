/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run.c - the run of a sending tool that made a posting: see run.h.
 */
#include "run.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TIMED_SECONDS 60 /* from the first mail of a run to the last, by their Message-IDs */

bool run_read(const struct posting *posting, struct run *run) {
    if (!stamp_read(posting->message_id, run->stamp, &run->counter))
        return false;
    if (!stamp_first(posting->message_id, run->first))
        *run->first = '\0';
    /* Each further patch without number is a series of its own. */
    run->goes_on = posting->numbered ? posting->part > run->counter : run->counter > 1;
    return true;
}

bool run_starts(const struct posting *posting, const struct run *run) {
    return posting->numbered && run->counter == 1 && *run->first;
}

/* Returns the seconds by which the time in Message-IDs of one run may advance until PART: hg adds
 * one second for each mail. */
static int64_t clock_range(int64_t part) {
    return TIMED_SECONDS + part;
}

/* The run began with the oldest reference that the same user's tool made at most clock_range
 * seconds before ID; its time is part of the stamp. */
bool run_timed(const struct posting *posting, const char *id, size_t first,
               char stamp[STAMP_SIZE]) {
    size_t count = patchmark_message_reference_count(posting->message);
    char tool[STAMP_SIZE], other[STAMP_SIZE];
    int64_t second, earlier, began;

    if (!stamp_read_timed(id, tool, &second))
        return false;
    began = second;
    for (size_t i = first; i < count && posting->part >= 1; i++)
        if (stamp_read_timed(patchmark_message_reference(posting->message, i), other, &earlier) &&
            strcmp(tool, other) == 0 && earlier < began &&
            second - earlier <= clock_range(posting->part))
            began = earlier;
    snprintf(stamp, STAMP_SIZE, "%.*s %lld", STAMP_SIZE - 24, tool, (long long)began);
    return true;
}

bool run_made(const struct posting *posting, const char *reference) {
    char own[STAMP_SIZE], other[STAMP_SIZE];
    int64_t second, earlier;
    struct run run;
    long counter;

    if (run_read(posting, &run))
        return stamp_read(reference, other, &counter) && strcmp(run.stamp, other) == 0;
    return stamp_read_timed(posting->message_id, own, &second) &&
           stamp_read_timed(reference, other, &earlier) && strcmp(own, other) == 0 &&
           earlier <= second && second - earlier <= clock_range(posting->part);
}

const char *run_reference(const struct posting *posting, bool *direct) {
    const char *reference;

    *direct = true;
    for (size_t i = 0; (reference = patchmark_message_reference(posting->message, i)); i++) {
        reference = stamp_original(reference);
        if (!run_made(posting, reference))
            return reference;
        *direct = false;
    }
    return NULL;
}

bool run_cover_is_hand_made(const struct posting *posting, const char *reference, bool direct) {
    const char *host = strchr(reference, '@'), *own = strchr(posting->author, '@');

    return stamp_is_missing(reference) && posting->version <= 1 && posting->total >= 2 &&
           !posting->repeats_version && direct &&
           (posting->part > 1 || (host && own && strcasecmp(host, own) == 0));
}

bool run_cover_is_of_own_run(const struct posting *posting, const struct run *run,
                             const char *reference, char stamp[STAMP_SIZE]) {
    int64_t second, earlier;
    long counter;

    return stamp_git_second(reference, &earlier) && stamp_read(reference, stamp, &counter) &&
           counter == 1 && strcmp(strchr(stamp, '*'), strchr(run->stamp, '*')) == 0 &&
           stamp_git_second(posting->message_id, &second) && second >= earlier &&
           second - earlier <= LOOSE_SECONDS;
}

bool run_is_of_later_project(const struct posting *posting, const struct run *run) {
    return posting->total >= 0 && posting->part <= posting->total &&
           run->counter > posting->total + 1;
}
