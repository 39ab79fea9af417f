/* SPDX-License-Identifier: BSD-2-Clause
 *
 * expression.c - see expression.h.
 *
 * This is a shunting-yard parser.  Operators whose right operand is not complete, and open
 * parentheses, are on a stack of fixed size.  Terms and jumps are emitted at once; the target of a
 * jump is filled in when its operator is popped.
 */
#include "expression.h"

#include "term.h"
#include "token.h"

#include <stdlib.h>
#include <string.h>

/* In the order of precedence, lowest first. */
enum waiting_kind { WAITING_OPEN, WAITING_OR, WAITING_AND, WAITING_NOT };

struct waiting {
    enum waiting_kind kind;
    size_t at;     /* OPEN: the offset of the parenthesis in the text */
    unsigned step; /* AND, OR: the index of its jump */
};

struct parser {
    const struct patchmark_instance *instance;
    struct token_reader reader;
    struct expression_error *error;
    struct expression *expression;
    size_t depth;
    /* Each level of parentheses has at most one `or`, one `and`, one `not` and one parenthesis. */
    struct waiting stack[4 * (EXPRESSION_DEPTH + 1)];
    size_t stack_count;
};

/* ---- writing the program ------------------------------------------------------------------ */

/* Appends a step.  Returns false, with the error at TOKEN, if the program is full. */
static bool emit(struct parser *parser, const struct token *token, enum step_kind kind,
                 unsigned argument) {
    struct expression *expression = parser->expression;

    if (expression->step_count == EXPRESSION_STEPS)
        return expression_fail(
            parser->error, token->at,
            "the expression is too long: it can have up to %d terms and operators",
            EXPRESSION_STEPS);
    expression->steps[expression->step_count++] = (struct step){kind, argument};
    return true;
}

static void push(struct parser *parser, enum waiting_kind kind, size_t at, unsigned step) {
    parser->stack[parser->stack_count++] = (struct waiting){kind, at, step};
}

static const struct waiting *top(const struct parser *parser) {
    return parser->stack_count > 0 ? &parser->stack[parser->stack_count - 1] : NULL;
}

/* Pops the operators of at least the precedence of KIND: their right operand is complete. */
static bool pop_operators(struct parser *parser, const struct token *token,
                          enum waiting_kind kind) {
    const struct waiting *waiting;

    while ((waiting = top(parser)) && waiting->kind >= kind && waiting->kind != WAITING_OPEN) {
        parser->stack_count--;
        if (waiting->kind == WAITING_NOT) {
            if (!emit(parser, token, STEP_NOT, 0))
                return false;
        } else
            parser->expression->steps[waiting->step].argument =
                (unsigned)parser->expression->step_count;
    }
    return true;
}

/* ---- reading ------------------------------------------------------------------------------ */

static bool open_parenthesis(struct parser *parser, const struct token *token) {
    if (parser->depth == EXPRESSION_DEPTH)
        return expression_fail(parser->error, token->at, "parentheses are nested more than %d deep",
                               EXPRESSION_DEPTH);
    parser->depth++;
    push(parser, WAITING_OPEN, token->at, 0);
    return true;
}

static bool close_parenthesis(struct parser *parser, const struct token *token) {
    if (!pop_operators(parser, token, WAITING_OR))
        return false;
    if (!top(parser))
        return expression_fail(parser->error, token->at, "unmatched )");
    parser->stack_count--;
    parser->depth--;
    return pop_operators(parser, token, WAITING_NOT);
}

/* `not not` cancels out, so that any number of `not` takes one place of the stack. */
static void parse_not(struct parser *parser) {
    if (top(parser) && top(parser)->kind == WAITING_NOT)
        parser->stack_count--;
    else
        push(parser, WAITING_NOT, 0, 0);
}

static bool parse_operator(struct parser *parser, const struct token *token) {
    bool is_and = token_is(token, "and");
    enum waiting_kind kind = is_and ? WAITING_AND : WAITING_OR;

    if (!pop_operators(parser, token, kind) ||
        !emit(parser, token, is_and ? STEP_JUMP_FALSE : STEP_JUMP_TRUE, 0))
        return false;
    push(parser, kind, token->at, (unsigned)parser->expression->step_count - 1);
    return true;
}

static bool parse_term(struct parser *parser, const struct token *token) {
    struct expression *expression = parser->expression;
    bool negated = false;

    if (!emit(parser, token, STEP_TERM, (unsigned)expression->term_count) ||
        !term_read(parser->instance, &parser->reader, token, expression, &negated, parser->error) ||
        (negated && !emit(parser, token, STEP_NOT, 0)))
        return false;
    return pop_operators(parser, token, WAITING_NOT);
}

/* Parses TOKEN where a term is expected.  Sets *COMPLETE if it is a term. */
static bool parse_operand(struct parser *parser, const struct token *token, bool *complete) {
    if (token->kind == TOKEN_OPEN)
        return open_parenthesis(parser, token);
    if (token_is(token, "not")) {
        parse_not(parser);
        return true;
    }
    if (token->kind == TOKEN_END)
        return expression_fail(parser->error, token->at, "expected a term");
    if (token->kind != TOKEN_WORD || token_is(token, "and") || token_is(token, "or"))
        return expression_fail(parser->error, token->at, "expected a term, not '%.*s'",
                               token_shown(token), token->whole.data);
    *complete = true;
    return parse_term(parser, token);
}

/* Parses TOKEN after a complete term.  Resets *COMPLETE if another term must follow. */
static bool parse_after_operand(struct parser *parser, const struct token *token, bool *complete) {
    if (token->kind == TOKEN_CLOSE)
        return close_parenthesis(parser, token);
    if (token_is(token, "and") || token_is(token, "or")) {
        *complete = false;
        return parse_operator(parser, token);
    }
    return expression_fail(parser->error, token->at,
                           "expected and, or, an operator or the end of the rule, not '%.*s'",
                           token_shown(token), token->whole.data);
}

static bool parse(struct parser *parser) {
    struct token token;
    bool complete = false;

    for (;;) {
        if (!token_next(&parser->reader, &token, parser->error))
            return false;
        if (complete && token.kind == TOKEN_END)
            break;
        if (!(complete ? parse_after_operand : parse_operand)(parser, &token, &complete))
            return false;
    }
    if (!pop_operators(parser, &token, WAITING_OR))
        return false;
    if (top(parser))
        return expression_fail(parser->error, top(parser)->at, "unmatched (");
    return true;
}

/* ---- allocation --------------------------------------------------------------------------- */

void expression_free(struct expression *expression) {
    if (!expression)
        return;
    free(expression->terms);
    free(expression->steps);
    free(expression->strings);
    free(expression);
}

static struct expression *expression_new(size_t length) {
    struct expression *expression = calloc(1, sizeof(*expression));

    if (!expression)
        return NULL;
    expression->terms = calloc(EXPRESSION_STEPS, sizeof(*expression->terms));
    expression->steps = calloc(EXPRESSION_STEPS, sizeof(*expression->steps));
    expression->strings = malloc(TERM_STRINGS(length));
    if (!expression->terms || !expression->steps || !expression->strings) {
        expression_free(expression);
        return NULL;
    }
    return expression;
}

/* Frees the memory that a program of usual length does not need.  The strings are not moved,
 * because terms point to them. */
static void shrink(struct expression *expression) {
    void *terms = realloc(expression->terms, expression->term_count * sizeof(struct term));
    void *steps = realloc(expression->steps, expression->step_count * sizeof(struct step));

    if (terms)
        expression->terms = terms;
    if (steps)
        expression->steps = steps;
}

struct expression *expression_parse(const struct patchmark_instance *instance,
                                    struct patchmark_text text, struct expression_error *error) {
    struct parser parser = {.instance = instance, .reader = {text, 0}, .error = error};

    parser.expression = expression_new(text.length);
    if (!parser.expression) {
        expression_fail(error, 0, "out of memory");
        return NULL;
    }
    if (!parse(&parser)) {
        expression_free(parser.expression);
        return NULL;
    }
    shrink(parser.expression);
    return parser.expression;
}
