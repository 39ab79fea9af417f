/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_message_parts.c - the leaves of the MIME tree, their order and their text.
 */
#include "mail/bounds.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "support/support.h"

#define MULTIPART "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"

static struct mail mail;
static struct patchmark_message *message;

static void setup(void) {
    support_mail_init(&mail);
    message = mail.message;
}

static void teardown(void) {
    mail_free(&mail);
}

static void read_bytes(const char *raw, size_t length) {
    mail_reset(&mail);
    message_load(message, (struct patchmark_text){raw, length});
    message_parse(message, 0);
}

static void read_mail(const char *raw) {
    read_bytes(raw, strlen(raw));
}

static struct patchmark_part part(size_t i) {
    struct patchmark_part found = {.struct_size = sizeof(found)};

    ck_assert_msg(patchmark_message_part(message, i, &found), "no part %zu", i);
    return found;
}

/* Returns all leaves, each as "TYPE|FILENAME|TEXT$". */
static const char *leaves(void) {
    static char all[4096];
    size_t length = 0;

    all[0] = '\0';
    for (size_t i = 0; i < patchmark_message_part_count(message); i++) {
        struct patchmark_part leaf = part(i);

        length += (size_t)snprintf(all + length, sizeof(all) - length, "%s|%s|%.*s$", leaf.type,
                                   leaf.filename, (int)leaf.text.length, leaf.text.data);
        ck_assert_uint_lt(length, sizeof(all));
    }
    return all;
}

/* ---- leaves ------------------------------------------------------------------------------- */

static const struct {
    const char *raw, *leaves, *reason;
} trees[] = {
    {"From: a@example.org\n\nhello\n", "text/plain||hello\n$", "no MIME at all"},
    {"\nhello\n", "text/plain||hello\n$", "no header"},
    {"hello\nworld\n", "text/plain||hello\nworld\n$", "only a body"},
    {"Content-Type: TEXT/Plain; charset=utf-8\n\nhello\n", "text/plain||hello\n$", "lower case"},
    {"Content-Type: text/html\n\n<p>\n", "text/html||<p>\n$", "text of another kind"},
    {"Content-Type: nonsense\n\nhello\n", "application/octet-stream||hello\n$",
     "an invalid type: unknown bytes, which are read as text too"},
    {"Content-Type:\n\nhello\n", "application/octet-stream||hello\n$", "an empty type"},
    {MULTIPART "--b\n\none\n--b\n\ntwo\n--b--\n", "text/plain||one$text/plain||two$", "two parts"},
    {"Content-Type: multipart/mixed; "
     "boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
     "text/plain||one$text/plain||two$", "with CR LF"},
    {MULTIPART "before\n--b\n\none\n--b--\nafter\n", "text/plain||one$",
     "preamble and epilogue are left out"},
    {MULTIPART "--b\n\none\n", "text/plain||one\n$", "the last boundary is missing"},
    {MULTIPART "--b\n--b\n\ntwo\n--b--\n", "text/plain||two$",
     "two boundaries in a row count as one"},
    {"Content-Type: multipart/mixed; boundary=\"=_x y'()+,-./:?\"\n\n--=_x y'()+,-./:?\n\none\n"
     "--=_x y'()+,-./:?--\n",
     "text/plain||one$", "all bytes that a boundary may have"},
    {MULTIPART "--b\nContent-Type: multipart/alternative; boundary=c\n\n"
               "--c\nContent-Type: text/plain\n\nplain\n"
               "--c\nContent-Type: text/html\n\n<p>\n--c--\n"
               "--b\nContent-Type: text/x-patch; name=a.patch\n\n+x\n--b--\n",
     "text/plain||plain$text/html||<p>$text/x-patch|a.patch|+x$", "nested, in order"},
    {MULTIPART "--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\none\n--bb--\n"
               "--b\n\ntwo\n--b--\n",
     "text/plain||one$text/plain||two$", "a boundary that starts like another"},
    {MULTIPART "--b\nContent-Type: message/rfc822\n\nSubject: inner\n\ntext\n--b\n\ntwo\n--b--\n",
     "message/rfc822||$text/plain||two$", "a nested mail is a leaf without text"},
    {"Content-Type: message/rfc822\n\nSubject: inner\n\ntext\n", "message/rfc822||$",
     "a nested mail as the whole mail"},
};

START_TEST(leaves_in_the_order_of_the_mail) {
    read_mail(trees[_i].raw);
    ck_assert_msg(strcmp(leaves(), trees[_i].leaves) == 0, "%s: %s", trees[_i].reason, leaves());
    ck_assert(!message_truncated(message));
}
END_TEST

/* The header fields of one part, its body, and the expected leaf. */
static const struct {
    const char *fields, *body, *leaf, *reason;
} attachments[] = {
    {"Content-Type: text/x-patch; charset=utf-8\nContent-Disposition: attachment; filename=a.patch",
     "+x", "text/x-patch|a.patch|+x$", "a patch as text"},
    {"Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=a.patch",
     "+x", "application/octet-stream|a.patch|+x$", "a patch as bytes looks like text"},
    {"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64", "AAEC",
     "application/octet-stream||$", "with a NUL they do not"},
    {"Content-Type: application/x-patch\nContent-Transfer-Encoding: base64", "K3gK",
     "application/x-patch||+x\n$", "decoded"},
    {"Content-Type: image/png; name=a.png", "text", "image/png|a.png|$", "an image is never read"},
    {"Content-Type: audio/ogg", "text", "audio/ogg||$", "nor sound"},
    {"Content-Type: video/ogg", "text", "video/ogg||$", "nor film"},
    {"Content-Type: font/otf", "text", "font/otf||$", "nor a font"},
    {"Content-Type: message/delivery-status", "text", "message/delivery-status||$",
     "nor a message of any kind"},
    {"Content-Type: message/partial; id=x; number=1", "text", "message/partial||$", "like this"},
    {"Content-Type: text/plain; name=\"=?utf-8?q?caf=C3=A9?=.patch\"", "x",
     "text/plain|caf\xc3\xa9.patch|x$", "an encoded name"},
    {"Content-Type: text/plain\nContent-Disposition: inline; filename*=utf-8''caf%C3%A9.patch", "x",
     "text/plain|caf\xc3\xa9.patch|x$", "encoded as RFC 2231 has it"},
    {"Content-Type: text/plain\n"
     "Content-Disposition: inline; filename*0=0001-; filename*1=a.patch",
     "x", "text/plain|0001-a.patch|x$", "in pieces"},
    {"Content-Type: text/plain\n"
     "Content-Disposition: attachment; filename*=utf-8''a%0D%0Ab%1B.patch",
     "x", "text/plain|a  b .patch|x$", "control bytes in a name are blanks"},
};

/* The result for a header is cached; only a mail with the same header may use it. */
START_TEST(a_cached_header_has_the_same_result) {
    static const struct {
        const char *raw, *leaves, *reason;
        bool malformed;
    } cases[] = {
        {"From: a@example.org\nContent-Type: text/x-a; charset=iso-8859-1\n\n\xe9\n",
         "text/x-a||\u00e9\n$", "the charset counts", false},
        {"From: a@example.org\nContent-Type: text/x-a; charset=iso-8859-2\n\n\xe9\xb1\n",
         "text/x-a||\u00e9\u0105\n$", "another one", false},
        {"From: a@example.org\nContent-Type: text/x-a; format=flowed\n\none \ntwo\n",
         "text/x-a||one two\n$", "flowed text", false},
        {"From: a@example.org\nContent-Type: text/x-a; format=flowed; delsp=yes\n\none \ntwo\n",
         "text/x-a||onetwo\n$", "and without the blank", false},
        {"From: a@example.org\nContent-Type: text/x-a\nContent-Transfer-Encoding: base64\n\n"
         "b25lCg==\n",
         "text/x-a||one\n$", "an encoding", false},
        {"From: a@example.org\nContent-Type: text/x-a; name=one.c\n\none\n",
         "text/x-a|one.c|one\n$", "a name, which is not kept", false},
        {"From: a@example.org\nContent-Type: text/x-a\n\n", "text/x-a||$", "no body", false},
        {"From: a@example.org\nContent-Type: text/x-a\n\none\n", "text/x-a||one\n$",
         "the same with a body", false},
        {"From: a@example.org\nContent-Type: text/x-a\nContent-Type: text/x-b\n\none\n",
         "text/x-b||one\n$", "two types: the last counts", true},
        {"From: \"\\\nContent-Type: text/x-c\n\none\n", "text/x-c||one\n$", "a bad From", true},
        {"From: a@example.org\nContent-Type: text/x-c\n\none\n", "text/x-c||one\n$",
         "which is nothing that the header below it could help", false},
    };

    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            read_mail(cases[i].raw);
            ck_assert_msg(strcmp(leaves(), cases[i].leaves) == 0, "%s, round %d: %s",
                          cases[i].reason, round, leaves());
            ck_assert_msg(message_malformed(message) == cases[i].malformed, "%s, round %d",
                          cases[i].reason, round);
        }
}
END_TEST

/* More different headers than the cache has entries, each twice in a row and once at the end. */
START_TEST(more_headers_than_the_cache_has_entries) {
    char raw[128], expected[64];

    for (int i = 0; i < 300; i++) {
        int number = i < 200 ? i / 2 : i - 200;

        snprintf(raw, sizeof(raw), "Content-Type: text/x-%d\n\none\n", number);
        snprintf(expected, sizeof(expected), "text/x-%d||one\n$", number);
        read_mail(raw);
        ck_assert_str_eq(leaves(), expected);
    }
}
END_TEST

START_TEST(attachments_with_text_are_read) {
    char raw[1024];

    snprintf(raw, sizeof(raw), MULTIPART "--b\n%s\n\n%s\n--b--\n", attachments[_i].fields,
             attachments[_i].body);
    read_mail(raw);
    ck_assert_msg(strcmp(leaves(), attachments[_i].leaf) == 0, "%s: %s", attachments[_i].reason,
                  leaves());
}
END_TEST

START_TEST(a_missing_boundary_does_not_crash_or_repeat_text) {
    read_mail(MULTIPART "hello\nworld\n");
    ck_assert_uint_le(patchmark_message_part_count(message), 1);
    read_mail("Content-Type: multipart/mixed\n\nhello\n");
    ck_assert_uint_le(patchmark_message_part_count(message), 1);
    read_mail("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nhello\n----\n");
    ck_assert_uint_le(patchmark_message_part_count(message), 1);
}
END_TEST

START_TEST(a_plugin_of_an_older_interface_gets_its_fields) {
    struct {
        struct patchmark_part part;
        char behind[16];
    } newer;
    struct patchmark_part older;

    read_mail("From: a@example.org\n\nx\n");
    memset(&older, 'x', sizeof(older));
    older.struct_size = offsetof(struct patchmark_part, bytes);
    ck_assert(patchmark_message_part(message, 0, &older));
    ck_assert_uint_eq(older.struct_size, offsetof(struct patchmark_part, bytes));
    ck_assert_str_eq(older.type, "text/plain");
    ck_assert_mem_eq(&older.bytes, "xxxxxxxx", 8);
    memset(&newer, 'x', sizeof(newer));
    newer.part.struct_size = sizeof(newer);
    ck_assert(patchmark_message_part(message, 0, &newer.part));
    ck_assert_mem_eq(newer.behind, "xxxxxxxxxxxxxxxx", sizeof(newer.behind));
    ck_assert(!patchmark_message_part(message, 1, &newer.part));
}
END_TEST

/* ---- encodings ---------------------------------------------------------------------------- */

static const struct {
    const char *encoding, *body, *text, *reason;
} encodings[] = {
    {"7bit", "a=3D\n", "a=3D\n", "none"},
    {"8bit", "caf\xc3\xa9\n", "caf\xc3\xa9\n", "none, 8-bit"},
    {"x-unknown", "a=3D\n", "a=3D\n", "an unknown encoding is ignored"},
    {"quoted-printable", "a=3Db caf=C3=A9=\n!\n", "a=b caf\xc3\xa9!\n", "quoted-printable"},
    {"Quoted-Printable", "=2b =2B\n", "+ +\n", "in any case"},
    {"quoted-printable", "a=\n=\nb\n", "ab\n", "soft line ends"},
    {"quoted-printable", "a=ZZ=3\nb=", "a=ZZ=3\nb", "invalid sequences stay"},
    {"base64", "aGVsbG8K\n", "hello\n", "base64"},
    {"BASE64", "aGVs\nbG8K\n", "hello\n", "base64 in lines"},
    {"base64", "aGVsbG8=\nIHdvcmxkCg==\n", "hello world\n", "data behind padding, at a line"},
    {"base64", "aGVsbG8=IHdvcmxkCg==\n", "hello world\n", "data behind padding, within a line"},
    {"base64", "aGVsbG8K\n\n-- \n", "hello\n", "a list footer behind base64"},
    {"base64", "", "", "nothing"},
};

START_TEST(transfer_encodings_are_decoded) {
    char raw[512];
    struct patchmark_part found;
    size_t length = strlen(encodings[_i].text);

    snprintf(raw, sizeof(raw), "Content-Transfer-Encoding: %s\n\n%s", encodings[_i].encoding,
             encodings[_i].body);
    read_mail(raw);
    found = part(0);
    /* Compares only the start: the text of a list footer behind base64 is not defined. */
    ck_assert_msg(found.bytes.length >= length &&
                      memcmp(found.bytes.data, encodings[_i].text, length) == 0,
                  "%s: %.*s", encodings[_i].reason, (int)found.bytes.length, found.bytes.data);
    ck_assert_msg(found.bytes.length == length || strstr(encodings[_i].reason, "footer"), "%s: %zu",
                  encodings[_i].reason, found.bytes.length);
}
END_TEST

/* ---- charsets ----------------------------------------------------------------------------- */

#define TEXT(string) \
    { (string), sizeof(string) - 1 }

static const struct {
    const char *type;
    struct patchmark_text body;
    const char *text, *reason;
} charsets[] = {
    {"text/plain; charset=iso-8859-1", TEXT("caf\xe9"), "caf\xc3\xa9", "Latin 1"},
    {"text/plain; charset=\"ISO-8859-1\"", TEXT("caf\xe9"), "caf\xc3\xa9", "quoted"},
    {"text/plain; charset=windows-1252", TEXT("\x93x\x94"), "\xe2\x80\x9cx\xe2\x80\x9d", "Windows"},
    {"text/plain; charset=koi8-r", TEXT("\xd0\xd2"), "\xd0\xbf\xd1\x80", "Russian"},
    {"text/plain; charset=iso-2022-jp", TEXT("\x1b$B$\"\x1b(B"), "\xe3\x81\x82",
     "ISO 2022, which uses ASCII bytes only"},
    {"text/plain; charset=utf-16le", TEXT("a\0\xe9\0"), "a\xc3\xa9", "UTF-16"},
    {"text/plain; charset=utf-16",
     TEXT("\xff\xfe"
          "a\0\xe9\0"),
     "a\xc3\xa9", "UTF-16 with a byte order mark"},
    {"text/plain; charset=utf-16", TEXT("\xfe\xff\0a\0\xe9"), "a\xc3\xa9",
     "UTF-16 with the other byte order"},
    {"text/plain; charset=us-ascii", TEXT("caf\xc3\xa9"), "caf\xc3\xa9", "UTF-8 declared as ASCII"},
    {"text/plain; charset=iso-8859-1", TEXT("caf\xc3\xa9"), "caf\xc3\xa9",
     "UTF-8 declared as Latin 1"},
    {"text/plain", TEXT("caf\xc3\xa9"), "caf\xc3\xa9", "UTF-8 without a charset"},
    {"text/plain; charset=no-such-charset", TEXT("cafe"), "cafe", "unknown, but ASCII"},
    {"text/plain; charset=no-such-charset", TEXT("caf\xe9!"), "caf\xef\xbf\xbd!",
     "unknown charset: bytes become U+FFFD"},
    {"text/plain; charset=utf-8", TEXT("caf\xe9!"), "caf\xef\xbf\xbd!", "invalid UTF-8"},
    {"text/plain; charset=us-ascii", TEXT("caf\xe9!"), "caf\xef\xbf\xbd!", "invalid ASCII"},
    {"text/plain; charset=", TEXT("caf\xe9!"), "caf\xef\xbf\xbd!", "an empty name"},
    {"text/plain", TEXT("a\0b"),
     "a\xef\xbf\xbd"
     "b",
     "a NUL in a text"},
    {"text/plain; charset=utf-8", TEXT("a\r\nb\n"), "a\nb\n", "line ends become LF"},
};

START_TEST(text_is_converted_to_utf8) {
    char raw[512];
    int length = snprintf(raw, sizeof(raw), "Content-Type: %s\nContent-Transfer-Encoding: 8bit\n\n",
                          charsets[_i].type);
    struct patchmark_part found;

    memcpy(raw + length, charsets[_i].body.data, charsets[_i].body.length);
    read_bytes(raw, (size_t)length + charsets[_i].body.length);
    found = part(0);
    ck_assert_msg(found.text.length == strlen(charsets[_i].text) &&
                      memcmp(found.text.data, charsets[_i].text, found.text.length) == 0,
                  "%s: %.*s", charsets[_i].reason, (int)found.text.length, found.text.data);
}
END_TEST

/* Bytes are validated in runs, so a character is tested at each place of a run. */
START_TEST(characters_at_any_place_are_validated) {
    static const struct {
        const char *bytes;
        bool valid;
        const char *reason;
    } cases[] = {
        {"\xc3\xa9", true, "two bytes"},
        {"\xe2\x80\x99", true, "three"},
        {"\xf0\x9f\x90\xa7", true, "four"},
        {"\xc3", false, "cut by what follows"},
        {"\xa9", false, "only the end of one"},
        {"\xc0\xaf", false, "longer than need be"},
        {"\xed\xa0\x80", false, "half of a pair of UTF-16"},
        {"\xc3\xa9\xc3", false, "a whole one and half of one"},
    };
    char text[128];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t before = 0; before <= 40; before++) {
            for (size_t behind = 0; behind <= 40; behind++) {
                int length =
                    snprintf(text, sizeof(text), "%.*s%s%.*s", (int)before,
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", cases[i].bytes,
                             (int)behind, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
                char *other = mime_make_valid((struct patchmark_text){text, (size_t)length});

                ck_assert_msg((other == NULL) == cases[i].valid, "%s: %zu before, %zu behind",
                              cases[i].reason, before, behind);
                free(other);
            }
        }
    }
    ck_assert_ptr_null(mime_make_valid((struct patchmark_text){"", 0}));
}
END_TEST

START_TEST(bytes_keep_the_charset_of_the_mail) {
    read_mail("Content-Type: text/plain; charset=iso-8859-1\n"
              "Content-Transfer-Encoding: quoted-printable\n\ncaf=E9");
    ck_assert_uint_eq(part(0).bytes.length, 4);
    ck_assert_mem_eq(part(0).bytes.data, "caf\xe9", 4);
    ck_assert_ptr_eq(part(0).text.data, part(0).text.data); /* decoded once */
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------- */

/* Writes DEPTH nested multiparts with a text in the innermost. */
static void read_nested(int depth) {
    char *raw = arena_allocate(&support_arena, (size_t)depth * 64 + 64), *at = raw;

    for (int i = 0; i < depth; i++)
        at += sprintf(at, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    strcpy(at, "\ninnermost\n");
    read_mail(raw);
}

START_TEST(the_depth_of_parts_has_a_limit) {
    read_nested(LIMIT_PART_DEPTH);
    ck_assert_str_eq(leaves(), "text/plain||innermost\n$");
    ck_assert(!message_truncated(message));
    read_nested(LIMIT_PART_DEPTH + 1);
    ck_assert_str_eq(leaves(), "");
    ck_assert(message_truncated(message));
}
END_TEST

START_TEST(a_part_beside_one_too_deep_is_read) {
    char raw[2048] = MULTIPART "--b\n\nfirst\n--b\n", *at = raw + strlen(raw);

    for (int i = 0; i < LIMIT_PART_DEPTH; i++)
        at += sprintf(at, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    strcpy(at, "\ninnermost\n--b\n\nlast\n--b--\n");
    read_mail(raw);
    ck_assert_str_eq(leaves(), "text/plain||first$text/plain||last$");
    ck_assert(message_truncated(message));
}
END_TEST

START_TEST(the_number_of_parts_has_a_limit) {
    for (int extra = 0; extra <= 1; extra++) {
        char raw[4096] = MULTIPART, *at = raw + strlen(raw);

        for (int i = 1; i <= LIMIT_PARTS + extra; i++)
            at += sprintf(at, "--b\n\np%d\n", i);
        strcpy(at, "--b--\n");
        read_mail(raw);
        ck_assert_uint_eq(patchmark_message_part_count(message), LIMIT_PARTS);
        ck_assert_uint_eq(part(LIMIT_PARTS - 1).text.length, strlen("p50"));
        ck_assert_mem_eq(part(LIMIT_PARTS - 1).text.data, "p50", 3);
        ck_assert_int_eq(message_truncated(message), extra);
    }
}
END_TEST

START_TEST(the_part_that_was_cut_is_truncated) {
    size_t size = LIMIT_MAIL_BYTES + 1024;
    char *raw = arena_allocate(&support_arena, size + 1);
    int length = sprintf(raw, MULTIPART "--b\n\none\n--b\n\n");

    memset(raw + length, 'x', size - (size_t)length);
    read_bytes(raw, size);
    ck_assert_uint_eq(patchmark_message_part_count(message), 2);
    ck_assert(!part(0).truncated);
    ck_assert(part(1).truncated);
    ck_assert(message_truncated(message));
    ck_assert_uint_eq(part(1).text.length, LIMIT_MAIL_BYTES - strlen("--b\n\none\n--b\n\n"));
}
END_TEST

/* As in git, a NUL in the first 8,000 bytes makes a part binary. */
START_TEST(bytes_that_look_like_text) {
    static const char head[] = "Content-Type: application/octet-stream\n\n";
    char raw[sizeof(head) - 1 + 9000];

    memcpy(raw, head, sizeof(head) - 1);
    memset(raw + sizeof(head) - 1, 'x', 9000);
    raw[sizeof(head) - 1 + 8000] = '\0';
    read_bytes(raw, sizeof(raw));
    ck_assert_uint_eq(part(0).bytes.length, 9000);
    ck_assert_uint_eq(part(0).text.length, 9000 - 1 + 3); /* the NUL as U+FFFD */
    raw[sizeof(head) - 1 + 7999] = '\0';
    read_bytes(raw, sizeof(raw));
    ck_assert_uint_eq(part(0).bytes.length, 0);
    ck_assert_uint_eq(part(0).text.length, 0);
}
END_TEST

#define ADD_TABLE(test, table) \
    tcase_add_loop_test(tests, test, 0, sizeof(table) / sizeof((table)[0]))

SUITE(message_parts_suite) {
    Suite *suite = suite_create("message parts");
    TCase *tests = tcase_create("message parts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    ADD_TABLE(leaves_in_the_order_of_the_mail, trees);
    tcase_add_test(tests, a_cached_header_has_the_same_result);
    tcase_add_test(tests, more_headers_than_the_cache_has_entries);
    ADD_TABLE(attachments_with_text_are_read, attachments);
    tcase_add_test(tests, a_missing_boundary_does_not_crash_or_repeat_text);
    tcase_add_test(tests, a_plugin_of_an_older_interface_gets_its_fields);
    ADD_TABLE(transfer_encodings_are_decoded, encodings);
    ADD_TABLE(text_is_converted_to_utf8, charsets);
    tcase_add_test(tests, characters_at_any_place_are_validated);
    tcase_add_test(tests, bytes_keep_the_charset_of_the_mail);
    tcase_add_test(tests, the_depth_of_parts_has_a_limit);
    tcase_add_test(tests, a_part_beside_one_too_deep_is_read);
    tcase_add_test(tests, the_number_of_parts_has_a_limit);
    tcase_add_test(tests, the_part_that_was_cut_is_truncated);
    tcase_add_test(tests, bytes_that_look_like_text);
    suite_add_tcase(suite, tests);
    return suite;
}
