# SPDX-License-Identifier: BSD-2-Clause
# Delivery from the outbox to sinks, events of other hosts, housekeeping.

milter_libpatchmark_a_SOURCES += %D%/bounds.h %D%/event-append.c %D%/event-append.h \
	%D%/housekeeping.c %D%/housekeeping.h %D%/other-hosts.c %D%/other-hosts.h %D%/publisher.c \
	%D%/publisher.h
