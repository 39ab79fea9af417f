/* SPDX-License-Identifier: BSD-2-Clause
 *
 * range.c - determines the patches for which a tag is given: see range.h.
 *
 * The text is split into tokens: words, numbers and marks.  A phrase may start at each token.
 * "Thanks for the series" and "I have not read the whole series" must not count, so a phrase is
 * ignored after words such as "thanks" and "not" in the same clause.
 */
#include "range.h"

#include <stdio.h>

#define TOKENS_MAX   (RANGE_TEXT + 2)
#define PATCH_DIGITS 4
#define ITEMS_MAX    20

enum token_kind { END, WORD, NUMBER, MARK, LINE, CLAUSE };

struct token {
    enum token_kind
        kind; /* LINE: the end of a line; CLAUSE: a mark or empty line that ends a clause
               */
    struct patchmark_text text;
};

/* ---- tokens ------------------------------------------------------------------------------- */

static size_t run_length(struct patchmark_text text) {
    size_t length = 0;
    while (length < text.length &&
           (patchmark_is_letter(text.data[length]) || patchmark_is_digit(text.data[length]) ||
            text.data[length] == '\''))
        length++;
    return length;
}

static bool is_number(struct patchmark_text text) {
    if (text.length == 0 || text.length > PATCH_DIGITS)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!patchmark_is_digit(text.data[i]))
            return false;
    return true;
}

/* Returns the token at the start of TEXT, which is not empty and does not start with a blank. */
static struct token read_token(struct patchmark_text text) {
    size_t length = run_length(text);
    struct token token = {WORD, {text.data, length}};
    if (is_number(token.text))
        token.kind = NUMBER;
    if (length > 0)
        return token;
    token.text.length = 1;
    if (text.data[0] == '\n') {
        token.kind = LINE;
    } else if (patchmark_text_case_starts(text, "\u2013")) {
        token.kind = MARK;
        token.text = patchmark_text_of("-");
    } else {
        token.kind = strchr(".,;:!?()[]>#", text.data[0]) != NULL ? CLAUSE : MARK;
    }
    return token;
}

/* Splits TEXT into tokens, with an END after the last, and returns their number. */
static size_t read_tokens(struct patchmark_text text, struct token tokens[TOKENS_MAX + 1]) {
    size_t count = 0;
    while (text.length > 0 && count < TOKENS_MAX) {
        if (patchmark_is_blank(text.data[0]) || text.data[0] == '\r') {
            text = patchmark_text_skip(text, 1);
            continue;
        }
        struct token token = read_token(text);
        size_t length = token.text.data == text.data ? token.text.length : strlen("\u2013");
        if (token.kind == LINE && count > 0 && tokens[count - 1].kind == LINE)
            token.kind = CLAUSE;
        tokens[count++] = token;
        text = patchmark_text_skip(text, length);
    }
    tokens[count] = (struct token){END, {"", 0}};
    return count;
}

static bool is_word(const struct token *token, const char *word) {
    return token->kind == WORD && patchmark_text_case_equals(token->text, word);
}

static bool is_any(const struct token *token, const char *const *words) {
    return token->kind == WORD && patchmark_text_case_is_any(token->text, words);
}

static bool is_mark(const struct token *token, char mark) {
    return (token->kind == MARK || token->kind == CLAUSE) && token->text.data[0] == mark;
}

static const struct token *skip_lines(const struct token *token) {
    while (token->kind == LINE)
        token++;
    return token;
}

/* ---- the whole series ---------------------------------------------------------------------- */

static const char *const wholes[] = {"whole", "entire", "full", "complete", "all", "both", NULL};
static const char *const series[] = {"series", "patchset", "patchseries", "set", NULL};
static const char *const fillers[] = {"the", "this", "your", "of", "these", "those", NULL};

/* Returns true for "for the series", "the whole series", "all patches".  STARTS is true if a clause
 * starts at TOKEN. */
static bool is_whole(const struct token *token, bool starts) {
    bool directed = is_word(token, "for"), is_said = false, is_every = false;
    if (starts && (is_word(token, "series") || is_word(token, "patchset")))
        return skip_lines(token + 1)->kind != WORD;
    token = skip_lines(token + directed);
    for (size_t i = 0; i < 6; i++, token = skip_lines(token + 1)) {
        if (is_any(token, wholes)) {
            is_said = true;
            is_every = is_every || is_word(token, "all") || is_word(token, "both");
        } else if (!is_any(token, fillers) && token->kind != NUMBER) {
            break;
        }
    }
    if (is_word(token, "patch") && token[1].kind == WORD)
        token++;
    if (is_word(token, "patches"))
        return is_every;
    return (directed || is_said) && is_any(token, series);
}

/* ---- numbers ------------------------------------------------------------------------------- */

static long value_of(const struct token *token) {
    long value = 0;
    for (size_t i = 0; i < token->text.length; i++)
        value = 10 * value + (token->text.data[i] - '0');
    return value;
}

/* Reads "3", "#3", "3/7" or "[3/7]" at *AT and moves *AT past it.  Returns the number; 0 if there
 * is none. */
static long read_patch(const struct token **at) {
    const struct token *token = skip_lines(*at);
    while (is_mark(token, '#') || is_mark(token, '['))
        token++;
    if (token->kind != NUMBER)
        return 0;
    long value = value_of(token++);
    if (is_mark(token, '/') && token[1].kind == NUMBER)
        token += 2;
    if (is_mark(token, ']'))
        token++;
    if (is_mark(token, '/') && token[1].kind == NUMBER)
        token += 2;
    *at = token;
    return value;
}

/* Reads "-", "to", "through" or "..", after the first number of a range, and moves *AT past it. */
static bool read_dash(const struct token **at) {
    static const char *const words[] = {"to", "through", "thru", "till", "until", NULL};
    const struct token *token = skip_lines(*at);
    if (is_mark(token, '.') && is_mark(token + 1, '.'))
        *at = token + 2 + is_mark(token + 2, '.');
    else if (is_mark(token, '-') || is_any(token, words))
        *at = token + 1;
    else
        return false;
    return true;
}

static bool read_comma(const struct token **at) {
    const struct token *token = skip_lines(*at);
    bool found = is_mark(token, ',');
    token = skip_lines(token + found);
    bool joined = is_word(token, "and") || is_mark(token, '&') || is_mark(token, '+');
    *at = token + joined;
    return found || joined;
}

/* Reads the numbers and ranges after "patches", writes them to RANGE and moves *AT past them. */
static bool read_list(const struct token **at, char range[RANGE_BYTES]) {
    size_t length = 0;
    range[0] = '\0';
    for (size_t i = 0; i < ITEMS_MAX; i++) {
        const struct token *next = *at;
        if (i > 0 && !read_comma(&next))
            break;
        long first = read_patch(&next), last = first;
        if (first == 0)
            break;
        *at = next;
        if (read_dash(&next) && (last = read_patch(&next)) > first)
            *at = next;
        else
            last = first;
        size_t room = RANGE_BYTES - length;
        int more = last > first
                       ? snprintf(range + length, room, "%s%ld-%ld", i > 0 ? "," : "", first, last)
                       : snprintf(range + length, room, "%s%ld", i > 0 ? "," : "", first);
        if ((size_t)more >= room) {
            range[length] = '\0';
            break;
        }
        length += (size_t)more;
    }
    return length > 0;
}

/* Reads "for patches 1-3" or "for patch 2", and at the start of a clause also "patches 1 and 2:".
 */
static bool read_numbers(const struct token *token, bool starts, char range[RANGE_BYTES]) {
    static const char *const verbs[] = {"for", "reviewed", "tested", "acked", NULL};
    static const char *const patches[] = {"patches", "patchs", NULL};
    bool directed = is_any(token, verbs);
    if (directed)
        token = skip_lines(token + 1);
    while (directed && is_any(token, fillers))
        token = skip_lines(token + 1);
    bool many = is_any(token, patches);
    if (!many && !(directed && is_word(token, "patch")))
        return false;
    token++;
    if (!read_list(&token, range))
        return false;
    return directed || (starts && (is_mark(token, ':') || token->kind == END ||
                                   token->kind == LINE || is_mark(token, ')')));
}

/* Returns true if RANGE has a number of three digits or more, as sizes have. */
static bool is_large(const char *range) {
    size_t digits;
    for (; *range != '\0'; range += digits + (range[digits] != '\0'))
        if ((digits = strcspn(range, "-,")) > 2)
            return true;
    return false;
}

/* Reads "for 1-3:", "for 2/3:" or "for 1 and 2" at the end of the text, where a clause starts.
 * Other words make it something else, "for 2-3 days", and a number alone may be anything. */
static bool read_bare(const struct token *token, char range[RANGE_BYTES]) {
    if (!is_word(token, "for") || token[1].kind == LINE || token[1].kind == END)
        return false;
    bool is_marked = is_mark(token + 1, '#') || is_mark(token + 1, '[') || is_mark(token + 2, '/');
    token++;
    if (!read_list(&token, range) || is_large(range) ||
        (strpbrk(range, "-,") == NULL && !is_marked))
        return false;
    if (is_mark(token, ':'))
        return token[1].kind == LINE || token[1].kind == CLAUSE || token[1].kind == END;
    return is_mark(token, '(') || skip_lines(token)->kind == END;
}

/* ---- praise --------------------------------------------------------------------------------- */

/* Returns true if the sentence at TOKEN limits what stands before it. */
static bool is_limited(const struct token *token) {
    static const char *const words[] = {"except", "but",       "apart",   "if",
                                        "once",   "when",      "minus",   "without",
                                        "until",  "otherwise", "however", NULL};
    for (; token->kind != END && (token->kind != CLAUSE || is_mark(token, ',')); token++)
        if (is_any(token, words))
            return true;
    return false;
}

/* Returns true for "the series looks good" and "series LGTM", where a clause starts. */
static bool is_praised(const struct token *token) {
    static const char *const looks[] = {"looks", "is", "seems", NULL};
    static const char *const more[] = {"all", "very", "really", "pretty", "quite", NULL};
    static const char *const good[] = {"good", "fine", "ok",         "okay", "great",
                                       "nice", "sane", "reasonable", NULL};
    while (is_any(token, fillers) || is_any(token, wholes))
        token = skip_lines(token + 1);
    if (is_word(token, "patch"))
        token = skip_lines(token + 1);
    if (!is_any(token, series))
        return false;
    token = skip_lines(token + 1);
    if (is_word(token, "lgtm"))
        return !is_limited(token + 1);
    if (!is_any(token, looks))
        return false;
    token = skip_lines(token + 1);
    while (is_any(token, more))
        token = skip_lines(token + 1);
    return is_any(token, good) && !is_limited(token + 1);
}

/* ---- phrases -------------------------------------------------------------------------------- */

/* Returns true for a word after which the rest of the clause does not state a range. */
static bool is_stopper(const struct token *token) {
    static const char *const words[] = {"thanks", "thank",   "thx",     "not",
                                        "never",  "no",      "without", "except",
                                        "wait",   "waiting", "letter",  "changelog",
                                        "cannot", "apart",   "respin",  NULL};
    return is_any(token, words) ||
           (token->kind == WORD && patchmark_text_case_ends(token->text, "n't"));
}

bool range_read(struct patchmark_text text, char range[RANGE_BYTES]) {
    struct token tokens[TOKENS_MAX + 1];
    char found[RANGE_BYTES];
    bool is_found = false, is_stopped = false, starts = true;
    if (text.length > RANGE_TEXT)
        text = patchmark_text_skip(text, text.length - RANGE_TEXT);
    size_t count = read_tokens(text, tokens);
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].kind == CLAUSE) {
            is_stopped = false;
        } else if (is_stopper(&tokens[i])) {
            is_stopped = true;
        } else if (!is_stopped && read_numbers(&tokens[i], starts, found)) {
            memcpy(range, found, RANGE_BYTES);
            is_found = is_stopped = true;
        } else if (!is_stopped && starts && read_bare(&tokens[i], found)) {
            memcpy(range, found, RANGE_BYTES);
            is_found = is_stopped = true;
        } else if (!is_stopped &&
                   (is_whole(&tokens[i], starts) || (starts && is_praised(&tokens[i])))) {
            strcpy(range, "all");
            is_found = is_stopped = true;
        }
        starts = tokens[i].kind == CLAUSE || (starts && tokens[i].kind == LINE);
    }
    return is_found;
}

/* Returns true if RANGE contains MORE between commas. */
static bool range_has(const char *range, const char *more) {
    size_t length = strlen(more);
    for (const char *at = strstr(range, more); at != NULL; at = strstr(at + 1, more))
        if ((at == range || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

void range_join(char range[RANGE_BYTES], const char *more) {
    size_t length = strlen(range), added = strlen(more);
    if (strcmp(range, "all") == 0 || range_has(range, more))
        return;
    if (length == 0 || strcmp(more, "all") == 0) {
        memmove(range, more, added + 1);
    } else if (length + 1 + added < RANGE_BYTES) {
        range[length] = ',';
        memcpy(range + length + 1, more, added + 1);
    }
}
