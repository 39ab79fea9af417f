# SPDX-License-Identifier: BSD-2-Clause
# Helpers that know nothing of mail.

milter_libpatchmark_a_SOURCES += %D%/arena.c %D%/arena.h %D%/cleanup.h %D%/clock.h %D%/command.c %D%/command.h %D%/digest.c \
	%D%/digest.h %D%/heap.c %D%/heap.h %D%/json-write.c %D%/json-write.h %D%/log.c %D%/log.h \
	%D%/notify.c %D%/notify.h %D%/privileges.c %D%/privileges.h %D%/rate.c %D%/rate.h \
	%D%/socket.c %D%/socket.h %D%/terminal.c %D%/terminal.h
