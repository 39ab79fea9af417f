/* SPDX-License-Identifier: BSD-2-Clause
 *
 * annotate.h - facts to header fields, as patchmark-headers(7) promises them.
 */
#ifndef ANNOTATE_H
#define ANNOTATE_H

#include "pipeline/mail.h"
#include "settings/configuration.h"

/* Collects mail->flags and mail->labels from every plugin's lists of that name, without repeats;
 * words that no header could carry are left out. */
void annotate_words(struct mail *mail);

/* Makes mail->headers: at most LIMIT_HEADERS_WRITTEN bytes, in fixed order.  Text from the mail
 * never enters one: only numbers, ids of ours and words of [A-Za-z0-9._/+:-]. */
void annotate_headers(struct mail *mail, const struct configuration *configuration);

/* True when NAME, without the prefix, is one of the fields that annotate_headers can write; in any
 * case, and with blanks behind it. */
bool annotate_writes(const char *name);

/* The kind of a mail: the fact kind.kind, "other" where nobody set it. */
const char *annotate_kind(const struct mail *mail);

#endif
