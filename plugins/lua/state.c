/* SPDX-License-Identifier: BSD-2-Clause
 *
 * state.c - see state.h.
 *
 * What can end a script: the hook, which Lua calls after a number of instructions; the allocator,
 * which refuses memory; state_charge.  Each sets `exceeded` and makes the hook run for each
 * instruction from then on.  A state in which an error occurred is not used again.
 */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The instructions between two calls of the hook: fewer make scripts slower, more let a script
 * exceed its time by that many slow instructions.  A comparison or an addition of strings takes up
 * to 3 ns for each byte of an operand, so there are fewer in a state with a large block, and the
 * operands of all of them have at most HOOK_BYTES. */
#define HOOK_EVERY 500
#define HOOK_BYTES ((size_t)32 * 1024 * 1024)

/* What memory costs: units of work for a block, and bytes of it for a further unit. */
#define COST_BLOCK    4
#define BYTES_OF_UNIT 32

/* Bytes of garbage of earlier mails with which a mail may begin. */
#define GARBAGE_MOST ((size_t)32 * 1024)

/* Their addresses are the keys of the compiled script, and of the metatable of globals, in the
 * registry. */
static const char script_key, globals_key;

/* ---- bounds ------------------------------------------------------------------------------- */

static int64_t thread_milliseconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Returns the line of the innermost function of the script that runs; 0 if there is none. */
static int line_of(lua_State *lua) {
    lua_Debug debug;

    for (int level = 0; lua_getstack(lua, level, &debug); level++)
        if (lua_getinfo(lua, "l", &debug) && debug.currentline > 0)
            return debug.currentline;
    return 0;
}

/* The error that a bound raises: a value that needs no memory. */
static int bound_raise(lua_State *lua) {
    lua_pushlightuserdata(lua, (void *)&script_key);
    return lua_error(lua);
}

static void on_count(lua_State *lua, lua_Debug *debug);

/* Makes Lua call the hook after each EVERY instructions. */
static void hook_set(struct state *state, int every) {
    state->hook_every = every;
    if (state->lua)
        lua_sethook(state->lua, on_count, LUA_MASKCOUNT, every);
}

static void exceed(struct state *state, enum state_bound bound) {
    if (state->exceeded != BOUND_NONE)
        return;
    state->exceeded = bound;
    if (!state->lua)
        return;
    state->line = line_of(state->lua);
    hook_set(state, 1);
}

/* The time is counted from the first call on: most scripts end before. */
static void time_check(struct state *state) {
    int64_t now = thread_milliseconds();

    if (state->deadline == 0)
        state->deadline = now + STATE_TIME;
    else if (now > state->deadline)
        exceed(state, BOUND_TIME);
}

static void on_count(lua_State *lua, lua_Debug *debug) {
    struct state *state = state_of(lua);

    (void)debug;
    state->work -= state->hook_every;
    if (state->work < 0)
        exceed(state, BOUND_WORK);
    else
        time_check(state);
    if (state->exceeded != BOUND_NONE)
        bound_raise(lua);
}

void state_charge(lua_State *lua, size_t units) {
    struct state *state = state_of(lua);

    state->work -= units > STATE_WORK ? STATE_WORK + 1 : (int64_t)units;
    if (state->work < 0)
        exceed(state, BOUND_WORK);
    if (state->exceeded != BOUND_NONE)
        bound_raise(lua);
}

/* The allocator, a lua_Alloc.  Lua collects garbage and tries again if it returns NULL; but the
 * script has then exceeded its bound, so this happens once. */
static void *allocate(void *data, void *block, size_t old, size_t size) {
    struct state *state = data;
    size_t held = block ? old : 0; /* without a block, OLD is a type */
    void *changed;

    if (size == 0) {
        free(block);
        state->memory -= held;
        return NULL;
    }
    if (size > held) {
        if (size > STATE_BLOCK || state->memory + (size - held) > state->memory_most) {
            exceed(state, BOUND_MEMORY);
            return NULL;
        }
        state->work -= COST_BLOCK + (int64_t)(size / BYTES_OF_UNIT);
        if (HOOK_BYTES / size < (size_t)state->hook_every)
            hook_set(state, (int)(HOOK_BYTES / size));
    }
    changed = realloc(block, size);
    if (!changed)
        return size <= held ? block : NULL;
    state->memory += size - held;
    if (state->memory > state->memory_peak)
        state->memory_peak = state->memory;
    return changed;
}

int state_protected_call(lua_State *lua) {
    struct state *state = state_of(lua);
    int status;

    luaL_checkany(lua, 1);
    lua_pushboolean(lua, true);
    lua_insert(lua, 1);
    status = lua_pcall(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0);
    if (state->exceeded != BOUND_NONE)
        return bound_raise(lua);
    if (status == LUA_OK)
        return lua_gettop(lua);
    lua_pushboolean(lua, false);
    lua_insert(lua, -2);
    return 2;
}

/* ---- errors ------------------------------------------------------------------------------- */

/* Keeps the text of the error value at the top of the stack, which stays there; a handler of
 * lua_pcall.  Allocates no memory of Lua and calls no function of the script. */
static int on_error(lua_State *lua) {
    struct state *state = state_of(lua);

    if (state->exceeded != BOUND_NONE)
        return 1;
    state->line = line_of(lua);
    if (lua_type(lua, -1) == LUA_TSTRING)
        snprintf(state->error, sizeof(state->error), "%s", lua_tostring(lua, -1));
    else
        snprintf(state->error, sizeof(state->error), "the error is a value of type %s",
                 luaL_typename(lua, -1));
    return 1;
}

/* Keeps the text of the error that ended a call with STATUS, unless on_error did it. */
static void error_keep(struct state *state, int status) {
    switch (state->exceeded) {
    case BOUND_WORK:
        snprintf(state->error, sizeof(state->error), "exceeded its bound of work (%d instructions)",
                 STATE_WORK);
        break;
    case BOUND_MEMORY:
        snprintf(state->error, sizeof(state->error), "exceeded its bound of %zu MiB of memory",
                 STATE_MEMORY / (1024 * 1024));
        break;
    case BOUND_TIME:
        snprintf(state->error, sizeof(state->error),
                 "exceeded its bound of %d ms of processor time", STATE_TIME);
        break;
    default:
        if (status == LUA_ERRMEM || status == LUA_ERRERR)
            snprintf(state->error, sizeof(state->error), "%s",
                     status == LUA_ERRMEM ? "out of memory" : "error in the handling of an error");
    }
}

const char *state_error(struct state *state) {
    static const char chunk[] = SCRIPT_CHUNK ":";
    char text[STATE_ERROR], *rest = text;

    memcpy(text, state->error, sizeof(text));
    /* Lua begins its own errors with the place. */
    if (strncmp(text, chunk, strlen(chunk)) == 0) {
        long line = strtol(text + strlen(chunk), &rest, 10);

        state->line = (int)line;
        rest += strspn(rest, ": ");
    }
    if (state->line > 0)
        snprintf(state->error, sizeof(state->error), "%.500s:%d: %.480s", state->script->path,
                 state->line, rest);
    else
        snprintf(state->error, sizeof(state->error), "%.500s: %.480s", state->script->path, rest);
    return state->error;
}

/* ---- a run -------------------------------------------------------------------------------- */

/* Grants the whole budget. */
static void budget_grant(struct state *state) {
    state->work = STATE_WORK;
    state->deadline = 0;
    state->exceeded = BOUND_NONE;
    state->line = 0;
    state->error[0] = '\0';
}

/* Runs the script with a new table of globals, and calls the function that is the argument. */
static int run(lua_State *lua) {
    lua_createtable(lua, 0, 2);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &globals_key);
    lua_setmetatable(lua, -2);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &script_key);
    lua_pushvalue(lua, -2);
    lua_call(lua, 1, 0);
    state_charge(lua, 0);
    lua_call(lua, 1, 0);
    return 0;
}

/* Collects garbage if enough of it has come together.  Most of it is young: generational collection
 * visits only that.  What lived for long while a large mail was read is left for a complete one. */
static void garbage_collect(struct state *state) {
    if (state->memory > state->memory_least + GARBAGE_MOST)
        lua_gc(state->lua, LUA_GCSTEP, 0);
    if (state->memory > state->memory_least + GARBAGE_MOST)
        lua_gc(state->lua, LUA_GCCOLLECT);
}

int state_run(struct state *state, lua_CFunction then) {
    lua_State *lua = state->lua;
    int status;

    budget_grant(state);
    hook_set(state, state->hook_loaded);
    state->memory_most = state->memory + STATE_MEMORY;
    state->labels.count = state->flags.count = 0;
    state->logged = 0;
    lua_settop(lua, 0);
    lua_pushcfunction(lua, on_error);
    lua_pushcfunction(lua, run);
    lua_pushcfunction(lua, then);
    status = lua_pcall(lua, 1, 0, 1);
    if (status == LUA_OK && state->exceeded == BOUND_NONE) {
        garbage_collect(state);
        return 0;
    }
    error_keep(state, status);
    return -1;
}

/* ---- life --------------------------------------------------------------------------------- */

/* Returns the text of the script as luaL_loadfile reads it: without a byte order mark, and without
 * a first line that begins with '#', except for its end. */
static struct patchmark_text text_of(const struct script *script) {
    static const char mark[] = "\xef\xbb\xbf";
    struct patchmark_text text = {script->text, script->length};

    if (text.length >= strlen(mark) && memcmp(text.data, mark, strlen(mark)) == 0)
        text = patchmark_text_skip(text, strlen(mark));
    if (text.length > 0 && text.data[0] == '#') {
        const char *end = memchr(text.data, '\n', text.length);

        text = patchmark_text_skip(text, end ? (size_t)(end - text.data) : text.length);
    }
    return text;
}

/* Reads the compiled text, a lua_Reader: a first line that takes the table of globals as an
 * argument, and the script, whose first line is thus still the first one.  To set the table as the
 * upvalue of the compiled script, which is old, would make it old, too, and its garbage would stay
 * for long. */
static const char *text_read(lua_State *lua, void *data, size_t *size) {
    static const char globals[] = "local _ENV = ...; ";
    struct patchmark_text text = text_of(state_of(lua)->script);
    int *piece = data;

    *size = *piece == 0 ? strlen(globals) : *piece == 1 ? text.length : 0;
    return (*piece)++ == 0 ? globals : text.data;
}

/* Fills a new state; the argument is the function that opens the library. */
static int prepare(lua_State *lua) {
    int piece = 0;

    lua_call(lua, 0, 1);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &globals_key);
    if (lua_load(lua, text_read, &piece, "=" SCRIPT_CHUNK, "t") != LUA_OK)
        return lua_error(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &script_key);
    return 0;
}

struct state *state_new(struct script *script, lua_CFunction open, char *error) {
    struct state *state = calloc(1, sizeof(*state));
    int status = LUA_ERRMEM;

    snprintf(error, STATE_ERROR, "out of memory");
    if (!state)
        return NULL;
    state->script = script;
    state->memory_most = STATE_MEMORY;
    state->hook_every = HOOK_EVERY;
    budget_grant(state);
    state->lua = lua_newstate(allocate, state);
    if (state->lua) {
        *(struct state **)lua_getextraspace(state->lua) = state;
        hook_set(state, state->hook_every);
        lua_pushcfunction(state->lua, on_error);
        lua_pushcfunction(state->lua, prepare);
        lua_pushcfunction(state->lua, open);
        status = lua_pcall(state->lua, 1, 0, 1);
        if (status == LUA_OK && state->exceeded == BOUND_NONE) {
            lua_gc(state->lua, LUA_GCGEN, 0, 0);
            state->memory_least = state->memory;
            state->hook_loaded = state->hook_every;
            return state;
        }
        error_keep(state, status);
        snprintf(error, STATE_ERROR, "%s", state_error(state));
    }
    state_free(state);
    return NULL;
}

void state_free(struct state *state) {
    if (!state)
        return;
    if (state->lua)
        lua_close(state->lua);
    free(state);
}
