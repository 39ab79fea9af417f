/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_api.c - what each route of the API answers.
 */
#include "api-fixture.h"

static void setup(void) {
    api_fixture_open("list \"" OPEN "\" { address = \"open@x.org\"\n"
                     " archive_url = \"https://archive.org/{message_id}/\" }\n"
                     "list \"second.example.org\" { address = \"second@x.org\" }");
}

/* Series a, "net: make it fast", of two parts with cover, reviewed, tested by a robot, applied in
 * part; b, its version 2, of one part on two lists; c, by Jürgen, waits for a review; d lacks part
 * 2 of 2. */
static void record_all(void) {
    POST(.id = ID("a"), .message_id = "a0@x.org", .cover = true, .total = 2,
         .title = "net: make it fast", .topic = TOPIC("a"));
    POST(.id = ID("a"), .message_id = "a1@x.org", .total = 2, .at = 1, .title = "net: first part",
         .topic = TOPIC("a"));
    POST(.id = ID("a"), .message_id = "a2@x.org", .part = 2, .total = 2, .at = 2,
         .title = "net: second part", .topic = TOPIC("a"));
    ANSWER(.message_id = "r1@x.org", .series = ID("a"), .received = 10, .target = 1,
           .sender_name = "Bob", .tags = "Reviewed-by: Bob <bob@x.org>");
    ANSWER(.message_id = "r2@x.org", .series = ID("a"), .received = 11, .sender = "eve@x.org",
           .tags = "range: 1-2\nNacked-by: Eve", .target = -1);
    ANSWER(.message_id = "r3@x.org", .series = ID("a"), .received = 12, .sender = "ci@x.org",
           .kind = "report", .target = 0, .robot = "test robot", .verdict = "fail");
    ANSWER(.message_id = "r4@x.org", .series = ID("a"), .received = 13, .sender = "ci@x.org",
           .kind = "report", .target = 0, .robot = "test robot", .verdict = "pass");
    ANSWER(.message_id = "r5@x.org", .series = ID("a"), .received = 14, .sender_name = "Bob",
           .applied = "partial\nto net-next\n2\tc0ffee\thttps://git.org/c0ffee\t", .target = -1);
    POST(.id = ID("b"), .message_id = "b1@x.org", .at = 100, .title = "net: make it faster",
         .topic = TOPIC("a"), .supersedes = ID("a"), .version = 2,
         .list = OPEN " second.example.org");
    POST(.id = ID("c"), .message_id = "c1@x.org", .at = 200, .name = "Jürgen Größe",
         .address = "jg@example.com", .title = "mm: straße repaired");
    POST(.id = ID("d"), .message_id = "d1@x.org", .at = 300, .total = 2, .title = "fs: one of two");
}

/* ---- /api/series --------------------------------------------------------------------------- */

START_TEST(a_series_in_the_list_has_all_that_is_known) {
    record_all();
    expect_json(
        "/api/series?q=" ID("a"),
        "{\"series\":[{\"id\":\"" ID("a") "\",\"topic\":\"" TOPIC(
            "a") "\","
                 "\"title\":\"net: make it "
                 "fast\",\"author\":{\"name\":\"Ada\",\"address\":\"ada@x.org\"},"
                 "\"lists\":[\"open.example.org\"],\"version\":1,\"total\":2,\"have\":2,"
                 "\"state\":\"superseded\",\"opened\":\"2023-11-14T22:13:20Z\","
                 "\"changed\":\"2023-11-14T22:13:22Z\",\"tags\":{\"approve\":1,\"refuse\":1},"
                 "\"verdicts\":{\"test "
                 "robot\":\"pass\"},\"applied\":[2],\"replies\":3,\"waiting\":false,"
                 "\"superseded_by\":\"" ID(
                     "b") "\",\"archive_url\":\"https://archive.org/a0%40x.org/\"}]}");
}
END_TEST

static const struct {
    const char *query, *letters;
} searches[] = {
    {"", "dcba"}, /* the one that was opened last first */
    {"q=fast", "ba"},
    {"q=FAST make", "ba"}, /* any order, any case */
    {"q=fast absent", ""},
    {"q=bob", ""}, /* not who answers */
    {"q=ada one", "d"},
    {"q=ada@x.org", "dba"},
    {"q=JÜRGEN", "c"},
    {"q=ju\xcc\x88rgen", "c"}, /* u and a combining diaeresis */
    {"q=STRASSE", "c"},        /* casefolding */
    {"q=a1@x.org", "a"},
    {"q=<a1@x.org>", "a"},
    {"q=r1@x.org", "a"}, /* of an answer */
    {"q=<absent@x.org>", ""},
    {"q=" ID("c"), "c"},
    {"q=" ID("x"), ""},
    {"list=second.example.org", "b"},
    {"list=SECOND.example.org", "b"},
    {"list=second", ""},
    {"author=jg@", "c"},
    {"author=größe", "c"},
    {"author=ada", "dba"},
    {"state=superseded", "a"},
    {"state=complete", "cb"},
    {"state=open", "dcb"},
    {"state=collecting", "d"},
    {"state=reroll", ""},
    {"state=incomplete", ""},
    {"waiting=1", "cb"},
    {"waiting=1&list=second.example.org", "b"},
    {"limit=2", "dc"},
    {"order=newest", "dcba"},
    {"order=oldest", "abcd"},
    {"order=oldest&limit=2", "ab"},
    {"order=oldest&waiting=1", "bc"},
    {"order=oldest&q=fast", "ab"},
    {"applied=all", "e"},
    {"applied=some", "f"}, /* a, too, but a newer version replaces it */
};

/* Series e, which was applied, and f, of which part 1 of 2 was. */
static void record_applied(void) {
    POST(.id = ID("e"), .message_id = "e1@x.org", .at = 400, .title = "e");
    ANSWER(.message_id = "r6@x.org", .series = ID("e"), .received = 410, .applied = "all",
           .target = 1);
    POST(.id = ID("f"), .message_id = "f1@x.org", .at = 500, .title = "f", .total = 2);
    POST(.id = ID("f"), .message_id = "f2@x.org", .at = 501, .title = "f", .total = 2, .part = 2);
    ANSWER(.message_id = "r7@x.org", .series = ID("f"), .received = 510,
           .applied = "partial\n1\tc0ffee\t\t", .target = -1);
}

/* Returns the member `scope` of the only series that is listed; "" if it has none. */
static const char *scope_of(const char *target) {
    static char scope[16];
    json_t *json = get(target, 200);
    json_t *series = json_array_get(json_object_get(json, "series"), 0);
    const char *found = json_string_value(json_object_get(series, "scope"));

    snprintf(scope, sizeof(scope), "%s", found ? found : "");
    json_decref(json);
    return scope;
}

/* What is open: not what was applied, nor a partial re-roll, which is no series that collects parts
 * either. */
START_TEST(each_state_has_its_series) {
    record_all();
    record_applied();
    POST(.id = ID("g"), .message_id = "g2@x.org", .at = 600, .title = "fs: two", .part = 2,
         .total = 2, .supersedes = ID("d"), .reroll = true);
    ck_assert_str_eq(letters_of("/api/series?state=open"), "fdcb");
    ck_assert_str_eq(letters_of("/api/series?state=collecting"), "d");
    ck_assert_str_eq(letters_of("/api/series?state=reroll"), "g");
    ck_assert_str_eq(letters_of("/api/series?state=complete"), "fecb");
    POST(.id = ID("h"), .message_id = "h1@x.org", .at = 700, .supersedes = ID("g"));
    ck_assert_str_eq(letters_of("/api/series?state=reroll"), "");
}
END_TEST

/* The series and the version that a re-roll is say so. */
START_TEST(a_partial_reroll_is_marked) {
    json_t *json, *versions;

    POST(.id = ID("a"), .message_id = "a1@x.org", .total = 2, .topic = TOPIC("a"));
    POST(.id = ID("b"), .message_id = "b2@x.org", .at = 5, .part = 2, .total = 2,
         .topic = TOPIC("a"), .supersedes = ID("a"), .reroll = true);
    ck_assert_str_eq(scope_of("/api/series?q=" ID("b")), "part");
    ck_assert_str_eq(scope_of("/api/series?q=" ID("a")), "");
    json = get("/api/series/" ID("a"), 200);
    versions = json_object_get(json, "versions");
    ck_assert_ptr_null(json_object_get(json_array_get(versions, 0), "scope"));
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(versions, 1), "scope")),
                     "part");
    json_decref(json);
}
END_TEST

/* Series of one second, in the order of receipt, which is not that of their ids; also across pages,
 * and among those that a search finds. */
START_TEST(a_second_has_an_order) {
    static const char *const received = "dbeac";
    char target[200] = "/api/series?limit=2", found[32] = "";
    json_t *json, *versions, *next;

    POST(.id = ID("z"), .message_id = "z@x.org", .at = -1);
    for (const char *at = received; *at; at++) {
        char id[] = ID("a"), message_id[] = "a1@x.org";

        memset(id + 3, *at, 16);
        *message_id = *at;
        POST(.id = id, .message_id = message_id, .topic = TOPIC("a"), .at = 7,
             .title = strchr("dec", *at) ? "found" : "other");
    }
    POST(.id = ID("f"), .message_id = "f@x.org", .at = 8);
    ck_assert_str_eq(letters_of("/api/series"), "fcaebdz");
    ck_assert_str_eq(letters_of("/api/series?order=oldest"), "zdbeacf");
    ck_assert_str_eq(letters_of("/api/series?q=found"), "ced");
    for (int pages = 0; pages < 5 && *target; pages++) {
        strcat(found, letters_of(target));
        json = get(target, 200);
        next = json_object_get(json, "next");
        snprintf(target, sizeof(target), next ? "/api/series?limit=2&before=%s" : "%s",
                 next ? json_string_value(next) : "");
        json_decref(json);
    }
    ck_assert_str_eq(found, "fcaebdz");
    ck_assert_str_eq(*target ? target : "end", "end");
    json_decref(get("/api/series/" TOPIC("a"), 301));
    ck_assert_str_eq(location, "/api/series/" ID("c")); /* the newest one */
    json = get("/api/series/" ID("a"), 200);
    versions = json_object_get(json, "versions");
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(json_string_value(json_object_get(json_array_get(versions, i), "id"))[3],
                         received[i]);
    json_decref(json);
}
END_TEST

START_TEST(series_are_found) {
    char target[300];

    record_all();
    if (strstr(searches[_i].query, "applied="))
        record_applied();
    snprintf(target, sizeof(target), "/api/series?%s", searches[_i].query);
    ck_assert_msg(strcmp(letters_of(target), searches[_i].letters) == 0, "%s: %s, not %s", target,
                  letters_of(target), searches[_i].letters);
}
END_TEST

static const struct {
    const char *order, *letters;
} orders[] = {{"newest", "dcba"}, {"oldest", "abcd"}};

START_TEST(pages_have_each_series_once) {
    char found[16] = "", target[100];

    record_all();
    snprintf(target, sizeof(target), "/api/series?limit=1&order=%s", orders[_i].order);
    for (int i = 0; i < 4; i++) {
        json_t *json = get(target, 200);
        const char *next = json_string_value(json_object_get(json, "next"));

        strcat(found, letters_of(target));
        ck_assert_ptr_null(json_object_get(json, "searched_to"));
        ck_assert_msg((next != NULL) == (i < 3), "page %d", i);
        if (next)
            snprintf(target, sizeof(target), "/api/series?limit=1&order=%s&before=%s",
                     orders[_i].order, next);
        json_decref(json);
    }
    ck_assert_str_eq(found, orders[_i].letters);
}
END_TEST

static const struct {
    const char *target, *title; /* the title names the argument and what it can be */
} refused[] = {
    {"/api/series?limit=0", "`limit` is not a number from 1 to 200"},
    {"/api/series?limit=201", "`limit` is not a number from 1 to 200"},
    {"/api/series?limit=-1", "`limit` is not a number from 1 to 200"},
    {"/api/series?limit=1x", "`limit` is not a number from 1 to 200"},
    {"/api/series?limit=", "`limit` is not a number from 1 to 200"},
    {"/api/series?state=closed",
     "`state` is none of open, collecting, incomplete, complete, reroll, superseded"},
    {"/api/series?order=random", "`order` is none of newest, oldest"},
    {"/api/series?applied=none", "`applied` is none of all, some"},
    {"/api/series?waiting=yes", "`waiting` is none of 0, 1"},
    {"/api/series?before=x", "`before` is not the `next` of an earlier answer"},
    {"/api/series?before=1", "`before` is not the `next` of an earlier answer"},
    {"/api/events?since=-1", NULL},
    {"/api/events?type=absent", "`type` is not a type of events"},
    {"/api/activity?hours=0", "`hours` is not a number from 1 to 168"},
    {"/api/activity?hours=169", "`hours` is not a number from 1 to 168"},
    {"/api/series?q=\xff", "`q` is not UTF-8"},
    {"/api/events?limit=99999999999999999999", "`limit` is not a number from 1 to 200"},
};

START_TEST(what_is_no_argument_is_refused) {
    json_t *json = get(refused[_i].target, 400), *error = json_object_get(json, "error");
    const char *title = json_string_value(json_object_get(error, "title"));

    ck_assert_int_eq(json_integer_value(json_object_get(error, "status")), 400);
    ck_assert_ptr_nonnull(title);
    if (refused[_i].title)
        ck_assert_str_eq(title, refused[_i].title);
    json_decref(json);
}
END_TEST

/* ---- /api/series/ID ------------------------------------------------------------------------ */

START_TEST(a_report_has_all_that_is_known) {
    record_all();
    expect_json(
        "/api/series/" ID("a"),
        "{\"series\":{\"id\":\"" ID("a") "\",\"topic\":\"" TOPIC(
            "a") "\","
                 "\"title\":\"net: make it "
                 "fast\",\"author\":{\"name\":\"Ada\",\"address\":\"ada@x.org\"},"
                 "\"submitter\":{\"name\":\"Ada\",\"address\":\"ada@x.org\"},\"version\":1,"
                 "\"total\":2,"
                 "\"flags\":[],\"lists\":[\"open.example.org\"],\"opened\":\"2023-11-14T22:13:"
                 "20Z\","
                 "\"changed\":\"2023-11-14T22:13:22Z\",\"parts\":["
                 "{\"part\":0,\"message_id\":\"a0@x.org\",\"title\":\"net: make it fast\","
                 "\"patch_id\":\"0123456789012345678901234567890123456789\"},"
                 "{\"part\":1,\"message_id\":\"a1@x.org\",\"title\":\"net: first part\","
                 "\"patch_id\":\"0123456789012345678901234567890123456789\"},"
                 "{\"part\":2,\"message_id\":\"a2@x.org\",\"title\":\"net: second part\","
                 "\"patch_id\":\"0123456789012345678901234567890123456789\"}],"
                 "\"missing\":[],\"state\":\"superseded\",\"superseded_by\":\"" ID(
                     "b") "\"},"
                          "\"have\":2,\"waiting\":false,"
                          "\"versions\":[{\"id\":\"" ID(
                              "a") "\",\"version\":1,\"title\":\"net: make it fast\","
                                   "\"opened\":\"2023-11-14T22:13:20Z\",\"state\":\"superseded\"},"
                                   "{\"id\":\"" ID(
                                       "b") "\",\"version\":2,\"title\":\"net: make it faster\","
                                            "\"opened\":\"2023-11-14T22:15:00Z\",\"state\":"
                                            "\"complete\"}],"
                                            "\"parts\":[{\"part\":0,\"title\":\"net: make it "
                                            "fast\",\"message_id\":\"a0@x.org\","
                                            "\"received\":\"2023-11-14T22:13:20Z\","
                                            "\"patch_id\":"
                                            "\"0123456789012345678901234567890123456789\","
                                            "\"archive_url\":\"https://archive.org/a0%40x.org/\"},"
                                            "{\"part\":1,\"title\":\"net: first "
                                            "part\",\"message_id\":\"a1@x.org\","
                                            "\"received\":\"2023-11-14T22:13:21Z\","
                                            "\"patch_id\":"
                                            "\"0123456789012345678901234567890123456789\","
                                            "\"archive_url\":\"https://archive.org/a1%40x.org/"
                                            "\",\"tags\":{\"approve\":1,\"refuse\":1}},"
                                            "{\"part\":2,\"title\":\"net: second "
                                            "part\",\"message_id\":\"a2@x.org\","
                                            "\"received\":\"2023-11-14T22:13:22Z\","
                                            "\"patch_id\":"
                                            "\"0123456789012345678901234567890123456789\","
                                            "\"archive_url\":\"https://archive.org/a2%40x.org/"
                                            "\",\"tags\":{\"refuse\":1},"
                                            "\"applied\":{\"commit\":\"c0ffee\",\"url\":\"https://"
                                            "git.org/c0ffee\"}}],"
                                            "\"tags\":[{\"part\":1,\"name\":\"Reviewed-by\","
                                            "\"value\":\"Bob <bob@x.org>\","
                                            "\"meaning\":\"approve\",\"person\":{\"name\":\"Bob\","
                                            "\"address\":\"bob@x.org\"},"
                                            "\"message_id\":\"r1@x.org\",\"received\":\"2023-11-"
                                            "14T22:13:30Z\"},"
                                            "{\"range\":\"1-2\",\"name\":\"Nacked-by\",\"value\":"
                                            "\"Eve\",\"meaning\":\"refuse\","
                                            "\"person\":{\"address\":\"eve@x.org\"},\"message_id\":"
                                            "\"r2@x.org\","
                                            "\"received\":\"2023-11-14T22:13:31Z\"}],"
                                            "\"verdicts\":[{\"robot\":\"test "
                                            "robot\",\"verdict\":\"fail\",\"part\":0,"
                                            "\"message_id\":\"r3@x.org\",\"received\":\"2023-11-"
                                            "14T22:13:32Z\","
                                            "\"archive_url\":\"https://archive.org/r3%40x.org/\"},"
                                            "{\"robot\":\"test "
                                            "robot\",\"verdict\":\"pass\",\"part\":0,\"message_"
                                            "id\":\"r4@x.org\","
                                            "\"received\":\"2023-11-14T22:13:33Z\","
                                            "\"archive_url\":\"https://archive.org/r4%40x.org/\"}],"
                                            "\"applied\":[{\"part\":2,\"title\":\"net: second "
                                            "part\",\"commit\":\"c0ffee\","
                                            "\"url\":\"https://git.org/"
                                            "c0ffee\",\"tree\":\"net-next\",\"who\":{\"name\":"
                                            "\"Bob\","
                                            "\"address\":\"bob@x.org\"},\"message_id\":\"r5@x."
                                            "org\","
                                            "\"received\":\"2023-11-14T22:13:34Z\"}],"
                                            "\"replies\":[{\"part\":1,\"kind\":\"reply\","
                                            "\"sender\":{\"name\":\"Bob\","
                                            "\"address\":\"bob@x.org\"},\"message_id\":\"r1@x."
                                            "org\","
                                            "\"received\":\"2023-11-14T22:13:30Z\",\"flags\":["
                                            "\"review\"],"
                                            "\"archive_url\":\"https://archive.org/r1%40x.org/\"},"
                                            "{\"kind\":\"reply\",\"sender\":{\"address\":\"eve@x."
                                            "org\"},\"message_id\":\"r2@x.org\","
                                            "\"received\":\"2023-11-14T22:13:31Z\",\"flags\":["
                                            "\"nack\"],"
                                            "\"archive_url\":\"https://archive.org/r2%40x.org/\"},"
                                            "{\"part\":0,\"kind\":\"report\",\"robot\":\"test "
                                            "robot\",\"sender\":{\"address\":"
                                            "\"ci@x.org\"},\"message_id\":\"r3@x.org\","
                                            "\"received\":\"2023-11-14T22:13:32Z\","
                                            "\"flags\":[\"automated\"],\"archive_url\":\"https://"
                                            "archive.org/r3%40x.org/\"},"
                                            "{\"part\":0,\"kind\":\"report\",\"robot\":\"test "
                                            "robot\",\"sender\":{\"address\":"
                                            "\"ci@x.org\"},\"message_id\":\"r4@x.org\","
                                            "\"received\":\"2023-11-14T22:13:33Z\","
                                            "\"flags\":[\"automated\"],\"archive_url\":\"https://"
                                            "archive.org/r4%40x.org/\"},"
                                            "{\"kind\":\"reply\",\"sender\":{\"name\":\"Bob\","
                                            "\"address\":\"bob@x.org\"},"
                                            "\"message_id\":\"r5@x.org\",\"received\":\"2023-11-"
                                            "14T22:13:34Z\","
                                            "\"flags\":[\"applied\"],\"archive_url\":\"https://"
                                            "archive.org/r5%40x.org/\"}]}");
}
END_TEST

START_TEST(other_names_of_a_series_redirect) {
    static const char *const names[] = {ID("e"), TOPIC("a"), "b1@x.org", "<b1@x.org>"};

    record_all();
    POST(.id = ID("e"), .message_id = "e1@x.org", .at = 400, .topic = TOPIC("a"));
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(index_join(store, ID("b"), ID("e")), 1);
    ck_assert_int_eq(store_commit(store), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char target[100];

        snprintf(target, sizeof(target), "/api/series/%s", names[i]);
        json_decref(get(target, 301));
        ck_assert_str_eq(location, "/api/series/" ID("b"));
    }
    json_decref(get("/api/series/" ID("x"), 404));
    ck_assert_ptr_null(location);
}
END_TEST

/* ---- the other routes ---------------------------------------------------------------------- */

START_TEST(mails_are_found_by_their_ids) {
    record_all();
    expect_json(
        "/api/messages/<a1@x.org>",
        "{\"message\":{\"id\":\"a1@x.org\",\"kind\":\"patch\",\"title\":\"net: first part\","
        "\"sender\":{\"name\":\"Ada\",\"address\":\"ada@x.org\"},"
        "\"author\":{\"name\":\"Ada\",\"address\":\"ada@x.org\"},"
        "\"received\":\"2023-11-14T22:13:21Z\",\"lists\":[\"open.example.org\"],\"part\":1,"
        "\"patch_id\":\"0123456789012345678901234567890123456789\","
        "\"archive_url\":\"https://archive.org/a1%40x.org/\"},"
        "\"series\":{\"id\":\"" ID("a") "\",\"topic\":\"" TOPIC(
            "a") "\",\"version\":1,"
                 "\"part\":1,\"total\":2,\"title\":\"net: make it "
                 "fast\",\"author\":{\"name\":\"Ada\","
                 "\"address\":\"ada@x.org\"}}}");
    expect_json("/api/messages/r1@x.org",
                "{\"message\":{\"id\":\"r1@x.org\",\"kind\":\"reply\",\"sender\":{\"name\":\"Bob\","
                "\"address\":\"bob@x.org\"},\"received\":\"2023-11-14T22:13:30Z\",\"lists\":"
                "[\"open.example.org\"],"
                "\"archive_url\":\"https://archive.org/r1%40x.org/\"},\"target\":{\"part\":1},"
                "\"series\":{\"id\":\"" ID("a") "\",\"topic\":\"" TOPIC(
                    "a") "\",\"version\":1,"
                         "\"total\":2,\"title\":\"net: make it fast\",\"author\":{\"name\":\"Ada\","
                         "\"address\":\"ada@x.org\"}}}");
    json_decref(get("/api/messages/absent@x.org", 404));
}
END_TEST

/* Returns the numbers of the events and `next`, such as "1 2 next 2 more"; the string is static. */
static const char *events_of(const char *target) {
    static char text[512];
    json_t *json = get(target, 200), *item, *missed = json_object_get(json, "missed");
    size_t i, length = 0;

    json_array_foreach(json_object_get(json, "events"), i, item) length +=
        (size_t)sprintf(text + length, "%d ",
                        atoi(json_string_value(json_object_get(item, "sequence"))));
    length += (size_t)sprintf(text + length, "next %d",
                              (int)json_integer_value(json_object_get(json, "next")));
    if (json_object_get(json, "more"))
        length += (size_t)sprintf(text + length, " more");
    if (missed)
        sprintf(text + length, " missed %d", (int)json_integer_value(missed));
    json_decref(json);
    return text;
}

static int64_t stream[8];
static int streamed;

static void stream_keep(void *argument, int64_t sequence, const char *type,
                        const char *cloudevent) {
    json_t *json = json_loads(cloudevent, 0, NULL);

    ck_assert_ptr_eq(argument, stream);
    ck_assert_str_eq(type, json_string_value(json_object_get(json, "type")));
    ck_assert_ptr_null(strchr(cloudevent, '\n'));
    stream[streamed++] = sequence;
    json_decref(json);
}

START_TEST(events_are_listed_and_streamed) {
    ck_assert_str_eq(events_of("/api/events"), "next 0");
    ck_assert_int_eq(api_newest(api), 0);
    append_event("patchmark.service.status.v1", "", "{\"state\":\"started\"}");
    append_event("patchmark.message.seen.v1", OPEN, "{\"n\":2}");
    append_event("patchmark.series.opened.v1", "second.example.org", "{\"n\":3}");
    append_event("patchmark.message.seen.v1", OPEN, "{\"n\":4}");
    ck_assert_str_eq(events_of("/api/events"), "1 2 3 4 next 4");
    ck_assert_str_eq(events_of("/api/events?limit=2"), "3 4 next 4");
    ck_assert_str_eq(events_of("/api/events?since=0&limit=2"), "1 2 next 2 more");
    ck_assert_str_eq(events_of("/api/events?since=2"), "3 4 next 4");
    ck_assert_str_eq(events_of("/api/events?since=4"), "next 4");
    ck_assert_str_eq(events_of("/api/events?since=99"), "next 4"); /* of another database */
    ck_assert_str_eq(events_of("/api/events?since=0&list=" OPEN), "2 4 next 4");
    ck_assert_str_eq(events_of("/api/events?since=0&type=series.opened"), "3 next 4");
    ck_assert_str_eq(events_of("/api/events?type=patchmark.series.opened.v1"), "3 next 4");
    ck_assert_int_eq(api_newest(api), 4);
    ck_assert_int_eq(api_events(api, 1, NULL, "message.seen", 1, stream_keep, stream), 2);
    ck_assert_int_eq(api_events(api, 2, NULL, "message.seen", 1, stream_keep, stream), 4);
    ck_assert_int_eq(api_events(api, 4, NULL, NULL, 1, stream_keep, stream), 4);
    ck_assert_int_eq(streamed, 2);
    ck_assert_int_eq(stream[1], 4);
    ck_assert(api_type_is_known("trailer.given") && !api_type_is_known("trailer"));
    ck_assert_int_eq(outbox_trim(store, NULL, 0, 2), 2);
    ck_assert_str_eq(events_of("/api/events?since=1"), "3 4 next 4 missed 1");
}
END_TEST

START_TEST(lists_are_counted) {
    record_all();
    expect_json("/api/lists", "{\"lists\":[{\"id\":\"open.example.org\",\"series\":4},"
                              "{\"id\":\"second.example.org\",\"series\":1}]}");
}
END_TEST

/* A list whose mails began no series. */
START_TEST(a_list_without_series_is_listed) {
    ANSWER(.message_id = "r1@x.org", .series = "", .lists = "quiet.example.org", .kind = "other",
           .target = -1);
    expect_json("/api/lists", "{\"lists\":[{\"id\":\"open.example.org\",\"series\":0},"
                              "{\"id\":\"quiet.example.org\",\"series\":0},"
                              "{\"id\":\"second.example.org\",\"series\":0}]}");
}
END_TEST

/* Lists are known from the configuration or from their mail. */
START_TEST(the_feed_of_an_unknown_list_is_not_found) {
    ANSWER(.message_id = "r1@x.org", .series = "", .lists = "quiet.example.org", .kind = "other",
           .target = -1);
    POST(.id = ID("a"), .message_id = "a1@x.org", .list = "busy.example.org");
    free(body_of("/lists/" OPEN "/feed.atom", 200));
    free(body_of("/lists/quiet.example.org/feed.atom", 200));
    free(body_of("/lists/Busy.example.org/feed.atom", 200));
    json_decref(get("/lists/absent.example.org/feed.atom", 404));
    json_decref(get("/lists/example.org/feed.atom", 404));
}
END_TEST

/* Links of a feed are relative to its own address, or to that which a proxy states. */
START_TEST(a_feed_has_the_base_of_its_links) {
    struct web_answer answered;
    char *body = body_of("/feed.atom", 200);

    ck_assert_ptr_null(strstr(body, "xml:base"));
    free(body);
    api_answer(api,
               &(struct web_request){"/feed.atom", argument_of, NULL, "https://p.example.org/"},
               &answered);
    ck_assert_ptr_nonnull(strstr(answered.body, " xml:base=\"https://p.example.org/\">"));
    free(answered.body);
}
END_TEST

START_TEST(a_series_is_known_by_each_of_its_names) {
    char from[320], to[320];

    record_all();
    ck_assert(api_may_have_series(api, ID("a")));
    ck_assert(api_may_have_series(api, TOPIC("a")));
    ck_assert(api_may_have_series(api, "r1@x.org"));
    ck_assert(!api_may_have_series(api, ID("x")));
    ck_assert(!api_may_have_series(api, "absent@x.org"));
    snprintf(from, sizeof(from), "%s/patchmark.db", api_configuration->state);
    snprintf(to, sizeof(to), "%s/moved.db", api_configuration->state);
    store_close(store);
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert(api_may_have_series(api, ID("x"))); /* it cannot be known */
    ck_assert_int_eq(rename(to, from), 0);
    store = store_open(api_configuration->state);
}
END_TEST

START_TEST(mails_are_counted_by_hour_and_kind) {
    int64_t hour = ((int64_t)time(NULL) / 3600 - 1) * 3600 - START;
    json_t *json, *hours, *kinds;

    POST(.id = ID("a"), .message_id = "a1@x.org", .at = hour);
    POST(.id = ID("b"), .message_id = "b1@x.org", .at = hour + 3599);
    ANSWER(.message_id = "r1@x.org", .series = "", .received = hour + 5, .target = -1);
    POST(.id = ID("c"), .message_id = "c1@x.org", .at = 0); /* years ago */
    json = get("/api/activity?hours=3", 200);
    hours = json_object_get(json, "hours");
    ck_assert_uint_eq(json_array_size(hours), 1);
    kinds = json_object_get(json_array_get(hours, 0), "kinds");
    ck_assert_int_eq(json_integer_value(json_object_get(kinds, "patch")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(kinds, "reply")), 1);
    ck_assert_uint_eq(json_object_size(kinds), 2);
    json_decref(json);
}
END_TEST

START_TEST(health_has_the_outbox_and_the_sinks) {
    record_all();
    append_event("patchmark.message.seen.v1", OPEN, "{\"n\":1}");
    append_event("patchmark.message.seen.v1", OPEN, "{\"n\":2}");
    ck_assert_int_eq(outbox_acknowledge(store, "redis", 1), 0);
    store_count_lost(store);
    expect_json("/api/health",
                "{\"state\":\"running\",\"version\":\"" PACKAGE_VERSION "\",\"schema\":7,"
                "\"outbox\":{\"events\":2,\"bytes\":14,\"oldest\":\"2023-11-14T22:13:20Z\","
                "\"newest\":2},\"sinks\":[{\"name\":\"redis\",\"pending\":1,\"sequence\":1}],"
                "\"lost\":1,\"newest_mail\":\"2023-11-14T22:18:20Z\"}");
}
END_TEST

/* Returns what REFERENCE, such as "#/a/b", refers to in the document ROOT; NULL if nothing. */
static json_t *referred(json_t *root, const char *reference) {
    char *copy = strdup(reference), *state, *name = strtok_r(copy, "/", &state);
    json_t *at = name && strcmp(name, "#") == 0 ? root : NULL;

    while (at && (name = strtok_r(NULL, "/", &state)))
        at = json_object_get(at, name);
    free(copy);
    return at;
}

/* Returns the number of references in VALUE, a part of ROOT, each of which must refer to a part of
 * ROOT: the tools for OpenAPI know no other document. */
static size_t references_check(json_t *root, json_t *value) {
    json_t *part, *reference = json_object_get(value, "$ref");
    const char *key;
    size_t count = 0, i;

    if (json_is_string(reference)) {
        ck_assert_msg(referred(root, json_string_value(reference)) != NULL, "%s",
                      json_string_value(reference));
        count++;
    }
    json_object_foreach(value, key, part) count += references_check(root, part);
    json_array_foreach(value, i, part) count += references_check(root, part);
    return count;
}

START_TEST(every_reference_is_in_the_document) {
    json_t *json = get("/api/openapi.json", 200);

    ck_assert_uint_gt(references_check(json, json), 200);
    json_decref(json);
}
END_TEST

START_TEST(every_route_is_in_the_document) {
    static const char *const paths[] = {
        "/api/series", "/api/series/{id}", "/api/messages/{id}",
        "/api/events", "/api/lists",       "/api/activity",
        "/api/health", "/feed.atom",       "/lists/{list}/feed.atom"};
    json_t *json = get("/api/openapi.json", 200);

    ck_assert_str_eq(json_string_value(json_object_get(json, "openapi")), "3.1.0");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        ck_assert_msg(json_object_get(json_object_get(json, "paths"), paths[i]) != NULL, "%s",
                      paths[i]);
    json_decref(json);
    json_decref(get("/api/absent", 404));
    json_decref(get("/api/series/", 404));
    json_decref(get("/", 404));
}
END_TEST

/* ---- without a store ------------------------------------------------------------------------ */

static const char *const all_routes[] = {
    "/api/series", "/api/series/" ID("a"), "/api/messages/a1@x.org",
    "/api/events", "/api/lists",           "/api/activity",
    "/api/health", "/feed.atom",           "/lists/" OPEN "/feed.atom"};
#define ROUTES (int)(sizeof(all_routes) / sizeof(all_routes[0]))

static void expect_503(const char *target, const char *state) {
    json_t *json = get(target, 503), *error = json_object_get(json, "error");

    ck_assert_str_eq(json_string_value(json_object_get(error, "state")), state);
    ck_assert_str_eq(json_string_value(json_object_get(json, "state")), state);
    ck_assert_ptr_nonnull(json_object_get(error, "title"));
    json_decref(json);
}

START_TEST(each_route_says_why_the_store_cannot_be_used_and_comes_back) {
    char from[320], to[320];

    snprintf(from, sizeof(from), "%s/patchmark.db", api_configuration->state);
    snprintf(to, sizeof(to), "%s/moved.db", api_configuration->state);
    POST(.id = ID("a"), .message_id = "a1@x.org");
    free(body_of(all_routes[_i], 200));
    store_close(store);
    ck_assert_int_eq(rename(from, to), 0);
    expect_503(all_routes[_i], "absent");
    ck_assert_int_eq(api_newest(api), -1);
    ck_assert_int_eq(api_events(api, 0, "", "", 1, stream_keep, stream), -1);
    ck_assert_int_eq(rename(to, from), 0);
    free(body_of(all_routes[_i], 200));
    store = store_open(api_configuration->state);
    free(body_of(all_routes[_i], 200));
}
END_TEST

/* What was known when the daemon stopped is shown, and marked. */
START_TEST(a_stopped_daemon_is_in_the_answer) {
    POST(.id = ID("a"), .message_id = "a1@x.org");
    for (int i = 0; i < 300; i++) {
        json_t *json;
        const char *state;
        bool stopped;

        if (i == 0)
            store_close(store);
        json = get(all_routes[_i], 200);
        state = json_string_value(json_object_get(json, "state"));
        stopped = state && strcmp(state, "stopped") == 0;
        json_decref(json);
        if (stopped)
            break;
        ck_assert_int_lt(i, 299);
        usleep(10000);
    }
    store = store_open(api_configuration->state);
}
END_TEST

SUITE(api_suite) {
    Suite *suite = suite_create("api");
    TCase *tests = tcase_create("api");

    tcase_add_checked_fixture(tests, setup, api_fixture_close);
    tcase_add_test(tests, a_series_in_the_list_has_all_that_is_known);
    tcase_add_loop_test(tests, series_are_found, 0, sizeof(searches) / sizeof(searches[0]));
    tcase_add_test(tests, each_state_has_its_series);
    tcase_add_test(tests, a_partial_reroll_is_marked);
    tcase_add_test(tests, a_second_has_an_order);
    tcase_add_loop_test(tests, pages_have_each_series_once, 0, 2);
    tcase_add_loop_test(tests, what_is_no_argument_is_refused, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, a_report_has_all_that_is_known);
    tcase_add_test(tests, other_names_of_a_series_redirect);
    tcase_add_test(tests, mails_are_found_by_their_ids);
    tcase_add_test(tests, events_are_listed_and_streamed);
    tcase_add_test(tests, lists_are_counted);
    tcase_add_test(tests, a_list_without_series_is_listed);
    tcase_add_test(tests, the_feed_of_an_unknown_list_is_not_found);
    tcase_add_test(tests, a_feed_has_the_base_of_its_links);
    tcase_add_test(tests, a_series_is_known_by_each_of_its_names);
    tcase_add_test(tests, mails_are_counted_by_hour_and_kind);
    tcase_add_test(tests, health_has_the_outbox_and_the_sinks);
    tcase_add_test(tests, every_route_is_in_the_document);
    tcase_add_test(tests, every_reference_is_in_the_document);
    tcase_add_loop_test(tests, each_route_says_why_the_store_cannot_be_used_and_comes_back, 0,
                        ROUTES);
    tcase_add_loop_test(tests, a_stopped_daemon_is_in_the_answer, 0, ROUTES - 2);
    suite_add_tcase(suite, tests);
    return suite;
}
