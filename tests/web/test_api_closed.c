/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_api_closed.c - nothing of closed lists, of mail of no list, or of mail that was held back is
 * in any answer, nor of a list that was open when its mail was recorded and is closed now.
 *
 * All texts of what must not be shown have the word "hidden".
 */
#include "api-fixture.h"

#include "pipeline/series-report.h"

#define LATER "hidden-later.example.org"

static const char *secret_scope = "hidden-secret.example.org";

/* The configuration of now: LATER was open when the mails were recorded. */
static void setup(void) {
    api_fixture_open("list \"" OPEN "\" { address = \"open@x.org\" }\n"
                     "list \"hidden-secret.example.org\" { address = \"hidden@x.org\"\n"
                     " publish = false\n archive_url = \"https://hidden.org/{message_id}\" }\n"
                     "list \"" LATER "\" { address = \"hidden-later@x.org\"\n publish = false\n"
                     " archive_url = \"https://hidden.org/{message_id}\" }");
}

static void hide_answer(const char *scope, const char *message_id, const char *lists,
                        bool published) {
    ck_assert_int_eq(store_begin(store), 0);
    if (scope)
        index_set_scopes(store, &scope, 1);
    answer_mail((struct index_message){.message_id = message_id,
                                       .series = ID("a"),
                                       .lists = lists,
                                       .sender = "hidden-person@x.org",
                                       .received = 50,
                                       .published = published,
                                       .target = 1,
                                       .robot = "hidden robot",
                                       .verdict = "fail",
                                       .applied = "1\thidden\thttps://hidden.org\t",
                                       .tags = "Nacked-by: Hidden <hidden-person@x.org>"});
    ck_assert_int_eq(store_commit(store), 0);
}

static void record_hidden(int64_t at) {
    static const char *private = INDEX_PRIVATE;

    /* Open: series a; it was also seen on the list that is closed now, as were two answers to it.
     */
    POST(.id = ID("a"), .message_id = "a1@x.org", .title = "shown", .topic = TOPIC("a"), .at = at,
         .list = OPEN " " LATER);
    ANSWER(.message_id = "r1@x.org", .series = ID("a"), .received = at + 1, .target = 1,
           .tags = "Cc: a list <hidden-later@x.org>\nAcked-by: Bob <bob@x.org>",
           .lists = OPEN " " LATER);
    hide_answer(NULL, "hidden-r2@x.org", LATER, true);
    hide_answer(NULL, "hidden-r3@x.org", OPEN, false); /* held for moderation */
    hide_answer(secret_scope, "hidden-r4@x.org", secret_scope, false);
    hide_answer(private, "hidden-r5@x.org", "", false);
    hide_answer(private, "hidden-r6@x.org", "", true); /* imported */
    POST(.id = ID("b"), .message_id = "hidden-b1@x.org", .title = "hidden", .topic = TOPIC("a"),
         .list = LATER, .at = at);
    POST(.id = ID("c"), .message_id = "hidden-c1@x.org", .title = "hidden", .topic = TOPIC("a"),
         .scope = secret_scope, .list = secret_scope, .unpublished = true, .at = at);
    POST(.id = ID("d"), .message_id = "hidden-d1@x.org", .title = "hidden", .topic = TOPIC("a"),
         .scope = private, .list = "", .unpublished = true, .at = at);
    POST(.id = ID("e"), .message_id = "hidden-e1@x.org", .title = "hidden", .topic = TOPIC("a"),
         .unpublished = true, .at = at);
    POST(.id = ID("f"), .message_id = "hidden-f1@x.org", .title = "hidden", .topic = TOPIC("a"),
         .scope = secret_scope, .list = secret_scope, .at = at); /* imported */
    append_event("patchmark.message.seen.v1", OPEN, "{\"n\":\"shown\"}");
    append_event("patchmark.message.seen.v1", LATER, "{\"n\":\"hidden\"}");
    append_event("patchmark.message.seen.v1", OPEN, "{\"lists\":[\"" OPEN "\",\"" LATER "\"]}");
    append_event("patchmark.message.seen.v1", OPEN, "{\"cc\":[\"Hidden-Later@X.org\"]}");
    append_event("patchmark.message.seen.v1", "", "{\"n\":\"hidden\"}");
    append_event("patchmark.service.status.v1", "", "{\"state\":\"started\"}");
}

static const struct {
    const char *target;
    unsigned status;
} requests[] = {
    {"/api/series", 200},
    {"/api/series?state=complete", 200},
    {"/api/series?waiting=1", 200},
    {"/api/series?q=hidden", 200},
    {"/api/series?q=hidden-b1@x.org", 200},
    {"/api/series?q=<hidden-r2@x.org>", 200},
    {"/api/series?q=" ID("b"), 200},
    {"/api/series?q=" ID("c"), 200},
    {"/api/series?q=" ID("e"), 200},
    {"/api/series?list=" LATER, 200},
    {"/api/series?list=hidden-secret.example.org", 200},
    {"/api/series/" ID("a"), 200},
    {"/api/series/" ID("b"), 404},
    {"/api/series/" ID("c"), 404},
    {"/api/series/" ID("d"), 404},
    {"/api/series/" ID("e"), 404},
    {"/api/series/" ID("f"), 404},
    {"/api/series/" ID("c") "\nhidden-secret.example.org", 404},
    {"/api/series/hidden-r2@x.org", 404},
    {"/api/series/hidden-r3@x.org", 404},
    {"/api/series/hidden-b1@x.org", 404},
    {"/api/messages/a1@x.org", 200},
    {"/api/messages/r1@x.org", 200},
    {"/api/messages/hidden-r2@x.org", 404},
    {"/api/messages/hidden-r3@x.org", 404},
    {"/api/messages/hidden-r4@x.org", 404},
    {"/api/messages/hidden-r5@x.org", 404},
    {"/api/messages/hidden-r6@x.org", 404},
    {"/api/messages/hidden-b1@x.org", 404},
    {"/api/messages/hidden-c1@x.org", 404},
    {"/api/messages/hidden-f1@x.org", 404},
    {"/api/messages/hidden-secret.example.org\thidden-f1@x.org", 404},
    {"/api/events", 200},
    {"/api/events?since=0", 200},
    {"/api/events?list=" LATER, 200},
    {"/api/lists", 200},
    {"/api/activity", 200},
    {"/api/health", 200},
    {"/feed.atom", 200},
    {"/lists/" OPEN "/feed.atom", 200},
    {"/lists/" LATER "/feed.atom", 404},
    {"/lists/hidden-secret.example.org/feed.atom", 404},
};

START_TEST(no_answer_has_anything_hidden) {
    char *body;

    record_hidden((int64_t)time(NULL) - START - 10);
    body = body_of(requests[_i].target, requests[_i].status);
    /* A feed has its own path, which is in the request. */
    ck_assert_msg(!strcasestr(body, "hidden"), "%s: %s", requests[_i].target, body);
    free(body);
    /* The status of its page does not say more. */
    if (strncmp(requests[_i].target, "/api/series/", 12) == 0)
        ck_assert_int_eq(api_may_have_series(api, requests[_i].target + 12),
                         requests[_i].status != 404);
}
END_TEST

START_TEST(what_is_open_is_still_shown_and_counted) {
    json_t *json, *item;

    record_hidden((int64_t)time(NULL) - START - 10);
    ck_assert_str_eq(letters_of("/api/series"), "a");
    ck_assert_str_eq(letters_of("/api/series?list=" OPEN), "a");
    json = get("/api/series", 200);
    item = json_array_get(json_object_get(json, "series"), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(item, "lists")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(item, "replies")), 1);
    ck_assert_ptr_null(json_object_get(item, "applied"));
    ck_assert_ptr_null(json_object_get(item, "verdicts"));
    ck_assert_uint_eq(json_object_size(json_object_get(item, "tags")), 2);
    json_decref(json);
    json = get("/api/events?since=0", 200);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "events")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "next")), 6);
    json_decref(json);
    expect_json("/api/lists", "{\"lists\":[{\"id\":\"" OPEN "\",\"series\":1}]}");
    json = get("/api/activity", 200);
    item = json_array_get(json_object_get(json, "hours"), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(item, "kinds"), "patch")),
                     1);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(item, "kinds"), "reply")),
                     1);
    json_decref(json);
}
END_TEST

static int streamed;

static void stream_count(void *argument, int64_t sequence, const char *type,
                         const char *cloudevent) {
    (void)argument, (void)sequence, (void)type;
    ck_assert_ptr_null(strcasestr(cloudevent, "hidden"));
    streamed++;
}

START_TEST(no_stream_has_anything_hidden) {
    record_hidden(0);
    ck_assert_int_eq(api_events(api, 0, "", "", 100, stream_count, NULL), 6);
    ck_assert_int_eq(api_events(api, 0, LATER, "", 100, stream_count, NULL), 6);
    ck_assert_int_eq(streamed, 2);
}
END_TEST

/* Returns the state of the series ID in the scope of the closed list, as the operator sees it. */
static const char *secret_state(const char *id) {
    static char state[32];
    struct arena arena = {0};
    struct series_report report;

    ck_assert_int_eq(store_begin(store), 0);
    index_set_scopes(store, &secret_scope, 1);
    ck_assert(series_report_read(store, &arena, NULL, id, &report));
    snprintf(state, sizeof(state), "%s", report.state);
    for (size_t i = 0; i < report.version_count; i++)
        ck_assert_str_eq(report.versions[i].state, state);
    store_rollback(store);
    arena_free(&arena);
    return state;
}

/* Nothing of a closed list is published, so no event moves the state of its series. */
START_TEST(a_series_of_a_closed_list_is_complete_with_all_its_parts) {
    POST(.id = ID("p"), .message_id = "p1@x.org", .topic = TOPIC("p"), .total = 2,
         .scope = secret_scope, .list = secret_scope, .unpublished = true);
    ck_assert_str_eq(secret_state(ID("p")), "open");
    POST(.id = ID("p"), .message_id = "p2@x.org", .topic = TOPIC("p"), .total = 2, .part = 2,
         .scope = secret_scope, .list = secret_scope, .unpublished = true, .at = 1);
    ck_assert_str_eq(secret_state(ID("p")), "complete");
}
END_TEST

SUITE(api_closed_suite) {
    Suite *suite = suite_create("api closed");
    TCase *tests = tcase_create("api closed");

    tcase_add_checked_fixture(tests, setup, api_fixture_close);
    tcase_add_loop_test(tests, no_answer_has_anything_hidden, 0,
                        sizeof(requests) / sizeof(requests[0]));
    tcase_add_test(tests, what_is_open_is_still_shown_and_counted);
    tcase_add_test(tests, no_stream_has_anything_hidden);
    tcase_add_test(tests, a_series_of_a_closed_list_is_complete_with_all_its_parts);
    suite_add_tcase(suite, tests);
    return suite;
}
