/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_hosts.h - two hosts, and a sink that both share.  The sink keeps the events of both hosts,
 * each id once, as Redis does, and returns them to the callback follow.
 *
 * A test determines when a host publishes (deliver) and when it reads the events of the other one
 * (catch_up), so that each race is one order of calls.  Followers run without threads.
 */
#ifndef TEST_HOSTS_H
#define TEST_HOSTS_H

#include "support/local.h"

#define other_hosts_start  LOCAL(other_hosts_start)
#define other_hosts_end    LOCAL(other_hosts_end)
#define other_hosts_join   LOCAL(other_hosts_join)
#define other_hosts_behind LOCAL(other_hosts_behind)
#include "feed/other-hosts.c"

#include "test_series.h"

#include "pipeline/event.h"
#include "pipeline/json.h"
#include "store/outbox.h"
#include "util/cleanup.h"

#define HOSTS      2
#define STREAM_MAX 256
#define ROW_SIZE   4096

enum { A, B };

/* ---- the sink ----------------------------------------------------------------------------- */

/* The events, copied from the outboxes; element I has the position I + 1. */
static struct patchmark_event stream[STREAM_MAX];
static struct arena stream_strings;
static size_t stream_length;
static int follow_result; /* what follow returns after all events */

static inline const char *stream_copy(const char *text) {
    return arena_copy(&stream_strings, text, strlen(text));
}

static inline void stream_add(const struct patchmark_event *event) {
    for (size_t i = 0; i < stream_length; i++)
        if (strcmp(stream[i].id, event->id) == 0)
            return;
    ck_assert(stream_length < STREAM_MAX);
    stream[stream_length++] = (struct patchmark_event){.struct_size = sizeof(*stream),
                                                       .id = stream_copy(event->id),
                                                       .type = stream_copy(event->type),
                                                       .subject = stream_copy(event->subject),
                                                       .list = stream_copy(event->list),
                                                       .series = stream_copy(event->series),
                                                       .json = stream_copy(event->json),
                                                       .json_length = strlen(event->json),
                                                       .learned = stream_copy(event->learned),
                                                       .state = stream_copy(event->state)};
}

static inline size_t shared_publish(void *self, const struct patchmark_event *const *events,
                                    size_t count) {
    (void)self;
    for (size_t i = 0; i < count; i++)
        stream_add(events[i]);
    return count;
}

static inline int shared_follow(void *self, struct patchmark_feed *feed) {
    (void)self;
    for (size_t i = (size_t)atoi(patchmark_feed_position(feed)); i < stream_length; i++) {
        char position[24];

        snprintf(position, sizeof(position), "%zu", i + 1);
        if (!patchmark_feed_event(feed, position, &stream[i]))
            break;
    }
    return follow_result;
}

static struct patchmark_plugin shared_sink = {
    PLUGIN_SIZES,           .name = "shared",          .version = "1",
    .summary = "for tests", .publish = shared_publish, .follow = shared_follow};

/* Returns the number of events of TYPE that both hosts published. */
static inline size_t stream_count(const char *type) {
    size_t count = 0;

    for (size_t i = 0; i < stream_length; i++)
        count += strcmp(stream[i].type, type) == 0;
    return count;
}

/* ---- the hosts ---------------------------------------------------------------------------- */

static struct host {
    struct pipeline *pipeline;
    struct store *store;
    struct other_hosts *other_hosts;
    int64_t delivered; /* sequence in its outbox */
} hosts[HOSTS];

static inline struct patchmark_instance *sink_of(const struct host *host) {
    return pipeline_instance(host->pipeline, pipeline_instance_count(host->pipeline) - 1);
}

/* Publishes up to MAX of the next events of the host's outbox, as the thread of a sink does. */
static inline void deliver_some(int which, int max) {
    struct host *host = &hosts[which];
    struct outbox_reader *reader = outbox_reader_open(host->store);
    struct outbox_event events[64];
    int count = outbox_read(reader, host->delivered, events, max);

    for (int i = 0; i < count; i++) {
        AUTO(free) char *json = json_event_compose(&events[i], false);
        const struct patchmark_event event = {.struct_size = sizeof(event),
                                              .id = events[i].id,
                                              .type = events[i].type,
                                              .subject = events[i].subject,
                                              .list = events[i].list,
                                              .series = events[i].series,
                                              .json = json,
                                              .json_length = strlen(json),
                                              .learned = events[i].learned,
                                              .state = events[i].state};
        const struct patchmark_event *pointer = &event;

        ck_assert_uint_eq(instance_publish(sink_of(host), &pointer, 1), 1);
        host->delivered = events[i].sequence;
    }
    outbox_reader_close(reader);
}

static inline void deliver(int which) {
    deliver_some(which, 64);
}

/* Reads all new events.  Returns the time that the follower would wait. */
static inline int catch_up(int which) {
    return follow_once(hosts[which].other_hosts);
}

static inline void both_do_all(void) {
    for (int round = 0; round < 3; round++)
        for (int which = A; which <= B; which++) {
            deliver(which);
            catch_up(which);
        }
}

/* Opens a host with an empty store. */
static inline void host_open(int which) {
    static int opened;
    static const char *const names[HOSTS] = {"a.example.org", "b.example.org"};
    struct host *host = &hosts[which];
    char folder[300];

    snprintf(folder, sizeof(folder), "%s/%d", support_folder, opened++);
    host->store = store_open(folder);
    ck_assert_ptr_nonnull(host->store);
    host->delivered = 0;
    host->other_hosts = other_hosts_new(host->store, sink_of(host), names[which]);
    ck_assert_ptr_nonnull(host->other_hosts);
}

static inline void host_close(int which) {
    other_hosts_free(hosts[which].other_hosts);
    store_close(hosts[which].store);
}

/* Empties both stores and the sink. */
static inline void hosts_forget(void) {
    for (int which = A; which <= B; which++) {
        host_close(which);
        host_open(which);
    }
    arena_reset(&stream_strings);
    stream_length = 0;
}

static inline void hosts_setup(void) {
    setup();
    support_folder_make();
    for (int which = A; which <= B; which++) {
        struct patchmark_plugin *plugins[] = {subject_plugin(),  patch_plugin(),
                                              pull_plugin(),     series_plugin(),
                                              trailers_plugin(), kind_plugin(),
                                              &shared_sink,      NULL};
        const char *text = which == A ? "host = \"a.example.org\"" : "host = \"b.example.org\"";

        hosts[which].pipeline = pipeline_new(support_configuration(text, plugins));
        ck_assert_ptr_nonnull(hosts[which].pipeline);
        host_open(which);
    }
    support_log_start();
}

static inline void hosts_teardown(void) {
    for (int which = A; which <= B; which++) {
        host_close(which);
        pipeline_release(hosts[which].pipeline);
    }
    support_folder_remove();
    arena_free(&stream_strings);
    teardown();
}

/* Sends a mail through one of the hosts. */
static inline struct found post_to(int which, const struct post *one) {
    struct pipeline *alone = pipeline;
    struct store *alone_store = store;
    struct found found;

    pipeline = hosts[which].pipeline;
    store = hosts[which].store;
    found = post(one);
    pipeline = alone;
    store = alone_store;
    return found;
}

/* POST_TO(host, message id, subject, .answers = ..., .at = ...) */
#define POST_TO(which, message_id, title, ...) \
    post_to((which), &(struct post){.id = (message_id), .subject = (title), __VA_ARGS__})

/* ---- the index of a host ------------------------------------------------------------------ */

static inline void member_print(void *argument, const struct index_member *member) {
    fprintf(argument, " %" PRId64 ":%s:%s:%s", member->part, member->message_id, member->title,
            member->author);
}

/* Writes what an index has of a mail, of its series, and of all members of the series, as text. */
static inline void known_print(struct store *of, const char *message_id, char row[ROW_SIZE]) {
    FILE *file = fmemopen(row, ROW_SIZE, "w");
    struct index_message message;
    struct index_series series;

    store_begin(of);
    if (!index_find_message(of, message_id, &message)) {
        fprintf(file, "not known");
    } else {
        fprintf(file, "%s %s %s %s %s %" PRId64 " %" PRId64, message.message_id, message.series,
                message.sender, message.kind, message.lists, message.part, message.received);
        if (index_find_series(of, message.series, &series)) {
            fprintf(file, " | %s %s %s %s v%" PRId64 " of %" PRId64 " %" PRId64 "-%" PRId64 " %d |",
                    series.id, series.topic, series.author, series.title, series.version,
                    series.total, series.opened, series.changed, series.rfc);
            fprintf(file, " %s %s %s %s %s %s %s %s %s %s |", series.submitter_name,
                    series.patch_author, series.patch_author_name, series.flags, series.labels,
                    series.base_commit, series.supersedes, series.how, series.replaces,
                    series.superseded_by);
            index_walk_members(of, series.id, member_print, file);
        }
    }
    store_commit(of);
    fclose(file);
}

#define expect_known_alike(message_id)                   \
    do {                                                 \
        char of_a[ROW_SIZE], of_b[ROW_SIZE];             \
        known_print(hosts[A].store, (message_id), of_a); \
        known_print(hosts[B].store, (message_id), of_b); \
        ck_assert_str_eq(of_a, of_b);                    \
        ck_assert_str_ne(of_a, "not known");             \
    } while (0)

#endif
