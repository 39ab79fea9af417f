/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_configuration.c - tests the configuration that results from a valid file, and the errors of
 * values and plugins.
 */
#include "configuration-fixture.h"
#include "plugin/bounds.h"
#include "settings/configuration-load.h"
#include "settings/configuration-options.h"
#include "support/suite.h"

/* ---- core and lists ----------------------------------------------------------------------- */

START_TEST(test_defaults) {
    struct configuration *configuration = NULL;

    ck_assert_int_eq(configuration_load(NULL, &configuration), 0);
    ck_assert_str_eq(configuration->file, "");
    check_defaults(configuration);
    configuration_free(configuration);
    /* An empty file, and one with only comments, have the same result. */
    configuration = load("");
    ck_assert_str_eq(configuration->file, folder_path("main.conf"));
    check_defaults(configuration);
    configuration_free(configuration);
    configuration = load("# nothing = here\n/* plugin \"x\" {\n */\n// \"and nothing\n//here");
    check_defaults(configuration);
    configuration_free(configuration);
    configuration_free(NULL);
}
END_TEST

START_TEST(test_all_options) {
    struct configuration *configuration =
        load("socket = \"inet:8890@127.0.0.1\"\n"
             "user = nobody\n"
             "state = /srv/patchmark\n"
             "host = lists.example.org\n"
             "prefix = \"X-Mark-2-\"\n"
             "headers = { kind, \"patch-id\", info, kind }\n"
             "log = stderr\n"
             "log_level = debug\n"
             "log_facility = local7\n"
             "log_format = json\n"
             "lists = { \"*.Example.ORG\", b.example.com }\n"
             "durability = full\n"
             "outbox_size = 3\n"
             "outbox_age = 2h\n"
             "replay_rate = 0\n"
             "web {\n  listen = \"unix:/run/web.sock\"\n  hosts = Patches.example.org\n}\n");

    ck_assert_str_eq(configuration->socket, "inet:8890@127.0.0.1");
    ck_assert_str_eq(configuration->user, "nobody");
    ck_assert_str_eq(configuration->state, "/srv/patchmark");
    ck_assert_str_eq(configuration->host, "lists.example.org");
    ck_assert_str_eq(configuration->prefix, "X-Mark-2-");
    ck_assert_uint_eq(configuration->headers, HEADER_KIND | HEADER_PATCH_ID | HEADER_INFO);
    ck_assert(!configuration->syslog);
    ck_assert_int_eq(configuration->log_level, PATCHMARK_DEBUG);
    ck_assert_int_eq(configuration->log_facility, LOG_LOCAL7);
    ck_assert(configuration->log_json);
    ck_assert_uint_eq(configuration->list_count, 2);
    ck_assert_str_eq(configuration->lists[0], "*.example.org");
    ck_assert_str_eq(configuration->lists[1], "b.example.com");
    ck_assert(configuration->durability_full);
    ck_assert_int_eq(configuration->outbox_size, 3 * 1024 * 1024);
    ck_assert_int_eq(configuration->outbox_age, 2 * 3600);
    ck_assert_int_eq(configuration->replay_rate, 0);
    ck_assert_str_eq(configuration->web_listen, "unix:/run/web.sock");
    ck_assert_uint_eq(configuration->web_host_count, 1);
    ck_assert_str_eq(configuration->web_hosts[0], "patches.example.org");
    configuration_free(configuration);
    configuration = load("durability = normal");
    ck_assert(!configuration->durability_full);
    configuration_free(configuration);
}
END_TEST

/* Different notations of the same values have the same result. */
START_TEST(test_notations) {
    struct configuration *configuration;

    configuration = load("user=a user='b'\r\n\tuser\n=\n\"c\" # = \"d\"\n");
    ck_assert_str_eq(configuration->user, "c"); /* the last value is used */
    configuration_free(configuration);
    configuration = load("user = \"\" headers = {}\nlists = example.org");
    ck_assert_str_eq(configuration->user, "");
    ck_assert_uint_eq(configuration->headers, 0);
    ck_assert_uint_eq(configuration->list_count, 1);
    configuration_free(configuration);
    configuration = load("lists = { \"a\", # one, \"two\"\n \"b\" /* } */, // \"c\"\n 'd*' }\n"
                         "lists += { \"e\" }\n");
    ck_assert_uint_eq(configuration->list_count, 4);
    ck_assert_str_eq(configuration->lists[1], "b");
    ck_assert_str_eq(configuration->lists[2], "d*");
    ck_assert_str_eq(configuration->lists[3], "e");
    configuration_free(configuration);
    configuration = load("\xef\xbb\xbfuser = a\n"); /* a byte order mark */
    ck_assert_str_eq(configuration->user, "a");
    configuration_free(configuration);
    /* In quotes and within a word, the signs of comments and braces are literal. */
    configuration = load("user = \"a#b//c/*d{e}f=\\\"g\" state = /srv//x host = a.b");
    ck_assert_str_eq(configuration->user, "a#b//c/*d{e}f=\"g");
    ck_assert_str_eq(configuration->state, "/srv//x");
    ck_assert_str_eq(configuration->host, "a.b");
    configuration_free(configuration);
    setenv("PATCHMARK_TEST_USER", "me", 1);
    unsetenv("PATCHMARK_TEST_NONE");
    configuration = load("user = \"${PATCHMARK_TEST_USER}-${PATCHMARK_TEST_NONE:-you}-\\${x\"");
    ck_assert_str_eq(configuration->user, "me-you-${x");
    configuration_free(configuration);
}
END_TEST

START_TEST(test_sockets) {
    static const char *const good[] = {
        "unix:/run/x.sock",  "local:/x",       "inet:1@localhost", "inet:65535@10.0.0.1",
        "inet:8890@0.0.0.0", "inet6:8890@::1", "inet6:8890@::",    "inet6:8890@[::1]",
    };
    static const char *const bad[] = {
        "",
        "unix",
        "unix:",
        "unix:x.sock",
        "unix:/",
        "/run/x.sock",
        "UNIX:/run/x",
        "tcp:8890@localhost",
        "inet:8890", /* libmilter would listen on all interfaces */
        "inet:8890@",
        "inet:@localhost",
        "inet:0@localhost",
        "inet:65536@localhost",
        "inet:99999999999999999999@localhost",
        "inet:-1@localhost",
        "inet:smtp@localhost",
        "inet:localhost@8890",
        "inet:8890@local host",
        "inet:8890@no]such",
        "inet:8890@a/b",
        "inet:0783@localhost", /* the check of ports would not see which port it is */
        "localhost:8890",      /* the form of the section web */
        "inet4:8890@localhost",
    };
    char text[256], errors[512];

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        struct configuration *configuration;

        snprintf(text, sizeof(text), "socket = \"%s\"", good[i]);
        configuration = load(text);
        ck_assert_str_eq(configuration->socket, good[i]);
        configuration_free(configuration);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        snprintf(text, sizeof(text), "\nsocket = \"%s\"", bad[i]);
        write_file("main.conf", text);
        snprintf(errors, sizeof(errors),
                 "%s:2: option 'socket' must be unix:/PATH, local:/PATH, inet:PORT@HOST or "
                 "inet6:PORT@HOST (0.0.0.0 or :: for all interfaces), not '%s'\n",
                 folder_path("main.conf"), bad[i]);
        errors_logged[0] = '\0';
        struct configuration *configuration = NULL;
        ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
        ck_assert_str_eq(errors_logged, errors);
    }
}
END_TEST

/* Only the forms of the socket that are no path; the daemon reads them as the check does. */
START_TEST(test_metrics_listen) {
    static const char *const bad[] = {"inet:9810@no]such", "inet:09810@localhost", "127.0.0.1:9810",
                                      "unix:/run/x.sock"};
    char text[256], errors[512];

    configuration_free(load("metrics_listen = \"inet6:9810@[::1]\""));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct configuration *configuration = NULL;

        snprintf(text, sizeof(text), "metrics_listen = \"%s\"", bad[i]);
        write_file("main.conf", text);
        snprintf(errors, sizeof(errors),
                 "%s:1: option 'metrics_listen' must be inet:PORT@HOST or inet6:PORT@HOST, or "
                 "empty, not '%s'\n",
                 folder_path("main.conf"), bad[i]);
        errors_logged[0] = '\0';
        ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
        ck_assert_str_eq(errors_logged, errors);
    }
}
END_TEST

START_TEST(test_socket_access) {
    static const struct {
        const char *mode;
        unsigned number;
    } good[] = {{"0660", 0660}, {"660", 0660}, {"0600", 0600}, {"0666", 0666}, {"000", 0}};
    static const char *const bad[] = {"", "0", "66", "0777", "0661", "4660", "06600", "rw", "-660"};
    struct configuration *configuration = load("socket_owner = ada\nsocket_group = mail");
    char text[256], errors[512];

    ck_assert_str_eq(configuration->socket_owner, "ada");
    ck_assert_str_eq(configuration->socket_group, "mail");
    ck_assert_uint_eq(configuration->socket_mode, 0660);
    configuration_free(configuration);
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        snprintf(text, sizeof(text), "socket_mode = \"%s\"", good[i].mode);
        configuration = load(text);
        ck_assert_uint_eq(configuration->socket_mode, good[i].number);
        configuration_free(configuration);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        snprintf(text, sizeof(text), "\nsocket_mode = \"%s\"", bad[i]);
        write_file("main.conf", text);
        snprintf(errors, sizeof(errors),
                 "%s:2: option 'socket_mode' must be \"0600\", \"0660\" or \"0666\", not '%s'\n",
                 folder_path("main.conf"), bad[i]);
        errors_logged[0] = '\0';
        ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
        ck_assert_str_eq(errors_logged, errors);
    }
}
END_TEST

/* sun_path has 108 bytes with the NUL. */
START_TEST(test_socket_length) {
    char path[128], text[256], errors[512];

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[107] = '\0';
    snprintf(text, sizeof(text), "socket = \"unix:%s\"", path);
    configuration_free(load(text));
    path[107] = 'x';
    path[108] = '\0';
    snprintf(text, sizeof(text), "socket = \"unix:%s\"", path);
    snprintf(errors, sizeof(errors),
             "@:1: option 'socket' must be a path of at most 107 bytes, not 'unix:%s'\n", path);
    wrong(text, errors);
}
END_TEST

START_TEST(test_web_listen) {
    static const char *const bad[] = {"", "8025", "127.0.0.1", "unix:web.sock", "inet:8025"};
    struct configuration *configuration;
    char text[256], errors[512];

    configuration = load("web {\n listen = \"[::1]:80\"\n}");
    ck_assert_str_eq(configuration->web_listen, "[::1]:80");
    configuration_free(configuration);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        snprintf(text, sizeof(text), "web {\n listen = \"%s\"\n}", bad[i]);
        write_file("main.conf", text);
        snprintf(errors, sizeof(errors),
                 "%s:2: option 'listen' must be unix:/PATH, inet:PORT@HOST, inet6:PORT@HOST or "
                 "HOST:PORT, not '%s'\n",
                 folder_path("main.conf"), bad[i]);
        errors_logged[0] = '\0';
        ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
        ck_assert_str_eq(errors_logged, errors);
    }
}
END_TEST

/* ---- the list of options, and the installed file ------------------------------------------ */

START_TEST(test_print_options) {
    char printed[2048] = "";
    FILE *output;
    int saved = dup(STDOUT_FILENO);

    fflush(stdout);
    ck_assert_ptr_nonnull(freopen(folder_path("printed"), "w", stdout));
    configuration_print_options();
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    output = fopen(folder_path("printed"), "r");
    ck_assert_ptr_nonnull(output);
    ck_assert_uint_gt(fread(printed, 1, sizeof(printed) - 1, output), 0);
    fclose(output);
    ck_assert_str_eq(
        printed,
        "socket string\nsocket_owner string\nsocket_group string\nsocket_mode string\nuser "
        "string\nstate string\nhost string\n"
        "prefix string\nheaders list\nlog string\nlog_level string\n"
        "log_facility string\nlog_format string\n"
        "lists list\nlocal list\nexempt_clients list\nexempt_recipients list\nexempt_users list\n"
        "remember duration\nquiet duration\ndurability string\noutbox_size int\n"
        "outbox_age duration\nreplay_rate int\nmax_mails int\nmetrics_file string\n"
        "metrics_listen string\nconfine bool\ninclude function\nlist.address list\n"
        "list.annotate bool\nlist.publish bool\nlist.events string\nlist.archive_url string\n"
        "plugin.file string\nplugin.enabled bool\nplugin.start string\nweb.listen "
        "string\nweb.hosts list\n");
}
END_TEST

static void check_shown(const char *text, const char *indent,
                        const struct patchmark_option *options) {
    char line[64];

    for (; options->name; options++) {
        snprintf(line, sizeof(line), "\n#%s%s = ", indent, options->name);
        ck_assert_msg(strstr(text, line) != NULL, "%s is not shown", options->name);
    }
}

/* Removes the '#' from every line that is a setting, not a remark. */
static void uncomment(char *text) {
    char *to = text;

    for (const char *from = text; *from; from++)
        if (*from != '#' || (from > text && from[-1] != '\n') || from[1] == '\n' ||
            (from[1] == ' ' && strncmp(from, "#    ", 5) != 0) || strncmp(from, "# ----", 6) == 0)
            *to++ = *from;
    *to = '\0';
}

/* The installed file results in the defaults and shows every option of the core as a comment.  It
 * is still valid with all these comments made settings, except for the two sinks, which this test
 * replaces by another plugin. */
START_TEST(test_shipped_file) {
    char path[512], text[16384];
    const char *source = getenv("srcdir");
    struct configuration *configuration;
    FILE *file;

    snprintf(path, sizeof(path), "%s/config/patchmark.conf", source ? source : ".");
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s is missing", path);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    configuration = load(text);
    check_defaults(configuration);
    configuration_free(configuration);

    check_shown(text, "", configuration_top_options);
    check_shown(text, "    ", configuration_list_options);
    check_shown(text, "    ", configuration_plugin_options);
    check_shown(text, "    ", configuration_web_options);
    ck_assert_ptr_nonnull(strstr(text, "\n#include(\""));
    uncomment(text);
    write_file("lists.conf", "");
    write_file("main.conf", text);
    errors_logged[0] = '\0';
    ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
    for (char *line = strtok(errors_logged, "\n"); line; line = strtok(NULL, "\n"))
        ck_assert_msg(strstr(line, ": unknown option '") ||
                          strstr(line, ": plugin \"kind\": /usr/"),
                      "%s", line);
}
END_TEST

/* ---- plugins ------------------------------------------------------------------------------ */

static void check_value(const struct configuration *configuration, const char *option,
                        const char *item, int64_t number, int line) {
    const struct option_value *value = value_of(configuration, "good", option);

    ck_assert_msg(value->count == 1, "%s", option);
    ck_assert_str_eq(value->items[0], item);
    ck_assert_msg(value->number == number, "%s is %lld", option, (long long)value->number);
    if (line) {
        char place[512];

        snprintf(place, sizeof(place), "%s:%d", folder_path("main.conf"), line);
        ck_assert_str_eq(value->place, place);
    } else
        ck_assert_ptr_null(value->place);
}

START_TEST(test_plugin_values) {
    struct configuration *configuration = load("plugin \"good\" {\n"
                                               "    maxlen = 50000\n"
                                               "    count = 0  window = 2h # a comment\n"
                                               "    strict = Yes\n"
                                               "    stream = \"a b\"\n"
                                               "    words = { x, # y\n"
                                               "        \"z w\" }\n"
                                               "}\n");
    const struct option_value *words = value_of(configuration, "good", "words");

    check_value(configuration, "maxlen", "50000", 50000, 2);
    check_value(configuration, "count", "0", 0, 3);
    check_value(configuration, "window", "2h", 7200, 3);
    check_value(configuration, "strict", "Yes", 1, 4);
    check_value(configuration, "stream", "a b", 0, 5);
    ck_assert_uint_eq(words->count, 2);
    ck_assert_str_eq(words->items[0], "x");
    ck_assert_str_eq(words->items[1], "z w");
    ck_assert_uint_eq(value_of(configuration, "good", "empty")->count, 0);
    ck_assert_uint_eq(plugin_of(configuration, "good")->value_count, 7);
    configuration_free(configuration);
}
END_TEST

START_TEST(test_plugin_fallbacks) {
    struct configuration *configuration = load("plugin \"good\" { }\n");
    const struct option_value *words = value_of(configuration, "good", "words");

    check_value(configuration, "maxlen", "500", 500, 0);
    check_value(configuration, "window", "20m", 1200, 0);
    check_value(configuration, "strict", "false", 0, 0);
    check_value(configuration, "stream", "{patchmark}:events", 0, 0);
    ck_assert_uint_eq(words->count, 2);
    ck_assert_str_eq(words->items[0], "one");
    ck_assert_str_eq(words->items[1], "and two");
    ck_assert_uint_eq(value_of(configuration, "good", "count")->count, 0);
    ck_assert_uint_eq(value_of(configuration, "good", "empty")->count, 0);
    configuration_free(configuration);
    /* A list that is set to {} is empty and does not get its fallback. */
    configuration = load("plugin good { words = {} }");
    ck_assert_uint_eq(value_of(configuration, "good", "words")->count, 0);
    configuration_free(configuration);
    configuration = load("plugin good { words = alone }");
    ck_assert_uint_eq(value_of(configuration, "good", "words")->count, 1);
    configuration_free(configuration);
}
END_TEST

/* Each value at its limit, and one beyond it. */
START_TEST(test_plugin_ranges) {
    static const struct {
        const char *setting;
        int64_t number; /* -1: invalid */
        const char *must;
    } cases[] = {
        {"maxlen = 1", 1, NULL},
        {"maxlen = 0", -1, "a number from 1 to 10000000, not '0'"},
        {"maxlen = 10000000", 10000000, NULL},
        {"maxlen = 10000001", -1, "a number from 1 to 10000000, not '10000001'"},
        {"maxlen = -5", -1, "a number from 1 to 10000000, not '-5'"},
        {"maxlen = lots", -1, "a number from 1 to 10000000, not 'lots'"},
        {"maxlen = \"\"", -1, "a number from 1 to 10000000, not ''"},
        {"maxlen = \" 5\"", -1, "a number from 1 to 10000000, not ' 5'"},
        {"maxlen = 5k", -1, "a number from 1 to 10000000, not '5k'"},
        {"maxlen = 0x10", -1, "a number from 1 to 10000000, not '0x10'"},
        {"maxlen = -", -1, "a number from 1 to 10000000, not '-'"},
        {"maxlen = 5.0", -1, "a number from 1 to 10000000, not '5.0'"},
        {"maxlen = { 5, 6 }", -1, "a number from 1 to 10000000, not a list"},
        {"maxlen = {}", -1, "a number from 1 to 10000000, not an empty list"},
        {"maxlen = { 7 }", 7, NULL},
        {"maxlen = 010", 10, NULL}, /* decimal, not octal */
        {"count = 9223372036854775807", INT64_MAX, NULL},
        {"count = 9223372036854775808", -1, "a number from 0 up, not '9223372036854775808'"},
        {"count = -1", -1, "a number from 0 up, not '-1'"},
        {"window = 60s", 60, NULL},
        {"window = 59s", -1, "a number and s, m, h, d or w, from 1m to 1d, not '59s'"},
        {"window = 24h", 86400, NULL},
        {"window = 86401s", -1, "a number and s, m, h, d or w, from 1m to 1d, not '86401s'"},
        {"window = 1w", -1, "a number and s, m, h, d or w, from 1m to 1d, not '1w'"},
        {"window = 20", -1, "a number and s, m, h, d or w, from 1m to 1d, not '20'"},
        {"window = 20min", -1, "a number and s, m, h, d or w, from 1m to 1d, not '20min'"},
        {"window = m", -1, "a number and s, m, h, d or w, from 1m to 1d, not 'm'"},
        {"window = 99999999999999999w", -1,
         "a number and s, m, h, d or w, from 1m to 1d, not '99999999999999999w'"},
        {"strict = true", 1, NULL},
        {"strict = on", 1, NULL},
        {"strict = yes", 1, NULL},
        {"strict = FALSE", 0, NULL},
        {"strict = off", 0, NULL},
        {"strict = no", 0, NULL},
        {"strict = 1", -1, "true or false, not '1'"},
        {"strict = maybe", -1, "true or false, not 'maybe'"},
        {"stream = { a, b }", -1, "one string, not a list"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[256], option[32] = "", errors[512];

        sscanf(cases[i].setting, "%31s", option);
        snprintf(text, sizeof(text), "plugin \"good\" {\n    %s\n}\n", cases[i].setting);
        snprintf(errors, sizeof(errors), "@:2: option '%s' must be %s\n", option, cases[i].must);
        if (cases[i].must) {
            wrong(text, errors);
        } else {
            struct configuration *configuration = load(text);

            ck_assert_msg(value_of(configuration, "good", option)->number == cases[i].number, "%s",
                          cases[i].setting);
            configuration_free(configuration);
        }
    }
}
END_TEST

#define TITLE_RULE                                                                                 \
    "the word behind the slash must consist of lower-case letters, digits and hyphens; the whole " \
    "title has at most 60 bytes\n"

START_TEST(test_plugins_chosen) {
    struct configuration *configuration = load("plugin \"sink_1\" { }\n"
                                               "plugin \"pull\" { enabled = false }\n"
                                               "plugin \"sink_2\" { enabled = no }\n"
                                               "plugin \"kind\" { enabled = yes }\n"
                                               "plugin \"good\" { }\n");
    size_t count = 0;

    for (size_t i = 0; configuration_default_plugins[i]; i++)
        if (strcmp(configuration_default_plugins[i], "pull") != 0)
            ck_assert_str_eq(configuration->plugins[count++].name,
                             configuration_default_plugins[i]);
    ck_assert_uint_eq(count, default_plugin_count() - 1);
    ck_assert_uint_eq(configuration->plugin_count, count + 2);
    ck_assert_str_eq(configuration->plugins[count].name, "sink_1");
    ck_assert_str_eq(configuration->plugins[count + 1].name, "good");
    configuration_free(configuration);
    /* A disabled plugin is not loaded: its file may be missing, and its options are not checked. */
    configuration = load("plugin \"nowhere\" { enabled = false  colour = { red, blue } }\n"
                         "plugin \"broken\" { file = \"/nonexistent\"  enabled = off }\n");
    ck_assert_uint_eq(configuration->plugin_count, default_plugin_count());
    configuration_free(configuration);
}
END_TEST

/* Sections "NAME/WORD" load one plugin several times, each with its own options. */
START_TEST(test_plugin_several_times) {
    struct configuration *configuration = load("plugin \"good\" { maxlen = 1 }\n"
                                               "plugin \"good/a-1\" { maxlen = 2 }\n"
                                               "plugin \"good/b\" { maxlen = 3 }\n");

    ck_assert_uint_eq(configuration->plugin_count, default_plugin_count() + 3);
    ck_assert_int_eq(value_of(configuration, "good", "maxlen")->number, 1);
    ck_assert_int_eq(value_of(configuration, "good/a-1", "maxlen")->number, 2);
    ck_assert_int_eq(value_of(configuration, "good/b", "maxlen")->number, 3);
    ck_assert_ptr_eq(plugin_of(configuration, "good/b")->module,
                     plugin_of(configuration, "good")->module);
    configuration_free(configuration);
    wrong("plugin \"good/\" { }\nplugin \"good/A b\" { }\nplugin \"good/a/b\" { }\n"
          "plugin \"good/0123456789012345678901234567890123456789012345678901234567890\" { }\n",
          "@:1: plugin \"good/\": " TITLE_RULE "@:2: plugin \"good/A b\": " TITLE_RULE
          "@:3: plugin \"good/a/b\": " TITLE_RULE "@:4: plugin "
          "\"good/0123456789012345678901234567890123456789012345678901234567890\": " TITLE_RULE);
}
END_TEST

/* Where a sink begins that the store does not know: an option of sinks, one for each section. */
START_TEST(test_sink_start) {
    struct configuration *configuration = load("plugin \"sink_1\" { }\n"
                                               "plugin \"sink_1/a\" { start = oldest }\n"
                                               "plugin \"sink_1/b\" { start = \"now\" }\n");

    ck_assert(!plugin_of(configuration, "sink_1")->oldest);
    ck_assert(plugin_of(configuration, "sink_1/a")->oldest);
    ck_assert(!plugin_of(configuration, "sink_1/b")->oldest);
    configuration_free(configuration);
    wrong("plugin sink_1 {\n start = newest\n}\nplugin good {\n start = now\n}\n",
          "@:2: option 'start' must be now or oldest, not 'newest'\n"
          "@:5: unknown option 'start' of plugin \"good\"; allowed here: file, enabled, maxlen, "
          "count, window, strict, stream, words, empty\n");
    wrong("plugin sink_1 { start = { now, oldest } }",
          "@:1: option 'start' must be one string, not a list\n");
}
END_TEST

START_TEST(test_plugin_file) {
    char text[512];
    struct configuration *configuration;

    ck_assert_int_eq(mkdir(folder_path("else"), 0755), 0);
    folder_plugin("chameleon", "else/series");
    snprintf(text, sizeof(text), "plugin \"series\" { file = \"%s\" }",
             folder_path("else/series.so"));
    configuration = load(text);
    ck_assert_str_eq(plugin_of(configuration, "series")->module->path,
                     folder_path("else/series.so"));
    configuration_free(configuration);
}
END_TEST

START_TEST(test_plugin_faults) {
    wrong("\nplugin \"redsi\" {\n}\n",
          "@:2: plugin \"redsi\": no such plugin: redsi.so not found in ~, " PLUGIN_DIR
          "; is the name right, or its package (patchmark-redsi on Debian) not installed?\n");
    wrong("plugin \"good\"\n{\n\n file = \"/nonexistent/good.so\" }",
          "@:4: plugin \"good\": /nonexistent/good.so: No such file or directory\n");
    wrong("plugin \"good\" { file = good.so }",
          "@:1: plugin \"good\": option 'file' must be an absolute path, not 'good.so'\n");
    wrong("plugin \"../good\" { }",
          "@:1: plugin \"../good\": a plugin name must match [a-z][a-z0-9_]*\n");
    wrong("plugin \"\" { }", "@:1: plugin \"\": a plugin name must match [a-z][a-z0-9_]*\n");
    wrong("plugin good {\n maxlem = 5\n\n words = x  file2 = { y }\n}",
          "@:2: unknown option 'maxlem' of plugin \"good\"; did you mean 'maxlen'?\n"
          "@:4: unknown option 'file2' of plugin \"good\"; did you mean 'file'?\n");
    wrong("plugin kind { enable = no }",
          "@:1: unknown option 'enable' of plugin \"kind\"; did you mean 'enabled'?\n");
    /* An option of one plugin is unknown in the section of another. */
    wrong("plugin good { maxlen = 5 }\nplugin kind { maxlen = 5 }",
          "@:2: unknown option 'maxlen' of plugin \"kind\"; allowed here: file, enabled, start\n");
    wrong("plugin good { maxlen }", "@:1: unknown option 'maxlen'; allowed here: option = value\n");
    wrong("plugin good { enabled = maybe }",
          "@:1: option 'enabled' must be true or false, not 'maybe'\n");
    wrong("plugin good {}\nplugin kind {}\nplugin good {}\n",
          "@:3: found duplicate title 'good'; make one section of the two\n");
    /* A missing default plugin is an error with the name of the file that could disable it. */
    ck_assert_int_eq(unlink(folder_path("pull.so")), 0);
    if (access(PLUGIN_DIR "/pull.so", F_OK) == 0) /* patchmark is installed */
        configuration_free(load(""));
    else
        wrong("",
              "@: plugin \"pull\": no such plugin: pull.so not found in ~, " PLUGIN_DIR
              "; is the name right, or its package (patchmark-pull on Debian) not installed?\n");
    configuration_free(load("plugin pull { enabled = no }"));
}
END_TEST

START_TEST(test_too_many_plugins) {
    char text[8192] = "", name[32], errors[256];
    int count = LIMIT_PLUGINS - (int)default_plugin_count() + 1; /* one too many */

    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "sink_x%d", i);
        folder_plugin("chameleon", name);
        sprintf(text + strlen(text), "plugin \"%s\" { }\n", name);
    }
    snprintf(errors, sizeof(errors), "@:%d: plugin \"%s\": too many plugins; allowed: %d\n", count,
             name, LIMIT_PLUGINS);
    wrong(text, errors);
    strcat(text, "plugin kind { enabled = no }");
    configuration_free(load(text));
}
END_TEST

START_TEST(test_one_plugin_without_a_file) {
    static const struct option_given right[] = {{"stream", "\"{ as it } is", "--stream"},
                                                {"maxlen", "7", "--most"}};
    static const struct option_given wrong_ones[] = {{"maxlen", "x", "--most"},
                                                     {"colour", "red", "--colour"}};
    struct configuration *configuration = NULL;

    errors_logged[0] = '\0';
    ck_assert_int_eq(configuration_load_plugin("good", right, 2, &configuration), 0);
    ck_assert_str_eq(errors_logged, "");
    ck_assert_uint_eq(configuration->plugin_count, 1);
    ck_assert_str_eq(configuration->plugins[0].name, "good");
    ck_assert_str_eq(value_of(configuration, "good", "stream")->items[0], "\"{ as it } is");
    ck_assert_str_eq(value_of(configuration, "good", "stream")->place, "--stream");
    ck_assert_int_eq(value_of(configuration, "good", "maxlen")->number, 7);
    ck_assert_str_eq(value_of(configuration, "good", "window")->items[0], "20m");
    ck_assert_str_eq(configuration->state, "/var/lib/patchmark");
    configuration_free(configuration);
    configuration = NULL;

    ck_assert_int_eq(configuration_load_plugin("good", wrong_ones, 2, &configuration), -1);
    ck_assert_ptr_null(configuration);
    ck_assert_str_eq(errors_logged,
                     "--colour: unknown option 'colour' of plugin \"good\"; allowed here: "
                     "file, enabled, maxlen, count, window, strict, stream, words, empty\n"
                     "--most: option 'maxlen' must be a number from 1 to 10000000, not "
                     "'x'\n");
    errors_logged[0] = '\0';
    ck_assert_int_eq(configuration_load_plugin("no_such", NULL, 0, &configuration), -1);
    ck_assert_ptr_nonnull(strstr(errors_logged, "plugin \"no_such\": "));
}
END_TEST

SUITE(configuration_suite) {
    TCase *meaning = tcase_create("meaning");
    TCase *plugins = tcase_create("plugins");
    Suite *suite = suite_create("configuration");

    tcase_add_checked_fixture(meaning, setup, folder_remove);
    tcase_add_test(meaning, test_defaults);
    tcase_add_test(meaning, test_all_options);
    tcase_add_test(meaning, test_notations);
    tcase_add_test(meaning, test_sockets);
    tcase_add_test(meaning, test_metrics_listen);
    tcase_add_test(meaning, test_socket_access);
    tcase_add_test(meaning, test_socket_length);
    tcase_add_test(meaning, test_web_listen);
    tcase_add_test(meaning, test_print_options);
    tcase_add_test(meaning, test_shipped_file);
    suite_add_tcase(suite, meaning);
    tcase_add_checked_fixture(plugins, setup, folder_remove);
    tcase_add_test(plugins, test_plugin_values);
    tcase_add_test(plugins, test_plugin_fallbacks);
    tcase_add_test(plugins, test_plugin_ranges);
    tcase_add_test(plugins, test_plugins_chosen);
    tcase_add_test(plugins, test_plugin_several_times);
    tcase_add_test(plugins, test_sink_start);
    tcase_add_test(plugins, test_plugin_file);
    tcase_add_test(plugins, test_plugin_faults);
    tcase_add_test(plugins, test_too_many_plugins);
    tcase_add_test(plugins, test_one_plugin_without_a_file);
    suite_add_tcase(suite, plugins);
    return suite;
}
