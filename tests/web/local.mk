# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_assets.c %D%/test_host_names.c %D%/test_request_target.c
