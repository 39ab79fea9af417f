/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_signature.c - secrets and signatures.
 */
#include "signature.h"

#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct secret secret_of(const char *text) {
    struct secret secret;
    const char *problem = secret_read(&secret, text, strlen(text));

    ck_assert_msg(!problem, "%s: %s", text, problem);
    return secret;
}

/* The vector of the reference libraries of Standard Webhooks. */
#define VECTOR_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define VECTOR_ID     "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define VECTOR_TIME   1614265330
#define VECTOR_BODY   "{\"test\": 2432232314}"
#define VECTOR        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

START_TEST(the_published_vector) {
    struct secret secret = secret_of(VECTOR_SECRET);
    char signature[SIGNATURE_SIZE];

    ck_assert_int_eq(signature_make(&secret, 1, VECTOR_ID, VECTOR_TIME, VECTOR_BODY,
                                    strlen(VECTOR_BODY), signature),
                     0);
    ck_assert_str_eq(signature, VECTOR);
}
END_TEST

/* openssl(1) computes the HMAC of the same bytes; this one has the longest secret. */
START_TEST(openssl_computes_the_same) {
    struct secret secret;
    unsigned char key[SECRET_MAX];
    char hex[2 * SECRET_MAX + 1], command[512], expected[SIGNATURE_SIZE], made[SIGNATURE_SIZE];
    FILE *out;

    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (unsigned char)(i * 7 + 3);
        sprintf(hex + 2 * i, "%02x", key[i]);
    }
    memcpy(secret.key, key, sizeof(key));
    secret.length = sizeof(key);
    snprintf(command, sizeof(command),
             "printf '80b45e46.1700000000.{\"x\":\"\\303\\251\"}' | openssl dgst -sha256 -mac HMAC "
             "-macopt hexkey:%s -binary | openssl base64",
             hex);
    out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    strcpy(expected, "v1,");
    ck_assert_ptr_nonnull(fgets(expected + 3, sizeof(expected) - 3, out));
    ck_assert_int_eq(pclose(out), 0);
    expected[strcspn(expected, "\n")] = '\0';
    ck_assert_uint_eq(strlen(expected), 47);
    ck_assert_int_eq(
        signature_make(&secret, 1, "80b45e46", 1700000000, "{\"x\":\"\xc3\xa9\"}", 10, made), 0);
    ck_assert_str_eq(made, expected);
}
END_TEST

START_TEST(two_secrets_make_two_signatures) {
    struct secret secrets[] = {secret_of("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                               secret_of(VECTOR_SECRET)};
    char both[SIGNATURE_SIZE], first[SIGNATURE_SIZE];

    ck_assert_int_eq(signature_make(secrets, 2, VECTOR_ID, VECTOR_TIME, VECTOR_BODY,
                                    strlen(VECTOR_BODY), both),
                     0);
    ck_assert_int_eq(signature_make(secrets, 1, VECTOR_ID, VECTOR_TIME, VECTOR_BODY,
                                    strlen(VECTOR_BODY), first),
                     0);
    ck_assert_uint_eq(strlen(first), 47);
    ck_assert_int_eq(strncmp(both, first, 47), 0);
    ck_assert_str_eq(both + 47, " " VECTOR);
}
END_TEST

/* ---- secrets ------------------------------------------------------------------------------ */

#define BASE64_64 \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="

START_TEST(a_secret_has_24_to_64_bytes) {
    static const struct {
        const char *text;
        size_t length; /* 0 if it is refused */
    } cases[] = {
        {VECTOR_SECRET, 24},
        {VECTOR_SECRET "\n", 24},
        {VECTOR_SECRET "\r\n", 24},
        {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk=", 26},
        {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==", 25},
        {"whsec_" BASE64_64, 64},
        {"whsec_////++++////++++////++++////++++", 24},
        {"", 0},
        {"\n", 0},
        {"whsec_", 0},
        {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0}, /* no prefix */
        {"WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0},
        {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=", 0}, /* 23 bytes */
        {"whsec_"
         "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0"
         "A=",
         0}, /* 65 bytes */
        {"whsec_" BASE64_64 "AAAA", 0},
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", 0}, /* no multiple of 4 characters */
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw====", 0},
        {"whsec_MfKQ9r8GKYqrTwjU=D8ILPZIo2LaLaSw", 0},
        {"whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw", 0},
        {"whsec_MfKQ9r8GKYqrTwjU\nPD8ILPZIo2LaLaSw", 0},
        {"whsec_MfKQ9r8GKYqrTwjU-D8ILPZIo2La_aSw", 0}, /* base64url */
        {VECTOR_SECRET "\n\n", 0},
        {VECTOR_SECRET "\nwhsec_second", 0},
        {"whsec_\xff\xff\xff\xff", 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct secret secret = {.length = 0};
        const char *problem = secret_read(&secret, cases[i].text, strlen(cases[i].text));

        ck_assert_msg((problem == NULL) == (cases[i].length > 0), "%s: %s", cases[i].text,
                      problem ? problem : "accepted");
        if (!problem)
            ck_assert_uint_eq(secret.length, cases[i].length);
    }
}
END_TEST

START_TEST(a_secret_is_decoded) {
    struct secret secret = secret_of("whsec_" BASE64_64);

    for (size_t i = 0; i < SECRET_MAX; i++)
        ck_assert_uint_eq(secret.key[i], i);
}
END_TEST

SUITE(webhook_signature_suite) {
    Suite *suite = suite_create("webhook signature");
    TCase *tests = tcase_create("signature");

    tcase_add_test(tests, the_published_vector);
    tcase_add_test(tests, openssl_computes_the_same);
    tcase_add_test(tests, two_secrets_make_two_signatures);
    tcase_add_test(tests, a_secret_has_24_to_64_bytes);
    tcase_add_test(tests, a_secret_is_decoded);
    suite_add_tcase(suite, tests);
    return suite;
}
