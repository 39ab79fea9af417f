/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log.c - see log.h.
 *
 * Owns the target, the level and the format, which a reload may set while other threads log, and
 * the capture function, which is set before other threads start.  Writing a line can fail; the line
 * is then lost, because there is no other place to report it.
 */
#include "util/log.h"

#include "util/cleanup.h"
#include "util/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* The size of a whole line.  It is below PIPE_BUF, so that lines of several threads do not mix in a
 * pipe (pipe(7)). */
#define LINE_SIZE 2048

#define NAME      "patchmark: "
#define CUT       "..."
#define BYTE_SIZE 4 /* "\xNN" */

static _Atomic(enum log_target) log_target = LOG_TO_STDERR;
static _Atomic(enum patchmark_level) log_level = PATCHMARK_INFO;
static _Atomic(enum log_format) log_format = LOG_AS_TEXT;
static atomic_int log_facility = LOG_MAIL;
static void (*log_captured)(enum patchmark_level level, const char *line);

void log_open(enum log_target target, enum patchmark_level level) {
    if (target == LOG_TO_SYSLOG)
        openlog("patchmark", LOG_PID | LOG_NDELAY, atomic_load(&log_facility));
    atomic_store(&log_target, target);
    atomic_store(&log_level, level);
}

void log_set_format(enum log_format format, int facility) {
    atomic_store(&log_format, format);
    atomic_store(&log_facility, facility);
}

bool log_is_enabled(enum patchmark_level level) {
    return level <= atomic_load(&log_level);
}

void log_capture(void (*function)(enum patchmark_level level, const char *line)) {
    log_captured = function;
}

/* Copies TEXT to LINE of SIZE bytes, with each byte that is not printable ASCII written as \xNN.
 * The copy ends in "..." if TEXT does not fit, or if it WAS_CUT before.  Returns its length. */
static size_t escape(char *line, size_t size, const char *text, bool was_cut) {
    size_t length = 0;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (length + BYTE_SIZE + sizeof(CUT) > size) {
            was_cut = true;
            break;
        }
        if (byte >= ' ' && byte <= '~')
            line[length++] = (char)byte;
        else
            length += (size_t)snprintf(line + length, BYTE_SIZE + 1, "\\x%02x", byte);
    }
    strcpy(line + length, was_cut ? CUT : "");
    return length + strlen(line + length);
}

/* Writes LINE of LENGTH bytes, and behind them space for a newline, to standard error, or from
 * SYSLOG_FROM on to syslog, unless the target is none. */
static void output(enum patchmark_level level, char *line, size_t length, size_t syslog_from) {
    enum log_target target = atomic_load(&log_target);

    if (target == LOG_TO_SYSLOG) {
        syslog(level, "%s", line + syslog_from);
        return;
    }
    line[length++] = '\n';
    if (target == LOG_TO_STDERR && write(STDERR_FILENO, line, length) < 0)
        return;
}

static void write_text(enum patchmark_level level, const char *text, bool was_cut) {
    char line[LINE_SIZE];
    size_t start = (size_t)snprintf(line, sizeof(line), NAME "%s: ", log_level_name(level)), length;

    /* One byte is kept for the newline. */
    length = start + escape(line + start, sizeof(line) - 1 - start, text, was_cut);
    if (log_captured)
        log_captured(level, line + start);
    /* Log files do not show the priority.  As in Postfix, the text of errors and warnings names the
     * level, and that of other lines does not. */
    output(level, line, length, level <= PATCHMARK_WARNING ? strlen(NAME) : start);
}

/* Writes LINE, an object in JSON.  The newline takes the place of its NUL. */
static void write_object(enum patchmark_level level, char *line) {
    if (log_captured)
        log_captured(level, line);
    output(level, line, strlen(line), 0);
}

void log_entry_start(struct log_entry *entry, enum patchmark_level level, const char *message) {
    log_entry_begin(entry, atomic_load(&log_format), level, message);
}

void log_entry_write(struct log_entry *entry, enum patchmark_level level) {
    int saved = errno; /* callers may read errno after they logged */
    AUTO(free) char *line = log_entry_end(entry);

    if (log_is_enabled(level) && entry->format == LOG_AS_JSON)
        write_object(level, line);
    else if (log_is_enabled(level))
        write_text(level, line, false);
    errno = saved;
}

/* Writes the line with the text TEXT, which WAS_CUT. */
static void write_line(enum patchmark_level level, char text[LINE_SIZE], bool was_cut) {
    struct log_entry entry;

    if (atomic_load(&log_format) == LOG_AS_TEXT) {
        write_text(level, text, was_cut);
        return;
    }
    if (was_cut)
        strcpy(text + LINE_SIZE - sizeof(CUT), CUT);
    log_entry_begin(&entry, LOG_AS_JSON, level, text);
    log_entry_write(&entry, level);
}

void log_write(enum patchmark_level level, const char *format, va_list arguments) {
    int saved = errno;
    char text[LINE_SIZE];
    int length;

    if (!log_is_enabled(level))
        return;
    length = vsnprintf(text, sizeof(text), format, arguments);
    if (length < 0)
        strcpy(text, "(cannot format this log line)");
    write_line(level, text, length >= (int)sizeof(text));
    errno = saved;
}

PATCHMARK_PRINTF(2, 3) static void log_line(enum patchmark_level level, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    log_write(level, format, arguments);
    va_end(arguments);
}

/* Returns true if a line of REPEATED may be written now, and counts it as left out otherwise. */
static bool repeated_begin(struct log_repeated *repeated) {
    unsigned most = repeated->most > 0 ? repeated->most : 1;
    int64_t now = clock_milliseconds(), end = atomic_load(&repeated->period_end);

    /* If another thread begins the period at the same time, the exchange fails here. */
    if ((end == 0 || now >= end) &&
        atomic_compare_exchange_strong(&repeated->period_end, &end,
                                       now + LOG_REPEATED_SECONDS * INT64_C(1000)))
        atomic_store(&repeated->written, 0);
    if (atomic_load(&repeated->written) < most && atomic_fetch_add(&repeated->written, 1) < most)
        return true;
    atomic_fetch_add(&repeated->left_out, 1);
    return false;
}

void log_repeated(struct log_repeated *repeated, enum patchmark_level level, const char *format,
                  ...) {
    int saved = errno;
    char text[LINE_SIZE / 2];
    uint64_t left_out;
    va_list arguments;

    if (!log_is_enabled(level) || !repeated_begin(repeated))
        return;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) >= (int)sizeof(text))
        strcpy(text + sizeof(text) - sizeof(CUT), CUT);
    va_end(arguments);
    left_out = atomic_exchange(&repeated->left_out, 0);
    if (left_out > 0)
        log_line(level, "%s; such lines left out in between: %" PRIu64, text, left_out);
    else
        log_line(level, "%s", text);
    errno = saved;
}

void log_error(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    log_write(PATCHMARK_ERROR, format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    log_write(PATCHMARK_WARNING, format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    log_write(PATCHMARK_INFO, format, arguments);
    va_end(arguments);
}

void log_debug(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    log_write(PATCHMARK_DEBUG, format, arguments);
    va_end(arguments);
}
