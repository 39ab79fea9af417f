/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-cache.h - rows of the index that were asked for last, in memory: also that there is none.
 *
 * A mail asks for its own id twice, and each part of a series for the same parent and the same
 * series.  One row a place, the newest stays, so it is bounded; strings are copied in and out.
 * Under the store's lock.  The store writes every row that changes through index.c, which tells;
 * after a rollback nothing is left here.  Nothing can fail.
 */
#ifndef INDEX_CACHE_H
#define INDEX_CACHE_H

#include "arena.h"
#include "store.h"

struct index_cache;

/* NULL: out of memory; the others then know nothing. */
struct index_cache *index_cache_new(void);
void index_cache_free(struct index_cache *cache);
/* Forgets everything. */
void index_cache_clear(struct index_cache *cache);

enum index_cached { INDEX_CACHED_NOT, INDEX_CACHED_ABSENT, INDEX_CACHED };

/* What is known of a message: INDEX_CACHED and FOUND, its strings in STRINGS. */
enum index_cached index_cache_message(struct index_cache *cache, const char *message_id,
                                      struct arena *strings, struct index_message *found);
/* ROW NULL: there is none in the index. */
void index_cache_keep_message(struct index_cache *cache, const char *message_id,
                              const struct index_message *row);
void index_cache_drop_message(struct index_cache *cache, const char *message_id);

/* A series that is no other's alias.  *PARTS: at most so many of its parts are there; -1: not
 * known. */
struct index_cached_series {
    struct index_series row;
    int64_t parts;
};
/* The one that is kept, until anything is kept; NULL: not known, or none (*ABSENT). */
struct index_cached_series *index_cache_series(struct index_cache *cache, const char *id,
                                               bool *absent);
void index_cache_keep_series(struct index_cache *cache, const char *id,
                             const struct index_series *row, int64_t parts);
void index_cache_drop_series(struct index_cache *cache, const char *id);

#endif
