/* SPDX-License-Identifier: BSD-2-Clause
 *
 * route.h - which server has the keys: the one that is configured, the one that Sentinel names, or
 * the node of a cluster that another one named.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "connection.h"

#define ROUTE_HOPS 4 /* new connections, for a redirection or a lost script, in one go */

enum route_state { ROUTE_FAILED, ROUTE_KEPT, ROUTE_OPENED };

/* Makes sure that there is a connection on which nothing is under way. */
enum route_state route_ready(struct connection *connection);

/* Redis gave this ERROR.  True: the next connection will go elsewhere. */
bool route_changed(struct connection *connection, const char *error);

#endif
