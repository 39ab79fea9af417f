# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_index %D%/test_index_expiry %D%/test_index_faults %D%/test_index_join \
	%D%/test_index_walk %D%/test_outbox %D%/test_outbox_bounds %D%/test_outbox_kept \
	%D%/test_progress %D%/test_store %D%/test_store_faults %D%/test_store_log \
	%D%/test_store_migration %D%/test_store_power
