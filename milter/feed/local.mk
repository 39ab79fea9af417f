# SPDX-License-Identifier: BSD-2-Clause
# Delivers events from the outbox to the sinks, reads events of other hosts, and does the
# housekeeping.

milter_libpatchmark_a_SOURCES += %D%/bounds.h %D%/event-append.c %D%/event-append.h \
	%D%/housekeeping.c %D%/housekeeping.h %D%/other-hosts.c %D%/other-hosts.h %D%/publisher.c \
	%D%/publisher.h
