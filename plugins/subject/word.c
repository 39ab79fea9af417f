/* SPDX-License-Identifier: BSD-2-Clause
 *
 * word.c - see word.h.
 */
#include "word.h"

#include "text.h"

static const struct {
    enum word word;
    const char *texts[16]; /* ends with NULL */
} words[] = {
    {WORD_PATCH, {"PATCH", "PATCHES", "PATCHSET"}},
    {WORD_RFC, {"RFC"}},
    {WORD_RESEND, {"RESEND", "RESENT", "RESENDING", "RE-SEND", "REPOST", "REPOSTED", "RE-POST"}},
    {WORD_PULL, {"PULL"}},
    {WORD_AUTOSEL, {"AUTOSEL"}},
    {WORD_RFT, {"RFT"}},
    {WORD_GIT, {"GIT"}},
    {WORD_STATE,
     {"REQUEST", "WIP", "POC", "DRAFT", "HACK", "TEST", "TESTED", "TESTING", "TRIVIAL"}},
    {WORD_STATE, {"UPDATED", "REBASED", "SERIES", "URGENT", "INTERNAL", "EXTERNAL", "EXT", "SPAM"}},
    {WORD_STABLE, {"stable"}},
    {WORD_FOR, {"for"}},
    {WORD_FILLER, {"to", "on", "in", "the", "and", "or", "with", "by"}},
    {WORD_OF, {"of", "/"}},
    {WORD_COUNT, {"v", "version", "take", "try"}},
};

/* Words to which other words are glued: PATCHv2, RFC-v3, PATCH1/8, PATCH-for-8.2. */
static const char *const heads[] = {"PATCH", "RFC", "RESEND", "PULL"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char glue[] = "-_/.+";

bool word_next(struct patchmark_text *rest, struct patchmark_text *word) {
    static const char separators[] = " \t,;()[]{}<>|\"'";
    size_t length = 0;

    *rest = text_trim(*rest, separators);
    while (length < rest->length && !strchr(separators, rest->data[length]))
        length++;
    *word = patchmark_text_slice(*rest, 0, length);
    *rest = patchmark_text_skip(*rest, length);
    return length > 0;
}

enum word word_find(struct patchmark_text text) {
    for (size_t i = 0; i < COUNT(words); i++)
        for (const char *const *other = words[i].texts; *other; other++)
            if (patchmark_text_case_equals(text, *other))
                return words[i].word;
    return WORD_UNKNOWN;
}

int64_t word_number(struct patchmark_text text, size_t *length) {
    int64_t number = 0;

    for (*length = 0; *length < text.length && patchmark_is_digit(text.data[*length]); ++*length)
        if (*length < WORD_DIGITS)
            number = 10 * number + (text.data[*length] - '0');
    return *length > 0 && *length <= WORD_DIGITS ? number : -1;
}

/* Returns the length of a number such as "5", "5.1" or "4.19.2" at the start of TEXT, and sets
 * *DOTS to the number of its dots; 0 if there is none. */
static size_t dotted_length(struct patchmark_text text, size_t *dots) {
    size_t length = 0;

    *dots = 0;
    for (;;) {
        while (length < text.length && patchmark_is_digit(text.data[length]))
            length++;
        if (length == 0 || length + 1 >= text.length || text.data[length] != '.' ||
            !patchmark_is_digit(text.data[length + 1]))
            return length;
        length++;
        ++*dots;
    }
}

size_t word_version(struct patchmark_text text, size_t *dots) {
    size_t length;

    if (!patchmark_text_case_starts(text, "v"))
        return 0;
    length = dotted_length(patchmark_text_skip(text, 1), dots);
    return length > 0 ? length + 1 : 0;
}

/* Returns true if REST, the text after a head, is a further tag word.  NUMBER is true if a number
 * may follow the head.  Fewer words count as such without a hyphen or the like between them:
 * "patchtest" is one word. */
static bool is_glued(struct patchmark_text rest, bool number) {
    bool separated = rest.length > 0 && strchr(glue, rest.data[0]);
    size_t dots;

    rest = text_trim(rest, glue);
    for (size_t i = 0; i < COUNT(heads); i++)
        if (patchmark_text_case_starts(rest, heads[i]))
            return true;
    if (word_version(rest, &dots) > 0 ||
        (number && rest.length > 0 && patchmark_is_digit(rest.data[0])))
        return true;
    return separated &&
           (rest.length == 0 || word_find(rest) != WORD_UNKNOWN ||
            patchmark_text_case_starts(rest, "for-") || patchmark_text_case_equals(rest, "next"));
}

size_t word_head(struct patchmark_text text) {
    size_t dots, length = word_version(text, &dots);

    if (length > 0 && is_glued(patchmark_text_skip(text, length), true))
        return length;
    for (size_t i = 0; i < COUNT(heads); i++) {
        length = strlen(heads[i]);
        /* A number may follow PATCH, as in PATCH1/8, but RFC822 is no tag word. */
        if (patchmark_text_case_starts(text, heads[i]) &&
            is_glued(patchmark_text_skip(text, length), i == 0))
            return length;
    }
    for (length = 0; length < text.length && text.data[length] != '/'; length++)
        continue;
    if (length < text.length) {
        enum word word = word_find(patchmark_text_slice(text, 0, length));

        return word != WORD_UNKNOWN && word <= WORD_STATE ? length : 0;
    }
    return 0;
}

bool word_is_branch(struct patchmark_text text) {
    size_t dots, length;

    if (text.length > WORD_BYTES)
        return false;
    if (patchmark_text_case_starts(text, "linux-"))
        text = patchmark_text_skip(text, 6);
    else if (patchmark_text_case_starts(text, "v"))
        text = patchmark_text_skip(text, 1);
    length = dotted_length(text, &dots);
    if (dots == 0)
        return false;
    text = patchmark_text_skip(text, length);
    return text.length == 0 || patchmark_text_case_equals(text, ".y") ||
           patchmark_text_case_starts(text, ".y-") || patchmark_text_case_equals(text, "-stable");
}

bool word_is_name(struct patchmark_text text) {
    bool letter = false;

    if (text.length < 2 || text.length > WORD_BYTES ||
        !(patchmark_is_letter(text.data[0]) || patchmark_is_digit(text.data[0])))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (patchmark_is_letter(text.data[i]))
            letter = true;
        else if (!patchmark_is_digit(text.data[i]) && !strchr(glue, text.data[i]))
            return false;
    }
    return letter;
}

bool word_is_stable(struct patchmark_text text) {
    for (;;) {
        size_t length = 0;

        while (length < text.length && !strchr("-_/", text.data[length]))
            length++;
        if (patchmark_text_case_equals(patchmark_text_slice(text, 0, length), "stable"))
            return true;
        if (length == text.length)
            return false;
        text = patchmark_text_skip(text, length + 1);
    }
}
