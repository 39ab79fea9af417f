/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-core.h - the options outside of sections: what they mean.
 */
#ifndef CONFIGURATION_CORE_H
#define CONFIGURATION_CORE_H

#include "settings/configuration-section.h"

/* Sets what stands outside of sections; SECTION NULL: all defaults. */
void configuration_core(struct configuration_maker *maker, cfg_t *section);

#endif
