# SPDX-License-Identifier: BSD-2-Clause

plugin_LTLIBRARIES += %D%/redis.la
%C%_redis_la_SOURCES = %D%/connection.c %D%/connection.h %D%/follow.c %D%/follow.h %D%/redis.c \
	%D%/route.c %D%/script.c %D%/script.h %D%/settings.c %D%/settings.h %D%/tls.c %D%/tls.h
%C%_redis_la_LIBADD = $(REDIS_LIBS)
%C%_redis_la_LDFLAGS = $(PLUGIN_LINK)

UNIT_TESTS += %D%/test_redis %D%/test_redis_acl %D%/test_redis_cluster %D%/test_redis_follow \
	%D%/test_redis_hostile %D%/test_redis_hostile_follow %D%/test_redis_sentinel \
	%D%/test_redis_series %D%/test_redis_settings %D%/test_redis_tls
check_LIBRARIES += %D%/libredis.a
%C%_libredis_a_SOURCES = $(%C%_redis_la_SOURCES)
%C%_libredis_a_CPPFLAGS = $(AM_CPPFLAGS) -Dpatchmark_plugin=redis_plugin
REDIS_TEST_LDADD = %D%/libredis.a $(LDADD) $(REDIS_LIBS)
%C%_test_redis_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_acl_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_cluster_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_follow_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_hostile_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_hostile_follow_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_sentinel_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_series_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_settings_LDADD = $(REDIS_TEST_LDADD)
%C%_test_redis_tls_LDADD = $(REDIS_TEST_LDADD)
EXTRA_DIST += %D%/test_feed.h %D%/test_hostile.h %D%/test_redis.h %D%/test_server.h %D%/redis.md
