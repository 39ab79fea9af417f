/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_rate.c - the rate is never exceeded, and is reached if there is enough work.
 */
#include "support/support.h"
#include "util/rate.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)
#define MOST   200

static const int64_t rates[] = {1, 2, 7, 10, 100, 1999, 2000, 5000, 1000000};

/* Acts for ten seconds as fast as allowed, and waits as long as WAIT_MS states; a call takes no
 * time. */
START_TEST(the_rate_is_kept) {
    int64_t per_second = rates[_i], began = 5 * SECOND, now = began, count = 0;
    int64_t burst = per_second / 10 > 1 ? per_second / 10 : 1;
    struct rate rate = rate_start(per_second, now);

    while (now < began + 10 * SECOND) {
        unsigned wait_ms;
        size_t allowed = rate_allow(&rate, now, MOST, &wait_ms);

        ck_assert_uint_le(allowed, MOST);
        ck_assert((allowed == 0) == (wait_ms > 0));
        ck_assert_uint_le(wait_ms, 1001); /* 1 s, rounded up */
        rate_spend(&rate, allowed);
        count += (int64_t)allowed;
        ck_assert_int_le(count, burst + (now - began) / MS * per_second / 1000 + 1);
        now += wait_ms * MS;
    }
    /* At least nine tenths of the rate; at one a second each wait takes 1001 ms. */
    ck_assert_int_ge(count, 9 * per_second);
}
END_TEST

START_TEST(no_limit) {
    struct rate rate = rate_start(0, 0);
    unsigned wait_ms = 1;

    for (int i = 0; i < 1000; i++) {
        ck_assert_uint_eq(rate_allow(&rate, 0, MOST, &wait_ms), MOST);
        ck_assert_uint_eq(wait_ms, 0);
        rate_spend(&rate, MOST);
    }
}
END_TEST

START_TEST(unused_tokens_do_not_accumulate) {
    struct rate rate = rate_start(1000, 0);
    unsigned wait_ms;

    ck_assert_uint_eq(rate_allow(&rate, 3600 * SECOND, MOST, &wait_ms), 100);
}
END_TEST

/* Events that are allowed one by one would each cost a transaction. */
START_TEST(several_are_allowed_together) {
    struct rate rate = rate_start(1000, 0);
    unsigned wait_ms;

    rate_spend(&rate, rate_allow(&rate, 0, MOST, &wait_ms));
    ck_assert_uint_eq(rate_allow(&rate, 10 * MS, MOST, &wait_ms), 0);
    ck_assert_uint_eq(wait_ms, 41);
    ck_assert_uint_eq(rate_allow(&rate, 51 * MS, MOST, &wait_ms), 51);
}
END_TEST

START_TEST(a_clock_that_goes_back_costs_nothing) {
    struct rate rate = rate_start(1000, 10 * SECOND);
    unsigned wait_ms;

    rate_spend(&rate, 100);
    ck_assert_uint_eq(rate_allow(&rate, 9 * SECOND, MOST, &wait_ms), 0);
    ck_assert_uint_eq(rate_allow(&rate, 9 * SECOND + 60 * MS, MOST, &wait_ms), 60);
}
END_TEST

SUITE(rate_suite) {
    Suite *suite = suite_create("rate");
    TCase *tests = tcase_create("rate");

    tcase_add_loop_test(tests, the_rate_is_kept, 0, sizeof(rates) / sizeof(rates[0]));
    tcase_add_test(tests, no_limit);
    tcase_add_test(tests, unused_tokens_do_not_accumulate);
    tcase_add_test(tests, several_are_allowed_together);
    tcase_add_test(tests, a_clock_that_goes_back_costs_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
