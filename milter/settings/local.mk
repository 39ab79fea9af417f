# SPDX-License-Identifier: BSD-2-Clause
# patchmark.conf.  Only this room uses libconfuse.

milter_libpatchmark_a_SOURCES += %D%/bounds.h %D%/configuration-check.c \
	%D%/configuration-check.h %D%/configuration-core.c %D%/configuration-core.h \
	%D%/configuration-lists.c %D%/configuration-lists.h \
	%D%/configuration-load.c %D%/configuration-load.h %D%/configuration-options.c \
	%D%/configuration-options.h %D%/configuration-problem.c %D%/configuration-problem.h \
	%D%/configuration-print.c %D%/configuration-print.h %D%/configuration-read.c %D%/configuration-read.h %D%/configuration-section.c \
	%D%/configuration-section.h %D%/configuration-text.c %D%/configuration-text.h \
	%D%/configuration-value.c %D%/configuration-value.h %D%/configuration.c \
	%D%/configuration.h %D%/header-prefix.c %D%/header-prefix.h
