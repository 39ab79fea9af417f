/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz-event.c - events from other programs: rows of an outbox, entries of a stream.
 *
 * Reads the input as the learned data of another host and records it, prints it as an event for
 * people, and composes an event with the input in all columns.
 */
#include "command/event-filter.h"
#include "command/event-text.h"
#include "fuzz.h"
#include "pipeline/event-types.h"
#include "pipeline/event.h"
#include "pipeline/json-learned.h"
#include "pipeline/json.h"
#include "pipeline/learned.h"
#include "store/outbox.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/terminal.h"

#include <jansson.h>
#include <string.h>

#define STORE_LIVES 5000 /* the number of inputs after which the store is replaced */

static struct store *store;
static unsigned inputs;

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    log_open(LOG_TO_NOBODY, PATCHMARK_ERROR);
    return 0;
}

static void learned_write(const struct patchmark_event *event, struct arena *arena) {
    struct learned learned = {.target = -1};

    if (json_learned_read(event, "lists.example.org", 1600000000, arena, &learned) != 1)
        return;
    PROMISE(store_begin(store) == 0);
    learned_record_foreign(store, &learned);
    PROMISE(store_commit(store) == 0);
}

/* Checks that the output is one line without control characters. */
static void line_check(const char *json, size_t length) {
    static const struct event_filter filter = {NULL, NULL, NULL};
    const struct event_filtered filtered = {EVENT_SERIES_COMPLETED, "", "", json, length};
    struct event_style style = {.columns = 0, .colours = false};
    AUTO(free) char *line = NULL;
    size_t size;
    FILE *stream;

    stream = open_memstream(&line, &size);
    PROMISE(stream != NULL);
    event_filter_repeats(&filter, &filtered);
    event_text_write(stream, json, length, &style);
    fclose(stream);
    PROMISE(size > 0 && line[size - 1] == '\n');
    for (size_t i = 0; i + 1 < size; i++)
        PROMISE((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
}

/* Checks that an event with TEXT in all columns is composed to valid JSON. */
static void compose_check(const char *text) {
    const struct outbox_event event = {.id = text,
                                       .type = text,
                                       .subject = text,
                                       .source = text,
                                       .data = "{}",
                                       .data_length = 2,
                                       .time = INT64_MAX};
    AUTO(free) char *json = json_event_compose(&event, true);
    json_t *read = json_loads(json, JSON_REJECT_DUPLICATES, NULL);

    PROMISE(json_is_true(json_object_get(read, "replay")));
    json_decref(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(free) char *json = fuzz_string(data, size);
    struct patchmark_event event = {.struct_size = sizeof(event),
                                    .id = "0123456789abcdef0123456789abcdef",
                                    .type = EVENT_MESSAGE_SEEN,
                                    .subject = "",
                                    .list = "",
                                    .series = "",
                                    .json = json,
                                    .json_length = size,
                                    .learned = json,
                                    .state = ""};
    struct arena arena = {0};

    if (inputs++ % STORE_LIVES == 0) {
        store_close(store);
        store = store_open(NULL);
        PROMISE(store != NULL);
    }
    learned_write(&event, &arena);
    line_check(json, size);
    compose_check(json);
    arena_free(&arena);
    return 0;
}
