/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-lists.h - reads and checks the sections `list "ID" { ... }`.
 */
#ifndef CONFIGURATION_LISTS_H
#define CONFIGURATION_LISTS_H

#include "settings/configuration-section.h"

/* Sets the lists of maker->configuration from the sections of ROOT, which may be NULL.  Adds a
 * problem for each value that is not allowed, for a list that cannot be kept closed, for an address
 * of two lists, and for a section that is never used. */
void configuration_lists(struct configuration_maker *maker, cfg_t *root);

#endif
