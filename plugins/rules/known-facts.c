/* SPDX-License-Identifier: BSD-2-Clause
 *
 * known-facts.c - see known-facts.h.
 */
#include "known-facts.h"

#include <stdio.h>
#include <string.h>

#define FACTS(FACT)                          \
    FACT("automation.announce", BOOL)        \
    FACT("automation.applied", BOOL)         \
    FACT("automation.applied_parts", LIST)   \
    FACT("automation.commits", LIST)         \
    FACT("automation.flags", LIST)           \
    FACT("automation.kind", STRING)          \
    FACT("automation.partial", BOOL)         \
    FACT("automation.report", BOOL)          \
    FACT("automation.robot", STRING)         \
    FACT("automation.tree", STRING)          \
    FACT("automation.verdict", STRING)       \
    FACT("kind.confidence", STRING)          \
    FACT("kind.kind", STRING)                \
    FACT("patch.author", STRING)             \
    FACT("patch.author_name", STRING)        \
    FACT("patch.bases", LIST)                \
    FACT("patch.deletions", INT)             \
    FACT("patch.files", LIST)                \
    FACT("patch.flags", LIST)                \
    FACT("patch.id", STRING)                 \
    FACT("patch.in_body_subject", STRING)    \
    FACT("patch.insertions", INT)            \
    FACT("patch.old_files", LIST)            \
    FACT("patch.posted", BOOL)               \
    FACT("patch.present", BOOL)              \
    FACT("patch.where", STRING)              \
    FACT("pull.base", STRING)                \
    FACT("pull.present", BOOL)               \
    FACT("pull.ref", STRING)                 \
    FACT("pull.signed", BOOL)                \
    FACT("pull.tip", STRING)                 \
    FACT("pull.url", STRING)                 \
    FACT("series.adopts", STRING)            \
    FACT("series.displaces", STRING)         \
    FACT("series.flags", LIST)               \
    FACT("series.how", STRING)               \
    FACT("series.id", STRING)                \
    FACT("series.keys", LIST)                \
    FACT("series.labels", LIST)              \
    FACT("series.notes", LIST)               \
    FACT("series.part", INT)                 \
    FACT("series.refused", BOOL)             \
    FACT("series.same_as", LIST)             \
    FACT("series.scope", STRING)             \
    FACT("series.supersedes", STRING)        \
    FACT("series.target", INT)               \
    FACT("series.topic", STRING)             \
    FACT("series.total", INT)                \
    FACT("series.version", INT)              \
    FACT("subject.backport", BOOL)           \
    FACT("subject.flags", LIST)              \
    FACT("subject.list_tag", STRING)         \
    FACT("subject.part", INT)                \
    FACT("subject.patch", BOOL)              \
    FACT("subject.pull", BOOL)               \
    FACT("subject.reply", BOOL)              \
    FACT("subject.report", BOOL)             \
    FACT("subject.resend", BOOL)             \
    FACT("subject.revision", STRING)         \
    FACT("subject.rfc", BOOL)                \
    FACT("subject.title", STRING)            \
    FACT("subject.total", INT)               \
    FACT("subject.tree", LIST)               \
    FACT("subject.version", INT)             \
    FACT("subject.version_weak", BOOL)       \
    FACT("subsystem.labels", LIST)           \
    FACT("subsystem.sections", LIST)         \
    FACT("trailers.base_commit", STRING)     \
    FACT("trailers.change_id", STRING)       \
    FACT("trailers.flags", LIST)             \
    FACT("trailers.given", LIST)             \
    FACT("trailers.given_from_sender", LIST) \
    FACT("trailers.judges", BOOL)            \
    FACT("trailers.own", LIST)               \
    FACT("trailers.prerequisites", LIST)     \
    FACT("trailers.range", STRING)           \
    FACT("trailers.supersedes", LIST)

#define NAME(name, type) name,
#define TYPE(name, type) PATCHMARK_##type,

const char *const known_facts[] = {FACTS(NAME) NULL};
static const enum patchmark_type types[] = {FACTS(TYPE)};

enum patchmark_type known_fact_type(const char *name) {
    for (size_t i = 0; known_facts[i]; i++)
        if (strcmp(known_facts[i], name) == 0)
            return types[i];
    return 0;
}

bool known_fact_plugin(const char *name, char *keys, size_t size) {
    size_t plugin = strcspn(name, ".") + 1, length = 0;

    keys[0] = '\0';
    for (size_t i = 0; known_facts[i]; i++)
        if (strncmp(known_facts[i], name, plugin) == 0 && length < size)
            length += (size_t)snprintf(keys + length, size - length, "%s%s", length > 0 ? ", " : "",
                                       known_facts[i] + plugin);
    return length > 0;
}
