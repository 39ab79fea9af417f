/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_sentinel.c - the redis plugin with two Redis servers and a Sentinel that chooses the
 * master.
 */
#define TESTS redis_sentinel
#include "test_redis.h"

#include "test_feed.h"
#include "test_server.h"

static struct node nodes[2], sentinel;
static char sentinels[96];

/* ---- servers ------------------------------------------------------------------------------ */

static void sentinel_start(void) {
    char path[96];

    sentinel.port = free_port();
    snprintf(path, sizeof(path), "%s/sentinel-%d.conf", test_folder, sentinel.port);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file,
            "port %d\nbind 127.0.0.1\ndir %s\n"
            "sentinel monitor lamp 127.0.0.1 %d 1\n"
            "sentinel down-after-milliseconds lamp 500\n"
            "sentinel failover-timeout lamp 3000\n",
            sentinel.port, test_folder, nodes[0].port);
    fclose(file);
    sentinel.pid = program_start((const char *const[]){"redis-server", path, "--sentinel", NULL});
    node_wait(&sentinel);
    snprintf(sentinels, sizeof(sentinels), "inet:%d@127.0.0.1", sentinel.port);
}

/* Returns true if INFO has LINE.  Reconnects, because Sentinel closes all connections to a server
 * that it demotes. */
static bool info_is(struct node *node, const char *section, const char *line) {
    if (node->control->err) {
        redisFree(node->control);
        node_wait(node);
    }
    redisReply *reply = redisCommand(node->control, "INFO %s", section);
    bool is = reply && reply->type == REDIS_REPLY_STRING && strstr(reply->str, line);

    if (reply)
        freeReplyObject(reply);
    return is;
}

/* Returns the node that Sentinel names, if its role is master; NULL otherwise. */
static struct node *master(void) {
    redisReply *reply = redisCommand(sentinel.control, "SENTINEL get-master-addr-by-name lamp");
    int port = reply && reply->elements == 2 ? atoi(reply->element[1]->str) : 0;

    if (reply)
        freeReplyObject(reply);
    for (size_t i = 0; i < 2; i++)
        if (nodes[i].pid > 0 && nodes[i].port == port &&
            info_is(&nodes[i], "replication", "role:master"))
            return &nodes[i];
    return NULL;
}

/* Waits until NEW is the master, the other node is its replica, and Sentinel reports both. */
static void wait_pair(const struct node *new) {
    int64_t deadline = milliseconds() + 40000;

    for (;;) {
        ck_assert_msg(milliseconds() < deadline, "no failover: %d %d %d %d", master() == new,
                      info_is(&nodes[new - nodes], "replication", "state=online"),
                      info_is(&sentinel, "sentinel", "status=ok"),
                      info_is(&sentinel, "sentinel", "slaves=1"));
        struct node *now = master();
        if (now == new &&info_is(now, "replication", "state=online") &&
            info_is(&sentinel, "sentinel", "status=ok") &&
            info_is(&sentinel, "sentinel", "slaves=1"))
            break;
        poll(NULL, 0, 20);
    }
    asked_node = &nodes[new - nodes];
}

static void setup(void) {
    char port[16];

    node_start(&nodes[0], "first", free_port(), "--bind", "127.0.0.1", "--repl-diskless-sync-delay",
               "0", NULL);
    snprintf(port, sizeof(port), "%d", nodes[0].port);
    node_start(&nodes[1], "second", free_port(), "--bind", "127.0.0.1",
               "--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", port, NULL);
    sentinel_start();
    wait_pair(&nodes[0]);
}

static void teardown(void) {
    node_stop(&sentinel);
    node_stop(&nodes[0]);
    node_stop(&nodes[1]);
}

/* Offers the events as the core does, until all of FIRST to FIRST + COUNT - 1 are delivered. */
static void deliver(struct sink *sink, size_t first, size_t count) {
    int64_t deadline = milliseconds() + 40000;

    for (size_t done = 0; done < count;) {
        size_t left = count - done;
        done += sink_publish(sink, first + done, left < 20 ? left : 20);
        ck_assert_msg(milliseconds() < deadline, "%zu of %zu events: %s", done, count,
                      ((struct redis *)sink->self)->connection.reason);
    }
}

#define SINK(...) sink_open((struct fake_value[]){{"master", "lamp"}, __VA_ARGS__, {0}})

/* ---- finding the master ------------------------------------------------------------------- */

START_TEST(the_master_is_found_through_any_sentinel) {
    char list[300], where[64];
    int unused = free_port();
    /* One that is down, one that is not a Sentinel, and the right one. */
    snprintf(list, sizeof(list), "inet:%d@127.0.0.1 redis://127.0.0.1:%d redis://127.0.0.1:%d",
             unused, nodes[0].port, sentinel.port);
    struct sink sink = SINK({"sentinels", list});
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    assert_stream(0, 3);
    snprintf(where, sizeof(where), "master lamp: connected to the master at 127.0.0.1:%d",
             nodes[0].port);
    assert_lines(&sink, where, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(an_unknown_master_is_retried) {
    char list[64];
    snprintf(list, sizeof(list), "inet:%d@127.0.0.1", free_port());
    struct sink away = SINK({"sentinels", list});
    ck_assert_uint_eq(sink_publish(&away, 0, 3), 0);
    assert_lines(&away, "master lamp: connect: Connection refused (at inet:", NULL);
    sink_close(&away);
    struct sink unknown =
        sink_open((struct fake_value[]){{"master", "light"}, {"sentinels", sentinels}, {0}});
    ck_assert_uint_eq(sink_publish(&unknown, 0, 3), 0);
    ck_assert_uint_eq(sink_publish(&unknown, 0, 3), 0);
    assert_lines(&unknown, "sentinel: it has no master with the name light", NULL);
    sink_close(&unknown);
}
END_TEST

START_TEST(a_replica_that_sentinel_names_is_not_written_to) {
    /* First Sentinel does not reply; then it names a server that is a replica. */
    struct sink late = SINK({"sentinels", sentinels}, {"timeout", "1s"});
    kill(sentinel.pid, SIGSTOP);
    ck_assert_uint_eq(sink_publish(&late, 0, 3), 0);
    assert_lines(&late, "master lamp: timeout: ", NULL);
    kill(sentinel.pid, SIGCONT);
    sink_close(&late);

    struct sink sink = SINK({"sentinels", sentinels});
    struct redis *redis = sink.self;
    freeReplyObject(redisCommand(nodes[0].control, "REPLICAOF 127.0.0.1 1"));
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert_ptr_nonnull(
        strstr(redis->connection.reason, "ROLE: the server is a slave, not a master"));
    sink_close(&sink);
}
END_TEST

START_TEST(sentinels_may_require_a_password) {
    char path[sizeof(test_socket)];
    password_file(path, "secret\n", 0600);
    freeReplyObject(redisCommand(sentinel.control, "ACL SETUSER default resetpass >secret"));
    struct sink without = SINK({"sentinels", sentinels});
    ck_assert_uint_eq(sink_publish(&without, 0, 1), 0);
    assert_lines(&without, "NOAUTH", NULL);
    sink_close(&without);
    struct sink with = SINK({"sentinels", sentinels}, {"sentinel_password_file", path});
    ck_assert_uint_eq(sink_publish(&with, 0, 1), 1);
    sink_close(&with);
}
END_TEST

/* ---- failover ----------------------------------------------------------------------------- */

/* Requests a failover, as an operator does.  Sentinel accepts it only when it has found the
 * replica. */
static void failover(void) {
    int64_t deadline = milliseconds() + 20000;
    bool begun = false;

    while (!begun) {
        ck_assert_msg(milliseconds() < deadline, "Sentinel does not begin a failover");
        redisReply *reply = redisCommand(sentinel.control, "SENTINEL FAILOVER lamp");
        ck_assert_ptr_nonnull(reply);
        begun = reply->type == REDIS_REPLY_STATUS;
        freeReplyObject(reply);
        poll(NULL, 0, 50);
    }
}

static struct collector collector;

/* Reads back all events, up to the id LAST. */
static void follow(struct sink *sink, const char *last) {
    int64_t deadline = milliseconds() + 20000;

    while (collector.count == 0 || strcmp(collector.ids[collector.count - 1], last) != 0) {
        plugin.follow(sink->self, &collector.feed);
        ck_assert_msg(milliseconds() < deadline, "%zu events arrived, but not %s", collector.count,
                      last);
    }
}

/* Asserts that each of COUNT events was read back at least once.  Those that a master lost arrive
 * twice. */
static void assert_all_arrived(size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool arrived = false;
        for (size_t j = 0; j < collector.count && !arrived; j++)
            arrived = strcmp(collector.ids[j], test_events[i].id) == 0;
        ck_assert_msg(arrived, "event %zu was not read back", i);
    }
}

START_TEST(a_failover_loses_and_duplicates_nothing) {
    struct sink sink = SINK({"sentinels", sentinels}, {"replicas", "1"}, {"timeout", "1s"});
    collector_init(&collector, "", -1, true);
    deliver(&sink, 0, 300);
    follow(&sink, test_events[299].id);
    /* An operator changes the master.  The old one learns it after some seconds. */
    failover();
    deliver(&sink, 300, 300);
    wait_pair(&nodes[1]);
    assert_stream(0, 600);
    follow(&sink, test_events[599].id);
    /* The master is killed during delivery. */
    deliver(&sink, 600, 100);
    kill(nodes[1].pid, SIGKILL);
    waitpid(nodes[1].pid, NULL, 0);
    nodes[1].pid = 0;
    while (!master()) {
        /* No replica is left, so none of these is delivered. */
        ck_assert_uint_eq(sink_publish(&sink, 700, 20), 0);
        poll(NULL, 0, 20);
    }
    ck_assert_uint_eq(sink_publish(&sink, 700, 20), 0);
    /* It restarts empty. */
    char port[16];
    snprintf(port, sizeof(port), "%d", nodes[0].port);
    redisFree(nodes[1].control);
    node_start(&nodes[1], "second", nodes[1].port, "--bind", "127.0.0.1",
               "--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", port, NULL);
    deliver(&sink, 700, 300);
    wait_pair(&nodes[0]);
    assert_stream(0, 1000);
    follow(&sink, test_events[999].id);
    assert_all_arrived(1000);
    sink_close(&sink);
}
END_TEST

START_TEST(a_batch_that_no_replica_has_is_not_delivered) {
    struct sink sink = SINK({"sentinels", sentinels}, {"replicas", "1"}, {"timeout", "1s"},
                            {"hosts", ""}); /* without hosts, whose registration is also a write */
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    kill(nodes[1].pid, SIGSTOP);
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 0);
    /* Offered again, the batch writes nothing; this must not count as replicated. */
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 0);
    kill(nodes[1].pid, SIGCONT);
    deliver(&sink, 3, 3);
    asked_node = &nodes[0];
    assert_stream(0, 6);
    ck_assert_ptr_nonnull(
        strstr(sink.instance->lines[1].text, "replicas: 0 of 1 received the batch within 1000 ms"));
    sink_close(&sink);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, the_master_is_found_through_any_sentinel);
    tcase_add_test(tcase, an_unknown_master_is_retried);
    tcase_add_test(tcase, a_replica_that_sentinel_names_is_not_written_to);
    tcase_add_test(tcase, sentinels_may_require_a_password);
    tcase_add_test(tcase, a_failover_loses_and_duplicates_nothing);
    tcase_add_test(tcase, a_batch_that_no_replica_has_is_not_delivered);
}

SUITE(redis_sentinel_suite) {
    bool missing = server_missing();
    test_timeout = 200;
    return missing ? NULL : redis_tests("redis-sentinel", add_tests, setup, teardown);
}
