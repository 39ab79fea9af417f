/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pipeline.c - opens and orders the plugins of a configuration; see pipeline.h.  pipeline-run.c
 * processes mails.
 *
 * Owns the configuration, the instances of its plugins, the schema of their facts, and the counts
 * of mails that lists receive and send out.
 */
#include "pipeline/pipeline-private.h"

#include "settings/configuration-load.h"
#include "util/log.h"

#include <stdlib.h>
#include <string.h>

static atomic_uint_least64_t generations; /* the number of pipelines created so far */

/* ---- creation ----------------------------------------------------------------------------- */

/* Returns true if two sections cannot both be used: facts are stored by the name of the plugin, and
 * cursors of sinks by the title of the section. */
static bool names_clash(const struct plugin_section *one, const struct plugin_section *other) {
    const struct patchmark_plugin *plugin = &one->module->descriptor;

    return strcmp(one->name, other->name) == 0 ||
           (plugin->kind == PATCHMARK_CLASSIFIER &&
            strcmp(plugin->name, other->module->descriptor.name) == 0);
}

static int names_check(const struct configuration *configuration) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        for (size_t j = 0; j < i; j++)
            if (names_clash(&configuration->plugins[i], &configuration->plugins[j])) {
                log_error("plugin %s is configured twice; remove one of its sections",
                          configuration->plugins[i].name);
                return -1;
            }
    return 0;
}

/* Opens all plugins, classifiers first, in the order of the configuration. */
static int instances_open(struct pipeline *pipeline) {
    static const uint32_t kinds[] = {PATCHMARK_CLASSIFIER, PATCHMARK_SINK};
    const struct configuration *configuration = pipeline->configuration;

    if (configuration->plugin_count > LIMIT_PLUGINS) {
        log_error("%zu plugins are configured; at most %d are supported, remove some",
                  configuration->plugin_count, LIMIT_PLUGINS);
        return -1;
    }
    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < configuration->plugin_count; i++) {
            const struct plugin_section *configured = &configuration->plugins[i];
            struct patchmark_instance *instance;

            if (configured->module->descriptor.kind != kinds[kind])
                continue;
            instance = instance_open(configured, configuration->host);
            if (!instance) {
                log_error("plugin %s cannot be started; see the log lines above", configured->name);
                return -1;
            }
            pipeline->instances[pipeline->instance_count++] = instance;
        }
        if (kind == 0)
            pipeline->classifier_count = pipeline->instance_count;
    }
    return 0;
}

static bool provides(const struct patchmark_plugin *plugin, const char *fact) {
    size_t length = strlen(plugin->name);

    if (strncmp(fact, plugin->name, length) != 0 || fact[length] != '.')
        return false;
    for (const struct patchmark_fact *at = plugin->provides; at && at->key; at++)
        if (strcmp(at->key, fact + length + 1) == 0)
            return true;
    return false;
}

/* Returns true if PLUGIN reads a fact of OTHER. */
static bool depends_on(const struct patchmark_plugin *plugin,
                       const struct patchmark_plugin *other) {
    const char *const *lists[] = {plugin->needs, plugin->uses};

    for (size_t list = 0; list < 2; list++)
        for (const char *const *fact = lists[list]; fact && *fact; fact++)
            if (provides(other, *fact))
                return true;
    return false;
}

static int needs_check(const struct pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->classifier_count; i++) {
        const struct patchmark_plugin *plugin = instance_plugin(pipeline->instances[i]);

        for (const char *const *fact = plugin->needs; fact && *fact; fact++) {
            bool found = false;

            for (size_t j = 0; j < pipeline->classifier_count && !found; j++)
                found = provides(instance_plugin(pipeline->instances[j]), *fact);
            if (!found) {
                log_error("plugin %s needs the fact %s, which no loaded plugin provides; load the "
                          "plugin that provides it",
                          plugin->name, *fact);
                return -1;
            }
        }
    }
    return 0;
}

/* Classifiers of a lower stage run first, as far as dependencies allow, so that as much work as
 * possible is done for many mails at once, and the lock of the store is held briefly. */
enum stage { STAGE_PARALLEL, STAGE_SERIAL, STAGE_INDEX };

static enum stage stage_of(const struct patchmark_instance *instance) {
    const struct patchmark_plugin *plugin = instance_plugin(instance);

    if (plugin->flags & PATCHMARK_USES_INDEX)
        return STAGE_INDEX;
    return plugin->threads == PATCHMARK_PARALLEL ? STAGE_PARALLEL : STAGE_SERIAL;
}

/* Returns the index of the first classifier from FROM on whose stage is later than STAGE. */
static size_t stage_end(const struct pipeline *pipeline, size_t from, enum stage stage) {
    while (from < pipeline->classifier_count && stage_of(pipeline->instances[from]) <= stage)
        from++;
    return from;
}

/* Sorts the classifiers so that each runs after those whose facts it reads.  In each round, chooses
 * one that depends on none of the remaining ones; of several, the first of the lowest stage. */
static int classifiers_order(struct pipeline *pipeline) {
    struct patchmark_instance **all = pipeline->instances;

    for (size_t done = 0; done < pipeline->classifier_count; done++) {
        size_t chosen = SIZE_MAX;

        for (size_t i = done; i < pipeline->classifier_count; i++) {
            bool waits = false;

            for (size_t j = done; j < pipeline->classifier_count && !waits; j++)
                waits = depends_on(instance_plugin(all[i]), instance_plugin(all[j]));
            if (!waits && (chosen == SIZE_MAX || stage_of(all[i]) < stage_of(all[chosen])))
                chosen = i;
        }
        if (chosen == SIZE_MAX) {
            log_error("plugins depend on each other in a cycle; %s is one of them, disable it",
                      instance_name(all[done]));
            return -1;
        }
        struct patchmark_instance *instance = all[chosen];

        memmove(&all[done + 1], &all[done], (chosen - done) * sizeof(*all));
        all[done] = instance;
    }
    pipeline->serial_from = stage_end(pipeline, 0, STAGE_PARALLEL);
    pipeline->index_from = stage_end(pipeline, pipeline->serial_from, STAGE_SERIAL);
    return 0;
}

static int schema_make(struct pipeline *pipeline) {
    pipeline->schema = facts_schema_new();
    if (!pipeline->schema)
        return -1;
    for (size_t i = 0; i < pipeline->classifier_count; i++) {
        const struct patchmark_plugin *plugin = instance_plugin(pipeline->instances[i]);

        pipeline->owners[i] = facts_schema_add(pipeline->schema, plugin->name, plugin->provides);
        if (pipeline->owners[i] < 0) {
            log_error("the plugins provide more than %d facts; disable some of them", LIMIT_FACTS);
            return -1;
        }
    }
    return 0;
}

struct pipeline *pipeline_new(struct configuration *configuration) {
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

    if (!pipeline) {
        configuration_free(configuration);
        return NULL;
    }
    atomic_init(&pipeline->references, 1);
    pipeline->generation = 1 + atomic_fetch_add(&generations, 1);
    pipeline->configuration = configuration;
    pipeline->list_watch = list_watch_new(configuration);
    if (!pipeline->list_watch || names_check(configuration) < 0 || instances_open(pipeline) < 0 ||
        needs_check(pipeline) < 0 || classifiers_order(pipeline) < 0 || schema_make(pipeline) < 0) {
        pipeline_release(pipeline);
        return NULL;
    }
    return pipeline;
}

struct pipeline *pipeline_load(const char *file) {
    struct configuration *configuration;

    return configuration_load(file, &configuration) == 0 ? pipeline_new(configuration) : NULL;
}

struct pipeline *pipeline_keep(struct pipeline *pipeline) {
    atomic_fetch_add(&pipeline->references, 1);
    return pipeline;
}

void pipeline_release(struct pipeline *pipeline) {
    if (!pipeline || atomic_fetch_sub(&pipeline->references, 1) != 1)
        return;
    for (size_t i = 0; i < pipeline->instance_count; i++)
        instance_close(pipeline->instances[i]);
    facts_schema_free(pipeline->schema);
    list_watch_free(pipeline->list_watch);
    configuration_free(pipeline->configuration);
    free(pipeline);
}

void pipeline_close_sinks(struct pipeline *pipeline) {
    while (pipeline->instance_count > pipeline->classifier_count)
        instance_close(pipeline->instances[--pipeline->instance_count]);
}

const struct configuration *pipeline_configuration(const struct pipeline *pipeline) {
    return pipeline->configuration;
}

size_t pipeline_instance_count(const struct pipeline *pipeline) {
    return pipeline->instance_count;
}

struct patchmark_instance *pipeline_instance(const struct pipeline *pipeline, size_t i) {
    return pipeline->instances[i];
}
