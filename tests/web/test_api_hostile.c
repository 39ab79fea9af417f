/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_api_hostile.c - hostile texts, long requests, and series of extreme size: each answer is
 * valid and bounded.
 */
#include "api-fixture.h"

#include <glib.h>

static void setup(void) {
    api_fixture_open("list \"" OPEN "\" { address = \"open@x.org\"\n"
                     " archive_url = \"https://archive.org/{message_id}\" }");
}

static const char *const texts[] = {
    "<script>alert(1)</script>",
    "\"}],\"x\":[{\"",
    "]]>&lt;&#0;&amp;<!--",
    "\xe2\x80\xae right to left \xe2\x81\xa6",
    "\x01\x02\x08\x0b\x1b[31m\x7f",
    "\xff\xfe invalid \xc3",
    "\xed\xa0\x80 surrogate, \xf4\x90\x80\x80 too high",
    "\xef\xbf\xbe\xef\xbf\xbf no characters",
    "a\\\"b\\u0000",
    "%s%n%d",
};

static const char *const routes[] = {
    "/api/series", "/api/series/" ID("a"), "/api/messages/a1@x.org",
    "/api/lists",  "/api/series?q=script", "/api/activity",
    "/api/events"};
#define ROUTES (int)(sizeof(routes) / sizeof(routes[0]))

static void record_hostile(const char *text) {
    char tags[400], applied[400];

    snprintf(tags, sizeof(tags), "Reviewed-by: %s <%s@x.org>", text, text);
    snprintf(applied, sizeof(applied), "to %s\n1\t%s\t%s\t%s", text, text, text, text);
    POST(.id = ID("a"), .message_id = "a1@x.org", .title = text, .name = text, .address = text,
         .topic = text);
    ANSWER(.message_id = text, .series = ID("a"), .sender = text, .sender_name = text, .kind = text,
           .tags = tags, .robot = text, .verdict = text, .applied = applied, .target = 1);
}

START_TEST(every_answer_is_json_whatever_a_mail_says) {
    record_hostile(texts[_i]);
    for (int route = 0; route < ROUTES; route++) {
        json_t *json = get(routes[route], 200);

        json_decref(json);
    }
}
END_TEST

static void element_ignore(GMarkupParseContext *context, const char *name, const char **names,
                           const char **values, void *argument, GError **error) {
    (void)context, (void)values, (void)argument, (void)error;
    ck_assert_str_ne(name, "script");
    (void)names;
}

START_TEST(every_feed_is_xml_whatever_a_mail_says) {
    static const GMarkupParser parser = {.start_element = element_ignore};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
    GError *error = NULL;
    char *body;

    record_hostile(texts[_i]);
    body = body_of("/feed.atom", 200);
    ck_assert_msg(g_markup_parse_context_parse(context, body, -1, &error) &&
                      g_markup_parse_context_end_parse(context, &error),
                  "%s: %s", error ? error->message : "", body);
    for (const char *at = body; *at; at++)
        ck_assert_msg((unsigned char)*at >= ' ' || *at == '\n' || *at == '\t' || *at == '\r',
                      "a control byte in %s", body);
    ck_assert_ptr_null(strstr(body, "\xef\xbf\xbe"));
    ck_assert_ptr_null(strstr(body, "\xe2\x80\xae"));
    if (strstr(texts[_i], "\xe2\x80\xae"))
        ck_assert_ptr_nonnull(strstr(body, "<title>&lt;U+202E&gt; right to left"));
    g_markup_parse_context_free(context);
    free(body);
}
END_TEST

START_TEST(long_texts_are_cut) {
    char *text = malloc(100001);
    json_t *json, *item;

    memset(text, 'x', 100000);
    text[100000] = '\0';
    POST(.id = ID("a"), .message_id = "a1@x.org", .title = text, .name = text);
    json = get("/api/series", 200);
    item = json_array_get(json_object_get(json, "series"), 0);
    ck_assert_uint_le(json_string_length(json_object_get(item, "title")), 1024);
    ck_assert_ptr_nonnull(json_object_get(item, "truncated"));
    json_decref(json);
    json_decref(get("/api/series/" ID("a"), 200));
    text[3000] = '\0';
    memcpy(text, "/api/series?q=", 14);
    json_decref(get(text, 400));
    memcpy(text, "/api/series/xx", 14);
    json_decref(get(text, 404));
    free(text);
}
END_TEST

/* The bounds hold for a series of 2,000 parts and 8,000 answers, and so do those of the list. */
START_TEST(a_giant_is_answered_within_bounds) {
    char title[900], id[40];
    json_t *json, *parts;

    memset(title, 't', sizeof(title) - 1);
    title[sizeof(title) - 1] = '\0';
    ck_assert_int_eq(store_begin(store), 0);
    for (int part = 1; part <= 2000; part++) {
        snprintf(id, sizeof(id), "part-%d@x.org", part);
        post_mail(&(struct posting){
            .id = ID("g"), .message_id = id, .title = title, .part = part, .total = 2000});
    }
    for (int i = 0; i < 8000; i++) {
        snprintf(id, sizeof(id), "answer-%d@x.org", i);
        answer_mail((struct index_message){.message_id = id,
                                           .series = ID("g"),
                                           .published = true,
                                           .target = i % 2000,
                                           .received = i,
                                           .tags = "Reviewed-by: Bob <bob@x.org>",
                                           .applied = i % 2 ? "all" : NULL});
    }
    ck_assert_int_eq(store_commit(store), 0);
    POST(.id = ID("h"), .message_id = "h@x.org", .at = -5);
    json = get("/api/series/" ID("g"), 200);
    ck_assert(json_is_true(json_object_get(json, "more")));
    parts = json_object_get(json, "parts");
    ck_assert_uint_gt(json_array_size(parts), 100);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "have")), 2000);
    json_decref(json);
    /* The work for the list ends behind it, and goes on with the next page. */
    json = get("/api/series", 200);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "series")), 1);
    ck_assert_ptr_nonnull(json_object_get(json, "searched_to"));
    snprintf(title, sizeof(title), "/api/series?before=%s",
             json_string_value(json_object_get(json, "next")));
    ck_assert_str_eq(letters_of(title), "h");
    json_decref(json);
}
END_TEST

/* Events of the largest size: the answer ends early and says so. */
START_TEST(large_events_are_continued) {
    static char data[60000];
    json_t *json;

    data[0] = data[1] = '"';
    memset(data + 1, 'x', sizeof(data) - 3);
    data[sizeof(data) - 2] = '"';
    for (int i = 0; i < 30; i++)
        append_event("patchmark.message.seen.v1", OPEN, data);
    json = get("/api/events?since=0&limit=200", 200);
    ck_assert_uint_lt(json_array_size(json_object_get(json, "events")), 30);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "next")),
                     (json_int_t)json_array_size(json_object_get(json, "events")));
    ck_assert(json_is_true(json_object_get(json, "more")));
    json_decref(json);
}
END_TEST

SUITE(api_hostile_suite) {
    Suite *suite = suite_create("api hostile");
    TCase *tests = tcase_create("api hostile");

    tcase_add_checked_fixture(tests, setup, api_fixture_close);
    tcase_add_loop_test(tests, every_answer_is_json_whatever_a_mail_says, 0,
                        sizeof(texts) / sizeof(texts[0]));
    tcase_add_loop_test(tests, every_feed_is_xml_whatever_a_mail_says, 0,
                        sizeof(texts) / sizeof(texts[0]));
    tcase_add_test(tests, long_texts_are_cut);
    tcase_add_test(tests, a_giant_is_answered_within_bounds);
    tcase_add_test(tests, large_events_are_continued);
    suite_add_tcase(suite, tests);
    return suite;
}
