/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trie.c - see trie.h.
 *
 * Nodes are numbers; one hash table leads from a node and the name of a component to the node
 * below.  Owns its arrays; the names and globs are the caller's.  What can fail is memory.
 */
#include "trie.h"

#include "glob.h"
#include "text.h"

#include <stdlib.h>

enum { TOP = 0 };

struct node {
    uint32_t first;  /* of its entries */
    uint32_t always; /* so many of these are tried in any case; ... */
    uint32_t count;  /* ... those behind, up to this number, are sorted by their first byte */
};

/* A way down. */
struct edge {
    struct patchmark_text name;
    uint32_t hash, from, to; /* to TOP: this place in the table is free */
};

enum entry_kind {
    WHOLE, /* no wildcards: the path ends here or goes on below */
    BELOW, /* as well, with a slash at its end: it must go on */
    TAIL,  /* there is more to match */
};

struct entry {
    struct patchmark_text tail;
    uint32_t node, value;
    enum entry_kind kind;
    unsigned char byte; /* the first of a tail that begins without a wildcard, else 0 */
    unsigned char
        second; /* of a tail that begins with any folder: the first behind that, as above */
};

struct trie {
    struct entry *entries;
    struct edge *edges;
    struct node *nodes; /* made at the end */
    size_t entry_count, entry_room, edge_count, edge_room, node_count;
};

struct trie *trie_new(void) {
    struct trie *trie = calloc(1, sizeof(*trie));
    if (trie)
        trie->node_count = 1;
    return trie;
}

void trie_free(struct trie *trie) {
    if (!trie)
        return;
    free(trie->entries);
    free(trie->edges);
    free(trie->nodes);
    free(trie);
}

/* ---- edges -------------------------------------------------------------------------------- */

/* FNV-1a. */
static uint32_t edge_hash(uint32_t from, struct patchmark_text name) {
    uint32_t hash = 2166136261u ^ (from * 2654435761u);
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

/* The edge, or the free place for it.  There is always a free one. */
static struct edge *edge_find(const struct trie *trie, uint32_t from, struct patchmark_text name,
                              uint32_t hash) {
    for (size_t i = hash;; i++) {
        struct edge *edge = &trie->edges[i & (trie->edge_room - 1)];
        if (edge->to == TOP ||
            (edge->hash == hash && edge->from == from && edge->name.length == name.length &&
             memcmp(edge->name.data, name.data, name.length) == 0))
            return edge;
    }
}

/* Keeps at least half of the table free. */
static bool edges_grow(struct trie *trie) {
    struct trie bigger = *trie;
    if (2 * (trie->edge_count + 1) <= trie->edge_room)
        return true;
    bigger.edge_room = trie->edge_room ? 2 * trie->edge_room : 1024;
    bigger.edges = calloc(bigger.edge_room, sizeof(*bigger.edges));
    if (!bigger.edges)
        return false;
    for (size_t i = 0; i < trie->edge_room; i++) {
        struct edge *edge = &trie->edges[i];
        if (edge->to != TOP)
            *edge_find(&bigger, edge->from, edge->name, edge->hash) = *edge;
    }
    free(trie->edges);
    *trie = bigger;
    return true;
}

/* The node below FROM of that name, made where it is missing; TOP: out of memory. */
static uint32_t node_below(struct trie *trie, uint32_t from, struct patchmark_text name) {
    if (!edges_grow(trie))
        return TOP;
    uint32_t hash = edge_hash(from, name);
    struct edge *edge = edge_find(trie, from, name, hash);
    if (edge->to == TOP) {
        *edge = (struct edge){.name = name, .hash = hash, .from = from};
        edge->to = (uint32_t)trie->node_count++;
        trie->edge_count++;
    }
    return edge->to;
}

/* ---- building ----------------------------------------------------------------------------- */

static struct entry *entry_new(struct trie *trie) {
    if (trie->entry_count == trie->entry_room) {
        size_t room = trie->entry_room ? 2 * trie->entry_room : 1024;
        struct entry *entries = reallocarray(trie->entries, room, sizeof(*entries));
        if (!entries)
            return NULL;
        trie->entries = entries;
        trie->entry_room = room;
    }
    return &trie->entries[trie->entry_count++];
}

/* The byte of the glob at AT; 0 when it is a wildcard, or the glob ends before it. */
static unsigned char letter_at(struct patchmark_text glob, size_t at) {
    return at < glob.length && glob_is_literal(text_slice(glob, at, at + 1))
               ? (unsigned char)glob.data[at]
               : 0;
}

bool trie_add(struct trie *trie, struct patchmark_text glob, uint32_t value) {
    struct entry entry = {.tail = glob, .node = TOP, .value = value, .kind = WHOLE};
    while (entry.tail.length > 0) {
        const char *slash = memchr(entry.tail.data, '/', entry.tail.length);
        size_t length = slash ? (size_t)(slash - entry.tail.data) : entry.tail.length;
        struct patchmark_text name = text_slice(entry.tail, 0, length);
        if (!glob_is_literal(name)) {
            entry.kind = TAIL;
            break;
        }
        entry.node = node_below(trie, entry.node, name);
        if (entry.node == TOP)
            return false;
        entry.kind = slash ? BELOW : WHOLE;
        entry.tail = text_skip(entry.tail, length + (slash != NULL));
    }
    if (entry.kind == TAIL)
        entry.byte = letter_at(entry.tail, 0);
    if (text_starts_with(entry.tail, "*/"))
        entry.second = letter_at(entry.tail, 2);
    struct entry *kept = entry_new(trie);
    if (kept)
        *kept = entry;
    return kept != NULL;
}

static int entry_compare(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return a->byte - b->byte;
}

bool trie_finish(struct trie *trie) {
    trie->nodes = calloc(trie->node_count, sizeof(*trie->nodes));
    if (!trie->nodes || !edges_grow(trie))
        return false;
    if (trie->entry_count > 0)
        qsort(trie->entries, trie->entry_count, sizeof(*trie->entries), entry_compare);
    for (size_t i = 0; i < trie->entry_count; i++) {
        struct node *node = &trie->nodes[trie->entries[i].node];
        if (node->count++ == 0)
            node->first = (uint32_t)i;
        if (trie->entries[i].byte == 0)
            node->always++;
    }
    return true;
}

/* ---- matching ----------------------------------------------------------------------------- */

/* The first entry of a node, from FROM to TO, whose byte is not below BYTE. */
static size_t entry_first(const struct trie *trie, size_t from, size_t to, unsigned char byte) {
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (trie->entries[middle].byte < byte)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The entry matches a path that goes on with REST, behind whose first slash stands SECOND. */
static bool entry_match(const struct entry *entry, struct patchmark_text rest,
                        unsigned char second) {
    if (entry->kind == WHOLE)
        return true;
    if (entry->kind == BELOW)
        return rest.length > 0;
    if (!rest.data || (entry->second != 0 && entry->second != second))
        return false;
    return glob_match(entry->tail, rest);
}

/* REST is what follows the node's name and a slash; its data is NULL where the path ended. */
static void node_match(const struct trie *trie, const struct node *node, struct patchmark_text rest,
                       void (*found)(void *context, uint32_t value), void *context) {
    size_t end = node->first + node->always, last = node->first + node->count;
    const char *slash = rest.data ? memchr(rest.data, '/', rest.length) : NULL;
    unsigned char second =
        slash && slash + 1 < rest.data + rest.length ? (unsigned char)slash[1] : 0;
    for (size_t i = node->first; i < end; i++)
        if (entry_match(&trie->entries[i], rest, second))
            found(context, trie->entries[i].value);
    if (rest.length == 0 || end == last)
        return;
    unsigned char byte = (unsigned char)rest.data[0];
    for (size_t i = entry_first(trie, end, last, byte); i < last && trie->entries[i].byte == byte;
         i++)
        if (glob_match(trie->entries[i].tail, rest))
            found(context, trie->entries[i].value);
}

void trie_match(const struct trie *trie, struct patchmark_text path,
                void (*found)(void *context, uint32_t value), void *context) {
    struct patchmark_text rest = path;
    node_match(trie, &trie->nodes[TOP], rest, found, context);
    for (uint32_t node = TOP; rest.data;) {
        const char *slash = memchr(rest.data, '/', rest.length);
        size_t length = slash ? (size_t)(slash - rest.data) : rest.length;
        struct patchmark_text name = text_slice(rest, 0, length);
        node = edge_find(trie, node, name, edge_hash(node, name))->to;
        if (node == TOP)
            return;
        rest = slash ? text_skip(rest, length + 1) : (struct patchmark_text){NULL, 0};
        node_match(trie, &trie->nodes[node], rest, found, context);
    }
}
