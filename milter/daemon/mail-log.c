/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail-log.c - see mail-log.h.  Owns nothing.
 */
#include "daemon/mail-log.h"

#include "pipeline/annotate.h"
#include "pipeline/mail-lists.h"
#include "util/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- mail that is not read ---------------------------------------------------------------- */

/* Copies what VALUE has in <>, or all of it, without blanks at its ends, to NAME. */
static void name_keep(char name[256], const char *value) {
    const char *open = strrchr(value, '<');
    size_t length;

    value = open ? open + 1 : value;
    value += strspn(value, " \t\r\n");
    length = open ? strcspn(value, ">") : strlen(value);
    while (length > 0 && strchr(" \t\r\n", value[length - 1]))
        length--;
    snprintf(name, 256, "%.*s", (int)(length < 256 ? length : 255), value);
}

void mail_names_note(struct mail_names *names, const char *name, const char *value) {
    if (strcasecmp(name, "List-Id") == 0)
        name_keep(names->list_id, value);
    else if (strcasecmp(name, "Message-ID") == 0)
        name_keep(names->message_id, value);
}

void mail_log_unread(const struct mail *mail, const struct mail_names *names,
                     enum envelope_exempt exempt, const char *queue_id) {
    static const char *const reasons[] = {[ENVELOPE_NOT_EXEMPT] = "max-mails",
                                          [ENVELOPE_CLIENT] = "exempt-client",
                                          [ENVELOPE_USER] = "exempt-user",
                                          [ENVELOPE_RECIPIENTS] = "exempt-recipients"};
    bool is_list = mail->recipient_count > 0 || *names->list_id;
    enum patchmark_level level = is_list ? PATCHMARK_INFO : PATCHMARK_DEBUG;
    struct log_entry entry;

    if (!log_is_enabled(level))
        return;
    log_entry_start(&entry, level, exempt ? "exempt mail" : "mail passes unread");
    log_entry_tag(&entry, "queue-id", queue_id);
    if (mail->recipient_count > 0)
        log_entry_string(&entry, "list", mail->recipients[0]->pattern);
    log_entry_string(&entry, "list-id", names->list_id);
    log_entry_id(&entry, "message-id", names->message_id);
    log_entry_string(&entry, "no-headers", reasons[exempt]);
    log_entry_string(&entry, "no-events", reasons[exempt]);
    log_entry_write(&entry, level);
}

/* ---- reasons ------------------------------------------------------------------------------ */

/* Returns why MAIL has no header fields; NULL if it has. */
static const char *headers_reason(const struct mail *mail, const struct mail_outcome *outcome) {
    switch (outcome->headers) {
    case MAIL_HEADERS_FORGED:
        return "forged";
    case MAIL_HEADERS_ACTIONS:
        return "actions";
    case MAIL_HEADERS_REFUSED:
        return "refused";
    case MAIL_HEADERS_WRITTEN:
        break;
    }
    if (outcome->written > 0)
        return NULL;
    if (mail->copy_id)
        return "copy";
    return !mail->facts ? "memory" : !mail->annotate ? "annotate" : "headers";
}

/* Returns why MAIL causes no events; NULL if it does. */
static const char *events_reason(const struct mail *mail) {
    if (mail->copy_id)
        return "copy";
    if (!mail->facts)
        return "memory";
    if (mail->list_count == 0)
        return mail->unlisted;
    if (mail->unrecorded)
        return "store";
    if (mail->lists[0].closed)
        return "closed";
    if (!mail->publish)
        return mail->notice ? "notice" : "not-posted";
    return mail->event_count > 0 ? NULL : "published";
}

/* ---- mail that is read -------------------------------------------------------------------- */

/* Patches and covers have these; a reply belongs to a series, but has no part. */
static void part_log(struct log_entry *entry, const struct patchmark_facts *facts) {
    int64_t version = patchmark_fact_int(facts, "series.version", -1);
    int64_t part = patchmark_fact_int(facts, "series.part", -1);
    int64_t total = patchmark_fact_int(facts, "series.total", -1);

    if (part < 0)
        return;
    if (version >= 0)
        log_entry_number(entry, "version", version);
    if (entry->format == LOG_AS_TEXT && total >= 0) {
        char text[64];

        snprintf(text, sizeof(text), "%" PRId64 "/%" PRId64, part, total);
        log_entry_string(entry, "part", text);
        return;
    }
    log_entry_number(entry, "part", part);
    if (total >= 0)
        log_entry_number(entry, "total", total);
}

static void what_it_is_log(struct log_entry *entry, const struct mail *mail) {
    bool copy = mail->copy_id;
    const char *list = copy ? mail->copy_list : patchmark_message_list(mail->message);

    log_entry_string(entry, "kind", copy ? "copy" : mail->facts ? annotate_kind(mail) : "other");
    if (mail->facts) {
        log_entry_string(entry, "series", patchmark_fact_string(mail->facts, "series.id"));
        part_log(entry, mail->facts);
    }
    log_entry_string(entry, "list", *list || entry->format == LOG_AS_JSON ? list : "-");
    if (!copy && mail->list_count == 0)
        log_entry_string(entry, "list-id", message_list_id(mail->message));
    log_entry_words(entry, "flags", mail->flags.words, mail->flags.count);
    log_entry_words(entry, "labels", mail->labels.words, mail->labels.count);
    log_entry_id(entry, "message-id", copy ? mail->copy_id : patchmark_message_id(mail->message));
    log_entry_number(entry, "bytes", (int64_t)message_size(mail->message));
}

void mail_log(const struct mail *mail, const struct mail_outcome *outcome) {
    struct log_entry entry;

    if (!log_is_enabled(PATCHMARK_INFO))
        return;
    log_entry_start(&entry, PATCHMARK_INFO, mail->copy_id ? "copy of a mail" : "mail classified");
    log_entry_tag(&entry, "queue-id", outcome->queue_id);
    what_it_is_log(&entry, mail);
    log_entry_number(&entry, "headers", (int64_t)outcome->written);
    log_entry_string(&entry, "no-headers", headers_reason(mail, outcome));
    log_entry_number(&entry, "events", mail->unrecorded ? 0 : (int64_t)mail->event_count);
    log_entry_string(&entry, "no-events", events_reason(mail));
    log_entry_bool(&entry, "again", mail->seen_before);
    if (outcome->forged > 0)
        log_entry_number(&entry, "forged", (int64_t)outcome->forged);
    log_entry_duration(&entry, "ms", outcome->microseconds);
    log_entry_write(&entry, PATCHMARK_INFO);
}
