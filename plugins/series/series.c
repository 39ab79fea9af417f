/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series.c - which posting a mail belongs to.
 *
 * The id comes from the mail itself wherever the mail says enough, so that it is right at once, in
 * any order of arrival and on every host: from the run stamp of its Message-ID, else from the
 * mail that it answers, else from its own Message-ID.  Replies take the series of the nearest mail
 * above them that is known or wears a stamp.
 */
#include "stamp.h"

#include <patchmark-plugin.h>

#include <string.h>

/* ---- what is being asked ------------------------------------------------------------------ */

/* A posting: a tag that says so, and no answer. */
static bool is_member(const struct patchmark_message *message,
                      const struct patchmark_facts *facts) {
    if (patchmark_fact_bool(facts, "subject.reply"))
        return false;
    if (patchmark_fact_is_set(facts, "subject.part"))
        return true;
    if (patchmark_fact_bool(facts, "subject.pull") || patchmark_fact_bool(facts, "pull.present"))
        return false; /* a pull request alone is no series */
    /* A tag alone, without diff, is one that an answer kept while it lost its "Re:". */
    return patchmark_fact_bool(facts, "subject.patch") &&
           (patchmark_fact_bool(facts, "patch.present") ||
            patchmark_message_reference_count(message) == 0);
}

static struct patchmark_text text_of(const char *string) {
    return (struct patchmark_text){string, strlen(string)};
}

/* The stamp of a member's own id.  One that starts in the middle of its own counting goes on from
 * an earlier run that broke off: its first mail would be part 3 with counter 1. */
static bool own_stamp(const char *id, int64_t part, char stamp[STAMP_SIZE]) {
    long counter;

    return stamp_read(id, stamp, &counter) && (counter == 0 || part <= counter);
}

/* ---- members ------------------------------------------------------------------------------ */

static int member_set(const struct patchmark_message *message, struct patchmark_facts *facts) {
    int64_t part = patchmark_fact_int(facts, "subject.part", 1);
    int64_t total = patchmark_fact_int(facts, "subject.total", -1);
    const char *own = patchmark_message_id(message);
    const char *parent = patchmark_message_reference(message, 0);
    bool single = !patchmark_fact_is_set(facts, "subject.part");
    char stamp[STAMP_SIZE], id[PATCHMARK_ID_SIZE];
    const char *anchor = own;
    long counter;

    if (!*own)
        return 0; /* nothing to name it by */
    if (single) {
        /* The first of its run, so that a reply that comes before it finds the same id.  Unnumbered
         * patches behind it in one run are series of their own. */
        if (stamp_read(own, stamp, &counter) && counter <= 1)
            anchor = stamp;
    } else if (own_stamp(own, part, stamp)) {
        anchor = stamp;
    } else if (part >= 1 && parent) {
        anchor = stamp_read(parent, stamp, &counter) ? stamp : parent;
    }
    patchmark_id("s1-", text_of(anchor), id);
    if (single)
        total = 1;
    if (total >= 0 && patchmark_fact_set_int(facts, "total", total) < 0)
        return -1;
    return patchmark_fact_set_string(facts, "id", id) < 0 ||
                   patchmark_fact_set_int(facts, "part", part) < 0 ||
                   patchmark_fact_set_int(facts, "version",
                                          patchmark_fact_int(facts, "subject.version", 1)) < 0
               ? -1
               : 0;
}

/* ---- replies ------------------------------------------------------------------------------ */

/* Series of what the mail answers: nearest first, the index before the stamp, since it was told
 * by the mail itself. */
static bool ancestor_series(const struct patchmark_message *message, char id[PATCHMARK_ID_SIZE]) {
    size_t count = patchmark_message_reference_count(message);

    for (size_t i = 0; i < count; i++) {
        const char *reference = patchmark_message_reference(message, i);
        struct patchmark_known known = {.struct_size = sizeof(known)};
        char stamp[STAMP_SIZE];
        long counter;

        if (patchmark_index_message(message, reference, &known)) {
            if (strlen(known.series) == PATCHMARK_ID_SIZE - 1) {
                memcpy(id, known.series, PATCHMARK_ID_SIZE);
                return true;
            }
            continue;
        }
        if (stamp_read(reference, stamp, &counter)) {
            patchmark_id("s1-", text_of(stamp), id);
            return true;
        }
    }
    return false;
}

static int reply_set(const struct patchmark_message *message, struct patchmark_facts *facts) {
    char id[PATCHMARK_ID_SIZE];

    if (!ancestor_series(message, id))
        return 0;
    if (patchmark_fact_set_string(facts, "id", id) < 0)
        return -1;
    if (patchmark_fact_is_set(facts, "subject.total") &&
        patchmark_fact_set_int(facts, "total", patchmark_fact_int(facts, "subject.total", 0)) < 0)
        return -1;
    return patchmark_fact_set_int(facts, "version",
                                  patchmark_fact_int(facts, "subject.version", 1));
}

static int series_classify(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    (void)self;
    if (is_member(message, facts))
        return member_set(message, facts);
    return reply_set(message, facts);
}

/* ---- descriptor --------------------------------------------------------------------------- */

static const struct patchmark_fact provides[] = {
    {"id", PATCHMARK_STRING, "the posting it belongs to"},
    {"version", PATCHMARK_INT, "of the posting, from 1; on replies the quoted one"},
    {"part", PATCHMARK_INT, "its place, 0 for a cover; not on replies"},
    {"total", PATCHMARK_INT, "parts of the posting; not where the tag does not say"},
    {NULL, 0, NULL}};
static const char *const needs[] = {"subject.reply", "subject.part", "subject.total",
                                    "subject.version", NULL};
static const char *const uses[] = {"subject.patch", "subject.pull", "patch.present", "pull.present",
                                   NULL};

static struct patchmark_plugin plugin = {.kind = PATCHMARK_CLASSIFIER,
                                         .threads = PATCHMARK_PARALLEL,
                                         .flags = PATCHMARK_USES_INDEX,
                                         .name = "series",
                                         .version = "1",
                                         .summary = "which posting a mail belongs to",
                                         .provides = provides,
                                         .needs = needs,
                                         .uses = uses,
                                         .classify = series_classify};

PATCHMARK_PLUGIN(plugin)
