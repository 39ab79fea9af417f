/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-append.c - composes and appends events about series and about the service: see
 * event-append.h.
 *
 * The id of an event about a series depends only on its type and the series, so that it is the same
 * on all hosts.  The id of service.status depends on the host, the state and the time in
 * nanoseconds, so that each has its own.  Appending fails as the store does.
 */
#include "feed/event-append.h"

#include "pipeline/event.h"
#include "pipeline/json.h"
#include "pipeline/series-state.h"
#include "pipeline/series-view.h"
#include "store/outbox.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/digest.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Appends EVENT with the source HOST and with DATA and STATE, which it frees. */
static void append(struct store *store, struct outbox_event event, const char *host, char *data,
                   char *state) {
    AUTO(free) char *owned = data, *record = state;
    char source[JSON_SOURCE_SIZE];

    json_event_source(host, source);
    event.source = source;
    event.data = owned;
    event.data_length = strlen(owned);
    event.state = record;
    outbox_append(store, &event);
}

/* Returns the first of LISTS, which are separated by spaces; it belongs to ARENA. */
static const char *first_list(struct arena *arena, const char *lists) {
    return arena_copy(arena, lists, strcspn(lists, " "));
}

void event_append_incomplete(struct store *store, const char *id, const char *host, int64_t now) {
    struct arena arena = {.chunks = NULL};
    char event[DIGEST_EVENT_SIZE];
    struct series_view view;

    if (!series_view_find(store, &arena, id, &view) || strcmp(view.row.id, id) != 0) {
        arena_free(&arena);
        return;
    }
    series_view_read(store, &arena, &view);
    event_id(EVENT_SERIES_INCOMPLETE, "", id, event);
    append(store,
           (struct outbox_event){.id = event,
                                 .type = EVENT_SERIES_INCOMPLETE,
                                 .subject = id,
                                 .list = first_list(&arena, view.row.lists),
                                 .series = id,
                                 .time = now},
           host, json_incomplete_data(&view), series_state_of_series(store, &view));
    arena_free(&arena);
}

void event_append_completed(struct store *store, const struct learned *last, const char *host,
                            int64_t now) {
    struct arena arena = {.chunks = NULL};
    char event[DIGEST_EVENT_SIZE];
    struct series_view view;

    if (!series_view_find(store, &arena, last->series.id, &view))
        return;
    series_view_read(store, &arena, &view);
    event_id(EVENT_SERIES_COMPLETED, "", view.row.id, event);
    append(store,
           (struct outbox_event){.id = event,
                                 .type = EVENT_SERIES_COMPLETED,
                                 .subject = view.row.id,
                                 .list = first_list(&arena, last->message.lists),
                                 .series = view.row.id,
                                 .time = now},
           host, json_completed_data(&view, last), series_state_of_series(store, &view));
    arena_free(&arena);
}

int event_append_status_within(struct store *store, const char *host,
                               const struct json_service *service) {
    char moment[32], id[DIGEST_EVENT_SIZE];
    const char *const fields[] = {EVENT_SERVICE_STATUS, host, service->state, moment};
    AUTO(free) char *data = json_service_data(service);
    char source[JSON_SOURCE_SIZE];
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    snprintf(moment, sizeof(moment), "%lld.%09ld", (long long)at.tv_sec, at.tv_nsec);
    digest_fields(fields, sizeof(fields) / sizeof(fields[0]), id);
    json_event_source(host, source);
    return outbox_append(store, &(struct outbox_event){.id = id,
                                                       .type = EVENT_SERVICE_STATUS,
                                                       .subject = "",
                                                       .list = "",
                                                       .series = "",
                                                       .source = source,
                                                       .data = data,
                                                       .data_length = strlen(data),
                                                       .time = (int64_t)at.tv_sec});
}

int event_append_status(struct store *store, const char *host, const struct json_service *service) {
    int added;

    store_begin(store);
    added = event_append_status_within(store, host, service);
    return store_commit(store) == 0 ? added : -1;
}
