/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json.h - writes mails, series and events as JSON (json.c, json-event.c, json-message.c,
 * json-series.c).
 *
 * Each function that returns a string returns one line of JSON (RFC 8259) in UTF-8, NUL-terminated
 * and without a newline, which the caller frees with free(3).  It is never NULL: the process ends
 * if memory runs out.  Input strings must be UTF-8; one that is not is left out.  The functions may
 * be called on any thread.
 */
#ifndef JSON_H
#define JSON_H

#include "pipeline/mail.h"

/* Returns a mail as `patchmark classify --format=json` prints it: facts, header fields and types of
 * events, unless MAIL->unchanging is set, and explanations if MAIL->explained is. */
char *json_mail(const struct mail *mail);

struct outbox_event;

/* Returns an event of the outbox as a CloudEvent (CloudEvents 1.0, JSON format).  If REPLAY is
 * true, the event may have been delivered before, and has the attribute "replay":true. */
char *json_event_compose(const struct outbox_event *event, bool replay);

/* Writes "https://HOST/patchmark", the source of the events of HOST, NUL-terminated, to SOURCE.
 * HOST is cut after 480 bytes. */
#define JSON_SOURCE_SIZE 512
void json_event_source(const char *host, char source[JSON_SOURCE_SIZE]);

/* The functions json_*_data return the object that is the "data" of an event, of at most
 * LIMIT_JSON_DATA bytes: of long lists, the first entries. */

/* Returns the data of EVENT, one of MAIL->events.  A series is left out unless event_series_read
 * was called. */
char *json_event_data(struct mail *mail, const struct mail_event *event);

struct series_view;

/* Returns the data of series.incomplete for SERIES, which was read. */
char *json_incomplete_data(const struct series_view *series);

/* Returns the data of series.completed for SERIES, which was read and which a mail of another host
 * completed.  LAST is the learned data of that mail. */
char *json_completed_data(const struct series_view *series, const struct learned *last);

/* The state of the daemon, for service.status. */
struct json_service {
    const char *state; /* "started", "stopped", "lost" */
    const char *sink;  /* the sink concerned; NULL for all */
    int64_t lost;      /* events dropped for SINK, or without SINK mails not recorded; 0 if none */
    int64_t mails_count, events_count, lost_count; /* since the start; -1 to leave them out */
};

/* Returns the data of service.status, which no mail causes. */
char *json_service_data(const struct json_service *service);

#endif
