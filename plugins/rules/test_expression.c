/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_expression.c - the language of rules: what a text means, and what is said of a wrong one.
 */
#include "expression.h"
#include "known-facts.h"
#include "support/suite.h"
#include "term.h"
#include "token.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct expression *parse_good(const char *text) {
    struct expression_error error;
    struct expression *expression = expression_parse(patchmark_text_of(text), &error);

    ck_assert_msg(expression != NULL, "'%s': %zu: %s", text, error.at, error.text);
    return expression;
}

/* ---- the program -------------------------------------------------------------------------- */

/* What the program gives when the terms a.a, b.b, c.c, ... have the values of the bits of TRUE_ONES
 * (a is bit 0).  ASKED gets the first letters of the terms that were looked at. */
static bool run(const struct expression *expression, unsigned true_ones, char *asked) {
    bool is = false;

    for (size_t at = 0; at < expression->step_count; at++) {
        const struct step *step = &expression->steps[at];

        switch (step->kind) {
        case STEP_TERM:
            *asked++ = expression->terms[step->argument].name[0];
            is = true_ones >> (expression->terms[step->argument].name[0] - 'a') & 1;
            break;
        case STEP_NOT:
            is = !is;
            break;
        case STEP_JUMP_FALSE:
        case STEP_JUMP_TRUE:
            ck_assert_uint_gt(step->argument, at);
            ck_assert_uint_le(step->argument, expression->step_count);
            if (is == (step->kind == STEP_JUMP_TRUE))
                at = step->argument - 1;
        }
    }
    *asked = '\0';
    return is;
}

static bool a_and_b_or_c(bool a, bool b, bool c) {
    return (a && b) || c;
}
static bool a_or_b_and_c(bool a, bool b, bool c) {
    return a || (b && c);
}
static bool not_a_and_b(bool a, bool b, bool c) {
    (void)c;
    return !a && b;
}
static bool not_both(bool a, bool b, bool c) {
    (void)c;
    return !(a && b);
}
static bool or_first(bool a, bool b, bool c) {
    return (a || b) && c;
}
static bool or_last(bool a, bool b, bool c) {
    return a && (b || c);
}
static bool only_a(bool a, bool b, bool c) {
    (void)b, (void)c;
    return a;
}
static bool not_a(bool a, bool b, bool c) {
    (void)b, (void)c;
    return !a;
}
static bool all(bool a, bool b, bool c) {
    return a && b && c;
}
static bool any(bool a, bool b, bool c) {
    return a || b || c;
}
static bool neither(bool a, bool b, bool c) {
    return !(a || b) || !c;
}
static bool mixed(bool a, bool b, bool c) {
    return (a && !b) || (!a && b && !c) || (b && c);
}

START_TEST(binds_not_then_and_then_or) {
    static const struct {
        const char *text;
        bool (*meaning)(bool a, bool b, bool c);
    } examples[] = {
        {"a.a", only_a},
        {"not a.a", not_a},
        {"not not a.a", only_a},
        {"not not not a.a", not_a},
        {"a.a and b.b and c.c", all},
        {"a.a or b.b or c.c", any},
        {"a.a and b.b or c.c", a_and_b_or_c},
        {"c.c or a.a and b.b", a_and_b_or_c},
        {"a.a or b.b and c.c", a_or_b_and_c},
        {"not a.a and b.b", not_a_and_b},
        {"not (a.a and b.b)", not_both},
        {"not not not (a.a and b.b)", not_both},
        {"(a.a or b.b) and c.c", or_first},
        {"a.a and (b.b or c.c)", or_last},
        {"((a.a)) and(b.b)or(((c.c)))", a_and_b_or_c},
        {"not(a.a or b.b)or not c.c", neither},
        {"a.a and not b.b or not a.a and b.b and not c.c or b.b and c.c", mixed},
        {"not (not (a.a and not b.b) and not (not a.a and (b.b and not c.c)) and "
         "(not b.b or not c.c))",
         mixed},
        {"a.a#comment\nand\r\n\tb.b # and not\n or c.c # end", a_and_b_or_c},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct expression *expression = parse_good(examples[i].text);
        char asked[32];

        for (unsigned bits = 0; bits < 8; bits++)
            ck_assert_msg(run(expression, bits, asked) ==
                              examples[i].meaning(bits & 1, bits >> 1 & 1, bits >> 2 & 1),
                          "'%s' for %u", examples[i].text, bits);
        expression_free(expression);
    }
}
END_TEST

/* What an answer cannot change is not asked. */
START_TEST(asks_no_more_than_needed) {
    static const struct {
        const char *text;
        unsigned true_ones;
        const char *asked;
    } examples[] = {
        {"a.a and b.b", 0, "a"},
        {"a.a and b.b", 1, "ab"},
        {"a.a or b.b", 1, "a"},
        {"a.a or b.b", 0, "ab"},
        {"a.a and b.b and c.c", 0, "a"},
        {"a.a and b.b or c.c", 0, "ac"},
        {"a.a and b.b or c.c", 3, "ab"},
        {"a.a or b.b and c.c", 1, "a"},
        {"(a.a or b.b) and c.c", 0, "ab"},
        {"not (a.a or b.b) and c.c", 1, "a"},
        {"not a.a and b.b", 1, "a"},
        {"c.c and a.a", 0, "c"}, /* in the order of the text */
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct expression *expression = parse_good(examples[i].text);
        char asked[32];

        run(expression, examples[i].true_ones, asked);
        ck_assert_msg(strcmp(asked, examples[i].asked) == 0, "'%s': asks %s, expected %s",
                      examples[i].text, asked, examples[i].asked);
        expression_free(expression);
    }
}
END_TEST

/* ---- terms -------------------------------------------------------------------------------- */

/* "FIELD NAME OPERATOR VALUE", what there is of it; "not " before it for != and !~. */
static void describe(const struct expression *expression, char *out, size_t size) {
    static const char *const names[] = {"",     "subject", "header", "body", "text",
                                        "path", "sender",  "list",   "fact"};
    static const char *const signs[] = {"", "=", "~", "<", "<=", ">", ">="};
    const struct term *term = &expression->terms[0];
    size_t length;

    length = (size_t)snprintf(out, size, "%s%s%s%s%s%s", expression->step_count == 2 ? "not " : "",
                              names[term->field], term->name ? " " : "",
                              term->name ? term->name : "", term->operator ? " " : "",
                              signs[term->operator]);
    switch (term->value) {
    case VALUE_NONE:
        break;
    case VALUE_TEXT:
        snprintf(out + length, size - length, " text<%.*s>", (int)term->length, term->text);
        break;
    case VALUE_GLOB:
        snprintf(out + length, size - length, " glob<%.*s>%zu", (int)term->length, term->text,
                 term->prefix);
        break;
    case VALUE_REGEX:
        snprintf(out + length, size - length, " regex<%.*s>%u@%zu", (int)term->length, term->text,
                 term->regex_flags, term->at);
        break;
    case VALUE_NUMBER:
        snprintf(out + length, size - length, " %lld", (long long)term->number);
        break;
    case VALUE_BOOL:
        snprintf(out + length, size - length, " %s", term->number ? "true" : "false");
        break;
    }
}

START_TEST(reads_every_term) {
    static const struct {
        const char *text, *meaning;
    } examples[] = {
        /* what it looks at */
        {"subject", "subject"},
        {"subject = \"x\"", "subject = text<x>"},
        {"subject ~ /x/", "subject ~ regex<x>0@11"},
        {"header \"X-Spam\"", "header X-Spam"},
        {"header \"To\" ~ /x/", "header To ~ regex<x>0@15"},
        {"header 'To' = \"a, b\"", "header To = text<a, b>"},
        {"body", "body"},
        {"body ~ /x/", "body ~ regex<x>0@8"},
        {"text ~ /x/", "text ~ regex<x>0@8"},
        {"path ~ /x/", "path ~ regex<x>0@8"},
        {"path = \"arch/*/kvm/*.c\"", "path = glob<arch/*/kvm/*.c>5"},
        {"sender = \"*@example.org\"", "sender = glob<*@example.org>0"},
        {"list = \"kvm.example.org\"", "list = glob<kvm.example.org>15"},
        {"list ~ /x/", "list ~ regex<x>0@8"},
        {"kind.kind = \"patch\"", "fact kind.kind = text<patch>"},
        {"subject.rfc", "fact subject.rfc"},
        {"subject.tree ~ /next/", "fact subject.tree ~ regex<next>0@16"},
        {"subject.rfc = true", "fact subject.rfc = true"},
        {"subject.rfc != false", "not fact subject.rfc = false"},
        /* what it asks */
        {"subject != \"x\"", "not subject = text<x>"},
        {"subject !~ /x/", "not subject ~ regex<x>0@12"},
        {"series.version = 3", "fact series.version = 3"},
        {"series.version != 3", "not fact series.version = 3"},
        {"series.version < 3", "fact series.version < 3"},
        {"series.version <= 3", "fact series.version <= 3"},
        {"series.version > 3", "fact series.version > 3"},
        {"series.version>=3", "fact series.version >= 3"},
        {"series.version = -1", "fact series.version = -1"},
        {"patch.insertions < 9223372036854775807", "fact patch.insertions < 9223372036854775807"},
        /* facts of others can be anything */
        {"my-own.fact_2", "fact my-own.fact_2"},
        {"my-own.fact > 3", "fact my-own.fact > 3"},
        {"my-own.fact = \"3\"", "fact my-own.fact = text<3>"},
        {"my-own.fact ~ /3/", "fact my-own.fact ~ regex<3>0@15"},
        {"my-own.fact = true", "fact my-own.fact = true"},
        {"9p.fact", "fact 9p.fact"},
        /* regular expressions */
        {"subject ~ /x/imsx", "subject ~ regex<x>15@11"},
        {"subject ~ /x/i", "subject ~ regex<x>1@11"},
        {"subject ~ /x/m", "subject ~ regex<x>2@11"},
        {"subject ~ /x/s", "subject ~ regex<x>4@11"},
        {"subject ~ /x/x", "subject ~ regex<x>8@11"},
        {"subject ~ /a\\/b\\\\/", "subject ~ regex<a\\/b\\\\>0@11"}, /* as PCRE2 wants it */
        {"subject ~ /#\"')/", "subject ~ regex<#\"')>0@11"},
        /* texts */
        {"subject = 'say \"x\"'", "subject = text<say \"x\">"},
        {"subject = \"say \\\"x\\\"\"", "subject = text<say \"x\">"},
        {"subject = 'don\\'t'", "subject = text<don't>"},
        {"subject = \"a\\\\b\\c\"", "subject = text<a\\b\\c>"},
        {"subject = \"\"", "subject = text<>"},
        {"subject = \"a # b\"", "subject = text<a # b>"},
        /* a folder is all that is below it */
        {"path = \"drivers/net/\"", "path = glob<drivers/net/*>12"},
        {"path = \"*/kvm/\"", "path = glob<*/kvm/*>0"},
        {"path = \"\"", "path = glob<>0"},
        {"list = \"x/\"", "list = glob<x/>2"}, /* only of paths */
        {"path = \"a?b\"", "path = glob<a?b>1"},
        {"path = \"ab[cd]\"", "path = glob<ab[cd]>2"},
        {"path = \"abc\\*d\"", "path = glob<abc\\*d>3"},
        /* words of the language are names elsewhere */
        {"header \"and\"", "header and"},
        {"mine.not", "fact mine.not"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct expression *expression = parse_good(examples[i].text);
        char have[200];

        ck_assert_uint_eq(expression->term_count, 1);
        describe(expression, have, sizeof(have));
        ck_assert_msg(strcmp(have, examples[i].meaning) == 0, "'%s': %s, expected %s",
                      examples[i].text, have, examples[i].meaning);
        expression_free(expression);
    }
}
END_TEST

/* ---- mistakes ----------------------------------------------------------------------------- */

#define TERMS                                                                               \
    "there are subject, header \"NAME\", body, text, path, sender, list and facts such as " \
    "kind.kind"
#define NEXT "and, or, an operator or the end must follow here, not "

START_TEST(says_what_is_wrong_and_where) {
    static const struct {
        const char *text;
        size_t column; /* from 1 */
        const char *error;
    } examples[] = {
        /* terms */
        {"", 1, "a term must follow here"},
        {"  # nothing", 12, "a term must follow here"},
        {"subjct ~ /x/", 1, "there is no term 'subjct'; " TERMS},
        {"Subject ~ /x/", 1, "there is no term 'Subject'; " TERMS},
        {"true", 1, "there is no term 'true'; " TERMS},
        {"kind.kin", 1, "there is no fact 'kind.kin'; kind has confidence, kind"},
        {"a.a and kind.kindd = \"x\"", 9,
         "there is no fact 'kind.kindd'; kind has confidence, kind"},
        {".kind", 1, "'.kind' is no name of a fact: PLUGIN.key"},
        {"kind.", 1, "'kind.' is no name of a fact: PLUGIN.key"},
        {"rules.labels = \"x\"", 1, "a rule cannot ask for what rules give"},
        {"header ~ /x/", 8, "header takes the name of a field: header \"To\""},
        {"header To", 8, "header takes the name of a field: header \"To\""},
        {"header", 7, "header takes the name of a field: header \"To\""},
        {"header \"\"", 8, "\"\" is no name of a header field"},
        {"header \"To:\"", 8, "\"To:\" is no name of a header field"},
        {"header \"X Y\"", 8, "\"X Y\" is no name of a header field"},
        {"\"x\" = subject", 1, "a term must stand here, not '\"x\"'"},
        {"3 < series.version", 1, "a term must stand here, not '3'"},
        /* and, or, not */
        {"and", 1, "a term must stand here, not 'and'"},
        {"a.a and or b.b", 9, "a term must stand here, not 'or'"},
        {"a.a and", 8, "a term must follow here"},
        {"a.a or not", 11, "a term must follow here"},
        {"not", 4, "a term must follow here"},
        {"a.a b.b", 5, NEXT "'b.b'"},
        {"a.a not b.b", 5, NEXT "'not'"},
        {"a.a AND b.b", 5, NEXT "'AND'"},
        {"subject /x/", 9, NEXT "'/x/'"},
        {"subject ~ /x/ ~ /y/", 15, NEXT "'~'"},
        {"a.a (b.b)", 5, NEXT "'('"},
        {"a.a && b.b", 5, "'&' means nothing here; write and"},
        {"a.a || b.b", 5, "'|' means nothing here; write or"},
        {"!a.a", 1, "'!' stands only in != and !~; write not"},
        {"a.a; b.b", 4, "';' means nothing here"},
        {"a.a \xc2\xa0", 5, "byte 0xc2 means nothing here"},
        /* parentheses */
        {"()", 2, "a term must stand here, not ')'"},
        {"(a.a", 1, "there is no ) for this ("},
        {"a.a and ((b.b) or c.c", 9, "there is no ) for this ("},
        {"a.a)", 4, "there is no ( for this )"},
        {"(a.a))", 6, "there is no ( for this )"},
        {"(a.a and )", 10, "a term must stand here, not ')'"},
        /* values */
        {"subject ~", 10, "~ and !~ take a regular expression: /regex/"},
        {"subject ~ \"x\"", 11, "~ and !~ take a regular expression: /regex/"},
        {"subject = /x/", 11,
         "= and != take a \"text\", a number, true or false; ~ is for /regex/"},
        {"kind.kind = patch", 13,
         "= and != take a \"text\", a number, true or false; ~ is for /regex/"},
        {"kind.kind =", 12, "= and != take a \"text\", a number, true or false; ~ is for /regex/"},
        {"series.version > \"3\"", 18, "< <= > >= take a number"},
        {"series.version > true", 18, "< <= > >= take a number"},
        {"subject ~ /x", 11, "there is no / at the end of this regular expression"},
        {"subject ~ /x\ny/", 11, "there is no / at the end of this regular expression"},
        {"subject ~ /x\\/", 11, "there is no / at the end of this regular expression"},
        {"subject ~ /x\\", 11, "there is no / at the end of this regular expression"},
        {"subject ~ //", 11, "this regular expression is empty"},
        {"subject ~ /x/ig", 15, "behind a regular expression may stand i, m, s and x, not 'g'"},
        {"subject = \"x", 11, "there is no \" at the end of this text"},
        {"subject = 'x\"", 11, "there is no ' at the end of this text"},
        {"subject = \"x\ny\"", 11, "there is no \" at the end of this text"},
        {"series.version > 9223372036854775808", 18, "this number is too large"},
        {"series.version > 3.5", 18, "< <= > >= take a number"},
        {"series.version > 3k", 18, "< <= > >= take a number"},
        {"series.version > -", 18, "< <= > >= take a number"},
        /* what does not go together */
        {"subject > 3", 9, "subject: it takes = and != with \"text\", ~ and !~ with /regex/"},
        {"subject = 3", 9, "subject: it takes = and != with \"text\", ~ and !~ with /regex/"},
        {"body = \"x\"", 6, "body: it takes ~ and !~ with /regex/"},
        {"text != \"x\"", 6, "text: it takes ~ and !~ with /regex/"},
        {"path = 3", 6, "path: it takes = and != with \"pattern\", ~ and !~ with /regex/"},
        {"header \"To\" > 3", 13, "header: it takes = and != with \"text\", ~ and !~ with /regex/"},
        {"subject.rfc = \"yes\"", 13,
         "subject.rfc: it is true or false and takes = and != with true or false"},
        {"subject.rfc = 1", 13,
         "subject.rfc: it is true or false and takes = and != with true or false"},
        {"series.version = \"3\"", 16,
         "series.version: it is a number and takes = != < <= > >= with a number"},
        {"series.version ~ /3/", 16,
         "series.version: it is a number and takes = != < <= > >= with a number"},
        {"kind.kind = true", 11,
         "kind.kind: it takes = and != with \"text\", ~ and !~ with /regex/"},
        {"patch.files > 3", 13,
         "patch.files: it takes = and != with \"text\", ~ and !~ with /regex/"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct expression_error error;
        struct expression *expression =
            expression_parse(patchmark_text_of(examples[i].text), &error);

        ck_assert_msg(expression == NULL, "'%s' was taken", examples[i].text);
        ck_assert_msg(error.at + 1 == examples[i].column &&
                          strcmp(error.text, examples[i].error) == 0,
                      "'%s': %zu: %s; expected %zu: %s", examples[i].text, error.at + 1, error.text,
                      examples[i].column, examples[i].error);
    }
}
END_TEST

/* ---- bounds ------------------------------------------------------------------------------- */

/* COUNT times PIECE, then END, then COUNT times CLOSE; to be freed. */
static char *repeat(const char *piece, const char *end, const char *close, size_t count) {
    char *text = calloc(count * (strlen(piece) + strlen(close)) + strlen(end) + 1, 1);
    char *at = text;

    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, piece);
    at = stpcpy(at, end);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, close);
    return text;
}

START_TEST(bounds_depth_and_length) {
    static const struct {
        const char *piece, *end, *close;
        size_t count;
        size_t at; /* 0: good */
        const char *error;
    } examples[] = {
        {"(", "a.a", ")", 64, 0, NULL},
        {"(", "a.a", ")", 65, 64, "more than 64 parentheses are open here"},
        {"a.a or a.a and not(", "a.a", ")", 64, 0, NULL}, /* all that a level can hold */
        {"a.a or a.a and not(", "a.a", ")", 65, 64 * 19 + 18,
         "more than 64 parentheses are open here"},
        {"(a.a) and ", "a.a", "", 400, 0, NULL}, /* side by side is not deep */
        {"not ", "a.a", "", 100001, 0, NULL},
        {"a.a or ", "a.a", "", 499, 0, NULL}, /* 500 terms, 499 operators */
        {"a.a or ", "a.a or not a.a", "", 498, 0, NULL},
        {"a.a or ", "a.a or not a.a", "", 499, 499 * 7 + 11,
         "the expression is too long here: it may have 1000 terms and operators"},
        {"a.a or ", "a.a", "", 100000, 500 * 7,
         "the expression is too long here: it may have 1000 terms and operators"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char *text =
            repeat(examples[i].piece, examples[i].end, examples[i].close, examples[i].count);
        struct expression_error error = {.text = ""};
        struct expression *expression = expression_parse(patchmark_text_of(text), &error);

        ck_assert_msg((expression == NULL) == (examples[i].error != NULL), "example %zu: %zu: %s",
                      i, error.at, error.text);
        if (examples[i].error) {
            ck_assert_str_eq(error.text, examples[i].error);
            ck_assert_uint_eq(error.at, examples[i].at);
        }
        expression_free(expression);
        free(text);
    }
}
END_TEST

/* No text may lead a reader out of it: each of all beginnings of a long one stands in memory of its
 * own, so that the sanitizer sees a byte too far. */
START_TEST(bears_any_beginning) {
    static const char text[] = "not (subject ~ /a\\/[b]/i and header \"To\" != 'x\\'y') or "
                               "kind.kind = \"a\\\"b\" # c\n and -1 <= series.version !~ \\ ! & 12";

    for (size_t length = 0; length <= strlen(text); length++) {
        struct expression_error error = {.at = 0};
        char *copy = malloc(length + (length == 0));
        struct expression *expression;

        memcpy(copy, text, length);
        expression = expression_parse((struct patchmark_text){copy, length}, &error);
        ck_assert(expression != NULL || error.at <= length);
        expression_free(expression);
        free(copy);
    }
}
END_TEST

SUITE(expression_suite) {
    Suite *suite = suite_create("expression");
    TCase *tests = tcase_create("expression");

    tcase_add_test(tests, binds_not_then_and_then_or);
    tcase_add_test(tests, asks_no_more_than_needed);
    tcase_add_test(tests, reads_every_term);
    tcase_add_test(tests, says_what_is_wrong_and_where);
    tcase_add_test(tests, bounds_depth_and_length);
    tcase_add_test(tests, bears_any_beginning);
    suite_add_tcase(suite, tests);
    return suite;
}
