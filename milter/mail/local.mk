# SPDX-License-Identifier: BSD-2-Clause
# Reads mails from files and archives, and parses them within limits; all use of GMime is here.

milter_libpatchmark_a_SOURCES += %D%/address.c %D%/address.h %D%/archive.c %D%/archive.h \
	%D%/author.c %D%/author.h %D%/bounds.h %D%/content.c %D%/copy-digest.c %D%/date.c %D%/flowed.c %D%/flowed.h %D%/list.c \
	%D%/mailbox.c %D%/mailbox.h %D%/message-private.h %D%/message.c %D%/message.h %D%/mime.c \
	%D%/mime.h %D%/people.c %D%/people.h %D%/quotation.c %D%/quote-head.c %D%/quote-head.h %D%/quote-signs.c \
	%D%/quote-signs.h %D%/scan.c %D%/scan.h %D%/text.c %D%/wrapped.c
