/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parse.c - see parse.h.
 *
 * Reads a subject once, from left to right: reply prefixes, bracketed groups and the marks of
 * gateways in any order, then the title.  Whether a text is a mark, ***SPAM*** or "EXTERNAL:",
 * shows only when a tag follows it; else the parser goes back to it, once, and it belongs to the
 * title.
 *
 * Brackets, colons and blanks of other scripts count as their ASCII forms: the parser reads a copy
 * of the subject in which they are replaced at the same offset.
 */
#include "parse.h"

#include "text.h"

#include <stddef.h>

#define COPY_BYTES 1024 /* of a subject that is not ASCII; tags stand at the start */
#define MARK_BYTES 60   /* a longer text before a tag is prose */
#define MARKS      4    /* a subject has no more of them; so the work stays linear */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- other scripts ------------------------------------------------------------------------ */

/* Characters of two or three bytes, and what they count as.  LAST is the last byte of the last
 * character of a range, 0 if there is only one. */
static const struct {
    const char *text;
    unsigned char last;
    char ascii;
} characters[] = {
    {"\u00a0", 0, ' '},    {"\u00ad", 0, ' '}, {"\u2000", 0x8f, ' '}, {"\u2028", 0xaf, ' '},
    {"\u205f", 0xaf, ' '}, {"\u3000", 0, ' '}, {"\ufeff", 0, ' '},    {"\uff1a", 0, ':'},
    {"\uff3b", 0, '['},    {"\uff3d", 0, ']'}, {"\u3010", 0, '['},    {"\u3011", 0, ']'},
    {"\u3014", 0, '['},    {"\u3015", 0, ']'}, {"\u3016", 0, '['},    {"\u3017", 0, ']'},
    {"\u300c", 0, '['},    {"\u300d", 0, ']'}, {"\uff5b", 0, '{'},    {"\uff5d", 0, '}'},
    {"\uff08", 0, '('},    {"\uff09", 0, ')'},
};

/* Returns the number of bytes of the character at TEXT if it is in the table, and sets *ASCII; else
 * 0. */
static size_t character_find(const char *text, char *ascii) {
    for (size_t i = 0; i < COUNT(characters); i++) {
        const char *first = characters[i].text;
        size_t length = strlen(first);
        unsigned char low = (unsigned char)first[length - 1];
        unsigned char high = characters[i].last ? characters[i].last : low;

        if (strncmp(text, first, length - 1) != 0 || (unsigned char)text[length - 1] < low ||
            (unsigned char)text[length - 1] > high)
            continue;
        *ascii = characters[i].ascii;
        return length;
    }
    return 0;
}

static bool is_plain(const char *subject) {
    for (; *subject; subject++)
        if ((unsigned char)*subject >= 0x80 || ((unsigned char)*subject < ' ' && *subject != '\t'))
            return false;
    return true;
}

/* Returns SUBJECT if it is ASCII, else a copy of its start in COPY, see above.  A closing bracket
 * stands in the first byte of its character and an opening one in the last, so that no blank comes
 * between two groups. */
static const char *copy_make(const char *subject, char copy[COPY_BYTES]) {
    size_t at = 0, length;
    char ascii;

    if (is_plain(subject))
        return subject;
    while (subject[at] && at < COPY_BYTES - 4) {
        unsigned char byte = (unsigned char)subject[at];

        length = byte >= 0x80 ? character_find(subject + at, &ascii) : 0;
        if (length == 0) {
            copy[at++] = (byte < ' ') ? ' ' : (char)byte;
            continue;
        }
        memset(copy + at, ' ', length);
        copy[strchr("[{(", ascii) ? at + length - 1 : at] = ascii;
        at += length;
    }
    copy[at] = '\0';
    return copy;
}

/* ---- reply prefixes ----------------------------------------------------------------------- */

/* Reply prefixes: the words that mail programs put, with a colon, before the subject of a reply.
 * The first three need no colon before a bracket.  Before a tag other words are recognized, too. */
static const char *const replies[] = {
    "Re",  "Fw", "Fwd",  "Aw",   "Antw", "Antwort", "Sv",   "Vs",   "R",
    "Rif", "Wg", "回复", "回覆", "答复", "答覆",    "转发", "轉寄", "轉發",
};

/* Further ones, which are also words of titles and names of subsystems: they are recognized
 * directly before a tag only, and as mail programs write them, with a capital. */
static const char *const replies_before_tag[] = {
    "Odp", "Res", "Ynt",  "\u0130lt", "Atb",  "Ang",  "Bls",     "Doorst",    "Enc", "Rv",
    "Tr",  "Trs", "Pd",   "Fs",       "Vb",   "Vl",   "Svar",    "Vá",        "Ha",  "Ответ",
    "Отв", "ΑΠ",  "ΣΧΕΤ", "ΠΡΘ",      "返信", "답장", "Forward", "Forwarded",
};

/* Returns the length of a counter at the start of TEXT, such as the "[2]" of "Re[2]:", "(2)", "^2"
 * or "*2"; 0 if there is none. */
static size_t counter_length(const char *text) {
    size_t digits = *text ? strspn(text + 1, "0123456789") : 0;

    if (digits == 0)
        return 0;
    if (*text == '^' || *text == '*')
        return 1 + digits;
    if ((*text == '[' && text[1 + digits] == ']') || (*text == '(' && text[1 + digits] == ')'))
        return 2 + digits;
    return 0;
}

/* Returns the length of a reply prefix at the start of TEXT, such as "Re:", "RE :" or "Re[2]:"; 0
 * if there is none.  Tries the first COUNT elements of `replies`. */
static size_t reply_length(const char *text, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *end = text + strlen(replies[i]), *next;

        if (strncasecmp(text, replies[i], strlen(replies[i])) != 0)
            continue;
        end += counter_length(end);
        next = skip_blanks(end);
        if (*next == ':')
            return (size_t)(next - text) + 1;
        if (i < 3 && next > end && *next == '[')
            return (size_t)(next - text);
    }
    return 0;
}

/* Returns true if MARK, which a colon or a counter follows, is one of `replies_before_tag`. */
static bool is_reply_before_tag(struct patchmark_text mark) {
    if (mark.length > 0 && patchmark_is_letter(mark.data[0]) &&
        !(mark.data[0] >= 'A' && mark.data[0] <= 'Z'))
        return false;
    for (size_t i = 0; i < COUNT(replies_before_tag); i++)
        if (patchmark_text_case_equals(mark, replies_before_tag[i]))
            return true;
    return false;
}

/* Returns true if the first LENGTH bytes of TEXT have as many closing as opening brackets. */
static bool is_closed(const char *text, size_t length) {
    ptrdiff_t open = 0;

    for (size_t i = 0; i < length; i++)
        open += (text[i] == '[') - (text[i] == ']');
    return length > 0 && open == 0;
}

/* Returns the length of "[user@host: " or "[Fwd: " at the start of TEXT, the beginning of a forward
 * in brackets; 0 if there is none.  The brackets enclose the whole subject, except for "(fwd)". */
static size_t forward_length(const char *text) {
    size_t length = 1, group;
    const char *after;

    if (text[0] != '[')
        return 0;
    length += strcspn(text + 1, " \t:[]");
    if (text[length] != ':' || length > MARK_BYTES)
        return 0;
    if (memchr(text, '@', length)) {
        group = tag_group_length(text);
        after = skip_blanks(text + group);
        if (text[length + 1] != ' ' ||
            (*after && strncasecmp(after, "(fwd)", 5) != 0 && is_closed(text, group)))
            return 0;
        return length + 1;
    }
    return reply_length(text + 1, COUNT(replies)) == length ? length + 1 : 0;
}

/* Returns the length of "[Some Name: " at the start of TEXT, if the brackets enclose the whole
 * subject and those of another one follow; 0 otherwise.  A tag that is nested has no colon there.
 */
static size_t named_forward_length(const char *text) {
    size_t length = text[0] == '[' ? 1 + strcspn(text + 1, "[]") : 0, group;
    const char *colon = text + length;

    if (length < 4 || text[length] != '[' || length > MARK_BYTES)
        return 0;
    group = tag_group_length(text);
    while (colon > text && (colon[-1] == ' ' || colon[-1] == '\t'))
        colon--;
    if (colon[-1] != ':' || *skip_blanks(text + group) || !is_closed(text, group) ||
        word_find((struct patchmark_text){text + 1, (size_t)(colon - text) - 2}) != WORD_UNKNOWN)
        return 0;
    return length;
}

/* Removes the closing bracket of a forward in brackets from the end of TITLE. */
static struct patchmark_text forward_trim(struct patchmark_text title) {
    title = patchmark_text_trim_end_of(title, " \t");
    if (title.length > 0 && title.data[title.length - 1] == ']')
        title.length--;
    return patchmark_text_trim_end_of(title, " \t");
}

/* ---- marks -------------------------------------------------------------------------------- */

/* Returns true if all words of TEXT describe the mail, as gateways and people write before a tag:
 * "EXTERNAL", "Spam", "Subject", "bug 123".  They are no reply prefix. */
static bool is_state(struct patchmark_text text) {
    struct patchmark_text word;
    bool any = false;

    for (; word_next(&text, &word); any = true) {
        enum word found;

        word = patchmark_text_trim_end_of(patchmark_text_trim_start_of(word, "*#-"), ":.!?*-");
        found = word_find(word);
        if (word.length > 0 && found != WORD_STATE && found != WORD_TICKET &&
            !word_is_ticket(word) && !(any && patchmark_is_digit(word.data[0])))
            return false;
    }
    return any;
}

/* Returns the length of "***SPAM***", "(subset)" or "{Spam?}" at the start of TEXT: text between
 * two brackets or two runs of the same sign; 0 if there is none. */
static size_t enclosed_length(const char *text) {
    static const char opening[] = "({<*!#=+~-_", closing[] = ")}>*!#=+~-_";
    const char *sign = *text ? strchr(opening, *text) : NULL, *end;
    char close[2] = {sign ? closing[sign - opening] : '\0', '\0'}, open[2] = {*text, '\0'};
    size_t run = sign ? strspn(text, open) : 0;

    if (run == 0)
        return 0;
    end = text + run + strcspn(text + run, sign - opening < 3 ? close : open);
    return *end && end > text + run && end - text < MARK_BYTES
               ? (size_t)(end - text) + strspn(end, close)
               : 0;
}

/* Reads a mark at the start of TEXT: what may stand before the tag and is neither a group in [...]
 * nor a known reply prefix.  Returns its length; 0 if there is none. */
static size_t mark_read(const char *text, struct subject *subject) {
    size_t length = enclosed_length(text);
    struct patchmark_text mark;

    if (length > 0)
        return length;
    length = strcspn(text, ":[]{}\"");
    mark = patchmark_text_trim_end_of((struct patchmark_text){text, length}, " \t");
    if (text[counter_length(text + length) + length] == ':')
        length += counter_length(text + length);
    if (length == 0 || length > MARK_BYTES || (text[length] != ':' && text[length] != '['))
        return 0;
    if (is_state(mark))
        return length;
    if (text[length] == '[') /* "title - [PATCH]": only states need no colon */
        return 0;
    for (size_t i = 0, blanks = 0; i < mark.length; i++) {
        blanks += mark.data[i] == ' ';
        if (blanks > 2)
            return 0;
    }
    subject->reply |= is_reply_before_tag(mark) && *skip_blanks(text + length + 1) == '[';
    subject->maybe_reply = subject->prefix = true;
    return length;
}

/* ---- the subject -------------------------------------------------------------------------- */

/* Reads one element before the title at AT.  Returns its length; 0 if the title starts there. */
static size_t element_read(struct reader *reader, const char *at, const char *group_end,
                           size_t *groups) {
    bool posting = tag_is_posting(reader);
    /* "[PATCH] Re: an old thread" is a patch, and the "vs:" of "[PATCH] vs: fix" is not the
     * Finnish reply prefix. */
    size_t length = reply_length(at, posting ? 3 : COUNT(replies));

    if (length > 0) {
        reader->subject.reply |= !posting;
        return length;
    }
    length = tag_group_length(at);
    if (length > 0 && (*groups)++ < GROUPS_READ)
        tag_group(reader, (struct patchmark_text){at + 1, length - 2}, at == group_end);
    if (length > 0 || reader->tagged)
        return length;
    return tag_unbracketed(reader, at);
}

/* Returns TEXT, which points into COPY, as a part of SUBJECT. */
static struct patchmark_text rebase(struct patchmark_text text, const char *copy,
                                    const char *subject) {
    if (text.data)
        text.data = subject + (text.data - copy);
    return text;
}

static void rebase_all(struct subject *out, const char *copy, const char *subject) {
    out->list_tag = rebase(out->list_tag, copy, subject);
    out->revision = rebase(out->revision, copy, subject);
    for (size_t i = 0; i < out->tree_count; i++) {
        out->trees[i].name = rebase(out->trees[i].name, copy, subject);
        out->trees[i].branch = rebase(out->trees[i].branch, copy, subject);
    }
}

void subject_parse(const char *subject, struct subject *out) {
    char buffer[COPY_BYTES];
    const char *copy = copy_make(subject, buffer), *at = copy, *group_end = NULL, *mark = NULL;
    size_t groups = 0, marks = 0, length;
    struct reader reader, before_mark;
    bool forward = false;

    tag_start(&reader);
    for (;; at += length) {
        at = skip_blanks_and_colons(at);
        length = reader.tagged || forward ? 0 : forward_length(at);
        if (length == 0 && !reader.tagged && !forward)
            length = named_forward_length(at);
        if (length > 0) {
            forward = reader.subject.reply = true;
            continue;
        }
        length = element_read(&reader, at, group_end, &groups);
        if (length > 0) {
            group_end = at + length;
            continue;
        }
        if (reader.tagged || marks++ == MARKS)
            break;
        if (!mark) {
            mark = at;
            before_mark = reader;
        }
        length = mark_read(at, &reader.subject);
        if (length == 0)
            break;
    }
    if (mark && !reader.tagged) {
        reader = before_mark;
        at = mark;
    }
    reader.subject.title =
        patchmark_text_trim_end_of(patchmark_text_of(subject + (at - copy)), " \t");
    if (forward)
        reader.subject.title = forward_trim(reader.subject.title);
    reader.subject.maybe_reply |= patchmark_text_case_ends(reader.subject.title, " (fwd)");
    tag_finish(&reader);
    *out = reader.subject;
    if (copy != subject)
        rebase_all(out, copy, subject);
}

void subject_settle(struct subject *subject, bool has_diff, bool answers) {
    bool untold = subject->bare || subject->loose; /* whether it is the tag of a posting */

    if (!has_diff && subject->maybe_reply && (answers || (subject->prefix && subject->part != 0)))
        subject->reply = true;
    subject->report = subject->report && subject->bare && !has_diff;
    if (subject->report || (untold && !has_diff && !subject->reply && subject->part != 0)) {
        subject->part = subject->total = -1;
        subject->patch = false;
    }
    if (subject->maybe_branch && (subject->reply || !answers))
        tag_take_branch(subject);
}
