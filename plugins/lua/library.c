/* SPDX-License-Identifier: BSD-2-Clause
 *
 * library.c - see library.h.
 */
#include "library.h"

#include "mail.h"
#include "state.h"

#include <lualib.h>
#include <string.h>

/* ---- functions that are called by way of one that charges ---------------------------------- */

/* Calls the function of Lua's library that is its upvalue; for those that read their arguments. */
static int charge_strings(lua_State *lua) {
    size_t bytes = 0;

    for (int i = lua_gettop(lua); i > 0; i--)
        if (lua_type(lua, i) == LUA_TSTRING)
            bytes += lua_rawlen(lua, i);
    state_charge_bytes(lua, bytes);
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

/* tostring: of a table or a function only its type, not its address, which differs between runs. */
static int to_string(lua_State *lua) {
    luaL_checkany(lua, 1);
    if (lua_type(lua, 1) > LUA_TSTRING)
        lua_pushstring(lua, luaL_typename(lua, 1));
    else
        luaL_tolstring(lua, 1, NULL);
    return 1;
}

/* string.format: a conversion of a few bytes takes long.  Writes no address, either: %s is as
 * tostring, and there is no %p. */
static int charge_format(lua_State *lua) {
    size_t bytes;
    const char *at = luaL_checklstring(lua, 1, &bytes), *end = at + bytes;
    int argument = 1;

    state_charge(lua, 4 * bytes);
    while ((at = memchr(at, '%', (size_t)(end - at)))) {
        at += 1 + strspn(at + 1, "-+#0 123456789.");
        if (*at == 'p')
            return luaL_error(lua, "invalid conversion '%%p' to 'format'");
        if (*at == '%')
            at++;
        else if (lua_type(lua, ++argument) > LUA_TSTRING && *at == 's') {
            lua_pushstring(lua, luaL_typename(lua, argument));
            lua_replace(lua, argument);
        }
    }
    return charge_strings(lua);
}

/* string.rep(text, count): an empty text is repeated as often as any other. */
static int charge_count(lua_State *lua) {
    lua_Integer count = luaL_checkinteger(lua, 2);

    state_charge_bytes(lua, count > 0 ? (size_t)count : 0);
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

/* table.insert and remove, which move the elements behind a position. */
static int charge_moves(lua_State *lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (!lua_isnoneornil(lua, 2))
        state_charge(lua, lua_rawlen(lua, 1));
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

static int charge_range(lua_State *lua, int argument) {
    lua_Integer first, last;

    luaL_checktype(lua, 1, LUA_TTABLE);
    first = luaL_optinteger(lua, argument, 1);
    last = luaL_optinteger(lua, argument + 1, (lua_Integer)lua_rawlen(lua, 1));
    if (first <= last)
        state_charge(lua, ((size_t)last - (size_t)first));
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

/* table.concat(list, separator, first, last) */
static int charge_concat(lua_State *lua) {
    return charge_range(lua, 3);
}

/* table.unpack(list, first, last) */
static int charge_unpack(lua_State *lua) {
    return charge_range(lua, 2);
}

/* Compares two elements for table.sort with the function that is its upvalue, or with "<" if that
 * is nil. */
static int is_less(lua_State *lua) {
    size_t one = lua_type(lua, 1) == LUA_TSTRING ? lua_rawlen(lua, 1) : 0;
    size_t other = lua_type(lua, 2) == LUA_TSTRING ? lua_rawlen(lua, 2) : 0;

    state_charge_bytes(lua, one + other);
    if (lua_isnil(lua, lua_upvalueindex(1))) {
        lua_pushboolean(lua, lua_compare(lua, 1, 2, LUA_OPLT));
        return 1;
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 2, 1);
    return 1;
}

/* table.sort(list, is_less): is_less may be a function of the library, which reads strings. */
static int charge_sort(lua_State *lua) {
    size_t count, comparisons = 0;

    luaL_checktype(lua, 1, LUA_TTABLE);
    count = lua_rawlen(lua, 1);
    for (size_t rest = count; rest > 1; rest /= 2)
        comparisons += count;
    state_charge(lua, comparisons);
    if (!lua_isnoneornil(lua, 2))
        luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    lua_pushcclosure(lua, is_less, 1);
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

static int refuse_print(lua_State *lua) {
    return luaL_error(lua, "there is no print; use log(text)");
}

/* ---- the tables --------------------------------------------------------------------------- */

/* A function of a library: FUNCTION; or if WRAPPED is not NULL, that one with Lua's own function as
 * its upvalue; or if both are NULL, Lua's own value. */
struct entry {
    const char *name;
    lua_CFunction wrapped, function;
};

static const struct entry base_entries[] = {
    {"assert", NULL, NULL},        {"error", NULL, NULL},  {"ipairs", NULL, NULL},
    {"next", NULL, NULL},          {"pairs", NULL, NULL},  {"pcall", NULL, state_protected_call},
    {"print", NULL, refuse_print}, {"select", NULL, NULL}, {"tonumber", charge_strings, NULL},
    {"tostring", NULL, to_string}, {"type", NULL, NULL},   {0}};
static const struct entry string_entries[] = {{"byte", NULL, NULL},
                                              {"char", charge_strings, NULL},
                                              {"find", NULL, library_find},
                                              {"format", charge_format, NULL},
                                              {"gmatch", NULL, library_gmatch},
                                              {"gsub", NULL, library_gsub},
                                              {"len", NULL, NULL},
                                              {"lower", charge_strings, NULL},
                                              {"match", NULL, library_match},
                                              {"rep", charge_count, NULL},
                                              {"reverse", charge_strings, NULL},
                                              {"sub", NULL, NULL},
                                              {"upper", charge_strings, NULL},
                                              {0}};
static const struct entry table_entries[] = {{"concat", charge_concat, NULL},
                                             {"insert", charge_moves, NULL},
                                             {"pack", NULL, NULL},
                                             {"remove", charge_moves, NULL},
                                             {"sort", charge_sort, NULL},
                                             {"unpack", charge_unpack, NULL},
                                             {0}};
static const struct entry math_entries[] = {
    {"abs", NULL, NULL},        {"ceil", NULL, NULL},          {"floor", NULL, NULL},
    {"fmod", NULL, NULL},       {"huge", NULL, NULL},          {"max", charge_strings, NULL},
    {"maxinteger", NULL, NULL}, {"min", charge_strings, NULL}, {"mininteger", NULL, NULL},
    {"modf", NULL, NULL},       {"sqrt", NULL, NULL},          {"tointeger", NULL, NULL},
    {"type", NULL, NULL},       {"ult", NULL, NULL},           {0}};
static const struct entry utf8_entries[] = {{"char", charge_strings, NULL},
                                            {"charpattern", NULL, NULL},
                                            {"codepoint", charge_strings, NULL},
                                            {"codes", NULL, NULL},
                                            {"len", charge_strings, NULL},
                                            {"offset", charge_strings, NULL},
                                            {0}};

/* Replaces Lua's own library at the top of the stack by a table of ENTRIES. */
static void choose(lua_State *lua, const struct entry *entries) {
    lua_newtable(lua);
    for (; entries->name; entries++) {
        if (entries->function) {
            lua_pushcfunction(lua, entries->function);
        } else {
            lua_getfield(lua, -2, entries->name);
            if (entries->wrapped)
                lua_pushcclosure(lua, entries->wrapped, 1);
        }
        lua_setfield(lua, -2, entries->name);
    }
    lua_remove(lua, -2);
}

static int refuse_change(lua_State *lua) {
    return luaL_error(lua, "this table cannot be changed");
}

/* Replaces the table at the top of the stack by an empty one through which it can be read but not
 * changed. */
static void protect(lua_State *lua) {
    lua_newtable(lua);
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_change);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_remove(lua, -2);
}

/* Methods of strings are those of the table at the top of the stack, which stays there. */
static void set_string_methods(lua_State *lua) {
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pop(lua, 2);
}

static void add_library(lua_State *lua, const char *name, lua_CFunction open,
                        const struct entry *entries) {
    luaL_requiref(lua, name, open, 0);
    choose(lua, entries);
    if (open == luaopen_string)
        set_string_methods(lua);
    protect(lua);
    lua_setfield(lua, -2, name);
}

int library_open(lua_State *lua) {
    lua_createtable(lua, 0, 1);
    luaL_requiref(lua, LUA_GNAME, luaopen_base, 0);
    choose(lua, base_entries);
    add_library(lua, LUA_STRLIBNAME, luaopen_string, string_entries);
    add_library(lua, LUA_TABLIBNAME, luaopen_table, table_entries);
    add_library(lua, LUA_MATHLIBNAME, luaopen_math, math_entries);
    add_library(lua, LUA_UTF8LIBNAME, luaopen_utf8, utf8_entries);
    mail_open(lua);
    lua_setfield(lua, -2, "__index");
    return 1;
}
