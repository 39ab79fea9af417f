/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_host_names.c - tests under which names the server answers.
 */
#include "support/support.h"
#include "web/host-names.h"

START_TEST(test_host_names) {
    static char patches[] = "patches.example.org", lists[] = "lists.example.org";
    static char *const names[] = {patches, lists};
    static const struct {
        const char *host;
        unsigned status;
    } cases[] = {
        {"localhost", 200},
        {"LocalHost:8025", 200},
        {"127.0.0.1", 200},
        {"127.0.0.1:8025", 200},
        {"192.0.2.7:80", 200}, /* an address cannot be rebound */
        {"[::1]", 200},
        {"[2001:db8::1]:8025", 200},
        {"patches.example.org", 200},
        {"Patches.Example.ORG:443", 200},
        {"lists.example.org:", 200}, /* RFC 3986 3.2.3: an empty port */
        /* other names */
        {"evil.example.com", 421},
        {"patches.example.org.evil.example.com", 421},
        {"xpatches.example.org", 421},
        {"localhost.evil.example.com", 421},
        {"127.0.0.1.evil.example.com", 421},
        {"2130706433", 421}, /* inet_aton(3) reads it as 127.0.0.1 */
        {"0x7f.1", 421},
        {"127.1", 421},
        /* no names */
        {"", 400},
        {":80", 400},
        {"localhost:80:80", 400},
        {"localhost:x", 400},
        {"localhost:123456", 400},
        {"[::1", 400},
        {"[::1]x", 400},
        {"[evil]", 400},
        {"::1", 400},
        {"a b", 400},
        {"user@localhost", 400},
        {"localhost/", 400},
        {"localhost,localhost", 400},
    };
    char longest[300];

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        ck_assert_msg(host_names_check(names, 2, cases[i].host) == cases[i].status, "%s",
                      cases[i].host);
    ck_assert_uint_eq(host_names_check(NULL, 0, "patches.example.org"), 421);
    memset(longest, 'a', sizeof(longest));
    longest[255] = '\0';
    ck_assert_uint_eq(host_names_check(names, 2, longest), 421);
    longest[255] = 'a';
    longest[256] = '\0';
    ck_assert_uint_eq(host_names_check(names, 2, longest), 400);
}
END_TEST

SUITE(host_names_suite) {
    Suite *suite = suite_create("host names");
    TCase *tests = tcase_create("names");

    tcase_add_test(tests, test_host_names);
    suite_add_tcase(suite, tests);
    return suite;
}
