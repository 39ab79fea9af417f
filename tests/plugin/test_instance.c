/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_instance.c - the folders in which a plugin declares to write.
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

static struct patchmark_plugin sink = {.struct_size = sizeof(struct patchmark_plugin),
                                       .abi = PATCHMARK_ABI,
                                       .kind = PATCHMARK_SINK,
                                       .threads = PATCHMARK_SERIAL,
                                       .name = "sink",
                                       .version = "1",
                                       .summary = "for tests",
                                       .open = open_folders,
                                       .publish = publish};
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

SUITE(instance_suite) {
    Suite *suite = suite_create("instance");
    TCase *tests = tcase_create("folders");

    tcase_add_loop_test(tests, as_many_folders_as_the_limit_says, 0, LIMIT_PLUGIN_FOLDERS + 2);
    suite_add_tcase(suite, tests);
    return suite;
}
