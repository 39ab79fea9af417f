/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event_fields.c - members of an event by name, events that are read from JSON, and events of
 * plugins that were compiled for other versions.
 */
#include "plugin/event-fields.h"

#include "plugin/feed.h"
#include "support/support.h"

#define JSON                                                                                      \
    "{\"specversion\":\"1.0\",\"id\":\"0123\",\"type\":\"patchmark.series.opened.v1\","           \
    "\"subject\":\"s1-x\",\"list\":\"l.example.org\",\"series\":\"s1-x\",\"data\":{\"title\":"    \
    "\"t\","                                                                                      \
    "\"series\":{\"title\":\"fix \\u00e9\",\"total\":3,\"old\":false,\"rfc\":true,\"none\":null," \
    "\"half\":0.5,\"lists\":[\"a\",\"b\",7],\"parts\":[{\"part\":1,\"title\":\"one\"},"           \
    "{\"part\":2,\"title\":\"two\"}],\"0\":\"nought\"}},\"replay\":true}"

static struct patchmark_event_fields fields;
static struct patchmark_event event;

static void event_make(const char *json) {
    event_fields_clear(&fields);
    fields = event_fields_of(json, strlen(json));
    event = (struct patchmark_event){.struct_size = sizeof(event), .fields = &fields};
}

static void setup(void) {
    event_make(JSON);
}

static void teardown(void) {
    event_fields_clear(&fields);
}

START_TEST(a_path_names_a_member_of_the_data) {
    ck_assert_str_eq(patchmark_event_string(&event, "title"), "t");
    ck_assert_str_eq(patchmark_event_string(&event, "series.title"), "fix \xc3\xa9");
    ck_assert_int_eq(patchmark_event_int(&event, "series.total", -1), 3);
    ck_assert(patchmark_event_bool(&event, "series.rfc"));
    ck_assert(!patchmark_event_bool(&event, "series.old"));
    ck_assert_uint_eq(patchmark_event_count(&event, "series.lists"), 3);
    ck_assert_str_eq(patchmark_event_item(&event, "series.lists", 1), "b");
}
END_TEST

START_TEST(a_number_in_a_path_is_an_item_of_an_array) {
    ck_assert_uint_eq(patchmark_event_count(&event, "series.parts"), 2);
    ck_assert_str_eq(patchmark_event_string(&event, "series.parts.1.title"), "two");
    ck_assert_int_eq(patchmark_event_int(&event, "series.parts.0.part", -1), 1);
    ck_assert_str_eq(patchmark_event_string(&event, "series.0"), "nought"); /* of an object */
    ck_assert_ptr_null(patchmark_event_string(&event, "series.parts.2.title"));
    ck_assert_ptr_null(patchmark_event_string(&event, "series.parts.-1.title"));
    ck_assert_ptr_null(patchmark_event_string(&event, "series.parts.one.title"));
    ck_assert_ptr_null(patchmark_event_string(&event, "series.parts.99999999999999999999.title"));
}
END_TEST

START_TEST(what_is_missing_or_of_another_type_has_no_value) {
    static const char *const paths[] = {"",     "nothing",       "series.nothing",   "series",
                                        ".",    "series.",       ".series",          "title.x",
                                        "id",   "series.none",   "series.total.x",   "series.half",
                                        "data", "series..title", "series.lists.2.x", NULL};

    for (size_t i = 0; paths[i]; i++) {
        ck_assert_msg(!patchmark_event_string(&event, paths[i]), "%s", paths[i]);
        ck_assert_int_eq(patchmark_event_int(&event, paths[i], 42), 42);
        ck_assert(!patchmark_event_bool(&event, paths[i]));
        ck_assert_uint_eq(patchmark_event_count(&event, paths[i]), 0);
    }
    ck_assert_ptr_null(patchmark_event_string(&event, "series.total"));
    ck_assert_int_eq(patchmark_event_int(&event, "series.title", -1), -1);
    ck_assert_ptr_null(patchmark_event_item(&event, "series.lists", 2)); /* a number */
    ck_assert_ptr_null(patchmark_event_item(&event, "series.lists", 3));
}
END_TEST

START_TEST(an_event_that_is_not_json_has_no_members) {
    static const char *const wrong[] = {"", "{", "[]", "1", "{\"data\":", "{\"data\":\"x\"}"};
    struct patchmark_event own = {.struct_size = sizeof(own), .json = JSON};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        event_make(wrong[i]);
        ck_assert_ptr_null(patchmark_event_string(&event, "title"));
        ck_assert_uint_eq(patchmark_event_count(&event, "series.parts"), 0);
    }
    /* one that a plugin makes, for a feed */
    ck_assert_ptr_null(patchmark_event_string(&own, "title"));
}
END_TEST

START_TEST(an_event_is_read_from_json) {
    struct patchmark_event *read = patchmark_event_read(patchmark_text_of(JSON));

    ck_assert_ptr_nonnull(read);
    ck_assert_uint_eq(read->struct_size, sizeof(*read));
    ck_assert_str_eq(read->id, "0123");
    ck_assert_str_eq(read->type, "patchmark.series.opened.v1");
    ck_assert_str_eq(read->subject, "s1-x");
    ck_assert_str_eq(read->list, "l.example.org");
    ck_assert_str_eq(read->series, "s1-x");
    ck_assert_int_eq(read->replay, 1);
    ck_assert_uint_eq(read->json_length, strlen(JSON));
    ck_assert_str_eq(read->json, JSON);
    ck_assert_str_eq(patchmark_event_string(read, "series.title"), "fix \xc3\xa9");
    patchmark_event_free(read);
    patchmark_event_free(NULL);
}
END_TEST

START_TEST(json_without_an_id_is_no_event) {
    static const char *const wrong[] = {"",   "x",          "[]",
                                        "{}", "{\"id\":1}", "{\"data\":{\"id\":\"x\"}}"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_ptr_null(patchmark_event_read(patchmark_text_of(wrong[i])));
}
END_TEST

/* ---- events that a plugin passes to a feed ------------------------------------------------- */

static struct patchmark_event received;
static int received_count;

static bool receive(void *argument, const char *position, const struct patchmark_event *passed) {
    (void)argument, (void)position;
    received = *passed;
    received_count++;
    return true;
}

/* A plugin of a later version has a larger struct, whose further members are not read. */
START_TEST(a_feed_reads_what_both_versions_have) {
    struct {
        struct patchmark_event event;
        void *later[4];
    } larger = {.event = {.struct_size = sizeof(larger), .id = "1", .state = "x"}};
    struct patchmark_event smaller = {.struct_size = offsetof(struct patchmark_event, fields),
                                      .id = "2",
                                      .fields = &fields};
    struct patchmark_event sizeless = {.id = "3"};
    struct patchmark_feed feed;

    feed_init(&feed, "", receive, NULL);
    ck_assert(patchmark_feed_event(&feed, "a", &larger.event));
    ck_assert_str_eq(received.id, "1");
    ck_assert_str_eq(received.state, "x");
    ck_assert(patchmark_feed_event(&feed, "b", &smaller));
    ck_assert_str_eq(received.id, "2");
    ck_assert_ptr_null(received.fields);
    support_log_start();
    ck_assert(!patchmark_feed_event(&feed, "c", &sizeless));
    ck_assert_uint_eq(support_logged("bug in a sink: the struct_size of an event is 0"), 1);
    ck_assert_int_eq(received_count, 2);
    ck_assert_str_eq(patchmark_feed_position(&feed), "b");
}
END_TEST

SUITE(event_fields_suite) {
    Suite *suite = suite_create("event fields");
    TCase *tests = tcase_create("fields");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_path_names_a_member_of_the_data);
    tcase_add_test(tests, a_number_in_a_path_is_an_item_of_an_array);
    tcase_add_test(tests, what_is_missing_or_of_another_type_has_no_value);
    tcase_add_test(tests, an_event_that_is_not_json_has_no_members);
    tcase_add_test(tests, an_event_is_read_from_json);
    tcase_add_test(tests, json_without_an_id_is_no_event);
    tcase_add_test(tests, a_feed_reads_what_both_versions_have);
    suite_add_tcase(suite, tests);
    return suite;
}
