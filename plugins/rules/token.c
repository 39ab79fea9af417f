/* SPDX-License-Identifier: BSD-2-Clause
 *
 * token.c - see token.h.
 */
#include "token.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool expression_fail(struct expression_error *error, size_t at, const char *format, ...) {
    va_list arguments;

    error->at = at;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return false;
}

bool token_is(const struct token *token, const char *word) {
    return token->kind == TOKEN_WORD && patchmark_text_equals(token->whole, word);
}

int token_shown(const struct token *token) {
    return token->whole.length < 40 ? (int)token->whole.length : 40;
}

/* ---- bytes -------------------------------------------------------------------------------- */

static bool is_one_of(char c, const char *set) {
    return c != '\0' && strchr(set, c);
}

static bool is_word(char c) {
    return patchmark_is_letter(c) || patchmark_is_digit(c) || is_one_of(c, "._-");
}

/* Returns the byte at the offset AHEAD from the position of READER; NUL at the end. */
static char peek(const struct token_reader *reader, size_t ahead) {
    size_t at = reader->at + ahead;

    return at < reader->text.length ? reader->text.data[at] : '\0';
}

static void skip_blanks(struct token_reader *reader) {
    while (reader->at < reader->text.length) {
        if (peek(reader, 0) == '#') {
            while (reader->at < reader->text.length && peek(reader, 0) != '\n')
                reader->at++;
        } else if (is_one_of(peek(reader, 0), " \t\r\n"))
            reader->at++;
        else
            return;
    }
}

/* ---- values ------------------------------------------------------------------------------- */

/* Reads up to the next byte CLOSE without a backslash before it.  A value must end on its line, so
 * that the error of a forgotten quote has the right position. */
static bool read_between(struct token_reader *reader, struct token *token, char close,
                         struct expression_error *error) {
    size_t end = ++reader->at;

    for (; end < reader->text.length; end++) {
        char c = reader->text.data[end];

        if (c == close) {
            token->inside =
                (struct patchmark_text){reader->text.data + reader->at, end - reader->at};
            reader->at = end + 1;
            return true;
        }
        if (c == '\n' || c == '\0')
            break;
        if (c == '\\' && end + 1 < reader->text.length && reader->text.data[end + 1] != '\n')
            end++;
    }
    return expression_fail(error, token->at, "missing %c at the end of this %s", close,
                           close == '/' ? "regular expression" : "text");
}

static bool read_regex(struct token_reader *reader, struct token *token,
                       struct expression_error *error) {
    static const struct {
        char letter;
        enum regex_flags flag;
    } flags[] = {
        {'i', REGEX_CASELESS}, {'m', REGEX_LINES}, {'s', REGEX_DOTALL}, {'x', REGEX_EXTENDED}};

    token->kind = TOKEN_REGEX;
    if (!read_between(reader, token, '/', error))
        return false;
    if (token->inside.length == 0)
        return expression_fail(error, token->at, "empty regular expression");
    for (; is_word(peek(reader, 0)); reader->at++) {
        unsigned flag = 0;

        for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
            if (flags[i].letter == peek(reader, 0))
                flag = flags[i].flag;
        if (!flag)
            return expression_fail(error, reader->at,
                                   "unknown flag '%c' of a regular expression: use i, m, s and x",
                                   peek(reader, 0));
        token->regex_flags |= flag;
    }
    return true;
}

/* Reads a word, or a number: a word of digits only, perhaps with a sign. */
static bool read_word(struct token_reader *reader, struct token *token,
                      struct expression_error *error) {
    const char *text = reader->text.data + reader->at;
    size_t length = 0, sign = text[0] == '-';
    bool number = true;

    for (; is_word(peek(reader, length)); length++)
        number = number && (patchmark_is_digit(text[length]) || (length == 0 && sign));
    reader->at += length;
    token->kind = TOKEN_WORD;
    if (!number || length == sign)
        return true;
    token->kind = TOKEN_NUMBER;
    for (size_t i = sign; i < length; i++)
        if (__builtin_mul_overflow(token->number, 10, &token->number) ||
            __builtin_add_overflow(token->number, text[i] - '0', &token->number))
            return expression_fail(error, token->at, "the number is too large");
    if (sign)
        token->number = -token->number;
    return true;
}

/* ---- signs -------------------------------------------------------------------------------- */

static bool read_sign(struct token_reader *reader, struct token *token,
                      struct expression_error *error) {
    static const struct {
        const char *sign;
        enum token_kind kind;
        enum term_operator operator;
        bool negated;
    } signs[] = {
        /* longer ones first, because the first match is taken */
        {"!=", TOKEN_OPERATOR, OPERATOR_EQUAL, true},
        {"!~", TOKEN_OPERATOR, OPERATOR_MATCH, true},
        {"<=", TOKEN_OPERATOR, OPERATOR_AT_MOST, false},
        {">=", TOKEN_OPERATOR, OPERATOR_AT_LEAST, false},
        {"=", TOKEN_OPERATOR, OPERATOR_EQUAL, false},
        {"~", TOKEN_OPERATOR, OPERATOR_MATCH, false},
        {"<", TOKEN_OPERATOR, OPERATOR_LESS, false},
        {">", TOKEN_OPERATOR, OPERATOR_MORE, false},
        {"(", TOKEN_OPEN, OPERATOR_NONE, false},
        {")", TOKEN_CLOSE, OPERATOR_NONE, false},
    };
    unsigned char c = (unsigned char)peek(reader, 0);

    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
        size_t length = strlen(signs[i].sign);

        if (peek(reader, 0) != signs[i].sign[0] ||
            (length == 2 && peek(reader, 1) != signs[i].sign[1]))
            continue;
        token->kind = signs[i].kind;
        token->operator= signs[i].operator;
        token->negated = signs[i].negated;
        reader->at += length;
        return true;
    }
    if (c == '!')
        return expression_fail(error, token->at, "'!' is valid only in != and !~; use not");
    if (c == '&' || c == '|')
        return expression_fail(error, token->at, "unexpected '%c'; use %s", c,
                               c == '&' ? "and" : "or");
    if (c > ' ' && c < 0x7f)
        return expression_fail(error, token->at, "unexpected '%c'", c);
    return expression_fail(error, token->at, "unexpected byte 0x%02x", c);
}

bool token_next(struct token_reader *reader, struct token *token, struct expression_error *error) {
    bool good = true;
    char c;

    skip_blanks(reader);
    c = peek(reader, 0);
    *token = (struct token){.at = reader->at};
    if (reader->at == reader->text.length)
        token->kind = TOKEN_END;
    else if (is_word(c))
        good = read_word(reader, token, error);
    else if (c == '"' || c == '\'') {
        token->kind = TOKEN_TEXT;
        good = read_between(reader, token, c, error);
    } else if (c == '/')
        good = read_regex(reader, token, error);
    else
        good = read_sign(reader, token, error);
    token->whole = (struct patchmark_text){reader->text.data + token->at, reader->at - token->at};
    return good;
}
