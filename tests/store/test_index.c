/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index.c - what the index records of mails, series, keys and tags, and what it
 * then finds.
 *
 * Tests of what the store must keep run once on disk and once in memory.
 */
#include "index-fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- mails -------------------------------------------------------------------------------- */

START_TEST(two_results_are_valid_at_once) {
    struct index_message first, second;

    open_index(_i);
    ck_assert_int_eq(record_mail("1@example.org", "s1-a", NOW), 1);
    ck_assert_int_eq(record_mail("2@example.org", "s1-b", NOW), 1);
    ck_assert(index_find_message(store, "1@example.org", &first));
    for (int i = 0; i < 1000; i++)
        ck_assert(index_find_message(store, "2@example.org", &second));
    ck_assert_str_eq(first.message_id, "1@example.org");
    ck_assert_str_eq(first.series, "s1-a");
    ck_assert_str_eq(second.message_id, "2@example.org");
    ck_assert_str_eq(second.series, "s1-b");
    close_index();
}
END_TEST

START_TEST(a_cover_is_adopted_once) {
    struct index_message found;

    open_index(_i);
    record_mail("cover@example.org", "", NOW);
    record_mail("answer@example.org", "s1-other", NOW);
    open_series("s1-a");
    ck_assert_int_eq(index_assign_cover(store, "cover@example.org", "s1-a"), 0);
    ck_assert(index_find_message(store, "cover@example.org", &found));
    ck_assert_str_eq(found.series, "s1-a");
    ck_assert_int_eq(found.part, 0);
    ck_assert_str_eq(found.kind, "reply");
    ck_assert_int_eq(found.received, NOW);
    /* A mail that has a series keeps it. */
    ck_assert_int_eq(index_assign_cover(store, "cover@example.org", "s1-b"), 0);
    ck_assert_int_eq(index_assign_cover(store, "answer@example.org", "s1-b"), 0);
    ck_assert(index_find_message(store, "cover@example.org", &found));
    ck_assert_str_eq(found.series, "s1-a");
    ck_assert(index_find_message(store, "answer@example.org", &found));
    ck_assert_str_eq(found.series, "s1-other");
    ck_assert_int_eq(found.part, -1);
    /* A mail that was not recorded cannot become the cover. */
    ck_assert_int_eq(index_assign_cover(store, "nobody@example.org", "s1-a"), 0);
    ck_assert(!has_mail("nobody@example.org"));
    close_index();
}
END_TEST

/* ---- series ------------------------------------------------------------------------------- */

static const struct index_series by_part = {.id = "s1-a",
                                            .topic = "t1-a",
                                            .author = "a@example.org",
                                            .title = "first part seen",
                                            .version = 2,
                                            .total = 3,
                                            .changed = 5000000000};

static int record_by(const struct index_series *series, int64_t part, const char *message_id) {
    return record_part_of(series, part, message_id, NULL);
}

START_TEST(a_series_is_opened_by_any_of_its_mails) {
    static const int64_t parts[] = {0, 1, 3, 7};
    struct index_series found;

    open_index(_i % 2);
    ck_assert(!index_find_series(store, "s1-a", &found));
    ck_assert_int_eq(record_by(&by_part, parts[_i / 2], "1@example.org"), INDEX_OPENED);
    commit();
    begin();
    ck_assert(index_find_series(store, "s1-a", &found));
    ck_assert_str_eq(found.id, "s1-a");
    ck_assert_str_eq(found.topic, "t1-a");
    ck_assert_str_eq(found.author, "a@example.org");
    ck_assert_str_eq(found.title, "first part seen");
    ck_assert_int_eq(found.version, 2);
    ck_assert_int_eq(found.total, 3);
    ck_assert_int_eq(found.opened, 5000000000);
    ck_assert_int_eq(found.changed, 5000000000);
    ck_assert(!found.rfc);
    ck_assert(!index_find_series(store, "s1-A", &found));
    ck_assert(!index_find_series(store, "", &found));
    close_index();
}
END_TEST

/* A series that one part opened, one further mail of it, and what is then recorded of the series.
 */
static const struct {
    const char *reason;
    int64_t part;
    struct index_series first, further, then;
} changes[] = {
    {"a part fills in what was not said",
     2,
     {.version = -1, .total = -1, .title = "one", .changed = 10},
     {.version = 4, .total = 5, .title = "two", .changed = 20, .rfc = true},
     {.version = 4, .total = 5, .title = "one", .opened = 10, .changed = 20}},
    {"a part changes nothing that was said",
     2,
     {.version = 2, .total = 3, .title = "one", .changed = 10},
     {.version = 4, .total = 5, .title = "two", .changed = 20},
     {.version = 2, .total = 3, .title = "one", .opened = 10, .changed = 20}},
    {"a part that says nothing takes nothing away",
     2,
     {.version = 2, .total = 3, .title = "one", .changed = 10, .rfc = true},
     {.version = -1, .total = -1, .title = "two", .changed = 20},
     {.version = 2, .total = 3, .title = "one", .opened = 10, .changed = 20, .rfc = true}},
    {"a cover speaks for all",
     0,
     {.version = 2, .total = 3, .title = "one", .changed = 10},
     {.version = 4, .total = 5, .title = "all of it", .changed = 20, .rfc = true},
     {.version = 4, .total = 5, .title = "all of it", .opened = 10, .changed = 20, .rfc = true}},
    {"also when it is no RFC",
     0,
     {.version = 2, .total = 3, .title = "one", .changed = 10, .rfc = true},
     {.version = 2, .total = 3, .title = "all of it", .changed = 20},
     {.version = 2, .total = 3, .title = "all of it", .opened = 10, .changed = 20}},
    {"a cover without numbers leaves those of the parts",
     0,
     {.version = 2, .total = 3, .title = "one", .changed = 10},
     {.version = -1, .total = -1, .title = "all of it", .changed = 20},
     {.version = 2, .total = 3, .title = "all of it", .opened = 10, .changed = 20}},
    {"mails out of order do not turn time back",
     2,
     {.version = 2, .total = 3, .title = "one", .changed = 10},
     {.version = 2, .total = 3, .title = "two", .changed = 5},
     {.version = 2, .total = 3, .title = "one", .opened = 10, .changed = 10}},
};

START_TEST(a_further_mail_updates_the_series) {
    const char *reason = changes[_i].reason;
    struct index_series first = changes[_i].first, further = changes[_i].further, found;
    const struct index_series *then = &changes[_i].then;

    open_index(1);
    first.id = further.id = "s1-a";
    first.author = "a@example.org";
    further.author = "b@example.org";
    first.topic = "t1-a";
    further.topic = "t1-b";
    ck_assert_int_eq(record_by(&first, 1, "1@example.org"), INDEX_OPENED);
    ck_assert_int_eq(record_by(&further, changes[_i].part, "2@example.org"), 0);
    ck_assert(index_find_series(store, "s1-a", &found));
    ck_assert_msg(found.version == then->version && found.total == then->total, "%s", reason);
    ck_assert_msg(found.opened == then->opened && found.changed == then->changed, "%s", reason);
    ck_assert_msg(strcmp(found.title, then->title) == 0 && found.rfc == then->rfc, "%s", reason);
    /* The topic is that of the last mail, the author that of the first. */
    ck_assert_str_eq(found.topic, "t1-b");
    ck_assert_str_eq(found.author, "a@example.org");
    close_index();
}
END_TEST

#define OPENED   INDEX_OPENED
#define COMPLETE INDEX_COMPLETED
#define AMENDED  INDEX_AMENDED

/* The mails of one series in the order of their arrival, and what recording each changes. */
static const struct {
    const char *reason;
    struct {
        int64_t part, total;
        int changes;
    } mails[6];
    int count;
} stories[] = {
    {"in order", {{0, 2, OPENED}, {1, 2, 0}, {2, 2, COMPLETE}}, 3},
    {"a cover is not needed", {{1, 2, OPENED}, {2, 2, COMPLETE}, {0, 2, AMENDED}}, 3},
    {"out of order", {{2, 3, OPENED}, {0, 3, 0}, {3, 3, 0}, {1, 3, COMPLETE}}, 4},
    {"a series of one", {{1, 1, OPENED | COMPLETE}, {0, 1, AMENDED}, {0, 1, 0}}, 3},
    {"one part twice is one", {{1, 2, OPENED}, {1, 2, 0}, {2, 2, COMPLETE}, {2, 2, 0}}, 4},
    {"added parts are beside the count",
     {{1, 2, OPENED}, {3, 2, 0}, {4, 2, 0}, {2, 2, COMPLETE}},
     4},
    {"an added part amends a complete series, once",
     {{1, 2, OPENED}, {2, 2, COMPLETE}, {3, 2, AMENDED}, {3, 2, 0}, {2, 2, 0}},
     5},
    {"nobody says how many", {{0, -1, OPENED}, {1, -1, 0}, {2, -1, 0}}, 3},
    {"one says it late", {{1, -1, OPENED}, {2, -1, 0}, {3, 3, COMPLETE}}, 3},
    {"the cover says that it was fewer",
     {{1, 3, OPENED}, {2, 3, 0}, {0, 2, COMPLETE}, {3, 3, AMENDED}},
     4},
    {"never twice, even when it grows",
     {{1, 1, OPENED | COMPLETE}, {0, 2, AMENDED}, {2, 2, 0}, {1, 2, 0}},
     4},
};

START_TEST(a_series_is_completed_once) {
    open_index(_i % 2);
    for (int i = 0; i < stories[_i / 2].count; i++) {
        int64_t part = stories[_i / 2].mails[i].part, total = stories[_i / 2].mails[i].total;
        char message_id[32];

        snprintf(message_id, sizeof(message_id), "%d@example.org", i);
        ck_assert_msg(record_at("s1-a", part, total, message_id, NOW) ==
                          stories[_i / 2].mails[i].changes,
                      "%s: mail %d", stories[_i / 2].reason, i);
        commit();
        begin();
    }
    close_index();
}
END_TEST

START_TEST(a_duplicate_is_no_further_part) {
    open_index(_i);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(record_at("s1-a", 1, 2, "1@example.org", NOW), i == 0 ? INDEX_OPENED : 0);
    ck_assert_str_eq(members_of("s1-a"), "1:1@example.org ");
    ck_assert_int_eq(record_at("s1-a", 2, 2, "2@example.org", NOW), INDEX_COMPLETED);
    close_index();
}
END_TEST

START_TEST(a_part_is_taken_by_another_mail) {
    open_index(_i);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    record_at("s1-a", 2, 3, "2@example.org", NOW);
    record_at("s1-a", 2, 3, "again@example.org", NOW);
    ck_assert(index_has_part(store, "s1-a", 1, "x@example.org"));
    ck_assert(!index_has_part(store, "s1-a", 1, "1@example.org"));
    ck_assert(index_has_part(store, "s1-a", 2, "2@example.org"));
    ck_assert(!index_has_part(store, "s1-a", 3, "x@example.org"));
    ck_assert(!index_has_part(store, "s1-a", 0, "x@example.org"));
    ck_assert(!index_has_part(store, "s1-b", 1, "x@example.org"));
    close_index();
}
END_TEST

/* A plugin, or a script, may ask for any text. */
START_TEST(a_note_is_shared_if_it_is_a_whole_line) {
    static const struct {
        const char *note;
        size_t shared;
    } notes[] = {{"title a", 1}, {"title ab", 1}, {"title", 0}, {"tle a", 0},
                 {"le ab\n", 0}, {"", 0},         {" ", 0},     {"title abc", 0}};

    open_index(_i);
    ck_assert_int_eq(index_record_message(store, &(struct index_message){.message_id = "2@x",
                                                                         .series = "s1-a",
                                                                         .sender = "a@example.org",
                                                                         .kind = "patch",
                                                                         .lists = "",
                                                                         .posted = "",
                                                                         .title = "a title",
                                                                         .notes = "title ab\n"
                                                                                  "title a",
                                                                         .part = 2,
                                                                         .received = NOW}),
                     1);
    for (size_t i = 0; i < COUNT(notes); i++)
        ck_assert_msg(index_shared(store, "s1-a", &notes[i].note, 1) == notes[i].shared, "\"%s\"",
                      notes[i].note);
    close_index();
}
END_TEST

/* ---- keys --------------------------------------------------------------------------------- */

START_TEST(a_key_finds_its_series_newest_first) {
    open_index(_i);
    open_series("s1-a");
    open_series("s1-b");
    open_series("s1-c");
    ck_assert_int_eq(index_record_key(store, "author a", "s1-b", 200), 0);
    ck_assert_int_eq(index_record_key(store, "author a", "s1-a", 100), 0);
    ck_assert_int_eq(index_record_key(store, "author a", "s1-c", 300), 0);
    ck_assert_int_eq(index_record_key(store, "author b", "s1-a", 400), 0);
    /* Recording a key twice is not a fault. */
    ck_assert_int_eq(index_record_key(store, "author a", "s1-c", 300), 0);
    commit();
    begin();
    ck_assert_str_eq(filed_under("author a", 32), "s1-c s1-b s1-a ");
    ck_assert_str_eq(filed_under("author a", 2), "s1-c s1-b ");
    ck_assert_str_eq(filed_under("author a", 0), "");
    ck_assert_str_eq(filed_under("author b", 32), "s1-a ");
    ck_assert_str_eq(filed_under("author", 32), "");
    ck_assert_str_eq(filed_under("Author a", 32), "");
    close_index();
}
END_TEST

START_TEST(a_key_finds_each_series_once) {
    open_index(_i);
    open_series("s1-a");
    open_series("s1-b");
    index_record_key(store, "k", "s1-a", 100);
    /* Parts that wait for one cover have the same key; they do not hide another series. */
    for (int64_t second = 200; second < 210; second++)
        index_record_key(store, "k", "s1-b", second);
    ck_assert_str_eq(filed_under("k", 32), "s1-b s1-a ");
    ck_assert_str_eq(filed_under("k", 2), "s1-b s1-a ");
    ck_assert_str_eq(filed_under("k", 1), "s1-b ");
    close_index();
}
END_TEST

START_TEST(a_key_of_an_unknown_series_finds_nothing) {
    open_index(_i);
    index_record_key(store, "k", "s1-gone", 300);
    open_series("s1-a");
    index_record_key(store, "k", "s1-a", 100);
    ck_assert_str_eq(filed_under("k", 1), "s1-a ");
    index_record_key(store, "lonely", "s1-gone", 300);
    ck_assert_str_eq(filed_under("lonely", 32), "");
    close_index();
}
END_TEST

START_TEST(a_key_finds_all_fields_of_a_series) {
    struct index_series found;

    open_index(_i);
    ck_assert_int_eq(record_by(&by_part, 1, "1@example.org"), INDEX_OPENED);
    index_record_key(store, "k", "s1-a", NOW);
    ck_assert_uint_eq(index_find_key(store, "k", &found, 1), 1);
    ck_assert_str_eq(found.topic, "t1-a");
    ck_assert_str_eq(found.author, "a@example.org");
    ck_assert_str_eq(found.title, "first part seen");
    ck_assert_int_eq(found.version, 2);
    ck_assert_int_eq(found.total, 3);
    ck_assert_int_eq(found.changed, 5000000000);
    close_index();
}
END_TEST

/* ---- tags --------------------------------------------------------------------------------- */

START_TEST(tags_of_a_mail_are_recorded_once) {
    open_index(_i);
    open_series("s1-a");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(record_tags("s1-a", 2, "Acked-by", "1@example.org"), i == 0);
        ck_assert_int_eq(record_tags("s1-a", 2, "Acked-by", "2@example.org"), i == 0);
        ck_assert_int_eq(record_tags("s1-a", -1, "Tested-by\nAcked-by", "3@example.org"), i == 0);
        /* A duplicate adds no tags. */
        ck_assert_int_eq(record_tags("s1-a", 1, "Nacked-by", "1@example.org"), 0);
        commit();
        begin();
    }
    ck_assert_str_eq(tags_of("s1-a"), "-1:Tested-by:3@example.org -1:Acked-by:3@example.org "
                                      "2:Acked-by:1@example.org 2:Acked-by:2@example.org ");
    close_index();
}
END_TEST

START_TEST(a_tag_may_come_before_its_series) {
    open_index(_i);
    ck_assert_int_eq(record_tags("s1-a", 1, "Acked-by", "9@example.org"), 1);
    open_series("s1-a");
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by:9@example.org ");
    close_index();
}
END_TEST

/* ---- text ---------------------------------------------------------------------------------- */

START_TEST(text_is_stored_unchanged) {
    static const char *const odd[] = {"it's", "\"a\"; DROP TABLE series", "a\tb",
                                      "%_*",  "\xc3\xa9t\xc3\xa9",        "\xff\xfe"};
    struct index_message found;
    struct index_series series;

    open_index(1);
    ck_assert_int_eq(record_mail(odd[_i], odd[_i], NOW), 1);
    ck_assert(index_find_message(store, odd[_i], &found));
    ck_assert_str_eq(found.message_id, odd[_i]);
    ck_assert_str_eq(found.series, odd[_i]);
    record_at(odd[_i], 1, 2, "part@example.org", NOW);
    ck_assert_str_eq(found_as(odd[_i]), odd[_i]);
    record_tags(odd[_i], 1, odd[_i], "answer@example.org");
    ck_assert_ptr_nonnull(strstr(tags_of(odd[_i]), odd[_i]));
    index_record_key(store, odd[_i], odd[_i], NOW);
    ck_assert_uint_eq(index_find_key(store, odd[_i], &series, 1), 1);
    ck_assert_str_eq(series.id, odd[_i]);
    close_index();
}
END_TEST

/* A partial index whose WHERE compares a column that statements compare with a parameter makes
 * SQLite prepare these anew for each value, which doubles the work of the store for a mail. */
START_TEST(no_statement_is_prepared_twice) {
    sqlite3_stmt *statement = NULL;

    open_index(_i);
    for (int i = 0; i < 20; i++) {
        char id[16], message_id[32];
        struct index_series found;

        snprintf(id, sizeof(id), "s1-%d", i);
        for (int part = 1; part <= 2; part++) {
            snprintf(message_id, sizeof(message_id), "%d.%d@x", i, part);
            ck_assert_int_ge(record_at(id, part, 2, message_id, NOW + i), 0);
        }
        ck_assert(index_find_series(store, id, &found));
        ck_assert_int_eq(index_count_parts(store, id), 2);
        members_of(id);
        tags_of(id);
    }
    while ((statement = sqlite3_next_stmt(store->writer.database, statement)))
        ck_assert_msg(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 0) == 0, "%s",
                      sqlite3_sql(statement));
    close_index();
}
END_TEST

SUITE(index_suite) {
    Suite *suite = suite_create("index");
    TCase *tests = tcase_create("index");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, two_results_are_valid_at_once, 0, 2);
    tcase_add_loop_test(tests, no_statement_is_prepared_twice, 0, 2);
    tcase_add_loop_test(tests, a_cover_is_adopted_once, 0, 2);
    tcase_add_loop_test(tests, a_series_is_opened_by_any_of_its_mails, 0, 8);
    tcase_add_loop_test(tests, a_further_mail_updates_the_series, 0, COUNT(changes));
    tcase_add_loop_test(tests, a_series_is_completed_once, 0, 2 * COUNT(stories));
    tcase_add_loop_test(tests, a_duplicate_is_no_further_part, 0, 2);
    tcase_add_loop_test(tests, a_part_is_taken_by_another_mail, 0, 2);
    tcase_add_loop_test(tests, a_note_is_shared_if_it_is_a_whole_line, 0, 2);
    tcase_add_loop_test(tests, a_key_finds_its_series_newest_first, 0, 2);
    tcase_add_loop_test(tests, a_key_finds_each_series_once, 0, 2);
    tcase_add_loop_test(tests, a_key_of_an_unknown_series_finds_nothing, 0, 2);
    tcase_add_loop_test(tests, a_key_finds_all_fields_of_a_series, 0, 2);
    tcase_add_loop_test(tests, tags_of_a_mail_are_recorded_once, 0, 2);
    tcase_add_loop_test(tests, a_tag_may_come_before_its_series, 0, 2);
    tcase_add_loop_test(tests, text_is_stored_unchanged, 0, 6);
    suite_add_tcase(suite, tests);
    return suite;
}
