/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_diff.c - texts that are diffs and texts that are not, the files of a diff, and its counts of
 * lines.
 */
#include "diff.h"
#include "path.h"

#include "support/suite.h"
#include "util/cleanup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- diffs -------------------------------------------------------------------------------- */

/* "none", or "+INSERTIONS -DELETIONS FILE FILE ...". */
struct example {
    const char *why, *text, *reading;
};

static void expect(const struct example *example) {
    struct diff diff;
    char have[512] = "none";
    diff_init(&diff);
    bool found = diff_scan(&diff, patchmark_text_of(example->text));
    ck_assert_msg(found == diff.found, "%s", example->why);
    if (found)
        snprintf(have, sizeof have, "+%d -%d", (int)diff.insertions, (int)diff.deletions);
    else
        ck_assert_msg(diff.insertions == 0 && diff.count == 0, "%s", example->why);
    for (size_t i = 0; i < diff.count; i++) {
        size_t length = strlen(have);
        have[length++] = ' ';
        length += path_write(diff.files[i], have + length, sizeof have - length - 1);
        have[length] = '\0';
    }
    ck_assert_msg(strcmp(have, example->reading) == 0, "%s: '%s', expected '%s'", example->why,
                  have, example->reading);
}

static void expect_all(const struct example *examples, size_t count) {
    for (size_t i = 0; i < count; i++)
        expect(&examples[i]);
}

#define HUNK_TEXT "@@ -1,2 +1,3 @@ int main(void)\n one\n-two\n+three\n+four\n"
#define PLAIN     "--- a/x.c\n+++ b/x.c\n" HUNK_TEXT
#define GIT       "diff --git a/x.c b/x.c\nindex 0123456..789abcd 100644\n" PLAIN

START_TEST(finds_diffs_of_every_tool) {
    static const struct example examples[] = {
        {"git", GIT, "+2 -1 x.c"},
        {"plain", PLAIN, "+2 -1 x.c"},
        {"after prose, before a signature", "Hello\n---\n x.c | 3 ++-\n\n" GIT "-- \n2.39.5\n",
         "+2 -1 x.c"},
        {"CR LF", "--- a/x.c\r\n+++ b/x.c\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n", "+1 -1 x.c"},
        {"CVS, which names the folder in Index: only",
         "Index: dir/x.c\n"
         "===================================================================\n"
         "RCS file: /cvs/dir/x.c,v\nretrieving revision 1.3\ndiff -u -p -r1.3 x.c\n"
         "--- x.c\t17 Aug 2011 00:39:38 -0000\t1.3\n+++ x.c\t5 Dec 2011 20:15:49 -0000\n" HUNK_TEXT,
         "+2 -1 dir/x.c"},
        {"Subversion",
         "Index: dir/x.c\n"
         "===================================================================\n"
         "--- dir/x.c\t(revision 12)\n+++ dir/x.c\t(working copy)\n" HUNK_TEXT,
         "+2 -1 dir/x.c"},
        {"Subversion, binary",
         "Index: x.png\n"
         "===================================================================\n"
         "Cannot display: file marked as a binary type.\n",
         "+0 -0 x.png"},
        {"quilt",
         "Index: linux-5.4/mm/x.c\n--- linux-5.4.orig/mm/x.c\t2020-01-01 00:00:00 +0000\n"
         "+++ linux-5.4/mm/x.c\t2020-01-02 00:00:00 +0000\n" HUNK_TEXT,
         "+2 -1 mm/x.c"},
        {"a slug on the old name", "--- a/mm/x.c~slug\n+++ a/mm/x.c\n" HUNK_TEXT, "+2 -1 mm/x.c"},
        {"hg, without the form of git",
         "diff -r 0123456789ab -r 123456789abc dir/x.c\n"
         "--- a/dir/x.c\tThu Jan 02 00:00:00 2020 +0000\n"
         "+++ b/dir/x.c\tFri Jan 03 00:00:00 2020 +0000\n" HUNK_TEXT,
         "+2 -1 dir/x.c"},
        {"hg, binary", "diff -r 0123456789ab x.png\nBinary file x.png has changed\n",
         "+0 -0 x.png"},
        {"diff -r, binary", "diff -ur a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n",
         "+0 -0 x.png"},
        {"a merge: one column for each parent; a line is added or deleted once",
         "diff --cc x.c\nindex 0123456,1234567..2345678\n--- a/x.c\n+++ b/x.c\n"
         "@@@ -1,2 -1,3 +1,3 @@@\n  one\n- two\n -three\n+ four\n++five\n+no line of the hunk\n",
         "+2 -2 x.c"},
        {"context diff: a changed line counts as deleted and added",
         "*** a/x.c\t2020-01-01 00:00:00\n--- b/x.c\t2020-01-02 00:00:00\n***************\n"
         "*** 1,3 ****\n  one\n! two\n- three\n--- 1,3 ----\n  one\n! TWO\n+ four\n"
         "+ no line of the hunk\n",
         "+2 -2 x.c"},
        {"context diff that only adds: there is no old half",
         "Index: x.c\n*** x.c\t1 Jan 2020 00:00:00\n--- x.c\t2 Jan 2020 00:00:00\n"
         "***************\n*** 1,2 ****\n--- 1,3 ----\n  one\n+ new\n  two\n",
         "+1 -0 x.c"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(names_files_as_the_repository_does) {
    static const struct example examples[] = {
        {"a wrapped line of git",
         "diff --git a/dir/x.c \nb/dir/x.c\nnew file mode 100644\n--- /dev/null\n+++ b/dir/x.c\n"
         "@@ -0,0 +1 @@\n+x\n",
         "+1 -0 dir/x.c"},
        {"... of a deleted file",
         "diff --git a/dir/x.c\nb/dir/x.c\ndeleted file mode 100644\n--- a/dir/x.c\n+++ "
         "/dev/null\n@@ -1 +0,0 @@\n-x\n",
         "+0 -1 dir/x.c"},
        {"... without hunks", "diff --git a/x.png\nb/x.png\nnew file mode 100644\n", "+0 -0 x.png"},
        {"... in front of another file",
         "diff --git a/y\nb/y\nold mode 100644\nnew mode 100755\n" GIT, "+2 -1 y x.c"},
        {"... that is CR LF", "diff --git a/y\r\nb/y\r\nold mode 100644\r\nnew mode 100755\r\n",
         "+0 -0 y"},
        {"the next line is no name", "diff --git a/y\nindex 0123456..789abcd 100644\n" PLAIN,
         "+2 -1 x.c"},
        {"a dot", "--- ./dir/x.c\n+++ ./dir/x.c\n" HUNK_TEXT, "+2 -1 dir/x.c"},
        {"a dot of Subversion",
         "Index: ./x.c\n--- ./x.c\t(revision 1)\n+++ ./x.c\t(working copy)\n" HUNK_TEXT,
         "+2 -1 x.c"},
        {"a dot below the side", "--- a/./x.c\n+++ b/./x.c\n" HUNK_TEXT, "+2 -1 x.c"},
        {"a dot above it", "--- ./a/x.c\n+++ ./b/x.c\n" HUNK_TEXT, "+2 -1 x.c"},
        {"a hidden file", "--- a/.x\n+++ b/.x\n" HUNK_TEXT, "+2 -1 .x"},
        {"a side on the new name only", "--- dir/x.c\n+++ b/dir/x.c\n" HUNK_TEXT, "+2 -1 dir/x.c"},
        {"a folder of that name", "--- b/x.c\t(revision 1)\n+++ b/x.c\t(working copy)\n" HUNK_TEXT,
         "+2 -1 x.c"},
        {"the folder b of git without prefixes",
         "diff --git b/x.c b/x.c\n--- b/x.c\n+++ b/x.c\n" HUNK_TEXT, "+2 -1 b/x.c"},
        {"folders around the differing one",
         "--- project/old/dir/x.c\n+++ project/new/dir/x.c\n" HUNK_TEXT, "+2 -1 dir/x.c"},
        {"... absolute", "--- /home/me/x-1.0/dir/x.c\n+++ /home/me/x-1.0.new/dir/x.c\n" HUNK_TEXT,
         "+2 -1 dir/x.c"},
        {"... of git",
         "diff --git project/old/x.c project/new/x.c\n--- project/old/x.c\n"
         "+++ project/new/x.c\n" HUNK_TEXT,
         "+2 -1 x.c"},
        {"... without hunks", "diff --git p/old/x p/new/x\nold mode 100644\nnew mode 100755\n",
         "+0 -0 x"},
        {"a folder new that does not differ", "--- a/p/new/x.c\n+++ b/p/new/x.c\n" HUNK_TEXT,
         "+2 -1 p/new/x.c"},
        {"another name in another folder", "--- p/old/y.c\n+++ p/new/x.c\n" HUNK_TEXT,
         "+2 -1 p/new/x.c"},
        {"two folders differ", "--- p/old/1/x.c\n+++ p/new/2/x.c\n" HUNK_TEXT, "+2 -1 p/new/2/x.c"},
        {"a rename", "diff --git a/p/old/x b/p/new/x\nrename from p/old/x\nrename to p/new/x\n",
         "+0 -0 p/new/x"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(names_the_old_paths_of_renames) {
    struct diff diff;
    char name[20];
    diff_init(&diff);
    diff_scan(&diff, patchmark_text_of("diff --git a/dir/old b/new\nsimilarity index 100%\n"
                                       "rename from dir/old\nrename to new\n"
                                       "diff --git a/x b/y\ncopy from x\ncopy to y\n" GIT
                                       "rename from text\n"));
    ck_assert_uint_eq(diff.old_count, 1); /* a copied file is as before */
    ck_assert_uint_eq(path_write(diff.old_files[0], name, sizeof name), strlen("dir/old"));
    ck_assert_int_eq(memcmp(name, "dir/old", strlen("dir/old")), 0);
}
END_TEST

START_TEST(accepts_header_lines_only_from_git) {
    static const struct example examples[] = {
        {"rename",
         "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n",
         "+0 -0 new"},
        {"copy", "diff --git a/old b/new\ncopy from old\ncopy to dir/new\n", "+0 -0 dir/new"},
        {"mode", "diff --git a/run me b/run me\nold mode 100644\nnew mode 100755\n",
         "+0 -0 run me"},
        {"empty file", "diff --git a/x b/x\nnew file mode 100644\nindex 000000000..e69de29bb\n",
         "+0 -0 x"},
        {"deleted empty file", "diff --git a/x b/x\ndeleted file mode 100644\n", "+0 -0 x"},
        {"binary",
         "diff --git x.bmp x.bmp\nindex 0123..4567 100644\nGIT binary patch\nliteral 5\n"
         "McmZQzU|?imU|?ckU|;|M00aO5\n\nliteral 0\nHcmV?d00001\n\n",
         "+0 -0 x.bmp"},
        {"binary, without its content",
         "diff --git a/x.png b/x.png\nBinary files a/x.png and /dev/null differ\n", "+0 -0 x.png"},
        {"several",
         "diff --git a/x b/x\nnew file mode 100644\ndiff --git a/y b/y\nold mode 100644\n",
         "+0 -0 x y"},
        {"the first line alone may be prose", "diff --git a/x b/x\n\nis what it said\n", "none"},
        {"header lines count only directly after it",
         "diff --git a/x b/x\n\nnew mode 100755 is wrong\n", "none"},
        {"header lines of git do not count after another diff", "diff -u x y\nnew mode 100755\n",
         "none"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(ignores_prose) {
    static const struct example examples[] = {
        {"empty", "", "none"},
        {"the word", "diff between the two is small\nIndex: a list of words\n", "none"},
        {"a command", "diff -u old new\nshows nothing\n", "none"},
        {"names without a hunk", "--- a/x.c\n+++ b/x.c\nand so on\n", "none"},
        {"a hunk without names", HUNK_TEXT, "none"},
        {"a separator and a diffstat", "---\n x.c | 2 +-\n 1 file changed\n", "none"},
        {"quoted",
         "> diff --git a/x b/x\n> old mode 100644\n> --- a/x\n> +++ b/x\n> @@ -1 +1 @@\n>-a\n",
         "none"},
        {"quoted by a bar", "| --- a/x\n| +++ b/x\n| @@ -1 +1 @@\n| -a\n", "none"},
        {"indented, as in an interdiff", "  diff --git a/x b/x\n  old mode 100644\n", "none"},
        {"a list under a line of stars", "*** a\n--- b\nno stars\n", "none"},
        {"a heading under Index:", "Index: first\n=============\n", "none"},
        {"not the form of a hunk", "--- a/x\n+++ b/x\n@@ -1 1 @@\n-a\n", "none"},
        {"nor this", "--- a/x\n+++ b/x\n@@ 1,2 @@\n-a\n", "none"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(names_files) {
    static const struct example examples[] = {
        {"deleted: the old name", "--- a/x.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", "+0 -1 x.c"},
        {"new", "--- /dev/null\n+++ b/x.c\n@@ -0,0 +1 @@\n+a\n", "+1 -0 x.c"},
        {"neither is a file", "--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n", "+1 -1"},
        {"each once", GIT PLAIN GIT, "+6 -3 x.c"},
        {"renamed with changes",
         "diff --git a/old.c b/new.c\nsimilarity index 90%\nrename from old.c\nrename to new.c\n"
         "--- a/old.c\n+++ b/new.c\n" HUNK_TEXT,
         "+2 -1 new.c"},
        {"no prefixes", "diff --git dir/x.c dir/x.c\n--- dir/x.c\n+++ dir/x.c\n" HUNK_TEXT,
         "+2 -1 dir/x.c"},
        {"no prefixes, from folder to folder: the name in rename is used",
         "diff --git a/x.c b/x.c\nrename from a/x.c\nrename to b/x.c\n--- a/x.c\n+++ "
         "b/x.c\n" HUNK_TEXT,
         "+2 -1 b/x.c"},
        {"renamed, and cut before the new name",
         "diff --git a/old name b/newer name\nsimilarity index 90%\n", "+0 -0 newer name"},
        {"no prefixes, a folder named a",
         "diff --git a/x.c a/x.c\n--- a/x.c\n+++ a/x.c\n" HUNK_TEXT, "+2 -1 a/x.c"},
        {"diff.mnemonicPrefix", "diff --git i/x.c w/x.c\n--- i/x.c\n+++ w/x.c\n" HUNK_TEXT,
         "+2 -1 x.c"},
        {"mnemonic and deleted", "diff --git i/x w/x\n--- i/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
         "+0 -1 x"},
        {"a tab ends names with blanks", "--- a/my file\t\n+++ b/my file\t\n" HUNK_TEXT,
         "+2 -1 my file"},
        {"a date after blanks, where a mail program removed the tab",
         "--- a/x.c  2020-01-01 00:00:00\n+++ b/x.c  2020-01-02 00:00:00\n" HUNK_TEXT, "+2 -1 x.c"},
        {"quoted: UTF-8 in octal", "diff --git \"a/\\303\\244.c\" \"b/\\303\\244.c\"\nold mode 1\n",
         "+0 -0 ä.c"},
        {"quoted name lines", "--- \"a/\\\"q\\\\.c\"\n+++ \"b/\\\"q\\\\.c\"\n" HUNK_TEXT,
         "+2 -1 \"q\\.c"},
        {"quoted on one side",
         "diff --git a/x \"b/\\303\\244\"\nrename from x\nrename to \"\\303\\244\"\n", "+0 -0 ä"},
        {"control bytes are shown as U+FFFD", "diff --git \"a/x\\ny\" \"b/x\\ny\"\nold mode 1\n",
         "+0 -0 x\uFFFDy"},
        {"a byte that is not UTF-8 is shown as U+FFFD: Latin 1",
         "diff --git a/\xe4.c b/\xe4.c\nold mode 100644\n", "+0 -0 \uFFFD.c"},
        {"an overlong form is shown as U+FFFD",
         "diff --git \"a/\\300\\257\" \"b/\\300\\257\"\nold mode 1\n", "+0 -0 \uFFFD\uFFFD"},
        {"... of three bytes",
         "diff --git \"a/\\340\\200\\257\" \"b/\\340\\200\\257\"\nold mode 1\n",
         "+0 -0 \uFFFD\uFFFD\uFFFD"},
        {"a quote that is never closed", "--- \"a/x\n+++ \"b/x\n" HUNK_TEXT, "+2 -1"},
        {"a name line that a mail program wrapped",
         "diff --git a/long\nb/long\nindex 1..2\n--- a/long\n+++ b/long\n" HUNK_TEXT, "+2 -1 long"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(counts_by_the_hunk_header) {
    static const struct example examples[] = {
        {"lines after the hunk are not part of it", PLAIN "- a list\n+ of thoughts\n", "+2 -1 x.c"},
        {"a signature is not part of it", PLAIN "-- \nA. Author\n", "+2 -1 x.c"},
        {"a missing count is 1", "--- a/x\n+++ b/x\n@@ -7 +7 @@\n-a\n+b\n-c\n", "+1 -1 x"},
        {"nothing", "--- a/x\n+++ b/x\n@@ -0,0 +0,0 @@\n-c\n", "+0 -0 x"},
        {"two hunks with a remark between", PLAIN "[...]\n@@ -9 +10 @@\n-a\n+b\n", "+3 -2 x.c"},
        {"no newline at the end",
         "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline\n",
         "+1 -1 x"},
        {"context lines that lost their blank",
         "--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n\n\tb\n-c\n+d\n\n-e\n", "+1 -1 x"},
        {"names of files as content",
         "--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- a/y\n+++ b/y\n@@ -5 +5 @@\n-a\n+b\n", "+2 -2 x"},
        {"a signature as content", "--- a/x\n+++ b/x\n@@ -1,2 +0,0 @@\n-- \n-b\n", "+0 -2 x"},
        {"headers as content",
         "--- a/x\n+++ b/x\n@@ -1,2 +1,1 @@\n diff --git a/y b/y\n-Index: y\n", "+0 -1 x"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(reads_hunks_with_wrong_counts) {
    static const struct example examples[] = {
        {"cut inside a hunk", "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n", "+1 -1 x"},
        {"cut inside a header", GIT "diff --git a/y b/y\nindex 12..34\n--- a/y\n", "+2 -1 x.c y"},
        {"a count that is too large: a signature ends the hunk",
         "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n-- \n2.39.5\n\n", "+1 -1 x"},
        {"... also one without its blank",
         "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n--\n2.39.5\n", "+1 -1 x"},
        {"... the next file of git ends the hunk", "--- a/y\n+++ b/y\n@@ -1,9 +1,9 @@\n-a\n" GIT,
         "+2 -2 y x.c"},
        {"... the next plain file ends the hunk", "--- a/y\n+++ b/y\n@@ -1,9 +1,9 @@\n-a\n" PLAIN,
         "+2 -2 y x.c"},
        {"... the next hunk ends the hunk",
         "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n@@ -20 +20 @@\n+b\n", "+1 -1 x"},
        {"a count that does not fit in a number",
         "--- a/x\n+++ b/x\n@@ -1,99999999999999999999 +1,2 @@\n-a\n+b\n", "+1 -1 x"},
        {"lines that a mail program wrapped are ignored",
         "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n long\nline\n-old and\nlong\n+new and\nlong\n",
         "+1 -1 x"},
        {"more parents than are supported", "--- a/x\n+++ b/x\n@@@@@@@@@@@@ -1 +1 @@\n-a\n",
         "none"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

/* Returns COUNT copies of TEXT, in which each '#' is replaced by the number of the copy.  The
 * caller frees the result. */
static char *repeat(const char *text, size_t count) {
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);
    ck_assert_ptr_nonnull(stream);
    for (size_t i = 0; i < count; i++)
        for (const char *c = text; *c != '\0'; c++)
            if (*c == '#')
                fprintf(stream, "%zu", i);
            else
                fputc(*c, stream);
    fclose(stream);
    return out;
}

START_TEST(keeps_a_bounded_number_of_files) {
    AUTO(free) char *text = repeat("--- a/#\n+++ b/#\n@@ -1 +1,2 @@\n-a\n+b\n+c\n", 10000);
    struct diff diff;
    diff_init(&diff);
    ck_assert(diff_scan(&diff, patchmark_text_of(text)));
    ck_assert_uint_eq(diff.count, DIFF_FILES);
    ck_assert_int_eq(diff.insertions, 20000);
    ck_assert_int_eq(diff.deletions, 10000);
}
END_TEST

/* 500 KB and more of each: quadratic time would exceed the limit of Check. */
START_TEST(is_linear) {
    static const char *const pieces[] = {
        "\n",        "--- a\n", "--- a\n+++ b\n",     "*** a\n--- b\n", "-- \n", "x ",
        "diff -u\n", "@@",      "diff --git a/ b/\n", "Index: a\n",     "\\303", "Binary files and",
        " 2020-0",   "\"",      "@@ -1 +1 @@\n+a\n",
    };
    static const char *const starts[] = {"", "--- \"a\n+++ b\n@@ -1,999999999 +1,999999999 @@\n",
                                         "diff --git \"", "diff --git a ", "--- "};
    for (size_t i = 0; i < COUNT(starts); i++)
        for (size_t k = 0; k < COUNT(pieces); k++) {
            AUTO(free) char *many = repeat(pieces[k], 500 * 1024 / strlen(pieces[k]));
            AUTO(free) char *text = NULL;
            struct diff diff;
            diff_init(&diff);
            ck_assert_int_gt(asprintf(&text, "%s%s\nold mode 1\n", starts[i], many), 0);
            diff_scan(&diff, patchmark_text_of(text));
            ck_assert_uint_le(diff.count, DIFF_FILES);
        }
}
END_TEST

SUITE(diff_suite) {
    TCase *cases = tcase_create("diff");
    tcase_add_test(cases, finds_diffs_of_every_tool);
    tcase_add_test(cases, names_files_as_the_repository_does);
    tcase_add_test(cases, names_the_old_paths_of_renames);
    tcase_add_test(cases, accepts_header_lines_only_from_git);
    tcase_add_test(cases, ignores_prose);
    tcase_add_test(cases, names_files);
    tcase_add_test(cases, counts_by_the_hunk_header);
    tcase_add_test(cases, reads_hunks_with_wrong_counts);
    tcase_add_test(cases, keeps_a_bounded_number_of_files);
    tcase_add_test(cases, is_linear);
    Suite *suite = suite_create("diff");
    suite_add_tcase(suite, cases);
    return suite;
}
