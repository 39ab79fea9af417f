# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/rules.la
%C%_rules_la_SOURCES = %D%/evaluate.c %D%/evaluate.h %D%/expression.c %D%/expression.h \
	%D%/known-facts.c %D%/known-facts.h %D%/material.c %D%/material.h %D%/regex.c %D%/regex.h \
	%D%/program.h %D%/rule-text.c %D%/rule-text.h %D%/rule.c %D%/rule.h %D%/rules.c %D%/term.c %D%/term.h \
	%D%/token.c %D%/token.h
%C%_rules_la_LIBADD = $(PCRE2_LIBS)
%C%_rules_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/test_evaluate %D%/test_expression %D%/test_rule_text %D%/test_rules
%C%_test_evaluate_LDADD = $(LDADD) $(PCRE2_LIBS)
%C%_test_rules_LDADD = $(LDADD) $(PCRE2_LIBS)
EXTRA_DIST += %D%/test_rules.h %D%/rules.md
