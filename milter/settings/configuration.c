/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration.c - see configuration.h.
 */
#include "settings/configuration.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define LIST_ID_LENGTH 255 /* RFC 2919 */

void configuration_free(struct configuration *configuration) {
    if (!configuration)
        return;
    arena_free(&configuration->arena);
    free(configuration);
}

static bool matches(const char *pattern, const char *list_id) {
    return fnmatch(pattern, list_id, 0) == 0;
}

bool configuration_list(const struct configuration *configuration, const char *list_id,
                        struct configuration_list *treatment) {
    char lower[LIST_ID_LENGTH + 1];
    size_t length = strnlen(list_id, LIST_ID_LENGTH);
    bool selected = configuration->list_count == 0;

    for (size_t i = 0; i < length; i++)
        lower[i] = list_id[i] >= 'A' && list_id[i] <= 'Z' ? (char)(list_id[i] | 0x20) : list_id[i];
    lower[length] = '\0';
    *treatment = (struct configuration_list){.annotate = true, .publish = true};
    for (size_t i = 0; !selected && i < configuration->list_count; i++)
        selected = matches(configuration->lists[i], lower);
    for (size_t i = 0; i < configuration->list_section_count; i++)
        if (matches(configuration->list_sections[i].pattern, lower)) {
            *treatment = configuration->list_sections[i];
            break;
        }
    return selected;
}
