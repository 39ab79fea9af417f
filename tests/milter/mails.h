/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mails.h - reads the mails that the fake MTA plays, and converts them to packets beforehand.
 *
 * A mail is read as an MTA receives it.  A line that is neither a field nor the continuation of one
 * ends the header block; that line and the rest are the body.  The line ends of the body become
 * CRLF, those inside a field LF.  A field is cut at MAIL_HEADER_LIMIT.
 */
#ifndef MAILS_H
#define MAILS_H

#include <stdbool.h>
#include <stddef.h>

#define MAIL_HEADER_LIMIT (100 * 1024) /* bytes of one field: Postfix's header_size_limit */
#define MAIL_CHUNK_LIMIT  65535        /* bytes of body in one packet */

/* One field, "Name: value", with LF between folded lines and no line end.  It points into the text
 * of the mail and is not NUL-terminated. */
struct mail_header {
    const char *text;
    size_t length;
    size_t name_length;  /* without white space before the colon */
    size_t value_offset; /* just after the colon */
};

/* One mail.  It owns all that it points to. */
struct mail {
    char *from_line; /* the From line of the mbox without line end; NULL if there was none */
    char *text;      /* the text of all header fields */
    struct mail_header *headers;
    size_t header_count;

    /* SMFIC_HEADER packets, one after another: in [0] the first space after the colon is removed,
     * in [1] the value is complete (SMFIP_HDR_LEADSPC). */
    char *header_packets[2];
    size_t header_bytes[2];

    /* SMFIC_BODY packets; the last may be SMFIC_BODYEOB, see mail_options. */
    char *body_packets;
    size_t body_bytes;
};

struct mail_options {
    bool big_header;          /* add a folded field X-Big of MAIL_HEADER_LIMIT bytes */
    bool last_chunk_with_eob; /* send the last chunk of the body in the SMFIC_BODYEOB packet */
    size_t chunk_bytes;       /* bytes of body in one packet; 0 for MAIL_CHUNK_LIMIT */
    size_t first_chunk_bytes; /* bytes of body in the first packet; 0 for chunk_bytes */
};

struct mails {
    struct mail *mail;
    size_t count, capacity;
};

/* Fills MAIL from the LENGTH bytes at TEXT, which are one message and are copied.  Returns 0, or -1
 * if memory runs out; MAIL is then empty. */
int mail_prepare(struct mail *mail, const char *text, size_t length,
                 const struct mail_options *options);
void mail_clear(struct mail *mail);

/* Returns the first field with NAME, in any case; NULL if there is none. */
const struct mail_header *mail_header_find(const struct mail *mail, const char *name);

/* Adds the mails in the LENGTH bytes at TEXT: those of an mbox (mboxrd) if TEXT starts with "From
 * ", none if it is empty, else one message.  Returns 0, or -1 if memory runs out. */
int mails_add(struct mails *mails, const char *text, size_t length,
              const struct mail_options *options);

/* Adds the mails of the file PATH.  Returns 0, or -1 with errno set. */
int mails_load(struct mails *mails, const char *path, const struct mail_options *options);

void mails_free(struct mails *mails);

#endif
