# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/subject.la
%C%_subject_la_SOURCES = %D%/subject.c %D%/tag.c %D%/tag.h %D%/text.h %D%/word.c %D%/word.h
%C%_subject_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/test_subject %D%/test_subject_plugin
check_LIBRARIES += %D%/libsubject.a
%C%_libsubject_a_SOURCES = $(%C%_subject_la_SOURCES)
%C%_libsubject_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=subject_plugin
EXTRA_DIST += %D%/test_subject.h %D%/subject.md
