/* SPDX-License-Identifier: BSD-2-Clause
 *
 * people.c - the mailboxes in the address fields of a mail; see people.h.
 */
#include "mail/people.h"

#include "mail/address.h"
#include "mail/message-private.h"

#include <string.h>
#include <strings.h>

/* Returns the start of TEXT without the name of the group ("Team:", RFC 5322 3.4) that precedes a
 * mailbox, and the empty members between both.  A colon in quotes or a comment ends no such name.
 */
static const char *group_skip(const char *text, const char *end) {
    const char *start = text;
    bool quoted = false;
    size_t depth = 0;

    for (const char *at = text; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"' && depth == 0)
            quoted = !quoted;
        else if (!quoted && (*at == '(' || *at == ')'))
            depth += *at == '(' ? 1 : depth > 0 ? (size_t)-1 : 0;
        else if (!quoted && depth == 0 && (*at == ':' || *at == ';'))
            start = at + 1;
    }
    while (start < end && strchr(" \t\r\n,;", *start))
        start++;
    return start;
}

/* Cuts NAME at the limit, between two characters. */
static void name_cut(char *name) {
    size_t length = LIMIT_NAME_BYTES;

    if (strlen(name) <= length)
        return;
    while (((unsigned char)name[length] & 0xc0) == 0x80)
        length--;
    name[length] = '\0';
}

/* Returns true if NAME is only ADDRESS again, perhaps in the quotes that Outlook adds. */
static bool name_is_address(const char *name, const char *address) {
    size_t length = strlen(name);

    if (length > 2 && *name == '\'' && name[length - 1] == '\'')
        name++, length -= 2;
    return length == strlen(address) && strncasecmp(name, address, length) == 0;
}

static bool mailbox_visit(struct patchmark_message *message, const struct address *mailbox,
                          message_person *person, void *context) {
    const char *end = mailbox->name.data + mailbox->name.length, *colon;
    const char *start = group_skip(mailbox->name.data, end);
    const char *address = mailbox->address;
    char *name;

    /* "Team:ada@example.org" */
    colon = *address == '"' ? NULL : memchr(address, ':', strcspn(address, "@"));
    address = colon ? colon + 1 : address;
    address = message_clean(message, address, strlen(address));
    name = (char *)message_display_name(message,
                                        (struct patchmark_text){start, (size_t)(end - start)});
    name_cut(name);
    return person(context, name_is_address(name, address) ? "" : name, address);
}

bool message_people(const struct patchmark_message *message, const char *field,
                    message_person *person, void *context) {
    struct patchmark_message *own = (struct patchmark_message *)message;
    struct patchmark_text rest;
    size_t count = 0;

    for (size_t i = 0; (rest = message_shown_field(message, field, i)).data; i++) {
        struct address mailbox;

        while (address_next(&own->arena, &rest, &mailbox))
            if (count++ == LIMIT_PEOPLE || !mailbox_visit(own, &mailbox, person, context))
                return false;
    }
    return !message_addresses_left_out(message, field);
}
