# SPDX-License-Identifier: BSD-2-Clause
# All commands except serve.

milter_libpatchmark_a_SOURCES += %D%/classify-table.c %D%/classify-table.h %D%/event-filter.c %D%/event-filter.h \
	%D%/event-text.c %D%/event-text.h %D%/event-words.c %D%/event-words.h %D%/parallel.c %D%/parallel.h \
	%D%/series-find.c %D%/series-find.h %D%/series-json.c %D%/series-lines.c %D%/series-output.h %D%/series-page.c %D%/statistics.c \
	%D%/statistics.h %D%/stop-signals.c %D%/stop-signals.h
milter_patchmark_SOURCES += %D%/classify.c %D%/commands.h %D%/import-start.c %D%/plugin-new.c %D%/plugin-new.h \
	%D%/plugins.c %D%/publish.c %D%/series.c \
	%D%/tail-outbox.c %D%/tail-outbox.h %D%/tail-output.c %D%/tail-output.h %D%/tail-redis.c \
	%D%/tail-redis.h %D%/tail.c

# Makes C strings of the files of a new plugin, and of the names that it cannot have.
NEW_PLUGIN_FILES = config/new-plugin/plugin.c config/new-plugin/plugin.md config/new-plugin/check.sh \
	config/new-plugin/Makefile
%D%/plugin-new.$(OBJEXT): include/command/new-plugin.h
CLEANFILES += include/command/new-plugin.h
EXTRA_DIST += $(NEW_PLUGIN_FILES)
include/command/new-plugin.h: $(NEW_PLUGIN_FILES) Makefile
	@$(MKDIR_P) include/command
	$(AM_V_GEN)for each in C:plugin.c PAGE:plugin.md CHECK:check.sh MAKEFILE:Makefile; do \
	    echo "#define NEW_PLUGIN_$${each%%:*} \\" && \
	    $(SED) -e 's/[\\"]/\\&/g' -e 's/	/\\t/g' -e 's/.*/"&\\n" \\/' \
	        $(srcdir)/config/new-plugin/$${each#*:} && echo || exit 1; \
	done >$@
	@(printf '#define NEW_PLUGIN_TAKEN' && cd $(srcdir)/plugins && for each in */local.mk; do \
	    printf ' "%s",' "$${each%%/*}" || exit 1; \
	done && echo ' NULL') >>$@
