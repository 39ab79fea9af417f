/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-text.h - writes events as lines of text for people.  patchmark-events(7) describes the data
 * of events.
 *
 * A line has columns: the time, the title, what happened, the list if there are several, the
 * author, and on a wide terminal the id of the series.  At a given width, each column begins at the
 * same place in all lines, and no line is wider.  Without a width no value is cut, the time has its
 * date, and all columns are there.
 */
#ifndef EVENT_TEXT_H
#define EVENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EVENT_DAY_SIZE  32
#define EVENT_LIST_SIZE 256

/* How lines are written, and what the lines so far have in common.  Zero is a valid value. */
struct event_style {
    int columns;                /* width at which lines are cut; 0 to cut no lines */
    bool colours;               /* write ANSI escape sequences for colours */
    bool lists;                 /* there is a column of lists */
    char list[EVENT_LIST_SIZE]; /* the List-Id that was noted first; "" if none */
    char day[EVENT_DAY_SIZE];   /* the day of the last line; "" if there is none */
};

/* Notes that events of the list with the List-Id LIST are written, which may be "".  From the
 * second list on there is a column of lists. */
void event_text_note_list(struct event_style *style, const char *list);

/* Writes a CloudEvent, LENGTH bytes of JSON, to STREAM as one line with its newline, and before it,
 * if STYLE has a width and the day is another one than that of the last line, a line with the date.
 * Days and times are those of the local time zone; without a width, the time is UTC.
 *
 * Control characters in the event are replaced, so that they cannot affect a terminal.  Returns
 * true; false if JSON is no event, and the line states that.  The caller checks STREAM for errors.
 * May be called on any thread, with a STYLE for each. */
bool event_text_write(FILE *stream, const char *json, size_t length, struct event_style *style);

#endif
