/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_people.c - the mailboxes in To, Cc and From, and the date that the author wrote.
 */
#include "mail/people.h"

#include "mail/bounds.h"
#include "support/suite.h"
#include "support/support.h"

static struct mail mail;

static void setup(void) {
    support_mail_init(&mail);
}

static void teardown(void) {
    mail_free(&mail);
}

/* ---- people ------------------------------------------------------------------------------- */

struct visits {
    char text[8192]; /* "name|address " for each mailbox */
    size_t count, most;
};

/* Writes one mailbox: a message_person. */
static bool visit(void *context, const char *name, const char *address) {
    struct visits *visits = context;
    size_t length = strlen(visits->text);

    snprintf(visits->text + length, sizeof(visits->text) - length, "%s|%s ", name, address);
    return ++visits->count < visits->most;
}

/* FIELDS are header fields, FOUND the mailboxes in Cc. */
static const struct {
    const char *fields, *found;
} people[] = {
    {"Cc: Ada <Ada@Example.ORG>, bob@example.org\n", "Ada|ada@example.org |bob@example.org "},
    {"Cc: =?utf-8?q?Zo=C3=AB?= <z@example.org>\n", "Zoë|z@example.org "},
    {"Cc: =?utf-8?b?xIxhcGVr?=, =?utf-8?q?Zo=C3=AB?= <z@example.org>\n",
     "Čapek, Zoë|z@example.org "},
    {"Cc: =?utf-8?q?Zo=C3=AB?=\n =?utf-8?q?_Example?=\n <z@example.org>\n",
     "Zoë Example|z@example.org "},
    {"Cc: Zoë <z@example.org>, 王 <w@example.org>\n", "Zoë|z@example.org 王|w@example.org "},
    {"Cc: Zo\xeb <z@example.org>\n", "Zoë|z@example.org "},
    {"Cc: \"Example, Ada\" <ada@example.org>\n", "Example, Ada|ada@example.org "},
    {"Cc: \"Ada \\\"A\\\" E\" <ada@example.org>\n", "Ada \"A\" E|ada@example.org "},
    {"Cc: ada@example.org (Ada Example)\n", "Ada Example|ada@example.org "},
    {"Cc: Ada <ada@example.org>\nTo: Bob <bob@example.org>\ncc: Eve <eve@example.org>\n",
     "Ada|ada@example.org Eve|eve@example.org "},
    {"Cc: Ada <ada@example.org>, Ada <ada@example.org>\n",
     "Ada|ada@example.org Ada|ada@example.org "},

    /* groups */
    {"Cc: undisclosed-recipients:;\n", ""},
    {"Cc: Team:;, Ada <ada@example.org>\n", "Ada|ada@example.org "},
    {"Cc: Team: Ada <ada@example.org>, bob@example.org;\n",
     "Ada|ada@example.org |bob@example.org "},
    {"Cc: Team:ada@example.org, Bob <bob@example.org>;, Eve <eve@example.org>\n",
     "|ada@example.org Bob|bob@example.org Eve|eve@example.org "},
    {"Cc: \"Our: Team\": Ada <ada@example.org>;\n", "Ada|ada@example.org "},
    /* no groups */
    {"Cc: \"Ada: home\" <ada@example.org>\n", "Ada: home|ada@example.org "},
    {"Cc: Ada (at: home) <ada@example.org>\n", "Ada (at: home)|ada@example.org "},
    {"Cc: Ada <ada@[IPv6:2001:db8::1]>\n", "Ada|ada@[ipv6:2001:db8::1] "},

    /* names that say nothing */
    {"Cc: \"Ada@example.org\" <ada@example.org>\n", "|ada@example.org "},
    {"Cc: \"'ada@example.org'\" <ada@example.org>\n", "|ada@example.org "},
    {"Cc: \"\" <ada@example.org>\n", "|ada@example.org "},
    {"Cc: \"ada@example.com\" <ada@example.org>\n", "ada@example.com|ada@example.org "},

    {"Cc:\n", ""},
    {"Cc: nobody\n", ""},
    {"Cc: Ada <>, Bob <bob@example.org\n", "Ada <>, Bob|bob@example.org "},
    {"To: Ada <ada@example.org>\n", ""},
};

START_TEST(mailboxes) {
    struct visits visits = {.most = 1000};
    char raw[1024];

    snprintf(raw, sizeof(raw), "From: x@example.org\n%s\ntext\n", people[_i].fields);
    support_read(&mail, raw, -1);
    ck_assert(message_people(mail.message, "Cc", visit, &visits));
    ck_assert_msg(strcmp(visits.text, people[_i].found) == 0, "%s: %s", people[_i].fields,
                  visits.text);
}
END_TEST

START_TEST(field_names) {
    struct visits from = {.most = 1000}, to = {.most = 1000};

    support_read(&mail, "From: Ada <ada@example.org>\nTo: Bob <bob@example.org>\n\n", -1);
    ck_assert(message_people(mail.message, "From", visit, &from));
    ck_assert(message_people(mail.message, "to", visit, &to));
    ck_assert_str_eq(from.text, "Ada|ada@example.org ");
    ck_assert_str_eq(to.text, "Bob|bob@example.org ");
}
END_TEST

START_TEST(walk_ended) {
    struct visits visits = {.most = 2};

    support_read(&mail, "From: a@b.org\nCc: a@b.org, b@b.org, c@b.org\n\n", -1);
    ck_assert(!message_people(mail.message, "Cc", visit, &visits));
    ck_assert_str_eq(visits.text, "|a@b.org |b@b.org ");
}
END_TEST

/* At the limit of mailboxes, and one past it, in several fields. */
START_TEST(people_limit) {
    static char raw[32 * 1024];
    struct visits visits = {.most = 100000};
    size_t length = 0;

    for (size_t i = 0; i < LIMIT_PEOPLE + (size_t)_i; i++)
        length += (size_t)snprintf(raw + length, sizeof(raw) - length, "Cc: a%zu@b.org\n", i);
    strcat(raw, "From: a@b.org\n\n");
    support_read(&mail, raw, -1);
    ck_assert_int_eq(message_people(mail.message, "Cc", visit, &visits), _i == 0);
    ck_assert_uint_eq(visits.count, LIMIT_PEOPLE);
}
END_TEST

/* A field at the limit of address fields, and one past it, which is left out; the other ones are
 * visited. */
START_TEST(field_limit) {
    static char raw[LIMIT_ADDRESS_BYTES + 256];
    struct visits cc = {.most = 100000}, to = {.most = 100000};
    size_t length = (size_t)snprintf(raw, sizeof(raw), "From: a@b.org\nTo: c@b.org\nCc:");

    memset(raw + length, 'x', LIMIT_ADDRESS_BYTES + (size_t)_i);
    strcpy(raw + length + LIMIT_ADDRESS_BYTES - strlen("@b.org") - 1 + (size_t)_i,
           "@b.org\nCc: d@b.org\n\n");
    support_read(&mail, raw, -1);
    ck_assert_int_eq(message_people(mail.message, "cc", visit, &cc), _i == 0);
    ck_assert_uint_eq(cc.count, _i == 0 ? 2 : 1);
    ck_assert(message_people(mail.message, "To", visit, &to));
}
END_TEST

static bool name_keep(void *context, const char *name, const char *address) {
    (void)address;
    *(const char **)context = name;
    return true;
}

/* A name at the limit, and one past it whose last character has two bytes, the first of which is
 * the last that fits. */
START_TEST(name_limit) {
    char raw[2 * LIMIT_NAME_BYTES], letters[LIMIT_NAME_BYTES];
    const char *name = NULL;

    memset(letters, 'a', sizeof(letters));
    snprintf(raw, sizeof(raw), "From: a@b.org\nCc: \"%.*s%s\" <a@b.org>\n\n",
             LIMIT_NAME_BYTES - (_i == 0 ? 2 : 1), letters, "ë");
    support_read(&mail, raw, -1);
    ck_assert(message_people(mail.message, "Cc", name_keep, &name));
    ck_assert_uint_eq(strlen(name), LIMIT_NAME_BYTES - (size_t)_i);
    ck_assert_int_eq(name[strlen(name) - 1] == 'a', _i == 1);
}
END_TEST

/* ---- dates -------------------------------------------------------------------------------- */

static const struct {
    const char *date, *text;
} dates[] = {
    {"Thu, 07 May 2026 15:42:05 +0200", "2026-05-07T15:42:05+02:00"},
    {"Thu, 7 May 2026 15:42:05 -0730", "2026-05-07T15:42:05-07:30"},
    {"7 May 2026 15:42 +0545", "2026-05-07T15:42:00+05:45"},
    {"Thu, 7 May 2026 15:42:05 +0000 (UTC)", "2026-05-07T15:42:05+00:00"},
    {"Thu, 7 May 2026 15:42:05 -0000", "2026-05-07T15:42:05-00:00"},
    {"Thu, 7 May 2026\n 15:42:05\n\t+0200", "2026-05-07T15:42:05+02:00"},
    {"Thu, 7 May 2026 15:42:05 +0200 (Sommerzeit: GMT)", "2026-05-07T15:42:05+02:00"},
    {"Thu, 7 May 2026 15:42:05 (EST) +0200", "2026-05-07T15:42:05+02:00"},
    {"Thu, 29 Feb 2024 23:59:59 -1200", "2024-02-29T23:59:59-12:00"},

    /* the obsolete zones of RFC 5322 4.3 */
    {"Thu, 7 May 2026 15:42:05 UT", "2026-05-07T15:42:05+00:00"},
    {"Thu, 7 May 2026 15:42:05 GMT", "2026-05-07T15:42:05+00:00"},
    {"Thu, 7 May 2026 15:42:05 EST", "2026-05-07T15:42:05-05:00"},
    {"Thu, 7 May 2026 15:42:05 EDT", "2026-05-07T15:42:05-04:00"},
    {"Thu, 7 May 2026 15:42:05 CST", "2026-05-07T15:42:05-06:00"},
    {"Thu, 7 May 2026 15:42:05 CDT", "2026-05-07T15:42:05-05:00"},
    {"Thu, 7 May 2026 15:42:05 MST", "2026-05-07T15:42:05-07:00"},
    {"Thu, 7 May 2026 15:42:05 MDT", "2026-05-07T15:42:05-06:00"},
    {"Thu, 7 May 2026 15:42:05 PST", "2026-05-07T15:42:05-08:00"},
    {"Thu, 7 May 2026 15:42:05 pdt", "2026-05-07T15:42:05-07:00"},
    {"Thu, 7 May 2026 15:42:05 Z", "2026-05-07T15:42:05+00:00"},
    {"Thu, 7 May 2026 15:42:05 A", "2026-05-07T15:42:05-00:00"},
    {"Thu, 7 May 2026 15:42:05 Y", "2026-05-07T15:42:05-00:00"},
    {"Thu, 7 May 2026 15:42:05 CEST", "2026-05-07T15:42:05-00:00"},
    {"7 May 26 15:42:05 +0200", "2026-05-07T15:42:05+02:00"},
    {"7 May 99 15:42:05 +0200", "1999-05-07T15:42:05+02:00"},

    /* what programs write */
    {"Thu May  7 15:42:05 2026 -0700", "2026-05-07T15:42:05-07:00"},
    {"Thu May  7 15:42:05 2026", "2026-05-07T15:42:05-00:00"},
    {"Thu May 07 2026 15:42:05 GMT+0200 (CEST)", "2026-05-07T15:42:05+02:00"},
    {"Thu, 7 May 2026 15:42:05 +02:00", "2026-05-07T15:42:05+02:00"},
    {"Thu, 7 May 2026 15:42:05", "2026-05-07T15:42:05-00:00"},
    {"Thu, 7 May 2026 15:42:05 +200", "2026-05-07T15:42:05-00:00"},
    {"Thu, 7 May 2026 15:42:05 +0260", "2026-05-07T15:42:05-00:00"},
    {"Thu, 7 May 2026 15:42:05 +2400", "2026-05-07T15:42:05-00:00"},
    {"Thu, 7 May 2026 15:42:05 +02000", "2026-05-07T15:42:05-00:00"},

    {"Thu, 1 Jan 1970 00:00:00 +0100", "1970-01-01T00:00:00+01:00"},
    {"Fri, 31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59+00:00"},
    {"Wed, 31 Dec 1969 23:59:59 -0100", NULL},
    {"Sat, 1 Jan 10000 00:00:00 +0000", NULL},
    {"Thu, 30 Feb 2026 15:42:05 +0200", NULL},
    {"Thu, 7 May 2026 25:42:05 +0200", NULL},
    {"Thu, 7 May 2026", NULL},
    {"Thu, 7 May 2026 15:42:05.123 +0200", NULL},
    {"yesterday: after 15:42", NULL},
    {":", NULL},
    {"", NULL},
};

START_TEST(date_forms) {
    char raw[256], text[MESSAGE_DATE_BYTES] = "?";
    bool found;

    snprintf(raw, sizeof(raw), "From: a@b.org\nDate: %s\n\ntext\n", dates[_i].date);
    support_read(&mail, raw, -1);
    found = message_date(mail.message, text);
    ck_assert_msg(found == (dates[_i].text != NULL) &&
                      strcmp(text, dates[_i].text ? dates[_i].text : "") == 0,
                  "%s: %s", dates[_i].date, text);
}
END_TEST

START_TEST(date_absent) {
    char text[MESSAGE_DATE_BYTES] = "?";

    support_read(&mail, "From: a@b.org\n\ntext\n", -1);
    ck_assert(!message_date(mail.message, text));
    ck_assert_str_eq(text, "");
}
END_TEST

/* ---- wrapped mails ------------------------------------------------------------------------ */

#define OUTER                                                                                  \
    "From: Ada via Lamp <lamp@lists.example.org>\nTo: lamp@lists.example.org\n"                \
    "Date: Mon, 6 May 2024 10:00:00 +0000\nSubject: bulb\nList-Id: <lamp.lists.example.org>\n" \
    "List-Post: <mailto:lamp@lists.example.org>\nContent-Type: message/rfc822\n\n"

START_TEST(wrapped_mail) {
    struct visits to = {.most = 1000}, cc = {.most = 1000}, from = {.most = 1000};
    char text[MESSAGE_DATE_BYTES];

    support_read(&mail,
                 OUTER "From: Ada <ada@example.com>\nTo: Bob <bob@example.com>\n"
                       "Cc: Eve <eve@example.com>\nDate: Mon, 6 May 2024 12:00:00 +0200\n"
                       "Subject: bulb\n\nturn it\n",
                 -1);
    ck_assert(message_people(mail.message, "To", visit, &to));
    ck_assert(message_people(mail.message, "Cc", visit, &cc));
    ck_assert(message_people(mail.message, "From", visit, &from));
    ck_assert_str_eq(to.text, "Bob|bob@example.com ");
    ck_assert_str_eq(cc.text, "Eve|eve@example.com ");
    ck_assert_str_eq(from.text, "Ada|ada@example.com ");
    ck_assert(message_date(mail.message, text));
    ck_assert_str_eq(text, "2024-05-06T12:00:00+02:00");
}
END_TEST

SUITE(people_suite) {
    Suite *suite = suite_create("people");
    TCase *cases = tcase_create("people");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, mailboxes, 0, sizeof(people) / sizeof(people[0]));
    tcase_add_test(cases, field_names);
    tcase_add_test(cases, walk_ended);
    tcase_add_loop_test(cases, people_limit, 0, 2);
    tcase_add_loop_test(cases, field_limit, 0, 2);
    tcase_add_loop_test(cases, name_limit, 0, 2);
    tcase_add_loop_test(cases, date_forms, 0, sizeof(dates) / sizeof(dates[0]));
    tcase_add_test(cases, date_absent);
    tcase_add_test(cases, wrapped_mail);
    suite_add_tcase(suite, cases);
    return suite;
}
