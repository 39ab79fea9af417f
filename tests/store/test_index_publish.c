/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_publish.c - a mail is recorded when it is received and published when it is posted: a
 * series opens and completes with its published members.
 */
#include "index-fixture.h"

static int receive(const char *series, int64_t part, int64_t total, const char *message_id) {
    const struct index_series stated = {.id = series,
                                        .topic = "t1-a",
                                        .author = "a@example.org",
                                        .title = "a title",
                                        .version = -1,
                                        .total = total,
                                        .changed = NOW};

    ck_assert_int_eq(index_record_message(store,
                                          &(struct index_message){.message_id = message_id,
                                                                  .series = series,
                                                                  .sender = "a@example.org",
                                                                  .kind = "patch",
                                                                  .lists = "list.example.org",
                                                                  .posted = "",
                                                                  .title = "a title",
                                                                  .part = part,
                                                                  .received = NOW}),
                     1);
    return index_record_member(store, &stated,
                               &(struct index_member){.message_id = message_id,
                                                      .title = "a title",
                                                      .author = "a@example.org",
                                                      .part = part},
                               false);
}

static int post(const char *series, const char *message_id) {
    struct index_message found;

    ck_assert_int_eq(index_update_message(store,
                                          &(struct index_message){.message_id = message_id,
                                                                  .lists = "list.example.org",
                                                                  .posted = "list.example.org",
                                                                  .published = true}),
                     0);
    ck_assert(index_find_message(store, message_id, &found));
    return index_publish_member(store, series, found.part, message_id);
}

START_TEST(a_series_opens_and_completes_when_its_members_are_posted) {
    struct index_message found;

    open_index(_i);
    ck_assert_int_eq(receive("s1-a", 1, 2, "1@x"), 0);
    ck_assert_int_eq(receive("s1-a", 2, 2, "2@x"), 0);
    ck_assert(index_has_part(store, "s1-a", 2, "x@x")); /* also before it is posted */
    ck_assert_str_eq(members_of("s1-a"), "");
    ck_assert(index_find_message(store, "2@x", &found));
    ck_assert(!found.published);
    ck_assert_str_eq(found.posted, "");
    ck_assert_int_eq(post("s1-a", "2@x"), INDEX_OPENED);
    ck_assert_str_eq(members_of("s1-a"), "2:2@x ");
    ck_assert(index_find_message(store, "2@x", &found));
    ck_assert(found.published);
    ck_assert_str_eq(found.posted, "list.example.org");
    ck_assert_int_eq(post("s1-a", "1@x"), INDEX_COMPLETED);
    ck_assert_int_eq(post("s1-a", "1@x"), 0);
    close_index();
}
END_TEST

START_TEST(a_part_that_is_held_keeps_the_series_incomplete) {
    char *ids[4];

    open_index(_i);
    receive("s1-a", 1, 2, "1@x");
    receive("s1-a", 2, 2, "2@x");
    ck_assert_int_eq(index_report_incomplete(store, NOW + 1, ids, 4), 0); /* nothing is posted */
    post("s1-a", "1@x");
    ck_assert_int_eq(index_report_incomplete(store, NOW + 1, ids, 4), 1);
    ck_assert_str_eq(ids[0], "s1-a");
    free(ids[0]);
    ck_assert_int_eq(post("s1-a", "2@x"), INDEX_COMPLETED);
    close_index();
}
END_TEST

START_TEST(a_single_patch_opens_and_completes_at_once) {
    open_index(_i);
    ck_assert_int_eq(receive("s1-a", 1, 1, "1@x"), 0);
    ck_assert_int_eq(post("s1-a", "1@x"), INDEX_OPENED | INDEX_COMPLETED);
    close_index();
}
END_TEST

START_TEST(a_member_that_is_published_at_once_counts_those_posted_before) {
    open_index(_i);
    receive("s1-a", 1, 2, "1@x");
    ck_assert_int_eq(record_at("s1-a", 2, 2, "2@x", NOW), INDEX_OPENED);
    ck_assert_int_eq(post("s1-a", "1@x"), INDEX_COMPLETED);
    close_index();
}
END_TEST

START_TEST(a_series_of_unknown_total_is_not_reported) {
    char *ids[4];

    open_index(_i);
    receive("s1-a", 1, -1, "1@x");
    ck_assert_int_eq(post("s1-a", "1@x"), INDEX_OPENED);
    ck_assert_int_eq(index_report_incomplete(store, NOW + 1, ids, 4), 0);
    close_index();
}
END_TEST

START_TEST(an_unknown_series_is_not_published) {
    open_index(_i);
    ck_assert_int_eq(index_publish_member(store, "s1-unknown", 1, "1@x"), 0);
    close_index();
}
END_TEST

SUITE(index_publish_suite) {
    Suite *suite = suite_create("index_publish");
    TCase *tests = tcase_create("index_publish");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tests, a_series_opens_and_completes_when_its_members_are_posted, 0, 2);
    tcase_add_loop_test(tests, a_part_that_is_held_keeps_the_series_incomplete, 0, 2);
    tcase_add_loop_test(tests, a_single_patch_opens_and_completes_at_once, 0, 2);
    tcase_add_loop_test(tests, a_member_that_is_published_at_once_counts_those_posted_before, 0, 2);
    tcase_add_loop_test(tests, a_series_of_unknown_total_is_not_reported, 0, 2);
    tcase_add_loop_test(tests, an_unknown_series_is_not_published, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
