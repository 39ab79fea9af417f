/* SPDX-License-Identifier: BSD-2-Clause
 *
 * http-clients.c - see http-clients.h.
 */
#include "util/http-clients.h"

void http_clients_notify(void *argument, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    /* At the end, the descriptor is still open. */
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *context = info ? client_begin(argument, info->connect_fd) : NULL;
    else if (*context)
        client_end(argument, *context);
}

struct client *http_clients_find(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}
