/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail-text.c - see mail-text.h.
 */
#include "mail-text.h"

#include "state.h"

#include <string.h>

#define PART_TYPE "part of a mail"

/* What a script sees of a long mail: the start of the text, and of each part, and the first lines.
 * A script whose work grows with them stays within its bounds, whatever a sender sends. */
#define TEXT_MOST  ((size_t)256 * 1024)
#define LINES_MOST 10000

/* Returns true if part I is text of the mail itself: not a file, and not HTML. */
static bool is_body(const struct patchmark_part *part) {
    return !*part->filename && strcmp(part->type, "text/plain") == 0;
}

/* Returns TEXT, cut to at most MOST bytes between two characters of UTF-8. */
static struct patchmark_text text_cut(struct patchmark_text text, size_t most) {
    if (text.length > most) {
        text.length = most;
        while (text.length > 0 && (text.data[text.length] & 0xc0) == 0x80)
            text.length--;
    }
    return text;
}

void mail_push_text(lua_State *lua, const struct patchmark_message *message) {
    struct patchmark_part part = {.struct_size = sizeof(part)};
    size_t left = TEXT_MOST;
    luaL_Buffer buffer;

    luaL_buffinit(lua, &buffer);
    for (size_t i = 0; patchmark_message_part(message, i, &part); i++) {
        if (!is_body(&part))
            continue;
        part.text = text_cut(part.text, left);
        luaL_addlstring(&buffer, part.text.data, part.text.length);
        left -= part.text.length;
    }
    luaL_pushresult(&buffer);
}

/* ---- parts and lines ---------------------------------------------------------------------- */

/* mail:parts(): an array of parts, which are userdata that hold their number. */
int mail_parts(lua_State *lua) {
    size_t count = patchmark_message_part_count(state_message(lua));

    state_charge(lua, STATE_COST_LOOK);
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        *(size_t *)lua_newuserdatauv(lua, sizeof(size_t), 0) = i;
        luaL_setmetatable(lua, PART_TYPE);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* part.NAME */
static int part_index(lua_State *lua) {
    const size_t *number = luaL_checkudata(lua, 1, PART_TYPE);
    const char *name = luaL_checkstring(lua, 2);
    struct patchmark_part part = {.struct_size = sizeof(part)};

    state_charge(lua, STATE_COST_LOOK);
    patchmark_message_part(state_of(lua)->message, *number, &part);
    part.truncated |= part.text.length > TEXT_MOST || part.bytes.length > TEXT_MOST;
    part.text = text_cut(part.text, TEXT_MOST);
    part.bytes = text_cut(part.bytes, TEXT_MOST);
    if (strcmp(name, "type") == 0)
        lua_pushstring(lua, part.type);
    else if (strcmp(name, "filename") == 0)
        lua_pushstring(lua, part.filename);
    else if (strcmp(name, "text") == 0)
        lua_pushlstring(lua, part.text.data, part.text.length);
    else if (strcmp(name, "bytes") == 0)
        lua_pushlstring(lua, part.bytes.data, part.bytes.length);
    else if (strcmp(name, "truncated") == 0)
        lua_pushboolean(lua, part.truncated != 0);
    else
        return luaL_error(lua, "a part has no field '%s'", name);
    return 1;
}

/* A walk over the lines of the text of a mail. */
struct walk {
    size_t part;  /* the number of the next part */
    size_t count; /* of lines so far */
    struct patchmark_lines lines;
};

/* Returns two values: the next line, and where it comes from. */
static int lines_next(lua_State *lua) {
    static const char *const origins[] = {
        [PATCHMARK_OWN] = "own",   [PATCHMARK_QUOTED] = "quoted",       [PATCHMARK_HEAD] = "head",
        [PATCHMARK_DIFF] = "diff", [PATCHMARK_SIGNATURE] = "signature",
    };
    struct walk *walk = lua_touserdata(lua, lua_upvalueindex(1));
    struct patchmark_part part = {.struct_size = sizeof(part)};
    enum patchmark_origin origin;
    struct patchmark_text line;

    if (walk->count++ == LINES_MOST)
        return 0;
    while (!patchmark_lines_next(&walk->lines, &line, &origin)) {
        state_charge(lua, STATE_COST_LOOK);
        if (!patchmark_message_part(state_of(lua)->message, walk->part++, &part))
            return 0;
        if (is_body(&part))
            walk->lines = patchmark_lines_of(part.text);
    }
    state_charge_bytes(lua, line.length);
    lua_pushlstring(lua, line.data, line.length);
    lua_pushstring(lua, origins[origin]);
    return 2;
}

/* mail:lines(): for line, origin in mail:lines() do ... end */
int mail_lines(lua_State *lua) {
    struct walk *walk;

    state_message(lua);
    walk = lua_newuserdatauv(lua, sizeof(*walk), 0);
    *walk = (struct walk){.part = 0};
    walk->lines = patchmark_lines_of(patchmark_text_of(""));
    lua_pushcclosure(lua, lines_next, 1);
    return 1;
}

/* ---- opening ------------------------------------------------------------------------------- */

void mail_text_open(lua_State *lua) {
    luaL_newmetatable(lua, PART_TYPE);
    lua_pushcfunction(lua, part_index);
    lua_setfield(lua, -2, "__index");
    lua_pop(lua, 1);
}
