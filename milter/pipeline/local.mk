# SPDX-License-Identifier: BSD-2-Clause
# One mail's way: classify, learn, derive events and their JSON, header fields.

milter_libpatchmark_a_SOURCES += %D%/annotate.c %D%/annotate.h %D%/bounds.h %D%/event-types.c \
	%D%/event-types.h %D%/event.c %D%/event.h %D%/forgery.c %D%/forgery.h %D%/json-event.c \
	%D%/json-lesson.c %D%/json-lesson.h %D%/json-private.h %D%/json.c %D%/json.h %D%/learn.c \
	%D%/learn.h %D%/lesson.c %D%/lesson.h %D%/lookup.c %D%/lookup.h %D%/mail.h \
	%D%/metrics-private.h %D%/metrics-text.c %D%/metrics.c %D%/metrics.h %D%/pipeline.c %D%/pipeline.h
