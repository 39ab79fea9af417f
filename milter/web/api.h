/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api.h - answers the requests of the JSON API and of the feeds from the store, without a server:
 * a request is a path and its arguments, an answer a status and a body.
 *
 * Nothing of closed lists is in an answer, nor of lists that are closed in the configuration
 * although their mail was recorded when they were open, nor of mail of no list.
 *
 * The store may be absent, locked, damaged or of another schema, and come back at any time: the
 * answer is then 503 with the state, and the next request tries again.  Each request is one
 * transaction that reads.
 *
 * patchmark-web(8) and the OpenAPI document at /api/openapi.json describe the answers.
 */
#ifndef WEB_API_H
#define WEB_API_H

#include "settings/configuration.h"

#include <stddef.h>
#include <stdint.h>

struct web_request {
    const char *path; /* decoded, NUL-terminated UTF-8, such as "/api/series/s1-..." */
    /* Returns the decoded argument NAME of the query, NUL-terminated; NULL if it is absent.  The
     * string must be valid until the request is answered. */
    const char *(*argument)(void *context, const char *name);
    void *context;
    const char *base; /* the address of the server in the eyes of the client, such as
                       * "https://patches.example.org/"; NULL if it is not known */
};

struct web_answer {
    unsigned status;  /* of HTTP */
    char *body;       /* for free(3) */
    size_t length;    /* of the body in bytes; at most API_BODY_MOST */
    const char *type; /* Content-Type, a static string */
    char *location;   /* of 301: an absolute path; else NULL; for free(3) */
};

#define API_BODY_MOST 1048576

/* A reader of the store; one thread at a time may use it. */
struct api;

/* Returns a reader of the store of CONFIGURATION, which must exist until api_close frees the
 * reader.  Opens nothing yet.  Returns NULL if memory runs out, after log_error. */
struct api *api_open(const struct configuration *configuration);
/* Frees API; NULL is allowed. */
void api_close(struct api *api);

/* Answers REQUEST, of method GET or HEAD, whose path is below /api/ or that of a feed: /feed.atom
 * or /lists/LIST-ID/feed.atom.  Fills all of ANSWER; any other path is 404. */
void api_answer(struct api *api, const struct web_request *request, struct web_answer *answer);

/* Returns false if /api/series/NAME is unknown; true if it is known, or if the store cannot be read
 * now. */
bool api_may_have_series(struct api *api, const char *name);

/* Events for server-sent events.  TYPE is a type with or without "patchmark." and ".v1"; LIST or
 * TYPE is NULL or "" for all.  api_events calls FUNCTION with ARGUMENT for up to LIMIT events with
 * a sequence above SINCE, oldest first; CLOUDEVENT is one line of JSON, valid until FUNCTION
 * returns.  Returns the SINCE of the next call, which is greater than that of the last event if the
 * following ones do not pass; -1 if the store cannot be used. */
int64_t api_events(struct api *api, int64_t since, const char *list, const char *type, int limit,
                   void (*function)(void *argument, int64_t sequence, const char *type,
                                    const char *cloudevent),
                   void *argument);
/* Returns the sequence of the newest event, 0 if there is none; -1 if the store cannot be used. */
int64_t api_newest(struct api *api);
/* Returns true if TYPE can be that of an event, see api_events. */
bool api_type_is_known(const char *type);

#endif
