/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_forget.c - what index_forget drops, what it leaves, and how much at a time.
 */
#include "index-fixture.h"

#define OLD    (NOW - 1)
#define YOUNG  NOW /* and the cutoff: the first second that stays */
#define A_STEP 800 /* rows: "at most a few hundred" of each kind */

/* A whole pass; how many calls it took. */
static int forget_all(void) {
    int calls = 1;

    for (int result; (result = index_forget(store, NOW)) != 0; calls++) {
        ck_assert_int_eq(result, 1);
        ck_assert_int_lt(calls, 10000);
    }
    return calls;
}

/* All that hangs on one series; NUMBER makes its ids. */
static void teach(int number, int64_t received) {
    char series[16], message_id[32], key[16];

    snprintf(series, sizeof(series), "s1-%d", number);
    snprintf(message_id, sizeof(message_id), "%d@example.org", number);
    snprintf(key, sizeof(key), "key %d", number);
    learn_mail(message_id, series, received);
    learn_at(series, 1, 2, message_id, received);
    index_learn_key(store, key, series, received);
    index_learn_tag(store, series, 1, "Acked-by", message_id);
}

START_TEST(what_is_old_goes_and_what_is_young_stays) {
    open_index(_i);
    teach(1, OLD);
    teach(2, YOUNG);
    teach(3, 0);
    commit();
    ck_assert_int_eq(all_rows(), 15);
    forget_all();
    begin();
    ck_assert(!has_mail("1@example.org"));
    ck_assert(has_mail("2@example.org"));
    ck_assert(!has_mail("3@example.org"));
    ck_assert_str_eq(found_as("s1-1"), "");
    ck_assert_str_eq(found_as("s1-2"), "s1-2");
    ck_assert_str_eq(members_of("s1-1"), "");
    ck_assert_str_eq(members_of("s1-2"), "1:2@example.org ");
    ck_assert_str_eq(tags_of("s1-1"), "");
    ck_assert_str_eq(tags_of("s1-2"), "1:Acked-by:2@example.org ");
    ck_assert_str_eq(filed_under("key 2", 1), "s1-2 ");
    ck_assert_int_eq(rows_in("key"), 1);
    ck_assert_int_eq(all_rows(), 5);
    /* What was forgotten is new. */
    ck_assert_int_eq(learn_at("s1-1", 1, 2, "1@example.org", NOW), INDEX_OPENED);
    close_index();
}
END_TEST

START_TEST(a_series_lives_as_long_as_its_newest_part) {
    open_index(_i);
    learn_at("s1-a", 1, 3, "1@example.org", OLD - 1000);
    index_learn_tag(store, "s1-a", 1, "Acked-by", "2@example.org");
    learn_mail("2@example.org", "s1-a", OLD);
    learn_at("s1-a", 2, 3, "3@example.org", YOUNG);
    commit();
    forget_all();
    begin();
    ck_assert(!has_mail("2@example.org"));
    ck_assert_str_eq(members_of("s1-a"), "1:1@example.org 2:3@example.org ");
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by:2@example.org ");
    close_index();
}
END_TEST

START_TEST(a_key_loses_its_old_rows_only) {
    open_index(_i);
    learn_at("s1-a", 1, 2, "1@example.org", YOUNG);
    learn_at("s1-b", 1, 2, "2@example.org", YOUNG);
    index_learn_key(store, "k", "s1-a", OLD);
    index_learn_key(store, "k", "s1-b", OLD);
    index_learn_key(store, "k", "s1-b", YOUNG);
    commit();
    forget_all();
    begin();
    ck_assert_str_eq(filed_under("k", 8), "s1-b ");
    close_index();
}
END_TEST

START_TEST(the_name_of_a_joined_series_lives_as_long_as_the_other) {
    open_index(_i);
    learn_at("s1-joined", 1, 3, "1@example.org", OLD);
    learn_at("s1-a", 2, 3, "2@example.org", OLD);
    index_join(store, "s1-a", "s1-joined");
    learn_at("s1-a", 3, 3, "3@example.org", YOUNG);
    commit();
    forget_all();
    begin();
    ck_assert_str_eq(found_as("s1-joined"), "s1-a");
    ck_assert_str_eq(members_of("s1-a"), "1:1@example.org 2:2@example.org 3:3@example.org ");
    commit();
    for (int pass = 0; pass < 2; pass++)
        while (index_forget(store, NOW + 1) > 0)
            ;
    ck_assert_int_eq(all_rows(), 0);
    begin();
    close_index();
}
END_TEST

START_TEST(a_tag_for_a_series_that_never_came_goes_with_its_mail) {
    open_index(_i);
    learn_mail("1@example.org", "s1-elsewhere", OLD);
    index_learn_tag(store, "s1-elsewhere", 1, "Acked-by", "1@example.org");
    index_learn_tag(store, "s1-elsewhere", 1, "Tested-by", "1@example.org");
    learn_mail("2@example.org", "s1-elsewhere", YOUNG);
    index_learn_tag(store, "s1-elsewhere", 1, "Acked-by", "2@example.org");
    commit();
    forget_all();
    begin();
    ck_assert_str_eq(tags_of("s1-elsewhere"), "1:Acked-by:2@example.org ");
    close_index();
}
END_TEST

/* ---- steps -------------------------------------------------------------------------------- */

static void many_mails(int count) {
    char message_id[32];

    for (int i = 0; i < count; i++) {
        snprintf(message_id, sizeof(message_id), "%d@example.org", i);
        ck_assert_int_eq(learn_mail(message_id, "", OLD), 1);
    }
}

static void many_series(int count) {
    for (int i = 0; i < count; i++)
        teach(i, OLD);
}

static void many_series_under_one_key(int count) {
    char series[32];

    for (int i = 0; i < count; i++) {
        snprintf(series, sizeof(series), "s1-%d", i);
        ck_assert_int_eq(index_learn_key(store, "k", series, OLD - i % 7), 0);
    }
}

static void many_members_of_one_series(int count) {
    char message_id[32];

    for (int i = 0; i < count; i++) {
        snprintf(message_id, sizeof(message_id), "%d@example.org", i);
        ck_assert_int_ge(learn_at("s1-a", i, -1, message_id, OLD), 0);
    }
}

static void many_tags_of_one_series(int count) {
    char message_id[32];

    learn_at("s1-a", 1, 2, "1@example.org", OLD);
    for (int i = 0; i < count; i++) {
        snprintf(message_id, sizeof(message_id), "%d@example.org", i);
        ck_assert_int_eq(index_learn_tag(store, "s1-a", 1, "Acked-by", message_id), 0);
    }
}

static void many_tags_of_one_mail(int count) {
    char tag[32];

    learn_mail("1@example.org", "s1-elsewhere", OLD);
    for (int i = 0; i < count; i++) {
        snprintf(tag, sizeof(tag), "Acked-by: %d", i);
        ck_assert_int_eq(index_learn_tag(store, "s1-elsewhere", 1, tag, "1@example.org"), 0);
    }
}

static void (*const crowds[])(int count) = {many_mails,
                                            many_series,
                                            many_series_under_one_key,
                                            many_members_of_one_series,
                                            many_tags_of_one_series,
                                            many_tags_of_one_mail};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

START_TEST(no_mail_waits_for_more_than_a_few_hundred_rows) {
    int before, after;

    open_index(_i % 2);
    crowds[_i / 2](3000);
    commit();
    before = all_rows();
    ck_assert_int_ge(before, 3000);
    for (int calls = 0, result = 1; result != 0; calls++, before = after) {
        result = index_forget(store, NOW);
        ck_assert_int_ge(result, 0);
        after = all_rows();
        ck_assert_int_le(before - after, A_STEP);
        ck_assert_int_lt(calls, 1000);
    }
    ck_assert_int_eq(after, 0);
    begin();
    close_index();
}
END_TEST

/* Rows that stay cost a step as well; the first call may not look at all of them. */
START_TEST(what_stays_is_walked_in_steps_too) {
    open_index(_i);
    for (int i = 0; i < 1000; i++)
        teach(i, YOUNG);
    commit();
    ck_assert_int_ge(forget_all(), 3 * 1000 / A_STEP);
    ck_assert_int_eq(all_rows(), 5000);
    begin();
    close_index();
}
END_TEST

START_TEST(a_pass_of_nothing_ends) {
    open_index(_i);
    commit();
    for (int pass = 0; pass < 3; pass++)
        ck_assert_int_le(forget_all(), 3);
    begin();
    close_index();
}
END_TEST

START_TEST(rows_that_come_meanwhile_are_found_by_the_next_pass) {
    open_index(_i);
    many_series(1000);
    commit();
    ck_assert_int_eq(index_forget(store, NOW), 1);
    ck_assert_int_eq(index_forget(store, NOW), 1);
    begin();
    /* "-" is before all digits, ":" behind them. */
    ck_assert_int_eq(learn_mail("-@example.org", "", OLD), 1);
    ck_assert_int_eq(learn_mail(":@example.org", "", OLD), 1);
    commit();
    forget_all();
    begin();
    ck_assert(has_mail("-@example.org"));
    ck_assert(!has_mail(":@example.org"));
    commit();
    forget_all();
    ck_assert_int_eq(all_rows(), 0);
    begin();
    close_index();
}
END_TEST

START_TEST(a_mail_may_come_between_any_two_steps) {
    int number = 0;

    open_index(_i);
    many_series(1000);
    commit();
    for (int result = 1; result != 0;) {
        result = index_forget(store, NOW);
        ck_assert_int_ge(result, 0);
        begin();
        teach(2000 + number++, YOUNG);
        commit();
    }
    forget_all();
    ck_assert_int_eq(all_rows(), 5 * number);
    begin();
    close_index();
}
END_TEST

/* ---- faults ------------------------------------------------------------------------------- */

START_TEST(a_step_that_failed_is_done_again) {
    sqlite3 *stranger;
    int rows;

    open_index(0);
    many_series(1000);
    commit();
    ck_assert_int_eq(index_forget(store, NOW), 1);
    rows = all_rows();
    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(stranger, "BEGIN IMMEDIATE", 0, 0, 0), SQLITE_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(index_forget(store, NOW), -1);
    ck_assert_int_eq(sqlite3_exec(stranger, "ROLLBACK", 0, 0, 0), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(stranger), SQLITE_OK);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(all_rows(), rows);
    forget_all();
    ck_assert_int_eq(all_rows(), 0);
    ck_assert_int_eq(logged, 1);
    store_close(store);
}
END_TEST

START_TEST(a_table_that_cannot_be_read_is_not_passed_over) {
    open_index(_i);
    many_series(1000);
    commit();
    ck_assert_int_eq(index_forget(store, NOW), 1);
    ck_assert_int_eq(sqlite3_exec(store->database, "ALTER TABLE message RENAME TO away", 0, 0, 0),
                     SQLITE_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(index_forget(store, NOW), -1);
    ck_assert_int_eq(sqlite3_exec(store->database, "ALTER TABLE away RENAME TO message", 0, 0, 0),
                     SQLITE_OK);
    forget_all();
    ck_assert_int_eq(all_rows(), 0);
    store_close(store);
}
END_TEST

START_TEST(a_step_that_is_lost_in_the_middle_is_done_again) {
    static const char *const tables[] = {"message", "tag", "key", "member", "series"};
    char sql[256];
    int result;

    open_index(_i % 2);
    many_series(500);
    commit();
    snprintf(sql, sizeof(sql),
             "CREATE TRIGGER broken BEFORE DELETE ON %s BEGIN SELECT raise(ABORT, 'broken'); END",
             tables[_i / 2]);
    ck_assert_int_eq(sqlite3_exec(store->database, sql, 0, 0, 0), SQLITE_OK);
    while ((result = index_forget(store, NOW)) == 1)
        ;
    ck_assert_int_eq(result, -1);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(index_forget(store, NOW), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(rows_in(tables[_i / 2]), 500);
    ck_assert_int_eq(sqlite3_exec(store->database, "DROP TRIGGER broken", 0, 0, 0), SQLITE_OK);
    forget_all();
    ck_assert_int_eq(all_rows(), 0);
    store_close(store);
}
END_TEST

START_TEST(a_store_for_reading_forgets_nothing) {
    struct store *writer;
    int result;

    open_index(0);
    teach(1, OLD);
    commit();
    writer = store;
    store = store_open_readonly(folder);
    ck_assert_ptr_nonnull(store);
    while ((result = index_forget(store, NOW)) == 1)
        ;
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(all_rows(), 5);
    store_close(store);
    store_close(writer);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("index forget");
    TCase *tests = tcase_create("index forget");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, what_is_old_goes_and_what_is_young_stays, 0, 2);
    tcase_add_loop_test(tests, a_series_lives_as_long_as_its_newest_part, 0, 2);
    tcase_add_loop_test(tests, a_key_loses_its_old_rows_only, 0, 2);
    tcase_add_loop_test(tests, the_name_of_a_joined_series_lives_as_long_as_the_other, 0, 2);
    tcase_add_loop_test(tests, a_tag_for_a_series_that_never_came_goes_with_its_mail, 0, 2);
    tcase_add_loop_test(tests, no_mail_waits_for_more_than_a_few_hundred_rows, 0, 2 * CROWDS);
    tcase_add_loop_test(tests, what_stays_is_walked_in_steps_too, 0, 2);
    tcase_add_loop_test(tests, a_pass_of_nothing_ends, 0, 2);
    tcase_add_loop_test(tests, rows_that_come_meanwhile_are_found_by_the_next_pass, 0, 2);
    tcase_add_loop_test(tests, a_mail_may_come_between_any_two_steps, 0, 2);
    tcase_add_test(tests, a_step_that_failed_is_done_again);
    tcase_add_loop_test(tests, a_table_that_cannot_be_read_is_not_passed_over, 0, 2);
    tcase_add_loop_test(tests, a_step_that_is_lost_in_the_middle_is_done_again, 0, 10);
    tcase_add_test(tests, a_store_for_reading_forgets_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
