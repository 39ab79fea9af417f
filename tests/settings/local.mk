# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/configuration-fixture.h %D%/test_configuration.c \
	%D%/test_configuration_lists.c %D%/test_configuration_mistakes.c
