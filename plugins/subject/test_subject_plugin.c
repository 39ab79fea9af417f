/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_subject_plugin.c - tests of hostile subjects, and of the plugin as the core calls it, with
 * real messages and facts.
 */
#define TESTS subject_plugin
#include "test_subject.h"

#include "subject.c"
#include "tag.c"

#include "mail/message.h"
#include "plugin/bounds.h"
#include "plugin/facts.h"
#include "support/suite.h"
#include "util/cleanup.h"

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

/* Returns COUNT times TEXT, followed by END.  The caller frees it. */
static char *repeat(const char *text, size_t count, const char *end) {
    size_t length = strlen(text);
    char *out = malloc(count * length + strlen(end) + 1);

    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * length, text, length);
    strcpy(out + count * length, end);
    return out;
}

/* ---- hostile ------------------------------------------------------------------------------ */

START_TEST(ignores_numbers_past_nine_digits) {
    expect("[PATCH 999999999/999999999] t", "patch 999999999/999999999", "t");
    expect("[PATCH 1/1000000000] t", "patch", "t");
    expect("[PATCH 1000000000/1] t", "patch", "t");
    expect("[PATCH 1 of 99999999999999999999] t", "patch", "t");
    expect("[PATCH 99999999999999999999 of 1] t", "patch", "t");
    expect("[PATCH v999999999] t", "patch v999999999", "t");
    expect("[PATCH v1000000000 v3] t", "patch v3", "t");
    expect("[PATCH v99999999999999999999.1] t", "patch", "t");
    expect("[PATCH 99999/3] t", "patch 99999/3", "t");
}
END_TEST

START_TEST(bounds_names) {
    AUTO(free) char *longest = repeat("n", WORD_BYTES, "");
    AUTO(free) char *digits = repeat("4", WORD_BYTES - 1, "");
    char text[4 * WORD_BYTES], reading[4 * WORD_BYTES];

    snprintf(text, sizeof(text), "[PATCH %s] t", longest);
    snprintf(reading, sizeof(reading), "patch tree=%s", longest);
    expect(text, reading, "t");
    snprintf(text, sizeof(text), "[PATCH %sn] t", longest);
    expect(text, "patch", "t");
    snprintf(text, sizeof(text), "[PATCH stable v1.%s] t", digits);
    expect(text, "patch backport tree=stable", "t");
    snprintf(text, sizeof(text), "[PATCH stable 1.%s] t", digits);
    expect(text, "patch backport tree=stable", "t");
}
END_TEST

START_TEST(bounds_groups) {
    /* A group of GROUP_BYTES with its brackets, then one of one byte more. */
    AUTO(free) char *fits = repeat("n", GROUP_BYTES - 2, "");
    char text[2 * GROUP_BYTES], reading[2 * GROUP_BYTES];

    snprintf(text, sizeof(text), "[%s] t", fits);
    snprintf(reading, sizeof(reading), "list=%s", fits);
    expect(text, reading, "t");
    snprintf(text, sizeof(text), "[%sn] t", fits);
    expect(text, "", text);
}
END_TEST

START_TEST(bounds_the_number_of_groups) {
    AUTO(free) char *last = repeat("[a] ", GROUPS_READ - 1, "[PATCH] t");
    AUTO(free) char *past = repeat("[a] ", GROUPS_READ, "[PATCH] t");

    expect(last, "patch list=a", "t");
    expect(past, "list=a", "t");
}
END_TEST

/* Reads 100 KiB of each piece.  Quadratic work would take minutes, and Check ends a test after some
 * seconds. */
START_TEST(is_linear) {
    static const char *const pieces[] = {
        "[",        "]",       "[]",    "[a]",    "[a] ",    "[x [] ", "[[a] ",
        "Re: ",     "Re",      "Re ",   "Re[",    "Re[2]: ", "RFC: ",  "RFC ",
        "[RFC ",    "PATCH/",  "(v",    "(v1",    ":",       " ",      "：",
        "\u00a0",   "\u3000",  "1",     "PATCH ", "v2",      "1/2 ",   "[PATCH] [b] ",
        "of ",      "stable ", "1.",    "4.9 ",   "[v2] ",   "[tip: ", "a/b",
        "回复",     "-",       "R ",    "(",      "[a]Re:",  "***",    "*a* ",
        "(a) ",     "foo: ",   "EXT: ", "{",      "[a@b: ",  "[Fwd: ", "PATCH] ",
        "{PATCH} ", "\u3010",  "a:b ",  "\ufeff", "don't ",  "2nd ",   "v=",
    };

    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t count = 100 * 1024 / strlen(pieces[i]);
        AUTO(free) char *text = repeat(pieces[i], count, "");
        AUTO(free) char *tag = repeat(pieces[i], count, "] t");
        AUTO(free) char *open = malloc(strlen(tag) + sizeof("[PATCH "));
        struct subject subject;

        subject_parse(text, &subject);
        ck_assert_msg(subject.title.data >= text &&
                          subject.title.data + subject.title.length <= text + strlen(text),
                      "'%s': the title is outside of the subject", pieces[i]);
        sprintf(open, "[PATCH %s", tag);
        subject_parse(open, &subject);
        ck_assert(subject.patch);
    }
}
END_TEST

/* ---- the plugin --------------------------------------------------------------------------- */

static struct facts_schema *schema;
static struct patchmark_facts *facts;
static struct patchmark_message *message;

/* GMime keeps its table of types until the process ends; LeakSanitizer finds no pointer to some of
 * it and would report a leak. */
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
    int owner;

    schema = facts_schema_new();
    owner = facts_schema_add(schema, plugin.name, plugin.provides);
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

/* Runs the plugin on a mail with the header fields HEADER. */
static void classify_mail(const char *header) {
    AUTO(free) char *mail = repeat(header, 1, "From: A <a@example.org>\n\nbody\n");

    message_load(message, (struct patchmark_text){mail, strlen(mail)});
    message_parse(message, 0);
    ck_assert_int_eq(plugin.classify(NULL, message, facts), 0);
}

static size_t facts_set(void) {
    enum patchmark_type type;
    const char *name;
    size_t at = 0, count = 0;

    while (facts_next(facts, &at, &name, &type))
        count++;
    return count;
}

START_TEST(sets_every_fact_of_a_full_tag) {
    classify_mail("Subject: Re: [list] [RFC PATCH stable 4.9 RESEND v3 2/5] a title\n");
    ck_assert_str_eq(patchmark_fact_string(facts, "subject.title"), "a title");
    ck_assert_str_eq(patchmark_fact_string(facts, "subject.list_tag"), "list");
    ck_assert(patchmark_fact_bool(facts, "subject.reply"));
    ck_assert(patchmark_fact_bool(facts, "subject.patch"));
    ck_assert(patchmark_fact_bool(facts, "subject.rfc"));
    ck_assert(patchmark_fact_bool(facts, "subject.resend"));
    ck_assert(patchmark_fact_bool(facts, "subject.backport"));
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.part", -1), 2);
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.total", -1), 5);
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.version", -1), 3);
    ck_assert_uint_eq(patchmark_fact_count(facts, "subject.tree"), 1);
    ck_assert_str_eq(patchmark_fact_item(facts, "subject.tree", 0), "stable 4.9");
    ck_assert_uint_eq(patchmark_fact_count(facts, "subject.flags"), 3);
    ck_assert_str_eq(patchmark_fact_item(facts, "subject.flags", 0), "rfc");
    ck_assert_str_eq(patchmark_fact_item(facts, "subject.flags", 1), "resend");
    ck_assert_str_eq(patchmark_fact_item(facts, "subject.flags", 2), "backport");
    /* The facts above and no others: not pull, version_weak and revision. */
    ck_assert_uint_eq(facts_set(), 12);
}
END_TEST

START_TEST(sets_the_rare_facts) {
    classify_mail("Subject: [PULL v5.1] a title\n");
    ck_assert(patchmark_fact_bool(facts, "subject.pull"));
    ck_assert_str_eq(patchmark_fact_string(facts, "subject.revision"), "5.1");
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.version", -1), 5);
    ck_assert_uint_eq(facts_set(), 4);
}
END_TEST

START_TEST(sets_version_weak) {
    classify_mail("Subject: a title (v2)\n");
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.version", -1), 2);
    ck_assert(patchmark_fact_bool(facts, "subject.version_weak"));
    ck_assert_uint_eq(facts_set(), 3);
}
END_TEST

START_TEST(sets_only_the_title_without_a_subject) {
    classify_mail("");
    ck_assert_str_eq(patchmark_fact_string(facts, "subject.title"), "");
    ck_assert_uint_eq(facts_set(), 1);
}
END_TEST

START_TEST(sets_only_the_title_for_an_empty_subject) {
    classify_mail("Subject: \n");
    ck_assert_str_eq(patchmark_fact_string(facts, "subject.title"), "");
    ck_assert_uint_eq(facts_set(), 1);
}
END_TEST

START_TEST(reads_folded_and_encoded_subjects) {
    classify_mail("Subject: =?utf-8?q?=5BPATCH_net-next_v2?=\n"
                  "\t=?utf-8?q?_1/2=5D_gr=C3=B6=C3=9Fer?=\n"
                  "\tund \t  mehr\n");
    ck_assert_str_eq(patchmark_fact_string(facts, "subject.title"), "größer und mehr");
    ck_assert_str_eq(patchmark_fact_item(facts, "subject.tree", 0), "net-next");
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.part", -1), 1);
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.version", -1), 2);
}
END_TEST

START_TEST(lets_the_core_cut_a_long_title) {
    AUTO(free) char *title = repeat("x", 3 * TITLE_BYTES, "\n");
    AUTO(free) char *header = repeat("Subject: ", 1, title);

    classify_mail(header);
    ck_assert_uint_eq(strlen(patchmark_fact_string(facts, "subject.title")), LIMIT_FACT_BYTES);
    ck_assert(facts_truncated(facts));
}
END_TEST

START_TEST(exports_its_descriptor) {
    ck_assert_ptr_eq(patchmark_plugin(), &plugin);
    ck_assert_uint_eq(plugin.struct_size, sizeof(plugin));
    ck_assert_uint_eq(plugin.abi, PATCHMARK_ABI);
    ck_assert_str_eq(plugin.name, "subject");
}
END_TEST

SUITE(subject_plugin_suite) {
    Suite *suite = suite_create("subject-plugin");
    TCase *hostile = tcase_create("hostile"), *classifying = tcase_create("plugin");

    library_init();
    tcase_add_test(hostile, ignores_numbers_past_nine_digits);
    tcase_add_test(hostile, bounds_names);
    tcase_add_test(hostile, bounds_groups);
    tcase_add_test(hostile, bounds_the_number_of_groups);
    tcase_add_test(hostile, is_linear);
    suite_add_tcase(suite, hostile);
    tcase_add_checked_fixture(classifying, setup, teardown);
    tcase_add_test(classifying, sets_every_fact_of_a_full_tag);
    tcase_add_test(classifying, sets_the_rare_facts);
    tcase_add_test(classifying, sets_version_weak);
    tcase_add_test(classifying, sets_only_the_title_without_a_subject);
    tcase_add_test(classifying, sets_only_the_title_for_an_empty_subject);
    tcase_add_test(classifying, reads_folded_and_encoded_subjects);
    tcase_add_test(classifying, lets_the_core_cut_a_long_title);
    tcase_add_test(classifying, exports_its_descriptor);
    suite_add_tcase(suite, classifying);
    return suite;
}
