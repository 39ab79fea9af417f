/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_lua.c - tests of the plugin: what a script sees of a mail, what it sets, the library,
 * scripts that are refused, several scripts, and many threads.
 */
#include "test_lua.h"

#include "util/privileges.h"

#include <pthread.h>
#include <pwd.h>
#include <sys/wait.h>

/* ---- what a script sees ------------------------------------------------------------------- */

/* Runs a script that consists of the body of classify; fails if it raises an error, as assert
 * does. */
static void check_body(const char *body) {
    char *script;

    ck_assert_int_ge(asprintf(&script, "function classify(mail)\n%s\nend\n", body), 0);
    script_run(script);
    free(script);
    ck_assert_msg(support_logged("\n") == 0, "%s", support_log.text);
}

START_TEST(sees_the_fields_of_a_mail) {
    check_body("assert(mail.id == '1@example.org')\n"
               "assert(mail.subject == '[PATCH net-next v2 1/2]  tide: h\xc3\xb6her' or\n"
               "       mail.subject == '[PATCH net-next v2 1/2] tide: h\xc3\xb6her')\n"
               "assert(mail.title == 'tide: h\xc3\xb6her')\n"
               "assert(mail.sender == 'ada@example.org')\n"
               "assert(mail.sender_name == 'Ada Example')\n"
               "assert(mail.sender_via == '')\n"
               "assert(mail.list == 'devel.lists.example.org')\n"
               "assert(mail.kind == 'patch')\n"
               "assert(mail.text:find('from M\xc3\xbcller', 1, true))\n"
               "assert(mail.received == 1772712000)\n"
               "assert(mail.is_reply == true)\n"
               "assert(not pcall(function() return mail.subjekt end))");
}
END_TEST

START_TEST(sees_header_fields) {
    check_body("assert(mail:header('from') == 'Ada Example <Ada@Example.org>')\n"
               "assert(mail:header('X-None') == '')\n"
               "assert(#mail:headers('X-None') == 0)\n"
               "local cc = mail:headers('CC')\n"
               "assert(#cc == 2 and cc[2] == 'unstable@example.com')\n"
               "assert(mail:addressed('BEN@example.org'))\n"
               "assert(mail:addressed('devel@lists.example.org'))\n"
               "assert(not mail:addressed('stable@example.com'))\n"
               "assert(not mail:addressed('devel@lists.example.or'))\n"
               "assert(not mail:addressed('ada@example.org'))\n"
               "local references = mail:references()\n"
               "assert(#references == 2)\n"
               "assert(references[1] == '0@example.org' and references[2] == 'older@example.org')\n"
               "assert(#mail:other_ids() == 0)");
}
END_TEST

START_TEST(sees_parts_and_lines) {
    check_body("local parts = mail:parts()\n"
               "assert(#parts == 3)\n"
               "assert(parts[1].type == 'text/plain' and parts[1].filename == '')\n"
               "assert(parts[1].text:find('M\xc3\xbcller', 1, true))\n"
               "assert(parts[1].bytes:find('M\\xfcller', 1, true))\n"
               "assert(parts[2].type == 'text/html' and parts[2].text:find('<p>', 1, true))\n"
               "assert(parts[3].filename == 'a.patch' and not parts[3].truncated)\n"
               "assert(not pcall(function() return parts[1].size end))\n"
               "local seen = {}\n"
               "for line, origin in mail:lines() do seen[#seen + 1] = origin .. ':' .. line end\n"
               "assert(seen[1] == 'own:from M\xc3\xbcller')\n"
               "assert(seen[2] == 'quoted:> quoted')\n"
               "assert(#seen == 3)");
}
END_TEST

START_TEST(sees_facts) {
    check_body(
        "assert(mail:fact('subject.part') == 1)\n"
        "assert(mail:fact('subject.patch') == true)\n"
        "assert(mail:fact('subject.rfc') == false)\n"
        "assert(mail:fact('subject.tree')[1] == 'net-next')\n"
        "assert(mail:fact('patch.files')[1] == 'net/tide.c')\n"
        "assert(#mail:fact('patch.old_files') == 0)\n"
        "assert(mail:fact('pull.url') == '')\n"
        "assert(mail:fact('series.target') == nil)\n"
        "assert(mail:fact('series.target', 7) == 7)\n"
        "assert(mail:fact('subject.part', 7) == 1)\n"
        "assert(mail:has_flag('has-diff') and not mail:has_flag('rfc'))\n"
        "local good, text = pcall(mail.fact, mail, 'patch.filez')\n"
        "assert(not good and text:find(\"no loaded plugin provides the fact 'patch.filez'\"))");
}
END_TEST

static void classify(const char *id, const char *from, const char *subject) {
    char *raw;

    ck_assert_int_ge(asprintf(&raw,
                              "From: %s\nList-Id: <devel.lists.example.org>\nSubject: %s\n"
                              "Message-ID: <%s>\nDate: Thu, 5 Mar 2026 12:00:00 +0000\n\n"
                              "text\n---\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n"
                              "+two\n",
                              from, subject, id),
                     0);
    support_classify(pipeline, store, &mail, raw);
    free(raw);
    ck_assert_msg(support_logged("\n") == 0, "%s", support_log.text);
}

START_TEST(sees_earlier_mails) {
    ck_assert_ptr_nonnull(script_open(
        "function classify(mail)\n"
        "    if mail:known_sender() then mail:label('known') end\n"
        "    local earlier = mail:index_message('1@example.org')\n"
        "    if earlier and mail.id ~= '1@example.org' then\n"
        "        mail:label(earlier.kind)\n"
        "        local series = mail:index_series(earlier.series)\n"
        "        assert(series.id == earlier.series and series.author == earlier.sender)\n"
        "        assert(series.title == 'one' and series.version == nil and series.total == 1)\n"
        "        assert(mail:index_taken(series.id, 1) and not mail:index_taken(series.id, 2))\n"
        "        assert(mail:index_find('by ada@example.org')[1].id == series.id)\n"
        "        assert(mail:index_shared(series.id, {'none', ''}) == 0)\n"
        "    end\n"
        "    assert(mail:index_message('none') == nil and mail:index_series('none') == nil)\n"
        "    assert(#mail:index_find('none') == 0)\n"
        "end\n"));
    classify("1@example.org", "ada@example.org", "[PATCH] one");
    ck_assert_str_eq(words_of("lua.labels"), "");
    classify("1@example.org", "ada@example.org", "[PATCH] one"); /* a second pass */
    ck_assert_str_eq(words_of("lua.labels"), "");
    classify("2@example.org", "ben@example.org", "[PATCH] other");
    ck_assert_str_eq(words_of("lua.labels"), "patch");
    classify("3@example.org", "ada@example.org", "[PATCH] more");
    ck_assert_str_eq(words_of("lua.labels"), "known patch");
}
END_TEST

/* ---- what it sets ------------------------------------------------------------------------- */

static const char *header_of(const char *name) {
    for (size_t i = 0; i < mail.header_count; i++)
        if (strcmp(mail.headers[i].name, name) == 0)
            return mail.headers[i].value;
    return NULL;
}

START_TEST(sets_labels_and_flags) {
    script_run("function classify(mail)\n"
               "    assert(mail:label('net') and mail:label('net') and mail:label('a/b'))\n"
               "    assert(mail:has_label('net') and not mail:has_label('other'))\n"
               "    assert(mail:flag('big') and mail:has_flag('big'))\n"
               "    assert(not mail:label('two words') and not mail:label(''))\n"
               "    assert(not mail:label(('x'):rep(65)) and mail:label(('x'):rep(64)))\n"
               "    assert(not mail:flag('h\xc3\xb6her') and not mail:flag('a\\0b'))\n"
               "end\n");
    ck_assert_msg(support_logged("\n") == 0, "%s", support_log.text);
    ck_assert_str_eq(words_of("lua.labels"),
                     "net a/b xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    ck_assert_str_eq(words_of("lua.flags"), "big");
    ck_assert_str_eq(header_of("Patchmark-Flags"), "has-diff big");
}
END_TEST

START_TEST(bounds_the_number_of_labels) {
    script_run("function classify(mail)\n"
               "    for i = 1, 64 do assert(mail:label('l' .. i)) end\n"
               "    assert(not mail:label('more') and mail:label('l1'))\n"
               "end\n");
    ck_assert_msg(support_logged("\n") == 0, "%s", support_log.text);
    ck_assert_uint_eq(patchmark_fact_count(mail.facts, "lua.labels"), 64);
}
END_TEST

START_TEST(sets_facts) {
    script_run("facts = { size = 'int', good = 'bool', who = 'string', names = 'list' }\n"
               "function classify(mail)\n"
               "    mail:set('size', 1)\n"
               "    mail:set('size', 2)\n" /* the last one counts */
               "    mail:set('good', true)\n"
               "    mail:set('who', 'M\xc3\xbcller \\xc3\\0')\n"
               "    mail:set('names', { 'a', 'b' })\n"
               "end\n");
    ck_assert_msg(support_logged("\n") == 0, "%s", support_log.text);
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "lua.size", 0), 2);
    ck_assert(patchmark_fact_bool(mail.facts, "lua.good"));
    ck_assert_str_eq(patchmark_fact_string(mail.facts, "lua.who"), "M\xc3\xbcller ??");
    ck_assert_str_eq(words_of("lua.names"), "a b");
}
END_TEST

START_TEST(refuses_facts_of_another_type) {
    static const struct {
        const char *call, *error;
    } cases[] = {
        {"mail:set('size', 'many')", "number expected, got string"},
        {"mail:set('size', 1.5)", "number has no integer representation"},
        {"mail:set('good', 1)", "boolean expected, got number"},
        {"mail:set('who', {})", "string expected, got table"},
        {"mail:set('names', 'a')", "table expected, got string"},
        {"mail:set('names', { 1 })", "list of strings expected"},
        {"mail:set('other', 1)", "the table facts of the script does not declare 'other'"},
        {"mail:set('size')", "value expected"},
    };
    char *script;

    for (size_t i = 0; i < COUNT(cases); i++) {
        support_log_start();
        ck_assert_int_ge(
            asprintf(&script,
                     "facts = { size = 'int', good = 'bool', who = 'string', names = 'list' }\n"
                     "function classify(mail) mail:set('size', 1)\n%s end\n",
                     cases[i].call),
            0);
        script_run(script);
        free(script);
        ck_assert_uint_eq(support_logged("a.lua:3: "), 1);
        ck_assert_msg(support_logged(cases[i].error) == 1, "%s: %s", cases[i].call,
                      support_log.text);
        ck_assert(!patchmark_fact_is_set(mail.facts, "lua.size"));
    }
}
END_TEST

/* Whatever a script stores is gone when the next mail comes. */
START_TEST(keeps_nothing_between_mails) {
    ck_assert_ptr_nonnull(
        script_open("local count, seen = 0, {}\n"
                    "total = 0\n"
                    "function classify(mail)\n"
                    "    count, total = count + 1, total + 1\n"
                    "    seen[#seen + 1] = mail.id\n"
                    "    new = (new or 0) + 1\n"
                    "    kept = mail\n"
                    "    mail:label(count .. '.' .. total .. '.' .. #seen .. '.' .. new)\n"
                    "end\n"));
    for (int i = 0; i < 3; i++) {
        support_classify(pipeline, store, &mail, mail_text);
        ck_assert_str_eq(words_of("lua.labels"), "1.1.1.1");
    }
    ck_assert_msg(support_logged("\n") == 0, "%s", support_log.text);
}
END_TEST

START_TEST(logs_ten_lines_at_most) {
    script_run("log('at the start')\n"
               "function classify(mail) for i = 1, 20 do log('line ' .. i .. '\\n') end end\n");
    ck_assert_uint_ge(support_logged("at the start"), 1);
    ck_assert_uint_eq(support_logged("line "), 9);
}
END_TEST

/* ---- the library -------------------------------------------------------------------------- */

/* What the reference manual of Lua says of the functions that the plugin replaces. */
START_TEST(has_the_string_library_of_lua) {
    check_body(
        "local s = 'hello world'\n"
        "assert(s:find('o') == 5 and s:find('o', 6) == 8 and s:find('o', -3) == nil)\n"
        "assert(s:find('') == 1 and s:find('', 12) == 12 and s:find('', 13) == nil)\n"
        "assert(s:find('l+') == 3 and select(2, s:find('l+')) == 4)\n"
        "assert(select('#', s:find('(l)(l)')) == 4)\n"
        "assert(('a.b'):find('.', 1, true) == 2 and ('a.b'):find('.') == 1)\n"
        "assert(s:match('w%a+') == 'world' and s:match('(h)(e)') == 'h' and s:match('x') == nil)\n"
        "assert(s:match('^(%w+)') == 'hello' and s:match('()ll()') == 3)\n"
        "assert(s:match('.-', 20) == nil and s:match('o', -2) == nil)\n"
        "local words = {}\n"
        "for word in s:gmatch('%a+') do words[#words + 1] = word end\n"
        "assert(#words == 2 and words[2] == 'world')\n"
        "for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do words[k] = v end\n"
        "assert(words.a == '1' and words.b == '2')\n"
        "local count = 0\n"
        "for _ in ('abc'):gmatch('') do count = count + 1 end\n"
        "assert(count == 4)\n"
        "assert(s:gsub('o', '0') == 'hell0 w0rld' and select(2, s:gsub('o', '0')) == 2)\n"
        "assert(s:gsub('o', '0', 1) == 'hell0 world')\n"
        "assert(s:gsub('(%w+) (%w+)', '%2 %1') == 'world hello')\n"
        "assert(s:gsub('%w+', '<%0%%>') == '<hello%> <world%>')\n"
        "assert(s:gsub('%w+', '%1') == s)\n"
        "assert(s:gsub('%w+', { hello = 'bye' }) == 'bye world')\n"
        "assert(s:gsub('l', function() return false end) == s)\n"
        "assert(s:gsub('(l)(.)', function(a, b) return b .. a end) == 'hello wordl')\n"
        "assert(('abc'):gsub('', '-') == '-a-b-c-' and ('abc'):gsub('b*', '-') == '-a-c-')\n"
        "assert(('aaa'):gsub('^a', 'b') == 'baa')\n"
        "assert(('()x'):gsub('()', '%1') == '1(2)3x4')\n"
        "assert(not pcall(string.gsub, s, 'o', '%2') and not pcall(string.gsub, s, 'o', '%x'))\n"
        "assert(not pcall(string.find, s, '[a') and not pcall(string.gsub, s, 'o'))\n"
        "assert(('x'):rep(3, ',') == 'x,x,x' and ('x'):rep(-1) == '' and (''):rep(1000) == '')\n"
        "assert(('%5.1f|%s|%q'):format(1.25, {} and 'a', 'b') == '  1.2|a|\"b\"')\n"
        "assert(('aBc'):upper() == 'ABC' and ('aBc'):lower() == 'abc' and ('abc'):reverse() == "
        "'cba')\n"
        "assert(tonumber('0x10') == 16 and tonumber('z', 36) == 35 and tostring(1.5) == '1.5')\n"
        "assert('10' + 5 == 15)");
}
END_TEST

/* An address differs between runs, and so would what the script makes of it. */
START_TEST(shows_no_addresses) {
    check_body("assert(tostring({}) == 'table' and tostring(assert) == 'function')\n"
               "assert(tostring(mail) == 'userdata' and tostring(nil) == 'nil')\n"
               "assert(('%d%%%7s|%s|%s'):format(1, {}, mail, 2) == '1%  table|userdata|2')\n"
               "assert(not pcall(string.format, '%p', {}))\n"
               "assert(not pcall(string.format, '%s%-20p', 1, 'x'))\n"
               "assert(not pcall(string.format, '\\0%%%p', 'x'))\n"
               "assert(not pcall(string.format, '%d', {}) and not pcall(string.format, '%'))\n"
               "assert(not pcall(string.format, '%s%s', {}) and not pcall(tostring))");
}
END_TEST

START_TEST(has_the_table_library_of_lua) {
    check_body("local t = { 3, 1, 2 }\n"
               "table.sort(t)\n"
               "assert(table.concat(t, ',') == '1,2,3')\n"
               "table.sort(t, function(a, b) return a > b end)\n"
               "assert(table.concat(t, ',', 2) == '2,1' and table.concat(t, ',', 2, 2) == '2')\n"
               "table.insert(t, 0) table.insert(t, 1, 4)\n"
               "assert(table.concat(t) == '43210' and table.remove(t) == 0)\n"
               "assert(table.remove(t, 1) == 4 and #t == 3)\n"
               "assert(select('#', table.unpack(t)) == 3 and table.unpack(t, 2, 2) == 2)\n"
               "assert(table.pack(1, nil).n == 2)\n"
               "assert(utf8.len('h\xc3\xb6h') == 3 and utf8.char(246) == '\xc3\xb6')\n"
               "assert(math.max(1, 2) == 2 and math.type(1) == 'integer')\n"
               "assert(not pcall(table.sort, { 1, 'a' }) and not pcall(table.concat, { {} }))");
}
END_TEST

/* ---- scripts that are refused ------------------------------------------------------------- */

START_TEST(refuses_scripts_with_errors) {
    static const struct {
        const char *script, *error;
    } cases[] = {
        {"function classify(mail)\n    local = 1\nend\n", "a.lua:2: <name> expected near '='"},
        {"function classify(mail)\n",
         "a.lua:2: 'end' expected (to close 'function' at line 1) near <eof>"},
        {"x = 1\n", "a.lua: does not define the function classify(mail)"},
        {"classify = 1\n", "a.lua: does not define the function classify(mail)"},
        {"\nnothing.x = 1\nfunction classify() end",
         "a.lua:2: attempt to index a nil value (global 'nothing')"},
        {"#!/usr/bin/lua\nlocal = 1\n", "a.lua:2: <name> expected near '='"},
        {"#!/usr/bin/lua", "a.lua: does not define the function classify(mail)"},
        {"\n#!/usr/bin/lua\n", "a.lua:2: unexpected symbol near '#'"},
        {"print('x')", "a.lua:1: there is no print; use log(text)"},
        {"while true do end", "a.lua:1: exceeded its bound of work"},
        {"local s = 'x' while true do s = s .. s end",
         "a.lua:1: exceeded its bound of 16 MiB of memory"},
        {"facts = 'size' function classify() end", "a.lua: facts must be a table"},
        {"facts = { 'size' } function classify() end",
         "a.lua: facts: 1: keys and types are strings"},
        {"facts = { size = 'number' } function classify() end", "a.lua: facts: size: a type is "},
        {"facts = { Size = 'int' } function classify() end", "a.lua: facts: Size: a key is "},
        {"facts = { ['a.b'] = 'int' } function classify() end", "a.lua: facts: a.b: a key is "},
        {"facts = { labels = 'list' } function classify() end",
         "a.lua: facts: labels: use mail:label"},
        {"facts = {} for i = 1, 33 do facts['f' .. i] = 'int' end function classify() end",
         ": too many facts"},
        {"\33Lua", "compiled code; a script must be text"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        support_log_start();
        ck_assert_msg(script_open(cases[i].script) == NULL, "%s", cases[i].script);
        ck_assert_msg(support_logged(cases[i].error) == 1, "%s: %s", cases[i].error,
                      support_log.text);
    }
}
END_TEST

/* What Lua itself accepts at the start of a file. */
START_TEST(skips_a_byte_order_mark_and_a_line_for_the_shell) {
    script_run("\xef\xbb\xbf"
               "function classify(mail) mail:label('mark') end");
    ck_assert_str_eq(words_of("lua.labels"), "mark");
    script_run("\xef\xbb\xbf#!/usr/bin/lua\n\nfunction classify(mail) mail:label('both') end");
    ck_assert_str_eq(words_of("lua.labels"), "both");
}
END_TEST

/* Opens a pipeline with the script PATH; returns false if it is refused. */
static bool open_path(const char *path) {
    struct patchmark_plugin *plugins[] = {lua_plugin(), NULL};
    struct configuration *configuration = support_configuration("", plugins);

    support_log_start();
    support_option(configuration, "lua", "script", path);
    if (pipeline)
        pipeline_release(pipeline);
    pipeline = pipeline_new(configuration);
    return pipeline != NULL;
}

START_TEST(refuses_files_that_others_may_write) {
    static const char script[] = "function classify(mail) end\n";
    char path[512], link[512], advice[1200];

    snprintf(path, sizeof(path), "%s", script_write("a.lua", script, strlen(script)));
    ck_assert(open_path(path));
    ck_assert_int_eq(chmod(path, 0664), 0);
    ck_assert(!open_path(path));
    snprintf(advice, sizeof(advice),
             "names a file that is not trusted: %s: mode 0664, writable by its "
             "group; run: chmod go-w %s",
             path, path);
    ck_assert_uint_eq(support_logged(advice), 1);
    ck_assert_int_eq(chmod(path, 0646), 0);
    ck_assert(!open_path(path));
    snprintf(link, sizeof(link), "%s/link.lua", support_folder);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert(!open_path(link));
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert(open_path(link));
    ck_assert_int_eq(chmod(support_folder, 0777), 0);
    ck_assert(!open_path(path));
    snprintf(advice, sizeof(advice), ": %s: mode 0777, writable by others", support_folder);
    ck_assert_uint_eq(support_logged(advice), 1);
    ck_assert_int_eq(chmod(support_folder, 01777),
                     0); /* nobody can replace files of others there */
    ck_assert(open_path(path));
    ck_assert_int_eq(chmod(support_folder, 0700), 0);
}
END_TEST

/* A folder further up, and one through which a link leads, let others replace the script, too. */
START_TEST(refuses_files_below_folders_that_others_may_write) {
    static const char script[] = "function classify(mail) end\n";
    char upper[300], lower[400], link[512];

    snprintf(upper, sizeof(upper), "%s/upper", support_folder);
    snprintf(lower, sizeof(lower), "%s/lower", upper);
    snprintf(link, sizeof(link), "%s/link.lua", support_folder);
    ck_assert_int_eq(mkdir(upper, 0755), 0);
    ck_assert_int_eq(mkdir(lower, 0755), 0);
    ck_assert_int_eq(symlink(script_write("upper/lower/a.lua", script, strlen(script)), link), 0);
    ck_assert(open_path(link));
    ck_assert_int_eq(chmod(upper, 0777), 0);
    ck_assert(!open_path(link));
    ck_assert_uint_eq(support_logged("/upper: mode 0777, writable by others"), 1);
    ck_assert_int_eq(chmod(upper, 0755), 0);
    ck_assert(open_path(link));
}
END_TEST

/* Returns true if a process of USER accepts the script of root, and that of USER only if USER has
 * started it.  CHANGED: root has started it, and it has changed to USER. */
static bool in_child_as(const struct passwd *user, bool changed, const char *of_root,
                        const char *of_user) {
    pid_t child = fork();
    int status;

    if (child == 0) {
        bool is_user = (changed ? privileges_change(user) : setuid(user->pw_uid)) == 0;

        _exit(is_user && open_path(of_root) && open_path(of_user) == !changed ? 0 : 1);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

/* Who started the program is trusted, and whom root has changed to is not: a start by root refuses
 * a script of that user, so a reload and the check do, too. */
START_TEST(trusts_who_started_the_program) {
    static const char script[] = "function classify(mail) end\n";
    const struct passwd *user = getpwnam("nobody");
    char of_root[512], of_user[512], fault[64];

    if (geteuid() != 0 || !user)
        return;
    snprintf(of_root, sizeof(of_root), "%s", script_write("root.lua", script, strlen(script)));
    snprintf(of_user, sizeof(of_user), "%s", script_write("user.lua", script, strlen(script)));
    snprintf(fault, sizeof(fault), "owned by uid %u; must be owned by root or by uid 0",
             (unsigned)user->pw_uid);
    ck_assert_int_eq(chown(of_user, user->pw_uid, (gid_t)-1), 0);
    ck_assert_int_eq(chmod(support_folder, 0755), 0);
    ck_assert(open_path(of_root));
    ck_assert(!open_path(of_user));
    ck_assert_uint_eq(support_logged(fault), 1);
    ck_assert(in_child_as(user, true, of_root, of_user));
    ck_assert(in_child_as(user, false, of_root, of_user));
}
END_TEST

START_TEST(refuses_files_that_it_cannot_read) {
    struct patchmark_plugin *plugins[] = {lua_plugin(), NULL};
    char *large = malloc(300 * 1024);

    ck_assert(!open_path("a.lua"));
    ck_assert_uint_eq(support_logged("must be an absolute path, not 'a.lua'"), 1);
    ck_assert(!open_path("/nowhere/a.lua"));
    ck_assert_uint_eq(support_logged("names /nowhere/a.lua: No such file or directory"), 1);
    ck_assert(!open_path(support_folder));
    ck_assert_uint_eq(support_logged("not a regular file"), 1);
    memset(large, ' ', 300 * 1024);
    ck_assert(!open_path(script_write("large.lua", large, 300 * 1024)));
    ck_assert_uint_eq(support_logged("larger than 256 KiB"), 1);
    free(large);
    ck_assert_ptr_null(pipeline_new(support_configuration("", plugins)));
    ck_assert_uint_eq(support_logged("is required: the file of a script"), 1);
}
END_TEST

/* ---- several scripts, and threads --------------------------------------------------------- */

/* Opens a pipeline with two sections of the plugin, whose titles are TITLES. */
static struct pipeline *open_two(const char *const titles[2], const char *const scripts[2]) {
    struct patchmark_plugin *plugins[] = {lua_plugin(), lua_plugin(), subject_plugin(), NULL};
    struct configuration *configuration = support_configuration("", plugins);

    for (size_t i = 0; i < 2; i++) {
        char name[32];

        snprintf(name, sizeof(name), "%zu.lua", i);
        configuration->plugins[i].name = arena_copy(&support_arena, titles[i], strlen(titles[i]));
        support_option(configuration, titles[i], "script",
                       script_write(name, scripts[i], strlen(scripts[i])));
    }
    return pipeline_new(configuration);
}

START_TEST(runs_several_scripts) {
    pipeline = open_two(
        (const char *const[]){"lua", "lua/net-size"},
        (const char *const[]){"facts = { size = 'int' }\n"
                              "function classify(mail) mail:set('size', 3) mail:label('one') end\n",
                              "facts = { size = 'int' }\n"
                              "function classify(mail)\n"
                              "    mail:set('size', mail:fact('lua.size') + 1)\n"
                              "    if mail:has_label('one') then mail:label('two') end\n"
                              "end\n"});
    ck_assert_ptr_nonnull(pipeline);
    support_classify(pipeline, store, &mail, mail_text);
    ck_assert_msg(support_logged("\n") == 0, "%s", support_log.text);
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "lua.size", 0), 3);
    ck_assert_int_eq(patchmark_fact_int(mail.facts, "lua_net_size.size", 0), 4);
    ck_assert_str_eq(words_of("lua.labels"), "one");
    ck_assert_str_eq(words_of("lua_net_size.labels"), "two");
    ck_assert_str_eq(header_of("Patchmark-Labels"), "one two");
}
END_TEST

/* A script that fails does not stop the others. */
START_TEST(keeps_scripts_apart) {
    pipeline =
        open_two((const char *const[]){"lua/one", "lua/two"},
                 (const char *const[]){"function classify(mail) mail:label('x') error('no') end\n",
                                       "function classify(mail) mail:label('two') end\n"});
    ck_assert_ptr_nonnull(pipeline);
    for (int i = 0; i < 12; i++) {
        support_classify(pipeline, store, &mail, mail_text);
        ck_assert_str_eq(header_of("Patchmark-Labels"), "two");
    }
    ck_assert_uint_eq(support_logged("0.lua:1: no"), 10);
}
END_TEST

START_TEST(refuses_sections_whose_facts_would_have_the_same_names) {
    static const char *const scripts[] = {"function classify(mail) end\n",
                                          "function classify(mail) end\n"};

    ck_assert_ptr_null(open_two((const char *const[]){"lua/a", "lua/a"}, scripts));
}
END_TEST

/* A reload reads the file again, and mails that still use the old pipeline have the old script. */
START_TEST(reads_the_script_on_reload) {
    struct pipeline *old;

    ck_assert_ptr_nonnull(script_open("function classify(mail) mail:label('old') end\n"));
    old = pipeline_keep(pipeline);
    ck_assert_ptr_nonnull(script_open("function classify(mail) mail:label('new') end\n"));
    support_classify(pipeline, store, &mail, mail_text);
    ck_assert_str_eq(words_of("lua.labels"), "new");
    support_classify(old, store, &mail, mail_text);
    ck_assert_str_eq(words_of("lua.labels"), "old");
    mail_reset(&mail);
    pipeline_release(old);
}
END_TEST

#define THREADS 4

/* Classifies mails of which each third makes the script fail. */
static void *classify_many(void *argument) {
    size_t *wrong = argument;
    struct mail own;

    mail_init(&own);
    for (int i = 0; i < 90; i++) {
        char raw[128], label[32];

        snprintf(raw, sizeof(raw), "Subject: %s%d\n\n", i % 3 == 0 ? "bad" : "good", i);
        snprintf(label, sizeof(label), "good%d", i);
        support_read(&own, raw, -1);
        pipeline_run(pipeline, NULL, &own);
        *wrong += i % 3 == 0 ? patchmark_fact_is_set(own.facts, "lua.labels")
                             : strcmp(patchmark_fact_item(own.facts, "lua.labels", 0), label) != 0;
    }
    mail_free(&own);
    return NULL;
}

START_TEST(runs_on_many_threads) {
    pthread_t threads[THREADS];
    size_t wrong[THREADS] = {0};

    ck_assert_ptr_nonnull(script_open("function classify(mail)\n"
                                      "    assert(not mail.subject:find('bad'))\n"
                                      "    for i = 1, 100 do x = mail.subject .. i end\n"
                                      "    mail:label(mail.subject)\n"
                                      "end\n"));
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, classify_many, &wrong[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(wrong[i], 0);
    }
}
END_TEST

SUITE(lua_suite) {
    Suite *suite = suite_create("lua");
    TCase *tests = tcase_create("lua");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, sees_the_fields_of_a_mail);
    tcase_add_test(tests, sees_header_fields);
    tcase_add_test(tests, sees_parts_and_lines);
    tcase_add_test(tests, sees_facts);
    tcase_add_test(tests, sees_earlier_mails);
    tcase_add_test(tests, sets_labels_and_flags);
    tcase_add_test(tests, bounds_the_number_of_labels);
    tcase_add_test(tests, sets_facts);
    tcase_add_test(tests, refuses_facts_of_another_type);
    tcase_add_test(tests, keeps_nothing_between_mails);
    tcase_add_test(tests, logs_ten_lines_at_most);
    tcase_add_test(tests, has_the_string_library_of_lua);
    tcase_add_test(tests, shows_no_addresses);
    tcase_add_test(tests, has_the_table_library_of_lua);
    tcase_add_test(tests, refuses_scripts_with_errors);
    tcase_add_test(tests, skips_a_byte_order_mark_and_a_line_for_the_shell);
    tcase_add_test(tests, refuses_files_that_others_may_write);
    tcase_add_test(tests, refuses_files_below_folders_that_others_may_write);
    tcase_add_test(tests, trusts_who_started_the_program);
    tcase_add_test(tests, refuses_files_that_it_cannot_read);
    tcase_add_test(tests, runs_several_scripts);
    tcase_add_test(tests, keeps_scripts_apart);
    tcase_add_test(tests, refuses_sections_whose_facts_would_have_the_same_names);
    tcase_add_test(tests, reads_the_script_on_reload);
    tcase_add_test(tests, runs_on_many_threads);
    suite_add_tcase(suite, tests);
    return suite;
}
