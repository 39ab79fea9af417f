/* SPDX-License-Identifier: BSD-2-Clause
 *
 * header-prefix.h - whether a prefix of header fields belongs to other programs.
 */
#ifndef HEADER_PREFIX_H
#define HEADER_PREFIX_H

#include <stdbool.h>

/* Returns true if well-known fields begin with PREFIX, which is not empty, or PREFIX with what
 * their names begin with, such as "X-" and "List-Own-".  Case is ignored. */
bool header_prefix_is_foreign(const char *prefix);

#endif
