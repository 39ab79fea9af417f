/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_libmilter_buffer.c - tests that buffered connections behave as unbuffered ones, except for
 * the time at which bytes are read and sent.  This program is linked with LIBMILTER_WRAP, so its
 * calls of accept, poll, read, writev and close are replaced as those of libmilter are.
 */
#include "support/support.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define TIMEOUT_MS 200

static int mta, filter; /* the two ends of a connection; FILTER is buffered */

/* Returns a listening socket that has no name in the file system. */
static int listener_make(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
    return listener;
}

static int connect_to(int listener) {
    struct sockaddr_un address;
    socklen_t length = sizeof(address);
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    ck_assert_int_eq(connect(descriptor, (struct sockaddr *)&address, length), 0);
    return descriptor;
}

static void connection_make(void) {
    int listener = listener_make();

    mta = connect_to(listener);
    filter = accept(listener, NULL, NULL);
    ck_assert_int_ge(filter, 0);
}

/* Polls the filter's end as libmilter does: for input without waiting, for output with its timeout.
 */
static int ready(short events) {
    struct pollfd asked = {.fd = filter, .events = events, .revents = -1};
    int result = poll(&asked, 1, events == POLLOUT ? TIMEOUT_MS : 0);

    ck_assert_int_eq(result, asked.revents != 0);
    return asked.revents;
}

/* Returns the number of bytes that DESCRIPTOR can read from the kernel. */
static int in_kernel(int descriptor) {
    int count = -1;

    ck_assert_int_eq(ioctl(descriptor, FIONREAD, &count), 0);
    return count;
}

static void mta_send(const char *text) {
    ck_assert_int_eq(send(mta, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Polls and writes, as libmilter does. */
static void filter_writes(const char *text) {
    struct iovec pieces[] = {{(char *)text, 1}, {(char *)text + 1, strlen(text) - 1}};

    ck_assert_int_eq(ready(POLLOUT), POLLOUT);
    ck_assert_int_eq(writev(filter, pieces, 2), strlen(text));
}

static void filter_reads(const char *wanted) {
    char got[64] = "";

    ck_assert_int_eq(read(filter, got, strlen(wanted)), strlen(wanted));
    ck_assert_str_eq(got, wanted);
}

/* ---- reading ------------------------------------------------------------------------------- */

START_TEST(what_is_there_is_read_at_once) {
    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    mta_send("one two three");
    ck_assert_int_eq(ready(POLLIN | POLLPRI), POLLIN);
    ck_assert_int_eq(in_kernel(filter), 0);
    filter_reads("one ");
    ck_assert_int_eq(ready(POLLIN), POLLIN);
    filter_reads("two ");
    filter_reads("three");
    ck_assert_int_eq(ready(POLLIN), 0);
}
END_TEST

/* The function that a libmilter built with -D_FORTIFY_SOURCE=3 calls. */
ssize_t __read_chk(int descriptor, void *data, size_t size, size_t room);
int __poll_chk(struct pollfd *asked, nfds_t count, int milliseconds, size_t room);

START_TEST(checked_reads_have_what_was_read_ahead) {
    struct pollfd asked = {.events = POLLIN};
    char got[8] = "";

    connection_make();
    asked.fd = filter;
    mta_send("one two");
    ck_assert_int_eq(__poll_chk(&asked, 1, 0, sizeof(asked)), 1);
    filter_reads("one ");
    ck_assert_int_eq(__poll_chk(&asked, 1, 0, sizeof(asked)), 1);
    ck_assert_int_eq(__read_chk(filter, got, 4, sizeof(got)), 3);
    ck_assert_str_eq(got, "two");
}
END_TEST

START_TEST(checked_reads_are_checked) {
    volatile size_t room = 2;
    char got[3];

    connection_make();
    mta_send("one");
    ck_assert_int_eq(__read_chk(filter, got, sizeof(got), room), -1);
}
END_TEST

START_TEST(a_read_of_more_returns_what_is_there) {
    char got[64] = "";

    connection_make();
    mta_send("short");
    ck_assert_int_eq(ready(POLLIN), POLLIN);
    ck_assert_int_eq(read(filter, got, sizeof(got)), 5);
    ck_assert_str_eq(got, "short");
}
END_TEST

/* libmilter reads a body of 64 KiB in the pieces in which it arrives. */
START_TEST(a_large_packet_comes_in_pieces) {
    static unsigned char sent[65535], got[sizeof(sent)];
    size_t length = 0;

    connection_make();
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (unsigned char)(i * 2654435761u >> 8);
    ck_assert_int_eq(send(mta, sent, sizeof(sent), 0), sizeof(sent));
    while (length < sizeof(got)) {
        ssize_t count;

        ck_assert_int_eq(ready(POLLIN), POLLIN);
        count = read(filter, got + length, sizeof(got) - length);
        ck_assert_int_gt(count, 0);
        length += (size_t)count;
    }
    ck_assert_mem_eq(got, sent, sizeof(sent));
    ck_assert_int_eq(ready(POLLIN), 0);
}
END_TEST

static void on_signal(int number) {
    (void)number;
}

static void *send_later(void *argument) {
    usleep(20000);
    mta_send(argument);
    return NULL;
}

/* The rest of a packet arrives later. */
START_TEST(poll_waits_where_nothing_is_there) {
    struct pollfd asked;
    pthread_t thread;

    connection_make();
    mta_send("be");
    ck_assert_int_eq(ready(POLLIN), POLLIN);
    filter_reads("be");
    pthread_create(&thread, NULL, send_later, (char *)"gun");
    asked = (struct pollfd){.fd = filter, .events = POLLIN};
    ck_assert_int_eq(poll(&asked, 1, 10000), 1);
    ck_assert_int_eq(asked.revents, POLLIN);
    filter_reads("gun");
    pthread_join(thread, NULL);
}
END_TEST

/* Input that arrives while poll waits is read in the same call.  After a timeout or a signal, poll
 * returns as that of libc. */
START_TEST(a_wait_ends_as_that_of_poll_does) {
    struct pollfd asked = {.events = POLLIN};
    pthread_t thread;
    char got[8];

    connection_make();
    asked.fd = filter;
    ck_assert_int_eq(poll(&asked, 1, 20), 0);
    ck_assert_int_eq(asked.revents, 0);
    pthread_create(&thread, NULL, send_later, (char *)"late");
    ck_assert_int_eq(poll(&asked, 1, 10000), 1);
    ck_assert_int_eq(asked.revents, POLLIN);
    ck_assert_int_eq(in_kernel(filter), 0);
    filter_reads("late");
    pthread_join(thread, NULL);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_signal}, NULL); /* no SA_RESTART */
    ualarm(20000, 0);
    ck_assert_int_eq(poll(&asked, 1, 10000), -1);
    ck_assert_int_eq(errno, EINTR);
    close(mta);
    ck_assert_int_eq(poll(&asked, 1, 10000), 1);
    ck_assert_int_eq(read(filter, got, sizeof(got)), 0);
}
END_TEST

START_TEST(the_end_comes_behind_what_was_sent) {
    char got[8];

    connection_make();
    mta_send("last");
    close(mta);
    ck_assert_int_eq(ready(POLLIN), POLLIN);
    filter_reads("last");
    ck_assert_int_ne(ready(POLLIN), 0);
    ck_assert_int_eq(read(filter, got, sizeof(got)), 0);
    ck_assert_int_eq(read(filter, got, sizeof(got)), 0);
}
END_TEST

/* libmilter polls all idle connections, and the pipe that wakes it, with one call, after it has
 * found no input on each of them. */
START_TEST(a_poll_of_many_is_passed_to_libc) {
    struct pollfd asked[3];
    int wake[2];

    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    ck_assert_int_eq(pipe(wake), 0);
    asked[0] = (struct pollfd){.fd = wake[0], .events = POLLIN};
    asked[1] = (struct pollfd){.fd = filter, .events = POLLIN};
    asked[2] = (struct pollfd){.fd = -1, .events = POLLIN};
    ck_assert_int_eq(poll(asked, 3, 0), 0);
    mta_send("more than is asked for");
    ck_assert_int_eq(poll(asked, 3, 10000), 1);
    ck_assert_int_eq(asked[0].revents, 0);
    ck_assert_int_eq(asked[1].revents, POLLIN);
    ck_assert_int_eq(in_kernel(filter), 22);
    ck_assert_int_eq(write(wake[1], "x", 1), 1);
    ck_assert_int_eq(poll(asked, 3, 10000), 2);
    ck_assert_int_eq(ready(POLLIN), POLLIN);
    filter_reads("more");
}
END_TEST

/* A libmilter that waits with select(2) requires that the input stays in the kernel. */
START_TEST(nothing_is_read_ahead_without_a_poll) {
    connection_make();
    mta_send("one two");
    filter_reads("one ");
    ck_assert_int_eq(in_kernel(filter), 3);
    filter_writes("answer");
    ck_assert_int_eq(in_kernel(mta), 6);
}
END_TEST

/* ---- writing ------------------------------------------------------------------------------- */

START_TEST(a_reply_is_sent_whole_before_a_wait) {
    char got[64] = "";

    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    filter_writes("field, ");
    filter_writes("field, ");
    filter_writes("go on");
    ck_assert_int_eq(in_kernel(mta), 0);
    ck_assert_int_eq(ready(POLLIN), 0);
    ck_assert_int_eq(recv(mta, got, sizeof(got), 0), 19);
    ck_assert_str_eq(got, "field, field, go on");
}
END_TEST

/* Without a poll before the write, the timeout for the peer is unknown. */
START_TEST(nothing_is_held_without_a_poll_to_write) {
    struct iovec piece = {(char *)"answer", 6};

    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    ck_assert_int_eq(writev(filter, &piece, 1), 6);
    ck_assert_int_eq(in_kernel(mta), 6);
}
END_TEST

/* Output larger than the buffer is sent before the next poll, in its order. */
START_TEST(a_long_reply_is_sent_in_its_order) {
    char field[1000], got[1000];

    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    for (int i = 0; i < 30; i++) {
        snprintf(field, sizeof(field), "%-*d", 10 + 30 * i, i);
        filter_writes(field);
    }
    ck_assert_int_eq(ready(POLLIN), 0);
    for (int i = 0; i < 30; i++) {
        snprintf(field, sizeof(field), "%-*d", 10 + 30 * i, i);
        ck_assert_int_eq(recv(mta, got, strlen(field), MSG_WAITALL), strlen(field));
        ck_assert_mem_eq(got, field, strlen(field));
    }
}
END_TEST

START_TEST(a_piece_longer_than_the_buffer_is_sent_whole) {
    static char text[10000], got[sizeof(text)];

    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    filter_writes("before");
    memset(text, 'x', sizeof(text) - 1);
    filter_writes(text);
    ck_assert_int_gt(in_kernel(mta), 0);
    ck_assert_int_eq(ready(POLLIN), 0);
    ck_assert_int_eq(recv(mta, got, 6, MSG_WAITALL), 6);
    ck_assert_mem_eq(got, "before", 6);
    ck_assert_int_eq(recv(mta, got, sizeof(text) - 1, MSG_WAITALL), sizeof(text) - 1);
    ck_assert_str_eq(got, text);
}
END_TEST

START_TEST(what_is_held_is_sent_before_the_connection_is_closed) {
    char got[64] = "";

    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    filter_writes("bye");
    close(filter);
    ck_assert_int_eq(recv(mta, got, sizeof(got), MSG_WAITALL), 3);
    ck_assert_str_eq(got, "bye");
}
END_TEST

/* If the peer has closed, there is no SIGPIPE, and libmilter reads the end of the connection. */
START_TEST(a_reply_to_a_closed_peer_ends_the_connection) {
    struct iovec piece = {(char *)"more", 4};
    char got[8];

    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    close(mta);
    filter_writes("answer");
    ck_assert_int_eq(ready(POLLIN), POLLIN);
    ck_assert_int_eq(read(filter, got, sizeof(got)), 0);
    errno = 0;
    ck_assert_int_eq(writev(filter, &piece, 1), -1);
    ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* A peer that sends but does not read must not block a thread forever. */
START_TEST(a_peer_that_does_not_read_is_dropped) {
    static char text[4000];
    struct iovec piece = {text, sizeof(text)};
    int written = 0;

    connection_make();
    ck_assert_int_eq(ready(POLLIN), 0);
    ck_assert_int_eq(ready(POLLOUT), POLLOUT);
    while (writev(filter, &piece, 1) > 0)
        ck_assert_int_lt(++written, 100000);
    ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* ---- everything else ----------------------------------------------------------------------- */

START_TEST(other_files_are_not_buffered) {
    int pair[2];
    struct iovec piece = {(char *)"now", 3};
    struct pollfd asked;
    char got[8] = "";

    connection_make();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    asked = (struct pollfd){.fd = pair[0], .events = POLLIN};
    ck_assert_int_eq(poll(&asked, 1, 0), 0);
    asked.events = POLLOUT;
    ck_assert_int_eq(poll(&asked, 1, TIMEOUT_MS), 1);
    ck_assert_int_eq(writev(pair[0], &piece, 1), 3);
    ck_assert_int_eq(in_kernel(pair[1]), 3);
    ck_assert_int_eq(send(pair[1], "ahead", 5, 0), 5);
    asked.events = POLLIN;
    ck_assert_int_eq(poll(&asked, 1, 0), 1);
    ck_assert_int_eq(in_kernel(pair[0]), 5);
    ck_assert_int_eq(read(pair[0], got, 2), 2);
    ck_assert_int_eq(in_kernel(pair[0]), 3);
    errno = 0;
    ck_assert_int_eq(read(-1, got, 2), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(close(INT32_MAX), -1);
}
END_TEST

START_TEST(shared_libraries_keep_their_functions) {
    ck_assert_ptr_ne(dlsym(RTLD_DEFAULT, "accept"), (void *)accept);
    ck_assert_ptr_ne(dlsym(RTLD_DEFAULT, "poll"), (void *)poll);
    ck_assert_ptr_ne(dlsym(RTLD_DEFAULT, "read"), (void *)read);
    ck_assert_ptr_ne(dlsym(RTLD_DEFAULT, "writev"), (void *)writev);
    ck_assert_ptr_ne(dlsym(RTLD_DEFAULT, "close"), (void *)close);
}
END_TEST

/* Opens all descriptors below NUMBER, or below the limit of this process. */
static void descriptors_use(rlim_t number) {
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (number > limit.rlim_max - 10)
        number = limit.rlim_max - 10;
    limit.rlim_cur = number + 10;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while (dup(STDERR_FILENO) < (int)number - 1)
        ;
}

START_TEST(any_descriptor_is_buffered) {
    static const rlim_t numbers[] = {256, 1024, 4096, 70000};

    descriptors_use(numbers[_i]);
    connection_make();
    ck_assert_int_ge(filter, 256);
    ck_assert_int_eq(ready(POLLIN), 0);
    mta_send("one two");
    ck_assert_int_eq(ready(POLLIN), POLLIN);
    ck_assert_int_eq(in_kernel(filter), 0);
    filter_reads("one two");
    filter_writes("answer");
    ck_assert_int_eq(in_kernel(mta), 0);
    ck_assert_int_eq(ready(POLLIN), 0);
    ck_assert_int_eq(in_kernel(mta), 6);
    close(filter);
    ck_assert_int_eq(close(filter), -1);
}
END_TEST

/* A descriptor that is reused for another file has no buffer of the closed connection. */
START_TEST(a_closed_connection_is_forgotten) {
    int old, again[2];

    connection_make();
    mta_send("never asked for");
    ck_assert_int_eq(ready(POLLIN), POLLIN);
    old = filter;
    close(filter);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, again), 0);
    ck_assert(again[0] == old || again[1] == old);
    ck_assert_int_eq(ready(POLLIN), 0);
}
END_TEST

SUITE(libmilter_buffer_suite) {
    Suite *suite = suite_create("libmilter_buffer");
    TCase *reading = tcase_create("reading"), *writing = tcase_create("writing");
    TCase *others = tcase_create("others");

    tcase_add_test(reading, what_is_there_is_read_at_once);
    tcase_add_test(reading, checked_reads_have_what_was_read_ahead);
    tcase_add_test_raise_signal(reading, checked_reads_are_checked, SIGABRT);
    tcase_add_test(reading, a_read_of_more_returns_what_is_there);
    tcase_add_test(reading, a_large_packet_comes_in_pieces);
    tcase_add_test(reading, poll_waits_where_nothing_is_there);
    tcase_add_test(reading, a_wait_ends_as_that_of_poll_does);
    tcase_add_test(reading, the_end_comes_behind_what_was_sent);
    tcase_add_test(reading, a_poll_of_many_is_passed_to_libc);
    tcase_add_test(reading, nothing_is_read_ahead_without_a_poll);
    suite_add_tcase(suite, reading);
    tcase_add_test(writing, a_reply_is_sent_whole_before_a_wait);
    tcase_add_test(writing, nothing_is_held_without_a_poll_to_write);
    tcase_add_test(writing, a_long_reply_is_sent_in_its_order);
    tcase_add_test(writing, a_piece_longer_than_the_buffer_is_sent_whole);
    tcase_add_test(writing, what_is_held_is_sent_before_the_connection_is_closed);
    tcase_add_test(writing, a_reply_to_a_closed_peer_ends_the_connection);
    tcase_add_test(writing, a_peer_that_does_not_read_is_dropped);
    suite_add_tcase(suite, writing);
    tcase_add_test(others, other_files_are_not_buffered);
    tcase_add_test(others, shared_libraries_keep_their_functions);
    tcase_add_loop_test(others, any_descriptor_is_buffered, 0, 4);
    tcase_add_test(others, a_closed_connection_is_forgotten);
    suite_add_tcase(suite, others);
    return suite;
}
