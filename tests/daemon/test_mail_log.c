/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_mail_log.c - the log line of a mail: its fields, and the reasons for no header fields and no
 * events, as patchmark(1), LOG, describes them.
 */
#include "daemon/mail-log.h"
#include "pipeline/annotate.h"
#include "support/facts-fixture.h"

static enum patchmark_level level;
static char line[4096]; /* the newest line, "" if there was none */

static void keep(enum patchmark_level logged, const char *text) {
    level = logged;
    snprintf(line, sizeof(line), "%s", text);
}

static void setup(void) {
    fixture_setup();
    log_open(LOG_TO_NOBODY, PATCHMARK_DEBUG);
    log_capture(keep);
}

/* Returns the line, without the time at its end. */
static const char *logged(const struct mail *mail, const struct mail_outcome *outcome) {
    mail_log(mail, outcome);
    *strstr(line, " ms=") = '\0';
    return line;
}

/* Returns the value of the field NAME in the line, in a static buffer; "" if it has none. */
static const char *field(const char *name) {
    static char value[512];
    char key[64];
    const char *at;

    snprintf(key, sizeof(key), " %s=", name);
    at = strstr(line, key);
    snprintf(value, sizeof(value), "%.*s", at ? (int)strcspn(at + strlen(key), " ") : 0,
             at ? at + strlen(key) : "");
    return value;
}

/* ---- the fields ---------------------------------------------------------------------------- */

static void set_patch(void) {
    fixture_mail(
        "From: a@example.org\nMessage-ID: <1@example.org>\nList-Id: <dev.example.org>\n\n");
    set_string("kind.kind", "patch");
    set_string("series.id", "s1-mfzwizltoq2gc3tb");
    set_int("series.version", 3);
    set_int("series.part", 2);
    set_int("series.total", 5);
    add_word("subject.flags", "rfc");
    add_word("patch.flags", "has-diff");
    add_word("mine.labels", "kvm");
    add_word("mine.labels", "arm64");
    annotate_words(&fixture);
    fixture.event_count = 2;
    fixture.publish = fixture.annotate = true;
}

START_TEST(a_patch_has_all_fields) {
    struct mail_outcome outcome = {.queue_id = "4XYZ", .written = 8, .microseconds = 331};

    set_patch();
    ck_assert_str_eq(
        logged(&fixture, &outcome),
        "4XYZ: kind=patch series=s1-mfzwizltoq2gc3tb version=3 part=2/5 list=dev.example.org "
        "flags=rfc,has-diff labels=kvm,arm64 message-id=<1@example.org> bytes=76 headers=8 "
        "events=2");
    ck_assert_int_eq(level, PATCHMARK_INFO);
    mail_log(&fixture, &outcome);
    ck_assert_str_eq(field("ms"), "0.331");
    fixture.seen_before = true;
    outcome.forged = 3;
    ck_assert_ptr_nonnull(strstr(logged(&fixture, &outcome), " events=2 again=yes forged=3"));
}
END_TEST

START_TEST(in_json_numbers_are_numbers) {
    struct mail_outcome outcome = {.queue_id = "4XYZ", .written = 8, .microseconds = 331};

    set_patch();
    log_set_format(LOG_AS_JSON, 0);
    mail_log(&fixture, &outcome);
    ck_assert_str_eq(
        strstr(line, "\"severity\""),
        "\"severity\":\"info\",\"message\":\"mail classified\",\"queue_id\":\"4XYZ\","
        "\"kind\":\"patch\",\"series\":\"s1-mfzwizltoq2gc3tb\",\"version\":3,\"part\":2,\"total\":"
        "5,"
        "\"list\":\"dev.example.org\",\"flags\":[\"rfc\",\"has-diff\"],\"labels\":[\"kvm\","
        "\"arm64\"],"
        "\"message_id\":\"1@example.org\",\"bytes\":76,\"headers\":8,\"events\":2,\"ms\":0.331}");
}
END_TEST

START_TEST(a_reply_has_no_part_and_a_copy_the_names_of_the_first) {
    struct mail_outcome outcome = {.written = 2};

    fixture_mail("From: a@example.org\n\n");
    set_string("kind.kind", "reply");
    set_string("series.id", "s1-mfzwizltoq2gc3tb");
    set_int("series.version", 3);
    fixture.unlisted = "no-list";
    ck_assert_str_eq(logged(&fixture, &outcome),
                     "-: kind=reply series=s1-mfzwizltoq2gc3tb list=- bytes=21 headers=2 events=0 "
                     "no-events=no-list");

    fixture_mail("From: a@example.org\n\n");
    facts_free(fixture.facts);
    fixture.facts = NULL;
    fixture.copy_id = "1@example.org";
    fixture.copy_list = "dev.example.org";
    fixture.seen_before = true;
    ck_assert_str_eq(
        logged(&fixture, &outcome),
        "-: kind=copy list=dev.example.org message-id=<1@example.org> bytes=21 headers=2 "
        "events=0 no-events=copy again=yes");
}
END_TEST

/* What a mail says of itself.  The List-Id is one that the mail names, and not a list of the host.
 */
static const struct {
    const char *field, *name, *wanted;
} hostile[] = {
    {"List-Id: x <x> kind=patch series=s1-aaaaaaaaaaaaaaaa\n", "list-id", "x"},
    {"List-Id: <x kind=patch series=s1-aaaaaaaaaaaaaaaa>\n", "list-id", ""}, /* is no id */
    {"List-Id: <x,kind=\"patch\">\n", "list-id", "x\\x2ckind\\x3d\\x22patch\\x22"},
    {"Message-ID: <1@x> kind=patch\n", "message-id", "<1@x>"},
    {"Message-ID: <kind=patch,series=s1-aaaaaaaaaaaaaaaa@x>\n", "message-id",
     "<kind\\x3dpatch\\x2cseries\\x3ds1-aaaaaaaaaaaaaaaa@x>"},
    {"Message-ID: <\"1 kind=patch\"@x>\n", "message-id", "<\\x221kind\\x3dpatch\\x22@x>"},
};

START_TEST(no_mail_forges_a_field) {
    struct mail_outcome outcome = {.written = 2};
    char raw[512];
    size_t fields = 0;

    snprintf(raw, sizeof(raw), "From: a@example.org\n%s\n", hostile[_i].field);
    fixture_mail(raw);
    fixture.list_count = 0;
    fixture.unlisted = "other-list";
    logged(&fixture, &outcome);
    ck_assert_ptr_nonnull(strstr(line, "-: kind=other "));
    ck_assert_msg(strcmp(field(hostile[_i].name), hostile[_i].wanted) == 0, "%s: got %s",
                  hostile[_i].field, line);
    for (const char *at = line; (at = strchr(at, '=')); at++)
        fields++;
    for (const char *at = line; (at = strchr(at, ' ')); at++)
        fields--;
    ck_assert_uint_eq(fields, 0); /* a blank before each field, and a '=' in each */
    ck_assert_ptr_null(strstr(line, "kind=patch"));
    ck_assert_ptr_null(strstr(line, "series="));
}
END_TEST

/* ---- the reasons --------------------------------------------------------------------------- */

#define OPEN     "list \"dev.example.org\" { address = \"dev@example.org\" }\n"
#define RECEIVED "list \"dev.example.org\" { address = \"dev@example.org\" events = received }\n"
#define CLOSED   "list \"dev.example.org\" { address = \"dev@example.org\" publish = false }\n"
#define PLAIN    "list \"dev.example.org\" { address = \"dev@example.org\" annotate = false }\n"
#define DEV      "List-Id: <dev.example.org>\n"

static const struct {
    const char *reason;        /* of no events; "" if there are some */
    const char *configuration; /* lines of patchmark.conf */
    const char *header;        /* of the mail, besides From */
    bool local;                /* it is from a local client */
    const char *recipient;
    const char *no_headers;
} reasons[] = {
    {"", OPEN, DEV, true, "reader@example.net", ""},
    {"", "", DEV, false, "reader@example.net", ""},
    {"", RECEIVED, "", false, "dev@example.org", ""},
    {"no-list", OPEN, "", false, "reader@example.net", ""},
    {"other-list", OPEN, "List-Id: <other.example.org>\n", true, "reader@example.net", ""},
    {"other-list", "lists = { \"dev.*\" }\n", "List-Id: <other.example.org>\n", false,
     "reader@example.net", ""},
    {"list-id", OPEN, "List-Id: <d\xc3\xa9v.example.org>\n", true, "reader@example.net", ""},
    {"client", OPEN, DEV, false, "reader@example.net", ""},
    {"client", CLOSED, DEV, false, "reader@example.net", ""},
    {"closed", CLOSED, DEV, true, "reader@example.net", ""},
    {"closed", CLOSED, "", false, "dev@example.org", ""},
    {"not-posted", OPEN, "", false, "dev@example.org", ""},
    {"notice", OPEN, DEV "Sender: x\nFrom: dev-owner@example.org\n", true, "reader@example.net",
     ""},
    {"", PLAIN, DEV, true, "reader@example.net", "annotate"},
    {"closed", "headers = {}\n" CLOSED, DEV, true, "reader@example.net", "headers"},
};

START_TEST(a_mail_without_events_has_the_reason) {
    struct pipeline *pipeline =
        pipeline_new(support_configuration(reasons[_i].configuration, NULL));
    struct mail_outcome outcome = {.queue_id = "4XYZ"};
    struct envelope envelope = {.has_client = false};
    char raw[512];
    struct mail mail;

    ck_assert_ptr_nonnull(pipeline);
    ck_assert_int_eq(mail_init(&mail), 0);
    envelope_begin(&envelope, pipeline_configuration(pipeline), NULL, &mail);
    mail.local = reasons[_i].local;
    envelope_recipient(&envelope, pipeline_configuration(pipeline), reasons[_i].recipient, &mail);
    snprintf(raw, sizeof(raw), "%s%s\n",
             strstr(reasons[_i].header, "From: ") ? "" : "From: a@example.org\n",
             reasons[_i].header);
    message_load(mail.message, support_text(raw));
    message_parse(mail.message, 0);
    pipeline_run(pipeline, NULL, &mail);
    outcome.written = mail.header_count;
    mail.event_count = mail.publish ? 2 : 0; /* without a store, none is derived */
    logged(&mail, &outcome);
    ck_assert_msg(strcmp(field("no-events"), reasons[_i].reason) == 0, "got %s", line);
    ck_assert_msg(strcmp(field("no-headers"), reasons[_i].no_headers) == 0, "got %s", line);
    ck_assert_str_eq(field("events"), *reasons[_i].reason ? "0" : "2");
    mail_free(&mail);
    pipeline_release(pipeline);
}
END_TEST

START_TEST(what_fails_is_a_reason) {
    static const struct {
        enum mail_headers headers;
        size_t written;
        const char *reason;
    } cases[] = {
        {MAIL_HEADERS_WRITTEN, 8, ""},
        {MAIL_HEADERS_FORGED, 0, "forged"},
        {MAIL_HEADERS_ACTIONS, 0, "actions"},
        {MAIL_HEADERS_REFUSED, 0, "refused"},
    };
    struct mail_outcome outcome = {.written = 8};

    set_patch();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        logged(&fixture,
               &(struct mail_outcome){.headers = cases[i].headers, .written = cases[i].written});
        ck_assert_str_eq(field("no-headers"), cases[i].reason);
        ck_assert_str_eq(field("no-events"), "");
    }
    /* What was derived, but not committed, is no event. */
    fixture.unrecorded = true;
    logged(&fixture, &outcome);
    ck_assert_str_eq(field("events"), "0");
    ck_assert_str_eq(field("no-events"), "store");
    /* Nothing is due any more. */
    fixture.unrecorded = false;
    fixture.event_count = 0;
    logged(&fixture, &outcome);
    ck_assert_str_eq(field("no-events"), "published");
    /* There was no memory for facts. */
    set_patch();
    facts_free(fixture.facts);
    fixture.facts = NULL;
    fixture.flags.count = fixture.labels.count = 0; /* they belong to the facts */
    logged(&fixture, &(struct mail_outcome){.written = 0});
    ck_assert_str_eq(field("no-events"), "memory");
    ck_assert_str_eq(field("no-headers"), "memory");
}
END_TEST

/* ---- mail that is not read ----------------------------------------------------------------- */

static const struct {
    enum envelope_exempt exempt;
    const char *name, *value; /* a header field */
    bool recipient;           /* a list is among the recipients */
    enum patchmark_level level;
    const char *line;
} unread[] = {
    {ENVELOPE_CLIENT, "Subject", "x", false, PATCHMARK_DEBUG,
     "4XYZ: no-headers=exempt-client no-events=exempt-client"},
    {ENVELOPE_USER, "message-id", " <1@example.org> ", false, PATCHMARK_DEBUG,
     "4XYZ: message-id=<1@example.org> no-headers=exempt-user no-events=exempt-user"},
    {ENVELOPE_RECIPIENTS, "Subject", "x", true, PATCHMARK_INFO,
     "4XYZ: list=dev.example.org no-headers=exempt-recipients no-events=exempt-recipients"},
    {ENVELOPE_NOT_EXEMPT, "Subject", "x", false, PATCHMARK_DEBUG,
     "4XYZ: no-headers=max-mails no-events=max-mails"},
    {ENVELOPE_NOT_EXEMPT, "LIST-ID", " \"Dev\"\n <dev.example.org>", false, PATCHMARK_INFO,
     "4XYZ: list-id=dev.example.org no-headers=max-mails no-events=max-mails"},
    {ENVELOPE_CLIENT, "List-Id", " dev.example.org\r\n", false, PATCHMARK_INFO,
     "4XYZ: list-id=dev.example.org no-headers=exempt-client no-events=exempt-client"},
    {ENVELOPE_CLIENT, "List-Id", " x kind=patch\n 4XYZ: <y", false, PATCHMARK_INFO,
     "4XYZ: list-id=y no-headers=exempt-client no-events=exempt-client"},
    {ENVELOPE_CLIENT, "List-Id", " x kind=patch\n4XYZ: ", false, PATCHMARK_INFO,
     "4XYZ: list-id=x\\x20kind\\x3dpatch\\x0a4XYZ: no-headers=exempt-client "
     "no-events=exempt-client"},
};

START_TEST(mail_that_passes_unread_has_a_line_if_it_concerns_a_list) {
    struct configuration *configuration = support_configuration(OPEN, NULL);
    struct mail_names names = {.list_id = ""};
    struct mail mail = {.recipient_count = 0};

    if (unread[_i].recipient)
        mail.recipients[mail.recipient_count++] = &configuration->list_sections[0];
    mail_names_note(&names, unread[_i].name, unread[_i].value);
    mail_log_unread(&mail, &names, unread[_i].exempt, "4XYZ");
    ck_assert_str_eq(line, unread[_i].line);
    ck_assert_int_eq(level, unread[_i].level);
    configuration_free(configuration);
}
END_TEST

START_TEST(names_are_bounded) {
    struct mail_names names = {.list_id = ""};
    char value[1000] = "<";

    memset(value + 1, 'a', sizeof(value) - 2);
    mail_names_note(&names, "Message-ID", value);
    ck_assert_uint_eq(strlen(names.message_id), sizeof(names.message_id) - 1);
    mail_names_note(&names, "Message-ID", "");
    ck_assert_str_eq(names.message_id, "");
    mail_names_note(&names, "List-Id", "<");
    ck_assert_str_eq(names.list_id, "");
}
END_TEST

SUITE(mail_log_suite) {
    Suite *suite = suite_create("mail log");
    TCase *tests = tcase_create("mail log");

    tcase_add_checked_fixture(tests, setup, fixture_teardown);
    tcase_add_test(tests, a_patch_has_all_fields);
    tcase_add_test(tests, in_json_numbers_are_numbers);
    tcase_add_test(tests, a_reply_has_no_part_and_a_copy_the_names_of_the_first);
    tcase_add_loop_test(tests, no_mail_forges_a_field, 0, sizeof(hostile) / sizeof(hostile[0]));
    tcase_add_loop_test(tests, a_mail_without_events_has_the_reason, 0,
                        sizeof(reasons) / sizeof(reasons[0]));
    tcase_add_test(tests, what_fails_is_a_reason);
    tcase_add_loop_test(tests, mail_that_passes_unread_has_a_line_if_it_concerns_a_list, 0,
                        sizeof(unread) / sizeof(unread[0]));
    tcase_add_test(tests, names_are_bounded);
    suite_add_tcase(suite, tests);
    return suite;
}
