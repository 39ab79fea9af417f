/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail-index.c - see mail-index.h.
 */
#include "mail-index.h"

#include "state.h"

#include <stdio.h>

/* Units of work of one look-up, which takes 5 to 20 us, and of each series that it finds. */
#define COST_LOOKUP 2000
#define COST_FOUND  200

#define SERIES_MOST 64  /* that index_find returns */
#define NOTES_MOST  100 /* that index_shared compares */
#define KEY_BYTES   512 /* of a key of the index */

static const struct patchmark_message *message_of(lua_State *lua) {
    state_charge(lua, COST_LOOKUP);
    return state_message(lua);
}

/* Sets the field NAME of the table at the top of the stack. */
static void set_string(lua_State *lua, const char *name, const char *value) {
    lua_pushstring(lua, value);
    lua_setfield(lua, -2, name);
}

/* The same, unless VALUE is negative: unknown. */
static void set_number(lua_State *lua, const char *name, int64_t value) {
    if (value < 0)
        return;
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, name);
}

static void push_series(lua_State *lua, const struct patchmark_series *series) {
    lua_createtable(lua, 0, 12);
    set_string(lua, "id", series->id);
    set_string(lua, "topic", series->topic);
    set_string(lua, "author", series->author);
    set_string(lua, "title", series->title);
    set_number(lua, "version", series->version);
    set_number(lua, "total", series->total);
    set_number(lua, "opened", series->opened);
    set_number(lua, "changed", series->changed);
    lua_pushboolean(lua, series->rfc != 0);
    lua_setfield(lua, -2, "rfc");
    set_string(lua, "via", series->via);
    set_string(lua, "lists", series->lists);
    set_string(lua, "labels", series->labels);
    set_string(lua, "superseded_by", series->superseded_by);
}

/* mail:index_message(message_id): a table, or nil. */
int mail_index_message(lua_State *lua) {
    struct patchmark_known known = {.struct_size = sizeof(known)};

    if (!patchmark_index_message(message_of(lua), luaL_checkstring(lua, 2), &known)) {
        luaL_pushfail(lua);
        return 1;
    }
    lua_createtable(lua, 0, 5);
    set_string(lua, "series", known.series);
    set_string(lua, "sender", known.sender);
    set_string(lua, "kind", known.kind);
    set_number(lua, "part", known.part);
    set_string(lua, "via", known.via);
    return 1;
}

/* mail:index_series(id): a table, or nil. */
int mail_index_series(lua_State *lua) {
    struct patchmark_series series = {.struct_size = sizeof(series)};

    if (patchmark_index_series(message_of(lua), luaL_checkstring(lua, 2), &series))
        push_series(lua, &series);
    else
        luaL_pushfail(lua);
    return 1;
}

/* mail:index_taken(series, part) */
int mail_index_taken(lua_State *lua) {
    lua_pushboolean(lua, patchmark_index_taken(message_of(lua), luaL_checkstring(lua, 2),
                                               luaL_checkinteger(lua, 3)));
    return 1;
}

/* mail:index_find(key): an array of tables, newest first. */
int mail_index_find(lua_State *lua) {
    struct patchmark_series found[SERIES_MOST] = {{.struct_size = sizeof(found[0])}};
    size_t count =
        patchmark_index_find(message_of(lua), luaL_checkstring(lua, 2), found, SERIES_MOST);

    state_charge(lua, count * COST_FOUND);
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_series(lua, &found[i]);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* mail:index_shared(series, notes): how many of the list NOTES the series has. */
int mail_index_shared(lua_State *lua) {
    const struct patchmark_message *message = message_of(lua);
    const char *series = luaL_checkstring(lua, 2), *notes[NOTES_MOST];
    size_t count;

    luaL_checktype(lua, 3, LUA_TTABLE);
    count = lua_rawlen(lua, 3);
    luaL_argcheck(lua, count <= NOTES_MOST, 3, "more than 100 notes");
    luaL_checkstack(lua, NOTES_MOST, NULL);
    for (size_t i = 0; i < count; i++) {
        luaL_argexpected(lua, lua_rawgeti(lua, 3, (lua_Integer)i + 1) == LUA_TSTRING, 3,
                         "list of strings");
        notes[i] = lua_tostring(lua, -1); /* the string stays on the stack */
    }
    state_charge(lua, count * COST_FOUND);
    lua_pushinteger(lua, (lua_Integer)patchmark_index_shared(message, series, notes, count));
    return 1;
}

/* mail:known_sender(): true if the index has an earlier series of the sender.  The plugin series
 * records each series under the key "by ADDRESS".  The series of the mail itself does not count:
 * an earlier pass, or an earlier part, may have recorded it. */
int mail_known_sender(lua_State *lua) {
    struct patchmark_series found[2] = {{.struct_size = sizeof(found[0])}};
    const struct patchmark_message *message = message_of(lua);
    const char *own = patchmark_fact_string(state_of(lua)->facts, "series.id");
    const char *sender = patchmark_message_sender(message);
    bool known = false;
    char key[KEY_BYTES];
    size_t count = 0;

    if (*sender && snprintf(key, sizeof(key), "by %s", sender) < (int)sizeof(key))
        count = patchmark_index_find(message, key, found, 2);
    for (size_t i = 0; i < count; i++)
        known = known || !own || strcmp(found[i].id, own) != 0;
    lua_pushboolean(lua, known);
    return 1;
}
