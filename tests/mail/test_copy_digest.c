/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_copy_digest.c - message_copy_digest: equal for copies of one mail, and for no others.
 */
#include "mail/bounds.h"
#include "mail/message.h"
#include "support/support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MAIL "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\n\ntext\n"

static struct mail mail;

static void setup(void) {
    support_mail_init(&mail);
}

static void teardown(void) {
    mail_free(&mail);
}

static int64_t digest_of(const char *raw) {
    mail_reset(&mail);
    message_load(mail.message, support_text(raw));
    return message_copy_digest(mail.message);
}

static const char *const transport[] = {
    "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000",
    "received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000",
    "Return-Path: <l-bounces@example.org>",
    "Delivered-To: b@example.org",
    "X-Original-To: b@example.org",
    "Envelope-To: b@example.org",
    "Errors-To: l-bounces+b=example.org@example.org",
    "Sender: l-bounces@example.org",
    "DKIM-Signature: v=1;\n b=abc",
    "ARC-Seal: i=1; b=abc",
    "ARC-Message-Signature: i=1; b=abc",
    "ARC-Authentication-Results: i=1; none",
    "Authentication-Results: example.org; none",
    "Received-SPF: pass",
    "List-Unsubscribe: <mailto:l-leave+b@example.org>",
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
};

START_TEST(fields_of_the_transport_do_not_count) {
    char raw[500];
    int64_t digest = digest_of(MAIL);

    snprintf(raw, sizeof(raw), "%s\n" MAIL, transport[_i]);
    ck_assert_msg(digest_of(raw) == digest, "%s", transport[_i]);
}
END_TEST

static const char *const others[] = {
    "",
    "\n",
    "\ntext\n",
    "From: b@example.org\nSubject: one\nList-Id: <l.example.org>\n\ntext\n",
    "From: a@example.org\nSubject: two\nList-Id: <l.example.org>\n\ntext\n",
    "From: a@example.org\nSubject: one\nList-Id: <m.example.org>\n\ntext\n",
    "From: a@example.org\nSubject: one\n\ntext\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\n\ntest\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\n\ntext\n\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\n\ntext",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\n\n",
    "From: a@example.org\nList-Id: <l.example.org>\nSubject: one\n\ntext\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\ntext\n\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\nTo: a@x\n\ntext\n",
    "From: a@example.org\nFrom: a@example.org\nSubject: one\nList-Id: <l.example.org>\n\ntext\n",
    "From: a@example.org\nSubject: on\ne: List-Id: <l.example.org>\n\ntext\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\nX-Received: text\n\ntext\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\nList-Post: <mailto:x>\n\ntext\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\nPatchmark-Kind: x\n\ntext\n",
    "From: a@example.org\nSubject: one\nList-Id: <l.example.org>\nContent-Type: x/y\n\ntext\n",
};

START_TEST(everything_else_counts) {
    int64_t digest = digest_of(MAIL);

    ck_assert_msg(digest_of(others[_i]) != digest, "%s", others[_i]);
}
END_TEST

/* However a mail is added, and also after it was parsed. */
START_TEST(the_digest_is_that_of_the_mail) {
    int64_t digest = digest_of(MAIL);

    message_parse(mail.message, 0);
    ck_assert_int_eq(message_copy_digest(mail.message), digest);
    ck_assert_int_eq(digest_of("From: a@example.org\r\nSubject: one\r\nList-Id: <l.example.org>\r\n"
                               "\r\ntext\r\n"),
                     digest);
    mail_reset(&mail);
    message_add_header(mail.message, "From", " a@example.org");
    message_add_header(mail.message, "Subject", " one");
    message_add_header(mail.message, "List-Id", " <l.example.org>");
    ck_assert(message_add_body(mail.message, "te", 2));
    ck_assert(message_add_body(mail.message, "xt\r", 3));
    ck_assert(message_add_body(mail.message, "\n", 1));
    ck_assert_int_eq(message_copy_digest(mail.message), digest);
}
END_TEST

/* Of a mail that is larger than the limit, the rest is not there: its size tells two mails apart.
 */
START_TEST(mails_beyond_the_limit_differ_by_their_size) {
    char piece[4096];
    int64_t digests[3];

    memset(piece, 'a', sizeof(piece));
    for (int i = 0; i < 3; i++) {
        mail_reset(&mail);
        message_add_header(mail.message, "From", " a@example.org");
        while (message_add_body(mail.message, piece, sizeof(piece)))
            ;
        message_add_body(mail.message, piece, i == 2 ? 2 : 1);
        digests[i] = message_copy_digest(mail.message);
    }
    ck_assert_int_eq(digests[0], digests[1]);
    ck_assert_int_ne(digests[0], digests[2]);
}
END_TEST

START_TEST(a_field_is_found_by_its_name) {
    digest_of(MAIL);
    ck_assert(message_has_field(mail.message, "List-Id"));
    ck_assert(message_has_field(mail.message, "list-id"));
    ck_assert(!message_has_field(mail.message, "List"));
    ck_assert(!message_has_field(mail.message, "List-Id-2"));
    digest_of("Subject: x\n\nList-Id: <l.example.org>\n");
    ck_assert(!message_has_field(mail.message, "List-Id"));
}
END_TEST

SUITE(copy_digest_suite) {
    Suite *suite = suite_create("copy_digest");
    TCase *tests = tcase_create("copy_digest");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, fields_of_the_transport_do_not_count, 0, COUNT(transport));
    tcase_add_loop_test(tests, everything_else_counts, 0, COUNT(others));
    tcase_add_test(tests, the_digest_is_that_of_the_mail);
    tcase_add_test(tests, mails_beyond_the_limit_differ_by_their_size);
    tcase_add_test(tests, a_field_is_found_by_its_name);
    suite_add_tcase(suite, tests);
    return suite;
}
