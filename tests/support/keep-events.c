/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keep-events.c - writes every event that a unit test composes to a file, for tools/check-events.
 *
 * It is linked into all programs of unit tests, and the linker replaces calls of json_event_compose
 * by calls of the wrapper here (--wrap, see configure.ac).  Events are appended, one a line, to the
 * file that the environment variable PATCHMARK_TEST_EVENTS names.  A test program that cannot write
 * there ends.
 */
#include "pipeline/json.h"
#include "store/outbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define ID_LENGTH 32

char *__real_json_event_compose(const struct outbox_event *event, bool replay);
char *__wrap_json_event_compose(const struct outbox_event *event, bool replay);

/* Appends JSON and a newline in one call, so that lines of tests that run at once do not mix.
 * Returns JSON. */
static char *keep(char *json) {
    const char *path = getenv("PATCHMARK_TEST_EVENTS");
    struct iovec line[] = {{json, strlen(json)}, {(char[]){'\n'}, 1}};
    int file;

    if (!path || !*path)
        return json;
    file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || writev(file, line, 2) != (ssize_t)line[0].iov_len + 1) {
        perror(path);
        exit(1);
    }
    close(file);
    return json;
}

char *__wrap_json_event_compose(const struct outbox_event *event, bool replay) {
    char *json = __real_json_event_compose(event, replay);

    /* Tests of the outbox append events of invented types, which have a short id; they are left
     * out. */
    return strlen(event->id) == ID_LENGTH ? keep(json) : json;
}
