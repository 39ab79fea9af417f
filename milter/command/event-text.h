/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-text.h - writes an event as one line of text for people.  patchmark-events(7) describes the
 * data of events.
 */
#ifndef EVENT_TEXT_H
#define EVENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct event_style {
    int columns;  /* width of the terminal, at which lines are cut; 0 to cut no lines */
    bool colours; /* write ANSI escape sequences for colours */
};

/* Writes a CloudEvent, LENGTH bytes of JSON, to STREAM as one line with its newline.  Control
 * characters in the event are replaced, so that they cannot affect a terminal.  Returns true; false
 * if JSON is no event, and the line states that.  The caller checks STREAM for errors.  May be
 * called on any thread. */
bool event_text_write(FILE *stream, const char *json, size_t length,
                      const struct event_style *style);

#endif
