/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_claims.c - mails of which a server or a list replaced what identifies them: Message-IDs that
 * were rewritten, authors who are known only through a list, or not at all; and answers that kept
 * the subject of a posting.
 *
 * The index functions are wrapped (by the linker), so that a test can state what the index is to
 * know of a series and a mail.
 */
#include "test_series.h"

#define LISTED "users.lists.example.net"

/* ---- what the index is to know ------------------------------------------------------------ */

static struct {
    char id[PATCHMARK_ID_SIZE];
    const char *via, *lists;
} stated[8];
static size_t stated_count;
static struct patchmark_known stated_mail;

bool __real_patchmark_index_series(const struct patchmark_message *message, const char *id,
                                   struct patchmark_series *series);
bool __wrap_patchmark_index_series(const struct patchmark_message *message, const char *id,
                                   struct patchmark_series *series);
size_t __real_patchmark_index_find(const struct patchmark_message *message, const char *key,
                                   struct patchmark_series *found, size_t max);
size_t __wrap_patchmark_index_find(const struct patchmark_message *message, const char *key,
                                   struct patchmark_series *found, size_t max);
bool __real_patchmark_index_message(const struct patchmark_message *message, const char *id,
                                    struct patchmark_known *known);
bool __wrap_patchmark_index_message(const struct patchmark_message *message, const char *id,
                                    struct patchmark_known *known);

static void state(struct patchmark_series *series) {
    for (size_t i = 0; i < stated_count; i++)
        if (strcmp(stated[i].id, series->id) == 0) {
            series->via = stated[i].via;
            series->lists = stated[i].lists;
        }
}

bool __wrap_patchmark_index_series(const struct patchmark_message *message, const char *id,
                                   struct patchmark_series *series) {
    bool known = __real_patchmark_index_series(message, id, series);

    if (known)
        state(series);
    return known;
}

size_t __wrap_patchmark_index_find(const struct patchmark_message *message, const char *key,
                                   struct patchmark_series *found, size_t max) {
    size_t count = __real_patchmark_index_find(message, key, found, max);

    for (size_t i = 0; i < count; i++)
        state(&found[i]);
    return count;
}

bool __wrap_patchmark_index_message(const struct patchmark_message *message, const char *id,
                                    struct patchmark_known *known) {
    bool found = __real_patchmark_index_message(message, id, known);

    if (found && stated_mail.how) {
        known->supersedes = stated_mail.supersedes;
        known->how = stated_mail.how;
        known->same_as = stated_mail.same_as;
    }
    return found;
}

/* The author of the series of FOUND is known only through the list VIA, "" if the author posted it;
 * its mails were seen on LISTS. */
static void series_is(const struct found *found, const char *via, const char *lists) {
    ck_assert(stated_count < COUNT(stated));
    memcpy(stated[stated_count].id, found->id, sizeof(found->id));
    stated[stated_count].via = via;
    stated[stated_count++].lists = lists;
}

static void forget_all(void) {
    stated_count = 0;
    stated_mail = (struct patchmark_known){.how = NULL};
    forget();
}

/* ---- replaced Message-IDs ----------------------------------------------------------------- */

/* A mail server wrote new Message-IDs and did not change references: the cover, or part 1, arrived
 * with a Message-ID that no other mail names. */
START_TEST(joins_parts_with_replaced_ids) {
    static const struct {
        const char *why, *first, *first_id, *second, *second_id, *answers;
        int64_t at;
        bool joins;
    } examples[] = {
        {"a cover", "[PATCH 0/2] a b", "AM0@prod", "[PATCH 1/2] c d", "AM1@prod", GIT(1), 1, true},
        {"a part", "[PATCH 1/2] a b", "AM0@prod", "[PATCH 2/2] c d", "AM1@prod", "l@x", 1, true},
        {"git format-patch", "[PATCH 1/2] a b", "AM0@prod", "[PATCH 2/2] c d", "AM1@prod",
         HASH(1) ".1589000000.git." AUTHOR, 12, true},
        {"another total", "[PATCH 0/2] a b", "AM0@prod", "[PATCH 1/3] c d", "AM1@prod", GIT(1), 1,
         false},
        {"another version", "[PATCH 0/2] a b", "AM0@prod", "[PATCH v2 1/2] c d", "AM1@prod", GIT(1),
         1, false},
        {"21 minutes", "[PATCH 0/2] a b", "AM0@prod", "[PATCH 1/2] c d", "AM1@prod", GIT(1),
         21 * MINUTE, false},
        {"a part with a stamp", "[PATCH 0/2] a b", "AM0@prod", "[PATCH 1/2] c d", LATER(2), GIT(1),
         1, false},
        {"a cover with a stamp", "[PATCH 0/2] a b", LATER(1), "[PATCH 1/2] c d", "AM1@prod", GIT(1),
         1, false},
        {"the last part", "[PATCH 2/2] a b", "AM0@prod", "[PATCH 1/2] c d", "AM1@prod", GIT(1), 1,
         false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget_all();

        struct found first = POST(examples[i].first_id, examples[i].first);
        struct found second = POST(examples[i].second_id, examples[i].second,
                                   .answers = examples[i].answers, .at = examples[i].at);

        ck_assert_msg((strcmp(first.id, second.id) == 0) == examples[i].joins, "%s",
                      examples[i].why);
    }
}
END_TEST

/* The further parts answer the same lost mail; those of another series do not. */
START_TEST(joins_all_parts_with_replaced_ids) {
    struct found cover = POST("AM0@prod", "[PATCH 0/3] a b");
    struct found one = POST("AM1@prod", "[PATCH 1/3] c d", .answers = GIT(1), .at = 1);
    struct found other = POST("AM9@prod", "[PATCH 2/3] i j", .answers = LATER(1), .at = 2);
    struct found two = POST("AM2@prod", "[PATCH 2/3] e f", .answers = GIT(1), .at = DAY);
    struct found three = POST("AM3@prod", "[PATCH 3/3] g h", .answers = GIT(1), .at = DAY);

    expect_same(one, cover);
    expect_same(two, cover);
    expect_same(three, cover);
    expect_apart(other, cover);
    ck_assert(mail.series_completed);
    forget_all();
    cover = POST("AM0@prod", "[PATCH 0/3] a b");
    one = POST("AM1@prod", "[PATCH 1/3] c d", .answers = GIT(1), .from = STRANGER, .at = 1);
    expect_apart(one, cover);
}
END_TEST

static struct found post_original(const char *id, const char *original, const char *subject,
                                  const char *answers, const char *from, int64_t at) {
    char raw[2048];

    snprintf(raw, sizeof(raw),
             "From: a <%s>\nSubject: %s\nMessage-ID: <%s>\nX-Microsoft-Original-Message-ID: <%s>\n"
             "%s%s%s\n%s",
             from, subject, id, original, answers ? "In-Reply-To: <" : "", answers ? answers : "",
             answers ? ">\n" : "", DIFF);
    return post_raw(raw, at);
}

/* The server kept the Message-ID in another field: the anchor is the original one. */
START_TEST(reads_original_ids) {
    struct found cover = post_original("AM0@prod", GIT(1), "[PATCH 0/2] a b", NULL, AUTHOR, 0);
    struct found two = post_original("AM2@prod", GIT(3), "[PATCH 2/2] c d", GIT(1), AUTHOR, DAY);
    struct found one = POST("AM1@prod", "[PATCH 1/2] e f", .answers = "AM0@prod", .at = 2 * DAY);
    struct found forged =
        post_original("AM9@prod", GIT(2), "[PATCH 1/2] e f", GIT(1), STRANGER, DAY);

    ck_assert_str_eq(cover.id, anchored("20200509045320.7559-*-" AUTHOR));
    expect_same(two, cover);
    expect_same(one, cover);
    expect_apart(forged, cover);
    forget_all();
    /* Parts wait for either of the two. */
    one = POST("AM1@prod", "[PATCH 1/2] e f", .answers = "0@x");
    cover = post_original("AM0@prod", "0@x", "[PATCH 0/2] a b", NULL, AUTHOR, DAY);
    expect_same(cover, one);
    forget_all();
    one = POST("AM1@prod", "[PATCH 1/2] e f", .answers = "AM0@prod");
    cover = post_original("AM0@prod", "0@x", "[PATCH 0/2] a b", NULL, AUTHOR, DAY);
    expect_same(cover, one);
    forget_all();
    /* Without cover: part 2 answers the original one of part 1. */
    one = post_original("AM1@prod", "1@x", "[PATCH 1/2] a b", NULL, AUTHOR, 0);
    two = post_original("AM2@prod", "2@x", "[PATCH 2/2] c d", "1@x", AUTHOR, DAY);
    expect_same(two, one);
    ck_assert_str_eq(one.id, anchored("1@x"));
}
END_TEST

/* ---- authors who are known only through a list -------------------------------------------- */

/* Posts a mail of which a list rewrote From.  REPLY_TO is what shows the author; NULL if nothing
 * does. */
static struct found post_via(const char *id, const char *subject, const char *answers,
                             const char *reply_to, int64_t at) {
    char raw[2048];

    snprintf(raw, sizeof(raw),
             "From: Somebody via users <users@lists.example.net>\nSubject: %s\nMessage-ID: <%s>\n"
             "List-Id: <" LISTED ">\nList-Post: <mailto:users@lists.example.net>\n"
             "Reply-To: %s\n%s%s%s\n%s",
             subject, id, reply_to ? reply_to : "users@lists.example.net",
             answers ? "In-Reply-To: <" : "", answers ? answers : "", answers ? ">\n" : "",
             strncmp(subject, "Re:", 3) == 0 ? "text\n" : DIFF);
    return post_raw(raw, at);
}

static const char *displaced(void) {
    const char *id = patchmark_fact_string(mail.facts, "series.displaces");

    return id ? id : "";
}

START_TEST(groups_mails_of_one_list) {
    struct found one = post_via("1@x", "[PATCH 1/2] a b", NULL, "Somebody <" AUTHOR ">", 0);

    series_is(&one, LISTED, LISTED);

    struct found other = post_via("1@y", "[PATCH 1/2] c d", NULL, "Somebody <" STRANGER ">", 1);
    struct found two = post_via("2@x", "[PATCH 2/2] e f", NULL, "Somebody <" AUTHOR ">", 2);

    expect_same(two, one);
    expect_apart(other, one);
    ck_assert(!two.malformed);
}
END_TEST

/* The author posted the series: a claim through a list counts if the series is on that list. */
START_TEST(takes_claims_for_series_of_the_list_only) {
    static const struct {
        const char *lists;
        bool joins;
    } examples[] = {{LISTED, true},
                    {"a.example.org " LISTED, true},
                    {"", false},
                    {"a.example.org", false},
                    {"more." LISTED, false}};

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget_all();

        struct found cover = POST(GIT(1), "[PATCH 0/2] a b");

        series_is(&cover, "", examples[i].lists);

        struct found part = post_via(GIT(2), "[PATCH 1/2] c d", GIT(1), "Somebody <" AUTHOR ">", 1);
        struct found reply =
            post_via("r@y", "Re: [PATCH 0/2] a b", GIT(1), "Somebody <" STRANGER ">", 1);

        ck_assert_msg((strcmp(part.id, cover.id) == 0) == examples[i].joins, "%s",
                      examples[i].lists);
        ck_assert_uint_eq(strlen(part.id), 19);
        ck_assert_str_eq(displaced(), "");
        ck_assert_str_eq(reply.id, examples[i].joins ? cover.id : "");
        if (!examples[i].joins)
            ck_assert_str_eq(part.id,
                             anchored("20200509045320.7559-*-" AUTHOR "\n" AUTHOR "\n" LISTED));
    }
}
END_TEST

/* A series that is claimed through another list gives way to the author's own mail. */
START_TEST(gives_way_to_the_author) {
    struct found claimed = post_via(GIT(2), "[PATCH 1/2] a b", NULL, "Somebody <" AUTHOR ">", 0);

    series_is(&claimed, LISTED, LISTED);

    struct found own = POST(GIT(1), "[PATCH 0/2] a b", .list = "own.example.org", .at = 1);

    ck_assert_str_eq(own.id, anchored("20200509045320.7559-*-" AUTHOR));
    ck_assert_str_eq(displaced(),
                     anchored("20200509045320.7559-*-" AUTHOR "\n" AUTHOR "\n" LISTED));
    forget_all();
    /* On the same list, both are one author. */
    claimed = post_via(GIT(2), "[PATCH 1/2] a b", NULL, "Somebody <" AUTHOR ">", 0);
    series_is(&claimed, LISTED, LISTED);
    own = POST(GIT(1), "[PATCH 0/2] a b", .list = LISTED, .at = 1);
    expect_same(own, claimed);
    ck_assert_str_eq(displaced(), "");
    forget_all();
    /* Another author does not displace it. */
    claimed = post_via(GIT(2), "[PATCH 1/2] a b", NULL, "Somebody <" AUTHOR ">", 0);
    series_is(&claimed, LISTED, LISTED);
    own = POST(GIT(1), "[PATCH 0/2] a b", .from = STRANGER, .list = "own.example.org", .at = 1);
    expect_apart(own, claimed);
    ck_assert_str_eq(displaced(), "");
}
END_TEST

/* An author who is not known at all is nobody, not even another one of this kind. */
START_TEST(joins_nobody_whose_address_is_unknown) {
    static const char *const ids[][2] = {{"1@x", "2@x"}, {GIT(1), GIT(2)}, {B4(1), B4(2)}};

    for (size_t i = 0; i < COUNT(ids); i++)
        for (int threaded = 0; threaded < 2; threaded++) {
            forget_all();

            struct found one = post_via(ids[i][0], "[PATCH 1/2] a b", NULL, NULL, 0);
            struct found two =
                post_via(ids[i][1], "[PATCH 2/2] c d", threaded ? ids[i][0] : NULL, NULL, 1);
            struct found own = POST("own@x", "[PATCH 2/2] c d", .answers = ids[i][0], .at = 2);

            expect_apart(one, two);
            expect_apart(own, one);
            ck_assert(!one.malformed && !two.malformed);
        }
    forget_all();

    struct found one = post_via(GIT(2), "[PATCH 1/2] a b", GIT(1), NULL, 0);
    struct found own = POST(GIT(1), "[PATCH 0/2] a b", .at = 1);

    expect_apart(own, one);
    ck_assert_str_eq(own.id, anchored("20200509045320.7559-*-" AUTHOR));
}
END_TEST

/* ---- seen before -------------------------------------------------------------------------- */

/* The facts are those of then, whatever came in between. */
START_TEST(repeats_the_facts_of_then) {
    struct found old = POST("1@x", "[PATCH 0/2] alpha beta");
    struct found first = POST("2@x", "[PATCH v2 0/2] gamma delta", .at = 1);

    POST("3@x", "[PATCH] gamma delta", .body = DIFF, .at = 2);

    struct found again = POST("2@x", "[PATCH v2 0/2] gamma delta", .at = DAY);

    ck_assert_str_eq(first.supersedes, "");
    ck_assert_str_eq(again.supersedes, "");
    ck_assert_str_eq(again.topic, first.topic);
    stated_mail =
        (struct patchmark_known){.supersedes = old.id, .how = "link", .same_as = "s1-other"};
    again = POST("2@x", "[PATCH v2 0/2] gamma delta", .at = DAY);
    ck_assert_str_eq(again.supersedes, old.id);
    ck_assert_str_eq(again.how, "link");
    ck_assert_str_eq(again.same_as, "s1-other");
}
END_TEST

/* ---- answers that kept the subject -------------------------------------------------------- */

START_TEST(recognises_answers_without_prefix) {
    static const struct {
        const char *why, *subject, *answers, *from, *body, *kind;
    } examples[] = {
        {"a review", "[PATCH v2 2/2] c d", "2@x", STRANGER, NULL, "reply"},
        {"the author", "[PATCH v2 2/2] c d", "2@x", AUTHOR, NULL, "reply"},
        {"a review of the cover", "[PATCH v2 0/2] a b", "0@x", STRANGER, NULL, "reply"},
        {"the author, of the cover", "[PATCH v2 0/2] a b", "0@x", AUTHOR, NULL, "reply"},
        {"the version is not stated", "[PATCH 2/2] c d", "2@x", STRANGER, NULL, "reply"},
        {"a diff", "[PATCH v2 2/2] c d", "2@x", STRANGER, DIFF, "patch"},
        {"sent again", "[PATCH RESEND v2 2/2] c d", "2@x", AUTHOR, NULL, "patch"},
        {"a part that replaces it", "[PATCH v2.1 2/2] c d", "2@x", AUTHOR, NULL, "patch"},
        {"the next version", "[PATCH v3 2/2] c d", "2@x", AUTHOR, NULL, "patch"},
        {"another part", "[PATCH v2 1/2] c d", "2@x", AUTHOR, NULL, "patch"},
        {"below another mail", "[PATCH v2 2/2] c d", "0@x", STRANGER, NULL, "patch"},
        {"another cover", "[PATCH v2 0/2] e f", "0@x", AUTHOR, NULL, "cover"},
        {"another total", "[PATCH v2 2/3] c d", "2@x", AUTHOR, NULL, "patch"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget_all();

        struct found cover = POST("0@x", "[PATCH v2 0/2] a b");

        POST("2@x", "[PATCH v2 2/2] c d", .answers = "0@x", .body = DIFF);

        struct found mail_found =
            POST("r@y", examples[i].subject, .answers = examples[i].answers,
                 .from = examples[i].from, .body = examples[i].body, .at = DAY);
        bool reply = strcmp(examples[i].kind, "reply") == 0;

        ck_assert_msg(strcmp(mail_found.kind, examples[i].kind) == 0, "%s: %s", examples[i].why,
                      mail_found.kind);
        if (!reply)
            continue;
        expect_same(mail_found, cover);
        ck_assert_int_eq(mail_found.part, -1);
        ck_assert_int_eq(mail_found.target, examples[i].answers[0] - '0');
        ck_assert_str_eq(mail_found.supersedes, "");
        ck_assert(!mail.series_opened && !mail.series_completed);

        struct found one = POST("1@x", "[PATCH v2 1/2] e f", .answers = "0@x", .at = DAY);

        expect_same(one, cover);
        ck_assert(mail.series_completed);
    }
}
END_TEST

/* The author posts a cover again below the first one, with a tool. */
START_TEST(recognises_covers_that_are_posted_again) {
    struct found old = POST(GIT(1), "[PATCH 0/2] a b");
    struct found again = POST(LATER(1), "[PATCH 0/2] a b", .answers = GIT(1), .at = DAY);
    struct found review = POST("20200509085320.8000-1-" STRANGER, "[PATCH 0/2] a b",
                               .answers = GIT(1), .from = STRANGER, .at = DAY);

    expect_apart(again, old);
    ck_assert_str_eq(again.kind, "cover");
    ck_assert_str_eq(review.kind, "reply");
}
END_TEST

SUITE(claims_suite) {
    const struct cases cases[] = {
        {"ids",
         {joins_parts_with_replaced_ids, joins_all_parts_with_replaced_ids, reads_original_ids}},
        {"lists",
         {groups_mails_of_one_list, takes_claims_for_series_of_the_list_only,
          gives_way_to_the_author, joins_nobody_whose_address_is_unknown}},
        {"seen", {repeats_the_facts_of_then}},
        {"answers", {recognises_answers_without_prefix, recognises_covers_that_are_posted_again}},
    };

    return cases_suite("claims", cases, COUNT(cases), 60);
}
