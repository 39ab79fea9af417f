/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_digest.c - ids of events, series and topics, which must be the same on every host.
 *
 * The expected values were computed with sha256sum and base32 of coreutils.
 */
#include "support/suite.h"
#include "util/digest.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *fields[3];
    size_t count;
    const char *digest, *reason;
} digests[] = {
    {{NULL}, 0, "e3b0c44298fc1c149afbf4c8996fb924", "no field: SHA-256 of nothing"},
    {{""}, 1, "6e340b9cffb37a989ca544e6bb780a2c", "an empty field is its NUL"},
    {{NULL}, 1, "6e340b9cffb37a989ca544e6bb780a2c", "a NULL field counts as empty"},
    {{"a", "b"}, 2, "8fb20ef63ced4145fc2e983ffe597d1d", "two fields"},
    {{"ab", ""}, 2, "de82794c205e7b988ea053270405e257", "the same bytes, cut elsewhere"},
    {{"ab"}, 1, "969caaeb3626c0d5695eefa6aea53305", "the same bytes in one field"},
};

START_TEST(digest_of_fields) {
    char digest[DIGEST_EVENT_SIZE];

    memset(digest, 'x', sizeof(digest));
    digest_fields(digests[_i].fields, digests[_i].count, digest);
    ck_assert_msg(strcmp(digest, digests[_i].digest) == 0, "%s: %s", digests[_i].reason, digest);
}
END_TEST

static const struct {
    const char *prefix;
    struct patchmark_text text;
    const char *id, *reason;
} ids[] = {
    {"s1-", {"abc", 3}, "s1-xj4bnp4pahh6uqkb", "a series"},
    {"t1-", {"abc", 3}, "t1-xj4bnp4pahh6uqkb", "a topic of the same text"},
    {"s1-", {"abcd", 3}, "s1-xj4bnp4pahh6uqkb", "bytes behind the text are not read"},
    {"s1-", {"", 0}, "s1-4oymiquy7qobjgx3", "the empty text has an id too"},
    {"s1-", {"a\0b", 3}, "s1-lgzhdlq3xsy5ghkb", "any byte counts"},
    {"", {"abc", 3}, "xj4bnp4pahh6uqkb", "no prefix"},
    {"long-", {"abc", 3}, "lonxj4bnp4pahh6uqkb", "a prefix never writes past the id"},
};

START_TEST(id_of_text) {
    char id[PATCHMARK_ID_SIZE];

    patchmark_id(ids[_i].prefix, ids[_i].text, id);
    ck_assert_msg(strcmp(id, ids[_i].id) == 0, "%s: %s", ids[_i].reason, id);
}
END_TEST

/* SHA-1 over pieces equals SHA-1 over the whole; the values are those of FIPS 180. */
START_TEST(sha1_of_pieces) {
    static const unsigned char abc[20] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81,
                                          0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50,
                                          0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
    static const unsigned char nothing[20] = {0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b,
                                              0x0d, 0x32, 0x55, 0xbf, 0xef, 0x95, 0x60,
                                              0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09};
    unsigned char digest[20];
    struct patchmark_sha1 *hash = patchmark_sha1_begin();

    patchmark_sha1_add(hash, (struct patchmark_text){"a", 1});
    patchmark_sha1_add(hash, (struct patchmark_text){"", 0});
    patchmark_sha1_add(hash, (struct patchmark_text){"bcd", 2});
    patchmark_sha1_end(hash, digest);
    ck_assert_mem_eq(digest, abc, sizeof(abc));
    patchmark_sha1_end(patchmark_sha1_begin(), digest);
    ck_assert_mem_eq(digest, nothing, sizeof(nothing));
}
END_TEST

/* FIPS 180-4: SHA-256 of "" begins with e3b0c44298fc1c14, that of "abc" with ba7816bf8f01cfea. */
START_TEST(a_number_is_the_beginning_of_sha256) {
    ck_assert_uint_eq((uint64_t)digest_number("", 0), UINT64_C(0xe3b0c44298fc1c14));
    ck_assert_uint_eq((uint64_t)digest_number("abc", 3), UINT64_C(0xba7816bf8f01cfea));
}
END_TEST

/* A configuration of OpenSSL that activates only the provider `base`, which has no hashes. */
START_TEST(openssl_cnf_does_not_matter) {
    char path[] = "/tmp/patchmark-XXXXXX";
    static const char text[] = "openssl_conf = i\n[i]\nproviders = p\n[p]\nbase = b\n"
                               "[b]\nactivate = 1\n";
    int file = mkstemp(path);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, sizeof(text) - 1), sizeof(text) - 1);
    close(file);
    setenv("OPENSSL_CONF", path, 1);
    ck_assert_uint_eq((uint64_t)digest_number("", 0), UINT64_C(0xe3b0c44298fc1c14));
    unlink(path);
}
END_TEST

SUITE(digest_suite) {
    Suite *suite = suite_create("digest");
    TCase *tests = tcase_create("digest");

    tcase_add_loop_test(tests, digest_of_fields, 0, sizeof(digests) / sizeof(digests[0]));
    tcase_add_loop_test(tests, id_of_text, 0, sizeof(ids) / sizeof(ids[0]));
    tcase_add_test(tests, sha1_of_pieces);
    tcase_add_test(tests, a_number_is_the_beginning_of_sha256);
    tcase_add_test(tests, openssl_cnf_does_not_matter);
    suite_add_tcase(suite, tests);
    return suite;
}
