/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mime.h - all of GMime: encoded words, addresses, dates, the MIME tree, charsets.
 *
 * GMime is shown the MIME fields and the body only, within the bounds of scan.c.  Its address
 * parser, which recurses on nested groups, sees one field of bounded length at a time and never a
 * nested message: message/... parts are plain leaves here.  Nothing is ever serialised through
 * GMime, and g_mime_multipart_get_boundary, which can abort, is never called.
 *
 * What can fail: nothing that a caller would have to handle.  GMime returns NULL in many places
 * for odd mail; each becomes "there is nothing".  One thread at a time for each struct mime.
 */
#ifndef MIME_H
#define MIME_H

#include "patchmark-plugin.h"
#include "util/arena.h"

/* Before any other function, once, before threads. */
void mime_library_init(void);

struct mime;
struct mime *mime_new(void); /* NULL: out of memory */
void mime_free(struct mime *mime);
void mime_reset(struct mime *mime);

/* TEXT as valid UTF-8, on the heap; invalid bytes become U+FFFD.  NULL when it is valid already. */
char *mime_make_valid(struct patchmark_text text);

/* A field's value, unfolded and its encoded words decoded (RFC 2047); on the heap, valid UTF-8. */
char *mime_decode_words(struct mime *mime, struct patchmark_text value);

/* The first mailbox of an address field's value: address in lower case, display name decoded, ""
 * when it has none; both on the heap.  False when there is no mailbox. */
bool mime_first_mailbox(struct mime *mime, const char *value, char **address, char **name);

/* RFC 5322 date, as it really comes, in seconds since 1970; -1 when it is none. */
int64_t mime_date(const char *text);

/* Parses an entity: HEAD, which is MIME fields and an empty line, and right behind it in memory
 * BODY.  The bytes must stay until mime_reset. */
void mime_parse(struct mime *mime, struct arena *arena, struct patchmark_text head,
                struct patchmark_text body);
size_t mime_part_count(const struct mime *mime);
/* The i-th leaf, decoded when first asked for; strings and decoded bytes are ARENA's. */
struct patchmark_part mime_part(struct mime *mime, struct arena *arena, size_t i);

bool mime_truncated(const struct mime *mime); /* more or deeper parts than LIMIT_... */
bool mime_malformed(const struct mime *mime); /* the parser found contradictions */

#endif
