/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_parallel.c - the steps of mails run in the promised order on any number of threads, also if
 * some take longer than others.  The mails are short texts, and the steps are defined here; the
 * last tests use those of the pipeline.
 */
#include "support/support.h"

#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

/* The number of threads that can still be started. */
static int threads_left = 1000;
static GThread *thread_new_bounded(const char *name, GThreadFunc function, gpointer data,
                                   GError **error) {
    return threads_left-- > 0 ? g_thread_try_new(name, function, data, error) : NULL;
}
#define g_thread_try_new thread_new_bounded
#include "command/parallel.c"
#include "mail/bounds.h"
#undef g_thread_try_new

#define THREADS 4
#define MAILS   500

static struct parallel *parallel;
static uint64_t added; /* used only on the thread of the caller, as the next two */
static atomic_ullong recorded, emitted;
static uint64_t numbers_emitted[MAILS]; /* in the order in which the mails were emitted */
static atomic_uint prepared, finished;
static atomic_uint faults; /* failed expectations; ck_assert works only on the main thread */
static pthread_t caller;

static void expect(bool what) {
    if (!what)
        atomic_fetch_add(&faults, 1);
}

/* Returns the number that is the text of the mail. */
static uint64_t number_of(const struct parallel_mail *mail) {
    return strtoul(mail->raw.data, NULL, 10);
}

/* Spends more time on some mails than on others. */
static void delay(uint64_t number) {
    for (uint64_t i = 0; i < number * 7 % 30; i++)
        sched_yield();
}

static void prepare(void *argument, struct parallel_mail *mail) {
    expect(argument == &parallel);
    expect(mail->mail.event_count == 0); /* it was reset */
    delay(number_of(mail));
    mail->mail.event_count = number_of(mail) + 1;
    atomic_fetch_add(&prepared, 1);
}

static void record(void *argument, struct parallel_mail *mail) {
    expect(argument == &parallel && pthread_equal(pthread_self(), caller));
    expect(mail->mail.event_count == recorded + 1 && number_of(mail) == recorded);
    recorded++;
    expect(recorded - emitted <= LIMIT_MAILS_AHEAD);
}

static void finish(void *argument, struct parallel_mail *mail) {
    expect(argument == &parallel && mail->text == NULL);
    expect(mail->mail.event_count == number_of(mail) + 1);
    delay(number_of(mail) + 3);
    if (asprintf(&mail->text, "%s.", mail->raw.data) < 0)
        mail->text = NULL;
    atomic_fetch_add(&finished, 1);
}

static void emit(void *argument, struct parallel_mail *mail) {
    char text[32];

    expect(argument == &parallel && pthread_equal(pthread_self(), caller));
    snprintf(text, sizeof(text), "%llu.", (unsigned long long)emitted);
    expect(mail->text && strcmp(mail->text, text) == 0);
    expect(mail->mark == (int)(emitted % 5));
    expect(added - emitted <= LIMIT_MAILS_AHEAD);
    numbers_emitted[emitted % MAILS] = number_of(mail);
    free(mail->text);
    mail->text = NULL;
    emitted++;
}

/* The step `emit` if there is no step `finish`. */
static void emit_unfinished(void *argument, struct parallel_mail *mail) {
    expect(argument == &parallel && mail->text == NULL && number_of(mail) == emitted);
    emitted++;
}

static struct parallel_steps steps = {prepare, record, finish, emit, &parallel};

static void setup(void) {
    struct mail mail;

    support_mail_init(&mail);
    mail_free(&mail);
    caller = pthread_self();
}

static void begin(unsigned threads) {
    parallel = parallel_new(&steps, threads);
    ck_assert_ptr_nonnull(parallel);
}

/* Adds COUNT mails.  All are passed in the same buffer, which is overwritten after each call. */
static void add(uint64_t count) {
    static char text[32];

    for (uint64_t i = 0; i < count; i++) {
        int length =
            snprintf(text, sizeof(text), "%llu", (unsigned long long)added) + 1; /* with its NUL */

        parallel_add(parallel, (struct patchmark_text){text, (size_t)length}, (int)(added % 5));
        added++;
        memset(text, 'x', sizeof(text));
    }
}

static void end(void) {
    parallel_drain(parallel);
    parallel_free(parallel);
    ck_assert_uint_eq(atomic_load(&faults), 0);
    ck_assert_uint_eq(recorded, added);
    ck_assert_uint_eq(emitted, added);
}

/* ---- order -------------------------------------------------------------------------------- */

START_TEST(mails_come_out_in_the_order_in_which_they_were_added) {
    begin((unsigned)_i);
    add(MAILS);
    end();
    for (uint64_t i = 0; i < MAILS; i++)
        ck_assert_uint_eq(numbers_emitted[i], i);
    ck_assert_uint_eq(atomic_load(&prepared), MAILS);
    ck_assert_uint_eq(atomic_load(&finished), MAILS);
}
END_TEST

START_TEST(a_step_may_be_left_out) {
    steps.finish = NULL;
    steps.emit = emit_unfinished;
    begin((unsigned)_i);
    add(MAILS);
    end();
    ck_assert_uint_eq(atomic_load(&prepared), MAILS);
}
END_TEST

START_TEST(mails_can_be_added_after_a_drain) {
    begin(THREADS);
    for (int i = 0; i < 50; i++) {
        add((uint64_t)i % 7);
        parallel_drain(parallel);
        ck_assert_uint_eq(emitted, added);
    }
    end();
}
END_TEST

/* Delays mail 5 until 20 later mails are prepared. */
static void prepare_long(void *argument, struct parallel_mail *mail) {
    if (number_of(mail) == 5) {
        while (atomic_load(&prepared) < 5 + 20)
            sched_yield();
        /* None of them was recorded before it. */
        expect(recorded <= 5 && emitted <= 5);
    }
    prepare(argument, mail);
}

START_TEST(a_slow_mail_delays_no_work_on_later_mails) {
    steps.prepare = prepare_long;
    begin(THREADS);
    add(MAILS);
    end();
    for (uint64_t i = 0; i < MAILS; i++)
        ck_assert_uint_eq(numbers_emitted[i], i);
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------- */

static const char *large;

static void prepare_large(void *argument, struct parallel_mail *mail) {
    (void)argument;
    if (mail->raw.length > LIMIT_MAIL_BYTES)
        expect(mail->raw.data == large);
    atomic_fetch_add(&prepared, 1);
}

static void count_recorded(void *argument, struct parallel_mail *mail) {
    (void)argument, (void)mail;
    recorded++;
}

static void count_emitted(void *argument, struct parallel_mail *mail) {
    (void)argument, (void)mail;
    emitted++;
}

START_TEST(a_large_mail_is_processed_without_a_copy) {
    static char text[LIMIT_MAIL_BYTES + 1];

    large = text;
    steps = (struct parallel_steps){prepare_large, count_recorded, NULL, count_emitted, NULL};
    begin(THREADS);
    add(10);
    parallel_add(parallel, (struct patchmark_text){text, sizeof(text)}, 0);
    added++;
    ck_assert_uint_eq(emitted, 11);
    add(10);
    end();
}
END_TEST

START_TEST(an_empty_mail_is_processed) {
    steps = (struct parallel_steps){prepare_large, count_recorded, NULL, count_emitted, NULL};
    begin(THREADS);
    for (; added < 10; added++)
        parallel_add(parallel, (struct patchmark_text){NULL, 0}, 0);
    end();
}
END_TEST

START_TEST(mails_can_be_freed_before_their_last_steps) {
    begin(THREADS);
    add(LIMIT_MAILS_AHEAD);
    parallel_free(parallel);
    ck_assert_uint_le(emitted, LIMIT_MAILS_AHEAD);
    ck_assert_uint_eq(atomic_load(&faults), 0);
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------ */

/* Returns the number of threads, including the caller's. */
static unsigned thread_count(void) {
    return parallel->thread_count + 1;
}

START_TEST(with_one_thread_all_steps_run_in_parallel_add) {
    begin(1);
    for (int i = 0; i < 10; i++) {
        add(1);
        ck_assert_uint_eq(emitted, added);
    }
    ck_assert_uint_eq(thread_count(), 1);
    end();
}
END_TEST

START_TEST(there_are_as_many_threads_as_processors) {
    cpu_set_t set;
    int first = 0;

    ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
    begin(0);
    add(MAILS);
    ck_assert_uint_eq(thread_count(),
                      CPU_COUNT(&set) < THREADS_MAX ? CPU_COUNT(&set) : THREADS_MAX);
    parallel_drain(parallel);
    parallel_free(parallel);
    while (!CPU_ISSET(first, &set))
        first++;
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(set), &set), 0);
    begin(0);
    add(MAILS);
    ck_assert_uint_eq(thread_count(), 1);
    end();
}
END_TEST

START_TEST(threads_have_a_limit) {
    begin(1000);
    add(MAILS);
    ck_assert_uint_eq(thread_count(), THREADS_MAX);
    end();
}
END_TEST

START_TEST(a_thread_that_cannot_be_started_is_done_without) {
    threads_left = _i;
    begin(THREADS);
    add(MAILS);
    ck_assert_uint_eq(thread_count(), (unsigned)_i + 1);
    end();
}
END_TEST

/* A signal must interrupt a read on the thread of the caller, so all other threads block it. */
static void prepare_unsignalled(void *argument, struct parallel_mail *mail) {
    sigset_t blocked;

    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    expect(sigismember(&blocked, SIGTERM) == !pthread_equal(pthread_self(), caller));
    prepare(argument, mail);
}

START_TEST(threads_block_signals) {
    steps.prepare = prepare_unsignalled;
    begin(THREADS);
    add(MAILS);
    end();
}
END_TEST

/* ---- with a pipeline ---------------------------------------------------------------------- */

static pthread_barrier_t both;
static int calls; /* needs no lock, because the plugin is serial */

static int count_calls(void *self, const struct patchmark_message *message,
                       struct patchmark_facts *facts) {
    (void)self, (void)message;
    return patchmark_fact_set_int(facts, "call", ++calls);
}

/* Waits until it is called for two mails at once. */
static int meet(void *self, const struct patchmark_message *message,
                struct patchmark_facts *facts) {
    (void)self, (void)message, (void)facts;
    pthread_barrier_wait(&both);
    return 0;
}

static const struct patchmark_fact call[] = {{"call", PATCHMARK_INT, "which", NULL}, {0}};

#define PLUGIN(side, title, function, facts)                                                   \
    {                                                                                          \
        PLUGIN_SIZES, .traits = (side), .name = title, .version = "1", .summary = "for tests", \
                      .provides = (facts), .classify = function                                \
    }

static struct patchmark_plugin serial = PLUGIN(0, "serial", count_calls, call);
static struct patchmark_plugin concurrent = PLUGIN(PATCHMARK_PARALLEL, "parallel", meet, NULL);

static void mail_prepare(void *pipeline, struct parallel_mail *mail) {
    message_load(mail->mail.message, mail->raw);
    message_parse(mail->mail.message, -1);
    pipeline_classify(pipeline, &mail->mail);
}

static void mail_record(void *pipeline, struct parallel_mail *mail) {
    pipeline_record(pipeline, NULL, &mail->mail);
}

static void mail_finish(void *pipeline, struct parallel_mail *mail) {
    pipeline_annotate(pipeline, &mail->mail);
}

static void mail_emit(void *pipeline, struct parallel_mail *mail) {
    (void)pipeline;
    emitted++;
    expect((uint64_t)patchmark_fact_int(mail->mail.facts, "serial.call", -1) == emitted);
    expect(strtoul(patchmark_message_id(mail->mail.message), NULL, 10) == emitted);
    expect(mail->mail.header_count > 0);
}

static void mails_classify(struct patchmark_plugin *const *plugins, unsigned threads) {
    struct pipeline *pipeline = support_pipeline(plugins);

    steps = (struct parallel_steps){mail_prepare, mail_record, mail_finish, mail_emit, pipeline};
    begin(threads);
    for (; added < MAILS; added++) {
        char text[64];

        snprintf(text, sizeof(text), "From: a@example.org\nMessage-ID: <%llu>\n\n",
                 (unsigned long long)added + 1);
        parallel_add(parallel, support_text(text), 0);
    }
    recorded = added;
    end();
    pipeline_release(pipeline);
}

START_TEST(a_serial_plugin_sees_the_mails_one_by_one_and_in_order) {
    mails_classify((struct patchmark_plugin *const[]){&serial, NULL}, THREADS);
    ck_assert_int_eq(calls, MAILS);
}
END_TEST

/* Times out if the calls do not run at once. */
START_TEST(a_parallel_plugin_is_entered_by_two_threads_at_once) {
    pthread_barrier_init(&both, NULL, 2);
    mails_classify((struct patchmark_plugin *const[]){&concurrent, &serial, NULL}, 2);
    pthread_barrier_destroy(&both);
}
END_TEST

SUITE(parallel_suite) {
    Suite *suite = suite_create("parallel");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, mails_come_out_in_the_order_in_which_they_were_added, 1, 9);
    tcase_add_loop_test(tests, a_step_may_be_left_out, 1, 5);
    tcase_add_test(tests, mails_can_be_added_after_a_drain);
    tcase_add_test(tests, a_slow_mail_delays_no_work_on_later_mails);
    tcase_add_test(tests, a_large_mail_is_processed_without_a_copy);
    tcase_add_test(tests, an_empty_mail_is_processed);
    tcase_add_test(tests, mails_can_be_freed_before_their_last_steps);
    tcase_add_test(tests, with_one_thread_all_steps_run_in_parallel_add);
    tcase_add_test(tests, there_are_as_many_threads_as_processors);
    tcase_add_test(tests, threads_have_a_limit);
    tcase_add_loop_test(tests, a_thread_that_cannot_be_started_is_done_without, 0, 3);
    tcase_add_test(tests, threads_block_signals);
    tcase_add_test(tests, a_serial_plugin_sees_the_mails_one_by_one_and_in_order);
    tcase_add_test(tests, a_parallel_plugin_is_entered_by_two_threads_at_once);
    suite_add_tcase(suite, tests);
    return suite;
}
