/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_broken_filter.c - tests the fake MTA with filters that are not running, do not answer or
 * send invalid packets, and with edits that libmilter would refuse to send.
 */
#include <check.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta.h"
#include "support/suite.h"
#include "util/cleanup.h"

CLEANUP_DEFINE(struct mta *, mta_free)

static const char *const recipients[] = {"list@example.org"};
static const struct mta_envelope envelope = {"Q1", "sender@example.org", recipients, 1};
static struct mta_result result;
static struct mail mail;
static pid_t peer;
static char folder[] = "/tmp/test-peer-XXXXXX";
static char address[64]; /* "unix:FOLDER/socket" */

static void start(void) {
    static const struct mail_options plain;
    ck_assert_int_eq(mail_prepare(&mail, "A: b\n\nc\n", 8, &plain), 0);
}

static void stop(void) {
    if (peer > 0) {
        kill(peer, SIGKILL);
        waitpid(peer, NULL, 0);
        unlink(address + strlen("unix:"));
        rmdir(folder);
        peer = 0;
    }
    mta_result_clear(&result);
    mail_clear(&mail);
}

/* Writes BYTES to the first client that connects, and reads until that closes the connection. */
static void peer_run(int listener, const char *bytes, size_t length) {
    char ignored[4096];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length)
        _exit(1);
    shutdown(fd, SHUT_WR);
    while (read(fd, ignored, sizeof ignored) > 0)
        ;
    _exit(0);
}

/* Starts a peer that sends BYTES, whatever it receives, and then closes its side; if BYTES is NULL,
 * one that never accepts.  Returns an MTA that is not connected yet. */
static struct mta *peer_start(const char *bytes, size_t length, int timeout_ms) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(address, sizeof address, "unix:%s/socket", folder);
    strcpy(name.sun_path, address + strlen("unix:"));
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    peer = fork();
    ck_assert_int_ge(peer, 0);
    if (peer == 0) {
        if (bytes)
            peer_run(listener, bytes, length);
        pause();
        _exit(0);
    }
    close(listener);
    struct mta_options options = mta_options_for(6);
    options.timeout_ms = timeout_ms;
    options.protocol &= (uint32_t)~SMFIP_NOUNKNOWN; /* one bit is not offered */
    options.actions &= (uint32_t)~SMFIF_CHGFROM;
    struct mta *mta = mta_new(&options);
    ck_assert_ptr_nonnull(mta);
    return mta;
}

START_TEST(says_why_it_cannot_connect) {
    static const struct {
        const char *address, *error;
    } cases[] = {
        {"unix:/nowhere/at/all", "connect: No such file or directory"},
        {"inet:1@127.0.0.1", "connect: Connection refused"},
        {"inet:@127.0.0.1", "no port in inet:@127.0.0.1"},
        {"/tmp/socket", "not unix:/path or inet:port@host: /tmp/socket"},
    };
    struct mta_options options = mta_options_for(6);
    AUTO(mta_free) struct mta *mta = mta_new(&options);
    ck_assert_int_eq(mta_open(mta, cases[_i].address), -1);
    ck_assert_str_eq(mta_error(mta), cases[_i].error);
    ck_assert(!mta_is_open(mta));
    ck_assert_int_eq(mta_play(mta, &mail, &envelope, &result), -1);
    ck_assert_str_eq(mta_error(mta), "not connected");
}
END_TEST

START_TEST(does_not_wait_for_ever) {
    AUTO(mta_free) struct mta *mta = peer_start(NULL, 0, 50);
    ck_assert_int_eq(mta_open(mta, address), -1);
    ck_assert_str_eq(mta_error(mta), "no answer from the filter within 50 ms");
    ck_assert(!mta_is_open(mta));
}
END_TEST

struct words {
    const char *bytes;
    size_t length;
    const char *error;
};

#define WORDS(bytes, error) \
    { (bytes), sizeof(bytes) - 1, error }

/* The reply to the negotiation: length, 'O', version, actions, protocol. */
static const struct words negotiations[] = {
    WORDS("", "the filter closed the connection"),
    WORDS("\0\0\0", "the filter closed the connection"),
    WORDS("\0\0\0\0", "the filter sent a packet of 0 bytes"),
    WORDS("\x7f\xff\xff\xff", "the filter sent a packet of 2147483647 bytes"),
    WORDS("\xff\xff\xff\xff", "the filter sent a packet of 4294967295 bytes"),
    WORDS("\0\0\0\x0dO\0\0", "the filter closed the connection"),
    WORDS("\0\0\0\x01"
          "c",
          "the filter answered the negotiation with 'c'"),
    WORDS("\0\0\0\x05O\0\0\0\6", "the filter answered the negotiation with 'O'"),
    WORDS("\0\0\0\x0dO\0\0\0\7\0\0\0\0\0\0\0\0", "the filter requests version 7 of the protocol"),
    WORDS("\0\0\0\x0dO\0\0\0\1\0\0\0\0\0\0\0\0", "the filter requests version 1 of the protocol"),
    WORDS("\0\0\0\x0dO\0\0\0\6\0\0\0\x41\0\0\0\0",
          "the filter requests actions 0x41, offered were 0x1bf"),
    WORDS("\0\0\0\x0dO\0\0\0\6\0\0\0\0\0\0\1\x80",
          "the filter requests protocol 0x180, offered was 0x1ffeff"),
    WORDS("\0\0\0\x12O\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\5i",
          "the filter sent a broken list of macros"),
};

START_TEST(says_what_is_wrong_with_a_negotiation) {
    const struct words *words = &negotiations[_i];
    AUTO(mta_free) struct mta *mta = peer_start(words->bytes, words->length, 5000);
    ck_assert_int_eq(mta_open(mta, address), -1);
    ck_assert_str_eq(mta_error(mta), words->error);
    ck_assert(!mta_is_open(mta));
}
END_TEST

/* Version 6, ADDHDRS and QUARANTINE, no reply before the end of the mail. */
#define AGREED "\0\0\0\x0dO\0\0\0\6\0\0\0\x21\0\x0d\xf0\x80"

static const struct words answers[] = {
    WORDS(AGREED, "the filter closed the connection"),
    WORDS(AGREED "\0\0\0\1Z", "the filter answered eom with 'Z': not an answer to this stage"),
    WORDS(AGREED "\0\0\0\1\2", "the filter answered eom with '?': not an answer to this stage"),
    WORDS(AGREED "\0\0\0\2c\0", "the filter answered eom with 'c': wrong length"),
    WORDS(AGREED "\0\0\0\1y", "the filter answered eom with 'y': wrong length"),
    WORDS(AGREED "\0\0\0\4y550", "the filter answered eom with 'y': not a reply text"),
    WORDS(AGREED "\0\0\0\6y250 \0", "the filter answered eom with 'y': not a reply text"),
    WORDS(AGREED "\0\0\0\3hX\0", "the filter answered eom with 'h': add header"),
    WORDS(AGREED "\0\0\0\4hX\0y", "the filter answered eom with 'h': add header"),
    WORDS(AGREED "\0\0\0\6hX\0y\0z", "the filter answered eom with 'h': add header"),
    WORDS(AGREED "\0\0\0\4i\0\0\0", "the filter answered eom with 'i': insert header"),
    WORDS(AGREED "\0\0\0\5i\0\0\0\1", "the filter answered eom with 'i': insert header"),
    WORDS(AGREED "\0\0\0\2qx", "the filter answered eom with 'q': quarantine"),
    WORDS(AGREED "\0\0\0\x09m\0\0\0\1X\0y\0",
          "the filter answered eom with 'm': an action that was not negotiated"),
    WORDS(AGREED "\0\0\0\1pxxxxx", "the filter sent a packet of 2021161080 bytes"),
};

START_TEST(says_what_is_wrong_with_an_answer) {
    const struct words *words = &answers[_i];
    AUTO(mta_free) struct mta *mta = peer_start(words->bytes, words->length, 5000);
    ck_assert_int_eq(mta_open(mta, address), 0);
    ck_assert_int_eq(mta_play(mta, &mail, &envelope, &result), -1);
    ck_assert_str_eq(mta_error(mta), words->error);
    ck_assert(!mta_is_open(mta));
}
END_TEST

/* Well-formed replies are accepted, so the cases above fail for the stated reason. */
START_TEST(takes_answers_that_are_right) {
    static const char bytes[] = AGREED "\0\0\0\1p"
                                       "\0\0\0\5hX\0y\0"
                                       "\0\0\0\x09i\0\0\0\1X\0y\0"
                                       "\0\0\0\3qx\0"
                                       "\0\0\0\6y550 \0";
    AUTO(mta_free) struct mta *mta = peer_start(bytes, sizeof bytes - 1, 5000);
    ck_assert_int_eq(mta_open(mta, address), 0);
    ck_assert_int_eq(mta_play(mta, &mail, &envelope, &result), 0);
    ck_assert_uint_eq(result.edit_count, 3);
    ck_assert_uint_eq(result.progress, 1);
    ck_assert_int_eq(result.verdict, MTA_REPLYCODE);
    ck_assert_str_eq(result.reply, "550 ");
}
END_TEST

/* Edits in the middle of a mail: version 6, ADDHDRS, replies to all stages. */
START_TEST(refuses_an_edit_before_the_end) {
    static const char bytes[] = "\0\0\0\x0dO\0\0\0\6\0\0\0\1\0\0\0\0"
                                "\0\0\0\1c" /* connect */
                                "\0\0\0\1c" /* helo */
                                "\0\0\0\5hX\0y\0";
    AUTO(mta_free) struct mta *mta = peer_start(bytes, sizeof bytes - 1, 5000);
    ck_assert_int_eq(mta_open(mta, address), 0);
    ck_assert_int_eq(mta_play(mta, &mail, &envelope, &result), -1);
    ck_assert_str_eq(mta_error(mta),
                     "the filter answered mail with 'h': not an answer to this stage");
}
END_TEST

SUITE(broken_filter_suite) {
    Suite *all = suite_create("broken filter");
    TCase *tests = tcase_create("errors");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_loop_test(tests, says_why_it_cannot_connect, 0, 4);
    tcase_add_test(tests, does_not_wait_for_ever);
    tcase_add_loop_test(tests, says_what_is_wrong_with_a_negotiation, 0,
                        sizeof negotiations / sizeof *negotiations);
    tcase_add_loop_test(tests, says_what_is_wrong_with_an_answer, 0,
                        sizeof answers / sizeof *answers);
    tcase_add_test(tests, takes_answers_that_are_right);
    tcase_add_test(tests, refuses_an_edit_before_the_end);
    suite_add_tcase(all, tests);
    return all;
}
