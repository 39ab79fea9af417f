# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/configuration-fixture.h %D%/test_configuration.c %D%/test_configuration_folder.c \
	%D%/test_configuration_lists.c %D%/test_configuration_mistakes.c \
	%D%/test_configuration_print.c
# Exports what the plugin pull requires, which is loaded if patchmark is installed.
%C%_check_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_ABI) \
	-Wl,-u,patchmark_fact_set_text,-u,patchmark_message_part,-u,patchmark_text_line
