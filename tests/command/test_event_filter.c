/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event_filter.c - which events a filter passes, and the short names of types.
 */
#include "command/event-filter.h"
#include "pipeline/event-types.h"
#include "support/support.h"

#define OPENED "patchmark.series.opened.v1"
#define SEEN   "patchmark.message.seen.v1"
#define OLD    "s1-aaaaaaaaaaaaaaaa"
#define NEW    "s1-bbbbbbbbbbbbbbbb"
#define TOPIC  "t1-cccccccccccccccc"

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
    tcase_add_loop_test(tests, an_unknown_type_is_found, 0,
                        sizeof(unknown_types) / sizeof(unknown_types[0]));
    tcase_add_loop_test(tests, types_are_short_for_people, 0, sizeof(shorts) / sizeof(shorts[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
