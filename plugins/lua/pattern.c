/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pattern.c - see pattern.h.
 *
 * A pattern is a sequence of items, of which only single characters can be repeated.  So on the way
 * from the first item to the last, each item leaves at most one alternative behind, and the stack
 * of alternatives has a fixed size.
 */
#include "pattern.h"

#include <string.h>

enum kind {
    KIND_CHARACTER,
    KIND_ANY,
    KIND_SET,
    KIND_OPEN,     /* "(" */
    KIND_CLOSE,    /* ")" */
    KIND_POSITION, /* "()" */
    KIND_SAME,     /* "%1" */
    KIND_BALANCE,  /* "%bxy" */
    KIND_FRONTIER, /* "%f[set]" */
    KIND_END,      /* "$" at the end */
};

/* Characters that are compared without a step of their own, such as those that a repetition takes,
 * cost a step for each group of this size. */
#define CHARACTERS_OF_STEP 8

/* ---- sets --------------------------------------------------------------------------------- */

static void set_add(struct pattern_set *set, unsigned char c) {
    set->bits[c / 32] |= (uint32_t)1 << (c % 32);
}

static bool set_has(const struct pattern_set *set, unsigned char c) {
    return set->bits[c / 32] >> (c % 32) & 1;
}

static void set_add_range(struct pattern_set *set, unsigned first, unsigned last) {
    for (unsigned c = first; c <= last; c++)
        set_add(set, (unsigned char)c);
}

/* The classes, as ranges of characters. */
static const struct {
    char letter;
    unsigned char ranges[4][2];
    size_t count;
} classes[] = {
    {'a', {{'A', 'Z'}, {'a', 'z'}}, 2},
    {'c', {{0, 0x1f}, {0x7f, 0x7f}}, 2},
    {'d', {{'0', '9'}}, 1},
    {'g', {{'!', '~'}}, 1},
    {'l', {{'a', 'z'}}, 1},
    {'p', {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, 4},
    {'s', {{'\t', '\r'}, {' ', ' '}}, 2},
    {'u', {{'A', 'Z'}}, 1},
    {'w', {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, 3},
    {'x', {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, 3},
    {'z', {{0, 0}}, 1}, /* not in the manual any more */
};

/* Adds what "%LETTER" stands for: a class, its complement if the letter is a capital, or the
 * character itself. */
static void set_add_escape(struct pattern_set *set, char letter) {
    bool complement = letter >= 'A' && letter <= 'Z';
    char class = complement ? letter + ('a' - 'A') : letter;
    struct pattern_set members = {{0}};
    size_t number = 0, count = sizeof(classes) / sizeof(*classes);

    while (number < count && classes[number].letter != class)
        number++;
    if (number == count) {
        set_add(set, (unsigned char)letter);
        return;
    }
    for (size_t i = 0; i < classes[number].count; i++)
        set_add_range(&members, classes[number].ranges[i][0], classes[number].ranges[i][1]);
    for (size_t i = 0; i < 8; i++)
        set->bits[i] |= complement ? ~members.bits[i] : members.bits[i];
}

/* ---- compiling ---------------------------------------------------------------------------- */

static const char *const too_many_sets = "pattern too long";

struct compiler {
    struct pattern *pattern;
    struct patchmark_text rest;
    int open[PATTERN_CAPTURES]; /* the numbers of the captures that are open */
    int open_count;
    bool closed[PATTERN_CAPTURES];
};

/* Removes the first byte of the rest, which must not be empty. */
static char take(struct compiler *compiler) {
    char c = compiler->rest.data[0];

    compiler->rest = patchmark_text_skip(compiler->rest, 1);
    return c;
}

static bool next_is(const struct compiler *compiler, char c) {
    return compiler->rest.length > 0 && compiler->rest.data[0] == c;
}

/* Makes ITEM one of a new, empty set, and returns the set; NULL if there are too many. */
static struct pattern_set *compile_new_set(struct compiler *compiler, struct pattern_item *item) {
    struct pattern *pattern = compiler->pattern;
    struct pattern_set *set = &pattern->sets[pattern->set_count];

    if (pattern->set_count == PATTERN_SETS)
        return NULL;
    *set = (struct pattern_set){{0}};
    item->kind = KIND_SET;
    item->first = (unsigned char)pattern->set_count++;
    return set;
}

/* Reads a set behind its "[".  A "]" that comes first is one of its characters. */
static const char *compile_set(struct compiler *compiler, struct pattern_item *item) {
    static const char *const open_end = "malformed pattern (missing ']')";
    bool complement = next_is(compiler, '^'), first = true;
    struct pattern_set *set = compile_new_set(compiler, item);

    if (!set)
        return too_many_sets;
    if (complement)
        take(compiler);
    for (; compiler->rest.length > 0 && (first || compiler->rest.data[0] != ']'); first = false) {
        unsigned char c = (unsigned char)take(compiler);

        if (c == '%') {
            if (compiler->rest.length == 0)
                return open_end;
            set_add_escape(set, take(compiler));
        } else if (next_is(compiler, '-') && compiler->rest.length > 1 &&
                   compiler->rest.data[1] != ']') {
            take(compiler);
            if (next_is(compiler, '%')) /* the manual: it has no meaning */
                return "malformed pattern (a range ends with '%')";
            set_add_range(set, c, (unsigned char)take(compiler));
        } else {
            set_add(set, c);
        }
    }
    if (compiler->rest.length == 0)
        return open_end;
    take(compiler);
    for (size_t i = 0; complement && i < 8; i++)
        set->bits[i] = ~set->bits[i];
    return NULL;
}

/* Reads what stands behind a "%". */
static const char *compile_escape(struct compiler *compiler, struct pattern_item *item) {
    const char *error;
    struct pattern_set *set;
    char letter;

    if (compiler->rest.length == 0)
        return "malformed pattern (ends with '%')";
    letter = take(compiler);
    if (letter == 'b') {
        if (compiler->rest.length < 2)
            return "malformed pattern (missing arguments to '%b')";
        item->kind = KIND_BALANCE;
        item->first = (unsigned char)take(compiler);
        item->last = (unsigned char)take(compiler);
        return NULL;
    }
    if (letter == 'f') {
        if (!next_is(compiler, '['))
            return "missing '[' after '%f' in pattern";
        take(compiler);
        error = compile_set(compiler, item);
        item->kind = KIND_FRONTIER;
        return error;
    }
    if (patchmark_is_digit(letter)) {
        item->kind = KIND_SAME;
        item->first = (unsigned char)(letter - '1');
        return item->first < PATTERN_CAPTURES && compiler->closed[item->first]
                   ? NULL
                   : "invalid capture index";
    }
    set = compile_new_set(compiler, item);
    if (!set)
        return too_many_sets;
    set_add_escape(set, letter);
    return NULL;
}

static const char *compile_open(struct compiler *compiler, struct pattern_item *item) {
    int number = compiler->pattern->captures;

    if (number == PATTERN_CAPTURES)
        return "too many captures";
    compiler->pattern->captures++;
    item->first = (unsigned char)number;
    if (next_is(compiler, ')')) {
        take(compiler);
        item->kind = KIND_POSITION;
        return NULL;
    }
    item->kind = KIND_OPEN;
    compiler->open[compiler->open_count++] = number;
    return NULL;
}

static const char *compile_item(struct compiler *compiler, struct pattern_item *item) {
    const char *error = NULL;
    char c = take(compiler);

    *item = (struct pattern_item){.kind = KIND_CHARACTER, .first = (unsigned char)c};
    if (c == '(') {
        return compile_open(compiler, item);
    } else if (c == ')') {
        if (compiler->open_count == 0)
            return "invalid pattern capture";
        item->kind = KIND_CLOSE;
        item->first = (unsigned char)compiler->open[--compiler->open_count];
        compiler->closed[item->first] = true;
        return NULL;
    } else if (c == '$' && compiler->rest.length == 0) {
        item->kind = KIND_END;
        return NULL;
    } else if (c == '%') {
        error = compile_escape(compiler, item);
    } else if (c == '[') {
        error = compile_set(compiler, item);
    } else if (c == '.') {
        item->kind = KIND_ANY;
    }
    if (!error && item->kind <= KIND_SET && compiler->rest.length > 0 &&
        memchr("*+-?", compiler->rest.data[0], 4))
        item->repeat = take(compiler);
    return error;
}

const char *pattern_compile(struct pattern *pattern, struct patchmark_text text) {
    struct compiler compiler = {.pattern = pattern, .rest = text};

    pattern->count = pattern->set_count = 0;
    pattern->captures = 0;
    pattern->anchored = next_is(&compiler, '^');
    if (pattern->anchored)
        take(&compiler);
    while (compiler.rest.length > 0) {
        const char *error;

        if (pattern->count == PATTERN_ITEMS)
            return "pattern too long";
        error = compile_item(&compiler, &pattern->items[pattern->count++]);
        if (error)
            return error;
    }
    return compiler.open_count > 0 ? "unfinished capture" : NULL;
}

/* ---- matching ----------------------------------------------------------------------------- */

/* What to do if the items behind ITEM do not match. */
struct alternative {
    size_t item;
    size_t at;       /* where the items behind it began */
    size_t least;    /* of '*' and '+': the smallest AT */
    size_t from, to; /* of a capture: what it was before */
};

struct matcher {
    const struct pattern *pattern;
    struct patchmark_text text;
    struct pattern_match *match;
    int64_t *work;
    struct alternative stack[PATTERN_ITEMS];
    size_t depth;
};

/* Returns true if the character at AT is one of those of ITEM. */
static bool single_at(const struct matcher *matcher, const struct pattern_item *item, size_t at) {
    unsigned char c;

    if (at >= matcher->text.length)
        return false;
    c = (unsigned char)matcher->text.data[at];
    if (item->kind == KIND_CHARACTER)
        return item->first == c;
    return item->kind == KIND_ANY || set_has(&matcher->pattern->sets[item->first], c);
}

static struct alternative *push(struct matcher *matcher, size_t item, size_t at) {
    struct alternative *alternative = &matcher->stack[matcher->depth++];

    *alternative = (struct alternative){.item = item, .at = at};
    return alternative;
}

/* Matches a character with its repetition.  Returns false if there is no match. */
static bool match_single(struct matcher *matcher, size_t number, size_t *at) {
    const struct pattern_item *item = &matcher->pattern->items[number];
    size_t start = *at;

    switch (item->repeat) {
    case '\0':
        return single_at(matcher, item, (*at)++);
    case '?':
        if (single_at(matcher, item, start)) {
            push(matcher, number, start);
            (*at)++;
        }
        return true;
    case '-':
        push(matcher, number, start);
        return true;
    default:
        while (single_at(matcher, item, *at))
            (*at)++;
        *matcher->work -= (int64_t)(*at - start) / CHARACTERS_OF_STEP;
        if (item->repeat == '+' && *at == start)
            return false;
        if (*at > start + (item->repeat == '+'))
            push(matcher, number, *at)->least = start + (item->repeat == '+');
        return true;
    }
}

/* Matches "%bxy". */
static bool match_balance(struct matcher *matcher, const struct pattern_item *item, size_t *at) {
    size_t nested = 1, start = *at;

    if (start >= matcher->text.length || (unsigned char)matcher->text.data[start] != item->first)
        return false;
    for (size_t i = start + 1; i < matcher->text.length; i++) {
        unsigned char c = (unsigned char)matcher->text.data[i];

        if (c == item->last) {
            if (--nested == 0) {
                *matcher->work -= (int64_t)(i - start) / CHARACTERS_OF_STEP;
                *at = i + 1;
                return true;
            }
        } else if (c == item->first) {
            nested++;
        }
    }
    *matcher->work -= (int64_t)(matcher->text.length - start) / CHARACTERS_OF_STEP;
    return false;
}

/* Matches the text of an earlier capture. */
static bool match_same(struct matcher *matcher, const struct pattern_item *item, size_t *at) {
    size_t from = matcher->match->captures[item->first].from;
    size_t to = matcher->match->captures[item->first].to;
    size_t length = to == PATTERN_POSITION ? 0 : to - from;

    *matcher->work -= (int64_t)length / CHARACTERS_OF_STEP;
    if (matcher->text.length - *at < length ||
        memcmp(matcher->text.data + from, matcher->text.data + *at, length) != 0)
        return false;
    *at += length;
    return true;
}

/* Matches "%f[set]": outside of the text is a NUL. */
static bool match_frontier(const struct matcher *matcher, const struct pattern_item *item,
                           size_t at) {
    const struct pattern_set *set = &matcher->pattern->sets[item->first];
    const char *data = matcher->text.data;
    unsigned char before = at > 0 ? (unsigned char)data[at - 1] : 0;
    unsigned char behind = at < matcher->text.length ? (unsigned char)data[at] : 0;

    return !set_has(set, before) && set_has(set, behind);
}

/* Sets one end of a capture, or both; what it was before is restored if the rest does not match. */
static void capture(struct matcher *matcher, size_t number, size_t at) {
    const struct pattern_item *item = &matcher->pattern->items[number];
    size_t *from = &matcher->match->captures[item->first].from;
    size_t *to = &matcher->match->captures[item->first].to;
    struct alternative *before = push(matcher, number, at);

    before->from = *from;
    before->to = *to;
    if (item->kind != KIND_CLOSE)
        *from = at;
    if (item->kind != KIND_OPEN)
        *to = item->kind == KIND_POSITION ? PATTERN_POSITION : at;
}

/* Matches one item at *AT and moves *AT behind it. */
static bool match_item(struct matcher *matcher, size_t number, size_t *at) {
    const struct pattern_item *item = &matcher->pattern->items[number];

    switch (item->kind) {
    case KIND_OPEN:
    case KIND_CLOSE:
    case KIND_POSITION:
        capture(matcher, number, *at);
        return true;
    case KIND_SAME:
        return match_same(matcher, item, at);
    case KIND_BALANCE:
        return match_balance(matcher, item, at);
    case KIND_FRONTIER:
        return match_frontier(matcher, item, *at);
    case KIND_END:
        return *at == matcher->text.length;
    default:
        return match_single(matcher, number, at);
    }
}

/* Goes back to the newest alternative: sets *NUMBER and *AT to the next item to match and where.
 * Returns false if there is none. */
static bool go_back(struct matcher *matcher, size_t *number, size_t *at) {
    while (matcher->depth > 0) {
        struct alternative *newest = &matcher->stack[matcher->depth - 1];
        const struct pattern_item *item = &matcher->pattern->items[newest->item];

        *number = newest->item + 1;
        if (item->kind > KIND_SET) {
            matcher->match->captures[item->first].from = newest->from;
            matcher->match->captures[item->first].to = newest->to;
            matcher->depth--;
        } else if (item->repeat == '-') {
            if (single_at(matcher, item, newest->at)) {
                *at = ++newest->at;
                return true;
            }
            matcher->depth--;
        } else if (item->repeat == '?') {
            *at = newest->at;
            matcher->depth--;
            return true;
        } else {
            *at = --newest->at;
            if (newest->at == newest->least)
                matcher->depth--;
            return true;
        }
    }
    return false;
}

static enum pattern_result match_at(struct matcher *matcher, size_t from) {
    size_t number = 0, at = from;

    matcher->depth = 0;
    while (number < matcher->pattern->count) {
        if (--*matcher->work < 0)
            return PATTERN_LIMIT;
        if (match_item(matcher, number, &at))
            number++;
        else if (!go_back(matcher, &number, &at))
            return PATTERN_NONE;
    }
    matcher->match->from = from;
    matcher->match->to = at;
    return PATTERN_FOUND;
}

/* Returns the first offset from FROM on where the first item of the pattern may match. */
static size_t next_start(const struct matcher *matcher, size_t from) {
    const struct pattern_item *first = &matcher->pattern->items[0];
    size_t length = matcher->text.length, at = from;

    if (matcher->pattern->count == 0 || (first->kind > KIND_SET && first->kind != KIND_FRONTIER) ||
        (first->repeat != '\0' && first->repeat != '+'))
        return from;
    if (first->kind == KIND_FRONTIER) {
        while (at < length && !match_frontier(matcher, first, at))
            at++;
    } else if (first->kind == KIND_CHARACTER) {
        const char *found =
            from < length ? memchr(matcher->text.data + from, first->first, length - from) : NULL;
        at = found ? (size_t)(found - matcher->text.data) : length;
    } else {
        while (at < length && !single_at(matcher, first, at))
            at++;
    }
    *matcher->work -= (int64_t)(at - from) / CHARACTERS_OF_STEP;
    return at;
}

enum pattern_result pattern_find(const struct pattern *pattern, struct patchmark_text text,
                                 size_t from, bool once, struct pattern_match *match,
                                 int64_t *work) {
    struct matcher matcher;
    enum pattern_result result;

    matcher.pattern = pattern;
    matcher.text = text;
    matcher.match = match;
    matcher.work = work;
    for (;; from++) {
        if (!once)
            from = next_start(&matcher, from);
        result = match_at(&matcher, from);
        if (result != PATTERN_NONE || once || from >= text.length)
            return result;
    }
}
