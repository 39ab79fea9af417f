/* SPDX-License-Identifier: BSD-2-Clause
 *
 * host-names.c - see host-names.h.
 */
#include "web/host-names.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define HOST_MOST 255 /* bytes of a name, RFC 1035 2.3.4 */

/* Returns the length of the host in TEXT, without the port; 0 if it is malformed. */
static size_t host_length(const char *text) {
    size_t length = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":"), digits;

    if (strlen(text) < length || length > HOST_MOST)
        return 0;
    if (!text[length])
        return length;
    digits = strspn(text + length + 1, "0123456789");
    return text[length] == ':' && !text[length + 1 + digits] && digits <= 5 ? length : 0;
}

static bool is_address(const char *name) {
    unsigned char address[16];

    return inet_pton(AF_INET, name, address) == 1;
}

/* Returns true if NAME, in brackets, is an IPv6 address. */
static bool is_address_in_brackets(char *name, size_t length) {
    unsigned char address[16];

    if (*name != '[')
        return false;
    name[length - 1] = '\0';
    return inet_pton(AF_INET6, name + 1, address) == 1;
}

unsigned host_names_check(char *const *names, size_t count, const char *host) {
    size_t length = host_length(host);
    char name[HOST_MOST + 1];

    if (length == 0)
        return 400;
    memcpy(name, host, length);
    name[length] = '\0';
    if (*name == '[')
        return is_address_in_brackets(name, length) ? 200 : 400;
    if (name[strcspn(name, " \t\"<>/\\@,")])
        return 400;
    if (is_address(name) || strcasecmp(name, "localhost") == 0)
        return 200;
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, names[i]) == 0)
            return 200;
    return 421;
}
