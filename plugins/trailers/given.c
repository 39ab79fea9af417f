/* SPDX-License-Identifier: BSD-2-Clause
 *
 * given.c - see given.h.
 *
 * Quoted text is told by its marks ('>', '|'), by the headers that some programs put above a whole
 * mail that they quote without marks, and by an indent where somebody else's tag stands in it.
 * The message of a patch that a reply holds is told by its headers or by scissors above it, and
 * ends where its diff begins.
 */
#include "given.h"

struct scan {
    struct given *given;
    const struct person *sender;
    struct patchmark_text rest;   /* behind the current line */
    struct patchmark_text before; /* the sender's line above; length 0: empty, quoted, none */
    const char *paragraph;        /* where this one starts; NULL: none yet */
    const char *paragraph_before; /* where the one above it starts, when no quote lies between */
    bool has_from, has_header;    /* of a quoted mail's headers, in the lines right above */
    bool foreign;                 /* in the message of somebody else, or of a patch */
    bool scissors;                /* a line of scissors was seen and not yet a second one */
    bool in_diff, in_log;         /* indented lines are a diff, a commit that git show printed */
    bool looking_back;            /* this paragraph's words were searched for a range */
    size_t block;                 /* tags from here on have no prose below them yet */
};

/* ---- kinds of lines ------------------------------------------------------------------------ */

/* Headers above mails that are quoted whole, in the languages that we have seen.  Two lines of them
 * together are no prose. */
static const char *const from_headers[] = {"from", "von", "de", NULL};
static const char *const other_headers[] = {"sent",  "date",    "to",      "cc",    "subject",
                                            "datum", "an",      "betreff", "fecha", "gesendet",
                                            "para",  "enviado", "asunto",  "objet", NULL};

/* The name in front of a colon; Outlook writes "*From:* somebody". */
static struct patchmark_text header_name(struct patchmark_text line) {
    const char *colon = line.length > 0 ? memchr(line.data, ':', line.length) : NULL;
    return colon != NULL ? text_trim_of(text_up_to(line, colon), " \t*")
                         : (struct patchmark_text){"", 0};
}

static bool is_hash(struct patchmark_text text) {
    size_t length = 0;
    while (length < text.length && patchmark_is_hex(text.data[length]))
        length++;
    return length >= 40 && (length == text.length || patchmark_is_blank(text.data[length]));
}

/* Scissors as git mailinfo knows them: marks and dashes are more than a third of the line. */
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

static bool is_diff_start(struct patchmark_text line) {
    return patchmark_text_case_starts(line, "diff --git ") ||
           patchmark_text_case_starts(line, "@@ -") || patchmark_text_case_starts(line, "--- a/") ||
           patchmark_text_case_starts(line, "+++ ");
}

/* "-----Original Message-----" */
static bool is_quote_start(struct patchmark_text line) {
    struct patchmark_text words = text_trim_of(line, "- ");
    return patchmark_text_case_starts(line, "---") &&
           (patchmark_text_case_equals(words, "original message") ||
            patchmark_text_case_equals(words, "forwarded message"));
}

/* ---- where we are -------------------------------------------------------------------------- */

/* The headers of a mail or of a patch: what follows is not the sender's. */
static void look_for_headers(struct scan *scan, struct patchmark_text line) {
    struct patchmark_text name =
        text_indent(line) < 2 ? header_name(line) : (struct patchmark_text){"", 0};
    struct patchmark_text words = patchmark_text_trim(line);
    bool is_from = text_is_one_of(name, from_headers);
    bool is_other = text_is_one_of(name, other_headers);
    if ((is_other && scan->has_from) || (is_from && scan->has_header))
        scan->foreign = true;
    if (patchmark_text_case_equals(name, "author") ||
        (patchmark_text_case_starts(words, "commit ") && is_hash(patchmark_text_skip(words, 7))))
        scan->in_log = true;
    if (patchmark_text_case_starts(words, "from ") && is_hash(patchmark_text_skip(words, 5)))
        scan->foreign = true;
    scan->has_from = is_from || (scan->has_from && is_other);
    scan->has_header = is_other || (scan->has_header && is_from);
}

/* Tags right above "---" or a diff with a Signed-off-by among them are those of a patch. */
static void discard_patch(struct scan *scan) {
    struct trailers *tags = &scan->given->tags;
    for (size_t i = scan->block; i < tags->count; i++)
        if (patchmark_text_case_equals(tags->items[i].name, "signed-off-by"))
            tags->count = scan->block;
}

/* True when LINE is a mark of structure and no text of the sender. */
static bool follow_structure(struct scan *scan, struct patchmark_text line) {
    if (is_scissors(line)) {
        scan->scissors = scan->foreign = !scan->scissors;
        scan->in_diff = false;
    } else if (is_quote_start(line)) {
        scan->foreign = true;
    } else if (is_diff_start(line)) {
        discard_patch(scan);
        scan->in_diff = true;
        scan->foreign = scan->in_log = false;
    } else if (patchmark_text_case_equals(patchmark_text_trim(line), "---")) {
        discard_patch(scan);
    } else {
        if (scan->in_diff && memchr(" \t+-@\\", line.data[0], 6) == NULL)
            scan->in_diff = false;
        return false;
    }
    return true;
}

/* ---- tags ---------------------------------------------------------------------------------- */

static bool is_repeated(const struct trailers *tags, const struct trailer *tag) {
    for (size_t i = 0; i < tags->count; i++)
        if (text_same(tags->items[i].name, tag->name) &&
            text_same(tags->items[i].value, tag->value))
            return true;
    return false;
}

/* What the words above and behind a tag say that it is for. */
static void look_for_range(struct scan *scan, struct patchmark_text line) {
    const char *start = scan->paragraph_before != NULL ? scan->paragraph_before : scan->paragraph;
    struct patchmark_text above = {start, (size_t)(line.data - start)}, rest = scan->rest, next;
    char range[RANGE_BYTES];
    if (!scan->looking_back && range_read(above, range))
        range_join(scan->given->range, range);
    scan->looking_back = true;
    if (range_read(line, range))
        range_join(scan->given->range, range);
    if (!patchmark_text_line(&rest, &next))
        return;
    struct patchmark_text words = text_trim_of(next, " \t([#");
    if ((patchmark_text_case_starts(words, "for ") ||
         patchmark_text_case_starts(words, "patches ")) &&
        range_read(next, range))
        range_join(scan->given->range, range);
}

/* Superseded-by and Obsoleted-by name mails, which look like addresses. */
static bool is_personal(struct patchmark_text name) {
    return trailer_is_tag(name) && !patchmark_text_case_equals(name, "obsoleted-by") &&
           !patchmark_text_case_equals(name, "superseded-by");
}

/* Indented text may be quoted, or a diff; then it counts only as what the sender says of himself.
 */
static bool is_senders(const struct scan *scan, size_t indent, const struct trailer *tag) {
    return indent == 0 || (!scan->in_diff && !scan->in_log && (indent < 4 || tag->from_sender));
}

/* True when LINE is a tag, counted or not. */
static bool read_tag(struct scan *scan, struct patchmark_text line) {
    struct trailers *tags = &scan->given->tags;
    struct patchmark_text ahead = scan->rest, next;
    char value[TRAILER_BYTES];
    struct person person;
    struct trailer tag;
    if (!trailer_read(line, &tag) || !is_personal(tag.name))
        return false;
    if (patchmark_text_line(&ahead, &next) && trailer_continues(&tag, next)) {
        trailer_extend(&tag, next);
        scan->rest = ahead;
    }
    trailer_unfold(tag.value, value, sizeof value);
    if (!person_read(patchmark_text_of(value), &person))
        return false;
    tag.from_sender = person_is_same(&person, scan->sender);
    if (!is_senders(scan, text_indent(line), &tag) || tags->count == TRAILERS_MAX ||
        is_repeated(tags, &tag))
        return true;
    look_for_range(scan, text_up_to(line, text_end(tag.value)));
    tags->items[tags->count++] = tag;
    return true;
}

/* ---- refusals ------------------------------------------------------------------------------ */

/* "NAK." at the start of a line, but not where a line of prose was wrapped: to some, a NAK is what
 * a device answers. */
static bool is_refusal(const struct scan *scan, struct patchmark_text line) {
    static const char *const words[] = {"nak", "nack", "nacked", NULL};
    struct patchmark_text word = patchmark_text_trim(line),
                          before = patchmark_text_trim(scan->before);
    size_t length = 0;
    while (length < word.length && patchmark_is_letter(word.data[length]))
        length++;
    bool ends = length == word.length || strchr("_/'=(", word.data[length]) == NULL;
    word.length = length;
    return text_is_one_of(word, words) && ends && !scan->in_diff && text_indent(line) < 4 &&
           (before.length == 0 || strchr(".,;:!?)", text_end(before)[-1]) != NULL);
}

/* ---- all of it ---------------------------------------------------------------------------- */

static void begin_words(struct scan *scan, const char *start) {
    scan->paragraph_before = scan->paragraph;
    scan->paragraph = start;
    scan->looking_back = false;
}

/* The sender's words begin anew below a line that is not theirs. */
static void interrupt(struct scan *scan) {
    scan->paragraph = scan->paragraph_before = NULL;
    scan->before.length = 0;
    scan->block = scan->given->tags.count;
}

static void scan_own(struct scan *scan, struct patchmark_text line) {
    look_for_headers(scan, line);
    if (follow_structure(scan, line) || scan->foreign) {
        interrupt(scan);
        return;
    }
    if (scan->before.length == 0)
        begin_words(scan, line.data);
    if (!read_tag(scan, line)) {
        scan->block = scan->given->tags.count;
        scan->given->refuses = scan->given->refuses || is_refusal(scan, line);
    }
    scan->before = line;
}

/* What the tags come to. */
static void sum_up(struct given *given) {
    for (size_t i = 0; i < given->tags.count; i++) {
        const struct trailer *tag = &given->tags.items[i];
        given->approves = given->approves || (tag->from_sender && trailer_approves(tag->name));
        given->refuses = given->refuses || (tag->from_sender && trailer_refuses(tag->name));
    }
    if (given->tags.count == 0)
        given->range[0] = '\0';
}

void given_scan(struct patchmark_text text, const struct person *sender, struct given *given) {
    struct scan scan = {.given = given, .sender = sender, .rest = text};
    struct patchmark_text line;
    given->tags.count = 0;
    given->range[0] = '\0';
    given->approves = given->refuses = false;
    while (patchmark_text_line(&scan.rest, &line)) {
        struct patchmark_text words = patchmark_text_trim(line);
        if (line.length == 3 && memcmp(line.data, "-- ", 3) == 0)
            break;
        if (words.length == 0) {
            scan.before.length = 0;
            scan.has_from = scan.has_header = false;
        } else if (words.data[0] == '>' || words.data[0] == '|') {
            interrupt(&scan);
            scan.has_from = scan.has_header = false;
        } else {
            scan_own(&scan, line);
        }
    }
    sum_up(given);
}
