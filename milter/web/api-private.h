/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-private.h - what the files api*.c share, and the feed.
 */
#ifndef WEB_API_PRIVATE_H
#define WEB_API_PRIVATE_H

#include "web/api.h"

#include "pipeline/json-report.h"
#include "store/store.h"
#include "util/arena.h"

struct api {
    const struct configuration *configuration;
    struct store *store;
    struct arena arena; /* what one request reads */
    struct json_report_style style;
};

/* A request that is being answered, in a transaction of api->store. */
struct call {
    struct api *api;
    const struct web_request *request;
    const char *rest; /* the path behind that of the route */
    GString *body;
    const char *title;    /* of an error */
    const char *location; /* of a redirect; belongs to the arena */
};

/* Functions of routes write the body and return 200; or return the status of an error, or 301 with
 * `location` set, and what they wrote is discarded. */
unsigned api_series_list(struct call *call);
unsigned api_series_one(struct call *call);
unsigned api_message(struct call *call);
unsigned api_events_list(struct call *call);
unsigned api_lists(struct call *call);
unsigned api_activity(struct call *call);
unsigned api_health(struct call *call);
unsigned api_feed(struct call *call);
unsigned api_feed_of_list(struct call *call);

/* Returns true if /api/lists has the list ID, in lower case, although it may have no series. */
bool api_list_is_known(struct call *call, const char *id);

/* Returns the argument NAME; "" if it is absent. */
const char *api_argument(const struct call *call, const char *name);
/* Stores the argument NAME, a number from LEAST to MOST, in *NUMBER; leaves it unchanged if the
 * argument is absent.  Returns false, with call->title set, if it is anything else. */
bool api_argument_number(struct call *call, const char *name, int64_t least, int64_t most,
                         int64_t *number);
/* Returns the status 400 with TITLE, which must be valid until the request is answered. */
unsigned api_refuse(struct call *call, const char *title);
/* Returns the name of a state of the store. */
const char *api_state_name(enum store_state state);
/* Appends "state":"stopped" to the object that is open if no program uses the store. */
void api_add_state(struct call *call, struct json_object *object);

#endif
