/* SPDX-License-Identifier: BSD-2-Clause
 *
 * form.c - see form.h.
 *
 * Owns nothing and never fails.  The work is linear in the length of the text above the diff.
 */
#include "form.h"

#include "diff.h"

/* ---- words -------------------------------------------------------------------------------- */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Words before "patch" with which the sender speaks of his own, ... */
static const char *const own[] = {"this",  "attached", "following", "proposed", "suggested",
                                  "my",    "small",    "simple",    "tiny",     "trivial",
                                  "quick", "short",    "these",     "our",      NULL};
/* ... words before "a patch", ... */
static const char *const makers[] = {"is",   "made",      "wrote",   "have",       "attached",
                                     "send", "attaching", "sending", "submit",     "attach",
                                     "add",  "propose",   "created", "submitting", "below",
                                     "here", NULL};
/* ... and words behind "patch". */
static const char *const places[] = {"attached", "below", "follows", "inline", "appended", NULL};

static bool is_any(struct patchmark_text text, const char *const *words) {
    for (; *words; words++)
        if (patchmark_text_case_equals(text, *words))
            return true;
    return false;
}

static bool is_patch_word(struct patchmark_text text) {
    static const char *const words[] = {"patch", "patches", "patchset", NULL};

    return is_any(text, words);
}

/* Moves the next word, of letters and digits, from the start of *TEXT to *WORD. */
static bool next_word(struct patchmark_text *text, struct patchmark_text *word) {
    size_t start = 0, end;

    while (start < text->length && !patchmark_is_letter(text->data[start]) &&
           !patchmark_is_digit(text->data[start]))
        start++;
    for (end = start; end < text->length && (patchmark_is_letter(text->data[end]) ||
                                             patchmark_is_digit(text->data[end]));)
        end++;
    *word = patchmark_text_slice(*text, start, end);
    *text = patchmark_text_skip(*text, end);
    return end > start;
}

/* The last two words of the text so far; a sentence may be wrapped. */
struct sentence {
    struct patchmark_text before, last;
};

/* Returns true if LINE, which continues SENTENCE, speaks of a patch as the sender's. */
static bool speaks_of_patch(struct sentence *sentence, struct patchmark_text line) {
    struct patchmark_text word;

    while (next_word(&line, &word)) {
        struct sentence now = *sentence;

        *sentence = (struct sentence){now.last, word};
        if (is_patch_word(now.last) && is_any(word, places))
            return true;
        if (is_patch_word(word) &&
            (is_any(now.last, own) ||
             (patchmark_text_case_equals(now.last, "a") && is_any(now.before, makers))))
            return true;
    }
    return false;
}

bool form_is_title(struct patchmark_text subject) {
    /* Not "use", "make", "update" and the like, with which reports start, too: "Use of ...". */
    static const char *const verbs[] = {"add",       "allow",   "avoid",   "convert",  "correct",
                                        "disable",   "don",     "enable",  "ensure",   "fix",
                                        "handle",    "improve", "prevent", "remove",   "rename",
                                        "implement", "replace", "rework",  "simplify", NULL};
    struct patchmark_text word;

    subject = patchmark_text_trim(subject);
    while (patchmark_text_starts(subject, "[") && patchmark_text_has(subject, ']')) {
        const char *close = memchr(subject.data, ']', subject.length);

        subject = patchmark_text_skip(subject, (size_t)(close + 1 - subject.data));
        subject = patchmark_text_trim(subject);
    }
    return next_word(&subject, &word) && is_any(word, verbs);
}

/* Returns true if LINE starts with a sentence such as "Forwarding this from the bugzilla", "I am
 * forwarding a patch". */
static bool says_forwarding(struct patchmark_text line) {
    static const char *const before[] = {"i", "i'm", "am", "m", "just", NULL};
    static const char *const verbs[] = {"forwarding", "forwarded", "fwding", NULL};
    static const char *const objects[] = {"this", "these", "a",     "the",  "from",     "patch",
                                          "on",   "for",   "below", "here", "attached", NULL};
    struct patchmark_text word;

    if (line.length == 0 || !strchr("fFiIjJ", line.data[0]))
        return false;
    while (next_word(&line, &word) && is_any(word, before))
        continue;
    return is_any(word, verbs) && next_word(&line, &word) && is_any(word, objects);
}

/* ---- lines -------------------------------------------------------------------------------- */

/* Returns true for "-----Original Message-----", "---------- Forwarded message ---------" and the
 * like in other languages: a text between dashes. */
static bool is_dashed(struct patchmark_text line) {
    size_t dashes = 0, letters = 0;

    line = patchmark_text_trim(line);
    while (dashes < line.length && line.data[dashes] == '-')
        dashes++;
    if (dashes < 4 || line.length > 100 || !patchmark_text_ends(line, "--"))
        return false;
    for (size_t i = dashes; i < line.length; i++)
        letters += patchmark_is_letter(line.data[i]) || (unsigned char)line.data[i] >= 0x80;
    return letters >= 6;
}

/* Returns true if LINE has the form of a header field, "Von: A <a@example.org>". */
static bool is_field(struct patchmark_text line) {
    const char *colon;

    line = patchmark_text_trim(line);
    if (line.length == 0 || patchmark_text_starts(line, "--"))
        return false;
    colon = memchr(line.data, ':', line.length < 24 ? line.length : 24);
    return colon && colon > line.data && !memchr(line.data, ' ', (size_t)(colon - line.data)) &&
           colon + 1 < line.data + line.length && patchmark_is_blank(colon[1]);
}

/* Returns true if LINE is the head of a forwarded mail; REST are the lines below it, of which one
 * of the first two that are not blank is a header field. */
static bool is_forward(struct patchmark_text line, struct patchmark_text rest) {
    struct patchmark_text next;

    if (patchmark_text_case_starts(line, "begin forwarded message"))
        return true;
    if (!patchmark_text_starts(patchmark_text_trim(line), "----") || !is_dashed(line))
        return false;
    for (int seen = 0, lines = 0; seen < 2 && lines < 6 && patchmark_text_line(&rest, &next);
         lines++) {
        seen += patchmark_text_trim(next).length > 0;
        if (is_field(next))
            return true;
    }
    return false;
}

/* " 3 files changed, ..." */
static bool is_diffstat_end(struct patchmark_text line) {
    size_t i = 1;

    while (i < line.length && patchmark_is_digit(line.data[i]))
        i++;
    line = patchmark_text_skip(line, i);
    return i > 1 && (patchmark_text_starts(line, " file changed") ||
                     patchmark_text_starts(line, " files changed"));
}

bool form_is_format_patch_line(struct patchmark_text line) {
    size_t at = patchmark_text_starts(line, ">") ? 1 : 0, digits = 0;

    line = patchmark_text_skip(line, at);
    if (!patchmark_text_starts(line, "From "))
        return false;
    line = patchmark_text_skip(line, 5);
    while (digits < line.length && patchmark_is_hex(line.data[digits]))
        digits++;
    return digits == 40 || digits == 64;
}

static bool is_sign(struct patchmark_text line) {
    return patchmark_text_case_starts(line, "signed-off-by:") ||
           patchmark_text_case_starts(line, "subject: [patch") ||
           (line.length > 2 && line.data[0] == ' ' && is_diffstat_end(line)) ||
           form_is_format_patch_line(line);
}

/* Returns true if LINE is the "---" below the message of a patch: a diffstat or the diff follows.
 */
static bool is_end_of_message(struct patchmark_text line, struct patchmark_text rest) {
    if (!patchmark_text_equals(patchmark_text_trim_end(line), "---"))
        return false;
    while (patchmark_text_line(&rest, &line) && patchmark_text_trim(line).length == 0)
        continue;
    return diff_is_start(line) ||
           (patchmark_text_starts(line, " ") && patchmark_text_has(line, '|'));
}

/* ---- text --------------------------------------------------------------------------------- */

bool form_is_forward(struct patchmark_text text) {
    struct patchmark_text line;
    bool starts = true; /* a paragraph */

    for (int i = 0; i < FORM_LINES && patchmark_text_line(&text, &line); i++) {
        if (diff_is_start(line))
            return false;
        if (is_forward(line, text) || (starts && says_forwarding(line)))
            return true;
        starts = patchmark_text_trim(line).length == 0;
    }
    return false;
}

bool form_is_posted(struct patchmark_text text) {
    struct sentence sentence = {{"", 0}, {"", 0}};
    struct patchmark_text line;
    bool empty = true, starts = true;

    for (int i = 0; i < FORM_LINES && patchmark_text_line(&text, &line); i++) {
        if (diff_is_start(line))
            return empty;
        if (patchmark_text_starts(line, ">") && !form_is_format_patch_line(line))
            continue;
        if (is_forward(line, text) || (starts && says_forwarding(line)))
            return false;
        if (is_sign(line) || is_end_of_message(line, text) || speaks_of_patch(&sentence, line))
            return true;
        starts = patchmark_text_trim(line).length == 0;
        empty = empty && starts;
    }
    return false;
}
