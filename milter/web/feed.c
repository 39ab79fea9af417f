/* SPDX-License-Identifier: BSD-2-Clause
 *
 * feed.c - the newest series as an Atom feed (RFC 4287): /feed.atom, and /lists/LIST-ID/feed.atom.
 *
 * The ids of entries are those of series, so that a reader shows a series once.  Owns nothing and
 * cannot fail.
 */
#include "web/api-private.h"

#include "pipeline/archive-url.h"
#include "pipeline/bounds.h"
#include "web/bounds.h"

#include <inttypes.h>
#include <string.h>

#define FEED_NAME "/feed.atom"

/* ---- XML ----------------------------------------------------------------------------------- */

/* Returns true if CHARACTER is invisible or changes the direction of text, as `invisible` of
 * page/elements.js, or if XML 1.0 does not allow it. */
static bool is_invisible(gunichar character) {
    static const struct {
        gunichar first, last;
    } ranges[] = {{0, 0x1F},         {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
                  {0x180E, 0x180E},  {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
                  {0x2060, 0x206F},  {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF},
                  {0xE0000, 0xE007F}};

    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

/* Appends TEXT, escaped for content and for attributes in quotes; what is_invisible becomes its
 * number, such as <U+202E>. */
static void text_add(GString *xml, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);

        if (is_invisible(character))
            g_string_append_printf(xml, "&lt;U+%04X&gt;", character);
        else if (strchr("&<>\"'", *at))
            g_string_append_printf(xml, "&#%u;", character);
        else
            g_string_append_len(xml, at, g_utf8_next_char(at) - at);
    }
}

static void element_add(GString *xml, const char *name, const char *text) {
    g_string_append_printf(xml, "<%s>", name);
    text_add(xml, text);
    g_string_append_printf(xml, "</%s>\n", name);
}

static void time_add(GString *xml, const char *name, int64_t time) {
    char text[JSON_TIME_BYTES];

    json_time(time, text);
    element_add(xml, name, text);
}

static void link_add(GString *xml, const char *relation, const char *to) {
    g_string_append_printf(xml, "<link rel=\"%s\" href=\"", relation);
    text_add(xml, to);
    g_string_append(xml, "\"/>\n");
}

/* ---- entries ------------------------------------------------------------------------------- */

static void summary_add(GString *xml, const struct series_summary *summary) {
    const struct index_series *row = &summary->row;
    const unsigned *tags = summary->counts.tags;
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "Version %" PRId64 ", %" PRId64, series_view_version(row),
                           summary->have);
    if (row->total > 0)
        g_string_append_printf(text, " of %" PRId64, row->total);
    g_string_append_printf(text, " parts, %s; %s.", summary->state, row->lists);
    if (tags[REPORT_APPROVE] > 0)
        g_string_append_printf(text, " Approved by %u.", tags[REPORT_APPROVE]);
    if (tags[REPORT_REFUSE] > 0)
        g_string_append_printf(text, " Refused by %u.", tags[REPORT_REFUSE]);
    if (summary->counts.applied)
        g_string_append(text, summary->counts.applied_all ? " Applied." : " Applied in part.");
    element_add(xml, "summary", text->str);
}

static void author_add(GString *xml, const struct index_series *row) {
    g_string_append(xml, "<author>");
    element_add(xml, "name",
                *row->patch_author_name ? row->patch_author_name
                : *row->patch_author    ? row->patch_author
                                        : "unknown");
    g_string_append(xml, "</author>\n");
}

static void entry_add(struct call *call, GString *xml, const struct series_summary *summary) {
    const struct index_series *row = &summary->row;
    struct arena *arena = &call->api->arena;
    const char *archive = archive_url_find(arena, call->api->configuration, row->lists,
                                           summary->first ? summary->first : "");

    g_string_append(xml, "<entry>\n");
    element_add(xml, "id", arena_join(arena, (const char *[]){"urn:patchmark:", row->id, NULL}));
    element_add(xml, "title", *row->title ? row->title : row->id);
    time_add(xml, "updated", row->changed);
    time_add(xml, "published", row->opened);
    author_add(xml, row);
    link_add(xml, "alternate", arena_join(arena, (const char *[]){"/series/", row->id, NULL}));
    if (archive)
        link_add(xml, "related", archive);
    summary_add(xml, summary);
    g_string_append(xml, "</entry>\n");
}

/* ---- feeds --------------------------------------------------------------------------------- */

/* Returns true if /api/lists has the list of FILTER, of which PAGE is the first page: it has
 * series, further ones are looked for as far as LIMIT_API_SERIES, or it is known without. */
static bool list_is_known(struct call *call, struct series_filter filter, struct series_page page) {
    struct api *api = call->api;

    if (page.count > 0 || api_list_is_known(call, filter.list))
        return true;
    for (size_t rows = LIMIT_REPORT_ROWS; *page.next && rows < LIMIT_API_SERIES && page.count == 0;
         rows += LIMIT_REPORT_ROWS) {
        filter.before = page.next;
        if (series_report_list(api->store, &api->arena, &filter, &page) < 0)
            return true;
    }
    return page.count > 0;
}

/* Writes the feed of LIST, or of all lists if that is "". */
static unsigned feed_write(struct call *call, const char *list, const char *title) {
    struct series_filter filter = {.list = list,
                                   .limit = DEFAULT_API_ITEMS,
                                   .hide = call->api->configuration};
    struct series_page page;
    int64_t updated = 0;

    if (series_report_list(call->api->store, &call->api->arena, &filter, &page) < 0)
        return 503;
    if (*list && !list_is_known(call, filter, page))
        return 404;
    for (size_t i = 0; i < page.count; i++)
        updated = MAX(updated, page.series[i].row.changed);
    g_string_append(call->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                "<feed xmlns=\"http://www.w3.org/2005/Atom\"");
    if (call->request->base) {
        g_string_append(call->body, " xml:base=\"");
        text_add(call->body, call->request->base);
        g_string_append_c(call->body, '"');
    }
    g_string_append(call->body, ">\n");
    element_add(call->body, "id",
                arena_join(&call->api->arena,
                           (const char *[]){"urn:patchmark:feed:", call->api->configuration->host,
                                            ":", list, NULL}));
    element_add(call->body, "title", title);
    time_add(call->body, "updated", updated);
    link_add(call->body, "self", call->request->path);
    for (size_t i = 0; i < page.count && call->body->len < LIMIT_API_BYTES; i++)
        entry_add(call, call->body, &page.series[i]);
    g_string_append(call->body, "</feed>\n");
    return 200;
}

unsigned api_feed(struct call *call) {
    return feed_write(call, "", "Patch series");
}

unsigned api_feed_of_list(struct call *call) {
    struct arena *arena = &call->api->arena;
    size_t length = strlen(call->rest), name = strlen(FEED_NAME);
    const struct configuration_list *section;
    char *list;

    if (length <= name || strcmp(call->rest + length - name, FEED_NAME) != 0)
        return 404;
    list = arena_copy(arena, call->rest, length - name);
    for (char *at = list; *at; at++)
        *at = g_ascii_tolower(*at);
    section = configuration_list_by_id(call->api->configuration, list);
    if (strpbrk(list, "/ ") || (section && !section->publish))
        return 404;
    return feed_write(call, list,
                      arena_join(arena, (const char *[]){"Patch series on ", list, NULL}));
}
