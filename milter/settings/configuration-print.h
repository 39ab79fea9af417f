/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-print.h - writes a configuration in the syntax of the file.
 */
#ifndef CONFIGURATION_PRINT_H
#define CONFIGURATION_PRINT_H

#include "settings/configuration.h"

#include <stdio.h>

/* Writes every option of the core, of each section and of each loaded plugin to OUT, with its
 * value. An option that the file does not set is a comment with its default.  Reading what was
 * written results in the same configuration, and writing that in the same text; except that a
 * password in a URL is replaced by asterisks. */
void configuration_print(const struct configuration *configuration, FILE *out);

#endif
