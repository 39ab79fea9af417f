# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/kind.la
%C%_kind_la_SOURCES = %D%/kind.c
%C%_kind_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/libkind.a
%C%_libkind_a_SOURCES = $(%C%_kind_la_SOURCES)
%C%_libkind_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=kind_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_kind.c
dist_page_DATA += %D%/kind.md
