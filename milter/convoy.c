/* SPDX-License-Identifier: BSD-2-Clause
 *
 * convoy.c - see convoy.h.
 *
 * Owns: a ring of mails, in which each keeps its place until it has made all steps, so that there
 * are never more than LIMIT_MAILS_AHEAD; and the threads, which are started while mails wait for
 * them.  Mails are numbered as they are added; for each step there is the number of the mail that
 * is next to begin it, under one lock.
 *
 * What can fail: a thread that cannot be started is done without; out of memory the process ends.
 */
#include "convoy.h"

#include "limits.h"
#include "pipeline.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More threads win nothing: what is done in order is a fifth of the work. */
#define THREADS_MOST LIMIT_MAILS_PARSED

enum stage { STAGE_ADDED, STAGE_PREPARED, STAGE_TAKEN, STAGE_FINISHED };

struct place {
    struct convoy_mail mail;
    enum stage stage; /* the last that was reached */
    char *copy;       /* of a mail as it was added */
    size_t copy_room;
};

struct convoy {
    struct convoy_steps steps;
    pthread_mutex_t lock; /* over all below but what is in a mail, which is that thread's who does
                           * its step */
    pthread_cond_t work;  /* for threads: there may be something to do */
    pthread_cond_t done;  /* for the caller: the mail that it waits for may be ready */
    uint64_t added;       /* numbers: the next to be added, */
    uint64_t prepared;    /* to be prepared, */
    uint64_t taken, finished, given;
    unsigned idle; /* threads that wait for work */
    bool waits;    /* the caller does */
    bool ending;
    pthread_t threads[THREADS_MOST];
    unsigned thread_count, thread_most; /* without the caller's */
    struct place places[LIMIT_MAILS_AHEAD];
};

/* ---- places ------------------------------------------------------------------------------- */

static struct place *place_of(struct convoy *convoy, uint64_t number) {
    return &convoy->places[number % LIMIT_MAILS_AHEAD];
}

static void *needed(void *memory) {
    if (!memory) {
        fputs("patchmark: error: out of memory\n", stderr);
        abort();
    }
    return memory;
}

static void copy_make(struct place *place, struct patchmark_text raw) {
    if (raw.length > place->copy_room) {
        free(place->copy);
        place->copy = needed(malloc(raw.length));
        place->copy_room = raw.length;
    }
    if (raw.length > 0)
        memcpy(place->copy, raw.data, raw.length);
    place->mail.raw.data = place->copy;
}

/* ---- steps -------------------------------------------------------------------------------- */

/* The two that are done on any thread.  Called and left with the lock held, which is given up in
 * between.  False: there is nothing to do.  The oldest mail goes first: it is waited for. */
static bool help(struct convoy *convoy) {
    bool finishes = convoy->finished < convoy->taken;
    uint64_t number = finishes ? convoy->finished : convoy->prepared;
    struct place *place = place_of(convoy, number);

    if (!finishes && convoy->prepared == convoy->added)
        return false;
    if (finishes)
        convoy->finished++;
    else
        convoy->prepared++;
    pthread_mutex_unlock(&convoy->lock);
    if (finishes) {
        convoy->steps.finish(convoy->steps.argument, &place->mail);
    } else {
        /* Here, and not when the mail is done with: it takes time too. */
        mail_reset(&place->mail.mail);
        convoy->steps.prepare(convoy->steps.argument, &place->mail);
    }
    pthread_mutex_lock(&convoy->lock);
    place->stage = finishes ? STAGE_FINISHED : STAGE_PREPARED;
    if (convoy->waits && number == (finishes ? convoy->given : convoy->taken))
        pthread_cond_signal(&convoy->done);
    return true;
}

static void wake(struct convoy *convoy) {
    if (convoy->idle > 0)
        pthread_cond_signal(&convoy->work);
}

/* The two that are done in order, by the caller; otherwise as `help`. */
static bool go_on(struct convoy *convoy) {
    const struct convoy_steps *steps = &convoy->steps;
    bool gives =
        convoy->given < convoy->taken && place_of(convoy, convoy->given)->stage == STAGE_FINISHED;
    uint64_t number = gives ? convoy->given : convoy->taken;
    struct place *place = place_of(convoy, number);

    if (!gives && (convoy->taken == convoy->added || place->stage != STAGE_PREPARED))
        return false;
    pthread_mutex_unlock(&convoy->lock);
    if (gives)
        steps->give(steps->argument, &place->mail);
    else
        steps->take(steps->argument, &place->mail);
    pthread_mutex_lock(&convoy->lock);
    if (gives) {
        convoy->given++;
    } else {
        convoy->taken++;
        place->stage = steps->finish ? STAGE_TAKEN : STAGE_FINISHED;
        if (steps->finish)
            wake(convoy);
        else
            convoy->finished++;
    }
    return true;
}

/* Works until no more than MOST mails are on their way; with the lock. */
static void work_until(struct convoy *convoy, uint64_t most) {
    for (;;) {
        if (go_on(convoy))
            continue;
        if (convoy->added - convoy->given <= most)
            return;
        if (help(convoy))
            continue;
        convoy->waits = true;
        pthread_cond_wait(&convoy->done, &convoy->lock);
        convoy->waits = false;
    }
}

/* ---- threads ------------------------------------------------------------------------------ */

static void *thread_run(void *argument) {
    struct convoy *convoy = argument;

    pthread_mutex_lock(&convoy->lock);
    while (!convoy->ending) {
        if (help(convoy))
            continue;
        convoy->idle++;
        pthread_cond_wait(&convoy->work, &convoy->lock);
        convoy->idle--;
    }
    pthread_mutex_unlock(&convoy->lock);
    return NULL;
}

/* Signals are the caller's: they interrupt what it reads. */
static void thread_start(struct convoy *convoy) {
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&convoy->threads[convoy->thread_count], NULL, thread_run, convoy) == 0)
        convoy->thread_count++;
    else
        convoy->thread_most = convoy->thread_count;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* That this process may use. */
static unsigned processors(void) {
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    return THREADS_MOST; /* more than fit in the set */
}

/* ---- life --------------------------------------------------------------------------------- */

struct convoy *convoy_new(const struct convoy_steps *steps, unsigned threads) {
    struct convoy *convoy = calloc(1, sizeof(*convoy));

    if (!convoy || mail_init(&convoy->places[0].mail.mail) < 0) {
        free(convoy);
        return NULL;
    }
    threads = threads == 0 ? processors() : threads;
    convoy->steps = *steps;
    convoy->thread_most = (threads < THREADS_MOST ? threads : THREADS_MOST) - 1;
    pthread_mutex_init(&convoy->lock, NULL);
    pthread_cond_init(&convoy->work, NULL);
    pthread_cond_init(&convoy->done, NULL);
    return convoy;
}

void convoy_free(struct convoy *convoy) {
    if (!convoy)
        return;
    pthread_mutex_lock(&convoy->lock);
    convoy->ending = true;
    pthread_cond_broadcast(&convoy->work);
    pthread_mutex_unlock(&convoy->lock);
    for (unsigned i = 0; i < convoy->thread_count; i++)
        pthread_join(convoy->threads[i], NULL);
    for (size_t i = 0; i < LIMIT_MAILS_AHEAD; i++) {
        struct place *place = &convoy->places[i];

        if (place->mail.mail.message)
            mail_free(&place->mail.mail);
        free(place->mail.text);
        free(place->copy);
    }
    pthread_cond_destroy(&convoy->done);
    pthread_cond_destroy(&convoy->work);
    pthread_mutex_destroy(&convoy->lock);
    free(convoy);
}

unsigned convoy_threads(const struct convoy *convoy) {
    return convoy->thread_count + 1;
}

/* ---- mails -------------------------------------------------------------------------------- */

void convoy_add(struct convoy *convoy, struct patchmark_text raw, int mark) {
    /* A large one is not copied, so it has to be done with before the next. */
    bool alone = convoy->thread_most == 0 || raw.length > LIMIT_MAIL_BYTES;
    struct place *place;

    pthread_mutex_lock(&convoy->lock);
    work_until(convoy, LIMIT_MAILS_AHEAD - 1);
    place = place_of(convoy, convoy->added);
    pthread_mutex_unlock(&convoy->lock);

    if (!place->mail.mail.message && mail_init(&place->mail.mail) < 0)
        needed(NULL);
    place->mail.raw = raw;
    place->mail.mark = mark;
    place->mail.text = NULL;
    if (!alone)
        copy_make(place, raw);

    pthread_mutex_lock(&convoy->lock);
    place->stage = STAGE_ADDED;
    convoy->added++;
    if (alone)
        work_until(convoy, 0);
    else if (convoy->thread_count < convoy->thread_most &&
             convoy->added - convoy->given > convoy->thread_count + 1)
        thread_start(convoy);
    else
        wake(convoy);
    pthread_mutex_unlock(&convoy->lock);
}

void convoy_drain(struct convoy *convoy) {
    pthread_mutex_lock(&convoy->lock);
    work_until(convoy, 0);
    pthread_mutex_unlock(&convoy->lock);
}
