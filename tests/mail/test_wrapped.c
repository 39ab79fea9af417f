/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_wrapped.c - mails that a list wrapped as message/rfc822, and forwarded ones, which are no
 * such mails; further Message-IDs.
 */
#include "mail/author.h"
#include "mail/bounds.h"
#include "support/support.h"

static struct mail mail;
static struct patchmark_message *message;

static void setup(void) {
    support_mail_init(&mail);
    message = mail.message;
}

static void teardown(void) {
    mail_free(&mail);
}

static void read_mail(const char *raw) {
    support_read(&mail, raw, -1);
}

#define DATE    "Date: Mon, 6 May 2024 10:00:00 +0000\n"
#define SUBJECT "Subject: [PATCH] bulb: turn\n"
#define LIST    "List-Id: <lamp.lists.example.org>\nList-Post: <mailto:lamp@lists.example.org>\n"
#define VIA     "From: Ada via Lamp <lamp@lists.example.org>\nReply-To: Ada <ada@example.com>\n"
#define OUTER   VIA DATE SUBJECT LIST "Message-ID: <outer@lists.example.org>\n"
#define ALONE   "Content-Type: message/rfc822\n\n"
#define MIXED   "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
#define NESTED  "Content-Type: message/rfc822\n\n"
#define NEXT    "--b\n"
#define TEXT    "Content-Type: text/plain\nContent-Disposition: inline\n\nThe domain of the sender\n"
#define END     "--b--\n"
#define FROM    "From: Ada <Ada@example.com>\n"
#define INNER                                                                               \
    FROM DATE SUBJECT "Message-ID: <inner@example.com>\nIn-Reply-To: <cover@example.com>\n" \
                      "X-Mailer: inner\n\nturn it\n"

static const struct {
    const char *reason, *raw;
    bool wrapped;
} mails[] = {
    {"alone", OUTER ALONE INNER, true},
    {"alone in multipart/mixed", OUTER MIXED NESTED INNER END, true},
    {"behind a text", OUTER MIXED TEXT NEXT NESTED INNER END, true},
    {"with a footer", OUTER MIXED NESTED INNER NEXT TEXT END, true},
    {"between two texts", OUTER MIXED TEXT NEXT NESTED INNER NEXT TEXT END, true},
    {"in base64",
     OUTER "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
           "RnJvbTogQWRhIDxBZGFAZXhhbXBsZS5jb20+CkRhdGU6IE1vbiwgNiBNYXkgMjAyNCAxMDowMDow\n"
           "MCArMDAwMApTdWJqZWN0OiBbUEFUQ0hdIGJ1bGI6IHR1cm4KTWVzc2FnZS1JRDogPGlubmVyQGV4\n"
           "YW1wbGUuY29tPgpJbi1SZXBseS1UbzogPGNvdmVyQGV4YW1wbGUuY29tPgpYLU1haWxlcjogaW5u\n"
           "ZXIKCnR1cm4gaXQK\n",
     true},
    {"the date in another zone",
     VIA "Date: Mon, 6 May 2024 12:00:00 +0200\n" SUBJECT LIST
         "Message-ID: <outer@lists.example.org>\n" ALONE INNER,
     true},
    {"the list's mark in the subject",
     VIA DATE "Subject: [Lamp] [PATCH] bulb: turn\n" LIST
              "Message-ID: <outer@lists.example.org>\n" ALONE INNER,
     true},
    {"without List-Post",
     VIA DATE SUBJECT
     "List-Id: <lamp.lists.example.org>\nMessage-ID: <outer@lists.example.org>\n" ALONE INNER,
     true},

    {"no list", VIA DATE SUBJECT ALONE INNER, false},
    {"From is not the list",
     "From: Bob <bob@example.com>\n" DATE SUBJECT LIST MIXED TEXT NEXT NESTED INNER END, false},
    {"a person forwards with a text of his own",
     "From: Bob <bob@example.com>\nDate: Tue, 7 May 2024 10:00:00 +0000\nSubject: look\n" LIST MIXED
         TEXT NEXT NESTED INNER END,
     false},
    {"the same, and the list rewrote From",
     "From: Bob via Lamp <lamp@lists.example.org>\nReply-To: Bob <bob@example.com>\n"
     "Date: Tue, 7 May 2024 10:00:00 +0000\nSubject: Fwd: [PATCH] bulb: turn\n" LIST MIXED TEXT NEXT
         NESTED INNER END,
     false},
    {"the same under the same subject",
     VIA "Date: Tue, 7 May 2024 10:00:00 +0000\n" SUBJECT LIST MIXED TEXT NEXT NESTED INNER END,
     false},
    {"the same at the same time", VIA DATE "Subject: look\n" LIST ALONE INNER, false},
    {"a digest of two", OUTER MIXED NESTED INNER NEXT NESTED INNER END, false},
    {"an attachment too", OUTER MIXED NESTED INNER NEXT "Content-Type: application/x\n\nx\n" END,
     false},
    {"many texts", OUTER MIXED TEXT NEXT TEXT NEXT TEXT NEXT TEXT NEXT NESTED INNER END, false},
    {"no From inside", OUTER ALONE DATE SUBJECT "\nturn it\n", false},
    {"no date", VIA SUBJECT LIST ALONE FROM SUBJECT "\nturn it\n", false},
    {"no subject outside", VIA DATE LIST "Message-ID: <outer@lists.example.org>\n" ALONE INNER,
     false},
    {"nothing inside", OUTER ALONE, false},
    {"another type", OUTER "Content-Type: message/global\n\n" INNER, false},
};

START_TEST(wrapped_mail) {
    struct patchmark_part part = {.struct_size = sizeof(part)};
    bool wrapped;

    read_mail(mails[_i].raw);
    wrapped = patchmark_message_other_id_count(message) == 1;
    ck_assert_msg(wrapped == mails[_i].wrapped, "%s", mails[_i].reason);
    ck_assert(!message_truncated(message));
    if (!wrapped)
        return;
    ck_assert(!message_malformed(message));
    ck_assert_str_eq(patchmark_message_id(message), "outer@lists.example.org");
    ck_assert_str_eq(patchmark_message_other_id(message, 0), "inner@example.com");
    ck_assert_ptr_null(patchmark_message_other_id(message, 1));
    ck_assert_str_eq(patchmark_message_header(message, "Subject", 0), "[PATCH] bulb: turn");
    ck_assert_str_eq(patchmark_message_header(message, "X-Mailer", 0), "inner");
    ck_assert_ptr_null(patchmark_message_header(message, "Reply-To", 0));
    ck_assert_str_eq(message_in_reply_to(message), "cover@example.com");
    ck_assert_str_eq(patchmark_message_list(message), "lamp.lists.example.org");
    ck_assert_uint_eq(patchmark_message_header_count(message, "List-Id"), 1);
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
    ck_assert(patchmark_message_part(message, 0, &part));
    ck_assert(memcmp(part.text.data, "turn it", 7) == 0 && part.text.length <= 8);
    ck_assert(patchmark_message_is_reply(message));
}
END_TEST

/* Neither mail has a Subject field, which is less than an empty one: the value has no text at all.
 */
START_TEST(a_wrapped_mail_may_have_no_subject) {
    read_mail(VIA DATE LIST "Message-ID: <outer@lists.example.org>\n" ALONE FROM DATE
                            "Message-ID: <inner@example.com>\n\nturn it\n");
    ck_assert_uint_eq(patchmark_message_other_id_count(message), 1);
    ck_assert_str_eq(patchmark_message_other_id(message, 0), "inner@example.com");
    ck_assert_ptr_null(patchmark_message_header(message, "Subject", 0));
}
END_TEST

static const struct {
    const char *reason, *raw, *address;
} authors[] = {
    {"Reply-To agrees", OUTER ALONE INNER, "ada@example.com"},
    {"no Reply-To", "From: Ada via Lamp <lamp@lists.example.org>\n" DATE SUBJECT LIST ALONE INNER,
     "ada@example.com"},
    {"Mailman, and Ada's other mailbox in Cc",
     OUTER "X-Mailman-Version: 2.1.29\nCc: Ada <ada@home.example>\n" ALONE INNER,
     "ada@example.com"},
    {"the same, not Mailman", OUTER "Cc: Ada <ada@home.example>\n" ALONE INNER, ""},
    {"Eve wraps a mail of Ada",
     "From: Eve via Lamp <lamp@lists.example.org>\nReply-To: Eve <eve@evil.example>\n" DATE SUBJECT
         LIST ALONE INNER,
     ""},
    {"Eve does, under Ada's name",
     "From: Ada via Lamp <lamp@lists.example.org>\nReply-To: Ada <eve@evil.example>\n" DATE SUBJECT
         LIST ALONE INNER,
     ""},
    {"Eve does, under Ada's name, with Ada in Cc",
     "From: Ada via Lamp <lamp@lists.example.org>\nReply-To: lamp@lists.example.org\n"
     "Cc: Ada <ada@example.com>, Ada <eve@evil.example>\n" DATE SUBJECT LIST ALONE INNER,
     ""},
};

START_TEST(the_author_of_wrapped_mail) {
    const char *post;

    read_mail(authors[_i].raw);
    ck_assert_str_eq(patchmark_message_sender(message), "lamp@lists.example.org");
    post = message_list_post(message);
    message_find_author(message, "lamp.lists.example.org", &post, 1, true);
    ck_assert_msg(strcmp(patchmark_message_sender(message), authors[_i].address) == 0, "%s: %s",
                  authors[_i].reason, patchmark_message_sender(message));
    ck_assert_str_eq(patchmark_message_sender_via(message),
                     *authors[_i].address ? "lamp.lists.example.org" : "");
    /* Not believed: unknown, whatever the inner mail says. */
    message_find_author(message, "lamp.lists.example.org", &post, 1, false);
    ck_assert_str_eq(patchmark_message_sender(message), "");
}
END_TEST

START_TEST(the_list_replaced_the_prefix_of_an_answer) {
    read_mail(VIA DATE "Subject: Re: [Lamp] bulb: turn\n" LIST ALONE FROM DATE
                       "Message-ID: <inner@x>\nSubject: AW: bulb: turn\n\nx\n");
    ck_assert_str_eq(patchmark_message_header(message, "Subject", 0), "AW: bulb: turn");
    ck_assert_str_eq(patchmark_message_other_id(message, 0), "inner@x");
}
END_TEST

START_TEST(one_level_only) {
    struct patchmark_part part = {.struct_size = sizeof(part)};

    read_mail(OUTER ALONE VIA DATE SUBJECT LIST "Message-ID: <middle@x>\n" ALONE INNER);
    ck_assert_uint_eq(patchmark_message_other_id_count(message), 1);
    ck_assert_str_eq(patchmark_message_other_id(message, 0), "middle@x");
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
    ck_assert(patchmark_message_part(message, 0, &part));
    ck_assert_str_eq(part.type, "message/rfc822");
    ck_assert_uint_eq(part.text.length, 0);
}
END_TEST

START_TEST(an_equal_inner_id_is_not_a_further_one) {
    read_mail(VIA DATE SUBJECT LIST "Message-ID: <inner@example.com>\n" ALONE INNER);
    ck_assert_str_eq(patchmark_message_id(message), "inner@example.com");
    ck_assert_uint_eq(patchmark_message_other_id_count(message), 0);
    ck_assert_str_eq(patchmark_message_header(message, "X-Mailer", 0), "inner");
}
END_TEST

/* The limits of a mail hold for the inner one. */
START_TEST(a_hostile_inner_mail) {
    size_t count = 3 * LIMIT_HEADER_FIELDS;
    char *raw = arena_allocate(&support_arena, 64 * count), *to;

    to = stpcpy(raw, OUTER ALONE FROM DATE SUBJECT);
    for (size_t i = 0; i < count; i++)
        to = stpcpy(to, "X-Field: a:a:a:\n");
    to = stpcpy(to, "Content-Type: multipart/mixed; boundary=c\n\n");
    for (size_t i = 0; i < count; i++)
        to = stpcpy(to, "--c\nContent-Type: message/rfc822\n\n");
    read_mail(raw);
    ck_assert(message_truncated(message));
    ck_assert_uint_le(patchmark_message_part_count(message), LIMIT_PARTS);
}
END_TEST

/* ---- further ids -------------------------------------------------------------------------- */

static const struct {
    const char *raw, *others, *reason;
} others[] = {
    {"X-Microsoft-Original-Message-ID: <a@x>\n", "a@x", "Outlook"},
    {"X-Microsoft-Original-Message-ID:\n <a @x>\n", "a@x", "folded, with a blank"},
    {"X-Google-Original-Message-ID: <a@x>\n", "a@x", "Gmail, formerly"},
    {"X-Gmail-Original-Message-Id: <a@x>\n", "a@x", "Gmail"},
    {"X-Original-Message-ID: <a@x>\n", "a@x", "a sender behind a server that replaces ids"},
    {"X-Microsoft-Original-Message-ID: <a@x>\nX-Google-Original-Message-ID: <b@x>\n"
     "X-Original-Message-ID: <a@x>\n",
     "a@x b@x", "each once"},
    {"X-Original-Message-ID: <a@x> <b@x>\nX-Original-Message-ID: <c@x>\n", "a@x c@x",
     "one id a field"},
    {"X-Microsoft-Original-Message-ID: <own@x>\n", "", "that of the mail itself"},
    {"X-Microsoft-Original-Message-ID: a@x\n", "", "no brackets"},
    {"X-Microsoft-Original-Message-ID: <>\n", "", "empty"},
    {"X-Original-Message-ID: <1@x>\nX-Original-Message-ID: <2@x>\nX-Original-Message-ID: <3@x>\n"
     "X-Original-Message-ID: <4@x>\nX-Original-Message-ID: <5@x>\nX-Original-Message-ID: <6@x>\n"
     "X-Original-Message-ID: <7@x>\nX-Original-Message-ID: <8@x>\nX-Original-Message-ID: <9@x>\n",
     "1@x 2@x 3@x 4@x 5@x 6@x 7@x 8@x", "at most eight"},
    {"Original-Message-ID: <a@x>\n", "", "the mail that a report is about"},
    {"Resent-Message-ID: <a@x>\n", "", "another copy"},
    {"X-MS-Exchange-Parent-Message-Id: <a@x>\n", "", "a mail that was redirected"},
};

START_TEST(further_ids) {
    char raw[1024], found[256] = "";

    snprintf(raw, sizeof(raw), "Message-ID: <own@x>\n%s\n", others[_i].raw);
    read_mail(raw);
    for (size_t i = 0; i < patchmark_message_other_id_count(message); i++) {
        strcat(found, i ? " " : "");
        strcat(found, patchmark_message_other_id(message, i));
    }
    ck_assert_msg(strcmp(found, others[_i].others) == 0, "%s: %s", others[_i].reason, found);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

SUITE(wrapped_suite) {
    Suite *suite = suite_create("wrapped");
    TCase *tests = tcase_create("wrapped");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, wrapped_mail, 0, COUNT(mails));
    tcase_add_loop_test(tests, the_author_of_wrapped_mail, 0, COUNT(authors));
    tcase_add_test(tests, a_wrapped_mail_may_have_no_subject);
    tcase_add_test(tests, the_list_replaced_the_prefix_of_an_answer);
    tcase_add_test(tests, one_level_only);
    tcase_add_test(tests, an_equal_inner_id_is_not_a_further_one);
    tcase_add_test(tests, a_hostile_inner_mail);
    tcase_add_loop_test(tests, further_ids, 0, COUNT(others));
    suite_add_tcase(suite, tests);
    return suite;
}
