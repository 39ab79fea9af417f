/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-series.c - /api/series: lists of series.
 *
 * Owns nothing and cannot fail.
 */
#include "web/api-private.h"

#include "web/bounds.h"

#include <string.h>

static void page_write(struct call *call, const struct series_page *page) {
    struct json_object object;
    struct json_list list;

    json_object_open(&object, call->body, NULL, 0);
    api_add_state(call, &object);
    json_list_open(&list, &object, "series", '[', LIMIT_API_BYTES);
    for (size_t i = 0; i < page->count && !list.full; i++) {
        json_list_item(&list);
        json_report_add_summary(&call->api->style, call->body, &page->series[i]);
        json_list_check(&list);
    }
    json_list_close(&list, true);
    json_object_string(&object, "next", page->next);
    if (page->searched_to > 0)
        json_object_time(&object, "searched_to", page->searched_to);
    json_object_close(&object);
}

unsigned api_series_list(struct call *call) {
    struct series_filter filter = {.text = api_argument(call, "q"),
                                   .list = api_argument(call, "list"),
                                   .author = api_argument(call, "author"),
                                   .state = api_argument(call, "state"),
                                   .waiting = strcmp(api_argument(call, "waiting"), "1") == 0,
                                   .before = api_argument(call, "before"),
                                   .hide = call->api->configuration};
    int64_t limit = DEFAULT_API_ITEMS;
    struct series_page page;

    if (!api_argument_number(call, "limit", 1, LIMIT_API_ITEMS, &limit))
        return 400;
    if (*filter.before && !series_report_is_cursor(filter.before))
        return api_refuse(call, "`before` is not a `next` of an earlier answer");
    if (*filter.state && !series_report_is_state(filter.state))
        return api_refuse(call, "`state` is none of open, incomplete, complete, superseded");
    filter.limit = (size_t)limit;
    if (series_report_list(call->api->store, &call->api->arena, &filter, &page) < 0)
        return 503;
    page_write(call, &page);
    return 200;
}
