/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lua.c - the classifier "lua": a script of the operator sets labels, flags and facts.
 *
 * An instance owns its script and a list of unused states, of which each mail takes one, because a
 * state serves one thread at a time.  If the script fails, it has set nothing on that mail, and the
 * state is replaced by a new one.
 */
#include "library.h"
#include "mail.h"
#include "state.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

struct lua {
    struct script *script;
    pthread_mutex_t lock; /* protects `spare`: classify runs on several threads */
    struct state *spare;  /* the list of unused states */
};

static const struct patchmark_option options[] = {
    {"script", PATCHMARK_STRING, NULL, 0, 0, "file of the script, an absolute path"},
    {.name = NULL},
};

/* ---- states ------------------------------------------------------------------------------- */

static struct state *state_acquire(struct lua *self, char *error) {
    struct state *state;

    pthread_mutex_lock(&self->lock);
    state = self->spare;
    if (state)
        self->spare = state->next;
    pthread_mutex_unlock(&self->lock);
    return state ? state : state_new(self->script, library_open, error);
}

static void state_release(struct lua *self, struct state *state) {
    pthread_mutex_lock(&self->lock);
    state->next = self->spare;
    self->spare = state;
    pthread_mutex_unlock(&self->lock);
}

/* ---- texts of facts ----------------------------------------------------------------------- */

/* Bytes of a text that are looked at: more than the core keeps, so that it knows that it was cut.
 */
#define TEXT_MOST 2048
/* The same of the items of a list. */
#define LIST_MOST 2000

/* Returns the length of the UTF-8 character (RFC 3629) at the start of TEXT, which is not empty; 0
 * if there is none, or if it is a NUL. */
static size_t character_length(struct patchmark_text text) {
    static const struct {
        unsigned char from, to, second_from, second_to;
        size_t length;
    } forms[] = {{0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
                 {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                 {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                 {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
                 {0xf4, 0xf4, 0x80, 0x8f, 4}};
    const unsigned char *bytes = (const unsigned char *)text.data;

    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        size_t length = forms[i].length;

        if (bytes[0] < forms[i].from || bytes[0] > forms[i].to)
            continue;
        if (length > text.length ||
            (length > 1 && (bytes[1] < forms[i].second_from || bytes[1] > forms[i].second_to)))
            return 0;
        for (size_t at = 2; at < length; at++)
            if ((bytes[at] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

/* Returns the string at the top of the stack with a question mark for each byte that is not part of
 * a character of UTF-8: a script can cut one in two.  The text is in BUFFER, of TEXT_MOST bytes. */
static struct patchmark_text text_clean(lua_State *lua, char *buffer) {
    struct patchmark_text text;
    size_t at = 0, length;

    text.data = lua_tolstring(lua, -1, &text.length);
    if (text.length > TEXT_MOST)
        text.length = TEXT_MOST;
    memcpy(buffer, text.data, text.length);
    text.data = buffer;
    while (at < text.length) {
        length = character_length(patchmark_text_skip(text, at));
        if (length == 0)
            buffer[at] = '?';
        at += length > 0 ? length : 1;
    }
    return text;
}

/* ---- a mail ------------------------------------------------------------------------------- */

/* Sets the fact whose value, which mail:set has checked, is at the top of the stack.  Allocates no
 * memory of Lua. */
static void fact_set(lua_State *lua, struct patchmark_facts *facts,
                     const struct script_fact *fact) {
    char buffer[TEXT_MOST];

    switch (fact->type) {
    case PATCHMARK_BOOL:
        patchmark_fact_set_bool(facts, fact->key, lua_toboolean(lua, -1));
        break;
    case PATCHMARK_INT:
        patchmark_fact_set_int(facts, fact->key, lua_tointeger(lua, -1));
        break;
    case PATCHMARK_STRING:
        patchmark_fact_set_text(facts, fact->key, text_clean(lua, buffer));
        break;
    default:
        for (lua_Integer i = 1; lua_rawgeti(lua, -1, i) == LUA_TSTRING && i <= LIST_MOST; i++) {
            patchmark_fact_add_text(facts, fact->key, text_clean(lua, buffer));
            lua_pop(lua, 1);
        }
        lua_pop(lua, 1);
    }
}

/* Pushes the values of all facts of the script, in their order; nil for those that it has not set.
 * Raises an error if the script exceeded a bound at its end, or if this exceeds it. */
static void facts_push(lua_State *lua) {
    const struct script *script = state_of(lua)->script;
    int table;

    luaL_checkstack(lua, SCRIPT_FACTS + LUA_MINSTACK, NULL);
    mail_push_facts(lua);
    table = lua_gettop(lua);
    for (size_t i = 0; i < script->fact_count; i++)
        if (lua_istable(lua, table))
            lua_getfield(lua, table, script->facts[i].key);
        else
            lua_pushnil(lua);
    state_charge(lua, 0);
}

/* Sets what the script has set.  All that can raise an error comes first: a script that fails sets
 * nothing. */
static void results_set(lua_State *lua) {
    const struct state *state = state_of(lua);
    const struct script *script = state->script;
    int first;

    facts_push(lua);
    first = lua_gettop(lua) - (int)script->fact_count + 1;
    for (size_t i = 0; i < state->labels.count; i++)
        patchmark_add_label(state->facts, state->labels.words[i]);
    for (size_t i = 0; i < state->flags.count; i++)
        patchmark_add_flag(state->facts, state->flags.words[i]);
    for (size_t i = 0; i < script->fact_count; i++) {
        lua_pushvalue(lua, first + (int)i);
        if (!lua_isnil(lua, -1))
            fact_set(lua, state->facts, &script->facts[i]);
        lua_pop(lua, 1);
    }
}

/* Calls the function classify of the script; the argument is the table of its globals. */
static int classify_call(lua_State *lua) {
    mail_forget_facts(lua);
    lua_getfield(lua, 1, "classify");
    mail_push(lua);
    lua_call(lua, 1, 0);
    results_set(lua);
    return 0;
}

static int lua_classify(void *data, const struct patchmark_message *message,
                        struct patchmark_facts *facts) {
    struct lua *self = data;
    char error[STATE_ERROR];
    struct state *state = state_acquire(self, error);
    int result;

    if (!state)
        return patchmark_fail(facts, "%s", error);
    state->message = message;
    state->facts = facts;
    result = state_run(state, classify_call);
    if (result == 0) {
        state_release(self, state);
        return 0;
    }
    patchmark_fail(facts, "%s", state_error(state));
    state_free(state);
    return -1;
}

/* ---- open and close ----------------------------------------------------------------------- */

/* Reads the table facts; the argument is the table of globals. */
static int facts_read(lua_State *lua) {
    struct state *state = state_of(lua);
    struct script *script = state->script;

    if (lua_getfield(lua, 1, "classify") != LUA_TFUNCTION)
        return luaL_error(lua, "does not define the function classify(mail)");
    lua_getfield(lua, 1, "facts");
    if (lua_isnil(lua, -1))
        return 0;
    if (!lua_istable(lua, -1))
        return luaL_error(lua, "facts must be a table, as in facts = { size = \"int\" }");
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        bool strings = lua_type(lua, -2) == LUA_TSTRING && lua_type(lua, -1) == LUA_TSTRING;
        const char *fault =
            strings ? script_declare(script, lua_tostring(lua, -2), lua_tostring(lua, -1))
                    : "keys and types are strings";

        if (fault)
            return luaL_error(lua, "facts: %s: %s", luaL_tolstring(lua, -2, NULL), fault);
    }
    return 0;
}

/* Loads the script, and declares its facts. */
static int script_load(struct lua *self, struct patchmark_instance *instance) {
    char error[STATE_ERROR];
    struct state *state = state_new(self->script, library_open, error);

    if (!state) {
        patchmark_log(instance, PATCHMARK_ERROR, "%s", error);
        return -1;
    }
    if (state_run(state, facts_read) < 0) {
        patchmark_log(instance, PATCHMARK_ERROR, "%s", state_error(state));
        state_free(state);
        return -1;
    }
    state_release(self, state);
    for (size_t i = 0; i < self->script->fact_count; i++) {
        const struct script_fact *fact = &self->script->facts[i];

        if (patchmark_declare_fact(instance, fact->key, fact->type) < 0)
            return -1;
    }
    return 0;
}

static void lua_close_instance(void *data) {
    struct lua *self = data;

    while (self->spare) {
        struct state *state = self->spare;

        self->spare = state->next;
        state_free(state);
    }
    script_free(self->script);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* The least stack, in KiB.  Lua permits 200 calls in C within each other; those of gsub, which take
 * most, need half of this. */
#define STACK_LEAST 2048

/* Checks the stack of the threads that will run the script, which is by default as large as the
 * limit with which the process was started.  Returns 0, or -1 after patchmark_log. */
static int stack_check(struct patchmark_instance *instance) {
    struct rlimit limit;

    if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur / 1024 >= STACK_LEAST)
        return 0;
    patchmark_log(
        instance, PATCHMARK_ERROR,
        "scripts require a stack of %d KiB, and the limit is %d KiB; raise it with ulimit "
        "-s or LimitSTACK=",
        STACK_LEAST, (int)(limit.rlim_cur / 1024));
    return -1;
}

static int lua_open_instance(struct patchmark_instance *instance, void **out) {
    const char *path = patchmark_option_string(instance, "script");
    struct lua *self;

    if (!path) {
        patchmark_option_error(instance, "script", "is required: the file of a script");
        return -1;
    }
    if (stack_check(instance) < 0)
        return -1;
    self = calloc(1, sizeof(*self));
    if (!self) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return -1;
    }
    pthread_mutex_init(&self->lock, NULL);
    self->script = script_read(instance, path);
    if (!self->script || script_load(self, instance) < 0) {
        lua_close_instance(self);
        return -1;
    }
    *out = self;
    return 0;
}

static struct patchmark_plugin plugin = {
    .traits = PATCHMARK_PARALLEL | PATCHMARK_USES_INDEX | PATCHMARK_RUNS_LAST,
    .name = "lua",
    .version = "1",
    .summary = "sets labels, flags and facts by a script of the operator",
    .options = options,
    .open = lua_open_instance,
    .classify = lua_classify,
    .close = lua_close_instance,
};

PATCHMARK_PLUGIN(plugin)
