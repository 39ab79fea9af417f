/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_strangers.c - what a stranger writes never changes the series of another: a table of mails,
 * one row for each field and claim.
 *
 * The author posts a cover and three parts, the last of them late.  The stranger's mail arrives
 * before all of them, or after the second part; it may also arrive twice.
 */
#include "test_series.h"

#include "pipeline/event-types.h"
#include "pipeline/json.h"

#define TOTAL 3
#define LATE  3 /* number of the part that arrives late */

/* The author's Message-IDs, in two forms. */
static const char *const runs[][TOTAL + 1] = {
    {GIT(1), GIT(2), GIT(3), GIT(4)},
    {"0@x", "1@x", "2@x", "3@x"},
};

#define FROM   "From: Stranger <" STRANGER ">\n"
#define OWN    "Message-ID: <9@y>\n"
#define PART   "Subject: [PATCH v2 3/3] gamma three\n"
#define BELOW  "In-Reply-To: <{0}>\nReferences: <{0}>\n"
#define LISTED "List-Id: <x.example.net>\nList-Post: <mailto:x@example.net>\n"
#define VIA    "From: Author via x <x@example.net>\n" LISTED
#define DIFFED "\n" DIFF

enum { AFTER = 1, BEFORE = 2, BOTH = 3 };

/* RAW has {N} in place of the author's Message-IDs.  If the stranger is the first to name one, or
 * uses a stamp of the author (TAKES), then the author's series has another id than otherwise, but
 * is whole. */
static const struct {
    const char *why, *raw;
    int when;
    bool takes;
} tries[] = {
    /* what identifies the sender */
    {"From, display name", "From: " AUTHOR " <" STRANGER ">\n" OWN PART BELOW DIFFED, BOTH, false},
    {"From, comment", "From: " STRANGER " (" AUTHOR ")\n" OWN PART BELOW DIFFED, BOTH, false},
    {"From, \" via \"", "From: Author via x <" STRANGER ">\n" OWN PART BELOW DIFFED, BOTH, false},
    {"From, \" via \" and Reply-To",
     "From: Author via x <" STRANGER ">\nReply-To: Author <" AUTHOR ">\n" OWN PART BELOW DIFFED,
     BOTH, false},
    {"From, two addresses", "From: " STRANGER ", " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH, false},
    {"Reply-To", FROM "Reply-To: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH, false},
    {"Cc", FROM "Cc: Stranger <" AUTHOR ">\n" OWN PART BELOW DIFFED, BOTH, false},
    {"X-Original-From", FROM "X-Original-From: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH, false},
    {"X-Original-Sender", FROM "X-Original-Sender: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH,
     false},
    {"Original-From", FROM "Original-From: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH, false},
    {"Sender", FROM "Sender: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH, false},
    {"Resent-From", FROM "Resent-From: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH, false},
    {"Return-Path", "Return-Path: <" AUTHOR ">\n" FROM OWN PART BELOW DIFFED, BOTH, false},
    {"in-body From", FROM OWN PART BELOW "\nFrom: Author <" AUTHOR ">\n" DIFFED, BOTH, false},
    {"no From", OWN PART BELOW DIFFED, BOTH, false},
    {"an empty From", "From: <>\n" OWN PART BELOW DIFFED, BOTH, false},
    /* a list that is said to have rewritten From */
    {"a list, no trace", VIA OWN PART BELOW DIFFED, BOTH, false},
    {"List-Id, List-Post", FROM LISTED OWN PART BELOW DIFFED, BOTH, false},
    /* Message-IDs and threads */
    {"a Message-ID that was seen", FROM "Message-ID: <{1}>\n" PART BELOW DIFFED, AFTER, true},
    {"the cover's Message-ID", FROM "Message-ID: <{0}>\nSubject: [PATCH v2 0/3] alpha\n" DIFFED,
     AFTER, true},
    {"a later Message-ID of the run",
     FROM "Message-ID: <20200509045320.7559-9-" AUTHOR ">\n" PART BELOW DIFFED, BOTH, true},
    {"no Message-ID", FROM PART BELOW DIFFED, BOTH, false},
    {"In-Reply-To", FROM OWN PART "In-Reply-To: <{0}>\n" DIFFED, BOTH, false},
    {"References", FROM OWN PART "References: <{0}> <{1}> <{2}>\n" DIFFED, BOTH, false},
    {"below the part that is missing", FROM OWN PART "In-Reply-To: <{3}>\n" DIFFED, BOTH, false},
    {"X-Microsoft-Original-Message-ID",
     FROM "X-Microsoft-Original-Message-ID: <{3}>\n" OWN PART BELOW DIFFED, BOTH, true},
    {"a wrapped mail",
     FROM OWN PART "MIME-Version: 1.0\nContent-Type: message/rfc822\n\nFrom: " AUTHOR
                   "\nMessage-ID: <{3}>\n" PART BELOW DIFFED,
     BOTH, true},
    /* numbers */
    {"the missing part, not threaded", FROM OWN PART DIFFED, BOTH, false},
    {"part 0", FROM OWN "Subject: [PATCH v2 0/3] alpha\n" BELOW "\ntext\n", BOTH, false},
    {"part 0, not threaded", FROM OWN "Subject: [PATCH v2 0/3] alpha\n\ntext\n", BOTH, false},
    {"an added patch", FROM OWN "Subject: [PATCH v2 4/3] delta\n" BELOW DIFFED, BOTH, false},
    {"another total", FROM OWN "Subject: [PATCH v2 1/1] delta\n" BELOW DIFFED, BOTH, false},
    {"a part without diff", FROM OWN PART "In-Reply-To: <{2}>\n\ntext\n", BOTH, false},
    /* versions */
    {"the same title, version 3", FROM OWN "Subject: [PATCH v3 0/3] alpha one\n\ntext\n", BOTH,
     false},
    {"version 3 below the cover", FROM OWN "Subject: [PATCH v3 0/3] alpha one\n" BELOW "\ntext\n",
     BOTH, false},
    {"RESEND", FROM OWN "Subject: [PATCH RESEND v2 0/3] alpha one\n" BELOW "\ntext\n", BOTH, false},
    {"a part that is replaced", FROM OWN "Subject: [PATCH v2.1 2/3] gamma two\n" BELOW DIFFED, BOTH,
     false},
    {"the same patch", FROM OWN "Subject: [PATCH v3] gamma one\n" DIFFED, BOTH, false},
    {"change-id",
     FROM OWN "Subject: [PATCH v3] delta\n\ntext\n\nchange-id: 20200509-a-0123456789ab\n" DIFF,
     BOTH, false},
    {"base-commit, prerequisite-patch-id",
     FROM OWN "Subject: [PATCH v3] delta\n" DIFFED
              "\nbase-commit: 0123456789abcdef0123456789abcdef01234567\n"
              "prerequisite-patch-id: 0123456789abcdef0123456789abcdef01234567\n",
     BOTH, false},
    /* words about the series */
    {"Patchmark fields",
     FROM "Patchmark-Series: {s}\nPatchmark-Topic: {t}\nPatchmark-Part: 3/3\n" OWN PART DIFFED,
     BOTH, false},
    {"Obsoletes in a reply",
     FROM OWN "Subject: Re: [PATCH v2 0/3] alpha one\n" BELOW "\nObsoletes: <{0}>\n", BOTH, false},
    {"a tag in the author's name",
     FROM OWN "Subject: Re: [PATCH v2 2/3] gamma two\n"
              "In-Reply-To: <{2}>\n\nReviewed-by: A <" AUTHOR ">\n",
     BOTH, false},
    {"applied", FROM OWN "Subject: Re: [PATCH v2 0/3] alpha one\n" BELOW "\nApplied, thanks!\n",
     BOTH, false},
    {"a cover without tag", FROM "Message-ID: <{0}>\nSubject: alpha one\n\ntext\n", AFTER, true},
    {"a pull request", FROM OWN "Subject: [GIT PULL v2 0/3] alpha one\n" BELOW "\ntext\n", BOTH,
     false},
};

/* ---- the mails ---------------------------------------------------------------------------- */

/* What the author's series is without the stranger. */
struct whole {
    char id[PATCHMARK_ID_SIZE], topic[PATCHMARK_ID_SIZE];
};

/* Replaces the placeholders in RAW. */
static void raw_write(FILE *file, const char *raw, const char *const ids[TOTAL + 1],
                      const struct whole *whole) {
    for (; *raw; raw++) {
        if (raw[0] != '{' || !raw[1] || raw[2] != '}') {
            fputc(*raw, file);
            continue;
        }
        fputs(raw[1] == 's' ? whole->id : raw[1] == 't' ? whole->topic : ids[raw[1] - '0'], file);
        raw += 2;
    }
}

/* Returns true if an event of the current mail about a series names ID. */
static bool event_names(const char *id) {
    for (size_t i = 0; i < mail.event_count; i++) {
        AUTO(free) char *data = json_event_data(&mail, &mail.events[i]);

        if (strncmp(mail.events[i].type, "patchmark.series.", 17) == 0 && strstr(data, id))
            return true;
    }
    return false;
}

/* Returns true if the author's series may have another id because of try I, which comes first. */
static bool takes_id(size_t i) {
    return tries[i].takes || strstr(tries[i].raw, "<{");
}

/* Posts the stranger's mail, and checks that it is no member of the author's series, which has the
 * id of WHOLE unless BEFORE is true and the stranger takes that. */
static struct found stranger_posts(size_t i, const char *const ids[TOTAL + 1],
                                   const struct whole *whole, bool before, int64_t at) {
    AUTO(free) char *raw = NULL;
    struct found found;
    size_t size;
    FILE *file = open_memstream(&raw, &size);

    raw_write(file, tries[i].raw, ids, whole);
    fclose(file);
    found = post_raw(raw, at);
    if (before && takes_id(i))
        return found;
    ck_assert_msg(found.part < 0 || strcmp(found.id, whole->id) != 0, "%s: is a part",
                  tries[i].why);
    ck_assert_msg(strcmp(found.supersedes, whole->id) != 0, "%s: supersedes", tries[i].why);
    ck_assert_msg(strcmp(found.same_as, whole->id) != 0, "%s: is the same", tries[i].why);
    ck_assert_msg(!event_names(whole->id), "%s: an event", tries[i].why);
    return found;
}

static struct found author_posts(const char *const ids[TOTAL + 1], int part) {
    static const char *const subjects[] = {"[PATCH v2 0/3] alpha one", "[PATCH v2 1/3] gamma one",
                                           "[PATCH v2 2/3] gamma two",
                                           "[PATCH v2 3/3] gamma three"};

    return POST(ids[part], subjects[part], .answers = part ? ids[0] : NULL,
                .body = part ? DIFF : NULL, .at = part == LATE ? DAY : part);
}

/* Posts the rest of the author's series and its next version, and checks that nothing changed. */
static void series_check(size_t i, const char *const ids[TOTAL + 1], int from,
                         const struct whole *whole, const struct found *stranger, bool before) {
    char id[PATCHMARK_ID_SIZE] = "";
    struct found found, next;

    for (int part = from; part <= TOTAL; part++) {
        found = author_posts(ids, part);
        if (!*id)
            memcpy(id, found.id, sizeof(id));
        ck_assert_msg(strcmp(found.id, id) == 0, "%s: part %d", tries[i].why, part);
        ck_assert_msg(strcmp(found.topic + 3, id + 3) == 0, "%s: topic", tries[i].why);
        ck_assert_msg(*found.supersedes == '\0', "%s: supersedes", tries[i].why);
    }
    ck_assert_msg(strcmp(id, whole->id) == 0 || (before && takes_id(i)), "%s: id", tries[i].why);
    ck_assert_msg(stranger->part < 0 || strcmp(stranger->id, id) != 0, "%s: mixed", tries[i].why);
    ck_assert_msg(mail.series_completed, "%s: not complete", tries[i].why);
    ck_assert_uint_eq(mail.member_count, TOTAL + 1);
    next = POST("n@x", "[PATCH v4 0/3] alpha one", .at = 2 * DAY);
    ck_assert_msg(strcmp(next.supersedes, id) == 0, "%s: next version", tries[i].why);
}

static struct whole whole_of(const char *const ids[TOTAL + 1]) {
    struct whole whole;
    struct found found = {.part = -1};

    forget();
    for (int part = 0; part <= TOTAL; part++)
        found = author_posts(ids, part);
    ck_assert(mail.series_completed);
    memcpy(whole.id, found.id, sizeof(whole.id));
    memcpy(whole.topic, found.topic, sizeof(whole.topic));
    return whole;
}

START_TEST(changes_nothing_after_the_author) {
    for (size_t run = 0; run < COUNT(runs); run++) {
        struct whole whole = whole_of(runs[run]);

        for (size_t i = 0; i < COUNT(tries); i++) {
            if (!(tries[i].when & AFTER))
                continue;
            forget();
            for (int part = 0; part < LATE; part++)
                author_posts(runs[run], part);
            stranger_posts(i, runs[run], &whole, false, HOUR);

            struct found stranger = stranger_posts(i, runs[run], &whole, false, 2 * HOUR);

            series_check(i, runs[run], LATE, &whole, &stranger, false);
        }
    }
}
END_TEST

START_TEST(changes_nothing_before_the_author) {
    for (size_t run = 0; run < COUNT(runs); run++) {
        struct whole whole = whole_of(runs[run]);

        for (size_t i = 0; i < COUNT(tries); i++) {
            if (!(tries[i].when & BEFORE))
                continue;
            forget();

            struct found stranger = stranger_posts(i, runs[run], &whole, true, -1);

            series_check(i, runs[run], 0, &whole, &stranger, true);
        }
    }
}
END_TEST

SUITE(strangers_suite) {
    const struct cases cases[] = {
        {"strangers", {changes_nothing_after_the_author, changes_nothing_before_the_author}},
    };

    return cases_suite("strangers", cases, COUNT(cases), 120);
}
