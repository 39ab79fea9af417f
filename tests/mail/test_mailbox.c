/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_mailbox.c - which mails a file, a maildir or standard input has, and in which order.
 */
#include "mail/mailbox.h"
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>

#define SEPARATOR "From a@example.org Tue Nov 14 22:13:20 2023\n"

static char path[400];

/* Writes FOLDER/NAME; the path is valid until the next call. */
static const char *write_file(const char *name, const char *text) {
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", support_folder, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    fclose(file);
    return path;
}

static const char *make_folder(const char *name) {
    snprintf(path, sizeof(path), "%s/%s", support_folder, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    return path;
}

static struct mailbox *open_mailbox(const char *name) {
    struct mailbox *mailbox = mailbox_open(name);

    ck_assert_msg(mailbox != NULL, "%s: %s", name, strerror(errno));
    return mailbox;
}

/* Returns all mails, each followed by '$'. */
static const char *all_mails(struct mailbox *mailbox) {
    static char all[4096];
    struct patchmark_text mail;
    size_t length = 0;
    int result;

    while ((result = mailbox_next(mailbox, &mail)) != 0) {
        if (result < 0)
            length += (size_t)snprintf(all + length, sizeof(all) - length, "!$");
        else
            length += (size_t)snprintf(all + length, sizeof(all) - length, "%.*s$",
                                       (int)mail.length, mail.data);
        ck_assert_uint_lt(length, sizeof(all));
    }
    all[length] = '\0';
    ck_assert_int_eq(mailbox_next(mailbox, &mail), 0); /* further calls return 0 too */
    return all;
}

/* ---- files -------------------------------------------------------------------------------- */

static const struct {
    const char *text, *mails;
    bool is_message;
    const char *reason;
} files[] = {
    {"Subject: a\n\nx\n", "Subject: a\n\nx\n$", true, "one message"},
    {"Subject: a\n\n" SEPARATOR "x\n", "Subject: a\n\n" SEPARATOR "x\n$", true,
     "a separator behind the first line does not make an mbox"},
    {"Subject: a\n\n>From x\n", "Subject: a\n\n>From x\n$", true,
     "nothing to unquote in a message"},
    {"", "", true, "an empty file has no mail"},
    {SEPARATOR "Subject: a\n\nx\n\n", "Subject: a\n\nx\n$", false, "an mbox with one mail"},
    {SEPARATOR "Subject: a\n\nx\n\n" SEPARATOR "Subject: b\n\ny\n\n",
     "Subject: a\n\nx\n$Subject: b\n\ny\n$", false,
     "the empty line before a separator is not part of the mail"},
    {SEPARATOR "Subject: a\n\nx\n" SEPARATOR "Subject: b\n\ny",
     "Subject: a\n\nx\n$Subject: b\n\ny$", false, "without empty lines, without an end"},
    {SEPARATOR "Subject: a\n\nx\n\n\n" SEPARATOR "Subject: b\n\n\n",
     "Subject: a\n\nx\n\n$Subject: b\n\n$", false, "only one empty line is removed"},
    {SEPARATOR SEPARATOR "Subject: b\n\ny\n", "$Subject: b\n\ny\n$", false, "an empty mail"},
    {SEPARATOR, "$", false, "nothing behind the separator"},
    {"From a@example.org Tue Nov 14 22:13:20 2023", "$", false, "a separator without a line end"},
    {SEPARATOR "Subject: a\n\nFrom here on it is text\n\nFrom 9:30 to 11:00 we meet\n",
     "Subject: a\n\nFrom here on it is text\n\nFrom 9:30 to 11:00 we meet\n$", false,
     "a line of text is no separator: it has no date"},
    {SEPARATOR "Subject: a\n\nx " SEPARATOR, "Subject: a\n\nx " SEPARATOR "$", false,
     "a separator starts a line"},
    {"From MAILER-DAEMON Tue Nov  4 22:13 2023 +0100\nSubject: a\n\n", "Subject: a\n$", false,
     "dates without seconds or with a zone"},
    {SEPARATOR "Subject: a\n\n>From x\n>>From y\n> From z\n>Fromage\nx >From\n",
     "Subject: a\n\nFrom x\n>From y\n> From z\n>Fromage\nx >From\n$", false,
     "one '>' is removed from quoted lines only"},
    {SEPARATOR "A: b\n\n>" SEPARATOR "x\n", "A: b\n\n" SEPARATOR "x\n$", false,
     "a quoted separator is part of the mail"},
    {SEPARATOR "A: b\n\n>" SEPARATOR "\n" SEPARATOR "C: d\n\n> >" SEPARATOR,
     "A: b\n\n" SEPARATOR "$C: d\n\n> >" SEPARATOR "$", false,
     "quoted lines in one mail do not affect the next"},
    {SEPARATOR "F\nFr\nFro\n>From", "F\nFr\nFro\n>From$", false,
     "\"From\" without a blank is not quoted"},
    {SEPARATOR "FFrom \nFrom", "FFrom \nFrom$", false, "\"From \" within a line is not quoted"},
    {SEPARATOR ">From x\n", "From x\n$", false, "a quoted line as the first line"},
    {SEPARATOR "\n>From x", "\nFrom x$", false, "a quoted line as the last line"},
    {SEPARATOR "A: b\n\n>From x\n\n" SEPARATOR "C: d\n\n>From a longer one\n\n",
     "A: b\n\nFrom x\n$C: d\n\nFrom a longer one\n$", false, "quoted lines in several mails"},
    {"From a@example.org Tue Nov 14 22:13:20 2023\r\nA: b\r\n\r\nx\r\n\r\n"
     "From a@example.org Tue Nov 14 22:13:20 2023\r\nC: d\r\n\r\n",
     "A: b\r\n\r\nx\r\n$C: d\r\n$", false, "CR LF"},
};

START_TEST(mails_of_a_file) {
    struct mailbox *mailbox = open_mailbox(write_file("file", files[_i].text));
    const char *found = all_mails(mailbox);

    ck_assert_msg(strcmp(found, files[_i].mails) == 0, "%s: %s", files[_i].reason, found);
    ck_assert_msg(mailbox_is_message(mailbox) == files[_i].is_message, "%s", files[_i].reason);
    mailbox_close(mailbox);
}
END_TEST

START_TEST(nul_bytes_are_part_of_a_mail) {
    static const char mbox[] = SEPARATOR "A: b\n\nx\0y\n>From z\n";
    struct mailbox *mailbox;
    struct patchmark_text mail;
    int file;

    write_file("file", "");
    file = open(path, O_WRONLY);
    ck_assert_int_eq(write(file, mbox, sizeof(mbox) - 1), sizeof(mbox) - 1);
    close(file);
    mailbox = open_mailbox(path);
    ck_assert_int_eq(mailbox_next(mailbox, &mail), 1);
    ck_assert_uint_eq(mail.length, strlen("A: b\n\nx.y\nFrom z\n"));
    ck_assert_mem_eq(mail.data, "A: b\n\nx\0y\nFrom z\n", mail.length);
    mailbox_close(mailbox);
}
END_TEST

START_TEST(progress_goes_from_nothing_to_all) {
    static const char mbox[] = SEPARATOR "A: b\n\n" SEPARATOR "C: d\n\n";
    struct mailbox *mailbox = open_mailbox(write_file("file", mbox));
    struct patchmark_text mail;
    uint64_t done, total;

    mailbox_progress(mailbox, &done, &total);
    ck_assert_uint_eq(done, 0);
    ck_assert_uint_eq(total, sizeof(mbox) - 1);
    mailbox_next(mailbox, &mail);
    mailbox_progress(mailbox, &done, &total);
    ck_assert_uint_eq(done, (sizeof(mbox) - 1) / 2);
    mailbox_next(mailbox, &mail);
    mailbox_progress(mailbox, &done, &total);
    ck_assert_uint_eq(done, total);
    mailbox_close(mailbox);
}
END_TEST

START_TEST(errno_has_the_reason) {
    snprintf(path, sizeof(path), "%s/none", support_folder);
    errno = 0;
    ck_assert_ptr_null(mailbox_open(path));
    ck_assert_int_eq(errno, ENOENT);
    errno = 0;
    ck_assert_ptr_null(mailbox_open(support_folder)); /* a folder that is not a maildir */
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* ---- maildir ------------------------------------------------------------------------------ */

START_TEST(a_maildir_is_read_in_the_order_of_delivery) {
    struct mailbox *mailbox;
    uint64_t done, total;

    make_folder("cur"), make_folder("new"), make_folder("tmp");
    write_file("new/1700000010.a.host", "3\n");
    write_file("cur/1700000002.b.host:2,S", "2\n");
    write_file("cur/999999999.c.host:2,", "1\n"); /* fewer digits, but earlier */
    write_file("new/1700000010.b.host", SEPARATOR "4\n\n>From x\n\n");
    write_file("tmp/1700000000.z.host", "half written\n");
    write_file("new/.hidden", "not a mail\n");
    mailbox = open_mailbox(support_folder);
    mailbox_progress(mailbox, &done, &total);
    ck_assert_uint_eq(done, 0);
    ck_assert_uint_eq(total, 4);
    /* A file of a maildir is one message, even if it looks like an mbox. */
    ck_assert_str_eq(all_mails(mailbox), "1\n$2\n$3\n$" SEPARATOR "4\n\n>From x\n\n$");
    ck_assert(!mailbox_is_message(mailbox));
    mailbox_progress(mailbox, &done, &total);
    ck_assert_uint_eq(done, 4);
    mailbox_close(mailbox);
}
END_TEST

START_TEST(the_mails_behind_an_unreadable_file_are_read) {
    struct mailbox *mailbox;

    make_folder("cur"), make_folder("new");
    write_file("cur/1.a", "1\n");
    make_folder("cur/2.b");
    write_file("cur/3.c", "");
    write_file("cur/4.d", "4\n");
    write_file("cur/5.e", "5\n");
    mailbox = open_mailbox(support_folder);
    snprintf(path, sizeof(path), "%s/cur/5.e", support_folder);
    ck_assert_int_eq(unlink(path), 0); /* as if a mail program had moved it */
    ck_assert_str_eq(all_mails(mailbox), "1\n$!$$4\n$!$");
    ck_assert_int_eq(errno, ENOENT);
    mailbox_close(mailbox);
}
END_TEST

START_TEST(an_empty_maildir_has_no_mail) {
    struct mailbox *mailbox;

    make_folder("cur"), make_folder("new");
    mailbox = open_mailbox(support_folder);
    ck_assert_str_eq(all_mails(mailbox), "");
    ck_assert(!mailbox_is_message(mailbox));
    mailbox_close(mailbox);
}
END_TEST

START_TEST(a_maildir_may_be_large) {
    enum { FILES = 300 };
    struct mailbox *mailbox;
    struct patchmark_text mail;
    char name[64], expected[16];

    make_folder("cur"), make_folder("new");
    for (int i = FILES - 1; i >= 0; i--) {
        snprintf(name, sizeof(name), "%s/%d.x", i % 2 ? "cur" : "new", i);
        snprintf(expected, sizeof(expected), "%d\n", i);
        write_file(name, expected);
    }
    mailbox = open_mailbox(support_folder);
    for (int i = 0; i < FILES; i++) {
        ck_assert_int_eq(mailbox_next(mailbox, &mail), 1);
        snprintf(expected, sizeof(expected), "%d\n", i);
        ck_assert_uint_eq(mail.length, strlen(expected));
        ck_assert_mem_eq(mail.data, expected, mail.length);
    }
    ck_assert_int_eq(mailbox_next(mailbox, &mail), 0);
    mailbox_close(mailbox);
}
END_TEST

/* ---- pipes ------------------------------------------------------------------------------- */

static void pipe_to_input(const char *text) {
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, strlen(text)), strlen(text));
    close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
}

START_TEST(standard_input_through_a_pipe) {
    struct mailbox *mailbox;

    pipe_to_input(SEPARATOR "A: b\n\n>From x\n\n" SEPARATOR "C: d\n\n");
    mailbox = open_mailbox("-");
    ck_assert_str_eq(all_mails(mailbox), "A: b\n\nFrom x\n$C: d\n$");
    ck_assert(!mailbox_is_message(mailbox));
    mailbox_close(mailbox);
}
END_TEST

START_TEST(standard_input_from_a_file) {
    struct mailbox *mailbox;

    ck_assert_ptr_nonnull(freopen(write_file("file", "A: b\n\nx\n"), "r", stdin));
    mailbox = open_mailbox("-");
    ck_assert_str_eq(all_mails(mailbox), "A: b\n\nx\n$");
    ck_assert(mailbox_is_message(mailbox));
    mailbox_close(mailbox);
}
END_TEST

START_TEST(standard_input_that_is_empty) {
    struct mailbox *mailbox;

    pipe_to_input("");
    mailbox = open_mailbox("-");
    ck_assert_str_eq(all_mails(mailbox), "");
    mailbox_close(mailbox);
}
END_TEST

START_TEST(standard_input_that_is_closed) {
    close(STDIN_FILENO);
    errno = 0;
    ck_assert_ptr_null(mailbox_open("-"));
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* Such as a shell creates for <(zcat list.mbox.gz). */
START_TEST(a_named_pipe_is_read_like_standard_input) {
    struct mailbox *mailbox;

    pipe_to_input(SEPARATOR "A: b\n\n");
    mailbox = open_mailbox("/proc/self/fd/0");
    ck_assert_str_eq(all_mails(mailbox), "A: b\n$");
    mailbox_close(mailbox);
}
END_TEST

SUITE(mailbox_suite) {
    Suite *suite = suite_create("mailbox");
    TCase *tests = tcase_create("mailbox");

    tcase_add_checked_fixture(tests, support_folder_make, support_folder_remove);
    tcase_add_loop_test(tests, mails_of_a_file, 0, sizeof(files) / sizeof(files[0]));
    tcase_add_test(tests, nul_bytes_are_part_of_a_mail);
    tcase_add_test(tests, progress_goes_from_nothing_to_all);
    tcase_add_test(tests, errno_has_the_reason);
    tcase_add_test(tests, a_maildir_is_read_in_the_order_of_delivery);
    tcase_add_test(tests, the_mails_behind_an_unreadable_file_are_read);
    tcase_add_test(tests, an_empty_maildir_has_no_mail);
    tcase_add_test(tests, a_maildir_may_be_large);
    tcase_add_test(tests, standard_input_through_a_pipe);
    tcase_add_test(tests, standard_input_from_a_file);
    tcase_add_test(tests, standard_input_that_is_empty);
    tcase_add_test(tests, standard_input_that_is_closed);
    tcase_add_test(tests, a_named_pipe_is_read_like_standard_input);
    suite_add_tcase(suite, tests);
    return suite;
}
