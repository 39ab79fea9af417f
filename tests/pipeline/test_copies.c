/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_copies.c - which mails are recognised as further copies of one that a list manager sends
 * out, and what they get.
 */
#include "support/support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct mail mail;
static struct pipeline *pipeline;
static struct store *store;
static int classified; /* calls of the plugin */

#define HOST "list \"open.example.org\" { address = \"open@example.org\" }\n"

/* ---- a plugin ----------------------------------------------------------------------------- */

static const struct patchmark_fact series_facts[] = {
    {"id", PATCHMARK_STRING, "", NULL},
    {"part", PATCHMARK_INT, "", NULL},
    {0},
};

/* The part differs from mail to mail, so that header fields which are equal were not made anew. */
static int classify_series(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    (void)self, (void)message;
    patchmark_fact_set_string(facts, "id", "s1-aaaaaaaaaaaaaaaa");
    return patchmark_fact_set_int(facts, "part", ++classified);
}

static struct patchmark_plugin series = {
    PLUGIN_SIZES,           .name = "series",         .version = "1",
    .summary = "for tests", .provides = series_facts, .classify = classify_series,
};

static struct pipeline *pipeline_make(const char *text) {
    struct patchmark_plugin *plugins[] = {&series, NULL};
    struct pipeline *made = pipeline_new(support_configuration(text, plugins));

    ck_assert_ptr_nonnull(made);
    return made;
}

static void setup(void) {
    support_folder_make();
    support_log_start();
    support_mail_init(&mail);
    pipeline = pipeline_make(HOST);
    store = store_open(support_folder);
    ck_assert_ptr_nonnull(store);
}

static void teardown(void) {
    mail_free(&mail);
    pipeline_release(pipeline);
    store_close(store);
    support_folder_remove();
}

/* ---- a mail ------------------------------------------------------------------------------- */

#define FIELDS                                                                        \
    "From: Ann <ann@example.net>\nMessage-ID: <1@example.net>\nSubject: [open] one\n" \
    "List-Id: <open.example.org>\nTo: open@example.org\n"
#define TEXT "A line of text.\n"
#define MAIL FIELDS "\n" TEXT

/* Processes RAW as a session does.  Returns true if it was recognised as a copy. */
static bool pass(const char *raw, bool local, const char *recipient) {
    const struct configuration *configuration = pipeline_configuration(pipeline);

    mail_reset(&mail);
    mail.local = local;
    if (recipient)
        mail.recipients[mail.recipient_count++] =
            configuration_list_by_address(configuration, recipient);
    message_load(mail.message, support_text(raw));
    if (pipeline_recall(pipeline, &mail))
        return true;
    message_parse(mail.message, 1700000000);
    pipeline_run(pipeline, store, &mail);
    return false;
}

static void headers_write(char text[500]) {
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < mail.header_count; i++)
        length += (size_t)snprintf(text + length, 500 - length, "%s: %s\n", mail.headers[i].name,
                                   mail.headers[i].value);
}

/* ---- which mails are copies --------------------------------------------------------------- */

static const struct {
    const char *reason, *raw;
    bool is_copy;
} copies[] = {
    {"the same mail", MAIL, true},
    {"it came another way", "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\n" MAIL, true},
    {"VERP", "Return-Path: <open-bounces+reader=example.net@example.org>\n" MAIL, true},
    {"it was signed", "DKIM-Signature: v=1; b=abc\nARC-Seal: i=1; b=abc\n" MAIL, true},
    {"it was delivered to another subscriber",
     "Delivered-To: reader@example.net\nX-Original-To: reader@example.net\n" MAIL, true},
    {"the subscriber's own link", FIELDS "List-Unsubscribe: <https://example.org/u/7>\n\n" TEXT,
     true},
    {"lines end with CR LF",
     "From: Ann <ann@example.net>\r\nMessage-ID: <1@example.net>\r\nSubject: [open] one\r\n"
     "List-Id: <open.example.org>\r\nTo: open@example.org\r\n\r\nA line of text.\r\n",
     true},
    {"another body", FIELDS "\nA line of test.\n", false},
    {"a longer body", MAIL "and more\n", false},
    {"no body", FIELDS "\n", false},
    {"another author",
     "From: Eve <eve@example.com>\nMessage-ID: <1@example.net>\nSubject: [open] one\n"
     "List-Id: <open.example.org>\nTo: open@example.org\n\n" TEXT,
     false},
    {"another Subject",
     "From: Ann <ann@example.net>\nMessage-ID: <1@example.net>\nSubject: [open] two\n"
     "List-Id: <open.example.org>\nTo: open@example.org\n\n" TEXT,
     false},
    {"another Message-ID",
     "From: Ann <ann@example.net>\nMessage-ID: <2@example.net>\nSubject: [open] one\n"
     "List-Id: <open.example.org>\nTo: open@example.org\n\n" TEXT,
     false},
    {"another list",
     "From: Ann <ann@example.net>\nMessage-ID: <1@example.net>\nSubject: [open] one\n"
     "List-Id: <second.example.org>\nTo: open@example.org\n\n" TEXT,
     false},
    {"the subscriber in To",
     "From: Ann <ann@example.net>\nMessage-ID: <1@example.net>\nSubject: [open] one\n"
     "List-Id: <open.example.org>\nTo: reader@example.net\n\n" TEXT,
     false},
    {"no List-Id",
     "From: Ann <ann@example.net>\nMessage-ID: <1@example.net>\nSubject: [open] one\n"
     "To: open@example.org\n\n" TEXT,
     false},
    {"a further field", "X-Other: text\n" MAIL, false},
    {"a field twice", "Subject: [open] one\n" MAIL, false},
};

START_TEST(copies_are_recognised) {
    char first[500], second[500];

    ck_assert(!pass(MAIL, true, NULL));
    headers_write(first);
    ck_assert_ptr_nonnull(strstr(first, "Patchmark-Part: 1"));
    ck_assert_msg(pass(copies[_i].raw, true, NULL) == copies[_i].is_copy, "%s", copies[_i].reason);
    headers_write(second);
    ck_assert_msg((strcmp(first, second) == 0) == copies[_i].is_copy, "%s: %s", copies[_i].reason,
                  second);
    ck_assert_int_eq(classified, copies[_i].is_copy ? 1 : 2);
    ck_assert(mail.seen_before || !copies[_i].is_copy);
    ck_assert_uint_eq(mail.event_count > 0, classified == 2 && !mail.seen_before);
}
END_TEST

START_TEST(a_copy_causes_nothing) {
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert_uint_gt(mail.event_count, 0);
    for (int i = 0; i < 3; i++) {
        ck_assert(pass(MAIL, true, NULL));
        ck_assert_ptr_null(mail.facts);
        ck_assert_uint_eq(mail.event_count, 0);
        ck_assert(!mail.disputed && !mail.unrecorded);
    }
}
END_TEST

/* ---- who can send a copy ------------------------------------------------------------------ */

START_TEST(only_a_list_manager_sends_copies) {
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert(!pass(MAIL, false, NULL));              /* not a local client */
    ck_assert(!pass(MAIL, true, "open@example.org")); /* it goes to a list */
    ck_assert(pass(MAIL, true, NULL));
}
END_TEST

START_TEST(the_judgement_of_another_client_is_not_kept) {
    ck_assert(!pass(MAIL, false, NULL));
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert(pass(MAIL, true, NULL));
}
END_TEST

START_TEST(the_judgement_on_the_way_to_the_list_is_not_kept) {
    ck_assert(!pass(MAIL, true, "open@example.org"));
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert(pass(MAIL, true, NULL));
}
END_TEST

/* A host may have a List-Id that counts for nobody. */
START_TEST(a_mail_of_no_list_is_judged_each_time) {
    static const char foreign[] = "List-Id: <foreign.example>\nMessage-ID: <1@x>\n\n" TEXT;

    ck_assert(!pass(foreign, true, NULL));
    ck_assert(!pass(foreign, true, NULL));
}
END_TEST

/* ---- how long a judgement is kept --------------------------------------------------------- */

START_TEST(another_configuration_judges_anew) {
    ck_assert(!pass(MAIL, true, NULL));
    pipeline_release(pipeline);
    pipeline = pipeline_make(HOST "prefix = \"X-Patchmark-\"\n");
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert(pass(MAIL, true, NULL));
    ck_assert_str_eq(mail.headers[0].name, "X-Patchmark-Kind");
}
END_TEST

static void pass_others(int count) {
    char raw[300];

    for (int i = 0; i < count; i++) {
        snprintf(raw, sizeof(raw), "List-Id: <open.example.org>\nMessage-ID: <o%d@x>\n\n" TEXT, i);
        ck_assert(!pass(raw, true, NULL));
    }
}

START_TEST(the_newest_judgements_are_kept) {
    store_close(store); /* for speed */
    store = NULL;
    ck_assert(!pass(MAIL, true, NULL));
    pass_others(LIMIT_COPIES - 1);
    ck_assert(pass(MAIL, true, NULL));
    ck_assert(!pass("Subject: one more\n" MAIL, true, NULL));
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert(pass(MAIL, true, NULL));
}
END_TEST

/* If the mail was not recorded, its next copy has the events. */
START_TEST(a_mail_that_was_not_recorded_is_judged_again) {
    char path[300];

    store_close(store);
    store = NULL;
    snprintf(path, sizeof(path), "%s/patchmark.db", support_folder);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0); /* in its way */
    store = store_open_daemon(support_folder, STORE_DURABILITY_NORMAL);
    ck_assert_ptr_nonnull(store);
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert(mail.unrecorded);
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert_int_eq(rmdir(path), 0);
    for (int i = 0; i < 100 && mail.unrecorded; i++) {
        usleep(100000);
        ck_assert(!pass(MAIL, true, NULL));
    }
    ck_assert(!mail.unrecorded);
    ck_assert_uint_gt(mail.event_count, 0);
    ck_assert(pass(MAIL, true, NULL));
}
END_TEST

/* ---- header fields ------------------------------------------------------------------------ */

START_TEST(a_copy_has_no_header_fields_if_the_mail_has_none) {
    pipeline_release(pipeline);
    pipeline = pipeline_make(
        "list \"open.example.org\" { address = \"open@example.org\" annotate = false }");
    ck_assert(!pass(MAIL, true, NULL));
    ck_assert(pass(MAIL, true, NULL));
    ck_assert_uint_eq(mail.header_count, 0);
}
END_TEST

SUITE(copies_suite) {
    Suite *suite = suite_create("copies");
    TCase *tests = tcase_create("copies");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, copies_are_recognised, 0, COUNT(copies));
    tcase_add_test(tests, a_copy_causes_nothing);
    tcase_add_test(tests, only_a_list_manager_sends_copies);
    tcase_add_test(tests, the_judgement_of_another_client_is_not_kept);
    tcase_add_test(tests, the_judgement_on_the_way_to_the_list_is_not_kept);
    tcase_add_test(tests, a_mail_of_no_list_is_judged_each_time);
    tcase_add_test(tests, another_configuration_judges_anew);
    tcase_add_test(tests, the_newest_judgements_are_kept);
    tcase_add_test(tests, a_mail_that_was_not_recorded_is_judged_again);
    tcase_add_test(tests, a_copy_has_no_header_fields_if_the_mail_has_none);
    suite_add_tcase(suite, tests);
    return suite;
}
