/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-json.c - the output of `patchmark series --json`: see series-output.h.
 *
 * The objects are those of the API of the web page, but whole; "scope" is added to what only the
 * operator may see.
 */
#include "command/series-output.h"

#include "pipeline/json-report.h"
#include "util/terminal.h"

/* Prints JSON as a line, and frees it. */
static void line_print(FILE *out, GString *json) {
    terminal_write_json(out, json->str, json->len);
    putc('\n', out);
    g_string_free(json, TRUE);
}

void series_json_write(const struct series_style *style, const struct series_report *report,
                       const char *scope) {
    struct arena arena = {0};
    struct json_report_style how = {&arena, style->configuration, .whole = true};
    GString *json = json_write_begin();
    struct json_object object;

    json_object_open(&object, json, NULL, 0);
    json_object_string(&object, "scope", scope);
    json_report_add(&how, &object, report);
    json_object_close(&object);
    line_print(style->out, json);
    arena_free(&arena);
}

void series_json_write_summary(const struct series_style *style,
                               const struct series_summary *summary) {
    struct arena arena = {0};
    struct json_report_style how = {&arena, style->configuration, .whole = true};
    GString *json = json_write_begin();

    json_report_add_summary(&how, json, summary);
    line_print(style->out, json);
    arena_free(&arena);
}
