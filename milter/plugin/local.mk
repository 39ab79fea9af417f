# SPDX-License-Identifier: BSD-2-Clause
# Loads plugins, and has their options, their facts and functions of the ABI.

milter_libpatchmark_a_SOURCES += %D%/bounds.h %D%/event-fields.c %D%/event-fields.h %D%/facts.c %D%/facts.h %D%/feed.c %D%/feed.h \
	%D%/instance.c %D%/instance.h %D%/options.h %D%/plugin.c %D%/plugin.h %D%/trust.c %D%/trust.h
