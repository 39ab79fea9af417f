/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wrap.h - writes paragraphs of a page for people: a label, then items that are continued on
 * further lines below the first one when the line is full.
 *
 *     sinks      redis, file, webhook/ci,
 *                webhook/chat
 *
 * The texts may come from mails: they are written as terminal_write does.
 */
#ifndef WRAP_H
#define WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct wrap {
    FILE *stream;
    int columns; /* the width of the page; 0: lines have no limit */
    int indent;  /* the columns before the items */
    int used;    /* columns of the current line */
    int items;   /* number of items of the current paragraph */
    bool whole;  /* an item that does not fit on a line is not cut but makes the line longer */
};

/* Begins a paragraph: writes LABEL in a column of INDENT columns, one of which stays free.  COLUMNS
 * is the width of the page, 0 if lines have no limit. */
struct wrap wrap_begin(FILE *stream, const char *label, int indent, int columns);
/* Writes an item: the text that FORMAT makes, of at most 511 bytes.  Writes a comma before it,
 * unless it is the first one, and begins a new line if it does not fit on the current one.  An item
 * that does not fit on a line is cut and ends in an ellipsis, unless WRAP->whole is true. */
void wrap_add(struct wrap *wrap, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes TEXT word by word, with one space between words, and without commas. */
void wrap_words(struct wrap *wrap, const char *text);
/* Ends the last line. */
void wrap_end(struct wrap *wrap);

#define WRAP_TEXT_SIZE 32

/* Writes a duration in its two greatest units to TEXT, such as "3d 4h", "5m 3s", "12s"; from 30
 * days on in days alone, from 2 years on in years alone, "2y".  Returns TEXT. */
const char *wrap_duration(char text[WRAP_TEXT_SIZE], int64_t seconds);
/* Does the same with a number of bytes, such as "12.3 MiB". */
const char *wrap_bytes(char text[WRAP_TEXT_SIZE], int64_t bytes);
/* Does the same with a time in seconds since 1970-01-01: "2026-11-29 17:00:00 UTC". */
const char *wrap_time(char text[WRAP_TEXT_SIZE], int64_t time);

#endif
