/* SPDX-License-Identifier: BSD-2-Clause
 *
 * program.h - the program of a rule: expression.c writes it, evaluate.c runs it.
 */
#ifndef RULES_PROGRAM_H
#define RULES_PROGRAM_H

#include "patchmark-plugin.h"

/* The maximum depth of nested parentheses.  People use about three. */
#define EXPRESSION_DEPTH 64

/* The maximum number of steps of a program; each term, `not`, `and` and `or` is one step.  People
 * write up to twenty; programs that generate rules from other files write a few hundred. */
#define EXPRESSION_STEPS 1000

/* An error in the text of a rule. */
struct expression_error {
    size_t at;      /* its offset in bytes from the start of the text */
    char text[400]; /* one line for people, NUL-terminated */
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
    OPERATOR_NONE, /* the name alone: the value is present and not false */
    OPERATOR_EQUAL,
    OPERATOR_MATCH,
    OPERATOR_LESS,
    OPERATOR_AT_MOST,
    OPERATOR_MORE,
    OPERATOR_AT_LEAST,
};

enum term_value {
    VALUE_NONE,
    VALUE_TEXT,   /* a string to compare with */
    VALUE_GLOB,   /* a pattern of fnmatch(3) without flags */
    VALUE_REGEX,  /* a regular expression of PCRE2 */
    VALUE_NUMBER, /* a number, in the field `number` */
    VALUE_BOOL,   /* 0 or 1, in the field `number` */
};

enum regex_flags {
    REGEX_CASELESS = 1, /* i: case-insensitive */
    REGEX_LINES = 2,    /* m: ^ and $ match at each line */
    REGEX_DOTALL = 4,   /* s: a dot also matches a line end */
    REGEX_EXTENDED = 8, /* x: blanks and comments are ignored */
};

struct regex; /* regex.h */

/* One term: what it reads of the mail, and with what that is compared.  Strings belong to the
 * expression and are NUL-terminated. */
struct term {
    enum term_field field;
    enum term_operator operator;
    enum term_value value;
    const char *name; /* of a header field or a fact; NULL for other fields */
    const char *text; /* for VALUE_TEXT, VALUE_GLOB and VALUE_REGEX */
    size_t length;    /* of `text`, in bytes */
    size_t prefix;    /* VALUE_GLOB: the number of bytes before its first wildcard or backslash */
    unsigned regex_flags;
    size_t at; /* the offset in the rule of the value's first byte after the quote or slash */
    int64_t number;
    struct regex *regex; /* compiled and freed by evaluate.c; NULL before */
};

/* The program runs on a machine with one register, which is true or false.  A jump does not change
 * the register: after `a and b` it has the value of b, or false because a was false. */
enum step_kind {
    STEP_TERM,       /* sets the register to the value of terms[argument] */
    STEP_NOT,        /* inverts the register */
    STEP_JUMP_FALSE, /* goes to steps[argument] if the register is false */
    STEP_JUMP_TRUE,  /* goes to steps[argument] if the register is true */
};

struct step {
    enum step_kind kind;
    unsigned argument; /* that of a jump is larger than its own index, so that programs end */
};

struct expression {
    struct term *terms;
    size_t term_count;
    struct step *steps;
    size_t step_count;
    char *strings; /* the strings of the terms, each NUL-terminated */
    size_t strings_length;
};

#endif
