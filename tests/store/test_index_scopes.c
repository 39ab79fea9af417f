/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_scopes.c - what mail of closed lists, and of no list, shows to other mail: nothing;
 * and what a mail of such a list sees: rows of its own lists and of open lists.
 */
#include "index-fixture.h"

#define SECRET       "secret.example.org"
#define BOARD        "board.example.org"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The scopes of a mail; none for open lists. */
static const char *const open_lists[] = {NULL}, *const secret[] = {SECRET, NULL},
                         *const board[] = {BOARD, NULL}, *const both[] = {SECRET, BOARD, NULL},
                         *const no_list[] = {INDEX_PRIVATE, NULL};

static void use(const char *const *scopes) {
    size_t count = 0;

    while (scopes[count])
        count++;
    index_set_scopes(store, scopes, count);
}

/* Who sees what a mail with the scopes FROM recorded. */
static const struct {
    const char *const *from, *const *seen_by;
    bool seen;
    const char *reason;
} views[] = {
    {open_lists, open_lists, true, "open mail by open mail"},
    {open_lists, secret, true, "open mail by mail of a closed list"},
    {open_lists, no_list, true, "open mail by mail of no list"},
    {secret, open_lists, false, "mail of a closed list by open mail"},
    {secret, secret, true, "by mail of the same list"},
    {secret, board, false, "by mail of another closed list"},
    {secret, both, true, "by mail of both"},
    {secret, no_list, false, "by mail of no list"},
    {both, secret, true, "mail of two closed lists by that of one"},
    {both, board, true, "and by that of the other"},
    {both, open_lists, false, "and by open mail"},
    {no_list, open_lists, false, "mail of no list by open mail"},
    {no_list, secret, false, "by mail of a closed list"},
    {no_list, no_list, true, "by mail of no list"},
};

START_TEST(rows_are_seen_as_their_scope_says) {
    const bool seen = views[_i].seen;
    const char *const notes[] = {"title a title"};
    struct index_message message;
    struct index_series series;

    open_index(1);
    use(views[_i].from);
    ck_assert_int_ge(record_at("s1-a", 1, 2, "1@example.org", NOW), 0);
    index_record_key(store, "by a@example.org", "s1-a", NOW);
    ck_assert_int_eq(index_record_message(store, &(struct index_message){.message_id = "2@x",
                                                                         .series = "s1-a",
                                                                         .sender = "",
                                                                         .kind = "patch",
                                                                         .lists = "",
                                                                         .posted = "",
                                                                         .title = "a title",
                                                                         .notes = notes[0],
                                                                         .part = 2,
                                                                         .received = NOW}),
                     1);
    index_record_other_id(store, "2@x", "further@x");
    commit();
    begin();
    use(views[_i].seen_by);
    ck_assert_msg(index_find_message(store, "1@example.org", &message) == seen, "%s: message",
                  views[_i].reason);
    ck_assert_msg(index_find_message(store, "further@x", &message) == seen, "%s: further id",
                  views[_i].reason);
    if (seen) {
        ck_assert_str_eq(message.message_id, "2@x");
        ck_assert_str_eq(message.series, "s1-a");
    }
    ck_assert_msg(index_find_series(store, "s1-a", &series) == seen, "%s: series",
                  views[_i].reason);
    ck_assert_msg(index_has_part(store, "s1-a", 1, "x@x") == seen, "%s: part", views[_i].reason);
    ck_assert_msg(index_find_key(store, "by a@example.org", &series, 1) == (seen ? 1 : 0),
                  "%s: key", views[_i].reason);
    if (seen)
        ck_assert_str_eq(series.id, "s1-a");
    ck_assert_msg(index_shared(store, "s1-a", notes, 1) == (seen ? 1 : 0), "%s: note",
                  views[_i].reason);
    close_index();
}
END_TEST

/* One Message-ID and one series on an open and on a closed list: two mails, two series. */
START_TEST(the_same_mail_is_recorded_in_each_scope) {
    struct index_message found;
    struct index_series series;

    open_index(_i);
    use(secret);
    record_at("s1-a", 1, 3, "1@example.org", NOW);
    index_update_message(store, &(struct index_message){.message_id = "1@example.org",
                                                        .lists = SECRET,
                                                        .posted = "",
                                                        .published = false});
    use(open_lists);
    ck_assert(!index_find_message(store, "1@example.org", &found));
    ck_assert_int_eq(record_at("s1-a", 1, 1, "1@example.org", NOW + 5),
                     INDEX_OPENED | INDEX_COMPLETED);
    ck_assert(index_find_message(store, "1@example.org", &found));
    ck_assert_str_eq(found.lists, "list.example.org");
    ck_assert(index_find_series(store, "s1-a", &series));
    ck_assert_int_eq(series.total, 1);
    use(secret);
    ck_assert(index_find_message(store, "1@example.org", &found));
    ck_assert_str_eq(found.lists, SECRET);
    ck_assert(index_find_series(store, "s1-a", &series));
    ck_assert_int_eq(series.total, 3);
    close_index();
}
END_TEST

START_TEST(series_are_joined_and_displaced_in_their_scope) {
    open_index(_i);
    use(secret);
    record_at("s1-a", 1, 2, "1@example.org", NOW);
    record_at("s1-b", 2, 2, "2@example.org", NOW);
    use(open_lists);
    record_at("s1-a", 1, 2, "1@example.org", NOW);
    record_at("s1-b", 2, 2, "2@example.org", NOW);
    use(secret);
    ck_assert_int_eq(index_join(store, "s1-a", "s1-b"), 1);
    ck_assert_str_eq(found_as("s1-b"), "s1-a");
    use(open_lists);
    ck_assert_str_eq(found_as("s1-b"), "s1-b");
    ck_assert_int_eq(index_displace_series(store, "s1-b", "s1-c"), 0);
    ck_assert_str_eq(found_as("s1-b"), "");
    ck_assert_str_eq(found_as("s1-c"), "s1-c");
    ck_assert_str_eq(members_of("s1-c"), "2:2@example.org ");
    use(secret);
    ck_assert_str_eq(found_as("s1-b"), "s1-a");
    ck_assert_str_eq(found_as("s1-c"), "s1-c"); /* that of open lists */
    close_index();
}
END_TEST

static void scope_line(void *argument, const char *scope) {
    line_add(argument, "%s ", scope);
}

START_TEST(a_walk_shows_one_scope) {
    struct line line = {.length = 0};

    open_index(1);
    use(secret);
    record_at("s1-a", 1, 1, "1@example.org", NOW);
    record_tags("s1-a", 1, "Acked-by: a@example.org", "3@example.org");
    use(open_lists);
    ck_assert_str_eq(members_of("s1-a"), "");
    ck_assert_str_eq(tags_of("s1-a"), "");
    use(secret);
    ck_assert_str_eq(members_of("s1-a"), "1:1@example.org ");
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by: a@example.org:3@example.org ");
    use(no_list);
    record_at("s1-a", 1, 1, "1@example.org", NOW);
    ck_assert_int_eq(index_walk_scopes(store, scope_line, &line), 0);
    ck_assert(strcmp(line.text, SECRET " - ") == 0 || strcmp(line.text, "- " SECRET " ") == 0);
    close_index();
}
END_TEST

START_TEST(expiry_deletes_the_rows_of_all_scopes) {
    open_index(_i);
    use(both);
    record_at("s1-a", 1, 1, "1@example.org", NOW);
    index_record_other_id(store, "1@example.org", "further@x");
    use(no_list);
    record_at("s1-a", 1, 1, "1@example.org", NOW);
    commit();
    ck_assert_int_eq(all_rows(), 6);
    ck_assert_int_eq(rows_in("other_id"), 2);
    ck_assert_int_eq(index_expire(store, NOW + 1), 0);
    ck_assert_int_eq(all_rows(), 0);
    ck_assert_int_eq(rows_in("other_id"), 0);
    begin();
    close_index();
}
END_TEST

/* ---- further Message-IDs ------------------------------------------------------------------- */

START_TEST(the_mail_itself_is_found_before_one_that_claims_its_id) {
    struct index_message found;

    open_index(_i);
    record_mail("claim@x", "", NOW);
    index_record_other_id(store, "claim@x", "real@x");
    ck_assert(index_find_message(store, "real@x", &found));
    ck_assert_str_eq(found.message_id, "claim@x");
    record_mail("real@x", "", NOW + 1);
    ck_assert(index_find_message(store, "real@x", &found));
    ck_assert_str_eq(found.message_id, "real@x");
    close_index();
}
END_TEST

/* ---- claims ------------------------------------------------------------------------------- */

static int claim(const char *message_id, const char *series, const char *sender, const char *via) {
    return index_record_message(store, &(struct index_message){.message_id = message_id,
                                                               .series = series,
                                                               .sender = sender,
                                                               .kind = "patch",
                                                               .lists = "",
                                                               .posted = "",
                                                               .via = via,
                                                               .claim = true,
                                                               .part = -1,
                                                               .received = NOW});
}

/* Returns the series of the mail that is found for SENDER. */
static const char *series_of(const char *message_id, const char *sender, const char *via) {
    struct index_message found;

    return index_find_message_of(store, message_id, sender, via, &found) ? found.series : NULL;
}

START_TEST(each_sender_of_a_message_id_finds_his_own_mail) {
    struct index_message found;

    open_index(_i);
    record_mail("1@x", "s1-first", NOW); /* of a@example.org */
    ck_assert_int_eq(claim("1@x", "s1-second", "b@example.org", ""), 1);
    ck_assert_int_eq(claim("1@x", "s1-again", "b@example.org", ""), 0);
    ck_assert_int_eq(claim("1@x", "s1-third", "", ""), 1);
    ck_assert_str_eq(series_of("1@x", "a@example.org", ""), "s1-first");
    ck_assert_str_eq(series_of("1@x", "b@example.org", ""), "s1-second");
    ck_assert_str_eq(series_of("1@x", "", ""), "s1-third");
    ck_assert_str_eq(series_of("1@x", "c@example.org", ""), "s1-first");
    ck_assert_ptr_null(series_of("2@x", "a@example.org", ""));
    ck_assert(index_find_message_of(store, "1@x", "b@example.org", "", &found) && found.claim);
    ck_assert_str_eq(found.message_id, "1@x");
    index_update_message(store, &(struct index_message){.message_id = "1@x",
                                                        .sender = "b@example.org",
                                                        .claim = true,
                                                        .lists = "l.example",
                                                        .posted = "l.example",
                                                        .published = true});
    ck_assert(index_find_message_of(store, "1@x", "b@example.org", "", &found));
    ck_assert_str_eq(found.posted, "l.example");
    ck_assert(index_find_message(store, "1@x", &found));
    ck_assert_str_eq(found.posted, "");
    close_index();
}
END_TEST

START_TEST(an_author_claims_a_mail_that_only_a_list_ascribed_to_him) {
    open_index(_i);
    index_record_message(store, &(struct index_message){.message_id = "1@x",
                                                        .series = "s1-list",
                                                        .sender = "a@example.org",
                                                        .kind = "patch",
                                                        .lists = "",
                                                        .posted = "",
                                                        .via = "l.example",
                                                        .part = -1,
                                                        .received = NOW});
    ck_assert_int_eq(claim("1@x", "s1-own", "a@example.org", ""), 1);
    ck_assert_str_eq(series_of("1@x", "a@example.org", ""), "s1-own");
    ck_assert_str_eq(series_of("1@x", "a@example.org", "l.example"), "s1-list");
    close_index();
}
END_TEST

/* The mail that the claim disputes may be in another scope: then it is the first of its scope. */
START_TEST(a_claim_does_not_touch_other_scopes) {
    struct index_message found;

    open_index(_i);
    record_mail("1@x", "s1-open", NOW);
    use(secret);
    ck_assert_int_eq(claim("1@x", "s1-closed", "b@example.org", ""), 1);
    ck_assert(index_find_message(store, "1@x", &found));
    ck_assert_str_eq(found.series, "s1-closed");
    ck_assert(!found.claim);
    use(open_lists);
    ck_assert(index_find_message(store, "1@x", &found));
    ck_assert_str_eq(found.series, "s1-open");
    ck_assert(!found.contested);
    close_index();
}
END_TEST

static bool walked_line(void *argument, int64_t received, const char *kind, const char *lists) {
    (void)received;
    line_add(argument, "%s:%s ", kind, lists);
    return true;
}

static bool walked_series(void *argument, const struct index_recent *series) {
    line_add(argument, "%s ", series->id);
    return true;
}

/* Mail of other scopes can be published: an import publishes all that it reads. */
START_TEST(the_walks_over_what_is_new_show_open_lists_only) {
    static const char *const lists[] = {"open.x", "closed.x", "private.x"};
    struct line mails = {.length = 0}, series = {.length = 0};

    open_index(_i);
    for (int i = 0; i < 3; i++)
        for (int part = 0; part < 2; part++) {
            char id[32];

            use(i == 0 ? open_lists : i == 1 ? secret : no_list);
            snprintf(id, sizeof(id), "%d.%d@x", i, part);
            ck_assert_int_eq(
                index_record_message(store, &(struct index_message){.message_id = id,
                                                                    .series = part ? "s1-a" : "",
                                                                    .sender = "a@x",
                                                                    .kind = "patch",
                                                                    .lists = lists[i],
                                                                    .published = true,
                                                                    .part = part - 1,
                                                                    .received = NOW,
                                                                    .title = part ? "t" : NULL}),
                1);
            if (part)
                ck_assert_int_ge(
                    index_record_member(
                        store,
                        &(struct index_series){
                            .id = "s1-a", .total = 1, .version = -1, .changed = NOW},
                        &(struct index_member){.message_id = id, .title = "t", .part = 0}, true),
                    0);
        }
    use(open_lists);
    ck_assert_int_eq(index_walk_mails(store, NOW, walked_line, &mails), 0);
    ck_assert_str_eq(mails.text, "patch:open.x patch:open.x ");
    ck_assert_int_eq(index_walk_recent(store, INT64_MAX, "", walked_series, &series), 0);
    ck_assert_str_eq(series.text, "s1-a ");
    close_index();
}
END_TEST

SUITE(index_scopes_suite) {
    Suite *suite = suite_create("index_scopes");
    TCase *tests = tcase_create("index_scopes");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tests, rows_are_seen_as_their_scope_says, 0, COUNT(views));
    tcase_add_loop_test(tests, the_same_mail_is_recorded_in_each_scope, 0, 2);
    tcase_add_loop_test(tests, series_are_joined_and_displaced_in_their_scope, 0, 2);
    tcase_add_test(tests, a_walk_shows_one_scope);
    tcase_add_loop_test(tests, expiry_deletes_the_rows_of_all_scopes, 0, 2);
    tcase_add_loop_test(tests, the_mail_itself_is_found_before_one_that_claims_its_id, 0, 2);
    tcase_add_loop_test(tests, each_sender_of_a_message_id_finds_his_own_mail, 0, 2);
    tcase_add_loop_test(tests, an_author_claims_a_mail_that_only_a_list_ascribed_to_him, 0, 2);
    tcase_add_loop_test(tests, a_claim_does_not_touch_other_scopes, 0, 2);
    tcase_add_loop_test(tests, the_walks_over_what_is_new_show_open_lists_only, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
