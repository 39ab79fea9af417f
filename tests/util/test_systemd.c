/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_systemd.c - the datagrams that reach the socket named by NOTIFY_SOCKET.
 */
#include "util/systemd.h"

#include "support/support.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int listener;

/* Listens on PATH: "@" and a name in the abstract namespace, or a file. */
static void listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    ck_assert_uint_lt(length, sizeof(address.sun_path));
    memcpy(address.sun_path, path, length);
    if (*path == '@')
        address.sun_path[0] = '\0';
    listener = socket(AF_UNIX, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
}

/* Returns the next datagram; "" if there is none.  It does not wait: a datagram has arrived when
 * systemd_notify returns. */
static const char *received(void) {
    static char text[100];
    ssize_t length = recv(listener, text, sizeof(text) - 1, MSG_DONTWAIT);

    if (length < 0)
        ck_assert_int_eq(errno, EAGAIN);
    text[length < 0 ? 0 : length] = '\0';
    return text;
}

static void setup(void) {
    support_folder_make();
}

static void teardown(void) {
    close(listener);
    support_folder_remove();
}

START_TEST(a_state_reaches_a_socket_in_a_folder) {
    char path[300];

    snprintf(path, sizeof(path), "%s/notify", support_folder);
    listen_at(path);
    setenv("NOTIFY_SOCKET", path, 1);
    systemd_notify("READY=1");
    ck_assert_str_eq(received(), "READY=1");
    ck_assert_str_eq(received(), "");
}
END_TEST

START_TEST(a_state_reaches_an_abstract_socket) {
    char path[100];

    snprintf(path, sizeof(path), "@patchmark-test-%ld", (long)getpid());
    listen_at(path);
    setenv("NOTIFY_SOCKET", path, 1);
    systemd_notify("RELOADING=1\nMONOTONIC_USEC=5");
    ck_assert_str_eq(received(), "RELOADING=1\nMONOTONIC_USEC=5");
}
END_TEST

/* The longest path that an address can hold, and one that is a byte longer, which must not be cut.
 */
START_TEST(a_long_path_is_used_whole_or_not_at_all) {
    const size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    char path[200];

    snprintf(path, sizeof(path), "@patchmark-test-%ld-", (long)getpid());
    memset(path + strlen(path), 'x', sizeof(path) - strlen(path));
    path[most] = '\0';
    listen_at(path);
    setenv("NOTIFY_SOCKET", path, 1);
    systemd_notify("READY=1");
    ck_assert_str_eq(received(), "READY=1");
    strcat(path, "x");
    setenv("NOTIFY_SOCKET", path, 1);
    systemd_notify("READY=1");
    ck_assert_str_eq(received(), "");
}
END_TEST

START_TEST(without_a_socket_nothing_happens) {
    static const char *const paths[] = {
        "", "/", "@", "relative/path", "vsock:2:1234", "/nowhere/at/all"};

    listener = socket(AF_UNIX, SOCK_DGRAM, 0);
    unsetenv("NOTIFY_SOCKET");
    systemd_notify("READY=1");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        setenv("NOTIFY_SOCKET", paths[i], 1);
        systemd_notify("READY=1");
    }
    ck_assert_int_ge(listener, 0);
}
END_TEST

/* A systemd that does not read must not block the daemon; Check ends a test that blocks. */
START_TEST(a_reader_that_does_not_read_blocks_nobody) {
    char path[300];
    int got = 0;

    snprintf(path, sizeof(path), "%s/notify", support_folder);
    listen_at(path);
    setenv("NOTIFY_SOCKET", path, 1);
    for (int i = 0; i < 10000; i++)
        systemd_notify("WATCHDOG=1");
    while (*received())
        got++;
    ck_assert_int_gt(got, 0);
    ck_assert_int_lt(got, 10000);
}
END_TEST

/* No descriptor is left open, not even when sending fails. */
START_TEST(nothing_is_left_open) {
    int before, after;

    listener = dup(0);
    setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    before = dup(0);
    for (int i = 0; i < 100; i++)
        systemd_notify("WATCHDOG=1");
    after = dup(0);
    ck_assert_int_eq(after, before + 1);
    close(before);
    close(after);
}
END_TEST

SUITE(systemd_suite) {
    Suite *suite = suite_create("systemd");
    TCase *tests = tcase_create("systemd");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_state_reaches_a_socket_in_a_folder);
    tcase_add_test(tests, a_state_reaches_an_abstract_socket);
    tcase_add_test(tests, a_long_path_is_used_whole_or_not_at_all);
    tcase_add_test(tests, without_a_socket_nothing_happens);
    tcase_add_test(tests, a_reader_that_does_not_read_blocks_nobody);
    tcase_add_test(tests, nothing_is_left_open);
    suite_add_tcase(suite, tests);
    return suite;
}
