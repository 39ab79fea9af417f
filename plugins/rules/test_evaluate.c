/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_evaluate.c - tests of the evaluation of rules on a mail, and of its limits.
 */
#define TESTS evaluate
#include "test_rules.h"

#include "regex.c"

/* ---- evaluation --------------------------------------------------------------------------- */

/* Evaluates the rule TEXT on the mail, with the budget of one rule. */
static enum verdict ask_rule(const char *text) {
    struct material *material = material_new();
    struct budget budget = {RULE_BUDGET};
    struct expression_error error;
    struct expression *expression = expression_parse(NULL, support_text(text), &error);
    enum verdict verdict;

    ck_assert_msg(expression != NULL, "'%s': %zu: %s", text, error.at, error.text);
    ck_assert_msg(evaluate_prepare(expression, &error), "'%s': %zu: %s", text, error.at,
                  error.text);
    material_begin(material, mail.message, mail.facts);
    verdict = evaluate(expression, material, &budget);
    evaluate_free(expression);
    material_free(material);
    return verdict;
}

static void expect_all(const char *const *rules, enum verdict verdict) {
    for (; *rules; rules++)
        ck_assert_msg(ask_rule(*rules) == verdict, "'%s' should be %s", *rules,
                      verdict == VERDICT_YES  ? "true"
                      : verdict == VERDICT_NO ? "false"
                                              : "stopped by a limit");
}

START_TEST(evaluates_fields) {
    static const char *const hold[] = {
        /* subject: unfolded and decoded */
        "subject = \"[PATCH RFC  v4] tide: h\xc3\xb6her\"", "subject ~ /^\\[PATCH/",
        "subject ~ /patch/i", "subject ~ /RFC\\s+v4/", "subject ~ /h\xc3\x96HER$/i",
        "subject ~ /h..her$/", "subject",
        /* header: true for any of its fields; the name in any case */
        "header \"cc\" ~ /^second@/", "header \"Cc\" = \"first@example.org\"", "header \"X-Empty\"",
        "header \"X-Empty\" = \"\"", "header \"X-Missing\" !~ /./", "not header \"X-Missing\"",
        "header \"To\" ~ /devel@/ and header \"To\" ~ /other@/",
        /* body: text/plain without quoted lines and attachments; text: all parts */
        "body ~ /^first line$/m", "body ~ /last line, M/", "body ~ /\\A\\s*first/",
        "body ~ /^Fixes: [0-9a-f]{12}$/m", "body !~ /quoted/", "body !~ /marked/",
        "body !~ /attached/", "body ~ /first line.  indented/s", "body", "text ~ /quoted/",
        "text ~ /<p>marked/", "text ~ /^\\+attached/m", "text ~ /M\xc3\xbcller$/m",
        /* path */
        "path = \"arch/arm64/kvm/mmu.c\"", "path = \"arch/*/kvm/*\"", "path = \"arch/*\"",
        "path = \"arch/\"", "path = \"*.rst\"", "path = \"*/kvm/\"", "path = \"arch/arm6[0-9]/*\"",
        "path ~ /^Documentation/", "path ~ /tide\\.rst$/i", "path != \"drivers/*\"", "path",
        /* sender and list, in any case */
        "sender = \"ada@example.org\"", "sender = \"*@EXAMPLE.org\"", "sender ~ /^ada@/", "sender",
        "list = \"devel.lists.example.org\"", "list = \"*.LISTS.example.org\"",
        "list ~ /^devel\\./i", "list", NULL};
    static const char *const fail[] = {"subject = \"[PATCH RFC v4] tide\"",
                                       "subject ~ /^tide/",
                                       "subject ~ /patch/",
                                       "subject !~ /tide/",
                                       "header \"Cc\" = \"first\"",
                                       "header \"X-Missing\"",
                                       "header \"X-Missing\" = \"\"",
                                       "header \"Cc\" !~ /second/",
                                       "header \"Cc\" != \"first@example.org\"",
                                       "body ~ /quoted/",
                                       "body ~ /marked/",
                                       "body ~ /^indented/m",
                                       "text ~ /not there/",
                                       "path = \"kvm/\"",
                                       "path = \"arch\"",
                                       "path = \"Arch/*\"",
                                       "path != \"arch/*\"",
                                       "path = \"documentation/*\"",
                                       "path ~ /^mmu/",
                                       "sender = \"ada\"",
                                       "sender = \"@example.org\"",
                                       "list = \"lists.example.org\"",
                                       "list !~ /devel/i",
                                       NULL};

    pipeline = support_pipeline(all_plugins);
    support_classify(pipeline, NULL, &mail, mail_text);
    expect_all(hold, VERDICT_YES);
    expect_all(fail, VERDICT_NO);
}
END_TEST

START_TEST(evaluates_facts) {
    static const char *const hold[] = {
        /* bool */
        "subject.rfc", "subject.rfc = true", "subject.rfc != false", "not subject.reply",
        "subject.reply = false", "mine.good", "mine.good = true", "mine.bad = false",
        "not mine.bad",
        /* int; 0 is not false */
        "subject.part", "subject.part = 0", "subject.part < 1", "subject.part <= 0",
        "subject.part >= 0", "subject.part > -1", "subject.part != 1", "patch.insertions >= 500",
        "patch.insertions <= 500", "patch.insertions = 500", "mine.count", "mine.count = -5",
        "mine.count < 0", "mine.count >= -5",
        /* string: compared as a whole, case-sensitively */
        "subject.title", "subject.title ~ /^tide: /", "mine.word = \"salt\"", "mine.word ~ /al/",
        "mine.word != \"Salt\"", "mine.word != \"sal\"", "not mine.empty", "mine.empty = \"\"",
        /* list: true for any of its items */
        "subject.tree", "subject.tree = \"net-next\"", "subject.tree = \"5.10\"",
        "subject.tree ~ /^net/", "subject.tree !~ /^stable/", "mine.words = \"sour\"",
        "mine.words ~ /^sw/", "patch.files ~ /mmu/",
        /* not set: all comparisons are false except != and !~ */
        "not subject.version", "subject.version != 3", "not mine.unset", "mine.unset != \"x\"",
        "mine.unset !~ /./", "not nobody.knows", "nobody.knows != 3", "nobody.knows != true",
        "nobody.knows != false", "not series.id",
        /* a fact of the wrong type is treated as not set */
        "mine.word != 3", "mine.count != \"-5\"", "mine.good != 1", "mine.count != true",
        "mine.word != false", "mine.words != false", "mine.count != false", NULL};
    static const char *const fail[] = {"subject.reply",
                                       "subject.rfc = false",
                                       "subject.rfc != true",
                                       "mine.bad",
                                       "mine.bad = true",
                                       "mine.good = false",
                                       "subject.part = 1",
                                       "subject.part < 0",
                                       "subject.part > 0",
                                       "subject.part != 0",
                                       "patch.insertions > 500",
                                       "patch.insertions < 500",
                                       "patch.insertions >= 501",
                                       "patch.insertions <= 499",
                                       "mine.count > -5",
                                       "subject.title = \"tide\"",
                                       "mine.word = \"Salt\"",
                                       "mine.word !~ /al/",
                                       "mine.empty",
                                       "subject.tree = \"net\"",
                                       "subject.tree != \"net-next\"",
                                       "subject.tree !~ /next/",
                                       "subject.version",
                                       "subject.version = 0",
                                       "subject.version < 3",
                                       "subject.version >= 0",
                                       "mine.unset",
                                       "mine.unset = \"\"",
                                       "mine.unset ~ /^/",
                                       "nobody.knows",
                                       "nobody.knows = 3",
                                       "nobody.knows = false",
                                       "nobody.knows ~ /x*/",
                                       "mine.word < 3",
                                       "mine.word = true",
                                       "mine.count = false",
                                       "mine.good = 1",
                                       "mine.good ~ /true/",
                                       NULL};

    pipeline = support_pipeline(all_plugins);
    support_classify(pipeline, NULL, &mail, mail_text);
    expect_all(hold, VERDICT_YES);
    expect_all(fail, VERDICT_NO);
}
END_TEST

START_TEST(evaluates_an_empty_mail) {
    static const char *const fail[] = {
        "subject",    "subject ~ /^/", "subject = \"\"", "header \"To\" ~ /^/", "body",
        "text",       "body ~ /./",    "path",           "path ~ /x/",          "list",
        "list ~ /./", "sender",        "sender ~ /./",   "kind.kind",           NULL};
    static const char *const hold[] = {"body ~ /^$/",    "text ~ /^/",       "list = \"\"",
                                       "sender = \"*\"", "subject != \"x\"", NULL};

    pipeline = support_pipeline((struct patchmark_plugin *[]){&plugin, NULL});
    support_classify(pipeline, NULL, &mail, "\n");
    expect_all(fail, VERDICT_NO);
    expect_all(hold, VERDICT_YES);
}
END_TEST

/* ---- text --------------------------------------------------------------------------------- */

START_TEST(matches_text_that_is_not_utf_8) {
    static const char *const hold[] = {"body ~ /^be[^a-z]+fore/m",
                                       "body ~ /aft\xc3\xa9r/",
                                       "body ~ /^AFT\xc3\x89R$/im",
                                       "body ~ /\\p{Lu}nd/",
                                       "subject ~ / end$/",
                                       "subject ~ /\\P{L}end$/",
                                       NULL};
    struct material *material = material_new();
    struct budget budget = {RULE_BUDGET};
    struct expression_error error;
    struct regex *bytes = regex_compile(support_text("b.d$"), 0, &error);
    struct regex *characters = regex_compile(support_text("\xc3\xa9nd$"), 0, &error);

    pipeline = support_pipeline((struct patchmark_plugin *[]){&plugin, NULL});
    support_classify(pipeline, NULL, &mail,
                     "Subject: \xff\xc3 end\nContent-Type: text/plain; charset=utf-8\n\n"
                     "be\xfe"
                     "fore\xc3\naft\xc3\xa9r\n\xe2\x82\nEnd\n");
    expect_all(hold, VERDICT_YES);
    /* The core makes the text of a mail valid; these texts are not valid. */
    ck_assert_int_eq(regex_match(bytes, material->regexes,
                                 support_text("\xff b\xc3"
                                              "d"),
                                 &budget),
                     REGEX_YES);
    ck_assert_int_eq(regex_match(characters, material->regexes,
                                 support_text("\xff\xc3 \xe2\x82 \xc3\xa9nd"), &budget),
                     REGEX_YES);
    ck_assert_int_eq(
        regex_match(characters, material->regexes, support_text("\xff\xa9nd"), &budget), REGEX_NO);
    regex_free(bytes);
    regex_free(characters);
    material_free(material);
}
END_TEST

/* A pattern of ASCII only matches bytes, others match characters. */
START_TEST(matches_characters_if_the_pattern_needs_it) {
    static const struct {
        const char *pattern;
        bool needs;
    } examples[] = {
        {"abc", false},      {"\\w\\d\\s\\N", false}, {"h\xc3\xb6her", true}, {"\\p{L}", true},
        {"\\PL", true},      {"\\X", true},           {"\\x{f6}", true},      {"\\xf6", false},
        {"\\N{U+f6}", true}, {"\\o{366}", true},      {"\\\\p", false},       {"\\\\\\p{L}", true},
        {"[\\p{Lu}]", true}, {"a\\", false},
    };

    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(needs_characters(support_text(examples[i].pattern)) == examples[i].needs,
                      "%s", examples[i].pattern);
}
END_TEST

START_TEST(matches_the_first_256_kib) {
    /* A line has 16 bytes, so that 16,384 lines are 256 KiB and the limit cuts no line. */
    char *raw = mail_of("Subject: x\n", "0123456789abcde\n", 16383);
    char *full = NULL, *over = NULL;

    ck_assert_int_gt(asprintf(&full, "%s%s\n", raw, "the last of it:"), 0);
    ck_assert_int_gt(asprintf(&over, "%s%s\n", full, "too far"), 0);
    pipeline = support_pipeline((struct patchmark_plugin *[]){&plugin, NULL});
    support_classify(pipeline, NULL, &mail, full);
    ck_assert_int_eq(ask_rule("body ~ /the last of it:\\n\\z/"), VERDICT_YES);
    support_classify(pipeline, NULL, &mail, over);
    ck_assert_int_eq(ask_rule("body ~ /the last of it:\\n\\z/"), VERDICT_YES);
    ck_assert_int_eq(ask_rule("text ~ /too far/"), VERDICT_NO);
    free(raw);
    free(full);
    free(over);
}
END_TEST

/* The text is cut between two characters. */
START_TEST(cuts_no_character) {
    char *raw = mail_of("Content-Type: text/plain; charset=utf-8\n", "\xe2\x82\xac", 100000);
    struct material *material = material_new();
    struct patchmark_text text;

    pipeline = support_pipeline((struct patchmark_plugin *[]){&plugin, NULL});
    support_classify(pipeline, NULL, &mail, raw);
    material_begin(material, mail.message, mail.facts);
    text = material_body(material);
    ck_assert_uint_eq(text.length, MATERIAL_TEXT / 3 * 3);
    ck_assert_mem_eq(text.data + text.length - 3, "\xe2\x82\xac", 3);
    material_free(material);
    free(raw);
}
END_TEST

/* ---- bounds ------------------------------------------------------------------------------- */

/* Without a limit, each of them takes from a second to a century. */
START_TEST(stops_at_the_limit) {
    static const char *const rules[] = {
        "body ~ /(a+)+$/m",      /* exponential */
        "body ~ /(a|aa)+$/m",    /* likewise */
        "body ~ /(?:a*)*[xy]/",  /* likewise */
        "body ~ /\\w+\\w+[xy]/", /* cubic, and below all limits of PCRE2 */
        "body ~ /a+[xy]/",       /* quadratic */
        "body ~ /(?:a|b)*[xy]/", /* a group for each byte fills the JIT stack */
        "body ~ /(.)(?=.*\\1[xy])/s",
        "body ~ /(*NO_JIT)(a+)+$/m", /* as on systems that do not allow JIT */
        "body ~ /(*NO_JIT)\\w+\\w+[xy]/",
        "body ~ /(*NO_JIT)(?:a|b)*[xy]/",
        "body ~ /(?R)?a+(?R)?[xy]/",
        "not body ~ /(a+)+$/m",
        "body !~ /(a+)+$/m",
        "kind.kind or body ~ /(a+)+$/m",
        NULL};
    char *raw = mail_of("Subject: x\n", "aaaaaaaaaa", 20000);
    char *line = strcat(realloc(raw, strlen(raw) + 3), "!\n");

    pipeline = support_pipeline((struct patchmark_plugin *[]){&plugin, NULL});
    support_classify(pipeline, NULL, &mail, line);
    expect_all(rules, VERDICT_LIMIT);
    /* A term that is not evaluated costs nothing. */
    ck_assert_int_eq(ask_rule("kind.kind and body ~ /(a+)+$/m"), VERDICT_NO);
    ck_assert_int_eq(ask_rule("body ~ /a/ or body ~ /(a+)+$/m"), VERDICT_YES);
    free(line);
}
END_TEST

/* Typical expressions need a small part of the budget, even on the largest text. */
START_TEST(evaluates_typical_expressions_within_the_budget) {
    static const char *const rules[] = {"body ~ /security/i",
                                        "body ~ /\\bCVE-\\d{4}-\\d+\\b/",
                                        "body ~ /^Fixes: [0-9a-f]{12,40}/m",
                                        "body ~ /^(?:Reported|Suggested)-by:.*@example\\.org/mi",
                                        "body ~ /\\b(?:use.after.free|overflow|out.of.bounds)\\b/i",
                                        "body ~ /[a-z]+@example\\.net/",
                                        "body ~ /syzbot\\+[0-9a-f]+@/",
                                        NULL};
    char *raw =
        mail_of("Subject: x\n",
                "    the lines of a mail of usual words, by ada@example.org and others\n", 4000);

    pipeline = support_pipeline((struct patchmark_plugin *[]){&plugin, NULL});
    support_classify(pipeline, NULL, &mail, raw);
    expect_all(rules, VERDICT_NO);
    free(raw);
}
END_TEST

/* Header fields, files and patterns are charged to the budget too. */
START_TEST(charges_work_that_a_sender_can_multiply) {
    char *headers = mail_of("", "X-Many: y\n", 900), *raw = NULL;
    struct budget budget = {20000};
    struct material *material = material_new();
    static const char *const rules[] = {"header \"X-Many\" = \"x\"", "path = \"drivers/*x\"",
                                        "patch.files = \"x\""};

    ck_assert_int_gt(asprintf(&raw, "Subject: x%s\n", headers), 0);
    path_count = 1000;
    pipeline = support_pipeline(all_plugins);
    support_classify(pipeline, NULL, &mail, raw);
    material_begin(material, mail.message, mail.facts);
    for (size_t i = 0; i < COUNT(rules); i++) {
        struct expression_error error;
        struct expression *expression = expression_parse(NULL, support_text(rules[i]), &error);

        budget.left = 20000;
        ck_assert_ptr_nonnull(expression);
        ck_assert_msg(evaluate(expression, material, &budget) == VERDICT_LIMIT, "%s", rules[i]);
        budget.left = RULE_BUDGET; /* the whole budget is enough */
        ck_assert_msg(evaluate(expression, material, &budget) == VERDICT_NO, "%s", rules[i]);
        evaluate_free(expression);
    }
    material_free(material);
    free(headers);
    free(raw);
}
END_TEST

/* ---- running ------------------------------------------------------------------------------ */

SUITE(evaluate_suite) {
    Suite *suite = suite_create("evaluate");
    TCase *tests = tcase_create("evaluate");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, evaluates_fields);
    tcase_add_test(tests, evaluates_facts);
    tcase_add_test(tests, evaluates_an_empty_mail);
    tcase_add_test(tests, matches_text_that_is_not_utf_8);
    tcase_add_test(tests, matches_characters_if_the_pattern_needs_it);
    tcase_add_test(tests, matches_the_first_256_kib);
    tcase_add_test(tests, cuts_no_character);
    tcase_add_test(tests, stops_at_the_limit);
    tcase_add_test(tests, evaluates_typical_expressions_within_the_budget);
    tcase_add_test(tests, charges_work_that_a_sender_can_multiply);
    suite_add_tcase(suite, tests);
    return suite;
}
