/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log.h - one line to syslog or standard error.
 *
 * The verbs have one meaning each: an error is a thing that does not work until somebody mends it;
 * a warning is a thing that went wrong once; info is normal work, one line a mail; debug is for
 * developers.  Bad mail is none of these: it is a fact.
 */
#ifndef LOG_H
#define LOG_H

#include "patchmark-plugin.h"

#include <stdarg.h>

enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG, LOG_TO_NOBODY };

/* Where lines go, and the least important level that is still written.  Call before threads. */
void log_open(enum log_target target, enum patchmark_level level);

/* True when a line of that level would be written: for lines that cost something to make. */
bool log_is_enabled(enum patchmark_level level);

/* Writes one line.  Control bytes, and bytes that are not ASCII, come out as \xNN, so text from a
 * mail can be an argument.  Any thread. */
void log_error(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_warning(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_info(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_debug(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_write(enum patchmark_level level, const char *format, va_list arguments)
    PATCHMARK_PRINTF(2, 0);

/* For tests: every line goes to FUNCTION as well; NULL stops that. */
void log_capture(void (*function)(enum patchmark_level level, const char *line));

#endif
