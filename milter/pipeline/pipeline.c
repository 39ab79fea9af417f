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
 * Owns the configuration, the instances of its plugins, the schema of their facts, and the counts
 * of mails that lists receive and send out.
 */
#include "pipeline/pipeline.h"

#include "mail/author.h"
#include "pipeline/annotate.h"
#include "pipeline/bounds.h"
#include "pipeline/copies.h"
#include "pipeline/event.h"
#include "pipeline/json.h"
#include "pipeline/learned-mail.h"
#include "pipeline/list-watch.h"
#include "pipeline/lookup.h"
#include "pipeline/mail-lists.h"
#include "plugin/bounds.h"
#include "settings/configuration-load.h"
#include "store/outbox.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/word-set.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

static atomic_uint_least64_t generations; /* the number of pipelines created so far */

struct pipeline {
    atomic_int references;
    uint64_t generation; /* the number of the pipeline, from 1 */
    struct configuration *configuration;
    struct list_watch *list_watch;
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
    pipeline->generation = 1 + atomic_fetch_add(&generations, 1);
    pipeline->configuration = configuration;
    pipeline->list_watch = list_watch_new(configuration);
    if (!pipeline->list_watch || names_check(configuration) < 0 || instances_open(pipeline) < 0 ||
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
    list_watch_free(pipeline->list_watch);
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
    mail->list_count = mail->scope_count = 0;
    mail->default_list = NULL;
    mail->content = mail->content_bytes = 0;
    mail->recipient_count = 0;
    mail->seen_before = mail->disputed = mail->series_opened = mail->series_completed =
        mail->imported = mail->unpublished = mail->unrecorded = mail->local = mail->digested =
            false;
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

/* Computes the digest by which a copy with a rewritten From is recognised: of a mail that a list
 * will send out, which may be one that is not configured, or of which only a list names the author.
 */
static void content_read(struct mail *mail) {
    bool goes_out = mail->list_count == 0 || !mail->lists[0].posted || !*mail->lists[0].id;
    uint64_t length;

    if (!goes_out && !*patchmark_message_sender_via(mail->message))
        return;
    mail->content = (int64_t)message_content_digest(mail->message, &length);
    mail->content_bytes = (int64_t)length;
}

/* ---- index and outbox --------------------------------------------------------------------- */

static void events_append(struct store *store, const struct mail *mail, const char *host) {
    const char *series = patchmark_fact_string(mail->facts, "series.id");
    int64_t now = (int64_t)time(NULL);
    char source[JSON_SOURCE_SIZE];

    json_event_source(host, source);
    for (size_t i = 0; i < mail->event_count; i++) {
        AUTO(free) char *data = json_event_data(mail, &mail->events[i]);
        const struct mail_list *list = mail->events[i].list;
        struct outbox_event event = {.id = mail->events[i].id,
                                     .type = mail->events[i].type,
                                     .subject = patchmark_message_id(mail->message),
                                     .list =
                                         list ? list->id : patchmark_message_list(mail->message),
                                     .series = series ? series : "",
                                     .source = source,
                                     .data = data,
                                     .data_length = strlen(data),
                                     .time = now};

        outbox_append(store, &event);
    }
}

/* Classifies MAIL again, because its author or its lists have changed, on which some plugins
 * depend. */
static void classify_again(struct pipeline *pipeline, struct mail *mail) {
    facts_free(mail->facts);
    mail->facts = facts_new(pipeline->schema);
    if (mail->facts)
        classify(pipeline, mail, 0, pipeline->index_from);
}

/* Looks up the earlier mail with the Message-ID ID.  A mail that is found by a further Message-ID,
 * or for a further one of MAIL, is the same mail only if it has the same sender: any sender can
 * write these. */
static bool known_find_by(struct store *store, const struct mail *mail, const char *id,
                          bool further, struct index_message *known) {
    if (!index_find_message_of(store, id, patchmark_message_sender(mail->message),
                               patchmark_message_sender_via(mail->message), known))
        return false;
    further = further || strcmp(known->message_id, id) != 0;
    return !further || message_sender_rewritten(mail->message) ||
           strcmp(known->sender, patchmark_message_sender(mail->message)) == 0;
}

/* Looks up the earlier mail that MAIL is a copy of, or that has its Message-ID, and fills KNOWN. */
static bool known_find(struct store *store, const struct mail *mail, struct index_message *known) {
    const char *id = patchmark_message_id(mail->message);

    if (*id && known_find_by(store, mail, id, false, known))
        return true;
    for (size_t i = 0; (id = patchmark_message_other_id(mail->message, i)); i++)
        if (known_find_by(store, mail, id, true, known))
            return true;
    return false;
}

/* Returns true if MAIL, whose From a list rewrote, is a copy of KNOWN: the same author, or the same
 * content with something appended. */
static bool is_copy(const struct mail *mail, const struct index_message *known) {
    const char *sender = patchmark_message_sender(mail->message);

    return *known->sender &&
           (strcmp(sender, known->sender) == 0 ||
            (known->content_bytes > 0 && message_content_starts(mail->message, known->content,
                                                                (uint64_t)known->content_bytes)));
}

/* Looks up the first mail with one of the Message-IDs of MAIL, of which MAIL, whose From a list
 * rewrote, is a copy.  A mail that was received with the address of the list in From has no known
 * author, and neither have its copies. */
static bool received_find(struct store *store, const struct mail *mail,
                          struct index_message *received) {
    const char *id = patchmark_message_id(mail->message);

    for (size_t i = 0; id; id = patchmark_message_other_id(mail->message, i++))
        if (index_find_message(store, id, received) && !*received->via &&
            (!*received->sender || is_copy(mail, received)))
            return true;
    return false;
}

/* If a list rewrote From, takes the author from what was recorded when the mail was received, also
 * if it named no list then. */
static void author_adopt(struct pipeline *pipeline, struct store *store, struct mail *mail) {
    static const char *const of_no_list[] = {INDEX_PRIVATE};
    struct index_message received;
    bool found, changes;

    if (!message_sender_rewritten(mail->message))
        return;
    found = received_find(store, mail, &received);
    if (!found) {
        index_set_scopes(store, of_no_list, 1);
        found = received_find(store, mail, &received);
        index_set_scopes(store, mail->scopes, mail->scope_count);
    }
    if (!found)
        return;
    changes = strcmp(received.sender, patchmark_message_sender(mail->message)) != 0;
    message_set_sender(mail->message, received.sender,
                       patchmark_message_sender_name(mail->message));
    if (changes)
        classify_again(pipeline, mail);
}

/* Makes the Message-ID of KNOWN, which is a further one of MAIL, that of MAIL, so that the events
 * of all copies have the same one.  Returns false if MAIL has another sender: it is then no copy.
 */
static bool id_adopt(struct mail *mail, const struct index_message *known) {
    if (strcmp(known->sender, patchmark_message_sender(mail->message)) != 0)
        return false;
    message_use_id(mail->message, known->message_id);
    mail->identity = NULL;
    return true;
}

/* If the List-Ids of MAIL name several lists of this host, keeps those for which it was received: a
 * sender may have written the others. */
static void lists_confirm(struct pipeline *pipeline, struct store *store, struct mail *mail) {
    const char *received = "";

    if (!mail->several)
        return;
    for (size_t i = 0; i < message_list_id_count(mail->message); i++) {
        const struct configuration_list *section =
            configuration_list_by_id(pipeline->configuration, message_list_id_at(mail->message, i));
        const char *id = section ? section->pattern : "";
        struct index_message found;

        index_set_scopes(store, &id, section && !section->publish ? 1 : 0);
        if (section && index_find_message(store, patchmark_message_id(mail->message), &found) &&
            word_set_has(found.lists, id))
            received = word_set_join(&mail->arena, received, id, LIMIT_LISTS_BYTES);
    }
    if (!*received)
        return;
    mail_lists_find_again(mail, pipeline->configuration, received);
    classify_again(pipeline, mail);
}

/* Returns true if MAIL has the content of KNOWN, or if that was not recorded. */
static bool has_content_of(const struct mail *mail, const struct index_message *known) {
    return known->content_bytes == 0 ||
           message_content_starts(mail->message, known->content, (uint64_t)known->content_bytes);
}

/* Returns true if MAIL is the mail KNOWN, which has its Message-ID: it has the same sender.  If the
 * sender of KNOWN is unknown, or only a list names him and MAIL is one of his own, it also has to
 * have the same content; otherwise anyone could silence a mail by sending its Message-ID first. */
static bool is_same(const struct mail *mail, const struct index_message *known) {
    bool claimed = *known->via && !*patchmark_message_sender_via(mail->message);

    return strcmp(known->sender, patchmark_message_sender(mail->message)) == 0 &&
           ((*known->sender && !claimed) || has_content_of(mail, known));
}

/* Derives and appends the events that are due when MAIL has been recorded.  KNOWN is what the index
 * had of it before; NULL if it is new. */
static void publish(struct pipeline *pipeline, struct store *store, struct mail *mail,
                    const struct index_message *known) {
    const char *posted;

    if (!mail->publish || mail->imported)
        return;
    if (!*patchmark_message_id(mail->message)) {
        if (learned_mail_is_duplicate(store, mail, &posted))
            event_derive_posted(mail, posted);
        else
            event_derive(mail);
    } else if (known && known->published) {
        event_derive_posted(mail, known->posted);
    } else {
        event_derive(mail);
    }
    if (!mail->unpublished)
        events_append(store, mail, pipeline->configuration->host);
}

/* Does all work between store_begin and store_commit.  The events of a mail are appended once, in
 * the first pass that publishes it.
 *
 * This also holds if another host received it first (feed/other-hosts.c).  This host knows that
 * mail from its message.seen event, which the other host has delivered to the Redis that they
 * share.  The other events of the mail were committed to the outbox of that host in the same
 * transaction, and an outbox delivers all its events in order, also after a crash.  So the other
 * host has delivered them or will do so.  Until message.seen arrives here, both hosts deliver the
 * events, with the same ids. If the other host loses its disk before it delivers them, message.seen
 * does not arrive here, and this host delivers the events. */
static void record(struct pipeline *pipeline, struct store *store, struct mail *mail) {
    struct index_message found, *known;
    struct lookup lookup;

    lists_confirm(pipeline, store, mail);
    index_set_scopes(store, mail->scopes, mail->scope_count);
    author_adopt(pipeline, store, mail);
    if (!mail->facts)
        return;
    known = known_find(store, mail, &found) ? &found : NULL;
    if (known && strcmp(known->message_id, patchmark_message_id(mail->message)) != 0)
        known = id_adopt(mail, known) ? known : NULL;
    mail->seen_before = known && is_same(mail, known);
    mail->disputed = known && (!mail->seen_before || known->claim);
    known = mail->seen_before ? known : NULL;
    /* A list may have appended lines to the diff. */
    if (known && *known->patch_id)
        facts_replace_string(mail->facts, "patch.id", known->patch_id);
    lookup = (struct lookup){store, known};
    lookup_set(mail->message, &lookup);
    classify(pipeline, mail, pipeline->index_from, pipeline->classifier_count);
    lookup_set(mail->message, NULL);
    annotate_words(mail);
    if (known)
        learned_mail_record_again(store, mail, known);
    else
        learned_mail_record(store, mail);
    publish(pipeline, store, mail, known);
}

void pipeline_classify(struct pipeline *pipeline, struct mail *mail) {
    mail_lists_find(mail, pipeline->configuration);
    list_watch_note(pipeline->list_watch, mail, patchmark_message_received(mail->message));
    mail_lists_find_author(mail, pipeline->configuration);
    mail->facts = facts_new(pipeline->schema);
    if (mail->facts)
        classify(pipeline, mail, 0, pipeline->serial_from);
    if (mail->publish && !mail->imported)
        event_prepare(mail);
    content_read(mail);
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
    copies_keep(mail, pipeline->generation);
}

bool pipeline_recall(const struct pipeline *pipeline, struct mail *mail) {
    return copies_recall(mail, pipeline->generation);
}
