/* SPDX-License-Identifier: BSD-2-Clause
 *
 * script.h - the Lua script that Redis runs for a group of events, see state.lua.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

/* The text of state.lua, for SCRIPT LOAD. */
extern const char script_text[];

#endif
