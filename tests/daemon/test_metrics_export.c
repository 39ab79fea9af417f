/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_metrics_export.c - tests the file and the HTTP server of the metrics, as a monitor and as an
 * attacker use them.
 */
#include "daemon/metrics-export.h"

#include "daemon/metrics-read.h"
#include "support/prometheus.h"
#include "support/support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define TIMEOUT_MS  10000
#define CONNECTIONS 64 /* as in metrics-export.c */

static struct pipeline *pipeline;
static struct metrics_moment moment;
static struct metrics_export *metrics_export;
static char file[400];

/* ---- the file ----------------------------------------------------------------------------- */

/* Returns the content of the file PATH, which the caller frees; NULL if it cannot be read. */
static char *file_text(const char *path) {
    FILE *in = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    ssize_t length = in ? getdelim(&text, &size, '\0', in) : -1;

    if (in)
        fclose(in);
    if (length >= 0)
        return text;
    free(text);
    return NULL;
}

static void file_is_good(void) {
    char *text = file_text(file);

    ck_assert_ptr_nonnull(text);
    free(prometheus_read(text));
    free(text);
}

START_TEST(the_file_is_for_everyone_to_read) {
    struct stat status;

    umask(0077);
    metrics_export = metrics_export_start(file, NULL, NULL);
    metrics_export_update(metrics_export, &moment);
    ck_assert_int_eq(stat(file, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0644);
    file_is_good();
}
END_TEST

static atomic_bool reading = true;

static void *read_always(void *argument) {
    size_t *texts = argument;

    while (atomic_load(&reading)) {
        file_is_good();
        ++*texts;
    }
    return NULL;
}

/* A collector that reads at any time finds a complete text. */
START_TEST(the_file_is_replaced_whole) {
    size_t texts = 0;
    pthread_t reader;

    metrics_export = metrics_export_start(file, NULL, NULL);
    metrics_export_update(metrics_export, &moment);
    ck_assert_int_eq(pthread_create(&reader, NULL, read_always, &texts), 0);
    for (int i = 0; i < 200; i++)
        metrics_export_update(metrics_export, &moment);
    atomic_store(&reading, false);
    pthread_join(reader, NULL);
    ck_assert_uint_gt(texts, 0);
}
END_TEST

START_TEST(a_missing_folder_is_logged_once_until_it_exists_again) {
    char folder[300];

    snprintf(folder, sizeof(folder), "%s/later", support_folder);
    snprintf(file, sizeof(file), "%s/metrics.prom", folder);
    metrics_export = metrics_export_start(file, NULL, NULL);
    for (int i = 0; i < 3; i++)
        metrics_export_update(metrics_export, &moment);
    ck_assert_uint_eq(support_logged("metrics: cannot write "), 1);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    for (int i = 0; i < 3; i++)
        metrics_export_update(metrics_export, &moment);
    ck_assert_uint_eq(support_logged("is written again"), 1);
    ck_assert_uint_eq(support_logged("\n"), 2);
    file_is_good();
}
END_TEST

/* A user who can create files in that folder must not choose the file that the daemon overwrites.
 */
START_TEST(a_link_is_not_followed) {
    char victim[300], link[300];
    char *text;

    snprintf(victim, sizeof(victim), "%s/victim", support_folder);
    snprintf(link, sizeof(link), "%s/metrics.prom.new", support_folder);
    close(open(victim, O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(symlink(victim, link), 0);
    metrics_export = metrics_export_start(file, NULL, NULL);
    metrics_export_update(metrics_export, &moment);
    text = file_text(victim);
    ck_assert_ptr_null(text);
    ck_assert_uint_eq(support_logged("metrics: cannot write "), 1);
}
END_TEST

START_TEST(without_file_and_address_there_is_no_export) {
    ck_assert_ptr_null(metrics_export_start(NULL, NULL, NULL));
    ck_assert_ptr_null(metrics_export_start("", "", NULL));
    metrics_export_update(NULL, &moment);
    metrics_export_stop(NULL);
}
END_TEST

/* ---- HTTP --------------------------------------------------------------------------------- */

#ifdef HAVE_MICROHTTPD

static char address[64];
static uint16_t port;

static struct sockaddr_in loopback(void) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Returns a socket that is bound to a free port, and sets `address` to that port. */
static int port_reserve(void) {
    int reserved = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = loopback();
    socklen_t size = sizeof(at);

    at.sin_port = 0;
    ck_assert_int_eq(bind(reserved, (struct sockaddr *)&at, size), 0);
    ck_assert_int_eq(getsockname(reserved, (struct sockaddr *)&at, &size), 0);
    port = ntohs(at.sin_port);
    snprintf(address, sizeof(address), "inet:%u@127.0.0.1", port);
    return reserved;
}

static void start(void) {
    close(port_reserve());
    metrics_export = metrics_export_start(NULL, address, NULL);
    ck_assert_uint_eq(support_logged("\n"), 0);
}

static int connect_to_it(void) {
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = loopback();

    ck_assert_int_eq(connect(connection, (struct sockaddr *)&at, sizeof(at)), 0);
    return connection;
}

/* Sends REQUEST and returns all bytes until the server closes the connection, "" if there are none;
 * NULL if it does not answer. */
static const char *ask_on(int connection, const char *request) {
    static char answer[65536];
    size_t length = 0;
    ssize_t got;

    send(connection, request, strlen(request), MSG_NOSIGNAL);
    do {
        struct pollfd wanted = {.fd = connection, .events = POLLIN};

        if (poll(&wanted, 1, TIMEOUT_MS) != 1)
            return NULL;
        got = recv(connection, answer + length, sizeof(answer) - 1 - length, 0);
        length += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    answer[length] = '\0';
    close(connection);
    return answer;
}

static const char *ask(const char *method, const char *path) {
    char request[200];
    const char *answer;

    snprintf(request, sizeof(request),
             "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method, path);
    answer = ask_on(connect_to_it(), request);
    ck_assert_msg(answer != NULL, "no answer to %s %s", method, path);
    return answer;
}

/* Returns true if ANSWER has FIELD.  Names of fields are case-insensitive in HTTP. */
static bool has_field(const char *answer, const char *field) {
    const char *end = strstr(answer, "\r\n\r\n"), *found = strcasestr(answer, field);

    return end && found && found < end;
}

static const char *body(const char *answer) {
    const char *end = strstr(answer, "\r\n\r\n");

    return end ? end + 4 : "";
}

#define STATUS(answer, status) \
    ck_assert_msg(strncmp(answer, "HTTP/1.1 " status, 12) == 0, "it answers: %.60s", answer)

START_TEST(get_returns_the_metrics) {
    const char *answer;

    start();
    metrics_export_update(metrics_export, &moment);
    answer = ask("GET", "/metrics");
    STATUS(answer, "200");
    ck_assert(has_field(answer, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    free(prometheus_read(body(answer)));
}
END_TEST

START_TEST(head_returns_the_same_fields_without_them) {
    const char *answer;

    start();
    metrics_export_update(metrics_export, &moment);
    answer = ask("HEAD", "/metrics");
    STATUS(answer, "200");
    ck_assert(has_field(answer, "\r\nContent-Type: text/plain; version=0.0.4"));
    ck_assert(has_field(answer, "\r\nContent-Length: "));
    ck_assert_str_eq(body(answer), "");
}
END_TEST

START_TEST(other_paths_and_methods_are_refused) {
    static const char *const paths[] = {"/", "/metrics/", "/metricsx", "/../etc/passwd"};
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "BREW"};

    start();
    metrics_export_update(metrics_export, &moment);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        STATUS(ask("GET", paths[i]), "404");
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const char *answer = ask(methods[i], "/metrics");

        STATUS(answer, "405");
        ck_assert(has_field(answer, "\r\nAllow: GET, HEAD\r\n"));
    }
    STATUS(ask_on(connect_to_it(), "POST /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                   "Connection: close\r\nContent-Length: 5\r\n\r\nhello"),
           "405");
    STATUS(ask("GET", "/metrics"), "200");
}
END_TEST

/* Before the first update there are no numbers: zeros would look like a restart. */
START_TEST(before_the_first_update_there_is_nothing_to_get) {
    start();
    STATUS(ask("GET", "/metrics"), "503");
    metrics_export_update(metrics_export, &moment);
    STATUS(ask("GET", "/metrics"), "200");
}
END_TEST

START_TEST(invalid_requests_do_no_harm) {
    static const char *const requests[] = {"\r\n\r\n\r\n", "GET\r\n\r\n",
                                           "\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n\r\n",
                                           "GET /metrics HTTP/9.9\r\n\r\n",
                                           "GET /%00%ff%zz HTTP/1.1\r\nConnection: close\r\n\r\n"};
    static char long_one[100 * 1024];

    start();
    metrics_export_update(metrics_export, &moment);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        int connection = connect_to_it();

        send(connection, requests[i], strlen(requests[i]), MSG_NOSIGNAL);
        shutdown(connection, SHUT_WR);
        ck_assert_ptr_nonnull(ask_on(connection, ""));
        STATUS(ask("GET", "/metrics"), "200");
    }
    memset(long_one, 'x', sizeof(long_one) - 1);
    memcpy(long_one, "GET /", 5);
    ask_on(connect_to_it(), long_one); /* any answer is valid */
    STATUS(ask("GET", "/metrics"), "200");
}
END_TEST

/* A client that sends half of a request delays neither an update nor another client. */
START_TEST(a_slow_client_holds_up_nobody) {
    int slow;

    start();
    slow = connect_to_it();
    ck_assert_int_eq(send(slow, "GET /met", 8, 0), 8);
    metrics_export_update(metrics_export, &moment);
    STATUS(ask("GET", "/metrics"), "200");
    STATUS(ask_on(slow, "rics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "200");
}
END_TEST

static size_t descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* Clients that stay and send nothing, half of a request, or many requests whose answers they do not
 * read.  Whatever their number, a monitor is answered, and the server keeps few of them. */
START_TEST(clients_that_stay_keep_no_monitor_out) {
    static const char *const sent[] = {"", "GET /metrics HTTP/1.1\r\nHost: loc",
                                       "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"};
    int connections[5 * CONNECTIONS];
    const size_t count = sizeof(connections) / sizeof(connections[0]);
    size_t before;

    start();
    metrics_export_update(metrics_export, &moment);
    before = descriptors();
    for (size_t kind = 0; kind < 3; kind++) {
        for (size_t i = 0; i < count; i++) {
            connections[i] = connect_to_it();
            for (int j = 0; j < (kind == 2 ? 1000 : 1); j++)
                send(connections[i], sent[kind], strlen(sent[kind]), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (i % CONNECTIONS == 0)
                STATUS(ask("GET", "/metrics"), "200");
        }
        STATUS(ask("GET", "/metrics"), "200");
        ck_assert_uint_le(descriptors(), before + count + CONNECTIONS);
        for (size_t i = 0; i < count; i++)
            close(connections[i]);
    }
}
END_TEST

/* `patchmark status` asks there, perhaps right after a mail. */
START_TEST(on_the_unix_socket_counters_are_those_of_now) {
    char path[400];
    struct metrics_samples samples;

    snprintf(path, sizeof(path), "%s/status.sock", support_folder);
    metrics_export = metrics_export_start(NULL, NULL, path);
    ck_assert_int_eq(metrics_ask(path, &samples), METRICS_EARLY);
    moment.time = 1700000000;
    metrics_export_update(metrics_export, &moment);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(metrics_ask(path, &samples), METRICS_READ);
        ck_assert_int_eq(metrics_number(&samples, "mails_answered_total", NULL, NULL), i);
        /* But values of one moment are those of the last update. */
        ck_assert_int_eq(metrics_number(&samples, "updated_timestamp_seconds", NULL, NULL),
                         1700000000);
        metrics_free(&samples);
        metrics_add(METRICS_ANSWERED);
    }
}
END_TEST

/* The port may be used by another daemon; the file is still written. */
START_TEST(a_port_in_use_is_one_line) {
    int reserved = port_reserve();

    ck_assert_int_eq(listen(reserved, 1), 0);
    metrics_export = metrics_export_start(file, address, NULL);
    ck_assert_ptr_nonnull(metrics_export);
    metrics_export_update(metrics_export, &moment);
    metrics_export_update(metrics_export, &moment);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_uint_eq(support_logged("metrics: cannot listen on inet:"), 1);
    ck_assert_uint_eq(support_logged("Address already in use"), 1);
    file_is_good();
    close(reserved);
}
END_TEST

/* A reload stops and starts the export. */
START_TEST(it_stops_and_starts_on_the_same_port) {
    start();
    for (int i = 0; i < 20; i++) {
        metrics_export_update(metrics_export, &moment);
        STATUS(ask("GET", "/metrics"), "200");
        metrics_export_stop(metrics_export);
        metrics_export = metrics_export_start(NULL, address, NULL);
    }
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

static bool has_ipv6(void) {
    int reserved = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool has = reserved >= 0 && bind(reserved, (struct sockaddr *)&at, sizeof(at)) == 0;

    close(reserved);
    return has;
}

START_TEST(an_address_may_be_in_brackets) {
    close(port_reserve());
    snprintf(address, sizeof(address), "inet:%u@[127.0.0.1]", port);
    metrics_export = metrics_export_start(NULL, address, NULL);
    metrics_export_update(metrics_export, &moment);
    STATUS(ask_on(connect_to_it(), "GET /metrics HTTP/1.0\r\n\r\n"), "200");
}
END_TEST

START_TEST(the_loopback_address_of_version_6) {
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int connection;

    if (!has_ipv6())
        return;
    close(port_reserve());
    snprintf(address, sizeof(address), "inet6:%u@::1", port);
    metrics_export = metrics_export_start(NULL, address, NULL);
    metrics_export_update(metrics_export, &moment);
    at.sin6_port = htons(port);
    connection = socket(AF_INET6, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(connection, (struct sockaddr *)&at, sizeof(at)), 0);
    STATUS(ask_on(connection, "GET /metrics HTTP/1.0\r\n\r\n"), "200");
}
END_TEST

#endif

/* ---- setup and teardown ------------------------------------------------------------------- */

static void setup(void) {
    support_folder_make();
    support_log_start();
    snprintf(file, sizeof(file), "%s/metrics.prom", support_folder);
    pipeline = support_pipeline(NULL);
    moment = (struct metrics_moment){
        .pipeline = pipeline, .outbox_bytes = -1, .log_bytes = -1, .room_bytes = -1};
}

static void teardown(void) {
    metrics_export_stop(metrics_export);
    pipeline_release(pipeline);
    support_folder_remove();
}

SUITE(metrics_export_suite) {
    Suite *suite = suite_create("metrics export");
    TCase *tests = tcase_create("metrics export");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_file_is_for_everyone_to_read);
    tcase_add_test(tests, the_file_is_replaced_whole);
    tcase_add_test(tests, a_missing_folder_is_logged_once_until_it_exists_again);
    tcase_add_test(tests, a_link_is_not_followed);
    tcase_add_test(tests, without_file_and_address_there_is_no_export);
#ifdef HAVE_MICROHTTPD
    tcase_add_test(tests, get_returns_the_metrics);
    tcase_add_test(tests, head_returns_the_same_fields_without_them);
    tcase_add_test(tests, other_paths_and_methods_are_refused);
    tcase_add_test(tests, before_the_first_update_there_is_nothing_to_get);
    tcase_add_test(tests, invalid_requests_do_no_harm);
    tcase_add_test(tests, a_slow_client_holds_up_nobody);
    tcase_add_test(tests, clients_that_stay_keep_no_monitor_out);
    tcase_add_test(tests, on_the_unix_socket_counters_are_those_of_now);
    tcase_add_test(tests, a_port_in_use_is_one_line);
    tcase_add_test(tests, it_stops_and_starts_on_the_same_port);
    tcase_add_test(tests, an_address_may_be_in_brackets);
    tcase_add_test(tests, the_loopback_address_of_version_6);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
