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

#define LABEL_SIZE (BOUND_WORD_BYTES + 1)

/* The word for a section of that NAME: what its last parentheses hold, if that looks like a short
 * name, and what follows them; else the whole name.  At most BOUND_LABEL_BYTES, cut between words.
 */
void label_make(struct patchmark_text name, char label[LABEL_SIZE]);

/* WORD can be a label: lower case letters, digits and '-', at most BOUND_WORD_BYTES. */
bool label_is_valid(struct patchmark_text word);

/* The labels that are taken. */
struct labels;

/* For labels_free, with room for COUNT.  NULL: out of memory. */
struct labels *labels_new(size_t count);
void labels_free(struct labels *labels);

/* Takes LABEL, which must live as long as LABELS.  Several sections may have one that was given
 * so. */
void labels_reserve(struct labels *labels, const char *label);

/* Takes LABEL; when it is taken already, it first gets a number: "kvm-2". */
void labels_take(struct labels *labels, char label[LABEL_SIZE]);

#endif
