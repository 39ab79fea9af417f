# SPDX-License-Identifier: BSD-2-Clause
# Loading plugins, their options and facts, functions of the ABI.

milter_libpatchmark_a_SOURCES += %D%/bounds.h %D%/facts.c %D%/facts.h %D%/feed.c %D%/feed.h \
	%D%/instance.c %D%/instance.h %D%/options.h %D%/plugin.c %D%/plugin.h
