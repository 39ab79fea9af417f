# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_arena.c %D%/test_clients.c %D%/test_digest.c %D%/test_json_write.c \
	%D%/test_log.c %D%/test_log_entry.c %D%/test_network.c %D%/test_systemd.c %D%/test_rate.c %D%/test_socket.c %D%/test_terminal.c \
	%D%/test_word_set.c %D%/test_wrap.c \
	%D%/test_listen_address.c %D%/test_sandbox.c
if HAVE_MICROHTTPD
%C%_check_SOURCES += %D%/test_http_clients.c
endif
