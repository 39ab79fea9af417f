/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_tag_meaning.c - what somebody says with a tag.
 */
#include "pipeline/tag-meaning.h"
#include "support/suite.h"

#include <string.h>

static const struct {
    const char *name, *meaning;
} tags[] = {
    {"Nacked-by", "refuse"},
    {"Nak-by", "refuse"},
    {"NAK", "refuse"},
    {"NACK", "refuse"},
    {"Rejected-by", "refuse"},
    {"Objected-by", "refuse"},
    {"Objected-to-by", "refuse"},
    {"Reviewed-and-nacked-by", "refuse"},
    {"Not-acked-by", "refuse"},
    {"Not-Reviewed-by", "refuse"},
    {"Un-acked-by", "refuse"},

    {"Reviewed-by", "approve"},
    {"reviewed-by", "approve"},
    {"Reviewed_by", "approve"},
    {"Acked-by", "approve"},
    {"Ack", "approve"},
    {"Approved-by", "approve"},
    {"LGTM", "approve"},
    {"Reviewed-and-tested-by", "approve"},
    {"Tested-and-reviewed-by", "approve"},
    {"Reported-and-acked-by", "approve"},

    {"Tested-by", "test"},
    {"Verified-by", "test"},
    {"Reported-and-tested-by", "test"},
    {"Build-tested-by", "test"},

    {"Reported-by", "report"},
    {"Suggested-and-reported-by", "report"},

    {"Suggested-by", "credit"},
    {"Signed-off-by", "credit"},
    {"Co-developed-by", "credit"},
    {"Cc", "credit"},
    {"Not-tested-by", "credit"},
    {"Packed-by", "credit"},
    {"Backed-by", "credit"},
    {"Tracked-by", "credit"},
    {"Untested", "credit"},
    {"Reviewer", "credit"},
    {"", "credit"},
    {"---", "credit"},
};

START_TEST(meanings) {
    const char *name = tags[_i].name, *meaning = tag_meaning(name, strlen(name));

    ck_assert_msg(strcmp(meaning, tags[_i].meaning) == 0, "%s: %s", name, meaning);
}
END_TEST

/* Bytes behind the name are not read. */
START_TEST(length_counts) {
    ck_assert_str_eq(tag_meaning("Tested-by-reviewed", 9), "test");
    ck_assert_str_eq(tag_meaning("Reviewed-by", 4), "credit");
    ck_assert_str_eq(tag_meaning("Acked", 0), "credit");
}
END_TEST

SUITE(tag_meaning_suite) {
    Suite *suite = suite_create("tag-meaning");
    TCase *cases = tcase_create("tag-meaning");

    tcase_add_loop_test(cases, meanings, 0, sizeof(tags) / sizeof(tags[0]));
    tcase_add_test(cases, length_counts);
    suite_add_tcase(suite, cases);
    return suite;
}
