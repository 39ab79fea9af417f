/* SPDX-License-Identifier: BSD-2-Clause
 *
 * facts.h - the facts that plugins set for one mail.
 *
 * A schema lists the facts that exist and the plugin that owns each; it is made once for a set of
 * plugins.  A struct patchmark_facts has the values for one mail.  patchmark-plugin.h declares the
 * functions with which plugins set and read facts.  A schema that is complete may be read on any
 * thread; a struct patchmark_facts may be used by one thread at a time.
 */
#ifndef FACTS_H
#define FACTS_H

#include "patchmark-plugin.h"

struct facts_schema;

/* The lists of words that each plugin has. */
enum facts_words { FACTS_FLAGS, FACTS_LABELS, FACTS_WORDS };

/* Returns an empty schema, which facts_schema_free frees; NULL if memory runs out. */
struct facts_schema *facts_schema_new(void);
void facts_schema_free(struct facts_schema *schema);
/* Writes to PREFIX, of SIZE bytes, what the names of the facts of a plugin begin with, before the
 * dot: the title of its section with '_' for each '/' and '-', as "lua_net_size" for
 * "lua/net-size". */
void facts_prefix(const char *title, char *prefix, size_t size);
/* Adds the facts that the plugin provides whose section has the title TITLE; PROVIDES is NULL if it
 * has none.  Returns the number of the section as an owner, counted from 0.  Returns -1 if there
 * are more than LIMIT_FACTS facts or more than LIMIT_PLUGINS owners, or if memory runs out. */
int facts_schema_add(struct facts_schema *schema, const char *title,
                     const struct patchmark_fact *provides);
/* Adds the fact KEY to those of the owner with the number OWNER.  An owner adds all of its facts
 * before another one adds any.  Returns -1 if the owner has such a fact, if KEY or TYPE is
 * invalid, if there are more than LIMIT_FACTS facts, or if memory runs out. */
int facts_schema_declare(struct facts_schema *schema, int owner, const char *key,
                         enum patchmark_type type);
/* Declares the facts that the owner with the number OWNER, whose descriptor is PLUGIN, reads.  From
 * then on, it is logged once if it reads another one.  Called after all plugins were added. */
void facts_schema_reads(struct facts_schema *schema, int owner,
                        const struct patchmark_plugin *plugin);
/* Returns the type of the fact with the full name NAME, such as "subject.part"; PATCHMARK_NONE if
 * no plugin provides it. */
enum patchmark_type facts_schema_type(const struct facts_schema *schema, const char *name);
/* Returns the full name of fact I, counted from 0 in the order of the plugins; NULL if there is no
 * such fact.  The string belongs to SCHEMA. */
const char *facts_schema_name(const struct facts_schema *schema, size_t i);

/* Returns facts for one mail, none of which is set, for facts_free; NULL if memory runs out.
 * SCHEMA must be valid as long as they are. */
struct patchmark_facts *facts_new(const struct facts_schema *schema);
void facts_free(struct patchmark_facts *facts);

/* Makes patchmark_explain keep what plugins explain from now on. */
void facts_explain(struct patchmark_facts *facts);

/* What a plugin has explained: see patchmark_explain. */
struct facts_explanation {
    const char *what, *why; /* UTF-8 */
};

/* Returns the explanations in the order in which they were made, and sets *COUNT to their number.
 * They belong to FACTS and are valid until the next one is made. */
const struct facts_explanation *facts_explanations(const struct patchmark_facts *facts,
                                                   size_t *count);

/* Allows the plugin with the number OWNER, from facts_schema_add, to set its facts, and no other
 * plugin; none if OWNER is -1.  What is read is checked against what that plugin declared. */
void facts_owner(struct patchmark_facts *facts, int owner);

/* Iterates over the facts that are set, in the order of the schema.  *AT is 0 before the first
 * call.  Sets *NAME, the full name, and *TYPE.  Returns false after the last one. */
bool facts_next(const struct patchmark_facts *facts, size_t *at, const char **name,
                enum patchmark_type *type);

/* The value of a fact; only the fields of its type are set. */
struct facts_value {
    enum patchmark_type type;
    bool truth;               /* BOOL */
    int64_t number;           /* INT */
    const char *string;       /* STRING */
    const char *const *items; /* LIST: COUNT strings */
    size_t count;
};

/* Fills VALUE with the fact that has the full name NAME.  What it points to belongs to FACTS.
 * Returns false, and leaves VALUE unchanged, if the fact is not set. */
bool facts_get(const struct patchmark_facts *facts, const char *name, struct facts_value *value);

/* Replaces the value of the string that has the full name NAME by a copy of VALUE.  Does nothing if
 * the fact is not set or is no string. */
void facts_replace_string(struct patchmark_facts *facts, const char *name, const char *value);

/* Returns the strings of the list that has the full name NAME, and sets *COUNT to their number.
 * They belong to FACTS.  Returns NULL and sets *COUNT to 0 if the fact is not set or is no list. */
const char *const *facts_items(const struct patchmark_facts *facts, const char *name,
                               size_t *count);

/* Returns the text that the current owner passed to patchmark_fail, which belongs to FACTS; NULL if
 * there is none.  FACTS may be NULL. */
const char *facts_failure(const struct patchmark_facts *facts);

/* Returns true if a string or a list was cut at its limit. */
bool facts_truncated(const struct patchmark_facts *facts);

/* Iterates over the flags, or the labels, of all plugins.  *AT and *ITEM are 0 before the first
 * call.  Returns the next word, which belongs to FACTS; NULL after the last one. */
const char *facts_word(const struct patchmark_facts *facts, enum facts_words which, size_t *at,
                       size_t *item);

#endif
