# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/series.la
%C%_series_la_SOURCES = %D%/author.c %D%/first.c %D%/fit.c %D%/fit.h %D%/ladder.c %D%/mention.c %D%/older.c \
	%D%/place.c %D%/place.h %D%/repeat.c %D%/run.c %D%/run.h %D%/series.c %D%/series.h \
	%D%/stamp.c %D%/stamp.h %D%/titles.c %D%/topic.c %D%/topic.h %D%/words.c
%C%_series_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/libseries.a
%C%_libseries_a_SOURCES = $(%C%_series_la_SOURCES)
%C%_libseries_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=series_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_claims.c %D%/test_explain.c %D%/test_first.c %D%/test_forgery.c %D%/test_hosts.c %D%/test_hosts.h \
	%D%/test_hosts_learned.c %D%/test_ladder.c %D%/test_ladder_late.c %D%/test_older.c %D%/test_orders.c %D%/test_repeat.c \
	%D%/test_runs.c %D%/test_series.h %D%/test_stamp.c %D%/test_strangers.c %D%/test_topic.c %D%/test_words.c
%C%_check_LDADD = plugins/kind/libkind.a plugins/patch/libpatch.a plugins/pull/libpull.a \
	%D%/libseries.a plugins/subject/libsubject.a plugins/trailers/libtrailers.a $(LDADD)
# test_claims.c wraps these, to state what the index knows.
%C%_check_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=patchmark_index_find \
	-Wl,--wrap=patchmark_index_message -Wl,--wrap=patchmark_index_series
dist_page_DATA += %D%/series.md
