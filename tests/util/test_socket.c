/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_socket.c - TCP_NODELAY is set on the listening socket of libmilter and on no other one; only
 * a unix socket that no process has is removed; owner, group and mode of one are set where chown(2)
 * is forbidden.
 */
#include "support/support.h"
#include "util/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

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

/* ---- a file at the path --------------------------------------------------------------------- */

static char path[300], address[310];

static void setup_path(void) {
    support_folder_make();
    snprintf(path, sizeof(path), "%s/patchmark.sock", support_folder);
    snprintf(address, sizeof(address), "unix:%s", path);
}

static void teardown_path(void) {
    support_folder_remove();
}

/* Returns a socket of TYPE with the path, which has no FD_CLOEXEC and, if it is a stream, listens.
 */
static int path_bind(int type) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, type, 0);

    ck_assert_uint_lt(strlen(path), sizeof(name.sun_path));
    strcpy(name.sun_path, path);
    ck_assert_int_eq(bind(descriptor, (struct sockaddr *)&name, sizeof(name)), 0);
    if (type == SOCK_STREAM)
        ck_assert_int_eq(listen(descriptor, 5), 0);
    return descriptor;
}

static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

START_TEST(a_socket_in_use_stays) {
    int descriptor = path_bind(types[_i]);

    ck_assert_int_eq(socket_make_room(address), -1);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_uint_eq(support_logged("another process listens on it; stop it first"), 1);
    close(descriptor);
}
END_TEST

START_TEST(a_stale_socket_is_removed) {
    close(path_bind(types[_i]));
    ck_assert_int_eq(socket_make_room(address), 0);
    ck_assert_int_lt(access(path, F_OK), 0);
    ck_assert_str_eq(support_log.text, "");
}
END_TEST

/* Without a descriptor it is unknown which of the two it is. */
START_TEST(a_socket_that_cannot_be_tried_stays) {
    int descriptor = path_bind(SOCK_STREAM);
    struct rlimit before, none = {0};

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(socket_make_room(address), -1);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_uint_eq(support_logged("cannot find out whether a process listens on it: Too "), 1);
    close(descriptor);
}
END_TEST

/* ---- owner, group and mode ------------------------------------------------------------------ */

#ifdef HAVE_SECCOMP

/* A file for the socket, and a process that may not call chown, as in patchmark.service. */
static void setup_access(void) {
    static const int calls[] = {SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(lchown),
                                SCMP_SYS(fchownat)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    setup_path();
    ck_assert_int_ge(close(creat(path, 0600)), 0);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0), 0);
    ck_assert_int_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
}

static int access_set(const char *owner, const char *group) {
    return socket_set_access(address,
                             &(struct socket_access){.owner = owner, .group = group, .mode = 0640},
                             "file");
}

START_TEST(a_mode_needs_no_chown) {
    struct stat status;

    ck_assert_int_eq(access_set("", ""), EX_OK);
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0640);
}
END_TEST

START_TEST(neither_do_the_owner_and_group_that_it_has) {
    struct stat status;
    const struct passwd *owner;
    const struct group *group;

    ck_assert_int_eq(lstat(path, &status), 0);
    owner = getpwuid(status.st_uid);
    group = getgrgid(status.st_gid);
    if (owner && group)
        ck_assert_int_eq(access_set(owner->pw_name, group->gr_name), EX_OK);
}
END_TEST

START_TEST(another_group_is_an_error) {
    const struct group *group;

    while ((group = getgrent()) && group->gr_gid == getegid())
        ;
    ck_assert_ptr_nonnull(group);
    ck_assert_int_eq(access_set("", group->gr_name), EX_NOPERM);
    ck_assert_uint_eq(support_logged("cannot set its owner, group and mode: Operation not "), 1);
}
END_TEST

#endif

SUITE(socket_suite) {
    Suite *suite = suite_create("socket");
    TCase *nodelay = tcase_create("nodelay"), *room = tcase_create("room");

    tcase_add_checked_fixture(nodelay, support_log_start, NULL);
    tcase_add_test(nodelay, the_listener_has_nodelay);
    tcase_add_test(nodelay, the_listener_is_found_whatever_its_number);
    tcase_add_test(nodelay, no_other_socket_is_changed);
    tcase_add_test(nodelay, a_unix_socket_has_nothing_to_change);
    tcase_add_test(nodelay, a_listener_that_is_not_found_is_logged);
    suite_add_tcase(suite, nodelay);
    tcase_add_checked_fixture(room, support_log_start, NULL);
    tcase_add_checked_fixture(room, setup_path, teardown_path);
    tcase_add_loop_test(room, a_socket_in_use_stays, 0, 2);
    tcase_add_loop_test(room, a_stale_socket_is_removed, 0, 2);
    tcase_add_test(room, a_socket_that_cannot_be_tried_stays);
    suite_add_tcase(suite, room);
#ifdef HAVE_SECCOMP
    TCase *access = tcase_create("access");

    tcase_add_checked_fixture(access, support_log_start, NULL);
    tcase_add_checked_fixture(access, setup_access, teardown_path);
    tcase_add_test(access, a_mode_needs_no_chown);
    tcase_add_test(access, neither_do_the_owner_and_group_that_it_has);
    tcase_add_test(access, another_group_is_an_error);
    suite_add_tcase(suite, access);
#endif
    return suite;
}
