/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_message.c - values from the header: fields, ids, sender, list, time.  test_message_parts.c
 * has the tests of the MIME tree, test_message_hostile.c those of hostile mail.
 */
#include "mail/bounds.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "support/support.h"

#include <inttypes.h>

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

/* ---- fields ------------------------------------------------------------------------------- */

START_TEST(fields_are_found_by_name_in_any_case_from_the_top) {
    read_mail("Received: 3\nSubject: s\nRECEIVED: 2\nreceived: 1\nX-Received: 0\n\n");
    ck_assert_uint_eq(patchmark_message_header_count(message, "Received"), 3);
    ck_assert_str_eq(patchmark_message_header(message, "received", 0), "3");
    ck_assert_str_eq(patchmark_message_header(message, "received", 1), "2");
    ck_assert_str_eq(patchmark_message_header(message, "received", 2), "1");
    ck_assert_ptr_null(patchmark_message_header(message, "received", 3));
    ck_assert_uint_eq(patchmark_message_header_count(message, "Receive"), 0);
    ck_assert_ptr_null(patchmark_message_header(message, "", 0));
    /* A second call returns the same string. */
    ck_assert_ptr_eq(patchmark_message_header(message, "Subject", 0),
                     patchmark_message_header(message, "SUBJECT", 0));
}
END_TEST

static const struct {
    const char *raw, *subject, *reason;
} subjects[] = {
    {"Subject: [PATCH v2 1/3] kvm: fix it\n", "[PATCH v2 1/3] kvm: fix it", "plain"},
    {"Subject:x\n", "x", "no blank behind the colon"},
    {"Subject:  \t a  b \t \n", "a  b", "blanks at the ends are removed, those inside stay"},
    {"Subject:\n", "", "empty"},
    {"Subject: a\n b\n", "a b", "folded"},
    {"Subject: a\r\n\tb\r\n", "a b", "folded with CR LF and tab"},
    {"Subject: a \n  \t b\n", "a b", "a fold with the blanks around it becomes one blank"},
    {"Subject:\n a\n", "a", "folded behind the colon"},
    {"Subject: a\n \n", "a", "folded without more text"},
    {"Subject: a\tb\n", "a\tb", "a tab stays"},
    {"Subject: a\x01"
     "b\x7f"
     "c\x1b[2J\n",
     "a b c [2J", "other control bytes become blanks"},
    {"Subject: a\rb\n", "a b", "a CR alone becomes a blank"},

    {"Subject: =?utf-8?q?caf=C3=A9?=\n", "caf\xc3\xa9", "quoted-printable"},
    {"Subject: =?UTF-8?B?Y2Fmw6k=?= au lait\n", "caf\xc3\xa9 au lait", "base64"},
    {"Subject: =?iso-8859-1?Q?caf=E9?=\n", "caf\xc3\xa9", "another charset"},
    {"Subject: [PATCH] =?utf-8?q?a_b?=: c\n", "[PATCH] a b: c", "an underscore is a blank"},
    {"Subject: =?utf-8?q?a?= =?utf-8?q?b?=\n", "ab", "no blank between two words"},
    {"Subject: =?utf-8?q?a?=\n =?utf-8?q?b?=\n", "ab", "no blank between words on two lines"},
    {"Subject: =?utf-8?b?ww==?= =?utf-8?b?qQ==?=\n", "\xc3\xa9", "a character in two words"},
    {"Subject: =?utf-8?b?YQ==?= =?utf-8?B?YmM=?= =?utf-8?b?ZA==?=\n", "abcd",
     "base64 padding in the middle"},
    {"Subject: =?utf-8?b?YWJj?= =?utf-8?q?d?= x =?utf-8?b?ZQ==?=\n", "abcd x e", "mixed"},
    {"Subject: =?gb2312?B?1tA=?= =?GB2312?B?zsQ=?=\n", "\xe4\xb8\xad\xe6\x96\x87", "GB 2312"},
    {"Subject: =?utf-8?q?a=0Ab=0D=07c?=\n", "a b  c", "encoded control bytes become blanks"},
    {"Subject: =?utf-8?q??"
     "=x\n",
     "x", "an empty word"},

    {"Subject: =?utf-8?q?caf=C3\n", "=?utf-8?q?caf=C3", "a word without end"},
    {"Subject: =?utf-8?x?abc?=\n", "=?utf-8?x?abc?=", "an unknown encoding"},
    {"Subject: =?utf-8?b?YQ==\n", "=?utf-8?b?YQ==", "a base64 word without end"},
    {"Subject: =?utf-8?b?YQ==? x\n", "=?utf-8?b?YQ==? x", "a word with half of its end"},
    {"Subject: =?utf-8?\n", "=?utf-8?", "a charset only"},
    {"Subject: =?\n", "=?", "the start of a word only"},
    {"Subject: a=?b\n", "a=?b", "no encoded word"},

    {"Subject: caf\xc3\xa9\n", "caf\xc3\xa9", "raw UTF-8"},
    {"Subject: caf\xe9\n", "caf\xc3\xa9", "8-bit bytes that are not UTF-8 are read as Latin 1"},
    {"Subject: first\nSubject: second\n", "first", "the first of two"},
};

START_TEST(a_subject_is_one_clean_line) {
    read_mail(subjects[_i].raw);
    ck_assert_msg(strcmp(patchmark_message_header(message, "Subject", 0), subjects[_i].subject) ==
                      0,
                  "%s: %s", subjects[_i].reason, patchmark_message_header(message, "Subject", 0));
}
END_TEST

/* The text of a broken encoded word is not defined, but it must be valid UTF-8 in one line. */
/* The bytes that are not copied as they are, at every distance from the start and the end. */
START_TEST(a_special_byte_is_found_at_any_place) {
    static const struct {
        const char *byte, *becomes;
    } bytes[] = {{"\x1f", " "},
                 {"\x01", " "},
                 {"\x7f", " "},
                 {"\t", "\t"},
                 {" ", " "},
                 {"~", "~"},
                 {"\xc3\xbf", "\xc3\xbf"},
                 {"\n ", " "}};
    char raw[80], expected[80];

    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
        for (int before = 1; before < 20; before++)
            for (int after = 1; after < 20; after++) {
                snprintf(raw, sizeof(raw), "Subject: %.*s%s%.*s\n\n", before,
                         "abcdefghijklmnopqrstu", bytes[i].byte, after, "ABCDEFGHIJKLMNOPQRSTU");
                snprintf(expected, sizeof(expected), "%.*s%s%.*s", before, "abcdefghijklmnopqrstu",
                         bytes[i].becomes, after, "ABCDEFGHIJKLMNOPQRSTU");
                read_mail(raw);
                ck_assert_str_eq(patchmark_message_header(message, "Subject", 0), expected);
            }
}
END_TEST

START_TEST(broken_encoded_words_become_valid_text) {
    static const char *const raw[] = {
        "Subject: =?utf-8?q?=FF=FE?=\n",   "Subject: =?utf-8?b?////?=\n",
        "Subject: =?no-such?q?abc=E9?=\n", "Subject: =?utf-8?q?a=00b?=\n",
        "Subject: =?utf-16?b?AGE=?=\n",    "Subject: =?utf-8?b?Y2Fm\n w6k=?=\n",
        "Subject: =?utf-7?q?+?=\n",        "Subject: =?iso-2022-jp?b?GyRC?=\n",
        "Subject: =?utf-8*en?q?a?=\n",     "Subject: \xed\xa0\x80\xf5\xc0\x80\n",
    };

    for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
        const char *subject;
        char *valid;

        read_mail(raw[i]);
        subject = patchmark_message_header(message, "Subject", 0);
        ck_assert_ptr_nonnull(subject);
        valid = mime_make_valid(support_text(subject));
        ck_assert_msg(valid == NULL, "%s: not UTF-8", raw[i]);
        for (const char *at = subject; *at; at++)
            ck_assert_msg((unsigned char)*at >= ' ' && *at != '\x7f', "%s", raw[i]);
    }
}
END_TEST

START_TEST(a_long_subject_is_not_cut) {
    size_t length = LIMIT_HEADER_BYTES - strlen("Subject") - 2;
    char *raw = arena_allocate(&support_arena, length + 32), *subject;

    /* 900 lines of 100 bytes. */
    subject = stpcpy(raw, "Subject: ");
    memset(subject, 'x', length - 1);
    for (size_t at = 100; at < length - 1; at += 100)
        memcpy(subject + at, "\n ", 2);
    strcpy(subject + length - 1, "\n\n");
    read_mail(raw);
    ck_assert(!message_truncated(message));
    for (char *at = subject; (at = strchr(at, '\n')) && at[1] == ' ';)
        memmove(at, at + 1, strlen(at));
    *strchr(subject, '\n') = '\0';
    ck_assert_str_eq(patchmark_message_header(message, "Subject", 0), subject);
}
END_TEST

START_TEST(nul_bytes_are_blanks) {
    static const char raw[] = "Subject: a\0b\nFrom: <a@example.org>\n\n";

    message_load(message, (struct patchmark_text){raw, sizeof(raw) - 1});
    message_parse(message, 0);
    ck_assert_str_eq(patchmark_message_header(message, "Subject", 0), "a b");
    ck_assert(message_malformed(message));
}
END_TEST

START_TEST(a_nul_in_the_body_is_malformed) {
    static const char raw[] = "From: <a@example.org>\n\na\0b\n";
    static const char encoded[] = "From: <a@example.org>\nContent-Type: text/plain\n"
                                  "Content-Transfer-Encoding: base64\n\nAGE=\n";

    mail_reset(&mail);
    message_load(message, (struct patchmark_text){raw, sizeof(raw) - 1});
    message_parse(message, 0);
    ck_assert(message_malformed(message));
    read_mail(encoded);
    ck_assert(!message_malformed(message));
}
END_TEST

START_TEST(fields_and_body_piece_by_piece) {
    message_add_header(message, "From", " A <a@example.org>");
    message_add_header(message, "Subject", " a\r\n b");
    ck_assert(message_add_body(message, "one\r", 4));
    ck_assert(message_add_body(message, "\ntwo", 4));
    message_parse(message, 7);
    ck_assert_str_eq(patchmark_message_header(message, "Subject", 0), "a b");
    ck_assert_str_eq(patchmark_message_sender(message), "a@example.org");
    ck_assert_uint_eq(message_size(message),
                      strlen("From: A <a@example.org>\r\n") + strlen("Subject: a\r\n b\r\n") + 8);
}
END_TEST

/* ---- ids ---------------------------------------------------------------------------------- */

static const struct {
    const char *raw, *id, *reason;
} ids[] = {
    {"Message-ID: <1@example.org>\n", "1@example.org", "the usual form"},
    {"Message-Id:<1@example.org>\n", "1@example.org", "another spelling of the name"},
    {"Message-ID:\n <1@example.org>\n", "1@example.org", "folded"},
    {"Message-ID: < 1@example.org >\n", "1@example.org", "with blanks"},
    {"Message-ID: <1@exam\n ple.org>\n", "1@example.org", "folded inside"},
    {"Message-ID: <<1@example.org>>\n", "1@example.org", "two pairs of brackets"},
    {"Message-ID: x <1@example.org> y\n", "1@example.org", "text around it"},
    {"Message-ID: <> <1@example.org>\n", "1@example.org", "behind an empty one"},
    {"Message-ID: <A.B@Example.ORG>\n", "A.B@Example.ORG", "case is kept"},
    {"Message-ID: <no-at-sign>\n", "no-at-sign", "no host, against the grammar"},
    {"Message-ID: 1@example.org\n", "1@example.org", "without brackets"},
    {"Message-ID: <1@example.org\n", "1@example.org", "without the closing bracket"},
    {"Message-ID: <1@example.org>\nMessage-ID: <2@example.org>\n", "1@example.org",
     "the first of two fields"},
    {"Message-ID: <>\n", "", "an empty one"},
    {"Message-ID:\n", "", "nothing"},
    {"Subject: x\n", "", "none"},
};

START_TEST(message_id) {
    read_mail(ids[_i].raw);
    ck_assert_msg(strcmp(patchmark_message_id(message), ids[_i].id) == 0, "%s: %s", ids[_i].reason,
                  patchmark_message_id(message));
}
END_TEST

static const struct {
    const char *raw, *references, *reason;
} threads[] = {
    {"Subject: x\n", "", "no reference"},
    {"In-Reply-To: <2@x>\n", "2@x", "In-Reply-To alone"},
    {"References: <1@x> <2@x> <3@x>\n", "3@x 2@x 1@x", "newest first"},
    {"In-Reply-To: <2@x>\nReferences: <1@x> <2@x> <3@x>\n", "2@x 3@x 1@x",
     "In-Reply-To first, and no repeats"},
    {"References: <1@x>\n <2@x>\n\t<3@x>\n", "3@x 2@x 1@x", "folded"},
    {"References: <1@x><2@x>,<3@x>\n", "3@x 2@x 1@x", "any text between ids"},
    {"References: <1@x> <1@x> <2@x> <1@x>\n", "1@x 2@x", "of repeated ids the newest is kept"},
    {"References: <1@x> <2@x>\nReferences: <3@x> <4@x>\n", "2@x 1@x 4@x 3@x",
     "two fields, each from its end"},
    {"In-Reply-To: <1@x> <2@x>\n", "1@x 2@x", "two ids keep their order"},
    {"In-Reply-To: Your message of Monday <1@x>\n", "1@x", "the form of old mail programs"},
    {"In-Reply-To: <a b@x>\nReferences: <ab@x> <1\n @x>\n", "ab@x 1@x",
     "blanks inside are dropped"},
    {"References: <1@x> <2@x\n", "1@x", "an id without end"},
    {"References: <1@x <2@x> <3@x>\n", "3@x 2@x", "an id within another one"},
    {"References: 1@x> <2@x>\n", "2@x", "an id without start"},
    {"References: <> < > <1@x>\n", "1@x", "empty ones"},
    {"In-Reply-To: 1@x\n", "", "text without brackets is no id"},
    {"References: <caf\xc3\xa9@x>\n", "caf\xc3\xa9@x", "8-bit bytes"},
};

START_TEST(references) {
    char found[512] = "";

    read_mail(threads[_i].raw);
    for (size_t i = 0; i < patchmark_message_reference_count(message); i++) {
        strcat(found, i ? " " : "");
        strcat(found, patchmark_message_reference(message, i));
    }
    ck_assert_msg(strcmp(found, threads[_i].references) == 0, "%s: %s", threads[_i].reason, found);
    ck_assert_ptr_null(
        patchmark_message_reference(message, patchmark_message_reference_count(message)));
}
END_TEST

#define OWN "Message-ID: <9@mail.example.org>\n"
static const struct {
    const char *raw;
    bool is_reply;
    const char *reason;
} replies[] = {
    {OWN "References: <1.ref@Mail.example.org>\n\n", false,
     "a draft, with the host of the mail itself"},
    {OWN "References: <1@example.org>\n\n", true, "another host"},
    {OWN "References: <1@mail.example.org> <2@example.org>\n\n", true, "two references"},
    {OWN "In-Reply-To: <1@mail.example.org>\n\n", true, "In-Reply-To"},
    {OWN "In-Reply-To: <1@mail.example.org>\nReferences: <1@mail.example.org>\n\n", true, "both"},
    {OWN "References: <1>\n\n", true, "no host"},
    {OWN "\n", false, "nothing"},
    {"References: <1@example.org>\n\n", true, "no Message-ID"},
};

START_TEST(is_reply) {
    read_mail(replies[_i].raw);
    ck_assert_msg(patchmark_message_is_reply(message) == replies[_i].is_reply, "%s",
                  replies[_i].reason);
}
END_TEST

START_TEST(in_reply_to_is_the_first_id_of_that_field_only) {
    read_mail("In-Reply-To: <2@x> <3@x>\nReferences: <1@x>\n");
    ck_assert_str_eq(message_in_reply_to(message), "2@x");
    read_mail("References: <1@x>\n");
    ck_assert_ptr_null(message_in_reply_to(message));
    read_mail("In-Reply-To: nothing of use\n");
    ck_assert_ptr_null(message_in_reply_to(message));
}
END_TEST

/* ---- sender ------------------------------------------------------------------------------- */

static const struct {
    const char *raw, *address, *name, *reason;
} senders[] = {
    {"From: A B <a@example.org>\n", "a@example.org", "A B", "plain"},
    {"From: a@example.org\n", "a@example.org", "", "only an address"},
    {"From: <A.B@Example.ORG>\n", "a.b@example.org", "", "in lower case"},
    {"From: \"B, A\" <a@example.org>\n", "a@example.org", "B, A", "a quoted comma"},
    {"From: =?utf-8?q?B=2C_A?= <a@example.org>\n", "a@example.org", "B, A", "an encoded comma"},
    {"From: =?utf-8?q?Andr=C3=A9?= <a@example.org>\n", "a@example.org", "Andr\xc3\xa9", "encoded"},
    {"From: \"=?utf-8?q?Andr=C3=A9?=\" <a@example.org>\n", "a@example.org", "Andr\xc3\xa9",
     "encoded inside quotes, which is wrong and common"},
    {"From: =?utf-8?B?QQ==?= =?utf-8?B?Qg==?= <a@example.org>\n", "a@example.org", "AB",
     "base64 padding in the middle"},
    {"From: Andr\xc3\xa9 <a@example.org>\n", "a@example.org", "Andr\xc3\xa9", "raw UTF-8"},
    {"From: A\n <a@example.org>\n", "a@example.org", "A", "folded"},
    {"From: A <a@example.org>, B <b@example.org>\n", "a@example.org", "A", "the first of two"},
    {"From: =?utf-8?q?a=0Ab?= <a@example.org>\n", "a@example.org", "a b", "one line"},
    {"From: A <a@example.org>\nFrom: B <b@example.org>\n", "a@example.org", "A", "the first field"},
    {"From: [Bob B] <b@example.org>\n", "b@example.org", "[Bob B]", "brackets around the name"},
    {"From: \"a[bot]\" <1+a[bot]@example.org>\n", "1+a[bot]@example.org", "a[bot]",
     "brackets in the address, as robots have"},
    {"From: B, A <a@example.org>\n", "a@example.org", "B, A", "an unquoted comma"},
    {"From: =?utf-8?q?Andr=C3=A9?= [X] <a@example.org>\n", "a@example.org", "Andr\xc3\xa9 [X]",
     "brackets and encoded words"},
    {"From: Team: a@example.org, b@example.org;\n", "a@example.org",
     "Team:", "the first address of a group"},
    {"From: A (B, <c@example.org>) <a@example.org>\n", "a@example.org", "A", "a comment"},
    {"From: a at example.org\n", "", "", "no address"},
    {"From: undisclosed:;\n", "", "", "an empty group"},
    {"From:\n", "", "", "nothing"},
    {"Sender: A <a@example.org>\n", "", "", "no From"},

    {"From: A B via L <l@lists.example.org>\nReply-To: A B <a@example.org>\n",
     "l@lists.example.org", "A B via L", "no list is known that rewrote From"},
    {"From: A <a@example.org>\nReply-To: L <l@lists.example.org>\n", "a@example.org", "A",
     "Reply-To alone does not identify the sender"},
    {"From: A <a@example.org>\nX-Original-From: B <b@example.org>\n", "a@example.org", "A",
     "nor does X-Original-From"},
};

START_TEST(sender) {
    read_mail(senders[_i].raw);
    ck_assert_msg(strcmp(patchmark_message_sender(message), senders[_i].address) == 0, "%s: %s",
                  senders[_i].reason, patchmark_message_sender(message));
    ck_assert_msg(strcmp(patchmark_message_sender_name(message), senders[_i].name) == 0, "%s: %s",
                  senders[_i].reason, patchmark_message_sender_name(message));
}
END_TEST

/* ---- list and time ------------------------------------------------------------------------ */

static const struct {
    const char *raw, *list, *reason;
} lists[] = {
    {"List-Id: <kvm.vger.example.org>\n", "kvm.vger.example.org", "only the id"},
    {"List-Id: Talk about kvm <kvm.vger.example.org>\n", "kvm.vger.example.org", "with a phrase"},
    {"List-Id: \"a <b> c\" <kvm.example.org>\n", "kvm.example.org", "a phrase with brackets"},
    {"List-ID: Talk\n <KVM.Example.ORG>\n", "kvm.example.org", "folded, and in lower case"},
    {"List-Id: kvm.example.org\n", "kvm.example.org", "without brackets"},
    {"List-Id: =?utf-8?q?caf=C3=A9?= <kvm.example.org>\n", "kvm.example.org", "an encoded phrase"},
    {"List-Id:\n", "", "empty"},
    {"List-Id: <>\n", "", "empty in brackets"},
    {"List-Post: <mailto:kvm@example.org>\n", "", "none"},
};

START_TEST(list_id) {
    read_mail(lists[_i].raw);
    ck_assert_msg(strcmp(patchmark_message_list(message), lists[_i].list) == 0, "%s: %s",
                  lists[_i].reason, patchmark_message_list(message));
}
END_TEST

/* 1,700,000,000 is 2023-11-14 22:13:20 UTC. */
#define WHEN        INT64_C(1700000000)
#define TRACE       "Received: from a by b (x; y); "
#define OTHER_TRACE "Received: from c by d; Mon, 1 Jan 2001 00:00:00 +0000\n"
#define OTHER_DATE  "Date: Mon, 1 Jan 2001 00:00:00 +0000\n"

static const struct {
    const char *raw;
    int64_t received;
    const char *reason;
} times[] = {
    {TRACE "Tue, 14 Nov 2023 22:13:20 +0000\n" OTHER_TRACE OTHER_DATE, WHEN,
     "the newest Received field, which is the top one"},
    {TRACE "Wed, 15 Nov 2023 00:13:20 +0200 (CEST)\n", WHEN, "another zone, and its name"},
    {TRACE "Tue, 14 Nov 2023 17:13:20 EST\n", WHEN, "a zone of old"},
    {"Received: from a\n by b;\n Tue, 14 Nov 2023 22:13:20 +0000\n", WHEN, "folded"},
    {"Received: from a by b\nDate: 14 Nov 2023 22:13:20 +0000\n", WHEN, "no date in Received"},
    {TRACE "yesterday\nDate: Tue, 14 Nov 2023 22:13:20 -0000\n", WHEN, "none that can be read"},
    {"Date: Tue, 14 Nov 2023 22:13:20 +0000\n", WHEN, "Date alone"},
    {"Date: never\n", 0, "an invalid Date"},
    {"Date:\n", 0, "an empty one"},
    {"Subject: x\n", 0, "nothing"},
};

START_TEST(time_of_receipt) {
    read_mail(times[_i].raw);
    ck_assert_msg(patchmark_message_received(message) == times[_i].received, "%s: %" PRId64,
                  times[_i].reason, patchmark_message_received(message));
}
END_TEST

START_TEST(the_time_of_the_mta_has_precedence) {
    support_read(&mail, "Date: Tue, 14 Nov 2023 22:13:20 +0000\n", 1234);
    ck_assert_int_eq(patchmark_message_received(message), 1234);
    support_read(&mail, "Date: Tue, 14 Nov 2023 22:13:20 +0000\n", 0);
    ck_assert_int_eq(patchmark_message_received(message), 0);
}
END_TEST

/* ---- malformed, empty, lines -------------------------------------------------------------- */

static const struct {
    const char *raw;
    bool malformed;
} forms[] = {
    {"From: a@example.org\nSubject: x\nTo: b@example.org\nTo: c@example.org\n\nx\n", false},
    {"Subject: x\n\nx\n", true}, /* no From */
    {"From: a@example.org\nFrom: a@example.org\n\n", true},
    {"From: a@example.org\nSubject: x\nsubject: y\n\n", true},
    {"From: a@example.org\nMessage-ID: <1@x>\nMessage-Id: <1@x>\n\n", true},
    {"From: a@example.org\nDate: x\nDate: x\n\n", true},
    {"From: a@example.org\nContent-Type: text/plain\nContent-Type: text/html\n\n", true},
    {"From: a@example.org\nno field\n\n", true},
    {"From: a@example.org\nSubject: a\rb\n\nx\n", true},
    {"From: a@example.org\nSubject: a\r\n b\r\n\r\nx\r\ny\r\n", false},
    {"From: a@example.org\n\nx\ry\n", true},
    {"From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\ry\n--b--\n",
     true},
    {"From: a@example.org\nX-Caf\xc3\xa9: x\n\n", true},
};

START_TEST(malformed_mail_is_recognised) {
    read_mail(forms[_i].raw);
    ck_assert_msg(message_malformed(message) == forms[_i].malformed, "%s", forms[_i].raw);
    ck_assert(!message_truncated(message));
}
END_TEST

START_TEST(an_empty_mail_has_nothing) {
    static const char *const raw[] = {"", "\n", "\r\n"};

    for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
        struct patchmark_part part = {.struct_size = sizeof(part)};

        read_mail(raw[i]);
        ck_assert_str_eq(patchmark_message_id(message), "");
        ck_assert_str_eq(patchmark_message_sender(message), "");
        ck_assert_str_eq(patchmark_message_sender_name(message), "");
        ck_assert_str_eq(patchmark_message_list(message), "");
        ck_assert_uint_eq(patchmark_message_reference_count(message), 0);
        ck_assert_int_eq(patchmark_message_received(message), 0);
        ck_assert_ptr_null(message_in_reply_to(message));
        ck_assert_uint_le(patchmark_message_part_count(message), 1);
        if (patchmark_message_part(message, 0, &part))
            ck_assert_uint_eq(part.text.length, 0);
        ck_assert(!message_truncated(message));
        ck_assert(message_malformed(message));
    }
}
END_TEST

/* ---- reset -------------------------------------------------------------------------------- */

START_TEST(reset_removes_the_previous_mail) {
    static char past[LIMIT_MAIL_BYTES + 1];

    support_read(&mail,
                 "From: A via L <l@example.org>\nReply-To: a@example.org\nSubject: s\n"
                 "Subject: t\nMessage-ID: <1@x>\nIn-Reply-To: <2@x>\nReferences: <3@x>\n"
                 "List-Id: <l.example.org>\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n"
                 "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n",
                 -1);
    memset(past, 'x', sizeof(past));
    message_add_body(message, past, sizeof(past));
    ck_assert(message_truncated(message) && message_malformed(message));

    read_mail("From: b@example.org\n\nthree\n");
    ck_assert_str_eq(patchmark_message_sender(message), "b@example.org");
    ck_assert_str_eq(patchmark_message_sender_name(message), "");
    ck_assert_str_eq(patchmark_message_id(message), "");
    ck_assert_str_eq(patchmark_message_list(message), "");
    ck_assert_ptr_null(patchmark_message_header(message, "Subject", 0));
    ck_assert_ptr_null(message_in_reply_to(message));
    ck_assert_uint_eq(patchmark_message_reference_count(message), 0);
    ck_assert_int_eq(patchmark_message_received(message), 0);
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
    ck_assert_uint_eq(message_size(message), strlen("From: b@example.org\n\nthree\n"));
    ck_assert(!message_truncated(message));
    ck_assert(!message_malformed(message));
}
END_TEST

START_TEST(a_message_that_was_never_parsed_can_be_freed) {
    message_add_header(message, "From", "a@example.org");
    message_add_body(message, "x\r", 2);
    message_reset(message);
    message_load(message, support_text("From: b@example.org\n\nx"));
    message_free(NULL);
}
END_TEST

#define ADD_TABLE(test, table) \
    tcase_add_loop_test(tests, test, 0, sizeof(table) / sizeof((table)[0]))

SUITE(message_suite) {
    Suite *suite = suite_create("message");
    TCase *tests = tcase_create("message");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, fields_are_found_by_name_in_any_case_from_the_top);
    ADD_TABLE(a_subject_is_one_clean_line, subjects);
    tcase_add_test(tests, a_special_byte_is_found_at_any_place);
    tcase_add_test(tests, broken_encoded_words_become_valid_text);
    tcase_add_test(tests, a_long_subject_is_not_cut);
    tcase_add_test(tests, nul_bytes_are_blanks);
    tcase_add_test(tests, a_nul_in_the_body_is_malformed);
    tcase_add_test(tests, fields_and_body_piece_by_piece);
    ADD_TABLE(message_id, ids);
    ADD_TABLE(references, threads);
    ADD_TABLE(is_reply, replies);
    tcase_add_test(tests, in_reply_to_is_the_first_id_of_that_field_only);
    ADD_TABLE(sender, senders);
    ADD_TABLE(list_id, lists);
    ADD_TABLE(time_of_receipt, times);
    tcase_add_test(tests, the_time_of_the_mta_has_precedence);
    ADD_TABLE(malformed_mail_is_recognised, forms);
    tcase_add_test(tests, an_empty_mail_has_nothing);
    tcase_add_test(tests, reset_removes_the_previous_mail);
    tcase_add_test(tests, a_message_that_was_never_parsed_can_be_freed);
    suite_add_tcase(suite, tests);
    return suite;
}
