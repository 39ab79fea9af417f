/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-words.h - what an event says, in few words: the cells of a line of `patchmark tail`.
 * patchmark-events(7) describes the data of events.
 *
 * The functions may be called on any thread and cannot fail.  Strings that they return are borrowed
 * from the event; they come from mails or from other programs, and may contain any character.
 */
#ifndef EVENT_WORDS_H
#define EVENT_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* An event, and parts of it; NULL if missing. */
struct event_parts {
    const json_t *whole, *data;     /* the CloudEvent and its data */
    const json_t *series, *message; /* the members of the data */
};

/* Returns the parts of the event WHOLE, which may be NULL or of any type. */
struct event_parts event_parts_of(const json_t *whole);
/* Returns the parts of an event of which only DATA is known, which may be NULL or of any type. */
struct event_parts event_parts_of_data(const json_t *data);
/* Returns true if EVENT says of a series of one patch, without a cover, that it is complete. */
bool event_is_single_patch(const struct event_parts *event);

/* Returns the title of the patch, of the series, or of the mail; of series.superseded, that of the
 * older series.  "" if there is none. */
const char *event_title(const struct event_parts *event);
/* Returns the name of the author of the mail; of an event about a series, of that series, and of
 * series.superseded, of the older one.  If there is no name, returns the address, and "" if there
 * is neither. */
const char *event_author(const struct event_parts *event);
/* Returns the List-Id of the list of the event; "" if there is none. */
const char *event_list(const struct event_parts *event);
/* Returns the string KEY of OBJECT, which may be NULL or of any type; "" if there is no string. */
const char *event_string(const json_t *object, const char *key);
/* Returns true if the message or series OBJECT has FLAG. */
bool event_has_flag(const json_t *object, const char *flag);

/* Writes what happened, the most important word first, such as "v3 2/5", "Reviewed-by 2/5", or
 * "superseded by v4 (title)", "part 2 replaced by v2.1".  A tab stands before words that a narrow
 * column can lack. */
void event_words_write(FILE *text, const struct event_parts *event);

/* The parameters of ANSI escape sequences. */
#define EVENT_DIM "2"
#define EVENT_RED "31"

/* Returns the colour of the words, as a parameter of an ANSI escape sequence; NULL if they have
 * none.  Failures and refusals are EVENT_RED. */
const char *event_words_colour(const struct event_parts *event);
/* Returns true if the line is about a series that was superseded as a whole. */
bool event_is_past(const struct event_parts *event);

#endif
