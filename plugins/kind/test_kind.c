/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_kind.c - tests of the kind and the confidence, for facts as other classifiers set them.
 */
#include "support/support.h"

#include "kind.c"

#include "plugin/facts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SUBJECT, PATCH, PULL, SERIES, TRAILERS, AUTOMATION, KIND };

static const struct patchmark_fact subject_facts[] = {{"reply", PATCHMARK_BOOL, "", NULL},
                                                      {"patch", PATCHMARK_BOOL, "", NULL},
                                                      {"pull", PATCHMARK_BOOL, "", NULL},
                                                      {"part", PATCHMARK_INT, "", NULL},
                                                      {"report", PATCHMARK_BOOL, "", NULL},
                                                      {"rfc", PATCHMARK_BOOL, "", NULL},
                                                      {0}};
static const struct patchmark_fact present_facts[] = {{"present", PATCHMARK_BOOL, "", NULL}, {0}};
static const struct patchmark_fact series_facts[] = {{"part", PATCHMARK_INT, "", NULL},
                                                     {"target", PATCHMARK_INT, "", NULL},
                                                     {0}};
static const struct patchmark_fact trailers_facts[] = {{"judges", PATCHMARK_BOOL, "", NULL}, {0}};
static const struct patchmark_fact automation_facts[] = {{"kind", PATCHMARK_STRING, "", NULL},
                                                         {"announce", PATCHMARK_BOOL, "", NULL},
                                                         {"report", PATCHMARK_BOOL, "", NULL},
                                                         {0}};

static struct facts_schema *schema;
static struct mail mail;

static void setup(void) {
    support_mail_init(&mail);
    schema = facts_schema_new();
    ck_assert_int_eq(facts_schema_add(schema, "subject", subject_facts), SUBJECT);
    ck_assert_int_eq(facts_schema_add(schema, "patch", present_facts), PATCH);
    ck_assert_int_eq(facts_schema_add(schema, "pull", present_facts), PULL);
    ck_assert_int_eq(facts_schema_add(schema, "series", series_facts), SERIES);
    ck_assert_int_eq(facts_schema_add(schema, "trailers", trailers_facts), TRAILERS);
    ck_assert_int_eq(facts_schema_add(schema, "automation", automation_facts), AUTOMATION);
    ck_assert_int_eq(facts_schema_add(schema, "kind", provides), KIND);
}

static void teardown(void) {
    mail_free(&mail);
    facts_schema_free(schema);
}

/* One mail.  FACTS lists its facts, separated by spaces: "PLUGIN.key" for a bool that is true,
 * "PLUGIN.key=1" for a number, "automation.kind=WORD" for a string.  The word "answers" means that
 * the mail has References. */
struct example {
    const char *why, *facts, *kind, *confidence;
};

static void set_one(struct patchmark_facts *facts, const char *name) {
    static const char *const plugins[] = {"subject", "patch",    "pull",
                                          "series",  "trailers", "automation"};
    const char *dot = strchr(name, '.'), *equals = strchr(name, '=');
    char key[40];

    for (int i = 0; i < (int)COUNT(plugins); i++)
        if (strncmp(plugins[i], name, (size_t)(dot - name)) == 0)
            facts_owner(facts, i);
    snprintf(key, sizeof(key), "%.*s", equals ? (int)(equals - dot - 1) : 39, dot + 1);
    if (!equals)
        ck_assert_int_eq(patchmark_fact_set_bool(facts, key, true), 0);
    else if (equals[1] >= '0' && equals[1] <= '9')
        ck_assert_int_eq(patchmark_fact_set_int(facts, key, equals[1] - '0'), 0);
    else
        ck_assert_int_eq(patchmark_fact_set_string(facts, key, equals + 1), 0);
}

/* Sets the facts of LIST, as in struct example, in FACTS, and those of the plugin. */
static void facts_classify(struct patchmark_facts *facts, const char *list) {
    bool answers = strstr(list, "answers");
    char names[200], *rest = names, *name;

    snprintf(names, sizeof(names), "%s", list);
    while ((name = strsep(&rest, " ")))
        if (strchr(name, '.'))
            set_one(facts, name);
    support_read(&mail,
                 answers ? "From: a@example.org\nReferences: <b@example.org>\n\n"
                         : "From: a@example.org\n\n",
                 0);
    facts_owner(facts, KIND);
    ck_assert_int_eq(kind_classify(NULL, mail.message, facts), 0);
}

static void expect_all(const struct example *examples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct patchmark_facts *facts = facts_new(schema);

        facts_classify(facts, examples[i].facts);
        ck_assert_msg(strcmp(patchmark_fact_string(facts, "kind.kind"), examples[i].kind) == 0 &&
                          strcmp(patchmark_fact_string(facts, "kind.confidence"),
                                 examples[i].confidence) == 0,
                      "%s: %s, %s", examples[i].why, patchmark_fact_string(facts, "kind.kind"),
                      patchmark_fact_string(facts, "kind.confidence"));
        facts_free(facts);
    }
}

START_TEST(test_postings) {
    static const struct example examples[] = {
        {"[PATCH] and a diff", "subject.patch patch.present", "patch", "high"},
        {"... in a thread", "subject.patch patch.present answers", "patch", "high"},
        {"[PATCH 2/5] and a diff", "subject.patch subject.part=2 patch.present answers", "patch",
         "high"},
        {"[PATCH 2/5] whose diff was lost", "subject.patch subject.part=2 answers", "patch",
         "medium"},
        {"[1/4] and a diff", "subject.patch subject.part=1 patch.present", "patch", "high"},
        {"[PATCH], no diff", "subject.patch", "patch", "low"},
        {"a diff without tag, in a series", "patch.present series.part=1", "patch", "medium"},
        {"[RFC] and a diff, in a series", "subject.rfc patch.present series.part=1", "patch",
         "high"},
        {"[RFC], no diff", "subject.rfc", "other", "medium"},
        {"[PATCH 0/5]", "subject.patch subject.part=0", "cover", "high"},
        {"... with a range-diff", "subject.patch subject.part=0 patch.present", "cover", "high"},
        {"no tag, but its parts arrived first", "series.part=0", "cover", "medium"},
        {"an answer that kept the tag of a part", "subject.patch subject.part=2 series.target=2",
         "reply", "high"},
        {"an answer that kept the tag of a cover", "subject.patch subject.part=0 series.target=0",
         "reply", "high"},
        {"... of a mail that has not arrived",
         "subject.patch subject.part=2 trailers.judges answers", "reply", "high"},
        {"a part with a diff that answers one",
         "subject.patch subject.part=2 patch.present series.target=2", "patch", "high"},
        {"a part without diff", "subject.patch subject.part=2 series.part=2", "patch", "medium"},
        {"a report with a part number", "subject.part=2 series.target=2 automation.report", "patch",
         "medium"},
        {"[GIT PULL] and a request", "subject.pull pull.present", "pull", "high"},
        {"a request alone", "pull.present", "pull", "high"},
        {"[PATCH 00/23][pull request] and a request", "subject.patch subject.part=0 pull.present",
         "pull", "high"},
        {"[PULL 0/20]", "subject.pull subject.part=0", "pull", "medium"},
        {"[GIT PULL 1/4] and a request", "subject.pull subject.part=1 series.part=1 pull.present",
         "pull", "high"},
        {"[PULL 3/20] and a request with the diff",
         "subject.pull subject.patch subject.part=3 series.part=3 pull.present patch.present",
         "patch", "high"},
        {"[PULL 3/20]", "subject.pull subject.patch subject.part=3 patch.present answers", "patch",
         "high"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(test_answers) {
    static const struct example examples[] = {
        {"Re:", "subject.reply", "reply", "high"},
        {"Re: [PATCH 2/5] and a diff", "subject.reply subject.patch subject.part=2 patch.present",
         "reply", "high"},
        {"Re: [GIT PULL]", "subject.reply subject.pull", "reply", "high"},
        {"no Re:, but in a thread", "answers", "reply", "medium"},
        {"... with a diff, in no series", "patch.present answers", "reply", "medium"},
        {"[PATCH] without Re: and diff, in a thread", "subject.patch answers", "reply", "medium"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(test_robots) {
    static const struct example examples[] = {
        {"a commit notice", "automation.kind=commit patch.present", "commit", "high"},
        {"... in the thread of the patch", "automation.kind=commit patch.present answers", "commit",
         "high"},
        {"... as Re:", "automation.kind=commit subject.reply", "commit", "high"},
        {"a test of a patch", "automation.kind=report subject.reply subject.patch subject.part=2",
         "report", "high"},
        {"a test of a tree", "automation.kind=report", "report", "high"},
        {"an automatic reply: absent", "automation.kind=reply", "reply", "high"},
        {"a notice of an upload", "automation.kind=announce", "announce", "high"},
        {"a bounce", "automation.kind=other answers", "other", "high"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(test_people) {
    static const struct example examples[] = {
        {"a bug report", "automation.report", "report", "medium"},
        {"... with a diff, in no series", "automation.report patch.present", "report", "medium"},
        {"... in the words of a patch", "automation.report patch.present series.part=1", "patch",
         "medium"},
        {"a diff that is only shown", "patch.present", "other", "low"},
        {"... in a thread", "patch.present answers", "reply", "medium"},
        {"... in a pull request", "subject.pull pull.present patch.present", "pull", "high"},
        {"a report on a tree", "subject.report", "report", "high"},
        {"... in a thread", "subject.report answers", "report", "high"},
        {"... answered", "subject.report subject.reply", "reply", "high"},
        {"a release", "automation.announce", "announce", "medium"},
        {"a tag decides before the words", "automation.report subject.part=1", "patch", "medium"},
        {"a thread decides before the words", "automation.report answers", "reply", "medium"},
        {"a question", "", "other", "medium"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

/* Each kind is explained by the rule that decided it. */
/* A pull request is the first mail of its posting, unless `series` decides that. */
START_TEST(test_first) {
    static const struct {
        const char *facts;
        bool first;
    } examples[] = {
        {"subject.pull pull.present", true},
        {"subject.pull", true},
        {"pull.present answers", true},
        {"subject.pull pull.present subject.part=0 series.part=0", false},
        {"subject.pull pull.present subject.part=2 series.part=2", false},
        {"subject.pull pull.present subject.part=2", false}, /* without Message-ID */
        {"subject.pull pull.present series.part=0", false},
        {"subject.reply subject.pull pull.present", false},
        {"subject.patch patch.present series.part=1", false},
        {"", false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct patchmark_facts *facts = facts_new(schema);
        const char *flag;

        facts_classify(facts, examples[i].facts);
        flag = patchmark_fact_item(facts, "kind.flags", 0);
        ck_assert_msg((flag && strcmp(flag, "first") == 0) == examples[i].first, "%s",
                      examples[i].facts);
        facts_free(facts);
    }
}
END_TEST

START_TEST(test_explanations) {
    static const struct {
        const char *facts, *why;
    } examples[] = {
        {"subject.patch patch.present", "its subject has the tag of a patch, and it has a diff"},
        {"subject.patch", "its subject has the tag of a patch, but it has no diff"},
        {"subject.part=1 patch.present", "its subject has only a part number, and it has a diff"},
        {"subject.patch subject.part=2", "its subject has a part number, but it has no diff"},
        {"patch.present series.part=1",
         "its subject has no tag, but its diff is posted as a patch"},
        {"subject.patch subject.part=0", "its subject has the part number 0"},
        {"series.part=0", "it has no part number, but parts of a series refer to it"},
        {"pull.present", "it asks to pull from a repository that it names"},
        {"subject.pull", "its subject asks to pull, but it names no repository"},
        {"subject.reply", "its subject begins as that of an answer"},
        {"answers", "it refers to an earlier mail"},
        {"subject.patch subject.part=2 series.target=2",
         "it kept the part number of the mail that it answers and has no diff"},
        {"automation.kind=commit", "it is from a robot whose mail is of this kind"},
        {"subject.report", "its subject names a tree, a part and a place in a file, and no PATCH"},
        {"automation.report", "a person reports a bug or a failure in it"},
        {"automation.announce", "a person announces something in it"},
        {"patch.present", "it has a diff, but is not posted as a patch"},
        {"", "no rule for another kind applies"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct patchmark_facts *facts = facts_new(schema);
        const struct facts_explanation *explanation;
        size_t count;

        facts_explain(facts);
        facts_classify(facts, examples[i].facts);
        explanation = facts_explanations(facts, &count);
        ck_assert_uint_eq(count, 1);
        ck_assert_str_eq(explanation->what, "kind");
        ck_assert_str_eq(explanation->why, examples[i].why);
        facts_free(facts);
    }
}
END_TEST

SUITE(kind_suite) {
    Suite *suite = suite_create("kind");
    TCase *rules = tcase_create("rules");

    tcase_add_checked_fixture(rules, setup, teardown);
    tcase_add_test(rules, test_postings);
    tcase_add_test(rules, test_answers);
    tcase_add_test(rules, test_robots);
    tcase_add_test(rules, test_people);
    tcase_add_test(rules, test_explanations);
    tcase_add_test(rules, test_first);
    suite_add_tcase(suite, rules);
    return suite;
}
