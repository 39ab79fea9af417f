/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_migration.c - databases of schema 1 to 6, as earlier versions made them: all that they
 * recorded is found again, and new mails and events follow it.
 */
#include "index-fixture.h"

/* ---- databases of earlier versions --------------------------------------------------------- */

static const char schema_1[] =
    "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL;"
    "CREATE TABLE message(message_id TEXT PRIMARY KEY NOT NULL, series TEXT NOT NULL,"
    " sender TEXT NOT NULL, kind TEXT NOT NULL, lists TEXT NOT NULL, part INTEGER,"
    " received INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE series(id TEXT PRIMARY KEY NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,"
    " title TEXT NOT NULL, version INTEGER, total INTEGER, rfc INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, changed INTEGER NOT NULL, state INTEGER NOT NULL,"
    " alias TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "CREATE INDEX series_open ON series(opened) WHERE state = 0;"
    "CREATE INDEX series_topic ON series(topic);"
    "CREATE INDEX series_alias ON series(alias) WHERE alias <> '';"
    "CREATE TABLE member(series TEXT NOT NULL, part INTEGER NOT NULL, message_id TEXT NOT NULL,"
    " title TEXT NOT NULL, author TEXT NOT NULL, PRIMARY KEY(series, part, message_id))"
    " WITHOUT ROWID;"
    "CREATE TABLE tag(series TEXT NOT NULL, message_id TEXT NOT NULL, tag TEXT NOT NULL,"
    " part INTEGER NOT NULL, PRIMARY KEY(series, message_id, tag)) WITHOUT ROWID;"
    "CREATE TABLE key(key TEXT NOT NULL, received INTEGER NOT NULL, series TEXT NOT NULL,"
    " PRIMARY KEY(key, received, series)) WITHOUT ROWID;"
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " type TEXT NOT NULL, subject TEXT NOT NULL, list TEXT NOT NULL, series TEXT NOT NULL,"
    " time INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE TABLE sink(name TEXT PRIMARY KEY NOT NULL, acknowledged INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE progress(archive TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "PRAGMA user_version = 1; PRAGMA application_id = 1349349995;";
static const char schema_2[] = "CREATE TABLE redo(pair INTEGER NOT NULL, applied INTEGER NOT NULL);"
                               "INSERT INTO redo(pair, applied) VALUES(random(), 0);"
                               "PRAGMA user_version = 2;";

/* Series s1-a: a cover and two patches, of which the second is another's work; an answer with two
 * tags for part 1, one with a tag for the whole, one without.  s1-b: version 2 of it, incomplete.
 * s1-c was joined with s1-b.  A mail of no series, and one of two lists. */
static const char content[] =
    "INSERT INTO message VALUES"
    "('a0@x', 's1-a', 'ann@x', 'cover', 'one.x', 0, 1700000000),"
    "('a1@x', 's1-a', 'ann@x', 'patch', 'one.x two.x', 1, 1700000001),"
    "('a2@x', 's1-a', 'ann@x', 'patch', 'one.x', 2, 1700000002),"
    "('r1@x', 's1-a', 'bob@x', 'reply', 'one.x', NULL, 1700000100),"
    "('r2@x', 's1-a', 'eve@x', 'reply', 'one.x', NULL, 1700000101),"
    "('r3@x', 's1-a', 'eve@x', 'reply', '', NULL, 1700000102),"
    "('b1@x', 's1-b', 'ann@x', 'patch', 'one.x', 1, 1700000200),"
    "('c2@x', 's1-c', 'ann@x', 'patch', 'one.x', 2, 1700000201),"
    "('o@x', '', 'ann@x', 'other', 'one.x', NULL, 1700000300);"
    "INSERT INTO member VALUES"
    "('s1-a', 0, 'a0@x', 'make it fast', 'ann@x'), ('s1-a', 1, 'a1@x', 'net: faster', 'ann@x'),"
    "('s1-a', 2, 'a2@x', 'net: fastest', 'carl@x'), ('s1-b', 1, 'b1@x', 'net: faster', 'ann@x'),"
    "('s1-c', 2, 'c2@x', 'net: fastest', 'ann@x');"
    "INSERT INTO tag VALUES"
    "('s1-a', 'r1@x', 'Acked-by: Bob <bob@x>', 1), ('s1-a', 'r1@x', 'Tested-by: Bob <bob@x>', 1),"
    "('s1-a', 'r2@x', 'Reviewed-by: Eve <eve@x>', -1);"
    "INSERT INTO series VALUES"
    "('s1-a', 't1-a', 'ann@x', 'make it fast', 1, 2, 0, 1700000000, 1700000002, 1, ''),"
    "('s1-b', 't1-a', 'ann@x', 'net: faster', 2, 3, 1, 1700000200, 1700000201, 0, ''),"
    "('s1-c', 't1-a', 'ann@x', 'net: fastest', NULL, NULL, 0, 1700000201, 1700000201, 2, 's1-b');"
    "INSERT INTO key VALUES"
    "('author ann@x', 1700000000, 's1-a'), ('author ann@x', 1700000200, 's1-b'),"
    "('title ann@x make it fast', 1700000000, 's1-a'), ('title ann@x net', 1700000200, 's1-b'),"
    "('whole ann@x title of it', 1700000000, 's1-a'),"
    "('base ann@x 0123456789', 1700000001, 's1-a'),"
    "('patch fedcba', 1700000001, 's1-a'), ('patch fedcba', 1700000200, 's1-b'),"
    "('wait later@x', 1700000000, 's1-a'), ('change I1234', 1700000000, 's1-a');"
    "INSERT INTO sink VALUES('redis', 2), ('file', 4);"
    "INSERT INTO progress VALUES('/a.git', '0123abcd');";
#define DATA_4 "{\"n\":\"\xc3\xa4 \\u0001\\\"\",\"data\":[{},1.50,null]}"
static const char events[] =
    "INSERT INTO event VALUES"
    "(3, 'e3', 'patchmark.message.seen.v1', 'a0@x', 'one.x', 's1-a', 1700000000,"
    " '{\"source\":\"//h.x/patchmark\",\"data\":{\"n\":3}}'),"
    "(4, 'e4', 'patchmark.series.opened.v1', 'a0@x', 'one.x', 's1-a', 1700000001,"
    " '{\"source\":\"//h.x/patchmark\",\"subject\":\"a0@x\",\"data\":" DATA_4 "}'),"
    "(5, 'e5', 'patchmark.message.seen.v1', 'a1@x', 'one.x', 's1-a', 1700000002,"
    " '{\"source\":\"//h.x/patchmark\",\"data\":{}}');";

static void make_old(int schema, const char *more) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    run_sql(file, schema_1);
    if (schema == 2)
        run_sql(file, schema_2);
    run_sql(file, content);
    run_sql(file, more);
}

static void open_migrated(void) {
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_int_eq(logged, 0);
}

/* ---- migrated data ------------------------------------------------------------------------- */

static void check_message(const char *id, const char *series, const char *sender, const char *kind,
                          const char *lists, int part, int64_t received) {
    struct index_message found;

    ck_assert_msg(index_find_message(store, id, &found), "%s", id);
    ck_assert_str_eq(found.series, series);
    ck_assert_str_eq(found.sender, sender);
    ck_assert_str_eq(found.kind, kind);
    ck_assert_str_eq(found.lists, lists);
    ck_assert_int_eq(found.part, part);
    ck_assert_int_eq(found.received, received);
}

START_TEST(messages_are_found) {
    make_old(_i, events);
    open_migrated();
    begin();
    check_message("a0@x", "s1-a", "ann@x", "cover", "one.x", 0, 1700000000);
    check_message("a1@x", "s1-a", "ann@x", "patch", "one.x two.x", 1, 1700000001);
    check_message("r1@x", "s1-a", "bob@x", "reply", "one.x", -1, 1700000100);
    check_message("r3@x", "s1-a", "eve@x", "reply", "", -1, 1700000102);
    check_message("c2@x", "s1-c", "ann@x", "patch", "one.x", 2, 1700000201);
    check_message("o@x", "", "ann@x", "other", "one.x", -1, 1700000300);
    ck_assert_int_eq(rows_in("message"), 9);
    commit();
    store_close(store);
}
END_TEST

static void author_line(void *argument, const struct index_member *member) {
    line_add(argument, "%" PRId64 ":%s:%s:%s ", member->part, member->message_id, member->title,
             member->author);
}

START_TEST(series_have_their_parts_and_tags) {
    struct index_series found;
    struct line line = {.length = 0};

    make_old(_i, events);
    open_migrated();
    begin();
    ck_assert_int_eq(index_walk_members(store, "s1-a", author_line, &line), 0);
    ck_assert_str_eq(line.text, "0:a0@x:make it fast:ann@x 1:a1@x:net: faster:ann@x"
                                " 2:a2@x:net: fastest:carl@x ");
    ck_assert_str_eq(members_of("s1-b"), "1:b1@x 2:c2@x ");
    ck_assert_str_eq(tags_of("s1-a"), "-1:Reviewed-by: Eve <eve@x>:r2@x"
                                      " 1:Acked-by: Bob <bob@x>:r1@x"
                                      " 1:Tested-by: Bob <bob@x>:r1@x ");
    ck_assert_str_eq(tags_of("s1-b"), "");
    ck_assert(index_find_series(store, "s1-c", &found));
    ck_assert_str_eq(found.id, "s1-b");
    ck_assert_str_eq(found.topic, "t1-a");
    ck_assert_str_eq(found.author, "ann@x");
    ck_assert_str_eq(found.title, "net: faster");
    ck_assert_int_eq(found.version, 2);
    ck_assert_int_eq(found.total, 3);
    ck_assert_int_eq(found.opened, 1700000200);
    ck_assert_int_eq(found.changed, 1700000201);
    ck_assert(found.rfc);
    ck_assert(index_has_part(store, "s1-b", 2, "other@x"));
    ck_assert(!index_has_part(store, "s1-b", 3, "other@x"));
    ck_assert(!index_has_part(store, "s1-a", 2, "a2@x"));
    commit();
    store_close(store);
}
END_TEST

START_TEST(series_are_found_under_their_keys) {
    make_old(_i, events);
    open_migrated();
    begin();
    ck_assert_str_eq(filed_under("by ann@x", 8), "s1-b s1-a ");
    ck_assert_str_eq(filed_under("by ann@x rfc", 8), "s1-b ");
    ck_assert_str_eq(filed_under("by ann@x title make it fast", 8), "s1-a ");
    ck_assert_str_eq(filed_under("by ann@x title net", 8), "s1-b ");
    ck_assert_str_eq(filed_under("patch fedcba", 8), "s1-b s1-a ");
    ck_assert_str_eq(filed_under("wait later@x", 8), "s1-a ");
    ck_assert_str_eq(filed_under("change I1234", 8), "s1-a ");
    ck_assert_str_eq(filed_under("author ann@x", 8), "");
    /* Notes: whole titles and base blobs. */
    ck_assert_uint_eq(index_shared(store, "s1-a", (const char *[]){"title title of it"}, 1), 1);
    ck_assert_uint_eq(index_shared(store, "s1-a", (const char *[]){"0123456789", "77"}, 2), 1);
    ck_assert_uint_eq(index_shared(store, "s1-b", (const char *[]){"0123456789"}, 1), 0);
    commit();
    store_close(store);
}
END_TEST

START_TEST(events_cursors_and_positions_are_there) {
    struct outbox_event found[8];
    struct outbox_reader *reader;
    char position[STORE_POSITION_SIZE];

    make_old(_i, events);
    open_migrated();
    reader = open_reader(store);
    ck_assert_int_eq(outbox_read(reader, 0, found, 8), 3);
    ck_assert_int_eq(found[0].sequence, 3);
    ck_assert_int_eq(found[1].sequence, 4);
    ck_assert_str_eq(found[1].id, "e4");
    ck_assert_str_eq(found[1].type, "patchmark.series.opened.v1");
    ck_assert_str_eq(found[1].subject, "a0@x");
    ck_assert_str_eq(found[1].list, "one.x");
    ck_assert_str_eq(found[1].series, "s1-a");
    ck_assert_int_eq(found[1].time, 1700000001);
    ck_assert_str_eq(found[1].source, "//h.x/patchmark");
    ck_assert_str_eq(found[1].data, DATA_4);
    ck_assert_uint_eq(found[1].data_length, strlen(DATA_4));
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 2);
    ck_assert_int_eq(outbox_cursor(reader, "file"), 4);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 3);
    ck_assert_int_eq(outbox_depth(reader, "file"), 1);
    ck_assert_int_eq(outbox_newest(reader), 5);
    /* Counts bytes, not characters. */
    ck_assert_int_eq(outbox_size(reader), 7 + (int)strlen(DATA_4) + 2);
    begin();
    index_position_read(store, "/a.git", position);
    ck_assert_str_eq(position, "0123abcd");
    commit();
    /* The migrated database accepts new mails. */
    pass_mails(store, 6, 7);
    ck_assert_int_eq(outbox_read(reader, 5, found, 8), 2);
    ck_assert_int_eq(found[0].sequence, 6);
    ck_assert_int_eq(found[1].sequence, 7);
    ck_assert_int_eq(outbox_size(reader), 7 + (int)strlen(DATA_4) + 2 + 2 * 2);
    ck_assert_int_eq(outbox_trim(store, (const char *[]){"redis", "file"}, 2, 1), 0);
    ck_assert_int_eq(outbox_acknowledge(store, "redis", 7), 0);
    ck_assert_int_eq(outbox_trim(store, (const char *[]){"redis", "file"}, 2, 1), 2);
    ck_assert_int_eq(outbox_size(reader), 2 + 2 * 2);
    outbox_reader_close(reader);
    store_close(store);
}
END_TEST

/* The versions before forgot events that all had taken, down to none; SQLite's own table knew which
 * sequences were used.  A sink that stands at 5 must not take the first five events for old. */
START_TEST(an_empty_outbox_loses_no_later_event) {
    struct outbox_event found[8];
    struct outbox_reader *reader;

    make_old(_i, events);
    run_sql(file, "DELETE FROM event; UPDATE sink SET acknowledged = 5");
    open_migrated();
    reader = open_reader(store);
    pass_mails(store, 6, 7);
    ck_assert_int_eq(outbox_depth(reader, "redis"), 2);
    ck_assert_int_eq(outbox_read(reader, outbox_cursor(reader, "redis"), found, 8), 2);
    ck_assert_str_eq(found[0].id, "e6");
    ck_assert_str_eq(found[1].id, "e7");
    outbox_reader_close(reader);
    store_close(store);
}
END_TEST

/* New mails are matched with the migrated ones. */
START_TEST(new_mails_are_recorded) {
    make_old(_i, events);
    open_migrated();
    begin();
    ck_assert_int_eq(index_record_message(store, &(struct index_message){.message_id = "a1@x",
                                                                         .series = "s1-z",
                                                                         .sender = "z@x",
                                                                         .kind = "patch",
                                                                         .published = true,
                                                                         .lists = "three.x",
                                                                         .part = 1}),
                     0);
    check_message("a1@x", "s1-a", "ann@x", "patch", "one.x two.x", 1, 1700000001);
    /* The missing part completes the series, also the one that was joined. */
    ck_assert_int_eq(index_record_message(store,
                                          &(struct index_message){.message_id = "b3@x",
                                                                  .series = "s1-b",
                                                                  .sender = "ann@x",
                                                                  .kind = "patch",
                                                                  .published = true,
                                                                  .lists = "one.x",
                                                                  .part = 3,
                                                                  .received = 1700000400,
                                                                  .title = "net: even faster",
                                                                  .author = "ann@x"}),
                     1);
    ck_assert_int_eq(index_record_member(store,
                                         &(struct index_series){.id = "s1-b",
                                                                .topic = "t1-a",
                                                                .author = "ann@x",
                                                                .title = "net: even faster",
                                                                .version = 2,
                                                                .total = 3,
                                                                .rfc = true,
                                                                .changed = 1700000400},
                                         &(struct index_member){.message_id = "b3@x",
                                                                .title = "net: even faster",
                                                                .author = "ann@x",
                                                                .part = 3},
                                         true),
                     INDEX_COMPLETED);
    commit();
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(old_mails_expire) {
    make_old(_i, events);
    open_migrated();
    while (index_expire(store, 1700000150) == 1)
        ;
    begin();
    ck_assert(!has_mail("a0@x") && !has_mail("r3@x") && has_mail("b1@x"));
    ck_assert_str_eq(found_as("s1-a"), "");
    ck_assert_str_eq(found_as("s1-b"), "s1-b");
    ck_assert_str_eq(filed_under("by ann@x", 8), "s1-b ");
    commit();
    while (index_expire(store, 1800000000) == 1)
        ;
    ck_assert_int_eq(all_rows(), 0);
    store_close(store);
}
END_TEST

START_TEST(the_migration_happens_once_and_the_file_is_intact) {
    make_old(_i, events);
    open_migrated();
    pass_mails(store, 6, 6);
    store_close(store);
    check_integrity(file);
    open_migrated();
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 e6 ");
    ck_assert_str_eq((begin(), members_of("s1-b")), "1:b1@x 2:c2@x ");
    commit();
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* The migration is complete or changes nothing. */
START_TEST(a_migration_that_fails_leaves_the_old_database) {
    sqlite3 *database;

    make_old(_i, events);
    run_sql(file, "CREATE TABLE old_message(text)"); /* in its way */
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_int_eq(logged, 2);
    ck_assert_int_eq(pass_mail(store, 6), -1);
    run_sql(file, "DROP TABLE old_message");
    ck_assert_int_eq(sqlite3_open(file, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "SELECT author FROM member", 0, 0, 0), SQLITE_OK);
    sqlite3_close(database);
    WAIT_UNTIL(pass_mail(store, 6) == 0);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 e6 ");
    store_close(store);
}
END_TEST

START_TEST(readers_do_not_migrate) {
    make_old(_i, events);
    ck_assert_ptr_null(store_open_readonly(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "start the daemon once"));
    run_sql(file, "SELECT author FROM member");
}
END_TEST

/* ---- schema 3 ------------------------------------------------------------------------------ */

static const char schema_3[] =
    "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL;"
    "CREATE TABLE message(time INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE,"
    " series TEXT NOT NULL, sender TEXT NOT NULL, kind TEXT NOT NULL, lists TEXT NOT NULL,"
    " part INTEGER, slot INTEGER, title TEXT, author TEXT, tags TEXT,"
    " target INTEGER, keys TEXT, notes TEXT);"
    "CREATE INDEX message_slot ON message(series, slot) WHERE slot IS NOT NULL;"
    "CREATE INDEX message_tags ON message(series) WHERE tags IS NOT NULL;"
    "CREATE TABLE series(id TEXT PRIMARY KEY NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,"
    " title TEXT NOT NULL, version INTEGER, total INTEGER, rfc INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, changed INTEGER NOT NULL, state INTEGER NOT NULL,"
    " alias TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "CREATE INDEX series_open ON series(opened) WHERE state = 0;"
    "CREATE INDEX series_alias ON series(alias) WHERE alias <> '';"
    "CREATE TABLE key(key TEXT NOT NULL, received INTEGER NOT NULL, series TEXT NOT NULL,"
    " PRIMARY KEY(key, received, series)) WITHOUT ROWID;"
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL,"
    " subject TEXT NOT NULL, list TEXT NOT NULL, series TEXT NOT NULL, time INTEGER NOT NULL,"
    " through INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE TABLE sink(name TEXT PRIMARY KEY NOT NULL, acknowledged INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE progress(archive TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "INSERT INTO message VALUES(1700000001 << 20, 'a1@x', 's1-a', 'ann@x', 'patch', 'one.x', 1, 1,"
    " 'net: faster', NULL, NULL, NULL, 'by ann@x', NULL);"
    "INSERT INTO series VALUES"
    "('s1-a', 't1-a', 'ann@x', 'net: faster', 1, 2, 0, 1700000001, 1700000001, 0, '');"
    "INSERT INTO key VALUES('by ann@x', 1700000001, 's1-a');"
    "INSERT INTO sink VALUES('redis', 3), ('file', 5);"
    "INSERT INTO progress VALUES('/a.git', '0123abcd');"
    "PRAGMA user_version = 3; PRAGMA application_id = 1349349995;";

/* Two events without data, one of which is not JSON; one of the two is the newest event. */
static const char events_3[] =
    "INSERT INTO event VALUES"
    "(3, 'e3', 'patchmark.message.seen.v1', 'a0@x', 'one.x', 's1-a', 1700000000, 5000,"
    " '{\"source\":\"//h.x/patchmark\",\"data\":{\"n\":3}}'),"
    "(4, 'e4', 'patchmark.series.opened.v1', 'a0@x', 'one.x', 's1-a', 1700000001, 5100,"
    " '{\"source\":\"//h.x/patchmark\",\"subject\":\"a0@x\",\"data\":" DATA_4 "}'),"
    "(5, 'e5', 't', '', '', '', 1700000002, 5200, '{\"source\":\"//h.x/patchmark\"}'),"
    "(6, 'e6', 't', '', '', '', 1700000003, 5300, 'no JSON'),"
    "(7, 'e7', 'patchmark.message.seen.v1', 'a1@x', 'one.x', 's1-a', 1700000004, 5400,"
    " '{\"source\":\"//h.x/patchmark\",\"data\":{}}'),"
    "(8, 'e8', 't', '', '', '', 1700000005, 5500, x'00');";

static void make_schema_3(void) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    run_sql(file, schema_3);
    run_sql(file, events_3);
}

START_TEST(events_of_schema_3_lose_their_envelope) {
    struct outbox_event found[8];
    struct outbox_reader *reader;

    make_schema_3();
    open_migrated();
    reader = open_reader(store);
    ck_assert_int_eq(outbox_read(reader, 0, found, 8), 3);
    ck_assert_int_eq(found[0].sequence, 3);
    ck_assert_str_eq(found[0].data, "{\"n\":3}");
    ck_assert_int_eq(found[1].sequence, 4);
    ck_assert_str_eq(found[1].id, "e4");
    ck_assert_str_eq(found[1].type, "patchmark.series.opened.v1");
    ck_assert_str_eq(found[1].subject, "a0@x");
    ck_assert_str_eq(found[1].list, "one.x");
    ck_assert_str_eq(found[1].series, "s1-a");
    ck_assert_int_eq(found[1].time, 1700000001);
    ck_assert_str_eq(found[1].source, "//h.x/patchmark");
    ck_assert_str_eq(found[1].data, DATA_4);
    ck_assert_int_eq(found[2].sequence, 7);
    ck_assert_int_eq(outbox_size(reader), 7 + (int)strlen(DATA_4) + 2);
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 3);
    ck_assert_int_eq(outbox_cursor(reader, "file"), 5);
    ck_assert_int_eq(outbox_newest(reader), 8);
    pass_mails(store, 9, 9);
    ck_assert_int_eq(outbox_read(reader, 7, found, 8), 1);
    ck_assert_int_eq(found[0].sequence, 9);
    ck_assert_int_eq(outbox_size(reader), 7 + (int)strlen(DATA_4) + 2 + 2);
    outbox_reader_close(reader);
    store_close(store);
    check_integrity(file);
    open_migrated();
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 e6 e7 e8 e9 ");
    store_close(store);
}
END_TEST

START_TEST(the_rest_of_schema_3_stays) {
    char position[STORE_POSITION_SIZE];

    make_schema_3();
    open_migrated();
    begin();
    check_message("a1@x", "s1-a", "ann@x", "patch", "one.x", 1, 1700000001);
    ck_assert_str_eq(members_of("s1-a"), "1:a1@x ");
    ck_assert_str_eq(filed_under("by ann@x", 8), "s1-a ");
    index_position_read(store, "/a.git", position);
    ck_assert_str_eq(position, "0123abcd");
    commit();
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(schema_3_stays_where_its_migration_fails) {
    sqlite3 *database;

    make_schema_3();
    run_sql(file, "CREATE TABLE old_event(text)"); /* in its way */
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_int_eq(logged, 2);
    ck_assert_int_eq(sqlite3_open(file, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "SELECT json FROM event", 0, 0, 0), SQLITE_OK);
    sqlite3_close(database);
    run_sql(file, "DROP TABLE old_event");
    WAIT_UNTIL(pass_mail(store, 9) == 0);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 e6 e7 e8 e9 ");
    store_close(store);
}
END_TEST

/* ---- schema 4 ------------------------------------------------------------------------------ */

/* The hashes are the first 64 bits of the SHA-256 of a0@x, a1@x, b1@x, r1@x, "by ann@x" and "wait
 * b2@x", by sha256sum. */
static const char schema_4[] =
    "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL;"
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL,"
    " subject TEXT NOT NULL, list TEXT NOT NULL, series TEXT NOT NULL, time INTEGER NOT NULL,"
    " source TEXT NOT NULL, through INTEGER NOT NULL, data TEXT NOT NULL);"
    "CREATE TABLE message(time INTEGER PRIMARY KEY, hash INTEGER NOT NULL UNIQUE,"
    " message_id TEXT NOT NULL, series TEXT NOT NULL, sender TEXT NOT NULL,"
    " kind TEXT NOT NULL, lists TEXT NOT NULL, part INTEGER, slot INTEGER, title TEXT,"
    " author TEXT, tags TEXT, target INTEGER, keys TEXT, notes TEXT);"
    "CREATE INDEX message_slot ON message(series, slot) WHERE slot IS NOT NULL;"
    "CREATE INDEX message_tags ON message(series) WHERE tags IS NOT NULL;"
    "CREATE TABLE key(hash INTEGER NOT NULL, received INTEGER NOT NULL, series TEXT NOT NULL,"
    " PRIMARY KEY(hash, received, series)) WITHOUT ROWID;"
    "CREATE TABLE series(id TEXT PRIMARY KEY NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,"
    " title TEXT NOT NULL, version INTEGER, total INTEGER, rfc INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, changed INTEGER NOT NULL, state INTEGER NOT NULL,"
    " alias TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "CREATE INDEX series_open ON series(opened) WHERE state = 0;"
    "CREATE INDEX series_alias ON series(alias) WHERE alias <> '';"
    "CREATE TABLE sink(name TEXT PRIMARY KEY NOT NULL, acknowledged INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE progress(archive TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "INSERT INTO message VALUES"
    "(1700000000 << 20, 2180080039102760694, 'a0@x', 's1-a', 'ann@x', 'cover', 'one.x', 0, NULL, "
    "NULL,"
    " NULL, NULL, NULL, NULL, NULL),"
    "(1700000001 << 20, -3825360312550084959, 'a1@x', 's1-a', 'ann@x', 'patch', 'one.x two.x', 1, "
    "1,"
    " 'net: faster', 'carl@x', NULL, NULL, 'by ann@x', 'title faster'),"
    "((1700000001 << 20) + 1, -3475058016623225721, 'r1@x', 's1-a', 'bob@x', 'reply', 'one.x', "
    "NULL, NULL,"
    " NULL, NULL, 'Acked-by: Bob <bob@x>', 1, NULL, NULL),"
    "(1700000002 << 20, 6187411505180050889, 'b1@x', 's1-b', 'ann@x', 'patch', 'three.x', 1, 1,"
    " 'net: more', NULL, NULL, NULL, 'wait b2@x', NULL);"
    "INSERT INTO series VALUES"
    "('s1-a', 't1-a', 'ann@x', 'net: faster', 1, 2, 0, 1700000001, 1700000001, 0, ''),"
    "('s1-b', 't1-a', 'ann@x', 'net: more', 2, 1, 1, 1700000002, 1700000002, 1, ''),"
    "('s1-c', 't1-a', 'ann@x', 'net: most', 2, 1, 1, 1700000002, 1700000002, 2, 's1-b');"
    "INSERT INTO key VALUES(-7811439358719909743, 1700000001, 's1-a'), (5402121068772556750, "
    "1700000002, 's1-b');"
    "INSERT INTO event VALUES"
    "(3, 'e3', 'patchmark.message.seen.v1', 'a0@x', 'one.x', 's1-a', 1700000000,"
    " '//h.x/patchmark', 7, '{\"n\":3}'),"
    "(4, 'e4', 't', 'a1@x', 'one.x', 's1-a', 1700000001, '//h.x/patchmark', 9, '{}');"
    "INSERT INTO sink VALUES('redis', 3), ('file', 4);"
    "INSERT INTO progress VALUES('/a.git', '0123abcd');"
    "PRAGMA user_version = 4; PRAGMA application_id = 1349349995;";

static void open_schema_4(void) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    run_sql(file, schema_4);
    open_migrated();
}

/* Every mail of that version had made its events, on the lists that it was seen on. */
START_TEST(mails_of_schema_4_are_published) {
    struct index_message found;

    open_schema_4();
    begin();
    check_message("a0@x", "s1-a", "ann@x", "cover", "one.x", 0, 1700000000);
    check_message("a1@x", "s1-a", "ann@x", "patch", "one.x two.x", 1, 1700000001);
    check_message("r1@x", "s1-a", "bob@x", "reply", "one.x", -1, 1700000001);
    check_message("b1@x", "s1-b", "ann@x", "patch", "three.x", 1, 1700000002);
    ck_assert(index_find_message(store, "a1@x", &found));
    ck_assert_str_eq(found.message_id, "a1@x");
    ck_assert_str_eq(found.posted, "one.x two.x");
    ck_assert(found.published && !found.claim);
    ck_assert_str_eq(found.via, "");
    ck_assert_str_eq(found.supersedes, "");
    ck_assert_str_eq(found.how, "");
    ck_assert_str_eq(found.same_as, "");
    ck_assert_int_eq(found.content_bytes, 0);
    ck_assert(!has_mail("unknown@x"));
    commit();
    store_close(store);
}
END_TEST

START_TEST(series_of_schema_4_have_the_lists_of_their_mails) {
    struct index_series found;
    struct line line = {.length = 0};

    open_schema_4();
    begin();
    ck_assert(index_find_series(store, "s1-a", &found));
    ck_assert_str_eq(found.lists, "one.x two.x");
    ck_assert_str_eq(found.via, "");
    ck_assert_str_eq(found.title, "net: faster");
    ck_assert_int_eq(found.total, 2);
    ck_assert_int_eq(found.opened, 1700000001);
    ck_assert(!found.rfc);
    ck_assert(index_find_series(store, "s1-c", &found));
    ck_assert_str_eq(found.id, "s1-b");
    ck_assert_str_eq(found.lists, "three.x");
    ck_assert_int_eq(index_walk_members(store, "s1-a", author_line, &line), 0);
    ck_assert_str_eq(line.text, "1:a1@x:net: faster:carl@x ");
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by: Bob <bob@x>:r1@x ");
    ck_assert_str_eq(filed_under("by ann@x", 8), "s1-a ");
    ck_assert_str_eq(filed_under("wait b2@x", 8), "s1-b ");
    ck_assert_uint_eq(index_shared(store, "s1-a", (const char *[]){"title faster", "x"}, 2), 1);
    commit();
    store_close(store);
}
END_TEST

START_TEST(the_rest_of_schema_4_stays) {
    char position[STORE_POSITION_SIZE];
    struct outbox_event found[4];
    struct outbox_reader *reader;

    open_schema_4();
    reader = open_reader(store);
    ck_assert_int_eq(outbox_read(reader, 0, found, 4), 2);
    ck_assert_str_eq(found[0].id, "e3");
    ck_assert_str_eq(found[0].data, "{\"n\":3}");
    ck_assert_int_eq(outbox_size(reader), 9);
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 3);
    ck_assert_int_eq(outbox_cursor(reader, "file"), 4);
    outbox_reader_close(reader);
    begin();
    index_position_read(store, "/a.git", position);
    ck_assert_str_eq(position, "0123abcd");
    commit();
    store_close(store);
    check_integrity(file);
    open_migrated();
    pass_mails(store, 5, 5);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 ");
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* The second part completes the series, whose first one was published by the earlier version. */
START_TEST(a_series_of_schema_4_is_completed) {
    const struct index_message part = {.message_id = "a2@x",
                                       .series = "s1-a",
                                       .sender = "ann@x",
                                       .kind = "patch",
                                       .lists = "one.x",
                                       .posted = "",
                                       .published = true,
                                       .part = 2,
                                       .received = 1700000400,
                                       .title = "net: fastest"};
    struct index_message found;

    open_schema_4();
    begin();
    ck_assert_int_eq(index_record_message(store, &part), 1);
    ck_assert_int_eq(index_record_member(store,
                                         &(struct index_series){.id = "s1-a",
                                                                .topic = "t1-a",
                                                                .author = "ann@x",
                                                                .title = "net: fastest",
                                                                .version = 1,
                                                                .total = 2,
                                                                .changed = 1700000400},
                                         &(struct index_member){.message_id = "a2@x",
                                                                .title = "net: fastest",
                                                                .author = "ann@x",
                                                                .part = 2},
                                         true),
                     INDEX_COMPLETED);
    ck_assert_int_eq(index_record_other_id(store, "a1@x", "further@x"), 0);
    ck_assert(index_find_message(store, "further@x", &found));
    ck_assert_str_eq(found.message_id, "a1@x");
    commit();
    store_close(store);
}
END_TEST

START_TEST(mails_of_schema_4_expire) {
    open_schema_4();
    while (index_expire(store, 1800000000) == 1)
        ;
    ck_assert_int_eq(all_rows(), 0);
    store_close(store);
}
END_TEST

START_TEST(schema_4_stays_where_its_migration_fails) {
    sqlite3 *database;

    ck_assert_int_eq(mkdir(folder, 0700), 0);
    run_sql(file, schema_4);
    run_sql(file, "CREATE TABLE other_id(text)"); /* in its way */
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_int_eq(logged, 2);
    ck_assert_int_eq(sqlite3_open(file, &database), SQLITE_OK);
    ck_assert_int_ne(sqlite3_exec(database, "SELECT posted FROM message", 0, 0, 0), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "SELECT title FROM message", 0, 0, 0), SQLITE_OK);
    sqlite3_close(database);
    run_sql(file, "DROP TABLE other_id");
    WAIT_UNTIL(pass_mail(store, 5) == 0);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 ");
    store_close(store);
}
END_TEST

/* ---- schema 5 ------------------------------------------------------------------------------ */

/* Series s1-a: two parts without cover, of which the second came first; s1-b supersedes it as a
 * whole, s1-c part 2 of s1-b; s1-a on a closed list, superseded by s1-d there.  An answer with a
 * tag and one without. */
static const char schema_5[] =
    "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL;"
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL,"
    " subject TEXT NOT NULL, list TEXT NOT NULL, series TEXT NOT NULL, time INTEGER NOT NULL,"
    " source TEXT NOT NULL, through INTEGER NOT NULL, data TEXT NOT NULL);"
    "CREATE TABLE message(time INTEGER PRIMARY KEY, hash INTEGER NOT NULL UNIQUE,"
    " message_id TEXT NOT NULL, series TEXT NOT NULL, sender TEXT NOT NULL,"
    " kind TEXT NOT NULL, lists TEXT NOT NULL, part INTEGER, slot INTEGER, title TEXT,"
    " author TEXT, tags TEXT, target INTEGER, keys TEXT, notes TEXT, posted TEXT NOT NULL,"
    " published INTEGER NOT NULL, via TEXT, topic TEXT, patch_id TEXT, supersedes TEXT,"
    " how TEXT, scope TEXT, same_as TEXT, content INTEGER, content_bytes INTEGER,"
    " claim INTEGER NOT NULL, contested INTEGER NOT NULL);"
    "CREATE INDEX message_slot ON message(series, slot, published) WHERE slot IS NOT NULL;"
    "CREATE INDEX message_tags ON message(series) WHERE tags IS NOT NULL;"
    "CREATE TABLE other_id(time INTEGER NOT NULL, hash INTEGER NOT NULL,"
    " PRIMARY KEY(time, hash)) WITHOUT ROWID;"
    "CREATE INDEX other_id_hash ON other_id(hash);"
    "CREATE TABLE key(hash INTEGER NOT NULL, received INTEGER NOT NULL, series TEXT NOT NULL,"
    " PRIMARY KEY(hash, received, series)) WITHOUT ROWID;"
    "CREATE TABLE series(id TEXT PRIMARY KEY NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,"
    " title TEXT NOT NULL, version INTEGER, total INTEGER, rfc INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, changed INTEGER NOT NULL, state INTEGER NOT NULL,"
    " alias TEXT NOT NULL DEFAULT '', via TEXT NOT NULL DEFAULT '',"
    " lists TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "CREATE INDEX series_open ON series(opened) WHERE state = 0;"
    "CREATE INDEX series_alias ON series(alias) WHERE alias <> '';"
    "CREATE TABLE sink(name TEXT PRIMARY KEY NOT NULL, acknowledged INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE progress(archive TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "INSERT INTO event VALUES"
    "(3, 'e3', 'patchmark.message.seen.v1', 'a1@x', 'one.x', 's1-a', 1700000000, '//h.x/patchmark',"
    " 7, '{\"n\":3}'),"
    "(4, 'e4', 'patchmark.message.seen.v1', 'r1@x', 'one.x', 's1-a', 1700000001, '//h.x/patchmark',"
    " 9, '{}');"
    "INSERT INTO message(time, hash, message_id, series, sender, kind, lists, part, slot, title,"
    " author, tags, target, posted, published, supersedes, how, scope, claim, contested) VALUES"
    "(1700000001 << 20, 1, 'a2@x', 's1-a', 'ann@x', 'patch', 'one.x', 2, 2, 'second', 'carl@x',"
    " NULL, NULL, 'one.x', 1, NULL, NULL, NULL, 0, 0),"
    "(1700000002 << 20, 2, 'a1@x', 's1-a', 'ann@x', 'patch', 'one.x', 1, 1, 'first', NULL,"
    " NULL, NULL, 'one.x', 1, NULL, NULL, NULL, 0, 0),"
    "(1700000003 << 20, 3, 'r1@x', 's1-a', 'bob@x', 'reply', 'one.x', NULL, NULL, NULL, NULL,"
    " 'Acked-by: Bob <bob@x>', 1, 'one.x', 1, NULL, NULL, NULL, 0, 0),"
    "(1700000004 << 20, 4, 'r2@x', 's1-a', 'bob@x', 'reply', 'one.x', NULL, NULL, NULL, NULL,"
    " NULL, NULL, 'one.x', 1, NULL, NULL, NULL, 0, 0),"
    "(1700000005 << 20, 5, 'b2@x', 's1-b', 'ann@x', 'patch', 'one.x', 2, 2, 'second', NULL,"
    " NULL, NULL, 'one.x', 1, 's1-a', 'title', 'all', 0, 0),"
    "(1700000006 << 20, 6, 'c2@x', 's1-c', 'ann@x', 'patch', 'one.x', 2, 2, 'second', NULL,"
    " NULL, NULL, 'one.x', 1, 's1-b', 'thread', 'part', 0, 0),"
    "(1700000007 << 20, 7, 's1@x', 's1-a' || char(10) || 'secret.x', 'ann@x', 'patch', 'secret.x',"
    " 1, 1, 'secret', NULL, NULL, NULL, '', 0, NULL, NULL, NULL, 0, 0),"
    "(1700000008 << 20, 8, 's2@x', 's1-d' || char(10) || 'secret.x', 'ann@x', 'patch', 'secret.x',"
    " 1, 1, 'secret', NULL, NULL, NULL, '', 0, 's1-a', 'title', 'all', 0, 0);"
    "INSERT INTO series VALUES"
    "('s1-a', 't1-a', 'ann@x', 'second', 1, 2, 1, 1700000001, 1700000002, 1, '', '', 'one.x'),"
    "('s1-b', 't1-a', 'ann@x', 'second', 2, 2, 0, 1700000005, 1700000005, 2, '', '', 'one.x'),"
    "('s1-c', 't1-a', 'ann@x', 'second', 3, 2, 0, 1700000006, 1700000006, 2, '', '', 'one.x'),"
    "('s1-a' || char(10) || 'secret.x', 't1-a', 'ann@x', 'secret', 1, 1, 0, 1700000007,"
    " 1700000007, 3, '', '', 'secret.x'),"
    "('s1-d' || char(10) || 'secret.x', 't1-a', 'ann@x', 'secret', 2, 1, 0, 1700000008,"
    " 1700000008, 3, '', '', 'secret.x');"
    "INSERT INTO sink VALUES('redis', 3);"
    "PRAGMA user_version = 5; PRAGMA application_id = 1349349995;";

static void open_schema_5(void) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    run_sql(file, schema_5);
    open_migrated();
}

START_TEST(series_of_schema_5_are_described_by_their_lowest_part) {
    static const char *const secret[] = {"secret.x"};
    struct index_series found;

    open_schema_5();
    begin();
    ck_assert(index_find_series(store, "s1-a", &found));
    ck_assert_str_eq(found.title, "first");
    ck_assert_int_eq(found.title_part, 1);
    ck_assert_str_eq(found.patch_author, "ann@x");
    ck_assert_str_eq(found.flags, "rfc");
    ck_assert_str_eq(found.base_commit, "");
    ck_assert_str_eq(found.superseded_by, "s1-b");
    ck_assert_int_eq(found.state, INDEX_STATE_SUPERSEDED);
    ck_assert(index_find_series(store, "s1-b", &found));
    ck_assert_int_eq(found.title_part, 2);
    ck_assert_str_eq(found.supersedes, "s1-a");
    ck_assert_str_eq(found.how, "title");
    ck_assert_str_eq(found.replaces, "all");
    ck_assert_str_eq(found.superseded_by, "");
    ck_assert_int_eq(found.state, INDEX_STATE_INCOMPLETE);
    ck_assert_str_eq(members_of("s1-a"), "1:a1@x 2:a2@x ");
    ck_assert_str_eq(members_of("s1-b"), "2:c2@x ");
    index_set_scopes(store, secret, 1);
    ck_assert(index_find_series(store, "s1-a", &found));
    ck_assert_str_eq(found.title, "secret");
    ck_assert_str_eq(found.superseded_by, "s1-d");
    commit();
    store_close(store);
}
END_TEST

static void answer_line(void *argument, const struct index_answer *answer) {
    line_add(argument, "%s:%s:%s:%" PRId64 " ", answer->message_id, answer->sender, answer->tags,
             answer->target);
    ck_assert_str_eq(answer->robot, "");
    ck_assert_ptr_null(answer->applied);
}

START_TEST(answers_and_events_of_schema_5_stay) {
    struct outbox_event found[4];
    struct outbox_reader *reader;
    struct line line = {.length = 0};

    open_schema_5();
    reader = open_reader(store);
    ck_assert_int_eq(outbox_read(reader, 0, found, 4), 2);
    ck_assert_str_eq(found[0].data, "{\"n\":3}");
    ck_assert_str_eq(found[0].learned, "");
    ck_assert_str_eq(found[0].state, "");
    ck_assert_int_eq(outbox_size(reader), 9);
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 3);
    outbox_reader_close(reader);
    begin();
    ck_assert_int_eq(index_walk_answers(store, "s1-a", answer_line, &line), 0);
    ck_assert_str_eq(line.text, "r1@x:bob@x:Acked-by: Bob <bob@x>:1 r2@x:bob@x::-1 ");
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by: Bob <bob@x>:r1@x ");
    commit();
    pass_mails(store, 5, 5);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 ");
    store_close(store);
    check_integrity(file);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(schema_5_stays_where_its_migration_fails) {
    sqlite3 *database;

    ck_assert_int_eq(mkdir(folder, 0700), 0);
    run_sql(file, schema_5);
    run_sql(file, "CREATE TABLE series_supersedes(text)"); /* in its way */
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_int_eq(logged, 2);
    ck_assert_int_eq(sqlite3_open(file, &database), SQLITE_OK);
    ck_assert_int_ne(sqlite3_exec(database, "SELECT learned FROM event", 0, 0, 0), SQLITE_OK);
    sqlite3_close(database);
    run_sql(file, "DROP TABLE series_supersedes");
    WAIT_UNTIL(pass_mail(store, 5) == 0);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 ");
    store_close(store);
}
END_TEST

/* ---- schema 6 ------------------------------------------------------------------------------ */

/* Schema 6 had the tables of now, without two indexes. */
static const char schema_6[] = "DROP INDEX series_recent; DROP INDEX series_topic;"
                               "PRAGMA user_version = 6";

static bool recent_line(void *argument, const struct index_recent *series) {
    line_add(argument, "%s:%s:%" PRId64 " ", series->id, series->title, series->opened);
    return true;
}

static void version_line(void *argument, const struct index_series *series) {
    line_add(argument, "%s ", series->id);
}

START_TEST(series_of_schema_5_and_6_are_walked_from_the_newest) {
    struct line recent = {.length = 0}, versions = {.length = 0};

    open_schema_5();
    if (_i == 6) {
        store_close(store);
        run_sql(file, schema_6);
        open_migrated();
    }
    begin();
    ck_assert_int_eq(index_walk_recent(store, INT64_MAX, "", recent_line, &recent), 0);
    ck_assert_str_eq(recent.text, "s1-c:second:1700000006 s1-b:second:1700000005"
                                  " s1-a:first:1700000001 ");
    ck_assert_int_eq(index_walk_topic(store, "t1-a", version_line, &versions), 0);
    ck_assert_str_eq(versions.text, "s1-a s1-b s1-c ");
    commit();
    store_close(store);
    check_integrity(file);
}
END_TEST

/* A migrated database has the tables and indexes of a new one. */
START_TEST(all_schemas_end_alike) {
    static const char columns[] =
        "CREATE TABLE found AS SELECT m.name AS t, c.name, c.type, c.\"notnull\", c.pk"
        " FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table'"
        " UNION ALL SELECT name, tbl_name, '', 0, 0 FROM sqlite_schema WHERE type = 'index';"
        "CREATE TABLE result(same INTEGER NOT NULL CHECK(same));"
        "ATTACH '%s' AS fresh;"
        "INSERT INTO result SELECT NOT EXISTS(SELECT * FROM found EXCEPT SELECT * FROM fresh.found)"
        " AND NOT EXISTS(SELECT * FROM fresh.found EXCEPT SELECT * FROM found)";
    char fresh[512], sql[2048];

    snprintf(fresh, sizeof(fresh), "%s-fresh", file);
    store = open_store(0);
    store_close(store);
    ck_assert_int_eq(rename(file, fresh), 0);
    snprintf(sql, sizeof(sql), "%.*s", (int)(strstr(columns, "CREATE TABLE result") - columns),
             columns);
    run_sql(fresh, sql);
    if (_i == 6) {
        store_close(open_store(0));
        run_sql(file, schema_6);
    } else {
        run_sql(file, _i == 5 ? schema_5 : schema_4);
    }
    open_migrated();
    store_close(store);
    snprintf(sql, sizeof(sql), columns, fresh);
    run_sql(file, sql);
}
END_TEST

/* ---- mails that were answered and not committed -------------------------------------------- */

START_TEST(mails_of_the_version_before_that_would_be_lost_stop_the_start) {
    make_old(2, events);
    write_file(path_with("-redo"), "something", 9);
    ck_assert_ptr_null(store_open_daemon(folder, STORE_DURABILITY_NORMAL));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "patchmark.db-redo has mails"));
    ck_assert_ptr_nonnull(strstr(logged_line, "start and stop that version once"));
    ck_assert_ptr_null(store_open(folder));
    ck_assert_int_eq(logged, 2);
    /* The database is as that version left it. */
    run_sql(file, "SELECT author FROM member; SELECT pair FROM redo");
    ck_assert_int_eq(unlink(path_with("-redo")), 0);
    store = store_open(folder);
    ck_assert_ptr_nonnull(store);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 ");
    store_close(store);
    ck_assert_int_eq(logged, 2);
}
END_TEST

START_TEST(a_file_of_the_version_before_that_cannot_be_read_stops_the_start) {
    make_old(2, events);
    ck_assert_int_eq(symlink("patchmark.db-redo", path_with("-redo")), 0);
    ck_assert_ptr_null(store_open_daemon(folder, STORE_DURABILITY_NORMAL));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "older patchmark: Too many levels of symbolic "));
    ck_assert_int_eq(unlink(path_with("-redo")), 0);
}
END_TEST

START_TEST(an_empty_file_of_the_version_before_is_removed) {
    make_old(2, events);
    write_file(path_with("-redo"), "", 0);
    open_migrated();
    ck_assert_int_eq(size_of("-redo"), -1);
    ck_assert_str_eq(event_ids(store), "e3 e4 e5 ");
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

SUITE(store_migration_suite) {
    Suite *suite = suite_create("store migration");
    TCase *tests = tcase_create("store migration");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, messages_are_found, 1, 3);
    tcase_add_loop_test(tests, series_have_their_parts_and_tags, 1, 3);
    tcase_add_loop_test(tests, series_are_found_under_their_keys, 1, 3);
    tcase_add_loop_test(tests, events_cursors_and_positions_are_there, 1, 3);
    tcase_add_loop_test(tests, an_empty_outbox_loses_no_later_event, 1, 3);
    tcase_add_loop_test(tests, new_mails_are_recorded, 1, 3);
    tcase_add_loop_test(tests, old_mails_expire, 1, 3);
    tcase_add_loop_test(tests, the_migration_happens_once_and_the_file_is_intact, 1, 3);
    tcase_add_loop_test(tests, a_migration_that_fails_leaves_the_old_database, 1, 3);
    tcase_add_loop_test(tests, readers_do_not_migrate, 1, 3);
    tcase_add_test(tests, events_of_schema_3_lose_their_envelope);
    tcase_add_test(tests, the_rest_of_schema_3_stays);
    tcase_add_test(tests, schema_3_stays_where_its_migration_fails);
    tcase_add_test(tests, mails_of_schema_4_are_published);
    tcase_add_test(tests, series_of_schema_4_have_the_lists_of_their_mails);
    tcase_add_test(tests, the_rest_of_schema_4_stays);
    tcase_add_test(tests, a_series_of_schema_4_is_completed);
    tcase_add_test(tests, mails_of_schema_4_expire);
    tcase_add_test(tests, schema_4_stays_where_its_migration_fails);
    tcase_add_test(tests, series_of_schema_5_are_described_by_their_lowest_part);
    tcase_add_test(tests, answers_and_events_of_schema_5_stay);
    tcase_add_test(tests, schema_5_stays_where_its_migration_fails);
    tcase_add_loop_test(tests, all_schemas_end_alike, 4, 7);
    tcase_add_loop_test(tests, series_of_schema_5_and_6_are_walked_from_the_newest, 5, 7);
    tcase_add_test(tests, mails_of_the_version_before_that_would_be_lost_stop_the_start);
    tcase_add_test(tests, a_file_of_the_version_before_that_cannot_be_read_stops_the_start);
    tcase_add_test(tests, an_empty_file_of_the_version_before_is_removed);
    suite_add_tcase(suite, tests);
    return suite;
}
