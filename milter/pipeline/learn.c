/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learn.c - see learn.h.
 */
#include "pipeline/learn.h"

#include "pipeline/annotate.h"
#include "pipeline/event.h"

#include <string.h>

/* ---- the series --------------------------------------------------------------------------- */

/* Numbers that the mail itself says are the series's; those that the plugin filled in are not. */
static struct index_series series_of(const struct mail *mail) {
    const struct patchmark_facts *facts = mail->facts;
    const char *topic = patchmark_fact_string(facts, "series.topic");
    const char *title = patchmark_fact_string(facts, "subject.title");

    return (struct index_series){.id = patchmark_fact_string(facts, "series.id"),
                                 .topic = topic ? topic : "",
                                 .author = patchmark_message_sender(mail->message),
                                 .title = title ? title : "",
                                 .version = patchmark_fact_int(facts, "subject.version", -1),
                                 .total = patchmark_fact_is_set(facts, "subject.part")
                                              ? patchmark_fact_int(facts, "subject.total", -1)
                                              : patchmark_fact_int(facts, "series.total", -1),
                                 .changed = patchmark_message_received(mail->message),
                                 .rfc = patchmark_fact_bool(facts, "subject.rfc"),
                                 .archived = mail->replayed};
}

struct members {
    struct mail *mail;
    size_t room;
};

static void member_note(void *argument, const struct index_member *member) {
    struct members *members = argument;
    struct mail *mail = members->mail;
    size_t count = mail->member_count;

    if (count == members->room) {
        struct mail_member *more =
            arena_take(&mail->arena, 2 * (count + 8) * sizeof(*mail->members));

        if (count > 0)
            memcpy(more, mail->members, count * sizeof(*more));
        mail->members = more;
        members->room = 2 * (count + 8);
    }
    mail->members[mail->member_count++] =
        (struct mail_member){member->part, arena_copy(&mail->arena, member->message_id,
                                                      strlen(member->message_id))};
}

/* Subscribers who wait for a whole series get to know its mails at once. */
static void members_collect(struct store *store, struct mail *mail, const char *id) {
    struct members members = {.mail = mail};
    struct index_series series;

    index_walk_members(store, id, member_note, &members);
    if (index_find_series(store, id, &series))
        mail->elapsed = series.changed - series.opened;
}

/* ---- what a mail teaches ------------------------------------------------------------------ */

static struct lesson_list list_of(const struct mail *mail, const char *fact) {
    struct lesson_list list;

    list.items = facts_items(mail->facts, fact, &list.count);
    return list;
}

static void member_read(const struct mail *mail, struct lesson *lesson) {
    lesson->series = series_of(mail);
    lesson->member =
        (struct index_member){.message_id = lesson->message.message_id,
                              .title = lesson->series.title,
                              .author = patchmark_fact_string(mail->facts, "patch.author"),
                              .part = lesson->message.part};
    if (!lesson->member.author)
        lesson->member.author = lesson->series.author;
    lesson->same_as = list_of(mail, "series.same_as");
    lesson->keys = list_of(mail, "series.keys");
    lesson->notes = list_of(mail, "series.notes");
    lesson->adopts = patchmark_fact_string(mail->facts, "series.adopts");
}

/* Those that its sender gives; the others are somebody's word about somebody else. */
static void tags_read(struct mail *mail, struct lesson *lesson) {
    struct lesson_list given = list_of(mail, "trailers.given");
    struct lesson_list own = list_of(mail, "trailers.given_from_sender");
    const char **tags;

    lesson->target = patchmark_fact_int(mail->facts, "series.target", -1);
    if (given.count == 0)
        return;
    tags = arena_take(&mail->arena, given.count * sizeof(*tags));
    for (size_t i = 0; i < given.count; i++)
        if (i >= own.count || strcmp(own.items[i], "true") == 0)
            tags[lesson->tags.count++] = given.items[i];
    lesson->tags.items = tags;
}

static void lesson_read(struct mail *mail, struct lesson *lesson) {
    const struct patchmark_message *message = mail->message;
    const char *series = patchmark_fact_string(mail->facts, "series.id");

    *lesson =
        (struct lesson){.message = {.message_id = patchmark_message_id(message),
                                    .series = series ? series : "",
                                    .sender = patchmark_message_sender(message),
                                    .kind = annotate_kind(mail),
                                    .list = patchmark_message_list(message),
                                    .part = patchmark_fact_int(mail->facts, "series.part", -1),
                                    .received = patchmark_message_received(message)},
                        .target = -1};
    if (series && lesson->message.part >= 0)
        member_read(mail, lesson);
    else if (series)
        tags_read(mail, lesson);
}

void learn(struct store *store, struct mail *mail) {
    struct lesson *lesson;
    int news;

    if (!*patchmark_message_id(mail->message))
        return;
    lesson = arena_take(&mail->arena, sizeof(*lesson));
    lesson_read(mail, lesson);
    news = lesson_apply(store, lesson);
    if (news < 0)
        return;
    mail->lesson = lesson;
    mail->series_opened = news & INDEX_OPENED;
    mail->series_completed = lesson->told = news & INDEX_COMPLETED;
    if (mail->series_completed && !mail->replayed)
        members_collect(store, mail, lesson->series.id);
}

bool learn_is_repeated(struct store *store, struct mail *mail) {
    const struct patchmark_message *message = mail->message;
    const char *sender = patchmark_message_sender(message);

    event_prepare(mail);
    return index_learn_message(
               store, &(struct index_message){
                          .message_id =
                              mail->disputed
                                  ? arena_join(&mail->arena,
                                               (const char *[]){mail->identity, "\n", sender, NULL})
                                  : mail->identity,
                          .series = "",
                          .sender = sender,
                          .kind = annotate_kind(mail),
                          .list = "",
                          .part = -1,
                          .received = patchmark_message_received(message)}) == 0;
}
