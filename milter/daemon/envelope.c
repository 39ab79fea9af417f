/* SPDX-License-Identifier: BSD-2-Clause
 *
 * envelope.c - see envelope.h.
 */
#include "daemon/envelope.h"

#include <string.h>

#define ADDRESS_LENGTH 320 /* RFC 5321 4.5.3.1: 64 bytes, '@', 255 bytes */

void envelope_connect(struct envelope *envelope, const struct sockaddr *client) {
    envelope->has_client = client != NULL;
    if (!client)
        return;
    if (client->sa_family == AF_INET)
        memcpy(&envelope->client, client, sizeof(envelope->client.ipv4));
    else if (client->sa_family == AF_INET6)
        memcpy(&envelope->client, client, sizeof(envelope->client.ipv6));
    else
        envelope->client.any.sa_family = client->sa_family;
}

void envelope_begin(struct envelope *envelope, const struct configuration *configuration,
                    const char *user, struct mail *mail) {
    const struct sockaddr *client = envelope->has_client ? &envelope->client.any : NULL;

    mail->local = configuration_client_is_local(configuration, client);
    mail->recipient_count = 0;
    envelope->has_exempt_recipient = envelope->has_other_recipient = false;
    if (configuration_client_is_exempt(configuration, client))
        envelope->exempt = ENVELOPE_CLIENT;
    else if (configuration_user_is_exempt(configuration, user))
        envelope->exempt = ENVELOPE_USER;
    else
        envelope->exempt = ENVELOPE_NOT_EXEMPT;
}

/* Copies RECIPIENT, an address with a quoted local part (RFC 5321 4.1.2), to ADDRESS without the
 * quotation: "a"@host is a@host.  Returns false if it is none that can match. */
static bool quoted_read(const char *recipient, char address[ADDRESS_LENGTH + 1]) {
    size_t length = 0, domain;

    for (recipient++; *recipient && *recipient != '"'; recipient++) {
        recipient += *recipient == '\\' && recipient[1];
        if (length == ADDRESS_LENGTH || strchr("@ \t<>", *recipient))
            return false;
        address[length++] = *recipient;
    }
    if (*recipient != '"' || recipient[1] != '@' || length == 0)
        return false;
    domain = strcspn(++recipient, "> \t");
    if (length + domain > ADDRESS_LENGTH)
        return false;
    *(char *)mempcpy(address + length, recipient, domain) = '\0';
    return true;
}

/* Copies the address of RECIPIENT to ADDRESS: without <>, source route, blanks around it and the
 * dot of a fully qualified domain.  Returns false if it is none that can match. */
static bool address_read(const char *recipient, char address[ADDRESS_LENGTH + 1]) {
    const char *end;
    size_t length;

    recipient += strspn(recipient, " \t");
    if (*recipient == '<')
        recipient++;
    recipient += strspn(recipient, " \t");
    if (*recipient == '@') {
        recipient = strchr(recipient, ':');
        if (!recipient)
            return false;
        recipient++;
    }
    if (*recipient == '"')
        return quoted_read(recipient, address);
    end = recipient + strcspn(recipient, "> \t");
    if (end > recipient && end[-1] == '.')
        end--;
    length = (size_t)(end - recipient);
    if (length == 0 || length > ADDRESS_LENGTH || !memchr(recipient, '@', length))
        return false;
    *(char *)mempcpy(address, recipient, length) = '\0';
    return true;
}

/* Returns the index of an open list among the recipients of MAIL; their number if all are closed.
 */
static size_t open_list(const struct mail *mail) {
    size_t i = 0;

    while (i < mail->recipient_count && !mail->recipients[i]->publish)
        i++;
    return i;
}

static void list_add(struct mail *mail, const struct configuration_list *list) {
    size_t at = mail->recipient_count;

    for (size_t i = 0; i < mail->recipient_count; i++)
        if (mail->recipients[i] == list)
            return;
    if (at < MAIL_LISTS)
        mail->recipient_count++;
    else if (list->publish || (at = open_list(mail)) == mail->recipient_count)
        return;
    mail->recipients[at] = list;
}

void envelope_recipient(struct envelope *envelope, const struct configuration *configuration,
                        const char *recipient, struct mail *mail) {
    char address[ADDRESS_LENGTH + 1];
    bool valid = address_read(recipient, address);
    const struct configuration_list *list =
        valid ? configuration_list_by_address(configuration, address) : NULL;

    if (valid && configuration_recipient_is_exempt(configuration, address))
        envelope->has_exempt_recipient = true;
    else
        envelope->has_other_recipient = true;
    if (list)
        list_add(mail, list);
}

enum envelope_exempt envelope_is_exempt(const struct envelope *envelope) {
    if (envelope->exempt != ENVELOPE_NOT_EXEMPT)
        return envelope->exempt;
    return envelope->has_exempt_recipient && !envelope->has_other_recipient ? ENVELOPE_RECIPIENTS
                                                                            : ENVELOPE_NOT_EXEMPT;
}
