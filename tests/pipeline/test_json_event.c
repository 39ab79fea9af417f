/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_json_event.c - events as CloudEvents.
 */
#include "support/json-fixture.h"

/* ---- CloudEvents -------------------------------------------------------------------------- */

#define ENVELOPE(type, id)                                                                    \
    "'specversion':'1.0','id':'" id "','source':'//host.example.org/patchmark','type':'" type \
    "','time':'2023-11-14T22:13:20Z','datacontenttype':'application/json'"

START_TEST(a_mail_that_was_seen_as_cloud_event) {
    set_patch();
    annotate_words(&fixture);
    derive(true);
    check_json(
        composed_of(&fixture.events[0]),
        "{" ENVELOPE("patchmark.message.seen.v1",
                     "13da2334494190026fd57cc62bc11d1f") ",'subject':'1@example.org','data':{" FACTS
                                                         "}}");
}
END_TEST

START_TEST(a_series_that_was_opened_as_cloud_event) {
    set_patch();
    annotate_words(&fixture);
    derive(true);
    check_json(composed_of(&fixture.events[1]),
               "{" ENVELOPE(
                   "patchmark.series.opened.v1",
                   "7c279c42f3d12a5427e1d8c98af539f0") ",'subject':'1@example.org','data':{" COMMON
                                                       "}}");
}
END_TEST

START_TEST(a_pull_request_as_cloud_event) {
    set_string("kind.kind", "pull");
    set_string("pull.url", "https://example.org/x.git");
    add_word("subject.flags", "rfc"); /* not in the data of this event */
    annotate_words(&fixture);
    derive(false);
    check_json(composed_of(&fixture.events[1]),
               "{" ENVELOPE(
                   "patchmark.pull.requested.v1",
                   "2dd3a7b8c1656db2ea32c33e1af7b9a1") ",'subject':'1@example.org','data':{'"
                                                       "message_id':'1@example.org','kind':'pull',"
                                                       "'list':{'id':'kvm.example.org'},'lists':['"
                                                       "kvm.example.org'],'author':'"
                                                       "a@example.org',"
                                                       "'subject':'caf\xc3\xa9 "
                                                       "\\u0022x\\u0022','pull':{'url':'https://"
                                                       "example.org/x.git'}}}");
}
END_TEST

/* The subject of a CloudEvent may be absent, but not empty. */
START_TEST(a_mail_without_message_id_has_no_subject) {
    json_t *event;
    char *text;

    fixture_mail("From: A <a@example.org>\n\n");
    annotate_words(&fixture);
    derive(false);
    text = composed_of(&fixture.events[0]);
    event = parse(text);
    ck_assert_ptr_null(json_object_get(event, "subject"));
    json_decref(event);
    free(text);
}
END_TEST

/* ---- members, other ids ------------------------------------------------------------------- */

/* Sets *DATA to the data of the event of TYPE that the mail caused.  Returns the whole event, for
 * json_decref. */
static json_t *event_of(const char *type, json_t **data) {
    for (size_t i = 0; i < fixture.event_count; i++) {
        char *text;
        json_t *event;

        if (strcmp(fixture.events[i].type, type) != 0)
            continue;
        text = composed_of(&fixture.events[i]);
        event = parse(text);
        free(text);
        *data = json_object_get(event, "data");
        return event;
    }
    ck_abort_msg("no event %s", type);
    return NULL;
}

/* Compares the data of the event of TYPE with EXPECTED. */
static void check_data(const char *type, const char *expected) {
    json_t *data, *event = event_of(type, &data);

    check_json(json_dumps(data, JSON_COMPACT), expected);
    json_decref(event);
}

START_TEST(a_series_that_is_complete_has_its_members) {
    struct mail_member members[] = {
        {0, "0@example.org"}, {2, "2@example.org"}, {2, "copy@x"}, {1, "1@example.org"}};

    set_patch();
    annotate_words(&fixture);
    fixture.series_completed = true;
    fixture.members = members;
    fixture.member_count = 4;
    fixture.elapsed = 60;
    derive(false);
    check_data(EVENT_SERIES_COMPLETED,
               "{" COMMON ",'members':{'0':'0@example.org','1':'1@example.org',"
               "'2':'2@example.org'},'elapsed':60}");
}
END_TEST

START_TEST(a_series_that_goes_on_with_another_or_has_other_ids) {
    json_t *data, *event;

    set_patch();
    set_string("series.supersedes", "s1-bbbbbbbbbbbbbbbb");
    set_string("series.how", "link");
    add_word("series.same_as", "s1-cccccccccccccccc");
    annotate_words(&fixture);
    derive(false);
    event = event_of(EVENT_SERIES_SUPERSEDED, &data);
    ck_assert_str_eq(member(json_object_get(data, "series"), "supersedes"), "s1-bbbbbbbbbbbbbbbb");
    ck_assert_str_eq(member(json_object_get(data, "series"), "how"), "link");
    json_decref(event);
    event = event_of(EVENT_SERIES_ALIASED, &data);
    data = json_object_get(json_object_get(data, "series"), "same_as");
    ck_assert_str_eq(json_string_value(json_array_get(data, 0)), "s1-cccccccccccccccc");
    json_decref(event);
}
END_TEST

START_TEST(a_series_that_is_unfinished) {
    const struct json_member members[] = {{.part = 3, .message_id = "3@example.org"},
                                          {.part = 0, .message_id = "0@example.org"}};
    const struct json_series series = {.id = SERIES,
                                       .topic = "t1-aaaaaaaaaaaaaaaa",
                                       .author = "a@example.org",
                                       .title = "dim it",
                                       .version = 2,
                                       .total = 3,
                                       .opened = -1,
                                       .members = members,
                                       .member_count = 2};

    check_json(
        composed(EVENT_SERIES_INCOMPLETE, "0123456789abcdef0123456789abcdef", "",
                 json_incomplete_data(&series)),
        "{" ENVELOPE("patchmark.series.incomplete.v1",
                     "0123456789abcdef0123456789abcdef") ",'data':{'author':'a@example.org',"
                                                         "'title':'dim it','series':{'id':'" SERIES
                                                         "','topic':'t1-aaaaaaaaaaaaaaaa',"
                                                         "'version':2,'total':3},'have':{'0':'0@"
                                                         "example.org','3':'3@example.org'},"
                                                         "'missing':[1,2]}}");
}
END_TEST

/* ---- tags --------------------------------------------------------------------------------- */

#define REPLY                                                                             \
    "'message_id':'1@example.org','kind':'reply','author':'a@example.org',"               \
    "'list':{'id':'kvm.example.org'},'lists':['kvm.example.org'],'subject':'caf\xc3\xa9 " \
    "\\u0022x\\u0022'"

static void add_tag(const char *tag, const char *from_sender) {
    add_word("trailers.given", tag);
    add_word("trailers.given_from_sender", from_sender);
}

START_TEST(a_tag_as_cloud_event) {
    set_string("kind.kind", "reply");
    set_string("subject.title", "caf\xc3\xa9");
    set_string("series.id", SERIES);
    set_int("series.version", 3);
    set_int("series.target", 2);
    set_bool("patch.present", false); /* not in the data of this event */
    add_tag("Reviewed-by: A B <A@Example.org>", "true");
    annotate_words(&fixture);
    derive(false);
    check_json(
        composed_of(&fixture.events[1]),
        "{" ENVELOPE(
            "patchmark.trailer.given.v1",
            "62fd686e85b2379f253bedc139b6d6d4") ",'subject':'1@example.org',"
                                                "'data':{" REPLY
                                                ",'title':'caf\xc3\xa9','series':{'id':'" SERIES
                                                "','version':3,'target':2},'trailer':{'name':'"
                                                "Reviewed-by',"
                                                "'value':'A B <A@Example.org>','person':{'name':'A "
                                                "B','address':'a@example.org'}},"
                                                "'from_sender':true,'target':'0@example.org','"
                                                "scope':'part'}}");
}
END_TEST

START_TEST(each_tag_has_its_own_event) {
    json_t *data, *event;
    char *text;

    add_tag("Acked-by: A <a@example.org>", "true");
    add_tag("Nacked-by: C <c@example.org>", "false");
    annotate_words(&fixture);
    derive(false);
    text = composed_of(&fixture.events[2]);
    event = parse(text);
    data = json_object_get(event, "data");
    ck_assert_str_eq(member(json_object_get(data, "trailer"), "name"), "Nacked-by");
    ck_assert(json_is_false(json_object_get(data, "from_sender")));
    json_decref(event);
    free(text);
}
END_TEST

/* A tag on the cover applies to the whole series.  A range that the reply states takes precedence
 * over the part to which it replies. */
START_TEST(scopes_of_tags) {
    static const struct {
        bool series;
        int target; /* -1 if unknown */
        const char *range, *scope;
    } cases[] = {
        {true, 0, NULL, "series"},  {true, 3, NULL, "part"},    {true, -1, NULL, "mail"},
        {true, 0, "1-3", "range"},  {true, 3, "all", "series"}, {true, -1, "all", "series"},
        {true, -1, "1,2", "range"}, {false, -1, NULL, "mail"},  {false, -1, "1-3", "mail"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *data, *event;

        fixture_mail(RAW);
        if (cases[i].series)
            set_string("series.id", SERIES);
        if (cases[i].target >= 0)
            set_int("series.target", cases[i].target);
        if (cases[i].range)
            set_string("trailers.range", cases[i].range);
        add_tag("Acked-by: A <a@example.org>", "true");
        annotate_words(&fixture);
        derive(false);
        event = event_of(EVENT_TRAILER_GIVEN, &data);
        ck_assert_msg(strcmp(member(data, "scope"), cases[i].scope) == 0, "%zu: %s", i,
                      member(data, "scope"));
        ck_assert(cases[i].range ? strcmp(member(data, "range"), cases[i].range) == 0
                                 : !json_object_get(data, "range"));
        json_decref(event);
    }
}
END_TEST

START_TEST(persons_in_tags) {
    static const struct {
        const char *value, *name, *address; /* NULL if none */
    } cases[] = {
        {"A B <a@example.org>", "A B", "a@example.org"},
        {"\"B, A\" <A@EXAMPLE.org>", "B, A", "a@example.org"},
        {"A B<a@example.org> # v2", "A B", "a@example.org"},
        {"<a@example.org>", NULL, "a@example.org"},
        {"a@example.org", NULL, "a@example.org"},
        {"a@example.org (A B)", "A B", "a@example.org"},
        {"a@example.org (", NULL, "a@example.org"},
        {"\xc3\x84 \xc3\x96 <a@example.org>", "\xc3\x84 \xc3\x96", "a@example.org"},
        {"A B", NULL, NULL},
        {"A B <nowhere>", NULL, NULL},
        {"A B <a b@example.org>", NULL, NULL},
        {"A B <@example.org>", NULL, NULL},
        {"A B <a@>", NULL, NULL},
        {"A B <a@example.org", NULL, NULL},
        {"<>", NULL, NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *data, *event, *person;
        char tag[200];

        fixture_mail(RAW);
        snprintf(tag, sizeof(tag), "Acked-by: %s", cases[i].value);
        add_tag(tag, "true");
        annotate_words(&fixture);
        derive(false);
        event = event_of(EVENT_TRAILER_GIVEN, &data);
        person = json_object_get(json_object_get(data, "trailer"), "person");
        ck_assert_msg(!person == !cases[i].address, "%s", cases[i].value);
        if (person) {
            const char *name = member(person, "name");

            ck_assert_str_eq(member(person, "address"), cases[i].address);
            ck_assert_msg(!name == !cases[i].name, "%s", cases[i].value);
            ck_assert(!name || strcmp(name, cases[i].name) == 0);
        }
        json_decref(event);
    }
}
END_TEST

START_TEST(a_reply_to_nothing_has_no_target) {
    json_t *data, *event;

    fixture_mail("From: a@example.org\nMessage-ID: <1@example.org>\nSubject: Re: x\n\n");
    add_tag("Acked-by: A <a@example.org>", "true");
    annotate_words(&fixture);
    derive(false);
    event = event_of(EVENT_TRAILER_GIVEN, &data);
    ck_assert_ptr_null(json_object_get(data, "target"));
    json_decref(event);
}
END_TEST

/* ---- reports, commits --------------------------------------------------------------------- */

START_TEST(a_report_of_a_robot) {
    set_string("kind.kind", "report");
    set_string("automation.robot", "lamp-ci");
    set_string("automation.verdict", "fail");
    set_string("series.id", SERIES);
    set_int("series.target", 1);
    annotate_words(&fixture);
    derive(false);
    check_data(EVENT_REPORT_RAISED,
               "{'message_id':'1@example.org','kind':'report','author':'a@example.org',"
               "'list':{'id':'kvm.example.org'},'lists':['kvm.example.org'],'subject':'caf\xc3\xa9 "
               "\\u0022x\\u0022',"
               "'series':{'id':'" SERIES "','target':1},'reporter':'a@example.org',"
               "'robot':'lamp-ci','verdict':'fail','target':'0@example.org'}");
}
END_TEST

START_TEST(a_report_of_a_person) {
    fixture_mail("From: A <a@example.org>\nMessage-ID: <1@example.org>\nSubject: it fails\n\n");
    set_string("kind.kind", "report");
    annotate_words(&fixture);
    derive(false);
    check_data(EVENT_REPORT_RAISED,
               "{'message_id':'1@example.org','kind':'report','author':'a@example.org',"
               "'subject':'it fails','reporter':'a@example.org'}");
}
END_TEST

START_TEST(a_commit_as_cloud_event) {
    set_string("kind.kind", "reply");
    add_word("automation.flags", "applied");
    set_string("automation.tree", "lamps (next)");
    add_word("automation.commits", "0123456789ab");
    add_word("automation.commits", "fedcba9876543210fedcba9876543210fedcba98");
    add_word("subject.tree", "net-next");
    annotate_words(&fixture);
    derive(false);
    check_data(EVENT_COMMIT_ANNOUNCED,
               "{" REPLY ",'tree':['net-next'],'commits':['0123456789ab',"
               "'fedcba9876543210fedcba9876543210fedcba98'],'applied_to':'lamps (next)',"
               "'who':'a@example.org','target':'0@example.org'}");
}
END_TEST

/* The event message.seen has all data of the other events of the mail. */
START_TEST(message_seen_has_the_data_of_the_other_events) {
    json_t *data, *event;

    set_string("automation.verdict", "pass");
    set_string("automation.tree", "next");
    add_word("automation.commits", "0123456789ab");
    set_string("trailers.range", "1-3");
    annotate_words(&fixture);
    derive(false);
    event = event_of(EVENT_MESSAGE_SEEN, &data);
    ck_assert_str_eq(member(data, "verdict"), "pass");
    ck_assert_str_eq(member(data, "applied_to"), "next");
    ck_assert_uint_eq(json_array_size(json_object_get(data, "commits")), 1);
    ck_assert_str_eq(member(data, "trailers_range"), "1-3");
    json_decref(event);
}
END_TEST

/* ---- the service -------------------------------------------------------------------------- */

#define NUMBER "0123456789abcdef0123456789abcdef"
#define STATUS ENVELOPE("patchmark.service.status.v1", NUMBER)

START_TEST(the_service_status_as_cloud_event) {
    static const struct {
        struct json_service service;
        const char *data;
    } cases[] = {
        {{"started", NULL, 0, -1, -1, -1}, "{'state':'started'}"},
        {{"stopped", NULL, 0, 12, -1, -1}, "{'state':'stopped','counts':{'mails':12}}"},
        {{"stopped", NULL, 0, 0, 0, 0},
         "{'state':'stopped','counts':{'mails':0,'events':0,'lost':0}}"},
        {{"lost", "redis", 3, -1, 40, 5},
         "{'state':'lost','sink':'redis','lost':3,'counts':{'events':40,'lost':5}}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[400];

        snprintf(expected, sizeof(expected), "{" STATUS ",'data':%s}", cases[i].data);
        check_json(composed(EVENT_SERVICE_STATUS, NUMBER, "", json_service_data(&cases[i].service)),
                   expected);
    }
}
END_TEST

/* ---- whole events -------------------------------------------------------------------------- */

/* The data is of no type, so the id has less than 32 characters: support/keep-events.c then does
 * not keep the event for validation. */
static const struct outbox_event row = {.id = "id",
                                        .type = EVENT_MESSAGE_SEEN,
                                        .subject = "a \"b\"@example.org",
                                        .source = "//host.example.org/patchmark",
                                        .data = "{\"a\":[1,{}]}",
                                        .data_length = 12,
                                        .time = WHEN};

#define ROW_HEAD                                                                          \
    "{\"specversion\":\"1.0\",\"id\":\"id\",\"source\":\"//host.example.org/patchmark\"," \
    "\"type\":\"patchmark.message.seen.v1\",\"time\":\"2023-11-14T22:13:20Z\","           \
    "\"datacontenttype\":\"application/json\","
#define ROW_DATA "\"data\":{\"a\":[1,{}]}"

static void check_composed(const struct outbox_event *event, bool replay, const char *expected) {
    char *json = json_event_compose(event, replay);

    ck_assert_str_eq(json, expected);
    free(json);
}

/* Returns EVENT of the mail as a replayed event. */
static char *replayed(const struct mail_event *event) {
    char *data = json_event_data(&fixture, event);
    struct outbox_event other = row;
    char *json;

    other.id = event->id;
    other.type = event->type;
    other.subject = patchmark_message_id(fixture.message);
    other.data = data;
    other.data_length = strlen(data);
    json = json_event_compose(&other, true);
    free(data);
    return json;
}

START_TEST(an_event_is_composed_in_one_order) {
    struct outbox_event other = row;

    check_composed(&row, false, ROW_HEAD "\"subject\":\"a \\\"b\\\"@example.org\"," ROW_DATA "}");
    other.subject = "";
    check_composed(&other, false, ROW_HEAD ROW_DATA "}");
    other.data_length = 11; /* the rest of the data must not be read */
    other.data = "{\"a\":[1,2]}{";
    check_composed(&other, false, ROW_HEAD "\"data\":{\"a\":[1,2]}}");
}
END_TEST

START_TEST(a_replayed_event_has_an_attribute) {
    struct outbox_event other = row;

    other.subject = "";
    check_composed(&other, true, ROW_HEAD ROW_DATA ",\"replay\":true}");
    set_patch();
    annotate_words(&fixture);
    derive(true);
    check_json(replayed(&fixture.events[1]),
               "{" ENVELOPE(
                   "patchmark.series.opened.v1",
                   "7c279c42f3d12a5427e1d8c98af539f0") ",'subject':'1@example.org','data':{" COMMON
                                                       "},'replay':true}");
}
END_TEST

/* A row that patchmark did not append may have any number. */
START_TEST(times_follow_rfc_3339) {
    static const struct {
        int64_t time;
        const char *stamp;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {951825599, "2000-02-29T11:59:59Z"},
        {5000000000, "2128-06-11T08:53:20Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, "9999-12-31T23:59:59Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
        {-1, "1970-01-01T00:00:00Z"},
        {INT64_MIN, "1970-01-01T00:00:00Z"},
    };
    struct outbox_event other = row;
    char *text;
    json_t *event;

    other.time = cases[_i].time;
    text = json_event_compose(&other, false);
    event = parse(text);
    ck_assert_str_eq(member(event, "time"), cases[_i].stamp);
    json_decref(event);
    free(text);
}
END_TEST

START_TEST(a_host_is_a_source) {
    char source[JSON_SOURCE_SIZE], host[600];

    json_event_source("lists.example.org", source);
    ck_assert_str_eq(source, "//lists.example.org/patchmark");
    memset(host, 'h', sizeof(host));
    host[sizeof(host) - 1] = '\0';
    json_event_source(host, source);
    ck_assert_uint_eq(strlen(source), 511);
    ck_assert_str_eq(source + 500, "h/patchmark");
}
END_TEST

/* ---- odd mails ----------------------------------------------------------------------------- */

/* Every mail can be written as JSON; otherwise its events would be lost. */
START_TEST(any_mail_becomes_json) {
    static const char *const raw[] = {
        ("From: \xff\xfe <\xff@\xfe>\nMessage-ID: <\xff\xff>\nIn-Reply-To: <\xc0\x80>\n"
         "List-Id: <\xfe>\nSubject: \xed\xa0\x80\n\n"),
        "Subject: =?utf-8?q?=00=FF=01=22=5C?=\nMessage-ID: \"\\\x01\n\n",
        "Message-ID: <\xf4\x90\x80\x80\xef\xbf\xbf>\nSubject: \xe2\x80\xa8\n\n",
    };
    char *text;

    fixture_mail(raw[_i]);
    annotate_words(&fixture);
    derive(false);
    text = composed_of(&fixture.events[0]);
    ck_assert_ptr_nonnull(text);
    json_decref(parse(text));
    free(text);
    text = json_mail(&fixture);
    ck_assert_ptr_nonnull(text);
    json_decref(parse(text));
    free(text);
}
END_TEST

SUITE(json_event_suite) {
    Suite *suite = suite_create("json: events");
    TCase *tests = tcase_create("events");

    tcase_add_checked_fixture(tests, setup, fixture_teardown);
    tcase_add_test(tests, a_mail_that_was_seen_as_cloud_event);
    tcase_add_test(tests, a_series_that_was_opened_as_cloud_event);
    tcase_add_test(tests, a_pull_request_as_cloud_event);
    tcase_add_test(tests, a_mail_without_message_id_has_no_subject);
    tcase_add_test(tests, a_series_that_is_complete_has_its_members);
    tcase_add_test(tests, a_series_that_goes_on_with_another_or_has_other_ids);
    tcase_add_test(tests, a_series_that_is_unfinished);
    tcase_add_test(tests, a_tag_as_cloud_event);
    tcase_add_test(tests, each_tag_has_its_own_event);
    tcase_add_test(tests, scopes_of_tags);
    tcase_add_test(tests, persons_in_tags);
    tcase_add_test(tests, a_reply_to_nothing_has_no_target);
    tcase_add_test(tests, a_report_of_a_robot);
    tcase_add_test(tests, a_report_of_a_person);
    tcase_add_test(tests, a_commit_as_cloud_event);
    tcase_add_test(tests, message_seen_has_the_data_of_the_other_events);
    tcase_add_test(tests, the_service_status_as_cloud_event);
    tcase_add_test(tests, an_event_is_composed_in_one_order);
    tcase_add_test(tests, a_replayed_event_has_an_attribute);
    tcase_add_loop_test(tests, times_follow_rfc_3339, 0, 8);
    tcase_add_test(tests, a_host_is_a_source);
    tcase_add_loop_test(tests, any_mail_becomes_json, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
