/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-text.h - a configuration file as text, made ready for libconfuse.
 */
#ifndef CONFIGURATION_TEXT_H
#define CONFIGURATION_TEXT_H

#include "settings/configuration-problem.h"

/* A byte that no file may hold, by itself: the name of an option that each section of the scanned
 * text begins with, whose place is that of the section; and the only item of an empty list. */
#define CONFIGURATION_MARK "\1"

struct configuration_scan {
    struct configuration_problems *problems;
    /* Gets the name of each option that a text names.  Returns false where that is one too many. */
    bool (*declare)(void *argument, const char *name);
    void *argument;
    int sections; /* how many there are in all texts */
};

/* Reads PATH whole.  NULL with ERROR set, a reason without the path; the caller frees. */
char *configuration_text_read(const char *path, size_t *length, char *error, size_t error_size);

/* Returns the text for libconfuse, which the caller frees, or NULL after a problem. */
char *configuration_text_scan(struct configuration_scan *scan, const char *file, const char *text,
                              size_t length);

#endif
