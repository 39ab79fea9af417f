# SPDX-License-Identifier: BSD-2-Clause
# The index and the outbox: all code that calls SQLite.

milter_libpatchmark_a_SOURCES += %D%/index-private.h %D%/index-recent.c %D%/index-series.c %D%/index-walk.c \
	%D%/index.c %D%/index.h %D%/outbox-trim.c %D%/outbox-walk.c %D%/outbox.c %D%/outbox.h %D%/store-open.c \
	%D%/store-private.h %D%/store-reader.c %D%/store-schema.c %D%/store-statement.c %D%/store-transaction.c %D%/store.h
