/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_patch_id.h - patches, and the text that git hashes for their ids.  test_patch_id.c compares
 * this text, and test_patch_id_git.c compares the ids with the output of git.
 */
#ifndef PATCH_TEST_PATCH_ID_H
#define PATCH_TEST_PATCH_ID_H

#include "support/local.h"

#define patch_id_read LOCAL(patch_id_read)

#include "patchmark-plugin.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(literal) \
    { literal, sizeof(literal) - 1 } /* may contain NULs */

struct example {
    const char *why;
    struct patchmark_text text;
    const char *hashed; /* one line for each file, in any order; NULL if there is no id */
};

#define COMMIT "0123456789abcdefABCDEF0123456789abcdef01"
#define GIT    "diff --git a/x b/x\n"
#define NAMES  "--- a/x\n+++ b/x\n"
#define HUNK   "@@ -1,2 +1,2 @@ int main(void)\n one\n-two\n+2\n"
#define PATCH  GIT "index 0123456..789abcd 100644\n" NAMES HUNK
#define OTHER \
    "diff --git a/y b/y\nindex 1111111..2222222 100644\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n"

#define PATCH_HASHED "diff--gita/xb/x---a/x+++b/xone-two+2"
#define OTHER_HASHED "diff--gita/yb/y---a/y+++b/y-a+b"
#define SIGNATURE    "-- \n2.39.5\n"
#define NO_NEWLINE   "\\ No newline at end of file\n"
#define BINARY \
    "diff --git a/i b/i\nindex 1234567..89abcde 100644\nBinary files a/i and b/i differ\n"
#define BINARY_HASHED "diff--gita/ib/i123456789abcde"

static const struct example examples[] = {
    /* Where a patch begins and ends. */
    {"nothing", TEXT(""), NULL},
    {"prose", TEXT("Hello,\n\na diff is attached.\n"), NULL},
    {"a diff without a line \"diff --git\"", TEXT(NAMES HUNK), NULL},
    {"a diff of Subversion", TEXT("Index: x\n==========\n" NAMES HUNK), NULL},
    {"quoted", TEXT("> " GIT "> " NAMES), NULL},
    {"a patch", TEXT(PATCH), PATCH_HASHED},
    {"below prose", TEXT("Hello\n---\n x | 2 +-\n\n" PATCH), PATCH_HASHED},
    {"above a signature", TEXT(PATCH SIGNATURE), PATCH_HASHED},
    {"above a list's footer", TEXT(PATCH "_______\nhttps://example.org/list\n"), PATCH_HASHED},
    {"two files", TEXT(PATCH OTHER), PATCH_HASHED "\n" OTHER_HASHED},
    {"in the other order", TEXT(OTHER PATCH), PATCH_HASHED "\n" OTHER_HASHED},
    {"only the line \"diff --git\"", TEXT(GIT), "diff--gita/xb/x"},
    {"half a line", TEXT("diff --gi"), "diff--gi"},
    {"cut in a hunk", TEXT(GIT NAMES "@@ -1,9 +1,9 @@\n one\n-tw"),
     "diff--gita/xb/x---a/x+++b/xone-tw"},
    {"prose that starts with \"diff \" starts a patch, and an empty line ends it",
     TEXT("diff of both:\n\n" PATCH), "diffofboth:"},
    {"the same without an empty line: the prose is hashed",
     TEXT("diff of both,\nas asked:\n" PATCH), "diffofboth,asasked:" PATCH_HASHED},
    {"\"diff\" without a blank starts no patch", TEXT("diff\ndiffs x\n"), NULL},
    {"the second patch of a text is ignored", TEXT(PATCH SIGNATURE OTHER), PATCH_HASHED},

    /* Commits. */
    {"below the line of git format-patch", TEXT("From " COMMIT " Mon Sep 17\n" PATCH),
     PATCH_HASHED},
    {"below the line of git log", TEXT("commit " COMMIT "\n\n    text\n\n" PATCH), PATCH_HASHED},
    {"the next commit ends it", TEXT(GIT "commit " COMMIT "\n" PATCH), "diff--gita/xb/x"},
    {"the next mail ends it", TEXT(GIT "From " COMMIT "\n" PATCH), "diff--gita/xb/x"},
    {"a commit id alone ends it, with any text after it", TEXT(GIT COMMIT "0\n" PATCH),
     "diff--gita/xb/x"},
    {"a commit id ends it in a hunk, too", TEXT(GIT NAMES "@@ -1,3 +1 @@\n-a\n" COMMIT "\n-b\n"),
     "diff--gita/xb/x---a/x+++b/x-a"},
    {"a short commit id does not end it", TEXT(GIT "commit 0123456\n" NAMES),
     "diff--gita/xb/xcommit0123456"
     "---a/x+++b/x"},
    {"a commit id that is not at the start of a line does not end it", TEXT(GIT "see " COMMIT "\n"),
     "diff--gita/xb/xsee" COMMIT},

    /* White space, remarks, NUL. */
    {"CR LF",
     TEXT("diff --git a/x b/x\r\nindex 1234567..89abcde 100644\r\n--- a/x\r\n+++ b/x\r\n"
          "@@ -1,2 +1,2 @@\r\n one\r\n-two\r\n+2\r\n-- \r\n2.39.5\r\n"),
     PATCH_HASHED},
    {"blanks in and at the end of lines",
     TEXT(GIT NAMES "@@ -1,2 +1,2 @@\n  o n\te \n-t wo\t\n+ 2\n"), PATCH_HASHED},
    {"vertical tab and form feed are not white space", TEXT(GIT NAMES "@@ -1 +1 @@\n-a\v\n+a\f\n"),
     "diff--gita/xb/x---a/x+++b/x-a\v+a\f"},
    {"no newline at the end", TEXT(GIT NAMES "@@ -1 +1 @@\n-a\n" NO_NEWLINE "+b\n" NO_NEWLINE),
     "diff--gita/xb/x---a/x+++b/x-a+b"},
    {"a backslash line of twelve bytes is a line",
     TEXT(GIT NAMES "@@ -1 +1 @@\n\\ 345678901\n-a\n"), "diff--gita/xb/x---a/x+++b/x\\345678901-a"},
    {"a backslash line of thirteen bytes is a remark",
     TEXT(GIT NAMES "@@ -1 +1 @@\n\\ 3456789012\n-a\n"), "diff--gita/xb/x---a/x+++b/x-a"},
    {"a remark in a header is ignored", TEXT(GIT NO_NEWLINE NAMES), "diff--gita/xb/x---a/x+++b/x"},
    {"a line ends at NUL", TEXT(GIT NAMES "@@ -1 +1 @@\n-a\0b\n+c\0\n\0+d\n+e\n"),
     "diff--gita/xb/x---a/x+++b/x-a+c"},
    {"a remark that a NUL cuts is a line", TEXT(GIT NAMES "@@ -1 +1 @@\n\\ No\0 newline at\n-a\n"),
     "diff--gita/xb/x---a/x+++b/x\\No-a"},
    {"bytes that are not UTF-8", TEXT(GIT NAMES "@@ -1 +0,0 @@\n-\xe4\xff\x80\n"),
     "diff--gita/xb/x---a/x+++b/x-\xe4\xff\x80"},

    /* Headers. */
    {"a rename without changes is hashed with the next file",
     TEXT("diff --git a/p b/q\nsimilarity index 100%\nrename from p\nrename to q\n" PATCH),
     "diff--gita/pb/qsimilarityindex100%renamefromprenametoq" PATCH_HASHED},
    {"a rename with changes",
     TEXT("diff --git a/p b/q\nsimilarity index 98%\nrename from p\nrename to q\n"
          "index 1234567..89abcde 100644\n--- a/p\n+++ b/q\n@@ -1 +1 @@\n-a\n+b\n" PATCH),
     "diff--gita/pb/qsimilarityindex98%renamefromprenametoq---a/p+++b/q-a+b\n" PATCH_HASHED},
    {"a mode", TEXT(GIT "old mode 100644\nnew mode 100755\n" OTHER),
     "diff--gita/xb/xoldmode100644newmode100755" OTHER_HASHED},
    {"a mode, then a signature", TEXT(GIT "old mode 100644\nnew mode 100755\n" SIGNATURE),
     "diff--gita/xb/xoldmode100644newmode100755"},
    {"a mode, then prose", TEXT(GIT "old mode 100644\nnew mode 100755\nBye\n\nmore\n"),
     "diff--gita/xb/xoldmode100644newmode100755Bye"},
    {"a new empty file", TEXT(GIT "new file mode 100644\nindex 0000000..e69de29\n" OTHER),
     "diff--gita/xb/xnewfilemode100644" OTHER_HASHED},
    {"a deleted file",
     TEXT(GIT "deleted file mode 100644\nindex 1234567..0000000\n--- a/x\n+++ /dev/null\n"
              "@@ -1 +0,0 @@\n-a\n" SIGNATURE),
     "diff--gita/xb/xdeletedfilemode100644---a/x+++/dev/null-a"},
    {"a diff of diff -r",
     TEXT("diff -ru p/x q/x\n--- p/x\t2020-01-01\n+++ q/x\t2020-01-02\n" HUNK
          "Only in p: y\n" OTHER),
     "diff-rup/xq/x---p/x2020-01-01+++q/x2020-01-02one-two+2"},

    /* Binary files. */
    {"after a last binary file, an empty file is hashed", TEXT(BINARY), BINARY_HASHED "\n"},
    {"after a binary file, the next \"diff\" line is not hashed", TEXT(BINARY OTHER SIGNATURE),
     BINARY_HASHED "\n---a/y+++b/y-a+b"},
    {"the content of a binary patch is ignored",
     TEXT(GIT "index 1234567..89abcde 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n"
              "literal 0\nHcmV?d00001\n\n" SIGNATURE),
     "diff--gita/xb/x123456789abcde\n"},
    {"the line of hg about a binary file is hashed like others",
     TEXT(GIT "index 1234567..89abcde\nBinary file x has changed\n"),
     "diff--gita/xb/xBinaryfilexhaschanged"},
    {"without a mode, a CR is a part of the blob id",
     TEXT(GIT "new file mode 100644\r\nindex 0000000..89abcde\r\nBinary files differ\r\n"),
     "diff--gita/xb/xnewfilemode100644000000089abcde\r\n"},
    {"the blob id before a NUL loses its last byte",
     TEXT(GIT "index 0000000..89abcde\0\nBinary files differ\n"), "diff--gita/xb/x000000089abcd\n"},
    {"blob ids may be any text", TEXT(GIT "index a b.c..d..e f\nBinary files\n"),
     "diff--gita/xb/xa b.cd..e\n"},
    {"blob ids are cut after 64 bytes",
     TEXT(GIT "index " COMMIT COMMIT ".." COMMIT COMMIT " 100644\nBinary files\n"),
     "diff--gita/xb/x" COMMIT "0123456789abcdefABCDEF01" COMMIT "0123456789abcdefABCDEF01\n"},
    {"without an index line, the blob ids of the preceding file are hashed",
     TEXT(GIT "index 1234567..89abcde\nindex x\n" BINARY "diff a\nBinary files\n"),
     "diff--gita/xb/x" BINARY_HASHED "\n123456789abcde\n"},

    /* Hunks. */
    {"a hunk starts with \"@@ -\", and this line is not hashed",
     TEXT(GIT NAMES HUNK "@@ -9 +9 @@ x\n-a\n+b\n"), PATCH_HASHED "-a+b"},
    {"any other line after a hunk ends the patch", TEXT(GIT NAMES HUNK "@@@ -9 +9 @@ x\n-a\n+b\n"),
     PATCH_HASHED},
    {"names without a hunk", TEXT(GIT NAMES OTHER), "diff--gita/xb/x---a/x+++b/x\n" OTHER_HASHED},
    {"a context line without its blank is not counted, so the signature is hashed",
     TEXT(GIT NAMES "@@ -1,2 +1,2 @@\n\n-two\n+2\n" SIGNATURE),
     "diff--gita/xb/x---a/x+++b/x-two+2--2.39.5"},
    {"a count that is too large: the next file is in the hunk",
     TEXT(GIT NAMES "@@ -1,9 +1,9 @@\n-a\n" OTHER),
     "diff--gita/xb/x---a/x+++b/x-adiff--gita/yb/yindex1111111..2222222100644---a/y+++b/y"
     "@@-1+1@@-a+b"},
    {"one old line too many: a header follows",
     TEXT(GIT NAMES "@@ -0,0 +1,2 @@\n-a\nindex 1..2\n+b\n"), "diff--gita/xb/x---a/x+++b/x-a"},
    {"one context line too many: a header follows", TEXT(GIT NAMES "@@ -0,0 +1,2 @@\n+a\n \n+b\n"),
     "diff--gita/xb/x---a/x+++b/x+a"},
    {"missing counts are 1", TEXT(GIT NAMES "@@ -5 +5 @@\n-a\n+b\n+c\n"),
     "diff--gita/xb/x---a/x+++b/x-a+b"},
    {"no counts: 1 and nothing", TEXT(GIT NAMES "@@ -x\n-a\n+b\n"),
     "diff--gita/xb/x---a/x+++b/x-a"},
    {"after a range without a number, the line is not read", TEXT(GIT NAMES "@@ -,x +1 @@\n+a\n"),
     "diff--gita/xb/x---a/x+++b/x"},
    {"a negative count means that lines are missing", TEXT(GIT NAMES "@@ -1,-3 +1 @@\n-a\n+b\nc\n"),
     "diff--gita/xb/x---a/x+++b/x-a+bc"},
    {"a count of -1 means the header", TEXT(GIT NAMES "@@ -1,-1 +1 @@\nindex 1..2\nc\n+b\n"),
     "diff--gita/xb/x---a/x+++b/xc"},
    {"counts wrap at 32 bits", TEXT(GIT NAMES "@@ -1,4294967297 +1,4294967296 @@\n-a\n+b\n"),
     "diff--gita/xb/x---a/x+++b/x-a"},
    {"counts are limited at 64 bits",
     TEXT(GIT NAMES "@@ -1,99999999999999999999 +1 @@\nindex 1..2\nc\n+b\n"),
     "diff--gita/xb/x---a/x+++b/xc"},
};

#endif
