/* SPDX-License-Identifier: BSD-2-Clause
 *
 * body.h - what the sender of a mail wrote: lines, and sentences across lines.
 *
 * Left out are quoted lines, the line above them that says who wrote, mails that are quoted whole
 * without marks, signatures, the footers of lists, and all from a diff on.
 */
#ifndef AUTOMATION_BODY_H
#define AUTOMATION_BODY_H

#include "pattern.h"

/* Own text that is read: one that says nothing in 64 KB says it nowhere, and logs are longer. */
#define BODY_BYTES (64 * 1024)

enum unit { UNIT_LINE = 1, UNIT_SENTENCE = 2 };

/* Gets lines and sentences of the sender, as written and folded.  AT: bytes of own text before it.
 * A sentence ends with a full stop, '!', '?' or its paragraph; '?' stays at its end, the others and
 * a colon do not.  True ends the walk. */
typedef bool body_visit(void *context, enum unit unit, size_t at, struct patchmark_text raw,
                        const struct folded *folded);

/* UNITS: those that are wanted, or-ed. */
void body_walk(const struct patchmark_message *message, unsigned units, body_visit *visit,
               void *context);

#endif
