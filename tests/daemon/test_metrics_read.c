/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_metrics_read.c - reads back what the daemon exports, and survives whatever else answers.
 */
#include "daemon/metrics-read.h"

#include "daemon/metrics-export.h"
#include "support/support.h"
#include "util/socket.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>

static struct metrics_samples samples;
static char path[400];

static void parse(const char *text) {
    metrics_parse(strdup(text), &samples);
}

START_TEST(samples_are_found_by_name_and_label) {
    char value[20];

    parse("# HELP patchmark_mails_total Mails.\n# TYPE patchmark_mails_total counter\n"
          "patchmark_mails_total{kind=\"patch\"} 5\npatchmark_mails_total{kind=\"cover\"} 2\n"
          "patchmark_plugin_events_total{plugin=\"webhook/ci\",what=\"delivered\"} 7\n"
          "patchmark_store_up 1\npatchmark_outbox_bytes 3000000000\n");
    ck_assert_uint_eq(samples.count, 5);
    ck_assert_int_eq(metrics_number(&samples, "mails_total", "kind", "cover"), 2);
    ck_assert_int_eq(metrics_number(&samples, "mails_total", "kind", "pull"), -1);
    ck_assert_int_eq(metrics_number(&samples, "store_up", NULL, NULL), 1);
    ck_assert_int_eq(metrics_number(&samples, "outbox_bytes", NULL, NULL), 3000000000);
    ck_assert_int_eq(metrics_number(&samples, "plugin_events_total", "what", "delivered"), 7);
    /* Neither a part of a value nor of a label's name counts. */
    ck_assert_int_eq(metrics_number(&samples, "plugin_events_total", "what", "deliver"), -1);
    ck_assert_int_eq(metrics_number(&samples, "plugin_events_total", "hat", "delivered"), -1);
    ck_assert_int_eq(metrics_number(&samples, "store", NULL, NULL), -1);
    ck_assert(metrics_label(&samples.list[2], "plugin", value, sizeof(value)));
    ck_assert_str_eq(value, "webhook/ci");
    ck_assert(metrics_label(&samples.list[2], "plugin", value, 4));
    ck_assert_str_eq(value, "web");
    ck_assert(!metrics_label(&samples.list[3], "plugin", value, sizeof(value)));
    ck_assert_str_eq(value, "");
}
END_TEST

static size_t publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self, (void)events;
    return count;
}

static struct patchmark_plugin sink = {PLUGIN_SIZES, .name = "sink", .version = "1",
                                       .summary = "for tests", .publish = publish};

/* A text from the log may have any byte that ends a value or a line. */
START_TEST(a_label_has_any_text) {
    static const char trouble[] = "say \"a=\\\",b=\" to\nC:\\ \303\244 } 3";
    struct patchmark_plugin *const plugins[] = {&sink, NULL};
    struct pipeline *pipeline = support_pipeline(plugins);
    struct metrics_moment moment = {.pipeline = pipeline};
    char *text = NULL, value[100];
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    patchmark_log(pipeline_instance(pipeline, 0), PATCHMARK_ERROR, "%s", trouble);
    metrics_write_private(out, &moment);
    fclose(out);
    metrics_parse(text, &samples);
    ck_assert_uint_eq(samples.count, 1);
    ck_assert(metrics_label(&samples.list[0], "text", value, sizeof(value)));
    ck_assert_str_eq(value, "say \"a=\\\",b=\" to\\x0aC:\\ \\xc3\\xa4 } 3");
    ck_assert(metrics_label(&samples.list[0], "lasts", value, sizeof(value)));
    ck_assert_str_eq(value, "1");
    ck_assert(metrics_label(&samples.list[0], "stands", value, sizeof(value)));
    ck_assert_str_eq(value, "1");
    ck_assert(!metrics_label(&samples.list[0], "b", value, sizeof(value)));
    ck_assert_double_gt(samples.list[0].value, 1e9);
    pipeline_release(pipeline);
}
END_TEST

/* What is no sample is left out; the rest is read. */
START_TEST(malformed_lines_are_skipped) {
    static const char *const lines[] = {"",
                                        "patchmark_",
                                        "patchmark_x",
                                        "patchmark_x y",
                                        "other_x 1",
                                        "patchmark_x 1z",
                                        "patchmark_x nan",
                                        "patchmark_x inf",
                                        "{a=\"b\"} 1",
                                        "patchmark_x 1 2 z",
                                        " ",
                                        "\"\"\"\"",
                                        "\001\377 1"};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[200];

        snprintf(text, sizeof(text), "%s\npatchmark_good 3\n", lines[i]);
        parse(text);
        ck_assert_msg(samples.count == 1, "'%s' has %zu samples", lines[i], samples.count);
        ck_assert_int_eq(metrics_number(&samples, "good", NULL, NULL), 3);
        metrics_free(&samples);
    }
    parse("patchmark_x{ 1\npatchmark_y{a= 2\npatchmark_z{a=\"} 3\npatchmark_huge 1e300\n");
    for (size_t i = 0; i < samples.count; i++)
        ck_assert_ptr_null(metrics_find(&samples, samples.list[i].name, "a", ""));
    ck_assert_int_eq(metrics_number(&samples, "huge", NULL, NULL), INT64_MAX);
}
END_TEST

#ifdef HAVE_MICROHTTPD

/* A daemon that starts, runs, reloads, stops. */
START_TEST(the_daemon_answers_on_its_socket) {
    struct pipeline *pipeline = support_pipeline(NULL);
    struct metrics_moment moment = {.pipeline = pipeline, .outbox_bytes = 42, .log_bytes = -1};
    struct metrics_export *metrics_export = metrics_export_start(NULL, NULL, path);
    struct stat status;

    ck_assert_ptr_nonnull(metrics_export);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0660);
    ck_assert_int_eq(metrics_ask(path, &samples), METRICS_EARLY);
    metrics_export_update(metrics_export, &moment);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(metrics_ask(path, &samples), METRICS_READ);
        ck_assert_int_eq(metrics_number(&samples, "outbox_bytes", NULL, NULL), 42);
        ck_assert_int_eq(samples.pid, getpid());
        ck_assert_ptr_nonnull(metrics_find(&samples, "library_info", "library", "SQLite"));
        metrics_free(&samples);
        metrics_export_stop(metrics_export);
        ck_assert_int_eq(metrics_ask(path, &samples), METRICS_REFUSED);
        metrics_export = metrics_export_start(NULL, NULL, path);
        metrics_export_update(metrics_export, &moment);
    }
    metrics_export_stop(metrics_export);
    ck_assert_uint_eq(support_logged("\n"), 0);
    pipeline_release(pipeline);
}
END_TEST

/* The path of a unix socket is bounded; everything else works without it. */
START_TEST(a_path_that_is_too_long_is_one_line) {
    struct metrics_export *metrics_export;

    memset(path, 'x', 200);
    path[200] = '\0';
    metrics_export = metrics_export_start(NULL, NULL, path);
    metrics_export_stop(metrics_export);
    ck_assert_uint_eq(support_logged("metrics: cannot listen on xxx"), 1);
    ck_assert_uint_eq(support_logged("File name too long"), 1);
}
END_TEST

#endif

static const struct {
    const char *answer;
    enum metrics_source source;
} answers[] = {
    {"HTTP/1.1 200 OK\r\n\r\npatchmark_store_up 1\n", METRICS_READ},
    {"HTTP/1.1 503 Service Unavailable\r\n\r\nno metrics yet\n", METRICS_EARLY},
    {"HTTP/1.1 404 Not Found\r\n\r\n", METRICS_SILENT},
    {"HTTP/1.1 200 OK\r\n\r\nhello\n", METRICS_SILENT},
    {"HTTP/1.1 200 OK\r\n", METRICS_SILENT},
    {"220 mail.example.org ESMTP\r\n", METRICS_SILENT},
    {"\r\n\r\n", METRICS_SILENT},
    {"", METRICS_SILENT},
};

struct server {
    int listener;
    const char *answer;
};

/* Answers one client. */
static void *server_run(void *argument) {
    const struct server *server = argument;
    size_t length = strlen(server->answer);
    char request[200];
    int connection;

    while ((connection = accept(server->listener, NULL, NULL)) < 0)
        usleep(1000);
    ck_assert_int_gt(read(connection, request, sizeof(request)), 0);
    ck_assert_int_eq(write(connection, server->answer, length), (ssize_t)length);
    close(connection);
    return NULL;
}

START_TEST(any_answer_is_understood_or_refused) {
    struct server server = {socket_listen_unix(path), answers[_i].answer};
    pthread_t thread;

    ck_assert_int_ge(server.listener, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, server_run, &server), 0);
    ck_assert_int_eq(metrics_ask(path, &samples), answers[_i].source);
    ck_assert_int_eq(samples.count > 0, answers[_i].source == METRICS_READ);
    pthread_join(thread, NULL);
    close(server.listener);
}
END_TEST

START_TEST(a_missing_socket_or_file_is_no_daemon) {
    ck_assert_int_eq(metrics_ask(path, &samples), METRICS_MISSING);
    ck_assert_int_eq(metrics_read_file(path, &samples), METRICS_MISSING);
}
END_TEST

START_TEST(a_file_is_read) {
    FILE *file = fopen(path, "we");

    fputs("patchmark_store_up 0\n", file);
    fclose(file);
    ck_assert_int_eq(metrics_read_file(path, &samples), METRICS_READ);
    ck_assert_int_eq(metrics_number(&samples, "store_up", NULL, NULL), 0);
}
END_TEST

static void setup(void) {
    support_folder_make();
    support_log_start();
    snprintf(path, sizeof(path), "%s/status.sock", support_folder);
}

static void teardown(void) {
    metrics_free(&samples);
    support_folder_remove();
}

SUITE(metrics_read_suite) {
    Suite *suite = suite_create("metrics read");
    TCase *tests = tcase_create("metrics read");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, samples_are_found_by_name_and_label);
    tcase_add_test(tests, a_label_has_any_text);
    tcase_add_test(tests, malformed_lines_are_skipped);
#ifdef HAVE_MICROHTTPD
    tcase_add_test(tests, the_daemon_answers_on_its_socket);
    tcase_add_test(tests, a_path_that_is_too_long_is_one_line);
#endif
    tcase_add_loop_test(tests, any_answer_is_understood_or_refused, 0,
                        sizeof(answers) / sizeof(answers[0]));
    tcase_add_test(tests, a_missing_socket_or_file_is_no_daemon);
    tcase_add_test(tests, a_file_is_read);
    suite_add_tcase(suite, tests);
    return suite;
}
