/* SPDX-License-Identifier: BSD-2-Clause
 *
 * material.c - see material.h.  If memory runs out, texts are shorter and paths are missing.
 */
#include "material.h"

#include "regex.h"

#include <stdlib.h>
#include <string.h>

struct material *material_new(void) {
    struct material *material = calloc(1, sizeof(*material));

    if (!material)
        return NULL;
    material->regexes = regex_room_new();
    if (!material->regexes) {
        free(material);
        return NULL;
    }
    return material;
}

void material_free(struct material *material) {
    if (!material)
        return;
    regex_room_free(material->regexes);
    free(material->body.data);
    free(material->text.data);
    free(material->paths);
    free(material);
}

void material_begin(struct material *material, const struct patchmark_message *message,
                    const struct patchmark_facts *facts) {
    material->message = message;
    material->facts = facts;
    material->body.ready = material->text.ready = material->paths_ready = false;
}

/* ---- text --------------------------------------------------------------------------------- */

static bool make_room(struct material_text *text, size_t more) {
    size_t room = text->room ? text->room : 16 * 1024;
    char *data;

    while (room < text->length + more)
        room *= 2;
    if (room == text->room)
        return true;
    data = realloc(text->data, room);
    if (!data)
        return false;
    text->data = data;
    text->room = room;
    return true;
}

/* Appends LINE and a line end.  Returns false if the text is then full, and LINE was cut between
 * two characters or left out. */
static bool append_line(struct material_text *text, struct patchmark_text line) {
    size_t left = MATERIAL_TEXT - text->length;
    bool whole = line.length < left;

    if (!whole) {
        line.length = left;
        while (line.length > 0 && (line.data[line.length] & 0xc0) == 0x80)
            line.length--;
    }
    if (!make_room(text, line.length + 1))
        return false;
    memcpy(text->data + text->length, line.data, line.length);
    text->length += line.length;
    if (whole)
        text->data[text->length++] = '\n';
    return whole;
}

/* Fills TEXT.  If BODY_ONLY is true, skips attachments, parts other than text/plain, and quoted
 * lines. */
static void read_text(struct material_text *text, const struct patchmark_message *message,
                      bool body_only) {
    struct patchmark_part part = {.struct_size = sizeof(part)};
    struct patchmark_text line;

    text->ready = true;
    text->length = 0;
    for (size_t i = 0; patchmark_message_part(message, i, &part); i++) {
        if (body_only && (*part.filename || strcmp(part.type, "text/plain") != 0))
            continue;
        while (patchmark_text_line(&part.text, &line))
            if ((!body_only || line.length == 0 || line.data[0] != '>') && !append_line(text, line))
                return;
    }
}

static struct patchmark_text text_of(struct material *material, struct material_text *text,
                                     bool body_only) {
    if (!text->ready)
        read_text(text, material->message, body_only);
    return (struct patchmark_text){text->length > 0 ? text->data : "", text->length};
}

struct patchmark_text material_body(struct material *material) {
    return text_of(material, &material->body, true);
}

struct patchmark_text material_text(struct material *material) {
    return text_of(material, &material->text, false);
}

/* ---- paths -------------------------------------------------------------------------------- */

const char *const *material_paths(struct material *material, size_t *count) {
    if (!material->paths_ready) {
        size_t wanted = patchmark_fact_count(material->facts, "patch.files");

        if (wanted > material->path_room) {
            const char **paths = realloc(material->paths, wanted * sizeof(*paths));

            if (paths) {
                material->paths = paths;
                material->path_room = wanted;
            }
        }
        material->path_count = wanted < material->path_room ? wanted : material->path_room;
        for (size_t i = 0; i < material->path_count; i++)
            material->paths[i] = patchmark_fact_item(material->facts, "patch.files", i);
        material->paths_ready = true;
    }
    *count = material->path_count;
    return material->paths;
}
