/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis_tls.c - the redis plugin with a server that uses TLS, and certificates that
 * openssl(1) creates.
 */
#define TESTS redis_tls
#include "test_redis.h"

#include "test_feed.h"
#include "test_server.h"

static struct node node;
static int port;
static char ca[96], other_ca[96], certificate[96], key[96], server_text[64];

/* Runs openssl(1) in the folder of the test; the commands below name its files. */
static void openssl(const char *arguments) {
    char command[512];
    snprintf(command, sizeof(command), "cd %s && openssl %s >/dev/null 2>&1", test_folder,
             arguments);
    ck_assert_msg(system(command) == 0, "openssl %s", arguments);
}

/* Sets the paths, and creates the files if they do not exist yet. */
static void certificates_make(void) {
    char names[96];

    snprintf(ca, sizeof(ca), "%s/ca.crt", test_folder);
    snprintf(other_ca, sizeof(other_ca), "%s/other.crt", test_folder);
    snprintf(certificate, sizeof(certificate), "%s/client.crt", test_folder);
    snprintf(key, sizeof(key), "%s/client.key", test_folder);
    if (access(certificate, R_OK) == 0)
        return;
    snprintf(names, sizeof(names), "%s/names", test_folder);
    FILE *file = fopen(names, "w");
    ck_assert_ptr_nonnull(file);
    fputs("subjectAltName = DNS:redis.example.org,IP:127.0.0.1\n", file);
    fclose(file);
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ours -keyout ca.key -out ca.crt");
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=theirs -keyout other.key "
            "-out other.crt");
    openssl("req -newkey rsa:2048 -nodes -subj /CN=redis -keyout redis.key -out redis.csr");
    openssl("x509 -req -in redis.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "
            "-extfile names -out redis.crt");
    openssl("req -newkey rsa:2048 -nodes -subj /CN=patchmark -keyout client.key -out client.csr");
    openssl("x509 -req -in client.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "
            "-out client.crt");
    chmod(key, 0600);
}

/* Starts the server.  CLIENTS is "yes" if clients must have a certificate, otherwise "no". */
static void server_start(const char *clients) {
    char number[16], server_certificate[96], server_key[96];

    snprintf(number, sizeof(number), "%d", port);
    snprintf(server_certificate, sizeof(server_certificate), "%s/redis.crt", test_folder);
    snprintf(server_key, sizeof(server_key), "%s/redis.key", test_folder);
    node_start(&node, "socket", 0, "--tls-port", number, "--tls-cert-file", server_certificate,
               "--tls-key-file", server_key, "--tls-ca-cert-file", ca, "--tls-auth-clients",
               clients, NULL);
    snprintf(server_text, sizeof(server_text), "rediss://127.0.0.1:%d", port);
}

static void setup(void) {
    certificates_make();
    port = free_port();
    server_start("no");
}

static void teardown(void) {
    node_stop(&node);
}

#define SINK(...) sink_open((struct fake_value[]){{"server", server_text}, __VA_ARGS__, {0}})

START_TEST(events_are_delivered_over_tls_and_read_back) {
    static struct collector collector;
    struct sink sink = SINK({"ca_file", ca});
    for (size_t first = 0; first < 1000; first += 200)
        ck_assert_uint_eq(sink_publish(&sink, first, 200), 200);
    assert_stream(0, 1000);
    collector_init(&collector, "", -1, true);
    while (collector.count < 1000)
        ck_assert_int_eq(plugin.follow(sink.self, &collector.feed), 0);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_batch_larger_than_many_records_goes_through) {
    enum { SIZE = 50000 };
    char *json = malloc(SIZE);
    memset(json, 'x', SIZE);
    for (size_t i = 0; i < 200; i++) {
        test_events[i].json = json;
        test_events[i].json_length = SIZE;
    }
    struct sink sink = SINK({"ca_file", ca}, {"timeout", "20s"});
    ck_assert_uint_eq(sink_publish(&sink, 0, 200), 200);
    assert_stream(0, 200);
    sink_close(&sink);
    free(json);
}
END_TEST

START_TEST(an_unknown_authority_is_rejected) {
    struct sink sink = SINK({"ca_file", other_ca});
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    ck_assert_int_eq(stream_length(), 0);
    assert_lines(&sink, "TLS: the server's certificate: ", NULL);
    sink_close(&sink);
    /* The authorities of the system did not issue it either. */
    struct sink system = SINK({"timeout", "2s"});
    ck_assert_uint_eq(sink_publish(&system, 0, 1), 0);
    assert_lines(&system, "TLS: the server's certificate: ", NULL);
    sink_close(&system);
}
END_TEST

START_TEST(the_certificate_must_be_valid_for_the_name) {
    static const struct {
        const char *host, *server_name;
        bool right;
    } cases[] = {
        {"127.0.0.1", NULL, true},
        {"localhost", NULL,
         false}, /* the same server by a name that its certificate does not have */
        {"localhost", "redis.example.org", true},
        {"localhost", "127.0.0.1", true},
        {"127.0.0.1", "redis.example.com", false},
        {"127.0.0.1", "127.0.0.2", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(server_text, sizeof(server_text), "rediss://%s:%d", cases[i].host, port);
        struct sink sink = SINK({"ca_file", ca}, {"server_name", cases[i].server_name});
        ck_assert_msg(sink_publish(&sink, i, 1) == cases[i].right, "case %zu", i);
        assert_lines(&sink, cases[i].right ? NULL : "TLS: the server's certificate: ", NULL);
        sink_close(&sink);
    }
}
END_TEST

START_TEST(a_server_may_require_a_client_certificate) {
    teardown();
    server_start("yes");
    struct sink with = SINK({"ca_file", ca}, {"cert_file", certificate}, {"key_file", key});
    ck_assert_uint_eq(sink_publish(&with, 0, 3), 3);
    assert_lines(&with, NULL);
    sink_close(&with);
    struct sink without = SINK({"ca_file", ca});
    ck_assert_uint_eq(sink_publish(&without, 3, 1), 0);
    ck_assert_uint_eq(without.instance->line_count, 1);
    sink_close(&without);
    assert_stream(0, 3);
}
END_TEST

START_TEST(a_key_must_belong_to_its_certificate) {
    char wrong[96];
    snprintf(wrong, sizeof(wrong), "%s/redis.key", test_folder);
    chmod(wrong, 0600);
    struct fake_value values[] = {{"server", server_text},
                                  {"ca_file", ca},
                                  {"cert_file", certificate},
                                  {"key_file", wrong},
                                  {0}};
    struct patchmark_instance *instance = fake_instance_new(plugin.options, values);
    void *self = NULL;
    ck_assert_int_eq(plugin.open(instance, &self), -1);
    ck_assert_ptr_nonnull(strstr(instance->lines[0].text, "redis.key: key values mismatch"));
    fake_instance_free(instance);
}
END_TEST

START_TEST(a_server_without_tls_ends_with_the_timeout) {
    struct node plain = {0};
    int plain_port = free_port();
    node_start(&plain, "plain", plain_port, NULL);
    snprintf(server_text, sizeof(server_text), "rediss://127.0.0.1:%d", plain_port);
    struct sink sink = SINK({"ca_file", ca}, {"timeout", "1s"});
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    /* Redis takes the start of the handshake for an incomplete line, and waits for its end. */
    assert_lines(&sink, "timeout: ", NULL);
    sink_close(&sink);
    node_stop(&plain);
}
END_TEST

START_TEST(a_server_with_tls_closes_plain_connections) {
    snprintf(server_text, sizeof(server_text), "redis://127.0.0.1:%d", port);
    struct sink sink = SINK({"timeout", "20s"});
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 0);
    assert_lines(&sink, "lost connection: ", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_restart_between_two_batches_is_no_failure) {
    struct sink sink = SINK({"ca_file", ca});
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    teardown();
    server_start("no");
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 3);
    assert_stream(3, 3);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, events_are_delivered_over_tls_and_read_back);
    tcase_add_test(tcase, a_batch_larger_than_many_records_goes_through);
    tcase_add_test(tcase, an_unknown_authority_is_rejected);
    tcase_add_test(tcase, the_certificate_must_be_valid_for_the_name);
    tcase_add_test(tcase, a_server_may_require_a_client_certificate);
    tcase_add_test(tcase, a_key_must_belong_to_its_certificate);
    tcase_add_test(tcase, a_server_without_tls_ends_with_the_timeout);
    tcase_add_test(tcase, a_server_with_tls_closes_plain_connections);
    tcase_add_test(tcase, a_restart_between_two_batches_is_no_failure);
}

SUITE(redis_tls_suite) {
    bool missing = server_missing();
    if (missing)
        return NULL;
    if (system("openssl version >/dev/null 2>&1") != 0) {
        fprintf(stderr, "skipped: openssl(1) is missing\n");
        return NULL;
    }
    return redis_tests("redis-tls", add_tests, setup, teardown);
}
