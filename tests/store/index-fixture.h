/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-fixture.h - what the tests of the index share: short functions that record mails, and
 * functions that return what the index has as one line of text.
 */
#ifndef INDEX_FIXTURE_H
#define INDEX_FIXTURE_H

#include "store-fixture.h"

#include <inttypes.h>

#define NOW INT64_C(1700000000)

static struct store *store;

static inline void begin(void) {
    ck_assert_int_eq(store_begin(store), 0);
}

static inline void commit(void) {
    ck_assert_int_eq(store_commit(store), 0);
}

/* Opens a store and begins a transaction; loop tests run with _i 0 on disk, with 1 in memory. */
static inline void open_index(int in_memory) {
    store = open_store(in_memory);
    begin();
}

static inline void close_index(void) {
    commit();
    store_close(store);
    ck_assert_int_eq(logged, 0);
}

/* ---- recording ---------------------------------------------------------------------------- */

/* Records an answer, which has no part number, in SERIES ("" for none). */
static inline int record_mail(const char *message_id, const char *series, int64_t received) {
    return index_record_message(store, &(struct index_message){.message_id = message_id,
                                                               .series = series,
                                                               .sender = "a@example.org",
                                                               .kind = "reply",
                                                               .published = true,
                                                               .lists = "list.example.org",
                                                               .part = -1,
                                                               .received = received});
}

/* Records an answer that gives TAGS, one per line, to part TARGET of SERIES. */
static inline int record_tags(const char *series, int64_t target, const char *tags,
                              const char *message_id) {
    return index_record_message(store, &(struct index_message){.message_id = message_id,
                                                               .series = series,
                                                               .sender = "a@example.org",
                                                               .kind = "reply",
                                                               .published = true,
                                                               .lists = "list.example.org",
                                                               .part = -1,
                                                               .received = NOW,
                                                               .tags = tags,
                                                               .target = target});
}

/* Records the mail MESSAGE_ID as part PART of SERIES, by the author of the series unless AUTHOR is
 * another.  Returns what index_record_member returns, also for a duplicate. */
static inline int record_part_of(const struct index_series *series, int64_t part,
                                 const char *message_id, const char *author) {
    if (index_record_message(store, &(struct index_message){.message_id = message_id,
                                                            .series = series->id,
                                                            .sender = series->author,
                                                            .kind = "patch",
                                                            .published = true,
                                                            .lists = "list.example.org",
                                                            .part = part,
                                                            .received = series->changed,
                                                            .title = series->title,
                                                            .author = author ? author
                                                                             : series->author}) < 0)
        return -1;
    return index_record_member(store, series,
                               &(struct index_member){.message_id = message_id,
                                                      .title = series->title,
                                                      .author = author ? author : series->author,
                                                      .part = part},
                               true);
}

/* Records a part of SERIES.  Returns what index_record_member returns. */
static inline int record_at(const char *series, int64_t part, int64_t total, const char *message_id,
                            int64_t received) {
    return record_part_of(&(struct index_series){.id = series,
                                                 .topic = "t1-a",
                                                 .author = "a@example.org",
                                                 .title = "a title",
                                                 .version = -1,
                                                 .total = total,
                                                 .changed = received},
                          part, message_id, NULL);
}

/* Records one part of a series of two parts, which stays incomplete. */
static inline void open_series(const char *series) {
    char message_id[64];

    snprintf(message_id, sizeof(message_id), "1.%s@example.org", series);
    ck_assert_int_eq(record_at(series, 1, 2, message_id, NOW), INDEX_OPENED);
}

/* ---- the recorded data as text ------------------------------------------------------------ */

struct line {
    char text[4096];
    size_t length;
};

static inline void line_add(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void line_add(struct line *line, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    line->length += (size_t)vsnprintf(line->text + line->length, sizeof(line->text) - line->length,
                                      format, arguments);
    va_end(arguments);
    ck_assert_uint_lt(line->length, sizeof(line->text));
}

/* Returns the id of the series that is found for ID; "" if there is none. */
static inline const char *found_as(const char *id) {
    struct index_series found;

    return index_find_series(store, id, &found) ? found.id : "";
}

static inline bool has_mail(const char *message_id) {
    struct index_message found;

    return index_find_message(store, message_id, &found);
}

static inline void member_line(void *argument, const struct index_member *member) {
    line_add(argument, "%" PRId64 ":%s ", member->part, member->message_id);
}

/* "1:a@example.org 2:b@example.org " */
static inline const char *members_of(const char *series) {
    static struct line line;

    line.text[line.length = 0] = '\0';
    ck_assert_int_eq(index_walk_members(store, series, member_line, &line), 0);
    return line.text;
}

static inline void tag_line(void *argument, int64_t part, const char *tag, const char *message_id) {
    line_add(argument, "%" PRId64 ":%s:%s ", part, tag, message_id);
}

/* "-1:Acked-by:a@example.org " */
static inline const char *tags_of(const char *series) {
    static struct line line;

    line.text[line.length = 0] = '\0';
    ck_assert_int_eq(index_walk_tags(store, series, tag_line, &line), 0);
    return line.text;
}

/* "s1-b s1-a " */
static inline const char *filed_under(const char *key, size_t max) {
    static struct line line;
    struct index_series found[32];
    size_t count = index_find_key(store, key, found, max);

    ck_assert_uint_le(count, max);
    line.text[line.length = 0] = '\0';
    for (size_t i = 0; i < count; i++)
        line_add(&line, "%s ", found[i].id);
    return line.text;
}

/* Rows of one table, or of all that the index has. */
static inline int rows_in(const char *table) {
    char sql[128];
    sqlite3_stmt *statement;
    int count;

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
    ck_assert_int_eq(sqlite3_prepare_v2(store->writer.database, sql, -1, &statement, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

static inline int all_rows(void) {
    return rows_in("message") + rows_in("series") + rows_in("key");
}

#endif
