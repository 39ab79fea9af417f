# SPDX-License-Identifier: BSD-2-Clause
# Helpers that do not depend on mail: memory, log, JSON, sockets, terminals, privileges, sandbox.

milter_libpatchmark_a_SOURCES += %D%/arena.c %D%/arena.h %D%/cleanup.h %D%/clients.c %D%/clients.h %D%/clock.h %D%/command.c \
	%D%/command.h %D%/digest.c %D%/digest.h %D%/json-write.c %D%/json-write.h %D%/listen-address.c %D%/listen-address.h %D%/log.c \
	%D%/log.h %D%/log-entry.c %D%/log-entry.h %D%/malloc-arenas.c %D%/malloc-arenas.h %D%/network.c %D%/network.h %D%/plural.h %D%/privileges.c \
	%D%/privileges.h \
	%D%/rate.c %D%/rate.h %D%/socket.c %D%/socket.h %D%/systemd.c %D%/systemd.h %D%/terminal.c \
	%D%/terminal.h %D%/word-set.c %D%/word-set.h %D%/wrap.c %D%/wrap.h \
	%D%/sandbox.c %D%/sandbox.h
if HAVE_MICROHTTPD
milter_libpatchmark_a_SOURCES += %D%/http-clients.c %D%/http-clients.h
endif
