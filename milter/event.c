/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event.c - see event.h.
 *
 * An event's id is a hash over its type, the message-id and what else makes it unique, so that the
 * same fact has the same id on every host and after every replay.
 */
#include "event.h"

#include "annotate.h"
#include "digest.h"

#include <string.h>

/* MESSAGE_ID "" makes the event one of the series and not of the mail that showed it first, which
 * may be another on another host. */
static void event_add(struct mail *mail, const char *type, const char *message_id,
                      const char *unique) {
    const char *const fields[] = {type, message_id, unique};
    struct mail_event *event;
    char id[DIGEST_EVENT_SIZE];

    if (mail->event_count == MAIL_EVENTS)
        return;
    digest_fields(fields, sizeof(fields) / sizeof(fields[0]), id);
    event = &mail->events[mail->event_count++];
    event->type = type;
    event->id = arena_copy(&mail->arena, id, strlen(id));
}

/* The Message-ID; for a mail without one, a hash of what it is known by. */
static const char *identity(struct mail *mail) {
    const struct patchmark_message *message = mail->message;
    const char *id = patchmark_message_id(message);
    const char *const fields[] = {patchmark_message_header(message, "From", 0),
                                  patchmark_message_header(message, "Date", 0),
                                  patchmark_message_header(message, "Subject", 0)};
    char digest[DIGEST_EVENT_SIZE];

    if (*id)
        return id;
    digest_fields(fields, sizeof(fields) / sizeof(fields[0]), digest);
    return arena_copy(&mail->arena, digest, strlen(digest));
}

void event_derive(struct mail *mail, bool series_is_new) {
    const char *id = identity(mail);

    mail->event_count = 0;
    event_add(mail, EVENT_MESSAGE_SEEN, id, "");
    if (series_is_new)
        event_add(mail, EVENT_SERIES_OPENED, "", patchmark_fact_string(mail->facts, "series.id"));
    if (strcmp(annotate_kind(mail), "pull") == 0)
        event_add(mail, EVENT_PULL_REQUESTED, id, "");
}
