/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_json_event.c - events as CloudEvents.
 */
#include "pipeline/bounds.h"
#include "support/json-fixture.h"

/* ---- CloudEvents -------------------------------------------------------------------------- */

#define ENVELOPE(type, id, subject)                                                                \
    "'specversion':'1.0','id':'" id                                                                \
    "','source':'https://host.example.org/patchmark','type':'" type "','subject':'" subject        \
    "','time':'2023-11-14T22:13:20Z',"                                                             \
    "'datacontenttype':'application/json',"                                                        \
    "'dataschema':'urn:patchmark:schema:" type "#/properties/data','sequence':'0000000000004711'," \
    "'list':'kvm.example.org','series':'" SERIES "'"

START_TEST(a_mail_that_was_seen_as_cloud_event) {
    set_patch();
    set_series();
    annotate_words(&fixture);
    derive(true);
    check_json(composed_of(&fixture.events[0]),
               "{" ENVELOPE("patchmark.message.seen.v1", "13da2334494190026fd57cc62bc11d1f",
                            "1@example.org") ",'data':{'message':{" PATCH "," PATCH_FACTS
                                             "}," SHORT("'part':2,") "}}");
}
END_TEST

START_TEST(a_series_that_was_opened_as_cloud_event) {
    set_patch();
    set_series();
    annotate_words(&fixture);
    derive(true);
    series_fill();
    check_json(composed_of(&fixture.events[1]),
               "{" ENVELOPE("patchmark.series.opened.v1", "7c279c42f3d12a5427e1d8c98af539f0",
                            SERIES) ",'data':{'series':" SERIES_JSON(SERIES, "open",
                                                                     "") ",'message':{" PATCH
                                                                         "}}}");
}
END_TEST

/* Sets *DATA to the data of the event of TYPE that the mail caused.  Returns the whole event, for
 * json_decref. */
static json_t *event_of(const char *type, json_t **data) {
    for (size_t i = 0; i < fixture.event_count; i++) {
        char *text;
        json_t *event;

        if (strcmp(fixture.events[i].type, type) != 0)
            continue;
        text = composed_invented(&fixture.events[i]);
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

START_TEST(a_pull_request_has_what_is_to_be_pulled) {
    set_string("kind.kind", "pull");
    set_string("pull.url", "https://example.org/x.git");
    set_string("pull.ref", "tags/x");
    annotate_words(&fixture);
    derive(false);
    check_data(EVENT_PULL_REQUESTED,
               "{'message':{" MESSAGE ",'kind':'pull','confidence':'low','flags':[],'labels':[],"
               "'author':{'name':'A B','address':'a@example.org'}},"
               "'target':{'message_id':'0@example.org'},"
               "'pull':{'url':'https://example.org/x.git','ref':'tags/x','signed':false}}");
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

/* ---- the mail ------------------------------------------------------------------------------ */

/* Returns the member KEY of the object "message" of message.seen as text, until the next call but
 * one. */
static const char *message_member(const char *key) {
    static char *texts[2];
    static size_t calls;
    char **text = &texts[calls++ % 2];
    json_t *data, *event, *value;

    annotate_words(&fixture);
    derive(false);
    event = event_of(EVENT_MESSAGE_SEEN, &data);
    value = json_object_get(json_object_get(data, "message"), key);
    free(*text);
    *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("");
    json_decref(event);
    return *text;
}

START_TEST(the_people_of_a_mail) {
    fixture_mail(
        "From: =?utf-8?q?=C3=84da?= <ADA@Example.org>\nTo: b@example.org, C <c@example.org>,\n"
        " undisclosed:;\nCc: <D@EXAMPLE.ORG>\nMessage-ID: <1@x>\n\n");
    ck_assert_str_eq(message_member("sender"), "{\"name\":\"\xc3\x84"
                                               "da\",\"address\":\"ada@example.org\"}");
    ck_assert_str_eq(message_member("to"), "[{\"address\":\"b@example.org\"},{\"name\":\"C\","
                                           "\"address\":\"c@example.org\"}]");
    ck_assert_str_eq(message_member("cc"), "[{\"address\":\"d@example.org\"}]");
    ck_assert_str_eq(message_member("author"), message_member("sender"));
    set_string("patch.author", "p@example.org");
    set_string("patch.author_name", "P");
    ck_assert_str_eq(message_member("author"), "{\"name\":\"P\",\"address\":\"p@example.org\"}");
}
END_TEST

/* 300 people do not fit into the event; the field with 400 of them is above the limit. */
START_TEST(a_mail_to_very_many_people_says_so) {
    static char raw[64 * 1024];

    for (int count = 300; count <= 400; count += 100) {
        size_t length = (size_t)snprintf(raw, sizeof(raw), "Message-ID: <1@x>\nTo: t@x.org\nCc: ");

        for (int i = 0; i < count; i++)
            length += (size_t)snprintf(raw + length, sizeof(raw) - length,
                                       "Person Number %03d <person-%03d@example.org>,\n ", i, i);
        strcpy(raw + length, "z@example.org\n\n");
        fixture_mail(raw);
        ck_assert_str_eq(message_member("truncated"), "[\"cc\"]");
        ck_assert_str_eq(message_member("to"), "[{\"address\":\"t@x.org\"}]");
        ck_assert_int_eq(*message_member("cc") != '\0', count == 300);
    }
}
END_TEST

START_TEST(a_mail_that_says_little_has_few_members) {
    static const char *const absent[] = {"subject",     "title", "sender",   "author",
                                         "date",        "to",    "cc",       "archive_url",
                                         "in_reply_to", "files", "facts",    "robot",
                                         "lists",       "tree",  "truncated"};

    fixture_mail("Message-ID: <1@x>\n\n");
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        ck_assert_msg(!*message_member(absent[i]), "%s", absent[i]);
    ck_assert_str_eq(message_member("kind"), "\"other\"");
    ck_assert_str_eq(message_member("labels"), "[]");
}
END_TEST

/* A mail on open and closed lists names the open ones only, also among the recipients. */
START_TEST(a_closed_list_shows_nowhere) {
    struct configuration *configuration = support_configuration(
        "list \"secret.example.org\" { publish = false address = \"secret@example.org\" }", NULL);
    json_t *data, *event;
    char *text;

    fixture_mail("From: a@example.org\nTo: Secret <SECRET@example.org>, open@example.org\n"
                 "Cc: secret-request@example.org\nMessage-ID: <1@x>\n\n");
    fixture.configuration = configuration;
    fixture.lists[0] = (struct mail_list){.id = "open.example.org"};
    fixture.lists[1] = (struct mail_list){.id = "secret.example.org", .closed = true};
    fixture.list_count = 2;
    add_word("trailers.own", "Cc: The list <Secret@example.org>");
    add_word("trailers.own", "Cc: b@example.org");
    add_word("trailers.given", "Reported-by: secret@example.org");
    add_word("trailers.given", "Reported-by: b@example.org");
    ck_assert_str_eq(message_member("to"), "[{\"address\":\"open@example.org\"}]");
    ck_assert_str_eq(message_member("lists"), "[\"open.example.org\"]");
    ck_assert_uint_eq(fixture.event_count, 2); /* message.seen and one tag */
    event = event_of(EVENT_MESSAGE_SEEN, &data);
    text = json_dumps(data, 0);
    ck_assert_ptr_null(strcasestr(text, "secret"));
    free(text);
    json_decref(event);
    configuration_free(configuration);
    fixture.configuration = NULL;
}
END_TEST

START_TEST(facts_of_a_patch) {
    set_patch();
    set_string("subject.revision", "3.1");
    set_string("trailers.base_commit", "0123456789ab");
    set_string("trailers.change_id", "20260412-dim");
    add_word("trailers.prerequisites", "p@example.org");
    add_word("trailers.prerequisites", "p@example.org"); /* each once */
    add_word("trailers.own", "Fixes: 0123 (\"x\")");
    ck_assert_str_eq(message_member("revision"), "\"3.1\"");
    ck_assert_str_eq(message_member("base_commit"), "\"0123456789ab\"");
    ck_assert_str_eq(message_member("change_id"), "\"20260412-dim\"");
    ck_assert_str_eq(message_member("prerequisites"), "[\"p@example.org\"]");
    ck_assert_str_eq(message_member("trailers"),
                     "[{\"name\":\"Fixes\",\"value\":\"0123 (\\\"x\\\")\"}]");
}
END_TEST

START_TEST(the_link_to_a_mail_is_in_all_its_events) {
    json_t *data, *event;

    fixture.lists[0].posted = true;
    fixture.archive_url = NULL;
    set_patch();
    annotate_words(&fixture);
    derive(false);
    fixture.archive_url = "https://example.org/1";
    fixture.events[1].archive_url = "https://example.org/kvm/1";
    event = event_of(EVENT_MESSAGE_SEEN, &data);
    ck_assert_str_eq(member(json_object_get(data, "message"), "archive_url"),
                     "https://example.org/1");
    json_decref(event);
    event = event_of(EVENT_MESSAGE_POSTED, &data);
    ck_assert_str_eq(member(json_object_get(data, "message"), "archive_url"),
                     "https://example.org/kvm/1");
    ck_assert_str_eq(member(data, "list"), "kvm.example.org");
    json_decref(event);
}
END_TEST

/* ---- the series ---------------------------------------------------------------------------- */

START_TEST(a_series_that_is_complete) {
    set_patch();
    set_series();
    fixture_series.row.state = INDEX_STATE_COMPLETE;
    annotate_words(&fixture);
    fixture.series_completed = true;
    derive(false);
    series_fill();
    check_data(EVENT_SERIES_COMPLETED,
               "{'series':" SERIES_JSON(SERIES, "complete", "") ",'elapsed':60,'message':{" PATCH
                                                                "}}");
}
END_TEST

START_TEST(a_series_that_is_unfinished) {
    struct series_view series = series_of(SERIES);

    set_series();
    series.row.state = INDEX_STATE_INCOMPLETE;
    check_json(composed(EVENT_SERIES_INCOMPLETE, "0123456789abcdef0123456789abcdef", SERIES,
                        json_incomplete_data(&series)),
               "{" ENVELOPE("patchmark.series.incomplete.v1", "0123456789abcdef0123456789abcdef",
                            SERIES) ",'data':{'series':" SERIES_JSON(SERIES, "incomplete",
                                                                     "") "}}");
}
END_TEST

#define OLD "s1-bbbbbbbbbbbbbbbb"

/* Derives series.superseded with SCOPE, of the series OLD in STATE. */
static void derive_superseded(const char *scope, struct series_view *old) {
    set_patch();
    set_string("series.supersedes", OLD);
    set_string("series.how", "title");
    set_string("series.scope", scope);
    set_series();
    fixture_series.row.supersedes = OLD;
    fixture_series.row.how = "title";
    fixture_series.row.replaces = scope;
    annotate_words(&fixture);
    derive(false);
    series_fill();
    for (size_t i = 0; i < fixture.event_count; i++)
        if (strcmp(fixture.events[i].type, EVENT_SERIES_SUPERSEDED) == 0)
            fixture.events[i].old = old;
}

START_TEST(a_series_that_another_replaces) {
    struct series_view old = series_of(OLD);

    old.row.state = INDEX_STATE_SUPERSEDED;
    old.row.superseded_by = SERIES;
    derive_superseded("all", &old);
    check_data(
        EVENT_SERIES_SUPERSEDED,
        "{'series':" SERIES_JSON(
            SERIES, "open",
            ",'supersedes':'" OLD
            "','how':'title','scope':'all'") ",'old':" SERIES_JSON(OLD, "superseded",
                                                                   ",'superseded_by':'" SERIES
                                                                   "'") ",'scope':'all','how':'"
                                                                        "title','"
                                                                        "message':{" PATCH "}}");
}
END_TEST

START_TEST(a_series_of_which_another_replaces_parts) {
    const struct series_replaced replaced[] = {{1, "earlier@example.org", "other@example.org",
                                                "s1-cccccccccccccccc"},
                                               {2, "2@example.org", "1@example.org", SERIES}};
    struct series_view old = series_of(OLD);

    old.replaced = replaced;
    old.replaced_count = 2;
    derive_superseded("part", &old);
    check_data(
        EVENT_SERIES_SUPERSEDED,
        "{'series':" SERIES_JSON(
            SERIES, "open",
            ",'supersedes':'" OLD
            "','how':'title','scope':'part'") ",'old':" SERIES_JSON(OLD, "open",
                                                                    "") ",'scope':'part','replaced'"
                                                                        ":[{'part':2,'"
                                                                        "message_id':'2@example."
                                                                        "org',"
                                                                        "'by':'1@example.org'}],'"
                                                                        "how':'title','"
                                                                        "message':{" PATCH "}}");
}
END_TEST

START_TEST(a_series_that_is_amended) {
    set_patch();
    set_series();
    fixture_series.row.state = INDEX_STATE_COMPLETE;
    annotate_words(&fixture);
    fixture.series_amended = true;
    derive(false);
    series_fill();
    check_data(EVENT_SERIES_AMENDED,
               "{'series':" SERIES_JSON(SERIES, "complete",
                                        "") ",'reason':'added','parts':[2],'message':{" PATCH "}}");
}
END_TEST

START_TEST(a_series_that_has_another_id) {
    json_t *data, *event;

    set_patch();
    add_word("series.same_as", "s1-cccccccccccccccc");
    set_series();
    annotate_words(&fixture);
    derive(false);
    series_fill();
    event = event_of(EVENT_SERIES_ALIASED, &data);
    ck_assert_str_eq(member(json_object_get(data, "series"), "id"), SERIES);
    data = json_object_get(data, "same_as");
    ck_assert_uint_eq(json_array_size(data), 1);
    ck_assert_str_eq(json_string_value(json_array_get(data, 0)), "s1-cccccccccccccccc");
    json_decref(event);
}
END_TEST

/* ---- tags --------------------------------------------------------------------------------- */

#define REPLY                                                               \
    "'message':{" MESSAGE ",'kind':'reply','confidence':'low','labels':[]," \
    "'author':{'name':'A B','address':'a@example.org'},"

static void add_tag(const char *tag, const char *from_sender) {
    add_word("trailers.given", tag);
    add_word("trailers.given_from_sender", from_sender);
}

START_TEST(a_tag_that_was_given) {
    set_string("kind.kind", "reply");
    set_string("series.id", SERIES);
    set_int("series.version", 3);
    set_int("series.target", 2);
    set_series();
    add_tag("Reviewed-by: A B <A@Example.org>", "true");
    annotate_words(&fixture);
    derive(false);
    check_data(EVENT_TRAILER_GIVEN,
               "{" REPLY "'flags':[],'version':3}," SHORT(
                   "") ",'target':{'message_id':'0@example.org','part':2},"
                       "'trailer':{'name':'Reviewed-by','value':'A B <A@Example.org>'},"
                       "'meaning':'approve','person':{'name':'A B','address':'a@example.org'},"
                       "'from_sender':true,'scope':'part','parts':[2]}");
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
    ck_assert_str_eq(member(data, "meaning"), "refuse");
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
        const char *range, *scope, *parts;
    } cases[] = {
        {true, 0, NULL, "series", "[1,2,3]"},
        {true, 3, NULL, "part", "[3]"},
        {true, -1, NULL, "mail", ""},
        {true, 0, "1-3", "range", "[1,2,3]"},
        {true, 3, "all", "series", "[1,2,3]"},
        {true, -1, "all", "series", "[1,2,3]"},
        {true, -1, "1,3-4", "range", "[1,3,4]"},
        {true, 0, "4-2", "range", "[4]"},
        {false, -1, NULL, "mail", ""},
        {false, -1, "1-3", "mail", ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *data, *event, *parts;
        char *text;

        fixture_mail(RAW);
        if (cases[i].series) {
            set_string("series.id", SERIES);
            set_series();
        }
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
        parts = json_object_get(data, "parts");
        text = parts ? json_dumps(parts, JSON_COMPACT) : strdup("");
        ck_assert_msg(strcmp(text, cases[i].parts) == 0, "%zu: %s", i, text);
        ck_assert(cases[i].range && cases[i].series
                      ? strcmp(member(data, "range"), cases[i].range) == 0
                      : !json_object_get(data, "range"));
        free(text);
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
        person = json_object_get(data, "person");
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
    set_series();
    annotate_words(&fixture);
    derive(false);
    check_data(
        EVENT_REPORT_RAISED,
        "{'message':{" MESSAGE ",'kind':'report','confidence':'low','flags':[],"
        "'labels':[],'author':{'name':'A B','address':'a@example.org'},'robot':'lamp-ci'}," SHORT(
            "") ",'target':{'message_id':'0@example.org','part':1},"
                "'robot':'lamp-ci','reporter':{'name':'A B','address':'a@example.org'},"
                "'verdict':'fail'}");
}
END_TEST

START_TEST(a_report_of_a_person) {
    json_t *data, *event;

    fixture_mail("From: A <a@example.org>\nMessage-ID: <1@example.org>\nSubject: it fails\n\n");
    set_string("kind.kind", "report");
    annotate_words(&fixture);
    derive(false);
    event = event_of(EVENT_REPORT_RAISED, &data);
    ck_assert_str_eq(member(json_object_get(data, "reporter"), "name"), "A");
    ck_assert_uint_eq(json_object_size(data), 2); /* message and reporter */
    json_decref(event);
}
END_TEST

START_TEST(parts_that_were_applied) {
    set_string("kind.kind", "reply");
    add_word("automation.flags", "applied");
    set_string("automation.tree", "lamps (next)");
    add_word("automation.applied_parts", "1\t0123456789ab\thttps://example.org/c/0123456789ab\tx");
    add_word("automation.applied_parts", "\tfedcba987654\t\tcaf\xc3\xa9"); /* by its title */
    set_bool("automation.partial", true);
    set_string("series.id", SERIES);
    set_int("series.target", 0);
    set_series();
    annotate_words(&fixture);
    derive(false);
    check_data(
        EVENT_COMMIT_ANNOUNCED,
        "{" REPLY "'flags':['applied']}," SHORT(
            "") ","
                "'target':{'message_id':'0@example.org','part':0},"
                "'who':{'name':'A B','address':'a@example.org'},'tree':'lamps (next)','applied':["
                "{'part':1,'title':'x','commit':'0123456789ab',"
                "'url':'https://example.org/c/"
                "0123456789ab'},{'part':2,'message_id':'1@example.org',"
                "'title':'caf\xc3\xa9','commit':'fedcba987654'}],'partial':true}");
}
END_TEST

/* Returns "applied" of a mail that has SUBJECT, and FIELDS with the mails that it answers, to a
 * patch that was not seen. */
static const char *applied_of(const char *fields, int target, bool is_patch) {
    static char text[512];
    char raw[512];
    json_t *data, *event;

    snprintf(raw, sizeof(raw), "From: A <a@example.org>\nMessage-ID: <9@x>\n%sSubject: s\n\n",
             fields);
    fixture_mail(raw);
    set_string("kind.kind", "reply");
    add_word("automation.flags", "applied");
    set_bool("subject.reply", true);
    set_bool("subject.patch", is_patch);
    set_string("subject.title", "dim");
    if (target >= 0) {
        set_int("series.target", target);
        set_int("subject.part", target);
        set_int("subject.total", 2);
    }
    annotate_words(&fixture);
    derive(false);
    event = event_of(EVENT_COMMIT_ANNOUNCED, &data);
    char *found = json_dumps(json_object_get(data, "applied"), JSON_COMPACT);
    snprintf(text, sizeof(text), "%s", found);
    free(found);
    json_decref(event);
    return text;
}

START_TEST(a_patch_that_was_not_seen_was_applied) {
    ck_assert_str_eq(applied_of("In-Reply-To: <1@x>\n", 2, true),
                     "[{\"part\":2,\"message_id\":\"1@x\",\"title\":\"dim\"}]");
    ck_assert_str_eq(applied_of("References: <7-1-a@x>\n <7-2-a@x>\n", 2, true),
                     "[{\"part\":2,\"message_id\":\"7-2-a@x\",\"title\":\"dim\"}]");
    ck_assert_str_eq(applied_of("In-Reply-To: <1@x>\n", -1, true),
                     "[{\"part\":1,\"message_id\":\"1@x\",\"title\":\"dim\"}]");
    /* perhaps the answer to an answer */
    ck_assert_str_eq(applied_of("References: <7-1-a@x>\n <8@x>\n", 2, true),
                     "[{\"part\":2,\"title\":\"dim\"}]");
    ck_assert_str_eq(applied_of("References: <7-1-a@x>\n <7-2-a@x>\n <7-3-a@x>\n", 2, true),
                     "[{\"part\":2,\"title\":\"dim\"}]");
    ck_assert_str_eq(applied_of("References: <7-1-a@x>\n <7-2-b@x>\n", 2, true),
                     "[{\"part\":2,\"title\":\"dim\"}]");
    ck_assert_str_eq(applied_of("In-Reply-To: <1@x>\n", 0, true), "[]");   /* the cover */
    ck_assert_str_eq(applied_of("In-Reply-To: <1@x>\n", -1, false), "[]"); /* no patch */
}
END_TEST

/* The event message.seen has all data of the other events of the mail. */
START_TEST(message_seen_has_the_data_of_the_other_events) {
    set_string("automation.verdict", "pass");
    set_string("automation.tree", "next");
    add_word("automation.commits", "0123456789ab");
    set_string("trailers.range", "1-3");
    add_tag("Acked-by: A <a@example.org>", "true");
    ck_assert_str_eq(message_member("verdict"), "\"pass\"");
    ck_assert_str_eq(message_member("applied_to"), "\"next\"");
    ck_assert_str_eq(message_member("commits"), "[\"0123456789ab\"]");
    ck_assert_str_eq(message_member("trailers_range"), "\"1-3\"");
    ck_assert_str_eq(message_member("trailers_given"),
                     "[{\"name\":\"Acked-by\",\"value\":\"A <a@example.org>\",\"person\":{\"name\":"
                     "\"A\",\"address\":\"a@example.org\"},\"meaning\":\"approve\","
                     "\"from_sender\":true}]");
}
END_TEST

/* ---- sizes --------------------------------------------------------------------------------- */

#define WORST 65536 /* bytes of a whole event */

/* Checks that no event of the mail is larger, and that TYPE has cut the list KEY of the object IN;
 * returns how many entries that has. */
static size_t check_sizes(const char *type, const char *in, const char *key) {
    json_t *data, *event, *object;
    size_t count;
    bool found = false;

    for (size_t i = 0; i < fixture.event_count; i++) {
        char *text = composed_invented(&fixture.events[i]);

        ck_assert_uint_le(strlen(text), WORST);
        free(text);
    }
    event = event_of(type, &data);
    object = *in ? json_object_get(data, in) : data;
    for (size_t i = 0; i < json_array_size(json_object_get(object, "truncated")); i++)
        found = found ||
                strcmp(json_string_value(json_array_get(json_object_get(object, "truncated"), i)),
                       key) == 0;
    ck_assert_msg(found, "%s is not among the members that were cut", key);
    count = json_array_size(json_object_get(object, key));
    json_decref(event);
    return count;
}

/* 1,000 files, 200 trailers, 1,000 recipients, and every string full of what JSON escapes. */
START_TEST(the_largest_mail) {
    static char raw[200000], text[1025];
    char *at = raw + sprintf(raw, "From: \"");

    memset(text, '"', 1024);
    at += sprintf(at,
                  "%.500s\" <a@example.org>\nMessage-ID: <%.200s@example.org>\n"
                  "In-Reply-To: <%.200s@example.org>\nSubject: %.900s",
                  "\\\"\\\"\\\"\\\"", "'", "0", text);
    for (int i = 0; i < 1000; i++)
        at += sprintf(at, "%s \"recipient %d with a name\" <recipient-%d@lists.example.org>",
                      i % 100 == 0 ? "\nTo:" : ",\n", i, i);
    strcpy(at, "\n\n");
    fixture_mail(raw);
    set_string("kind.kind", "report");
    add_word("automation.flags", "applied");
    set_string("subject.title", text);
    set_string("subject.revision", text);
    set_string("patch.author", "p@example.org");
    set_string("patch.author_name", text);
    set_string("automation.robot", text);
    set_string("automation.tree", text);
    set_string("mine.mood", text);
    set_string("series.id", SERIES);
    set_int("series.part", 2);
    set_string("series.supersedes", OLD);
    set_series();
    fixture_series.row.title = text;
    for (int i = 0; i < 1000; i++) {
        char item[120];

        snprintf(item, sizeof(item), "drivers/lamp/\"%d\".c", i);
        add_word("patch.files", item);
        add_word("mine.words", item);
        add_word("trailers.prerequisites", item);
        snprintf(item, sizeof(item), "%d\t%040d\thttps://example.org/%d\tt", i, i, i);
        add_word("automation.applied_parts", item);
    }
    for (int i = 0; i < 200; i++) {
        char item[1000];

        snprintf(item, sizeof(item), "Acked-by: %d %.800s <%d@example.org>", i, text, i);
        add_tag(item, "true");
        add_word("trailers.own", item);
    }
    annotate_words(&fixture);
    fixture.series_completed = fixture.series_amended = true;
    derive(true);
    series_fill();
    ck_assert_uint_ge(check_sizes(EVENT_MESSAGE_SEEN, "message", "files"), 100);
    ck_assert_uint_ge(check_sizes(EVENT_MESSAGE_SEEN, "message", "to"), 20);
    check_sizes(EVENT_MESSAGE_SEEN, "message", "trailers");
    check_sizes(EVENT_MESSAGE_SEEN, "message", "title");
    check_sizes(EVENT_COMMIT_ANNOUNCED, "", "applied");
}
END_TEST

/* Two series of 1,000 parts with the longest titles, and 2,000 parts that are missing. */
START_TEST(the_largest_series) {
    static struct index_member parts[1000];
    static char text[1025], words[20000];
    struct series_view old = series_of(OLD);

    memset(text, '\\', 1024);
    for (int i = 0; i < 5000; i++)
        strcpy(words + 4 * i, i == 4999 ? "abc" : i % 2 ? "abc " : "abc\n");
    for (int i = 0; i < 1000; i++)
        parts[i] = (struct index_member){
            .part = 2 * i, .message_id = "\"quoted\"@example.org", .title = text, .patch_id = text};
    old.parts = parts;
    old.part_count = 1000;
    old.more = true;
    old.row.total = 2000;
    old.row.title = old.row.submitter_name = old.row.patch_author_name = old.row.revision =
        old.row.change_id = text;
    old.row.flags = old.row.tree = old.row.lists = old.row.prerequisites = words;
    derive_superseded("all", &old);
    old.row.id = SERIES;
    fixture_series = old;
    check_sizes(EVENT_SERIES_SUPERSEDED, "series", "parts");
    ck_assert_uint_ge(check_sizes(EVENT_SERIES_SUPERSEDED, "old", "parts"), 2);
    check_sizes(EVENT_SERIES_SUPERSEDED, "old", "title");
}
END_TEST

/* A list that just fits is whole. */
START_TEST(a_list_at_its_limit) {
    char item[1000];
    json_t *data, *event;

    /* ["…",…] with 16 items of 1,021 bytes, 3 bytes around each except the last. */
    memset(item, 'f', sizeof(item));
    item[999] = '\0';
    for (int i = 0; i < 16; i++)
        add_word("patch.files", item);
    annotate_words(&fixture);
    derive(false);
    event = event_of(EVENT_MESSAGE_SEEN, &data);
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(data, "message"), "files")),
                      16);
    ck_assert_ptr_null(json_object_get(json_object_get(data, "message"), "truncated"));
    json_decref(event);
    for (int i = 0; i < 2; i++)
        add_word("patch.files", item);
    derive(false);
    ck_assert_uint_eq(check_sizes(EVENT_MESSAGE_SEEN, "message", "files"), 16);
}
END_TEST

/* A string is cut between two characters. */
START_TEST(a_string_at_its_limit) {
    char title[1026];

    memset(title, 'x', sizeof(title));
    memcpy(title + 1022, "\xc3\xa9", 3);
    set_string("subject.title", title);
    ck_assert_uint_eq(strlen(message_member("title")), 1024 + 2);
    ck_assert_str_eq(message_member("truncated"), "");
    fixture_mail(RAW);
    title[1000] = '"'; /* its JSON has two bytes */
    set_string("subject.title", title);
    ck_assert_uint_eq(strlen(message_member("title")), 1023 + 2);
    ck_assert_str_eq(message_member("truncated"), "[\"title\"]");
}
END_TEST

/* ---- the service -------------------------------------------------------------------------- */

#define NUMBER "0123456789abcdef0123456789abcdef"
#define STATUS                                                                             \
    "'specversion':'1.0','id':'" NUMBER "','source':'https://host.example.org/patchmark'," \
    "'type':'patchmark.service.status.v1','time':'2023-11-14T22:13:20Z',"                  \
    "'datacontenttype':'application/json','dataschema':'urn:patchmark:schema:"             \
    "patchmark.service.status.v1#/properties/data','sequence':'0000000000000000'"
#define RELEASE "'version':'" PACKAGE_VERSION "'"

START_TEST(the_service_status_as_cloud_event) {
    static const struct {
        struct json_service service;
        const char *data;
    } cases[] = {
        {{"started", NULL, 0, -1, -1, -1}, "{'state':'started'," RELEASE "}"},
        {{"stopped", NULL, 0, 12, -1, -1}, "{'state':'stopped'," RELEASE ",'counts':{'mails':12}}"},
        {{"stopped", NULL, 0, 0, 0, 0},
         "{'state':'stopped'," RELEASE ",'counts':{'mails':0,'events':0,'lost':0}}"},
        {{"lost", "redis", 3, -1, 40, 5},
         "{'state':'lost'," RELEASE ",'sink':'redis','lost':3,'counts':{'events':40,'lost':5}}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[600];

        char *data = json_service_data(&cases[i].service);

        snprintf(expected, sizeof(expected), "{" STATUS ",'data':%s}", cases[i].data);
        check_json(json_event_compose(
                       &(struct outbox_event){.id = NUMBER,
                                              .type = EVENT_SERVICE_STATUS,
                                              .source = "https://host.example.org/patchmark",
                                              .data = data,
                                              .data_length = strlen(data),
                                              .time = WHEN},
                       false),
                   expected);
        free(data);
    }
}
END_TEST

/* ---- whole events -------------------------------------------------------------------------- */

/* The data is of no type, so the id has less than 32 characters: support/keep-events.c then does
 * not keep the event for validation. */
static const struct outbox_event row = {.id = "id",
                                        .type = EVENT_MESSAGE_SEEN,
                                        .subject = "a \"b\"@example.org",
                                        .source = "https://host.example.org/patchmark",
                                        .data = "{\"a\":[1,{}]}",
                                        .data_length = 12,
                                        .time = WHEN};

#define ROW_HEAD                                                                                \
    "{\"specversion\":\"1.0\",\"id\":\"id\",\"source\":\"https://host.example.org/patchmark\"," \
    "\"type\":\"patchmark.message.seen.v1\","
#define ROW_MIDDLE                                                                \
    "\"time\":\"2023-11-14T22:13:20Z\",\"datacontenttype\":\"application/json\"," \
    "\"dataschema\":\"urn:patchmark:schema:patchmark.message.seen.v1#/properties/data\","
#define ROW_DATA "\"data\":{\"a\":[1,{}]}"

static void check_composed(const struct outbox_event *event, bool replay, const char *expected) {
    char *json = json_event_compose(event, replay);

    ck_assert_str_eq(json, expected);
    free(json);
}

START_TEST(an_event_is_composed_in_one_order) {
    struct outbox_event other = row;

    other.sequence = 4711;
    other.list = "kvm.example.org";
    other.series = SERIES;
    check_composed(&other, false,
                   ROW_HEAD "\"subject\":\"a \\\"b\\\"@example.org\"," ROW_MIDDLE
                            "\"sequence\":\"0000000000004711\",\"list\":\"kvm.example.org\","
                            "\"series\":\"" SERIES "\"," ROW_DATA "}");
    other.sequence = INT64_MAX;
    other.subject = other.list = other.series = "";
    check_composed(&other, false,
                   ROW_HEAD ROW_MIDDLE "\"sequence\":\"9223372036854775807\"," ROW_DATA "}");
    other.data_length = 11; /* the rest of the data must not be read */
    other.data = "{\"a\":[1,2]}{";
    check_composed(&other, true,
                   ROW_HEAD ROW_MIDDLE
                   "\"sequence\":\"9223372036854775807\",\"data\":{\"a\":[1,2]},\"replay\":true}");
}
END_TEST

/* The attributes of an event are bounded like its data. */
START_TEST(an_event_with_the_longest_attributes) {
    static char text[20000];
    struct outbox_event other = row;
    char *json;

    memset(text, '"', sizeof(text) - 1);
    other.source = other.subject = other.list = other.series = text;
    json = json_event_compose(&other, true);
    ck_assert_uint_le(strlen(json) - strlen(row.data), 65536 - LIMIT_JSON_DATA);
    json_decref(parse(json));
    free(json);
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
    ck_assert_str_eq(source, "https://lists.example.org/patchmark");
    memset(host, 'h', sizeof(host));
    host[sizeof(host) - 1] = '\0';
    json_event_source(host, source);
    ck_assert_uint_eq(strlen(source), 8 + 480 + 10);
    ck_assert_str_eq(source + 8 + 479, "h/patchmark");
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
    tcase_add_test(tests, a_pull_request_has_what_is_to_be_pulled);
    tcase_add_test(tests, a_mail_without_message_id_has_no_subject);
    tcase_add_test(tests, the_people_of_a_mail);
    tcase_add_test(tests, a_mail_to_very_many_people_says_so);
    tcase_add_test(tests, a_mail_that_says_little_has_few_members);
    tcase_add_test(tests, a_closed_list_shows_nowhere);
    tcase_add_test(tests, facts_of_a_patch);
    tcase_add_test(tests, the_link_to_a_mail_is_in_all_its_events);
    tcase_add_test(tests, a_series_that_is_complete);
    tcase_add_test(tests, a_series_that_is_unfinished);
    tcase_add_test(tests, a_series_that_another_replaces);
    tcase_add_test(tests, a_series_of_which_another_replaces_parts);
    tcase_add_test(tests, a_series_that_is_amended);
    tcase_add_test(tests, a_series_that_has_another_id);
    tcase_add_test(tests, a_tag_that_was_given);
    tcase_add_test(tests, each_tag_has_its_own_event);
    tcase_add_test(tests, scopes_of_tags);
    tcase_add_test(tests, persons_in_tags);
    tcase_add_test(tests, a_reply_to_nothing_has_no_target);
    tcase_add_test(tests, a_report_of_a_robot);
    tcase_add_test(tests, a_report_of_a_person);
    tcase_add_test(tests, parts_that_were_applied);
    tcase_add_test(tests, a_patch_that_was_not_seen_was_applied);
    tcase_add_test(tests, message_seen_has_the_data_of_the_other_events);
    tcase_add_test(tests, the_largest_mail);
    tcase_add_test(tests, the_largest_series);
    tcase_add_test(tests, a_list_at_its_limit);
    tcase_add_test(tests, a_string_at_its_limit);
    tcase_add_test(tests, the_service_status_as_cloud_event);
    tcase_add_test(tests, an_event_is_composed_in_one_order);
    tcase_add_test(tests, an_event_with_the_longest_attributes);
    tcase_add_loop_test(tests, times_follow_rfc_3339, 0, 8);
    tcase_add_test(tests, a_host_is_a_source);
    tcase_add_loop_test(tests, any_mail_becomes_json, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
