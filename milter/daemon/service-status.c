/* SPDX-License-Identifier: BSD-2-Clause
 *
 * service-status.c - see service-status.h.
 */
#include "daemon/service-status.h"

#include "util/plural.h"
#include "util/systemd.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 512 /* bytes; names of sinks that do not fit are cut off */

static void sinks_write(FILE *out, const struct metrics_moment *moment) {
    int64_t waiting = 0;
    size_t down = 0;

    for (size_t i = 0; i < moment->sink_count; i++)
        if (moment->sinks[i].waiting > waiting)
            waiting = moment->sinks[i].waiting;
    if (moment->sink_count > 0)
        fprintf(out, "; %" PRId64 " event%s waiting", waiting, plural((uint64_t)waiting));
    for (size_t i = 0; i < moment->sink_count; i++)
        if (!moment->sinks[i].up)
            fprintf(out, "%s%s", down++ == 0 ? "; unavailable: " : ", ", moment->sinks[i].name);
    if (down == 0)
        fputs(moment->sink_count > 0 ? "; all sinks available" : "; no sinks", out);
}

/* Sends LINE, with "STATUS=" before it, unless it was sent last. */
static void line_send(const char *line) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char last[LINE_SIZE]; /* protected by lock */

    pthread_mutex_lock(&lock);
    if (strcmp(line, last) != 0) {
        strcpy(last, line);
        systemd_notify(line);
    }
    pthread_mutex_unlock(&lock);
}

void service_status_notify(const struct metrics_moment *moment) {
    uint64_t answered = metrics_get(METRICS_ANSWERED);
    char line[LINE_SIZE] = "";
    FILE *out = fmemopen(line, sizeof(line), "w"); /* keeps the last byte for '\0' */

    if (!out)
        return;
    fprintf(out, "STATUS=%" PRIu64 " mail%s answered", answered, plural(answered));
    fprintf(out, "; store %s", moment->store_up ? "available" : "unavailable");
    sinks_write(out, moment);
    fclose(out);
    line[sizeof(line) - 1] = '\0';
    line_send(line);
}

void service_status_stopped(void) {
    uint64_t answered = metrics_get(METRICS_ANSWERED);
    char line[LINE_SIZE];

    snprintf(line, sizeof(line), "STATUS=stopped after %" PRIu64 " mail%s", answered,
             plural(answered));
    line_send(line);
}
