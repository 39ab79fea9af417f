/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learn.c - see learn.h.
 */
#include "learn.h"

#include "annotate.h"

#include <string.h>

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

static void learn_member(struct store *store, struct mail *mail) {
    const struct patchmark_facts *facts = mail->facts;
    struct index_series series = series_of(mail);
    struct index_member member = {.message_id = patchmark_message_id(mail->message),
                                  .title = series.title,
                                  .author = patchmark_fact_string(facts, "patch.author"),
                                  .part = patchmark_fact_int(facts, "series.part", 0)};
    const char *item;
    int news;

    if (!member.author)
        member.author = series.author;
    for (size_t i = 0; (item = patchmark_fact_item(facts, "series.same_as", i)); i++)
        index_join(store, series.id, item);
    news = index_learn_member(store, &series, &member);
    mail->series_opened = news > 0 && (news & INDEX_OPENED);
    mail->series_completed = news > 0 && (news & INDEX_COMPLETED);
    if (mail->series_completed && !mail->replayed)
        members_collect(store, mail, series.id);
    for (size_t i = 0; (item = patchmark_fact_item(facts, "series.keys", i)); i++)
        index_learn_key(store, item, series.id, series.changed);
    item = patchmark_fact_string(facts, "series.adopts");
    if (item)
        index_adopt(store, item, series.id);
}

static void learn_tags(struct store *store, const struct mail *mail, const char *series) {
    const char *tag;

    for (size_t i = 0; (tag = patchmark_fact_item(mail->facts, "trailers.given", i)); i++) {
        const char *own = patchmark_fact_item(mail->facts, "trailers.given_from_sender", i);

        if (own && strcmp(own, "true") != 0)
            continue; /* somebody's word about somebody else */
        index_learn_tag(store, series, patchmark_fact_int(mail->facts, "series.target", -1), tag,
                        patchmark_message_id(mail->message));
    }
}

void learn(struct store *store, struct mail *mail) {
    const struct patchmark_message *message = mail->message;
    const char *series = patchmark_fact_string(mail->facts, "series.id");
    int64_t part = patchmark_fact_int(mail->facts, "series.part", -1);
    struct index_message learned = {.message_id = patchmark_message_id(message),
                                    .series = series ? series : "",
                                    .sender = patchmark_message_sender(message),
                                    .kind = annotate_kind(mail),
                                    .list = patchmark_message_list(message),
                                    .part = part,
                                    .received = patchmark_message_received(message)};

    /* A known id from another sender is somebody's mistake or forgery; it teaches nothing. */
    if (!*learned.message_id || (index_learn_message(store, &learned) != 1))
        return;
    if (series && part >= 0)
        learn_member(store, mail);
    else if (series)
        learn_tags(store, mail, series);
}
