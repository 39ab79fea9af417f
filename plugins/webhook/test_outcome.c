/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_outcome.c - what each status means, and the bounds of the pauses.
 */
#include "outcome.h"

#include "support/suite.h"

#include <stddef.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(each_status_has_an_outcome) {
    static const struct {
        long status;
        enum outcome outcome;
    } cases[] = {
        {200, OUTCOME_DELIVERED},
        {201, OUTCOME_DELIVERED},
        {202, OUTCOME_DELIVERED},
        {204, OUTCOME_DELIVERED},
        {299, OUTCOME_DELIVERED},
        /* no answer, and what is no final answer */
        {0, OUTCOME_RETRY},
        {100, OUTCOME_RETRY},
        {101, OUTCOME_RETRY},
        {199, OUTCOME_RETRY},
        /* the URL or the credentials are wrong */
        {300, OUTCOME_RETRY},
        {301, OUTCOME_RETRY},
        {302, OUTCOME_RETRY},
        {304, OUTCOME_RETRY},
        {307, OUTCOME_RETRY},
        {308, OUTCOME_RETRY},
        {399, OUTCOME_RETRY},
        {401, OUTCOME_RETRY},
        {403, OUTCOME_RETRY},
        {404, OUTCOME_RETRY},
        {405, OUTCOME_RETRY},
        {407, OUTCOME_RETRY},
        {421, OUTCOME_RETRY},
        {426, OUTCOME_RETRY},
        /* later */
        {408, OUTCOME_RETRY},
        {425, OUTCOME_RETRY},
        {429, OUTCOME_RETRY},
        {500, OUTCOME_RETRY},
        {501, OUTCOME_RETRY},
        {502, OUTCOME_RETRY},
        {503, OUTCOME_RETRY},
        {504, OUTCOME_RETRY},
        {599, OUTCOME_RETRY},
        {600, OUTCOME_RETRY},
        {999, OUTCOME_RETRY},
        {410, OUTCOME_GONE},
        /* this event */
        {400, OUTCOME_REFUSED},
        {402, OUTCOME_REFUSED},
        {406, OUTCOME_REFUSED},
        {409, OUTCOME_REFUSED},
        {411, OUTCOME_REFUSED},
        {413, OUTCOME_REFUSED},
        {414, OUTCOME_REFUSED},
        {415, OUTCOME_REFUSED},
        {418, OUTCOME_REFUSED},
        {422, OUTCOME_REFUSED},
        {431, OUTCOME_REFUSED},
        {451, OUTCOME_REFUSED},
        {499, OUTCOME_REFUSED},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        ck_assert_msg(outcome_of(cases[i].status) == cases[i].outcome, "%ld: %d", cases[i].status,
                      (int)outcome_of(cases[i].status));
}
END_TEST

/* The bound doubles from 1 s to 5 minutes, and the pause is anywhere below it. */
START_TEST(pauses_are_random_below_a_bound_that_doubles) {
    static const int64_t seconds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300};

    for (unsigned failures = 1; failures <= COUNT(seconds); failures++) {
        int64_t bound = seconds[failures - 1] * 1000, least = bound, most = 0, sum = 0;

        for (uint32_t i = 0; i < 10000; i++) {
            /* Spread over all 32 bits. */
            int64_t pause = outcome_pause_ms(failures, PAUSE_LAST_MS, 0, i * 2654435761u);

            least = pause < least ? pause : least;
            most = pause > most ? pause : most;
            sum += pause;
        }
        ck_assert_int_ge(least, 1);
        ck_assert_int_le(least, bound / 100);
        ck_assert_int_le(most, bound);
        ck_assert_int_ge(most, bound - bound / 100);
        ck_assert_int_ge(sum / 10000, bound * 48 / 100);
        ck_assert_int_le(sum / 10000, bound * 52 / 100);
    }
}
END_TEST

START_TEST(the_bound_is_reached_and_never_passed) {
    static const uint32_t randoms[] = {0, 1, 999, 9999, 10000, 299999, UINT32_MAX};
    static const unsigned failures[] = {0, 1, 9, 31, 32, 63, 64, 1000, UINT32_MAX};

    for (size_t i = 0; i < COUNT(randoms); i++)
        for (size_t j = 0; j < COUNT(failures); j++) {
            int64_t pause = outcome_pause_ms(failures[j], PAUSE_LAST_MS, 0, randoms[i]);

            ck_assert_int_ge(pause, 1);
            ck_assert_int_le(pause, PAUSE_LAST_MS);
            pause = outcome_pause_ms(failures[j], PAUSE_REFUSED_MS, 0, randoms[i]);
            ck_assert_int_ge(pause, 1);
            ck_assert_int_le(pause, PAUSE_REFUSED_MS);
        }
}
END_TEST

START_TEST(retry_after_is_respected_up_to_an_hour) {
    static const struct {
        int64_t retry_after, least_ms;
    } cases[] = {{1, 1000},
                 {2, 2000},
                 {120, 120000},
                 {3599, 3599000},
                 {3600, 3600000},
                 {3601, 3600000},
                 {86400, 3600000},
                 {INT64_MAX, 3600000},
                 {1000000000, 3600000}};

    for (size_t i = 0; i < COUNT(cases); i++)
        for (unsigned failures = 1; failures < 20; failures++) {
            int64_t pause =
                outcome_pause_ms(failures, PAUSE_LAST_MS, cases[i].retry_after, 2654435761u);

            ck_assert_int_ge(pause, cases[i].least_ms);
            ck_assert_int_le(pause, cases[i].least_ms + PAUSE_FIRST_MS);
        }
    /* A date that is over, or a number that makes no sense. */
    ck_assert_int_le(outcome_pause_ms(1, PAUSE_LAST_MS, 0, UINT32_MAX), PAUSE_FIRST_MS);
    ck_assert_int_le(outcome_pause_ms(1, PAUSE_LAST_MS, -1, UINT32_MAX), PAUSE_FIRST_MS);
    ck_assert_int_le(outcome_pause_ms(1, PAUSE_LAST_MS, INT64_MIN, UINT32_MAX), PAUSE_FIRST_MS);
}
END_TEST

SUITE(webhook_outcome_suite) {
    Suite *suite = suite_create("webhook outcome");
    TCase *tests = tcase_create("outcome");

    tcase_add_test(tests, each_status_has_an_outcome);
    tcase_add_test(tests, pauses_are_random_below_a_bound_that_doubles);
    tcase_add_test(tests, the_bound_is_reached_and_never_passed);
    tcase_add_test(tests, retry_after_is_respected_up_to_an_hour);
    suite_add_tcase(suite, tests);
    return suite;
}
