/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log.c - see log.h.
 *
 * Owns the target and the level, which a reload may set while other threads log, and the capture
 * function, which is set before other threads start.  Writing a line can fail; the line is then
 * lost, because there is no other place to report it.
 */
#include "util/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
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
static void (*log_captured)(enum patchmark_level level, const char *line);

void log_open(enum log_target target, enum patchmark_level level) {
    if (target == LOG_TO_SYSLOG)
        openlog("patchmark", LOG_PID | LOG_NDELAY, LOG_MAIL);
    atomic_store(&log_target, target);
    atomic_store(&log_level, level);
}

bool log_is_enabled(enum patchmark_level level) {
    return level <= atomic_load(&log_level);
}

void log_capture(void (*function)(enum patchmark_level level, const char *line)) {
    log_captured = function;
}

static const char *level_name(enum patchmark_level level) {
    switch (level) {
    case PATCHMARK_ERROR:
        return "error: ";
    case PATCHMARK_WARNING:
        return "warning: ";
    case PATCHMARK_INFO:
        return "info: ";
    case PATCHMARK_DEBUG:
        break;
    }
    return "debug: ";
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

static void write_line(enum patchmark_level level, const char *text, bool was_cut) {
    char line[LINE_SIZE] = NAME;
    enum log_target target = atomic_load(&log_target);
    size_t start = strlen(NAME), length;

    strcpy(line + start, level_name(level));
    start += strlen(line + start);
    /* One byte is kept for the newline. */
    length = start + escape(line + start, sizeof(line) - 1 - start, text, was_cut);
    if (log_captured)
        log_captured(level, line + start);
    if (target == LOG_TO_SYSLOG) {
        /* Log files do not show the priority.  As in Postfix, the text of errors and warnings names
         * the level, and that of other lines does not. */
        syslog(level, "%s", line + (level <= PATCHMARK_WARNING ? strlen(NAME) : start));
        return;
    }
    line[length++] = '\n';
    if (target == LOG_TO_STDERR && write(STDERR_FILENO, line, length) < 0)
        return;
}

void log_write(enum patchmark_level level, const char *format, va_list arguments) {
    int saved = errno; /* callers may read errno after they logged */
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
