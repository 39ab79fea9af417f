/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-fixture.h - functions that the tests of the configuration share.
 *
 * Each test has a folder of its own, in which it writes main.conf.  In expected texts '@' stands
 * for the path of main.conf and '~' for that of the folder.
 */
#ifndef CONFIGURATION_FIXTURE_H
#define CONFIGURATION_FIXTURE_H

#include "settings/configuration-load.h"
#include "support/plugin-folder.h"
#include "util/log.h"

#include <syslog.h>

static char errors_logged[16384]; /* the logged errors, each with LF at its end */

static inline void capture(enum patchmark_level level, const char *line) {
    ck_assert_int_eq(level, PATCHMARK_ERROR);
    ck_assert_uint_lt(strlen(errors_logged) + strlen(line) + 2, sizeof(errors_logged));
    strcat(errors_logged, line);
    strcat(errors_logged, "\n");
}

static inline void write_file(const char *name, const char *text) {
    folder_write(name, text, strlen(text));
}

/* Returns TEXT with the paths for '@' and '~', in a static buffer that the next call overwrites. */
static inline const char *with_paths(const char *text) {
    static char whole[16384];
    size_t length = 0;

    for (; *text; text++)
        length +=
            (size_t)snprintf(whole + length, sizeof(whole) - length, "%s%s%.*s",
                             strchr("@~", *text) ? folder : "", *text == '@' ? "/main.conf" : "",
                             *text != '@' && *text != '~', text);
    whole[length] = '\0';
    return whole;
}

/* Loads TEXT, which must be valid.  Returns the configuration, which the caller frees. */
static inline struct configuration *load(const char *text) {
    struct configuration *configuration = NULL;

    write_file("main.conf", text);
    errors_logged[0] = '\0';
    ck_assert_msg(configuration_load(folder_path("main.conf"), &configuration) == 0, "%s",
                  errors_logged);
    ck_assert_str_eq(errors_logged, "");
    ck_assert_ptr_nonnull(configuration);
    return configuration;
}

/* Checks that loading the existing main.conf fails with exactly ERRORS. */
static inline void wrong_file(const char *errors) {
    struct configuration *configuration = NULL;

    errors_logged[0] = '\0';
    ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
    ck_assert_ptr_null(configuration);
    ck_assert_str_eq(errors_logged, with_paths(errors));
}

/* Does the same with TEXT as main.conf. */
static inline void wrong(const char *text, const char *errors) {
    write_file("main.conf", text);
    wrong_file(errors);
}

static inline const struct plugin_section *plugin_of(const struct configuration *configuration,
                                                     const char *name) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (strcmp(configuration->plugins[i].name, name) == 0)
            return &configuration->plugins[i];
    return NULL;
}

static inline const struct option_value *value_of(const struct configuration *configuration,
                                                  const char *plugin, const char *option) {
    const struct plugin_section *found = plugin_of(configuration, plugin);

    ck_assert_msg(found != NULL, "plugin %s is missing", plugin);
    for (size_t i = 0; i < found->value_count; i++)
        if (strcmp(found->values[i].option->name, option) == 0)
            return &found->values[i];
    ck_abort_msg("option %s is missing", option);
    return NULL;
}

/* Returns the number of classifiers that are loaded even without a section. */
static inline size_t default_plugin_count(void) {
    size_t count = 0;

    while (configuration_default_plugins[count])
        count++;
    return count;
}

static inline void check_defaults(const struct configuration *configuration) {
    ck_assert_str_eq(configuration->socket, "unix:/run/patchmark/patchmark.sock");
    ck_assert_str_eq(configuration->user, "patchmark");
    ck_assert_str_eq(configuration->state, "/var/lib/patchmark");
    ck_assert_str_ne(configuration->host, "");
    ck_assert_str_eq(configuration->prefix, "Patchmark-");
    ck_assert_uint_eq(configuration->headers, HEADER_ALL);
    ck_assert(configuration->syslog);
    ck_assert_int_eq(configuration->log_level, PATCHMARK_INFO);
    ck_assert_int_eq(configuration->log_facility, LOG_MAIL);
    ck_assert(!configuration->log_json);
    ck_assert_uint_eq(configuration->list_count, 0);
    ck_assert(!configuration->lists_are_set);
    ck_assert_uint_eq(configuration->local_count, 2); /* 127.0.0.0/8 and ::1 */
    ck_assert_uint_eq(configuration->exempt_client_count, 0);
    ck_assert_uint_eq(configuration->exempt_recipient_count, 0);
    ck_assert_uint_eq(configuration->exempt_user_count, 0);
    ck_assert(!configuration_has_lists(configuration));
    ck_assert(!configuration_has_closed_lists(configuration));
    ck_assert(!configuration->durability_full);
    ck_assert_int_eq(configuration->outbox_size, 256 * 1024 * 1024);
    ck_assert_int_eq(configuration->outbox_age, 7 * 86400);
    ck_assert_int_eq(configuration->replay_rate, 2000);
    ck_assert_str_eq(configuration->web_listen, "inet:8025@127.0.0.1");
    ck_assert_uint_eq(configuration->web_host_count, 0);
    ck_assert_uint_eq(configuration->list_section_count, 0);
    ck_assert_uint_eq(configuration->plugin_count, default_plugin_count());
    for (size_t i = 0; i < configuration->plugin_count; i++) {
        ck_assert_str_eq(configuration->plugins[i].name, configuration_default_plugins[i]);
        ck_assert_str_eq(configuration->plugins[i].module->descriptor.name,
                         configuration_default_plugins[i]);
    }
}

static inline void setup(void) {
    ck_assert(folder_make());
    setenv("PATCHMARK_PLUGIN_PATH", folder, 1);
    for (size_t i = 0; configuration_default_plugins[i]; i++)
        folder_plugin("chameleon", configuration_default_plugins[i]);
    folder_plugin("chameleon", "sink_1");
    folder_plugin("chameleon", "redis");
    folder_plugin("chameleon", "file");
    folder_plugin("good", "good");
    log_capture(capture);
}

#endif
