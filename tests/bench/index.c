/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.c - what a mail costs with the index and without: CPU time of pipeline_run, mail by mail,
 * of an mbox.  Run by hand:
 *
 *     make tests/bench/index && tests/bench/index MBOX [ROUNDS]
 *
 * All classifiers are loaded, as from an empty configuration; PATCHMARK_PLUGIN_PATH says where they
 * are, else they are this build's.  Each round begins with empty stores, and takes the ways in
 * turns, so that a machine that slows down slows down all.  State goes to TMPDIR, best on the disk
 * in question.
 */
#include "cleanup.h"
#include "log.h"
#include "mailbox.h"
#include "pipeline.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <time.h>

#define ROUNDS           5
#define PATH_SIZE        4096
#define CHECKPOINT_MAILS 500 /* as the daemon's own thread does; not measured */

static const struct way {
    const char *name;
    enum { NONE, IN_MEMORY, ON_DISK } where;
    bool events; /* into the journal as well */
} ways[] = {
    {"without", NONE, false},
    {"index, in memory", IN_MEMORY, false},
    {"index, on disk", ON_DISK, false},
    {"index and journal, in memory", IN_MEMORY, true},
    {"index and journal, on disk", ON_DISK, true},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* All mails of an mbox, and for each way what each took in each round. */
struct mails {
    struct patchmark_text *raw;
    size_t count;
    uint32_t *nanoseconds[WAYS];
    size_t measured[WAYS];
};

/* ---- reading ------------------------------------------------------------------------------ */

CLEANUP_DEFINE(struct mailbox *, mailbox_close)

static int mails_read(struct mails *mails, const char *path, size_t rounds) {
    AUTO(mailbox_close) struct mailbox *mailbox = mailbox_open(path);
    struct patchmark_text raw;

    while (mailbox && mailbox_next(mailbox, &raw) == 1) {
        struct patchmark_text *more =
            reallocarray(mails->raw, mails->count + 1, sizeof(*mails->raw));
        char *copy = malloc(raw.length + 1);

        if (!more || !copy)
            return -1;
        memcpy(copy, raw.data, raw.length);
        mails->raw = more;
        mails->raw[mails->count++] = (struct patchmark_text){copy, raw.length};
    }
    for (size_t way = 0; way < WAYS; way++) {
        mails->nanoseconds[way] = calloc(mails->count * rounds + 1, sizeof(**mails->nanoseconds));
        if (!mails->nanoseconds[way])
            return -1;
    }
    return mails->count > 0 ? 0 : -1;
}

static void mails_free(struct mails *mails) {
    for (size_t i = 0; i < mails->count; i++)
        free((char *)mails->raw[i].data);
    for (size_t way = 0; way < WAYS; way++)
        free(mails->nanoseconds[way]);
    free(mails->raw);
}

/* ---- the pipeline ------------------------------------------------------------------------- */

/* The folders of all classifiers in the build tree that this program lies in. */
static void plugin_path_default(void) {
    char program[PATH_SIZE], path[8 * PATH_SIZE] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    size_t used = 0;
    char *inside;

    program[length > 0 ? length : 0] = '\0';
    inside = strstr(program, "/tests/bench/");
    if (!inside)
        return;
    *inside = '\0';
    for (size_t i = 0; configuration_default_plugins[i] && used < sizeof(path); i++)
        used += (size_t)snprintf(path + used, sizeof(path) - used, "%s%s/plugins/%s/.libs",
                                 i ? ":" : "", program, configuration_default_plugins[i]);
    setenv("PATCHMARK_PLUGIN_PATH", path, 0);
}

static struct pipeline *pipeline_default(void) {
    struct configuration *configuration;
    AUTO(close) int file = memfd_create("patchmark.conf", 0);
    char path[64];

    if (file < 0 || dprintf(file, "log = \"stderr\"\nlog_level = \"warning\"\n") < 0)
        return NULL;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    return configuration_load(path, &configuration) < 0 ? NULL : pipeline_new(configuration);
}

/* ---- measuring ---------------------------------------------------------------------------- */

static int64_t cpu_now(void) {
    struct timespec at;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void round_run(struct mails *mails, struct pipeline *pipeline, struct store *store,
                      struct mail *mail, size_t way) {
    for (size_t i = 0; i < mails->count; i++) {
        int64_t began;

        mail_reset(mail);
        message_load(mail->message, mails->raw[i]);
        message_parse(mail->message, -1);
        mail->replayed = !ways[way].events;
        began = cpu_now();
        pipeline_run(pipeline, store, mail);
        mails->nanoseconds[way][mails->measured[way]++] = (uint32_t)(cpu_now() - began);
        if (store && i % CHECKPOINT_MAILS == 0)
            store_checkpoint(store);
    }
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static int way_run(struct mails *mails, struct pipeline *pipeline, struct mail *mail, size_t way) {
    const char *base = getenv("TMPDIR");
    char folder[PATH_SIZE];
    struct store *store = NULL;
    bool ready;

    snprintf(folder, sizeof(folder), "%s/patchmark-bench-XXXXXX", base ? base : "/tmp");
    if (ways[way].where == ON_DISK && !mkdtemp(folder)) {
        log_error("%s: %s", folder, strerror(errno));
        return -1;
    }
    if (ways[way].where != NONE)
        store = store_open(ways[way].where == ON_DISK ? folder : NULL);
    ready = store || ways[way].where == NONE;
    if (ready)
        round_run(mails, pipeline, store, mail, way);
    store_close(store);
    if (ways[way].where == ON_DISK)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return ready ? 0 : -1;
}

/* ---- telling ------------------------------------------------------------------------------ */

static int compare(const void *one, const void *other) {
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}

static void report(struct mails *mails) {
    double without = 0;

    printf("%-30s %9s %9s %9s %12s\n", "us of CPU a mail", "median", "mean", "p99", "median more");
    for (size_t way = 0; way < WAYS; way++) {
        uint32_t *times = mails->nanoseconds[way];
        size_t count = mails->measured[way];
        double sum = 0, median;

        qsort(times, count, sizeof(*times), compare);
        for (size_t i = 0; i < count; i++)
            sum += times[i];
        median = times[count / 2] / 1e3;
        if (way == 0)
            without = median;
        printf("%-30s %9.1f %9.1f %9.1f %12.1f\n", ways[way].name, median,
               sum / (double)count / 1e3, times[count * 99 / 100] / 1e3, median - without);
    }
}

int main(int argc, char **argv) {
    struct mails mails = {.count = 0};
    struct pipeline *pipeline;
    struct mail mail;
    int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS, status = EX_OK;

    if (argc < 2 || rounds < 1) {
        fputs("usage: index MBOX [ROUNDS]\n", stderr);
        return EX_USAGE;
    }
    message_library_init();
    plugin_path_default();
    pipeline = pipeline_default();
    if (!pipeline || mail_init(&mail) < 0)
        return EX_CONFIG;
    if (mails_read(&mails, argv[1], (size_t)rounds) < 0) {
        fprintf(stderr, "index: no mail in %s\n", argv[1]);
        return EX_NOINPUT;
    }
    for (int i = 0; i < rounds && status == EX_OK; i++)
        for (size_t way = 0; way < WAYS && status == EX_OK; way++)
            if (way_run(&mails, pipeline, &mail, way) < 0)
                status = EX_CANTCREAT;
    if (status == EX_OK) {
        printf("%zu mails, %d rounds\n", mails.count, rounds);
        report(&mails);
    }
    mails_free(&mails);
    mail_free(&mail);
    pipeline_release(pipeline);
    return status;
}
