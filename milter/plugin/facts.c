/* SPDX-License-Identifier: BSD-2-Clause
 *
 * facts.c - see facts.h.
 *
 * The schema gives each fact a number, so the facts of a mail are an array of values.  Strings and
 * lists are in an arena that belongs to the facts.  A plugin that sets a fact which it does not
 * provide, sets one twice, or with another type, has a bug: it is logged, the call returns -1, and
 * the mail is processed further.  A plugin that reads a fact which it has not declared has a bug
 * that is logged once; the fact is read.
 */
#include "plugin/facts.h"

#include "plugin/bounds.h"
#include "util/arena.h"
#include "util/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    char *name;      /* "subject.part" */
    const char *key; /* "part", the end of NAME */
    enum patchmark_type type;
};

/* Each plugin has a list of flags and one of labels, also if it does not declare them. */
#define SLOTS (LIMIT_FACTS + FACTS_WORDS * LIMIT_PLUGINS)

/* The size of the hash table by which facts are found.  It is larger than necessary, so that
 * collisions are rare. */
#define HASHES    1024
#define MASK_BITS 64

#define BUGS_LOGGED 10 /* lines an hour about bugs of one plugin */

struct owner {
    char *name;
    size_t start, end;         /* its slots: from START up to, and not including, END */
    size_t more, more_end;     /* the same for those that facts_schema_declare added */
    size_t words[FACTS_WORDS]; /* its slots of flags and labels */
    /* If not NULL, the facts that it reads are checked. */
    const struct patchmark_plugin *plugin;
    /* A bit for each slot that it may read, or that was reported. */
    atomic_uint_least64_t reads[(SLOTS + MASK_BITS - 1) / MASK_BITS];
    atomic_bool reported;     /* it was reported to read a fact that no plugin provides */
    struct log_repeated bugs; /* the lines of bugs that facts set show, one or more for each mail */
};

struct facts_schema {
    struct slot slots[SLOTS];
    size_t count, declared; /* all slots; those in arrays of plugins */
    struct owner owners[LIMIT_PLUGINS];
    size_t owner_count;
    uint16_t by_hash[HASHES]; /* the number of a slot + 1; 0 if free */
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
    const struct owner *owner; /* the plugin that may set facts; NULL if none */
    struct owner *reader;      /* the same, if the facts that it reads are checked; else NULL */
    const char *failure;       /* see patchmark_fail; NULL if none */
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
    for (size_t i = 0; i < schema->owner_count; i++)
        free(schema->owners[i].name);
    free(schema);
}

void facts_prefix(const char *title, char *prefix, size_t size) {
    snprintf(prefix, size, "%s", title);
    for (; *prefix; prefix++)
        if (*prefix == '/' || *prefix == '-')
            *prefix = '_';
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

/* Adds a fact.  Returns its number; -1 if memory runs out. */
static int slot_add(struct facts_schema *schema, const char *plugin, const char *key,
                    enum patchmark_type type) {
    struct slot *slot = &schema->slots[schema->count];

    if (asprintf(&slot->name, "%s.%s", plugin, key) < 0)
        return -1;
    slot->key = slot->name + strlen(plugin) + 1;
    slot->type = type;
    slot_enter(schema, schema->count);
    return (int)schema->count++;
}

/* Finds the lists of flags and labels of OWNER among its slots, and adds those that it does not
 * declare.  Returns 0; -1 if memory runs out. */
static int words_enter(struct facts_schema *schema, struct owner *owner) {
    static const char *const keys[] = {[FACTS_FLAGS] = "flags", [FACTS_LABELS] = "labels"};

    for (size_t which = 0; which < FACTS_WORDS; which++) {
        size_t at = owner->start;

        while (at < schema->count && strcmp(schema->slots[at].key, keys[which]) != 0)
            at++;
        if (at == schema->count && slot_add(schema, owner->name, keys[which], PATCHMARK_LIST) < 0)
            return -1;
        owner->words[which] = at;
    }
    return 0;
}

int facts_schema_add(struct facts_schema *schema, const char *title,
                     const struct patchmark_fact *provides) {
    struct owner *owner = &schema->owners[schema->owner_count];
    char prefix[LIMIT_PLUGIN_TITLE + 1];

    if (schema->owner_count == LIMIT_PLUGINS)
        return -1;
    facts_prefix(title, prefix, sizeof(prefix));
    *owner =
        (struct owner){.name = strdup(prefix), .start = schema->count, .bugs.most = BUGS_LOGGED};
    if (!owner->name)
        return -1;
    schema->owner_count++;
    for (; provides && provides->key; provides++)
        if (schema->declared++ == LIMIT_FACTS ||
            slot_add(schema, prefix, provides->key, provides->type) < 0)
            return -1;
    if (words_enter(schema, owner) < 0)
        return -1;
    owner->end = schema->count;
    return (int)(owner - schema->owners);
}

static bool is_key(const char *key) {
    size_t length = strlen(key);

    return length > 0 && length <= LIMIT_FACT_KEY && key[0] >= 'a' && key[0] <= 'z' &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

int facts_schema_declare(struct facts_schema *schema, int number, const char *key,
                         enum patchmark_type type) {
    struct owner *owner = &schema->owners[number];
    char name[LIMIT_PLUGIN_TITLE + LIMIT_FACT_KEY + 2];

    if (!key || !is_key(key) || type < PATCHMARK_BOOL || type > PATCHMARK_LIST)
        return -1;
    snprintf(name, sizeof(name), "%s.%s", owner->name, key);
    if (facts_schema_type(schema, name) != PATCHMARK_NONE || schema->declared == LIMIT_FACTS ||
        slot_add(schema, owner->name, key, type) < 0)
        return -1;
    schema->declared++;
    if (owner->more == owner->more_end)
        owner->more = schema->count - 1;
    owner->more_end = schema->count;
    return 0;
}

static const struct slot *slot_find(const struct facts_schema *schema, const char *name) {
    size_t place;

    name = name ? name : "";
    place = hash_place(name);
    for (; schema->by_hash[place]; place = (place + 1) % HASHES) {
        const struct slot *slot = &schema->slots[schema->by_hash[place] - 1];

        if (strcmp(slot->name, name) == 0)
            return slot;
    }
    return NULL;
}

enum patchmark_type facts_schema_type(const struct facts_schema *schema, const char *name) {
    const struct slot *slot = slot_find(schema, name);

    return slot ? slot->type : PATCHMARK_NONE;
}

const char *facts_schema_name(const struct facts_schema *schema, size_t i) {
    return i < schema->count ? schema->slots[i].name : NULL;
}

/* ---- what a plugin may read ---------------------------------------------------------------- */

static void reads_add(struct owner *owner, size_t slot) {
    atomic_fetch_or_explicit(&owner->reads[slot / MASK_BITS], UINT64_C(1) << slot % MASK_BITS,
                             memory_order_relaxed);
}

static bool reads_have(const struct owner *owner, size_t slot) {
    return atomic_load_explicit(&owner->reads[slot / MASK_BITS], memory_order_relaxed) >>
               slot % MASK_BITS &
           1;
}

void facts_schema_reads(struct facts_schema *schema, int number,
                        const struct patchmark_plugin *plugin) {
    const char *const *lists[] = {plugin->needs, plugin->uses};
    struct owner *owner = &schema->owners[number];

    if (plugin->traits & PATCHMARK_RUNS_LAST)
        return;
    owner->plugin = plugin;
    for (size_t i = owner->start; i < owner->end; i++)
        reads_add(owner, i);
    for (size_t list = 0; list < 2; list++)
        for (const char *const *name = lists[list]; name && *name; name++) {
            const struct slot *slot = slot_find(schema, *name);

            if (slot)
                reads_add(owner, (size_t)(slot - schema->slots));
        }
}

static bool is_declared(const struct owner *owner, const char *name) {
    const char *const *lists[] = {owner->plugin->needs, owner->plugin->uses};

    for (size_t list = 0; list < 2; list++)
        for (const char *const *at = lists[list]; at && *at; at++)
            if (strcmp(*at, name) == 0)
                return true;
    return false;
}

/* Reports, once, that OWNER reads the fact NAME, if it has not declared it.  SLOT is NULL if no
 * plugin provides the fact. */
static void read_check(struct owner *owner, const struct facts_schema *schema,
                       const struct slot *slot, const char *name) {
    if (slot ? reads_have(owner, (size_t)(slot - schema->slots)) : is_declared(owner, name))
        return;
    if (slot)
        reads_add(owner, (size_t)(slot - schema->slots));
    else if (atomic_exchange(&owner->reported, true))
        return;
    log_error("plugin %s: bug: it reads the fact %s, %s; add it to its array uses or needs; logged "
              "once",
              owner->name, name,
              slot ? "which it does not declare and which may not be set yet"
                   : "which it does not declare and which no loaded plugin provides");
}

/* ---- one mail ----------------------------------------------------------------------------- */

struct patchmark_facts *facts_new(const struct facts_schema *schema) {
    struct patchmark_facts *facts =
        calloc(1, sizeof(*facts) + schema->count * sizeof(facts->values[0]));

    if (facts)
        facts->schema = schema;
    return facts;
}

void facts_free(struct patchmark_facts *facts) {
    if (!facts)
        return;
    arena_free(&facts->arena);
    free(facts);
}

void facts_owner(struct patchmark_facts *facts, int owner) {
    /* The schema of the facts is const except for what was reported. */
    facts->owner = owner < 0 ? NULL : &facts->schema->owners[owner];
    facts->reader = facts->owner && facts->owner->plugin ? (struct owner *)facts->owner : NULL;
    facts->failure = NULL;
}

int patchmark_fail(struct patchmark_facts *facts, const char *format, ...) {
    char text[LIMIT_FACT_BYTES] = "";
    va_list arguments;

    va_start(arguments, format);
    if (format)
        vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    facts->failure = arena_copy(&facts->arena, text, strlen(text));
    return -1;
}

const char *facts_failure(const struct patchmark_facts *facts) {
    return facts ? facts->failure : NULL;
}

bool facts_truncated(const struct patchmark_facts *facts) {
    return facts->truncated;
}

/* ---- setting ------------------------------------------------------------------------------ */

static struct log_repeated bugs_outside = {.most = BUGS_LOGGED}; /* of plugins that are not known */

/* Returns the number of the slot of the fact KEY of OWNER; SIZE_MAX if it has none. */
static size_t slot_of(const struct facts_schema *schema, const struct owner *owner,
                      const char *key) {
    for (size_t i = owner->start; i < owner->end; i++)
        if (strcmp(schema->slots[i].key, key) == 0)
            return i;
    for (size_t i = owner->more; i < owner->more_end; i++)
        if (strcmp(schema->slots[i].key, key) == 0)
            return i;
    return SIZE_MAX;
}

/* Returns the value of the fact KEY of the current owner, to be set; NULL after an error was
 * logged. */
static struct value *value_for(struct patchmark_facts *facts, const char *key,
                               enum patchmark_type type) {
    struct owner *owner = (struct owner *)facts->owner; /* const except for its bugs */
    size_t slot;

    key = key ? key : "";
    slot = owner ? slot_of(facts->schema, owner, key) : SIZE_MAX;
    if (!owner)
        log_repeated(&bugs_outside, PATCHMARK_ERROR,
                     "bug in a plugin: the fact '%s' is set outside classify", key);
    else if (slot == SIZE_MAX)
        log_repeated(&owner->bugs, PATCHMARK_ERROR,
                     "plugin %s: bug: the fact '%s' that it sets is not in its array provides",
                     owner->name, key);
    else if (facts->schema->slots[slot].type != type)
        log_repeated(&owner->bugs, PATCHMARK_ERROR,
                     "plugin %s: bug: it sets the fact '%s' with another type than it declares",
                     owner->name, key);
    else if (facts->values[slot].set && type != PATCHMARK_LIST)
        log_repeated(&owner->bugs, PATCHMARK_ERROR,
                     "plugin %s: bug: it sets the fact '%s' twice for one mail", owner->name, key);
    else {
        facts->values[slot].set = true;
        return &facts->values[slot];
    }
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

static void list_append(struct patchmark_facts *facts, struct value *value,
                        struct patchmark_text text) {
    if (value->list.count == LIMIT_FACT_ITEMS) {
        facts->truncated = true;
        return;
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
}

int patchmark_fact_add_text(struct patchmark_facts *facts, const char *key,
                            struct patchmark_text text) {
    struct value *value = value_for(facts, key, PATCHMARK_LIST);

    if (!value)
        return -1;
    list_append(facts, value, text);
    return 0;
}

static bool list_has(const struct value *value, struct patchmark_text text) {
    for (size_t i = 0; i < value->list.count; i++)
        if (patchmark_text_equals(text, value->list.items[i]))
            return true;
    return false;
}

static int word_add(struct patchmark_facts *facts, enum facts_words which,
                    struct patchmark_text word) {
    struct value *value;

    if (!facts->owner) {
        log_repeated(&bugs_outside, PATCHMARK_ERROR,
                     "bug in a plugin: a %s is added outside classify",
                     which == FACTS_FLAGS ? "flag" : "label");
        return -1;
    }
    value = &facts->values[facts->owner->words[which]];
    value->set = true;
    if (!list_has(value, word))
        list_append(facts, value, word);
    return 0;
}

int patchmark_add_label_text(struct patchmark_facts *facts, struct patchmark_text label) {
    return word_add(facts, FACTS_LABELS, label);
}

int patchmark_add_flag_text(struct patchmark_facts *facts, struct patchmark_text flag) {
    return word_add(facts, FACTS_FLAGS, flag);
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
    *why = '\0';
    va_start(arguments, format);
    if (format)
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

    if (facts->reader)
        read_check(facts->reader, facts->schema, slot, name ? name : "");
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

const char *facts_word(const struct patchmark_facts *facts, enum facts_words which, size_t *at,
                       size_t *item) {
    for (; *at < facts->schema->owner_count; (*at)++, *item = 0) {
        const struct value *value = &facts->values[facts->schema->owners[*at].words[which]];

        if (*item < value->list.count)
            return value->list.items[(*item)++];
    }
    return NULL;
}

static bool has_word(const struct patchmark_facts *facts, enum facts_words which,
                     const char *word) {
    struct patchmark_text text = patchmark_text_of(word);

    for (size_t i = 0; i < facts->schema->owner_count; i++)
        if (list_has(&facts->values[facts->schema->owners[i].words[which]], text))
            return true;
    return false;
}

bool patchmark_has_label(const struct patchmark_facts *facts, const char *label) {
    return has_word(facts, FACTS_LABELS, label);
}

bool patchmark_has_flag(const struct patchmark_facts *facts, const char *flag) {
    return has_word(facts, FACTS_FLAGS, flag);
}
