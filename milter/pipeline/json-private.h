/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-private.h - declarations that json.c, json-event.c and json-learned.c share.
 */
#ifndef JSON_PRIVATE_H
#define JSON_PRIVATE_H

#include "pipeline/json.h"
#include "util/json-write.h"

/* The parts of the data of an event that come from the facts of a mail; bits.  Every event of a
 * mail also has message_id, kind, author, list and subject. */
enum mail_part {
    MAIL_TITLE = 1,
    MAIL_TREE = 2,
    MAIL_COMMITS = 4,
    MAIL_APPLIED_TO = 8,
    MAIL_VERDICT = 16,
    MAIL_PULL = 32,
    MAIL_SERIES = 64,
    MAIL_OTHERS = 128, /* all other members, which only message.seen has */
    MAIL_ALL = 255,

    /* The combinations that types of events have, see event-types.h. */
    DATA_POSTED = MAIL_TITLE | MAIL_SERIES,
    DATA_TRAILER = MAIL_TITLE | MAIL_SERIES,
    DATA_SERIES = MAIL_TITLE | MAIL_SERIES | MAIL_TREE,
    DATA_PULL = MAIL_TITLE | MAIL_SERIES | MAIL_PULL,
    DATA_REPORT = MAIL_TITLE | MAIL_SERIES | MAIL_VERDICT,
    DATA_COMMIT = MAIL_TITLE | MAIL_SERIES | MAIL_TREE | MAIL_COMMITS | MAIL_APPLIED_TO
};

/* The functions json_add_* append members to the object that is open at the end of JSON.  They
 * cannot fail, except that a string that is not UTF-8 is left out. */

/* Adds the members that patchmark-events(7), THE DATA, describes, as far as PARTS, bits of enum
 * mail_part, selects them.  LIST is the List-Id of the list for which they are written; "" if there
 * is none. */
void json_add_mail(GString *json, const struct mail *mail, const char *list, unsigned parts);

/* Returns the address of the author: the fact patch.author, else the sender; "" if it is unknown.
 * The string belongs to MAIL. */
const char *json_author(const struct mail *mail);

/* Returns true if tag I of the fact trailers.given names the sender of MAIL.  A sender whom only a
 * list names does not speak for himself in series of other lists (the fact series.refused). */
bool json_tag_is_own(const struct mail *mail, size_t i);

/* Adds "list", an object with the List-Id LIST; nothing if LIST is "". */
void json_add_list(GString *json, const char *list);

/* Adds the members "name" and "value" of ITEM, a tag "Name: value".  Returns the value, which
 * points into ITEM; NULL if the value is not UTF-8. */
const char *json_add_trailer(GString *json, const char *item);

/* Adds "id", "topic", "version" and "total" of a series, as far as they are known. */
void json_add_series_numbers(GString *json, const struct json_series *series);
/* Adds "missing", the list of the numbers of missing parts, up to part 1,000. */
void json_add_missing(GString *json, const struct json_series *series);

#endif
