# SPDX-License-Identifier: BSD-2-Clause
# patchmark.conf; all libconfuse is here.

milter_libpatchmark_a_SOURCES += %D%/bounds.h %D%/configuration-core.c %D%/configuration-private.h \
	%D%/configuration-read.c %D%/configuration-text.c %D%/configuration-value.c \
	%D%/configuration.c %D%/configuration.h
