/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_configuration_print.c - tests that a configuration is written in the syntax of its file.
 */
#include "configuration-fixture.h"
#include "settings/configuration-options.h"
#include "settings/configuration-print.h"
#include "support/suite.h"

/* Returns what is written of CONFIGURATION; the caller frees it. */
static char *printed(const struct configuration *configuration) {
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    ck_assert_ptr_nonnull(out);
    configuration_print(configuration, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* Loads TEXT and returns what is written of it; the caller frees it. */
static char *printed_of(const char *text) {
    struct configuration *configuration = load(text);
    char *result = printed(configuration);

    configuration_free(configuration);
    return result;
}

static void has_line(const char *text, const char *line) {
    char whole[1024];

    snprintf(whole, sizeof(whole), "\n%s\n", line);
    ck_assert_msg(strstr(text, whole) != NULL, "'%s' is not a line of:\n%s", line, text);
}

/* An option that is set is written as it is set, with the escapes that its value requires; one that
 * is not set, as a comment with its default. */
START_TEST(test_lines) {
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"", "#socket = \"unix:/run/patchmark/patchmark.sock\""},
        {"socket = unix:/a", "socket = \"unix:/a\""},
        {"socket = \"unix:/run/patchmark/patchmark.sock\"",
         "socket = \"unix:/run/patchmark/patchmark.sock\""},
        {"user = \"\"", "user = \"\""},
        {"user = 'a\"b\\d'", "user = \"a\\\"b\\\\d\""},
        {"user = \"a\\nb\\x1b\"", "user = \"a\\x0ab\\x1b\""},
        {"user = '${HOME} $5'", "user = \"\\${HOME} $5\""},
        {"user = \"\xc3\xa4\"", "user = \"\xc3\xa4\""},
        {"", "#remember = 180d"},
        {"remember = 48h", "remember = 48h"},
        {"max_mails = 7", "max_mails = 7"},
        {"", "#confine = true"},
        {"confine = OFF", "confine = false"},
        {"", "#lists = { \"*\" }"},
        {"lists = { }", "lists = { }"},
        {"list x { }", "#lists = { }"},
        {"lists = { b }\nlists += { \"A*\" }", "lists = { \"b\", \"a*\" }"},
        {"host = a.example.org", "host = \"a.example.org\""},
        {"list \"Dev.Example.org\" { annotate = no }", "list \"dev.example.org\" {"},
        {"list x { annotate = no }", "    annotate = false"},
        {"list x { annotate = no }", "#    publish = true"},
        {"list x { }", "#    address = { }"},
        {"list x { address = a@b }", "    address = { \"a@b\" }"},
        {"web { hosts = a }", "    hosts = { \"a\" }"},
        {"", "#    hosts = { }"},
        {"list x { archive_url = \"https://h/?id={message_id}\" }",
         "    archive_url = \"https://h/?id={message_id}\""},
        {"plugin good { words = w }", "    words = { \"w\" }"},
        {"plugin good { }", "#    words = { \"one\", \"and two\" }"},
        {"plugin good { }", "#    stream = \"{patchmark}:events\""},
        {"plugin good { }", "#    window = 20m"},
        {"plugin \"good/two\" { }", "plugin \"good/two\" {"},
        {"plugin kind { enabled = no }", "    enabled = false"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *text = printed_of(cases[i].text);

        has_line(text, cases[i].line);
        free(text);
    }
}
END_TEST

/* Every option of the core and of a section is there, whether it is set or not. */
START_TEST(test_every_option) {
    static const struct {
        const struct patchmark_option *options;
        const char *indent;
    } tables[] = {{configuration_top_options, ""},
                  {configuration_list_options, "    "},
                  {configuration_plugin_options, "    "},
                  {configuration_web_options, "    "}};
    char *text = printed_of("list x { }"), line[128];

    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
        for (const struct patchmark_option *option = tables[i].options; option->name; option++) {
            snprintf(line, sizeof(line), "\n#%s%s = ", tables[i].indent, option->name);
            ck_assert_msg(strstr(text, line) != NULL, "%s is missing", option->name);
        }
    free(text);
}
END_TEST

/* Where a plugin was found is the default of its option `file`. */
START_TEST(test_plugin_file) {
    char line[512], *text = printed_of("");

    snprintf(line, sizeof(line), "#    file = \"%s\"", folder_path("kind.so"));
    has_line(text, line);
    free(text);
}
END_TEST

/* A password and the query of a URL are not written.  A password may have characters that have
 * another meaning in a URL, so of a URL with a later '@', more than the password may be left out.
 */
START_TEST(test_password) {
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"redis://u:hidden@h:1/0", "redis://u:********@h:1/0\"  # what may be secret is not shown"},
        {"redis://:hidden@h", "redis://:********@h\"  # what may be secret is not shown"},
        {"https://u:se@hidden@h/p", "https://u:********@h/p\"  # what may be secret is not shown"},
        {"redis://u@h:6379", "redis://u@h:6379\""},
        {"redis://bot:sec/hidden@h", "redis://bot:********@h\"  # what may be secret is not shown"},
        {"redis://bot:sec#hidden@h", "redis://bot:********@h\"  # what may be secret is not shown"},
        {"redis://bot:se?hidden@h/1",
         "redis://bot:********@h/1\"  # what may be secret is not shown"},
        {"redis://h:6379/x:y@z", "redis://h:********@z\"  # what may be secret is not shown"},
        {"https://h/p?token=hidden", "https://h/p?********\"  # what may be secret is not shown"},
        {"https://h/p?to=a@b&t=hidden",
         "https://h/p?********\"  # what may be secret is not shown"},
        {"https://u:hidden@h/p?t=hidden",
         "https://u:********@h/p?********\"  # what may be secret is not shown"},
        {"https://h:443/p/q?", "https://h:443/p/q?\""},
        {"https://h:443/p/q#x", "https://h:443/p/q#x\""},
        {"body ~ see https://h/p?x:y@z", "body ~ see https://h/p?x:y@z\""},
        {"inet:6379@127.0.0.1", "inet:6379@127.0.0.1\""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[256], *shown;

        snprintf(text, sizeof(text), "plugin good { stream = \"%s\" }", cases[i].value);
        shown = printed_of(text);
        snprintf(text, sizeof(text), "    stream = \"%s", cases[i].shown);
        has_line(shown, text);
        ck_assert_ptr_null(strstr(shown, "hidden"));
        free(shown);
    }
}
END_TEST

/* What is written is a configuration, and the same is written of it. */
START_TEST(test_round) {
    static const char *const texts[] = {
        "",
        "socket = inet:8891@127.0.0.1\nuser = \"\"\nlists = { a, 'b\"c', \"d\\\\e\" }\n"
        "headers = { kind, topic }\nlog = stderr\nconfine = no\nlocal = { }\nhost = h.example.org\n"
        "quiet = 90m\nprefix = X-Own-\nexempt_users = { \"*@Example.org\" }\n",
        "list \"two*\" { annotate = no }\nlist one { address = { a@b, c@d } publish = no }\n"
        "list \"*\" { }\n",
        "plugin kind { enabled = no file = \"/none.so\" }\nplugin good { empty = { } count = 0 "
        "strict = yes stream = \"a\\nb\" words = { '${x}', \"redis://a:b@c\" } }\n"
        "plugin \"file/second\" { }\nplugin file { }\nplugin off { enabled = false anything = 3 "
        "}\n",
        "web { listen = \"unix:/w\" hosts = { A.example.org } }\n",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct configuration *configuration = load(texts[i]), *again;
        char *first = printed(configuration), *second;

        again = load(first);
        second = printed(again);
        ck_assert_str_eq(first, second);
        ck_assert_uint_eq(again->list_section_count, configuration->list_section_count);
        ck_assert_uint_eq(again->plugin_count, configuration->plugin_count);
        ck_assert_uint_eq(again->headers, configuration->headers);
        ck_assert_int_eq(again->lists_are_set, configuration->lists_are_set);
        ck_assert_int_eq(again->quiet, configuration->quiet);
        for (size_t j = 0; j < configuration->plugin_count; j++)
            ck_assert_str_eq(again->plugins[j].name, configuration->plugins[j].name);
        configuration_free(again);
        configuration_free(configuration);
        free(first);
        free(second);
    }
}
END_TEST

SUITE(configuration_print_suite) {
    TCase *print = tcase_create("print");
    Suite *suite = suite_create("configuration print");

    tcase_add_checked_fixture(print, setup, folder_remove);
    tcase_add_test(print, test_lines);
    tcase_add_test(print, test_every_option);
    tcase_add_test(print, test_plugin_file);
    tcase_add_test(print, test_password);
    tcase_add_test(print, test_round);
    suite_add_tcase(suite, print);
    return suite;
}
