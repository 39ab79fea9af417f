/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_strangers.c - what a stranger writes never changes the series of another: a table of mails,
 * one row for each field and claim.
 *
 * The author posts a cover and three parts, the last of them or the cover late.  The stranger's
 * mail arrives before all of them, or before the late one; it may also arrive twice.
 */
#include "test_series.h"

#include "pipeline/event-types.h"
#include "pipeline/json.h"
#include "pipeline/series-view.h"

#define TOTAL 3

#define CHANGE    "change-id: 20200509-a-0123456789ab\n"
#define BASE      "base-commit: 0123456789abcdef0123456789abcdef01234567\n"
#define REQUIRES  "prerequisite-patch-id: 0123456789abcdef0123456789abcdef01234567\n"
#define CHANGE_ID "text\n\n" CHANGE BASE REQUIRES

/* The author's Message-IDs, in two forms, the text of his cover, and whether that arrives last. */
static const struct run {
    const char *ids[TOTAL + 1], *cover;
    bool cover_late;
} runs[] = {
    {{GIT(1), GIT(2), GIT(3), GIT(4)}, NULL, false},
    {{"0@x", "1@x", "2@x", "3@x"}, NULL, false},
    {{"0@x", "1@x", "2@x", "3@x"}, CHANGE_ID, false},
    {{"0@x", "1@x", "2@x", "3@x"}, NULL, true},
};

#define FROM   "From: Stranger <" STRANGER ">\n"
#define OWN    "Message-ID: <9@y>\n"
#define PART   "Subject: [PATCH v2 3/3] gamma three\n"
#define BELOW  "In-Reply-To: <{0}>\nReferences: <{0}>\n"
#define LISTED "List-Id: <x.example.net>\nList-Post: <mailto:x@example.net>\n"
#define VIA    "From: Author via x <x@example.net>\n" LISTED
#define DIFFED "\n" DIFF

/* A list that rewrites From and forwards the author's mail as a whole. */
#define WRAPPED                                                        \
    VIA OWN "Subject: [PATCH v2 3/3] gamma three\nMIME-Version: 1.0\n" \
            "Content-Type: message/rfc822\n\nFrom: Author <" AUTHOR ">\n"

/* A host of readers, and one with the list whose address the stranger writes; his client is not
 * local there, so the list did not write it. */
static const struct host {
    const char *configuration;
    bool local;
} hosts[] = {
    {"", true},
    {"list \"x.example.net\" { address = \"x@example.net\" }", false},
};

enum { AFTER = 1, BEFORE = 2, BOTH = 3 };

/* RAW has {N} in place of the author's Message-IDs, {3} for that of his late mail.  If the stranger
 * is the first to name one, or uses a stamp of the author (TAKES), then the author's series has
 * another id than otherwise, but is whole. */
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
    {"a list, Reply-To", VIA "Reply-To: Author <" AUTHOR ">\n" OWN PART BELOW DIFFED, BOTH, false},
    {"a list, Reply-To, not threaded", VIA "Reply-To: Author <" AUTHOR ">\n" OWN PART DIFFED, BOTH,
     false},
    {"a list, Cc", VIA "Cc: Author <" AUTHOR ">\n" OWN PART BELOW DIFFED, BOTH, false},
    {"a list, X-Original-From", VIA "X-Original-From: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH,
     false},
    {"a list, X-Original-Sender", VIA "X-Original-Sender: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH,
     false},
    {"a list, Original-From", VIA "Original-From: " AUTHOR "\n" OWN PART BELOW DIFFED, BOTH, false},
    {"a list that writes the author's address into its own",
     "From: Author <author=example.org@x.example.net>\n" LISTED OWN PART BELOW DIFFED, BOTH, false},
    {"a list, an added patch",
     VIA "X-Original-From: " AUTHOR "\n" OWN "Subject: [PATCH v2 4/3] delta\n" BELOW DIFFED, BOTH,
     false},
    {"a list, a cover",
     VIA "X-Original-From: " AUTHOR "\n" OWN "Subject: [PATCH v2 0/3] alpha one\n\ntext\n", BOTH,
     false},
    {"a list, a higher version",
     VIA "X-Original-From: " AUTHOR "\n" OWN "Subject: [PATCH v3 0/3] alpha one\n\ntext\n", BOTH,
     false},
    {"a list, the Message-ID of the part to come",
     VIA "X-Original-From: " AUTHOR "\nMessage-ID: <{3}>\n" PART BELOW
         "\nA text with which this mail is no copy of the author's mail.\n" DIFF,
     BOTH, true},
    {"a list, the Message-ID of the cover",
     VIA "X-Original-From: " AUTHOR
         "\nMessage-ID: <{0}>\nSubject: [PATCH v2 0/3] alpha one\n\ntext of another mail\n",
     BEFORE, true}, /* later, it is taken for a copy of the cover, and is not recorded */
    {"a list, a part with a change-id",
     VIA "X-Original-From: " AUTHOR "\n" OWN PART BELOW
         "\ntext\n\nchange-id: 20200509-b-0123456789ab\n" DIFF,
     BOTH, false},
    {"a list, a cover with a change-id",
     VIA "X-Original-From: " AUTHOR "\nMessage-ID: <{0}>\nSubject: [PATCH v2 0/3] alpha one\n\n"
         "text\n\nSupersedes: <8@y>\nchange-id: 20200509-b-0123456789ab\n",
     BEFORE, true},
    {"a list, a tag in the author's name",
     VIA "X-Original-From: " AUTHOR "\n" OWN "Subject: Re: [PATCH v2 2/3] gamma two\n"
         "In-Reply-To: <{2}>\n\nReviewed-by: A <" AUTHOR ">\n",
     BOTH, false},
    {"a list, the author's mail wrapped", WRAPPED "Message-ID: <8@y>\n" PART BELOW DIFFED, BOTH,
     false},
    {"a list, the author's part to come, wrapped", WRAPPED "Message-ID: <{3}>\n" PART BELOW DIFFED,
     BOTH, true},
    {"\" via \" with the fields of a list, From is not its address",
     "From: Author via x <" STRANGER ">\n" LISTED "Reply-To: Author <" AUTHOR
     ">\nCc: Author <" AUTHOR ">\nX-Original-From: " AUTHOR "\nX-Original-Sender: " AUTHOR
     "\n" OWN PART BELOW DIFFED,
     BOTH, false},
    {"List-Post of another domain than List-Id",
     "From: Author via x <" STRANGER ">\nReply-To: Author <" AUTHOR ">\n"
     "List-Id: <x.example.net>\nList-Post: <mailto:" STRANGER ">\n" OWN PART BELOW DIFFED,
     BOTH, false},
    {"List-Id, List-Post", FROM LISTED OWN PART BELOW DIFFED, BOTH, false},
    /* Message-IDs and threads */
    {"a Message-ID that was seen", FROM "Message-ID: <{1}>\n" PART BELOW DIFFED, AFTER, true},
    {"the cover's Message-ID", FROM "Message-ID: <{0}>\nSubject: [PATCH v2 0/3] alpha\n" DIFFED,
     AFTER, true},
    {"a later Message-ID of the run",
     FROM "Message-ID: <20200509045320.7559-9-" AUTHOR ">\n" PART BELOW DIFFED, BOTH, true},
    {"the Message-ID of the part to come", FROM "Message-ID: <{3}>\n" PART BELOW DIFFED, BOTH,
     true},
    {"the Message-ID of the part to come, not threaded", FROM "Message-ID: <{3}>\n" PART DIFFED,
     BOTH, true},
    {"the Message-ID of the part to come, a question",
     FROM "Message-ID: <{3}>\nSubject: a question\n\ntext\n", BOTH, true},
    {"the Message-ID of the part to come, an answer",
     FROM "Message-ID: <{3}>\nSubject: Re: [PATCH v2 0/3] alpha one\n" BELOW "\ntext\n", BOTH,
     true},
    {"the cover's Message-ID, first",
     FROM "Message-ID: <{0}>\nSubject: [PATCH v2 0/3] alpha\n" DIFFED, BEFORE, true},
    {"a part's Message-ID, first", FROM "Message-ID: <{1}>\n" PART BELOW DIFFED, BEFORE, true},
    {"no Message-ID", FROM PART BELOW DIFFED, BOTH, false},
    {"In-Reply-To", FROM OWN PART "In-Reply-To: <{0}>\n" DIFFED, BOTH, false},
    {"References", FROM OWN PART "References: <{0}> <{1}> <{2}>\n" DIFFED, BOTH, false},
    {"below the part that is missing", FROM OWN PART "In-Reply-To: <{3}>\n" DIFFED, BOTH, false},
    {"X-Microsoft-Original-Message-ID",
     FROM "X-Microsoft-Original-Message-ID: <{3}>\n" OWN PART BELOW DIFFED, BOTH, true},
    {"X-Microsoft-Original-Message-ID of the cover",
     FROM "X-Microsoft-Original-Message-ID: <{0}>\n" OWN
          "Subject: [PATCH v2 0/3] alpha one\n\ntext\n",
     BOTH, true},
    {"X-Microsoft-Original-Message-ID of the cover, a part",
     FROM "X-Microsoft-Original-Message-ID: <{0}>\n" OWN PART DIFFED, BOTH, true},
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
    {"change-id", FROM OWN "Subject: [PATCH v3] delta\n\ntext\n\n" CHANGE DIFF, BOTH, false},
    {"change-id of the same version",
     FROM OWN "Subject: [PATCH v2 0/3] alpha one\n\ntext\n\n" CHANGE, BOTH, false},
    {"change-id, the same title, version 3",
     FROM OWN "Subject: [PATCH v3 0/3] alpha one\n\ntext\n\n" CHANGE, BOTH, false},
    {"Supersedes, a field",
     FROM OWN "Supersedes: <{0}>\nSubject: [PATCH v3 0/3] alpha one\n\ntext\n", BOTH, false},
    {"Obsoletes, a field", FROM OWN "Obsoletes: <{0}>\nSubject: [PATCH v3 0/3] alpha one\n\ntext\n",
     BOTH, false},
    {"Supersedes in a posting", FROM OWN "Subject: [PATCH v3 0/3] alpha one\n\nSupersedes: <{0}>\n",
     BOTH, false},
    {"Obsoletes in a posting", FROM OWN "Subject: [PATCH v3] delta\n\nObsoletes: <{0}>\n" DIFF,
     BOTH, false},
    {"a link in a posting",
     FROM OWN "Subject: [PATCH v3 0/3] alpha one\n\n"
              "Changes since v2: https://lore.kernel.org/r/{0}\n"
              "v2: https://lore.kernel.org/all/{0}/\n",
     BOTH, false},
    {"a link in a posting, and in-body From",
     FROM OWN "Subject: [PATCH v3] gamma one\n\nFrom: Author <" AUTHOR ">\n\n"
              "v2: https://lore.kernel.org/all/{0}/\n" DIFF,
     BOTH, false},
    {"RESEND, in-body From",
     FROM OWN "Subject: [RESEND PATCH v2 1/3] gamma one\n\nFrom: Author <" AUTHOR ">\n" DIFFED,
     BOTH, false},
    {"base-commit, prerequisite-patch-id",
     FROM OWN "Subject: [PATCH v3] delta\n" DIFFED "\n" BASE REQUIRES, BOTH, false},
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
static void raw_write(FILE *file, const char *raw, const struct run *run,
                      const struct whole *whole) {
    for (; *raw; raw++) {
        if (raw[0] != '{' || !raw[1] || raw[2] != '}') {
            fputc(*raw, file);
            continue;
        }
        if (raw[1] == 's' || raw[1] == 't')
            fputs(raw[1] == 's' ? whole->id : whole->topic, file);
        else
            fputs(run->ids[run->cover_late && raw[1] == '3' ? 0 : raw[1] - '0'], file);
        raw += 2;
    }
}

/* Returns true if an event of the current mail about a series names ID, or ascribes a tag in it to
 * the author. */
static bool event_names(const char *id) {
    for (size_t i = 0; i < mail.event_count; i++) {
        AUTO(free) char *data = json_event_data(&mail, &mail.events[i]);

        if (!strstr(data, id))
            continue;
        if (strncmp(mail.events[i].type, "patchmark.series.", 17) == 0 ||
            strstr(data, "\"from_sender\":true"))
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
static struct found stranger_posts(size_t i, const struct host *host, const struct run *run,
                                   const struct whole *whole, bool before, int64_t at) {
    AUTO(free) char *raw = NULL;
    struct found found;
    size_t size;
    FILE *file = open_memstream(&raw, &size);

    raw_write(file, tries[i].raw, run, whole);
    fclose(file);
    support_read(&mail, raw, START + at);
    mail.local = host->local;
    pipeline_run(pipeline, store, &mail);
    found = found_read();
    if (before && takes_id(i))
        return found;
    ck_assert_msg(found.part < 0 || strcmp(found.id, whole->id) != 0, "%s: is a part",
                  tries[i].why);
    ck_assert_msg(strcmp(found.supersedes, whole->id) != 0, "%s: supersedes", tries[i].why);
    ck_assert_msg(strcmp(found.same_as, whole->id) != 0, "%s: is the same", tries[i].why);
    ck_assert_msg(!event_names(whole->id), "%s: an event", tries[i].why);
    return found;
}

/* Posts mail I of the author, in the order of arrival. */
static struct found author_posts(const struct run *run, int i) {
    static const char *const subjects[] = {"[PATCH v2 0/3] alpha one", "[PATCH v2 1/3] gamma one",
                                           "[PATCH v2 2/3] gamma two",
                                           "[PATCH v2 3/3] gamma three"};
    int part = run->cover_late ? (i + 1) % (TOTAL + 1) : i;

    return POST(run->ids[part], subjects[part], .answers = part ? run->ids[0] : NULL,
                .body = part ? DIFF : run->cover, .at = i == TOTAL ? DAY : i);
}

/* Posts the rest of the author's series and its next version, and checks that nothing changed. */
static void series_check(size_t i, const struct run *run, int from, const struct whole *whole,
                         const struct found *stranger, bool before) {
    char id[PATCHMARK_ID_SIZE] = "";
    struct found found, next;
    bool completed = run->cover_late && from == TOTAL; /* before the cover */
    size_t members = completed ? TOTAL : 0;
    bool gave_way = false; /* what a list ascribed to the author has another id now */

    for (int n = from; n <= TOTAL; n++) {
        found = author_posts(run, n);
        gave_way = gave_way || patchmark_fact_is_set(mail.facts, "series.displaces");
        if (!*id)
            memcpy(id, found.id, sizeof(id));
        ck_assert_msg(strcmp(found.id, id) == 0, "%s: mail %d", tries[i].why, n);
        completed = completed || mail.series_completed;
        members += mail.series_completed ? mail.series->part_count : 0;
        /* A topic is that of the first posting, or of its change-id. */
        ck_assert_msg(strcmp(found.topic, whole->topic) == 0 ||
                          (!run->cover && strcmp(found.topic + 3, id + 3) == 0),
                      "%s: topic", tries[i].why);
        ck_assert_msg(*found.supersedes == '\0', "%s: supersedes", tries[i].why);
    }
    ck_assert_msg(strcmp(id, whole->id) == 0 || (before && takes_id(i)), "%s: id", tries[i].why);
    ck_assert_msg(gave_way || stranger->part < 0 || strcmp(stranger->id, id) != 0, "%s: mixed",
                  tries[i].why);
    ck_assert_msg(completed, "%s: not complete", tries[i].why);
    ck_assert_uint_eq(members, run->cover_late ? TOTAL : TOTAL + 1);
    next = POST("n@x", "[PATCH v4 0/3] alpha one", .at = 2 * DAY);
    ck_assert_msg(strcmp(next.supersedes, id) == 0, "%s: next version", tries[i].why);
}

static struct whole whole_of(const struct run *run) {
    struct whole whole;
    struct found found = {.part = -1};

    forget();
    for (int i = 0; i <= TOTAL; i++)
        found = author_posts(run, i);
    ck_assert(mail.series_completed != run->cover_late);
    memcpy(whole.id, found.id, sizeof(whole.id));
    memcpy(whole.topic, found.topic, sizeof(whole.topic));
    return whole;
}

/* The mail of try I arrives twice, before the last mail of the author. */
static void after_check(size_t i, const struct host *host, const struct run *run,
                        const struct whole *whole) {
    struct found stranger;

    forget();
    for (int n = 0; n < TOTAL; n++)
        author_posts(run, n);
    stranger_posts(i, host, run, whole, false, HOUR);
    stranger = stranger_posts(i, host, run, whole, false, 2 * HOUR);
    series_check(i, run, TOTAL, whole, &stranger, false);
}

static void before_check(size_t i, const struct host *host, const struct run *run,
                         const struct whole *whole) {
    struct found stranger;

    forget();
    stranger = stranger_posts(i, host, run, whole, true, -1);
    series_check(i, run, 0, whole, &stranger, true);
}

/* Runs CHECK for the tries that are made at the time WHEN, for each run on the host with the number
 * HOST. */
static void tries_run(size_t host, int when,
                      void (*check)(size_t, const struct host *, const struct run *,
                                    const struct whole *)) {
    pipeline_release(pipeline);
    host_make(hosts[host].configuration);
    for (size_t run = 0; run < COUNT(runs); run++) {
        struct whole whole = whole_of(&runs[run]);

        for (size_t i = 0; i < COUNT(tries); i++)
            if (tries[i].when & when)
                check(i, &hosts[host], &runs[run], &whole);
    }
}

START_TEST(changes_nothing_after_the_author) {
    tries_run(0, AFTER, after_check);
}
END_TEST

START_TEST(changes_nothing_before_the_author) {
    tries_run(0, BEFORE, before_check);
}
END_TEST

START_TEST(changes_nothing_after_the_author_on_a_list_server) {
    tries_run(1, AFTER, after_check);
}
END_TEST

START_TEST(changes_nothing_before_the_author_on_a_list_server) {
    tries_run(1, BEFORE, before_check);
}
END_TEST

SUITE(strangers_suite) {
    const struct cases cases[] = {
        {"readers", {changes_nothing_after_the_author, changes_nothing_before_the_author}},
        {"list server",
         {changes_nothing_after_the_author_on_a_list_server,
          changes_nothing_before_the_author_on_a_list_server}},
    };

    return cases_suite("strangers", cases, COUNT(cases), 120);
}
