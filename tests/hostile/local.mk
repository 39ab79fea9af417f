# SPDX-License-Identifier: BSD-2-Clause
# Hostile mails.

EXTRA_DIST += %D%/look.lua
HOSTILE_SOURCES = %D%/mails.c %D%/write.c %D%/hostile.h
noinst_PROGRAMS += %D%/hostile
%C%_hostile_SOURCES = %D%/hostile.c $(HOSTILE_SOURCES)
%C%_hostile_LDADD =

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_hostile.c $(HOSTILE_SOURCES)
%C%_check_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_check_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_ABI)
%C%_check_LDADD = milter/libpatchmark.a $(LIBRARY_LIBS) $(CHECK_LIBS)
