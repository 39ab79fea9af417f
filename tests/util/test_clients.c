/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_clients.c - tests which connections are shut down.
 */
#include "support/support.h"
#include "util/clients.h"
#include "util/clock.h"

#include <sys/socket.h>

static struct clients clients;

/* A connection: [0] is the socket of the server, [1] that of the client. */
static struct client *make_client(int sockets[2]) {
    struct client *client;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    client = client_begin(&clients, sockets[0]);
    ck_assert_ptr_nonnull(client);
    ck_assert_int_eq(client_descriptor(client), sockets[0]);
    return client;
}

static void end_client(struct client *client, const int sockets[2]) {
    client_end(&clients, client);
    close(sockets[0]);
    close(sockets[1]);
}

/* Returns true if the client has read the end of its connection. */
static bool is_closed(const int sockets[2]) {
    char byte;

    return recv(sockets[1], &byte, 1, MSG_DONTWAIT) == 0;
}

START_TEST(a_client_that_is_overdue_is_closed_unless_it_streams) {
    static const struct {
        enum client_state state;
        bool closed;
    } cases[] = {{CLIENT_ASKS, true}, {CLIENT_READS, true}, {CLIENT_STREAMS, false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int sockets[2];
        struct client *client = make_client(sockets);

        client_note(&clients, client, cases[i].state);
        clients_sweep(&clients, 60000);
        ck_assert(!is_closed(sockets));
        clients_sweep(&clients, -1); /* all states began before the next millisecond */
        ck_assert(is_closed(sockets) == cases[i].closed);
        end_client(client, sockets);
    }
}
END_TEST

/* One that reads an answer may have closed its sending side. */
START_TEST(a_client_that_has_left_is_closed_while_it_asks) {
    static const struct {
        enum client_state state;
        bool closed;
    } cases[] = {{CLIENT_ASKS, true}, {CLIENT_READS, false}, {CLIENT_STREAMS, false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int sockets[2];
        struct client *client = make_client(sockets);

        client_note(&clients, client, cases[i].state);
        ck_assert_int_eq(shutdown(sockets[1], SHUT_WR), 0);
        clients_sweep(&clients, 60000);
        ck_assert(is_closed(sockets) == cases[i].closed);
        end_client(client, sockets);
    }
}
END_TEST

static void later(void) {
    int64_t now = clock_milliseconds();

    while (clock_milliseconds() == now)
        ;
}

/* A new client takes the place of the one that has been in its state for longest, whichever that
 * is; never of one that reads a stream. */
START_TEST(a_new_client_takes_the_place_of_another) {
    static const size_t closed_then[] = {2, 0, 3, 4}; /* by the fourth client, and so on */
    struct client *all[7];
    int sockets[7][2];

    clients_free(&clients);
    clients_init(&clients, 3);
    for (size_t i = 0; i < 3; i++)
        all[i] = make_client(sockets[i]);
    client_note(&clients, all[1], CLIENT_STREAMS);
    later();
    client_note(&clients, all[0], CLIENT_READS);
    for (size_t i = 0; i < 3; i++)
        ck_assert(!is_closed(sockets[i]));
    for (size_t i = 3; i < 7; i++) {
        later();
        all[i] = make_client(sockets[i]);
        ck_assert(!is_closed(sockets[i]));
        for (size_t j = 0; j < 4 && closed_then[j] <= i; j++)
            ck_assert(is_closed(sockets[closed_then[j]]) == (j <= i - 3));
    }
    ck_assert(!is_closed(sockets[1]));
    ck_assert(!is_closed(sockets[5]));
    for (size_t i = 0; i < 7; i++)
        end_client(all[i], sockets[i]);
    ck_assert_uint_eq(clients.count, 0);
}
END_TEST

START_TEST(others_stay_whatever_the_order_in_which_clients_end) {
    int first[2], second[2], third[2];
    struct client *one = make_client(first), *two = make_client(second),
                  *three = make_client(third);

    end_client(two, second);
    shutdown(first[1], SHUT_WR);
    clients_sweep(&clients, 60000);
    ck_assert(is_closed(first));
    ck_assert(!is_closed(third));
    end_client(three, third);
    end_client(one, first);
    clients_sweep(&clients, 60000);
    client_note(&clients, NULL, CLIENT_READS);
}
END_TEST

static void setup(void) {
    clients_init(&clients, CLIENTS_MOST);
}

static void teardown(void) {
    clients_free(&clients);
}

SUITE(clients_suite) {
    Suite *suite = suite_create("clients");
    TCase *tests = tcase_create("clients");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_client_that_is_overdue_is_closed_unless_it_streams);
    tcase_add_test(tests, a_client_that_has_left_is_closed_while_it_asks);
    tcase_add_test(tests, a_new_client_takes_the_place_of_another);
    tcase_add_test(tests, others_stay_whatever_the_order_in_which_clients_end);
    suite_add_tcase(suite, tests);
    return suite;
}
