/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_join.c - joining series that a mail shows to be one posting.
 */
#include "index-fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(a_series_that_was_joined_is_found_as_the_other) {
    open_index(_i);
    open_series("s1-a");
    open_series("s1-b");
    index_record_key(store, "k", "s1-b", 200);
    index_record_key(store, "k", "s1-a", 100);
    index_record_key(store, "other k", "s1-a", 200);
    index_record_key(store, "other k", "s1-b", 100);
    ck_assert_int_eq(index_join(store, "s1-a", "s1-b"), 1);
    commit();
    begin();
    ck_assert_str_eq(found_as("s1-b"), "s1-a");
    ck_assert_str_eq(found_as("s1-a"), "s1-a");
    ck_assert_str_eq(filed_under("k", 32), "s1-a ");
    ck_assert_str_eq(filed_under("other k", 32), "s1-a ");
    ck_assert_str_eq(members_of("s1-a"), "1:1.s1-a@example.org ");
    close_index();
}
END_TEST

/* Pairs that are joined in this order; in the end all are found as s1-a. */
static const struct {
    const char *reason;
    struct {
        const char *series, *other;
        int result;
    } joins[4];
} chains[] = {
    {"side by side", {{"a", "b", 1}, {"a", "c", 1}, {"a", "d", 1}}},
    {"one behind the other", {{"c", "d", 1}, {"b", "c", 1}, {"a", "b", 1}}},
    {"pairs of pairs", {{"c", "d", 1}, {"a", "b", 1}, {"a", "c", 1}}},
    {"by the name of one that was joined", {{"a", "b", 1}, {"b", "c", 1}, {"c", "d", 1}}},
    {"both by such a name", {{"c", "d", 1}, {"a", "b", 1}, {"b", "d", 1}}},
    {"again", {{"a", "b", 1}, {"a", "b", 0}, {"a", "c", 1}, {"a", "d", 1}}},
    {"the other way round", {{"a", "b", 1}, {"b", "a", 0}, {"a", "c", 1}, {"c", "d", 1}}},
    {"in a circle", {{"c", "d", 1}, {"a", "c", 1}, {"d", "a", 0}, {"a", "b", 1}}},
    {"with itself", {{"a", "a", 0}, {"a", "b", 1}, {"a", "c", 1}, {"a", "d", 1}}},
};

START_TEST(all_that_were_joined_are_one) {
    static const char *const names[] = {"a", "b", "c", "d"};
    char series[16], other[16];

    open_index(_i % 2);
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(series, sizeof(series), "s1-%s", names[i]);
        snprintf(other, sizeof(other), "%s@example.org", names[i]);
        record_at(series, (int64_t)i + 1, 5, other, NOW);
        snprintf(other, sizeof(other), "re.%s@x", names[i]);
        record_tags(series, (int64_t)i + 1, "Acked-by", other);
    }
    for (size_t i = 0; i < COUNT(chains[0].joins) && chains[_i / 2].joins[i].series; i++) {
        snprintf(series, sizeof(series), "s1-%s", chains[_i / 2].joins[i].series);
        snprintf(other, sizeof(other), "s1-%s", chains[_i / 2].joins[i].other);
        ck_assert_msg(index_join(store, series, other) == chains[_i / 2].joins[i].result,
                      "%s: join %zu", chains[_i / 2].reason, i);
    }
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(series, sizeof(series), "s1-%s", names[i]);
        ck_assert_msg(strcmp(found_as(series), "s1-a") == 0, "%s: %s is found as '%s'",
                      chains[_i / 2].reason, series, found_as(series));
    }
    ck_assert_str_eq(members_of("s1-a"),
                     "1:a@example.org 2:b@example.org 3:c@example.org 4:d@example.org ");
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by:re.a@x 2:Acked-by:re.b@x 3:Acked-by:re.c@x "
                                      "4:Acked-by:re.d@x ");
    close_index();
}
END_TEST

START_TEST(an_unknown_series_cannot_be_joined) {
    open_index(_i);
    open_series("s1-a");
    ck_assert_int_eq(index_join(store, "s1-a", "s1-unknown"), 0);
    ck_assert_str_eq(found_as("s1-unknown"), "");
    ck_assert_str_eq(found_as("s1-a"), "s1-a");
    close_index();
}
END_TEST

START_TEST(series_can_be_joined_before_the_first_is_recorded) {
    open_index(_i);
    record_at("s1-parts", 1, 2, "1@example.org", NOW);
    record_at("s1-parts", 3, 2, "3@example.org", NOW);
    ck_assert_int_eq(index_join(store, "s1-cover", "s1-parts"), 1);
    ck_assert_int_eq(record_at("s1-cover", 0, 2, "0@example.org", NOW), INDEX_OPENED);
    ck_assert_str_eq(found_as("s1-parts"), "s1-cover");
    ck_assert_str_eq(members_of("s1-cover"), "0:0@example.org 1:1@example.org 3:3@example.org ");
    ck_assert_int_eq(record_at("s1-cover", 2, 2, "2@example.org", NOW), INDEX_COMPLETED);
    close_index();
}
END_TEST

/* Two hosts can have recorded different mails first: a mail keeps the series with which it was
 * recorded. */
START_TEST(a_mail_of_both_is_in_the_joined_one_once) {
    open_index(_i);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    record_at("s1-b", 1, 3, "1@example.org", NOW);
    record_at("s1-b", 2, 3, "2@example.org", NOW);
    record_tags("s1-a", -1, "Acked-by", "9@example.org");
    record_tags("s1-b", -1, "Acked-by", "9@example.org");
    ck_assert_int_eq(index_join(store, "s1-a", "s1-b"), 1);
    ck_assert_str_eq(members_of("s1-a"), "1:1@example.org 2:2@example.org ");
    ck_assert_str_eq(tags_of("s1-a"), "-1:Acked-by:9@example.org ");
    close_index();
}
END_TEST

START_TEST(halves_that_are_joined_are_complete) {
    open_index(_i);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    record_at("s1-b", 2, 3, "2@example.org", NOW);
    ck_assert_int_eq(index_join(store, "s1-a", "s1-b"), 1);
    ck_assert_int_eq(record_at("s1-a", 3, 3, "3@example.org", NOW), INDEX_COMPLETED);
    ck_assert_int_eq(record_at("s1-a", 0, 3, "0@example.org", NOW), INDEX_AMENDED);
    close_index();
}
END_TEST

START_TEST(a_join_does_not_complete_a_series_again) {
    open_index(_i % 2);
    ck_assert_int_eq(record_at("s1-parts", 1, 1, "1@example.org", NOW),
                     INDEX_OPENED | INDEX_COMPLETED);
    if (_i / 2) {
        /* Joined through a third series. */
        open_series("s1-between");
        ck_assert_int_eq(index_join(store, "s1-between", "s1-parts"), 1);
        ck_assert_int_eq(index_join(store, "s1-cover", "s1-between"), 1);
    } else {
        ck_assert_int_eq(index_join(store, "s1-cover", "s1-parts"), 1);
    }
    ck_assert_int_eq(record_at("s1-cover", 0, 1, "0@example.org", NOW), INDEX_OPENED);
    ck_assert_int_eq(record_at("s1-cover", 1, 1, "again@example.org", NOW), 0);
    close_index();
}
END_TEST

START_TEST(a_complete_series_stays_so_when_another_joins_it) {
    open_index(_i);
    ck_assert_int_eq(record_at("s1-a", 1, 1, "1@example.org", NOW), INDEX_OPENED | INDEX_COMPLETED);
    open_series("s1-b");
    ck_assert_int_eq(index_join(store, "s1-a", "s1-b"), 1);
    ck_assert_int_eq(record_at("s1-a", 0, 1, "0@example.org", NOW), INDEX_AMENDED);
    close_index();
}
END_TEST

START_TEST(a_tag_by_the_name_of_a_joined_series_is_for_the_other) {
    open_index(_i);
    open_series("s1-a");
    open_series("s1-b");
    index_join(store, "s1-a", "s1-b");
    ck_assert_int_eq(record_tags("s1-b", 1, "Acked-by", "9@example.org"), 1);
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by:9@example.org ");
    close_index();
}
END_TEST

SUITE(index_join_suite) {
    Suite *suite = suite_create("index join");
    TCase *tests = tcase_create("index join");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_series_that_was_joined_is_found_as_the_other, 0, 2);
    tcase_add_loop_test(tests, all_that_were_joined_are_one, 0, 2 * COUNT(chains));
    tcase_add_loop_test(tests, an_unknown_series_cannot_be_joined, 0, 2);
    tcase_add_loop_test(tests, series_can_be_joined_before_the_first_is_recorded, 0, 2);
    tcase_add_loop_test(tests, a_mail_of_both_is_in_the_joined_one_once, 0, 2);
    tcase_add_loop_test(tests, halves_that_are_joined_are_complete, 0, 2);
    tcase_add_loop_test(tests, a_join_does_not_complete_a_series_again, 0, 4);
    tcase_add_loop_test(tests, a_complete_series_stays_so_when_another_joins_it, 0, 2);
    tcase_add_loop_test(tests, a_tag_by_the_name_of_a_joined_series_is_for_the_other, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
