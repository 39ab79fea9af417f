/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_limits.c - limits that no other test reaches: at the limit, and one more.
 */
#include "pipeline/bounds.h"
#include "pipeline/lookup.h"
#include "plugin/bounds.h"
#include "plugin/instance.h"
#include "store/store.h"
#include "support/support.h"

#define MAIL "From: a@example.org\nMessage-ID: <1@example.org>\n\n"
#define NOW  INT64_C(1700000000)

static struct mail mail;

static void setup(void) {
    support_mail_init(&mail);
    support_log_start();
}

static void teardown(void) {
    mail_free(&mail);
}

/* ---- series of one key -------------------------------------------------------------------- */

static struct store *store;
static int series_count;

/* Records another series of the author, newer than the earlier ones. */
static void series_record(void) {
    char id[32], message_id[64];

    snprintf(id, sizeof(id), "s1-%d", ++series_count);
    snprintf(message_id, sizeof(message_id), "%d@example.org", series_count);
    ck_assert_int_ge(index_record_member(store,
                                         &(struct index_series){.id = id,
                                                                .topic = "t1-a",
                                                                .author = "a@example.org",
                                                                .title = "a title",
                                                                .version = 1,
                                                                .total = 2,
                                                                .changed = NOW + series_count},
                                         &(struct index_member){.message_id = message_id,
                                                                .title = "a title",
                                                                .author = "a@example.org",
                                                                .part = 1},
                                         true),
                     0);
    ck_assert_int_eq(index_record_key(store, "a key", id, NOW + series_count), 0);
}

START_TEST(series_of_one_key_newest_first) {
    static struct patchmark_series found[LIMIT_FOUND + 10];
    struct patchmark_message *message = support_read(&mail, MAIL, NOW);

    for (size_t i = 0; i < LIMIT_FOUND + 10; i++)
        found[i].struct_size = sizeof(found[i]);
    store = store_open(NULL);
    ck_assert_int_eq(store_begin(store), 0);
    lookup_set(message, &(struct lookup){store, NULL});
    for (int i = 0; i < LIMIT_FOUND; i++)
        series_record();
    ck_assert_uint_eq(patchmark_index_find(message, "a key", found, LIMIT_FOUND + 10), LIMIT_FOUND);
    ck_assert_str_eq(found[LIMIT_FOUND - 1].id, "s1-1");
    series_record();
    ck_assert_uint_eq(patchmark_index_find(message, "a key", found, LIMIT_FOUND + 10), LIMIT_FOUND);
    ck_assert_str_eq(found[LIMIT_FOUND - 1].id, "s1-2"); /* the oldest is left out */
    lookup_set(message, NULL);
    ck_assert_int_eq(store_commit(store), 0);
    store_close(store);
}
END_TEST

/* ---- folders of a plugin ------------------------------------------------------------------ */

static int folders;

static int writer_open(struct patchmark_instance *instance, void **self) {
    char folder[32];

    *self = NULL;
    for (int i = 0; i < folders; i++) {
        snprintf(folder, sizeof(folder), "/folder/%d", i);
        patchmark_will_write(instance, folder);
    }
    return 0;
}

static int writer_classify(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    (void)self, (void)message, (void)facts;
    return 0;
}

static struct patchmark_plugin writer = {PLUGIN_SIZES,
                                         .traits = PATCHMARK_PARALLEL,
                                         .name = "writer",
                                         .version = "1",
                                         .summary = "for tests",
                                         .open = writer_open,
                                         .classify = writer_classify};

START_TEST(folders_that_a_plugin_writes_in) {
    for (folders = LIMIT_PLUGIN_FOLDERS; folders <= LIMIT_PLUGIN_FOLDERS + 1; folders++) {
        struct pipeline *pipeline = support_pipeline((struct patchmark_plugin *[]){&writer, NULL});
        struct patchmark_instance *instance = pipeline_instance(pipeline, 0);

        ck_assert_str_eq(instance_folder(instance, LIMIT_PLUGIN_FOLDERS - 1), "/folder/7");
        ck_assert_ptr_null(instance_folder(instance, LIMIT_PLUGIN_FOLDERS));
        pipeline_release(pipeline);
        ck_assert_uint_eq(support_logged("it cannot write in /folder/8 if the option"),
                          folders > LIMIT_PLUGIN_FOLDERS);
    }
}
END_TEST

SUITE(limits_suite) {
    Suite *suite = suite_create("limits");
    TCase *tests = tcase_create("limits");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, series_of_one_key_newest_first);
    tcase_add_test(tests, folders_that_a_plugin_writes_in);
    suite_add_tcase(suite, tests);
    return suite;
}
