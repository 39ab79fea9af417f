/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_socket.c - libmilter's listening socket gets TCP_NODELAY, and no other one.
 */
#include "support/support.h"
#include "util/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* A socket that listens on a free port; libmilter's are closed on exec. */
static int listener_make(int flags) {
    int descriptor = socket(AF_INET, SOCK_STREAM | flags, 0);

    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(listen(descriptor, 5), 0);
    return descriptor;
}

static bool hurries(int descriptor) {
    int value = -1;
    socklen_t size = sizeof(value);

    ck_assert_int_eq(getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
    return value != 0;
}

START_TEST(the_listener_hurries) {
    int listener = listener_make(SOCK_CLOEXEC);

    socket_set_nodelay("inet:10025@localhost");
    ck_assert(hurries(listener));
    ck_assert_str_eq(support_log.text, "");
}
END_TEST

/* More descriptors are open than an old limit of select() allows. */
START_TEST(the_listener_hurries_whatever_its_number) {
    int listener = listener_make(SOCK_CLOEXEC), high = fcntl(listener, F_DUPFD_CLOEXEC, 1000);

    ck_assert_int_ge(high, 1000);
    close(listener);
    socket_set_nodelay("inet6:10025@localhost");
    ck_assert(hurries(high));
}
END_TEST

/* What was inherited stays open over exec; what does not listen is a connection. */
START_TEST(no_other_socket_is_changed) {
    int inherited = listener_make(0), other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int listener = listener_make(SOCK_CLOEXEC);

    socket_set_nodelay("inet:10025@localhost");
    ck_assert(!hurries(inherited));
    ck_assert(!hurries(other));
    ck_assert(hurries(listener));
}
END_TEST

START_TEST(a_unix_socket_has_nothing_to_change) {
    int listener = listener_make(SOCK_CLOEXEC);

    socket_set_nodelay("unix:/run/patchmark/patchmark.sock");
    socket_set_nodelay("local:/run/patchmark/patchmark.sock");
    ck_assert(!hurries(listener));
    ck_assert_str_eq(support_log.text, "");
}
END_TEST

START_TEST(a_listener_that_is_not_found_is_logged) {
    socket_set_nodelay("inet:10025@localhost");
    ck_assert_str_eq(support_log.text, "socket inet:10025@localhost: cannot set TCP_NODELAY, mails "
                                       "are answered late: Bad file descriptor\n");
}
END_TEST

SUITE(socket_suite) {
    Suite *suite = suite_create("socket");
    TCase *hurry = tcase_create("hurry");

    tcase_add_checked_fixture(hurry, support_log_start, NULL);
    tcase_add_test(hurry, the_listener_hurries);
    tcase_add_test(hurry, the_listener_hurries_whatever_its_number);
    tcase_add_test(hurry, no_other_socket_is_changed);
    tcase_add_test(hurry, a_unix_socket_has_nothing_to_change);
    tcase_add_test(hurry, a_listener_that_is_not_found_is_logged);
    suite_add_tcase(suite, hurry);
    return suite;
}
