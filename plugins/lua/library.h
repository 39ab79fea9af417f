/* SPDX-License-Identifier: BSD-2-Clause
 *
 * library.h - the functions of Lua's library that scripts may call.
 *
 * What reads files, runs programs, loads code, or could outlive a mail is not among them.  Those
 * whose time depends on their arguments charge for it (state_charge).  Scripts cannot change the
 * tables: what they see is an empty table whose index is the real one.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <lua.h>

/* Returns the metatable of a table of globals, whose index is the library; a lua_CFunction that is
 * called once for each state. */
int library_open(lua_State *lua);

/* string.find, match, gmatch and gsub, in match.c. */
int library_find(lua_State *lua);
int library_match(lua_State *lua);
int library_gmatch(lua_State *lua);
int library_gsub(lua_State *lua);

#endif
