/* SPDX-License-Identifier: BSD-2-Clause
 *
 * route.c - chooses the server that a connection goes to: route_ready of connection.h.
 *
 * With Sentinel, the sentinels are asked for the master before each connection, and the server must
 * confirm with ROLE that it is a master.  In a cluster, the connection follows a MOVED error: all
 * keys of the plugin are in one slot, so one node has them all, and the connection stays with that
 * node until it fails.  This file owns nothing; every step can fail, with the reason stored in the
 * connection.
 */
#include "connection.h"

#include <stdio.h>
#include <string.h>

#define ROLE_BYTES    (64 * 1024)
#define ROLE_ELEMENTS 1000 /* the reply of a master has four for each replica */

/* Logs the server of the connection if it differs from the one that was logged last. */
static void server_log(struct connection *connection, const char *what) {
    const struct settings *settings = connection->settings;

    if (!connection->logs_server || strcmp(connection->logged, connection->server.text) == 0)
        return;
    snprintf(connection->logged, sizeof(connection->logged), "%s", connection->server.text);
    patchmark_log(settings->instance, PATCHMARK_INFO, "%s: %s at %s", settings->name, what,
                  connection->logged);
}

/* ---- Sentinel ----------------------------------------------------------------------------- */

/* Reads the address of the master from the reply of a Sentinel. */
static bool master_read(struct connection *connection, const redisReply *reply,
                        struct server *master) {
    const redisReply *host = reply_element(reply, 0, REDIS_REPLY_STRING);
    const redisReply *port = reply_element(reply, 1, REDIS_REPLY_STRING);

    if (reply->type == REDIS_REPLY_NIL)
        return connection_failed(connection, "sentinel: it has no master with the name %s",
                                 connection->settings->master);
    if (reply->type == REDIS_REPLY_ERROR)
        return connection_error_reply(connection, reply);
    if (!host || !port || strlen(host->str) != (size_t)host->len ||
        !server_named(master, host->str, port->str))
        return connection_failed(connection, "sentinel: unexpected reply");
    return true;
}

static bool sentinel_query(struct connection *connection, const struct server *sentinel,
                           struct server *master, int64_t deadline) {
    if (!connection_open(connection, sentinel, deadline))
        return false;
    connection_bound(connection, ROLE_BYTES, ROLE_ELEMENTS);
    connection_send(connection, "SENTINEL get-master-addr-by-name %s",
                    connection->settings->master);
    AUTO_REPLY *reply = connection_read_reply(connection, deadline);
    bool found = reply && master_read(connection, reply, master);
    connection_drop(connection);
    return found;
}

/* Asks the sentinels in turn, the last one that replied first; the first valid reply counts.  Each
 * gets an equal share of the remaining time. */
static bool sentinels_query(struct connection *connection, struct server *master) {
    const struct settings *settings = connection->settings;
    int64_t deadline = milliseconds() + settings->timeout;

    for (size_t i = 0; i < settings->sentinel_count; i++) {
        size_t index = (connection->sentinel + i) % settings->sentinel_count;
        int64_t share = (deadline - milliseconds()) / (int64_t)(settings->sentinel_count - i);
        if (sentinel_query(connection, &settings->sentinels[index], master,
                           milliseconds() + share)) {
            connection->sentinel = index;
            return true;
        }
    }
    return false;
}

/* Checks the role of the server.  A master that restarts after a failover is a replica, or is one
 * as soon as Sentinel has reconfigured it. */
static bool is_master(struct connection *connection, int64_t deadline) {
    connection_bound(connection, ROLE_BYTES, ROLE_ELEMENTS);
    connection_send(connection, "ROLE");
    AUTO_REPLY *reply = connection_read_reply(connection, deadline);
    if (!reply)
        return false;
    const redisReply *role = reply_element(reply, 0, REDIS_REPLY_STRING);
    if (!role)
        return connection_error_reply(connection, reply);
    return strcmp(role->str, "master") == 0 ||
           connection_failed(connection, "ROLE: the server is a %.20s, not a master", role->str);
}

static bool master_open(struct connection *connection) {
    struct server master = connection->settings->server;

    if (!sentinels_query(connection, &master))
        return false;
    int64_t deadline = milliseconds() + connection->settings->timeout;
    if (!connection_open(connection, &master, deadline) || !is_master(connection, deadline))
        return false;
    server_log(connection, "connected to the master");
    return true;
}

/* ---- Cluster ------------------------------------------------------------------------------ */

/* Reads the node from an error such as "MOVED 3999 10.0.0.2:6381".  An empty host is the host of
 * the current connection. */
static bool moved_read(struct connection *connection, const char *error) {
    const char *space = strchr(error + 6, ' '), *colon = space ? strrchr(space, ':') : NULL;
    struct server moved = connection->settings->server;

    if (!colon)
        return false;
    g_autofree char *host = g_strndup(space + 1, (size_t)(colon - space - 1));
    if (!server_named(&moved, *host ? host : connection->server.host, colon + 1))
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

/* Connects to the node that the last MOVED named, or to the configured server.  If the node cannot
 * be reached, the next call connects to the configured server. */
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

/* An idle Redis sends nothing.  If the connection is readable between batches, Redis closed it,
 * after a restart or its own idle timeout.  This is not an error; a new connection is opened. */
enum route_state route_ready(struct connection *connection) {
    if (connection_is_idle(connection))
        return ROUTE_KEPT;
    connection_drop(connection);
    connection->retry = false;
    bool open = connection->settings->master ? master_open(connection) : node_open(connection);
    return open ? ROUTE_OPENED : ROUTE_FAILED;
}
