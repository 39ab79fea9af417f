/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redo-fixture.h - what the tests of store-redo.c share: a process that ends hard, what it leaves,
 * and what a start finds.
 */
#ifndef REDO_FIXTURE_H
#define REDO_FIXTURE_H

#include "gather-fixture.h"

#include <sys/wait.h>

/* Nobody pulls the plug here, and most tests open a store very often. */
int fdatasync(int descriptor) {
    (void)descriptor;
    return 0;
}

/* A process that has done WORK and then ends hard. */
static inline void leave(void (*work)(struct store *)) {
    pid_t child = fork();
    int status;

    if (child == 0) {
        work(open_held());
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert(has_redo());
}

struct content {
    unsigned char bytes[512 * 1024];
    size_t length;
};

static inline void content_read(struct content *content, const char *path) {
    FILE *in = fopen(path, "r");

    ck_assert_ptr_nonnull(in);
    content->length = fread(content->bytes, 1, sizeof(content->bytes), in);
    ck_assert_uint_lt(content->length, sizeof(content->bytes));
    fclose(in);
}

static inline void content_write(const struct content *content, const char *path) {
    FILE *out = fopen(path, "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(content->bytes, 1, content->length, out), content->length);
    ck_assert_int_eq(fclose(out), 0);
}

static struct content database, wal, redo;

/* What the state folder has now. */
static inline void state_save(void) {
    content_read(&database, file);
    content_read(&wal, path_with("-wal"));
    content_read(&redo, path_with(STORE_REDO_SUFFIX));
}

/* The same again, with what `redo` is by now. */
static inline void state_restore(void) {
    content_write(&database, file);
    content_write(&wal, path_with("-wal"));
    unlink(path_with("-shm"));
    content_write(&redo, path_with(STORE_REDO_SUFFIX));
}

/* A start finds the mails up to LAST, their events in order, and none of those up to MOST; and logs
 * LINES about what it cannot use. */
static inline void start_logs(int last, int most, int lines) {
    struct store *store = open_journal(STORE_JOURNAL_COMMIT);

    ck_assert(!has_redo());
    ck_assert_str_eq(event_ids(store), ids(1, last));
    for (int i = 1; i <= most; i++)
        ck_assert_msg(knows(store, i) == (i <= last), "mail %d of %d", i, last);
    store_close(store);
    ck_assert_int_eq(logged, lines);
}

static inline void start_finds(int last, int most) {
    start_logs(last, most, 0);
}

static inline void take_three(struct store *store) {
    take_mails(store, 1, 3);
}

#endif
