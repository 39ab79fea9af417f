/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugins.c - `patchmark plugins`: lists the loaded plugins, in the order in which they run, with
 * their facts and options.
 */
#include "command/commands.h"

#include "pipeline/pipeline.h"
#include "plugin/bounds.h"
#include "settings/configuration-load.h"
#include "util/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

CLEANUP_DEFINE(struct pipeline *, pipeline_release)

enum { OPTION_CONFIG, OPTION_OPTIONS, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration file; default: the built-in configuration"},
    {'o', "options", NULL, "print all options of the configuration file instead"},
    {0}};

static int plugins_run(int argc, char **argv);
const struct command command_plugins = {"plugins", "",
                                        "Lists the loaded plugins with their facts and options.",
                                        options, plugins_run};

static const char *type_name(enum patchmark_type type) {
    static const char *const names[] = {"", "bool", "int", "string", "list", "duration"};

    return names[type];
}

/* Returns true if the plugin has KEY in its array, or need not have it there. */
static bool is_of_array(const struct patchmark_plugin *plugin, const char *key) {
    for (const struct patchmark_fact *fact = plugin->provides; fact && fact->key; fact++)
        if (strcmp(fact->key, key) == 0)
            return true;
    return strcmp(key, "labels") == 0 || strcmp(key, "flags") == 0;
}

static void facts_print(const struct patchmark_instance *instance) {
    const struct patchmark_plugin *plugin = instance_plugin(instance);
    char prefix[LIMIT_PLUGIN_TITLE + 1];
    const char *name;
    size_t length;

    facts_prefix(instance_name(instance), prefix, sizeof(prefix));
    length = strlen(prefix);
    for (const struct patchmark_fact *fact = plugin->provides; fact && fact->key; fact++)
        printf("    fact   %s.%-16s %-8s %s\n", prefix, fact->key, type_name(fact->type),
               fact->help);
    for (size_t i = 0; !plugin_is_sink(plugin) && (name = patchmark_fact_name(instance, i)); i++)
        if (strncmp(name, prefix, length) == 0 && name[length] == '.' &&
            !is_of_array(plugin, name + length + 1))
            printf("    fact   %s.%-16s %-8s declared by the section\n", prefix, name + length + 1,
                   type_name(patchmark_fact_type(instance, name)));
}

static void plugin_print(const struct patchmark_instance *instance, const char *path) {
    const struct patchmark_plugin *plugin = instance_plugin(instance);

    printf("%s %s (%s): %s\n    %s\n", instance_name(instance), plugin->version,
           plugin_is_sink(plugin) ? "sink" : "classifier", plugin->summary, path);
    facts_print(instance);
    for (const struct patchmark_option *option = plugin->options; option && option->name; option++)
        printf("    option %-16s %-8s %s (%s)\n", option->name, type_name(option->type),
               option->help, option->fallback ? option->fallback : "none");
}

static void options_print(const struct pipeline *pipeline) {
    configuration_print_options();
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        const struct patchmark_plugin *plugin = instance_plugin(pipeline_instance(pipeline, i));

        for (const struct patchmark_option *option = plugin->options; option && option->name;
             option++)
            printf("plugin.%s.%s %s\n", plugin->name, option->name, type_name(option->type));
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

static int plugins_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    AUTO(pipeline_release) struct pipeline *pipeline = NULL;
    int status;

    if (command_parse(&command_plugins, argc, argv, values, &status) < 0)
        return status;
    pipeline = pipeline_load(values[OPTION_CONFIG]);
    if (!pipeline)
        return EX_CONFIG;
    if (values[OPTION_OPTIONS]) {
        options_print(pipeline);
        return EX_OK;
    }
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        struct patchmark_instance *instance = pipeline_instance(pipeline, i);

        plugin_print(instance,
                     module_path(pipeline_configuration(pipeline), instance_plugin(instance)));
    }
    return EX_OK;
}
