/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trailer.h - one trailer, "Name: value", and the person it names.
 *
 * Everything is a slice of the mail's text and lives as long as it; nothing allocates or fails.
 */
#ifndef TRAILERS_TRAILER_H
#define TRAILERS_TRAILER_H

#include "text.h"

/* Trailers kept of a mail; the longest list of tags seen on a real patch has about 60. */
#define TRAILERS_MAX 200

/* "Name: value" on one line: more than a fact holds, so that the core sees that it was cut. */
#define TRAILER_BYTES 2048

struct trailer {
    struct patchmark_text name;
    struct patchmark_text value; /* may hold the line breaks of a wrapped value */
    size_t lines;                /* that the value takes */
    bool anywhere;               /* counts wherever in the mail it stands */
    bool from_sender;
};

struct trailers {
    size_t count;
    struct trailer items[TRAILERS_MAX];
};

/* Reads LINE as "Name: value", with blanks before the name and the colon.  False when it is not a
 * trailer: prose, a URL, a header of mail. */
bool trailer_read(struct patchmark_text line, struct trailer *trailer);

/* "Something-by": the name of a tag that a person gives. */
bool trailer_is_tag(struct patchmark_text name);
/* A tag, or another name that is hardly ever prose: Fixes, Link, Cc, ... */
bool trailer_is_known(struct patchmark_text name);
/* A name that counts wherever in a patch or cover it stands: base-commit, Link, ... */
bool trailer_is_anywhere(struct patchmark_text name);
/* Of a tag: it approves (Reviewed-by, Acked-and-tested-by, ...), or refuses (Nacked-by). */
bool trailer_approves(struct patchmark_text name);
bool trailer_refuses(struct patchmark_text name);

/* True when LINE, right below the trailer, is the rest of its value: a title that was wrapped in
 * Fixes, the address below a name, the link below Link. */
bool trailer_continues(const struct trailer *trailer, struct patchmark_text line);
/* Takes LINE into the value. */
void trailer_extend(struct trailer *trailer, struct patchmark_text line);

/* Writes TEXT on one line, each run of blanks and line breaks as one blank, NUL-terminated, cut at
 * SIZE between characters.  The number of bytes before the NUL. */
size_t trailer_unfold(struct patchmark_text text, char *buffer, size_t size);

struct person {
    struct patchmark_text name;    /* length 0: none */
    struct patchmark_text address; /* has an '@' with something on both sides */
};

/* The person in VALUE, one line: "Name <address>", "address", "address (Name)".  False when there
 * is no address. */
bool person_read(struct patchmark_text value, struct person *person);

/* Are these the same?  The addresses are equal, or equal without "+extension", or have the same
 * local part at a domain and its direct subdomain; or the names are equal. */
bool person_is_same(const struct person *a, const struct person *b);

#endif
