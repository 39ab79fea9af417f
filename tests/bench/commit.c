/* SPDX-License-Identifier: BSD-2-Clause
 *
 * commit.c - measures the rate at which the store records mails, with each value of the option
 * `durability`, from one thread and from sixteen, with and without a sink that acknowledges events.
 * Run by hand:
 *
 *     make tests/bench/commit && tests/bench/commit [SECONDS]
 *
 * A mail is one row of the index and one event of 1.5 KB.  The state is in TMPDIR, which should be
 * on the disk that is to be measured.
 */
#include "store/index.h"
#include "store/outbox.h"
#include "util/log.h"

#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MOST   16
#define ACKNOWLEDGE_MS 10 /* as with batches of 200 events and 20,000 events per second */

static struct store *store;
static _Atomic int numbers;
static _Atomic bool over;
static char json[1500];

static int64_t now(void) {
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void mail_record(int number) {
    char message_id[48], id[48];

    snprintf(message_id, sizeof(message_id), "20240101.%d@example.org", number);
    snprintf(id, sizeof(id), "%032x", (unsigned)number * 2654435761u);
    store_begin(store);
    index_record_message(store, &(struct index_message){.message_id = message_id,
                                                        .series = "s1-aaaaaaaaaaaaaaaa",
                                                        .sender = "ada@example.org",
                                                        .kind = "patch",
                                                        .published = true,
                                                        .lists = "list.example.org",
                                                        .part = 1,
                                                        .received = 1700000000});
    outbox_append(store, &(struct outbox_event){.id = id,
                                                .type = "patchmark.message.seen.v1",
                                                .subject = message_id,
                                                .list = "list.example.org",
                                                .series = "s1-aaaaaaaaaaaaaaaa",
                                                .data = json,
                                                .data_length = sizeof(json),
                                                .time = 1700000000});
    store_commit(store);
}

struct worker {
    pthread_t thread;
    int64_t mails, longest;
};

static void *worker_run(void *argument) {
    struct worker *worker = argument;

    while (!over) {
        int64_t began = now(), duration;

        mail_record(++numbers);
        duration = now() - began;
        worker->mails++;
        if (duration > worker->longest)
            worker->longest = duration;
    }
    return NULL;
}

static void *acknowledge_run(void *argument) {
    (void)argument;
    for (int64_t i = 1; !over; i++) {
        outbox_acknowledge(store, "sink", i);
        usleep(ACKNOWLEDGE_MS * 1000);
    }
    return NULL;
}

static void *checkpoint_run(void *argument) {
    (void)argument;
    for (int i = 1; !over; i++) {
        usleep(100000);
        if (i % 10 == 0)
            store_checkpoint(store);
    }
    return NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static void measure(enum store_durability durability, int threads, bool acknowledging,
                    unsigned seconds) {
    static const char *const names[] = {"normal", "full"};
    const char *base = getenv("TMPDIR");
    struct worker workers[THREADS_MOST] = {{.mails = 0}};
    pthread_t checkpointer, sink;
    int64_t began, mails = 0, longest = 0;
    char folder[4096];

    snprintf(folder, sizeof(folder), "%s/patchmark-bench-XXXXXX", base ? base : "/tmp");
    store = mkdtemp(folder) ? store_open_daemon(folder, durability) : NULL;
    if (!store)
        exit(EX_CANTCREAT);
    over = false;
    began = now();
    pthread_create(&checkpointer, NULL, checkpoint_run, NULL);
    if (acknowledging)
        pthread_create(&sink, NULL, acknowledge_run, NULL);
    for (int i = 0; i < threads; i++)
        pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]);
    sleep(seconds);
    over = true;
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        mails += workers[i].mails;
        if (workers[i].longest > longest)
            longest = workers[i].longest;
    }
    printf("%-10s %7d %-15s %9.0f %14.1f\n", names[durability], threads,
           acknowledging ? "acknowledging" : "", (double)mails * 1e9 / (double)(now() - began),
           (double)longest / 1e6);
    pthread_join(checkpointer, NULL);
    if (acknowledging)
        pthread_join(sink, NULL);
    store_close(store);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv) {
    static const int threads[] = {1, THREADS_MOST};
    unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 3;

    log_open(LOG_TO_STDERR, PATCHMARK_WARNING);
    memset(json, 'x', sizeof(json));
    printf("%-10s %7s %-15s %9s %14s\n", "durability", "threads", "", "mails/s", "longest (ms)");
    for (int i = STORE_DURABILITY_NORMAL; i <= STORE_DURABILITY_FULL; i++)
        for (size_t j = 0; j < sizeof(threads) / sizeof(threads[0]); j++)
            for (int acknowledging = 0; acknowledging <= 1; acknowledging++)
                measure((enum store_durability)i, threads[j], acknowledging, seconds);
    return EX_OK;
}
