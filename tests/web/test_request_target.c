/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_request_target.c - tests what the path and the arguments of a target are, and which targets
 * are refused.
 */
#include "support/support.h"
#include "web/request-target.h"

/* Of each: the target, its path, and its arguments as "name=value" with ';' between them. */
START_TEST(test_targets) {
    static const struct {
        const char *text, *path, *arguments, *host;
    } cases[] = {
        {"/", "/", "", NULL},
        {"/api/series?q=a&list=b", "/api/series", "q=a;list=b", NULL},
        {"/api/series?", "/api/series", "", NULL},
        {"/api/series?&&q=a&", "/api/series", "q=a", NULL},
        {"/api/series?q", "/api/series", "q=", NULL},
        {"/api/series?q=", "/api/series", "q=", NULL},
        {"/api/series?=x", "/api/series", "=x", NULL},
        {"/api/series?q=a=b?c", "/api/series", "q=a=b?c", NULL},
        /* escapes: '+' is a space in a query only, and nothing is decoded twice */
        {"/a+b%20c?q=a+b%2Bc", "/a+b c", "q=a b+c", NULL},
        {"/api/messages/%3Ca%2fb%40example.org%3E", "/api/messages/<a/b@example.org>", "", NULL},
        {"/%2525", "/%25", "", NULL},
        {"/a%3Fb?c%3Dd=e%26f", "/a?b", "c=d=e&f", NULL},
        {"/%C3%A9?q=%E2%82%AC", "/\xc3\xa9", "q=\xe2\x82\xac", NULL},
        {"/\xc3\xa9", "/\xc3\xa9", "", NULL},
        /* the server has no folders: dots mean nothing */
        {"/../../etc/passwd", "/../../etc/passwd", "", NULL},
        {"//api//series", "//api//series", "", NULL},
        /* the absolute form */
        {"http://a.example.org/api/lists?q=x", "/api/lists", "q=x", "a.example.org"},
        {"HTTPS://a.example.org:80", "/", "", "a.example.org:80"},
        {"http://a.example.org?q=x", "/", "q=x", "a.example.org"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct request_target target;
        char arguments[256] = "";

        ck_assert_msg(request_target_read(&target, cases[i].text) == 200, "%s", cases[i].text);
        for (size_t j = 0; j < target.count; j++)
            snprintf(arguments + strlen(arguments), sizeof(arguments) - strlen(arguments),
                     "%s%s=%s", j ? ";" : "", target.arguments[j].name, target.arguments[j].value);
        ck_assert_str_eq(target.path, cases[i].path);
        ck_assert_str_eq(arguments, cases[i].arguments);
        ck_assert_pstr_eq(target.host, cases[i].host);
        request_target_free(&target);
    }
}
END_TEST

START_TEST(test_refused) {
    static const char *const bad[] = {
        "",
        "*",
        "api/series",
        "ftp://a.example.org/",
        "http://",
        "http:///x",
        "/%",
        "/%2",
        "/%zz",
        "/%2x",
        "/?q=%",
        "/?%4=a",
        "/%00",
        "/a?q=b%00c",
        "/%0d%0aSet-Cookie:%20a=b",
        "/?q=%1b[2J",
        "/?q=%7f",
        "/%ff",
        "/?q=%c3",
        "/%c0%af",          /* an overlong '/' */
        "/?q=%ed%a0%80",    /* a surrogate */
        "/?q=%f5%80%80%80", /* beyond U+10FFFF */
        "/?q=a&q=b",
        "/?q=a&%71=b",
        "/?q&q",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct request_target target;

        ck_assert_msg(request_target_read(&target, bad[i]) == 400, "%s", bad[i]);
        ck_assert_str_eq(target.path, "/");
        request_target_free(&target);
    }
}
END_TEST

START_TEST(test_bounds) {
    struct request_target target;
    char text[REQUEST_TARGET_MOST + 2];

    memset(text, 'a', sizeof(text));
    text[0] = '/';
    text[REQUEST_TARGET_MOST] = '\0';
    ck_assert_uint_eq(request_target_read(&target, text), 200);
    request_target_free(&target);
    text[REQUEST_TARGET_MOST] = 'a';
    text[REQUEST_TARGET_MOST + 1] = '\0';
    ck_assert_uint_eq(request_target_read(&target, text), 414);
    request_target_free(&target);
    for (int count = REQUEST_ARGUMENTS_MOST; count <= REQUEST_ARGUMENTS_MOST + 1; count++) {
        strcpy(text, "/?");
        for (int i = 0; i < count; i++)
            sprintf(text + strlen(text), "a%d&", i);
        ck_assert_uint_eq(request_target_read(&target, text),
                          count == REQUEST_ARGUMENTS_MOST ? 200 : 400);
        request_target_free(&target);
    }
}
END_TEST

/* An error below /api/ is JSON, also if the rest of the path cannot be read. */
START_TEST(test_refused_path) {
    struct request_target target;

    ck_assert_uint_eq(request_target_read(&target, "/api/series/%zz"), 400);
    ck_assert_str_eq(target.path, "/api/");
    request_target_free(&target);
    ck_assert_uint_eq(request_target_read(&target, "/api/series?q=%"), 400);
    ck_assert_str_eq(target.path, "/api/");
    request_target_free(&target);
}
END_TEST

START_TEST(test_argument) {
    struct request_target target;

    ck_assert_uint_eq(request_target_read(&target, "/?q=a&limit="), 200);
    ck_assert_str_eq(request_target_argument(&target, "q"), "a");
    ck_assert_str_eq(request_target_argument(&target, "limit"), "");
    ck_assert_ptr_null(request_target_argument(&target, "Q"));
    ck_assert_ptr_null(request_target_argument(&target, ""));
    request_target_free(&target);
}
END_TEST

SUITE(request_target_suite) {
    Suite *suite = suite_create("request target");
    TCase *tests = tcase_create("targets");

    tcase_add_test(tests, test_targets);
    tcase_add_test(tests, test_refused);
    tcase_add_test(tests, test_refused_path);
    tcase_add_test(tests, test_bounds);
    tcase_add_test(tests, test_argument);
    suite_add_tcase(suite, tests);
    return suite;
}
