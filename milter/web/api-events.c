/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-events.c - /api/events, and events for server-sent events.
 *
 * An event of a list that is closed now is left out, and so is one that names such a list, because
 * the mail was seen there as well.  Owns nothing.
 */
#include "web/api-private.h"

#include "pipeline/event-types.h"
#include "pipeline/json.h"
#include "pipeline/mail-lists.h"
#include "store/outbox.h"
#include "web/bounds.h"

#include <stdio.h>
#include <string.h>

/* Events that are looked for. */
struct search {
    struct api *api;
    const char *list, *type; /* "": any; the full name of a type */
    int64_t first, last;     /* sequences */
    bool newest_first;
    int limit, count;
    int64_t seen; /* the sequence of the last event that was passed on or did not pass */
    void (*function)(void *argument, int64_t sequence, const char *type, const char *cloudevent);
    void *argument;
    const size_t *bytes; /* what FUNCTION has written; NULL: there is no bound */
    bool full;           /* stopped before the end of the range */
};

/* ---- filters ------------------------------------------------------------------------------- */

/* Returns the full name of the type TEXT, "" for "", NULL if there is none. */
static const char *type_full(const char *text) {
    char name[EVENT_TYPE_SHORT_SIZE], other[EVENT_TYPE_SHORT_SIZE];

    if (!text || !*text)
        return "";
    event_type_short(text, name);
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        event_type_short(event_type_names[i], other);
        if (strcmp(name, other) == 0)
            return event_type_names[i];
    }
    return NULL;
}

bool api_type_is_known(const char *type) {
    return type_full(type) != NULL;
}

/* Returns true if the JSON of EVENT has ID as a whole string; quotes in a string are escaped. */
static bool names_list(const struct outbox_event *event, const char *id) {
    char quoted[300];
    int length = snprintf(quoted, sizeof(quoted), "\"%s\"", id);

    return length < (int)sizeof(quoted) &&
           memmem(event->data, event->data_length, quoted, (size_t)length) != NULL;
}

/* Returns true if EVENT is of mail of open lists only.  The one type that is of no list is of the
 * daemon. */
static bool is_open(const struct configuration *configuration, const struct outbox_event *event) {
    if (!*event->list && strcmp(event->type, EVENT_SERVICE_STATUS) != 0)
        return false;
    if (!configuration_has_closed_lists(configuration))
        return true;
    for (size_t i = 0; i < configuration->list_section_count; i++) {
        const struct configuration_list *section = &configuration->list_sections[i];

        if (!section->publish && (g_ascii_strcasecmp(section->pattern, event->list) == 0 ||
                                  names_list(event, section->pattern)))
            return false;
    }
    return !mail_lists_names_closed(configuration, event->data);
}

/* ---- searching ----------------------------------------------------------------------------- */

static bool event_note(void *argument, const struct outbox_event *event) {
    struct search *search = argument;
    g_autofree char *json = NULL;

    if (search->count >= search->limit || (search->bytes && *search->bytes >= LIMIT_API_BYTES)) {
        search->full = true;
        return false;
    }
    search->seen = event->sequence;
    if (!is_open(search->api->configuration, event))
        return true;
    json = json_event_compose(event, false);
    search->function(search->argument, event->sequence, event->type, json);
    search->count++;
    return true;
}

/* Searches.  Returns 0, or -1 on a fault. */
static int search_run(struct search *search) {
    const struct outbox_range range = {.first = search->first,
                                       .last = search->last,
                                       .list = search->list,
                                       .type = search->type,
                                       .newest_first = search->newest_first};

    return outbox_walk(search->api->store, &range, event_note, search);
}

/* Sets the range after SINCE, which is bounded, so that a search for what is rare can be continued.
 * Returns the sequence of the newest event, or -1. */
static int64_t range_set(struct search *search, int64_t since) {
    int64_t newest = outbox_sequence(search->api->store, true);

    search->first = since + 1;
    search->last = MIN(newest, since + LIMIT_API_EVENTS);
    return newest;
}

/* Returns the next SINCE after a search behind SINCE. */
static int64_t since_next(const struct search *search, int64_t since, int64_t newest) {
    if (search->full)
        return search->seen > 0 ? search->seen : since;
    /* A SINCE that is ahead is of a database that was there before. */
    return since > newest ? newest : MAX(since, search->last);
}

int64_t api_events(struct api *api, int64_t since, const char *list, const char *type, int limit,
                   void (*function)(void *argument, int64_t sequence, const char *type,
                                    const char *cloudevent),
                   void *argument) {
    g_autofree char *lower = g_ascii_strdown(list ? list : "", -1);
    struct search search = {.api = api,
                            .list = lower,
                            .type = type_full(type),
                            .limit = limit,
                            .function = function,
                            .argument = argument};
    int64_t newest = 0;
    bool good;

    good = store_begin(api->store) == 0;
    if (good) {
        newest = range_set(&search, since);
        good = newest >= 0 && (!search.type || search_run(&search) == 0);
    }
    return store_commit(api->store) == 0 && good ? since_next(&search, since, newest) : -1;
}

int64_t api_newest(struct api *api) {
    int64_t newest = -1;

    if (store_begin(api->store) == 0)
        newest = outbox_sequence(api->store, true);
    return store_commit(api->store) == 0 ? newest : -1;
}

/* ---- /api/events --------------------------------------------------------------------------- */

/* Events that were found, for the body. */
struct events {
    GPtrArray *json;
    size_t bytes;
};

static void event_keep(void *argument, int64_t sequence, const char *type, const char *cloudevent) {
    struct events *events = argument;

    (void)sequence, (void)type;
    g_ptr_array_add(events->json, g_strdup(cloudevent));
    events->bytes += strlen(cloudevent) + 1;
}

static void events_write(struct call *call, const struct events *events, bool newest_first) {
    json_write_open(call->body, "events", '[');
    for (guint i = 0; i < events->json->len; i++) {
        const char *json = events->json->pdata[newest_first ? events->json->len - 1 - i : i];

        json_write_raw(call->body, NULL, json, strlen(json));
    }
    json_write_close(call->body, ']');
}

/* Finds the events behind SINCE, or the newest ones if that is -1, and writes the answer. */
static unsigned events_answer(struct call *call, struct search *search, int64_t since) {
    struct events events = {.json = g_ptr_array_new_with_free_func(g_free)};
    struct json_object object;
    int64_t newest = range_set(search, MAX(since, 0)), oldest, next;
    bool good;

    search->newest_first = since < 0;
    if (search->newest_first) {
        search->last = newest;
        search->first = MAX(newest - LIMIT_API_EVENTS + 1, 0);
    }
    search->bytes = &events.bytes;
    search->function = event_keep;
    search->argument = &events;
    good = newest >= 0 && search_run(search) == 0;
    oldest = outbox_sequence(call->api->store, false);
    next = search->newest_first ? newest : since_next(search, since, newest);
    json_object_open(&object, call->body, NULL, 0);
    api_add_state(call, &object);
    events_write(call, &events, search->newest_first);
    json_write_number(call->body, "next", next);
    if (!search->newest_first && next < newest)
        json_write_truth(call->body, "more", true);
    if (since >= 0 && oldest > since + 1)
        json_write_number(call->body, "missed", oldest - since - 1);
    json_object_close(&object);
    g_ptr_array_free(events.json, TRUE);
    return good ? 200 : 503;
}

unsigned api_events_list(struct call *call) {
    g_autofree char *list = g_ascii_strdown(api_argument(call, "list"), -1);
    struct search search = {.api = call->api,
                            .list = list,
                            .type = type_full(api_argument(call, "type"))};
    int64_t since = -1, limit = DEFAULT_API_EVENTS;

    if (!api_argument_number(call, "since", 0, INT64_MAX / 2, &since) ||
        !api_argument_number(call, "limit", 1, LIMIT_API_ITEMS, &limit))
        return 400;
    if (!search.type)
        return api_refuse(call, "`type` is not a type of events");
    search.limit = (int)limit;
    return events_answer(call, &search, since);
}
