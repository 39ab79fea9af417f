/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_fields.c - what the script is told of an event, whatever its JSON is.
 */
#define _GNU_SOURCE 1

#include "fields.c"

#include <check.h>
#include <stdio.h>

/* ---- MessagePack, read as people do ------------------------------------------------------- */

static size_t length_read(const char **from) {
    size_t length = 0;

    for (int i = 0; i < 4; i++)
        length = length << 8 | (unsigned char)*(*from)++;
    return length;
}

/* Each value in turn: text as it is, an array in brackets with its texts, nil as "-"; with "|"
 * behind each. */
static void readable(const struct buffer *buffer, char text[4096]) {
    const char *from = buffer->data, *end_of_data = from + buffer->length;
    size_t in_array = 0;
    char *to = text;

    while (from < end_of_data) {
        char type = *from++;
        if (type == NIL) {
            to += sprintf(to, "-|");
            continue;
        }
        ck_assert(type == STRING || type == ARRAY);
        size_t length = length_read(&from);
        if (type == ARRAY) {
            to += sprintf(to, length > 0 ? "[" : "[]|");
            in_array = length;
            continue;
        }
        ck_assert_uint_le(length, (size_t)(end_of_data - from));
        memcpy(to, from, length);
        to += length;
        from += length;
        *to++ = in_array == 1 ? ']' : in_array ? ' ' : '|';
        if (in_array > 0 && --in_array == 0)
            *to++ = '|';
    }
    *to = '\0';
}

/* In memory of its own size, so that a sanitizer sees what reads beyond it. */
static bool pack(struct buffer *buffer, const char *type, const char *json, size_t length) {
    char *copy = malloc(length + (length == 0));
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, json, length);
    struct patchmark_event event = {.struct_size = sizeof(event),
                                    .id = "1",
                                    .type = type,
                                    .subject = "",
                                    .list = "l.example.org",
                                    .series = "s1-own",
                                    .json = copy,
                                    .json_length = length};
    buffer_clear(buffer);
    bool read = fields_pack(buffer, &event, true);
    free(copy);
    return read;
}

/* What every event begins with. */
#define EVENT(type) "1|" type "|l.example.org|s1-own|"
#define SEEN        "patchmark.message.seen.v1"
#define OPENED      "patchmark.series.opened.v1"
#define SUPERSEDED  "patchmark.series.superseded.v1"
#define ALIASED     "patchmark.series.aliased.v1"
#define COMPLETED   "patchmark.series.completed.v1"
#define INCOMPLETE  "patchmark.series.incomplete.v1"

struct fields_case {
    const char *type, *json;
    const char *packed; /* behind EVENT */
};

static void check_cases(const struct fields_case *cases, size_t count) {
    struct buffer buffer = {.data = NULL};
    char got[4096], wanted[4096];

    for (size_t i = 0; i < count; i++) {
        snprintf(wanted, sizeof(wanted), "1|%s|l.example.org|s1-own|%s", cases[i].type,
                 cases[i].packed);
        ck_assert_msg(pack(&buffer, cases[i].type, cases[i].json, strlen(cases[i].json)),
                      "%s was not read", cases[i].json);
        readable(&buffer, got);
        ck_assert_str_eq(got, wanted);
    }
    buffer_free(&buffer);
}

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases[0]))

/* In this order: state, time, part, field, message_id, list, title, author, tree, topic, version,
 * total, supersedes, how, the older series, members, aliases. */
#define NOTHING "-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|"

START_TEST(each_event_says_what_it_knows) {
    static const struct fields_case cases[] = {
        {SEEN,
         "{\"id\":\"1\",\"time\":\"T\",\"data\":{\"message_id\":\"m@b\",\"author\":\"a@b\","
         "\"list\":{\"id\":\"list\",\"name\":\"x\"},\"subject\":\"s\",\"title\":\"t\","
         "\"files\":[\"time\",\"title\"],\"tree\":[\"net\",\"mm\"],\"series\":{\"id\":\"s1-own\","
         "\"topic\":\"t1\",\"version\":2,\"part\":0,\"total\":3},\"learned\":{\"title\":\"no\","
         "\"series\":{\"part\":7},\"keys\":[\"part\",[{\"time\":\"no\"}]]}}}",
         "open|T|0|cover|m@b|list|t|a@b|net mm|t1|2|3|-|-|-|-|-|"},
        {SEEN, "{\"data\":{\"series\":{\"part\":12}}}",
         "open|-|12|part:12|-|-|-|-|-|-|-|-|-|-|-|-|-|"},
        {OPENED, "{}", "open|" NOTHING},
        {COMPLETED,
         "{\"data\":{\"members\":{\"0\":\"c@b\",\"10\":\"d@b\"},\"series\":{\"total\":1}}}",
         "complete|-|-|-|-|-|-|-|-|-|-|1|-|-|-|[cover c@b part:10 d@b]|-|"},
        {INCOMPLETE, "{\"data\":{\"have\":{\"2\":\"c@b\"},\"missing\":[1]}}",
         "incomplete|-|-|-|-|-|-|-|-|-|-|-|-|-|-|[part:2 c@b]|-|"},
        {SUPERSEDED, "{\"data\":{\"series\":{\"supersedes\":\"s1-old\",\"how\":\"link\"}}}",
         "open|-|-|-|-|-|-|-|-|-|-|-|s1-old|link|s1-old|-|-|"},
        {ALIASED, "{\"data\":{\"series\":{\"same_as\":[\"s1-x\",\"s1-y\"]}}}",
         "open|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|[s1-x s1-y]|"},
        /* only where the event is of that */
        {OPENED, "{\"data\":{\"series\":{\"supersedes\":\"s1-old\",\"same_as\":[\"s1-x\"]}}}",
         "open|" NOTHING},
    };
    CHECK(cases);
}
END_TEST

START_TEST(a_mail_without_a_number_is_an_answer) {
    static const struct fields_case cases[] = {
        {SEEN, "{\"data\":{\"title\":\"t\",\"series\":{\"id\":\"s1-own\"}}}", ""},
        {SEEN, "{\"data\":{\"title\":\"\\\"part\\\":1\",\"series\":{}}}", ""},
        {SEEN, "{\"data\":{\"part\":1}}", ""},
        {SEEN, "{\"data\":{\"series\":{\"part\":\"1\"}}}", ""},
    };
    CHECK(cases);
}
END_TEST

START_TEST(what_is_of_another_kind_is_passed_over) {
    static const struct fields_case cases[] = {
        {OPENED,
         "{\"time\":7,\"data\":{\"title\":[],\"author\":{},\"message_id\":null,\"list\":7,"
         "\"tree\":\"net\",\"series\":7}}",
         "open|" NOTHING},
        {OPENED, "{\"time\":\"T\",\"data\":[]}", "open|T|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|"},
        {OPENED,
         "{\"data\":{\"series\":{\"part\":-1,\"version\":1.5,\"total\":1e3,\"topic\":true}}}",
         "open|" NOTHING},
        {OPENED, "{\"data\":{\"series\":{\"part\":1234567890}}}", "open|" NOTHING},
        {OPENED, "{\"data\":{\"tree\":[]}}", "open|" NOTHING},
        {OPENED, "{\"data\":{\"tree\":[7,\"a\",{\"x\":\"y\"},\"b\"]}}",
         "open|-|-|-|-|-|-|-|a b|-|-|-|-|-|-|-|-|"},
        {COMPLETED, "{\"data\":{\"members\":{\"x\":\"a\",\"2\":7,\"\":\"b\",\"3\":\"c\"}}}",
         "complete|-|-|-|-|-|-|-|-|-|-|-|-|-|-|[part:3 c]|-|"},
        {COMPLETED, "{\"data\":{\"members\":{}}}", "complete|" NOTHING},
    };
    CHECK(cases);
}
END_TEST

START_TEST(other_series_are_words_that_make_a_key) {
    static const struct fields_case cases[] = {
        {SUPERSEDED, "{\"data\":{\"series\":{\"supersedes\":\"x} {y\"}}}",
         "open|-|-|-|-|-|-|-|-|-|-|-|x} {y|-|-|-|-|"},
        {SUPERSEDED, "{\"data\":{\"series\":{\"supersedes\":\"s1-own\"}}}",
         "open|-|-|-|-|-|-|-|-|-|-|-|s1-own|-|-|-|-|"},
        {SUPERSEDED, "{\"data\":{\"series\":{\"supersedes\":[1]}}}", "open|" NOTHING},
        {ALIASED,
         "{\"data\":{\"series\":{\"same_as\":[\"s1-own\",\"\",7,\"a b\",\"a\\u002d\",\"A-9\"]}}}",
         "open|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|[A-9]|"},
        {ALIASED, "{\"data\":{\"series\":{\"same_as\":[\"s1-own\"]}}}",
         "open|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|[]|"},
    };
    CHECK(cases);
}
END_TEST

START_TEST(escapes_stand_for_what_they_are) {
    static const struct {
        const char *escaped, *text;
    } cases[] = {
        {"", ""},
        {"a\\\"b\\\\c\\/d", "a\"b\\c/d"},
        {"\\b\\f\\n\\r\\t", "\b\f\n\r\t"},
        {"\\\\", "\\"},
        {"\\u0041\\u00e9\\u20ac\\uD83D\\uDE00.", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80."},
        {"\xc3\xa9\\u00E9", "\xc3\xa9\xc3\xa9"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[256], packed[256];
        snprintf(json, sizeof(json), "{\"data\" : {\"title\" :\t\"%s\" ,\n\"author\":\"a\"} }",
                 cases[i].escaped);
        snprintf(packed, sizeof(packed), "open|-|-|-|-|-|%s|a|-|-|-|-|-|-|-|-|-|", cases[i].text);
        const struct fields_case one = {OPENED, json, packed};
        check_cases(&one, 1);
    }
}
END_TEST

/* Nothing is said of what these are but that they end. */
START_TEST(half_an_escape_is_not_read_beyond_its_end) {
    static const char *const cases[] = {"\\u",        "\\u1",         "\\u123",  "\\ud83d",
                                        "\\ud83d\\u", "\\ud83d\\u12", "\\uzzzz", "\\q"};
    struct buffer buffer = {.data = NULL};
    char json[128];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(json, sizeof(json), "{\"data\":{\"title\":\"%s\",\"author\":\"a\"}}", cases[i]);
        ck_assert(pack(&buffer, OPENED, json, strlen(json)));
        ck_assert_ptr_nonnull(memmem(buffer.data, buffer.length, "\xdb\0\0\0\1a", 6));
    }
    buffer_free(&buffer);
}
END_TEST

START_TEST(what_is_no_json_leaves_the_state_out) {
    static const char whole[] =
        "{\"time\":\"T\",\"data\":{\"title\":\"a\\\"\\u0041\",\"list\":{\"id\":\"l\"},\"tree\":"
        "[\"a\"],\"members\":{\"1\":\"a\"},\"series\":{\"part\":1,\"same_as\":[\"a\"]}}}";
    static const char *const others[] = {"oops",
                                         "[]",
                                         "7",
                                         "\"\"",
                                         "{oops}",
                                         "{\"a\"}",
                                         "{\"a\":}",
                                         "{\"a\":1,}",
                                         "{\"a\":]}",
                                         "{\"data\":{\"series\":{\"part\":1}",
                                         "{\"data\":{\"a\":[1}"};
    struct buffer buffer = {.data = NULL};
    char text[4096];

    ck_assert(pack(&buffer, ALIASED, whole, strlen(whole)));
    for (size_t length = 0; length < strlen(whole); length++) {
        ck_assert_msg(!pack(&buffer, ALIASED, whole, length), "%.*s", (int)length, whole);
        readable(&buffer, text);
        ck_assert_str_eq(text, EVENT(ALIASED));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!pack(&buffer, OPENED, others[i], strlen(others[i])), "%s", others[i]);
    buffer_free(&buffer);
}
END_TEST

START_TEST(depth_and_size_cost_no_stack) {
    enum { DEPTH = 1000000 };
    struct buffer buffer = {.data = NULL};
    char *json = malloc(2 * DEPTH + 64), *to = json;

    ck_assert_ptr_nonnull(json);
    to += sprintf(to, "{\"data\":{\"tree\":");
    memset(to, '[', DEPTH);
    memset(to + DEPTH, ']', DEPTH);
    to += 2 * DEPTH;
    to += sprintf(to, "}}");
    ck_assert(pack(&buffer, OPENED, json, (size_t)(to - json)));
    /* A large event does not keep its memory. */
    to = json + sprintf(json, "{\"data\":{\"title\":\"");
    memset(to, 'x', DEPTH);
    to += DEPTH + sprintf(to + DEPTH, "\"}}");
    ck_assert(pack(&buffer, OPENED, json, (size_t)(to - json)));
    ck_assert_uint_gt(buffer.length, DEPTH);
    ck_assert_uint_gt(buffer.size, BUFFER_KEPT - 1);
    ck_assert(pack(&buffer, OPENED, "{}", 2));
    ck_assert_uint_lt(buffer.length, 200);
    buffer_free(&buffer);
    free(json);
}
END_TEST

START_TEST(without_a_state_the_json_is_not_read) {
    struct buffer buffer = {.data = NULL};
    struct patchmark_event event = {.struct_size = sizeof(event),
                                    .id = "1",
                                    .type = OPENED,
                                    .subject = "",
                                    .list = "",
                                    .series = "",
                                    .json = "oops",
                                    .json_length = 4};
    char text[4096];

    ck_assert(fields_pack(&buffer, &event, false));
    readable(&buffer, text);
    ck_assert_str_eq(text, "1|" OPENED "|||");
    buffer_free(&buffer);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("redis-fields");
    TCase *tcase = tcase_create("redis-fields");
    tcase_add_test(tcase, each_event_says_what_it_knows);
    tcase_add_test(tcase, a_mail_without_a_number_is_an_answer);
    tcase_add_test(tcase, what_is_of_another_kind_is_passed_over);
    tcase_add_test(tcase, other_series_are_words_that_make_a_key);
    tcase_add_test(tcase, escapes_stand_for_what_they_are);
    tcase_add_test(tcase, half_an_escape_is_not_read_beyond_its_end);
    tcase_add_test(tcase, what_is_no_json_leaves_the_state_out);
    tcase_add_test(tcase, depth_and_size_cost_no_stack);
    tcase_add_test(tcase, without_a_state_the_json_is_not_read);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
