/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json.c - mails and series as JSON: see json.h.
 *
 * Owns nothing; out of memory, the whole is NULL.  A string of a plugin that is no UTF-8 is left
 * out.
 */
#include "pipeline/json-private.h"

#include "pipeline/annotate.h"
#include "settings/configuration-load.h"

#include <string.h>

/* ---- facts -------------------------------------------------------------------------------- */

/* Which fact stands where in the object of a mail: group NULL, at the top, those first; the others
 * in the group, and each group at a stretch. */
static const struct place {
    const char *fact, *group, *key;
    enum mail_part part;
    bool trailers;      /* a list of "Name: value", printed as objects ... */
    const char *truths; /* ... and the list that says "true" or "false" of each: from_sender */
} places[] = {
    {"subject.title", NULL, "title", MAIL_TITLE, false, NULL},
    {"subject.tree", NULL, "tree", MAIL_TREE, false, NULL},
    {"kind.confidence", NULL, "confidence", MAIL_REST, false, NULL},
    {"patch.present", NULL, "has_diff", MAIL_REST, false, NULL},
    {"patch.files", NULL, "files", MAIL_REST, false, NULL},
    {"patch.insertions", NULL, "insertions", MAIL_REST, false, NULL},
    {"patch.deletions", NULL, "deletions", MAIL_REST, false, NULL},
    {"patch.id", NULL, "patch_id", MAIL_REST, false, NULL},
    {"trailers.own", NULL, "trailers", MAIL_REST, true, NULL},
    {"trailers.given", NULL, "trailers_given", MAIL_REST, true, "trailers.given_from_sender"},
    {"trailers.range", NULL, "trailers_range", MAIL_REST, false, NULL},
    {"automation.robot", NULL, "automated", MAIL_REST, false, NULL},
    {"automation.verdict", NULL, "verdict", MAIL_VERDICT, false, NULL},
    {"automation.commits", NULL, "commits", MAIL_COMMITS, false, NULL},
    {"automation.tree", NULL, "applied_to", MAIL_APPLIED_TO, false, NULL},
    {"series.id", "series", "id", MAIL_SERIES, false, NULL},
    {"series.topic", "series", "topic", MAIL_SERIES, false, NULL},
    {"series.version", "series", "version", MAIL_SERIES, false, NULL},
    {"series.part", "series", "part", MAIL_SERIES, false, NULL},
    {"series.total", "series", "total", MAIL_SERIES, false, NULL},
    {"series.target", "series", "target", MAIL_SERIES, false, NULL},
    {"series.supersedes", "series", "supersedes", MAIL_SERIES, false, NULL},
    {"series.how", "series", "how", MAIL_SERIES, false, NULL},
    {"series.same_as", "series", "same_as", MAIL_SERIES, false, NULL},
    {"pull.url", "pull", "url", MAIL_PULL, false, NULL},
    {"pull.ref", "pull", "ref", MAIL_PULL, false, NULL},
    {"pull.base", "pull", "base", MAIL_PULL, false, NULL},
    {"pull.tip", "pull", "tip", MAIL_PULL, false, NULL},
    {"pull.signed", "pull", "signed", MAIL_PULL, false, NULL},
};

const char *json_of_trailer(GString *json, const char *item) {
    const char *colon = strchr(item, ':'), *value = colon ? colon + 1 : "";

    value += strspn(value, " ");
    json_write_text(json, "name", item, colon ? (size_t)(colon - item) : strlen(item));
    return json_write_string(json, "value", value) ? value : NULL;
}

static void trailers_write(GString *json, const struct patchmark_facts *facts,
                           const struct place *place, const struct facts_value *list) {
    struct facts_value truths = {.count = 0};

    json_write_open(json, place->key, '[');
    if (place->truths)
        facts_get(facts, place->truths, &truths);
    for (size_t i = 0; i < list->count; i++) {
        json_write_open(json, NULL, '{');
        json_of_trailer(json, list->items[i]);
        if (place->truths)
            json_write_truth(json, "from_sender",
                             i < truths.count && strcmp(truths.items[i], "true") == 0);
        json_write_close(json, '}');
    }
    json_write_close(json, ']');
}

static void strings_write(GString *json, const char *key, const char *const *strings,
                          size_t count) {
    json_write_open(json, key, '[');
    for (size_t i = 0; i < count; i++)
        json_write_string(json, NULL, strings[i]);
    json_write_close(json, ']');
}

static void value_write(GString *json, const char *key, const struct facts_value *value) {
    switch (value->type) {
    case PATCHMARK_BOOL:
        json_write_truth(json, key, value->truth);
        break;
    case PATCHMARK_INT:
        json_write_number(json, key, value->number);
        break;
    case PATCHMARK_STRING:
        json_write_string(json, key, value->string);
        break;
    default:
        strings_write(json, key, value->items, value->count);
    }
}

static void places_write(GString *json, const struct patchmark_facts *facts, unsigned parts) {
    enum mail_part group = 0; /* that is open */
    struct facts_value value;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct place *place = &places[i];

        if (!(parts & place->part) || !facts_get(facts, place->fact, &value))
            continue;
        if (group && place->part != group) {
            json_write_close(json, '}');
            group = 0;
        }
        if (place->group && !group) {
            json_write_open(json, place->group, '{');
            group = place->part;
        }
        if (place->trailers && value.type == PATCHMARK_LIST)
            trailers_write(json, facts, place, &value);
        else
            value_write(json, place->key, &value);
    }
    if (group)
        json_write_close(json, '}');
}

static bool is_of(const char *name, const char *plugin) {
    while (*plugin && *plugin == *name)
        plugin++, name++;
    return !*plugin && *name == '.';
}

/* Facts of plugins that are not ours go under "facts", by their full names. */
static bool is_foreign(const char *name) {
    for (size_t i = 0; configuration_default_plugins[i]; i++)
        if (is_of(name, configuration_default_plugins[i]))
            return false;
    return true;
}

static void foreign_write(GString *json, const struct patchmark_facts *facts) {
    struct facts_value value;
    bool any = false;
    const char *name;
    size_t at = 0;

    while (facts_next(facts, &at, &name, &value.type)) {
        if (!is_foreign(name) || !facts_get(facts, name, &value))
            continue;
        if (!any)
            json_write_open(json, "facts", '{');
        any = true;
        value_write(json, name, &value);
    }
    if (any)
        json_write_close(json, '}');
}

/* ---- what every mail has ------------------------------------------------------------------ */

void json_of_list(GString *json, const char *list) {
    if (!*list)
        return;
    json_write_open(json, "list", '{');
    json_write_string(json, "id", list);
    json_write_close(json, '}');
}

const char *json_author(const struct mail *mail) {
    const char *author = patchmark_fact_string(mail->facts, "patch.author");

    return author ? author : patchmark_message_sender(mail->message);
}

void json_of_mail(GString *json, const struct mail *mail, unsigned parts) {
    const struct patchmark_message *message = mail->message;

    json_add_string(json, "message_id", patchmark_message_id(message));
    json_add_string(json, "kind", annotate_kind(mail));
    if (parts & MAIL_REST)
        strings_write(json, "flags", mail->flags.words, mail->flags.count);
    json_add_string(json, "author", json_author(mail));
    json_of_list(json, patchmark_message_list(message));
    json_add_string(json, "subject", patchmark_message_header(message, "Subject", 0));
    if (parts & MAIL_REST)
        json_add_string(json, "in_reply_to", message_in_reply_to(message));
    places_write(json, mail->facts, parts);
    if (parts & MAIL_REST) {
        foreign_write(json, mail->facts);
        strings_write(json, "labels", mail->labels.words, mail->labels.count);
    }
}

/* ---- mails -------------------------------------------------------------------------------- */

static void header_write(GString *json, const struct mail_header *header) {
    json_write_open(json, NULL, '[');
    json_write_string(json, NULL, header->name);
    json_write_string(json, NULL, header->value);
    json_write_close(json, ']');
}

char *json_mail(const struct mail *mail) {
    GString *json = json_write_begin();

    json_write_open(json, NULL, '{');
    if (mail->facts)
        json_of_mail(json, mail, MAIL_ALL);
    else
        json_add_string(json, "message_id", patchmark_message_id(mail->message));
    json_write_open(json, "headers", '[');
    for (size_t i = 0; i < mail->header_count; i++)
        header_write(json, &mail->headers[i]);
    json_write_close(json, ']');
    json_write_open(json, "events", '[');
    for (size_t i = 0; i < mail->event_count; i++) {
        json_write_open(json, NULL, '{');
        json_add_string(json, "type", mail->events[i].type);
        json_write_close(json, '}');
    }
    json_write_close(json, ']');
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
}

/* ---- series ------------------------------------------------------------------------------- */

#define MISSING_MOST 1000 /* numbers of parts in one list */

static bool is_there(const struct json_series *series, int64_t part) {
    for (size_t i = 0; i < series->member_count; i++)
        if (series->members[i].part == part)
            return true;
    return false;
}

void json_of_missing(GString *json, const struct json_series *series) {
    json_write_open(json, "missing", '[');
    for (int64_t part = 1; part <= series->total && part <= MISSING_MOST; part++)
        if (!is_there(series, part))
            json_write_number(json, NULL, part);
    json_write_close(json, ']');
}

void json_of_numbers(GString *json, const struct json_series *series) {
    json_add_string(json, "id", series->id);
    json_add_string(json, "topic", series->topic);
    json_add_number(json, "version", series->version);
    json_add_number(json, "total", series->total);
}

static void member_write(GString *json, const struct json_member *member) {
    json_write_open(json, NULL, '{');
    json_write_number(json, "part", member->part);
    json_write_string(json, "message_id", member->message_id);
    json_write_string(json, "title", member->title);
    json_write_string(json, "author", member->author);
    json_write_close(json, '}');
}

static void tag_write(GString *json, const struct json_tag *tag) {
    json_write_open(json, NULL, '{');
    json_write_string(json, "tag", tag->tag);
    json_write_string(json, "message_id", tag->message_id);
    json_add_number(json, "part", tag->part);
    json_write_close(json, '}');
}

static void version_write(GString *json, const struct json_version *version) {
    json_write_open(json, NULL, '{');
    json_write_string(json, "id", version->id);
    json_write_number(json, "version", version->version);
    json_write_string(json, "title", version->title);
    json_write_number(json, "opened", version->opened);
    json_write_truth(json, "rfc", version->rfc);
    json_write_close(json, '}');
}

char *json_series(const struct json_series *series) {
    GString *json = json_write_begin();

    json_write_open(json, NULL, '{');
    json_of_numbers(json, series);
    json_add_string(json, "author", series->author);
    json_add_string(json, "title", series->title);
    json_add_number(json, "opened", series->opened);
    json_write_open(json, "parts", '[');
    for (size_t i = 0; i < series->member_count; i++)
        member_write(json, &series->members[i]);
    json_write_close(json, ']');
    json_of_missing(json, series);
    json_write_open(json, "tags", '[');
    for (size_t i = 0; i < series->tag_count; i++)
        tag_write(json, &series->tags[i]);
    json_write_close(json, ']');
    json_write_open(json, "versions", '[');
    for (size_t i = 0; i < series->version_count; i++)
        version_write(json, &series->versions[i]);
    json_write_close(json, ']');
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
}
