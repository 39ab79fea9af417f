/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_abi.c - what version 1 of the plugin interface fixed: the values of constants, and on
 * systems with pointers of 64 bits the place of each member.  A line may be added for what a later
 * version appends; none may be changed after a release.
 */
#include "patchmark-plugin.h"

#include "support/suite.h"

#if UINTPTR_MAX == UINT64_MAX
#define AT(type, member, offset) \
    _Static_assert(offsetof(struct type, member) == (offset), #type "." #member " has moved")

AT(patchmark_text, data, 0);
AT(patchmark_text, length, 8);
_Static_assert(sizeof(struct patchmark_text) == 16, "it is passed by value, so it never grows");

AT(patchmark_fact, key, 0);
AT(patchmark_fact, type, 8);
AT(patchmark_fact, help, 16);
AT(patchmark_fact, example, 24);

AT(patchmark_option, name, 0);
AT(patchmark_option, type, 8);
AT(patchmark_option, fallback, 16);
AT(patchmark_option, min, 24);
AT(patchmark_option, max, 32);
AT(patchmark_option, help, 40);

AT(patchmark_plugin, struct_size, 0);
AT(patchmark_plugin, abi, 8);
AT(patchmark_plugin, fact_size, 12);
AT(patchmark_plugin, option_size, 16);
AT(patchmark_plugin, traits, 20);
AT(patchmark_plugin, name, 24);
AT(patchmark_plugin, version, 32);
AT(patchmark_plugin, summary, 40);
AT(patchmark_plugin, options, 48);
AT(patchmark_plugin, provides, 56);
AT(patchmark_plugin, needs, 64);
AT(patchmark_plugin, uses, 72);
AT(patchmark_plugin, counters, 80);
AT(patchmark_plugin, open, 88);
AT(patchmark_plugin, classify, 96);
AT(patchmark_plugin, publish, 104);
AT(patchmark_plugin, close, 112);
AT(patchmark_plugin, follow, 120);
AT(patchmark_plugin, publish_state, 128);
AT(patchmark_plugin, batch, 136);

AT(patchmark_event, struct_size, 0);
AT(patchmark_event, sequence, 8);
AT(patchmark_event, replay, 16);
AT(patchmark_event, id, 24);
AT(patchmark_event, type, 32);
AT(patchmark_event, subject, 40);
AT(patchmark_event, list, 48);
AT(patchmark_event, series, 56);
AT(patchmark_event, json, 64);
AT(patchmark_event, json_length, 72);
AT(patchmark_event, learned, 80);
AT(patchmark_event, state, 88);
AT(patchmark_event, fields, 96);

AT(patchmark_part, struct_size, 0);
AT(patchmark_part, type, 8);
AT(patchmark_part, filename, 16);
AT(patchmark_part, bytes, 24);
AT(patchmark_part, text, 40);
AT(patchmark_part, truncated, 56);

AT(patchmark_lines, rest, 0);
_Static_assert(sizeof(struct patchmark_lines) == 88, "the plugin has room for it");

AT(patchmark_known, struct_size, 0);
AT(patchmark_known, series, 8);
AT(patchmark_known, sender, 16);
AT(patchmark_known, kind, 24);
AT(patchmark_known, part, 32);
AT(patchmark_known, via, 40);
AT(patchmark_known, topic, 48);
AT(patchmark_known, supersedes, 56);
AT(patchmark_known, how, 64);
AT(patchmark_known, scope, 72);
AT(patchmark_known, same_as, 80);

AT(patchmark_series, struct_size, 0);
AT(patchmark_series, id, 8);
AT(patchmark_series, topic, 16);
AT(patchmark_series, author, 24);
AT(patchmark_series, title, 32);
AT(patchmark_series, version, 40);
AT(patchmark_series, total, 48);
AT(patchmark_series, opened, 56);
AT(patchmark_series, changed, 64);
AT(patchmark_series, rfc, 72);
AT(patchmark_series, via, 80);
AT(patchmark_series, lists, 88);
AT(patchmark_series, labels, 96);
AT(patchmark_series, superseded_by, 104);

/* No padding at the end, in which a later member could be taken for one of an earlier version. */
_Static_assert(sizeof(struct patchmark_fact) == 32, "");
_Static_assert(sizeof(struct patchmark_option) == 48, "");
_Static_assert(sizeof(struct patchmark_plugin) == 144, "");
_Static_assert(sizeof(struct patchmark_event) == 104, "");
_Static_assert(sizeof(struct patchmark_part) == 64, "");
_Static_assert(sizeof(struct patchmark_known) == 88, "");
_Static_assert(sizeof(struct patchmark_series) == 112, "");
#endif

START_TEST(constants_keep_their_values) {
    static const struct {
        int constant, value;
    } constants[] = {{PATCHMARK_NONE, 0},     {PATCHMARK_BOOL, 1},       {PATCHMARK_INT, 2},
                     {PATCHMARK_STRING, 3},   {PATCHMARK_LIST, 4},       {PATCHMARK_DURATION, 5},
                     {PATCHMARK_PARALLEL, 1}, {PATCHMARK_USES_INDEX, 2}, {PATCHMARK_RUNS_LAST, 4},
                     {PATCHMARK_ERROR, 3},    {PATCHMARK_WARNING, 4},    {PATCHMARK_INFO, 6},
                     {PATCHMARK_DEBUG, 7},    {PATCHMARK_OWN, 1},        {PATCHMARK_QUOTED, 2},
                     {PATCHMARK_HEAD, 3},     {PATCHMARK_DIFF, 4},       {PATCHMARK_SIGNATURE, 5},
                     {PATCHMARK_ID_SIZE, 20}};

    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
        ck_assert_int_eq(constants[i].constant, constants[i].value);
}
END_TEST

SUITE(abi_suite) {
    Suite *suite = suite_create("abi");
    TCase *tests = tcase_create("abi");

    tcase_add_test(tests, constants_keep_their_values);
    suite_add_tcase(suite, tests);
    return suite;
}
