/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_pipeline.c - the order of plugins, plugins that fail, and plugins on several threads.  The
 * plugins are defined here.  test_pipeline_store.c tests index and outbox.
 */
#include "plugin/bounds.h"
#include "support/support.h"

#include <stdatomic.h>

#define MAIL "From: a@example.org\nMessage-ID: <1@example.org>\n\n"

static struct mail mail;
static struct pipeline *pipeline;

static void setup(void) {
    support_mail_init(&mail);
    support_log_start();
}

static void teardown(void) {
    mail_free(&mail);
    pipeline_release(pipeline);
}

/* ---- plugins ------------------------------------------------------------------------------ */

static char calls[256]; /* names in the order of the calls */
static int opened, closed, fail_open;

static int count_open(struct patchmark_instance *instance, void **self) {
    (void)instance;
    if (fail_open > 0 && --fail_open == 0)
        return -1;
    opened++;
    *self = NULL;
    return 0;
}

static void count_close(void *self) {
    (void)self;
    closed++;
}

static size_t accept_all(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self, (void)events;
    return count;
}

/* Defines a classifier that appends its name to `calls` and sets its fact "done". */
#define CLASSIFIER_OF(id, title, side, what, needed, used)                                       \
    static int id##_classify(void *self, const struct patchmark_message *message,                \
                             struct patchmark_facts *facts) {                                    \
        (void)self, (void)message;                                                               \
        strcat(strcat(calls, title), " ");                                                       \
        return patchmark_fact_set_bool(facts, "done", true);                                     \
    }                                                                                            \
    static struct patchmark_plugin id = {                                                        \
        PLUGIN_SIZES,           .traits = (side) | (what), .name = title,        .version = "1", \
        .summary = "for tests", .provides = done,          .needs = (needed),    .uses = (used), \
        .open = count_open,     .classify = id##_classify, .close = count_close,                 \
    }

static const struct patchmark_fact done[] = {{"done", PATCHMARK_BOOL, "was here", NULL}, {0}};

#define CLASSIFIER(id, title, what, needed, used) \
    CLASSIFIER_OF(id, title, PATCHMARK_PARALLEL, what, needed, used)

#define FACTS(...) ((const char *const[]){__VA_ARGS__, NULL})

CLASSIFIER(plain, "plain", 0, NULL, NULL);
CLASSIFIER(other, "other", 0, NULL, NULL);
CLASSIFIER(needy, "needy", 0, FACTS("plain.done"), NULL);
CLASSIFIER(last, "last", 0, FACTS("needy.done"), FACTS("plain.done"));
CLASSIFIER(polite, "polite", 0, NULL, FACTS("plain.done", "nobody.fact"));
CLASSIFIER(lonely, "lonely", 0, FACTS("nobody.fact"), NULL);
CLASSIFIER(mistaken, "mistaken", 0, FACTS("plain.undone"), NULL);
CLASSIFIER(round_a, "round_a", 0, FACTS("round_b.done"), NULL);
CLASSIFIER(round_b, "round_b", 0, NULL, FACTS("round_a.done"));
CLASSIFIER(selfish, "selfish", 0, NULL, FACTS("selfish.done"));
CLASSIFIER(asking, "asking", PATCHMARK_USES_INDEX, NULL, NULL);
CLASSIFIER(after, "after", 0, FACTS("asking.done"), NULL);
CLASSIFIER(final, "final", PATCHMARK_RUNS_LAST, NULL, NULL);
CLASSIFIER(finer, "finer", PATCHMARK_RUNS_LAST, NULL, FACTS("final.done"));
CLASSIFIER(early, "early", 0, NULL, FACTS("final.done"));
CLASSIFIER_OF(single, "single", 0, 0, NULL, NULL);
CLASSIFIER(behind, "behind", 0, FACTS("single.done"), NULL);

static struct patchmark_plugin sink = {
    PLUGIN_SIZES,          .traits = PATCHMARK_PARALLEL, .name = "sink",
    .version = "1",        .summary = "for tests",       .open = count_open,
    .publish = accept_all, .close = count_close,
};

static void use(struct patchmark_plugin *const *plugins) {
    pipeline_release(pipeline);
    pipeline = support_pipeline(plugins);
}

#define USE(...) use((struct patchmark_plugin *const[]){__VA_ARGS__, NULL})

/* ---- order -------------------------------------------------------------------------------- */

#define PLUGINS(...) \
    { __VA_ARGS__, NULL }

static const struct {
    struct patchmark_plugin *plugins[6];
    const char *calls, *reason;
} orders[] = {
    {PLUGINS(&plain, &other), "plain other ", "as configured"},
    {PLUGINS(&other, &plain), "other plain ", "as configured, the other way"},
    {PLUGINS(&needy, &plain), "plain needy ", "after the plugin whose fact it needs"},
    {PLUGINS(&last, &needy, &other, &plain), "other plain needy last ", "after a chain"},
    {PLUGINS(&polite, &other, &plain), "other plain polite ",
     "after the plugin whose fact it uses"},
    {PLUGINS(&polite), "polite ", "a fact that it uses may be missing"},
    {PLUGINS(&asking, &plain, &other), "plain other asking ", "those that use the index last"},
    {PLUGINS(&after, &asking, &needy, &plain), "plain needy asking after ",
     "but before those that need their facts"},
    {PLUGINS(&asking, &single, &plain, &other), "plain other single asking ",
     "a serial one after parallel ones, before the index"},
    {PLUGINS(&behind, &single, &other), "other single behind ",
     "but before those that need its facts"},
    {PLUGINS(&final, &asking, &needy, &plain), "plain needy asking final ",
     "one that runs last after all others, whose facts it need not declare"},
    {PLUGINS(&finer, &final, &plain), "plain final finer ",
     "of those that run last, after the plugin whose fact it uses"},
    {PLUGINS(&sink, &needy, &plain), "plain needy ", "a sink is not called for a mail"},
};

START_TEST(order_of_classifiers) {
    use(orders[_i].plugins);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_msg(strcmp(calls, orders[_i].calls) == 0, "%s: %s", orders[_i].reason, calls);
}
END_TEST

/* The classifiers that run in pipeline_classify, and those that run in pipeline_record. */
static const struct {
    struct patchmark_plugin *plugins[6];
    const char *before, *after, *reason;
} parts[] = {
    {PLUGINS(&plain, &needy), "plain needy ", "", "no plugin is serial or uses the index"},
    {PLUGINS(&asking, &plain), "plain ", "asking ", "one that uses the index"},
    {PLUGINS(&single, &plain), "plain ", "single ",
     "a serial one, which sees the mails in their order"},
    {PLUGINS(&behind, &asking, &single, &plain), "plain ", "single behind asking ",
     "one that needs a serial one runs after it, but before the transaction"},
};

START_TEST(a_mail_is_processed_in_steps) {
    use(parts[_i].plugins);
    support_read(&mail, MAIL, -1);
    pipeline_classify(pipeline, &mail);
    ck_assert_msg(strcmp(calls, parts[_i].before) == 0, "%s: %s", parts[_i].reason, calls);
    calls[0] = '\0';
    pipeline_record(pipeline, NULL, &mail);
    ck_assert_msg(strcmp(calls, parts[_i].after) == 0, "%s: %s", parts[_i].reason, calls);
    ck_assert_uint_eq(mail.header_count, 0);
    pipeline_annotate(pipeline, &mail);
    ck_assert_uint_gt(mail.header_count, 0);
}
END_TEST

START_TEST(instances_are_listed_in_order_of_calls_with_sinks_last) {
    static const char *const names[] = {"plain", "needy", "sink"};

    USE(&sink, &needy, &plain);
    ck_assert_uint_eq(pipeline_instance_count(pipeline), 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(instance_plugin(pipeline_instance(pipeline, i))->name, names[i]);
}
END_TEST

/* Sets of plugins that are refused, and the error; plugins that were opened are closed. */
static const struct {
    struct patchmark_plugin *plugins[4];
    const char *line;
} refused[] = {
    {PLUGINS(&plain, &lonely), "plugin lonely needs the fact nobody.fact, which no loaded plugin"},
    {PLUGINS(&plain, &mistaken),
     "plugin mistaken needs the fact plain.undone, which no loaded plugin"},
    {PLUGINS(&sink, &needy), "plugin needy needs the fact plain.done, which no loaded plugin"},
    {PLUGINS(&plain, &round_a, &round_b),
     "plugins depend on each other in a cycle; round_a is one"},
    {PLUGINS(&selfish), "plugins depend on each other in a cycle; selfish is one"},
    {PLUGINS(&early, &final),
     "plugin early reads the fact final.done, but final runs after all others; early requires"},
    {PLUGINS(&plain, &other, &plain), "plugin plain is configured twice; remove one"},
    {PLUGINS(&sink, &sink), "plugin sink is configured twice; remove one"},
};

START_TEST(plugins_that_cannot_work_together_are_refused) {
    ck_assert_ptr_null(pipeline_new(support_configuration("", refused[_i].plugins)));
    ck_assert_uint_eq(support_logged(refused[_i].line), 1);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_int_eq(opened, closed);
}
END_TEST

START_TEST(a_plugin_that_cannot_be_opened_prevents_the_start) {
    for (int which = 1; which <= 3; which++) {
        struct patchmark_plugin *plugins[] = {&sink, &plain, &other, NULL};

        fail_open = which;
        opened = closed = 0;
        support_log_start();
        ck_assert_ptr_null(pipeline_new(support_configuration("", plugins)));
        ck_assert_uint_eq(support_logged(" cannot be started; it has logged no reason\n"), 1);
        ck_assert_int_eq(opened, which - 1);
        ck_assert_int_eq(closed, which - 1);
    }
}
END_TEST

START_TEST(plugins_are_closed_with_the_last_holder) {
    USE(&plain, &sink);
    ck_assert_ptr_eq(pipeline_keep(pipeline), pipeline);
    pipeline_release(pipeline);
    ck_assert_int_eq(closed, 0);
    support_classify(pipeline, NULL, &mail, MAIL);
    pipeline_release(pipeline);
    pipeline = NULL;
    ck_assert_int_eq(closed, 2);
    pipeline_release(NULL);
}
END_TEST

START_TEST(plugins_have_a_limit) {
    static struct patchmark_plugin many[LIMIT_PLUGINS + 1];
    static struct patchmark_plugin *plugins[LIMIT_PLUGINS + 2];
    static char names[LIMIT_PLUGINS + 1][8];

    for (size_t i = 0; i <= LIMIT_PLUGINS; i++) {
        many[i] = plain;
        snprintf(names[i], sizeof(names[i]), "p%zu", i);
        many[i].name = names[i];
        plugins[i] = &many[i];
    }
    ck_assert_ptr_null(pipeline_new(support_configuration("", plugins)));
    ck_assert_uint_eq(support_logged("65 plugins are configured; at most 64 are supported"), 1);
    plugins[LIMIT_PLUGINS] = NULL;
    use(plugins);
    ck_assert_uint_eq(pipeline_instance_count(pipeline), LIMIT_PLUGINS);
}
END_TEST

START_TEST(facts_have_a_limit) {
    static struct patchmark_fact facts[2][LIMIT_FACTS / 2 + 2];
    static char keys[LIMIT_FACTS / 2 + 1][8];
    static struct patchmark_plugin rich, richer;
    struct patchmark_plugin *plugins[] = {&rich, &richer, NULL};

    rich = richer = plain;
    rich.name = "rich", rich.provides = facts[0];
    richer.name = "richer", richer.provides = facts[1];
    for (size_t i = 0; i <= LIMIT_FACTS / 2; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        facts[1][i] = (struct patchmark_fact){keys[i], PATCHMARK_BOOL, "", NULL};
        if (i < LIMIT_FACTS / 2)
            facts[0][i] = facts[1][i];
    }
    ck_assert_ptr_null(pipeline_new(support_configuration("", plugins)));
    ck_assert_uint_eq(support_logged("the plugins provide more than 256 facts"), 1);
    facts[1][LIMIT_FACTS / 2].key = NULL;
    use(plugins);
}
END_TEST

/* ---- plugins that fail -------------------------------------------------------------------- */

static int faults; /* this number of calls fail, then one succeeds, and so on */
static int fault_calls;

static int fail_often(void *self, const struct patchmark_message *message,
                      struct patchmark_facts *facts) {
    (void)self, (void)message, (void)facts;
    return fault_calls++ % (faults + 1) < faults ? -1 : 0;
}

static struct patchmark_plugin failing = {
    PLUGIN_SIZES,   .traits = PATCHMARK_PARALLEL, .name = "failing",
    .version = "1", .summary = "for tests",       .classify = fail_often,
};

static struct instance_counts counts(size_t i) {
    return instance_counts(pipeline_instance(pipeline, i));
}

START_TEST(a_failing_plugin_is_logged_and_the_mail_passes) {
    faults = 1;
    USE(&failing, &plain);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert(patchmark_fact_bool(mail.facts, "plain.done"));
    ck_assert_uint_eq(support_logged("plugin failing failed on <1@example.org>"), 1);
    ck_assert_uint_eq(counts(0).calls, 1);
    ck_assert_uint_eq(counts(0).failures, 1);
    ck_assert(!counts(0).off);
    ck_assert_uint_eq(counts(1).failures, 0);
    ck_assert_uint_eq(mail.header_count, 2); /* kind and info */
}
END_TEST

START_TEST(after_so_many_failures_in_a_row_it_is_switched_off) {
    faults = 1000;
    USE(&failing, &plain);
    for (int i = 0; i < LIMIT_PLUGIN_FAILURES - 1; i++)
        support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert(!counts(0).off);
    ck_assert_uint_eq(support_logged("switched off"), 0);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert(counts(0).off);
    for (int i = 0; i < 5; i++)
        support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_uint_eq(support_logged("plugin failing failed 10 times in a row and is switched off"),
                      1);
    ck_assert_int_eq(fault_calls, LIMIT_PLUGIN_FAILURES);
    ck_assert_uint_eq(counts(0).calls, LIMIT_PLUGIN_FAILURES);
    ck_assert_uint_eq(counts(0).failures, LIMIT_PLUGIN_FAILURES);
    /* The other plugins still run, and a new pipeline calls the plugin again. */
    ck_assert_uint_eq(counts(1).calls, LIMIT_PLUGIN_FAILURES + 5);
    USE(&failing, &plain);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_int_eq(fault_calls, LIMIT_PLUGIN_FAILURES + 1);
}
END_TEST

START_TEST(a_success_in_between_starts_the_count_anew) {
    faults = LIMIT_PLUGIN_FAILURES - 1;
    USE(&failing);
    for (int i = 0; i < 10 * LIMIT_PLUGIN_FAILURES; i++)
        support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert(!counts(0).off);
    ck_assert_uint_eq(counts(0).calls, 10 * LIMIT_PLUGIN_FAILURES);
    ck_assert_uint_eq(counts(0).failures, 9 * LIMIT_PLUGIN_FAILURES);
    ck_assert_uint_eq(support_logged("switched off"), 0);
    /* All are counted, and some are logged, so that they do not fill the log. */
    ck_assert_uint_eq(support_logged("plugin failing failed on <1@example.org>"),
                      LIMIT_PLUGIN_FAILURES);
}
END_TEST

static int set_wrongly(void *self, const struct patchmark_message *message,
                       struct patchmark_facts *facts) {
    (void)self, (void)message;
    ck_assert_int_eq(patchmark_fact_set_int(facts, "done", 1), -1);
    ck_assert_int_eq(patchmark_fact_set_bool(facts, "plain.done", false), -1);
    ck_assert_int_eq(patchmark_fact_set_bool(facts, "nothing", true), -1);
    ck_assert_int_eq(patchmark_fact_set_bool(facts, "done", true), 0);
    ck_assert_int_eq(patchmark_fact_set_bool(facts, "done", false), -1);
    return 0;
}

/* ---- labels, flags, and facts by name ------------------------------------------------------ */

static int add_words(void *self, const struct patchmark_message *message,
                     struct patchmark_facts *facts) {
    (void)self, (void)message;
    ck_assert_int_eq(patchmark_add_label(facts, "net"), 0);
    ck_assert_int_eq(patchmark_add_label(facts, "net"), 0);
    ck_assert_int_eq(patchmark_add_label_text(facts, (struct patchmark_text){"kvmXX", 3}), 0);
    ck_assert_int_eq(patchmark_add_flag(facts, "urgent"), 0);
    ck_assert_int_eq(patchmark_add_flag(facts, "not a word"), 0);
    ck_assert(patchmark_has_label(facts, "kvm") && !patchmark_has_label(facts, "urgent"));
    ck_assert(patchmark_has_flag(facts, "urgent") && !patchmark_has_flag(facts, "kvm"));
    return 0;
}

static bool saw_label;

static int see_label(void *self, const struct patchmark_message *message,
                     struct patchmark_facts *facts) {
    (void)self, (void)message;
    saw_label = patchmark_has_label(facts, "net");
    return patchmark_add_label(facts, "net");
}

/* The plugin provides no fact.  Its labels are facts, are in the header fields once each, and a
 * plugin that runs later sees them. */
START_TEST(labels_and_flags_need_no_declaration) {
    static struct patchmark_plugin labeller, looker;

    labeller = plain, labeller.name = "labeller", labeller.provides = NULL;
    looker = labeller, looker.name = "looker", looker.traits = PATCHMARK_RUNS_LAST;
    labeller.classify = add_words, looker.classify = see_label;
    USE(&looker, &labeller);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_uint_eq(patchmark_fact_count(mail.facts, "labeller.labels"), 2);
    ck_assert_str_eq(patchmark_fact_item(mail.facts, "labeller.labels", 0), "net");
    ck_assert_str_eq(patchmark_fact_item(mail.facts, "labeller.labels", 1), "kvm");
    ck_assert_uint_eq(patchmark_fact_count(mail.facts, "labeller.flags"), 2);
    ck_assert(saw_label);
    ck_assert_uint_eq(mail.labels.count, 2); /* "net" of both plugins, and "kvm" */
    ck_assert_uint_eq(mail.flags.count, 1);  /* "not a word" is none */
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

START_TEST(facts_have_types_by_name) {
    static const char *const names[] = {"plain.done", "plain.flags", "plain.labels",
                                        "needy.done", "needy.flags", "needy.labels",
                                        NULL};
    const struct patchmark_instance *instance;

    USE(&sink, &needy, &plain);
    instance = pipeline_instance(pipeline, 0);
    ck_assert_int_eq(patchmark_fact_type(instance, "needy.done"), PATCHMARK_BOOL);
    ck_assert_int_eq(patchmark_fact_type(instance, "plain.labels"), PATCHMARK_LIST);
    ck_assert_int_eq(patchmark_fact_type(instance, "plain.dome"), PATCHMARK_NONE);
    ck_assert_int_eq(patchmark_fact_type(instance, "done"), PATCHMARK_NONE);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert_pstr_eq(patchmark_fact_name(instance, i), names[i]);
}
END_TEST

static struct patchmark_instance *opened_first;
static enum patchmark_type type_at_open;
static void *self_of_classify;

static int ask_at_open(struct patchmark_instance *instance, void **self) {
    (void)self; /* stores nothing */
    opened_first = instance;
    type_at_open = patchmark_fact_type(instance, "plain.done");
    return 0;
}

static int keep_self(void *self, const struct patchmark_message *message,
                     struct patchmark_facts *facts) {
    (void)message, (void)facts;
    self_of_classify = self;
    return 0;
}

START_TEST(a_plugin_that_stores_nothing_has_its_instance) {
    static struct patchmark_plugin brief, briefer;

    brief = plain, brief.name = "brief", brief.classify = keep_self, brief.close = NULL;
    brief.open = ask_at_open;
    USE(&brief, &plain);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_ptr_nonnull(opened_first);
    ck_assert_ptr_eq(self_of_classify, opened_first);
    /* The facts of all plugins are known when the first one is opened. */
    ck_assert_int_eq(type_at_open, PATCHMARK_BOOL);
    briefer = brief, briefer.open = NULL;
    USE(&briefer);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_ptr_eq(self_of_classify, pipeline_instance(pipeline, 0));
}
END_TEST

/* ---- bugs of plugins ----------------------------------------------------------------------- */

static int read_undeclared(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    (void)self, (void)message;
    patchmark_fact_bool(facts, "plain.done");  /* in `uses` */
    patchmark_fact_bool(facts, "nobody.fact"); /* likewise, and no plugin provides it */
    patchmark_fact_bool(facts, "reader.done"); /* its own */
    patchmark_fact_count(facts, "reader.labels");
    ck_assert(patchmark_fact_bool(facts, "other.done")); /* not declared, but read */
    patchmark_fact_is_set(facts, "nobody.else");
    return 0;
}

START_TEST(a_fact_that_is_read_but_not_declared_is_reported_once) {
    static struct patchmark_plugin reader, last_reader;

    reader = polite, reader.name = "reader", reader.classify = read_undeclared;
    USE(&plain, &other, &reader);
    for (int i = 0; i < 3; i++)
        support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_uint_eq(support_logged("plugin reader: bug: it reads the fact other.done, which it "
                                     "does not declare and which may not be set yet; add it to "
                                     "its array uses or needs; logged once\n"),
                      1);
    ck_assert_uint_eq(support_logged("plugin reader: bug: it reads the fact nobody.else, which it "
                                     "does not declare and which no loaded plugin provides"),
                      1);
    ck_assert_uint_eq(support_logged("\n"), 2);

    last_reader = reader;
    last_reader.traits = PATCHMARK_RUNS_LAST;
    support_log_start();
    USE(&plain, &other, &last_reader);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

static int return_one(void *self, const struct patchmark_message *message,
                      struct patchmark_facts *facts) {
    (void)self, (void)message, (void)facts;
    return 1;
}

/* Declares the fact "late", when it is opened. */
static int declare_late(struct patchmark_instance *instance, void **self) {
    (void)self;
    return patchmark_declare_fact(instance, "late", PATCHMARK_BOOL);
}

/* `uses` may name a fact that no plugin has, because its plugin is not loaded; but not one that a
 * plugin which is loaded lacks. */
START_TEST(a_fact_that_a_loaded_plugin_lacks_is_reported_at_the_start) {
    static const char *const uses[] = {"plain.dome",  "nobody.fact",   "plain.dread",
                                       "plain.flags", "declarer.late", "declarer.lat",
                                       "plai.done",   "plain_more.x",  NULL};
    static struct patchmark_plugin declarer, user;

    declarer = plain, declarer.name = "declarer", declarer.open = declare_late;
    declarer.close = NULL;
    user = polite, user.name = "user", user.uses = uses;
    USE(&user, &plain, &declarer);
    ck_assert_uint_eq(support_logged("plugin user uses the fact plain.dome, which the plugin plain "
                                     "does not have; did you mean plain.done?\n"),
                      1);
    ck_assert_uint_eq(support_logged(
                          "plugin user uses the fact plain.dread, which the plugin plain "
                          "does not have\n"),
                      1);
    ck_assert_uint_eq(support_logged("plugin user uses the fact declarer.lat, which the plugin "
                                     "declarer does not have; did you mean declarer.late?\n"),
                      1);
    ck_assert_uint_eq(support_logged("\n"), 3);
    for (int i = 0; i < 3; i++)
        support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_uint_eq(support_logged("\n"), 3);
}
END_TEST

START_TEST(a_result_that_is_neither_0_nor_minus_1_is_reported_as_such) {
    static struct patchmark_plugin one;

    one = plain, one.name = "one", one.classify = return_one;
    USE(&one);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert_uint_eq(support_logged("plugin one: bug: classify returned 1 on <1@example.org>, "
                                     "which counts as a failure; it must return 0, or -1"),
                      1);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_uint_eq(instance_counts(pipeline_instance(pipeline, 0)).failures, 1);
}
END_TEST

START_TEST(facts_that_are_set_wrongly_are_refused_and_logged) {
    static struct patchmark_plugin wrong;

    wrong = plain;
    wrong.name = "wrong";
    wrong.classify = set_wrongly;
    USE(&plain, &wrong);
    support_classify(pipeline, NULL, &mail, MAIL);
    ck_assert(patchmark_fact_bool(mail.facts, "plain.done"));
    ck_assert(patchmark_fact_bool(mail.facts, "wrong.done"));
    ck_assert_uint_eq(
        support_logged("plugin wrong: bug: it sets the fact 'done' with another type"), 1);
    ck_assert_uint_eq(
        support_logged("plugin wrong: bug: the fact 'plain.done' that it sets is not"), 1);
    ck_assert_uint_eq(support_logged("plugin wrong: bug: the fact 'nothing' that it sets is not"),
                      1);
    ck_assert_uint_eq(support_logged("plugin wrong: bug: it sets the fact 'done' twice"), 1);
    ck_assert_uint_eq(support_logged("\n"), 4);
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------ */

static atomic_int inside, most_inside;
static pthread_barrier_t all_inside;

static int count_inside(void *self, const struct patchmark_message *message,
                        struct patchmark_facts *facts) {
    int now = atomic_fetch_add(&inside, 1) + 1, most = atomic_load(&most_inside);

    (void)self, (void)message, (void)facts;
    while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now))
        ;
    for (int i = 0; i < 100; i++)
        sched_yield();
    atomic_fetch_sub(&inside, 1);
    return 0;
}

/* Waits until all threads are in this function. */
static int meet_inside(void *self, const struct patchmark_message *message,
                       struct patchmark_facts *facts) {
    (void)self, (void)message, (void)facts;
    pthread_barrier_wait(&all_inside);
    return 0;
}

#define THREADS 4
#define MAILS   50

static void *classify_many(void *argument) {
    struct mail *own = argument;

    for (int i = 0; i < MAILS; i++)
        support_classify(pipeline, NULL, own, MAIL);
    return NULL;
}

static void classify_on_threads(void) {
    struct mail mails[THREADS];
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        support_mail_init(&mails[i]);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, classify_many, &mails[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        mail_free(&mails[i]);
    }
}

START_TEST(a_serial_plugin_is_never_entered_twice_at_once) {
    static struct patchmark_plugin serial;

    serial = failing;
    serial.name = "serial";
    serial.traits = 0;
    serial.classify = count_inside;
    USE(&serial);
    classify_on_threads();
    ck_assert_int_eq(most_inside, 1);
    ck_assert_uint_eq(counts(0).calls, THREADS * MAILS);
}
END_TEST

START_TEST(a_parallel_plugin_is_entered_by_all) {
    static struct patchmark_plugin parallel;

    parallel = plain;
    parallel.name = "parallel";
    parallel.classify = meet_inside; /* times out if the threads are not in it at once */
    pthread_barrier_init(&all_inside, NULL, THREADS);
    USE(&parallel);
    classify_on_threads();
    ck_assert_uint_eq(counts(0).calls, THREADS * MAILS);
    pthread_barrier_destroy(&all_inside);
}
END_TEST

#define ADD_TABLE(test, table) \
    tcase_add_loop_test(tests, test, 0, sizeof(table) / sizeof((table)[0]))

SUITE(pipeline_suite) {
    Suite *suite = suite_create("pipeline");
    TCase *tests = tcase_create("pipeline");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    ADD_TABLE(order_of_classifiers, orders);
    ADD_TABLE(a_mail_is_processed_in_steps, parts);
    tcase_add_test(tests, instances_are_listed_in_order_of_calls_with_sinks_last);
    ADD_TABLE(plugins_that_cannot_work_together_are_refused, refused);
    tcase_add_test(tests, a_plugin_that_cannot_be_opened_prevents_the_start);
    tcase_add_test(tests, plugins_are_closed_with_the_last_holder);
    tcase_add_test(tests, plugins_have_a_limit);
    tcase_add_test(tests, facts_have_a_limit);
    tcase_add_test(tests, a_failing_plugin_is_logged_and_the_mail_passes);
    tcase_add_test(tests, after_so_many_failures_in_a_row_it_is_switched_off);
    tcase_add_test(tests, a_success_in_between_starts_the_count_anew);
    tcase_add_test(tests, labels_and_flags_need_no_declaration);
    tcase_add_test(tests, facts_have_types_by_name);
    tcase_add_test(tests, a_plugin_that_stores_nothing_has_its_instance);
    tcase_add_test(tests, a_fact_that_is_read_but_not_declared_is_reported_once);
    tcase_add_test(tests, a_result_that_is_neither_0_nor_minus_1_is_reported_as_such);
    tcase_add_test(tests, a_fact_that_a_loaded_plugin_lacks_is_reported_at_the_start);
    tcase_add_test(tests, facts_that_are_set_wrongly_are_refused_and_logged);
    tcase_add_test(tests, a_serial_plugin_is_never_entered_twice_at_once);
    tcase_add_test(tests, a_parallel_plugin_is_entered_by_all);
    suite_add_tcase(suite, tests);
    return suite;
}
