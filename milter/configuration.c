/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration.c - see configuration.h.
 *
 * Makes a configuration of what configuration-read.c found: sections, plugins and their values; the
 * options outside of sections are in configuration-core.c.  All mistakes are collected and told
 * at the end.  A configuration lies in one arena.
 */
#include "configuration-private.h"

#include "cleanup.h"
#include "limits.h"
#include "log.h"

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

size_t configuration_option_count(const struct patchmark_option *options) {
    size_t count = 0;

    while (options && options[count].name)
        count++;
    return count;
}

/* ---- memory and mistakes ------------------------------------------------------------------- */

void *configuration_room(struct arena *arena, void *items, size_t count, size_t size) {
    void *moved;

    /* Full at 0, 4, 8, 16, ... */
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
        return items;
    moved = arena_take(arena, (count ? 2 * count : 4) * size);
    if (count)
        memcpy(moved, items, count * size);
    return moved;
}

void configuration_problem(struct configuration_problems *problems, const char *file, int line,
                           const char *format, ...) {
    char text[PROBLEM_SIZE], place[PROBLEM_SIZE] = "", *whole;
    AUTO(free) char *joined = NULL;
    va_list arguments;

    if (problems->count == LIMIT_CONFIGURATION_PROBLEMS)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (*file && line)
        snprintf(place, sizeof(place), "%s:%d: ", file, line);
    else if (*file)
        snprintf(place, sizeof(place), "%s: ", file);
    if (asprintf(&joined, "%s%s", place, text) < 0)
        joined = NULL;
    whole = joined ? joined : text;
    problems->lines = configuration_room(problems->arena, problems->lines, problems->count,
                                         sizeof(*problems->lines));
    problems->lines[problems->count++] = arena_copy(problems->arena, whole, strlen(whole));
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

static const struct configuration_setting *find_setting(const struct configuration_section *section,
                                                        const char *name) {
    for (size_t i = 0; section && i < section->count; i++)
        if (strcmp(section->settings[i].name, name) == 0)
            return &section->settings[i];
    return NULL;
}

/* Fills one value; where the section has none, or a wrong one, with the fallback. */
static void set_value(struct configuration_maker *maker,
                      const struct configuration_section *section,
                      const struct patchmark_option *option, struct configuration_value *value) {
    const struct configuration_setting *setting = find_setting(section, option->name);
    char error[PROBLEM_SIZE / 2];

    if (setting && configuration_value_set(maker->arena, option, setting->items, setting->count,
                                           value, error, sizeof(error))) {
        value->file = copy(maker->arena, setting->file);
        value->line = setting->line;
        return;
    }
    if (setting)
        configuration_problem(&maker->problems, setting->file, setting->line, "%s", error);
    if (!configuration_value_fallback(maker->arena, option, value, error, sizeof(error)))
        configuration_problem(&maker->problems,
                              section ? section->file : maker->configuration->file,
                              section ? section->line : 0, "a fault of the plugin's table: %s",
                              error);
}

struct configuration_value *configuration_values(struct configuration_maker *maker,
                                                 const struct configuration_section *section,
                                                 const struct patchmark_option *options) {
    size_t count = configuration_option_count(options);
    struct configuration_value *values = arena_take(maker->arena, (count + 1) * sizeof(*values));

    for (size_t i = 0; i < count; i++)
        set_value(maker, section, &options[i], &values[i]);
    return values;
}

/* ---- lists --------------------------------------------------------------------------------- */

static void make_list(struct configuration_maker *maker,
                      const struct configuration_section *section) {
    struct configuration *configuration = maker->configuration;
    const struct configuration_value *values;

    if (!*section->title)
        configuration_problem(&maker->problems, section->file, section->line,
                              "list \"\" has no pattern of List-Ids");
    values = configuration_values(maker, section, configuration_list_options);
    configuration->list_sections = configuration_room(maker->arena, configuration->list_sections,
                                                      configuration->list_section_count,
                                                      sizeof(*configuration->list_sections));
    configuration->list_sections[configuration->list_section_count++] = (struct configuration_list){
        .pattern = configuration_lower(maker->arena, section->title),
        .annotate = values[LIST_ANNOTATE].number,
        .publish = values[LIST_PUBLISH].number,
    };
}

/* ---- plugins ------------------------------------------------------------------------------- */

static bool has_option(const struct patchmark_option *options, const char *name) {
    for (size_t i = 0; i < configuration_option_count(options); i++)
        if (strcmp(options[i].name, name) == 0)
            return true;
    return false;
}

/* Tells of settings that neither we nor the plugin know. */
static void check_names(struct configuration_maker *maker,
                        const struct configuration_section *section,
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
    for (size_t i = 0; i < section->count; i++)
        if (!has_option(own, section->settings[i].name) &&
            !has_option(options, section->settings[i].name))
            configuration_problem(&maker->problems, section->settings[i].file,
                                  section->settings[i].line,
                                  "no such option '%.60s' of plugin \"%s\"; allowed here: %s",
                                  section->settings[i].name, section->title, allowed);
}

static const struct plugin_module *load_module(struct configuration_maker *maker, const char *name,
                                               const struct configuration_section *section,
                                               const struct configuration_value *file) {
    const struct plugin_module *module;
    char error[PROBLEM_SIZE / 2] = "";

    module = plugin_load(name, file && file->count ? file->items[0] : NULL, error, sizeof(error));
    if (module)
        return module;
    if (file && file->file)
        configuration_problem(&maker->problems, file->file, file->line, "plugin \"%s\": %s", name,
                              error);
    else
        configuration_problem(&maker->problems,
                              section ? section->file : maker->configuration->file,
                              section ? section->line : 0, "plugin \"%s\": %s", name, error);
    return NULL;
}

/* Adds the plugin of that name; SECTION is NULL when the file has none for it. */
static void make_plugin(struct configuration_maker *maker, const char *name,
                        const struct configuration_section *section) {
    struct configuration *configuration = maker->configuration;
    const struct configuration_value *own = NULL;
    struct configuration_plugin plugin = {.name = copy(maker->arena, name)};

    if (section) {
        own = configuration_values(maker, section, configuration_plugin_options);
        if (!own[PLUGIN_ENABLED].number)
            return;
    }
    if (configuration->plugin_count == LIMIT_PLUGINS) {
        configuration_problem(&maker->problems, section ? section->file : configuration->file,
                              section ? section->line : 0, "plugin \"%s\": at most %d plugins",
                              name, LIMIT_PLUGINS);
        return;
    }
    plugin.module = load_module(maker, name, section, own ? &own[PLUGIN_FILE] : NULL);
    if (!plugin.module)
        return;
    if (section)
        check_names(maker, section, plugin.module);
    plugin.values = configuration_values(maker, section, plugin.module->descriptor.options);
    plugin.value_count = configuration_option_count(plugin.module->descriptor.options);
    configuration->plugins = configuration_room(maker->arena, configuration->plugins,
                                                configuration->plugin_count, sizeof(plugin));
    configuration->plugins[configuration->plugin_count++] = plugin;
}

static bool is_default(const char *name) {
    for (size_t i = 0; configuration_default_plugins[i]; i++)
        if (strcmp(configuration_default_plugins[i], name) == 0)
            return true;
    return false;
}

/* The default ones first, then the others in the order of the file. */
static void make_plugins(struct configuration_maker *maker,
                         const struct configuration_section *sections, size_t count) {
    for (size_t i = 0; configuration_default_plugins[i]; i++) {
        const char *name = configuration_default_plugins[i];
        const struct configuration_section *section = NULL;

        for (size_t j = 0; j < count; j++)
            if (strcmp(sections[j].type, "plugin") == 0 && strcmp(sections[j].title, name) == 0)
                section = &sections[j];
        make_plugin(maker, name, section);
    }
    for (size_t j = 0; j < count; j++)
        if (strcmp(sections[j].type, "plugin") == 0 && !is_default(sections[j].title))
            make_plugin(maker, sections[j].title, &sections[j]);
}

/* ---- all of it ----------------------------------------------------------------------------- */

static void make(struct configuration_maker *maker, const char *file) {
    struct configuration_section *sections = NULL;
    size_t count = 0;

    maker->configuration->file = copy(maker->arena, file ? file : "");
    if (file) {
        sections = configuration_read(file, &maker->problems, &count);
        if (!sections)
            return;
    }
    configuration_core(maker, sections);
    for (size_t i = 0; i < count; i++)
        if (strcmp(sections[i].type, "list") == 0)
            make_list(maker, &sections[i]);
    make_plugins(maker, sections, count);
}

/* What `plugin "NAME" { ... }` would say. */
static void make_given(struct configuration_maker *maker, const char *name,
                       const struct configuration_given *given, size_t count) {
    struct configuration_section section = {.type = "plugin", .title = name, .file = ""};

    maker->configuration->file = copy(maker->arena, "");
    section.settings = arena_take(maker->arena, (count + 1) * sizeof(*section.settings));
    for (size_t i = 0; i < count; i++) {
        char **items = arena_take(maker->arena, 2 * sizeof(*items));

        items[0] = copy(maker->arena, given[i].value);
        items[1] = NULL;
        section.settings[section.count++] = (struct configuration_setting){
            .name = given[i].option, .items = items, .count = 1, .file = given[i].where};
    }
    configuration_core(maker, NULL);
    make_plugin(maker, name, &section);
}

/* Tells of the mistakes.  0, and the configuration is *OUT; or -1, and it is freed. */
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
