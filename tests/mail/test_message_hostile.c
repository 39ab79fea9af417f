/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_message_hostile.c - hostile mail: limits at and above their values, deep nesting, many
 * parts.  Each mail is read on a thread with a stack of 256 KiB; the threads of libmilter have the
 * default size, 8 MiB.
 */
#include "mail/bounds.h"
#include "mail/message.h"
#include "support/support.h"

#include <pthread.h>

#ifdef __SANITIZE_ADDRESS__
#define STACK_SIZE (512 * 1024) /* the sanitizer adds space between variables */
#else
#define STACK_SIZE (256 * 1024)
#endif

static struct mail mail;
static struct patchmark_message *message;

static void setup(void) {
    support_mail_init(&mail);
    message = mail.message;
}

static void teardown(void) {
    mail_free(&mail);
}

/* ---- a mail being written ----------------------------------------------------------------- */

static struct {
    char *data;
    size_t length, room;
} text;

static void put(const char *piece) {
    size_t length = strlen(piece);

    if (text.length + length + 1 > text.room) {
        size_t room = 2 * (text.length + length + 1);
        char *data = arena_allocate(&support_arena, room);

        if (text.length)
            memcpy(data, text.data, text.length);
        text.data = data;
        text.room = room;
    }
    memcpy(text.data + text.length, piece, length + 1);
    text.length += length;
}

static void put_many(const char *piece, size_t count) {
    while (count-- > 0)
        put(piece);
}

static void put_number(const char *before, size_t number, const char *after) {
    char digits[32];

    snprintf(digits, sizeof(digits), "%zu", number);
    put(before);
    put(digits);
    put(after);
}

/* Loads and parses the mail, and reads everything that plugins can read. */
static void *read_on_thread(void *argument) {
    struct patchmark_part part = {.struct_size = sizeof(part)};

    (void)argument;
    mail_reset(&mail);
    message_load(message, (struct patchmark_text){text.data, text.length});
    message_parse(message, -1);
    for (size_t i = 0; patchmark_message_part(message, i, &part); i++)
        ck_assert_ptr_nonnull(part.text.data);
    patchmark_message_header(message, "Subject", 0);
    patchmark_message_header(message, "From", 0);
    return NULL;
}

/* Reads the mail that was written with put; the next put starts another one. */
static void read_mail(void) {
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, STACK_SIZE), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, read_on_thread, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    text.length = 0;
}

/* ---- addresses ---------------------------------------------------------------------------- */

START_TEST(deeply_nested_groups_in_an_address_field) {
    static const char *const names[] = {"From", "Reply-To", "X-Original-From", "To", "Sender"};

    /* 90 KB: above the limit of an address field, so the parser does not get it. */
    put("Subject: s\n");
    put(names[_i]);
    put(": ");
    put_many("a:", 45000);
    put("\n\nbody\n");
    read_mail();
    ck_assert(message_truncated(message));
    ck_assert_str_eq(patchmark_message_sender(message), "");
    ck_assert_str_eq(patchmark_message_header(message, "Subject", 0), "s");
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
}
END_TEST

/* GMime would overflow the stack if it parsed a field above the limit. */
START_TEST(nested_groups_at_the_limit_and_one_past) {
    for (size_t extra = 0; extra <= 1; extra++) {
        put("From: ");
        put_many("a:", LIMIT_ADDRESS_COLONS + extra);
        put(" ada@example.org");
        put_many(";", LIMIT_ADDRESS_COLONS + extra);
        put("\nSubject: s\n\nbody\n");
        read_mail();
        ck_assert_int_eq(message_truncated(message), extra == 1);
        ck_assert_str_eq(patchmark_message_sender(message), "ada@example.org");
        ck_assert_str_eq(patchmark_message_header(message, "Subject", 0), "s");
    }
}
END_TEST

/* If a field is not parsed, or has no nested groups, only its length is limited. */
START_TEST(address_fields_as_long_as_the_limit_allows) {
    put("From: Ada via list <list@example.org>\nTo:");
    put_many("a:", LIMIT_ADDRESS_BYTES / 2 - 1);
    put("\nReply-To:");
    put_many("(", LIMIT_ADDRESS_BYTES - 2);
    put("\n\nbody\n");
    read_mail();
    ck_assert(!message_truncated(message));
    ck_assert_str_eq(patchmark_message_sender(message), "list@example.org");
}
END_TEST

START_TEST(the_same_inside_a_nested_mail) {
    put("From: a@example.org\n");
    if (_i == 1)
        put("Content-Type: message/rfc822\n\n");
    else
        put("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: Message/RFC822\n\n");
    put("From: ");
    put_many("a:", 45000);
    put("\n\nbody\n");
    if (_i == 0)
        put("--b--\n");
    read_mail();
    ck_assert_str_eq(patchmark_message_sender(message), "a@example.org");
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
}
END_TEST

/* ---- references and ids ------------------------------------------------------------------- */

static const char *reference(size_t i) {
    return patchmark_message_reference(message, i);
}

START_TEST(of_many_references_the_newest_are_kept) {
    char expected[16];

    put("References:");
    for (size_t i = 0; i < 10000; i++) {
        snprintf(expected, sizeof(expected), " <%04zu@x>", i);
        put(expected);
    }
    put("\n\n");
    read_mail();
    ck_assert(message_truncated(message));
    ck_assert_uint_eq(patchmark_message_reference_count(message), LIMIT_REFERENCES);
    for (size_t i = 0; i < LIMIT_REFERENCES; i++) {
        snprintf(expected, sizeof(expected), "%04zu@x", 9999 - i);
        ck_assert_str_eq(reference(i), expected);
    }
}
END_TEST

START_TEST(references_at_the_limit_and_one_past) {
    put("References:");
    for (size_t i = 0; i < LIMIT_REFERENCES; i++)
        put_number(" <", i, "@x>");
    put("\nIn-Reply-To: <50@x>\n\n"); /* one of them */
    read_mail();
    ck_assert(!message_truncated(message));
    ck_assert_uint_eq(patchmark_message_reference_count(message), LIMIT_REFERENCES);
    ck_assert_str_eq(reference(0), "50@x");
    ck_assert_str_eq(reference(LIMIT_REFERENCES - 1), "0@x");

    put("References:");
    for (size_t i = 0; i < LIMIT_REFERENCES; i++)
        put_number(" <", i, "@x>");
    put("\nIn-Reply-To: <parent@x>\n\n"); /* another */
    read_mail();
    ck_assert(message_truncated(message));
    ck_assert_uint_eq(patchmark_message_reference_count(message), LIMIT_REFERENCES);
    ck_assert_str_eq(reference(0), "parent@x");
    ck_assert_str_eq(reference(1), "99@x");
    ck_assert_str_eq(reference(LIMIT_REFERENCES - 1), "1@x");
}
END_TEST

/* Returns a text of LENGTH bytes that ends in LAST. */
static const char *long_id(size_t length, const char *last) {
    char *id = arena_allocate(&support_arena, length + 1);

    memset(id, 'i', length);
    strcpy(id + length - strlen(last), last);
    return id;
}

/* A Message-ID and the In-Reply-To that refers to it are cut to the same text, whatever its form.
 */
static const struct {
    size_t length;
    const char *last;
    size_t kept;
} ids[] = {
    {LIMIT_MESSAGE_ID_BYTES, "z", LIMIT_MESSAGE_ID_BYTES},
    {LIMIT_MESSAGE_ID_BYTES + 1, "z", LIMIT_MESSAGE_ID_BYTES},
    {10 * 1024, "z", LIMIT_MESSAGE_ID_BYTES},
    {LIMIT_MESSAGE_ID_BYTES, "\xc3\xa9", LIMIT_MESSAGE_ID_BYTES},
    {LIMIT_MESSAGE_ID_BYTES + 1, "\xc3\xa9", LIMIT_MESSAGE_ID_BYTES - 1},
    {LIMIT_MESSAGE_ID_BYTES + 1, "\xf0\x9f\x90\xa7", LIMIT_MESSAGE_ID_BYTES - 3},
};

START_TEST(long_ids_are_cut_to_the_same_text) {
    const char *id = long_id(ids[_i].length, ids[_i].last);
    const char *kept = arena_copy(&support_arena, id, ids[_i].kept);
    bool truncated = ids[_i].length > LIMIT_MESSAGE_ID_BYTES;

    put("Message-ID: <");
    put(id);
    put(">\nIn-Reply-To: <");
    put(id);
    put(">\nReferences: <1@x> <");
    put(id);
    put(">\n\n");
    read_mail();
    ck_assert_str_eq(patchmark_message_id(message), kept);
    ck_assert_str_eq(message_in_reply_to(message), kept);
    ck_assert_uint_eq(patchmark_message_reference_count(message), 2);
    ck_assert_int_eq(message_truncated(message), truncated);

    put("Message-ID: "); /* also without brackets */
    put(id);
    put("\n\n");
    read_mail();
    ck_assert_str_eq(patchmark_message_id(message), kept);
    ck_assert_int_eq(message_truncated(message), truncated);
}
END_TEST

START_TEST(brackets_without_end) {
    put("Message-ID: ");
    put_many("<", 100000);
    put("\nReferences: ");
    put_many("<", 50000);
    put_many("<a>", 15000);
    put("\nIn-Reply-To: ");
    put_many(">", 100000);
    put("\n\n");
    read_mail();
    ck_assert_str_eq(patchmark_message_id(message), "");
    ck_assert_uint_eq(patchmark_message_reference_count(message), 1);
    ck_assert_str_eq(reference(0), "a");
}
END_TEST

/* ---- many and large ----------------------------------------------------------------------- */

START_TEST(a_mail_of_two_megabytes) {
    struct patchmark_part part = {.struct_size = sizeof(part)};

    put("From: a@example.org\n\n");
    put_many("0123456789abcde\n", 2 * 1024 * 1024 / 16);
    size_t size = text.length;
    read_mail();
    ck_assert(message_truncated(message));
    ck_assert(!message_malformed(message));
    ck_assert_uint_eq(message_size(message), size);
    ck_assert(patchmark_message_part(message, 0, &part));
    ck_assert(part.truncated);
    ck_assert_uint_eq(part.text.length, LIMIT_MAIL_BYTES);
    ck_assert_mem_eq(part.text.data + LIMIT_MAIL_BYTES - 16, "0123456789abcde\n", 16);
}
END_TEST

START_TEST(a_body_at_the_limit_and_one_past) {
    for (size_t extra = 0; extra <= 1; extra++) {
        put("From: a@example.org\n\n");
        put_many("x", LIMIT_MAIL_BYTES + extra);
        read_mail();
        ck_assert_int_eq(message_truncated(message), extra == 1);
    }
}
END_TEST

START_TEST(two_hundred_thousand_header_fields) {
    put_many("X: y\n", 199998);
    put("From: a@example.org\nSubject: s\n\nbody\n");
    read_mail();
    ck_assert(message_truncated(message));
    ck_assert_uint_eq(patchmark_message_header_count(message, "X"), LIMIT_HEADER_FIELDS);
    ck_assert_ptr_null(patchmark_message_header(message, "Subject", 0));
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
}
END_TEST

START_TEST(two_hundred_thousand_tiny_parts) {
    /* Also if the type is written in a way that only the parser recognises. */
    static const char *const types[] = {"multipart/mixed", "(x) multipart (y) / mixed"};

    put("From: a@example.org\nContent-Type: ");
    put(types[_i]);
    put("; boundary=b\n\n");
    put_many("--b\n\n\n", 200000);
    read_mail();
    ck_assert(message_truncated(message));
    ck_assert_uint_le(patchmark_message_part_count(message), LIMIT_PARTS);
}
END_TEST

START_TEST(as_many_open_boundaries_as_the_limit_allows) {
    static const size_t depths[] = {2000, LIMIT_BOUNDARY_LINES, 3 * LIMIT_BOUNDARY_LINES};

    put("From: a@example.org\n");
    for (size_t i = 0; i < depths[_i]; i++) {
        put_number("Content-Type:multipart/x;boundary=", i, "\n\n");
        put_number("--", i, "\n");
    }
    put("\ninnermost\n");
    read_mail();
    ck_assert(message_truncated(message));
    ck_assert_uint_eq(patchmark_message_part_count(message), 0);
}
END_TEST

START_TEST(a_long_parameter_with_a_long_name) {
    put("From: a@example.org\nContent-Type: text/plain; ");
    put_many("n", 72);
    put("=\"");
    put_many("\xc3\xa9", 2000);
    put("\"; ");
    put_many("m", 72);
    put("*=utf-8''");
    put_many("%C3%A9", 2000);
    put("\nContent-Disposition: attachment; filename=\"");
    put_many("\xe9", 20000);
    put("\"\n\nbody\n");
    read_mail();
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
    ck_assert(!message_truncated(message));
}
END_TEST

START_TEST(parameters_without_end) {
    put("From: a@example.org\nContent-Type: text/plain");
    for (size_t i = 0; i < 8000; i++)
        put_number("; n*", i, "=x");
    put("\n\nbody\n");
    read_mail();
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
}
END_TEST

START_TEST(encoded_words_without_end) {
    static const char *const pieces[] = {
        "=?", "=?utf-8?b?", "=?utf-8?b?YQ==?= ", "=?utf-8?q?a?=", "=?a?b?YQ==",
        "(",  "\"",         "=?utf-8?b?=?"};

    put("Subject: ");
    put_many(pieces[_i], 100000 / strlen(pieces[_i]));
    put("\nFrom: ");
    put_many(pieces[_i], 16000 / strlen(pieces[_i]));
    put("\nReceived: ");
    put_many(pieces[_i], 100000 / strlen(pieces[_i]));
    put("\nContent-Type: text/plain; name=");
    put_many(pieces[_i], 100000 / strlen(pieces[_i]));
    put("\n\nbody\n");
    read_mail();
    ck_assert_ptr_nonnull(patchmark_message_header(message, "Subject", 0));
    ck_assert(!message_truncated(message));
}
END_TEST

/* ---- afterwards -------------------------------------------------------------------------- */

START_TEST(the_next_mail_is_an_ordinary_one) {
    put("Content-Type: multipart/mixed; boundary=b\n");
    put_many("X: y\n", 2000);
    put("\n");
    put_many("--b\n\nx\n", 200000);
    read_mail();
    put("From: a@example.org\nMessage-ID: <1@x>\n\nbody\n");
    read_mail();
    ck_assert(!message_truncated(message));
    ck_assert(!message_malformed(message));
    ck_assert_str_eq(patchmark_message_id(message), "1@x");
    ck_assert_uint_eq(patchmark_message_part_count(message), 1);
    ck_assert_uint_eq(patchmark_message_header_count(message, "X"), 0);
}
END_TEST

SUITE(message_hostile_suite) {
    Suite *suite = suite_create("hostile mail");
    TCase *tests = tcase_create("hostile mail");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, deeply_nested_groups_in_an_address_field, 0, 5);
    tcase_add_test(tests, nested_groups_at_the_limit_and_one_past);
    tcase_add_test(tests, address_fields_as_long_as_the_limit_allows);
    tcase_add_loop_test(tests, the_same_inside_a_nested_mail, 0, 2);
    tcase_add_test(tests, of_many_references_the_newest_are_kept);
    tcase_add_test(tests, references_at_the_limit_and_one_past);
    tcase_add_loop_test(tests, long_ids_are_cut_to_the_same_text, 0, sizeof(ids) / sizeof(ids[0]));
    tcase_add_test(tests, brackets_without_end);
    tcase_add_test(tests, a_mail_of_two_megabytes);
    tcase_add_test(tests, a_body_at_the_limit_and_one_past);
    tcase_add_test(tests, two_hundred_thousand_header_fields);
    tcase_add_loop_test(tests, two_hundred_thousand_tiny_parts, 0, 2);
    tcase_add_loop_test(tests, as_many_open_boundaries_as_the_limit_allows, 0, 3);
    tcase_add_test(tests, a_long_parameter_with_a_long_name);
    tcase_add_test(tests, parameters_without_end);
    tcase_add_loop_test(tests, encoded_words_without_end, 0, 8);
    tcase_add_test(tests, the_next_mail_is_an_ordinary_one);
    suite_add_tcase(suite, tests);
    return suite;
}
