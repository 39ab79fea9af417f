/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parallel.c - see parallel.h.
 *
 * Owns: a GThreadPool, and a ring of mails, in which each keeps its place until it has made all
 * steps, so that there are never more than LIMIT_MAILS_AHEAD.
 */
#include "parallel.h"

#include "limits.h"
#include "pipeline.h"

#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

/* More threads win nothing: what is done in order is a fifth of the work. */
#define THREADS_MOST LIMIT_MAILS_PARSED

struct place {
    struct parallel_mail mail;
    GByteArray *copy; /* of a mail as it was added */
    bool is_taken;
    bool is_idle; /* no thread of the pool is to work on it */
};

struct parallel {
    struct parallel_steps steps;
    GThreadPool *pool;            /* NULL: all steps run on the caller's thread */
    pthread_mutex_t lock;         /* over is_idle, with which a place passes between threads */
    pthread_cond_t idle;          /* the awaited place has become idle */
    const struct place *awaited;  /* that of the oldest mail, when the caller last had to wait */
    uint64_t added, taken, given; /* how many mails have made that step; the caller's */
    struct place places[LIMIT_MAILS_AHEAD];
};

static struct place *place_of(struct parallel *parallel, uint64_t number) {
    return &parallel->places[number % LIMIT_MAILS_AHEAD];
}

/* ---- steps on any thread ------------------------------------------------------------------ */

static void place_work(struct parallel *parallel, struct place *place) {
    const struct parallel_steps *steps = &parallel->steps;

    if (!place->is_taken) {
        mail_reset(&place->mail.mail); /* here, as it takes time too */
        steps->prepare(steps->argument, &place->mail);
    } else if (steps->finish)
        steps->finish(steps->argument, &place->mail);
}

/* A GFunc. */
static void pool_work(gpointer place, gpointer argument) {
    struct parallel *parallel = argument;

    pthread_mutex_lock(&parallel->lock); /* orders this after what the caller wrote */
    pthread_mutex_unlock(&parallel->lock);
    place_work(parallel, place);
    pthread_mutex_lock(&parallel->lock);
    ((struct place *)place)->is_idle = true;
    if (place == parallel->awaited)
        pthread_cond_signal(&parallel->idle);
    pthread_mutex_unlock(&parallel->lock);
}

/* Has the step that comes next for PLACE done by a thread of the pool. */
static void place_submit(struct parallel *parallel, struct place *place) {
    pthread_mutex_lock(&parallel->lock);
    place->is_idle = false;
    pthread_mutex_unlock(&parallel->lock);
    g_thread_pool_push(parallel->pool, place, NULL);
}

/* ---- steps in order ----------------------------------------------------------------------- */

enum step { STEP_NONE, STEP_TAKE, STEP_GIVE };

static enum step step_due(struct parallel *parallel) {
    if (parallel->given < parallel->taken && place_of(parallel, parallel->given)->is_idle)
        return STEP_GIVE;
    if (parallel->taken < parallel->added && place_of(parallel, parallel->taken)->is_idle)
        return STEP_TAKE;
    return STEP_NONE;
}

static void step_take(struct parallel *parallel) {
    struct place *place = place_of(parallel, parallel->taken++);

    parallel->steps.take(parallel->steps.argument, &place->mail);
    place->is_taken = true;
    if (!parallel->pool)
        place_work(parallel, place);
    else if (parallel->steps.finish)
        place_submit(parallel, place);
}

static void step_give(struct parallel *parallel) {
    struct place *place = place_of(parallel, parallel->given++);

    parallel->steps.give(parallel->steps.argument, &place->mail);
}

/* Runs the steps that are due, and waits for more until at most MOST mails are on their way. */
static void steps_run(struct parallel *parallel, uint64_t most) {
    enum step step;

    do {
        pthread_mutex_lock(&parallel->lock);
        while ((step = step_due(parallel)) == STEP_NONE &&
               parallel->added - parallel->given > most) {
            parallel->awaited = place_of(parallel, parallel->given);
            pthread_cond_wait(&parallel->idle, &parallel->lock);
        }
        pthread_mutex_unlock(&parallel->lock);
        if (step == STEP_GIVE)
            step_give(parallel);
        else if (step == STEP_TAKE)
            step_take(parallel);
    } while (step != STEP_NONE);
}

/* ---- life --------------------------------------------------------------------------------- */

/* That this process may use; g_get_num_processors of GLib 2.74 counts the others too. */
static unsigned processor_count(void) {
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    return THREADS_MOST; /* more than fit in the set */
}

/* The pool's threads block signals, so that one interrupts what the caller reads. */
static GThreadPool *pool_new(struct parallel *parallel, unsigned threads) {
    sigset_t all, before;
    GThreadPool *pool;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pool = g_thread_pool_new(pool_work, parallel, (gint)MIN(threads, THREADS_MOST), TRUE, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (g_thread_pool_get_num_threads(pool) > 0)
        return pool;
    g_thread_pool_free(pool, TRUE, FALSE);
    return NULL;
}

struct parallel *parallel_new(const struct parallel_steps *steps, unsigned threads) {
    struct parallel *parallel = g_new0(struct parallel, 1);

    parallel->steps = *steps;
    pthread_mutex_init(&parallel->lock, NULL);
    pthread_cond_init(&parallel->idle, NULL);
    threads = threads == 0 ? processor_count() : threads;
    if (threads > 1)
        parallel->pool = pool_new(parallel, threads);
    return parallel;
}

void parallel_free(struct parallel *parallel) {
    if (!parallel)
        return;
    if (parallel->pool)
        g_thread_pool_free(parallel->pool, TRUE, TRUE);
    for (size_t i = 0; i < LIMIT_MAILS_AHEAD && parallel->places[i].copy; i++) {
        mail_free(&parallel->places[i].mail.mail);
        free(parallel->places[i].mail.text);
        g_byte_array_unref(parallel->places[i].copy);
    }
    pthread_cond_destroy(&parallel->idle);
    pthread_mutex_destroy(&parallel->lock);
    g_free(parallel);
}

/* ---- mails -------------------------------------------------------------------------------- */

/* A place that was never used is made. */
static void place_fill(struct place *place, struct patchmark_text raw, int mark) {
    if (!place->copy) {
        place->copy = g_byte_array_new();
        if (mail_init(&place->mail.mail) < 0)
            g_error("out of memory");
    }
    place->mail.raw = raw;
    place->mail.mark = mark;
    place->mail.text = NULL;
    place->is_taken = false;
}

void parallel_add(struct parallel *parallel, struct patchmark_text raw, int mark) {
    /* A large one is not copied, so it has to be done with before the next. */
    bool alone = !parallel->pool || raw.length > LIMIT_MAIL_BYTES;
    struct place *place;

    steps_run(parallel, LIMIT_MAILS_AHEAD - 1);
    place = place_of(parallel, parallel->added++);
    place_fill(place, raw, mark);
    if (!alone) {
        g_byte_array_set_size(place->copy, 0);
        g_byte_array_append(place->copy, (const guint8 *)raw.data, (guint)raw.length);
        place->mail.raw.data = (const char *)place->copy->data;
    }
    if (parallel->pool) {
        place_submit(parallel, place);
    } else {
        place->is_idle = true;
        place_work(parallel, place);
    }
    steps_run(parallel, alone ? 0 : LIMIT_MAILS_AHEAD);
}

void parallel_drain(struct parallel *parallel) {
    steps_run(parallel, 0);
}
