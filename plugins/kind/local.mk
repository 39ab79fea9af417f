# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/kind.la
%C%_kind_la_SOURCES = %D%/kind.c
%C%_kind_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/test_kind
check_LIBRARIES += %D%/libkind.a
%C%_libkind_a_SOURCES = $(%C%_kind_la_SOURCES)
%C%_libkind_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=kind_plugin
EXTRA_DIST += %D%/kind.md
