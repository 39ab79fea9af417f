/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_settings.c - the options of the redis plugin: valid and invalid values.
 *
 * No server is required, because open does not connect.
 */
#define TESTS redis_settings
#include "test_redis.h"

static char rejection[STUB_BYTES]; /* the log line of the last opened(); "" if none */

/* Opens the plugin with VALUES.  Returns the option that was rejected, or "" and a copy of the
 * settings if none was. */
static const char *opened(const struct fake_value *values, struct settings *settings) {
    static char name[32];
    struct patchmark_instance *instance = fake_instance_new(plugin.options, values);
    void *self = NULL;
    int result = plugin.open(instance, &self);

    *name = *rejection = '\0';
    if (result == 0) {
        ck_assert_uint_eq(instance->line_count, 0);
        *settings = ((struct redis *)self)->settings;
        plugin.close(self);
    } else {
        ck_assert_int_eq(result, -1);
        ck_assert_uint_eq(instance->line_count, 1);
        ck_assert_int_eq(instance->lines[0].level, 0);
        strcpy(rejection, instance->lines[0].text);
        ck_assert_int_eq(sscanf(rejection, "%31s", name), 1);
    }
    fake_instance_free(instance);
    return name;
}

#define OPENED(settings, ...) opened((struct fake_value[]){__VA_ARGS__, {0}}, settings)

/* ---- servers ------------------------------------------------------------------------------ */

#define BYTES_100                                                                                  \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901" \
    "23"                                                                                           \
    "456789"

START_TEST(the_server_is_a_socket_or_a_port_at_a_host) {
    static const struct {
        const char *server, *host; /* NULL if rejected */
        int port;
    } cases[] = {
        {NULL, "127.0.0.1", 6379},
        {"unix:/run/redis/redis-server.sock", "/run/redis/redis-server.sock", 0},
        {"unix:/a@b:c d", "/a@b:c d", 0},
        {"inet:6379@127.0.0.1", "127.0.0.1", 6379},
        {"inet:1@redis.example.org", "redis.example.org", 1},
        {"inet:65535@redis", "redis", 65535},
        {"inet6:6379@[::1]", "::1", 6379},
        {"inet6:6379@::1", "::1", 6379},
        {"inet6:6379@[2001:db8::1]", "2001:db8::1", 6379},
        /* sun_path has 108 bytes with the NUL */
        {"unix:/" BYTES_100 "123456", "/" BYTES_100 "123456", 0},
        {"unix:/" BYTES_100 "1234567", NULL, 0},
        {"inet:6379@" BYTES_100 "1234567", BYTES_100 "1234567", 6379},
        {"inet:6379@" BYTES_100 "12345678", NULL, 0},
        {"", NULL, 0},
        {"unix:", NULL, 0},
        {"unix:redis.sock", NULL, 0},
        {"/run/redis.sock", NULL, 0},
        {"127.0.0.1:6379", NULL, 0},
        {"inet:", NULL, 0},
        {"inet:6379", NULL, 0},
        {"inet:6379@", NULL, 0},
        {"inet:@127.0.0.1", NULL, 0},
        {"inet:0@127.0.0.1", NULL, 0},
        {"inet:65536@127.0.0.1", NULL, 0},
        {"inet:99999999999999999999@127.0.0.1", NULL, 0},
        {"inet: 1@127.0.0.1", NULL, 0},
        {"inet:+1@127.0.0.1", NULL, 0},
        {"inet:-1@127.0.0.1", NULL, 0},
        {"inet:6379@127.0.0.1/0", NULL, 0},
        {"inet:6379@two words", NULL, 0},
        {"inet:6379@user@host", NULL, 0},
        /* the address must have the family */
        {"inet:6379@::1", NULL, 0},
        {"inet:6379@[::1]", NULL, 0},
        {"inet6:6379@127.0.0.1", NULL, 0},
        {"inet6:6379@localhost", NULL, 0},
        {"inet6:6379@[::1", NULL, 0},
        {"inet6:6379@[]", NULL, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_value values[] = {{cases[i].server ? "server" : NULL, cases[i].server}, {0}};
        struct settings settings = {0};
        const char *wrong = opened(values, &settings);
        if (cases[i].host) {
            ck_assert_msg(!*wrong, "%s was rejected", cases[i].server);
            ck_assert_str_eq(settings.server.host, cases[i].host);
            ck_assert_int_eq(settings.server.port, cases[i].port);
        } else {
            ck_assert_msg(strcmp(wrong, "server") == 0, "%s was accepted", cases[i].server);
        }
    }
}
END_TEST

struct url_case {
    const char *url, *host; /* NULL if rejected */
    int port;
    bool tls;
    const char *user, *password, *text; /* NULL if none; a text of NULL equals the URL */
};

/* Checks one URL.  PATH is a password file, for a URL that has a user without password. */
static void check_url(const struct url_case *expected, const char *path) {
    struct settings settings = {0};
    bool with_file = expected->user && !expected->password;
    const char *wrong =
        OPENED(&settings, {"server", expected->url}, {with_file ? "password_file" : "", path});
    if (!expected->host) {
        ck_assert_msg(strcmp(wrong, "server") == 0, "%s was accepted", expected->url);
        return;
    }
    ck_assert_msg(!*wrong, "%s was rejected: %s", expected->url, rejection);
    const struct server *server = &settings.server;
    const char *password = expected->password ? expected->password : with_file ? "filed" : "";
    ck_assert_str_eq(server->host, expected->host);
    ck_assert_int_eq(server->port, expected->port);
    ck_assert_int_eq(server->tls, expected->tls);
    ck_assert_str_eq(server->credentials.username, expected->user ? expected->user : "");
    ck_assert_uint_eq(server->credentials.password_length, strlen(password));
    ck_assert_mem_eq(server->credentials.password, password, strlen(password));
    ck_assert_str_eq(server->text, expected->text ? expected->text : expected->url);
}

START_TEST(the_server_may_be_a_url) {
    static const struct url_case cases[] = {
        {"redis://redis.example.org", "redis.example.org", 6379, false, NULL, NULL,
         "redis://redis.example.org:6379"},
        {"redis://10.0.0.1:1", "10.0.0.1", 1, false, NULL, NULL, NULL},
        {"redis://[2001:db8::1]:6380", "2001:db8::1", 6380, false, NULL, NULL, NULL},
        {"redis://[::1]", "::1", 6379, false, NULL, NULL, "redis://[::1]:6379"},
        /* database 0 */
        {"redis://a/", "a", 6379, false, NULL, NULL, "redis://a:6379"},
        {"redis://a:7/0", "a", 7, false, NULL, NULL, "redis://a:7"},
        /* users and passwords; the text is for the log */
        {"redis://ada@a:7", "a", 7, false, "ada", NULL, NULL},
        {"redis://ada:secret@a:7", "a", 7, false, "ada", "secret", "redis://ada@a:7"},
        {"redis://:secret@a:7", "a", 7, false, NULL, "secret", "redis://a:7"},
        {"redis://:@a:7", "a", 7, false, NULL, NULL, "redis://a:7"},
        {"redis://ada:p%40ss%2f%25%3A@a:7", "a", 7, false, "ada", "p@ss/%:", "redis://ada@a:7"},
        {"redis://a%64a:x:y@a:7", "a", 7, false, "ada", "x:y", "redis://ada@a:7"},
        {"redis://ada:se@cret@a:7", "a", 7, false, "ada", "se@cret", "redis://ada@a:7"},
        /* sockets */
        {"unix:///run/redis.sock", "/run/redis.sock", 0, false, NULL, NULL, NULL},
        {"unix:///a%20b%2Fc", "/a b/c", 0, false, NULL, NULL, NULL},
        {"unix:/a%20b", "/a%20b", 0, false, NULL, NULL, NULL}, /* not a URL */
        /* invalid */
        {"redis://", NULL, 0, false, NULL, NULL, NULL},
        {"redis://:6379", NULL, 0, false, NULL, NULL, NULL},
        {"redis:///", NULL, 0, false, NULL, NULL, NULL},
        {"redis://a:", NULL, 0, false, NULL, NULL, NULL},
        {"redis://a:0", NULL, 0, false, NULL, NULL, NULL},
        {"redis://a:65536", NULL, 0, false, NULL, NULL, NULL},
        {"redis://a:6379x", NULL, 0, false, NULL, NULL, NULL},
        {"redis://a/1", NULL, 0, false, NULL, NULL, NULL},
        {"redis://a?db=1", NULL, 0, false, NULL, NULL, NULL},
        {"redis://a#x", NULL, 0, false, NULL, NULL, NULL},
        {"redis://::1", NULL, 0, false, NULL, NULL, NULL},
        {"redis://[::1", NULL, 0, false, NULL, NULL, NULL},
        {"redis://[::1]6379", NULL, 0, false, NULL, NULL, NULL},
        {"redis://[127.0.0.1]", NULL, 0, false, NULL, NULL, NULL},
        {"redis://[]", NULL, 0, false, NULL, NULL, NULL},
        {"redis://two words", NULL, 0, false, NULL, NULL, NULL},
        {"redis://a%62c", NULL, 0, false, NULL, NULL, NULL},
        {"redis://x%@a", NULL, 0, false, NULL, NULL, NULL},
        {"redis://x%4@a", NULL, 0, false, NULL, NULL, NULL},
        {"redis://x%0g:y@a", NULL, 0, false, NULL, NULL, NULL},
        {"redis://x%+1:y@a", NULL, 0, false, NULL, NULL, NULL},
        {"redis://x%00:y@a", NULL, 0, false, NULL, NULL, NULL},
        {"redis://ada@a:7", NULL, 0, false, NULL, NULL, NULL}, /* a user without password */
        {"redis+tls://a", NULL, 0, false, NULL, NULL, NULL},
        {"http://a", NULL, 0, false, NULL, NULL, NULL},
        {"unix://a/b", NULL, 0, false, NULL, NULL, NULL},
        {"unix:///a%00b", NULL, 0, false, NULL, NULL, NULL},
        {"unix:///" BYTES_100 "1234567", NULL, 0, false, NULL, NULL, NULL},
    };
    char path[sizeof(test_socket)];
    password_file(path, "filed\n", 0600);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_url(&cases[i], path);
}
END_TEST

START_TEST(tls_is_enabled_by_url_or_option) {
    static const struct {
        const char *server, *tls; /* text of the option tls */
        bool encrypted;
    } cases[] = {{"rediss://a:7", "false", true},
                 {"redis://a:7", "true", true},
                 {"inet:7@a", "true", true},
                 {"inet:7@a", "false", false}};
    struct settings settings;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *wrong = OPENED(&settings, {"server", cases[i].server}, {"tls", cases[i].tls});
        ck_assert_str_eq(wrong, "");
        ck_assert_int_eq(settings.server.tls, cases[i].encrypted);
    }
}
END_TEST

START_TEST(a_password_in_a_url_is_never_shown) {
    static const char *const servers[] = {
        "redis://ada:swordfish@host:port",
        "redis://:swordfish@a/1",
        "redis://a:swordfish",
        "redis://:swordfish",
        "rediss://swordfish@",
        "http://x:swordfish@a",
        "redis://ada:swordfish%@a",
    };
    struct settings settings;
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        ck_assert_str_eq(OPENED(&settings, {"server", servers[i]}), "server");
        ck_assert_msg(!strstr(rejection, "swordfish"), "%s", rejection);
        ck_assert_str_eq(OPENED(&settings, {"sentinels", servers[i]}, {"master", "m"}),
                         "sentinels");
        ck_assert_msg(!strstr(rejection, "swordfish"), "%s", rejection);
    }
}
END_TEST

START_TEST(sentinels_and_master_require_each_other) {
    struct settings settings;
    ck_assert_str_eq(OPENED(&settings, {"sentinels", "inet:1@a"}), "sentinels");
    ck_assert_str_eq(OPENED(&settings, {"master", "m"}), "master");
    ck_assert_str_eq(OPENED(&settings, {"sentinels", "inet:1@a oops"}, {"master", "m"}),
                     "sentinels");
    ck_assert_str_eq(OPENED(&settings, {"sentinels", "inet:1@a redis://u:p@b redis://c:2"},
                            {"master", "m"}),
                     "");
    ck_assert_uint_eq(settings.sentinel_count, 3);
    ck_assert_int_eq(settings.sentinels[0].port, 1);
    ck_assert_int_eq(settings.sentinels[1].port, 26379); /* the default of Sentinel */
    ck_assert_str_eq(settings.sentinels[1].credentials.username, "u");
    ck_assert_str_eq(settings.sentinels[2].host, "c");
    ck_assert_str_eq(OPENED(&settings,
                            {"sentinels", "redis://a redis://a redis://a redis://a redis://a "
                                          "redis://a redis://a redis://a redis://a redis://a "
                                          "redis://a redis://a redis://a redis://a redis://a "
                                          "redis://a redis://a"},
                            {"master", "m"}),
                     "sentinels");
}
END_TEST

/* ---- keys --------------------------------------------------------------------------------- */

START_TEST(names_of_keys_must_not_be_empty) {
    struct settings settings;
    ck_assert_str_eq(opened((struct fake_value[]){{"stream", ""}, {0}}, &settings), "stream");
    ck_assert_str_eq(opened((struct fake_value[]){{"seen", ""}, {0}}, &settings), "seen");
    ck_assert_str_eq(opened((struct fake_value[]){{"channel", ""}, {0}}, &settings), "");
}
END_TEST

START_TEST(keys_of_one_slot_have_the_same_tag) {
    static const struct {
        const char *option, *value;
        bool one_slot;
    } cases[] = {
        {"channel", "anything", true},
        {"stream", "{patchmark}", true},
        {"series", "", true},
        {"hosts", "", true},
        {"open", "", true},
        {"message_stream", "", true},
        {"message_stream", "{patchmark}:messages", true},
        {"message_stream", "messages", false},
        {"open", "{other}:open", false},
        {"stream", "events", false},
        {"seen", "{other}:seen:", false},
        {"series", "{}patchmark", false},
        {"hosts", "{patchmark", false},
        {"hosts", "x{patchmark}y", true},
    };
    struct settings settings;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_str_eq(OPENED(&settings, {cases[i].option, cases[i].value}), "");
        ck_assert_msg(settings.one_slot == cases[i].one_slot, "case %zu", i);
    }
}
END_TEST

/* ---- secrets ------------------------------------------------------------------------------ */

START_TEST(the_password_is_the_first_line_of_a_private_file) {
    static char longest[513], too_long[514];
    memset(longest, 'x', 511);
    longest[511] = '\n';
    memset(too_long, 'x', 512);
    const struct {
        const char *text;
        mode_t mode;
        size_t length; /* 0 if rejected */
    } cases[] = {
        {"secret", 0600, 6},
        {"secret\n", 0400, 6},
        {"secret\r\nmore", 0640, 6},
        {" se cret \n", 0600, 9},
        {longest, 0600, 511},
        {too_long, 0600, 0},
        {"", 0600, 0},
        {"\nsecret", 0600, 0},
        {"\r\n", 0600, 0},
        {"secret\n", 0644, 0},
        {"secret\n", 0602, 0},
        {"secret\n", 0604, 0},
    };
    struct settings settings;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[sizeof(test_socket)];
        password_file(path, cases[i].text, cases[i].mode);
        const char *wrong = opened((struct fake_value[]){{"password_file", path}, {0}}, &settings);
        ck_assert_msg(strcmp(wrong, cases[i].length ? "" : "password_file") == 0, "case %zu", i);
        if (cases[i].length) {
            ck_assert_uint_eq(settings.server.credentials.password_length, cases[i].length);
            ck_assert_mem_eq(settings.server.credentials.password, cases[i].text, cases[i].length);
        }
    }
    /* A folder, a missing file, and a pipe, for which open must not wait for a writer. */
    char fifo[sizeof(test_socket)];
    snprintf(fifo, sizeof(fifo), "%s/fifo", test_folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    const char *const paths[] = {test_folder, "/nonexistent/password", fifo};
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(opened((struct fake_value[]){{"password_file", paths[i]}, {0}}, &settings),
                         "password_file");
}
END_TEST

START_TEST(a_user_requires_a_password) {
    struct settings settings;
    ck_assert_str_eq(opened((struct fake_value[]){{"username", "x"}, {0}}, &settings), "username");
    ck_assert_str_eq(opened((struct fake_value[]){{"username", ""}, {0}}, &settings), "");
    ck_assert_str_eq(settings.server.credentials.username, "");
}
END_TEST

/* One start reports every error. */
START_TEST(each_credential_that_is_wrong_is_reported) {
    static const char *const options[] = {"username ", "password_file ", "sentinel_password_file "};
    char name[4096];
    memset(name, 'u', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    const struct fake_value values[] = {
        {"username", name}, {"password_file", "/none"}, {"sentinel_password_file", "/none"}, {0}};
    struct patchmark_instance *instance = fake_instance_new(plugin.options, values);
    void *self = NULL;
    ck_assert_int_eq(plugin.open(instance, &self), -1);
    ck_assert_uint_eq(instance->line_count, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(strncmp(instance->lines[i].text, options[i], strlen(options[i])), 0);
    fake_instance_free(instance);
}
END_TEST

START_TEST(password_file_and_username_override_the_url) {
    struct settings settings;
    char path[sizeof(test_socket)];
    password_file(path, "filed\n", 0600);
    ck_assert_str_eq(OPENED(&settings, {"server", "redis://ada:secret@a"}, {"username", "bob"},
                            {"password_file", path}),
                     "");
    ck_assert_str_eq(settings.server.credentials.username, "bob");
    ck_assert_uint_eq(settings.server.credentials.password_length, 5);
    ck_assert_mem_eq(settings.server.credentials.password, "filed", 5);
    ck_assert_str_eq(OPENED(&settings, {"sentinels", "redis://u:p@a redis://b"}, {"master", "m"},
                            {"sentinel_password_file", path}),
                     "");
    for (size_t i = 0; i < 2; i++)
        ck_assert_mem_eq(settings.sentinels[i].credentials.password, "filed", 5);
    ck_assert_uint_eq(settings.server.credentials.password_length, 0);
}
END_TEST

START_TEST(files_of_tls_require_tls_and_each_other) {
    struct settings settings;
    char key[sizeof(test_socket)], open_key[sizeof(test_socket)];
    password_file(key, "no key\n", 0600);
    password_file(open_key, "no key\n", 0644);
    ck_assert_str_eq(OPENED(&settings, {"ca_file", key}), "ca_file");
    ck_assert_str_eq(OPENED(&settings, {"cert_file", key}, {"key_file", key}), "cert_file");
    ck_assert_str_eq(OPENED(&settings, {"tls", "true"}, {"cert_file", key}), "cert_file");
    ck_assert_str_eq(OPENED(&settings, {"tls", "true"}, {"key_file", key}), "key_file");
    ck_assert_str_eq(OPENED(&settings, {"tls", "true"}, {"cert_file", key}, {"key_file", open_key}),
                     "key_file");
    ck_assert_ptr_nonnull(strstr(rejection, "must not be readable or writable by others"));
    ck_assert_str_eq(OPENED(&settings, {"tls", "true"}, {"ca_file", "/nonexistent"}), "tls");
    ck_assert_str_eq(OPENED(&settings, {"tls", "true"}, {"ca_file", key}), "tls");
    ck_assert_str_eq(OPENED(&settings, {"tls", "true"}, {"server", "unix:/s"}), "tls");
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, the_server_is_a_socket_or_a_port_at_a_host);
    tcase_add_test(tcase, the_server_may_be_a_url);
    tcase_add_test(tcase, tls_is_enabled_by_url_or_option);
    tcase_add_test(tcase, a_password_in_a_url_is_never_shown);
    tcase_add_test(tcase, sentinels_and_master_require_each_other);
    tcase_add_test(tcase, names_of_keys_must_not_be_empty);
    tcase_add_test(tcase, keys_of_one_slot_have_the_same_tag);
    tcase_add_test(tcase, the_password_is_the_first_line_of_a_private_file);
    tcase_add_test(tcase, a_user_requires_a_password);
    tcase_add_test(tcase, each_credential_that_is_wrong_is_reported);
    tcase_add_test(tcase, password_file_and_username_override_the_url);
    tcase_add_test(tcase, files_of_tls_require_tls_and_each_other);
}

SUITE(redis_settings_suite) {
    return redis_tests("redis-settings", add_tests, NULL, NULL);
}
