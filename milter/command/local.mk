# SPDX-License-Identifier: BSD-2-Clause
# All commands except serve.

milter_libpatchmark_a_SOURCES += %D%/classify-table.c %D%/classify-table.h %D%/event-filter.c %D%/event-filter.h \
	%D%/event-text.c %D%/event-text.h %D%/event-words.c %D%/event-words.h %D%/parallel.c %D%/parallel.h \
	%D%/series-json.c %D%/series-lines.c %D%/series-output.h %D%/series-page.c %D%/statistics.c \
	%D%/statistics.h
milter_patchmark_SOURCES += %D%/classify.c %D%/commands.h %D%/import-start.c %D%/plugins.c %D%/publish.c %D%/series.c \
	%D%/tail-outbox.c %D%/tail-outbox.h %D%/tail-output.c %D%/tail-output.h %D%/tail-redis.c \
	%D%/tail-redis.h %D%/tail.c
