/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pipeline.c - opens and orders the plugins of a configuration, and processes mails; see
 * pipeline.h.
 *
 * A mail is processed in this order:
 * 1. the parallel classifiers that do not use the index, at the same time as other mails;
 * 2. the serial classifiers that do not use the index;
 * 3. in one transaction of the store: the classifiers that use the index, the learned data (index)
 *    and the events (outbox);
 * 4. after the commit: the header fields.
 *
 * Owns the configuration, the instances of its plugins and the schema of their facts.
 */
#include "pipeline/pipeline.h"

#include "mail/author.h"
#include "pipeline/annotate.h"
#include "pipeline/event.h"
#include "pipeline/json.h"
#include "pipeline/learned-mail.h"
#include "pipeline/lookup.h"
#include "plugin/bounds.h"
#include "settings/configuration-load.h"
#include "store/outbox.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

struct pipeline {
    atomic_int references;
    struct configuration *configuration;
    struct facts_schema *schema;
    struct patchmark_instance *instances[LIMIT_PLUGINS]; /* in the order of calls, sinks last */
    int owners[LIMIT_PLUGINS];                           /* numbers for facts_owner */
    size_t classifier_count, instance_count;
    size_t serial_from; /* index of the first classifier that runs for one mail at a time */
    size_t index_from;  /* index of the first that runs inside the transaction of the mail */
};

/* ---- creation ----------------------------------------------------------------------------- */

/* Facts and cursors are stored by the name of the plugin, so each name may be used once. */
static int names_check(const struct configuration *configuration) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(configuration->plugins[i].module->descriptor.name,
                       configuration->plugins[j].module->descriptor.name) == 0) {
                log_error("plugin %s is configured twice; remove one of its sections",
                          configuration->plugins[i].name);
                return -1;
            }
    return 0;
}

/* Opens all plugins, classifiers first, in the order of the configuration. */
static int instances_open(struct pipeline *pipeline) {
    static const uint32_t kinds[] = {PATCHMARK_CLASSIFIER, PATCHMARK_SINK};
    const struct configuration *configuration = pipeline->configuration;

    if (configuration->plugin_count > LIMIT_PLUGINS) {
        log_error("%zu plugins are configured; at most %d are supported, remove some",
                  configuration->plugin_count, LIMIT_PLUGINS);
        return -1;
    }
    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < configuration->plugin_count; i++) {
            const struct plugin_section *configured = &configuration->plugins[i];
            struct patchmark_instance *instance;

            if (configured->module->descriptor.kind != kinds[kind])
                continue;
            instance = instance_open(configured, configuration->host);
            if (!instance) {
                log_error("plugin %s cannot be started; see the log lines above", configured->name);
                return -1;
            }
            pipeline->instances[pipeline->instance_count++] = instance;
        }
        if (kind == 0)
            pipeline->classifier_count = pipeline->instance_count;
    }
    return 0;
}

static bool provides(const struct patchmark_plugin *plugin, const char *fact) {
    size_t length = strlen(plugin->name);

    if (strncmp(fact, plugin->name, length) != 0 || fact[length] != '.')
        return false;
    for (const struct patchmark_fact *at = plugin->provides; at && at->key; at++)
        if (strcmp(at->key, fact + length + 1) == 0)
            return true;
    return false;
}

/* Returns true if PLUGIN reads a fact of OTHER. */
static bool depends_on(const struct patchmark_plugin *plugin,
                       const struct patchmark_plugin *other) {
    const char *const *lists[] = {plugin->needs, plugin->uses};

    for (size_t list = 0; list < 2; list++)
        for (const char *const *fact = lists[list]; fact && *fact; fact++)
            if (provides(other, *fact))
                return true;
    return false;
}

static int needs_check(const struct pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->classifier_count; i++) {
        const struct patchmark_plugin *plugin = instance_plugin(pipeline->instances[i]);

        for (const char *const *fact = plugin->needs; fact && *fact; fact++) {
            bool found = false;

            for (size_t j = 0; j < pipeline->classifier_count && !found; j++)
                found = provides(instance_plugin(pipeline->instances[j]), *fact);
            if (!found) {
                log_error("plugin %s needs the fact %s, which no loaded plugin provides; load the "
                          "plugin that provides it",
                          plugin->name, *fact);
                return -1;
            }
        }
    }
    return 0;
}

/* Classifiers of a lower stage run first, as far as dependencies allow, so that as much work as
 * possible is done for many mails at once, and the lock of the store is held briefly. */
enum stage { STAGE_PARALLEL, STAGE_SERIAL, STAGE_INDEX };

static enum stage stage_of(const struct patchmark_instance *instance) {
    const struct patchmark_plugin *plugin = instance_plugin(instance);

    if (plugin->flags & PATCHMARK_USES_INDEX)
        return STAGE_INDEX;
    return plugin->threads == PATCHMARK_PARALLEL ? STAGE_PARALLEL : STAGE_SERIAL;
}

/* Returns the index of the first classifier from FROM on whose stage is later than STAGE. */
static size_t stage_end(const struct pipeline *pipeline, size_t from, enum stage stage) {
    while (from < pipeline->classifier_count && stage_of(pipeline->instances[from]) <= stage)
        from++;
    return from;
}

/* Sorts the classifiers so that each runs after those whose facts it reads.  In each round, chooses
 * one that depends on none of the remaining ones; of several, the first of the lowest stage. */
static int classifiers_order(struct pipeline *pipeline) {
    struct patchmark_instance **all = pipeline->instances;

    for (size_t done = 0; done < pipeline->classifier_count; done++) {
        size_t chosen = SIZE_MAX;

        for (size_t i = done; i < pipeline->classifier_count; i++) {
            bool waits = false;

            for (size_t j = done; j < pipeline->classifier_count && !waits; j++)
                waits = depends_on(instance_plugin(all[i]), instance_plugin(all[j]));
            if (!waits && (chosen == SIZE_MAX || stage_of(all[i]) < stage_of(all[chosen])))
                chosen = i;
        }
        if (chosen == SIZE_MAX) {
            log_error("plugins depend on each other in a cycle; %s is one of them, disable it",
                      instance_plugin(all[done])->name);
            return -1;
        }
        struct patchmark_instance *instance = all[chosen];

        memmove(&all[done + 1], &all[done], (chosen - done) * sizeof(*all));
        all[done] = instance;
    }
    pipeline->serial_from = stage_end(pipeline, 0, STAGE_PARALLEL);
    pipeline->index_from = stage_end(pipeline, pipeline->serial_from, STAGE_SERIAL);
    return 0;
}

static int schema_make(struct pipeline *pipeline) {
    pipeline->schema = facts_schema_new();
    if (!pipeline->schema)
        return -1;
    for (size_t i = 0; i < pipeline->classifier_count; i++) {
        const struct patchmark_plugin *plugin = instance_plugin(pipeline->instances[i]);

        pipeline->owners[i] = facts_schema_add(pipeline->schema, plugin->name, plugin->provides);
        if (pipeline->owners[i] < 0) {
            log_error("the plugins provide more than %d facts; disable some of them", LIMIT_FACTS);
            return -1;
        }
    }
    return 0;
}

struct pipeline *pipeline_new(struct configuration *configuration) {
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

    if (!pipeline) {
        configuration_free(configuration);
        return NULL;
    }
    atomic_init(&pipeline->references, 1);
    pipeline->configuration = configuration;
    if (names_check(configuration) < 0 || instances_open(pipeline) < 0 ||
        needs_check(pipeline) < 0 || classifiers_order(pipeline) < 0 || schema_make(pipeline) < 0) {
        pipeline_release(pipeline);
        return NULL;
    }
    return pipeline;
}

struct pipeline *pipeline_load(const char *file) {
    struct configuration *configuration;

    return configuration_load(file, &configuration) == 0 ? pipeline_new(configuration) : NULL;
}

struct pipeline *pipeline_keep(struct pipeline *pipeline) {
    atomic_fetch_add(&pipeline->references, 1);
    return pipeline;
}

void pipeline_release(struct pipeline *pipeline) {
    if (!pipeline || atomic_fetch_sub(&pipeline->references, 1) != 1)
        return;
    for (size_t i = 0; i < pipeline->instance_count; i++)
        instance_close(pipeline->instances[i]);
    facts_schema_free(pipeline->schema);
    configuration_free(pipeline->configuration);
    free(pipeline);
}

void pipeline_close_sinks(struct pipeline *pipeline) {
    while (pipeline->instance_count > pipeline->classifier_count)
        instance_close(pipeline->instances[--pipeline->instance_count]);
}

const struct configuration *pipeline_configuration(const struct pipeline *pipeline) {
    return pipeline->configuration;
}

size_t pipeline_instance_count(const struct pipeline *pipeline) {
    return pipeline->instance_count;
}

struct patchmark_instance *pipeline_instance(const struct pipeline *pipeline, size_t i) {
    return pipeline->instances[i];
}

/* ---- a mail ------------------------------------------------------------------------------- */

int mail_init(struct mail *mail) {
    memset(mail, 0, sizeof(*mail));
    mail->message = message_new();
    return mail->message ? 0 : -1;
}

void mail_reset(struct mail *mail) {
    message_reset(mail->message);
    facts_free(mail->facts);
    mail->facts = NULL;
    arena_reset(&mail->arena);
    mail->learned = NULL;
    mail->members = NULL;
    mail->identity = mail->seen_id = NULL;
    mail->member_count = 0;
    mail->flags.count = mail->labels.count = mail->header_count = mail->event_count = 0;
    mail->recipient_count = 0;
    mail->seen_before = mail->disputed = mail->series_opened = mail->series_completed =
        mail->imported = mail->unpublished = mail->unrecorded = mail->local = false;
}

void mail_free(struct mail *mail) {
    message_free(mail->message);
    facts_free(mail->facts);
    arena_free(&mail->arena);
    memset(mail, 0, sizeof(*mail));
}

/* ---- classification ----------------------------------------------------------------------- */

static void classify(struct pipeline *pipeline, struct mail *mail, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        facts_owner(mail->facts, pipeline->owners[i]);
        instance_classify(pipeline->instances[i], mail->message, mail->facts);
    }
}

/* ---- index and outbox --------------------------------------------------------------------- */

static void events_append(struct store *store, const struct mail *mail, const char *host) {
    const char *series = patchmark_fact_string(mail->facts, "series.id");
    int64_t now = (int64_t)time(NULL);
    char source[JSON_SOURCE_SIZE];

    json_event_source(host, source);
    for (size_t i = 0; i < mail->event_count; i++) {
        AUTO(free) char *data = json_event_data(mail, &mail->events[i]);
        struct outbox_event event = {.id = mail->events[i].id,
                                     .type = mail->events[i].type,
                                     .subject = patchmark_message_id(mail->message),
                                     .list = patchmark_message_list(mail->message),
                                     .series = series ? series : "",
                                     .source = source,
                                     .data = data,
                                     .data_length = strlen(data),
                                     .time = now};

        outbox_append(store, &event);
    }
}

/* Does all work between store_begin and store_commit.  A mail that was seen before causes no
 * events.
 *
 * This also holds if another host received it first (feed/other-hosts.c).  This host knows that
 * mail from its message.seen event, which the other host has delivered to the Redis that they
 * share.  The other events of the mail were committed to the outbox of that host in the same
 * transaction, and an outbox delivers all its events in order, also after a crash.  So the other
 * host has delivered them or will do so.  Until message.seen arrives here, both hosts deliver the
 * events, with the same ids. If the other host loses its disk before it delivers them, message.seen
 * does not arrive here, and this host delivers the events. */
static void record(struct pipeline *pipeline, struct store *store, struct mail *mail) {
    struct index_message known;
    struct lookup lookup;

    /* A mail with a forged Message-ID that arrives first must not suppress the events of the real
     * mail: mails of different senders are never duplicates. */
    mail->seen_before = *patchmark_message_id(mail->message) &&
                        index_find_message(store, patchmark_message_id(mail->message), &known);
    mail->disputed =
        mail->seen_before && strcmp(known.sender, patchmark_message_sender(mail->message)) != 0;
    lookup = (struct lookup){store, mail->seen_before ? &known : NULL};
    lookup_set(mail->message, &lookup);
    classify(pipeline, mail, pipeline->index_from, pipeline->classifier_count);
    lookup_set(mail->message, NULL);
    annotate_words(mail);
    learned_mail_record(store, mail);
    if ((mail->seen_before && !mail->disputed) || mail->imported || !mail->publish)
        return;
    if ((mail->disputed || !*patchmark_message_id(mail->message)) &&
        learned_mail_is_duplicate(store, mail))
        return;
    event_derive(mail);
    if (!mail->unpublished)
        events_append(store, mail, pipeline->configuration->host);
}

/* Sets the author of a mail whose From a list rewrote. */
static void author_find(struct mail *mail) {
    const char *post = message_list_post(mail->message);

    if (post)
        message_find_author(mail->message, message_list_id(mail->message), &post, 1, true);
}

void pipeline_classify(struct pipeline *pipeline, struct mail *mail) {
    struct configuration_list treatment;

    author_find(mail);
    if (!configuration_list(pipeline->configuration, patchmark_message_list(mail->message),
                            &treatment))
        return;
    mail->publish = treatment.publish;
    mail->annotate = treatment.annotate;
    mail->facts = facts_new(pipeline->schema);
    if (mail->facts)
        classify(pipeline, mail, 0, pipeline->serial_from);
    if (mail->publish && !mail->imported)
        event_prepare(mail);
}

void pipeline_record(struct pipeline *pipeline, struct store *store, struct mail *mail) {
    if (!mail->facts)
        return;
    classify(pipeline, mail, pipeline->serial_from, pipeline->index_from);
    if (store) {
        /* If store_begin fails, every lookup finds nothing, and the mail is processed without the
         * index. */
        store_begin(store);
        record(pipeline, store, mail);
        mail->unrecorded = store_commit(store) < 0;
        if (mail->unrecorded)
            store_count_lost(store);
    } else {
        classify(pipeline, mail, pipeline->index_from, pipeline->classifier_count);
        annotate_words(mail);
    }
}

void pipeline_annotate(const struct pipeline *pipeline, struct mail *mail) {
    if (mail->facts && mail->annotate)
        annotate_headers(mail, pipeline->configuration);
}

void pipeline_run(struct pipeline *pipeline, struct store *store, struct mail *mail) {
    pipeline_classify(pipeline, mail);
    pipeline_record(pipeline, store, mail);
    pipeline_annotate(pipeline, mail);
}
