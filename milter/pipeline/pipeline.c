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
#include "settings/configuration-options.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_uint_least64_t generations; /* the number of pipelines created so far */

/* ---- creation ----------------------------------------------------------------------------- */

/* Logs an error or a warning about SECTION, with its place if the file has it. */
static void section_log(enum patchmark_level level, const struct plugin_section *section,
                        const char *format, ...) PATCHMARK_PRINTF(3, 4);
#define section_error(...) section_log(PATCHMARK_ERROR, __VA_ARGS__)

static void section_log(enum patchmark_level level, const struct plugin_section *section,
                        const char *format, ...) {
    AUTO(free) char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    (level == PATCHMARK_ERROR ? log_error
                              : log_warning)("%s%s%s", section->place ? section->place : "",
                                             section->place ? ": " : "", text ? text : format);
}

/* Returns true if two sections cannot both be used: cursors of sinks are stored by the title of the
 * section, and the facts of two classifiers would have the same names. */
static bool names_clash(const struct plugin_section *one, const struct plugin_section *other) {
    char prefix[LIMIT_PLUGIN_TITLE + 1], other_prefix[LIMIT_PLUGIN_TITLE + 1];

    facts_prefix(one->name, prefix, sizeof(prefix));
    facts_prefix(other->name, other_prefix, sizeof(other_prefix));
    return strcmp(one->name, other->name) == 0 ||
           (!plugin_is_sink(&one->module->descriptor) &&
            !plugin_is_sink(&other->module->descriptor) && strcmp(prefix, other_prefix) == 0);
}

static int names_check(const struct configuration *configuration) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        for (size_t j = 0; j < i; j++) {
            const char *one = configuration->plugins[j].name,
                       *other = configuration->plugins[i].name;

            if (!names_clash(&configuration->plugins[i], &configuration->plugins[j]))
                continue;
            if (strcmp(one, other) == 0)
                section_error(&configuration->plugins[i],
                              "plugin %s is configured twice; remove one of its sections", one);
            else
                section_error(
                    &configuration->plugins[i],
                    "the facts of the plugins %s and %s would have the same names; change the "
                    "title of one section",
                    one, other);
            return -1;
        }
    return 0;
}

/* Returns true if SECTION has the fact FACT in its array. */
static bool provides(const struct plugin_section *section, const char *fact) {
    const struct patchmark_plugin *plugin = &section->module->descriptor;
    char prefix[LIMIT_PLUGIN_TITLE + 1];
    size_t length;

    facts_prefix(section->name, prefix, sizeof(prefix));
    length = strlen(prefix);
    if (strncmp(fact, prefix, length) != 0 || fact[length] != '.')
        return false;
    for (const struct patchmark_fact *at = plugin->provides; at && at->key; at++)
        if (strcmp(at->key, fact + length + 1) == 0)
            return true;
    return false;
}

/* Returns true if SECTION must run after OTHER: it reads a fact of OTHER, or it alone runs last. */
static bool depends_on(const struct plugin_section *section, const struct plugin_section *other) {
    const struct patchmark_plugin *plugin = &section->module->descriptor;
    const char *const *lists[] = {plugin->needs, plugin->uses};

    if (plugin->traits & ~other->module->descriptor.traits & PATCHMARK_RUNS_LAST)
        return true;
    for (size_t list = 0; list < 2; list++)
        for (const char *const *fact = lists[list]; fact && *fact; fact++)
            if (provides(other, *fact))
                return true;
    return false;
}

/* The classifiers of a configuration. */
struct classifiers {
    const struct plugin_section *sections[LIMIT_PLUGINS];
    size_t count;
};

static const struct patchmark_plugin *classifier(const struct classifiers *classifiers, size_t i) {
    return &classifiers->sections[i]->module->descriptor;
}

static int classifiers_find(const struct configuration *configuration,
                            struct classifiers *classifiers) {
    if (configuration->plugin_count > LIMIT_PLUGINS) {
        log_error("%zu plugins are configured; at most %d are supported, remove some",
                  configuration->plugin_count, LIMIT_PLUGINS);
        return -1;
    }
    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (!plugin_is_sink(&configuration->plugins[i].module->descriptor))
            classifiers->sections[classifiers->count++] = &configuration->plugins[i];
    return 0;
}

/* Returns the classifier that provides FACT; NULL if there is none. */
static const struct patchmark_plugin *provider(const struct classifiers *classifiers,
                                               const char *fact) {
    for (size_t i = 0; i < classifiers->count; i++)
        if (provides(classifiers->sections[i], fact))
            return classifier(classifiers, i);
    return NULL;
}

/* Returns the section that disables the plugin that has FACT; NULL if there is none. */
static const struct plugin_section *disabled_provider(const struct configuration *configuration,
                                                      const char *fact) {
    size_t length = strcspn(fact, ".");

    for (size_t i = 0; i < configuration->disabled_count; i++)
        if (strlen(configuration->disabled[i].name) == length &&
            strncmp(configuration->disabled[i].name, fact, length) == 0)
            return &configuration->disabled[i];
    return NULL;
}

/* Logs that no classifier has FACT, which the plugin of SECTION needs. */
static void fact_missing(const struct configuration *configuration,
                         const struct plugin_section *section, const char *fact) {
    const struct plugin_section *disabled = disabled_provider(configuration, fact);

    if (disabled)
        section_error(disabled, "plugin \"%s\" cannot be disabled: %s needs its fact %s",
                      disabled->name, section->name, fact);
    else
        section_error(section,
                      "plugin %s needs the fact %s, which no loaded plugin provides; load the "
                      "plugin that provides it",
                      section->name, fact);
}

/* Checks the facts that the plugin of SECTION reads: those that it needs must be provided, and none
 * of them by a plugin that runs later. */
static int reads_check(const struct configuration *configuration,
                       const struct classifiers *classifiers,
                       const struct plugin_section *section) {
    const struct patchmark_plugin *plugin = &section->module->descriptor;
    const char *const *lists[] = {plugin->needs, plugin->uses};

    for (size_t list = 0; list < 2; list++)
        for (const char *const *fact = lists[list]; fact && *fact; fact++) {
            const struct patchmark_plugin *other = provider(classifiers, *fact);

            if (!other && list == 0) {
                fact_missing(configuration, section, *fact);
                return -1;
            }
            if (other && other->traits & ~plugin->traits & PATCHMARK_RUNS_LAST) {
                section_error(
                    section,
                    "plugin %s reads the fact %s, but %s runs after all others; %s requires "
                    "the trait PATCHMARK_RUNS_LAST, too",
                    plugin->name, *fact, other->name, plugin->name);
                return -1;
            }
        }
    return 0;
}

static int needs_check(const struct configuration *configuration,
                       const struct classifiers *classifiers) {
    for (size_t i = 0; i < classifiers->count; i++)
        if (reads_check(configuration, classifiers, classifiers->sections[i]) < 0)
            return -1;
    return 0;
}

/* Classifiers of a lower stage run first, as far as dependencies allow, so that as much work as
 * possible is done for many mails at once, and the lock of the store is held briefly. */
enum stage { STAGE_PARALLEL, STAGE_SERIAL, STAGE_INDEX };

static enum stage stage_of(const struct patchmark_plugin *plugin) {
    if (plugin->traits & PATCHMARK_USES_INDEX)
        return STAGE_INDEX;
    return plugin->traits & PATCHMARK_PARALLEL ? STAGE_PARALLEL : STAGE_SERIAL;
}

/* Returns the index of the first classifier from FROM on whose stage is later than STAGE. */
static size_t stage_end(const struct classifiers *classifiers, size_t from, enum stage stage) {
    while (from < classifiers->count && stage_of(classifier(classifiers, from)) <= stage)
        from++;
    return from;
}

/* Returns true if the classifier I depends on one of those from FROM on. */
static bool waits(const struct classifiers *classifiers, size_t i, size_t from) {
    for (size_t j = from; j < classifiers->count; j++)
        if (depends_on(classifiers->sections[i], classifiers->sections[j]))
            return true;
    return false;
}

/* Returns the stage by which PLUGIN is sorted.  Those that run last do so in the order of the
 * configuration, because each may read the facts of those before it. */
static enum stage rank_of(const struct patchmark_plugin *plugin) {
    return plugin->traits & PATCHMARK_RUNS_LAST ? STAGE_INDEX : stage_of(plugin);
}

/* Sorts the classifiers so that each runs after those whose facts it reads.  In each round, chooses
 * one that depends on none of the remaining ones; of several, the first of the lowest stage. */
static int classifiers_order(struct classifiers *classifiers) {
    const struct plugin_section **all = classifiers->sections;

    for (size_t done = 0; done < classifiers->count; done++) {
        const struct plugin_section *section;
        size_t chosen = SIZE_MAX;

        for (size_t i = done; i < classifiers->count; i++)
            if (!waits(classifiers, i, done) &&
                (chosen == SIZE_MAX ||
                 rank_of(classifier(classifiers, i)) < rank_of(classifier(classifiers, chosen))))
                chosen = i;
        if (chosen == SIZE_MAX) {
            section_error(all[done],
                          "plugins depend on each other in a cycle; %s is one of them, disable it",
                          all[done]->name);
            return -1;
        }
        section = all[chosen];
        memmove(&all[done + 1], &all[done], (chosen - done) * sizeof(*all));
        all[done] = section;
    }
    return 0;
}

/* Makes the schema of the facts of the classifiers, which are in the order in which they run. */
static int schema_make(struct pipeline *pipeline, const struct classifiers *classifiers) {
    pipeline->schema = facts_schema_new();
    if (!pipeline->schema)
        return -1;
    for (size_t i = 0; i < classifiers->count; i++) {
        const struct patchmark_plugin *plugin = classifier(classifiers, i);

        pipeline->owners[i] =
            facts_schema_add(pipeline->schema, classifiers->sections[i]->name, plugin->provides);
        if (pipeline->owners[i] < 0) {
            log_error("the plugins provide more than %d facts; disable some of them", LIMIT_FACTS);
            return -1;
        }
    }
    for (size_t i = 0; i < classifiers->count; i++)
        facts_schema_reads(pipeline->schema, pipeline->owners[i], classifier(classifiers, i));
    return 0;
}

/* Logs that SECTION names FACT in its array uses, if the plugin of that fact is loaded and has no
 * such fact. */
static void use_check(const struct facts_schema *schema, const struct plugin_section *section,
                      const char *fact) {
    size_t prefix = strcspn(fact, ".") + 1, steps = SIZE_MAX;
    const char *name, *near = NULL;
    bool is_loaded = false;

    if (facts_schema_type(schema, fact) != PATCHMARK_NONE)
        return;
    for (size_t i = 0; (name = facts_schema_name(schema, i)); i++) {
        if (strncmp(name, fact, prefix) != 0)
            continue;
        is_loaded = true; /* each plugin has labels and flags */
        if (configuration_word_is_nearer(fact + prefix, name + prefix, &steps))
            near = name;
    }
    if (is_loaded)
        section_log(PATCHMARK_WARNING, section,
                    "plugin %s uses the fact %s, which the plugin %.*s does not have%s%s%s",
                    section->name, fact, (int)prefix - 1, fact, near ? "; did you mean " : "",
                    near ? near : "", near ? "?" : "");
}

/* The same for all classifiers, after they were opened: they have declared their facts then. */
static void uses_check(const struct facts_schema *schema, const struct classifiers *classifiers) {
    for (size_t i = 0; i < classifiers->count; i++)
        for (const char *const *fact = classifier(classifiers, i)->uses; fact && *fact; fact++)
            use_check(schema, classifiers->sections[i], *fact);
}

/* Opens the plugins of one kind, in the order of the configuration.  A classifier becomes the one
 * with the number that it has in CLASSIFIERS, a sink the next one.  Stops at the first error if
 * FAULTS is NULL; else opens the others, too, and adds the number of errors to it. */
static int instances_open(struct pipeline *pipeline, bool sinks,
                          const struct plugin_section *const *classifiers, size_t *faults) {
    const struct configuration *configuration = pipeline->configuration;

    for (size_t i = 0; i < configuration->plugin_count; i++) {
        const struct plugin_section *configured = &configuration->plugins[i];
        struct patchmark_instance *instance;
        size_t at = 0;

        if (plugin_is_sink(&configured->module->descriptor) != sinks || configured->is_faulty)
            continue;
        while (!sinks && classifiers[at] != configured)
            at++;
        instance = instance_open(configured, configuration->host, pipeline->schema,
                                 sinks ? -1 : pipeline->owners[at]);
        if (!instance) {
            if (!faults)
                return -1;
            ++*faults;
            continue;
        }
        pipeline->instances[sinks ? pipeline->instance_count++ : at] = instance;
    }
    return 0;
}

/* Opens the plugins: the classifiers in the order in which they run, then the sinks.  With FAULTS
 * as above. */
static int plugins_open(struct pipeline *pipeline, size_t *faults) {
    struct classifiers classifiers = {.count = 0};

    if (names_check(pipeline->configuration) < 0 ||
        classifiers_find(pipeline->configuration, &classifiers) < 0)
        return -1;
    if (needs_check(pipeline->configuration, &classifiers) < 0) {
        if (!faults)
            return -1;
        ++*faults;
    }
    if (classifiers_order(&classifiers) < 0 || schema_make(pipeline, &classifiers) < 0)
        return -1;
    pipeline->serial_from = stage_end(&classifiers, 0, STAGE_PARALLEL);
    pipeline->index_from = stage_end(&classifiers, pipeline->serial_from, STAGE_SERIAL);
    pipeline->instance_count = pipeline->classifier_count = classifiers.count;
    if (instances_open(pipeline, false, classifiers.sections, faults) < 0)
        return -1;
    if (!faults || *faults == 0)
        uses_check(pipeline->schema, &classifiers);
    return instances_open(pipeline, true, classifiers.sections, faults);
}

/* Returns a pipeline without plugins, which owns CONFIGURATION; NULL if memory runs out. */
static struct pipeline *pipeline_begin(struct configuration *configuration) {
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

    if (!pipeline) {
        configuration_free(configuration);
        return NULL;
    }
    atomic_init(&pipeline->references, 1);
    pipeline->generation = 1 + atomic_fetch_add(&generations, 1);
    pipeline->configuration = configuration;
    pipeline->list_watch = list_watch_new(configuration);
    if (pipeline->list_watch)
        return pipeline;
    pipeline_release(pipeline);
    return NULL;
}

struct pipeline *pipeline_new(struct configuration *configuration) {
    struct pipeline *pipeline = pipeline_begin(configuration);

    if (!pipeline || plugins_open(pipeline, NULL) == 0)
        return pipeline;
    pipeline_release(pipeline);
    return NULL;
}

struct pipeline *pipeline_try(struct configuration *configuration, size_t *faults) {
    struct pipeline *pipeline = pipeline_begin(configuration);

    *faults = 0;
    if (!pipeline || plugins_open(pipeline, faults) < 0)
        ++*faults;
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
