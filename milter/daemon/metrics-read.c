/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-read.c - see metrics-read.h.
 *
 * Believes nothing of what it reads: an answer has a bounded size and time, and a line that has
 * another form is skipped.
 */
#include "daemon/metrics-read.h"

#include "util/cleanup.h"
#include "util/socket.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define PREFIX         "patchmark_"
#define TEXT_MAX       (4 * 1024 * 1024)
#define ANSWER_SECONDS 5

/* ---- the text ------------------------------------------------------------------------------ */

/* Takes LINE, without its newline, apart.  Returns false if it is no sample. */
static bool sample_parse(char *line, struct metrics_sample *sample) {
    char *name = line + strlen(PREFIX), *end, *value = strrchr(line, ' ');

    if (strncmp(line, PREFIX, strlen(PREFIX)) != 0 || !value)
        return false;
    sample->value = strtod(value + 1, &end);
    if (end == value + 1 || *end || !isfinite(sample->value))
        return false;
    *value = '\0';
    sample->name = name;
    sample->labels = "";
    name = strchr(name, '{');
    if (name && value[-1] == '}') {
        *name = value[-1] = '\0';
        sample->labels = name + 1;
    }
    return true;
}

void metrics_parse(char *text, struct metrics_samples *samples) {
    size_t lines = 1;

    *samples = (struct metrics_samples){.text = text, .pid = samples->pid};
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    samples->list = calloc(lines, sizeof(*samples->list));
    for (char *line = text, *end; samples->list && *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        samples->count += sample_parse(line, &samples->list[samples->count]);
    }
}

void metrics_free(struct metrics_samples *samples) {
    free(samples->list);
    free(samples->text);
    *samples = (struct metrics_samples){0};
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Reads DESCRIPTOR to its end.  Returns the text, which the caller frees; NULL if it cannot be
 * read, or is longer than TEXT_MAX. */
static char *descriptor_read(int descriptor) {
    AUTO(free) char *text = malloc(TEXT_MAX + 1);
    size_t length = 0;
    ssize_t got = 1;

    while (text && got > 0 && length < TEXT_MAX) {
        got = read(descriptor, text + length, TEXT_MAX - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (!text || got != 0)
        return NULL;
    text[length] = '\0';
    return STEAL(text);
}

static enum metrics_source source_of(int error) {
    return error == ECONNREFUSED                 ? METRICS_REFUSED
           : error == EACCES || error == EPERM   ? METRICS_FORBIDDEN
           : error == ENOENT || error == ENOTDIR ? METRICS_MISSING
                                                 : METRICS_SILENT;
}

/* Takes the ANSWER of an HTTP server apart. */
static enum metrics_source answer_parse(const char *answer, struct metrics_samples *samples) {
    const char *body = strstr(answer, "\r\n\r\n"), *status = strchr(answer, ' ');
    char *text;

    if (!body || !status)
        return METRICS_SILENT;
    if (strncmp(status, " 503", 4) == 0)
        return METRICS_EARLY;
    text = strncmp(status, " 200", 4) == 0 ? strdup(body + 4) : NULL;
    if (!text)
        return METRICS_SILENT;
    metrics_parse(text, samples);
    return samples->count > 0 ? METRICS_READ : METRICS_SILENT;
}

enum metrics_source metrics_ask(const char *path, struct metrics_samples *samples) {
    static const char request[] = "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
    const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);
    AUTO(close) int connection = socket_connect_unix(path);
    AUTO(free) char *answer = NULL;

    *samples = (struct metrics_samples){0};
    if (connection < 0)
        return source_of(errno);
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
        samples->pid = peer.pid;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (send(connection, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request))
        answer = descriptor_read(connection);
    return answer ? answer_parse(answer, samples) : METRICS_SILENT;
}

enum metrics_source metrics_read_file(const char *path, struct metrics_samples *samples) {
    AUTO(fclose) FILE *file = fopen(path, "re");
    char *text;

    *samples = (struct metrics_samples){0};
    if (!file)
        return source_of(errno);
    text = descriptor_read(fileno(file));
    if (!text)
        return METRICS_SILENT;
    metrics_parse(text, samples);
    return samples->count > 0 ? METRICS_READ : METRICS_SILENT;
}

/* ---- looking up ---------------------------------------------------------------------------- */

/* Returns the end of the value of a label, the '"' that no '\\' precedes; NULL if there is none. */
static const char *value_end(const char *value) {
    while (*value && *value != '"')
        value += value[0] == '\\' && value[1] ? 2 : 1;
    return *value ? value : NULL;
}

/* Returns where the value of LABEL begins in LABELS, and stores its length; NULL if there is none.
 */
static const char *label_find(const char *labels, const char *label, size_t *length) {
    size_t size = strlen(label);

    while (*labels) {
        const char *value = strstr(labels, "=\"");
        const char *end = value ? value_end(value + 2) : NULL;

        if (!end)
            return NULL;
        if ((size_t)(value - labels) == size && strncmp(labels, label, size) == 0) {
            *length = (size_t)(end - value - 2);
            return value + 2;
        }
        labels = end + 1 + (end[1] == ',');
    }
    return NULL;
}

bool metrics_label(const struct metrics_sample *sample, const char *label, char *value,
                   size_t size) {
    size_t length = 0, used = 0;
    const char *found = label_find(sample->labels, label, &length);

    for (size_t i = 0; i < length && used + 1 < size; i++) {
        i += found[i] == '\\' && i + 1 < length;
        value[used++] = found[i];
    }
    value[used] = '\0';
    return found != NULL;
}

const struct metrics_sample *metrics_find(const struct metrics_samples *samples, const char *name,
                                          const char *label, const char *value) {
    for (size_t i = 0; i < samples->count; i++) {
        const struct metrics_sample *sample = &samples->list[i];
        size_t length = 0;
        const char *found = label ? label_find(sample->labels, label, &length) : NULL;

        if (strcmp(sample->name, name) == 0 &&
            (!label || (found && strlen(value) == length && strncmp(found, value, length) == 0)))
            return sample;
    }
    return NULL;
}

int64_t metrics_number(const struct metrics_samples *samples, const char *name, const char *label,
                       const char *value) {
    const struct metrics_sample *sample = metrics_find(samples, name, label, value);

    /* Beyond this the conversion would be undefined. */
    return !sample ? -1 : sample->value >= 9e18 ? INT64_MAX : (int64_t)sample->value;
}
