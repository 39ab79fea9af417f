/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta.h - the MTA's side of the milter protocol, for tests and load.
 *
 *     struct mta *mta = mta_new(&options);
 *     mta_open(mta, "unix:/run/filter");           connect and negotiate
 *     mta_play(mta, &mail, &envelope, &result);    one mail; again for more
 *     mta_quit(mta);
 *
 * It does what Postfix does, and Sendmail where an option says so: stages that the filter does not
 * want are left out, answers that the filter does not give are not waited for, everything up to
 * the next answer goes out in one write.  A handle is used by one thread at a time.
 *
 * Functions that return int: 0, or -1 with a text in mta_error; the connection is then closed.
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
    MTA_REPLYCODE, /* reject or tempfail with a text: mta_result.reply */
    MTA_VERDICTS
};

/* From which stage on the filter is told the queue id, macro i. */
enum mta_queue_id {
    MTA_QUEUE_ID_MAIL, /* Sendmail */
    MTA_QUEUE_ID_DATA, /* Postfix */
    MTA_QUEUE_ID_EOM   /* as late as can be */
};

struct mta_options {
    int version;       /* of the protocol: 2..6 */
    uint32_t actions;  /* SMFIF_ that are offered */
    uint32_t protocol; /* SMFIP_ that are offered; 0 means to libmilter what version 1 had */
    enum mta_queue_id queue_id_from;
    int timeout_ms; /* for every answer */
    int slow_ms;    /* sleep after every packet; 0: none, and packets are gathered */
    int dribble_ms; /* send every byte by itself, and sleep after it; 0: none */
};

/* What a filter asks at the end of a mail. */
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
    uint32_t index;    /* as sent */
    const char *name;  /* "" where there is none; a string */
    const char *value; /* "" where there is none; a NUL follows */
    size_t value_length;
};

/* The answer to one mail.  Zero it before the first use; each mta_play overwrites it. */
struct mta_result {
    enum mta_verdict verdict;
    enum mta_stage stage;   /* that the verdict came at */
    const char *reply;      /* "550 5.7.1 text"; "" */
    struct mta_edit *edits; /* in the order in which they came */
    size_t edit_count;
    bool leading_space; /* header values of the edits come with the space after the colon */
    bool skipped;       /* the filter wanted no more of the body or the headers */
    unsigned progress;  /* SMFIR_PROGRESS packets */

    /* private: what the strings above point into */
    char *text;
    size_t text_length, text_capacity, edit_capacity;
};

struct mta_envelope {
    const char *queue_id;
    const char *sender;            /* without <> */
    const char *const *recipients; /* without <> */
    size_t recipient_count;
};

struct mta;

/* What Postfix 3.7 offers for VERSION; 30 s for an answer. */
struct mta_options mta_options_for(int version);

/* NULL: out of memory. */
struct mta *mta_new(const struct mta_options *options);
void mta_free(struct mta *mta);

/* Connects (see wire_connect) and negotiates.  mta_connect only connects. */
int mta_open(struct mta *mta, const char *address);
int mta_connect(struct mta *mta, const char *address);

/* What the negotiation gave: the version that both speak, the actions that the filter wants, and
 * its SMFIP_ bits. */
int mta_version(const struct mta *mta);
uint32_t mta_actions(const struct mta *mta);
uint32_t mta_protocol(const struct mta *mta);

bool mta_is_open(const struct mta *mta);
const char *mta_error(const struct mta *mta);

/* Sends CONNECT and HELO, or CONNECT only if LAST is MTA_CONNECT; what was sent is not sent again.
 * A verdict other than continue is kept and becomes that of every mail.  mta_play does it too. */
int mta_greet(struct mta *mta, enum mta_stage last);

/* Plays one mail up to the verdict. */
int mta_play(struct mta *mta, const struct mail *mail, const struct mta_envelope *envelope,
             struct mta_result *result);

/* Plays a mail up to stage LAST, of headers and body only the first packet, and leaves it there.
 * *DECIDED tells whether a verdict came before; else mta_abort is to follow. */
int mta_play_until(struct mta *mta, const struct mail *mail, const struct mta_envelope *envelope,
                   enum mta_stage last, struct mta_result *result, bool *decided);

/* SMFIC_ABORT. */
int mta_abort(struct mta *mta);

/* SMFIC_QUIT and close. */
void mta_quit(struct mta *mta);

/* SMFIC_QUIT_NC: the next mail starts with CONNECT again, on the same socket and without
 * negotiation.  libmilter heeds it only after an end of mail that was answered with continue; after
 * anything else it ignores this and the CONNECT that follows, so mta_may_quit_nc is to be asked. */
int mta_quit_nc(struct mta *mta);
bool mta_may_quit_nc(const struct mta *mta);

/* Closes without a word. */
void mta_close(struct mta *mta);

/* Any packet, at once; for tests that play an unusual or a broken MTA. */
int mta_send(struct mta *mta, char command, const void *data, size_t length);
int mta_receive(struct mta *mta, char *command, const char **data, size_t *length);

void mta_result_clear(struct mta_result *result);

/* "connect", "helo", ..., "eom"; "continue", "accept", ... */
const char *mta_stage_name(enum mta_stage stage);
const char *mta_verdict_name(enum mta_verdict verdict);

#endif
