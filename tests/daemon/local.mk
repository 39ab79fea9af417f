# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_envelope.c %D%/test_mail_log.c \
	%D%/test_metrics_export.c %D%/test_metrics_read.c %D%/test_service_status.c

# A program of its own: the linker replaces its system calls by the functions of libmilter-buffer.c.
UNIT_TESTS += %D%/check_buffer
%C%_check_buffer_SOURCES = $(SUITE_SOURCES) %D%/test_libmilter_buffer.c \
	milter/daemon/libmilter-buffer.c
%C%_check_buffer_LDADD = $(LIBMILTER_WRAP) $(LDADD)
