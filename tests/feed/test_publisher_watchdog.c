/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_publisher_watchdog.c - the watchdog of systemd is notified while mails are answered, and
 * only then.
 *
 * A round of 5 s takes 100 ms here, see publisher-fixture.h.
 */
#define TESTS watchdog
#include "publisher-fixture.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SILENCE_MS 1000 /* ten rounds: no further notification is expected after that */

static atomic_uint waiting;
static int listener;

static unsigned mails_that_wait(void) {
    return atomic_load(&waiting);
}

static void setup_socket(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];

    setup();
    snprintf(name, sizeof(name), "@patchmark-watchdog-%ld", (long)getpid());
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    listener = socket(AF_UNIX, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    open_store();
    process.answering = mails_that_wait;
    start(none);
}

static void teardown_socket(void) {
    stop_and_close();
    close(listener);
    support_folder_remove();
}

/* Waits up to MILLISECONDS for the next notification. */
static bool sign(unsigned milliseconds) {
    struct timeval timeout = {milliseconds / 1000, milliseconds % 1000 * 1000};
    char text[64];
    ssize_t length;

    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    length = recv(listener, text, sizeof(text), 0);
    ck_assert_msg(length < 0 || (length == 10 && memcmp(text, "WATCHDOG=1", 10) == 0),
                  "it says something else");
    return length > 0;
}

/* Returns the number of notifications, up to COUNT, until none comes for MILLISECONDS. */
static int signs(int count, unsigned milliseconds) {
    int got = 0;

    while (got < count && sign(milliseconds))
        got++;
    return got;
}

static void all_is_well(int count) {
    ck_assert_int_eq(signs(count, TIMEOUT_SECONDS * 1000), count);
}

START_TEST(the_watchdog_is_notified_while_all_is_well) {
    all_is_well(20);
}
END_TEST

/* A thread hangs on the disk in the transaction of a mail. */
START_TEST(not_while_the_store_stands) {
    ck_assert(sign(TIMEOUT_SECONDS * 1000));
    store_begin(store);
    ck_assert_int_le(signs(20, SILENCE_MS), 1); /* one notification may have been sent already */
    store_rollback(store);
    all_is_well(5);
}
END_TEST

/* A plugin hangs in classify, and other mails wait for it. */
START_TEST(not_while_mails_wait_and_none_is_answered) {
    ck_assert(sign(TIMEOUT_SECONDS * 1000));
    atomic_store(&waiting, 3);
    ck_assert_int_le(signs(20, SILENCE_MS), STALLED_ROUNDS + 1);
    ck_assert_uint_eq(support_logged("no mail answered for 30 s while 3 are waiting"), 1);
    metrics_add(METRICS_ANSWERED); /* the mail was only slow */
    all_is_well(3);
}
END_TEST

static atomic_bool answering = true;

static void *answer_always(void *argument) {
    while (atomic_load(&answering)) {
        metrics_add(METRICS_ANSWERED);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return argument;
}

START_TEST(many_mails_are_no_reason) {
    pthread_t thread;

    atomic_store(&waiting, 16);
    pthread_create(&thread, NULL, answer_always, NULL);
    all_is_well(3 * STALLED_ROUNDS);
    atomic_store(&answering, false);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(no_mails_are_no_reason) {
    all_is_well(3 * STALLED_ROUNDS);
    ck_assert_uint_eq(support_logged("no mail answered"), 0);
}
END_TEST

SUITE(publisher_watchdog_suite) {
    Suite *suite = suite_create("publisher-watchdog");
    TCase *tests = tcase_create("watchdog");

    tcase_add_checked_fixture(tests, setup_socket, teardown_socket);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_watchdog_is_notified_while_all_is_well);
    tcase_add_test(tests, not_while_the_store_stands);
    tcase_add_test(tests, not_while_mails_wait_and_none_is_answered);
    tcase_add_test(tests, many_mails_are_no_reason);
    tcase_add_test(tests, no_mails_are_no_reason);
    suite_add_tcase(suite, tests);
    return suite;
}
