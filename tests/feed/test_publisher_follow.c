/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_publisher_follow.c - the publisher and a sink with the callback follow: the thread that
 * reads the events of other hosts starts and ends with the publisher, and no series is reported as
 * incomplete before these events were read.
 */
#define TESTS follow
#include "publisher-fixture.h"

#include "pipeline/event.h"

/* ---- a sink that is followed -------------------------------------------------------------- */

static struct {
    int result;
    bool hangs, inside;
    size_t calls;
} follow;

static int sink_follow(void *self, struct patchmark_feed *feed) {
    int result;

    (void)self, (void)feed;
    pthread_mutex_lock(&lock);
    follow.calls++;
    follow.inside = true;
    pthread_cond_broadcast(&happened);
    while (follow.hangs)
        pthread_cond_wait(&happened, &lock);
    follow.inside = false;
    result = follow.result;
    pthread_mutex_unlock(&lock);
    return result;
}

static void follow_set(int result, bool hangs) {
    pthread_mutex_lock(&lock);
    follow.result = result;
    follow.hangs = hangs;
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
}

static void setup_follow(void) {
    setup();
    sink_one.follow = sink_follow;
}

/* Records an old series with a missing part. */
static void incomplete_record(void) {
    const struct index_series series = {.id = "s1-aaaaaaaaaaaaaaaa",
                                        .topic = "t1-aaaaaaaaaaaaaaaa",
                                        .author = "a@example.org",
                                        .title = "a title",
                                        .version = 1,
                                        .total = 2,
                                        .changed = (int64_t)time(NULL) - 24 * 3600};
    const struct index_member member = {
        .message_id = "1@example.org", .title = "a title", .author = "a@example.org", .part = 1};

    const struct index_message message = {.message_id = member.message_id,
                                          .series = series.id,
                                          .sender = series.author,
                                          .kind = "patch",
                                          .published = true,
                                          .lists = "",
                                          .part = member.part,
                                          .received = series.changed,
                                          .title = member.title,
                                          .author = member.author};

    store_begin(store);
    ck_assert_int_eq(index_record_message(store, &message), 1);
    ck_assert_int_eq(index_record_member(store, &series, &member, true), INDEX_OPENED);
    ck_assert_int_eq(store_commit(store), 0);
}

static int64_t newest_event(void) {
    struct outbox_reader *reader = outbox_reader_open(store);
    int64_t newest = outbox_newest(reader);

    outbox_reader_close(reader);
    return newest;
}

/* ---- incomplete series -------------------------------------------------------------------- */

START_TEST(reports_incomplete_series_after_reading_other_hosts) {
    open_store();
    incomplete_record();
    follow.result = -1;
    start(only_one);
    WAIT_UNTIL(trimmed >= 2); /* a dozen rounds */
    ck_assert_int_eq(newest_event(), 0);
    follow_set(0, false);
    WAIT_UNTIL(one.accepted == 1);
    ck_assert_str_eq(one.event.type, EVENT_SERIES_INCOMPLETE);
    stop_and_close();
}
END_TEST

START_TEST(reports_incomplete_series_without_other_hosts) {
    open_store();
    incomplete_record();
    follow.result = 1;
    start(only_one);
    WAIT_UNTIL(one.accepted == 1);
    stop_and_close();
    ck_assert_uint_eq(follow.calls, 1);
}
END_TEST

/* It waits for the other hosts for as long as a series must be quiet; then it reports by what it
 * has recorded itself. */
START_TEST(does_not_wait_for_other_hosts_for_ever) {
    open_store();
    follow.result = -1;
    start(only_one);
    WAIT_UNTIL(follow.calls >= 1);
    ck_assert(!can_report_incomplete(publisher, 3600));
    ck_assert(can_report_incomplete(publisher, 1));
    stop_and_close();
}
END_TEST

/* ---- the end ------------------------------------------------------------------------------ */

START_TEST(ends_while_it_follows) {
    open_store();
    append(3);
    start(only_one);
    WAIT_UNTIL(one.accepted == 3 && follow.calls >= 2);
    stop();
    set(&follow.calls, 0);
    start(only_one); /* as after a reload */
    WAIT_UNTIL(follow.calls >= 1);
    append(1);
    WAIT_UNTIL(one.accepted == 4);
    stop();
    ck_assert_int_eq(cursor("one"), 4);
    store_close(store);
    ck_assert_uint_eq(support_logged("busy"), 0);
}
END_TEST

START_TEST(follows_while_the_sink_accepts_nothing) {
    open_store();
    hang(&one, true);
    append(1);
    start(only_one);
    WAIT_UNTIL(one.inside && follow.calls >= 2);
    hang(&one, false);
    stop_and_close();
}
END_TEST

START_TEST(does_not_wait_for_a_sink_that_hangs_in_follow) {
    open_store();
    follow_set(0, true);
    append(3);
    start(only_one);
    WAIT_UNTIL(follow.inside && one.accepted == 3);
    publisher_stop(publisher, 10);
    ck_assert_uint_eq(support_logged("sink one is busy; events of other hosts are read later"), 1);
    ck_assert_uint_eq(support_logged("its events wait"), 0);
}
END_TEST

SUITE(publisher_follow_suite) {
    Suite *suite = suite_create("publisher that follows");
    TCase *tests = tcase_create("follow");

    tcase_add_checked_fixture(tests, setup_follow, support_folder_remove);
    tcase_set_timeout(tests, 3 * TIMEOUT_SECONDS);
    tcase_add_test(tests, reports_incomplete_series_after_reading_other_hosts);
    tcase_add_test(tests, reports_incomplete_series_without_other_hosts);
    tcase_add_test(tests, does_not_wait_for_other_hosts_for_ever);
    tcase_add_test(tests, ends_while_it_follows);
    tcase_add_test(tests, follows_while_the_sink_accepts_nothing);
    tcase_add_test(tests, does_not_wait_for_a_sink_that_hangs_in_follow);
    suite_add_tcase(suite, tests);
    return suite;
}
