/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_socket.c - TCP_NODELAY is set on the listening socket of libmilter and on no other one.
 */
#include "support/support.h"
#include "util/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Returns a socket that listens on a free port.  libmilter creates its own with SOCK_CLOEXEC. */
static int listener_make(int flags) {
    int descriptor = socket(AF_INET, SOCK_STREAM | flags, 0);

    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(listen(descriptor, 5), 0);
    return descriptor;
}

static bool has_nodelay(int descriptor) {
    int value = -1;
    socklen_t size = sizeof(value);

    ck_assert_int_eq(getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
    return value != 0;
}

START_TEST(the_listener_has_nodelay) {
    int listener = listener_make(SOCK_CLOEXEC);

    socket_set_nodelay("inet:10025@localhost");
    ck_assert(has_nodelay(listener));
    ck_assert_str_eq(support_log.text, "");
}
END_TEST

/* The listening socket may have a high descriptor if many others are open. */
START_TEST(the_listener_is_found_whatever_its_number) {
    int listener = listener_make(SOCK_CLOEXEC), high = fcntl(listener, F_DUPFD_CLOEXEC, 1000);

    ck_assert_int_ge(high, 1000);
    close(listener);
    socket_set_nodelay("inet6:10025@localhost");
    ck_assert(has_nodelay(high));
}
END_TEST

/* An inherited socket stays open over exec; a socket that does not listen is a connection. */
START_TEST(no_other_socket_is_changed) {
    int inherited = listener_make(0), other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int listener = listener_make(SOCK_CLOEXEC);

    socket_set_nodelay("inet:10025@localhost");
    ck_assert(!has_nodelay(inherited));
    ck_assert(!has_nodelay(other));
    ck_assert(has_nodelay(listener));
}
END_TEST

START_TEST(a_unix_socket_has_nothing_to_change) {
    int listener = listener_make(SOCK_CLOEXEC);

    socket_set_nodelay("unix:/run/patchmark/patchmark.sock");
    socket_set_nodelay("local:/run/patchmark/patchmark.sock");
    ck_assert(!has_nodelay(listener));
    ck_assert_str_eq(support_log.text, "");
}
END_TEST

START_TEST(a_listener_that_is_not_found_is_logged) {
    socket_set_nodelay("inet:10025@localhost");
    ck_assert_str_eq(support_log.text,
                     "socket inet:10025@localhost: cannot set TCP_NODELAY, replies "
                     "to the MTA are delayed: Bad file descriptor\n");
}
END_TEST

SUITE(socket_suite) {
    Suite *suite = suite_create("socket");
    TCase *nodelay = tcase_create("nodelay");

    tcase_add_checked_fixture(nodelay, support_log_start, NULL);
    tcase_add_test(nodelay, the_listener_has_nodelay);
    tcase_add_test(nodelay, the_listener_is_found_whatever_its_number);
    tcase_add_test(nodelay, no_other_socket_is_changed);
    tcase_add_test(nodelay, a_unix_socket_has_nothing_to_change);
    tcase_add_test(nodelay, a_listener_that_is_not_found_is_logged);
    suite_add_tcase(suite, nodelay);
    return suite;
}
