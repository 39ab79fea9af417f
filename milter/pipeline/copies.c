/* SPDX-License-Identifier: BSD-2-Clause
 *
 * copies.c - the newest judgements of mail that list managers send out; see copies.h.
 *
 * Owns a ring of judgements, which a lock of its own protects.  Nobody who is not a local client
 * can have a mail recognised as a copy, and no copy has another body than the mail whose header
 * fields it gets.
 */
#include "pipeline/copies.h"

#include "pipeline/bounds.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 256 /* as long as a List-Id can be; a longer Message-ID is cut */

struct judgement {
    int64_t digest;
    uint64_t generation; /* of the pipeline; 0: no judgement */
    size_t header_count;
    size_t values[MAIL_HEADERS]; /* where the value of each header begins in TEXT */
    size_t names[MAIL_HEADERS];
    char text[LIMIT_HEADERS_WRITTEN];
    char id[NAME_SIZE], list[NAME_SIZE]; /* Message-ID and list of the first copy, for the log */
};

static struct {
    pthread_mutex_t lock;
    struct judgement ring[LIMIT_COPIES];
    size_t next;
} copies = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool can_be_copy(const struct mail *mail) {
    return mail->local && mail->recipient_count == 0 && message_has_field(mail->message, "List-Id");
}

static const struct judgement *judgement_find(int64_t digest, uint64_t generation) {
    for (size_t i = 0; i < LIMIT_COPIES; i++)
        if (copies.ring[i].generation == generation && copies.ring[i].digest == digest)
            return &copies.ring[i];
    return NULL;
}

static const char *keep_copy(struct mail *mail, const char *text) {
    return arena_copy(&mail->arena, text, strlen(text));
}

bool copies_recall(struct mail *mail, uint64_t generation) {
    const struct judgement *found;

    if (!can_be_copy(mail))
        return false;
    mail->digest = message_copy_digest(mail->message);
    mail->digested = true;
    pthread_mutex_lock(&copies.lock);
    found = judgement_find(mail->digest, generation);
    for (size_t i = 0; found && i < found->header_count; i++)
        mail->headers[mail->header_count++] =
            (struct mail_header){.name = keep_copy(mail, found->text + found->names[i]),
                                 .value = keep_copy(mail, found->text + found->values[i])};
    if (found) {
        mail->copy_id = keep_copy(mail, found->id);
        mail->copy_list = keep_copy(mail, found->list);
    }
    pthread_mutex_unlock(&copies.lock);
    mail->seen_before = found != NULL;
    return mail->seen_before;
}

/* Appends TEXT with its NUL to JUDGEMENT.  Returns where it begins. */
static size_t text_add(struct judgement *judgement, size_t *length, const char *text) {
    size_t begin = *length;

    *length +=
        (size_t)snprintf(judgement->text + begin, sizeof(judgement->text) - begin, "%s", text) + 1;
    return begin;
}

void copies_keep(const struct mail *mail, uint64_t generation) {
    struct judgement *judgement;
    size_t length = 0;

    if (!mail->digested || !mail->facts || mail->unrecorded || mail->list_count == 0)
        return;
    pthread_mutex_lock(&copies.lock);
    judgement = &copies.ring[copies.next];
    copies.next = (copies.next + 1) % LIMIT_COPIES;
    judgement->digest = mail->digest;
    judgement->generation = generation;
    judgement->header_count = mail->header_count;
    snprintf(judgement->id, NAME_SIZE, "%s", patchmark_message_id(mail->message));
    snprintf(judgement->list, NAME_SIZE, "%s", patchmark_message_list(mail->message));
    /* The text has space for all: LIMIT_HEADERS_WRITTEN counts ": " and CR LF of each field. */
    for (size_t i = 0; i < mail->header_count; i++) {
        judgement->names[i] = text_add(judgement, &length, mail->headers[i].name);
        judgement->values[i] = text_add(judgement, &length, mail->headers[i].value);
    }
    pthread_mutex_unlock(&copies.lock);
}
