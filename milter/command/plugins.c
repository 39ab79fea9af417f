/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugins.c - `patchmark plugins`: lists the loaded plugins, in the order in which they run, with
 * their facts and options; describes plugins by name; and begins a new one.
 */
#include "command/commands.h"

#include "command/plugin-new.h"
#include "pipeline/pipeline.h"
#include "plugin/bounds.h"
#include "settings/configuration-load.h"
#include "util/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

CLEANUP_DEFINE(struct configuration *, configuration_free)
CLEANUP_DEFINE(struct pipeline *, pipeline_release)

enum { OPTION_CONFIG, OPTION_FACTS, OPTION_NEW, OPTION_OPTIONS, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration file; default: the built-in configuration"},
    {'f', "facts", NULL, "print all facts of the loaded plugins instead, one per line"},
    {'n', "new", "NAME", "write a folder NAME with a new plugin, its page and its test"},
    {'o', "options", NULL, "print all options of the configuration file instead"},
    {0}};

static int plugins_run(int argc, char **argv);
const struct command command_plugins = {"plugins", "[NAME...]",
                                        "Lists the loaded plugins with their facts and options.",
                                        options, plugins_run};

static const char *type_name(enum patchmark_type type) {
    static const char *const names[] = {"", "bool", "int", "string", "list", "duration"};

    return names[type];
}

static bool is_provided(const struct patchmark_plugin *plugin, const char *key) {
    for (const struct patchmark_fact *fact = plugin->provides; fact && fact->key; fact++)
        if (strcmp(fact->key, key) == 0)
            return true;
    return false;
}

/* Prints the facts that a section has declared beside those of the array of its plugin; PREFIX is
 * what their names begin with.  Labels and flags are those of every plugin. */
static void declared_print(const struct patchmark_instance *instance, const char *prefix) {
    size_t length = strlen(prefix);
    const char *name, *key;

    for (size_t i = 0; (name = patchmark_fact_name(instance, i)); i++) {
        if (strncmp(name, prefix, length) != 0 || name[length] != '.')
            continue;
        key = name + length + 1;
        if (strcmp(key, "labels") != 0 && strcmp(key, "flags") != 0 &&
            !is_provided(instance_plugin(instance), key))
            printf("    fact   %s.%-16s %-8s declared by the section\n", prefix, key,
                   type_name(patchmark_fact_type(instance, name)));
    }
}

/* Describes PLUGIN, whose section has the title TITLE, or whose sections have TITLES; INSTANCE is
 * NULL if it was not opened. */
static void plugin_print(const struct patchmark_plugin *plugin, const char *title,
                         const char *titles, const struct patchmark_instance *instance,
                         const char *path) {
    char prefix[LIMIT_PLUGIN_TITLE + 1];

    facts_prefix(title, prefix, sizeof(prefix));
    printf("%s %s (%s): %s\n    %s\n", titles, plugin->version,
           plugin_is_sink(plugin) ? "sink" : "classifier", plugin->summary, path);
    for (const struct patchmark_fact *fact = plugin->provides; fact && fact->key; fact++)
        printf("    fact   %s.%-16s %-8s %s\n", prefix, fact->key, type_name(fact->type),
               fact->help);
    if (instance && !plugin_is_sink(plugin))
        declared_print(instance, prefix);
    for (const struct patchmark_option *option = plugin->options; option && option->name; option++)
        printf("    option %-16s %-8s %s (%s)\n", option->name, type_name(option->type),
               option->help, option->fallback ? option->fallback : "none");
}

/* ---- by name ------------------------------------------------------------------------------- */

static void names_print(const char *title, const char *const *names) {
    for (size_t i = 0; names && names[i]; i++)
        printf("%s%s", i == 0 ? title : " ", names[i]);
    if (names && names[0])
        putchar('\n');
}

/* Prints the page of PLUGIN, which is beside its shared object or among the pages that are
 * installed; nothing if there is none. */
static void page_print(const struct patchmark_plugin *plugin, const char *path) {
    const char *slash = strrchr(path, '/');
    char beside[4096], installed[4096], line[4096];
    AUTO(fclose) FILE *page = NULL;

    snprintf(beside, sizeof(beside), "%.*s/%s.md", slash ? (int)(slash - path) : 0, path,
             plugin->name);
    snprintf(installed, sizeof(installed), "%s/%s.md", PAGE_DIR, plugin->name);
    page = fopen(beside, "r");
    if (!page)
        page = fopen(installed, "r");
    if (!page)
        return;
    putchar('\n');
    while (fgets(line, sizeof(line), page))
        fputs(line, stdout);
}

/* Returns the section with the title TITLE, which was enabled; NULL if there is none. */
static const struct plugin_section *section_find(const struct configuration *configuration,
                                                 const char *title) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (strcmp(configuration->plugins[i].name, title) == 0)
            return &configuration->plugins[i];
    return NULL;
}

/* Returns the module of the plugin NAME: that of the configuration, or else one that is found by
 * name.  Returns NULL after an error was written to standard error. */
static const struct plugin_module *module_find(const struct configuration *configuration,
                                               const char *name) {
    const struct plugin_module *module;
    char error[4096];

    if (strchr(name, '/')) {
        fprintf(stderr, "patchmark: plugin %s: the configuration has no such section\n", name);
        return NULL;
    }
    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (strcmp(configuration->plugins[i].module->descriptor.name, name) == 0)
            return configuration->plugins[i].module;
    module = plugin_load(name, NULL, error, sizeof(error));
    if (!module)
        fprintf(stderr, "patchmark: plugin %s: %s\n", name, error);
    return module;
}

/* Describes the plugins NAMES, or titles of sections, which ends with NULL, without opening them.
 */
static int named_print(const char *file, char *const *names) {
    AUTO(configuration_free) struct configuration *configuration = NULL;

    if (configuration_load(file, &configuration) < 0)
        return EX_CONFIG;
    for (; *names; names++) {
        const struct plugin_section *section = section_find(configuration, *names);
        const struct plugin_module *module =
            section ? section->module : module_find(configuration, *names);
        const struct patchmark_plugin *plugin;

        if (!module)
            return EX_UNAVAILABLE;
        plugin = &module->descriptor;
        plugin_print(plugin, *names, *names, NULL, module->path);
        names_print("    needs  ", plugin->needs);
        names_print("    uses   ", plugin->uses);
        page_print(plugin, module->path);
        if (names[1])
            putchar('\n');
    }
    return EX_OK;
}

/* ---- all ----------------------------------------------------------------------------------- */

/* Returns true if an instance before instance I is of the same plugin. */
static bool is_repeated(const struct pipeline *pipeline, size_t i) {
    const struct patchmark_plugin *plugin = instance_plugin(pipeline_instance(pipeline, i));

    for (size_t before = 0; before < i; before++)
        if (instance_plugin(pipeline_instance(pipeline, before)) == plugin)
            return true;
    return false;
}

static void options_print(const struct pipeline *pipeline) {
    configuration_print_options();
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        const struct patchmark_plugin *plugin = instance_plugin(pipeline_instance(pipeline, i));

        if (is_repeated(pipeline, i))
            continue;
        for (const struct patchmark_option *option = plugin->options; option && option->name;
             option++)
            printf("plugin.%s.%s %s\n", plugin->name, option->name, type_name(option->type));
    }
}

/* Prints a line for each fact: full name, type, example and meaning, separated by tabs.  An example
 * has its own tabs as \t. */
static void facts_print(const struct pipeline *pipeline) {
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        const struct patchmark_plugin *plugin = instance_plugin(pipeline_instance(pipeline, i));

        for (const struct patchmark_fact *fact = plugin->provides; fact && fact->key; fact++) {
            printf("%s.%s\t%s\t", plugin->name, fact->key, type_name(fact->type));
            for (const char *at = fact->example ? fact->example : ""; *at; at++)
                if (*at == '\t')
                    fputs("\\t", stdout);
                else
                    putchar(*at);
            printf("\t%s\n", fact->help);
        }
    }
}

/* Returns the path of the shared object of PLUGIN; "" if there is none. */
static const char *module_path(const struct configuration *configuration,
                               const struct patchmark_plugin *plugin) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (&configuration->plugins[i].module->descriptor == plugin)
            return configuration->plugins[i].module->path;
    return "";
}

/* Prints the plugin of instance I; a sink, which sets no facts, under the titles of all its
 * sections. */
static void instance_print(const struct pipeline *pipeline, size_t i) {
    const struct patchmark_instance *instance = pipeline_instance(pipeline, i), *other;
    const struct patchmark_plugin *plugin = instance_plugin(instance);
    char titles[LIMIT_PLUGINS * (LIMIT_PLUGIN_TITLE + 2) + 1];
    size_t length = (size_t)snprintf(titles, sizeof(titles), "%s", instance_name(instance));

    while (plugin_is_sink(plugin) && ++i < pipeline_instance_count(pipeline)) {
        other = pipeline_instance(pipeline, i);
        if (instance_plugin(other) == plugin)
            length += (size_t)snprintf(titles + length, sizeof(titles) - length, ", %s",
                                       instance_name(other));
    }
    plugin_print(plugin, instance_name(instance), titles, instance,
                 module_path(pipeline_configuration(pipeline), plugin));
}

static int all_print(const char *const *values) {
    AUTO(pipeline_release) struct pipeline *pipeline = pipeline_load(values[OPTION_CONFIG]);

    if (!pipeline)
        return EX_CONFIG;
    if (values[OPTION_OPTIONS])
        options_print(pipeline);
    if (values[OPTION_FACTS])
        facts_print(pipeline);
    if (values[OPTION_OPTIONS] || values[OPTION_FACTS])
        return EX_OK;
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++)
        if (!plugin_is_sink(instance_plugin(pipeline_instance(pipeline, i))) ||
            !is_repeated(pipeline, i))
            instance_print(pipeline, i);
    return EX_OK;
}

static int plugins_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    int status, first = command_parse(&command_plugins, argc, argv, values, &status);

    if (first < 0)
        return status;
    if (values[OPTION_NEW])
        return plugin_new(values[OPTION_NEW]);
    return first < argc ? named_print(values[OPTION_CONFIG], argv + first) : all_print(values);
}
