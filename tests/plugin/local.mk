# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_abi.c %D%/test_event_fields.c %D%/test_facts.c \
	%D%/test_instance.c %D%/test_null_strings.c %D%/test_plugin.c
# Exports the interface, as the program does, to the plugin abi1.
%C%_check_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_ABI) -Wl,-u,patchmark_index_series
EXTRA_DIST += %D%/abi-1/patchmark-plugin.h
