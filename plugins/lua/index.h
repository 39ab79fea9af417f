/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.h - methods of the object `mail` that look up earlier mails: the functions
 * patchmark_index_... of the interface, with tables in place of structs.
 */
#ifndef LUA_INDEX_H
#define LUA_INDEX_H

#include <lua.h>

/* The type of the object `mail`. */
#define MAIL_TYPE "mail"

int index_message(lua_State *lua);
int index_series(lua_State *lua);
int index_taken(lua_State *lua);
int index_find(lua_State *lua);
int index_shared(lua_State *lua);
int index_known_sender(lua_State *lua);

#endif
