/* SPDX-License-Identifier: BSD-2-Clause
 *
 * given.c - finds the tags that the sender of a reply gives: see given.h.
 *
 * The core recognizes quotations, diffs and signatures (patchmark_lines_next).  Text is treated as
 * quoted also if it is indented by 4 columns or more and contains a tag of another person.  The
 * message of a patch in the reply starts at a scissors line, or at "From HASH" of git format-patch,
 * and ends where its diff starts.
 */
#include "given.h"

#include "refusal.h"

struct scan {
    struct given *given;
    const struct person *sender;
    struct patchmark_lines lines; /* the text after the current line */
    struct patchmark_text before; /* the preceding line, if the sender wrote it; else empty */
    const char *paragraph;        /* start of the current paragraph; NULL if there is none */
    const char *paragraph_before; /* start of the preceding one; NULL if a quote is between them */
    bool is_cut;                  /* after an odd number of scissors lines */
    bool is_foreign;              /* ... and the message of a patch has not ended at its diff */
    bool in_diff, in_log; /* the preceding line is of a diff; indented lines are of a commit */
    bool range_was_read;  /* the words above were searched for a range in this paragraph */
    size_t block;         /* tags from here on have no prose below them so far */
};

/* ---- kinds of lines ------------------------------------------------------------------------ */

static bool is_hash(struct patchmark_text text) {
    size_t length = 0;
    while (length < text.length && patchmark_is_hex(text.data[length]))
        length++;
    return length >= 40 && (length == text.length || patchmark_is_blank(text.data[length]));
}

/* Returns true for scissors as in git mailinfo: marks and dashes are more than a third of LINE. */
static bool is_scissors(struct patchmark_text line) {
    static const char *const scissors[] = {">8", "8<", ">%", "%<"};
    size_t marks = 0;
    bool is_cut = false;
    line = patchmark_text_trim(line);
    if (line.length < 8 || (!patchmark_text_has(line, '8') && !patchmark_text_has(line, '%')))
        return false;
    for (size_t i = 0; i < line.length; i++) {
        bool found = false;
        for (size_t k = 0; k < 4 && !found; k++)
            found = patchmark_text_case_starts(patchmark_text_skip(line, i), scissors[k]);
        is_cut = is_cut || found;
        marks += found ? 2 : line.data[i] == '-';
        i += found;
    }
    return is_cut && marks * 3 > line.length;
}

/* Returns true for the first lines of a commit as git shows it. */
static bool is_log_start(struct patchmark_text words) {
    return patchmark_text_case_starts(words, "author:") ||
           (patchmark_text_case_starts(words, "commit ") && is_hash(patchmark_text_skip(words, 7)));
}

/* ---- structure ------------------------------------------------------------------------------ */

/* Removes the tags directly above "---" or a diff if a Signed-off-by is among them: they belong to
 * a patch. */
static void discard_patch(struct scan *scan) {
    struct trailers *tags = &scan->given->tags;
    for (size_t i = scan->block; i < tags->count; i++)
        if (patchmark_text_case_equals(tags->items[i].name, "signed-off-by"))
            tags->count = scan->block;
}

/* Returns true if LINE separates texts, or is between two scissors lines, and is not text of the
 * sender. */
static bool read_structure(struct scan *scan, struct patchmark_text line) {
    struct patchmark_text words = patchmark_text_trim(line);
    if (is_scissors(line))
        scan->is_cut = scan->is_foreign = !scan->is_cut;
    else if (patchmark_text_equals(words, "---"))
        discard_patch(scan);
    else if (patchmark_text_case_starts(words, "from ") && is_hash(patchmark_text_skip(words, 5)))
        scan->is_foreign = true;
    else if (is_log_start(words))
        scan->in_log = true;
    else
        return scan->is_foreign;
    return true;
}

/* ---- tags ---------------------------------------------------------------------------------- */

static bool is_repeated(const struct trailers *tags, const struct trailer *tag) {
    for (size_t i = 0; i < tags->count; i++)
        if (patchmark_text_case_same(tags->items[i].name, tag->name) &&
            patchmark_text_case_same(tags->items[i].value, tag->value))
            return true;
    return false;
}

/* Looks for a range in the words above, in and after LINE, which is a tag. */
static void find_range(struct scan *scan, struct patchmark_text line) {
    const char *start = scan->paragraph_before != NULL ? scan->paragraph_before : scan->paragraph;
    struct patchmark_text above = {start, (size_t)(line.data - start)}, rest = scan->lines.rest,
                          next;
    char range[RANGE_BYTES];
    if (!scan->range_was_read && range_read(above, range))
        range_join(scan->given->range, range);
    scan->range_was_read = true;
    if (range_read(line, range))
        range_join(scan->given->range, range);
    if (!patchmark_text_line(&rest, &next))
        return;
    struct patchmark_text words = patchmark_text_trim_of(next, " \t([#");
    if ((patchmark_text_case_starts(words, "for ") ||
         patchmark_text_case_starts(words, "patches ")) &&
        range_read(next, range))
        range_join(scan->given->range, range);
}

/* Returns true if NAME is a tag that names a person.  Superseded-by and Obsoleted-by name mails, by
 * Message-IDs, which have the form of addresses. */
static bool is_personal(struct patchmark_text name) {
    return trailer_is_tag(name) && !patchmark_text_case_equals(name, "obsoleted-by") &&
           !patchmark_text_case_equals(name, "superseded-by");
}

/* Returns true if the sender gives TAG, whose line has an indent of INDENT columns.  Indented text
 * may be a quote; from 4 columns on, only a tag that names the sender counts.  In a log, no
 * indented tag counts. */
static bool sender_gives(const struct scan *scan, size_t indent, const struct trailer *tag) {
    return indent == 0 || (!scan->in_log && (indent < 4 || tag->from_sender));
}

/* Returns true if the preceding line ends a sentence or clause, or is no text. */
static bool is_apart(const struct scan *scan) {
    struct patchmark_text before = patchmark_text_trim(scan->before);
    return before.length == 0 || strchr(".,;:!?)>", text_end(before)[-1]) != NULL;
}

/* Reads LINE as a tag.  *IS_WEAK is true if it has no colon, or is behind other words. */
static bool read_line(const struct scan *scan, struct patchmark_text line, struct trailer *tag,
                      bool *is_weak) {
    *is_weak = !tag_read(line, tag);
    return !*is_weak || tag_read_inside(line, tag) || (is_apart(scan) && tag_read_bare(line, tag));
}

/* Returns true if LINE is a tag, and adds it to the tags if the sender gives it.  A tag that is
 * weak counts only if it names the sender. */
static bool read_tag(struct scan *scan, struct patchmark_text line) {
    struct trailers *tags = &scan->given->tags;
    struct patchmark_text ahead = scan->lines.rest, next;
    char value[TRAILER_BYTES];
    struct person person;
    struct trailer tag;
    bool is_weak;
    if (!read_line(scan, line, &tag, &is_weak) || !is_personal(tag.name))
        return false;
    if (patchmark_text_line(&ahead, &next) && trailer_continues(&tag, next)) {
        trailer_extend(&tag, next);
        scan->lines.rest = ahead;
    }
    tag_value(tag.value, value, sizeof value);
    if (!person_read(patchmark_text_of(value), &person))
        return false;
    tag.from_sender = person_is_same(&person, scan->sender);
    if (is_weak && !tag.from_sender)
        return false;
    if (!sender_gives(scan, text_indent(line), &tag) || tags->count == TRAILERS_MAX ||
        is_repeated(tags, &tag))
        return true;
    find_range(scan, patchmark_text_between(line.data, text_end(tag.value)));
    tags->items[tags->count++] = tag;
    return true;
}

/* ---- the text ------------------------------------------------------------------------------ */

static void start_paragraph(struct scan *scan, const char *start) {
    scan->paragraph_before = scan->paragraph;
    scan->paragraph = start;
    scan->range_was_read = false;
}

/* Ends the sender's paragraph at a line that the sender did not write. */
static void interrupt(struct scan *scan) {
    scan->paragraph = scan->paragraph_before = NULL;
    scan->before.length = 0;
    scan->block = scan->given->tags.count;
}

/* Returns true for the end of a diffstat: " 3 files changed, ..." */
static bool is_diffstat_end(struct patchmark_text line) {
    size_t length = 1;
    if (line.length < 2 || line.data[0] != ' ' || !patchmark_is_digit(line.data[1]))
        return false;
    while (length < line.length && patchmark_is_digit(line.data[length]))
        length++;
    line = patchmark_text_skip(line, length);
    return patchmark_text_starts(line, " file changed") ||
           patchmark_text_starts(line, " files changed");
}

static void scan_own(struct scan *scan, struct patchmark_text line) {
    scan->given->has_diffstat = scan->given->has_diffstat || is_diffstat_end(line);
    if (read_structure(scan, line)) {
        interrupt(scan);
        return;
    }
    if (scan->before.length == 0)
        start_paragraph(scan, line.data);
    if (!read_tag(scan, line)) {
        scan->block = scan->given->tags.count;
        if (refusal_is_possible(line) && text_indent(line) < 4 &&
            refusal_read(line, is_apart(scan)))
            scan->given->refuses = true;
    }
    scan->before = line;
}

static void scan_line(struct scan *scan, struct patchmark_text line, enum patchmark_origin origin) {
    bool is_diff = origin == PATCHMARK_DIFF;
    if (is_diff && !scan->in_diff) {
        discard_patch(scan);
        scan->in_log = scan->is_foreign = false;
    }
    scan->in_diff = is_diff;
    if (origin != PATCHMARK_OWN)
        interrupt(scan);
    else if (patchmark_text_trim(line).length == 0)
        scan->before.length = 0;
    else
        scan_own(scan, line);
}

/* Sets what follows from all tags together. */
static void tags_summarize(struct given *given) {
    for (size_t i = 0; i < given->tags.count; i++) {
        const struct trailer *tag = &given->tags.items[i];
        given->approves = given->approves || (tag->from_sender && trailer_approves(tag->name));
        given->refuses = given->refuses || (tag->from_sender && trailer_refuses(tag->name));
    }
    if (given->tags.count == 0)
        given->range[0] = '\0';
}

void given_scan(struct patchmark_text text, const struct person *sender, struct given *given) {
    struct scan scan = {.given = given, .sender = sender, .lines = patchmark_lines_of(text)};
    struct patchmark_text line;
    enum patchmark_origin origin;
    given->tags.count = 0;
    given->range[0] = '\0';
    given->approves = given->refuses = given->has_diffstat = false;
    while (patchmark_lines_next(&scan.lines, &line, &origin))
        scan_line(&scan, line, origin);
    tags_summarize(given);
}
