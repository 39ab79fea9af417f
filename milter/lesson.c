/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lesson.c - see lesson.h.
 */
#include "lesson.h"

static int member_apply(struct store *store, const struct lesson *lesson) {
    const struct index_series *series = &lesson->series;
    int news;

    for (size_t i = 0; i < lesson->same_as.count; i++)
        index_join(store, series->id, lesson->same_as.items[i]);
    news = index_learn_member(store, series, &lesson->member);
    for (size_t i = 0; i < lesson->keys.count; i++)
        index_learn_key(store, lesson->keys.items[i], series->id, series->changed);
    if (lesson->adopts)
        index_adopt(store, lesson->adopts, series->id);
    return news;
}

int lesson_apply(struct store *store, const struct lesson *lesson) {
    const struct index_message *message = &lesson->message;

    /* A known id from another sender is somebody's mistake or forgery; it teaches nothing. */
    if (index_learn_message(store, message) != 1)
        return -1;
    if (*message->series && message->part >= 0)
        return member_apply(store, lesson);
    for (size_t i = 0; i < lesson->tags.count; i++)
        index_learn_tag(store, message->series, lesson->target, lesson->tags.items[i],
                        message->message_id);
    return 0;
}
