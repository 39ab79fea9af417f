/* SPDX-License-Identifier: BSD-2-Clause
 *
 * refusal.c - recognizes the lines in which a person refuses a patch: see refusal.h.
 *
 * The first word of a line may be NAK in any case.  Within a line only capitals count, below words
 * that say no more than that the sender refuses.  What follows must be what a person refuses, or
 * the end of the clause: "NAK handling", "NAK from the device" and "NAK on the bus" refuse nothing.
 */
#include "refusal.h"

/* Words before NAK. */
static const char *const leads[] = {"a",          "afraid",
                                    "again",      "am",
                                    "as",         "an",
                                    "and",        "another",
                                    "anyway",     "big",
                                    "but",        "clear",
                                    "consider",   "fat",
                                    "firm",       "full",
                                    "hard",       "have",
                                    "hence",      "however",
                                    "huge",       "i",
                                    "i'm",        "is",
                                    "it",         "it's",
                                    "must",       "my",
                                    "no",         "now",
                                    "so",         "sorry",
                                    "still",      "strong",
                                    "strongly",   "please",
                                    "take",       "that's",
                                    "then",       "therefore",
                                    "this",       "thus",
                                    "to",         "total",
                                    "very",       "unfortunately",
                                    "definitely", "definite",
                                    NULL};
/* The first words of a clause that follows from the one before. */
static const char *const follows[] = {"but", "hence", "so", "therefore", "thus", NULL};
/* Words after NAK, if nothing else is refused with them. */
static const char *const ends[] = {"again", "also",   "and",   "as",   "because",
                                   "but",   "due",    "here",  "now",  "please",
                                   "see",   "since",  "sorry", "then", "therefore",
                                   "till",  "unless", "until", NULL};
/* What is refused. */
static const char *const objects[] = {"all",  "any",   "anything", "both",    "everything",
                                      "it",   "one",   "patch",    "patches", "such",
                                      "that", "these", "this",     "those",   NULL};
static const char *const nouns[] = {
    "addition", "api",     "approach", "binding", "bindings", "change",  "changes", "commit",
    "concept",  "current", "design",   "entire",  "first",    "hack",    "idea",    "last",
    "moment",   "new",     "patch",    "patches", "patchset", "removal", "rename",  "rest",
    "second",   "series",  "set",      "time",    "use",      "whole",   NULL};
static const char *const prepositions[] = {"for", "on", "to", NULL};
static const char *const senders[] = {"here", "me", "my", "our", "us", NULL};
static const char *const no_targets[] = {"a", "an", "each", "every", "in", "out", "the", NULL};

/* Moves the next word of TEXT, without marks at its ends, to the result, and TEXT behind it. */
static struct patchmark_text word_next(struct patchmark_text *text) {
    size_t length = 0;
    struct patchmark_text word = *text = patchmark_text_trim_of(*text, " \t");
    while (length < word.length && !patchmark_is_blank(word.data[length]))
        length++;
    word.length = length;
    *text = patchmark_text_skip(*text, length);
    return patchmark_text_trim_of(word, ",.;:!?()*\"");
}

/* Returns true for "STALL": another answer of a device, or a name in a program. */
static bool is_capital(struct patchmark_text word) {
    for (size_t i = 0; i < word.length; i++)
        if (word.data[i] < 'A' || word.data[i] > 'Z')
            return false;
    return word.length >= 2;
}

static bool is_version(struct patchmark_text word) {
    return word.length >= 2 && (word.data[0] == 'v' || word.data[0] == 'V') &&
           patchmark_is_digit(word.data[1]);
}

/* Returns true if WORD, with what follows it in REST, names what a person refuses. */
static bool is_object(struct patchmark_text word, struct patchmark_text rest) {
    if (patchmark_text_case_equals(word, "the") || patchmark_text_case_equals(word, "your"))
        return word.length == strlen("your") || patchmark_text_case_is_any(word_next(&rest), nouns);
    return patchmark_text_case_is_any(word, objects) || is_version(word);
}

/* Returns true if REST, the text after NAK, lets it stand for the sender's own answer. */
static bool is_refused(struct patchmark_text rest) {
    struct patchmark_text word, next, ahead;
    char mark = rest.length > 0 ? rest.data[0] : '\0';
    if (mark == '?' || (mark != '\0' && strchr("_/'=(\"", mark) != NULL))
        return false;
    word = word_next(&rest);
    if (mark != '\0' && !patchmark_is_blank(mark))
        return mark != ',' || !is_capital(word_next(&rest));
    if (word.length == 0 || !patchmark_is_letter(word.data[0]))
        return true;
    ahead = rest;
    next = word_next(&ahead);
    if (patchmark_text_case_equals(word, "from"))
        return patchmark_text_case_is_any(next, senders);
    if (patchmark_text_case_is_any(word, prepositions) &&
        (is_object(next, ahead) || patchmark_text_case_ends(next, "ing")))
        return true;
    if (patchmark_text_case_equals(word, "for"))
        return next.length > 0 && !is_capital(next) &&
               !patchmark_text_case_is_any(next, no_targets);
    return is_object(word, rest) || (patchmark_text_case_is_any(word, ends) && !is_capital(next));
}

/* Returns the bytes of NAK or NACK, also with "ed" or "ing", at the start of WORD; 0 if it is
 * another word. */
static size_t nak_bytes(struct patchmark_text word) {
    static const char *const words[] = {"nak",    "nack",    "naked", "nacked",
                                        "naking", "nacking", NULL};
    size_t length = 0;
    if (!patchmark_text_case_starts(word, "na"))
        return 0;
    while (length < word.length && patchmark_is_letter(word.data[length]))
        length++;
    return patchmark_text_case_is_any((struct patchmark_text){word.data, length}, words) ? length
                                                                                         : 0;
}

/* Returns true if a sentence starts at AT of LEAD, or a clause whose first word states that it
 * follows from the one before. */
static bool is_start(struct patchmark_text lead, size_t at) {
    struct patchmark_text rest = patchmark_text_skip(lead, at);
    if (at < 3 || !patchmark_is_blank(lead.data[at - 1]))
        return false;
    if (lead.data[at - 2] == ',')
        return patchmark_text_case_is_any(word_next(&rest), follows);
    return strchr(".!:;)", lead.data[at - 2]) != NULL;
}

/* Returns true if LEAD, the text before NAK in its line, says no more than that the sender refuses.
 * What is before its last sentence or clause is skipped.  APART as for refusal_read(). */
static bool is_lead(struct patchmark_text lead, bool apart) {
    struct patchmark_text rest = lead;
    for (size_t at = lead.length; at > 0; at--)
        if (is_start(lead, at)) {
            rest = patchmark_text_skip(lead, at);
            apart = true;
            break;
        }
    while (apart && patchmark_text_trim(rest).length > 0)
        apart = patchmark_text_case_is_any(word_next(&rest), leads);
    return apart;
}

bool refusal_is_possible(struct patchmark_text line) {
    return patchmark_text_has(line, 'N') ||
           patchmark_text_case_starts(patchmark_text_trim(line), "na");
}

bool refusal_read(struct patchmark_text line, bool apart) {
    struct patchmark_text words = patchmark_text_trim(line), rest = words;
    size_t length = nak_bytes(words);
    if (length > 0)
        return apart && !patchmark_text_case_starts(words, "naked ") &&
               is_refused(patchmark_text_skip(words, length));
    for (const char *at; (at = memchr(rest.data, 'N', rest.length)) != NULL;) {
        rest = (struct patchmark_text){at, (size_t)(text_end(words) - at)};
        length = at > words.data && patchmark_is_blank(at[-1]) &&
                         (patchmark_text_starts(rest, "NAK") || patchmark_text_starts(rest, "NACK"))
                     ? nak_bytes(rest)
                     : 0;
        if (length > 0)
            return is_lead(patchmark_text_between(words.data, at), apart) &&
                   is_refused(patchmark_text_skip(rest, length));
        rest = patchmark_text_skip(rest, 1);
    }
    return false;
}
