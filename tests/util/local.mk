# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_arena %D%/test_digest %D%/test_json_write %D%/test_log %D%/test_notify \
	%D%/test_rate %D%/test_socket %D%/test_terminal
