/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta.c - sends the stages of the milter protocol, as an MTA does.
 *
 * Owns the connection and the result of its negotiation.  Packets are queued, and written together
 * when a reply must be waited for.  mta-reply.c reads the replies.
 */
#include "mta.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mta-private.h"

#define CLIENT_NAME    "client.example.org"
#define CLIENT_ADDRESS "192.0.2.1"

const struct mta_stage_rule mta_stage_rules[MTA_STAGES] = {
    [MTA_CONNECT] = {"connect", SMFIC_CONNECT, SMFIP_NOCONNECT, SMFIP_NR_CONN},
    [MTA_HELO] = {"helo", SMFIC_HELO, SMFIP_NOHELO, SMFIP_NR_HELO},
    [MTA_MAIL] = {"mail", SMFIC_MAIL, SMFIP_NOMAIL, SMFIP_NR_MAIL},
    [MTA_RCPT] = {"rcpt", SMFIC_RCPT, SMFIP_NORCPT, SMFIP_NR_RCPT},
    [MTA_DATA] = {"data", SMFIC_DATA, SMFIP_NODATA, SMFIP_NR_DATA},
    [MTA_HEADER] = {"header", SMFIC_HEADER, SMFIP_NOHDRS, SMFIP_NR_HDR},
    [MTA_EOH] = {"eoh", SMFIC_EOH, SMFIP_NOEOH, SMFIP_NR_EOH},
    [MTA_BODY] = {"body", SMFIC_BODY, SMFIP_NOBODY, SMFIP_NR_BODY},
    [MTA_EOM] = {"eom", SMFIC_BODYEOB, 0, 0},
};

const char *mta_stage_name(enum mta_stage stage) {
    return mta_stage_rules[stage].name;
}

struct mta_options mta_options_for(int version) {
    struct mta_options options = {.version = version,
                                  .actions = SMFI_V2_ACTS,
                                  .protocol = SMFI_V2_PROT,
                                  .queue_id_from = MTA_QUEUE_ID_DATA,
                                  .timeout_ms = 30000};
    if (version >= 3)
        options.protocol |= SMFIP_NOUNKNOWN;
    if (version >= 4)
        options.protocol |= SMFIP_NODATA;
    if (version >= 6) {
        options.actions = SMFI_CURR_ACTS;
        options.protocol = SMFI_CURR_PROT;
    }
    return options;
}

struct mta *mta_new(const struct mta_options *options) {
    struct mta *mta = calloc(1, sizeof *mta);
    if (!mta)
        return NULL;
    mta->options = *options;
    wire_init(&mta->wire, options->timeout_ms);
    mta->wire.dribble_ms = options->dribble_ms;
    mta->client = CLIENT_ADDRESS;
    return mta;
}

void mta_close(struct mta *mta) {
    wire_close(&mta->wire);
    for (size_t i = 0; i < MTA_MACRO_STAGES; i++) {
        free(mta->macro_lists[i]);
        mta->macro_lists[i] = NULL;
    }
    mta->vector_count = mta->queued_bytes = 0;
    mta->decided = mta->may_quit_nc = false;
    mta->next_stage = MTA_CONNECT;
}

void mta_free(struct mta *mta) {
    if (!mta)
        return;
    mta_close(mta);
    wire_free(&mta->wire);
    mta_result_clear(&mta->greeting);
    free(mta);
}

int mta_version(const struct mta *mta) {
    return mta->version;
}

uint32_t mta_actions(const struct mta *mta) {
    return mta->actions;
}

uint32_t mta_protocol(const struct mta *mta) {
    return mta->protocol;
}

bool mta_is_open(const struct mta *mta) {
    return mta->wire.fd >= 0;
}

const char *mta_error(const struct mta *mta) {
    return mta->wire.error;
}

int mta_lose(struct mta *mta) {
    mta_close(mta);
    return -1;
}

/* ---- sending ------------------------------------------------------------------------------ */

static int queue_flush(struct mta *mta) {
    size_t count = mta->vector_count;
    mta->vector_count = mta->queued_bytes = 0;
    if (count > 0 && wire_write(&mta->wire, mta->vectors, count) < 0)
        return mta_lose(mta);
    return 0;
}

/* Queues one or more whole packets.  The caller keeps PACKETS valid until they are written. */
static int queue_packets(struct mta *mta, const char *packets, size_t bytes) {
    if (bytes == 0)
        return 0;
    if (mta->vector_count == MTA_VECTORS && queue_flush(mta) < 0)
        return -1;
    mta->vectors[mta->vector_count++] = (struct iovec){(char *)packets, bytes};
    if (mta->options.slow_ms == 0)
        return 0;
    if (queue_flush(mta) < 0)
        return -1;
    struct timespec pause = {mta->options.slow_ms / 1000, mta->options.slow_ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
    return 0;
}

/* Queues a copy of a small packet. */
static int queue_copy(struct mta *mta, char command, const void *data, size_t length) {
    size_t bytes = WIRE_HEAD_BYTES + length;
    if (bytes > sizeof mta->queued) {
        wire_fail(&mta->wire, "envelope of more than %zu bytes", sizeof mta->queued);
        return mta_lose(mta);
    }
    bool full = mta->queued_bytes + bytes > sizeof mta->queued || mta->vector_count == MTA_VECTORS;
    if (full && queue_flush(mta) < 0)
        return -1;
    char *packet = mta->queued + mta->queued_bytes;
    mta->queued_bytes += bytes;
    wire_head(packet, command, length);
    if (length > 0)
        memcpy(packet + WIRE_HEAD_BYTES, data, length);
    return queue_packets(mta, packet, bytes);
}

int mta_send(struct mta *mta, char command, const void *data, size_t length) {
    char head[WIRE_HEAD_BYTES];
    wire_head(head, command, length);
    struct iovec vectors[2] = {{head, sizeof head}, {(void *)data, length}};
    if (queue_flush(mta) < 0 || wire_write(&mta->wire, vectors, 2) < 0)
        return mta_lose(mta);
    return 0;
}

int mta_receive(struct mta *mta, char *command, const char **data, size_t *length) {
    struct wire_packet packet;
    if (wire_read(&mta->wire, &packet) < 0)
        return mta_lose(mta);
    *command = packet.command;
    *data = packet.data;
    *length = packet.length;
    return 0;
}

/* ---- negotiation -------------------------------------------------------------------------- */

int mta_connect(struct mta *mta, const char *address) {
    mta_close(mta);
    return wire_connect(&mta->wire, address);
}

/* Reads the lists of macros that the filter requests: for each, the number of the stage in 4 bytes,
 * then the names separated by spaces, then a NUL. */
static int macro_lists_read(struct mta *mta, const char *data, size_t length) {
    while (length > 0) {
        uint32_t stage;
        const char *end = length > 4 ? memchr(data + 4, '\0', length - 4) : NULL;
        if (!end)
            return wire_fail(&mta->wire, "the filter sent a broken list of macros");
        memcpy(&stage, data, sizeof stage);
        stage = ntohl(stage);
        if (stage < MTA_MACRO_STAGES) {
            free(mta->macro_lists[stage]);
            mta->macro_lists[stage] = strdup(data + 4);
        }
        length -= (size_t)(end + 1 - data);
        data = end + 1;
    }
    return 0;
}

static int negotiation_read(struct mta *mta, const struct wire_packet *packet) {
    struct wire *wire = &mta->wire;
    uint32_t words[3];
    if (packet->command != SMFIC_OPTNEG || packet->length < sizeof words)
        return wire_fail(wire, "the filter answered the negotiation with '%c'", packet->command);
    memcpy(words, packet->data, sizeof words);
    mta->version = (int)ntohl(words[0]);
    mta->actions = ntohl(words[1]);
    mta->protocol = ntohl(words[2]);
    /* An offer of 0 means the bits of version 1. */
    uint32_t actions = mta->options.actions ? mta->options.actions : SMFI_V1_ACTS;
    uint32_t protocol = mta->options.protocol ? mta->options.protocol : SMFI_V1_PROT;
    if (mta->version < 2 || mta->version > mta->options.version)
        return wire_fail(wire, "the filter requests version %d of the protocol", mta->version);
    if (mta->actions & ~actions)
        return wire_fail(wire, "the filter requests actions 0x%x, offered were 0x%x", mta->actions,
                         actions);
    if (mta->protocol & ~protocol)
        return wire_fail(wire, "the filter requests protocol 0x%x, offered was 0x%x", mta->protocol,
                         protocol);
    return macro_lists_read(mta, packet->data + sizeof words, packet->length - sizeof words);
}

int mta_open(struct mta *mta, const char *address) {
    if (mta_connect(mta, address) < 0)
        return -1;
    uint32_t words[3] = {htonl((uint32_t)mta->options.version), htonl(mta->options.actions),
                         htonl(mta->options.protocol)};
    struct wire_packet packet;
    if (mta_send(mta, SMFIC_OPTNEG, words, sizeof words) < 0)
        return -1;
    if (wire_read(&mta->wire, &packet) < 0 || negotiation_read(mta, &packet) < 0)
        return mta_lose(mta);
    return 0;
}

/* ---- stages ------------------------------------------------------------------------------- */

/* Sends the queued packets and reads the reply to STAGE, unless the filter sends none. */
static enum mta_step stage_answer(struct mta *mta, enum mta_stage stage,
                                  struct mta_result *result) {
    if (mta->protocol & mta_stage_rules[stage].silent)
        return MTA_STEP_NEXT;
    return queue_flush(mta) < 0 ? MTA_STEP_LOST : mta_reply_read(mta, stage, result);
}

/* Queues the macros of STAGE; they are sent even if the filter declined the stage. */
static int queue_macros(struct mta *mta, enum mta_stage stage, const struct mta_envelope *envelope,
                        const char *recipient) {
    char macros[MTA_MACRO_BYTES];
    size_t bytes = mta_macros_build(mta, stage, envelope, recipient, macros);
    return bytes > 0 ? queue_copy(mta, SMFIC_MACRO, macros, bytes) : 0;
}

/* Sends a stage of one small packet: its macros, then the packet unless the filter declined it. */
static enum mta_step stage_send(struct mta *mta, enum mta_stage stage,
                                const struct mta_envelope *envelope, const char *recipient,
                                const void *data, size_t length, struct mta_result *result) {
    if (queue_macros(mta, stage, envelope, recipient) < 0)
        return MTA_STEP_LOST;
    if (mta->protocol & mta_stage_rules[stage].unwanted)
        return MTA_STEP_NEXT;
    if (queue_copy(mta, mta_stage_rules[stage].command, data, length) < 0)
        return MTA_STEP_LOST;
    return stage_answer(mta, stage, result);
}

/* Sends a stage of many packets that are prepared, headers or body; only the first if FIRST_ONLY.
 */
static enum mta_step stage_send_all(struct mta *mta, enum mta_stage stage, const char *packets,
                                    size_t bytes, bool first_only, struct mta_result *result) {
    if (bytes == 0 || (mta->protocol & mta_stage_rules[stage].unwanted))
        return MTA_STEP_NEXT;
    bool silent = mta->protocol & mta_stage_rules[stage].silent;
    if (silent && !first_only && mta->options.slow_ms == 0)
        return queue_packets(mta, packets, bytes) < 0 ? MTA_STEP_LOST : MTA_STEP_NEXT;
    for (size_t at = 0; at < bytes;) {
        size_t one = wire_packet_bytes(packets + at);
        if (queue_packets(mta, packets + at, one) < 0)
            return MTA_STEP_LOST;
        enum mta_step step = stage_answer(mta, stage, result);
        if (step != MTA_STEP_NEXT || first_only)
            return step;
        at += one;
    }
    return MTA_STEP_NEXT;
}

void mta_set_client(struct mta *mta, const char *client) {
    mta->client = client;
}

/* Returns the SMFIA_ letter of the address CLIENT. */
static char client_family(const char *client) {
    if (strcmp(client, "unknown") == 0)
        return SMFIA_UNKNOWN;
    if (*client == '/')
        return SMFIA_UNIX;
    return strchr(client, ':') ? SMFIA_INET6 : SMFIA_INET;
}

static enum mta_step send_connect(struct mta *mta) {
    static const char name[] = CLIENT_NAME;
    char data[sizeof name + 3 + MTA_ADDRESS_BYTES], *end = data;
    uint16_t port = htons(40000);
    end = mempcpy(end, name, sizeof name);
    *end++ = client_family(mta->client);
    if (end[-1] != SMFIA_UNKNOWN) {
        end = mempcpy(end, &port, sizeof port);
        end = stpncpy(end, mta->client, MTA_ADDRESS_BYTES - 1);
        *end++ = '\0';
    }
    return stage_send(mta, MTA_CONNECT, NULL, NULL, data, (size_t)(end - data), &mta->greeting);
}

int mta_greet(struct mta *mta, enum mta_stage last) {
    while (mta->next_stage <= last && mta->next_stage <= MTA_HELO && !mta->decided) {
        enum mta_step step = mta->next_stage == MTA_CONNECT
                                 ? send_connect(mta)
                                 : stage_send(mta, MTA_HELO, NULL, NULL, CLIENT_NAME,
                                              sizeof CLIENT_NAME, &mta->greeting);
        if (step == MTA_STEP_LOST)
            return -1;
        mta->decided = step == MTA_STEP_DECIDED;
        mta->next_stage++;
    }
    return 0;
}

/* Sends MAIL or RCPT with "<ADDRESS>", or with ADDRESS if it starts with '<' or a blank. */
static enum mta_step send_address(struct mta *mta, enum mta_stage stage,
                                  const struct mta_envelope *envelope, const char *address,
                                  struct mta_result *result) {
    char data[MTA_ADDRESS_BYTES + 3];
    bool whole = *address == '<' || *address == ' ';
    int length = snprintf(data, sizeof data, whole ? "%s" : "<%s>", address);
    if (length < 0 || (size_t)length >= sizeof data) {
        wire_fail(&mta->wire, "address of more than %d bytes", MTA_ADDRESS_BYTES);
        mta_lose(mta);
        return MTA_STEP_LOST;
    }
    return stage_send(mta, stage, envelope, stage == MTA_RCPT ? address : NULL, data,
                      (size_t)length + 1, result);
}

/* Sends all recipients.  A refusal applies to one recipient; if all are refused, the last refusal
 * is the verdict. */
static enum mta_step send_recipients(struct mta *mta, const struct mta_envelope *envelope,
                                     struct mta_result *result) {
    size_t left = envelope->recipient_count;
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        enum mta_step step = send_address(mta, MTA_RCPT, envelope, envelope->recipients[i], result);
        if (step == MTA_STEP_LOST)
            return step;
        if (step == MTA_STEP_DECIDED) {
            bool whole_mail = result->verdict == MTA_ACCEPT || result->verdict == MTA_DISCARD;
            if (whole_mail || --left == 0)
                return step;
            mta_result_reset(result);
        }
    }
    return MTA_STEP_NEXT;
}

static enum mta_step send_stage(struct mta *mta, enum mta_stage stage, const struct mail *mail,
                                const struct mta_envelope *envelope, bool first_only,
                                struct mta_result *result) {
    bool leading_space = mta->protocol & SMFIP_HDR_LEADSPC;
    switch (stage) {
    case MTA_MAIL:
        return send_address(mta, stage, envelope, envelope->sender, result);
    case MTA_RCPT:
        return send_recipients(mta, envelope, result);
    case MTA_DATA:
        if (mta->version < 4)
            return MTA_STEP_NEXT;
        return stage_send(mta, stage, envelope, NULL, NULL, 0, result);
    case MTA_HEADER:
        return stage_send_all(mta, stage, mail->header_packets[leading_space],
                              mail->header_bytes[leading_space], first_only, result);
    default: /* MTA_EOH */
        return stage_send(mta, stage, envelope, NULL, NULL, 0, result);
    }
}

/* Sends the body and the end of the mail, which may be one packet with the last chunk. */
static enum mta_step send_body(struct mta *mta, const struct mail *mail,
                               const struct mta_envelope *envelope, bool first_only,
                               struct mta_result *result) {
    size_t last = 0;
    for (size_t at = 0; at < mail->body_bytes; at += wire_packet_bytes(mail->body_packets + at))
        last = at;
    bool joined = mail->body_bytes > 0 && mail->body_packets[last + 4] == SMFIC_BODYEOB &&
                  !(mta->protocol & SMFIP_NOBODY);
    enum mta_step step = stage_send_all(mta, MTA_BODY, mail->body_packets,
                                        joined ? last : mail->body_bytes, first_only, result);
    if (step == MTA_STEP_LOST || step == MTA_STEP_DECIDED || first_only)
        return step;
    if (!joined || step == MTA_STEP_SKIP)
        return stage_send(mta, MTA_EOM, envelope, NULL, NULL, 0, result);
    if (queue_macros(mta, MTA_EOM, envelope, NULL) < 0 ||
        queue_packets(mta, mail->body_packets + last, mail->body_bytes - last) < 0)
        return MTA_STEP_LOST;
    return stage_answer(mta, MTA_EOM, result);
}

int mta_play_until(struct mta *mta, const struct mail *mail, const struct mta_envelope *envelope,
                   enum mta_stage last, struct mta_result *result, bool *decided) {
    *decided = false;
    mta_result_reset(result);
    result->leading_space = mta->protocol & SMFIP_HDR_LEADSPC;
    mta->may_quit_nc = false;
    if (mta_greet(mta, last) < 0)
        return -1;
    enum mta_step step = mta->decided ? MTA_STEP_DECIDED : MTA_STEP_NEXT;
    if (mta->decided) {
        result->verdict = mta->greeting.verdict;
        result->stage = mta->greeting.stage;
    }
    for (enum mta_stage stage = MTA_MAIL; stage <= last && stage < MTA_EOM; stage++) {
        if (step == MTA_STEP_LOST || step == MTA_STEP_DECIDED)
            break;
        step = stage == MTA_BODY ? send_body(mta, mail, envelope, last == MTA_BODY, result)
                                 : send_stage(mta, stage, mail, envelope, stage == last, result);
    }
    if (step == MTA_STEP_LOST)
        return -1;
    *decided = step == MTA_STEP_DECIDED;
    mta->may_quit_nc = *decided && result->stage == MTA_EOM && result->verdict == MTA_CONTINUE;
    return queue_flush(mta);
}

int mta_play(struct mta *mta, const struct mail *mail, const struct mta_envelope *envelope,
             struct mta_result *result) {
    bool decided;
    if (mta_play_until(mta, mail, envelope, MTA_EOM, result, &decided) < 0)
        return -1;
    /* An MTA aborts a mail that was decided before its end, as it does when the client aborts. */
    return result->stage != MTA_EOM && !mta->decided ? mta_abort(mta) : 0;
}

int mta_abort(struct mta *mta) {
    return mta_send(mta, SMFIC_ABORT, NULL, 0);
}

void mta_quit(struct mta *mta) {
    if (mta_is_open(mta) && mta_send(mta, SMFIC_QUIT, NULL, 0) == 0)
        mta_close(mta);
}

bool mta_may_quit_nc(const struct mta *mta) {
    return mta_is_open(mta) && mta->version >= 6 && mta->may_quit_nc;
}

int mta_quit_nc(struct mta *mta) {
    mta->next_stage = MTA_CONNECT;
    mta->may_quit_nc = false;
    return mta_send(mta, SMFIC_QUIT_NC, NULL, 0);
}
