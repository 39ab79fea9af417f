/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits.h - every bound that a mail, a peer or a file can run into, with its reason.
 *
 * Sizes seen in 18,000 mails of six lists: mail p50 8-13 KB, p99 27-47 KB, largest 1.9 MB; header
 * block at most 25 KB in 95 fields; longest field 11 KB; at most 27 References; Message-ID at most
 * 127 bytes; Subject at most 243.  A mail past a limit is classified on what is left of it and
 * gets the flag `truncated`; it is never refused.
 */
/* gcc's <limits.h> finds this file when it looks for the C library's. */
#ifdef _GCC_NEXT_LIMITS_H
#include_next <limits.h>
#endif

#ifndef LIMITS_H
#define LIMITS_H

/* ---- a mail ------------------------------------------------------------------------------- */

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

/* Mails that `classify` and `replay` have read of which the oldest has yet to come out: while one
 * of the largest is taken apart, the others go on with as many usual ones.  Each may hold its
 * LIMIT_MAIL_BYTES twice, and what they are taken apart into; a mail that is larger is waited for.
 */
#define LIMIT_MAILS_AHEAD 32

/* Different names under our prefix that a forger can make us remember until the end of a mail; the
 * fields that we write are deleted whatever the number. */
#define LIMIT_FORGED_NAMES 1000

/* ---- facts -------------------------------------------------------------------------------- */

#define LIMIT_FACT_BYTES 1024 /* a string; RFC 5322 lines end at 998 */
#define LIMIT_FACT_ITEMS 1000 /* a list; a tree-wide patch touches that many files */
#define LIMIT_FACTS      256  /* of all plugins together */

/* Series that the index gives for one key; an author's, of half a year, are seldom more. */
#define LIMIT_FOUND 64

/* ---- what other hosts tell ------------------------------------------------------------------ */

/* An event as it came from a sink, before it is parsed: a mail of 1,000 files of long names makes
 * one of 100 KB.  What is larger is passed over. */
#define LIMIT_LESSON_BYTES (256 * 1024)

/* Keys that an event hands on.  A patch has one for each file that it touches, and few of those
 * tell as much as many. */
#define LIMIT_LESSON_KEYS 100

/* Tags and joined series in one event; a mail has at most as many. */
#define LIMIT_LESSON_ITEMS 200

/* Mails that are learned in one transaction, and keys and tags of them: a mail that comes meanwhile
 * waits for that many, about a millisecond. */
#define LIMIT_LESSONS     20
#define LIMIT_LESSON_ROWS 100

/* How far into the future another host's clock may be. */
#define LIMIT_LESSON_SECONDS_AHEAD (24 * 60 * 60)

/* ---- archives ----------------------------------------------------------------------------- */

/* A mail in a git repository, which can only be read whole: MTAs take 10 to 50 MB. */
#define LIMIT_ARCHIVE_MAIL_BYTES (64 * 1024 * 1024)

/* ---- plugins ------------------------------------------------------------------------------ */

#define LIMIT_PLUGINS 64

/* Folders that one plugin writes in. */
#define LIMIT_PLUGIN_FOLDERS 8

/* Failures in a row after which a plugin is switched off: one bad mail and its retries are fewer,
 * a broken plugin gets there within minutes. */
#define LIMIT_PLUGIN_FAILURES 10

/* ---- configuration ------------------------------------------------------------------------ */

/* A file: 10,000 lists by name fit four times. */
#define LIMIT_CONFIGURATION_BYTES (1024 * 1024)

/* Different options, and sections: libconfuse compares each with every other. */
#define LIMIT_CONFIGURATION_NAMES 1000

/* Files that include files, and files in all. */
#define LIMIT_INCLUDE_DEPTH 8
#define LIMIT_INCLUDES      100

/* Mistakes told at once: more are no help. */
#define LIMIT_CONFIGURATION_PROBLEMS 50

/* ---- what we write ------------------------------------------------------------------------ */

/* All our headers of one mail: Sendmail's MaxHeadersLength is 32,768 for the whole header block,
 * the largest seen was 25.4 KB. */
#define LIMIT_HEADERS_WRITTEN 1024

/* Events of a mail that tell of other ids of its series: more than one is rare, and each was on
 * mails of hours or days. */
#define LIMIT_EVENTS_ALIASED 16

/* Events of a mail that tell of tags: 2 are the most that one reply was seen to give, 60 the most
 * that one patch had; past it they are in the mail's message.seen alone. */
#define LIMIT_EVENTS_GIVEN 64

/* ---- outbox and sinks -------------------------------------------------------------------- */

#define LIMIT_BATCH 200 /* events that a sink is offered at once */

/* Events that stay in the outbox after every sink acknowledged them, for `patchmark tail`. */
#define LIMIT_OUTBOX_KEPT 10000

#endif
