/* SPDX-License-Identifier: BSD-2-Clause
 *
 * needles.c - see needles.h.
 *
 * The first three bytes of each literal are hashed to a list of literals to compare.  At most
 * places of a text that list is empty, which a table of bits tells that stays in the cache.  Owns
 * its tables; what can fail is memory.
 */
#include "needles.h"

#include "text.h"

#include <stdlib.h>

#define LIST_BITS 14
#define LISTS     (1u << LIST_BITS)

struct needle {
    struct literal literal;
    uint32_t value;
    uint32_t next; /* in its list, plus one; 0: the last */
};

struct needles {
    struct needle *items;
    size_t count, room;
    uint64_t bits[LISTS / 64]; /* which lists are not empty */
    uint32_t lists[LISTS];     /* the first of each, plus one */
};

struct needles *needles_new(void) {
    return calloc(1, sizeof(struct needles));
}

void needles_free(struct needles *needles) {
    if (!needles)
        return;
    free(needles->items);
    free(needles);
}

/* Three bytes become one number; the last is the lowest. */
static uint32_t gram_add(uint32_t gram, char byte) {
    return ((gram << 8) | (unsigned char)text_lower(byte)) & 0xffffff;
}

static uint32_t gram_list(uint32_t gram) {
    return (gram * 2654435761u) >> (32 - LIST_BITS);
}

bool needles_add(struct needles *needles, const struct literal *literal, uint32_t value) {
    if (needles->count == needles->room) {
        size_t room = needles->room ? 2 * needles->room : 64;
        struct needle *items = reallocarray(needles->items, room, sizeof(*items));
        if (!items)
            return false;
        needles->items = items;
        needles->room = room;
    }
    uint32_t gram = 0;
    for (size_t i = 0; i < LITERAL_MIN; i++)
        gram = gram_add(gram, literal->bytes[i]);
    uint32_t list = gram_list(gram);
    needles->items[needles->count++] =
        (struct needle){.literal = *literal, .value = value, .next = needles->lists[list]};
    needles->lists[list] = (uint32_t)needles->count;
    needles->bits[list / 64] |= UINT64_C(1) << (list % 64);
    return true;
}

static bool starts_with_literal(struct patchmark_text text, const struct literal *literal) {
    if (text.length < literal->length)
        return false;
    for (size_t i = 0; i < literal->length; i++)
        if (text_lower(text.data[i]) != literal->bytes[i])
            return false;
    return true;
}

static void list_compare(const struct needles *needles, uint32_t list, struct patchmark_text text,
                         bool *found) {
    for (uint32_t i = needles->lists[list]; i > 0; i = needles->items[i - 1].next) {
        const struct needle *needle = &needles->items[i - 1];
        if (!found[needle->value] && starts_with_literal(text, &needle->literal))
            found[needle->value] = true;
    }
}

void needles_search(const struct needles *needles, struct patchmark_text text, bool *found) {
    uint32_t gram = 0;
    if (needles->count == 0)
        return;
    for (size_t i = 0; i < text.length; i++) {
        gram = gram_add(gram, text.data[i]);
        uint32_t list = gram_list(gram);
        if (i + 1 >= LITERAL_MIN && (needles->bits[list / 64] >> (list % 64)) & 1)
            list_compare(needles, list, text_skip(text, i + 1 - LITERAL_MIN), found);
    }
}
