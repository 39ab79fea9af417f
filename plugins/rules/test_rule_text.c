/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_rule_text.c - tests of the splitting of options and files into rules, and of its errors.
 */
#include "rule-text.h"
#include "support/suite.h"
#include "token.h"

#include <check.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- rules in options --------------------------------------------------------------------- */

START_TEST(reads_items_of_options) {
    static const struct {
        const char *item, *word, *expression; /* EXPRESSION is NULL if ITEM is invalid */
        size_t column;
        const char *error;
    } examples[] = {
        {"kvm: a.a", "kvm", " a.a", 0, NULL},
        {"  kvm:\ta.a", "kvm", "\ta.a", 0, NULL},
        {"kvm:(a.a)", "kvm", "(a.a)", 0, NULL},
        {"kvm:a.a", NULL, NULL, 8, /* the colon is part of the word */
         "the word must be followed by a colon and a blank: \"WORD: EXPRESSION\""},
        {"a:b/c+d-e_f.9: a.a", "a:b/c+d-e_f.9", " a.a", 0, NULL},
        {"kvm::  a.a", "kvm:", "  a.a", 0, NULL},
        {"kvm:", "kvm", "", 0, NULL}, /* the parser of expressions reports the error */
        {"kvm a.a", NULL, NULL, 4,
         "the word must be followed by a colon and a blank: \"WORD: EXPRESSION\""},
        {"kvm", NULL, NULL, 4,
         "the word must be followed by a colon and a blank: \"WORD: EXPRESSION\""},
        {"", NULL, NULL, 1, "expected a word of up to 64 letters, digits and . _ / + : -"},
        {": a.a", NULL, NULL, 1, "expected a word of up to 64 letters, digits and . _ / + : -"},
        {"gr\xc3\xbcn: a.a", NULL, NULL, 3,
         "the word must be followed by a colon and a blank: \"WORD: EXPRESSION\""},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct expression_error error = {.text = ""};
        struct rule_text rule = {.flag = false};
        bool good = rule_text_item(patchmark_text_of(examples[i].item), &rule, &error);

        ck_assert_msg(good == (examples[i].expression != NULL), "'%s': %s", examples[i].item,
                      error.text);
        if (good) {
            ck_assert_uint_eq(rule.word.length, strlen(examples[i].word));
            ck_assert_mem_eq(rule.word.data, examples[i].word, rule.word.length);
            ck_assert_uint_eq(rule.expression.length, strlen(examples[i].expression));
            ck_assert_mem_eq(rule.expression.data, examples[i].expression, rule.expression.length);
        } else {
            ck_assert_str_eq(error.text, examples[i].error);
            ck_assert_uint_eq(error.at + 1, examples[i].column);
        }
    }
}
END_TEST

START_TEST(bounds_the_length_of_a_word) {
    char longest[] = "0123456789012345678901234567890123456789012345678901234567890123: a.a";
    char longer[] = "01234567890123456789012345678901234567890123456789012345678901234: a.a";
    struct expression_error error;
    struct rule_text rule;

    ck_assert(rule_text_item(patchmark_text_of(longest), &rule, &error));
    ck_assert(!rule_text_item(patchmark_text_of(longer), &rule, &error));
    ck_assert_uint_eq(error.at, 0);
}
END_TEST

/* ---- rules in a file ---------------------------------------------------------------------- */

/* Writes "label WORD <EXPRESSION>", "flag WORD <EXPRESSION>" or "LINE:COLUMN: ERROR" for each rule
 * of FILE to OUT, separated by '|'. */
static void describe_file(const char *file, char *out, size_t size) {
    enum rule_text_result result;
    struct expression_error error;
    struct rule_text rule;
    size_t at = 0, length = 0, line, column;

    out[0] = '\0';
    while ((result = rule_text_next(patchmark_text_of(file), &at, &rule, &error)) !=
           RULE_TEXT_END) {
        const char *bar = length > 0 ? "|" : "";

        if (result == RULE_TEXT_RULE)
            length +=
                (size_t)snprintf(out + length, size - length, "%s%s %.*s <%.*s>", bar,
                                 rule.flag ? "flag" : "label", (int)rule.word.length,
                                 rule.word.data, (int)rule.expression.length, rule.expression.data);
        else {
            rule_text_place(patchmark_text_of(file), error.at, &line, &column);
            length += (size_t)snprintf(out + length, size - length, "%s%zu:%zu: %s", bar, line,
                                       column, error.text);
        }
    }
}

#define BEGIN "a rule must start with label or flag, at the start of its line"
#define WORD  "expected a word of up to 64 letters, digits and . _ / + : -"

START_TEST(reads_files) {
    static const struct {
        const char *file, *rules;
    } examples[] = {
        {"", ""},
        {"\n# nothing\n  \n", ""},
        {"label kvm if a.a\n", "label kvm <a.a>"},
        {"label kvm if a.a", "label kvm <a.a>"},
        {"label kvm if a.a\r\nflag x if b.b\r\n", "label kvm <a.a>|flag x <b.b>"},
        {"flag\tnet/core  if(a.a)\n", "flag net/core <(a.a)>"},
        /* rules of several lines */
        {"label a if a.a\n  and b.b\n\tor c.c\nlabel b if d.d\n",
         "label a <a.a\n  and b.b\n\tor c.c>|label b <d.d>"},
        {"label a\n  if a.a\n", "label a <a.a>"},
        {"label\n a if\n a.a\n", "label a <a.a>"},
        {"label a if a.a\n# why\n\n  and b.b\n# of the next\nlabel b if c.c\n",
         "label a <a.a\n# why\n\n  and b.b>|label b <c.c>"},
        {"label a if a.a # why\n  and b.b\n", "label a <a.a # why\n  and b.b>"},
        /* labels that are words of the language */
        {"label if if a.a\n", "label if <a.a>"},
        {"label label if a.a\n", "label label <a.a>"},
        /* errors; later rules are read */
        {"lable a if a.a\nlabel b if b.b\n", "1:1: " BEGIN "|label b <b.b>"},
        {"labels a if a.a\n", "1:1: " BEGIN},
        {"  label a if a.a\nlabel b if b.b", "1:1: " BEGIN "|label b <b.b>"},
        {"\nlabel a: a.a\n", "2:10: the word must be followed by if"},
        {"label a iff a.a\n", "1:9: the word must be followed by if"},
        {"label a\nlabel b if b.b\n", "2:1: the word must be followed by if|label b <b.b>"},
        {"label", "1:6: " WORD},
        {"label \"a\" if a.a\n", "1:7: " WORD},
        {"label if a.a\n", "1:10: the word must be followed by if"},
        {"label a if\n", "label a <>"}, /* the parser of expressions reports the error */
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char have[400];

        describe_file(examples[i].file, have, sizeof(have));
        ck_assert_msg(strcmp(have, examples[i].rules) == 0, "example %zu: %s, expected %s", i, have,
                      examples[i].rules);
    }
}
END_TEST

SUITE(rule_text_suite) {
    Suite *suite = suite_create("rule-text");
    TCase *tests = tcase_create("rule-text");

    tcase_add_test(tests, reads_items_of_options);
    tcase_add_test(tests, bounds_the_length_of_a_word);
    tcase_add_test(tests, reads_files);
    suite_add_tcase(suite, tests);
    return suite;
}
