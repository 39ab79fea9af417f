/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_list_watch.c - the warning that a list receives mail and none of it is seen going out.
 */
#include "support/support.h"

#include "pipeline/list-watch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HOST                                                                                 \
    "list \"*.pattern.example\" { annotate = false }\n"                                      \
    "list \"open.example.org\" { address = \"open@example.org\" }\n"                         \
    "list \"second.example.org\" { address = \"second@example.org\" }\n"                     \
    "list \"closed.example.org\" { address = \"closed@example.org\" publish = false }\n"     \
    "list \"early.example.org\" { address = \"early@example.org\" events = \"received\" }\n" \
    "lists = { \"foreign.example\" }\n"

#define START   INT64_C(1700000000)
#define WARNING "and none was seen going out"

static struct mail mail;
static struct configuration *configuration;
static struct list_watch *watch;
static int64_t now;

static void setup(void) {
    support_mail_init(&mail);
    support_log_start();
    configuration = support_configuration(HOST, NULL);
    watch = list_watch_new(configuration);
    ck_assert_ptr_nonnull(watch);
    now = START;
}

static void teardown(void) {
    list_watch_free(watch);
    configuration_free(configuration);
    mail_free(&mail);
}

/* Notes COUNT mails, each SECONDS after the one before, of the list LIST as `struct mail` has it.
 */
static void note(const char *list, bool posted, int count, int seconds) {
    const struct configuration_list *section = configuration_list_by_id(configuration, list);

    for (int i = 0; i < count; i++) {
        mail_reset(&mail);
        mail.lists[mail.list_count++] = (struct mail_list){.id = list,
                                                           .section = section,
                                                           .closed = section && !section->publish,
                                                           .posted = posted};
        list_watch_note(watch, &mail, now);
        now += seconds;
    }
}

static void receive(int count, int seconds) {
    note("open.example.org", false, count, seconds);
}

#define MANY (LIST_WATCH_MAILS - 1)
#define SPAN (LIST_WATCH_SECONDS / MANY) /* between two mails */

START_TEST(a_list_that_sends_nothing_out_is_reported_once) {
    receive(MANY, SPAN);
    ck_assert_uint_eq(support_logged("\n"), 0);
    receive(1, SPAN);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_uint_eq(support_logged("list open.example.org has received 10 mails, " WARNING), 1);
    ck_assert_uint_eq(support_logged("let the MTA pass what the list manager sends out to the "
                                     "milter, too, or set events = \"received\" for this list; "),
                      1);
    receive(50, 10 * SPAN);
    ck_assert_uint_eq(support_logged("\n"), 1);
}
END_TEST

START_TEST(a_burst_is_no_reason) {
    receive(50, 10);
    ck_assert_uint_eq(support_logged("\n"), 0);
    now = START + LIST_WATCH_SECONDS - 1;
    receive(1, 1);
    ck_assert_uint_eq(support_logged("\n"), 0);
    receive(1, 1);
    ck_assert_uint_eq(support_logged("has received 52 mails"), 1);
}
END_TEST

START_TEST(few_mails_are_no_reason) {
    receive(MANY, 100 * SPAN);
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

START_TEST(a_mail_that_goes_out_starts_the_count_again) {
    receive(MANY, SPAN);
    note("open.example.org", true, 1, SPAN);
    receive(MANY, SPAN);
    note("open.example.org", true, 1, SPAN);
    ck_assert_uint_eq(support_logged("\n"), 0);
    receive(MANY + 1, SPAN);
    ck_assert_uint_eq(support_logged(WARNING), 1);
    /* It is not reported again. */
    note("open.example.org", true, 1, SPAN);
    receive(MANY + 1, SPAN);
    ck_assert_uint_eq(support_logged(WARNING), 1);
}
END_TEST

START_TEST(a_clock_that_goes_back_is_no_reason) {
    receive(MANY, 0);
    now -= 100 * LIST_WATCH_SECONDS;
    receive(MANY, SPAN);
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

START_TEST(each_list_is_counted_by_itself) {
    for (int i = 0; i < MANY; i++) {
        note("open.example.org", false, 1, SPAN);
        note("second.example.org", false, 1, SPAN);
        note("second.example.org", true, 1, 0);
    }
    ck_assert_uint_eq(support_logged("\n"), 0);
    receive(1, SPAN);
    ck_assert_uint_eq(support_logged("\n"), 1);
    note("second.example.org", false, MANY + 1, SPAN);
    ck_assert_uint_eq(support_logged("list second.example.org"), 1);
}
END_TEST

static const char *const quiet[] = {
    "closed.example.org", /* never has events */
    "early.example.org",  /* has them already */
    "foreign.example",    /* is not a list of this host */
};

START_TEST(other_lists_are_not_watched) {
    note(quiet[_i], false, 3 * LIST_WATCH_MAILS, SPAN);
    ck_assert_msg(support_logged("\n") == 0, "%s", quiet[_i]);
}
END_TEST

/* By the way of a mail: its recipients and its List-Id. */
START_TEST(the_pipeline_counts_mails) {
    struct pipeline *pipeline = pipeline_new(support_configuration(HOST, NULL));
    const struct configuration_list *list =
        configuration_list_by_address(pipeline_configuration(pipeline), "open@example.org");

    for (int i = 0; i < 3 * LIST_WATCH_MAILS; i++) {
        support_read(&mail, "From: a@example.org\n\n", START + i * SPAN);
        mail.default_list = NULL;
        mail.local = i % 2;
        mail.recipients[mail.recipient_count++] = list;
        pipeline_run(pipeline, NULL, &mail);
        if (i % 5 == 0 && i < 2 * LIST_WATCH_MAILS) {
            support_read(&mail, "List-Id: <open.example.org>\n\n", START + i * SPAN);
            pipeline_run(pipeline, NULL, &mail);
        }
        ck_assert_uint_eq(support_logged(WARNING), i >= 15 + LIST_WATCH_MAILS);
    }
    pipeline_release(pipeline);
}
END_TEST

SUITE(list_watch_suite) {
    Suite *suite = suite_create("list_watch");
    TCase *tests = tcase_create("list_watch");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_list_that_sends_nothing_out_is_reported_once);
    tcase_add_test(tests, a_burst_is_no_reason);
    tcase_add_test(tests, few_mails_are_no_reason);
    tcase_add_test(tests, a_mail_that_goes_out_starts_the_count_again);
    tcase_add_test(tests, a_clock_that_goes_back_is_no_reason);
    tcase_add_test(tests, each_list_is_counted_by_itself);
    tcase_add_loop_test(tests, other_lists_are_not_watched, 0, COUNT(quiet));
    tcase_add_test(tests, the_pipeline_counts_mails);
    suite_add_tcase(suite, tests);
    return suite;
}
