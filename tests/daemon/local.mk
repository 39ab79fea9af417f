# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_confine %D%/test_exposition %D%/test_libmilter_buffer
%C%_test_libmilter_buffer_SOURCES = %D%/test_libmilter_buffer.c milter/daemon/libmilter-buffer.c
%C%_test_libmilter_buffer_LDADD = $(LIBMILTER_WRAP) $(LDADD)
