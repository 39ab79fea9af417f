/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-series.c - /api/series: lists of series, and which series are known.
 *
 * Owns nothing and cannot fail.
 */
#include "web/api-private.h"

#include "web/bounds.h"

#include <string.h>

/* ---- one series ---------------------------------------------------------------------------- */

static bool series_is_shown(struct api *api, const char *name) {
    const char *id = series_report_find_shown(api->store, &api->arena, api->configuration, name);
    struct series_view view;

    return id && series_view_find(api->store, &api->arena, id, &view) &&
           *series_report_lists(&api->arena, api->configuration, view.row.lists) &&
           index_first_member(api->store, view.row.id);
}

bool api_may_have_series(struct api *api, const char *name) {
    bool good, shown = true;

    arena_reset(&api->arena);
    good = store_begin(api->store) == 0;
    if (good)
        shown = series_is_shown(api, name);
    good = store_commit(api->store) == 0 && good;
    return shown || !good;
}

/* ---- /api/series --------------------------------------------------------------------------- */

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

/* Returns true if VALUE is ONE or OTHER, or absent. */
static bool is_one_of(const char *value, const char *one, const char *other) {
    return !*value || strcmp(value, one) == 0 || strcmp(value, other) == 0;
}

unsigned api_series_list(struct call *call) {
    const char *order = api_argument(call, "order");
    struct series_filter filter = {.text = api_argument(call, "q"),
                                   .list = api_argument(call, "list"),
                                   .author = api_argument(call, "author"),
                                   .state = api_argument(call, "state"),
                                   .waiting = strcmp(api_argument(call, "waiting"), "1") == 0,
                                   .applied = api_argument(call, "applied"),
                                   .oldest_first = strcmp(order, "oldest") == 0,
                                   .before = api_argument(call, "before"),
                                   .hide = call->api->configuration};
    int64_t limit = DEFAULT_API_ITEMS;
    struct series_page page;

    if (!api_argument_number(call, "limit", 1, LIMIT_API_ITEMS, &limit))
        return 400;
    if (*filter.before && !series_report_is_cursor(filter.before))
        return api_refuse(call, "`before` is not the `next` of an earlier answer");
    if (*filter.state && !series_report_is_state(filter.state))
        return api_refuse(call,
                          "`state` is none of open, collecting, incomplete, complete, reroll, "
                          "superseded");
    if (!is_one_of(order, "newest", "oldest"))
        return api_refuse(call, "`order` is none of newest, oldest");
    if (!is_one_of(filter.applied, "all", "some"))
        return api_refuse(call, "`applied` is none of all, some");
    if (!is_one_of(api_argument(call, "waiting"), "1", "0"))
        return api_refuse(call, "`waiting` is none of 0, 1");
    filter.limit = (size_t)limit;
    if (series_report_list(call->api->store, &call->api->arena, &filter, &page) < 0)
        return 503;
    page_write(call, &page);
    return 200;
}
