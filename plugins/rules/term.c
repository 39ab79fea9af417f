/* SPDX-License-Identifier: BSD-2-Clause
 *
 * term.c - see term.h.
 */
#include "term.h"

#include <stdio.h>
#include <string.h>

/* The comparisons that a field supports.  Every field can also be used without an operator. */
enum accepts {
    ACCEPTS_TEXT = 1,   /* = and != with a text */
    ACCEPTS_GLOB = 2,   /* = and != with a pattern */
    ACCEPTS_REGEX = 4,  /* ~ and !~ with a regular expression */
    ACCEPTS_NUMBER = 8, /* = != < <= > >= with a number */
    ACCEPTS_BOOL = 16,  /* = and != with true or false */
};

static const struct field {
    const char *name;
    enum term_field field;
    unsigned accepts;
} fields[] = {
    {"subject", FIELD_SUBJECT, ACCEPTS_TEXT | ACCEPTS_REGEX},
    {"header", FIELD_HEADER, ACCEPTS_TEXT | ACCEPTS_REGEX},
    {"body", FIELD_BODY, ACCEPTS_REGEX},
    {"text", FIELD_TEXT, ACCEPTS_REGEX},
    {"path", FIELD_PATH, ACCEPTS_GLOB | ACCEPTS_REGEX},
    {"sender", FIELD_SENDER, ACCEPTS_GLOB | ACCEPTS_REGEX},
    {"list", FIELD_LIST, ACCEPTS_GLOB | ACCEPTS_REGEX},
};

/* Returns the rest of a sentence whose subject is a field: the comparisons ACCEPTS that it
 * supports.
 */
static const char *explain(unsigned accepts) {
    switch (accepts) {
    case ACCEPTS_REGEX:
        return "supports ~ and !~ with /regex/";
    case ACCEPTS_TEXT | ACCEPTS_REGEX:
        return "supports = and != with \"text\", ~ and !~ with /regex/";
    case ACCEPTS_GLOB | ACCEPTS_REGEX:
        return "supports = and != with \"pattern\", ~ and !~ with /regex/";
    case ACCEPTS_NUMBER:
        return "is a number and supports = != < <= > >= with a number";
    case ACCEPTS_BOOL:
        return "is true or false and supports = and != with true or false";
    default:
        return "supports = and != with \"text\", ~ and !~ with /regex/, < <= > >= with a number";
    }
}

/* ---- strings ------------------------------------------------------------------------------ */

/* Copies TEXT, with a NUL, into the strings of EXPRESSION, and returns the copy. */
static const char *keep(struct expression *expression, struct patchmark_text text) {
    char *copy = expression->strings + expression->strings_length;

    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    expression->strings_length += text.length + 1;
    return copy;
}

/* As keep, but removes each backslash before a quote or a backslash; others stay. */
static const char *keep_text(struct expression *expression, struct patchmark_text inside,
                             size_t *length) {
    char *copy = expression->strings + expression->strings_length;

    *length = 0;
    for (size_t i = 0; i < inside.length; i++) {
        if (inside.data[i] == '\\' && i + 1 < inside.length && strchr("\"'\\", inside.data[i + 1]))
            i++;
        copy[(*length)++] = inside.data[i];
    }
    copy[*length] = '\0';
    expression->strings_length += *length + 1;
    return copy;
}

/* ---- names -------------------------------------------------------------------------------- */

/* Returns true if NAME is a field name by RFC 5322 3.6.8. */
static bool is_header_name(struct patchmark_text name) {
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == ':')
            return false;
    return name.length > 0;
}

static bool read_header_name(struct token_reader *reader, struct term *term,
                             struct expression *expression, struct expression_error *error) {
    struct token name;

    if (!token_next(reader, &name, error))
        return false;
    if (name.kind != TOKEN_TEXT)
        return expression_fail(error, name.at,
                               "header must be followed by the name of a field: header \"To\"");
    if (!is_header_name(name.inside))
        return expression_fail(error, name.at, "%.*s is not a valid name of a header field",
                               token_shown(&name), name.whole.data);
    term->name = keep(expression, name.inside);
    return true;
}

static unsigned accepts_of_type(enum patchmark_type type) {
    switch (type) {
    case PATCHMARK_BOOL:
        return ACCEPTS_BOOL;
    case PATCHMARK_INT:
    case PATCHMARK_DURATION:
        return ACCEPTS_NUMBER;
    case PATCHMARK_STRING:
    case PATCHMARK_LIST:
        return ACCEPTS_TEXT | ACCEPTS_REGEX;
    case PATCHMARK_NONE:
        break; /* the plugin is not loaded */
    }
    return ACCEPTS_BOOL | ACCEPTS_NUMBER | ACCEPTS_TEXT | ACCEPTS_REGEX;
}

/* Returns true if the plugin of NAME, which is "PLUGIN.key", provides facts.  Writes the keys of
 * these facts, separated by commas and NUL-terminated, to KEYS; keys that do not fit in its SIZE
 * bytes are cut off. */
static bool keys_list(const struct patchmark_instance *instance, const char *name, char *keys,
                      size_t size) {
    size_t plugin = strcspn(name, ".") + 1, length = 0;
    const char *fact;

    for (size_t i = 0; (fact = patchmark_fact_name(instance, i)); i++)
        if (strncmp(fact, name, plugin) == 0 && length < size)
            length += (size_t)snprintf(keys + length, size - length, "%s%s", length > 0 ? ", " : "",
                                       fact + plugin);
    return length > 0;
}

/* Reads the name of a fact, "PLUGIN.key".  Any fact of a plugin that is not loaded is valid. */
static bool read_fact(const struct patchmark_instance *instance, const struct token *token,
                      struct term *term, struct expression *expression, unsigned *accepts,
                      struct expression_error *error) {
    const char *name = keep(expression, token->whole);
    enum patchmark_type type = instance ? patchmark_fact_type(instance, name) : PATCHMARK_NONE;
    const char *dot = strchr(name, '.');
    char keys[300];

    if (dot == name || dot[1] == '\0')
        return expression_fail(error, token->at, "'%.*s' is not a valid name of a fact: PLUGIN.key",
                               token_shown(token), token->whole.data);
    if (strncmp(name, "rules.", 6) == 0)
        return expression_fail(error, token->at, "a rule cannot use the facts that rules set");
    if (instance && !type && keys_list(instance, name, keys, sizeof(keys)))
        return expression_fail(error, token->at, "unknown fact '%.*s': plugin %.*s provides %s",
                               token_shown(token), token->whole.data, (int)(dot - name), name,
                               keys);
    term->field = FIELD_FACT;
    term->name = name;
    *accepts = accepts_of_type(type);
    return true;
}

/* Reads what the term compares: a field or a fact.  Sets *ACCEPTS to the comparisons that it
 * supports. */
static bool read_field(const struct patchmark_instance *instance, struct token_reader *reader,
                       const struct token *name, struct term *term, struct expression *expression,
                       unsigned *accepts, struct expression_error *error) {
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (token_is(name, fields[i].name)) {
            term->field = fields[i].field;
            *accepts = fields[i].accepts;
            return term->field != FIELD_HEADER || read_header_name(reader, term, expression, error);
        }
    if (memchr(name->whole.data, '.', name->whole.length))
        return read_fact(instance, name, term, expression, accepts, error);
    return expression_fail(error, name->at,
                           "unknown term '%.*s': use subject, header \"NAME\", body, text, path, "
                           "sender, list or a fact such as kind.kind",
                           token_shown(name), name->whole.data);
}

/* ---- values ------------------------------------------------------------------------------- */

/* Reads VALUE into TERM.  Returns false if it is a word that is not true or false, or no value. */
static bool read_value(struct term *term, struct token *value, struct expression *expression) {
    term->at = value->at + 1;
    switch (value->kind) {
    case TOKEN_TEXT:
        term->value = VALUE_TEXT;
        term->text = keep_text(expression, value->inside, &term->length);
        return true;
    case TOKEN_REGEX:
        term->value = VALUE_REGEX;
        term->text = keep(expression, value->inside);
        term->length = value->inside.length;
        term->regex_flags = value->regex_flags;
        return true;
    case TOKEN_NUMBER:
        term->value = VALUE_NUMBER;
        term->number = value->number;
        return true;
    default:
        term->value = VALUE_BOOL;
        term->number = token_is(value, "true");
        return token_is(value, "true") || token_is(value, "false");
    }
}

/* Returns NULL if OPERATOR supports values of the kind VALUE, and GOOD is true; else an error text.
 * GOOD is what read_value returned. */
static const char *wrong_value(enum term_operator operator, bool good, enum term_value value) {
    switch (operator) {
    case OPERATOR_MATCH:
        return good && value == VALUE_REGEX ? NULL
                                            : "~ and !~ require a regular expression: /regex/";
    case OPERATOR_EQUAL:
        return good && value != VALUE_REGEX
                   ? NULL
                   : "= and != require a \"text\", a number, true or false; use ~ for /regex/";
    default:
        return good && value == VALUE_NUMBER ? NULL : "< <= > >= require a number";
    }
}

static bool is_accepted(unsigned accepts, enum term_value value) {
    switch (value) {
    case VALUE_TEXT:
    case VALUE_GLOB:
        return accepts & (ACCEPTS_TEXT | ACCEPTS_GLOB);
    case VALUE_REGEX:
        return accepts & ACCEPTS_REGEX;
    case VALUE_NUMBER:
        return accepts & ACCEPTS_NUMBER;
    case VALUE_BOOL:
        return accepts & ACCEPTS_BOOL;
    case VALUE_NONE:
        break;
    }
    return true;
}

/* Turns the text of TERM into a pattern.  The path of a folder, "drivers/net/", matches everything
 * below it, as in MAINTAINERS. */
static void make_glob(struct term *term, struct expression *expression) {
    term->value = VALUE_GLOB;
    if (term->field == FIELD_PATH && term->length > 0 && term->text[term->length - 1] == '/') {
        strcpy(expression->strings + expression->strings_length - 1, "*");
        expression->strings_length++;
        term->length++;
    }
    term->prefix = strcspn(term->text, "*?[\\");
}

bool term_read(const struct patchmark_instance *instance, struct token_reader *reader,
               const struct token *name, struct expression *expression, bool *negated,
               struct expression_error *error) {
    struct term *term = &expression->terms[expression->term_count];
    struct token_reader after;
    struct token sign, value;
    const char *wrong;
    unsigned accepts = 0;
    bool good;

    if (!read_field(instance, reader, name, term, expression, &accepts, error))
        return false;
    expression->term_count++;
    after = *reader;
    if (!token_next(&after, &sign, error))
        return false;
    if (sign.kind != TOKEN_OPERATOR)
        return true; /* the name alone; the parser checks what follows */
    if (!token_next(&after, &value, error))
        return false;
    good = read_value(term, &value, expression);
    wrong = wrong_value(sign.operator, good, term->value);
    if (wrong)
        return expression_fail(error, value.at, "%s", wrong);
    if (!is_accepted(accepts, term->value))
        return expression_fail(error, sign.at, "%.*s %s", token_shown(name), name->whole.data,
                               explain(accepts));
    if (accepts & ACCEPTS_GLOB && term->value == VALUE_TEXT)
        make_glob(term, expression);
    term->operator= sign.operator;
    *negated = sign.negated;
    *reader = after;
    return true;
}
