/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_envelope.c - which recipients are lists, in which forms; which client is local; which mail
 * is exempt.
 */
#include "daemon/envelope.h"
#include "support/support.h"

#include <arpa/inet.h>
#include <sys/un.h>

static struct configuration *configuration;
static struct envelope envelope;
static struct mail mail; /* only its recipients and `local` are used */

static void use(const char *text) {
    configuration_free(configuration);
    configuration = support_defaults(text);
    envelope = (struct envelope){.has_client = false};
}

static void setup(void) {
    mail = (struct mail){.recipient_count = 0};
}

static void teardown(void) {
    configuration_free(configuration);
    configuration = NULL;
}

static void connect_from(const char *address) {
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};

    if (strchr(address, ':')) {
        ck_assert_int_eq(inet_pton(AF_INET6, address, &ipv6.sin6_addr), 1);
        envelope_connect(&envelope, (struct sockaddr *)&ipv6);
    } else {
        ck_assert_int_eq(inet_pton(AF_INET, address, &ipv4.sin_addr), 1);
        envelope_connect(&envelope, (struct sockaddr *)&ipv4);
    }
}

static void begin(const char *user) {
    envelope_begin(&envelope, configuration, user, &mail);
}

static void recipient(const char *address) {
    envelope_recipient(&envelope, configuration, address, &mail);
}

/* ---- recipients ---------------------------------------------------------------------------- */

START_TEST(recipients_in_any_form) {
    static const struct {
        const char *recipient;
        bool is_list;
    } cases[] = {
        {"<dev@example.org>", true},
        {"dev@example.org", true},
        {"<DEV@Example.ORG>", true},
        {" <dev@example.org>", true},
        {"< dev@example.org >", true},
        {"<dev@example.org.>", true},
        {"<@relay.example:dev@example.org>", true},
        {"<@a.example,@b.example:dev@example.org>", true},
        {"<@relay.example:other@example.org>", false},
        {"<dev+detail@example.org>", false},
        {"<dev-owner@example.org>", false},
        {"<xdev@example.org>", false},
        {"<dev@example.org.evil.example>", false},
        {"<dev@sub.example.org>", false},
        {"<\"dev\"@example.org>", true}, /* the same address, RFC 5321 4.1.2 */
        {"<\"d\\ev\"@example.org>", true},
        {"<\"dev\">", false},
        {"<\"dev", false},
        {"<\"dev@example.org\">", false},
        {"<\"x@example.org dev\"@example.org>", false},
        {"<other@example.org> dev@example.org", false},
        {"<dev@example.org@example.com>", false},
        {"<@relay.example>", false},
        {"<@dev@example.org>", false},
        {"<dev>", false},
        {"<>", false},
        {"<", false},
        {"", false},
        {" ", false},
        {".", false},
    };

    use("list \"dev.example.org\" { address = \"Dev@example.org\" }");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        begin(NULL);
        recipient(cases[i].recipient);
        ck_assert_msg(mail.recipient_count == cases[i].is_list, "%s", cases[i].recipient);
        if (cases[i].is_list)
            ck_assert_ptr_eq(mail.recipients[0], &configuration->list_sections[0]);
    }
}
END_TEST

/* 320 bytes are a possible address; more are not. */
START_TEST(long_recipients) {
    char address[400], text[1000];

    memset(address, 'x', sizeof(address));
    strcpy(address + 320 - strlen("@example.org"), "@example.org");
    ck_assert_uint_eq(strlen(address), 320);
    snprintf(text, sizeof(text), "list \"dev.example.org\" { address = \"%s\" }", address);
    use(text);
    begin(NULL);
    snprintf(text, sizeof(text), "<%s>", address);
    recipient(text);
    ck_assert_uint_eq(mail.recipient_count, 1);
    begin(NULL);
    snprintf(text, sizeof(text), "<x%s>", address);
    recipient(text);
    ck_assert_uint_eq(mail.recipient_count, 0);
}
END_TEST

START_TEST(each_list_is_added_once) {
    use("list \"dev.example.org\" { address = { \"dev@example.org\", \"dev@example.com\" } }\n"
        "list \"net.example.org\" { address = \"net@example.org\" }\n");
    begin(NULL);
    recipient("<dev@example.org>");
    recipient("<someone@example.org>");
    recipient("<dev@example.com>");
    recipient("<net@example.org>");
    recipient("<DEV@example.org>");
    ck_assert_uint_eq(mail.recipient_count, 2);
    ck_assert_ptr_eq(mail.recipients[0], &configuration->list_sections[0]);
    ck_assert_ptr_eq(mail.recipients[1], &configuration->list_sections[1]);
    begin(NULL); /* the next mail */
    ck_assert_uint_eq(mail.recipient_count, 0);
}
END_TEST

/* Sections 0 to 19 are open lists, 20 to 39 closed ones. */
static void use_many(void) {
    char text[8000];
    size_t length = 0;

    for (int i = 0; i < 40; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length,
                                   "list \"l%d.example.org\" { address = \"l%d@example.org\" "
                                   "publish = %s }\n",
                                   i, i, i < 20 ? "yes" : "no");
    use(text);
    begin(NULL);
}

static void recipients_numbered(int from, int to) {
    char address[64];

    for (int i = from; i < to; i++) {
        snprintf(address, sizeof(address), "<l%d@example.org>", i);
        recipient(address);
    }
}

static size_t closed_count(void) {
    size_t count = 0;

    for (size_t i = 0; i < mail.recipient_count; i++)
        count += !mail.recipients[i]->publish;
    return count;
}

START_TEST(open_lists_are_dropped_beyond_the_bound) {
    use_many();
    recipients_numbered(0, 20);
    ck_assert_uint_eq(mail.recipient_count, MAIL_LISTS);
    for (size_t i = 0; i < MAIL_LISTS; i++)
        ck_assert_ptr_eq(mail.recipients[i], &configuration->list_sections[i]);
    recipients_numbered(0, 20);
    ck_assert_uint_eq(mail.recipient_count, MAIL_LISTS);
}
END_TEST

START_TEST(a_closed_list_is_never_dropped_for_an_open_one) {
    use_many();
    recipients_numbered(0, 20);
    recipients_numbered(20, 23);
    ck_assert_uint_eq(mail.recipient_count, MAIL_LISTS);
    ck_assert_uint_eq(closed_count(), 3);
    recipients_numbered(0, 20);
    recipients_numbered(20, 23);
    ck_assert_uint_eq(closed_count(), 3);
    recipients_numbered(20, 40);
    ck_assert_uint_eq(mail.recipient_count, MAIL_LISTS);
    ck_assert_uint_eq(closed_count(), MAIL_LISTS);
}
END_TEST

START_TEST(closed_lists_first) {
    use_many();
    recipients_numbered(20, 40);
    recipients_numbered(0, 20);
    ck_assert_uint_eq(mail.recipient_count, MAIL_LISTS);
    ck_assert_uint_eq(closed_count(), MAIL_LISTS);
}
END_TEST

/* ---- clients ------------------------------------------------------------------------------- */

START_TEST(local_clients) {
    struct sockaddr_un unix_client = {.sun_family = AF_UNIX};

    use("");
    begin(NULL); /* without CONNECT */
    ck_assert(mail.local);
    connect_from("192.0.2.1");
    begin(NULL);
    ck_assert(!mail.local);
    begin(NULL); /* the next mail of the connection */
    ck_assert(!mail.local);
    connect_from("127.0.0.1");
    begin(NULL);
    ck_assert(mail.local);
    connect_from("2001:db8::1");
    begin(NULL);
    ck_assert(!mail.local);
    connect_from("::1");
    begin(NULL);
    ck_assert(mail.local);
    connect_from("192.0.2.1");
    envelope_connect(&envelope, (struct sockaddr *)&unix_client);
    begin(NULL);
    ck_assert(mail.local);
    connect_from("192.0.2.1");
    envelope_connect(&envelope, NULL); /* mail from sendmail(1) */
    begin(NULL);
    ck_assert(mail.local);
}
END_TEST

/* A reload applies to the next mail of a connection. */
START_TEST(the_configuration_is_that_of_the_mail) {
    struct envelope kept;

    use("");
    connect_from("192.0.2.1");
    begin(NULL);
    ck_assert(!mail.local);
    kept = envelope;
    use("local = 192.0.2.1");
    envelope = kept;
    begin(NULL);
    ck_assert(mail.local);
}
END_TEST

/* ---- exempt mail --------------------------------------------------------------------------- */

#define EXEMPT                            \
    "exempt_clients = \"192.0.2.0/24\"\n" \
    "exempt_users = \"backup\"\n"         \
    "exempt_recipients = \"*@internal.example\"\n"

START_TEST(exempt_mail) {
    static const struct {
        const char *client, *user, *recipients[4];
        enum envelope_exempt exempt;
    } cases[] = {
        {"203.0.113.1", NULL, {"<a@example.org>"}, ENVELOPE_NOT_EXEMPT},
        {"192.0.2.9", NULL, {"<a@example.org>"}, ENVELOPE_CLIENT},
        {"192.0.2.9", "backup", {"<a@internal.example>"}, ENVELOPE_CLIENT},
        {"203.0.113.1", "backup", {"<a@example.org>"}, ENVELOPE_USER},
        {"203.0.113.1", "ada", {"<a@example.org>"}, ENVELOPE_NOT_EXEMPT},
        {"203.0.113.1", NULL, {"<a@internal.example>"}, ENVELOPE_RECIPIENTS},
        {"203.0.113.1", NULL, {"<A@Internal.Example>", "b@internal.example."}, ENVELOPE_RECIPIENTS},
        {"203.0.113.1",
         NULL,
         {"<a@internal.example>", "<b@example.org>", "<c@internal.example>"},
         ENVELOPE_NOT_EXEMPT},
        {"203.0.113.1", NULL, {"<b@example.org>", "<a@internal.example>"}, ENVELOPE_NOT_EXEMPT},
        {"203.0.113.1",
         NULL,
         {"<a@internal.example>", "<\"b\"@internal.example>"},
         ENVELOPE_RECIPIENTS},
        {"203.0.113.1",
         NULL,
         {"<a@internal.example>", "<\"b c\"@internal.example>"},
         ENVELOPE_NOT_EXEMPT},
        {"203.0.113.1", NULL, {"<a@internal.example>", ""}, ENVELOPE_NOT_EXEMPT},
        {"203.0.113.1", NULL, {NULL}, ENVELOPE_NOT_EXEMPT},
    };

    use(EXEMPT);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        connect_from(cases[i].client);
        begin(cases[i].user);
        for (size_t j = 0; cases[i].recipients[j]; j++)
            recipient(cases[i].recipients[j]);
        ck_assert_msg(envelope_is_exempt(&envelope) == cases[i].exempt, "case %zu: %d", i,
                      envelope_is_exempt(&envelope));
    }
}
END_TEST

/* By default no mail is exempt. */
START_TEST(no_mail_is_exempt) {
    use("");
    envelope_connect(&envelope, NULL);
    begin("root");
    recipient("<a@example.org>");
    ck_assert_int_eq(envelope_is_exempt(&envelope), ENVELOPE_NOT_EXEMPT);
}
END_TEST

SUITE(envelope_suite) {
    Suite *suite = suite_create("envelope");
    TCase *tests = tcase_create("envelope");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, recipients_in_any_form);
    tcase_add_test(tests, long_recipients);
    tcase_add_test(tests, each_list_is_added_once);
    tcase_add_test(tests, open_lists_are_dropped_beyond_the_bound);
    tcase_add_test(tests, a_closed_list_is_never_dropped_for_an_open_one);
    tcase_add_test(tests, closed_lists_first);
    tcase_add_test(tests, local_clients);
    tcase_add_test(tests, the_configuration_is_that_of_the_mail);
    tcase_add_test(tests, exempt_mail);
    tcase_add_test(tests, no_mail_is_exempt);
    suite_add_tcase(suite, tests);
    return suite;
}
