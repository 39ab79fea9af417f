# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/pull.la
%C%_pull_la_SOURCES = %D%/pull.c
%C%_pull_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/test_pull
check_LIBRARIES += %D%/libpull.a
%C%_libpull_a_SOURCES = $(%C%_pull_la_SOURCES)
%C%_libpull_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=pull_plugin
EXTRA_DIST += %D%/pull.md
