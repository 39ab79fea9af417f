/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_outbox.c - the order of events, cursors of sinks, trimming, and concurrent threads.
 */
#include "outbox-fixture.h"

START_TEST(an_event_is_read_as_it_was_appended) {
    static const char json[] = "{\"title\":\"it's a \\\"t\xc3\xa9st\\\"; DROP TABLE event\"}...";
    const struct outbox_event in = {
        .sequence = 77, /* ignored by outbox_append */
        .id = "id-1",
        .type = "patchmark.series.opened.v1",
        .subject = "20240101.1-a'b%c@example.org",
        .list = "list.example.org",
        .series = "s1-aaaaaaaaaaaaaaaa",
        .source = "//host.example.org/patchmark",
        .data = json,
        .data_length = sizeof(json) - 4, /* without the dots */
        .time = 5000000000,              /* a time after 2038 */
        .learned = "{\"host\":\"h'\"}",
        .state = "id s1-aaaaaaaaaaaaaaaa\ntitle it's a t\xc3\xa9st\n",
    };
    struct outbox_event out[2];

    open_both();
    store_begin(store);
    ck_assert_int_eq(outbox_append(store, &in), 0);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_eq(outbox_read(reader, 0, out, 2), 1);
    ck_assert_int_eq(out[0].sequence, 1);
    ck_assert_str_eq(out[0].id, in.id);
    ck_assert_str_eq(out[0].type, in.type);
    ck_assert_str_eq(out[0].subject, in.subject);
    ck_assert_str_eq(out[0].list, in.list);
    ck_assert_str_eq(out[0].series, in.series);
    ck_assert_str_eq(out[0].source, in.source);
    ck_assert_uint_eq(out[0].data_length, in.data_length);
    ck_assert_int_eq(memcmp(out[0].data, json, in.data_length), 0);
    ck_assert_int_eq(out[0].data[in.data_length], '\0');
    ck_assert_int_eq(out[0].time, in.time);
    ck_assert_str_eq(out[0].learned, in.learned);
    ck_assert_str_eq(out[0].state, in.state);
    /* All three are in the file, and count. */
    ck_assert_int_eq(outbox_size(reader),
                     (int64_t)(in.data_length + strlen(in.learned) + strlen(in.state)));
    close_both();
}
END_TEST

START_TEST(missing_fields_are_empty) {
    const struct outbox_event in = {
        .id = "id-1", .type = "patchmark.service.status.v1", .data = "{}", .data_length = 2};
    struct outbox_event out;

    open_both();
    store_begin(store);
    ck_assert_int_eq(outbox_append(store, &in), 0);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_eq(outbox_read(reader, 0, &out, 1), 1);
    ck_assert_str_eq(out.subject, "");
    ck_assert_str_eq(out.list, "");
    ck_assert_str_eq(out.series, "");
    ck_assert_str_eq(out.source, "");
    ck_assert_str_eq(out.data, "{}");
    ck_assert_str_eq(out.learned, "");
    ck_assert_str_eq(out.state, "");
    close_both();
}
END_TEST

START_TEST(sequences_have_no_gaps) {
    struct outbox_event events[4];

    open_both();
    store_begin(store);
    ck_assert_int_eq(append(store, "a"), 0);
    ck_assert_int_eq(append(store, "b"), 0);
    ck_assert_int_eq(store_commit(store), 0);
    store_begin(store);
    append(store, "never");
    store_rollback(store);
    store_begin(store);
    ck_assert_int_eq(append(store, "c"), 0);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_str_eq(event_ids(store), "a b c ");
    ck_assert_int_eq(outbox_read(reader, 0, events, 4), 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(events[i].sequence, i + 1);
    close_both();
}
END_TEST

START_TEST(outside_of_a_transaction_nothing_is_appended) {
    open_both();
    ck_assert_int_eq(append(store, "a"), -1);
    ck_assert_int_eq(outbox_set_cursor(store, "redis", 1), -1);
    ck_assert_str_eq(event_ids(store), "");
    close_both();
}
END_TEST

START_TEST(reading_goes_on_after_a_sequence) {
    static const struct {
        int64_t after;
        int max, count;
        int64_t first;
    } cases[] = {
        {0, 10, 5, 1},  {0, 2, 2, 1}, {2, 2, 2, 3},   {4, 2, 1, 5}, {5, 10, 0, 0}, /* the end */
        {99, 10, 0, 0}, {0, 0, 0, 0}, {-1, 10, 5, 1}, /* a sequence before the first event */
    };
    struct outbox_event events[10];

    open_both();
    pass_mails(store, 1, 5);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(outbox_read(reader, cases[i].after, events, cases[i].max), cases[i].count);
        for (int n = 0; n < cases[i].count; n++)
            ck_assert_int_eq(events[n].sequence, cases[i].first + n);
    }
    close_both();
}
END_TEST

START_TEST(a_batch_of_large_events_is_short_but_never_empty) {
    static char json[3 * 1024 * 1024];
    struct outbox_event event = {.type = "patchmark.message.seen.v1",
                                 .data = json,
                                 .data_length = sizeof(json)};
    struct outbox_event events[10];

    memset(json, '7', sizeof(json));
    open_both();
    store_begin(store);
    for (int i = 0; i < 3; i++) {
        char id[2] = {(char)('a' + i), '\0'};

        event.id = id;
        ck_assert_int_eq(outbox_append(store, &event), 0);
    }
    ck_assert_int_eq(store_commit(store), 0);
    /* The second event of 3 MiB exceeds the 4 MiB of a batch. */
    ck_assert_int_eq(outbox_read(reader, 0, events, 10), 2);
    ck_assert_int_eq(outbox_read(reader, 2, events, 10), 1);
    ck_assert_str_eq(events[0].id, "c");
    ck_assert_int_eq(outbox_read(reader, 3, events, 10), 0);
    close_both();
}
END_TEST

/* Sinks and followers store sequences, so none may be used twice. */
START_TEST(sequences_grow_whatever_was_deleted) {
    open_both();
    ck_assert_int_eq(outbox_newest(reader), 0);
    pass_mails(store, 1, 3);
    ck_assert_int_eq(outbox_newest(reader), 3);
    ck_assert_int_eq(outbox_trim(store, NULL, 0, 0), 2);
    ck_assert_str_eq(event_ids(store), "e3 ");
    ck_assert_int_eq(outbox_newest(reader), 3);
    pass_mails(store, 4, 4);
    ck_assert_int_eq(outbox_newest(reader), 4);
    ck_assert_int_eq(outbox_trim(store, NULL, 0, 0), 1);
    ck_assert_int_eq(outbox_trim(store, NULL, 0, 0), 0);
    outbox_reader_close(reader);
    store_close(store);
    open_both();
    ck_assert_int_eq(outbox_newest(reader), 4);
    pass_mails(store, 5, 5);
    ck_assert_int_eq(outbox_newest(reader), 5);
    ck_assert_str_eq(event_ids(store), "e4 e5 ");
    close_both();
}
END_TEST

START_TEST(each_sink_has_its_own_cursor) {
    open_both();
    pass_mails(store, 1, 5);
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 0);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 5);
    ck_assert_int_eq(outbox_acknowledge(store, "redis", 3), 0);
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 3);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 2);
    ck_assert_int_eq(outbox_cursor(reader, "file"), 0);
    ck_assert_int_eq(outbox_depth(reader, "file"), 5);
    ck_assert_int_eq(outbox_acknowledge(store, "redis", 5), 0);
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 5);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 0);
    pass_mails(store, 6, 6);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 1);
    close_both();
}
END_TEST

START_TEST(depth_counts_what_is_in_the_outbox) {
    static const char *const redis[] = {"redis"};

    open_both();
    ck_assert_int_eq(outbox_depth(reader, "redis"), 0);
    pass_mails(store, 1, 5);
    outbox_acknowledge(store, "redis", 3);
    ck_assert_int_eq(outbox_trim(store, redis, 1, 0), 3);
    /* A new sink starts at the oldest event in the outbox, number 4. */
    ck_assert_int_eq(outbox_depth(reader, "file"), 2);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 2);
    outbox_acknowledge(store, "redis", 5);
    ck_assert_int_eq(outbox_trim(store, redis, 1, 0), 1);
    ck_assert_int_eq(outbox_depth(reader, "file"), 1);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 0);
    /* With a cursor after the end, as after the outbox was replaced, the depth is 0. */
    outbox_acknowledge(store, "redis", 50);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 0);
    close_both();
}
END_TEST

/* Five events; redis acknowledged 4, file 2, gone (a sink no longer configured) 0. */
static const struct {
    const char *sinks[4];
    int64_t keep, gone;
    const char *left, *reason;
} trims[] = {
    {{"redis", "file"}, 0, 2, "e3 e4 e5 ", "the slowest sink decides"},
    {{"redis"}, 0, 4, "e5 ", "sinks that are not named do not"},
    {{"redis"}, 2, 3, "e4 e5 ", "the newest two stay"},
    {{"redis", "file"}, 4, 1, "e2 e3 e4 e5 ", "whichever is less"},
    {{"redis", "new"}, 0, 0, "e1 e2 e3 e4 e5 ", "a sink never seen has acknowledged nothing"},
    {{NULL}, 0, 4, "e5 ", "nobody needs any, and the newest stays"},
    {{NULL}, 2, 3, "e4 e5 ", "but for those that look back"},
    {{NULL}, 5, 0, "e1 e2 e3 e4 e5 ", "keep as many as there are"},
    {{NULL}, 100, 0, "e1 e2 e3 e4 e5 ", "keep more than there are"},
};

START_TEST(trimming_leaves_events_that_a_sink_needs) {
    size_t number = (size_t)_i, count = 0;

    open_both();
    pass_mails(store, 1, 5);
    outbox_acknowledge(store, "redis", 4);
    outbox_acknowledge(store, "file", 2);
    outbox_acknowledge(store, "gone", 0);
    while (trims[number].sinks[count])
        count++;
    ck_assert_msg(outbox_trim(store, trims[number].sinks, count, trims[number].keep) ==
                      trims[number].gone,
                  "%s", trims[number].reason);
    ck_assert_str_eq(event_ids(store), trims[number].left);
    /* A second call deletes nothing. */
    ck_assert_int_eq(outbox_trim(store, trims[number].sinks, count, trims[number].keep), 0);
    close_both();
}
END_TEST

/* But not of one that the outbox has all events for, so that it can continue. */
START_TEST(trimming_deletes_cursors_of_sinks_not_named) {
    static const char *const sinks[] = {"redis", "file"};

    open_both();
    pass_mails(store, 1, 5);
    outbox_acknowledge(store, "a", 1);
    outbox_acknowledge(store, "file", 2);
    outbox_acknowledge(store, "m", 1);
    outbox_acknowledge(store, "n", 2);
    outbox_acknowledge(store, "redis", 4);
    outbox_acknowledge(store, "y", 5);
    outbox_acknowledge(store, "z", 1);
    ck_assert_int_eq(outbox_trim(store, sinks, 2, 0), 2);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 ");
    ck_assert_int_eq(outbox_cursor(reader, "a"), 0);
    ck_assert_int_eq(outbox_cursor(reader, "file"), 2);
    ck_assert_int_eq(outbox_cursor(reader, "m"), 0);
    ck_assert_int_eq(outbox_cursor(reader, "n"), 2);
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 4);
    ck_assert_int_eq(outbox_cursor(reader, "y"), 5);
    ck_assert_int_eq(outbox_cursor(reader, "z"), 0);
    close_both();
}
END_TEST

START_TEST(trimming_takes_as_many_transactions_as_it_needs) {
    static const char *const redis[] = {"redis"};

    open_both();
    /* Steps of 50 events: two full ones and one that is not, then exactly one full one. */
    pass_mails(store, 1, 176);
    outbox_acknowledge(store, "redis", 125);
    ck_assert_int_eq(outbox_trim(store, redis, 1, 0), 125);
    outbox_acknowledge(store, "redis", 175);
    ck_assert_int_eq(outbox_trim(store, redis, 1, 0), 50);
    ck_assert_str_eq(event_ids(store), "e176 ");
    close_both();
}
END_TEST

/* ---- store_on_append ----------------------------------------------------------------------- */

static _Atomic int appends;

static void count_append(void *argument) {
    ck_assert_ptr_eq(argument, &appends);
    appends++;
}

START_TEST(appends_are_reported_after_their_commit) {
    open_both();
    store_on_append(store, count_append, &appends);
    store_begin(store);
    append(store, "a");
    append(store, "b");
    ck_assert_int_eq(appends, 0);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_eq(appends, 1);

    store_begin(store);
    append(store, "c");
    store_rollback(store);
    ck_assert_msg(appends == 1, "rolled back");

    store_begin(store);
    record(store, "1@example.org");
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_msg(appends == 1, "nothing was appended");

    outbox_acknowledge(store, "redis", 1);
    outbox_trim(store, NULL, 0, 0);
    ck_assert_msg(appends == 1, "no append either");

    store_on_append(store, NULL, NULL);
    ck_assert_int_eq(pass_mail(store, 9), 0);
    ck_assert_int_eq(appends, 1);
    close_both();
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------- */

#define WRITERS 4
#define READERS 2
#define MAILS   150 /* transactions of each writer; one of five is rolled back */
#define EVENTS  (WRITERS * MAILS / 5 * 4)

static char committed[EVENTS]
                     [16]; /* ids in the order of commits; protected by the lock of the store */
static int committed_count;

static void *write_mails(void *argument) {
    for (int i = 0; i < MAILS; i++) {
        char id[16];

        snprintf(id, sizeof(id), "%s-%d", (const char *)argument, i);
        ck_assert_int_eq(store_begin(store), 0);
        ck_assert_int_eq(append(store, id), 0);
        if (i % 5 == 2) {
            store_rollback(store);
            continue;
        }
        strcpy(committed[committed_count++], id);
        ck_assert_int_eq(store_commit(store), 0);
    }
    return NULL;
}

/* Reads the outbox to its end; the result is 0 if it has read each event once, in order. */
static void *follow(void *argument) {
    struct outbox_reader *own = open_reader(store);
    struct outbox_event events[16];
    int64_t last = 0;
    intptr_t wrong = 0;

    (void)argument;
    while (last < EVENTS) {
        int count = outbox_read(own, last, events, 16);

        if (count < 0)
            wrong++;
        for (int i = 0; i < count; i++)
            if (events[i].sequence != ++last)
                wrong++;
        if (wrong)
            break;
    }
    outbox_reader_close(own);
    return (void *)wrong;
}

START_TEST(threads_write_in_turn_and_readers_see_a_beginning) {
    static char names[WRITERS][2] = {"a", "b", "c", "d"};
    pthread_t writers[WRITERS], readers[READERS];
    struct outbox_event event;

    open_both();
    store_on_append(store, count_append, &appends);
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, follow, NULL), 0);
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_create(&writers[i], NULL, write_mails, names[i]), 0);
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_join(writers[i], NULL), 0);
    for (int i = 0; i < READERS; i++) {
        void *wrong;

        ck_assert_int_eq(pthread_join(readers[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
    }
    ck_assert_int_eq(appends, EVENTS);
    ck_assert_int_eq(outbox_newest(reader), EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        ck_assert_int_eq(outbox_read(reader, i, &event, 1), 1);
        ck_assert_int_eq(event.sequence, i + 1);
        ck_assert_str_eq(event.id, committed[i]);
    }
    close_both();
}
END_TEST

static _Atomic bool telling;

static void count_slowly(void *argument) {
    (void)argument;
    telling = true;
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    telling = false;
}

static void *append_one(void *argument) {
    ck_assert_int_eq(pass_mail(store, 1), 0);
    return argument;
}

/* After store_on_append has returned, the argument of the earlier function can be freed. */
START_TEST(a_replaced_function_is_not_called) {
    pthread_t writer;

    open_both();
    store_on_append(store, count_slowly, NULL);
    ck_assert_int_eq(pthread_create(&writer, NULL, append_one, NULL), 0);
    while (!telling)
        sched_yield();
    store_on_append(store, NULL, NULL);
    ck_assert(!telling);
    pthread_join(writer, NULL);
    close_both();
}
END_TEST

SUITE(outbox_suite) {
    Suite *suite = suite_create("outbox");
    TCase *tests = tcase_create("outbox");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_event_is_read_as_it_was_appended);
    tcase_add_test(tests, missing_fields_are_empty);
    tcase_add_test(tests, sequences_have_no_gaps);
    tcase_add_test(tests, outside_of_a_transaction_nothing_is_appended);
    tcase_add_test(tests, reading_goes_on_after_a_sequence);
    tcase_add_test(tests, a_batch_of_large_events_is_short_but_never_empty);
    tcase_add_test(tests, sequences_grow_whatever_was_deleted);
    tcase_add_test(tests, each_sink_has_its_own_cursor);
    tcase_add_test(tests, depth_counts_what_is_in_the_outbox);
    tcase_add_loop_test(tests, trimming_leaves_events_that_a_sink_needs, 0,
                        sizeof(trims) / sizeof(trims[0]));
    tcase_add_test(tests, trimming_deletes_cursors_of_sinks_not_named);
    tcase_add_test(tests, trimming_takes_as_many_transactions_as_it_needs);
    tcase_add_test(tests, appends_are_reported_after_their_commit);
    tcase_add_test(tests, threads_write_in_turn_and_readers_see_a_beginning);
    tcase_add_test(tests, a_replaced_function_is_not_called);
    suite_add_tcase(suite, tests);
    return suite;
}
