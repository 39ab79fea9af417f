/* SPDX-License-Identifier: BSD-2-Clause
 *
 * label.h - words for sections, fit for a header: lower case letters, digits and '-'.
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

/* The word for a section of that NAME: what its last parentheses hold, if that looks like a short
 * name, and what follows them; else the whole name.  At most BOUND_LABEL_BYTES, cut between words.
 */
void label_make(struct patchmark_text name, char label[LABEL_SIZE]);

/* WORD can be a label: lower case letters, digits and '-', at most BOUND_WORD_BYTES. */
bool label_is_valid(struct patchmark_text word);

/* Adds LABEL, which must live as long, to LABELS; when it is one of them
 * already, it first gets a number: "kvm-2". */
void label_add(GHashTable *labels, char label[LABEL_SIZE]);

#endif
