/* SPDX-License-Identifier: BSD-2-Clause
 *
 * record.c - keeps every event that a unit test makes, for tools/check-events.
 *
 * Linked into all of them: the linker sends calls of the functions of json.h that make events here
 * (--wrap, see configure.ac).  They go on, one a line, in the file that PATCHMARK_TEST_EVENTS
 * names; a test program that cannot write there ends.
 */
#include "pipeline/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

char *__real_json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                        int64_t time);
char *__real_json_incomplete_event(const char *id, const struct json_series *series,
                                   const char *host, int64_t time);
char *__real_json_service_event(const char *id, const struct json_service *service,
                                const char *host, int64_t time);
char *__real_json_event_replayed(const char *json, size_t length);
char *__wrap_json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                        int64_t time);
char *__wrap_json_incomplete_event(const char *id, const struct json_series *series,
                                   const char *host, int64_t time);
char *__wrap_json_service_event(const char *id, const struct json_service *service,
                                const char *host, int64_t time);
char *__wrap_json_event_replayed(const char *json, size_t length);

/* One call, so that lines of tests that run side by side do not mix. */
static char *record(char *json) {
    const char *path = getenv("PATCHMARK_TEST_EVENTS");
    struct iovec line[] = {{json, json ? strlen(json) : 0}, {(char[]){'\n'}, 1}};
    int file;

    /* What a test of the publisher gives as one may be none. */
    if (!json || !path || !*path || !strstr(json, "\"specversion\""))
        return json;
    file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || writev(file, line, 2) != (ssize_t)line[0].iov_len + 1) {
        perror(path);
        exit(1);
    }
    close(file);
    return json;
}

char *__wrap_json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                        int64_t time) {
    return record(__real_json_event(mail, event, host, time));
}

char *__wrap_json_incomplete_event(const char *id, const struct json_series *series,
                                   const char *host, int64_t time) {
    return record(__real_json_incomplete_event(id, series, host, time));
}

char *__wrap_json_service_event(const char *id, const struct json_service *service,
                                const char *host, int64_t time) {
    return record(__real_json_service_event(id, service, host, time));
}

char *__wrap_json_event_replayed(const char *json, size_t length) {
    return record(__real_json_event_replayed(json, length));
}
