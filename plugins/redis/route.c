/* SPDX-License-Identifier: BSD-2-Clause
 *
 * route.c - where a connection goes: route_ready of connection.h.
 *
 * Sentinel is asked before each connection to the master, and never believed: the server itself
 * must say that it is one.  A cluster is met with MOVED: all our keys are in one slot, so one node
 * has them all, and we stay there until it fails.
 */
#include "connection.h"

#include <stdio.h>
#include <string.h>

#define ROLE_BYTES    (64 * 1024)
#define ROLE_ELEMENTS 1000 /* a master tells four for each replica */

static void server_log(struct connection *connection, const char *what) {
    const struct settings *settings = connection->settings;

    if (!connection->logs_server || strcmp(connection->logged, connection->at.text) == 0)
        return;
    snprintf(connection->logged, sizeof(connection->logged), "%s", connection->at.text);
    patchmark_log(settings->instance, PATCHMARK_INFO, "%s: %s at %s", settings->name, what,
                  connection->logged);
}

/* ---- Sentinel ----------------------------------------------------------------------------- */

/* What a Sentinel said of our master. */
static bool master_read(struct connection *connection, const redisReply *reply,
                        struct server *master) {
    const redisReply *host = reply_element(reply, 0, REDIS_REPLY_STRING);
    const redisReply *port = reply_element(reply, 1, REDIS_REPLY_STRING);

    if (reply->type == REDIS_REPLY_NIL)
        return connection_failed(connection, "sentinel: it does not know the master %s",
                                 connection->settings->master);
    if (reply->type == REDIS_REPLY_ERROR)
        return connection_refused(connection, reply);
    if (!host || !port || strlen(host->str) != (size_t)host->len ||
        !server_named(master, host->str, port->str))
        return connection_failed(connection, "sentinel: its answer is not understood");
    return true;
}

static bool sentinel_query(struct connection *connection, const struct server *sentinel,
                           struct server *master, int64_t deadline) {
    if (!connection_open(connection, sentinel, deadline))
        return false;
    connection_bound(connection, ROLE_BYTES, ROLE_ELEMENTS);
    connection_send(connection, "SENTINEL get-master-addr-by-name %s",
                    connection->settings->master);
    AUTO_REPLY *reply = connection_answer(connection, deadline);
    bool found = reply && master_read(connection, reply, master);
    connection_drop(connection);
    return found;
}

/* The first that answers is believed; each has its share of the time. */
static bool sentinels_query(struct connection *connection, struct server *master) {
    const struct settings *settings = connection->settings;
    int64_t deadline = milliseconds() + settings->timeout;

    for (size_t i = 0; i < settings->sentinel_count; i++) {
        size_t which = (connection->sentinel + i) % settings->sentinel_count;
        int64_t share = (deadline - milliseconds()) / (int64_t)(settings->sentinel_count - i);
        if (sentinel_query(connection, &settings->sentinels[which], master,
                           milliseconds() + share)) {
            connection->sentinel = which;
            return true;
        }
    }
    return false;
}

/* A master that came back after a failover is a replica, or does not know yet that it is none. */
static bool is_master(struct connection *connection, int64_t deadline) {
    connection_bound(connection, ROLE_BYTES, ROLE_ELEMENTS);
    connection_send(connection, "ROLE");
    AUTO_REPLY *reply = connection_answer(connection, deadline);
    if (!reply)
        return false;
    const redisReply *role = reply_element(reply, 0, REDIS_REPLY_STRING);
    if (!role)
        return connection_refused(connection, reply);
    return strcmp(role->str, "master") == 0 ||
           connection_failed(connection, "ROLE: the server is a %.20s", role->str);
}

static bool master_open(struct connection *connection) {
    struct server master = connection->settings->server;

    if (!sentinels_query(connection, &master))
        return false;
    int64_t deadline = milliseconds() + connection->settings->timeout;
    if (!connection_open(connection, &master, deadline) || !is_master(connection, deadline))
        return false;
    server_log(connection, "it is");
    return true;
}

/* ---- Cluster ------------------------------------------------------------------------------ */

/* "MOVED 3999 10.0.0.2:6381"; without a host, it is the one that we are at. */
static bool moved_read(struct connection *connection, const char *error) {
    const char *place = strchr(error + 6, ' '), *colon = place ? strrchr(place, ':') : NULL;
    struct server moved = connection->settings->server;

    if (!colon)
        return false;
    g_autofree char *host = g_strndup(place + 1, (size_t)(colon - place - 1));
    if (!server_named(&moved, *host ? host : connection->at.host, colon + 1))
        return false;
    connection->moved = moved;
    return true;
}

bool route_changed(struct connection *connection, const char *error) {
    const struct settings *settings = connection->settings;

    if (settings->master)
        return strncmp(error, "READONLY ", 9) == 0;
    return strncmp(error, "MOVED ", 6) == 0 && moved_read(connection, error);
}

/* The node that was named last; when that does not work, the next try is for the configured one. */
static bool node_open(struct connection *connection) {
    int64_t deadline = milliseconds() + connection->settings->timeout;
    struct server node = connection->moved;

    if (node.port == 0)
        return connection_open(connection, &connection->settings->server, deadline);
    if (!connection_open(connection, &node, deadline)) {
        connection->moved.port = 0;
        return false;
    }
    server_log(connection, "the cluster has the keys");
    return true;
}

/* ------------------------------------------------------------------------------------------- */

/* Between batches Redis has nothing to say: what comes then is its good-bye, after a restart or
 * its own idle timeout.  That is no failure, a new connection serves as well. */
enum route_state route_ready(struct connection *connection) {
    if (connection_is_idle(connection))
        return ROUTE_KEPT;
    connection_drop(connection);
    connection->again = false;
    bool open = connection->settings->master ? master_open(connection) : node_open(connection);
    return open ? ROUTE_OPENED : ROUTE_FAILED;
}
