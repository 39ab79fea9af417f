/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learned.c - see learned.h.
 */
#include "pipeline/learned.h"

#include "util/cleanup.h"

#include <string.h>

/* What it learns of the series of a mail that is a part of it, which the index knows by now. */
static int member_apply(struct store *store, const struct learned *learned) {
    const struct index_series *series = &learned->series;
    int changes;

    for (size_t i = 0; i < learned->same_as.count; i++)
        index_join(store, series->id, learned->same_as.items[i]);
    changes = index_record_member(store, series, &learned->member);
    for (size_t i = 0; i < learned->keys.count; i++)
        index_record_key(store, learned->keys.items[i], series->id, learned->message.received);
    if (learned->adopts)
        index_assign_cover(store, learned->adopts, series->id);
    return changes;
}

/* Returns the items of LIST, one a line, to be freed; NULL for an empty list. */
static char *lines(const struct learned_list *list) {
    size_t size = 0, length = 0;
    char *text;

    for (size_t i = 0; i < list->count; i++)
        size += strlen(list->items[i]) + 1;
    text = size > 0 ? malloc(size) : NULL;
    for (size_t i = 0; text && i < list->count; i++) {
        memcpy(text + length, list->items[i], strlen(list->items[i]));
        length += strlen(list->items[i]);
        text[length++] = i + 1 < list->count ? '\n' : '\0';
    }
    return text;
}

int learned_record(struct store *store, const struct learned *learned) {
    struct index_message message = learned->message;
    bool member = *message.series && message.part >= 0;
    AUTO(free) char *tags = member ? NULL : lines(&learned->tags);
    AUTO(free) char *keys = member ? lines(&learned->keys) : NULL;
    AUTO(free) char *notes = member ? lines(&learned->notes) : NULL;

    if (member) {
        message.title = learned->member.title;
        message.author = learned->member.author;
    }
    message.tags = tags;
    message.target = learned->target;
    message.keys = keys;
    message.notes = notes;
    /* A known id from another sender is somebody's mistake or forgery; it teaches nothing. */
    if (index_record_message(store, &message) != 1)
        return -1;
    return member ? member_apply(store, learned) : 0;
}

/* ---- of another host ---------------------------------------------------------------------- */

/* True for the name that a work has from its first posting: no older one was known. */
static bool is_own_name(const char *topic, const char *series) {
    const char *name = strchr(topic, '-'), *own = strchr(series, '-');

    return !name || !own || strcmp(name, own) == 0;
}

/* Two hosts that did not know the same older mails may name a work differently.  Who knew an older
 * posting is right; of two older ones each host takes the same. */
static const char *topic_choose(const struct index_series *known,
                                const struct index_series *received) {
    if (is_own_name(received->topic, received->id))
        return known->topic;
    if (is_own_name(known->topic, known->id))
        return received->topic;
    return strcmp(known->topic, received->topic) < 0 ? known->topic : received->topic;
}

int learned_record_foreign(struct store *store, struct learned *learned) {
    struct index_series *series = &learned->series, known;

    if (*learned->message.series && learned->message.part >= 0) {
        series->opened = learned->message.received;
        if (index_find_series(store, series->id, &known)) {
            if (strcmp(known.author, series->author) != 0)
                return -1; /* a stranger's mail never enters a series */
            series->topic = topic_choose(&known, series);
            series->id = known.id;
        }
    }
    return learned_record(store, learned);
}
