# SPDX-License-Identifier: BSD-2-Clause
# Man pages, schemas, examples.

pkgconfig_DATA = %D%/patchmark.pc
schemasdir = $(datadir)/patchmark/schemas
dist_schemas_DATA = %D%/schemas/patchmark.commit.announced.v1.json \
	%D%/schemas/patchmark.message.posted.v1.json \
	%D%/schemas/patchmark.message.seen.v1.json \
	%D%/schemas/patchmark.pull.requested.v1.json \
	%D%/schemas/patchmark.report.raised.v1.json \
	%D%/schemas/patchmark.series.aliased.v1.json \
	%D%/schemas/patchmark.series.amended.v1.json \
	%D%/schemas/patchmark.series.completed.v1.json \
	%D%/schemas/patchmark.series.incomplete.v1.json \
	%D%/schemas/patchmark.series.opened.v1.json \
	%D%/schemas/patchmark.series.superseded.v1.json \
	%D%/schemas/patchmark.service.status.v1.json \
	%D%/schemas/patchmark.trailer.given.v1.json
dist_man_MANS = %D%/patchmark.1 %D%/patchmark-plugin.3 %D%/patchmark.conf.5 %D%/patchmark-events.7 \
	%D%/patchmark-facts.7 %D%/patchmark-headers.7 %D%/patchmark-listserver.7 %D%/patchmark-lua.7 \
	%D%/patchmark-operations.7 %D%/patchmark-plugin.7 %D%/patchmark-web.8
EXTRA_DIST += %D%/events.json %D%/images/web-series.png
# Below docs/, as in the source tree, so that README.md names the same files in both places.
docsdir = $(docdir)/docs
dist_docs_DATA = %D%/accuracy.md %D%/architecture.md
imagesdir = $(docsdir)/images
dist_images_DATA = %D%/images/web-list.png
consumersdir = $(docsdir)/consumers
dist_consumers_DATA = %D%/consumers/README.md %D%/consumers/events.mjs %D%/consumers/events.py \
	%D%/consumers/events.sh
dist_consumers_SCRIPTS = %D%/consumers/ci.mjs %D%/consumers/ci.py %D%/consumers/ci.sh \
	%D%/consumers/cursor.mjs %D%/consumers/cursor.py %D%/consumers/cursor.sh \
	%D%/consumers/group.mjs %D%/consumers/group.py %D%/consumers/group.sh \
	%D%/consumers/label.mjs %D%/consumers/label.py %D%/consumers/label.sh \
	%D%/consumers/labeller.py %D%/consumers/notify.py %D%/consumers/remind.py \
	%D%/consumers/webhook.mjs %D%/consumers/webhook.py
