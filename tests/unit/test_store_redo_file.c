/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_redo_file.c - the file of mails that were answered but not committed: what a start
 * makes of one that is not as it was written, and that what it has comes through.
 */
#include "redo-fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- files that are not as they were written ------------------------------------------------ */

/* As store-redo.c has it. */
#define HEAD_BYTES 24
#define LENGTH_AT  16

/* Where the record of that number (from 1) ends. */
static size_t record_end(int number) {
    size_t end = 0;

    for (int i = 0; i < number; i++) {
        uint32_t length;

        ck_assert_uint_le(end + HEAD_BYTES, redo.length);
        memcpy(&length, redo.bytes + end + LENGTH_AT, sizeof(length));
        end += HEAD_BYTES + length;
    }
    ck_assert_uint_le(end, redo.length);
    return end;
}

START_TEST(a_file_that_is_cut_off_has_the_mails_before) {
    size_t whole;

    leave(take_three);
    state_save();
    whole = redo.length;
    ck_assert_uint_eq(record_end(3), whole);
    for (redo.length = record_end(2); redo.length < whole; redo.length++) {
        state_restore();
        start_finds(2, 3);
    }
    state_restore();
    start_finds(3, 3);
}
END_TEST

START_TEST(a_byte_that_is_another_costs_its_mail_and_what_follows) {
    leave(take_three);
    state_save();
    for (int mail = 1; mail <= 3; mail++)
        for (size_t at = record_end(mail - 1), end = record_end(mail); at < end; at++) {
            redo.bytes[at] ^= 1U << at % 8;
            state_restore();
            start_finds(mail - 1, 3);
            redo.bytes[at] ^= 1U << at % 8;
        }
    state_restore();
    start_finds(3, 3);
}
END_TEST

static void commit_three_of_five(struct store *store) {
    take_mails(store, 1, 3);
    ck_assert(store_commit_gathered(store));
    take_mails(store, 4, 5);
}

static bool is_set_aside(void) {
    static struct content other;

    if (access(path_with(STORE_REDO_SUFFIX ".other"), F_OK) < 0)
        return false;
    content_read(&other, path_with(STORE_REDO_SUFFIX ".other"));
    return other.length == redo.length && memcmp(other.bytes, redo.bytes, other.length) == 0;
}

/* What they did may be what the next ones built on. */
START_TEST(mails_of_which_those_before_are_missing_are_not_done) {
    static const struct {
        void (*work)(struct store *);
        int missing, found; /* the record, from 1; and then the mails */
    } holes[] = {{take_three, 1, 0}, {take_three, 2, 1}, {commit_three_of_five, 1, 3}};
    size_t from, to;

    leave(holes[_i].work);
    state_save();
    from = record_end(holes[_i].missing - 1);
    to = record_end(holes[_i].missing);
    memmove(redo.bytes + from, redo.bytes + to, redo.length - to);
    redo.length -= to - from;
    state_restore();
    /* Nobody writes a file that begins behind what its database has. */
    start_logs(holes[_i].found, 5, holes[_i].missing == 1);
    ck_assert_int_eq(is_set_aside(), holes[_i].missing == 1);
}
END_TEST

START_TEST(a_mail_that_is_there_twice_is_done_once) {
    size_t from, to;

    leave(take_three);
    state_save();
    from = record_end(2);
    to = record_end(3);
    memcpy(redo.bytes + to, redo.bytes + from, to - from);
    redo.length += to - from;
    state_restore();
    start_finds(3, 3);
}
END_TEST

/* Files that nobody wrote as one. */
static const struct {
    const char *reason;
    size_t length;
    int byte;
} strange[] = {
    {"nothing", 0, 0},
    {"zeros, less than a head", HEAD_BYTES - 1, 0},
    {"a head of zeros", HEAD_BYTES, 0},
    {"many zeros", sizeof(redo.bytes), 0},
    {"ones", sizeof(redo.bytes), 0xff},
};

START_TEST(a_file_that_is_none_is_removed) {
    leave(take_three);
    state_save();
    memset(redo.bytes, strange[_i].byte, strange[_i].length);
    redo.length = strange[_i].length;
    state_restore();
    start_finds(0, 3);
    ck_assert_int_eq(informed, 0);
}
END_TEST

START_TEST(a_file_that_is_larger_than_the_largest_is_read_as_far_as_that) {
    leave(take_three);
    ck_assert_int_eq(truncate(path_with(STORE_REDO_SUFFIX), 5 * 1024 * 1024), 0);
    start_finds(3, 3);
}
END_TEST

/* As when a copy of the database was put in its place, or (1) it was moved away. */
START_TEST(a_file_of_another_database_is_set_aside) {
    leave(take_three);
    content_read(&redo, path_with(STORE_REDO_SUFFIX));
    snprintf(folder, sizeof(folder), "%s/other", scratch);
    snprintf(file, sizeof(file), "%s/patchmark.db", folder);
    if (_i == 0) {
        struct store *store = open_store(0);

        take_mails(store, 1, 1);
        store_close(store);
    } else {
        ck_assert_int_eq(mkdir(folder, 0700), 0);
    }
    content_write(&redo, path_with(STORE_REDO_SUFFIX));
    start_logs(_i == 0, 3, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "the file is now"));
    ck_assert(is_set_aside());
    ck_assert_int_eq(informed, 0);
    logged = 0;
    start_finds(_i == 0, 3);
}
END_TEST

/* Nothing is said of a file that has nothing, if the database was moved away. */
START_TEST(a_file_without_mails_is_removed_with_any_database) {
    leave(take_three);
    ck_assert_int_eq(unlink(file), 0);
    unlink(path_with("-wal"));
    unlink(path_with("-shm"));
    ck_assert_int_eq(truncate(path_with(STORE_REDO_SUFFIX), 0), 0);
    ck_assert_int_eq(truncate(path_with(STORE_REDO_SUFFIX), HEAD_BYTES), 0); /* as after a commit */
    start_finds(0, 3);
    ck_assert(!is_set_aside());
}
END_TEST

/* A socket, say: it cannot be known what is lost with it. */
START_TEST(a_file_that_cannot_be_opened_keeps_the_database_closed) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    leave(take_three);
    ck_assert_int_eq(unlink(path_with(STORE_REDO_SUFFIX)), 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path_with(STORE_REDO_SUFFIX));
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_ptr_null(store_open(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "cannot read"));
    ck_assert(has_redo());
    close(listener);
}
END_TEST

/* The mails come with the next start, and nobody is told to give them up. */
START_TEST(while_a_stranger_has_the_database_locked_they_wait) {
    sqlite3 *stranger;

    leave(take_three);
    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(stranger, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_ptr_null(store_open(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "wait for the next start"));
    ck_assert_ptr_null(strstr(logged_line, "move it away"));
    sqlite3_close(stranger);
    logged = 0;
    start_finds(3, 3);
}
END_TEST

START_TEST(a_symbolic_link_is_not_followed) {
    char aside[300];
    struct content before = {.length = 0};
    struct store *store;

    leave(take_three);
    snprintf(aside, sizeof(aside), "%s/aside", scratch);
    ck_assert_int_eq(rename(path_with(STORE_REDO_SUFFIX), aside), 0);
    ck_assert_int_eq(symlink(aside, path_with(STORE_REDO_SUFFIX)), 0);
    content_read(&before, aside);
    store = open_journal(STORE_JOURNAL_COMMIT);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "cannot read"));
    ck_assert_str_eq(event_ids(store), "");
    /* Nor is it written to. */
    store_gather(store);
    ck_assert_int_eq(logged, 2);
    take_mails(store, 4, 4);
    ck_assert_str_eq(event_ids(store), "e4 ");
    store_close(store);
    content_read(&redo, aside);
    ck_assert_uint_eq(redo.length, before.length);
    ck_assert_mem_eq(redo.bytes, before.bytes, redo.length);
    ck_assert_int_eq(logged, 2);
}
END_TEST

/* ---- what is in them ----------------------------------------------------------------------- */

/* How often TEXT is in the first LENGTH bytes of the file. */
static int count_in_file(const char *text, size_t length) {
    const unsigned char *at = redo.bytes, *end = redo.bytes + length;
    int count = 0;

    for (; (at = memmem(at, (size_t)(end - at), text, strlen(text))); at++)
        count++;
    return count;
}

START_TEST(sql_is_written_once_until_the_file_begins_anew) {
    struct store *store = open_held();

    take_mails(store, 1, 3);
    content_read(&redo, path_with(STORE_REDO_SUFFIX));
    ck_assert_int_eq(count_in_file("INSERT INTO event", redo.length), 1);
    ck_assert_int_eq(count_in_file("INSERT INTO message", redo.length), 1);
    ck_assert_int_eq(count_in_file("m3@example.org", redo.length), 1);
    /* It may have stood in what was rolled back. */
    give_up_mail(store, 9);
    take_mails(store, 4, 4);
    content_read(&redo, path_with(STORE_REDO_SUFFIX));
    ck_assert_int_eq(count_in_file("m9@example.org", redo.length), 0);
    ck_assert_int_eq(count_in_file("INSERT INTO event", redo.length), 2);
    ck_assert(store_commit_gathered(store));
    for (int i = 5; i <= 7; i++)
        take_mails(store, i, i);
    content_read(&redo, path_with(STORE_REDO_SUFFIX));
    ck_assert_int_eq(count_in_file("INSERT INTO event", record_end(1)), 1);
    ck_assert_int_eq(count_in_file("m5@example.org", record_end(1)), 1);
    ck_assert_int_eq(count_in_file("INSERT INTO event", record_end(3)), 1);
    close_held(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

static const char *const odd[] = {"it's \"so\"", "two\nlines\r\n\ttab", "\xc3\xa9\xff\xfe\x80\x01",
                                  "", "?1'; DROP TABLE event --"};
static const int64_t numbers[COUNT(odd)] = {0, INT64_MAX, INT64_MIN, -1, INT64_C(5000000000)};

static const char *odd_text(size_t i) {
    return odd[i % COUNT(odd)];
}

static struct index_message odd_message(size_t i) {
    return (struct index_message){.message_id = odd_text(i),
                                  .series = odd_text(i + 1),
                                  .sender = odd_text(i + 2),
                                  .kind = odd_text(i + 3),
                                  .list = odd_text(i + 4),
                                  .part = i == 1 ? INT64_MAX : (int64_t)i - 1,
                                  .received = numbers[i]};
}

static char all_bytes[256]; /* NUL among them */

static struct journal_event odd_event(size_t i) {
    for (size_t j = 0; j < sizeof(all_bytes); j++)
        all_bytes[j] = (char)(j + 1);
    return (struct journal_event){.id = odd_text(i),
                                  .type = odd_text(i + 1),
                                  .subject = odd_text(i + 2),
                                  .list = odd_text(i + 3),
                                  .series = odd_text(i + 4),
                                  .json = all_bytes,
                                  .json_length = sizeof(all_bytes) - i,
                                  .time = numbers[i]};
}

static void take_odd_mails(struct store *store) {
    for (size_t i = 0; i < COUNT(odd); i++) {
        struct index_message message = odd_message(i);
        struct journal_event event = odd_event(i);

        ck_assert_int_eq(store_begin(store), 0);
        ck_assert_int_eq(index_learn_message(store, &message), 1);
        ck_assert_int_eq(journal_append(store, &event), 1);
        ck_assert_int_eq(store_commit(store), 0);
    }
}

static void message_is(const struct index_message *found, const struct index_message *said) {
    ck_assert_str_eq(found->message_id, said->message_id);
    ck_assert_str_eq(found->series, said->series);
    ck_assert_str_eq(found->sender, said->sender);
    ck_assert_str_eq(found->kind, said->kind);
    ck_assert_str_eq(found->list, said->list);
    ck_assert_int_eq(found->part, said->part);
    ck_assert_int_eq(found->received, said->received);
}

static void event_is(const struct journal_event *found, const struct journal_event *said) {
    ck_assert_str_eq(found->id, said->id);
    ck_assert_str_eq(found->type, said->type);
    ck_assert_str_eq(found->subject, said->subject);
    ck_assert_str_eq(found->list, said->list);
    ck_assert_str_eq(found->series, said->series);
    ck_assert_uint_eq(found->json_length, said->json_length);
    ck_assert_mem_eq(found->json, said->json, said->json_length);
    ck_assert_int_eq(found->time, said->time);
}

START_TEST(texts_and_numbers_come_through) {
    struct journal_event events[COUNT(odd) + 1];
    struct journal_reader *reader;
    struct store *store;

    leave(take_odd_mails);
    store = open_journal(STORE_JOURNAL_COMMIT);
    reader = open_reader(store);
    ck_assert_int_eq(journal_read(reader, 0, events, COUNT(events)), COUNT(odd));
    ck_assert_int_eq(store_begin(store), 0);
    for (size_t i = 0; i < COUNT(odd); i++) {
        struct index_message said = odd_message(i), found;
        struct journal_event event = odd_event(i);

        ck_assert(index_find_message(store, said.message_id, &found));
        message_is(&found, &said);
        event_is(&events[i], &event);
    }
    ck_assert_int_eq(store_commit(store), 0);
    journal_reader_close(reader);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* A mail of a version in which STATEMENT_TELL was this. */
static void run_other(struct store *store, const char *sql) {
    struct statement *statement;

    ck_assert_int_eq(store_begin(store), 0);
    append(store, "e1");
    statement = store_statement(store, STATEMENT_TELL, sql);
    ck_assert_ptr_nonnull(statement);
    store_bind_text(statement, 1, "archive");
    store_bind_text(statement, 2, "position");
    ck_assert_int_eq(store_run(store, statement), 1);
    append(store, "e2");
    ck_assert_int_eq(store_commit(store), 0);
}

static void take_as_another_version(struct store *store) {
    run_other(store, "INSERT INTO progress(archive, position) VALUES(?1, ?2 || ' of old')");
}

START_TEST(what_another_version_left_is_done_as_that_did) {
    char position[STORE_POSITION_SIZE];
    struct store *store;

    leave(take_as_another_version);
    store = open_journal(STORE_JOURNAL_COMMIT);
    ck_assert_str_eq(event_ids(store), "e1 e2 ");
    ck_assert_int_eq(store_begin(store), 0);
    index_progress_read(store, "archive", position);
    ck_assert_str_eq(position, "position of old");
    ck_assert_int_eq(store_commit(store), 0);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

static void take_what_cannot_be_done_again(struct store *store) {
    ck_assert_int_eq(sqlite3_exec(store->database, "CREATE TEMP TABLE gone(a, b)", 0, 0, 0),
                     SQLITE_OK);
    run_other(store, "INSERT INTO gone(a, b) VALUES(?1, ?2)");
}

START_TEST(what_cannot_be_done_again_is_left_for_a_person) {
    leave(take_what_cannot_be_done_again);
    for (int i = 1; i <= 2; i++) {
        ck_assert_ptr_null(store_open(folder));
        ck_assert_int_eq(logged, i);
        ck_assert_ptr_nonnull(strstr(logged_line, "move it away"));
        ck_assert(has_redo());
    }
    /* Nothing of it is half done. */
    ck_assert_int_eq(unlink(path_with(STORE_REDO_SUFFIX)), 0);
    logged = 0;
    start_finds(0, 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store redo file");
    TCase *tests = tcase_create("store redo file");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_file_that_is_cut_off_has_the_mails_before);
    tcase_add_test(tests, a_byte_that_is_another_costs_its_mail_and_what_follows);
    tcase_add_loop_test(tests, mails_of_which_those_before_are_missing_are_not_done, 0, 3);
    tcase_add_test(tests, a_mail_that_is_there_twice_is_done_once);
    tcase_add_loop_test(tests, a_file_that_is_none_is_removed, 0, (int)COUNT(strange));
    tcase_add_test(tests, a_file_that_is_larger_than_the_largest_is_read_as_far_as_that);
    tcase_add_loop_test(tests, a_file_of_another_database_is_set_aside, 0, 2);
    tcase_add_test(tests, a_file_without_mails_is_removed_with_any_database);
    tcase_add_test(tests, a_file_that_cannot_be_opened_keeps_the_database_closed);
    tcase_add_test(tests, while_a_stranger_has_the_database_locked_they_wait);
    tcase_add_test(tests, a_symbolic_link_is_not_followed);
    tcase_add_test(tests, sql_is_written_once_until_the_file_begins_anew);
    tcase_add_test(tests, texts_and_numbers_come_through);
    tcase_add_test(tests, what_another_version_left_is_done_as_that_did);
    tcase_add_test(tests, what_cannot_be_done_again_is_left_for_a_person);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
