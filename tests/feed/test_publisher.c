/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_publisher.c - delivers events from the outbox to sinks: all of them, in order, whatever a
 * sink does.
 */
#include "feed/bounds.h"
#define TESTS delivery
#include "publisher-fixture.h"

/* ---- delivery------------------------------------------------------------------------- */

START_TEST(events_are_delivered_in_order_from_before_the_start_and_after) {
    open_store();
    append(3);
    start(only_one);
    WAIT_UNTIL(one.accepted == 3);
    append(2);
    WAIT_UNTIL(one.accepted == 5);
    append(1);
    WAIT_UNTIL(one.accepted == 6);
    stop_and_close();
}
END_TEST

static bool event_as_appended;

static size_t check_event(void *self, const struct patchmark_event *const *events, size_t count) {
    const struct patchmark_event *event = events[0];

    event_as_appended = event->struct_size == sizeof(*event) && event->sequence == 1 &&
                        strcmp(event->id, "e1") == 0 &&
                        strcmp(event->type, "patchmark.message.seen.v1") == 0 &&
                        strcmp(event->subject, "1@example.org") == 0 &&
                        strcmp(event->list, "kvm.example.org") == 0 &&
                        strcmp(event->series, "s1-aaaaaaaaaaaaaaaa") == 0 && !event->replay &&
                        event->json_length == strlen(event->json) &&
                        strcmp(event->json, EVENT_COMPOSED("e1", "1", "")) == 0;
    return sink_publish(self, events, count);
}

START_TEST(an_event_is_delivered_as_it_was_appended) {
    static struct patchmark_plugin checking = SINK("checking", open_one);
    struct patchmark_plugin *const plugins[] = {&checking, NULL};

    checking.publish = check_event;
    open_store();
    start(plugins);
    append(1);
    WAIT_UNTIL(one.accepted == 1);
    stop_and_close();
    ck_assert(event_as_appended);
}
END_TEST

START_TEST(a_sink_resumes_at_its_cursor_after_a_restart) {
    open_store();
    append(5);
    start(only_one);
    WAIT_UNTIL(one.accepted == 5);
    stop_and_close();
    open_store();
    ck_assert_int_eq(cursor("one"), 5);
    append(2);
    start(only_one);
    WAIT_UNTIL(one.accepted == 7); /* the sink fails the test if an event is delivered twice */
    stop_and_close();
}
END_TEST

START_TEST(a_sink_may_accept_a_part_of_a_batch) {
    open_store();
    one.most = 3;
    append(10);
    start(only_one);
    WAIT_UNTIL(one.accepted == 10);
    ck_assert_uint_ge(one.calls, 4);
    stop();
    ck_assert_int_eq(cursor("one"), 10);
    stop_and_close();
}
END_TEST

START_TEST(a_sink_that_accepts_nothing_for_a_while_gets_all_later) {
    open_store();
    one.most = 0;
    append(3);
    start(only_one);
    WAIT_UNTIL(one.calls >= 3);
    append(2);
    WAIT_UNTIL(one.calls >= 5 && one.offered == 5);
    ck_assert_int_eq(one.first_offered, 1);
    ck_assert_int_eq(cursor("one"), 0);
    set(&one.most, SIZE_MAX);
    WAIT_UNTIL(one.accepted == 5);
    stop_and_close();
}
END_TEST

START_TEST(a_sink_that_is_down_holds_up_no_other) {
    open_store();
    one.most = 0;
    start(both);
    for (int i = 0; i < 10; i++)
        append(3);
    WAIT_UNTIL(two.accepted == 30);
    WAIT_UNTIL(one.calls >= 2);
    stop();
    ck_assert_int_eq(cursor("one"), 0);
    ck_assert_int_eq(cursor("two"), 30);
    /* At the next start, each sink continues after its own cursor. */
    set(&one.most, SIZE_MAX);
    start(both);
    append(1);
    WAIT_UNTIL(one.accepted == 31 && two.accepted == 31);
    stop_and_close();
}
END_TEST

START_TEST(a_batch_has_at_most_200_events) {
    open_store();
    append(2 * LIMIT_BATCH + 1);
    hang(&one, true);
    start(only_one);
    WAIT_UNTIL(one.inside);
    ck_assert_uint_eq(one.offered, LIMIT_BATCH);
    hang(&one, false);
    WAIT_UNTIL(one.accepted == 2 * LIMIT_BATCH + 1);
    ck_assert_uint_eq(one.offered, 1);
    ck_assert_uint_eq(one.calls, 3);
    stop_and_close();
}
END_TEST

START_TEST(a_sink_may_have_smaller_batches) {
    static struct patchmark_plugin small = SINK("one", open_one);
    static struct patchmark_plugin *const plugins[] = {&small, NULL};

    small.batch = 3;
    open_store();
    append(7);
    start(plugins);
    WAIT_UNTIL(one.accepted == 7);
    ck_assert_uint_eq(one.calls, 3);
    ck_assert_uint_eq(one.offered, 1);
    stop_and_close();
}
END_TEST

/* The mail path never waits for a sink: this thread appends while the sink hangs. */
START_TEST(appending_does_not_wait_for_a_sink) {
    open_store();
    append(1);
    hang(&one, true);
    start(only_one);
    WAIT_UNTIL(one.inside);
    for (int i = 0; i < 50; i++)
        append(1);
    ck_assert_uint_eq(one.calls, 1);
    hang(&one, false);
    WAIT_UNTIL(one.accepted == 51);
    stop_and_close();
}
END_TEST

/* ---- pauses ------------------------------------------------------------------------------- */

START_TEST(pauses_grow_while_nothing_is_accepted) {
    static const unsigned expected[] = {100,  200,   400,   800,   1600, 3200,
                                        6400, 12800, 25600, 30000, 30000};
    struct pipeline *pipeline = support_pipeline(only_one);
    struct publisher quiet = {0};
    struct delivery delivery = {.publisher = &quiet, .name = "one", .registered = true};

    open_store();
    append(10);
    quiet.store = store;
    delivery.instance = pipeline_instance(pipeline, 0);
    delivery.reader = outbox_reader_open(store);

    one.most = 0;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        ck_assert_int_eq(deliver(&delivery, LIMIT_BATCH), 10);
        ck_assert_uint_eq(delivery.pause_ms, expected[i]);
    }
    one.most = 4; /* it accepts events again, four per call */
    ck_assert_int_eq(deliver(&delivery, LIMIT_BATCH), 10);
    ck_assert_uint_eq(delivery.pause_ms, PAUSE_FIRST_MS);
    one.most = SIZE_MAX;
    ck_assert_int_eq(deliver(&delivery, LIMIT_BATCH), 6);
    ck_assert_uint_eq(delivery.pause_ms, 0);
    ck_assert_int_eq(deliver(&delivery, LIMIT_BATCH), 0); /* no event is left */
    ck_assert_uint_eq(delivery.pause_ms, 0);
    ck_assert_uint_eq(instance_counts(delivery.instance).failures,
                      sizeof(expected) / sizeof(expected[0]) + 1);
    outbox_reader_close(delivery.reader);
    pipeline_release(pipeline);
    store_close(store);
}
END_TEST

static size_t boast(void *self, const struct patchmark_event *const *events, size_t count) {
    return sink_publish(self, events, count) + 1000;
}

START_TEST(a_sink_that_returns_more_than_it_was_offered_has_accepted_all) {
    static struct patchmark_plugin boasting = SINK("boasting", open_one);
    struct patchmark_plugin *const plugins[] = {&boasting, NULL};

    boasting.publish = boast;
    open_store();
    append(3);
    start(plugins);
    WAIT_UNTIL(one.accepted == 3);
    append(3);
    WAIT_UNTIL(one.accepted == 6);
    stop();
    ck_assert_int_eq(cursor("boasting"), 6);
    stop_and_close();
}
END_TEST

/* ---- stopping ----------------------------------------------------------------------------- */

START_TEST(at_the_end_sinks_deliver_all_events) {
    open_store();
    hang(&one, true);
    append(1);
    start(only_one);
    WAIT_UNTIL(one.inside);
    append(3 * LIMIT_BATCH);
    hang(&one, false);
    stop_and_close();
    ck_assert_uint_eq(one.accepted, 3 * LIMIT_BATCH + 1);
}
END_TEST

static void *stop_at_once(void *argument) {
    publisher_stop(argument, 0);
    return NULL;
}

START_TEST(at_the_end_sinks_have_limited_time) {
    pthread_t thread;
    bool stopping = false;

    open_store();
    one.most = 1;
    hang(&one, true);
    append(10);
    start(only_one);
    WAIT_UNTIL(one.inside);
    ck_assert_int_eq(pthread_create(&thread, NULL, stop_at_once, publisher), 0);
    while (!stopping) {
        pthread_mutex_lock(&publisher->lock);
        stopping = publisher->stopping;
        pthread_mutex_unlock(&publisher->lock);
        sched_yield();
    }
    hang(&one, false);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(one.accepted, 1);
    ck_assert_int_eq(cursor("one"),
                     1); /* the events of the call that was in progress are acknowledged */
    publisher = NULL;
    stop_and_close();
}
END_TEST

START_TEST(a_failing_sink_does_not_delay_the_end) {
    open_store();
    one.most = 0;
    append(10);
    start(both);
    WAIT_UNTIL(one.calls >= 1 && two.accepted == 10);
    publisher_stop(publisher, TIMEOUT_SECONDS * 1000000); /* days: the test would time out */
    publisher = NULL;
    ck_assert_int_eq(cursor("one"), 0);
    stop_and_close();
    ck_assert_uint_eq(support_logged("busy"), 0);
}
END_TEST

/* Its thread, and what it uses, stay until the process ends. */
START_TEST(a_sink_that_hangs_is_left_behind) {
    open_store();
    hang(&one, true);
    append(10);
    start(both);
    WAIT_UNTIL(one.inside && two.accepted == 10);
    publisher_stop(publisher, 10);
    ck_assert_uint_eq(support_logged("sink one is busy; its events wait in the outbox"), 1);
    ck_assert_uint_eq(support_logged("is new: "), 2);
    ck_assert_uint_eq(support_logged("\n"), 3);
    ck_assert_int_eq(cursor("one"), 0);
    ck_assert_int_eq(cursor("two"), 10);
    append(1); /* store_on_append was called with NULL */
    ck_assert_uint_eq(two.accepted, 10);
}
END_TEST

/* Its first call hangs until HANGS is false; later calls accept all events. */
static size_t publish_late(void *self, const struct patchmark_event *const *events, size_t count) {
    bool first;

    (void)self, (void)events;
    pthread_mutex_lock(&lock);
    first = one.calls++ == 0;
    one.inside = one.inside || first;
    pthread_cond_broadcast(&happened);
    while (first && one.hangs)
        pthread_cond_wait(&happened, &lock);
    one.accepted += count;
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
    return count;
}

/* Delivers all 5 events with a new publisher; then the thread of OLD, which publisher_stop left
 * behind with 2 of them, goes on. */
static void cursor_stays_when_it_goes_on(struct publisher *old) {
    append(3);
    start(only_one);
    WAIT_UNTIL(one.accepted == 5);
    stop();
    ck_assert_int_eq(cursor("one"), 5);
    hang(&one, false);
    while (atomic_load(&old->deliveries[0].accepted) == 0)
        sched_yield();
    ck_assert_int_eq(cursor("one"), 5);
}

/* After a reload, another thread delivers to the sink; the old one must not move the cursor back.
 */
START_TEST(an_abandoned_thread_acknowledges_nothing) {
    static struct publisher *old; /* nothing frees it */

    open_store();
    sink_one.publish = publish_late;
    hang(&one, true);
    append(2);
    start(only_one);
    WAIT_UNTIL(one.inside);
    old = publisher;
    publisher_stop(old, 10);
    cursor_stays_when_it_goes_on(old);
}
END_TEST

static void trim_hangs_end(void) {
    pthread_mutex_lock(&lock);
    trim_hangs = false;
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
}

/* The housekeeping hangs on the disk, and the sink as well. */
START_TEST(an_abandoned_thread_acknowledges_nothing_after_housekeeping_that_hangs) {
    static struct publisher *old; /* nothing frees it */

    open_store();
    sink_one.publish = publish_late;
    hang(&one, true);
    trim_hangs = true;
    append(2);
    start(only_one);
    WAIT_UNTIL(one.inside && trimmed == 1);
    old = publisher;
    ck_assert(!publisher_stop(old, 10));
    trim_hangs_end();
    ck_assert_uint_eq(support_logged("the housekeeping is busy with the database"), 1);
    cursor_stays_when_it_goes_on(old);
}
END_TEST

/* The housekeeping bounds the outbox and notifies the watchdog, so nothing runs without it. */
START_TEST(each_thread_is_required) {
    struct configuration *configuration = support_configuration(settings, only_one);
    struct pipeline *pipeline = pipeline_new(configuration);

    open_store();
    for (int threads = 0; threads < 2; threads++) {
        threads_left = threads;
        ck_assert_ptr_null(publisher_start(store, pipeline, &process));
    }
    ck_assert_uint_eq(support_logged("cannot create a thread for sink one"), 1);
    ck_assert_uint_eq(support_logged("cannot create a thread for the housekeeping: Resource "), 1);
    pipeline_release(pipeline);
    store_close(store);
}
END_TEST

START_TEST(stopping_nothing) {
    open_store();
    start(none);
    append(1);
    stop();
    stop_and_close();
}
END_TEST

/* ---- housekeeping ------------------------------------------------------------------------- */

static int64_t oldest(void) {
    struct outbox_reader *reader = outbox_reader_open(store);
    struct outbox_event event = {.sequence = 0};

    ck_assert_int_eq(outbox_read(reader, 0, &event, 1), 1);
    outbox_reader_close(reader);
    return event.sequence;
}

START_TEST(the_outbox_is_kept_short) {
    open_store();
    append(LIMIT_OUTBOX_KEPT + 120);
    start(only_one);
    WAIT_UNTIL(one.accepted == LIMIT_OUTBOX_KEPT + 120);
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 2); /* the first round may have started already */
    ck_assert_int_eq(oldest(), 121);
    stop_and_close();
}
END_TEST

START_TEST(events_that_a_failing_sink_needs_are_kept) {
    open_store();
    one.most = 0;
    append(LIMIT_OUTBOX_KEPT + 120);
    start(both);
    WAIT_UNTIL(two.accepted == LIMIT_OUTBOX_KEPT + 120);
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 2);
    ck_assert_int_eq(oldest(), 1);
    stop();
    /* Events are not kept for a sink that is not configured any more. */
    start(only_two);
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 2);
    ck_assert_int_eq(oldest(), 121);
    stop_and_close();
}
END_TEST

SUITE(publisher_suite) {
    Suite *suite = suite_create("publisher");
    TCase *tests = tcase_create("publisher");

    tcase_add_checked_fixture(tests, setup, support_folder_remove);
    tcase_set_timeout(tests, 3 * TIMEOUT_SECONDS);
    tcase_add_test(tests, events_are_delivered_in_order_from_before_the_start_and_after);
    tcase_add_test(tests, an_event_is_delivered_as_it_was_appended);
    tcase_add_test(tests, a_sink_resumes_at_its_cursor_after_a_restart);
    tcase_add_test(tests, a_sink_may_accept_a_part_of_a_batch);
    tcase_add_test(tests, a_sink_that_accepts_nothing_for_a_while_gets_all_later);
    tcase_add_test(tests, a_sink_that_is_down_holds_up_no_other);
    tcase_add_test(tests, a_batch_has_at_most_200_events);
    tcase_add_test(tests, a_sink_may_have_smaller_batches);
    tcase_add_test(tests, appending_does_not_wait_for_a_sink);
    tcase_add_test(tests, pauses_grow_while_nothing_is_accepted);
    tcase_add_test(tests, a_sink_that_returns_more_than_it_was_offered_has_accepted_all);
    tcase_add_test(tests, at_the_end_sinks_deliver_all_events);
    tcase_add_test(tests, at_the_end_sinks_have_limited_time);
    tcase_add_test(tests, a_failing_sink_does_not_delay_the_end);
    tcase_add_test(tests, a_sink_that_hangs_is_left_behind);
    tcase_add_test(tests, an_abandoned_thread_acknowledges_nothing);
    tcase_add_test(tests, an_abandoned_thread_acknowledges_nothing_after_housekeeping_that_hangs);
    tcase_add_test(tests, each_thread_is_required);
    tcase_add_test(tests, stopping_nothing);
    tcase_add_test(tests, the_outbox_is_kept_short);
    tcase_add_test(tests, events_that_a_failing_sink_needs_are_kept);
    suite_add_tcase(suite, tests);
    return suite;
}
