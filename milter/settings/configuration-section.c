/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-section.c - see configuration-section.h.
 */
#include "settings/configuration-section.h"

#include "settings/configuration-options.h"
#include "settings/configuration-read.h"
#include "settings/configuration-value.h"

#include <string.h>

char *configuration_lower(struct arena *arena, const char *text) {
    char *lower = arena_copy(arena, text, strlen(text));

    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    return lower;
}

const char *configuration_place_of(const struct configuration_maker *maker, cfg_t *section) {
    return section ? configuration_section_place(section) : maker->configuration->file;
}

/* Fills VALUE from SECTION; with the fallback if SECTION does not set OPTION or sets an invalid
 * value. */
static void set_value(struct configuration_maker *maker, cfg_t *section,
                      const struct patchmark_option *option, struct option_value *value) {
    cfg_opt_t *setting = configuration_setting(section, option->name);
    char error[PROBLEM_SIZE / 2], **items;
    size_t count;

    if (setting) {
        const char *comment = cfg_opt_getcomment(setting);
        const char *place = arena_copy(maker->arena, comment, strlen(comment));

        items = configuration_items(maker->arena, setting, &count);
        if (configuration_value_set(option, items, count, value, error, sizeof(error))) {
            value->place = place;
            return;
        }
        configuration_problem(&maker->problems, place, "%s", error);
    }
    if (!configuration_value_fallback(maker->arena, option, value, error, sizeof(error)))
        configuration_problem(&maker->problems, configuration_place_of(maker, section),
                              "bug of the plugin: invalid default: %s", error);
}

struct option_value *configuration_values(struct configuration_maker *maker, cfg_t *section,
                                          const struct patchmark_option *options) {
    size_t count = configuration_option_count(options);
    struct option_value *values = arena_allocate(maker->arena, (count + 1) * sizeof(*values));

    for (size_t i = 0; i < count; i++)
        set_value(maker, section, &options[i], &values[i]);
    return values;
}
