/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_wrap.c - paragraphs for people: labels, items, and their lines at each width.
 */
#include "support/support.h"
#include "util/terminal.h"
#include "util/wrap.h"

static char *written;
static size_t length;
static FILE *out;

static void begin(void) {
    out = open_memstream(&written, &length);
    ck_assert_ptr_nonnull(out);
}

static const char *end(void) {
    fclose(out);
    return written;
}

/* Returns true if no line of TEXT is wider than COLUMNS. */
static bool lines_fit(const char *text, int columns) {
    char *copy = strdup(text), *state, *line;
    bool fit = true;

    for (line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
        fit = fit && terminal_fits(line, columns);
    free(copy);
    return fit;
}

START_TEST(items_continue_below_the_first_one) {
    struct wrap wrap;

    begin();
    wrap = wrap_begin(out, "sinks", 8, 24);
    wrap_add(&wrap, "redis");
    wrap_add(&wrap, "file");
    wrap_add(&wrap, "webhook/%s", "ci");
    wrap_end(&wrap);
    ck_assert_str_eq(end(), "sinks   redis, file,\n"
                            "        webhook/ci\n");
}
END_TEST

START_TEST(without_a_width_there_is_one_line) {
    struct wrap wrap;

    begin();
    wrap = wrap_begin(out, "n", 3, 0);
    for (int i = 0; i < 100; i++)
        wrap_add(&wrap, "%d", i);
    wrap_end(&wrap);
    end();
    ck_assert_ptr_eq(strchr(written, '\n'), written + length - 1);
    ck_assert(strncmp(written, "n  0, 1, 2, ", 12) == 0);
}
END_TEST

/* Words have no commas; the width counts columns, of which a wide character takes two. */
START_TEST(words_wrap_by_their_width) {
    struct wrap wrap;

    begin();
    wrap = wrap_begin(out, "", 0, 12);
    wrap_words(&wrap, "\xe5\x9b\x9e\xe5\xa4\x8d \xe5\x9b\x9e\xe5\xa4\x8d ab");
    wrap_end(&wrap);
    ck_assert_str_eq(end(), "\xe5\x9b\x9e\xe5\xa4\x8d \xe5\x9b\x9e\xe5\xa4\x8d\nab\n");
}
END_TEST

/* An item of a mail can be longer than the page, and can contain anything. */
START_TEST(a_hostile_item_stays_on_its_line) {
    char item[10000];

    memset(item, 'x', sizeof(item) - 1);
    memcpy(item, "\033[31m\xe2\x80\xae\n", 9);
    item[sizeof(item) - 1] = '\0';
    for (int columns = 12; columns < 200; columns += 17) {
        struct wrap wrap;

        begin();
        wrap = wrap_begin(out, "label", 10, columns);
        wrap_add(&wrap, "first");
        wrap_add(&wrap, "%s", item);
        wrap_words(&wrap, item);
        wrap_add(&wrap, "last");
        wrap_end(&wrap);
        end();
        ck_assert_msg(lines_fit(written, columns), "%d columns: %s", columns, written);
        ck_assert_ptr_null(strchr(written, '\033'));
        free(written);
        written = NULL;
    }
}
END_TEST

static const struct {
    int64_t number;
    const char *shown;
} durations[] = {{-5, "0s"},
                 {0, "0s"},
                 {59, "59s"},
                 {60, "1m"},
                 {303, "5m 3s"},
                 {3600, "1h"},
                 {7259, "2h"},
                 {7260, "2h 1m"},
                 {86400 + 7200, "1d 2h"},
                 {30 * 86400 + 7200, "30d"},
                 {729 * 86400, "729d"},
                 {730 * 86400, "2y"},
                 {2000000000, "63y"}},
  sizes[] = {{0, "0 bytes"},
             {1023, "1023 bytes"},
             {1024, "1.0 KiB"},
             {38402, "37.5 KiB"},
             {256 * 1024 * 1024, "256 MiB"},
             {1023 * 1024, "1.0 MiB"},
             {INT64_C(5) << 40, "5.0 TiB"}};

START_TEST(durations_have_two_units) {
    char text[WRAP_TEXT_SIZE];

    ck_assert_str_eq(wrap_duration(text, durations[_i].number), durations[_i].shown);
}
END_TEST

START_TEST(sizes_have_three_digits) {
    char text[WRAP_TEXT_SIZE];

    ck_assert_str_eq(wrap_bytes(text, sizes[_i].number), sizes[_i].shown);
}
END_TEST

START_TEST(times_are_utc) {
    char text[WRAP_TEXT_SIZE];

    ck_assert_str_eq(wrap_time(text, 1793811600), "2026-11-04 17:00:00 UTC");
    ck_assert_str_eq(wrap_time(text, INT64_MAX), "unknown");
}
END_TEST

static void teardown(void) {
    free(written);
    written = NULL;
}

SUITE(wrap_suite) {
    Suite *suite = suite_create("wrap");
    TCase *tests = tcase_create("wrap");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, items_continue_below_the_first_one);
    tcase_add_test(tests, without_a_width_there_is_one_line);
    tcase_add_test(tests, words_wrap_by_their_width);
    tcase_add_test(tests, a_hostile_item_stays_on_its_line);
    tcase_add_loop_test(tests, durations_have_two_units, 0,
                        sizeof(durations) / sizeof(durations[0]));
    tcase_add_loop_test(tests, sizes_have_three_digits, 0, sizeof(sizes) / sizeof(sizes[0]));
    tcase_add_test(tests, times_are_utc);
    suite_add_tcase(suite, tests);
    return suite;
}
