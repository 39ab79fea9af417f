/* SPDX-License-Identifier: BSD-2-Clause
 *
 * script.c - see script.h.  The build makes a C string of state.lua.
 */
#include "script.h"

const char script_text[] =
#include "redis-state.h"
    ;
