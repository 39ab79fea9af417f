/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.h - small functions on NUL-terminated UTF-8 strings.
 */
#ifndef SUBJECT_TEXT_H
#define SUBJECT_TEXT_H

#include "patchmark-plugin.h"

#include <string.h>
#include <strings.h>

static inline const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t");
}

static inline const char *skip_blanks_and_colons(const char *text) {
    return text + strspn(text, " \t:");
}

#endif
