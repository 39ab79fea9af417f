/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_rules.c - tests of the plugin: its options and files, the facts that it sets, and rules that
 * exceed their budget.
 */
#define TESTS rules
#include "test_rules.h"

#include <dirent.h>

/* ---- the plugin --------------------------------------------------------------------------- */

/* Returns a pipeline of the plugin with these options; NULL if it cannot be opened.  An option that
 * is NULL is not set; LABELS and FLAGS are lists in the syntax of the configuration, {'...'}. */
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

/* Returns the items of the list FACT, separated by spaces.  The string is valid until the next
 * call.
 */
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

START_TEST(sets_labels_and_flags) {
    pipeline = open_rules("{'kvm: path = \"arch/*/kvm/*\"', 'docs: path ~ /\\.rst$/', "
                          "'no: subject.reply', 'kvm: subject ~ /kvm/ or subject.rfc'}",
                          "{'big: patch.insertions >= 500', 'rfc: subject.rfc'}", NULL);
    ck_assert_ptr_nonnull(pipeline);
    support_classify(pipeline, NULL, &mail, mail_text);
    ck_assert_str_eq(words_of("rules.labels"), "kvm docs"); /* each once, in the order of rules */
    ck_assert_str_eq(words_of("rules.flags"), "big rfc");
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "rules.matched", -1), 5);
    ck_assert_str_eq(header_of("Patchmark-Labels"), "kvm docs");
    ck_assert_str_eq(header_of("Patchmark-Flags"), "rfc big"); /* flags of patchmark first */
}
END_TEST

START_TEST(sets_no_words_without_rules) {
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

/* Returns the path of NAME in the folder of the test.  The string is valid until the next call. */
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

START_TEST(explains_which_rule_matched) {
    const struct facts_explanation *all;
    char expected[600];
    size_t count;

    rules_write(path_in("rules"), "# ours\n"
                                  "label kvm if path = \"arch/*/kvm/*\"\n"
                                  "label never if body ~ /zzz/\n");
    pipeline = open_rules(NULL, "{'no: subject.reply', 'rfc: subject.rfc'}", path_in("rules"));
    ck_assert_ptr_nonnull(pipeline);
    support_read(&mail, mail_text, -1);
    mail.explained = true;
    pipeline_run(pipeline, NULL, &mail);
    all = facts_explanations(mail.facts, &count);
    while (count > 0 && strcmp(all->what, "rules") != 0)
        all++, count--;
    ck_assert_uint_ge(count, 2);
    ck_assert_str_eq(all[0].why, "flag rfc: item 2 of option 'flag'");
    snprintf(expected, sizeof(expected), "label kvm: %s:2", path_in("rules"));
    ck_assert_str_eq(all[1].what, "rules");
    ck_assert_str_eq(all[1].why, expected);
    ck_assert(count == 2 || strcmp(all[2].what, "rules") != 0);
}
END_TEST

/* All errors are logged at once, those of options and those of the file with their positions. */
START_TEST(rejects_invalid_rules) {
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
    support_option(configuration, "rules", "flag", "{'d: mine.goood'}");
    support_option(configuration, "rules", "table", path_in("rules"));
    for (size_t i = 0; i < configuration->plugin_count; i++)
        for (size_t j = 0; j < configuration->plugins[i].value_count; j++) {
            configuration->plugins[i].values[j].place =
                configuration_place(&support_arena, "patchmark.conf", 7 + (int)j);
        }
    ck_assert_ptr_null(pipeline_new(configuration));
    ck_assert_uint_eq(
        support_logged("patchmark.conf:7: plugin \"rules\": option 'label' item 2, column 2: the "
                       "word must be followed by a colon and a blank: \"WORD: EXPRESSION\"\n"),
        1);
    ck_assert_uint_eq(support_logged("patchmark.conf:7: plugin \"rules\": option 'label' item 3 "
                                     "(c), column 17: missing closing parenthesis\n"),
                      1);
    ck_assert_uint_eq(support_logged(
                          "patchmark.conf:8: plugin \"rules\": option 'flag' item 1 (d), column 4: "
                          "unknown fact 'mine.goood': plugin mine provides good, bad, count, word, "
                          "empty, words, unset, flags, labels\n"),
                      1);
    snprintf(expected, sizeof(expected),
             "plugin rules: %s:3:10: path supports = and != with \"pattern\", ~ and !~ with "
             "/regex/\n",
             path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    snprintf(
        expected, sizeof(expected),
        "plugin rules: %s:4:1: a rule must start with label or flag, at the start of its line\n",
        path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    snprintf(expected, sizeof(expected), "plugin rules: %s:5:23: missing closing parenthesis\n",
             path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    snprintf(expected, sizeof(expected), "%s:6:", path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    snprintf(expected, sizeof(expected), "%s:7:", path_in("rules"));
    ck_assert_uint_eq(support_logged(expected), 1);
    ck_assert_uint_eq(support_logged("cannot be started"), 0); /* the reasons are there */
}
END_TEST

/* In double quotes, the configuration has replaced \b by a backspace, which no mail has.  A tab and
 * the end of a line are what they are in single quotes. */
START_TEST(warns_of_control_characters) {
    pipeline_release(open_rules("{\"a: subject ~ /\\bCVE/\"}", NULL, NULL));
    ck_assert_uint_eq(support_logged("plugin rules: option 'label' item 1, column 15: control "
                                     "character 0x08, as of \\b in double quotes; write the rule "
                                     "in single quotes\n"),
                      1);
    support_log_start();
    pipeline_release(
        open_rules("{'a: subject ~ /\\bCVE/', \"b: subject ~ /x\\ty\\n/\"}", NULL, NULL));
    ck_assert_uint_eq(support_logged("control character"), 0);
}
END_TEST

START_TEST(logs_at_most_twenty_errors) {
    FILE *file = fopen(path_in("rules"), "w");

    for (int i = 0; i < 100; i++)
        fprintf(file, "label a%d if nothing\n", i);
    fclose(file);
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("rules")));
    ck_assert_uint_eq(support_logged("unknown term 'nothing'"), 20);
    ck_assert_uint_eq(support_logged("further errors in the rules are not logged\n"), 1);
}
END_TEST

START_TEST(rejects_unreadable_files) {
    FILE *file;

    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("missing")));
    ck_assert_uint_eq(support_logged("missing: No such file or directory\n"), 1);
    ck_assert_ptr_null(open_rules(NULL, NULL, "rules"));
    ck_assert_uint_eq(support_logged("names rules: the path must be absolute\n"), 1);
    ck_assert_ptr_null(open_rules(NULL, NULL, support_folder));
    ck_assert_uint_eq(support_logged(": not a regular file\n"), 1);
    ck_assert_int_eq(mkfifo(path_in("pipe"), 0600), 0); /* must not wait for a writer */
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("pipe")));
    ck_assert_uint_eq(support_logged(": not a regular file\n"), 2);

    file = fopen(path_in("nul"), "w");
    fwrite("label a if a.a\n\0", 1, 16, file);
    fclose(file);
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("nul")));
    ck_assert_uint_eq(support_logged("nul: contains NUL bytes\n"), 1);
    file = fopen(path_in("large"), "w");
    for (size_t i = 0; i <= RULES_FILE_BYTES; i++)
        fputc('\n', file);
    fclose(file);
    ck_assert_ptr_null(open_rules(NULL, NULL, path_in("large")));
    ck_assert_uint_eq(support_logged("large: larger than 1 MiB\n"), 1);
    ck_assert_int_eq(truncate(path_in("large"), RULES_FILE_BYTES), 0);
    pipeline = open_rules(NULL, NULL, path_in("large"));
    ck_assert_ptr_nonnull(pipeline);
}
END_TEST

/* A reload reads the file again; if it is invalid, the old rules stay active. */
START_TEST(reads_the_table_on_reload) {
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

START_TEST(evaluates_a_thousand_rules) {
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
    /* No more than WORDS_MOST. */
    ck_assert_uint_eq(patchmark_fact_count(mail.facts, "rules.labels"), 64);
    ck_assert_str_eq(patchmark_fact_item(mail.facts, "rules.labels", 63), "l630");
    ck_assert_uint_eq(support_logged("limit of work"), 0);
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
    ck_assert_uint_eq(support_logged("rules:10000:12: cannot hold more than 10000 rules\n"), 1);
}
END_TEST

/* ---- rules that exceed their budget ------------------------------------------------------- */

static const char failing_rules[] =
    "{'before: subject', 'slow: body ~ /(a+)+$/m', 'after: subject'}";

START_TEST(switches_a_failing_rule_off) {
    char *raw = mail_of("Subject: x\nMessage-ID: <7@example.org>\n", "aaaaaaaaaa", 20);
    char *line = strcat(realloc(raw, strlen(raw) + 3), "!\n");

    pipeline = open_rules(failing_rules, NULL, NULL);
    for (int i = 1; i <= 12; i++) {
        support_classify(pipeline, NULL, &mail, line);
        ck_assert_str_eq(words_of("rules.labels"), "before after"); /* the other rules continue */
        ck_assert_uint_eq(support_logged(
                              "the rule for slow (item 2 of option 'label') exceeded its limit "
                              "of work on <7@example.org> and sets nothing on that mail"),
                          1);
        ck_assert_uint_eq(support_logged(
                              "the rule for slow (item 2 of option 'label') exceeded its limit "
                              "of work on 10 mails in a row and is switched off"),
                          i >= 10);
    }
    ck_assert_uint_eq(support_logged("\n"), 2);
    /* It is not evaluated any more. */
    support_classify(pipeline, NULL, &mail, "Subject: x\n\naaa\n");
    ck_assert_str_eq(words_of("rules.labels"), "before after");
    /* A reload switches it on again. */
    mail_reset(&mail);
    pipeline_release(pipeline);
    pipeline = open_rules(failing_rules, NULL, NULL);
    support_classify(pipeline, NULL, &mail, "Subject: x\n\naaa\n");
    ck_assert_str_eq(words_of("rules.labels"), "before slow after");
    free(line);
}
END_TEST

/* A mail on which the rule does not fail resets the count of failures. */
START_TEST(keeps_a_rule_that_fails_at_times) {
    char *raw = mail_of("Subject: x\n", "aaaaaaaaaa", 20);
    char *line = strcat(realloc(raw, strlen(raw) + 3), "!\n");

    pipeline = open_rules(failing_rules, NULL, NULL);
    for (int i = 1; i <= 40; i++) {
        support_classify(pipeline, NULL, &mail, i % 10 == 0 ? "Subject: x\n\naaa\n" : line);
        ck_assert_str_eq(words_of("rules.labels"),
                         i % 10 == 0 ? "before slow after" : "before after");
    }
    ck_assert_uint_eq(support_logged("switched off"), 0);
    ck_assert_uint_eq(support_logged("exceeded its limit of work"), 1);
    free(line);
}
END_TEST

/* Four rules use up the budget of the mail; this counts as no failure of later rules. */
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
    ck_assert_uint_eq(
        support_logged("the rules exceeded their common limit of work on <>: the rule for s"), 1);
    for (int i = 0; i < 9; i++)
        support_classify(pipeline, NULL, &mail, line);
    /* The four rules are switched off now, and the budget is enough for the others. */
    ck_assert_uint_ge(support_logged("is switched off"), 3);
    ck_assert_uint_eq(support_logged("the rule for after"), 0);
    for (int i = 0; i < 10; i++)
        support_classify(pipeline, NULL, &mail, line);
    ck_assert_str_eq(words_of("rules.labels"), "before after after2");
    ck_assert_uint_eq(support_logged("the rules exceeded their common limit of work"), 1);
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

/* ---- running ------------------------------------------------------------------------------ */

SUITE(rules_suite) {
    Suite *suite = suite_create("rules");
    TCase *tests = tcase_create("rules");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, sets_labels_and_flags);
    tcase_add_test(tests, sets_no_words_without_rules);
    tcase_add_test(tests, reads_a_table);
    tcase_add_test(tests, explains_which_rule_matched);
    tcase_add_test(tests, rejects_invalid_rules);
    tcase_add_test(tests, warns_of_control_characters);
    tcase_add_test(tests, logs_at_most_twenty_errors);
    tcase_add_test(tests, rejects_unreadable_files);
    tcase_add_test(tests, reads_the_table_on_reload);
    tcase_add_test(tests, evaluates_a_thousand_rules);
    tcase_add_test(tests, bounds_the_number_of_rules);
    tcase_add_test(tests, switches_a_failing_rule_off);
    tcase_add_test(tests, keeps_a_rule_that_fails_at_times);
    tcase_add_test(tests, bounds_all_rules_together);
    tcase_add_test(tests, runs_on_many_threads);
    suite_add_tcase(suite, tests);
    return suite;
}
