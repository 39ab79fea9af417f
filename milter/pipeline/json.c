/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json.c - writes mails and series as JSON; see json.h.
 *
 * Owns nothing and cannot fail; GLib ends the process if memory runs out.  A string of a plugin
 * that is not UTF-8 is left out.
 */
#include "pipeline/json-private.h"

#include "pipeline/annotate.h"
#include "settings/configuration-load.h"

#include <string.h>

/* ---- facts -------------------------------------------------------------------------------- */

/* Where each fact is in the object of a mail.  Facts whose group is NULL are members of that object
 * and come first; the others are members of the object GROUP in it.  The facts of one group must
 * follow each other. */
static const struct field {
    const char *fact, *group, *key;
    enum mail_part part;
    bool trailers; /* a list of "Name: value", written as a list of objects */
    bool given;    /* each of the objects has "from_sender" */
} fields[] = {
    {"subject.title", NULL, "title", MAIL_TITLE, false, false},
    {"subject.tree", NULL, "tree", MAIL_TREE, false, false},
    {"kind.confidence", NULL, "confidence", MAIL_OTHERS, false, false},
    {"patch.present", NULL, "has_diff", MAIL_OTHERS, false, false},
    {"patch.files", NULL, "files", MAIL_OTHERS, false, false},
    {"patch.insertions", NULL, "insertions", MAIL_OTHERS, false, false},
    {"patch.deletions", NULL, "deletions", MAIL_OTHERS, false, false},
    {"patch.id", NULL, "patch_id", MAIL_OTHERS, false, false},
    {"trailers.own", NULL, "trailers", MAIL_OTHERS, true, false},
    {"trailers.given", NULL, "trailers_given", MAIL_OTHERS, true, true},
    {"trailers.range", NULL, "trailers_range", MAIL_OTHERS, false, false},
    {"automation.robot", NULL, "automated", MAIL_OTHERS, false, false},
    {"automation.verdict", NULL, "verdict", MAIL_VERDICT, false, false},
    {"automation.commits", NULL, "commits", MAIL_COMMITS, false, false},
    {"automation.tree", NULL, "applied_to", MAIL_APPLIED_TO, false, false},
    {"series.id", "series", "id", MAIL_SERIES, false, false},
    {"series.topic", "series", "topic", MAIL_SERIES, false, false},
    {"series.version", "series", "version", MAIL_SERIES, false, false},
    {"series.part", "series", "part", MAIL_SERIES, false, false},
    {"series.total", "series", "total", MAIL_SERIES, false, false},
    {"series.target", "series", "target", MAIL_SERIES, false, false},
    {"series.supersedes", "series", "supersedes", MAIL_SERIES, false, false},
    {"series.how", "series", "how", MAIL_SERIES, false, false},
    {"series.scope", "series", "scope", MAIL_SERIES, false, false},
    {"series.same_as", "series", "same_as", MAIL_SERIES, false, false},
    {"pull.url", "pull", "url", MAIL_PULL, false, false},
    {"pull.ref", "pull", "ref", MAIL_PULL, false, false},
    {"pull.base", "pull", "base", MAIL_PULL, false, false},
    {"pull.tip", "pull", "tip", MAIL_PULL, false, false},
    {"pull.signed", "pull", "signed", MAIL_PULL, false, false},
};

const char *json_add_trailer(GString *json, const char *item) {
    const char *colon = strchr(item, ':'), *value = colon ? colon + 1 : "";

    value += strspn(value, " ");
    json_write_text(json, "name", item, colon ? (size_t)(colon - item) : strlen(item));
    return json_write_string(json, "value", value) ? value : NULL;
}

bool json_tag_is_own(const struct mail *mail, size_t i) {
    const char *own = patchmark_fact_item(mail->facts, "trailers.given_from_sender", i);

    return own && strcmp(own, "true") == 0 && !patchmark_fact_bool(mail->facts, "series.refused");
}

static void trailers_write(GString *json, const struct mail *mail, const struct field *field,
                           const struct facts_value *list) {
    json_write_open(json, field->key, '[');
    for (size_t i = 0; i < list->count; i++) {
        json_write_open(json, NULL, '{');
        json_add_trailer(json, list->items[i]);
        if (field->given)
            json_write_truth(json, "from_sender", json_tag_is_own(mail, i));
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

static void fields_write(GString *json, const struct mail *mail, unsigned parts) {
    enum mail_part group = 0; /* the part whose group is open; 0 if none is */
    struct facts_value value;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct field *field = &fields[i];

        if (!(parts & field->part) || !facts_get(mail->facts, field->fact, &value))
            continue;
        if (group && field->part != group) {
            json_write_close(json, '}');
            group = 0;
        }
        if (field->group && !group) {
            json_write_open(json, field->group, '{');
            group = field->part;
        }
        if (field->trailers && value.type == PATCHMARK_LIST)
            trailers_write(json, mail, field, &value);
        else
            value_write(json, field->key, &value);
    }
    if (group)
        json_write_close(json, '}');
}

static bool is_fact_of(const char *name, const char *plugin) {
    while (*plugin && *plugin == *name)
        plugin++, name++;
    return !*plugin && *name == '.';
}

/* Returns true for a fact of a plugin that patchmark does not include.  Such facts are members of
 * the object "facts", by their full names. */
static bool is_foreign(const char *name) {
    for (size_t i = 0; configuration_default_plugins[i]; i++)
        if (is_fact_of(name, configuration_default_plugins[i]))
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

/* ---- members of all events of mails ------------------------------------------------------- */

void json_add_list(GString *json, const char *list) {
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

/* Adds the List-Ids of the open lists on which the mail was seen. */
static void lists_write(GString *json, const struct mail *mail) {
    bool any = false;

    for (size_t i = 0; i < mail->list_count; i++) {
        const struct mail_list *list = &mail->lists[i];

        if (list->closed || !*list->id)
            continue;
        if (!any)
            json_write_open(json, "lists", '[');
        any = true;
        json_write_string(json, NULL, list->id);
    }
    if (any)
        json_write_close(json, ']');
}

void json_add_mail(GString *json, const struct mail *mail, const char *list, unsigned parts) {
    const struct patchmark_message *message = mail->message;

    json_add_string(json, "message_id", patchmark_message_id(message));
    json_add_string(json, "kind", annotate_kind(mail));
    if (parts & MAIL_OTHERS)
        strings_write(json, "flags", mail->flags.words, mail->flags.count);
    json_add_string(json, "author", json_author(mail));
    json_add_list(json, list);
    lists_write(json, mail);
    json_add_string(json, "subject", patchmark_message_header(message, "Subject", 0));
    if (parts & MAIL_OTHERS)
        json_add_string(json, "in_reply_to", message_in_reply_to(message));
    fields_write(json, mail, parts);
    if (parts & MAIL_OTHERS) {
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
        json_add_mail(json, mail, patchmark_message_list(mail->message), MAIL_ALL);
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

#define MISSING_MAX 1000 /* the highest part number in the list of missing parts */

static bool has_member(const struct json_series *series, int64_t part) {
    for (size_t i = 0; i < series->member_count; i++)
        if (series->members[i].part == part)
            return true;
    return false;
}

void json_add_missing(GString *json, const struct json_series *series) {
    json_write_open(json, "missing", '[');
    for (int64_t part = 1; part <= series->total && part <= MISSING_MAX; part++)
        if (!has_member(series, part))
            json_write_number(json, NULL, part);
    json_write_close(json, ']');
}

void json_add_series_numbers(GString *json, const struct json_series *series) {
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
    json_add_series_numbers(json, series);
    json_add_string(json, "author", series->author);
    json_add_string(json, "title", series->title);
    json_add_number(json, "opened", series->opened);
    json_write_open(json, "parts", '[');
    for (size_t i = 0; i < series->member_count; i++)
        member_write(json, &series->members[i]);
    json_write_close(json, ']');
    json_add_missing(json, series);
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
