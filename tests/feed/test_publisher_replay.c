/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_publisher_replay.c - a sink that catches up: which events are replayed events, how fast they
 * are offered, and how lost events are reported.
 */
#include "feed/bounds.h"
#define TESTS replay
#include "publisher-fixture.h"

#include <jansson.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* ---- a sink that takes notes -------------------------------------------------------------- */

#define NOTES_MOST 20000

static struct note {
    int64_t sequence;
    bool replay, service;
} notes[NOTES_MOST];
static size_t note_count;
static char json[NOTES_MOST][192]; /* the JSON of each event, from its data on */

static size_t note_publish(void *self, const struct patchmark_event *const *events, size_t count) {
    struct sink *sink = self;
    size_t accepted;

    pthread_mutex_lock(&lock);
    sink->calls++;
    accepted = count < sink->most ? count : sink->most;
    for (size_t i = 0; i < accepted; i++) {
        ck_assert_uint_eq(strlen(events[i]->json), events[i]->json_length);
        snprintf(json[note_count], sizeof(json[0]), "%s", strstr(events[i]->json, "\"data\""));
        notes[note_count++] =
            (struct note){.sequence = events[i]->sequence,
                          .replay = events[i]->replay,
                          .service = strcmp(events[i]->type, "patchmark.service.status.v1") == 0};
    }
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
    return accepted;
}

static struct patchmark_plugin noting = SINK("noting", open_one);
static struct patchmark_plugin *const only_noting[] = {&noting, NULL};

static void setup_notes(void) {
    setup();
    noting.publish = note_publish;
}

/* Fails unless the notes from AT on are the COUNT sequences from FIRST on, and all or none are
 * replayed events. */
static void check_notes(size_t at, int64_t first, size_t count, bool replay) {
    ck_assert_uint_ge(note_count, at + count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(notes[at + i].sequence, first + (int64_t)i);
        ck_assert_msg(notes[at + i].replay == replay, "note %zu", at + i);
        ck_assert_int_eq(strstr(json[at + i], "\"replay\":true") != NULL,
                         replay && !notes[at + i].service);
    }
}

/* ---- which events are replayed ------------------------------------------------------------ */

START_TEST(events_from_before_the_start_are_replayed) {
    open_store();
    append(3);
    start(only_noting);
    append(2);
    WAIT_UNTIL(note_count == 5);
    stop_and_close();
    check_notes(0, 1, 3, true);
    check_notes(3, 4, 2, false);
    ck_assert_str_eq(json[0], "\"data\":{\"a\":1},\"replay\":true}");
    ck_assert_str_eq(json[3], "\"data\":{\"a\":1}}");
}
END_TEST

START_TEST(events_appended_while_a_sink_failed_are_replayed) {
    open_store();
    start(only_noting);
    append(2);
    WAIT_UNTIL(note_count == 2);
    set(&one.most, 0);
    append(3 * LIMIT_BATCH);
    set(&one.calls, 0);
    WAIT_UNTIL(one.calls >= 2); /* in the second run it has accepted all of them */
    set(&one.most, SIZE_MAX);
    WAIT_UNTIL(note_count == 2 + 3 * LIMIT_BATCH);
    append(3);
    WAIT_UNTIL(note_count == 5 + 3 * LIMIT_BATCH);
    stop_and_close();
    check_notes(0, 1, 2, false);
    check_notes(2, 3, 3 * LIMIT_BATCH, true);
    check_notes(2 + 3 * LIMIT_BATCH, 3 + 3 * LIMIT_BATCH, 3, false);
}
END_TEST

/* The sink may have stored the events and failed to report that. */
START_TEST(events_that_a_sink_left_of_a_batch_are_replayed) {
    open_store();
    one.most = 4;
    start(only_noting);
    append(10);
    WAIT_UNTIL(note_count == 10);
    append(4);
    WAIT_UNTIL(note_count == 14);
    stop_and_close();
    check_notes(0, 1, 4, false);
    check_notes(4, 5, 6, true);
    check_notes(10, 11, 4, false);
}
END_TEST

/* ---- rate --------------------------------------------------------------------------------- */

#define MS INT64_C(1000000)

static struct delivery delivery;
static struct publisher quiet; /* no threads */

static void place(const char *text) {
    struct configuration *configuration = support_configuration(text, only_noting);

    configuration->plugins[0].oldest = true;
    quiet.store = store;
    quiet.pipeline = pipeline_new(configuration);
    delivery = (struct delivery){.publisher = &quiet,
                                 .name = "noting",
                                 .instance = pipeline_instance(quiet.pipeline, 0),
                                 .reader = outbox_reader_open(store)};
    delivery.rate =
        rate_start(pipeline_configuration(quiet.pipeline)->replay_rate, clock_nanoseconds());
    ck_assert(delivery_register(&delivery, 0));
}

static void unplace(void) {
    outbox_reader_close(delivery.reader);
    pipeline_release(quiet.pipeline);
    store_close(store);
}

/* Delivers until no event is left; returns the time that this took. */
static int64_t deliver_all(int64_t per_second) {
    int64_t began = frozen_at;
    size_t before = note_count;

    for (;;) {
        unsigned wait_ms;
        size_t room = allowed(&delivery, &wait_ms);

        if (room > 0 && deliver(&delivery, room) == 0)
            return frozen_at - began;
        if (per_second > 0)
            ck_assert_int_le((int64_t)(note_count - before),
                             per_second / 10 + (frozen_at - began) / MS * per_second / 1000 + 1);
        frozen_at += wait_ms * MS;
    }
}

START_TEST(replayed_events_are_offered_at_a_rate_and_others_at_once) {
    int64_t duration;

    frozen_at = 1000000 * MS;
    open_store();
    append(3000);
    place("replay_rate = 2000");
    duration = deliver_all(2000);
    ck_assert_uint_eq(note_count, 3000);
    /* 200 at once, 2,800 with 2,000 a second; waits end on whole milliseconds. */
    ck_assert_int_ge(duration, 1400 * MS);
    ck_assert_int_le(duration, 1600 * MS);
    append(5000); /* appended after the start, so not a replayed event */
    ck_assert_int_eq(deliver_all(0), 0);
    ck_assert_uint_eq(note_count, 8000);
    unplace();
}
END_TEST

/* However fast mail arrives: after a short failure, the events that are in the outbox when it ends
 * are replayed events, and no others. */
START_TEST(a_load_above_the_rate_does_not_pile_up) {
    int64_t cursor_before;

    frozen_at = 1000000 * MS;
    open_store();
    place("replay_rate = 100");
    one.most = 0;
    append(10);
    ck_assert_int_eq(deliver(&delivery, LIMIT_BATCH), 10);
    append(90);
    one.most = SIZE_MAX;
    for (int i = 0; i < 30; i++) { /* three seconds with 1,000 a second */
        unsigned wait_ms;
        size_t room;

        append(100);
        while ((room = allowed(&delivery, &wait_ms)) > 0 && deliver(&delivery, room) > 0)
            ;
        frozen_at += 100 * MS;
    }
    cursor_before = delivery.cursor;
    ck_assert_int_eq(deliver_all(0), 0);
    ck_assert_int_eq(delivery.cursor, 3100);
    /* The sink had accepted all events long before. */
    ck_assert_int_eq(cursor_before, 3100);
    ck_assert(!notes[note_count - 1].replay);
    unplace();
}
END_TEST

START_TEST(zero_is_no_limit) {
    frozen_at = 1000000 * MS;
    open_store();
    append(5000);
    place("replay_rate = 0");
    ck_assert_int_eq(deliver_all(0), 0);
    check_notes(0, 1, 5000, true);
    unplace();
}
END_TEST

START_TEST(a_replay_does_not_delay_the_end) {
    open_store();
    append(1000);
    settings = "replay_rate = 1 outbox_age = 3650d";
    start(only_noting);
    WAIT_UNTIL(note_count >= 1);
    publisher_stop(publisher, TIMEOUT_SECONDS * 1000000); /* days: the test would time out */
    publisher = NULL;
    ck_assert_uint_lt(note_count, 1000);
    ck_assert_int_eq(cursor("noting"), (int64_t)note_count);
    stop_and_close();
    ck_assert_uint_eq(support_logged("busy"), 0);
}
END_TEST

/* ---- lost events -------------------------------------------------------------------------- */

/* Drops all events up to sequence LAST, while there is no publisher. */
static void drop(int last) {
    struct outbox_reader *reader = outbox_reader_open(store);
    struct outbox_event event = {.sequence = last};
    int64_t size, lost;

    while (event.sequence <= last && outbox_read(reader, 0, &event, 1) == 1 &&
           event.sequence <= last) {
        size = outbox_size(reader);
        ck_assert_int_ge(
            outbox_bound(store, reader, &(struct outbox_bounds){.bytes = size - 1}, &lost), 0);
    }
    outbox_reader_close(reader);
}

/* Returns the data of the only service.status that was noted, "" if there is none. */
static const char *status_noted(void) {
    const char *found = "";

    for (size_t i = 0; i < note_count; i++)
        if (notes[i].service) {
            ck_assert_str_eq(found, "");
            found = json[i];
        }
    return found;
}

START_TEST(a_gap_is_reported_once) {
    open_store();
    start(only_noting);
    append(2);
    WAIT_UNTIL(note_count == 2);
    stop();
    append(10);
    drop(7);
    start(only_noting);
    WAIT_UNTIL(note_count == 8); /* events 8 to 12, and the one that reports the lost ones */
    stop();
    check_notes(2, 8, 5, true);
    ck_assert_str_eq(status_noted(), "\"data\":{\"state\":\"lost\",\"version\":\"" PACKAGE_VERSION
                                     "\",\"sink\":\"noting\",\"lost\":5}}");
    ck_assert_int_eq(notes[7].sequence, 13);
    ck_assert_uint_eq(support_logged("sink noting has lost 5 events"), 1);
    /* It is not reported again at the next start, or with the next gap of another sink. */
    start(only_noting);
    append(1);
    WAIT_UNTIL(note_count == 9);
    stop_and_close();
    ck_assert_uint_eq(support_logged("has lost"), 1);
    status_noted();
}
END_TEST

START_TEST(a_gap_is_reported_after_a_restart_too) {
    open_store();
    set(&one.most, 0);
    append(4);
    start(only_noting); /* it never accepted an event, but it was registered */
    WAIT_UNTIL(one.calls >= 1);
    stop();
    drop(3);
    store_close(store);
    open_store();
    set(&one.most, SIZE_MAX);
    start(only_noting);
    WAIT_UNTIL(note_count == 2);
    stop_and_close();
    ck_assert_str_eq(status_noted(), "\"data\":{\"state\":\"lost\",\"version\":\"" PACKAGE_VERSION
                                     "\",\"sink\":\"noting\",\"lost\":3}}");
    open_store();
    start(only_noting);
    append(1);
    WAIT_UNTIL(note_count == 3);
    stop_and_close();
    status_noted();
}
END_TEST

START_TEST(a_sink_that_is_new_has_lost_nothing) {
    open_store();
    append(10);
    drop(5);
    start(only_noting);
    WAIT_UNTIL(note_count == 5);
    append(1);
    WAIT_UNTIL(note_count == 6);
    stop_and_close();
    check_notes(0, 6, 5, true);
    ck_assert_str_eq(status_noted(), "");
    ck_assert_uint_eq(support_logged("lost"), 0);
}
END_TEST

static int64_t oldest(void) {
    struct outbox_reader *reader = outbox_reader_open(store);
    struct outbox_event event = {.sequence = 0};

    outbox_read(reader, 0, &event, 1);
    outbox_reader_close(reader);
    return event.sequence;
}

/* Waits until the outbox was trimmed after the events that are in it now; the first round may have
 * started before. */
static void settle(void) {
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 2);
}

/* The whole case: the sink fails, the outbox is full, and then the sink recovers. */
START_TEST(a_full_outbox_drops_the_oldest_and_says_so) {
    char expected[128], large[128] = "{\"a\":\"";
    int64_t first;

    memset(large + strlen(large), 'x', 101);
    strcat(large, "\"}");
    event_data = large;
    settings = "replay_rate = 0 outbox_age = 3650d outbox_size = 1";
    open_store();
    start(only_noting);
    append(2);
    WAIT_UNTIL(note_count == 2);
    set(&one.most, 0);
    append(10000); /* of more than 105 bytes each, so more than 1 MiB in total */
    settle();
    first = oldest();
    ck_assert_int_gt(first, 3);
    append(2000);
    settle();
    ck_assert_int_gt(oldest(), first);
    set(&one.most, SIZE_MAX);
    WAIT_UNTIL(note_count > 2 && notes[note_count - 1].service);
    first = notes[2].sequence;
    check_notes(2, first, note_count - 3, true);
    ck_assert_int_eq(notes[note_count - 2].sequence, 12002);
    snprintf(expected, sizeof(expected), "\"lost\":%d}", (int)first - 3);
    ck_assert_ptr_nonnull(strstr(status_noted(), expected));
    snprintf(expected, sizeof(expected), "keeps all events again; %d were dropped", (int)first - 3);
    while (support_logged(expected) == 0)
        sched_yield();
    stop_and_close();
    ck_assert_uint_eq(support_logged("outbox_size, outbox_age or the end of its disk"), 1);
    ck_assert_uint_eq(support_logged("has lost"), 1);
}
END_TEST

/* ---- a full disk -------------------------------------------------------------------------- */

/* Records one mail with an event of this size, as the pipeline does; the transaction may fail. */
static int mail_try(const char *id, const char *bytes, size_t length) {
    int result;

    store_begin(store);
    outbox_append(store, &(struct outbox_event){.id = id,
                                                .type = "t",
                                                .data = bytes,
                                                .data_length = length,
                                                .time = 1700000000});
    result = store_commit(store);
    if (result < 0)
        store_count_lost(store);
    return result;
}

START_TEST(lost_mails_are_reported) {
    struct rlimit old, tight;
    struct stat status;
    char path[512];

    open_store();
    start(only_noting);
    append(1);
    WAIT_UNTIL(note_count == 1);
    signal(SIGXFSZ, SIG_IGN);
    snprintf(path, sizeof(path), "%s/patchmark.db-wal", support_folder);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 100; /* whatever the size of the log is at this moment */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(mail_try("a", "{}", 2), -1);
    ck_assert_int_eq(mail_try("b", "{}", 2), -1);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(mail_try("c", "{}", 2), 0);
    WAIT_UNTIL(note_count == 3);
    stop_and_close();
    ck_assert_str_eq(status_noted(), "\"data\":{\"state\":\"lost\",\"version\":\"" PACKAGE_VERSION
                                     "\",\"lost\":2}}");
    ck_assert_uint_eq(support_logged("works again; 2 mails passed without it"), 1);
}
END_TEST

#define MEBIBYTE (1024 * 1024)

/* Mounts a disk of SIZE for the test.  Returns false if that fails, because it requires root. */
static bool disk_mount(const char *size) {
    char options[32];

    snprintf(options, sizeof(options), "size=%s", size);
    return mount("tmpfs", support_folder, "tmpfs", 0, options) == 0;
}

static int mail_of_a_mebibyte(int number) {
    static char large[MEBIBYTE];
    char id[16];

    memset(large, '7', sizeof(large));
    snprintf(id, sizeof(id), "m%d", number);
    return mail_try(id, large, sizeof(large));
}

/* The outbox drops events before they fill the disk: on a full disk it could not. */
START_TEST(an_outbox_does_not_fill_its_disk) {
    struct configuration *configuration = support_configuration("outbox_age = 3650d", only_noting);
    struct housekeeping housekeeping;
    struct outbox_event event;
    int64_t last = 0;

    if (!disk_mount("64m")) {
        configuration_free(configuration);
        return;
    }
    open_store();
    ck_assert_int_eq(housekeeping_open(&housekeeping, store, configuration), 0);
    housekeeping.sinks[housekeeping.sink_count++] = "noting";
    ck_assert_int_eq(outbox_register(store, "noting", 0), 1);
    for (int i = 1; i <= 150; i++) {
        ck_assert_msg(mail_of_a_mebibyte(i) == 0, "mail %d", i);
        housekeeping_round(&housekeeping, 1700000000);
        store_checkpoint(store);
    }
    ck_assert_int_gt(outbox_size(housekeeping.reader), 8 * MEBIBYTE);
    ck_assert_int_lt(outbox_size(housekeeping.reader), 64 * MEBIBYTE);
    while (outbox_read(housekeeping.reader, last, &event, 1) == 1) {
        ck_assert(last == 0 || event.sequence == last + 1);
        last = event.sequence;
    }
    ck_assert_int_eq(last, 150);
    ck_assert_uint_eq(support_logged("the end of its disk"), 1);
    housekeeping_close(&housekeeping);
    configuration_free(configuration);
    store_close(store);
    ck_assert_int_eq(umount(support_folder), 0);
}
END_TEST

START_TEST(delivery_resumes_after_others_filled_the_disk) {
    char path[512], block[4096] = "";
    FILE *filler;

    if (!disk_mount("32m"))
        return;
    open_store();
    start(only_noting);
    append(3);
    WAIT_UNTIL(note_count == 3);
    snprintf(path, sizeof(path), "%s/filler", support_folder);
    filler = fopen(path, "w");
    setvbuf(filler, NULL, _IONBF, 0);
    while (fwrite(block, 1, sizeof(block), filler) == sizeof(block))
        ;
    fclose(filler);
    for (int i = 0; mail_of_a_mebibyte(i) == 0; i++) /* there may still be room in the log */
        ck_assert_int_lt(i, 32);
    ck_assert_int_eq(unlink(path), 0);
    append(2);
    WAIT_UNTIL(note_count > 3 && strcmp(status_noted(), "") != 0);
    stop_and_close();
    for (size_t i = 1; i < note_count; i++)
        ck_assert_int_eq(notes[i].sequence, notes[i - 1].sequence + 1);
    ck_assert_uint_eq(support_logged(" passed without it"), 1);
    ck_assert_int_eq(umount(support_folder), 0);
}
END_TEST

/* ---- all ---------------------------------------------------------------------------------- */

SUITE(publisher_replay_suite) {
    Suite *suite = suite_create("publisher, replay");
    TCase *tests = tcase_create("publisher, replay");

    tcase_add_checked_fixture(tests, setup_notes, support_folder_remove);
    tcase_set_timeout(tests, 3 * TIMEOUT_SECONDS);
    tcase_add_test(tests, events_from_before_the_start_are_replayed);
    tcase_add_test(tests, events_appended_while_a_sink_failed_are_replayed);
    tcase_add_test(tests, events_that_a_sink_left_of_a_batch_are_replayed);
    tcase_add_test(tests, replayed_events_are_offered_at_a_rate_and_others_at_once);
    tcase_add_test(tests, a_load_above_the_rate_does_not_pile_up);
    tcase_add_test(tests, zero_is_no_limit);
    tcase_add_test(tests, a_replay_does_not_delay_the_end);
    tcase_add_test(tests, a_gap_is_reported_once);
    tcase_add_test(tests, a_gap_is_reported_after_a_restart_too);
    tcase_add_test(tests, a_sink_that_is_new_has_lost_nothing);
    tcase_add_test(tests, a_full_outbox_drops_the_oldest_and_says_so);
    tcase_add_test(tests, lost_mails_are_reported);
    tcase_add_test(tests, an_outbox_does_not_fill_its_disk);
    tcase_add_test(tests, delivery_resumes_after_others_filled_the_disk);
    suite_add_tcase(suite, tests);
    return suite;
}
