/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scan.h - the raw mail, collected within limits.
 *
 * What the parser gets to see was bounded here: GMime 3.2.13 crashes or swells on hostile input
 * (bounds.h says where), and it is never shown a header that it does not need.  Header fields are
 * kept one by one as they came; the MIME entity - Content- fields, empty line, body with LF line
 * ends - is kept as one run of bytes for the parser.
 */
#ifndef SCAN_H
#define SCAN_H

#include "patchmark-plugin.h"

struct scan_buffer {
    char *data;
    size_t length, room;
};

struct scan_field {
    size_t name, name_length;   /* offsets in struct scan.header */
    size_t value, value_length; /* without the line's end; folded lines separated by LF */
    ptrdiff_t next;             /* number of the next in its chain; -1: none */
};

/* Fields are found by name: chains of those whose names have a hash in common, in their order. */
#define SCAN_CHAINS 64

struct scan {
    struct scan_buffer header;
    struct scan_buffer entity;
    struct scan_field *fields;
    size_t field_count, field_room;
    uint16_t first[SCAN_CHAINS], last[SCAN_CHAINS]; /* number of a field, and one; 0: none */
    uint64_t size;                                  /* bytes given, kept or not */
    size_t body_start;                              /* offset in entity, once in_body */
    size_t boundary_lines;                          /* seen in a multipart body */
    size_t part_fields;                             /* lines there that may be fields of parts */
    size_t part_field_bytes, parameters;            /* of the field that the last of them began */
    bool in_body;
    bool multipart;   /* Content-Type speaks of it */
    bool line_start;  /* the next body byte starts a line */
    bool part_header; /* a line that may be a boundary came, and no empty line since */
    bool
        content_field; /* the last line of the kind that counts in part_fields may be Content-... */
    bool full;         /* a limit was met: no more of the body is kept */
    bool carriage_held; /* the last body byte was a CR: it counts only when no LF follows */
    bool truncated;
    bool malformed;
};

void scan_free(struct scan *scan);
/* Forgets the mail, keeps memory of usual size. */
void scan_reset(struct scan *scan);

/* Adds one header field; VALUE as it followed the colon. */
void scan_add_field(struct scan *scan, struct patchmark_text name, struct patchmark_text value);
/* Ends the header; scan_add_body does it by itself. */
void scan_end_of_header(struct scan *scan);
/* Adds a piece of body, lines ending CR LF or LF.  False: full, no more is kept. */
bool scan_add_body(struct scan *scan, const char *data, size_t length);
/* Header and body of a mail in one piece.  A first line "From ..." is passed over.  A line without
 * colon ends the header and starts the body, as Postfix reads it. */
void scan_add_mail(struct scan *scan, struct patchmark_text raw);
/* No more will come: a held CR is written. */
void scan_end(struct scan *scan);

/* Number of the first field of that name, in whatever case, behind number AFTER, which has the same
 * name; AFTER -1: of all.  -1: there is none. */
ptrdiff_t scan_find(const struct scan *scan, const char *name, ptrdiff_t after);

struct patchmark_text scan_name(const struct scan *scan, const struct scan_field *field);
struct patchmark_text scan_value(const struct scan *scan, const struct scan_field *field);

#endif
