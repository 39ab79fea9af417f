/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_http_clients.c - tests that the connections of a server of libmicrohttpd are its clients.
 */
#include "support/support.h"
#include "util/http-clients.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static struct clients clients;

/* Answers whether the client of the connection is the only one, with its descriptor; an
 * MHD_AccessHandlerCallback. */
static enum MHD_Result answer(void *argument, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct client *client = http_clients_find(connection);
    bool known = client && client == clients.first && clients.count == 1 &&
                 client_descriptor(client) == info->connect_fd;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result =
        MHD_queue_response(connection, known ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND, response);

    (void)argument, (void)url, (void)method, (void)version;
    (void)upload, (void)upload_size, (void)state;
    MHD_destroy_response(response);
    return result;
}

/* Connects to the server, and returns the status of its answer, which is read to its end. */
static int status_of(struct MHD_Daemon *server) {
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)},
                             .sin_port = htons(
                                 MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port)};
    int client = socket(AF_INET, SOCK_STREAM, 0), status = 0;
    char text[1000] = "";
    ssize_t got, length = 0;

    ck_assert_int_eq(connect(client, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(send(client, request, strlen(request), 0), strlen(request));
    while ((got = recv(client, text + length, sizeof(text) - 1 - (size_t)length, 0)) > 0)
        length += got;
    ck_assert_int_eq(sscanf(text, "HTTP/1.1 %d ", &status), 1);
    close(client);
    return status;
}

/* Its own, from its start to its end. */
START_TEST(a_connection_is_a_client_as_long_as_it_is_open) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct MHD_Daemon *server;

    clients_init(&clients, CLIENTS_MOST);
    server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL, answer,
                              NULL, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_NOTIFY_CONNECTION,
                              http_clients_notify, &clients, MHD_OPTION_END);
    ck_assert_ptr_nonnull(server);
    ck_assert_int_eq(status_of(server), MHD_HTTP_OK);
    MHD_stop_daemon(server);
    ck_assert_ptr_null(clients.first);
    ck_assert_uint_eq(clients.count, 0);
    clients_free(&clients);
}
END_TEST

SUITE(http_clients_suite) {
    Suite *suite = suite_create("http clients");
    TCase *tests = tcase_create("http clients");

    tcase_add_test(tests, a_connection_is_a_client_as_long_as_it_is_open);
    suite_add_tcase(suite, tests);
    return suite;
}
