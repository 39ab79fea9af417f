/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_terminal.c - how text from mails is written to a terminal, and its width there.
 */
#include "support/support.h"
#include "util/terminal.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/ioctl.h>

static char written[4096];

static FILE *begin(void) {
    FILE *stream = fmemopen(written, sizeof(written), "w");

    ck_assert_ptr_nonnull(stream);
    return stream;
}

static const struct {
    const char *text, *shown;
    int columns; /* allowed; -1: any */
    int used;
} texts[] = {
    {"", "", -1, 0},
    {"lamp: dim slowly", "lamp: dim slowly", -1, 16},
    /* ESC, BEL, CR and the 8-bit CSI control a terminal; xterm takes CSI as UTF-8 too. */
    {"a\033[31mb", "a\\x1b[31mb", -1, 10},
    {"\033]0;title\a", "\\x1b]0;title\\x07", -1, 16},
    {"over\rwritten", "over\\x0dwritten", -1, 15},
    {"line\nforged", "line\\x0aforged", -1, 14},
    {"\x7f", "\\x7f", -1, 4},
    {"a\xc2\x9b"
     "31mb",
     "a\\u009b31mb", -1, 11},
    {"\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0", -1, 13},
    /* The width of a tab depends on the column where it stands. */
    {"a\tb", "a b", -1, 3},
    /* Override, isolate and marks change the order in which the following text is shown. */
    {"\xe2\x80\xae"
     "cba",
     "\\u202ecba", -1, 9},
    {"\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069", -1, 13},
    {"\xe2\x80\x8e\xd8\x9c", "\\u200e\\u061c", -1, 12},
    {"\xe2\x80\xa8", "\\u2028", -1, 6},
    {"\xef\xbb\xbf", "\\ufeff", -1, 6},
    {"\xf3\xa0\x80\x81", "\\U000e0001", -1, 10},
    /* Bytes that are not valid UTF-8: alone, overlong, a surrogate, past the end of Unicode, torn.
     */
    {"\x9b", "\\x9b", -1, 4},
    {"\xc0\x9b", "\\xc0\\x9b", -1, 8},
    {"\xe0\x82\x9b", "\\xe0\\x82\\x9b", -1, 12},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", -1, 12},
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", -1, 16},
    {"a\xe2\x80", "a\\xe2\\x80", -1, 9},
    /* Letters of all scripts stay: two columns wide, one, none (a combining accent). */
    {"\xe5\x9b\x9e\xe5\xa4\x8d", "\xe5\x9b\x9e\xe5\xa4\x8d", -1, 4},
    {"caf\xc3\xa9", "caf\xc3\xa9", -1, 4},
    {"cafe\xcc\x81", "cafe\xcc\x81", -1, 4},
    /* A joiner shapes the letters beside it; a soft hyphen is invisible. */
    {"\xd9\x86\xe2\x80\x8c\xd9\x85", "\xd9\x86\xe2\x80\x8c\xd9\x85", -1, 2},
    {"pass\xc2\xadword", "pass\\u00adword", -1, 14},
    /* Up to four accents on a letter; more pile up on the lines above, and the rest is escaped. */
    {"e\xcc\x81\xcc\x81\xcc\x81\xcc\x81g", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81g", -1, 2},
    {"e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81g\xcc\x81",
     "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\u0301\\u0301g\xcc\x81", -1, 14},
    /* An accent without a letter would be on the character before the text. */
    {"\xcc\x81g", "\\u0301g", -1, 7},
    /* A selector makes the heart a picture, which is one or two columns wide. */
    {"\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4\\ufe0f", -1, 7},
    {"\xf3\xa0\x84\x80", "\\U000e0100", -1, 10},
    /* Cutting: the ellipsis takes one column, and no character or escape is cut. */
    {"abcdef", "abcdef", 6, 6},
    {"abcdef", "abcd\xe2\x80\xa6", 5, 5},
    {"abcdef", "\xe2\x80\xa6", 1, 1},
    {"abcdef", "", 0, 0},
    {"\xe5\x9b\x9e\xe5\xa4\x8d", "\xe5\x9b\x9e\xe5\xa4\x8d", 4, 4},
    {"\xe5\x9b\x9e\xe5\xa4\x8d", "\xe5\x9b\x9e\xe2\x80\xa6", 3, 3},
    {"\xe5\x9b\x9e\xe5\xa4\x8d", "\xe2\x80\xa6", 2, 1},
    {"ab\033c", "ab\xe2\x80\xa6", 5, 3},
    {"ab\033c", "ab\\x1bc", 7, 7},
};

START_TEST(unsafe_characters_are_escaped) {
    FILE *stream = begin();
    int used = terminal_write(stream, texts[_i].text, texts[_i].columns);

    fclose(stream);
    ck_assert_str_eq(written, texts[_i].shown);
    ck_assert_int_eq(used, texts[_i].used);
    if (texts[_i].columns > 0)
        ck_assert_int_eq(terminal_fits(texts[_i].text, texts[_i].columns),
                         !strstr(texts[_i].shown, "\xe2\x80\xa6"));
}
END_TEST

/* ---- JSON ---------------------------------------------------------------------------------- */

static const struct {
    const char *json, *shown;
} jsons[] = {
    {"{\"a\":\"b\"}", "{\"a\":\"b\"}"},
    {"\"caf\xc3\xa9 \xe5\x9b\x9e\"", "\"caf\xc3\xa9 \xe5\x9b\x9e\""},
    {"\"\xc2\x9b\xe2\x80\xae\x7f\"", "\"\\u009b\\u202e\\u007f\""},
    {"\"\xf3\xa0\x80\x81\"", "\"\\udb40\\udc01\""},
    /* White space between values may be replaced by spaces. */
    {"{\n\t\"a\":\r1}", "{  \"a\": 1}"},
};

START_TEST(json_keeps_its_value_in_one_line) {
    FILE *stream = begin();
    json_t *before, *after;

    terminal_write_json(stream, jsons[_i].json, strlen(jsons[_i].json));
    fclose(stream);
    ck_assert_str_eq(written, jsons[_i].shown);
    before = json_loads(jsons[_i].json, JSON_DECODE_ANY, NULL);
    after = json_loads(written, JSON_DECODE_ANY, NULL);
    ck_assert(before && after && json_equal(before, after));
    json_decref(before);
    json_decref(after);
}
END_TEST

START_TEST(what_is_no_json_is_one_line_of_utf8) {
    FILE *stream = begin();

    terminal_write_json(stream, "\033[2J\n\x9b", 6);
    fclose(stream);
    ck_assert_str_eq(written, " [2J \\ufffd");
}
END_TEST

/* ---- terminals ------------------------------------------------------------------------------ */

START_TEST(a_file_is_no_terminal) {
    int file = memfd_create("output", 0);

    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    unsetenv("COLUMNS");
    ck_assert_int_eq(terminal_columns(file), 0);
    ck_assert(!terminal_has_colours(file));
    close(file);
}
END_TEST

/* Expected: whether a terminal gets colours. */
static const struct {
    const char *type, *forbidden;
    bool colours;
} environments[] = {
    {"xterm", NULL, true}, {"xterm", "", true}, /* no-color.org: when not empty */
    {"xterm", "1", false}, {"dumb", NULL, false}, {NULL, NULL, false}, {"", NULL, false},
};

START_TEST(the_environment_can_forbid_colours) {
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);

    ck_assert_int_ge(terminal, 0);
    unsetenv("TERM");
    unsetenv("NO_COLOR");
    if (environments[_i].type)
        setenv("TERM", environments[_i].type, 1);
    if (environments[_i].forbidden)
        setenv("NO_COLOR", environments[_i].forbidden, 1);
    ck_assert_int_eq(terminal_has_colours(terminal), environments[_i].colours);
    close(terminal);
}
END_TEST

START_TEST(the_width_of_a_terminal_is_read) {
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    struct winsize size = {.ws_col = 72, .ws_row = 20};

    unsetenv("COLUMNS");
    ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(terminal_columns(terminal), 72);
    size.ws_col = 0; /* unknown, as on a serial line */
    ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(terminal_columns(terminal), 80);
    close(terminal);
}
END_TEST

/* Values of COLUMNS, and the width of a file; 0: no limit. */
static const struct {
    const char *value;
    int columns;
} widths[] = {
    {"100", 100}, {"1", 1}, {"999999", 4096}, {"", 0}, {"0", 0}, {"-5", 0}, {"x", 0},
};

START_TEST(the_environment_has_a_width) {
    int file = memfd_create("output", 0), terminal = posix_openpt(O_RDWR | O_NOCTTY);
    struct winsize size = {.ws_col = 72, .ws_row = 20};

    setenv("COLUMNS", widths[_i].value, 1);
    ck_assert_int_eq(terminal_columns(file), widths[_i].columns);
    ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
    ck_assert_int_eq(terminal_columns(terminal), widths[_i].columns ? widths[_i].columns : 72);
    close(file);
    close(terminal);
}
END_TEST

SUITE(terminal_suite) {
    Suite *suite = suite_create("terminal");
    TCase *tests = tcase_create("terminal");

    tcase_add_loop_test(tests, unsafe_characters_are_escaped, 0, sizeof(texts) / sizeof(texts[0]));
    tcase_add_loop_test(tests, json_keeps_its_value_in_one_line, 0,
                        sizeof(jsons) / sizeof(jsons[0]));
    tcase_add_test(tests, what_is_no_json_is_one_line_of_utf8);
    tcase_add_test(tests, a_file_is_no_terminal);
    tcase_add_loop_test(tests, the_environment_can_forbid_colours, 0,
                        sizeof(environments) / sizeof(environments[0]));
    tcase_add_test(tests, the_width_of_a_terminal_is_read);
    tcase_add_loop_test(tests, the_environment_has_a_width, 0, sizeof(widths) / sizeof(widths[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
