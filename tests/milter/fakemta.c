/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fakemta.c - sends ("plays") mails to a filter, as an MTA does; for tests and for load.
 *
 * All mails are converted to packets before the clock starts.  Each connection has a thread, and
 * the mails are distributed to the connections in turn.  If the filter is not running, closes the
 * connection, does not answer or violates the protocol, the mail is unanswered: fakemta prints a
 * line to standard error and exits with a status other than 0.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "fakemta.h"
#include "mta.h"
#include "report.h"

#define RETRY_SECONDS  30
#define RETRY_PAUSE_MS 50
#define ERRORS_SHOWN   5 /* for each connection */

/* One run, shared by the workers, which only read it, except where noted. */
struct run {
    const struct settings *settings;
    struct mails mails;
    size_t plays;
    struct report report;       /* written by all workers; has a lock of its own */
    pthread_barrier_t start;    /* reached when all have connected or failed to */
    long long started;          /* time of the start, in ns */
    atomic_bool connected_ever; /* set by the first worker that connects */
};

struct worker {
    struct run *run;
    pthread_t thread;
    size_t first; /* number of its first mail; then every settings->connections-th */
    struct mta *mta;
    struct mta_result result;
    size_t mails_on_connection, sessions;
    bool greeted; /* --abort-at connect or helo was done in this session */
    size_t errors;
    struct statistics statistics;
};

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void sleep_ms(long ms) {
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

/* ---- playing ------------------------------------------------------------------------------ */

static void worker_print_error(struct worker *worker, size_t play) {
    if (worker->errors++ < ERRORS_SHOWN)
        fprintf(stderr, "fakemta: mail %zu: %s\n", play + 1, mta_error(worker->mta));
}

/* Chooses the client of the next session. */
static void worker_set_client(struct worker *worker) {
    const struct settings *settings = worker->run->settings;
    if (settings->client_count > 0)
        mta_set_client(worker->mta, settings->clients[worker->sessions % settings->client_count]);
    worker->sessions++;
}

static int worker_open(struct worker *worker) {
    if (mta_is_open(worker->mta))
        return 0;
    worker_set_client(worker);
    worker->mails_on_connection = 0;
    worker->greeted = false;
    if (mta_open(worker->mta, worker->run->settings->socket) < 0)
        return -1;
    atomic_store(&worker->run->connected_ever, true);
    return 0;
}

static void close_first(struct worker *worker) {
    const char *socket = worker->run->settings->socket;
    mta_connect(worker->mta, socket);
    mta_close(worker->mta);
    mta_open(worker->mta, socket);
    mta_close(worker->mta);
}

/* Starts a mail and aborts it at the stage of --abort-at. */
static int play_abort(struct worker *worker, const struct mail *mail,
                      const struct mta_envelope *envelope) {
    enum mta_stage stage = worker->run->settings->abort_at;
    bool silent = worker->run->settings->no_abort;
    if (stage == MTA_STAGES)
        return 0;
    if (stage <= MTA_HELO) {
        if (worker->greeted)
            return 0; /* these stages occur once in a session */
        worker->greeted = true;
        return mta_greet(worker->mta, stage) < 0 ? -1 : silent ? 0 : mta_abort(worker->mta);
    }
    bool decided;
    if (mta_play_until(worker->mta, mail, envelope, stage, &worker->result, &decided) < 0)
        return -1;
    return silent ? 0 : mta_abort(worker->mta);
}

/* Tries once to play a mail.  Returns 0 and sets the result and *LATENCY, in microseconds; -1 if
 * the connection is lost. */
static int play_once(struct worker *worker, const struct mail *mail,
                     const struct mta_envelope *envelope, uint32_t *latency) {
    if (play_abort(worker, mail, envelope) < 0 || mta_greet(worker->mta, MTA_HELO) < 0)
        return -1;
    long long start = now_ns();
    if (mta_play(worker->mta, mail, envelope, &worker->result) < 0)
        return -1;
    *latency = (uint32_t)((now_ns() - start + 500) / 1000);
    return 0;
}

/* Plays a mail until it is answered.  Returns 0, or -1 if it is not answered. */
static int play_mail(struct worker *worker, size_t play, uint32_t *latency) {
    const struct settings *settings = worker->run->settings;
    const struct mail *mail = &worker->run->mails.mail[play % worker->run->mails.count];
    long long deadline = now_ns() + RETRY_SECONDS * 1000000000LL;
    char queue_id[32];
    struct mta_envelope envelope = {queue_id, "sender@example.org", settings->recipients,
                                    settings->recipient_count};
    for (unsigned attempt = 0;; attempt++) {
        /* An MTA that tries again has a new queue file. */
        snprintf(queue_id, sizeof queue_id, "%X%09zX", attempt % 16, play + 1);
        if (worker_open(worker) == 0) {
            if (play_once(worker, mail, &envelope, latency) == 0)
                return 0;
            worker->statistics.lost_connections++;
        }
        worker_print_error(worker, play);
        if (!settings->retry || now_ns() >= deadline)
            return -1;
        worker->statistics.retries++;
        sleep_ms(RETRY_PAUSE_MS);
    }
}

/* Called before each mail.  Ends the session if it has had the mails that -m allows. */
static void worker_renew(struct worker *worker) {
    const struct settings *settings = worker->run->settings;
    if (settings->mails_a_connection == 0 ||
        worker->mails_on_connection < settings->mails_a_connection)
        return;
    worker->mails_on_connection = 0;
    worker->greeted = false;
    if (settings->quit_nc && mta_may_quit_nc(worker->mta)) {
        mta_quit_nc(worker->mta);
        worker_set_client(worker);
    } else
        mta_quit(worker->mta);
}

/* Waits until a mail is due, as --rate states.  Returns by how many microseconds it is late because
 * the filter was slow with earlier mails.  That delay is part of the latency: else a filter that
 * hangs for a while would be slow with only the few mails that it hangs on. */
static uint32_t worker_pace(const struct worker *worker, size_t play) {
    const struct run *run = worker->run;
    if (run->settings->rate == 0)
        return 0;
    long long left =
        run->started + (long long)(play * 1000000000ULL / run->settings->rate) - now_ns();
    if (left <= 0)
        return (uint32_t)(-left / 1000);
    struct timespec pause = {left / 1000000000, left % 1000000000};
    nanosleep(&pause, NULL);
    return 0; /* waking up late is not the fault of the filter */
}

static void *worker_main(void *argument) {
    struct worker *worker = argument;
    struct run *run = worker->run;
    struct statistics *statistics = &worker->statistics;
    if (run->settings->close_first)
        close_first(worker);
    worker_open(worker);
    pthread_barrier_wait(&run->start); /* all workers are ready */
    pthread_barrier_wait(&run->start); /* run_play has started the clock */
    for (size_t play = worker->first; play < run->plays; play += run->settings->connections) {
        const struct mail *mail = &run->mails.mail[play % run->mails.count];
        uint32_t late = worker_pace(worker, play), latency = 0;
        worker_renew(worker);
        if (play_mail(worker, play, &latency) < 0) {
            statistics->unanswered++;
            report_add(&run->report, play, mail, NULL);
            if (!atomic_load(&run->connected_ever))
                break; /* the filter is not running */
            continue;
        }
        statistics->latencies[statistics->answered++] = late + latency;
        statistics->verdicts[worker->result.verdict]++;
        report_add(&run->report, play, mail, &worker->result);
        worker->mails_on_connection++;
    }
    mta_quit(worker->mta);
    return NULL;
}

/* ---- a run -------------------------------------------------------------------------------- */

static void fail(int status, const char *what, const char *why) {
    fprintf(stderr, "fakemta: %s: %s\n", what, why);
    exit(status);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        fail(EX_OSERR, "memory", strerror(errno));
    return memory;
}

static void workers_start(struct run *run, struct worker *workers) {
    const struct settings *settings = run->settings;
    if (pthread_barrier_init(&run->start, NULL, (unsigned)settings->connections + 1) != 0)
        fail(EX_OSERR, "threads", "cannot be synchronized");
    for (size_t i = 0; i < settings->connections; i++) {
        struct worker *worker = &workers[i];
        worker->run = run;
        worker->first = i;
        worker->mta = mta_new(&settings->mta);
        worker->statistics.latencies =
            allocate(run->plays / settings->connections + 1, sizeof(uint32_t));
        if (!worker->mta || pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
            fail(EX_OSERR, "thread", "cannot be started");
    }
}

/* Waits for the worker, adds its numbers to those of the run, and frees it. */
static void worker_finish(struct worker *worker, struct statistics *total) {
    struct statistics *one = &worker->statistics;
    pthread_join(worker->thread, NULL);
    memcpy(total->latencies + total->answered, one->latencies,
           one->answered * sizeof *one->latencies);
    total->answered += one->answered;
    total->unanswered += one->unanswered;
    total->retries += one->retries;
    total->lost_connections += one->lost_connections;
    for (size_t i = 0; i < MTA_VERDICTS; i++)
        total->verdicts[i] += one->verdicts[i];
    free(one->latencies);
    mta_result_clear(&worker->result);
    mta_free(worker->mta);
}

static int run_play(struct run *run) {
    const struct settings *settings = run->settings;
    struct worker *workers = allocate(settings->connections, sizeof *workers);
    struct statistics total = {.latencies = allocate(run->plays, sizeof(uint32_t))};
    if (report_init(&run->report, settings->print, stdout, run->plays) < 0)
        fail(EX_OSERR, "memory", strerror(errno));
    workers_start(run, workers);
    pthread_barrier_wait(&run->start);
    run->started = now_ns();
    pthread_barrier_wait(&run->start);
    for (size_t i = 0; i < settings->connections; i++)
        worker_finish(&workers[i], &total);
    total.seconds = (double)(now_ns() - run->started) / 1e9;

    if (settings->stats)
        statistics_print(&total, false, stderr);
    if (settings->json_stats)
        statistics_print(&total, true, stderr);
    if (fflush(stdout) != 0 || run->report.failed)
        fail(EX_IOERR, "output", "cannot be written");
    bool passed = total.verdicts[MTA_CONTINUE] + total.verdicts[MTA_ACCEPT] == run->plays;
    free(total.latencies);
    free(workers);
    report_free(&run->report);
    pthread_barrier_destroy(&run->start);
    return !atomic_load(&run->connected_ever) ? EX_UNAVAILABLE : passed ? 0 : 1;
}

int main(int argc, char **argv) {
    struct settings settings;
    int first = settings_read(&settings, argc, argv);
    struct run run = {.settings = &settings};
    for (int i = first; i < argc; i++)
        if (mails_load(&run.mails, argv[i], &settings.mail) < 0)
            fail(EX_NOINPUT, argv[i], strerror(errno));
    if (run.mails.count == 0)
        fail(EX_NOINPUT, "no mail in", argv[first]);
    run.plays = run.mails.count * settings.repeat;
    int status = run_play(&run);
    mails_free(&run.mails);
    return status;
}
