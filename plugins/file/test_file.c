/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_file.c - the file plugin: the contents of the file after writes, incomplete lines, rotations
 * and restarts.
 */
#include <check.h>
#include <sys/uio.h>
#include <unistd.h>

/* Replace the system calls in file.c: a disk that is full, slow or broken. */
static ssize_t disk_writev(int fd, const struct iovec *parts, int count);
static int disk_fdatasync(int fd);
#define writev    disk_writev
#define fdatasync disk_fdatasync
#include "file.c"
#undef writev
#undef fdatasync

#include "support/fake-instance.h"
#include "support/suite.h"

#include <ftw.h>

#define EVENTS 300

static char folder[64], path[96];
static struct patchmark_event events[EVENTS];

/* ---- the disk ----------------------------------------------------------------------------- */

static size_t disk_space;   /* bytes that can be written until it is full */
static size_t disk_at_once; /* bytes that one call can write */
static int disk_interrupts; /* calls that fail with EINTR first */
static int disk_sync_error; /* errno of fdatasync; 0 if it succeeds */
static size_t disk_syncs;

static void disk_reset(void) {
    disk_space = disk_at_once = SIZE_MAX;
    disk_interrupts = disk_sync_error = 0;
    disk_syncs = 0;
}

static ssize_t disk_writev(int fd, const struct iovec *parts, int count) {
    size_t limit = disk_space < disk_at_once ? disk_space : disk_at_once, written = 0;

    if (disk_interrupts > 0) {
        disk_interrupts--;
        errno = EINTR;
        return -1;
    }
    if (disk_space == 0) {
        errno = ENOSPC;
        return -1;
    }
    ck_assert_int_le(count, 1024); /* IOV_MAX */
    for (int i = 0; i < count && written < limit; i++) {
        size_t size = parts[i].iov_len < limit - written ? parts[i].iov_len : limit - written;
        ck_assert_int_eq(write(fd, parts[i].iov_base, size), (ssize_t)size);
        written += size;
    }
    if (disk_space != SIZE_MAX)
        disk_space -= written;
    return (ssize_t)written;
}

static int disk_fdatasync(int fd) {
    disk_syncs++;
    if (disk_sync_error) {
        errno = disk_sync_error;
        return -1;
    }
    return fdatasync(fd);
}

/* ---- helpers ------------------------------------------------------------------------------ */

struct sink {
    struct patchmark_instance *instance;
    void *self;
};

static struct sink sink_open(void) {
    static struct fake_value values[] = {{"path", path}, {0}};
    struct sink sink = {.instance = fake_instance_new(plugin.options, values)};
    ck_assert_int_eq(plugin.open(sink.instance, &sink.self), 0);
    return sink;
}

static void sink_close(struct sink *sink) {
    plugin.close(sink->self);
    fake_instance_free(sink->instance);
}

static size_t sink_publish(struct sink *sink, size_t first, size_t count) {
    const struct patchmark_event *batch[EVENTS];
    for (size_t i = 0; i < count; i++)
        batch[i] = &events[first + i];
    return plugin.publish(sink->self, batch, count);
}

/* Asserts that the log has exactly these lines; an argument is a part of a line, and NULL ends the
 * list. */
static void __attribute__((sentinel)) assert_lines(const struct sink *sink, ...) {
    const struct patchmark_instance *instance = sink->instance;
    va_list texts;
    const char *text;
    size_t i = 0;

    va_start(texts, sink);
    for (; (text = va_arg(texts, const char *)); i++) {
        ck_assert_msg(i < instance->line_count, "no line with '%s'", text);
        ck_assert_msg(strstr(instance->lines[i].text, text), "'%s' is not in '%s'", text,
                      instance->lines[i].text);
    }
    va_end(texts);
    ck_assert_msg(i == instance->line_count, "unexpected line '%s'", instance->lines[i].text);
}

static void file_put(const char *text, size_t length) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

/* Asserts that the file NAME has BEFORE, then the events FIRST to FIRST + COUNT - 1, and nothing
 * else. */
static void assert_file(const char *name, const char *before, size_t first, size_t count) {
    FILE *file = fopen(name, "r");
    ck_assert_ptr_nonnull(file);
    for (const char *c = before; *c; c++)
        ck_assert_int_eq(fgetc(file), *c);
    for (size_t i = first; i < first + count; i++) {
        for (const char *c = events[i].json; *c; c++)
            ck_assert_msg(fgetc(file) == *c, "event %zu is not in its place", i);
        ck_assert_int_eq(fgetc(file), '\n');
    }
    ck_assert_int_eq(fgetc(file), EOF);
    fclose(file);
}

static void setup(void) {
    disk_reset();
    unlink(path);
}

/* ---- writing ------------------------------------------------------------------------------ */

START_TEST(events_are_lines) {
    struct stat status;
    umask(0);
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    ck_assert_uint_eq(sink_publish(&sink, 1, 200), 200);
    ck_assert_uint_eq(sink_publish(&sink, 0, 0), 0);
    assert_file(path, "", 0, 201);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0640);
    ck_assert_uint_eq(disk_syncs, 2); /* delivered events survive a power failure */
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(lines_that_are_there_stay) {
    file_put("{\"id\":\"x\"}\nnot ours\n", 20);
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
    assert_file(path, "{\"id\":\"x\"}\nnot ours\n", 0, 2);
    sink_close(&sink);
}
END_TEST

START_TEST(more_than_a_batch_is_cut) {
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 201), 200);
    assert_file(path, "", 0, 200);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(short_and_interrupted_writes_go_on) {
    for (size_t at_once = 1; at_once < 100; at_once++) {
        setup();
        disk_at_once = at_once;
        disk_interrupts = 3;
        struct sink sink = sink_open();
        ck_assert_uint_eq(sink_publish(&sink, 0, 10), 10);
        assert_file(path, "", 0, 10);
        assert_lines(&sink, NULL);
        sink_close(&sink);
    }
}
END_TEST

START_TEST(a_full_disk_keeps_whole_lines_and_counts_them) {
    /* A batch of three is cut after each possible number of bytes. */
    size_t ends[4] = {0};
    for (size_t i = 0; i < 3; i++)
        ends[i + 1] = ends[i] + events[i].json_length + 1;
    for (size_t space = 0; space < ends[3]; space++) {
        setup();
        file_put("{}\n", 3);
        disk_space = space;
        size_t whole = space >= ends[2] ? 2 : space >= ends[1] ? 1 : 0;
        struct sink sink = sink_open();
        ck_assert_uint_eq(sink_publish(&sink, 0, 3), whole);
        assert_file(path, "{}\n", 0, whole);
        ck_assert_uint_eq(sink_publish(&sink, whole, 1), 0);
        assert_file(path, "{}\n", 0, whole);
        disk_reset();
        ck_assert_uint_eq(sink_publish(&sink, whole, 10), 10);
        assert_file(path, "{}\n", 0, whole + 10);
        assert_lines(&sink, "write: No space left on device; events wait in the outbox",
                     "recovered, failed batches: 2", NULL);
        sink_close(&sink);
    }
}
END_TEST

START_TEST(what_the_disk_does_not_confirm_is_not_delivered) {
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
    disk_sync_error = EIO;
    ck_assert_uint_eq(sink_publish(&sink, 1, 3), 0);
    ck_assert_uint_eq(sink_publish(&sink, 1, 3), 0);
    assert_file(path, "", 0, 1);
    /* The same if the disk is also full. */
    disk_space = events[1].json_length + 5;
    ck_assert_uint_eq(sink_publish(&sink, 1, 3), 0);
    assert_file(path, "", 0, 1);
    disk_reset();
    ck_assert_uint_eq(sink_publish(&sink, 1, 3), 3);
    assert_file(path, "", 0, 4);
    assert_lines(&sink, "fdatasync: Input/output error", "recovered, failed batches: 3", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(each_reason_of_failure_is_logged_once) {
    struct sink sink = sink_open();
    disk_space = 0;
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    disk_reset();
    ck_assert_uint_eq(sink_publish(&sink, 0, 0), 0); /* logs nothing */
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 0);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 3), 3);
    ck_assert_uint_eq(sink_publish(&sink, 3, 3), 3);
    assert_lines(&sink, "write: No space left", "open: not a regular file", "open: Is a directory",
                 "recovered, failed batches: 5", NULL);
    ck_assert_int_eq(sink.instance->lines[0].level, PATCHMARK_ERROR);
    ck_assert_int_eq(sink.instance->lines[3].level, PATCHMARK_INFO);
    sink_close(&sink);
}
END_TEST

/* ---- incomplete lines --------------------------------------------------------------------- */

START_TEST(an_incomplete_line_is_removed) {
    static const struct {
        const char *text;
        size_t length, kept;
    } cases[] = {
        {"{\"id\":\"x\"}\n{\"id\":", 17, 11}, /* the process stopped in the middle */
        {"{\"id\":\"x\"}\n{", 12, 11},
        {"{\"id\":\"x\"}\n{\"id\":\"y\"}", 21, 11}, /* only the newline is missing */
        {"{\"id\":\"x\"}\n\0\0\0\0", 15, 11},       /* zeros after a power failure */
        {"{\"id\":\"x\"}\n{\"i\0\0", 16, 11},
        {"{\"id\":", 6, 0}, /* the only line */
        {"\n{", 2, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char before[32] = "";
        memcpy(before, cases[i].text, cases[i].kept);
        file_put(cases[i].text, cases[i].length);
        struct sink sink = sink_open();
        ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
        assert_file(path, before, 0, 2);
        assert_lines(&sink, "removed an incomplete last line of", NULL);
        sink_close(&sink);
    }
}
END_TEST

START_TEST(incomplete_lines_are_found_wherever_they_start) {
    /* The end is read in blocks of 16 KiB: lines a little shorter and longer than one and two. */
    static char text[40000];
    for (size_t tail = 16380; tail < 16390; tail++) {
        for (size_t twice = 1; twice <= 2; twice++) {
            memset(text, 'x', sizeof(text));
            memcpy(text, "before\n{", 8);
            file_put(text, 7 + tail * twice);
            struct sink sink = sink_open();
            ck_assert_uint_eq(sink_publish(&sink, 0, 1), 1);
            assert_file(path, "before\n", 0, 1);
            sink_close(&sink);
        }
    }
}
END_TEST

START_TEST(a_file_without_events_is_left_unchanged) {
    static const char text[] = "root:x:0:0\nlast line without end";
    file_put(text, sizeof(text) - 1);
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    assert_file(path, text, 0, 0);
    assert_lines(&sink, "its last line is not an event, check the path", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_line_longer_than_any_event_is_left_unchanged) {
    enum { MIB = 1024 * 1024 };
    struct stat status;
    file_put("{", 1);
    ck_assert_int_eq(truncate(path, 17 * MIB), 0);
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_size, 17 * MIB);
    assert_lines(&sink, "cannot read its last line: File too large", NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_second_writer_waits_for_the_lock) {
    struct sink first = sink_open(), second = sink_open();
    ck_assert_uint_eq(sink_publish(&first, 0, 2), 2);
    ck_assert_uint_eq(sink_publish(&second, 2, 2), 0);
    sink_close(&first);
    ck_assert_uint_eq(sink_publish(&second, 2, 2), 2);
    assert_file(path, "", 0, 4);
    assert_lines(&second, "another process has locked it", "recovered, failed batches: 1", NULL);
    sink_close(&second);
}
END_TEST

/* ---- rotation ----------------------------------------------------------------------------- */

START_TEST(a_renamed_file_is_replaced_by_a_new_one) {
    char old[sizeof(path) + 2];
    snprintf(old, sizeof(old), "%s.1", path);
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
    ck_assert_int_eq(rename(path, old), 0);
    ck_assert_uint_eq(sink_publish(&sink, 2, 2), 2);
    assert_file(old, "", 0, 2);
    assert_file(path, "", 2, 2);
    /* The same if logrotate creates the new file. */
    ck_assert_int_eq(rename(path, old), 0);
    file_put("", 0);
    ck_assert_uint_eq(sink_publish(&sink, 4, 2), 2);
    assert_file(old, "", 2, 2);
    assert_file(path, "", 4, 2);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_removed_or_emptied_file_is_begun_again) {
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_uint_eq(sink_publish(&sink, 2, 2), 2);
    assert_file(path, "", 2, 2);
    ck_assert_int_eq(truncate(path, 0), 0); /* copytruncate */
    ck_assert_uint_eq(sink_publish(&sink, 4, 2), 2);
    assert_file(path, "", 4, 2);
    assert_lines(&sink, NULL);
    sink_close(&sink);
}
END_TEST

START_TEST(a_folder_that_goes_away_is_waited_for) {
    char moved[sizeof(folder) + 2];
    snprintf(moved, sizeof(moved), "%s-2", folder);
    struct sink sink = sink_open();
    ck_assert_int_eq(rename(folder, moved), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    ck_assert_int_eq(rename(moved, folder), 0);
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
    assert_file(path, "", 0, 2);
    assert_lines(&sink, "open: No such file or directory", "recovered, failed batches: 2", NULL);
    sink_close(&sink);
}
END_TEST

/* ---- restart ------------------------------------------------------------------------------ */

START_TEST(what_was_written_before_a_restart_is_not_written_again) {
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 5), 5);
    sink_close(&sink);
    /* The core did not record the acknowledgement: three of these eight are in the file. */
    sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 2, 8), 8);
    assert_file(path, "", 0, 10);
    sink_close(&sink);
    /* All of these are in the file. */
    sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 7, 3), 3);
    assert_file(path, "", 0, 10);
    /* Events are skipped in the first batch only. */
    ck_assert_uint_eq(sink_publish(&sink, 9, 1), 1);
    ck_assert_uint_eq(sink_publish(&sink, 8, 2), 2);
    sink_close(&sink);
    FILE *file = fopen(path, "r");
    int lines = 0, c;
    while ((c = fgetc(file)) != EOF)
        lines += c == '\n';
    fclose(file);
    ck_assert_int_eq(lines, 13);
}
END_TEST

START_TEST(an_incomplete_line_of_a_killed_process_is_written_again) {
    char text[512];
    int length = snprintf(text, sizeof(text), "%s\n%s\n%.20s", events[0].json, events[1].json,
                          events[2].json);
    file_put(text, (size_t)length);
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 4), 4);
    assert_file(path, "", 0, 4);
    sink_close(&sink);
}
END_TEST

START_TEST(a_last_line_without_a_usable_id_is_no_obstacle) {
    static const char *const lines[] = {
        "\n",
        "no JSON\n",
        "{\"id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        file_put(lines[i], strlen(lines[i]));
        struct sink sink = sink_open();
        ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
        assert_file(path, lines[i], 0, 2);
        assert_lines(&sink, NULL);
        sink_close(&sink);
    }
}
END_TEST

START_TEST(events_are_passed_over_only_when_they_are_on_the_disk) {
    struct sink sink = sink_open();
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 2);
    sink_close(&sink);
    sink = sink_open();
    disk_sync_error = EIO;
    ck_assert_uint_eq(sink_publish(&sink, 0, 2), 0);
    sink_close(&sink);
    assert_file(path, "", 0, 2);
}
END_TEST

START_TEST(the_id_of_a_line_is_that_of_the_event) {
    static const struct {
        const char *line, *id; /* NULL if there is none */
    } cases[] = {
        {"{\"specversion\":\"1.0\",\"id\":\"a1\",\"type\":\"t\"}", "a1"},
        {"{ \"id\" : \"a1\" }", "a1"},
        {"{\"id\":\"\"}", ""},
        /* Text from mails can contain anything, and nested objects can have an id. */
        {"{\"data\":{\"id\":\"b2\"},\"id\":\"a1\"}", "a1"},
        {"{\"data\":[{\"id\":\"b2\"},\"id\",\"b2\"],\"id\":\"a1\"}", "a1"},
        {"{\"subject\":\"\\\"id\\\":\\\"b2\\\"\",\"id\":\"a1\"}", "a1"},
        {"{\"subject\":\"x\\\"\",\"id\":\"a1\"}", "a1"},
        {"{\"subject\":\"id\",\"x\":\"b2\",\"id\":\"a1\"}", "a1"},
        {"{\"subject\":\"{[\",\"id\":\"a1\"}", "a1"},
        {"{\"subject\":\"\\\\\",\"id\":\"a1\"}", "a1"},
        {"{\"n\":1,\"xid\":\"b2\",\"id\":\"a1\"}", "a1"},
        {"{\"data\":{\"id\":\"b2\"}}", NULL},
        {"{\"id\":5,\"x\":\"b2\"}", NULL},
        {"{\"id\":{\"id\":\"b2\"}}", NULL},
        {"[\"id\",\"b2\"]", NULL},
        {"\"id\":\"b2\"", NULL},
        {"{\"id\":\"b2", NULL},
        {"{\"id\":\"b2\\", NULL},
        {"}}{{\"id\":\"b2\"", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* On the heap in its exact size, so that the sanitizer detects a read past its end. */
        size_t length = strlen(cases[i].line);
        char *line = malloc(length ? length : 1);
        memcpy(line, cases[i].line, length);
        char id[ID_BYTES];
        bool found = event_id(line, length, id);
        ck_assert_msg(found == (cases[i].id != NULL), "case %zu", i);
        if (found)
            ck_assert_str_eq(id, cases[i].id);
        free(line);
    }
}
END_TEST

/* ---- options ------------------------------------------------------------------------------ */

START_TEST(the_path_is_that_of_a_file) {
    char missing[sizeof(path) + 16], slash[sizeof(path)], below[sizeof(path) + 16];
    file_put("", 0);
    snprintf(missing, sizeof(missing), "%s/missing/events", folder);
    snprintf(slash, sizeof(slash), "%s/", folder);
    snprintf(below, sizeof(below), "%s/events", path);
    const struct {
        const char *path, *problem; /* NULL if there is none */
    } cases[] = {
        {path, NULL},
        {NULL, "is required; add path = "},
        {"", "must be an absolute path"},
        {"events.jsonl", "must be an absolute path"},
        {folder, "must name a regular file"},
        {slash, "must name a file"},
        {"/dev/null", "must name a regular file"},
        {missing, "folder that does not exist"},
        {below, "Not a directory"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_value values[] = {{"path", cases[i].path}, {0}};
        struct patchmark_instance *instance = fake_instance_new(plugin.options, values);
        void *self = NULL;
        int result = plugin.open(instance, &self);
        if (cases[i].problem) {
            ck_assert_int_eq(result, -1);
            ck_assert_uint_eq(instance->line_count, 1);
            ck_assert_int_eq(instance->lines[0].level, 0);
            ck_assert_ptr_nonnull(strstr(instance->lines[0].text, cases[i].problem));
        } else {
            ck_assert_int_eq(result, 0);
            ck_assert_uint_eq(instance->line_count, 0);
            plugin.close(self);
        }
        fake_instance_free(instance);
    }
}
END_TEST

START_TEST(open_does_not_touch_the_file) {
    /* open runs also for a check of the configuration: it must not change a file in use. */
    struct sink sink = sink_open();
    ck_assert_int_eq(access(path, F_OK), -1);
    sink_close(&sink);
    file_put("{\"part", 6);
    sink = sink_open();
    assert_file(path, "{\"part", 0, 0);
    sink_close(&sink);
}
END_TEST

/* ------------------------------------------------------------------------------------------- */

static int removed(const char *name, const struct stat *status, int flag, struct FTW *walk) {
    (void)status, (void)flag, (void)walk;
    return remove(name);
}

static void events_make(void) {
    static char ids[EVENTS][33], jsons[EVENTS][80];
    for (size_t i = 0; i < EVENTS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%032zx", i);
        int length = snprintf(jsons[i], sizeof(jsons[i]), "{\"id\":\"%s\",\"n\":%zu}", ids[i], i);
        events[i] = (struct patchmark_event){.struct_size = sizeof(struct patchmark_event),
                                             .sequence = (int64_t)i + 1,
                                             .id = ids[i],
                                             .type = "patchmark.message.seen.v1",
                                             .subject = "",
                                             .list = "",
                                             .series = "",
                                             .json = jsons[i],
                                             .json_length = (size_t)length};
    }
}

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, events_are_lines);
    tcase_add_test(tcase, lines_that_are_there_stay);
    tcase_add_test(tcase, more_than_a_batch_is_cut);
    tcase_add_test(tcase, short_and_interrupted_writes_go_on);
    tcase_add_test(tcase, a_full_disk_keeps_whole_lines_and_counts_them);
    tcase_add_test(tcase, what_the_disk_does_not_confirm_is_not_delivered);
    tcase_add_test(tcase, each_reason_of_failure_is_logged_once);
    tcase_add_test(tcase, an_incomplete_line_is_removed);
    tcase_add_test(tcase, incomplete_lines_are_found_wherever_they_start);
    tcase_add_test(tcase, a_file_without_events_is_left_unchanged);
    tcase_add_test(tcase, a_line_longer_than_any_event_is_left_unchanged);
    tcase_add_test(tcase, a_second_writer_waits_for_the_lock);
    tcase_add_test(tcase, a_renamed_file_is_replaced_by_a_new_one);
    tcase_add_test(tcase, a_removed_or_emptied_file_is_begun_again);
    tcase_add_test(tcase, a_folder_that_goes_away_is_waited_for);
    tcase_add_test(tcase, what_was_written_before_a_restart_is_not_written_again);
    tcase_add_test(tcase, an_incomplete_line_of_a_killed_process_is_written_again);
    tcase_add_test(tcase, a_last_line_without_a_usable_id_is_no_obstacle);
    tcase_add_test(tcase, events_are_passed_over_only_when_they_are_on_the_disk);
    tcase_add_test(tcase, the_id_of_a_line_is_that_of_the_event);
    tcase_add_test(tcase, the_path_is_that_of_a_file);
    tcase_add_test(tcase, open_does_not_touch_the_file);
}

static void folder_make(void) {
    strcpy(folder, "/tmp/patchmark-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/events.jsonl", folder);
    events_make();
}

static void folder_remove(void) {
    nftw(folder, removed, 8, FTW_DEPTH | FTW_PHYS);
}

SUITE(file_suite) {
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");

    add_tests(tcase);
    tcase_add_unchecked_fixture(tcase, folder_make, folder_remove);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
