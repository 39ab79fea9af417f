/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_filter.c - which events pass the options types, lists, labels and kinds.
 */
#include "filter.h"

#include "plugin/event-fields.h"
#include "settings.h"
#include "support/fake-instance.h"
#include "support/suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SEEN      "patchmark.message.seen.v1"
#define OPENED    "patchmark.series.opened.v1"
#define COMPLETED "patchmark.series.completed.v1"
#define STATUS    "patchmark.service.status.v1"
#define KVM       "kvm.example.org"
#define DATA(x)   "{\"id\":\"1\",\"data\":{" x "}}"
#define MESSAGE(kind, labels) \
    DATA("\"message\":{\"kind\":\"" kind "\",\"flags\":[],\"labels\":[" labels "]}")

struct filter_case {
    const char *types, *lists, *labels, *kinds; /* words separated by spaces; NULL if not set */
    const char *type, *list, *json;             /* of the event */
    bool passes;
};

static const struct filter_case cases[] = {
    /* without filters everything passes */
    {NULL, NULL, NULL, NULL, SEEN, KVM, DATA(""), true},
    {NULL, NULL, NULL, NULL, STATUS, "", DATA(""), true},
    /* types: in full, in short, patterns */
    {SEEN, NULL, NULL, NULL, SEEN, KVM, DATA(""), true},
    {"message.seen", NULL, NULL, NULL, SEEN, KVM, DATA(""), true},
    {"series.*", NULL, NULL, NULL, OPENED, KVM, DATA(""), true},
    {"series.*", NULL, NULL, NULL, COMPLETED, KVM, DATA(""), true},
    {"series.*", NULL, NULL, NULL, SEEN, KVM, DATA(""), false},
    {"patchmark.series.*", NULL, NULL, NULL, OPENED, KVM, DATA(""), true},
    {"*.opened", NULL, NULL, NULL, OPENED, KVM, DATA(""), true},
    {"SERIES.OPENED", NULL, NULL, NULL, OPENED, KVM, DATA(""), true},
    {"series.opened series.completed", NULL, NULL, NULL, COMPLETED, KVM, DATA(""), true},
    {"series.opened series.completed", NULL, NULL, NULL, SEEN, KVM, DATA(""), false},
    {"series", NULL, NULL, NULL, OPENED, KVM, DATA(""), false},
    {"series.open", NULL, NULL, NULL, OPENED, KVM, DATA(""), false},
    {"opened", NULL, NULL, NULL, OPENED, KVM, DATA(""), false},
    /* the version is part of the full name only */
    {"patchmark.series.opened.v1", NULL, NULL, NULL, "patchmark.series.opened.v2", KVM, DATA(""),
     false},
    {"series.opened", NULL, NULL, NULL, "patchmark.series.opened.v2", KVM, DATA(""), true},
    {"*", NULL, NULL, NULL, "something.else", "", DATA(""), true},
    /* lists */
    {NULL, KVM, NULL, NULL, SEEN, KVM, DATA(""), true},
    {NULL, "KVM.Example.org", NULL, NULL, SEEN, KVM, DATA(""), true},
    {NULL, "netdev.example.org kvm.example.org", NULL, NULL, SEEN, KVM, DATA(""), true},
    {NULL, "*.example.org", NULL, NULL, SEEN, KVM, DATA(""), true},
    {NULL, "kvm", NULL, NULL, SEEN, KVM, DATA(""), false},
    {NULL, "kvm.example.org.evil.example.com", NULL, NULL, SEEN, KVM, DATA(""), false},
    {NULL, KVM, NULL, NULL, SEEN, "not-kvm.example.org", DATA(""), false},
    {NULL, KVM, NULL, NULL, STATUS, "", DATA(""), false},
    /* labels: at least one of them */
    {NULL, NULL, "arm64", NULL, SEEN, KVM, MESSAGE("patch", "\"kvm\",\"arm64\""), true},
    {NULL, NULL, "arm* x86", NULL, SEEN, KVM, MESSAGE("patch", "\"kvm\",\"arm64\""), true},
    {NULL, NULL, "x86", NULL, SEEN, KVM, MESSAGE("patch", "\"kvm\",\"arm64\""), false},
    {NULL, NULL, "arm", NULL, SEEN, KVM, MESSAGE("patch", "\"kvm\",\"arm64\""), false},
    {NULL, NULL, "*", NULL, SEEN, KVM, MESSAGE("patch", ""), false},
    {NULL, NULL, "kvm", NULL, SEEN, KVM, MESSAGE("patch", "1,null,[\"kvm\"],{\"kvm\":1}"), false},
    {NULL, NULL, "kvm", NULL, STATUS, "", DATA(""), false},
    /* only those of the mail itself */
    {NULL, NULL, "kvm", NULL, SEEN, KVM, DATA("\"labels\":[\"kvm\"]"), false},
    {NULL, NULL, "kvm", NULL, SEEN, KVM, DATA("\"series\":{\"labels\":[\"kvm\"]}"), false},
    /* kinds */
    {NULL, NULL, NULL, "patch cover", SEEN, KVM, MESSAGE("cover", ""), true},
    {NULL, NULL, NULL, "patch cover", SEEN, KVM, MESSAGE("reply", ""), false},
    {NULL, NULL, NULL, "*", SEEN, KVM, DATA("\"message\":{}"), false},
    {NULL, NULL, NULL, "1", SEEN, KVM, DATA("\"message\":{\"kind\":1}"), false},
    {NULL, NULL, NULL, "patch", SEEN, KVM, DATA("\"message\":\"patch\""), false},
    {NULL, NULL, NULL, "patch", SEEN, KVM, "{\"data\":", false},
    {NULL, NULL, NULL, "patch", SEEN, KVM, "[]", false},
    /* all that are set must match */
    {"message.*", KVM, "kvm", "patch", SEEN, KVM, MESSAGE("patch", "\"kvm\""), true},
    {"series.*", KVM, "kvm", "patch", SEEN, KVM, MESSAGE("patch", "\"kvm\""), false},
    {"message.*", "x", "kvm", "patch", SEEN, KVM, MESSAGE("patch", "\"kvm\""), false},
    {"message.*", KVM, "x", "patch", SEEN, KVM, MESSAGE("patch", "\"kvm\""), false},
    {"message.*", KVM, "kvm", "x", SEEN, KVM, MESSAGE("patch", "\"kvm\""), false},
};

START_TEST(an_event_passes_if_each_option_that_is_set_matches) {
    const struct filter_case *each = &cases[_i];
    struct fake_value values[5];
    struct patchmark_instance *instance;
    struct patchmark_event_fields fields = event_fields_of(each->json, strlen(each->json));
    struct patchmark_event event = {.struct_size = sizeof(event),
                                    .id = "1",
                                    .type = each->type,
                                    .list = each->list,
                                    .json = each->json,
                                    .json_length = strlen(each->json),
                                    .fields = &fields};
    size_t count = 0;

    if (each->types)
        values[count++] = (struct fake_value){"types", each->types};
    if (each->lists)
        values[count++] = (struct fake_value){"lists", each->lists};
    if (each->labels)
        values[count++] = (struct fake_value){"labels", each->labels};
    if (each->kinds)
        values[count++] = (struct fake_value){"kinds", each->kinds};
    values[count] = (struct fake_value){0};
    instance = fake_instance_new(settings_options, values);
    ck_assert_int_eq(filter_passes(instance, &event), each->passes);
    fake_instance_free(instance);
    event_fields_clear(&fields);
}
END_TEST

SUITE(webhook_filter_suite) {
    Suite *suite = suite_create("webhook filter");
    TCase *tests = tcase_create("filter");

    tcase_add_loop_test(tests, an_event_passes_if_each_option_that_is_set_matches, 0,
                        (int)COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}
