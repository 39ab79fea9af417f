# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/automation.la
%C%_automation_la_SOURCES = %D%/applied-parts.c %D%/applied-parts.h %D%/applied-words.c \
	%D%/applied-words.h %D%/automation.c %D%/body.c %D%/body.h %D%/commits.c %D%/commits.h \
	%D%/match.c %D%/match.h %D%/pattern.c %D%/pattern.h %D%/table.c %D%/table.h
%C%_automation_la_LIBADD = $(PCRE2_LIBS)
%C%_automation_la_LDFLAGS = $(PLUGIN_LINK)
%D%/automation.lo %D%/libautomation_a-automation.$(OBJEXT): include/automation-table.h
CLEANFILES += include/automation-table.h

# Makes a C string of the table of robots, so that the plugin works without a file.
include/automation-table.h: $(srcdir)/config/automation.conf Makefile
	@$(MKDIR_P) include
	$(AM_V_GEN)$(SED) -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $(srcdir)/config/automation.conf >$@

check_LIBRARIES += %D%/libautomation.a
%C%_libautomation_a_SOURCES = $(%C%_automation_la_SOURCES)
%C%_libautomation_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=automation_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_applied_parts.c %D%/test_automation.c %D%/test_automation.h \
	%D%/test_pattern.c %D%/test_phrases.c %D%/test_said.c %D%/test_table.c
%C%_check_LDADD = %D%/libautomation.a $(LDADD) $(PCRE2_LIBS)
dist_page_DATA += %D%/automation.md
