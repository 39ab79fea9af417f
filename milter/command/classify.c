/* SPDX-License-Identifier: BSD-2-Clause
 *
 * classify.c - `patchmark classify`: classifies mails in files as the milter would, as if they had
 * arrived in that order at a host with an empty index, each posted on an open list; with --state,
 * each as if it arrived now, alone, at a host with the index of a state folder.
 *
 * The index is in memory, or else only read: a mail is then one transaction that reads, so a daemon
 * that uses the database never waits.  A file that cannot be read is logged, and the command goes
 * on with the next; it ends when standard output cannot be written.
 */
#include "command/classify-table.h"
#include "command/commands.h"
#include "command/parallel.h"
#include "command/statistics.h"
#include "mail/mailbox.h"
#include "pipeline/bounds.h"
#include "pipeline/json.h"
#include "pipeline/pipeline.h"
#include "settings/configuration-load.h"
#include "store/outbox.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/plural.h"
#include "util/terminal.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>

CLEANUP_DEFINE(struct pipeline *, pipeline_release)
CLEANUP_DEFINE(struct store *, store_close)
CLEANUP_DEFINE(struct mailbox *, mailbox_close)
CLEANUP_DEFINE(struct parallel *, parallel_free)

#define PROGRESS_FROM_BYTES (8 * 1024 * 1024) /* smaller files take about a second */
#define PROGRESS_EVERY_MS   200
#define BATCH_MAILS         1000 /* mails in one transaction, which a failure undoes */

enum format {
    FORMAT_TABLE,
    FORMAT_JSON,
    FORMAT_EVENTS,
    FORMAT_HEADERS,
    FORMAT_MAIL,
    FORMAT_NONE,
    FORMAT_COUNT
};
static const char *const format_names[FORMAT_COUNT] = {"table",   "json", "events",
                                                       "headers", "mail", "none"};

enum {
    OPTION_CONFIG,
    OPTION_EXPLAIN,
    OPTION_FORMAT,
    OPTION_LIST,
    OPTION_LUA,
    OPTION_STATE,
    OPTION_STATS,
    OPTION_COUNT
};
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration file; default: the built-in configuration"},
    {'e', "explain", NULL, "print which rules decided kind, series and topic"},
    {'f', "format", "FORMAT",
     "table (default on a terminal), json (default elsewhere), events, headers, mail or none"},
    {'l', "list", "ID", "List-Id of mails that name no list"},
    {0, "lua", "FILE", "run this script, as the plugin lua does, after all other plugins"},
    {0, "state", "[=DIR]",
     "judge each mail alone by the index of this state folder, which is only read"},
    {'s', "stats", NULL, "print counts of kinds and flags and the time of the plugins"},
    {0}};

static int classify_run(int argc, char **argv);
const struct command command_classify = {"classify", "[FILE...]",
                                         "Classifies mails from mbox, maildir, a file or standard "
                                         "input.",
                                         options, classify_run};

/* Whether a mail was read from a mailbox or is the only one of its file. */
enum mark { MARK_OF_MAILBOX, MARK_OF_MESSAGE };

struct work {
    struct pipeline *pipeline;
    struct store *store;
    struct parallel *parallel;
    enum format format;
    bool explained;     /* the option --explain */
    int64_t now;        /* the time of receipt of all mails with the option --state, else -1 */
    int columns;        /* width of the table; 0 if there is no limit */
    bool eventless;     /* neither the format nor the option --stats shows events */
    const char *list;   /* the option --list; "" without it */
    uint64_t mails;     /* that were read */
    uint64_t recorded;  /* mails that were passed to pipeline_record */
    int64_t sequence;   /* of the newest event */
    const char *source; /* of events; NULL: that of the configured host */
    struct statistics statistics;
    bool unread;            /* the index could not be read for a mail */
    int fault;              /* errno of the first failure to write the output; 0 if none */
    int64_t progress_shown; /* time of the last progress line in milliseconds; 0 if none */
};

/* ---- progress ----------------------------------------------------------------------------- */

static void progress_show(struct work *work, const struct mailbox *mailbox, const char *path) {
    uint64_t done, total;
    int64_t now;

    if (work->mails % 64 != 0 || !isatty(STDERR_FILENO))
        return;
    mailbox_progress(mailbox, &done, &total);
    now = clock_milliseconds();
    if (total < PROGRESS_FROM_BYTES || now - work->progress_shown < PROGRESS_EVERY_MS)
        return;
    work->progress_shown = now;
    fprintf(stderr, "\r%s: %3u %%, %" PRIu64 " mail%s", path, (unsigned)(done * 100 / total),
            work->mails, plural(work->mails));
}

static void progress_end(struct work *work) {
    if (work->progress_shown)
        fputs("\r\033[K", stderr);
    work->progress_shown = 0;
}

/* ---- output ------------------------------------------------------------------------------- */

/* Returns the header fields of a mail as text, which the caller frees; NULL if memory runs out. */
static char *headers_text(const struct mail *mail) {
    char *text = malloc(LIMIT_HEADERS_WRITTEN + 1), *to = text;

    if (!text)
        return NULL;
    *to = '\0';
    for (size_t i = 0; i < mail->header_count; i++)
        to = stpcpy(stpcpy(stpcpy(stpcpy(to, mail->headers[i].name), ": "), mail->headers[i].value),
                    "\n");
    return text;
}

static bool is_forged(const char *line, size_t length, const char *prefix) {
    return length >= strlen(prefix) && strncasecmp(line, prefix, strlen(prefix)) == 0;
}

/* Prints the mail as it would be delivered: with HEADERS at the top and without forged header
 * fields. If MBOX is true, prints it in mbox format, with a "From " line and quoted (mboxrd). */
static void mail_print(const char *headers, struct patchmark_text raw, const char *prefix,
                       bool mbox) {
    const char *at = raw.data, *end = raw.data + raw.length;
    bool header = true, forged = false;

    if (mbox)
        puts("From patchmark Thu Jan  1 00:00:00 1970");
    fputs(headers, stdout);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
        const char *unquoted = at;

        if (header && (*at == '\n' || *at == '\r'))
            header = forged = false;
        if (header && *at != ' ' && *at != '\t')
            forged = is_forged(at, length, prefix);
        while (mbox && unquoted < end && *unquoted == '>')
            unquoted++;
        if (mbox && !header && end - unquoted >= 5 && memcmp(unquoted, "From ", 5) == 0)
            putchar('>');
        if (!forged)
            fwrite(at, 1, length, stdout);
        at += length;
    }
    if (mbox)
        putchar('\n');
}

/* Returns the events of a mail, one per line, which the caller frees. */
static char *events_text(const struct mail *mail) {
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < mail->event_count; i++) {
        AUTO(free) char *json = json_event_compose(&mail->outbox[i], false);

        g_string_append(text, json);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

/* ---- the steps of a mail -------------------------------------------------------------------- */

static void mail_prepare(void *argument, struct parallel_mail *mail) {
    struct work *work = argument;

    mail->mail.unpublished = true;
    mail->mail.composed = work->format == FORMAT_EVENTS;
    mail->mail.eventless = work->eventless;
    mail->mail.explained = work->explained;
    mail->mail.unchanging = work->now >= 0;
    mail->mail.local = true;
    mail->mail.default_list = work->list;
    message_load(mail->mail.message, mail->raw);
    message_parse(mail->mail.message, work->now);
    pipeline_classify(work->pipeline, &mail->mail);
}

static void mail_record(void *argument, struct parallel_mail *mail) {
    struct work *work = argument;

    pipeline_record(work->pipeline, work->store, &mail->mail);
    for (size_t i = 0; mail->mail.outbox && i < mail->mail.event_count; i++) {
        mail->mail.outbox[i].sequence = ++work->sequence;
        if (work->source)
            mail->mail.outbox[i].source = work->source;
    }
    work->unread |= mail->mail.unchanging && mail->mail.unrecorded;
    if (++work->recorded % BATCH_MAILS == 0 && work->now < 0) {
        store_batch_end(work->store);
        store_batch_begin(work->store);
    }
}

static void mail_finish(void *argument, struct parallel_mail *mail) {
    struct work *work = argument;

    pipeline_annotate(work->pipeline, &mail->mail);
    if (work->format == FORMAT_JSON)
        mail->text = json_mail(&mail->mail);
    else if (work->format == FORMAT_EVENTS)
        mail->text = mail->mail.outbox ? events_text(&mail->mail) : NULL;
    else if (work->format == FORMAT_HEADERS || work->format == FORMAT_MAIL)
        mail->text = headers_text(&mail->mail);
}

static void table_emit(const struct work *work, const struct mail *mail) {
    if (work->statistics.mails == 0)
        classify_table_head(stdout, work->columns);
    classify_table_line(stdout, mail, work->columns);
    if (work->explained)
        classify_table_explain(stdout, mail, work->columns);
}

static void mail_emit(void *argument, struct parallel_mail *mail) {
    struct work *work = argument;
    AUTO(free) char *text = mail->text;

    mail->text = NULL;
    if (work->format == FORMAT_TABLE)
        table_emit(work, &mail->mail);
    else if (work->format == FORMAT_JSON)
        puts(text ? text : "{}");
    else if (work->format == FORMAT_EVENTS)
        fputs(text ? text : "", stdout);
    else if (work->format == FORMAT_HEADERS)
        puts(text ? text : "");
    else if (work->format == FORMAT_MAIL)
        mail_print(text ? text : "", mail->raw, pipeline_configuration(work->pipeline)->prefix,
                   mail->mark == MARK_OF_MAILBOX);
    if (ferror(stdout) && !work->fault)
        work->fault = errno;
    statistics_add(&work->statistics, &mail->mail);
}

/* ---- the command -------------------------------------------------------------------------- */

static int file_classify(struct work *work, const char *path) {
    AUTO(mailbox_close) struct mailbox *mailbox = mailbox_open(path);
    struct patchmark_text raw;
    int status = EX_OK, result;

    if (!mailbox) {
        log_error("%s: %s", path, strerror(errno));
        return EX_NOINPUT;
    }
    while (!work->fault && (result = mailbox_next(mailbox, &raw)) != 0) {
        if (result < 0) {
            log_error("%s: %s", path, strerror(errno));
            status = EX_NOINPUT;
            continue;
        }
        parallel_add(work->parallel, raw,
                     mailbox_is_message(mailbox) ? MARK_OF_MESSAGE : MARK_OF_MAILBOX);
        work->mails++;
        progress_show(work, mailbox, path);
    }
    progress_end(work);
    return status;
}

static int files_classify(struct work *work, char *const *paths) {
    char dash[] = "-", *const input[] = {dash, NULL};
    int status = EX_OK;

    if (work->now < 0)
        store_batch_begin(work->store);
    for (char *const *path = *paths ? paths : input; *path && !work->fault; path++) {
        int result = file_classify(work, *path);

        status = result != EX_OK ? result : status;
    }
    parallel_drain(work->parallel);
    if (work->now < 0)
        store_batch_end(work->store);
    return work->unread ? EX_IOERR : status;
}

static int format_read(const char *name, enum format *format) {
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(format_names[i], name) == 0) {
            *format = (enum format)i;
            return 0;
        }
    }
    fprintf(stderr,
            "patchmark: unknown format '%s'; use table, json, events, headers, mail or none\n",
            name);
    return -1;
}

/* Fills WORK with what VALUES, those of the options, say about the output.  Returns 0, or -1 after
 * it was reported that they are not valid. */
static int output_choose(struct work *work, const char *const *values) {
    work->explained = values[OPTION_EXPLAIN];
    work->format = work->explained || isatty(STDOUT_FILENO) ? FORMAT_TABLE : FORMAT_JSON;
    if (values[OPTION_FORMAT] && format_read(values[OPTION_FORMAT], &work->format) < 0)
        return -1;
    if (work->explained && work->format != FORMAT_TABLE && work->format != FORMAT_JSON) {
        fputs("patchmark: --explain requires the format table or json\n", stderr);
        return -1;
    }
    if (values[OPTION_STATE] && work->format == FORMAT_EVENTS) {
        fputs("patchmark: --state makes no events; use another format than events\n", stderr);
        return -1;
    }
    work->columns = terminal_columns(STDOUT_FILENO);
    work->eventless =
        work->format != FORMAT_JSON && work->format != FORMAT_EVENTS && !values[OPTION_STATS];
    return 0;
}

/* Opens the store in memory or, if FOLDER, the value of --state, is not NULL, that of a state
 * folder or else of the configuration, to be read.  Returns NULL after log_error. */
static struct store *index_open(const struct pipeline *pipeline, const char *folder) {
    if (!folder)
        return store_open(NULL);
    return store_open_readonly(*folder ? folder : pipeline_configuration(pipeline)->state);
}

/* Returns the pipeline of the configuration FILE, or of the built-in one if it is NULL, with the
 * script LUA unless that is NULL.  Returns NULL after log_error. */
static struct pipeline *pipeline_open(const char *file, const char *lua) {
    struct configuration *configuration;
    AUTO(free) char *folder = NULL, *path = NULL;

    if (!lua)
        return pipeline_load(file);
    folder = getcwd(NULL, 0);
    if (asprintf(&path, "%s%s%s", *lua == '/' || !folder ? "" : folder,
                 *lua == '/' || !folder ? "" : "/", lua) < 0)
        path = NULL;
    if (!path) {
        log_error("cannot run %s: out of memory", lua);
        return NULL;
    }
    const struct option_given given = {"script", path, "--lua"};

    return configuration_load_with(file, "lua", &given, 1, &configuration) == 0
               ? pipeline_new(configuration)
               : NULL;
}

static int classify_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    AUTO(pipeline_release) struct pipeline *pipeline = NULL;
    AUTO(store_close) struct store *store = NULL;
    AUTO(parallel_free) struct parallel *parallel = NULL;
    struct work work = {.now = -1};
    char source[JSON_SOURCE_SIZE];
    const struct parallel_steps steps = {mail_prepare, mail_record, mail_finish, mail_emit, &work};
    int status = EX_OK, first = command_parse(&command_classify, argc, argv, values, &status);

    if (first < 0)
        return status;
    if (output_choose(&work, values) < 0)
        return EX_USAGE;
    work.list = values[OPTION_LIST] ? values[OPTION_LIST] : "";
    if (values[OPTION_STATE]) {
        work.now = (int64_t)time(NULL);
        if (!*values[OPTION_STATE] && !values[OPTION_CONFIG])
            values[OPTION_CONFIG] = CONFIG_FILE;
    }
    if (!values[OPTION_CONFIG]) {
        json_event_source("localhost", source);
        work.source = source;
    }
    message_library_init();
    work.pipeline = pipeline = pipeline_open(values[OPTION_CONFIG], values[OPTION_LUA]);
    if (!pipeline)
        return EX_CONFIG;
    work.store = store = index_open(pipeline, values[OPTION_STATE]);
    if (!store)
        return values[OPTION_STATE] ? EX_NOINPUT : EX_OSERR;
    work.parallel = parallel = parallel_new(&steps, 0);
    status = files_classify(&work, argv + first);
    if (values[OPTION_STATS])
        statistics_print(&work.statistics, pipeline);
    else if (work.format == FORMAT_NONE)
        printf("%" PRIu64 " mail%s\n", work.statistics.mails, plural(work.statistics.mails));
    if (fflush(stdout) != 0 || ferror(stdout)) {
        log_error("cannot write standard output: %s", strerror(work.fault ? work.fault : errno));
        return EX_IOERR;
    }
    return status;
}
