/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json.h - all of Jansson: mails and events as JSON, events as people read them.
 *
 * Every string that goes in is valid UTF-8 already; every text that comes out is one line, on the
 * heap.  NULL: out of memory.
 */
#ifndef JSON_H
#define JSON_H

#include "mail.h"

/* One mail as `patchmark classify --format=json` prints it: facts, headers, event types. */
char *json_mail(const struct mail *mail);

/* One event as a CloudEvent 1.0.  HOST: its source; TIME: seconds since 1970. */
char *json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                 int64_t time);

/* service.status has no mail: STATE is "started" or "stopped". */
char *json_service_event(const char *id, const char *state, const char *host, int64_t time);

/* A CloudEvent as one line for people, "" when JSON is not one. */
char *json_event_summary(const char *json);

#endif
