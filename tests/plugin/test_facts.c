/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_facts.c - which facts plugins may set and read, and the limits of strings and lists.
 */
#include "plugin/bounds.h"
#include "plugin/facts.h"
#include "support/support.h"

#include <inttypes.h>

static const struct patchmark_fact subject_facts[] = {
    {"part", PATCHMARK_INT, "part number", NULL},
    {"title", PATCHMARK_STRING, "without tag", NULL},
    {"reply", PATCHMARK_BOOL, "answers", NULL},
    {"flags", PATCHMARK_LIST, "words of the tag", NULL},
    {0},
};
static const struct patchmark_fact kind_facts[] = {
    {"kind", PATCHMARK_STRING, "what it is", NULL},
    {"flags", PATCHMARK_LIST, "more words", NULL},
    {0},
};

enum { SUBJECT, KIND };
static struct facts_schema *schema;
static struct patchmark_facts *facts;

static void setup(void) {
    schema = facts_schema_new();
    ck_assert_int_eq(facts_schema_add(schema, "subject", subject_facts), SUBJECT);
    ck_assert_int_eq(facts_schema_add(schema, "kind", kind_facts), KIND);
    facts = facts_new(schema);
    facts_owner(facts, SUBJECT);
    support_log_start();
}

static void teardown(void) {
    facts_free(facts);
    facts_schema_free(schema);
}

static int add(const char *key, const char *word) {
    return patchmark_fact_add_string(facts, key, word);
}

/* ---- schema ------------------------------------------------------------------------------- */

START_TEST(a_schema_knows_facts_by_their_full_name) {
    static const struct {
        const char *name;
        enum patchmark_type type;
    } cases[] = {
        {"subject.part", PATCHMARK_INT},
        {"subject.title", PATCHMARK_STRING},
        {"kind.flags", PATCHMARK_LIST},
        {"part", 0},
        {"kind.part", 0},
        {"subject.", 0},
        {"", 0},
        {"Subject.part", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(facts_schema_type(schema, cases[i].name) == cases[i].type, "%s",
                      cases[i].name);
}
END_TEST

/* The hash uses the length, the first, the middle and the last byte. */
START_TEST(names_with_the_same_hash_are_distinguished) {
    static char keys[LIMIT_FACTS][8];
    static struct patchmark_fact provides[LIMIT_FACTS + 1];
    struct facts_schema *full = facts_schema_new();
    struct facts_value value;
    char name[16];

    for (unsigned i = 0; i < LIMIT_FACTS; i++) {
        snprintf(keys[i], sizeof(keys[i]), "a%xb%xcd", i / 16, i % 16);
        provides[i] = (struct patchmark_fact){keys[i], i % 2 ? PATCHMARK_INT : PATCHMARK_STRING,
                                              "one of many", NULL};
    }
    ck_assert_int_eq(facts_schema_add(full, "p", provides), 0);
    facts_free(facts);
    facts = facts_new(full);
    facts_owner(facts, 0);
    for (unsigned i = 1; i < LIMIT_FACTS; i += 2)
        ck_assert_int_eq(patchmark_fact_set_int(facts, keys[i], i), 0);
    for (unsigned i = 0; i < LIMIT_FACTS; i++) {
        snprintf(name, sizeof(name), "p.%s", keys[i]);
        ck_assert_int_eq(facts_schema_type(full, name), provides[i].type);
        ck_assert(facts_get(facts, name, &value) == (i % 2 == 1));
        ck_assert(i % 2 == 0 || value.number == i);
    }
    ck_assert_int_eq(facts_schema_type(full, "p.axbxcd"), 0);
    facts_free(facts);
    facts = NULL;
    facts_schema_free(full);
}
END_TEST

START_TEST(a_plugin_without_facts_has_a_number_too) {
    ck_assert_int_eq(facts_schema_add(schema, "silent", NULL), KIND + 1);
    ck_assert_int_eq(facts_schema_add(schema, "next", kind_facts), KIND + 2);
}
END_TEST

START_TEST(a_schema_has_a_limit_of_facts) {
    static char keys[LIMIT_FACTS + 1][8];
    static struct patchmark_fact provides[LIMIT_FACTS + 2];
    struct facts_schema *full = facts_schema_new(), *past = facts_schema_new();

    for (size_t i = 0; i <= LIMIT_FACTS; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        provides[i] = (struct patchmark_fact){keys[i], PATCHMARK_BOOL, "", NULL};
    }
    ck_assert_int_eq(facts_schema_add(past, "many", provides), -1);
    provides[LIMIT_FACTS].key = NULL;
    ck_assert_int_eq(facts_schema_add(full, "many", provides), 0);
    ck_assert_int_eq(facts_schema_type(full, "many.k255"), PATCHMARK_BOOL);
    ck_assert_int_eq(facts_schema_add(full, "kind", kind_facts), -1);
    facts_schema_free(full);
    facts_schema_free(past);
}
END_TEST

/* "lua/net-size" is the title of a section; its facts are called lua_net_size. */
START_TEST(an_owner_declares_further_facts) {
    int owner = facts_schema_add(schema, "lua/net-size", NULL);
    int other = facts_schema_add(schema, "lua", NULL);
    char key[LIMIT_FACT_KEY + 2];

    ck_assert_int_eq(facts_schema_declare(schema, owner, "size", PATCHMARK_INT), 0);
    ck_assert_int_eq(facts_schema_declare(schema, owner, "names", PATCHMARK_LIST), 0);
    ck_assert_int_eq(facts_schema_declare(schema, other, "size", PATCHMARK_STRING), 0);
    ck_assert_int_eq(facts_schema_type(schema, "lua_net_size.size"), PATCHMARK_INT);
    ck_assert_int_eq(facts_schema_type(schema, "lua_net_size.names"), PATCHMARK_LIST);
    ck_assert_int_eq(facts_schema_type(schema, "lua.size"), PATCHMARK_STRING);
    ck_assert_int_eq(facts_schema_declare(schema, owner, "size", PATCHMARK_INT), -1);
    ck_assert_int_eq(facts_schema_declare(schema, owner, "labels", PATCHMARK_LIST), -1);
    ck_assert_int_eq(facts_schema_declare(schema, owner, "Size", PATCHMARK_INT), -1);
    ck_assert_int_eq(facts_schema_declare(schema, owner, "", PATCHMARK_INT), -1);
    ck_assert_int_eq(facts_schema_declare(schema, owner, "time", PATCHMARK_DURATION), -1);
    memset(key, 'k', sizeof(key));
    key[LIMIT_FACT_KEY + 1] = '\0';
    ck_assert_int_eq(facts_schema_declare(schema, other, key, PATCHMARK_INT), -1);
    key[LIMIT_FACT_KEY] = '\0';
    ck_assert_int_eq(facts_schema_declare(schema, other, key, PATCHMARK_INT), 0);

    facts_free(facts);
    facts = facts_new(schema);
    facts_owner(facts, owner);
    ck_assert_int_eq(patchmark_fact_set_int(facts, "size", 7), 0);
    ck_assert_int_eq(patchmark_fact_set_string(facts, "size", "large"), -1);
    facts_owner(facts, other);
    ck_assert_int_eq(patchmark_fact_set_string(facts, "size", "large"), 0);
    ck_assert_int_eq(patchmark_fact_add_string(facts, "names", "x"), -1); /* of the other one */
    ck_assert_int_eq(patchmark_fact_int(facts, "lua_net_size.size", 0), 7);
    ck_assert_str_eq(patchmark_fact_string(facts, "lua.size"), "large");
}
END_TEST

/* ---- setting and reading ------------------------------------------------------------------ */

START_TEST(what_is_not_set_reads_as_nothing) {
    static const char *const names[] = {"subject.part",  "subject.title", "subject.reply",
                                        "subject.flags", "no.such",       ""};
    const char *name;
    enum patchmark_type type;
    size_t at = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert(!patchmark_fact_is_set(facts, names[i]));
        ck_assert(!patchmark_fact_bool(facts, names[i]));
        ck_assert_int_eq(patchmark_fact_int(facts, names[i], -7), -7);
        ck_assert_ptr_null(patchmark_fact_string(facts, names[i]));
        ck_assert_uint_eq(patchmark_fact_count(facts, names[i]), 0);
        ck_assert_ptr_null(patchmark_fact_item(facts, names[i], 0));
    }
    ck_assert(!facts_next(facts, &at, &name, &type));
    ck_assert(!facts_truncated(facts));
}
END_TEST

START_TEST(each_type_is_read_as_it_was_set) {
    char title[] = "a title", word[] = "rfc";

    ck_assert_int_eq(patchmark_fact_set_int(facts, "part", INT64_MIN), 0);
    ck_assert_int_eq(patchmark_fact_set_bool(facts, "reply", false), 0);
    ck_assert_int_eq(patchmark_fact_set_string(facts, "title", title), 0);
    ck_assert_int_eq(add("flags", word), 0);
    ck_assert_int_eq(add("flags", "resend"), 0);
    memset(title, 'x', sizeof(title) - 1); /* values are copies */
    memset(word, 'x', sizeof(word) - 1);

    ck_assert(patchmark_fact_int(facts, "subject.part", 1) == INT64_MIN);
    ck_assert(
        patchmark_fact_is_set(facts, "subject.reply")); /* a fact with the value false is set */
    ck_assert(!patchmark_fact_bool(facts, "subject.reply"));
    ck_assert_str_eq(patchmark_fact_string(facts, "subject.title"), "a title");
    ck_assert_uint_eq(patchmark_fact_count(facts, "subject.flags"), 2);
    ck_assert_str_eq(patchmark_fact_item(facts, "subject.flags", 0), "rfc");
    ck_assert_str_eq(patchmark_fact_item(facts, "subject.flags", 1), "resend");
    ck_assert_ptr_null(patchmark_fact_item(facts, "subject.flags", 2));
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

START_TEST(reading_as_another_type_reads_nothing) {
    patchmark_fact_set_int(facts, "part", 1);
    patchmark_fact_set_bool(facts, "reply", true);
    patchmark_fact_set_string(facts, "title", "t");
    add("flags", "rfc");
    ck_assert(!patchmark_fact_bool(facts, "subject.part"));
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.reply", -1), -1);
    ck_assert_int_eq(patchmark_fact_int(facts, "subject.title", -1), -1);
    ck_assert_ptr_null(patchmark_fact_string(facts, "subject.flags"));
    ck_assert_uint_eq(patchmark_fact_count(facts, "subject.title"), 0);
}
END_TEST

START_TEST(a_text_needs_no_nul_and_no_string_is_an_empty_one) {
    ck_assert_int_eq(patchmark_fact_set_text(facts, "title", (struct patchmark_text){"a title", 1}),
                     0);
    ck_assert_str_eq(patchmark_fact_string(facts, "subject.title"), "a");
    facts_owner(facts, KIND);
    ck_assert_int_eq(patchmark_fact_set_string(facts, "kind", NULL), 0);
    ck_assert_str_eq(patchmark_fact_string(facts, "kind.kind"), "");
}
END_TEST

/* ---- what is refused ---------------------------------------------------------------------- */

START_TEST(bugs_of_one_plugin_do_not_fill_the_log) {
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(patchmark_fact_set_int(facts, "none", i), -1);
    ck_assert_uint_eq(support_logged("plugin subject: bug: the fact 'none' that it sets is not in"),
                      10);
    facts_owner(facts, KIND);
    ck_assert_int_eq(patchmark_fact_set_int(facts, "none", 1), -1);
    ck_assert_uint_eq(support_logged("plugin kind: bug: the fact 'none' that it sets is not in"),
                      1);
}
END_TEST

/* Each call returns -1, logs one line that names the fact, and changes nothing. */
START_TEST(a_fact_is_set_by_its_owner_once_and_with_its_type) {
    ck_assert_int_eq(patchmark_fact_set_int(facts, "part", 2), 0);

    ck_assert_int_eq(patchmark_fact_set_int(facts, "part", 3), -1);
    ck_assert_uint_eq(
        support_logged("plugin subject: bug: it sets the fact 'part' twice for one mail"), 1);
    ck_assert_int_eq(patchmark_fact_set_string(facts, "reply", "yes"), -1);
    ck_assert_uint_eq(
        support_logged("plugin subject: bug: it sets the fact 'reply' with another type"), 1);
    ck_assert_int_eq(add("title", "t"), -1);
    ck_assert_uint_eq(
        support_logged("plugin subject: bug: it sets the fact 'title' with another type"), 1);
    ck_assert_int_eq(patchmark_fact_set_bool(facts, "no_such", true), -1);
    ck_assert_uint_eq(support_logged("plugin subject: bug: the fact 'no_such' that it sets is not"),
                      1);
    ck_assert_int_eq(patchmark_fact_set_string(facts, "kind", "patch"), -1);
    ck_assert_uint_eq(support_logged("plugin subject: bug: the fact 'kind' that it sets is not"),
                      1);
    ck_assert_int_eq(patchmark_fact_set_int(facts, "subject.part", 3), -1);
    ck_assert_uint_eq(support_logged("plugin subject: bug: the fact 'subject.part' that it sets"),
                      1);
    ck_assert_uint_eq(support_logged("\n"), 6);

    ck_assert_int_eq(patchmark_fact_int(facts, "subject.part", -1), 2);
    ck_assert(!patchmark_fact_is_set(facts, "subject.reply"));
    ck_assert(!patchmark_fact_is_set(facts, "subject.title"));
    ck_assert(!patchmark_fact_is_set(facts, "kind.kind"));
    /* A call with the wrong type does not count as setting the fact. */
    ck_assert_int_eq(patchmark_fact_set_bool(facts, "reply", true), 0);
}
END_TEST

START_TEST(no_fact_can_be_set_without_an_owner) {
    struct patchmark_facts *fresh = facts_new(schema);

    ck_assert_int_eq(patchmark_fact_set_int(fresh, "part", 1), -1);
    facts_free(fresh);
}
END_TEST

START_TEST(two_owners_may_use_one_key) {
    add("flags", "rfc");
    facts_owner(facts, KIND);
    add("flags", "nack");
    ck_assert_uint_eq(patchmark_fact_count(facts, "subject.flags"), 1);
    ck_assert_str_eq(patchmark_fact_item(facts, "kind.flags", 0), "nack");
}
END_TEST

/* ---- explanations ------------------------------------------------------------------------- */

START_TEST(explanations_are_kept_only_if_asked_for) {
    size_t count;

    patchmark_explain(facts, "kind", "it is %s", "early");
    facts_explanations(facts, &count);
    ck_assert_uint_eq(count, 0);
    facts_explain(facts);
    patchmark_explain(facts, "kind", "it has %d parts", 3);
    facts_owner(facts, KIND);
    patchmark_explain(facts, "kind", "100%%");
    ck_assert_str_eq(facts_explanations(facts, &count)[0].what, "kind");
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(facts_explanations(facts, &count)[0].why, "it has 3 parts");
    ck_assert_str_eq(facts_explanations(facts, &count)[1].why, "100%");
}
END_TEST

/* They are bounded, and to leave some out says nothing about the mail. */
START_TEST(explanations_are_bounded) {
    char text[LIMIT_FACT_BYTES + 8];
    size_t count;

    memset(text, 'a', sizeof(text));
    strcpy(text + LIMIT_FACT_BYTES - 1, "\xc3\xa9");
    facts_explain(facts);
    for (int i = 0; i < LIMIT_EXPLANATIONS + 1; i++)
        patchmark_explain(facts, "rules", "%s", text);
    ck_assert_uint_eq(strlen(facts_explanations(facts, &count)[0].why), LIMIT_FACT_BYTES - 1);
    ck_assert_uint_eq(count, LIMIT_EXPLANATIONS);
    ck_assert(!facts_truncated(facts));
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------- */

/* A string of FILL times 'a', then TAIL, and the number of its bytes that are kept. */
static const struct {
    size_t fill;
    const char *tail;
    size_t kept;
    bool truncated;
    const char *reason;
} cuts[] = {
    {LIMIT_FACT_BYTES, "", LIMIT_FACT_BYTES, false, "at the limit"},
    {LIMIT_FACT_BYTES, "a", LIMIT_FACT_BYTES, true, "one past"},
    {LIMIT_FACT_BYTES - 2, "\xc3\xa9", LIMIT_FACT_BYTES, false, "a character ends at the limit"},
    {LIMIT_FACT_BYTES - 2, "\xc3\xa9z", LIMIT_FACT_BYTES, true, "and more behind it"},
    {LIMIT_FACT_BYTES - 1, "\xc3\xa9", LIMIT_FACT_BYTES - 1, true, "torn after one of two bytes"},
    {LIMIT_FACT_BYTES - 1, "\xe2\x82\xac", LIMIT_FACT_BYTES - 1, true, "one of three"},
    {LIMIT_FACT_BYTES - 2, "\xe2\x82\xac", LIMIT_FACT_BYTES - 2, true, "two of three"},
    {LIMIT_FACT_BYTES - 3, "\xf0\x9f\x90\xa7", LIMIT_FACT_BYTES - 3, true, "three of four"},
    {LIMIT_FACT_BYTES - 4, "\xf0\x9f\x90\xa7", LIMIT_FACT_BYTES, false, "four of four"},
};

START_TEST(strings_are_cut_between_characters) {
    char text[2 * LIMIT_FACT_BYTES];
    const char *list_item;

    memset(text, 'a', cuts[_i].fill);
    strcpy(text + cuts[_i].fill, cuts[_i].tail);
    ck_assert_int_eq(patchmark_fact_set_string(facts, "title", text), 0);
    ck_assert_msg(facts_truncated(facts) == cuts[_i].truncated, "%s", cuts[_i].reason);
    ck_assert_int_eq(add("flags", text), 0);
    list_item = patchmark_fact_item(facts, "subject.flags", 0);
    text[cuts[_i].kept] = '\0';
    ck_assert_msg(strcmp(patchmark_fact_string(facts, "subject.title"), text) == 0, "%s",
                  cuts[_i].reason);
    ck_assert_str_eq(list_item, text);
}
END_TEST

START_TEST(lists_end_at_their_limit) {
    char word[16];

    for (int i = 0; i < LIMIT_FACT_ITEMS; i++) {
        snprintf(word, sizeof(word), "w%d", i);
        ck_assert_int_eq(add("flags", word), 0);
    }
    ck_assert(!facts_truncated(facts));
    ck_assert_int_eq(add("flags", "one more"), 0); /* not a bug of the plugin */
    ck_assert(facts_truncated(facts));
    ck_assert_uint_eq(patchmark_fact_count(facts, "subject.flags"), LIMIT_FACT_ITEMS);
    for (size_t i = 0; i < LIMIT_FACT_ITEMS; i++) {
        snprintf(word, sizeof(word), "w%zu", i);
        ck_assert_str_eq(patchmark_fact_item(facts, "subject.flags", i), word);
    }
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

/* ---- iterating ---------------------------------------------------------------------------- */

START_TEST(a_fact_of_any_type_is_read_by_its_name) {
    struct facts_value value = {.number = 7};

    ck_assert(!facts_get(facts, "subject.part", &value));
    ck_assert(!facts_get(facts, "subject.other", &value));
    ck_assert_int_eq(value.number, 7);
    patchmark_fact_set_int(facts, "part", 2);
    patchmark_fact_set_string(facts, "title", "x");
    patchmark_fact_set_bool(facts, "reply", true);
    add("flags", "rfc");
    add("flags", "resend");
    ck_assert(facts_get(facts, "subject.part", &value));
    ck_assert_int_eq(value.type, PATCHMARK_INT);
    ck_assert_int_eq(value.number, 2);
    ck_assert(facts_get(facts, "subject.title", &value));
    ck_assert_int_eq(value.type, PATCHMARK_STRING);
    ck_assert_str_eq(value.string, "x");
    ck_assert(facts_get(facts, "subject.reply", &value));
    ck_assert_int_eq(value.type, PATCHMARK_BOOL);
    ck_assert(value.truth);
    ck_assert(facts_get(facts, "subject.flags", &value));
    ck_assert_int_eq(value.type, PATCHMARK_LIST);
    ck_assert_uint_eq(value.count, 2);
    ck_assert_str_eq(value.items[1], "resend");
    ck_assert(!facts_get(facts, "kind.flags", &value));
}
END_TEST

START_TEST(iterating_returns_set_facts_in_the_order_of_the_schema) {
    static const struct {
        const char *name;
        enum patchmark_type type;
    } expected[] = {
        {"subject.part", PATCHMARK_INT},
        {"subject.flags", PATCHMARK_LIST},
        {"kind.kind", PATCHMARK_STRING},
    };
    enum patchmark_type type;
    const char *name;
    size_t at = 0;

    add("flags", "rfc");
    patchmark_fact_set_int(facts, "part", 1);
    facts_owner(facts, KIND);
    patchmark_fact_set_string(facts, "kind", "patch");
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        ck_assert(facts_next(facts, &at, &name, &type));
        ck_assert_str_eq(name, expected[i].name);
        ck_assert_int_eq(type, expected[i].type);
    }
    ck_assert(!facts_next(facts, &at, &name, &type));
}
END_TEST

START_TEST(words_are_those_of_all_owners) {
    static const char *const expected[] = {"rfc", "resend", "nack"};
    size_t at = 0, item = 0;

    add("flags", "rfc");
    add("flags", "resend");
    facts_owner(facts, KIND);
    add("flags", "nack");
    patchmark_fact_set_string(facts, "kind", "patch");
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        ck_assert_str_eq(facts_word(facts, FACTS_FLAGS, &at, &item), expected[i]);
    ck_assert_ptr_null(facts_word(facts, FACTS_FLAGS, &at, &item));
    at = item = 0;
    ck_assert_ptr_null(facts_word(facts, FACTS_LABELS, &at, &item)); /* no plugin added one */
}
END_TEST

SUITE(facts_suite) {
    Suite *suite = suite_create("facts");
    TCase *tests = tcase_create("facts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_schema_knows_facts_by_their_full_name);
    tcase_add_test(tests, names_with_the_same_hash_are_distinguished);
    tcase_add_test(tests, a_plugin_without_facts_has_a_number_too);
    tcase_add_test(tests, a_schema_has_a_limit_of_facts);
    tcase_add_test(tests, an_owner_declares_further_facts);
    tcase_add_test(tests, what_is_not_set_reads_as_nothing);
    tcase_add_test(tests, each_type_is_read_as_it_was_set);
    tcase_add_test(tests, reading_as_another_type_reads_nothing);
    tcase_add_test(tests, a_text_needs_no_nul_and_no_string_is_an_empty_one);
    tcase_add_test(tests, a_fact_is_set_by_its_owner_once_and_with_its_type);
    tcase_add_test(tests, bugs_of_one_plugin_do_not_fill_the_log);
    tcase_add_test(tests, no_fact_can_be_set_without_an_owner);
    tcase_add_test(tests, two_owners_may_use_one_key);
    tcase_add_test(tests, explanations_are_kept_only_if_asked_for);
    tcase_add_test(tests, explanations_are_bounded);
    tcase_add_loop_test(tests, strings_are_cut_between_characters, 0,
                        sizeof(cuts) / sizeof(cuts[0]));
    tcase_add_test(tests, lists_end_at_their_limit);
    tcase_add_test(tests, a_fact_of_any_type_is_read_by_its_name);
    tcase_add_test(tests, iterating_returns_set_facts_in_the_order_of_the_schema);
    tcase_add_test(tests, words_are_those_of_all_owners);
    suite_add_tcase(suite, tests);
    return suite;
}
