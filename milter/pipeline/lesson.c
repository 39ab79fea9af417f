/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lesson.c - see lesson.h.
 */
#include "pipeline/lesson.h"

#include "util/cleanup.h"

#include <string.h>

/* What it learns of the series of a mail that is a part of it, which the index knows by now. */
static int member_apply(struct store *store, const struct lesson *lesson) {
    const struct index_series *series = &lesson->series;
    int news;

    for (size_t i = 0; i < lesson->same_as.count; i++)
        index_join(store, series->id, lesson->same_as.items[i]);
    news = index_learn_member(store, series, &lesson->member);
    for (size_t i = 0; i < lesson->keys.count; i++)
        index_learn_key(store, lesson->keys.items[i], series->id, lesson->message.received);
    if (lesson->adopts)
        index_adopt(store, lesson->adopts, series->id);
    return news;
}

/* Returns the items of LIST, one a line, to be freed; NULL for an empty list. */
static char *lines(const struct lesson_list *list) {
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

int lesson_apply(struct store *store, const struct lesson *lesson) {
    struct index_message message = lesson->message;
    bool member = *message.series && message.part >= 0;
    AUTO(free) char *tags = member ? NULL : lines(&lesson->tags);
    AUTO(free) char *keys = member ? lines(&lesson->keys) : NULL;
    AUTO(free) char *notes = member ? lines(&lesson->notes) : NULL;

    if (member) {
        message.title = lesson->member.title;
        message.author = lesson->member.author;
    }
    message.tags = tags;
    message.target = lesson->target;
    message.keys = keys;
    message.notes = notes;
    /* A known id from another sender is somebody's mistake or forgery; it teaches nothing. */
    if (index_learn_message(store, &message) != 1)
        return -1;
    return member ? member_apply(store, lesson) : 0;
}

/* ---- of another host ---------------------------------------------------------------------- */

/* True for the name that a work has from its first posting: no older one was known. */
static bool is_own_name(const char *topic, const char *series) {
    const char *name = strchr(topic, '-'), *own = strchr(series, '-');

    return !name || !own || strcmp(name, own) == 0;
}

/* Two hosts that did not know the same older mails may name a work differently.  Who knew an older
 * posting is right; of two older ones each host takes the same. */
static const char *topic_choose(const struct index_series *known, const struct index_series *told) {
    if (is_own_name(told->topic, told->id))
        return known->topic;
    if (is_own_name(known->topic, known->id))
        return told->topic;
    return strcmp(known->topic, told->topic) < 0 ? known->topic : told->topic;
}

int lesson_apply_foreign(struct store *store, struct lesson *lesson) {
    struct index_series *series = &lesson->series, known;

    if (*lesson->message.series && lesson->message.part >= 0) {
        series->opened = lesson->message.received;
        if (index_find_series(store, series->id, &known)) {
            if (strcmp(known.author, series->author) != 0)
                return -1; /* a stranger's mail never enters a series */
            series->topic = topic_choose(&known, series);
            series->id = known.id;
        }
    }
    return lesson_apply(store, lesson);
}
