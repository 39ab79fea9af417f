/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api.c - finds the function that answers a request, and answers errors; see api.h.
 *
 * Owns the reader of the store.  GLib ends the process if memory runs out.
 */
#include "web/api-private.h"

#include "pipeline/bounds.h"
#include "util/log.h"
#include "web/bounds.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON "application/json; charset=utf-8"
#define ATOM "application/atom+xml; charset=utf-8"

static const char openapi[] =
#include "web-openapi.h"
    ;

/* The routes; a path that ends with "/" stands for those below it. */
static const struct route {
    const char *path;
    unsigned (*function)(struct call *call);
    const char *type;
} routes[] = {{"/api/series", api_series_list, JSON}, {"/api/series/", api_series_one, JSON},
              {"/api/messages/", api_message, JSON},  {"/api/events", api_events_list, JSON},
              {"/api/lists", api_lists, JSON},        {"/api/activity", api_activity, JSON},
              {"/api/health", api_health, JSON},      {"/feed.atom", api_feed, ATOM},
              {"/lists/", api_feed_of_list, ATOM},    {0}};

/* ---- readers ------------------------------------------------------------------------------- */

struct api *api_open(const struct configuration *configuration) {
    struct api *api = calloc(1, sizeof(*api));

    if (!api) {
        log_error("out of memory");
        return NULL;
    }
    api->configuration = configuration;
    api->style = (struct json_report_style){.arena = &api->arena, .configuration = configuration};
    api->store = store_open_reader(configuration->state);
    if (api->store)
        return api;
    free(api);
    return NULL;
}

void api_close(struct api *api) {
    if (!api)
        return;
    store_close(api->store);
    arena_free(&api->arena);
    free(api);
}

const char *api_state_name(enum store_state state) {
    static const char *const names[] = {
        [STORE_RUNNING] = "running", [STORE_STOPPED] = "stopped",       [STORE_LOCKED] = "locked",
        [STORE_ABSENT] = "absent",   [STORE_UNREADABLE] = "unreadable", [STORE_SCHEMA] = "schema",
        [STORE_DAMAGED] = "damaged"};

    return names[state];
}

void api_add_state(struct call *call, struct json_object *object) {
    if (store_reader_state(call->api->store) == STORE_STOPPED)
        json_write_string(object->json, "state", api_state_name(STORE_STOPPED));
}

/* ---- arguments ----------------------------------------------------------------------------- */

const char *api_argument(const struct call *call, const char *name) {
    const char *value = call->request->argument(call->request->context, name);

    return value ? value : "";
}

unsigned api_refuse(struct call *call, const char *title) {
    call->title = title;
    return 400;
}

/* Returns the status 400 with a title as printf writes it. */
static unsigned __attribute__((format(printf, 2, 3)))
refuse_with(struct call *call, const char *format, ...) {
    char title[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(title, sizeof(title), format, arguments);
    va_end(arguments);
    return api_refuse(call, arena_copy(&call->api->arena, title, strlen(title)));
}

bool api_argument_number(struct call *call, const char *name, int64_t least, int64_t most,
                         int64_t *number) {
    const char *text = call->request->argument(call->request->context, name);
    char *end;

    if (!text)
        return true;
    errno = 0;
    *number = strtoll(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && !*end && *number >= least && *number <= most)
        return true;
    refuse_with(call, "`%s` is not a number from %" PRId64 " to %" PRId64, name, least, most);
    return false;
}

/* ---- answers ------------------------------------------------------------------------------- */

static const char *title_of(const struct call *call, unsigned status) {
    if (call->title)
        return call->title;
    return status == 301   ? "moved permanently"
           : status == 400 ? "bad request"
           : status == 404 ? "not found"
                           : "internal error";
}

static const char *state_title(enum store_state state) {
    static const char *const titles[] = {
        [STORE_RUNNING] = "the database cannot be read",
        [STORE_STOPPED] = "patchmark is stopped",
        [STORE_LOCKED] = "another program has locked the database",
        [STORE_ABSENT] = "there is no database",
        [STORE_UNREADABLE] = "patchmark web may not read the database; its log says why",
        [STORE_SCHEMA] = "the database is of another version of patchmark",
        [STORE_DAMAGED] = "the database cannot be read",
    };

    return titles[state];
}

/* Replaces the body by that of an error; STATE is NULL, or the state of the store. */
static void error_write(struct call *call, unsigned status, const char *title, const char *state) {
    GString *json = call->body;

    g_string_truncate(json, 0);
    json_write_open(json, NULL, '{');
    json_add_string(json, "state", state);
    json_write_open(json, "error", '{');
    json_write_number(json, "status", status);
    json_write_string(json, "title", title);
    json_add_string(json, "state", state);
    json_write_close(json, '}');
    json_write_close(json, '}');
}

static bool route_matches(const struct route *route, struct call *call) {
    size_t length = strlen(route->path);

    if (route->path[length - 1] != '/')
        return strcmp(route->path, call->request->path) == 0;
    call->rest = call->request->path + length;
    return strncmp(route->path, call->request->path, length) == 0 && *call->rest;
}

static const struct route *route_find(struct call *call) {
    for (const struct route *route = routes; route->path; route++)
        if (route_matches(route, call))
            return route;
    return NULL;
}

/* Returns 200, or the status of a refusal. */
static unsigned arguments_check(struct call *call) {
    static const char *const names[] = {"q",     "list",   "author", "state", "waiting", "applied",
                                        "order", "before", "limit",  "since", "type",    "hours"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const char *value = api_argument(call, names[i]);

        if (strlen(value) > LIMIT_API_ARGUMENT)
            return refuse_with(call, "`%s` has more than %d bytes", names[i], LIMIT_API_ARGUMENT);
        if (!g_utf8_validate(value, -1, NULL))
            return refuse_with(call, "`%s` is not UTF-8", names[i]);
    }
    return 200;
}

/* Calls the function of ROUTE in a transaction.  Returns the status. */
static unsigned route_call(struct call *call, const struct route *route) {
    struct store *store = call->api->store;
    unsigned status = arguments_check(call);
    bool good;

    if (status != 200)
        return status;
    good = store_begin(store) == 0;
    if (good)
        status = route->function(call);
    good = store_commit(store) == 0 && good;
    return good ? status : 503;
}

static void answer_fill(struct call *call, unsigned status, const char *type,
                        struct web_answer *answer) {
    *answer = (struct web_answer){
        .status = status,
        .length = call->body->len,
        .type = type,
        .location = status == 301 && call->location ? g_strdup(call->location) : NULL,
    };
    answer->body = g_string_free(call->body, FALSE);
}

void api_answer(struct api *api, const struct web_request *request, struct web_answer *answer) {
    struct call call = {.api = api, .request = request, .body = json_write_begin()};
    const struct route *route = route_find(&call);
    enum store_state state;
    unsigned status;

    if (strcmp(request->path, "/api/openapi.json") == 0) {
        g_string_append(call.body, openapi);
        answer_fill(&call, 200, JSON, answer);
        return;
    }
    arena_reset(&api->arena);
    status = route ? route_call(&call, route) : 404;
    if (status == 200 && call.body->len > API_BODY_MOST)
        status = 500;
    if (status == 200) {
        answer_fill(&call, status, route->type, answer);
        return;
    }
    state = store_reader_state(api->store);
    if (status == 503)
        error_write(&call, status, state_title(state), api_state_name(state));
    else
        error_write(&call, status, title_of(&call, status), NULL);
    answer_fill(&call, status, JSON, answer);
}
