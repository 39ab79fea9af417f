# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/rules.la
%C%_rules_la_SOURCES = %D%/evaluate.c %D%/evaluate.h %D%/expression.c %D%/expression.h \
	%D%/material.c %D%/material.h %D%/regex.c %D%/regex.h \
	%D%/program.h %D%/rule-text.c %D%/rule-text.h %D%/rule.c %D%/rule.h %D%/rules.c %D%/term.c %D%/term.h \
	%D%/token.c %D%/token.h
%C%_rules_la_LIBADD = $(PCRE2_LIBS)
%C%_rules_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/librules.a
%C%_librules_a_SOURCES = $(%C%_rules_la_SOURCES)
%C%_librules_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=rules_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_evaluate.c %D%/test_expression.c \
	%D%/test_rule_text.c %D%/test_rules.c %D%/test_rules.h
%C%_check_LDADD = %D%/librules.a $(LDADD) $(PCRE2_LIBS)
dist_page_DATA += %D%/rules.md
