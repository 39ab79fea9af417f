# SPDX-License-Identifier: BSD-2-Clause
# Scripts and what they need.  Not the folders that have programs: those of a build tree would be
# taken along, with all that was built in them.

EXTRA_DIST += %D%/accuracy %D%/docs-check.sh %D%/layers.py %D%/lsan.supp %D%/valgrind.supp %D%/end-to-end \
	%D%/mails %D%/sample %D%/schemas %D%/web/page.mjs
