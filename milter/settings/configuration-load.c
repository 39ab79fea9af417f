/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-load.c - see configuration-load.h.
 *
 * Converts the tree that configuration-read.h returns into a configuration: sections, plugins and
 * their values; configuration-core.h does that for the options outside of sections.  Errors are
 * collected and logged at the end.
 */
#include "settings/configuration-load.h"

#include "plugin/bounds.h"
#include "settings/configuration-core.h"
#include "settings/configuration-lists.h"
#include "settings/configuration-options.h"
#include "settings/configuration-read.h"
#include "settings/configuration-section.h"
#include "settings/configuration-text.h"
#include "settings/configuration-value.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <stdio.h>
#include <string.h>

const char *const configuration_default_plugins[] = {"subject",    "patch",  "pull", "trailers",
                                                     "automation", "series", "kind", NULL};

CLEANUP_DEFINE(struct configuration *, configuration_free)
CLEANUP_DEFINE(cfg_t *, cfg_free)

static char *copy(struct arena *arena, const char *text) {
    return arena_copy(arena, text, strlen(text));
}

/* ---- plugins ------------------------------------------------------------------------------- */

static bool has_option(const struct patchmark_option *options, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return true;
    return false;
}

/* Adds a problem for each option in SECTION that is neither an option of the core for plugins of
 * its kind nor one of the plugin itself. */
static void check_names(struct configuration_maker *maker, cfg_t *section,
                        const struct plugin_module *module) {
    const struct patchmark_option *own = configuration_plugin_options;
    const struct patchmark_option *options = module->descriptor.options;
    size_t own_count = plugin_is_sink(&module->descriptor) ? PLUGIN_OPTIONS : PLUGIN_START;
    size_t count = configuration_option_count(options);
    char allowed[PROBLEM_SIZE / 2] = "";
    size_t length = 0;

    for (size_t i = 0; i < own_count + count; i++) {
        const char *name = i < own_count ? own[i].name : options[i - own_count].name;

        if (length < sizeof(allowed))
            length += (size_t)snprintf(allowed + length, sizeof(allowed) - length, "%s%s",
                                       i ? ", " : "", name);
    }
    for (cfg_opt_t *option = section->opts; option->name; option++)
        if (configuration_setting(section, option->name) &&
            !has_option(own, own_count, option->name) &&
            !has_option(options, count, option->name) &&
            strcmp(option->name, CONFIGURATION_MARK) != 0) {
            const char *near = configuration_option_near(options, option->name);

            if (!near)
                near = configuration_option_near(own, option->name);
            if (near && !has_option(own, own_count, near) && !has_option(options, count, near))
                near = NULL;
            configuration_problem(&maker->problems, cfg_opt_getcomment(option),
                                  "unknown option '%.60s' of plugin \"%s\"; %s%s%s", option->name,
                                  section->title,
                                  near ? "did you mean '" : "allowed here: ", near ? near : allowed,
                                  near ? "'?" : "");
        }
}

/* Returns the name of the plugin in the title of its section: "NAME", or "NAME/WORD" if there are
 * several sections for one plugin; NULL if the title has neither form. */
static const char *plugin_name_of(struct arena *arena, const char *title) {
    const char *slash = strchr(title, '/');

    if (!slash)
        return title;
    if (!slash[1] || slash[1 + strspn(slash + 1, "abcdefghijklmnopqrstuvwxyz0123456789-")] ||
        strlen(title) > LIMIT_PLUGIN_TITLE)
        return NULL;
    return arena_copy(arena, title, (size_t)(slash - title));
}

/* Returns true if START is "oldest"; adds a problem if it is neither that nor "now". */
static bool starts_oldest(struct configuration_maker *maker, const struct option_value *start) {
    bool oldest = strcmp(start->items[0], "oldest") == 0;

    if (!oldest && strcmp(start->items[0], "now") != 0)
        configuration_problem(&maker->problems, start->place,
                              "option 'start' must be now or oldest, not '%.60s'", start->items[0]);
    return oldest;
}

/* Loads the plugin that TITLE names and adds it to the configuration, unless it is disabled.
 * SECTION is NULL if the file has no section for it. */
static void make_plugin(struct configuration_maker *maker, const char *title, cfg_t *section) {
    struct configuration *configuration = maker->configuration;
    const struct option_value *own =
        configuration_values(maker, section, configuration_plugin_options);
    const struct option_value *file = &own[PLUGIN_FILE];
    struct plugin_section plugin = {.name = copy(maker->arena, title)};
    const char *name = plugin_name_of(maker->arena, title);
    char error[PROBLEM_SIZE / 2] = "";
    size_t problems = maker->problems.count;

    plugin.own = own;
    if (section && *configuration_section_place(section)) /* "" for a section without a file */
        plugin.place = copy(maker->arena, configuration_section_place(section));
    if (!own[PLUGIN_ENABLED].number) {
        if (configuration->disabled_count < LIMIT_PLUGINS)
            configuration->disabled[configuration->disabled_count++] = plugin;
        return;
    }
    if (configuration->plugin_count == LIMIT_PLUGINS) {
        configuration_problem(&maker->problems, configuration_place_of(maker, section),
                              "plugin \"%s\": too many plugins; allowed: %d", title, LIMIT_PLUGINS);
        return;
    }
    if (!name) {
        configuration_problem(&maker->problems, configuration_place_of(maker, section),
                              "plugin \"%.80s\": the word behind the slash must consist of "
                              "lower-case letters, digits and hyphens; "
                              "the whole title has at most %d bytes",
                              title, LIMIT_PLUGIN_TITLE);
        return;
    }
    plugin.module = plugin_load(name, file->count ? file->items[0] : NULL, error, sizeof(error));
    if (!plugin.module) {
        configuration_problem(&maker->problems,
                              file->place ? file->place : configuration_place_of(maker, section),
                              "plugin \"%s\": %s", title, error);
        return;
    }
    if (section)
        check_names(maker, section, plugin.module);
    if (plugin_is_sink(&plugin.module->descriptor))
        plugin.oldest = starts_oldest(maker, &own[PLUGIN_START]);
    plugin.values = configuration_values(maker, section, plugin.module->descriptor.options);
    plugin.value_count = configuration_option_count(plugin.module->descriptor.options);
    plugin.is_faulty = maker->problems.count > problems;
    configuration->plugins[configuration->plugin_count++] = plugin;
}

static bool is_default(const char *name) {
    for (size_t i = 0; configuration_default_plugins[i]; i++)
        if (strcmp(configuration_default_plugins[i], name) == 0)
            return true;
    return false;
}

/* Adds the default plugins first, then the others in the order of the file.  ROOT may be NULL. */
static void make_plugins(struct configuration_maker *maker, cfg_t *root) {
    unsigned count = root ? cfg_size(root, "plugin") : 0;

    for (size_t i = 0; configuration_default_plugins[i]; i++) {
        const char *name = configuration_default_plugins[i];
        cfg_t *section = NULL;

        for (unsigned j = 0; j < count; j++)
            if (strcmp(cfg_getnsec(root, "plugin", j)->title, name) == 0)
                section = cfg_getnsec(root, "plugin", j);
        make_plugin(maker, name, section);
    }
    for (unsigned j = 0; j < count; j++) {
        cfg_t *section = cfg_getnsec(root, "plugin", j);

        if (!is_default(section->title))
            make_plugin(maker, section->title, section);
    }
}

/* ---- the whole configuration --------------------------------------------------------------- */

static void make_from_file(struct configuration_maker *maker, const char *file) {
    AUTO(cfg_free) cfg_t *root = NULL;

    maker->configuration->file = copy(maker->arena, file ? file : "");
    if (file) {
        root = configuration_read(file, &maker->problems);
        if (!root)
            return;
    }
    configuration_core(maker, root);
    configuration_lists(maker, root);
    make_plugins(maker, root);
}

/* Builds the configuration of a file that consists of `plugin "NAME" { ... }` with the options
 * GIVEN. */
static void make_from_options(struct configuration_maker *maker, const char *name,
                              const struct option_given *given, size_t count) {
    AUTO(cfg_free) cfg_t *root = configuration_read_given(name, given, count);

    maker->configuration->file = copy(maker->arena, "");
    configuration_core(maker, NULL);
    make_plugin(maker, name, cfg_getnsec(root, "plugin", 0));
}

/* Adds a section with the options GIVEN. */
static void add_given(struct configuration_maker *maker, const char *name,
                      const struct option_given *given, size_t count) {
    const struct configuration *configuration = maker->configuration;
    const char *title = name;
    AUTO(cfg_free) cfg_t *root = NULL;

    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (strcmp(configuration->plugins[i].name, name) == 0)
            title = arena_join(maker->arena, (const char *const[]){name, "/try", NULL});
    root = configuration_read_given(title, given, count);
    make_plugin(maker, title, cfg_getnsec(root, "plugin", 0));
}

static void problems_log(const struct configuration_maker *maker) {
    for (size_t i = 0; i < maker->problems.count; i++)
        log_error("%s", maker->problems.lines[i]);
}

/* Logs the problems.  If there are none, sets *OUT to the configuration and returns 0; else frees
 * the configuration and returns -1. */
static int finish(struct configuration_maker *maker, struct configuration **out) {
    AUTO(configuration_free) struct configuration *configuration = maker->configuration;

    problems_log(maker);
    if (maker->problems.count > 0)
        return -1;
    *out = STEAL(configuration);
    return 0;
}

/* Initializes MAKER with an empty configuration.  Returns false after log_error if memory runs out.
 */
static bool maker_begin(struct configuration_maker *maker) {
    struct configuration *configuration = calloc(1, sizeof(*configuration));

    if (!configuration) {
        log_error("cannot load the configuration: out of memory");
        return false;
    }
    *maker = (struct configuration_maker){configuration,
                                          {.arena = &configuration->arena},
                                          &configuration->arena};
    configuration->plugins =
        arena_allocate(maker->arena, LIMIT_PLUGINS * sizeof(*configuration->plugins));
    configuration->disabled =
        arena_allocate(maker->arena, LIMIT_PLUGINS * sizeof(*configuration->disabled));
    return true;
}

int configuration_load(const char *file, struct configuration **out) {
    struct configuration_maker maker;

    if (!maker_begin(&maker))
        return -1;
    make_from_file(&maker, file);
    return finish(&maker, out);
}

size_t configuration_load_partly(const char *file, struct configuration **out) {
    struct configuration_maker maker;

    *out = NULL;
    if (!maker_begin(&maker))
        return 1;
    make_from_file(&maker, file);
    problems_log(&maker);
    if (maker.configuration->options)
        *out = maker.configuration;
    else
        configuration_free(maker.configuration);
    return maker.problems.count;
}

int configuration_load_with(const char *file, const char *name, const struct option_given *given,
                            size_t count, struct configuration **out) {
    struct configuration_maker maker;

    if (!maker_begin(&maker))
        return -1;
    make_from_file(&maker, file);
    add_given(&maker, name, given, count);
    return finish(&maker, out);
}

int configuration_load_plugin(const char *name, const struct option_given *given, size_t count,
                              struct configuration **out) {
    struct configuration_maker maker;

    if (!maker_begin(&maker))
        return -1;
    make_from_options(&maker, name, given, count);
    return finish(&maker, out);
}

/* Returns the value of the STRING option OPTION of the core that FILE sets before its first syntax
 * error; its fallback if FILE does not set it, or not to one string.  The caller frees it. */
static char *value_peek(const char *file, const struct patchmark_option *option) {
    struct arena arena = {0};
    struct configuration_problems problems = {.arena = &arena};
    AUTO(cfg_free) cfg_t *root = configuration_read_partly(file, &problems);
    cfg_opt_t *setting = configuration_setting(root, option->name);
    size_t count = 0;
    char **items = setting ? configuration_items(&arena, setting, &count) : NULL;
    char *found = strdup(count == 1 ? items[0] : option->fallback);

    arena_free(&arena);
    return found;
}

char *configuration_state_folder(const char *file) {
    AUTO(free) char *found = value_peek(file, &configuration_top_options[TOP_STATE]);

    return found && *found == '/' ? STEAL(found)
                                  : strdup(configuration_top_options[TOP_STATE].fallback);
}

char *configuration_user(const char *file) {
    return value_peek(file, &configuration_top_options[TOP_USER]);
}

static void print_table(const char *section, const struct patchmark_option *options) {
    for (; options->name; options++)
        printf("%s%s %s\n", section, options->name, configuration_type_name(options->type));
}

void configuration_print_options(void) {
    print_table("", configuration_top_options);
    puts("include function");
    print_table("list.", configuration_list_options);
    print_table("plugin.", configuration_plugin_options);
    print_table("web.", configuration_web_options);
}
