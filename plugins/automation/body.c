/* SPDX-License-Identifier: BSD-2-Clause
 *
 * body.c - see body.h.
 *
 * Owns nothing between mails and never fails; a text is gone through once, line by line.
 */
#include "body.h"

#include <string.h>
#include <strings.h>

struct walk {
    body_visit *visit;
    void *context;
    unsigned units;
    size_t at;                  /* bytes of own text so far */
    char pending[FOLDED_BYTES]; /* a sentence that has not ended; what does not fit is lost */
    size_t length;
    bool is_over;
};

/* ---- kinds of lines ------------------------------------------------------------------------ */

static struct patchmark_text trimmed(struct patchmark_text line) {
    while (line.length > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
        line.data++, line.length--;
    while (line.length > 0 && strchr(" \t\r", line.data[line.length - 1]))
        line.length--;
    return line;
}

static bool is_made_of(struct patchmark_text line, char c, size_t least) {
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] != c)
            return false;
    return line.length >= least;
}

/* From here on nothing is the sender's own words. */
static bool is_end(struct patchmark_text raw, struct patchmark_text line) {
    static const char *const beginnings[] = {"diff --git ",
                                             "--- a/",
                                             "@@ -",
                                             "-----original message",
                                             "---- original message",
                                             "-------- original message",
                                             "-----forwarded message",
                                             "sent: ",
                                             "*sent:*",
                                             "gesendet: ",
                                             "enviado: "};

    if (line.length == 0 || !strchr("-_@*DdSsGgEe", line.data[0]))
        return false; /* nearly all are no such line */
    if (raw.length >= 2 && raw.length <= 3 && memcmp(raw.data, "--", 2) == 0 && line.length == 2)
        return true; /* a signature, also where a mailer ate its blank */
    if (is_made_of(line, '_', 20))
        return true; /* Mailman's footer; Outlook's line above what it quotes */
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
        if (patchmark_text_case_starts(line, beginnings[i]))
            return true;
    return false;
}

/* "Hi all," - a sentence of its own, whatever its comma says. */
static bool is_salutation(struct patchmark_text line) {
    size_t words = 1;

    for (size_t i = 0; i < line.length; i++)
        words += line.data[i] == ' ';
    return line.length > 0 && line.length <= 40 && words <= 4 &&
           (line.data[line.length - 1] == ',' || patchmark_text_case_starts(line, "hi ") ||
            patchmark_text_case_starts(line, "hello ") ||
            patchmark_text_case_starts(line, "dear "));
}

/* "Reviewed-by: somebody": nobody puts a full stop behind it. */
static bool is_trailer(struct patchmark_text line) {
    size_t length = 0;

    while (length < line.length && line.data[length] != ' ')
        length++;
    line.length = length;
    return patchmark_text_case_ends(line, "-by:");
}

/* ---- giving ------------------------------------------------------------------------------- */

static void unit_visit(struct walk *walk, enum unit unit, struct patchmark_text text) {
    struct folded folded;

    if (walk->is_over || text.length == 0 || !(walk->units & unit))
        return;
    fold(&folded, text);
    if (folded.length > 0)
        walk->is_over = walk->visit(walk->context, unit, walk->at, text, &folded);
}

/* The sentence ends here. */
static void finish(struct walk *walk) {
    struct patchmark_text text = {walk->pending, walk->length};

    while (text.length > 0 && strchr(".!: ", text.data[text.length - 1]))
        text.length--;
    unit_visit(walk, UNIT_SENTENCE, text);
    walk->length = 0;
}

/* The paragraph ends at quoted text.  What leads up to it says who wrote that. */
static void finish_at_quote(struct walk *walk) {
    if (walk->length > 0 && walk->pending[walk->length - 1] == ':')
        walk->length = 0;
    finish(walk);
}

static void add(struct walk *walk, char c) {
    if (walk->length < sizeof(walk->pending))
        walk->pending[walk->length++] = c;
}

static void add_line(struct walk *walk, struct patchmark_text line) {
    if (walk->length > 0)
        add(walk, ' ');
    for (size_t i = 0; i < line.length; i++) {
        char c = line.data[i];

        add(walk, c);
        if ((c == '.' || c == '!' || c == '?') && (i + 1 == line.length || line.data[i + 1] == ' '))
            finish(walk);
    }
}

/* ---- walking ------------------------------------------------------------------------------ */

static void walk_line(struct walk *walk, struct patchmark_text line) {
    bool is_item = patchmark_text_case_starts(line, "- ") || patchmark_text_case_starts(line, "* ");
    struct patchmark_text words = line;

    if (is_item) {
        finish(walk);
        words.data += 2;
        words.length -= 2;
    }
    unit_visit(walk, UNIT_LINE, line);
    if (patchmark_text_case_ends(line, "wrote:") || patchmark_text_case_ends(line, "writes:")) {
        walk->length = 0;
        return;
    }
    if (is_trailer(line)) {
        finish(walk);
        return;
    }
    if (walk->length == 0 && is_salutation(line)) {
        add_line(walk, line);
        finish(walk);
        return;
    }
    add_line(walk, words);
}

static void walk_text(struct walk *walk, struct patchmark_text text) {
    struct patchmark_text raw;

    while (!walk->is_over && walk->at < BODY_BYTES && patchmark_text_line(&text, &raw)) {
        struct patchmark_text line = trimmed(raw);

        if (line.length > 0 && (line.data[0] == '>' || line.data[0] == '|')) {
            finish_at_quote(walk);
            continue;
        }
        if (is_end(raw, line))
            break;
        if (line.length == 0)
            finish(walk);
        else
            walk_line(walk, line);
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
