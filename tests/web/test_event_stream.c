/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event_stream.c - tests what a client of server-sent events reads, and when its connection is
 * suspended, resumed and ended.
 */
#include "store/outbox.h"
#include "support/support.h"
#include "web/event-stream.h"

#include <sys/socket.h>

#define LIST "dev.example.org"

/* A client, as the server has one: its connection is a pair of sockets. */
static struct {
    int sockets[2];
    int suspends, resumes, drops;
    bool suspended;
} client;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct configuration *configuration;
static struct event_streams *streams;
static struct store *store;

static void suspend(void *argument) {
    ck_assert_ptr_eq(argument, &client);
    pthread_mutex_lock(&lock);
    client.suspends++;
    client.suspended = true;
    pthread_mutex_unlock(&lock);
}

static void resume(void *argument) {
    ck_assert_ptr_eq(argument, &client);
    pthread_mutex_lock(&lock);
    client.resumes++;
    client.suspended = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void drop(void *argument) {
    (void)argument;
    client.drops++;
}

static void setup(void) {
    char text[400];

    support_folder_make();
    snprintf(text, sizeof(text), "state = \"%s\"", support_folder);
    configuration = support_configuration(text, NULL);
    store = store_open(support_folder);
    ck_assert_ptr_nonnull(store);
    memset(&client, 0, sizeof(client));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, client.sockets), 0);
    streams =
        event_streams_start(configuration, (struct event_stream_calls){suspend, resume, drop});
    ck_assert_ptr_nonnull(streams);
}

static void teardown(void) {
    event_streams_stop(streams);
    event_streams_free(streams);
    store_close(store);
    configuration_free(configuration);
    close(client.sockets[0]);
    close(client.sockets[1]);
    support_folder_remove();
}

static void append_event(const char *list, const char *type, const char *data) {
    struct outbox_event event = {.id = "invented",
                                 .type = type,
                                 .subject = "1@example.org",
                                 .list = list,
                                 .series = "",
                                 .source = "https://host.example.org/patchmark",
                                 .data = data,
                                 .data_length = strlen(data),
                                 .time = 1700000000};

    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(outbox_append(store, &event), 0);
    ck_assert_int_eq(store_commit(store), 0);
}

static struct event_stream *open_stream(int64_t since, const char *list, const char *type) {
    return event_stream_open(streams, &client, client.sockets[0],
                             &(struct event_stream_wish){since, list, type});
}

/* Waits until the client is resumed, at most MILLISECONDS.  Returns false if it is not. */
static bool is_resumed_within(unsigned milliseconds) {
    struct timespec until;
    bool resumed;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += milliseconds % 1000 * 1000000L;
    until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    while (client.suspended && pthread_cond_timedwait(&changed, &lock, &until) == 0)
        ;
    resumed = !client.suspended;
    pthread_mutex_unlock(&lock);
    return resumed;
}

static void wait_for_resume(void) {
    ck_assert(is_resumed_within(10000));
}

/* Reads from STREAM until the text has NEEDLE; pieces have up to SIZE bytes.  Returns the text, in
 * a static buffer. */
static const char *read_until(struct event_stream *stream, const char *needle, size_t size) {
    static char text[100000];
    size_t length = 0;

    text[0] = '\0';
    while (!strstr(text, needle)) {
        ssize_t got = event_stream_read(stream, text + length, size);

        ck_assert_int_ge(got, 0);
        if (got == 0)
            wait_for_resume();
        length += (size_t)got;
        ck_assert_uint_lt(length + size, sizeof(text));
        text[length] = '\0';
    }
    return text;
}

START_TEST(a_client_reads_events_that_it_lacks_and_new_ones) {
    struct event_stream *stream;
    const char *text;

    append_event(LIST, "patchmark.series.opened.v1", "{\"a\":1}");
    append_event(LIST, "patchmark.series.completed.v1", "{\"a\":\n2}");
    stream = open_stream(1, NULL, NULL);
    ck_assert_ptr_nonnull(stream);
    text = read_until(stream, "\"a\"", 8192);
    ck_assert_ptr_eq(strstr(text, "retry: "), text);
    ck_assert_ptr_nonnull(
        strstr(text, "\n\nid: 2\nevent: patchmark.series.completed.v1\ndata: {\"spec"));
    ck_assert_ptr_nonnull(strstr(text, "{\"a\": 2}")); /* a line end would end the data */
    ck_assert_str_eq(text + strlen(text) - 3, "}\n\n");
    append_event(LIST, "patchmark.series.opened.v1", "{\"b\":3}");
    text = read_until(stream, "\"b\"", 8192);
    ck_assert_ptr_eq(strstr(text, "id: 3\n"), text);
    ck_assert_int_ge(client.suspends, 1);
    ck_assert_int_eq(client.resumes, client.suspends);
    event_stream_close(stream);
}
END_TEST

START_TEST(pieces_have_the_size_that_the_server_asks_for) {
    struct event_stream *stream = open_stream(0, NULL, NULL);

    append_event(LIST, "patchmark.series.opened.v1", "{\"a\":1}");
    ck_assert_ptr_nonnull(strstr(read_until(stream, "\"a\":1}", 3), "retry: 2000\n\nid: 1\n"));
    event_stream_close(stream);
}
END_TEST

START_TEST(a_filter_passes_what_it_names) {
    struct event_stream *stream = open_stream(0, LIST, "series.completed");
    const char *text;

    append_event(LIST, "patchmark.series.opened.v1", "{\"a\":1}");
    append_event("other.example.org", "patchmark.series.completed.v1", "{\"a\":2}");
    append_event(LIST, "patchmark.series.completed.v1", "{\"a\":3}");
    text = read_until(stream, "\"a\":3", 8192);
    ck_assert_ptr_null(strstr(text, "\"a\":1"));
    ck_assert_ptr_null(strstr(text, "\"a\":2"));
    event_stream_close(stream);
}
END_TEST

/* A client that is far behind gets everything, one batch after another, in order. */
START_TEST(many_events_come_in_batches) {
    struct event_stream *stream;
    const char *text;
    char needle[40];
    size_t at = 0;

    for (int i = 1; i <= 100; i++) {
        char data[40];

        snprintf(data, sizeof(data), "{\"number\":%d}", i);
        append_event(LIST, "patchmark.series.opened.v1", data);
    }
    stream = open_stream(0, NULL, NULL);
    text = read_until(stream, "\"number\":100}", 8192);
    for (int i = 1; i <= 100; i++) {
        snprintf(needle, sizeof(needle), "\nid: %d\n", i);
        ck_assert_msg(strstr(text + at, needle) != NULL, "%s", needle);
        at = (size_t)(strstr(text + at, needle) - text);
    }
    event_stream_close(stream);
}
END_TEST

START_TEST(a_client_that_has_left_is_noticed) {
    struct event_stream *stream = open_stream(0, NULL, NULL);
    char buffer[64];

    ck_assert_int_gt(event_stream_read(stream, buffer, sizeof(buffer)), 0);
    ck_assert_int_eq(event_stream_read(stream, buffer, sizeof(buffer)), 0);
    shutdown(client.sockets[1], SHUT_RDWR);
    wait_for_resume();
    ck_assert_int_eq(event_stream_read(stream, buffer, sizeof(buffer)), -1);
    event_stream_close(stream);
}
END_TEST

START_TEST(streams_are_bounded) {
    struct event_stream *all[EVENT_STREAMS_MOST], *one;

    for (int i = 0; i < EVENT_STREAMS_MOST; i++) {
        all[i] = open_stream(0, NULL, NULL);
        ck_assert_ptr_nonnull(all[i]);
    }
    ck_assert_ptr_null(open_stream(0, NULL, NULL));
    event_stream_close(all[3]);
    one = open_stream(0, NULL, NULL);
    ck_assert_ptr_nonnull(one);
    all[3] = one;
    for (int i = 0; i < EVENT_STREAMS_MOST; i++)
        event_stream_close(all[i]);
    event_stream_close(NULL);
}
END_TEST

START_TEST(the_end_resumes_and_ends_every_stream) {
    struct event_stream *stream = open_stream(0, NULL, NULL);
    char buffer[64];

    ck_assert_int_gt(event_stream_read(stream, buffer, sizeof(buffer)), 0);
    ck_assert_int_eq(event_stream_read(stream, buffer, sizeof(buffer)), 0);
    event_streams_stop(streams);
    ck_assert_int_eq(client.resumes, 1);
    ck_assert_int_eq(event_stream_read(stream, buffer, sizeof(buffer)), -1);
    ck_assert_ptr_null(open_stream(0, NULL, NULL));
    event_stream_close(stream);
    event_streams_free(streams);
    streams =
        event_streams_start(configuration, (struct event_stream_calls){suspend, resume, drop});
}
END_TEST

/* A database was replaced by one with smaller sequences: the stream goes on with its new events, as
 * soon as the thread has seen it. */
START_TEST(another_database_continues_the_stream) {
    struct event_stream *stream = open_stream(1000, NULL, NULL);
    char buffer[64];
    int appended = 0;

    ck_assert_int_gt(event_stream_read(stream, buffer, sizeof(buffer)), 0);
    ck_assert_int_eq(event_stream_read(stream, buffer, sizeof(buffer)), 0);
    do {
        ck_assert_int_lt(appended++, 30);
        append_event(LIST, "patchmark.series.opened.v1", "{\"a\":1}");
    } while (!is_resumed_within(300));
    ck_assert_ptr_nonnull(strstr(read_until(stream, "\"a\":1", 8192), "id: "));
    event_stream_close(stream);
}
END_TEST

SUITE(event_stream_suite) {
    Suite *suite = suite_create("event stream");
    TCase *tests = tcase_create("streams");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_client_reads_events_that_it_lacks_and_new_ones);
    tcase_add_test(tests, pieces_have_the_size_that_the_server_asks_for);
    tcase_add_test(tests, a_filter_passes_what_it_names);
    tcase_add_test(tests, many_events_come_in_batches);
    tcase_add_test(tests, a_client_that_has_left_is_noticed);
    tcase_add_test(tests, streams_are_bounded);
    tcase_add_test(tests, the_end_resumes_and_ends_every_stream);
    tcase_add_test(tests, another_database_continues_the_stream);
    suite_add_tcase(suite, tests);
    return suite;
}
