/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_null_strings.c - NULL counts as an empty string, and as an empty text, in every function of
 * the header that takes one: what the function returns and logs is the same.  The table below has a
 * row for each; a function of the header that has none is an error.
 */
#include "plugin/event-fields.h"

#include "plugin/feed.h"
#include "plugin/instance.h"
#include "support/support.h"

#include <ctype.h>

#define MAIL(id, subject)                                                      \
    "From: a@example.org\nMessage-ID: <" id "@example.org>\nSubject: " subject \
    "\nList-Id: <l.example.org>\n\n"
#define SERIES "s1-aaaaaaaaaaaaaaaa"

/* The tests pass formats that are no literals. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static struct patchmark_instance *instance;
static const struct patchmark_message *message;
static struct patchmark_facts *facts;
static struct patchmark_event *event;
static struct patchmark_feed feed;

/* ---- the calls ---------------------------------------------------------------------------- */

/* Returns a number that is different for NULL, for "" and for most other strings. */
static int64_t value_of(const char *string) {
    return string ? 1 + (int64_t)strlen(string) : 0;
}

static int64_t id_value(const char *prefix, struct patchmark_text text) {
    char id[PATCHMARK_ID_SIZE];

    patchmark_id(prefix, text, id);
    return value_of(id) + id[0] + id[3] + id[15];
}

static int64_t sha1_value(struct patchmark_text piece) {
    struct patchmark_sha1 *hash = patchmark_sha1_begin();
    unsigned char digest[20];

    patchmark_sha1_add(hash, piece);
    patchmark_sha1_end(hash, digest);
    return digest[0] + 256 * digest[19];
}

static int64_t event_read_value(struct patchmark_text json) {
    struct patchmark_event *read = patchmark_event_read(json);

    patchmark_event_free(read);
    return read != NULL;
}

static int64_t lines_value(struct patchmark_text text) {
    struct patchmark_lines lines = patchmark_lines_of(text);
    enum patchmark_origin origin;
    struct patchmark_text line;

    return patchmark_lines_next(&lines, &line, &origin);
}

static int64_t explanations_value(const char *what, const char *format) {
    const struct facts_explanation *explanations;
    size_t count;

    facts_explain(facts);
    patchmark_explain(facts, what, "%s", "why");
    patchmark_explain(facts, "what", format);
    explanations = facts_explanations(facts, &count);
    return (int64_t)count + 10 * value_of(explanations[0].what) +
           100 * value_of(explanations[1].why);
}

static struct patchmark_known known = {.struct_size = sizeof(known)};
static struct patchmark_series series = {.struct_size = sizeof(series)};

/* Each row is a function without its prefix, and a value that it makes of `string`, which is NULL
 * or "", of `strings`, an array of it, or of `text`, the text of it. */
#define IN_OPEN(ROW)                                                                      \
    ROW(option_error, (patchmark_option_error(instance, string, "is"),                    \
                       patchmark_option_error(instance, "option", string), 0))            \
    ROW(option_trusted, (patchmark_option_trusted(instance, string, "/"),                 \
                         patchmark_option_trusted(instance, "option", string)))           \
    ROW(will_write,                                                                       \
        (patchmark_will_write(instance, string), value_of(instance_folder(instance, 0)))) \
    ROW(declare_fact, patchmark_declare_fact(instance, string, PATCHMARK_INT))

#define IN_CLASSIFY(ROW)                                                                           \
    ROW(option_bool, patchmark_option_bool(instance, string))                                      \
    ROW(option_int, patchmark_option_int(instance, string))                                        \
    ROW(option_string, value_of(patchmark_option_string(instance, string)))                        \
    ROW(option_count, patchmark_option_count(instance, string))                                    \
    ROW(option_item, value_of(patchmark_option_item(instance, string, 0)))                         \
    ROW(log, (patchmark_log(instance, PATCHMARK_WARNING, string), 0))                              \
    ROW(count, (patchmark_count(instance, string, 1), 0))                                          \
    ROW(feed_event, patchmark_feed_event(&feed, string, event))                                    \
    ROW(event_string, value_of(patchmark_event_string(event, string)))                             \
    ROW(event_int, patchmark_event_int(event, string, 5))                                          \
    ROW(event_bool, patchmark_event_bool(event, string))                                           \
    ROW(event_count, patchmark_event_count(event, string))                                         \
    ROW(event_item, value_of(patchmark_event_item(event, string, 0)))                              \
    ROW(event_read, event_read_value(text))                                                        \
    ROW(message_header_count, patchmark_message_header_count(message, string))                     \
    ROW(message_header, value_of(patchmark_message_header(message, string, 0)))                    \
    ROW(is_one_of, patchmark_is_one_of('a', string))                                               \
    ROW(text_of, patchmark_text_of(string).length)                                                 \
    ROW(text_between, patchmark_text_between(text.data, text.data).length)                         \
    ROW(text_slice, patchmark_text_slice(text, 0, 0).length)                                       \
    ROW(text_skip, patchmark_text_skip(text, 0).length)                                            \
    ROW(text_trim_end, patchmark_text_trim_end(text).length)                                       \
    ROW(text_blanks, patchmark_text_blanks(text))                                                  \
    ROW(text_trim_start, patchmark_text_trim_start(text).length)                                   \
    ROW(text_trim, patchmark_text_trim(text).length)                                               \
    ROW(text_trim_start_of, patchmark_text_trim_start_of(word, string).length +                    \
                                patchmark_text_trim_start_of(text, "ab").length)                   \
    ROW(text_trim_end_of, patchmark_text_trim_end_of(word, string).length +                        \
                              patchmark_text_trim_end_of(text, "ab").length)                       \
    ROW(text_trim_of,                                                                              \
        patchmark_text_trim_of(word, string).length + patchmark_text_trim_of(text, "ab").length)   \
    ROW(text_has, patchmark_text_has(text, 'a'))                                                   \
    ROW(text_starts, patchmark_text_starts(word, string) + 2 * patchmark_text_starts(text, "ab") + \
                         4 * patchmark_text_starts(text, string))                                  \
    ROW(text_ends, patchmark_text_ends(word, string) + 2 * patchmark_text_ends(text, "ab") +       \
                       4 * patchmark_text_ends(text, string))                                      \
    ROW(text_equals, patchmark_text_equals(word, string) + 2 * patchmark_text_equals(text, "ab") + \
                         4 * patchmark_text_equals(text, string))                                  \
    ROW(text_case_starts, patchmark_text_case_starts(word, string) +                               \
                              2 * patchmark_text_case_starts(text, "ab") +                         \
                              4 * patchmark_text_case_starts(text, string))                        \
    ROW(text_case_ends, patchmark_text_case_ends(word, string) +                                   \
                            2 * patchmark_text_case_ends(text, "ab") +                             \
                            4 * patchmark_text_case_ends(text, string))                            \
    ROW(text_case_equals, patchmark_text_case_equals(word, string) +                               \
                              2 * patchmark_text_case_equals(text, "ab") +                         \
                              4 * patchmark_text_case_equals(text, string))                        \
    ROW(text_same, patchmark_text_same(text, word) + 2 * patchmark_text_same(text, text))          \
    ROW(text_case_same,                                                                            \
        patchmark_text_case_same(text, word) + 2 * patchmark_text_case_same(text, text))           \
    ROW(text_case_is_any,                                                                          \
        patchmark_text_case_is_any(word, strings) + 2 * patchmark_text_case_is_any(text, words))   \
    ROW(lines_of, lines_value(text))                                                               \
    ROW(fact_set_bool, patchmark_fact_set_bool(facts, string, true))                               \
    ROW(fact_set_int, patchmark_fact_set_int(facts, string, 7))                                    \
    ROW(fact_set_text, patchmark_fact_set_text(facts, string, word) +                              \
                           10 * patchmark_fact_set_text(facts, "scope", text) +                    \
                           100 * value_of(patchmark_fact_string(facts, "series.scope")))           \
    ROW(fact_set_string, patchmark_fact_set_string(facts, string, "ab") +                          \
                             10 * patchmark_fact_set_string(facts, "scope", string) +              \
                             100 * value_of(patchmark_fact_string(facts, "series.scope")))         \
    ROW(fact_add_text, patchmark_fact_add_text(facts, string, word) +                              \
                           10 * patchmark_fact_add_text(facts, "notes", text) +                    \
                           100 * value_of(patchmark_fact_item(facts, "series.notes", 1)))          \
    ROW(fact_add_string, patchmark_fact_add_string(facts, string, "ab") +                          \
                             10 * patchmark_fact_add_string(facts, "notes", string) +              \
                             100 * value_of(patchmark_fact_item(facts, "series.notes", 1)))        \
    ROW(add_label_text, patchmark_add_label_text(facts, text) + patchmark_has_label(facts, ""))    \
    ROW(add_flag_text, patchmark_add_flag_text(facts, text) + patchmark_has_flag(facts, ""))       \
    ROW(add_label, patchmark_add_label(facts, string) + patchmark_has_label(facts, ""))            \
    ROW(add_flag, patchmark_add_flag(facts, string) + patchmark_has_flag(facts, ""))               \
    ROW(has_label, patchmark_has_label(facts, string))                                             \
    ROW(has_flag, patchmark_has_flag(facts, string))                                               \
    ROW(explain, explanations_value(string, string))                                               \
    ROW(fact_is_set, patchmark_fact_is_set(facts, string))                                         \
    ROW(fact_bool, patchmark_fact_bool(facts, string))                                             \
    ROW(fact_int, patchmark_fact_int(facts, string, 5))                                            \
    ROW(fact_string, value_of(patchmark_fact_string(facts, string)))                               \
    ROW(fact_count, patchmark_fact_count(facts, string))                                           \
    ROW(fact_item, value_of(patchmark_fact_item(facts, string, 0)))                                \
    ROW(fail, patchmark_fail(facts, string) + value_of(facts_failure(facts)))                      \
    ROW(fact_type, patchmark_fact_type(instance, string))                                          \
    ROW(index_message, patchmark_index_message(message, string, &known))                           \
    ROW(index_series, patchmark_index_series(message, string, &series))                            \
    ROW(index_taken, patchmark_index_taken(message, string, 1))                                    \
    ROW(index_find, patchmark_index_find(message, string, &series, 1))                             \
    ROW(index_shared, patchmark_index_shared(message, string, words, 1) +                          \
                          2 * patchmark_index_shared(message, SERIES, strings, 1))                 \
    ROW(sha1_add, sha1_value(text))                                                                \
    ROW(id, id_value(string, word) + 1000 * id_value("s1-", text))

static const struct patchmark_text word = {"note", 4};
static const char *const words[] = {"note", NULL};

#define ROW_FUNCTION(name, value)                                     \
    static int64_t call_##name(const char *string) {                  \
        const struct patchmark_text text = patchmark_text_of(string); \
        const char *const strings[] = {string, NULL};                 \
                                                                      \
        (void)text, (void)strings;                                    \
        return (int64_t)(value);                                      \
    }
IN_OPEN(ROW_FUNCTION)
IN_CLASSIFY(ROW_FUNCTION)

#define ROW_IN_OPEN(name, value)     {"patchmark_" #name, call_##name, true},
#define ROW_IN_CLASSIFY(name, value) {"patchmark_" #name, call_##name, false},
static const struct row {
    const char *function;
    int64_t (*call)(const char *string);
    bool in_open;
} rows[] = {IN_OPEN(ROW_IN_OPEN) IN_CLASSIFY(ROW_IN_CLASSIFY)};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- a plugin that calls one of them ------------------------------------------------------- */

static const struct row *row;
static const char *passed;
static int64_t value;
static int calls;

static void row_call(void) {
    value = row->call(passed);
    calls++;
}

static int open_calling(struct patchmark_instance *opened, void **self) {
    (void)self;
    instance = opened;
    if (row->in_open)
        row_call();
    return 0;
}

/* A mail with the subject "1" is part 1 of a series with a note, and calls nothing. */
static int classify_calling(void *self, const struct patchmark_message *mail,
                            struct patchmark_facts *its_facts) {
    (void)self;
    message = mail;
    facts = its_facts;
    patchmark_fact_set_string(facts, "id", SERIES);
    patchmark_fact_add_string(facts, "notes", "note");
    if (strcmp(patchmark_message_subject(mail), "1") == 0)
        patchmark_fact_set_int(facts, "part", 1);
    else if (!row->in_open)
        row_call();
    return 0;
}

static const struct patchmark_fact provides[] = {
    {"id", PATCHMARK_STRING, "", NULL},
    {"part", PATCHMARK_INT, "", NULL},
    {"notes", PATCHMARK_LIST, "", NULL},
    {"scope", PATCHMARK_STRING, "", NULL},
    {.key = NULL},
};
static const struct patchmark_option options[] = {
    {"option", PATCHMARK_STRING, "value", 0, 0, ""},
    {.name = NULL},
};
static struct patchmark_plugin calling = {
    PLUGIN_SIZES,       .traits = PATCHMARK_USES_INDEX, .name = "series",
    .version = "1",     .summary = "for tests",         .provides = provides,
    .options = options, .open = open_calling,           .classify = classify_calling};
static struct patchmark_plugin *const plugins[] = {&calling, NULL};

static bool receive(void *argument, const char *position, const struct patchmark_event *received) {
    (void)argument;
    return *position == '\0' && *received->id && *received->learned == '\0';
}

/* Calls the function of ROW with STRING, as a plugin.  Returns its value; what it logs is kept. */
static int64_t run(const char *string, struct store *store, struct mail *mail) {
    struct pipeline *pipeline;

    passed = string;
    support_log_start();
    pipeline = support_pipeline(plugins);
    support_classify(pipeline, store, mail, MAIL("1", "1"));
    support_classify(pipeline, store, mail, MAIL("2", "2"));
    pipeline_release(pipeline);
    return value;
}

START_TEST(null_counts_as_an_empty_string) {
    static char logged[sizeof(support_log.text)];
    struct store *store;
    struct mail mail;
    int64_t empty;

    row = &rows[_i];
    support_folder_make();
    support_mail_init(&mail);
    store = store_open(support_folder);
    event = patchmark_event_read(patchmark_text_of("{\"id\":\"1\",\"data\":{\"\":\"\"}}"));
    feed_init(&feed, "1", receive, NULL);
    empty = run("", store, &mail);
    strcpy(logged, support_log.text);
    ck_assert_msg(run(NULL, store, &mail) == empty, "%s returns another value", row->function);
    ck_assert_str_eq(support_log.text, logged);
    ck_assert_int_eq(calls, 2);
    patchmark_event_free(event);
    store_close(store);
    mail_free(&mail);
    support_folder_remove();
}
END_TEST

/* The strings of an event that a plugin makes may be NULL, too. */
START_TEST(null_counts_as_an_empty_string_of_an_event) {
    struct patchmark_event made = {.struct_size = sizeof(made), .id = "1"};

    feed_init(&feed, "1", receive, NULL);
    ck_assert(patchmark_feed_event(&feed, "", &made));
}
END_TEST

/* ---- the header ---------------------------------------------------------------------------- */

/* Returns the header without its comments, for free(3). */
static char *header_read(void) {
    const char *source = getenv("SOURCE");
    char path[4096], *text = calloc(1, 256 * 1024), *comment;
    FILE *file;

    snprintf(path, sizeof(path), "%s/milter/include/patchmark-plugin.h", source ? source : ".");
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot read %s: set SOURCE to the top of the sources", path);
    ck_assert_uint_gt(fread(text, 1, 256 * 1024 - 1, file), 0);
    fclose(file);
    while ((comment = strstr(text, "/*"))) {
        char *end = strstr(comment, "*/");

        memmove(comment, end + 2, strlen(end + 2) + 1);
    }
    return text;
}

/* Returns true if the parameters in the LENGTH bytes of LIST have a string, an array of strings, or
 * a text that is passed by value. */
static bool takes_string(const char *list, size_t length) {
    char parameters[1024];
    const char *text;

    ck_assert_uint_lt(length, sizeof(parameters));
    snprintf(parameters, sizeof(parameters), "%.*s", (int)length, list);
    text = strstr(parameters, "struct patchmark_text ");
    return strstr(parameters, "const char *") ||
           (text && text[strlen("struct patchmark_text ")] != '*');
}

static bool has_row(const char *function) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].function, function) == 0)
            return true;
    return false;
}

START_TEST(every_function_that_takes_a_string_has_a_row) {
    char *header = header_read(), function[128];
    size_t found = 0;

    for (const char *at = header; (at = strstr(at, "patchmark_")); at++) {
        const char *end = at + strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");

        snprintf(function, sizeof(function), "%.*s", (int)(end - at), at);
        if (isalnum((unsigned char)at[-1]) || at[-1] == '_' || *end != '(' ||
            !takes_string(end + 1, strcspn(end + 1, ")")))
            continue;
        found++;
        ck_assert_msg(has_row(function), "%s takes a string: add a row above", function);
    }
    ck_assert_uint_eq(found, ROWS);
    free(header);
}
END_TEST

SUITE(null_strings_suite) {
    Suite *suite = suite_create("null strings");
    TCase *tests = tcase_create("null strings");

    tcase_add_loop_test(tests, null_counts_as_an_empty_string, 0, (int)ROWS);
    tcase_add_test(tests, null_counts_as_an_empty_string_of_an_event);
    tcase_add_test(tests, every_function_that_takes_a_string_has_a_row);
    suite_add_tcase(suite, tests);
    return suite;
}
