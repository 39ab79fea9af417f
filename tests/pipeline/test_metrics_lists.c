/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_metrics_lists.c - the mails of each open list: bounded, whatever List-Ids senders write, and
 * without the name of a closed list.
 */
#include "support/local.h"

#define TESTS               lists
#define metrics_lists_count LOCAL(metrics_lists_count)
#define metrics_lists_write LOCAL(metrics_lists_write)

#include <stdint.h>

#include "util/clock.h"

static int64_t set_clock(void);
#define clock_milliseconds set_clock
#include "pipeline/metrics-lists.c"
#undef clock_milliseconds

#include "support/prometheus.h"
#include "support/support.h"

#define PATCH 0 /* in metrics_kinds */
#define REPLY 3

static int64_t time_ms = 1000000;
static struct configuration *configuration;

static int64_t set_clock(void) {
    return time_ms;
}

static void setup(void) {
    support_log_start();
    configuration = NULL;
}

static void teardown(void) {
    configuration_free(configuration);
}

static void configure(const char *text) {
    configuration_free(configuration);
    configuration = support_configuration(text, NULL);
}

static void mails(const struct mail_list *list, size_t kind, int count) {
    struct mail mail = {.lists = {*list}, .list_count = 1};

    for (int i = 0; i < count; i++)
        metrics_lists_count(&mail, kind);
}

/* Mails with a List-Id that is not that of a list of this host. */
static void seen(const char *id, int count) {
    mails(&(struct mail_list){.id = id}, PATCH, count);
}

static char *text_now(void) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    metrics_lists_write(out, configuration);
    fclose(out);
    return text;
}

/* Returns the mails of a list; -1 if it is not there.  LABEL is the list as its label is written.
 */
static int mails_of_label(const char *label, const char *kind) {
    char *text = text_now(), name[600];
    struct prometheus *all = prometheus_read(text);
    double found;

    snprintf(name, sizeof(name), "patchmark_list_mails_total{list=\"%s\",kind=\"%s\"}", label,
             kind);
    found = prometheus_get(all, name);
    free(all);
    free(text);
    return isnan(found) ? -1 : (int)found;
}

static int patches_of(const char *label) {
    return mails_of_label(label, "patch");
}

#define TWO_LISTS                                                  \
    "list \"kvm.example.org\" { address = \"kvm@example.org\" }\n" \
    "list \"qemu.example.org\" { address = \"qemu@example.org\" }\n"

START_TEST(lists_of_this_host_are_there_from_the_start) {
    configure(TWO_LISTS "list \"*.pattern.example.org\" { annotate = false }\n");
    ck_assert_int_eq(patches_of("kvm.example.org"), 0);
    ck_assert_int_eq(mails_of_label("qemu.example.org", "report"), 0);
    ck_assert_int_eq(patches_of("*.pattern.example.org"), -1);
    ck_assert_int_eq(patches_of("other"), 0);
    /* A further copy is not looked at, so its list is not known. */
    ck_assert_int_eq(mails_of_label("kvm.example.org", "copy"), -1);
}
END_TEST

START_TEST(a_mail_counts_for_each_of_its_open_lists) {
    struct mail mail = {.lists = {{.id = "kvm.example.org"},
                                  {.id = "far.example.com"},
                                  {.id = "board.example.org", .closed = true}},
                        .list_count = 3};

    configure(TWO_LISTS);
    mail.lists[0].section = configuration_list_by_id(configuration, "kvm.example.org");
    metrics_lists_count(&mail, PATCH);
    metrics_lists_count(&mail, REPLY);
    metrics_lists_count(&mail, REPLY);
    ck_assert_int_eq(patches_of("kvm.example.org"), 1);
    ck_assert_int_eq(mails_of_label("kvm.example.org", "reply"), 2);
    ck_assert_int_eq(patches_of("far.example.com"), 1);
    ck_assert_int_eq(patches_of("qemu.example.org"), 0);
    ck_assert_int_eq(patches_of("other"), 0);
}
END_TEST

START_TEST(a_closed_list_appears_nowhere) {
    char *text;

    configure(TWO_LISTS "list \"board.example.org\" { address = \"board@example.org\""
                        " publish = false }\n");
    mails(&(struct mail_list){.id = "board.example.org",
                              .section =
                                  configuration_list_by_id(configuration, "board.example.org"),
                              .closed = true},
          PATCH, 3);
    text = text_now();
    ck_assert_ptr_null(strstr(text, "board"));
    ck_assert_int_eq(patches_of("other"), 0);
    free(text);
}
END_TEST

/* The reload that closes a list also ends what the metrics said of it. */
START_TEST(a_list_that_was_open_before_is_gone) {
    char *text;

    configure(TWO_LISTS);
    seen("kvm.example.org", 3);
    ck_assert_int_eq(patches_of("kvm.example.org"), 3);
    configure("list \"qemu.example.org\" { address = \"qemu@example.org\" }\n"
              "list \"kvm.example.org\" { address = \"kvm@example.org\" publish = false }\n");
    text = text_now();
    ck_assert_ptr_null(strstr(text, "kvm"));
    ck_assert_int_eq(patches_of("other"), 0);
    ck_assert_int_eq(patches_of("qemu.example.org"), 0);
    free(text);
}
END_TEST

/* prometheus_read fails the test if the text is not valid; Prometheus refuses two samples of one
 * name. */
START_TEST(labels_are_escaped_and_distinct) {
    configure("list \"m\xc3\xbcll.example.org\" { address = \"m@example.org\" }\n");
    seen("a\"} 1 #.example.org", 1);
    ck_assert_int_eq(patches_of("a\\\"} 1 #.example.org"), 1);
    ck_assert_int_eq(patches_of("m\\\\xc3\\\\xbcll.example.org"), 0);
    seen("m\\xc3\\xbcll.example.org", 1);
    seen("other", 1);
    seen("", 1);
    ck_assert_int_eq(patches_of("m\\\\xc3\\\\xbcll.example.org"), 0);
    ck_assert_int_eq(patches_of("other"), 3);
}
END_TEST

/* Its mail is counted as that of lists for which there is no room. */
START_TEST(a_list_that_cannot_be_a_label_hides_no_other) {
    configure("list \"other\" { address = \"other@example.org\" }\n" TWO_LISTS);
    ck_assert_int_eq(patches_of("other"), 0);
    ck_assert_int_eq(patches_of("kvm.example.org"), 0);
    ck_assert_int_eq(patches_of("qemu.example.org"), 0);
}
END_TEST

START_TEST(a_list_id_has_at_most_255_bytes) {
    char id[LIST_ID_BYTES + 1];

    configure("");
    memset(id, 'a', sizeof(id));
    id[255] = '\0';
    seen(id, 1);
    ck_assert_int_eq(patches_of(id), 1);
    id[255] = 'a';
    id[256] = '\0';
    seen(id, 1);
    ck_assert_int_eq(patches_of("other"), 1);
}
END_TEST

static void forge(int first, int count) {
    char id[64];

    for (int i = first; i < first + count; i++) {
        snprintf(id, sizeof(id), "forged-%d.example.net", i);
        seen(id, 1);
    }
}

/* The table does not grow, and lists that are in use stay in it; nothing is counted twice or lost.
 */
START_TEST(a_flood_of_list_ids_is_counted_as_other) {
    char *text;
    size_t lines = 0;

    configure(TWO_LISTS);
    free(text_now());
    seen("netdev.example.com", 5);
    forge(0, 100000);
    text = text_now();
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    free(text);
    ck_assert_uint_eq(table.count, METRICS_LISTS);
    ck_assert_uint_le(lines, 2 + (METRICS_LISTS + 1) * (METRICS_KINDS - 1));
    ck_assert_int_eq(patches_of("kvm.example.org"), 0);
    ck_assert_int_eq(patches_of("netdev.example.com"), 5);
    ck_assert_int_eq(patches_of("other"), 100000 - (METRICS_LISTS - 3));
}
END_TEST

/* After the flood, new lists displace what it has left, the list with the fewest mails first, and
 * lists of this host at once. */
START_TEST(idle_lists_give_way) {
    configure("");
    seen("netdev.example.com", 5);
    forge(0, METRICS_LISTS - 1);
    seen("late.example.com", 1);
    ck_assert_int_eq(patches_of("late.example.com"), -1);
    time_ms += METRICS_LIST_IDLE_MS + 1;
    for (int i = 1; i < METRICS_LISTS; i++) {
        char id[64];

        snprintf(id, sizeof(id), "real-%d.example.com", i);
        seen(id, 2);
    }
    ck_assert_int_eq(patches_of("late.example.com"), -1);
    ck_assert_int_eq(patches_of("real-1.example.com"), 2);
    ck_assert_int_eq(patches_of("real-199.example.com"), 2);
    ck_assert_int_eq(patches_of("netdev.example.com"), 5);
    ck_assert_int_eq(patches_of("other"), METRICS_LISTS);
    configure(TWO_LISTS);
    ck_assert_int_eq(patches_of("kvm.example.org"), 0);
    ck_assert_int_eq(patches_of("qemu.example.org"), 0);
    ck_assert_int_eq(patches_of("other"), METRICS_LISTS + 4);
    /* They stay, however little mail they have. */
    time_ms += METRICS_LIST_IDLE_MS + 1;
    forge(1000, 1000);
    ck_assert_int_eq(patches_of("kvm.example.org"), 0);
}
END_TEST

SUITE(metrics_lists_suite) {
    Suite *suite = suite_create("metrics of lists");
    TCase *tests = tcase_create("lists");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, lists_of_this_host_are_there_from_the_start);
    tcase_add_test(tests, a_mail_counts_for_each_of_its_open_lists);
    tcase_add_test(tests, a_closed_list_appears_nowhere);
    tcase_add_test(tests, a_list_that_was_open_before_is_gone);
    tcase_add_test(tests, labels_are_escaped_and_distinct);
    tcase_add_test(tests, a_list_that_cannot_be_a_label_hides_no_other);
    tcase_add_test(tests, a_list_id_has_at_most_255_bytes);
    tcase_add_test(tests, a_flood_of_list_ids_is_counted_as_other);
    tcase_add_test(tests, idle_lists_give_way);
    suite_add_tcase(suite, tests);
    return suite;
}
