/* SPDX-License-Identifier: BSD-2-Clause
 *
 * match.c - matches one mail with the sections of the table: see match.h.
 *
 * First the tests of header fields run, for all sections.  The text is read only if sections remain
 * that have tests of the text, and once for all of them.
 */
#include "match.h"

#include "body.h"

#include <string.h>
#include <strings.h>

/* Sections whose tests of the text run for one mail; further ones are ignored.  Few tables have so
 * many sections without tests of the header. */
#define CANDIDATES 128

/* Bytes at the start of the text in which robots, reports and announcements are recognized: they
 * state their purpose there, and logs follow.  "Applied" may follow a long quote or discussion. */
#define HEAD_BYTES 2048

struct candidate {
    const struct section *section;
    bool line, sentence; /* the tests of this field passed, or the section has none */
};

struct search {
    struct candidate candidates[CANDIDATES];
    size_t count;
    enum purpose purpose;
};

/* ---- fields ------------------------------------------------------------------------------- */

static void field_fold(struct look *look, enum field field, const char *string) {
    fold(&look->fields[field], patchmark_text_of(string ? string : ""));
}

/* Returns the length of "[NAME] " at AT if NAME is the first component of the List-Id; otherwise 0.
 * The mark is not matched, because the name of a list, such as "bug-something", states nothing
 * about a mail. */
static size_t list_mark(const char *at, const char *list) {
    size_t length = strcspn(list, ".");

    if (length == 0 || at[0] != '[' || strncasecmp(at + 1, list, length) != 0 ||
        at[1 + length] != ']')
        return 0;
    return length + 2 + strspn(at + length + 2, " ");
}

static void subject_fold(struct look *look) {
    const char *subject = patchmark_message_header(look->message, "Subject", 0);

    if (subject)
        subject += list_mark(subject, patchmark_message_list(look->message));
    field_fold(look, FIELD_SUBJECT, subject);
}

void look_at(struct look *look, const struct table *table, const struct patchmark_message *message,
             const struct patchmark_facts *facts, bool posting) {
    look->message = message;
    look->table = table;
    look->opens =
        !patchmark_fact_bool(facts, "subject.reply") && !patchmark_message_is_reply(message);
    look->answers = !look->opens && !posting;
    /* A diff that is only shown is no patch: the mail may be a report. */
    look->has_diff = patchmark_fact_bool(facts, "patch.present") &&
                     (patchmark_fact_bool(facts, "patch.posted") ||
                      !patchmark_fact_is_set(facts, "patch.posted"));
    subject_fold(look);
    field_fold(look, FIELD_TITLE, patchmark_fact_string(facts, "subject.title"));
    field_fold(look, FIELD_SENDER, patchmark_message_sender(message));
    field_fold(look, FIELD_NAME, patchmark_message_sender_name(message));
    field_fold(look, FIELD_ID, patchmark_message_id(message));
    for (size_t i = 0; i < table->header_count; i++)
        look->headers[i] = patchmark_message_header(message, table->headers[i], 0);
}

/* ---- tests -------------------------------------------------------------------------------- */

static bool header_passes(const struct look *look, const struct test *test) {
    const char *value = look->headers[test->header];
    struct folded folded;

    if (!value || test->exists)
        return value;
    fold_without_trigrams(&folded, patchmark_text_of(value));
    return pattern_compare(&test->pattern, &folded);
}

static bool test_passes(const struct look *look, const struct test *test) {
    if (test->field == FIELD_HEADER)
        return header_passes(look, test);
    return pattern_matches(&test->pattern, &look->fields[test->field]);
}

/* Returns true if the tests of header fields pass: if SLOW is true, of the groups with regular
 * expressions, otherwise of the other groups. */
static bool groups_pass(const struct look *look, const struct section *section, bool slow) {
    for (size_t i = 0; i < section->body_tests;) {
        const struct test *first = &section->tests[i];
        bool found = false;

        for (; i < first->group_end && first->slow == slow && !found; i++)
            found = test_passes(look, &section->tests[i]);
        if (first->slow == slow && found == (first->role == ROLE_UNLESS))
            return false;
        i = first->group_end;
    }
    return true;
}

static bool head_passes(const struct look *look, const struct section *section) {
    return groups_pass(look, section, false) &&
           (!section->slow || groups_pass(look, section, true));
}

static bool is_applicable(const struct look *look, const struct section *section,
                          enum purpose purpose) {
    if (section->purpose != purpose || (section->thread == THREAD_OPENS && !look->opens) ||
        (section->thread == THREAD_ANSWERS && !look->answers))
        return false;
    return !look->has_diff || section->with_diff ||
           (purpose != PURPOSE_REPORT && purpose != PURPOSE_ANNOUNCE);
}

/* ---- text --------------------------------------------------------------------------------- */

/* Returns true if a line or sentence passes the tests of FIELD. */
static bool unit_passes(const struct section *section, enum field field,
                        const struct folded *folded) {
    for (size_t i = section->body_tests; i < section->test_count;) {
        const struct test *first = &section->tests[i];
        bool found = false;

        for (; i < first->group_end && first->field == field && !found; i++)
            found = pattern_matches(&section->tests[i].pattern, folded);
        if (first->field == field && found == (first->role == ROLE_UNLESS))
            return false;
        i = first->group_end;
    }
    return true;
}

/* Runs the tests of one line or sentence: a body_visit. */
static bool unit_match(void *context, enum unit unit, size_t at, struct patchmark_text raw,
                       const struct folded *folded) {
    struct search *search = context;
    bool first_match_only = search->purpose == PURPOSE_ROBOT || search->purpose == PURPOSE_VERDICT;

    (void)raw;
    if (at > HEAD_BYTES && first_match_only)
        return true;
    if (at > HEAD_BYTES && unit == UNIT_SENTENCE && search->purpose != PURPOSE_APPLIED)
        return false;
    for (size_t i = 0; i < search->count; i++) {
        struct candidate *candidate = &search->candidates[i];
        bool *passed = unit == UNIT_LINE ? &candidate->line : &candidate->sentence;
        enum field field = unit == UNIT_LINE ? FIELD_LINE : FIELD_SENTENCE;

        if (!*passed)
            *passed = unit_passes(candidate->section, field, folded);
        if (candidate->line && candidate->sentence && (i == 0 || !first_match_only))
            return true;
    }
    return false;
}

/* ---- sections ----------------------------------------------------------------------------- */

static struct candidate candidate_of(const struct section *section) {
    struct candidate candidate = {section, true, true};

    for (size_t i = section->body_tests; i < section->test_count; i++) {
        candidate.line = candidate.line && section->tests[i].field != FIELD_LINE;
        candidate.sentence = candidate.sentence && section->tests[i].field != FIELD_SENTENCE;
    }
    return candidate;
}

/* Finds the sections whose tests of header fields pass.  Stops at one without tests of the text,
 * because it matches. */
static void candidates_find(struct search *search, const struct look *look, enum purpose purpose) {
    for (size_t i = 0; i < look->table->section_count && search->count < CANDIDATES; i++) {
        const struct section *section = &look->table->sections[i];

        if (!is_applicable(look, section, purpose) || !head_passes(look, section))
            continue;
        search->candidates[search->count++] = candidate_of(section);
        if (section->body_tests == section->test_count)
            return;
    }
}

static unsigned units_wanted(const struct search *search) {
    unsigned units = 0;

    for (size_t i = 0; i < search->count; i++)
        units |= (search->candidates[i].line ? 0 : UNIT_LINE) |
                 (search->candidates[i].sentence ? 0 : UNIT_SENTENCE);
    return units;
}

const struct section *look_for(const struct look *look, enum purpose purpose) {
    struct search search;

    search.count = 0;
    search.purpose = purpose;
    candidates_find(&search, look, purpose);
    if (search.count > 0 && (!search.candidates[0].line || !search.candidates[0].sentence))
        body_walk(look->message, units_wanted(&search), unit_match, &search);
    for (size_t i = 0; i < search.count; i++)
        if (search.candidates[i].line && search.candidates[i].sentence)
            return search.candidates[i].section;
    return NULL;
}
