/* SPDX-License-Identifier: BSD-2-Clause
 *
 * material.h - the texts and paths of one mail, as rules match them.
 *
 * They are prepared when a rule uses them for the first time, and once for all rules.  A material
 * is used by one thread at a time.  It keeps its memory, and is used again for later mails.
 */
#ifndef RULES_MATERIAL_H
#define RULES_MATERIAL_H

#include "patchmark-plugin.h"

/* The maximum size in bytes of a text that rules match: five times the size that 99 of 100 mails of
 * a list do not exceed. */
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
    struct material *next; /* in the list of unused materials, see rules.c */
};

/* Returns a new material, which the caller frees with material_free; NULL if memory runs out. */
struct material *material_new(void);
/* Frees MATERIAL, which may be NULL. */
void material_free(struct material *material);

/* Assigns a mail to MATERIAL.  MESSAGE and FACTS must be valid as long as MATERIAL is used for that
 * mail.  Invalidates the texts and paths of the previous mail. */
void material_begin(struct material *material, const struct patchmark_message *message,
                    const struct patchmark_facts *facts);

/* Returns the text of the parts of type text/plain that have no filename, without lines that start
 * with '>'.  At most MATERIAL_TEXT bytes of UTF-8; lines end with LF.  The text belongs to MATERIAL
 * and is valid until the next material_begin. */
struct patchmark_text material_body(struct material *material);
/* Returns the text of all parts, concatenated, with the same limit and lifetime. */
struct patchmark_text material_text(struct material *material);
/* Returns the items of the fact patch.files, and sets *COUNT to their number.  The array belongs to
 * MATERIAL and is valid until the next material_begin. */
const char *const *material_paths(struct material *material, size_t *count);

#endif
