/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-text.h - an event as one line for people: patchmark-events(7) says what the data means.
 */
#ifndef EVENT_TEXT_H
#define EVENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct event_style {
    int columns; /* of the terminal; 0: lines are not cut */
    bool colours;
};

/* Writes a CloudEvent, LENGTH bytes of JSON, as a line with its newline; nothing in it can do
 * anything to a terminal.  False: it is no event, and the line says so. */
bool event_text_write(FILE *stream, const char *json, size_t length,
                      const struct event_style *style);

#endif
