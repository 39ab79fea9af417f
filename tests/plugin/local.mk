# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_event_fields.c %D%/test_facts.c %D%/test_instance.c %D%/test_plugin.c
