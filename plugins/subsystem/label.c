/* SPDX-License-Identifier: BSD-2-Clause
 *
 * label.c - derives the labels of sections from their names; see label.h.
 *
 * It owns nothing, and nothing in it can fail.
 */
#include "label.h"

#include <stdio.h>

/* ---- one word ----------------------------------------------------------------------------- */

/* Returns true if C can be part of a word. */
static bool is_plain(char c) {
    return patchmark_is_letter(c) || patchmark_is_digit(c);
}

/* Returns true if TEXT is a short name, such as "KVM/arm64" or "mlx4_en". */
static bool is_short_name(struct patchmark_text text) {
    bool has_letter = false;
    if (text.length < 2 || text.length > BOUND_SHORT_BYTES || !is_plain(text.data[0]))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_plain(text.data[i]) && !memchr("-_/.+", text.data[i], 5))
            return false;
        has_letter |= patchmark_is_letter(text.data[i]);
    }
    return has_letter;
}

/* Returns NAME from the contents of its last parentheses on, if these are a short name; otherwise
 * the whole name. */
static struct patchmark_text significant(struct patchmark_text name) {
    const char *open = memrchr(name.data, '(', name.length);
    if (!open)
        return name;
    struct patchmark_text rest = patchmark_text_skip(name, (size_t)(open - name.data) + 1);
    const char *close = memchr(rest.data, ')', rest.length);
    if (!close || !is_short_name(patchmark_text_slice(rest, 0, (size_t)(close - rest.data))))
        return name;
    return rest;
}

void label_make(struct patchmark_text name, char label[LABEL_SIZE]) {
    struct patchmark_text text = significant(name);
    size_t length = 0, last_word = 0; /* offset of the last '-' */
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
            label[length++] = g_ascii_tolower(text.data[i]);
    }
    if (cut && last_word > 0)
        length = last_word;
    label[length] = '\0';
    if (length == 0)
        strcpy(label, "section");
}

bool label_is_valid(struct patchmark_text word) {
    for (size_t i = 0; i < word.length; i++)
        if (!(word.data[i] >= 'a' && word.data[i] <= 'z') && !patchmark_is_digit(word.data[i]) &&
            word.data[i] != '-')
            return false;
    return word.length > 0 && word.length <= BOUND_WORD_BYTES;
}

/* ---- unique labels ------------------------------------------------------------------------ */

/* The value of a key is the last number that was appended to that label. */
void label_add(GHashTable *labels, char label[LABEL_SIZE]) {
    size_t length = strlen(label);
    void *first, *tried;
    if (g_hash_table_lookup_extended(labels, label, &first, &tried)) {
        unsigned number = MAX(GPOINTER_TO_UINT(tried), 1);
        do
            snprintf(label + length, LABEL_SIZE - length, "-%u", ++number);
        while (g_hash_table_contains(labels, label));
        g_hash_table_insert(labels, first, GUINT_TO_POINTER(number));
    }
    g_hash_table_insert(labels, label, NULL);
}
