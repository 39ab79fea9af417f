/* SPDX-License-Identifier: BSD-2-Clause
 *
 * header-prefix.h - whether a prefix of header fields belongs to other programs.
 */
#ifndef HEADER_PREFIX_H
#define HEADER_PREFIX_H

/* Returns a header field of other programs, or a family of them that ends in '-', whose name begins
 * with PREFIX, which ends in '-'; NULL if none is known.  Case is ignored.  Fields under the prefix
 * are deleted from every mail, so with such a prefix that field would be. */
const char *header_prefix_owner(const char *prefix);

#endif
