/* SPDX-License-Identifier: BSD-2-Clause
 *
 * request-target.h - the target of an HTTP request: its path and its query, decoded, within bounds.
 *
 * A target is in origin form, "/path?query", or in absolute form, "http://host/path?query" (RFC
 * 9112 3.2).  The functions may be called on any thread.
 */
#ifndef WEB_REQUEST_TARGET_H
#define WEB_REQUEST_TARGET_H

#include <stddef.h>

#define REQUEST_TARGET_MOST    4096 /* bytes: the longest are a search and a cursor */
#define REQUEST_ARGUMENTS_MOST 32   /* of a query; a page uses up to 8 */

struct request_target {
    char *text;       /* owns the strings below */
    const char *path; /* decoded, valid UTF-8 without control characters */
    const char *host; /* of the absolute form, with its port and not decoded; else NULL */
    struct {
        const char *name, *value; /* decoded as PATH is; "" without '=' */
    } arguments[REQUEST_ARGUMENTS_MOST];
    size_t count; /* of arguments */
};

/* Reads TEXT into TARGET.  Returns 200; 414 if it has more than REQUEST_TARGET_MOST bytes; 400 if
 * it has neither form, or if path or query have a '%' without two hexadecimal digits, a control
 * character, a byte that is no UTF-8, the same argument twice or too many arguments; 503 if memory
 * runs out.  Then the path of TARGET is "/api/" if TEXT begins with it, else "/".  In any case
 * request_target_free must follow. */
unsigned request_target_read(struct request_target *target, const char *text);
void request_target_free(struct request_target *target);

/* Returns the value of the argument NAME, which TARGET owns; NULL if the query does not have it. */
const char *request_target_argument(const struct request_target *target, const char *name);

#endif
