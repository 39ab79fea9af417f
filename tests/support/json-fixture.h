/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-fixture.h - a mail with given facts, and the JSON that is expected for it.
 *
 * Expected JSON is written with ' for ", and compared as values, so the order of keys is free.
 */
#ifndef JSON_FIXTURE_H
#define JSON_FIXTURE_H

#include "pipeline/annotate.h"
#include "pipeline/event.h"
#include "pipeline/json.h"
#include "pipeline/series-view.h"
#include "store/outbox.h"
#include "support/facts-fixture.h"

#include <jansson.h>

#define RAW                                                                        \
    "From: A B <a@example.org>\nDate: Tue, 14 Nov 2023 23:13:19 +0100\nTo: \"L\" " \
    "<L@example.org>\n"                                                            \
    "Message-ID: <1@example.org>\nIn-Reply-To: <0@example.org>\n"                  \
    "List-Id: <kvm.example.org>\nSubject: =?utf-8?q?caf=C3=A9?= \"x\"\n\nbody\n"
#define SERIES "s1-aaaaaaaaaaaaaaaa"
#define WHEN   1700000000 /* 2023-11-14 22:13:20 UTC */

static inline json_t *parse(const char *text) {
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    ck_assert_msg(value != NULL, "%s: %s", error.text, text);
    return value;
}

/* Returns, for free(3), the CloudEvent of host.example.org with these attributes and DATA, which it
 * frees. */
static inline char *composed(const char *type, const char *id, const char *subject, char *data) {
    char source[JSON_SOURCE_SIZE], *json;

    json_event_source("host.example.org", source);
    json =
        json_event_compose(&(struct outbox_event){.id = id,
                                                  .type = type,
                                                  .subject = subject,
                                                  .source = source,
                                                  .data = data,
                                                  .data_length = strlen(data),
                                                  .time = WHEN,
                                                  .sequence = 4711,
                                                  .list = patchmark_message_list(fixture.message),
                                                  .series = fixture.series ? SERIES : ""},
                           false);
    free(data);
    return json;
}

/* Returns the CloudEvent of an event of the fixture's mail, for free(3). */
static inline char *composed_of(const struct mail_event *event) {
    return composed(event->type, event->id,
                    event->series ? event->series->row.id : patchmark_message_id(fixture.message),
                    json_event_data(&fixture, event));
}

/* Does the same for a test of the data alone, whose series need not agree with its mail: the short
 * id keeps it from tools/check-events. */
static inline char *composed_invented(const struct mail_event *event) {
    return composed(event->type, "invented",
                    event->series ? event->series->row.id : patchmark_message_id(fixture.message),
                    json_event_data(&fixture, event));
}

/* Checks that TEXT is one line without control bytes and has the same JSON value as EXPECTED_TEXT.
 * Frees TEXT. */
static inline void check_json(char *text, const char *expected_text) {
    char *quoted = strdup(expected_text);
    json_t *found, *expected;

    ck_assert_ptr_nonnull(text);
    for (const char *at = text; *at; at++)
        ck_assert((unsigned char)*at >= ' ');
    for (char *at = quoted; (at = strchr(at, '\'')); at++)
        *at = '"';
    found = parse(text);
    expected = parse(quoted);
    ck_assert_msg(json_equal(found, expected), "found    %s\nexpected %s", text, quoted);
    json_decref(found);
    json_decref(expected);
    free(quoted);
    free(text);
}

static inline const char *member(json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static inline void setup(void) {
    fixture_setup();
    fixture_mail(RAW);
}

static inline void set_patch(void) {
    set_string("kind.kind", "patch");
    set_string("kind.confidence", "high");
    set_string("subject.title", "caf\xc3\xa9");
    set_bool("subject.patch", true);
    add_word("subject.tree", "net-next");
    add_word("subject.flags", "rfc");
    set_bool("patch.present", true);
    add_word("patch.files", "a/b.c");
    add_word("patch.files", "c d.h");
    set_int("patch.insertions", 3);
    set_int("patch.deletions", 0);
    set_string("patch.author", "author@example.org");
    set_string("patch.id", "0123456789abcdef0123456789abcdef01234567");
    add_word("patch.flags", "has-diff");
    set_string("series.id", SERIES);
    set_int("series.version", 3);
    set_int("series.part", 2);
    set_int("series.total", 5);
    set_string("series.topic", "t1-aaaaaaaaaaaaaaaa");
    add_word("mine.labels", "kvm");
}

/* Derives the events of the mail.  OPENED is true if it is the first mail of its series. */
static inline void derive(bool opened) {
    fixture.series_opened = opened;
    event_derive(&fixture);
}

/* What `patchmark classify` prints of the mail of a patch, without header fields and events. */
#define FACTS                                                                             \
    "'message_id':'1@example.org','kind':'patch','author':'author@example.org',"          \
    "'list':{'id':'kvm.example.org'},'lists':['kvm.example.org'],'subject':'caf\xc3\xa9 " \
    "\\u0022x\\u0022','title':'caf\xc3\xa9',"                                             \
    "'tree':['net-next'],'series':{'id':'" SERIES "','version':3,'part':2,'total':5,"     \
    "'topic':'t1-aaaaaaaaaaaaaaaa'},'confidence':'high','flags':['rfc','has-diff'],"      \
    "'has_diff':true,'in_reply_to':'0@example.org',"                                      \
    "'patch_id':'0123456789abcdef0123456789abcdef01234567','files':['a/b.c','c d.h'],"    \
    "'insertions':3,'deletions':0,'labels':['kvm'],'facts':{'mine.labels':['kvm']}"

/* ---- a series ------------------------------------------------------------------------------ */

static struct series_view fixture_series;
static const struct index_member fixture_parts[] = {
    {.part = 0,
     .message_id = "0@example.org",
     .title = "dim it",
     .author = "a@example.org",
     .patch_id = ""},
    {.part = 2,
     .message_id = "1@example.org",
     .title = "caf\xc3\xa9",
     .author = "author@example.org",
     .patch_id = "0123456789abcdef0123456789abcdef01234567"}};

/* A series with the id ID of which cover and part 2 of 3 were seen. */
static inline struct series_view series_of(const char *id) {
    return (struct series_view){.row = {.id = id,
                                        .topic = "t1-aaaaaaaaaaaaaaaa",
                                        .author = "a@example.org",
                                        .version = 3,
                                        .total = 3,
                                        .opened = WHEN - 60,
                                        .changed = WHEN,
                                        .via = "",
                                        .lists = "kvm.example.org lkml.example.org",
                                        .title = "dim it",
                                        .submitter_name = "A B",
                                        .patch_author = "a@example.org",
                                        .patch_author_name = "A B",
                                        .revision = "",
                                        .flags = "rfc",
                                        .tree = "net-next",
                                        .title_part = 0,
                                        .base_commit = "",
                                        .change_id = "",
                                        .prerequisites = "",
                                        .labels = "",
                                        .supersedes = "",
                                        .how = "",
                                        .replaces = "",
                                        .superseded_by = "",
                                        .state = INDEX_STATE_OPEN},
                                .whole = true,
                                .parts = fixture_parts,
                                .part_count = 2};
}

/* Makes the mail one of the series SERIES, for all events that are derived next. */
static inline void set_series(void) {
    fixture_series = series_of(SERIES);
    fixture.series = &fixture_series;
}

/* Sets the series of the events that were derived. */
static inline void series_fill(void) {
    for (size_t i = 0; i < fixture.event_count; i++)
        if (strncmp(fixture.events[i].type, "patchmark.series.", 17) == 0)
            fixture.events[i].series = &fixture_series;
}

/* series_of(SERIES) as JSON; REST follows the state. */
#define SERIES_JSON(id, state, rest)                                                              \
    "{'id':'" id "','topic':'t1-aaaaaaaaaaaaaaaa','title':'dim it',"                              \
    "'author':{'name':'A B','address':'a@example.org'},"                                          \
    "'submitter':{'name':'A B','address':'a@example.org'},'version':3,'total':3,'flags':['rfc']," \
    "'tree':['net-next'],'lists':['kvm.example.org','lkml.example.org'],"                         \
    "'opened':'2023-11-14T22:12:20Z','changed':'2023-11-14T22:13:20Z','parts':["                  \
    "{'part':0,'message_id':'0@example.org','title':'dim it'},{'part':2,"                         \
    "'message_id':'1@example.org','title':'caf\xc3\xa9',"                                         \
    "'patch_id':'0123456789abcdef0123456789abcdef01234567'}],'missing':[1,3],'state':'" state     \
    "'" rest "}"
#define SHORT(part)                                                               \
    "'series':{'id':'" SERIES "','topic':'t1-aaaaaaaaaaaaaaaa','version':3," part \
    "'total':3,'title':'dim it','author':{'name':'A B','address':'a@example.org'}}"

/* The object "message" of the fixture's mail, without its kind. */
#define MESSAGE                                                                    \
    "'id':'1@example.org','subject':'caf\xc3\xa9 \\u0022x\\u0022',"                \
    "'sender':{'name':'A B','address':'a@example.org'},"                           \
    "'date':'2023-11-14T23:13:19+01:00','received':'2023-11-14T22:13:19Z',"        \
    "'to':[{'name':'L','address':'l@example.org'}],'in_reply_to':'0@example.org'," \
    "'lists':['kvm.example.org']"
/* Of a patch (set_patch), as all events of the mail have it. */
#define PATCH                                                                                  \
    MESSAGE ",'kind':'patch','confidence':'high','flags':['rfc','has-diff'],'labels':['kvm']," \
            "'title':'caf\xc3\xa9','tree':['net-next'],'version':3,'part':2,"                  \
            "'author':{'address':'author@example.org'}"
/* What message.seen has besides. */
#define PATCH_FACTS                                                           \
    "'has_diff':true,'files':['a/b.c','c d.h'],'insertions':3,'deletions':0," \
    "'patch_id':'0123456789abcdef0123456789abcdef01234567','facts':{'mine.labels':['kvm']}"

#endif
