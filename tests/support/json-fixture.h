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
#include "store/outbox.h"
#include "support/facts-fixture.h"

#include <jansson.h>

#define RAW                                                                                  \
    "From: A B <a@example.org>\nMessage-ID: <1@example.org>\nIn-Reply-To: <0@example.org>\n" \
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
    json = json_event_compose(&(struct outbox_event){.id = id,
                                                     .type = type,
                                                     .subject = subject,
                                                     .source = source,
                                                     .data = data,
                                                     .data_length = strlen(data),
                                                     .time = WHEN},
                              false);
    free(data);
    return json;
}

/* Returns the CloudEvent of an event of the fixture's mail, for free(3). */
static inline char *composed_of(const struct mail_event *event) {
    return composed(event->type, event->id, patchmark_message_id(fixture.message),
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

/* The data that events of the mail of a patch have: COMMON is in series.opened and message.seen. */
#define COMMON                                                                            \
    "'message_id':'1@example.org','kind':'patch','author':'author@example.org',"          \
    "'list':{'id':'kvm.example.org'},'lists':['kvm.example.org'],'subject':'caf\xc3\xa9 " \
    "\\u0022x\\u0022','title':'caf\xc3\xa9',"                                             \
    "'tree':['net-next'],'series':{'id':'" SERIES "','version':3,'part':2,'total':5,"     \
    "'topic':'t1-aaaaaaaaaaaaaaaa'}"
#define FACTS                                                                                     \
    COMMON ",'confidence':'high','flags':['rfc','has-diff'],'has_diff':true,"                     \
           "'in_reply_to':'0@example.org','patch_id':'0123456789abcdef0123456789abcdef01234567'," \
           "'files':['a/b.c','c "                                                                 \
           "d.h'],'insertions':3,'deletions':0,'labels':['kvm'],'facts':{'mine.labels':['kvm']}"

#endif
