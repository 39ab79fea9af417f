/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series.c - which posting a mail belongs to, and which work that posting goes on with.
 *
 * A posted mail climbs the ladder (ladder.c) and looks for its topic (topic.c).  An answer takes
 * the series of the nearest mail above it that is known, or that wears a run stamp.
 */
#include "series.h"
#include "stamp.h"

#include <stdio.h>
#include <string.h>

/* ---- what is in hand ---------------------------------------------------------------------- */

/* True when a tool that sends patches made the mail. */
static bool is_of_tool(const struct patchmark_message *message) {
    const char *id = stamp_original(patchmark_message_id(message));
    char stamp[STAMP_SIZE];
    int64_t second;
    long counter;

    return stamp_read(id, stamp, &counter) || stamp_read_ticking(id, stamp, &second);
}

/* A posting: a tag that says so, or a diff, and no answer. */
static bool is_posted(const struct patchmark_message *message,
                      const struct patchmark_facts *facts) {
    bool opens_thread = patchmark_message_reference_count(message) == 0;

    if (patchmark_fact_bool(facts, "subject.reply") ||
        patchmark_fact_is_set(facts, "automation.kind") || /* a robot's notice, and no patch */
        patchmark_fact_bool(facts, "automation.report"))
        return false;
    if (patchmark_fact_is_set(facts, "subject.part"))
        return true;
    if (patchmark_fact_bool(facts, "subject.pull") || patchmark_fact_bool(facts, "pull.present"))
        return false; /* a pull request alone is no series */
    /* A tag alone, without diff, is one that an answer kept while it lost its "Re:"; a diff alone
     * is posted when it opens a thread or comes from a tool that sends patches. */
    if (patchmark_fact_bool(facts, "patch.present"))
        return patchmark_fact_bool(facts, "subject.patch") || opens_thread || is_of_tool(message);
    return patchmark_fact_bool(facts, "subject.patch") && opens_thread;
}

/* A mail of no kind that parts of its sender's answer: the cover whose sender forgot the tag. */
static bool is_forgotten_cover(const struct patchmark_message *message,
                               const struct patchmark_facts *facts) {
    return !patchmark_fact_bool(facts, "subject.reply") &&
           !patchmark_fact_bool(facts, "patch.present") && *patchmark_message_sender(message) &&
           ladder_is_missing_cover(message);
}

static struct posting posting_of(const struct patchmark_message *message,
                                 const struct patchmark_facts *facts, bool untagged) {
    bool numbered = patchmark_fact_is_set(facts, "subject.part") || untagged;
    int64_t part = patchmark_fact_int(facts, "subject.part", untagged ? 0 : 1);
    int64_t total = numbered ? patchmark_fact_int(facts, "subject.total", -1) : 1;

    return (struct posting){.message = message,
                            .facts = facts,
                            .own = stamp_original(patchmark_message_id(message)),
                            .author = patchmark_message_sender(message),
                            .version = patchmark_fact_int(facts, "subject.version", -1),
                            .part = part,
                            .total = total,
                            .numbered = numbered,
                            .rfc = patchmark_fact_bool(facts, "subject.rfc"),
                            .again = patchmark_fact_bool(facts, "subject.resend") ||
                                     patchmark_fact_is_set(facts, "subject.revision") ||
                                     (total >= 0 && part > total),
                            .untagged = untagged,
                            .received = patchmark_message_received(message)};
}

/* ---- members ------------------------------------------------------------------------------ */

static int numbers_set(const struct posting *posting, const struct place *place,
                       struct patchmark_facts *facts) {
    int64_t version = posting->version, total = posting->total;

    if (version < 0 && place->known)
        version = place->series.version;
    if (place->known && place->series.total >= 0 && posting->part != 0)
        total = place->series.total;
    if (total < 0 && place->known)
        total = place->series.total;
    if (total >= 0 && patchmark_fact_set_int(facts, "total", total) < 0)
        return -1;
    return patchmark_fact_set_int(facts, "version", version < 0 ? 1 : version) |
           patchmark_fact_set_int(facts, "part", posting->part);
}

static int topic_set(const struct posting *posting, const struct place *place,
                     struct patchmark_facts *facts) {
    struct topic topic;

    topic_find(posting, place, &topic);
    if (patchmark_fact_set_string(facts, "topic", topic.id) < 0)
        return -1;
    if (!*topic.supersedes)
        return 0;
    return patchmark_fact_set_string(facts, "supersedes", topic.supersedes) |
           patchmark_fact_set_string(facts, "how", topic.how);
}

static int member_set(const struct posting *posting, struct patchmark_facts *facts) {
    struct place place;

    if (!*posting->own)
        return 0; /* nothing to name it by */
    ladder_place(posting, &place);
    if (patchmark_fact_set_string(facts, "id", place.id) < 0 ||
        numbers_set(posting, &place, facts) < 0 || topic_set(posting, &place, facts) < 0 ||
        topic_file(posting, &place, facts) < 0)
        return -1;
    if (place.adopts && patchmark_fact_set_string(facts, "adopts", place.adopts) < 0)
        return -1;
    if (*place.same_as &&
        patchmark_fact_add(facts, "same_as", patchmark_text_of(place.same_as)) < 0)
        return -1;
    return place.forged
               ? patchmark_fact_add(facts, "flags", (struct patchmark_text){"malformed", 9})
               : 0;
}

/* ---- answers ------------------------------------------------------------------------------ */

/* The series of a mail that is yet to come: the one that its stamp gives; else the one whose parts,
 * which came before it, took its Message-ID for their anchor. */
static bool unseen_find(const struct patchmark_message *message, const char *message_id,
                        char id[PATCHMARK_ID_SIZE]) {
    struct patchmark_series series = {.struct_size = sizeof(series)};
    char stamp[STAMP_SIZE];
    long counter;

    message_id = stamp_original(message_id);
    if (stamp_read(message_id, stamp, &counter)) {
        patchmark_id("s1-", patchmark_text_of(stamp), id);
        return true;
    }
    patchmark_id("s1-", patchmark_text_of(message_id), id);
    if (patchmark_index_series(message, id, &series))
        return true;
    *id = '\0';
    return false;
}

/* What the mail answers, nearest first: the first that is known to belong to a series, or that can
 * be told to.  When that is an answer itself, the mails above it tell what the tag is for. */
static bool ancestor_find(const struct patchmark_message *message, char id[PATCHMARK_ID_SIZE],
                          int64_t *target) {
    size_t count = patchmark_message_reference_count(message);

    for (size_t i = 0; i < count && *target < 0; i++) {
        const char *reference = patchmark_message_reference(message, i);
        struct patchmark_known known = {.struct_size = sizeof(known)};

        if (!patchmark_index_message(message, reference, &known)) {
            if (!*id && unseen_find(message, reference, id))
                return true;
            continue;
        }
        if (!*id)
            snprintf(id, PATCHMARK_ID_SIZE, "%s", known.series);
        if (*id && strcmp(id, known.series) == 0)
            *target = known.part;
    }
    return *id;
}

static int answer_set(const struct patchmark_message *message, struct patchmark_facts *facts) {
    struct patchmark_series series = {.struct_size = sizeof(series)};
    int64_t version = patchmark_fact_int(facts, "subject.version", -1), target = -1;
    int64_t total = patchmark_fact_int(facts, "subject.total", -1);
    char id[PATCHMARK_ID_SIZE] = "";

    if (!ancestor_find(message, id, &target))
        return 0;
    if (patchmark_index_series(message, id, &series)) {
        version = version < 0 ? series.version : version;
        total = total < 0 ? series.total : total;
        if (*series.topic && patchmark_fact_set_string(facts, "topic", series.topic) < 0)
            return -1;
    }
    if (target >= 0 && patchmark_fact_set_int(facts, "target", target) < 0)
        return -1;
    if (total >= 0 && patchmark_fact_set_int(facts, "total", total) < 0)
        return -1;
    return patchmark_fact_set_string(facts, "id", id) |
           patchmark_fact_set_int(facts, "version", version < 0 ? 1 : version);
}

static int series_classify(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    struct posting posting;
    bool posted = is_posted(message, facts);

    (void)self;
    if (!posted && !is_forgotten_cover(message, facts))
        return answer_set(message, facts);
    posting = posting_of(message, facts, !posted);
    return member_set(&posting, facts);
}

/* ---- descriptor --------------------------------------------------------------------------- */

static const struct patchmark_fact provides[] = {
    {"id", PATCHMARK_STRING, "the posting it belongs to"},
    {"topic", PATCHMARK_STRING, "the work that the posting is a version of"},
    {"version", PATCHMARK_INT, "of the posting, from 1; on answers the quoted one"},
    {"part", PATCHMARK_INT, "its place, 0 for a cover; not on answers"},
    {"total", PATCHMARK_INT, "parts of the posting; not where nothing says so"},
    {"target", PATCHMARK_INT, "on answers: the part that is answered, 0 for the cover"},
    {"supersedes", PATCHMARK_STRING,
     "the older posting of the same work, where this mail shows it"},
    {"how", PATCHMARK_STRING,
     "how that was known: change-id, supersedes, link, thread, title, patch-id, base"},
    {"same_as", PATCHMARK_LIST, "other ids that this mail shows to be of the same posting"},
    {"adopts", PATCHMARK_STRING, "Message-ID of an untagged cover that came before"},
    {"keys", PATCHMARK_LIST, "what the index files the posting under"},
    {"notes", PATCHMARK_LIST, "what the index compares postings by"},
    {"flags", PATCHMARK_LIST, "malformed, for a Message-ID that is another sender's"},
    {NULL, 0, NULL}};
static const char *const needs[] = {"subject.reply", "subject.part", "subject.total",
                                    "subject.version", NULL};
static const char *const uses[] = {"subject.patch",      "subject.pull",
                                   "subject.rfc",        "subject.resend",
                                   "subject.revision",   "subject.title",
                                   "patch.present",      "patch.id",
                                   "patch.bases",        "pull.present",
                                   "trailers.change_id", "automation.kind",
                                   "automation.report",  NULL};

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
