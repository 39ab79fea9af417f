/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-private.h - the objects that events have: message, series, target, trailer (json-message.c,
 * json-series.c), and what json.c shares with them.  patchmark-events(7) describes them.
 *
 * The functions append to the object that is open, and cannot fail, except that a string that is
 * not UTF-8 is left out.
 */
#ifndef JSON_PRIVATE_H
#define JSON_PRIVATE_H

#include "pipeline/json-bounded.h"
#include "pipeline/json.h"
#include "pipeline/series-view.h"

/* ---- the mail ------------------------------------------------------------------------------ */

/* Appends the object "message" of MAIL; ARCHIVE_URL is its link, or NULL.  If WHOLE is true, with
 * all facts, as message.seen has it. */
void json_add_message(struct json_object *data, struct mail *mail, const char *archive_url,
                      bool whole);
/* Appends the object "message" of a mail that another host received, as far as LEARNED has it. */
void json_add_learned_message(struct json_object *data, const struct learned *learned);
/* Appends "pull", a pull request. */
void json_add_pull(struct json_object *object, const struct mail *mail);
/* Appends "target", the mail that MAIL answers; nothing if it answers none. */
void json_add_target(struct json_object *data, const struct mail *mail);

/* A tag, "Name: value", that a mail gives. */
struct json_tag_given {
    struct patchmark_text name;
    const char *value;
    struct patchmark_text person_name, address; /* empty if VALUE names none */
};
struct json_tag_given json_tag_read(const char *tag);
/* Appends "person", the person whom TAG names; nothing if it names none. */
void json_add_tag_person(struct json_object *object, const struct json_tag_given *tag);
/* Appends "name" and "value". */
void json_add_tag(struct json_object *object, const struct json_tag_given *tag);

/* Returns true if tag I of the fact trailers.given names the sender of MAIL.  A sender whom only a
 * list names does not speak for himself in series of other lists (the fact series.refused). */
bool json_tag_is_own(const struct mail *mail, size_t i);

/* Returns the address of the author: the fact patch.author, else the sender; "" if it is unknown.
 * The string belongs to MAIL. */
const char *json_author(const struct mail *mail);

/* Returns true if NAME is the full name of a fact of a plugin that patchmark does not include. */
bool json_fact_is_foreign(const char *name);

/* ---- the series ---------------------------------------------------------------------------- */

/* Appends the object KEY, "series" or "old", of VIEW, whose members were read; nothing if VIEW is
 * NULL.
 */
void json_add_series(struct json_object *data, const char *key, const struct series_view *view);
/* Appends the object "series" in short; PART is that of the mail, -1 for an answer. */
void json_add_series_short(struct json_object *data, const struct index_series *series,
                           int64_t part);

#endif
