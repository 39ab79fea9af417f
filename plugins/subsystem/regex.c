/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.c - see regex.h.
 *
 * The text of a mail is hostile and the expressions are honest, but may be slow: PCRE2 gets a limit
 * of steps for each place where a match may begin.  Most expressions are not tried at all, as the
 * literals in them are looked for beforehand.  Owns the compiled expressions.  What can fail is
 * memory; without JIT (a hardened system may forbid it) all is the same but slower.
 */
#define _GNU_SOURCE           1
#define PCRE2_CODE_UNIT_WIDTH 8

#include "regex.h"

#include "needles.h"
#include "text.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <stdlib.h>

struct regex {
    pcre2_code *code;
    struct patchmark_text source;
    size_t line;
    uint32_t section;
    bool has_literals;
    atomic_uint_fast64_t failures;
};

struct regexes {
    const struct patchmark_instance *instance;
    const char *path;
    char letter;
    pcre2_compile_context *compile;
    pcre2_match_context *match;
    struct needles *needles;
    struct regex *items;
    size_t count, room;
};

/* Of a match, or why there is none. */
struct span {
    size_t start, end;
    int error;
};

struct regex_search {
    struct regexes *regexes;
    pcre2_match_data *data;
    struct patchmark_text text;
    bool *wanted; /* by its literals it may match this text */
    bool *dead;   /* it met its limit */
};

/* ---- compiling ---------------------------------------------------------------------------- */

static bool contexts_new(struct regexes *regexes) {
    regexes->compile = pcre2_compile_context_create(NULL);
    regexes->match = pcre2_match_context_create(NULL);
    if (!regexes->compile || !regexes->match)
        return false;
    pcre2_set_newline(regexes->compile, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(regexes->compile, BOUND_PARENTHESES);
    pcre2_set_max_pattern_length(regexes->compile, BOUND_PATTERN_BYTES);
    pcre2_set_match_limit(regexes->match, BOUND_MATCH_STEPS);
    pcre2_set_depth_limit(regexes->match, BOUND_MATCH_DEPTH);
    pcre2_set_heap_limit(regexes->match, BOUND_MATCH_KIB);
    return true;
}

struct regexes *regexes_new(const struct patchmark_instance *instance, const char *path,
                            char letter) {
    struct regexes *regexes = calloc(1, sizeof(*regexes));
    if (!regexes)
        return NULL;
    regexes->instance = instance;
    regexes->path = path;
    regexes->letter = letter;
    regexes->needles = needles_new();
    if (!regexes->needles || !contexts_new(regexes)) {
        regexes_free(regexes);
        return NULL;
    }
    return regexes;
}

static void report_failures(const struct regexes *regexes) {
    for (size_t i = 0; i < regexes->count; i++) {
        unsigned long long failures = atomic_load(&regexes->items[i].failures);
        if (failures > 1)
            patchmark_log(regexes->instance, PATCHMARK_INFO,
                          "%s:%zu: %c: '%.*s' met its limit in %llu mails", regexes->path,
                          regexes->items[i].line, regexes->letter,
                          (int)regexes->items[i].source.length, regexes->items[i].source.data,
                          failures);
    }
}

void regexes_free(struct regexes *regexes) {
    if (!regexes)
        return;
    report_failures(regexes);
    for (size_t i = 0; i < regexes->count; i++)
        pcre2_code_free(regexes->items[i].code);
    free(regexes->items);
    needles_free(regexes->needles);
    pcre2_match_context_free(regexes->match);
    pcre2_compile_context_free(regexes->compile);
    free(regexes);
}

static struct regex *regex_new(struct regexes *regexes) {
    if (regexes->count == regexes->room) {
        size_t room = regexes->room ? 2 * regexes->room : 64;
        struct regex *items = reallocarray(regexes->items, room, sizeof(*items));
        if (!items)
            return NULL;
        regexes->items = items;
        regexes->room = room;
    }
    return &regexes->items[regexes->count];
}

static bool add_literals(struct regexes *regexes, struct regex *regex) {
    struct literals literals;
    literals_find(regex->source, &literals);
    regex->has_literals = literals.count > 0;
    for (size_t i = 0; i < literals.count; i++)
        if (!needles_add(regexes->needles, &literals.items[i], (uint32_t)regexes->count))
            return false;
    return true;
}

static bool compile(struct regexes *regexes, struct regex *regex, char *problem, size_t size) {
    PCRE2_SIZE offset;
    PCRE2_UCHAR message[120];
    int error;
    regex->code = pcre2_compile((PCRE2_SPTR)regex->source.data, regex->source.length,
                                PCRE2_EXTENDED | PCRE2_MULTILINE | PCRE2_NEVER_UTF |
                                    PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C,
                                &error, &offset, regexes->compile);
    if (!regex->code) {
        pcre2_get_error_message(error, message, sizeof(message));
        snprintf(problem, size, "%s, at byte %zu", (const char *)message, (size_t)offset);
        return false;
    }
    pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
    return true;
}

bool regexes_add(struct regexes *regexes, struct patchmark_text source, uint32_t section,
                 size_t line, char *problem, size_t problem_size) {
    struct regex *regex = regex_new(regexes);
    if (regex) {
        *regex = (struct regex){.source = source, .section = section, .line = line};
        if (!compile(regexes, regex, problem, problem_size))
            return false;
        if (add_literals(regexes, regex)) {
            regexes->count++;
            return true;
        }
        pcre2_code_free(regex->code);
    }
    snprintf(problem, problem_size, "out of memory");
    return false;
}

size_t regexes_count(const struct regexes *regexes) {
    return regexes->count;
}

uint32_t regexes_section(const struct regexes *regexes, size_t i) {
    return regexes->items[i].section;
}

/* ---- searching ---------------------------------------------------------------------------- */

struct regex_search *regex_search_begin(struct regexes *regexes) {
    struct regex_search *search = calloc(1, sizeof(*search));
    if (!search)
        return NULL;
    search->regexes = regexes;
    search->data = pcre2_match_data_create(1, NULL);
    search->wanted = calloc(2 * regexes->count + 1, sizeof(*search->wanted));
    if (!search->data || !search->wanted) {
        regex_search_end(search);
        return NULL;
    }
    search->dead = search->wanted + regexes->count;
    return search;
}

void regex_search_end(struct regex_search *search) {
    if (!search)
        return;
    pcre2_match_data_free(search->data);
    free(search->wanted);
    free(search);
}

void regex_search_text(struct regex_search *search, struct patchmark_text text) {
    memset(search->wanted, false, search->regexes->count * sizeof(*search->wanted));
    needles_search(search->regexes->needles, text, search->wanted);
    search->text = text;
}

static void note_failure(struct regex_search *search, size_t i, int error) {
    struct regexes *regexes = search->regexes;
    struct regex *regex = &regexes->items[i];
    PCRE2_UCHAR message[120];
    search->dead[i] = true;
    if (atomic_fetch_add(&regex->failures, 1) > 0)
        return;
    pcre2_get_error_message(error, message, sizeof(message));
    patchmark_log(regexes->instance, PATCHMARK_WARNING,
                  "%s:%zu: %c: '%.*s' was given up on a mail: %s; this is not logged again",
                  regexes->path, regex->line, regexes->letter, (int)regex->source.length,
                  regex->source.data, (const char *)message);
}

enum outcome { FOUND, NOTHING, LIMIT };

/* The first match from FROM on. */
static enum outcome match(struct regex_search *search, size_t i, struct patchmark_text text,
                          size_t from, struct span *place) {
    int got = pcre2_match(search->regexes->items[i].code, (PCRE2_SPTR)text.data, text.length, from,
                          0, search->data, search->regexes->match);
    if (got < 0) {
        place->error = got;
        return got == PCRE2_ERROR_NOMATCH ? NOTHING : LIMIT;
    }
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(search->data);
    place->start = offsets[0];
    place->end = offsets[1];
    return FOUND;
}

static bool match_line(struct regex_search *search, size_t i, struct patchmark_text line) {
    struct span place;
    enum outcome outcome = match(search, i, line, 0, &place);
    if (outcome == LIMIT)
        note_failure(search, i, place.error);
    return outcome == FOUND;
}

static bool match_lines(struct regex_search *search, size_t i, struct patchmark_text rest) {
    struct patchmark_text line;
    while (!search->dead[i] && patchmark_text_line(&rest, &line))
        if (match_line(search, i, line))
            return true;
    return false;
}

/* The line that holds the byte at AT, without its newline, which may be that byte. */
static struct patchmark_text line_at(struct patchmark_text text, size_t at) {
    const char *before = at > 0 ? memrchr(text.data, '\n', at) : NULL;
    size_t from = before ? (size_t)(before - text.data) + 1 : 0;
    const char *newline = memchr(text.data + at, '\n', text.length - at);
    return text_slice(text, from, newline ? (size_t)(newline - text.data) : text.length);
}

/* The whole text is one subject, which is much faster than its lines one by one.  A match that
 * spans lines is none: then its first line has to match alone.  The limit may have been met only
 * because "[^;]*" ran on into other lines; so from there on it is one by one. */
bool regex_search_matches(struct regex_search *search, size_t i) {
    struct patchmark_text text = search->text;
    struct span place;
    size_t from = 0;
    if (search->regexes->items[i].has_literals && !search->wanted[i])
        return false;
    while (!search->dead[i] && from <= text.length) {
        enum outcome outcome = match(search, i, text, from, &place);
        if (outcome == NOTHING)
            return false;
        if (outcome == LIMIT)
            return match_lines(search, i, text_skip(text, from));
        if (place.end <= place.start ||
            !memchr(text.data + place.start, '\n', place.end - place.start))
            return true;
        struct patchmark_text line = line_at(text, place.start);
        if (match_line(search, i, line))
            return true;
        from = (size_t)(line.data - text.data) + line.length + 1;
    }
    return false;
}
