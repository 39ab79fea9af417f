/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail.c - see mail.h.
 *
 * Strings that a mail has not are "" and lists are empty, so that a script which forgets this case
 * does not fail on the mails of a stranger.  Names that do not exist are errors.
 */
#include "mail.h"

#include "mail-index.h"
#include "mail-text.h"
#include "state.h"

#include <string.h>

/* Lines that a script may log for each mail. */
#define LINES_LOGGED 10

/* Their addresses are the keys of the object and of the table of facts in the registry. */
static const char mail_key, facts_key;

/* ---- fields ------------------------------------------------------------------------------- */

static const char *fact_or_empty(lua_State *lua, const char *name) {
    const char *value = patchmark_fact_string(state_of(lua)->facts, name);

    return value ? value : "";
}

static const char *title_of(lua_State *lua, const struct patchmark_message *message) {
    const char *title = patchmark_fact_string(state_of(lua)->facts, "subject.title");

    return title ? title : patchmark_message_subject(message);
}

enum field {
    FIELD_ID = 1,
    FIELD_SUBJECT,
    FIELD_TITLE,
    FIELD_SENDER,
    FIELD_SENDER_NAME,
    FIELD_SENDER_VIA,
    FIELD_LIST,
    FIELD_KIND,
    FIELD_TEXT,
    FIELD_RECEIVED,
    FIELD_IS_REPLY,
};

static const struct {
    const char *name;
    enum field field;
} fields[] = {{"id", FIELD_ID},
              {"subject", FIELD_SUBJECT},
              {"title", FIELD_TITLE},
              {"sender", FIELD_SENDER},
              {"sender_name", FIELD_SENDER_NAME},
              {"sender_via", FIELD_SENDER_VIA},
              {"list", FIELD_LIST},
              {"kind", FIELD_KIND},
              {"text", FIELD_TEXT},
              {"received", FIELD_RECEIVED},
              {"is_reply", FIELD_IS_REPLY},
              {0}};

static void push_field(lua_State *lua, const struct patchmark_message *message, enum field field) {
    switch (field) {
    case FIELD_ID:
        lua_pushstring(lua, patchmark_message_id(message));
        break;
    case FIELD_SUBJECT:
        lua_pushstring(lua, patchmark_message_subject(message));
        break;
    case FIELD_TITLE:
        lua_pushstring(lua, title_of(lua, message));
        break;
    case FIELD_SENDER:
        lua_pushstring(lua, patchmark_message_sender(message));
        break;
    case FIELD_SENDER_NAME:
        lua_pushstring(lua, patchmark_message_sender_name(message));
        break;
    case FIELD_SENDER_VIA:
        lua_pushstring(lua, patchmark_message_sender_via(message));
        break;
    case FIELD_LIST:
        lua_pushstring(lua, patchmark_message_list(message));
        break;
    case FIELD_KIND:
        lua_pushstring(lua, fact_or_empty(lua, "kind.kind"));
        break;
    case FIELD_TEXT:
        mail_push_text(lua, message);
        break;
    case FIELD_RECEIVED:
        lua_pushinteger(lua, patchmark_message_received(message));
        break;
    case FIELD_IS_REPLY:
        lua_pushboolean(lua, patchmark_message_is_reply(message));
        break;
    }
}

/* mail.NAME: a method, which is a function in upvalue 1, or a field, whose number is there. */
static int mail_index(lua_State *lua) {
    const struct patchmark_message *message = state_message(lua);

    lua_pushvalue(lua, 2);
    switch (lua_rawget(lua, lua_upvalueindex(1))) {
    case LUA_TFUNCTION:
        return 1;
    case LUA_TNUMBER:
        state_charge(lua, STATE_COST_LOOK);
        push_field(lua, message, (enum field)lua_tointeger(lua, -1));
        return 1;
    default:
        return luaL_error(lua, "a mail has no field '%s'",
                          lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2)
                                                          : luaL_typename(lua, 2));
    }
}

static int refuse_change(lua_State *lua) {
    return luaL_error(lua, "a mail cannot be changed; use mail:set, mail:label or mail:flag");
}

/* ---- header fields and references --------------------------------------------------------- */

/* mail:header(name): the first one, or "". */
static int mail_header(lua_State *lua) {
    const struct patchmark_message *message = state_message(lua);
    const char *value = patchmark_message_header(message, luaL_checkstring(lua, 2), 0);

    state_charge(lua, STATE_COST_LOOK);
    lua_pushstring(lua, value ? value : "");
    return 1;
}

/* mail:headers(name): all of them. */
static int mail_headers(lua_State *lua) {
    const struct patchmark_message *message = state_message(lua);
    const char *name = luaL_checkstring(lua, 2);
    size_t count = patchmark_message_header_count(message, name);

    state_charge(lua, STATE_COST_LOOK * (count + 1));
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(lua, patchmark_message_header(message, name, i));
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static bool is_of_address(char c) {
    return patchmark_is_alphanumeric(c) || patchmark_is_one_of(c, ".!#$%&'*+/=?^_`{|}~-@");
}

/* Returns true if the header field VALUE has ADDRESS, in any case, and not only as a part of a
 * longer one. */
static bool has_address(const char *value, const char *address) {
    size_t length = strlen(address);

    for (const char *at = value; length > 0 && (at = strcasestr(at, address)); at++)
        if ((at == value || !is_of_address(at[-1])) && !is_of_address(at[length]))
            return true;
    return false;
}

/* mail:addressed(address): true if To or Cc has it. */
static int mail_addressed(lua_State *lua) {
    static const char *const names[] = {"To", "Cc", NULL};
    const struct patchmark_message *message = state_message(lua);
    const char *address = luaL_checkstring(lua, 2), *value;
    bool found = false;

    for (size_t name = 0; names[name] && !found; name++)
        for (size_t i = 0; !found && (value = patchmark_message_header(message, names[name], i));
             i++) {
            state_charge(lua, STATE_COST_LOOK);
            state_charge_bytes(lua, strlen(value));
            found = has_address(value, address);
        }
    lua_pushboolean(lua, found);
    return 1;
}

static int push_ids(lua_State *lua, size_t count,
                    const char *(*id)(const struct patchmark_message *message, size_t i)) {
    const struct patchmark_message *message = state_message(lua);

    state_charge(lua, STATE_COST_LOOK);
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(lua, id(message, i));
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* mail:references() */
static int mail_references(lua_State *lua) {
    return push_ids(lua, patchmark_message_reference_count(state_message(lua)),
                    patchmark_message_reference);
}

/* mail:other_ids() */
static int mail_other_ids(lua_State *lua) {
    return push_ids(lua, patchmark_message_other_id_count(state_message(lua)),
                    patchmark_message_other_id);
}

/* ---- facts -------------------------------------------------------------------------------- */

static void push_list(lua_State *lua, const char *name) {
    const struct patchmark_facts *facts = state_of(lua)->facts;
    size_t count = patchmark_fact_count(facts, name);

    state_charge(lua, count);
    lua_createtable(lua, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(lua, patchmark_fact_item(facts, name, i));
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
}

/* mail:fact(name, fallback): the value of a fact; if no plugin has set it, the fallback; without
 * one, false, nil, "" or an empty table, by the type of the fact. */
static int mail_fact(lua_State *lua) {
    const struct state *state = state_of(lua);
    const char *name = luaL_checkstring(lua, 2);
    enum patchmark_type type = patchmark_fact_type(state->script->instance, name);
    bool is_set = patchmark_fact_is_set(state->facts, name);

    state_message(lua);
    state_charge(lua, STATE_COST_LOOK);
    if (type == PATCHMARK_NONE)
        return luaL_error(lua, "no loaded plugin provides the fact '%s'", name);
    if (!is_set && !lua_isnone(lua, 3)) {
        lua_settop(lua, 3);
        return 1;
    }
    if (type == PATCHMARK_LIST)
        push_list(lua, name);
    else if (type == PATCHMARK_STRING)
        lua_pushstring(lua, fact_or_empty(lua, name));
    else if (type == PATCHMARK_BOOL)
        lua_pushboolean(lua, patchmark_fact_bool(state->facts, name));
    else if (is_set)
        lua_pushinteger(lua, patchmark_fact_int(state->facts, name, 0));
    else
        lua_pushnil(lua);
    return 1;
}

/* Raises an error unless argument NUMBER is a list of strings. */
static void check_list(lua_State *lua, int number) {
    luaL_checktype(lua, number, LUA_TTABLE);
    for (size_t i = 1, count = lua_rawlen(lua, number); i <= count; i++) {
        luaL_argexpected(lua, lua_rawgeti(lua, number, (lua_Integer)i) == LUA_TSTRING, number,
                         "list of strings");
        lua_pop(lua, 1);
    }
}

/* mail:set(key, value) */
static int mail_set(lua_State *lua) {
    const char *key = luaL_checkstring(lua, 2);
    const struct script_fact *fact = script_fact(state_of(lua)->script, key);

    state_message(lua);
    luaL_checkany(lua, 3);
    state_charge(lua, STATE_COST_LOOK);
    if (!fact)
        return luaL_error(lua, "the table facts of the script does not declare '%s'", key);
    if (fact->type == PATCHMARK_BOOL)
        luaL_checktype(lua, 3, LUA_TBOOLEAN);
    else if (fact->type == PATCHMARK_INT)
        luaL_checkinteger(lua, 3);
    else if (fact->type == PATCHMARK_STRING)
        luaL_checkstring(lua, 3);
    else
        check_list(lua, 3);
    lua_settop(lua, 3);
    if (lua_rawgetp(lua, LUA_REGISTRYINDEX, &facts_key) == LUA_TNIL) {
        lua_pop(lua, 1);
        lua_newtable(lua);
        lua_pushvalue(lua, -1);
        lua_rawsetp(lua, LUA_REGISTRYINDEX, &facts_key);
    }
    lua_insert(lua, 2);
    lua_rawset(lua, 2);
    return 0;
}

void mail_push_facts(lua_State *lua) {
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &facts_key);
}

void mail_forget_facts(lua_State *lua) {
    lua_pushnil(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &facts_key);
}

/* ---- labels and flags --------------------------------------------------------------------- */

/* Returns argument 2 if it is a word that a label or flag can be; else NULL. */
static const char *word_of(lua_State *lua) {
    size_t length;
    const char *word = luaL_checklstring(lua, 2, &length);

    state_message(lua);
    state_charge(lua, STATE_COST_LOOK);
    for (size_t i = 0; i < length; i++)
        if (!patchmark_is_alphanumeric(word[i]) && !patchmark_is_one_of(word[i], "-._+/:"))
            return NULL;
    return length > 0 && length <= STATE_WORD_BYTES ? word : NULL;
}

static bool words_have(const struct state_words *words, const char *word) {
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->words[i], word) == 0)
            return true;
    return false;
}

/* Adds the word that is argument 2.  Returns false to the script if it is no word, which is no
 * error because words may be taken from a mail, or if there are too many. */
static int word_add(lua_State *lua, struct state_words *words) {
    const char *word = word_of(lua);
    bool added = word && (words_have(words, word) || words->count < STATE_WORDS);

    if (added && !words_have(words, word))
        strcpy(words->words[words->count++], word);
    lua_pushboolean(lua, added);
    return 1;
}

/* mail:label(word) */
static int mail_label(lua_State *lua) {
    return word_add(lua, &state_of(lua)->labels);
}

/* mail:flag(word) */
static int mail_flag(lua_State *lua) {
    return word_add(lua, &state_of(lua)->flags);
}

/* mail:has_label(word): true if this script or a plugin before it has set it. */
static int mail_has_label(lua_State *lua) {
    const struct state *state = state_of(lua);
    const char *word = word_of(lua);

    lua_pushboolean(lua, word && (words_have(&state->labels, word) ||
                                  patchmark_has_label(state->facts, word)));
    return 1;
}

/* mail:has_flag(word) */
static int mail_has_flag(lua_State *lua) {
    const struct state *state = state_of(lua);
    const char *word = word_of(lua);

    lua_pushboolean(lua, word && (words_have(&state->flags, word) ||
                                  patchmark_has_flag(state->facts, word)));
    return 1;
}

/* ---- the log ------------------------------------------------------------------------------ */

/* log(text): also while the script is loaded. */
static int log_line(lua_State *lua) {
    struct state *state = state_of(lua);
    const char *text = luaL_checkstring(lua, 1);

    if (state->logged++ < LINES_LOGGED)
        patchmark_log(state->script->instance, PATCHMARK_INFO, "%.900s", text);
    return 0;
}

/* ---- the object --------------------------------------------------------------------------- */

static const luaL_Reg methods[] = {{"addressed", mail_addressed},
                                   {"fact", mail_fact},
                                   {"flag", mail_flag},
                                   {"has_flag", mail_has_flag},
                                   {"has_label", mail_has_label},
                                   {"header", mail_header},
                                   {"headers", mail_headers},
                                   {"index_find", mail_index_find},
                                   {"index_message", mail_index_message},
                                   {"index_series", mail_index_series},
                                   {"index_shared", mail_index_shared},
                                   {"index_taken", mail_index_taken},
                                   {"known_sender", mail_known_sender},
                                   {"label", mail_label},
                                   {"lines", mail_lines},
                                   {"other_ids", mail_other_ids},
                                   {"parts", mail_parts},
                                   {"references", mail_references},
                                   {"set", mail_set},
                                   {0}};

void mail_open(lua_State *lua) {
    mail_text_open(lua);
    state_of(lua)->mail = lua_newuserdatauv(lua, 0, 0);
    lua_newtable(lua);
    luaL_newlib(lua, methods);
    for (size_t i = 0; fields[i].name; i++) {
        lua_pushinteger(lua, fields[i].field);
        lua_setfield(lua, -2, fields[i].name);
    }
    lua_pushcclosure(lua, mail_index, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_change);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &mail_key);

    lua_pushcfunction(lua, log_line);
    lua_setfield(lua, -2, "log");
}

void mail_push(lua_State *lua) {
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &mail_key);
}
