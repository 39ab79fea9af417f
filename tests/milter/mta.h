/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta.h - the side of the MTA in the milter protocol, for tests and load.
 *
 *     struct mta *mta = mta_new(&options);
 *     mta_open(mta, "unix:/run/filter");           connect and negotiate
 *     mta_play(mta, &mail, &envelope, &result);    one mail; again for more
 *     mta_quit(mta);
 *
 * It behaves as Postfix does, or as Sendmail where an option states that.  Stages that the filter
 * declined in the negotiation are not sent; a reply that it declined to send is not waited for; all
 * packets up to the next reply are sent with one write.  One thread at a time may use a handle.
 *
 * Functions that return int return 0, or -1 after an error: mta_error then describes it, and the
 * connection is closed.
 */
#ifndef MTA_H
#define MTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mails.h"

enum mta_stage {
    MTA_CONNECT,
    MTA_HELO,
    MTA_MAIL,
    MTA_RCPT,
    MTA_DATA,
    MTA_HEADER,
    MTA_EOH,
    MTA_BODY,
    MTA_EOM,
    MTA_STAGES
};

enum mta_verdict {
    MTA_CONTINUE,
    MTA_ACCEPT,
    MTA_REJECT,
    MTA_TEMPFAIL,
    MTA_DISCARD,
    MTA_REPLYCODE, /* reject or tempfail with the text mta_result.reply */
    MTA_VERDICTS
};

/* The first stage at which the MTA sends the queue id, the macro i. */
enum mta_queue_id {
    MTA_QUEUE_ID_MAIL, /* as Sendmail */
    MTA_QUEUE_ID_DATA, /* as Postfix */
    MTA_QUEUE_ID_EOM,  /* the last possible stage */
    MTA_QUEUE_ID_NEVER
};

struct mta_options {
    int version;      /* of the protocol: 2 to 6 */
    uint32_t actions; /* the SMFIF_ bits that are offered */
    uint32_t
        protocol; /* the SMFIP_ bits that are offered; libmilter reads 0 as those of version 1 */
    enum mta_queue_id queue_id_from;
    int timeout_ms;   /* for each reply */
    int slow_ms;      /* if not 0, sends each packet with a write of its own and sleeps after it */
    int dribble_ms;   /* if not 0, sends one byte at a time and sleeps after each */
    const char *user; /* the user that the client authenticated as; NULL if it did not */
};

/* An edit that a filter requests at the end of a mail. */
enum mta_edit_kind {
    MTA_EDIT_ADD,         /* name, value */
    MTA_EDIT_INSERT,      /* index, name, value */
    MTA_EDIT_CHANGE,      /* index, name, value */
    MTA_EDIT_DELETE,      /* index, name */
    MTA_EDIT_BODY,        /* value: a piece of the new body, CRLF */
    MTA_EDIT_QUARANTINE,  /* value: the reason */
    MTA_EDIT_ADD_RCPT,    /* name; value: ESMTP parameters */
    MTA_EDIT_DELETE_RCPT, /* name */
    MTA_EDIT_CHANGE_FROM  /* name; value: ESMTP parameters */
};

struct mta_edit {
    enum mta_edit_kind kind;
    uint32_t index;    /* as the filter sent it */
    const char *name;  /* NUL-terminated; "" if the kind has none */
    const char *value; /* may contain NUL, and a NUL follows; "" if the kind has none */
    size_t value_length;
};

/* The reply of the filter to one mail.  The caller sets it to zero before the first use; each
 * mta_play overwrites it. */
struct mta_result {
    enum mta_verdict verdict;
    enum mta_stage stage;   /* the stage at which the filter sent the verdict */
    const char *reply;      /* such as "550 5.7.1 text"; "" if there is none */
    struct mta_edit *edits; /* in the order in which they arrived */
    size_t edit_count;
    bool leading_space; /* header values in the edits include the space after the colon */
    bool skipped;       /* the filter replied SKIP to a header field or a chunk of the body */
    unsigned progress;  /* number of SMFIR_PROGRESS packets */

    /* private: the memory of the strings above */
    char *text;
    size_t text_length, text_capacity, edit_capacity;
};

struct mta_envelope {
    const char *queue_id;
    const char *sender;            /* without <> */
    const char *const *recipients; /* without <>; sent as it is if it starts with '<' or a blank */
    size_t recipient_count;
};

struct mta;

/* Returns the options that Postfix 3.7 offers for VERSION, with a timeout of 30 s. */
struct mta_options mta_options_for(int version);

/* Returns a handle that mta_free frees; NULL if memory runs out.  OPTIONS is copied. */
struct mta *mta_new(const struct mta_options *options);
void mta_free(struct mta *mta);

/* Connects to ADDRESS, as wire_connect does, and negotiates.  mta_connect only connects. */
int mta_open(struct mta *mta, const char *address);
int mta_connect(struct mta *mta, const char *address);

/* Return the result of the negotiation: the version of the protocol, the SMFIF_ bits and the SMFIP_
 * bits that the filter requested. */
int mta_version(const struct mta *mta);
uint32_t mta_actions(const struct mta *mta);
uint32_t mta_protocol(const struct mta *mta);

bool mta_is_open(const struct mta *mta);
const char *mta_error(const struct mta *mta);

/* Sets the client of the sessions that start from now on: an IPv4 or IPv6 address, the path of a
 * unix socket, or "unknown" for mail that was not received by SMTP.  MTA keeps the pointer.  The
 * default is an address of a documentation network, which is not a local client. */
void mta_set_client(struct mta *mta, const char *client);

/* Sends CONNECT and HELO, or only CONNECT if LAST is MTA_CONNECT; does not send again what was sent
 * in this session.  A verdict other than continue becomes that of every mail of the session.
 * mta_play calls this function itself. */
int mta_greet(struct mta *mta, enum mta_stage last);

/* Plays one mail up to the verdict and fills RESULT. */
int mta_play(struct mta *mta, const struct mail *mail, const struct mta_envelope *envelope,
             struct mta_result *result);

/* Plays a mail up to stage LAST and stops there; if LAST is MTA_HEADER or MTA_BODY, sends only its
 * first packet.  Sets *DECIDED to true if there was a verdict; else the caller must call mta_abort.
 */
int mta_play_until(struct mta *mta, const struct mail *mail, const struct mta_envelope *envelope,
                   enum mta_stage last, struct mta_result *result, bool *decided);

/* Sends SMFIC_ABORT. */
int mta_abort(struct mta *mta);

/* Sends SMFIC_QUIT and closes the connection. */
void mta_quit(struct mta *mta);

/* Sends SMFIC_QUIT_NC: the next mail starts with CONNECT again, on the same connection and without
 * negotiation.  libmilter accepts it only after the end of a mail whose reply was continue;
 * otherwise it ignores QUIT_NC and the CONNECT that follows.  So it may be called only if
 * mta_may_quit_nc returns true. */
int mta_quit_nc(struct mta *mta);
bool mta_may_quit_nc(const struct mta *mta);

/* Closes the connection without sending a packet. */
void mta_close(struct mta *mta);

/* Send and receive any packet at once; for tests that act as an unusual or broken MTA. */
int mta_send(struct mta *mta, char command, const void *data, size_t length);
int mta_receive(struct mta *mta, char *command, const char **data, size_t *length);

void mta_result_clear(struct mta_result *result);

/* "connect", "helo", ..., "eom"; "continue", "accept", ... */
const char *mta_stage_name(enum mta_stage stage);
const char *mta_verdict_name(enum mta_verdict verdict);

#endif
