/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_series.c - the state of a series in Redis: what state records make of its hash and of
 * the sets of open series, in any order.  Also what else an event brings: its stream, and what
 * other hosts learn from it.
 */
#define TESTS redis_series
#include "test_redis.h"

#include "test_server.h"

#define V1          "s1-aaaaaaaaaaaaaaaa"
#define V2          "s1-bbbbbbbbbbbbbbbb"
#define KEY(series) "{patchmark}:series:" series
#define OPEN        "{patchmark}:open"
#define LAMP        "net.lamp.example.org"
#define TIDE        "tide.example.org"

/* Times of change are in the future, because old series are removed from the sets. */
#define TIME(time) "2100-05-07T" time ":00Z"
#define TEN        4113367200 /* 2100-05-07T10:00:00Z, as date(1) prints it */

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

/* Opens the sink again, with other options. */
static void sink_change(const struct fake_value *values) {
    sink_close(&sink);
    sink = sink_open(values);
}

/* ---- events ------------------------------------------------------------------------------- */

/* Publishes an event of TYPE, such as "series.opened", with the state record STATE. */
static void send_event(const char *type, const char *state) {
    static unsigned given;
    static char id[33], full_type[64]; /* static, because a test may publish the event again */

    snprintf(id, sizeof(id), "%032x", ++given);
    snprintf(full_type, sizeof(full_type), "patchmark.%s.v1", type);
    test_events[0].id = id;
    test_events[0].type = full_type;
    test_events[0].state = state;
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
}

static void send_state(const char *state) {
    send_event("message.seen", state);
}

static int publish_states(const char *const *states, size_t count) {
    return plugin.publish_state(sink.self, states, count);
}

/* ---- keys --------------------------------------------------------------------------------- */

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

/* Asserts that the sorted set KEY has exactly these members, oldest change first; separated by
 * spaces. */
static void check_set(const char *key, const char *members) {
    redisReply *reply = asked("ZRANGE %s 0 -1", key);
    char text[1024] = "";

    for (size_t i = 0; i < reply->elements; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, reply->element[i]->str);
    }
    ck_assert_str_eq(text, members);
    freeReplyObject(reply);
}

static void check_score(const char *key, const char *member, long long seconds) {
    char expected[32];
    redisReply *reply = asked("ZSCORE %s %s", key, member);

    snprintf(expected, sizeof(expected), "%lld", seconds);
    ck_assert_msg(reply->type == REDIS_REPLY_STRING, "%s has no %s", key, member);
    ck_assert_str_eq(reply->str, expected);
    freeReplyObject(reply);
}

static void check_expiry(const char *key, long long seconds) {
    ck_assert_int_le(number("TTL", key), seconds);
    ck_assert_int_gt(number("TTL", key), seconds - 60);
}

/* ---- fields ------------------------------------------------------------------------------- */

/* All fields, in the words of patchmark-events(7). */
#define COVER                                                                                  \
    "topic t1-cccccccccccccccc\n"                                                              \
    "title lamp: dim slowly, 100% of \"it\" \xc3\xa9\n"                                        \
    "author ada@example.org\nauthor_name Ada Example\n"                                        \
    "submitter bob@example.org\nsubmitter_name Bob\n"                                          \
    "version 3\nrevision 3.1\ntotal 2\nhave 1\nflags rfc resend\ntree net-next lamp\n"         \
    "lists " LAMP " " TIDE "\n"                                                                \
    "base_commit 0123456789abcdef0123456789abcdef01234567\nchange_id 20260507-lamp\n"          \
    "opened " TIME("10:00") "\ncover 0@example.org\npart:1 1@example.org\nsupersedes " V2 "\n" \
                            "how title\n"

START_TEST(a_record_sets_the_fields_of_the_hash) {
    send_state("id " V1 "\n" COVER "state open\nchanged " TIME("10:00") "\n");
    IS(KEY(V1), {"id", V1}, {"topic", "t1-cccccccccccccccc"},
       {"title", "lamp: dim slowly, 100% of \"it\" \xc3\xa9"}, {"author", "ada@example.org"},
       {"author_name", "Ada Example"}, {"submitter", "bob@example.org"}, {"submitter_name", "Bob"},
       {"version", "3"}, {"revision", "3.1"}, {"total", "2"}, {"have", "1"},
       {"flags", "rfc resend"}, {"tree", "net-next lamp"}, {"lists", LAMP " " TIDE},
       {"base_commit", "0123456789abcdef0123456789abcdef01234567"}, {"change_id", "20260507-lamp"},
       {"opened", TIME("10:00")}, {"changed", TIME("10:00")}, {"state", "open"},
       {"cover", "0@example.org"}, {"part:1", "1@example.org"}, {"supersedes", V2},
       {"how", "title"});
    check_expiry(KEY(V1), 180 * 86400);
    ck_assert_int_eq(stream_length(), 1);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(a_record_changes_only_its_fields) {
    send_state("id " V1 "\ntitle 2\nhave 1\npart:2 2@example.org\nflags rfc\nstate open\n");
    send_state("id " V1 "\ntitle 1\nhave 2\npart:1 1@example.org\n");
    IS(KEY(V1), {"id", V1}, {"title", "1"}, {"have", "2"}, {"part:2", "2@example.org"},
       {"part:1", "1@example.org"}, {"flags", "rfc"}, {"state", "open"});
    send_state("id " V1 "\npart:2 by@example.org\n"); /* a partial re-roll replaces it */
    HAS(KEY(V1), {"part:2", "by@example.org"}, {"part:1", "1@example.org"}, {"have", "2"});
}
END_TEST

START_TEST(an_empty_value_removes_the_field) {
    send_state("id " V1 "\nflags rfc\ntree a\nhave 1\n");
    send_state("id " V1 "\nflags \nhave 2\nrevision \n");
    IS(KEY(V1), {"id", V1}, {"tree", "a"}, {"have", "2"});
    send_state("id " V1 "\ntree \n"); /* without another field */
    IS(KEY(V1), {"id", V1}, {"have", "2"});
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(answers_set_tags_verdicts_and_applied) {
    send_state("id " V1 "\ntag:1:approve 1\ntag:all:test 1\n");
    send_state("id " V1 "\ntag:1:approve 2\ntag:2:refuse 1\n");
    send_state("id " V1 "\nverdict:syzbot fail\nverdict:kernel-test-robot pass\n");
    send_state("id " V1 "\nverdict:syzbot pass\n");
    HAS(KEY(V1), {"tag:1:approve", "2"}, {"tag:all:test", "1"}, {"tag:2:refuse", "1"},
        {"verdict:syzbot", "pass"}, {"verdict:kernel-test-robot", "pass"});
    send_state("id " V1 "\napplied 1\napplied_by carol@example.org\napplied_to tide/tide.git\n"
               "commit:1 0123456789ab\n");
    send_state("id " V1 "\napplied 1 2\ncommit:2 ba9876543210\n");
    HAS(KEY(V1), {"applied", "1 2"}, {"applied_by", "carol@example.org"},
        {"applied_to", "tide/tide.git"}, {"commit:1", "0123456789ab"},
        {"commit:2", "ba9876543210"});
}
END_TEST

START_TEST(events_without_a_record_change_no_hash) {
    static const char *const types[] = {"message.posted", "trailer.given", "series.opened",
                                        "service.status"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        send_event(types[i], "");
    ck_assert_int_eq(stream_length(), 4);
    redisReply *keys = asked("DBSIZE");
    ck_assert_int_eq(keys->integer, 4 + 2); /* seen; stream, hosts */
    freeReplyObject(keys);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(a_duplicate_changes_nothing) {
    send_state("id " V1 "\nstate open\nhave 1\n");
    DO("HSET %s have mark", KEY(V1));
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    ck_assert_int_eq(stream_length(), 1);
    HAS(KEY(V1), {"have", "mark"});
}
END_TEST

/* ---- what only advances ------------------------------------------------------------------- */

START_TEST(the_state_never_goes_back) {
    static const struct {
        const char *given, *state, *previous; /* the fields after the record */
    } cases[] = {
        {"open", "open", NULL},
        {"open", "open", NULL},
        {"incomplete", "incomplete", "open"},
        {"open", "incomplete", "open"},
        {"incomplete", "incomplete", "open"},
        {"complete", "complete", "incomplete"},
        {"incomplete", "complete", "incomplete"},
        {"open", "complete", "incomplete"},
        {"unknown", "complete", "incomplete"},
        {"superseded", "superseded", "complete"},
        {"complete", "superseded", "complete"},
        {"superseded", "superseded", "complete"},
        {"open", "superseded", "complete"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char state[128];
        snprintf(state, sizeof(state), "id " V1 "\nstate %s\nhave %zu\n", cases[i].given, i);
        send_state(state);
        HAS(KEY(V1), {"state", cases[i].state}, {"previous_state", cases[i].previous});
        ck_assert_int_eq(number("HLEN", KEY(V1)), cases[i].previous ? 4 : 3);
    }
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(the_state_may_skip_some) {
    send_state("id " V1 "\nstate open\n");
    send_state("id " V1 "\nstate superseded\n");
    HAS(KEY(V1), {"state", "superseded"}, {"previous_state", "open"});
    send_state("id " V2 "\nstate complete\n");
    HAS(KEY(V2), {"state", "complete"}, {"previous_state", NULL});
}
END_TEST

START_TEST(the_time_of_change_never_goes_back) {
    send_state("id " V1 "\nchanged " TIME("10:02") "\nhave 1\n");
    send_state("id " V1 "\nchanged " TIME("10:01") "\nhave 2\n");
    HAS(KEY(V1), {"changed", TIME("10:02")}, {"have", "2"});
    send_state("id " V1 "\nchanged " TIME("11:00") "\n");
    HAS(KEY(V1), {"changed", TIME("11:00")}, {"have", "2"});
}
END_TEST

#define REPLY(name, time) \
    "last_reply " name "@m\nlast_reply_by " name "@example.org\nlast_reply_at " TIME(time) "\n"

START_TEST(the_last_reply_is_the_newest) {
    send_state("id " V1 "\n" REPLY("bob", "10:02"));
    send_state("id " V1 "\n" REPLY("eve", "10:01") "have 2\n");
    IS(KEY(V1), {"id", V1}, {"last_reply", "bob@m"}, {"last_reply_by", "bob@example.org"},
       {"last_reply_at", TIME("10:02")}, {"have", "2"});
    send_state("id " V1 "\n" REPLY("carol", "10:03"));
    send_state("id " V1 "\nhave 3\n");
    HAS(KEY(V1), {"last_reply", "carol@m"}, {"last_reply_by", "carol@example.org"},
        {"last_reply_at", TIME("10:03")});
    send_state("id " V1
               "\n" REPLY("dan", "10:03")); /* of two in one second, that which comes later */
    HAS(KEY(V1), {"last_reply", "dan@m"}, {"last_reply_by", "dan@example.org"});
}
END_TEST

/* ---- other series ------------------------------------------------------------------------- */

START_TEST(a_newer_version_supersedes_the_older) {
    send_state("id " V1 "\ntitle one\nstate complete\nchanged " TIME("10:00") "\n");
    send_state("id " V2 "\ntitle two\nstate open\nsupersedes " V1
               "\nhow link\nchanged " TIME("11:00") "\n");
    send_event("series.superseded",
               "id " V1 "\nstate superseded\nsuperseded_by " V2 "\nchanged " TIME("11:00") "\n");
    IS(KEY(V1), {"id", V1}, {"title", "one"}, {"state", "superseded"},
       {"previous_state", "complete"}, {"superseded_by", V2}, {"changed", TIME("11:00")});
    HAS(KEY(V2), {"state", "open"}, {"supersedes", V1}, {"superseded_by", NULL});
    check_set(OPEN, V2);
}
END_TEST

START_TEST(an_unknown_older_version_is_superseded_too) {
    send_state("id " V1 "\nstate superseded\nsuperseded_by " V2 "\nchanged " TIME("11:00") "\n");
    IS(KEY(V1), {"id", V1}, {"state", "superseded"}, {"superseded_by", V2},
       {"changed", TIME("11:00")});
    ck_assert_int_gt(number("TTL", KEY(V1)), 0);
    /* its mail arrives late */
    send_state("id " V1 "\ntitle one\nhave 1\nstate open\nchanged " TIME("10:00") "\n");
    HAS(KEY(V1), {"state", "superseded"}, {"previous_state", NULL}, {"title", "one"}, {"have", "1"},
        {"changed", TIME("11:00")});
    check_set(OPEN, "");
}
END_TEST

START_TEST(an_alias_points_to_the_series_and_its_parts_are_copied) {
    send_state("id " V1 "\nhave 1\npart:1 1@example.org\nstate open\n");
    send_state("id " V2 "\nhave 2\npart:1 other@example.org\npart:2 2@example.org\n"
               "cover 0@example.org\ntitle two\nstate open\n");
    for (int i = 0; i < 2; i++) { /* a repeat counts nothing twice */
        send_event("series.aliased", "id " V2 "\nalias_of " V1 "\nchanged " TIME("10:02") "\n");
        IS(KEY(V1), {"id", V1}, {"have", "2"}, {"part:1", "1@example.org"},
           {"part:2", "2@example.org"}, {"cover", "0@example.org"}, {"state", "open"});
        IS(KEY(V2), {"id", V2}, {"alias_of", V1}, {"changed", TIME("10:02")}, {"have", "2"},
           {"part:1", "other@example.org"}, {"part:2", "2@example.org"}, {"cover", "0@example.org"},
           {"title", "two"}, {"state", "open"});
    }
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(an_alias_of_an_unknown_series) {
    send_state("id " V2 "\nalias_of " V1 "\n");
    IS(KEY(V2), {"id", V2}, {"alias_of", V1});
    send_state("id " V2 "\npart:2 2@example.org\n"); /* late */
    send_state("id " V2 "\nalias_of " V1 "\n");
    IS(KEY(V1), {"id", V1}, {"have", "1"}, {"part:2", "2@example.org"});
    check_set(OPEN, "");
    /* These name no other series. */
    send_state("id " V1 "\nalias_of " V1 "\n");
    send_state("id " V1 "\nalias_of x} {y\n");
    redisReply *keys = asked("KEYS {patchmark}:series:*");
    ck_assert_uint_eq(keys->elements, 2);
    freeReplyObject(keys);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(one_event_may_have_records_of_several_series) {
    send_state("id " V1 "\nstate open\nhave 1\nid " V2 "\nstate complete\nid " V1 "\nhave 2\n");
    IS(KEY(V1), {"id", V1}, {"state", "open"}, {"have", "2"});
    IS(KEY(V2), {"id", V2}, {"state", "complete"});
}
END_TEST

/* ---- open series -------------------------------------------------------------------------- */

START_TEST(open_series_are_sorted_by_their_last_change) {
    send_state("id " V1 "\nstate open\nlists " LAMP "\nchanged " TIME("10:00") "\n");
    send_state("id " V2 "\nstate open\nlists " LAMP " " TIDE "\nchanged " TIME("10:01") "\n");
    check_set(OPEN, V1 " " V2);
    check_set(OPEN ":" LAMP, V1 " " V2);
    check_set(OPEN ":" TIDE, V2);
    check_score(OPEN, V1, TEN);
    check_score(OPEN, V2, TEN + 60);
    check_score(OPEN ":" TIDE, V2, TEN + 60);
    send_state("id " V1 "\nstate complete\nchanged " TIME("10:02") "\n"); /* open for review */
    check_set(OPEN, V2 " " V1);
    check_set(OPEN ":" LAMP, V2 " " V1);
    check_score(OPEN, V1, TEN + 120);
    send_state("id " V1 "\nstate incomplete\nchanged " TIME("09:00") "\n"); /* late */
    check_score(OPEN, V1, TEN + 120);
    send_state("id " V2 "\n" REPLY("bob", "10:05")); /* changes its hash, and not that time */
    check_score(OPEN, V2, TEN + 60);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(series_that_are_done_are_not_open) {
    static const struct {
        const char *change;
        bool open;
    } cases[] = {
        {"state superseded\n", false},    {"alias_of " V2 "\n", false},
        {"applied all\n", false},         {"applied 1 2\n", true},
        {"state complete\n", true},       {"state incomplete\n", true},
        {"superseded_by " V2 "\n", true}, {"amends " V2 "\n", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char state[256];
        DO("FLUSHALL");
        send_state("id " V1 "\nstate open\nlists " LAMP " " TIDE "\nchanged " TIME("10:00") "\n");
        snprintf(state, sizeof(state), "id " V1 "\n%s", cases[i].change);
        send_state(state);
        check_set(OPEN, cases[i].open ? V1 : "");
        check_set(OPEN ":" LAMP, cases[i].open ? V1 : "");
        check_set(OPEN ":" TIDE, cases[i].open ? V1 : "");
        /* later mail does not change that */
        send_state("id " V1 "\nstate open\nlists " LAMP " " TIDE "\nchanged " TIME("10:09") "\n");
        check_set(OPEN, cases[i].open ? V1 : "");
        check_set(OPEN ":" TIDE, cases[i].open ? V1 : "");
    }
    /* "all" was a mistake */
    DO("FLUSHALL");
    send_state("id " V1 "\nstate open\nlists " LAMP "\napplied all\nchanged " TIME("10:00") "\n");
    check_set(OPEN ":" LAMP, "");
    send_state("id " V1 "\napplied 1\n");
    check_set(OPEN ":" LAMP, V1);
}
END_TEST

START_TEST(the_sets_of_lists_follow_the_lists) {
    send_state("id " V1 "\nstate open\nlists " LAMP "\nchanged " TIME("10:00") "\n");
    send_state("id " V1 "\nlists " LAMP " " TIDE "\n");
    check_set(OPEN ":" TIDE, V1);
    send_state("id " V1 "\nlists " TIDE "\n");
    check_set(OPEN ":" LAMP, "");
    check_set(OPEN ":" TIDE, V1);
    send_state("id " V1 "\nlists " LAMP "\nstate superseded\n");
    check_set(OPEN ":" LAMP, "");
    check_set(OPEN ":" TIDE, "");
    check_set(OPEN, "");
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(a_series_without_time_of_change_is_in_no_set) {
    send_state("id " V1 "\nstate open\n");
    check_set(OPEN, "");
    send_state("id " V1 "\nchanged yesterday\n");
    check_set(OPEN, "");
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(a_superseded_series_whose_hash_is_lost_is_removed) {
    send_state("id " V1 "\nstate open\nlists " LAMP "\nchanged " TIME("10:00") "\n");
    DO("DEL %s", KEY(V1));
    send_state("id " V1 "\nstate superseded\nlists " LAMP "\nchanged " TIME("10:01") "\n");
    check_set(OPEN, "");
    check_set(OPEN ":" LAMP, "");
}
END_TEST

/* Days at which computing the date can go wrong; the seconds are those of date -u -d. */
START_TEST(times_are_converted) {
    static const struct {
        const char *time;
        long long seconds;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},          {"1999-12-31T23:59:59Z", 946684799},
        {"2000-02-29T12:00:00Z", 951825600},  {"2000-03-01T00:00:00Z", 951868800},
        {"2024-02-29T23:59:59Z", 1709251199}, {"2024-12-31T00:00:00Z", 1735603200},
        {"2026-03-01T00:00:01Z", 1772323201}, {"2100-02-28T00:00:00Z", 4107456000},
        {"2100-03-01T00:00:00Z", 4107542400}, {"2400-02-29T00:00:00Z", 13574563200},
    };
    sink_change((struct fake_value[]){{"series_ttl", "3660d"}, {0}});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char state[128];
        snprintf(state, sizeof(state), "id " V1 "\nstate open\nchanged %s\n", cases[i].time);
        DO("DEL %s", KEY(V1));
        send_state(state);
        if (cases[i].seconds < time(NULL) - 3660 * 86400LL)
            check_set(OPEN, ""); /* too old, see below */
        else
            check_score(OPEN, V1, cases[i].seconds);
    }
}
END_TEST

/* ---- expiry ------------------------------------------------------------------------------- */

START_TEST(each_change_renews_the_time_to_live) {
    sink_change((struct fake_value[]){{"series_ttl", "2h"}, {"series", "{patchmark}:s "}, {0}});
    send_state("id " V1 "\nstate open\n");
    ck_assert_int_eq(number("EXISTS", KEY(V1)), 0);
    DO("EXPIRE %s 5", "{patchmark}:s " V1);
    send_state("id " V1 "\nhave 1\n");
    check_expiry("{patchmark}:s " V1, 7200);
}
END_TEST

/* Returns a record of an open series of LAMP that was changed AGO seconds ago. */
static const char *changed_ago(const char *id, long ago) {
    static char states[4][256];
    static unsigned next;
    char *state = states[next++ % 4], day[32];
    time_t then = time(NULL) - ago;
    struct tm utc;

    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&then, &utc));
    snprintf(state, sizeof(states[0]), "id %s\nstate open\nlists " LAMP "\nchanged %s\n", id, day);
    return state;
}

START_TEST(old_series_leave_the_sets) {
    sink_change((struct fake_value[]){{"series_ttl", "2h"}, {0}});
    DO("ZADD " OPEN " %lld " V2, (long long)time(NULL) - 7210);
    DO("ZADD " OPEN ":" LAMP " %lld " V2, (long long)time(NULL) - 7210);
    send_state(changed_ago(V1, 7100));
    check_set(OPEN, V1);
    check_set(OPEN ":" LAMP, V1);
    check_expiry(OPEN ":" LAMP, 7200); /* that of a list without mail */
    send_state(changed_ago("s1-c", 7210));
    check_set(OPEN, V1);
    check_set(OPEN ":" LAMP, V1);
}
END_TEST

START_TEST(without_a_prefix_there_are_no_hashes) {
    const char *states[] = {"id " V1 "\nstate open\nchanged " TIME("10:00") "\n"};

    sink_change((struct fake_value[]){{"series", ""}, {0}});
    send_state(states[0]);
    ck_assert_int_eq(publish_states(states, 1), 0);
    redisReply *keys = asked("DBSIZE");
    ck_assert_int_eq(keys->integer, 3); /* stream, seen, hosts */
    freeReplyObject(keys);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(the_sets_have_a_name_of_their_own_or_none) {
    static const char state[] =
        "id " V1 "\nstate open\nlists " LAMP "\nchanged " TIME("10:00") "\n";

    sink_change((struct fake_value[]){{"open", "{patchmark}:now"}, {0}});
    send_state(state);
    check_set("{patchmark}:now", V1);
    check_set("{patchmark}:now:" LAMP, V1);
    ck_assert_int_eq(number("EXISTS", OPEN), 0);
    DO("FLUSHALL");
    sink_change((struct fake_value[]){{"open", ""}, {0}});
    send_state(state);
    HAS(KEY(V1), {"state", "open"});
    redisReply *keys = asked("DBSIZE");
    ck_assert_int_eq(keys->integer, 4); /* stream, seen, hosts, hash */
    freeReplyObject(keys);
    assert_lines(&sink, NULL);
}
END_TEST

/* ---- several events in one call ----------------------------------------------------------- */

/* The records of two versions and an alias, out of order. */
static const char *const posting[] = {
    "id " V1 "\nstate open\nhave 1\npart:2 2@m\ntitle 2\nlists " LAMP
    "\nchanged " TIME("10:02") "\n",
    "id " V1 "\nstate open\nhave 2\npart:3 3@m\nflags rfc\nchanged " TIME("10:03") "\n",
    "",
    "id " V1 "\nhave 3\npart:1 1@m\ntitle 1\nflags \nchanged " TIME("10:01") "\n",
    "id " V1 "\nstate incomplete\n" REPLY("bob", "10:05"),
    "id " V1 "\nstate complete\ncover 0@m\n" REPLY("eve", "10:04") "changed " TIME("10:04") "\n",
    "id " V2 "\nstate open\nhave 1\npart:1 v2@m\nlists " TIDE "\nchanged " TIME("10:06") "\n",
    "id " V1 "\nstate superseded\nsuperseded_by " V2 "\nchanged " TIME("10:07") "\n",
    "id s1-c\nstate open\nhave 2\npart:1 c1@m\npart:2 c2@m\nlists " TIDE
    "\nchanged " TIME("10:08") "\n",
    "id s1-c\nalias_of " V2 "\n",
    "id " V1 "\nstate open\nlists " LAMP " " TIDE "\ntag:1:approve 1\nchanged " TIME("10:00") "\n",
};

#define POSTING (sizeof(posting) / sizeof(posting[0]))

static void posting_make(void) {
    for (size_t i = 0; i < POSTING; i++)
        test_events[i].state = posting[i];
}

START_TEST(a_batch_has_the_same_result_as_single_events) {
    static const char *const keys[] = {KEY(V1), KEY(V2), KEY("s1-c")};
    redisReply *alone[3];

    posting_make();
    for (size_t i = 0; i < POSTING; i++)
        ck_assert_uint_eq(sink_publish(&sink, i, 1), 1);
    for (int batch = 0; batch < 2; batch++) {
        IS(KEY(V1), {"id", V1}, {"state", "superseded"}, {"previous_state", "complete"},
           {"have", "3"}, {"part:1", "1@m"}, {"part:2", "2@m"}, {"part:3", "3@m"}, {"cover", "0@m"},
           {"title", "1"}, {"last_reply", "bob@m"}, {"last_reply_by", "bob@example.org"},
           {"last_reply_at", TIME("10:05")}, {"superseded_by", V2}, {"changed", TIME("10:07")},
           {"tag:1:approve", "1"}, {"lists", LAMP " " TIDE});
        IS(KEY(V2), {"id", V2}, {"state", "open"}, {"have", "2"}, {"part:1", "v2@m"},
           {"part:2", "c2@m"}, {"lists", TIDE}, {"changed", TIME("10:06")});
        HAS(KEY("s1-c"), {"alias_of", V2}, {"have", "2"});
        check_set(OPEN, V2);
        check_set(OPEN ":" TIDE, V2);
        check_set(OPEN ":" LAMP, "");
        if (batch)
            break;
        for (size_t i = 0; i < 3; i++)
            alone[i] = asked("HGETALL %s", keys[i]);
        DO("FLUSHALL");
        ck_assert_uint_eq(sink_publish(&sink, 0, POSTING), POSTING);
    }
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(number("HLEN", keys[i]), (long long)alone[i]->elements / 2);
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
    HAS(KEY(V1), {"have", "3"}, {"state", "open"}, {"cover", NULL}, {"changed", TIME("10:03")});
    ck_assert_int_gt(number("TTL", KEY(V1)), 0);
    check_set(OPEN, V1);
    assert_lines(&sink, "; events wait in the outbox", NULL);
    DO("DEL " STREAM);
    ck_assert_uint_eq(sink_publish(&sink, 4, POSTING - 4), POSTING - 4);
    assert_stream(4, POSTING - 4);
}
END_TEST

START_TEST(a_series_may_be_long) {
    enum { PARTS = 5000 };
    size_t size = PARTS * 40 + 200;
    char *state = malloc(size), *to = state;

    to += sprintf(to, "id " V1 "\nhave %d\ncover 0@example.org\n", PARTS);
    for (int i = 1; i <= PARTS; i++)
        to += sprintf(to, "part:%d %d@example.org\n", i, i);
    ck_assert_uint_lt((size_t)(to - state), size);
    send_state(state);
    HAS(KEY(V1), {"have", "5000"}, {"cover", "0@example.org"}, {"part:1", "1@example.org"},
        {"part:1001", "1001@example.org"}, {"part:5000", "5000@example.org"});
    ck_assert_int_eq(number("HLEN", KEY(V1)), PARTS + 3); /* cover, id, have */
    /* They are all copied from an alias, and removed. */
    send_state("id " V1 "\nalias_of " V2 "\n");
    HAS(KEY(V2), {"have", "5000"}, {"part:5000", "5000@example.org"});
    to = state + sprintf(state, "id " V1 "\n");
    for (int i = 1; i <= PARTS; i++)
        to += sprintf(to, "part:%d \n", i);
    send_state(state);
    ck_assert_int_eq(number("HLEN", KEY(V1)), 4);
    assert_lines(&sink, NULL);
    free(state);
}
END_TEST

/* ---- records without events --------------------------------------------------------------- */

START_TEST(publish_state_writes_records_without_events) {
    enum { COUNT = 120 }; /* three calls of the script */
    static char texts[COUNT][128];
    const char *states[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof(texts[i]),
                 "id s1-%zu\nstate open\nhave %zu\nlists " LAMP "\nchanged " TIME("10:00") "\n", i,
                 i);
        states[i] = texts[i];
    }
    ck_assert_int_eq(publish_states(states, COUNT), 0);
    IS(KEY("s1-0"), {"id", "s1-0"}, {"state", "open"}, {"have", "0"}, {"lists", LAMP},
       {"changed", TIME("10:00")});
    HAS(KEY("s1-119"), {"have", "119"});
    ck_assert_int_eq(number("ZCARD", OPEN), COUNT);
    ck_assert_int_eq(number("ZCARD", OPEN ":" LAMP), COUNT);
    redisReply *keys = asked("DBSIZE");
    ck_assert_int_eq(keys->integer, COUNT + 2); /* no stream, no host */
    freeReplyObject(keys);
    ck_assert_int_eq(publish_states(states, 0), 0);
    DO("SCRIPT FLUSH");
    ck_assert_int_eq(publish_states(states, COUNT), 0);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(publish_state_undoes_nothing_that_is_newer) {
    static const char *const old[] = {"id " V1 "\nstate open\nhave 1\nversion 2\ntag:1:approve 1\n"
                                      "flags \nchanged " TIME("10:00") "\n" REPLY("bob", "10:00")};

    /* An event arrived after the record was read. */
    send_state("id " V1 "\nstate complete\nhave 2\nflags rfc\nchanged " TIME("10:01") "\n");
    ck_assert_int_eq(publish_states(old, 1), 0);
    IS(KEY(V1), {"id", V1}, {"state", "complete"}, {"have", "2"}, {"flags", "rfc"},
       {"changed", TIME("10:01")}, {"version", "2"}, {"tag:1:approve", "1"},
       {"last_reply", "bob@m"}, {"last_reply_by", "bob@example.org"},
       {"last_reply_at", TIME("10:00")});
    check_score(OPEN, V1, TEN + 60);
    /* An answer is newer, the series is not. */
    DO("FLUSHALL");
    send_state("id " V1 "\nchanged " TIME("10:00") "\ntag:1:approve 2\n" REPLY("eve", "10:01"));
    ck_assert_int_eq(publish_states(old, 1), 0);
    HAS(KEY(V1), {"tag:1:approve", "2"}, {"last_reply", "eve@m"}, {"have", "1"});
    /* A hash that is as old gets all. */
    DO("FLUSHALL");
    send_state("id " V1 "\nchanged " TIME("10:00") "\ntag:1:approve 7\nflags rfc\n");
    ck_assert_int_eq(publish_states(old, 1), 0);
    HAS(KEY(V1), {"tag:1:approve", "1"}, {"last_reply", "bob@m"}, {"flags", NULL});
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(publish_state_reports_errors) {
    const char *states[] = {"id " V1 "\nstate open\n", "id " V2 "\nstate open\n"};

    DO("SET %s x", KEY(V1));
    ck_assert_int_eq(publish_states(states, 2), -1);
    HAS(KEY(V2), {"state", "open"});
    assert_lines(&sink, "series: WRONGTYPE", NULL);
    ck_assert_int_eq(sink.instance->lines[0].level, PATCHMARK_ERROR);
    DO("DEL %s", KEY(V1));
    ck_assert_int_eq(publish_states(states, 2), 0);
    node_stop(&node);
    ck_assert_int_eq(publish_states(states, 2), -1);
    assert_lines(&sink, "series: WRONGTYPE", "series recovered", "series: connect", NULL);
}
END_TEST

/* ---- streams ------------------------------------------------------------------------------ */

#define CHATTER "{patchmark}:messages"

START_TEST(messages_may_have_a_stream_of_their_own) {
    static const char *const types[] = {"message.seen", "series.opened", "message.posted",
                                        "trailer.given", "service.status"};
    static const char *const where[] = {CHATTER, STREAM, CHATTER, STREAM, STREAM};
    long long lengths[2] = {0, 0};

    sink_change((struct fake_value[]){{"message_stream", CHATTER}, {0}});
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        send_event(types[i], "");
        lengths[strcmp(where[i], STREAM) == 0]++;
        ck_assert_int_eq(number("XLEN", CHATTER), lengths[0]);
        ck_assert_int_eq(stream_length(), lengths[1]);
    }
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1); /* a duplicate */
    ck_assert_int_eq(stream_length(), 3);
    assert_lines(&sink, NULL);
}
END_TEST

START_TEST(chatter_evicts_no_other_event) {
    sink_change((struct fake_value[]){
        {"message_stream", CHATTER}, {"message_maxlen", "100"}, {"maxlen", "1000"}, {0}});
    for (size_t i = 0; i < TEST_EVENTS; i += 10)
        test_events[i].type = "patchmark.series.opened.v1";
    for (size_t first = 0; first < TEST_EVENTS; first += 200)
        ck_assert_uint_eq(sink_publish(&sink, first, 200), 200);
    ck_assert_int_eq(stream_length(), TEST_EVENTS / 10);
    ck_assert_int_ge(number("XLEN", CHATTER), 100);
    ck_assert_int_le(number("XLEN", CHATTER), 200);
    redisReply *reply = asked("XRANGE " STREAM " - + COUNT 2"); /* in order */
    ck_assert_str_eq(reply->element[0]->element[1]->element[3]->str, test_events[0].id);
    ck_assert_str_eq(reply->element[1]->element[1]->element[3]->str, test_events[10].id);
    freeReplyObject(reply);
}
END_TEST

START_TEST(what_hosts_learn_is_beside_the_event) {
    static const char learned[] = "{\"keys\":[\"a\\nb\"],\"name\":\"\xc3\xa9\"}";
    static const size_t counts[] = {12, 14}; /* names and values */

    for (size_t i = 0; i < 2; i++) {
        DO("DEL " STREAM);
        test_events[0].learned = i > 0 ? learned : "";
        send_state("");
        redisReply *reply = asked("XRANGE " STREAM " - +");
        const redisReply *fields = reply->element[0]->element[1];
        ck_assert_uint_eq(fields->elements, counts[i]);
        ck_assert_str_eq(fields->element[10]->str, "ce");
        ck_assert_str_eq(fields->element[11]->str, test_events[0].json);
        if (i > 0) {
            ck_assert_str_eq(fields->element[12]->str, "learned");
            ck_assert_str_eq(fields->element[13]->str, learned);
        }
        freeReplyObject(reply);
    }
}
END_TEST

/* ---- failures ----------------------------------------------------------------------------- */

START_TEST(a_hash_that_cannot_be_written_stops_no_event) {
    static const char state[] = "id " V1 "\nstate open\nchanged " TIME("10:00") "\n";
    DO("SUBSCRIBE patchmark.events.patchmark.message.seen.v1");
    redisContext *operator= redisConnectUnix(test_socket);
    freeReplyObject(redisCommand(operator, "SET %s x", KEY(V1)));
    send_state(state);
    send_state(state);
    for (int i = 0; i < 2; i++) { /* subscribers receive the event */
        redisReply *reply = NULL;
        ck_assert_int_eq(redisGetReply(node.control, (void **)&reply), REDIS_OK);
        freeReplyObject(reply);
    }
    DO("UNSUBSCRIBE");
    ck_assert_int_eq(stream_length(), 2);
    freeReplyObject(redisCommand(operator, "DEL %s", KEY(V1)));
    redisFree(operator);
    send_event("service.status", ""); /* does not change hashes */
    send_state(state);
    assert_lines(&sink, "series: WRONGTYPE", "series recovered, failed batches: 2", NULL);
    ck_assert_int_eq(sink.instance->lines[0].level, PATCHMARK_WARNING);
    DO("DEL " OPEN);
    DO("SET " OPEN " x");
    send_state(state);
    DO("DEL " OPEN);
    ck_assert_int_eq(stream_length(), 5);
}
END_TEST

START_TEST(an_invalid_record_stops_no_event) {
    static const char *const records[] = {
        "x",
        "\n",
        "id",
        "id \n",
        "id " V1,
        "state open\n",
        "state open\nid " V1 "\n",
        "id x} {y\nstate open\n",
        "id a:b\nstate open\n",
    };
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        send_state(records[i]);
        ck_assert_int_eq(stream_length(), (long long)i + 1);
        redisReply *keys = asked("KEYS {patchmark}:series:*");
        ck_assert_msg(keys->elements == 0, "record %zu", i);
        freeReplyObject(keys);
    }
    ck_assert_uint_ge(sink.instance->line_count, 1);
    ck_assert_ptr_nonnull(strstr(sink.instance->lines[0].text, "series: "));
    ck_assert_int_eq(sink.instance->lines[0].level, PATCHMARK_WARNING);
    /* What is no field is ignored. */
    send_state("id " V1 "\n\nstate\n have 1\nhave 2\ntitle");
    IS(KEY(V1), {"id", V1}, {"have", "2"});
}
END_TEST

START_TEST(a_value_may_be_large) {
    enum { SIZE = 1000000 };
    char *state = malloc(SIZE + 64), *to = state;

    to += sprintf(to, "id " V1 "\ntitle ");
    memset(to, 'x', SIZE);
    strcpy(to + SIZE, "\n");
    send_state(state);
    redisReply *reply = asked("HSTRLEN %s title", KEY(V1));
    ck_assert_int_eq(reply->integer, SIZE);
    freeReplyObject(reply);
    free(state);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, a_record_sets_the_fields_of_the_hash);
    tcase_add_test(tcase, a_record_changes_only_its_fields);
    tcase_add_test(tcase, an_empty_value_removes_the_field);
    tcase_add_test(tcase, answers_set_tags_verdicts_and_applied);
    tcase_add_test(tcase, events_without_a_record_change_no_hash);
    tcase_add_test(tcase, a_duplicate_changes_nothing);
    tcase_add_test(tcase, the_state_never_goes_back);
    tcase_add_test(tcase, the_state_may_skip_some);
    tcase_add_test(tcase, the_time_of_change_never_goes_back);
    tcase_add_test(tcase, the_last_reply_is_the_newest);
    tcase_add_test(tcase, a_newer_version_supersedes_the_older);
    tcase_add_test(tcase, an_unknown_older_version_is_superseded_too);
    tcase_add_test(tcase, an_alias_points_to_the_series_and_its_parts_are_copied);
    tcase_add_test(tcase, an_alias_of_an_unknown_series);
    tcase_add_test(tcase, one_event_may_have_records_of_several_series);
    tcase_add_test(tcase, open_series_are_sorted_by_their_last_change);
    tcase_add_test(tcase, series_that_are_done_are_not_open);
    tcase_add_test(tcase, the_sets_of_lists_follow_the_lists);
    tcase_add_test(tcase, a_series_without_time_of_change_is_in_no_set);
    tcase_add_test(tcase, a_superseded_series_whose_hash_is_lost_is_removed);
    tcase_add_test(tcase, times_are_converted);
    tcase_add_test(tcase, each_change_renews_the_time_to_live);
    tcase_add_test(tcase, old_series_leave_the_sets);
    tcase_add_test(tcase, without_a_prefix_there_are_no_hashes);
    tcase_add_test(tcase, the_sets_have_a_name_of_their_own_or_none);
    tcase_add_test(tcase, a_batch_has_the_same_result_as_single_events);
    tcase_add_test(tcase, a_call_that_fails_in_the_middle_keeps_earlier_events);
    tcase_add_test(tcase, a_series_may_be_long);
    tcase_add_test(tcase, publish_state_writes_records_without_events);
    tcase_add_test(tcase, publish_state_undoes_nothing_that_is_newer);
    tcase_add_test(tcase, publish_state_reports_errors);
    tcase_add_test(tcase, messages_may_have_a_stream_of_their_own);
    tcase_add_test(tcase, chatter_evicts_no_other_event);
    tcase_add_test(tcase, what_hosts_learn_is_beside_the_event);
    tcase_add_test(tcase, a_hash_that_cannot_be_written_stops_no_event);
    tcase_add_test(tcase, an_invalid_record_stops_no_event);
    tcase_add_test(tcase, a_value_may_be_large);
}

SUITE(redis_series_suite) {
    bool missing = server_missing();
    return missing ? NULL : redis_tests("redis-series", add_tests, setup, teardown);
}
