/* SPDX-License-Identifier: BSD-2-Clause
 *
 * assets.h - the files of the page, which are compiled into the program.
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
    const char *path; /* of the URL */
    const char *type; /* Content-Type */
    const unsigned char *bytes;
    size_t length;
    const char *version; /* 16 hexadecimal digits that change with the bytes */
};

/* Returns the file at PATH: one of "/assets/NAME", "/robots.txt", or the page at the path of one of
 * its views; NULL if there is none.  The result is static.  Any thread, after assets_init. */
const struct asset *asset_find(const char *path);

/* Returns the page that says that there is nothing at a path.  Any thread, after assets_init. */
const struct asset *asset_not_found(void);

/* Computes the versions.  Must be called once before the other functions. */
void assets_init(void);

#endif
