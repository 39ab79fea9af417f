/* SPDX-License-Identifier: BSD-2-Clause
 *
 * import.c - `patchmark import`: reads archives into the index of a state folder, so that a new
 * installation has the series that are being discussed.  It appends and delivers no events.
 *
 * Mails are committed in batches, together with the position in a git repository.  If a signal, a
 * full disk or kill -9 ends the program, at most one batch is not committed, and the next run reads
 * it again.  An archive that cannot be read is logged, and the command goes on with the next.
 */
#include "command/commands.h"
#include "command/parallel.h"
#include "command/stop-signals.h"
#include "mail/archive.h"
#include "mail/mailbox.h"
#include "pipeline/pipeline.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/plural.h"
#include "util/privileges.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

CLEANUP_DEFINE(struct pipeline *, pipeline_release)
CLEANUP_DEFINE(struct store *, store_close)
CLEANUP_DEFINE(struct mailbox *, mailbox_close)
CLEANUP_DEFINE(struct parallel *, parallel_free)
CLEANUP_DEFINE(struct archive *, archive_close)
CLEANUP_DEFINE(char **, archive_repositories_free)

#define BATCH_MAILS        1000 /* less than a second of work */
#define CHECKPOINT_BATCHES 8    /* about 30 MB of write-ahead log */
#define BAR_EVERY_MS       200
#define BAR_WIDTH          16
#define FAULTS_MAX         10 /* mails that cannot be read, after which a repository is abandoned */

enum { OPTION_AGAIN, OPTION_CONFIG, OPTION_JSON, OPTION_LIST, OPTION_STATE, OPTION_COUNT };
static const struct command_option options[] = {
    {'a', "again", NULL, "read git repositories from the start, also what was read before"},
    {'c', "config", "FILE", "configuration file; default: " CONFIG_FILE},
    {'j', "json", NULL, "print the counts as JSON"},
    {'l', "list", "ID", "List-Id of mails that name no list"},
    {'s', "state", "DIR", "state folder; default: the one of the configuration"},
    {0}};

static int import_run(int argc, char **argv);
const struct command command_import = {"import", COMMAND_IMPORT_ARGUMENTS, COMMAND_IMPORT_SUMMARY,
                                       options, import_run};

struct counts {
    uint64_t mails; /* that were read; each is fresh, known or skipped */
    uint64_t fresh, known, skipped;
    uint64_t series; /* that were new */
};

/* A file, a maildir or one git repository; each has its own progress bar. */
struct source {
    const char *path;
    struct mailbox *mailbox; /* NULL for a git repository */
    struct archive *archive; /* NULL for a file or a maildir */
    int faults;              /* mails of a git repository that could not be read */
};

struct import {
    struct pipeline *pipeline;
    struct store *store;
    struct parallel *parallel;
    const char *list;     /* the list of mails that name none; NULL: no list */
    bool again;           /* the option --again */
    const char *user;     /* the user to which root changed; NULL if it did not */
    struct counts counts; /* of the committed mails */
    struct counts batch;  /* of these and the mails of the current batch */
    unsigned batches;
    size_t source_at, source_count;
    /* For the progress bar: */
    int64_t started, shown; /* when the source was begun, and the bar shown last; milliseconds */
    uint64_t mails_before;  /* committed mails of earlier sources */
};

/* ---- the progress bar --------------------------------------------------------------------- */

static void progress_show(struct import *import, const struct source *source, uint64_t mails) {
    static const char full[BAR_WIDTH + 1] = "################";
    uint64_t done, total, rate, left;
    int64_t now = clock_milliseconds();

    if (now - import->shown < BAR_EVERY_MS || now == import->started)
        return;
    if (source->archive)
        archive_progress(source->archive, &done, &total);
    else
        mailbox_progress(source->mailbox, &done, &total);
    if (done == 0 || done > total)
        return;
    import->shown = now;
    rate = (mails - import->mails_before) * 1000 / (uint64_t)(now - import->started);
    left =
        (uint64_t)((double)(now - import->started) / 1000 * (double)(total - done) / (double)done);
    fprintf(stderr,
            "\r\033[K[%-*.*s] %3u %%  %" PRIu64 " mail%s  %" PRIu64 "/s  %" PRIu64
            ":%02u:%02u left",
            BAR_WIDTH, (int)(done * BAR_WIDTH / total), full, (unsigned)(done * 100 / total), mails,
            plural(mails), rate, left / 3600, (unsigned)(left / 60 % 60), (unsigned)(left % 60));
    if (import->source_count > 1)
        fprintf(stderr, "  %zu of %zu", import->source_at, import->source_count);
}

static void progress_end(struct import *import) {
    if (import->shown)
        fputs("\r\033[K", stderr);
    import->shown = 0;
}

/* ---- mails -------------------------------------------------------------------------------- */

static void mail_prepare(void *argument, struct parallel_mail *mail) {
    struct import *import = argument;

    mail->mail.imported = true;
    mail->mail.local = true;
    mail->mail.default_list = import->list;
    message_load(mail->mail.message, mail->raw);
    message_parse(mail->mail.message, -1);
    pipeline_classify(import->pipeline, &mail->mail);
}

static void mail_record(void *argument, struct parallel_mail *mail) {
    struct import *import = argument;

    pipeline_record(import->pipeline, import->store, &mail->mail);
}

static void mail_count(void *argument, struct parallel_mail *read) {
    struct import *import = argument;
    const struct mail *mail = &read->mail;
    struct counts *counts = &import->batch;

    counts->mails++;
    if (mail->seen_before)
        counts->known++;
    else if (mail->facts && *patchmark_message_id(mail->message))
        counts->fresh++;
    else
        counts->skipped++;
    counts->series += mail->series_opened;
}

/* Reads the next mail into *RAW.  Returns 1; 0 at the end, or after too many faults; -1 if a mail
 * could not be read, which is logged; the caller then goes on with the next. */
static int source_next(struct import *import, struct source *source, struct patchmark_text *raw) {
    int result;

    if (source->faults >= FAULTS_MAX) {
        log_error("%s: stopped reading after %d mails that cannot be read; check it with git fsck",
                  source->path, source->faults);
        return 0;
    }
    result =
        source->archive ? archive_next(source->archive, raw) : mailbox_next(source->mailbox, raw);
    if (result >= 0)
        return result;
    if (source->mailbox)
        log_error("%s: %s", source->path, strerror(errno));
    else
        source->faults++;
    progress_end(import);
    return -1;
}

/* Reads and commits one batch.  Returns an exit code.  Sets *MORE to false if the source has no
 * further mails. */
static int batch_run(struct import *import, struct source *source, bool *more) {
    bool on_terminal = isatty(STDERR_FILENO);
    int status = EX_OK;

    import->batch = import->counts;
    store_batch_begin(import->store);
    for (int i = 0; i < BATCH_MAILS && *more && !stop_is_requested(); i++) {
        struct patchmark_text raw;
        int result = source_next(import, source, &raw);

        *more = result != 0;
        if (result < 0)
            status = EX_NOINPUT;
        if (result <= 0)
            continue;
        parallel_add(import->parallel, raw, 0);
        if (on_terminal)
            progress_show(import, source, import->batch.mails);
    }
    parallel_drain(import->parallel);
    if (source->archive && *archive_position(source->archive))
        index_position_write(import->store, source->path, archive_position(source->archive));
    if (store_batch_end(import->store) < 0) {
        progress_end(import);
        log_error(
            "cannot write the index; when it can be written again, repeat the command, which goes "
            "on after the last committed mail");
        return EX_IOERR;
    }
    import->counts = import->batch;
    if (++import->batches % CHECKPOINT_BATCHES == 0)
        store_checkpoint(import->store);
    return status;
}

static int source_import(struct import *import, struct source *source) {
    bool more = true;
    int status = EX_OK;

    import->started = clock_milliseconds();
    import->mails_before = import->counts.mails;
    while (more && !stop_is_requested() && status != EX_IOERR) {
        int result = batch_run(import, source, &more);

        status = result != EX_OK ? result : status;
    }
    progress_end(import);
    return status;
}

/* ---- sources ------------------------------------------------------------------------------ */

static int repository_import(struct import *import, const char *path) {
    AUTO(archive_close) struct archive *archive = NULL;
    struct source source = {.path = path};
    char position[STORE_POSITION_SIZE] = "";

    if (!import->again) {
        store_begin(import->store);
        index_position_read(import->store, path, position);
        store_rollback(import->store);
    }
    source.archive = archive = archive_open(path, position);
    return archive ? source_import(import, &source) : EX_NOINPUT;
}

static int mailbox_import(struct import *import, const char *path) {
    AUTO(mailbox_close) struct mailbox *mailbox = mailbox_open(path);
    struct source source = {.path = path, .mailbox = mailbox};
    struct stat status;
    int saved = errno;

    if (mailbox)
        return source_import(import, &source);
    if (saved == EINTR && stop_is_requested())
        return EX_OK;
    if (saved == ENOENT && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        log_error("%s is neither a maildir nor a public-inbox archive nor a bare git repository",
                  path);
    else
        log_error("%s: %s%s%s", path, strerror(saved),
                  saved == EACCES && import->user ? "; it must be readable by the user " : "",
                  saved == EACCES && import->user ? import->user : "");
    return EX_NOINPUT;
}

/* Imports the mailbox, the git repository or all git repositories of the archive at PATH.  Returns
 * an exit code. */
static int path_import(struct import *import, const char *path) {
    AUTO(archive_repositories_free) char **repositories = NULL;
    int status = EX_OK;

    import->source_at = import->source_count = 1;
    if (!archive_is_one(path))
        return mailbox_import(import, path);
    repositories = archive_repositories(path);
    if (!repositories)
        return EX_NOINPUT;
    for (import->source_count = 0; repositories[import->source_count];)
        import->source_count++;
    for (size_t i = 0; repositories[i] && !stop_is_requested() && status != EX_IOERR; i++) {
        int result;

        import->source_at = i + 1;
        result = repository_import(import, repositories[i]);
        status = result != EX_OK ? result : status;
    }
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

static void counts_print(const struct counts *counts, bool as_json) {
    if (as_json)
        printf("{\"mails\":%" PRIu64 ",\"new\":%" PRIu64 ",\"known\":%" PRIu64
               ",\"passed_over\":%" PRIu64 ",\"series\":%" PRIu64 "}\n",
               counts->mails, counts->fresh, counts->known, counts->skipped, counts->series);
    else
        printf("%" PRIu64 " mail%s read: %" PRIu64 " new, %" PRIu64 " known, %" PRIu64
               " skipped; %" PRIu64 " new series\n",
               counts->mails, plural(counts->mails), counts->fresh, counts->known, counts->skipped,
               counts->series);
}

/* Imports PATHS, an array that ends with NULL; standard input if it is empty.  Returns an exit
 * code. */
static int paths_import(struct import *import, char *const *paths) {
    char dash[] = "-", *const input[] = {dash, NULL};
    int status = EX_OK;

    stop_signals_catch(); /* a signal ends the program after the current batch is committed */
    for (char *const *path = *paths ? paths : input; *path && !stop_is_requested(); path++) {
        int result = path_import(import, *path);

        status = result != EX_OK ? result : status;
        if (result == EX_IOERR)
            break;
    }
    store_checkpoint(import->store);
    return status == EX_OK && stop_is_requested() ? EX_TEMPFAIL : status;
}

/* Returns the list of mails that name none.  Without the option --list, an archive is that of an
 * open list, unless the host has closed lists, of which it may be one. */
static const char *list_of_archive(const struct configuration *configuration, const char *option) {
    if (option)
        return option;
    return configuration_has_closed_lists(configuration) ? NULL : "";
}

static int import_run(int argc, char **argv) {
    const char *values[OPTION_COUNT], *state;
    AUTO(pipeline_release) struct pipeline *pipeline = NULL;
    AUTO(store_close) struct store *store = NULL;
    AUTO(parallel_free) struct parallel *parallel = NULL;
    struct import import = {.pipeline = NULL};
    const struct parallel_steps steps = {mail_prepare, mail_record, NULL, mail_count, &import};
    bool was_root = geteuid() == 0;
    int status, first = command_parse(&command_import, argc, argv, values, &status);

    if (first < 0)
        return status;
    message_library_init();
    pipeline = pipeline_load(values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE);
    if (!pipeline)
        return EX_CONFIG;
    state = values[OPTION_STATE] ? values[OPTION_STATE] : pipeline_configuration(pipeline)->state;
    status = privileges_drop(pipeline_configuration(pipeline)->user,
                             pipeline_configuration(pipeline)->file, state);
    if (status != EX_OK)
        return status;
    store = store_open(state);
    if (!store)
        return EX_CANTCREAT;
    parallel = parallel_new(&steps, 0);
    import.parallel = parallel;
    import.pipeline = pipeline;
    import.store = store;
    import.again = values[OPTION_AGAIN] != NULL;
    import.list = list_of_archive(pipeline_configuration(pipeline), values[OPTION_LIST]);
    if (was_root && geteuid() != 0)
        import.user = pipeline_configuration(pipeline)->user;
    status = paths_import(&import, argv + first);
    counts_print(&import.counts, values[OPTION_JSON] != NULL);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        log_error("cannot write standard output: %s", strerror(errno));
        return EX_IOERR;
    }
    return status;
}
