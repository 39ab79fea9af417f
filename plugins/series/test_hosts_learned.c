/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_hosts_learned.c - what a host does with learned data: series that only the index connects,
 * conflicts between hosts, the events that follow, and forged mails.
 */
#define TESTS hosts_learned
#include "test_hosts.h"

#include "feed/housekeeping.h"

/* B receives the events of A. */
static void hand_over(void) {
    deliver(A);
    catch_up(B);
}

#define expect_events(type, times) ck_assert_uint_eq(stream_count(type), (times))

/* ---- series that only the index connects -------------------------------------------------- */

START_TEST(a_part_finds_the_cover_that_came_to_the_other_host) {
    struct found cover = POST_TO(A, "0@x", "[PATCH 0/2] a b"), one, two;

    /* Nothing in these mails shows that they belong together. */
    one = POST_TO(B, "1@x", "[PATCH 1/2] c d", .at = MINUTE);
    expect_apart(cover, one);
    hosts_forget();
    cover = POST_TO(A, "0@x", "[PATCH 0/2] a b");
    hand_over();
    one = POST_TO(B, "1@x", "[PATCH 1/2] c d", .at = MINUTE);
    expect_same(cover, one);
    deliver(B);
    catch_up(A);
    two = POST_TO(A, "2@x", "[PATCH 2/2] e f", .at = 2 * MINUTE);
    expect_same(cover, two);
    both_do_all();
    expect_known_alike("0@x");
    expect_known_alike("2@x");
    expect_events(EVENT_SERIES_OPENED, 1);
    expect_events(EVENT_SERIES_COMPLETED, 1);
}
END_TEST

START_TEST(a_version_finds_the_one_before_by_its_title) {
    struct found old = POST_TO(A, "a@x", "[PATCH] x: make the lamp blink slowly", .body = DIFF),
                 new;

    hand_over();
    new = POST_TO(B, "b@x", "[PATCH v2] x: make the lamp blink slowly", .body = DIFF, .at = DAY);
    expect_supersedes(new, old, "title");
    both_do_all();
    expect_events(EVENT_SERIES_SUPERSEDED, 1);
    expect_known_alike("b@x");
}
END_TEST

/* Appends a tag to the text in ARGUMENT, of 256 bytes. */
static void tag_note(void *argument, int64_t part, const char *tag, const char *message_id) {
    char *text = argument;
    size_t used = strlen(text);

    snprintf(text + used, 256 - used, "%" PRId64 " %s %s;", part, tag, message_id);
}

START_TEST(an_answer_finds_its_series_and_leaves_its_tag) {
    static const char tag[] = "Reviewed-by: Somebody <r@example.org>\n";
    struct found one = POST_TO(A, "1@x", "[PATCH] a b", .body = DIFF), answer;
    struct index_series series;

    hand_over();
    answer = POST_TO(B, "r@x", "Re: [PATCH] a b", .answers = "1@x", .from = "r@example.org",
                     .body = tag);
    expect_same(one, answer);
    ck_assert_str_eq(answer.topic, one.topic);
    deliver(B);
    catch_up(A);
    expect_known_alike("r@x");
    for (int which = A; which <= B; which++) {
        char tags[256] = "";

        store_begin(hosts[which].store);
        ck_assert(index_find_series(hosts[which].store, one.id, &series));
        index_walk_tags(hosts[which].store, one.id, tag_note, tags);
        store_commit(hosts[which].store);
        ck_assert_str_eq(tags, "1 Reviewed-by: Somebody <r@example.org> r@x;");
    }
}
END_TEST

/* ---- one mail on both hosts --------------------------------------------------------------- */

START_TEST(a_mail_through_both_makes_one_event) {
    struct found first = POST_TO(A, "1@x", "[PATCH] a b", .body = DIFF, .list = "one.example.org");
    struct found second;

    if (_i)
        hand_over();
    second = POST_TO(B, "1@x", "[PATCH] a b", .body = DIFF, .list = "two.example.org");
    expect_same(first, second);
    ck_assert_str_eq(first.topic, second.topic);
    ck_assert_int_eq(second.seen_before, _i);
    ck_assert_uint_eq(second.events, _i ? 1 : 4); /* message.posted on its list, and the rest */
    both_do_all();
    expect_events(EVENT_MESSAGE_SEEN, 1);
    expect_events(EVENT_SERIES_OPENED, 1);
    expect_events(EVENT_SERIES_COMPLETED, 1);
}
END_TEST

/* The outbox of the other host has the remaining events, and they will arrive: the other host
 * committed them together with the learned data. */
START_TEST(an_event_that_the_other_host_will_deliver_is_not_repeated) {
    POST_TO(A, "1@x", "[PATCH] a b", .body = DIFF);
    deliver_some(A, 1);
    expect_events(EVENT_MESSAGE_SEEN, 1);
    expect_events(EVENT_SERIES_OPENED, 0);
    catch_up(B);
    ck_assert_uint_eq(POST_TO(B, "1@x", "[PATCH] a b", .body = DIFF).events, 0);
    deliver(B);
    expect_events(EVENT_SERIES_COMPLETED, 0);
    both_do_all();
    expect_events(EVENT_MESSAGE_SEEN, 1);
    expect_events(EVENT_SERIES_OPENED, 1);
    expect_events(EVENT_SERIES_COMPLETED, 1);
}
END_TEST

/* This host has the mail first, as far as its index shows, but the other host had it before. */
START_TEST(a_message_id_of_a_sender_whom_the_other_host_saw_is_disputed) {
    struct found owner = POST_TO(A, "1@x", "[PATCH] a b", .body = DIFF), thief;

    hand_over();
    thief = POST_TO(B, "1@x", "[PATCH] a b", .body = DIFF, .from = STRANGER);
    ck_assert(thief.malformed);
    expect_apart(owner, thief);
    both_do_all();
    expect_events(EVENT_MESSAGE_SEEN, 2);
    expect_known_alike("1@x");
    expect_same(owner, POST_TO(A, "1@x", "[PATCH] a b", .body = DIFF));
}
END_TEST

START_TEST(a_disputed_mail_is_recorded_beside_the_first) {
    struct index_message found;

    POST_TO(A, "1@x", "[PATCH] a b", .body = DIFF);
    POST_TO(A, "1@x", "[PATCH] a b", .body = DIFF, .from = STRANGER);
    deliver(A);
    catch_up(B);
    expect_known_alike("1@x");
    ck_assert_uint_eq(support_logged("malformed"), 0);
    store_begin(hosts[B].store);
    ck_assert(index_find_message_of(hosts[B].store, "1@x", STRANGER, "", &found));
    ck_assert_str_eq(found.sender, STRANGER);
    ck_assert(index_find_message_of(hosts[B].store, "1@x", AUTHOR, "", &found));
    ck_assert_str_eq(found.sender, AUTHOR);
    store_commit(hosts[B].store);
}
END_TEST

/* ---- conflicts ---------------------------------------------------------------------------- */

/* Only one host has the older version in its index, and the parts come to both. */
START_TEST(a_topic_is_the_same_on_both_in_the_end) {
    struct found old = POST_TO(A, GIT(1), "[PATCH 0/2] x: make the lamp blink slowly"), one, cover;

    if (_i) {
        cover = POST_TO(A, LATER(1), "[PATCH v2 0/2] x: make the lamp blink slowly", .at = DAY);
        one = POST_TO(B, LATER(2), "[PATCH v2 1/2] x: name the steps", .answers = LATER(1),
                      .at = DAY);
    } else {
        one = POST_TO(A, LATER(2), "[PATCH v2 1/2] x: name the steps",
                      .answers = LATER(1) " " GIT(1), .at = DAY);
        cover = POST_TO(B, LATER(1), "[PATCH v2 0/2] x: make the lamp blink slowly", .at = DAY);
    }
    expect_same(cover, one);
    ck_assert_str_eq((_i ? cover : one).topic, old.topic);
    ck_assert_str_ne((_i ? one : cover).topic, old.topic); /* already on the mail */
    both_do_all();
    expect_known_alike(LATER(1));
    for (int which = A; which <= B; which++)
        ck_assert_str_eq(POST_TO(which, LATER(3), "[PATCH v2 2/2] x: a third thing",
                                 .answers = LATER(1), .at = DAY)
                             .topic,
                         old.topic);
}
END_TEST

/* Each host found an older version, and they belong to different works. */
START_TEST(of_two_topics_both_take_the_same) {
    POST_TO(A, "a@x", "[PATCH] x: make the lamp blink slowly", .body = DIFF);
    POST_TO(B, "b@x", "[PATCH] y: let there be a switch", .body = DIFF);
    POST_TO(A, LATER(2), "[PATCH v2 1/2] x: make the lamp blink slowly", .at = DAY);
    POST_TO(B, LATER(3), "[PATCH v2 2/2] y: let there be a switch", .at = DAY);
    both_do_all();
    expect_known_alike(LATER(2));
    expect_known_alike(LATER(3));
}
END_TEST

START_TEST(ids_that_one_host_joins_are_joined_on_the_other) {
    struct found three = POST_TO(A, "3@x", "[PATCH 3/3] e f", .answers = "2@x"), one, two;

    one = POST_TO(A, "1@x", "[PATCH 1/3] a b", .at = DAY);
    expect_apart(three, one);
    two = POST_TO(A, "2@x", "[PATCH 2/3] c d", .answers = "1@x", .at = 2 * DAY);
    ck_assert_str_eq(two.same_as, three.id);
    hand_over();
    expect_known_alike("3@x"); /* and its series, which was joined with the other one */
    expect_events(EVENT_SERIES_ALIASED, 1);
    expect_events(EVENT_SERIES_COMPLETED, 1);
    both_do_all();
    expect_events(EVENT_SERIES_COMPLETED, 1);
}
END_TEST

START_TEST(a_cover_without_tag_is_adopted_on_the_other_host_too) {
    POST_TO(A, "0@x", "about the lamp");
    hand_over();
    ck_assert_str_eq(POST_TO(B, "1@x", "[PATCH 1/1] a b", .answers = "0@x").adopts, "0@x");
    deliver(B);
    catch_up(A);
    expect_known_alike("0@x");
    ck_assert_str_ne(POST_TO(A, "r@x", "Re: about the lamp", .answers = "0@x", .from = STRANGER).id,
                     "");
}
END_TEST

/* ---- completed ---------------------------------------------------------------------------- */

/* Returns the newest event of TYPE. */
static const char *newest(const char *type) {
    for (size_t i = stream_length; i > 0; i--)
        if (strcmp(stream[i - 1].type, type) == 0)
            return stream[i - 1].json;
    ck_abort_msg("no %s", type);
}

START_TEST(a_completed_event_if_no_host_had_all_parts) {
    POST_TO(A, GIT(2), "[PATCH 1/2] a b", .list = "kvm.example.org");
    POST_TO(B, GIT(3), "[PATCH 2/2] c d", .list = "kvm.example.org", .at = 7);
    deliver(A);
    deliver(B);
    expect_events(EVENT_SERIES_COMPLETED, 0);
    catch_up(_i);
    deliver(_i);
    expect_events(EVENT_SERIES_COMPLETED, 1);
    ck_assert_str_eq(stream[stream_length - 1].list, "kvm.example.org");
    ck_assert_str_eq(stream[stream_length - 1].subject, stream[stream_length - 1].series);
    ck_assert_ptr_nonnull(strstr(newest(EVENT_SERIES_COMPLETED), "\"parts\":[{\"part\":1,"
                                                                 "\"message_id\":\"" GIT(2) "\""));
    ck_assert_ptr_nonnull(
        strstr(newest(EVENT_SERIES_COMPLETED), "{\"part\":2,\"message_id\":\"" GIT(3) "\""));
    ck_assert_ptr_nonnull(
        strstr(newest(EVENT_SERIES_COMPLETED), "\"elapsed\":7,\"message\":{\"id\":\""));
    both_do_all(); /* the other host publishes it too, as a duplicate */
    expect_events(EVENT_SERIES_COMPLETED, 1);
    ck_assert_int_eq(hosts[A].delivered, 4); /* seen, posted, opened, completed */
    ck_assert_int_eq(hosts[B].delivered, 4);
}
END_TEST

START_TEST(no_completed_event_if_the_other_host_published_it) {
    POST_TO(A, GIT(2), "[PATCH 1/2] a b");
    POST_TO(A, GIT(3), "[PATCH 2/2] c d");
    hand_over();
    deliver(B);
    ck_assert_int_eq(hosts[B].delivered, 0);
    expect_events(EVENT_SERIES_COMPLETED, 1);
}
END_TEST

/* ---- incomplete --------------------------------------------------------------------------- */

START_TEST(learned_data_is_read_before_incomplete_series_are_reported) {
    const struct configuration *configuration = pipeline_configuration(hosts[B].pipeline);
    int64_t later = START + DAY;

    POST_TO(B, GIT(2), "[PATCH 1/2] a b");
    deliver(B);
    catch_up(A);
    POST_TO(A, GIT(3), "[PATCH 2/2] c d", .at = MINUTE); /* while B is away */
    deliver(A);
    ck_assert_int_ge(other_hosts_behind(hosts[B].other_hosts), 1);
    catch_up(B);
    ck_assert_int_eq(other_hosts_behind(hosts[B].other_hosts), 0);
    housekeeping_report_incomplete(hosts[B].store, configuration, later);
    deliver(B);
    expect_events(EVENT_SERIES_INCOMPLETE, 0);
    expect_events(EVENT_SERIES_COMPLETED, 1);
}
END_TEST

START_TEST(both_may_report_an_incomplete_series) {
    POST_TO(A, GIT(2), "[PATCH 1/2] a b");
    hand_over();
    for (int which = A; which <= B; which++) {
        housekeeping_report_incomplete(hosts[which].store,
                                       pipeline_configuration(hosts[which].pipeline), START + DAY);
        deliver(which);
        expect_events(EVENT_SERIES_INCOMPLETE, 1);
    }
    ck_assert_int_eq(hosts[B].delivered, 1); /* it did */
}
END_TEST

/* A host that lost its store reads its own events back, too, and does not report the complete
 * series as incomplete. */
START_TEST(a_host_without_store_reads_its_events_back) {
    char before[ROW_SIZE], after[ROW_SIZE];

    POST_TO(A, GIT(1), "[PATCH 0/2] a b");
    POST_TO(B, GIT(2), "[PATCH 1/2] c d");
    both_do_all();
    POST_TO(B, GIT(3), "[PATCH 2/2] e f");
    both_do_all();
    known_print(hosts[B].store, GIT(2), before);
    host_close(B);
    host_open(B);
    catch_up(B);
    known_print(hosts[B].store, GIT(2), after);
    ck_assert_str_eq(before, after);
    housekeeping_report_incomplete(hosts[B].store, pipeline_configuration(hosts[B].pipeline),
                                   START + DAY);
    deliver(B);
    ck_assert_int_eq(hosts[B].delivered, 0);
    ck_assert_uint_eq(POST_TO(B, GIT(2), "[PATCH 1/2] c d").events, 0);
}
END_TEST

/* ---- forgery ------------------------------------------------------------------------------ */

/* On the host that a forged run stamp reached first, the series belongs to the other sender; the
 * learned mails of the real author are another series there. */
START_TEST(a_mail_does_not_enter_a_series_that_is_another_authors_here) {
    char before[ROW_SIZE], after[ROW_SIZE];

    POST_TO(A, GIT(2), "[PATCH 1/2] a b", .from = STRANGER);
    POST_TO(B, GIT(3), "[PATCH 2/2] c d");
    known_print(hosts[B].store, GIT(3), before);
    both_do_all();
    known_print(hosts[B].store, GIT(3), after);
    ck_assert_str_eq(before, after);
    expect_events(EVENT_SERIES_COMPLETED, 0);
}
END_TEST

SUITE(hosts_learned_suite) {
    const struct cases cases[] = {
        {"index",
         {a_part_finds_the_cover_that_came_to_the_other_host,
          a_version_finds_the_one_before_by_its_title,
          an_answer_finds_its_series_and_leaves_its_tag,
          ids_that_one_host_joins_are_joined_on_the_other,
          a_cover_without_tag_is_adopted_on_the_other_host_too}},
        {"one mail",
         {an_event_that_the_other_host_will_deliver_is_not_repeated,
          a_message_id_of_a_sender_whom_the_other_host_saw_is_disputed,
          a_disputed_mail_is_recorded_beside_the_first}},
        {"events",
         {of_two_topics_both_take_the_same, no_completed_event_if_the_other_host_published_it,
          learned_data_is_read_before_incomplete_series_are_reported,
          both_may_report_an_incomplete_series, a_host_without_store_reads_its_events_back,
          a_mail_does_not_enter_a_series_that_is_another_authors_here}},
    };
    const TTest *const twice[] = {a_mail_through_both_makes_one_event,
                                  a_topic_is_the_same_on_both_in_the_end,
                                  a_completed_event_if_no_host_had_all_parts};
    Suite *suite = suite_create("hosts learn");

    for (size_t i = 0; i < COUNT(cases); i++) {
        TCase *one = tcase_create(cases[i].name);

        tcase_add_checked_fixture(one, hosts_setup, hosts_teardown);
        for (size_t j = 0; cases[i].tests[j]; j++)
            tcase_add_test(one, cases[i].tests[j]);
        for (size_t j = 0; i == 0 && j < COUNT(twice); j++)
            tcase_add_loop_test(one, twice[j], 0, 2);
        suite_add_tcase(suite, one);
    }
    return suite;
}
