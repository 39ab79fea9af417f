/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - bounds on what follows from a mail and on events of other hosts, with their reasons.
 */
#ifndef PIPELINE_BOUNDS_H
#define PIPELINE_BOUNDS_H

/* Different names under our prefix that a forger can make us remember until the end of a mail; the
 * fields that we write are deleted whatever the number. */
#define LIMIT_FORGED_NAMES 1000

/* Series that the index gives for one key; an author's, of half a year, are seldom more. */
#define LIMIT_FOUND 64

/* An event as it came from a sink, before it is parsed: a mail of 1,000 files of long names makes
 * one of 100 KB.  What is larger is passed over. */
#define LIMIT_LEARNED_BYTES (256 * 1024)

/* Keys that an event hands on.  A patch has one for each file that it touches, and few of those
 * tell as much as many. */
#define LIMIT_LEARNED_KEYS 100

/* Tags and joined series in one event; a mail has at most as many. */
#define LIMIT_LEARNED_ITEMS 200

/* How far into the future another host's clock may be. */
#define LIMIT_LEARNED_SECONDS_AHEAD (24 * 60 * 60)

/* All our headers of one mail: Sendmail's MaxHeadersLength is 32,768 for the whole header block,
 * the largest seen was 25.4 KB. */
#define LIMIT_HEADERS_WRITTEN 1024

/* Events of a mail that tell of other ids of its series: more than one is rare, and each was on
 * mails of hours or days. */
#define LIMIT_EVENTS_ALIASED 16

/* Events of a mail that tell of tags: 2 are the most that one reply was seen to give, 60 the most
 * that one patch had; past it they are in the mail's message.seen alone. */
#define LIMIT_EVENTS_GIVEN 64

#endif
