/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-text.h - reads a configuration file, checks its syntax, and prepares its text for
 * libconfuse.
 */
#ifndef CONFIGURATION_TEXT_H
#define CONFIGURATION_TEXT_H

#include "settings/configuration-problem.h"

/* A string of one byte that no file may contain.  Two things in the scanned text have it: the first
 * option of each section is named so, and its place is that of the section; and it is the only item
 * of a list that is empty in the file. */
#define CONFIGURATION_MARK "\1"

/* Another such string: the name, in the scanned text, of each option that is unknown, so that
 * libconfuse skips its value. */
#define CONFIGURATION_UNKNOWN "\2"

enum configuration_name {
    CONFIGURATION_NAME_VALID,
    CONFIGURATION_NAME_UNKNOWN, /* a problem, after which the scan goes on */
    CONFIGURATION_NAME_LAST,    /* a problem that ends the scan */
};

struct configuration_scan {
    struct configuration_problems *problems;
    /* Called with each NAME before a '=' that has no escapes, and the type of the section that it
     * is in, "" outside of sections.  Unless NAME is valid there, writes the problem, in at most
     * PROBLEM_SIZE bytes, to ERROR. */
    enum configuration_name (*declare)(void *argument, const char *section, const char *name,
                                       char *error);
    void *argument; /* is passed to DECLARE */
    int sections;   /* number of sections in all texts so far */
};

/* Reads the whole file PATH.  Returns its content with a NUL at the end, which the caller frees,
 * and sets *LENGTH to its size in bytes without that NUL.  On errors returns NULL and writes the
 * reason, without the path, to ERROR. */
char *configuration_text_read(const char *path, size_t *length, char *error, size_t error_size);

/* Scans the LENGTH bytes of TEXT, which a NUL follows; FILE is its path for the places of problems.
 * Returns the text for libconfuse, with the same lines, which the caller frees.  Adds a problem to
 * scan->problems for each unknown option.  At the first error of another kind, adds a problem and
 * returns NULL. */
char *configuration_text_scan(struct configuration_scan *scan, const char *file, const char *text,
                              size_t length);

#endif
