# SPDX-License-Identifier: BSD-2-Clause
# Outbox to sinks, events of other hosts, housekeeping.

milter_libpatchmark_a_SOURCES += %D%/bounds.h %D%/follower.c %D%/follower.h %D%/publisher.c \
	%D%/publisher.h %D%/status.c %D%/status.h %D%/tell.c %D%/tell.h %D%/upkeep.c %D%/upkeep.h \
	%D%/watch.c %D%/watch.h
