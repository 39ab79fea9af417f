# SPDX-License-Identifier: BSD-2-Clause

LUA_SOURCES = %D%/library.c %D%/library.h %D%/lua.c %D%/mail.c %D%/mail.h %D%/mail-index.c %D%/mail-index.h \
	%D%/mail-text.c %D%/mail-text.h \
	%D%/match.c %D%/pattern.c %D%/pattern.h %D%/script.c %D%/script.h %D%/state.c %D%/state.h
if HAVE_LUA
plugin_LTLIBRARIES += %D%/lua.la
%C%_lua_la_SOURCES = $(LUA_SOURCES)
%C%_lua_la_CPPFLAGS = $(AM_CPPFLAGS) $(LUA_CFLAGS)
%C%_lua_la_LIBADD = $(LUA_LIBS)
%C%_lua_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/liblua-plugin.a
%C%_liblua_plugin_a_SOURCES = $(LUA_SOURCES)
%C%_liblua_plugin_a_CPPFLAGS = $(AM_CPPFLAGS) $(LUA_CFLAGS) -Dpatchmark_plugin=lua_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) %D%/test_hostile.c %D%/test_lua.c %D%/test_lua.h \
	%D%/test_pattern.c
%C%_check_CPPFLAGS = $(AM_CPPFLAGS) $(LUA_CFLAGS)
%C%_check_LDADD = %D%/liblua-plugin.a plugins/kind/libkind.a plugins/patch/libpatch.a \
	plugins/pull/libpull.a plugins/series/libseries.a plugins/subject/libsubject.a \
	plugins/trailers/libtrailers.a $(LDADD) $(LUA_LIBS)
endif
dist_page_DATA += %D%/lua.md
