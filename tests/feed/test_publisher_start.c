/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_publisher_start.c - the event with which a sink begins: a sink that the store does not know
 * begins with the next one, or with the oldest one if its section says so; any other one continues
 * where it was.
 */
#define TESTS beginning
#include "publisher-fixture.h"

static int64_t first; /* the first event that a sink was offered; 0: none yet */
static size_t count_all, replayed;

static size_t first_publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self;
    pthread_mutex_lock(&lock);
    if (first == 0)
        first = events[0]->sequence;
    count_all += count;
    replayed += events[0]->replay;
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
    return count;
}

static void setup_beginning(void) {
    setup();
    starts_oldest = false;
    sink_two.publish = first_publish;
    first = 0;
    count_all = replayed = 0;
}

START_TEST(at_the_first_start_a_sink_lacks_nothing) {
    open_store();
    start(only_two);
    append(3);
    WAIT_UNTIL(count_all == 3);
    ck_assert_int_eq(first, 1);
    stop_and_close();
    ck_assert_uint_eq(support_logged("sink two is new: it begins with event 1, the next one\n"), 1);
}
END_TEST

/* As after a reload that adds a section. */
START_TEST(a_sink_added_later_begins_with_the_next_event) {
    open_store();
    start(only_one);
    append(5);
    WAIT_UNTIL(one.accepted == 5);
    stop();
    start(both);
    append(1);
    WAIT_UNTIL(count_all == 1);
    ck_assert_int_eq(first, 6);
    stop_and_close();
    ck_assert_uint_eq(support_logged("sink two is new: it begins with event 6, the next one, "
                                     "without the 5 of the outbox; "),
                      1);
}
END_TEST

START_TEST(a_new_sink_can_ask_for_what_the_outbox_has) {
    open_store();
    start(only_one);
    append(5);
    WAIT_UNTIL(one.accepted == 5);
    stop();
    starts_oldest = true;
    start(both);
    WAIT_UNTIL(count_all == 5);
    ck_assert_int_eq(first, 1);
    stop_and_close();
    ck_assert_uint_eq(support_logged("sink two is new: it begins with event 1; 5 events of the "
                                     "outbox wait for it\n"),
                      1);
}
END_TEST

/* Its section was removed and added again, and the outbox still has all that it lacks: neither
 * value of the option matters. */
START_TEST(a_sink_that_comes_back_continues_where_it_was) {
    for (int i = 0; i < 2; i++) {
        starts_oldest = i;
        first = 0;
        count_all = 0;
        open_store();
        start(only_two);
        append(2);
        WAIT_UNTIL(count_all == 2);
        stop();
        start(none);
        append(3);
        set(&trimmed, 0);
        WAIT_UNTIL(trimmed >= 2);
        stop();
        first = 0;
        start(only_two);
        WAIT_UNTIL(count_all == 5);
        ck_assert_int_eq(first, 5 * i + 3);
        stop_and_close();
    }
    ck_assert_uint_eq(support_logged("is new: "), 1);
}
END_TEST

START_TEST(a_sink_that_the_outbox_has_forgotten_is_new) {
    open_store();
    start(only_two);
    append(2);
    WAIT_UNTIL(count_all == 2);
    stop();
    start(none);
    append(LIMIT_OUTBOX_KEPT + 3);
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 2);
    stop();
    first = 0;
    start(only_two);
    append(1);
    WAIT_UNTIL(count_all == 3);
    ck_assert_int_eq(first, LIMIT_OUTBOX_KEPT + 6);
    stop_and_close();
    ck_assert_uint_eq(support_logged("is new: "), 2);
    ck_assert_uint_eq(support_logged("has lost"), 0);
}
END_TEST

/* A database that cannot be written at the start can be written later: the sink begins with what
 * was appended after the start, not with what is appended after the database has come back. */
START_TEST(a_sink_that_could_not_be_registered_lacks_nothing_since_the_start) {
    struct pipeline *pipeline = support_pipeline(only_two);
    struct publisher quiet = {0};
    struct delivery delivery = {.publisher = &quiet, .name = "two", .started = 1700000000};

    open_store();
    appended_time = 1699999999;
    append(3);
    appended_time = 1700000000; /* the second of the start counts as after it */
    append(2);
    quiet.store = store;
    delivery.instance = pipeline_instance(pipeline, 0);
    delivery.reader = outbox_reader_open(store);
    ck_assert_int_eq(deliver(&delivery, LIMIT_BATCH), 2);
    ck_assert_int_eq(first, 4);
    ck_assert_uint_eq(replayed, 0);
    ck_assert(delivery.registered);
    outbox_reader_close(delivery.reader);
    pipeline_release(pipeline);
    store_close(store);
}
END_TEST

SUITE(publisher_start_suite) {
    Suite *suite = suite_create("beginning of sinks");
    TCase *tests = tcase_create("beginning");

    tcase_add_checked_fixture(tests, setup_beginning, support_folder_remove);
    tcase_set_timeout(tests, 3 * TIMEOUT_SECONDS);
    tcase_add_test(tests, at_the_first_start_a_sink_lacks_nothing);
    tcase_add_test(tests, a_sink_added_later_begins_with_the_next_event);
    tcase_add_test(tests, a_new_sink_can_ask_for_what_the_outbox_has);
    tcase_add_test(tests, a_sink_that_comes_back_continues_where_it_was);
    tcase_add_test(tests, a_sink_that_the_outbox_has_forgotten_is_new);
    tcase_add_test(tests, a_sink_that_could_not_be_registered_lacks_nothing_since_the_start);
    suite_add_tcase(suite, tests);
    return suite;
}
