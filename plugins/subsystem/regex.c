/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.c - compiles and matches the regular expressions of N: and K: lines; see regex.h.
 *
 * The text of a mail may be hostile; the expressions are trusted but may be slow.  Therefore PCRE2
 * has a limit of steps for each offset where a match may begin.  Without JIT, which a hardened
 * system may forbid, matching is slower but has the same results.  A struct regexes owns the
 * compiled expressions.  Compiling an expression can fail, and matching can exceed a limit.
 */
#include "regex.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdio.h>

struct regex {
    pcre2_code *code;
    struct patchmark_text source;
    const char *path;
    size_t line;
    uint32_t section;
    atomic_uint_fast64_t failures; /* how many times it exceeded its limit */
};

struct regexes {
    const struct patchmark_instance *instance;
    char letter;
    GArray *items; /* of struct regex */
};

static struct regex *regex_at(const struct regexes *regexes, size_t i) {
    return &g_array_index(regexes->items, struct regex, i);
}

/* ---- compiling ---------------------------------------------------------------------------- */

static void regex_clear(void *item) {
    pcre2_code_free(((struct regex *)item)->code);
}

struct regexes *regexes_new(const struct patchmark_instance *instance, char letter) {
    struct regexes *regexes = g_new0(struct regexes, 1);
    *regexes = (struct regexes){.instance = instance, .letter = letter};
    regexes->items = g_array_new(FALSE, FALSE, sizeof(struct regex));
    g_array_set_clear_func(regexes->items, regex_clear);
    return regexes;
}

void regexes_free(struct regexes *regexes) {
    for (size_t i = 0; i < regexes_count(regexes); i++) {
        struct regex *regex = regex_at(regexes, i);
        unsigned long long failures = atomic_load(&regex->failures);
        if (failures > 1)
            patchmark_log(regexes->instance, PATCHMARK_INFO,
                          "%s:%zu: %c: '%.*s' exceeded its limit %llu times", regex->path,
                          regex->line, regexes->letter, (int)regex->source.length,
                          regex->source.data, failures);
    }
    g_array_free(regexes->items, TRUE);
    g_free(regexes);
}

bool regexes_add(struct regexes *regexes, struct patchmark_text source, uint32_t section,
                 const char *path, size_t line, char *problem, size_t problem_size) {
    struct regex regex = {.source = source, .section = section, .path = path, .line = line};
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    PCRE2_SIZE offset = 0;
    PCRE2_UCHAR message[120];
    int error = PCRE2_ERROR_NOMEMORY;
    if (context) {
        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
        pcre2_set_parens_nest_limit(context, BOUND_PARENTHESES);
        regex.code = pcre2_compile((PCRE2_SPTR)source.data, source.length,
                                   PCRE2_EXTENDED | PCRE2_MULTILINE | PCRE2_NEVER_UTF |
                                       PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C,
                                   &error, &offset, context);
    }
    pcre2_compile_context_free(context);
    if (!regex.code) {
        pcre2_get_error_message(error, message, sizeof(message));
        snprintf(problem, problem_size, "%s, at byte %zu", (const char *)message, (size_t)offset);
        return false;
    }
    pcre2_jit_compile(regex.code, PCRE2_JIT_COMPLETE);
    g_array_append_val(regexes->items, regex);
    return true;
}

size_t regexes_count(const struct regexes *regexes) {
    return regexes->items->len;
}

uint32_t regexes_section(const struct regexes *regexes, size_t i) {
    return regex_at(regexes, i)->section;
}

/* ---- searching ---------------------------------------------------------------------------- */

bool matcher_begin(struct matcher *matcher) {
    matcher->limits = pcre2_match_context_create(NULL);
    matcher->data = pcre2_match_data_create(1, NULL);
    if (!matcher->limits || !matcher->data)
        return false;
    pcre2_set_match_limit(matcher->limits, BOUND_MATCH_STEPS);
    pcre2_set_depth_limit(matcher->limits, BOUND_MATCH_DEPTH);
    pcre2_set_heap_limit(matcher->limits, BOUND_MATCH_KIB);
    return true;
}

void matcher_end(struct matcher *matcher) {
    pcre2_match_data_free(matcher->data);
    pcre2_match_context_free(matcher->limits);
}

int matcher_search(const struct matcher *matcher, const pcre2_code *code,
                   struct patchmark_text text, size_t from) {
    return pcre2_match(code, (PCRE2_SPTR)text.data, text.length, from, 0, matcher->data,
                       matcher->limits);
}

/* Counts a failure of REGEX, and logs the first one. */
static void count_failure(const struct regexes *regexes, struct regex *regex, int error) {
    PCRE2_UCHAR message[120];
    if (atomic_fetch_add(&regex->failures, 1) > 0)
        return;
    pcre2_get_error_message(error, message, sizeof(message));
    patchmark_log(regexes->instance, PATCHMARK_WARNING,
                  "%s:%zu: %c: '%.*s' exceeded its limit and is not used for this mail: %s; "
                  "this is logged once, simplify the expression",
                  regex->path, regex->line, regexes->letter, (int)regex->source.length,
                  regex->source.data, (const char *)message);
}

/* Matches REGEX against the lines of REST one by one. */
static bool match_lines(const struct regexes *regexes, struct regex *regex,
                        const struct matcher *matcher, struct patchmark_text rest,
                        bool *abandoned) {
    struct patchmark_text line;
    while (patchmark_text_line(&rest, &line)) {
        int result = matcher_search(matcher, regex->code, line, 0);
        if (result >= 0)
            return true;
        if (result != PCRE2_ERROR_NOMATCH) {
            count_failure(regexes, regex, result);
            *abandoned = true;
            return false;
        }
    }
    return false;
}

/* Matches the whole text as one subject, which is much faster than line by line.  Matches the lines
 * only if the first match spans several lines, which does not count, or if the limit was exceeded,
 * perhaps because a part such as "[^;]*" continued into other lines. */
bool regexes_match(struct regexes *regexes, size_t i, const struct matcher *matcher,
                   struct patchmark_text text, bool *abandoned) {
    struct regex *regex = regex_at(regexes, i);
    int result = *abandoned ? PCRE2_ERROR_NOMATCH : matcher_search(matcher, regex->code, text, 0);
    if (result == PCRE2_ERROR_NOMATCH)
        return false;
    if (result >= 0) {
        const PCRE2_SIZE *match = pcre2_get_ovector_pointer(matcher->data);
        if (match[1] <= match[0] || !memchr(text.data + match[0], '\n', match[1] - match[0]))
            return true;
    }
    return match_lines(regexes, regex, matcher, text, abandoned);
}
