# SPDX-License-Identifier: BSD-2-Clause
# Benchmarks, which measure and do not check results.

EXTRA_DIST += %D%/b4-read.py %D%/chart.py %D%/classify.sh %D%/copies.sh %D%/feed.sh \
	%D%/floor.py %D%/growth.sh %D%/instructions.py %D%/instructions.sh %D%/lib-bench.sh \
	%D%/machine.py %D%/milter.sh %D%/outage.sh %D%/postfix.sh %D%/renew.py %D%/report.py \
	%D%/soak.sh %D%/statements.sh %D%/web-clients.py %D%/web.sh
EXTRA_PROGRAMS = %D%/commit %D%/floor %D%/growth %D%/index %D%/reader \
	%D%/smtp-play %D%/web
# Run by hand, see the head of web.c.
%C%_web_SOURCES = %D%/web.c
%C%_web_LDADD = milter/libpatchmark.a $(LIBRARY_LIBS)
# Run by hand, see the head of commit.c.
%C%_commit_SOURCES = %D%/commit.c
%C%_commit_LDADD = milter/libpatchmark.a $(LIBRARY_LIBS)
%C%_floor_SOURCES = %D%/floor.c %D%/walk.c %D%/walk.h
%C%_floor_LDADD = milter/libpatchmark.a $(MILTER_LIBS) $(GMIME_LIBS) $(LIBCRYPTO_LIBS)
%C%_reader_SOURCES = %D%/reader.c %D%/walk.c %D%/walk.h
%C%_reader_LDADD = $(GMIME_LIBS)
%C%_smtp_play_SOURCES = %D%/smtp-play.c
%C%_smtp_play_LDADD = milter/libpatchmark.a $(LIBRARY_LIBS)
%C%_growth_SOURCES = %D%/growth.c %D%/inside.c %D%/inside.h
%C%_growth_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_ABI)
%C%_growth_LDADD = milter/libpatchmark.a $(LIBRARY_LIBS)
# Run by hand, see the head of index.c; requires an mbox.
%C%_index_SOURCES = %D%/index.c %D%/inside.c %D%/inside.h
%C%_index_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_ABI)
%C%_index_LDADD = milter/libpatchmark.a $(LIBRARY_LIBS)
# A library to be preloaded; never installed.
EXTRA_LTLIBRARIES = %D%/statements.la
%C%_statements_la_SOURCES = %D%/statements.c
%C%_statements_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_statements_la_LIBADD = $(GMIME_LIBS) $(SQLITE_LIBS) -ldl
CLEANFILES += $(EXTRA_PROGRAMS) $(EXTRA_LTLIBRARIES) bench.jsonl bench.json bench.svg

# Each script can also be run by itself in the build folder, after `make bench-programs`.
bench-programs: milter/patchmark tests/milter/fakemta tests/milter/generate $(EXTRA_PROGRAMS) \
	%D%/statements.la $(plugin_LTLIBRARIES)

# All benchmarks: prints tables, and writes all measurements to bench.json and a chart to bench.svg.
BENCHES = milter classify statements postfix instructions growth
bench: bench-programs
	rm -f bench.jsonl
	for bench in $(BENCHES); do \
		BUILD='$(abs_builddir)' RESULTS='$(abs_builddir)/bench.jsonl' \
		bash $(srcdir)/%D%/$$bench.sh || exit; \
	done
	PATCHMARK='$(abs_builddir)/milter/patchmark' python3 -B $(srcdir)/%D%/report.py \
		--only=none --json=bench.json --svg=bench.svg bench.jsonl

# The feed: the latency of mails while Redis fails, and the rate of events.
bench-feed: milter/patchmark tests/milter/fakemta tests/milter/generate $(plugin_LTLIBRARIES)
	for bench in outage feed; do \
		PATCHMARK='$(abs_builddir)/milter/patchmark' SOURCE='$(abs_srcdir)' \
		FAKEMTA='$(abs_builddir)/tests/milter/fakemta' \
		bash $(srcdir)/%D%/$$bench.sh || exit; \
	done
# A million mails: checks that memory and descriptors of the daemon do not grow.
soak: milter/patchmark tests/milter/fakemta tests/milter/generate $(plugin_LTLIBRARIES)
	PATCHMARK='$(abs_builddir)/milter/patchmark' FAKEMTA='$(abs_builddir)/tests/milter/fakemta' \
	SOURCE='$(abs_srcdir)' bash $(srcdir)/%D%/soak.sh
.PHONY: bench bench-programs bench-feed soak
