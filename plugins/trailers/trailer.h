/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trailer.h - reads one trailer, "Name: value", and the person that it names.
 *
 * All results are slices of the text of the mail and valid as long as it.  Nothing here allocates
 * or fails; the functions may be called on any thread.  Names are compared without regard to case.
 */
#ifndef TRAILERS_TRAILER_H
#define TRAILERS_TRAILER_H

#include "text.h"

/* Trailers of one mail that are kept; real patches have up to about 60. */
#define TRAILERS_MAX 200

/* Bytes of "Name: value" on one line: more than a fact holds, so that the core notices a cut. */
#define TRAILER_BYTES 2048

struct trailer {
    struct patchmark_text name;
    struct patchmark_text value; /* contains the line breaks of a wrapped value */
    size_t lines;                /* number of lines of the value */
    bool anywhere;               /* counts at any place in the mail */
    bool from_sender;            /* a tag that names the sender of the mail */
};

struct trailers {
    size_t count;
    struct trailer items[TRAILERS_MAX];
};

/* Reads LINE as "Name: value"; blanks before the name and before the colon are allowed.  Fills
 * TRAILER, except from_sender, which is false.  Returns false if LINE is something else: prose, a
 * URL, or a header of a mail. */
bool trailer_read(struct patchmark_text line, struct trailer *trailer);

/* Returns true for "Something-by", the name of a tag that a person gives. */
bool trailer_is_tag(struct patchmark_text name);
/* Returns true for a tag, and for other names that rarely start prose: Fixes, Link, Cc, ... */
bool trailer_is_known(struct patchmark_text name);
/* Returns true for a tag that approves: Reviewed-by, Acked-and-tested-by, ... */
bool trailer_approves(struct patchmark_text name);
/* Returns true for a tag that refuses: Nacked-by. */
bool trailer_refuses(struct patchmark_text name);

/* Returns true if LINE, the next one after TRAILER, continues its value: a wrapped title in Fixes,
 * an address below a name, a link below Link. */
bool trailer_continues(const struct trailer *trailer, struct patchmark_text line);
/* Adds LINE, the next one after TRAILER, to its value, up to 40 lines. */
void trailer_extend(struct trailer *trailer, struct patchmark_text line);

/* Writes TEXT as one line, NUL-terminated, to BUFFER of SIZE bytes (at least 1): each run of
 * blanks, line breaks and control bytes becomes one space, and is removed at the ends.  A text that
 * is too long is cut between two UTF-8 characters.  Returns the number of bytes written, without
 * the NUL.
 */
size_t trailer_unfold(struct patchmark_text text, char *buffer, size_t size);

/* Reads LINE as a tag that a person gives, as trailer_read, but forgives what people mistype:
 * another case, a wrong letter, and blanks or '_' instead of '-' in a common tag; then the name is
 * git's common spelling, which is static.  Returns false if LINE is no tag. */
bool tag_read(struct patchmark_text line, struct trailer *trailer);

/* Reads a tag behind other words of LINE, after a mark that ends a clause: "FWIW, Reviewed-by: Ada
 * <ada@example.org>".  The name is as for tag_read().  Returns false if there is none. */
bool tag_read_inside(struct patchmark_text line, struct trailer *trailer);

/* Reads LINE as a common tag without a colon that a mailbox follows, and nothing else: "Acked by
 * Ada <ada@example.org>".  Prose may have this form, too. */
bool tag_read_bare(struct patchmark_text line, struct trailer *trailer);

/* Writes NAME, that of a tag, to BUFFER of SIZE bytes, NUL-terminated: the first letter as a
 * capital, the others small.  Returns the number of bytes written, without the NUL. */
size_t tag_name(struct patchmark_text name, char *buffer, size_t size);

/* Writes VALUE, that of a tag, to BUFFER of SIZE bytes as trailer_unfold does, without what mail
 * programs add to an address: "<mailto:...>", "&lt;", a second '>', dashes behind it.  Returns the
 * number of bytes written, without the NUL. */
size_t tag_value(struct patchmark_text value, char *buffer, size_t size);

struct person {
    struct patchmark_text name;    /* length 0 if there is none */
    struct patchmark_text address; /* contains an '@', not as its first or last byte */
};

/* Reads the person in VALUE, which is one line: "Name <address>", "address" or "address (Name)".
 * Returns false if there is no address. */
bool person_read(struct patchmark_text value, struct person *person);

/* Returns true if A and B are the same person: their names are equal, or their addresses are equal,
 * where "+extension" is ignored and one domain may be a direct subdomain of the other. */
bool person_is_same(const struct person *a, const struct person *b);

#endif
