/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_instance.c - the folders in which a plugin declares to write, and what it counts.
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

static const char *const counters[] = {"sent", "refused", NULL};

static struct patchmark_plugin sink = {PLUGIN_SIZES,         .name = "sink",
                                       .version = "1",       .summary = "for tests",
                                       .open = open_folders, .publish = publish,
                                       .counters = counters};
static struct patchmark_plugin *const plugins[] = {&sink, NULL};

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
    patchmark_count(instance, "lost", 1);
    ck_assert_uint_eq(
        support_logged("plugin sink: bug: the counter 'lost' is not in its array counters\n"), 1);
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
    suite_add_tcase(suite, tests);
    return suite;
}
