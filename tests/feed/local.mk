# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/publisher-fixture.h %D%/test_other_hosts.c \
	%D%/test_publisher.c %D%/test_publisher_follow.c %D%/test_publisher_odd.c \
	%D%/test_publisher_replay.c %D%/test_publisher_start.c %D%/test_publisher_watchdog.c
