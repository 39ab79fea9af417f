/* SPDX-License-Identifier: BSD-2-Clause
 *
 * match.c - string.find, match, gmatch and gsub, as the reference manual of Lua 5.4 describes them
 * in section 6.4, with patterns whose work is counted (pattern.h).
 */
#include "library.h"

#include "pattern.h"
#include "state.h"

#include <string.h>

/* Returns the argument NUMBER, a string. */
static struct patchmark_text text_of(lua_State *lua, int number) {
    struct patchmark_text text;

    text.data = luaL_checklstring(lua, number, &text.length);
    return text;
}

static void compile(lua_State *lua, struct pattern *pattern, struct patchmark_text text) {
    const char *error = pattern_compile(pattern, text);

    state_charge(lua, text.length);
    if (error)
        luaL_error(lua, "%s", error);
}

/* Searches, and charges for it.  Raises an error if that exceeds the budget. */
static bool search(lua_State *lua, const struct pattern *pattern, struct patchmark_text text,
                   size_t from, bool once, struct pattern_match *match) {
    enum pattern_result result =
        pattern_find(pattern, text, from, once, match, &state_of(lua)->work);

    state_charge(lua, 0);
    return result == PATTERN_FOUND;
}

/* Pushes capture I; the whole match if I is 0 and there are no captures. */
static void push_capture(lua_State *lua, const struct pattern *pattern,
                         const struct pattern_match *match, struct patchmark_text text, int i) {
    size_t from = match->from, to = match->to;

    if (i < pattern->captures) {
        from = match->captures[i].from;
        to = match->captures[i].to;
    }
    if (to == PATTERN_POSITION)
        lua_pushinteger(lua, (lua_Integer)from + 1);
    else
        lua_pushlstring(lua, text.data + from, to - from);
}

/* Pushes all captures; if there are none, and WHOLE is true, the whole match.  Returns their
 * number. */
static int push_captures(lua_State *lua, const struct pattern *pattern,
                         const struct pattern_match *match, struct patchmark_text text,
                         bool whole) {
    int count = pattern->captures == 0 && whole ? 1 : pattern->captures;

    luaL_checkstack(lua, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(lua, pattern, match, text, i);
    return count;
}

/* Returns the argument NUMBER, a position in a text of LENGTH bytes, as an offset; a negative one
 * is counted from the end. */
static size_t start_of(lua_State *lua, int number, size_t length) {
    lua_Integer position = luaL_optinteger(lua, number, 1);

    if (position > 0)
        return (size_t)position - 1;
    if (position == 0 || position < -(lua_Integer)length)
        return 0;
    return length - (size_t)-position;
}

/* ---- find and match ----------------------------------------------------------------------- */

static int find_plain(lua_State *lua, struct patchmark_text text, struct patchmark_text wanted,
                      size_t from) {
    const char *found = memmem(text.data + from, text.length - from, wanted.data, wanted.length);

    state_charge_bytes(lua, text.length - from);
    if (!found) {
        luaL_pushfail(lua);
        return 1;
    }
    lua_pushinteger(lua, found - text.data + 1);
    lua_pushinteger(lua, found - text.data + (lua_Integer)wanted.length);
    return 2;
}

static bool has_specials(struct patchmark_text pattern) {
    for (size_t i = 0; i < pattern.length; i++)
        if (pattern.data[i] && strchr("^$*+?.([%-", pattern.data[i]))
            return true;
    return false;
}

int library_find(lua_State *lua) {
    struct patchmark_text text = text_of(lua, 1), wanted = text_of(lua, 2);
    size_t from = start_of(lua, 3, text.length);
    struct pattern_match match;
    struct pattern pattern;

    if (from > text.length) {
        luaL_pushfail(lua);
        return 1;
    }
    if (lua_toboolean(lua, 4) || !has_specials(wanted))
        return find_plain(lua, text, wanted, from);
    compile(lua, &pattern, wanted);
    if (!search(lua, &pattern, text, from, pattern.anchored, &match)) {
        luaL_pushfail(lua);
        return 1;
    }
    lua_pushinteger(lua, (lua_Integer)match.from + 1);
    lua_pushinteger(lua, (lua_Integer)match.to);
    return 2 + push_captures(lua, &pattern, &match, text, false);
}

int library_match(lua_State *lua) {
    struct patchmark_text text = text_of(lua, 1);
    size_t from = start_of(lua, 3, text.length);
    struct pattern_match match;
    struct pattern pattern;

    compile(lua, &pattern, text_of(lua, 2));
    if (from > text.length || !search(lua, &pattern, text, from, pattern.anchored, &match)) {
        luaL_pushfail(lua);
        return 1;
    }
    return push_captures(lua, &pattern, &match, text, true);
}

/* ---- gmatch ------------------------------------------------------------------------------- */

struct iteration {
    struct patchmark_text text;
    size_t from, last; /* where to search; the end of the last match, SIZE_MAX before the first */
    struct pattern pattern;
};

/* Searches from FROM on for a match that is not an empty one at LAST, the end of the one before. */
static bool search_next(lua_State *lua, const struct pattern *pattern, struct patchmark_text text,
                        size_t from, size_t last, struct pattern_match *match) {
    while (from <= text.length && search(lua, pattern, text, from, false, match)) {
        if (match->to != last)
            return true;
        from = match->from + 1;
    }
    return false;
}

static int gmatch_next(lua_State *lua) {
    struct iteration *at = lua_touserdata(lua, lua_upvalueindex(1));
    struct pattern_match match;

    if (!search_next(lua, &at->pattern, at->text, at->from, at->last, &match))
        return 0;
    at->from = at->last = match.to;
    return push_captures(lua, &at->pattern, &match, at->text, true);
}

/* In gmatch, "^" has no meaning, as in Lua: it is an ordinary character. */
int library_gmatch(lua_State *lua) {
    struct patchmark_text text = text_of(lua, 1), wanted = text_of(lua, 2);
    size_t from = start_of(lua, 3, text.length);
    struct iteration *at;

    lua_settop(lua, 2);
    at = lua_newuserdatauv(lua, sizeof(*at), 0);
    at->text = text;
    at->from = from;
    at->last = SIZE_MAX;
    compile(lua, &at->pattern, wanted);
    lua_pushvalue(lua, 1); /* keeps the text */
    lua_pushcclosure(lua, gmatch_next, 2);
    return 1;
}

/* ---- gsub --------------------------------------------------------------------------------- */

/* Adds the string that is argument 3, in which "%0" to "%9" are captures. */
static void add_string(lua_State *lua, luaL_Buffer *buffer, const struct pattern *pattern,
                       const struct pattern_match *match, struct patchmark_text text) {
    struct patchmark_text rest;

    rest.data = lua_tolstring(lua, 3, &rest.length);
    state_charge(lua, rest.length);
    while (rest.length > 0) {
        const char *escape = memchr(rest.data, '%', rest.length);
        size_t plain = escape ? (size_t)(escape - rest.data) : rest.length;
        char what;

        luaL_addlstring(buffer, rest.data, plain);
        if (!escape)
            return;
        what = plain + 1 < rest.length ? escape[1] : '\0';
        if (what == '%') {
            luaL_addchar(buffer, '%');
        } else if (what == '0') {
            luaL_addlstring(buffer, text.data + match->from, match->to - match->from);
        } else if (patchmark_is_digit(what)) {
            if (what - '1' >= (pattern->captures ? pattern->captures : 1))
                luaL_error(lua, "invalid capture index %%%c in replacement string", what);
            push_capture(lua, pattern, match, text, what - '1');
            luaL_tolstring(lua, -1, NULL);
            lua_remove(lua, -2);
            luaL_addvalue(buffer);
        } else {
            luaL_error(lua, "invalid use of '%%' in replacement string");
        }
        rest = patchmark_text_skip(rest, plain + 2);
    }
}

/* Adds what argument 3, a string, table or function, makes of a match; the match itself if that is
 * nil or false. */
static void add_replacement(lua_State *lua, luaL_Buffer *buffer, const struct pattern *pattern,
                            const struct pattern_match *match, struct patchmark_text text) {
    switch (lua_type(lua, 3)) {
    case LUA_TFUNCTION:
        lua_pushvalue(lua, 3);
        lua_call(lua, push_captures(lua, pattern, match, text, true), 1);
        break;
    case LUA_TTABLE:
        push_capture(lua, pattern, match, text, 0);
        lua_gettable(lua, 3);
        break;
    default:
        add_string(lua, buffer, pattern, match, text);
        return;
    }
    if (!lua_toboolean(lua, -1)) {
        lua_pop(lua, 1);
        luaL_addlstring(buffer, text.data + match->from, match->to - match->from);
    } else if (!lua_isstring(lua, -1)) {
        luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
    } else {
        luaL_addvalue(buffer);
    }
}

int library_gsub(lua_State *lua) {
    struct patchmark_text text = text_of(lua, 1);
    lua_Integer most = luaL_optinteger(lua, 4, (lua_Integer)text.length + 1), count = 0;
    size_t copied = 0, last = SIZE_MAX;
    struct pattern_match match;
    struct pattern pattern;
    luaL_Buffer buffer;

    luaL_argexpected(lua, lua_isstring(lua, 3) || lua_istable(lua, 3) || lua_isfunction(lua, 3), 3,
                     "string, table or function");
    compile(lua, &pattern, text_of(lua, 2));
    lua_settop(lua, 4);
    luaL_buffinit(lua, &buffer);
    while (count < most &&
           (pattern.anchored ? count == 0 && search(lua, &pattern, text, 0, true, &match)
                             : search_next(lua, &pattern, text, copied, last, &match))) {
        luaL_addlstring(&buffer, text.data + copied, match.from - copied);
        add_replacement(lua, &buffer, &pattern, &match, text);
        copied = last = match.to;
        count++;
    }
    luaL_addlstring(&buffer, text.data + copied, text.length - copied);
    luaL_pushresult(&buffer);
    lua_pushinteger(lua, count);
    return 2;
}
