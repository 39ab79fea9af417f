# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/disk-faults.h %D%/index-fixture.h %D%/outbox-fixture.h %D%/store-fixture.h \
	%D%/test_index.c %D%/test_index_described.c %D%/test_index_expiry.c %D%/test_index_faults.c %D%/test_index_join.c %D%/test_index_publish.c %D%/test_index_scopes.c \
	%D%/test_index_walk.c %D%/test_outbox.c %D%/test_outbox_bounds.c %D%/test_outbox_kept.c \
	%D%/test_progress.c %D%/test_store.c %D%/test_store_faults.c %D%/test_store_log.c \
	%D%/test_store_migration.c %D%/test_store_reader.c

# A program of its own, because its fsync replaces that of the C library, also for SQLite.
UNIT_TESTS += %D%/check_power
%C%_check_power_SOURCES = $(SUITE_SOURCES) %D%/store-fixture.h %D%/test_store_power.c
