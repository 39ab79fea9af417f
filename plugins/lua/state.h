/* SPDX-License-Identifier: BSD-2-Clause
 *
 * state.h - a Lua state in which a script runs within bounds.
 *
 * A script has a budget of work and of memory for each mail.  An instruction of Lua costs one unit
 * of work; a function of the library costs in proportion to what it does (state_charge), because
 * no instructions are counted while it runs; memory costs in proportion to its size.  Processor
 * time is bounded as well, for the few instructions whose time depends on the length of their
 * operands, such as the comparison of strings; a script exceeds that bound by up to 200 ms.  A
 * script that exceeds a bound is ended: from then on each instruction, and pcall, raises the error
 * again.
 *
 * No state of the script outlives a mail.  The script runs anew for each mail, in a new table of
 * globals, and cannot change the tables of the library.
 */
#ifndef STATE_H
#define STATE_H

#include "script.h"

#include <lauxlib.h>
#include <lua.h>

/* The bounds for one mail, and for the loading of a script.  Instructions alone use up the work in
 * 35 ms; the slowest that were found, which convert numbers or have 4 MiB strings, in 400 ms. */
#define STATE_WORK   4000000
#define STATE_MEMORY ((size_t)16 * 1024 * 1024) /* bytes */
#define STATE_BLOCK  ((size_t)4 * 1024 * 1024)  /* bytes of one string, or of a part of a table */
#define STATE_TIME   500                        /* milliseconds of processor time */

#define STATE_ERROR 1024 /* bytes of the text of an error */

/* Words that a script sets: labels, or flags. */
#define STATE_WORDS      64
#define STATE_WORD_BYTES 64
struct state_words {
    char words[STATE_WORDS][STATE_WORD_BYTES + 1];
    size_t count;
};

enum state_bound { BOUND_NONE, BOUND_WORK, BOUND_MEMORY, BOUND_TIME };

struct state {
    lua_State *lua;
    struct script *script;

    size_t memory, memory_most; /* bytes that are allocated, and that may be */
    size_t memory_least;        /* bytes that are allocated without garbage */
    size_t memory_peak;         /* the most bytes that were allocated */
    int hook_every;             /* instructions after which the hook is called again */
    int hook_loaded;            /* the same at the beginning of a mail */
    int64_t work;               /* units that are left */
    int64_t deadline; /* in milliseconds of processor time of the thread; 0 if not yet set */
    enum state_bound exceeded;
    int line;                /* of the script, where the error occurred; 0 if unknown */
    char error[STATE_ERROR]; /* its text */

    const void *mail; /* the object `mail` of the script */
    /* The mail at hand; NULL while the script is loaded. */
    const struct patchmark_message *message;
    struct patchmark_facts *facts;

    /* What the script has set, which becomes facts when it returns. */
    struct state_words labels, flags;
    unsigned logged; /* lines */

    struct state *next; /* in the list of unused states */
};

/* Returns a state in which SCRIPT, which must be valid as long, was compiled, for state_free.  OPEN
 * returns the metatable of the table of globals.  Returns NULL on failure; ERROR, a buffer of
 * STATE_ERROR bytes, then has the reason. */
struct state *state_new(struct script *script, lua_CFunction open, char *error);
void state_free(struct state *state);

/* Runs the script, which defines its functions, and then calls THEN with the table of its globals,
 * all within the bounds of one mail.  Returns 0, or -1 after an error, which state_error describes;
 * the state must then not be used again. */
int state_run(struct state *state, lua_CFunction then);

/* Returns the error of state_run, as "FILE:LINE: TEXT".  The string belongs to the
 * state. */
const char *state_error(struct state *state);

/* Returns the state of LUA. */
static inline struct state *state_of(lua_State *lua) {
    return *(struct state **)lua_getextraspace(lua);
}

/* Returns the mail at hand.  Raises an error unless the first argument is the object `mail`. */
static inline const struct patchmark_message *state_message(lua_State *lua) {
    const struct state *state = state_of(lua);

    if (lua_touserdata(lua, 1) != state->mail)
        luaL_typeerror(lua, 1, "mail");
    return state->message;
}

/* The units of work of a function that looks through the header, or through a table. */
#define STATE_COST_LOOK 100

/* Subtracts UNITS from the work that is left; raises an error if the script has exceeded it. */
void state_charge(lua_State *lua, size_t units);
/* The same for a function that reads BYTES bytes. */
static inline void state_charge_bytes(lua_State *lua, size_t bytes) {
    state_charge(lua, bytes / 8);
}

/* pcall of scripts: it does not catch that a bound was exceeded. */
int state_protected_call(lua_State *lua);

#endif
