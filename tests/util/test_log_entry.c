/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_log_entry.c - the fields of a log line: no value adds a field or a line, however hostile the
 * mail is that it comes from, and no value makes the line too long.
 */
#include "support/suite.h"
#include "util/log-entry.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static char *line; /* of the newest entry */

static void teardown(void) {
    free(line);
}

static void begin(struct log_entry *entry, enum log_format format) {
    free(line);
    line = NULL;
    log_entry_begin(entry, format, PATCHMARK_WARNING, "a message");
}

/* Returns the line of an entry with the field list-id between two others. */
static const char *with_list_id(enum log_format format, const char *list_id) {
    struct log_entry entry;

    begin(&entry, format);
    log_entry_tag(&entry, "queue-id", "4XYZ");
    log_entry_string(&entry, "kind", "patch");
    log_entry_string(&entry, "list-id", list_id);
    log_entry_number(&entry, "events", 2);
    return line = log_entry_end(&entry);
}

/* ---- what a value can do ------------------------------------------------------------------- */

static const struct {
    const char *value, *text, *json, *reason;
} values[] = {
    {"net.lists.example.org", "net.lists.example.org", "net.lists.example.org", "a usual one"},
    {"a-b_c+d/e:f;g@h!{}[]()%$~", "a-b_c+d/e:f;g@h!{}[]()%$~", "a-b_c+d/e:f;g@h!{}[]()%$~",
     "what cannot end a value stays"},
    {"x> kind=patch series=s1-aaaaaaaaaaaaaaaa",
     "x\\x3e\\x20kind\\x3dpatch\\x20series\\x3ds1-"
     "aaaaaaaaaaaaaaaa",
     "x> kind=patch series=s1-aaaaaaaaaaaaaaaa", "blanks would end the value, '=' begin another"},
    {"x\tkind=reply", "x\\x09kind\\x3dreply", "x\\u0009kind=reply", "a tab is a blank for most"},
    {"x,kind=reply", "x\\x2ckind\\x3dreply", "x,kind=reply", "commas separate fields in Postfix"},
    {"x\",\"kind\":\"reply", "x\\x22\\x2c\\x22kind\\x22:\\x22reply", "x\\\",\\\"kind\\\":\\\"reply",
     "quotes"},
    {"x'y", "x\\x27y", "x'y", "single ones"},
    {"x\n4XYZ: kind=reply", "x\\x0a4XYZ:\\x20kind\\x3dreply", "x\\u000a4XYZ: kind=reply",
     "a second line"},
    {"x\r\n{\"kind\":1}", "x\\x0d\\x0a{\\x22kind\\x22:1}", "x\\u000d\\u000a{\\\"kind\\\":1}",
     "a second object"},
    {"\x1b[2J\x07\x7f", "\\x1b[2J\\x07\\x7f", "\\u001b[2J\\u0007\\u007f", "a terminal"},
    {"\\x20", "\\x5cx20", "\\\\x20", "an escape means one byte only"},
    {"\\", "\\x5c", "\\\\", "at the end it does not escape the quote"},
    {"<x>", "\\x3cx\\x3e", "<x>", "the ends of an id"},
    {"\xc3\xa9", "\\xc3\\xa9", "\\u00e9", "UTF-8"},
    {"\xc2\x85", "\\xc2\\x85", "\\u0085", "a newline beyond ASCII"},
    {"\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\u2028", "one that ends a line of JavaScript"},
    {"\xe2\x80\xae", "\\xe2\\x80\\xae", "\\u202e", "what follows is shown from right to left"},
    {"\xf0\x9f\x90\xa7", "\\xf0\\x9f\\x90\\xa7", "\\ud83d\\udc27", "a pair of surrogates in JSON"},
    {"a\xff\xc3z", "a\\xff\\xc3z", "a\\ufffd\\ufffdz", "broken UTF-8"},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd", "a surrogate is none"},
};

START_TEST(no_value_is_taken_for_another_field) {
    char wanted[1024];

    snprintf(wanted, sizeof(wanted), "4XYZ: kind=patch list-id=%s events=2", values[_i].text);
    ck_assert_msg(strcmp(with_list_id(LOG_AS_TEXT, values[_i].value), wanted) == 0, "%s: got %s",
                  values[_i].reason, line);
    snprintf(wanted, sizeof(wanted), "\"kind\":\"patch\",\"list_id\":\"%s\",\"events\":2}",
             values[_i].json);
    with_list_id(LOG_AS_JSON, values[_i].value);
    ck_assert_msg(strlen(line) > strlen(wanted) &&
                      strcmp(line + strlen(line) - strlen(wanted), wanted) == 0,
                  "%s: got %s", values[_i].reason, line);
}
END_TEST

/* Whatever the byte is: a program that splits the line at blanks, and each field at its first '=',
 * reads these three fields; a reader of JSON reads these members, and the byte again. */
START_TEST(no_byte_is_taken_for_another_field) {
    char value[] = {'a', (char)_i, 'b', '\0'};
    json_t *object;
    size_t blanks = 0, equals = 0;

    with_list_id(LOG_AS_TEXT, value);
    for (const char *at = line; *at; at++) {
        ck_assert_int_ge(*at, ' ');
        ck_assert_int_le(*at, '~');
        blanks += *at == ' ';
        equals += *at == '=';
    }
    ck_assert_uint_eq(blanks, 3);
    ck_assert_uint_eq(equals, 3);
    ck_assert_ptr_nonnull(strstr(line, " list-id=a"));
    ck_assert_str_eq(line + strlen(line) - strlen("b events=2"), "b events=2");

    object = json_loads(with_list_id(LOG_AS_JSON, value), JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(object);
    ck_assert_uint_eq(json_object_size(object), 7);
    if (_i < 0x80)
        ck_assert_str_eq(json_string_value(json_object_get(object, "list_id")), value);
    json_decref(object);
}
END_TEST

START_TEST(a_long_value_is_cut_and_what_follows_it_is_not) {
    static const char *const fills[] = {"a", " ", "\x01", "\"", "\xf0\x9f\x90\xa7", "\xff"};
    char value[4096];

    for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
        size_t length = strlen(fills[i]);
        const char *start, *end;

        for (size_t at = 0; at + length < sizeof(value); at += length)
            strcpy(value + at, fills[i]);
        start = strstr(with_list_id(LOG_AS_TEXT, value), "list-id=") + strlen("list-id=");
        end = strstr(line, "... events=2");
        ck_assert_ptr_nonnull(end);
        ck_assert_uint_le((size_t)(end + 3 - start), LOG_VALUE_BYTES);
        ck_assert_uint_ge((size_t)(end + 3 - start), LOG_VALUE_BYTES - 4);
        start =
            strstr(with_list_id(LOG_AS_JSON, value), "\"list_id\":\"") + strlen("\"list_id\":\"");
        end = strstr(line, "...\",\"events\":2}");
        ck_assert_ptr_nonnull(end);
        ck_assert_uint_le((size_t)(end + 3 - start), LOG_JSON_VALUE_BYTES);
        ck_assert_uint_ge((size_t)(end + 3 - start), LOG_JSON_VALUE_BYTES - 12);
    }
}
END_TEST

/* ---- forms --------------------------------------------------------------------------------- */

static void fill(struct log_entry *entry) {
    static const char *const words[] = {"rfc", "has-diff"};

    log_entry_tag(entry, "queue-id", "4XYZ");
    log_entry_string(entry, "kind", "patch");
    log_entry_string(entry, "series", NULL);
    log_entry_string(entry, "list", "");
    log_entry_words(entry, "flags", words, 2);
    log_entry_words(entry, "labels", NULL, 0);
    log_entry_id(entry, "message-id", "1@example.org");
    log_entry_id(entry, "other-id", NULL);
    log_entry_number(entry, "bytes", 0);
    log_entry_bool(entry, "again", true);
    log_entry_bool(entry, "late", false);
    log_entry_duration(entry, "ms", 12034);
}

START_TEST(the_text_is_names_and_values) {
    struct log_entry entry;

    begin(&entry, LOG_AS_TEXT);
    fill(&entry);
    ck_assert_str_eq(line = log_entry_end(&entry),
                     "4XYZ: kind=patch flags=rfc,has-diff message-id=<1@example.org> bytes=0 "
                     "again=yes ms=12.034");
    begin(&entry, LOG_AS_TEXT);
    log_entry_tag(&entry, "queue-id", NULL);
    log_entry_number(&entry, "bytes", 1);
    ck_assert_str_eq(line = log_entry_end(&entry), "-: bytes=1");
}
END_TEST

START_TEST(json_has_members_of_their_types) {
    struct log_entry entry;
    const char *after;
    struct tm parts = {.tm_year = 0};
    json_t *object;

    begin(&entry, LOG_AS_JSON);
    fill(&entry);
    line = log_entry_end(&entry);
    after = strstr(line, "\"severity\"");
    ck_assert_ptr_nonnull(after);
    ck_assert_str_eq(after,
                     "\"severity\":\"warning\",\"message\":\"a message\",\"queue_id\":\"4XYZ\","
                     "\"kind\":\"patch\",\"flags\":[\"rfc\",\"has-diff\"],"
                     "\"message_id\":\"1@example.org\",\"bytes\":0,\"again\":true,\"ms\":12.034}");
    object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(object);
    /* RFC 3339, with milliseconds, in UTC. */
    after =
        strptime(json_string_value(json_object_get(object, "time")), "%Y-%m-%dT%H:%M:%S.", &parts);
    ck_assert_ptr_nonnull(after);
    ck_assert_uint_eq(strspn(after, "0123456789"), 3);
    ck_assert_str_eq(after + 3, "Z");
    ck_assert_int_le(labs(timegm(&parts) - time(NULL)), 60);
    json_decref(object);
}
END_TEST

START_TEST(many_words_are_cut_between_two_words) {
    static const char *words[64];
    struct log_entry entry;
    json_t *object, *array;

    for (size_t i = 0; i < 64; i++)
        words[i] = "sixteen-letters.";
    begin(&entry, LOG_AS_TEXT);
    log_entry_words(&entry, "labels", words, 64);
    line = log_entry_end(&entry);
    ck_assert_uint_le(strlen(line), strlen("labels=") + LOG_VALUE_BYTES);
    ck_assert_uint_ge(strlen(line), LOG_VALUE_BYTES - LOG_WORD_BYTES - 17);
    ck_assert_str_eq(strrchr(line, ','), ",...");
    begin(&entry, LOG_AS_JSON);
    log_entry_words(&entry, "labels", words, 64);
    object = json_loads(line = log_entry_end(&entry), 0, NULL);
    array = json_object_get(object, "labels");
    ck_assert_uint_lt(json_array_size(array), 64);
    ck_assert_str_eq(json_string_value(json_array_get(array, json_array_size(array) - 1)), "...");
    json_decref(object);
}
END_TEST

SUITE(log_entry_suite) {
    Suite *suite = suite_create("log entry");
    TCase *tests = tcase_create("log entry");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, no_value_is_taken_for_another_field, 0,
                        sizeof(values) / sizeof(values[0]));
    tcase_add_loop_test(tests, no_byte_is_taken_for_another_field, 1, 256);
    tcase_add_test(tests, a_long_value_is_cut_and_what_follows_it_is_not);
    tcase_add_test(tests, the_text_is_names_and_values);
    tcase_add_test(tests, json_has_members_of_their_types);
    tcase_add_test(tests, many_words_are_cut_between_two_words);
    suite_add_tcase(suite, tests);
    return suite;
}
