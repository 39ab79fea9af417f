/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-cache.c - see index-cache.h.
 */
#include "index-cache.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* Places; a power of 2.  The mails of an hour of a busy list, some 300 bytes each. */
#define MESSAGES 4096
#define SERIES   1024

struct kept_message {
    char *key; /* NULL: the place is free.  The strings of the row stand behind it. */
    bool absent;
    struct index_message row;
};

struct kept_series {
    char *key;
    bool absent;
    struct index_cached_series series;
};

struct index_cache {
    struct kept_message messages[MESSAGES];
    struct kept_series series[SERIES];
};

struct index_cache *index_cache_new(void) {
    return calloc(1, sizeof(struct index_cache));
}

void index_cache_clear(struct index_cache *cache) {
    if (!cache)
        return;
    for (size_t i = 0; i < MESSAGES; i++)
        free(cache->messages[i].key);
    for (size_t i = 0; i < SERIES; i++)
        free(cache->series[i].key);
    memset(cache, 0, sizeof(*cache));
}

void index_cache_free(struct index_cache *cache) {
    index_cache_clear(cache);
    free(cache);
}

/* ---- strings ------------------------------------------------------------------------------- */

#define STRINGS_MOST 5 /* of a row */

/* KEY and copies of the strings at PLACES, one behind the other; the places then name the copies.
 * NULL: out of memory. */
static char *strings_keep(const char *key, const char **const *places, size_t count) {
    size_t lengths[STRINGS_MOST], key_length = strlen(key) + 1, sum = key_length;
    char *kept, *at;

    for (size_t i = 0; i < count; i++) {
        lengths[i] = *places[i] ? strlen(*places[i]) + 1 : 1;
        sum += lengths[i];
    }
    kept = malloc(sum);
    if (!kept)
        return NULL;
    memcpy(kept, key, key_length);
    at = kept + key_length;
    for (size_t i = 0; i < count; i++) {
        memcpy(at, *places[i] ? *places[i] : "", lengths[i]);
        *places[i] = at;
        at += lengths[i];
    }
    return kept;
}

/* ---- messages ------------------------------------------------------------------------------ */

static struct kept_message *message_place(struct index_cache *cache, const char *message_id) {
    return &cache->messages[g_str_hash(message_id) % MESSAGES];
}

static struct kept_message *message_find(struct index_cache *cache, const char *message_id) {
    struct kept_message *kept = cache ? message_place(cache, message_id) : NULL;

    return kept && kept->key && strcmp(kept->key, message_id) == 0 ? kept : NULL;
}

enum index_cached index_cache_message(struct index_cache *cache, const char *message_id,
                                      struct arena *strings, struct index_message *found) {
    const struct kept_message *kept = message_find(cache, message_id);

    if (!kept)
        return INDEX_CACHED_NOT;
    if (kept->absent)
        return INDEX_CACHED_ABSENT;
    *found = kept->row;
    found->message_id = arena_copy(strings, kept->key, strlen(kept->key));
    found->series = arena_copy(strings, found->series, strlen(found->series));
    found->sender = arena_copy(strings, found->sender, strlen(found->sender));
    found->kind = arena_copy(strings, found->kind, strlen(found->kind));
    found->list = arena_copy(strings, found->list, strlen(found->list));
    return INDEX_CACHED;
}

void index_cache_keep_message(struct index_cache *cache, const char *message_id,
                              const struct index_message *row) {
    struct kept_message *kept;

    if (!cache)
        return;
    kept = message_place(cache, message_id);
    free(kept->key);
    kept->absent = row == NULL;
    kept->row = row ? *row : (struct index_message){0};
    kept->key = strings_keep(message_id,
                             (const char **const[]){&kept->row.series, &kept->row.sender,
                                                    &kept->row.kind, &kept->row.list},
                             row ? 4 : 0);
}

void index_cache_drop_message(struct index_cache *cache, const char *message_id) {
    struct kept_message *kept = message_find(cache, message_id);

    if (kept) {
        free(kept->key);
        kept->key = NULL;
    }
}

/* ---- series -------------------------------------------------------------------------------- */

static struct kept_series *series_place(struct index_cache *cache, const char *id) {
    return &cache->series[g_str_hash(id) % SERIES];
}

static struct kept_series *series_find(struct index_cache *cache, const char *id) {
    struct kept_series *kept = cache ? series_place(cache, id) : NULL;

    return kept && kept->key && strcmp(kept->key, id) == 0 ? kept : NULL;
}

struct index_cached_series *index_cache_series(struct index_cache *cache, const char *id,
                                               bool *absent) {
    struct kept_series *kept = series_find(cache, id);

    *absent = kept && kept->absent;
    return kept && !kept->absent ? &kept->series : NULL;
}

void index_cache_keep_series(struct index_cache *cache, const char *id,
                             const struct index_series *row, int64_t parts) {
    struct kept_series *kept;
    struct index_series *own;
    char *old;

    if (!cache)
        return;
    kept = series_place(cache, id);
    old = kept->key; /* ROW may be what is kept there */
    own = &kept->series.row;
    kept->absent = row == NULL;
    *own = row ? *row : (struct index_series){0};
    kept->series.parts = parts;
    kept->key =
        strings_keep(id, (const char **const[]){&own->id, &own->topic, &own->author, &own->title},
                     row ? 4 : 0);
    free(old);
}

void index_cache_drop_series(struct index_cache *cache, const char *id) {
    struct kept_series *kept = series_find(cache, id);

    if (kept) {
        free(kept->key);
        kept->key = NULL;
    }
}
