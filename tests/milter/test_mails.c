/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_mails.c - tests how the fake MTA reads mails, and the mails that it delivers after a
 * filter's edits.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "delivered.h"
#include "mails.h"
#include "support/suite.h"
#include "util/cleanup.h"
#include "wire.h"

#define TEXT(text) text, sizeof(text) - 1

/* Returns the packets as one line: "L name|value" and "B bytes", with LF and CR as \n and \r. */
static const char *packets(const struct mail *mail, int leading_space) {
    static char out[4096];
    char *end = out;
    const char *parts[] = {mail->header_packets[leading_space], mail->body_packets};
    size_t bytes[] = {mail->header_bytes[leading_space], mail->body_bytes};
    for (int part = 0; part < 2; part++)
        for (size_t at = 0; at < bytes[part]; at += wire_packet_bytes(parts[part] + at)) {
            const char *packet = parts[part] + at;
            size_t length = wire_packet_bytes(packet) - WIRE_HEAD_BYTES;
            end += sprintf(end, "%s%c ", end == out ? "" : "; ", packet[4]);
            if (packet[4] == 'L')
                ck_assert_int_eq(packet[WIRE_HEAD_BYTES + --length], '\0');
            for (const char *data = packet + WIRE_HEAD_BYTES; length > 0; data++, length--)
                if (*data == '\n' || *data == '\r')
                    end += sprintf(end, *data == '\n' ? "\\n" : "\\r");
                else
                    *end++ = *data ? *data : '|';
        }
    *end = '\0';
    return out;
}

static const struct {
    const char *text;
    size_t length;
    const char *packets;
} messages[] = {
    {TEXT("A: b\nC:d\n\nbody\n"), "L A|b; L C|d; B body\\r\\n"},
    {TEXT("A: b\r\n c\r\n\r\nd\r\n"), "L A|b\\n c; B d\\r\\n"},
    /* a missing line end of the last line is added */
    {TEXT("A: b\n\tc\n d\n\nx"), "L A|b\\n\tc\\n d; B x\\r\\n"},
    {TEXT("A: b\n"), "L A|b"},
    {TEXT("A: b"), "L A|b"},
    {TEXT("A: b\n\n"), "L A|b"},
    {TEXT("X:\nY: \n\n"), "L X|; L Y|"},
    {TEXT(""), ""},
    {TEXT("\nbody\n"), "B body\\r\\n"},
    {TEXT("A : b\n\n"), "L A|b"},
    /* a line that is not a field ends the header block and is the first line of the body */
    {TEXT("A: b\nno field\nC: d\n\ne\n"), "L A|b; B no field\\r\\nC: d\\r\\n\\r\\ne\\r\\n"},
    {TEXT(" x\nA: b\n"), "B  x\\r\\nA: b\\r\\n"},
    {TEXT("a b: c\n"), "B a b: c\\r\\n"},
    {TEXT(": x\n"), "B : x\\r\\n"},
    {TEXT("\xc3\xa4: b\n"), "B \xc3\xa4: b\\r\\n"},
    /* a line of white space continues the field */
    {TEXT("A: b\n \n\nc\n"), "L A|b\\n ; B c\\r\\n"},
    /* a value ends at its first NUL; the body is complete */
    {TEXT("A: b\0c\n\nd\0e\n"), "L A|b; B d|e\\r\\n"},
    {TEXT("A: b\n\na\rb\n\n"), "L A|b; B a\\rb\\r\\n\\r\\n"},
};

START_TEST(reads_messages_as_an_mta) {
    static const struct mail_options plain;
    struct mail mail;
    ck_assert_int_eq(mail_prepare(&mail, messages[_i].text, messages[_i].length, &plain), 0);
    ck_assert_str_eq(packets(&mail, 0), messages[_i].packets);
    mail_clear(&mail);
}
END_TEST

START_TEST(splits_the_body_as_the_options_state) {
    struct mail_options options = {.chunk_bytes = 3};
    struct mail mail;
    ck_assert_int_eq(mail_prepare(&mail, TEXT("A: b\n\nab\ncd\n"), &options), 0);
    ck_assert_str_eq(packets(&mail, 1), "L A| b; B ab\\r; B \\ncd; B \\r\\n");
    mail_clear(&mail);
    options.last_chunk_with_eob = true;
    ck_assert_int_eq(mail_prepare(&mail, TEXT("A: b\n\nab\ncd\n"), &options), 0);
    ck_assert_str_eq(packets(&mail, 1), "L A| b; B ab\\r; B \\ncd; E \\r\\n");
    mail_clear(&mail);
    options.first_chunk_bytes = 1;
    ck_assert_int_eq(mail_prepare(&mail, TEXT("A: b\n\nab\ncd\n"), &options), 0);
    ck_assert_str_eq(packets(&mail, 1), "L A| b; B a; B b\\r\\n; B cd\\r; E \\n");
    mail_clear(&mail);
}
END_TEST

/* A field is cut at the limit, as Postfix does; one of exactly the limit is not. */
START_TEST(cuts_long_fields) {
    static const struct mail_options plain;
    for (size_t length = MAIL_HEADER_LIMIT - 1; length <= MAIL_HEADER_LIMIT + 1; length++) {
        AUTO(free) char *text = malloc(length);
        struct mail mail;
        memset(text, 'x', length);
        memcpy(text, "A:", 2);
        ck_assert_int_eq(mail_prepare(&mail, text, length, &plain), 0);
        ck_assert_uint_eq(mail.header_count, 1);
        ck_assert_uint_eq(mail.headers[0].length,
                          length < MAIL_HEADER_LIMIT ? length : MAIL_HEADER_LIMIT);
        mail_clear(&mail);
    }
}
END_TEST

START_TEST(adds_a_big_header) {
    static const struct mail_options big = {.big_header = true};
    struct mail mail;
    ck_assert_int_eq(mail_prepare(&mail, TEXT("A: b\0c\n\nd\n"), &big), 0);
    ck_assert_uint_eq(mail.header_count, 2);
    ck_assert_mem_eq(mail.headers[0].text, "A: b\0c", 6);
    ck_assert_mem_eq(mail.headers[1].text, "X-Big: xx", 9);
    ck_assert_uint_eq(mail.headers[1].length, MAIL_HEADER_LIMIT);
    ck_assert_ptr_eq(mail_header_find(&mail, "x-BIG"), &mail.headers[1]);
    ck_assert_ptr_null(mail_header_find(&mail, "X-Bi"));
    mail_clear(&mail);
}
END_TEST

START_TEST(splits_mboxes) {
    static const char mbox[] = "\n" /* an empty line before the first mail is no mail */
                               "From a  Thu Jan  1 00:00:00 1970\n"
                               "A: 1\n"
                               "\n"
                               "From here on\n" /* after an empty line: a new mail */
                               "B: 2\n"
                               "From there on\n" /* not after one: it ends the header block */
                               ">From quoted\n"
                               ">>From twice\n"
                               "> From nothing\n"
                               "\n"
                               "\n"
                               "From c\r\n"
                               "C: 3\r\n"
                               "\r\n"
                               "x\r\n"
                               "\r\n"
                               "From d";
    static const struct mail_options plain;
    static const struct {
        const char *from_line, *packets;
    } expected[] = {
        {"From a  Thu Jan  1 00:00:00 1970", "L A|1"},
        {"From here on", "L B|2; B From there on\\r\\nFrom quoted\\r\\n>From twice\\r\\n"
                         "> From nothing\\r\\n\\r\\n"},
        {"From c", "L C|3; B x\\r\\n"},
        {"From d", ""},
    };
    struct mails mails = {0};
    ck_assert_int_eq(mails_add(&mails, TEXT(mbox), &plain), 0);
    ck_assert_uint_eq(mails.count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(mails.mail[i].from_line, expected[i].from_line);
        ck_assert_str_eq(packets(&mails.mail[i], 0), expected[i].packets);
    }
    mails_free(&mails);
}
END_TEST

/* ---- delivered mails ---------------------------------------------------------------------- */

#define INSERT(index, name, value) \
    { MTA_EDIT_INSERT, index, name, value, 0 }
#define CHANGE(index, name, value) \
    { MTA_EDIT_CHANGE, index, name, value, 0 }
#define DELETE(index, name) \
    { MTA_EDIT_DELETE, index, name, "", 0 }
#define ADD(name, value) \
    { MTA_EDIT_ADD, 0, name, value, 0 }

/* The results of edits of the fields R: 1, A: 1, R: 2, A: 2.  "R" stands for Received, "*" for the
 * MTA's own Received field. */
static const struct {
    struct mta_edit edits[3];
    size_t count;
    const char *fields;
} deliveries[] = {
    {{}, 0, "* R:1 A:1 R:2 A:2"},
    /* insert positions count the MTA's own Received field */
    {{INSERT(0, "X", "x")}, 1, "X:x * R:1 A:1 R:2 A:2"},
    {{INSERT(1, "X", "x")}, 1, "* X:x R:1 A:1 R:2 A:2"},
    {{INSERT(2, "X", "x")}, 1, "* R:1 X:x A:1 R:2 A:2"},
    {{INSERT(4, "X", "x")}, 1, "* R:1 A:1 R:2 X:x A:2"},
    {{INSERT(5, "X", "x")}, 1, "* R:1 A:1 R:2 A:2 X:x"},
    {{INSERT(4000000000, "X", "x")}, 1, "* R:1 A:1 R:2 A:2 X:x"},
    /* two insertions at the same position: the later one is above */
    {{INSERT(1, "X", "x"), INSERT(1, "Y", "y")}, 2, "* Y:y X:x R:1 A:1 R:2 A:2"},
    {{ADD("X", "x"), ADD("A", "3")}, 2, "* R:1 A:1 R:2 A:2 X:x A:3"},
    /* delete and change count the fields of that name that the filter received */
    {{DELETE(1, "Received")}, 1, "* A:1 R:2 A:2"},
    {{DELETE(2, "a")}, 1, "* R:1 A:1 R:2"},
    {{DELETE(0, "A")}, 1, "* R:1 R:2 A:2"},
    {{DELETE(3, "A"), DELETE(1, "X")}, 2, "* R:1 A:1 R:2 A:2"},
    {{CHANGE(2, "A", "x")}, 1, "* R:1 A:1 R:2 A:x"},
    {{CHANGE(3, "A", "x")}, 1, "* R:1 A:1 R:2 A:2 A:x"},
    /* deleting from the last to the first deletes all; in the other order index 2 no longer exists
     */
    {{DELETE(2, "A"), DELETE(1, "A")}, 2, "* R:1 R:2"},
    {{DELETE(1, "A"), DELETE(2, "A")}, 2, "* R:1 R:2 A:2"},
    /* later edits also count inserted fields */
    {{INSERT(1, "A", "x"), DELETE(1, "A")}, 2, "* R:1 A:1 R:2 A:2"},
    {{DELETE(1, "A"), INSERT(1, "A", "x")}, 2, "* A:x R:1 R:2 A:2"},
    {{ADD("A", "x"), DELETE(3, "A")}, 2, "* R:1 A:1 R:2 A:2"},
    /* also those inserted above the MTA's own Received field, which is never counted */
    {{INSERT(0, "X", "x"), DELETE(1, "Received")}, 2, "X:x * A:1 R:2 A:2"},
    {{INSERT(0, "X", "x"), DELETE(1, "X")}, 2, "* R:1 A:1 R:2 A:2"},
    {{INSERT(0, "Received", "x"), DELETE(1, "Received")}, 2, "* R:1 A:1 R:2 A:2"},
    {{INSERT(0, "X", "x"), INSERT(0, "Y", "y"), DELETE(1, "Y")}, 3, "X:x * R:1 A:1 R:2 A:2"},
};

START_TEST(applies_edits_as_postfix) {
    static const struct mail_options plain;
    struct mail mail;
    struct delivered delivered;
    struct mta_edit edits[3];
    struct mta_result result = {.leading_space = true, .edits = edits};
    char fields[200] = "";
    memcpy(edits, deliveries[_i].edits, sizeof edits);
    result.edit_count = deliveries[_i].count;
    ck_assert_int_eq(
        mail_prepare(&mail, TEXT("Received:1\nA:1\nReceived:2\nA:2\n\nbody\n"), &plain), 0);
    ck_assert_int_eq(delivered_build(&delivered, &mail, &result), 0);
    for (size_t i = 0; i < delivered.header_count; i++) {
        const struct delivered_header *header = &delivered.headers[i];
        const char *text = header->by_mta ? "*" : header->text;
        size_t length = header->by_mta ? 1 : header->length;
        if (length > 8 && strncmp(text, "Received", 8) == 0) {
            strcat(fields, i ? " R" : "R");
            strncat(fields, text + 8, length - 8);
        } else {
            strcat(fields, i ? " " : "");
            strncat(fields, text, length);
        }
    }
    ck_assert_str_eq(fields, deliveries[_i].fields);
    delivered_clear(&delivered);
    mail_clear(&mail);
}
END_TEST

/* The space after the colon comes from the filter or from the MTA; a line that would start a new
 * field becomes a continuation; the MTA's own Received field is not in the text. */
START_TEST(delivers_the_text) {
    static const struct mail_options chunks = {.chunk_bytes = 2};
    static struct mta_edit edits[] = {INSERT(1, "X", "x\ny\n z"),
                                      ADD("Y", "y"),
                                      {MTA_EDIT_BODY, 0, "", "new\r\nbo", 7},
                                      {MTA_EDIT_BODY, 0, "", "dy\r\n", 4}};
    static const char *const expected[2][2] = {
        {"X: x\n\ty\n z\nA:  1\nY: y\n\nab\n\ncd\n", "X: x\n\ty\n z\nA:  1\nY: y\n\nnew\nbody\n"},
        {"X:x\n\ty\n z\nA:  1\nY:y\n\nab\n\ncd\n", "X:x\n\ty\n z\nA:  1\nY:y\n\nnew\nbody\n"},
    };
    struct mail mail;
    ck_assert_int_eq(mail_prepare(&mail, TEXT("A:  1\n\nab\n\ncd\n"), &chunks), 0);
    for (int leading_space = 0; leading_space < 2; leading_space++)
        for (int replaced = 0; replaced < 2; replaced++) {
            struct mta_result result = {.leading_space = leading_space,
                                        .edits = edits,
                                        .edit_count = replaced ? 4 : 2};
            struct delivered delivered;
            size_t length = 0;
            ck_assert_int_eq(delivered_build(&delivered, &mail, &result), 0);
            AUTO(free) char *text = delivered_text(&delivered, &length);
            ck_assert_str_eq(text, expected[leading_space][replaced]);
            ck_assert_uint_eq(length, strlen(text));
            delivered_clear(&delivered);
        }
    mail_clear(&mail);
}
END_TEST

SUITE(mails_suite) {
    Suite *all = suite_create("mails");
    TCase *tests = tcase_create("mails");
    tcase_add_loop_test(tests, reads_messages_as_an_mta, 0, sizeof messages / sizeof *messages);
    tcase_add_test(tests, splits_the_body_as_the_options_state);
    tcase_add_test(tests, cuts_long_fields);
    tcase_add_test(tests, adds_a_big_header);
    tcase_add_test(tests, splits_mboxes);
    tcase_add_loop_test(tests, applies_edits_as_postfix, 0, sizeof deliveries / sizeof *deliveries);
    tcase_add_test(tests, delivers_the_text);
    suite_add_tcase(all, tests);
    return all;
}
