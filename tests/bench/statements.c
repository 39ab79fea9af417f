/* SPDX-License-Identifier: BSD-2-Clause
 *
 * statements.c - a library that counts the work of SQLite on all database connections of a program.
 * statements.sh preloads it, so that any version of patchmark can be measured.
 *
 * When the program ends, it writes lines of a count, a tab and a text to the file that the variable
 * STATEMENTS names: the number of runs of each statement, the number of "pages" written (to the
 * write-ahead log), and that of "rows" changed.  The file is opened at the start, because a sandbox
 * may forbid it later.
 *
 * Owns the counts, which a lock protects.  Errors of writing the file are ignored.
 */
#include <dlfcn.h>
#include <glib.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static GMutex lock;
static GHashTable *statements; /* maps the text of a statement to the number of its runs */
static GPtrArray *databases;   /* the open database connections */
static gint64 pages, rows;
static FILE *out;

static void *next(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

static void count_statement(const char *text) {
    gint64 *count;

    g_mutex_lock(&lock);
    count = g_hash_table_lookup(statements, text);
    if (!count) {
        count = g_new0(gint64, 1);
        g_hash_table_insert(statements, g_strdup(text), count);
    }
    (*count)++;
    g_mutex_unlock(&lock);
}

/* The caller holds the lock. */
static void count_database(sqlite3 *database) {
    int written = 0, highest;

    sqlite3_db_status(database, SQLITE_DBSTATUS_CACHE_WRITE, &written, &highest, 0);
    pages += written;
    rows += sqlite3_total_changes64(database);
}

static int on_trace(unsigned event, void *context, void *subject, void *detail) {
    (void)context;
    if (event == SQLITE_TRACE_CLOSE) {
        g_mutex_lock(&lock);
        count_database(subject);
        g_ptr_array_remove(databases, subject);
        g_mutex_unlock(&lock);
    } else if (strncmp(detail, "--", 2) != 0) { /* not a statement of a trigger */
        count_statement(sqlite3_sql(subject));
    }
    return 0;
}

int sqlite3_open_v2(const char *name, sqlite3 **database, int flags, const char *vfs) {
    __typeof__(&sqlite3_open_v2) real;
    int result;

    *(void **)&real = next("sqlite3_open_v2");
    result = real(name, database, flags, vfs);
    if (result == SQLITE_OK && out) {
        sqlite3_trace_v2(*database, SQLITE_TRACE_STMT | SQLITE_TRACE_CLOSE, on_trace, NULL);
        g_mutex_lock(&lock);
        g_ptr_array_add(databases, *database);
        g_mutex_unlock(&lock);
    }
    return result;
}

static void write_counts(void) {
    GHashTableIter iterator;
    gpointer text, count;

    if (!out)
        return;
    g_mutex_lock(&lock);
    g_ptr_array_foreach(databases, (GFunc)(void (*)(void))count_database, NULL);
    fprintf(out, "%" G_GINT64_FORMAT "\tpages\n%" G_GINT64_FORMAT "\trows\n", pages, rows);
    g_hash_table_iter_init(&iterator, statements);
    while (g_hash_table_iter_next(&iterator, &text, &count))
        fprintf(out, "%" G_GINT64_FORMAT "\t%s\n", *(gint64 *)count, (char *)text);
    fclose(out);
    out = NULL;
    g_mutex_unlock(&lock);
}

/* The daemon calls _exit, because other threads may still run; destructors are then not called. */
void _exit(int status) {
    __typeof__(&_exit) real;

    write_counts();
    *(void **)&real = next("_exit");
    real(status);
    __builtin_unreachable();
}

static void __attribute__((constructor)) start(void) {
    const char *path = getenv("STATEMENTS");

    statements = g_hash_table_new(g_str_hash, g_str_equal);
    databases = g_ptr_array_new();
    if (path)
        out = fopen(path, "we");
}

static void __attribute__((destructor)) end(void) {
    write_counts();
}
