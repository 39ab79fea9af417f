/* SPDX-License-Identifier: BSD-2-Clause
 *
 * evaluate.c - see evaluate.h.
 *
 * Each step runs at most once, because jumps only go forward.  Work whose amount a sender decides
 * (fields, files, bytes) is charged to the budget.
 */
#include "evaluate.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The costs of other work than regular expressions, as measured, in the units of struct budget. */
#define TERM_COST 8
#define FACT_COST 64 /* one look-up by name */
#define GLOB_COST 32

struct question {
    const struct term *term;
    struct material *material;
    struct budget *budget;
};

/* ---- preparation -------------------------------------------------------------------------- */

bool evaluate_prepare(struct expression *expression, struct expression_error *error) {
    for (size_t i = 0; i < expression->term_count; i++) {
        struct term *term = &expression->terms[i];

        if (term->value != VALUE_REGEX)
            continue;
        term->regex = regex_compile((struct patchmark_text){term->text, term->length},
                                    term->regex_flags, error);
        if (!term->regex) {
            error->at += term->at;
            return false;
        }
    }
    return true;
}

bool evaluate_is_slow(const struct expression *expression) {
    for (size_t i = 0; i < expression->term_count; i++)
        if (expression->terms[i].regex && !regex_is_jit(expression->terms[i].regex))
            return true;
    return false;
}

void evaluate_free(struct expression *expression) {
    for (size_t i = 0; expression && i < expression->term_count; i++)
        regex_free(expression->terms[i].regex);
    expression_free(expression);
}

/* ---- one text ----------------------------------------------------------------------------- */

static enum verdict of_bool(bool truth) {
    return truth ? VERDICT_YES : VERDICT_NO;
}

/* Returns true if TEXT matches the pattern of TERM.  Addresses and List-Ids are compared in any
 * case, paths are case-sensitive. */
static bool matches_glob(const struct term *term, const char *text) {
    bool caseless = term->field != FIELD_PATH;

    if ((caseless ? strncasecmp : strncmp)(text, term->text, term->prefix) != 0)
        return false;
    return fnmatch(term->text, text, caseless ? FNM_CASEFOLD : 0) == 0;
}

/* Evaluates the term on TEXT, which is NUL-terminated if the term has a pattern. */
static enum verdict ask_bytes(const struct question *question, struct patchmark_text text) {
    const struct term *term = question->term;

    switch (term->value) {
    case VALUE_REGEX:
        switch (regex_match(term->regex, question->material->regexes, text, question->budget)) {
        case REGEX_LIMIT:
            return VERDICT_LIMIT;
        case REGEX_YES:
            return VERDICT_YES;
        case REGEX_NO:
            break;
        }
        return VERDICT_NO;
    case VALUE_GLOB:
        return budget_spend(question->budget, GLOB_COST) ? of_bool(matches_glob(term, text.data))
                                                         : VERDICT_LIMIT;
    case VALUE_TEXT:
        return of_bool(text.length == term->length &&
                       memcmp(text.data, term->text, text.length) == 0);
    default:
        return of_bool(text.length > 0);
    }
}

/* Evaluates the term on STRING.  NULL means that the mail has no such value. */
static enum verdict ask_string(const struct question *question, const char *string) {
    return string ? ask_bytes(question, patchmark_text_of(string)) : VERDICT_NO;
}

/* ---- several texts: true if the term is true of one of them ------------------------------- */

static enum verdict ask_paths(const struct question *question) {
    enum verdict verdict = VERDICT_NO;
    size_t count;
    const char *const *paths = material_paths(question->material, &count);

    for (size_t i = 0; i < count && verdict == VERDICT_NO; i++) {
        /* Nearly all paths differ from the pattern in the first bytes. */
        if (question->term->value == VALUE_GLOB &&
            strncmp(paths[i], question->term->text, question->term->prefix) != 0)
            verdict = budget_spend(question->budget, 1) ? VERDICT_NO : VERDICT_LIMIT;
        else
            verdict = ask_string(question, paths[i]);
    }
    return verdict;
}

static enum verdict ask_headers(const struct question *question) {
    const struct patchmark_message *message = question->material->message;
    enum verdict verdict = VERDICT_NO;
    const char *text;

    /* To find field i of a name, the core passes the i fields before it. */
    for (size_t i = 0; verdict == VERDICT_NO; i++) {
        if (!budget_spend(question->budget, FACT_COST + i))
            return VERDICT_LIMIT;
        text = patchmark_message_header(message, question->term->name, i);
        if (!text)
            return VERDICT_NO;
        verdict = question->term->value == VALUE_NONE ? VERDICT_YES : ask_string(question, text);
    }
    return verdict;
}

static enum verdict ask_list_fact(const struct question *question, size_t count) {
    const struct patchmark_facts *facts = question->material->facts;
    enum verdict verdict = VERDICT_NO;

    for (size_t i = 0; i < count && verdict == VERDICT_NO; i++)
        verdict = budget_spend(question->budget, FACT_COST)
                      ? ask_string(question, patchmark_fact_item(facts, question->term->name, i))
                      : VERDICT_LIMIT;
    return verdict;
}

/* ---- facts -------------------------------------------------------------------------------- */

static bool compare(enum term_operator operator, int64_t left, int64_t right) {
    switch (operator) {
    case OPERATOR_LESS:
        return left < right;
    case OPERATOR_AT_MOST:
        return left <= right;
    case OPERATOR_MORE:
        return left > right;
    case OPERATOR_AT_LEAST:
        return left >= right;
    default:
        return left == right;
    }
}

/* Returns true if the fact is set and an int, and fills *NUMBER: the two calls then return the same
 * value although their fallbacks differ. */
static bool is_number(const struct patchmark_facts *facts, const char *name, int64_t *number) {
    *number = patchmark_fact_int(facts, name, 0);
    return *number == patchmark_fact_int(facts, name, 1);
}

/* Returns true if the fact is true: a bool that is true, a string or list that is not empty, or an
 * int of any value. */
static bool is_true(const struct patchmark_facts *facts, const char *name) {
    const char *string = patchmark_fact_string(facts, name);
    int64_t number;

    if (string)
        return *string != '\0';
    return patchmark_fact_bool(facts, name) || patchmark_fact_count(facts, name) > 0 ||
           is_number(facts, name, &number);
}

/* Returns true if the fact is a bool with the value TRUTH. */
static bool is_bool(const struct patchmark_facts *facts, const char *name, bool truth) {
    return patchmark_fact_is_set(facts, name) &&
           (truth ? patchmark_fact_bool(facts, name) : !is_true(facts, name));
}

/* The type of a fact of a third-party plugin is known only here.  If it does not fit the operator,
 * the fact is treated as not set. */
static enum verdict ask_fact(const struct question *question) {
    const struct patchmark_facts *facts = question->material->facts;
    const struct term *term = question->term;
    int64_t number;

    if (!budget_spend(question->budget, FACT_COST))
        return VERDICT_LIMIT;
    switch (term->value) {
    case VALUE_NONE:
        return of_bool(is_true(facts, term->name));
    case VALUE_BOOL:
        return of_bool(is_bool(facts, term->name, term->number));
    case VALUE_NUMBER:
        return of_bool(is_number(facts, term->name, &number) &&
                       compare(term->operator, number, term->number));
    default:
        break;
    }
    if (patchmark_fact_count(facts, term->name) > 0)
        return ask_list_fact(question, patchmark_fact_count(facts, term->name));
    return ask_string(question, patchmark_fact_string(facts, term->name));
}

/* ---- the program -------------------------------------------------------------------------- */

static enum verdict ask(const struct question *question) {
    struct material *material = question->material;

    if (!budget_spend(question->budget, TERM_COST))
        return VERDICT_LIMIT;
    switch (question->term->field) {
    case FIELD_SUBJECT:
        return ask_string(question, patchmark_message_header(material->message, "Subject", 0));
    case FIELD_HEADER:
        return ask_headers(question);
    case FIELD_BODY:
        return ask_bytes(question, material_body(material));
    case FIELD_TEXT:
        return ask_bytes(question, material_text(material));
    case FIELD_PATH:
        return question->term->value == VALUE_NONE
                   ? of_bool(patchmark_fact_count(material->facts, "patch.files") > 0)
                   : ask_paths(question);
    case FIELD_SENDER:
        return ask_string(question, patchmark_message_sender(material->message));
    case FIELD_LIST:
        return ask_string(question, patchmark_message_list(material->message));
    case FIELD_FACT:
        break;
    }
    return ask_fact(question);
}

enum verdict evaluate(const struct expression *expression, struct material *material,
                      struct budget *budget) {
    enum verdict verdict = VERDICT_NO;

    for (size_t at = 0; at < expression->step_count; at++) {
        const struct step *step = &expression->steps[at];
        bool jump = (step->kind == STEP_JUMP_FALSE && verdict == VERDICT_NO) ||
                    (step->kind == STEP_JUMP_TRUE && verdict == VERDICT_YES);

        if (step->kind == STEP_TERM)
            verdict = ask(&(struct question){&expression->terms[step->argument], material, budget});
        else if (step->kind == STEP_NOT)
            verdict = of_bool(verdict == VERDICT_NO);
        else if (jump)
            at = step->argument - 1;
        if (verdict == VERDICT_LIMIT)
            return VERDICT_LIMIT;
    }
    return verdict;
}
