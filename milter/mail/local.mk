# SPDX-License-Identifier: BSD-2-Clause
# Parses the bytes of a mail, within limits.  The only room that uses GMime.

milter_libpatchmark_a_SOURCES += %D%/archive.c %D%/archive.h %D%/bounds.h %D%/flowed.c \
	%D%/flowed.h %D%/mailbox.c %D%/mailbox.h %D%/message.c %D%/message.h %D%/mime.c %D%/mime.h \
	%D%/scan.c %D%/scan.h %D%/text.c
