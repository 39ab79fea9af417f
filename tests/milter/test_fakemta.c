/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_fakemta.c - the command fakemta against a real libmilter filter.
 *
 * The command is the file fakemta beside this program, or what FAKEMTA names.
 */
#include <check.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/suite.h"
#include "test-filter.h"

static struct filter filter;
static char folder[] = "/tmp/test-fakemta-XXXXXX";
static char mbox_path[64], one_path[64], link_path[64];

/* Two mails; the second has a forged field, a From line in its text, and a folded subject. */
#define MBOX_FIRST "From a@example.org Thu Jan  1 00:00:00 1970\nSubject: one\n\nbody\n\n"
#define MBOX_SECOND                                                                           \
    "From b@example.org Thu Jan  1 00:00:01 1970\nX-Kind: forged\nSubject: two\n\tfolded\n\n" \
    ">From here\n>>From there\n\n"
#define ONE_MAIL "A: b\n\nc\n"

static void write_file(char *path, const char *name, const char *text) {
    sprintf(path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void start(void) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file(mbox_path, "mbox", MBOX_FIRST MBOX_SECOND);
    write_file(one_path, "one", ONE_MAIL);
    sprintf(link_path, "%s/link", folder);
}

static void stop(void) {
    filter_stop(&filter);
    unlink(mbox_path);
    unlink(one_path);
    unlink(link_path);
    rmdir(folder);
}

/* ---- running the command ------------------------------------------------------------------ */

struct run {
    pid_t pid;
    FILE *files[2];
    int status;
    char out[2][8192]; /* standard output and standard error */
};

static const char *command(void) {
    static char path[4096];
    const char *named = getenv("FAKEMTA");
    if (named)
        return named;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
    ck_assert_int_gt(length, 0);
    path[length] = '\0';
    strcpy(strrchr(path, '/') + 1, "fakemta");
    return path;
}

/* Starts fakemta with the words of LINE. */
static void run_start(struct run *run, const char *line) {
    char words[1024], *rest = words, *arguments[32] = {(char *)command()};
    snprintf(words, sizeof words, "%s", line);
    for (int i = 1; i < 31 && (arguments[i] = strsep(&rest, " ")); i++)
        ;
    for (int i = 0; i < 2; i++) {
        run->files[i] = tmpfile();
        ck_assert_ptr_nonnull(run->files[i]);
    }
    run->pid = fork();
    ck_assert_int_ge(run->pid, 0);
    if (run->pid == 0) {
        dup2(fileno(run->files[0]), 1);
        dup2(fileno(run->files[1]), 2);
        execv(arguments[0], arguments);
        _exit(127);
    }
}

static void run_finish(struct run *run) {
    ck_assert_int_eq(waitpid(run->pid, &run->status, 0), run->pid);
    ck_assert(WIFEXITED(run->status));
    run->status = WEXITSTATUS(run->status);
    for (int i = 0; i < 2; i++) {
        rewind(run->files[i]);
        size_t length = fread(run->out[i], 1, sizeof run->out[i] - 1, run->files[i]);
        run->out[i][length] = '\0';
        fclose(run->files[i]);
    }
}

/* Runs fakemta with OPTIONS against the filter, on FILES. */
static const struct run *play(const char *options, const char *files) {
    static struct run run;
    char line[1024];
    snprintf(line, sizeof line, "%s%s%s %s", options, *options ? " " : "", filter.socket, files);
    run_start(&run, line);
    run_finish(&run);
    return &run;
}

/* ---- output ------------------------------------------------------------------------------- */

static void edit_kind(SMFICTX *ctx) {
    smfi_chgheader(ctx, (char *)"X-Kind", 1, NULL);
    smfi_insheader(ctx, 1, (char *)"X-Series", (char *)" s1");
    smfi_insheader(ctx, 1, (char *)"X-Kind", (char *)" patch");
}

static const struct filter_plan labels = {.actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS,
                                          .protocol = SMFIP_HDR_LEADSPC | SMFIP_NR_HDR,
                                          .edit = edit_kind};

START_TEST(prints_the_mails_that_it_got) {
    filter_start(&filter, &(struct filter_plan){0});
    const struct run *run = play("--print mail", mbox_path);
    ck_assert_int_eq(run->status, 0);
    ck_assert_str_eq(run->out[0], MBOX_FIRST MBOX_SECOND);
    ck_assert_str_eq(run->out[1], "");
}
END_TEST

START_TEST(prints_delivered_mails_in_order) {
    static const char *const first =
        "From a@example.org Thu Jan  1 00:00:00 1970\nX-Kind: patch\nX-Series: s1\n"
        "Subject: one\n\nbody\n\n";
    static const char *const second =
        "From b@example.org Thu Jan  1 00:00:01 1970\nX-Kind: patch\nX-Series: s1\n"
        "Subject: two\n\tfolded\n\n>From here\n>>From there\n\n";
    static const char *const third = "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"
                                     "X-Kind: patch\nX-Series: s1\nA: b\n\nc\n\n";
    char expected[4096], files[200];
    snprintf(expected, sizeof expected, "%s%s%s%s%s%s", first, second, third, first, second, third);
    snprintf(files, sizeof files, "%s %s", mbox_path, one_path);
    filter_start(&filter, &labels);
    const struct run *run = play("--print mail -r 2 -c 4", files);
    ck_assert_int_eq(run->status, 0);
    ck_assert_str_eq(run->out[0], expected);
}
END_TEST

START_TEST(prints_the_inserted_headers) {
    filter_start(&filter, &labels);
    const struct run *run = play("--print headers", mbox_path);
    ck_assert_str_eq(run->out[0], "== Subject: one\nX-Kind: patch\nX-Series: s1\n"
                                  "== Subject: two\\x0a\\x09folded\nX-Kind: patch\n"
                                  "X-Series: s1\n");
}
END_TEST

START_TEST(prints_the_edits) {
    static const char expected[] = "1 continue\n1 delete 1 X-Kind\n"
                                   "1 insert 1 X-Series: s1\n1 insert 1 X-Kind: patch\n"
                                   "2 continue\n2 delete 1 X-Kind\n"
                                   "2 insert 1 X-Series: s1\n2 insert 1 X-Kind: patch\n";
    filter_start(&filter, &labels);
    ck_assert_str_eq(play("--print edits", mbox_path)->out[0], expected);
    ck_assert_str_eq(play("--print edits --offer-nothing", one_path)->out[0],
                     "1 continue\n1 delete 1 X-Kind\n1 insert 1 X-Series:  s1\n"
                     "1 insert 1 X-Kind:  patch\n"); /* the first space is the MTA's */
}
END_TEST

START_TEST(prints_verdicts) {
    static const struct {
        struct filter_plan plan;
        int status;
        const char *out;
    } cases[] = {
        {{.answer_at = MTA_EOM, .answer = SMFIS_ACCEPT}, 0, "1 accept\n"},
        {{.answer_at = MTA_MAIL, .answer = SMFIS_ACCEPT}, 0, "1 accept at mail\n"},
        {{.answer_at = MTA_EOM, .answer = SMFIS_REJECT}, 1, "1 reject\n"},
        {{.answer_at = MTA_HEADER, .answer = SMFIS_TEMPFAIL}, 1, "1 tempfail at header\n"},
        {{.answer_at = MTA_EOM, .answer = SMFIS_DISCARD}, 1, "1 discard\n"},
        {{.answer_at = MTA_EOM, .answer = SMFIS_REJECT, .reply_code = "550"},
         1,
         "1 replycode 550 as planned\n"},
    };
    filter_start(&filter, &cases[_i].plan);
    const struct run *run = play("--print edits", one_path);
    ck_assert_int_eq(run->status, cases[_i].status);
    ck_assert_str_eq(run->out[0], cases[_i].out);
    if (cases[_i].status) /* nothing is delivered */
        ck_assert_str_eq(play("--print mail", one_path)->out[0], "");
}
END_TEST

START_TEST(counts) {
    filter_start(&filter, &(struct filter_plan){0});
    const struct run *run = play("--stats --json-stats -r 5 -c 2", mbox_path);
    ck_assert_int_eq(strncmp(run->out[1], "mails=10 seconds=0.", 19), 0);
    ck_assert_ptr_nonnull(strstr(run->out[1], " lost_connections=0 retries=0 unanswered=0 "
                                              "continue=10 accept=0 reject=0 tempfail=0 "
                                              "discard=0 replycode=0\n{\"mails\":10,\"seconds\":"));
    ck_assert_ptr_nonnull(strstr(run->out[1], ",\"lost_connections\":0,\"retries\":0,"
                                              "\"unanswered\":0,\"verdicts\":{\"continue\":10,"
                                              "\"accept\":0,\"reject\":0,\"tempfail\":0,"
                                              "\"discard\":0,\"replycode\":0}}\n"));
}
END_TEST

/* ---- exit status -------------------------------------------------------------------------- */

START_TEST(exits_as_sysexits_say) {
    static const struct {
        const char *line; /* the arguments before the file */
        int status;
        const char *error; /* the start of it */
    } cases[] = {
        {"unix:/nowhere/at/all", 69, "fakemta: mail 1: connect: No such file or directory\n"},
        {"", 64, "fakemta: SOCKET and FILE are required\nusage: "},
        {"-c 0 unix:/x", 64, "fakemta: invalid number, or out of range\nusage: "},
        {"-c -1 unix:/x", 64, "fakemta: invalid number, or out of range\nusage: "},
        {"--protocol 7 unix:/x", 64, "fakemta: invalid number, or out of range\nusage: "},
        {"--abort-at eom unix:/x", 64, "fakemta: unknown stage\nusage: "},
        {"--print all unix:/x", 64, "fakemta: unknown word as the value of an option\nusage: "},
        {"--nonsense unix:/x", 64, "fakemta: unknown option\nusage: "},
        {"unix:/x /nowhere/at/all", 66, "fakemta: "},
    };
    static struct run run;
    char line[200];
    snprintf(line, sizeof line, "%s%s%s", cases[_i].line, *cases[_i].line ? " " : "", one_path);
    run_start(&run, line);
    run_finish(&run);
    ck_assert_int_eq(run.status, cases[_i].status);
    ck_assert_int_eq(strncmp(run.out[1], cases[_i].error, strlen(cases[_i].error)), 0);
}
END_TEST

START_TEST(refuses_to_play_nothing) {
    static struct run run;
    run_start(&run, "unix:/x /dev/null");
    run_finish(&run);
    ck_assert_int_eq(run.status, 66);
    ck_assert_str_eq(run.out[1], "fakemta: no mail in: /dev/null\n");
}
END_TEST

/* ---- sessions ----------------------------------------------------------------------------- */

#define GREETING     "connect client.example.org 192.0.2.1\nhelo client.example.org\n"
#define ENVELOPE(id) "mail <sender@example.org> i=-\nrcpt <list@example.org> i=-\ndata i=" id "\n"
#define MAIL(id) \
    ENVELOPE(id) "header A|b\neoh i=" id "\nbody 3 c\\x0d\\x0a\neom i=" id " client=-\n"
/* A session with a mail from CLIENT, the user ada and two recipients. */
#define FROM(client, id)                                                  \
    "connect client.example.org " client "\nhelo client.example.org\n"    \
    "mail <sender@example.org> i=- user=ada\nrcpt <b@example.org> i=-\n"  \
    "rcpt <c@example.org> i=-\ndata i=" id "\nheader A|b\neoh i=" id "\n" \
    "body 3 c\\x0d\\x0a\neom i=" id " client=-\n"
#define ABORTED "mail <sender@example.org> i=-\nabort\n"
#define FIRST   "0000000001"
#define SECOND  "0000000002"

static int compare_lines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines of TEXT. */
static void sort_lines(char *text) {
    char copy[4096], *rest = copy, *lines[100];
    size_t count = 0;
    strcpy(copy, text);
    while (count < 100 && (lines[count] = strsep(&rest, "\n")))
        count++;
    qsort(lines, count, sizeof *lines, compare_lines);
    *text = '\0';
    for (size_t i = 0; i < count; i++)
        text = stpcpy(stpcpy(text, i ? "\n" : ""), lines[i]);
}

/* libmilter may report the end of one connection after the start of the next.  So with several
 * connections the lines are compared without their order. */
START_TEST(plays_sessions) {
    static const struct {
        const char *options, *events;
        bool connections; /* several */
    } cases[] = {
        {"-r 2", "negotiate\n" GREETING MAIL(FIRST) MAIL(SECOND) "close", false},
        {"-r 2 -m 1",
         "negotiate\n" GREETING MAIL(FIRST) "close\n"
                                            "negotiate\n" GREETING MAIL(SECOND) "close",
         true},
        {"-r 2 --quit-nc",
         "negotiate\n" GREETING MAIL(FIRST) "close\n" GREETING MAIL(SECOND) "close", false},
        {"-r 2 --quit-nc --client 198.51.100.7 --client ::1 --user ada --recipient b@example.org "
         "--recipient <c@example.org>",
         "negotiate\n" FROM("198.51.100.7", FIRST) "close\n" FROM("::1", SECOND) "close", false},
        {"--close-first", "close\nnegotiate\nclose\nnegotiate\n" GREETING MAIL(FIRST) "close",
         true},
        {"--abort-at helo", "negotiate\n" GREETING MAIL(FIRST) "close", false},
        {"--abort-at data", "negotiate\n" GREETING ENVELOPE(FIRST) "abort\n" MAIL(FIRST) "close",
         false},
        {"-r 2 --abort-at mail",
         "negotiate\n" GREETING ABORTED MAIL(FIRST) ABORTED MAIL(SECOND) "close", false},
        /* libmilter reports the abort of the unfinished mail to the filter */
        {"--abort-at data --no-abort",
         "negotiate\n" GREETING ENVELOPE(FIRST) "abort\n" MAIL(FIRST) "close", false},
        {"--dribble 1", "negotiate\n" GREETING MAIL(FIRST) "close", false},
        {"--slow 1", "negotiate\n" GREETING MAIL(FIRST) "close", false},
        {"--last-chunk-with-eob", "negotiate\n" GREETING MAIL(FIRST) "close", false},
        {"--no-nr --no-skip --no-leadspc", "negotiate\n" GREETING MAIL(FIRST) "close", false},
        {"--first-chunk 1 --last-chunk-with-eob",
         "negotiate\n" GREETING ENVELOPE(FIRST) "header A|b\neoh i=" FIRST "\nbody 1 c\n"
                                                "body 2 \\x0d\\x0a\neom i=" FIRST
                                                " client=-\nclose",
         false},
        {"--chunk 2 --queue-id-at eom",
         "negotiate\n" GREETING ENVELOPE("-") "header A|b\neoh i=-\nbody 2 c\\x0d\nbody 1 \\x0a\n"
                                              "eom i=" FIRST " client=-\nclose",
         false},
    };
    filter_start(&filter, &(struct filter_plan){0});
    const struct run *run = play(cases[_i].options, one_path);
    ck_assert_str_eq(run->out[1], "");
    ck_assert_int_eq(run->status, 0);
    char seen[4096] = "", expected[4096];
    strcpy(expected, cases[_i].events);
    /* The filter reports the last close some time after fakemta has ended. */
    while (strlen(seen) < strlen(expected)) {
        if (*seen)
            strcat(seen, "\n");
        strcat(seen, filter_events(&filter, "close"));
    }
    if (cases[_i].connections) {
        sort_lines(seen);
        sort_lines(expected);
    }
    ck_assert_str_eq(seen, expected);
}
END_TEST

START_TEST(shows_the_big_header) {
    filter_start(&filter, &(struct filter_plan){.max_data_bytes = 1048575});
    ck_assert_int_eq(play("--big-header", one_path)->status, 0);
    ck_assert_ptr_nonnull(strstr(filter_events(&filter, "close"), "\nheader X-Big|xxxxx"));
}
END_TEST

START_TEST(says_that_a_mail_was_lost) {
    filter_start(&filter, &(struct filter_plan){0}); /* accepts no packet of 100 KB */
    const struct run *run = play("--big-header --print edits", one_path);
    ck_assert_int_eq(run->status, 1);
    ck_assert_str_eq(run->out[0], "1 lost\n");
    ck_assert_int_eq(strncmp(run->out[1], "fakemta: mail 1: ", 17), 0);
}
END_TEST

/* If a filter ends in the middle of a mail and is started again, the mail is played again. */
START_TEST(retries) {
    static const char agreed[] = "\0\0\0\x0dO\0\0\0\6\0\0\0\0\0\0\0\0";
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    static struct run run;
    char line[200];
    filter_start(&filter, &(struct filter_plan){0});
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(name.sun_path, link_path);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    snprintf(line, sizeof line, "--retry --stats --print mail unix:%s %s", link_path, one_path);
    run_start(&run, line);
    int fd = accept(listener, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, agreed, sizeof agreed - 1), sizeof agreed - 1);
    char command_byte[22]; /* the negotiation and the first of what follows */
    ck_assert_int_eq(recv(fd, command_byte, 18, MSG_WAITALL), 18);
    unlink(link_path);
    ck_assert_int_eq(symlink(filter.socket + strlen("unix:"), link_path), 0);
    close(fd);
    close(listener);
    run_finish(&run);
    ck_assert_int_eq(run.status, 0);
    ck_assert_str_eq(run.out[0], "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n" ONE_MAIL "\n");
    ck_assert_ptr_nonnull(
        strstr(run.out[1], " lost_connections=1 retries=1 unanswered=0 continue=1 "));
}
END_TEST

/* At 50 mails per second, the eleventh mail is due 0.2 s after the first. */
START_TEST(keeps_a_pace) {
    double seconds = 0;
    filter_start(&filter, &(struct filter_plan){0});
    const struct run *run = play("--rate 50 -r 11 -c 3 --stats", one_path);
    ck_assert_int_eq(run->status, 0);
    ck_assert_int_eq(sscanf(run->out[1], "mails=11 seconds=%lf ", &seconds), 1);
    ck_assert_double_ge(seconds, 0.2);
}
END_TEST

SUITE(fakemta_suite) {
    Suite *all = suite_create("fakemta");
    TCase *tests = tcase_create("command");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, prints_the_mails_that_it_got);
    tcase_add_test(tests, prints_delivered_mails_in_order);
    tcase_add_test(tests, prints_the_inserted_headers);
    tcase_add_test(tests, prints_the_edits);
    tcase_add_loop_test(tests, prints_verdicts, 0, 6);
    tcase_add_test(tests, counts);
    tcase_add_loop_test(tests, exits_as_sysexits_say, 0, 9);
    tcase_add_test(tests, refuses_to_play_nothing);
    tcase_add_loop_test(tests, plays_sessions, 0, 15);
    tcase_add_test(tests, shows_the_big_header);
    tcase_add_test(tests, says_that_a_mail_was_lost);
    tcase_add_test(tests, retries);
    tcase_add_test(tests, keeps_a_pace);
    suite_add_tcase(all, tests);
    return all;
}
