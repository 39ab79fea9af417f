/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_expiry.c - what index_expire deletes, what it leaves, and how much at a time; and the
 * time of expiry (index_expiry_time).
 */
#include "index-fixture.h"

#include "pipeline/learned.h"

#define OLD   (NOW - 1)
#define YOUNG NOW /* also the cutoff: what was received at this time stays */
/* The maximum number of rows of one step: a few hundred, and those of one further mail. */
#define A_STEP 1500
#define DAY    INT64_C(86400)

/* Expires everything before CUTOFF.  Returns the number of calls. */
static int expire_until(int64_t cutoff) {
    int calls = 1;

    for (int result; (result = index_expire(store, cutoff)) != 0; calls++) {
        ck_assert_int_eq(result, 1);
        ck_assert_int_lt(calls, 10000);
    }
    return calls;
}

static int expire_all(void) {
    return expire_until(NOW);
}

/* Records part PART of SERIES with all rows that a mail can have, as the pipeline does. */
static int insert_part(const char *series, int64_t part, const char *message_id, int64_t received,
                       struct learned_list keys, struct learned_list same_as) {
    return learned_record(store, &(struct learned){.message = {.message_id = message_id,
                                                               .series = series,
                                                               .sender = "a@example.org",
                                                               .kind = "patch",
                                                               .published = true,
                                                               .lists = "list.example.org",
                                                               .part = part,
                                                               .received = received},
                                                   .series = {.id = series,
                                                              .topic = "t1-a",
                                                              .author = "a@example.org",
                                                              .title = "a title",
                                                              .version = -1,
                                                              .total = 2,
                                                              .changed = received},
                                                   .member = {.message_id = message_id,
                                                              .title = "a title",
                                                              .author = "a@example.org",
                                                              .part = part},
                                                   .keys = keys,
                                                   .same_as = same_as,
                                                   .target = -1});
}

#define KEYS(...)                                         \
    ((struct learned_list){(const char *[]){__VA_ARGS__}, \
                           sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)})
#define NO_KEYS ((struct learned_list){NULL, 0})

static int insert_answer(const char *series, const char *message_id, int64_t received) {
    return learned_record(store, &(struct learned){.message = {.message_id = message_id,
                                                               .series = series,
                                                               .sender = "b@example.org",
                                                               .kind = "reply",
                                                               .published = true,
                                                               .lists = "list.example.org",
                                                               .part = -1,
                                                               .received = received},
                                                   .tags = KEYS("Acked-by", "Tested-by"),
                                                   .target = 1});
}

/* Records a series of one mail under two keys, and an answer with tags; the ids contain NUMBER. */
#define ROWS_OF_ONE 5
static void insert_mail(int number, int64_t received) {
    char series[16], message_id[32], key[16];

    snprintf(series, sizeof(series), "s1-%d", number);
    snprintf(message_id, sizeof(message_id), "%d@example.org", number);
    snprintf(key, sizeof(key), "key %d", number);
    ck_assert_int_eq(insert_part(series, 1, message_id, received, KEYS(key, "key of all"), NO_KEYS),
                     INDEX_OPENED);
    snprintf(message_id, sizeof(message_id), "re.%d@example.org", number);
    ck_assert_int_eq(insert_answer(series, message_id, received), 0);
}

START_TEST(old_mails_expire_and_young_ones_stay) {
    open_index(_i);
    insert_mail(1, OLD);
    insert_mail(2, YOUNG);
    insert_mail(3, 0);
    commit();
    ck_assert_int_eq(all_rows(), 3 * ROWS_OF_ONE);
    expire_all();
    begin();
    ck_assert(!has_mail("1@example.org"));
    ck_assert(has_mail("2@example.org"));
    ck_assert(!has_mail("3@example.org"));
    ck_assert_str_eq(found_as("s1-1"), "");
    ck_assert_str_eq(found_as("s1-2"), "s1-2");
    ck_assert_str_eq(members_of("s1-1"), "");
    ck_assert_str_eq(members_of("s1-2"), "1:2@example.org ");
    ck_assert_str_eq(tags_of("s1-1"), "");
    ck_assert_str_eq(tags_of("s1-2"), "1:Acked-by:re.2@example.org 1:Tested-by:re.2@example.org ");
    ck_assert_str_eq(filed_under("key 1", 1), "");
    ck_assert_str_eq(filed_under("key 2", 1), "s1-2 ");
    ck_assert_str_eq(filed_under("key of all", 8), "s1-2 ");
    ck_assert_int_eq(rows_in("key"), 2);
    ck_assert_int_eq(all_rows(), ROWS_OF_ONE);
    /* A mail that has expired is new when it comes again. */
    insert_mail(1, NOW);
    close_index();
}
END_TEST

START_TEST(a_series_expires_with_its_last_mail) {
    open_index(_i);
    insert_part("s1-a", 1, "1@example.org", OLD - 1000, KEYS("k"), NO_KEYS);
    insert_answer("s1-a", "2@example.org", OLD);
    ck_assert_int_eq(insert_part("s1-a", 2, "3@example.org", YOUNG, KEYS("k"), NO_KEYS),
                     INDEX_COMPLETED);
    insert_answer("s1-a", "4@example.org", YOUNG + 1);
    commit();
    expire_all();
    begin();
    ck_assert_str_eq(members_of("s1-a"), "2:3@example.org ");
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by:4@example.org 1:Tested-by:4@example.org ");
    ck_assert_str_eq(filed_under("k", 8), "s1-a ");
    /* It was complete, and that was reported. */
    ck_assert_int_eq(insert_part("s1-a", 1, "again@example.org", YOUNG, NO_KEYS, NO_KEYS), 0);
    commit();
    expire_until(YOUNG + 1);
    begin();
    ck_assert_str_eq(found_as("s1-a"), "");
    ck_assert_int_eq(rows_in("key"), 0);
    ck_assert(has_mail("4@example.org"));
    commit();
    expire_until(YOUNG + 2);
    ck_assert_int_eq(all_rows(), 0);
    begin();
    close_index();
}
END_TEST

START_TEST(a_key_stays_with_the_mail_that_stays) {
    open_index(_i);
    insert_part("s1-a", 1, "1@example.org", OLD, KEYS("k"), NO_KEYS);
    insert_part("s1-b", 1, "2@example.org", OLD, KEYS("k"), NO_KEYS);
    insert_part("s1-b", 2, "3@example.org", YOUNG, KEYS("k"), NO_KEYS);
    commit();
    ck_assert_int_eq(rows_in("key"), 3);
    expire_all();
    begin();
    ck_assert_int_eq(rows_in("key"), 1);
    ck_assert_str_eq(filed_under("k", 8), "s1-b ");
    close_index();
}
END_TEST

/* The mail that shows that two series are one can come from an archive, so out of order. */
START_TEST(joined_series_live_as_long_as_the_younger) {
    bool joined_is_younger = _i / 2;
    int64_t of_joined = joined_is_younger ? YOUNG : OLD, of_other = joined_is_younger ? OLD : YOUNG;

    open_index(_i % 2);
    insert_part("s1-joined", 1, "1@example.org", of_joined, KEYS("k"), NO_KEYS);
    insert_part("s1-a", 2, "2@example.org", of_other, KEYS("k"), KEYS("s1-joined"));
    commit();
    expire_all();
    begin();
    ck_assert_str_eq(found_as("s1-a"), "s1-a");
    ck_assert_str_eq(found_as("s1-joined"), "s1-a");
    ck_assert_str_eq(members_of("s1-a"),
                     joined_is_younger ? "1:1@example.org " : "2:2@example.org ");
    ck_assert_str_eq(filed_under("k", 8), "s1-a ");
    commit();
    expire_until(YOUNG + 1);
    ck_assert_int_eq(all_rows(), 0);
    begin();
    ck_assert_str_eq(found_as("s1-joined"), "");
    close_index();
}
END_TEST

START_TEST(joined_series_expire_together) {
    char series[16], message_id[32];

    open_index(_i);
    insert_part("s1-a", 0, "cover@example.org", OLD, NO_KEYS, NO_KEYS);
    for (int i = 0; i < 200; i++) {
        snprintf(series, sizeof(series), "s1-%d", i);
        snprintf(message_id, sizeof(message_id), "%d@example.org", i);
        insert_part(series, i, message_id, OLD - i, KEYS("k"), NO_KEYS);
        ck_assert_int_eq(index_join(store, "s1-a", series), 1);
    }
    commit();
    expire_until(OLD);
    ck_assert_int_eq(rows_in("series"), 201);
    begin();
    ck_assert_str_eq(found_as("s1-199"), "s1-a");
    commit();
    expire_all();
    ck_assert_int_eq(all_rows(), 0);
    begin();
    close_index();
}
END_TEST

/* As an earlier version left it, which deleted the other series first. */
START_TEST(a_series_that_was_joined_with_one_that_is_gone_begins_anew) {
    open_index(_i);
    insert_part("s1-joined", 1, "1@example.org", YOUNG, NO_KEYS, NO_KEYS);
    insert_part("s1-a", 2, "2@example.org", YOUNG, NO_KEYS, KEYS("s1-joined"));
    ck_assert_int_eq(sqlite3_exec(store->writer.database, "DELETE FROM series WHERE id = 's1-a'", 0,
                                  0, 0),
                     SQLITE_OK);
    ck_assert_str_eq(found_as("s1-joined"), "");
    ck_assert_int_eq(insert_part("s1-joined", 0, "3@example.org", YOUNG, NO_KEYS, NO_KEYS),
                     INDEX_OPENED);
    ck_assert_str_eq(found_as("s1-joined"), "s1-joined");
    commit();
    expire_until(YOUNG + 1);
    ck_assert_int_eq(all_rows(), 0);
    begin();
    close_index();
}
END_TEST

START_TEST(a_tag_for_an_unknown_series_expires_with_its_mail) {
    open_index(_i);
    insert_answer("s1-elsewhere", "1@example.org", OLD);
    insert_answer("s1-elsewhere", "2@example.org", YOUNG);
    commit();
    expire_all();
    begin();
    ck_assert_str_eq(tags_of("s1-elsewhere"),
                     "1:Acked-by:2@example.org 1:Tested-by:2@example.org ");
    close_index();
}
END_TEST

START_TEST(an_assigned_cover_expires_by_its_own_time) {
    open_index(_i);
    record_mail("cover@example.org", "", OLD);
    insert_part("s1-a", 1, "1@example.org", YOUNG, NO_KEYS, NO_KEYS);
    ck_assert_int_eq(index_assign_cover(store, "cover@example.org", "s1-a"), 0);
    commit();
    expire_all();
    begin();
    ck_assert(!has_mail("cover@example.org"));
    ck_assert_str_eq(found_as("s1-a"), "s1-a");
    close_index();
}
END_TEST

/* ---- steps -------------------------------------------------------------------------------- */

static void many_mails(int count) {
    char message_id[32];

    for (int i = 0; i < count; i++) {
        snprintf(message_id, sizeof(message_id), "%d@example.org", i);
        ck_assert_int_eq(record_mail(message_id, "", OLD), 1);
    }
}

static void many_series(int count) {
    for (int i = 0; i < count / ROWS_OF_ONE; i++)
        insert_mail(i, OLD - i % 7);
}

static void many_members_of_one_series(int count) {
    char message_id[32];

    for (int i = 0; i < count; i++) {
        snprintf(message_id, sizeof(message_id), "%d@example.org", i);
        ck_assert_int_ge(insert_part("s1-a", i, message_id, OLD, KEYS("k"), NO_KEYS), 0);
    }
}

/* Many keys, as a patch to a whole tree has. */
static void many_keys_of_each_mail(int count) {
    static char keys[900][32];
    static const char *items[900];
    char series[16], message_id[32];

    for (int mail = 0; mail < count / 900 + 1; mail++) {
        snprintf(series, sizeof(series), "s1-%d", mail);
        snprintf(message_id, sizeof(message_id), "%d@example.org", mail);
        for (int i = 0; i < 900; i++) {
            snprintf(keys[i], sizeof(keys[0]), "k %d %d", mail, i);
            items[i] = keys[i];
        }
        ck_assert_int_eq(insert_part(series, 1, message_id, OLD, (struct learned_list){items, 900},
                                     NO_KEYS),
                         INDEX_OPENED);
    }
}

static void many_answers_to_one_series(int count) {
    char message_id[32];

    insert_part("s1-a", 1, "1@example.org", OLD, NO_KEYS, NO_KEYS);
    for (int i = 0; i < count; i++) {
        snprintf(message_id, sizeof(message_id), "re.%d@example.org", i);
        insert_answer("s1-a", message_id, OLD);
    }
}

static void (*const crowds[])(int count) = {many_mails, many_series, many_members_of_one_series,
                                            many_keys_of_each_mail, many_answers_to_one_series};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

START_TEST(no_mail_waits_for_more_than_a_few_hundred_rows) {
    int before, after;

    open_index(_i % 2);
    crowds[_i / 2](3000);
    commit();
    before = all_rows();
    ck_assert_int_ge(before, 3000);
    for (int calls = 0, result = 1; result != 0; calls++, before = after) {
        result = index_expire(store, NOW);
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

/* Expiry does not take longer if many mails stay: the index on the time of receipt finds those that
 * expire. */
START_TEST(what_stays_is_not_looked_at) {
    open_index(_i);
    for (int i = 0; i < 1000; i++)
        insert_mail(i, YOUNG);
    insert_mail(1000, OLD);
    commit();
    ck_assert_int_eq(index_expire(store, NOW), 0);
    ck_assert_int_eq(all_rows(), 1000 * ROWS_OF_ONE);
    begin();
    close_index();
}
END_TEST

START_TEST(expiry_of_an_empty_index_ends) {
    open_index(_i);
    commit();
    for (int pass = 0; pass < 3; pass++)
        ck_assert_int_eq(expire_all(), 1);
    begin();
    close_index();
}
END_TEST

START_TEST(mails_pass_between_any_two_steps) {
    int number = 0;

    open_index(_i);
    many_series(3000);
    commit();
    for (int result = 1; result != 0;) {
        result = index_expire(store, NOW);
        ck_assert_int_ge(result, 0);
        begin();
        insert_mail(2000 + number++, YOUNG);
        commit();
    }
    ck_assert_int_ge(number, 3);
    ck_assert_int_eq(all_rows(), ROWS_OF_ONE * number);
    begin();
    close_index();
}
END_TEST

/* ---- faults ------------------------------------------------------------------------------- */

START_TEST(a_step_that_failed_is_done_again) {
    sqlite3 *stranger;
    int rows;

    open_index(0);
    many_series(3000);
    commit();
    ck_assert_int_eq(index_expire(store, NOW), 1);
    rows = all_rows();
    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(stranger, "BEGIN IMMEDIATE", 0, 0, 0), SQLITE_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(index_expire(store, NOW), -1);
    ck_assert_int_eq(sqlite3_exec(stranger, "ROLLBACK", 0, 0, 0), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(stranger), SQLITE_OK);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(all_rows(), rows);
    expire_all();
    ck_assert_int_eq(all_rows(), 0);
    ck_assert_int_eq(logged, 1);
    store_close(store);
}
END_TEST

START_TEST(a_table_that_cannot_be_read_is_a_fault) {
    open_index(_i);
    many_series(3000);
    commit();
    ck_assert_int_eq(index_expire(store, NOW), 1);
    ck_assert_int_eq(sqlite3_exec(store->writer.database, "ALTER TABLE message RENAME TO away", 0,
                                  0, 0),
                     SQLITE_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(index_expire(store, NOW), -1);
    ck_assert_int_eq(sqlite3_exec(store->writer.database, "ALTER TABLE away RENAME TO message", 0,
                                  0, 0),
                     SQLITE_OK);
    expire_all();
    ck_assert_int_eq(all_rows(), 0);
    store_close(store);
}
END_TEST

START_TEST(a_step_that_fails_in_the_middle_is_done_again) {
    static const char *const tables[] = {"message", "key", "series"};
    char sql[256];
    int rows;

    open_index(_i % 2);
    many_series(1000);
    commit();
    rows = all_rows();
    snprintf(sql, sizeof(sql),
             "CREATE TRIGGER broken BEFORE DELETE ON %s BEGIN SELECT raise(ABORT, 'broken'); END",
             tables[_i / 2]);
    ck_assert_int_eq(sqlite3_exec(store->writer.database, sql, 0, 0, 0), SQLITE_OK);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(index_expire(store, NOW), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(all_rows(), rows);
    ck_assert_int_eq(sqlite3_exec(store->writer.database, "DROP TRIGGER broken", 0, 0, 0),
                     SQLITE_OK);
    expire_all();
    ck_assert_int_eq(all_rows(), 0);
    store_close(store);
}
END_TEST

START_TEST(a_store_for_reading_expires_nothing) {
    struct store *writer;

    open_index(0);
    insert_mail(1, OLD);
    commit();
    writer = store;
    store = store_open_readonly(folder);
    ck_assert_ptr_nonnull(store);
    ck_assert_int_eq(index_expire(store, NOW), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(all_rows(), ROWS_OF_ONE);
    store_close(store);
    store_close(writer);
}
END_TEST

/* ---- the time of expiry ------------------------------------------------------------------- */

START_TEST(the_time_follows_a_clock_that_is_right) {
    open_index(_i);
    commit();
    ck_assert_int_eq(index_expiry_time(store, NOW, 0), NOW);
    for (int64_t at = 60; at < 100 * DAY; at += 60 + at / 2)
        ck_assert_int_eq(index_expiry_time(store, NOW + at, 60 + at / 2), NOW + at);
    begin();
    close_index();
}
END_TEST

START_TEST(a_clock_that_is_ahead_for_a_minute_expires_nothing) {
    int64_t time;

    open_index(_i);
    insert_mail(1, NOW - 10 * DAY);
    commit();
    index_expiry_time(store, NOW, 0);
    /* In one minute of a wrong clock, the time advances by at most one hour. */
    time = index_expiry_time(store, NOW + 200 * DAY, 60);
    ck_assert_int_ge(time, NOW + 60);
    ck_assert_int_le(time, NOW + 3600);
    ck_assert_int_eq(expire_until(time - 180 * DAY), 1);
    ck_assert_int_eq(all_rows(), ROWS_OF_ONE);
    /* When the clock is right again, the time is never ahead of it. */
    ck_assert_int_eq(index_expiry_time(store, NOW + 120, 60), NOW + 120);
    ck_assert_int_eq(index_expiry_time(store, NOW + 2 * DAY, 2 * DAY - 120), NOW + 2 * DAY);
    /* Nor if this is repeated. */
    for (int i = 0; i < 10; i++) {
        ck_assert_int_le(index_expiry_time(store, NOW + 300 * DAY, 1), NOW + 2 * DAY + 600);
        ck_assert_int_eq(index_expiry_time(store, NOW + 2 * DAY, 0), NOW + 2 * DAY);
    }
    begin();
    close_index();
}
END_TEST

START_TEST(the_time_catches_up_by_one_day_per_hour) {
    int64_t now = NOW + 10 * DAY, time = 0;
    int hours = 0;

    open_index(_i);
    commit();
    index_expiry_time(store, NOW, 0);
    for (; time < now; hours++) {
        int64_t before = time;

        now += 3600;
        time = index_expiry_time(store, now, 3600);
        ck_assert_int_le(time, now);
        if (before > 0 && time < now)
            ck_assert_int_eq(time, before + DAY);
        ck_assert_int_lt(hours, 20);
    }
    /* Ten days, plus the hours that this takes. */
    ck_assert_int_eq(hours, 11);
    begin();
    close_index();
}
END_TEST

START_TEST(a_restart_is_no_reason_to_trust_the_clock) {
    open_index(0);
    commit();
    index_expiry_time(store, NOW, 0);
    for (int i = 0; i < 3; i++) {
        store_close(store);
        store = open_store(0);
        ck_assert_int_eq(index_expiry_time(store, NOW + 200 * DAY, 0), NOW);
    }
    ck_assert_int_eq(index_expiry_time(store, NOW + 200 * DAY, 3600), NOW + DAY);
    store_close(store);
    store = open_store(0);
    ck_assert_int_eq(index_expiry_time(store, NOW + 200 * DAY, 0), NOW + DAY);
    begin();
    close_index();
}
END_TEST

/* Such as a clock that starts in 1970 until the network sets it. */
START_TEST(a_clock_that_goes_back_turns_nothing_back) {
    open_index(_i);
    commit();
    index_expiry_time(store, NOW, 0);
    ck_assert_int_eq(index_expiry_time(store, 5, 60), 5);
    ck_assert_int_eq(index_expiry_time(store, 65, 60), 65);
    ck_assert_int_eq(index_expiry_time(store, NOW + 180, 60), NOW + 180);
    begin();
    close_index();
}
END_TEST

START_TEST(an_invalid_time_in_the_database_is_replaced) {
    static const char *const texts[] = {"", "soon", "99999999999999999999999", "-5"};

    open_index(0);
    commit();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t time;

        begin();
        ck_assert_int_eq(index_position_write(store, "store expiry", texts[i]), 0);
        commit();
        time = index_expiry_time(store, NOW, 60);
        ck_assert_int_le(time, NOW);
        ck_assert_int_ge(time, -5);
    }
    begin();
    close_index();
}
END_TEST

START_TEST(a_time_that_cannot_be_stored_is_not_used) {
    struct store *writer;

    open_index(0);
    commit();
    writer = store;
    store = store_open_readonly(folder);
    ck_assert_int_eq(index_expiry_time(store, NOW, 0), -1);
    store_close(store);
    store_close(writer);
}
END_TEST

SUITE(index_expiry_suite) {
    Suite *suite = suite_create("index expiry");
    TCase *tests = tcase_create("index expiry");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, old_mails_expire_and_young_ones_stay, 0, 2);
    tcase_add_loop_test(tests, a_series_expires_with_its_last_mail, 0, 2);
    tcase_add_loop_test(tests, a_key_stays_with_the_mail_that_stays, 0, 2);
    tcase_add_loop_test(tests, joined_series_live_as_long_as_the_younger, 0, 4);
    tcase_add_loop_test(tests, joined_series_expire_together, 0, 2);
    tcase_add_loop_test(tests, a_series_that_was_joined_with_one_that_is_gone_begins_anew, 0, 2);
    tcase_add_loop_test(tests, a_tag_for_an_unknown_series_expires_with_its_mail, 0, 2);
    tcase_add_loop_test(tests, an_assigned_cover_expires_by_its_own_time, 0, 2);
    tcase_add_loop_test(tests, no_mail_waits_for_more_than_a_few_hundred_rows, 0, 2 * CROWDS);
    tcase_add_loop_test(tests, what_stays_is_not_looked_at, 0, 2);
    tcase_add_loop_test(tests, expiry_of_an_empty_index_ends, 0, 2);
    tcase_add_loop_test(tests, mails_pass_between_any_two_steps, 0, 2);
    tcase_add_test(tests, a_step_that_failed_is_done_again);
    tcase_add_loop_test(tests, a_table_that_cannot_be_read_is_a_fault, 0, 2);
    tcase_add_loop_test(tests, a_step_that_fails_in_the_middle_is_done_again, 0, 6);
    tcase_add_test(tests, a_store_for_reading_expires_nothing);
    tcase_add_loop_test(tests, the_time_follows_a_clock_that_is_right, 0, 2);
    tcase_add_loop_test(tests, a_clock_that_is_ahead_for_a_minute_expires_nothing, 0, 2);
    tcase_add_loop_test(tests, the_time_catches_up_by_one_day_per_hour, 0, 2);
    tcase_add_test(tests, a_restart_is_no_reason_to_trust_the_clock);
    tcase_add_loop_test(tests, a_clock_that_goes_back_turns_nothing_back, 0, 2);
    tcase_add_test(tests, an_invalid_time_in_the_database_is_replaced);
    tcase_add_test(tests, a_time_that_cannot_be_stored_is_not_used);
    suite_add_tcase(suite, tests);
    return suite;
}
