/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta-private.h - declarations shared by the files that implement mta.h: mta.c sends packets,
 * mta-macros.c builds macros, mta-reply.c reads replies.
 */
#ifndef MTA_PRIVATE_H
#define MTA_PRIVATE_H

#include "mta.h"
#include "wire.h"

#define MTA_VECTORS       64
#define MTA_QUEUE_BYTES   8192 /* small packets that wait to be written */
#define MTA_MACRO_BYTES   2048
#define MTA_MACRO_STAGES  7 /* SMFIM_CONNECT .. SMFIM_EOH */
#define MTA_ADDRESS_BYTES 1000

struct mta {
    struct mta_options options;
    struct wire wire;

    /* negotiated */
    int version;
    uint32_t actions, protocol;
    char *macro_lists[MTA_MACRO_STAGES]; /* by SMFIM_ number; NULL for the MTA's default */

    /* this session */
    const char *client;         /* see mta_set_client */
    enum mta_stage next_stage;  /* CONNECT or HELO if that is still to be sent */
    bool decided;               /* CONNECT or HELO got a verdict, which is in GREETING */
    struct mta_result greeting; /* the verdict of CONNECT and HELO */
    bool may_quit_nc;

    /* packets that wait to be written; small ones are stored in QUEUED */
    struct iovec vectors[MTA_VECTORS];
    size_t vector_count;
    char queued[MTA_QUEUE_BYTES];
    size_t queued_bytes;
};

struct mta_stage_rule {
    const char *name;
    char command;
    uint32_t unwanted; /* SMFIP_NO* bit: the stage is not sent to the filter */
    uint32_t silent;   /* SMFIP_NR_* bit: the filter sends no reply */
};

extern const struct mta_stage_rule mta_stage_rules[MTA_STAGES];

/* The outcome of a stage. */
enum mta_step {
    MTA_STEP_NEXT,    /* continue with the next stage */
    MTA_STEP_SKIP,    /* the filter requires no more packets of this stage */
    MTA_STEP_DECIDED, /* the verdict is in the result */
    MTA_STEP_LOST     /* the connection is closed, and mta_error describes the error */
};

/* Closes the connection.  Returns -1. */
int mta_lose(struct mta *mta);

/* Writes the data of the macro packet of STAGE to OUT, which has MTA_MACRO_BYTES bytes.  Returns
 * its length in bytes; 0 if there are no macros.  ENVELOPE and RECIPIENT may be NULL. */
size_t mta_macros_build(const struct mta *mta, enum mta_stage stage,
                        const struct mta_envelope *envelope, const char *recipient, char *out);

/* Reads the reply to STAGE into RESULT; at MTA_EOM also the edits, which precede it. */
enum mta_step mta_reply_read(struct mta *mta, enum mta_stage stage, struct mta_result *result);

/* Makes RESULT empty but keeps its memory. */
void mta_result_reset(struct mta_result *result);

#endif
