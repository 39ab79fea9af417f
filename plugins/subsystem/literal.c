/* SPDX-License-Identifier: BSD-2-Clause
 *
 * literal.c - see literal.h.
 *
 * One pass over the expression with a stack of its open groups.  Of what a branch must match one
 * after the other, the best set of literals is kept; the set of a group is that of all its branches
 * together.  Anything that is not understood ends the search without a result, which is always
 * right.  Owns nothing and cannot fail.
 */
#include "literal.h"

#include "text.h"

#define DEPTH 16 /* groups in groups; deeper ones are not understood */

/* A group that is open; the first is the expression itself. */
struct group {
    struct literals best;     /* of the branch so far */
    struct literals branches; /* of those that ended */
    struct literal run;       /* the bytes that came last and stand together in any match */
    bool is_open;             /* a branch has no literal */
    bool is_look;             /* (?=...) and its like: not part of the match, or not there at all */
};

struct reader {
    struct patchmark_text rest;
    struct group groups[DEPTH];
    size_t depth; /* of the group that is read */
};

/* ---- sets --------------------------------------------------------------------------------- */

static size_t literals_shortest(const struct literals *set) {
    size_t shortest = BOUND_LITERAL_BYTES;
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].length < shortest)
            shortest = set->items[i].length;
    return shortest;
}

/* Long ones are rarer than short ones, and few than many. */
static void group_offer(struct group *group, const struct literals *set) {
    if (set->count == 0)
        return;
    if (group->best.count > 0) {
        size_t ours = literals_shortest(&group->best), theirs = literals_shortest(set);
        if (ours > theirs || (ours == theirs && group->best.count <= set->count))
            return;
    }
    group->best = *set;
}

static void run_end(struct group *group) {
    struct literals set = {.items = {group->run}, .count = 1};
    if (group->run.length >= LITERAL_MIN)
        group_offer(group, &set);
    group->run.length = 0;
}

/* What stands behind the first bytes of a long run is not needed. */
static void run_add(struct group *group, char byte) {
    if (group->run.length < BOUND_LITERAL_BYTES)
        group->run.bytes[group->run.length++] = text_lower(byte);
}

static void branch_end(struct group *group) {
    run_end(group);
    if (group->best.count == 0 || group->branches.count + group->best.count > BOUND_LITERALS)
        group->is_open = true;
    for (size_t i = 0; !group->is_open && i < group->best.count; i++)
        group->branches.items[group->branches.count++] = group->best.items[i];
    group->best.count = 0;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The byte at I from here; 0 behind the end: no expression holds that. */
static char peek(const struct reader *reader, size_t i) {
    return i < reader->rest.length ? reader->rest.data[i] : '\0';
}

static void advance(struct reader *reader, size_t length) {
    reader->rest = text_skip(reader->rest, length);
}

static void skip_blanks(struct reader *reader) {
    while (text_is_blank(peek(reader, 0)))
        advance(reader, 1);
}

/* "{2}", "{2,}", "{2,3}", "{,3}": their length, else 0. */
static size_t count_length(const struct reader *reader) {
    size_t i = 1, digits = 0;
    for (;
         text_is_digit(peek(reader, i)) || peek(reader, i) == ',' || text_is_blank(peek(reader, i));
         i++)
        digits += text_is_digit(peek(reader, i));
    return peek(reader, 0) == '{' && digits > 0 && peek(reader, i) == '}' ? i + 1 : 0;
}

/* Reads the quantifiers that stand here.  True when there is one; then *NEEDED is false if what
 * stands before need not be there. */
static bool read_quantifiers(struct reader *reader, bool *needed) {
    bool found = false;
    *needed = true;
    for (;; found = true) {
        skip_blanks(reader);
        size_t length = count_length(reader);
        char c = peek(reader, 0);
        if (length == 0 && c != '*' && c != '+' && c != '?')
            return found;
        /* Also the "?" of "+?", and then it is only too careful. */
        if (c == '*' || c == '?' || (c == '{' && (peek(reader, 1) < '1' || peek(reader, 1) > '9')))
            *needed = false;
        advance(reader, length > 0 ? length : 1);
    }
}

/* One byte that stands for itself. */
static void read_byte(struct reader *reader, size_t length) {
    struct group *group = &reader->groups[reader->depth];
    char byte = peek(reader, length - 1);
    bool needed;
    advance(reader, length);
    if (!read_quantifiers(reader, &needed)) {
        run_add(group, byte);
        return;
    }
    if (needed)
        run_add(group, byte);
    run_end(group);
}

/* Something of LENGTH that stands for other bytes, or for a place. */
static void read_other(struct reader *reader, size_t length) {
    bool needed;
    run_end(&reader->groups[reader->depth]);
    advance(reader, length);
    read_quantifiers(reader, &needed);
}

static bool read_escape(struct reader *reader) {
    char c = peek(reader, 1);
    if (c == '\0')
        return false;
    if (!text_is_letter(c) && !text_is_digit(c)) {
        read_byte(reader, 2);
        return true;
    }
    if (!strchr("dDwWsShHvVRXNbBAzZGntrfae", c))
        return false;
    read_other(reader, 2);
    return true;
}

static bool read_set(struct reader *reader) {
    size_t i = 1;
    if (peek(reader, i) == '^')
        i++;
    if (peek(reader, i) == ']')
        i++;
    for (; peek(reader, i) != ']'; i++) {
        if (i >= reader->rest.length)
            return false;
        if (peek(reader, i) == '\\') {
            i++;
            if (peek(reader, i) == 'Q')
                return false;
        } else if (peek(reader, i) == '[' && strchr(":.=", peek(reader, i + 1))) {
            return false; /* [:alpha:] and its like are rare here */
        }
    }
    read_other(reader, i + 1);
    return true;
}

/* ---- groups ------------------------------------------------------------------------------- */

static bool group_push(struct reader *reader, size_t length, bool is_look) {
    run_end(&reader->groups[reader->depth]);
    if (reader->depth + 1 == DEPTH)
        return false;
    advance(reader, length);
    reader->groups[++reader->depth] = (struct group){.is_look = is_look};
    return true;
}

/* "(?i)", "(?i:": options that change nothing for us. */
static bool read_options(struct reader *reader) {
    size_t i = 2;
    while (peek(reader, i) && strchr("imsn-", peek(reader, i)))
        i++;
    if (peek(reader, i) == ':')
        return group_push(reader, i + 1, false);
    if (peek(reader, i) != ')')
        return false;
    run_end(&reader->groups[reader->depth]);
    advance(reader, i + 1);
    return true;
}

static bool read_open(struct reader *reader) {
    char next = peek(reader, 2);
    if (peek(reader, 1) == '*')
        return false;
    if (peek(reader, 1) != '?')
        return group_push(reader, 1, false);
    if (next == '>' || next == '|')
        return group_push(reader, 3, false);
    if (next == '=' || next == '!')
        return group_push(reader, 3, true);
    if (next == '<' && (peek(reader, 3) == '=' || peek(reader, 3) == '!'))
        return group_push(reader, 4, true);
    return read_options(reader);
}

static bool read_close(struct reader *reader) {
    struct group *group = &reader->groups[reader->depth];
    bool needed;
    if (reader->depth == 0)
        return false;
    branch_end(group);
    reader->depth--;
    advance(reader, 1);
    read_quantifiers(reader, &needed);
    if (needed && !group->is_look && !group->is_open)
        group_offer(&reader->groups[reader->depth], &group->branches);
    return true;
}

/* ---- all ---------------------------------------------------------------------------------- */

/* False: it is not understood. */
static bool read_next(struct reader *reader) {
    switch (peek(reader, 0)) {
    case '\\':
        return read_escape(reader);
    case '[':
        return read_set(reader);
    case '(':
        return read_open(reader);
    case ')':
        return read_close(reader);
    case '|':
        branch_end(&reader->groups[reader->depth]);
        advance(reader, 1);
        return true;
    case '.':
    case '^':
    case '$':
    case '{':
        read_other(reader, 1);
        return true;
    case '#': /* a comment, to the end */
        advance(reader, reader->rest.length);
        return true;
    case ' ':
    case '\t':
        skip_blanks(reader);
        return true;
    default:
        read_byte(reader, 1);
        return true;
    }
}

void literals_find(struct patchmark_text regex, struct literals *literals) {
    struct reader reader = {.rest = regex};
    struct group *whole = &reader.groups[0];
    literals->count = 0;
    while (reader.rest.length > 0)
        if (!read_next(&reader))
            return;
    if (reader.depth > 0)
        return;
    branch_end(whole);
    if (!whole->is_open)
        *literals = whole->branches;
}
