/* SPDX-License-Identifier: BSD-2-Clause
 *
 * body.h - visits the lines and sentences that the sender of a mail wrote.
 *
 * Left out are quoted lines, the line above them ("Somebody wrote:"), mails that are quoted without
 * marks, signatures, the footers of lists, and everything from a diff on.  Nothing here allocates
 * or fails; body_walk may be called on any thread.
 */
#ifndef AUTOMATION_BODY_H
#define AUTOMATION_BODY_H

#include "pattern.h"

/* Bytes of the sender's own text that are read.  Longer texts are mostly logs. */
#define BODY_BYTES (64 * 1024)

enum unit { UNIT_LINE = 1, UNIT_SENTENCE = 2 };

/* Called for each line and sentence of the sender: RAW as it was written, FOLDED as fold returns
 * it; both are valid until the callback returns.  AT is the number of bytes of the sender's text
 * before it.  A sentence ends with a full stop, '!', '?' or its paragraph, and may extend over
 * lines.  A
 * '?' is kept at its end; a full stop, '!' or colon is removed.  Returns true to end the walk. */
typedef bool body_visit(void *context, enum unit unit, size_t at, struct patchmark_text raw,
                        const struct folded *folded);

/* Calls VISIT with CONTEXT for the units of MESSAGE, in order.  UNITS is the or-ed enum unit of
 * those that are visited. */
void body_walk(const struct patchmark_message *message, unsigned units, body_visit *visit,
               void *context);

#endif
