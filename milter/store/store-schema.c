/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-schema.c - the tables of the database, and their migration from each earlier version: see
 * store-private.h.
 *
 * Owns the schema.  Each statement can fail; a migration is one transaction, so a database is
 * migrated completely or unchanged.
 */
#include "store/store-private.h"

#include "util/log.h"

#include <stdio.h>

/* Expand to the text of the number that a macro is defined as, for use in SQL. */
#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

#define APPLICATION_ID 0x506d726b /* "Pmrk" */

/* source, data: attributes of the CloudEvent, which json-event.c composes.  learned, state: see
 * struct patchmark_event.  through: the size in bytes of data, learned and state of all events that
 * were ever appended, up to and including this one. */
#define EVENT_COLUMNS_6 "learned TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT ''"
#define EVENT_TABLE                                                                            \
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL,"   \
    " subject TEXT NOT NULL, list TEXT NOT NULL, series TEXT NOT NULL, time INTEGER NOT NULL," \
    " source TEXT NOT NULL, through INTEGER NOT NULL, data TEXT NOT NULL, " EVENT_COLUMNS_6 ");"

/* time: the time of receipt in seconds since 1970, times 2^20, plus a number that makes it unique,
 * so that the mails that expire first are stored next to each other.  hash: text_hash(message_id),
 * by which mails are found, as an index of numbers has a third of the pages.  slot: the part number
 * of a member; in contrast to `part`, NULL for a cover that index_assign_cover set.  author: NULL
 * if it is the sender.  tags, keys, notes: one per line; the keys are the texts whose hashes are in
 * the table key for this mail.  The columns from posted on, and target, are those of struct
 * index_message.
 *
 * In a scope other than that of open lists (index.h), hashes are over "SCOPE<TAB>TEXT", also those
 * of the keys, and the id of a series is "ID<LF>SCOPE". */
#define ANSWER_INDEX \
    "CREATE INDEX message_answer ON message(series) WHERE slot IS NULL AND series <> '';"
#define MESSAGE_TABLE                                                                       \
    "CREATE TABLE message(time INTEGER PRIMARY KEY, hash INTEGER NOT NULL UNIQUE,"          \
    " message_id TEXT NOT NULL, series TEXT NOT NULL, sender TEXT NOT NULL,"                \
    " kind TEXT NOT NULL, lists TEXT NOT NULL, part INTEGER, slot INTEGER, title TEXT,"     \
    " author TEXT, tags TEXT, target INTEGER, keys TEXT, notes TEXT, posted TEXT NOT NULL," \
    " published INTEGER NOT NULL, via TEXT, topic TEXT, patch_id TEXT, supersedes TEXT,"    \
    " how TEXT, scope TEXT, same_as TEXT, content INTEGER, content_bytes INTEGER,"          \
    " claim INTEGER NOT NULL, contested INTEGER NOT NULL, sender_name TEXT, robot TEXT,"    \
    " verdict TEXT, applied TEXT);"                                                         \
    "CREATE INDEX message_slot ON message(series, slot, published) WHERE slot IS NOT "      \
    "NULL;" ANSWER_INDEX

/* The further Message-IDs of mails: the time of a mail, and the text_hash of one of them. */
#define OTHER_ID_TABLE                                                    \
    "CREATE TABLE other_id(time INTEGER NOT NULL, hash INTEGER NOT NULL," \
    " PRIMARY KEY(time, hash)) WITHOUT ROWID;"                            \
    "CREATE INDEX other_id_hash ON other_id(hash);"

/* hash: text_hash of the key. */
#define KEY_TABLE                                                                              \
    "CREATE TABLE key(hash INTEGER NOT NULL, received INTEGER NOT NULL, series TEXT NOT NULL," \
    " PRIMARY KEY(hash, received, series)) WITHOUT ROWID;"

/* What the walk over the newest series looks at (index-recent.c), so that it reads no other page;
 * and the series whose topic their id does not have, which are those that continue an older one.  A
 * part that arrives changes neither.
 *
 * The WHERE has no "alias = ''": SQLite would compare that with "alias = ?1" of other statements by
 * the value that is bound, and prepare them anew for each other value. */
#define RECENT_INDEXES                                                              \
    "CREATE INDEX series_recent ON series(opened, id, title, author, patch_author," \
    " patch_author_name, lists, state, superseded_by, alias)"                       \
    " WHERE length(alias) = 0 AND state <> 3 AND instr(id, char(10)) = 0;"          \
    "CREATE INDEX series_topic ON series(topic) WHERE substr(topic, 4) <> substr(id, 4, 16);"

#define SUPERSEDES_INDEX \
    "CREATE INDEX series_supersedes ON series(supersedes) WHERE supersedes <> '';"

/* The other tables. */
static const char schema[] = MESSAGE_TABLE OTHER_ID_TABLE KEY_TABLE
    /* state: enum state of index-series.c.  alias: the id of the series that it was joined with; ''
     * if none.  The other columns are those of struct index_series. */
    "CREATE TABLE series(id TEXT PRIMARY KEY NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,"
    " title TEXT NOT NULL, version INTEGER, total INTEGER, rfc INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, changed INTEGER NOT NULL, state INTEGER NOT NULL,"
    " alias TEXT NOT NULL DEFAULT '', via TEXT NOT NULL DEFAULT '',"
    " lists TEXT NOT NULL DEFAULT '', title_part INTEGER, submitter_name TEXT NOT NULL DEFAULT '',"
    " patch_author TEXT NOT NULL DEFAULT '', patch_author_name TEXT NOT NULL DEFAULT '',"
    " revision TEXT NOT NULL DEFAULT '', flags TEXT NOT NULL DEFAULT '',"
    " tree TEXT NOT NULL DEFAULT '', base_commit TEXT NOT NULL DEFAULT '',"
    " change_id TEXT NOT NULL DEFAULT '', prerequisites TEXT NOT NULL DEFAULT '',"
    " labels TEXT NOT NULL DEFAULT '', supersedes TEXT NOT NULL DEFAULT '',"
    " how TEXT NOT NULL DEFAULT '', replaces TEXT NOT NULL DEFAULT '',"
    " superseded_by TEXT NOT NULL DEFAULT '') WITHOUT ROWID;" SUPERSEDES_INDEX
    /* Indexed by `opened`, because `changed` would change this index with each part. */
    "CREATE INDEX series_open ON series(opened) WHERE state = 0;"
    "CREATE INDEX series_alias ON series(alias) WHERE alias <> '';"
    "CREATE TABLE sink(name TEXT PRIMARY KEY NOT NULL, acknowledged INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE progress(archive TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL)"
    " WITHOUT ROWID;" RECENT_INDEXES;

/* Migrates events from schema 1 to 3, which stored whole CloudEvents.  A row that was not JSON, or
 * has no data, is kept with data that is not JSON, which readers skip: so the sequences stay
 * without gaps, and none is used twice. */
static const char event_migration[] =
    "ALTER TABLE event RENAME TO old_event;" EVENT_TABLE
    "INSERT INTO event SELECT sequence, id, type, subject, list, series, time, source,"
    " sum(length(CAST(data AS BLOB))) OVER (ORDER BY sequence), data, '', '' FROM (SELECT *,"
    "  ifnull(json_extract(valid, '$.source'), '') AS source,"
    "  ifnull(json_extract(valid, '$.data'), '') AS data"
    "  FROM (SELECT *, CASE WHEN json_valid(json) THEN json END AS valid FROM old_event));"
    "DROP TABLE old_event;";

/* Migrates mails from schema 3 and 4, which had fewer columns; every mail had been published.
 * Schema 3 found mails and keys by their texts. */
static const char message_migration[] =
    "ALTER TABLE message RENAME TO old_message; DROP INDEX message_slot; DROP INDEX "
    "message_tags;" MESSAGE_TABLE OTHER_ID_TABLE
    "INSERT INTO message SELECT time, text_hash(message_id), message_id, series, sender, kind,"
    " lists, part, slot, title, author, tags, target, keys, notes, lists, 1, NULL, NULL, NULL,"
    " NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL FROM old_message;"
    "DROP TABLE old_message;"
    "ALTER TABLE series ADD COLUMN via TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE series ADD COLUMN lists TEXT NOT NULL DEFAULT '';"
    "UPDATE series SET lists = ifnull((SELECT lists FROM message m WHERE m.series = series.id"
    " AND m.slot IS NOT NULL LIMIT 1), '');";
static const char key_migration[] =
    "ALTER TABLE key RENAME TO old_key;" KEY_TABLE
    "INSERT INTO key SELECT text_hash(key), received, series FROM old_key;"
    "DROP TABLE old_key;";

/* Migrates the other tables from schema 1 and 2, which had members and tags in tables of their own.
 */
static const char migration_begin[] = "DROP TABLE IF EXISTS redo;"
                                      "ALTER TABLE message RENAME TO old_message;"
                                      "ALTER TABLE series RENAME TO old_series;"
                                      "DROP INDEX series_open;"
                                      "DROP INDEX series_topic;"
                                      "DROP INDEX series_alias;"
                                      "ALTER TABLE key RENAME TO old_key;"
                                      "ALTER TABLE sink RENAME TO old_sink;"
                                      "ALTER TABLE progress RENAME TO old_progress;";
static const char migration_end[] =
    /* Keys now start with the author; the keys for whole titles and base blobs became notes. */
    "CREATE TABLE text_key(key TEXT, received INTEGER, series TEXT,"
    " PRIMARY KEY(key, received, series)) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO text_key SELECT CASE kind WHEN 'author' THEN 'by ' || rest"
    "  WHEN 'title' THEN 'by ' || substr(rest, 1, instr(rest, ' ')) || kind"
    "   || substr(rest, instr(rest, ' ')) ELSE key END, received, series"
    " FROM (SELECT *, substr(key, 1, instr(key, ' ') - 1) AS kind,"
    "  substr(key, instr(key, ' ') + 1) AS rest FROM old_key) WHERE kind NOT IN ('whole', 'base');"
    "INSERT OR IGNORE INTO text_key SELECT 'by ' || author || ' rfc', opened, id FROM old_series"
    " WHERE rfc;"
    "CREATE INDEX old_by_series ON old_key(series, received);"
    "CREATE INDEX by_series ON text_key(series, received);"
    "CREATE INDEX old_members ON old_message(series, received, message_id) WHERE part >= 0;"
    "INSERT INTO message"
    " SELECT (o.received << 20) + row_number() OVER (ORDER BY o.received) % 1048576,"
    " text_hash(o.message_id), o.message_id, o.series, o.sender, o.kind, o.lists, o.part, m.part, "
    "m.title, nullif(m.author, o.sender),"
    " (SELECT group_concat(tag, char(10)) FROM tag t WHERE t.message_id = o.message_id"
    "  AND t.series = o.series),"
    " (SELECT min(part) FROM tag t WHERE t.message_id = o.message_id AND t.series = o.series),"
    " (SELECT group_concat(key, char(10)) FROM text_key k WHERE first"
    "  AND k.series = o.series AND k.received = o.received),"
    " (SELECT group_concat(CASE substr(key, 1, 5) WHEN 'base ' THEN substr(key, 6 + instr("
    "   substr(key, 6), ' ')) ELSE 'title ' || substr(key, 7 + instr(substr(key, 7), ' ')) END,"
    "   char(10)) FROM old_key k WHERE first AND k.series = o.series"
    "   AND k.received = o.received AND (k.key LIKE 'base %' OR k.key LIKE 'whole %')),"
    " o.lists, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, "
    "NULL"
    /* If several mails of a series have the same time, the first gets the keys of all. */
    " FROM (SELECT *, part >= 0 AND message_id = (SELECT min(message_id) FROM old_message s"
    "  WHERE s.part >= 0 AND s.series = o.series AND s.received = o.received) AS first"
    "  FROM old_message o) o LEFT JOIN member m ON m.message_id = o.message_id;"
    "INSERT INTO key SELECT text_hash(key), received, series FROM text_key k"
    " WHERE EXISTS (SELECT 1 FROM message m WHERE m.series = k.series"
    " AND m.slot IS NOT NULL AND m.time >> 20 = k.received);"
    "INSERT INTO series(id, topic, author, title, version, total, rfc, opened, changed, state,"
    " alias) SELECT id, topic, author, title, version, total, rfc, opened, changed, state, alias"
    " FROM old_series;"
    "INSERT INTO sink SELECT name, CASE WHEN EXISTS (SELECT 1 FROM event) THEN acknowledged"
    " ELSE 0 END FROM old_sink;"
    "INSERT INTO progress SELECT * FROM old_progress;"
    "DROP TABLE text_key; DROP TABLE old_message; DROP TABLE member; DROP TABLE tag;"
    "DROP TABLE old_series; DROP TABLE old_key; DROP TABLE old_sink; DROP TABLE old_progress;";

/* Migrates events from schema 4 and 5, answers from schema 5, and series from schema 3 to 5, which
 * had fewer columns. */
static const char event_columns[] = "ALTER TABLE event ADD COLUMN learned TEXT NOT NULL DEFAULT '';"
                                    "ALTER TABLE event ADD COLUMN state TEXT NOT NULL DEFAULT '';";
static const char message_columns[] = "ALTER TABLE message ADD COLUMN sender_name TEXT;"
                                      "ALTER TABLE message ADD COLUMN robot TEXT;"
                                      "ALTER TABLE message ADD COLUMN verdict TEXT;"
                                      "ALTER TABLE message ADD COLUMN applied TEXT;"
                                      "DROP INDEX message_tags;" ANSWER_INDEX;
#define SERIES_COLUMN(name) "ALTER TABLE series ADD COLUMN " name " TEXT NOT NULL DEFAULT '';"
static const char series_columns[] =
    "ALTER TABLE series ADD COLUMN title_part INTEGER;" SERIES_COLUMN("submitter_name")
        SERIES_COLUMN("patch_author") SERIES_COLUMN("patch_author_name") SERIES_COLUMN("revision")
            SERIES_COLUMN("flags") SERIES_COLUMN("tree") SERIES_COLUMN("base_commit")
                SERIES_COLUMN("change_id") SERIES_COLUMN("prerequisites") SERIES_COLUMN("labels")
                    SERIES_COLUMN("supersedes") SERIES_COLUMN("how") SERIES_COLUMN("replaces")
                        SERIES_COLUMN("superseded_by") SUPERSEDES_INDEX;

/* Fills the new columns of series from their members, as far as these have the values. */
static const char series_fill[] =
    "UPDATE series SET flags = CASE WHEN rfc THEN 'rfc' ELSE '' END, title_part ="
    " (SELECT min(slot) FROM message m WHERE m.series = series.id AND m.slot IS NOT NULL);"
    "UPDATE series SET title = m.title, patch_author = ifnull(m.author, m.sender)"
    " FROM message m WHERE m.time = (SELECT n.time FROM message n WHERE n.series = series.id"
    "  AND n.slot = series.title_part ORDER BY n.time >> 20, n.message_id LIMIT 1);"
    "UPDATE series SET supersedes = m.supersedes || CASE instr(series.id, char(10)) WHEN 0 THEN ''"
    "  ELSE substr(series.id, instr(series.id, char(10))) END, how = ifnull(m.how, ''),"
    " replaces = ifnull(m.scope, 'all')"
    " FROM message m WHERE m.time = (SELECT n.time FROM message n WHERE n.series = series.id"
    "  AND n.slot IS NOT NULL AND n.supersedes IS NOT NULL ORDER BY n.time LIMIT 1);"
    "UPDATE series SET superseded_by = ifnull((SELECT min(n.id) FROM series n"
    " WHERE n.supersedes = series.id AND n.supersedes <> '' AND n.replaces = 'all'"
    " AND (n.state <> 3 OR instr(n.id, char(10)) > 0)), '');";

static const char recent_indexes[] = RECENT_INDEXES; /* which schema 3 to 6 did not have */

/* The SQL that migrates each version of the schema to the current one; version 0 is an empty file.
 */
static const char *const updates[STORE_SCHEMA_VERSION][7] = {
    {EVENT_TABLE, schema},
    {event_migration, migration_begin, schema, migration_end, series_fill},
    {event_migration, migration_begin, schema, migration_end, series_fill},
    {event_migration, message_migration, key_migration, series_columns, series_fill,
     recent_indexes},
    {event_columns, message_migration, series_columns, series_fill, recent_indexes},
    {event_columns, message_columns, series_columns, series_fill, recent_indexes},
    {recent_indexes},
};

/* ---- versions ------------------------------------------------------------------------------- */

/* Stores the number that SQL selects in *NUMBER.  Returns false on a fault. */
static bool number_read(sqlite3 *database, const char *sql, int *number) {
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    if (good)
        *number = sqlite3_column_int(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK && good;
}

int store_schema(void) {
    return STORE_SCHEMA_VERSION;
}

int store_schema_version(sqlite3 *database) {
    int application, version, tables;

    if (!number_read(database, "PRAGMA application_id", &application) ||
        !number_read(database, "PRAGMA user_version", &version) ||
        !number_read(database, "SELECT count(*) FROM sqlite_schema", &tables))
        return SCHEMA_FAULT;
    if (application == 0 && version == 0 && tables == 0)
        return 0;
    if (application != APPLICATION_ID)
        return SCHEMA_OF_OTHERS;
    return version > STORE_SCHEMA_VERSION ? SCHEMA_TOO_NEW : version;
}

void store_schema_log_error(const char *path, sqlite3 *database, int version) {
    if (version == SCHEMA_OF_OTHERS)
        log_error("%s is a database of another program; move it away, or set `state` to another "
                  "folder",
                  path);
    else if (version == SCHEMA_TOO_NEW)
        log_error("%s was written by a newer patchmark, and this one supports schemas up to %d; "
                  "run that version, or move the file away to start with an empty one",
                  path, STORE_SCHEMA_VERSION);
    else if (version >= 0)
        log_error("%s has schema %d, but this patchmark requires schema %d; start the daemon once "
                  "to migrate the database",
                  path, version, STORE_SCHEMA_VERSION);
    else
        store_log_fault(path, database, true, "");
}

int store_schema_update(sqlite3 *database) {
    char end[96];
    int version;

    /* Checked before anything is changed, because the file may belong to another program. */
    version = store_schema_version(database);
    if (version < 0)
        return version;
    /* The journal mode is a property of the file and cannot change within a transaction.
     * IMMEDIATE: a file that cannot be written is reported here. */
    if (sqlite3_exec(database,
                     "PRAGMA page_size = " TEXT_OF(
                         STORE_PAGE_BYTES) "; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE",
                     NULL, NULL, NULL))
        return SCHEMA_FAULT;
    snprintf(end, sizeof(end), "PRAGMA user_version = %d; PRAGMA application_id = %d; COMMIT",
             STORE_SCHEMA_VERSION, APPLICATION_ID);
    if (version == STORE_SCHEMA_VERSION)
        return sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) ? SCHEMA_FAULT : 0;
    for (const char *const *step = updates[version]; *step; step++)
        if (sqlite3_exec(database, *step, NULL, NULL, NULL))
            return SCHEMA_FAULT;
    return sqlite3_exec(database, end, NULL, NULL, NULL) ? SCHEMA_FAULT : 0;
}
