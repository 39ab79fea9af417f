/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - every bound that a mail can run into before and in the parser, with its reason.
 *
 * Sizes seen in 18,000 mails of six lists: mail p50 8-13 KB, p99 27-47 KB, largest 1.9 MB; header
 * block at most 25 KB in 95 fields; longest field 11 KB; at most 27 References; Message-ID at most
 * 127 bytes; Subject at most 243.  A mail past a limit is classified on what is left of it and
 * gets the flag `truncated`; it is never refused.
 */
#ifndef MAIL_BOUNDS_H
#define MAIL_BOUNDS_H

/* Bytes of a mail that are kept and read: half the largest seen, 20 times p99.  What lies beyond
 * is attachments, and the memory of a mail in work stays bounded. */
#define LIMIT_MAIL_BYTES (1024 * 1024)

/* Header fields: GMime takes 500 bytes for each, whatever its length. */
#define LIMIT_HEADER_FIELDS 1000

/* One field, of the mail or of a part: Postfix cuts at 102,400.  GMime lets the field of a part
 * grow line by line. */
#define LIMIT_HEADER_BYTES (100 * 1024)

/* One address field: the largest seen, a Cc, had 11 KB; and a mail of many is not read for long. */
#define LIMIT_ADDRESS_BYTES (16 * 1024)

/* Colons in an address field that is taken apart: each may begin a group, and for each group in a
 * group GMime 3.2.13 recurses, 200 bytes of stack deep.  A mailbox needs none, or one in an
 * address literal of IPv6 for each 16 bits. */
#define LIMIT_ADDRESS_COLONS 100

/* Lines that may be MIME boundaries (start with "--"): GMime takes 1.3 KB for each part, and
 * compares each such line with every open boundary.  A diff has such lines too ("--- a/file",
 * removed SQL comments), some hundreds, so only mails that declare a boundary are counted. */
#define LIMIT_BOUNDARY_LINES 5000

/* Parameters of a Content- field, or rather the semicolons before them: GMime 3.2.13 compares each
 * with every other when it is to tell of conflicts, and 90,000 took 44 s.  A file name of 1 KB, cut
 * up as RFC 2231 does it, has 50. */
#define LIMIT_PARAMETERS 200

/* Header fields of all parts together, 500 bytes each; a part has up to ten. */
#define LIMIT_PART_FIELDS 5000

/* Parts that plugins see; nested deeper or further back is passed over. */
#define LIMIT_PARTS      50
#define LIMIT_PART_DEPTH 10

/* Message-ID: longer ones are cut for In-Reply-To as well, so that both still meet. */
#define LIMIT_MESSAGE_ID_BYTES 250

/* References that are kept, the newest. */
#define LIMIT_REFERENCES 100

/* Mails that are taken apart at once; others, of which each holds its bytes, wait for their turn.
 * One takes 7 MiB at most (5,000 parts), and the option max_mails is 200.  More than there are
 * processors win nothing but while they wait for the disk. */
#define LIMIT_MAILS_PARSED 16

/* A mail in a git repository, which can only be read whole: MTAs take 10 to 50 MB. */
#define LIMIT_ARCHIVE_MAIL_BYTES (64 * 1024 * 1024)

#endif
