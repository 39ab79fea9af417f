/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_patch.c - headers in the text of a patch, and the plugin as the core calls it, with real
 * messages and facts.  test_diff.c tests the recognition of diffs.
 */
#define TESTS patch
#include "support/local.h"

#include "diff.h"
#include "inbody.c"
#include "patch-id.h"
#include "patch.c"
#include "path.h"

#include "mail/bounds.h"
#include "mail/message.h"
#include "plugin/facts.h"
#include "support/suite.h"
#include "util/cleanup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__ /* gcc */
#define LEAKS_ARE_CHECKED
#elif defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_CHECKED
#endif
#endif
#ifdef LEAKS_ARE_CHECKED
#include <sanitizer/lsan_interface.h>
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- headers in the text ------------------------------------------------------------------ */

#define HASH "0123456789abcdef0123456789abcdef01234567"

START_TEST(reads_headers_at_the_start) {
    static const struct {
        const char *why, *text, *from, *subject;
    } examples[] = {
        {"From and the end at a blank line", "From: A <a@example.org>\n\nSubject: no\n",
         "A <a@example.org>", ""},
        {"all three, any case, any order",
         "subject: a title\nDATE: now\nFROM: A <a@example.org>\n\ntext\n", "A <a@example.org>",
         "a title"},
        {"blank lines before them", "\n \n\nFrom: a@example.org\n", "a@example.org", ""},
        {"the first of each", "From: a@example.org\nFrom: b@example.org\n", "a@example.org", ""},
        {"folded", "Subject: a long\n  title\n\tof three\nFrom: a@example.org\n", "a@example.org",
         "a long title of three"},
        {"folded, CR LF", "Subject: a\r\n b\r\n\r\n", "", "a b"},
        {"the first line of git format-patch, after '>'",
         ">From " HASH " Mon Sep 17 00:00:00 2001\nFrom: a@example.org\n", "a@example.org", ""},
        {"... without '>', as in a file",
         "From " HASH " Mon Sep 17 00:00:00 2001\nFrom: a@example.org\n", "a@example.org", ""},
        {"a bare tag is a subject", "[PATCH] a title\nFrom: a@example.org\n", "a@example.org",
         "[PATCH] a title"},
        {"any other line ends the headers", "Cc: b@example.org\nFrom: a@example.org\n", "", ""},
        {"prose ends the headers", "Hello,\nFrom: a@example.org\n", "", ""},
        {"not quoted", "> From: a@example.org\n", "", ""},
        {"not indented", " From: a@example.org\n", "", ""},
        {"not another word", "From here on: a@example.org\n", "", ""},
        {"control bytes are blanks", "Subject: a\x1b[0m \x01 b\n", "", "a [0m b"},
        {"nothing", "", "", ""},
        {"no value", "From:\nSubject:   \n", "", ""},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct inbody inbody = inbody_scan(patchmark_text_of(examples[i].text));
        char from[100], subject[100];
        inbody_unfold(inbody.from, from, sizeof from);
        inbody_unfold(inbody.subject, subject, sizeof subject);
        ck_assert_msg(strcmp(from, examples[i].from) == 0, "%s: '%s'", examples[i].why, from);
        ck_assert_msg(strcmp(subject, examples[i].subject) == 0, "%s: '%s'", examples[i].why,
                      subject);
    }
}
END_TEST

START_TEST(reads_headers_again_below_scissors) {
    static const struct {
        const char *why, *text, *from;
    } examples[] = {
        {"below talk", "How about this?\n\n-- >8 --\nFrom: a@example.org\n", "a@example.org"},
        {"instead of those above", "From: a@example.org\n\n--- 8< ---\nFrom: b@example.org\n",
         "b@example.org"},
        {"those above are used if none are below", "From: a@example.org\n\n--- 8< ---\ntext\n",
         "a@example.org"},
        {"with words in it", "x\n-- 8< -- cut here -- 8< --\nFrom: a@example.org\n",
         "a@example.org"},
        {"perforated", "x\n- - - >% - - -\n\nFrom: a@example.org\n", "a@example.org"},
        {"too short", "x\n- 8< -\nFrom: a@example.org\n", ""},
        {"mostly words", "x\n-- >8 -- all of this is prose, so read on\nFrom: a@example.org\n", ""},
        {"without scissors", "x\n---------\nFrom: a@example.org\n", ""},
        {"not below the message", "x\n---\n-- >8 --\nFrom: a@example.org\n", ""},
        {"not in the diff", "x\ndiff --git a/x b/x\n-- >8 --\nFrom: a@example.org\n", ""},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct inbody inbody = inbody_scan(patchmark_text_of(examples[i].text));
        char from[100];
        inbody_unfold(inbody.from, from, sizeof from);
        ck_assert_msg(strcmp(from, examples[i].from) == 0, "%s: '%s'", examples[i].why, from);
    }
}
END_TEST

START_TEST(splits_from) {
    static const struct {
        const char *from, *address, *name; /* address is NULL if there is none */
    } examples[] = {
        {"A. U. Thor <A.Thor@Example.ORG>", "a.thor@example.org", "A. U. Thor"},
        {"\"Thor, A.\" <a@example.org>", "a@example.org", "Thor, A."},
        {"\"A \\\"B\\\" C\" <a@example.org>", "a@example.org", "A \"B\" C"},
        {"=?UTF-8?q?=C3=84?= <a@example.org>", "a@example.org", "=?UTF-8?q?=C3=84?="},
        {"a@example.org", "a@example.org", ""},
        {"<a@example.org>", "a@example.org", ""},
        {"a@example.org (A. Thor)", "a@example.org", "A. Thor"},
        {"A <b> <a@example.org>", "a@example.org", "A <b>"},
        {"A. Thor", NULL, NULL},
        {"A <a at example.org>", NULL, NULL},
        {"A <@example.org>", NULL, NULL},
        {"A <a@>", NULL, NULL},
        {"A <a@example.org", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        char from[100];
        const char *address, *name;
        strcpy(from, examples[i].from);
        bool found = inbody_split(from, &address, &name);
        ck_assert_msg(found == (examples[i].address != NULL), "'%s'", examples[i].from);
        if (!found)
            continue;
        ck_assert_str_eq(address, examples[i].address);
        ck_assert_str_eq(name, examples[i].name);
    }
}
END_TEST

START_TEST(takes_no_address_that_is_too_long) {
    char from[400];
    const char *address, *name;
    for (int length = ADDRESS_BYTES; length <= ADDRESS_BYTES + 1; length++) {
        snprintf(from, sizeof from, "A <%0*d@example.org>", length - (int)strlen("@example.org"),
                 1);
        ck_assert_int_eq(inbody_split(from, &address, &name), length == ADDRESS_BYTES);
    }
}
END_TEST

START_TEST(cuts_between_characters) {
    char buffer[4];
    ck_assert_uint_eq(inbody_unfold(patchmark_text_of("abc"), buffer, sizeof buffer), 3);
    ck_assert_str_eq(buffer, "abc");
    ck_assert_uint_eq(inbody_unfold(patchmark_text_of("abcd"), buffer, sizeof buffer), 3);
    ck_assert_str_eq(buffer, "abc");
    ck_assert_uint_eq(inbody_unfold(patchmark_text_of("ab\u00e4"), buffer, sizeof buffer), 2);
    ck_assert_str_eq(buffer, "ab");
    ck_assert_uint_eq(inbody_unfold(patchmark_text_of("a\u00e4"), buffer, sizeof buffer), 3);
    ck_assert_str_eq(buffer, "a\u00e4");
}
END_TEST

/* 500 KB of each: quadratic time would exceed the limit of Check. */
START_TEST(reads_headers_in_linear_time) {
    static const char *const pieces[] = {
        "\n",    "From: a\n",       " b\n",           "-- >8 --\n", ">8",
        "8<-- ", "-- >8 --\n\n\n[", "[PATCH] \n b\n", "---\n"};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t length = strlen(pieces[i]), count = 500 * 1024 / length;
        AUTO(free) char *text = malloc(8 + count * length);
        ck_assert_ptr_nonnull(text);
        memcpy(text, "From: a\n", 8);
        for (size_t k = 0; k < count; k++)
            memcpy(text + 8 + k * length, pieces[i], length);
        struct patchmark_text whole = {text, 8 + count * length};
        ck_assert_uint_gt(inbody_scan(whole).from.length, 0);
        ck_assert(!inbody_has_diffstat(whole));
    }
}
END_TEST

/* ---- mails -------------------------------------------------------------------------------- */

static struct facts_schema *schema;
static struct patchmark_facts *facts;
static struct patchmark_message *message;

/* GMime never frees its table of types, and LeakSanitizer does not find all pointers to it. */
static void library_init(void) {
#ifdef LEAKS_ARE_CHECKED
    __lsan_disable();
#endif
    message_library_init();
#ifdef LEAKS_ARE_CHECKED
    __lsan_enable();
#endif
}

static void setup(void) {
    schema = facts_schema_new();
    int owner = facts_schema_add(schema, plugin.name, plugin.provides);
    ck_assert_int_ge(owner, 0);
    facts = facts_new(schema);
    facts_owner(facts, owner);
    message = message_new();
}

static void teardown(void) {
    message_free(message);
    facts_free(facts);
    facts_schema_free(schema);
}

#define HEADER "From: S <s@example.org>\nSubject: t\nMIME-Version: 1.0\n"
#define MIXED  HEADER "Content-Type: multipart/mixed; boundary=b\n\n"
#define DIFF   "--- a/x.c\n+++ b/x.c\n@@ -1 +1,2 @@\n-a\n+b\n+c\n"
#define OTHER  "--- a/y.c\n+++ b/y.c\n@@ -1 +0,0 @@\n-a\n"

static void classify_mail(const char *mail) {
    message_load(message, patchmark_text_of(mail));
    message_parse(message, 0);
    ck_assert_int_eq(plugin.classify(NULL, message, facts), 0);
}

/* Checks the facts of a diff: its place, its counts, and its files, separated by blanks. */
static void expect_diff(const char *where, int insertions, int deletions, const char *files) {
    char have[200] = "";
    ck_assert(patchmark_fact_bool(facts, "patch.present"));
    ck_assert_str_eq(patchmark_fact_string(facts, "patch.where"), where);
    ck_assert_int_eq(patchmark_fact_int(facts, "patch.insertions", -1), insertions);
    ck_assert_int_eq(patchmark_fact_int(facts, "patch.deletions", -1), deletions);
    for (size_t i = 0; i < patchmark_fact_count(facts, "patch.files"); i++)
        snprintf(have + strlen(have), sizeof have - strlen(have), "%s%s", i > 0 ? " " : "",
                 patchmark_fact_item(facts, "patch.files", i));
    ck_assert_str_eq(have, files);
    ck_assert_uint_eq(patchmark_fact_count(facts, "patch.flags"), 1);
    ck_assert_str_eq(patchmark_fact_item(facts, "patch.flags", 0), "has-diff");
}

static void expect_author(const char *address, const char *name) {
    ck_assert_pstr_eq(patchmark_fact_string(facts, "patch.author"), address);
    ck_assert_pstr_eq(patchmark_fact_string(facts, "patch.author_name"), name);
}

START_TEST(sets_the_facts_of_a_patch) {
    classify_mail(HEADER "\nFrom: A <A@example.org>\nSubject: a title\n\ntext\n---\n\n" DIFF
                         "-- \n2.39.5\n");
    expect_diff("inline", 2, 1, "x.c");
    expect_author("a@example.org", "A");
    ck_assert_str_eq(patchmark_fact_string(facts, "patch.in_body_subject"), "a title");
}
END_TEST

START_TEST(sets_only_present_without_a_diff) {
    enum patchmark_type type;
    const char *name;
    size_t at = 0;
    classify_mail(HEADER "\nFrom: A <a@example.org>\n\ntext\n---\nno diff\n> " OTHER);
    ck_assert(patchmark_fact_is_set(facts, "patch.present"));
    ck_assert(!patchmark_fact_bool(facts, "patch.present"));
    ck_assert(facts_next(facts, &at, &name, &type));
    ck_assert(!facts_next(facts, &at, &name, &type));
}
END_TEST

#define ANSWER HEADER "In-Reply-To: <1@example.org>\n"
#define OUTLOOK                                                                         \
    "-----Original Message-----\nFrom: A <a@example.org>\nSent: Monday, June 1, 2026\n" \
    "To: l@example.org\nSubject: [PATCH] x\n\ntext\n---\n"
#define HASH "0123456789abcdef0123456789abcdef01234567"

/* A mail that answers another one may quote its diff without marks. */
START_TEST(leaves_a_quoted_diff) {
    static const char *const quoting[] = {
        ANSWER "\nGood.\n\n" OUTLOOK DIFF,
        ANSWER "\nGood.\n\nVon: A <a@example.org>\nGesendet: Montag, 1. Juni 2026\n"
               "An: l@example.org\nBetreff: [PATCH] x\n\ntext\n" DIFF,
    };
    static const char *const own[] = {
        HEADER "\nGood.\n\n" OUTLOOK DIFF, /* answers nothing */
        ANSWER "X-Mailer: git-send-email 2.43.0\n\nGood.\n\n" OUTLOOK DIFF,
        ANSWER "\nFrom: A <a@example.org>\nDate: Monday\nSubject: x\n\ntext\n---\n" DIFF,
        ANSWER "\nOr so?\n\nFrom " HASH " Mon Sep 17 00:00:00 2001\nFrom: A <a@x.org>\n"
               "Date: Monday\nSubject: [PATCH] x\n\ntext\n---\n" DIFF,
        ANSWER "\nOr so?\n\n" DIFF "\n" OUTLOOK OTHER,
        ANSWER "\nOn Monday A wrote:\n> text\n\nOr so?\n\n" DIFF,
        "Subject: Fwd: [PATCH] x\nIn-Reply-To: <1@x>\n\nSee this.\n\n" OUTLOOK DIFF, /* passed on */
    };
    for (size_t i = 0; i < sizeof quoting / sizeof quoting[0]; i++) {
        teardown();
        setup();
        classify_mail(quoting[i]);
        ck_assert_msg(!patchmark_fact_bool(facts, "patch.present"), "%s", quoting[i]);
        ck_assert(!patchmark_fact_is_set(facts, "patch.flags"));
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        teardown();
        setup();
        classify_mail(own[i]);
        ck_assert_msg(patchmark_fact_bool(facts, "patch.present"), "%s", own[i]);
    }
}
END_TEST

START_TEST(sets_the_author_of_a_patch_without_diff) {
    classify_mail(HEADER "\nFrom: A <a@example.org>\n\ntext\n---\n x.c | 2 +-\n"
                         " 1 file changed, 1 insertion(+), 1 deletion(-)\n");
    ck_assert(!patchmark_fact_bool(facts, "patch.present"));
    expect_author("a@example.org", "A");
}
END_TEST

START_TEST(takes_no_author_from_a_cover_letter) {
    classify_mail(HEADER "\nFrom: A <a@example.org>\n\ntext\n\n x.c | 2 +-\n"
                         " 1 file changed, 1 insertion(+), 1 deletion(-)\n");
    expect_author(NULL, NULL);
}
END_TEST

START_TEST(reads_an_attached_patch_whatever_its_type) {
    static const char *const types[] = {
        "text/x-patch",
        "text/x-diff",
        "text/plain; name=x.patch",
        "application/octet-stream",
        "application/x-patch",
        "text/x-csrc",
    };
    for (size_t i = 0; i < COUNT(types); i++) {
        AUTO(free) char *mail = NULL;
        ck_assert_int_gt(asprintf(&mail,
                                  MIXED "--b\n\nSee there.\n--b\nContent-Type: %s\n"
                                        "Content-Disposition: attachment\n\n" DIFF "--b--\n",
                                  types[i]),
                         0);
        teardown();
        setup();
        classify_mail(mail);
        expect_diff("attachment", 2, 1, "x.c");
    }
}
END_TEST

START_TEST(counts_a_diff_once_that_is_also_attached) {
    classify_mail(MIXED "--b\n\n" DIFF "--b\nContent-Type: text/x-patch\n\n" DIFF "--b--\n");
    expect_diff("attachment", 2, 1, "x.c");
}
END_TEST

START_TEST(prefers_the_text_to_other_attachments) {
    classify_mail(MIXED "--b\n\n" DIFF "--b\nContent-Type: application/octet-stream\n\n" OTHER
                        "--b--\n");
    expect_diff("inline", 2, 1, "x.c");
}
END_TEST

START_TEST(adds_up_attached_patches) {
    classify_mail(MIXED "--b\n\nTwo:\n--b\nContent-Type: text/x-diff\n\n" DIFF
                        "--b\nContent-Type: text/x-patch\n\n" OTHER "--b--\n");
    expect_diff("attachment", 2, 2, "x.c y.c");
}
END_TEST

START_TEST(ignores_html_and_binary_parts) {
    classify_mail(MIXED "--b\nContent-Type: text/html\n\n" DIFF
                        "--b\nContent-Type: image/png\n\n" DIFF "--b--\n");
    ck_assert(!patchmark_fact_bool(facts, "patch.present"));
}
END_TEST

START_TEST(takes_a_named_first_part_for_the_text) {
    classify_mail(HEADER "Content-Disposition: inline; filename=x.patch\n\n"
                         "From: A <a@example.org>\n\n" DIFF);
    expect_diff("inline", 2, 1, "x.c");
    expect_author("a@example.org", "A");
}
END_TEST

START_TEST(reads_the_author_in_an_attached_file) {
    classify_mail(MIXED "--b\n\nSee there.\n--b\nContent-Type: text/x-patch\n\n"
                        "From " HASH " Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\n"
                        "Date: now\nSubject: [PATCH] a title\n\ntext\n---\n" DIFF "--b--\n");
    expect_author("a@example.org", "A");
    ck_assert_str_eq(patchmark_fact_string(facts, "patch.in_body_subject"), "[PATCH] a title");
}
END_TEST

static const struct {
    const char *fields, *from, *author;
} list_authors[] = {
    {"List-Id: Lamps <lamps.example.org>\n", "Lamps@example.org", NULL},
    {"List-Id: lamps.example.org\n", "lamps@example.org", NULL},
    {"To: lamps@example.org\nList-Id: <LAMPS.example.org>\n", "lamps@example.org", NULL},
    /* near misses */
    {"", "lamps@example.org", "lamps@example.org"},
    {"List-Id: <lamps.other.example.org>\n", "lamps@example.org", "lamps@example.org"},
    {"List-Id: <lamps-devel.example.org>\n", "lamps@example.org", "lamps@example.org"},
    {"List-Id: <lampsxexample.org>\n", "lamps@example.org", "lamps@example.org"},
    {"List-Id: <lamps.example.org>\n", "a@example.org", "a@example.org"},
};

START_TEST(takes_no_list_for_the_author) {
    char raw[1024];
    snprintf(raw, sizeof raw, "%s" HEADER "\nFrom: \"A via lamps\" <%s>\n\n" DIFF,
             list_authors[_i].fields, list_authors[_i].from);
    classify_mail(raw);
    expect_author(list_authors[_i].author, list_authors[_i].author ? "A via lamps" : NULL);
}
END_TEST

START_TEST(decodes_transfer_encodings) {
    classify_mail(HEADER "Content-Type: text/plain; charset=iso-8859-1\n"
                         "Content-Transfer-Encoding: quoted-printable\n\n"
                         "From: =E4 <a@example.org>\n\n--- a/x.c\n+++ b/x.c\n@@ -1 =\n"
                         "+1,2 @@\n-a\n+b =3D =E4\n+c\n");
    expect_diff("inline", 2, 1, "x.c");
    expect_author("a@example.org", "\u00e4");
}
END_TEST

/* ---- ids ---------------------------------------------------------------------------------- */

#define GIT       "diff --git a/x.c b/x.c\nindex 1234567..89abcde 100644\n" DIFF
#define GIT_OTHER "diff --git a/y.c b/y.c\nindex 7654321..89abcde 100644\n" OTHER

/* Checks that the id of MAIL is that of TEXT, which test_patch_id.c tests, or that there is none if
 * TEXT is NULL.  BASES are separated by blanks. */
static void expect_id(const char *mail, const char *text, const char *bases) {
    struct patch_id id;
    char have[200] = "";
    teardown();
    setup();
    classify_mail(mail);
    ck_assert(text == NULL || patch_id_read(patchmark_text_of(text), &id));
    ck_assert_pstr_eq(patchmark_fact_string(facts, "patch.id"), text == NULL ? NULL : id.hex);
    for (size_t i = 0; i < patchmark_fact_count(facts, "patch.bases"); i++)
        snprintf(have + strlen(have), sizeof have - strlen(have), "%s%s", i > 0 ? " " : "",
                 patchmark_fact_item(facts, "patch.bases", i));
    ck_assert_str_eq(have, bases);
}

START_TEST(sets_the_id_of_the_first_part_with_one) {
    expect_id(HEADER "\ntext\n---\n" GIT GIT_OTHER "-- \n2.39.5\n", GIT GIT_OTHER,
              "1234567 7654321");
    expect_id(MIXED "--b\n\nSee there.\n--b\nContent-Type: text/x-patch\n\n" GIT "--b--\n", GIT,
              "1234567");
    expect_id(MIXED "--b\n\n" GIT "--b\nContent-Type: text/x-patch\n\n" GIT_OTHER "--b--\n", GIT,
              "1234567");
    expect_id(MIXED "--b\nContent-Type: text/html\n\n" GIT
                    "--b\nContent-Type: application/octet-stream\n\n" GIT_OTHER "--b--\n",
              GIT_OTHER, "7654321");
}
END_TEST

START_TEST(sets_an_id_only_where_git_has_one) {
    expect_id(HEADER "\ntext\n" DIFF, NULL, "");
    expect_id(HEADER "\n> diff --git a/x.c b/x.c\n> index 1234567..89abcde 100644\n", NULL, "");
    expect_id(HEADER "\n", NULL, "");
}
END_TEST

/* In quoted-printable a line may end anywhere, and bytes are not UTF-8. */
START_TEST(hashes_the_bytes_that_were_sent) {
    expect_id(HEADER "Content-Type: text/plain; charset=iso-8859-1\n"
                     "Content-Transfer-Encoding: quoted-printable\n\n"
                     "diff --git a/x b/x\nindex 1234567..=\n89abcde 100644\n--- a/x\n+++ b/x\n"
                     "@@ -1 +1 @@=0D\n-=E4\n+=3D\n",
              "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\xe4\n+=\n", "1234567");
    /* base64 of the expected text */
    expect_id(HEADER "Content-Transfer-Encoding: base64\n\n"
                     "ZGlmZiAtLWdpdCBhL3ggYi94Cm9sZCBtb2RlIDEwMDY0NApuZXcgbW9kZSAxMDA3NTUK\n",
              "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "");
}
END_TEST

START_TEST(sets_no_id_for_a_part_that_was_cut) {
    size_t start = strlen(HEADER "\n" GIT), length = start + LIMIT_MAIL_BYTES;
    AUTO(free) char *mail = malloc(length + 1);
    ck_assert_ptr_nonnull(mail);
    strcpy(mail, HEADER "\n" GIT);
    memset(mail + start, '\n', length - start);
    mail[length] = '\0';
    expect_id(mail, NULL, "1234567");
    mail[length / 2] = '\0';
    expect_id(mail, GIT, "1234567");
}
END_TEST

SUITE(patch_suite) {
    library_init();
    TCase *headers = tcase_create("headers"), *mails = tcase_create("mails");
    tcase_add_test(headers, reads_headers_at_the_start);
    tcase_add_test(headers, reads_headers_again_below_scissors);
    tcase_add_test(headers, splits_from);
    tcase_add_test(headers, takes_no_address_that_is_too_long);
    tcase_add_test(headers, cuts_between_characters);
    tcase_add_test(headers, reads_headers_in_linear_time);
    tcase_add_checked_fixture(mails, setup, teardown);
    tcase_add_test(mails, sets_the_facts_of_a_patch);
    tcase_add_test(mails, sets_only_present_without_a_diff);
    tcase_add_test(mails, leaves_a_quoted_diff);
    tcase_add_test(mails, sets_the_author_of_a_patch_without_diff);
    tcase_add_test(mails, takes_no_author_from_a_cover_letter);
    tcase_add_test(mails, reads_an_attached_patch_whatever_its_type);
    tcase_add_test(mails, counts_a_diff_once_that_is_also_attached);
    tcase_add_test(mails, prefers_the_text_to_other_attachments);
    tcase_add_test(mails, adds_up_attached_patches);
    tcase_add_test(mails, ignores_html_and_binary_parts);
    tcase_add_test(mails, takes_a_named_first_part_for_the_text);
    tcase_add_test(mails, reads_the_author_in_an_attached_file);
    tcase_add_loop_test(mails, takes_no_list_for_the_author, 0,
                        sizeof list_authors / sizeof *list_authors);
    tcase_add_test(mails, decodes_transfer_encodings);
    tcase_add_test(mails, sets_the_id_of_the_first_part_with_one);
    tcase_add_test(mails, sets_an_id_only_where_git_has_one);
    tcase_add_test(mails, hashes_the_bytes_that_were_sent);
    tcase_add_test(mails, sets_no_id_for_a_part_that_was_cut);
    Suite *suite = suite_create("patch");
    suite_add_tcase(suite, headers);
    suite_add_tcase(suite, mails);
    return suite;
}
