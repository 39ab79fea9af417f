# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_event_filter %D%/test_event_text %D%/test_parallel
