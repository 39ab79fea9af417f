/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.c - see regex.h.
 */
#include "regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>

/* ---- bounds ------------------------------------------------------------------------------- */

/* The limit of backtracking from one position of the text.  It equals the budget of a rule, and
 * stops work that makes no callouts, such as the inside of a long repeat. */
#define MATCH_LIMIT 1000000

/* The limit of backtracking points that are stored at once; applies without JIT only.  Each turn of
 * a repeated group takes one, so 10,000 allow a group to match each line of a mail of 400 KB. */
#define DEPTH_LIMIT 10000

/* The limit of memory for them, in KiB; applies without JIT only.  PCRE2 keeps this memory until
 * the next match, for each mail that is classified at the same time. */
#define HEAP_LIMIT 1024

/* The sizes of the JIT stack in bytes: the first one is enough for nearly all matches, the limit is
 * the same as without JIT. */
#define JIT_STACK_START (32 * 1024)
#define JIT_STACK_LIMIT (1024 * 1024)

/* The number of bytes between two callouts that costs one unit: loops over bytes are fast. */
#define BYTES_PER_UNIT 16

/* Each match costs START_COST, and one unit for each SEARCH_BYTES_PER_UNIT bytes of text: the
 * search for the first byte of a match makes no callouts. */
#define START_COST            8
#define SEARCH_BYTES_PER_UNIT 64

struct regex {
    pcre2_code *code;
};

struct regex_room {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    struct budget *budget; /* the budget of the current match */
    size_t at;             /* the position in the text of its last callout */
};

/* ---- the budget --------------------------------------------------------------------------- */

bool budget_spend(struct budget *budget, uint64_t cost) {
    if (budget->left < cost) {
        budget->left = 0;
        return false;
    }
    budget->left -= cost;
    return true;
}

/* PCRE2 calls this function before each item of the pattern that it tries.  Stops the match if the
 * budget is used up. */
static int callout(pcre2_callout_block *block, void *data) {
    struct regex_room *room = data;
    size_t at = block->current_position;
    size_t moved = at > room->at ? at - room->at : room->at - at;

    room->at = at;
    return budget_spend(room->budget, 1 + moved / BYTES_PER_UNIT) ? 0 : PCRE2_ERROR_CALLOUT;
}

/* ---- compiling ---------------------------------------------------------------------------- */

/* Returns true if PATTERN must match characters instead of bytes: it has non-ASCII characters, or
 * escapes that may mean such characters.  Matching bytes is faster. */
static bool needs_characters(struct patchmark_text pattern) {
    for (size_t i = 0; i < pattern.length; i++) {
        const char *at = pattern.data + i;
        size_t left = pattern.length - i;

        if ((unsigned char)*at >= 0x80)
            return true;
        if (*at != '\\' || left < 2)
            continue;
        if (strchr("pPX", at[1]) || (left > 2 && strchr("xoN", at[1]) && at[2] == '{'))
            return true;
        i++;
    }
    return false;
}

struct regex *regex_compile(struct patchmark_text pattern, unsigned flags,
                            struct expression_error *error) {
    /* \C would match a part of a character. */
    uint32_t options = PCRE2_AUTO_CALLOUT | PCRE2_NEVER_BACKSLASH_C;
    struct regex *regex = calloc(1, sizeof(*regex));
    PCRE2_SIZE at = 0;
    int number = PCRE2_ERROR_NOMEMORY;

    options |= (flags & REGEX_CASELESS ? PCRE2_CASELESS : 0) |
               (flags & REGEX_LINES ? PCRE2_MULTILINE : 0) |
               (flags & REGEX_DOTALL ? PCRE2_DOTALL : 0) |
               (flags & REGEX_EXTENDED ? PCRE2_EXTENDED : 0);
    /* The text may be invalid UTF-8, for which a pattern with (*UTF) would fail. */
    options |= needs_characters(pattern) ? PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF
                                         : PCRE2_NEVER_UTF;
    if (regex)
        regex->code =
            pcre2_compile((PCRE2_SPTR)pattern.data, pattern.length, options, &number, &at, NULL);
    if (!regex || !regex->code) {
        error->at = at;
        pcre2_get_error_message(number, (PCRE2_UCHAR *)error->text, sizeof(error->text));
        free(regex);
        return NULL;
    }
    pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* on failure PCRE2 interprets it */
    return regex;
}

void regex_free(struct regex *regex) {
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

bool regex_is_jit(const struct regex *regex) {
    size_t size = 0;

    return pcre2_pattern_info(regex->code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
}

/* ---- matching ----------------------------------------------------------------------------- */

struct regex_room *regex_room_new(void) {
    struct regex_room *room = calloc(1, sizeof(*room));

    if (!room)
        return NULL;
    room->data = pcre2_match_data_create(1, NULL);
    room->context = pcre2_match_context_create(NULL);
    room->stack =
        pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_LIMIT, NULL); /* NULL is allowed */
    if (!room->data || !room->context) {
        regex_room_free(room);
        return NULL;
    }
    pcre2_set_match_limit(room->context, MATCH_LIMIT);
    pcre2_set_depth_limit(room->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(room->context, HEAP_LIMIT);
    pcre2_jit_stack_assign(room->context, NULL, room->stack);
    pcre2_set_callout(room->context, callout, room);
    return room;
}

void regex_room_free(struct regex_room *room) {
    if (!room)
        return;
    pcre2_match_data_free(room->data);
    pcre2_match_context_free(room->context);
    pcre2_jit_stack_free(room->stack);
    free(room);
}

enum regex_result regex_match(const struct regex *regex, struct regex_room *room,
                              struct patchmark_text text, struct budget *budget) {
    int result;

    if (!budget_spend(budget, START_COST + text.length / SEARCH_BYTES_PER_UNIT))
        return REGEX_LIMIT;
    room->budget = budget;
    room->at = 0;
    result = pcre2_match(regex->code, (PCRE2_SPTR)text.data, text.length, 0, 0, room->data,
                         room->context);
    if (result >= 0)
        return REGEX_YES;
    return result == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}
