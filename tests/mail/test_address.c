/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_address.c - mailboxes in address fields, as people write them.
 */
#include "mail/address.h"
#include "support/suite.h"
#include "support/support.h"

/* FOUND has the mailboxes as "name|address ". */
static const struct {
    const char *field, *found;
} fields[] = {
    {"Ada <ada@example.org>", "Ada|ada@example.org "},
    {"ada@example.org", "|ada@example.org "},
    {" <ADA@Example.Org> ", "|ada@example.org "},
    {"Ada <ada@example.org>, Bob <bob@example.org>", "Ada|ada@example.org Bob|bob@example.org "},
    {"ada@example.org,bob@example.org", "|ada@example.org |bob@example.org "},
    {"Ada <ada@example.org>; Bob <bob@example.org>;", "Ada|ada@example.org Bob|bob@example.org "},
    {", ,Ada <ada@example.org>,,", ", ,Ada|ada@example.org "},
    {"\"Lovelace, Ada <x@y>\" <ada@example.org>", "Lovelace, Ada <x@y>|ada@example.org "},
    {"Lovelace, Ada <ada@example.org>", "Lovelace, Ada|ada@example.org "},
    {"\"Ada \\\"The\\\" L\" <ada@example.org>", "Ada \"The\" L|ada@example.org "},
    {"Ada \"The\" L <ada@example.org>", "Ada The L|ada@example.org "},
    {"ada@example.org (Ada Lovelace)", "Ada Lovelace|ada@example.org "},
    {"<ada@example.org> (Ada)", "Ada|ada@example.org "},
    {"Ada (a, b@x (c) <d@x>) <ada@example.org>", "Ada (a, b@x (c) <d@x>)|ada@example.org "},
    {"[Ada] <ada@example.org>", "[Ada]|ada@example.org "},
    {"Ada [Company] <ada@example.org>", "Ada [Company]|ada@example.org "},
    {"7+ada[bot]@example.org", "|7+ada[bot]@example.org "},
    {"\"ada[bot]\" <7+ada[bot]@example.org>", "ada[bot]|7+ada[bot]@example.org "},
    {"Ada [ada@example.org]", "Ada|ada@example.org "},
    {"Ada <ada@[192.0.2.1]>", "Ada|ada@[192.0.2.1] "},
    {"Ada <mailto:ada@example.org>", "Ada|ada@example.org "},
    {"Ada <@a.example,@b.example:ada@example.org>", "Ada|ada@example.org "},
    {"Ada < ada @example.org >", "Ada|ada@example.org "},
    {"Ada <Lovelace> <ada@example.org>", "Ada <Lovelace>|ada@example.org "},
    {"Ada <<ada@example.org>>", "Ada|ada@example.org "},
    {"Ada <ada@example.org", "Ada|ada@example.org "},
    {"\"Ada <ada@example.org>", "\"Ada|ada@example.org "},
    {"(Ada <ada@example.org>", "(Ada|ada@example.org "},
    {"Ada @ Home <ada@example.org>", "Ada @ Home|ada@example.org "},
    {"Ada@ <ada@example.org>", "Ada@|ada@example.org "},
    {"\"Ada\" ada@example.org", "Ada|ada@example.org "},
    {"Team: ada@example.org, Bob <bob@example.org>;", "Team:|ada@example.org Bob|bob@example.org "},
    {"ada@example.org:", "|ada@example.org "},

    {"", ""},
    {"Ada", ""},
    {"<>", ""},
    {"Ada <>, Bob <bob>", ""},
    {"ada at example.org", ""},
    {"@example.org", ""},
    {"ada@", ""},
    {"undisclosed-recipients:;", ""},
    {"ada@ example.org", ""},
    {"<ada\001@example.org>", ""},
    {"\"ada@example.org\"", ""},
};

START_TEST(mailboxes) {
    struct patchmark_text rest = support_text(fields[_i].field);
    struct address address;
    char found[512] = "", name[256];

    while (address_next(&support_arena, &rest, &address)) {
        char *end;

        address_unquote(address.name, name);
        for (end = name + strlen(name); end > name && end[-1] == ' ';)
            *--end = '\0';
        /* An opening quote that nothing closes stays. */
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s|%s ",
                 *address.name.data == '"' &&
                         !memchr(address.name.data + 1, '"', address.name.length - 1)
                     ? "\""
                     : "",
                 name, address.address);
    }
    ck_assert_msg(strcmp(found, fields[_i].found) == 0, "%s: %s", fields[_i].field, found);
}
END_TEST

START_TEST(the_first_one_may_stand_in_a_quotation) {
    struct address found;

    ck_assert(address_first(&support_arena, support_text("\"Ada <ada@example.org>\""), &found));
    ck_assert_str_eq(found.address, "ada@example.org");
    ck_assert(address_first(&support_arena, support_text("Ada <a@x.org>, B <b@x.org>"), &found));
    ck_assert_str_eq(found.address, "a@x.org");
    ck_assert(!address_first(&support_arena, support_text("\"Ada <ada>\""), &found));
    ck_assert(!address_first(&support_arena, support_text(">a@b.org<"), &found) ||
              strcmp(found.address, "a@b.org") == 0);
    ck_assert(!address_first(&support_arena, support_text(""), &found));
}
END_TEST

static const struct {
    const char *a, *b;
    bool related;
} domains[] = {
    {"example.org", "example.org", true},
    {"lists.example.org", "example.org", true},
    {"example.org", "a.b.example.org", true},
    {"example.co.uk", "lists.example.co.uk", true},
    {"kde.de", "lists.kde.de", true},
    {"example.org", "ample.org", false},
    {"org", "example.org", false},
    {"org", "org", false},
    {"co.uk", "example.co.uk", false},
    {"com.br", "evil.com.br", false},
    {"", "", false},
    {"example.org", "", false},
    {"example.org", "example.net", false},
};

START_TEST(related_domains) {
    ck_assert_int_eq(address_domains_related(domains[_i].a, domains[_i].b), domains[_i].related);
    ck_assert_int_eq(address_domains_related(domains[_i].b, domains[_i].a), domains[_i].related);
}
END_TEST

/* Every byte that opens something without closing it is looked at a few times only: the largest
 * field, repeated, is read at once. */
START_TEST(a_long_field_takes_linear_time) {
    static const char *const units[] = {"\"",   "(",    "<",   "((", "<a@b>",
                                        "a@b,", "(\"<", "\\(", "@:,"};
    size_t size = 4 * 1024 * 1024, length = strlen(units[_i]);
    char *field = malloc(size);
    struct patchmark_text rest = {field, size - size % length};
    struct address found;
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        field[i] = units[_i][i % length];
    while (address_next(&support_arena, &rest, &found))
        count++;
    ck_assert_uint_le(count, size / 4);
    free(field);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

SUITE(address_suite) {
    Suite *suite = suite_create("address");
    TCase *tests = tcase_create("address");

    tcase_add_loop_test(tests, mailboxes, 0, COUNT(fields));
    tcase_add_test(tests, the_first_one_may_stand_in_a_quotation);
    tcase_add_loop_test(tests, related_domains, 0, COUNT(domains));
    tcase_add_loop_test(tests, a_long_field_takes_linear_time, 0, 9);
    suite_add_tcase(suite, tests);
    return suite;
}
