/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_series_find.c - the names of series that people type or paste.
 */
#include "command/series-find.h"
#include "support/support.h"

START_TEST(names_are_what_was_meant) {
    static const struct {
        const char *name, *clean;
    } examples[] = {
        {"s1-mfzwizltoq2gc3tb", "s1-mfzwizltoq2gc3tb"},
        {"S1-MFZWIZLTOQ2GC3TB", "s1-mfzwizltoq2gc3tb"},
        {" T1-mfzwizltoq2gc3tb\n", "t1-mfzwizltoq2gc3tb"},
        {"a.B@example.org", "a.B@example.org"}, /* case matters in a Message-ID */
        {"<a@example.org>", "a@example.org"},
        {"<a@example.org", "a@example.org"},
        {"a@example.org>", "a@example.org"},
        {"\t< a@example.org > ", "a@example.org"},
        {"Message-ID: <a@example.org>", "a@example.org"},
        {"https://lore.example.org/r/a@example.org", "a@example.org"},
        {"https://lore.example.org/all/a%2Bb%40example.org/T/#u", "a+b@example.org"},
        {"https://ada@lore.example.org/r/b@example.org/", "b@example.org"},
        {"<https://lore.example.org/r/a@example.org>", "a@example.org"},
        {"http://localhost:8025/#/series/s1-mfzwizltoq2gc3tb", "s1-mfzwizltoq2gc3tb"},
        /* Near misses: nothing is guessed. */
        {"https://ada@lore.example.org/", "https://ada@lore.example.org/"},
        {"s1-mfzwizltoq2gc3t", "s1-mfzwizltoq2gc3t"},
        {"S2-MFZWIZLTOQ2GC3TB", "S2-MFZWIZLTOQ2GC3TB"},
        {"", ""},
        {"<>", ""},
    };

    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct arena arena = {0};

        ck_assert_str_eq(series_name_clean(&arena, examples[i].name), examples[i].clean);
        arena_free(&arena);
    }
}
END_TEST

SUITE(series_find_suite) {
    Suite *suite = suite_create("series find");
    TCase *tests = tcase_create("series find");

    tcase_add_test(tests, names_are_what_was_meant);
    suite_add_tcase(suite, tests);
    return suite;
}
