# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_annotate %D%/test_event %D%/test_forgery %D%/test_json_event \
	%D%/test_json_lesson %D%/test_limits %D%/test_metrics %D%/test_pipeline \
	%D%/test_pipeline_store
