/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_redis.h - helpers for all tests of the redis plugin: the plugin itself, events, instances, a
 * temporary folder.
 */
#ifndef TEST_REDIS_H
#define TEST_REDIS_H

#include "support/local.h"

#include "redis.c"
#include "support/fake-instance.h"
#include "support/suite.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* A helper that some test programs do not use. */
#define TEST_TOOL static __attribute__((unused))

#define TEST_EVENTS 1000

static struct patchmark_event test_events[TEST_EVENTS];
static char test_folder[64];
static char test_socket[96];
static char test_server[112]
    __attribute__((unused)); /* the socket, as a value of the option server */

static int test_timeout = 60;   /* of each test, in seconds */
static bool test_without_hosts; /* hosts do not register, which saves two commands */

struct sink {
    struct patchmark_instance *instance;
    void *self;
};

/* Opens an instance with the options VALUES, which may be NULL, for the socket of the test unless
 * VALUES has `server`. */
TEST_TOOL struct sink sink_open(const struct fake_value *values) {
    static struct fake_value all[8][16];
    static size_t next;
    struct fake_value *mine = all[next++ % 8];
    size_t count = 0;

    while (values && values[count].name) {
        ck_assert_uint_lt(count, 13);
        mine[count] = values[count];
        count++;
    }
    mine[count++] = (struct fake_value){"server", test_server};
    if (test_without_hosts)
        mine[count++] = (struct fake_value){"hosts", ""};
    mine[count] = (struct fake_value){0};
    struct sink sink = {.instance = fake_instance_new(plugin.options, mine)};
    ck_assert_int_eq(plugin.open(sink.instance, &sink.self), 0);
    ck_assert_uint_eq(sink.instance->line_count, 0);
    return sink;
}

TEST_TOOL void sink_close(struct sink *sink) {
    plugin.close(sink->self);
    fake_instance_free(sink->instance);
}

TEST_TOOL size_t sink_publish(struct sink *sink, size_t first, size_t count) {
    const struct patchmark_event *batch[TEST_EVENTS];
    ck_assert_uint_le(first + count, TEST_EVENTS);
    for (size_t i = 0; i < count; i++)
        batch[i] = &test_events[first + i];
    return plugin.publish(sink->self, batch, count);
}

/* Asserts that the log has exactly these lines; an argument is a part of a line, and NULL ends the
 * list. */
TEST_TOOL void __attribute__((sentinel)) assert_lines(const struct sink *sink, ...) {
    const struct patchmark_instance *instance = sink->instance;
    va_list parts;
    const char *part;
    size_t i = 0;

    va_start(parts, sink);
    for (; (part = va_arg(parts, const char *)); i++) {
        ck_assert_msg(i < instance->line_count, "no line with '%s'", part);
        ck_assert_msg(strstr(instance->lines[i].text, part), "'%s' is not in '%s'", part,
                      instance->lines[i].text);
    }
    va_end(parts);
    ck_assert_msg(i == instance->line_count, "unexpected line '%s'", instance->lines[i].text);
}

/* Writes TEXT to a new file with MODE, and its name to PATH. */
TEST_TOOL void password_file(char path[sizeof(test_socket)], const char *text, mode_t mode) {
    static int files;
    snprintf(path, sizeof(test_socket), "%s/password%d", test_folder, files++);
    unlink(path); /* of another test, which may have made it unwritable */
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static int removed(const char *path, const struct stat *status, int flag, struct FTW *walk) {
    (void)status, (void)flag, (void)walk;
    return remove(path);
}

static void events_make(void) {
    static char ids[TEST_EVENTS][33], jsons[TEST_EVENTS][80];
    for (size_t i = 0; i < TEST_EVENTS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%032zx", i);
        int length = snprintf(jsons[i], sizeof(jsons[i]), "{\"id\":\"%s\"}", ids[i]);
        test_events[i] = (struct patchmark_event){.struct_size = sizeof(struct patchmark_event),
                                                  .sequence = (int64_t)i + 1,
                                                  .id = ids[i],
                                                  .type = "patchmark.message.seen.v1",
                                                  .subject = "",
                                                  .list = "list.example.org",
                                                  .series = "s1-abcdefghijklmnop",
                                                  .json = jsons[i],
                                                  .json_length = (size_t)length,
                                                  .learned = "",
                                                  .state = ""};
    }
}

static void folder_make(void) {
    strcpy(test_folder, "/tmp/patchmark-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(test_folder));
    snprintf(test_socket, sizeof(test_socket), "%s/socket", test_folder);
    snprintf(test_server, sizeof(test_server), "unix:%s", test_socket);
    events_make();
    signal(SIGPIPE, SIG_IGN); /* as patchmark does */
}

static void folder_remove(void) {
    nftw(test_folder, removed, 8, FTW_DEPTH | FTW_PHYS);
}

/* Returns a suite whose tests share the temporary folder; each runs between SETUP and TEARDOWN,
 * unless these are NULL. */
static Suite *redis_tests(const char *name, void (*add_tests)(TCase *), SFun setup, SFun teardown) {
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);

    add_tests(tcase);
    tcase_add_unchecked_fixture(tcase, folder_make, folder_remove);
    if (setup)
        tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, test_timeout);
    suite_add_tcase(suite, tcase);
    return suite;
}

#endif
