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

#include "util/log-entry.h"

#include <stdarg.h>
#include <stdatomic.h>

enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG, LOG_TO_NOBODY };

/* Sets the target, and the least important level that is written.  LOG_TO_NOBODY discards every
 * line.  A later call replaces both values, also while other threads log; but only one thread may
 * call this at a time. */
void log_open(enum log_target target, enum patchmark_level level);

/* Sets the format of all lines, and the facility of syslog(3), such as LOG_MAIL, with which
 * log_open opens it from now on.  Initially LOG_AS_TEXT and LOG_MAIL.  Threads as for log_open. */
void log_set_format(enum log_format format, int facility);

/* Returns true if a line of LEVEL would be written.  For callers that do work only to fill a line.
 * Any thread. */
bool log_is_enabled(enum patchmark_level level);

/* Write one line; FORMAT, as in printf(3), has no newline.  Each byte that is not printable ASCII
 * is written as \xNN, so arguments may be text from a mail; JSON has the text as its member
 * message, see log-entry.h.  A line of more than 2,048 bytes, or such a text, is cut and ends in
 * "...".  A line that cannot be written is lost.  Keep errno.  Any thread. */
void log_error(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_warning(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_info(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_debug(const char *format, ...) PATCHMARK_PRINTF(1, 2);
void log_write(enum patchmark_level level, const char *format, va_list arguments)
    PATCHMARK_PRINTF(2, 0);

/* A line that would be written for each mail or connection while a fault lasts.  A zeroed struct is
 * ready for use. */
struct log_repeated {
    unsigned most;                   /* lines that are written in each period; 0: one */
    atomic_int_least64_t period_end; /* 0 before the first line */
    atomic_uint written;             /* lines in this period */
    atomic_uint_least64_t left_out;  /* lines that were not written since the last one */
};

/* Writes the line, unless as many as REPEATED allows were written in a period, which begins with a
 * line and lasts LOG_REPEATED_SECONDS.  The number of lines that were left out is appended to the
 * next one.  A text of more than 1,023 bytes is cut, and ends in "..." then.  Any thread. */
#define LOG_REPEATED_SECONDS 3600
void log_repeated(struct log_repeated *repeated, enum patchmark_level level, const char *format,
                  ...) PATCHMARK_PRINTF(3, 4);

/* Starts an entry in the format of the log; writes the line of one and ends it.  As above. */
void log_entry_start(struct log_entry *entry, enum patchmark_level level, const char *message);
void log_entry_write(struct log_entry *entry, enum patchmark_level level);

/* Passes every line, without program name and level, to FUNCTION as well, on the thread that logs;
 * in JSON the whole object.  For tests, and for a command that shows errors in its own output. NULL
 * ends this.  Call before other threads log. */
void log_capture(void (*function)(enum patchmark_level level, const char *line));

#endif
