/* SPDX-License-Identifier: BSD-2-Clause
 *
 * watch.c - see watch.h.
 */
#include "watch.h"

#include "arena.h"
#include "cleanup.h"
#include "event.h"
#include "json.h"

#include <string.h>

#define TOLD_MOST   20 /* series in one round: an archive that was read in has many */
#define FORGET_MOST 50 /* steps in one round */

struct members {
    struct arena arena;
    struct json_member *members;
    size_t count, room;
};

static void member_note(void *argument, const struct index_member *member) {
    struct members *members = argument;

    if (members->count == members->room) {
        size_t room = 2 * members->room + 16;
        struct json_member *more = realloc(members->members, room * sizeof(*more));

        if (!more)
            return;
        members->members = more;
        members->room = room;
    }
    members->members[members->count++] =
        (struct json_member){.part = member->part,
                             .message_id = arena_copy(&members->arena, member->message_id,
                                                      strlen(member->message_id))};
}

/* Inside a transaction: the event that a series is unfinished. */
static void incomplete_tell(struct store *store, const char *id, const char *host, int64_t now) {
    struct members members = {.count = 0};
    struct index_series series;
    char event[DIGEST_EVENT_SIZE];

    if (!index_find_series(store, id, &series) || strcmp(series.id, id) != 0)
        return;
    index_walk_members(store, id, member_note, &members);
    event_id(EVENT_SERIES_INCOMPLETE, "", id, event);
    {
        AUTO(free)
        char *json =
            json_incomplete_event(event,
                                  &(struct json_series){.id = series.id,
                                                        .topic = series.topic,
                                                        .author = series.author,
                                                        .title = series.title,
                                                        .version =
                                                            series.version < 0 ? 1 : series.version,
                                                        .total = series.total,
                                                        .members = members.members,
                                                        .member_count = members.count},
                                  host, now);

        if (json)
            journal_append(store, &(struct journal_event){.id = event,
                                                          .type = EVENT_SERIES_INCOMPLETE,
                                                          .subject = "",
                                                          .list = "",
                                                          .series = id,
                                                          .json = json,
                                                          .json_length = strlen(json),
                                                          .time = now});
    }
    free(members.members);
    arena_free(&members.arena);
}

void watch_round(struct store *store, const struct configuration *configuration, int64_t now) {
    char *ids[TOLD_MOST];
    int count;

    store_begin(store);
    count = index_take_incomplete(store, now - configuration->quiet, ids, TOLD_MOST);
    for (int i = 0; i < count; i++) {
        incomplete_tell(store, ids[i], configuration->host, now);
        free(ids[i]);
    }
    store_commit_lazily(store);
    for (int i = 0; i < FORGET_MOST; i++)
        if (index_forget(store, now - configuration->remember) <= 0)
            break;
}
