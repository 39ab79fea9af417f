/* SPDX-License-Identifier: BSD-2-Clause
 *
 * label.h - derives the labels of sections from their names.  A label is a word for a header: lower
 * case letters, digits and '-'.
 *
 *     KERNEL VIRTUAL MACHINE FOR ARM64 (KVM/arm64)     kvm-arm64
 *     REAL TIME CLOCK (RTC) SUBSYSTEM                  rtc-subsystem
 *     8169 10/100/1000 GIGABIT ETHERNET DRIVER         8169-10-100-1000-gigabit-ethernet-driver
 */
#ifndef SUBSYSTEM_LABEL_H
#define SUBSYSTEM_LABEL_H

#include "bounds.h"
#include "patchmark-plugin.h"

#include <glib.h>

#define LABEL_SIZE (BOUND_WORD_BYTES + 1)

/* Writes the label for the section NAME to LABEL, NUL-terminated.  It is made from the contents of
 * the last parentheses, if these are a short name, and what follows them; otherwise from the whole
 * name.  It has at most BOUND_LABEL_BYTES, is cut between words, and is never empty. */
void label_make(struct patchmark_text name, char label[LABEL_SIZE]);

/* Returns true if WORD is a valid label: 1 to BOUND_WORD_BYTES lower case letters, digits and '-'.
 */
bool label_is_valid(struct patchmark_text word);

/* Adds LABEL to LABELS, a hash table whose keys are the labels themselves, so LABEL must live as
 * long. If LABELS has it already, first appends a number that makes it unique: "kvm-2". */
void label_add(GHashTable *labels, char label[LABEL_SIZE]);

#endif
