/* SPDX-License-Identifier: BSD-2-Clause
 *
 * facts.c - see facts.h.
 *
 * The schema gives each fact a number, so the facts of a mail are an array of values.  Strings and
 * lists are in an arena that belongs to the facts.  A plugin that sets a fact which it does not
 * provide, sets one twice, or with another type, has a bug: it is logged, the call returns -1, and
 * the mail is processed further.
 */
#include "plugin/facts.h"

#include "plugin/bounds.h"
#include "util/arena.h"
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    char *name;      /* "subject.part" */
    const char *key; /* "part", the end of NAME */
    enum patchmark_type type;
};

/* The size of the hash table by which facts are found.  It is four times as large as necessary, so
 * that collisions are rare. */
#define HASHES (4 * LIMIT_FACTS)

struct facts_schema {
    struct slot slots[LIMIT_FACTS];
    size_t count;
    int owners;
    size_t
        starts[LIMIT_PLUGINS + 1]; /* the first slot of owner I; its last is before starts[I + 1] */
    uint16_t by_hash[HASHES];      /* the number of a slot + 1; 0 if free */
};

struct value {
    bool set;
    union {
        bool truth;
        int64_t number;
        const char *string;
        struct {
            const char **items;
            size_t count, room;
        } list;
    };
};

struct patchmark_facts {
    const struct facts_schema *schema;
    struct arena arena;
    int owner; /* the plugin that may set facts; -1 if none */
    bool truncated;
    struct facts_explanation *explanations; /* of LIMIT_EXPLANATIONS; NULL: none are kept */
    size_t explanation_count;
    struct value values[];
};

/* ---- schema ------------------------------------------------------------------------------- */

struct facts_schema *facts_schema_new(void) {
    return calloc(1, sizeof(struct facts_schema));
}

void facts_schema_free(struct facts_schema *schema) {
    if (!schema)
        return;
    for (size_t i = 0; i < schema->count; i++)
        free(schema->slots[i].name);
    free(schema);
}

/* Returns the hash of NAME.  It uses the length and three bytes, which are enough to distinguish
 * most names: facts are looked up a hundred times for each mail. */
static size_t hash_place(const char *name) {
    const unsigned char *bytes = (const unsigned char *)name;
    size_t length = strlen(name);

    if (length == 0)
        return 0;
    return (bytes[0] + 7U * bytes[length / 2] + 31U * bytes[length - 1] + 61U * length) % HASHES;
}

static void slot_enter(struct facts_schema *schema, size_t number) {
    size_t place = hash_place(schema->slots[number].name);

    while (schema->by_hash[place])
        place = (place + 1) % HASHES;
    schema->by_hash[place] = (uint16_t)(number + 1);
}

int facts_schema_add(struct facts_schema *schema, const char *plugin,
                     const struct patchmark_fact *provides) {
    if (schema->owners == LIMIT_PLUGINS)
        return -1;
    for (; provides && provides->key; provides++) {
        struct slot *slot = &schema->slots[schema->count];

        if (schema->count == LIMIT_FACTS)
            return -1;
        if (asprintf(&slot->name, "%s.%s", plugin, provides->key) < 0)
            return -1;
        slot->key = slot->name + strlen(plugin) + 1;
        slot->type = provides->type;
        slot_enter(schema, schema->count++);
    }
    schema->starts[++schema->owners] = schema->count;
    return schema->owners - 1;
}

static const struct slot *slot_find(const struct facts_schema *schema, const char *name) {
    size_t place = hash_place(name);

    for (; schema->by_hash[place]; place = (place + 1) % HASHES) {
        const struct slot *slot = &schema->slots[schema->by_hash[place] - 1];

        if (strcmp(slot->name, name) == 0)
            return slot;
    }
    return NULL;
}

enum patchmark_type facts_schema_type(const struct facts_schema *schema, const char *name) {
    const struct slot *slot = slot_find(schema, name);

    return slot ? slot->type : 0;
}

/* ---- one mail ----------------------------------------------------------------------------- */

struct patchmark_facts *facts_new(const struct facts_schema *schema) {
    struct patchmark_facts *facts =
        calloc(1, sizeof(*facts) + schema->count * sizeof(facts->values[0]));

    if (facts) {
        facts->schema = schema;
        facts->owner = -1;
    }
    return facts;
}

void facts_free(struct patchmark_facts *facts) {
    if (!facts)
        return;
    arena_free(&facts->arena);
    free(facts);
}

void facts_owner(struct patchmark_facts *facts, int owner) {
    facts->owner = owner;
}

bool facts_truncated(const struct patchmark_facts *facts) {
    return facts->truncated;
}

/* ---- setting ------------------------------------------------------------------------------ */

/* Returns the value of the fact KEY of the current owner, to be set; NULL after an error was
 * logged. */
static struct value *value_for(struct patchmark_facts *facts, const char *key,
                               enum patchmark_type type) {
    const struct facts_schema *schema = facts->schema;

    size_t end = facts->owner < 0 ? 0 : schema->starts[facts->owner + 1];

    for (size_t i = facts->owner < 0 ? 0 : schema->starts[facts->owner]; i < end; i++) {
        const struct slot *slot = &schema->slots[i];
        struct value *value = &facts->values[i];

        if (strcmp(slot->key, key) != 0)
            continue;
        if (slot->type != type) {
            log_error("bug in a plugin: fact %s was set with the wrong type", slot->name);
            return NULL;
        }
        if (value->set && type != PATCHMARK_LIST) {
            log_error("bug in a plugin: fact %s was set twice", slot->name);
            return NULL;
        }
        value->set = true;
        return value;
    }
    log_error("bug in a plugin: fact '%s' is not in its array provides", key);
    return NULL;
}

/* Returns a copy of at most LIMIT_FACT_BYTES of TEXT, cut between two UTF-8 characters. */
static const char *string_copy(struct patchmark_facts *facts, struct patchmark_text text) {
    size_t length = text.length;

    if (length > LIMIT_FACT_BYTES) {
        length = LIMIT_FACT_BYTES;
        while (length > 0 && (text.data[length] & 0xc0) == 0x80)
            length--;
        facts->truncated = true;
    }
    return arena_copy(&facts->arena, text.data, length);
}

int patchmark_fact_set_bool(struct patchmark_facts *facts, const char *key, bool truth) {
    struct value *value = value_for(facts, key, PATCHMARK_BOOL);

    if (!value)
        return -1;
    value->truth = truth;
    return 0;
}

int patchmark_fact_set_int(struct patchmark_facts *facts, const char *key, int64_t number) {
    struct value *value = value_for(facts, key, PATCHMARK_INT);

    if (!value)
        return -1;
    value->number = number;
    return 0;
}

int patchmark_fact_set_text(struct patchmark_facts *facts, const char *key,
                            struct patchmark_text text) {
    struct value *value = value_for(facts, key, PATCHMARK_STRING);

    if (!value)
        return -1;
    value->string = string_copy(facts, text);
    return 0;
}

int patchmark_fact_set_string(struct patchmark_facts *facts, const char *key, const char *string) {
    return patchmark_fact_set_text(facts, key,
                                   (struct patchmark_text){string, string ? strlen(string) : 0});
}

int patchmark_fact_add(struct patchmark_facts *facts, const char *key, struct patchmark_text text) {
    struct value *value = value_for(facts, key, PATCHMARK_LIST);

    if (!value)
        return -1;
    if (value->list.count == LIMIT_FACT_ITEMS) {
        facts->truncated = true;
        return 0;
    }
    if (value->list.count == value->list.room) {
        size_t room = value->list.room ? 2 * value->list.room : 4;
        const char **items = arena_allocate(&facts->arena, room * sizeof(*items));

        if (value->list.count)
            memcpy(items, value->list.items, value->list.count * sizeof(*items));
        value->list.items = items;
        value->list.room = room;
    }
    value->list.items[value->list.count++] = string_copy(facts, text);
    return 0;
}

/* ---- explanations ------------------------------------------------------------------------- */

void facts_explain(struct patchmark_facts *facts) {
    if (!facts->explanations)
        facts->explanations =
            arena_allocate(&facts->arena, LIMIT_EXPLANATIONS * sizeof(*facts->explanations));
}

void patchmark_explain(struct patchmark_facts *facts, const char *what, const char *format, ...) {
    struct facts_explanation *explanation;
    char why[LIMIT_FACT_BYTES + 2];    /* one more byte than is kept, so that string_copy cuts it */
    bool truncated = facts->truncated; /* which is a flag of the mail: explanations change none */
    va_list arguments;

    if (!facts->explanations || facts->explanation_count == LIMIT_EXPLANATIONS)
        return;
    va_start(arguments, format);
    vsnprintf(why, sizeof(why), format, arguments);
    va_end(arguments);
    explanation = &facts->explanations[facts->explanation_count++];
    explanation->what = string_copy(facts, patchmark_text_of(what));
    explanation->why = string_copy(facts, patchmark_text_of(why));
    facts->truncated = truncated;
}

const struct facts_explanation *facts_explanations(const struct patchmark_facts *facts,
                                                   size_t *count) {
    *count = facts->explanation_count;
    return facts->explanations;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Returns the value of the fact NAME; NULL if it is not set or has another type.  TYPE 0 means any
 * type. */
static const struct value *value_of(const struct patchmark_facts *facts, const char *name,
                                    enum patchmark_type type) {
    const struct slot *slot = slot_find(facts->schema, name);
    const struct value *value;

    if (!slot || (type && slot->type != type))
        return NULL;
    value = &facts->values[slot - facts->schema->slots];
    return value->set ? value : NULL;
}

bool patchmark_fact_is_set(const struct patchmark_facts *facts, const char *name) {
    return value_of(facts, name, 0) != NULL;
}

bool patchmark_fact_bool(const struct patchmark_facts *facts, const char *name) {
    const struct value *value = value_of(facts, name, PATCHMARK_BOOL);

    return value && value->truth;
}

int64_t patchmark_fact_int(const struct patchmark_facts *facts, const char *name,
                           int64_t fallback) {
    const struct value *value = value_of(facts, name, PATCHMARK_INT);

    return value ? value->number : fallback;
}

const char *patchmark_fact_string(const struct patchmark_facts *facts, const char *name) {
    const struct value *value = value_of(facts, name, PATCHMARK_STRING);

    return value ? value->string : NULL;
}

size_t patchmark_fact_count(const struct patchmark_facts *facts, const char *name) {
    const struct value *value = value_of(facts, name, PATCHMARK_LIST);

    return value ? value->list.count : 0;
}

const char *patchmark_fact_item(const struct patchmark_facts *facts, const char *name, size_t i) {
    const struct value *value = value_of(facts, name, PATCHMARK_LIST);

    return value && i < value->list.count ? value->list.items[i] : NULL;
}

void facts_replace_string(struct patchmark_facts *facts, const char *name, const char *string) {
    const struct slot *slot = slot_find(facts->schema, name);

    if (slot && slot->type == PATCHMARK_STRING && facts->values[slot - facts->schema->slots].set)
        facts->values[slot - facts->schema->slots].string =
            string_copy(facts, patchmark_text_of(string));
}

bool facts_get(const struct patchmark_facts *facts, const char *name, struct facts_value *found) {
    const struct slot *slot = slot_find(facts->schema, name);
    const struct value *value;

    if (!slot || !facts->values[slot - facts->schema->slots].set)
        return false;
    value = &facts->values[slot - facts->schema->slots];
    *found = (struct facts_value){.type = slot->type};
    switch (slot->type) {
    case PATCHMARK_BOOL:
        found->truth = value->truth;
        break;
    case PATCHMARK_INT:
        found->number = value->number;
        break;
    case PATCHMARK_STRING:
        found->string = value->string;
        break;
    default:
        found->items = value->list.items;
        found->count = value->list.count;
    }
    return true;
}

const char *const *facts_items(const struct patchmark_facts *facts, const char *name,
                               size_t *count) {
    const struct value *value = value_of(facts, name, PATCHMARK_LIST);

    *count = value ? value->list.count : 0;
    return value ? value->list.items : NULL;
}

bool facts_next(const struct patchmark_facts *facts, size_t *at, const char **name,
                enum patchmark_type *type) {
    while (*at < facts->schema->count) {
        size_t i = (*at)++;

        if (facts->values[i].set) {
            *name = facts->schema->slots[i].name;
            *type = facts->schema->slots[i].type;
            return true;
        }
    }
    return false;
}

const char *facts_collect(const struct patchmark_facts *facts, const char *key, size_t *at,
                          size_t *item) {
    for (; *at < facts->schema->count; (*at)++, *item = 0) {
        const struct slot *slot = &facts->schema->slots[*at];
        const struct value *value = &facts->values[*at];

        if (slot->type == PATCHMARK_LIST && value->set && *item < value->list.count &&
            strcmp(slot->key, key) == 0)
            return value->list.items[(*item)++];
    }
    return NULL;
}
