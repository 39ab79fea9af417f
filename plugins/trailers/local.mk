# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/trailers.la
%C%_trailers_la_SOURCES = %D%/given.c %D%/given.h %D%/own.c %D%/own.h %D%/range.c %D%/range.h \
	%D%/refusal.c %D%/refusal.h %D%/tag.c %D%/text.h %D%/trailer.c %D%/trailer.h %D%/trailers.c
%C%_trailers_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/libtrailers.a
%C%_libtrailers_a_SOURCES = $(%C%_trailers_la_SOURCES)
%C%_libtrailers_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=trailers_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_given.c %D%/test_trailers.c %D%/test_trailers.h
%C%_check_LDADD = %D%/libtrailers.a $(LDADD)
dist_page_DATA += %D%/trailers.md
