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
#include "store/outbox.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/digest.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The members of a series, copied from the store. */
struct members {
    struct arena arena; /* has their Message-IDs */
    GArray *members;    /* of struct json_member */
};

static void member_note(void *argument, const struct index_member *member) {
    struct members *members = argument;
    struct json_member copy = {.part = member->part,
                               .message_id = arena_copy(&members->arena, member->message_id,
                                                        strlen(member->message_id))};

    g_array_append_val(members->members, copy);
}

static void members_free(struct members *members) {
    g_array_free(members->members, TRUE);
    arena_free(&members->arena);
}

/* Returns the data of SERIES that the events have.  Fills MEMBERS, which the result refers to and
 * the caller frees with members_free. */
static struct json_series series_read(struct store *store, const struct index_series *series,
                                      struct members *members) {
    *members = (struct members){.members = g_array_new(FALSE, FALSE, sizeof(struct json_member))};
    index_walk_members(store, series->id, member_note, members);
    return (struct json_series){.id = series->id,
                                .topic = series->topic,
                                .author = series->author,
                                .title = series->title,
                                .version = series->version < 0 ? 1 : series->version,
                                .total = series->total,
                                .elapsed = series->changed - series->opened,
                                .members = (const struct json_member *)members->members->data,
                                .member_count = members->members->len};
}

/* Appends EVENT with the source HOST and with DATA, which it frees. */
static void append(struct store *store, struct outbox_event event, const char *host, char *data) {
    AUTO(free) char *owned = data;
    char source[JSON_SOURCE_SIZE];

    json_event_source(host, source);
    event.source = source;
    event.data = owned;
    event.data_length = strlen(owned);
    outbox_append(store, &event);
}

void event_append_incomplete(struct store *store, const char *id, const char *host, int64_t now) {
    char event[DIGEST_EVENT_SIZE];
    struct index_series found;
    struct members members;
    struct json_series series;

    if (!index_find_series(store, id, &found) || strcmp(found.id, id) != 0)
        return;
    series = series_read(store, &found, &members);
    event_id(EVENT_SERIES_INCOMPLETE, "", id, event);
    append(store,
           (struct outbox_event){.id = event,
                                 .type = EVENT_SERIES_INCOMPLETE,
                                 .subject = "",
                                 .list = "",
                                 .series = id,
                                 .time = now},
           host, json_incomplete_data(&series));
    members_free(&members);
}

void event_append_completed(struct store *store, const struct learned *last, const char *host,
                            int64_t now) {
    char event[DIGEST_EVENT_SIZE];
    struct index_series found;
    struct members members;
    struct json_series series;

    if (!index_find_series(store, last->series.id, &found))
        return;
    series = series_read(store, &found, &members);
    event_id(EVENT_SERIES_COMPLETED, "", found.id, event);
    append(store,
           (struct outbox_event){.id = event,
                                 .type = EVENT_SERIES_COMPLETED,
                                 .subject = last->message.message_id,
                                 .list = last->message.lists,
                                 .series = found.id,
                                 .time = now},
           host, json_completed_data(&series, last));
    members_free(&members);
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
