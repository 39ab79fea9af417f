# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_annotate %D%/test_archive %D%/test_arena %D%/test_configuration \
	%D%/test_configuration_mistakes %D%/test_confine %D%/test_digest %D%/test_event \
	%D%/test_event_filter %D%/test_event_text %D%/test_exposition %D%/test_facts \
	%D%/test_flowed %D%/test_follower %D%/test_forgery %D%/test_index %D%/test_index_expiry \
	%D%/test_index_faults %D%/test_index_join %D%/test_index_walk %D%/test_instance \
	%D%/test_json_event %D%/test_json_lesson %D%/test_json_write %D%/test_libmilter_buffer \
	%D%/test_limits %D%/test_log %D%/test_mailbox %D%/test_message %D%/test_message_hostile \
	%D%/test_message_parts %D%/test_metrics %D%/test_notify %D%/test_outbox \
	%D%/test_outbox_bounds %D%/test_outbox_kept %D%/test_parallel %D%/test_pipeline \
	%D%/test_pipeline_store %D%/test_plugin %D%/test_plugin_text %D%/test_progress \
	%D%/test_publisher %D%/test_publisher_follow %D%/test_publisher_odd \
	%D%/test_publisher_replay %D%/test_publisher_watchdog %D%/test_rate %D%/test_scan \
	%D%/test_scan_parts %D%/test_socket %D%/test_store %D%/test_store_faults \
	%D%/test_store_log %D%/test_store_migration %D%/test_store_power %D%/test_terminal
check_LIBRARIES += %D%/librecord.a
%C%_librecord_a_SOURCES = %D%/record.c
%C%_test_libmilter_buffer_SOURCES = %D%/test_libmilter_buffer.c milter/daemon/libmilter-buffer.c
%C%_test_libmilter_buffer_LDADD = $(LIBMILTER_WRAP) $(LDADD)

# Plugins that the loader must take or refuse; never installed.
TEST_PLUGINS += %D%/plugins/abi1.la %D%/plugins/bad-name.la %D%/plugins/chameleon.la \
	%D%/plugins/good.la %D%/plugins/missing-callback.la %D%/plugins/no-symbol.la \
	%D%/plugins/short-struct.la %D%/plugins/undefined-symbol.la %D%/plugins/wrong-abi.la
%C%_plugins_abi1_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_bad_name_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_chameleon_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_good_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_missing_callback_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_no_symbol_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_short_struct_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_undefined_symbol_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_plugins_wrong_abi_la_LDFLAGS = $(TEST_PLUGIN_LINK)
