/* SPDX-License-Identifier: BSD-2-Clause
 *
 * assets.c - see assets.h.
 */
#include "web/assets.h"

#include "util/digest.h"
#include "web-page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char robots[] = "User-agent: *\nDisallow: /api/\n";
static const char not_found[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<title>Not found - patchmark</title>"
    "<link rel=\"stylesheet\" href=\"/assets/style.css\"></head>\n"
    "<body><main><h1>Not found</h1><p>There is no page at this address. "
    "<a href=\"/\">All series</a></p></main></body></html>\n";

#define HTML "text/html; charset=utf-8"

#define SCRIPT(name)                          \
    {                                         \
        .asset = {                            \
            "/assets/" #name ".js",           \
            "text/javascript; charset=utf-8", \
            page_##name##_js,                 \
            sizeof(page_##name##_js),         \
            NULL                              \
        }                                     \
    }

enum { PAGE, NOT_FOUND, FIRST_FILE };
static struct {
    struct asset asset;
    char version[17];
} assets[] = {
    [PAGE] = {.asset = {"/", HTML, page_index_html, sizeof(page_index_html), NULL}},
    [NOT_FOUND] = {.asset = {"", HTML, (const unsigned char *)not_found, sizeof(not_found) - 1,
                             NULL}},
    {.asset = {"/assets/style.css", "text/css; charset=utf-8", page_style_css,
               sizeof(page_style_css), NULL}},
    {.asset = {"/assets/icon.svg", "image/svg+xml", page_icon_svg, sizeof(page_icon_svg), NULL}},
    SCRIPT(app),
    SCRIPT(api),
    SCRIPT(elements),
    SCRIPT(list),
    SCRIPT(live),
    SCRIPT(navigation),
    SCRIPT(series),
    SCRIPT(status),
    {.asset = {"/robots.txt", "text/plain; charset=utf-8", (const unsigned char *)robots,
               sizeof(robots) - 1, NULL}},
};
#define ASSETS (sizeof(assets) / sizeof(*assets))

/* Returns true if PATH is that of a view, which the page itself reads. */
static bool is_view(const char *path) {
    static const char *const views[] = {"/", "/live", "/activity", "/health"};

    for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++)
        if (strcmp(path, views[i]) == 0)
            return true;
    return strncmp(path, "/series/", 8) == 0 && path[8] && !strchr(path + 8, '/');
}

void assets_init(void) {
    for (size_t i = 0; i < ASSETS; i++) {
        const struct asset *asset = &assets[i].asset;

        snprintf(assets[i].version, sizeof(assets[i].version), "%016" PRIx64,
                 (uint64_t)digest_number((const char *)asset->bytes, asset->length));
        assets[i].asset.version = assets[i].version;
    }
}

const struct asset *asset_find(const char *path) {
    if (is_view(path))
        return &assets[PAGE].asset;
    for (size_t i = FIRST_FILE; i < ASSETS; i++)
        if (strcmp(path, assets[i].asset.path) == 0)
            return &assets[i].asset;
    return NULL;
}

const struct asset *asset_not_found(void) {
    return &assets[NOT_FOUND].asset;
}
