/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mime.h - parses MIME with GMime: encoded words, addresses, dates, the tree of parts, charsets.
 *
 * All use of GMime is here.  GMime parses only the MIME fields and the body of a mail, within the
 * limits that scan.c enforces.  Its address parser, which recurses on nested groups, gets one field
 * of limited length at a time.  A part of type message/... is a leaf, so nested mails are not
 * parsed.  Nothing is serialised with GMime, and g_mime_multipart_get_boundary, which can abort, is
 * not called.
 *
 * No function fails because of malformed mail: where GMime returns NULL, a function returns an
 * empty or missing value.  If memory runs out, the process aborts.  A struct mime may be used by
 * one thread at a time.
 */
#ifndef MIME_H
#define MIME_H

#include "patchmark-plugin.h"
#include "util/arena.h"

#include <time.h>

/* Initialises GMime.  Must be called once, before any other function and before the first thread is
 * created. */
void mime_library_init(void);

struct mime;
/* Returns an empty struct mime, which mime_free frees; NULL if memory runs out. */
struct mime *mime_new(void);
void mime_free(struct mime *mime);
/* Removes all parts, for the next mail. */
void mime_reset(struct mime *mime);

/* Returns TEXT as a string of valid UTF-8 with U+FFFD for invalid bytes, for free(3).  Returns NULL
 * if TEXT is valid already.  Any thread. */
char *mime_make_valid(struct patchmark_text text);

/* Returns VALUE, the value of a header field, unfolded and with encoded words (RFC 2047) decoded; a
 * string of valid UTF-8 for free(3). */
char *mime_decode_words(struct mime *mime, struct patchmark_text value);

/* Reads the first mailbox (RFC 5322 3.4) of VALUE, the value of an address field.  Sets *ADDRESS to
 * the address in lower case, and *NAME to the decoded display name, "" if it has none; both for
 * free(3).  Returns false and sets nothing if the field does not begin with a mailbox. */
bool mime_first_mailbox(struct mime *mime, const char *value, char **address, char **name);

/* Parses TEXT as a date of RFC 5322 3.3; common deviations are accepted.  Returns seconds since
 * 1970-01-01 UTC; -1 if it is not a date.  Any thread. */
int64_t mime_date(const char *text);
/* Parses TEXT as mime_date, and sets *WHEN to the date and time of day as they are written, in the
 * zone that TEXT states: tm_year, tm_mon, tm_mday, tm_hour, tm_min and tm_sec.  Returns false if it
 * is not a date.  Any thread. */
bool mime_written_date(const char *text, struct tm *when);

/* Parses a MIME entity: HEAD is its MIME fields and the empty line, BODY follows it in memory, and
 * lines end with LF.  The bytes must be valid until mime_reset.  Strings belong to ARENA. */
void mime_parse(struct mime *mime, struct arena *arena, struct patchmark_text head,
                struct patchmark_text body);
/* Returns the number of leaves of the MIME tree, at most LIMIT_PARTS. */
size_t mime_part_count(const struct mime *mime);
/* Returns leaf I, counted from 0, which must exist.  Decodes it on first use.  What it points to
 * belongs to ARENA, the same as in mime_parse, or to the bytes of the entity. */
struct patchmark_part mime_part(struct mime *mime, struct arena *arena, size_t i);

/* Returns the type of leaf I, which must exist, in lower case, without decoding it. */
const char *mime_part_type(const struct mime *mime, size_t i);
/* Returns the bytes of leaf I as mime_part, also of type message/..., whose bytes plugins do not
 * see. */
struct patchmark_text mime_part_bytes(struct mime *mime, struct arena *arena, size_t i);

/* Returns true if there are more parts than LIMIT_PARTS, or deeper ones than LIMIT_PART_DEPTH. */
bool mime_truncated(const struct mime *mime);
/* Returns true if the parser found contradictions, such as a field that is there twice. */
bool mime_malformed(const struct mime *mime);

#endif
