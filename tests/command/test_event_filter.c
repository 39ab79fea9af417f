/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event_filter.c - which events a filter passes, which of them repeat others, and the short
 * names of types.
 */
#include "command/event-filter.h"
#include "pipeline/event-types.h"
#include "support/support.h"

#define OPENED    "patchmark.series.opened.v1"
#define SEEN      "patchmark.message.seen.v1"
#define POSTED    "patchmark.message.posted.v1"
#define COMPLETED "patchmark.series.completed.v1"
#define OLD       "s1-aaaaaaaaaaaaaaaa"
#define NEW       "s1-bbbbbbbbbbbbbbbb"
#define TOPIC     "t1-cccccccccccccccc"

/* Filters and events; the series of each event is NEW. */
static const struct {
    struct event_filter filter;
    const char *type, *list, *data;
    bool passes;
} cases[] = {
    {{NULL, NULL, NULL}, OPENED, "", "", true},

    {{"series.opened", NULL, NULL}, OPENED, "", "", true},
    {{OPENED, NULL, NULL}, OPENED, "", "", true},
    {{"series.*", NULL, NULL}, OPENED, "", "", true},
    {{"*.opened", NULL, NULL}, OPENED, "", "", true},
    {{"patchmark.series.*", NULL, NULL}, OPENED, "", "", true},
    {{"SERIES.Opened", NULL, NULL}, OPENED, "", "", true},
    {{"pull.requested,series.opened", NULL, NULL}, OPENED, "", "", true},
    {{" series.opened , pull.requested", NULL, NULL}, OPENED, "", "", true},
    {{"series.*", NULL, NULL}, SEEN, "", "", false},
    {{"series", NULL, NULL}, OPENED, "", "", false}, /* a pattern must match the whole type */
    {{"opened", NULL, NULL}, OPENED, "", "", false},
    {{"series.opened.v2", NULL, NULL}, OPENED, "", "", false},
    {{"", NULL, NULL}, OPENED, "", "", false}, /* an empty list of patterns matches nothing */
    {{",,", NULL, NULL}, OPENED, "", "", false},
    {{"series.opened", NULL, NULL}, "patchmark.series.opened.v12", "", "", true},
    {{"other.thing", NULL, NULL}, "other.thing", "", "", true},

    {{NULL, "kvm.example.org", NULL}, OPENED, "kvm.example.org", "", true},
    {{NULL, "kvm.*", NULL}, OPENED, "kvm.example.org", "", true},
    {{NULL, "*.example.org", NULL}, OPENED, "KVM.Example.org", "", true},
    {{NULL, "net.*,kvm.*", NULL}, OPENED, "kvm.example.org", "", true},
    {{NULL, "net.*", NULL}, OPENED, "kvm.example.org", "", false},
    {{NULL, "*", NULL}, OPENED, "", "", true},
    {{NULL, "?*", NULL}, OPENED, "", "", false}, /* only events with a List-Id */

    {{NULL, NULL, NEW}, OPENED, "", "", true},
    {{NULL, NULL, OLD}, OPENED, "", "", false},
    {{NULL, NULL, OLD}, OPENED, "", "\"supersedes\":\"" OLD "\"", true},
    {{NULL, NULL, TOPIC}, OPENED, "", "\"topic\":\"" TOPIC "\"", true},
    {{NULL, NULL, OLD}, OPENED, "", "\"subject\":\"as in \\\"" OLD "\\\" said\"", false},
    {{NULL, NULL, "s1-"}, OPENED, "", "\"id\":\"" OLD "\"", false},
    {{NULL, NULL, ""}, OPENED, "", "", false},

    /* An event must match all fields. */
    {{"series.*", "kvm.*", NEW}, OPENED, "kvm.example.org", "", true},
    {{"series.*", "kvm.*", OLD}, OPENED, "kvm.example.org", "", false},
    {{"series.*", "net.*", NEW}, OPENED, "kvm.example.org", "", false},
    {{"message.*", "kvm.*", NEW}, OPENED, "kvm.example.org", "", false},
};

START_TEST(filters_select_events) {
    struct event_filtered event = {cases[_i].type, cases[_i].list, NEW, cases[_i].data,
                                   strlen(cases[_i].data)};

    ck_assert_int_eq(event_filter_passes(&cases[_i].filter, &event), cases[_i].passes);
}
END_TEST

START_TEST(json_is_not_read_past_its_end) {
    struct event_filter filter = {NULL, NULL, OLD};
    struct event_filtered event = {OPENED, "", "", "\"" OLD "\"", strlen(OLD) + 1};

    ck_assert(!event_filter_passes(&filter, &event));
    event.json_length++;
    ck_assert(event_filter_passes(&filter, &event));
}
END_TEST

START_TEST(patterns_of_any_length_work) {
    char *longest = malloc(100000);
    struct event_filter filter = {.types = longest};
    struct event_filtered event = {OPENED, "", "", "", 0};

    memset(longest, '?', 100000);
    strcpy(longest + 100000 - strlen(",series.*") - 1, ",series.*");
    ck_assert(event_filter_passes(&filter, &event));
    free(longest);
}
END_TEST

START_TEST(a_filter_without_fields_is_empty) {
    ck_assert(event_filter_is_empty(&(struct event_filter){NULL, NULL, NULL}));
    ck_assert(!event_filter_is_empty(&(struct event_filter){"*", NULL, NULL}));
    ck_assert(!event_filter_is_empty(&(struct event_filter){NULL, "*", NULL}));
    ck_assert(!event_filter_is_empty(&(struct event_filter){NULL, NULL, NEW}));
}
END_TEST

/* ---- repetitions ----------------------------------------------------------------------------- */

#define MESSAGE(kind, rest) "'message':{'kind':'" kind "'" rest "}"
#define PATCH               MESSAGE("patch", ",'lists':['kvm.example.org','net.example.org']")
#define SINGLE              "'series':{'total':1,'parts':[{'part':1}]}"

/* Filters by type, events, and whether the event has no line, because another one says the same. */
static const struct {
    const char *types, *type, *list, *data;
    bool repeats;
} repetitions[] = {
    /* A mail is one line ... */
    {NULL, SEEN, "", PATCH, false},
    {NULL, POSTED, "kvm.example.org", PATCH, true},
    {"message.*", POSTED, "kvm.example.org", PATCH, true},
    {"message.posted", POSTED, "kvm.example.org", PATCH, false},
    /* ... and a further list is one more. */
    {NULL, POSTED, "net.example.org", PATCH, false},
    {NULL, POSTED, "net.example.org", MESSAGE("patch", ""), false},

    /* An event that says more of the mail replaces message.seen, if it passes the filter. */
    {NULL, SEEN, "", MESSAGE("report", ""), true},
    {"message.*", SEEN, "", MESSAGE("report", ""), false},
    {"message.seen,report.raised", SEEN, "", MESSAGE("report", ""), true},
    {NULL, SEEN, "", MESSAGE("pull", ""), true},
    {"message.seen,report.raised", SEEN, "", MESSAGE("pull", ""), false},
    {NULL, SEEN, "", MESSAGE("commit", ""), true},
    {NULL, SEEN, "", MESSAGE("reply", ",'flags':['applied']"), true},
    {NULL, SEEN, "", MESSAGE("reply", ",'flags':['review']"), false},
    {NULL, SEEN, "", MESSAGE("reply", ",'trailers_given':[{'name':'Acked-by'}]"), true},
    {"message.seen", SEEN, "", MESSAGE("reply", ",'trailers_given':[{'name':'Acked-by'}]"), false},
    {NULL, SEEN, "", MESSAGE("reply", ",'trailers_given':[]"), false},
    {NULL, SEEN, "", MESSAGE("reply", ",'trailers':[{'name':'Acked-by'}]"), false},

    /* A single patch is one line, whatever passes the filter. */
    {NULL, OPENED, "", SINGLE, true},
    {NULL, COMPLETED, "", SINGLE, true},
    {"series.*", OPENED, "", SINGLE, true},
    {"series.*", COMPLETED, "", SINGLE, false},
    {"series.opened", OPENED, "", SINGLE, false},
    /* A single patch with a cover is a series of two mails. */
    {NULL, COMPLETED, "", "'series':{'total':1,'parts':[{'part':0},{'part':1}]}", false},
    {"series.*", OPENED, "", "'series':{'total':1,'parts':[{'part':0}]}", false},
    {NULL, COMPLETED, "", "'series':{'total':2,'parts':[{'part':1},{'part':2}]}", false},
    {"series.*", OPENED, "", "'series':{'total':2,'parts':[{'part':1}]}", false},
    /* The mail that opens a series has a line, so the event has none. */
    {NULL, OPENED, "", "'series':{'total':2,'parts':[{'part':1}]}", true},
    {NULL, OPENED, "", "'series':{}", true},
    {NULL, COMPLETED, "", "'series':{}", false},

    /* Others always have a line. */
    {NULL, "patchmark.series.superseded.v1", "", SINGLE, false},
    {NULL, "patchmark.series.incomplete.v1", "", SINGLE, false},
    {NULL, "patchmark.report.raised.v1", "", MESSAGE("report", ""), false},
    {NULL, "patchmark.topic.closed.v1", "", PATCH, false},
    {NULL, SEEN, "", "", false},
    {NULL, "", "", "'message':7,'series':[]", false},
    {NULL, POSTED, "", "'message':{'lists':[7]}", false},
};

/* Tests JSON, in which ' stands for ". */
static void repetition_check(const char *before, const char *data, const char *after, int i) {
    struct event_filter filter = {.types = repetitions[i].types};
    char json[1024];
    struct event_filtered event = {repetitions[i].type, repetitions[i].list, NEW, json, 0};

    event.json_length = (size_t)snprintf(json, sizeof(json), "%s{%s}%s", before, data, after);
    for (char *at = json; (at = strchr(at, '\'')); at++)
        *at = '"';
    ck_assert_int_eq(event_filter_repeats(&filter, &event), repetitions[i].repeats);
}

/* The JSON is the data, as in an outbox, or the whole event, as in a stream. */
START_TEST(events_that_repeat_others_are_found) {
    repetition_check("", repetitions[_i].data, "", _i);
    repetition_check("{'specversion':'1.0','data':", repetitions[_i].data, "}", _i);
}
END_TEST

START_TEST(invalid_json_repeats_nothing) {
    struct event_filtered event = {COMPLETED, "", "", "{\"series\":", 10};

    ck_assert(!event_filter_repeats(&(struct event_filter){NULL, NULL, NULL}, &event));
}
END_TEST

START_TEST(ids_of_series_and_topics_have_a_form) {
    ck_assert(event_filter_is_id(NEW));
    ck_assert(event_filter_is_id(TOPIC));
    ck_assert(event_filter_is_id("s1-abcdefghijklm234"));
    ck_assert(!event_filter_is_id("s2-bbbbbbbbbbbbbbbb"));
    ck_assert(!event_filter_is_id("s1-bbbbbbbbbbbbbbb"));
    ck_assert(!event_filter_is_id(NEW "b"));
    ck_assert(!event_filter_is_id("s1-bbbbbbbbbbbbbbb1"));
    ck_assert(!event_filter_is_id("s1-BBBBBBBBBBBBBBBB"));
    ck_assert(!event_filter_is_id("a@example.org"));
    ck_assert(!event_filter_is_id(""));
}
END_TEST

/* ---- types ----------------------------------------------------------------------------------- */

static const struct {
    const char *types, *unknown; /* NULL if none */
} unknown_types[] = {
    {NULL, NULL},
    {"*", NULL},
    {"series.opened", NULL},
    {"message.seen,series.completed,series.incomplete,series.superseded,series.aliased", NULL},
    {"trailer.given,pull.requested,report.raised,commit.announced,service.status", NULL},
    {OPENED, NULL},
    {"series.complete", "series.complete"},
    {"series.*, seris.*,x", "seris.*"},
    {"patchmark.series.opened.v2", "patchmark.series.opened.v2"},
};

START_TEST(an_unknown_type_is_found) {
    size_t length = 0;
    const char *unknown =
        event_filter_unknown_type(&(struct event_filter){.types = unknown_types[_i].types},
                                  &length);

    if (!unknown_types[_i].unknown) {
        ck_assert_ptr_null(unknown);
        return;
    }
    ck_assert_ptr_nonnull(unknown);
    ck_assert_uint_eq(length, strlen(unknown_types[_i].unknown));
    ck_assert_int_eq(strncmp(unknown, unknown_types[_i].unknown, length), 0);
}
END_TEST

static const struct {
    const char *type, *text;
} shorts[] = {
    {OPENED, "series.opened"},
    {"patchmark.series.opened.v23", "series.opened"},
    {"series.opened", "series.opened"},
    {"patchmark.series.opened.v", "series.opened.v"},
    {"patchmark.series.opened.v1x", "series.opened.v1x"},
    {"patchmark.", ""},
    {"", ""},
    {"0123456789012345678901234567890123456789012345678901234567890123456789",
     "012345678901234567890123456789012345678901234567890123456789012"},
};

START_TEST(types_are_short_for_people) {
    char text[EVENT_TYPE_SHORT_SIZE];

    event_type_short(shorts[_i].type, text);
    ck_assert_str_eq(text, shorts[_i].text);
}
END_TEST

SUITE(event_filter_suite) {
    Suite *suite = suite_create("event-filter");
    TCase *tests = tcase_create("event-filter");

    tcase_add_loop_test(tests, filters_select_events, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tests, json_is_not_read_past_its_end);
    tcase_add_test(tests, patterns_of_any_length_work);
    tcase_add_test(tests, a_filter_without_fields_is_empty);
    tcase_add_loop_test(tests, events_that_repeat_others_are_found, 0,
                        sizeof(repetitions) / sizeof(repetitions[0]));
    tcase_add_test(tests, invalid_json_repeats_nothing);
    tcase_add_test(tests, ids_of_series_and_topics_have_a_form);
    tcase_add_loop_test(tests, an_unknown_type_is_found, 0,
                        sizeof(unknown_types) / sizeof(unknown_types[0]));
    tcase_add_loop_test(tests, types_are_short_for_people, 0, sizeof(shorts) / sizeof(shorts[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
