# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_annotate.c %D%/test_copies.c %D%/test_event.c %D%/test_forged_headers.c \
	%D%/test_json_event.c %D%/test_json_learned.c %D%/test_limits.c %D%/test_list_watch.c %D%/test_mail_lists.c %D%/test_metrics.c %D%/test_metrics_lists.c %D%/test_passes.c \
	%D%/test_pipeline.c %D%/test_pipeline_store.c %D%/test_series_state.c %D%/test_tag_meaning.c
