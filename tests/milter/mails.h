/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mails.h - the mails that the fake MTA plays, made into packets beforehand.
 *
 * A mail is read as an MTA receives it: a line that is neither a field nor the continuation of one
 * ends the header block, and it and the rest are the body; line ends of the body become CRLF, those
 * inside a field LF; a field is cut at MAIL_HEADER_LIMIT.
 */
#ifndef MAILS_H
#define MAILS_H

#include <stdbool.h>
#include <stddef.h>

#define MAIL_HEADER_LIMIT (100 * 1024) /* bytes of one field: Postfix's header_size_limit */
#define MAIL_CHUNK_LIMIT  65535        /* bytes of body in one packet */

/* One field, "Name: value", lines joined by LF, no line end.  Text of the mail, not terminated. */
struct mail_header {
    const char *text;
    size_t length;
    size_t name_length;  /* without white space before the colon */
    size_t value_offset; /* just after the colon */
};

/* All texts are owned by the mail. */
struct mail {
    char *from_line; /* of an mbox, without line end; NULL if there was none */
    char *text;      /* what the headers point into */
    struct mail_header *headers;
    size_t header_count;

    /* SMFIC_HEADER packets one after the other: [0] with one space after the colon taken off,
     * [1] with the value as it is (SMFIP_HDR_LEADSPC). */
    char *header_packets[2];
    size_t header_bytes[2];

    /* SMFIC_BODY packets; the last may be SMFIC_BODYEOB, see mail_options. */
    char *body_packets;
    size_t body_bytes;
};

struct mail_options {
    bool big_header;          /* add a field X-Big of MAIL_HEADER_LIMIT bytes, folded */
    bool last_chunk_with_eob; /* the last piece of body goes inside the SMFIC_BODYEOB packet */
    size_t chunk_bytes;       /* body in one packet; 0: MAIL_CHUNK_LIMIT */
    size_t first_chunk_bytes; /* body in the first packet; 0: chunk_bytes */
};

struct mails {
    struct mail *mail;
    size_t count, capacity;
};

/* Makes MAIL of the LENGTH bytes at TEXT, which are one message.  0, or -1: out of memory (MAIL is
 * then empty). */
int mail_prepare(struct mail *mail, const char *text, size_t length,
                 const struct mail_options *options);
void mail_clear(struct mail *mail);

/* The first field NAME, or NULL. */
const struct mail_header *mail_header_find(const struct mail *mail, const char *name);

/* Adds the mails in LENGTH bytes at TEXT: an mbox (mboxrd) if it starts with "From ", else one
 * message; nothing if there are none.  0, or -1: out of memory. */
int mails_add(struct mails *mails, const char *text, size_t length,
              const struct mail_options *options);

/* Adds the mails of a file.  0, or -1 with errno. */
int mails_load(struct mails *mails, const char *path, const struct mail_options *options);

void mails_free(struct mails *mails);

#endif
