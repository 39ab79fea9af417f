/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_instance.c - what an instance declares: folders in which it writes, and facts; what it
 * counts and has delivered; what it logged last; and how its failures are logged.
 */
#include "plugin/instance.h"

#include "plugin/bounds.h"
#include "support/support.h"

static int folder_count;

static int open_folders(struct patchmark_instance *instance, void **self) {
    char folder[32];

    (void)self;
    for (int i = 0; i < folder_count; i++) {
        snprintf(folder, sizeof(folder), "/folder/%d", i);
        patchmark_will_write(instance, folder); /* the buffer is reused for the next folder */
    }
    return 0;
}

static size_t publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self, (void)events;
    return count;
}

/* What the next call of publish does: counts one event, and accepts so many. */
static const char *counted;
static size_t accepted;

static size_t publish_counted(void *self, const struct patchmark_event *const *events,
                              size_t count) {
    (void)events, (void)count;
    if (counted)
        patchmark_count(self, counted, 1); /* without an open, self is the instance */
    return accepted;
}

static const char *const counters[] = {"sent", "refused", NULL};

static struct patchmark_plugin sink = {PLUGIN_SIZES,         .name = "sink",
                                       .version = "1",       .summary = "for tests",
                                       .open = open_folders, .publish = publish,
                                       .counters = counters};
static struct patchmark_plugin *const plugins[] = {&sink, NULL};

static const char *const outcomes[] = {"delivered", "refused", "dropped", NULL};
static struct patchmark_plugin endpoint = {
    PLUGIN_SIZES,           .name = "endpoint",         .version = "1",
    .summary = "for tests", .publish = publish_counted, .counters = outcomes};
static struct patchmark_plugin *const endpoints[] = {&endpoint, NULL};

/* From no folder to one more than the limit. */
START_TEST(as_many_folders_as_the_limit_says) {
    struct pipeline *pipeline;
    char folder[32];
    int kept = _i < LIMIT_PLUGIN_FOLDERS ? _i : LIMIT_PLUGIN_FOLDERS;

    folder_count = _i;
    support_log_start();
    pipeline = support_pipeline(plugins);
    for (int i = 0; i < kept; i++) {
        snprintf(folder, sizeof(folder), "/folder/%d", i);
        ck_assert_str_eq(instance_folder(pipeline_instance(pipeline, 0), (size_t)i), folder);
    }
    ck_assert_ptr_null(instance_folder(pipeline_instance(pipeline, 0), (size_t)kept));
    ck_assert_uint_eq(support_logged("plugin sink declares more than 8 folders to write in; it "
                                     "cannot write in /folder/8 if the option 'confine' is true\n"),
                      _i > LIMIT_PLUGIN_FOLDERS);
    ck_assert_uint_eq(support_logged("\n"), _i > LIMIT_PLUGIN_FOLDERS);
    pipeline_release(pipeline);
}
END_TEST

START_TEST(counters_are_those_of_the_descriptor) {
    struct patchmark_instance *instance;
    struct pipeline *pipeline;
    uint64_t count = 99;

    folder_count = 0;
    support_log_start();
    pipeline = support_pipeline(plugins);
    instance = pipeline_instance(pipeline, 0);
    patchmark_count(instance, "refused", 1);
    patchmark_count(instance, "refused", 4);
    ck_assert_str_eq(instance_counter(instance, 0, &count), "sent");
    ck_assert_uint_eq(count, 0);
    ck_assert_str_eq(instance_counter(instance, 1, &count), "refused");
    ck_assert_uint_eq(count, 5);
    ck_assert_ptr_null(instance_counter(instance, 2, &count));
    ck_assert_uint_eq(support_logged("\n"), 0);
    pipeline_release(pipeline);
}
END_TEST

/* A plugin may ask for a name for each mail, so each is logged once, and at most as many as the
 * limit says. */
START_TEST(a_name_that_the_plugin_lacks_is_logged_once) {
    struct patchmark_instance *instance;
    struct pipeline *pipeline;
    char name[32];

    folder_count = 0;
    support_log_start();
    pipeline = support_pipeline(plugins);
    instance = pipeline_instance(pipeline, 0);
    for (int i = 0; i < 3; i++) {
        patchmark_count(instance, "lost", 1);
        patchmark_count(instance, "found", 1);
        ck_assert_int_eq(patchmark_option_int(instance, "lost"), 0);
        ck_assert_ptr_null(patchmark_option_string(instance, "lost"));
    }
    ck_assert_uint_eq(support_logged("plugin sink: bug: the counter 'lost' is not in its array "
                                     "counters; logged once\n"),
                      1);
    ck_assert_uint_eq(support_logged("plugin sink: bug: the counter 'found' is not in its array "
                                     "counters; logged once\n"),
                      1);
    ck_assert_uint_eq(support_logged("plugin sink: bug: the option 'lost' is not in its array "
                                     "options; logged once\n"),
                      1);
    ck_assert_uint_eq(support_logged("\n"), 3);
    for (int i = 0; i < 3 * LIMIT_PLUGIN_MISTAKES; i++) {
        snprintf(name, sizeof(name), "lost_%d", i);
        patchmark_count(instance, name, 1);
    }
    ck_assert_uint_eq(support_logged("\n"), LIMIT_PLUGIN_MISTAKES);
    pipeline_release(pipeline);
}
END_TEST

/* ---- facts and failures of a classifier --------------------------------------------------- */

static struct patchmark_instance *opened;

static int open_declaring(struct patchmark_instance *instance, void **self) {
    (void)self;
    opened = instance;
    return patchmark_declare_fact(instance, "size", PATCHMARK_INT);
}

static int classify_declaring(void *self, const struct patchmark_message *message,
                              struct patchmark_facts *facts) {
    (void)self;
    if (patchmark_message_reference_count(message) > 0)
        return patchmark_fail(facts, "%s has %d", "it", 7);
    return patchmark_fact_set_int(facts, "size", 3);
}

static struct patchmark_plugin declaring = {PLUGIN_SIZES,           .name = "declaring",
                                            .version = "1",         .summary = "for tests",
                                            .open = open_declaring, .classify = classify_declaring};
static struct patchmark_plugin *const classifiers[] = {&declaring, NULL};

START_TEST(an_instance_declares_facts_when_it_is_opened) {
    struct pipeline *pipeline;
    struct mail mail;

    support_log_start();
    support_mail_init(&mail);
    pipeline = support_pipeline(classifiers);
    ck_assert_int_eq(patchmark_fact_type(opened, "declaring.size"), PATCHMARK_INT);
    support_classify(pipeline, NULL, &mail, "Subject: one\n\n");
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "declaring.size", 0), 3);
    ck_assert_uint_eq(support_logged("\n"), 0);
    ck_assert_int_eq(patchmark_declare_fact(opened, "late", PATCHMARK_INT), -1);
    ck_assert_uint_eq(support_logged("plugin declaring: bug: the fact 'late' is declared outside"),
                      1);
    mail_free(&mail);
    pipeline_release(pipeline);
}
END_TEST

START_TEST(a_failure_is_logged_with_its_text) {
    struct pipeline *pipeline;
    struct mail mail;

    support_log_start();
    support_mail_init(&mail);
    pipeline = support_pipeline(classifiers);
    support_classify(pipeline, NULL, &mail,
                     "Message-ID: <1@example.org>\nIn-Reply-To: <0@example.org>\n\n");
    ck_assert_uint_eq(support_logged("plugin declaring failed on <1@example.org>: it has 7\n"), 1);
    ck_assert_uint_eq(support_logged("\n"), 1);
    mail_free(&mail);
    pipeline_release(pipeline);
}
END_TEST

/* ---- deliveries -------------------------------------------------------------------------- */

static const struct {
    const char *counted;
    size_t accepted;
    bool delivers;
} calls[] = {
    {"delivered", 1, true}, {"delivered", 2, true},                   /* and one that it filters */
    {"refused", 1, false},  {"dropped", 1, false},  {NULL, 1, false}, /* filtered */
    {NULL, 0, false},       {"refused", 0, false},
};

/* What a sink accepts and does not count as delivered is not delivered: it was filtered, refused or
 * dropped.  Only a delivery ends what it logged. */
START_TEST(accepted_is_not_delivered) {
    const struct patchmark_event event = {.struct_size = sizeof(event)},
                                 *events[] = {&event, &event};
    struct patchmark_instance *instance;
    struct pipeline *pipeline;

    support_log_start();
    pipeline = support_pipeline(endpoints);
    instance = pipeline_instance(pipeline, 0);
    counted = calls[_i].counted;
    accepted = calls[_i].accepted;
    patchmark_log(instance, PATCHMARK_WARNING, "it is %s", "away");
    ck_assert_uint_eq(instance_publish(instance, events, 2), accepted);
    ck_assert_int_eq(instance_delivered(instance) > 0, calls[_i].delivers);
    ck_assert_int_eq(instance_trouble(instance).lasts, !calls[_i].delivers);
    ck_assert_str_eq(instance_trouble(instance).text, "it is away");
    pipeline_release(pipeline);
}
END_TEST

/* A sink that counts no deliveries has delivered what it accepted. */
START_TEST(a_sink_without_the_counter_delivers_what_it_accepts) {
    const struct patchmark_event event = {.struct_size = sizeof(event)}, *events[] = {&event};
    struct pipeline *pipeline;

    folder_count = 0;
    support_log_start();
    pipeline = support_pipeline(plugins);
    ck_assert_int_eq(instance_delivered(pipeline_instance(pipeline, 0)), 0);
    ck_assert_uint_eq(instance_publish(pipeline_instance(pipeline, 0), events, 1), 1);
    ck_assert_int_gt(instance_delivered(pipeline_instance(pipeline, 0)), 0);
    pipeline_release(pipeline);
}
END_TEST

START_TEST(the_newest_warning_or_error_is_kept) {
    struct patchmark_instance *instance;
    struct pipeline *pipeline;
    char text[2 * INSTANCE_TROUBLE_SIZE];

    folder_count = 0;
    support_log_start();
    pipeline = support_pipeline(plugins);
    instance = pipeline_instance(pipeline, 0);
    patchmark_log(instance, PATCHMARK_INFO, "recovered");
    ck_assert_int_eq(instance_trouble(instance).time, 0);
    patchmark_log(instance, PATCHMARK_WARNING, "status %d", 503);
    patchmark_log(instance, PATCHMARK_ERROR, "100%% of %s", "it");
    patchmark_log(instance, PATCHMARK_INFO, "recovered");
    ck_assert_str_eq(instance_trouble(instance).text, "100% of it");
    ck_assert_int_gt(instance_trouble(instance).time, 0);
    ck_assert_uint_eq(support_logged("plugin sink: 100% of it\n"), 1);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    patchmark_log(instance, PATCHMARK_ERROR, "%s", text);
    ck_assert_uint_eq(strlen(instance_trouble(instance).text), INSTANCE_TROUBLE_SIZE - 1);
    pipeline_release(pipeline);
}
END_TEST

/* An error stands until the sink delivers or says that it works again, which it does at the level
 * info, whether that is logged or not.  A warning is of what failed once. */
START_TEST(an_error_stands_until_its_end) {
    const struct patchmark_event event = {.struct_size = sizeof(event)}, *events[] = {&event};
    struct patchmark_instance *instance;
    struct pipeline *pipeline;

    folder_count = 0;
    support_log_start();
    pipeline = support_pipeline(plugins);
    instance = pipeline_instance(pipeline, 0);
    ck_assert(!instance_trouble(instance).stands);
    patchmark_log(instance, PATCHMARK_WARNING, "status 503");
    ck_assert(!instance_trouble(instance).stands);
    patchmark_log(instance, PATCHMARK_ERROR, "WRONGPASS");
    ck_assert(instance_trouble(instance).stands);
    patchmark_log(instance, PATCHMARK_DEBUG, "tried again");
    ck_assert(instance_trouble(instance).stands);
    patchmark_log(instance, PATCHMARK_INFO, "recovered");
    ck_assert(!instance_trouble(instance).stands);
    ck_assert(instance_trouble(instance).lasts);
    patchmark_log(instance, PATCHMARK_ERROR, "WRONGPASS");
    instance_publish(instance, events, 1);
    ck_assert(!instance_trouble(instance).stands);
    pipeline_release(pipeline);
}
END_TEST

SUITE(instance_suite) {
    Suite *suite = suite_create("instance");
    TCase *tests = tcase_create("folders");

    tcase_add_loop_test(tests, as_many_folders_as_the_limit_says, 0, LIMIT_PLUGIN_FOLDERS + 2);
    suite_add_tcase(suite, tests);
    tests = tcase_create("counters");
    tcase_add_test(tests, counters_are_those_of_the_descriptor);
    tcase_add_test(tests, a_name_that_the_plugin_lacks_is_logged_once);
    suite_add_tcase(suite, tests);
    tests = tcase_create("classifiers");
    tcase_add_test(tests, an_instance_declares_facts_when_it_is_opened);
    tcase_add_test(tests, a_failure_is_logged_with_its_text);
    suite_add_tcase(suite, tests);
    tests = tcase_create("deliveries");
    tcase_add_loop_test(tests, accepted_is_not_delivered, 0, sizeof(calls) / sizeof(calls[0]));
    tcase_add_test(tests, a_sink_without_the_counter_delivers_what_it_accepts);
    tcase_add_test(tests, the_newest_warning_or_error_is_kept);
    tcase_add_test(tests, an_error_stands_until_its_end);
    suite_add_tcase(suite, tests);
    return suite;
}
