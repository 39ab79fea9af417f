/* SPDX-License-Identifier: BSD-2-Clause
 *
 * terminal.h - writes text from mails to a terminal safely.
 *
 * A mail may contain any character.  Unsafe ones - those that move the cursor, change the colour or
 * the title, reverse the order of the text that follows, are invisible, or pile up on one character
 * - are written as escapes, so that a reader sees what the text contains.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Returns the number of columns at which lines are cut or wrapped: the environment variable COLUMNS
 * if it is a positive number; else the width of the terminal FD, 80 if that is unknown; 0, for no
 * limit, if FD is not a terminal. */
int terminal_columns(int fd);
/* Returns true if FD is a terminal that supports colours and the environment does not forbid them
 * (NO_COLOR, TERM=dumb). */
bool terminal_has_colours(int fd);
/* Reads WHEN, the value of an option --color: "auto", or NULL without the option, stores in
 * *COLOURS what terminal_has_colours returns for FD; "always" stores true, "never" false.  Returns
 * 0; -1 after it was reported on standard error that WHEN is none of these. */
int terminal_choose_colours(const char *when, int fd, bool *colours);

/* Writes the string TEXT, which need not be valid UTF-8, to STREAM in at most COLUMNS columns; -1
 * means no limit.  Unsafe ASCII and invalid bytes are written as \x1b, other unsafe characters as
 * \u202e or \U000e0001, and a tab as a space.  A text that does not fit is cut and ends in an
 * ellipsis.  Returns the number of columns that were used. */
int terminal_write(FILE *stream, const char *text, int columns);

/* Returns true if terminal_write writes TEXT in COLUMNS columns without cutting it. */
bool terminal_fits(const char *text, int columns);

/* Writes the LENGTH bytes of JSON to STREAM, with unsafe characters in strings as \u202e and
 * control characters between values as spaces.  The output has the same JSON value. */
void terminal_write_json(FILE *stream, const char *json, size_t length);

#endif
