# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_address.c %D%/test_archive.c %D%/test_author.c %D%/test_copy_digest.c \
	%D%/test_flowed.c %D%/test_mailbox.c %D%/test_message.c %D%/test_message_hostile.c \
	%D%/test_message_parts.c %D%/test_people.c %D%/test_plugin_text.c %D%/test_quotation.c %D%/test_quote_head.c %D%/test_scan.c %D%/test_scan_parts.c \
	%D%/test_wrapped.c
