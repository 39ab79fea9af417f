/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_log.c - the form of log lines, and their targets.
 *
 * Includes log.c with the calls to syslog and the clock replaced, and reads standard error through
 * a pipe.
 */
#include <syslog.h>

static void fake_openlog(const char *ident, int options, int facility);
static void fake_syslog(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define openlog fake_openlog
#define syslog  fake_syslog
#include "support/suite.h"
#include "util/clock.h"
static int64_t now_ms = 1;
#define clock_milliseconds() now_ms
#include "util/log.c"
#undef openlog
#undef syslog

#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>

static char opened_ident[32];
static int opened_facility = -1;
static int sent_priority = -1, sent_count;
static char sent_line[4096];

static void fake_openlog(const char *ident, int options, int facility) {
    (void)options;
    snprintf(opened_ident, sizeof(opened_ident), "%s", ident);
    opened_facility = facility;
}

static void fake_syslog(int priority, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sent_line, sizeof(sent_line), format, arguments);
    va_end(arguments);
    sent_priority = priority;
    sent_count++;
}

static enum patchmark_level captured_level;
static char captured_line[4096];
static int captured_count;

static void capture(enum patchmark_level level, const char *line) {
    captured_level = level;
    captured_count++;
    snprintf(captured_line, sizeof(captured_line), "%s", line);
}

/* A packet pipe: each read(2) returns what one write(2) sent. */
static int error_pipe[2];

static void setup(void) {
    ck_assert_int_eq(pipe2(error_pipe, O_DIRECT | O_NONBLOCK), 0);
    ck_assert_int_ge(dup2(error_pipe[1], STDERR_FILENO), 0);
}

/* Returns what one call of write(2) sent to standard error; "" if there was none. */
static const char *written(void) {
    static char line[8192];
    ssize_t length = read(error_pipe[0], line, sizeof(line) - 1);

    line[length < 0 ? 0 : length] = '\0';
    return line;
}

START_TEST(a_line_names_program_and_level_and_is_one_write) {
    log_open(LOG_TO_STDERR, PATCHMARK_DEBUG);
    log_error("no %s", "disk");
    ck_assert_str_eq(written(), "patchmark: error: no disk\n");
    log_warning("%d left", 3);
    ck_assert_str_eq(written(), "patchmark: warning: 3 left\n");
    log_info("kind=patch");
    ck_assert_str_eq(written(), "patchmark: info: kind=patch\n");
    log_debug("x");
    ck_assert_str_eq(written(), "patchmark: debug: x\n");
    ck_assert_str_eq(written(), "");
}
END_TEST

START_TEST(less_important_than_the_level_is_not_written) {
    log_open(LOG_TO_STDERR, PATCHMARK_WARNING);
    log_capture(capture);
    ck_assert(log_is_enabled(PATCHMARK_ERROR));
    ck_assert(log_is_enabled(PATCHMARK_WARNING));
    ck_assert(!log_is_enabled(PATCHMARK_INFO));
    ck_assert(!log_is_enabled(PATCHMARK_DEBUG));
    log_info("not wanted");
    ck_assert_str_eq(written(), "");
    ck_assert_int_eq(captured_count, 0);
    log_warning("wanted");
    ck_assert_str_eq(written(), "patchmark: warning: wanted\n");
    ck_assert_int_eq(captured_count, 1);
}
END_TEST

static const struct {
    const char *text, *line, *reason;
} escapes[] = {
    {"plain ~text!", "plain ~text!", "printable ASCII stays"},
    {"two\nlines", "two\\x0alines", "a mail must not forge a second line"},
    {"a\rb\tc", "a\\x0db\\x09c", "nor move the cursor"},
    {"\x1b[2J", "\\x1b[2J", "nor control a terminal"},
    {"\x7f", "\\x7f", "DEL is a control byte too"},
    {"\xc3\xa9\xff", "\\xc3\\xa9\\xff", "UTF-8 and broken UTF-8 alike"},
    {"%n%s", "%n%s", "an argument is not used as a format"},
    {"", "", "an empty line stays empty"},
};

START_TEST(unsafe_bytes_are_escaped) {
    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    log_capture(capture);
    log_info("%s", escapes[_i].text);
    ck_assert_msg(strcmp(captured_line, escapes[_i].line) == 0, "%s: got %s", escapes[_i].reason,
                  captured_line);
    ck_assert_int_eq(captured_level, PATCHMARK_INFO);
}
END_TEST

START_TEST(a_long_line_is_cut_and_shows_it) {
    static const char fill[] = {'a', '\x01'};
    char text[3 * LINE_SIZE];

    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    log_capture(capture);
    for (size_t i = 0; i < sizeof(fill); i++) {
        const char *line;
        size_t length;

        memset(text, fill[i], sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        log_info("%s", text);
        line = written();
        length = strlen(line);
        /* At most LINE_SIZE, at least that without one escape and the dots; one newline. */
        ck_assert_uint_le(length, LINE_SIZE);
        ck_assert_uint_ge(length, LINE_SIZE - 2 * BYTE_SIZE);
        ck_assert_str_eq(line + length - 4, "...\n");
        ck_assert_ptr_eq(strchr(line, '\n'), line + length - 1);
        /* An escape is never cut. */
        if (fill[i] != 'a')
            ck_assert_str_eq(line + length - 8, "\\x01...\n");
        ck_assert_str_eq(written(), "");
        ck_assert_str_eq(captured_line + strlen(captured_line) - 3, "...");
    }
}
END_TEST

START_TEST(syslog_gets_facility_ident_priority_and_text) {
    static const struct {
        void (*log)(const char *format, ...);
        int priority;
        const char *line;
    } cases[] = {
        {log_error, LOG_ERR, "error: a\\x0ab"},
        {log_warning, LOG_WARNING, "warning: a\\x0ab"},
        /* As in Postfix, the usual line has no level before it. */
        {log_info, LOG_INFO, "a\\x0ab"},
        {log_debug, LOG_DEBUG, "a\\x0ab"},
    };

    log_open(LOG_TO_SYSLOG, PATCHMARK_DEBUG);
    log_capture(capture);
    ck_assert_str_eq(opened_ident, "patchmark");
    ck_assert_int_eq(opened_facility, LOG_MAIL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cases[i].log("%s", "a\nb");
        ck_assert_int_eq(sent_priority, cases[i].priority);
        ck_assert_str_eq(sent_line, cases[i].line);
        ck_assert_str_eq(captured_line, "a\\x0ab");
    }
    ck_assert_int_eq(sent_count, 4);
    ck_assert_str_eq(written(), "");
}
END_TEST

/* Returns the object in LINE, which is one with its newline; its member time is removed. */
static json_t *object_of(const char *line) {
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

    ck_assert_ptr_nonnull(object);
    ck_assert_int_eq(json_object_del(object, "time"), 0);
    return object;
}

START_TEST(in_json_each_line_is_an_object) {
    static const char text[] = "a \"file\":\n\xc3\xa9 \xff",
                      message[] = "a \"file\":\n\xc3\xa9 \xef\xbf\xbd";
    const char *line;
    json_t *object;

    log_open(LOG_TO_STDERR, PATCHMARK_DEBUG);
    log_set_format(LOG_AS_JSON, LOG_MAIL);
    log_warning("%s", text);
    line = written();
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    object = object_of(line);
    ck_assert_uint_eq(json_object_size(object), 2);
    ck_assert_str_eq(json_string_value(json_object_get(object, "severity")), "warning");
    ck_assert_str_eq(json_string_value(json_object_get(object, "message")), message);
    json_decref(object);
    /* In syslog, too, without a level before it. */
    log_open(LOG_TO_SYSLOG, PATCHMARK_DEBUG);
    log_error("%s", text);
    ck_assert_int_eq(sent_priority, LOG_ERR);
    object = object_of(sent_line);
    ck_assert_str_eq(json_string_value(json_object_get(object, "severity")), "error");
    json_decref(object);
    log_set_format(LOG_AS_TEXT, LOG_MAIL);
    log_error("text");
    ck_assert_str_eq(sent_line, "error: text");
}
END_TEST

START_TEST(a_long_object_is_cut_in_its_message) {
    static const char fill[] = {'a', '\x01'};
    char text[3 * LINE_SIZE];

    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    log_set_format(LOG_AS_JSON, LOG_MAIL);
    for (size_t i = 0; i < sizeof(fill); i++) {
        const char *line, *message;
        json_t *object;

        memset(text, fill[i], sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        log_info("%s", text);
        line = written();
        ck_assert_uint_le(strlen(line), 4096);
        object = object_of(line);
        message = json_string_value(json_object_get(object, "message"));
        ck_assert_uint_ge(strlen(message), i == 0 ? LINE_SIZE - 1 : 600);
        ck_assert_str_eq(message + strlen(message) - 3, "...");
        json_decref(object);
    }
}
END_TEST

START_TEST(an_entry_is_a_line) {
    struct log_entry entry;

    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    for (int level = PATCHMARK_INFO; level <= PATCHMARK_DEBUG; level++) {
        log_entry_start(&entry, level, "a mail");
        log_entry_tag(&entry, "queue-id", "4XYZ");
        log_entry_number(&entry, "bytes", 7);
        log_entry_write(&entry, level);
        /* The second is less important than what is logged. */
        ck_assert_str_eq(written(),
                         level == PATCHMARK_INFO ? "patchmark: info: 4XYZ: bytes=7\n" : "");
    }
    log_set_format(LOG_AS_JSON, LOG_MAIL);
    log_entry_start(&entry, PATCHMARK_INFO, "a mail");
    log_entry_number(&entry, "bytes", 7);
    log_entry_write(&entry, PATCHMARK_INFO);
    ck_assert_ptr_nonnull(strstr(written(), "\"message\":\"a mail\",\"bytes\":7}\n"));
}
END_TEST

START_TEST(the_facility_is_that_of_the_next_opening) {
    log_set_format(LOG_AS_TEXT, LOG_LOCAL3);
    log_open(LOG_TO_SYSLOG, PATCHMARK_INFO);
    ck_assert_int_eq(opened_facility, LOG_LOCAL3);
    log_set_format(LOG_AS_TEXT, LOG_DAEMON);
    log_open(LOG_TO_SYSLOG, PATCHMARK_INFO);
    ck_assert_int_eq(opened_facility, LOG_DAEMON);
}
END_TEST

START_TEST(a_repeated_line_is_written_once_an_hour) {
    static struct log_repeated repeated, other;

    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    for (int i = 0; i < 5; i++)
        log_repeated(&repeated, PATCHMARK_WARNING, "no %s", "disk");
    ck_assert_str_eq(written(), "patchmark: warning: no disk\n");
    ck_assert_str_eq(written(), "");
    log_repeated(&other, PATCHMARK_WARNING, "no memory");
    ck_assert_str_eq(written(), "patchmark: warning: no memory\n");
    now_ms += LOG_REPEATED_SECONDS * 1000 - 1;
    log_repeated(&repeated, PATCHMARK_WARNING, "no disk");
    ck_assert_str_eq(written(), "");
    now_ms++;
    log_repeated(&repeated, PATCHMARK_WARNING, "no disk");
    ck_assert_str_eq(written(), "patchmark: warning: no disk; such lines left out in between: 5\n");
    now_ms += LOG_REPEATED_SECONDS * 1000;
    log_repeated(&repeated, PATCHMARK_WARNING, "no disk");
    ck_assert_str_eq(written(), "patchmark: warning: no disk\n");
}
END_TEST

START_TEST(a_repeated_line_that_is_cut_shows_it) {
    static struct log_repeated fits, longer;
    char text[1025], wanted[1100];

    memset(text, 'x', sizeof(text));
    text[1023] = '\0';
    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    log_repeated(&fits, PATCHMARK_WARNING, "%s", text);
    snprintf(wanted, sizeof(wanted), "patchmark: warning: %s\n", text);
    ck_assert_str_eq(written(), wanted);
    snprintf(wanted, sizeof(wanted), "patchmark: warning: %.1020s...\n", text);
    text[1023] = 'x';
    text[1024] = '\0';
    log_repeated(&longer, PATCHMARK_WARNING, "%s", text);
    ck_assert_str_eq(written(), wanted);
}
END_TEST

START_TEST(or_as_often_as_it_says) {
    static struct log_repeated repeated = {.most = 2};

    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    for (int hour = 0; hour < 3; hour++) {
        for (int i = 0; i < 4; i++)
            log_repeated(&repeated, PATCHMARK_WARNING, "no disk");
        ck_assert_str_eq(written(),
                         hour == 0
                             ? "patchmark: warning: no disk\n"
                             : "patchmark: warning: no disk; such lines left out in between: 2\n");
        ck_assert_str_eq(written(), "patchmark: warning: no disk\n");
        ck_assert_str_eq(written(), "");
        now_ms += LOG_REPEATED_SECONDS * 1000;
    }
}
END_TEST

START_TEST(capture_ends_with_null) {
    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    log_capture(capture);
    log_info("one");
    log_capture(NULL);
    log_info("two");
    ck_assert_int_eq(captured_count, 1);
    ck_assert_str_eq(captured_line, "one");
}
END_TEST

START_TEST(errno_is_kept_even_when_writing_fails) {
    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    close(STDERR_FILENO);
    errno = ENOSPC;
    log_error("why: %m");
    ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

#define THREADS 4
#define LINES   50

static void *write_many(void *argument) {
    for (int i = 0; i < LINES; i++)
        log_info("thread %s line %02d", (const char *)argument, i);
    return NULL;
}

START_TEST(lines_of_many_threads_do_not_mix) {
    static char names[THREADS][2] = {"0", "1", "2", "3"};
    pthread_t threads[THREADS];
    int next[THREADS] = {0};
    const char *line;

    /* Room for all lines: a full pipe would drop lines, which this test does not check. */
    ck_assert_int_gt(fcntl(error_pipe[1], F_SETPIPE_SZ, THREADS * LINES * 4096), 0);
    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    while (*(line = written())) {
        char expected[64];
        int thread = line[sizeof("patchmark: info: thread ") - 1] - '0';

        ck_assert_int_ge(thread, 0);
        ck_assert_int_lt(thread, THREADS);
        snprintf(expected, sizeof(expected), "patchmark: info: thread %d line %02d\n", thread,
                 next[thread]++);
        ck_assert_str_eq(line, expected);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(next[i], LINES);
}
END_TEST

SUITE(log_suite) {
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_line_names_program_and_level_and_is_one_write);
    tcase_add_test(tests, less_important_than_the_level_is_not_written);
    tcase_add_loop_test(tests, unsafe_bytes_are_escaped, 0, sizeof(escapes) / sizeof(escapes[0]));
    tcase_add_test(tests, a_long_line_is_cut_and_shows_it);
    tcase_add_test(tests, syslog_gets_facility_ident_priority_and_text);
    tcase_add_test(tests, in_json_each_line_is_an_object);
    tcase_add_test(tests, a_long_object_is_cut_in_its_message);
    tcase_add_test(tests, an_entry_is_a_line);
    tcase_add_test(tests, the_facility_is_that_of_the_next_opening);
    tcase_add_test(tests, a_repeated_line_is_written_once_an_hour);
    tcase_add_test(tests, a_repeated_line_that_is_cut_shows_it);
    tcase_add_test(tests, or_as_often_as_it_says);
    tcase_add_test(tests, capture_ends_with_null);
    tcase_add_test(tests, errno_is_kept_even_when_writing_fails);
    tcase_add_test(tests, lines_of_many_threads_do_not_mix);
    suite_add_tcase(suite, tests);
    return suite;
}
