/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_listen_address.c - tests which texts are addresses, which of them only this host can reach,
 * and the sockets.
 */
#include "support/support.h"
#include "util/listen-address.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

START_TEST(test_forms) {
    static const struct {
        const char *text;
        int family;
        const char *host, *port, *path;
        bool local;
    } cases[] = {
        {"unix:/run/x.sock", AF_UNIX, "", "", "/run/x.sock", true},
        {"local:/x", AF_UNIX, "", "", "/x", true},
        {"inet:8025@127.0.0.1", AF_INET, "127.0.0.1", "8025", "", true},
        {"inet:8025@localhost", AF_INET, "localhost", "8025", "", true},
        {"inet:1@0.0.0.0", AF_INET, "0.0.0.0", "1", "", false},
        {"inet6:65535@::1", AF_INET6, "::1", "65535", "", true},
        {"inet6:8025@[::]", AF_INET6, "::", "8025", "", false},
        {"127.1.2.3:8025", AF_INET, "127.1.2.3", "8025", "", true},
        {"192.0.2.7:80", AF_INET, "192.0.2.7", "80", "", false},
        {"[::1]:8025", AF_INET6, "::1", "8025", "", true},
        {"lists.example.org:80", AF_INET, "lists.example.org", "80", "", false},
        {"localhost.example.org:80", AF_INET, "localhost.example.org", "80", "", false},
    };
    struct listen_address address;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ck_assert_msg(listen_address_read(cases[i].text, &address), "%s", cases[i].text);
        ck_assert_int_eq(address.family, cases[i].family);
        ck_assert_str_eq(address.host, cases[i].host);
        ck_assert_str_eq(address.port, cases[i].port);
        ck_assert_str_eq(address.path, cases[i].path);
        ck_assert_msg(listen_address_is_local(&address) == cases[i].local, "%s", cases[i].text);
    }
}
END_TEST

START_TEST(test_not_forms) {
    static const char *const bad[] = {
        "",           "8025",          ":8025",         "127.0.0.1",         "127.0.0.1:",
        "::1:8025",   "127.0.0.1:0",   "127.0.0.1:x",   "127.0.0.1:65536",   "127.0.0.1:080",
        "a b:8025",   "unix:",         "unix:/",        "unix:x.sock",       "inet:8025",
        "inet:8025@", "inet:@1.2.3.4", "inet:-1@a",     "http://a:80",       "[::1]",
        "[]:80",      "inet:80@a@b",   "127.0.0.1:+80", "127.0.0.1:99999999"};
    struct listen_address address;
    char path[128] = "unix:/";

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        ck_assert_msg(!listen_address_read(bad[i], &address), "%s", bad[i]);
    memset(path + 6, 'x', sizeof(path) - 7);
    path[5 + 107] = '\0'; /* sun_path has 108 bytes with the NUL */
    ck_assert(listen_address_read(path, &address));
    path[5 + 107] = 'x';
    path[5 + 108] = '\0';
    ck_assert(!listen_address_read(path, &address));
}
END_TEST

/* A stale socket file is replaced, the new one has mode 0660, and is removed at the end.  A socket
 * on which a process listens, and any other file, stay. */
START_TEST(test_unix_socket) {
    struct listen_address address;
    struct stat status;
    char text[400];
    int first, second;

    snprintf(text, sizeof(text), "unix:%s/web.sock", support_folder);
    ck_assert(listen_address_read(text, &address));
    first = listen_address_open(&address);
    ck_assert_int_ge(first, 0);
    ck_assert_int_eq(stat(address.path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0660);
    ck_assert_int_eq(listen_address_open(&address), -1);
    close(first);
    second = listen_address_open(&address);
    ck_assert_int_ge(second, 0);
    close(second);
    listen_address_remove(&address);
    ck_assert_int_lt(stat(address.path, &status), 0);
    fclose(fopen(address.path, "w"));
    ck_assert_int_eq(listen_address_open(&address), -1);
    ck_assert_int_eq(stat(address.path, &status), 0);
}
END_TEST

START_TEST(test_port_in_use) {
    struct listen_address address = {.family = AF_INET, .host = "127.0.0.1", .port = "0"};
    struct sockaddr_in name;
    socklen_t size = sizeof(name);
    int first = listen_address_open(&address); /* the kernel chooses a port */

    ck_assert_int_ge(first, 0);
    ck_assert_int_eq(getsockname(first, (struct sockaddr *)&name, &size), 0);
    snprintf(address.port, sizeof(address.port), "%u", (unsigned)ntohs(name.sin_port));
    ck_assert_int_eq(listen_address_open(&address), -1);
    close(first);
}
END_TEST

SUITE(listen_address_suite) {
    Suite *suite = suite_create("listen address");
    TCase *texts = tcase_create("texts"), *sockets = tcase_create("sockets");

    tcase_add_test(texts, test_forms);
    tcase_add_test(texts, test_not_forms);
    suite_add_tcase(suite, texts);
    tcase_add_checked_fixture(sockets, support_folder_make, support_folder_remove);
    tcase_add_test(sockets, test_unix_socket);
    tcase_add_test(sockets, test_port_in_use);
    suite_add_tcase(suite, sockets);
    return suite;
}
