/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_glob.c - which paths the patterns of F: and X: lines match, one pattern alone and many
 * together.
 */
#include "test_parts.h"

/* Included after the headers above, whose locals have names that these headers define. */
#include "glob.h"
#include "regex.h"

/* ---- globs -------------------------------------------------------------------------------- */

static struct matcher matcher;

static void setup(void) {
    ck_assert(matcher_begin(&matcher));
}

static void teardown(void) {
    matcher_end(&matcher);
}

static void count_hit(void *context, const struct glob *glob) {
    size_t *hits = context;
    hits[glob->section]++;
}

static bool matches(const char *glob, const char *path) {
    GArray *globs = globs_new();
    size_t hits = 0;
    ck_assert_ptr_null(globs_add(globs, patchmark_text_of(glob), 0));
    globs_sort(globs);
    globs_match(globs, &matcher, patchmark_text_of(path), count_hit, &hits);
    g_array_free(globs, TRUE);
    ck_assert_uint_le(hits, 1);
    return hits == 1;
}

static const char *problem_of(const char *glob) {
    GArray *globs = globs_new();
    const char *problem = globs_add(globs, patchmark_text_of(glob), 0);
    ck_assert_uint_eq(globs->len, problem == NULL);
    g_array_free(globs, TRUE);
    return problem;
}

START_TEST(globs_match_paths) {
    static const struct {
        const char *why, *glob, *path;
        bool matches;
    } examples[] = {
        {"a folder: in it", "drivers/net/", "drivers/net/tun.c", true},
        {"a folder: below it", "drivers/net/", "drivers/net/phy/a.c", true},
        {"a folder: not the file of that name", "drivers/net/", "drivers/net", false},
        {"a folder: not one that begins the same", "drivers/net/", "drivers/network/a.c", false},
        {"a folder: not one elsewhere", "net/", "drivers/net/tun.c", false},
        {"a folder: not above it", "drivers/net/", "drivers/a.c", false},
        {"a file", "drivers/net/tun.c", "drivers/net/tun.c", true},
        {"a file: not one that begins the same", "drivers/net/tun.c", "drivers/net/tun.c.orig",
         false},
        {"a file: not a beginning of it", "drivers/net/tun.c", "drivers/net/tun", false},
        {"a dot is a dot", "drivers/net/tun.c", "drivers/net/tunxc", false},
        {"no slash, and the path shows a folder", "drivers/net", "drivers/net/tun.c", true},
        {"... also far below", "drivers", "drivers/net/phy/tun.c", true},
        {"no slash, and it is a file", "MAINTAINERS", "MAINTAINERS", true},
        {"... of the top only", "Makefile", "drivers/Makefile", false},
        {"*: all files in it", "drivers/net/*", "drivers/net/tun.c", true},
        {"*: not below", "drivers/net/*", "drivers/net/phy/a.c", false},
        {"*: at the top", "*", "Makefile", true},
        {"*: at the top only", "*", "drivers/a.c", false},
        {"*/: everything below the top", "*/", "drivers/net/tun.c", true},
        {"*/: not what is at the top", "*/", "Makefile", false},
        {"*/net/*: in a folder of any top folder", "*/net/*", "drivers/net/tun.c", true},
        {"*/net/*: not below", "*/net/*", "drivers/net/phy/a.c", false},
        {"*/net/*: not deeper", "*/net/*", "a/drivers/net/a.c", false},
        {"*/net/: also below", "*/net/", "drivers/net/phy/a.c", true},
        {"*/net/: * is one folder", "*/net/", "a/drivers/net/a.c", false},
        {"a wildcard makes no folder of a file", "drivers/n*", "drivers/net/a.c", false},
        {"* stands for nothing too", "include/kvm*.h", "include/kvm.h", true},
        {"* in the middle", "include/*/kvm*.h", "include/linux/kvm_host.h", true},
        {"* twice", "a*b*c", "axxbyybzc", true},
        {"* twice: no", "a*b*c", "axxbyybz", false},
        {"* goes back", "*abc", "ababcabc", true},
        {"? is one byte", "drivers/tty/n_?dlc.c", "drivers/tty/n_hdlc.c", true},
        {"? is not none", "a?c", "ac", false},
        {"? is not two", "a?c", "abbc", false},
        {"? is no slash", "a?c", "a/c", false},
        {"a set", "drivers/[nm]et/a.c", "drivers/met/a.c", true},
        {"a set: no", "drivers/[nm]et/a.c", "drivers/set/a.c", false},
        {"a range", "esc[0-9].c", "esc7.c", true},
        {"a range: no", "esc[0-9].c", "escx.c", false},
        {"others", "esc[!0-9].c", "escx.c", true},
        {"others, with ^", "esc[^0-9].c", "esc3.c", false},
        {"others: no slash", "a[!b]c", "a/c", false},
        {"a bracket in a set", "a[]]c", "a]c", true},
        {"a minus in a set", "*[_-]kunit*.c", "a-kunit_x.c", true},
        {"an underscore there", "*[_-]kunit*.c", "a_kunit.c", true},
        {"neither", "*[_-]kunit*.c", "akunit.c", false},
        {"**: one folder", "fs/**/*foo*.c", "fs/ext4/foo.c", true},
        {"**: more", "fs/**/*foo*.c", "fs/ext4/a/b/myfoo2.c", true},
        {"**: none", "fs/**/*foo*.c", "fs/foo.c", true},
        {"**: the name must fit", "fs/**/*foo*.c", "fs/ext4/foo/bar.c", false},
        {"**: not outside", "fs/**/*foo*.c", "mm/foo.c", false},
        {"** first", "**/*_kunit.c", "lib/a/b_kunit.c", true},
        {"** first, at the top", "**/*_kunit.c", "b_kunit.c", true},
        {"** last: all below", "fs/**", "fs/ext4/a.c", true},
        {"** last: in it", "fs/**", "fs/a.c", true},
        {"** last: not itself", "fs/**", "fs", false},
        {"** twice", "a/**/b/**/c", "a/x/b/y/z/c", true},
        {"** twice, the second b", "a/**/b/**/b/c", "a/b/x/b/c", true},
        {"** twice: no", "a/**/b/**/c", "a/x/y/z/c", false},
        {"** and a folder", "**/tests/", "a/b/tests/c.c", true},
        {"** and a folder, below", "**/tests/", "tests/a/b.c", true},
        {"** in a name is *", "a**z", "abcz", true},
        {"** in a name: no slash", "a**z", "ab/z", false},
        {"after **, * must not reach over a folder", "**/a*z", "ab/cz", false},
        {"a slash too many", "a/", "a//b", true},
        {"as in the glob", "a//b", "a//b", true},
        {"a slash first", "/a", "a", false},
        {"a slash at the end of a path", "a/*", "a/", true},
        {"bytes beyond ASCII", "h\xc3\xb6he/*", "h\xc3\xb6he/x", true},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        ck_assert_msg(matches(examples[i].glob, examples[i].path) == examples[i].matches,
                      "%s: glob '%s', path '%s'", examples[i].why, examples[i].glob,
                      examples[i].path);
    }
}
END_TEST

START_TEST(globs_with_mistakes) {
    ck_assert_ptr_nonnull(problem_of("a[b"));
    ck_assert_ptr_nonnull(problem_of("a["));
    ck_assert_ptr_nonnull(problem_of("a[]"));
    ck_assert_ptr_nonnull(problem_of("a[!]"));
    ck_assert_ptr_nonnull(problem_of("a[b]c["));
    ck_assert_ptr_nonnull(problem_of("a[b/c]"));
    ck_assert_ptr_nonnull(problem_of("a[/]"));
    ck_assert_ptr_nonnull(problem_of("a[z-a]"));
    ck_assert_ptr_null(problem_of("a[b]c]"));
}
END_TEST

START_TEST(depths) {
    static const struct {
        const char *glob;
        unsigned depth;
    } examples[] = {
        {"*", 0},
        {"*/", 0},
        {"**/a.c", 0},
        {"drivers/", 1},
        {"drivers/net/", 2},
        {"drivers/net/*", 3},
        {"drivers/net/a.c", 3},
        {"Makefile", 1},
    };
    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(glob_depth(patchmark_text_of(examples[i].glob)) == examples[i].depth, "%s",
                      examples[i].glob);
}
END_TEST

/* Matching by backtracking without limits takes exponential time here; the timeout of Check then
 * ends the test. */
START_TEST(globs_match_in_bounded_time) {
    static const char *const pieces[] = {"a*",      "*a",    "?*", "**/", "**/*a",
                                         "**/a*a/", "[ab]*", "*/", "a/",  "*a/"};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        AUTO(free) char *glob = repeat(pieces[i], 1000 / strlen(pieces[i]), "b");
        AUTO(free) char *letters = repeat("a", 1000, "");
        AUTO(free) char *folders = repeat("a/", 500, "c");
        for (size_t k = 0; k < 20; k++) {
            ck_assert_msg(!matches(glob, letters), "%s", pieces[i]);
            ck_assert_msg(!matches(glob, folders), "%s", pieces[i]);
        }
    }
    AUTO(free) char *path = repeat("a", 1000, "b");
    ck_assert(matches("a*a*a*a*b", path));
}
END_TEST

/* ---- many --------------------------------------------------------------------------------- */

/* Matches by the rules of glob.h in the simplest way, which is slow.  START is true at the
 * beginning of a component.  PLAIN is true if the glob has no wildcards. */
static bool follow(const char *glob, const char *path, bool start, bool plain) {
    if (*glob == '\0')
        return *path == '\0' || (plain && *path == '/');
    if (strcmp(glob, "/") == 0)
        return path[0] == '/' && path[1] != '\0';
    if (start && (strcmp(glob, "**") == 0 || strcmp(glob, "**/") == 0))
        return *path != '\0';
    if (start && strncmp(glob, "**/", 3) == 0) {
        const char *slash = strchr(path, '/');
        return follow(glob + 3, path, true, plain) ||
               (slash && follow(glob, slash + 1, true, plain));
    }
    if (*glob == '*')
        return follow(glob + 1, path, false, plain) ||
               (*path != '\0' && *path != '/' && follow(glob, path + 1, false, plain));
    if (*path == '\0')
        return false;
    if (*glob == '[') { /* only the sets that the test below uses */
        const char *end = strchr(glob, ']');
        bool others = glob[1] == '!', found = memchr(glob + 1, *path, (size_t)(end - glob - 1));
        return *path != '/' && found != others && follow(end + 1, path + 1, false, plain);
    }
    return (*glob == '?' ? *path != '/' : *glob == *path) &&
           follow(glob + 1, path + 1, *glob == '/', plain);
}

/* Joins 1 to 4 components of random PIECES with slashes; one of SLASH texts ends with a slash, none
 * if SLASH is 0. */
static void random_text(const char *const *pieces, size_t count, uint32_t slash, char *out) {
    uint32_t components = 1 + random_below(4);
    out[0] = '\0';
    for (uint32_t i = 0; i < components; i++) {
        strcat(out, i > 0 ? "/" : "");
        strcat(out, pieces[random_below((uint32_t)count)]);
        if (random_below(3) == 0)
            strcat(out, pieces[random_below((uint32_t)count)]);
    }
    if (slash > 0 && random_below(slash) == 0)
        strcat(out, "/");
}

#define GLOBS 3000
#define PATHS 3000

START_TEST(many_globs_match_like_one_by_one) {
    static const char *const of_globs[] = {"a",    "b",    "ab", "ba.c", "*",   "?", "**",
                                           "[ab]", "[!a]", "a*", "*b",   "net", "a", "\xc3\xb6*"};
    static const char *const of_paths[] = {"a",  "b",   "ab", "ba.c", "net",
                                           "bb", "aab", "x",  "net",  "\xc3\xb6"};
    static char globs[GLOBS][64];
    static size_t hits[GLOBS];
    GArray *all = globs_new();
    size_t matched = 0;
    for (uint32_t i = 0; i < GLOBS; i++) {
        random_text(of_globs, COUNT(of_globs), 3, globs[i]);
        ck_assert_ptr_null(globs_add(all, patchmark_text_of(globs[i]), i));
    }
    globs_sort(all);
    for (size_t k = 0; k < PATHS; k++) {
        char path[64];
        random_text(of_paths, COUNT(of_paths), 20, path);
        memset(hits, 0, sizeof(hits));
        globs_match(all, &matcher, patchmark_text_of(path), count_hit, hits);
        /* Nine million comparisons: not ck_assert, which makes a system call even if it holds. */
        for (size_t i = 0; i < GLOBS; i++) {
            matched += hits[i];
            if (hits[i] != follow(globs[i], path, true, !strpbrk(globs[i], "*?[")))
                ck_abort_msg("glob '%s', path '%s': found %zu times", globs[i], path, hits[i]);
        }
    }
    g_array_free(all, TRUE);
    /* The random texts are useful only if many match and most do not. */
    ck_assert_uint_gt(matched, PATHS * 10);
    ck_assert_uint_lt(matched, PATHS * (GLOBS / 2));
}
END_TEST

START_TEST(no_globs_match_nothing) {
    GArray *globs = globs_new();
    size_t hits = 0;
    globs_sort(globs);
    globs_match(globs, &matcher, patchmark_text_of("a/b"), count_hit, &hits);
    globs_match(globs, &matcher, patchmark_text_of(""), count_hit, &hits);
    ck_assert_uint_eq(hits, 0);
    g_array_free(globs, TRUE);
}
END_TEST

SUITE(glob_suite) {
    Suite *suite = suite_create("glob");
    TCase *tests = tcase_create("glob");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, globs_match_paths);
    tcase_add_test(tests, globs_with_mistakes);
    tcase_add_test(tests, depths);
    tcase_add_test(tests, globs_match_in_bounded_time);
    tcase_add_test(tests, many_globs_match_like_one_by_one);
    tcase_add_test(tests, no_globs_match_nothing);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite;
}
