/* SPDX-License-Identifier: BSD-2-Clause
 *
 * label.c - see label.h.
 *
 * A set of labels owns its table, not the labels.  What can fail is memory, when it is made.
 */
#define _GNU_SOURCE 1

#include "label.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- one word ----------------------------------------------------------------------------- */

static bool is_plain(char c) {
    return text_is_letter(c) || text_is_digit(c);
}

/* What looks like a short name: "KVM/arm64", "mlx4_en". */
static bool is_short_name(struct patchmark_text text) {
    bool has_letter = false;
    if (text.length < 2 || text.length > BOUND_SHORT_BYTES || !is_plain(text.data[0]))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_plain(text.data[i]) && !memchr("-_/.+", text.data[i], 5))
            return false;
        has_letter |= text_is_letter(text.data[i]);
    }
    return has_letter;
}

/* NAME from its last parentheses on, when these hold a short name; else all of it. */
static struct patchmark_text significant(struct patchmark_text name) {
    const char *open = memrchr(name.data, '(', name.length);
    if (!open)
        return name;
    struct patchmark_text rest = text_skip(name, (size_t)(open - name.data) + 1);
    const char *close = memchr(rest.data, ')', rest.length);
    if (!close || !is_short_name(text_slice(rest, 0, (size_t)(close - rest.data))))
        return name;
    return rest;
}

void label_make(struct patchmark_text name, char label[LABEL_SIZE]) {
    struct patchmark_text text = significant(name);
    size_t length = 0, last_word = 0; /* where the last '-' stands */
    bool cut = false;
    for (size_t i = 0; i < text.length && !cut; i++) {
        bool starts_word = is_plain(text.data[i]) && (i == 0 || !is_plain(text.data[i - 1]));
        if (!is_plain(text.data[i]))
            continue;
        if (starts_word && length > 0) {
            last_word = length;
            label[length++] = '-';
        }
        cut = length >= BOUND_LABEL_BYTES;
        if (!cut)
            label[length++] = text_lower(text.data[i]);
    }
    if (cut && last_word > 0)
        length = last_word;
    label[length] = '\0';
    if (length == 0)
        strcpy(label, "section");
}

bool label_is_valid(struct patchmark_text word) {
    for (size_t i = 0; i < word.length; i++)
        if (!(word.data[i] >= 'a' && word.data[i] <= 'z') && !text_is_digit(word.data[i]) &&
            word.data[i] != '-')
            return false;
    return word.length > 0 && word.length <= BOUND_WORD_BYTES;
}

/* ---- labels that are taken ---------------------------------------------------------------- */

struct taken {
    const char *label; /* NULL: free */
    unsigned number;   /* the last that was tried behind it */
};

struct labels {
    size_t room; /* a power of two, more than twice of what goes in */
    struct taken table[];
};

struct labels *labels_new(size_t count) {
    size_t room = 64;
    while (room < 2 * count)
        room *= 2;
    struct labels *labels = calloc(1, sizeof(*labels) + room * sizeof(labels->table[0]));
    if (labels)
        labels->room = room;
    return labels;
}

void labels_free(struct labels *labels) {
    free(labels);
}

/* The place of LABEL, or the free one for it. */
static struct taken *taken_find(struct labels *labels, const char *label) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = label; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (size_t i = hash;; i++) {
        struct taken *taken = &labels->table[i & (labels->room - 1)];
        if (!taken->label || strcmp(taken->label, label) == 0)
            return taken;
    }
}

void labels_reserve(struct labels *labels, const char *label) {
    taken_find(labels, label)->label = label;
}

void labels_take(struct labels *labels, char label[LABEL_SIZE]) {
    struct taken *first = taken_find(labels, label), *place = first;
    size_t length = strlen(label);
    while (place->label) {
        unsigned number = first->number < 2 ? 2 : first->number + 1;
        first->number = number;
        snprintf(label + length, LABEL_SIZE - length, "-%u", number);
        place = taken_find(labels, label);
    }
    place->label = label;
}
