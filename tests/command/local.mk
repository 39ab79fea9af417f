# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_classify_table.c %D%/test_event_filter.c %D%/test_event_text.c \
	%D%/test_event_words.c %D%/test_parallel.c %D%/test_series_find.c %D%/test_series_output.c
