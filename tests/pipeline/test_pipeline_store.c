/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_pipeline_store.c - index and outbox after a mail, and the options of lists.
 */
#include "support/support.h"

#include "store/index.h"
#include "store/outbox.h"

#define MAIL   "From: a@example.org\nMessage-ID: <1@example.org>\nList-Id: <kvm.example.org>\n\n"
#define SERIES "s1-aaaaaaaaaaaaaaaa"

static struct mail mail;
static struct pipeline *pipeline;
static struct store *store;
static int plain_calls;

static void setup(void) {
    support_folder_make();
    support_mail_init(&mail);
    support_log_start();
}

static void teardown(void) {
    mail_free(&mail);
    pipeline_release(pipeline);
    store_close(store);
    support_folder_remove();
}

/* ---- plugins ------------------------------------------------------------------------------ */

static const struct patchmark_fact series_facts[] = {
    {"id", PATCHMARK_STRING, "", NULL},
    {"part", PATCHMARK_INT, "", NULL},
    {"known", PATCHMARK_BOOL, "", NULL},
    {0},
};

/* The mail is a part of the series if its Subject is a number, the part; otherwise it is a reply.
 */
static int classify_series(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    const char *subject = patchmark_message_header(message, "Subject", 0);
    struct patchmark_known known = {.struct_size = sizeof(known)};

    (void)self;
    patchmark_fact_set_string(facts, "id", SERIES);
    if (subject && *subject >= '0' && *subject <= '9')
        patchmark_fact_set_int(facts, "part", *subject - '0');
    if (patchmark_index_message(message, "1@example.org", &known)) {
        patchmark_fact_set_bool(facts, "known", true);
        ck_assert_str_eq(known.series, SERIES);
    }
    return 0;
}

static struct patchmark_plugin series = {
    PLUGIN_SIZES,
    .traits = PATCHMARK_USES_INDEX,
    .name = "series",
    .version = "1",
    .summary = "for tests",
    .provides = series_facts,
    .classify = classify_series,
};

static int classify_plain(void *self, const struct patchmark_message *message,
                          struct patchmark_facts *facts) {
    (void)self, (void)message;
    plain_calls++;
    return patchmark_fact_set_bool(facts, "done", true);
}

static const struct patchmark_fact plain_facts[] = {{"done", PATCHMARK_BOOL, "", NULL}, {0}};

static struct patchmark_plugin plain = {
    PLUGIN_SIZES,
    .traits = PATCHMARK_PARALLEL,
    .name = "plain",
    .version = "1",
    .summary = "for tests",
    .provides = plain_facts,
    .classify = classify_plain,
};

static void use_store(const char *text) {
    struct patchmark_plugin *plugins[] = {&series, &plain, NULL};

    store = store_open(support_folder);
    ck_assert_ptr_nonnull(store);
    pipeline = pipeline_new(support_configuration(text, plugins));
    ck_assert_ptr_nonnull(pipeline);
}

/* Returns the types of all events in the outbox, without their common prefix and version, with a
 * space after each. */
static const char *outbox(void) {
    static char types[1024];
    struct outbox_event events[32];
    struct outbox_reader *reader = outbox_reader_open(store);
    int count = outbox_read(reader, 0, events, 32);
    size_t length = 0;

    ck_assert_int_ge(count, 0);
    types[0] = '\0';
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(types + length, sizeof(types) - length, "%s ",
                                   events[i].type + strlen("patchmark."));
    outbox_reader_close(reader);
    return types;
}

/* ---- index and outbox --------------------------------------------------------------------- */

START_TEST(a_mail_leaves_its_events_in_the_outbox) {
    struct outbox_event event;
    struct outbox_reader *reader;

    use_store("");
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    ck_assert_str_eq(outbox(), "message.seen.v1 message.posted.v1 series.opened.v1 ");
    ck_assert_uint_eq(mail.event_count, 3);
    ck_assert(!mail.seen_before);
    reader = outbox_reader_open(store);
    ck_assert_int_eq(outbox_read(reader, 2, &event, 1), 1);
    ck_assert_str_eq(event.id, mail.events[2].id);
    ck_assert_str_eq(event.subject, SERIES);
    ck_assert_str_eq(event.list, "kvm.example.org");
    ck_assert_str_eq(event.series, SERIES);
    ck_assert_str_eq(event.source, "https://host.example.org/patchmark");
    ck_assert_uint_eq(event.data_length, strlen(event.data));
    ck_assert_ptr_nonnull(strstr(event.data, "\"message\":{\"id\":\"1@example.org\""));
    ck_assert_int_gt(event.time, 1700000000);
    outbox_reader_close(reader);
}
END_TEST

START_TEST(a_mail_that_was_seen_before_makes_no_events) {
    use_store("");
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    support_classify(pipeline, store, &mail, "Received: again\nSubject: 1\n" MAIL);
    ck_assert(mail.seen_before);
    ck_assert_uint_eq(mail.event_count, 0);
    ck_assert_uint_eq(mail.header_count, 4); /* kind, series, part, info, as the first time */
    ck_assert_str_eq(outbox(), "message.seen.v1 message.posted.v1 series.opened.v1 ");
    /* Nor does one without Message-ID, whose events would have the same ids. */
    for (int i = 0; i < 2; i++)
        support_classify(pipeline, store, &mail, "From: a@example.org\nSubject: x\n\n");
    ck_assert_str_eq(outbox(), "message.seen.v1 message.posted.v1 series.opened.v1 "
                               "message.seen.v1 ");
}
END_TEST

/* Returns true if two events in the outbox have the same id. */
static bool has_repeated_ids(void) {
    struct outbox_event events[32];
    struct outbox_reader *reader = outbox_reader_open(store);
    int count = outbox_read(reader, 0, events, 32);
    bool repeated = false;

    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            repeated = repeated || strcmp(events[i].id, events[j].id) == 0;
    outbox_reader_close(reader);
    return repeated;
}

#define STRANGER "From: b@example.org\nMessage-ID: <1@example.org>\nList-Id: <kvm.example.org>\n\n"

/* A mail with the Message-ID of another sender's mail does not suppress the events of that mail;
 * the mail of each sender has its events once. */
START_TEST(a_disputed_message_id_makes_events_once_for_each_sender) {
    use_store("");
    support_classify(pipeline, store, &mail, "Subject: x\n" STRANGER);
    ck_assert(!mail.disputed);
    for (int i = 0; i < 3; i++) {
        support_classify(pipeline, store, &mail, "Subject: x\n" MAIL);
        ck_assert(mail.disputed);
        ck_assert_uint_eq(mail.event_count, i == 0 ? 2 : 0);
        support_classify(pipeline, store, &mail, "Subject: x\n" STRANGER);
        ck_assert(!mail.disputed);
        ck_assert_uint_eq(mail.event_count, 0);
    }
    ck_assert_str_eq(outbox(), "message.seen.v1 message.posted.v1 message.seen.v1 "
                               "message.posted.v1 ");
    support_classify(pipeline, store, &mail,
                     "Subject: x\nFrom: c@example.org\nMessage-ID: <1@example.org>\n\n");
    ck_assert_uint_eq(mail.event_count, 1);
    ck_assert(!has_repeated_ids());
}
END_TEST

/* Two mails without Message-ID are the same mail if From, Date and Subject are equal. */
START_TEST(mails_without_message_id_make_events_once_each) {
    static const char *const mails[] = {
        "From: a@example.org\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: x\n\n",
        "From: a@example.org\nDate: Mon, 1 Jan 2024 00:00:01 +0000\nSubject: x\n\n",
        "From: b@example.org\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: x\n\n",
        "From: a@example.org\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: y\n\n",
        "\n",
    };
    const size_t count = sizeof(mails) / sizeof(mails[0]);

    use_store("");
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < count; i++) {
            support_classify(pipeline, store, &mail, mails[i]);
            ck_assert_msg(mail.event_count == (round == 0), "mail %zu, round %zu", i, round);
        }
    ck_assert(!has_repeated_ids());
}
END_TEST

START_TEST(a_repeated_mail_is_known_after_a_restart) {
    static const char without[] = "From: a@example.org\nSubject: x\n\n";

    use_store("");
    support_classify(pipeline, store, &mail, "Subject: x\n" STRANGER);
    support_classify(pipeline, store, &mail, "Subject: x\n" MAIL);
    support_classify(pipeline, store, &mail, without);
    store_close(store);
    store = store_open(support_folder);
    support_classify(pipeline, store, &mail, "Subject: x\n" MAIL);
    ck_assert_uint_eq(mail.event_count, 0);
    support_classify(pipeline, store, &mail, without);
    ck_assert_uint_eq(mail.event_count, 0);
    ck_assert_str_eq(outbox(), "message.seen.v1 message.posted.v1 message.seen.v1 "
                               "message.posted.v1 message.seen.v1 ");
}
END_TEST

START_TEST(a_mail_without_message_id_belongs_to_no_series) {
    use_store("");
    support_classify(pipeline, store, &mail, "From: a@example.org\nSubject: 1\n\n");
    ck_assert(!mail.series_opened);
    ck_assert_str_eq(outbox(), "message.seen.v1 ");
}
END_TEST

START_TEST(an_unpublished_mail_has_its_events) {
    use_store("");
    support_read(&mail, "Subject: 1\n" MAIL, -1);
    mail.unpublished = true;
    pipeline_run(pipeline, store, &mail);
    ck_assert_uint_eq(mail.event_count, 3);
    ck_assert_str_eq(mail.events[2].type, "patchmark.series.opened.v1");
    ck_assert_str_eq(outbox(), "");
    /* It is recorded in the index. */
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    ck_assert(mail.seen_before);
}
END_TEST

/* A mail that is only judged finds earlier mails in a store that is read-only, and leaves nothing,
 * also in one that could be written. */
START_TEST(an_unchanging_mail_is_not_recorded) {
    struct store *readonly;

    use_store("");
    for (int i = 0; i < 2; i++) {
        support_read(&mail, "Subject: 2\n" MAIL, -1);
        mail.unchanging = true;
        pipeline_run(pipeline, store, &mail);
        ck_assert(!mail.seen_before);
        ck_assert(!patchmark_fact_is_set(mail.facts, "series.known"));
        ck_assert_uint_eq(mail.event_count, 0);
    }
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    readonly = store_open_readonly(support_folder);
    ck_assert_ptr_nonnull(readonly);
    support_read(&mail, "Subject: 1\n" MAIL, -1);
    mail.unchanging = true;
    pipeline_run(pipeline, readonly, &mail);
    store_close(readonly);
    ck_assert(mail.seen_before);
    ck_assert(!mail.unrecorded);
    ck_assert(patchmark_fact_bool(mail.facts, "series.known"));
    ck_assert_uint_gt(mail.header_count, 0);
    ck_assert_str_eq(outbox(), "message.seen.v1 message.posted.v1 series.opened.v1 ");
}
END_TEST

/* What the index learns of a mail does not depend on whether its events are derived. */
START_TEST(an_eventless_mail_is_recorded) {
    static const char *const mails[] = {"Subject: 1\n" MAIL, "From: a@example.org\n\n"};

    use_store("");
    for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
        support_read(&mail, mails[i], -1);
        mail.eventless = true;
        pipeline_run(pipeline, store, &mail);
        ck_assert_uint_eq(mail.event_count, 0);
        support_classify(pipeline, store, &mail, mails[i]);
        ck_assert(!mail.eventless);
        ck_assert_uint_eq(mail.event_count, 0); /* it was published before */
    }
    ck_assert_str_eq(outbox(), "");
}
END_TEST

START_TEST(a_series_is_opened_by_its_first_member) {
    use_store("");
    /* A reply to a patch that this host did not receive belongs to the series, but does not open
     * it. */
    support_classify(pipeline, store, &mail, "Message-ID: <9@example.org>\nSubject: Re: x\n\n");
    ck_assert_str_eq(outbox(), "message.seen.v1 ");
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    support_classify(pipeline, store, &mail, "Message-ID: <2@example.org>\nSubject: 2\n\n");
    ck_assert_str_eq(outbox(), "message.seen.v1 message.seen.v1 message.posted.v1 series.opened.v1 "
                               "message.seen.v1 ");
}
END_TEST

START_TEST(a_plugin_may_ask_the_index_while_the_store_is_held) {
    struct patchmark_known known = {.struct_size = sizeof(known)};

    use_store("");
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    ck_assert(!patchmark_fact_is_set(mail.facts, "series.known"));
    support_classify(pipeline, store, &mail, "Message-ID: <2@example.org>\n\n");
    ck_assert(patchmark_fact_bool(mail.facts, "series.known"));
    ck_assert(!patchmark_index_message(mail.message, "1@example.org",
                                       &known)); /* the transaction has ended */
}
END_TEST

START_TEST(without_a_store_there_are_facts_and_headers_but_no_events) {
    use_store("");
    for (int i = 0; i < 2; i++) {
        support_classify(pipeline, NULL, &mail, "Subject: 1\n" MAIL);
        ck_assert_str_eq(patchmark_fact_string(mail.facts, "series.id"), SERIES);
        ck_assert(!patchmark_fact_is_set(mail.facts, "series.known"));
        ck_assert(patchmark_fact_bool(mail.facts, "plain.done"));
        ck_assert_uint_eq(mail.header_count, 4);
        ck_assert_uint_eq(mail.event_count, 0);
        ck_assert(!mail.seen_before);
    }
    ck_assert_str_eq(outbox(), "");
}
END_TEST

/* ---- lists -------------------------------------------------------------------------------- */

/* `patchmark classify` uses the index and derives events, but appends none to the outbox. */
START_TEST(a_mail_that_is_not_published_leaves_no_events) {
    use_store("");
    support_read(&mail, "Subject: 1\n" MAIL, -1);
    mail.unpublished = true;
    pipeline_run(pipeline, store, &mail);
    ck_assert_uint_eq(mail.event_count, 3);
    ck_assert(mail.series_opened);
    ck_assert_str_eq(outbox(), "");
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    ck_assert(mail.seen_before);
    /* mail_reset clears the field, so the next mail is published. */
    support_classify(pipeline, store, &mail, "Message-ID: <9@example.org>\nSubject: 9\n\n");
    ck_assert_str_eq(outbox(), "message.seen.v1 ");
}
END_TEST

START_TEST(a_list_can_disable_events) {
    use_store("list \"kvm.example.org\" { publish = false address = \"kvm@example.org\" }");
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    ck_assert_uint_eq(mail.header_count, 4);
    ck_assert_uint_eq(mail.event_count, 0);
    ck_assert_str_eq(outbox(), "");
}
END_TEST

START_TEST(a_list_can_disable_header_fields) {
    use_store("list \"kvm.*\" { annotate = false }");
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    ck_assert_uint_eq(mail.header_count, 0);
    ck_assert_uint_eq(mail.event_count, 3);
}
END_TEST

START_TEST(nothing_of_the_previous_mail_is_left) {
    use_store("");
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    support_classify(pipeline, store, &mail, "Subject: 1\n" MAIL);
    mail_reset(&mail);
    ck_assert_ptr_null(mail.facts);
    ck_assert_uint_eq(mail.header_count + mail.event_count, 0);
    ck_assert_uint_eq(mail.flags.count + mail.labels.count, 0);
    ck_assert(!mail.seen_before);
    ck_assert_ptr_null(
        mail.identity); /* from which the ids of the next mail's events are computed */
}
END_TEST

SUITE(pipeline_store_suite) {
    Suite *suite = suite_create("pipeline and store");
    TCase *tests = tcase_create("pipeline and store");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_mail_leaves_its_events_in_the_outbox);
    tcase_add_test(tests, a_mail_that_was_seen_before_makes_no_events);
    tcase_add_test(tests, a_disputed_message_id_makes_events_once_for_each_sender);
    tcase_add_test(tests, mails_without_message_id_make_events_once_each);
    tcase_add_test(tests, a_repeated_mail_is_known_after_a_restart);
    tcase_add_test(tests, a_mail_without_message_id_belongs_to_no_series);
    tcase_add_test(tests, an_unpublished_mail_has_its_events);
    tcase_add_test(tests, an_unchanging_mail_is_not_recorded);
    tcase_add_test(tests, an_eventless_mail_is_recorded);
    tcase_add_test(tests, a_series_is_opened_by_its_first_member);
    tcase_add_test(tests, a_plugin_may_ask_the_index_while_the_store_is_held);
    tcase_add_test(tests, without_a_store_there_are_facts_and_headers_but_no_events);
    tcase_add_test(tests, a_mail_that_is_not_published_leaves_no_events);
    tcase_add_test(tests, a_list_can_disable_events);
    tcase_add_test(tests, a_list_can_disable_header_fields);
    tcase_add_test(tests, nothing_of_the_previous_mail_is_left);
    suite_add_tcase(suite, tests);
    return suite;
}
