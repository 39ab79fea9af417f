/* SPDX-License-Identifier: BSD-2-Clause
 *
 * token.h - cuts the text of a rule into words, values and signs.  Owns nothing.
 */
#ifndef RULES_TOKEN_H
#define RULES_TOKEN_H

#include "program.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,     /* also with dots: subject, and, kind.kind */
    TOKEN_NUMBER,   /* 12, -1 */
    TOKEN_TEXT,     /* "..." or '...' */
    TOKEN_REGEX,    /* /.../flags */
    TOKEN_OPERATOR, /* = != ~ !~ < <= > >= */
    TOKEN_OPEN,
    TOKEN_CLOSE,
};

struct token {
    enum token_kind kind;
    size_t at;                    /* of its first byte in the rule */
    struct patchmark_text whole;  /* as it stands there */
    struct patchmark_text inside; /* TEXT, REGEX: between quotes or slashes, escapes and all */
    unsigned regex_flags;
    enum term_operator operator;
    bool negated; /* != !~ */
    int64_t number;
};

struct token_reader {
    struct patchmark_text text;
    size_t at; /* of what was not read yet */
};

/* Reads the next token; blanks, line ends and comments are passed over.  False after filling in
 * ERROR. */
bool token_next(struct token_reader *reader, struct token *token, struct expression_error *error);
bool token_is(const struct token *token, const char *word);

/* How many of its bytes an error shows. */
int token_shown(const struct token *token);

/* Says in ERROR what is wrong at AT. */
bool expression_fail(struct expression_error *error, size_t at, const char *format, ...)
    PATCHMARK_PRINTF(3, 4);

#endif
