/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_described.c - what the index has of a series as a whole: its title and names, what it
 * supersedes and what supersedes it, its parts with those of partial re-rolls, and its answers.
 */
#include "index-fixture.h"

#include "store/index-private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One mail of a series. */
struct mail {
    const char *series, *message_id, *title;
    int64_t part, total, received;
    const char *supersedes, *replaces;
    const char *labels, *base_commit;
    int64_t target; /* 0: none */
    bool held;      /* recorded, but not published */
};

/* Checks that ROW, which index_record_member_row set, is what the index returns. */
static void row_check(const struct index_series *row) {
    struct index_series found;

    ck_assert_ptr_nonnull(row->id);
    ck_assert(index_find_series(store, row->id, &found));
    const char *const strings[][2] = {{row->id, found.id},
                                      {row->topic, found.topic},
                                      {row->author, found.author},
                                      {row->via, found.via},
                                      {row->lists, found.lists},
                                      {row->title, found.title},
                                      {row->submitter_name, found.submitter_name},
                                      {row->patch_author, found.patch_author},
                                      {row->patch_author_name, found.patch_author_name},
                                      {row->revision, found.revision},
                                      {row->flags, found.flags},
                                      {row->tree, found.tree},
                                      {row->base_commit, found.base_commit},
                                      {row->change_id, found.change_id},
                                      {row->prerequisites, found.prerequisites},
                                      {row->labels, found.labels},
                                      {row->supersedes, found.supersedes},
                                      {row->how, found.how},
                                      {row->replaces, found.replaces},
                                      {row->superseded_by, found.superseded_by}};

    for (size_t i = 0; i < COUNT(strings); i++)
        ck_assert_str_eq(strings[i][0], strings[i][1]);
    ck_assert_int_eq(row->version, found.version);
    ck_assert_int_eq(row->total, found.total);
    ck_assert_int_eq(row->opened, found.opened);
    ck_assert_int_eq(row->changed, found.changed);
    ck_assert_int_eq(row->title_part, found.title_part);
    ck_assert_int_eq(row->rfc, found.rfc);
    ck_assert_int_eq(row->state, found.state);
}

static int record_one(const struct mail *mail) {
    struct index_series row;
    int changes;
    const struct index_series series = {.id = mail->series,
                                        .topic = "t1-a",
                                        .author = "a@example.org",
                                        .title = mail->title,
                                        .submitter_name = mail->title,
                                        .patch_author = "b@example.org",
                                        .patch_author_name = mail->title,
                                        .revision = mail->title,
                                        .flags = mail->title,
                                        .tree = mail->title,
                                        .base_commit = mail->base_commit,
                                        .labels = mail->labels,
                                        .supersedes = mail->supersedes,
                                        .how = "title",
                                        .replaces = mail->replaces,
                                        .version = 1,
                                        .total = mail->total ? mail->total : 3,
                                        .changed = mail->received,
                                        .opened = mail->received};
    const struct index_message message = {.message_id = mail->message_id,
                                          .series = mail->series,
                                          .sender = "a@example.org",
                                          .kind = "patch",
                                          .lists = "list.example.org",
                                          .posted = "list.example.org",
                                          .published = !mail->held,
                                          .part = mail->part,
                                          .received = mail->received,
                                          .title = mail->title,
                                          .patch_id = mail->message_id,
                                          .target = mail->target ? mail->target : -1};

    ck_assert_int_eq(index_record_message(store, &message), 1);
    changes = index_record_member_row(store, &series,
                                      &(struct index_member){.message_id = mail->message_id,
                                                             .title = mail->title,
                                                             .author = "b@example.org",
                                                             .part = mail->part},
                                      !mail->held, &row);
    if (*index_scope_own(store, 0)) /* a closed list */
        ck_assert_ptr_null(row.id);
    else
        row_check(&row);
    return changes;
}

/* MAIL(series, Message-ID, title, part, total, received, .supersedes = ..., ...) */
#define MAIL(in, id, named, number, of, at, ...)                                               \
    {                                                                                          \
        .series = (in), .message_id = (id), .title = (named), .part = (number), .total = (of), \
        .received = (at), __VA_ARGS__                                                          \
    }
#define RECORD(...) record_one(&(struct mail)MAIL(__VA_ARGS__))

static struct index_series found_series(const char *id) {
    struct index_series found;

    ck_assert_msg(index_find_series(store, id, &found), "%s", id);
    return found;
}

/* ---- the title ------------------------------------------------------------------------------ */

/* Mails of one series; the first one is that which states its title. */
static const struct mail described[][4] = {
    {MAIL("s1-a", "0@x", "cover", 0, 3, 40, ), MAIL("s1-a", "1@x", "one", 1, 3, 10, ),
     MAIL("s1-a", "2@x", "two", 2, 3, 20, ), MAIL("s1-a", "3@x", "three", 3, 3, 30, )},
    {MAIL("s1-a", "1@x", "one", 1, 3, 40, ), MAIL("s1-a", "2@x", "two", 2, 3, 20, ),
     MAIL("s1-a", "3@x", "three", 3, 3, 30, ), MAIL("s1-a", "4@x", "added", 4, 3, 10, )},
    /* Of two mails with one number, the one that was received first; then by Message-ID. */
    {MAIL("s1-a", "1@x", "one", 1, 3, 10, ), MAIL("s1-a", "0@x", "one again", 1, 3, 20, ),
     MAIL("s1-a", "2@x", "two", 2, 3, 5, ), MAIL("s1-a", "3@x", "three", 3, 3, 30, )},
    {MAIL("s1-a", "1@x", "one", 1, 3, 10, ), MAIL("s1-a", "2@x", "one again", 1, 3, 10, ),
     MAIL("s1-a", "3@x", "two", 2, 3, 5, ), MAIL("s1-a", "4@x", "three", 3, 3, 30, )},
};
static const int orders[][4] = {
    {0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}, {2, 3, 0, 1}, {1, 3, 0, 2}};

START_TEST(the_lowest_part_describes_the_series_in_any_order) {
    const struct mail *mails = described[(size_t)_i / COUNT(orders)];
    const int *order = orders[(size_t)_i % COUNT(orders)];
    struct index_series found;

    open_index(1);
    for (int i = 0; i < 4; i++)
        record_one(&mails[order[i]]);
    found = found_series("s1-a");
    ck_assert_str_eq(found.title, mails[0].title);
    ck_assert_str_eq(found.submitter_name, mails[0].title);
    ck_assert_str_eq(found.patch_author, "b@example.org");
    ck_assert_str_eq(found.patch_author_name, mails[0].title);
    ck_assert_str_eq(found.revision, mails[0].title);
    ck_assert_str_eq(found.flags, mails[0].title);
    ck_assert_str_eq(found.tree, mails[0].title);
    ck_assert_int_eq(found.title_part, mails[0].part);
    close_index();
}
END_TEST

START_TEST(a_series_that_is_joined_is_described_by_the_lowest_part_of_both) {
    struct index_series found;

    open_index(_i);
    RECORD("s1-a", "1@x", "one", 1, 3, 10, .base_commit = "abc", .labels = "kvm");
    ck_assert_int_eq(index_join(store, "s1-b", "s1-a"), 1);
    ck_assert_int_eq(index_record_message(store, &(struct index_message){.message_id = "2@x",
                                                                         .series = "s1-b",
                                                                         .sender = "a@example.org",
                                                                         .kind = "patch",
                                                                         .lists = "",
                                                                         .posted = "",
                                                                         .part = 2,
                                                                         .published = true,
                                                                         .received = 20,
                                                                         .title = "two"}),
                     1);
    index_record_member(store,
                        &(struct index_series){.id = "s1-b",
                                               .topic = "t1-a",
                                               .author = "a@example.org",
                                               .title = "two",
                                               .labels = "net",
                                               .version = 1,
                                               .total = 3,
                                               .changed = 20,
                                               .joined = true},
                        &(struct index_member){.message_id = "2@x", .title = "two", .part = 2},
                        true);
    found = found_series("s1-a");
    ck_assert_str_eq(found.id, "s1-b");
    ck_assert_str_eq(found.title, "one");
    ck_assert_str_eq(found.base_commit, "abc");
    ck_assert_str_eq(found.labels, "net kvm");
    close_index();
}
END_TEST

START_TEST(labels_are_those_of_all_members) {
    char many[INDEX_LABELS * 8] = "";
    struct index_series found;
    size_t words = 1;

    open_index(_i);
    RECORD("s1-a", "1@x", "one", 1, 3, 10, .labels = "kvm net");
    RECORD("s1-a", "2@x", "two", 2, 3, 20, .labels = "net x86", .base_commit = "abc");
    RECORD("s1-a", "3@x", "three", 3, 3, 30, .base_commit = "def");
    found = found_series("s1-a");
    ck_assert_str_eq(found.labels, "kvm net x86");
    ck_assert_str_eq(found.base_commit, "abc");
    for (int i = 0; i < INDEX_LABELS; i++)
        sprintf(many + strlen(many), "%sl%d", i ? " " : "", i);
    RECORD("s1-a", "4@x", "four", 4, 3, 40, .labels = many);
    found = found_series("s1-a");
    for (const char *at = found.labels; (at = strchr(at, ' ')); at++)
        words++;
    ck_assert_uint_eq(words, INDEX_LABELS);
    ck_assert_int_eq(strncmp(found.labels, "kvm net x86 l0 ", 15), 0);
    close_index();
}
END_TEST

/* ---- superseded series ---------------------------------------------------------------------- */

START_TEST(a_series_is_superseded_as_a_whole_in_any_order) {
    open_index(_i % 2);
    if (_i / 2) /* as on a host that learns of the older one later */
        RECORD("s1-b", "b1@x", "new", 1, 1, 20, .supersedes = "s1-a", .replaces = "all");
    RECORD("s1-a", "a1@x", "old", 1, 1, 10, );
    if (!(_i / 2))
        RECORD("s1-b", "b1@x", "new", 1, 1, 20, .supersedes = "s1-a", .replaces = "all");
    ck_assert_str_eq(found_series("s1-a").superseded_by, "s1-b");
    ck_assert_int_eq(found_series("s1-a").state, INDEX_STATE_SUPERSEDED);
    ck_assert_str_eq(found_series("s1-b").supersedes, "s1-a");
    ck_assert_str_eq(found_series("s1-b").how, "title");
    ck_assert_str_eq(found_series("s1-b").superseded_by, "");
    ck_assert_int_eq(found_series("s1-b").state, INDEX_STATE_COMPLETE);
    close_index();
}
END_TEST

START_TEST(a_partial_reroll_supersedes_no_series) {
    open_index(_i);
    RECORD("s1-a", "a1@x", "one", 1, 1, 10, );
    RECORD("s1-b", "b1@x", "one", 1, 1, 20, .supersedes = "s1-a", .replaces = "part");
    ck_assert_str_eq(found_series("s1-a").superseded_by, "");
    ck_assert_int_eq(found_series("s1-a").state, INDEX_STATE_COMPLETE);
    close_index();
}
END_TEST

/* It lacks the other parts, which nobody will send. */
START_TEST(a_partial_reroll_is_never_incomplete) {
    char *ids[2];

    open_index(0);
    RECORD("s1-b", "b2@x", "two", 2, 3, 20, .supersedes = "s1-a", .replaces = "part");
    RECORD("s1-c", "c2@x", "two", 2, 3, 20, );
    ck_assert_int_eq(index_report_incomplete(store, 1000, ids, 2), 1);
    ck_assert_str_eq(ids[0], "s1-c");
    free(ids[0]);
    ck_assert_int_eq(found_series("s1-b").state, INDEX_STATE_OPEN);
    ck_assert_int_eq(found_series("s1-c").state, INDEX_STATE_INCOMPLETE);
    close_index();
}
END_TEST

/* The moderator may refuse a mail that is held. */
START_TEST(a_held_mail_supersedes_once_it_is_published) {
    open_index(_i % 2);
    if (_i / 2)
        RECORD("s1-b", "b1@x", "new", 1, 1, 20, .supersedes = "s1-a", .replaces = "all",
               .held = true);
    RECORD("s1-a", "a1@x", "old", 1, 1, 10, );
    if (!(_i / 2))
        RECORD("s1-b", "b1@x", "new", 1, 1, 20, .supersedes = "s1-a", .replaces = "all",
               .held = true);
    ck_assert_str_eq(found_series("s1-a").superseded_by, "");
    index_update_message(store, &(struct index_message){.message_id = "b1@x",
                                                        .lists = "list.example.org",
                                                        .posted = "list.example.org",
                                                        .published = true});
    index_publish_member(store, "s1-b", 1, "b1@x");
    ck_assert_str_eq(found_series("s1-a").superseded_by, "s1-b");
    close_index();
}
END_TEST

START_TEST(mail_of_a_closed_list_supersedes_nothing_in_open_lists) {
    static const char *const secret[] = {"secret.example.org"};

    open_index(_i);
    RECORD("s1-a", "a1@x", "old", 1, 1, 10, );
    index_set_scopes(store, secret, 1);
    RECORD("s1-b", "b1@x", "new", 1, 1, 20, .supersedes = "s1-a", .replaces = "all", .held = true);
    RECORD("s1-c", "c1@x", "newer", 1, 1, 30, .supersedes = "s1-b", .replaces = "all",
           .held = true);
    ck_assert_str_eq(found_series("s1-b").supersedes, "s1-a");
    ck_assert_str_eq(found_series("s1-b").superseded_by, "s1-c");
    ck_assert_str_eq(found_series("s1-a").superseded_by, "");
    index_set_scopes(store, NULL, 0);
    ck_assert_str_eq(found_series("s1-a").superseded_by, "");
    close_index();
}
END_TEST

/* A series that is marked stays so when later members state nothing. */
START_TEST(of_several_series_that_one_supersedes_one_is_kept) {
    static const struct mail mails[] = {
        MAIL("s1-n", "1@x", "one", 1, 3, 10, .supersedes = "s1-b", .replaces = "all"),
        MAIL("s1-n", "2@x", "two", 2, 3, 20, .supersedes = "s1-a", .replaces = "part"),
        MAIL("s1-n", "3@x", "three", 3, 3, 30, .supersedes = "s1-c", .replaces = "all"),
        MAIL("s1-n", "0@x", "cover", 0, 3, 40, )};

    open_index(1);
    for (int i = 0; i < 4; i++)
        record_one(&mails[orders[_i][i]]);
    ck_assert_str_eq(found_series("s1-n").supersedes, "s1-b");
    ck_assert_str_eq(found_series("s1-n").replaces, "all");
    close_index();
}
END_TEST

/* ---- states --------------------------------------------------------------------------------- */

START_TEST(the_state_of_a_series) {
    char *ids[1];

    open_index(_i);
    RECORD("s1-a", "1@x", "one", 1, 2, 10, );
    ck_assert_str_eq(index_state_name(found_series("s1-a").state), "open");
    RECORD("s1-u", "u@x", "unknown total", 1, -1, 10, );
    ck_assert_str_eq(index_state_name(found_series("s1-u").state), "open");
    ck_assert_int_eq(index_report_incomplete(store, 11, ids, 1), 1);
    free(ids[0]);
    ck_assert_str_eq(index_state_name(found_series("s1-a").state), "incomplete");
    RECORD("s1-a", "2@x", "two", 2, 2, 20, );
    ck_assert_str_eq(index_state_name(found_series("s1-a").state), "complete");
    RECORD("s1-b", "3@x", "one", 1, 2, 30, .supersedes = "s1-a", .replaces = "all");
    ck_assert_str_eq(index_state_name(found_series("s1-a").state), "superseded");
    ck_assert_int_eq(index_count_parts(store, "s1-a"), 2);
    RECORD("s1-a", "0@x", "cover", 0, 2, 40, );
    RECORD("s1-a", "2b@x", "two", 2, 2, 40, );
    RECORD("s1-a", "3b@x", "added", 3, 2, 40, .held = true);
    ck_assert_int_eq(index_count_parts(store, "s1-a"), 2);
    close_index();
}
END_TEST

/* What `patchmark status` shows: mails and series of all scopes, held ones too. */
START_TEST(totals_count_all_scopes) {
    static const char *const closed[] = {"security.example.org"};
    struct index_totals totals;

    open_index(0);
    index_totals_read(store, &totals);
    ck_assert_int_eq(totals.mails, 0);
    ck_assert_int_eq(totals.series, 0);
    ck_assert_int_eq(totals.newest, -1);
    RECORD("s1-a", "1@x", "one", 1, 2, 10, );
    RECORD("s1-a", "2@x", "two", 2, 2, 20, .held = true);
    index_set_scopes(store, closed, 1);
    RECORD("s1-c", "3@x", "secret", 1, 1, 30, );
    index_totals_read(store, &totals);
    ck_assert_int_eq(totals.mails, 3);
    ck_assert_int_eq(totals.series, 2);
    ck_assert_int_eq(totals.newest, 30);
    close_index();
}
END_TEST

static void id_line(void *argument, const char *id) {
    line_add(argument, "%s ", id);
}

START_TEST(published_series_of_open_lists_are_walked_by_their_last_change) {
    static const char *const secret[] = {"secret.example.org"};
    struct line line = {.length = 0};

    open_index(_i);
    RECORD("s1-b", "b@x", "one", 1, 2, 20, );
    RECORD("s1-a", "a@x", "one", 1, 2, 30, );
    RECORD("s1-held", "h@x", "one", 1, 2, 40, .held = true);
    RECORD("s1-old", "o@x", "one", 1, 2, 9, );
    RECORD("s1-joined", "j@x", "one", 1, 2, 50, );
    index_join(store, "s1-a", "s1-joined");
    RECORD("s1-c", "c@x", "one", 1, 2, 10, );
    index_set_scopes(store, secret, 1);
    RECORD("s1-secret", "s@x", "one", 1, 2, 10, );
    index_set_scopes(store, NULL, 0);
    ck_assert_int_eq(index_walk_series(store, 10, id_line, &line), 0);
    ck_assert_str_eq(line.text, "s1-c s1-b s1-a ");
    close_index();
}
END_TEST

/* ---- partial re-rolls ----------------------------------------------------------------------- */

static void replaced_line(void *argument, const struct index_replaced *replaced) {
    line_add(argument, "%" PRId64 ":%s>%s(%s) ", replaced->part, replaced->message_id, replaced->by,
             replaced->series);
}

static const char *replaced_in(const char *series) {
    static struct line line;

    line.text[line.length = 0] = '\0';
    ck_assert_int_eq(index_walk_replaced(store, series, replaced_line, &line), 0);
    return line.text;
}

static void record_three(void) {
    RECORD("s1-a", "a0@x", "cover", 0, 3, 10, );
    RECORD("s1-a", "a1@x", "one", 1, 3, 10, );
    RECORD("s1-a", "a2@x", "two", 2, 3, 10, );
    RECORD("s1-a", "a3@x", "three", 3, 3, 10, );
}

static void patch_id_line(void *argument, const struct index_member *member) {
    line_add(argument, "%s=%s ", member->message_id, member->patch_id);
}

START_TEST(a_reroll_replaces_the_parts_with_its_numbers) {
    struct line line = {.length = 0};

    open_index(_i);
    record_three();
    ck_assert_str_eq(replaced_in("s1-a"), "");
    RECORD("s1-b", "b3@x", "three, better", 3, 3, 20, .supersedes = "s1-a", .replaces = "part");
    RECORD("s1-b", "b2@x", "two, better", 2, 3, 21, .supersedes = "s1-a", .replaces = "part");
    RECORD("s1-b", "b2x@x", "two, again", 2, 3, 22, .supersedes = "s1-a", .replaces = "part");
    RECORD("s1-b", "b4@x", "four", 4, 3, 22, .supersedes = "s1-a", .replaces = "part",
           .held = true);
    RECORD("s1-z", "z1@x", "another series", 1, 3, 22, .supersedes = "s1-a", .replaces = "all");
    ck_assert_str_eq(members_of("s1-a"), "0:a0@x 1:a1@x 2:b2@x 3:b3@x ");
    ck_assert_str_eq(replaced_in("s1-a"), "2:a2@x>b2@x(s1-b) 3:a3@x>b3@x(s1-b) ");
    ck_assert_int_eq(index_walk_members(store, "s1-a", patch_id_line, &line), 0);
    ck_assert_str_eq(line.text, "a0@x=a0@x a1@x=a1@x b2@x=b2@x b3@x=b3@x ");
    /* A re-roll of the re-roll, and another one of the series. */
    RECORD("s1-c", "c2@x", "two, best", 2, 3, 30, .supersedes = "s1-b", .replaces = "part");
    RECORD("s1-d", "d1@x", "one, better", 1, 3, 40, .supersedes = "s1-a", .replaces = "part");
    ck_assert_str_eq(members_of("s1-a"), "0:a0@x 1:d1@x 2:c2@x 3:b3@x ");
    ck_assert_str_eq(replaced_in("s1-a"), "2:a2@x>b2@x(s1-b) 3:a3@x>b3@x(s1-b) "
                                          "2:b2@x>c2@x(s1-c) 1:a1@x>d1@x(s1-d) ");
    ck_assert_str_eq(members_of("s1-b"), "2:c2@x 3:b3@x ");
    close_index();
}
END_TEST

START_TEST(a_single_patch_replaces_the_part_that_it_answers_or_whose_title_it_has) {
    open_index(_i);
    record_three();
    RECORD("s1-b", "b@x", "Three", 1, 1, 20, .supersedes = "s1-a", .replaces = "part");
    RECORD("s1-c", "c@x", "another title", 1, 1, 30, .supersedes = "s1-a", .replaces = "part",
           .target = 2);
    RECORD("s1-d", "d@x", "unknown title", 1, 1, 40, .supersedes = "s1-a", .replaces = "part");
    ck_assert_str_eq(members_of("s1-a"), "0:a0@x 1:a1@x 2:c@x 3:b@x ");
    ck_assert_str_eq(replaced_in("s1-a"), "3:a3@x>b@x(s1-b) 2:a2@x>c@x(s1-c) ");
    close_index();
}
END_TEST

START_TEST(a_reroll_of_a_part_that_was_not_seen_is_that_part) {
    open_index(_i);
    RECORD("s1-a", "a1@x", "one", 1, 3, 10, );
    RECORD("s1-a", "a3@x", "three", 3, 3, 10, );
    RECORD("s1-b", "b2@x", "two", 2, 3, 20, .supersedes = "s1-a", .replaces = "part");
    ck_assert_str_eq(members_of("s1-a"), "1:a1@x 2:b2@x 3:a3@x ");
    ck_assert_str_eq(replaced_in("s1-a"), "2:>b2@x(s1-b) ");
    close_index();
}
END_TEST

/* Series that supersede each other end no walk. */
START_TEST(a_circle_of_rerolls_ends) {
    open_index(_i);
    RECORD("s1-a", "a1@x", "one", 1, 3, 10, .supersedes = "s1-b", .replaces = "part");
    RECORD("s1-b", "b1@x", "one", 1, 3, 20, .supersedes = "s1-a", .replaces = "part");
    ck_assert_str_eq(members_of("s1-a"), "1:b1@x ");
    close_index();
}
END_TEST

/* ---- answers -------------------------------------------------------------------------------- */

static void answer_line(void *argument, const struct index_answer *answer) {
    line_add(argument, "%s|%s|%s|%s|%" PRId64 "|%" PRId64 "|%s|%s|%s|%s\n", answer->message_id,
             answer->sender, answer->sender_name, answer->kind, answer->received, answer->target,
             answer->tags, answer->robot, answer->verdict,
             answer->applied ? answer->applied : "(none)");
}

START_TEST(answers_are_walked_in_the_order_of_their_time) {
    const struct index_message answers[] = {{.message_id = "2@x",
                                             .series = "s1-a",
                                             .sender = "bot@x",
                                             .kind = "report",
                                             .lists = "",
                                             .posted = "",
                                             .published = true,
                                             .part = -1,
                                             .received = 20,
                                             .sender_name = "The Bot",
                                             .robot = "bot",
                                             .verdict = "fail",
                                             .target = 2},
                                            {.message_id = "1@x",
                                             .series = "s1-a",
                                             .sender = "b@x",
                                             .kind = "reply",
                                             .lists = "",
                                             .posted = "",
                                             .published = true,
                                             .part = -1,
                                             .received = 10,
                                             .tags = "Acked-by: b",
                                             .target = -1},
                                            {.message_id = "3@x",
                                             .series = "s1-b",
                                             .sender = "m@x",
                                             .kind = "reply",
                                             .lists = "",
                                             .posted = "",
                                             .published = true,
                                             .part = -1,
                                             .received = 30,
                                             .applied = "partial\n1\tabc\t\t",
                                             .target = 0},
                                            {.message_id = "4@x",
                                             .series = "s1-a",
                                             .sender = "m@x",
                                             .kind = "reply",
                                             .lists = "",
                                             .posted = "",
                                             .published = false,
                                             .part = -1,
                                             .received = 40,
                                             .target = 0},
                                            {.message_id = "5@x",
                                             .series = "",
                                             .sender = "m@x",
                                             .kind = "reply",
                                             .lists = "",
                                             .posted = "",
                                             .published = true,
                                             .part = -1,
                                             .received = 50,
                                             .target = 0},
                                            {.message_id = "6@x",
                                             .series = "",
                                             .sender = "m@x",
                                             .kind = "other",
                                             .lists = "",
                                             .posted = "",
                                             .published = true,
                                             .part = -1,
                                             .received = 60,
                                             .target = -1}};
    struct line line = {.length = 0};

    open_index(_i);
    open_series("s1-a");
    open_series("s1-b");
    for (size_t i = 0; i < COUNT(answers); i++)
        ck_assert_int_eq(index_record_message(store, &answers[i]), 1);
    index_assign_cover(store, "6@x", "s1-a"); /* a cover is no answer */
    index_join(store, "s1-a", "s1-b");
    ck_assert_int_eq(index_walk_answers(store, "s1-a", answer_line, &line), 0);
    ck_assert_str_eq(line.text, "1@x|b@x||reply|10|-1|Acked-by: b|||(none)\n"
                                "2@x|bot@x|The Bot|report|20|2||bot|fail|(none)\n"
                                "3@x|m@x||reply|30|0||||partial\n1\tabc\t\t\n");
    close_index();
}
END_TEST

SUITE(index_described_suite) {
    Suite *suite = suite_create("index described");
    TCase *tests = tcase_create("index described");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tests, the_lowest_part_describes_the_series_in_any_order, 0,
                        (int)(COUNT(described) * COUNT(orders)));
    tcase_add_loop_test(tests, a_series_that_is_joined_is_described_by_the_lowest_part_of_both, 0,
                        2);
    tcase_add_loop_test(tests, labels_are_those_of_all_members, 0, 2);
    tcase_add_loop_test(tests, a_series_is_superseded_as_a_whole_in_any_order, 0, 4);
    tcase_add_loop_test(tests, a_partial_reroll_supersedes_no_series, 0, 2);
    tcase_add_test(tests, a_partial_reroll_is_never_incomplete);
    tcase_add_test(tests, totals_count_all_scopes);
    tcase_add_loop_test(tests, a_held_mail_supersedes_once_it_is_published, 0, 4);
    tcase_add_loop_test(tests, mail_of_a_closed_list_supersedes_nothing_in_open_lists, 0, 2);
    tcase_add_loop_test(tests, of_several_series_that_one_supersedes_one_is_kept, 0,
                        (int)COUNT(orders));
    tcase_add_loop_test(tests, the_state_of_a_series, 0, 2);
    tcase_add_loop_test(tests, published_series_of_open_lists_are_walked_by_their_last_change, 0,
                        2);
    tcase_add_loop_test(tests, a_reroll_replaces_the_parts_with_its_numbers, 0, 2);
    tcase_add_loop_test(tests,
                        a_single_patch_replaces_the_part_that_it_answers_or_whose_title_it_has, 0,
                        2);
    tcase_add_loop_test(tests, a_reroll_of_a_part_that_was_not_seen_is_that_part, 0, 2);
    tcase_add_loop_test(tests, a_circle_of_rerolls_ends, 0, 2);
    tcase_add_loop_test(tests, answers_are_walked_in_the_order_of_their_time, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
