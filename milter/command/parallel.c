/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parallel.c - runs the steps of mails on several threads; see parallel.h.
 *
 * Owns the threads, the queue of their work and a ring of LIMIT_MAILS_AHEAD slots.  A mail keeps
 * its slot until all its steps have run, so there are never more mails than slots.
 *
 * What can fail: a thread that cannot be started is done without.  The process ends if memory runs
 * out.
 */
#include "command/parallel.h"

#include "mail/bounds.h"
#include "pipeline/pipeline.h"

#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

/* More threads do not help, because the steps on the thread of the caller are a fifth of the work.
 */
#define THREADS_MAX LIMIT_MAILS_PARSED

struct slot {
    struct parallel_mail mail;
    GByteArray *copy; /* of the bytes of the mail; NULL in a slot that was never used */
    bool is_recorded; /* the step `record` has run */
    bool is_idle;     /* it is neither in the queue nor processed by a thread */
};

struct parallel {
    struct parallel_steps steps;
    GAsyncQueue *queue; /* of slots; the pointer `parallel` itself makes a thread end */
    GThread *threads[THREADS_MAX];
    unsigned thread_count;             /* 0: all steps run on the caller's thread */
    pthread_mutex_t lock;              /* protects is_idle, by which threads hand over a slot */
    pthread_cond_t idle;               /* the awaited slot has become idle */
    const struct slot *awaited;        /* the slot for which the caller waits; NULL if none */
    uint64_t added, recorded, emitted; /* numbers of mails; only the caller uses them */
    struct slot slots[LIMIT_MAILS_AHEAD];
};

static struct slot *slot_of(struct parallel *parallel, uint64_t number) {
    return &parallel->slots[number % LIMIT_MAILS_AHEAD];
}

/* ---- steps on any thread ------------------------------------------------------------------ */

static void slot_work(struct parallel *parallel, struct slot *slot) {
    const struct parallel_steps *steps = &parallel->steps;

    if (!slot->is_recorded) {
        mail_reset(&slot->mail.mail); /* takes time, so it is not done on the caller's thread */
        steps->prepare(steps->argument, &slot->mail);
    } else if (steps->finish)
        steps->finish(steps->argument, &slot->mail);
}

static void work(struct parallel *parallel, struct slot *slot) {
    pthread_mutex_lock(&parallel->lock); /* makes what the caller wrote visible here */
    pthread_mutex_unlock(&parallel->lock);
    slot_work(parallel, slot);
    pthread_mutex_lock(&parallel->lock);
    slot->is_idle = true;
    if (slot == parallel->awaited)
        pthread_cond_signal(&parallel->idle);
    pthread_mutex_unlock(&parallel->lock);
}

/* A GThreadFunc. */
static gpointer thread_run(gpointer argument) {
    struct parallel *parallel = argument;
    gpointer slot;

    while ((slot = g_async_queue_pop(parallel->queue)) != parallel)
        work(parallel, slot);
    return NULL;
}

/* Queues SLOT for its next step on any thread.  The step `finish` goes first, because the caller
 * waits for the oldest mails. */
static void slot_submit(struct parallel *parallel, struct slot *slot) {
    pthread_mutex_lock(&parallel->lock);
    slot->is_idle = false;
    pthread_mutex_unlock(&parallel->lock);
    if (slot->is_recorded)
        g_async_queue_push_front(parallel->queue, slot);
    else
        g_async_queue_push(parallel->queue, slot);
}

/* ---- steps in order ----------------------------------------------------------------------- */

enum step { STEP_NONE, STEP_RECORD, STEP_EMIT };

/* Returns a step that can run now on the thread of the caller.  Call it under the lock. */
static enum step step_due(struct parallel *parallel) {
    if (parallel->emitted < parallel->recorded && slot_of(parallel, parallel->emitted)->is_idle)
        return STEP_EMIT;
    if (parallel->recorded < parallel->added && slot_of(parallel, parallel->recorded)->is_idle)
        return STEP_RECORD;
    return STEP_NONE;
}

static void step_record(struct parallel *parallel) {
    struct slot *slot = slot_of(parallel, parallel->recorded++);

    parallel->steps.record(parallel->steps.argument, &slot->mail);
    slot->is_recorded = true;
    if (parallel->thread_count == 0)
        slot_work(parallel, slot);
    else if (parallel->steps.finish)
        slot_submit(parallel, slot);
}

static void step_emit(struct parallel *parallel) {
    struct slot *slot = slot_of(parallel, parallel->emitted++);

    parallel->steps.emit(parallel->steps.argument, &slot->mail);
}

/* Runs a queued step, if there is one; else waits until the oldest mail is idle. */
static void oldest_wait(struct parallel *parallel) {
    struct slot *slot = g_async_queue_try_pop(parallel->queue);

    if (slot) {
        work(parallel, slot);
        return;
    }
    pthread_mutex_lock(&parallel->lock);
    parallel->awaited = slot_of(parallel, parallel->emitted);
    while (!parallel->awaited->is_idle)
        pthread_cond_wait(&parallel->idle, &parallel->lock);
    parallel->awaited = NULL;
    pthread_mutex_unlock(&parallel->lock);
}

/* Runs the steps that are due, and waits until at most MAX mails have steps left. */
static void steps_run(struct parallel *parallel, uint64_t max) {
    for (;;) {
        enum step step;

        pthread_mutex_lock(&parallel->lock);
        step = step_due(parallel);
        pthread_mutex_unlock(&parallel->lock);
        if (step == STEP_EMIT)
            step_emit(parallel);
        else if (step == STEP_RECORD)
            step_record(parallel);
        else if (parallel->added - parallel->emitted > max)
            oldest_wait(parallel);
        else
            return;
    }
}

/* ---- creation ----------------------------------------------------------------------------- */

/* Returns the number of processors that this process may use; g_get_num_processors of GLib 2.74
 * also counts the others. */
static unsigned processor_count(void) {
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    return THREADS_MAX; /* there are more processors than a cpu_set_t can represent */
}

/* The threads block all signals, so that a signal interrupts a read on the caller's thread. */
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
    threads_start(parallel, MIN(threads, THREADS_MAX) - 1);
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
    for (size_t i = 0; i < LIMIT_MAILS_AHEAD && parallel->slots[i].copy; i++) {
        mail_free(&parallel->slots[i].mail.mail);
        free(parallel->slots[i].mail.text);
        g_byte_array_unref(parallel->slots[i].copy);
    }
    pthread_cond_destroy(&parallel->idle);
    pthread_mutex_destroy(&parallel->lock);
    g_free(parallel);
}

/* ---- mails -------------------------------------------------------------------------------- */

/* Prepares SLOT for a mail; initializes it if it was never used. */
static void slot_fill(struct slot *slot, struct patchmark_text raw, int mark) {
    if (!slot->copy) {
        slot->copy = g_byte_array_new();
        if (mail_init(&slot->mail.mail) < 0)
            g_error("out of memory");
    }
    slot->mail.raw = raw;
    slot->mail.mark = mark;
    slot->mail.text = NULL;
    slot->is_recorded = false;
}

void parallel_add(struct parallel *parallel, struct patchmark_text raw, int mark) {
    /* A large mail is not copied, so all its steps must run before this function returns. */
    bool alone = parallel->thread_count == 0 || raw.length > LIMIT_MAIL_BYTES;
    struct slot *slot;

    steps_run(parallel, LIMIT_MAILS_AHEAD - 1);
    slot = slot_of(parallel, parallel->added++);
    slot_fill(slot, raw, mark);
    if (!alone) {
        g_byte_array_set_size(slot->copy, 0);
        g_byte_array_append(slot->copy, (const guint8 *)raw.data, (guint)raw.length);
        slot->mail.raw.data = (const char *)slot->copy->data;
    }
    if (parallel->thread_count > 0) {
        slot_submit(parallel, slot);
    } else {
        slot->is_idle = true;
        slot_work(parallel, slot);
    }
    steps_run(parallel, alone ? 0 : LIMIT_MAILS_AHEAD);
}

void parallel_drain(struct parallel *parallel) {
    steps_run(parallel, 0);
}
