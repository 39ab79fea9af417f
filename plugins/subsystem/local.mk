# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/subsystem.la
%C%_subsystem_la_SOURCES = %D%/bounds.h %D%/content.c %D%/content.h %D%/glob.c %D%/glob.h \
	%D%/label.c %D%/label.h %D%/maintainers.c %D%/maintainers.h %D%/owners.c %D%/owners.h \
	%D%/regex.c %D%/regex.h %D%/subsystem.c
%C%_subsystem_la_LIBADD = $(PCRE2_LIBS) $(GLIB_LIBS)
%C%_subsystem_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/libsubsystem.a
%C%_libsubsystem_a_SOURCES = $(%C%_subsystem_la_SOURCES)
%C%_libsubsystem_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=subsystem_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_glob.c %D%/test_maintainers.c %D%/test_parts.h \
	%D%/test_regex.c %D%/test_subsystem.c
%C%_check_LDADD = %D%/libsubsystem.a $(LDADD) $(PCRE2_LIBS) $(GLIB_LIBS)
dist_page_DATA += %D%/subsystem.md
EXTRA_DIST += %D%/test-MAINTAINERS
