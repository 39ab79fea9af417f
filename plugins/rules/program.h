/* SPDX-License-Identifier: BSD-2-Clause
 *
 * program.h - the short program that the text of a rule is read into (expression.h).
 */
#ifndef RULES_PROGRAM_H
#define RULES_PROGRAM_H

#include "patchmark-plugin.h"

/* Parentheses in each other: people write three. */
#define EXPRESSION_DEPTH 64

/* Steps of a program: each term, each `not`, each `and` and `or` is one.  A person reads twenty;
 * programs that write rules from other files make some hundred. */
#define EXPRESSION_STEPS 1000

/* Where a text cannot be read, and why. */
struct expression_error {
    size_t at; /* bytes from its start */
    char text[400];
};

enum term_field {
    FIELD_SUBJECT = 1,
    FIELD_HEADER,
    FIELD_BODY,
    FIELD_TEXT,
    FIELD_PATH,
    FIELD_SENDER,
    FIELD_LIST,
    FIELD_FACT,
};

enum term_operator {
    OPERATOR_NONE, /* the name alone: it is there, and true */
    OPERATOR_EQUAL,
    OPERATOR_MATCH,
    OPERATOR_LESS,
    OPERATOR_AT_MOST,
    OPERATOR_MORE,
    OPERATOR_AT_LEAST,
};

enum term_value {
    VALUE_NONE,
    VALUE_TEXT,   /* as it stands */
    VALUE_GLOB,   /* as fnmatch(3) takes it, without flags */
    VALUE_REGEX,  /* PCRE2's */
    VALUE_NUMBER, /* in `number` */
    VALUE_BOOL,   /* in `number`, 0 or 1 */
};

enum regex_flags {
    REGEX_CASELESS = 1, /* i */
    REGEX_LINES = 2,    /* m: ^ and $ at each line */
    REGEX_DOTALL = 4,   /* s: . is also a line end */
    REGEX_EXTENDED = 8, /* x: blanks and comments */
};

struct regex; /* regex.h */

/* One question.  Strings belong to the expression. */
struct term {
    enum term_field field;
    enum term_operator operator;
    enum term_value value;
    const char *name; /* of a header or a fact; else NULL */
    const char *text; /* TEXT, GLOB, REGEX */
    size_t length;
    size_t prefix; /* GLOB: bytes at its start that stand for themselves */
    unsigned regex_flags;
    size_t at; /* of the value's first byte in the rule, behind quote or slash */
    int64_t number;
    struct regex *regex; /* filled in and freed by evaluate.c; NULL here */
};

/* A machine with one register, true or false.  A jump leaves it as it is, so that at the end of
 * `a and b` it holds b, or the false of a. */
enum step_kind {
    STEP_TERM, /* register = term [argument] */
    STEP_NOT,
    STEP_JUMP_FALSE, /* to step [argument] when the register is false */
    STEP_JUMP_TRUE,
};

struct step {
    enum step_kind kind;
    unsigned argument; /* a jump's is larger than its own place: every program ends */
};

struct expression {
    struct term *terms;
    size_t term_count;
    struct step *steps;
    size_t step_count;
    char *strings; /* of the terms, each with a NUL */
    size_t strings_length;
};

#endif
