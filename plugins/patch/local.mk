# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/patch.la
%C%_patch_la_SOURCES = %D%/diff.c %D%/diff.h %D%/form.c %D%/form.h \
	%D%/inbody.c %D%/inbody.h %D%/patch-id.c %D%/patch-id.h \
	 %D%/patch.c %D%/path.c %D%/path.h
%C%_patch_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/libpatch.a
%C%_libpatch_a_SOURCES = $(%C%_patch_la_SOURCES)
%C%_libpatch_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=patch_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_diff.c %D%/test_form.c %D%/test_patch.c %D%/test_patch_id.c \
	%D%/test_patch_id.h %D%/test_patch_id_git.c
%C%_check_LDADD = %D%/libpatch.a $(LDADD)
dist_page_DATA += %D%/patch.md
