# SPDX-License-Identifier: BSD-2-Clause
# The daemon: sessions with the MTA, start and end, sandbox, file and HTTP endpoint of the metrics; and
# the command that asks it for its status.

milter_libpatchmark_a_SOURCES += %D%/address-check.c %D%/address-check.h %D%/envelope.c %D%/envelope.h \
	%D%/features.c %D%/features.h %D%/mail-log.c %D%/mail-log.h %D%/metrics-export.c \
	%D%/metrics-export.h %D%/metrics-read.c %D%/metrics-read.h %D%/service-status.c \
	%D%/service-status.h %D%/session.c %D%/session.h %D%/status-json.c %D%/status-judge.c \
	%D%/status-read.c %D%/status-text.c %D%/status.h
milter_patchmark_SOURCES += %D%/serve.c %D%/serve.h %D%/serve-check.c %D%/serve-check.h %D%/status.c
if LIBMILTER_BUFFERED
milter_patchmark_SOURCES += %D%/libmilter-buffer.c %D%/libmilter-signals.c
endif
