/* SPDX-License-Identifier: BSD-2-Clause
 *
 * body.c - visits the lines and sentences that the sender of a mail wrote: see body.h.
 *
 * Owns nothing between mails and never fails.  Reads the text once, line by line.
 */
#include "body.h"

#include <string.h>
#include <strings.h>

struct walk {
    body_visit *visit;
    void *context;
    unsigned units;
    size_t at;                  /* bytes of the sender's text before the current line */
    char pending[FOLDED_BYTES]; /* the sentence that has not ended; the rest is cut */
    size_t length;              /* bytes in pending */
    bool in_changes;            /* items are changes of a new version */
    bool is_over;               /* a callback ended the walk */
};

/* ---- kinds of lines ------------------------------------------------------------------------ */

static struct patchmark_text trimmed(struct patchmark_text line) {
    line = patchmark_text_trim(line);
    while (line.length > 0 &&
           (line.data[line.length - 1] == '\r' || patchmark_is_blank(line.data[line.length - 1])))
        line.length--;
    return line;
}

/* Returns true for "Hi all,", which is a sentence of its own although it ends with a comma. */
static bool is_salutation(struct patchmark_text line) {
    size_t words = 1;

    for (size_t i = 0; i < line.length; i++)
        words += line.data[i] == ' ';
    return line.length > 0 && line.length <= 40 && words <= 4 &&
           (line.data[line.length - 1] == ',' || patchmark_text_case_starts(line, "hi ") ||
            patchmark_text_case_starts(line, "hello ") ||
            patchmark_text_case_starts(line, "dear "));
}

/* Returns true for "Reviewed-by: somebody", which is a line of its own without a full stop. */
static bool is_trailer(struct patchmark_text line) {
    size_t length = 0;

    while (length < line.length && line.data[length] != ' ')
        length++;
    line.length = length;
    return patchmark_text_case_ends(line, "-by:");
}

/* Returns true for "Changes in v3:", "Changelog:" and "v2 -> v3:", above what a submitter changed
 * in a new version. */
static bool is_changes_head(struct patchmark_text line) {
    if (line.length < 3 || line.data[line.length - 1] != ':')
        return false;
    return patchmark_text_case_starts(line, "change") ||
           ((line.data[0] == 'v' || line.data[0] == 'V') && patchmark_is_digit(line.data[1]) &&
            line.length <= 12);
}

/* ---- units -------------------------------------------------------------------------------- */

static void unit_visit(struct walk *walk, enum unit unit, struct patchmark_text text) {
    struct folded folded;

    if (walk->is_over || text.length == 0 || !(walk->units & unit))
        return;
    fold(&folded, text);
    if (folded.length > 0)
        walk->is_over = walk->visit(walk->context, unit, walk->at, text, &folded);
}

/* Ends the current sentence and visits it. */
static void finish(struct walk *walk) {
    struct patchmark_text text = {walk->pending, walk->length};

    while (text.length > 0 && strchr(".!: ", text.data[text.length - 1]))
        text.length--;
    unit_visit(walk, UNIT_SENTENCE, text);
    walk->length = 0;
}

/* Ends the paragraph at quoted text.  A sentence that ends with a colon introduces the quote and is
 * dropped. */
static void finish_at_quote(struct walk *walk) {
    if (walk->length > 0 && walk->pending[walk->length - 1] == ':')
        walk->length = 0;
    if (walk->length > 0)
        finish(walk);
}

static void add(struct walk *walk, struct patchmark_text text) {
    size_t room = sizeof(walk->pending) - walk->length;
    size_t length = text.length < room ? text.length : room;

    memcpy(walk->pending + walk->length, text.data, length);
    walk->length += length;
}

static bool ends_sentence(char c) {
    return c == '.' || c == '!' || c == '?';
}

static void add_line(struct walk *walk, struct patchmark_text line) {
    size_t start = 0;

    if (walk->length > 0)
        add(walk, (struct patchmark_text){" ", 1});
    for (size_t i = 0; i < line.length; i++)
        if (ends_sentence(line.data[i]) && (i + 1 == line.length || line.data[i + 1] == ' ')) {
            add(walk, patchmark_text_slice(line, start, i + 1));
            start = i + 1;
            finish(walk);
        }
    add(walk, patchmark_text_skip(line, start));
}

/* Returns true if LINE starts as the report of an applied patch does, "Merged, thanks": the line
 * above it is another sentence, also without a full stop. */
static bool starts_report(struct patchmark_text line) {
    static const char *const words[] = {"Applied", "Merged", "Pushed", "Queued", "Committed"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i]);

        if (line.length > length && memcmp(line.data, words[i], length) == 0 &&
            strchr(",.!", line.data[length]))
            return true;
    }
    return false;
}

/* ---- walking ------------------------------------------------------------------------------ */

/* Visits LINE, trimmed, and adds it to the sentence.  IS_CONTINUED is true if it was indented, as
 * the further lines of an item are. */
static void walk_line(struct walk *walk, struct patchmark_text line, bool is_continued) {
    bool is_item = patchmark_text_case_starts(line, "- ") || patchmark_text_case_starts(line, "* ");
    struct patchmark_text words = line;

    if (is_item) {
        finish(walk);
        words.data += 2;
        words.length -= 2;
    }
    unit_visit(walk, UNIT_LINE, line);
    if (!is_item && !is_continued)
        walk->in_changes = is_changes_head(line);
    else if (walk->in_changes)
        return;
    if (is_trailer(line)) {
        finish(walk);
        return;
    }
    if (starts_report(line))
        finish(walk);
    if (walk->length == 0 && is_salutation(line)) {
        add_line(walk, line);
        finish(walk);
        return;
    }
    add_line(walk, words);
}

static void walk_text(struct walk *walk, struct patchmark_text text) {
    struct patchmark_lines lines = patchmark_lines_of(text);
    struct patchmark_text raw;
    enum patchmark_origin origin;

    while (!walk->is_over && walk->at < BODY_BYTES && patchmark_lines_next(&lines, &raw, &origin)) {
        struct patchmark_text line = trimmed(raw);

        if (origin == PATCHMARK_DIFF || origin == PATCHMARK_SIGNATURE)
            break;
        if (origin != PATCHMARK_OWN) {
            finish_at_quote(walk);
            continue;
        }
        if (line.length == 0)
            finish(walk);
        else
            walk_line(walk, line, patchmark_is_blank(raw.data[0]));
        walk->at += raw.length + 1;
    }
    finish(walk);
}

void body_walk(const struct patchmark_message *message, unsigned units, body_visit *visit,
               void *context) {
    struct walk walk = {.visit = visit, .context = context, .units = units};
    size_t count = patchmark_message_part_count(message);

    for (size_t i = 0; i < count; i++) {
        struct patchmark_part part = {.struct_size = sizeof(part)};

        if (patchmark_message_part(message, i, &part) && strcmp(part.type, "text/plain") == 0 &&
            (i == 0 || !*part.filename)) {
            walk_text(&walk, part.text);
            return;
        }
    }
}
