/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail-index.h - methods of the object `mail` that look up earlier mails: the functions
 * patchmark_index_... of the interface, with tables in place of structs.
 */
#ifndef MAIL_INDEX_H
#define MAIL_INDEX_H

#include <lua.h>

int mail_index_message(lua_State *lua);
int mail_index_series(lua_State *lua);
int mail_index_taken(lua_State *lua);
int mail_index_find(lua_State *lua);
int mail_index_shared(lua_State *lua);
int mail_known_sender(lua_State *lua);

#endif
