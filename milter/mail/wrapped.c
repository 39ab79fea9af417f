/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wrapped.c - mails that a list wrapped as a whole; see message_unwrap in message-private.h.
 *
 * Mailman replaces the mail by one with From of the list, and puts the original into it as
 * message/rfc822, alone or in multipart/mixed with texts before and behind.  It copies Date and
 * Subject, by which the wrapped mail differs from an attachment.  Its header is read by the own
 * scanner, because GMime recurses on nested mails.  A mail inside the inner one stays a part.
 */
#include "mail/address.h"
#include "mail/message-private.h"

#include <ctype.h>
#include <string.h>

/* Returns true if From may be an address of the list that sent the mail. */
static bool from_is_list(const struct patchmark_message *message) {
    const char *post = message_list_post(message), *domain;

    if (post)
        return strcmp(message->from, post) == 0;
    domain = strchr(message_list_id(message), '.');
    return domain && address_domains_related(domain + 1, address_domain(message->from));
}

/* Returns the number of the only mail among the parts, if all others are texts without a file name;
 * SIZE_MAX if there is none. */
static size_t mail_find(const struct patchmark_message *message) {
    size_t count = mime_part_count(message->mime), found = SIZE_MAX;

    if (count > LIMIT_WRAPPED_PARTS)
        return SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        bool is_mail = strcmp(mime_part_type(message->mime, i), "message/rfc822") == 0;

        if (is_mail ? found != SIZE_MAX
                    : strcmp(mime_part_type(message->mime, i), "text/plain") != 0)
            return SIZE_MAX;
        if (is_mail)
            found = i;
    }
    return found;
}

static struct patchmark_text inner_field(const struct scan *inner, const char *name) {
    ptrdiff_t number = scan_find(inner, name, -1);

    return number < 0 ? (struct patchmark_text){NULL, 0}
                      : scan_value(inner, &inner->fields[number]);
}

static int64_t date_read(struct patchmark_message *message, struct patchmark_text value) {
    return value.data ? mime_date(message_clean(message, value.data, value.length)) : -1;
}

/* Returns SUBJECT without the prefix of an answer: a short word and a colon, such as "AW:". */
static const char *subject_core(const char *subject) {
    size_t word = 0;

    while (word < 5 && isalpha((unsigned char)subject[word]))
        word++;
    if (word < 2 || subject[word] != ':')
        return subject;
    subject += word + 1;
    return subject + strspn(subject, " ");
}

/* Returns true if the subject of the list is that of the inner mail.  The list may have put its
 * mark before it, and have replaced the prefix of an answer. */
static bool subjects_agree(struct patchmark_message *message) {
    const char *outer = message_decode(message, message_field(message, "Subject", 0));
    const char *core =
        subject_core(message_decode(message, inner_field(&message->inner, "Subject")));
    size_t length = strlen(core), outer_length = strlen(outer);

    return length <= outer_length && strcmp(outer + outer_length - length, core) == 0;
}

void message_unwrap(struct patchmark_message *message) {
    size_t i = mail_find(message);
    int64_t date;

    if (i == SIZE_MAX || !from_is_list(message))
        return;
    scan_add_mail(&message->inner, mime_part_bytes(message->mime, &message->arena, i));
    date = date_read(message, message_field(message, "Date", 0));
    message->wrapped = date >= 0 &&
                       date == date_read(message, inner_field(&message->inner, "Date")) &&
                       inner_field(&message->inner, "From").data && subjects_agree(message);
    if (!message->wrapped)
        scan_reset(&message->inner);
}
