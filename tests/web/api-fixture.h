/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-fixture.h - a store with series that a test records, and requests to the API that reads it.
 */
#ifndef API_FIXTURE_H
#define API_FIXTURE_H

#include "support/support.h"

#include "store/index.h"
#include "store/outbox.h"
#include "web/api.h"

#include <jansson.h>

#define START INT64_C(1700000000) /* 2023-11-14 22:13:20 UTC */
#define OPEN  "open.example.org"
#define ID(letter)                                                                            \
    "s1-" letter letter letter letter letter letter letter letter letter letter letter letter \
        letter letter letter letter
#define TOPIC(letter)                                                                         \
    "t1-" letter letter letter letter letter letter letter letter letter letter letter letter \
        letter letter letter letter

static struct configuration *api_configuration;
static struct store *store; /* as the daemon has it open */
static struct api *api;

/* Opens a store, and an API with a configuration with the lines of LISTS. */
static inline void api_fixture_open(const char *lists) {
    char state[300];

    support_folder_make();
    snprintf(state, sizeof(state), "%s/state", support_folder);
    support_log_start();
    api_configuration = support_configuration(lists, NULL);
    api_configuration->state = arena_copy(&api_configuration->arena, state, strlen(state));
    store = store_open(state);
    ck_assert_ptr_nonnull(store);
    api = api_open(api_configuration);
    ck_assert_ptr_nonnull(api);
}

static inline void api_fixture_close(void) {
    api_close(api);
    store_close(store);
    configuration_free(api_configuration);
    support_folder_remove();
}

/* ---- recording ----------------------------------------------------------------------------- */

/* A posting; what is NULL or 0 has a usual value: it is part 1 of 1. */
struct posting {
    const char *id, *message_id, *title, *name, *address, *list, *topic, *supersedes;
    const char *scope; /* of the transaction; NULL: that of open lists */
    int64_t part, total, at, version;
    bool unpublished, cover, reroll; /* reroll: it replaces only parts of the one it supersedes */
};

static inline const char *either(const char *text, const char *usual) {
    return text ? text : usual;
}

/* Records one mail of a series within a transaction. */
static inline void post_mail(const struct posting *posting) {
    const char *list = either(posting->list, OPEN),
               *address = either(posting->address, "ada@x.org");
    const char *title = either(posting->title, "a title");
    int64_t part = posting->cover ? 0 : posting->part ? posting->part : 1;
    struct index_message message = {.message_id = posting->message_id,
                                    .series = posting->id,
                                    .sender = address,
                                    .kind = posting->cover ? "cover" : "patch",
                                    .lists = list,
                                    .posted = list,
                                    .published = !posting->unpublished,
                                    .part = part,
                                    .received = START + posting->at,
                                    .target = -1,
                                    .patch_id = "0123456789012345678901234567890123456789",
                                    .title = title};
    struct index_series series = {.id = posting->id,
                                  .topic = either(posting->topic, TOPIC("z")),
                                  .author = address,
                                  .title = title,
                                  .submitter_name = either(posting->name, "Ada"),
                                  .patch_author = address,
                                  .patch_author_name = either(posting->name, "Ada"),
                                  .lists = list,
                                  .version = posting->version ? posting->version : 1,
                                  .total = posting->total ? posting->total : 1,
                                  .supersedes = posting->supersedes,
                                  .how = posting->supersedes ? "title" : NULL,
                                  .replaces = posting->reroll       ? "part"
                                              : posting->supersedes ? "all"
                                                                    : NULL,
                                  .changed = START + posting->at};

    ck_assert_int_eq(index_record_message(store, &message), 1);
    ck_assert_int_ge(index_record_member(store, &series,
                                         &(struct index_member){.message_id = posting->message_id,
                                                                .title = title,
                                                                .author = address,
                                                                .part = part},
                                         !posting->unpublished),
                     0);
}

/* Records one mail in a transaction of its own. */
static inline void post(const struct posting *posting) {
    ck_assert_int_eq(store_begin(store), 0);
    if (posting->scope)
        index_set_scopes(store, &posting->scope, 1);
    post_mail(posting);
    ck_assert_int_eq(store_commit(store), 0);
}
#define POST(...) post(&(struct posting){__VA_ARGS__})

/* Records an answer within a transaction; fields as in struct index_message. */
static inline void answer_mail(struct index_message message) {
    message.part = -1;
    message.kind = either(message.kind, "reply");
    message.lists = message.posted = either(message.lists, OPEN);
    message.sender = either(message.sender, "bob@x.org");
    message.received += START;
    ck_assert_int_eq(index_record_message(store, &message), 1);
}

/* Records a published answer in a transaction of its own. */
static inline void answer(struct index_message message) {
    message.published = true;
    ck_assert_int_eq(store_begin(store), 0);
    answer_mail(message);
    ck_assert_int_eq(store_commit(store), 0);
}
#define ANSWER(...) answer((struct index_message){__VA_ARGS__})

static inline void append_event(const char *type, const char *list, const char *data) {
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(outbox_append(store, &(struct outbox_event){.id = "an-id",
                                                                 .type = type,
                                                                 .subject = "1@x.org",
                                                                 .list = list,
                                                                 .series = "",
                                                                 .source = "https://h/patchmark",
                                                                 .data = data,
                                                                 .data_length = strlen(data),
                                                                 .time = START}),
                     0);
    ck_assert_int_eq(store_commit(store), 0);
}

/* ---- requests ------------------------------------------------------------------------------ */

/* Returns the value of NAME in the query CONTEXT, "name=value&name=value". */
static inline const char *argument_of(void *context, const char *name) {
    static char values[64][4096];
    static int used;
    size_t length = strlen(name);

    for (const char *at = context; at && *at; at += strcspn(at, "&"), at += *at == '&') {
        char *value = values[used++ % 64];

        if (strncmp(at, name, length) != 0 || at[length] != '=')
            continue;
        snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(at + length + 1, "&"),
                 at + length + 1);
        return value;
    }
    return NULL;
}

static char *location; /* of the last answer */

/* Answers "PATH?QUERY", neither of them encoded.  Returns the body, for free(3). */
static inline char *body_of(const char *target, unsigned status) {
    struct web_answer answered;
    char *path = strdup(target), *query = strchr(path, '?');

    if (query)
        *query++ = '\0';
    api_answer(api, &(struct web_request){path, argument_of, query, NULL}, &answered);
    ck_assert_msg(answered.status == status, "%s: %u, not %u: %s", target, answered.status, status,
                  answered.body);
    ck_assert_uint_eq(answered.length, strlen(answered.body));
    ck_assert_uint_le(answered.length, API_BODY_MOST);
    ck_assert_ptr_nonnull(answered.type);
    free(location);
    location = answered.location;
    free(path);
    return answered.body;
}

/* Returns the JSON of the answer, for json_decref. */
static inline json_t *get(const char *target, unsigned status) {
    char *body = body_of(target, status);
    json_error_t error;
    json_t *json = json_loads(body, JSON_REJECT_DUPLICATES, &error);

    ck_assert_msg(json != NULL, "%s: %s: %s", target, error.text, body);
    free(body);
    return json;
}

/* Checks that the answer has the JSON value EXPECTED. */
static inline void expect_json(const char *target, const char *expected_text) {
    json_t *found = get(target, 200), *expected = json_loads(expected_text, 0, NULL);
    char *text = json_dumps(found, JSON_SORT_KEYS | JSON_INDENT(1));

    ck_assert_msg(expected != NULL, "%s", expected_text);
    ck_assert_msg(json_equal(found, expected), "%s:\n%s", target, text);
    free(text);
    json_decref(found);
    json_decref(expected);
}

/* Returns the letters of the ids in the list "series" of the answer; the string is static. */
static inline const char *letters_of(const char *target) {
    static char letters[256];
    json_t *json = get(target, 200), *item;
    size_t i, length = 0;

    json_array_foreach(json_object_get(json, "series"), i, item) letters[length++] =
        json_string_value(json_object_get(item, "id"))[3];
    letters[length] = '\0';
    json_decref(json);
    return letters;
}

#endif
