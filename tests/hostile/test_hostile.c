/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_hostile.c - runs hostile mails through the whole pipeline: parser, all classifiers, index,
 * events, headers, JSON.
 *
 * Each mail runs on a thread with a stack of 256 KiB; the threads of libmilter have the default,
 * RLIMIT_STACK, which is usually 8 MiB.  Time is measured as processor time, so that the test does
 * not fail on a busy machine; memory is measured as the peak of resident memory.
 */
#include "hostile.h"
#include "pipeline/annotate.h"
#include "pipeline/bounds.h"
#include "pipeline/json.h"
#include "settings/configuration-load.h"
#include "support/support.h"
#include "util/cleanup.h"

#include <malloc.h>
#include <sys/resource.h>

#ifdef __SANITIZE_ADDRESS__
/* From sanitizer/allocator_interface.h, which only some compilers have. */
size_t __sanitizer_get_current_allocated_bytes(void);

#define STACK_BYTES   (512 * 1024) /* the red zones of the sanitizer use more stack */
#define SECONDS_MOST  2.0
#define MEMORY_FACTOR 6
#define LEFT_MOST     0

/* The sanitizer keeps freed memory in quarantine to detect its use; most of that should not count.
 */
const char *__asan_default_options(void);

const char *__asan_default_options(void) {
    return "quarantine_size_mb=4";
}
#else
#define STACK_BYTES   (256 * 1024)
#define SECONDS_MOST  1.0
#define MEMORY_FACTOR 1
#define LEFT_MOST     4096 /* libc keeps memory of ended threads for new ones */
#endif

/* The limit covers 1 MiB of mail as bytes, decoded and as UTF-8; its parts in GMime, 1.3 KB for
 * each of 5,000; and facts of 1,000 strings of 1 KiB.  The largest use measured was 7 MiB, for
 * parts. */
#define MEMORY_MOST ((size_t)16 * 1024 * 1024 * MEMORY_FACTOR)

static struct pipeline *pipeline;
static struct store *store;
static struct mail mail;
static struct patchmark_text text;
static double seconds;

static const char *const plugins[] = {"automation", "kind",     "patch",     "pull", "series",
                                      "subject",    "trailers", "subsystem", "rules"};
#ifdef HAVE_LUA
static const bool has_lua = true;
#else
static const bool has_lua = false;
#endif

static const char *options_of(const char *plugin) {
    if (strcmp(plugin, "subsystem") == 0)
        return "    maintainers = \"" SOURCE_DIR "/plugins/subsystem/test-MAINTAINERS\"\n";
    if (strcmp(plugin, "rules") == 0)
        return "    table = \"" SOURCE_DIR "/config/rules.sample\"\n";
    return "";
}

/* Makes the pipeline; with the plugin lua, if it is built, and if SCRIPT is true. */
static void pipeline_make(bool script) {
    int file = memfd_create("patchmark.conf", 0);
    struct configuration *configuration = NULL;
    char path[64];

    ck_assert_int_ge(file, 0);
    dprintf(file, "log = \"stderr\"\nhost = \"lists.example.org\"\n");
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        dprintf(file, "plugin \"%s\" {\n    file = \"" BUILD_DIR "/plugins/%s/.libs/%s.so\"\n%s}\n",
                plugins[i], plugins[i], plugins[i], options_of(plugins[i]));
    if (script && has_lua)
        dprintf(file, "plugin \"lua\" {\n    file = \"" BUILD_DIR "/plugins/lua/.libs/lua.so\"\n"
                      "    script = \"" SOURCE_DIR "/tests/hostile/look.lua\"\n}\n");
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    ck_assert_int_eq(configuration_load(path, &configuration), 0);
    close(file);
    pipeline = pipeline_new(configuration);
    ck_assert_ptr_nonnull(pipeline);
}

static void setup(void) {
    support_folder_make();
    support_mail_init(&mail);
    pipeline_make(true);
    store = store_open(support_folder);
    ck_assert_ptr_nonnull(store);
    support_log_start();
}

static void teardown(void) {
    mail_free(&mail);
    pipeline_release(pipeline);
    store_close(store);
    support_folder_remove();
}

/* ---- one mail ---------------------------------------------------------------------------------
 */

static double processor_seconds(void) {
    struct timespec at;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void *run_on_thread(void *unused) {
    double start = processor_seconds();
    AUTO(free) char *json = NULL;

    (void)unused;
    mail_reset(&mail);
    mail.local = true;
    mail.default_list = ""; /* posted on an open list */
    message_load(mail.message, text);
    message_parse(mail.message, -1);
    pipeline_run(pipeline, store, &mail);
    json = json_mail(&mail);
    seconds = processor_seconds() - start;
    ck_assert_ptr_nonnull(json);
    return NULL;
}

static void run_mail(const char *data, size_t length) {
    pthread_attr_t attributes;
    pthread_t thread;

    text = (struct patchmark_text){data, length};
    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, STACK_BYTES), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, run_on_thread, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

static bool has_flag(const char *flag) {
    for (size_t i = 0; i < mail.flags.count; i++)
        if (strcmp(mail.flags.words[i], flag) == 0)
            return true;
    return false;
}

static void flags_check(const struct hostile_mail *hostile) {
    bool truncated = hostile->traits & HOSTILE_TRUNCATED;
    bool malformed = hostile->traits & HOSTILE_MALFORMED;

    ck_assert_msg(has_flag("truncated") == truncated, "%s is %struncated", hostile->name,
                  truncated ? "not " : "");
    ck_assert_msg(has_flag("malformed") == malformed, "%s is %smalformed", hostile->name,
                  malformed ? "not " : "");
}

/* As patchmark-headers(7) states: each field is one line of printable ASCII, and all together are
 * within LIMIT_HEADERS_WRITTEN. */
static void headers_check(const char *name) {
    size_t bytes = 0;

    ck_assert_msg(mail.header_count >= 2, "%s: no Kind and Info", name);
    for (size_t i = 0; i < mail.header_count; i++) {
        bytes += strlen(mail.headers[i].name) + strlen(mail.headers[i].value) + strlen(": \r\n");
        for (const char *at = mail.headers[i].value; *at; at++)
            ck_assert_msg(*at >= ' ' && *at <= '~', "%s: %s", name, mail.headers[i].name);
    }
    ck_assert_uint_le(bytes, LIMIT_HEADERS_WRITTEN);
}

/* Returns the peak of resident memory since the start, in bytes. */
static size_t memory_most(void) {
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
}

static size_t memory_in_use(void) {
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks + mallinfo2().hblkhd;
#endif
}

START_TEST(is_read_in_time_and_in_little_memory) {
    const struct hostile_mail *hostile = &hostile_mails[_i];
    size_t length = 0, before, memory;
    AUTO(free) char *data = hostile_write(hostile, &length);

    run_mail("From: a@example.org\nSubject: [PATCH] x\n\nx\n",
             43); /* allocates what is allocated once */
    before = memory_most();
    run_mail(data, length);
    memory = memory_most() - before;
    if (getenv("HOSTILE_FIGURES"))
        fprintf(stderr, "%-28s %8zu bytes %6.0f ms %7zu KiB %s%s\n", hostile->name, length,
                seconds * 1000, memory / 1024, has_flag("truncated") ? " truncated" : "",
                has_flag("malformed") ? " malformed" : "");
    ck_assert_msg(seconds < SECONDS_MOST, "%s took %.2f s", hostile->name, seconds);
    ck_assert_msg(memory < MEMORY_MOST, "%s took %zu bytes", hostile->name, memory);
    flags_check(hostile);
    headers_check(hostile->name);
    ck_assert_msg(support_logged("\n") == 0, "%s: %s", hostile->name, support_log.text);
}
END_TEST

/* No mail leaks memory.  Runs without the index, because that grows with each mail, and without
 * scripts, whose garbage is collected when enough of it has come together. */
START_TEST(leaks_no_memory) {
    const struct hostile_mail *hostile = &hostile_mails[_i];
    size_t length = 0, before = 0, after = 0;
    AUTO(free) char *data = hostile_write(hostile, &length);

    store_close(store);
    store = NULL;
    pipeline_release(pipeline);
    pipeline_make(false);
    for (int turn = 0; turn < 22; turn++) {
        run_mail(data, length);
        mail_reset(&mail);
        after = memory_in_use();
        if (turn == 1)
            before = after;
    }
    ck_assert_msg(after <= before + 20 * LEFT_MOST, "%s leaks %zu bytes", hostile->name,
                  (after - before) / 20);
}
END_TEST

/* All mails one after another, twice, so that the index has recorded the earlier ones. */
START_TEST(all_of_them_and_then_an_ordinary_one) {
    static const char ordinary[] =
        "From: Ada Example <ada@example.org>\nMessage-ID: <ordinary@example.org>\n"
        "Subject: [PATCH] a: b\n\nText.\n\nSigned-off-by: Ada Example <ada@example.org>\n---\n"
        "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-old\n+new\n";

    for (size_t turn = 0; turn < 2; turn++) {
        for (const struct hostile_mail *hostile = hostile_mails; hostile->name; hostile++) {
            size_t length = 0;
            AUTO(free) char *data = hostile_write(hostile, &length);

            run_mail(data, length);
            flags_check(hostile);
        }
    }
    run_mail(ordinary, strlen(ordinary));
    ck_assert_str_eq(annotate_kind(&mail), "patch");
    ck_assert_uint_eq(mail.flags.count, 2);
    ck_assert(has_flag("first"));
    ck_assert(has_flag("has-diff"));
    ck_assert_uint_gt(mail.event_count, 0);
}
END_TEST

SUITE(hostile_suite) {
    Suite *suite = suite_create("hostile");
    TCase *tests = tcase_create("hostile mails");
    int count = 0;

    while (hostile_mails[count].name)
        count++;
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, is_read_in_time_and_in_little_memory, 0, count);
    tcase_add_loop_test(tests, leaks_no_memory, 0, count);
    tcase_add_test(tests, all_of_them_and_then_an_ordinary_one);
    suite_add_tcase(suite, tests);
    return suite;
}
