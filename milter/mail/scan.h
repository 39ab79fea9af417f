/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scan.h - collects the bytes of a mail within limits.
 *
 * GMime 3.2.13 crashes or uses too much memory or time on hostile input (bounds.h has the cases),
 * so everything that it parses is limited here first, and it gets only the header fields that it
 * needs.  A scan keeps two things: the header fields, one by one, and the MIME entity for the
 * parser - the Content- fields, an empty line, and the body with LF line ends - as one run of
 * bytes.
 *
 * Nothing fails: what exceeds a limit is left out and sets TRUNCATED.  If memory runs out, the
 * process aborts.  A scan may be used by one thread at a time.
 */
#ifndef SCAN_H
#define SCAN_H

#include "patchmark-plugin.h"

struct scan_buffer {
    char *data;
    size_t length, room; /* the bytes used and allocated */
};

struct scan_field {
    size_t name, name_length;   /* NAME and VALUE are offsets in the header of struct scan */
    size_t value, value_length; /* without the line end at its end; folded lines end with LF */
    ptrdiff_t next; /* the number of the next field in the chain; -1 if it is the last */
};

/* The number of hash chains by which fields are found by their names. */
#define SCAN_CHAINS 64

struct scan {
    struct scan_buffer header; /* names and values of the fields */
    struct scan_buffer entity; /* what the parser gets */
    struct scan_field *fields; /* in the order of the mail */
    size_t field_count, field_room;
    /* The first and last field of each chain: its number + 1; 0 if the chain is empty. */
    uint16_t first[SCAN_CHAINS], last[SCAN_CHAINS];
    uint64_t size;               /* the bytes that were added, including those left out */
    size_t body_start;           /* the offset of the body in ENTITY, if IN_BODY */
    size_t boundary_lines;       /* the lines of a multipart body that may be boundaries */
    size_t part_fields;          /* its lines that may be header fields of parts */
    size_t part_field_bytes;     /* the bytes of the newest such field ... */
    size_t parameters;           /* ... and its parameters */
    bool in_body;                /* the header has ended */
    bool multipart;              /* Content-Type contains the word */
    bool line_start;             /* the next byte of the body starts a line */
    bool part_header;            /* there was no empty line since a line that may be a boundary */
    bool content_field;          /* the newest field of a part may be a Content- field */
    bool full;                   /* a limit was reached: the rest of the body is left out */
    bool carriage_held;          /* the last byte was a CR; it is kept only if no LF follows */
    bool truncated;              /* something was left out */
    unsigned addresses_left_out; /* address fields: see scan_addresses_left_out */
    bool malformed;              /* the header violates RFC 5322 */
};

/* Frees the memory of SCAN. */
void scan_free(struct scan *scan);
/* Removes the mail, and keeps buffers of usual size for the next one. */
void scan_reset(struct scan *scan);

/* Adds one header field.  VALUE is what follows the colon; it is copied, with CR LF changed to LF
 * and NUL to a space. */
void scan_add_field(struct scan *scan, struct patchmark_text name, struct patchmark_text value);
/* Adds LENGTH bytes of the body; lines end with CR LF or LF, and may be cut anywhere.  Returns
 * false if a limit was reached, so that further bytes have no effect. */
bool scan_add_body(struct scan *scan, const char *data, size_t length);
/* Adds the header and body of the mail RAW.  Skips a first line that starts with "From ".  As in
 * Postfix, a line without a colon ends the header and starts the body. */
void scan_add_mail(struct scan *scan, struct patchmark_text raw);
/* Ends the mail. */
void scan_end(struct scan *scan);

/* Returns the number of the first field called NAME, in any case, behind the field number AFTER,
 * which must have the same name; of all fields if AFTER is -1.  Returns -1 if there is none. */
ptrdiff_t scan_find(const struct scan *scan, const char *name, ptrdiff_t after);

/* Returns true if at least one address field called NAME, in any case, was left out. */
bool scan_addresses_left_out(const struct scan *scan, const char *name);

/* Return the name and the value of FIELD.  The bytes are valid until the next field is added. */
struct patchmark_text scan_name(const struct scan *scan, const struct scan_field *field);
struct patchmark_text scan_value(const struct scan *scan, const struct scan_field *field);

#endif
