/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_mail_lists.c - the lists to which a mail belongs, by its recipients, its List-Id and the
 * client that sent it, and what each list allows.
 */
#include "support/support.h"

#include "mail/bounds.h"
#include "pipeline/mail-lists.h"

#include <glib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A host with an open list, a closed one, one that publishes what it receives, and a pattern. */
#define HOST                                                                                 \
    "list \"open.example.org\" { address = \"open@example.org\""                             \
    " archive_url = \"https://example.org/{message_id_hash}/{message_id}\" }\n"              \
    "list \"closed.example.org\" { address = \"closed@example.org\" publish = false }\n"     \
    "list \"early.example.org\" { address = \"early@example.org\" events = \"received\" }\n" \
    "list \"*.quiet.example\" { annotate = false }\n"

static struct mail mail;
static struct configuration *configuration;

static void setup(void) {
    support_mail_init(&mail);
}

static void teardown(void) {
    mail_free(&mail);
    configuration_free(configuration);
}

/* Reads a mail of FROM with LIST_IDS, separated by spaces, to RECIPIENTS, likewise. */
static void read_mail_of(const char *from, const char *list_ids, const char *recipients,
                         bool local) {
    char raw[1000], copy[500], *state, *word;
    size_t length =
        (size_t)snprintf(raw, sizeof(raw), "From: %s\nMessage-ID: <1@example.org>\n", from);

    snprintf(copy, sizeof(copy), "%s", list_ids);
    for (word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state))
        length += (size_t)snprintf(raw + length, sizeof(raw) - length, "List-Id: <%s>\n", word);
    snprintf(raw + length, sizeof(raw) - length, "\ntext\n");
    support_read(&mail, raw, -1);
    mail.local = local;
    mail.default_list = NULL;
    snprintf(copy, sizeof(copy), "%s", recipients);
    for (word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
        const struct configuration_list *list = configuration_list_by_address(configuration, word);

        if (list)
            mail.recipients[mail.recipient_count++] = list;
    }
    mail_lists_find(&mail, configuration);
}

static void read_mail(const char *list_ids, const char *recipients, bool local) {
    read_mail_of("a@example.org", list_ids, recipients, local);
}

/* "open.example.org+posted+publishes closed.example.org+closed" */
static const char *lists_text(void) {
    static char text[1000];
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < mail.list_count; i++)
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, "%s%s%s%s%s", i > 0 ? " " : "",
                             mail.lists[i].id, mail.lists[i].closed ? "+closed" : "",
                             mail.lists[i].posted ? "+posted" : "",
                             mail.lists[i].publishes ? "+publishes" : "");
    return text;
}

static const char *scopes_text(void) {
    static char text[1000];
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < mail.scope_count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s", i > 0 ? " " : "",
                                   mail.scopes[i]);
    return text;
}

static const struct {
    const char *configuration, *list_ids, *recipients;
    bool local;
    const char *lists, *scopes, *reason;
} mails[] = {
    /* A list server. */
    {HOST, "", "open@example.org", false, "open.example.org", "", "a posting to an open list"},
    {HOST, "", "closed@example.org", false, "closed.example.org+closed", "closed.example.org",
     "a posting to a closed list"},
    {HOST, "", "early@example.org", false, "early.example.org+publishes", "",
     "a posting to a list that publishes what it receives"},
    {HOST, "", "closed@example.org open@example.org", false,
     "open.example.org closed.example.org+closed", "", "a cross-post, which open mail may see"},
    {HOST, "open.example.org", "reader@example.net", true, "open.example.org+posted+publishes", "",
     "a copy of the list manager"},
    {HOST, "closed.example.org", "reader@example.net", true, "closed.example.org+closed+posted",
     "closed.example.org", "a copy of a closed list"},
    {HOST, "open.example.org", "closed@example.org", true,
     "open.example.org+posted+publishes closed.example.org+closed", "",
     "a closed list is subscribed to an open one"},
    {HOST, "open.example.org closed.example.org", "reader@example.net", true,
     "closed.example.org+closed+posted", "closed.example.org",
     "the sender had added the List-Id of an open list to a mail for a closed one"},
    {HOST, "", "reader@example.net", false, "", "-", "private mail"},
    {HOST, "", "reader@example.net", true, "", "-", "private mail of the host"},

    /* What a stranger writes. */
    {HOST, "open.example.org", "reader@example.net", false, "", "-",
     "a stranger writes the List-Id of an open list"},
    {HOST, "closed.example.org", "open@example.org", false, "open.example.org", "",
     "a stranger writes that of a closed list to a posting"},
    {HOST, "foreign.example", "open@example.org", false, "open.example.org", "",
     "a stranger writes that of a list of another host"},
    {HOST, "foreign.example", "closed@example.org", false, "closed.example.org+closed",
     "closed.example.org", "also to a posting to a closed list"},
    {HOST "lists = { \"foreign.*\" }", "foreign.example", "closed@example.org", false,
     "closed.example.org+closed", "closed.example.org", "also where such lists count"},
    {HOST "lists = { \"*\" }", "closed.example.org", "reader@example.net", false, "", "-",
     "lists of this host count for local clients only"},

    /* Lists of other hosts. */
    {HOST, "foreign.example", "reader@example.net", false, "", "-",
     "on a list server, other lists do not count"},
    {HOST "lists = { \"foreign.*\" }", "foreign.example", "reader@example.net", false,
     "foreign.example+posted+publishes", "", "unless lists names them"},
    {"", "foreign.example", "reader@example.net", false, "foreign.example+posted+publishes", "",
     "on a host of readers, all lists count"},
    {"", "FOREIGN.example other.example", "reader@example.net", false,
     "foreign.example+posted+publishes", "", "the first List-Id"},
    {"lists = { \"foreign.*\" }", "other.example", "reader@example.net", false, "", "-",
     "or those that lists names"},
    {"list \"*\" { annotate = false }", "foreign.example", "reader@example.net", false,
     "foreign.example+posted+publishes", "", "a pattern is no list of the host"},
    {"", "", "reader@example.net", false, "", "-", "private mail of readers"},
};

START_TEST(lists_of_a_mail) {
    configuration = support_configuration(mails[_i].configuration, NULL);
    read_mail(mails[_i].list_ids, mails[_i].recipients, mails[_i].local);
    ck_assert_msg(strcmp(lists_text(), mails[_i].lists) == 0, "%s: lists '%s'", mails[_i].reason,
                  lists_text());
    ck_assert_msg(strcmp(scopes_text(), mails[_i].scopes) == 0, "%s: scopes '%s'", mails[_i].reason,
                  scopes_text());
    ck_assert_msg(mail.publish == (strstr(mails[_i].lists, "+publishes") != NULL), "%s: publish",
                  mails[_i].reason);
}
END_TEST

START_TEST(plugins_see_an_open_list_before_a_closed_one) {
    configuration = support_configuration(HOST, NULL);
    read_mail("", "closed@example.org open@example.org", false);
    ck_assert_str_eq(patchmark_message_list(mail.message), "open.example.org");
    ck_assert_str_eq(mail_lists_text(&mail, false), "open.example.org");
    read_mail("", "closed@example.org", false);
    ck_assert_str_eq(patchmark_message_list(mail.message), "closed.example.org");
    read_mail("open.example.org", "reader@example.net", false); /* of a stranger */
    ck_assert_str_eq(patchmark_message_list(mail.message), "");
}
END_TEST

START_TEST(header_fields_are_written_if_one_list_wants_them) {
    configuration = support_configuration(HOST, NULL);
    read_mail("", "reader@example.net", false);
    ck_assert(mail.annotate);
    configuration_free(configuration);
    configuration =
        support_configuration(HOST "list \"bare.example.org\" { address = \"bare@example.org\""
                                   " annotate = false }",
                              NULL);
    read_mail("", "bare@example.org", false);
    ck_assert(!mail.annotate);
    read_mail("", "bare@example.org open@example.org", false);
    ck_assert(mail.annotate);
    configuration_free(configuration);
    configuration = support_configuration("list \"*.quiet.example\" { annotate = false }", NULL);
    read_mail("a.quiet.example", "reader@example.net", false);
    ck_assert(!mail.annotate);
}
END_TEST

START_TEST(a_mail_that_names_no_list_belongs_to_the_default_list) {
    configuration = support_configuration(HOST, NULL);
    read_mail("", "", true);
    mail.default_list = "closed.example.org";
    mail_lists_find(&mail, configuration);
    ck_assert_str_eq(lists_text(), "closed.example.org+closed+posted");
    mail.default_list = "";
    mail_lists_find(&mail, configuration);
    ck_assert_str_eq(lists_text(), "+posted+publishes");
    ck_assert_str_eq(mail_lists_text(&mail, false), "");
    ck_assert_uint_eq(mail.scope_count, 0);
    read_mail("open.example.org", "", true);
    mail.default_list = "closed.example.org";
    mail_lists_find(&mail, configuration);
    ck_assert_str_eq(lists_text(), "open.example.org+posted+publishes");
}
END_TEST

/* A sender to a closed list writes the List-Id of an open one and so many fields that the List-Id
 * that the list manager appends is left out. */
START_TEST(fields_beyond_the_limit_hide_no_closed_list) {
    static const char *const configurations[] = {HOST "lists = { \"*\" }",
                                                 "list \"open.example.org\" { address = "
                                                 "\"open@example.org\" }"};
    GString *raw = g_string_new("From: a@example.org\nList-Id: <open.example.org>\n");

    for (int i = 0; i < LIMIT_HEADER_FIELDS; i++)
        g_string_append(raw, "X: y\n");
    g_string_append(raw, "List-Id: <closed.example.org>\n\ntext\n");
    configuration = support_configuration(configurations[_i], NULL);
    support_read(&mail, raw->str, -1);
    mail.default_list = NULL;
    mail_lists_find(&mail, configuration);
    ck_assert_str_eq(lists_text(), _i == 0 ? "" : "open.example.org+posted+publishes");
    g_string_free(raw, TRUE);
}
END_TEST

/* Notices of list managers, and addresses that only look like theirs. */
static const struct {
    const char *configuration, *from, *list_id, *lists;
} notices[] = {
    {HOST, "open-owner@example.org", "open.example.org", "open.example.org"},
    {HOST, "open-bounces@example.org", "open.example.org", "open.example.org"},
    {HOST, "open+owner@example.org", "open.example.org", "open.example.org"},
    {HOST, "open-request@example.org", "open.example.org", "open.example.org"},
    {HOST, "open-admin@example.org", "open.example.org", "open.example.org"},
    {HOST, "closed-owner@example.org", "closed.example.org", "closed.example.org+closed"},
    {HOST, "early-owner@example.org", "early.example.org", "early.example.org"},
    {HOST, "open-ownership@example.org", "open.example.org", "open.example.org+posted+publishes"},
    {HOST, "open-owner@example.net", "open.example.org", "open.example.org+posted+publishes"},
    {HOST, "early-owner@example.org", "open.example.org", "open.example.org+posted+publishes"},
    {HOST, "opener@example.org", "open.example.org", "open.example.org+posted+publishes"},
    {"", "dev-owner@lists.example", "dev.lists.example", ""},
    {"", "owner@lists.example", "dev.lists.example", "dev.lists.example+posted+publishes"},
};

START_TEST(notices_of_list_managers_are_no_postings) {
    configuration = support_configuration(notices[_i].configuration, NULL);
    read_mail_of(notices[_i].from, notices[_i].list_id, "reader@example.net", true);
    ck_assert_msg(strcmp(lists_text(), notices[_i].lists) == 0, "%s: %s", notices[_i].from,
                  lists_text());
}
END_TEST

/* Too many lists: a closed one is never dropped. */
START_TEST(a_closed_list_is_kept_before_open_ones) {
    char text[4000] = "list \"z.example.org\" { address = \"z@example.org\" publish = false }\n";
    char recipients[1000] = "";

    for (int i = 0; i < MAIL_LISTS + 2; i++) {
        size_t length = strlen(text), used = strlen(recipients);

        snprintf(text + length, sizeof(text) - length,
                 "list \"l%d.example.org\" { address = \"l%d@example.org\" }\n", i, i);
        if (i < MAIL_LISTS)
            snprintf(recipients + used, sizeof(recipients) - used, "l%d@example.org ", i);
    }
    configuration = support_configuration(text, NULL);
    read_mail("z.example.org", recipients, true);
    ck_assert_uint_eq(mail.list_count, MAIL_LISTS);
    ck_assert(mail.lists[MAIL_LISTS - 1].closed);
    ck_assert_str_eq(mail.lists[MAIL_LISTS - 1].id, "z.example.org");
    ck_assert_str_eq(mail.lists[0].id, "l1.example.org");
}
END_TEST

/* ---- links -------------------------------------------------------------------------------- */

/* The SHA-1 of "1@example.org" in base32 was computed with sha1sum, xxd and base32. */
START_TEST(the_template_of_a_list_makes_a_link) {
    configuration = support_configuration(HOST, NULL);
    read_mail("open.example.org", "", true);
    ck_assert_str_eq(mail_lists_archive_url(&mail, &mail.lists[0]),
                     "https://example.org/YQGNW22OIHIVAA7XCBR2RF3PVVYNP6BX/1%40example.org");
}
END_TEST

static const struct {
    const char *field, *url;
} archived[] = {
    {"Archived-At: <https://example.net/a/1>", "https://example.net/a/1"},
    {"Archived-At: <http://example.net/a/1>", "http://example.net/a/1"},
    {"Archived-At: https://example.net/a/1", NULL},
    {"Archived-At: <javascript:alert(1)>", NULL},
    {"Archived-At: <https://example.net/a b>", NULL},
    {"Archived-At: <https://example.net/a", NULL},
    {"X-Archived-At: <https://example.net/a/1>", NULL},
};

START_TEST(the_mail_names_its_link) {
    char raw[500];
    const char *url;

    configuration = support_configuration("", NULL);
    snprintf(raw, sizeof(raw), "Message-ID: <1@x>\nList-Id: <a.example>\n%s\n\n",
             archived[_i].field);
    support_read(&mail, raw, -1);
    mail_lists_find(&mail, configuration);
    url = mail_lists_archive_url(&mail, &mail.lists[0]);
    if (archived[_i].url)
        ck_assert_str_eq(url, archived[_i].url);
    else
        ck_assert_ptr_null(url);
}
END_TEST

SUITE(mail_lists_suite) {
    Suite *suite = suite_create("mail_lists");
    TCase *tests = tcase_create("mail_lists");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, lists_of_a_mail, 0, COUNT(mails));
    tcase_add_test(tests, plugins_see_an_open_list_before_a_closed_one);
    tcase_add_test(tests, header_fields_are_written_if_one_list_wants_them);
    tcase_add_test(tests, a_mail_that_names_no_list_belongs_to_the_default_list);
    tcase_add_loop_test(tests, fields_beyond_the_limit_hide_no_closed_list, 0, 2);
    tcase_add_loop_test(tests, notices_of_list_managers_are_no_postings, 0, COUNT(notices));
    tcase_add_test(tests, a_closed_list_is_kept_before_open_ones);
    tcase_add_test(tests, the_template_of_a_list_makes_a_link);
    tcase_add_loop_test(tests, the_mail_names_its_link, 0, COUNT(archived));
    suite_add_tcase(suite, tests);
    return suite;
}
