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
