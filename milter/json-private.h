/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-private.h - what the files of json.h share: pieces of JSON as Jansson holds them.
 */
#ifndef JSON_PRIVATE_H
#define JSON_PRIVATE_H

#include "cleanup.h"
#include "json.h"

#include <jansson.h>

CLEANUP_DEFINE(json_t *, json_decref)

/* What is known of a mail, where patchmark-events(7), THE DATA, puts it.  KEYS: of that message_id,
 * kind, author, list and subject, and what it names, NULL at its end; KEYS NULL: all. */
json_t *json_of_mail(const struct mail *mail, const char *const *keys);

/* "Name: value" as an object with both. */
json_t *json_of_trailer(const char *item);

/* Id, topic, version and total of a series; the numbers of the parts that are missing. */
json_t *json_of_numbers(const struct json_series *series);
json_t *json_of_missing(const struct json_series *series);

/* Sets a member of OBJECT; nothing is set for NULL, "", or a number below 0. */
void json_add_string(json_t *object, const char *key, const char *value);
void json_add_number(json_t *object, const char *key, int64_t number);

#endif
