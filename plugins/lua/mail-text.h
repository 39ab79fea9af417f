/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail-text.h - the text of a mail for scripts: the field and methods of the object `mail` that
 * return parts and lines.
 */
#ifndef MAIL_TEXT_H
#define MAIL_TEXT_H

#include <patchmark-plugin.h>

#include <lua.h>

/* Creates what the methods need in a new state.  Raises an error if memory runs out. */
void mail_text_open(lua_State *lua);

/* Pushes the text of MESSAGE: its parts that are plain text and no files. */
void mail_push_text(lua_State *lua, const struct patchmark_message *message);

/* The methods mail:parts() and mail:lines(). */
int mail_parts(lua_State *lua);
int mail_lines(lua_State *lua);

#endif
