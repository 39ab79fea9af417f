/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_hostile.c - tests of scripts that loop, use up memory, or try to get out: each is ended
 * within its bounds of time and memory, with one line in the log, and the mail is classified as if
 * there were no script.
 */
#include "test_lua.h"

#include "library.h"
#include "state.h"

#include <time.h>

static const struct {
    const char *name, *script;
    const char *error; /* what the log has behind the name of the file */
} hostile[] = {
    {"endless loop", "function classify(mail) mail:label('x')\nwhile true do end end",
     ":2: exceeded its bound of work"},
    {"endless loop in a function that is called by gsub",
     "function classify(mail) ('abc'):gsub('.', function() while true do end end) end",
     ":1: exceeded its bound of work"},
    {"pcall around an endless loop",
     "function classify(mail) while true do pcall(function() while true do end end) end end",
     ":1: exceeded its bound of work"},
    {"pcall around everything, again and again",
     "local function f() pcall(f) pcall(f) while true do pcall(f) end end\n"
     "function classify(mail) pcall(f) mail:label('x') end",
     ":1: exceeded its bound of"},
    {"string of 1 GB", "function classify(mail) local s = ('x'):rep(1000000000) end",
     ":1: exceeded its bound of"},
    {"string of 5 MB", "function classify(mail) local s = ('x'):rep(5000000) end",
     ":1: exceeded its bound of 16 MiB of memory"},
    {"string that doubles",
     "function classify(mail) local s = 'x' while true do s = s .. s end end",
     ":1: exceeded its bound of 16 MiB of memory"},
    {"pcall around too much memory",
     "function classify(mail) pcall(string.rep, 'x', 5000000) mail:label('x') end",
     ":1: exceeded its bound of 16 MiB of memory"},
    {"empty string that is repeated for ever",
     "function classify(mail) (''):rep(math.maxinteger) end", ":1: exceeded its bound of work"},
    {"table that grows", "function classify(mail) local t = {} for i = 1, 1e9 do t[i] = {} end end",
     ":1: exceeded its bound of 16 MiB of memory"},
    {"table that grows at its start",
     "function classify(mail) local t = {} for i = 1, 1e9 do table.insert(t, 1, i) end end",
     ":1: exceeded its bound of work"},
    {"deep recursion",
     "local function f(n)\nreturn 1 + f(n + 1) end function classify(mail) f(1) end",
     ":2: exceeded its bound of 16 MiB of memory"},
    {"deep recursion through gsub",
     "local function f(s) return (s:gsub('.', f)) end function classify(mail) f('abc') end",
     ":1: C stack overflow"},
    {"error in the handling of an error",
     "function classify(mail) local function h() error('again') end xpcall(error, h) end",
     ":1: attempt to call a nil value (global 'xpcall')"},
    {"error that is no text", "function classify(mail) error({}) end",
     ":1: the error is a value of type table"},
    {"error in a variable that is closed", "function classify(mail) local x <close> = {} end",
     ":1: variable 'x' got a non-closable"},
    {"pattern bomb", "function classify(mail) ('a'):rep(10000):find(('(.-)'):rep(10) .. 'x') end",
     ":1: exceeded its bound of work"},
    {"pattern bomb in match",
     "function classify(mail) ('a'):rep(10000):match(('a*'):rep(50) .. 'x') end",
     ":1: exceeded its bound of work"},
    {"pattern bomb in gsub",
     "function classify(mail) ('a'):rep(10000):gsub(('a-'):rep(50) .. 'x', '') end",
     ":1: exceeded its bound of work"},
    {"pattern bomb in gmatch",
     "function classify(mail) for w in ('a'):rep(10000):gmatch(('a?a*'):rep(20) .. 'x') do end end",
     ":1: exceeded its bound of work"},
    {"gsub that multiplies",
     "function classify(mail) local s = 'aaaaaaaa' while true do s = s:gsub('.', '%0%0%0%0') end "
     "end",
     ":1: exceeded its bound of"},
    {"string.format of a long number", "function classify(mail) string.format('%99999d', 1) end",
     ":1: invalid conversion"},
    {"string.format of many numbers",
     "function classify(mail) local f, t = ('%99.99f'):rep(200), {}\n"
     "for i = 1, 200 do t[i] = 1e308 end while true do f:format(table.unpack(t)) end end",
     ":2: exceeded its bound of work"},
    {"table.concat of many empty strings",
     "function classify(mail) local t = {} for i = 1, 1e5 do t[i] = '' end\n"
     "while true do table.concat(t) end end",
     ":2: exceeded its bound of work"},
    {"table.concat of a range without end",
     "function classify(mail) table.concat({}, '', 1, math.maxinteger) end",
     ":1: exceeded its bound of work"},
    {"table.unpack of a range without end", "function classify(mail) table.unpack({}, 1, 1e8) end",
     ":1: exceeded its bound of work"},
    {"table.sort of long strings",
     "function classify(mail) local t, s = {}, ('x'):rep(1e6) for i = 1, 1e4 do t[i] = s .. i % 2 "
     "end\n"
     "table.sort(t) end",
     ":1: exceeded its bound of 16 MiB of memory"},
    {"table.sort of one long string",
     "function classify(mail) local t, s = {}, ('x'):rep(1e6) for i = 1, 1e4 do t[i] = s end\n"
     "table.sort(t) end",
     ":2: exceeded its bound of work"},
    {"comparison of long strings",
     "function classify(mail) local a, b = ('x'):rep(3e6) .. 'y', ('x'):rep(3e6) .. 'y'\n"
     "while true do if a ~= b then return end end end",
     ":2: exceeded its bound of"},
    {"comparison of long strings of NULs",
     "function classify(mail) local a = ('\\0'):rep(2e6) local b = a .. 'x'\n"
     "while true do local x = a < b x = a < b x = a < b x = a < b x = a < b x = a < b x = a < b "
     "end "
     "end",
     ":2: exceeded its bound of 500 ms"},
    {"arithmetic with a long hexadecimal number",
     "function classify(mail) local a = '0x' .. ('1'):rep(4e6) .. '.1'\n"
     "while true do local x = -a x = -a x = -a x = -a x = -a x = -a x = -a x = -a x = -a end end",
     ":2: exceeded its bound of 500 ms"},
    {"arithmetic with a long decimal number",
     "function classify(mail) local a = ('1'):rep(4e6) .. '.5'\n"
     "while true do local x = a + a x = a + a x = a + a x = a + a x = a + a x = a + a end end",
     ":2: exceeded its bound of 500 ms"},
    {"loop up to a number behind many spaces",
     "function classify(mail) local a = (' '):rep(4e6) .. '1'\n"
     "while true do for i = 1, a + 0 do end for i = 1, a + 0 do end for i = 1, a + 0 do end end "
     "end",
     ":2: exceeded its bound of"},
    {"math.max of many long strings",
     "function classify(mail) local a, t = ('\\0'):rep(2e6), {} for i = 1, 1e4 do t[i] = a end\n"
     "math.max(table.unpack(t)) end",
     ":2: exceeded its bound of work"},
    {"string.char of many long numbers",
     "function classify(mail) local a, t = (' '):rep(4e6) .. '65', {} for i = 1, 1e4 do t[i] = a "
     "end\n"
     "string.char(table.unpack(t)) end",
     ":2: exceeded its bound of work"},
    {"utf8.char of many long numbers",
     "function classify(mail) local a, t = (' '):rep(4e6) .. '65', {} for i = 1, 1e4 do t[i] = a "
     "end\n"
     "utf8.char(table.unpack(t)) end",
     ":2: exceeded its bound of work"},
    {"table.sort by a function of the library",
     "function classify(mail) local a, t = (' '):rep(4e6) .. '1', {} for i = 1, 1e4 do t[i] = a "
     "end\n"
     "table.sort(t, math.ult) end",
     ":2: exceeded its bound of work"},
    {"table of removed keys",
     "function classify(mail) local t = {} for i = 1, 6e4 do t[i .. ''] = 1 end\n"
     "for k in pairs(t) do t[k] = nil end while true do next(t) end end",
     ":2: exceeded its bound of"},
    {"look-ups without end",
     "function classify(mail) while true do mail:index_find('by x') end end",
     ":1: exceeded its bound of work"},
    {"header fields without end",
     "function classify(mail) while true do mail:headers('Cc') end end",
     ":1: exceeded its bound of work"},
    {"metatable with a finalizer",
     "function classify(mail) setmetatable({}, {__gc = function() while true do end end}) end",
     ":1: attempt to call a nil value (global 'setmetatable')"},
    {"metatable of strings", "function classify(mail) getmetatable('').__index = nil end",
     ":1: attempt to call a nil value (global 'getmetatable')"},
    {"function of the library that is replaced", "function classify(mail)\nstring.find = print end",
     ":2: this table cannot be changed"},
    {"library that is filled", "function classify(mail) table.insert(string, 'x') end",
     ":1: this table cannot be changed"},
    {"mail that is changed", "function classify(mail) mail.subject = 'x' end",
     ":1: a mail cannot be changed"},
    {"method that is called with something else",
     "function classify(mail) mail.header({}, 'To') end",
     ":1: bad argument #1 to 'header' (mail expected, got table)"},
    {"os", "function classify(mail) os.execute('false') end",
     ":1: attempt to index a nil value (global 'os')"},
    {"io", "function classify(mail) io.open('/etc/passwd') end",
     ":1: attempt to index a nil value (global 'io')"},
    {"require", "function classify(mail) require('os') end",
     ":1: attempt to call a nil value (global 'require')"},
    {"package", "function classify(mail) package.loadlib('x', '*') end",
     ":1: attempt to index a nil value (global 'package')"},
    {"debug", "function classify(mail) debug.getregistry() end",
     ":1: attempt to index a nil value (global 'debug')"},
    {"load", "function classify(mail) load('x = 1')() end",
     ":1: attempt to call a nil value (global 'load')"},
    {"loadstring of bytecode", "function classify(mail) loadstring('\\27Lua')() end",
     ":1: attempt to call a nil value (global 'loadstring')"},
    {"dofile", "function classify(mail) dofile('/etc/passwd') end",
     ":1: attempt to call a nil value (global 'dofile')"},
    {"string.dump", "function classify(mail) string.dump(classify) end",
     ":1: attempt to call a nil value (field 'dump')"},
    {"string.pack", "function classify(mail) string.pack('!16', 1) end",
     ":1: attempt to call a nil value (field 'pack')"},
    {"table.move", "function classify(mail) table.move({}, 1, 1e15, 2) end",
     ":1: attempt to call a nil value (field 'move')"},
    {"coroutine", "function classify(mail) coroutine.wrap(function() while true do end end)() end",
     ":1: attempt to index a nil value (global 'coroutine')"},
    {"collectgarbage", "function classify(mail) collectgarbage('stop') end",
     ":1: attempt to call a nil value (global 'collectgarbage')"},
    {"rawset", "function classify(mail) rawset(string, 'find', 1) end",
     ":1: attempt to call a nil value (global 'rawset')"},
};

/* Of processor time: two to three times what a mail may take on a slow machine. */
#ifdef __SANITIZE_ADDRESS__
#define MILLISECONDS_MOST 4000
#else
#define MILLISECONDS_MOST 2000
#endif

static int64_t thread_milliseconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

START_TEST(ends_and_leaves_the_mail_alone) {
    int64_t start;

    ck_assert_ptr_nonnull(script_open(hostile[_i].script));
    start = thread_milliseconds();
    support_classify(pipeline, store, &mail, mail_text);
    ck_assert_msg(thread_milliseconds() - start < MILLISECONDS_MOST, "%s: %d ms", hostile[_i].name,
                  (int)(thread_milliseconds() - start));
    ck_assert_msg(support_logged(hostile[_i].error) == 1, "%s: %s", hostile[_i].name,
                  support_log.text);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_uint_eq(support_logged("/a.lua:"), 1);
    ck_assert_uint_eq(support_logged("<1@example.org>"), 1);
    ck_assert_str_eq(words_of("lua.labels"), "");
    ck_assert_str_eq(patchmark_fact_string(mail.facts, "kind.kind"), "patch");
    ck_assert_ptr_nonnull(patchmark_fact_string(mail.facts, "series.id"));
}
END_TEST

/* Calls classify without a mail. */
static int call(lua_State *lua) {
    lua_getfield(lua, 1, "classify");
    lua_pushnil(lua);
    lua_call(lua, 1, 0);
    return 0;
}

START_TEST(holds_no_more_memory_than_its_bound) {
    struct script script = {.path = (char *)"x", .text = (char *)hostile[_i].script};
    char error[STATE_ERROR];
    struct state *state;

    script.length = strlen(script.text);
    state = state_new(&script, library_open, error);
    ck_assert_ptr_nonnull(state);
    state_run(state, call);
    ck_assert_uint_le(state->memory_peak, STATE_MEMORY + 256 * 1024); /* the library */
    state_free(state);
}
END_TEST

/* What a mail leaves is collected: large and small mails begin with the same memory. */
START_TEST(leaves_little_garbage) {
    static const char text[] = "function classify()\n"
                               "    local t = {}\n"
                               "    for i = 1, 1000 do t[i] = { ('x'):rep(i) } end\n"
                               "    for i = 1, 5 do t[i] = ('x'):rep(100000) .. i end\n"
                               "end\n";
    struct script script = {.path = (char *)"x", .text = (char *)text, .length = strlen(text)};
    char error[STATE_ERROR];
    struct state *state = state_new(&script, library_open, error);

    ck_assert_ptr_nonnull(state);
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(state_run(state, call), 0);
        ck_assert_uint_le(state->memory, state->memory_least + 64 * 1024);
    }
    state_free(state);
}
END_TEST

/* The same instance goes on with the next mail; of one plugin's failures, ten an hour are logged.
 */
START_TEST(fails_on_one_mail_only) {
    ck_assert_ptr_nonnull(script_open("function classify(mail)\n"
                                      "    if mail.subject == 'bad' then while true do end end\n"
                                      "    mail:label('good')\n"
                                      "end\n"));
    for (int i = 0; i < 12; i++) {
        support_classify(pipeline, store, &mail, "Subject: bad\n\n");
        ck_assert_str_eq(words_of("lua.labels"), "");
        support_classify(pipeline, store, &mail, "Subject: good\n\n");
        ck_assert_str_eq(words_of("lua.labels"), "good");
    }
    ck_assert_uint_eq(support_logged("a.lua:2: exceeded its bound of work"), 10);
    ck_assert_uint_eq(support_logged("\n"), 10);
}
END_TEST

/* Runs a script whose last string has LENGTH bytes.  Returns true if it failed. */
static bool fails_with_last_string(int length) {
    static const char script[] = "facts = { ['un' .. 'set'] = 'int', size = 'int' }\n"
                                 "function classify(mail)\n"
                                 "    facts = nil\n" /* the name of the first is then garbage */
                                 "    mail:label('x')\n"
                                 "    mail:set('size', 1)\n"
                                 "    local keep, long = {}, ('x'):rep(100000)\n"
                                 "    for i = 1, 160 do keep[i] = long .. i end\n"
                                 "    keep[0] = keep[1] .. keep[2] .. keep[3] .. keep[4]\n"
                                 "    keep[0] = keep[0]:sub(1, tonumber(mail.subject))\n"
                                 "end\n";
    size_t before = support_logged("exceeded its bound of 16 MiB");
    char text[64];

    snprintf(text, sizeof(text), "Subject: %06d\n\n", length);
    ck_assert_ptr_nonnull(script_open(script));
    support_classify(pipeline, store, &mail, text);
    return support_logged("exceeded its bound of 16 MiB") > before;
}

/* The memory that a script leaves is too little to read its facts. */
START_TEST(sets_nothing_if_its_facts_cannot_be_read) {
    int passes = 0, fails = 400000;

    ck_assert(!fails_with_last_string(passes));
    ck_assert_str_eq(words_of("lua.labels"), "x");
    ck_assert(fails_with_last_string(fails));
    while (fails - passes > 1) {
        int middle = (passes + fails) / 2;

        *(fails_with_last_string(middle) ? &fails : &passes) = middle;
    }
    ck_assert(fails_with_last_string(fails));
    ck_assert_str_eq(words_of("lua.labels"), "");
    ck_assert(!patchmark_fact_is_set(mail.facts, "lua.size"));
}
END_TEST

START_TEST(is_disabled_after_ten_failures_in_a_row) {
    ck_assert_ptr_nonnull(script_open("function classify(mail) error('no') end"));
    for (int i = 0; i < 12; i++)
        support_classify(pipeline, store, &mail, mail_text);
    ck_assert_uint_eq(support_logged("a.lua:1: no"), 10);
    ck_assert_uint_eq(support_logged("failed 10 times in a row"), 1);
}
END_TEST

SUITE(hostile_suite) {
    Suite *suite = suite_create("lua hostile");
    TCase *tests = tcase_create("hostile");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, ends_and_leaves_the_mail_alone, 0, COUNT(hostile));
    tcase_add_loop_test(tests, holds_no_more_memory_than_its_bound, 0, COUNT(hostile));
    tcase_add_test(tests, leaves_little_garbage);
    tcase_add_test(tests, fails_on_one_mail_only);
    tcase_add_test(tests, sets_nothing_if_its_facts_cannot_be_read);
    tcase_add_test(tests, is_disabled_after_ten_failures_in_a_row);
    suite_add_tcase(suite, tests);
    return suite;
}
