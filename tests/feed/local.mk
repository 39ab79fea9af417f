# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_follower %D%/test_publisher %D%/test_publisher_follow \
	%D%/test_publisher_odd %D%/test_publisher_replay %D%/test_publisher_watchdog
