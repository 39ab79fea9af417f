/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_json_write.c - the bytes of the JSON that is written, and that Jansson reads the same values
 * from it.
 */
#include "util/json-write.h"

#include "support/support.h"

#include <jansson.h>
#include <stdlib.h>

static GString *json;

static void begin(void) {
    json = json_write_begin();
}

static void end(void) {
    g_string_free(json, TRUE);
}

/* Compares the text written so far with EXPECTED, and empties it. */
static void check(const char *expected) {
    ck_assert_str_eq(json->str, expected);
    ck_assert_uint_eq(json->len, strlen(expected));
    g_string_truncate(json, 0);
}

/* ---- objects and arrays ------------------------------------------------------------------- */

START_TEST(commas_stand_between_values_alone) {
    json_write_open(json, NULL, '{');
    json_write_open(json, "empty", '[');
    json_write_close(json, ']');
    json_write_open(json, "list", '[');
    json_write_number(json, NULL, 1);
    json_write_string(json, NULL, "[");
    json_write_string(json, NULL, "{");
    json_write_string(json, NULL, "");
    json_write_open(json, NULL, '{');
    json_write_truth(json, "yes", true);
    json_write_truth(json, "no", false);
    json_write_close(json, '}');
    json_write_open(json, NULL, '{');
    json_write_close(json, '}');
    json_write_close(json, ']');
    json_write_text(json, "text", "one, two", 3);
    json_write_close(json, '}');
    check("{\"empty\":[],\"list\":[1,\"[\",\"{\",\"\",{\"yes\":true,\"no\":false},{}],"
          "\"text\":\"one\"}");
}
END_TEST

START_TEST(members_without_a_value_are_left_out) {
    json_write_open(json, NULL, '{');
    json_add_string(json, "none", NULL);
    json_add_string(json, "empty", "");
    json_add_number(json, "unknown", -1);
    json_add_string(json, "some", "x");
    json_add_number(json, "zero", 0);
    json_write_string(json, "also", "");
    json_write_number(json, "negative", -1);
    json_write_close(json, '}');
    check("{\"some\":\"x\",\"zero\":0,\"also\":\"\",\"negative\":-1}");
}
END_TEST

START_TEST(numbers_are_whole) {
    json_write_open(json, NULL, '[');
    json_write_number(json, NULL, 0);
    json_write_number(json, NULL, 10);
    json_write_number(json, NULL, INT64_MAX);
    json_write_number(json, NULL, INT64_MIN);
    json_write_close(json, ']');
    check("[0,10,9223372036854775807,-9223372036854775808]");
}
END_TEST

START_TEST(a_text_is_freed_by_the_caller) {
    char *text;

    json_write_number(json, NULL, 1);
    text = g_string_free(json, FALSE);
    ck_assert_str_eq(text, "1");
    free(text);
    begin();
    check("");
}
END_TEST

/* ---- strings ------------------------------------------------------------------------------ */

/* RFC 8259 7 requires escapes for quotes, backslashes and control characters below a blank only. */
START_TEST(characters_are_escaped_if_required) {
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"\"", "\"\\\"\""},
        {"\\", "\"\\\\\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x0b\x1f", "\"\\u0001\\u000B\\u001F\""},
        {" !/\x7f", "\" !/\x7f\""},
        {"\xc3\xa9\"\xe2\x80\xa8", "\"\xc3\xa9\\\"\xe2\x80\xa8\""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert(json_write_string(json, NULL, cases[i].text));
        check(cases[i].json);
    }
}
END_TEST

/* RFC 3629 3 and 4: only the shortest form, no surrogates, nothing above U+10FFFF. */
START_TEST(invalid_utf_8_is_left_out) {
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"\x7f", true},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xc1\xbf", false},
        {"\xc3", false},
        {"\xc3(", false},
        {"\xe0\x9f\xbf", false},
        {"\xe2\x82", false},
        {"\xed\xa0\x80", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"\xff", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64], expected[100];

        snprintf(text, sizeof(text), "sixteen of ASCII%s.", cases[i].text);
        snprintf(expected, sizeof(expected), "{\"a\":1,\"b\":\"%s\",\"d\":2}", text);
        json_write_open(json, NULL, '{');
        json_write_number(json, "a", 1);
        ck_assert_msg(json_write_string(json, "b", text) == cases[i].good, "case %zu", i);
        json_write_number(json, "d", 2);
        json_write_close(json, '}');
        check(cases[i].good ? expected : "{\"a\":1,\"d\":2}");
    }
}
END_TEST

/* A character that is cut by the length is not valid UTF-8, even if more bytes follow in memory. */
/* The longest start whose JSON has at most so many bytes, between two characters. */
START_TEST(the_start_of_a_text_that_fits) {
    static const struct {
        const char *text;
        size_t max, fits;
    } cases[] = {
        {"abc", 3, 3},
        {"abc", 2, 2},
        {"", 0, 0},
        {"\"\"\"", 5, 2},
        {"a\nb", 3, 2},
        {"a\nb", 2, 1},
        {"\x01\x01", 11, 1},
        {"\x01\x01", 12, 2},
        {"\x01", 5, 0},
        {"a\xc3\xa9", 2, 1},
        {"a\xc3\xa9", 3, 3},
        {"\xf0\x9f\x98\x80x", 3, 0},
        {"\xf0\x9f\x98\x80x", 4, 4},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(json_text_fit(cases[i].text, strlen(cases[i].text), cases[i].max) ==
                          cases[i].fits,
                      "%zu", i);
}
END_TEST

START_TEST(the_length_ends_a_string) {
    ck_assert(json_write_text(json, NULL, "ab\xc3\xa9", 2));
    check("\"ab\"");
    ck_assert(!json_write_text(json, NULL, "ab\xc3\xa9", 3));
    check("");
    ck_assert(!json_write_text(json, NULL, "a\0\xc3\xa9", 4));
    check("");
}
END_TEST

/* Each ASCII byte at each place of a word of 8 bytes, between plain bytes and others. */
START_TEST(bytes_at_any_place_of_a_word) {
    static const char around[] = "abcdefgh ~}[]ijklmnop";

    for (int byte = 1; byte < 0x80; byte++) {
        for (size_t at = 0; at < sizeof(around) - 1; at++) {
            char text[sizeof(around)];
            json_t *read;

            memcpy(text, around, sizeof(around));
            text[at] = (char)byte;
            json_write_string(json, NULL, text);
            read = json_loads(json->str, JSON_DECODE_ANY, NULL);
            ck_assert_msg(read && strcmp(json_string_value(read), text) == 0, "%s", json->str);
            ck_assert_msg(byte < ' ' || byte == '"' || byte == '\\' ||
                              json->len == sizeof(around) + 1,
                          "%s", json->str);
            json_decref(read);
            g_string_truncate(json, 0);
        }
    }
}
END_TEST

/* The buffer grows at any length. */
START_TEST(texts_of_any_length) {
    enum { MOST = 9000 };
    static char text[MOST + 1], expected[2 * MOST + 3];

    for (size_t length = 0; length <= MOST; length += length % 7 + 1) {
        size_t escaped = 0;

        memset(text, 'x', length);
        text[length] = '\0';
        for (size_t i = _i; i < length; i += 1000)
            text[i] = '\n';
        expected[escaped++] = '"';
        for (size_t i = 0; i < length; i++)
            escaped += (size_t)sprintf(expected + escaped, "%s", text[i] == 'x' ? "x" : "\\n");
        strcpy(expected + escaped, "\"");
        json_write_string(json, NULL, text);
        ck_assert_msg(strcmp(json->str, expected) == 0, "%zu bytes", length);
        g_string_truncate(json, 0);
    }
}
END_TEST

SUITE(json_write_suite) {
    Suite *suite = suite_create("json: writing");
    TCase *tests = tcase_create("writing");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, commas_stand_between_values_alone);
    tcase_add_test(tests, members_without_a_value_are_left_out);
    tcase_add_test(tests, numbers_are_whole);
    tcase_add_test(tests, a_text_is_freed_by_the_caller);
    tcase_add_test(tests, characters_are_escaped_if_required);
    tcase_add_test(tests, invalid_utf_8_is_left_out);
    tcase_add_test(tests, the_start_of_a_text_that_fits);
    tcase_add_test(tests, the_length_ends_a_string);
    tcase_add_test(tests, bytes_at_any_place_of_a_word);
    tcase_add_loop_test(tests, texts_of_any_length, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
