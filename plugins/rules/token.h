/* SPDX-License-Identifier: BSD-2-Clause
 *
 * token.h - splits the text of a rule into tokens.  Keeps no state and allocates no memory; texts
 * in tokens point into the text of the rule.
 */
#ifndef RULES_TOKEN_H
#define RULES_TOKEN_H

#include "program.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,     /* letters, digits, dots, hyphens and underscores: subject, and, kind.kind */
    TOKEN_NUMBER,   /* 12, -1 */
    TOKEN_TEXT,     /* "..." or '...' */
    TOKEN_REGEX,    /* /.../flags */
    TOKEN_OPERATOR, /* = != ~ !~ < <= > >= */
    TOKEN_OPEN,
    TOKEN_CLOSE,
};

struct token {
    enum token_kind kind;
    size_t at;                    /* the offset of its first byte in the rule */
    struct patchmark_text whole;  /* its text */
    struct patchmark_text inside; /* TEXT, REGEX: the text between the delimiters, with escapes */
    unsigned regex_flags;         /* REGEX: enum regex_flags, or-ed */
    enum term_operator operator;  /* OPERATOR */
    bool negated;                 /* OPERATOR: it is != or !~ */
    int64_t number;               /* NUMBER */
};

struct token_reader {
    struct patchmark_text text;
    size_t at; /* the offset of the first byte that was not read yet */
};

/* Reads the next token into TOKEN, after blanks, line ends and comments.  At the end of the text
 * the token is TOKEN_END.  Returns false and fills ERROR if the text is invalid there. */
bool token_next(struct token_reader *reader, struct token *token, struct expression_error *error);
/* Returns true if TOKEN is the word WORD, in this case. */
bool token_is(const struct token *token, const char *word);

/* Returns the number of bytes of TOKEN that an error message shows, at most 40. */
int token_shown(const struct token *token);

/* Fills ERROR with the offset AT and the text FORMAT, as in printf(3).  Returns false. */
bool expression_fail(struct expression_error *error, size_t at, const char *format, ...)
    PATCHMARK_PRINTF(3, 4);

#endif
