/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_hosts.c - the mails of one series come to two hosts in any order, and the hosts exchange
 * learned data at any time.  The ids are the same as on a single host, both indexes are equal in
 * the end, and the events are those of a single host, each once.
 */
#define TESTS hosts
#include "test_hosts.h"

#define MAILS  3
#define ORDERS 6

/* The ORDERth order of 0 to 2, of 6. */
static void permute(int order, int places[MAILS]) {
    int left[MAILS] = {0, 1, 2};

    for (int i = 0; i < MAILS; i++) {
        int choices = MAILS - i, chosen = order % choices;

        order /= choices;
        places[i] = left[chosen];
        memmove(&left[chosen], &left[chosen + 1], (size_t)(choices - chosen - 1) * sizeof(*left));
    }
}

#define TICK(digit, second) HASH(digit) "." #second ".git." AUTHOR

/* Series whose id does not depend on the order of the mails, as test_orders.c shows.  For other
 * series, the ids are equal only after both hosts have all learned data. */
static const struct shape {
    const char *name;
    struct {
        const char *id, *subject, *answers;
    } mails[MAILS];
} shapes[] = {
    {"git send-email, threaded",
     {{GIT(1), "[PATCH v2 1/3] a b", NULL},
      {GIT(2), "[PATCH v2 2/3] c d", GIT(1)},
      {GIT(3), "[PATCH v2 3/3] e f", GIT(1)}}},
    {"git send-email, no threads, a cover",
     {{GIT(1), "[PATCH 0/2] a b", NULL},
      {GIT(2), "[PATCH 1/2] c d", NULL},
      {GIT(3), "[PATCH 2/2] e f", NULL}}},
    {"b4",
     {{B4(0), "[PATCH 0/2] a b", NULL},
      {B4(1), "[PATCH 1/2] c d", B4(0)},
      {B4(2), "[PATCH 2/2] e f", B4(0)}}},
    {"git format-patch, threaded",
     {{"cover.1589000000.git." AUTHOR, "[PATCH 0/2] a b", NULL},
      {TICK(1, 1589000000), "[PATCH 1/2] c d", "cover.1589000000.git." AUTHOR},
      {TICK(2, 1589000001), "[PATCH 2/2] e f", "cover.1589000000.git." AUTHOR}}},
    {"no stamps, a cover",
     {{"0@x", "[PATCH RFC 0/2] a b", NULL},
      {"1@x", "[PATCH RFC 1/2] c d", "0@x"},
      {"2@x", "[PATCH RFC 2/2] e f", "0@x"}}},
    {"no stamps, the numbers on the cover alone",
     {{"0@x", "[PATCH v3 0/2] a b", NULL},
      {"1@x", "[PATCH 1/2] c d", "0@x"},
      {"2@x", "[PATCH 2/2] e f", "0@x"}}},
    {"no stamps, a cover without tag",
     {{"0@x", "a b", NULL}, {"1@x", "[PATCH 1/2] c d", "0@x"}, {"2@x", "[PATCH 2/2] e f", "0@x"}}},
};

static const char *const types[] = {EVENT_MESSAGE_SEEN,      EVENT_SERIES_OPENED,
                                    EVENT_SERIES_COMPLETED,  EVENT_SERIES_INCOMPLETE,
                                    EVENT_SERIES_SUPERSEDED, EVENT_SERIES_ALIASED};

/* The number of events of each type if a single host receives the mails in this order, and the ids
 * of each mail. */
struct alone {
    size_t counts[COUNT(types)];
    struct found found[MAILS];
};

static struct found shape_post(const struct shape *shape, int mail_number, int which, int64_t at) {
    const struct post one = {.id = shape->mails[mail_number].id,
                             .subject = shape->mails[mail_number].subject,
                             .answers = shape->mails[mail_number].answers,
                             .list = "list.example.org",
                             .body = shape->mails[mail_number].answers ? DIFF : NULL,
                             .at = at};

    return post_to(which, &one);
}

static void alone_run(const struct shape *shape, const int places[MAILS], struct alone *alone) {
    hosts_forget();
    for (int i = 0; i < MAILS; i++)
        alone->found[places[i]] = shape_post(shape, places[i], A, i);
    deliver(A);
    for (size_t type = 0; type < COUNT(types); type++)
        alone->counts[type] = stream_count(types[type]);
}

/* TO: mail I goes to B if bit I is set.  LEARNING has two bits for each mail: A, or B, has received
 * all events of the other host before it. */
static void run(const struct shape *shape, const int places[MAILS], unsigned to, unsigned learning,
                const struct alone *alone) {
    char name[128];

    snprintf(name, sizeof(name), "%s, order %d%d%d, to %x, learning %x", shape->name, places[0],
             places[1], places[2], to, learning);
    hosts_forget();
    for (int i = 0; i < MAILS; i++) {
        struct found found;

        for (int which = A; which <= B; which++) {
            deliver(which);
            if (learning >> (2 * i + which) & 1)
                catch_up(which);
        }
        found = shape_post(shape, places[i], to >> places[i] & 1, i);
        ck_assert_msg(strcmp(found.id, alone->found[places[i]].id) == 0 || !*found.id,
                      "%s: mail %d is in %s", name, places[i], found.id);
        ck_assert_msg(strcmp(found.topic, alone->found[places[i]].topic) == 0 || !*found.id,
                      "%s: mail %d is of %s", name, places[i], found.topic);
    }
    both_do_all();
    for (size_t type = 0; type < COUNT(types); type++)
        ck_assert_msg(stream_count(types[type]) == alone->counts[type], "%s: %zu of %s", name,
                      stream_count(types[type]), types[type]);
    for (int i = 0; i < MAILS; i++) {
        char of_a[ROW_SIZE], of_b[ROW_SIZE];

        known_print(hosts[A].store, shape->mails[i].id, of_a);
        known_print(hosts[B].store, shape->mails[i].id, of_b);
        ck_assert_msg(strcmp(of_a, of_b) == 0, "%s:\n%s\n%s", name, of_a, of_b);
    }
}

START_TEST(two_hosts_have_the_same_ids) {
    const struct shape *shape = &shapes[_i];

    for (int order = 0; order < ORDERS; order++) {
        int places[MAILS];
        struct alone alone;

        permute(order, places);
        alone_run(shape, places, &alone);
        ck_assert_uint_eq(alone.counts[0], MAILS);
        ck_assert_uint_eq(alone.counts[2], 1); /* the test can fail */
        /* The last mail always goes to A: the other half is the same with the hosts exchanged. */
        for (unsigned to = 0; to < 1 << (MAILS - 1); to++)
            for (unsigned learning = 0; learning < 1 << (2 * MAILS); learning += 4)
                run(shape, places, to, learning,
                    &alone); /* before the first mail there are no events */
    }
    ck_assert_uint_eq(support_logged("malformed"), 0);
}
END_TEST

SUITE(hosts_suite) {
    Suite *suite = suite_create("hosts");
    TCase *tests = tcase_create("hosts");

    tcase_add_checked_fixture(tests, hosts_setup, hosts_teardown);
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, two_hosts_have_the_same_ids, 0, (int)COUNT(shapes));
    suite_add_tcase(suite, tests);
    return suite;
}
