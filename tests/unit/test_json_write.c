/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_json_write.c - JSON as it is written, byte by byte; and that Jansson reads the same out of
 * it.
 */
#include "json-write.h"

#include "support.h"

#include <jansson.h>
#include <stdlib.h>

static struct json_writer writer;

static void check(const char *expected) {
    char *text = json_write_done(&writer);

    ck_assert_str_eq(text, expected);
    free(text);
}

/* ---- what stands where -------------------------------------------------------------------- */

START_TEST(commas_stand_between_values_alone) {
    json_write_open(&writer, NULL, '{');
    json_write_open(&writer, "empty", '[');
    json_write_close(&writer, ']');
    json_write_open(&writer, "list", '[');
    json_write_number(&writer, NULL, 1);
    json_write_string(&writer, NULL, "[");
    json_write_string(&writer, NULL, "{");
    json_write_string(&writer, NULL, "");
    json_write_open(&writer, NULL, '{');
    json_write_truth(&writer, "yes", true);
    json_write_truth(&writer, "no", false);
    json_write_close(&writer, '}');
    json_write_open(&writer, NULL, '{');
    json_write_close(&writer, '}');
    json_write_close(&writer, ']');
    json_write_text(&writer, "text", "one, two", 3);
    json_write_close(&writer, '}');
    check("{\"empty\":[],\"list\":[1,\"[\",\"{\",\"\",{\"yes\":true,\"no\":false},{}],"
          "\"text\":\"one\"}");
}
END_TEST

START_TEST(nothing_is_said_where_there_is_nothing_to_say) {
    json_write_open(&writer, NULL, '{');
    json_add_string(&writer, "none", NULL);
    json_add_string(&writer, "empty", "");
    json_add_number(&writer, "unknown", -1);
    json_add_string(&writer, "some", "x");
    json_add_number(&writer, "zero", 0);
    json_write_string(&writer, "also", "");
    json_write_number(&writer, "negative", -1);
    json_write_close(&writer, '}');
    check("{\"some\":\"x\",\"zero\":0,\"also\":\"\",\"negative\":-1}");
}
END_TEST

START_TEST(numbers_are_whole) {
    json_write_open(&writer, NULL, '[');
    json_write_number(&writer, NULL, 0);
    json_write_number(&writer, NULL, 10);
    json_write_number(&writer, NULL, INT64_MAX);
    json_write_number(&writer, NULL, INT64_MIN);
    json_write_close(&writer, ']');
    check("[0,10,9223372036854775807,-9223372036854775808]");
}
END_TEST

START_TEST(a_writer_that_is_done_begins_again) {
    json_write_number(&writer, NULL, 1);
    check("1");
    json_write_number(&writer, NULL, 2);
    check("2");
    check("");
}
END_TEST

/* ---- strings ------------------------------------------------------------------------------ */

/* RFC 8259 7: quotes, backslashes and what is below a blank, and nothing else has to. */
START_TEST(what_has_to_be_escaped_is) {
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
        ck_assert(json_write_string(&writer, NULL, cases[i].text));
        check(cases[i].json);
    }
}
END_TEST

/* RFC 3629 3 and 4: the shortest form alone, no surrogates, nothing past U+10FFFF. */
START_TEST(what_is_no_utf_8_is_left_out) {
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
        json_write_open(&writer, NULL, '{');
        json_write_number(&writer, "a", 1);
        ck_assert_msg(json_write_string(&writer, "b", text) == cases[i].good, "case %zu", i);
        json_write_number(&writer, "d", 2);
        json_write_close(&writer, '}');
        check(cases[i].good ? expected : "{\"a\":1,\"d\":2}");
    }
}
END_TEST

/* A character that was cut is no UTF-8, however it would go on. */
START_TEST(a_string_is_as_long_as_it_is_said) {
    ck_assert(json_write_text(&writer, NULL, "ab\xc3\xa9", 2));
    check("\"ab\"");
    ck_assert(!json_write_text(&writer, NULL, "ab\xc3\xa9", 3));
    check("");
    ck_assert(!json_write_text(&writer, NULL, "a\0\xc3\xa9", 4));
    check("");
}
END_TEST

/* Every byte of ASCII at every place of a word of eight, with plain ones and others around it. */
START_TEST(where_a_byte_stands_makes_no_difference) {
    static const char around[] = "abcdefgh ~}[]ijklmnop";

    for (int byte = 1; byte < 0x80; byte++) {
        for (size_t at = 0; at < sizeof(around) - 1; at++) {
            char text[sizeof(around)], *json;
            json_t *read;

            memcpy(text, around, sizeof(around));
            text[at] = (char)byte;
            json_write_string(&writer, NULL, text);
            json = json_write_done(&writer);
            read = json_loads(json, JSON_DECODE_ANY, NULL);
            ck_assert_msg(read && strcmp(json_string_value(read), text) == 0, "%s", json);
            ck_assert_msg(byte < ' ' || byte == '"' || byte == '\\' ||
                              strlen(json) == sizeof(around) + 1,
                          "%s", json);
            json_decref(read);
            free(json);
        }
    }
}
END_TEST

/* Wherever the room ends, it grows. */
START_TEST(texts_of_any_length) {
    enum { MOST = 9000 };
    static char text[MOST + 1], expected[2 * MOST + 3];

    for (size_t length = 0; length <= MOST; length += length % 7 + 1) {
        size_t escaped = 0;
        char *json;

        memset(text, 'x', length);
        text[length] = '\0';
        for (size_t i = _i; i < length; i += 1000)
            text[i] = '\n';
        expected[escaped++] = '"';
        for (size_t i = 0; i < length; i++)
            escaped += (size_t)sprintf(expected + escaped, "%s", text[i] == 'x' ? "x" : "\\n");
        strcpy(expected + escaped, "\"");
        json_write_string(&writer, NULL, text);
        json = json_write_done(&writer);
        ck_assert_msg(strcmp(json, expected) == 0, "%zu bytes", length);
        free(json);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json: writing");
    TCase *tests = tcase_create("writing");

    tcase_add_test(tests, commas_stand_between_values_alone);
    tcase_add_test(tests, nothing_is_said_where_there_is_nothing_to_say);
    tcase_add_test(tests, numbers_are_whole);
    tcase_add_test(tests, a_writer_that_is_done_begins_again);
    tcase_add_test(tests, what_has_to_be_escaped_is);
    tcase_add_test(tests, what_is_no_utf_8_is_left_out);
    tcase_add_test(tests, a_string_is_as_long_as_it_is_said);
    tcase_add_test(tests, where_a_byte_stands_makes_no_difference);
    tcase_add_loop_test(tests, texts_of_any_length, 0, 3);
    suite_add_tcase(suite, tests);
    return support_run(suite);
}
