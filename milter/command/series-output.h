/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-output.h - what `patchmark series` prints for people: a line for each series, or a page
 * about one.
 *
 * Text of mails is written as terminal_write does.  The functions return nothing; the caller checks
 * the stream for errors.
 */
#ifndef SERIES_OUTPUT_H
#define SERIES_OUTPUT_H

#include "pipeline/series-report.h"

#include <stdio.h>

struct series_style {
    FILE *out;
    int columns;  /* width of the terminal; 0: lines are not cut */
    bool colours; /* write ANSI escape sequences */
    int64_t now;  /* seconds since 1970, for ages */
    /* Says which lists are closed; NULL: unknown. */
    const struct configuration *configuration;
};

/* Writes a line with the headings and one for each of the COUNT series. */
void series_lines_write(const struct series_style *style, const struct series_summary *series,
                        size_t count);
/* Writes all of REPORT.  SCOPE is the scope of the index in which it was found, NULL for that of
 * open lists. */
void series_page_write(const struct series_style *style, const struct series_report *report,
                       const char *scope);

/* Write the same as a line of JSON, for all of REPORT, and for a series of a list. */
void series_json_write(const struct series_style *style, const struct series_report *report,
                       const char *scope);
void series_json_write_summary(const struct series_style *style,
                               const struct series_summary *summary);

/* Writes COUNT answers to a series of which no mail was seen. */
void series_answers_write(const struct series_style *style, const struct index_answer *answers,
                          size_t count);

/* Returns the state of a series in words: "applied" if all of it was, "re-roll" for a posting of
 * some parts of an older version, REROLL, unless it is superseded; "collecting" for the state
 * "open", so that "open" has only the meaning of the option --open; else its state.  COUNTS may be
 * NULL. */
const char *series_words(const char *state, bool reroll, const struct report_counts *counts);
/* Returns the ANSI code for that word; 0 if it has none. */
int series_colour(const char *word);
/* Writes TEXT, in at most COLUMNS columns, -1 for no limit, with the ANSI code COLOUR; returns the
 * columns. */
int series_text(const struct series_style *style, int colour, const char *text, int columns);
/* Writes the version to TEXT: "v5.1". */
void series_version(const char *revision, int64_t version, char text[32]);

enum { SERIES_BOLD = 1, SERIES_DIM = 2, SERIES_RED = 31, SERIES_GREEN = 32, SERIES_YELLOW = 33 };

#endif
