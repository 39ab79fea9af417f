/* SPDX-License-Identifier: BSD-2-Clause
 *
 * match.c - see match.h.
 *
 * Header fields are looked at first, for all sections; the text is read only for those that hold
 * so far and ask something of it, and once for all of them.
 */
#include "match.h"

#include "body.h"

#include <string.h>
#include <strings.h>

/* Sections whose text is looked for at once; one more would have to wait for another mail, and
 * few tables have so many that ask nothing but text. */
#define CANDIDATES 128

/* Robots say what they are at once, and people what they write for; logs may stand further down,
 * and what is applied below all that was said of it. */
#define HEAD_BYTES 2048

struct candidate {
    const struct section *section;
    bool line, sentence; /* has passed, or is not asked for */
};

struct search {
    struct candidate candidates[CANDIDATES];
    size_t count;
    enum purpose purpose;
};

/* ---- what is looked at -------------------------------------------------------------------- */

static void fold_string(struct folded *folded, const char *string) {
    fold(folded, (struct patchmark_text){string ? string : "", string ? strlen(string) : 0});
}

/* "[name] " at AT, when NAME is what the List-Id begins with; its length, else 0.  Lists are called
 * "bug-something", and their mark on each mail says nothing of it. */
static size_t list_mark(const char *at, const char *list) {
    size_t length = strcspn(list, ".");

    if (length == 0 || at[0] != '[' || strncasecmp(at + 1, list, length) != 0 ||
        at[1 + length] != ']')
        return 0;
    return length + 2 + strspn(at + length + 2, " ");
}

static void fold_subject(struct folded *folded, const struct patchmark_message *message) {
    const char *subject = patchmark_message_header(message, "Subject", 0);
    const char *list = patchmark_message_list(message);

    subject = subject ? subject : "";
    subject += list_mark(subject, list);
    fold_string(folded, subject);
}

void look_at(struct look *look, const struct table *table, const struct patchmark_message *message,
             const struct patchmark_facts *facts, bool posting) {
    look->message = message;
    look->table = table;
    look->opens =
        !patchmark_fact_bool(facts, "subject.reply") && !patchmark_message_is_reply(message);
    look->answers = !look->opens && !posting;
    look->has_diff = patchmark_fact_bool(facts, "patch.present");
    fold_subject(&look->subject, message);
    fold_string(&look->title, patchmark_fact_string(facts, "subject.title"));
    fold_string(&look->sender, patchmark_message_sender(message));
    fold_string(&look->name, patchmark_message_sender_name(message));
    fold_string(&look->id, patchmark_message_id(message));
    for (size_t i = 0; i < table->header_count; i++)
        look->headers[i] = patchmark_message_header(message, table->headers[i], 0);
}

/* ---- tests -------------------------------------------------------------------------------- */

static bool header_passes(const struct look *look, const struct test *test) {
    const char *value = look->headers[test->header];
    struct folded folded;

    if (!value || test->exists)
        return value;
    fold_string(&folded, value);
    return pattern_matches(&test->pattern, &folded);
}

static bool test_passes(const struct look *look, const struct test *test) {
    const struct folded *const fields[] = {[FIELD_SUBJECT] = &look->subject,
                                           [FIELD_TITLE] = &look->title,
                                           [FIELD_SENDER] = &look->sender,
                                           [FIELD_NAME] = &look->name,
                                           [FIELD_ID] = &look->id};

    if (test->field == FIELD_HEADER)
        return header_passes(look, test);
    return pattern_matches(&test->pattern, fields[test->field]);
}

/* One past the last of the tests that look where the one at I does. */
static size_t group_end(const struct section *section, size_t i) {
    size_t end = i + 1;

    while (end < section->test_count && section->tests[end].field == section->tests[i].field &&
           section->tests[end].header == section->tests[i].header)
        end++;
    return end;
}

/* All that a section asks of the header. */
static bool head_passes(const struct look *look, const struct section *section) {
    for (size_t i = 0; i < section->body_tests;) {
        size_t end = group_end(section, i);
        bool wanted = false, found = false;

        for (; i < end; i++) {
            const struct test *test = &section->tests[i];

            wanted = wanted || !test->unless;
            if (!test->unless && found)
                continue;
            if (!test_passes(look, test))
                continue;
            if (test->unless)
                return false;
            found = true;
        }
        if (wanted && !found)
            return false;
    }
    return true;
}

static bool is_meant(const struct look *look, const struct section *section, enum purpose purpose) {
    if (section->purpose != purpose || (section->thread == THREAD_OPENS && !look->opens) ||
        (section->thread == THREAD_ANSWERS && !look->answers))
        return false;
    return !look->has_diff || section->with_diff ||
           (purpose != PURPOSE_REPORT && purpose != PURPOSE_ANNOUNCE);
}

/* ---- text --------------------------------------------------------------------------------- */

/* One of what is wanted of a line or sentence matches, and nothing that is not. */
static bool unit_passes(const struct section *section, enum field field,
                        const struct folded *folded) {
    bool found = false;

    for (size_t i = section->body_tests; i < section->test_count; i++) {
        const struct test *test = &section->tests[i];

        if (test->field != field || (found && !test->unless))
            continue;
        if (test->unless && !found)
            return false; /* as for nearly all: what is wanted stands before */
        if (!pattern_matches(&test->pattern, folded))
            continue;
        if (test->unless)
            return false;
        found = true;
    }
    return found;
}

/* body_visit */
static bool unit_match(void *context, enum unit unit, size_t at, struct patchmark_text raw,
                       const struct folded *folded) {
    struct search *search = context;
    bool first_counts = search->purpose == PURPOSE_ROBOT || search->purpose == PURPOSE_VERDICT;

    (void)raw;
    if (at > HEAD_BYTES && first_counts)
        return true;
    if (at > HEAD_BYTES && unit == UNIT_SENTENCE && search->purpose != PURPOSE_APPLIED)
        return false;
    for (size_t i = 0; i < search->count; i++) {
        struct candidate *candidate = &search->candidates[i];
        bool *passed = unit == UNIT_LINE ? &candidate->line : &candidate->sentence;
        enum field field = unit == UNIT_LINE ? FIELD_LINE : FIELD_SENTENCE;

        if (!*passed)
            *passed = unit_passes(candidate->section, field, folded);
        if (candidate->line && candidate->sentence && (i == 0 || !first_counts))
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

/* Those that hold as far as the header tells; none behind one that needs no more. */
static void candidates_find(struct search *search, const struct look *look, enum purpose purpose) {
    for (size_t i = 0; i < look->table->section_count && search->count < CANDIDATES; i++) {
        const struct section *section = &look->table->sections[i];

        if (!is_meant(look, section, purpose) || !head_passes(look, section))
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
