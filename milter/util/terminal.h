/* SPDX-License-Identifier: BSD-2-Clause
 *
 * terminal.h - text of strangers on the terminals of people.
 *
 * A mail may hold any character.  Some move the cursor, change the colour or the title, turn the
 * order of what follows, or are invisible: those are written out, so that a line shows what it
 * says.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal that FD is; 0: it is none, or does not say. */
int terminal_columns(int fd);
/* True when FD is a terminal that knows colours, and the environment does not forbid them
 * (NO_COLOR, TERM=dumb). */
bool terminal_has_colours(int fd);

/* Writes TEXT, with unsafe characters as \x1b (bytes) or \u202e, to at most COLUMNS columns (-1: to
 * its end); what is cut ends in an ellipsis.  Returns the columns that it takes. */
int terminal_write(FILE *stream, const char *text, int columns);

/* Writes JSON, which says the same afterwards: unsafe characters of its strings as \u202e, those
 * between values as spaces. */
void terminal_write_json(FILE *stream, const char *json, size_t length);

#endif
