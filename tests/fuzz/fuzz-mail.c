/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz-mail.c - the whole pipeline: parser, all classifiers, index, events, headers.
 *
 * An input is one mail, or several mails with a line "%%" between them.
 */
#include "fuzz.h"
#include "pipeline/annotate.h"
#include "pipeline/bounds.h"
#include "pipeline/json.h"
#include "pipeline/pipeline.h"
#include "settings/configuration-load.h"
#include "store/outbox.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <jansson.h>
#include <string.h>

/* Defined in builds with AddressSanitizer. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

#define MAILS_MOST  16
#define STORE_LIVES 2000 /* the number of inputs after which the store is replaced, to bound it */

static struct pipeline *pipeline;
static struct store *store;
static struct mail mail;
static unsigned inputs;

/* The default classifiers, and those that read a file of the operator. */
static const char *const plugins[] = {
    "automation", "kind", "patch", "pull", "series", "subject", "trailers", "subsystem", "rules",
#ifdef HAVE_LUA
    "lua",
#endif
};

static const char *options_of(const char *plugin) {
    if (strcmp(plugin, "subsystem") == 0)
        return "    maintainers = \"" SOURCE_DIR "/plugins/subsystem/test-MAINTAINERS\"\n";
    if (strcmp(plugin, "rules") == 0)
        return "    table = \"" SOURCE_DIR "/config/rules.sample\"\n";
    if (strcmp(plugin, "lua") == 0)
        return "    script = \"" SOURCE_DIR "/tests/hostile/look.lua\"\n";
    return "";
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    int file = memfd_create("patchmark.conf", 0);
    struct configuration *configuration = NULL;
    char path[64];

    (void)count;
    (void)arguments;
    dprintf(file, "log = \"stderr\"\nlog_level = \"error\"\nhost = \"lists.example.org\"\n");
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        dprintf(file, "plugin \"%s\" {\n    file = \"" BUILD_DIR "/plugins/%s/.libs/%s.so\"\n%s}\n",
                plugins[i], plugins[i], plugins[i], options_of(plugins[i]));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    /* GMime leaks a few bytes for each type, see lsan.supp. */
    if (__lsan_disable)
        __lsan_disable();
    message_library_init();
    if (__lsan_enable)
        __lsan_enable();
    PROMISE(configuration_load(path, &configuration) == 0);
    close(file);
    pipeline = pipeline_new(configuration);
    PROMISE(pipeline != NULL && mail_init(&mail) == 0);
    log_open(LOG_TO_NOBODY, PATCHMARK_ERROR);
    return 0;
}

/* Checks the headers against patchmark-headers(7). */
static void headers_check(void) {
    size_t bytes = 0;

    for (size_t i = 0; i < mail.header_count; i++) {
        const char *value = mail.headers[i].value;

        bytes += strlen(mail.headers[i].name) + strlen(": \r\n") + strlen(value);
        PROMISE(*value && *value != ' ' && value[strlen(value) - 1] != ' ');
        for (const char *at = value; *at; at++)
            PROMISE(*at >= ' ' && *at <= '~' && (*at != ' ' || at[1] != ' '));
    }
    PROMISE(bytes <= LIMIT_HEADERS_WRITTEN);
}

/* Checks that each event is one line of JSON, as patchmark-events(7) states. */
static void events_check(void) {
    for (size_t i = 0; i < mail.event_count; i++) {
        AUTO(free) char *data = json_event_data(&mail, &mail.events[i]);
        const struct outbox_event event = {.id = mail.events[i].id,
                                           .type = mail.events[i].type,
                                           .subject = patchmark_message_id(mail.message),
                                           .source = "https://lists.example.org/patchmark",
                                           .data = data,
                                           .data_length = strlen(data),
                                           .time = 1600000000};
        AUTO(free) char *json = json_event_compose(&event, false);
        json_t *read;

        PROMISE(!strchr(json, '\n') && strlen(json) <= 65536);
        read = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
        PROMISE(json_is_object(read));
        json_decref(read);
    }
}

static void mail_run(const char *data, size_t size) {
    mail_reset(&mail);
    mail.local = true;
    mail.default_list = ""; /* posted on an open list */
    message_load(mail.message, (struct patchmark_text){data, size});
    message_parse(mail.message, -1);
    pipeline_run(pipeline, store, &mail);
    headers_check();
    events_check();
    free(json_mail(&mail));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char mark[] = "\n%%\n";
    AUTO(free)
    char *copy = malloc(size ? size : 1); /* so that AddressSanitizer detects a read beyond it */
    const char *at = copy, *end = copy + size;

    PROMISE(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    if (inputs++ % STORE_LIVES == 0) {
        store_close(store);
        store = store_open(NULL);
        PROMISE(store != NULL);
    }
    for (int i = 0; i < MAILS_MOST && at < end; i++) {
        const char *next = memmem(at, (size_t)(end - at), mark, strlen(mark));

        mail_run(at, (size_t)((next ? next + 1 : end) - at));
        at = next ? next + strlen(mark) : end;
    }
    return 0;
}
