/* SPDX-License-Identifier: BSD-2-Clause
 *
 * facts-fixture.h - one mail whose facts a test sets, in place of plugins.
 */
#ifndef FACTS_FIXTURE_H
#define FACTS_FIXTURE_H

#include "support/support.h"

static struct mail fixture;
static struct facts_schema *fixture_schema;

/* The facts of the plugins that come with the program, as far as headers and events use them, and
 * facts of two other plugins. */
static const struct {
    const char *plugin;
    struct patchmark_fact provides[12];
} fixture_plugins[] = {
    {"subject",
     {{"title", PATCHMARK_STRING, "", NULL},
      {"reply", PATCHMARK_BOOL, "", NULL},
      {"part", PATCHMARK_INT, "", NULL},
      {"total", PATCHMARK_INT, "", NULL},
      {"tree", PATCHMARK_LIST, "", NULL},
      {"flags", PATCHMARK_LIST, "", NULL},
      {"patch", PATCHMARK_BOOL, "", NULL},
      {"version", PATCHMARK_INT, "", NULL},
      {"revision", PATCHMARK_STRING, "", NULL}}},
    {"patch",
     {{"present", PATCHMARK_BOOL, "", NULL},
      {"files", PATCHMARK_LIST, "", NULL},
      {"insertions", PATCHMARK_INT, "", NULL},
      {"deletions", PATCHMARK_INT, "", NULL},
      {"author", PATCHMARK_STRING, "", NULL},
      {"author_name", PATCHMARK_STRING, "", NULL},
      {"id", PATCHMARK_STRING, "", NULL},
      {"flags", PATCHMARK_LIST, "", NULL}}},
    {"pull",
     {{"url", PATCHMARK_STRING, "", NULL},
      {"ref", PATCHMARK_STRING, "", NULL},
      {"base", PATCHMARK_STRING, "", NULL},
      {"tip", PATCHMARK_STRING, "", NULL},
      {"signed", PATCHMARK_BOOL, "", NULL}}},
    {"series",
     {{"id", PATCHMARK_STRING, "", NULL},
      {"version", PATCHMARK_INT, "", NULL},
      {"part", PATCHMARK_INT, "", NULL},
      {"total", PATCHMARK_INT, "", NULL},
      {"topic", PATCHMARK_STRING, "", NULL},
      {"supersedes", PATCHMARK_STRING, "", NULL},
      {"how", PATCHMARK_STRING, "", NULL},
      {"scope", PATCHMARK_STRING, "", NULL},
      {"target", PATCHMARK_INT, "", NULL},
      {"same_as", PATCHMARK_LIST, "", NULL}}},
    {"kind",
     {{"kind", PATCHMARK_STRING, "", NULL},
      {"confidence", PATCHMARK_STRING, "", NULL},
      {"flags", PATCHMARK_LIST, "", NULL}}},
    {"automation",
     {{"robot", PATCHMARK_STRING, "", NULL},
      {"verdict", PATCHMARK_STRING, "", NULL},
      {"commits", PATCHMARK_LIST, "", NULL},
      {"tree", PATCHMARK_STRING, "", NULL},
      {"applied_parts", PATCHMARK_LIST, "", NULL},
      {"partial", PATCHMARK_BOOL, "", NULL},
      {"flags", PATCHMARK_LIST, "", NULL}}},
    {"trailers",
     {{"own", PATCHMARK_LIST, "", NULL},
      {"prerequisites", PATCHMARK_LIST, "", NULL},
      {"base_commit", PATCHMARK_STRING, "", NULL},
      {"change_id", PATCHMARK_STRING, "", NULL},
      {"given", PATCHMARK_LIST, "", NULL},
      {"given_from_sender", PATCHMARK_LIST, "", NULL},
      {"range", PATCHMARK_STRING, "", NULL}}},
    {"mine",
     {{"labels", PATCHMARK_LIST, "", NULL},
      {"flags", PATCHMARK_LIST, "", NULL},
      {"mood", PATCHMARK_STRING, "", NULL},
      {"count", PATCHMARK_INT, "", NULL},
      {"words", PATCHMARK_LIST, "", NULL}}},
    {"subjective", {{"view", PATCHMARK_BOOL, "", NULL}, {"labels", PATCHMARK_LIST, "", NULL}}},
};

#define FIXTURE_PLUGINS (sizeof(fixture_plugins) / sizeof(fixture_plugins[0]))

/* Makes RAW the mail, with no fact set. */
static inline void fixture_mail(const char *raw) {
    facts_free(fixture.facts);
    fixture.facts = NULL;
    support_read(&fixture, raw, -1);
    if (*patchmark_message_list(fixture.message)) {
        fixture.lists[0] =
            (struct mail_list){.id = patchmark_message_list(fixture.message), .publishes = true};
        fixture.list_count = 1;
    }
    fixture.facts = facts_new(fixture_schema);
}

static inline void fixture_setup(void) {
    support_mail_init(&fixture);
    fixture_schema = facts_schema_new();
    for (size_t i = 0; i < FIXTURE_PLUGINS; i++)
        ck_assert_int_eq(facts_schema_add(fixture_schema, fixture_plugins[i].plugin,
                                          fixture_plugins[i].provides),
                         i);
    fixture_mail("From: a@example.org\n\n");
}

static inline void fixture_teardown(void) {
    mail_free(&fixture);
    facts_schema_free(fixture_schema);
}

/* Returns the key in the full name NAME, and makes its plugin the owner, so that it can be set. */
static inline const char *fixture_key(const char *name) {
    const char *key = strchr(name, '.') + 1;

    for (size_t i = 0; i < FIXTURE_PLUGINS; i++)
        if (strncmp(fixture_plugins[i].plugin, name, (size_t)(key - name - 1)) == 0 &&
            strlen(fixture_plugins[i].plugin) == (size_t)(key - name - 1))
            facts_owner(fixture.facts, (int)i);
    return key;
}

static inline void set_string(const char *name, const char *value) {
    ck_assert_int_eq(patchmark_fact_set_string(fixture.facts, fixture_key(name), value), 0);
}

static inline void set_int(const char *name, int64_t value) {
    ck_assert_int_eq(patchmark_fact_set_int(fixture.facts, fixture_key(name), value), 0);
}

static inline void set_bool(const char *name, bool value) {
    ck_assert_int_eq(patchmark_fact_set_bool(fixture.facts, fixture_key(name), value), 0);
}

static inline void add_word(const char *name, const char *word) {
    ck_assert_int_eq(patchmark_fact_add_string(fixture.facts, fixture_key(name), word), 0);
}

#endif
