/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lookup.c - the functions patchmark_index_... of the plugin interface; see lookup.h.
 *
 * Owns nothing; strings that plugins receive are kept by the message.  If the store fails, it logs
 * that, and the functions return false or 0.
 */
#include "pipeline/lookup.h"

#include "mail/message.h"
#include "pipeline/bounds.h"

#include <string.h>

/* Copies as many bytes as both structs have: the struct of a plugin that was compiled for an
 * earlier version is shorter. */
static void copy_out(void *to, size_t to_size, const void *from, size_t from_size) {
    memcpy(to, from, to_size < from_size ? to_size : from_size);
}

/* Returns STRING, which a plugin passes; "" if it is NULL. */
static const char *string_of(const char *string) {
    return string ? string : "";
}

void lookup_set(struct patchmark_message *message, const struct lookup *lookup) {
    message_set_context(message, lookup);
}

static const struct lookup *lookup_of(const struct patchmark_message *message) {
    return message_context(message);
}

bool patchmark_index_message(const struct patchmark_message *message, const char *message_id,
                             struct patchmark_known *known) {
    const struct lookup *lookup = lookup_of(message);
    struct index_message found;
    struct patchmark_known all;

    if (!lookup)
        return false;
    message_id = string_of(message_id);
    if (strcmp(message_id, patchmark_message_id(message)) == 0) {
        if (!lookup->known)
            return false;
        found = *lookup->known;
    } else if (!index_find_message_of(lookup->store, message_id, patchmark_message_sender(message),
                                      patchmark_message_sender_via(message), &found)) {
        return false;
    }
    all = (struct patchmark_known){.struct_size = known->struct_size,
                                   .series = message_keep(message, found.series),
                                   .sender = message_keep(message, found.sender),
                                   .kind = message_keep(message, found.kind),
                                   .part = found.part,
                                   .via = message_keep(message, found.via),
                                   .topic = message_keep(message, found.topic),
                                   .supersedes = message_keep(message, found.supersedes),
                                   .how = message_keep(message, found.how),
                                   .scope = message_keep(message, found.scope),
                                   .same_as = message_keep(message, found.same_as)};
    copy_out(known, known->struct_size, &all, sizeof(all));
    return true;
}

static struct patchmark_series series_of(const struct patchmark_message *message,
                                         const struct index_series *found, size_t struct_size) {
    return (struct patchmark_series){.struct_size = struct_size,
                                     .id = message_keep(message, found->id),
                                     .topic = message_keep(message, found->topic),
                                     .author = message_keep(message, found->author),
                                     .title = message_keep(message, found->title),
                                     .version = found->version,
                                     .total = found->total,
                                     .opened = found->opened,
                                     .changed = found->changed,
                                     .rfc = found->rfc,
                                     .via = message_keep(message, found->via),
                                     .lists = message_keep(message, found->lists),
                                     .labels = message_keep(message, found->labels),
                                     .superseded_by = message_keep(message, found->superseded_by)};
}

bool patchmark_index_series(const struct patchmark_message *message, const char *id,
                            struct patchmark_series *series) {
    const struct lookup *lookup = lookup_of(message);
    struct index_series found;
    struct patchmark_series all;

    if (!lookup || !index_find_series_brief(lookup->store, string_of(id), &found))
        return false;
    all = series_of(message, &found, series->struct_size);
    copy_out(series, series->struct_size, &all, sizeof(all));
    return true;
}

bool patchmark_index_taken(const struct patchmark_message *message, const char *series,
                           int64_t part) {
    const struct lookup *lookup = lookup_of(message);

    return lookup &&
           index_has_part(lookup->store, string_of(series), part, patchmark_message_id(message));
}

size_t patchmark_index_find(const struct patchmark_message *message, const char *key,
                            struct patchmark_series *found, size_t max) {
    const struct lookup *lookup = lookup_of(message);
    struct index_series all[LIMIT_FOUND];
    size_t size = max > 0 ? found->struct_size : 0, count;

    if (!lookup || max == 0)
        return 0;
    count =
        index_find_key(lookup->store, string_of(key), all, max < LIMIT_FOUND ? max : LIMIT_FOUND);
    for (size_t i = 0; i < count; i++) {
        struct patchmark_series one = series_of(message, &all[i], size);

        copy_out((char *)found + i * size, size, &one, sizeof(one));
    }
    return count;
}

size_t patchmark_index_shared(const struct patchmark_message *message, const char *series,
                              const char *const *notes, size_t count) {
    const struct lookup *lookup = lookup_of(message);

    return lookup && notes ? index_shared(lookup->store, string_of(series), notes, count) : 0;
}
