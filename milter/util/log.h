/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log.h - writes log lines to syslog or to standard error.
 *
 * Levels: an error is what does not work until somebody repairs it; a warning is what failed once;
 * info is normal operation, one line for each mail; debug is for developers.  Malformed mail is
 * neither an error nor a warning: plugins report it as facts.
 */
#ifndef LOG_H
#define LOG_H

#include "patchmark-plugin.h"

#include <stdarg.h>

enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG, LOG_TO_NOBODY };

/* Sets the target, and the least important level that is written.  LOG_TO_NOBODY discards every
 * line.  A later call replaces both values, also while other threads log; but only one thread may
 * call this at a time. */
void log_open(enum log_target target, enum patchmark_level level);

/* Returns true if a line of LEVEL would be written.  For callers that do work only to fill a line.
 * Any thread. */
bool log_is_enabled(enum patchmark_level level);

/* Write one line; FORMAT, as in printf(3), has no newline.  Each byte that is not printable ASCII
 * is written as \xNN, so arguments may be text from a mail.  A line of more than 2,048 bytes is cut
 * and ends in "...".  A line that cannot be written is lost.  Keep errno.  Any thread. */
void log_error(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_warning(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_info(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_debug(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_write(enum patchmark_level level, const char *format, va_list arguments)
    PATCHMARK_PRINTF(2, 0);

/* Passes every line, without program name and level, to FUNCTION as well, on the thread that logs:
 * for tests, and for a command that shows errors in its own output.  NULL ends this.  Call before
 * other threads log. */
void log_capture(void (*function)(enum patchmark_level level, const char *line));

#endif
