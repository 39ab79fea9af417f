/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log-entry.c - see log-entry.h.  Owns nothing.
 */
#include "util/log-entry.h"

#include "util/json-write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CUT          "..."
#define NAME_SIZE    32 /* of the name of a field */
#define ESCAPED_SIZE 13 /* one escaped character: two escapes \uNNNN, and NUL */

const char *log_level_name(enum patchmark_level level) {
    switch (level) {
    case PATCHMARK_ERROR:
        return "error";
    case PATCHMARK_WARNING:
        return "warning";
    case PATCHMARK_INFO:
        return "info";
    case PATCHMARK_DEBUG:
        break;
    }
    return "debug";
}

/* ---- escapes ------------------------------------------------------------------------------ */

/* Returns how many bytes at the start of TEXT need no escape.  In text, those that could be taken
 * for the end of a value or for another field do. */
static size_t plain_length(enum log_format format, const char *text) {
    size_t length = 0;

    for (;; length++) {
        unsigned char byte = (unsigned char)text[length];

        if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\' ||
            (format == LOG_AS_TEXT &&
             (byte == ' ' || byte == '\'' || byte == ',' || (byte >= '<' && byte <= '>'))))
            return length;
    }
}

/* Writes the first byte of TEXT to ESCAPED, as \xNN.  Returns what follows it. */
static const char *text_escape(const char *text, char escaped[ESCAPED_SIZE]) {
    snprintf(escaped, ESCAPED_SIZE, "\\x%02x", (unsigned char)*text);
    return text + 1;
}

/* Writes the first character of TEXT to ESCAPED, as a string of JSON that is printable ASCII.  A
 * byte that is not part of valid UTF-8 becomes U+FFFD.  Returns what follows it. */
static const char *json_escape(const char *text, char escaped[ESCAPED_SIZE]) {
    gunichar character = g_utf8_get_char_validated(text, -1);
    bool valid = character < 0x110000; /* else it is one of two negative numbers */

    if (!valid)
        character = 0xFFFD;
    if (character == '"' || character == '\\')
        snprintf(escaped, ESCAPED_SIZE, "\\%c", (char)character);
    else if (character < 0x10000)
        snprintf(escaped, ESCAPED_SIZE, "\\u%04x", character);
    else
        snprintf(escaped, ESCAPED_SIZE, "\\u%04x\\u%04x", 0xD7C0 + (character >> 10),
                 0xDC00 + (character & 0x3FF));
    return valid ? g_utf8_next_char(text) : text + 1;
}

/* Appends TEXT, escaped, to LINE, as at most MOST bytes.  An escape is never cut. */
static void escape(GString *line, enum log_format format, const char *text, size_t most) {
    /* Where the value may end if "..." follows, and where it ends if it is cut. */
    size_t last = line->len + most - strlen(CUT), end = line->len + most, cut = line->len;
    char escaped[ESCAPED_SIZE];

    while (*text) {
        size_t plain = plain_length(format, text), length = plain, start = line->len;
        const char *piece = text;

        if (plain > 0) {
            text += plain;
        } else {
            text = format == LOG_AS_JSON ? json_escape(text, escaped) : text_escape(text, escaped);
            piece = escaped;
            length = strlen(escaped);
        }
        if (plain > 0 && start <= last)
            cut = start + plain < last ? start + plain : last;
        else if (start + length <= last)
            cut = start + length;
        if (start + length > end) {
            g_string_append_len(line, piece, (gssize)(cut > start ? cut - start : 0));
            g_string_truncate(line, cut);
            g_string_append(line, CUT);
            return;
        }
        g_string_append_len(line, piece, (gssize)length);
    }
}

/* ---- fields ------------------------------------------------------------------------------- */

/* Appends what precedes the value of the field NAME. */
static void name_add(struct log_entry *entry, const char *name) {
    char member[NAME_SIZE];

    if (entry->format == LOG_AS_TEXT) {
        g_string_append_printf(entry->line, "%s%s=", entry->line->len > 0 ? " " : "", name);
        return;
    }
    snprintf(member, sizeof(member), "%s", name);
    json_write_raw(entry->line, g_strdelimit(member, "-", '_'), "", 0);
}

/* Appends VALUE, as at most MOST bytes; in JSON in quotes, and in the text between OPEN and CLOSE.
 */
static void value_add(struct log_entry *entry, const char *open, const char *value,
                      const char *close, size_t most) {
    bool json = entry->format == LOG_AS_JSON;

    g_string_append(entry->line, json ? "\"" : open);
    escape(entry->line, entry->format, value, most);
    g_string_append(entry->line, json ? "\"" : close);
}

static size_t value_bytes(const struct log_entry *entry) {
    return entry->format == LOG_AS_JSON ? LOG_JSON_VALUE_BYTES : LOG_VALUE_BYTES;
}

/* Writes the time now to TEXT, as "2026-01-31T12:00:00.000Z". */
static void time_write(char *text, size_t size) {
    struct timespec now;
    struct tm parts;
    size_t length;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + length, size - length, ".%03ldZ", now.tv_nsec / 1000000);
}

void log_entry_begin(struct log_entry *entry, enum log_format format, enum patchmark_level level,
                     const char *message) {
    char now[64];

    entry->format = format;
    entry->line = json_write_begin();
    if (format == LOG_AS_TEXT)
        return;
    json_write_open(entry->line, NULL, '{');
    time_write(now, sizeof(now));
    json_write_string(entry->line, "time", now);
    json_write_string(entry->line, "severity", log_level_name(level));
    name_add(entry, "message");
    value_add(entry, "", message, "", LOG_JSON_MESSAGE_BYTES);
}

void log_entry_tag(struct log_entry *entry, const char *name, const char *value) {
    bool has_value = value && *value;

    if (entry->format == LOG_AS_TEXT)
        value_add(entry, "", has_value ? value : "-", ":", LOG_VALUE_BYTES);
    else if (has_value)
        log_entry_string(entry, name, value);
}

void log_entry_string(struct log_entry *entry, const char *name, const char *value) {
    if (!value || !*value)
        return;
    name_add(entry, name);
    value_add(entry, "", value, "", value_bytes(entry));
}

void log_entry_id(struct log_entry *entry, const char *name, const char *value) {
    if (!value || !*value)
        return;
    name_add(entry, name);
    value_add(entry, "<", value, ">", value_bytes(entry));
}

void log_entry_words(struct log_entry *entry, const char *name, const char *const *words,
                     size_t count) {
    bool json = entry->format == LOG_AS_JSON;
    size_t end;

    if (count == 0)
        return;
    name_add(entry, name);
    end = entry->line->len + value_bytes(entry);
    if (json)
        g_string_append_c(entry->line, '[');
    for (size_t i = 0; i < count; i++) {
        bool fits = entry->line->len + LOG_WORD_BYTES + strlen(",\"\",\"" CUT "\"]") <= end;

        if (i > 0)
            g_string_append_c(entry->line, ',');
        value_add(entry, "", fits ? words[i] : CUT, "", LOG_WORD_BYTES);
        if (!fits)
            break;
    }
    if (json)
        g_string_append_c(entry->line, ']');
}

void log_entry_number(struct log_entry *entry, const char *name, int64_t number) {
    name_add(entry, name);
    g_string_append_printf(entry->line, "%" PRId64, number);
}

void log_entry_bool(struct log_entry *entry, const char *name, bool is_true) {
    if (!is_true)
        return;
    name_add(entry, name);
    g_string_append(entry->line, entry->format == LOG_AS_JSON ? "true" : "yes");
}

void log_entry_duration(struct log_entry *entry, const char *name, int64_t microseconds) {
    name_add(entry, name);
    g_string_append_printf(entry->line, "%" PRId64 ".%03d", microseconds / 1000,
                           (int)(microseconds % 1000));
}

char *log_entry_end(struct log_entry *entry) {
    if (entry->format == LOG_AS_JSON)
        json_write_close(entry->line, '}');
    return g_string_free(entry->line, FALSE);
}
