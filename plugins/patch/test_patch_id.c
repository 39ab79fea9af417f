/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_patch_id.c - patch ids by the rules of git, and old blob ids.  test_patch_id_git.c compares
 * the ids of the same patches with the output of git.
 */
#define TESTS patch_id
#include "support/local.h"

#define patch_id_read LOCAL(patch_id_read)

#include "patch-id.c"

#include "support/suite.h"
#include "test_patch_id.h"
#include "util/cleanup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- ids ----------------------------------------------------------------------------------- */

/* Computes the id by its definition: the sum of the SHA-1 of each line of HASHED, as numbers of 160
 * bits with the lowest byte first. */
static void define_id(const char *hashed, char hex[PATCH_ID_SIZE]) {
    unsigned total[SHA1_SIZE] = {0};
    for (const char *end = hashed; end != NULL; hashed = end + 1) {
        unsigned char digest[SHA1_SIZE];
        struct patchmark_sha1 *hash = patchmark_sha1_begin();
        end = strchr(hashed, '\n');
        size_t length = end != NULL ? (size_t)(end - hashed) : strlen(hashed);
        patchmark_sha1_add(hash, (struct patchmark_text){hashed, length});
        patchmark_sha1_end(hash, digest);
        for (size_t i = 0; i < SHA1_SIZE; i++)
            total[i] += digest[i];
        if (end == NULL)
            break;
    }
    for (size_t i = 0; i < SHA1_SIZE; i++) {
        if (i + 1 < SHA1_SIZE)
            total[i + 1] += total[i] / 256;
        snprintf(hex + 2 * i, 3, "%02x", total[i] % 256);
    }
}

static void expect_id(const char *why, struct patchmark_text text, const char *hashed) {
    struct patch_id id;
    char expected[PATCH_ID_SIZE];
    bool found = patch_id_read(text, &id);
    ck_assert_msg(found == (hashed != NULL), "%s: %s", why, found ? "an id" : "no id");
    if (!found)
        return;
    define_id(hashed, expected);
    ck_assert_msg(strcmp(id.hex, expected) == 0, "%s: %s, expected %s", why, id.hex, expected);
}

START_TEST(hashes_what_git_hashes) {
    for (size_t i = 0; i < COUNT(examples); i++)
        expect_id(examples[i].why, examples[i].text, examples[i].hashed);
}
END_TEST

/* Without an index line, git hashes memory that is usually empty. */
START_TEST(hashes_nothing_for_unknown_blobs) {
    static const struct patchmark_text text =
        TEXT("diff -r a b\nBinary files a/i and b/i differ\n");
    expect_id("no index line", text, "diff-rab\n");
}
END_TEST

/* Files of about the size of the buffer, with lines of every length. */
START_TEST(hashes_any_length) {
    static const size_t sizes[] = {1, 2, 63, 1000, 4095, 4096, 4097, 10000};
    static const char start[] = GIT NAMES "@@ -0,0 +1,999999 @@\n";
    size_t room = 3 * sizeof((struct reader){0}.buffer);
    AUTO(free) char *text = malloc(2 * room);
    AUTO(free) char *hashed = malloc(2 * room);
    ck_assert(text != NULL && hashed != NULL);
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t length = room / 3 - 70; length < room; length += length % 97 == 0 ? 900 : 1) {
            size_t at = (size_t)sprintf(text, "%s", start);
            size_t hashed_length = (size_t)sprintf(hashed, "diff--gita/xb/x---a/x+++b/x");
            for (size_t k = 0; k < length; k++) {
                bool newline = (k + 1) % (sizes[i] + 1) == 0;
                text[at++] = newline ? '\n' : (char)('a' + k % 26);
                if (!newline)
                    hashed[hashed_length++] = text[at - 1];
            }
            hashed[hashed_length] = '\0';
            expect_id("long", (struct patchmark_text){text, at}, hashed);
        }
}
END_TEST

/* A blob id is added as a whole, so the buffer must have room for it, however full it is. */
START_TEST(hashes_blobs_after_a_header_of_any_length) {
    static const char index[] = "index " COMMIT COMMIT ".." COMMIT COMMIT " 1\nBinary files\n";
    static const char blobs[] = COMMIT "0123456789abcdefABCDEF01" COMMIT "0123456789abcdefABCDEF01";
    for (size_t length = 3900; length < 4200; length++) {
        AUTO(free) char *text = NULL, *hashed = NULL;
        ck_assert_int_gt(asprintf(&text, "diff %0*d\n%s", (int)length, 0, index), 0);
        ck_assert_int_gt(asprintf(&hashed, "diff%0*d%s\n", (int)length, 0, blobs), 0);
        expect_id("header", patchmark_text_of(text), hashed);
    }
}
END_TEST

/* ---- bases --------------------------------------------------------------------------------- */

static void expect_bases(const char *why, const char *text, const char *expected) {
    struct patch_id id;
    char have[1000] = "";
    ck_assert(patch_id_read(patchmark_text_of(text), &id));
    for (size_t i = 0; i < id.base_count; i++)
        snprintf(have + strlen(have), sizeof have - strlen(have), "%s%.*s", i > 0 ? " " : "",
                 (int)id.bases[i].length, id.bases[i].data);
    ck_assert_msg(strcmp(have, expected) == 0, "%s: '%s', expected '%s'", why, have, expected);
}

START_TEST(keeps_old_blobs) {
    static const struct {
        const char *why, *text, *bases;
    } cases[] = {
        {"none", GIT NAMES HUNK, ""},
        {"one", PATCH SIGNATURE, "0123456"},
        {"as written", GIT "index " COMMIT ".." COMMIT " 100644\n", COMMIT},
        {"in order", OTHER PATCH, "1111111 0123456"},
        {"each once", PATCH PATCH OTHER, "0123456 1111111"},
        {"of a binary file", BINARY OTHER, "1234567 1111111"},
        {"of a deleted file", GIT "deleted file mode 100644\nindex 1234567..0000000\n", "1234567"},
        {"without mode, at the end of the text", GIT "index 1234567..89abcde", "1234567"},
        {"CR LF", GIT "index 1234567..89abcde\r\n", "1234567"},
        {"not of a new file", GIT "new file mode 100644\nindex 0000000..89abcde\n", ""},
        {"not above the diff", "index 1234567..89abcde\n" PATCH, "0123456"},
        {"after a hunk with wrong counts", GIT NAMES "@@ -1,9 +1,9 @@\n\n-a\n" OTHER, "1111111"},
        {"of all patches in a text", PATCH SIGNATURE "\nFrom " COMMIT "\n" OTHER,
         "0123456 1111111"},
        {"not of a merge, which has two", GIT "index 1234567,2345678..89abcde\n", ""},
        {"not in a hunk", GIT NAMES "@@ -1 +1 @@\n-index 1234567..89abcde\n+b\n", ""},
        {"not what is no blob id",
         GIT "index of..contents\nindex 123..456\nindex 12345\nindex abcd..x\nindex ..1234567\n"
             "index abcd. 1234567\n",
         ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_bases(cases[i].why, cases[i].text, cases[i].bases);
}
END_TEST

START_TEST(keeps_a_bounded_number_of_bases) {
    struct patch_id id;
    for (int count = PATCH_ID_BASES - 1; count <= PATCH_ID_BASES + 1; count++) {
        char text[1000] = GIT;
        for (int i = 1; i <= count; i++)
            sprintf(text + strlen(text), "index %07d..1234567 100644\n", i);
        ck_assert(patch_id_read(patchmark_text_of(text), &id));
        ck_assert_uint_eq(id.base_count, count < PATCH_ID_BASES ? count : PATCH_ID_BASES);
        ck_assert_int_eq(strncmp(id.bases[id.base_count - 1].data,
                                 text + strlen(GIT "index ") +
                                     (id.base_count - 1) *
                                         strlen("index 0000001..1234567 100644\n"),
                                 7),
                         0);
    }
}
END_TEST

/* ---- bounds -------------------------------------------------------------------------------- */

/* 500 KB of each: quadratic time would exceed the limit of Check. */
START_TEST(is_linear) {
    static const char *const pieces[] = {
        "\n",   " ", "a",         "-a\n",    "\ndiff", "diff ", "diff \n", "index 1234..",
        "..",   "0", "index .\n", "@@ -1\n", BINARY,   OTHER,   "\\ \n",   ("From " COMMIT),
        COMMIT,
    };
    static const char *const starts[] = {"", GIT, GIT "index ", GIT NAMES "@@ -1,999999999 +1 @@\n",
                                         GIT NAMES "@@ -1,"};
    for (size_t i = 0; i < COUNT(starts); i++)
        for (size_t k = 0; k < COUNT(pieces); k++) {
            size_t length = strlen(pieces[k]), count = 500 * 1024 / length;
            size_t at = strlen(starts[i]);
            AUTO(free) char *text = malloc(at + count * length);
            struct patch_id id;
            ck_assert_ptr_nonnull(text);
            memcpy(text, starts[i], at);
            for (; count > 0; count--, at += length)
                memcpy(text + at, pieces[k], length);
            bool found = patch_id_read((struct patchmark_text){text, at}, &id);
            ck_assert(found || i == 0);
        }
}
END_TEST

SUITE(patch_id_suite) {
    TCase *cases = tcase_create("patch id");
    tcase_add_test(cases, hashes_what_git_hashes);
    tcase_add_test(cases, hashes_nothing_for_unknown_blobs);
    tcase_add_test(cases, hashes_any_length);
    tcase_add_test(cases, hashes_blobs_after_a_header_of_any_length);
    tcase_add_test(cases, keeps_old_blobs);
    tcase_add_test(cases, keeps_a_bounded_number_of_bases);
    tcase_add_test(cases, is_linear);
    Suite *suite = suite_create("patch id");
    suite_add_tcase(suite, cases);
    return suite;
}
