/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_sandbox.c - tests which operations the sandbox forbids, and which it still permits.
 *
 * Each test restricts a child process of its own, which then ends.
 */
#include "support/support.h"
#include "util/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char inside[300], outside[300];

static bool kernel_has_landlock(void) {
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static void setup(void) {
    support_folder_make();
    snprintf(inside, sizeof(inside), "%s/inside", support_folder);
    snprintf(outside, sizeof(outside), "%s/outside", support_folder);
    ck_assert_int_eq(mkdir(inside, 0700), 0);
    ck_assert_int_eq(mkdir(outside, 0700), 0);
}

/* Runs TEST in a child process in the sandbox.  TEST returns 0, or the line of the condition that
 * failed. */
static void in_a_confined_child(int (*test)(void)) {
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const char *const folders[] = {inside};

        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        sandbox_enter(folders, 1);
        _exit(test());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child failed at line %d",
                  WEXITSTATUS(status));
}

#define WANT(condition)      \
    do {                     \
        if (!(condition))    \
            return __LINE__; \
    } while (0)

static int file_make(const char *folder) {
    char path[400];
    int file;

    snprintf(path, sizeof(path), "%s/file", folder);
    file = open(path, O_CREAT | O_RDWR, 0600);
    return file < 0 || write(file, "x", 1) != 1 || ftruncate(file, 0) < 0 || close(file) < 0
               ? -1
               : unlink(path);
}

#ifdef HAVE_SECCOMP

static int starts_nothing(void) {
    char *const arguments[] = {(char *)"true", NULL};

    WANT(execv("/bin/true", arguments) < 0 && errno == EPERM);
    WANT(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0 && errno == EPERM);
    WANT(ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 && errno == EPERM);
    return 0;
}

START_TEST(no_program_and_no_process_is_started) {
    in_a_confined_child(starts_nothing);
}
END_TEST

static int speaks_to_few(void) {
    WANT(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EPERM);
    WANT(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM);
    WANT(socket(9 /* AF_X25 */, SOCK_SEQPACKET, 0) < 0 && errno == EPERM);
    WANT(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    WANT(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    WANT(socket(AF_INET6, SOCK_STREAM, 0) >= 0 || errno == EAFNOSUPPORT);
    return 0;
}

START_TEST(only_unix_and_internet_sockets_are_left) {
    in_a_confined_child(speaks_to_few);
}
END_TEST

#endif

static void *nothing(void *argument) {
    return argument;
}

static int threads_run(void) {
    pthread_t thread;

    WANT(pthread_create(&thread, NULL, nothing, NULL) == 0);
    WANT(pthread_join(thread, NULL) == 0);
    return 0;
}

START_TEST(threads_are_made_as_before) {
    in_a_confined_child(threads_run);
}
END_TEST

static int writes_inside(void) {
    char from[400], to[400];

    WANT(file_make(inside) == 0);
    snprintf(from, sizeof(from), "%s/a", inside);
    snprintf(to, sizeof(to), "%s/b", inside);
    WANT(close(open(from, O_CREAT | O_WRONLY, 0600)) == 0);
    WANT(rename(from, to) == 0);
    return 0;
}

START_TEST(files_of_its_folders_are_written_as_before) {
    in_a_confined_child(writes_inside);
}
END_TEST

static int writes_nowhere_else(void) {
    WANT(file_make(outside) < 0 && errno == EACCES);
    WANT(mkdir(outside, 0700) < 0 && (errno == EACCES || errno == EEXIST));
    WANT(rmdir(outside) < 0 && errno == EACCES);
    WANT(open("/bin/true", O_RDONLY) >= 0);
    return 0;
}

START_TEST(elsewhere_it_only_reads) {
    if (kernel_has_landlock())
        in_a_confined_child(writes_nowhere_else);
}
END_TEST

SUITE(sandbox_suite) {
    Suite *suite = suite_create("sandbox");
    TCase *tests = tcase_create("sandbox");

    tcase_add_checked_fixture(tests, setup, support_folder_remove);
#ifdef HAVE_SECCOMP
    tcase_add_test(tests, no_program_and_no_process_is_started);
    tcase_add_test(tests, only_unix_and_internet_sockets_are_left);
#endif
    tcase_add_test(tests, threads_are_made_as_before);
    tcase_add_test(tests, files_of_its_folders_are_written_as_before);
    tcase_add_test(tests, elsewhere_it_only_reads);
    suite_add_tcase(suite, tests);
    return suite;
}
