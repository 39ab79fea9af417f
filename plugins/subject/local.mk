# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/subject.la
%C%_subject_la_SOURCES = %D%/parse.c %D%/parse.h %D%/subject.c %D%/tag.c %D%/tag.h \
	%D%/text.h %D%/word.c %D%/word.h
%C%_subject_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/libsubject.a
%C%_libsubject_a_SOURCES = $(%C%_subject_la_SOURCES)
%C%_libsubject_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=subject_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_parse.c %D%/test_subject.c %D%/test_subject.h \
	%D%/test_subject_plugin.c
%C%_check_LDADD = %D%/libsubject.a $(LDADD)
dist_page_DATA += %D%/subject.md
