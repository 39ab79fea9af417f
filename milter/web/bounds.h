/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - limits on the answers of the API, with the reason for each value.
 */
#ifndef WEB_BOUNDS_H
#define WEB_BOUNDS_H

/* Items of one answer, and the number if the request does not say one: what a page shows. */
#define LIMIT_API_ITEMS    200
#define DEFAULT_API_ITEMS  50
#define DEFAULT_API_EVENTS 100

/* Bytes of the events, or of the series, in one answer; one more of the largest size fits. */
#define LIMIT_API_BYTES (900 * 1024)

/* Events that one request looks at for those that pass its filter: some 10 MB of the database. */
#define LIMIT_API_EVENTS 2000

/* Hours of /api/activity, and mails that it counts: those of two days of a very busy host. */
#define LIMIT_API_HOURS 168
#define LIMIT_API_MAILS 20000

/* Lists of /api/lists, series that it counts, and mails in which it looks for lists that have no
 * series: about those whose events the page shows as new. */
#define LIMIT_API_LISTS      1000
#define LIMIT_API_SERIES     120000
#define LIMIT_API_LIST_MAILS 2000

/* Bytes of an argument.  A Message-ID has at most 998. */
#define LIMIT_API_ARGUMENT 2048

#endif
