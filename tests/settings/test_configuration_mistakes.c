/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_configuration_mistakes.c - tests the errors of an invalid configuration file, and includes.
 */
#include "configuration-fixture.h"
#include "settings/bounds.h"
#include "settings/configuration-load.h"
#include "support/suite.h"

/* ---- mistakes ----------------------------------------------------------------------------- */

#define TOP                                                                                      \
    "socket, socket_owner, socket_group, socket_mode, user, state, host, prefix, headers, log, " \
    "log_level, log_facility, log_format, lists, local, exempt_clients, "                        \
    "exempt_recipients, exempt_users, remember, quiet, "                                         \
    "durability, outbox_size, outbox_age, replay_rate, max_mails, metrics_file, "                \
    "metrics_listen, confine, include, list, plugin, web"

START_TEST(test_mistakes) {
    static const struct {
        const char *text, *errors;
    } cases[] = {
        /* names */
        {"# a comment\n\nsokket = \"unix:/x\"\n",
         "@:3: unknown option 'sokket'; did you mean 'socket'?\n"},
        {"list \"x\" {\n  publish = yes\n  anotate = no\n}\n",
         "@:3: unknown option 'anotate'; did you mean 'annotate'?\n"},
        {"\xef\xbb\xbfsokket = a\n", "@:1: unknown option 'sokket'; did you mean 'socket'?\n"},
        {"\n\xef\xbb\xbfuser = a\n",
         "@:2: unknown option '\\xef\\xbb\\xbfuser'; allowed here: " TOP "\n"},
        /* two letters of six are near, two of five are not */
        {"list \"x\" { publsih = no }", "@:1: unknown option 'publsih'; did you mean 'publish'?\n"},
        {"list \"x\" { evetn = no }",
         "@:1: unknown option 'evetn'; allowed here: address, annotate, publish, events, "
         "archive_url\n"},
        {"web { host = a }", "@:1: unknown option 'host'; did you mean 'hosts'?\n"},
        /* an unknown option ends nothing: the rest of the file is checked, and the plugins too */
        {"sokket = x\nmax_mails = 0\nlist \"x\" { anotate = { a,\n b } annotate = 7 }\n"
         "fou = 1\nfou += { 2 }\nplugin \"good\" { fou = 3 }\nweb { host = a fou = {} }\n"
         "plugin \"good/No\" { } \"quiet\" = 0 'sockt' = b\n",
         "@:1: unknown option 'sokket'; did you mean 'socket'?\n"
         "@:3: unknown option 'anotate'; did you mean 'annotate'?\n"
         "@:5: unknown option 'fou'; allowed here: " TOP "\n"
         "@:6: unknown option 'fou'; allowed here: " TOP "\n"
         "@:8: unknown option 'host'; did you mean 'hosts'?\n"
         "@:8: unknown option 'fou'; allowed here: listen, hosts\n"
         "@:9: unknown option 'sockt'; did you mean 'socket'?\n"
         "@:9: option 'quiet' must be a number and s, m, h, d or w, from 1s to 90d, not '0'\n"
         "@:2: option 'max_mails' must be a number from 1 to 100000, not '0'\n"
         "@:4: option 'annotate' must be true or false, not '7'\n"
         "@:7: unknown option 'fou' of plugin \"good\"; allowed here: file, enabled, maxlen, "
         "count, "
         "window, strict, stream, words, empty\n"
         "@:9: plugin \"good/No\": the word behind the slash must consist of lower-case letters, "
         "digits and hyphens; the whole title has at most 60 bytes\n"},
        /* values that are names of section types */
        {"user = list web { host = a }\n", "@:1: unknown option 'host'; did you mean 'hosts'?\n"},
        {"lists = { list, web } list web { hosts = a }\n",
         "@:1: unknown option 'hosts'; allowed here: address, annotate, publish, events, "
         "archive_url\n"},
        /* names of earlier builds */
        {"journal = fsync",
         "@:1: unknown option 'journal'; it is 'durability' now, see MIGRATION in "
         "NEWS\n"},
        {"journal_size = 3", "@:1: unknown option 'journal_size'; it is 'outbox_size' now, see "
                             "MIGRATION in NEWS\n"},
        {"journal_age = 3d", "@:1: unknown option 'journal_age'; it is 'outbox_age' now, see "
                             "MIGRATION in NEWS\n"},
        /* the syntax of other programs */
        {"user = \"a\";\n", "@:1: unknown option ';'; write option = value, without ';' and ':'\n"},
        {"user: \"a\"\n",
         "@:1: unknown option 'user:'; write option = value, without ';' and ':'\n"},
        {"lists \"x\" { }",
         "@:1: missing equal sign after option 'lists'; allowed: option = value\n"},
        {"plugn \"good\" { }", "@:1: unknown option 'plugn'; did you mean 'plugin'?\n"},
        {"\n'' = 3\n",
         "@:2: empty name '', here or in the section that starts here; allowed: option = value\n"},
        {"list \"x\" {\n publish = no\n '' }\n",
         "@:1: empty name '', here or in the section that starts here; allowed: option = value\n"},
        {"user = a b", "@:1: unknown option 'b'; allowed here: " TOP "\n"},
        /* values; all are reported together */
        {"user = { a, b }\nstate = var\nhost = \"a b\"\nprefix = Patchmark\nlog = file\n"
         "log_level = 7\nheaders = { kind, sender }\nlist \"\" { annotate = 0 }\n"
         "log_facility = kern\nlog_format = xml\n",
         "@:1: option 'user' must be one string, not a list\n"
         "@:2: option 'state' must be an absolute path, not 'var'\n"
         "@:3: option 'host' must be a host name, not 'a b'\n"
         "@:4: option 'prefix' must be a letter, then letters, digits and '-', and end in '-', in "
         "all at most 32 bytes, not 'Patchmark'\n"
         "@:7: option 'headers' must be a list of kind, series, version, part, topic, patch-id, "
         "flags, labels, robot, verdict, info, not 'sender'\n"
         "@:5: option 'log' must be one of syslog, stderr, not 'file'\n"
         "@:6: option 'log_level' must be one of error, warning, info, debug, not '7'\n"
         "@:9: option 'log_facility' must be one of mail, daemon, local0, local1, local2, local3, "
         "local4, local5, local6, local7, not 'kern'\n"
         "@:10: option 'log_format' must be one of text, json, not 'xml'\n"
         "@:8: list \"\": the List-Id is empty; allowed: list \"ID\" { ... } and list \"PATTERN\" "
         "{ ... }\n"
         "@:8: option 'annotate' must be true or false, not '0'\n"},
        {"\nsocket = {}", "@:2: option 'socket' must be one string, not an empty list\n"},
        {"plugin good {\n maxlen = {}\n}\nplugin kind {\n enabled = no\n maxlen = 3\n}",
         "@:2: option 'maxlen' must be a number from 1 to 10000000, not an empty list\n"},
        {"lists = { a, \"\" }",
         "@:1: option 'lists' must be a list of patterns for List-Ids, none of them empty\n"},
        {"headers = {\n kind,\n sender\n}\nlog = a\nlog = b\n",
         "@:2: option 'headers' must be a list of kind, series, version, part, topic, patch-id, "
         "flags, labels, robot, verdict, info, not 'sender'\n"
         "@:6: option 'log' must be one of syslog, stderr, not 'b'\n"},
        {"\ndurability = always\noutbox_size = 0\noutbox_age = 0\nreplay_rate = -1\n",
         "@:3: option 'outbox_size' must be a number from 1 to 1048576, not '0'\n"
         "@:4: option 'outbox_age' must be a number and s, m, h, d or w, from 1s to 3650d, not "
         "'0'\n"
         "@:5: option 'replay_rate' must be a number from 0 to 1000000, not '-1'\n"
         "@:2: option 'durability' must be one of normal, full, not 'always'\n"},
        {"host = \"\"", "@:1: option 'host' must be a host name, not ''\n"},
        {"prefix = 2-",
         "@:1: option 'prefix' must be a letter, then letters, digits and '-', and end in '-', in "
         "all at most 32 bytes, not '2-'\n"},
        {"prefix = -",
         "@:1: option 'prefix' must be a letter, then letters, digits and '-', and end in '-', in "
         "all at most 32 bytes, not '-'\n"},
        {"prefix = \"Patch:mark-\"",
         "@:1: option 'prefix' must be a letter, then letters, digits and '-', and end in '-', in "
         "all at most 32 bytes, not 'Patch:mark-'\n"},
        {"prefix = abcdefghijklmnopqrstuvwxyz123456-",
         "@:1: option 'prefix' must be a letter, then letters, digits and '-', and end in '-', in "
         "all at most 32 bytes, not 'abcdefghijklmnopqrstuvwxyz123456-'\n"},
        /* syntax */
        {"socket", "@:1: premature end of file; the last setting has no value\n"},
        {"user = a\nsocket =\n", "@:3: premature end of file; the last setting has no value\n"},
        {"user \"a\"", "@:1: missing equal sign after option 'user'; allowed: option = value\n"},
        {"\nplugin { }",
         "@:2: missing title for section 'plugin'; allowed: list \"ID\" { ... } and plugin "
         "\"NAME\" { ... }\n"},
        {"plugin \"good\"\nmaxlen = 5",
         "@:2: missing opening brace for section 'plugin'; allowed: list \"ID\" { ... }, plugin "
         "\"NAME\" { ... } and web { ... }\n"},
        /* the section web */
        {"web {\n hosts = { a.example.org, \"https://b.example.org\" }\n}",
         "@:2: option 'hosts' must be a list of host names, such as patches.example.org, without "
         "scheme and port, not 'https://b.example.org'\n"},
        {"web {\n hosts = a\n port = 3 }",
         "@:3: unknown option 'port'; allowed here: listen, hosts\n"},
        {"web { }\nweb { }", "@:2: section web occurs twice; make one section of the two\n"},
        {"web \"x\" { }",
         "@:1: missing opening brace for section 'web'; allowed: list \"ID\" { ... }, plugin "
         "\"NAME\" { ... } and web { ... }\n"},
        {"lists = { a b }",
         "@:1: unexpected token 'b'; allowed: option = value, option = { value, value } or a "
         "section; a value with spaces requires quotes\n"},
        {"lists = { a }\nuser = ,", "@:2: unexpected token ','; allowed: option = value, option = "
                                    "{ value, value } or a section; a value with spaces requires "
                                    "quotes\n"},
        {"user += { a }\nlist \"x\" { }\nlist \"x\" { }",
         "@:3: found duplicate title 'x'; make one section of the two\n"},
        {"user = \"\\999\"", "@:1: bad escape sequence '\\999'\n"},
        /* single quotes keep the backslash, and before a byte that is no letter it quotes that */
        {"\nlog = \"\\d\"", "@:2: '\\d' is no escape; write the value in single quotes\n"},
        {"log = { '\\d', '\\n', \"\\.\\$\\\\d\" }",
         "@:1: option 'log' must be one string, not a list\n"},
        /* what libconfuse would not see, or not in its place */
        {"user = a\n\nplugin \"good\" {\n\n", "@:3: this '{' is not closed\n"},
        {"lists = {\n\"a\"\n", "@:1: this '{' is not closed\n"},
        {"plugin \"a\" {\n words = { x\n\n", "@:2: this '{' is not closed\n"},
        {"plugin \"a\" {\n x = 5\nplugin \"b\" {\n}\n",
         "@:3: unexpected '{'; is the '{' of line 1 not closed?\n"},
        {"lists = { \"a\",\nlist \"b\" { }",
         "@:2: unexpected '{'; is the '{' of line 1 not closed?\n"},
        {"plugin \"a\" {\n x = { y = { z } } }",
         "@:2: unexpected '{'; is the '{' of line 2 not closed?\n"},
        {"user = a\n}\n", "@:2: unexpected '}'; no '{' is open\n"},
        {"# it's fine\nuser = \"a\nstate = \"/x\"\n",
         "@:2: the quote that starts here is not closed on its line\n"},
        {"user = 'a", "@:1: the quote that starts here is not closed on its line\n"},
        {"user = \"a\\", "@:1: the quote that starts here is not closed on its line\n"},
        {"user = a\n/* no end\n", "@:2: the comment that starts here has no '*/'\n"},
        {"lists = { *.example.org }", "@:1: '*' is allowed only in quotes\n"},
        {"user = a+b", "@:1: '+' is allowed only in quotes\n"},
        {"user = \"a${b\"\nlists = {}",
         "@:1: '${' starts the name of an environment variable and has no '}'; allowed: "
         "\"${NAME}\", or '\\$' for a dollar\n"},
        {"user = ${USER}",
         "@:1: '${' outside of quotes; allowed: \"${NAME}\" for an environment variable\n"},
        {"user = a\n\x7f"
         "ELF",
         "@:2: invalid byte 0x7f; this is not a text file\n"},
        {"user = \"\x1b[31m\"", "@:1: invalid byte 0x1b; this is not a text file\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        wrong(cases[i].text, cases[i].errors);
}
END_TEST

/* Fields of other programs would be deleted: their prefixes are errors, in any case; near misses
 * are none. */
START_TEST(test_foreign_prefix) {
    static const char *const foreign[] = {"Content-",      "CONTENT-",       "content-transfer-",
                                          "List-",         "List-Own-",      "Received-",
                                          "DKIM-",         "DomainKey-",     "ARC-Message-",
                                          "MIME-",         "Message-",       "Resent-",
                                          "Resent-Reply-", "Return-",        "Reply-",
                                          "In-",           "In-Reply-",      "Archived-",
                                          "Original-",     "Auto-",          "Delivered-",
                                          "User-",         "Mail-",          "X-",
                                          "x-spam-",       "X-Spam-Own-",    "X-Mailman-",
                                          "X-GitHub-",     "Authentication-"};
    static const char *const own[] = {"Patchmark-", "X-Patchmark-", "Contents-", "Con-",
                                      "Listing-",   "X-Spamless-",  "Xy-",       "Int-"};
    char text[64], error[512];

    for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
        snprintf(text, sizeof(text), "\nprefix = %s", foreign[i]);
        snprintf(error, sizeof(error),
                 "@:2: option 'prefix' must be a prefix of patchmark's own, such as Patchmark- or "
                 "X-Patchmark-, not '%s': it would delete fields of other programs from mail\n",
                 foreign[i]);
        wrong(text, error);
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
        snprintf(text, sizeof(text), "prefix = %s", own[i]);
        configuration_free(load(text));
    }
}
END_TEST

/* A prefix has at most 32 bytes; the case above has 33. */
START_TEST(test_longest_prefix) {
    struct configuration *configuration = load("prefix = abcdefghijklmnopqrstuvwxyz12345-");

    ck_assert_uint_eq(strlen(configuration->prefix), 32);
    configuration_free(configuration);
}
END_TEST

START_TEST(test_unreadable_files) {
    static const char nul[] = "user = a\n# \0 comment\n";
    struct configuration *configuration = NULL;

    wrong_file("@: cannot be read: No such file or directory\n");
    ck_assert_int_eq(mkdir(folder_path("main.conf"), 0755), 0);
    wrong_file("@: cannot be read: it is a directory\n");
    ck_assert_int_eq(rmdir(folder_path("main.conf")), 0);
    ck_assert_int_eq(mkfifo(folder_path("main.conf"), 0644), 0);
    wrong_file("@: cannot be read: it is not a regular file\n");
    ck_assert_int_eq(unlink(folder_path("main.conf")), 0);
    folder_write("main.conf", nul, sizeof(nul) - 1);
    wrong_file("@:2: invalid byte 0x00; this is not a text file\n");
    if (geteuid() != 0) {
        ck_assert_int_eq(chmod(folder_path("main.conf"), 0), 0);
        wrong_file("@: cannot be read: Permission denied\n");
    }
    ck_assert_int_eq(configuration_load("/dev/null", &configuration), 0);
    check_defaults(configuration);
    configuration_free(configuration);
}
END_TEST

/* A file of exactly the limit is read; a larger one is an error. */
START_TEST(test_file_size) {
    size_t most = LIMIT_CONFIGURATION_BYTES, large = 10 * 1024 * 1024;
    char *text = malloc(large);
    struct configuration *configuration = NULL;

    memset(text, '\n', large);
    folder_write("main.conf", text, most);
    errors_logged[0] = '\0';
    ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), 0);
    configuration_free(configuration);
    folder_write("main.conf", text, most + 1);
    wrong_file("@: cannot be read: it has more than 1048576 bytes\n");
    folder_write("main.conf", text, large);
    wrong_file("@: cannot be read: it has more than 1048576 bytes\n");
    free(text);
}
END_TEST

/* A file that would be slow to parse, or that nests deeply, is refused at a limit. */
START_TEST(test_hostile_files) {
    size_t length = 0, size = LIMIT_CONFIGURATION_BYTES;
    char *text = malloc(size + 64);

    length = (size_t)sprintf(text, "plugin good { ");
    for (int i = 0; i <= LIMIT_CONFIGURATION_NAMES; i++)
        length += (size_t)sprintf(text + length, "x%d=1\n", i);
    strcat(text, "}");
    wrong(text, "@:1001: too many different options; allowed: 1000\n");
    length = 0;
    for (int i = 0; i <= LIMIT_CONFIGURATION_NAMES; i++)
        length += (size_t)sprintf(text + length, "list x%d {}\n", i);
    wrong(text, "@:1001: too many sections; allowed: 1000\n");
    memset(text, '{', size);
    text[size] = '\0';
    wrong(text, "@:1: unexpected '{'; is the '{' of line 1 not closed?\n");
    memset(text, 'a', size);
    strcpy(text + size - 2, "=1");
    write_file("main.conf", text);
    errors_logged[0] = '\0';
    struct configuration *configuration = NULL;
    ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
    ck_assert_uint_lt(strlen(errors_logged), 2048);
    free(text);
}
END_TEST

/* At most 50 errors are logged. */
START_TEST(test_many_mistakes) {
    char text[4096] = "headers = { x";
    size_t lines = 0;

    for (int i = 0; i < 100; i++)
        strcat(text, ", x");
    strcat(text, " }");
    write_file("main.conf", text);
    errors_logged[0] = '\0';
    struct configuration *configuration = NULL;
    ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
    for (const char *c = errors_logged; *c; c++)
        lines += *c == '\n';
    ck_assert_uint_eq(lines, LIMIT_CONFIGURATION_PROBLEMS);
}
END_TEST

/* An invalid file leaves no state that affects the next file. */
START_TEST(test_reload) {
    for (int i = 0; i < 20; i++) {
        write_file("part.conf", "plugin \"good\" { maxlen = x");
        wrong("include(\"part.conf\")", "~/part.conf:1: this '{' is not closed\n");
        write_file("part.conf", "user = a =");
        wrong("include(\"part.conf\")",
              "~/part.conf:1: unexpected token '='; allowed: option = value, option = { value, "
              "value } or a section; a value with spaces requires quotes\n");
        write_file("part.conf", "user = part");
        struct configuration *configuration = load("include(\"part.conf\")");
        ck_assert_str_eq(configuration->user, "part");
        configuration_free(configuration);
    }
}
END_TEST

/* ---- includes ----------------------------------------------------------------------------- */

START_TEST(test_include) {
    struct configuration *configuration;
    const struct option_value *value;

    ck_assert_int_eq(mkdir(folder_path("conf.d"), 0755), 0);
    write_file("conf.d/a.conf", "user = a\nhost = a.example.org\n\ninclude(\"b.conf\")\n"
                                "lists += { \"a\" }");
    write_file("conf.d/b.conf", "# only here is words set\nplugin \"good\" {\n\n words = { w }\n}\n"
                                "lists = { \"b\" }\n");
    configuration = load("user = main\n"
                         "include(\"conf.d/a.conf\")\n"
                         "host = main.example.org\n"
                         "list \"x\" { publish = no address = \"x@example.org\" }\n");
    /* The text is used as if it stood in place of the include: the last value is used. */
    ck_assert_str_eq(configuration->user, "a");
    ck_assert_str_eq(configuration->host, "main.example.org");
    ck_assert_uint_eq(configuration->list_count, 2);
    ck_assert_str_eq(configuration->lists[0], "b");
    ck_assert_str_eq(configuration->lists[1], "a");
    ck_assert_uint_eq(configuration->list_section_count, 1);
    value = value_of(configuration, "good", "words");
    ck_assert_str_eq(value->items[0], "w");
    ck_assert_str_eq(value->place, with_paths("~/conf.d/b.conf:4"));
    configuration_free(configuration);
}
END_TEST

START_TEST(test_include_absolute) {
    char text[256];
    struct configuration *configuration;

    write_file("part.conf", "user = part");
    snprintf(text, sizeof(text), "include(\"%s\") include(\"part.conf\")",
             folder_path("part.conf"));
    configuration = load(text); /* including a file twice is not a loop */
    ck_assert_str_eq(configuration->user, "part");
    configuration_free(configuration);
}
END_TEST

/* The places of errors in an included file, and after the include in the file that has it. */
START_TEST(test_include_places) {
    write_file("part.conf", "\n\n\nlog = nowhere\nplugin good {\n\n count = x\n colour = red }\n");
    wrong("user = a\ninclude(\"part.conf\")\nlog_level = loud\nplugin kind {\n nonsense = { 1 } }",
          "~/part.conf:4: option 'log' must be one of syslog, stderr, not 'nowhere'\n"
          "@:3: option 'log_level' must be one of error, warning, info, debug, not 'loud'\n"
          "@:5: unknown option 'nonsense' of plugin \"kind\"; allowed here: file, enabled, start\n"
          "~/part.conf:8: unknown option 'colour' of plugin \"good\"; allowed here: file, enabled, "
          "maxlen, count, window, strict, stream, words, empty\n"
          "~/part.conf:7: option 'count' must be a number from 0 up, not 'x'\n");
    write_file("part.conf", "\nsokket = x");
    wrong("include(\"part.conf\")",
          "~/part.conf:2: unknown option 'sokket'; did you mean 'socket'?\n");
    write_file("part.conf", "");
    wrong("include(\"part.conf\")\n\nsokket = x",
          "@:3: unknown option 'sokket'; did you mean 'socket'?\n");
    /* A section must end in the file in which it starts. */
    write_file("part.conf", "list \"x\" {\n");
    wrong("include(\"part.conf\") }", "@:1: unexpected '}'; no '{' is open\n");
    wrong("include(\"part.conf\")\n", "~/part.conf:1: this '{' is not closed\n");
    write_file("part.conf", "user =");
    wrong("include(\"part.conf\") b\n",
          "~/part.conf:1: premature end of file; the last setting has no value\n");
    write_file("part.conf", "plugin kind {}");
    wrong("plugin kind {}\ninclude(\"part.conf\")",
          "~/part.conf:1: found duplicate title 'kind'; make one section of the two\n");
}
END_TEST

START_TEST(test_include_mistakes) {
    wrong("\ninclude(\"none.conf\")", "@:2: cannot read ~/none.conf: No such file or directory\n");
    wrong("include(\"/\")", "@:1: cannot read /: it is a directory\n");
    wrong("include()", "@:1: include requires exactly one file; allowed: include(\"FILE\")\n");
    wrong("include(a, b)", "@:1: include requires exactly one file; allowed: include(\"FILE\")\n");
    wrong("include \"a\"",
          "@:1: missing parenthesis for function 'include'; allowed: include(\"FILE\")\n");
    wrong("include(=)",
          "@:1: syntax error in call of function 'include'; allowed: include(\"FILE\")\n");
    wrong("plugin good {\n include(\"x\")\n}",
          "@:2: unknown option 'include'; allowed here: option = value\n");
}
END_TEST

START_TEST(test_include_loop) {
    wrong("\ninclude(\"main.conf\")", "@:2: @ includes itself, directly or through other files\n");
    write_file("a.conf", "\n\ninclude(\"b.conf\")");
    write_file("b.conf", "include(\"./a.conf\")");
    wrong("include(\"a.conf\")",
          "~/b.conf:1: ~/./a.conf includes itself, directly or through other files\n");
    /* A symbolic link to a file is the same file. */
    ck_assert_int_eq(symlink("a.conf", folder_path("c.conf")), 0);
    write_file("b.conf", "include(\"c.conf\")");
    wrong("include(\"a.conf\")",
          "~/b.conf:1: ~/c.conf includes itself, directly or through other files\n");
}
END_TEST

START_TEST(test_include_depth) {
    char name[32], text[64];

    for (int i = 1; i <= LIMIT_INCLUDE_DEPTH; i++) {
        snprintf(name, sizeof(name), "%d.conf", i);
        snprintf(text, sizeof(text), "include(\"%d.conf\")", i + 1);
        write_file(name, text);
    }
    /* main.conf is the first of the 8 files that are open at once. */
    write_file("7.conf", "user = deep");
    struct configuration *configuration = load("include(\"1.conf\")");
    ck_assert_str_eq(configuration->user, "deep");
    configuration_free(configuration);
    write_file("7.conf", "include(\"8.conf\")");
    wrong("include(\"1.conf\")",
          "~/7.conf:1: too many includes: ~/8.conf; allowed: 8 levels, 100 files in all\n");
}
END_TEST

START_TEST(test_include_count) {
    char text[8192] = "";

    write_file("part.conf", "user = part");
    for (int i = 1; i < LIMIT_INCLUDES; i++)
        strcat(text, "include(\"part.conf\")\n");
    configuration_free(load(text));
    strcat(text, "include(\"part.conf\")\n");
    wrong(text, "@:100: too many includes: ~/part.conf; allowed: 8 levels, 100 files in all\n");
}
END_TEST

/* Each include has an option that no earlier file has. */
START_TEST(test_include_names) {
    char name[32], text[1024] = "";
    struct configuration *configuration;

    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "%d.conf", i);
        snprintf(text, sizeof(text), "plugin \"off%d\" { enabled = no  option%d = 1 }", i, i);
        write_file(name, text);
    }
    text[0] = '\0';
    for (int i = 0; i < 20; i++)
        sprintf(text + strlen(text), "include(\"%d.conf\")\n", i);
    configuration = load(text);
    ck_assert_uint_eq(configuration->plugin_count, default_plugin_count());
    configuration_free(configuration);
}
END_TEST

/* The state folder of a file with errors is the one that stands before the first syntax error. */
START_TEST(test_state_folder) {
    static const struct {
        const char *text, *folder;
    } cases[] = {
        {"state = \"/srv/mail\"\nsokket = 3\n", "/srv/mail"},
        {"state = \"/srv/mail\"\nuser = a b\nstate = \"/other\"\n", "/srv/mail"},
        {"headers = { sender }\nstate = /srv/mail\n", "/srv/mail"},
        {"plugin \"none\" { x = 1 }\nstate = /srv/mail\n", "/srv/mail"},
        {"sokket = 3\nstate = /srv/mail\n", "/srv/mail"},
        {"user = a b\nstate = /srv/mail\n", "/var/lib/patchmark"},
        {"state = mail\n", "/var/lib/patchmark"},
        {"state = {/a, /b}\n", "/var/lib/patchmark"},
        {"", "/var/lib/patchmark"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *found;

        write_file("main.conf", cases[i].text);
        errors_logged[0] = '\0';
        found = configuration_state_folder(folder_path("main.conf"));
        ck_assert_str_eq(found, cases[i].folder);
        ck_assert_str_eq(errors_logged, "");
        free(found);
    }
}
END_TEST

SUITE(configuration_mistakes_suite) {
    TCase *mistakes = tcase_create("mistakes");
    TCase *includes = tcase_create("includes");
    Suite *suite = suite_create("configuration mistakes");

    tcase_add_checked_fixture(mistakes, setup, folder_remove);
    tcase_add_test(mistakes, test_mistakes);
    tcase_add_test(mistakes, test_foreign_prefix);
    tcase_add_test(mistakes, test_longest_prefix);
    tcase_add_test(mistakes, test_unreadable_files);
    tcase_add_test(mistakes, test_file_size);
    tcase_add_test(mistakes, test_hostile_files);
    tcase_add_test(mistakes, test_many_mistakes);
    tcase_add_test(mistakes, test_reload);
    tcase_add_test(mistakes, test_state_folder);
    suite_add_tcase(suite, mistakes);
    tcase_add_checked_fixture(includes, setup, folder_remove);
    tcase_add_test(includes, test_include);
    tcase_add_test(includes, test_include_absolute);
    tcase_add_test(includes, test_include_places);
    tcase_add_test(includes, test_include_mistakes);
    tcase_add_test(includes, test_include_loop);
    tcase_add_test(includes, test_include_depth);
    tcase_add_test(includes, test_include_count);
    tcase_add_test(includes, test_include_names);
    suite_add_tcase(suite, includes);
    return suite;
}
