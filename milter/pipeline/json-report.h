/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-report.h - writes what series-report.h reads as JSON: the objects that the API of the web
 * page and `patchmark series --json` have in common.  web/openapi.json describes them.
 *
 * The functions append, and cannot fail, except that a string that is not UTF-8 is left out.  They
 * may be called on any thread, and need no transaction.
 */
#ifndef JSON_REPORT_H
#define JSON_REPORT_H

#include "pipeline/json-bounded.h"
#include "pipeline/series-report.h"

struct json_report_style {
    struct arena *arena; /* for links, which are not used afterwards */
    /* Has the closed lists, and the archives to which links lead; NULL: there are none. */
    const struct configuration *configuration;
    /* For the operator: lists of a report are not cut, and addresses of closed lists are shown. */
    bool whole;
};

/* Appends the members of the schema Report to OBJECT, which is open, but for "state". */
void json_report_add(const struct json_report_style *style, struct json_object *object,
                     const struct series_report *report);
/* Appends an object of the schema Summary, as an element of a list. */
void json_report_add_summary(const struct json_report_style *style, GString *json,
                             const struct series_summary *summary);

/* Append the member KEY, a person, and "archive_url" of the mail MESSAGE_ID, which was seen on
 * LISTS; nothing if they are unknown.  MESSAGE_ID may be NULL. */
void json_report_add_person(const struct json_report_style *style, struct json_object *object,
                            const char *key, const struct report_person *person);
void json_report_add_archive_url(const struct json_report_style *style, struct json_object *object,
                                 const char *lists, const char *message_id);

#endif
