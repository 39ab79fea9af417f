# SPDX-License-Identifier: BSD-2-Clause
# The web process.  Only the server needs libmicrohttpd; what it answers does not.

milter_libpatchmark_a_SOURCES += %D%/api-events.c %D%/api-overview.c %D%/api-private.h \
	%D%/api-report.c %D%/api-series.c %D%/api.c %D%/api.h %D%/bounds.h %D%/feed.c
EXTRA_DIST += %D%/openapi.json
%D%/api.$(OBJEXT): include/web-openapi.h
CLEANFILES += include/web-openapi.h

# Makes a C string of the document.
include/web-openapi.h: $(srcdir)/%D%/openapi.json Makefile
	@$(MKDIR_P) include
	$(AM_V_GEN)$(SED) -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $(srcdir)/%D%/openapi.json >$@
