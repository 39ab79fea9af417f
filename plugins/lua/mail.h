/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail.h - the object `mail` that a script receives: what a classifier in C sees of a mail, and
 * what it may set.  patchmark-lua(7) describes the fields and methods.
 */
#ifndef MAIL_H
#define MAIL_H

#include <lua.h>

/* Creates the object in a new state, and adds the function log to the table at the top of the
 * stack.  Raises an error if memory runs out. */
void mail_open(lua_State *lua);

/* Pushes the object. */
void mail_push(lua_State *lua);

/* Pushes the table of the facts that the script has set, by key; nil if it has set none. */
void mail_push_facts(lua_State *lua);
/* Forgets them. */
void mail_forget_facts(lua_State *lua);

#endif
