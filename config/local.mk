# SPDX-License-Identifier: BSD-2-Clause
# Configuration, systemd units and dashboard that are installed.

confdir = $(sysconfdir)/patchmark
dist_conf_DATA = %D%/automation.conf %D%/patchmark.conf %D%/rules.sample
dist_doc_DATA += %D%/grafana-dashboard.json
systemdsystemunit_DATA = %D%/patchmark.service %D%/patchmark-web.service
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dist_tmpfiles_DATA = %D%/patchmark.tmpfiles.conf
EXTRA_DIST += %D%/patchmark.service.in %D%/patchmark-web.service.in
CLEANFILES += $(systemdsystemunit_DATA)

%D%/patchmark.service: $(srcdir)/%D%/patchmark.service.in Makefile
%D%/patchmark-web.service: $(srcdir)/%D%/patchmark-web.service.in Makefile
$(systemdsystemunit_DATA):
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(SED) -e 's|@bindir[@]|$(bindir)|' -e 's|@confdir[@]|$(confdir)|' $(srcdir)/$@.in >$@
