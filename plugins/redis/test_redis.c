/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis.c - the redis plugin with a real server, that each test starts empty and for itself.
 *
 * What a server may do wrong is in test_redis_hostile.c.
 */
#define TESTS redis
#include "test_redis.h"

#include "test_server.h"

static struct node node;

static void setup(void) {
    node_start(&node, "socket", 0, NULL);
}

static void teardown(void) {
    node_stop(&node);
}

/* ---- delivery ----------------------------------------------------------------------------- */

START_TEST(entry_has_the_flat_fields_and_the_event) {
    /* Every byte must come through: quotes, spaces, percent signs, line ends, UTF-8, NUL. */
    static const char json[] = "{\"subject\":\"100% \\\"x\\\" \xc3\xa9\"}\r\n\0end";
    struct patchmark_event *event = &test_events[0];
    event->json = json;
    event->json_length = sizeof(json) - 1;
    event->list = "a list *3\r\n$1";
    event->series = "";
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);

    const struct {
        const char *name, *value;
        size_t length;
    } expected[] = {{"v", "1", 1},
                    {"id", event->id, 32},
                    {"type", "patchmark.message.seen.v1", 25},
                    {"list", "a list *3\r\n$1", 13},
                    {"series", "", 0},
                    {"ce", json, sizeof(json) - 1}};
    redisReply *reply = asked("XRANGE " STREAM " - +");
    ck_assert_uint_eq(reply->elements, 1);
    const redisReply *fields = reply->element[0]->element[1];
    ck_assert_uint_eq(fields->elements, 12);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_str_eq(fields->element[2 * i]->str, expected[i].name);
        ck_assert_uint_eq(fields->element[2 * i + 1]->len, expected[i].length);
        ck_assert_mem_eq(fields->element[2 * i + 1]->str, expected[i].value, expected[i].length);
    }
    freeReplyObject(reply);
    ck_assert_uint_eq(sink.instance->line_count, 0);
    sink_close(&sink);
}
END_TEST

START_TEST(subscribers_receive_the_event_on_the_channel_of_its_type) {
    struct sink sink = sink_open(NULL);
    DO("SUBSCRIBE patchmark.events.patchmark.message.seen.v1");
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
    for (size_t i = 0; i < 2; i++) {
        redisReply *reply = NULL;
        ck_assert_int_eq(redisGetReply(node.control, (void **)&reply), REDIS_OK);
        ck_assert_uint_eq(reply->elements, 3);
        ck_assert_str_eq(reply->element[0]->str, "message");
        ck_assert_str_eq(reply->element[2]->str, test_events[i].json);
        freeReplyObject(reply);
    }
    sink_close(&sink);
}
END_TEST

START_TEST(without_a_channel_nothing_is_published) {
    struct sink sink = sink_open((struct fake_value[]){{"channel", ""}, {0}});
    redisContext *listener = redisConnectUnix(test_socket);
    freeReplyObject(redisCommand(listener, "PSUBSCRIBE *"));
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    /* The marker must arrive first, so no event was published before it. */
    DO("PUBLISH marker x");
    redisReply *reply = NULL;
    ck_assert_int_eq(redisGetReply(listener, (void **)&reply), REDIS_OK);
    ck_assert_str_eq(reply->element[2]->str, "marker");
    freeReplyObject(reply);
    redisFree(listener);
    ck_assert_int_eq(stream_length(), 1);
    sink_close(&sink);
}
END_TEST

START_TEST(names_are_configurable) {
    struct sink sink = sink_open((struct fake_value[]){
        {"stream", "{x}:feed"}, {"seen", "{x}:id:"}, {"hosts", ""}, {"channel", "feed "}, {0}});
    DO("SUBSCRIBE %s", "feed patchmark.message.seen.v1");
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    redisReply *reply = NULL;
    ck_assert_int_eq(redisGetReply(node.control, (void **)&reply), REDIS_OK);
    ck_assert_str_eq(reply->element[2]->str, test_events[0].json);
    freeReplyObject(reply);
    DO("UNSUBSCRIBE");
    ck_assert_int_eq(number("XLEN", "{x}:feed"), 1);
    ck_assert_int_eq(number("EXISTS", "{x}:id:00000000000000000000000000000000"), 1);
    redisReply *size = asked("DBSIZE");
    ck_assert_int_eq(size->integer, 2);
    freeReplyObject(size);
    sink_close(&sink);
}
END_TEST

START_TEST(a_full_batch_keeps_its_order) {
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 200), 200);
    assert_stream(0, 200);
    ck_assert_uint_eq(sink_publish(&sink, 200, 200), 200);
    assert_stream(0, 400);
    ck_assert_uint_eq(sink_publish(&sink, 400, 0), 0);
    ck_assert_uint_eq(sink.instance->line_count, 0);
    sink_close(&sink);
}
END_TEST

START_TEST(a_batch_larger_than_the_socket_takes_goes_through) {
    enum { SIZE = 50000 };
    char *json = malloc(SIZE);
    memset(json, 'x', SIZE);
    for (size_t i = 0; i < 200; i++) {
        test_events[i].json = json;
        test_events[i].json_length = SIZE;
    }
    struct sink sink = sink_open((struct fake_value[]){{"timeout", "20s"}, {0}});
    ck_assert_uint_eq(sink_publish(&sink, 0, 200), 200);
    assert_stream(0, 200);
    sink_close(&sink);
    free(json);
}
END_TEST

START_TEST(a_duplicate_is_discarded_and_counts_as_delivered) {
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    assert_stream(0, 3);
    /* The same in another process, because the server has the ids, not the plugin. */
    sink_close(&sink);
    sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 1, 4), 4);
    assert_stream(0, 5);
    ck_assert_uint_eq(sink.instance->line_count, 0);
    sink_close(&sink);
}
END_TEST

START_TEST(an_id_is_kept_for_the_configured_time) {
    static const struct {
        const char *remember;
        long long seconds;
    } cases[] = {{NULL, 14 * 86400}, {"1h", 3600}};
    for (size_t i = 0; i < 2; i++) {
        struct fake_value values[] = {{cases[i].remember ? "remember" : NULL, cases[i].remember},
                                      {0}};
        struct sink sink = sink_open(values);
        char key[80];
        snprintf(key, sizeof(key), "{patchmark}:seen:%s", test_events[i].id);
        ck_assert_uint_eq(sink_publish(&sink, i, 1), 1);
        ck_assert_int_le(number("TTL", key), cases[i].seconds);
        ck_assert_int_gt(number("TTL", key), cases[i].seconds - 60);
        sink_close(&sink);
    }
}
END_TEST

START_TEST(the_stream_is_kept_near_its_length) {
    struct sink sink = sink_open((struct fake_value[]){{"maxlen", "100"}, {0}});
    for (size_t first = 0; first < TEST_EVENTS; first += 200)
        ck_assert_uint_eq(sink_publish(&sink, first, 200), 200);
    /* "~" keeps whole nodes, which have at most 100 entries (stream-node-max-entries). */
    ck_assert_int_ge(stream_length(), 100);
    ck_assert_int_le(stream_length(), 200);
    sink_close(&sink);
}
END_TEST

/* ---- failures ----------------------------------------------------------------------------- */

START_TEST(wrong_type_of_the_stream_loses_nothing) {
    struct sink sink = sink_open(NULL);
    DO("SET " STREAM " x");
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(!seen(i), "the id of event %zu is recorded, so it would be discarded", i);
    DO("DEL " STREAM);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    assert_stream(0, 3);
    assert_lines(&sink, "WRONGTYPE", "recovered, failed batches: 2", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_full_server_is_waited_for) {
    char padding[300001];
    memset(padding, 'x', sizeof(padding) - 1);
    padding[sizeof(padding) - 1] = '\0';
    struct sink sink = sink_open(NULL);
    DO("SET padding %s", padding);
    DO("CONFIG SET maxmemory-policy noeviction");
    DO("CONFIG SET maxmemory 1mb");
    ck_assert_uint_eq(sink_publish(&sink, 0, 200), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 200), 0);
    ck_assert(!seen(0));
    DO("CONFIG SET maxmemory 0");
    ck_assert_uint_eq(sink_publish(&sink, 0, 200), 200);
    assert_stream(0, 200);
    assert_lines(&sink, "OOM", "recovered, failed batches: 2", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_read_only_replica_is_waited_for) {
    struct sink sink = sink_open(NULL);
    DO("REPLICAOF 127.0.0.1 1");
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    DO("REPLICAOF NO ONE");
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    assert_stream(0, 3);
    assert_lines(&sink, "READONLY", "recovered, failed batches: 1", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(the_server_may_be_down_at_the_start) {
    teardown();
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    setup();
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    assert_stream(0, 3);
    assert_lines(&sink, "connect: No such file", "recovered, failed batches: 2", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_server_that_restarts_empty_gets_the_script_again) {
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    teardown();
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 0);
    setup();
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 3);
    assert_stream(3, 3);
    assert_lines(&sink, "connect: ", "recovered, failed batches: 1", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_restart_between_two_batches_is_no_failure) {
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    teardown();
    setup();
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 3);
    assert_stream(3, 3);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_flushed_script_is_loaded_again_at_once) {
    struct sink sink = sink_open(NULL);
    for (size_t first = 0; first < 9; first += 3) {
        DO("SCRIPT FLUSH");
        ck_assert_uint_eq(sink_publish(&sink, first, 3), 3);
    }
    assert_stream(0, 9);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_server_without_streams_is_reported_as_too_old) {
    teardown();
    node_start(&node, "socket", 0, "--rename-command", "XADD", "", NULL); /* as in Redis 4 */
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert(!seen(0));
    assert_lines(&sink, "Redis 5 or later", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(no_event_is_added_before_one_that_was_rejected) {
    /* The user may write the id of the second event and not that of the first.  Redis rejects the
     * first step of the pipeline and would accept the second one alone. */
    char path[sizeof(test_socket)];
    password_file(path, "secret\n", 0600);
    DO("ACL SETUSER half on >secret ~" STREAM " ~{patchmark}:seen:%s ~{patchmark}:hosts &* +@all",
       test_events[1].id);
    struct sink sink =
        sink_open((struct fake_value[]){{"username", "half"}, {"password_file", path}, {0}});
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_int_eq(stream_length(), 0);
    DO("ACL SETUSER half ~*");
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
    assert_stream(0, 2);
    assert_lines(&sink, "NOPERM", "recovered, failed batches: 1", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_call_requires_the_event_before_it) {
    /* Data in a connection that was closed after an error may reach Redis late. */
    struct sink sink = sink_open(NULL);
    struct redis *redis = sink.self;
    ck_assert(publisher_ready(redis));
    const struct patchmark_event *late = &test_events[1];
    append(redis, &late, 1, &test_events[0]);
    ck_assert_uint_eq(read_acknowledged(redis, 1, milliseconds() + 10000), 0);
    ck_assert_ptr_nonnull(strstr(redis->connection.reason, "ORDER"));
    ck_assert_int_eq(stream_length(), 0);
    ck_assert(!seen(1));
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
    assert_stream(0, 2);
    sink_close(&sink);
}
END_TEST

START_TEST(one_line_for_each_kind_of_error) {
    struct sink sink = sink_open(NULL);
    DO("SET " STREAM " x");
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 0), 0); /* logs nothing */
    DO("REPLICAOF 127.0.0.1 1");
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    DO("REPLICAOF NO ONE");
    DO("DEL " STREAM);
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    ck_assert_uint_eq(sink_publish(&sink, 1, 1), 1);
    assert_lines(&sink, "WRONGTYPE", "READONLY", "recovered, failed batches: 4", NULL);
    ck_assert_int_eq(sink.instance->lines[0].level, PATCHMARK_ERROR);
    ck_assert_int_eq(sink.instance->lines[2].level, PATCHMARK_INFO);
    sink_close(&sink);
}
END_TEST

/* ---- passwords ---------------------------------------------------------------------------- */

START_TEST(the_default_user_requires_its_password) {
    char right[sizeof(test_socket)], wrong[sizeof(test_socket)];
    password_file(right, "se cret\r\nsecond line\n", 0640);
    struct sink with = sink_open((struct fake_value[]){{"password_file", right}, {0}});
    password_file(wrong, "Secret", 0640);
    struct sink other = sink_open((struct fake_value[]){{"password_file", wrong}, {0}});
    struct sink without = sink_open(NULL);

    DO("CONFIG SET requirepass %s", "se cret");
    ck_assert_uint_eq(sink_publish(&without, 0, 1), 0);
    assert_lines(&without, "NOAUTH", NULL);
    ck_assert_uint_eq(sink_publish(&other, 0, 1), 0);
    assert_lines(&other, "WRONGPASS", NULL);
    ck_assert_uint_eq(sink_publish(&with, 0, 1), 1);
    assert_lines(&with, NULL);
    assert_stream(0, 1);
    sink_close(&with);
    sink_close(&other);
    sink_close(&without);
}
END_TEST

START_TEST(a_channel_that_is_forbidden_does_not_stop_the_stream) {
    char path[sizeof(test_socket)];
    password_file(path, "secret\n", 0600);
    DO("ACL SETUSER mute on >secret ~* resetchannels +@all");
    struct sink sink =
        sink_open((struct fake_value[]){{"username", "mute"}, {"password_file", path}, {0}});
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 3);
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 3); /* duplicates are not published */
    assert_lines(&sink, "PUBLISH: ", NULL);
    assert_stream(0, 6);
    DO("ACL SETUSER mute &*");
    ck_assert_uint_eq(sink_publish(&sink, 6, 3), 3);
    assert_lines(&sink, "PUBLISH: ", "PUBLISH recovered, failed batches: 2", NULL);
    sink_close(&sink);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, entry_has_the_flat_fields_and_the_event);
    tcase_add_test(tcase, subscribers_receive_the_event_on_the_channel_of_its_type);
    tcase_add_test(tcase, without_a_channel_nothing_is_published);
    tcase_add_test(tcase, names_are_configurable);
    tcase_add_test(tcase, a_full_batch_keeps_its_order);
    tcase_add_test(tcase, a_batch_larger_than_the_socket_takes_goes_through);
    tcase_add_test(tcase, a_duplicate_is_discarded_and_counts_as_delivered);
    tcase_add_test(tcase, an_id_is_kept_for_the_configured_time);
    tcase_add_test(tcase, the_stream_is_kept_near_its_length);
    tcase_add_test(tcase, wrong_type_of_the_stream_loses_nothing);
    tcase_add_test(tcase, a_full_server_is_waited_for);
    tcase_add_test(tcase, a_read_only_replica_is_waited_for);
    tcase_add_test(tcase, the_server_may_be_down_at_the_start);
    tcase_add_test(tcase, a_server_that_restarts_empty_gets_the_script_again);
    tcase_add_test(tcase, a_restart_between_two_batches_is_no_failure);
    tcase_add_test(tcase, a_flushed_script_is_loaded_again_at_once);
    tcase_add_test(tcase, a_server_without_streams_is_reported_as_too_old);
    tcase_add_test(tcase, no_event_is_added_before_one_that_was_rejected);
    tcase_add_test(tcase, a_call_requires_the_event_before_it);
    tcase_add_test(tcase, one_line_for_each_kind_of_error);
    tcase_add_test(tcase, the_default_user_requires_its_password);
    tcase_add_test(tcase, a_channel_that_is_forbidden_does_not_stop_the_stream);
}

SUITE(redis_suite) {
    bool missing = server_missing();
    return missing ? NULL : redis_tests("redis", add_tests, setup, teardown);
}
