/* SPDX-License-Identifier: BSD-2-Clause
 *
 * facts.h - what the plugins found out about one mail.
 *
 * A schema says which facts exist and who owns each; it is made once for a set of plugins.  A
 * struct patchmark_facts holds the values for one mail and is used again for the next.  The
 * reading and setting functions are in patchmark-plugin.h.
 */
#ifndef FACTS_H
#define FACTS_H

#include "patchmark-plugin.h"

struct facts_schema;

struct facts_schema *facts_schema_new(void);
void facts_schema_free(struct facts_schema *schema);
/* Adds what PLUGIN provides; strings are borrowed for the life of the schema.  The owner's number,
 * from 0; or -1 when there are more than LIMIT_FACTS, or owners than LIMIT_PLUGINS. */
int facts_schema_add(struct facts_schema *schema, const char *plugin,
                     const struct patchmark_fact *provides);
/* Type of the fact of that full name, 0 when nobody provides it. */
enum patchmark_type facts_schema_type(const struct facts_schema *schema, const char *name);

/* The facts of one mail, all unset.  The schema must outlive them.  NULL: out of memory. */
struct patchmark_facts *facts_new(const struct facts_schema *schema);
void facts_free(struct patchmark_facts *facts);

/* From now on OWNER (a number of facts_schema_add) may set its facts. */
void facts_owner(struct patchmark_facts *facts, int owner);

/* Walks over every fact that is set, in the order of the schema: *AT starts at 0.  False at the
 * end. */
bool facts_next(const struct patchmark_facts *facts, size_t *at, const char **name,
                enum patchmark_type *type);

/* One that is set, whatever its type; what it points to lives as long as the facts do. */
struct facts_value {
    enum patchmark_type type;
    bool truth;
    int64_t number;
    const char *string;
    const char *const *items;
    size_t count;
};

/* The fact of that full name.  False: it is not set, and there is nothing in VALUE. */
bool facts_get(const struct patchmark_facts *facts, const char *name, struct facts_value *value);

/* All items of a list at once, which live as long as the facts do.  NULL: there are none. */
const char *const *facts_items(const struct patchmark_facts *facts, const char *name,
                               size_t *count);

/* True when a string or a list was cut at its limit. */
bool facts_truncated(const struct patchmark_facts *facts);

/* Walks over the items of every list fact whose key is KEY, whoever owns it ("flags":
 * subject.flags, kind.flags, ...).  *AT and *ITEM start at 0.  NULL at the end. */
const char *facts_collect(const struct patchmark_facts *facts, const char *key, size_t *at,
                          size_t *item);

#endif
