/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_rules.c - what rules find in a mail, what they give it, and what a bad rule may cost.
 *
 * The facts that they read are set by plugins of this file, with names of plugins of ours.
 */
#include "support.h"

#include "evaluate.c"
#include "expression.c"
#include "known-facts.c"
#include "material.c"
#include "regex.c"
#include "rule-text.c"
#include "rule.c"
#include "rules.c"
#include "term.c"
#include "token.c"

#include <dirent.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the mail, and facts of it ------------------------------------------------------------ */

static const char mail_text[] =
    "From: Ada Example <Ada@Example.org>\n"
    "To: devel@lists.example.org, other@example.com\n"
    "Cc: first@example.org\n"
    "Cc: second@example.org\n"
    "List-Id: Development <Devel.Lists.Example.org>\n"
    "Subject: [PATCH RFC\n  v4] tide: =?utf-8?q?h=C3=B6her?=\n"
    "X-Empty:\n"
    "Message-ID: <1@example.org>\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: text/plain; charset=utf-8\n\n"
    "first line\n> quoted line\n  indented line\nFixes: 0123456789ab\n\n"
    "--b\nContent-Type: text/html\n\n<p>marked up</p>\n"
    "--b\nContent-Type: text/x-patch; name=a.patch\n"
    "Content-Disposition: attachment; filename=a.patch\n\n+attached line\n"
    "--b\nContent-Type: text/plain\n\nlast line, M\xc3\xbcller\r\n--b--\n";

static void add_text(struct patchmark_facts *facts, const char *key, const char *text) {
    patchmark_fact_add(facts, key, support_text(text));
}

static int subject_classify(void *self, const struct patchmark_message *message,
                            struct patchmark_facts *facts) {
    (void)self, (void)message;
    patchmark_fact_set_bool(facts, "rfc", true);
    patchmark_fact_set_bool(facts, "reply", false);
    patchmark_fact_set_int(facts, "part", 0);
    patchmark_fact_set_string(facts, "title", "tide: h\xc3\xb6her");
    add_text(facts, "tree", "net-next");
    add_text(facts, "tree", "5.10");
    return 0;
}

static int path_count = 2; /* of the mails from now on */

static int patch_classify(void *self, const struct patchmark_message *message,
                          struct patchmark_facts *facts) {
    char path[64];

    (void)self, (void)message;
    for (int i = 2; i < path_count; i++) {
        snprintf(path, sizeof(path), "drivers/net/file-%d.c", i);
        add_text(facts, "files", path);
    }
    add_text(facts, "files", "arch/arm64/kvm/mmu.c");
    add_text(facts, "files", "Documentation/Tide.rst");
    patchmark_fact_set_int(facts, "insertions", 500);
    return 0;
}

static int mine_classify(void *self, const struct patchmark_message *message,
                         struct patchmark_facts *facts) {
    (void)self, (void)message;
    patchmark_fact_set_bool(facts, "good", true);
    patchmark_fact_set_bool(facts, "bad", false);
    patchmark_fact_set_int(facts, "count", -5);
    patchmark_fact_set_string(facts, "word", "salt");
    patchmark_fact_set_string(facts, "empty", "");
    add_text(facts, "words", "sweet");
    add_text(facts, "words", "sour");
    return 0;
}

static const struct patchmark_fact subject_facts[] = {{"rfc", PATCHMARK_BOOL, ""},
                                                      {"reply", PATCHMARK_BOOL, ""},
                                                      {"part", PATCHMARK_INT, ""},
                                                      {"title", PATCHMARK_STRING, ""},
                                                      {"tree", PATCHMARK_LIST, ""},
                                                      {"version", PATCHMARK_INT, ""},
                                                      {NULL, 0, NULL}};
static const struct patchmark_fact patch_facts[] = {{"files", PATCHMARK_LIST, ""},
                                                    {"insertions", PATCHMARK_INT, ""},
                                                    {NULL, 0, NULL}};
static const struct patchmark_fact mine_facts[] = {
    {"good", PATCHMARK_BOOL, ""},    {"bad", PATCHMARK_BOOL, ""},
    {"count", PATCHMARK_INT, ""},    {"word", PATCHMARK_STRING, ""},
    {"empty", PATCHMARK_STRING, ""}, {"words", PATCHMARK_LIST, ""},
    {"unset", PATCHMARK_LIST, ""},   {NULL, 0, NULL}};

#define GIVEN(called)                                                                 \
    {                                                                                 \
        .struct_size = sizeof(struct patchmark_plugin), .abi = PATCHMARK_ABI,         \
        .kind = PATCHMARK_CLASSIFIER, .threads = PATCHMARK_PARALLEL, .name = #called, \
        .version = "1", .summary = "facts for tests", .provides = called##_facts,     \
        .classify = called##_classify                                                 \
    }

static struct patchmark_plugin given_subject = GIVEN(subject), given_patch = GIVEN(patch),
                               given_mine = GIVEN(mine);
/* Rules come first, so that only their `uses` put them behind; what they know nothing of, `mine`,
 * has to be in front. */
static struct patchmark_plugin *const all_plugins[] = {&given_mine, &plugin, &given_subject,
                                                       &given_patch, NULL};

static struct mail mail;
static struct pipeline *pipeline;

static void setup(void) {
    patchmark_plugin(); /* fills its descriptor in */
    support_folder_make();
    support_mail_init(&mail);
    support_log_start();
}

static void teardown(void) {
    mail_free(&mail);
    if (pipeline)
        pipeline_release(pipeline);
    pipeline = NULL;
    support_folder_remove();
}

/* ---- evaluation --------------------------------------------------------------------------- */

/* What the rule TEXT says of the mail, with a whole rule's budget. */
static enum verdict ask_rule(const char *text) {
    struct material *material = material_new();
    struct budget budget = {RULE_BUDGET};
    struct expression_error error;
    struct expression *expression = expression_parse(support_text(text), &error);
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
                                              : "too much");
}

START_TEST(asks_of_fields) {
    static const char *const hold[] = {
        /* subject: unfolded and decoded */
        "subject = \"[PATCH RFC  v4] tide: h\xc3\xb6her\"", "subject ~ /^\\[PATCH/",
        "subject ~ /patch/i", "subject ~ /RFC\\s+v4/", "subject ~ /h\xc3\x96HER$/i",
        "subject ~ /h..her$/", "subject",
        /* header: any of them, any case of the name */
        "header \"cc\" ~ /^second@/", "header \"Cc\" = \"first@example.org\"", "header \"X-Empty\"",
        "header \"X-Empty\" = \"\"", "header \"X-Missing\" !~ /./", "not header \"X-Missing\"",
        "header \"To\" ~ /devel@/ and header \"To\" ~ /other@/",
        /* body: own text in text/plain; text: all */
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

START_TEST(asks_of_facts) {
    static const char *const hold[] = {
        /* bool */
        "subject.rfc", "subject.rfc = true", "subject.rfc != false", "not subject.reply",
        "subject.reply = false", "mine.good", "mine.good = true", "mine.bad = false",
        "not mine.bad",
        /* int; 0 is a number like others */
        "subject.part", "subject.part = 0", "subject.part < 1", "subject.part <= 0",
        "subject.part >= 0", "subject.part > -1", "subject.part != 1", "patch.insertions >= 500",
        "patch.insertions <= 500", "patch.insertions = 500", "mine.count", "mine.count = -5",
        "mine.count < 0", "mine.count >= -5",
        /* string: whole, in its case */
        "subject.title", "subject.title ~ /^tide: /", "mine.word = \"salt\"", "mine.word ~ /al/",
        "mine.word != \"Salt\"", "mine.word != \"sal\"", "not mine.empty", "mine.empty = \"\"",
        /* list: any item */
        "subject.tree", "subject.tree = \"net-next\"", "subject.tree = \"5.10\"",
        "subject.tree ~ /^net/", "subject.tree !~ /^stable/", "mine.words = \"sour\"",
        "mine.words ~ /^sw/", "patch.files ~ /mmu/",
        /* not set: nothing is true of it, so that != and !~ are */
        "not subject.version", "subject.version != 3", "not mine.unset", "mine.unset != \"x\"",
        "mine.unset !~ /./", "not nobody.knows", "nobody.knows != 3", "nobody.knows != true",
        "nobody.knows != false", "not series.id",
        /* the wrong type is as not set */
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

START_TEST(asks_of_an_empty_mail) {
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

/* A mail whose body is BODY, COUNT times. */
static char *mail_of(const char *headers, const char *body, size_t count) {
    char *raw = malloc(strlen(headers) + 1 + count * strlen(body) + 1);
    char *at = stpcpy(stpcpy(raw, headers), "\n");

    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, body);
    return raw;
}

START_TEST(bears_text_that_is_not_utf_8) {
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
    /* And where no core has made it valid: PCRE2 itself. */
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

/* Bytes where a pattern has nothing but ASCII, characters where it has more. */
START_TEST(knows_when_characters_matter) {
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

START_TEST(looks_at_the_first_256_kib) {
    /* 16 bytes a line, so that 16,384 of them are 256 KiB, and the limit cuts none. */
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

/* The cut goes between two characters. */
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

/* Each takes a second to a century when nobody stops it. */
START_TEST(gives_up_what_takes_too_long) {
    static const char *const rules[] = {
        "body ~ /(a+)+$/m",      /* exponential */
        "body ~ /(a|aa)+$/m",    /* likewise */
        "body ~ /(?:a*)*[xy]/",  /* likewise */
        "body ~ /\\w+\\w+[xy]/", /* cubic, and past none of PCRE2's limits */
        "body ~ /a+[xy]/",       /* square */
        "body ~ /(?:a|b)*[xy]/", /* a group for each byte: the stack of JIT */
        "body ~ /(.)(?=.*\\1[xy])/s",
        "body ~ /(*NO_JIT)(a+)+$/m", /* as where JIT is forbidden */
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
    /* Not asked is not too long. */
    ck_assert_int_eq(ask_rule("kind.kind and body ~ /(a+)+$/m"), VERDICT_NO);
    ck_assert_int_eq(ask_rule("body ~ /a/ or body ~ /(a+)+$/m"), VERDICT_YES);
    free(line);
}
END_TEST

/* What people write takes a small part of the budget, on the largest text as well. */
START_TEST(takes_ordinary_expressions) {
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

/* Many fields, files and globs are paid for as well. */
START_TEST(pays_for_what_a_sender_can_multiply) {
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
        struct expression *expression = expression_parse(support_text(rules[i]), &error);

        budget.left = 20000;
        ck_assert_ptr_nonnull(expression);
        ck_assert_msg(evaluate(expression, material, &budget) == VERDICT_LIMIT, "%s", rules[i]);
        budget.left = RULE_BUDGET; /* but there is enough for all of them */
        ck_assert_msg(evaluate(expression, material, &budget) == VERDICT_NO, "%s", rules[i]);
        evaluate_free(expression);
    }
    material_free(material);
    free(headers);
    free(raw);
}
END_TEST

/* ---- the plugin --------------------------------------------------------------------------- */

/* A pipeline with these options; a list as {'...'}; NULL: not set.  NULL: it would not open. */
static struct pipeline *open_rules(const char *labels, const char *flags, const char *table) {
    struct configuration *configuration = support_configuration("", all_plugins);

    if (labels)
        support_option(configuration, "rules", "label", labels);
    if (flags)
        support_option(configuration, "rules", "flag", flags);
    if (table)
        support_option(configuration, "rules", "table", table);
    return pipeline_new(configuration);
}

/* Items of a list fact, parted by blanks. */
static const char *words_of(const char *fact) {
    static char words[2048];
    size_t length = 0;

    words[0] = '\0';
    for (size_t i = 0; i < patchmark_fact_count(mail.facts, fact); i++)
        length += (size_t)snprintf(words + length, sizeof(words) - length, "%s%s", i > 0 ? " " : "",
                                   patchmark_fact_item(mail.facts, fact, i));
    return words;
}

static const char *header_of(const char *name) {
    for (size_t i = 0; i < mail.header_count; i++)
        if (strcmp(mail.headers[i].name, name) == 0)
            return mail.headers[i].value;
    return NULL;
}

START_TEST(gives_labels_and_flags) {
    pipeline = open_rules("{'kvm: path = \"arch/*/kvm/*\"', 'docs: path ~ /\\.rst$/', "
                          "'no: subject.reply', 'kvm: subject ~ /kvm/ or subject.rfc'}",
                          "{'big: patch.insertions >= 500', 'rfc: subject.rfc'}", NULL);
    ck_assert_ptr_nonnull(pipeline);
    support_classify(pipeline, NULL, &mail, mail_text);
    ck_assert_str_eq(words_of("rules.labels"), "kvm docs"); /* each once, in order */
    ck_assert_str_eq(words_of("rules.flags"), "big rfc");
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "rules.matched", -1), 5);
    ck_assert_str_eq(header_of("Patchmark-Labels"), "kvm docs");
    ck_assert_str_eq(header_of("Patchmark-Flags"), "rfc big"); /* known ones first */
}
END_TEST

START_TEST(gives_nothing_without_rules) {
    pipeline = open_rules(NULL, NULL, NULL);
    ck_assert_ptr_nonnull(pipeline);
    support_classify(pipeline, NULL, &mail, mail_text);
    ck_assert(!patchmark_fact_is_set(mail.facts, "rules.labels"));
    ck_assert(!patchmark_fact_is_set(mail.facts, "rules.flags"));
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "rules.matched", -1), 0);
}
END_TEST

static void rules_write(const char *path, const char *text) {
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* A path in the folder of the test; valid until the next. */
static const char *path_in(const char *name) {
    static char path[400];

    snprintf(path, sizeof(path), "%s/%s", support_folder, name);
    return path;
}

START_TEST(reads_a_table) {
    rules_write(path_in("rules"), "# ours\n"
                                  "label kvm if path = \"arch/*/kvm/*\"\n"
                                  "    and not subject.reply # only postings\n\n"
                                  "flag big if patch.insertions >= 500\n"
                                  "label never if body ~ /zzz/\n");
    pipeline = open_rules("{'first: subject.rfc'}", NULL, path_in("rules"));
    ck_assert_ptr_nonnull(pipeline);
    support_classify(pipeline, NULL, &mail, mail_text);
    ck_assert_str_eq(words_of("rules.labels"), "first kvm");
    ck_assert_str_eq(words_of("rules.flags"), "big");
}
END_TEST

/* Both kinds of place; and all that is wrong is told at once. */
START_TEST(refuses_wrong_rules) {
    struct configuration *configuration = support_configuration("", all_plugins);
    char expected[600];

    rules_write(path_in("rules"), "label a if subject.rfc\n"
                                  "label b if subject.rfc and\n"
                                  "    path = 3\n"
                                  "lable c if subject.rfc\n"
                                  "label d if body ~ /a(b/\n"
                                  "label e if body ~ /\\C/\n"
                                  "label f if body ~ /(*UTF)a/\n");
    support_option(configuration, "rules", "label",
                   "{'a: subject.rfc', 'b subject.rfc', 'c: subject ~ /x(/'}");
    support_option(configuration, "rules", "flag", "{'d: kind.kin'}");
    support_option(configuration, "rules", "table", path_in("rules"));
    for (size_t i = 0; i < configuration->plugin_count; i++)
        for (size_t j = 0; j < configuration->plugins[i].value_count; j++) {
            configuration->plugins[i].values[j].file = (char *)"patchmark.conf";
            configuration->plugins[i].values[j].line = 7 + (int)j;
        }
    ck_assert_ptr_null(pipeline_new(configuration));
    ck_assert_uint_eq(support_logged(
                          "patchmark.conf:7: plugin \"rules\": option 'label' item 2, column 2: a "
                          "colon and a blank must follow the word: \"WORD: EXPRESSION\"\n"),
                      1);
    ck_assert_uint_eq(support_logged("patchmark.conf:7: plugin \"rules\": option 'label' item 3 "
                                     "(c), column 17: missing closing parenthesis\n"),
                      1);
    ck_assert_uint_eq(support_logged(
                          "patchmark.conf:8: plugin \"rules\": option 'flag' item 1 (d), column 4: "
                          "there is no fact 'kind.kin'; kind has confidence, kind\n"),
                      1);
    snprintf(expected, sizeof(expected),
             "plugin rules: %s:3:10: path: it takes = and != with \"pattern\", ~ and !~ with "
             "/regex/\n",
             path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    snprintf(expected, sizeof(expected),
             "plugin rules: %s:4:1: a rule begins with label or flag, at the start of its line\n",
             path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    snprintf(expected, sizeof(expected), "plugin rules: %s:5:23: missing closing parenthesis\n",
             path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    snprintf(expected, sizeof(expected), "%s:6:", path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    snprintf(expected, sizeof(expected), "%s:7:", path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    ck_assert_uint_eq(support_logged("plugin rules would not start\n"), 1);
}
END_TEST

START_TEST(tells_twenty_mistakes) {
    FILE *file = fopen(path_in("rules"), "w");

    for (int i = 0; i < 100; i++)
        fprintf(file, "label a%d if nothing\n", i);
    fclose(file);
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("rules")));
    ck_assert_uint_eq(support_logged("there is no term 'nothing'"), 20);
    ck_assert_uint_eq(support_logged("there are more mistakes in the rules\n"), 1);
}
END_TEST

START_TEST(refuses_wrong_files) {
    FILE *file;

    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("missing")));
    ck_assert_uint_eq(support_logged("missing: No such file or directory\n"), 1);
    ck_assert_ptr_null(open_rules(NULL, NULL, "rules"));
    ck_assert_uint_eq(support_logged("names rules: its path must be absolute\n"), 1);
    ck_assert_ptr_null(open_rules(NULL, NULL, support_folder));
    ck_assert_uint_eq(support_logged(": it is not a regular file\n"), 1);
    ck_assert_int_eq(mkfifo(path_in("pipe"), 0600), 0); /* must not wait for a writer */
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("pipe")));
    ck_assert_uint_eq(support_logged(": it is not a regular file\n"), 2);

    file = fopen(path_in("nul"), "w");
    fwrite("label a if a.a\n\0", 1, 16, file);
    fclose(file);
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("nul")));
    ck_assert_uint_eq(support_logged("nul: it has NUL bytes\n"), 1);
    file = fopen(path_in("large"), "w");
    for (size_t i = 0; i <= RULES_FILE_BYTES; i++)
        fputc('\n', file);
    fclose(file);
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("large")));
    ck_assert_uint_eq(support_logged("large: it has more than 1 MiB\n"), 1);
    ck_assert_int_eq(truncate(path_in("large"), RULES_FILE_BYTES), 0);
    pipeline = open_rules(NULL, NULL, path_in("large"));
    ck_assert_ptr_nonnull(pipeline);
}
END_TEST

/* A new configuration has its rules from the file as it is then; a wrong one leaves the old. */
START_TEST(reads_the_table_again) {
    struct pipeline *other;

    rules_write(path_in("rules"), "label old if subject.rfc\n");
    pipeline = open_rules(NULL, NULL, path_in("rules"));
    rules_write(path_in("rules"), "label wrong if\n");
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("rules")));
    support_classify(pipeline, NULL, &mail, mail_text);
    ck_assert_str_eq(words_of("rules.labels"), "old");
    rules_write(path_in("rules"), "label new if subject.rfc\n");
    other = open_rules(NULL, NULL, path_in("rules"));
    ck_assert_ptr_nonnull(other);
    support_classify(other, NULL, &mail, mail_text);
    ck_assert_str_eq(words_of("rules.labels"), "new");
    support_classify(pipeline, NULL, &mail, mail_text);
    ck_assert_str_eq(words_of("rules.labels"), "old");
    mail_reset(&mail);
    pipeline_release(other);
}
END_TEST

START_TEST(bears_a_thousand_rules) {
    FILE *file = fopen(path_in("rules"), "w");

    for (int i = 0; i < 1000; i++)
        fprintf(
            file,
            "label l%d if subject.rfc and path = \"arch/arm64/kvm/mmu.%s\" and body ~ /first/\n", i,
            i % 10 == 0 ? "c" : "h");
    fclose(file);
    pipeline = open_rules(NULL, NULL, path_in("rules"));
    ck_assert_ptr_nonnull(pipeline);
    support_classify(pipeline, NULL, &mail, mail_text);
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "rules.matched", -1), 100);
    /* No more than fit on a mail. */
    ck_assert_uint_eq(patchmark_fact_count(mail.facts, "rules.labels"), 64);
    ck_assert_str_eq(patchmark_fact_item(mail.facts, "rules.labels", 63), "l630");
    ck_assert_uint_eq(support_logged("too much"), 0);
}
END_TEST

START_TEST(bounds_the_number_of_rules) {
    FILE *file = fopen(path_in("rules"), "w");

    for (int i = 0; i < RULES_MOST; i++)
        fprintf(file, "label l if subject.rfc\n");
    fclose(file);
    pipeline = open_rules(NULL, NULL, path_in("rules"));
    ck_assert_ptr_nonnull(pipeline);
    ck_assert_ptr_null(open_rules("{'one: subject.rfc'}", NULL, path_in("rules")));
    ck_assert_uint_eq(
        support_logged("rules:10000:12: there is no room for more than 10000 rules\n"), 1);
}
END_TEST

/* ---- rules that fail ---------------------------------------------------------------------- */

static const char failing_rules[] =
    "{'before: subject', 'slow: body ~ /(a+)+$/m', 'after: subject'}";

START_TEST(switches_a_failing_rule_off) {
    char *raw = mail_of("Subject: x\nMessage-ID: <7@example.org>\n", "aaaaaaaaaa", 20);
    char *line = strcat(realloc(raw, strlen(raw) + 3), "!\n");

    pipeline = open_rules(failing_rules, NULL, NULL);
    for (int i = 1; i <= 12; i++) {
        support_classify(pipeline, NULL, &mail, line);
        ck_assert_str_eq(words_of("rules.labels"), "before after"); /* others go on */
        ck_assert_uint_eq(support_logged(
                              "the rule for slow (item 2 of option 'label') took too much work "
                              "on <7@example.org> and says nothing of it"),
                          1);
        ck_assert_uint_eq(support_logged(
                              "the rule for slow (item 2 of option 'label') took too much work "
                              "on 10 mails in a row and is switched off"),
                          i >= 10);
    }
    ck_assert_uint_eq(support_logged("\n"), 2);
    /* From now on it is not even asked. */
    support_classify(pipeline, NULL, &mail, "Subject: x\n\naaa\n");
    ck_assert_str_eq(words_of("rules.labels"), "before after");
    /* Until the configuration is read again. */
    mail_reset(&mail);
    pipeline_release(pipeline);
    pipeline = open_rules(failing_rules, NULL, NULL);
    support_classify(pipeline, NULL, &mail, "Subject: x\n\naaa\n");
    ck_assert_str_eq(words_of("rules.labels"), "before slow after");
    free(line);
}
END_TEST

/* Mails that it can judge between them make no row. */
START_TEST(forgives_a_rule_that_works_again) {
    char *raw = mail_of("Subject: x\n", "aaaaaaaaaa", 20);
    char *line = strcat(realloc(raw, strlen(raw) + 3), "!\n");

    pipeline = open_rules(failing_rules, NULL, NULL);
    for (int i = 1; i <= 40; i++) {
        support_classify(pipeline, NULL, &mail, i % 10 == 0 ? "Subject: x\n\naaa\n" : line);
        ck_assert_str_eq(words_of("rules.labels"),
                         i % 10 == 0 ? "before slow after" : "before after");
    }
    ck_assert_uint_eq(support_logged("switched off"), 0);
    ck_assert_uint_eq(support_logged("took too much work"), 1);
    free(line);
}
END_TEST

/* Four bad rules take all that a mail may cost; those behind are not blamed for it. */
START_TEST(bounds_all_rules_together) {
    char *raw = mail_of("Subject: x\n", "aaaaaaaaaa", 20000);
    char *line = strcat(realloc(raw, strlen(raw) + 3), "!\n");

    pipeline = open_rules("{'before: subject', 's1: body ~ /(a+)+[xy]/', 's2: body ~ /(a+)+[xz]/', "
                          "'s3: body ~ /a+[xy]/', 's4: body ~ /\\w+[xy]/', 'after: subject ~ /x/', "
                          "'after2: body ~ /a/'}",
                          NULL, NULL);
    support_classify(pipeline, NULL, &mail, line);
    ck_assert_str_eq(words_of("rules.labels"), "before");
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "rules.matched", -1), 1);
    ck_assert_uint_eq(support_logged("the rules took too much work on <>; the one for s"), 1);
    for (int i = 0; i < 9; i++)
        support_classify(pipeline, NULL, &mail, line);
    /* The bad ones are off now, and there is room for the others. */
    ck_assert_uint_ge(support_logged("is switched off"), 3);
    ck_assert_uint_eq(support_logged("the rule for after"), 0);
    for (int i = 0; i < 10; i++)
        support_classify(pipeline, NULL, &mail, line);
    ck_assert_str_eq(words_of("rules.labels"), "before after after2");
    ck_assert_uint_eq(support_logged("the rules took too much work"), 1);
    free(line);
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------ */

static void *classify_many(void *data) {
    struct mail own;

    (void)data;
    ck_assert_int_eq(mail_init(&own), 0);
    for (int i = 0; i < 200; i++) {
        support_classify(pipeline, NULL, &own,
                         i % 2 ? mail_text : "Subject: plain\n\nfirst line\n");
        ck_assert_uint_eq(patchmark_fact_count(own.facts, "rules.labels"), i % 2 ? 3 : 2);
    }
    mail_free(&own);
    return NULL;
}

START_TEST(runs_on_many_threads) {
    pthread_t threads[4];

    pipeline = open_rules("{'a: body ~ /^first (?:line|row)$/m', 'b: text ~ /quoted/', "
                          "'c: path = \"arch/\" and text ~ /^first/m'}",
                          NULL, NULL);
    for (size_t i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, classify_many, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
}
END_TEST

/* ---- the table of known facts ------------------------------------------------------------- */

/* A configuration that loads every plugin of the source tree but sinks. */
static void write_configuration(const char *path, const char *plugins) {
    FILE *file = fopen(path, "w");
    DIR *folder = opendir(plugins);
    const struct dirent *entry;

    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(folder);
    fprintf(file, "plugin \"subsystem\" { maintainers = \"%s/MAINTAINERS\" }\n", support_folder);
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "file") != 0 &&
            strcmp(entry->d_name, "redis") != 0 && strcmp(entry->d_name, "rules") != 0 &&
            strcmp(entry->d_name, "subsystem") != 0)
            fprintf(file, "plugin \"%s\" { }\n", entry->d_name);
    closedir(folder);
    fclose(file);
}

START_TEST(knows_the_facts_of_all_plugins) {
    static const char *const type_names[] = {"", "bool", "int", "string", "list"};
    const char *program = getenv("PATCHMARK"), *source = getenv("SOURCE");
    char command[1024], line[512], name[128], type[32];
    size_t seen = 0, known = 0;
    FILE *out;

    ck_assert_msg(program && source, "PATCHMARK and SOURCE must be set, as make check does");
    rules_write(path_in("MAINTAINERS"), "A SECTION\nF:\ta/\n");
    snprintf(command, sizeof(command), "%s/plugins", source);
    write_configuration(path_in("all.conf"), command);
    snprintf(command, sizeof(command), "'%s' plugins --config='%s'", program, path_in("all.conf"));
    out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    while (fgets(line, sizeof(line), out))
        if (sscanf(line, " fact %127s %31s", name, type) == 2) {
            seen++;
            ck_assert_msg(known_fact_type(name) != 0, "%s is missing", name);
            ck_assert_msg(strcmp(type_names[known_fact_type(name)], type) == 0, "%s is a %s", name,
                          type);
        }
    ck_assert_int_eq(pclose(out), 0);
    while (known_facts[known])
        known++;
    ck_assert_uint_eq(seen, known); /* none that is no longer there */
}
END_TEST

/* ---- running ------------------------------------------------------------------------------ */

int main(void) {
    Suite *suite = suite_create("rules");
    TCase *tests = tcase_create("rules");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, asks_of_fields);
    tcase_add_test(tests, asks_of_facts);
    tcase_add_test(tests, asks_of_an_empty_mail);
    tcase_add_test(tests, bears_text_that_is_not_utf_8);
    tcase_add_test(tests, knows_when_characters_matter);
    tcase_add_test(tests, looks_at_the_first_256_kib);
    tcase_add_test(tests, cuts_no_character);
    tcase_add_test(tests, gives_up_what_takes_too_long);
    tcase_add_test(tests, takes_ordinary_expressions);
    tcase_add_test(tests, pays_for_what_a_sender_can_multiply);
    tcase_add_test(tests, gives_labels_and_flags);
    tcase_add_test(tests, gives_nothing_without_rules);
    tcase_add_test(tests, reads_a_table);
    tcase_add_test(tests, refuses_wrong_rules);
    tcase_add_test(tests, tells_twenty_mistakes);
    tcase_add_test(tests, refuses_wrong_files);
    tcase_add_test(tests, reads_the_table_again);
    tcase_add_test(tests, bears_a_thousand_rules);
    tcase_add_test(tests, bounds_the_number_of_rules);
    tcase_add_test(tests, switches_a_failing_rule_off);
    tcase_add_test(tests, forgives_a_rule_that_works_again);
    tcase_add_test(tests, bounds_all_rules_together);
    tcase_add_test(tests, runs_on_many_threads);
    tcase_add_test(tests, knows_the_facts_of_all_plugins);
    suite_add_tcase(suite, tests);
    return support_run(suite);
}
