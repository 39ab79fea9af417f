/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_series.h - what the tests of this plugin share: the classifiers of the program, a store in
 * memory, and functions that write a mail, classify it and read the result.
 */
#ifndef TEST_SERIES_H
#define TEST_SERIES_H

#include "store/store.h"
#include "support/support.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define AUTHOR   "author@example.org"
#define STRANGER "stranger@example.com"
#define START    INT64_C(1589000000) /* 9 May 2020: when the first mail is received */
#define MINUTE   60
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)

#define ANSWERED_MAX 16

/* Message-IDs of two runs of git send-email, and of b4; HASH is the start of one of git
 * format-patch.
 */
#define GIT(counter)   "20200509045320.7559-" #counter "-" AUTHOR
#define LATER(counter) "20200509085320.8000-" #counter "-" AUTHOR
#define HASH(digit)    "0123456789abcdef0123456789abcdef0123456" #digit
#define B4(counter)    "20200509-slug-v1-" #counter "-0123456789ab@x"

/* A minimal diff. */
#define DIFF                                                                           \
    "text\n---\ndiff --git a/x b/x\nindex 0123456..789abcd 100644\n--- a/x\n+++ b/x\n" \
    "@@ -1 +1 @@\n-one\n+two\n"

struct patchmark_plugin *kind_plugin(void);
struct patchmark_plugin *patch_plugin(void);
struct patchmark_plugin *pull_plugin(void);
struct patchmark_plugin *series_plugin(void);
struct patchmark_plugin *subject_plugin(void);
struct patchmark_plugin *trailers_plugin(void);

static struct pipeline *pipeline;
static struct store *store;
static struct mail mail;
static bool explained; /* the mails are explained */

/* ---- a mail ------------------------------------------------------------------------------- */

struct post {
    const char *id, *subject;
    const char *answers; /* ids, the nearest first, separated by spaces; NULL if none */
    const char *from;    /* NULL for AUTHOR */
    const char *list;    /* NULL if none */
    const char *body;    /* NULL for a line of prose */
    int64_t at;          /* seconds after START */
};

/* The facts of a mail, and the number of its events. */
struct found {
    char id[PATCHMARK_ID_SIZE], topic[PATCHMARK_ID_SIZE], supersedes[PATCHMARK_ID_SIZE];
    char same_as[PATCHMARK_ID_SIZE], how[16], scope[8], kind[16], adopts[256];
    int64_t version, part, total, target; /* -1 if not set */
    bool malformed, seen_before;
    size_t events;
};

static inline void found_copy(char *to, size_t size, const char *fact) {
    snprintf(to, size, "%s", fact ? fact : "");
}

static inline struct found found_read(void) {
    const struct patchmark_facts *facts = mail.facts;
    struct found found = {.version = patchmark_fact_int(facts, "series.version", -1),
                          .part = patchmark_fact_int(facts, "series.part", -1),
                          .total = patchmark_fact_int(facts, "series.total", -1),
                          .target = patchmark_fact_int(facts, "series.target", -1),
                          .seen_before = mail.seen_before,
                          .events = mail.event_count};

    found_copy(found.id, sizeof(found.id), patchmark_fact_string(facts, "series.id"));
    found_copy(found.topic, sizeof(found.topic), patchmark_fact_string(facts, "series.topic"));
    found_copy(found.supersedes, sizeof(found.supersedes),
               patchmark_fact_string(facts, "series.supersedes"));
    found_copy(found.how, sizeof(found.how), patchmark_fact_string(facts, "series.how"));
    found_copy(found.scope, sizeof(found.scope), patchmark_fact_string(facts, "series.scope"));
    found_copy(found.adopts, sizeof(found.adopts), patchmark_fact_string(facts, "series.adopts"));
    found_copy(found.same_as, sizeof(found.same_as),
               patchmark_fact_item(facts, "series.same_as", 0));
    found_copy(found.kind, sizeof(found.kind), patchmark_fact_string(facts, "kind.kind"));
    for (size_t i = 0; i < mail.flags.count; i++)
        found.malformed |= strcmp(mail.flags.words[i], "malformed") == 0;
    return found;
}

/* Classifies a mail that was received AT seconds after START. */
static inline struct found post_raw(const char *raw, int64_t at) {
    support_read(&mail, raw, START + at);
    mail.explained = explained;
    pipeline_run(pipeline, store, &mail);
    return found_read();
}

/* Writes In-Reply-To with the nearest id, and References with all, the nearest last. */
static inline void answers_write(FILE *file, const char *answers) {
    char copy[4096], *ids[ANSWERED_MAX], *state;
    size_t count = 0;

    snprintf(copy, sizeof(copy), "%s", answers);
    for (char *id = strtok_r(copy, " ", &state); id; id = strtok_r(NULL, " ", &state)) {
        ck_assert(count < ANSWERED_MAX);
        ids[count++] = id;
    }
    if (count == 0)
        return;
    fprintf(file, "In-Reply-To: <%s>\nReferences:", ids[0]);
    while (count > 0)
        fprintf(file, "\n <%s>", ids[--count]);
    fprintf(file, "\n");
}

static inline struct found post(const struct post *post) {
    AUTO(free) char *raw = NULL;
    size_t size;
    FILE *file = open_memstream(&raw, &size);

    ck_assert_ptr_nonnull(file);
    fprintf(file, "From: Somebody <%s>\nSubject: %s\n", post->from ? post->from : AUTHOR,
            post->subject);
    if (post->id)
        fprintf(file, "Message-ID: <%s>\n", post->id);
    if (post->answers)
        answers_write(file, post->answers);
    if (post->list)
        fprintf(file, "List-Id: <%s>\n", post->list);
    fprintf(file, "\n%s", post->body ? post->body : "A line of prose.\n");
    fclose(file);
    return post_raw(raw, post->at);
}

/* POST(message id, subject, .answers = ..., .at = ...) */
#define POST(message_id, title, ...) \
    post(&(struct post){.id = (message_id), .subject = (title), __VA_ARGS__})

/* Returns the series id of an anchor. */
static inline const char *anchored(const char *anchor) {
    static char id[PATCHMARK_ID_SIZE];

    patchmark_id("s1-", support_text(anchor), id);
    return id;
}

/* ---- expectations ------------------------------------------------------------------------- */

#define expect_numbers(found, v, k, n)          \
    do {                                        \
        ck_assert_int_eq((found).version, (v)); \
        ck_assert_int_eq((found).part, (k));    \
        ck_assert_int_eq((found).total, (n));   \
    } while (0)

#define expect_same(one, other)                  \
    do {                                         \
        ck_assert_uint_eq(strlen((one).id), 19); \
        ck_assert_str_eq((one).id, (other).id);  \
    } while (0)

#define expect_apart(one, other)                   \
    do {                                           \
        ck_assert_uint_eq(strlen((one).id), 19);   \
        ck_assert_uint_eq(strlen((other).id), 19); \
        ck_assert_str_ne((one).id, (other).id);    \
    } while (0)

/* NEW supersedes OLD; the fact `how` is SIGN. */
#define expect_supersedes(new, old, sign)             \
    do {                                              \
        ck_assert_str_eq((new).topic, (old).topic);   \
        ck_assert_str_eq((new).supersedes, (old).id); \
        ck_assert_str_eq((new).how, (sign));          \
        ck_assert_str_ne((new).id, (old).id);         \
    } while (0)

/* NEW is a version of the work of OLD, and supersedes nothing. */
#define expect_same_topic(new, old)                 \
    do {                                            \
        ck_assert_str_eq((new).topic, (old).topic); \
        ck_assert_str_eq((new).supersedes, "");     \
        ck_assert_str_eq((new).scope, "");          \
    } while (0)

#define expect_other_work(one, other)                 \
    do {                                              \
        ck_assert_uint_eq(strlen((one).topic), 19);   \
        ck_assert_str_ne((one).topic, (other).topic); \
        ck_assert_str_eq((one).supersedes, "");       \
    } while (0)

/* ---- fixtures ----------------------------------------------------------------------------- */

/* Empties the store. */
static inline void forget(void) {
    store_close(store);
    store = store_open(NULL);
    ck_assert_ptr_nonnull(store);
}

/* Makes the pipeline of a host whose patchmark.conf has the lines of CONFIGURATION. */
static inline void host_make(const char *configuration) {
    struct patchmark_plugin *plugins[] = {
        subject_plugin(),  patch_plugin(), pull_plugin(), series_plugin(),
        trailers_plugin(), kind_plugin(),  NULL};

    pipeline = pipeline_new(support_configuration(configuration, plugins));
    ck_assert_ptr_nonnull(pipeline);
}

static inline void setup(void) {
    support_mail_init(&mail);
    host_make("");
    forget();
}

static inline void teardown(void) {
    mail_free(&mail);
    pipeline_release(pipeline);
    store_close(store);
    store = NULL;
}

/* ---- running ------------------------------------------------------------------------------ */

struct cases {
    const char *name;
    const TTest *tests[12];
};

static inline Suite *cases_suite(const char *name, const struct cases *cases, size_t count,
                                 double seconds) {
    Suite *suite = suite_create(name);

    for (size_t i = 0; i < count; i++) {
        TCase *one = tcase_create(cases[i].name);

        tcase_add_checked_fixture(one, setup, teardown);
        tcase_set_timeout(one, seconds);
        for (size_t j = 0; cases[i].tests[j]; j++)
            tcase_add_test(one, cases[i].tests[j]);
        suite_add_tcase(suite, one);
    }
    return suite;
}

#endif
