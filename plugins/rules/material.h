/* SPDX-License-Identifier: BSD-2-Clause
 *
 * material.h - what the rules look at in one mail: prepared once, and only when a rule asks.
 *
 * A material is used again for the next mail and keeps its memory.
 */
#ifndef RULES_MATERIAL_H
#define RULES_MATERIAL_H

#include "patchmark-plugin.h"

/* Bytes of text that rules look at: five times the largest mail in a hundred. */
#define MATERIAL_TEXT (256 * 1024)

struct material_text {
    char *data;
    size_t length, room;
    bool ready;
};

struct material {
    const struct patchmark_message *message;
    const struct patchmark_facts *facts;
    struct material_text body, text;
    const char **paths;
    size_t path_count, path_room;
    bool paths_ready;
    struct regex_room *regexes;
    struct material *next; /* among those that are free */
};

/* NULL: out of memory. */
struct material *material_new(void);
void material_free(struct material *material);

/* From now on it is about that mail. */
void material_begin(struct material *material, const struct patchmark_message *message,
                    const struct patchmark_facts *facts);

/* Parts of type text/plain that are no files, without lines that start with '>'.  At most
 * MATERIAL_TEXT bytes; lines end with LF.  Valid until the next material_begin. */
struct patchmark_text material_body(struct material *material);
/* All parts that have text, one behind the other, likewise. */
struct patchmark_text material_text(struct material *material);
/* patch.files, COUNT of them. */
const char *const *material_paths(struct material *material, size_t *count);

#endif
