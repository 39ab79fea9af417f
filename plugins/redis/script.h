/* SPDX-License-Identifier: BSD-2-Clause
 *
 * script.h - what Redis does with one event, in Lua: remember its id, add it, publish it.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

/* For SCRIPT LOAD.  Its keys and arguments, and what it answers, are told in script.c. */
extern const char script_text[];

#endif
