/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_annotate.c - the header fields of a mail: names, values, order, size.
 */
#include "mail/bounds.h"
#include "pipeline/annotate.h"
#include "pipeline/bounds.h"
#include "plugin/bounds.h"
#include "support/facts-fixture.h"

static struct configuration *configuration;

static void setup(void) {
    fixture_setup();
    configuration = support_configuration("", NULL);
}

static void teardown(void) {
    configuration_free(configuration);
    fixture_teardown();
}

static void configure(const char *text) {
    configuration_free(configuration);
    configuration = support_configuration(text, NULL);
}

/* Returns all fields as one text, each with LF. */
static const char *headers(void) {
    static char all[2 * LIMIT_HEADERS_WRITTEN];
    size_t length = 0;

    annotate_words(&fixture);
    annotate_headers(&fixture, configuration);
    all[0] = '\0';
    for (size_t i = 0; i < fixture.header_count; i++)
        length += (size_t)snprintf(all + length, sizeof(all) - length, "%s: %s\n",
                                   fixture.headers[i].name, fixture.headers[i].value);
    return all;
}

static void set_patch(void) {
    set_string("kind.kind", "patch");
    set_string("kind.confidence", "high");
    set_string("series.id", "s1-mfzwizltoq2gc3tb");
    set_string("series.topic", "t1-nbswy3dpfqqho33s");
    set_int("series.version", 3);
    set_int("series.part", 2);
    set_int("series.total", 5);
    set_string("patch.id", "0123456789abcdef0123456789abcdef01234567");
    add_word("subject.flags", "rfc");
    add_word("mine.labels", "kvm");
    add_word("mine.labels", "arm64");
}

#define INFO(confidence) "Patchmark-Info: v=1; by=host.example.org; conf=" confidence "\n"

/* ---- values ------------------------------------------------------------------------------- */

START_TEST(a_patch_has_all_of_them_in_order) {
    set_patch();
    ck_assert_str_eq(headers(), "Patchmark-Kind: patch\n"
                                "Patchmark-Series: s1-mfzwizltoq2gc3tb\n"
                                "Patchmark-Version: 3\n"
                                "Patchmark-Part: 2/5\n"
                                "Patchmark-Topic: t1-nbswy3dpfqqho33s\n"
                                "Patchmark-Patch-Id: 0123456789abcdef0123456789abcdef01234567\n"
                                "Patchmark-Flags: rfc\n"
                                "Patchmark-Labels: kvm arm64\n" INFO("high"));
}
END_TEST

START_TEST(a_mail_without_facts) {
    ck_assert_str_eq(headers(), "Patchmark-Kind: other\n" INFO("low"));
}
END_TEST

START_TEST(a_reply_has_a_series_but_no_part_number) {
    set_string("kind.kind", "reply");
    set_string("series.id", "s1-mfzwizltoq2gc3tb");
    set_int("series.version", 3); /* from the quoted mail */
    set_string("series.topic", "t1-nbswy3dpfqqho33s");
    ck_assert_str_eq(headers(), "Patchmark-Kind: reply\n"
                                "Patchmark-Series: s1-mfzwizltoq2gc3tb\n"
                                "Patchmark-Topic: t1-nbswy3dpfqqho33s\n" INFO("low"));
}
END_TEST

START_TEST(a_cover_is_part_zero) {
    set_int("series.part", 0);
    set_int("series.total", 12);
    ck_assert_str_eq(headers(), "Patchmark-Kind: other\nPatchmark-Part: 0/12\n" INFO("low"));
}
END_TEST

START_TEST(a_part_without_total) {
    set_int("series.version", 1);
    set_int("series.part", 3);
    ck_assert_str_eq(headers(), "Patchmark-Kind: other\nPatchmark-Version: 1\n"
                                "Patchmark-Part: 3\n" INFO("low"));
}
END_TEST

/* ---- options ------------------------------------------------------------------------------ */

static const struct {
    const char *word, *name;
} bits[] = {
    {"kind", "Kind"},   {"series", "Series"}, {"version", "Version"},
    {"part", "Part"},   {"topic", "Topic"},   {"patch-id", "Patch-Id"},
    {"flags", "Flags"}, {"labels", "Labels"}, {"info", "Info"},
};

START_TEST(each_field_can_be_enabled_alone) {
    char text[64], start[64];

    snprintf(text, sizeof(text), "headers = {%s}", bits[_i].word);
    snprintf(start, sizeof(start), "Patchmark-%s: ", bits[_i].name);
    configure(text);
    set_patch();
    ck_assert_msg(strncmp(headers(), start, strlen(start)) == 0, "%s", headers());
    ck_assert_uint_eq(fixture.header_count, 1);
}
END_TEST

START_TEST(no_field_is_enabled) {
    configure("headers = {}");
    set_patch();
    ck_assert_str_eq(headers(), "");
    ck_assert_str_eq(annotate_kind(&fixture), "patch"); /* the kind does not depend on the option */
}
END_TEST

START_TEST(prefix_and_host_are_options) {
    configure("prefix = \"X-Our-\"\nhost = \"mx1\"");
    ck_assert_str_eq(headers(), "X-Our-Kind: other\nX-Our-Info: v=1; by=mx1; conf=low\n");
}
END_TEST

/* ---- words -------------------------------------------------------------------------------- */

START_TEST(flags_come_from_every_plugin_in_a_fixed_order_without_repeats) {
    static const char *const reversed[] = {"has-diff", "nack",   "review", "applied", "automated",
                                           "backport", "resend", "rfc",    "first"};

    add_word("mine.flags", "homemade");
    for (size_t i = 0; i < sizeof(reversed) / sizeof(reversed[0]); i++) {
        add_word("kind.flags", reversed[i]);
        add_word("subject.flags", reversed[i]);
    }
    configure("headers = {flags}");
    ck_assert_str_eq(headers(), "Patchmark-Flags: first rfc resend backport automated applied "
                                "review nack has-diff homemade\n");
}
END_TEST

START_TEST(the_core_adds_truncated_and_malformed) {
    fixture_mail("Subject: no From\nno field\n");
    configure("headers = {flags}");
    ck_assert_str_eq(headers(), "Patchmark-Flags: malformed\n");

    fixture_mail("From: a@example.org\n\n");
    ck_assert_str_eq(headers(), "");
    for (int i = 0; i <= LIMIT_FACT_ITEMS; i++) /* one more than the limit */
        add_word("mine.words", "w");
    add_word("mine.flags", "rfc");
    ck_assert_str_eq(headers(), "Patchmark-Flags: rfc truncated\n");

    fixture_mail("");
    message_reset(fixture.message);
    for (int i = 0; i <= LIMIT_HEADER_FIELDS; i++)
        message_add_header(fixture.message, "X", "y");
    message_parse(fixture.message, 0);
    ck_assert_str_eq(headers(), "Patchmark-Flags: truncated malformed\n");
}
END_TEST

/* Words that must not be written to a header field. */
static const char *const unsafe[] = {
    "",
    "two words",
    "a\nBcc: b@example.org",
    "a\r",
    "a\tb",
    "caf\xc3\xa9",
    "a,b",
    "a;b",
    "<a>",
    "a@b",
    "\"a\"",
    "a=b",
    "\x01",
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", /* 65 */
};

START_TEST(a_robot_and_its_verdict_are_named) {
    set_string("kind.kind", "report");
    set_string("kind.confidence", "high");
    set_string("automation.robot", "lamp-ci");
    set_string("automation.verdict", "fail");
    ck_assert_str_eq(headers(), "Patchmark-Kind: report\nPatchmark-Robot: lamp-ci\n"
                                "Patchmark-Verdict: fail\n" INFO("high"));
    configure("headers = {verdict}");
    ck_assert_str_eq(headers(), "Patchmark-Verdict: fail\n");
}
END_TEST

START_TEST(unsafe_words_are_left_out) {
    add_word("subject.flags", unsafe[_i]);
    add_word("mine.labels", unsafe[_i]);
    add_word("mine.labels", "good");
    set_string("kind.kind", unsafe[_i]);
    set_string("kind.confidence", unsafe[_i]);
    set_string("series.id", unsafe[_i]);
    set_string("series.topic", unsafe[_i]);
    set_string("patch.id", unsafe[_i]);
    ck_assert_str_eq(headers(), "Patchmark-Kind: other\nPatchmark-Labels: good\n" INFO("low"));
    ck_assert_str_eq(annotate_kind(&fixture), "other");
}
END_TEST

START_TEST(safe_words_are_written_as_they_are) {
    static const char *const safe[] = {
        "5.10",     "a/b",
        "a_b",      "a+b",
        "c++",      "arch:arm64",
        "Net-Next", "-",
        "0",        "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", /* 64 */
    };
    char expected[512] = "Patchmark-Labels:";

    configure("headers = {labels}");
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++) {
        add_word("mine.labels", safe[i]);
        strcat(strcat(expected, " "), safe[i]);
    }
    strcat(expected, "\n");
    ck_assert_str_eq(headers(), expected);
}
END_TEST

START_TEST(which_bytes_are_safe) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789._/+:-";

    for (int byte = 1; byte <= 0xff; byte++) {
        const char word[] = {'a', (char)byte, '\0'};

        fixture_mail("From: a@example.org\n\n");
        set_string("kind.kind", word);
        ck_assert_msg(strcmp(annotate_kind(&fixture), strchr(safe, byte) ? word : "other") == 0,
                      "byte %d", byte);
    }
}
END_TEST

START_TEST(labels_come_from_every_plugin) {
    add_word("subjective.labels", "nice");
    add_word("mine.labels", "kvm");
    add_word("subjective.labels", "kvm");
    configure("headers = {labels}");
    ck_assert_str_eq(headers(), "Patchmark-Labels: kvm nice\n");
    ck_assert_uint_eq(fixture.labels.count, 2);
}
END_TEST

START_TEST(words_have_a_limit) {
    char word[16];

    for (int i = 0; i <= MAIL_WORDS; i++) {
        snprintf(word, sizeof(word), "w%d", i);
        add_word("mine.labels", word);
    }
    headers();
    ck_assert_uint_eq(fixture.labels.count, MAIL_WORDS);
    ck_assert_str_eq(fixture.labels.words[MAIL_WORDS - 1], "w63");
}
END_TEST

/* ---- size --------------------------------------------------------------------------------- */

/* With values of the greatest length, whole words and then whole fields are left out, and the rest
 * is valid. */
START_TEST(all_fields_together_are_bounded) {
    char text[512], word[65];
    size_t bytes = 0;

    memset(word, 'w', 64);
    word[64] = '\0';
    set_string("kind.kind", word);
    set_string("kind.confidence", word);
    set_string("series.id", word);
    set_string("series.topic", word);
    set_string("patch.id", word);
    set_int("series.version", INT64_MAX);
    set_int("series.part", INT64_MAX);
    set_int("series.total", INT64_MAX);
    for (int i = 0; i < MAIL_WORDS; i++) {
        word[0] = (char)('0' + i); /* '0' to 'o': most of them are safe */
        add_word("mine.flags", word);
        add_word("mine.labels", word);
    }
    snprintf(text, sizeof(text), "prefix = \"X%030d-\"\nhost = \"%0255d\"", 0, 0);
    configure(text);
    headers();
    for (size_t i = 0; i < fixture.header_count; i++) {
        const char *value = fixture.headers[i].value;

        bytes += strlen(fixture.headers[i].name) + strlen(value) + strlen(": \r\n");
        ck_assert_uint_gt(strlen(value), 0);
        ck_assert_uint_ne(value[strlen(value) - 1], ' ');
        ck_assert_ptr_null(strstr(value, "  "));
    }
    ck_assert_uint_le(bytes, LIMIT_HEADERS_WRITTEN);
    ck_assert_uint_ge(fixture.header_count, 6); /* kind to patch-id always fit */
}
END_TEST

START_TEST(words_that_do_not_fit_are_dropped_whole) {
    char word[65];

    configure("headers = {labels}");
    memset(word, 'w', 64);
    word[64] = '\0';
    for (int i = 0; i < 4; i++) { /* 3 * 65 + 64 = 259 bytes: one too many */
        word[0] = (char)('a' + i);
        add_word("mine.labels", word);
    }
    headers();
    ck_assert_uint_eq(fixture.header_count, 1);
    ck_assert_uint_eq(strlen(fixture.headers[0].value), 3 * 64 + 2);
}
END_TEST

START_TEST(a_mail_that_is_annotated_again_is_not_annotated_twice) {
    char first[2 * LIMIT_HEADERS_WRITTEN];

    set_patch();
    strcpy(first, headers());
    ck_assert_str_eq(headers(), first);
}
END_TEST

SUITE(annotate_suite) {
    Suite *suite = suite_create("annotate");
    TCase *tests = tcase_create("annotate");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_patch_has_all_of_them_in_order);
    tcase_add_test(tests, a_mail_without_facts);
    tcase_add_test(tests, a_reply_has_a_series_but_no_part_number);
    tcase_add_test(tests, a_cover_is_part_zero);
    tcase_add_test(tests, a_part_without_total);
    tcase_add_loop_test(tests, each_field_can_be_enabled_alone, 0, sizeof(bits) / sizeof(bits[0]));
    tcase_add_test(tests, no_field_is_enabled);
    tcase_add_test(tests, prefix_and_host_are_options);
    tcase_add_test(tests, flags_come_from_every_plugin_in_a_fixed_order_without_repeats);
    tcase_add_test(tests, the_core_adds_truncated_and_malformed);
    tcase_add_test(tests, a_robot_and_its_verdict_are_named);
    tcase_add_loop_test(tests, unsafe_words_are_left_out, 0, sizeof(unsafe) / sizeof(unsafe[0]));
    tcase_add_test(tests, safe_words_are_written_as_they_are);
    tcase_add_test(tests, which_bytes_are_safe);
    tcase_add_test(tests, labels_come_from_every_plugin);
    tcase_add_test(tests, words_have_a_limit);
    tcase_add_test(tests, all_fields_together_are_bounded);
    tcase_add_test(tests, words_that_do_not_fit_are_dropped_whole);
    tcase_add_test(tests, a_mail_that_is_annotated_again_is_not_annotated_twice);
    suite_add_tcase(suite, tests);
    return suite;
}
