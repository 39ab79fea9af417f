/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_settings.c - the options of an endpoint and the files that they name.
 */
#include "settings.h"

#include "support/fake-instance.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"
#define URL          "https://ci.example.org/hook"

static char folder[64], secret_path[96], other_path[96];

static void put(const char *path, const char *text, mode_t mode) {
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void setup(void) {
    strcpy(folder, "/tmp/patchmark-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(secret_path, sizeof(secret_path), "%s/secret", folder);
    snprintf(other_path, sizeof(other_path), "%s/other", folder);
    put(secret_path, SECRET, 0640);
}

static void teardown(void) {
    unlink(secret_path);
    unlink(other_path);
    rmdir(folder);
}

static char rejection[STUB_BYTES]; /* the error of the last `read_options`; "" if none */

/* Reads the options VALUES.  Returns true if they were accepted; settings_clear frees SETTINGS. */
static bool read_options(struct settings *settings, const struct fake_value *values) {
    struct patchmark_instance *instance = fake_instance_new(settings_options, values);
    bool accepted = settings_read(settings, instance);

    *rejection = '\0';
    ck_assert_uint_eq(instance->line_count, accepted ? 0 : 1);
    if (!accepted) {
        ck_assert_int_eq(instance->lines[0].level, 0);
        strcpy(rejection, instance->lines[0].text);
    }
    fake_instance_free(instance);
    return accepted;
}

#define READ(settings, ...) read_options(settings, (struct fake_value[]){__VA_ARGS__, {0}})

static void assert_rejected(const char *option, const char *text) {
    ck_assert_msg(strncmp(rejection, option, strlen(option)) == 0 &&
                      rejection[strlen(option)] == ' ' && strstr(rejection, text),
                  "'%s' instead of '%s' about %s", rejection, text, option);
}

/* ---- the URL ------------------------------------------------------------------------------ */

START_TEST(the_url_is_https_or_loopback) {
    static const struct {
        const char *url, *place; /* NULL if it is refused */
        bool allow_http;
    } cases[] = {
        {"https://ci.example.org/hook", "https://ci.example.org", false},
        {"https://ci.example.org", "https://ci.example.org", false},
        {"https://ci.example.org:8443/a/b?token=c", "https://ci.example.org:8443", false},
        {"HTTPS://ci.example.org/", "https://ci.example.org", false},
        {"https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443", false},
        /* the log never has user, password, path or query */
        {"https://ada:secret@ci.example.org/hook", "https://ci.example.org", false},
        /* loopback needs no encryption */
        {"http://localhost:8080/x", "http://localhost:8080", false},
        {"http://127.0.0.1/x", "http://127.0.0.1", false},
        {"http://127.1.2.3:1/x", "http://127.1.2.3:1", false},
        {"http://[::1]:8080/x", "http://[::1]:8080", false},
        {"http://ci.example.org/x", "http://ci.example.org", true},
        /* names that look like it */
        {"http://ci.example.org/x", NULL, false},
        {"http://localhost.example.org/x", NULL, false},
        {"http://localhost@ci.example.org/x", NULL, false},
        {"http://127.0.0.1.example.org/x", NULL, false},
        {"http://126.255.255.255/x", NULL, false},
        {"http://128.0.0.1/x", NULL, false},
        {"http://[::2]/x", NULL, false},
        {"http://[::ffff:10.0.0.1]/x", NULL, false},
        {"http://0.0.0.0/x", NULL, false},
        /* no URL of an endpoint */
        {"", NULL, true},
        {"ci.example.org/hook", NULL, true},
        {"//ci.example.org/hook", NULL, true},
        {"https://", NULL, true},
        {"https:///hook", NULL, true},
        {"https://ci.example.org:0x/", NULL, true},
        {"https://ci.example.org:65536/", NULL, true},
        {"https://ci example.org/", NULL, true},
        {"https://ci.example.org/a\nb", NULL, true},
        {"file:///etc/passwd", NULL, true},
        {"ftp://ci.example.org/", NULL, true},
        {"redis://ci.example.org/", NULL, true},
        {"gopher://ci.example.org/", NULL, true},
        {"unix:/run/x.sock", NULL, true},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct settings settings;
        bool accepted = READ(&settings, {"url", cases[i].url}, {"secret_file", secret_path},
                             {"allow_http", cases[i].allow_http ? "true" : "false"});

        ck_assert_msg(accepted == (cases[i].place != NULL), "%s: %s", cases[i].url, rejection);
        if (accepted) {
            ck_assert_str_eq(settings.place, cases[i].place);
            settings_clear(&settings);
        } else {
            assert_rejected("url", "");
            ck_assert_msg(strlen(cases[i].url) < 10 || !strstr(rejection, cases[i].url), "%s",
                          rejection);
        }
    }
}
END_TEST

START_TEST(url_and_secret_are_required) {
    struct settings settings;

    ck_assert(!READ(&settings, {"secret_file", secret_path}));
    assert_rejected("url", "is required; add url = ");
    ck_assert(!READ(&settings, {"url", URL}));
    assert_rejected("secret_file", "is required");
}
END_TEST

/* ---- files -------------------------------------------------------------------------------- */

START_TEST(others_may_not_read_a_secret) {
    static const struct {
        mode_t mode;
        bool accepted;
    } cases[] = {{0400, true},  {0600, true},  {0640, true},  {0440, true}, {0660, true},
                 {0644, false}, {0604, false}, {0602, false}, {0666, false}};

    for (size_t i = 0; i < COUNT(cases); i++)
        for (int next = 0; next < 2; next++) {
            struct settings settings;
            bool accepted;

            put(other_path, SECRET, cases[i].mode);
            accepted =
                READ(&settings, {"url", URL}, {"secret_file", next ? secret_path : other_path},
                     {next ? "next_secret_file" : "", other_path});
            ck_assert_int_eq(accepted, cases[i].accepted);
            if (accepted) {
                ck_assert_uint_eq(settings.secret_count, next ? 2 : 1);
                settings_clear(&settings);
            } else {
                assert_rejected(next ? "next_secret_file" : "secret_file",
                                "must not be readable or writable by others");
            }
        }
}
END_TEST

START_TEST(a_file_that_has_no_secret_is_refused) {
    static char long_text[300];
    const struct {
        const char *text, *error;
    } cases[] = {
        {"", "does not begin with whsec_"},
        {"hunter2\n", "does not begin with whsec_"},
        {"whsec_c2hvcnQ=\n", "24 to 64 bytes in base64"},
        {long_text, "is too large"},
    };
    struct settings settings;

    memset(long_text, 'A', sizeof(long_text) - 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        put(other_path, cases[i].text, 0600);
        ck_assert(!READ(&settings, {"url", URL}, {"secret_file", other_path}));
        assert_rejected("secret_file", cases[i].error);
        assert_rejected("secret_file", other_path);
        ck_assert(!strstr(rejection, "hunter2"));
    }
    ck_assert(!READ(&settings, {"url", URL}, {"secret_file", "/nowhere/secret"}));
    assert_rejected("secret_file", "No such file");
    ck_assert(!READ(&settings, {"url", URL}, {"secret_file", folder}));
    assert_rejected("secret_file", "is not a regular file");
}
END_TEST

START_TEST(authorities_are_read_at_once) {
    struct settings settings;

    put(other_path, "-----BEGIN CERTIFICATE-----\n", 0644);
    ck_assert(READ(&settings, {"url", URL}, {"secret_file", secret_path}, {"ca_file", other_path}));
    ck_assert_uint_eq(settings.target.authorities_length, 28);
    settings_clear(&settings);
    put(other_path, "no certificate\n", 0644);
    ck_assert(
        !READ(&settings, {"url", URL}, {"secret_file", secret_path}, {"ca_file", other_path}));
    assert_rejected("ca_file", "has no certificate");
    ck_assert(
        !READ(&settings, {"url", URL}, {"secret_file", secret_path}, {"ca_file", "/nowhere"}));
    assert_rejected("ca_file", "No such file");
}
END_TEST

START_TEST(the_file_of_refused_events_is_in_a_folder) {
    static const struct {
        const char *path, *error; /* NULL if it is accepted */
    } cases[] = {{"/tmp/refused.jsonl", NULL},
                 {"refused.jsonl", "must be the absolute path"},
                 {"/tmp/", "must be the absolute path"},
                 {"/nowhere/refused.jsonl", "does not exist"}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct settings settings;
        bool accepted = READ(&settings, {"url", URL}, {"secret_file", secret_path},
                             {"refused_file", cases[i].path});

        ck_assert_int_eq(accepted, cases[i].error == NULL);
        if (accepted)
            settings_clear(&settings);
        else
            assert_rejected("refused_file", cases[i].error);
    }
}
END_TEST

START_TEST(the_defaults) {
    struct settings settings;

    ck_assert(READ(&settings, {"url", URL}, {"secret_file", secret_path}));
    ck_assert_int_eq(settings.target.timeout_ms, 10000);
    ck_assert_int_eq(settings.target.connect_timeout_ms, 5000);
    ck_assert_ptr_null(settings.target.authorities);
    ck_assert_int_eq(settings.tries, 5);
    ck_assert_int_eq(settings.give_up_ms, INT64_C(86400000));
    ck_assert_ptr_null(settings.refused_file);
    ck_assert_uint_eq(settings.secret_count, 1);
    settings_clear(&settings);
    ck_assert_uint_eq(settings.secrets[0].key[0], 0);
}
END_TEST

SUITE(webhook_settings_suite) {
    Suite *suite = suite_create("webhook settings");
    TCase *tests = tcase_create("settings");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_url_is_https_or_loopback);
    tcase_add_test(tests, url_and_secret_are_required);
    tcase_add_test(tests, others_may_not_read_a_secret);
    tcase_add_test(tests, a_file_that_has_no_secret_is_refused);
    tcase_add_test(tests, authorities_are_read_at_once);
    tcase_add_test(tests, the_file_of_refused_events_is_in_a_folder);
    tcase_add_test(tests, the_defaults);
    suite_add_tcase(suite, tests);
    return suite;
}
