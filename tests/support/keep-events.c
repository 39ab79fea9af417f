/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keep-events.c - keeps every event that a unit test makes, for tools/check-events.
 *
 * Linked into all of them: the linker sends calls of json_event_compose here
 * (--wrap, see configure.ac).  The events go on, one a line, in the file that PATCHMARK_TEST_EVENTS
 * names; a test program that cannot write there ends.
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

/* One call, so that lines of tests that run side by side do not mix. */
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

    /* What tests of the outbox append is none of the types, and has a short id. */
    return strlen(event->id) == ID_LENGTH ? keep(json) : json;
}
