/* SPDX-License-Identifier: BSD-2-Clause
 *
 * annotate.h - makes the header fields of a mail from its facts, as patchmark-headers(7) specifies
 * them.
 *
 * The functions may be called on any thread, by one thread at a time for each mail.  They cannot
 * fail.
 */
#ifndef ANNOTATE_H
#define ANNOTATE_H

#include "pipeline/mail.h"
#include "settings/configuration.h"

/* Fills MAIL->flags and MAIL->labels with the words of the list facts PLUGIN.flags and
 * PLUGIN.labels of all plugins, each word once, at most MAIL_WORDS.  A word that is longer than 64
 * bytes or has a byte other than [A-Za-z0-9._/+:-] is left out.  The words belong to MAIL. */
void annotate_words(struct mail *mail);

/* Fills MAIL->headers in a fixed order, with at most LIMIT_HEADERS_WRITTEN bytes.  Values consist
 * of numbers, ids, the host name and words of [A-Za-z0-9._/+:-]; free text of the mail is never
 * copied into a header field.  Call annotate_words before.  Names and values are in MAIL->arena. */
void annotate_headers(struct mail *mail, const struct configuration *configuration);

/* Returns true if NAME, the name of a header field without the prefix, is one that annotate_headers
 * can write.  Upper and lower case are equal, and spaces and tabs at the end are ignored. */
bool annotate_writes(const char *name);

/* Returns the kind of MAIL: the fact kind.kind, or "other" if it is not set or is not a word that a
 * header field may have.  The string belongs to MAIL->facts. */
const char *annotate_kind(const struct mail *mail);

#endif
