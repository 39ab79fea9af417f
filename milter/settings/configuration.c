/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration.c - see configuration.h.
 *
 * Makes a configuration of what configuration-read.c found: sections, plugins and their values; the
 * options outside of sections are in configuration-core.c.  All mistakes are collected and told
 * at the end.  A configuration lies in one arena.
 */
#include "settings/configuration-private.h"

#include "plugin/bounds.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>

#define LIST_ID_LENGTH 255 /* RFC 2919 */

const char *const configuration_default_plugins[] = {"subject",    "patch",  "pull", "trailers",
                                                     "automation", "series", "kind", NULL};

/* A configuration and the memory of all that hangs on it. */
struct owner {
    struct configuration configuration; /* first: what is given out */
    struct arena arena;
};

CLEANUP_DEFINE(struct configuration *, configuration_free)
CLEANUP_DEFINE(cfg_t *, cfg_free)

size_t configuration_option_count(const struct patchmark_option *options) {
    size_t count = 0;

    while (options && options[count].name)
        count++;
    return count;
}

/* ---- memory and mistakes ------------------------------------------------------------------- */

char *configuration_place(struct arena *arena, const char *file, int line) {
    char number[16];

    snprintf(number, sizeof(number), "%d", line);
    return arena_join(arena, (const char *const[]){file, ":", number, NULL});
}

void configuration_problem(struct configuration_problems *problems, const char *place,
                           const char *format, ...) {
    char text[PROBLEM_SIZE];
    va_list arguments;

    if (problems->count == LIMIT_CONFIGURATION_PROBLEMS)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    problems->lines[problems->count++] =
        arena_join(problems->arena, (const char *const[]){place, *place ? ": " : "", text, NULL});
}

static char *copy(struct arena *arena, const char *text) {
    return arena_copy(arena, text, strlen(text));
}

char *configuration_lower(struct arena *arena, const char *text) {
    char *lower = copy(arena, text);

    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    return lower;
}

/* ---- values of a section ------------------------------------------------------------------- */

/* Where SECTION begins, or the file where there is none. */
static const char *section_place(const struct configuration_maker *maker, cfg_t *section) {
    return section ? configuration_section_place(section) : maker->configuration->file;
}

/* Fills one value; where the section has none, or a wrong one, with the fallback. */
static void set_value(struct configuration_maker *maker, cfg_t *section,
                      const struct patchmark_option *option, struct option_value *value) {
    cfg_opt_t *setting = configuration_setting(section, option->name);
    char error[PROBLEM_SIZE / 2], **items;
    size_t count;

    if (setting) {
        const char *place = copy(maker->arena, cfg_opt_getcomment(setting));

        items = configuration_items(maker->arena, setting, &count);
        if (configuration_value_set(option, items, count, value, error, sizeof(error))) {
            value->place = place;
            return;
        }
        configuration_problem(&maker->problems, place, "%s", error);
    }
    if (!configuration_value_fallback(maker->arena, option, value, error, sizeof(error)))
        configuration_problem(&maker->problems, section_place(maker, section),
                              "a fault of the plugin's table: %s", error);
}

struct option_value *configuration_values(struct configuration_maker *maker, cfg_t *section,
                                          const struct patchmark_option *options) {
    size_t count = configuration_option_count(options);
    struct option_value *values = arena_take(maker->arena, (count + 1) * sizeof(*values));

    for (size_t i = 0; i < count; i++)
        set_value(maker, section, &options[i], &values[i]);
    return values;
}

/* ---- lists --------------------------------------------------------------------------------- */

static void make_lists(struct configuration_maker *maker, cfg_t *root) {
    struct configuration *configuration = maker->configuration;
    size_t count = root ? cfg_size(root, "list") : 0;

    configuration->list_sections =
        arena_take(maker->arena, count * sizeof(*configuration->list_sections));
    configuration->list_section_count = count;
    for (size_t i = 0; i < count; i++) {
        cfg_t *section = cfg_getnsec(root, "list", (unsigned)i);
        const struct option_value *values;

        if (!*section->title)
            configuration_problem(&maker->problems, configuration_section_place(section),
                                  "list \"\" has no pattern of List-Ids");
        values = configuration_values(maker, section, configuration_list_options);
        configuration->list_sections[i] = (struct configuration_list){
            .pattern = configuration_lower(maker->arena, section->title),
            .annotate = values[LIST_ANNOTATE].number,
            .publish = values[LIST_PUBLISH].number,
        };
    }
}

/* ---- plugins ------------------------------------------------------------------------------- */

static bool has_option(const struct patchmark_option *options, const char *name) {
    for (size_t i = 0; i < configuration_option_count(options); i++)
        if (strcmp(options[i].name, name) == 0)
            return true;
    return false;
}

/* Reports settings that neither we nor the plugin know. */
static void check_names(struct configuration_maker *maker, cfg_t *section,
                        const struct plugin_module *module) {
    const struct patchmark_option *own = configuration_plugin_options;
    const struct patchmark_option *options = module->descriptor.options;
    char allowed[PROBLEM_SIZE / 2] = "";
    size_t length = 0;

    for (size_t i = 0; i < configuration_option_count(own) + configuration_option_count(options);
         i++) {
        const char *name = i < PLUGIN_OPTIONS ? own[i].name : options[i - PLUGIN_OPTIONS].name;

        if (length < sizeof(allowed))
            length += (size_t)snprintf(allowed + length, sizeof(allowed) - length, "%s%s",
                                       i ? ", " : "", name);
    }
    for (cfg_opt_t *option = section->opts; option->name; option++)
        if (configuration_setting(section, option->name) && !has_option(own, option->name) &&
            !has_option(options, option->name) && strcmp(option->name, CONFIGURATION_MARK) != 0)
            configuration_problem(&maker->problems, cfg_opt_getcomment(option),
                                  "no such option '%.60s' of plugin \"%s\"; allowed here: %s",
                                  option->name, section->title, allowed);
}

/* Adds the plugin of that name; SECTION is NULL when the file has none for it. */
static void make_plugin(struct configuration_maker *maker, const char *name, cfg_t *section) {
    struct configuration *configuration = maker->configuration;
    const struct option_value *own =
        configuration_values(maker, section, configuration_plugin_options);
    const struct option_value *file = &own[PLUGIN_FILE];
    struct plugin_section plugin = {.name = copy(maker->arena, name)};
    char error[PROBLEM_SIZE / 2] = "";

    if (!own[PLUGIN_ENABLED].number)
        return;
    if (configuration->plugin_count == LIMIT_PLUGINS) {
        configuration_problem(&maker->problems, section_place(maker, section),
                              "plugin \"%s\": at most %d plugins", name, LIMIT_PLUGINS);
        return;
    }
    plugin.module = plugin_load(name, file->count ? file->items[0] : NULL, error, sizeof(error));
    if (!plugin.module) {
        configuration_problem(&maker->problems,
                              file->place ? file->place : section_place(maker, section),
                              "plugin \"%s\": %s", name, error);
        return;
    }
    if (section)
        check_names(maker, section, plugin.module);
    plugin.values = configuration_values(maker, section, plugin.module->descriptor.options);
    plugin.value_count = configuration_option_count(plugin.module->descriptor.options);
    configuration->plugins[configuration->plugin_count++] = plugin;
}

static bool is_default(const char *name) {
    for (size_t i = 0; configuration_default_plugins[i]; i++)
        if (strcmp(configuration_default_plugins[i], name) == 0)
            return true;
    return false;
}

/* The default ones first, then the others in the order of the file.  ROOT may be NULL. */
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

/* ---- all of it ----------------------------------------------------------------------------- */

static void make(struct configuration_maker *maker, const char *file) {
    AUTO(cfg_free) cfg_t *root = NULL;

    maker->configuration->file = copy(maker->arena, file ? file : "");
    if (file) {
        root = configuration_read(file, &maker->problems);
        if (!root)
            return;
    }
    configuration_core(maker, root);
    make_lists(maker, root);
    make_plugins(maker, root);
}

/* What `plugin "NAME" { ... }` would say. */
static void make_given(struct configuration_maker *maker, const char *name,
                       const struct configuration_given *given, size_t count) {
    AUTO(cfg_free) cfg_t *root = configuration_read_given(name, given, count);

    maker->configuration->file = copy(maker->arena, "");
    configuration_core(maker, NULL);
    make_plugin(maker, name, cfg_getnsec(root, "plugin", 0));
}

/* Logs the mistakes.  0, and the configuration is *OUT; or -1, and it is freed. */
static int finish(struct configuration_maker *maker, struct configuration **out) {
    AUTO(configuration_free) struct configuration *configuration = maker->configuration;

    for (size_t i = 0; i < maker->problems.count; i++)
        log_error("%s", maker->problems.lines[i]);
    if (maker->problems.count > 0)
        return -1;
    *out = TAKE(configuration);
    return 0;
}

/* False without memory. */
static bool maker_begin(struct configuration_maker *maker) {
    struct owner *owner = calloc(1, sizeof(*owner));

    if (!owner) {
        log_error("out of memory");
        return false;
    }
    *maker = (struct configuration_maker){&owner->configuration,
                                          {.arena = &owner->arena},
                                          &owner->arena};
    owner->configuration.plugins =
        arena_take(&owner->arena, LIMIT_PLUGINS * sizeof(*owner->configuration.plugins));
    return true;
}

int configuration_load(const char *file, struct configuration **out) {
    struct configuration_maker maker;

    if (!maker_begin(&maker))
        return -1;
    make(&maker, file);
    return finish(&maker, out);
}

int configuration_load_plugin(const char *name, const struct configuration_given *given,
                              size_t count, struct configuration **out) {
    struct configuration_maker maker;

    if (!maker_begin(&maker))
        return -1;
    make_given(&maker, name, given, count);
    return finish(&maker, out);
}

void configuration_free(struct configuration *configuration) {
    struct owner *owner = (struct owner *)configuration;

    if (!owner)
        return;
    arena_free(&owner->arena);
    free(owner);
}

static bool matches(const char *pattern, const char *list_id) {
    return fnmatch(pattern, list_id, 0) == 0;
}

bool configuration_list(const struct configuration *configuration, const char *list_id,
                        struct configuration_list *treatment) {
    char lower[LIST_ID_LENGTH + 1];
    size_t length = strnlen(list_id, LIST_ID_LENGTH);
    bool wanted = configuration->list_count == 0;

    for (size_t i = 0; i < length; i++)
        lower[i] = list_id[i] >= 'A' && list_id[i] <= 'Z' ? (char)(list_id[i] | 0x20) : list_id[i];
    lower[length] = '\0';
    *treatment = (struct configuration_list){.annotate = true, .publish = true};
    for (size_t i = 0; !wanted && i < configuration->list_count; i++)
        wanted = matches(configuration->lists[i], lower);
    for (size_t i = 0; i < configuration->list_section_count; i++)
        if (matches(configuration->list_sections[i].pattern, lower)) {
            *treatment = configuration->list_sections[i];
            break;
        }
    return wanted;
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
}
