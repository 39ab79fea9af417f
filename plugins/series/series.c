/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series.c - the classifier "series": determines the series to which a mail belongs, and the work
 * of which that series is a version.
 *
 * For a posted mail, ladder.c finds the series and topic.c the topic.  An answer has the series of
 * the nearest mail above it that belongs to a known series or has a run stamp (stamp.h).  Owns
 * nothing between mails.  Fails only if a fact cannot be set.
 */
#include "series.h"
#include "stamp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- postings ----------------------------------------------------------------------------- */

/* Returns the Message-ID that the sender's tool wrote: a server may have replaced it. */
static const char *original_id(const struct patchmark_message *message) {
    const char *other = patchmark_message_other_id(message, 0);

    return stamp_original(other ? other : patchmark_message_id(message));
}

/* Returns true if the Message-ID has the form of a tool that sends patches. */
static bool is_from_tool(const struct patchmark_message *message) {
    const char *id = original_id(message);
    char stamp[STAMP_SIZE];
    int64_t second;
    long counter;

    return stamp_read(id, stamp, &counter) || stamp_read_timed(id, stamp, &second);
}

/* Returns true if one run of a tool that counts its mails made both mails. */
static bool is_same_run(const struct patchmark_message *message, const char *other) {
    char stamp[STAMP_SIZE], other_stamp[STAMP_SIZE];
    long counter;

    return stamp_read(original_id(message), stamp, &counter) &&
           stamp_read(stamp_original(other), other_stamp, &counter) &&
           strcmp(stamp, other_stamp) == 0;
}

/* Returns true if a cover in reply to the cover of SERIES, by SENDER, repeats its subject: the
 * author may post a cover again, with a tool or the word RESEND. */
static bool repeats_cover(const struct patchmark_message *message,
                          const struct patchmark_facts *facts,
                          const struct patchmark_series *series, const char *sender) {
    const char *title = patchmark_fact_string(facts, "subject.title");

    return title && strcasecmp(title, series->title) == 0 &&
           patchmark_fact_int(facts, "subject.version", -1) == series->version &&
           !(is_from_tool(message) && strcmp(sender, patchmark_message_sender(message)) == 0);
}

/* Returns true if the mail has the number of the very mail that it answers and no diff: it is an
 * answer that kept the tag and lost its "Re:". */
static bool answers_its_own_number(const struct patchmark_message *message,
                                   const struct patchmark_facts *facts) {
    const char *parent = patchmark_message_reference(message, 0);
    int64_t part = patchmark_fact_int(facts, "subject.part", -1);
    int64_t total = patchmark_fact_int(facts, "subject.total", -1);
    int64_t version = patchmark_fact_int(facts, "subject.version", -1);
    struct patchmark_known known = {.struct_size = sizeof(known)};
    struct patchmark_series series = {.struct_size = sizeof(series)};

    if (part < 0 || !parent || patchmark_fact_bool(facts, "patch.present") ||
        patchmark_fact_bool(facts, "subject.resend") ||
        patchmark_fact_is_set(facts, "subject.revision") || is_same_run(message, parent) ||
        !patchmark_index_message(message, parent, &known) || !*known.series || known.part != part ||
        !patchmark_index_series(message, known.series, &series))
        return false;
    if (part == 0)
        return repeats_cover(message, facts, &series, known.sender);
    return (total < 0 || series.total < 0 || total == series.total) &&
           (version < 0 || version == (series.version < 0 ? 1 : series.version));
}

/* Returns true if the mail is a posting: not an answer, and with a tag or a diff. */
static bool is_posted(const struct patchmark_message *message,
                      const struct patchmark_facts *facts) {
    bool opens_thread = patchmark_message_reference_count(message) == 0;

    if (patchmark_fact_bool(facts, "subject.reply") ||
        patchmark_fact_is_set(facts, "automation.kind") || /* a robot's notice, not a patch */
        patchmark_fact_bool(facts, "automation.report"))
        return false;
    if (patchmark_fact_is_set(facts, "subject.part"))
        return !patchmark_fact_bool(facts, "trailers.judges") &&
               !answers_its_own_number(message, facts);
    if (patchmark_fact_bool(facts, "subject.pull") || patchmark_fact_bool(facts, "pull.present"))
        return false; /* a pull request without part number is not a series */
    /* In a thread, a tag without a diff is from an answer that kept the tag and lost its "Re:".  A
     * diff without a tag is posted if it opens a thread in the words of a patch, or comes from a
     * tool that sends patches. */
    if (patchmark_fact_bool(facts, "patch.present"))
        return patchmark_fact_bool(facts, "subject.patch") ||
               (opens_thread && patchmark_fact_bool(facts, "patch.posted")) ||
               is_from_tool(message);
    return patchmark_fact_bool(facts, "subject.patch") && opens_thread;
}

static struct posting posting_of(const struct patchmark_message *message,
                                 struct patchmark_facts *facts, bool untagged) {
    bool numbered = patchmark_fact_is_set(facts, "subject.part") || untagged;
    int64_t part = patchmark_fact_int(facts, "subject.part", untagged ? 0 : 1);
    int64_t total = numbered ? patchmark_fact_int(facts, "subject.total", -1) : 1;

    return (struct posting){.message = message,
                            .facts = facts,
                            .message_id = original_id(message),
                            .author = patchmark_message_sender(message),
                            .via = patchmark_message_sender_via(message),
                            .list = patchmark_message_list(message),
                            .version = patchmark_fact_int(facts, "subject.version", -1),
                            .part = part,
                            .total = total,
                            .numbered = numbered,
                            .rfc = patchmark_fact_bool(facts, "subject.rfc"),
                            .repeats_version = patchmark_fact_bool(facts, "subject.resend") ||
                                               patchmark_fact_is_set(facts, "subject.revision") ||
                                               (total >= 0 && part > total),
                            .untagged = untagged,
                            .received = patchmark_message_received(message)};
}

/* Returns true if the mail is a cover whose sender forgot the tag: parts from the same sender
 * answer it. */
static bool is_untagged_cover(const struct posting *posting) {
    return !patchmark_fact_bool(posting->facts, "subject.reply") &&
           !patchmark_fact_is_set(posting->facts, "subject.part") &&
           !patchmark_fact_bool(posting->facts, "patch.present") && *posting->author &&
           ladder_is_missing_cover(posting);
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

/* Sets the facts of a mail that was seen before to those of then. */
static int seen_set(const struct place *place, struct patchmark_facts *facts) {
    const struct patchmark_known *was = &place->was;
    const char *topic = *was->topic ? was->topic : place->series.topic;
    int result = 0;

    patchmark_explain(facts, "topic", "as it was when the mail was seen first");
    if (*topic)
        result |= patchmark_fact_set_string(facts, "topic", topic);
    if (*was->supersedes)
        result |= patchmark_fact_set_string(facts, "supersedes", was->supersedes);
    if (*was->how)
        result |= patchmark_fact_set_string(facts, "how", was->how);
    if (*was->scope)
        result |= patchmark_fact_set_string(facts, "scope", was->scope);
    if (*was->same_as)
        result |= patchmark_fact_add_string(facts, "same_as", was->same_as);
    return result;
}

static int topic_set(const struct posting *posting, const struct place *place,
                     struct patchmark_facts *facts) {
    struct topic topic;

    topic_find(posting, place, &topic);
    if (patchmark_fact_set_string(facts, "topic", topic.id) < 0 ||
        repeat_add_notes(posting, &topic, facts) < 0)
        return -1;
    if (!*topic.supersedes)
        return 0;
    return patchmark_fact_set_string(facts, "supersedes", topic.supersedes) |
           patchmark_fact_set_string(facts, "how", topic.how) |
           patchmark_fact_set_string(facts, "scope", topic.in_part ? "part" : "all");
}

static int member_set(const struct posting *posting, struct patchmark_facts *facts) {
    struct place place;

    if (!*posting->message_id) {
        patchmark_explain(facts, "series",
                          "none: it has no Message-ID, from which an id could be made");
        return 0;
    }
    ladder_place(posting, &place);
    if (patchmark_fact_set_string(facts, "id", place.id) < 0 ||
        numbers_set(posting, &place, facts) < 0)
        return -1;
    if (first_of_posting(posting) && patchmark_fact_add_string(facts, "flags", "first") < 0)
        return -1;
    if (place.seen && place.known)
        return seen_set(&place, facts);
    if (topic_set(posting, &place, facts) < 0 || topic_add_keys(posting, &place, facts) < 0 ||
        ladder_add_keys(posting, &place, facts) < 0)
        return -1;
    if (*place.displaces && patchmark_fact_set_string(facts, "displaces", place.displaces) < 0)
        return -1;
    if (place.adopts && patchmark_fact_set_string(facts, "adopts", place.adopts) < 0)
        return -1;
    if (*place.same_as && patchmark_fact_add_string(facts, "same_as", place.same_as) < 0)
        return -1;
    return place.reused
               ? patchmark_fact_add_text(facts, "flags", (struct patchmark_text){"malformed", 9})
               : 0;
}

/* ---- answers ------------------------------------------------------------------------------ */

/* Finds the series of a mail that has not arrived: from its run stamp, or because parts that
 * arrived before it used its Message-ID as their anchor.  Writes the series id to ID; "" if there
 * is none.
 */
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

/* Returns true if the sender of MESSAGE may answer mails of the series with ID.  One who is known
 * only through a list may answer series of that list only, as far as the index knows the series. */
static bool may_answer(const struct patchmark_message *message, const char *id) {
    struct patchmark_series series = {.struct_size = sizeof(series)};

    return !*patchmark_message_sender_via(message) ||
           !patchmark_index_series(message, id, &series) ||
           author_may_take_part(message, series.via, series.lists);
}

/* Finds the first mail to which MESSAGE refers, from the nearest on, whose series is known or can
 * be determined, and writes the id of that series to ID.  Sets *TARGET to the part number of that
 * mail; if it is itself an answer, to that of the next mail above it in the same series.  Sets
 * *REFUSED if there is a series that only its list keeps MESSAGE out of. */
static bool ancestor_find(const struct patchmark_message *message, struct patchmark_facts *facts,
                          char id[PATCHMARK_ID_SIZE], int64_t *target, bool *refused) {
    size_t count = patchmark_message_reference_count(message);

    for (size_t i = 0; i < count && *target < 0; i++) {
        const char *reference = patchmark_message_reference(message, i);
        struct patchmark_known known = {.struct_size = sizeof(known)};

        if (!patchmark_index_message(message, reference, &known)) {
            if (!*id && unseen_find(message, reference, id)) {
                if (may_answer(message, id)) {
                    patchmark_explain(facts, "series",
                                      "it refers to %s, which is not known; the Message-ID "
                                      "identifies the series",
                                      reference);
                    return true;
                }
                *refused = true;
                *id = '\0';
            }
            continue;
        }
        if (!*id && *known.series && may_answer(message, known.series)) {
            snprintf(id, PATCHMARK_ID_SIZE, "%s", known.series);
            patchmark_explain(facts, "series", "it refers to %s, a mail of this series", reference);
        }
        *refused = *refused || (!*id && *known.series);
        if (*id && strcmp(id, known.series) == 0)
            *target = known.part;
    }
    return *id;
}

/* Returns the part in the tag of an answer's subject, which is the tag of the mail that it answers;
 * -1 if there is none, or if it is the tag of another version than SERIES.  SERIES is NULL if the
 * index does not know it. */
static int64_t quoted_part(const struct patchmark_facts *facts,
                           const struct patchmark_series *series) {
    int64_t part = patchmark_fact_int(facts, "subject.part", -1);
    int64_t total = patchmark_fact_int(facts, "subject.total", -1);
    int64_t version = patchmark_fact_int(facts, "subject.version", -1);

    if (part > total ||
        (series && (series->total != total || series->version != (version < 0 ? 1 : version))))
        return -1;
    return part;
}

/* Gives an answer the labels of its series, words separated by spaces. */
static int labels_set(const char *labels, struct patchmark_facts *facts) {
    for (size_t length; *labels; labels += length + (labels[length] == ' ')) {
        length = strcspn(labels, " ");
        if (patchmark_fact_add_text(facts, "labels", (struct patchmark_text){labels, length}) < 0)
            return -1;
    }
    return 0;
}

static int answer_set(const struct patchmark_message *message, struct patchmark_facts *facts) {
    struct patchmark_series series = {.struct_size = sizeof(series)};
    int64_t version = patchmark_fact_int(facts, "subject.version", -1), target = -1;
    int64_t total = patchmark_fact_int(facts, "subject.total", -1);
    char id[PATCHMARK_ID_SIZE] = "";
    bool is_known, refused = false;

    if (!ancestor_find(message, facts, id, &target, &refused)) {
        patchmark_explain(facts, "series",
                          refused ? "none: it answers a series of which its sender, whom only a "
                                    "list names, cannot be part"
                                  : "none: it is no posting, and refers to no mail of a series");
        return refused ? patchmark_fact_set_bool(facts, "refused", true) : 0;
    }
    is_known = patchmark_index_series(message, id, &series);
    if (is_known) {
        version = version < 0 ? series.version : version;
        total = total < 0 ? series.total : total;
        if (*series.topic && patchmark_fact_set_string(facts, "topic", series.topic) < 0)
            return -1;
        patchmark_explain(facts, "topic", "that of the series");
        if (labels_set(series.labels, facts) < 0)
            return -1;
    }
    if (target < 0)
        target = quoted_part(facts, is_known ? &series : NULL);
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
    posting = posting_of(message, facts, !posted);
    if (!posted && !is_untagged_cover(&posting))
        return answer_set(message, facts);
    return member_set(&posting, facts);
}

/* ---- descriptor --------------------------------------------------------------------------- */

static const struct patchmark_fact provides[] = {
    {"id", PATCHMARK_STRING, "id of the series", "s1-mfzwizltoq2gc3tb"},
    {"topic", PATCHMARK_STRING, "id of the work of which the series is a version",
     "t1-nbswy3dpfqqho33s"},
    {"version", PATCHMARK_INT, "version of the series, from 1; on answers that of the quoted tag",
     "3"},
    {"part", PATCHMARK_INT, "part number, 0 for a cover; not on answers", "2"},
    {"total", PATCHMARK_INT, "number of parts of the series; not set if no mail states it", "5"},
    {"target", PATCHMARK_INT, "on answers: the part that is answered, 0 for the cover", "0"},
    {"supersedes", PATCHMARK_STRING, "id of the older series that this one replaces",
     "s1-nb2hi4dthixs653x"},
    {"how", PATCHMARK_STRING,
     "how the older series was identified: change-id, supersedes, link, thread, title, number, "
     "patch-id, base",
     "title"},
    {"scope", PATCHMARK_STRING, "all or part: whether this one replaces all of the older series",
     "all"},
    {"same_as", PATCHMARK_LIST, "other ids that, as this mail shows, belong to the same series",
     "s1-ovzxs3lfnqztq2ld"},
    {"displaces", PATCHMARK_STRING,
     "new id of the series that had this id: its author is known only through another list",
     "s1-pfxw64tfon2ca5dp"},
    {"refused", PATCHMARK_BOOL,
     "on answers: the answered series is not of the list that alone names the sender", "true"},
    {"adopts", PATCHMARK_STRING, "Message-ID of an earlier mail that is a cover without tag",
     "20200507134205.7559-1-a@example.org"},
    {"keys", PATCHMARK_LIST, "keys under which the index records the series",
     "title author@example.org fix the lock"},
    {"labels", PATCHMARK_LIST, "on answers: the labels of the series", "kvm"},
    {"notes", PATCHMARK_LIST, "strings by which series that a key found are compared",
     "subject fix the lock"},
    {"flags", PATCHMARK_LIST,
     "first, for one mail of each posting; malformed, for a Message-ID that the sender used for "
     "another mail",
     "first"},
    {0}};
static const char *const needs[] = {"subject.reply", "subject.part", "subject.total",
                                    "subject.version", NULL};
static const char *const uses[] = {
    "subject.patch",    "subject.pull",    "subject.rfc",       "subject.resend",
    "subject.revision", "subject.title",   "subject.tree",      "subject.backport",
    "patch.author",     "patch.files",     "patch.present",     "patch.posted",
    "patch.id",         "patch.bases",     "pull.present",      "trailers.change_id",
    "trailers.judges",  "automation.kind", "automation.report", NULL};

static struct patchmark_plugin plugin = {.traits = PATCHMARK_PARALLEL | PATCHMARK_USES_INDEX,
                                         .name = "series",
                                         .version = "1",
                                         .summary = "determines the series of a mail",
                                         .provides = provides,
                                         .needs = needs,
                                         .uses = uses,
                                         .classify = series_classify};

PATCHMARK_PLUGIN(plugin)
