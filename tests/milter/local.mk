# SPDX-License-Identifier: BSD-2-Clause
# An MTA that speaks the milter protocol, and a generator of mails.

FAKEMTA_SOURCES = %D%/mta.c %D%/mta.h %D%/mta-macros.c %D%/mta-private.h %D%/mta-reply.c %D%/mails.c \
	%D%/mails.h %D%/delivered.c %D%/delivered.h %D%/wire.c %D%/wire.h
noinst_PROGRAMS += %D%/fakemta %D%/generate
%C%_generate_SOURCES = %D%/generate.c
%C%_generate_LDADD = -lm
%C%_fakemta_SOURCES = %D%/fakemta.c %D%/fakemta.h %D%/fakemta-options.c %D%/report.c %D%/report.h \
	$(FAKEMTA_SOURCES)
%C%_fakemta_LDADD =

UNIT_TESTS += %D%/test_broken_filter %D%/test_fakemta %D%/test_mails %D%/test_mta
%C%_test_broken_filter_SOURCES = %D%/test_broken_filter.c $(FAKEMTA_SOURCES)
%C%_test_fakemta_SOURCES = %D%/test_fakemta.c %D%/test-filter.c %D%/test-filter.h
%C%_test_mails_SOURCES = %D%/test_mails.c $(FAKEMTA_SOURCES)
%C%_test_mta_SOURCES = %D%/test_mta.c %D%/test-filter.c %D%/test-filter.h $(FAKEMTA_SOURCES)
