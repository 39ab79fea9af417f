/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_patch_id_git.c - compares patch ids with the output of `git patch-id --stable`: for the
 * examples of test_patch_id.h, and for thousands of generated and damaged diffs, which are the same
 * in every run.  Does nothing if git is not installed.
 */
#define TESTS patch_id_git
#include "support/local.h"

#define patch_id_read LOCAL(patch_id_read)

#include "patch-id.c"

#include "support/suite.h"
#include "test_patch_id.h"
#include "util/cleanup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASES      6000
#define BATCH_SIZE 500
#define CUT_CASES  150

/* ---- git ----------------------------------------------------------------------------------- */

#define NO_GIT 127

/* Returns the output of `git patch-id --stable` for INPUT, which the caller frees; NULL if git is
 * not installed. */
static char *ask_git(struct patchmark_text input) {
    FILE *in = tmpfile(), *out = tmpfile();
    int status = 0;
    ck_assert(in != NULL && out != NULL);
    ck_assert_uint_eq(fwrite(input.data, 1, input.length, in), input.length);
    ck_assert_int_eq(fflush(in), 0);
    rewind(in);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        /* Outside of any repository, because that could use another hash. */
        if (chdir("/") == 0 && dup2(fileno(in), STDIN_FILENO) >= 0 &&
            dup2(fileno(out), STDOUT_FILENO) >= 0)
            execlp("git", "git", "patch-id", "--stable", (char *)NULL);
        _exit(NO_GIT);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NO_GIT);
    fclose(in);
    long length = fseek(out, 0, SEEK_END) == 0 ? ftell(out) : -1;
    ck_assert_int_ge(length, 0);
    char *answer = calloc(1, (size_t)length + 1);
    ck_assert_ptr_nonnull(answer);
    rewind(out);
    ck_assert_uint_eq(fread(answer, 1, (size_t)length, out), (size_t)length);
    fclose(out);
    if (WEXITSTATUS(status) == 0)
        return answer;
    free(answer);
    return NULL;
}

static bool git_is_there(void) {
    static const struct patchmark_text nothing = TEXT("");
    AUTO(free) char *answer = ask_git(nothing);
    if (answer == NULL)
        fputs("no git: passed over\n", stderr);
    return answer != NULL;
}

static void expect_same(const char *why, struct patchmark_text text, const char *git_says) {
    struct patch_id id;
    bool found = patch_id_read(text, &id);
    bool same = found ? strncmp(id.hex, git_says, PATCH_ID_SIZE - 1) == 0 : git_says[0] == '\0';
    if (same)
        return;
    fprintf(stderr, "---- %s\n", why);
    fwrite(text.data, 1, text.length, stderr);
    ck_abort_msg("%s: %s, git says '%.40s'", why, found ? id.hex : "no id", git_says);
}

START_TEST(agrees_on_the_examples) {
    if (!git_is_there())
        return;
    for (size_t i = 0; i < COUNT(examples); i++) {
        AUTO(free) char *answer = ask_git(examples[i].text);
        ck_assert_ptr_nonnull(answer);
        expect_same(examples[i].why, examples[i].text, answer);
    }
}
END_TEST

/* ---- generated diffs ----------------------------------------------------------------------- */

static uint64_t seed;

/* Returns a pseudorandom number below its argument (xorshift). */
static size_t roll(size_t most) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed >> 11) % most;
}

static const char *pick(const char *const *choices, size_t count) {
    return choices[roll(count)];
}
#define PICK(...) \
    pick((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static void make_line(FILE *out, char first) {
    static const char *const words[] = {"int",   " ",  "\t",   "x",        "=",         "0;", "{",
                                        "diff ", "@@", "--- ", "\303\244", "+++ b/x",   "/*", "\\",
                                        "index", "\v", "  ",   COMMIT,     "return 1;", "",   "\""};
    fputc(first, out);
    for (size_t count = roll(6); count > 0; count--)
        fputs(words[roll(COUNT(words))], out);
    if (roll(400) == 0)
        fprintf(out, "%05000d", 0);
    fputs("\n", out);
}

/* Writes a hunk with correct counts.  NAKED is true for one without context, as of git diff -U0. */
static void make_hunk(FILE *out, size_t old, size_t new, bool naked) {
    size_t before = naked ? 0 : roll(4), after = naked ? 0 : roll(4);
    size_t line = roll(2000);
    fprintf(out, "@@ -%zu", line);
    if (before + old + after != 1)
        fprintf(out, ",%zu", before + old + after);
    fprintf(out, " +%zu", line + roll(9));
    if (before + new + after != 1)
        fprintf(out, ",%zu", before + new + after);
    fprintf(out, " @@%s", PICK("\n", " int main(void)\n", " diff\n"));
    for (; before > 0; before--)
        make_line(out, ' ');
    for (; old > 0; old--)
        make_line(out, '-');
    if (after == 0 && roll(5) == 0)
        fputs(NO_NEWLINE, out);
    for (; new > 0; new --)
        make_line(out, '+');
    for (; after > 0; after--)
        make_line(out, ' ');
    if (roll(8) == 0)
        fputs(NO_NEWLINE, out);
}

static void make_index(FILE *out, const char *mode) {
    fprintf(out, "index %07zx..%07zx%s\n", roll(0xfffffff), roll(0xfffffff), mode);
}

static void make_edit(FILE *out, const char *old, const char *new) {
    make_index(out, " 100644");
    fprintf(out, "--- %s\n+++ %s\n", old, new);
    for (size_t count = 1 + roll(3); count > 0; count--)
        make_hunk(out, roll(4), roll(4), roll(6) == 0);
}

static void make_rename(FILE *out, const char *old, const char *new, const char *how) {
    static const char *const headers[] = {"similarity index 100%", "similarity index 87%",
                                          "dissimilarity index 60%"};
    fprintf(out, "%s\n%s from %s\n%s to %s\n", headers[roll(COUNT(headers))], how, old, how, new);
    if (roll(2) == 0)
        make_edit(out, old, new);
}

static void make_binary(FILE *out, const char *name) {
    bool new_file = roll(3) == 0;
    if (new_file)
        fputs("new file mode 100644\n", out);
    make_index(out, new_file ? "" : " 100644");
    if (roll(2) == 0)
        fprintf(out, "Binary files a/%s and b/%s differ\n", name, name);
    else
        fputs("GIT binary patch\nliteral 3\nKcmZQzWMXDvWDo!V\n\nliteral 0\nHcmV?d00001\n\n", out);
}

static void make_file(FILE *out) {
    const char *name = PICK("x", "lib/count.c", "a b", "diff", "index");
    const char *new = roll(4) == 0 ? "other" : name;
    fprintf(out, "diff --git a/%s b/%s\n", name, new);
    if (roll(6) == 0)
        fputs("old mode 100644\nnew mode 100755\n", out);
    switch (roll(10)) {
    case 0:
        make_rename(out, name, new, PICK("rename", "copy"));
        break;
    case 1:
        make_binary(out, name);
        break;
    case 2:
        fputs("new file mode 100644\nindex 0000000..e69de29\n", out);
        break;
    case 3:
        fputs("new file mode 100644\nindex 0000000..89abcde\n--- /dev/null\n+++ b/x\n", out);
        make_hunk(out, 0, 1 + roll(5), true);
        break;
    case 4:
        fputs("deleted file mode 100644\nindex 89abcde..0000000\n--- a/x\n+++ /dev/null\n", out);
        make_hunk(out, 1 + roll(5), 0, true);
        break;
    case 5: /* a mode and nothing else, or nothing at all */
        break;
    default:
        make_edit(out, name, new);
    }
}

static void make_patch(FILE *out) {
    fputs(PICK("", "", "Hello,\n---\n x | 2 +-\n\n", "From " COMMIT " Mon Sep 17 00:00:00 2001\n",
               "commit " COMMIT "\n\n    text\n\n", COMMIT "\n", "diff between the two:\n\n",
               "diff of both,\n as asked:\n", NO_NEWLINE),
          out);
    for (size_t count = 1 + roll(4); count > 0; count--)
        make_file(out);
    fputs(PICK("", SIGNATURE, "\n" SIGNATURE, "--\nname\n", "Bye\n",
               SIGNATURE "\n_______\nList mailing list\nhttps://example.org/list\n"),
          out);
}

/* ---- damage -------------------------------------------------------------------------------- */

struct bytes {
    char *data;
    size_t length;
};

static const char *const odd_lines[] = {
    "\n",
    " \n",
    "@@ -1 +1 @@\n",
    "@@ -0,0 +1 @@\n",
    "@@ -1,2 +1,-1 @@\n",
    "@@ -1,-1 +1 @@\n",
    "@@ -1, 2 +1,+1 @@\n",
    "@@ -,1 +1 @@\n",
    "@@ -1,4294967297 +1 @@\n",
    "@@ x\n",
    "@@ -1,1+1\n",
    "@@ -1,99999999999999999999 +1,-99999999999999999999 @@\n",
    "--- a/x\n",
    "+++ b/x\n",
    "-\n",
    "+\n",
    "-- \n",
    "--\n",
    "\\ \n",
    "\\ 345678901\n",
    NO_NEWLINE,
    "\\ Kein Zeilenumbruch\n",
    (COMMIT "\n"),
    (COMMIT "12\n"),
    ("commit " COMMIT "\n"),
    "commit 1234\n",
    ("From " COMMIT " x\n"),
    "From: x\n",
    (" " COMMIT "\n"),
    "diff \n",
    "diff\n",
    "diff x\n",
    GIT,
    "index 1234567..89abcde\n",
    "index 1234567..89abcde\r\n",
    "index a b.c..d..e f\n",
    "index ..\n",
    "index x\n",
    "index \n",
    ("index " COMMIT COMMIT ".." COMMIT COMMIT "\n"),
    "Binary files\n",
    "Binary file x\n",
    "GIT binary patch\n",
    "mode\n",
    "1\n",
    "\303\244\n",
    ("> " GIT),
    "\v\n",
    "\f a\n",
};

/* Writes the lines of TEXT with one of them damaged. */
static void damage_line(FILE *out, struct patchmark_text text) {
    size_t count = 0;
    struct patchmark_text line, rest = text;
    while (cut_line(&rest, &line))
        count++;
    size_t at = roll(count + 1), last = at + roll(4), what = roll(4);
    for (size_t i = 0; text.length > 0; i++) {
        const char *start = text.data;
        if (!cut_line(&text, &line))
            break;
        size_t length = (size_t)(text.data - start); /* includes bytes after a NUL */
        if (i == at && what == 0)
            fputs(odd_lines[roll(COUNT(odd_lines))], out);
        if (what == 1 && i >= at && i <= last) /* lost */
            continue;
        if (what == 2 && i == at) /* duplicated */
            fwrite(start, 1, length, out);
        if (what == 3 && i == at && length > 1) /* wrapped */
            fprintf(out, "%.*s\n", (int)roll(line.length + 1), line.data);
        fwrite(start, 1, length, out);
    }
}

static void damage_byte(struct bytes *text) {
    static const char odd[] = "\0\0\0\v\f\r\n\n \t@-+09,\\aFdi.\377";
    if (text->length > 0)
        text->data[roll(text->length)] = odd[roll(sizeof odd - 1)];
}

/* Writes TEXT with CR LF, or without blanks at the ends of lines. */
static void change_ends(FILE *out, struct patchmark_text text, bool crlf) {
    struct patchmark_text line;
    while (cut_line(&text, &line)) {
        size_t length = line.length;
        while (length > 0 &&
               (line.data[length - 1] == '\n' || (!crlf && line.data[length - 1] == ' ')))
            length--;
        fwrite(line.data, 1, length, out);
        fputs(crlf ? "\r\n" : "\n", out);
    }
}

static void damage(struct bytes *text) {
    struct bytes before = *text;
    size_t what = roll(12);
    if (what < 5) {
        damage_byte(text);
        return;
    }
    if (what == 5) {
        text->length = roll(text->length + 1);
        return;
    }
    *text = (struct bytes){NULL, 0};
    FILE *out = open_memstream(&text->data, &text->length);
    ck_assert_ptr_nonnull(out);
    if (what < 10)
        damage_line(out, (struct patchmark_text){before.data, before.length});
    else
        change_ends(out, (struct patchmark_text){before.data, before.length}, what == 10);
    fclose(out);
    free(before.data);
}

/* Returns false for a binary file before the first index line: git then hashes uninitialized
 * memory.
 */
static bool is_defined(struct patchmark_text text) {
    struct reader reader = {.stage = STAGE_HEADER};
    struct patchmark_text line;
    bool defined = true, open = find_start(&text);
    while (open && defined && cut_line(&text, &line)) {
        defined = reader.stage != STAGE_HEADER || reader.old_blob.data != NULL ||
                  !(patchmark_text_starts(line, "Binary files") ||
                    patchmark_text_starts(line, "GIT binary patch"));
        open = read_line(&reader, line);
    }
    end_file(&reader);
    return defined;
}

/* Generates a text that ends with a newline, because in a batch another text follows. */
static struct bytes make_text(void) {
    struct bytes text = {NULL, 0}, whole = {NULL, 0};
    FILE *out = open_memstream(&text.data, &text.length);
    ck_assert_ptr_nonnull(out);
    for (size_t count = roll(6) == 0 ? 3 : 1; count > 0; count--)
        make_patch(out);
    fclose(out);
    for (size_t count = roll(2) * roll(6); count > 0; count--)
        damage(&text);
    out = open_memstream(&whole.data, &whole.length);
    ck_assert_ptr_nonnull(out);
    fwrite(text.data, 1, text.length, out);
    if (text.length == 0 || text.data[text.length - 1] != '\n')
        fputc('\n', out);
    fclose(out);
    free(text.data);
    return whole;
}

/* Generates a text for which the output of git is the same in every run. */
static struct bytes make_case(void) {
    struct bytes text = make_text();
    for (int i = 0; !is_defined((struct patchmark_text){text.data, text.length}); i++) {
        ck_assert_int_lt(i, 10);
        free(text.data);
        text = make_text();
    }
    return text;
}

/* ---- batches ------------------------------------------------------------------------------- */

/* Writes all cases to one stream.  After each case follows a small patch whose commit id is the
 * number of the case, and then another commit, so that git reads each case from the same state. */
static char *ask_git_of_all(const struct bytes *cases, size_t count) {
    struct bytes stream = {NULL, 0};
    FILE *out = open_memstream(&stream.data, &stream.length);
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < count; i++) {
        fwrite(cases[i].data, 1, cases[i].length, out);
        fprintf(out, "commit %040zx\ndiff end of a case\ncommit " COMMIT "\n", i + 1);
    }
    fclose(out);
    char *answer = ask_git((struct patchmark_text){stream.data, stream.length});
    free(stream.data);
    return answer;
}

/* The lines of ANSWER have an id and a commit id.  The lines before the one with the number of a
 * case belong to that case; the first of them has its patch id. */
static void expect_answers(const struct bytes *cases, size_t count, const char *answer) {
    for (size_t i = 0; i < count; i++) {
        const char *first = answer;
        char end[PATCH_ID_SIZE];
        snprintf(end, sizeof end, "%040zx", i + 1); /* git prints 0 for no commit */
        for (; strncmp(answer + PATCH_ID_SIZE, end, PATCH_ID_SIZE - 1) != 0; answer += 82)
            ck_assert_uint_gt(strlen(answer), 82);
        expect_same("made", (struct patchmark_text){cases[i].data, cases[i].length},
                    first == answer ? "" : first);
        answer += 82;
    }
}

START_TEST(agrees_on_generated_diffs) {
    struct bytes cases[BATCH_SIZE];
    if (!git_is_there())
        return;
    seed = 0x9e3779b97f4a7c15 + (uint64_t)_i;
    for (size_t i = 0; i < BATCH_SIZE; i++)
        cases[i] = make_case();
    AUTO(free) char *answer = ask_git_of_all(cases, BATCH_SIZE);
    ck_assert_ptr_nonnull(answer);
    expect_answers(cases, BATCH_SIZE, answer);
    for (size_t i = 0; i < BATCH_SIZE; i++)
        free(cases[i].data);
}
END_TEST

/* One process for each text, because no newline may follow it. */
START_TEST(agrees_on_diffs_cut_anywhere) {
    if (!git_is_there())
        return;
    seed = 0x2545f4914f6cdd1d;
    for (size_t i = 0; i < CUT_CASES; i++) {
        struct bytes whole = make_case();
        struct patchmark_text text = {whole.data, roll(whole.length + 1)};
        AUTO(free) char *answer = ask_git(text);
        ck_assert_ptr_nonnull(answer);
        expect_same("cut", text, answer);
        free(whole.data);
    }
}
END_TEST

SUITE(patch_id_git_suite) {
    TCase *cases = tcase_create("git");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, agrees_on_the_examples);
    tcase_add_test(cases, agrees_on_diffs_cut_anywhere);
    tcase_add_loop_test(cases, agrees_on_generated_diffs, 0, CASES / BATCH_SIZE);
    Suite *suite = suite_create("patch id, by git");
    suite_add_tcase(suite, cases);
    return suite;
}
