/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta-reply.c - reads the replies of the filter: verdicts, and at the end of a mail its edits.
 *
 * Owns the memory of a result.  A reply that is not valid at its stage is an error, and so is an
 * edit whose action the filter did not request in the negotiation.
 */
#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdlib.h>
#include <string.h>

#include "mta-private.h"

static const char *const verdict_names[MTA_VERDICTS] = {"continue", "accept",  "reject",
                                                        "tempfail", "discard", "replycode"};

const char *mta_verdict_name(enum mta_verdict verdict) {
    return verdict_names[verdict];
}

/* ---- the result --------------------------------------------------------------------------- */

void mta_result_reset(struct mta_result *result) {
    result->verdict = MTA_CONTINUE;
    result->stage = MTA_EOM;
    result->reply = "";
    result->edit_count = 0;
    result->leading_space = result->skipped = false;
    result->progress = 0;
    result->text_length = 0;
}

void mta_result_clear(struct mta_result *result) {
    free(result->edits);
    free(result->text);
    memset(result, 0, sizeof *result);
}

/* Enlarges the text by at least BYTES.  That moves it, so the pointers of the edits are adjusted.
 */
static int text_reserve(struct mta_result *result, size_t bytes) {
    if (result->text_length + bytes <= result->text_capacity)
        return 0;
    size_t capacity = 2 * result->text_capacity + bytes + 1024;
    char *grown = malloc(capacity);
    if (!grown)
        return -1;
    if (result->text_length > 0)
        memcpy(grown, result->text, result->text_length);
    for (size_t i = 0; i < result->edit_count; i++) {
        struct mta_edit *edit = &result->edits[i];
        edit->name = grown + (edit->name - result->text);
        edit->value = grown + (edit->value - result->text);
    }
    free(result->text);
    result->text = grown;
    result->text_capacity = capacity;
    return 0;
}

/* Appends a copy of LENGTH bytes and a NUL, for which text_reserve made room.  Returns the copy. */
static const char *text_add(struct mta_result *result, const char *bytes, size_t length) {
    char *copy = result->text + result->text_length;
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    result->text_length += length + 1;
    return copy;
}

static int edit_add(struct mta_result *result, enum mta_edit_kind kind, uint32_t index,
                    const char *name, size_t name_length, const char *value, size_t value_length) {
    if (result->edit_count == result->edit_capacity) {
        size_t capacity = result->edit_capacity ? result->edit_capacity * 2 : 16;
        struct mta_edit *grown = realloc(result->edits, capacity * sizeof *grown);
        if (!grown)
            return -1;
        result->edits = grown;
        result->edit_capacity = capacity;
    }
    if (text_reserve(result, name_length + value_length + 2) < 0)
        return -1;
    struct mta_edit *edit = &result->edits[result->edit_count];
    edit->kind = kind;
    edit->index = index;
    edit->name = text_add(result, name, name_length);
    edit->value = text_add(result, value, value_length);
    edit->value_length = value_length;
    result->edit_count++;
    return 0;
}

/* ---- edits -------------------------------------------------------------------------------- */

enum edit_layout { STRINGS_1, STRINGS_2, STRINGS_1_OR_2, INDEX_STRINGS_2, TEXT, BYTES };

static const struct edit_rule {
    char command;
    enum mta_edit_kind kind;
    enum edit_layout layout;
    uint32_t action; /* the SMFIF_ bit that the filter must have requested */
    const char *name;
} edit_rules[] = {
    {SMFIR_ADDHEADER, MTA_EDIT_ADD, STRINGS_2, SMFIF_ADDHDRS, "add header"},
    {SMFIR_INSHEADER, MTA_EDIT_INSERT, INDEX_STRINGS_2, SMFIF_ADDHDRS, "insert header"},
    {SMFIR_CHGHEADER, MTA_EDIT_CHANGE, INDEX_STRINGS_2, SMFIF_CHGHDRS, "change header"},
    {SMFIR_REPLBODY, MTA_EDIT_BODY, BYTES, SMFIF_CHGBODY, "replace body"},
    {SMFIR_QUARANTINE, MTA_EDIT_QUARANTINE, TEXT, SMFIF_QUARANTINE, "quarantine"},
    {SMFIR_ADDRCPT, MTA_EDIT_ADD_RCPT, STRINGS_1, SMFIF_ADDRCPT, "add recipient"},
    {SMFIR_ADDRCPT_PAR, MTA_EDIT_ADD_RCPT, STRINGS_1_OR_2, SMFIF_ADDRCPT_PAR, "add recipient"},
    {SMFIR_DELRCPT, MTA_EDIT_DELETE_RCPT, STRINGS_1, SMFIF_DELRCPT, "delete recipient"},
    {SMFIR_CHGFROM, MTA_EDIT_CHANGE_FROM, STRINGS_1_OR_2, SMFIF_CHGFROM, "change sender"},
};

static const struct edit_rule *edit_rule_find(char command) {
    for (size_t i = 0; i < sizeof edit_rules / sizeof *edit_rules; i++)
        if (edit_rules[i].command == command)
            return &edit_rules[i];
    return NULL;
}

/* Reads the next string of a packet, at *DATA.  Returns NULL if no NUL ends it. */
static const char *string_read(const char **data, size_t *left, size_t *length) {
    const char *string = *data, *end = *left ? memchr(string, '\0', *left) : NULL;
    if (!end)
        return NULL;
    *length = (size_t)(end - string);
    *left -= *length + 1;
    *data = end + 1;
    return string;
}

/* Adds an edit to RESULT.  Returns 0; -1 if its packet is malformed or memory runs out. */
static int edit_read(const struct edit_rule *rule, const char *data, size_t left,
                     struct mta_result *result) {
    enum mta_edit_kind kind = rule->kind;
    uint32_t index = 0;
    const char *name = "", *value = "";
    size_t name_length = 0, value_length = 0;
    if (rule->layout == BYTES)
        return edit_add(result, kind, 0, "", 0, data, left);
    if (rule->layout == INDEX_STRINGS_2) {
        if (left < sizeof index)
            return -1;
        memcpy(&index, data, sizeof index);
        index = ntohl(index);
        data += sizeof index;
        left -= sizeof index;
    }
    if (rule->layout != TEXT && !(name = string_read(&data, &left, &name_length)))
        return -1;
    bool second = rule->layout != STRINGS_1 && (rule->layout != STRINGS_1_OR_2 || left > 0);
    if (second && !(value = string_read(&data, &left, &value_length)))
        return -1;
    if (left > 0)
        return -1;
    if (kind == MTA_EDIT_CHANGE && value_length == 0)
        kind = MTA_EDIT_DELETE;
    return edit_add(result, kind, index, name, name_length, value, value_length);
}

/* ---- replies ------------------------------------------------------------------------------ */

/* Returns the verdict of COMMAND; MTA_VERDICTS if it is not a verdict. */
static enum mta_verdict verdict_of(char command) {
    switch (command) {
    case SMFIR_CONTINUE:
        return MTA_CONTINUE;
    case SMFIR_ACCEPT:
        return MTA_ACCEPT;
    case SMFIR_REJECT:
        return MTA_REJECT;
    case SMFIR_TEMPFAIL:
        return MTA_TEMPFAIL;
    case SMFIR_DISCARD:
        return MTA_DISCARD;
    case SMFIR_REPLYCODE:
        return MTA_REPLYCODE;
    default:
        return MTA_VERDICTS;
    }
}

static enum mta_step answer_lost(struct mta *mta, enum mta_stage stage, char command,
                                 const char *why) {
    wire_fail(&mta->wire, "the filter answered %s with '%c': %s", mta_stage_name(stage),
              command > 32 && command < 127 ? command : '?', why);
    mta_lose(mta);
    return MTA_STEP_LOST;
}

static enum mta_step verdict_read(struct mta *mta, enum mta_stage stage, enum mta_verdict verdict,
                                  const struct wire_packet *packet, struct mta_result *result) {
    bool has_text = verdict == MTA_REPLYCODE;
    if (has_text != (packet->length > 0))
        return answer_lost(mta, stage, packet->command, "wrong length");
    if (has_text) {
        size_t length = strnlen(packet->data, packet->length);
        if (length < 3 || length + 1 != packet->length ||
            (*packet->data != '4' && *packet->data != '5'))
            return answer_lost(mta, stage, packet->command, "not a reply text");
        if (text_reserve(result, length + 1) < 0)
            return answer_lost(mta, stage, packet->command, "out of memory");
        result->reply = text_add(result, packet->data, length);
    }
    if (verdict == MTA_CONTINUE && stage != MTA_EOM)
        return MTA_STEP_NEXT;
    result->verdict = verdict;
    result->stage = stage;
    return MTA_STEP_DECIDED;
}

static enum mta_step skip_read(struct mta *mta, enum mta_stage stage, struct mta_result *result) {
    if (stage != MTA_BODY && stage != MTA_HEADER)
        return answer_lost(mta, stage, SMFIR_SKIP, "skip has no meaning here");
    if (!(mta->options.protocol & SMFIP_SKIP))
        return answer_lost(mta, stage, SMFIR_SKIP, "skip was not offered");
    result->skipped = true;
    return MTA_STEP_SKIP;
}

enum mta_step mta_reply_read(struct mta *mta, enum mta_stage stage, struct mta_result *result) {
    struct wire_packet packet;
    for (;;) {
        if (wire_read(&mta->wire, &packet) < 0) {
            mta_lose(mta);
            return MTA_STEP_LOST;
        }
        enum mta_verdict verdict = verdict_of(packet.command);
        if (verdict != MTA_VERDICTS)
            return verdict_read(mta, stage, verdict, &packet, result);
        if (packet.command == SMFIR_SKIP)
            return skip_read(mta, stage, result);
        if (packet.command == SMFIR_PROGRESS) {
            result->progress++;
            continue;
        }
        const struct edit_rule *rule = edit_rule_find(packet.command);
        if (!rule || stage != MTA_EOM)
            return answer_lost(mta, stage, packet.command, "not an answer to this stage");
        if (!(mta->actions & rule->action))
            return answer_lost(mta, stage, packet.command, "an action that was not negotiated");
        if (edit_read(rule, packet.data, packet.length, result) < 0)
            return answer_lost(mta, stage, packet.command, rule->name);
    }
}
