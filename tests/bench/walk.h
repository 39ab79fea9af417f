/* SPDX-License-Identifier: BSD-2-Clause
 *
 * walk.h - walks through the parts of a mail with GMime, as any program that reads mails does.
 */
#ifndef WALK_H
#define WALK_H

#include <gmime/gmime.h>

/* Returns the number of parts of MAIL.  Decodes none of them. */
size_t walk_parts(GMimeMessage *mail);
/* Decodes the text parts of MAIL to UTF-8.  Returns the number of bytes. */
size_t walk_texts(GMimeMessage *mail);

#endif
