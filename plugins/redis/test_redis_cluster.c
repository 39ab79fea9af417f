/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_cluster.c - the redis plugin with a Redis Cluster of two nodes, one of which has
 * the keys.
 */
#define TESTS redis_cluster
#include "test_redis.h"

#include "test_feed.h"
#include "test_server.h"

static struct node nodes[2];
static char servers[2][64]; /* values of the option server */
static char ids[2][64];     /* the node ids */
static long long slot;      /* of all keys of the plugin */

/* ---- the cluster -------------------------------------------------------------------------- */

static void cluster_node_start(size_t i, const char *bus) {
    char file[32], name[16];

    snprintf(name, sizeof(name), "node%zu", i);
    nodes[i].port = free_port();
    snprintf(file, sizeof(file), "nodes-%d.conf", nodes[i].port);
    node_start(&nodes[i], name, nodes[i].port, "--bind", "127.0.0.1", "--cluster-enabled", "yes",
               "--cluster-port", bus, "--cluster-config-file", file,
               "--cluster-require-full-coverage", "no", NULL);
    redisReply *id = asked("CLUSTER MYID");
    snprintf(ids[i], sizeof(ids[i]), "%s", id->str);
    freeReplyObject(id);
    snprintf(servers[i], sizeof(servers[i]), "inet:%d@127.0.0.1", nodes[i].port);
}

static bool cluster_reports(size_t i, const char *command, const char *text) {
    redisReply *reply = redisCommand(nodes[i].control, command);
    bool has_text = reply && reply->type == REDIS_REPLY_STRING && strstr(reply->str, text);

    if (reply)
        freeReplyObject(reply);
    return has_text;
}

/* Waits until both nodes report NODE as the owner of the slot. */
static void wait_owner(size_t node) {
    int64_t deadline = milliseconds() + 20000;

    for (size_t i = 0; i < 2; i++) {
        bool known = false;
        while (!known) {
            ck_assert_msg(milliseconds() < deadline, "the nodes do not agree");
            redisReply *reply = redisCommand(nodes[i].control, "EXISTS " STREAM);
            ck_assert_ptr_nonnull(reply);
            char where[64];
            snprintf(where, sizeof(where), "MOVED %lld 127.0.0.1:%d", slot, nodes[node].port);
            known = cluster_reports(i, "CLUSTER INFO", "cluster_state:ok") &&
                    (i == node ? reply->type == REDIS_REPLY_INTEGER
                               : reply->type == REDIS_REPLY_ERROR && !strcmp(reply->str, where));
            freeReplyObject(reply);
            poll(NULL, 0, 10);
        }
    }
    asked_node = &nodes[node];
}

/* The first node has all slots. */
static void setup(void) {
    char bus[2][16];

    for (size_t i = 0; i < 2; i++) {
        snprintf(bus[i], sizeof(bus[i]), "%d", free_port());
        cluster_node_start(i, bus[i]);
    }
    DO("CLUSTER MEET 127.0.0.1 %d %s", nodes[0].port, bus[0]);
    asked_node = &nodes[0];
    DO("CLUSTER ADDSLOTSRANGE 0 16383");
    redisReply *reply = asked("CLUSTER KEYSLOT " STREAM);
    slot = reply->integer;
    freeReplyObject(reply);
    wait_owner(0);
}

static void teardown(void) {
    node_stop(&nodes[0]);
    node_stop(&nodes[1]);
}

/* Begins to migrate the slot from the first node to the second. */
static void move_begin(void) {
    asked_node = &nodes[1];
    DO("CLUSTER SETSLOT %lld IMPORTING %s", slot, ids[0]);
    asked_node = &nodes[0];
    DO("CLUSTER SETSLOT %lld MIGRATING %s", slot, ids[1]);
    redisReply *keys = asked("CLUSTER GETKEYSINSLOT %lld 2000", slot);
    for (size_t i = 0; i < keys->elements; i++)
        DO("MIGRATE 127.0.0.1 %d %s 0 5000", nodes[1].port, keys->element[i]->str);
    freeReplyObject(keys);
}

static void move_end(void) {
    for (size_t i = 2; i > 0; i--) {
        asked_node = &nodes[i - 1];
        DO("CLUSTER SETSLOT %lld NODE %s", slot, ids[1]);
    }
    wait_owner(1);
}

#define SINK(node, ...) \
    sink_open((struct fake_value[]){{"server", servers[node]}, __VA_ARGS__, {0}})

/* ------------------------------------------------------------------------------------------- */

START_TEST(the_node_that_has_the_keys_is_found) {
    char where[64];
    struct sink sink = SINK(1, {0});
    ck_assert_uint_eq(sink_publish(&sink, 0, 200), 200);
    ck_assert_uint_eq(sink_publish(&sink, 200, 200), 200);
    assert_stream(0, 400);
    snprintf(where, sizeof(where), "the cluster has the keys at 127.0.0.1:%d", nodes[0].port);
    assert_lines(&sink, where, NULL);
    /* The connection stays with that node: the configured one may stop. */
    node_stop(&nodes[1]);
    ck_assert_uint_eq(sink_publish(&sink, 400, 3), 3);
    assert_lines(&sink, where, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(keys_that_migrate_are_followed) {
    static struct collector collector;
    struct sink sink = SINK(0, {0});
    collector_init(&collector, "", -1, true);
    ck_assert_uint_eq(sink_publish(&sink, 0, 10), 10);
    ck_assert_int_eq(plugin.follow(sink.self, &collector.feed), 0);
    move_begin();
    /* During the migration no node has all keys, so events wait. */
    ck_assert_uint_eq(sink_publish(&sink, 10, 10), 0);
    move_end();
    ck_assert_uint_eq(sink_publish(&sink, 10, 10), 10);
    assert_stream(0, 20);
    int64_t deadline = milliseconds() + 20000;
    while (collector.count < 20 && milliseconds() < deadline)
        plugin.follow(sink.self, &collector.feed);
    ck_assert_uint_eq(collector.count, 20);
    for (size_t i = 0; i < 20; i++)
        ck_assert_str_eq(collector.ids[i], test_events[i].id);
    sink_close(&sink);
}
END_TEST

START_TEST(a_node_that_fails_is_left_for_the_configured_one) {
    struct sink sink = SINK(1, {0});
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    node_stop(&nodes[0]);
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 0);
    /* An operator assigns the slots of the node to the other one. */
    asked_node = &nodes[1];
    DO("CLUSTER FORGET %s", ids[0]);
    DO("CLUSTER ADDSLOTSRANGE 0 16383");
    int64_t deadline = milliseconds() + 20000;
    while (sink_publish(&sink, 3, 3) != 3)
        ck_assert_msg(milliseconds() < deadline, "%s",
                      ((struct redis *)sink.self)->connection.reason);
    assert_stream(3, 3);
    sink_close(&sink);
}
END_TEST

START_TEST(series_of_one_tag_work) {
    struct sink sink = SINK(1, {0});
    test_events[0].state = "id s1-b\nstate open\nlists lamp.example.org\n"
                           "changed 2100-05-07T10:00:00Z\npart:1 b@example.org\n";
    test_events[1].state = "id s1-b\nalias_of s1-a\n";
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    ck_assert_int_eq(number("ZCARD", "{patchmark}:open:lamp.example.org"), 1);
    ck_assert_uint_eq(sink_publish(&sink, 1, 1), 1);
    redisReply *reply = asked("HGET {patchmark}:series:s1-a part:1");
    ck_assert_str_eq(reply->str, "b@example.org");
    freeReplyObject(reply);
    ck_assert_uint_eq(sink.instance->line_count, 1); /* the node that has the keys */
    sink_close(&sink);
}
END_TEST

START_TEST(names_without_a_common_tag_are_reported) {
    struct sink sink = SINK(0, {"stream", "events"});
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    assert_lines(&sink, "(in a cluster the names of all keys must have the same tag in braces)",
                 NULL);
    sink_close(&sink);
    /* A list of hosts in another slot stops no event. */
    asked_node = &nodes[0];
    struct sink hosts = SINK(0, {"hosts", "{other}:hosts"});
    ck_assert_uint_eq(sink_publish(&hosts, 0, 3), 3);
    sink_close(&hosts);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, the_node_that_has_the_keys_is_found);
    tcase_add_test(tcase, keys_that_migrate_are_followed);
    tcase_add_test(tcase, a_node_that_fails_is_left_for_the_configured_one);
    tcase_add_test(tcase, series_of_one_tag_work);
    tcase_add_test(tcase, names_without_a_common_tag_are_reported);
}

SUITE(redis_cluster_suite) {
    bool missing = server_missing();
    return missing ? NULL : redis_tests("redis-cluster", add_tests, setup, teardown);
}
