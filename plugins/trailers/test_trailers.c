/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_trailers.c - the form of trailers, the trailers of a patch, and the plugin as the core calls
 * it, with real messages and facts.  test_given.c tests the tags in replies.
 */
#include "test_trailers.h"

#include "trailers.c"

#include "mail/message.h"
#include "pipeline/json.h"
#include "plugin/facts.h"
#include "support/suite.h"

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

#define A   "A <a@example.org>"
#define B   "B <b@example.org>"
#define SOB "Signed-off-by: " A "\n"

/* ---- lines -------------------------------------------------------------------------------- */

START_TEST(reads_lines) {
    static const struct {
        const char *line, *name, *value; /* name is NULL if the line is not a trailer */
    } examples[] = {
        {"Signed-off-by: " A, "Signed-off-by", A},
        {"reviewed-BY:" A, "reviewed-BY", A},
        {"Reviewed-by : " A, "Reviewed-by", A},
        {"Cc:: " A, "Cc", A},
        {" \tTested-by:  " A "  ", "Tested-by", A},
        {"Fixes: 012345678901 (\"x: y\")", "Fixes", "012345678901 (\"x: y\")"},
        {"Some_thing-else2: x", "Some_thing-else2", "x"},
        {"Link:", "Link", ""},
        {"> Signed-off-by: " A, NULL, NULL},
        {"Signed-off-by " A, NULL, NULL},
        {"Signed off by: " A, NULL, NULL},
        {"-by: " A, NULL, NULL},
        {"https://example.org/", NULL, NULL},
        {"Link://example.org/", NULL, NULL},
        {"std::string", NULL, NULL},
        {"label:x", NULL, NULL},
        {"2: x", NULL, NULL},
        {"From: " A, NULL, NULL},
        {"To: " A, NULL, NULL},
        {"Subject: x", NULL, NULL},
        {"Date: x", NULL, NULL},
        {"Phone: 12345", NULL, NULL},
        {"E-Mail: a@example.org", NULL, NULL},
        {": x", NULL, NULL},
        {"", NULL, NULL},
        /* a name of 65 bytes */
        {"a123456789012345678901234567890123456789012345678901234567890-by3: x", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct trailer trailer;
        bool found = trailer_read(patchmark_text_of(examples[i].line), &trailer);
        ck_assert_msg(found == (examples[i].name != NULL), "'%s'", examples[i].line);
        if (!found)
            continue;
        ck_assert_msg(trailer.name.length == strlen(examples[i].name) &&
                          patchmark_text_case_equals(trailer.name, examples[i].name),
                      "'%s': name '%.*s'", examples[i].line, (int)trailer.name.length,
                      trailer.name.data);
        ck_assert_msg(trailer.value.length == strlen(examples[i].value) &&
                          patchmark_text_case_equals(trailer.value, examples[i].value),
                      "'%s': value '%.*s'", examples[i].line, (int)trailer.value.length,
                      trailer.value.data);
    }
}
END_TEST

START_TEST(unfolds_values) {
    char buffer[8];
    trailer_unfold(patchmark_text_of("a \t\r\n  b"), buffer, sizeof buffer);
    ck_assert_str_eq(buffer, "a b");
    trailer_unfold(patchmark_text_of("a\u00a0\x01 b "), buffer, sizeof buffer);
    ck_assert_str_eq(buffer, "a b");
    trailer_unfold(patchmark_text_of("abcdef\u00e4"), buffer,
                   sizeof buffer); /* cut between characters */
    ck_assert_str_eq(buffer, "abcdef");
    ck_assert_uint_eq(trailer_unfold(patchmark_text_of(" "), buffer, sizeof buffer), 0);
}
END_TEST

/* ---- the trailers of a patch ---------------------------------------------------------------- */

static const struct example own_examples[] = {
    {"the last paragraph", "text\n\n" SOB "---\n x | 1 +\n", "Signed-off-by: " A},
    {"in their order, twice when written twice", "x\n\nAcked-by: " B "\n" SOB SOB "---\n",
     "Acked-by: " B "|Signed-off-by: " A "|Signed-off-by: " A},
    {"CR LF", "text\r\n\r\nSigned-off-by: " A "\r\n---\r\n", "Signed-off-by: " A},
    {"up to a diff", "text\n\n" SOB "\ndiff --git a/x b/x\nAcked-by: " B "\n", "Signed-off-by: " A},
    {"up to a diff of plain diff", "text\n\n" SOB "--- a/x\n+++ b/x\n", "Signed-off-by: " A},
    {"up to a diff of Subversion", "text\n\n" SOB "Index: x\n====\n", "Signed-off-by: " A},
    {"up to the signature", "text\n\n" SOB "-- \nAcked-by: " B "\n", "Signed-off-by: " A},
    {"not below ---", "text\n---\n" SOB, ""},
    {"unknown names, with a known name in the block", "x\n\nTested-on: board\n" SOB "Foo: bar\n",
     "Tested-on: board|Signed-off-by: " A "|Foo: bar"},
    {"unknown names alone are prose", "x\n\nNote: this is slow\n---\n", ""},
    {"... also above a block", "Note: slow\n\n" SOB "---\n", "Signed-off-by: " A},
    {"right below prose", "some text\n" SOB "---\n", "Signed-off-by: " A},
    {"two paragraphs", "x\n\nFixes: 0123456 (\"y\")\n\n" SOB "---\n",
     "Fixes: 0123456 (\"y\")|Signed-off-by: " A},
    {"a block with prose between it and the last one",
     "Reported-by: " B "\n\nSo I did.\n\n" SOB "---\n", "Signed-off-by: " A},
    {"... also prose that looks like a trailer", "Reported-by: " B "\n\nNote: slow\n\n" SOB "---\n",
     "Signed-off-by: " A},
    {"a note at the start of a paragraph is not prose",
     "x\n\n" SOB "\n[b: a typo]\nAcked-by: " B "\n", "Signed-off-by: " A "|Acked-by: " B},
    {"prose below the block", "text\n\n" SOB "\nChanges in v2:\n - none\n---\n",
     "Signed-off-by: " A},
    {"notes of committers", "x\n\n" SOB "[b: a typo,\nand another]\nAcked-by: " B "\n",
     "Signed-off-by: " A "|Acked-by: " B},
    {"a line of another form", "x\n\n" SOB "oops\nAcked-by: " B "\n",
     "Signed-off-by: " A "|Acked-by: " B},
    {"a value with continuation lines", "x\n\nCc: " A ",\n    " B "\n" SOB,
     "Cc: " A ", " B "|Signed-off-by: " A},
    {"a title that was wrapped", "x\n\nFixes: 0123456 (\"a: b()\nand c\")\n" SOB,
     "Fixes: 0123456 (\"a: b() and c\")|Signed-off-by: " A},
    {"... but not over the next trailer", "x\n\nFixes: 0123456 (\"a\n" SOB,
     "Fixes: 0123456 (\"a|Signed-off-by: " A},
    {"a name above its address", "x\n\nReported-by: A. Very Long Name\n<a@example.org>\n" SOB,
     "Reported-by: A. Very Long Name <a@example.org>|Signed-off-by: " A},
    {"a link below its name", "x\n\nLink:\nhttps://example.org/\n" SOB,
     "Link: https://example.org/|Signed-off-by: " A},
    {"indented a little, in a block", "x\n\n" SOB " Acked-by: " B "\n",
     "Signed-off-by: " A "|Acked-by: " B},
    {"indented: the text of another commit", "As in\n\n    Fixes: 0123456 (\"y\")\n\n" SOB,
     "Signed-off-by: " A},
    {"quoted", "> " SOB "\ntext\n", ""},
    {"headers at the start", "From: " A "\nSubject: x\n\ntext\n\n" SOB, "Signed-off-by: " A},
    {"a heading", "x\n\nBug:\n - one\n\n" SOB, "Signed-off-by: " A},
    {"names without values", "x\n\nTested-by:\n" SOB, "Signed-off-by: " A},
    {"base-commit after the diff",
     "x\n\n" SOB "---\ndiff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n\n"
     "base-commit: " HASH "\nprerequisite-patch-id: 01\n-- \n2.39\n",
     "Signed-off-by: " A "|base-commit: " HASH "|prerequisite-patch-id: 01"},
    {"base-commit below the signature, as git before 2.11 wrote it; other trailers there do not "
     "count",
     "text\n-- \n2.9\n\nbase-commit: " HASH "\nLink: https://example.org/\n", "base-commit: " HASH},
    {"b4's cover",
     "text\n\n" SOB "\n---\nChanges:\n- Link to v1: https://example.org/\n\n---\nA (1):\n"
     "      x: y\n\n---\nbase-commit: " HASH "\nchange-id: 20260507-slug-0123456789ab\n",
     "Signed-off-by: " A "|base-commit: " HASH "|change-id: 20260507-slug-0123456789ab"},
    {"anywhere in a cover",
     "Based-on: <1@example.org>\n\nHello,\n\ntext\nSupersedes: <2@example.org>\n"
     "\nA (2):\n  Closes: what\n",
     "Based-on: <1@example.org>|Supersedes: <2@example.org>"},
    {"not in the lines of a diff",
     "x\n---\ndiff --git a/x b/x\n@@ -1 +1 @@\n-Link: a\n+Link: b\n"
     " Link: c\n",
     ""},
    {"nothing", "", ""},
};

START_TEST(finds_own_trailers) {
    const struct example *example = &own_examples[_i];
    AUTO(free) struct trailers *own = malloc(sizeof *own);
    char reading[READING_BYTES] = "";
    own_scan(patchmark_text_of(example->text), own);
    for (size_t i = 0; i < own->count; i++)
        reading_add(reading, &own->items[i]);
    ck_assert_msg(strcmp(reading, example->reading) == 0, "%s: '%s'", example->why, reading);
}
END_TEST

/* 500 KB of each: quadratic time would exceed the limit of Check. */
START_TEST(finds_own_trailers_in_linear_time) {
    static const char *const pieces[] = {SOB,         "Foo: bar\n",  "Foo: bar\n\n",
                                         SOB "\nx\n", "Cc: a\n b\n", "Fixes: 0123456 (\n",
                                         "\n",        "[\n",         "Link:\n",
                                         "x\n" SOB,   "Fixes: (",    "Link: x\n\nx\n\n"};
    AUTO(free) struct trailers *own = malloc(sizeof *own);
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t length;
        AUTO(free) char *text = repeat(pieces[i], &length);
        own_scan((struct patchmark_text){text, length}, own);
        ck_assert_uint_le(own->count, TRAILERS_MAX);
    }
}
END_TEST

/* ---- mails -------------------------------------------------------------------------------- */

static const struct patchmark_fact subject_facts[] = {{"reply", PATCHMARK_BOOL, "", NULL},
                                                      {"patch", PATCHMARK_BOOL, "", NULL},
                                                      {"pull", PATCHMARK_BOOL, "", NULL},
                                                      {"part", PATCHMARK_INT, "", NULL},
                                                      {0}};
static const struct patchmark_fact patch_facts[] = {{"present", PATCHMARK_BOOL, "", NULL},
                                                    {"where", PATCHMARK_STRING, "", NULL},
                                                    {0}};

enum { SUBJECT, PATCH, TRAILERS }; /* owners of facts */

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
    ck_assert_int_eq(facts_schema_add(schema, "subject", subject_facts), SUBJECT);
    ck_assert_int_eq(facts_schema_add(schema, "patch", patch_facts), PATCH);
    ck_assert_int_eq(facts_schema_add(schema, plugin.name, plugin.provides), TRAILERS);
    facts = facts_new(schema);
    message = message_new();
}

static void teardown(void) {
    message_free(message);
    facts_free(facts);
    facts_schema_free(schema);
}

static void subject_says(const char *key) {
    facts_owner(facts, SUBJECT);
    ck_assert_int_eq(patchmark_fact_set_bool(facts, key, true), 0);
}

static void diff_is(const char *where) {
    facts_owner(facts, PATCH);
    ck_assert_int_eq(patchmark_fact_set_bool(facts, "present", true), 0);
    ck_assert_int_eq(patchmark_fact_set_string(facts, "where", where), 0);
}

static void classify_mail(const char *mail) {
    facts_owner(facts, TRAILERS);
    message_load(message, patchmark_text_of(mail));
    message_parse(message, 0);
    ck_assert_int_eq(plugin.classify(NULL, message, facts), 0);
}

/* Checks the items of a list fact, which are separated by '|'. */
static void expect_list(const char *name, const char *wanted) {
    char have[READING_BYTES] = "";
    for (size_t i = 0; i < patchmark_fact_count(facts, name); i++)
        snprintf(have + strlen(have), sizeof have - strlen(have), "%s%s", i > 0 ? "|" : "",
                 patchmark_fact_item(facts, name, i));
    ck_assert_str_eq(have, wanted);
}

static void expect_nothing(void) {
    for (size_t i = 0; plugin.provides[i].key != NULL; i++) {
        char name[64];
        snprintf(name, sizeof name, "trailers.%s", plugin.provides[i].key);
        ck_assert_msg(!patchmark_fact_is_set(facts, name), "%s", name);
    }
}

#define FROM   "From: " A "\n"
#define ANSWER FROM "In-Reply-To: <1@example.org>\n"
#define MIXED  "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
#define GIVEN  "Reviewed-by: " A "\nReported-by: " B "\n"

START_TEST(sets_the_facts_of_a_patch) {
    subject_says("patch");
    diff_is("inline");
    classify_mail(FROM "\ntext\n\nChange-Id: I" HASH "\n" SOB
                       "---\nSupersedes: <1@example.org>, https://example.org/r/2@example.org/\n"
                       "Obsoletes: 3@example.org\nchange-id: 20260507-slug-0123456789ab\n"
                       "base-commit: main\nbase-commit: " HASH "\n");
    expect_list("trailers.own", "Change-Id: I" HASH "|Signed-off-by: " A
                                "|Supersedes: <1@example.org>, https://example.org/r/2@example.org/"
                                "|Obsoletes: 3@example.org|change-id: 20260507-slug-0123456789ab"
                                "|base-commit: main|base-commit: " HASH);
    expect_list("trailers.supersedes", "1@example.org|2@example.org|3@example.org");
    ck_assert_str_eq(patchmark_fact_string(facts, "trailers.change_id"),
                     "20260507-slug-0123456789ab");
    ck_assert_str_eq(patchmark_fact_string(facts, "trailers.base_commit"), HASH);
    ck_assert(!patchmark_fact_is_set(facts, "trailers.given"));
    ck_assert(!patchmark_fact_is_set(facts, "trailers.flags"));
}
END_TEST

START_TEST(reads_prerequisites) {
    subject_says("patch");
    diff_is("inline");
    classify_mail(FROM "\ntext\n\n" SOB "---\nbase-commit: " HASH "\n"
                       "prerequisite-change-id: 20260507-slug-0123456789ab:v2\n"
                       "prerequisite-message-id: <1@example.org>\n"
                       "Prerequisite-Message-ID: https://example.org/r/2@example.org/\n"
                       "prerequisite-patch-id: " HASH "\nprerequisite-patch-id: some words\n"
                       "prerequisite-message-id: none\nprerequisite-change-id: I" HASH "\n"
                       "prerequisites: " HASH "\n> prerequisite-patch-id: " HASH "\n"
                       "-- \n2.39\n\nprerequisite-patch-id: 0123456789abcdef\n");
    expect_list("trailers.prerequisites",
                "20260507-slug-0123456789ab:v2|1@example.org|2@example.org|" HASH
                "|0123456789abcdef");
    ck_assert(!patchmark_fact_is_set(facts, "trailers.change_id"));
    ck_assert(!patchmark_fact_is_set(facts, "trailers.supersedes"));
}
END_TEST

/* A reply that talks of a prerequisite requires nothing. */
START_TEST(a_reply_has_no_prerequisites) {
    subject_says("reply");
    classify_mail(ANSWER "\nprerequisite-patch-id: " HASH "\nbase-commit: " HASH "\n" GIVEN);
    ck_assert(!patchmark_fact_is_set(facts, "trailers.prerequisites"));
    ck_assert(!patchmark_fact_is_set(facts, "trailers.base_commit"));
}
END_TEST

START_TEST(reads_the_base_of_a_cover) {
    facts_owner(facts, SUBJECT);
    ck_assert_int_eq(patchmark_fact_set_int(facts, "part", 0), 0);
    classify_mail(FROM "\ntext\n\nAda (1):\n  lamp: dim it\n\nbase-commit: " HASH
                       "\nprerequisite-patch-id: " HASH "\n-- \n2.39\n");
    ck_assert_str_eq(patchmark_fact_string(facts, "trailers.base_commit"), HASH);
    expect_list("trailers.prerequisites", HASH);
}
END_TEST

START_TEST(sets_the_facts_of_a_reply) {
    subject_says("reply");
    classify_mail(ANSWER "\nFor patches 1-3:\n" GIVEN "\nNACK for the rest.\n");
    expect_list("trailers.given", "Reviewed-by: " A "|Reported-by: " B);
    expect_list("trailers.given_from_sender", "true|false");
    ck_assert_str_eq(patchmark_fact_string(facts, "trailers.range"), "1-3");
    expect_list("trailers.flags", "review|nack");
    ck_assert(!patchmark_fact_is_set(facts, "trailers.own"));
}
END_TEST

/* The core writes the lists as objects in JSON. */
static void expect_json(const char *wanted) {
    struct mail mail = {.message = message, .facts = facts};
    AUTO(free) char *json = json_mail(&mail);
    ck_assert_msg(strstr(json, wanted) != NULL, "%s", json);
}

START_TEST(is_printed_as_objects) {
    subject_says("patch");
    diff_is("inline");
    classify_mail(FROM "\ntext\n\nFixes: 0123456 (\"a: b\")\n" SOB "---\n");
    expect_json("\"trailers\":[{\"name\":\"Fixes\",\"value\":\"0123456 (\\\"a: b\\\")\"},"
                "{\"name\":\"Signed-off-by\",\"value\":\"" A "\"}]");
    teardown();
    setup();
    subject_says("reply");
    classify_mail(ANSWER "\n" GIVEN);
    expect_json("\"trailers_given\":["
                "{\"name\":\"Reviewed-by\",\"value\":\"" A "\",\"from_sender\":true},"
                "{\"name\":\"Reported-by\",\"value\":\"" B "\",\"from_sender\":false}]");
}
END_TEST

START_TEST(reads_numbered_patches_in_a_thread) {
    facts_owner(facts, SUBJECT);
    ck_assert_int_eq(patchmark_fact_set_int(facts, "part", 2), 0);
    diff_is("inline");
    classify_mail(ANSWER "\ntext\n\n" SOB "---\n");
    expect_list("trailers.own", "Signed-off-by: " A);
}
END_TEST

START_TEST(reads_a_diff_without_a_tag_that_opens_a_thread) {
    diff_is("inline");
    classify_mail(FROM "\ntext\n\n" SOB "---\n");
    expect_list("trailers.own", "Signed-off-by: " A);
}
END_TEST

START_TEST(reads_a_reply_that_lost_its_prefix) {
    subject_says("patch");
    classify_mail(ANSWER "\n" GIVEN);
    expect_list("trailers.given_from_sender", "true|false");
}
END_TEST

/* An answer may keep the number of the part, too; a part without diff may have lost it. */
START_TEST(reads_a_reply_that_kept_its_number) {
    static const char *const answers[] = {GIVEN, "Looks good.\n\n" GIVEN,
                                          "> " SOB "> ---\n\n" GIVEN};
    static const char *const postings[] = {
        "text\n\nReviewed-by: " B "\n" SOB "---\n",
        "text\n\n" GIVEN SOB "---\n x.c | 2 +-\n 1 file changed, 1 insertion(+)\n",
        "This series counts.\n\n x.c | 2 +-\n 1 file changed, 1 insertion(+)\n\n" GIVEN,
    };

    for (size_t i = 0; i < COUNT(answers); i++) {
        char mail[1000];
        teardown();
        setup();
        facts_owner(facts, SUBJECT);
        ck_assert_int_eq(patchmark_fact_set_int(facts, "part", 2), 0);
        snprintf(mail, sizeof(mail), ANSWER "\n%s", answers[i]);
        classify_mail(mail);
        expect_list("trailers.given_from_sender", "true|false");
        expect_list("trailers.flags", "review");
        expect_list("trailers.own", "");
        ck_assert(patchmark_fact_bool(facts, "trailers.judges"));
    }
    for (size_t i = 0; i < COUNT(postings); i++) {
        char mail[1000];
        teardown();
        setup();
        facts_owner(facts, SUBJECT);
        ck_assert_int_eq(patchmark_fact_set_int(facts, "part", 2), 0);
        snprintf(mail, sizeof(mail), ANSWER "\n%s", postings[i]);
        classify_mail(mail);
        expect_list("trailers.given", "");
        ck_assert(!patchmark_fact_bool(facts, "trailers.judges"));
    }
}
END_TEST

START_TEST(ignores_a_notice_of_a_commit) {
    diff_is("inline");
    classify_mail(ANSWER "\ntext\n\n" GIVEN);
    expect_nothing();
}
END_TEST

START_TEST(reads_nothing_in_other_mails) {
    classify_mail(FROM "\n" GIVEN); /* neither an answer nor a patch */
    expect_nothing();
    teardown();
    setup();
    subject_says("pull");
    classify_mail(FROM "\n" GIVEN SOB);
    expect_nothing();
}
END_TEST

START_TEST(reads_the_text_and_no_file_in_a_reply) {
    subject_says("reply");
    classify_mail(ANSWER MIXED "--b\nContent-Type: text/html\n\n<pre>\nAcked-by: " B "\n"
                               "--b\nContent-Disposition: attachment; filename=x.txt\n\n"
                               "Tested-by: " A "\n--b\n\n" GIVEN "--b\n\nTested-by: " A
                               "\n--b--\n");
    expect_list("trailers.given", "Reviewed-by: " A "|Reported-by: " B);
}
END_TEST

START_TEST(reads_nothing_in_html) {
    subject_says("reply");
    classify_mail(ANSWER "Content-Type: text/html\n\n" GIVEN "\nNAK.\n");
    expect_nothing();
}
END_TEST

START_TEST(reads_an_attached_patch) {
    subject_says("patch");
    diff_is("attachment");
    classify_mail(FROM MIXED "--b\n\nSee there.\n--b\nContent-Type: text/x-patch\n\nFrom: " B
                             "\nSubject: x\n\ntext\n\n" SOB "---\ndiff --git a/x b/x\n--b--\n");
    expect_list("trailers.own", "Signed-off-by: " A);
}
END_TEST

START_TEST(decodes_the_text) {
    subject_says("reply");
    classify_mail(
        "From: =?UTF-8?Q?=C3=84?= <x@example.com>\nIn-Reply-To: <1@example.org>\n"
        "Content-Type: text/plain; charset=iso-8859-1\n"
        "Content-Transfer-Encoding: quoted-printable\n\nAcked-by: =C4 <a@example=\n.org>\n");
    expect_list("trailers.given", "Acked-by: \u00c4 <a@example.org>");
    expect_list("trailers.given_from_sender", "true"); /* by name */
}
END_TEST

/* Without an address nobody knows who the sender is; a name alone shows nothing. */
START_TEST(an_unknown_sender_gives_nothing) {
    subject_says("reply");
    classify_mail("From: A\nIn-Reply-To: <1@example.org>\n\nAcked-by: " A "\nNacked-by: " A "\n");
    expect_list("trailers.given", "Acked-by: " A "|Nacked-by: " A);
    expect_list("trailers.given_from_sender", "false|false");
    expect_list("trailers.flags", "");
}
END_TEST

START_TEST(keeps_at_most_200) {
    for (int count = TRAILERS_MAX; count <= TRAILERS_MAX + 1; count++) {
        char mail[(TRAILERS_MAX + 1) * 40 + 200];
        size_t length = (size_t)sprintf(mail, "%s", ANSWER "\n");
        for (int i = 0; i < count; i++)
            length += (size_t)sprintf(mail + length, "Acked-by: <%d@example.org>\n", i);
        for (int is_reply = 0; is_reply <= 1; is_reply++) {
            const char *fact = is_reply ? "trailers.given" : "trailers.own";
            teardown();
            setup();
            subject_says(is_reply ? "reply" : "patch");
            if (!is_reply)
                diff_is("inline");
            classify_mail(mail);
            ck_assert_uint_eq(patchmark_fact_count(facts, fact), TRAILERS_MAX);
            ck_assert_str_eq(patchmark_fact_item(facts, fact, TRAILERS_MAX - 1),
                             "Acked-by: <199@example.org>");
        }
    }
}
END_TEST

SUITE(trailers_suite) {
    library_init();
    TCase *trailers = tcase_create("trailers"), *mails = tcase_create("mails");
    tcase_add_test(trailers, reads_lines);
    tcase_add_test(trailers, unfolds_values);
    tcase_add_loop_test(trailers, finds_own_trailers, 0, COUNT(own_examples));
    tcase_add_test(trailers, finds_own_trailers_in_linear_time);
    tcase_add_checked_fixture(mails, setup, teardown);
    tcase_add_test(mails, sets_the_facts_of_a_patch);
    tcase_add_test(mails, reads_prerequisites);
    tcase_add_test(mails, a_reply_has_no_prerequisites);
    tcase_add_test(mails, reads_the_base_of_a_cover);
    tcase_add_test(mails, sets_the_facts_of_a_reply);
    tcase_add_test(mails, is_printed_as_objects);
    tcase_add_test(mails, reads_numbered_patches_in_a_thread);
    tcase_add_test(mails, reads_a_diff_without_a_tag_that_opens_a_thread);
    tcase_add_test(mails, reads_a_reply_that_lost_its_prefix);
    tcase_add_test(mails, reads_a_reply_that_kept_its_number);
    tcase_add_test(mails, ignores_a_notice_of_a_commit);
    tcase_add_test(mails, reads_nothing_in_other_mails);
    tcase_add_test(mails, reads_the_text_and_no_file_in_a_reply);
    tcase_add_test(mails, reads_nothing_in_html);
    tcase_add_test(mails, reads_an_attached_patch);
    tcase_add_test(mails, decodes_the_text);
    tcase_add_test(mails, an_unknown_sender_gives_nothing);
    tcase_add_test(mails, keeps_at_most_200);
    Suite *suite = suite_create("trailers");
    suite_add_tcase(suite, trailers);
    suite_add_tcase(suite, mails);
    return suite;
}
