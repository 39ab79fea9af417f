/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_webhook.c - the requests that the webhook plugin sends, and what it does with each answer.
 */
#include "webhook.c"

#include "support/fake-instance.h"
#include "support/suite.h"
#include "test_endpoint.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define EVENTS       4
#define VALUES       8

static char folder[64], secret_path[96], next_path[96], refused_path[96], url[64];
static struct patchmark_instance *instance;
static struct webhook *webhook;
static struct patchmark_event events[EVENTS];

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
}

static void setup(void) {
    static char texts[EVENTS][3][160];

    signal(SIGPIPE, SIG_IGN); /* as patchmark does */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    strcpy(folder, "/tmp/patchmark-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(secret_path, sizeof(secret_path), "%s/secret", folder);
    snprintf(next_path, sizeof(next_path), "%s/next", folder);
    snprintf(refused_path, sizeof(refused_path), "%s/refused.jsonl", folder);
    put(secret_path, SECRET "\n");
    put(next_path, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    for (size_t i = 0; i < EVENTS; i++) {
        snprintf(texts[i][0], sizeof(texts[i][0]), "%032zu", i);
        snprintf(texts[i][1], sizeof(texts[i][1]), "{\"id\":\"%032zu\",\"data\":{}}", i);
        events[i] = (struct patchmark_event){.struct_size = sizeof(events[i]),
                                             .sequence = (int64_t)i,
                                             .id = texts[i][0],
                                             .type = "patchmark.message.seen.v1",
                                             .subject = "1@example.org",
                                             .list = "kvm.example.org",
                                             .series = "",
                                             .json = texts[i][1],
                                             .json_length = strlen(texts[i][1])};
    }
}

static void teardown(void) {
    if (webhook)
        plugin.close(webhook);
    if (instance)
        fake_instance_free(instance);
    unlink(secret_path);
    unlink(next_path);
    unlink(refused_path);
    rmdir(folder);
}

/* Starts an endpoint with SCRIPT and opens the plugin for it, with the options MORE. */
static void start_with(const struct endpoint_answer *script, size_t count,
                       const struct fake_value *more) {
    static struct fake_value values[VALUES];
    size_t used = 0;
    void *self;

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hook?a=b", endpoint_start(script, count));
    values[used++] = (struct fake_value){"url", url};
    values[used++] = (struct fake_value){"secret_file", secret_path};
    for (; more && more->name; more++)
        values[used++] = *more;
    ck_assert_uint_lt(used, VALUES);
    instance = fake_instance_new(settings_options, values);
    ck_assert_int_eq(plugin.open(instance, &self), 0);
    webhook = self;
}

#define START(script, ...) \
    start_with(script, COUNT(script), (const struct fake_value[]){__VA_ARGS__ __VA_OPT__(, ){0}})

static bool publish(size_t i) {
    const struct patchmark_event *event = &events[i];

    return plugin.publish(webhook, &event, 1) == 1;
}

/* Publishes event I until it is done, without the pauses.  Returns the number of calls. */
static size_t publish_until_done(size_t i) {
    size_t calls = 1;

    for (; !publish(i); calls++) {
        ck_assert_uint_lt(calls, 100);
        webhook->not_before = 0;
    }
    return calls;
}

static uint64_t counted(const char *name) {
    return fake_instance_counted(instance, name);
}

static void assert_log(size_t line, int level, const char *text) {
    ck_assert_uint_lt(line, instance->line_count);
    ck_assert_int_eq(instance->lines[line].level, level);
    ck_assert_msg(strstr(instance->lines[line].text, text), "'%s' is not in '%s'", text,
                  instance->lines[line].text);
}

/* Asserts that request I has the header field FIELD, and returns its value. */
static const char *field(size_t i, const char *name) {
    static char value[256];
    char line[64];
    const char *at;

    snprintf(line, sizeof(line), "\r\n%s: ", name);
    at = strcasestr(endpoint_request(i), line);
    ck_assert_msg(at, "request %zu has no %s: %s", i, name, endpoint_request(i));
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + strlen(line), "\r"),
             at + strlen(line));
    return value;
}

/* ---- a request ---------------------------------------------------------------------------- */

START_TEST(a_request_has_event_and_signature) {
    static const struct endpoint_answer script[] = {ENDPOINT_OK};
    struct secret secret;
    char expected[SIGNATURE_SIZE];
    int64_t before = (int64_t)time(NULL), timestamp;

    START(script);
    ck_assert(publish(1));
    ck_assert_int_eq(strncmp(endpoint_request(0), "POST /hook?a=b HTTP/1.1\r\n", 25), 0);
    ck_assert_str_eq(field(0, "Content-Type"), "application/cloudevents+json; charset=UTF-8");
    ck_assert_str_eq(field(0, "User-Agent"), "patchmark/" PACKAGE_VERSION);
    ck_assert_str_eq(field(0, "webhook-id"), events[1].id);
    ck_assert_str_eq(strstr(endpoint_request(0), "\r\n\r\n") + 4, events[1].json);
    ck_assert_ptr_null(strcasestr(endpoint_request(0), "\r\nExpect:"));
    ck_assert_ptr_null(strcasestr(endpoint_request(0), "\r\nAccept-Encoding:"));
    timestamp = strtoll(field(0, "webhook-timestamp"), NULL, 10);
    ck_assert_int_ge(timestamp, before);
    ck_assert_int_le(timestamp, (int64_t)time(NULL));
    ck_assert_ptr_null(secret_read(&secret, SECRET, strlen(SECRET)));
    ck_assert_int_eq(signature_make(&secret, 1, events[1].id, timestamp, events[1].json,
                                    events[1].json_length, expected),
                     0);
    ck_assert_str_eq(field(0, "webhook-signature"), expected);
    ck_assert_uint_eq(counted("delivered"), 1);
    ck_assert_uint_eq(instance->line_count, 0);
}
END_TEST

START_TEST(two_signatures_while_the_secret_is_rotated) {
    static const struct endpoint_answer script[] = {ENDPOINT_OK};
    const char *signature;

    START(script, {"next_secret_file", next_path});
    ck_assert(publish(0));
    signature = field(0, "webhook-signature");
    ck_assert_uint_eq(strlen(signature), 95);
    ck_assert_int_eq(strncmp(signature + 47, " v1,", 4), 0);
}
END_TEST

START_TEST(the_connection_is_used_again) {
    static const struct endpoint_answer script[] = {ENDPOINT_OK};

    START(script);
    for (size_t i = 0; i < 20; i++)
        ck_assert(publish(i % EVENTS));
    ck_assert_uint_eq(endpoint_requests(), 20);
    ck_assert_uint_eq(endpoint_connections(), 1);
}
END_TEST

START_TEST(events_that_do_not_pass_are_not_sent) {
    static const struct endpoint_answer script[] = {ENDPOINT_OK};

    START(script, {"types", "series.*"});
    ck_assert(publish(0));
    ck_assert_uint_eq(endpoint_requests(), 0);
    ck_assert_uint_eq(counted("delivered") + counted("dropped"), 0);
}
END_TEST

START_TEST(a_batch_is_sent_in_order) {
    static const struct endpoint_answer script[] = {ENDPOINT_OK};
    const struct patchmark_event *batch[] = {&events[0], &events[1], &events[2]};

    START(script);
    ck_assert_uint_eq(plugin.publish(webhook, batch, 3), 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(field(i, "webhook-id"), events[i].id);
}
END_TEST

/* ---- answers ------------------------------------------------------------------------------ */

#define HEAD(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"
#define REDIRECT     "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"

/* Each of these is tried again, with the same id, and then delivered. */
static const struct {
    struct endpoint_answer answer;
    const char *line; /* a part of the log line; NULL: libcurl words it */
} retried_answers[] = {
    {{.closes = true}, NULL},
    {{.text = "HTTP/1.1 200 OK\r\nContent-Le", .closes = true}, NULL},
    {{.text = "garbage\r\n\r\n", .closes = true}, NULL},
    {{.text = "HTTP/9.9 200 OK\r\n\r\n", .closes = true}, NULL},
    {{.text = "\r\n\r\n", .closes = true}, NULL},
    {{.text = "SSH-2.0-OpenSSH_9.2\r\n", .closes = true}, NULL},
    {{.hangs = true}, NULL},
    {{.text = "HTTP/1.1 200 OK\r\nX: |x", .repeats = 2000000, .closes = true}, NULL},
    {{.text = "HTTP/1.1 200 OK\r\n|X-Y: zzzzzzzzzzzzzzzzzzzzzzzzzz\r\n", .repeats = 1000000},
     "the header of the answer has more than 64 KiB"},
    {{.text = "|HTTP/1.1 100 Continue\r\n\r\n", .repeats = 1000000},
     "the header of the answer has more than 64 KiB"},
    {{.text = HEAD("300 Choices")}, "status 300, a redirect"},
    {{.text = REDIRECT}, "status 302, a redirect, which is not followed: check the URL"},
    {{.text = HEAD("401 No")}, "status 401: check the URL, its credentials and the secret"},
    {{.text = HEAD("403 No")}, "status 403: check"},
    {{.text = HEAD("404 No")}, "status 404: check the URL;"},
    {{.text = HEAD("408 Late")}, "status 408; events wait in the outbox"},
    {{.text = HEAD("429 Many")}, "status 429; events wait"},
    {{.text = HEAD("500 Error")}, "status 500; events wait"},
    {{.text = HEAD("502 Error")}, "status 502; events wait"},
    {{.text = HEAD("503 Later")}, "status 503; events wait"},
    {{.text = HEAD("999 What")}, "status 999; events wait"},
};

START_TEST(an_outage_is_waited_for) {
    const struct endpoint_answer script[] = {retried_answers[_i].answer, retried_answers[_i].answer,
                                             ENDPOINT_OK};

    START(script, {"timeout", "1s"});
    publish_until_done(0);
    ck_assert(publish(1));
    ck_assert_uint_eq(counted("delivered"), 2);
    ck_assert_uint_ge(counted("retried"), 1);
    ck_assert_uint_eq(counted("refused") + counted("dropped"), 0);
    for (size_t i = 0; i < endpoint_requests() - 1; i++)
        ck_assert_str_eq(field(i, "webhook-id"), events[0].id);
    ck_assert_str_eq(field(endpoint_requests() - 1, "webhook-id"), events[1].id);
    /* One line when it begins, one when it is over. */
    ck_assert_uint_eq(instance->line_count, 2);
    assert_log(0, PATCHMARK_ERROR, retried_answers[_i].line ? retried_answers[_i].line : "");
    assert_log(0, PATCHMARK_ERROR, "; events wait in the outbox");
    assert_log(1, PATCHMARK_INFO, "recovered, failed tries: ");
    ck_assert_ptr_null(strstr(instance->lines[0].text, "hook"));
}
END_TEST

/* The header decides: a body that is missing, cut, slow, endless or compressed changes nothing. */
static const struct endpoint_answer accepted_answers[] = {
    {.text = HEAD("200 OK")},
    {.text = HEAD("202 Accepted")},
    {.text = "HTTP/1.1 204 No Content\r\n\r\n"},
    {.text = "HTTP/1.0 200 OK\r\n\r\nok", .closes = true},
    {.text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
    {.text =
         "HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {.text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", .closes = true},
    {.text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow", .hangs = true},
    {.text = "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nx", .hangs = true},
    {.text = "HTTP/1.1 200 OK\r\n\r\n|body", .repeats = 1000000},
    {.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n|1\r\nx\r\n",
     .repeats = 1000000},
    {.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", .closes = true},
    {.text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08x"},
    {.text = "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
};

START_TEST(an_event_is_delivered_when_the_header_says_so) {
    const struct endpoint_answer script[] = {accepted_answers[_i], ENDPOINT_OK};
    int64_t before = request_clock_ms();

    START(script);
    ck_assert(publish(0));
    ck_assert_int_lt(request_clock_ms() - before, 2900);
    ck_assert(publish(1));
    ck_assert_uint_eq(counted("delivered"), 2);
    ck_assert_uint_eq(endpoint_requests(), 2);
    ck_assert_uint_eq(instance->line_count, 0);
}
END_TEST

START_TEST(an_event_that_is_refused_is_set_aside) {
    static const struct endpoint_answer script[] = {
        {.text = "HTTP/1.1 422 No\r\nContent-Length: 11\r\n\r\nno such bot"},
        {.text = HEAD("400 Bad")},
        {.text = "HTTP/1.1 413 No\r\nContent-Length: 9\r\n\r\ntoo large"},
        ENDPOINT_OK};
    char line[256];
    FILE *file;

    START(script, {"tries", "3"}, {"refused_file", refused_path});
    ck_assert(!publish(0));
    ck_assert_int_gt(webhook->not_before, request_clock_ms() - 1000);
    ck_assert_int_le(webhook->not_before, request_clock_ms() + PAUSE_FIRST_MS);
    webhook->not_before = 0;
    ck_assert(!publish(0));
    webhook->not_before = 0;
    ck_assert(publish(0));
    ck_assert(publish(1)); /* without a pause */
    ck_assert_str_eq(field(2, "webhook-id"), events[0].id);
    ck_assert_str_eq(field(3, "webhook-id"), events[1].id);
    ck_assert_uint_eq(counted("refused"), 1);
    ck_assert_uint_eq(counted("retried"), 2);
    ck_assert_uint_eq(counted("delivered"), 1);
    ck_assert_uint_eq(instance->line_count, 1);
    assert_log(0, PATCHMARK_WARNING, events[0].id);
    assert_log(0, PATCHMARK_WARNING, "with status 413: too large; set aside in ");
    file = fopen(refused_path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
    line[strcspn(line, "\n")] = '\0';
    ck_assert_str_eq(line, events[0].json);
    ck_assert_ptr_null(fgets(line, sizeof(line), file));
    fclose(file);
}
END_TEST

START_TEST(refusals_count_for_one_event_only) {
    static const struct endpoint_answer script[] = {
        {.text = HEAD("400 Bad")}, ENDPOINT_OK, {.text = HEAD("400 Bad")}, ENDPOINT_OK};

    START(script, {"tries", "2"});
    ck_assert_uint_eq(publish_until_done(0), 2);
    ck_assert_uint_eq(publish_until_done(1), 2);
    ck_assert_uint_eq(counted("refused"), 0);
    ck_assert_uint_eq(counted("delivered"), 2);
}
END_TEST

/* After three events in a row one try is enough, until an event is delivered. */
START_TEST(an_endpoint_that_refuses_everything_gets_one_try) {
    static const struct endpoint_answer script[] = {{.text = HEAD("422 No")},
                                                    {.text = HEAD("422 No")},
                                                    {.text = HEAD("422 No")},
                                                    {.text = HEAD("422 No")},
                                                    {.text = HEAD("422 No")},
                                                    {.text = HEAD("422 No")},
                                                    {.text = HEAD("422 No")}, /* the fourth event */
                                                    ENDPOINT_OK,
                                                    {.text = HEAD("422 No")},
                                                    ENDPOINT_OK};

    START(script, {"tries", "2"});
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(publish_until_done(i % EVENTS), 2);
    ck_assert_uint_eq(publish_until_done(3 % EVENTS), 1);
    ck_assert_uint_eq(counted("refused"), 4);
    ck_assert_uint_eq(publish_until_done(4 % EVENTS), 1);
    ck_assert_uint_eq(publish_until_done(5 % EVENTS), 2);
    ck_assert_uint_eq(counted("refused"), 4);
    ck_assert_uint_eq(counted("delivered"), 2);
}
END_TEST

START_TEST(a_file_of_refused_events_that_cannot_be_written_blocks_nothing) {
    static const struct endpoint_answer script[] = {{.text = HEAD("400 Bad")}, ENDPOINT_OK};

    START(script, {"tries", "1"}, {"refused_file", refused_path});
    ck_assert_int_eq(mkdir(refused_path, 0700), 0);
    ck_assert(publish(0));
    ck_assert(publish(1));
    ck_assert_uint_eq(counted("refused"), 1);
    assert_log(0, PATCHMARK_ERROR, "cannot append the event 0000");
    assert_log(1, PATCHMARK_WARNING, "set aside");
    rmdir(refused_path);
}
END_TEST

/* The disk is full in the middle of a line: the next event begins one of its own. */
START_TEST(a_file_of_refused_events_has_whole_lines) {
    static const struct endpoint_answer script[] = {{.text = HEAD("400 Bad")},
                                                    {.text = HEAD("400 Bad")},
                                                    {.text = HEAD("400 Bad")}};
    struct rlimit before, lower;
    char line[256], wanted[256];
    FILE *file;

    START(script, {"tries", "1"}, {"refused_file", refused_path});
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    lower = (struct rlimit){.rlim_cur = events[0].json_length + 10, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert(publish(0));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &lower), 0);
    ck_assert(publish(1));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert(publish(2));
    assert_log(1, PATCHMARK_ERROR, "cannot append the event 0000");
    file = fopen(refused_path, "r");
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i <= 2; i += 2) {
        snprintf(wanted, sizeof(wanted), "%s\n", events[i].json);
        ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
        ck_assert_str_eq(line, wanted);
    }
    ck_assert_ptr_null(fgets(line, sizeof(line), file));
    fclose(file);
}
END_TEST

START_TEST(gone_switches_the_endpoint_off) {
    static const struct endpoint_answer script[] = {ENDPOINT_OK,
                                                    {.text = HEAD("410 Gone")},
                                                    ENDPOINT_OK};

    START(script);
    for (size_t i = 0; i < EVENTS; i++)
        ck_assert(publish(i));
    ck_assert_uint_eq(endpoint_requests(), 2);
    ck_assert_uint_eq(counted("delivered"), 1);
    ck_assert_uint_eq(counted("dropped"), EVENTS - 1);
    ck_assert_uint_eq(instance->line_count, 1);
    assert_log(0, PATCHMARK_ERROR, "status 410, the endpoint wants no more events");
}
END_TEST

/* ---- times -------------------------------------------------------------------------------- */

START_TEST(retry_after_is_read_in_both_forms) {
    char text[3][128];
    const struct endpoint_answer script[] = {{.text = text[0]},
                                             {.text = text[1]},
                                             {.text = text[2]}};
    time_t soon = time(NULL) + 120, past = time(NULL) - 120;
    struct tm parts;

    strcpy(text[0], "HTTP/1.1 503 Later\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n");
    strftime(text[1], sizeof(text[1]),
             "HTTP/1.1 429 Many\r\nretry-after: %a, %d %b %Y %H:%M:%S GMT\r\nContent-Length: "
             "0\r\n\r\n",
             gmtime_r(&soon, &parts));
    strftime(text[2], sizeof(text[2]),
             "HTTP/1.1 503 Later\r\nRetry-After: %a, %d %b %Y %H:%M:%S GMT\r\nContent-Length: "
             "0\r\n\r\n",
             gmtime_r(&past, &parts));
    START(script);
    ck_assert(!publish(0));
    ck_assert_int_ge(webhook->not_before - request_clock_ms(), 59000);
    ck_assert_int_le(webhook->not_before - request_clock_ms(), 61000);
    webhook->not_before = 0;
    ck_assert(!publish(0));
    ck_assert_int_ge(webhook->not_before - request_clock_ms(), 115000);
    ck_assert_int_le(webhook->not_before - request_clock_ms(), 121000);
    webhook->not_before = 0;
    ck_assert(!publish(0));
    ck_assert_int_le(webhook->not_before - request_clock_ms(), 4000);
}
END_TEST

START_TEST(nothing_is_sent_before_its_time) {
    static const struct endpoint_answer script[] = {{.text = HEAD("503 Later")}, ENDPOINT_OK};

    START(script);
    ck_assert(!publish(0));
    webhook->not_before = request_clock_ms() + 60000;
    for (int i = 0; i < 10; i++) {
        int64_t before = request_clock_ms();

        ck_assert(!publish(0));
        ck_assert_int_lt(request_clock_ms() - before, 200);
    }
    ck_assert_uint_eq(endpoint_requests(), 1);
    webhook->not_before = request_clock_ms() + 100; /* a short pause is waited for */
    ck_assert(publish(0));
    ck_assert_uint_eq(endpoint_requests(), 2);
}
END_TEST

/* A slow answer: the call returns, the request goes on, and is not sent twice. */
START_TEST(a_request_goes_on_in_the_next_call) {
    static const struct endpoint_answer script[] = {
        {.text = HEAD("200 OK"), .wait_ms = CALL_MS + 1500}, ENDPOINT_OK};
    int64_t before = request_clock_ms();

    START(script);
    ck_assert(!publish(0));
    ck_assert_int_ge(request_clock_ms() - before, CALL_MS);
    ck_assert_int_lt(request_clock_ms() - before, CALL_MS + 1000);
    ck_assert(publish(0));
    ck_assert_uint_eq(endpoint_requests(), 1);
    ck_assert_uint_eq(counted("delivered"), 1);
    ck_assert_uint_eq(counted("retried"), 0);
    ck_assert_uint_eq(instance->line_count, 0);
}
END_TEST

/* The event was dropped from the outbox while its request was running. */
START_TEST(a_request_for_another_event_is_cancelled) {
    static const struct endpoint_answer script[] = {{.hangs = true}, ENDPOINT_OK};

    START(script);
    ck_assert(!publish(0));
    ck_assert(publish(1));
    ck_assert_uint_eq(endpoint_requests(), 2);
    ck_assert_str_eq(field(1, "webhook-id"), events[1].id);
}
END_TEST

START_TEST(an_event_that_alone_fails_with_500_is_given_up) {
    static const struct endpoint_answer script[] = {{.text = HEAD("500 Error")}};

    START(script, {"give_up", "1s"});
    ck_assert(!publish(0));
    webhook->errors_since -= 500;
    webhook->not_before = 0;
    ck_assert(!publish(0));
    webhook->errors_since -= 500;
    webhook->not_before = 0;
    ck_assert(publish(0));
    ck_assert_uint_eq(counted("refused"), 1);
    /* The next one fails, too: so it is not the event. */
    for (int i = 0; i < 5; i++) {
        ck_assert(!publish(1));
        webhook->errors_since -= 10000;
        webhook->not_before = 0;
    }
    ck_assert_uint_eq(counted("refused"), 1);
}
END_TEST

START_TEST(other_failures_are_never_given_up) {
    static const struct endpoint_answer script[] = {
        {.text = HEAD("500 Error")}, {.text = HEAD("503 Later")}, {.text = HEAD("500 Error")},
        {.text = HEAD("502 Error")}, {.text = HEAD("500 Error")}, {.text = HEAD("503 Later")}};

    START(script, {"give_up", "1s"});
    for (int i = 0; i < 20; i++) {
        ck_assert(!publish(0));
        if (webhook->errors_since > 0)
            webhook->errors_since -= 10000;
        webhook->not_before = 0;
    }
    ck_assert_uint_eq(counted("refused"), 0);
}
END_TEST

/* poll(2) fails if there are more descriptors than the process may open: the call does not go round
 * and round until its time is over. */
START_TEST(a_request_that_cannot_be_waited_for_has_failed) {
    static const struct endpoint_answer script[] = {{.hangs = true}};
    struct rlimit before, lower;
    int64_t now = request_clock_ms();

    START(script);
    ck_assert(!deliver(webhook, &events[0], now + 500));
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    lower = (struct rlimit){.rlim_cur = 1, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lower), 0);
    now = request_clock_ms();
    ck_assert(!publish(0));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_lt(request_clock_ms() - now, 500);
    ck_assert(!request_is_running(webhook->request));
    ck_assert_uint_eq(counted("retried"), 1);
    ck_assert_uint_eq(instance->line_count, 1);
    assert_log(0, PATCHMARK_ERROR, "; events wait in the outbox");
}
END_TEST

/* close ends a request that hangs at once. */
START_TEST(close_does_not_wait) {
    static const struct endpoint_answer script[] = {{.hangs = true}};
    int64_t before;

    START(script);
    ck_assert(!publish(0));
    before = request_clock_ms();
    plugin.close(webhook);
    webhook = NULL;
    ck_assert_int_lt(request_clock_ms() - before, 500);
}
END_TEST

SUITE(webhook_suite) {
    Suite *suite = suite_create("webhook");
    TCase *tests = tcase_create("request");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_request_has_event_and_signature);
    tcase_add_test(tests, two_signatures_while_the_secret_is_rotated);
    tcase_add_test(tests, the_connection_is_used_again);
    tcase_add_test(tests, events_that_do_not_pass_are_not_sent);
    tcase_add_test(tests, a_batch_is_sent_in_order);
    suite_add_tcase(suite, tests);

    tests = tcase_create("answers");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, an_outage_is_waited_for, 0, (int)COUNT(retried_answers));
    tcase_add_loop_test(tests, an_event_is_delivered_when_the_header_says_so, 0,
                        (int)COUNT(accepted_answers));
    tcase_add_test(tests, an_event_that_is_refused_is_set_aside);
    tcase_add_test(tests, refusals_count_for_one_event_only);
    tcase_add_test(tests, an_endpoint_that_refuses_everything_gets_one_try);
    tcase_add_test(tests, a_file_of_refused_events_that_cannot_be_written_blocks_nothing);
    tcase_add_test(tests, a_file_of_refused_events_has_whole_lines);
    tcase_add_test(tests, gone_switches_the_endpoint_off);
    suite_add_tcase(suite, tests);

    tests = tcase_create("times");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, retry_after_is_read_in_both_forms);
    tcase_add_test(tests, nothing_is_sent_before_its_time);
    tcase_add_test(tests, a_request_goes_on_in_the_next_call);
    tcase_add_test(tests, a_request_for_another_event_is_cancelled);
    tcase_add_test(tests, an_event_that_alone_fails_with_500_is_given_up);
    tcase_add_test(tests, other_failures_are_never_given_up);
    tcase_add_test(tests, a_request_that_cannot_be_waited_for_has_failed);
    tcase_add_test(tests, close_does_not_wait);
    suite_add_tcase(suite, tests);
    return suite;
}
