# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/automation.la
%C%_automation_la_SOURCES = %D%/automation.c %D%/body.c %D%/body.h %D%/commits.c %D%/commits.h \
	%D%/match.c %D%/match.h %D%/pattern.c %D%/pattern.h %D%/table.c %D%/table.h
%C%_automation_la_LDFLAGS = $(PLUGIN_LINK)
%D%/automation.lo %D%/test_automation.$(OBJEXT) %D%/test_phrases.$(OBJEXT) \
	%D%/test_said.$(OBJEXT): include/automation-table.h
CLEANFILES += include/automation-table.h

# The table of robots as a string of C, so that the plugin works without a file.
include/automation-table.h: $(srcdir)/config/automation.conf Makefile
	@$(MKDIR_P) include
	$(AM_V_GEN)$(SED) -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $(srcdir)/config/automation.conf >$@

UNIT_TESTS += %D%/test_automation %D%/test_pattern %D%/test_phrases %D%/test_said %D%/test_table
EXTRA_DIST += %D%/test_automation.h %D%/automation.md
