/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail.c - see mail.h.
 */
#include "pipeline/mail.h"

#include <string.h>

int mail_init(struct mail *mail) {
    memset(mail, 0, sizeof(*mail));
    mail->message = message_new();
    return mail->message ? 0 : -1;
}

void mail_reset(struct mail *mail) {
    message_reset(mail->message);
    facts_free(mail->facts);
    mail->facts = NULL;
    arena_reset(&mail->arena);
    mail->learned = NULL;
    mail->identity = mail->seen_id = NULL;
    mail->series = mail->reroll = NULL;
    mail->seen_lists = mail->archive_url = NULL;
    mail->copy_id = mail->copy_list = mail->unlisted = NULL;
    mail->configuration = NULL;
    mail->kept = NULL;
    mail->outbox = NULL;
    mail->flags.count = mail->labels.count = mail->header_count = mail->event_count = 0;
    mail->list_count = mail->scope_count = 0;
    mail->default_list = NULL;
    mail->content = mail->content_bytes = 0;
    mail->recipient_count = 0;
    mail->seen_before = mail->disputed = mail->series_opened = mail->series_completed =
        mail->series_amended = mail->composed = mail->eventless = mail->imported = mail->explained =
            mail->unchanging = mail->unpublished = mail->unrecorded = mail->local = mail->digested =
                false;
}

void mail_free(struct mail *mail) {
    message_free(mail->message);
    facts_free(mail->facts);
    arena_free(&mail->arena);
    memset(mail, 0, sizeof(*mail));
}
