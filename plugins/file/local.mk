# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/file.la
%C%_file_la_SOURCES = %D%/file.c
%C%_file_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) $(FAKE_INSTANCE) %D%/test_file.c
dist_page_DATA += %D%/file.md
