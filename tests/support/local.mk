# SPDX-License-Identifier: BSD-2-Clause
# Functions for the unit tests of several rooms.

FAKE_INSTANCE = %D%/fake-instance.c %D%/fake-instance.h
SUITE_SOURCES = %D%/main.c %D%/suite.h %D%/support.h
check_LIBRARIES += %D%/libkeep-events.a
%C%_libkeep_events_a_SOURCES = %D%/keep-events.c

# Plugins that the loader must load or refuse; never installed.
TEST_PLUGINS += %D%/plugins/abi1.la %D%/plugins/bad_name.la %D%/plugins/chameleon.la \
	%D%/plugins/good.la %D%/plugins/missing_callback.la %D%/plugins/no_symbol.la \
	%D%/plugins/short_struct.la %D%/plugins/undefined_symbol.la %D%/plugins/wrong_abi.la
%C%_plugins_abi1_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_bad_name_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_chameleon_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_good_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_missing_callback_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_no_symbol_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_short_struct_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_undefined_symbol_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_wrong_abi_la_LDFLAGS = $(TEST_PLUGIN_LINK)
EXTRA_DIST += %D%/facts-fixture.h %D%/json-fixture.h %D%/local.h %D%/plugin-folder.h %D%/prometheus.h
