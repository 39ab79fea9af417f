/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event.c - which events follow from a mail, their ids, and mails and events as JSON.
 *
 * Expected JSON is written with ' for ", and compared as values, so the order of keys is free.
 */
#include "annotate.h"
#include "event.h"
#include "given-facts.h"
#include "json.h"

#include <jansson.h>

#define RAW                                                                                  \
    "From: A B <a@example.org>\nMessage-ID: <1@example.org>\nIn-Reply-To: <0@example.org>\n" \
    "List-Id: <kvm.example.org>\nSubject: =?utf-8?q?caf=C3=A9?= \"x\"\n\nbody\n"
#define SERIES "s1-aaaaaaaaaaaaaaaa"
#define WHEN   1700000000 /* 2023-11-14 22:13:20 UTC */

/* ---- JSON --------------------------------------------------------------------------------- */

static json_t *parse(const char *text) {
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    ck_assert_msg(value != NULL, "%s: %s", error.text, text);
    return value;
}

/* TEXT is one line, has no byte that a line must not have, and says what EXPECTED says. */
static void check_json(char *text, const char *expected_text) {
    char *quoted = strdup(expected_text);
    json_t *found, *expected;

    ck_assert_ptr_nonnull(text);
    for (const char *at = text; *at; at++)
        ck_assert((unsigned char)*at >= ' ');
    for (char *at = quoted; (at = strchr(at, '\'')); at++)
        *at = '"';
    found = parse(text);
    expected = parse(quoted);
    ck_assert_msg(json_equal(found, expected), "found    %s\nexpected %s", text, quoted);
    json_decref(found);
    json_decref(expected);
    free(quoted);
    free(text);
}

static const char *member(json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static void setup(void) {
    given_setup();
    given_mail(RAW);
}

static void give_patch(void) {
    give_string("kind.kind", "patch");
    give_string("kind.confidence", "high");
    give_string("subject.title", "caf\xc3\xa9");
    give_bool("subject.patch", true);
    give_word("subject.tree", "net-next");
    give_word("subject.flags", "rfc");
    give_bool("patch.present", true);
    give_word("patch.files", "a/b.c");
    give_word("patch.files", "c d.h");
    give_int("patch.insertions", 3);
    give_int("patch.deletions", 0);
    give_string("patch.author", "author@example.org");
    give_string("patch.id", "0123456789abcdef0123456789abcdef01234567");
    give_word("patch.flags", "has-diff");
    give_string("series.id", SERIES);
    give_int("series.version", 3);
    give_int("series.part", 2);
    give_int("series.total", 5);
    give_string("series.topic", "t1-aaaaaaaaaaaaaaaa");
    give_word("mine.labels", "kvm");
}

/* OPENED: the index had not heard of the mail's series. */
static void derive(bool opened) {
    given.series_opened = opened;
    event_derive(&given);
}

/* What every object of a patch's mail holds; series.opened and message.seen share the first. */
#define COMMON                                                                        \
    "'message_id':'1@example.org','kind':'patch','author':'author@example.org',"      \
    "'list':{'id':'kvm.example.org'},'subject':'caf\xc3\xa9 "                         \
    "\\u0022x\\u0022','title':'caf\xc3\xa9',"                                         \
    "'tree':['net-next'],'series':{'id':'" SERIES "','version':3,'part':2,'total':5," \
    "'topic':'t1-aaaaaaaaaaaaaaaa'}"
#define FACTS                                                                                     \
    COMMON ",'confidence':'high','flags':['rfc','has-diff'],'has_diff':true,"                     \
           "'in_reply_to':'0@example.org','patch_id':'0123456789abcdef0123456789abcdef01234567'," \
           "'files':['a/b.c','c "                                                                 \
           "d.h'],'insertions':3,'deletions':0,'labels':['kvm'],'facts':{'mine.labels':['kvm']}"

START_TEST(a_mail_as_json_has_its_facts_headers_and_events) {
    struct configuration *configuration = support_configuration("headers = {kind, part}", NULL);

    give_patch();
    annotate_words(&given);
    annotate_headers(&given, configuration);
    derive(true);
    check_json(json_mail(&given), "{" FACTS ",'headers':[['Patchmark-Kind','patch'],"
                                  "['Patchmark-Part','2/5']],'events':[{'type':"
                                  "'patchmark.message.seen.v1'},{'type':"
                                  "'patchmark.series.opened.v1'}]}");
    configuration_free(configuration);
}
END_TEST

START_TEST(what_there_is_nothing_to_say_of_is_absent) {
    given_mail("\n");
    annotate_words(&given);
    check_json(json_mail(&given), "{'kind':'other','flags':['malformed'],'labels':[],"
                                  "'headers':[],'events':[]}");
}
END_TEST

START_TEST(the_author_is_the_sender_where_the_text_names_nobody) {
    json_t *object;
    char *text;

    annotate_words(&given);
    text = json_mail(&given);
    object = parse(text);
    ck_assert_str_eq(member(object, "author"), "a@example.org");
    json_decref(object);
    free(text);
}
END_TEST

START_TEST(a_pull_request_as_json) {
    give_string("kind.kind", "pull");
    give_string("pull.url", "https://example.org/x.git");
    give_string("pull.ref", "tags/for-6.8");
    give_string("pull.base", "1111111111111111111111111111111111111111");
    give_string("pull.tip", "2222222222222222222222222222222222222222");
    give_bool("pull.signed", false);
    annotate_words(&given);
    check_json(json_mail(&given),
               "{'message_id':'1@example.org','kind':'pull','flags':[],'author':'a@example.org',"
               "'list':{'id':'kvm.example.org'},'subject':'caf\xc3\xa9 \\u0022x\\u0022',"
               "'in_reply_to':'0@example.org','labels':[],'pull':{"
               "'url':'https://example.org/x.git','ref':'tags/for-6.8',"
               "'base':'1111111111111111111111111111111111111111',"
               "'tip':'2222222222222222222222222222222222222222','signed':false},"
               "'headers':[],'events':[]}");
}
END_TEST

START_TEST(facts_of_plugins_that_are_not_ours_stand_apart) {
    json_t *object, *facts;
    char *text;

    give_string("mine.mood", "fine");
    give_int("mine.count", INT64_MIN);
    give_word("mine.words", "a");
    give_bool("subjective.view", true); /* not the plugin "subject" */
    give_string("automation.robot", "kernel test robot");
    annotate_words(&given);
    text = json_mail(&given);
    object = parse(text);
    facts = json_object_get(object, "facts");
    ck_assert_str_eq(member(facts, "mine.mood"), "fine");
    ck_assert(json_integer_value(json_object_get(facts, "mine.count")) == INT64_MIN);
    ck_assert_uint_eq(json_array_size(json_object_get(facts, "mine.words")), 1);
    ck_assert(json_is_true(json_object_get(facts, "subjective.view")));
    ck_assert_uint_eq(json_object_size(facts), 4);
    ck_assert_str_eq(member(object, "automated"), "kernel test robot");
    json_decref(object);
    free(text);
}
END_TEST

START_TEST(a_mail_that_was_passed_over_has_its_id_only) {
    facts_free(given.facts);
    given.facts = NULL;
    check_json(json_mail(&given), "{'message_id':'1@example.org','headers':[],'events':[]}");
}
END_TEST

/* ---- which events ------------------------------------------------------------------------- */

/* The types of all events, a space behind each. */
static const char *event_types(void) {
    static char types[512];

    types[0] = '\0';
    for (size_t i = 0; i < given.event_count; i++)
        strcat(strcat(types, given.events[i].type), " ");
    return types;
}

START_TEST(every_mail_is_seen) {
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 ");
    ck_assert_str_eq(given.events[0].id, "13da2334494190026fd57cc62bc11d1f");
}
END_TEST

START_TEST(a_new_series_is_opened) {
    give_patch();
    derive(true);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.series.opened.v1 ");
    ck_assert_str_eq(given.events[1].id, "7c279c42f3d12a5427e1d8c98af539f0");
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 ");
}
END_TEST

START_TEST(a_series_that_is_complete_replaces_another_or_has_other_ids) {
    static const struct {
        const char *type, *id;
    } expected[] = {
        {"patchmark.series.superseded.v1", "17c97842c801f30fe6cee6ce597d91a1"},
        {"patchmark.series.aliased.v1", "16e1eef7c16d4038a5e9d185c136171d"},
        {"patchmark.series.aliased.v1", "9f0ad3092b8a74ac0a8d4d670e716057"},
        {"patchmark.series.completed.v1", "4ca9c990a9d960de8e7c63832cfd75e7"},
    };

    give_patch();
    give_string("series.supersedes", "s1-bbbbbbbbbbbbbbbb");
    give_word("series.same_as", "s1-cccccccccccccccc");
    give_word("series.same_as", "s1-dddddddddddddddd");
    given.series_completed = true;
    derive(false);
    ck_assert_uint_eq(given.event_count, 5); /* after message.seen */
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(given.events[i + 1].type, expected[i].type);
        ck_assert_str_eq(given.events[i + 1].id, expected[i].id);
    }
}
END_TEST

START_TEST(a_reply_brings_nothing_about) {
    give_string("series.id", SERIES);
    give_string("series.supersedes", "s1-bbbbbbbbbbbbbbbb");
    derive(true);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 ");
}
END_TEST

START_TEST(a_pull_request_is_told) {
    give_string("kind.kind", "pull");
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.pull.requested.v1 ");
    ck_assert_str_eq(given.events[1].id, "2dd3a7b8c1656db2ea32c33e1af7b9a1");
}
END_TEST

/* Ids were made with sha256sum: they are the same on every host and after every replay. */
START_TEST(the_id_of_a_series_does_not_depend_on_the_mail_that_opened_it) {
    given_mail("Message-ID: <another@example.org>\n\n");
    give_string("series.id", SERIES);
    give_int("series.part", 0);
    derive(true);
    ck_assert_str_eq(given.events[1].id, "7c279c42f3d12a5427e1d8c98af539f0");
    ck_assert_str_ne(given.events[0].id, "13da2334494190026fd57cc62bc11d1f");
}
END_TEST

START_TEST(a_mail_without_message_id_is_known_by_from_date_and_subject) {
    static const char *const raw[] = {
        "From: A <a@example.org>\nDate: Tue, 14 Nov 2023 22:13:20 +0000\nSubject: hello\n\nx\n",
        "Received: y\nSubject: =?utf-8?q?hello?=\nFrom: A\n <a@example.org>\n"
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\n\nother body\n",
    };

    for (size_t i = 0; i < 2; i++) {
        given_mail(raw[i]);
        derive(false);
        ck_assert_str_eq(given.events[0].id, "89d31e69ad9895b8ef3d215b70e42719");
    }
    given_mail("From: A <a@example.org>\n\n");
    derive(false);
    ck_assert_str_eq(given.events[0].id, "4f1c916cf8504a86077b45ffef6856ac");
}
END_TEST

/* ---- CloudEvents -------------------------------------------------------------------------- */

#define ENVELOPE(type, id)                                                                    \
    "'specversion':'1.0','id':'" id "','source':'//host.example.org/patchmark','type':'" type \
    "','time':'2023-11-14T22:13:20Z','datacontenttype':'application/json'"

START_TEST(a_mail_that_was_seen_as_cloud_event) {
    give_patch();
    annotate_words(&given);
    derive(true);
    check_json(
        json_event(&given, &given.events[0], "host.example.org", WHEN),
        "{" ENVELOPE("patchmark.message.seen.v1",
                     "13da2334494190026fd57cc62bc11d1f") ",'subject':'1@example.org','data':{" FACTS
                                                         "}}");
}
END_TEST

START_TEST(a_series_that_was_opened_as_cloud_event) {
    give_patch();
    annotate_words(&given);
    derive(true);
    check_json(json_event(&given, &given.events[1], "host.example.org", WHEN),
               "{" ENVELOPE(
                   "patchmark.series.opened.v1",
                   "7c279c42f3d12a5427e1d8c98af539f0") ",'subject':'1@example.org','data':{" COMMON
                                                       "}}");
}
END_TEST

START_TEST(a_pull_request_as_cloud_event) {
    give_string("kind.kind", "pull");
    give_string("pull.url", "https://example.org/x.git");
    give_word("subject.flags", "rfc"); /* not among what this event tells */
    annotate_words(&given);
    derive(false);
    check_json(json_event(&given, &given.events[1], "host.example.org", WHEN),
               "{" ENVELOPE(
                   "patchmark.pull.requested.v1",
                   "2dd3a7b8c1656db2ea32c33e1af7b9a1") ",'subject':'1@example.org','data':{'"
                                                       "message_id':'1@example.org','kind':'pull',"
                                                       "'list':{'id':'kvm.example.org'},'author':'"
                                                       "a@example.org',"
                                                       "'subject':'caf\xc3\xa9 "
                                                       "\\u0022x\\u0022','pull':{'url':'https://"
                                                       "example.org/x.git'}}}");
}
END_TEST

/* A CloudEvent's subject, if it is there, is not empty. */
START_TEST(a_mail_without_message_id_has_no_subject) {
    json_t *event;
    char *text;

    given_mail("From: A <a@example.org>\n\n");
    annotate_words(&given);
    derive(false);
    text = json_event(&given, &given.events[0], "h", 0);
    event = parse(text);
    ck_assert_ptr_null(json_object_get(event, "subject"));
    ck_assert_str_eq(member(event, "time"), "1970-01-01T00:00:00Z");
    json_decref(event);
    free(text);
}
END_TEST

START_TEST(the_service_speaks_of_itself) {
    check_json(json_service_event("0123456789abcdef0123456789abcdef",
                                  &(struct json_service){.state = "started",
                                                         .mails_count = -1,
                                                         .events_count = -1,
                                                         .lost_count = -1},
                                  "host.example.org", WHEN),
               "{" ENVELOPE("patchmark.service.status.v1",
                            "0123456789abcdef0123456789abcdef") ",'data':{'state':'started'}}");
}
END_TEST

/* Whatever a mail holds, it becomes JSON: NULL would mean that its events are lost. */
START_TEST(any_mail_becomes_json) {
    static const char *const raw[] = {
        ("From: \xff\xfe <\xff@\xfe>\nMessage-ID: <\xff\xff>\nIn-Reply-To: <\xc0\x80>\n"
         "List-Id: <\xfe>\nSubject: \xed\xa0\x80\n\n"),
        "Subject: =?utf-8?q?=00=FF=01=22=5C?=\nMessage-ID: \"\\\x01\n\n",
        "Message-ID: <\xf4\x90\x80\x80\xef\xbf\xbf>\nSubject: \xe2\x80\xa8\n\n",
    };
    char *text;

    given_mail(raw[_i]);
    annotate_words(&given);
    derive(false);
    text = json_event(&given, &given.events[0], "h", WHEN);
    ck_assert_ptr_nonnull(text);
    json_decref(parse(text));
    free(text);
    text = json_mail(&given);
    ck_assert_ptr_nonnull(text);
    json_decref(parse(text));
    free(text);
}
END_TEST

/* ---- for people --------------------------------------------------------------------------- */

START_TEST(a_line_for_people) {
    char *json, *line;

    give_patch();
    annotate_words(&given);
    derive(false);
    json = json_event(&given, &given.events[0], "h", WHEN);
    line = json_event_summary(json);
    ck_assert_str_eq(line, "2023-11-14T22:13:20Z  message.seen.v1       patch     " SERIES
                           "  author@example.org            caf\xc3\xa9 \"x\"");
    free(json);
    free(line);
}
END_TEST

START_TEST(what_is_no_event_is_no_line) {
    static const char *const texts[] = {
        "", "{", "[]", "1", "{'data':1}", "{'type':{}}", "{'data':{'series':'x'}}"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *quoted = strdup(texts[i]), *line;

        for (char *at = quoted; (at = strchr(at, '\'')); at++)
            *at = '"';
        line = json_event_summary(quoted);
        ck_assert_msg(strcmp(line, "") == 0, "%s: %s", texts[i], line);
        free(line);
        free(quoted);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("event");
    TCase *tests = tcase_create("event");

    tcase_add_checked_fixture(tests, setup, given_teardown);
    tcase_add_test(tests, a_mail_as_json_has_its_facts_headers_and_events);
    tcase_add_test(tests, what_there_is_nothing_to_say_of_is_absent);
    tcase_add_test(tests, the_author_is_the_sender_where_the_text_names_nobody);
    tcase_add_test(tests, a_pull_request_as_json);
    tcase_add_test(tests, facts_of_plugins_that_are_not_ours_stand_apart);
    tcase_add_test(tests, a_mail_that_was_passed_over_has_its_id_only);
    tcase_add_test(tests, every_mail_is_seen);
    tcase_add_test(tests, a_new_series_is_opened);
    tcase_add_test(tests, a_series_that_is_complete_replaces_another_or_has_other_ids);
    tcase_add_test(tests, a_reply_brings_nothing_about);
    tcase_add_test(tests, a_pull_request_is_told);
    tcase_add_test(tests, the_id_of_a_series_does_not_depend_on_the_mail_that_opened_it);
    tcase_add_test(tests, a_mail_without_message_id_is_known_by_from_date_and_subject);
    tcase_add_test(tests, a_mail_that_was_seen_as_cloud_event);
    tcase_add_test(tests, a_series_that_was_opened_as_cloud_event);
    tcase_add_test(tests, a_pull_request_as_cloud_event);
    tcase_add_test(tests, a_mail_without_message_id_has_no_subject);
    tcase_add_test(tests, the_service_speaks_of_itself);
    tcase_add_loop_test(tests, any_mail_becomes_json, 0, 3);
    tcase_add_test(tests, a_line_for_people);
    tcase_add_test(tests, what_is_no_event_is_no_line);
    suite_add_tcase(suite, tests);
    return support_run(suite);
}
