/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_forgery.c - mails of other senders that claim to belong to a series, and mails that are
 * malformed or have extreme numbers, lengths or times.
 */
#include "test_series.h"

/* ---- forgery ------------------------------------------------------------------------------ */

/* A series of one author in several forms: the Message-IDs of the cover and the parts. */
static const struct {
    const char *why, *ids[3];
} shapes[] = {
    {"no stamps", {"0@x", "1@x", "2@x"}},
    {"git send-email", {GIT(1), GIT(2), GIT(3)}},
    {"b4", {B4(0), B4(1), B4(2)}},
    {"git format-patch",
     {"cover.1589000000.git." AUTHOR, HASH(1) ".1589000000.git." AUTHOR,
      HASH(2) ".1589000001.git." AUTHOR}},
};

static struct found author_posts(size_t shape, int part) {
    static const char *const subjects[] = {"[PATCH v2 0/2] a b", "[PATCH v2 1/2] c d",
                                           "[PATCH v2 2/2] e f"};
    const char *const *ids = shapes[shape].ids;

    return POST(ids[part], subjects[part], .answers = part > 0 ? ids[0] : NULL, .body = DIFF,
                .at = part);
}

/* The mail of another sender: MESSAGE, 0 to 2, is the number of the mail whose Message-ID it uses,
 * -1 for one of its own; ANSWERS is the number of the mail that it answers, -1 for none. */
static const struct {
    const char *why, *subject, *own;
    int message, answers;
} tries[] = {
    {"the cover's id", "[PATCH v2 0/2] a b", NULL, 0, -1},
    {"a part's id", "[PATCH v2 1/2] c d", NULL, 1, -1},
    {"a part's id, in the thread", "[PATCH v2 1/2] c d", NULL, 1, 0},
    {"the last part's id, in the thread", "[PATCH v2 2/2] e f", NULL, 2, 0},
    {"an answer to the cover", "[PATCH v2 2/2] e f", "9@y", -1, 0},
    {"an answer to a part", "[PATCH v2 2/2] e f", "9@y", -1, 1},
    {"an added patch", "[PATCH v2 3/2] e f", "9@y", -1, 0},
    {"a cover below the cover", "[PATCH v2 0/2] a b", "9@y", -1, 0},
    {"the same subject at the same time", "[PATCH v2 2/2] e f", "9@y", -1, -1},
    {"git's stamp", "[PATCH v2 2/2] e f", GIT(3), -1, -1},
    {"git's stamp, in the thread", "[PATCH v2 2/2] e f", GIT(3), -1, 0},
    {"git's stamp, a cover", "[PATCH v2 0/2] a b", GIT(1), -1, -1},
    {"git's stamp, no number", "[PATCH] e f", GIT(1), -1, -1},
    {"b4's stamp", "[PATCH v2 2/2] e f", B4(2), -1, -1},
    {"b4's stamp, in the thread", "[PATCH v2 2/2] e f", B4(2), -1, 0},
    {"git's second", "[PATCH v2 2/2] e f", HASH(3) ".1589000000.git." AUTHOR, -1, 0},
    {"a gateway's mark", "[PATCH v2 2/2] e f", "05EE29151DC406FF+2@x", -1, 0},
    {"a gateway's mark on the cover's id", "[PATCH v2 0/2] a b", "05EE29151DC406FF+0@x", -1, -1},
};

static struct found stranger_posts(size_t shape, size_t i) {
    const char *const *ids = shapes[shape].ids;

    return POST(tries[i].message < 0 ? tries[i].own : ids[tries[i].message], tries[i].subject,
                .answers = tries[i].answers < 0 ? NULL : ids[tries[i].answers], .from = STRANGER,
                .body = DIFF, .at = 1);
}

/* The forged mail arrives after some mails of the author: the author's ids are the same as without
 * it. */
START_TEST(keeps_other_senders_out) {
    for (size_t shape = 0; shape < COUNT(shapes); shape++) {
        struct found real[3];

        forget();
        for (int part = 0; part < 3; part++)
            real[part] = author_posts(shape, part);
        for (size_t i = 0; i < COUNT(tries); i++)
            for (int before = 1; before <= 3; before++) {
                struct found forged, again;
                bool known = false;

                forget();
                for (int part = 0; part < before; part++) {
                    again = author_posts(shape, part);
                    known |= tries[i].message == part;
                    ck_assert_str_eq(again.id, real[part].id);
                }
                known |=
                    before == 3 && tries[i].own && shape == 1 && strcmp(tries[i].own, GIT(3)) == 0;
                forged = stranger_posts(shape, i);
                ck_assert_msg(strcmp(forged.id, real[0].id) != 0, "%s, %s, after %d mails",
                              shapes[shape].why, tries[i].why, before);
                ck_assert_uint_eq(strlen(forged.id), 19);
                ck_assert_str_ne(forged.topic, real[0].topic);
                ck_assert(!known || forged.malformed);
                for (int part = before; part < 3; part++) {
                    again = author_posts(shape, part);
                    /* A Message-ID belongs to the sender who uses it first. */
                    ck_assert_msg(again.malformed || strcmp(again.id, real[part].id) == 0,
                                  "%s, %s, part %d after %d mails", shapes[shape].why, tries[i].why,
                                  part, before);
                    ck_assert_str_ne(again.id, forged.id);
                }
                again = POST("4@x", "[PATCH v2 3/2] g h", .answers = shapes[shape].ids[0],
                             .body = DIFF, .at = DAY);
                ck_assert_str_eq(again.id, real[0].id);
            }
    }
}
END_TEST

/* The forged mail arrives before the author's: the author's ids may change, but the forged mail has
 * none of them. */
START_TEST(keeps_series_apart_if_a_forged_mail_comes_first) {
    for (size_t shape = 0; shape < COUNT(shapes); shape++)
        for (size_t i = 0; i < COUNT(tries); i++) {
            struct found forged, real[3];
            const char *id = NULL;

            forget();
            forged = stranger_posts(shape, i);
            for (int part = 0; part < 3; part++) {
                real[part] = author_posts(shape, part);
                ck_assert_msg(strcmp(real[part].id, forged.id) != 0, "%s, %s, part %d",
                              shapes[shape].why, tries[i].why, part);
                ck_assert_str_ne(real[part].topic, forged.topic);
                /* All parts with a Message-ID that was not forged are one series. */
                if (real[part].malformed)
                    continue;
                ck_assert_msg(!id || strcmp(real[part].id, id) == 0, "%s, %s, part %d",
                              shapes[shape].why, tries[i].why, part);
                id = real[part].id;
            }
            ck_assert_ptr_nonnull(id);
        }
}
END_TEST

/* A mail with the Message-ID of another one does not replace it. */
START_TEST(a_forged_id_replaces_nothing) {
    struct found real = POST("1@x", "[PATCH 1/2] a b");
    struct found forged = POST("1@x", "[PATCH v9 2/2] c d", .from = STRANGER, .list = "z.example");
    struct index_message known;

    ck_assert(forged.malformed);
    ck_assert(!real.malformed);
    /* Which of the two is forged is unknown, so each has events: seen, posted, opened. */
    ck_assert_uint_eq(forged.events, 3);
    expect_apart(real, forged);
    store_begin(store);
    ck_assert(index_find_message(store, "1@x", &known));
    ck_assert_str_eq(known.sender, AUTHOR);
    ck_assert_str_eq(known.series, real.id);
    ck_assert_int_eq(known.part, 1);
    store_commit(store);
    struct found again = POST("1@x", "[PATCH 1/2] a b");

    expect_same(again, real);
    ck_assert(!again.malformed);
}
END_TEST

/* The sender of an answer cannot enter the series with a posting that has the same Message-ID. */
START_TEST(never_makes_an_answer_a_part) {
    struct found real = POST("1@x", "[PATCH 1/2] a b");
    struct found answer = POST("r@y", "Re: [PATCH 1/2] a b", .answers = "1@x", .from = STRANGER);
    struct found forged = POST("r@y", "[PATCH 2/2] a b", .answers = "1@x", .from = STRANGER);

    expect_same(answer, real);
    expect_apart(forged, real);
    ck_assert(forged.malformed);
}
END_TEST

/* A mail of another sender never becomes the cover of a series. */
START_TEST(adopts_no_cover_of_another_sender) {
    POST("0@x", "an announcement");
    struct found forged = POST("1@y", "[PATCH 1/2] a b", .answers = "0@x", .from = STRANGER);
    struct found real = POST("1@x", "[PATCH 1/2] a b", .answers = "0@x");

    ck_assert_str_eq(forged.adopts, "");
    ck_assert_str_eq(real.adopts, "0@x");
    expect_apart(forged, real);
    forget();
    real = POST("1@x", "[PATCH 1/2] a b", .answers = "0@x");
    forged = POST("0@x", "an announcement", .from = STRANGER);
    ck_assert_str_eq(forged.id, "");
}
END_TEST

/* A part that waits for a mail of another sender does not join it. */
START_TEST(ignores_waiting_parts_of_other_senders) {
    struct found forged = POST("1@y", "[PATCH 1/2] a b", .answers = "0@x", .from = STRANGER);
    struct found real = POST("0@x", "[PATCH 0/2] a b");
    struct found part = POST("1@x", "[PATCH 1/2] a b", .answers = "0@x", .at = DAY);
    struct found more = POST("2@y", "[PATCH 2/2] a b", .answers = "1@y", .from = STRANGER);
    struct found reply = POST("r@z", "Re: [PATCH 1/2] a b", .answers = "1@x 0@x");

    expect_apart(forged, real);
    expect_same(part, real);
    expect_same(more, forged);
    expect_same(reply, real);
}
END_TEST

/* ---- broken threads ----------------------------------------------------------------------- */

START_TEST(survives_loops) {
    struct found self = POST("1@x", "[PATCH 1/2] a b", .answers = "1@x 1@x");
    struct found next = POST("2@x", "[PATCH 2/2] c d", .answers = "1@x 2@x", .at = DAY);

    ck_assert_str_eq(self.id, anchored("1@x"));
    expect_same(next, self);
    forget();
    struct found one = POST("1@x", "[PATCH 1/3] a b", .answers = "2@x 3@x");
    struct found two = POST("2@x", "[PATCH 2/3] c d", .answers = "3@x 1@x", .at = DAY);
    struct found three = POST("3@x", "[PATCH 3/3] e f", .answers = "1@x 2@x", .at = 2 * DAY);

    expect_same(two, one);
    expect_same(three, one);
    forget();
    one = POST("1@x", "Re: a b", .answers = "2@x 1@x");
    two = POST("2@x", "Re: a b", .answers = "1@x 2@x");
    ck_assert_str_eq(one.id, "");
    ck_assert_str_eq(two.id, "");
}
END_TEST

/* Message-IDs of 10 KB are cut, in the same way in every header. */
START_TEST(survives_long_ids) {
    static char id[10 * 1024 + 8], raw[40 * 1024];
    struct found cover, part, reply;

    memset(id, 'a', sizeof(id) - 1);
    memcpy(id + sizeof(id) - 4, "@x", 3);
    snprintf(raw, sizeof(raw),
             "From: a <" AUTHOR ">\nSubject: [PATCH 0/2] a b\nMessage-ID: <%s>\n\n", id);
    cover = post_raw(raw, 0);
    ck_assert_uint_eq(strlen(cover.id), 19);
    snprintf(raw, sizeof(raw),
             "From: a <" AUTHOR ">\nSubject: [PATCH 1/2] a b\nMessage-ID: <1@x>\n"
             "In-Reply-To: <%s>\nReferences: <%s>\n\n",
             id, id);
    part = post_raw(raw, DAY);
    expect_same(part, cover);
    reply = POST("r@y", "Re: [PATCH 1/2] a b", .answers = "1@x");
    expect_same(reply, cover);
}
END_TEST

/* 10,000 references: the newest count. */
START_TEST(survives_many_references) {
    struct found cover = POST("0@x", "[PATCH 0/2] a b");
    char *raw = NULL;
    size_t size;

    for (int last = 0; last < 2; last++) {
        FILE *file = open_memstream(&raw, &size);

        fprintf(file,
                "From: a <" AUTHOR ">\nSubject: [PATCH %d/2] a b\nMessage-ID: <%d@x>\n"
                "References:%s",
                last + 1, last + 1, last ? "" : " <0@x>");
        for (int i = 0; i < 9999; i++)
            fprintf(file, "\n <%x@y>", i);
        fprintf(file, "%s\n\ntext\n", last ? "\n <0@x>" : "");
        fclose(file);

        struct found part = post_raw(raw, DAY);

        free(raw);
        ck_assert_uint_eq(strlen(part.id), 19);
        ck_assert_int_eq(strcmp(part.id, cover.id) == 0, last);
    }
}
END_TEST

/* ---- extreme numbers ---------------------------------------------------------------------- */

START_TEST(survives_extreme_numbers) {
    static const struct {
        const char *subject;
        int64_t version, part, total;
    } examples[] = {
        {"[PATCH 0/0] a b", 1, 1, 1}, /* no number: a single patch */
        {"[PATCH 5/0] a b", 1, 1, 1},
        {"[PATCH 99999/3] a b", 1, 99999, 3},
        {"[PATCH 999999999/999999999] a b", 1, 999999999, 999999999},
        {"[PATCH 1/9999999999] a b", 1, 1, 1},
        {"[PATCH v1000000000 1/2] a b", 1, 1, 2},
        {"[PATCH v999999999 1/2] a b", 999999999, 1, 2},
        {"[PATCH v0 1/2] a b", 0, 1, 2},
        {"[PATCH -1/3] a b", 1, 1, 3},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char id[32];

        snprintf(id, sizeof(id), "%zu@x", i);

        struct found found = POST(id, examples[i].subject, .body = DIFF, .at = (int64_t)i * DAY);

        ck_assert_msg(found.version == examples[i].version && found.part == examples[i].part &&
                          found.total == examples[i].total,
                      "%s: v%" PRId64 " %" PRId64 "/%" PRId64, examples[i].subject, found.version,
                      found.part, found.total);
        ck_assert_str_eq(found.id, anchored(id));
    }
}
END_TEST

static size_t members;

static void member_count(void *argument, const struct index_member *member) {
    (void)argument, (void)member;
    members++;
}

START_TEST(takes_series_of_500) {
    for (int stamped = 0; stamped < 2; stamped++) {
        const char *cover_id = stamped ? GIT(1) : "0@x";
        struct found cover = {.part = -1};
        size_t completed = 0;

        forget();
        /* Every mail once, starting in the middle, so that the cover is not first. */
        for (int i = 0; i < 501; i++) {
            int part = (i * 7 + 300) % 501;
            char id[64], subject[64];
            struct found found;

            if (stamped)
                snprintf(id, sizeof(id), "20200509045320.7559-%d-" AUTHOR, part + 1);
            else
                snprintf(id, sizeof(id), "%d@x", part);
            snprintf(subject, sizeof(subject), "[PATCH v2 %03d/500] title %d", part, part);
            found = POST(id, subject, .answers = part ? cover_id : NULL, .at = i * HOUR);
            if (i == 0)
                cover = found;
            expect_same(found, cover);
            expect_numbers(found, 2, part, 500);
            completed += mail.series_completed;
        }
        ck_assert_uint_eq(completed, 1);
        members = 0;
        store_begin(store);
        ck_assert_int_eq(index_walk_members(store, cover.id, member_count, NULL), 0);
        store_commit(store);
        ck_assert_uint_eq(members, 501);
    }
}
END_TEST

/* ---- clocks, senders ---------------------------------------------------------------------- */

START_TEST(survives_clocks_30_years_off) {
    static const int64_t seconds[] = {-30 * 365 * DAY, 0, 30 * 365 * DAY, -START};

    for (size_t i = 0; i < COUNT(seconds); i++)
        for (size_t j = 0; j < COUNT(seconds); j++) {
            forget();

            struct found one = POST("1@x", "[PATCH 1/2] a b", .at = seconds[i]);
            struct found two = POST("2@x", "[PATCH 2/2] c d", .at = seconds[j]);
            struct found cover = POST("0@x", "[PATCH 0/3] a b", .at = seconds[i]);
            struct found part = POST("3@x", "[PATCH 1/3] c d", .answers = "0@x", .at = seconds[j]);

            if (i == j)
                expect_same(two, one);
            else
                expect_apart(two, one);
            expect_same(part, cover); /* in a thread, the time does not matter */
        }
}
END_TEST

/* Received has no time, and Date has an invalid one. */
START_TEST(survives_dates) {
    static const char *const dates[] = {"", "nonsense", "Fri, 31 Dec 9999 23:59:59 +0000",
                                        "Mon, 01 Jan 0001 00:00:00 +0000",
                                        "Sat, 09 May 99999999999 04:53:20 +0000"};

    for (size_t i = 0; i < COUNT(dates); i++) {
        char raw[512];

        snprintf(raw, sizeof(raw),
                 "From: a <" AUTHOR ">\nDate: %s\nSubject: [PATCH %zu/9] a b\n"
                 "Message-ID: <%zu@x>\n\n",
                 dates[i], i + 1, i);

        struct found found =
            post_raw(raw, -START - 1); /* time of receipt -1: as the mail states it */

        ck_assert_uint_eq(strlen(found.id), 19);
    }
}
END_TEST

/* Mails without sender never join the series of an author. */
START_TEST(survives_mails_without_sender) {
    struct found real = POST(GIT(1), "[PATCH 1/3] a b");
    struct found none =
        post_raw("Subject: [PATCH 2/3] a b\nMessage-ID: <" GIT(2) ">\n"
                                                                  "In-Reply-To: <" GIT(1) ">\n\n",
                 1);
    struct found empty = post_raw("From:\nSubject: [PATCH 3/3] a b\nMessage-ID: <3@x>\n"
                                  "In-Reply-To: <" GIT(1) ">\n\n",
                                  2);

    expect_apart(none, real);
    expect_apart(empty, real);
}
END_TEST

/* Senders and titles that are longer than any key. */
START_TEST(survives_long_senders_and_titles) {
    static char word[3000], raw[16 * 1024];

    memset(word, 'w', sizeof(word) - 1);
    for (int part = 0; part < 3; part++) {
        snprintf(raw, sizeof(raw),
                 "From: <%s@example.org>\nSubject: [PATCH %d/2] %s %s\nMessage-ID: <%d@x>\n%s\n"
                 "  %s %s\n",
                 word, part, word, word, part, part ? "In-Reply-To: <0@x>\n" : "", word, word);

        struct found found = post_raw(raw, 0);

        ck_assert_str_eq(found.id, anchored("0@x"));
    }
}
END_TEST

SUITE(forgery_suite) {
    const struct cases cases[] = {
        {"strangers",
         {keeps_other_senders_out, keeps_series_apart_if_a_forged_mail_comes_first,
          a_forged_id_replaces_nothing, never_makes_an_answer_a_part,
          adopts_no_cover_of_another_sender, ignores_waiting_parts_of_other_senders}},
        {"threads", {survives_loops, survives_long_ids, survives_many_references}},
        {"numbers", {survives_extreme_numbers, takes_series_of_500}},
        {"senders",
         {survives_clocks_30_years_off, survives_dates, survives_mails_without_sender,
          survives_long_senders_and_titles}},
    };

    return cases_suite("forgery", cases, COUNT(cases), 120);
}
