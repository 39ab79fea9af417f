/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - the limits on a mail that is collected and parsed, with their reasons.
 *
 * Sizes seen in 18,000 mails of six lists: mail p50 8-13 KB, p99 27-47 KB, largest 1.9 MB; header
 * block at most 25 KB in 95 fields; longest field 11 KB; at most 27 References; Message-ID at most
 * 127 bytes; Subject at most 243 bytes.  A mail that exceeds a limit is never refused: it is
 * classified by what is within the limits, and gets the flag `truncated`.
 */
#ifndef MAIL_BOUNDS_H
#define MAIL_BOUNDS_H

/* Bytes of a mail that are kept and parsed: half the largest mail seen, 20 times p99.  What
 * exceeds it is usually an attachment.  It bounds the memory of a mail while it is classified. */
#define LIMIT_MAIL_BYTES (1024 * 1024)

/* Header fields of the mail itself.  GMime allocates 500 bytes for each, whatever its length. */
#define LIMIT_HEADER_FIELDS 1000

/* Bytes of one field, of the mail or of a part; Postfix cuts fields at the same length.  GMime
 * itself does not limit the length of a folded field. */
#define LIMIT_HEADER_BYTES (100 * 1024)

/* Bytes of one address field.  The largest seen, a Cc, had 11 KB.  It also bounds the time that a
 * mail with many such fields takes. */
#define LIMIT_ADDRESS_BYTES (16 * 1024)

/* Mailboxes of the fields of one name, such as Cc, that message_people visits.  The largest Cc seen
 * had 250, and an event has room for fewer. */
#define LIMIT_PEOPLE 500

/* Bytes of the display name of one mailbox. */
#define LIMIT_NAME_BYTES 1024

/* Colons in an address field that is parsed.  Each may begin a group, and GMime 3.2.13 recurses for
 * each group within a group, with 200 bytes of stack.  A mailbox has no colon, or those of an IPv6
 * address literal. */
#define LIMIT_ADDRESS_COLONS 100

/* Lines that may be MIME boundaries, because they start with "--".  GMime allocates 1.3 KB for each
 * part, and compares each such line with every open boundary.  A diff can have hundreds of such
 * lines too ("--- a/file", removed SQL comments), so they are counted only in multipart mails. */
#define LIMIT_BOUNDARY_LINES 5000

/* Parameters of a Content- field, counted by their semicolons.  GMime 3.2.13 compares each with
 * every other one to report conflicts; 90,000 parameters took 44 s.  A file name of 1 KB that is
 * split as in RFC 2231 has 50. */
#define LIMIT_PARAMETERS 200

/* Header fields of all parts together.  GMime allocates 500 bytes for each; a usual part has up to
 * ten. */
#define LIMIT_PART_FIELDS 5000

/* Parts that plugins see, and the depth of their nesting; further and deeper parts are skipped. */
#define LIMIT_PARTS      50
#define LIMIT_PART_DEPTH 10

/* Bytes of a Message-ID.  A longer one is cut in References and In-Reply-To as well, so that both
 * stay equal. */
#define LIMIT_MESSAGE_ID_BYTES 250

/* Further Message-IDs of a mail; one is usual. */
#define LIMIT_OTHER_IDS 8

/* Parts of a mail that a list wrapped: the mail, and a text before it and a footer behind it. */
#define LIMIT_WRAPPED_PARTS 4

/* Bytes of a List-Id (RFC 2919 2). */
#define LIMIT_LIST_ID_BYTES 255

/* Fields of one name that are read to find the author behind a list; one is usual. */
#define LIMIT_ORIGINAL_FIELDS 10

/* References that are kept: the newest ones. */
#define LIMIT_REFERENCES 100

/* Mails that are parsed at the same time; others are already in memory and wait.  Parsing takes at
 * most 7 MiB for each (5,000 parts), and the option max_mails is 200 by default.  More than one for
 * each processor helps only while some wait for the disk. */
#define LIMIT_MAILS_PARSED 16

/* Bytes of a mail in a git repository, where an object can only be read as a whole.  MTAs accept
 * mails of 10 to 50 MB. */
#define LIMIT_ARCHIVE_MAIL_BYTES (64 * 1024 * 1024)

#endif
