/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_arena.c - memory of one mail: aligned, copied, freed at once and used again.
 *
 * Under AddressSanitizer a chunk that leaks, or is used after it was freed, ends the test.
 */
#include "support/suite.h"
#include "util/arena.h"

#include <check.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;

static void teardown(void) {
    arena_free(&arena);
}

START_TEST(pieces_are_aligned_and_do_not_overlap) {
    enum { PIECES = 2000 }; /* of up to 66 bytes: several chunks */
    unsigned char *pieces[PIECES];

    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_allocate(&arena, i % 67);
        ck_assert_uint_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i % 251), i % 67);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t byte = 0; byte < i % 67; byte++)
            ck_assert_uint_eq(pieces[i][byte], i % 251);
}
END_TEST

START_TEST(a_piece_may_be_larger_than_a_chunk) {
    static const size_t sizes[] = {16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 3 * 1024 * 1024};
    char *before = arena_copy(&arena, "before", 6);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        memset(arena_allocate(&arena, sizes[i]), 'x', sizes[i]);
    ck_assert_str_eq(before, "before");
    ck_assert_str_eq(arena_copy(&arena, "after", 5), "after");
}
END_TEST

START_TEST(a_copy_ends_with_nul_and_is_a_copy) {
    char text[] = "a text";
    char *copy = arena_copy(&arena, text, 3);
    char *bytes = arena_copy(&arena, "a\0b", 3);

    memset(text, 'x', sizeof(text) - 1);
    ck_assert_str_eq(copy, "a t");
    ck_assert_mem_eq(bytes, "a\0b", 4); /* a NUL is copied like any other byte */
    ck_assert_str_eq(arena_copy(&arena, "", 0), "");
    ck_assert_str_eq(arena_copy(&arena, NULL, 0), "");
}
END_TEST

START_TEST(pieces_are_joined) {
    ck_assert_str_eq(arena_join(&arena, (const char *const[]){"a", "", " b", NULL}), "a b");
    ck_assert_str_eq(arena_join(&arena, (const char *const[]){"a", NULL}), "a");
    ck_assert_str_eq(arena_join(&arena, (const char *const[]){NULL}), "");
}
END_TEST

START_TEST(reset_keeps_one_usual_chunk_and_no_large_one) {
    char *first = arena_copy(&arena, "first", 5);

    arena_allocate(&arena, 1024 * 1024);
    for (int i = 0; i < 10; i++)
        arena_allocate(&arena, 10000);
    arena_reset(&arena);
    ck_assert_ptr_nonnull(arena.chunks);
    ck_assert_uint_eq(arena.left, 16 * 1024);
    /* Small mails that follow use the chunk that was kept. */
    first = arena_copy(&arena, "first", 5);
    for (int i = 0; i < 100; i++) {
        arena_reset(&arena);
        ck_assert_ptr_eq(arena_copy(&arena, "again", 5), first);
    }
}
END_TEST

START_TEST(reset_and_free_of_an_arena_that_holds_nothing) {
    arena_reset(&arena);
    ck_assert_ptr_null(arena.chunks);
    arena_allocate(&arena, 100 * 1024); /* only a large chunk: none is kept */
    arena_reset(&arena);
    ck_assert_ptr_null(arena.chunks);
    ck_assert_str_eq(arena_copy(&arena, "usable", 6), "usable");
    arena_free(&arena);
    arena_free(&arena);
    ck_assert_str_eq(arena_copy(&arena, "still", 5), "still");
}
END_TEST

SUITE(arena_suite) {
    Suite *suite = suite_create("arena");
    TCase *tests = tcase_create("arena");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, pieces_are_aligned_and_do_not_overlap);
    tcase_add_test(tests, a_piece_may_be_larger_than_a_chunk);
    tcase_add_test(tests, a_copy_ends_with_nul_and_is_a_copy);
    tcase_add_test(tests, pieces_are_joined);
    tcase_add_test(tests, reset_keeps_one_usual_chunk_and_no_large_one);
    tcase_add_test(tests, reset_and_free_of_an_arena_that_holds_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
