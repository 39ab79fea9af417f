/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_acl.c - the ACL rights in redis.md and patchmark-events(7) are sufficient for their
 * purpose and allow nothing else.
 *
 * The tests read the rights from these pages; $SOURCE is the source folder.
 */
#define TESTS redis_acl
#include "test_redis.h"

#include "test_feed.h"
#include "test_server.h"

static struct node node;
static char password[sizeof(test_socket)]; /* path of a file */

/* ---- the pages ---------------------------------------------------------------------------- */

/* Returns a source file as one line: runs of blanks and escaped line ends become one space. */
static char *page(const char *name) {
    char path[512];
    const char *source = getenv("SOURCE");
    snprintf(path, sizeof(path), "%s/%s", source ? source : ".", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be read; is SOURCE set?", path);
    static char text[256 * 1024];
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);

    char *line = calloc(1, sizeof(text)), *to = line;
    for (const char *from = text; *from; from++) {
        if (strncmp(from, "\\e\n", 3) == 0) {
            from += 2;
            continue;
        }
        if (*from == ' ' && to > line && to[-1] == ' ')
            continue;
        *to++ = *from;
    }
    return line;
}

/* Reads the rights of USER in the page NAME, as arguments of ACL SETUSER. */
static void rights_in(const char *name, const char *user, char rights[1024]) {
    char start[64], *text = page(name);
    snprintf(start, sizeof(start), "ACL SETUSER %s on >PASSWORD ", user);
    const char *line = strstr(text, start);
    ck_assert_msg(line != NULL, "%s has no ACL SETUSER for %s", name, user);
    line += strlen(start);
    snprintf(rights, 1024, "%.*s", (int)strcspn(line, "\n"), line);
    free(text);
}

/* Creates USER.  Asserts that both pages have the same rights for it. */
static void user_make(const char *user) {
    char rights[1024], manual[1024], *save = NULL;
    const char *words[64] = {"ACL", "SETUSER", user, "on", ">secret"};
    int count = 5;

    rights_in("plugins/redis/redis.md", user, rights);
    rights_in("docs/patchmark-events.7", user, manual);
    ck_assert_str_eq(rights, manual);
    for (char *word = strtok_r(rights, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        ck_assert_int_lt(count, 64);
        words[count++] = word;
    }
    redisReply *reply = redisCommandArgv(node.control, count, words, NULL);
    ck_assert_msg(reply && reply->type == REDIS_REPLY_STATUS, "%s", reply ? reply->str : "");
    freeReplyObject(reply);
}

static void setup(void) {
    node_start(&node, "socket", 0, NULL);
    password_file(password, "secret\n", 0600);
}

static void teardown(void) {
    node_stop(&node);
}

#define SINK(user, ...) \
    sink_open(          \
        (struct fake_value[]){{"username", user}, {"password_file", password}, __VA_ARGS__, {0}})

/* ---- patchmark ---------------------------------------------------------------------------- */

/* Makes event I change a series with the lines STATE. */
static void state_event(size_t i, const char *series, const char *state) {
    static char texts[10][256];

    snprintf(texts[i], sizeof(texts[i]), "id %s\n%s", series, state);
    test_events[i].state = texts[i];
}

#define CHANGED "changed 2100-05-07T10:00:00Z\nlists lamp.example.org\n"

/* Does everything that patchmark does with one Redis, also after an error.  Returns true if all of
 * it had the expected result. */
static bool everything_works(void) {
    static struct collector collector;
    DO("FLUSHALL");
    DO("SCRIPT FLUSH");
    DO("ZADD {patchmark}:hosts 9999999999 other.example.org");
    DO("SET " STREAM " x");
    struct sink sink = SINK("patchmark", {"timeout", "10s"});
    state_event(0, "s1-a", "state open\npart:1 a@example.org\n" CHANGED);
    state_event(1, "s1-b", "state open\nflags \n" CHANGED);
    state_event(2, "s1-a", "state superseded\n");
    state_event(3, "s1-a", "alias_of s1-b\n"); /* its part is copied */
    bool works = sink_publish(&sink, 0, 4) == 0 && !seen(0);
    DO("DEL " STREAM);
    works = works && sink_publish(&sink, 0, CALL_EVENTS + 2) == CALL_EVENTS + 2; /* two calls */
    works = works && plugin.publish_state(sink.self, &test_events[1].state, 1) == 0;
    collector_init(&collector, "", 3, false);
    works = works && plugin.follow(sink.self, &collector.feed) == 0 && collector.count == 3;
    works = works && sink.instance->line_count == 2 &&
            strstr(sink.instance->lines[0].text, "WRONGTYPE") &&
            strstr(sink.instance->lines[1].text, "recovered, failed batches: 1");
    sink_close(&sink);
    return works;
}

START_TEST(patchmark_has_the_rights_that_it_needs) {
    user_make("patchmark");
    ck_assert(everything_works());
    ck_assert(everything_works()); /* it can be called repeatedly */
}
END_TEST

START_TEST(patchmark_has_no_right_that_it_does_not_need) {
    char rights[1024], *save = NULL;
    size_t count = 0;
    user_make("patchmark");
    rights_in("plugins/redis/redis.md", "patchmark", rights);
    for (char *word = strtok_r(rights, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (*word != '+' || strcmp(word, "+wait") == 0 || strcmp(word, "+role") == 0)
            continue; /* these two are for replicas and Sentinel */
        DO("ACL SETUSER patchmark -%s", word + 1);
        ck_assert_msg(!everything_works(), "%s is not required", word);
        DO("ACL SETUSER patchmark %s", word);
        count++;
    }
    ck_assert_uint_gt(count, 15);
    ck_assert(everything_works());
}
END_TEST

START_TEST(patchmark_may_call_wait_and_role) {
    user_make("patchmark");
    /* There is no replica: the wait for it shows that WAIT was allowed. */
    struct sink sink = SINK("patchmark", {"replicas", "1"}, {"timeout", "1s"});
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    assert_lines(&sink, "replicas: 0 of 1", NULL);
    sink_close(&sink);
    redisReply *reply = asked("ACL DRYRUN patchmark ROLE");
    ck_assert_str_eq(reply->str, "OK");
    freeReplyObject(reply);
}
END_TEST

/* ---- subscribers -------------------------------------------------------------------------- */

static redisContext *login(const char *user) {
    redisContext *context = redisConnectUnix(test_socket);
    redisReply *reply = redisCommand(context, "AUTH %s secret", user);
    ck_assert_int_eq(reply->type, REDIS_REPLY_STATUS);
    freeReplyObject(reply);
    return context;
}

struct right {
    const char *command;
    bool allowed;
};

static void check_rights(const char *user, const struct right *rights, size_t count) {
    redisContext *context = login(user);
    for (size_t i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
        redisReply *reply = redisCommand(context, rights[i].command);
#pragma GCC diagnostic pop
        ck_assert_ptr_nonnull(reply);
        bool denied = reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOPERM", 6) == 0;
        ck_assert_msg(denied != rights[i].allowed, "%s: %s: %s", user, rights[i].command,
                      denied ? reply->str : "was allowed");
        ck_assert_msg(denied || reply->type != REDIS_REPLY_ERROR ||
                          strncmp(reply->str, "WRONGPASS", 9) == 0 ||
                          strncmp(reply->str, "ERR Unknown subcommand", 22) == 0 ||
                          strncmp(reply->str, "ERR unknown subcommand", 22) == 0,
                      "%s: %s", rights[i].command, reply->str);
        freeReplyObject(reply);
    }
    redisFree(context);
}

#define SERIES "{patchmark}:series:s1-abcdefghijklmnop"
/* What clients send on their own, such as redis-cli, when it is started without a command, or the
 * client of Node.  Before Redis 7.2 there is no CLIENT SETINFO. */
#define CLIENT_RIGHTS                                                                        \
    {"PING", true}, {"HELLO 2 AUTH nobody x", true}, {"CLIENT SETNAME bot", true},           \
        {"CLIENT SETINFO LIB-NAME bot", true}, {"CLIENT ID", true}, {"COMMAND COUNT", true}, \
        {"COMMAND DOCS get", true}, {"INFO server", true}, {                                 \
        "SELECT 0", true                                                                     \
    }
#define STATE_RIGHTS                                                                         \
    {"HGETALL " SERIES, true}, {"HGET " SERIES " state", true},                              \
        {"HMGET " SERIES " state have total", true}, {"ZRANGE {patchmark}:open 0 -1", true}, \
        {"ZRANGE {patchmark}:open 0 9 BYSCORE", true},                                       \
        {"ZREVRANGE {patchmark}:open 0 9 WITHSCORES", true},                                 \
        {"ZRANGEBYSCORE {patchmark}:open 0 9", true},                                        \
        {"ZREVRANGEBYSCORE {patchmark}:open 9 0", true},                                     \
        {"ZCARD {patchmark}:open:lamp.example.org", true}, {                                 \
        "ZSCORE {patchmark}:open:lamp.example.org s1-abcdefghijklmnop", true                 \
    }
#define CHECK_RIGHTS(user, rights) check_rights(user, rights, sizeof(rights) / sizeof(rights[0]))

static void publish_some(void) {
    struct sink sink = sink_open(NULL);
    state_event(0, "s1-abcdefghijklmnop", "state open\n" CHANGED);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    sink_close(&sink);
}

START_TEST(a_reader_can_only_read) {
    static const struct right rights[] = {
        CLIENT_RIGHTS,
        {"XREAD COUNT 1 STREAMS " STREAM " 0", true},
        {"XRANGE " STREAM " - +", true},
        {"XREVRANGE " STREAM " + - COUNT 1", true},
        {"XLEN " STREAM, true},
        {"XINFO STREAM " STREAM, true},
        STATE_RIGHTS,
        {"XREVRANGE {patchmark}:messages + - COUNT 1", true},
        {"SUBSCRIBE patchmark.events.x", true},
        {"UNSUBSCRIBE", true},
        {"XADD " STREAM " * a b", false},
        {"XDEL " STREAM " 1-1", false},
        {"XTRIM " STREAM " MAXLEN 0", false},
        {"DEL " STREAM, false},
        {"HSET " SERIES " state x", false},
        {"ZREM {patchmark}:open s1-a", false},
        {"ZRANGE {patchmark}:hosts 0 -1", false},
        {"XREAD STREAMS {patchmark}:other 0", false},
        {"PUBLISH patchmark.events.x y", false},
        {"KEYS *", false},
        {"CONFIG GET *", false},
        {"CLIENT KILL TYPE normal", false},
        {"CLIENT LIST", false},
        {"PSUBSCRIBE *", false},
    };
    publish_some();
    user_make("reader");
    CHECK_RIGHTS("reader", rights);
}
END_TEST

START_TEST(a_group_can_neither_add_nor_remove) {
    static const struct right rights[] = {
        CLIENT_RIGHTS,
        {"XGROUP CREATE " STREAM " bot 0", true},
        {"XREADGROUP GROUP bot one COUNT 2 STREAMS " STREAM " >", true},
        {"XPENDING " STREAM " bot", true},
        {"XACK " STREAM " bot 1-1", true},
        {"XAUTOCLAIM " STREAM " bot two 0 0", true},
        {"XINFO GROUPS " STREAM, true},
        STATE_RIGHTS,
        {"XGROUP CREATE {patchmark}:messages bot $ MKSTREAM", true},
        {"XADD " STREAM " * a b", false},
        {"XDEL " STREAM " 1-1", false},
        {"XTRIM " STREAM " MAXLEN 0", false},
        {"XSETID " STREAM " 9-9", false},
        {"DEL " STREAM, false},
        {"SET " STREAM " x", false},
    };
    publish_some();
    user_make("group");
    CHECK_RIGHTS("group", rights);
}
END_TEST

START_TEST(tail_follows) {
    static struct collector collector;
    static const struct right rights[] = {{"XADD " STREAM " * a b", false},
                                          {"HGETALL " SERIES, false},
                                          {"ZRANGE {patchmark}:hosts 0 -1", false}};
    publish_some();
    user_make("tail");
    struct sink sink = SINK("tail", {"timeout", "10s"});
    collector_init(&collector, "", 2, true);
    ck_assert_int_eq(plugin.follow(sink.self, &collector.feed), 0);
    ck_assert_uint_eq(collector.count, 2);
    assert_lines(&sink, NULL);
    sink_close(&sink);
    CHECK_RIGHTS("tail", rights);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, patchmark_has_the_rights_that_it_needs);
    tcase_add_test(tcase, patchmark_may_call_wait_and_role);
    tcase_add_test(tcase, patchmark_has_no_right_that_it_does_not_need);
    tcase_add_test(tcase, a_reader_can_only_read);
    tcase_add_test(tcase, a_group_can_neither_add_nor_remove);
    tcase_add_test(tcase, tail_follows);
}

SUITE(redis_acl_suite) {
    bool missing = server_missing();
    return missing ? NULL : redis_tests("redis-acl", add_tests, setup, teardown);
}
