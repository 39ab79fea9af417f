# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/patch.la
%C%_patch_la_SOURCES = %D%/diff.c %D%/diff.h %D%/inbody.c %D%/inbody.h %D%/patch-id.c \
	%D%/patch-id.h %D%/patch.c %D%/path.c %D%/path.h
%C%_patch_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/test_diff %D%/test_patch %D%/test_patch_id %D%/test_patch_id_git
check_LIBRARIES += %D%/libpatch.a
%C%_libpatch_a_SOURCES = $(%C%_patch_la_SOURCES)
%C%_libpatch_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=patch_plugin
EXTRA_DIST += %D%/test_patch_id.h %D%/patch.md
