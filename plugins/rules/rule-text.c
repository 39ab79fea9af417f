/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule-text.c - see rule-text.h.
 */
#include "rule-text.h"

#include "token.h"

#include <string.h>

/* The bytes and the length that a word in Patchmark-Labels and Patchmark-Flags can have. */
#define WORD_BYTES                                         \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
    "0123456789._/+:-"
#define WORD_LENGTH 64

/* Returns the number of bytes at the start of TEXT that are in SET. */
static size_t span(struct patchmark_text text, const char *set) {
    size_t length = 0;

    while (length < text.length && patchmark_is_one_of(text.data[length], set))
        length++;
    return length;
}

static bool check_word(struct patchmark_text word, size_t at, struct expression_error *error) {
    if (word.length > 0 && word.length <= WORD_LENGTH)
        return true;
    return expression_fail(error, at, "expected a word of up to %d letters, digits and . _ / + : -",
                           WORD_LENGTH);
}

bool rule_text_item(struct patchmark_text item, struct rule_text *rule,
                    struct expression_error *error) {
    size_t start = span(item, " \t"),
           end = start + span(patchmark_text_skip(item, start), WORD_BYTES);

    /* A word may have colons; a colon at its end is the separator. */
    if (end > start && item.data[end - 1] == ':')
        end--;
    rule->word = (struct patchmark_text){item.data + start, end - start};
    if (!check_word(rule->word, start, error))
        return false;
    if (end == item.length || item.data[end] != ':')
        return expression_fail(
            error, end, "the word must be followed by a colon and a blank: \"WORD: EXPRESSION\"");
    rule->expression = patchmark_text_skip(item, end + 1);
    return true;
}

/* ---- a file ------------------------------------------------------------------------------- */

static size_t line_length(struct patchmark_text rest) {
    const char *end = rest.length > 0 ? memchr(rest.data, '\n', rest.length) : NULL;

    return end ? (size_t)(end - rest.data) + 1 : rest.length;
}

/* Returns true if LINE is blank, or a comment from its first byte on. */
static bool is_blank_or_comment(struct patchmark_text line) {
    return (line.length > 0 && line.data[0] == '#') || span(line, " \t\r\n") == line.length;
}

static bool is_indented(struct patchmark_text line) {
    return line.length > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

/* Returns the length in bytes of the rule at the start of REST: its first line and the indented
 * lines that continue it. */
static size_t rule_length(struct patchmark_text rest) {
    size_t length = line_length(rest), end = length;

    while (end < rest.length) {
        struct patchmark_text line = patchmark_text_skip(rest, end);

        line.length = line_length(line);
        if (!is_blank_or_comment(line) && !is_indented(line))
            break;
        end += line.length;
        if (!is_blank_or_comment(line))
            length = end;
    }
    return length;
}

/* Removes WORD and the blanks after it from the start of *REST.  Returns false if *REST does not
 * start with WORD as a whole word. */
static bool skip_word(struct patchmark_text *rest, const char *word) {
    size_t length = strlen(word), blanks;

    if (rest->length < length || memcmp(rest->data, word, length) != 0)
        return false;
    blanks = span(patchmark_text_skip(*rest, length), " \t\r\n");
    if (blanks == 0 && rest->length > length && strchr(WORD_BYTES, rest->data[length]))
        return false;
    *rest = patchmark_text_skip(*rest, length + blanks);
    return true;
}

static bool read_rule(struct patchmark_text file, struct patchmark_text rest,
                      struct rule_text *rule, struct expression_error *error) {
    rule->flag = skip_word(&rest, "flag");
    if (!rule->flag && !skip_word(&rest, "label"))
        return expression_fail(error, (size_t)(rest.data - file.data),
                               "a rule must start with label or flag, at the start of its line");
    rule->word = rest;
    rule->word.length = span(rest, WORD_BYTES);
    if (!check_word(rule->word, (size_t)(rest.data - file.data), error))
        return false;
    rest = patchmark_text_skip(rest, rule->word.length);
    rest = patchmark_text_skip(rest, span(rest, " \t\r\n"));
    if (!skip_word(&rest, "if"))
        return expression_fail(error, (size_t)(rest.data - file.data),
                               "the word must be followed by if");
    while (rest.length > 0 && strchr(" \t\r\n", rest.data[rest.length - 1]))
        rest.length--;
    rule->expression = rest;
    return true;
}

enum rule_text_result rule_text_next(struct patchmark_text file, size_t *at, struct rule_text *rule,
                                     struct expression_error *error) {
    struct patchmark_text rest = patchmark_text_skip(file, *at);

    while (rest.length > 0) {
        struct patchmark_text line = {rest.data, line_length(rest)};

        if (!is_blank_or_comment(line))
            break;
        rest = patchmark_text_skip(rest, line.length);
    }
    *at = file.length - rest.length;
    if (rest.length == 0)
        return RULE_TEXT_END;
    rest.length = rule_length(rest);
    *at += rest.length;
    return read_rule(file, rest, rule, error) ? RULE_TEXT_RULE : RULE_TEXT_WRONG;
}

void rule_text_place(struct patchmark_text file, size_t at, size_t *line, size_t *column) {
    *line = *column = 1;
    for (size_t i = 0; i < at && i < file.length; i++) {
        (*column)++;
        if (file.data[i] == '\n') {
            (*line)++;
            *column = 1;
        }
    }
}
