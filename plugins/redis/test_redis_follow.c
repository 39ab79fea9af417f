/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_follow.c - the redis plugin reads back the events of this host and others.
 */
#define TESTS redis_follow
#include "test_redis.h"

#include "test_feed.h"
#include "test_server.h"

#include <pthread.h>

static struct node node;
static struct sink here, there; /* this host and another one */
static struct collector collector;

static void setup(void) {
    node_start(&node, "socket", 0, NULL);
    here = sink_open(NULL);
    there = sink_open(NULL);
    there.instance->host = "other.example.org";
}

static void teardown(void) {
    sink_close(&here);
    sink_close(&there);
    node_stop(&node);
}

static int follow(void) {
    return plugin.follow(here.self, &collector.feed);
}

/* Follows until COUNT events arrived in all. */
static void follow_until(size_t count) {
    int64_t deadline = milliseconds() + 30000;

    while (collector.count < count) {
        ck_assert_int_eq(follow(), 0);
        ck_assert_msg(milliseconds() < deadline, "%zu events of %zu arrived", collector.count,
                      count);
    }
}

/* Asserts that exactly the events FIRST to FIRST + COUNT - 1 arrived. */
static void assert_received(size_t first, size_t count) {
    ck_assert_uint_eq(collector.count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(collector.ids[i], test_events[first + i].id);
}

/* ---- events ------------------------------------------------------------------------------- */

static struct patchmark_event received;
static char received_json[64], received_learned[64];

static bool keep(void *argument, const char *position, const struct patchmark_event *event) {
    (void)argument, (void)position;
    if (!event)
        return true;
    received = *event;
    ck_assert_uint_lt(event->json_length, sizeof(received_json));
    memcpy(received_json, event->json, event->json_length);
    ck_assert_uint_lt(strlen(event->learned), sizeof(received_learned));
    strcpy(received_learned, event->learned);
    ck_assert_str_eq(event->state, "");
    ck_assert_str_eq(event->id, test_events[0].id);
    ck_assert_str_eq(event->type, "patchmark.message.seen.v1");
    ck_assert_str_eq(event->subject, "");
    ck_assert_str_eq(event->list, "list.example.org");
    ck_assert_str_eq(event->series, "s1-abcdefghijklmnop");
    return true;
}

START_TEST(an_event_is_read_back_unchanged) {
    static const char json[] = "{\"subject\":\"100% \\\"x\\\" \xc3\xa9\"}\r\n\0end";
    struct patchmark_feed feed = {.newest = -1, .own = true, .receive = keep};
    test_events[0].json = json;
    test_events[0].json_length = sizeof(json) - 1;
    ck_assert_uint_eq(sink_publish(&there, 0, 1), 1);
    ck_assert_int_eq(plugin.follow(here.self, &feed), 0);
    ck_assert_uint_eq(received.json_length, sizeof(json) - 1);
    ck_assert_mem_eq(received_json, json, sizeof(json) - 1);
    ck_assert_str_eq(received_learned, "");
}
END_TEST

START_TEST(what_this_host_learns_is_read_back) {
    static const char learned[] = "{\"keys\":[\"\xc3\xa9\"]}";
    struct patchmark_feed feed = {.newest = -1, .own = true, .receive = keep};
    test_events[0].learned = learned;
    test_events[0].state = "id s1-abcdefghijklmnop\nstate open\n";
    ck_assert_uint_eq(sink_publish(&there, 0, 1), 1);
    ck_assert_int_eq(plugin.follow(here.self, &feed), 0);
    ck_assert_str_eq(received_learned, learned);
}
END_TEST

START_TEST(the_feed_chooses_the_start) {
    static const struct {
        int64_t newest;
        size_t first;
    } cases[] = {{-1, 0},    {0, 250},  {1, 249}, {2, 248}, {99, 151}, {100, 150},
                 {101, 149}, {200, 50}, {249, 1}, {250, 0}, {251, 0},  {100000, 0}};
    for (size_t first = 0; first < 250; first += 50)
        ck_assert_uint_eq(sink_publish(&there, first, 50), 50);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count = 250 - cases[i].first;
        collector_init(&collector, "", cases[i].newest, true);
        follow_until(count);
        ck_assert_msg(collector.count == count, "newest %d", (int)cases[i].newest);
        assert_received(cases[i].first, count);
    }
    assert_lines(&here, NULL);
}
END_TEST

/* ---- two streams -------------------------------------------------------------------------- */

#define CHATTER "{patchmark}:messages"

/* Opens both sinks with a stream for message.* events, and makes every third event another one. */
static void two_streams(void) {
    static const struct fake_value values[] = {{"message_stream", CHATTER}, {0}};

    sink_close(&here);
    sink_close(&there);
    here = sink_open(values);
    there = sink_open(values);
    there.instance->host = "other.example.org";
    for (size_t i = 0; i < TEST_EVENTS; i += 3)
        test_events[i].type = "patchmark.series.opened.v1";
}

START_TEST(hosts_learn_from_the_stream_of_messages) {
    two_streams();
    DO("ZADD {patchmark}:hosts 9999999999 other.example.org");
    ck_assert_uint_eq(sink_publish(&there, 0, 30), 30);
    collector_init(&collector, "", -1, false);
    follow_until(20);
    ck_assert_uint_eq(collector.count, 20);
    for (size_t i = 0; i < 20; i++)
        ck_assert_str_eq(collector.ids[i], test_events[i / 2 * 3 + 1 + i % 2].id);
}
END_TEST

START_TEST(a_feed_of_all_events_has_both_streams) {
    static const int64_t newest[] = {-1, 0, 1, 2, 3, 10, 29, 30, 31, 1000};

    two_streams();
    for (size_t i = 0; i < 30; i++) { /* not all in one millisecond */
        ck_assert_uint_eq(sink_publish(&there, i, 1), 1);
        poll(NULL, 0, 2);
    }
    for (size_t i = 0; i < sizeof(newest) / sizeof(newest[0]); i++) {
        size_t count = newest[i] < 0 || newest[i] > 30 ? 30 : (size_t)newest[i];
        struct redis *redis = here.self;

        follower_close(&redis->follower);
        follower_init(&redis->follower, &redis->settings);
        collector_init(&collector, "", newest[i], true);
        ck_assert_int_eq(follow(), 0);
        assert_received(30 - count, count); /* in order */
    }
    /* Those of one call of the script have ids of one millisecond: none is lost. */
    collector.count = 0;
    ck_assert_uint_eq(sink_publish(&there, 30, 200), 200);
    ck_assert_uint_eq(sink_publish(&there, 230, 200), 200);
    follow_until(400);
    ck_assert_uint_eq(collector.count, 400);
    assert_lines(&here, NULL);
}
END_TEST

START_TEST(a_feed_of_all_events_continues_after_a_restart) {
    two_streams();
    collector_init(&collector, "", 0, true);
    ck_assert_int_eq(follow(), 0);
    ck_assert_uint_eq(sink_publish(&there, 0, 6), 6);
    follow_until(6);
    DO("CLIENT KILL TYPE normal");
    ck_assert_uint_eq(sink_publish(&there, 6, 6), 6);
    while (collector.count < 12)
        follow();
    ck_assert_uint_eq(collector.count, 12);
    collector.most = 13; /* takes one more */
    ck_assert_uint_eq(sink_publish(&there, 12, 6), 6);
    while (collector.count < 13)
        follow();
    collector.most = 18;
    follow_until(18);
    ck_assert_uint_eq(collector.count, 18);
}
END_TEST

START_TEST(with_an_empty_stream_the_first_event_is_the_start) {
    collector_init(&collector, "", 0, true);
    ck_assert_int_eq(follow(), 0);
    ck_assert_str_eq(collector.feed.position, "0-0");
    ck_assert_uint_eq(sink_publish(&there, 0, 3), 3);
    follow_until(3);
    assert_received(0, 3);
}
END_TEST

START_TEST(the_position_survives_a_restart) {
    char position[FEED_POSITION_SIZE];
    collector_init(&collector, "", -1, true);
    ck_assert_uint_eq(sink_publish(&there, 0, 5), 5);
    collector.most = 2;
    follow_until(2);
    ck_assert_int_eq(follow(), 0); /* the feed takes no more, which is not an error */
    strcpy(position, collector.feed.position);
    sink_close(&here);
    here = sink_open(NULL);
    collector_init(&collector, position, -1, true);
    follow_until(3);
    assert_received(2, 3);
}
END_TEST

START_TEST(an_invalid_position_is_ignored) {
    ck_assert_uint_eq(sink_publish(&there, 0, 3), 3);
    static const char *const positions[] = {"x", "1-", "-1", "1-1x", "1", "1-2-3", "$"};
    for (size_t i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
        collector_init(&collector, positions[i], 1, true);
        follow_until(1);
        assert_received(2, 1);
    }
}
END_TEST

START_TEST(entries_of_other_programs_are_skipped) {
    const char *id = test_events[9].id;
    collector_init(&collector, "", -1, true);
    ck_assert_uint_eq(sink_publish(&there, 0, 1), 1);
    DO("XADD " STREAM " * hello world");
    DO("XADD " STREAM " * v 2 id %s type t list l series s ce {}", id);
    DO("XADD " STREAM " * v 1 id short type t list l series s ce {}");
    DO("XADD " STREAM " * v 1 id %s type t list l series s", id);
    DO("XADD " STREAM " * v 1 id %s type t list l series s ce %s", id, "");
    freeReplyObject(redisCommand(node.control,
                                 "XADD " STREAM " * v 1 id %s type %b list l series s ce {}", id,
                                 "a\0b", (size_t)3));
    ck_assert_uint_eq(sink_publish(&there, 1, 1), 1);
    follow_until(2);
    assert_received(0, 2);
    assert_lines(&here, NULL);
}
END_TEST

START_TEST(large_events_are_read_in_smaller_batches) {
    enum { SIZE = 1 << 20, COUNT = 40 };
    char *json = malloc(SIZE);
    memset(json, 'x', SIZE);
    for (size_t i = 0; i < COUNT; i++) {
        test_events[i].json = json;
        test_events[i].json_length = SIZE;
    }
    sink_close(&here);
    here = sink_open((struct fake_value[]){{"timeout", "30s"}, {0}});
    ck_assert_uint_eq(sink_publish(&here, 0, COUNT), COUNT);
    collector_init(&collector, "", -1, true);
    follow_until(COUNT);
    assert_received(0, COUNT);
    assert_lines(&here, NULL);
    free(json);
}
END_TEST

/* ---- hosts -------------------------------------------------------------------------------- */

START_TEST(without_other_hosts_it_reads_nothing_and_moves_on) {
    ck_assert_uint_eq(sink_publish(&here, 0, 3), 3);
    collector_init(&collector, "", -1, false);
    int64_t start = milliseconds();
    ck_assert_int_eq(follow(), 0);
    ck_assert_int_ge(milliseconds() - start, 500); /* the core calls it in a loop */
    ck_assert_uint_eq(collector.count, 0);
    redisReply *last = asked("XREVRANGE " STREAM " + - COUNT 1");
    ck_assert_str_eq(collector.feed.position, last->element[0]->element[0]->str);
    freeReplyObject(last);

    /* From here on another host writes too.  Its events must arrive; own events may be left out. */
    ck_assert_uint_eq(sink_publish(&here, 3, 1), 1);
    ck_assert_uint_eq(sink_publish(&there, 4, 2), 2);
    ck_assert_uint_eq(sink_publish(&here, 6, 1), 1);
    follow_until(3);
    while (collector.count < 4 && strcmp(collector.ids[0], test_events[3].id) == 0)
        ck_assert_int_eq(follow(), 0);
    assert_received(3, 4);
    assert_lines(&here, NULL);
}
END_TEST

START_TEST(earlier_events_of_other_hosts_are_read) {
    ck_assert_uint_eq(sink_publish(&there, 0, 3), 3);
    ck_assert_uint_eq(sink_publish(&here, 3, 1), 1);
    collector_init(&collector, "", -1, false);
    follow_until(4);
    assert_received(0, 4);
}
END_TEST

START_TEST(an_empty_or_unreadable_list_of_hosts_is_ignored) {
    ck_assert_uint_eq(sink_publish(&there, 0, 3), 3);
    DO("DEL {patchmark}:hosts");
    collector_init(&collector, "", -1, false);
    follow_until(3);
    DO("SET {patchmark}:hosts x");
    sink_close(&here);
    here = sink_open(NULL);
    collector_init(&collector, "", -1, false);
    follow_until(3);
    assert_lines(&here, ": hosts: WRONGTYPE", NULL);
}
END_TEST

START_TEST(hosts_that_write_are_in_the_list_of_hosts) {
    DO("ZADD {patchmark}:hosts 1 gone.example.org"); /* last registered in 1970 */
    DO("ZADD {patchmark}:hosts %lld quiet.example.org", (long long)time(NULL) - 86400);
    ck_assert_uint_eq(sink_publish(&there, 0, 1), 1);
    redisReply *reply = asked("ZRANGE {patchmark}:hosts 0 -1 WITHSCORES");
    ck_assert_uint_eq(reply->elements, 4);
    ck_assert_str_eq(reply->element[0]->str, "quiet.example.org");
    ck_assert_str_eq(reply->element[2]->str, "other.example.org");
    ck_assert_int_le(llabs(strtoll(reply->element[3]->str, NULL, 10) - time(NULL)), 30);
    freeReplyObject(reply);
}
END_TEST

START_TEST(a_list_of_hosts_that_cannot_be_written_stops_no_event) {
    DO("SET {patchmark}:hosts x");
    ck_assert_uint_eq(sink_publish(&here, 0, 3), 3);
    ck_assert_uint_eq(sink_publish(&here, 3, 3), 3);
    DO("DEL {patchmark}:hosts");
    ck_assert_uint_eq(sink_publish(&here, 6, 3), 3);
    ck_assert_uint_eq(sink_publish(&here, 9, 3), 3);
    assert_stream(0, 12);
    assert_lines(&here, ": hosts: WRONGTYPE", "hosts recovered, failed batches: 2", NULL);
    ck_assert_int_eq(here.instance->lines[0].level, PATCHMARK_WARNING);
}
END_TEST

/* ---- failures ----------------------------------------------------------------------------- */

START_TEST(trimmed_entries_are_logged) {
    collector_init(&collector, "", -1, true);
    ck_assert_uint_eq(sink_publish(&there, 0, 10), 10);
    collector.most = 3;
    follow_until(3);
    DO("XTRIM " STREAM " MAXLEN 8"); /* the third entry, the last that was read, remains */
    ck_assert_int_eq(follow(), 0);
    assert_lines(&here, NULL);
    DO("XTRIM " STREAM " MAXLEN 5");
    ck_assert_int_eq(follow(), 0);
    ck_assert_int_eq(follow(), 0); /* logged once */
    assert_lines(&here, "the stream was trimmed: it begins at ", NULL);
    collector.most = SIZE_MAX;
    follow_until(8);
    ck_assert_str_eq(collector.ids[3], test_events[5].id);
    assert_lines(&here, "the stream was trimmed: it begins at ", NULL);
}
END_TEST

START_TEST(a_stream_that_ends_before_the_position_is_another_one) {
    collector_init(&collector, "", -1, true);
    ck_assert_uint_eq(sink_publish(&there, 0, 3), 3);
    follow_until(3);
    /* The server restarts with an old state and a clock that is behind. */
    node_stop(&node);
    node_start(&node, "socket", 0, NULL);
    DO("XADD " STREAM " 1-1 hello world");
    DO("XADD " STREAM " 1-2 hello world");
    while (follow() != 0)
        continue;
    DO("XADD " STREAM " 2-1 v 1 id %s type t list l series s ce {}", test_events[3].id);
    follow_until(4);
    assert_received(0, 4);
    const struct fake_line *line = &here.instance->lines[here.instance->line_count - 1];
    bool found = false;
    for (size_t i = 0; i < here.instance->line_count; i++)
        found |= strstr(here.instance->lines[i].text,
                        "the stream ends at 1-2, before the last entry that was read, ") != NULL;
    ck_assert_msg(found, "%s", line->text);
}
END_TEST

START_TEST(a_key_of_another_type_is_retried) {
    DO("SET " STREAM " x");
    collector_init(&collector, "", -1, true);
    ck_assert_int_eq(follow(), -1);
    ck_assert_int_eq(follow(), -1);
    DO("DEL " STREAM);
    ck_assert_uint_eq(sink_publish(&there, 0, 3), 3);
    follow_until(3);
    assert_lines(&here, ": follow: WRONGTYPE", "follow recovered, failed attempts: 2", NULL);
    ck_assert_int_eq(here.instance->lines[0].level, PATCHMARK_ERROR);
}
END_TEST

START_TEST(a_server_that_is_down_is_retried) {
    collector_init(&collector, "", -1, true);
    node_stop(&node);
    ck_assert_int_eq(follow(), -1);
    ck_assert_int_eq(follow(), -1);
    node_start(&node, "socket", 0, NULL);
    ck_assert_uint_eq(sink_publish(&there, 0, 3), 3);
    follow_until(3);
    assert_lines(&here, ": follow: connect: No such file", "recovered, failed attempts: 2", NULL);
}
END_TEST

START_TEST(following_can_be_disabled) {
    struct sink off = sink_open((struct fake_value[]){{"follow", "false"}, {0}});
    collector_init(&collector, "", -1, true);
    ck_assert_int_eq(plugin.follow(off.self, &collector.feed), 1);
    sink_close(&off);
}
END_TEST

static void *publish_all(void *argument) {
    (void)argument;
    for (size_t i = 0; i < TEST_EVENTS; i += 10)
        if (sink_publish(&here, i, 10) != 10)
            return NULL;
    return &here;
}

START_TEST(publishing_works_at_the_same_time) {
    pthread_t thread;
    void *all = NULL;
    collector_init(&collector, "", -1, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, publish_all, NULL), 0);
    follow_until(TEST_EVENTS);
    pthread_join(thread, &all);
    ck_assert_ptr_nonnull(all);
    assert_received(0, TEST_EVENTS);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, an_event_is_read_back_unchanged);
    tcase_add_test(tcase, what_this_host_learns_is_read_back);
    tcase_add_test(tcase, the_feed_chooses_the_start);
    tcase_add_test(tcase, hosts_learn_from_the_stream_of_messages);
    tcase_add_test(tcase, a_feed_of_all_events_has_both_streams);
    tcase_add_test(tcase, a_feed_of_all_events_continues_after_a_restart);
    tcase_add_test(tcase, with_an_empty_stream_the_first_event_is_the_start);
    tcase_add_test(tcase, the_position_survives_a_restart);
    tcase_add_test(tcase, an_invalid_position_is_ignored);
    tcase_add_test(tcase, entries_of_other_programs_are_skipped);
    tcase_add_test(tcase, large_events_are_read_in_smaller_batches);
    tcase_add_test(tcase, without_other_hosts_it_reads_nothing_and_moves_on);
    tcase_add_test(tcase, earlier_events_of_other_hosts_are_read);
    tcase_add_test(tcase, an_empty_or_unreadable_list_of_hosts_is_ignored);
    tcase_add_test(tcase, hosts_that_write_are_in_the_list_of_hosts);
    tcase_add_test(tcase, a_list_of_hosts_that_cannot_be_written_stops_no_event);
    tcase_add_test(tcase, trimmed_entries_are_logged);
    tcase_add_test(tcase, a_stream_that_ends_before_the_position_is_another_one);
    tcase_add_test(tcase, a_key_of_another_type_is_retried);
    tcase_add_test(tcase, a_server_that_is_down_is_retried);
    tcase_add_test(tcase, following_can_be_disabled);
    tcase_add_test(tcase, publishing_works_at_the_same_time);
}

SUITE(redis_follow_suite) {
    bool missing = server_missing();
    return missing ? NULL : redis_tests("redis-follow", add_tests, setup, teardown);
}
