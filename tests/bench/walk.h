/* SPDX-License-Identifier: BSD-2-Clause
 *
 * walk.h - what any program does that reads mails with GMime: goes through the parts of one.
 */
#ifndef WALK_H
#define WALK_H

#include <gmime/gmime.h>

/* Counts the parts of MAIL; none is decoded. */
size_t walk_parts(GMimeMessage *mail);
/* Decodes the text parts of MAIL into UTF-8; how many bytes that are. */
size_t walk_texts(GMimeMessage *mail);

#endif
