/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json.h - mails and events as JSON (json*.c).
 *
 * Every string that goes in is valid UTF-8 already, and left out where it is not; every text that
 * comes out is one line, on the heap, for free(3).
 */
#ifndef JSON_H
#define JSON_H

#include "pipeline/mail.h"

/* One mail as `patchmark classify --format=json` prints it: facts, headers, event types. */
char *json_mail(const struct mail *mail);

struct outbox_event;

/* Composes the CloudEvent 1.0 of an event of the outbox.  REPLAY adds the attribute "replay":true:
 * the event may have been published before. */
char *json_event_compose(const struct outbox_event *event, bool replay);

/* Writes "//HOST/patchmark", the source of the events of HOST; what is too long of HOST is cut. */
#define JSON_SOURCE_SIZE 512
void json_event_source(const char *host, char source[JSON_SOURCE_SIZE]);

/* The functions json_*_data return the object that is the "data" of an event. */

/* An event of a mail. */
char *json_event_data(const struct mail *mail, const struct mail_event *event);

/* A series as the index knows it.  What is not wanted may be left empty. */
struct json_member {
    int64_t part;
    const char *message_id, *title, *author;
};
struct json_tag {
    int64_t part; /* that it was given to; -1: not known, or all */
    const char *tag, *message_id;
};
struct json_version {
    const char *id, *title;
    int64_t version, opened;
    bool rfc;
};
struct json_series {
    const char *id, *topic, *author, *title;
    int64_t version, total, opened;    /* -1: not known */
    int64_t elapsed;                   /* seconds from its first mail to its last */
    const struct json_member *members; /* by part */
    size_t member_count;
    const struct json_tag *tags;
    size_t tag_count;
    const struct json_version *versions; /* of the same work, oldest first */
    size_t version_count;
};

/* The whole of it, for `patchmark series --json`. */
char *json_series(const struct json_series *series);

/* series.incomplete: parts that are there, and those that are missing. */
char *json_incomplete_data(const struct json_series *series);

/* series.completed, where no mail of this host showed it: LAST, which another host saw, was the
 * last that was missing. */
char *json_completed_data(const struct json_series *series, const struct learned *last);

/* What the daemon says of itself. */
struct json_service {
    const char *state;                             /* "started", "stopped", "lost" */
    const char *sink;                              /* whose events it is about; NULL: of all */
    int64_t lost;                                  /* events that were lost now; 0: none */
    int64_t mails_count, events_count, lost_count; /* since the start; -1: not said */
};

/* service.status has no mail. */
char *json_service_data(const struct json_service *service);

#endif
