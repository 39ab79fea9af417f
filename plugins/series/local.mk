# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/series.la
%C%_series_la_SOURCES = %D%/ladder.c %D%/mention.c %D%/series.c %D%/series.h %D%/stamp.c \
	%D%/stamp.h %D%/topic.c %D%/words.c
%C%_series_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/test_forgery %D%/test_hosts %D%/test_hosts_learned %D%/test_ladder \
	%D%/test_ladder_late %D%/test_orders %D%/test_stamp %D%/test_topic %D%/test_words
check_LIBRARIES += %D%/libseries.a
%C%_libseries_a_SOURCES = $(%C%_series_la_SOURCES)
%C%_libseries_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=series_plugin
SERIES_TEST_LDADD = $(check_LIBRARIES) $(LDADD)
%C%_test_forgery_LDADD = $(SERIES_TEST_LDADD)
%C%_test_hosts_LDADD = $(SERIES_TEST_LDADD)
%C%_test_hosts_learned_LDADD = $(SERIES_TEST_LDADD)
%C%_test_ladder_LDADD = $(SERIES_TEST_LDADD)
%C%_test_ladder_late_LDADD = $(SERIES_TEST_LDADD)
%C%_test_orders_LDADD = $(SERIES_TEST_LDADD)
%C%_test_topic_LDADD = $(SERIES_TEST_LDADD)
EXTRA_DIST += %D%/test_hosts.h %D%/test_series.h %D%/series.md
