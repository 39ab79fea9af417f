# SPDX-License-Identifier: BSD-2-Clause
# The program, and a library of all its files except main.c, which unit tests link; each room adds its
# files.

noinst_LIBRARIES = %D%/libpatchmark.a
%C%_libpatchmark_a_SOURCES =

bin_PROGRAMS = %D%/patchmark
%C%_patchmark_SOURCES = %D%/main.c
%C%_patchmark_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_ABI)
%C%_patchmark_LDADD = %D%/libpatchmark.a $(PROGRAM_MILTER_LIBS) $(OTHER_LIBS)
%C%_patchmark_DEPENDENCIES = %D%/libpatchmark.a %D%/patchmark.syms
EXTRA_DIST += %D%/patchmark.syms

# The command import is a program of its own, so that the daemon does not load libgit2 and the libraries
# that it requires.
helper_PROGRAMS = %D%/patchmark-import
%C%_patchmark_import_SOURCES = %D%/command/import-main.c %D%/command/import.c
%C%_patchmark_import_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_ABI)
%C%_patchmark_import_LDADD = %D%/libpatchmark.a $(OTHER_LIBS) $(LIBGIT2_LIBS)
%C%_patchmark_import_DEPENDENCIES = %D%/libpatchmark.a %D%/patchmark.syms
