# SPDX-License-Identifier: BSD-2-Clause
# Configuration, systemd units, AppArmor profiles, dashboard and alert rules that are installed.

confdir = $(sysconfdir)/patchmark
dist_conf_DATA = %D%/rules.sample
CONFIGURATION = automation.conf patchmark.conf

# A configuration that was edited is neither overwritten by an installation, which leaves the new one beside
# it as NAME.new, nor deleted.
install-data-hook:
	@$(MKDIR_P) "$(DESTDIR)$(confdir)/conf.d"
	@cd $(srcdir)/%D% && for name in $(CONFIGURATION); do \
		installed="$(DESTDIR)$(confdir)/$$name"; \
		if test ! -e "$$installed" || cmp -s $$name "$$installed"; then \
			rm -f "$$installed.new"; $(INSTALL_DATA) $$name "$$installed" || exit 1; \
		else \
			echo "$$installed was edited and stays; the new one is $$installed.new"; \
			$(INSTALL_DATA) $$name "$$installed.new" || exit 1; \
		fi; \
	done
uninstall-hook:
	@cd $(srcdir)/%D% && for name in $(CONFIGURATION); do \
		installed="$(DESTDIR)$(confdir)/$$name"; rm -f "$$installed.new"; \
		if cmp -s $$name "$$installed"; then rm -f "$$installed"; \
		elif test -e "$$installed"; then echo "$$installed was edited and stays"; fi; \
	done
	-@rmdir "$(DESTDIR)$(confdir)/conf.d" "$(DESTDIR)$(confdir)" "$(DESTDIR)$(plugindir)" "$(DESTDIR)$(helperdir)" 2>/dev/null
dist_doc_DATA += %D%/grafana-dashboard.json %D%/prometheus-alerts.yml
systemdsystemunit_DATA = %D%/patchmark.service %D%/patchmark-web.service
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dist_tmpfiles_DATA = %D%/patchmark.tmpfiles.conf
# AppArmor reads every file of its folder /etc/apparmor.d, under any name.
install-data-local: %D%/patchmark.apparmor
	@$(MKDIR_P) "$(DESTDIR)$(apparmordir)"
	$(INSTALL_DATA) %D%/patchmark.apparmor "$(DESTDIR)$(apparmordir)/patchmark"
uninstall-local:
	rm -f "$(DESTDIR)$(apparmordir)/patchmark"
	-@rmdir "$(DESTDIR)$(apparmordir)" 2>/dev/null
EXTRA_DIST += %D%/patchmark.apparmor.in %D%/patchmark.service.in %D%/patchmark-web.service.in %D%/automation.conf %D%/patchmark.conf
GENERATED_CONFIG = $(systemdsystemunit_DATA) %D%/patchmark.apparmor
all-local: %D%/patchmark.apparmor
CLEANFILES += $(GENERATED_CONFIG)

%D%/patchmark.apparmor: $(srcdir)/%D%/patchmark.apparmor.in Makefile
%D%/patchmark.service: $(srcdir)/%D%/patchmark.service.in Makefile
%D%/patchmark-web.service: $(srcdir)/%D%/patchmark-web.service.in Makefile
$(GENERATED_CONFIG):
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(SED) -e 's|@bindir[@]|$(bindir)|' -e 's|@confdir[@]|$(confdir)|' \
		-e 's|@plugindir[@]|$(plugindir)|' -e 's|@pkgdatadir[@]|$(pkgdatadir)|' $(srcdir)/$@.in >$@
