/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_hostile_follow.c - the redis plugin reads back from a server that is broken or
 * hostile.
 */
#define TESTS redis_hostile_follow
#include "test_redis.h"

#include "test_feed.h"
#include "test_hostile.h"

/* Replies to XREVRANGE, which finds the start. */
#define NO_ENTRY "*0\r\n"
#define ENTRY(id)                                                                            \
    "*2\r\n$3\r\n" id "\r\n*12\r\n$1\r\nv\r\n$1\r\n1\r\n$2\r\nid\r\n$32\r\n"                 \
    "00000000000000000000000000000001\r\n$4\r\ntype\r\n$1\r\nt\r\n$4\r\nlist\r\n$1\r\nl\r\n" \
    "$6\r\nseries\r\n$0\r\n\r\n$2\r\nce\r\n$2\r\n{}\r\n"
#define STREAM_OF "*1\r\n*2\r\n$1\r\ns\r\n" /* the list of its entries follows */

struct follow_case {
    const char *bytes;
    enum manner manner;
    size_t events;    /* that arrive in one call */
    const char *line; /* part of the only log line; NULL if none */
};

static void check_follow(const struct follow_case *cases, size_t count, const char *timeout) {
    for (size_t i = 0; i < count; i++) {
        struct collector collector;
        server_on_socket(cases[i].bytes, cases[i].manner);
        struct sink sink = sink_open((struct fake_value[]){{"timeout", timeout}, {0}});
        collector_init(&collector, "", 0, true);
        int64_t start = milliseconds();
        int result = plugin.follow(sink.self, &collector.feed);
        ck_assert_msg(result == (cases[i].line ? -1 : 0), "case %zu: result %d", i, result);
        ck_assert_msg(collector.count == cases[i].events, "case %zu: %zu", i, collector.count);
        collector_init(&collector, "", 0, true);
        if (cases[i].line) /* the second time it is not logged */
            ck_assert_int_eq(plugin.follow(sink.self, &collector.feed), -1);
        ck_assert_int_lt(milliseconds() - start, 15000);
        assert_lines(&sink, cases[i].line, NULL);
        sink_close(&sink);
        server_stop();
    }
}

START_TEST(invalid_replies_are_rejected) {
    static const struct follow_case cases[] = {
        /* valid: no entry; one entry */
        {NO_ENTRY "*-1\r\n" NO_ENTRY, STAYS, 0, NULL},
        {NO_ENTRY STREAM_OF "*1\r\n" ENTRY("1-1") "*1\r\n" ENTRY("1-1"), STAYS, 1, NULL},
        /* errors */
        {"-NOPERM no\r\n", STAYS, 0,
         ": follow: NOPERM no; the events of other hosts are read later"},
        {NO_ENTRY "-WRONGTYPE no\r\n", STAYS, 0, ": WRONGTYPE no"},
        {NO_ENTRY "*-1\r\n-LOADING\r\n", STAYS, 0, ": LOADING"},
        /* unexpected types */
        {"+OK\r\n", STAYS, 0, "unexpected reply"},
        {":1\r\n", STAYS, 0, "unexpected reply"},
        {"$1\r\nx\r\n", STAYS, 0, "unexpected reply"},
        {"%1\r\n+a\r\n+b\r\n", STAYS, 0, "unexpected type"},
        {"*1\r\n$3\r\n1-1\r\n", STAYS, 0, "unexpected reply to XREVRANGE"},
        {"*1\r\n*0\r\n", STAYS, 0, "unexpected reply to XREVRANGE"},
        {"*1\r\n*1\r\n:1\r\n", STAYS, 0, "unexpected reply to XREVRANGE"},
        {"*1\r\n*1\r\n$1\r\n1\r\n", STAYS, 0, "unexpected reply to XREVRANGE"},
        {"*1\r\n*1\r\n*1\r\n$3\r\n1-1\r\n", STAYS, 0, "unexpected reply to XREVRANGE"},
        {"*1\r\n*-1\r\n", STAYS, 0, "unexpected reply to XREVRANGE"},
        {"*2\r\n" ENTRY("1-1") ENTRY("1-1"), STAYS, 0, "unexpected reply to XREVRANGE"},
        {NO_ENTRY "*0\r\n" NO_ENTRY, STAYS, 0, "unexpected reply to XREAD"},
        {NO_ENTRY "*1\r\n*-1\r\n" NO_ENTRY, STAYS, 0, "unexpected reply to XREAD"},
        {NO_ENTRY "*1\r\n:1\r\n" NO_ENTRY, STAYS, 0, "unexpected reply to XREAD"},
        {NO_ENTRY STREAM_OF "$1\r\nx\r\n" NO_ENTRY, STAYS, 0, "unexpected reply to XREAD"},
        {NO_ENTRY STREAM_OF "*1\r\n$1\r\nx\r\n" NO_ENTRY, STAYS, 0, "unexpected entry"},
        {NO_ENTRY STREAM_OF "*1\r\n*0\r\n" NO_ENTRY, STAYS, 0, "unexpected entry"},
        /* entries that go back would be read endlessly */
        {NO_ENTRY STREAM_OF "*1\r\n" ENTRY("0-0") NO_ENTRY, STAYS, 0, "unexpected entry"},
        {NO_ENTRY STREAM_OF "*2\r\n" ENTRY("2-1") ENTRY("2-1") NO_ENTRY, STAYS, 1, "unexpected"},
        /* entries that are not from patchmark */
        {NO_ENTRY STREAM_OF "*1\r\n*1\r\n$3\r\n1-1\r\n" NO_ENTRY, STAYS, 0, NULL},
        {NO_ENTRY STREAM_OF "*1\r\n*2\r\n$3\r\n1-1\r\n*-1\r\n" NO_ENTRY, STAYS, 0, NULL},
        {NO_ENTRY STREAM_OF "*1\r\n*2\r\n$3\r\n1-1\r\n*3\r\n*0\r\n:1\r\n$-1\r\n" NO_ENTRY, STAYS, 0,
         NULL},
        /* the server closes the connection */
        {NO_ENTRY STREAM_OF "*1\r\n*2\r\n$3\r\n1-", HANGS_UP, 0, "lost connection: "},
        {"", HANGS_UP, 0, "lost connection: "},
    };
    check_follow(cases, sizeof(cases) / sizeof(cases[0]), "10s");
}
END_TEST

START_TEST(sizes_of_arrays_do_not_make_us_allocate) {
    static const struct follow_case cases[] = {
        {"*2147483647\r\n", FLOODS, 0, "unexpected size"},
        {"*10001\r\n", STAYS, 0, "unexpected size"},
        {"*2\r\n*9999\r\n", STAYS, 0, "unexpected size"}, /* of all arrays together */
        {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", STAYS, 0, "unexpected size"},
        {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", STAYS, 0, "un"},
        {"*9223372036854775807\r\n", STAYS, 0, "un"},
        {"*-2\r\n", STAYS, 0, "un"},
        {"*x\r\n", HANGS_UP, 0, "un"},
        {"*1\r\n$536870912\r\n", FLOODS, 0, "unexpected size"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* It requests fewer entries before it reports the error. */
        struct collector collector;
        server_on_socket(cases[i].bytes, cases[i].manner);
        struct sink sink = sink_open((struct fake_value[]){{"timeout", "10s"}, {0}});
        collector_init(&collector, "", 0, true);
        int calls = 0;
        while (plugin.follow(sink.self, &collector.feed) == 0)
            ck_assert_msg(++calls < 10, "case %zu", i);
        ck_assert_uint_eq(collector.count, 0);
        assert_lines(&sink, cases[i].line, NULL);
        sink_close(&sink);
        server_stop();
    }
}
END_TEST

START_TEST(silence_of_a_read_ends_with_the_timeout) {
    static const struct follow_case cases[] = {
        {"", STAYS, 0, "follow: timeout: "},
        {NO_ENTRY, STAYS, 0, "follow: timeout: "},
        {NO_ENTRY "*1\r\n*", TRICKLES, 0, "follow: "},
    };
    check_follow(cases, sizeof(cases) / sizeof(cases[0]), "1s");
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, invalid_replies_are_rejected);
    tcase_add_test(tcase, sizes_of_arrays_do_not_make_us_allocate);
    tcase_add_test(tcase, silence_of_a_read_ends_with_the_timeout);
}

SUITE(redis_hostile_follow_suite) {
    test_without_hosts = true;
    return redis_tests("redis-hostile-follow", add_tests, setup, server_stop);
}
