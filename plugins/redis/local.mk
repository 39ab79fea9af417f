# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/redis.la
%C%_redis_la_SOURCES = %D%/connection.c %D%/connection.h %D%/follow.c %D%/follow.h %D%/redis.c \
	%D%/route.c %D%/script.c %D%/script.h %D%/settings.c %D%/settings.h %D%/tls.c %D%/tls.h
%C%_redis_la_LIBADD = $(REDIS_LIBS)
%C%_redis_la_LDFLAGS = $(PLUGIN_LINK)
%D%/script.lo %D%/libredis_a-script.$(OBJEXT): include/redis-state.h
CLEANFILES += include/redis-state.h

# Makes a C string of the script.
include/redis-state.h: $(srcdir)/%D%/state.lua Makefile
	@$(MKDIR_P) include
	$(AM_V_GEN)$(SED) -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $(srcdir)/%D%/state.lua >$@

check_LIBRARIES += %D%/libredis.a
%C%_libredis_a_SOURCES = $(%C%_redis_la_SOURCES)
%C%_libredis_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=redis_plugin
UNIT_TESTS += %D%/check %D%/check_server
%C%_check_SOURCES = $(SUITE_SOURCES) $(FAKE_INSTANCE) %D%/test_feed.h %D%/test_hostile.h \
	%D%/test_redis.h %D%/test_redis_hostile.c %D%/test_redis_hostile_follow.c \
	%D%/test_redis_settings.c
%C%_check_LDADD = %D%/libredis.a $(LDADD) $(REDIS_LIBS)
# A program of its own, because it is skipped if there is no redis-server.
%C%_check_server_SOURCES = $(SUITE_SOURCES) $(FAKE_INSTANCE) %D%/test_feed.h %D%/test_redis.h \
	%D%/test_server.h %D%/test_redis.c %D%/test_redis_acl.c %D%/test_redis_cluster.c \
	%D%/test_redis_follow.c %D%/test_redis_sentinel.c %D%/test_redis_series.c \
	%D%/test_redis_tls.c
%C%_check_server_LDADD = %D%/libredis.a $(LDADD) $(REDIS_LIBS)
dist_page_DATA += %D%/redis.md
EXTRA_DIST += %D%/state.lua
