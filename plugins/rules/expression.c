/* SPDX-License-Identifier: BSD-2-Clause
 *
 * expression.c - see expression.h.
 *
 * Operators that wait for their right side, and open parentheses, lie on a stack of fixed size
 * (the shunting yard); terms and jumps are written down at once, and a jump gets its aim when its
 * operator comes off the stack.
 */
#define _GNU_SOURCE 1

#include "expression.h"

#include "term.h"
#include "token.h"

#include <stdlib.h>
#include <string.h>

/* Rising: what binds more strongly comes off the stack first. */
enum waiting_kind { WAITING_OPEN, WAITING_OR, WAITING_AND, WAITING_NOT };

struct waiting {
    enum waiting_kind kind;
    size_t at;     /* OPEN: of the parenthesis in the text */
    unsigned step; /* AND, OR: its jump */
};

struct parser {
    struct token_reader reader;
    struct expression_error *error;
    struct expression *expression;
    size_t depth;
    /* On each level at most an or, an and, a not and a parenthesis. */
    struct waiting stack[4 * (EXPRESSION_DEPTH + 1)];
    size_t stack_count;
};

/* ---- writing the program ------------------------------------------------------------------ */

static bool emit(struct parser *parser, const struct token *token, enum step_kind kind,
                 unsigned argument) {
    struct expression *expression = parser->expression;

    if (expression->step_count == EXPRESSION_STEPS)
        return expression_fail(
            parser->error, token->at,
            "the expression is too long here: it may have %d terms and operators",
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

/* Takes operators off that bind at least as strongly as KIND: their right side is complete. */
static bool finish(struct parser *parser, const struct token *token, enum waiting_kind kind) {
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
        return expression_fail(parser->error, token->at, "more than %d parentheses are open here",
                               EXPRESSION_DEPTH);
    parser->depth++;
    push(parser, WAITING_OPEN, token->at, 0);
    return true;
}

static bool close_parenthesis(struct parser *parser, const struct token *token) {
    if (!finish(parser, token, WAITING_OR))
        return false;
    if (!top(parser))
        return expression_fail(parser->error, token->at, "there is no ( for this )");
    parser->stack_count--;
    parser->depth--;
    return finish(parser, token, WAITING_NOT);
}

/* `not not` is nothing, so that any number of them takes no room. */
static void parse_not(struct parser *parser) {
    if (top(parser) && top(parser)->kind == WAITING_NOT)
        parser->stack_count--;
    else
        push(parser, WAITING_NOT, 0, 0);
}

static bool parse_operator(struct parser *parser, const struct token *token) {
    bool is_and = token_is(token, "and");
    enum waiting_kind kind = is_and ? WAITING_AND : WAITING_OR;

    if (!finish(parser, token, kind) ||
        !emit(parser, token, is_and ? STEP_JUMP_FALSE : STEP_JUMP_TRUE, 0))
        return false;
    push(parser, kind, token->at, (unsigned)parser->expression->step_count - 1);
    return true;
}

static bool parse_term(struct parser *parser, const struct token *token) {
    struct expression *expression = parser->expression;
    bool negated = false;

    if (!emit(parser, token, STEP_TERM, (unsigned)expression->term_count) ||
        !term_read(&parser->reader, token, expression, &negated, parser->error) ||
        (negated && !emit(parser, token, STEP_NOT, 0)))
        return false;
    return finish(parser, token, WAITING_NOT);
}

/* Where a term must come.  *COMPLETE: one did. */
static bool before_term(struct parser *parser, const struct token *token, bool *complete) {
    if (token->kind == TOKEN_OPEN)
        return open_parenthesis(parser, token);
    if (token_is(token, "not")) {
        parse_not(parser);
        return true;
    }
    if (token->kind == TOKEN_END)
        return expression_fail(parser->error, token->at, "a term must follow here");
    if (token->kind != TOKEN_WORD || token_is(token, "and") || token_is(token, "or"))
        return expression_fail(parser->error, token->at, "a term must stand here, not '%.*s'",
                               token_shown(token), token->whole.data);
    *complete = true;
    return parse_term(parser, token);
}

/* Where a term is complete.  *COMPLETE: it is no longer, another one must follow. */
static bool behind_term(struct parser *parser, const struct token *token, bool *complete) {
    if (token->kind == TOKEN_CLOSE)
        return close_parenthesis(parser, token);
    if (token_is(token, "and") || token_is(token, "or")) {
        *complete = false;
        return parse_operator(parser, token);
    }
    return expression_fail(parser->error, token->at,
                           "and, or, an operator or the end must follow here, not '%.*s'",
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
        if (!(complete ? behind_term : before_term)(parser, &token, &complete))
            return false;
    }
    if (!finish(parser, &token, WAITING_OR))
        return false;
    if (top(parser))
        return expression_fail(parser->error, top(parser)->at, "there is no ) for this (");
    return true;
}

/* ---- life --------------------------------------------------------------------------------- */

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

/* Gives back the room that a program of usual length does not need; strings stay, as terms point
 * into them. */
static void shrink(struct expression *expression) {
    void *terms = realloc(expression->terms, expression->term_count * sizeof(struct term));
    void *steps = realloc(expression->steps, expression->step_count * sizeof(struct step));

    if (terms)
        expression->terms = terms;
    if (steps)
        expression->steps = steps;
}

struct expression *expression_parse(struct patchmark_text text, struct expression_error *error) {
    struct parser parser = {.reader = {text, 0}, .error = error};

    parser.expression = expression_new(text.length);
    if (!parser.expression) {
        expression_fail(error, 0, "there is no memory left");
        return NULL;
    }
    if (!parse(&parser)) {
        expression_free(parser.expression);
        return NULL;
    }
    shrink(parser.expression);
    return parser.expression;
}
