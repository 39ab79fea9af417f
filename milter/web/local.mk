# SPDX-License-Identifier: BSD-2-Clause
# The web process.  Only the server needs libmicrohttpd; what it answers does not.

milter_libpatchmark_a_SOURCES += %D%/api-events.c %D%/api-overview.c %D%/api-private.h \
	%D%/api-report.c %D%/api-series.c %D%/api.c %D%/api.h %D%/assets.c %D%/assets.h %D%/bounds.h \
	%D%/event-stream.c %D%/event-stream.h %D%/feed.c %D%/host-names.c %D%/host-names.h \
	%D%/request-target.c %D%/request-target.h %D%/server.c %D%/server.h
milter_patchmark_SOURCES += %D%/web.c %D%/web.h

# Makes an array page_NAME of the bytes of each file of the page.
WEB_PAGE = %D%/page/index.html %D%/page/style.css %D%/page/icon.svg %D%/page/app.js %D%/page/api.js \
	%D%/page/elements.js %D%/page/list.js %D%/page/live.js %D%/page/navigation.js \
	%D%/page/series.js %D%/page/status.js
EXTRA_DIST += $(WEB_PAGE)
CLEANFILES += include/web-page.h
%D%/assets.$(OBJEXT): include/web-page.h
include/web-page.h: $(WEB_PAGE) Makefile
	@$(MKDIR_P) include
	$(AM_V_GEN)for file in $(WEB_PAGE); do \
		name=`basename $$file | tr .- __`; \
		echo "static const unsigned char page_$$name[] = {"; \
		od -An -v -tu1 $(srcdir)/$$file | $(SED) 's/[0-9][0-9]*/&,/g'; \
		echo "};"; \
	done >$@.new && mv $@.new $@

EXTRA_DIST += %D%/openapi.json
%D%/api.$(OBJEXT): include/web-openapi.h
CLEANFILES += include/web-openapi.h

# Makes a C string of the document.
include/web-openapi.h: $(srcdir)/%D%/openapi.json Makefile
	@$(MKDIR_P) include
	$(AM_V_GEN)$(SED) -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $(srcdir)/%D%/openapi.json >$@
