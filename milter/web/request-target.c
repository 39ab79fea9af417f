/* SPDX-License-Identifier: BSD-2-Clause
 *
 * request-target.c - see request-target.h.
 *
 * libmicrohttpd decodes targets too, but a "%00" ends its strings and it keeps malformed escapes.
 */
#include "web/request-target.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Decodes TEXT in place; a '+' becomes a space if IN_QUERY.  Returns false if it is not valid. */
static bool decode(char *text, bool in_query) {
    char *out = text;

    for (const char *in = text; *in; in++) {
        int byte = (unsigned char)*in;

        if (byte == '%') {
            int high = g_ascii_xdigit_value(in[1]),
                low = high < 0 ? -1 : g_ascii_xdigit_value(in[2]);

            if (low < 0)
                return false;
            byte = high * 16 + low;
            in += 2;
        } else if (byte == '+' && in_query)
            byte = ' ';
        if (byte < ' ' || byte == 0x7f)
            return false;
        *out++ = (char)byte;
    }
    *out = '\0';
    return g_utf8_validate(text, out - text, NULL);
}

/* Splits and decodes QUERY.  Returns false if it is not valid. */
static bool read_query(struct request_target *target, char *query) {
    for (char *argument = strsep(&query, "&"); argument; argument = strsep(&query, "&")) {
        char *name = strsep(&argument, "=");

        if (!*name && !argument)
            continue;
        if (target->count == REQUEST_ARGUMENTS_MOST || !decode(name, true) ||
            (argument && !decode(argument, true)) || request_target_argument(target, name))
            return false;
        target->arguments[target->count].name = name;
        target->arguments[target->count++].value = argument ? argument : "";
    }
    return true;
}

/* Removes scheme and host of the absolute form.  Returns the rest; NULL if it has neither form. */
static char *read_host(struct request_target *target, char *text) {
    size_t length;

    if (*text == '/')
        return text;
    if (strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0)
        return NULL;
    text = strchr(text, ':') + 3;
    length = strcspn(text, "/?");
    if (length == 0)
        return NULL;
    memmove(text - 1, text, length); /* makes room for the NUL */
    text[length - 1] = '\0';
    target->host = text - 1;
    return text + length;
}

unsigned request_target_read(struct request_target *target, const char *text) {
    char *path, *query;

    *target = (struct request_target){.path = strncmp(text, "/api/", 5) == 0 ? "/api/" : "/"};
    if (strlen(text) > REQUEST_TARGET_MOST)
        return 414;
    target->text = strdup(text);
    if (!target->text)
        return 503;
    query = read_host(target, target->text);
    if (!query)
        return 400;
    path = strsep(&query, "?");
    if (!decode(path, false) || (query && !read_query(target, query)))
        return 400;
    target->path = *path ? path : "/";
    return 200;
}

void request_target_free(struct request_target *target) {
    free(target->text);
    target->text = NULL;
}

const char *request_target_argument(const struct request_target *target, const char *name) {
    for (size_t i = 0; i < target->count; i++)
        if (strcmp(target->arguments[i].name, name) == 0)
            return target->arguments[i].value;
    return NULL;
}
