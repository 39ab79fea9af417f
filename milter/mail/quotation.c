/* SPDX-License-Identifier: BSD-2-Clause
 *
 * quotation.c - tells the text of a sender from what he quotes: patchmark_lines_next.
 *
 * Marks decide: below a head whose quotation is marked, lines without marks are the sender's.
 * Without marks, the quotation lasts up to the end of the text, because nobody can know where it
 * ends.  Each line is read ahead at most a bounded number of times, and the text once for marks.
 */
#include "mail/quote-head.h"

#define SIGNATURE_LINES 10 /* of a signature below "--", if the blank of "-- " was removed */
#define INDENT_MIN      4  /* columns of a quotation that is marked by its indent */
#define GREETING_BYTES  40
#define INITIALS        4  /* letters of the mark "AB>" */
#define NAME_LETTERS    16 /* of the mark "Bob> " */

enum state { OWN, DIFF, QUOTED, QUOTED_PATCH, SIGNATURE };

/* ---- kinds of lines ------------------------------------------------------------------------- */

/* Returns true if WORDS, a line without blanks at its ends, is marked as a quotation: "> ", "| ",
 * "&gt;" of a program that converted HTML halfway, initials as in "AB>", or a name as in "Bob> ".
 * Prompts of programs are in capitals, or have none: "LAMPS>", "mysql>". */
static bool is_marked(struct patchmark_text words) {
    size_t letters = 0, capitals = 0;

    if (words.length == 0)
        return false;
    if (words.data[0] == '>' || words.data[0] == '|' || patchmark_text_starts(words, "&gt;"))
        return true;
    if (words.data[0] < 'A' || words.data[0] > 'Z')
        return false;
    while (letters < words.length && letters <= NAME_LETTERS &&
           patchmark_is_letter(words.data[letters]))
        letters++;
    if (letters == words.length || words.data[letters] != '>')
        return false;
    while (capitals < letters && words.data[capitals] <= 'Z')
        capitals++;
    if (capitals == letters)
        return letters <= INITIALS;
    return letters + 1 == words.length || words.data[letters + 1] == ' ';
}

static bool is_diff_start(struct patchmark_text line) {
    return patchmark_text_starts(line, "diff --git ") || patchmark_text_starts(line, "@@ -") ||
           patchmark_text_starts(line, "--- a/") || patchmark_text_starts(line, "+++ ");
}

/* Returns true if LINE continues a diff. */
static bool is_diff_line(struct patchmark_text line) {
    static const char *const headers[] = {"index ",
                                          "new file mode ",
                                          "deleted file mode ",
                                          "old mode ",
                                          "new mode ",
                                          "similarity index ",
                                          "rename ",
                                          "copy ",
                                          "Binary files ",
                                          "diff --git",
                                          NULL};

    if (line.length == 0 || memchr(" \t+-@\\", line.data[0], 6))
        return true;
    for (size_t i = 0; headers[i]; i++)
        if (patchmark_text_starts(line, headers[i]))
            return true;
    return false;
}

static size_t indent_of(struct patchmark_text line) {
    size_t columns = 0;

    for (size_t i = 0; i < line.length && patchmark_is_blank(line.data[i]); i++)
        columns += line.data[i] == '\t' ? INDENT_MIN : 1;
    return columns;
}

/* Returns true for "[...]", "<snip>", "...": what stands for a quotation that was left out. */
static bool is_elision(struct patchmark_text words) {
    char first = words.data[0], last = words.data[words.length - 1];

    if (words.length <= GREETING_BYTES && words.length > 1 &&
        ((first == '[' && last == ']') || (first == '<' && last == '>') ||
         (first == '(' && last == ')')))
        return true;
    for (size_t i = 0; i < words.length; i++)
        if (patchmark_is_letter(words.data[i]) || patchmark_is_digit(words.data[i]) ||
            (words.data[i] & 0x80 && !patchmark_text_starts(words, "\u2026")))
            return false;
    return true;
}

/* Returns true for "Hi all," and "Hello": no text of its own. */
static bool is_greeting(struct patchmark_text words) {
    static const char *const greetings[] = {"hi", "hello", "hey", "dear", NULL};
    size_t spaces = 0;

    for (size_t i = 0; i < words.length; i++)
        spaces += words.data[i] == ' ';
    if (words.length > GREETING_BYTES || spaces > 3)
        return false;
    for (size_t i = 0; greetings[i]; i++) {
        size_t length = strlen(greetings[i]);

        if (patchmark_text_case_starts(words, greetings[i]) &&
            (words.length == length || !patchmark_is_letter(words.data[length])))
            return true;
    }
    return patchmark_text_ends(words, ",");
}

/* ---- reading ahead -------------------------------------------------------------------------- */

/* Sets LINE to the next line of TEXT that is not empty, and WORDS to it without blanks at its ends.
 * Returns false if there is none. */
static bool text_ahead(struct patchmark_text text, struct patchmark_text *line,
                       struct patchmark_text *words) {
    while (patchmark_text_line(&text, line))
        if ((*words = quote_trim(*line)).length > 0)
            return true;
    return false;
}

/* Sets lines->mark to the first marked line at START or after it, the end of the text if there is
 * none; lines->is_nested is true if the line above it introduces the quotation.  Kept until the
 * walk has passed it, so that the text is read once. */
static void find_mark(struct patchmark_lines *lines, const char *start) {
    const char *end = lines->rest.data + lines->rest.length;
    struct patchmark_text rest = {start, (size_t)(end - start)}, line, last = {"", 0};

    if (lines->mark && lines->mark >= start)
        return;
    lines->mark = end;
    lines->is_nested = false;
    while (patchmark_text_line(&rest, &line)) {
        struct patchmark_text words = quote_trim(line);

        if (is_marked(words)) {
            lines->mark = line.data;
            lines->is_nested =
                patchmark_text_ends(last, ":") || patchmark_text_ends(last, "\uff1a");
            return;
        }
        if (words.length > 0)
            last = words;
    }
}

/* Returns true if the sender marks what he quotes after START: a marked line follows, and it is not
 * the quotation of somebody whose text is quoted. */
static bool sender_marks(struct patchmark_lines *lines, const char *start) {
    find_mark(lines, start);
    return lines->mark < lines->rest.data + lines->rest.length && !lines->is_nested;
}

/* Returns true if a signature follows "--": a few lines without marks and tags. */
static bool is_signature(struct patchmark_text rest) {
    struct patchmark_text line;

    for (size_t lines = 0; patchmark_text_line(&rest, &line);) {
        struct patchmark_text words = quote_trim(line);

        if (quote_is_rule(words))
            return true;
        lines += words.length > 0;
        if (lines > SIGNATURE_LINES || is_marked(words) ||
            memmem(line.data, line.length, "-by:", strlen("-by:")))
            return false;
    }
    return true;
}

/* ---- the walk ------------------------------------------------------------------------------- */

/* Decides what follows HEAD and sets the state for the lines below it.  Returns false if the line
 * is the sender's after all. */
static bool head_start(struct patchmark_lines *lines, const struct quote_head *head) {
    const char *end = lines->rest.data + lines->rest.length;
    struct patchmark_text below = {head->end, (size_t)(end - head->end)}, line, words;
    bool is_near;

    if (!text_ahead(below, &line, &words))
        is_near = true;
    else
        is_near = is_marked(words) || is_elision(words);
    if (!is_near && head->below == QUOTE_BELOW_OWN && indent_of(line) >= INDENT_MIN) {
        lines->is_indented = true;
        is_near = true;
    }
    if (!is_near && head->below == QUOTE_BELOW_NOTHING)
        return false;
    lines->head_end = head->end;
    lines->state = head->below == QUOTE_BELOW_PATCH ? QUOTED_PATCH : QUOTED;
    if (head->is_whole && lines->has_own)
        return true;
    if (is_near || (head->below == QUOTE_BELOW_OWN && !lines->has_own) ||
        (head->below != QUOTE_BELOW_PATCH && (head->below == QUOTE_BELOW_OWN || !lines->has_own) &&
         sender_marks(lines, head->end)))
        lines->state = OWN;
    return true;
}

/* Returns the origin of LINE, which is not empty and not part of a quotation so far. */
static enum patchmark_origin own_line(struct patchmark_lines *lines, struct patchmark_text line,
                                      struct patchmark_text words) {
    struct quote_above above = {lines->has_own, lines->above, lines->fields_end};
    struct quote_head head;
    bool has_head;

    lines->above = (struct patchmark_text){"", 0};
    if (is_diff_start(line)) {
        lines->state = DIFF;
        return PATCHMARK_DIFF;
    }
    if (line.length == 2 && memcmp(line.data, "--", 2) == 0 && is_signature(lines->rest)) {
        lines->state = SIGNATURE;
        return PATCHMARK_SIGNATURE;
    }
    has_head = indent_of(line) <= 1 && quote_head_read(words, lines->rest, &above, &head);
    lines->fields_end = above.fields_end;
    if (has_head && head_start(lines, &head))
        return PATCHMARK_HEAD;
    if (quote_is_rule(words) && !sender_marks(lines, words.data)) {
        lines->state = SIGNATURE;
        return PATCHMARK_SIGNATURE;
    }
    if (lines->is_indented && indent_of(line) >= INDENT_MIN)
        return PATCHMARK_QUOTED;
    lines->above = words;
    lines->has_own = lines->has_own || !is_greeting(words);
    return PATCHMARK_OWN;
}

/* Returns the origin of LINE below a head without marks. */
static enum patchmark_origin quoted_line(struct patchmark_lines *lines,
                                         struct patchmark_text line) {
    if (quote_is_end(quote_trim(line))) {
        lines->state = OWN;
        return PATCHMARK_HEAD;
    }
    if (lines->state == QUOTED_PATCH && is_diff_start(line)) {
        lines->state = DIFF;
        return PATCHMARK_DIFF;
    }
    return PATCHMARK_QUOTED;
}

static enum patchmark_origin origin_of(struct patchmark_lines *lines, struct patchmark_text line) {
    struct patchmark_text words;

    if (lines->head_end && line.data < lines->head_end)
        return PATCHMARK_HEAD;
    if (lines->state == SIGNATURE)
        return PATCHMARK_SIGNATURE;
    if (lines->state != QUOTED && line.length == 3 && memcmp(line.data, "-- ", 3) == 0) {
        lines->state = SIGNATURE;
        return PATCHMARK_SIGNATURE;
    }
    if (lines->state == QUOTED || lines->state == QUOTED_PATCH)
        return quoted_line(lines, line);
    /* The first byte decides for most lines. */
    if (lines->state == DIFF && line.length > 0 && (line.data[0] == '+' || line.data[0] == '-'))
        return PATCHMARK_DIFF;
    words = line.length > 0 && line.data[0] == '>' ? line : quote_trim(line);
    if (is_marked(words)) {
        lines->above.length = 0;
        lines->state = OWN;
        return PATCHMARK_QUOTED;
    }
    if (lines->state == DIFF && is_diff_line(line))
        return PATCHMARK_DIFF;
    lines->state = OWN;
    if (words.length > 0)
        return own_line(lines, line, words);
    lines->above.length = 0;
    return PATCHMARK_OWN;
}

bool patchmark_lines_next(struct patchmark_lines *lines, struct patchmark_text *line,
                          enum patchmark_origin *origin) {
    if (!patchmark_text_line(&lines->rest, line))
        return false;
    *origin = origin_of(lines, *line);
    return true;
}
