/* SPDX-License-Identifier: BSD-2-Clause
 *
 * author.c - whether two mails have the same author: see series.h.
 *
 * A list that rewrites From shows the author only in header fields that any sender can write.  So
 * what such a mail claims counts on that list only.
 */
#include "series.h"

#include <string.h>

/* Returns true if LIST is one of LISTS, which are separated by spaces. */
static bool is_among(const char *lists, const char *list) {
    size_t length = strlen(list);

    if (length == 0)
        return false;
    for (const char *at = lists; (at = strstr(at, list)); at += length)
        if ((at == lists || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

bool posting_author_is(const struct posting *posting, const char *address, const char *via,
                       const char *lists) {
    if (!*address || strcmp(posting->author, address) != 0)
        return false;
    if (*posting->via)
        return strcmp(posting->via, via) == 0 || is_among(lists, posting->via);
    return !*via || is_among(via, posting->list);
}

bool author_may_take_part(const struct patchmark_message *message, const char *via,
                          const char *lists) {
    const char *own = patchmark_message_sender_via(message);

    return !*own || strcmp(own, via) == 0 || is_among(lists, own);
}
