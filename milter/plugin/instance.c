/* SPDX-License-Identifier: BSD-2-Clause
 *
 * instance.c - see instance.h; also the functions of patchmark-plugin.h for options and the log.
 */
#include "plugin/instance.h"

#include "plugin/bounds.h"
#include "plugin/trust.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LIMIT_MISTAKE 128 /* bytes of a line of mistake_log; the names of plugins are shorter */

/* Of its own, because plugins log with a pointer to a constant instance. */
struct log_record {
    pthread_mutex_t lock;
    struct instance_trouble trouble;
    atomic_bool opening;   /* the callback open runs: lines have the place of the section */
    atomic_bool explained; /* an error was logged */
    char *mistakes[LIMIT_PLUGIN_MISTAKES]; /* see mistake_log */
};

struct patchmark_instance {
    const struct plugin_section *configured;
    const struct patchmark_plugin *plugin;
    const char *host;
    const struct facts_schema *schema;
    struct facts_schema *declaring;      /* the same during open of a classifier; else NULL */
    int owner;                           /* its number in SCHEMA; -1 if none */
    char *folders[LIMIT_PLUGIN_FOLDERS]; /* see patchmark_will_write */
    void *self;                          /* what the callback open stored */
    pthread_mutex_t call_lock;           /* held during classify of a serial plugin */
    atomic_uint_fast64_t calls, failures, nanoseconds;
    atomic_uint_fast64_t counted[LIMIT_PLUGIN_COUNTERS]; /* see patchmark_count */
    atomic_uint failures_in_a_row;
    atomic_bool off;
    atomic_int_fast64_t delivered; /* see instance_delivered */
    struct log_record *record;
    struct log_repeated failed; /* the lines of failures of classify */
};

/* ---- life --------------------------------------------------------------------------------- */

static void instance_free(struct patchmark_instance *instance) {
    for (size_t i = 0; i < LIMIT_PLUGIN_FOLDERS; i++)
        free(instance->folders[i]);
    pthread_mutex_destroy(&instance->call_lock);
    pthread_mutex_destroy(&instance->record->lock);
    for (size_t i = 0; i < LIMIT_PLUGIN_MISTAKES; i++)
        free(instance->record->mistakes[i]);
    free(instance->record);
    free(instance);
}

/* Calls the callback open.  Returns 0, or -1 after an error was logged: by the plugin or, if it has
 * logged none, here. */
static int plugin_open(struct patchmark_instance *instance) {
    const struct plugin_section *configured = instance->configured;
    int result;

    if (!instance->plugin->open)
        return 0;
    instance->record->opening = true;
    result = instance->plugin->open(instance, &instance->self);
    instance->record->opening = false;
    if (result == 0)
        return 0;
    if (!instance->record->explained)
        log_error("%s%splugin %s cannot be started; it has logged no reason",
                  configured->place ? configured->place : "", configured->place ? ": " : "",
                  configured->name);
    return -1;
}

struct patchmark_instance *instance_open(const struct plugin_section *configured, const char *host,
                                         struct facts_schema *schema, int owner) {
    struct patchmark_instance *instance = calloc(1, sizeof(*instance));
    struct log_record *record = instance ? calloc(1, sizeof(*record)) : NULL;

    if (!record) {
        log_error("plugin %s cannot be started: out of memory", configured->name);
        free(instance);
        return NULL;
    }
    pthread_mutex_init(&record->lock, NULL);
    instance->record = record;
    instance->failed.most = LIMIT_PLUGIN_FAILURES;
    instance->configured = configured;
    instance->host = host;
    instance->schema = schema;
    instance->declaring = owner >= 0 ? schema : NULL;
    instance->owner = owner;
    instance->self = instance;
    instance->plugin = &configured->module->descriptor;
    pthread_mutex_init(&instance->call_lock, NULL);
    if (plugin_open(instance) < 0) {
        instance_free(instance);
        return NULL;
    }
    instance->declaring = NULL;
    return instance;
}

void instance_close(struct patchmark_instance *instance) {
    if (!instance)
        return;
    if (instance->plugin->close)
        instance->plugin->close(instance->self);
    instance_free(instance);
}

const char *instance_name(const struct patchmark_instance *instance) {
    return instance->configured->name;
}

bool instance_starts_oldest(const struct patchmark_instance *instance) {
    return instance->configured->oldest;
}

const struct patchmark_plugin *instance_plugin(const struct patchmark_instance *instance) {
    return instance->plugin;
}

struct instance_counts instance_counts(const struct patchmark_instance *instance) {
    return (struct instance_counts){.calls = atomic_load(&instance->calls),
                                    .failures = atomic_load(&instance->failures),
                                    .nanoseconds = atomic_load(&instance->nanoseconds),
                                    .off = atomic_load(&instance->off)};
}

/* ---- names of the plugin ------------------------------------------------------------------ */

/* Returns STRING, which a plugin passes; "" if it is NULL. */
static const char *string_of(const char *string) {
    return string ? string : "";
}

/* Keeps TEXT if it is not among the mistakes that RECORD has, and if there is room for it.  Returns
 * false if not. */
static bool mistake_keep(struct log_record *record, const char *text) {
    bool is_new;
    size_t i = 0;

    pthread_mutex_lock(&record->lock);
    while (i < LIMIT_PLUGIN_MISTAKES && record->mistakes[i] &&
           strcmp(record->mistakes[i], text) != 0)
        i++;
    is_new = i < LIMIT_PLUGIN_MISTAKES && !record->mistakes[i];
    if (is_new)
        record->mistakes[i] = strdup(text);
    pthread_mutex_unlock(&record->lock);
    return is_new;
}

/* Logs, once for each NAME, that it is not in an array of the plugin; WHAT is "option" or
 * "counter".
 */
static void mistake_log(const struct patchmark_instance *instance, const char *what,
                        const char *name) {
    char text[LIMIT_MISTAKE];

    snprintf(text, sizeof(text), "the %s '%s' is not in its array %ss", what, name, what);
    if (mistake_keep(instance->record, text))
        log_error("plugin %s: bug: %s; logged once", instance->configured->name, text);
}

/* ---- calls -------------------------------------------------------------------------------- */

/* Logs and counts a failure of classify, and switches the plugin off if it is one too many. */
static void failure_count(struct patchmark_instance *instance, int result, const char *message_id,
                          const char *reason) {
    unsigned row = atomic_fetch_add(&instance->failures_in_a_row, 1) + 1;

    atomic_fetch_add(&instance->failures, 1);
    if (result == -1)
        log_repeated(&instance->failed, PATCHMARK_WARNING, "plugin %s failed on <%.255s>%s%s",
                     instance->configured->name, message_id, reason ? ": " : "",
                     reason ? reason : "");
    else
        log_repeated(&instance->failed, PATCHMARK_WARNING,
                     "plugin %s: bug: classify returned %d on <%.255s>, which counts as a failure; "
                     "it must return 0, or -1 if it failed",
                     instance->configured->name, result, message_id);
    if (row == LIMIT_PLUGIN_FAILURES) {
        atomic_store(&instance->off, true);
        log_error("plugin %s failed %u times in a row and is switched off until the next "
                  "reload",
                  instance->configured->name, row);
    }
}

void instance_classify(struct patchmark_instance *instance, const struct patchmark_message *message,
                       struct patchmark_facts *facts) {
    bool serial = !(instance->plugin->traits & PATCHMARK_PARALLEL);
    int64_t start;
    int result;

    if (atomic_load(&instance->off))
        return;
    if (serial)
        pthread_mutex_lock(&instance->call_lock);
    start = clock_nanoseconds();
    result = instance->plugin->classify(instance->self, message, facts);
    atomic_fetch_add(&instance->nanoseconds, (uint64_t)(clock_nanoseconds() - start));
    if (serial)
        pthread_mutex_unlock(&instance->call_lock);
    atomic_fetch_add(&instance->calls, 1);
    if (result != 0)
        failure_count(instance, result, patchmark_message_id(message), facts_failure(facts));
    else if (atomic_load(&instance->failures_in_a_row) != 0)
        atomic_store(&instance->failures_in_a_row, 0);
}

/* Returns the index of the counter NAME; -1 if the plugin has none. */
static int counter_find(const struct patchmark_instance *instance, const char *name) {
    const char *const *counters = instance->plugin->counters;

    for (int i = 0; counters && counters[i]; i++)
        if (strcmp(counters[i], name) == 0)
            return i;
    return -1;
}

static void delivery_note(struct patchmark_instance *instance) {
    atomic_store(&instance->delivered, (int64_t)time(NULL));
    pthread_mutex_lock(&instance->record->lock);
    instance->record->trouble.lasts = instance->record->trouble.stands = false;
    pthread_mutex_unlock(&instance->record->lock);
}

size_t instance_publish(struct patchmark_instance *instance,
                        const struct patchmark_event *const *events, size_t count) {
    int counter = counter_find(instance, "delivered");
    uint64_t before = counter >= 0 ? atomic_load(&instance->counted[counter]) : 0;
    int64_t start = clock_nanoseconds();
    size_t accepted = instance->plugin->publish(instance->self, events, count);

    atomic_fetch_add(&instance->nanoseconds, (uint64_t)(clock_nanoseconds() - start));
    atomic_fetch_add(&instance->calls, 1);
    if (accepted < count)
        atomic_fetch_add(&instance->failures, 1);
    if (accepted > 0 && (counter < 0 || atomic_load(&instance->counted[counter]) > before))
        delivery_note(instance);
    return accepted < count ? accepted : count;
}

const char *instance_counter(const struct patchmark_instance *instance, size_t i, uint64_t *count) {
    const char *const *counters = instance->plugin->counters;

    if (!counters || !counters[i])
        return NULL;
    *count = atomic_load(&instance->counted[i]);
    return counters[i];
}

int64_t instance_delivered(const struct patchmark_instance *instance) {
    return atomic_load(&instance->delivered);
}

struct instance_trouble instance_trouble(const struct patchmark_instance *instance) {
    struct instance_trouble trouble;

    pthread_mutex_lock(&instance->record->lock);
    trouble = instance->record->trouble;
    pthread_mutex_unlock(&instance->record->lock);
    return trouble;
}

int instance_follow(struct patchmark_instance *instance, struct patchmark_feed *feed) {
    return instance->plugin->follow ? instance->plugin->follow(instance->self, feed) : 1;
}

int instance_publish_state(struct patchmark_instance *instance, const char *const *states,
                           size_t count) {
    return instance->plugin->publish_state
               ? instance->plugin->publish_state(instance->self, states, count)
               : -1;
}

/* ---- options ------------------------------------------------------------------------------ */

/* Returns the value of option NAME; NULL after an error was logged if the plugin has no such
 * option. */
static const struct option_value *value_find(const struct patchmark_instance *instance,
                                             const char *name) {
    name = string_of(name);
    for (size_t i = 0; i < instance->configured->value_count; i++)
        if (strcmp(instance->configured->values[i].option->name, name) == 0)
            return &instance->configured->values[i];
    mistake_log(instance, "option", name);
    instance->record->explained = true;
    return NULL;
}

bool patchmark_option_bool(const struct patchmark_instance *instance, const char *name) {
    return patchmark_option_int(instance, name) != 0;
}

int64_t patchmark_option_int(const struct patchmark_instance *instance, const char *name) {
    const struct option_value *value = value_find(instance, name);

    return value ? value->number : 0;
}

const char *patchmark_option_string(const struct patchmark_instance *instance, const char *name) {
    return patchmark_option_item(instance, name, 0);
}

size_t patchmark_option_count(const struct patchmark_instance *instance, const char *name) {
    const struct option_value *value = value_find(instance, name);

    return value ? value->count : 0;
}

const char *patchmark_option_item(const struct patchmark_instance *instance, const char *name,
                                  size_t i) {
    const struct option_value *value = value_find(instance, name);

    return value && i < value->count ? value->items[i] : NULL;
}

void patchmark_option_error(const struct patchmark_instance *instance, const char *name,
                            const char *format, ...) {
    const struct option_value *value = value_find(instance, name);
    AUTO(free) char *text = NULL;
    const char *place;
    va_list arguments;

    va_start(arguments, format);
    if (!format || vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    place = value && value->place ? value->place : instance->configured->place;
    log_error("%s%splugin \"%s\": option '%s'%s %s", place ? place : "", place ? ": " : "",
              instance->configured->name, string_of(name),
              value && value->count > 0 && !value->place ? " (not set)" : "", text ? text : "");
    instance->record->explained = true;
}

bool patchmark_option_trusted(const struct patchmark_instance *instance, const char *name,
                              const char *path) {
    char why[1024];

    if (*string_of(path) != '/')
        patchmark_option_error(instance, name, "must be an absolute path");
    else if (trust_check(path, 0, why, sizeof(why)))
        return true;
    else
        patchmark_option_error(instance, name, "names a file that is not trusted: %s", why);
    return false;
}

void patchmark_will_write(struct patchmark_instance *instance, const char *folder) {
    for (size_t i = 0; i < LIMIT_PLUGIN_FOLDERS; i++)
        if (!instance->folders[i]) {
            instance->folders[i] = strdup(string_of(folder));
            return;
        }
    log_warning(
        "plugin %s declares more than %d folders to write in; it cannot write in %s if the option "
        "'confine' is true",
        instance->configured->name, LIMIT_PLUGIN_FOLDERS, string_of(folder));
}

const char *instance_folder(const struct patchmark_instance *instance, size_t i) {
    return i < LIMIT_PLUGIN_FOLDERS ? instance->folders[i] : NULL;
}

void patchmark_count(struct patchmark_instance *instance, const char *name, uint64_t amount) {
    int counter = counter_find(instance, string_of(name));

    if (counter >= 0)
        atomic_fetch_add(&instance->counted[counter], amount);
    else
        mistake_log(instance, "counter", string_of(name));
}

int patchmark_declare_fact(struct patchmark_instance *instance, const char *key,
                           enum patchmark_type type) {
    if (!instance->declaring)
        log_error("plugin %s: bug: the fact '%s' is declared outside open of a classifier",
                  instance->configured->name, string_of(key));
    else if (facts_schema_declare(instance->declaring, instance->owner, key, type) < 0)
        log_error(
            "plugin %s: the fact '%s' cannot be declared: it exists, has an invalid key or type, "
            "or all plugins together declare more than %d",
            instance->configured->name, string_of(key), LIMIT_FACTS);
    else
        return 0;
    instance->record->explained = true;
    return -1;
}

enum patchmark_type patchmark_fact_type(const struct patchmark_instance *instance,
                                        const char *name) {
    return instance->schema ? facts_schema_type(instance->schema, name) : PATCHMARK_NONE;
}

const char *patchmark_fact_name(const struct patchmark_instance *instance, size_t i) {
    return instance->schema ? facts_schema_name(instance->schema, i) : NULL;
}

const char *patchmark_host(const struct patchmark_instance *instance) {
    return instance->host;
}

static void text_write(enum patchmark_level level, const char *format, ...) PATCHMARK_PRINTF(2, 3);

static void text_write(enum patchmark_level level, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    log_write(level, format, arguments);
    va_end(arguments);
}

static void trouble_record(struct log_record *record, enum patchmark_level level,
                           const char *text) {
    pthread_mutex_lock(&record->lock);
    record->trouble.time = (int64_t)time(NULL);
    record->trouble.lasts = true;
    record->trouble.stands = level == PATCHMARK_ERROR;
    snprintf(record->trouble.text, sizeof(record->trouble.text), "%s", text);
    pthread_mutex_unlock(&record->lock);
}

/* Plugins log at the level info that an error has ended. */
static void trouble_end(struct log_record *record) {
    pthread_mutex_lock(&record->lock);
    record->trouble.stands = false;
    pthread_mutex_unlock(&record->lock);
}

void patchmark_log(const struct patchmark_instance *instance, enum patchmark_level level,
                   const char *format, ...) {
    struct log_record *record = instance->record;
    const char *place = record->opening ? instance->configured->place : NULL;
    AUTO(free) char *text = NULL;
    va_list arguments;
    int saved = errno, length;

    if (level == PATCHMARK_INFO)
        trouble_end(record);
    if (level > PATCHMARK_WARNING && !log_is_enabled(level))
        return;
    va_start(arguments, format);
    length = format ? vasprintf(&text, format, arguments) : asprintf(&text, "%s", "");
    va_end(arguments);
    if (length < 0) {
        text = NULL;
        return;
    }
    if (level <= PATCHMARK_WARNING)
        trouble_record(record, level, text);
    if (level == PATCHMARK_ERROR)
        record->explained = true;
    text_write(level, "%s%splugin %s: %s", place ? place : "", place ? ": " : "",
               instance->configured->name, text);
    errno = saved;
}
