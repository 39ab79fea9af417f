/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_mta.c - tests the fake MTA's side of the milter protocol with a filter that uses libmilter.
 */
#include <check.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdlib.h>
#include <string.h>

#include "mta.h"
#include "support/suite.h"
#include "test-filter.h"
#include "util/cleanup.h"

CLEANUP_DEFINE(struct mta *, mta_free)

#define ALL_SILENT                                                                   \
    (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | \
     SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)

static const char *const one_recipient[] = {"list@example.org"};
static const struct mta_envelope envelope = {"Q1", "sender@example.org", one_recipient, 1};
static struct filter filter;
static struct mta_result result;
static struct mail mail;

static void stop(void) {
    filter_stop(&filter);
    mta_result_clear(&result);
    mail_clear(&mail);
}

static void mail_make(const char *text) {
    static const struct mail_options plain;
    mail_clear(&mail);
    ck_assert_int_eq(mail_prepare(&mail, text, strlen(text), &plain), 0);
}

/* Starts the filter and opens a connection to it. */
static struct mta *open_filter(const struct filter_plan *plan, const struct mta_options *options) {
    struct mta_options version_6 = mta_options_for(6);
    struct mta *mta = mta_new(options ? options : &version_6);
    ck_assert_ptr_nonnull(mta);
    filter_start(&filter, plan);
    ck_assert_msg(mta_open(mta, filter.socket) == 0, "%s", mta_error(mta));
    return mta;
}

static void play(struct mta *mta) {
    ck_assert_msg(mta_play(mta, &mail, &envelope, &result) == 0, "%s", mta_error(mta));
}

#define SMALL_MAIL "From: a@example.org\nSubject: one\n\nbody\n"

/* The events of the filter for SMALL_MAIL. */
#define SMALL_SESSION                        \
    "negotiate\n"                            \
    "connect client.example.org 192.0.2.1\n" \
    "helo client.example.org\n"
#define SMALL_PLAYED                  \
    "mail <sender@example.org> i=-\n" \
    "rcpt <list@example.org> i=-\n"   \
    "data i=Q1\n"                     \
    "header From|a@example.org\n"     \
    "header Subject|one\n"            \
    "eoh i=Q1\n"                      \
    "body 6 body\\x0d\\x0a\n"         \
    "eom i=Q1 client=-"
#define SMALL_EOM "eom i=Q1 client=-"

/* ---- negotiation -------------------------------------------------------------------------- */

/* The bits that sendmail and Postfix added with each version: NOUNKNOWN with 3, NODATA with 4; NR,
 * SKIP, RCPT_REJ, LEADSPC and the actions from CHGFROM on with 6. */
START_TEST(offers_what_the_version_had) {
    static const struct {
        uint32_t actions, protocol;
    } expected[] = {{0x3f, 0x7f}, {0x3f, 0x17f}, {0x3f, 0x37f}, {0x3f, 0x37f}, {0x1ff, 0x1fffff}};
    struct mta_options options = mta_options_for(_i);
    ck_assert_int_eq(options.version, _i);
    ck_assert_uint_eq(options.actions, expected[_i - 2].actions);
    ck_assert_uint_eq(options.protocol, expected[_i - 2].protocol);
}
END_TEST

START_TEST(plays_a_mail_in_every_version) {
    struct mta_options options = mta_options_for(_i);
    AUTO(mta_free) struct mta *mta = open_filter(&(struct filter_plan){0}, &options);
    mail_make(SMALL_MAIL);
    play(mta);
    ck_assert_int_eq(mta_version(mta), _i);
    ck_assert_int_eq(result.verdict, MTA_CONTINUE);
    ck_assert_int_eq(result.stage, MTA_EOM);
    const char *seen = filter_events(&filter, SMALL_EOM);
    if (_i >= 4)
        ck_assert_str_eq(seen, SMALL_SESSION SMALL_PLAYED);
    else /* DATA is not sent, but EOH has its macro too */
        ck_assert_str_eq(seen, SMALL_SESSION "mail <sender@example.org> i=-\n"
                                             "rcpt <list@example.org> i=-\n"
                                             "header From|a@example.org\n"
                                             "header Subject|one\n"
                                             "eoh i=Q1\n"
                                             "body 6 body\\x0d\\x0a\n" SMALL_EOM);
    mta_quit(mta);
    ck_assert_str_eq(filter_events(&filter, "close"), "close");
}
END_TEST

START_TEST(plays_a_mail_with_nothing_offered) {
    struct mta_options options = mta_options_for(6);
    options.protocol = 0;
    AUTO(mta_free)
    struct mta *mta = open_filter(&(struct filter_plan){.protocol = ALL_SILENT}, &options);
    mail_make(SMALL_MAIL);
    play(mta);
    ck_assert_uint_eq(mta_protocol(mta), 0);
    ck_assert_str_eq(filter_events(&filter, SMALL_EOM), SMALL_SESSION SMALL_PLAYED);
}
END_TEST

/* Each stage that the filter declined is not sent, and all others are. */
START_TEST(does_not_send_declined_stages) {
    static const struct {
        unsigned long bit;
        const char *line;
    } cases[] = {
        {SMFIP_NOCONNECT, "connect "}, {SMFIP_NOHELO, "helo "},  {SMFIP_NOMAIL, "mail "},
        {SMFIP_NORCPT, "rcpt "},       {SMFIP_NODATA, "data "},  {SMFIP_NOHDRS, "header "},
        {SMFIP_NOEOH, "eoh "},         {SMFIP_NOBODY, "body 6"},
    };
    char expected[] = SMALL_SESSION SMALL_PLAYED;
    for (char *line; (line = strstr(expected, cases[_i].line));) {
        char *next = strchr(line, '\n') + 1;
        memmove(line, next, strlen(next) + 1);
    }
    AUTO(mta_free)
    struct mta *mta = open_filter(&(struct filter_plan){.protocol = cases[_i].bit}, NULL);
    mail_make(SMALL_MAIL);
    play(mta);
    ck_assert_uint_eq(mta_protocol(mta), cases[_i].bit);
    ck_assert_str_eq(filter_events(&filter, SMALL_EOM), expected);
}
END_TEST

/* The MTA does not wait for replies that the filter does not send, or this test would reach the
 * timeout.  If the bits are not offered, libmilter replies instead of the filter. */
START_TEST(does_not_wait_for_replies_that_are_not_sent) {
    struct mta_options options = mta_options_for(6);
    options.timeout_ms = 5000;
    options.slow_ms = _i == 2;
    if (_i == 1)
        options.protocol &= (uint32_t)~ALL_SILENT;
    AUTO(mta_free)
    struct mta *mta = open_filter(&(struct filter_plan){.protocol = ALL_SILENT}, &options);
    mail_make(SMALL_MAIL);
    play(mta);
    play(mta);
    ck_assert_uint_eq(mta_protocol(mta), _i == 1 ? 0 : ALL_SILENT);
    mta_quit(mta);
    ck_assert_str_eq(filter_events(&filter, "close"),
                     SMALL_SESSION SMALL_PLAYED "\n" SMALL_PLAYED "\nclose");
}
END_TEST

/* ---- headers and body --------------------------------------------------------------------- */

START_TEST(keeps_or_removes_the_space_after_the_colon) {
    static const struct {
        const char *field, *kept, *eaten;
    } cases[] = {
        {"X:a", "a", "a"},      {"X: a", " a", "a"},
        {"X:  a", "  a", " a"}, {"X:\ta", "\\x09a", "\\x09a"},
        {"X:", "", ""},         {"X: \n\tb\n c", " \\x0a\\x09b\\x0a c", "\\x0a\\x09b\\x0a c"},
        {"X : a", " a", "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int kept = 0; kept < 2; kept++) {
            char text[100], expected[100];
            snprintf(text, sizeof text, "%s\n\nbody\n", cases[i].field);
            snprintf(expected, sizeof expected, "\nheader X|%s\neoh",
                     kept ? cases[i].kept : cases[i].eaten);
            mail_make(text);
            AUTO(mta_free)
            struct mta *mta =
                open_filter(&(struct filter_plan){.protocol = kept ? SMFIP_HDR_LEADSPC : 0}, NULL);
            play(mta);
            ck_assert_int_eq(result.leading_space, kept);
            const char *seen = filter_events(&filter, SMALL_EOM);
            ck_assert_msg(strstr(seen, expected), "%s not in\n%s", expected, seen);
            filter_stop(&filter);
        }
}
END_TEST

static const char *long_body(void) {
    static char text[5 + 3 * MAIL_CHUNK_LIMIT];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "A:b\n\n", 5);
    text[sizeof text - 2] = '\n'; /* CRLF in the packets: three full chunks */
    return text;
}

START_TEST(sends_the_body_in_pieces) {
    AUTO(mta_free) struct mta *mta = open_filter(&(struct filter_plan){0}, NULL);
    mail_make(long_body());
    play(mta);
    ck_assert_ptr_nonnull(
        strstr(filter_events(&filter, SMALL_EOM), "\nbody 65535\nbody 65535\nbody 65535\neom"));
    ck_assert(!result.skipped);
}
END_TEST

START_TEST(skips_the_rest_of_the_body) {
    struct filter_plan plan = {.protocol = SMFIP_SKIP, .answer_at = MTA_BODY, .answer = SMFIS_SKIP};
    AUTO(mta_free) struct mta *mta = open_filter(&plan, NULL);
    mail_make(long_body());
    play(mta);
    ck_assert(result.skipped);
    ck_assert_int_eq(result.verdict, MTA_CONTINUE);
    ck_assert_ptr_nonnull(strstr(filter_events(&filter, SMALL_EOM), "\neoh i=Q1\nbody 65535\neom"));
}
END_TEST

START_TEST(refuses_a_skip_that_was_not_offered) {
    struct mta_options options = mta_options_for(6);
    options.protocol &= (uint32_t)~SMFIP_SKIP;
    struct filter_plan plan = {.answer_at = MTA_BODY, .answer = SMFIS_SKIP};
    AUTO(mta_free) struct mta *mta = open_filter(&plan, &options);
    mail_make(long_body());
    ck_assert_int_eq(mta_play(mta, &mail, &envelope, &result), -1);
    ck_assert_str_eq(mta_error(mta), "the filter answered body with 's': skip was not offered");
    ck_assert(!mta_is_open(mta));
}
END_TEST

/* Prepares a mail whose last chunk of body is in the packet that ends the mail. */
static void mail_make_joined(void) {
    static const struct mail_options joined = {.last_chunk_with_eob = true};
    mail_clear(&mail);
    ck_assert_int_eq(mail_prepare(&mail, SMALL_MAIL, strlen(SMALL_MAIL), &joined), 0);
}

START_TEST(sends_the_last_piece_with_the_end) {
    AUTO(mta_free) struct mta *mta = open_filter(&(struct filter_plan){0}, NULL);
    mail_make_joined();
    play(mta);
    play(mta);
    mta_quit(mta);
    ck_assert_str_eq(filter_events(&filter, "close"),
                     SMALL_SESSION SMALL_PLAYED "\n" SMALL_PLAYED "\nclose");
}
END_TEST

/* If the body callback returns anything but continue for a chunk that came with the end, libmilter
 * does not call eom.  The fake MTA reports a filter that does so. */
START_TEST(finds_filters_that_lose_the_end) {
    struct mta_options options = mta_options_for(6);
    if (_i == 1)
        options.timeout_ms = 200;
    struct filter_plan skips = {.protocol = SMFIP_SKIP,
                                .answer_at = MTA_BODY,
                                .answer = SMFIS_SKIP};
    struct filter_plan silent = {.protocol = SMFIP_NR_BODY};
    AUTO(mta_free) struct mta *mta = open_filter(_i ? &silent : &skips, &options);
    mail_make_joined();
    ck_assert_int_eq(mta_play(mta, &mail, &envelope, &result), -1);
    ck_assert_str_eq(mta_error(mta), _i ? "no answer from the filter within 200 ms"
                                        : "the filter answered eom with 's': skip has no meaning "
                                          "here");
}
END_TEST

/* libmilter accepts packets of up to 65,535 bytes unless the filter raises that limit. */
START_TEST(sends_a_header_of_100_kb) {
    static const struct mail_options big = {.big_header = true};
    struct filter_plan plan = {.max_data_bytes = _i ? 1048575 : 0};
    AUTO(mta_free) struct mta *mta = open_filter(&plan, NULL);
    ck_assert_int_eq(mail_prepare(&mail, SMALL_MAIL, strlen(SMALL_MAIL), &big), 0);
    ck_assert_int_eq(mta_play(mta, &mail, &envelope, &result), _i ? 0 : -1);
    if (_i)
        ck_assert_ptr_nonnull(
            strstr(filter_events(&filter, SMALL_EOM), "\nheader Subject|one\nheader X-Big|xxx"));
}
END_TEST

/* ---- verdicts ----------------------------------------------------------------------------- */

static const struct {
    sfsistat answer;
    const char *reply_code;
    enum mta_verdict verdict;
    const char *reply;
} verdicts[] = {
    {SMFIS_ACCEPT, NULL, MTA_ACCEPT, ""},
    {SMFIS_REJECT, NULL, MTA_REJECT, ""},
    {SMFIS_TEMPFAIL, NULL, MTA_TEMPFAIL, ""},
    {SMFIS_DISCARD, NULL, MTA_DISCARD, ""},
    {SMFIS_REJECT, "550", MTA_REPLYCODE, "550 as planned"},
    {SMFIS_TEMPFAIL, "450", MTA_REPLYCODE, "450 as planned"},
};

/* Each verdict at each stage; a second mail shows that the connection still works. */
START_TEST(accepts_verdicts_at_each_stage) {
    enum mta_stage stage = (enum mta_stage)_i;
    mail_make(SMALL_MAIL);
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        struct filter_plan plan = {.answer_at = stage,
                                   .answer = verdicts[i].answer,
                                   .reply_code = verdicts[i].reply_code};
        AUTO(mta_free) struct mta *mta = open_filter(&plan, NULL);
        for (int twice = 0; twice < 2; twice++) {
            play(mta);
            ck_assert_int_eq(result.verdict, verdicts[i].verdict);
            ck_assert_int_eq(result.stage, stage);
            if (stage > MTA_HELO) /* the text of a greeting is not kept */
                ck_assert_str_eq(result.reply, verdicts[i].reply);
        }
        mta_quit(mta);
        filter_stop(&filter);
    }
}
END_TEST

START_TEST(refuses_single_recipients) {
    static const char *const both[] = {"good@example.org", "bad@example.org"};
    static const char *const bad[] = {"bad@example.org", "worse-bad@example.org"};
    struct filter_plan plan = {.answer_at = MTA_RCPT, .answer = SMFIS_REJECT, .answer_for = "bad@"};
    AUTO(mta_free) struct mta *mta = open_filter(&plan, NULL);
    mail_make(SMALL_MAIL);
    struct mta_envelope some = {"Q1", "sender@example.org", both, 2};
    ck_assert_int_eq(mta_play(mta, &mail, &some, &result), 0);
    ck_assert_int_eq(result.verdict, MTA_CONTINUE);
    ck_assert_int_eq(result.stage, MTA_EOM);
    some.recipients = bad;
    ck_assert_int_eq(mta_play(mta, &mail, &some, &result), 0);
    ck_assert_int_eq(result.verdict, MTA_REJECT);
    ck_assert_int_eq(result.stage, MTA_RCPT);
    const char *seen = filter_events(&filter, "abort"); /* all recipients are refused */
    ck_assert_ptr_nonnull(strstr(seen, "\nrcpt <good@example.org> i=-\nrcpt <bad@example.org> i=-\n"
                                       "data "));
}
END_TEST

/* ---- client, user, recipients ------------------------------------------------------------- */

START_TEST(sends_the_address_of_the_client) {
    static const struct {
        const char *client, *seen;
    } clients[] = {
        {"198.51.100.7", "198.51.100.7"},
        {"2001:DB8::7", "2001:db8::7"},
        {"IPv6:2001:db8::7", "2001:db8::7"},
        {"/run/lmtp", "/run/lmtp"},
        {"unknown", "unknown"},
    };
    mail_make(SMALL_MAIL);
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        char expected[100];
        AUTO(mta_free) struct mta *mta = open_filter(&(struct filter_plan){0}, NULL);
        snprintf(expected, sizeof expected, "\nconnect client.example.org %s\nhelo ",
                 clients[i].seen);
        mta_set_client(mta, clients[i].client);
        play(mta);
        ck_assert_ptr_nonnull(strstr(filter_events(&filter, SMALL_EOM), expected));
        mta_quit(mta);
        filter_stop(&filter);
    }
}
END_TEST

START_TEST(sends_the_authenticated_user) {
    struct mta_options options = mta_options_for(6);
    options.user = "ada";
    AUTO(mta_free) struct mta *mta = open_filter(&(struct filter_plan){0}, &options);
    mail_make(SMALL_MAIL);
    play(mta);
    ck_assert_ptr_nonnull(
        strstr(filter_events(&filter, SMALL_EOM), "\nmail <sender@example.org> i=- user=ada\n"));
}
END_TEST

START_TEST(sends_recipients_in_any_form) {
    static const char *const odd[] = {"a@example.org", "<@relay.example:b@example.org>",
                                      " <c@example.org>"};
    struct mta_envelope some = {"Q1", "sender@example.org", odd, 3};
    AUTO(mta_free) struct mta *mta = open_filter(&(struct filter_plan){0}, NULL);
    mail_make(SMALL_MAIL);
    ck_assert_int_eq(mta_play(mta, &mail, &some, &result), 0);
    ck_assert_ptr_nonnull(strstr(filter_events(&filter, SMALL_EOM),
                                 "\nrcpt <a@example.org> i=-\n"
                                 "rcpt <@relay.example:b@example.org> i=-\n"
                                 "rcpt  <c@example.org> i=-\n"));
}
END_TEST

/* ---- sessions ----------------------------------------------------------------------------- */

/* The events before the abort at each stage; after it, the same mail is played completely. */
START_TEST(aborts_at_each_stage) {
    static const char *const before[] = {
        [MTA_CONNECT] = "",
        [MTA_HELO] = "",
        [MTA_MAIL] = "mail <sender@example.org> i=-\nabort\n",
        [MTA_RCPT] = "mail <sender@example.org> i=-\nrcpt <list@example.org> i=-\nabort\n",
        [MTA_DATA] = "mail <sender@example.org> i=-\nrcpt <list@example.org> i=-\ndata i=Q1\n"
                     "abort\n",
        [MTA_HEADER] = "mail <sender@example.org> i=-\nrcpt <list@example.org> i=-\ndata i=Q1\n"
                       "header From|a@example.org\nabort\n",
        [MTA_EOH] = "mail <sender@example.org> i=-\nrcpt <list@example.org> i=-\ndata i=Q1\n"
                    "header From|a@example.org\nheader Subject|one\neoh i=Q1\nabort\n",
        [MTA_BODY] = "mail <sender@example.org> i=-\nrcpt <list@example.org> i=-\ndata i=Q1\n"
                     "header From|a@example.org\nheader Subject|one\neoh i=Q1\n"
                     "body 6 body\\x0d\\x0a\nabort\n",
    };
    enum mta_stage stage = (enum mta_stage)(_i / 2);
    struct filter_plan plan = {.protocol = _i % 2 ? ALL_SILENT : 0};
    AUTO(mta_free) struct mta *mta = open_filter(&plan, NULL);
    bool decided = true;
    mail_make(SMALL_MAIL);
    if (stage <= MTA_HELO)
        ck_assert_int_eq(mta_greet(mta, stage), 0);
    else {
        ck_assert_int_eq(mta_play_until(mta, &mail, &envelope, stage, &result, &decided), 0);
        ck_assert(!decided);
    }
    ck_assert_int_eq(mta_abort(mta), 0);
    play(mta);
    mta_quit(mta);
    char expected[1000];
    snprintf(expected, sizeof expected, "%s%s%s", SMALL_SESSION, before[stage],
             SMALL_PLAYED "\nclose");
    ck_assert_str_eq(filter_events(&filter, "close"), expected);
}
END_TEST

START_TEST(starts_a_new_session_on_the_socket) {
    AUTO(mta_free) struct mta *mta = open_filter(&(struct filter_plan){0}, NULL);
    mail_make(SMALL_MAIL);
    ck_assert(!mta_may_quit_nc(mta));
    play(mta);
    ck_assert_str_eq(filter_events(&filter, SMALL_EOM), SMALL_SESSION SMALL_PLAYED);
    ck_assert(mta_may_quit_nc(mta));
    ck_assert_int_eq(mta_quit_nc(mta), 0);
    ck_assert_str_eq(filter_events(&filter, "close"), "close");
    play(mta);
    ck_assert_str_eq(filter_events(&filter, SMALL_EOM), "connect client.example.org 192.0.2.1\n"
                                                        "helo client.example.org\n" SMALL_PLAYED);
    mta_quit(mta);
    ck_assert_str_eq(filter_events(&filter, "close"), "close");
}
END_TEST

/* mta_may_quit_nc returns false where libmilter would ignore QUIT_NC. */
START_TEST(refuses_a_new_session_that_libmilter_would_ignore) {
    struct mta_options options = mta_options_for(_i == 0 ? 5 : 6);
    struct filter_plan plan = {.answer_at = MTA_EOM,
                               .answer = _i == 1 ? SMFIS_ACCEPT : SMFIS_CONTINUE};
    AUTO(mta_free) struct mta *mta = open_filter(&plan, &options);
    bool decided;
    mail_make(SMALL_MAIL);
    play(mta);
    if (_i == 2) {
        mta_play_until(mta, &mail, &envelope, MTA_MAIL, &result, &decided);
        mta_abort(mta);
    }
    ck_assert(!mta_may_quit_nc(mta));
}
END_TEST

START_TEST(sends_the_queue_id_from_a_stage_on) {
    static const char *const at[] = {
        [MTA_QUEUE_ID_MAIL] = "mail i=Q1 rcpt i=Q1 data i=Q1 eoh i=Q1 eom i=Q1 ",
        [MTA_QUEUE_ID_DATA] = "mail i=- rcpt i=- data i=Q1 eoh i=Q1 eom i=Q1 ",
        [MTA_QUEUE_ID_EOM] = "mail i=- rcpt i=- data i=- eoh i=- eom i=Q1 ",
        [MTA_QUEUE_ID_NEVER] = "mail i=- rcpt i=- data i=- eoh i=- eom i=- ",
    };
    struct mta_options options = mta_options_for(6);
    options.queue_id_from = (enum mta_queue_id)_i;
    AUTO(mta_free) struct mta *mta = open_filter(&(struct filter_plan){0}, &options);
    mail_make(SMALL_MAIL);
    play(mta);
    char ids[200] = "";
    const char *end = _i == MTA_QUEUE_ID_NEVER ? "eom i=- client=-" : SMALL_EOM;
    char *seen = strdup(filter_events(&filter, end)), *rest = seen;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *id = strstr(line, " i=");
        if (id) {
            strncat(ids, line, strcspn(line, " "));
            strncat(ids, id, strcspn(id + 1, " ") + 1);
            strcat(ids, " ");
        }
    }
    ck_assert_str_eq(ids, at[_i]);
    free(seen);
}
END_TEST

START_TEST(sends_the_requested_macros) {
    struct filter_plan plan = {.actions = SMFIF_SETSYMLIST, .eom_macros = "{client_addr} i {none}"};
    AUTO(mta_free) struct mta *mta = open_filter(&plan, NULL);
    mail_make(SMALL_MAIL);
    play(mta);
    filter_events(&filter, "eom i=Q1 client=192.0.2.1");
}
END_TEST

/* ---- edits -------------------------------------------------------------------------------- */

#define EDIT_ACTIONS                                                                    \
    (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_QUARANTINE | SMFIF_ADDRCPT | \
     SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_CHGFROM)

static void edit_everything(SMFICTX *ctx) {
    static unsigned char first[] = "new\r\n", second[] = "body\r\n";
    smfi_progress(ctx);
    smfi_chgheader(ctx, (char *)"Subject", 2, NULL);
    smfi_chgheader(ctx, (char *)"Subject", 1, (char *)" changed");
    smfi_insheader(ctx, 1, (char *)"X-Kind", (char *)" patch\n\tfolded");
    smfi_addheader(ctx, (char *)"X-Last", (char *)" last");
    smfi_replacebody(ctx, first, 5);
    smfi_replacebody(ctx, second, 6);
    smfi_quarantine(ctx, (char *)"on hold");
    smfi_addrcpt(ctx, (char *)"<a@example.org>");
    smfi_addrcpt_par(ctx, (char *)"<b@example.org>", (char *)"NOTIFY=NEVER");
    smfi_delrcpt(ctx, (char *)"<c@example.org>");
    smfi_chgfrom(ctx, (char *)"<d@example.org>", NULL);
}

START_TEST(records_all_edits_in_order) {
    static const struct mta_edit expected[] = {
        {MTA_EDIT_DELETE, 2, "Subject", "", 0},
        {MTA_EDIT_CHANGE, 1, "Subject", " changed", 8},
        {MTA_EDIT_INSERT, 1, "X-Kind", " patch\n\tfolded", 14},
        {MTA_EDIT_ADD, 0, "X-Last", " last", 5},
        {MTA_EDIT_BODY, 0, "", "new\r\n", 5},
        {MTA_EDIT_BODY, 0, "", "body\r\n", 6},
        {MTA_EDIT_QUARANTINE, 0, "", "on hold", 7},
        {MTA_EDIT_ADD_RCPT, 0, "<a@example.org>", "", 0},
        {MTA_EDIT_ADD_RCPT, 0, "<b@example.org>", "NOTIFY=NEVER", 12},
        {MTA_EDIT_DELETE_RCPT, 0, "<c@example.org>", "", 0},
        {MTA_EDIT_CHANGE_FROM, 0, "<d@example.org>", "", 0},
    };
    struct filter_plan plan = {.actions = EDIT_ACTIONS, .edit = edit_everything};
    AUTO(mta_free) struct mta *mta = open_filter(&plan, NULL);
    mail_make(SMALL_MAIL);
    for (int twice = 0; twice < 2; twice++) {
        play(mta);
        ck_assert_int_eq(result.verdict, MTA_CONTINUE);
        ck_assert_uint_eq(result.progress, 1);
        ck_assert_uint_eq(result.edit_count, sizeof expected / sizeof *expected);
        for (size_t i = 0; i < result.edit_count; i++) {
            const struct mta_edit *edit = &result.edits[i];
            ck_assert_int_eq(edit->kind, expected[i].kind);
            ck_assert_uint_eq(edit->index, expected[i].index);
            ck_assert_str_eq(edit->name, expected[i].name);
            ck_assert_str_eq(edit->value, expected[i].value);
            ck_assert_uint_eq(edit->value_length, expected[i].value_length);
        }
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

SUITE(mta_suite) {
    Suite *all = suite_create("mta");
    TCase *tests = tcase_create("against libmilter");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, stop);
    tcase_add_loop_test(tests, offers_what_the_version_had, 2, 7);
    tcase_add_loop_test(tests, plays_a_mail_in_every_version, 2, 7);
    tcase_add_test(tests, plays_a_mail_with_nothing_offered);
    tcase_add_loop_test(tests, does_not_send_declined_stages, 0, 8);
    tcase_add_loop_test(tests, does_not_wait_for_replies_that_are_not_sent, 0, 3);
    tcase_add_test(tests, keeps_or_removes_the_space_after_the_colon);
    tcase_add_test(tests, sends_the_body_in_pieces);
    tcase_add_test(tests, skips_the_rest_of_the_body);
    tcase_add_test(tests, refuses_a_skip_that_was_not_offered);
    tcase_add_test(tests, sends_the_last_piece_with_the_end);
    tcase_add_loop_test(tests, finds_filters_that_lose_the_end, 0, 2);
    tcase_add_loop_test(tests, sends_a_header_of_100_kb, 0, 2);
    tcase_add_loop_test(tests, accepts_verdicts_at_each_stage, MTA_CONNECT, MTA_STAGES);
    tcase_add_test(tests, refuses_single_recipients);
    tcase_add_test(tests, sends_the_address_of_the_client);
    tcase_add_test(tests, sends_the_authenticated_user);
    tcase_add_test(tests, sends_recipients_in_any_form);
    tcase_add_loop_test(tests, aborts_at_each_stage, 0, 2 * MTA_EOM);
    tcase_add_test(tests, starts_a_new_session_on_the_socket);
    tcase_add_loop_test(tests, refuses_a_new_session_that_libmilter_would_ignore, 0, 3);
    tcase_add_loop_test(tests, sends_the_queue_id_from_a_stage_on, 0, 4);
    tcase_add_test(tests, sends_the_requested_macros);
    tcase_add_test(tests, records_all_edits_in_order);
    suite_add_tcase(all, tests);
    return all;
}
