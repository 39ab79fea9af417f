/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_walk.c - the walks over members, tags and versions, and incomplete series.
 */
#include "index-fixture.h"

/* ---- walking ------------------------------------------------------------------------------ */

static void check_member(void *argument, const struct index_member *member) {
    ++*(int *)argument;
    ck_assert_str_eq(member->message_id, "2@example.org");
    ck_assert_str_eq(member->title, "second");
    ck_assert_str_eq(member->author, "b@example.org");
    ck_assert_int_eq(member->part, 2);
}

/* Of two mails with one number, the first is the part. */
START_TEST(members_are_ordered_by_part_with_all_fields) {
    int calls = 0;

    open_index(_i);
    record_part_of(&(struct index_series){.id = "s1-a",
                                          .topic = "t1-a",
                                          .author = "a@example.org",
                                          .title = "second",
                                          .version = 1,
                                          .total = 10},
                   2, "2@example.org", "b@example.org");
    ck_assert_int_eq(index_walk_members(store, "s1-a", check_member, &calls), 0);
    ck_assert_int_eq(calls, 1);
    record_at("s1-a", 10, 10, "10@example.org", NOW);
    record_at("s1-a", 0, 10, "z@example.org", NOW);
    record_at("s1-a", 2, 10, "1@example.org", NOW);
    record_at("s1-b", 1, 10, "other@example.org", NOW);
    ck_assert_str_eq(members_of("s1-a"), "0:z@example.org 2:2@example.org 10:10@example.org ");
    ck_assert_str_eq(members_of("s1-c"), "");
    close_index();
}
END_TEST

START_TEST(tags_are_ordered_by_part_those_for_all_first) {
    open_index(_i);
    record_tags("s1-a", 10, "Acked-by", "1@example.org");
    record_tags("s1-a", 2, "Acked-by", "2@example.org");
    record_tags("s1-a", -1, "Acked-by", "3@example.org");
    record_tags("s1-a", 0, "Acked-by", "4@example.org");
    record_tags("s1-b", 1, "Acked-by", "5@example.org");
    ck_assert_str_eq(tags_of("s1-a"), "-1:Acked-by:3@example.org 0:Acked-by:4@example.org "
                                      "2:Acked-by:2@example.org 10:Acked-by:1@example.org ");
    ck_assert_str_eq(tags_of("s1-c"), "");
    close_index();
}
END_TEST

static void series_line(void *argument, const struct index_series *series) {
    line_add(argument, "%s v%" PRId64 "/%" PRId64 " %" PRId64 "..%" PRId64 "%s ", series->id,
             series->version, series->total, series->opened, series->changed,
             series->rfc ? " rfc" : "");
    ck_assert_str_eq(series->topic, "t1-a");
    ck_assert_str_eq(series->author, "a@example.org");
    ck_assert_str_eq(series->title, "a title");
}

static void record_version(const char *id, int64_t version, int64_t total, int64_t received,
                           bool rfc) {
    char message_id[64];

    snprintf(message_id, sizeof(message_id), "%s.%" PRId64 "@example.org", id, received);
    record_part_of(&(struct index_series){.id = id,
                                          .topic = "t1-a",
                                          .author = "a@example.org",
                                          .title = "a title",
                                          .version = version,
                                          .total = total,
                                          .changed = received,
                                          .rfc = rfc},
                   1, message_id, NULL);
}

START_TEST(a_topic_finds_its_series_oldest_first) {
    struct line line = {.length = 0};

    open_index(_i);
    record_version("s1-c", 3, 4, 300, false);
    record_version("s1-a", -1, -1, 100, true);
    record_version("s1-e", 2, 3, 200, false);
    record_version("s1-d", 2, 3, 200, false); /* opened at the same time: ordered by id */
    record_version("s1-c", 3, 4, 400, false);
    record_version("s1-joined", 2, 3, 50, false);
    index_join(store, "s1-e", "s1-joined");
    ck_assert_int_eq(index_walk_topic(store, "t1-a", series_line, &line), 0);
    ck_assert_str_eq(line.text, "s1-a v-1/-1 100..100 rfc s1-d v2/3 200..200 s1-e v2/3 200..200 "
                                "s1-c v3/4 300..400 ");
    line = (struct line){.length = 0};
    ck_assert_int_eq(index_walk_topic(store, "t1-b", series_line, &line), 0);
    ck_assert_str_eq(line.text, "");
    close_index();
}
END_TEST

/* ---- incomplete --------------------------------------------------------------------------- */

/* Returns the ids of index_report_incomplete, sorted, or "-1". */
static const char *reported(int64_t quiet, int max) {
    static struct line line;
    char *ids[16];
    int count = index_report_incomplete(store, quiet, ids, max);

    ck_assert_int_le(count, max);
    line.text[line.length = 0] = '\0';
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++)
            if (strcmp(ids[i], ids[j]) > 0) {
                char *swapped = ids[i];

                ids[i] = ids[j];
                ids[j] = swapped;
            }
    for (int i = 0; i < count; i++) {
        line_add(&line, "%s ", ids[i]);
        free(ids[i]);
    }
    return line.text;
}

START_TEST(a_series_is_reported_once_it_was_quiet) {
    open_index(_i);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    ck_assert_str_eq(reported(NOW, 16), "");
    ck_assert_str_eq(reported(NOW + 1, 16), "s1-a ");
    close_index();
}
END_TEST

START_TEST(a_further_part_postpones_the_report) {
    open_index(_i);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    record_at("s1-a", 2, 3, "2@example.org", NOW + 100);
    ck_assert_str_eq(reported(NOW + 100, 16), "");
    ck_assert_str_eq(reported(NOW + 101, 16), "s1-a ");
    close_index();
}
END_TEST

START_TEST(a_series_is_reported_once) {
    open_index(_i);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    ck_assert_str_eq(reported(NOW + 1, 16), "s1-a ");
    ck_assert_str_eq(reported(NOW + 1, 16), "");
    commit();
    begin();
    /* One further part, and one is still missing: that was reported already. */
    record_at("s1-a", 2, 3, "2@example.org", NOW + 100);
    ck_assert_str_eq(reported(NOW + 200, 16), "");
    /* But the last part, although late, completes the series. */
    ck_assert_int_eq(record_at("s1-a", 3, 3, "3@example.org", NOW + 300), INDEX_COMPLETED);
    ck_assert_str_eq(reported(NOW + 400, 16), "");
    close_index();
}
END_TEST

START_TEST(a_new_topic_is_no_reason_to_report_again) {
    const struct index_series cover = {.id = "s1-a",
                                       .topic = "t1-b",
                                       .author = "a@example.org",
                                       .title = "all of it",
                                       .version = 2,
                                       .total = 3,
                                       .changed = NOW};
    struct index_series found;

    open_index(_i);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    ck_assert_str_eq(reported(NOW + 1, 16), "s1-a ");
    ck_assert_int_eq(record_part_of(&cover, 0, "0@example.org", NULL), 0);
    ck_assert_str_eq(reported(NOW + 1, 16), "");
    ck_assert(index_find_series(store, "s1-a", &found));
    ck_assert_str_eq(found.topic, "t1-b");
    close_index();
}
END_TEST

START_TEST(a_report_that_was_rolled_back_is_repeated) {
    open_index(_i);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    commit();
    begin();
    ck_assert_str_eq(reported(NOW + 1, 16), "s1-a ");
    store_rollback(store);
    begin();
    ck_assert_str_eq(reported(NOW + 1, 16), "s1-a ");
    close_index();
}
END_TEST

START_TEST(series_without_missing_parts_are_not_reported) {
    open_index(_i);
    record_at("s1-complete", 1, 1, "1@example.org", NOW);
    record_at("s1-no-total", 1, -1, "2@example.org", NOW);
    record_at("s1-joined", 1, 3, "3@example.org", NOW);
    record_at("s1-both", 2, 3, "4@example.org", NOW + 100);
    index_join(store, "s1-both", "s1-joined");
    /* A series that was complete before it was joined is not reported. */
    record_at("s1-parts", 1, 1, "5@example.org", NOW);
    index_join(store, "s1-cover", "s1-parts");
    record_at("s1-cover", 0, 1, "6@example.org", NOW);
    ck_assert_str_eq(reported(NOW + 100, 16), "");
    ck_assert_str_eq(reported(NOW + 101, 16), "s1-both ");
    close_index();
}
END_TEST

START_TEST(a_total_that_is_stated_late_is_waited_for) {
    static const int64_t parts[] = {0, 2};

    open_index(_i % 2);
    record_at("s1-a", 1, -1, "1@example.org", NOW);
    ck_assert_str_eq(reported(NOW + 1, 16), "");
    record_at("s1-a", parts[_i / 2], 3, "2@example.org", NOW);
    ck_assert_str_eq(reported(NOW + 1, 16), "s1-a ");
    record_at("s1-a", parts[_i / 2], 3, "again@example.org", NOW);
    ck_assert_str_eq(reported(NOW + 1, 16), "");
    close_index();
}
END_TEST

START_TEST(no_more_series_are_returned_than_asked_for) {
    char series[16], message_id[32];

    open_index(_i);
    for (int i = 0; i < 5; i++) {
        snprintf(series, sizeof(series), "s1-%d", i);
        snprintf(message_id, sizeof(message_id), "%d@example.org", i);
        record_at(series, 1, 2, message_id, NOW + i);
    }
    ck_assert_str_eq(reported(NOW + 100, 0), "");
    /* The series that were opened first are reported first. */
    ck_assert_str_eq(reported(NOW + 100, 2), "s1-0 s1-1 ");
    ck_assert_str_eq(reported(NOW + 100, 2), "s1-2 s1-3 ");
    ck_assert_str_eq(reported(NOW + 100, 2), "s1-4 ");
    ck_assert_str_eq(reported(NOW + 100, 2), "");
    close_index();
}
END_TEST

SUITE(index_walk_suite) {
    Suite *suite = suite_create("index walk");
    TCase *tests = tcase_create("index walk");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, members_are_ordered_by_part_with_all_fields, 0, 2);
    tcase_add_loop_test(tests, tags_are_ordered_by_part_those_for_all_first, 0, 2);
    tcase_add_loop_test(tests, a_topic_finds_its_series_oldest_first, 0, 2);
    tcase_add_loop_test(tests, a_series_is_reported_once_it_was_quiet, 0, 2);
    tcase_add_loop_test(tests, a_further_part_postpones_the_report, 0, 2);
    tcase_add_loop_test(tests, a_series_is_reported_once, 0, 2);
    tcase_add_loop_test(tests, a_new_topic_is_no_reason_to_report_again, 0, 2);
    tcase_add_loop_test(tests, a_report_that_was_rolled_back_is_repeated, 0, 2);
    tcase_add_loop_test(tests, series_without_missing_parts_are_not_reported, 0, 2);
    tcase_add_loop_test(tests, a_total_that_is_stated_late_is_waited_for, 0, 4);
    tcase_add_loop_test(tests, no_more_series_are_returned_than_asked_for, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
