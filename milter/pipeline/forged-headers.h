/* SPDX-License-Identifier: BSD-2-Clause
 *
 * forged-headers.h - counts the header fields of a mail whose names start with the prefix of
 * patchmark, although patchmark did not write them now, and chooses those that are deleted.
 *
 * They are counted by name while the mail is received, so that they can be deleted at its end.  For
 * each deletion Postfix reads the header from its start, so their number, and the lines that it
 * reads, are limited.  One thread at a time may use a struct forged_headers.
 */
#ifndef FORGED_HEADERS_H
#define FORGED_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/* Names, as the MTA passed them, sorted; upper and lower case are equal, as in the MTA. */
struct forged_names {
    struct forged {
        char *name;
        size_t count; /* fields with this name */
        size_t
            lines; /* the line of the header in which the last of them that may be deleted ends */
    } * names;
    size_t count, capacity;
};

/* A zeroed struct is empty. */
struct forged_headers {
    struct forged_names ours;   /* names that patchmark writes, also with blanks at their end */
    struct forged_names others; /* further names with the prefix */
    size_t total;               /* fields with the prefix, also those whose name is not kept */
    size_t lines;               /* lines of the header so far */
    bool repeated;              /* one of the names is not kept, has blanks, or occurs twice */
};

/* Notes the header field NAME: VALUE of the mail, whatever its name is.  It is counted if NAME
 * starts with PREFIX, in any case.  Of the names that patchmark writes, and of the others, at most
 * LIMIT_FORGED_DELETED are kept; NAME is copied. */
void forged_headers_note(struct forged_headers *forged_headers, const char *prefix,
                         const char *name, const char *value);

/* Returns true if the fields can be those that patchmark wrote when the mail passed before: all
 * have names that it writes, and each name occurs once. */
bool forged_headers_can_be_own(const struct forged_headers *forged_headers);

/* Calls DELETE_FIELD with ARGUMENT for each field that is to be deleted: those with names that
 * patchmark writes first, in all at most LIMIT_FORGED_DELETED, and so that the MTA reads at most
 * LIMIT_FORGED_LINES lines.  INDEX is 1 for the first field of NAME.  Of each name, the first
 * fields are deleted, from the last to the first: whether a deletion changes the index of later
 * fields depends on the MTA.  Returns the number of fields for which it was not called. */
size_t forged_headers_delete(const struct forged_headers *forged_headers,
                             void (*delete_field)(void *argument, const char *name, int index),
                             void *argument);

/* Removes all names, for the next mail; the arrays stay allocated. */
void forged_headers_reset(struct forged_headers *forged_headers);
/* Frees the names and the arrays.  The struct is then empty and may be used again. */
void forged_headers_free(struct forged_headers *forged_headers);

#endif
