/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log-entry.h - composes a log line that has named fields, as text or as a JSON object (RFC 8259).
 *
 * Values may be text from a mail: each is bounded and escaped, so that none can add a field or a
 * line, and a line with all fields of a mail is never cut.  As text, a field is NAME=VALUE, and
 * blanks separate fields.  In JSON, a field is a member; the '-' of its name are '_' there.  A
 * field without value (NULL, "", a list without words, false) is left out.
 *
 * An entry belongs to one thread.  GLib aborts the process if memory runs out.
 */
#ifndef LOG_ENTRY_H
#define LOG_ENTRY_H

#include "patchmark-plugin.h"

#include <glib.h>

enum log_format { LOG_AS_TEXT, LOG_AS_JSON };

/* The most bytes of one value in a line, with its escapes and the "..." of one that was cut. */
#define LOG_VALUE_BYTES      256 /* as text */
#define LOG_JSON_VALUE_BYTES 512 /* in JSON, without the quotes */
#define LOG_WORD_BYTES       64  /* of one word in a list of words */

/* The most bytes of a message in JSON, so that a line has at most 4,096, which are not mixed with
 * those of other threads in a pipe (pipe(7)). */
#define LOG_JSON_MESSAGE_BYTES 3900

struct log_entry {
    enum log_format format;
    GString *line;
};

/* Starts ENTRY.  In JSON its first members are the time (RFC 3339, UTC), the severity, which is
 * the name of LEVEL, and MESSAGE; the text has none of these.  Each entry must be ended. */
void log_entry_begin(struct log_entry *entry, enum log_format format, enum patchmark_level level,
                     const char *message);

/* Adds the field by which lines of other programs about the same thing are found.  The text begins
 * with its value and a colon; "-" if there is none. */
void log_entry_tag(struct log_entry *entry, const char *name, const char *value);

/* Add a field.  A string; an id, which the text has in <> as Postfix writes it; the COUNT words of
 * WORDS, joined by commas in the text, an array in JSON, whose last word is "..." if not all fit; a
 * number; a bool, which the text has as NAME=yes; a duration, as milliseconds with three decimals.
 */
void log_entry_string(struct log_entry *entry, const char *name, const char *value);
void log_entry_id(struct log_entry *entry, const char *name, const char *value);
void log_entry_words(struct log_entry *entry, const char *name, const char *const *words,
                     size_t count);
void log_entry_number(struct log_entry *entry, const char *name, int64_t number);
void log_entry_bool(struct log_entry *entry, const char *name, bool is_true);
void log_entry_duration(struct log_entry *entry, const char *name, int64_t microseconds);

/* Ends ENTRY.  Returns its line, without a newline, for free(3). */
char *log_entry_end(struct log_entry *entry);

/* Returns the name of LEVEL, such as "warning". */
const char *log_level_name(enum patchmark_level level);

#endif
