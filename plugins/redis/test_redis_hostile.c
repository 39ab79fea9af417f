/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_hostile.c - the redis plugin with a server that is broken, hostile or not a Redis.
 */
#define TESTS redis_hostile
#include "test_redis.h"

#include "test_hostile.h"

#include <dlfcn.h>
#include <netdb.h>

/* ---- replies ------------------------------------------------------------------------------ */

struct reply_case {
    const char *bytes; /* everything that the server sends */
    enum manner manner;
    size_t delivered; /* how many of three events */
    const char *line; /* part of the only log line; NULL if none */
};

/* Waits until the server has closed the connection; before that, the connection would be used. */
static void end_wait(const struct sink *sink) {
    const struct redis *redis = sink->self;

    if (redis->connection.redis)
        ck_assert(connection_readable(&redis->connection, 10000));
}

/* Publishes twice, because the second call must not repeat the log line.  TIMEOUT is long unless
 * the timeout is tested, because the machine may be busy. */
static void check_replies(const struct reply_case *cases, size_t count, const char *timeout) {
    for (size_t i = 0; i < count; i++) {
        server_on_socket(cases[i].bytes, cases[i].manner);
        struct sink sink = sink_open((struct fake_value[]){{"timeout", timeout}, {0}});
        int64_t start = milliseconds();
        for (int turn = 0; turn < 2; turn++) {
            if (turn == 1 && cases[i].manner == HANGS_UP)
                end_wait(&sink);
            size_t delivered = sink_publish(&sink, 0, 3);
            ck_assert_msg(delivered == cases[i].delivered, "case %zu, turn %d: %zu delivered; %s",
                          i, turn, delivered, ((struct redis *)sink.self)->connection.reason);
        }
        ck_assert_int_lt(milliseconds() - start, 15000);
        assert_lines(&sink, cases[i].line, NULL);
        sink_close(&sink);
        server_stop();
    }
}

START_TEST(errors_are_logged_once_with_their_text) {
    static const struct reply_case cases[] = {
        {"-LOADING Redis is loading the dataset in memory\r\n", STAYS, 0,
         ": LOADING Redis is loading the dataset in memory; events wait in the outbox"},
        {"-NOAUTH Authentication required.\r\n", STAYS, 0, ": NOAUTH Authentication required."},
        {"-ERR max number of clients reached\r\n", HANGS_UP, 0, "max number of clients"},
        {"-DENIED Redis is running in protected mode\r\n", HANGS_UP, 0, ": DENIED "},
        {"-\r\n", STAYS, 0, ": ; events wait in the outbox"},
        /* The redirection is followed; nothing listens at that address. */
        {SCRIPT_LOADED "-MOVED 3999 127.0.0.1:1\r\n:1\r\n", STAYS, 0,
         ": connect: Connection refused (at 127.0.0.1:1)"},
        {SCRIPT_LOADED "-MOVED 3999\r\n", STAYS, 0, ": MOVED 3999; "},
        {SCRIPT_LOADED "-MOVED 3999 127.0.0.1\r\n", STAYS, 0, ": MOVED 3999 127.0.0.1; "},
        {SCRIPT_LOADED "-MOVED 3999 127.0.0.1:0\r\n", STAYS, 0, ": MOVED 3999 127.0.0.1:0; "},
        {SCRIPT_LOADED "-MOVED 3999 127.0.0.1:65536\r\n", STAYS, 0, ": MOVED "},
        {SCRIPT_LOADED "-MOVED 3999 [::1:6381\r\n", STAYS, 0, ": MOVED "},
        {SCRIPT_LOADED "-ASK 3999 127.0.0.1:1\r\n", STAYS, 0, ": ASK 3999 127.0.0.1:1; "},
        {SCRIPT_LOADED "-CLUSTERDOWN Hash slot not served\r\n", STAYS, 0, ": CLUSTERDOWN "},
        {SCRIPT_LOADED "-READONLY You can't write\r\n", STAYS, 0, ": READONLY "},
        {SCRIPT_LOADED "-OOM command not allowed\r\n", STAYS, 0, ": OOM "},
        {SCRIPT_LOADED "-NOPERM no permission\r\n", STAYS, 0, ": NOPERM "},
        /* A script that is lost repeatedly must not cause an endless loop. */
        {SCRIPT_LOADED "-NOSCRIPT No matching script.\r\n", STAYS, 0, ": NOSCRIPT "},
        /* Only events before the error count. */
        {SCRIPT_LOADED ANSWER(2, "-OOM full"), STAYS, 2, ": OOM full; "},
        {SCRIPT_LOADED ANSWER(0, "-OOM full") ANSWER(3, NONE), STAYS, 0, ": OOM full; "},
    };
    check_replies(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(unexpected_replies_close_the_connection) {
    static const struct reply_case cases[] = {
        /* replies to SCRIPT LOAD */
        {"+OK\r\n+OK\r\n+OK\r\n+OK\r\n", STAYS, 0, "unexpected reply"},
        {":40\r\n", STAYS, 0, "unexpected reply"},
        {"$-1\r\n", STAYS, 0, "unexpected reply"},
        {"$39\r\n012345678901234567890123456789012345678\r\n", STAYS, 0, "unexpected reply"},
        {"$0\r\n\r\n", STAYS, 0, "unexpected reply"},
        {"*0\r\n", STAYS, 0, "unexpected type"},
        /* replies of the script */
        {SCRIPT_LOADED ANSWER(4, NONE), STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED ANSWER(-1, NONE), STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED ANSWER(9223372036854775807, NONE), STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED ANSWER(2, NONE), STAYS, 2, "unexpected reply"},
        {SCRIPT_LOADED ANSWER(2, ":1"), STAYS, 2, "unexpected reply"},
        {SCRIPT_LOADED ":3\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "*0\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "*-1\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "*3\r\n:3\r\n$-1\r\n:1\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "*4\r\n$-1\r\n$-1\r\n:1\r\n:1\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "*4\r\n:3\r\n$-1\r\n$-1\r\n:1\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "*4\r\n:3\r\n$-1\r\n:1\r\n*0\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "$1\r\n1\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "$-1\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "+OK\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "+UNPUBLISHED\r\n", STAYS, 0, "unexpected reply"},
        {SCRIPT_LOADED "*1\r\n:1\r\n", STAYS, 0, "unexpected reply"},
        /* RESP3, which was not requested */
        {SCRIPT_LOADED "_\r\n", STAYS, 0, "unexpected type"},
        {SCRIPT_LOADED "#t\r\n", STAYS, 0, "unexpected type"},
        {SCRIPT_LOADED ">2\r\n+a\r\n+b\r\n", STAYS, 0, "unexpected type"},
        /* not a Redis */
        {"HTTP/1.1 400 Bad Request\r\n\r\n", HANGS_UP, 0, "unexpected type"},
        {"220 mail.example.org ESMTP\r\n", STAYS, 0, "unexpected type"},
        {"\r\n", STAYS, 0, "unexpected type"},
        {":one\r\n", HANGS_UP, 0, "un"}, /* hiredis 0.14 reads 0, 1.x rejects it */
        {"$x\r\n", HANGS_UP, 0, "un"},
    };
    check_replies(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(sizes_do_not_make_us_allocate) {
    static const struct reply_case cases[] = {
        {"$536870912\r\n", FLOODS, 0, "unexpected size"},
        {SCRIPT_LOADED "*4\r\n:3\r\n$536870912\r\n", FLOODS, 0, "unexpected size"},
        {"+", FLOODS, 0, "unexpected size"},
        {"-", FLOODS, 0, "unexpected size"},
        {SCRIPT_LOADED "$9223372036854775807\r\n", FLOODS, 0, "un"},
        {SCRIPT_LOADED "$-9223372036854775808\r\n", FLOODS, 0, "un"},
        {SCRIPT_LOADED "*2147483647\r\n", FLOODS, 0, "unexpected size"},
        {SCRIPT_LOADED "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", FLOODS, 0,
         "unexpected size"},
    };
    check_replies(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(events_before_a_lost_connection_count) {
    static const struct reply_case cases[] = {
        {"", HANGS_UP, 0, "lost connection: "},
        {"$40\r\n01234", HANGS_UP, 0, "lost connection: "},
        {SCRIPT_LOADED, HANGS_UP, 0, "lost connection: "},
        {SCRIPT_LOADED "*4\r\n:3\r\n$-1\r\n:1\r\n:", HANGS_UP, 0, "lost connection: "},
        {SCRIPT_LOADED ANSWER(3, NONE), HANGS_UP, 3, NULL},
    };
    check_replies(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(silence_ends_with_the_timeout) {
    static const struct reply_case cases[] = {
        {"", STAYS, 0, "timeout: no reply within 1000 ms"},
        {SCRIPT_LOADED "*4\r\n:3\r\n", STAYS, 0, "timeout: "},
        /* The timeout is for the whole exchange: single bytes do not extend it. */
        {"+", TRICKLES, 0, "timeout: "},
        {SCRIPT_LOADED "+", TRICKLES, 0, "timeout: "},
    };
    check_replies(cases, sizeof(cases) / sizeof(cases[0]), "1s");
}
END_TEST

START_TEST(extra_replies_do_not_count_for_the_next_batch) {
    /* The server sends three replies to one call; the last two must not count for the next batch.
     */
    server_on_socket(SCRIPT_LOADED ANSWER(3, NONE) ANSWER(3, NONE) "-OOM full\r\n", STAYS);
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 3);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_password_is_never_logged) {
    char path[sizeof(test_socket)];
    password_file(path, "swordfish\n", 0600);
    server_on_socket("-ERR unknown command 'AUTH', with args beginning with: 'swordfish'\r\n",
                     STAYS);
    struct sink sink = sink_open((struct fake_value[]){{"password_file", path}, {0}});
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    assert_lines(&sink, "AUTH was rejected", NULL);
    ck_assert_ptr_null(strstr(sink.instance->lines[0].text, "swordfish"));
    sink_close(&sink);
}
END_TEST

START_TEST(more_than_a_batch_is_cut) {
    char bytes[4096] = SCRIPT_LOADED;
    for (int i = 0; i < 200 / CALL_EVENTS; i++)
        strcat(bytes, ANSWER(50, NONE));
    server_on_socket(bytes, STAYS);
    struct sink sink = sink_open(NULL);
    ck_assert_uint_eq(sink_publish(&sink, 0, 201), 200);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_broken_pipe_is_a_lost_connection) {
    static const struct settings settings = {.name = "x"};
    struct connection connection;
    int ends[2];

    connection_init(&connection, &settings);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    redisContext *redis = redisConnectFd(ends[0]);
    redis->flags &= ~REDIS_BLOCK;
    connection_adopt(&connection, redis);
    shutdown(ends[0], SHUT_WR); /* there is nothing to read first */
    connection_send(&connection, "PING");
    ck_assert_ptr_null(connection_read_reply(&connection, milliseconds() + 10000));
    ck_assert_str_eq(connection.reason, "lost connection: Broken pipe");
    ck_assert_ptr_null(connection.redis);
    connection_close(&connection);
    close(ends[1]);
}
END_TEST

/* ---- servers by name ---------------------------------------------------------------------- */

/* Returns a listener on a free port; -1 if the machine does not support FAMILY. */
static int listener_on(int family, int *port) {
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 inet6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool is_inet = family == AF_INET;
    struct sockaddr *address = is_inet ? (struct sockaddr *)&inet : (struct sockaddr *)&inet6;
    socklen_t size = is_inet ? sizeof(inet) : sizeof(inet6);
    int listener = socket(family, SOCK_STREAM, 0);

    if (listener < 0 || bind(listener, address, size) < 0) {
        if (listener >= 0)
            close(listener);
        return -1;
    }
    ck_assert_int_eq(getsockname(listener, address, &size), 0);
    *port = ntohs(is_inet ? inet.sin_port : inet6.sin6_port);
    return listener;
}

START_TEST(servers_on_the_network_are_reached) {
    static const struct {
        int family;
        const char *format;
    } cases[] = {{AF_INET, "inet:%d@127.0.0.1"},
                 {AF_INET, "inet:%d@localhost"},
                 {AF_INET6, "inet6:%d@[::1]"},
                 {AF_INET6, "inet6:%d@::1"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[64];
        int port = 0, listener = listener_on(cases[i].family, &port);
        if (listener < 0 && cases[i].family == AF_INET6)
            continue; /* the machine has no IPv6 */
        ck_assert_int_ge(listener, 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(name, sizeof(name), cases[i].format, port);
#pragma GCC diagnostic pop
        server_start(listener, SCRIPT_LOADED ANSWER(2, NONE), STAYS);
        struct sink sink = sink_open((struct fake_value[]){{"server", name}, {0}});
        ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
        assert_lines(&sink, NULL);
        sink_close(&sink);
        server_stop();
    }
}
END_TEST

START_TEST(an_unknown_name_is_an_error_of_the_batch) {
    /* The resolver may be slow; the timeout limits the wait for it too. */
    struct sink sink = sink_open(
        (struct fake_value[]){{"server", "inet:6379@redis.invalid"}, {"timeout", "1s"}, {0}});
    int64_t start = milliseconds();
    for (int i = 0; i < 6; i++) /* more than MAX_LOOKUPS */
        ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_int_lt(milliseconds() - start, 15000);
    assert_lines(&sink, "name: redis.invalid: ", NULL);
    sink_close(&sink);
}
END_TEST

/* Replaces getaddrinfo of the C library: the resolver hangs for one name. */
int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **addresses) {
    int (*original)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    if (strcmp(host, "hangs.invalid") == 0 && !(hints->ai_flags & AI_NUMERICHOST))
        poll(NULL, 0, 60000);
    *(void **)&original = dlsym(RTLD_NEXT, "getaddrinfo");
    return original(host, port, hints, addresses);
}

START_TEST(a_resolver_that_hangs_is_abandoned) {
    struct sink sink = sink_open(
        (struct fake_value[]){{"server", "inet:6379@hangs.invalid"}, {"timeout", "1s"}, {0}});
    int64_t start = milliseconds();
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_int_ge(milliseconds() - start, 4000);
    for (int i = 0; i < 20; i++) /* the number of threads that wait is limited */
        ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_int_lt(milliseconds() - start, 15000);
    assert_lines(&sink, "name: hangs.invalid: Temporary failure in name resolution", NULL);
    sink_close(&sink);

    int port = 0, listener = listener_on(AF_INET, &port); /* addresses still work */
    char name[64];
    snprintf(name, sizeof(name), "inet:%d@127.0.0.1", port);
    server_start(listener, SCRIPT_LOADED ANSWER(2, NONE), STAYS);
    struct sink other = sink_open((struct fake_value[]){{"server", name}, {0}});
    ck_assert_uint_eq(sink_publish(&other, 0, 2), 2);
    assert_lines(&other, NULL);
    sink_close(&other);
}
END_TEST

START_TEST(redirections_are_limited) {
    /* Each server redirects to another one. */
    char name[64], bytes[128], line[64];
    int port = 0, listener = listener_on(AF_INET, &port);
    ck_assert_int_ge(listener, 0);
    snprintf(name, sizeof(name), "inet:%d@127.0.0.1", port);
    snprintf(bytes, sizeof(bytes), SCRIPT_LOADED "-MOVED 1 127.0.0.1:%d\r\n", port);
    snprintf(line, sizeof(line), ": MOVED 1 127.0.0.1:%d (at 127.0.0.1:%d)", port, port);
    server_start(listener, bytes, STAYS);
    struct sink sink = sink_open((struct fake_value[]){{"server", name}, {0}});
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    assert_lines(&sink, "the cluster has the keys at ", line, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_port_without_server_is_an_error_of_the_batch) {
    char name[64];
    int port = 0, listener = listener_on(AF_INET, &port); /* bound, but not listening */
    ck_assert_int_ge(listener, 0);
    snprintf(name, sizeof(name), "inet:%d@127.0.0.1", port);
    struct sink sink = sink_open((struct fake_value[]){{"server", name}, {0}});
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    assert_lines(&sink, "connect: Connection refused", NULL);
    sink_close(&sink);
    close(listener);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, errors_are_logged_once_with_their_text);
    tcase_add_test(tcase, unexpected_replies_close_the_connection);
    tcase_add_test(tcase, sizes_do_not_make_us_allocate);
    tcase_add_test(tcase, events_before_a_lost_connection_count);
    tcase_add_test(tcase, silence_ends_with_the_timeout);
    tcase_add_test(tcase, extra_replies_do_not_count_for_the_next_batch);
    tcase_add_test(tcase, a_password_is_never_logged);
    tcase_add_test(tcase, more_than_a_batch_is_cut);
    tcase_add_test(tcase, a_broken_pipe_is_a_lost_connection);
    tcase_add_test(tcase, servers_on_the_network_are_reached);
    tcase_add_test(tcase, an_unknown_name_is_an_error_of_the_batch);
    tcase_add_test(tcase, a_resolver_that_hangs_is_abandoned);
    tcase_add_test(tcase, redirections_are_limited);
    tcase_add_test(tcase, a_port_without_server_is_an_error_of_the_batch);
}

SUITE(redis_hostile_suite) {
    test_without_hosts = true;
    return redis_tests("redis-hostile", add_tests, setup, server_stop);
}
