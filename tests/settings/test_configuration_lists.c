/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_configuration_lists.c - tests the sections `list`, the option `lists`, which clients are
 * local, and which mail is exempt.
 */
#include "configuration-fixture.h"
#include "settings/bounds.h"
#include "support/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

static const char lists[] = "list \"Dev.example.org\" {\n"
                            "    address = { \"Dev@example.org\", \"dev@lists.example.org\" }\n"
                            "    events = received\n"
                            "    archive_url = \"https://example.org/dev/{message_id}/\"\n"
                            "}\n"
                            "list \"security.example.org\" {\n"
                            "    address = security@example.org  publish = false\n"
                            "}\n"
                            "list \"plain.example.org\" { annotate = no }\n"
                            "list \"*.example.org\" { annotate = false }\n"
                            "list \"*.org\" { }\n";

/* Checks that loading TEXT fails with exactly ERRORS, in which '~' stands for the path of the file.
 */
static void refused(const char *text, const char *errors) {
    char expected[2048];
    struct configuration *configuration = NULL;
    size_t length = 0;

    for (; *errors; errors++)
        if (*errors == '~') /* the path */
            length += (size_t)snprintf(expected + length, sizeof(expected) - length, "%s",
                                       folder_path("main.conf"));
        else
            expected[length++] = *errors;
    expected[length] = '\0';
    write_file("main.conf", text);
    errors_logged[0] = '\0';
    ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
    ck_assert_ptr_null(configuration);
    ck_assert_str_eq(errors_logged, expected);
}

/* ---- sections ----------------------------------------------------------------------------- */

START_TEST(test_list_options) {
    struct configuration *configuration = load(lists);
    const struct configuration_list *list;

    ck_assert_uint_eq(configuration->list_section_count, 5);
    list = configuration_list_by_id(configuration, "dev.example.org");
    ck_assert_ptr_eq(list, &configuration->list_sections[0]);
    ck_assert_str_eq(list->pattern, "dev.example.org");
    ck_assert(!list->is_pattern && list->annotate && list->publish && list->received);
    ck_assert_uint_eq(list->address_count, 2);
    ck_assert_str_eq(list->addresses[0], "dev@example.org");
    ck_assert_str_eq(list->addresses[1], "dev@lists.example.org");
    ck_assert_str_eq(list->archive_url, "https://example.org/dev/{message_id}/");
    list = configuration_list_by_id(configuration, "SECURITY.Example.Org");
    ck_assert_ptr_eq(list, &configuration->list_sections[1]);
    ck_assert(!list->is_pattern && list->annotate && !list->publish && !list->received);
    ck_assert_str_eq(list->archive_url, "");
    list = &configuration->list_sections[3];
    ck_assert(list->is_pattern && !list->annotate && list->publish && !list->received);
    ck_assert_uint_eq(list->address_count, 0);
    ck_assert(configuration_has_lists(configuration));
    ck_assert(configuration_has_closed_lists(configuration));
    configuration_free(configuration);

    configuration = load("list \"dev.example.org\" { }");
    ck_assert(configuration_has_lists(configuration));
    ck_assert(!configuration_has_closed_lists(configuration));
    configuration_free(configuration);
    configuration = load("list \"dev.*\" { }");
    ck_assert(!configuration_has_lists(configuration));
    configuration_free(configuration);
}
END_TEST

START_TEST(test_list_by_address) {
    static const struct {
        const char *address;
        int section; /* -1: none */
    } cases[] = {
        {"dev@example.org", 0},
        {"DEV@EXAMPLE.ORG", 0},
        {"dev@lists.example.org", 0},
        {"security@example.org", 1},
        {"security+urgent@example.org", -1}, /* it may be an alias for anything */
        {"security-request@example.org", -1},
        {"security@example.org.", -1},
        {"security@example.com", -1},
        {"security", -1},
        {"<security@example.org>", -1},
        {"", -1},
    };
    struct configuration *configuration = load(lists);
    char long_address[1024];

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        ck_assert_msg(configuration_list_by_address(configuration, cases[i].address) ==
                          (cases[i].section < 0 ? NULL
                                                : &configuration->list_sections[cases[i].section]),
                      "'%s'", cases[i].address);
    memset(long_address, 'x', sizeof(long_address));
    long_address[sizeof(long_address) - 1] = '\0';
    ck_assert_ptr_null(configuration_list_by_address(configuration, long_address));
    configuration_free(configuration);
    configuration = load("");
    ck_assert_ptr_null(configuration_list_by_address(configuration, "dev@example.org"));
    ck_assert_ptr_null(configuration_list_by_id(configuration, "dev.example.org"));
    configuration_free(configuration);
}
END_TEST

START_TEST(test_list_options_for) {
    static const struct {
        const char *list_id;
        int section, plain; /* of configuration_list_options_for, and _by_id; -1: none */
    } cases[] = {
        {"security.example.org", 1, 1},
        {"SECURITY.Example.Org", 1, 1},
        {"plain.example.org", 2, 2},
        {"other.example.org", 3, -1},
        {"*.example.org", 3, -1}, /* a pattern is no List-Id */
        {"OTHER.Example.Org", 3, -1},
        {"example.org", 4, -1},
        {"security.example.org.evil", -1, -1},
        {"", -1, -1},
    };
    struct configuration *configuration = load(lists);

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct configuration_list *list =
            configuration_list_options_for(configuration, cases[i].list_id);

        ck_assert_ptr_nonnull(list);
        if (cases[i].section >= 0)
            ck_assert_msg(list == &configuration->list_sections[cases[i].section], "'%s'",
                          cases[i].list_id);
        else {
            ck_assert_str_eq(list->pattern, "");
            ck_assert_str_eq(list->archive_url, "");
            ck_assert(list->annotate && list->publish && !list->received && !list->is_pattern);
        }
        ck_assert_msg(configuration_list_by_id(configuration, cases[i].list_id) ==
                          (cases[i].plain < 0 ? NULL
                                              : &configuration->list_sections[cases[i].plain]),
                      "'%s'", cases[i].list_id);
    }
    configuration_free(configuration);
}
END_TEST

/* Without `lists`, every List-Id counts on a host without lists, and none on one with lists. */
START_TEST(test_lists_that_count) {
    static const struct {
        const char *text, *list_id;
        bool counts;
    } cases[] = {
        {"", "a.example.org", true},
        {"", "", false}, /* mail of no list */
        {"list \"*\" { annotate = no }", "a.example.org", true},
        {"list \"own.example.org\" { }", "a.example.org", false},
        {"list \"own.example.org\" { } lists = \"*\"", "a.example.org", true},
        {"list \"own.example.org\" { } lists = \"*\"", "", false},
        {"lists = { \"*.Example.ORG\", b.example.com }", "A.example.org", true},
        {"lists = { \"*.Example.ORG\", b.example.com }", "B.Example.com", true},
        {"lists = { \"*.Example.ORG\", b.example.com }", "b.example.com.evil", false},
        {"lists = { \"*.Example.ORG\", b.example.com }", "example.org", false},
        {"lists = {}", "a.example.org", false},
        {"include(\"none.conf\") lists += { c }", "c", true},
    };

    write_file("none.conf", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct configuration *configuration = load(cases[i].text);

        ck_assert_msg(configuration_list_counts(configuration, cases[i].list_id) == cases[i].counts,
                      "%s: '%s'", cases[i].text, cases[i].list_id);
        configuration_free(configuration);
    }
}
END_TEST

/* A List-Id longer than RFC 2919 allows: only its first 255 bytes are compared with patterns. */
START_TEST(test_long_list_id) {
    struct configuration *configuration = load("lists = \"x*z\" list \"x*z\" { annotate = no }");
    char list_id[4096];

    memset(list_id, 'x', sizeof(list_id));
    list_id[254] = 'z';
    list_id[sizeof(list_id) - 1] = '\0';
    ck_assert(configuration_list_counts(configuration, list_id));
    ck_assert(!configuration_list_options_for(configuration, list_id)->annotate);
    list_id[254] = 'x';
    list_id[255] = 'z';
    ck_assert(!configuration_list_counts(configuration, list_id));
    ck_assert(configuration_list_options_for(configuration, list_id)->annotate);
    configuration_free(configuration);
}
END_TEST

START_TEST(test_thousand_lists) {
    size_t size = 200 * LIMIT_CONFIGURATION_NAMES, length = 0;
    char *text = malloc(size), name[64];
    struct configuration *configuration;

    for (int i = 0; i < LIMIT_CONFIGURATION_NAMES; i++)
        length += (size_t)snprintf(text + length, size - length,
                                   "list \"l%d.example.org\" { address = { \"l%d@example.org\", "
                                   "\"l%d@example.com\" } }\n",
                                   i, i, i);
    configuration = load(text);
    for (int i = 0; i < LIMIT_CONFIGURATION_NAMES; i++) {
        const struct configuration_list *list = &configuration->list_sections[i];

        snprintf(name, sizeof(name), "L%d.example.org", i);
        ck_assert_ptr_eq(configuration_list_by_id(configuration, name), list);
        ck_assert_ptr_eq(configuration_list_options_for(configuration, name), list);
        snprintf(name, sizeof(name), "l%d@Example.com", i);
        ck_assert_ptr_eq(configuration_list_by_address(configuration, name), list);
    }
    configuration_free(configuration);
    free(text);
}
END_TEST

START_TEST(test_archive_urls) {
    static const char *const good[] = {
        "https://example.org/dev/{message_id}/",
        "http://example.org/{message_id}",
        "https://example.org:8443/hyperkitty/list/dev@example.org/message/{message_id_hash}/",
        "https://example.org/?list=dev&id={message_id}#{message_id_hash}",
        "https://[2001:db8::1]/{message_id}",
    };
    static const char *const bad[] = {
        "example.org/{message_id}",
        "ftp://example.org/{message_id}",
        "javascript:alert('{message_id}')",
        "https:///{message_id}",
        "https://{message_id}/",
        "https://example.org{message_id}",
        "https://user@example.org/{message_id}",
        "https://example.org/dev/", /* the same link for every mail */
        "https://example.org/{Message_ID}",
        "https://example.org/{message-id}",
        "https://example.org/{message_id}/{list}",
        "https://example.org/{message_id",
        "https://example.org/}{message_id}",
        "https://example.org/a b/{message_id}",
        "https://example.org/<{message_id}>",
    };
    char text[1200], errors[1200];

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        struct configuration *configuration;

        snprintf(text, sizeof(text), "list \"x\" { archive_url = \"%s\" }", good[i]);
        configuration = load(text);
        ck_assert_str_eq(configuration->list_sections[0].archive_url, good[i]);
        configuration_free(configuration);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct configuration *configuration = NULL;

        snprintf(text, sizeof(text), "list \"x\" {\n archive_url = \"%s\" }", bad[i]);
        write_file("main.conf", text);
        errors_logged[0] = '\0';
        ck_assert_msg(configuration_load(folder_path("main.conf"), &configuration) < 0, "%s",
                      bad[i]);
        snprintf(errors, sizeof(errors),
                 "%s:2: option 'archive_url' must be empty, or an http or https URL with "
                 "{message_id} or {message_id_hash} after its host, such as "
                 "https://example.org/dev/{message_id}/, not '%s'\n",
                 folder_path("main.conf"), bad[i]);
        ck_assert_str_eq(errors_logged, errors);
    }
    refused("list x { archive_url = \"https://example.org/\xc3\xa4/{message_id}\" }",
            "~:1: option 'archive_url' must be empty, or an http or https URL with {message_id} or "
            "{message_id_hash} after its host, such as https://example.org/dev/{message_id}/, not "
            "'https://example.org/\\xc3\\xa4/{message_id}'\n");
    memset(text, 'x', sizeof(text));
    memcpy(text, "list x { archive_url = \"https://example.org/{message_id}/",
           strlen("list x { archive_url = \"https://example.org/{message_id}/"));
    strcpy(text + 1100, "\" }"); /* more than 1,000 bytes */
    write_file("main.conf", text);
    struct configuration *configuration = NULL;
    ck_assert_int_eq(configuration_load(folder_path("main.conf"), &configuration), -1);
}
END_TEST

/* ---- mistakes ------------------------------------------------------------------------------ */

START_TEST(test_list_mistakes) {
    static const struct {
        const char *text, *errors; /* '~' stands for the path of the file */
    } cases[] = {
        {"\nlist \"dev@example.org\" { }",
         "~:2: list \"dev@example.org\": a List-Id has no '@'; write the List-Id, such as "
         "\"dev.example.org\", as title, and the posting address as option 'address'\n"},
        {"list \"*@example.org\" { }",
         "~:1: list \"*@example.org\": a List-Id has no '@'; write the List-Id, such as "
         "\"dev.example.org\", as title, and the posting address as option 'address'\n"},
        {"list \"The list <dev.example.org>\" { }",
         "~:1: list \"The list <dev.example.org>\": a List-Id has no blanks, no '<' and no '>', "
         "no dot at its end, and at most 255 bytes\n"},
        {"list \"dev.example.org.\" { }",
         "~:1: list \"dev.example.org.\": a List-Id has no blanks, no '<' and no '>', no dot at "
         "its end, and at most 255 bytes\n"},
        {"list \"security.example.org\" {\n publish = false\n}",
         "~:2: publish = false requires the posting addresses of list \"security.example.org\": "
         "its inbound mail has no List-Id, and only the address of the recipient names the list; "
         "add address = \"...@...\"\n"},
        {"list \"security.example.org\" {\n address = {}\n publish = false\n}",
         "~:3: publish = false requires the posting addresses of list \"security.example.org\": "
         "its inbound mail has no List-Id, and only the address of the recipient names the list; "
         "add address = \"...@...\"\n"},
        {"list \"secret.*\" {\n publish = no }",
         "~:2: publish = false is not allowed for the pattern \"secret.*\": the inbound mail of a "
         "list has no List-Id, so that the pattern would not match it; write a section with "
         "'address' for each closed list\n"},
        {"list \"secret.*\" {\n address = \"a@example.org\" }",
         "~:2: option 'address' is not allowed for the pattern \"secret.*\"; write a section with "
         "the List-Id as title for each list that has it\n"},
        {"list \"*\" {\n annotate = no publish = yes\n events = received\n"
         " archive_url = \"https://example.org/{message_id}\" }",
         "~:3: option 'events' is not allowed for the pattern \"*\"; write a section with the "
         "List-Id as title for each list that has it\n"
         "~:4: option 'archive_url' is not allowed for the pattern \"*\"; write a section with the "
         "List-Id as title for each list that has it\n"},
        {"list \"dev.example.org\" {\n events = received }",
         "~:2: events = received requires the posting addresses of list \"dev.example.org\": its "
         "inbound mail has no List-Id, and only the address of the recipient names the list; add "
         "address = \"...@...\"\n"},
        {"list \"x\" {\n address = { \"dev\", \"a@b@c\", \"@example.org\", \"dev@\",\n"
         " \"de v@example.org\", \"\", \"<dev@example.org>\", \"dev@example.org.\", "
         "\"dev@example.org\" } }",
         "~:2: option 'address' must be a list of posting addresses, such as dev@example.org, not "
         "'dev'\n"
         "~:2: option 'address' must be a list of posting addresses, such as dev@example.org, not "
         "'a@b@c'\n"
         "~:2: option 'address' must be a list of posting addresses, such as dev@example.org, not "
         "'@example.org'\n"
         "~:2: option 'address' must be a list of posting addresses, such as dev@example.org, not "
         "'dev@'\n"
         "~:2: option 'address' must be a list of posting addresses, such as dev@example.org, not "
         "'de v@example.org'\n"
         "~:2: option 'address' must be a list of posting addresses, such as dev@example.org, not "
         "''\n"
         "~:2: option 'address' must be a list of posting addresses, such as dev@example.org, not "
         "'<dev@example.org>'\n"
         "~:2: option 'address' must be a list of posting addresses, such as dev@example.org, not "
         "'dev@example.org.'\n"},
        {"list \"x\" {\n events = sent }",
         "~:2: option 'events' must be one of posted, received, not 'sent'\n"},
        {"lists = { \"*.example.org\", \"dev@example.org\", \"<dev.example.org>\", "
         "\"dev.example.org.\", \"The list\" }",
         "~:1: option 'lists' must be a list of patterns for List-Ids, such as dev.example.org, "
         "which have no '@', no '<' and no '>', no blanks, and no dot at the end, not "
         "'dev@example.org'\n"
         "~:1: option 'lists' must be a list of patterns for List-Ids, such as dev.example.org, "
         "which have no '@', no '<' and no '>', no blanks, and no dot at the end, not "
         "'<dev.example.org>'\n"
         "~:1: option 'lists' must be a list of patterns for List-Ids, such as dev.example.org, "
         "which have no '@', no '<' and no '>', no blanks, and no dot at the end, not "
         "'dev.example.org.'\n"
         "~:1: option 'lists' must be a list of patterns for List-Ids, such as dev.example.org, "
         "which have no '@', no '<' and no '>', no blanks, and no dot at the end, not "
         "'The list'\n"},
        /* the same address of two lists */
        {"list \"a.example.org\" { address = \"dev@example.org\" }\n\n"
         "list \"b.example.org\" { address = { \"b@example.org\", \"DEV@example.org\" } }",
         "~:3: list \"b.example.org\": list \"a.example.org\" (~:1) has the address "
         "'dev@example.org' "
         "too; an address belongs to one list, remove it from the other\n"},
        /* sections that are never used */
        {"list \"*.example.org\" { }\n\nlist \"dev.example.org\" { }",
         "~:3: list \"dev.example.org\" is never used: list \"*.example.org\" (~:1) matches "
         "first; move this section before that one, or remove it\n"},
        {"list \"dev.example.org\" { }\nlist \"Dev.Example.Org\" { }",
         "~:2: list \"dev.example.org\" is never used: the section of ~:1 has the same title; "
         "make one section of the two\n"},
        {"list \"d?v.*\" { }\nlist \"dev.x\" { }\nlist \"D?V.*\" { }",
         "~:2: list \"dev.x\" is never used: list \"d?v.*\" (~:1) matches first; move this "
         "section before that one, or remove it\n"
         "~:3: list \"d?v.*\" is never used: the section of ~:1 has the same title; make one "
         "section of the two\n"},
        {"list \"*.org\" { }\nlist \"*.?xample.org\" { }",
         "~:2: list \"*.?xample.org\" is never used: list \"*.org\" (~:1) matches first; move "
         "this section before that one, or remove it\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        refused(cases[i].text, cases[i].errors);
}
END_TEST

/* What looks like one of these mistakes, and is none. */
START_TEST(test_list_near_misses) {
    static const char *const texts[] = {
        "list \"dev.example.org\" { address = { \"dev@example.org\", \"DEV@example.org\" } }",
        "list \"dev.example.org\" { address = \"dev+patches=x@example.org\" }",
        "list \"dev.example.org\" { } list \"*.example.org\" { }",
        "list \"*.example.org\" { } list \"*.org\" { }",
        "list \"?ev.example.org\" { } list \"*ev.example.org\" { }", /* also matches "eev..." */
        "list \"*]\" { } list \"[a]\" { }",
        "list \"security.example.org\" { publish = true }",
        "list \"secret.*\" { publish = true }",
        "list \"secret.*\" { address = {} archive_url = \"\" }",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        configuration_free(load(texts[i]));
}
END_TEST

/* ---- clients, recipients, users ------------------------------------------------------------- */

static const struct sockaddr *client(const char *address) {
    static struct sockaddr_in ipv4;
    static struct sockaddr_in6 ipv6;

    ipv4 = (struct sockaddr_in){.sin_family = AF_INET};
    ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
    if (strchr(address, ':')) {
        ck_assert_int_eq(inet_pton(AF_INET6, address, &ipv6.sin6_addr), 1);
        return (struct sockaddr *)&ipv6;
    }
    ck_assert_int_eq(inet_pton(AF_INET, address, &ipv4.sin_addr), 1);
    return (struct sockaddr *)&ipv4;
}

START_TEST(test_local_clients) {
    static const struct {
        const char *text, *address; /* address NULL: mail that was not received by SMTP */
        bool local;
    } cases[] = {
        {"", NULL, true},
        {"", "127.0.0.1", true},
        {"", "127.255.0.9", true},
        {"", "::1", true},
        {"", "::ffff:127.0.0.1", true},
        {"", "::2", false},
        {"", "192.0.2.1", false},
        {"", "10.0.0.1", false},
        {"local = {}", NULL, true},
        {"local = {}", "127.0.0.1", false},
        {"local = { \"192.0.2.0/24\", \"2001:db8::/32\" }", "192.0.2.255", true},
        {"local = { \"192.0.2.0/24\", \"2001:db8::/32\" }", "192.0.3.0", false},
        {"local = { \"192.0.2.0/24\", \"2001:db8::/32\" }", "2001:db8:1::1", true},
        {"local = { \"192.0.2.0/24\", \"2001:db8::/32\" }", "127.0.0.1", false},
        {"local = 192.0.2.7", "192.0.2.7", true},
        {"local = 192.0.2.7", "192.0.2.6", false},
    };
    struct sockaddr_un unix_client = {.sun_family = AF_UNIX};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct configuration *configuration = load(cases[i].text);

        ck_assert_msg(configuration_client_is_local(configuration, cases[i].address
                                                                       ? client(cases[i].address)
                                                                       : NULL) == cases[i].local,
                      "%s: %s", cases[i].text, cases[i].address);
        ck_assert(configuration_client_is_local(configuration, (struct sockaddr *)&unix_client));
        configuration_free(configuration);
    }
}
END_TEST

START_TEST(test_exempt) {
    struct configuration *configuration =
        load("exempt_clients = { \"192.0.2.0/24\", \"2001:db8::1\" }\n"
             "exempt_recipients = { \"*@Internal.example\", \"boss@example.org\" }\n"
             "exempt_users = { \"backup\", \"*@Internal.example\" }\n");
    char long_name[1024];

    ck_assert(configuration_client_is_exempt(configuration, client("192.0.2.9")));
    ck_assert(configuration_client_is_exempt(configuration, client("2001:db8::1")));
    ck_assert(!configuration_client_is_exempt(configuration, client("192.0.3.9")));
    ck_assert(!configuration_client_is_exempt(configuration, client("127.0.0.1")));
    ck_assert(!configuration_client_is_exempt(configuration, NULL));
    ck_assert(configuration_recipient_is_exempt(configuration, "Ann@INTERNAL.example"));
    ck_assert(configuration_recipient_is_exempt(configuration, "Boss@example.org"));
    ck_assert(!configuration_recipient_is_exempt(configuration, "ann@internal.example.org"));
    ck_assert(!configuration_recipient_is_exempt(configuration, "big.boss@example.org"));
    ck_assert(!configuration_recipient_is_exempt(configuration, ""));
    ck_assert(configuration_user_is_exempt(configuration, "Backup"));
    ck_assert(configuration_user_is_exempt(configuration, "ann@internal.example"));
    ck_assert(!configuration_user_is_exempt(configuration, "backup2"));
    ck_assert(!configuration_user_is_exempt(configuration, ""));
    ck_assert(!configuration_user_is_exempt(configuration, NULL));
    memset(long_name, 'x', sizeof(long_name));
    strcpy(long_name + 1000, "@internal.example");
    ck_assert(!configuration_recipient_is_exempt(configuration, long_name));
    configuration_free(configuration);

    configuration = load("exempt_users = \"*\"  exempt_recipients = \"*\"");
    ck_assert(configuration_user_is_exempt(configuration, "any"));
    ck_assert(!configuration_user_is_exempt(configuration, ""));
    ck_assert(!configuration_user_is_exempt(configuration, NULL));
    configuration_free(configuration);
}
END_TEST

START_TEST(test_network_mistakes) {
    wrong("\nlocal = { \"127.0.0.1/8\" }\n",
          "@:2: option 'local' must be a list of networks; '127.0.0.1/8' has bits after its "
          "prefix, write 127.0.0.0/8 or the address without a prefix\n");
    wrong(
        "exempt_clients = { \"2001:db8::1/64\", \"::1\", localhost, \"\" }\n",
        "@:1: option 'exempt_clients' must be a list of networks; '2001:db8::1/64' has bits after "
        "its prefix, write 2001:db8::/64 or the address without a prefix\n"
        "@:1: option 'exempt_clients' must be a list of networks, such as 192.0.2.0/24, "
        "2001:db8::/32 or 192.0.2.1, not 'localhost'\n"
        "@:1: option 'exempt_clients' must be a list of networks, such as 192.0.2.0/24, "
        "2001:db8::/32 or 192.0.2.1, not ''\n");
    wrong("exempt_recipients = { a, \"\" }\nexempt_users = \"\"",
          "@:1: option 'exempt_recipients' must be a list of patterns for addresses, none of them "
          "empty\n"
          "@:2: option 'exempt_users' must be a list of patterns for user names, none of them "
          "empty\n");
}
END_TEST

SUITE(configuration_lists_suite) {
    TCase *sections = tcase_create("sections");
    TCase *clients = tcase_create("clients");
    Suite *suite = suite_create("configuration of lists");

    tcase_add_checked_fixture(sections, setup, folder_remove);
    tcase_add_test(sections, test_list_options);
    tcase_add_test(sections, test_list_by_address);
    tcase_add_test(sections, test_list_options_for);
    tcase_add_test(sections, test_lists_that_count);
    tcase_add_test(sections, test_long_list_id);
    tcase_add_test(sections, test_thousand_lists);
    tcase_add_test(sections, test_archive_urls);
    tcase_add_test(sections, test_list_mistakes);
    tcase_add_test(sections, test_list_near_misses);
    suite_add_tcase(suite, sections);
    tcase_add_checked_fixture(clients, setup, folder_remove);
    tcase_add_test(clients, test_local_clients);
    tcase_add_test(clients, test_exempt);
    tcase_add_test(clients, test_network_mistakes);
    suite_add_tcase(suite, clients);
    return suite;
}
