/* SPDX-License-Identifier: BSD-2-Clause
 *
 * first.c - determines whether a mail is the first one of its posting: see series.h.
 *
 * Reads the mail alone, so that a copy, a repeat, and any order of arrival have the same result.
 * Owns nothing and cannot fail.
 */
#include "series.h"
#include "stamp.h"

#include <string.h>

#define RUN_SECONDS 3600 /* a cover is sent at most this long before part 1 */

static bool time_read(const char *id, int64_t *second) {
    char stamp[STAMP_SIZE];

    return stamp_git_second(id, second) || stamp_read_timed(id, stamp, second);
}

/* Returns true if the mail REFERENCE may be the cover of the part 1 that has the Message-ID ID.  It
 * is not if ID and REFERENCE are of runs of different times, because an older version is then
 * answered; nor if a tool that counts its mails began its run with this part. */
static bool may_be_cover(const char *id, const char *reference) {
    char stamp[STAMP_SIZE], other[STAMP_SIZE];
    int64_t second, other_second;
    long counter, other_counter;
    bool counted = stamp_read(id, stamp, &counter);

    if (counted && stamp_read(reference, other, &other_counter) && strcmp(stamp, other) == 0)
        return true;
    if (time_read(id, &second) && time_read(reference, &other_second))
        return second >= other_second && second - other_second <= RUN_SECONDS;
    return !counted || counter > 1;
}

bool first_of_posting(const struct posting *posting) {
    size_t count = patchmark_message_reference_count(posting->message);

    if (posting->part == 0 || (posting->part == 1 && posting->total == 1))
        return true;
    if (posting->part != 1)
        return false;
    for (size_t i = 0; i < count; i++)
        if (may_be_cover(posting->message_id,
                         stamp_original(patchmark_message_reference(posting->message, i))))
            return false;
    return true;
}
