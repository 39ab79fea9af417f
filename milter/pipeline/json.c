/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json.c - writes mails as `patchmark classify` and series as `patchmark series` print them; see
 * json.h.
 *
 * Owns nothing and cannot fail; GLib ends the process if memory runs out.  A string of a plugin
 * that is not UTF-8 is left out.
 */
#include "pipeline/json-private.h"

#include "pipeline/annotate.h"

#include <string.h>

/* ---- facts -------------------------------------------------------------------------------- */

/* Where each fact is in the object of a mail.  Facts whose group is NULL are members of that object
 * and come first; the others are members of the object GROUP in it.  The facts of one group must
 * follow each other. */
static const struct field {
    const char *fact, *group, *key;
    bool trailers; /* a list of "Name: value", written as a list of objects */
    bool given;    /* each of the objects has "from_sender" */
} fields[] = {
    {"subject.title", NULL, "title", false, false},
    {"subject.tree", NULL, "tree", false, false},
    {"kind.confidence", NULL, "confidence", false, false},
    {"patch.present", NULL, "has_diff", false, false},
    {"patch.files", NULL, "files", false, false},
    {"patch.insertions", NULL, "insertions", false, false},
    {"patch.deletions", NULL, "deletions", false, false},
    {"patch.id", NULL, "patch_id", false, false},
    {"trailers.own", NULL, "trailers", true, false},
    {"trailers.given", NULL, "trailers_given", true, true},
    {"trailers.range", NULL, "trailers_range", false, false},
    {"automation.robot", NULL, "automated", false, false},
    {"automation.verdict", NULL, "verdict", false, false},
    {"automation.commits", NULL, "commits", false, false},
    {"automation.tree", NULL, "applied_to", false, false},
    {"series.id", "series", "id", false, false},
    {"series.topic", "series", "topic", false, false},
    {"series.version", "series", "version", false, false},
    {"series.part", "series", "part", false, false},
    {"series.total", "series", "total", false, false},
    {"series.target", "series", "target", false, false},
    {"series.supersedes", "series", "supersedes", false, false},
    {"series.how", "series", "how", false, false},
    {"series.scope", "series", "scope", false, false},
    {"series.same_as", "series", "same_as", false, false},
    {"pull.url", "pull", "url", false, false},
    {"pull.ref", "pull", "ref", false, false},
    {"pull.base", "pull", "base", false, false},
    {"pull.tip", "pull", "tip", false, false},
    {"pull.signed", "pull", "signed", false, false},
};

static void trailers_write(GString *json, const struct mail *mail, const struct field *field,
                           const struct facts_value *list) {
    json_write_open(json, field->key, '[');
    for (size_t i = 0; i < list->count; i++) {
        const char *item = list->items[i], *colon = strchr(item, ':'),
                   *value = colon ? colon + 1 : "";

        json_write_open(json, NULL, '{');
        json_write_text(json, "name", item, colon ? (size_t)(colon - item) : strlen(item));
        json_write_string(json, "value", value + strspn(value, " "));
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

static void fields_write(GString *json, const struct mail *mail) {
    const char *group = NULL; /* the group that is open */
    struct facts_value value;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct field *field = &fields[i];

        if (!facts_get(mail->facts, field->fact, &value))
            continue;
        if (group && (!field->group || strcmp(field->group, group) != 0)) {
            json_write_close(json, '}');
            group = NULL;
        }
        if (field->group && !group) {
            json_write_open(json, field->group, '{');
            group = field->group;
        }
        if (field->trailers && value.type == PATCHMARK_LIST)
            trailers_write(json, mail, field, &value);
        else
            value_write(json, field->key, &value);
    }
    if (group)
        json_write_close(json, '}');
}

/* Facts of other plugins are members of the object "facts", by their full names. */
static void foreign_write(GString *json, const struct patchmark_facts *facts) {
    struct facts_value value;
    bool any = false;
    const char *name;
    size_t at = 0;

    while (facts_next(facts, &at, &name, &value.type)) {
        if (!json_fact_is_foreign(name) || !facts_get(facts, name, &value))
            continue;
        if (!any)
            json_write_open(json, "facts", '{');
        any = true;
        value_write(json, name, &value);
    }
    if (any)
        json_write_close(json, '}');
}

/* ---- mails -------------------------------------------------------------------------------- */

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

static void mail_write(GString *json, const struct mail *mail) {
    const struct patchmark_message *message = mail->message;
    const char *list = patchmark_message_list(message);

    json_add_string(json, "message_id", patchmark_message_id(message));
    json_add_string(json, "kind", annotate_kind(mail));
    strings_write(json, "flags", mail->flags.words, mail->flags.count);
    json_add_string(json, "author", json_author(mail));
    if (*list) {
        json_write_open(json, "list", '{');
        json_write_string(json, "id", list);
        json_write_close(json, '}');
    }
    lists_write(json, mail);
    json_add_string(json, "subject", patchmark_message_header(message, "Subject", 0));
    json_add_string(json, "in_reply_to", message_in_reply_to(message));
    fields_write(json, mail);
    foreign_write(json, mail->facts);
    strings_write(json, "labels", mail->labels.words, mail->labels.count);
}

static void header_write(GString *json, const struct mail_header *header) {
    json_write_open(json, NULL, '[');
    json_write_string(json, NULL, header->name);
    json_write_string(json, NULL, header->value);
    json_write_close(json, ']');
}

static void explanations_write(GString *json, const struct mail *mail) {
    size_t count;
    const struct facts_explanation *all = facts_explanations(mail->facts, &count);

    json_write_open(json, "explain", '[');
    for (size_t i = 0; i < count; i++) {
        json_write_open(json, NULL, '{');
        json_add_string(json, "what", all[i].what);
        json_add_string(json, "why", all[i].why);
        json_write_close(json, '}');
    }
    json_write_close(json, ']');
}

static void events_write(GString *json, const struct mail *mail) {
    json_write_open(json, "events", '[');
    for (size_t i = 0; i < mail->event_count; i++) {
        json_write_open(json, NULL, '{');
        json_add_string(json, "type", mail->events[i].type);
        json_write_close(json, '}');
    }
    json_write_close(json, ']');
}

char *json_mail(const struct mail *mail) {
    GString *json = json_write_begin();

    json_write_open(json, NULL, '{');
    if (mail->facts)
        mail_write(json, mail);
    else
        json_add_string(json, "message_id", patchmark_message_id(mail->message));
    json_write_open(json, "headers", '[');
    for (size_t i = 0; i < mail->header_count; i++)
        header_write(json, &mail->headers[i]);
    json_write_close(json, ']');
    if (!mail->unchanging)
        events_write(json, mail);
    if (mail->explained && mail->facts)
        explanations_write(json, mail);
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
}
