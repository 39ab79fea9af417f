/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-core.h - checks the core options, which are set outside of sections, and puts them
 * into the configuration.
 */
#ifndef CONFIGURATION_CORE_H
#define CONFIGURATION_CORE_H

#include "settings/configuration-section.h"

/* Fills the core options of maker->configuration from SECTION, the root of the tree; with the
 * defaults if SECTION is NULL.  Adds each invalid value to maker->problems. */
void configuration_core(struct configuration_maker *maker, cfg_t *section);

#endif
