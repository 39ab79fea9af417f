/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learned.c - records learned data in the index; see learned.h.
 *
 * Owns nothing.  The store can fail, which it logs; the functions then return -1.
 */
#include "pipeline/learned.h"

#include "pipeline/bounds.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/word-set.h"

#include <string.h>

/* Records what a member adds to its series, after the mail itself was recorded. */
static int member_apply(struct store *store, struct learned *learned) {
    struct index_series series = learned->series;
    int changes;

    for (size_t i = 0; i < learned->same_as.count; i++)
        series.joined |= index_join(store, series.id, learned->same_as.items[i]) > 0;
    changes = index_record_member_row(store, &series, &learned->member, learned->message.published,
                                      &learned->row);
    if (changes < 0)
        learned->row.id = NULL;
    for (size_t i = 0; i < learned->keys.count; i++)
        index_record_key(store, learned->keys.items[i], series.id, learned->message.received);
    if (learned->adopts)
        index_assign_cover(store, learned->adopts, series.id);
    return changes;
}

/* Returns the items of LIST joined by newlines, which the caller frees; NULL if LIST is empty or
 * memory runs out. */
static char *lines_join(const struct learned_list *list) {
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

int learned_record(struct store *store, struct learned *learned) {
    struct index_message message = learned->message;
    bool member = *message.series && message.part >= 0;
    AUTO(free) char *tags = member ? NULL : lines_join(&learned->tags);
    AUTO(free) char *keys = member ? lines_join(&learned->keys) : NULL;
    AUTO(free) char *notes = member ? lines_join(&learned->notes) : NULL;

    if (member) {
        message.title = learned->member.title;
        message.author = learned->member.author;
    }
    message.tags = tags;
    message.target = learned->target;
    message.keys = keys;
    message.notes = notes;
    /* The members that give way are those that were recorded before this one. */
    if (member && learned->displaces)
        index_displace_series(store, learned->series.id, learned->displaces);
    /* Nothing is learned from a mail that is recorded already.  The mail of another sender with its
     * Message-ID is a claim, which is recorded beside it. */
    if (index_record_message(store, &message) != 1)
        return -1;
    return member ? member_apply(store, learned) : 0;
}

/* ---- learned data of another host --------------------------------------------------------- */

/* Returns true if TOPIC is the topic id made from the id of SERIES itself, which means that the
 * host did not know an older posting of the topic. */
static bool is_own_topic(const char *topic, const char *series) {
    const char *topic_hash = strchr(topic, '-'), *series_hash = strchr(series, '-');

    return !topic_hash || !series_hash || strcmp(topic_hash, series_hash) == 0;
}

/* Chooses between the topic ids that two hosts gave the same series because they did not know the
 * same older mails.  An id from an older posting is preferred; of two such ids every host takes the
 * one that sorts first. */
static const char *topic_choose(const struct index_series *known,
                                const struct index_series *received) {
    if (is_own_topic(received->topic, received->id))
        return known->topic;
    if (is_own_topic(known->topic, known->id))
        return received->topic;
    return strcmp(known->topic, received->topic) < 0 ? known->topic : received->topic;
}

/* Adds to the recorded mail KNOWN what another host saw of it.  Returns bits of enum index_change;
 * -1 if there are none. */
static int known_update(struct store *store, const struct learned *learned,
                        const struct index_message *known) {
    struct index_message update = *known;
    struct arena arena = {.chunks = NULL};
    int changes = 0;

    update.lists = word_set_join(&arena, known->lists, learned->message.lists, LIMIT_LISTS_BYTES);
    update.posted =
        word_set_join(&arena, known->posted, learned->message.posted, LIMIT_LISTS_BYTES);
    update.published = true;
    if (!learned->message.via || !*learned->message.via)
        update.via = "";
    if (strcmp(update.lists, known->lists) != 0 || strcmp(update.posted, known->posted) != 0 ||
        !known->published || strcmp(update.via, known->via) != 0)
        changes = index_update_message(store, &update);
    arena_free(&arena);
    if (changes == 0 && !known->published && *known->series && known->part >= 0)
        changes = index_publish_member(store, known->series, known->part, known->message_id);
    return changes > 0 ? changes : -1;
}

/* Returns true if a mail with the author and the list of RECEIVED may enter the series KNOWN: a
 * mail of another author never does, and one whose author only a list names, only if the series was
 * seen on that list. */
static bool may_enter(const struct index_series *known, const struct index_series *received) {
    const char *via = received->via ? received->via : "";

    return strcmp(known->author, received->author) == 0 &&
           (!*via || strcmp(known->via, via) == 0 || word_set_has(known->lists, via));
}

int learned_record_foreign(struct store *store, struct learned *learned) {
    struct index_series *series = &learned->series, known;
    struct index_message message;

    if (index_find_message_of(store, learned->message.message_id, learned->message.sender,
                              learned->message.via ? learned->message.via : "", &message) &&
        strcmp(message.message_id, learned->message.message_id) == 0) {
        if (strcmp(message.sender, learned->message.sender) == 0)
            return known_update(store, learned, &message);
        learned->message.claim = true;
    }
    if (*learned->message.series && learned->message.part >= 0) {
        series->opened = learned->message.received;
        if (index_find_series_brief(store, series->id, &known)) {
            if (!may_enter(&known, series))
                return -1;
            series->topic = topic_choose(&known, series);
            series->id = known.id;
        }
    }
    return learned_record(store, learned);
}
