/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.c - measures the CPU time of pipeline_run for each mail of an mbox, with and without the
 * index.  Run by hand:
 *
 *     make tests/bench/index && tests/bench/index MBOX [ROUNDS]
 *
 * All default classifiers are loaded from PATCHMARK_PLUGIN_PATH, or if that is not set from this
 * build.  Each round starts with empty stores and measures all ways alternately, so that a machine
 * that slows down affects all of them.  The state is in TMPDIR, which should be on the disk that is
 * to be measured.
 */
#include "inside.h"
#include "mail/mailbox.h"
#include "util/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define ROUNDS           5
#define CHECKPOINT_MAILS 500 /* a thread of the daemon makes checkpoints; here not measured */

static const struct way {
    const char *name;
    enum { NONE, IN_MEMORY, ON_DISK } where;
    bool events; /* events are appended to the outbox too */
} ways[] = {
    {"without", NONE, false},
    {"index, in memory", IN_MEMORY, false},
    {"index, on disk", ON_DISK, false},
    {"index and outbox, in memory", IN_MEMORY, true},
    {"index and outbox, on disk", ON_DISK, true},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* All mails of an mbox, and for each way the time of each mail in each round. */
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

/* ---- measuring ---------------------------------------------------------------------------- */

static void round_run(struct mails *mails, struct pipeline *pipeline, struct store *store,
                      struct mail *mail, size_t way) {
    for (size_t i = 0; i < mails->count; i++) {
        int64_t began;

        mail_reset(mail);
        message_load(mail->message, mails->raw[i]);
        message_parse(mail->message, -1);
        mail->imported = !ways[way].events;
        began = inside_cpu();
        pipeline_run(pipeline, store, mail);
        mails->nanoseconds[way][mails->measured[way]++] = (uint32_t)(inside_cpu() - began);
        if (store && i % CHECKPOINT_MAILS == 0)
            store_checkpoint(store);
    }
}

static int way_run(struct mails *mails, struct pipeline *pipeline, struct mail *mail, size_t way) {
    char folder[INSIDE_PATH_SIZE];
    struct store *store = NULL;

    if (ways[way].where != NONE)
        store = ways[way].where == ON_DISK ? inside_store_open(folder) : store_open(NULL);
    if (!store && ways[way].where != NONE)
        return -1;
    round_run(mails, pipeline, store, mail, way);
    if (ways[way].where == ON_DISK)
        inside_store_remove(store, folder);
    else
        store_close(store);
    return 0;
}

/* ---- the table ---------------------------------------------------------------------------- */

static void report(struct mails *mails) {
    double without = 0;

    printf("%-30s %9s %9s %9s %12s\n", "CPU us per mail", "median", "mean", "p99", "more");
    for (size_t way = 0; way < WAYS; way++) {
        uint32_t *times = mails->nanoseconds[way];
        size_t count = mails->measured[way];
        double sum = 0, median;

        qsort(times, count, sizeof(*times), inside_compare);
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
    pipeline = inside_pipeline();
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
