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
     {{"title", PATCHMARK_STRING, ""},
      {"reply", PATCHMARK_BOOL, ""},
      {"part", PATCHMARK_INT, ""},
      {"total", PATCHMARK_INT, ""},
      {"tree", PATCHMARK_LIST, ""},
      {"flags", PATCHMARK_LIST, ""},
      {"patch", PATCHMARK_BOOL, ""},
      {"version", PATCHMARK_INT, ""},
      {"revision", PATCHMARK_STRING, ""}}},
    {"patch",
     {{"present", PATCHMARK_BOOL, ""},
      {"files", PATCHMARK_LIST, ""},
      {"insertions", PATCHMARK_INT, ""},
      {"deletions", PATCHMARK_INT, ""},
      {"author", PATCHMARK_STRING, ""},
      {"author_name", PATCHMARK_STRING, ""},
      {"id", PATCHMARK_STRING, ""},
      {"flags", PATCHMARK_LIST, ""}}},
    {"pull",
     {{"url", PATCHMARK_STRING, ""},
      {"ref", PATCHMARK_STRING, ""},
      {"base", PATCHMARK_STRING, ""},
      {"tip", PATCHMARK_STRING, ""},
      {"signed", PATCHMARK_BOOL, ""}}},
    {"series",
     {{"id", PATCHMARK_STRING, ""},
      {"version", PATCHMARK_INT, ""},
      {"part", PATCHMARK_INT, ""},
      {"total", PATCHMARK_INT, ""},
      {"topic", PATCHMARK_STRING, ""},
      {"supersedes", PATCHMARK_STRING, ""},
      {"how", PATCHMARK_STRING, ""},
      {"scope", PATCHMARK_STRING, ""},
      {"target", PATCHMARK_INT, ""},
      {"same_as", PATCHMARK_LIST, ""}}},
    {"kind",
     {{"kind", PATCHMARK_STRING, ""},
      {"confidence", PATCHMARK_STRING, ""},
      {"flags", PATCHMARK_LIST, ""}}},
    {"automation",
     {{"robot", PATCHMARK_STRING, ""},
      {"verdict", PATCHMARK_STRING, ""},
      {"commits", PATCHMARK_LIST, ""},
      {"tree", PATCHMARK_STRING, ""},
      {"applied_parts", PATCHMARK_LIST, ""},
      {"partial", PATCHMARK_BOOL, ""},
      {"flags", PATCHMARK_LIST, ""}}},
    {"trailers",
     {{"own", PATCHMARK_LIST, ""},
      {"prerequisites", PATCHMARK_LIST, ""},
      {"base_commit", PATCHMARK_STRING, ""},
      {"change_id", PATCHMARK_STRING, ""},
      {"given", PATCHMARK_LIST, ""},
      {"given_from_sender", PATCHMARK_LIST, ""},
      {"range", PATCHMARK_STRING, ""}}},
    {"mine",
     {{"labels", PATCHMARK_LIST, ""},
      {"flags", PATCHMARK_LIST, ""},
      {"mood", PATCHMARK_STRING, ""},
      {"count", PATCHMARK_INT, ""},
      {"words", PATCHMARK_LIST, ""}}},
    {"subjective", {{"view", PATCHMARK_BOOL, ""}, {"labels", PATCHMARK_LIST, ""}}},
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
    ck_assert_int_eq(patchmark_fact_add(fixture.facts, fixture_key(name), support_text(word)), 0);
}

#endif
