/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration.c - see configuration.h.
 */
#include "settings/configuration.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define LIST_ID_LENGTH 255 /* RFC 2919 */
#define NAME_LENGTH    320 /* the longest address: 64 bytes, '@', 255 bytes (RFC 5321 4.5.3.1) */

void configuration_free(struct configuration *configuration) {
    if (!configuration)
        return;
    arena_free(&configuration->arena);
    free(configuration);
}

/* ---- names and patterns -------------------------------------------------------------------- */

/* Copies TEXT in lower case to LOWER, at most LENGTH bytes.  Returns false if that is not all. */
static bool lower_copy(const char *text, char *lower, size_t length) {
    size_t i = 0;

    for (; i < length && text[i]; i++)
        lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    lower[i] = '\0';
    return !text[i];
}

/* Returns true if one of the COUNT patterns matches TEXT, which is in lower case. */
static bool any_matches(char *const *patterns, size_t count, const char *text) {
    for (size_t i = 0; i < count; i++)
        if (fnmatch(patterns[i], text, 0) == 0)
            return true;
    return false;
}

static int name_compare(const void *key, const void *element) {
    return strcmp(key, ((const struct configuration_list_name *)element)->name);
}

/* Returns the section of NAME in the sorted array NAMES; NULL if NAME is not in it. */
static const struct configuration_list *name_find(const struct configuration_list_name *names,
                                                  size_t count, const char *name) {
    char lower[NAME_LENGTH + 1];
    const struct configuration_list_name *found;

    if (count == 0 || !lower_copy(name, lower, NAME_LENGTH))
        return NULL;
    found = bsearch(lower, names, count, sizeof(*names), name_compare);
    return found ? found->list : NULL;
}

/* ---- lists --------------------------------------------------------------------------------- */

const struct configuration_list *
configuration_list_by_address(const struct configuration *configuration, const char *address) {
    return name_find(configuration->list_addresses, configuration->list_address_count, address);
}

const struct configuration_list *configuration_list_by_id(const struct configuration *configuration,
                                                          const char *list_id) {
    return name_find(configuration->list_ids, configuration->list_id_count, list_id);
}

/* A list never stands behind a pattern that matches it: configuration_load refuses that. */
const struct configuration_list *
configuration_list_options_for(const struct configuration *configuration, const char *list_id) {
    static char none[] = "";
    static const struct configuration_list defaults = {
        .pattern = none, .annotate = true, .publish = true, .archive_url = none};
    const struct configuration_list *found = configuration_list_by_id(configuration, list_id);
    char lower[LIST_ID_LENGTH + 1];

    if (found)
        return found;
    lower_copy(list_id, lower, LIST_ID_LENGTH);
    for (size_t i = 0; i < configuration->list_section_count; i++) {
        const struct configuration_list *list = &configuration->list_sections[i];

        if (list->is_pattern && fnmatch(list->pattern, lower, 0) == 0)
            return list;
    }
    return &defaults;
}

bool configuration_list_counts(const struct configuration *configuration, const char *list_id) {
    char lower[LIST_ID_LENGTH + 1];

    if (!*list_id)
        return false;
    if (!configuration->lists_are_set)
        return !configuration_has_lists(configuration);
    lower_copy(list_id, lower, LIST_ID_LENGTH);
    return any_matches(configuration->lists, configuration->list_count, lower);
}

bool configuration_has_lists(const struct configuration *configuration) {
    return configuration->list_id_count > 0;
}

bool configuration_has_closed_lists(const struct configuration *configuration) {
    return configuration->has_closed_lists;
}

/* ---- clients, users, recipients ------------------------------------------------------------ */

static bool any_contains(const struct network *networks, size_t count,
                         const struct sockaddr *client) {
    for (size_t i = 0; i < count; i++)
        if (network_contains(&networks[i], client))
            return true;
    return false;
}

bool configuration_client_is_local(const struct configuration *configuration,
                                   const struct sockaddr *client) {
    return !client || client->sa_family == AF_UNIX ||
           any_contains(configuration->local, configuration->local_count, client);
}

bool configuration_client_is_exempt(const struct configuration *configuration,
                                    const struct sockaddr *client) {
    return client &&
           any_contains(configuration->exempt_clients, configuration->exempt_client_count, client);
}

bool configuration_user_is_exempt(const struct configuration *configuration, const char *user) {
    char lower[NAME_LENGTH + 1];

    return configuration->exempt_user_count > 0 && user && *user &&
           lower_copy(user, lower, NAME_LENGTH) &&
           any_matches(configuration->exempt_users, configuration->exempt_user_count, lower);
}

bool configuration_recipient_is_exempt(const struct configuration *configuration,
                                       const char *address) {
    char lower[NAME_LENGTH + 1];

    return configuration->exempt_recipient_count > 0 && *address &&
           lower_copy(address, lower, NAME_LENGTH) &&
           any_matches(configuration->exempt_recipients, configuration->exempt_recipient_count,
                       lower);
}
