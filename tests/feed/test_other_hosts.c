/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_other_hosts.c - the position up to which a sink was read, the batches, and what happens when
 * the sink or the store fails or events are malformed.
 *
 * The sink has numbered events of another host, each about a different mail; position I is after
 * event I.
 */
#include "feed/other-hosts.c"

#include "pipeline/event.h"
#include "support/support.h"

#include <sqlite3.h>

#define TIMEOUT_SECONDS 20 /* seconds until a test gives up waiting */

/* ---- a sink ------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t happened = PTHREAD_COND_INITIALIZER;
static struct {
    int events;      /* the number of events in the sink */
    int most;        /* the maximum number of events passed in one call */
    int result;      /* the result of follow */
    int bad;         /* the learned data of this event is malformed; 0: of none */
    int keys;        /* the number of keys of each event */
    bool only_moves; /* only positions are passed, without events */
    bool are_own;    /* the events are of this host */
    bool hangs, inside;
    size_t calls;
    char asked_from[FEED_POSITION_SIZE]; /* in the last call */
    bool own;                            /* in the last call */
    int received;                        /* in the last call */
} sink;

/* Waits until CONDITION, which depends on calls of follow, is true. */
#define WAIT_UNTIL(condition)                                                       \
    do {                                                                            \
        struct timespec wait_end;                                                   \
        clock_gettime(CLOCK_REALTIME, &wait_end);                                   \
        wait_end.tv_sec += TIMEOUT_SECONDS;                                         \
        pthread_mutex_lock(&lock);                                                  \
        while (!(condition))                                                        \
            ck_assert_msg(pthread_cond_timedwait(&happened, &lock, &wait_end) == 0, \
                          "never came: %s", #condition);                            \
        pthread_mutex_unlock(&lock);                                                \
    } while (0)

/* Returns the learned data of event NUMBER, which the caller frees. */
static char *learned_json(int number) {
    char *json = NULL;
    size_t size;
    FILE *file = open_memstream(&json, &size);

    fprintf(file,
            "{\"host\":\"%s.example.org\",\"message_id\":\"%d@x\",\"kind\":\"patch\","
            "\"sender\":\"a@x\",\"series\":\"s1-aaaaaaaaaaaaaaaa\","
            "\"topic\":\"t1-aaaaaaaaaaaaaaaa\",\"part\":%d,\"received\":%s,\"total\":1000,"
            "\"keys\":[",
            sink.are_own ? "host" : "other", number, number,
            number == sink.bad ? "null" : "1600000000");
    for (int i = 0; i < sink.keys; i++)
        fprintf(file, "%s\"key %d\"", i ? "," : "", i);
    fprintf(file, "]}");
    fclose(file);
    return json;
}

static bool event_send(struct patchmark_feed *feed, int number) {
    char *learned = learned_json(number), position[24];
    const struct patchmark_event event = {.struct_size = sizeof(event),
                                          .type = EVENT_MESSAGE_SEEN,
                                          .json = "{}",
                                          .json_length = 2,
                                          .learned = learned};
    bool more;

    snprintf(position, sizeof(position), "%d", number);
    more = patchmark_feed_event(feed, position, sink.only_moves ? NULL : &event);
    free(learned);
    return more;
}

static int sink_follow(void *self, struct patchmark_feed *feed) {
    int from, to;

    (void)self;
    pthread_mutex_lock(&lock);
    snprintf(sink.asked_from, sizeof(sink.asked_from), "%s", patchmark_feed_position(feed));
    ck_assert_int_eq(patchmark_feed_newest(feed), -1);
    sink.own = patchmark_feed_own(feed);
    sink.inside = true;
    pthread_cond_broadcast(&happened);
    while (sink.hangs)
        pthread_cond_wait(&happened, &lock);
    from = atoi(sink.asked_from);
    to = sink.events - from < sink.most ? sink.events : from + sink.most;
    pthread_mutex_unlock(&lock);
    for (sink.received = 0; from < to && event_send(feed, from + 1); from++)
        sink.received++;
    pthread_mutex_lock(&lock);
    sink.inside = false;
    sink.calls++;
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
    return sink.result;
}

static size_t sink_publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self, (void)events;
    return count;
}

static struct patchmark_plugin followed = {
    PLUGIN_SIZES,           .name = "followed",      .version = "1",
    .summary = "for tests", .publish = sink_publish, .follow = sink_follow};
static struct patchmark_plugin *const plugins[] = {&followed, NULL};

/* ---- fixture ------------------------------------------------------------------------------ */

static struct pipeline *pipeline;
static struct store *store;
static struct other_hosts *other_hosts;

static void other_hosts_make(void) {
    other_hosts = other_hosts_new(store, pipeline_instance(pipeline, 0), "host.example.org");
    ck_assert_ptr_nonnull(other_hosts);
}

static void setup(void) {
    support_folder_make();
    support_log_start();
    pipeline = support_pipeline(plugins);
    store = store_open(support_folder);
    ck_assert_ptr_nonnull(store);
    sink.most = 1000;
    other_hosts_make();
}

static void teardown(void) {
    if (other_hosts)
        other_hosts_free(other_hosts);
    store_close(store);
    pipeline_release(pipeline);
    support_folder_remove();
}

static bool is_known(int number) {
    char id[24];
    struct index_message found;
    bool known;

    snprintf(id, sizeof(id), "%d@x", number);
    store_begin(store);
    known = index_find_message(store, id, &found);
    store_commit(store);
    return known;
}

static int stored_position(void) {
    char position[STORE_POSITION_SIZE];

    store_begin(store);
    index_position_read(store, "follow followed", position);
    store_commit(store);
    return atoi(position);
}

/* Fails unless the mails up to NUMBER are recorded, and no others. */
static void expect_known_until(int number) {
    for (int i = 1; i <= number; i++)
        ck_assert_msg(is_known(i), "%d of %d", i, number);
    ck_assert(!is_known(number + 1));
}

/* ---- positions ---------------------------------------------------------------------------- */

START_TEST(resumes_at_the_stored_position) {
    sink.events = 3;
    ck_assert_int_ge(follow_once(other_hosts), 0);
    ck_assert_str_eq(sink.asked_from, "");
    expect_known_until(3);
    ck_assert_int_eq(stored_position(), 3);
    sink.events = 5;
    follow_once(other_hosts);
    ck_assert_str_eq(sink.asked_from, "3");
    expect_known_until(5);
    /* Does the same after a restart. */
    other_hosts_free(other_hosts);
    other_hosts_make();
    sink.events = 6;
    follow_once(other_hosts);
    ck_assert_str_eq(sink.asked_from, "5");
    ck_assert_int_eq(sink.received, 1);
    expect_known_until(6);
    ck_assert_int_eq(stored_position(), 6);
}
END_TEST

START_TEST(a_position_alone_is_stored_now_and_then) {
    sink.events = 5;
    sink.only_moves = true;
    follow_once(other_hosts);
    ck_assert_int_eq(stored_position(), 0);
    follow_once(other_hosts);
    ck_assert_str_eq(sink.asked_from, "5");
    other_hosts->stored_at -= POSITION_EVERY;
    follow_once(other_hosts);
    ck_assert_int_eq(stored_position(), 5);
}
END_TEST

START_TEST(learned_data_is_recorded_in_batches) {
    int expected = _i == 0 ? LIMIT_LEARNED_MAILS : LIMIT_LEARNED_ROWS / 50;

    sink.keys = _i == 0 ? 0 : 49; /* plus one row for the mail */
    sink.events = expected - 1;
    for (int i = 1; i < expected; i++)
        ck_assert(event_send(&other_hosts->feed, i));
    ck_assert_int_eq(stored_position(), 0);
    ck_assert(!is_known(1));
    ck_assert(event_send(&other_hosts->feed, expected));
    ck_assert_int_eq(stored_position(), expected);
    expect_known_until(expected);
    ck_assert_uint_eq(other_hosts->batch_count, 0);
}
END_TEST

START_TEST(many_in_one_call) {
    sink.events = 10 * LIMIT_LEARNED_MAILS + 7;
    follow_once(other_hosts);
    ck_assert_int_eq(sink.received, sink.events);
    expect_known_until(sink.events);
    ck_assert_int_eq(stored_position(), sink.events);
}
END_TEST

/* Only a host that starts with an empty state reads its own events: it may have lost their learned
 * data. */
START_TEST(events_of_its_own) {
    sink.are_own = true;
    sink.events = LIMIT_LEARNED_MAILS;
    follow_once(other_hosts);
    ck_assert(sink.own);
    follow_once(other_hosts); /* there may be more events */
    ck_assert(sink.own);
    expect_known_until(LIMIT_LEARNED_MAILS);
    sink.events = LIMIT_LEARNED_MAILS + 3;
    follow_once(other_hosts);
    ck_assert(!sink.own);
    expect_known_until(LIMIT_LEARNED_MAILS);
    other_hosts_free(other_hosts);
    other_hosts_make();
    follow_once(other_hosts);
    ck_assert(!sink.own);
    expect_known_until(LIMIT_LEARNED_MAILS);
    ck_assert_uint_eq(support_logged("malformed"), 0);
}
END_TEST

/* ---- faults ------------------------------------------------------------------------------- */

/* Another program has locked the database. */
static sqlite3 *store_block(void) {
    char path[300];
    sqlite3 *database;

    snprintf(path, sizeof(path), "%s/patchmark.db", support_folder);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return database;
}

START_TEST(a_batch_that_failed_is_read_again) {
    sqlite3 *other;

    sink.events = 2;
    follow_once(other_hosts);
    sink.events = 3 * LIMIT_LEARNED_MAILS;
    other = store_block();
    ck_assert_int_ge(follow_once(other_hosts), PAUSE_FIRST_MS / 2);
    ck_assert_int_lt(sink.received, LIMIT_LEARNED_MAILS); /* follow was not called again */
    ck_assert_int_ge(other_hosts_behind(other_hosts), 1);
    sqlite3_close(other);
    ck_assert_int_eq(stored_position(), 2);
    expect_known_until(2);
    follow_once(other_hosts);
    ck_assert_str_eq(sink.asked_from, "2");
    expect_known_until(sink.events);
    ck_assert_int_eq(other_hosts->pause_ms, 0);
}
END_TEST

START_TEST(pauses_grow_while_the_sink_fails) {
    unsigned last = 0;

    sink.result = -1;
    sink.events = 1;
    for (int i = 0; i < 20; i++) {
        int pause = follow_once(other_hosts);

        ck_assert_int_ge(pause, other_hosts->pause_ms / 2);
        ck_assert_int_le(pause, other_hosts->pause_ms);
        ck_assert_uint_ge(other_hosts->pause_ms, last);
        ck_assert_uint_eq(other_hosts->pause_ms,
                          last == 0 ? PAUSE_FIRST_MS
                                    : (2 * last < PAUSE_LAST_MS ? 2 * last : PAUSE_LAST_MS));
        last = other_hosts->pause_ms;
    }
    ck_assert_uint_eq(last, PAUSE_LAST_MS);
    expect_known_until(1); /* events that were passed before the failure are recorded */
    ck_assert_int_ge(other_hosts_behind(other_hosts), 1);
    sink.result = 0;
    ck_assert_int_eq(follow_once(other_hosts),
                     PAUSE_FIRST_MS); /* it passed no event and did not wait */
    ck_assert_int_eq(other_hosts_behind(other_hosts), 0);
    sink.result = -1;
    ck_assert_int_le(follow_once(other_hosts), PAUSE_FIRST_MS);
}
END_TEST

START_TEST(malformed_events_are_skipped_and_logged_once) {
    sink.events = 5;
    sink.bad = 3;
    follow_once(other_hosts);
    ck_assert(is_known(2) && !is_known(3) && is_known(5));
    ck_assert_int_eq(stored_position(), 5);
    ck_assert_uint_eq(support_logged("is malformed"), 1);
    sink.events = 7;
    sink.bad = 6;
    follow_once(other_hosts);
    ck_assert(!is_known(6) && is_known(7));
    ck_assert_uint_eq(support_logged("malformed"), 1);
    ck_assert_uint_eq(other_hosts->malformed, 2);
}
END_TEST

/* The memory for many malformed events is freed. */
START_TEST(malformed_events_only) {
    sink.keys = 100;
    for (sink.bad = 1; sink.bad <= 2000; sink.bad++)
        ck_assert(event_send(&other_hosts->feed, sink.bad));
    ck_assert_int_gt(stored_position(), 1);
    ck_assert_uint_lt(other_hosts->batch_bytes, LIMIT_LEARNED_BYTES);
    ck_assert_uint_eq(other_hosts->malformed, 2000);
}
END_TEST

/* ---- caught up ---------------------------------------------------------------------------- */

START_TEST(is_caught_up_when_a_call_passes_less_than_a_batch) {
    ck_assert_int_ge(other_hosts_behind(other_hosts), 1);
    sink.events = LIMIT_LEARNED_MAILS + 1;
    sink.most = LIMIT_LEARNED_MAILS;
    ck_assert_int_eq(follow_once(other_hosts),
                     0); /* without a pause, because there may be more events */
    ck_assert_int_ge(other_hosts_behind(other_hosts), 1);
    ck_assert_uint_eq(support_logged("all events of other hosts were read"), 0);
    follow_once(other_hosts);
    ck_assert_int_eq(other_hosts_behind(other_hosts), 0);
    ck_assert_uint_eq(
        support_logged(
            "sink followed: all events of other hosts were read; 21 of their mails were new"),
        1);
    follow_once(other_hosts);
    ck_assert_uint_eq(support_logged("all events of other hosts were read"), 1);
}
END_TEST

START_TEST(follow_is_not_called_again_after_it_returned_1) {
    sink.result = 1;
    ck_assert_int_eq(follow_once(other_hosts), -1);
    ck_assert_int_eq(other_hosts_behind(other_hosts), 0);
}
END_TEST

/* ---- the thread --------------------------------------------------------------------------- */

static void thread_start(void) {
    other_hosts_free(other_hosts);
    other_hosts = other_hosts_start(store, pipeline_instance(pipeline, 0), "host.example.org");
    ck_assert_ptr_nonnull(other_hosts);
}

static bool thread_end(int milliseconds) {
    struct timespec deadline;
    bool ended;

    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += milliseconds / 1000;
    other_hosts_end(other_hosts);
    ended = other_hosts_join(other_hosts, &deadline);
    other_hosts = NULL;
    return ended;
}

START_TEST(the_thread_follows_until_other_hosts_end) {
    sink.events = 3;
    thread_start();
    WAIT_UNTIL(sink.calls >= 3);
    ck_assert(thread_end(1000 * TIMEOUT_SECONDS));
    expect_known_until(3);
}
END_TEST

START_TEST(a_pause_does_not_delay_the_end) {
    sink.result = -1;
    thread_start();
    WAIT_UNTIL(sink.calls >= 5); /* the pauses are longer than the time limit of the test */
    ck_assert(thread_end(1000 * TIMEOUT_SECONDS));
}
END_TEST

START_TEST(the_thread_ends_by_itself_when_there_is_nothing_to_follow) {
    sink.result = 1;
    thread_start();
    WAIT_UNTIL(sink.calls == 1);
    ck_assert(thread_end(1000 * TIMEOUT_SECONDS));
    ck_assert_uint_eq(sink.calls, 1);
}
END_TEST

/* Its memory is not freed, and it does not use the store any more. */
START_TEST(a_sink_that_hangs_is_left_behind) {
    static struct other_hosts *left; /* no leak */

    sink.events = 3;
    sink.hangs = true;
    thread_start();
    WAIT_UNTIL(sink.inside);
    left = other_hosts;
    ck_assert(!thread_end(0));
    ck_assert_uint_eq(support_logged("sink followed is busy"), 1);
    pthread_mutex_lock(&lock);
    sink.hangs = false;
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
    WAIT_UNTIL(sink.calls == 1);
    ck_assert_int_eq(sink.received, 0);
    ck_assert(!is_known(1));
    ck_assert_ptr_nonnull(left);
}
END_TEST

SUITE(other_hosts_suite) {
    Suite *suite = suite_create("other hosts");
    TCase *tests = tcase_create("other hosts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 3 * TIMEOUT_SECONDS);
    tcase_add_test(tests, resumes_at_the_stored_position);
    tcase_add_test(tests, a_position_alone_is_stored_now_and_then);
    tcase_add_loop_test(tests, learned_data_is_recorded_in_batches, 0, 2);
    tcase_add_test(tests, many_in_one_call);
    tcase_add_test(tests, events_of_its_own);
    tcase_add_test(tests, a_batch_that_failed_is_read_again);
    tcase_add_test(tests, pauses_grow_while_the_sink_fails);
    tcase_add_test(tests, malformed_events_are_skipped_and_logged_once);
    tcase_add_test(tests, malformed_events_only);
    tcase_add_test(tests, is_caught_up_when_a_call_passes_less_than_a_batch);
    tcase_add_test(tests, follow_is_not_called_again_after_it_returned_1);
    tcase_add_test(tests, the_thread_follows_until_other_hosts_end);
    tcase_add_test(tests, a_pause_does_not_delay_the_end);
    tcase_add_test(tests, the_thread_ends_by_itself_when_there_is_nothing_to_follow);
    tcase_add_test(tests, a_sink_that_hangs_is_left_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
