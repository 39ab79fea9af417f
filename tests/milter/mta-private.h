/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta-private.h - what the files of mta.h share: mta.c sends, mta-macros.c fills macros in,
 * mta-reply.c reads answers.
 */
#ifndef MTA_PRIVATE_H
#define MTA_PRIVATE_H

#include "mta.h"
#include "wire.h"

#define MTA_VECTORS       64
#define MTA_QUEUE_BYTES   8192 /* small packets that wait to be written */
#define MTA_MACRO_BYTES   2048
#define MTA_MACRO_STAGES  7 /* SMFIM_CONNECT .. SMFIM_EOH */
#define MTA_ADDRESS_BYTES 320

struct mta {
    struct mta_options options;
    struct wire wire;

    /* negotiated */
    int version;
    uint32_t actions, protocol;
    char *macro_lists[MTA_MACRO_STAGES]; /* by SMFIM_ number; NULL: the MTA's own choice */

    /* this session */
    enum mta_stage next_stage;  /* of CONNECT and HELO: what is still to be sent */
    bool decided;               /* by CONNECT or HELO, see greeting */
    struct mta_result greeting; /* the verdict of CONNECT and HELO */
    bool may_quit_nc;

    /* packets that wait to be written; small ones lie in queued */
    struct iovec vectors[MTA_VECTORS];
    size_t vector_count;
    char queued[MTA_QUEUE_BYTES];
    size_t queued_bytes;
};

struct mta_stage_rule {
    const char *name;
    char command;
    uint32_t unwanted; /* SMFIP_NO*: the filter does not want it */
    uint32_t silent;   /* SMFIP_NR_*: the filter does not answer it */
};

extern const struct mta_stage_rule mta_stage_rules[MTA_STAGES];

/* How it goes on after a stage. */
enum mta_step {
    MTA_STEP_NEXT,
    MTA_STEP_SKIP,    /* no more packets of this stage */
    MTA_STEP_DECIDED, /* the result holds the verdict */
    MTA_STEP_LOST     /* closed, with an error text */
};

/* Closes the connection.  Always -1. */
int mta_lose(struct mta *mta);

/* Writes the data of the macro packet of STAGE to OUT (MTA_MACRO_BYTES).  Returns its length, 0 if
 * there are no macros.  ENVELOPE and RECIPIENT may be NULL. */
size_t mta_macros_build(const struct mta *mta, enum mta_stage stage,
                        const struct mta_envelope *envelope, const char *recipient, char *out);

/* Reads the answer to STAGE, at the end of a mail with all edits before it. */
enum mta_step mta_reply_read(struct mta *mta, enum mta_stage stage, struct mta_result *result);

/* Empties a result but keeps its memory. */
void mta_result_reset(struct mta_result *result);

#endif
