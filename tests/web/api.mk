# SPDX-License-Identifier: BSD-2-Clause
# The API without a server.

UNIT_TESTS += %D%/check_api
%C%_check_api_SOURCES = $(SUITE_SOURCES) %D%/api-fixture.h %D%/test_api.c %D%/test_api_closed.c \
	%D%/test_api_hostile.c
