# SPDX-License-Identifier: BSD-2-Clause
# The daemon: sessions with the MTA, start and end, file and HTTP endpoint of the metrics.

milter_libpatchmark_a_SOURCES += %D%/envelope.c %D%/envelope.h %D%/metrics-export.c %D%/metrics-export.h \
	%D%/session.c %D%/session.h
milter_patchmark_SOURCES += %D%/serve.c %D%/serve.h
if LIBMILTER_BUFFERED
milter_patchmark_SOURCES += %D%/libmilter-buffer.c
endif
