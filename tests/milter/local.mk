# SPDX-License-Identifier: BSD-2-Clause
# A fake MTA that speaks the milter protocol, and a generator of mails.

FAKEMTA_SOURCES = %D%/mta.c %D%/mta.h %D%/mta-macros.c %D%/mta-private.h %D%/mta-reply.c %D%/mails.c \
	%D%/mails.h %D%/delivered.c %D%/delivered.h %D%/wire.c %D%/wire.h
noinst_PROGRAMS += %D%/fakemta %D%/generate
%C%_generate_SOURCES = %D%/generate.c
%C%_generate_LDADD = -lm
%C%_fakemta_SOURCES = %D%/fakemta.c %D%/fakemta.h %D%/fakemta-options.c %D%/report.c %D%/report.h \
	$(FAKEMTA_SOURCES)
%C%_fakemta_LDADD =

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) $(FAKEMTA_SOURCES) %D%/test-filter.c %D%/test-filter.h \
	%D%/test_broken_filter.c %D%/test_fakemta.c %D%/test_mails.c %D%/test_mta.c
