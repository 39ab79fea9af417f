/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_assets.c - tests that the files of the page are those of the source tree, and which paths
 * have the page.
 */
#include "support/support.h"
#include "web/assets.h"

/* Compares the asset at PATH with the file NAME in milter/web/page/. */
static void same_file(const char *path, const char *name, const char *type) {
    const struct asset *asset = asset_find(path);
    const char *source = getenv("srcdir");
    char file[512];
    unsigned char *bytes;
    size_t length;
    FILE *stream;

    ck_assert_ptr_nonnull(asset);
    ck_assert_str_eq(asset->type, type);
    ck_assert_uint_eq(strlen(asset->version), 16);
    snprintf(file, sizeof(file), "%s/milter/web/page/%s", source ? source : ".", name);
    stream = fopen(file, "r");
    ck_assert_msg(stream != NULL, "%s", file);
    bytes = malloc(asset->length + 1);
    length = fread(bytes, 1, asset->length + 1, stream);
    fclose(stream);
    ck_assert_uint_eq(length, asset->length);
    ck_assert_mem_eq(bytes, asset->bytes, length);
    free(bytes);
}

START_TEST(test_files) {
    same_file("/", "index.html", "text/html; charset=utf-8");
    same_file("/assets/style.css", "style.css", "text/css; charset=utf-8");
    same_file("/assets/app.js", "app.js", "text/javascript; charset=utf-8");
    same_file("/assets/icon.svg", "icon.svg", "image/svg+xml");
    ck_assert_str_ne(asset_find("/assets/app.js")->version, asset_find("/")->version);
    ck_assert_ptr_nonnull(strstr((const char *)asset_find("/robots.txt")->bytes, "Disallow: /api"));
}
END_TEST

START_TEST(test_paths) {
    static const char *const views[] = {"/", "/live", "/activity", "/health", "/series/s1-abc"};
    static const char *const none[] = {
        "",           "/live/",          "/series",     "/series/",          "/series/a/b",
        "/assets/",   "/assets/none.js", "/index.html", "/assets/../app.js", "/LIVE",
        "/api/series"};

    for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++)
        ck_assert_ptr_eq(asset_find(views[i]), asset_find("/"));
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
        ck_assert_msg(!asset_find(none[i]), "%s", none[i]);
    ck_assert_ptr_nonnull(asset_not_found());
}
END_TEST

SUITE(assets_suite) {
    Suite *suite = suite_create("assets");
    TCase *tests = tcase_create("assets");

    tcase_add_checked_fixture(tests, assets_init, NULL);
    tcase_add_test(tests, test_files);
    tcase_add_test(tests, test_paths);
    suite_add_tcase(suite, tests);
    return suite;
}
