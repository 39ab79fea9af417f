/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_pattern.c - tests of patterns: what they match is what Lua's own string library says, and
 * the work that they may do is bounded.
 */
#include "support/suite.h"

#include "pattern.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PLENTY       INT64_C(100000000)

static lua_State *lua; /* with Lua's own library */

static void setup(void) {
    lua = luaL_newstate();
    luaL_openlibs(lua);
}

static void teardown(void) {
    lua_close(lua);
}

/* Writes what Lua's own string.find returns to RESULT, such as "1 3 [a] 2": the place of the match,
 * then the captures; "none", or "error". */
static void find_by_lua(const char *text, const char *wanted, char *result, size_t size) {
    int top = lua_gettop(lua), length = 0;

    lua_getglobal(lua, "string");
    lua_getfield(lua, -1, "find");
    lua_pushstring(lua, text);
    lua_pushstring(lua, wanted);
    if (lua_pcall(lua, 2, LUA_MULTRET, 0) != LUA_OK)
        snprintf(result, size, "error");
    else if (lua_isnil(lua, top + 2))
        snprintf(result, size, "none");
    else
        for (int i = top + 2; i <= lua_gettop(lua); i++) {
            bool is_text = lua_type(lua, i) == LUA_TSTRING;

            length += snprintf(result + length, size - (size_t)length, is_text ? "[%s] " : "%s ",
                               lua_tostring(lua, i));
        }
    lua_settop(lua, top);
}

/* Writes the same by pattern.h. */
static void find(const char *text, const char *wanted, char *result, size_t size) {
    struct pattern_match match;
    struct pattern pattern;
    int64_t work = PLENTY;
    int length;

    if (pattern_compile(&pattern, patchmark_text_of(wanted))) {
        snprintf(result, size, "error");
        return;
    }
    if (pattern_find(&pattern, patchmark_text_of(text), 0, pattern.anchored, &match, &work) !=
        PATTERN_FOUND) {
        snprintf(result, size, "none");
        return;
    }
    length = snprintf(result, size, "%zu %zu ", match.from + 1, match.to);
    for (int i = 0; i < pattern.captures; i++) {
        size_t from = match.captures[i].from, to = match.captures[i].to;

        if (to == PATTERN_POSITION)
            length += snprintf(result + length, size - (size_t)length, "%zu ", from + 1);
        else
            length += snprintf(result + length, size - (size_t)length, "[%.*s] ", (int)(to - from),
                               text + from);
    }
}

static void check_same(const char *text, const char *wanted) {
    char ours[1024], theirs[1024];

    find_by_lua(text, wanted, theirs, sizeof(theirs));
    find(text, wanted, ours, sizeof(ours));
    ck_assert_msg(strcmp(ours, theirs) == 0, "'%s' in '%s': %s, Lua: %s", wanted, text, ours,
                  theirs);
}

START_TEST(matches_what_lua_matches) {
    static const char *const patterns[] = {"",          ".",
                                           "a",         "^a",
                                           "a$",        "^a$",
                                           "a*",        "a+",
                                           "a-",        "a?",
                                           "a-b",       "^a-$",
                                           ".*b",       ".-b",
                                           "(a)(b)",    "((a)b)",
                                           "()a()",     "(a*)(.-)b",
                                           "%a+",       "%A+",
                                           "%d+",       "%w+",
                                           "%s",        "%S+",
                                           "%p",        "%u%l*",
                                           "%x+",       "%%",
                                           "%.",        "[abc]+",
                                           "[^abc]+",   "[a-c]+",
                                           "[%a_-]+",   "[]a]+",
                                           "[^]]",      "[a-]",
                                           "[%]]",      "%b()",
                                           "%bxx",      "%f[%w]%w+",
                                           "%f[%W]",    "%f[^%z]",
                                           "(.)%1",     "(a*)b%1",
                                           "(.-)%s*$",  "^%s*(.-)%s*$",
                                           "%[(.-)%]",  "$",
                                           "a$b",       "^^a",
                                           "[a-c-e]",   "(%w+)=(%w+)",
                                           "%g+",       "%c",
                                           "a**",

                                           "x*$",       "(a?)(a?)(a?)aaa",

                                           "((.)(.))%2"};
    static const char *const texts[] = {"",
                                        "a",
                                        "b",
                                        "ab",
                                        "aab",
                                        "aaab aab",
                                        "[PATCH v2 1/2] net: a title",
                                        "key=value",
                                        "(a(b)c) d",
                                        "xaxbx",
                                        "  trimmed  ",
                                        "A_b-c",
                                        "THE (quick) fox",
                                        "a]b[c",
                                        "aaa",
                                        "\t\n",
                                        "a$b",
                                        "^a",
                                        "f\xc3\xbcr",
                                        "0x1F",
                                        "aXa aa"};

    for (size_t i = 0; i < COUNT(patterns); i++)
        for (size_t j = 0; j < COUNT(texts); j++)
            check_same(texts[j], patterns[i]);
}
END_TEST

/* Lua itself finds an error only when it comes to it. */
START_TEST(refuses_what_lua_refuses) {
    static const char *const patterns[] = {"(a", ".)", "%",     "[a", "[a%", "%b", "%ba",
                                           "%f", "%1", "(a%1)", "[]", "[^]", "%0"};
    struct pattern pattern;
    char result[1024];

    for (size_t i = 0; i < COUNT(patterns); i++) {
        find_by_lua("a", patterns[i], result, sizeof(result));
        ck_assert_msg(strcmp(result, "error") == 0, "%s", patterns[i]);
        ck_assert_msg(pattern_compile(&pattern, patchmark_text_of(patterns[i])) != NULL, "%s",
                      patterns[i]);
    }
    /* Here the manual says that it has no meaning. */
    ck_assert_ptr_nonnull(pattern_compile(&pattern, patchmark_text_of("[a-%%]")));
}
END_TEST

/* Fills TEXT with up to SIZE - 1 random characters of SET. */
static void random_text(char *text, size_t size, const char *set) {
    size_t length = (size_t)rand() % size;

    for (size_t i = 0; i < length; i++)
        text[i] = set[(size_t)rand() % strlen(set)];
    text[length] = '\0';
}

START_TEST(matches_what_lua_matches_at_random) {
    char text[16], wanted[12];
    struct pattern pattern;

    srand(1);
    for (int i = 0; i < 200000; i++) {
        random_text(text, sizeof(text), "aab b(]");
        random_text(wanted, sizeof(wanted), "aab.*+-?()[]^$%%1bfw");
        if (!pattern_compile(&pattern, patchmark_text_of(wanted)))
            check_same(text, wanted);
    }
}
END_TEST

START_TEST(bounds_its_work) {
    static const char *const patterns[] = {"(.-)(.-)(.-)(.-)(.-)x", ".*.*.*.*.*x",
                                           "a*a*a*a*a*a*a*b", "(a?)(a?)(a?)(a*)(a*)(a*)%1x",
                                           ".-.-.-.-.-x"};
    char *text = malloc(20001);

    memset(text, 'a', 20000);
    text[20000] = '\0';
    for (size_t i = 0; i < COUNT(patterns); i++) {
        struct pattern_match match;
        struct pattern pattern;
        int64_t work = 100000;

        ck_assert_ptr_null(pattern_compile(&pattern, patchmark_text_of(patterns[i])));
        ck_assert_int_eq(pattern_find(&pattern, patchmark_text_of(text), 0, false, &match, &work),
                         PATTERN_LIMIT);
        ck_assert_int_gt(work, -10000); /* by one step, which may take the whole text */
    }
    free(text);
}
END_TEST

START_TEST(costs_little_on_a_long_text) {
    static const char *const patterns[] = {"Fixes: %x+", "%f[%w]regression%f[%W]", "[%[(]net"};
    size_t size = 1024 * 1024;
    char *text = malloc(size + 1);

    for (size_t i = 0; i < size; i++)
        text[i] = "a line of text\n"[i % 15];
    text[size] = '\0';
    for (size_t i = 0; i < COUNT(patterns); i++) {
        struct pattern_match match;
        struct pattern pattern;
        int64_t work = 4000000;

        ck_assert_ptr_null(pattern_compile(&pattern, patchmark_text_of(patterns[i])));
        ck_assert_int_eq(pattern_find(&pattern, patchmark_text_of(text), 0, false, &match, &work),
                         PATTERN_NONE);
    }
    free(text);
}
END_TEST

START_TEST(refuses_what_is_too_long) {
    char text[1024];
    struct pattern pattern;

    memset(text, 'a', PATTERN_ITEMS);
    text[PATTERN_ITEMS] = '\0';
    ck_assert_ptr_null(pattern_compile(&pattern, patchmark_text_of(text)));
    strcat(text, "a");
    ck_assert_str_eq(pattern_compile(&pattern, patchmark_text_of(text)), "pattern too long");
    text[0] = '\0';
    for (int i = 0; i <= PATTERN_SETS; i++)
        strcat(text, "%a");
    ck_assert_str_eq(pattern_compile(&pattern, patchmark_text_of(text)), "pattern too long");
    text[0] = '\0';
    for (int i = 0; i <= PATTERN_CAPTURES; i++)
        strcat(text, "()");
    ck_assert_str_eq(pattern_compile(&pattern, patchmark_text_of(text)), "too many captures");
}
END_TEST

SUITE(pattern_suite) {
    Suite *suite = suite_create("lua patterns");
    TCase *tests = tcase_create("pattern");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, matches_what_lua_matches);
    tcase_add_test(tests, matches_what_lua_matches_at_random);
    tcase_add_test(tests, refuses_what_lua_refuses);
    tcase_add_test(tests, bounds_its_work);
    tcase_add_test(tests, costs_little_on_a_long_text);
    tcase_add_test(tests, refuses_what_is_too_long);
    suite_add_tcase(suite, tests);
    return suite;
}
