# SPDX-License-Identifier: BSD-2-Clause
# Processing of one mail: classify it, record it in the index, derive its events and header fields.

milter_libpatchmark_a_SOURCES += %D%/annotate.c %D%/annotate.h %D%/applied.c %D%/applied.h %D%/archive-url.c %D%/archive-url.h %D%/bounds.h \
	%D%/copies.c %D%/copies.h %D%/earlier-mail.c %D%/earlier-mail.h %D%/event-series.c \
	%D%/event-series.h %D%/event-types.c %D%/event-types.h %D%/event.c %D%/event.h \
	%D%/forged-headers.c %D%/forged-headers.h %D%/json-bounded.c %D%/json-bounded.h %D%/json-event.c \
	%D%/json-learned.c %D%/json-learned.h %D%/json-message.c %D%/json-private.h %D%/json-report.c %D%/json-report.h %D%/json-series.c \
	%D%/json.c %D%/json.h %D%/learned-mail.c %D%/learned-mail.h %D%/learned.c %D%/learned.h \
	%D%/list-watch.c %D%/list-watch.h %D%/lookup.c %D%/lookup.h %D%/mail-lists.c %D%/mail-lists.h \
	%D%/mail.c %D%/mail.h %D%/part-range.h %D%/metrics-lists.c %D%/metrics-private.h %D%/metrics-text.c %D%/metrics.c %D%/metrics.h \
	%D%/pipeline-private.h %D%/pipeline-run.c %D%/pipeline.c %D%/pipeline.h %D%/series-answers.c %D%/series-list.c \
	%D%/series-report-private.h %D%/series-report.c %D%/series-report.h %D%/series-state.c \
	%D%/series-state.h %D%/series-view.c %D%/series-view.h %D%/tag-meaning.c %D%/tag-meaning.h
