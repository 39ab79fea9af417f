/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-private.h - what the files of json.h that write share.
 */
#ifndef JSON_PRIVATE_H
#define JSON_PRIVATE_H

#include "pipeline/json.h"
#include "util/json-write.h"

/* What is known of a mail, by what events tell of it beside its message_id, kind, author, list and
 * subject, which all of them do. */
enum mail_part {
    MAIL_TITLE = 1,
    MAIL_TREE = 2,
    MAIL_COMMITS = 4,
    MAIL_APPLIED_TO = 8,
    MAIL_VERDICT = 16,
    MAIL_PULL = 32,
    MAIL_SERIES = 64,
    MAIL_REST = 128,
    MAIL_ALL = 255,

    MAIL_NAMED = MAIL_TITLE | MAIL_SERIES, /* what events hold, see event-types.h */
    MAIL_POSTED = MAIL_NAMED | MAIL_TREE,
    MAIL_ASKED = MAIL_NAMED | MAIL_PULL,
    MAIL_REPORTED = MAIL_NAMED | MAIL_VERDICT,
    MAIL_APPLIED = MAIL_POSTED | MAIL_COMMITS | MAIL_APPLIED_TO
};

/* Its members, where patchmark-events(7), THE DATA, puts them.  PARTS: bits of mail_part. */
void json_of_mail(GString *json, const struct mail *mail, unsigned parts);

/* Who wrote what the mail holds, as "author" says it; "" when nobody is known. */
const char *json_author(const struct mail *mail);

/* "list" with its id; nothing for "". */
void json_of_list(GString *json, const char *list);

/* The members "name" and "value" of "Name: value".  The value; NULL: it is no UTF-8. */
const char *json_of_trailer(GString *json, const char *item);

/* Id, topic, version and total of a series, members of an object. */
void json_of_numbers(GString *json, const struct json_series *series);
/* "missing", the numbers of the parts that are. */
void json_of_missing(GString *json, const struct json_series *series);

#endif
