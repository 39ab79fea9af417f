# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/api-fixture.h %D%/test_api.c %D%/test_api_closed.c \
	%D%/test_api_hostile.c %D%/test_assets.c %D%/test_event_stream.c %D%/test_host_names.c \
	%D%/test_request_target.c
