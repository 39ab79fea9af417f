/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parallel.c - see parallel.h.
 *
 * Owns: threads and the queue of what they are to do, and a ring of mails, in which each keeps its
 * slot until it has made all steps, so that there are never more than LIMIT_MAILS_AHEAD.
 */
#include "command/parallel.h"

#include "mail/bounds.h"
#include "pipeline/pipeline.h"

#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

/* More threads win nothing: what is done in order is a fifth of the work. */
#define THREADS_MAX LIMIT_MAILS_PARSED

struct slot {
    struct parallel_mail mail;
    GByteArray *copy; /* of a mail as it was added */
    bool is_recorded;
    bool is_idle; /* no thread is to work on it */
};

struct parallel {
    struct parallel_steps steps;
    GAsyncQueue *queue; /* of slots to work on; a thread that gets `parallel` ends */
    GThread *threads[THREADS_MAX];
    unsigned thread_count;          /* 0: all steps run on the caller's thread */
    pthread_mutex_t lock;           /* over is_idle, with which a slot passes between threads */
    pthread_cond_t idle;            /* the awaited slot has become idle */
    const struct slot *awaited; /* that of the oldest mail, when the caller last had to wait */
    uint64_t added, recorded, emitted; /* how many mails have made that step; the caller's */
    struct slot slots[LIMIT_MAILS_AHEAD];
};

static struct slot *slot_of(struct parallel *parallel, uint64_t number) {
    return &parallel->slots[number % LIMIT_MAILS_AHEAD];
}

/* ---- steps on any thread ------------------------------------------------------------------ */

static void slot_work(struct parallel *parallel, struct slot *slot) {
    const struct parallel_steps *steps = &parallel->steps;

    if (!slot->is_recorded) {
        mail_reset(&slot->mail.mail); /* here, as it takes time too */
        steps->prepare(steps->argument, &slot->mail);
    } else if (steps->finish)
        steps->finish(steps->argument, &slot->mail);
}

static void work(struct parallel *parallel, struct slot *slot) {
    pthread_mutex_lock(&parallel->lock); /* orders this after what the caller wrote */
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

/* Has the step that comes next for PLACE done by some thread.  What is nearer to its end goes
 * first, as it is waited for. */
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

/* Waits for the oldest mail; works on one meanwhile if there is one to work on. */
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
    return THREADS_MAX; /* more than fit in the set */
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

/* A slot that was never used is made. */
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
    /* A large one is not copied, so it has to be done with before the next. */
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
