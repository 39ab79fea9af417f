/* SPDX-License-Identifier: BSD-2-Clause
 *
 * support.h - functions that unit tests of the core and of plugins share: for log lines, a
 * temporary folder, a configuration without files, and the classification of a mail.
 *
 * Check runs each test in a process of its own, so static variables are state of one test.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "pipeline/pipeline.h"
#include "settings/configuration-load.h"
#include "support/suite.h"

#include "settings/configuration-options.h"
#include "settings/configuration-read.h"
#include "settings/configuration-value.h"
#include "util/log.h"

#include <check.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable()  ((void)0)
#endif

/* ---- log ---------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    char text[256 * 1024]; /* each line with a newline; lines that do not fit are lost */
    size_t length;
} support_log = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline void support_log_keep(enum patchmark_level level, const char *line) {
    size_t length = strlen(line);

    (void)level;
    pthread_mutex_lock(&support_log.lock);
    if (length + 2 < sizeof(support_log.text) - support_log.length) {
        memcpy(support_log.text + support_log.length, line, length);
        support_log.length += length;
        support_log.text[support_log.length++] = '\n';
        support_log.text[support_log.length] = '\0';
    }
    pthread_mutex_unlock(&support_log.lock);
}

/* Removes the lines that were kept, and keeps all further ones. */
static inline void support_log_start(void) {
    pthread_mutex_lock(&support_log.lock);
    support_log.text[support_log.length = 0] = '\0';
    pthread_mutex_unlock(&support_log.lock);
    log_capture(support_log_keep);
}

/* Returns the number of times that TEXT was logged; that of "\n" is the number of lines. */
static inline size_t support_logged(const char *text) {
    size_t count = 0;

    pthread_mutex_lock(&support_log.lock);
    for (const char *at = support_log.text; (at = strstr(at, text)); at += strlen(text))
        count++;
    pthread_mutex_unlock(&support_log.lock);
    return count;
}

/* ---- a folder ----------------------------------------------------------------------------- */

static char support_folder[256];

static inline void support_folder_make(void) {
    const char *base = getenv("TMPDIR");

    snprintf(support_folder, sizeof(support_folder), "%s/patchmark-test-XXXXXX",
             base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(support_folder));
}

static inline int support_remove_one(const char *path, const struct stat *status, int type,
                                     struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

/* Removes the folder with all files in it. */
static inline void support_folder_remove(void) {
    nftw(support_folder, support_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- a configuration ---------------------------------------------------------------------- */

static struct arena support_arena; /* owns the configurations that are made here */

static inline struct configuration *support_defaults(const char *text) {
    int file = memfd_create("patchmark.conf", 0);
    struct configuration *configuration = NULL;
    char path[64];

    ck_assert_int_ge(file, 0);
    dprintf(file, "log = \"stderr\"\nhost = \"host.example.org\"\n%s\n", text);
    for (size_t i = 0; configuration_default_plugins[i]; i++)
        dprintf(file, "plugin \"%s\" { enabled = false }\n", configuration_default_plugins[i]);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    ck_assert_int_eq(configuration_load(path, &configuration), 0);
    close(file);
    return configuration;
}

/* Returns the configuration of a patchmark.conf with the lines of TEXT, whose plugins are those of
 * PLUGINS, an array that ends with NULL, with the fallbacks of their options.  For
 * configuration_free, or for a pipeline, which then owns it. */
static inline struct configuration *support_configuration(const char *text,
                                                          struct patchmark_plugin *const *plugins) {
    struct configuration *configuration = support_defaults(text);
    char error[256];
    size_t count = 0;

    while (plugins && plugins[count])
        count++;
    configuration->plugins =
        arena_allocate(&support_arena, (count + 1) * sizeof(*configuration->plugins));
    configuration->plugin_count = count;
    for (size_t i = 0; i < count; i++) {
        struct plugin_section *plugin = &configuration->plugins[i];
        const struct patchmark_option *options = plugins[i]->options;
        size_t option_count = configuration_option_count(options);

        plugin->oldest = false;
        plugin->module = plugin_builtin(plugins[i], error, sizeof(error));
        ck_assert_msg(plugin->module != NULL, "%s", error);
        plugin->name = arena_copy(&support_arena, plugins[i]->name, strlen(plugins[i]->name));
        plugin->values =
            arena_allocate(&support_arena, (option_count + 1) * sizeof(*plugin->values));
        plugin->value_count = option_count;
        for (size_t j = 0; j < option_count; j++)
            ck_assert_msg(configuration_value_fallback(&support_arena, &options[j],
                                                       &plugin->values[j], error, sizeof(error)),
                          "%s", error);
    }
    return configuration;
}

/* Sets an option of a plugin.  TEXT is its value as in the file, a list with its braces. */
static inline void support_option(struct configuration *configuration, const char *plugin,
                                  const char *name, const char *text) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        for (size_t j = 0; j < configuration->plugins[i].value_count; j++) {
            struct option_value *value = &configuration->plugins[i].values[j];
            char **items = arena_allocate(&support_arena, 2 * sizeof(*items)), error[256];
            size_t count = 1;

            if (strcmp(configuration->plugins[i].name, plugin) != 0 ||
                strcmp(value->option->name, name) != 0)
                continue;
            items[0] = arena_copy(&support_arena, text, strlen(text));
            if (value->option->type == PATCHMARK_LIST)
                items = configuration_read_list(&support_arena, text, &count);
            ck_assert(items != NULL);
            ck_assert_msg(configuration_value_set(value->option, items, count, value, error,
                                                  sizeof(error)),
                          "%s", error);
            return;
        }
    ck_abort_msg("no option %s of plugin %s", name, plugin);
}

/* ---- mails -------------------------------------------------------------------------------- */

static inline struct patchmark_text support_text(const char *text) {
    return (struct patchmark_text){text, strlen(text)};
}

/* Returns a pipeline of PLUGINS that writes every header, for pipeline_release. */
static inline struct pipeline *support_pipeline(struct patchmark_plugin *const *plugins) {
    struct pipeline *pipeline = pipeline_new(support_configuration("", plugins));

    ck_assert_ptr_nonnull(pipeline);
    return pipeline;
}

/* Reads RAW into MAIL, which was initialised, as posted on an open list.  RECEIVED is the time of
 * receipt; -1 if it is that of the header.  Returns the parsed message. */
static inline struct patchmark_message *support_read(struct mail *mail, const char *raw,
                                                     int64_t received) {
    mail_reset(mail);
    mail->local = true;
    mail->default_list = "";
    message_load(mail->message, support_text(raw));
    message_parse(mail->message, received);
    return mail->message;
}

/* Classifies RAW with PIPELINE.  MAIL then has its facts, valid until the next call and as long as
 * the pipeline. */
static inline void support_classify(struct pipeline *pipeline, struct store *store,
                                    struct mail *mail, const char *raw) {
    support_read(mail, raw, -1);
    pipeline_run(pipeline, store, mail);
}

/* Initialises MAIL, and before the first one the library.  GMime leaks a few bytes for each of its
 * types that is registered again. */
static inline void support_mail_init(struct mail *mail) {
    static bool ready;

    __lsan_disable();
    if (!ready)
        message_library_init();
    __lsan_enable();
    ready = true;
    ck_assert_int_eq(mail_init(mail), 0);
}

#endif
