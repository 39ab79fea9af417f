/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event.c - derives the events of a mail from its facts; see event.h.
 *
 * Owns nothing and cannot fail.  The id of an event is a hash over its type, the Message-ID and
 * whatever else makes it unique, so that the same event has the same id on every host and after
 * every replay.
 */
#include "pipeline/event.h"

#include "pipeline/annotate.h"
#include "pipeline/bounds.h"
#include "pipeline/mail-lists.h"
#include "pipeline/series-view.h"
#include "util/digest.h"
#include "util/word-set.h"

#include <string.h>

void event_id(const char *type, const char *message_id, const char *unique,
              char id[DIGEST_EVENT_SIZE]) {
    const char *const fields[] = {type, message_id, unique};

    digest_fields(fields, sizeof(fields) / sizeof(fields[0]), id);
}

/* Adds an event, unless the mail has one with the same id.  ITEM is the index in the list fact
 * trailers.given; 0 for other types. */
static void event_add(struct mail *mail, const char *type, const char *message_id,
                      const char *unique, size_t item) {
    char id[DIGEST_EVENT_SIZE];

    event_id(type, message_id, unique, id);
    for (size_t i = 0; i < mail->event_count; i++)
        if (strcmp(mail->events[i].id, id) == 0)
            return;
    mail->events[mail->event_count++] = (struct mail_event){
        .type = type, .id = arena_copy(&mail->arena, id, strlen(id)), .item = item};
}

/* Returns the Message-ID; for a mail without one, a hash over From, Date and Subject. */
static const char *identity_make(struct mail *mail) {
    static const char *const names[] = {"From", "Date", "Subject"};
    const char *id = patchmark_message_id(mail->message), *fields[3];
    char digest[DIGEST_EVENT_SIZE];

    if (*id)
        return id;
    for (size_t i = 0; i < 3; i++)
        fields[i] = patchmark_message_header(mail->message, names[i], 0);
    digest_fields(fields, 3, digest);
    return arena_copy(&mail->arena, digest, strlen(digest));
}

/* Adds series.amended for the series ID, whose PART was added or replaced, or is the cover. */
static void amended_add(struct mail *mail, const char *id, const char *reason, int64_t part) {
    size_t count = mail->event_count;

    event_add(mail, EVENT_SERIES_AMENDED, mail->identity, id, 0);
    if (mail->event_count == count)
        return;
    mail->events[count].reason = reason;
    mail->events[count].part = part;
}

static void amended_derive(struct mail *mail, const char *series) {
    int64_t part = patchmark_fact_int(mail->facts, "series.part", -1);

    if (mail->series_amended)
        amended_add(mail, series, part == 0 ? "cover" : "added", part);
    if (mail->reroll)
        amended_add(mail, mail->reroll->row.id, "replaced", mail->reroll_part);
}

/* Adds series.aliased for each id that is now one of the series as well. */
static void aliased_derive(struct mail *mail, const char *series) {
    const char *same;

    for (size_t i = 0;
         i < LIMIT_EVENTS_ALIASED && (same = patchmark_fact_item(mail->facts, "series.same_as", i));
         i++) {
        size_t count = mail->event_count;

        event_add(mail, EVENT_SERIES_ALIASED, "",
                  arena_join(&mail->arena, (const char *[]){series, " ", same, NULL}), 0);
        if (mail->event_count > count)
            mail->events[count].same_as = same;
    }
}

/* Adds the events that a member causes for its series. */
static void series_events_derive(struct mail *mail) {
    const char *series = patchmark_fact_string(mail->facts, "series.id");
    const char *old = patchmark_fact_string(mail->facts, "series.supersedes");

    if (mail->series_opened)
        event_add(mail, EVENT_SERIES_OPENED, "", series, 0);
    if (old)
        event_add(mail, EVENT_SERIES_SUPERSEDED, "",
                  arena_join(&mail->arena, (const char *[]){series, " ", old, NULL}), 0);
    aliased_derive(mail, series);
    if (mail->series_completed)
        event_add(mail, EVENT_SERIES_COMPLETED, "", series, 0);
    amended_derive(mail, series);
}

static bool flag_is_set(const struct mail *mail, const char *flag) {
    for (size_t i = 0; i < mail->flags.count; i++)
        if (strcmp(mail->flags.words[i], flag) == 0)
            return true;
    return false;
}

/* Adds trailer.given for each tag that a reply gives. */
static void tag_events_derive(struct mail *mail, const char *id, const char *unique) {
    const char *tag;

    for (size_t i = 0;
         i < LIMIT_EVENTS_GIVEN && (tag = patchmark_fact_item(mail->facts, "trailers.given", i));
         i++) {
        if (mail_lists_hide_text(mail, tag))
            continue;
        event_add(mail, EVENT_TRAILER_GIVEN, id,
                  *unique ? arena_join(&mail->arena, (const char *[]){unique, " ", tag, NULL})
                          : tag,
                  i);
    }
}

void event_prepare(struct mail *mail) {
    char id[DIGEST_EVENT_SIZE];

    mail->identity = identity_make(mail);
    event_id(EVENT_MESSAGE_SEEN, mail->identity, "", id);
    mail->seen_id = arena_copy(&mail->arena, id, strlen(id));
}

static void seen_event_derive(struct mail *mail, const char *unique) {
    if (*unique)
        event_add(mail, EVENT_MESSAGE_SEEN, mail->identity, unique, 0);
    else
        mail->events[mail->event_count++] =
            (struct mail_event){.type = EVENT_MESSAGE_SEEN, .id = mail->seen_id};
}

/* Returns what distinguishes the events of MAIL from those of another one with its Message-ID; ""
 * if there is none. */
static const char *unique_of(const struct mail *mail) {
    const char *sender = patchmark_message_sender(mail->message);

    return !mail->disputed ? "" : *sender ? sender : "unknown";
}

void event_derive_posted(struct mail *mail, const char *posted) {
    const char *unique = unique_of(mail);

    if (!mail->identity)
        event_prepare(mail);
    for (size_t i = 0; i < mail->list_count; i++) {
        const struct mail_list *list = &mail->lists[i];

        if (!list->posted || list->closed || !*list->id || word_set_has(posted, list->id))
            continue;
        event_add(mail, EVENT_MESSAGE_POSTED, mail->identity,
                  *unique ? arena_join(&mail->arena, (const char *[]){list->id, " ", unique, NULL})
                          : list->id,
                  0);
        mail->events[mail->event_count - 1].list = list;
        mail->events[mail->event_count - 1].archive_url = mail_lists_archive_url(mail, list);
        if (!mail->archive_url)
            mail->archive_url = mail->events[mail->event_count - 1].archive_url;
    }
}

void event_derive(struct mail *mail) {
    const char *kind = annotate_kind(mail), *id;
    const char *unique = unique_of(mail);

    if (!mail->identity)
        event_prepare(mail);
    id = mail->identity;
    mail->event_count = 0;
    mail->kept = NULL;
    seen_event_derive(mail, unique);
    event_derive_posted(mail, "");
    if (patchmark_fact_is_set(mail->facts, "series.part"))
        series_events_derive(mail);
    tag_events_derive(mail, id, unique);
    if (strcmp(kind, "pull") == 0)
        event_add(mail, EVENT_PULL_REQUESTED, id, unique, 0);
    if (strcmp(kind, "report") == 0)
        event_add(mail, EVENT_REPORT_RAISED, id, unique, 0);
    if (strcmp(kind, "commit") == 0 || flag_is_set(mail, "applied"))
        event_add(mail, EVENT_COMMIT_ANNOUNCED, id, unique, 0);
}
