/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_author.c - the list of a mail, and the author of a mail whose From the list rewrote, by list
 * manager, each with the mail that looks like it and is not.
 */
#include "mail/author.h"
#include "mail/bounds.h"
#include "support/support.h"
#include "util/digest.h"

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

/* ---- List-Id and List-Post ---------------------------------------------------------------- */

static const struct {
    const char *raw, *post, *reason;
} posts[] = {
    {"List-Id: Lamp <lamp.lists.example.org>\nList-Post: <mailto:lamp@lists.example.org>\n",
     "lamp@lists.example.org", "Mailman"},
    {"List-Id: <lamp.lists.example.org>\nList-Post: <mailto:Lamp@Lists.Example.ORG?subject=x>\n",
     "lamp@lists.example.org", "upper case and a query"},
    {"List-ID: <lamp.googlegroups.com>\nList-Post: <https://groups.google.com/group/lamp/post>,\n"
     " <mailto:lamp@googlegroups.com>\n",
     "lamp@googlegroups.com", "Google Groups, another URL first"},
    {"List-Id: <devel.edk2.groups.io>\nList-Post: <mailto:devel@edk2.groups.io>\n",
     "devel@edk2.groups.io", "groups.io"},
    {"List-Id: <~ada/lamp-dev.lists.sr.example>\nList-Post: <mailto:~ada/lamp-dev@lists.sr.example>"
     "\n",
     "~ada/lamp-dev@lists.sr.example", "a name with a slash"},
    {"List-Id: <sw.lamp.lists.example.org>\nList-Post: <mailto:sw.lamp@lists.example.org>\n",
     "sw.lamp@lists.example.org", "a name with a dot"},
    {"List-Id: <lamp.example.org>\nList-Post: <mailto:lamp@lists.example.org>\n",
     "lamp@lists.example.org", "the address below the domain of the id"},
    {"List-Id: <lamp.vger.example.org>\nList-Post: <mailto:lamp@example.org>\n", "lamp@example.org",
     "the address above it"},
    {"List-Id: <lamp.example.co.uk>\nList-Post: <mailto:lamp@example.co.uk>\n",
     "lamp@example.co.uk", "a domain below a country"},

    {"List-Id: <lamp.example.org>\nList-Post: <mailto:lamp@example.net>\n", NULL, "another domain"},
    {"List-Id: <lamp.org>\nList-Post: <mailto:eve@evil.org>\n", NULL, "org is nobody's domain"},
    {"List-Id: <lamp.co.uk>\nList-Post: <mailto:eve@evil.co.uk>\n", NULL, "nor is co.uk"},
    {"List-Id: <lamp.ample.org>\nList-Post: <mailto:lamp@example.org>\n", NULL,
     "the end of a label"},
    {"List-Id: <lamp>\nList-Post: <mailto:lamp@example.org>\n", NULL, "an id of one label"},
    {"List-Post: <mailto:lamp@example.org>\n", NULL, "no List-Id"},
    {"List-Id: <lamp.example.org>\nList-Post: NO\n", NULL, "no posts"},
    {"List-Id: <lamp.example.org>\nList-Post: <https://example.org/post>\n", NULL, "no mailto:"},
    {"List-Id: <lamp.example.org>\nList-Post: <mailto:lamp>\n", NULL, "no domain"},
    {"List-Id: <lamp.example.org>\nList-Post: <\n", NULL, "cut"},
    {"List-Id: <lamp.example.org>\n", NULL, "no List-Post"},
};

START_TEST(list_post) {
    const char *post;

    read_mail(posts[_i].raw);
    post = message_list_post(message);
    ck_assert_msg(post && posts[_i].post ? strcmp(post, posts[_i].post) == 0
                                         : post == posts[_i].post,
                  "%s: %s", posts[_i].reason, post ? post : "NULL");
}
END_TEST

START_TEST(list_ids) {
    char raw[512];

    read_mail("List-Id: <One.example.org>\nList-Id: <two.example.org>\n");
    ck_assert_uint_eq(message_list_id_count(message), 2);
    ck_assert_str_eq(message_list_id(message), "one.example.org");
    ck_assert_str_eq(message_list_id_at(message, 1), "two.example.org");
    ck_assert_str_eq(message_list_id_at(message, 2), "");
    ck_assert_str_eq(patchmark_message_list(message), "one.example.org");
    message_set_list(message, "three.example.org");
    ck_assert_str_eq(patchmark_message_list(message), "three.example.org");
    message_set_list(message, "");
    ck_assert_str_eq(patchmark_message_list(message), "");
    ck_assert_str_eq(message_list_id(message), "one.example.org");

    /* A log line has "list=ID": nothing in an id may look like another field. */
    read_mail("List-Id: <lamp.example.org client=evil>\n");
    ck_assert_str_eq(message_list_id(message), "");
    read_mail("List-Id: <lamp.example.org\tx>\n");
    ck_assert_str_eq(message_list_id(message), "");
    read_mail("List-Id: =?utf-8?q?=3Clamp=0Aexample.org=3E?=\n");
    ck_assert_str_eq(message_list_id(message), "");
    read_mail("List-Id: <l\xc3\xa4mp.example.org>\n");
    ck_assert_str_eq(message_list_id(message), "");
    snprintf(raw, sizeof(raw), "List-Id: <%0256d>\n", 0);
    read_mail(raw);
    ck_assert_str_eq(message_list_id(message), "");
    snprintf(raw, sizeof(raw), "List-Id: <%0255d>\n", 0);
    read_mail(raw);
    ck_assert_uint_eq(strlen(message_list_id(message)), 255);
}
END_TEST

/* ---- authors ------------------------------------------------------------------------------ */

#define LIST    "List-Id: <lamp.lists.example.org>\n"
#define POST    "lamp@lists.example.org"
#define MAILMAN "X-Mailman-Version: 2.1.39\n"
#define UNKNOWN ""

static const struct {
    const char *reason, *raw, *address, *name; /* ADDRESS is NULL if From is the sender */
} authors[] = {
    /* Mailman */
    {"Reply-To",
     "From: Ada Lovelace via Lamp <" POST ">\nReply-To: Ada Lovelace <Ada@example.com>\n",
     "ada@example.com", "Ada Lovelace"},
    {"From quoted and encoded",
     "From: =?utf-8?q?Andr=C3=A9_via_Lamp?= <" POST ">\n"
     "Reply-To: =?iso-8859-1?q?Andr=E9?= <a@example.com>\n",
     "a@example.com", "Andr\xc3\xa9"},
    {"a comma and parentheses in the name",
     "From: \"Clark \\(US\\), K via Lamp\" <" POST ">\n"
     "Reply-To: \"Clark \\(US\\), K\" <k@example.com>\n",
     "k@example.com", "Clark (US), K"},
    {"an unquoted comma",
     "From: Clark, K via Lamp <" POST ">\nReply-To: Clark, K <k@example.com>\n", "k@example.com",
     "Clark, K"},
    {"case and blanks",
     "From: ADA  Lovelace via Lamp <" POST ">\n"
     "Reply-To: Ada\n Lovelace <ada@example.com>\n",
     "ada@example.com", "Ada Lovelace"},
    {"behind the author's own Reply-To",
     "From: Ada via Lamp <" POST ">\nReply-To: Team <t@example.com>, Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},
    {"reply_goes_to_list",
     "From: Ada via Lamp <" POST ">\nReply-To: Lamp <" POST ">\n"
     "Cc: Bob <bob@example.com>, Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},
    {"a fixed Reply-To",
     MAILMAN "From: Ada via Lamp <" POST ">\nReply-To: lamp-talk@lists.example.org\n"
             "Cc: Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},
    {"a name from the subscriber, none in From",
     "From: Ada via Lamp <" POST ">\nReply-To: ada@example.com\n", "ada@example.com", "Ada"},
    {"no name at all",
     "From: ada--- via Lamp <" POST ">\nReply-To: " POST "\n"
     "Cc: bob@example.com, ada@example.com\n",
     "ada@example.com", "ada---"},
    {"the address as the name",
     "From: ada--- via Lamp <" POST ">\nReply-To: \"ada@example.com\" <ada@example.com>\n",
     "ada@example.com", "ada---"},
    {"another mailbox of the author in Cc",
     MAILMAN "From: Ada via Lamp <" POST ">\nReply-To: Ada <ada@example.com>\n"
             "Cc: Ada <ada@home.example>\n",
     "ada@example.com", "Ada"},
    {"no name, and another mailbox of the author in Cc",
     MAILMAN "From: Ada via Lamp <" POST ">\nReply-To: ada@example.com\n"
             "Cc: Ada <ada@home.example>\n",
     "ada@example.com", "Ada"},
    {"German", "From: =?utf-8?q?Ada_=C3=BCber_Lamp?= <" POST ">\nReply-To: Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},
    {"\"via\" in the name",
     "From: Ada via Rail via Lamp <" POST ">\n"
     "Reply-To: Ada via Rail <ada@example.com>\n",
     "ada@example.com", "Ada via Rail"},

    /* Google Groups */
    {"all fields",
     "From: \"'Ada' via lamp\" <" POST ">\nX-Original-Sender: ada@example.com\n"
     "X-Original-From: Ada <ada@example.com>\nReply-To: Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},
    {"X-Original-Sender alone",
     "From: \"'Ada' via lamp\" <" POST ">\nX-Original-Sender: ada@example.com\n", "ada@example.com",
     "Ada"},
    {"X-Original-From and a Reply-To of the author's choice",
     "From: \"'Ada' via lamp\" <" POST ">\nX-Original-From: Ada <ada@example.com>\n"
     "Reply-To: team@example.com\n",
     "ada@example.com", "Ada"},
    {"Original-From", "From: Ada <" POST ">\nOriginal-From: Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},

    /* groups.io */
    {"the form", "From: Ada via groups.io <ada=example.com@lists.example.org>\n", "ada@example.com",
     "Ada"},
    {"in the domain above",
     "From: Ada via groups.io <ada=example.com@example.org>\n"
     "Reply-To: " POST ", ada@example.com\n",
     "ada@example.com", "Ada"},
    {"an address with an equals sign",
     "From: A via groups.io <a=b=example.com@lists.example.org>\n", "a=b@example.com", "A"},
    {"the form of the IETF", "From: Ada <ada=40example.com@dmarc.lists.example.org>\n",
     "ada@example.com", "Ada"},

    /* Sympa */
    {"name_via_list",
     "From: Ada (via lamp Mailing List) <" POST ">\nX-Original-From: Ada <ada@example.com>\n"
     "Reply-To: ada@example.com\n",
     "ada@example.com", "Ada"},
    {"name_via_list, without X-Original-From",
     "From: \"Ada\" (via lamp Mailing List) <" POST ">\nReply-To: Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},
    {"name_and_email", "From: Ada (ada@example.com) <" POST ">\nReply-To: Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},
    {"name_email_via_list",
     "From: Ada (ada@example.com via lamp Mailing List) <" POST ">\nReply-To: ada@example.com\n",
     "ada@example.com", "Ada"},
    {"list_for_name",
     "From: lamp Mailing List (on behalf of ada@example.com) <" POST ">\n"
     "X-Original-From: Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},

    /* LISTSERV, mlmmj with a filter that rewrites From */
    {"a number",
     "From: Ada <0123-dmarc-request@lists.example.org>\nReply-To: Ada <ada@example.com>\n",
     "ada@example.com", "Ada"},
    {"X-Original-From, Reply-To the list",
     "From: Ada via Lamp <" POST ">\nX-Original-From: Ada <ada@example.com>\nReply-To: " POST "\n",
     "ada@example.com", "Ada"},

    /* unknown */
    {"no trace", "From: Ada via Lamp <" POST ">\nReply-To: " POST "\n", UNKNOWN, "Ada"},
    {"no trace, Google", "From: \"'Ada' via Lamp\" <" POST ">\n", UNKNOWN, "Ada"},
    {"no trace, Sympa", "From: Ada (via lamp Mailing List) <" POST ">\n", UNKNOWN, "Ada"},
    {"LISTSERV without trace", "From: Ada <0123-dmarc-request@lists.example.org>\n", UNKNOWN,
     "Ada"},
    {"another name in Reply-To", "From: Ada via Lamp <" POST ">\nReply-To: Eve <eve@example.com>\n",
     UNKNOWN, "Ada"},
    {"another name in Cc", "From: Ada via Lamp <" POST ">\nCc: Ada Byron <ada@example.com>\n",
     UNKNOWN, "Ada"},
    {"a mailbox without name in Cc", "From: Ada via Lamp <" POST ">\nCc: bob@example.com\n",
     UNKNOWN, "Ada"},
    {"two mailboxes without name in Reply-To",
     "From: Ada via Lamp <" POST ">\nReply-To: a@example.com, b@example.com\n", UNKNOWN, "Ada"},
    {"an owner who posts as the list", "From: Lamp <" POST ">\nReply-To: help@example.com\n",
     UNKNOWN, "Lamp"},
    {"the list stands for itself",
     "From: Lamp via Lamp <" POST ">\nX-Original-From: Lamp <" POST ">\nReply-To: Lamp <" POST
     ">\n",
     UNKNOWN, "Lamp"},

    /* disagreement: a sender wrote fields of his own, which list managers keep */
    {"Eve takes Ada's name and has a Reply-To",
     MAILMAN "From: Ada via Lamp <" POST ">\n"
             "Reply-To: Ada <ada@example.com>, Ada <eve@evil.example>\n",
     UNKNOWN, "Ada"},
    {"Eve takes Ada's name and puts her into Cc",
     MAILMAN "From: Ada via Lamp <" POST ">\nReply-To: " POST "\n"
             "Cc: Ada <ada@example.com>, Ada <eve@evil.example>\n",
     UNKNOWN, "Ada"},
    {"Eve, of whom the list knows the name, puts Ada into Cc",
     MAILMAN "From: Ada via Lamp <" POST ">\n"
             "Reply-To: team@evil.example, eve@evil.example\nCc: Ada <ada@example.com>\n",
     UNKNOWN, "Ada"},
    {"Eve writes X-Original-From",
     MAILMAN "From: Eve via Lamp <" POST ">\nX-Original-From: Ada <ada@example.com>\n"
             "Reply-To: Eve <eve@evil.example>\n",
     UNKNOWN, "Eve"},
    {"Eve writes X-Original-From, and the list adds one",
     "From: Eve via Lamp <" POST ">\nX-Original-From: Ada <ada@example.com>\n"
     "X-Original-From: Eve <eve@evil.example>\n",
     UNKNOWN, "Eve"},
    {"Eve writes X-Original-Sender",
     "From: Eve via Lamp <" POST ">\nX-Original-Sender: ada@example.com\n"
     "X-Original-From: Eve <eve@evil.example>\n",
     UNKNOWN, "Eve"},
    {"Eve writes X-Original-From at groups.io",
     "From: Eve via groups.io <eve=evil.example@lists.example.org>\n"
     "X-Original-From: Ada <ada@example.com>\n",
     UNKNOWN, "Eve"},
    {"Reply-To and Cc differ",
     "From: Ada via Lamp <" POST ">\nReply-To: Ada <ada@example.com>\nCc: Ada <a@other.example>\n",
     UNKNOWN, "Ada"},

    /* From was not rewritten */
    {"\"via\" and Reply-To",
     "From: Ada via Lamp <eve@evil.example>\nReply-To: Ada <ada@example.com>\n", NULL, NULL},
    {"X-Original-From", "From: Eve <eve@evil.example>\nX-Original-From: Ada <ada@example.com>\n",
     NULL, NULL},
    {"the form in another domain",
     "From: Ada via groups.io <ada=example.com@evil.example>\nReply-To: Ada <ada@example.com>\n",
     NULL, NULL},
    {"the form below the domain of the list",
     "From: Ada <ada=example.com@evil.lists.example.org>\n", NULL, NULL},
    {"the form below org", "From: Ada <ada=example.com@org>\n", NULL, NULL},
    {"LISTSERV in another domain", "From: Ada <1-dmarc-request@evil.example>\n", NULL, NULL},
    {"another address of the domain", "From: Ada via Lamp <ada@lists.example.org>\n", NULL, NULL},
    {"the address as the beginning", "From: Ada via Lamp <" POST ".evil.example>\n", NULL, NULL},
    {"no From", "Subject: x\nReply-To: Ada <ada@example.com>\n", NULL, NULL},
};

START_TEST(author) {
    static const char *const addresses[] = {"other@lists.example.org", POST};
    char raw[2048], from[256];
    enum message_author found;

    snprintf(raw, sizeof(raw), "%s" LIST "\nbody\n", authors[_i].raw);
    read_mail(raw);
    strcpy(from, patchmark_message_sender(message));
    found = message_find_author(message, "lamp", addresses, 2, true);
    if (!authors[_i].address) {
        ck_assert_msg(found == MESSAGE_AUTHOR_FROM, "%s", authors[_i].reason);
        ck_assert_str_eq(patchmark_message_sender(message), from);
        ck_assert(!message_sender_rewritten(message));
        ck_assert_str_eq(patchmark_message_sender_via(message), "");
        return;
    }
    ck_assert_msg(strcmp(patchmark_message_sender(message), authors[_i].address) == 0, "%s: %s",
                  authors[_i].reason, patchmark_message_sender(message));
    ck_assert_msg(strcmp(patchmark_message_sender_name(message), authors[_i].name) == 0, "%s: %s",
                  authors[_i].reason, patchmark_message_sender_name(message));
    ck_assert(message_sender_rewritten(message));
    ck_assert_int_eq(found, *authors[_i].address ? MESSAGE_AUTHOR_VIA : MESSAGE_AUTHOR_UNKNOWN);
    ck_assert_str_eq(patchmark_message_sender_via(message), *authors[_i].address ? "lamp" : "");
}
END_TEST

START_TEST(an_author_that_is_not_believed_is_unknown) {
    static const char *const addresses[] = {POST};

    read_mail("From: Ada via Lamp <" POST ">\nReply-To: Ada <ada@example.com>\n\n");
    ck_assert_int_eq(message_find_author(message, "lamp", addresses, 1, false),
                     MESSAGE_AUTHOR_UNKNOWN);
    ck_assert_str_eq(patchmark_message_sender(message), "");
    ck_assert_str_eq(patchmark_message_sender_name(message), "Ada");
    ck_assert_str_eq(patchmark_message_sender_via(message), "");
    /* An earlier copy showed the author. */
    message_set_sender(message, "ada@example.com", "Ada");
    ck_assert_str_eq(patchmark_message_sender(message), "ada@example.com");
    ck_assert_str_eq(patchmark_message_sender_name(message), "Ada");
    ck_assert_str_eq(patchmark_message_sender_via(message), "");
    ck_assert(message_sender_rewritten(message));
    /* Without a list nothing is rewritten. */
    read_mail("From: Ada via Lamp <" POST ">\n\n");
    ck_assert(!message_sender_rewritten(message));
    ck_assert_int_eq(message_find_author(message, "", NULL, 0, true), MESSAGE_AUTHOR_FROM);
}
END_TEST

/* ---- content ------------------------------------------------------------------------------ */

#define TEXT   "From zero to one, na\xc3\xafve counting ends here.\nSigned-off-by: Ada <a@x>\n"
#define FROM   "From: a@example.org\n"
#define FOOTER "_______________\nlamp mailing list\n"

static uint64_t content(const char *raw, uint64_t *length) {
    read_mail(raw);
    return message_content_digest(message, length);
}

static const struct {
    const char *reason, *raw;
    bool starts;
} copies[] = {
    {"the same", FROM "\n" TEXT, true},
    {"a footer in the text", FROM "\n" TEXT FOOTER, true},
    {"quoted-printable, with soft line breaks",
     FROM
     "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
     "From zero to one, na=C3=AFve counting=\n ends here.\nSigned-off-by: Ada <a=40x>\n" FOOTER,
     true},
    {"base64",
     FROM "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
          "RnJvbSB6ZXJvIHRvIG9uZSwgbmHDr3ZlIGNvdW50aW5nIGVuZHMgaGVyZS4KU2lnbmVkLW9mZi1i\n"
          "eTogQWRhIDxhQHg+Cg==\n",
     true},
    {"another charset",
     FROM
     "Content-Type: text/plain; charset=iso-8859-1\n\nFrom zero to one, na\xefve counting ends "
     "here.\nSigned-off-by: Ada <a@x>\n",
     true},
    {"a footer as a part",
     FROM "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" TEXT "--b\n\n" FOOTER "--b--\n",
     true},
    {"other folds",
     FROM "\nFrom zero to one,\nna\xc3\xafve counting\tends here.\r\n"
          "Signed-off-by: Ada <a@x>\n",
     true},
    {"an attachment that is no text",
     FROM "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/x\n\nFrom\n"
          "--b\n\n" TEXT "--b--\n",
     true},
    {"another letter",
     FROM "\nFrom zero to one, na\xc3\xafve counting ends here!\n"
          "Signed-off-by: Ada <a@x>\n",
     false},
    {"text before it", FROM "\nHello\n" TEXT, false},
    {"its beginning", FROM "\nFrom zero to one, na\xc3\xafve counting ends here.\n", false},
    {"nothing", FROM "\n", false},
};

START_TEST(a_copy_with_a_footer_is_recognised) {
    uint64_t length, digest = content(FROM "\n" TEXT, &length);

    /* without the 9 blanks and the 2 line ends */
    ck_assert_uint_eq(length, strlen(TEXT) - 11);
    read_mail(copies[_i].raw);
    ck_assert_msg(message_content_starts(message, digest, length) == copies[_i].starts, "%s",
                  copies[_i].reason);
}
END_TEST

START_TEST(short_content_is_nothing_to_go_by) {
    char raw[256];
    uint64_t length, digest;

    snprintf(raw, sizeof(raw), FROM "\n%039d\n", 0);
    digest = content(raw, &length);
    ck_assert_uint_eq(length, 39);
    ck_assert(!message_content_starts(message, digest, length));
    snprintf(raw, sizeof(raw), FROM "\n%040d\n", 0);
    digest = content(raw, &length);
    ck_assert(message_content_starts(message, digest, length));
    ck_assert(!message_content_starts(message, digest, length + 1));
    ck_assert(!message_content_starts(message, digest + 1, length));
}
END_TEST

/* The digest is that of the whole text, however it is cut into pieces. */
START_TEST(long_content) {
    size_t size = 100000;
    char *raw = arena_allocate(&support_arena, size + 64), *at = stpcpy(raw, FROM "\n");
    uint64_t length, digest;

    for (size_t i = 0; i < size; i++)
        at[i] = (char)('a' + i * 7 % 26);
    strcpy(at + size, "\n");
    digest = content(raw, &length);
    ck_assert_uint_eq(length, size);
    ck_assert_uint_eq(digest, (uint64_t)digest_number(at, size));
    at[size - 1] = '!';
    read_mail(raw);
    ck_assert(!message_content_starts(message, digest, length));
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

SUITE(author_suite) {
    Suite *suite = suite_create("author");
    TCase *tests = tcase_create("author");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, list_post, 0, COUNT(posts));
    tcase_add_test(tests, list_ids);
    tcase_add_loop_test(tests, author, 0, COUNT(authors));
    tcase_add_test(tests, an_author_that_is_not_believed_is_unknown);
    tcase_add_loop_test(tests, a_copy_with_a_footer_is_recognised, 0, COUNT(copies));
    tcase_add_test(tests, short_content_is_nothing_to_go_by);
    tcase_add_test(tests, long_content);
    suite_add_tcase(suite, tests);
    return suite;
}
