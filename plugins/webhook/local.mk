# SPDX-License-Identifier: BSD-2-Clause

WEBHOOK_LIBS = $(LIBCURL_LIBS) $(LIBCRYPTO_LIBS)
WEBHOOK_SOURCES = %D%/filter.c %D%/filter.h %D%/outcome.c %D%/outcome.h %D%/request.c %D%/request.h \
	%D%/settings.c %D%/settings.h %D%/signature.c %D%/signature.h %D%/webhook.c
if HAVE_LIBCURL
plugin_LTLIBRARIES += %D%/webhook.la
%C%_webhook_la_SOURCES = $(WEBHOOK_SOURCES)
%C%_webhook_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCURL_CFLAGS)
%C%_webhook_la_LIBADD = $(WEBHOOK_LIBS)
%C%_webhook_la_LDFLAGS = $(PLUGIN_LINK)

check_LIBRARIES += %D%/libwebhook.a
%C%_libwebhook_a_SOURCES = $(WEBHOOK_SOURCES)
%C%_libwebhook_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCURL_CFLAGS) -Dpatchmark_plugin=webhook_plugin
UNIT_TESTS += %D%/check
%C%_check_SOURCES = $(SUITE_SOURCES) $(FAKE_INSTANCE) %D%/test_endpoint.c %D%/test_endpoint.h \
	%D%/test_filter.c %D%/test_outcome.c %D%/test_settings.c %D%/test_signature.c \
	%D%/test_webhook.c
%C%_check_LDADD = %D%/libwebhook.a $(LDADD) $(WEBHOOK_LIBS)
endif
dist_page_DATA += %D%/webhook.md
