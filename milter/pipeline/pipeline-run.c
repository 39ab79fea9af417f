/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pipeline-run.c - processes mails; see pipeline.h.
 *
 * A mail is processed in this order:
 * 1. its lists and its author, as far as the mail shows them;
 * 2. the parallel classifiers that do not use the index, at the same time as other mails;
 * 3. the serial classifiers that do not use the index;
 * 4. in one transaction of the store: what was seen of the mail before (earlier-mail.c), the
 *    classifiers that use the index, the learned data (index) and the events (outbox);
 * 5. after the commit: the header fields.
 *
 * Owns nothing.  A failure of a plugin or of the store is logged, and the mail passes without what
 * that would have added.
 */
#include "mail/author.h"
#include "pipeline/annotate.h"
#include "pipeline/copies.h"
#include "pipeline/earlier-mail.h"
#include "pipeline/event-series.h"
#include "pipeline/event.h"
#include "pipeline/json-learned.h"
#include "pipeline/json.h"
#include "pipeline/learned-mail.h"
#include "pipeline/lookup.h"
#include "pipeline/mail-lists.h"
#include "pipeline/pipeline-private.h"
#include "pipeline/series-state.h"
#include "pipeline/series-view.h"
#include "store/outbox.h"
#include "util/cleanup.h"

#include <string.h>
#include <time.h>

/* ---- classification ----------------------------------------------------------------------- */

static void classify(struct pipeline *pipeline, struct mail *mail, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        facts_owner(mail->facts, pipeline->owners[i]);
        instance_classify(pipeline->instances[i], mail->message, mail->facts);
    }
    facts_owner(mail->facts, -1);
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

static void facts_begin(const struct pipeline *pipeline, struct mail *mail) {
    mail->facts = facts_new(pipeline->schema);
    if (mail->facts && mail->explained)
        facts_explain(mail->facts);
}

void pipeline_classify_again(struct pipeline *pipeline, struct mail *mail) {
    facts_free(mail->facts);
    facts_begin(pipeline, mail);
    if (mail->facts)
        classify(pipeline, mail, 0, pipeline->index_from);
}

/* ---- index and outbox --------------------------------------------------------------------- */

/* Fills EVENT with what does not depend on its data. */
static void event_fill(const struct mail *mail, const struct mail_event *made,
                       struct outbox_event *event) {
    const struct series_view *series = made->series ? made->series : mail->series;
    const char *id = patchmark_fact_string(mail->facts, "series.id");

    *event = (struct outbox_event){
        .id = made->id,
        .type = made->type,
        .subject = made->series ? made->series->row.id : patchmark_message_id(mail->message),
        .list = made->list ? made->list->id : patchmark_message_list(mail->message),
        .series = series ? series->row.id
                  : id   ? id
                         : ""};
}

/* Composes the event MADE and appends it to the outbox, or stores it in KEPT unless that is NULL.
 */
static void event_append(struct store *store, struct mail *mail, const struct mail_event *made,
                         const char *source, const char *learned, struct outbox_event *kept) {
    bool seen = strcmp(made->type, EVENT_MESSAGE_SEEN) == 0;
    AUTO(free) char *data = json_event_data(mail, made);
    AUTO(free) char *state = kept ? NULL : series_state_of_event(store, mail, made);
    struct outbox_event event;

    event_fill(mail, made, &event);
    event.source = source;
    event.data = data;
    event.data_length = strlen(data);
    event.time = kept ? patchmark_message_received(mail->message) : (int64_t)time(NULL);
    event.learned = seen ? learned : NULL;
    event.state = state;
    if (!kept) {
        outbox_append(store, &event);
        return;
    }
    *kept = event;
    kept->data = arena_copy(&mail->arena, data, event.data_length);
    kept->series = arena_copy(&mail->arena, event.series, strlen(event.series));
    if (made->series)
        kept->subject = kept->series;
}

/* Appends the events of MAIL to the outbox, or keeps them in MAIL->outbox. */
static void events_append(struct store *store, struct mail *mail, const char *host) {
    AUTO(free) char *learned = mail->composed ? NULL : json_learned_write(mail->learned, host);
    char source[JSON_SOURCE_SIZE];

    event_series_read(store, mail);
    json_event_source(host, source);
    if (mail->composed)
        mail->outbox =
            arena_allocate(&mail->arena, (mail->event_count + 1) * sizeof(*mail->outbox));
    for (size_t i = 0; i < mail->event_count; i++)
        event_append(store, mail, &mail->events[i],
                     mail->composed ? arena_copy(&mail->arena, source, strlen(source)) : source,
                     learned, mail->composed ? &mail->outbox[i] : NULL);
}

/* Derives and appends the events that are due when MAIL has been recorded.  KNOWN is what the index
 * had of it before; NULL if it is new. */
static void publish(struct pipeline *pipeline, struct store *store, struct mail *mail,
                    const struct index_message *known) {
    const char *posted;

    if (!mail->publish || mail->imported)
        return;
    if (mail->eventless) {
        if (!*patchmark_message_id(mail->message))
            learned_mail_is_duplicate(store, mail, &posted);
        return;
    }
    event_series_find(store, mail);
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
    if (mail->event_count > 0 && (!mail->unpublished || mail->composed))
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
    struct index_message found;
    const struct index_message *known =
        earlier_mail_find(pipeline, store, mail, &found) ? &found : NULL;
    const struct lookup lookup = {store, known};

    if (!mail->facts)
        return;
    /* A list may have appended lines to the diff. */
    if (known && *known->patch_id)
        facts_replace_string(mail->facts, "patch.id", known->patch_id);
    lookup_set(mail->message, &lookup);
    classify(pipeline, mail, pipeline->index_from, pipeline->classifier_count);
    lookup_set(mail->message, NULL);
    annotate_words(mail);
    if (mail->unchanging)
        return;
    if (known)
        learned_mail_record_again(store, mail, known);
    else
        learned_mail_record(store, mail);
    publish(pipeline, store, mail, known);
}

void pipeline_classify(struct pipeline *pipeline, struct mail *mail) {
    mail->configuration = pipeline->configuration;
    mail_lists_find(mail, pipeline->configuration);
    list_watch_note(pipeline->list_watch, mail, patchmark_message_received(mail->message));
    mail_lists_find_author(mail, pipeline->configuration);
    facts_begin(pipeline, mail);
    if (mail->facts)
        classify(pipeline, mail, 0, pipeline->serial_from);
    if (mail->publish && !mail->imported && !mail->eventless && !mail->unchanging)
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
        if (mail->unrecorded && !mail->unchanging)
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
