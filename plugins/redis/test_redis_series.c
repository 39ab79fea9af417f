/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_series.c - the state of a series in Redis after events of each type, in any order.
 */
#define TESTS redis_series
#include "test_redis.h"

#include "test_server.h"

#define V1          "s1-aaaaaaaaaaaaaaaa"
#define V2          "s1-bbbbbbbbbbbbbbbb"
#define KEY(series) "{patchmark}:series:" series

static struct node node;
static struct sink sink;

static void setup(void) {
    node_start(&node, "socket", 0, NULL);
    sink = sink_open(NULL);
}

static void teardown(void) {
    if (sink.self)
        sink_close(&sink);
    sink = (struct sink){0};
    node_stop(&node);
}

/* ---- events ------------------------------------------------------------------------------- */

/* Publishes an event of TYPE, such as "series.opened", with LENGTH bytes of JSON. */
static void send_json(const char *type, const char *series, const char *json, size_t length) {
    static unsigned given;
    static char id[33], full_type[64]; /* static, because a test may publish the event again */

    snprintf(id, sizeof(id), "%032x", ++given);
    snprintf(full_type, sizeof(full_type), "patchmark.%s.v1", type);
    test_events[0].id = id;
    test_events[0].type = full_type;
    test_events[0].series = series;
    test_events[0].json = json;
    test_events[0].json_length = length;
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
}

/* Publishes an event with TIME, such as "10:00"; DATA are the members of its object data. */
static void send_event(const char *type, const char *series, const char *time, const char *data) {
    static char json[2048];
    int length = snprintf(json, sizeof(json),
                          "{\"specversion\":\"1.0\",\"id\":\"x\",\"type\":\"patchmark.%s.v1\","
                          "\"time\":\"2026-05-07T%s:00Z\",\"data\":{%s}}",
                          type, time, data);

    ck_assert_int_lt(length, (int)sizeof(json));
    send_json(type, series, json, (size_t)length);
}

/* Publishes message.seen for part PART of a series of three. */
static void send_part(const char *series, int part, const char *time) {
    char data[512];

    snprintf(data, sizeof(data),
             "\"message_id\":\"%d@example.org\",\"author\":\"ada%d@example.org\","
             "\"list\":{\"id\":\"lamp.example.org\"},\"title\":\"title of %d\","
             "\"tree\":[\"net-next\",\"lamp\"],\"series\":{\"id\":\"%s\",\"topic\":\"t1-x\","
             "\"version\":2,\"part\":%d,\"total\":3}",
             part, part, part, series, part);
    send_event("message.seen", series, time, data);
}

/* ---- hashes ------------------------------------------------------------------------------- */

struct field {
    const char *name, *value; /* NULL if the field must be absent */
};

/* Asserts that the hash KEY has these fields and, if ALL, no others. */
static void check_hash(const char *key, const struct field *fields, bool all) {
    size_t there = 0;

    for (; fields->name; fields++) {
        redisReply *reply = asked("HGET %s %s", key, fields->name);
        const char *value = reply->type == REDIS_REPLY_NIL ? NULL : reply->str;
        ck_assert_msg(!value == !fields->value && (!value || strcmp(value, fields->value) == 0),
                      "%s of %s is %s, not %s", fields->name, key, value ? value : "not there",
                      fields->value ? fields->value : "not there");
        there += value != NULL;
        freeReplyObject(reply);
    }
    if (all)
        ck_assert_int_eq(number("HLEN", key), (long long)there);
}

#define HAS(key, ...) check_hash(key, (struct field[]){__VA_ARGS__, {0}}, false)
#define IS(key, ...)  check_hash(key, (struct field[]){__VA_ARGS__, {0}}, true)

START_TEST(a_cover_sets_the_fields_of_the_series) {
    send_part(V1, 0, "10:00");
    IS(KEY(V1), {"id", V1}, {"state", "open"}, {"version", "2"}, {"total", "3"}, {"topic", "t1-x"},
       {"title", "title of 0"}, {"title_part", "0"}, {"author", "ada0@example.org"},
       {"tree", "net-next lamp"}, {"list", "lamp.example.org"}, {"cover", "0@example.org"},
       {"opened", "2026-05-07T10:00:00Z"}, {"changed", "2026-05-07T10:00:00Z"});
    ck_assert_int_le(number("TTL", KEY(V1)), 180 * 86400);
    ck_assert_int_gt(number("TTL", KEY(V1)), 180 * 86400 - 60);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(parts_are_counted_once_whatever_their_order) {
    send_part(V1, 3, "10:03");
    HAS(KEY(V1), {"title", "title of 3"}, {"have", "1"}, {"part:3", "3@example.org"});
    send_part(V1, 1, "10:01");
    HAS(KEY(V1), {"title", "title of 1"}, {"have", "2"}, {"opened", "2026-05-07T10:01:00Z"},
        {"changed", "2026-05-07T10:03:00Z"});
    send_part(V1, 2, "10:02");
    HAS(KEY(V1), {"title", "title of 1"}, {"title_part", "1"}, {"have", "3"});
    send_part(V1, 0, "10:04"); /* the cover arrives last; it does not count as a part */
    HAS(KEY(V1), {"title", "title of 0"}, {"author", "ada0@example.org"}, {"have", "3"},
        {"cover", "0@example.org"}, {"state", "open"}, {"changed", "2026-05-07T10:04:00Z"});
    /* Another mail with the same part number does not replace the first. */
    send_event("message.seen", V1, "10:05",
               "\"message_id\":\"evil@example.com\",\"title\":\"evil\",\"series\":{\"part\":2}");
    HAS(KEY(V1), {"part:2", "2@example.org"}, {"have", "3"}, {"title", "title of 0"});
}
END_TEST

START_TEST(replies_and_other_events_create_no_hash) {
    send_event("message.seen", V1, "10:00",
               "\"message_id\":\"a@b\",\"series\":{\"id\":\"" V1 "\"}");
    /* A title may contain anything. */
    send_event("message.seen", V1, "10:00",
               "\"title\":\"\\\"part\\\": \",\"series\":{\"id\":\"" V1 "\"}");
    send_event("message.seen", V1, "10:00", "\"part\":1");
    send_event("message.seen", V1, "10:00", "\"series\":{\"part\":\"1\"}");
    send_event("pull.requested", V1, "10:00", "\"series\":{\"id\":\"" V1 "\",\"part\":1}");
    send_event("service.status", "", "10:00", "\"state\":\"started\"");
    ck_assert_int_eq(number("EXISTS", KEY(V1)), 0);
    ck_assert_int_eq(stream_length(), 6);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(a_complete_series_has_all_its_parts) {
    send_part(V1, 1, "10:01");
    /* Its other parts were seen by another host, or before Redis was used. */
    send_event(
        "series.completed", V1, "10:03",
        "\"message_id\":\"3@example.org\",\"title\":\"title of "
        "3\",\"series\":{\"part\":3,\"total\":3},"
        "\"members\":{\"0\":\"0@example.org\",\"1\":\"1@example.org\",\"2\":\"2@example.org\","
        "\"3\":\"3@example.org\"},\"elapsed\":2");
    HAS(KEY(V1), {"state", "complete"}, {"have", "3"}, {"cover", "0@example.org"},
        {"part:2", "2@example.org"}, {"part:3", "3@example.org"}, {"title", "title of 1"});
    assert_lines(&sink, NULL);
}
END_TEST

/* All types of events of a series, not in the order of their times. */
START_TEST(the_state_never_goes_back) {
    static const struct {
        const char *type, *state; /* the state after the event */
    } cases[] = {
        {"series.opened", "open"},         {"series.incomplete", "incomplete"},
        {"series.opened", "incomplete"},   {"message.seen", "incomplete"},
        {"series.completed", "complete"},  {"series.incomplete", "complete"},
        {"series.opened", "complete"},     {"message.seen", "complete"},
        {"series.superseded", "complete"}, /* this series supersedes another one; its own state
                                              stays */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        send_event(cases[i].type, V1, "10:00",
                   "\"message_id\":\"1@example.org\",\"series\":{\"part\":1}");
        HAS(KEY(V1), {"state", cases[i].state});
    }
    send_event("series.superseded", V2, "11:00", "\"series\":{\"supersedes\":\"" V1 "\"}");
    HAS(KEY(V1), {"state", "superseded"});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        send_event(cases[i].type, V1, "10:00",
                   "\"message_id\":\"1@example.org\",\"series\":{\"part\":1}");
        HAS(KEY(V1), {"state", "superseded"}, {"superseded_by", V2},
            {"changed", "2026-05-07T11:00:00Z"});
    }
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(series_incomplete_may_be_the_first_event) {
    send_event("series.incomplete", V1, "12:00",
               "\"author\":\"ada@example.org\",\"title\":\"three lamps\",\"series\":{\"id\":\"" V1
               "\",\"topic\":\"t1-x\",\"version\":1,\"total\":3},"
               "\"have\":{\"2\":\"2@example.org\",\"3\":\"3@example.org\"},\"missing\":[1]");
    IS(KEY(V1), {"id", V1}, {"state", "incomplete"}, {"version", "1"}, {"total", "3"},
       {"topic", "t1-x"}, {"title", "three lamps"}, {"author", "ada@example.org"}, {"have", "2"},
       {"part:2", "2@example.org"}, {"part:3", "3@example.org"},
       {"changed", "2026-05-07T12:00:00Z"});
}
END_TEST

START_TEST(a_newer_version_supersedes_the_older) {
    send_part(V1, 1, "10:00");
    send_event("series.superseded", V2, "11:00",
               "\"message_id\":\"new@example.org\",\"title\":\"new\",\"series\":{\"id\":\"" V2
               "\",\"version\":3,\"part\":0,\"total\":3,\"supersedes\":\"" V1
               "\",\"how\":\"link\"}");
    HAS(KEY(V1), {"state", "superseded"}, {"superseded_by", V2}, {"title", "title of 1"},
        {"opened", "2026-05-07T10:00:00Z"}, {"changed", "2026-05-07T11:00:00Z"});
    HAS(KEY(V2), {"state", "open"}, {"supersedes", V1}, {"how", "link"}, {"version", "3"},
        {"superseded_by", NULL}, {"cover", "new@example.org"});
}
END_TEST

START_TEST(an_unknown_older_version_is_superseded_too) {
    send_event("series.superseded", V2, "11:00",
               "\"series\":{\"supersedes\":\"" V1 "\",\"how\":\"link\"}");
    IS(KEY(V1), {"id", V1}, {"state", "superseded"}, {"superseded_by", V2},
       {"changed", "2026-05-07T11:00:00Z"});
    ck_assert_int_gt(number("TTL", KEY(V1)), 0);
    send_part(V1, 1, "10:00"); /* its mail arrives late */
    HAS(KEY(V1), {"state", "superseded"}, {"title", "title of 1"}, {"have", "1"});
}
END_TEST

START_TEST(an_alias_points_to_the_series_and_its_parts_are_copied) {
    send_part(V1, 1, "10:00");
    send_part(V2, 2, "10:01");
    send_part(V2, 1, "10:01");
    send_event("series.aliased", V1, "10:02",
               "\"message_id\":\"0@example.org\",\"series\":{\"part\":0,\"same_as\":[\"" V2
               "\",\"s1-cccccccccccccccc\"]}");
    HAS(KEY(V1), {"have", "2"}, {"part:1", "1@example.org"}, {"part:2", "2@example.org"},
        {"cover", "0@example.org"}, {"alias_of", NULL});
    HAS(KEY(V2), {"alias_of", V1}, {"changed", "2026-05-07T10:02:00Z"});
    IS(KEY("s1-cccccccccccccccc"), {"id", "s1-cccccccccccccccc"}, {"alias_of", V1},
       {"state", "open"}, {"changed", "2026-05-07T10:02:00Z"});
}
END_TEST

START_TEST(ids_in_the_json_create_no_foreign_keys) {
    send_event("series.superseded", V2, "11:00", "\"series\":{\"supersedes\":\"x} {y\"}");
    send_event("series.superseded", V2, "11:00", "\"series\":{\"supersedes\":[1]}");
    send_event("series.superseded", V2, "11:00",
               "\"series\":{\"supersedes\":\"" V2 "\"}"); /* its own id */
    HAS(KEY(V2), {"state", "open"}, {"superseded_by", NULL});
    redisReply *keys = asked("KEYS {patchmark}:series:*");
    ck_assert_uint_eq(keys->elements, 1);
    freeReplyObject(keys);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(a_duplicate_changes_nothing) {
    send_part(V1, 1, "10:00");
    DO("HSET %s state mark", KEY(V1));
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    ck_assert_int_eq(stream_length(), 1);
    HAS(KEY(V1), {"state", "mark"});
}
END_TEST

START_TEST(each_change_renews_the_time_to_live) {
    sink_close(&sink);
    sink =
        sink_open((struct fake_value[]){{"series_ttl", "2h"}, {"series", "{patchmark}:s "}, {0}});
    send_part(V1, 1, "10:00");
    ck_assert_int_eq(number("EXISTS", KEY(V1)), 0);
    redisReply *reply = asked("EXPIRE %s 5", "{patchmark}:s " V1);
    freeReplyObject(reply);
    send_part(V1, 2, "10:01");
    reply = asked("TTL %s", "{patchmark}:s " V1);
    ck_assert_int_gt(reply->integer, 7100);
    ck_assert_int_le(reply->integer, 7200);
    freeReplyObject(reply);
}
END_TEST

START_TEST(without_a_prefix_there_are_no_hashes) {
    sink_close(&sink);
    sink = sink_open((struct fake_value[]){{"series", ""}, {0}});
    send_part(V1, 1, "10:00");
    redisReply *keys = asked("DBSIZE");
    ck_assert_int_eq(keys->integer, 3); /* stream, seen, hosts */
    freeReplyObject(keys);
}
END_TEST

/* ---- several events in one call ----------------------------------------------------------- */

struct given {
    const char *type, *series, *time, *data;
};

#define PART(number, time)                                                               \
    {                                                                                    \
        "message.seen", V1, time,                                                        \
            "\"message_id\":\"" #number "@example.org\",\"title\":\"" #number            \
            "\",\"series\":{\"topic\":"                                                  \
            "\"t" #number "\",\"part\":" #number ",\"version\":" #number ",\"total\":3}" \
    }

/* Creates the events of two versions and an alias, with all fields. */
static const struct given posting[] = {
    PART(2, "10:02"),
    {"series.opened", V1, "10:02", "\"message_id\":\"2@example.org\",\"series\":{\"part\":2}"},
    PART(3, "10:03"),
    PART(2, "10:04"),
    {"message.seen", V1, "10:04", "\"title\":\"an answer\",\"series\":{}"},
    PART(0, "10:01"),
    {"series.incomplete", V1, "10:05",
     "\"series\":{\"version\":7,\"total\":4},\"have\":{\"2\":\"2b@example.org\"}"},
    {"series.completed", V1, "10:06",
     "\"message_id\":\"1@example.org\",\"title\":\"one\",\"series\":{\"part\":1},\"members\":{"
     "\"0\":\"0@example.org\",\"1\":\"1@example.org\",\"3\":\"3b@example.org\"}"},
    {"series.superseded", V2, "10:07",
     "\"message_id\":\"v2@example.org\",\"series\":{\"part\":1,\"supersedes\":\"" V1 "\"}"},
    {"series.aliased", V2, "10:08", "\"series\":{\"same_as\":[\"" V1 "\",\"s1-c\"]}"},
    {"series.opened", V1, "10:00", "\"title\":\"late\",\"series\":{}"},
};

#define POSTING (sizeof(posting) / sizeof(posting[0]))

static void posting_make(void) {
    static char ids[POSTING][33], types[POSTING][64], jsons[POSTING][512];

    for (size_t i = 0; i < POSTING; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%032zx", i);
        snprintf(types[i], sizeof(types[i]), "patchmark.%s.v1", posting[i].type);
        int length =
            snprintf(jsons[i], sizeof(jsons[i]), "{\"time\":\"2026-05-07T%s:00Z\",\"data\":{%s}}",
                     posting[i].time, posting[i].data);
        test_events[i].id = ids[i];
        test_events[i].type = types[i];
        test_events[i].series = posting[i].series;
        test_events[i].json = jsons[i];
        test_events[i].json_length = (size_t)length;
    }
}

START_TEST(a_batch_has_the_same_result_as_single_events) {
    static const char *const keys[] = {KEY(V1), KEY(V2), KEY("s1-c")};
    redisReply *alone[3];

    posting_make();
    for (size_t i = 0; i < POSTING; i++)
        ck_assert_uint_eq(sink_publish(&sink, i, 1), 1);
    HAS(KEY(V1), {"state", "superseded"}, {"have", "3"}, {"part:2", "2b@example.org"},
        {"part:3", "3b@example.org"}, {"title", "0"}, {"version", "7"}, {"alias_of", V2});
    HAS(KEY(V2), {"supersedes", V1}, {"have", "3"}, {"part:1", "v2@example.org"});
    for (size_t i = 0; i < 3; i++) {
        alone[i] = asked("HGETALL %s", keys[i]);
        ck_assert_uint_gt(alone[i]->elements, 0);
    }
    DO("FLUSHALL");
    ck_assert_uint_eq(sink_publish(&sink, 0, POSTING), POSTING);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(number("HLEN", keys[i]), (long long)alone[i]->elements / 2);
        for (size_t j = 0; j < alone[i]->elements; j += 2) {
            const char *name = alone[i]->element[j]->str, *value = alone[i]->element[j + 1]->str;
            check_hash(keys[i], (struct field[]){{name, value}, {0}}, false);
        }
        freeReplyObject(alone[i]);
    }
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(a_call_that_fails_in_the_middle_keeps_earlier_events) {
    /* The memory is enough for four more entries. */
    DO("XADD " STREAM " 18446744073709551615-18446744073709551611 a b");
    posting_make();
    ck_assert_uint_eq(sink_publish(&sink, 0, POSTING), 4);
    ck_assert(seen(3));
    ck_assert_msg(!seen(4), "the event would be discarded as a duplicate");
    ck_assert(!seen(5));
    HAS(KEY(V1), {"have", "2"}, {"part:2", "2@example.org"}, {"part:3", "3@example.org"},
        {"cover", NULL}, {"changed", "2026-05-07T10:04:00Z"});
    ck_assert_int_gt(number("TTL", KEY(V1)), 0);
    assert_lines(&sink, "; events wait in the outbox", NULL);
    DO("DEL " STREAM);
    ck_assert_uint_eq(sink_publish(&sink, 4, POSTING - 4), POSTING - 4);
    assert_stream(4, POSTING - 4);
}
END_TEST

START_TEST(a_series_may_be_long) {
    enum { PARTS = 5000 };
    size_t size = PARTS * 40 + 200;
    char *json = malloc(size), *to = json;

    to += sprintf(to, "{\"data\":{\"series\":{\"total\":%d},\"members\":{", PARTS);
    for (int i = 0; i <= PARTS; i++)
        to += sprintf(to, "%s\"%d\":\"%d@example.org\"", i ? "," : "", i, i);
    to += sprintf(to, "}}}");
    ck_assert_uint_lt((size_t)(to - json), size);
    test_events[0].type = "patchmark.series.completed.v1";
    test_events[0].series = V1;
    test_events[0].json = json;
    test_events[0].json_length = (size_t)(to - json);
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    HAS(KEY(V1), {"have", "5000"}, {"cover", "0@example.org"}, {"part:1", "1@example.org"},
        {"part:1001", "1001@example.org"}, {"part:5000", "5000@example.org"});
    ck_assert_int_eq(number("HLEN", KEY(V1)), PARTS + 5); /* cover, id, state, total, have */
    /* They are all copied from an alias. */
    send_event("series.aliased", V2, "10:00", "\"series\":{\"same_as\":[\"" V1 "\"]}");
    HAS(KEY(V2), {"have", "5000"}, {"part:5000", "5000@example.org"});
    assert_lines(&sink, NULL);
    free(json);
}
END_TEST

/* ---- values ------------------------------------------------------------------------------- */

/* Event data, and the fields of the hash after it, besides id, state and changed. */
static const struct {
    const char *type, *data;
    struct field fields[5]; /* ends with a field without name */
} values[] = {
    {"series.opened", "", {{0}}},
    {"series.opened",
     "\"title\":[],\"author\":{},\"message_id\":null,\"list\":7,\"tree\":\"net\",\"series\":7",
     {{0}}},
    {"series.opened", "\"series\":[\"part\"],\"list\":[\"id\"],\"members\":[\"a@b\"]", {{0}}},
    {"series.opened",
     "\"series\":{\"part\":-1,\"version\":1.5,\"total\":\"3\",\"topic\":true}",
     {{0}}},
    {"series.opened", "\"series\":{\"part\":1234567890,\"version\":1e99}", {{0}}},
    {"series.opened", "\"tree\":[]", {{0}}},
    /* values at another depth do not count */
    {"series.opened", "\"part\":1,\"learned\":{\"title\":\"no\",\"series\":{\"part\":7}}", {{0}}},
    {"series.opened", "\"series\":{\"total\":999999999}", {{"total", "999999999"}}},
    {"series.opened",
     "\"message_id\":\"m@b\",\"tree\":[7,\"a\",{\"x\":\"y\"},null,\"b\"],\"series\":{\"part\":12}",
     {{"tree", "a b"}, {"title_part", "12"}, {"part:12", "m@b"}, {"have", "1"}}},
    {"series.completed",
     "\"members\":{\"x\":\"a\",\"2\":7,\"\":\"b\",\"1234567890\":\"d\",\"3\":\"c\"}",
     {{"part:3", "c"}, {"have", "1"}}},
    {"series.completed", "\"members\":{}", {{0}}},
    /* only in events of that type */
    {"series.opened", "\"series\":{\"supersedes\":\"" V2 "\",\"same_as\":[\"" V2 "\"]}", {{0}}},
    {"series.superseded",
     "\"series\":{\"supersedes\":\"x} {y\",\"how\":\"link\"}",
     {{"supersedes", "x} {y"}, {"how", "link"}}},
    {"series.aliased",
     "\"series\":{\"same_as\":[\"" V1 "\",\"\",7,\"a b\",\"a\\u007d\",null]}",
     {{0}}},
    /* escapes */
    {"series.opened", "\"title\" :\t\"a\\\"b\\\\c\\/d\"", {{"title", "a\"b\\c/d"}}},
    {"series.opened", "\"title\":\"\\b\\f\\n\\r\\t\\\\\"", {{"title", "\b\f\n\r\t\\"}}},
    {"series.opened",
     "\"title\":\"\\u0041\\u00e9\\u20ac\\uD83D\\uDE00\xc3\xa9.\"",
     {{"title", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9."}}},
};

START_TEST(values_of_another_type_are_ignored) {
    const char *state = strcmp(values[_i].type, "series.completed") == 0 ? "complete" : "open";
    size_t count = 0;
    redisReply *keys;

    while (values[_i].fields[count].name)
        count++;
    send_event(values[_i].type, V1, "10:00", values[_i].data);
    HAS(KEY(V1), {"id", V1}, {"state", state}, {"opened", "2026-05-07T10:00:00Z"},
        {"changed", "2026-05-07T10:00:00Z"});
    check_hash(KEY(V1), values[_i].fields, false);
    ck_assert_int_eq(number("HLEN", KEY(V1)), (long long)count + 4);
    keys = asked("KEYS {patchmark}:series:*");
    ck_assert_uint_eq(keys->elements, 1);
    freeReplyObject(keys);
    assert_lines(&sink, NULL);
}
END_TEST

/* ---- failures ----------------------------------------------------------------------------- */

START_TEST(a_hash_that_cannot_be_written_stops_no_event) {
    DO("SUBSCRIBE patchmark.events.patchmark.message.seen.v1");
    redisContext *operator= redisConnectUnix(test_socket);
    freeReplyObject(redisCommand(operator, "SET %s x", KEY(V1)));
    send_part(V1, 1, "10:00");
    send_part(V1, 2, "10:00");
    for (int i = 0; i < 2; i++) { /* subscribers receive the event */
        redisReply *reply = NULL;
        ck_assert_int_eq(redisGetReply(node.control, (void **)&reply), REDIS_OK);
        freeReplyObject(reply);
    }
    DO("UNSUBSCRIBE");
    ck_assert_int_eq(stream_length(), 2);
    freeReplyObject(redisCommand(operator, "DEL %s", KEY(V1)));
    redisFree(operator);
    send_event("service.status", "", "10:00", "\"state\":\"started\""); /* does not change hashes */
    send_part(V1, 3, "10:00");
    assert_lines(&sink, "series: WRONGTYPE", "series recovered, failed batches: 2", NULL);
    ck_assert_int_eq(sink.instance->lines[0].level, PATCHMARK_WARNING);
}
END_TEST

/* Asserts that an event with invalid JSON is added without a hash. */
static void check_invalid(const char *json, size_t length) {
    long long before = stream_length();

    send_json("series.opened", V1, json, length);
    ck_assert_int_eq(stream_length(), before + 1);
    ck_assert_msg(number("EXISTS", KEY(V1)) == 0, "%.*s", (int)length, json);
}

START_TEST(invalid_json_stops_no_event) {
    static const char *const none[] = {"",        "oops",     "7",          "\"\"",     "{oops}",
                                       "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":]}"};
    static const char *const halves[] = {"\\u",        "\\u1",         "\\u123",  "\\ud83d",
                                         "\\ud83d\\u", "\\ud83d\\u12", "\\uzzzz", "\\q"};
    static const char whole[] = "{\"time\":\"T\",\"data\":{\"title\":\"a\\\"\\u0041\","
                                "\"members\":{\"1\":\"a\"},\"series\":{\"part\":1}}}";
    char json[128];

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        check_invalid(none[i], strlen(none[i]));
    for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++)
        check_invalid(json, (size_t)sprintf(json, "{\"data\":{\"title\":\"%s\"}}", halves[i]));
    for (size_t length = 0; length < strlen(whole); length++)
        check_invalid(whole, length);
    assert_lines(&sink, "series: invalid JSON of an event: ", NULL);
    ck_assert_int_eq(sink.instance->lines[0].level, PATCHMARK_WARNING);
    send_json("series.opened", V1, whole, strlen(whole));
    ck_assert_int_eq(number("EXISTS", KEY(V1)), 1);
}
END_TEST

START_TEST(depth_and_size_are_bounded) {
    enum { DEPTH = 1000000 };
    char *json = malloc(2 * DEPTH + 64), *to = json;

    ck_assert_ptr_nonnull(json);
    to += sprintf(to, "{\"data\":{\"tree\":");
    memset(to, '[', DEPTH);
    memset(to + DEPTH, ']', DEPTH);
    to += 2 * DEPTH;
    to += sprintf(to, "}}");
    check_invalid(json, (size_t)(to - json));
    to = json + sprintf(json, "{\"data\":{\"title\":\"");
    memset(to, 'x', DEPTH);
    to += DEPTH + sprintf(to + DEPTH, "\"}}");
    send_json("series.opened", V1, json, (size_t)(to - json));
    redisReply *reply = asked("HSTRLEN %s title", KEY(V1));
    ck_assert_int_eq(reply->integer, DEPTH);
    freeReplyObject(reply);
    free(json);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, a_cover_sets_the_fields_of_the_series);
    tcase_add_test(tcase, parts_are_counted_once_whatever_their_order);
    tcase_add_test(tcase, replies_and_other_events_create_no_hash);
    tcase_add_test(tcase, a_complete_series_has_all_its_parts);
    tcase_add_test(tcase, the_state_never_goes_back);
    tcase_add_test(tcase, series_incomplete_may_be_the_first_event);
    tcase_add_test(tcase, a_newer_version_supersedes_the_older);
    tcase_add_test(tcase, an_unknown_older_version_is_superseded_too);
    tcase_add_test(tcase, an_alias_points_to_the_series_and_its_parts_are_copied);
    tcase_add_test(tcase, ids_in_the_json_create_no_foreign_keys);
    tcase_add_test(tcase, a_duplicate_changes_nothing);
    tcase_add_test(tcase, each_change_renews_the_time_to_live);
    tcase_add_test(tcase, without_a_prefix_there_are_no_hashes);
    tcase_add_test(tcase, a_batch_has_the_same_result_as_single_events);
    tcase_add_test(tcase, a_call_that_fails_in_the_middle_keeps_earlier_events);
    tcase_add_test(tcase, a_series_may_be_long);
    tcase_add_test(tcase, a_hash_that_cannot_be_written_stops_no_event);
    tcase_add_loop_test(tcase, values_of_another_type_are_ignored, 0,
                        sizeof(values) / sizeof(values[0]));
    tcase_add_test(tcase, invalid_json_stops_no_event);
    tcase_add_test(tcase, depth_and_size_are_bounded);
}

SUITE(redis_series_suite) {
    bool missing = server_missing();
    return missing ? NULL : redis_tests("redis-series", add_tests, setup, teardown);
}
