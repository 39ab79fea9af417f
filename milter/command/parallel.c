/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parallel.c - see parallel.h.
 *
 * Owns: threads and the queue of what they are to do, and a ring of mails, in which each keeps its
 * place until it has made all steps, so that there are never more than LIMIT_MAILS_AHEAD.
 */
#include "command/parallel.h"

#include "mail/bounds.h"
#include "pipeline/pipeline.h"

#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

/* More threads win nothing: what is done in order is a fifth of the work. */
#define THREADS_MOST LIMIT_MAILS_PARSED

struct place {
    struct parallel_mail mail;
    GByteArray *copy; /* of a mail as it was added */
    bool is_recorded;
    bool is_idle; /* no thread is to work on it */
};

struct parallel {
    struct parallel_steps steps;
    GAsyncQueue *queue; /* of places to work on; a thread that gets `parallel` ends */
    GThread *threads[THREADS_MOST];
    unsigned thread_count;          /* 0: all steps run on the caller's thread */
    pthread_mutex_t lock;           /* over is_idle, with which a place passes between threads */
    pthread_cond_t idle;            /* the awaited place has become idle */
    const struct place *waited_for; /* that of the oldest mail, when the caller last had to wait */
    uint64_t added, recorded, emitted; /* how many mails have made that step; the caller's */
    struct place places[LIMIT_MAILS_AHEAD];
};

static struct place *place_of(struct parallel *parallel, uint64_t number) {
    return &parallel->places[number % LIMIT_MAILS_AHEAD];
}

/* ---- steps on any thread ------------------------------------------------------------------ */

static void place_work(struct parallel *parallel, struct place *place) {
    const struct parallel_steps *steps = &parallel->steps;

    if (!place->is_recorded) {
        mail_reset(&place->mail.mail); /* here, as it takes time too */
        steps->prepare(steps->argument, &place->mail);
    } else if (steps->finish)
        steps->finish(steps->argument, &place->mail);
}

static void work(struct parallel *parallel, struct place *place) {
    pthread_mutex_lock(&parallel->lock); /* orders this after what the caller wrote */
    pthread_mutex_unlock(&parallel->lock);
    place_work(parallel, place);
    pthread_mutex_lock(&parallel->lock);
    place->is_idle = true;
    if (place == parallel->waited_for)
        pthread_cond_signal(&parallel->idle);
    pthread_mutex_unlock(&parallel->lock);
}

/* A GThreadFunc. */
static gpointer thread_run(gpointer argument) {
    struct parallel *parallel = argument;
    gpointer place;

    while ((place = g_async_queue_pop(parallel->queue)) != parallel)
        work(parallel, place);
    return NULL;
}

/* Has the step that comes next for PLACE done by some thread.  What is nearer to its end goes
 * first, as it is waited for. */
static void place_submit(struct parallel *parallel, struct place *place) {
    pthread_mutex_lock(&parallel->lock);
    place->is_idle = false;
    pthread_mutex_unlock(&parallel->lock);
    if (place->is_recorded)
        g_async_queue_push_front(parallel->queue, place);
    else
        g_async_queue_push(parallel->queue, place);
}

/* ---- steps in order ----------------------------------------------------------------------- */

enum step { STEP_NONE, STEP_RECORD, STEP_EMIT };

static enum step step_due(struct parallel *parallel) {
    if (parallel->emitted < parallel->recorded && place_of(parallel, parallel->emitted)->is_idle)
        return STEP_EMIT;
    if (parallel->recorded < parallel->added && place_of(parallel, parallel->recorded)->is_idle)
        return STEP_RECORD;
    return STEP_NONE;
}

static void step_record(struct parallel *parallel) {
    struct place *place = place_of(parallel, parallel->recorded++);

    parallel->steps.record(parallel->steps.argument, &place->mail);
    place->is_recorded = true;
    if (parallel->thread_count == 0)
        place_work(parallel, place);
    else if (parallel->steps.finish)
        place_submit(parallel, place);
}

static void step_emit(struct parallel *parallel) {
    struct place *place = place_of(parallel, parallel->emitted++);

    parallel->steps.emit(parallel->steps.argument, &place->mail);
}

/* Waits for the oldest mail; works on one meanwhile if there is one to work on. */
static void oldest_wait(struct parallel *parallel) {
    struct place *place = g_async_queue_try_pop(parallel->queue);

    if (place) {
        work(parallel, place);
        return;
    }
    pthread_mutex_lock(&parallel->lock);
    parallel->waited_for = place_of(parallel, parallel->emitted);
    while (!parallel->waited_for->is_idle)
        pthread_cond_wait(&parallel->idle, &parallel->lock);
    parallel->waited_for = NULL;
    pthread_mutex_unlock(&parallel->lock);
}

/* Runs the steps that are due, and waits for more until at most MOST mails are on their way. */
static void steps_run(struct parallel *parallel, uint64_t most) {
    for (;;) {
        enum step step;

        pthread_mutex_lock(&parallel->lock);
        step = step_due(parallel);
        pthread_mutex_unlock(&parallel->lock);
        if (step == STEP_EMIT)
            step_emit(parallel);
        else if (step == STEP_RECORD)
            step_record(parallel);
        else if (parallel->added - parallel->emitted > most)
            oldest_wait(parallel);
        else
            return;
    }
}

/* ---- life --------------------------------------------------------------------------------- */

/* That this process may use; g_get_num_processors of GLib 2.74 counts the others too. */
static unsigned processor_count(void) {
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    return THREADS_MOST; /* more than fit in the set */
}

/* The threads block signals, so that one interrupts what the caller reads. */
static void threads_start(struct parallel *parallel, unsigned count) {
    sigset_t all, before;
    GThread *thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (parallel->thread_count < count &&
           (thread = g_thread_try_new("mails", thread_run, parallel, NULL)))
        parallel->threads[parallel->thread_count++] = thread;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct parallel *parallel_new(const struct parallel_steps *steps, unsigned threads) {
    struct parallel *parallel = g_new0(struct parallel, 1);

    parallel->steps = *steps;
    pthread_mutex_init(&parallel->lock, NULL);
    pthread_cond_init(&parallel->idle, NULL);
    parallel->queue = g_async_queue_new();
    threads = threads == 0 ? processor_count() : threads;
    threads_start(parallel, MIN(threads, THREADS_MOST) - 1);
    return parallel;
}

void parallel_free(struct parallel *parallel) {
    if (!parallel)
        return;
    for (unsigned i = 0; i < parallel->thread_count; i++)
        g_async_queue_push_front(parallel->queue, parallel);
    for (unsigned i = 0; i < parallel->thread_count; i++)
        g_thread_join(parallel->threads[i]);
    g_async_queue_unref(parallel->queue);
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
    place->is_recorded = false;
}

void parallel_add(struct parallel *parallel, struct patchmark_text raw, int mark) {
    /* A large one is not copied, so it has to be done with before the next. */
    bool alone = parallel->thread_count == 0 || raw.length > LIMIT_MAIL_BYTES;
    struct place *place;

    steps_run(parallel, LIMIT_MAILS_AHEAD - 1);
    place = place_of(parallel, parallel->added++);
    place_fill(place, raw, mark);
    if (!alone) {
        g_byte_array_set_size(place->copy, 0);
        g_byte_array_append(place->copy, (const guint8 *)raw.data, (guint)raw.length);
        place->mail.raw.data = (const char *)place->copy->data;
    }
    if (parallel->thread_count > 0) {
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
