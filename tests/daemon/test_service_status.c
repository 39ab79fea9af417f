/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_service_status.c - the line that systemctl status shows.
 */
#include "daemon/service-status.h"
#include "support/support.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int listener;

static void setup(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[300];

    support_folder_make();
    snprintf(path, sizeof(path), "%s/notify", support_folder);
    ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path));
    listener = socket(AF_UNIX, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", path, 1);
}

static void teardown(void) {
    close(listener);
    support_folder_remove();
}

/* Returns the next line that was sent; "" if there is none. */
static const char *received(void) {
    static char text[2000];
    ssize_t length = recv(listener, text, sizeof(text) - 1, MSG_DONTWAIT);

    if (length < 0)
        ck_assert_int_eq(errno, EAGAIN);
    text[length < 0 ? 0 : length] = '\0';
    return text;
}

static const char *line(const struct metrics_sink *sinks, size_t count, bool store_up) {
    service_status_notify(
        &(struct metrics_moment){.sinks = sinks, .sink_count = count, .store_up = store_up});
    return received();
}

START_TEST(a_daemon_without_sinks) {
    ck_assert_str_eq(line(NULL, 0, true), "STATUS=0 mails answered; store available; no sinks");
}
END_TEST

START_TEST(mails_and_events_are_counted) {
    struct metrics_sink sinks[] = {{.name = "file", .waiting = 1, .up = true},
                                   {.name = "redis", .waiting = 0, .up = true}};

    metrics_add(METRICS_ANSWERED);
    ck_assert_str_eq(
        line(sinks, 2, true),
        "STATUS=1 mail answered; store available; 1 event waiting; all sinks available");
    metrics_add(METRICS_ANSWERED);
    sinks[0].waiting = 0;
    ck_assert_str_eq(
        line(sinks, 2, true),
        "STATUS=2 mails answered; store available; 0 events waiting; all sinks available");
}
END_TEST

/* An event that waits for two sinks is one event. */
START_TEST(the_slowest_sink_counts_and_unavailable_ones_are_named) {
    const struct metrics_sink sinks[] = {{.name = "file", .waiting = 0, .up = true},
                                         {.name = "redis", .waiting = 7, .up = false},
                                         {.name = "webhook/ci", .waiting = 12, .up = false}};

    ck_assert_str_eq(line(sinks, 3, true), "STATUS=0 mails answered; store available; 12 events "
                                           "waiting; unavailable: redis, webhook/ci");
}
END_TEST

START_TEST(the_store_is_unavailable) {
    const struct metrics_sink sink = {.name = "redis", .up = true};

    ck_assert_str_eq(line(&sink, 1, false), "STATUS=0 mails answered; store unavailable; 0 events "
                                            "waiting; all sinks available");
}
END_TEST

START_TEST(a_line_is_sent_when_it_changes) {
    struct metrics_sink sink = {.name = "redis", .up = true};

    ck_assert_str_ne(line(&sink, 1, true), "");
    for (int i = 0; i < 10; i++)
        ck_assert_str_eq(line(&sink, 1, true), "");
    sink.up = false;
    ck_assert_str_ne(line(&sink, 1, true), "");
    ck_assert_str_eq(line(&sink, 1, true), "");
    sink.up = true; /* the line before the last one */
    ck_assert_str_ne(line(&sink, 1, true), "");
}
END_TEST

START_TEST(a_long_list_of_sinks_is_cut) {
    struct metrics_sink sinks[16];
    char name[64];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (size_t i = 0; i < 16; i++)
        sinks[i] = (struct metrics_sink){.name = name};
    ck_assert_str_eq(line(sinks, 0, true), "STATUS=0 mails answered; store available; no sinks");
    const char *text = line(sinks, 16, false);
    ck_assert_uint_eq(strlen(text), 511);
    ck_assert_ptr_nonnull(strstr(text, "; store unavailable; ")); /* what is cut are names */
}
END_TEST

START_TEST(the_last_line) {
    metrics_add(METRICS_ANSWERED);
    service_status_stopped();
    ck_assert_str_eq(received(), "STATUS=stopped after 1 mail");
}
END_TEST

SUITE(service_status_suite) {
    Suite *suite = suite_create("service-status");
    TCase *tests = tcase_create("service-status");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_daemon_without_sinks);
    tcase_add_test(tests, mails_and_events_are_counted);
    tcase_add_test(tests, the_slowest_sink_counts_and_unavailable_ones_are_named);
    tcase_add_test(tests, the_store_is_unavailable);
    tcase_add_test(tests, a_line_is_sent_when_it_changes);
    tcase_add_test(tests, a_long_list_of_sinks_is_cut);
    tcase_add_test(tests, the_last_line);
    suite_add_tcase(suite, tests);
    return suite;
}
