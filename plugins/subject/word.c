/* SPDX-License-Identifier: BSD-2-Clause
 *
 * word.c - see word.h.
 */
#include "word.h"

#include "text.h"

#include <stdlib.h>

/* Sorted by the bytes of the lower-case words, for bsearch(3). */
static const struct entry {
    const char *text;
    enum word word;
} entries[] = {
    {"/", WORD_OF},
    {"a", WORD_FILLER},
    {"abandoned", WORD_STATUS},
    {"accepted", WORD_STATUS},
    {"ack", WORD_STATUS},
    {"acked", WORD_STATUS},
    {"against", WORD_FOR},
    {"alternative", WORD_STATUS},
    {"an", WORD_FILLER},
    {"and", WORD_FILLER},
    {"ann", WORD_STATUS},
    {"announce", WORD_STATUS},
    {"applied", WORD_STATUS},
    {"approved", WORD_STATUS},
    {"attempt", WORD_COUNT},
    {"autosel", WORD_AUTOSEL},
    {"backport", WORD_BACKPORT},
    {"backported", WORD_BACKPORT},
    {"batch", WORD_STATUS},
    {"broken", WORD_STATUS},
    {"bug", WORD_TICKET},
    {"bug-fix", WORD_STATUS},
    {"bugfix", WORD_STATUS},
    {"bugs", WORD_STATUS},
    {"bulk", WORD_STATE},
    {"by", WORD_FILLER},
    {"bz", WORD_TICKET},
    {"caution", WORD_STATE},
    {"clean-up", WORD_STATUS},
    {"cleanup", WORD_STATUS},
    {"closed", WORD_STATUS},
    {"comment", WORD_STATUS},
    {"commented", WORD_STATUS},
    {"comments", WORD_STATUS},
    {"commited", WORD_STATUS},
    {"committed", WORD_STATUS},
    {"cover", WORD_STATUS},
    {"cover-letter", WORD_STATUS},
    {"coverletter", WORD_STATUS},
    {"demo", WORD_STATUS},
    {"discussion", WORD_STATUS},
    {"dnm", WORD_STATUS},
    {"do", WORD_NOT},
    {"don't", WORD_NOT},
    {"donotapply", WORD_STATUS},
    {"donotmerge", WORD_STATUS},
    {"dont", WORD_NOT},
    {"dontapply", WORD_STATUS},
    {"dontmerge", WORD_STATUS},
    {"don’t", WORD_NOT},
    {"draft", WORD_STATE},
    {"dropped", WORD_STATUS},
    {"e-mail", WORD_STATE},
    {"email", WORD_STATE},
    {"example", WORD_STATUS},
    {"experimental", WORD_STATUS},
    {"ext", WORD_STATE},
    {"extern", WORD_STATE},
    {"external", WORD_STATE},
    {"externe", WORD_STATE},
    {"feedback", WORD_STATUS},
    {"final", WORD_STATUS},
    {"fixed", WORD_STATUS},
    {"fixup", WORD_STATUS},
    {"for", WORD_FOR},
    {"fyi", WORD_STATUS},
    {"git", WORD_GIT},
    {"hack", WORD_STATE},
    {"heads-up", WORD_STATUS},
    {"hotfix", WORD_STATUS},
    {"idea", WORD_STATUS},
    {"important", WORD_STATUS},
    {"improvement", WORD_STATUS},
    {"in", WORD_FILLER},
    {"incremental", WORD_STATUS},
    {"internal", WORD_STATE},
    {"is", WORD_FILLER},
    {"issue", WORD_TICKET},
    {"it", WORD_FILLER},
    {"iteration", WORD_COUNT},
    {"junk", WORD_STATE},
    {"latest", WORD_STATUS},
    {"letter", WORD_STATUS},
    {"merged", WORD_STATUS},
    {"minor", WORD_STATUS},
    {"mr", WORD_TICKET},
    {"nack", WORD_STATUS},
    {"nak", WORD_STATUS},
    {"new", WORD_STATUS},
    {"nfc", WORD_STATUS},
    {"nfu", WORD_STATUS},
    {"no", WORD_NOT},
    {"nomerge", WORD_STATUS},
    {"not", WORD_NOT},
    {"obsolete", WORD_STATUS},
    {"of", WORD_OF},
    {"on", WORD_FILLER},
    {"only", WORD_STATUS},
    {"opened", WORD_STATUS},
    {"optional", WORD_STATUS},
    {"or", WORD_FILLER},
    {"pach", WORD_PATCH},
    {"pacth", WORD_PATCH},
    {"part", WORD_STATUS},
    {"partial", WORD_STATUS},
    {"patch", WORD_PATCH},
    {"patch-set", WORD_PATCH},
    {"patches", WORD_PATCH},
    {"patchs", WORD_PATCH},
    {"patchset", WORD_PATCH},
    {"patchv", WORD_PATCH},
    {"path", WORD_STATUS},
    {"pathc", WORD_PATCH},
    {"phishing", WORD_STATE},
    {"please", WORD_STATUS},
    {"pls", WORD_STATUS},
    {"poc", WORD_STATE},
    {"possible", WORD_STATE},
    {"pr", WORD_TICKET},
    {"preliminary", WORD_STATUS},
    {"preview", WORD_STATUS},
    {"probable", WORD_STATE},
    {"proposal", WORD_STATUS},
    {"proposed", WORD_STATUS},
    {"prototype", WORD_STATUS},
    {"ptach", WORD_PATCH},
    {"pull", WORD_PULL},
    {"pushed", WORD_STATUS},
    {"question", WORD_STATUS},
    {"re-post", WORD_RESEND},
    {"re-resend", WORD_RESEND},
    {"re-roll", WORD_STATUS},
    {"re-send", WORD_RESEND},
    {"re-sent", WORD_RESEND},
    {"rebased", WORD_STATE},
    {"refreshed", WORD_STATUS},
    {"regression", WORD_STATUS},
    {"rejected", WORD_STATUS},
    {"reopened", WORD_STATUS},
    {"repost", WORD_RESEND},
    {"reposted", WORD_RESEND},
    {"request", WORD_STATE},
    {"reroll", WORD_STATUS},
    {"resend", WORD_RESEND},
    {"resending", WORD_RESEND},
    {"resent", WORD_RESEND},
    {"resolved", WORD_STATUS},
    {"resubmission", WORD_RESEND},
    {"resubmit", WORD_RESEND},
    {"resubmitted", WORD_RESEND},
    {"rev", WORD_COUNT},
    {"reverted", WORD_STATUS},
    {"review", WORD_STATUS},
    {"reviewed", WORD_STATUS},
    {"revised", WORD_STATUS},
    {"revision", WORD_COUNT},
    {"rework", WORD_STATUS},
    {"reworked", WORD_STATUS},
    {"rfc", WORD_RFC},
    {"rfd", WORD_STATUS},
    {"rfe", WORD_STATUS},
    {"rft", WORD_RFT},
    {"round", WORD_COUNT},
    {"sender", WORD_STATE},
    {"series", WORD_STATE},
    {"set", WORD_STATUS},
    {"spam", WORD_STATE},
    {"spin", WORD_COUNT},
    {"stable", WORD_STABLE},
    {"subject", WORD_STATE},
    {"submitted", WORD_STATUS},
    {"subset", WORD_STATUS},
    {"superseded", WORD_STATUS},
    {"suspected", WORD_STATE},
    {"suspicious", WORD_STATE},
    {"take", WORD_COUNT},
    {"test", WORD_STATE},
    {"tested", WORD_STATE},
    {"testing", WORD_STATE},
    {"the", WORD_FILLER},
    {"this", WORD_FILLER},
    {"ticket", WORD_TICKET},
    {"to", WORD_FILLER},
    {"trivial", WORD_STATE},
    {"try", WORD_COUNT},
    {"unchecked", WORD_STATE},
    {"untested", WORD_STATUS},
    {"unverified", WORD_STATE},
    {"updated", WORD_STATE},
    {"urgent", WORD_STATE},
    {"v", WORD_COUNT},
    {"ver", WORD_COUNT},
    {"version", WORD_COUNT},
    {"warning", WORD_STATE},
    {"whatsnew", WORD_STATUS},
    {"wip", WORD_STATE},
    {"with", WORD_FILLER},
    {"withdrawn", WORD_STATUS},
};

/* Words to which other words are glued: PATCHv2, RFC-v3, PATCH1/8, PATCH-for-8.2. */
static const char *const heads[] = {"PATCH", "RFC", "RESEND", "PULL"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char glue[] = "-_/.+:"; /* all but the colon may also be in a name */

/* Returns true if TEXT has an apostrophe between two letters at offset AT. */
static bool is_apostrophe(struct patchmark_text text, size_t at) {
    return text.data[at] == '\'' && at > 0 && patchmark_is_letter(text.data[at - 1]) &&
           at + 1 < text.length && patchmark_is_letter(text.data[at + 1]);
}

bool word_next(struct patchmark_text *rest, struct patchmark_text *word) {
    static const char separators[] = " \t,;()[]{}<>|\"'";
    size_t length = 0;

    *rest = patchmark_text_trim_start_of(*rest, separators);
    while (length < rest->length &&
           (!strchr(separators, rest->data[length]) || is_apostrophe(*rest, length)))
        length++;
    *word = patchmark_text_slice(*rest, 0, length);
    *rest = patchmark_text_skip(*rest, length);
    return length > 0;
}

static int entry_compare(const void *key, const void *element) {
    const struct patchmark_text *text = key;
    const struct entry *entry = element;
    int order = strncasecmp(text->data, entry->text, text->length);

    return order != 0 ? order : -(entry->text[text->length] != '\0');
}

enum word word_find(struct patchmark_text text) {
    const struct entry *entry = NULL;

    if (text.length > 0 && text.length < WORD_BYTES)
        entry = bsearch(&text, entries, COUNT(entries), sizeof(entries[0]), entry_compare);
    return entry ? entry->word : WORD_UNKNOWN;
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

/* Returns the number that follows a word such as WORD without a blank: 2 in "rev2", "rev-2" and
 * "rev#2"; -1 if TEXT has another form. */
static int64_t word_numbered(struct patchmark_text text, enum word word) {
    struct patchmark_text rest;
    size_t letters = 0, digits;
    int64_t number;

    while (letters < text.length && patchmark_is_letter(text.data[letters]))
        letters++;
    if (letters == 0 || letters == text.length ||
        word_find(patchmark_text_slice(text, 0, letters)) != word)
        return -1;
    rest = patchmark_text_trim_start_of(patchmark_text_skip(text, letters), "-_#.=");
    number = word_number(rest, &digits);
    return digits == rest.length ? number : -1;
}

int64_t word_count(struct patchmark_text text) {
    return word_numbered(text, WORD_COUNT);
}

bool word_is_resend(struct patchmark_text text) {
    return patchmark_text_case_starts(text, "re") && word_numbered(text, WORD_RESEND) >= 0;
}

bool word_is_refusal(struct patchmark_text text) {
    static const char *const refusals[] = {"not", "no", "dont", "donot"};
    size_t length = 0;

    while (length < text.length && !strchr("-_", text.data[length]))
        length++;
    if (patchmark_text_case_equals(patchmark_text_slice(text, 0, length), "do") &&
        patchmark_text_case_starts(patchmark_text_skip(text, length + 1), "not"))
        return true;
    for (size_t i = 0; i < COUNT(refusals) && length < text.length; i++)
        if (patchmark_text_case_equals(patchmark_text_slice(text, 0, length), refusals[i]))
            return true;
    return false;
}

bool word_is_ticket(struct patchmark_text text) {
    static const char *const names[] = {"pr", "bug", "bz", "issue", "ticket", "cve", "lp", "rhbz"};
    size_t letters = 0;

    while (letters < text.length && patchmark_is_letter(text.data[letters]))
        letters++;
    for (size_t i = 0; i < COUNT(names); i++)
        if (patchmark_text_case_equals(patchmark_text_slice(text, 0, letters), names[i])) {
            text = patchmark_text_trim_start_of(patchmark_text_skip(text, letters), "-_#/.");
            return text.length > 0 && patchmark_is_digit(text.data[0]);
        }
    return false;
}

/* Returns true if REST, the text after a head, is a further tag word.  NUMBER is true if a number
 * may follow the head.  Fewer words count as such without a hyphen or the like between them:
 * "patchtest" is one word. */
static bool is_glued(struct patchmark_text rest, bool number) {
    bool separated = rest.length > 0 && strchr(glue, rest.data[0]);
    size_t dots;

    rest = patchmark_text_trim_start_of(rest, glue);
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

        return word != WORD_UNKNOWN && word <= WORD_BACKPORT ? length : 0;
    }
    return 0;
}

bool word_is_branch(struct patchmark_text text) {
    static const char *const ends[] = {".y", ".x", "-stable", "-lts", "-longterm", "-rt", "-cip"};
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
    for (size_t i = 0; i < COUNT(ends); i++)
        if (patchmark_text_case_equals(text, ends[i]))
            return true;
    return text.length == 0 || patchmark_text_case_starts(text, ".y-") ||
           patchmark_text_case_starts(text, ".x-");
}

bool word_are_branches(struct patchmark_text text) {
    size_t length;

    if (!patchmark_text_has(text, '/'))
        return false;
    for (size_t start = 0; start <= text.length; start = length + 1) {
        for (length = start; length < text.length && text.data[length] != '/'; length++)
            continue;
        if (!word_is_branch(patchmark_text_slice(text, start, length)))
            return false;
    }
    return true;
}

bool word_is_codename(struct patchmark_text text) {
    for (size_t i = 0; i < text.length; i++)
        if (i % 2 == 0 ? text.data[i] < 'A' || text.data[i] > 'Z' : text.data[i] != '/')
            return false;
    return text.length % 2 == 1 && text.length <= WORD_BYTES;
}

size_t word_prefix(struct patchmark_text text) {
    struct patchmark_text name = text, rest;
    size_t length = 0;
    enum word word;

    while (length < text.length && text.data[length] != ':')
        length++;
    name.length = length;
    rest = patchmark_text_skip(text, length < text.length ? length + 1 : length);
    word = word_find(name);
    if ((word != WORD_UNKNOWN && word != WORD_STABLE) || !word_is_name(name))
        return 0;
    word = word_find(rest);
    return (word != WORD_UNKNOWN && word <= WORD_PULL) || word_head(rest) > 0 ? length : 0;
}

bool word_is_name(struct patchmark_text text) {
    bool letter = false;

    if (text.length < 2 || text.length > WORD_BYTES ||
        !(patchmark_is_letter(text.data[0]) || patchmark_is_digit(text.data[0])))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (patchmark_is_letter(text.data[i]))
            letter = true;
        else if (!patchmark_is_digit(text.data[i]) &&
                 (text.data[i] == ':' || !strchr(glue, text.data[i])))
            return false;
    }
    return letter;
}

bool word_is_stable(struct patchmark_text text) {
    for (;;) {
        size_t length = 0;

        while (length < text.length && !strchr("-_/", text.data[length]))
            length++;
        if (patchmark_text_case_equals(patchmark_text_slice(text, 0, length), "stable") ||
            patchmark_text_case_equals(patchmark_text_slice(text, 0, length), "lts"))
            return true;
        if (length == text.length)
            return false;
        text = patchmark_text_skip(text, length + 1);
    }
}
