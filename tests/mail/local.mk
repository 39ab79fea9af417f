# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_archive %D%/test_flowed %D%/test_mailbox %D%/test_message \
	%D%/test_message_hostile %D%/test_message_parts %D%/test_plugin_text %D%/test_scan \
	%D%/test_scan_parts
