# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets, which tools/fuzz builds and runs.

if FUZZING
noinst_PROGRAMS += %D%/fuzz-configuration %D%/fuzz-diff %D%/fuzz-event %D%/fuzz-mail \
	%D%/fuzz-maintainers %D%/fuzz-redis %D%/fuzz-subject
endif
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -DBUILD_DIR='"$(abs_builddir)"' -DSOURCE_DIR='"$(abs_srcdir)"'
FUZZ_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer $(EXPORT_ABI)
FUZZ_LDADD = milter/libpatchmark.a $(LIBRARY_LIBS)
%C%_fuzz_configuration_SOURCES = %D%/fuzz-configuration.c %D%/fuzz.h
%C%_fuzz_configuration_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_configuration_LDFLAGS = $(FUZZ_LDFLAGS)
%C%_fuzz_configuration_LDADD = $(FUZZ_LDADD)
%C%_fuzz_diff_SOURCES = %D%/fuzz-diff.c %D%/fuzz.h plugins/patch/diff.c plugins/patch/form.c \
	plugins/patch/patch-id.c plugins/patch/path.c
%C%_fuzz_diff_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_diff_LDFLAGS = $(FUZZ_LDFLAGS)
%C%_fuzz_diff_LDADD = $(FUZZ_LDADD)
%C%_fuzz_event_SOURCES = %D%/fuzz-event.c %D%/fuzz.h
%C%_fuzz_event_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_event_LDFLAGS = $(FUZZ_LDFLAGS)
%C%_fuzz_event_LDADD = $(FUZZ_LDADD)
%C%_fuzz_mail_SOURCES = %D%/fuzz-mail.c %D%/fuzz.h
%C%_fuzz_mail_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_mail_LDFLAGS = $(FUZZ_LDFLAGS)
%C%_fuzz_mail_LDADD = $(FUZZ_LDADD)
%C%_fuzz_maintainers_SOURCES = $(FAKE_INSTANCE) %D%/fuzz-maintainers.c %D%/fuzz.h plugins/subsystem/content.c \
	plugins/subsystem/glob.c plugins/subsystem/label.c plugins/subsystem/maintainers.c \
	plugins/subsystem/owners.c plugins/subsystem/regex.c
%C%_fuzz_maintainers_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_maintainers_LDFLAGS = $(FUZZ_LDFLAGS)
%C%_fuzz_maintainers_LDADD = $(FUZZ_LDADD) $(PCRE2_LIBS)
%C%_fuzz_redis_SOURCES = %D%/fuzz-redis.c %D%/fuzz.h
%C%_fuzz_redis_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_redis_LDFLAGS = $(FUZZ_LDFLAGS)
%C%_fuzz_redis_LDADD = plugins/redis/libredis.a $(FUZZ_LDADD) $(REDIS_LIBS)
%C%_fuzz_subject_SOURCES = %D%/fuzz-subject.c %D%/fuzz.h
%C%_fuzz_subject_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_fuzz_subject_LDFLAGS = $(FUZZ_LDFLAGS)
%C%_fuzz_subject_LDADD = $(FUZZ_LDADD)
EXTRA_DIST += %D%/mail.dict %D%/seeds
