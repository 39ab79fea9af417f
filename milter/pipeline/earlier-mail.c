/* SPDX-License-Identifier: BSD-2-Clause
 *
 * earlier-mail.c - recognises a mail that was seen before; see earlier-mail.h.
 *
 * Owns nothing.  If the store fails, it logs that, and no earlier mail is found.
 */
#include "pipeline/earlier-mail.h"

#include "mail/author.h"
#include "pipeline/bounds.h"
#include "pipeline/mail-lists.h"
#include "pipeline/pipeline-private.h"
#include "util/word-set.h"

#include <string.h>

/* Looks up the earlier mail with the Message-ID ID.  A mail that is found by a further Message-ID,
 * or for a further one of MAIL, is the same mail only if it has the same sender: any sender can
 * write these. */
static bool known_find_by(struct store *store, const struct mail *mail, const char *id,
                          bool further, struct index_message *known) {
    if (!index_find_message_of(store, id, patchmark_message_sender(mail->message),
                               patchmark_message_sender_via(mail->message), known))
        return false;
    further = further || strcmp(known->message_id, id) != 0;
    return !further || message_sender_rewritten(mail->message) ||
           strcmp(known->sender, patchmark_message_sender(mail->message)) == 0;
}

/* Looks up the earlier mail that MAIL is a copy of, or that has its Message-ID, and fills KNOWN. */
static bool known_find(struct store *store, const struct mail *mail, struct index_message *known) {
    const char *id = patchmark_message_id(mail->message);

    if (*id && known_find_by(store, mail, id, false, known))
        return true;
    for (size_t i = 0; (id = patchmark_message_other_id(mail->message, i)); i++)
        if (known_find_by(store, mail, id, true, known))
            return true;
    return false;
}

/* Returns true if MAIL, whose From a list rewrote, is a copy of KNOWN: the same author, or the same
 * content with something appended. */
static bool is_copy(const struct mail *mail, const struct index_message *known) {
    const char *sender = patchmark_message_sender(mail->message);

    return *known->sender &&
           (strcmp(sender, known->sender) == 0 ||
            (known->content_bytes > 0 && message_content_starts(mail->message, known->content,
                                                                (uint64_t)known->content_bytes)));
}

/* Returns true if MAIL has the content of KNOWN, or if that was not recorded. */
static bool has_content_of(const struct mail *mail, const struct index_message *known) {
    return known->content_bytes == 0 ||
           message_content_starts(mail->message, known->content, (uint64_t)known->content_bytes);
}

/* Returns true if MAIL may be a copy of KNOWN, which was received with the address of the list in
 * From and so has no known author. */
static bool is_copy_of_unknown(const struct mail *mail, const struct index_message *known) {
    return !*known->sender && (known->content_bytes == 0 || has_content_of(mail, known));
}

/* Looks up the mail of which MAIL, whose From a list rewrote, is a copy, among those that have ID:
 * the one that agrees with it by author or, if it is the only one, by content.  If there is none,
 * one whose author is unknown. */
static bool received_find_by(struct store *store, const struct mail *mail, const char *id,
                             struct index_message *received) {
    struct index_message all[LIMIT_CLAIMS];
    size_t count = index_find_claims(store, id, all, LIMIT_CLAIMS), agree = 0;

    /* A further copy of a mail that was known only through a list stays one. */
    for (size_t i = 0; i < count; i++)
        if (*all[i].via && all[i].content_bytes > 0 && has_content_of(mail, &all[i]))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!*all[i].via && *all[i].sender && is_copy(mail, &all[i])) {
            if (strcmp(all[i].sender, patchmark_message_sender(mail->message)) == 0) {
                *received = all[i];
                return true;
            }
            *received = all[i];
            agree++;
        }
    if (agree > 0)
        return agree == 1;
    for (size_t i = 0; i < count; i++)
        if (!*all[i].via && is_copy_of_unknown(mail, &all[i])) {
            *received = all[i];
            return true;
        }
    return false;
}

static bool received_find(struct store *store, const struct mail *mail,
                          struct index_message *received) {
    const char *id = patchmark_message_id(mail->message);

    for (size_t i = 0; id; id = patchmark_message_other_id(mail->message, i++))
        if (received_find_by(store, mail, id, received))
            return true;
    return false;
}

/* If a list rewrote From, takes the author from what was recorded when the mail was received, also
 * if it named no list then. */
static void author_adopt(struct pipeline *pipeline, struct store *store, struct mail *mail) {
    static const char *const of_no_list[] = {INDEX_PRIVATE};
    struct index_message received;
    bool found, changes;

    if (!message_sender_rewritten(mail->message))
        return;
    found = received_find(store, mail, &received);
    if (!found) {
        index_set_scopes(store, of_no_list, 1);
        found = received_find(store, mail, &received);
        index_set_scopes(store, mail->scopes, mail->scope_count);
    }
    if (!found)
        return;
    changes = strcmp(received.sender, patchmark_message_sender(mail->message)) != 0;
    message_set_sender(mail->message, received.sender,
                       patchmark_message_sender_name(mail->message));
    if (changes)
        pipeline_classify_again(pipeline, mail);
}

/* Makes the Message-ID of KNOWN, which is a further one of MAIL, that of MAIL, so that the events
 * of all copies have the same one.  Returns false if MAIL has another sender: it is then no copy.
 */
static bool id_adopt(struct mail *mail, const struct index_message *known) {
    if (strcmp(known->sender, patchmark_message_sender(mail->message)) != 0)
        return false;
    message_use_id(mail->message, known->message_id);
    mail->identity = NULL;
    return true;
}

/* If the List-Ids of MAIL name several lists of this host, keeps those for which it was received: a
 * sender may have written the others. */
static void lists_confirm(struct pipeline *pipeline, struct store *store, struct mail *mail) {
    const char *received = "";

    if (!mail->several)
        return;
    for (size_t i = 0; i < message_list_id_count(mail->message); i++) {
        const struct configuration_list *section =
            configuration_list_by_id(pipeline->configuration, message_list_id_at(mail->message, i));
        const char *id = section ? section->pattern : "";
        struct index_message found;

        index_set_scopes(store, &id, section && !section->publish ? 1 : 0);
        if (section && index_find_message(store, patchmark_message_id(mail->message), &found) &&
            word_set_has(found.lists, id))
            received = word_set_join(&mail->arena, received, id, LIMIT_LISTS_BYTES);
    }
    if (!*received)
        return;
    mail_lists_find_again(mail, pipeline->configuration, received);
    pipeline_classify_again(pipeline, mail);
}

/* Returns true if MAIL is the mail KNOWN, which has its Message-ID: it has the same sender.  If the
 * sender of KNOWN is unknown, or only a list names him and MAIL is one of his own, it also has to
 * have the same content; otherwise anyone could silence a mail by sending its Message-ID first. */
static bool is_same(const struct mail *mail, const struct index_message *known) {
    bool claimed = *known->via && !*patchmark_message_sender_via(mail->message);

    return strcmp(known->sender, patchmark_message_sender(mail->message)) == 0 &&
           ((*known->sender && !claimed) || has_content_of(mail, known));
}

bool earlier_mail_find(struct pipeline *pipeline, struct store *store, struct mail *mail,
                       struct index_message *found) {
    bool known;

    lists_confirm(pipeline, store, mail);
    index_set_scopes(store, mail->scopes, mail->scope_count);
    author_adopt(pipeline, store, mail);
    known = known_find(store, mail, found);
    if (known && strcmp(found->message_id, patchmark_message_id(mail->message)) != 0)
        known = id_adopt(mail, found);
    mail->seen_before = known && is_same(mail, found);
    mail->disputed = known && (!mail->seen_before || found->claim);
    return mail->seen_before;
}
