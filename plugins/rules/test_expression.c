/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_expression.c - tests of the parser of rules: the programs of valid texts, and the errors of
 * invalid ones.
 */
#include "expression.h"
#include "plugin/instance.h"
#include "support/suite.h"
#include "term.h"
#include "token.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the facts that are known ------------------------------------------------------------- */

static const struct patchmark_fact kind_facts[] = {{.key = "confidence", .type = PATCHMARK_STRING},
                                                   {.key = "kind", .type = PATCHMARK_STRING},
                                                   {.key = NULL}};
static const struct patchmark_fact subject_facts[] = {{.key = "rfc", .type = PATCHMARK_BOOL},
                                                      {.key = "tree", .type = PATCHMARK_LIST},
                                                      {.key = NULL}};
static const struct patchmark_fact series_facts[] = {{.key = "version", .type = PATCHMARK_INT},
                                                     {.key = NULL}};
static const struct patchmark_fact patch_facts[] = {{.key = "insertions", .type = PATCHMARK_INT},
                                                    {.key = "files", .type = PATCHMARK_LIST},
                                                    {.key = NULL}};

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self, (void)message, (void)facts;
    return 0;
}

static struct facts_schema *schema;
static struct patchmark_instance *instance;

/* Makes an instance that knows the facts above. */
static void setup(void) {
    static struct plugin_module module = {.descriptor = {PLUGIN_SIZES, .classify = classify}};
    static const struct plugin_section section = {.name = (char *)"rules", .module = &module};

    schema = facts_schema_new();
    ck_assert_int_ge(facts_schema_add(schema, "kind", kind_facts), 0);
    ck_assert_int_ge(facts_schema_add(schema, "subject", subject_facts), 0);
    ck_assert_int_ge(facts_schema_add(schema, "series", series_facts), 0);
    ck_assert_int_ge(facts_schema_add(schema, "patch", patch_facts), 0);
    instance = instance_open(&section, "lists.example.org", schema, -1);
    ck_assert_ptr_nonnull(instance);
}

static void teardown(void) {
    instance_close(instance);
    facts_schema_free(schema);
}

/* ---- parsing ------------------------------------------------------------------------------ */

static struct expression *parse_good(const char *text) {
    struct expression_error error;
    struct expression *expression = expression_parse(instance, patchmark_text_of(text), &error);

    ck_assert_msg(expression != NULL, "'%s': %zu: %s", text, error.at, error.text);
    return expression;
}

/* ---- the program -------------------------------------------------------------------------- */

/* Runs EXPRESSION, in which bit 0 of VALUES is the value of the term a.a, bit 1 that of b.b, and so
 * on, and returns its result.  Writes the first letters of the terms that were evaluated to
 * EVALUATED. */
static bool run(const struct expression *expression, unsigned values, char *evaluated) {
    bool is = false;

    for (size_t at = 0; at < expression->step_count; at++) {
        const struct step *step = &expression->steps[at];

        switch (step->kind) {
        case STEP_TERM:
            *evaluated++ = expression->terms[step->argument].name[0];
            is = values >> (expression->terms[step->argument].name[0] - 'a') & 1;
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
    *evaluated = '\0';
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
        char evaluated[32];

        for (unsigned bits = 0; bits < 8; bits++)
            ck_assert_msg(run(expression, bits, evaluated) ==
                              examples[i].meaning(bits & 1, bits >> 1 & 1, bits >> 2 & 1),
                          "'%s' for %u", examples[i].text, bits);
        expression_free(expression);
    }
}
END_TEST

/* A term that cannot change the result is not evaluated. */
START_TEST(evaluates_only_needed_terms) {
    static const struct {
        const char *text;
        unsigned values;
        const char *evaluated;
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
        char evaluated[32];

        run(expression, examples[i].values, evaluated);
        ck_assert_msg(strcmp(evaluated, examples[i].evaluated) == 0,
                      "'%s': evaluates %s, expected %s", examples[i].text, evaluated,
                      examples[i].evaluated);
        expression_free(expression);
    }
}
END_TEST

/* ---- terms -------------------------------------------------------------------------------- */

/* Writes the first term of EXPRESSION to OUT: "FIELD NAME OPERATOR VALUE", without those that it
 * does not have, and with "not " before it for != and !~. */
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
        /* fields */
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
        /* operators */
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
        /* facts of third-party plugins have any type */
        {"my_own.fact_2", "fact my_own.fact_2"},
        {"my_own.fact > 3", "fact my_own.fact > 3"},
        {"my_own.fact = \"3\"", "fact my_own.fact = text<3>"},
        {"my_own.fact ~ /3/", "fact my_own.fact ~ regex<3>0@15"},
        {"my_own.fact = true", "fact my_own.fact = true"},
        {"9p.fact", "fact 9p.fact"},
        /* regular expressions */
        {"subject ~ /x/imsx", "subject ~ regex<x>15@11"},
        {"subject ~ /x/i", "subject ~ regex<x>1@11"},
        {"subject ~ /x/m", "subject ~ regex<x>2@11"},
        {"subject ~ /x/s", "subject ~ regex<x>4@11"},
        {"subject ~ /x/x", "subject ~ regex<x>8@11"},
        {"subject ~ /a\\/b\\\\/", "subject ~ regex<a\\/b\\\\>0@11"}, /* PCRE2 removes the escapes */
        {"subject ~ /#\"')/", "subject ~ regex<#\"')>0@11"},
        /* texts */
        {"subject = 'say \"x\"'", "subject = text<say \"x\">"},
        {"subject = \"say \\\"x\\\"\"", "subject = text<say \"x\">"},
        {"subject = 'don\\'t'", "subject = text<don't>"},
        {"subject = \"a\\\\b\\c\"", "subject = text<a\\b\\c>"},
        {"subject = \"\"", "subject = text<>"},
        {"subject = \"a # b\"", "subject = text<a # b>"},
        /* a folder matches everything below it */
        {"path = \"drivers/net/\"", "path = glob<drivers/net/*>12"},
        {"path = \"*/kvm/\"", "path = glob<*/kvm/*>0"},
        {"path = \"\"", "path = glob<>0"},
        {"list = \"x/\"", "list = glob<x/>2"}, /* folders exist only in paths */
        {"path = \"a?b\"", "path = glob<a?b>1"},
        {"path = \"ab[cd]\"", "path = glob<ab[cd]>2"},
        {"path = \"abc\\*d\"", "path = glob<abc\\*d>3"},
        /* words of the language can be names of header fields and keys of facts */
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

/* ---- errors ------------------------------------------------------------------------------- */

#define TERMS                                                                         \
    "use subject, header \"NAME\", body, text, path, sender, list or a fact such as " \
    "kind.kind"
#define NEXT "expected and, or, an operator or the end of the rule, not "

START_TEST(reports_errors_with_their_position) {
    static const struct {
        const char *text;
        size_t column; /* from 1 */
        const char *error;
    } examples[] = {
        /* terms */
        {"", 1, "expected a term"},
        {"  # nothing", 12, "expected a term"},
        {"subjct ~ /x/", 1, "unknown term 'subjct': " TERMS},
        {"Subject ~ /x/", 1, "unknown term 'Subject': " TERMS},
        {"true", 1, "unknown term 'true': " TERMS},
        {"kind.kin", 1,
         "unknown fact 'kind.kin': plugin kind provides confidence, kind, flags, labels"},
        {"a.a and kind.kindd = \"x\"", 9,
         "unknown fact 'kind.kindd': plugin kind provides confidence, kind, flags, labels"},
        {".kind", 1, "'.kind' is not a valid name of a fact: PLUGIN.key"},
        {"kind.", 1, "'kind.' is not a valid name of a fact: PLUGIN.key"},
        {"rules.labels = \"x\"", 1, "a rule cannot use the facts that rules set"},
        {"header ~ /x/", 8, "header must be followed by the name of a field: header \"To\""},
        {"header To", 8, "header must be followed by the name of a field: header \"To\""},
        {"header", 7, "header must be followed by the name of a field: header \"To\""},
        {"header \"\"", 8, "\"\" is not a valid name of a header field"},
        {"header \"To:\"", 8, "\"To:\" is not a valid name of a header field"},
        {"header \"X Y\"", 8, "\"X Y\" is not a valid name of a header field"},
        {"\"x\" = subject", 1, "expected a term, not '\"x\"'"},
        {"3 < series.version", 1, "expected a term, not '3'"},
        /* and, or, not */
        {"and", 1, "expected a term, not 'and'"},
        {"a.a and or b.b", 9, "expected a term, not 'or'"},
        {"a.a and", 8, "expected a term"},
        {"a.a or not", 11, "expected a term"},
        {"not", 4, "expected a term"},
        {"a.a b.b", 5, NEXT "'b.b'"},
        {"a.a not b.b", 5, NEXT "'not'"},
        {"a.a AND b.b", 5, NEXT "'AND'"},
        {"subject /x/", 9, NEXT "'/x/'"},
        {"subject ~ /x/ ~ /y/", 15, NEXT "'~'"},
        {"a.a (b.b)", 5, NEXT "'('"},
        {"a.a && b.b", 5, "unexpected '&'; use and"},
        {"a.a || b.b", 5, "unexpected '|'; use or"},
        {"!a.a", 1, "'!' is valid only in != and !~; use not"},
        {"a.a; b.b", 4, "unexpected ';'"},
        {"a.a \xc2\xa0", 5, "unexpected byte 0xc2"},
        /* parentheses */
        {"()", 2, "expected a term, not ')'"},
        {"(a.a", 1, "unmatched ("},
        {"a.a and ((b.b) or c.c", 9, "unmatched ("},
        {"a.a)", 4, "unmatched )"},
        {"(a.a))", 6, "unmatched )"},
        {"(a.a and )", 10, "expected a term, not ')'"},
        /* values */
        {"subject ~", 10, "~ and !~ require a regular expression: /regex/"},
        {"subject ~ \"x\"", 11, "~ and !~ require a regular expression: /regex/"},
        {"subject = /x/", 11,
         "= and != require a \"text\", a number, true or false; use ~ for /regex/"},
        {"kind.kind = patch", 13,
         "= and != require a \"text\", a number, true or false; use ~ for /regex/"},
        {"kind.kind =", 12,
         "= and != require a \"text\", a number, true or false; use ~ for /regex/"},
        {"series.version > \"3\"", 18, "< <= > >= require a number"},
        {"series.version > true", 18, "< <= > >= require a number"},
        {"subject ~ /x", 11, "missing / at the end of this regular expression"},
        {"subject ~ /x\ny/", 11, "missing / at the end of this regular expression"},
        {"subject ~ /x\\/", 11, "missing / at the end of this regular expression"},
        {"subject ~ /x\\", 11, "missing / at the end of this regular expression"},
        {"subject ~ //", 11, "empty regular expression"},
        {"subject ~ /x/ig", 15, "unknown flag 'g' of a regular expression: use i, m, s and x"},
        {"subject = \"x", 11, "missing \" at the end of this text"},
        {"subject = 'x\"", 11, "missing ' at the end of this text"},
        {"subject = \"x\ny\"", 11, "missing \" at the end of this text"},
        {"series.version > 9223372036854775808", 18, "the number is too large"},
        {"series.version > 3.5", 18, "< <= > >= require a number"},
        {"series.version > 3k", 18, "< <= > >= require a number"},
        {"series.version > -", 18, "< <= > >= require a number"},
        /* operators and values that a field does not support */
        {"subject > 3", 9, "subject supports = and != with \"text\", ~ and !~ with /regex/"},
        {"subject = 3", 9, "subject supports = and != with \"text\", ~ and !~ with /regex/"},
        {"body = \"x\"", 6, "body supports ~ and !~ with /regex/"},
        {"text != \"x\"", 6, "text supports ~ and !~ with /regex/"},
        {"path = 3", 6, "path supports = and != with \"pattern\", ~ and !~ with /regex/"},
        {"header \"To\" > 3", 13, "header supports = and != with \"text\", ~ and !~ with /regex/"},
        {"subject.rfc = \"yes\"", 13,
         "subject.rfc is true or false and supports = and != with true or false"},
        {"subject.rfc = 1", 13,
         "subject.rfc is true or false and supports = and != with true or false"},
        {"series.version = \"3\"", 16,
         "series.version is a number and supports = != < <= > >= with a number"},
        {"series.version ~ /3/", 16,
         "series.version is a number and supports = != < <= > >= with a number"},
        {"kind.kind = true", 11,
         "kind.kind supports = and != with \"text\", ~ and !~ with /regex/"},
        {"patch.files > 3", 13,
         "patch.files supports = and != with \"text\", ~ and !~ with /regex/"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct expression_error error;
        struct expression *expression =
            expression_parse(instance, patchmark_text_of(examples[i].text), &error);

        ck_assert_msg(expression == NULL, "'%s' was accepted", examples[i].text);
        ck_assert_msg(error.at + 1 == examples[i].column &&
                          strcmp(error.text, examples[i].error) == 0,
                      "'%s': %zu: %s; expected %zu: %s", examples[i].text, error.at + 1, error.text,
                      examples[i].column, examples[i].error);
    }
}
END_TEST

/* ---- bounds ------------------------------------------------------------------------------- */

/* Returns COUNT times PIECE, then END, then COUNT times CLOSE.  The caller frees it. */
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
        size_t at; /* the offset of the error */
        const char *error;
    } examples[] = {
        {"(", "a.a", ")", 64, 0, NULL},
        {"(", "a.a", ")", 65, 64, "parentheses are nested more than 64 deep"},
        {"a.a or a.a and not(", "a.a", ")", 64, 0,
         NULL}, /* as many operators as a level can have */
        {"a.a or a.a and not(", "a.a", ")", 65, 64 * 19 + 18,
         "parentheses are nested more than 64 deep"},
        {"(a.a) and ", "a.a", "", 400, 0, NULL}, /* parentheses that are not nested */
        {"not ", "a.a", "", 100001, 0, NULL},
        {"a.a or ", "a.a", "", 499, 0, NULL}, /* 500 terms, 499 operators */
        {"a.a or ", "a.a or not a.a", "", 498, 0, NULL},
        {"a.a or ", "a.a or not a.a", "", 499, 499 * 7 + 11,
         "the expression is too long: it can have up to 1000 terms and operators"},
        {"a.a or ", "a.a", "", 100000, 500 * 7,
         "the expression is too long: it can have up to 1000 terms and operators"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char *text =
            repeat(examples[i].piece, examples[i].end, examples[i].close, examples[i].count);
        struct expression_error error = {.text = ""};
        struct expression *expression = expression_parse(instance, patchmark_text_of(text), &error);

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

/* The parser must not read beyond the end of a text.  Parses each prefix of a text, in memory of
 * exactly its size, so that AddressSanitizer detects a read beyond it. */
START_TEST(reads_no_byte_beyond_the_end) {
    static const char text[] = "not (subject ~ /a\\/[b]/i and header \"To\" != 'x\\'y') or "
                               "kind.kind = \"a\\\"b\" # c\n and -1 <= series.version !~ \\ ! & 12";

    for (size_t length = 0; length <= strlen(text); length++) {
        struct expression_error error = {.at = 0};
        char *copy = malloc(length + (length == 0));
        struct expression *expression;

        memcpy(copy, text, length);
        expression = expression_parse(instance, (struct patchmark_text){copy, length}, &error);
        ck_assert(expression != NULL || error.at <= length);
        expression_free(expression);
        free(copy);
    }
}
END_TEST

SUITE(expression_suite) {
    Suite *suite = suite_create("expression");
    TCase *tests = tcase_create("expression");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, binds_not_then_and_then_or);
    tcase_add_test(tests, evaluates_only_needed_terms);
    tcase_add_test(tests, reads_every_term);
    tcase_add_test(tests, reports_errors_with_their_position);
    tcase_add_test(tests, bounds_depth_and_length);
    tcase_add_test(tests, reads_no_byte_beyond_the_end);
    suite_add_tcase(suite, tests);
    return suite;
}
