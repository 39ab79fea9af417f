/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-print.c - see configuration-print.h.
 *
 * The order of the sections is that of the configuration: lists as in the file, because the first
 * that matches is used; the plugins that are loaded without a section, then the others.
 */
#include "settings/configuration-print.h"

#include "settings/configuration-options.h"
#include "util/cleanup.h"

#include <string.h>

#define MASK "********" /* in place of a password or a query */

/* ---- values -------------------------------------------------------------------------------- */

/* Writes the LENGTH bytes of TEXT with the escapes of a string in double quotes. */
static void escaped_print(FILE *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] == '"' || text[i] == '\\' || (text[i] == '$' && text[i + 1] == '{'))
            fprintf(out, "\\%c", text[i]);
        else if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            fprintf(out, "\\x%02x", (unsigned char)text[i]);
        else
            fputc(text[i], out);
}

/* Returns the authority (RFC 3986) of the URL TEXT, with what follows it; NULL if TEXT is no URL.
 */
static const char *url_authority(const char *text) {
    const char *colon = text + strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789+.-");

    return colon > text && strncmp(colon, "://", 3) == 0 ? colon + 3 : NULL;
}

/* Writes TEXT up to END, then MASK. */
static void masked_print(FILE *out, const char *text, const char *end) {
    escaped_print(out, text, (size_t)(end - text));
    fputs(MASK, out);
}

/* Writes the start of TEXT, if that is a URL with a password or a query, with MASK in place of
 * either.  Returns the rest, which is TEXT if nothing was masked.  A password may have characters
 * that RFC 3986 does not allow there: it ends at the last '@', also if more than it is masked. */
static const char *url_print(FILE *out, const char *text) {
    const char *authority = url_authority(text), *at, *colon, *query;

    if (!authority)
        return text;
    at = strrchr(authority, '@');
    colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    if (colon && colon + 1 < at) {
        masked_print(out, text, colon + 1);
        authority = text = at;
    }
    query = strchr(authority, '?');
    if (!query || !query[1])
        return text;
    masked_print(out, text, query + 1);
    return query + strlen(query);
}

/* Writes TEXT in quotes.  Returns true if a part of it is not shown, because it may be secret. */
static bool quoted_print(FILE *out, const char *text) {
    const char *rest;

    fputc('"', out);
    rest = url_print(out, text);
    escaped_print(out, rest, strlen(rest));
    fputc('"', out);
    return rest != text;
}

static bool list_print(FILE *out, char *const *items, size_t count) {
    bool hidden = false;

    fputs("{", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : " ", out);
        hidden |= quoted_print(out, items[i]);
    }
    fputs(" }", out);
    return hidden;
}

/* Writes the value of an option; that of one without a value is empty. */
static bool value_print(FILE *out, const struct option_value *value) {
    const char *text = value->count ? value->items[0] : "";

    switch (value->option->type) {
    case PATCHMARK_LIST:
        return list_print(out, value->items, value->count);
    case PATCHMARK_BOOL:
        fputs(value->number ? "true" : "false", out);
        return false;
    case PATCHMARK_INT:
    case PATCHMARK_DURATION:
        fputs(*text ? text : "0", out);
        return false;
    default:
        if (value->option != &configuration_list_options[LIST_ARCHIVE_URL])
            return quoted_print(out, text);
        fputc('"', out); /* no secret: events have it */
        escaped_print(out, text, strlen(text));
        fputc('"', out);
        return false;
    }
}

/* Writes a line for VALUE: a comment if the file does not set it. */
static void option_print(FILE *out, const char *indent, const struct option_value *value) {
    bool hidden;

    fprintf(out, "%s%s%s = ", value->place ? "" : "#", indent, value->option->name);
    hidden = value_print(out, value);
    fputs(hidden ? "  # what may be secret is not shown\n" : "\n", out);
}

static void options_print(FILE *out, const char *indent, const struct option_value *values,
                          size_t count) {
    for (size_t i = 0; i < count; i++)
        option_print(out, indent, &values[i]);
}

/* ---- sections ------------------------------------------------------------------------------ */

/* The defaults of two options depend on the host, and on the sections. */
static void core_print(FILE *out, const struct configuration *configuration) {
    static char any[] = "*";
    char *host[] = {configuration->host, NULL}, *lists[] = {any, NULL};

    for (size_t i = 0; i < TOP_OPTIONS; i++) {
        struct option_value value = configuration->options[i];

        if (i == TOP_HOST && value.count == 0) {
            value.items = host;
            value.count = 1;
        } else if (i == TOP_LISTS && !value.place && !configuration_has_lists(configuration)) {
            value.items = lists;
            value.count = 1;
        }
        option_print(out, "", &value);
    }
}

static void title_print(FILE *out, const char *type, const char *title) {
    fprintf(out, "\n%s ", type);
    quoted_print(out, title);
    fputs(" {\n", out);
}

static void plugin_print(FILE *out, const struct plugin_section *plugin) {
    struct option_value file = plugin->own[PLUGIN_FILE];
    char *found[] = {plugin->module ? plugin->module->path : NULL, NULL};

    if (file.count == 0 && plugin->module) { /* where it was found */
        file.items = found;
        file.count = 1;
    }
    title_print(out, "plugin", plugin->name);
    option_print(out, "    ", &file);
    option_print(out, "    ", &plugin->own[PLUGIN_ENABLED]);
    if (plugin->module && plugin_is_sink(&plugin->module->descriptor))
        option_print(out, "    ", &plugin->own[PLUGIN_START]);
    options_print(out, "    ", plugin->values, plugin->value_count);
    fputs("}\n", out);
}

void configuration_print(const struct configuration *configuration, FILE *out) {
    fputs("# The effective configuration, see patchmark.conf(5).  A line with # and an option has "
          "its default.\n\n",
          out);
    core_print(out, configuration);
    for (size_t i = 0; i < configuration->list_section_count; i++) {
        const struct configuration_list *list = &configuration->list_sections[i];

        title_print(out, "list", list->pattern);
        options_print(out, "    ", list->options, LIST_OPTIONS);
        fputs("}\n", out);
    }
    for (size_t i = 0; i < configuration->plugin_count; i++)
        plugin_print(out, &configuration->plugins[i]);
    for (size_t i = 0; i < configuration->disabled_count; i++)
        plugin_print(out, &configuration->disabled[i]);
    fputs("\nweb {\n", out);
    options_print(out, "    ", configuration->web_options, WEB_OPTIONS);
    fputs("}\n", out);
}
