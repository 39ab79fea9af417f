/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event.c - the events of a mail, their ids, and mails as JSON.
 */
#include "pipeline/bounds.h"
#include "support/json-fixture.h"

START_TEST(a_mail_as_json_has_its_facts_headers_and_events) {
    struct configuration *configuration = support_configuration("headers = {kind, part}", NULL);

    set_patch();
    annotate_words(&fixture);
    annotate_headers(&fixture, configuration);
    derive(true);
    check_json(json_mail(&fixture), "{" FACTS ",'headers':[['Patchmark-Kind','patch'],"
                                    "['Patchmark-Part','2/5']],'events':[{'type':"
                                    "'patchmark.message.seen.v1'},{'type':"
                                    "'patchmark.series.opened.v1'}]}");
    configuration_free(configuration);
}
END_TEST

START_TEST(unknown_values_are_absent) {
    fixture_mail("\n");
    annotate_words(&fixture);
    check_json(json_mail(&fixture), "{'kind':'other','flags':['malformed'],'labels':[],"
                                    "'headers':[],'events':[]}");
}
END_TEST

START_TEST(the_author_is_the_sender_if_the_text_names_none) {
    json_t *object;
    char *text;

    annotate_words(&fixture);
    text = json_mail(&fixture);
    object = parse(text);
    ck_assert_str_eq(member(object, "author"), "a@example.org");
    json_decref(object);
    free(text);
}
END_TEST

START_TEST(a_pull_request_as_json) {
    set_string("kind.kind", "pull");
    set_string("pull.url", "https://example.org/x.git");
    set_string("pull.ref", "tags/for-6.8");
    set_string("pull.base", "1111111111111111111111111111111111111111");
    set_string("pull.tip", "2222222222222222222222222222222222222222");
    set_bool("pull.signed", false);
    annotate_words(&fixture);
    check_json(json_mail(&fixture),
               "{'message_id':'1@example.org','kind':'pull','flags':[],'author':'a@example.org',"
               "'list':{'id':'kvm.example.org'},'lists':['kvm.example.org'],'subject':'caf\xc3\xa9 "
               "\\u0022x\\u0022',"
               "'in_reply_to':'0@example.org','labels':[],'pull':{"
               "'url':'https://example.org/x.git','ref':'tags/for-6.8',"
               "'base':'1111111111111111111111111111111111111111',"
               "'tip':'2222222222222222222222222222222222222222','signed':false},"
               "'headers':[],'events':[]}");
}
END_TEST

START_TEST(facts_of_other_plugins_are_separate) {
    json_t *object, *facts;
    char *text;

    set_string("mine.mood", "fine");
    set_int("mine.count", INT64_MIN);
    add_word("mine.words", "a");
    set_bool("subjective.view", true); /* not the plugin "subject" */
    set_string("automation.robot", "kernel test robot");
    annotate_words(&fixture);
    text = json_mail(&fixture);
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

START_TEST(a_mail_that_is_not_classified_has_only_its_id) {
    facts_free(fixture.facts);
    fixture.facts = NULL;
    check_json(json_mail(&fixture), "{'message_id':'1@example.org','headers':[],'events':[]}");
}
END_TEST

/* ---- events ------------------------------------------------------------------------------- */

/* Returns the types of all events, with a space after each. */
static const char *event_types(void) {
    static char types[512];

    types[0] = '\0';
    for (size_t i = 0; i < fixture.event_count; i++)
        strcat(strcat(types, fixture.events[i].type), " ");
    return types;
}

START_TEST(every_mail_is_seen) {
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 ");
    ck_assert_str_eq(fixture.events[0].id, "13da2334494190026fd57cc62bc11d1f");
}
END_TEST

START_TEST(a_new_series_is_opened) {
    set_patch();
    derive(true);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.series.opened.v1 ");
    ck_assert_str_eq(fixture.events[1].id, "7c279c42f3d12a5427e1d8c98af539f0");
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

    set_patch();
    set_string("series.supersedes", "s1-bbbbbbbbbbbbbbbb");
    add_word("series.same_as", "s1-cccccccccccccccc");
    add_word("series.same_as", "s1-dddddddddddddddd");
    fixture.series_completed = true;
    derive(false);
    ck_assert_uint_eq(fixture.event_count, 5); /* after message.seen */
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(fixture.events[i + 1].type, expected[i].type);
        ck_assert_str_eq(fixture.events[i + 1].id, expected[i].id);
    }
}
END_TEST

/* A mail can amend its own series, and replace a part of another one. */
START_TEST(a_series_that_was_complete_is_amended) {
    struct series_view other = series_of("s1-bbbbbbbbbbbbbbbb");
    char id[33];

    set_patch();
    fixture.series_amended = true;
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.series.amended.v1 ");
    ck_assert_str_eq(fixture.events[1].reason, "added");
    ck_assert_int_eq(fixture.events[1].part, 2);
    strcpy(id, fixture.events[1].id);
    fixture.series_amended = false;
    fixture.reroll = &other;
    fixture.reroll_part = 4;
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.series.amended.v1 ");
    ck_assert_str_eq(fixture.events[1].reason, "replaced");
    ck_assert_int_eq(fixture.events[1].part, 4);
    ck_assert_str_ne(fixture.events[1].id, id); /* of another series */
    fixture.series_amended = fixture.series_completed = true;
    derive(true);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.series.opened.v1 "
                                    "patchmark.series.completed.v1 patchmark.series.amended.v1 "
                                    "patchmark.series.amended.v1 ");
    ck_assert_str_eq(fixture.events[3].id, id);
    fixture_mail("Message-ID: <2@example.org>\n\n");
    set_string("series.id", SERIES);
    set_int("series.part", 0);
    fixture.series_amended = true;
    derive(false);
    ck_assert_str_eq(fixture.events[1].reason, "cover");
    ck_assert_str_ne(fixture.events[1].id, id); /* by another mail */
}
END_TEST

START_TEST(a_reply_causes_no_series_events) {
    set_string("series.id", SERIES);
    set_string("series.supersedes", "s1-bbbbbbbbbbbbbbbb");
    derive(true);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 ");
}
END_TEST

START_TEST(a_pull_request_has_an_event) {
    set_string("kind.kind", "pull");
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.pull.requested.v1 ");
    ck_assert_str_eq(fixture.events[1].id, "2dd3a7b8c1656db2ea32c33e1af7b9a1");
}
END_TEST

START_TEST(a_report_has_an_event) {
    set_string("kind.kind", "report");
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.report.raised.v1 ");
    ck_assert_str_eq(fixture.events[1].id, "02757fe74be6be676b841fd3efd008a6");
}
END_TEST

/* The event follows the notice of a robot, or the reply "Applied, thanks" of a person. */
START_TEST(an_applied_patch_has_an_event) {
    static const char *const types = "patchmark.message.seen.v1 patchmark.commit.announced.v1 ";

    set_string("kind.kind", "commit");
    annotate_words(&fixture);
    derive(false);
    ck_assert_str_eq(event_types(), types);
    ck_assert_str_eq(fixture.events[1].id, "033dd22238a4fd166157de0481a43daa");
    fixture_mail(RAW);
    set_string("kind.kind", "reply");
    add_word("automation.flags", "applied");
    annotate_words(&fixture);
    derive(false);
    ck_assert_str_eq(event_types(), types);
    fixture_mail(RAW);
    add_word("automation.flags", "unapplied");
    annotate_words(&fixture);
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 ");
}
END_TEST

START_TEST(each_given_tag_has_an_event) {
    set_string("kind.kind", "reply");
    add_word("trailers.given", "Reviewed-by: B <b@example.org>");
    add_word("trailers.given", "Tested-by: B <b@example.org>");
    derive(false);
    ck_assert_str_eq(event_types(), "patchmark.message.seen.v1 patchmark.trailer.given.v1 "
                                    "patchmark.trailer.given.v1 ");
    ck_assert_str_eq(fixture.events[1].id, "1d3b554269df58c96ad5092fd1658646");
    ck_assert_str_eq(fixture.events[2].id, "7e1486c1216bbc0d7f781e2e0540b650");
    ck_assert_uint_eq(fixture.events[1].item, 0);
    ck_assert_uint_eq(fixture.events[2].item, 1);
    /* A tag that the mail gives twice has one event. */
    add_word("trailers.given", "Reviewed-by: B <b@example.org>");
    add_word("trailers.given", "Acked-by: B <b@example.org>");
    derive(false);
    ck_assert_uint_eq(fixture.event_count, 4);
    ck_assert_uint_eq(fixture.events[3].item, 3);
    fixture.disputed = true; /* a@example.org sent an earlier mail with the same Message-ID */
    derive(false);
    ck_assert_str_eq(fixture.events[1].id, "ed3043ca24ccb2acb322a6268e17b7aa");
}
END_TEST

/* A mail that reaches the limits of two types still has its other events. */
START_TEST(many_events_leave_room_for_each_type) {
    size_t given_count = 0, aliased_count = 0;
    char text[64];

    set_patch();
    set_string("series.supersedes", "s1-bbbbbbbbbbbbbbbb");
    add_word("automation.flags", "applied");
    for (int i = 0; i <= LIMIT_EVENTS_ALIASED; i++) {
        snprintf(text, sizeof(text), "s1-cccccccccccccc%c%c", 'a' + i / 20, 'a' + i % 20);
        add_word("series.same_as", text);
    }
    for (int i = 0; i <= LIMIT_EVENTS_GIVEN; i++) {
        snprintf(text, sizeof(text), "Acked-by: %d <%d@example.org>", i, i);
        add_word("trailers.given", text);
    }
    annotate_words(&fixture);
    fixture.series_completed = true;
    derive(true);
    for (size_t i = 0; i < fixture.event_count; i++) {
        given_count += strcmp(fixture.events[i].type, EVENT_TRAILER_GIVEN) == 0;
        aliased_count += strcmp(fixture.events[i].type, EVENT_SERIES_ALIASED) == 0;
    }
    ck_assert_uint_eq(given_count, LIMIT_EVENTS_GIVEN);
    ck_assert_uint_eq(aliased_count, LIMIT_EVENTS_ALIASED);
    /* Seen, opened, superseded, completed, announced. */
    ck_assert_uint_eq(fixture.event_count, LIMIT_EVENTS_GIVEN + LIMIT_EVENTS_ALIASED + 5);
    ck_assert_uint_le(fixture.event_count, MAIL_EVENTS);
}
END_TEST

/* The expected ids were computed with sha256sum: an event has the same id on every host and after
 * every replay. */
START_TEST(the_id_of_a_series_does_not_depend_on_the_mail_that_opened_it) {
    fixture_mail("Message-ID: <another@example.org>\n\n");
    set_string("series.id", SERIES);
    set_int("series.part", 0);
    derive(true);
    ck_assert_str_eq(fixture.events[1].id, "7c279c42f3d12a5427e1d8c98af539f0");
    ck_assert_str_ne(fixture.events[0].id, "13da2334494190026fd57cc62bc11d1f");
}
END_TEST

START_TEST(a_mail_without_message_id_is_known_by_from_date_and_subject) {
    static const char *const raw[] = {
        "From: A <a@example.org>\nDate: Tue, 14 Nov 2023 22:13:20 +0000\nSubject: hello\n\nx\n",
        "Received: y\nSubject: =?utf-8?q?hello?=\nFrom: A\n <a@example.org>\n"
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\n\nother body\n",
    };

    for (size_t i = 0; i < 2; i++) {
        fixture_mail(raw[i]);
        derive(false);
        ck_assert_str_eq(fixture.events[0].id, "89d31e69ad9895b8ef3d215b70e42719");
    }
    fixture_mail("From: A <a@example.org>\n\n");
    derive(false);
    ck_assert_str_eq(fixture.events[0].id, "4f1c916cf8504a86077b45ffef6856ac");
}
END_TEST

SUITE(event_suite) {
    Suite *suite = suite_create("event");
    TCase *tests = tcase_create("event");

    tcase_add_checked_fixture(tests, setup, fixture_teardown);
    tcase_add_test(tests, a_mail_as_json_has_its_facts_headers_and_events);
    tcase_add_test(tests, unknown_values_are_absent);
    tcase_add_test(tests, the_author_is_the_sender_if_the_text_names_none);
    tcase_add_test(tests, a_pull_request_as_json);
    tcase_add_test(tests, facts_of_other_plugins_are_separate);
    tcase_add_test(tests, a_mail_that_is_not_classified_has_only_its_id);
    tcase_add_test(tests, every_mail_is_seen);
    tcase_add_test(tests, a_new_series_is_opened);
    tcase_add_test(tests, a_series_that_is_complete_replaces_another_or_has_other_ids);
    tcase_add_test(tests, a_series_that_was_complete_is_amended);
    tcase_add_test(tests, a_reply_causes_no_series_events);
    tcase_add_test(tests, a_pull_request_has_an_event);
    tcase_add_test(tests, a_report_has_an_event);
    tcase_add_test(tests, an_applied_patch_has_an_event);
    tcase_add_test(tests, each_given_tag_has_an_event);
    tcase_add_test(tests, many_events_leave_room_for_each_type);
    tcase_add_test(tests, the_id_of_a_series_does_not_depend_on_the_mail_that_opened_it);
    tcase_add_test(tests, a_mail_without_message_id_is_known_by_from_date_and_subject);
    suite_add_tcase(suite, tests);
    return suite;
}
