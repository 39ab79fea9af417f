/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_network.c - which texts are networks, and which addresses lie in them.
 */
#include "support/support.h"
#include "util/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

START_TEST(networks_are_read_and_written) {
    static const struct {
        const char *text, *written;
    } networks[] = {
        {"192.0.2.1", "192.0.2.1/32"},
        {"192.0.2.0/24", "192.0.2.0/24"},
        {"192.0.2.128/25", "192.0.2.128/25"},
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"255.255.255.255/32", "255.255.255.255/32"},
        {"::1", "::1/128"},
        {"::/0", "::/0"},
        {"2001:DB8::/32", "2001:db8::/32"},
        {"2001:db8:8000::/33", "2001:db8:8000::/33"},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
        {"::ffff:192.0.2.1", "192.0.2.1/32"},
        {"::ffff:0:0/96", "0.0.0.0/0"},
    };

    for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
        struct network network;
        char text[NETWORK_TEXT];

        ck_assert_msg(network_read(networks[i].text, &network) == NETWORK_VALID, "%s",
                      networks[i].text);
        network_write(&network, text);
        ck_assert_str_eq(text, networks[i].written);
    }
}
END_TEST

START_TEST(other_texts_are_refused) {
    static const char *const texts[] = {
        "",
        "/",
        "/8",
        "localhost",
        "127/8",
        "127.0.0/24",
        "127.0.0.256",
        "127.0.0.1/",
        "127.0.0.1/33",
        "127.0.0.0/-1",
        "127.0.0.0/+8",
        "127.0.0.0/ 8",
        "127.0.0.0/8 ",
        " 127.0.0.0/8",
        "127.0.0.0/8/8",
        "127.0.0.0/255.0.0.0",
        "127.0.0.0/0008",
        "127.0.0.0/4294967304", /* 2^32 + 8 */
        "::1/129",
        "[::1]/128",
        "fe80::1%eth0",
        ":",
        "1:2:3:4:5:6:7:8:9",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
    };
    struct network network = {.family = 77};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        ck_assert_msg(network_read(texts[i], &network) == NETWORK_INVALID, "'%s'", texts[i]);
    ck_assert_int_eq(network.family, 77);
}
END_TEST

START_TEST(bits_after_the_prefix_are_reported) {
    static const struct {
        const char *text, *without;
    } networks[] = {
        {"127.0.0.1/8", "127.0.0.0/8"},
        {"192.0.2.129/25", "192.0.2.128/25"},
        {"0.0.0.1/0", "0.0.0.0/0"},
        {"2001:db8::1/64", "2001:db8::/64"},
        {"2001:db8:4000::/33", "2001:db8::/33"},
        {"::ffff:192.0.2.1/120", "192.0.2.0/24"},
    };

    for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
        struct network network;
        char text[NETWORK_TEXT];

        ck_assert_msg(network_read(networks[i].text, &network) == NETWORK_HOST_BITS, "%s",
                      networks[i].text);
        network_write(&network, text);
        ck_assert_str_eq(text, networks[i].without);
    }
}
END_TEST

static bool contains(const char *text, const char *address) {
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    struct network network;

    ck_assert_int_eq(network_read(text, &network), NETWORK_VALID);
    if (strchr(address, ':')) {
        ck_assert_int_eq(inet_pton(AF_INET6, address, &ipv6.sin6_addr), 1);
        return network_contains(&network, (struct sockaddr *)&ipv6);
    }
    ck_assert_int_eq(inet_pton(AF_INET, address, &ipv4.sin_addr), 1);
    return network_contains(&network, (struct sockaddr *)&ipv4);
}

START_TEST(addresses_lie_in_networks) {
    static const struct {
        const char *network, *address;
        bool inside;
    } cases[] = {
        {"127.0.0.0/8", "127.0.0.1", true},
        {"127.0.0.0/8", "127.255.255.255", true},
        {"127.0.0.0/8", "128.0.0.0", false},
        {"127.0.0.0/8", "126.255.255.255", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.4/30", "192.0.2.7", true},
        {"192.0.2.4/30", "192.0.2.8", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.0", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "203.0.113.9", false},
        {"::1", "::1", true},
        {"::1", "::", false},
        {"2001:db8:8000::/33", "2001:db8:ffff::1", true},
        {"2001:db8:8000::/33", "2001:db8:7fff::1", false},
        /* an IPv4 client of a socket that serves both families */
        {"127.0.0.0/8", "::ffff:127.0.0.1", true},
        {"127.0.0.0/8", "::ffff:128.0.0.1", false},
        {"::ffff:127.0.0.0/104", "127.0.0.1", true},
        /* IPv4-compatible addresses (deprecated) are IPv6 addresses */
        {"127.0.0.0/8", "::127.0.0.1", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        ck_assert_msg(contains(cases[i].network, cases[i].address) == cases[i].inside, "%s in %s",
                      cases[i].address, cases[i].network);
}
END_TEST

START_TEST(other_families_lie_in_no_network) {
    struct sockaddr_un client = {.sun_family = AF_UNIX};
    struct network network;

    ck_assert_int_eq(network_read("0.0.0.0/0", &network), NETWORK_VALID);
    ck_assert(!network_contains(&network, (struct sockaddr *)&client));
    ck_assert_int_eq(network_read("::/0", &network), NETWORK_VALID);
    ck_assert(!network_contains(&network, (struct sockaddr *)&client));
}
END_TEST

SUITE(network_suite) {
    Suite *suite = suite_create("network");
    TCase *tests = tcase_create("network");

    tcase_add_test(tests, networks_are_read_and_written);
    tcase_add_test(tests, other_texts_are_refused);
    tcase_add_test(tests, bits_after_the_prefix_are_reported);
    tcase_add_test(tests, addresses_lie_in_networks);
    tcase_add_test(tests, other_families_lie_in_no_network);
    suite_add_tcase(suite, tests);
    return suite;
}
