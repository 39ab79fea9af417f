/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list.c - the fields List-Id and List-Post; see message.h.
 */
#include "mail/address.h"
#include "mail/message-private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

size_t message_list_id_count(const struct patchmark_message *message) {
    return patchmark_message_header_count(message, "List-Id");
}

/* Returns the id in TEXT, the value of a List-Id or NULL. */
static const char *list_id_read(struct patchmark_message *message, const char *text) {
    const char *open = text ? strrchr(text, '<') : NULL, *close = open ? strchr(open, '>') : NULL;
    const char *start = close ? open + 1 : text;
    size_t length = close ? (size_t)(close - start) : text ? strlen(text) : 0;
    char *id;

    if (length == 0 || length > LIMIT_LIST_ID_BYTES)
        return "";
    id = arena_copy(&message->arena, start, length);
    for (char *at = id; *at; at++) {
        if (!isgraph((unsigned char)*at))
            return "";
        *at = (char)tolower((unsigned char)*at);
    }
    return id;
}

const char *message_list_id_at(const struct patchmark_message *message, size_t i) {
    struct patchmark_message *kept = (struct patchmark_message *)message;
    const char *text;

    if (i == 0 && message->list_id)
        return message->list_id;
    text = patchmark_message_header(message, "List-Id", i);
    if (i > 0)
        return list_id_read(kept, text);
    return kept->list_id = list_id_read(kept, text);
}

const char *message_list_id(const struct patchmark_message *message) {
    return message_list_id_at(message, 0);
}

/* Returns the address of the first mailto: URL in TEXT, in lower case; NULL if there is none. */
static const char *mailto_read(struct patchmark_message *message, const char *text) {
    const char *open;
    char *address;

    for (; (open = strchr(text, '<')); text = open + 1)
        if (strncasecmp(open + 1 + strspn(open + 1, " \t"), "mailto:", 7) == 0)
            break;
    if (!open)
        return NULL;
    open = strchr(open, ':') + 1;
    address = arena_copy(&message->arena, open, strcspn(open, ">? \t"));
    for (char *at = address; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return strchr(address, '@') ? address : NULL;
}

const char *message_list_post(const struct patchmark_message *message) {
    const char *text = patchmark_message_header(message, "List-Post", 0);
    const char *address = text ? mailto_read((struct patchmark_message *)message, text) : NULL;
    const char *domain = address ? strchr(message_list_id(message), '.') : NULL;

    return domain && address_domains_related(domain + 1, address_domain(address)) ? address : NULL;
}

void message_set_list(struct patchmark_message *message, const char *list_id) {
    message->list = message_keep(message, list_id);
}
