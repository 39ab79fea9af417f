/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - limits on header fields and events of a mail and on events of other hosts, with the
 * reason for each value.
 */
#ifndef PIPELINE_BOUNDS_H
#define PIPELINE_BOUNDS_H

/* Header fields under the prefix that are deleted from one mail, and different names of them that
 * are stored.  For each deletion, Postfix reads the header from its start; after some 10,000 of
 * them its cleanup(8) fails, and the sender receives a temporary error. */
#define LIMIT_FORGED_DELETED 1000

/* Lines of the header that Postfix reads for all deletions of one mail: about two seconds.  1,000
 * deletions behind 600,000 short fields, for which a mail of 10 MB has room, would take it half a
 * minute. */
#define LIMIT_FORGED_LINES 50000000

/* Series that patchmark_index_find returns for one key.  An author seldom posts more in half a
 * year. */
#define LIMIT_FOUND 64

/* Bytes of the learned data of one mail.  That of a patch to 100 files with long names has 20 KB.
 * Keys and notes are left out above this size; larger data of another host is not parsed. */
#define LIMIT_LEARNED_BYTES (256 * 1024)

/* Keys, or notes, in the learned data of one event.  A patch has one key for each file that it
 * touches; a few of them identify the series as well as many. */
#define LIMIT_LEARNED_KEYS 100

/* Tags, or other ids of the series, in the learned data of one event; a mail never has more. */
#define LIMIT_LEARNED_ITEMS 200

/* Seconds that the time of receipt in an event of another host may be in the future, because the
 * clocks of hosts differ. */
#define LIMIT_LEARNED_SECONDS_AHEAD (24 * 60 * 60)

/* Mails with one Message-ID that are compared with a copy whose From a list rewrote.  There is one,
 * unless somebody sends mail with the Message-ID of another mail. */
#define LIMIT_CLAIMS 16

/* Bytes of the List-Ids of one mail in the index.  No mail was seen on more than a dozen lists. */
#define LIMIT_LISTS_BYTES 512

/* Bytes of a list of strings of a mail that one column of the index has, one per line: the trees
 * and the prerequisites of a series, the commits that an answer names. */
#define LIMIT_LINES_BYTES (16 * 1024)

/* Bytes of the flags or labels of one mail in the index: MAIL_WORDS words of 64 bytes. */
#define LIMIT_LABELS_BYTES (64 * 65)

/* Judgements of mail that list managers send out, in memory.  A list manager sends the copies of
 * one mail one after the other; this leaves room for a burst of postings.  1.7 KiB each. */
#define LIMIT_COPIES 256

/* Bytes of all header fields that patchmark adds to one mail.  Sendmail's MaxHeadersLength is
 * 32,768 bytes for all header fields of a mail, and the largest mail measured had 25.4 KB. */
#define LIMIT_HEADERS_WRITTEN 1024

/* series.aliased events of one mail.  More than one other id of a series is rare, and each was in
 * use for hours or days only. */
#define LIMIT_EVENTS_ALIASED 16

/* trailer.given events of one mail.  In the mail that was measured, one reply gave at most 2 tags
 * and one patch had at most 60.  Further tags are in the mail's message.seen event only. */
#define LIMIT_EVENTS_GIVEN 64

/* Bytes of the data of an event; with its attributes, of at most 5 KiB, it has at most 65,536, so
 * that a consumer can read it into a buffer of fixed size.  If the lists together are too long, all
 * of them are shortened by half as often as necessary. */
#define LIMIT_JSON_DATA (59 * 1024)

/* Bytes of the JSON of one string in an event.  A subject has at most 998 bytes (RFC 5322). */
#define LIMIT_JSON_STRING 1024

/* Bytes of the JSON of lists in an event: the files of a patch, the parts of a series, a list of
 * trailers, words (flags, labels, trees, List-Ids), and any other list.  In real mail, 99.9 % of
 * the patches and series have no longer one. */
#define LIMIT_JSON_FILES    16384
#define LIMIT_JSON_PARTS    16384
#define LIMIT_JSON_TRAILERS 8192
#define LIMIT_JSON_WORDS    2048
#define LIMIT_JSON_LIST     4096

/* Members of a series that are read for an event.  The series of 1,000 parts is a tree-wide change;
 * its event lists the first of them. */
#define LIMIT_VIEW_PARTS 1000

/* Answers to a series that are counted for the record of its state. */
#define LIMIT_STATE_ANSWERS 5000

/* Versions of one topic in a report.  A periodic report under one change-id has had dozens. */
#define LIMIT_REPORT_VERSIONS 200

/* Tags, and patches that were applied, in the report of one series. */
#define LIMIT_REPORT_ITEMS 10000

/* Answers that say what was applied of one series, of which each can name all of its parts. */
#define LIMIT_REPORT_APPLIES 100

/* Bytes of the JSON of the lists in the report of one series: its parts, its replies, and any other
 * list.  With all of them, an answer of the API is smaller than API_BODY_MOST, 1 MiB.  A series of
 * 1,000 parts has 250 KB of them. */
#define LIMIT_REPORT_PARTS   (300 * 1024)
#define LIMIT_REPORT_REPLIES (300 * 1024)
#define LIMIT_REPORT_LIST    (64 * 1024)

/* What one call of series_report_list does at most, for an answer within 50 ms: series that are
 * looked at, 0.5 us each, and rows and answers that are read, 5 to 10 us each.  The series of half
 * a year of a very busy host, 100,000, take two calls if the search finds nothing. */
#define LIMIT_REPORT_ROWS 90000
#define LIMIT_REPORT_WORK 4000

#endif
