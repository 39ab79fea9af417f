/* SPDX-License-Identifier: BSD-2-Clause
 *
 * own.c - finds the trailers in the message of a patch or cover: see own.h.
 *
 * The message ends at a "---" line or where a diff starts.  The last block of trailers in it
 * counts: lines "Name: value", at least one of which has a known name, without prose between them.
 * The block may follow prose without an empty line, contain empty lines, and have prose below it (a
 * list of changes that should be below the "---"); git does not accept these forms.  Names that
 * rarely mean anything else (trailer.c) count at any place.
 */
#include "own.h"

/* What the current paragraph is: undecided, prose, or (a part of) the block of trailers. */
enum paragraph { UNDECIDED, PROSE, BLOCK };

struct own {
    struct trailers *out;
    enum paragraph paragraph;
    size_t block;     /* the block that counts starts at this item or later */
    size_t held;      /* items from here on count only if a known name follows in the paragraph */
    bool at_start;    /* the next line starts a paragraph */
    bool interrupted; /* there is prose after the last block */
    bool open;        /* the preceding line is a trailer, which the next line may continue */
    bool in_note;     /* in "[maintainer: changed this]" */
    bool below;       /* after the end of the message */
    bool signature;   /* after "-- " */
};

/* Removes the items from START up to END, except those that count at any place. */
static void drop(struct trailers *out, size_t start, size_t end) {
    size_t to = start;
    for (size_t i = start; i < out->count; i++)
        if (i >= end || out->items[i].anywhere)
            out->items[to++] = out->items[i];
    out->count = to;
}

/* Removes names without a value, which are headings or incomplete. */
static void drop_empty(struct trailers *out) {
    size_t to = 0;
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i].value.length > 0)
            out->items[to++] = out->items[i];
    out->count = to;
}

static void add(struct own *own, const struct trailer *trailer) {
    own->open = own->out->count < TRAILERS_MAX;
    if (own->open)
        own->out->items[own->out->count++] = *trailer;
}

static void drop_held(struct own *own) {
    if (own->paragraph != BLOCK)
        drop(own->out, own->held, own->out->count);
}

static void start_paragraph(struct own *own) {
    drop_held(own);
    own->interrupted = own->interrupted || own->paragraph == UNDECIDED;
    own->paragraph = UNDECIDED;
    own->held = own->out->count;
    own->at_start = own->open = own->in_note = false;
}

/* Makes the current paragraph the block that counts, until another block follows. */
static void start_block(struct own *own) {
    if (own->interrupted) {
        size_t count = own->out->count;
        drop(own->out, own->block, own->held);
        own->held -= count - own->out->count;
        own->block = own->held;
    }
    own->interrupted = false;
    own->paragraph = BLOCK;
}

/* Returns true for a note that committers write between trailers. */
static bool is_note(struct own *own, struct patchmark_text line) {
    bool starts = line.data[0] == '[' || line.data[0] == '#' ||
                  patchmark_text_case_starts(line, "(cherry picked");
    if (!starts && !own->in_note)
        return false;
    own->in_note = (own->in_note || line.data[0] == '[') && !patchmark_text_case_ends(line, "]");
    return true;
}

static void add_prose(struct own *own) {
    own->open = false;
    if (own->paragraph == BLOCK)
        return; /* a line of another form does not end a block */
    drop_held(own);
    own->held = own->out->count;
    own->paragraph = PROSE;
    own->interrupted = true;
}

static void scan_message(struct own *own, struct patchmark_text line) {
    struct trailer trailer = {.anywhere = false};
    size_t indent = text_indent(line);
    bool read = trailer_read(line, &trailer);
    bool is_known = read && trailer_is_known(trailer.name) &&
                    (trailer.value.length > 0 || trailer_is_tag(trailer.name) || trailer.anywhere);
    struct trailer *last = own->open ? &own->out->items[own->out->count - 1] : NULL;
    trailer.anywhere = trailer.anywhere && indent == 0;
    if (own->at_start)
        start_paragraph(own), last = NULL;
    if (last != NULL && trailer_continues(last, line)) {
        trailer_extend(last, line);
    } else if (is_known && (indent == 0 || (own->paragraph == BLOCK && indent < 4))) {
        if (own->paragraph != BLOCK)
            start_block(own);
        add(own, &trailer);
    } else if (indent > 0 && last != NULL) {
        trailer_extend(last, line);
    } else if (read && indent == 0 && own->paragraph != PROSE) {
        add(own, &trailer);
    } else if (is_note(own, line)) {
        own->open = false;
    } else {
        add_prose(own);
    }
}

static void scan_below(struct own *own, struct patchmark_text line) {
    struct trailer trailer;
    if (patchmark_is_blank(line.data[0]) || !trailer_read(line, &trailer) || !trailer.anywhere)
        return;
    /* git before 2.11 wrote the base below the signature; other trailers there do not count. */
    if (!own->signature || patchmark_text_case_starts(trailer.name, "base-") ||
        patchmark_text_case_starts(trailer.name, "prerequisite-"))
        add(own, &trailer);
}

static bool ends_message(struct patchmark_text line) {
    return (patchmark_text_case_starts(line, "---") && patchmark_text_trim(line).length == 3) ||
           patchmark_text_case_starts(line, "--- ") || patchmark_text_case_starts(line, "diff -") ||
           patchmark_text_case_starts(line, "Index: ");
}

void own_scan(struct patchmark_text text, struct trailers *out) {
    struct own own = {.out = out, .at_start = true, .paragraph = PROSE};
    struct patchmark_text line;
    out->count = 0;
    while (patchmark_text_line(&text, &line)) {
        bool signature = line.length == 3 && memcmp(line.data, "-- ", 3) == 0;
        if (signature || (!own.below && ends_message(line))) {
            drop_held(&own);
            own.below = true;
            own.signature = own.signature || signature;
        } else if (own.below && line.length > 0) {
            scan_below(&own, line);
        } else if (patchmark_text_trim(line).length == 0) {
            own.at_start = true;
        } else {
            scan_message(&own, line);
        }
    }
    if (!own.below)
        drop_held(&own);
    drop_empty(out);
}
