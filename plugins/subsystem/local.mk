# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/subsystem.la
%C%_subsystem_la_SOURCES = %D%/bounds.h %D%/content.c %D%/content.h %D%/glob.c %D%/glob.h \
	%D%/label.c %D%/label.h %D%/maintainers.c %D%/maintainers.h %D%/owners.c %D%/owners.h \
	%D%/regex.c %D%/regex.h %D%/subsystem.c
%C%_subsystem_la_LIBADD = $(PCRE2_LIBS) $(GLIB_LIBS)
%C%_subsystem_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/test_glob %D%/test_maintainers %D%/test_regex %D%/test_subsystem
%C%_test_glob_LDADD = $(LDADD) $(PCRE2_LIBS)
%C%_test_maintainers_LDADD = $(LDADD) $(PCRE2_LIBS)
%C%_test_regex_LDADD = $(LDADD) $(PCRE2_LIBS)
%C%_test_subsystem_LDADD = $(LDADD) $(PCRE2_LIBS)
EXTRA_DIST += %D%/test_parts.h %D%/test-MAINTAINERS %D%/subsystem.md
