# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/pull.la
%C%_pull_la_SOURCES = %D%/pull.c
%C%_pull_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/libpull.a
%C%_libpull_a_SOURCES = $(%C%_pull_la_SOURCES)
%C%_libpull_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=pull_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_pull.c
dist_page_DATA += %D%/pull.md
