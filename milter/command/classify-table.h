/* SPDX-License-Identifier: BSD-2-Clause
 *
 * classify-table.h - writes classified mails as a table for people, one line for each.
 *
 * The widths of the columns depend on that of the terminal: COLUMNS, 0 if it is unknown; lines are
 * then not cut.  Text of a mail cannot affect a terminal (util/terminal.h).  The caller checks
 * STREAM for errors.  May be called on any thread.
 */
#ifndef CLASSIFY_TABLE_H
#define CLASSIFY_TABLE_H

#include "pipeline/mail.h"

#include <stdio.h>

/* Writes the line with the names of the columns. */
void classify_table_head(FILE *stream, int columns);
/* Writes the line of MAIL: its kind, followed by "?" if the confidence is medium and "??" if it is
 * low; version and part; series; author; flags and title.  Leaves out the flags first and has-diff,
 * which most patches have. */
void classify_table_line(FILE *stream, const struct mail *mail, int columns);
/* Writes what the plugins explained of MAIL, indented lines: kind, series and topic first.  Long
 * ones are wrapped at COLUMNS; a word that is longer than that, such as a Message-ID, is not
 * broken. */
void classify_table_explain(FILE *stream, const struct mail *mail, int columns);

#endif
