/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tell.c - see tell.h.
 */
#include "feed/tell.h"

#include "pipeline/event.h"
#include "pipeline/json.h"
#include "store/outbox.h"
#include "util/arena.h"
#include "util/cleanup.h"

#include <glib.h>
#include <string.h>

struct members {
    struct arena arena;
    GArray *members; /* of struct json_member */
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

/* All that the events say of SERIES.  MEMBERS is to be freed. */
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

/* Appends EVENT, an event of HOST, with DATA, which is freed. */
static void append(struct store *store, struct outbox_event event, const char *host, char *data) {
    AUTO(free) char *owned = data;
    char source[JSON_SOURCE_SIZE];

    json_event_source(host, source);
    event.source = source;
    event.data = owned;
    event.data_length = strlen(owned);
    outbox_append(store, &event);
}

void tell_incomplete(struct store *store, const char *id, const char *host, int64_t now) {
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

void tell_completed(struct store *store, const struct lesson *last, const char *host, int64_t now) {
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
                                 .list = last->message.list,
                                 .series = found.id,
                                 .time = now},
           host, json_completed_data(&series, last));
    members_free(&members);
}
