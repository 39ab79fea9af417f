/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_metrics.c - the metrics, and their text for Prometheus.
 */
#include "pipeline/metrics.h"

#include "mail/bounds.h"
#include "pipeline/event.h"
#include "plugin/bounds.h"
#include "support/prometheus.h"
#include "support/support.h"

#include <time.h>

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self;
    patchmark_fact_set_string(facts, "kind", "patch");
    return strcmp(patchmark_message_header(message, "Subject", 0), "fail") == 0 ? -1 : 0;
}

static const struct patchmark_fact provided[] = {{"kind", PATCHMARK_STRING, "what it is", NULL},
                                                 {0}};

static struct patchmark_plugin kind = {PLUGIN_SIZES,           .traits = PATCHMARK_PARALLEL,
                                       .name = "kind",         .version = "1",
                                       .summary = "for tests", .provides = provided,
                                       .classify = classify};

static const char *const counters[] = {"sent", "refused", NULL};

static size_t publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self, (void)events;
    return count;
}

static struct patchmark_plugin counting = {PLUGIN_SIZES,       .name = "sink",
                                           .version = "1",     .summary = "for tests",
                                           .publish = publish, .counters = counters};
static struct patchmark_plugin *const plugins[] = {&kind, &counting, NULL};

static struct pipeline *pipeline;
static struct mail mail;
static struct metrics_moment moment;

static void setup(void) {
    support_log_start();
    support_mail_init(&mail);
    pipeline = support_pipeline(plugins);
    moment = (struct metrics_moment){.pipeline = pipeline,
                                     .outbox_bytes = -1,
                                     .log_bytes = -1,
                                     .room_bytes = -1,
                                     .store_up = true};
    metrics_start();
}

static void teardown(void) {
    mail_free(&mail);
    pipeline_release(pipeline);
}

static struct prometheus *now(void) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct prometheus *all;

    metrics_write(out, &moment);
    fclose(out);
    ck_assert_uint_eq(strlen(text), length);
    all = prometheus_read(text);
    free(text);
    return all;
}

static double value(const char *name) {
    struct prometheus *all = now();
    double found = prometheus_get(all, name);

    free(all);
    ck_assert_msg(!isnan(found), "missing metric %s", name);
    return found;
}

static void run_mail(const char *raw, int64_t microseconds) {
    support_classify(pipeline, NULL, &mail, raw);
    metrics_mail(&mail, microseconds);
}

#define PLAIN "From: a@example.org\nMessage-ID: <1@example.org>\nSubject: x\n\nhello\n"

/* ---- the text ----------------------------------------------------------------------------- */

/* prometheus_read checks every rule of the text format. */
START_TEST(the_text_is_valid_for_prometheus) {
    struct metrics_sink sinks[] = {{.name = "redis", .up = true}, {.name = "file"}};
    struct prometheus *all;

    moment.sinks = sinks;
    moment.sink_count = 2;
    moment.outbox_bytes = 4096;
    run_mail(PLAIN, 300);
    all = now();
    ck_assert_uint_gt(all->family_count, 25);
    free(all);
}
END_TEST

START_TEST(counters_only_grow) {
    const unsigned one[METRICS_TYPES] = {1, 1};
    struct prometheus *before = now(), *after;
    size_t grown = 0;

    run_mail(PLAIN, 300);
    metrics_add(METRICS_ANSWERED);
    metrics_events(one);
    metrics_reload(true);
    metrics_reload(false);
    after = now();
    ck_assert_uint_eq(before->count, after->count);
    for (size_t i = 0; i < before->count; i++) {
        ck_assert_str_eq(before->samples[i].name, after->samples[i].name);
        if (before->samples[i].counter) {
            ck_assert_double_ge(after->samples[i].value, before->samples[i].value);
            grown += after->samples[i].value > before->samples[i].value;
        }
    }
    ck_assert_uint_ge(grown, 10);
    free(before);
    free(after);
}
END_TEST

/* Names of plugins are the only label values that patchmark does not define itself, and the loader
 * refuses a name that would need escapes. */
START_TEST(no_label_value_needs_escapes) {
    static const char *const names[] = {"a\"b", "a\\b", "a\nb", "a b", "\xc3\xa4", ""};
    char error[256];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct patchmark_plugin odd = kind;

        odd.name = names[i];
        ck_assert_ptr_null(plugin_builtin(&odd, error, sizeof(error)));
    }
}
END_TEST

/* ---- the histogram ------------------------------------------------------------------------ */

/* The upper bound is part of its bucket; each bucket includes those before it. */
START_TEST(the_histogram_is_cumulative) {
    static const struct {
        const char *le;
        double mails;
    } buckets[] = {{"0.0001", 2}, {"0.0002", 3}, {"0.0005", 3}, {"0.001", 3}, {"0.002", 3},
                   {"0.005", 3},  {"0.01", 3},   {"0.02", 4},   {"0.05", 4},  {"0.1", 4},
                   {"0.5", 4},    {"1", 4},      {"+Inf", 5}};
    static const int64_t times[] = {0, 100, 101, 20000, 1000001};
    struct prometheus *all;
    char name[100];

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        run_mail(PLAIN, times[i]);
    all = now();
    for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++) {
        snprintf(name, sizeof(name), "patchmark_mail_seconds_bucket{le=\"%s\"}", buckets[i].le);
        ck_assert_double_eq(prometheus_get(all, name), buckets[i].mails);
    }
    ck_assert_double_eq(prometheus_get(all, "patchmark_mail_seconds_count"), 5);
    ck_assert_double_eq_tol(prometheus_get(all, "patchmark_mail_seconds_sum"), 1.020202, 1e-9);
    free(all);
}
END_TEST

/* ---- mails -------------------------------------------------------------------------------- */

START_TEST(mails_are_counted_by_kind_and_by_defects) {
    run_mail(PLAIN, 1);
    run_mail(PLAIN, 1);
    ck_assert_double_eq(value("patchmark_mails_total{kind=\"patch\"}"), 2);
    ck_assert_double_eq(value("patchmark_mails_total{kind=\"copy\"}"), 0);
    ck_assert_double_eq(value("patchmark_mail_bytes_total"), 2 * (sizeof(PLAIN) - 1));
    mail.seen_before = true;
    metrics_mail(&mail, 1);
    ck_assert_double_eq(value("patchmark_mails_again_total"), 1);
    mail.unrecorded = true;
    metrics_mail(&mail, 1);
    ck_assert_double_eq(value("patchmark_mails_unremembered_total"), 1);
}
END_TEST

START_TEST(a_further_copy_counts_as_such) {
    support_read(&mail, PLAIN, -1);
    metrics_mail(&mail, 1);
    ck_assert_double_eq(value("patchmark_mails_total{kind=\"copy\"}"), 1);
    ck_assert_double_eq(value("patchmark_mails_total{kind=\"patch\"}"), 0);
}
END_TEST

START_TEST(a_mail_past_a_limit_is_truncated) {
    char *raw = malloc(LIMIT_MAIL_BYTES + 200);

    run_mail(PLAIN, 1);
    ck_assert_double_eq(value("patchmark_mails_truncated_total"), 0);
    strcpy(raw, PLAIN);
    memset(raw + strlen(PLAIN), 'x', LIMIT_MAIL_BYTES);
    raw[strlen(PLAIN) + LIMIT_MAIL_BYTES] = '\0';
    run_mail(raw, 1);
    ck_assert_double_eq(value("patchmark_mails_truncated_total"), 1);
    free(raw);
}
END_TEST

/* A failure of the store for one mail is not counted for the next. */
START_TEST(a_failure_of_the_store_counts_for_one_mail) {
    mail.unrecorded = true;
    support_read(&mail, PLAIN, -1);
    metrics_mail(&mail, 1);
    ck_assert_double_eq(value("patchmark_mails_unremembered_total"), 0);
}
END_TEST

/* ---- events, plugins, sinks --------------------------------------------------------------- */

START_TEST(events_are_counted_by_type) {
    unsigned counts[METRICS_TYPES] = {0};

    counts[metrics_type(EVENT_MESSAGE_SEEN)] = 3;
    counts[metrics_type(EVENT_SERVICE_STATUS)] = 1;
    counts[metrics_type("patchmark.message.seen.v2")] = 5;
    metrics_events(counts);
    ck_assert_double_eq(value("patchmark_events_total{type=\"patchmark.message.seen.v1\"}"), 3);
    ck_assert_double_eq(value("patchmark_events_total{type=\"patchmark.service.status.v1\"}"), 1);
    ck_assert_double_eq(value("patchmark_events_total{type=\"patchmark.pull.requested.v1\"}"), 0);
    ck_assert_double_eq(value("patchmark_events_total{type=\"other\"}"), 5);
}
END_TEST

START_TEST(calls_of_plugins_and_their_failures_are_counted) {
    run_mail(PLAIN, 1);
    run_mail("From: a@example.org\nSubject: fail\n\nhello\n", 1);
    ck_assert_double_eq(value("patchmark_plugin_calls_total{plugin=\"kind\"}"), 2);
    ck_assert_double_eq(value("patchmark_plugin_failures_total{plugin=\"kind\"}"), 1);
    ck_assert_double_gt(value("patchmark_plugin_seconds_total{plugin=\"kind\"}"), 0);
    ck_assert_double_eq(value("patchmark_plugin_off{plugin=\"kind\"}"), 0);
    for (int i = 0; i < LIMIT_PLUGIN_FAILURES; i++)
        run_mail("From: a@example.org\nSubject: fail\n\nhello\n", 1);
    ck_assert_double_eq(value("patchmark_plugin_off{plugin=\"kind\"}"), 1);
}
END_TEST

START_TEST(counters_of_plugins_are_exported) {
    struct patchmark_instance *instance =
        pipeline_instance(pipeline, pipeline_instance_count(pipeline) - 1);

    ck_assert_str_eq(instance_name(instance), "sink");
    patchmark_count(instance, "refused", 3);
    ck_assert_double_eq(value("patchmark_plugin_events_total{plugin=\"sink\",what=\"refused\"}"),
                        3);
    ck_assert_double_eq(value("patchmark_plugin_events_total{plugin=\"sink\",what=\"sent\"}"), 0);
}
END_TEST

START_TEST(a_sink_has_metrics) {
    struct metrics_sink sink = {
        .name = "redis", .waiting = 7, .oldest = 60, .accepted = 9, .lost = 2};

    moment.sinks = &sink;
    moment.sink_count = 1;
    ck_assert_double_eq(value("patchmark_sink_up{sink=\"redis\"}"), 0);
    ck_assert_double_eq(value("patchmark_sink_waiting_events{sink=\"redis\"}"), 7);
    ck_assert_double_eq(value("patchmark_sink_oldest_seconds{sink=\"redis\"}"), 60);
    ck_assert_double_eq(value("patchmark_sink_events_total{sink=\"redis\"}"), 9);
    ck_assert_double_eq(value("patchmark_sink_lost_events_total{sink=\"redis\"}"), 2);
}
END_TEST

/* ---- the daemon --------------------------------------------------------------------------- */

START_TEST(unknown_values_have_no_metric) {
    struct prometheus *all = now();

    ck_assert(isnan(prometheus_get(all, "patchmark_outbox_bytes")));
    ck_assert(isnan(prometheus_get(all, "patchmark_store_log_bytes")));
    ck_assert(isnan(prometheus_get(all, "patchmark_store_room_bytes")));
    /* A metric without samples has no HELP and TYPE lines either. */
    for (size_t i = 0; i < all->family_count; i++)
        ck_assert_ptr_null(strstr(all->families[i], "sink"));
    free(all);
    moment.outbox_bytes = 0;
    moment.log_bytes = 300 * 1024 * 1024;
    ck_assert_double_eq(value("patchmark_outbox_bytes"), 0);
    ck_assert_double_eq(value("patchmark_store_log_bytes"), 314572800);
    moment.room_bytes = 4096;
    ck_assert_double_eq(value("patchmark_store_room_bytes"), 4096);
}
END_TEST

START_TEST(a_failed_reload_is_reported_until_one_succeeds) {
    double started = value("patchmark_configuration_timestamp_seconds");

    ck_assert_double_eq(value("patchmark_reload_good"), 1);
    metrics_reload(false);
    ck_assert_double_eq(value("patchmark_reload_good"), 0);
    ck_assert_double_eq(value("patchmark_configuration_timestamp_seconds"), started);
    metrics_reload(true);
    ck_assert_double_eq(value("patchmark_reload_good"), 1);
    ck_assert_double_ge(value("patchmark_configuration_timestamp_seconds"), started);
    ck_assert_double_eq(value("patchmark_reloads_total"), 1);
    ck_assert_double_eq(value("patchmark_reloads_failed_total"), 1);
}
END_TEST

START_TEST(the_process_has_metrics) {
    double before = value("patchmark_open_fds");
    int file = dup(0);

    ck_assert_double_eq(value("patchmark_open_fds"), before + 1);
    close(file);
    ck_assert_double_gt(value("patchmark_resident_memory_bytes"), 1e6);
    ck_assert_double_le(value("patchmark_start_time_seconds"), (double)time(NULL));
    ck_assert_double_ge(value("patchmark_start_time_seconds"), (double)time(NULL) - 60);
    ck_assert_double_eq(value("patchmark_build_info{version=\"" PACKAGE_VERSION "\"}"), 1);
    moment.store_up = false;
    ck_assert_double_eq(value("patchmark_store_up"), 0);
}
END_TEST

SUITE(metrics_suite) {
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_text_is_valid_for_prometheus);
    tcase_add_test(tests, counters_only_grow);
    tcase_add_test(tests, no_label_value_needs_escapes);
    tcase_add_test(tests, the_histogram_is_cumulative);
    tcase_add_test(tests, mails_are_counted_by_kind_and_by_defects);
    tcase_add_test(tests, a_further_copy_counts_as_such);
    tcase_add_test(tests, a_mail_past_a_limit_is_truncated);
    tcase_add_test(tests, a_failure_of_the_store_counts_for_one_mail);
    tcase_add_test(tests, events_are_counted_by_type);
    tcase_add_test(tests, calls_of_plugins_and_their_failures_are_counted);
    tcase_add_test(tests, counters_of_plugins_are_exported);
    tcase_add_test(tests, a_sink_has_metrics);
    tcase_add_test(tests, unknown_values_have_no_metric);
    tcase_add_test(tests, a_failed_reload_is_reported_until_one_succeeds);
    tcase_add_test(tests, the_process_has_metrics);
    suite_add_tcase(suite, tests);
    return suite;
}
