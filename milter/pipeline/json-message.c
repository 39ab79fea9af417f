/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-message.c - writes the object "message" of events, and what describes a mail besides; see
 * json-private.h.
 *
 * Owns nothing and cannot fail; GLib ends the process if memory runs out.
 */
#include "pipeline/json-private.h"

#include "mail/people.h"
#include "pipeline/annotate.h"
#include "pipeline/bounds.h"
#include "pipeline/mail-lists.h"
#include "pipeline/tag-meaning.h"
#include "settings/configuration-load.h"

#include <string.h>

/* ---- facts -------------------------------------------------------------------------------- */

static const char *fact_of(const struct mail *mail, const char *name) {
    const char *text = patchmark_fact_string(mail->facts, name);

    return text ? text : "";
}

static void number_add(struct json_object *object, const struct mail *mail, const char *key,
                       const char *fact) {
    json_add_number(object->json, key, patchmark_fact_int(mail->facts, fact, -1));
}

static void items_add(struct json_object *object, const struct mail *mail, const char *key,
                      const char *fact, size_t budget) {
    size_t count;
    const char *const *items = facts_items(mail->facts, fact, &count);

    if (count > 0)
        json_object_strings(object, key, items, count, budget, budget < LIMIT_JSON_FILES);
}

const char *json_author(const struct mail *mail) {
    const char *author = patchmark_fact_string(mail->facts, "patch.author");

    return author ? author : patchmark_message_sender(mail->message);
}

/* ---- facts of other plugins ----------------------------------------------------------------- */

static bool is_fact_of(const char *name, const char *plugin) {
    while (*plugin && *plugin == *name)
        plugin++, name++;
    return !*plugin && *name == '.';
}

bool json_fact_is_foreign(const char *name) {
    for (size_t i = 0; configuration_default_plugins[i]; i++)
        if (is_fact_of(name, configuration_default_plugins[i]))
            return false;
    return true;
}

/* Writes as many strings of the list VALUE as fit into FACTS. */
static void strings_write(struct json_list *facts, const char *name,
                          const struct facts_value *value) {
    GString *json = facts->object->json;

    json_write_open(json, name, '[');
    for (size_t i = 0; i < value->count && !facts->full; i++) {
        size_t mark = json->len;

        json_write_text(json, NULL, value->items[i],
                        json_text_fit(value->items[i], strlen(value->items[i]), LIMIT_JSON_STRING));
        if (json->len + 2 > facts->end) {
            g_string_truncate(json, mark);
            facts->full = true;
        }
    }
    json_write_close(json, ']');
}

static void value_write(struct json_list *facts, const char *name,
                        const struct facts_value *value) {
    GString *json = facts->object->json;
    size_t length;

    switch (value->type) {
    case PATCHMARK_BOOL:
        json_write_truth(json, name, value->truth);
        break;
    case PATCHMARK_INT:
        json_write_number(json, name, value->number);
        break;
    case PATCHMARK_STRING:
        length = strlen(value->string);
        json_write_text(json, name, value->string,
                        json_text_fit(value->string, length, LIMIT_JSON_STRING));
        break;
    default:
        strings_write(facts, name, value);
    }
}

/* Adds the facts of plugins that patchmark does not include, by their full names. */
static void foreign_add(struct json_object *message, const struct mail *mail) {
    struct facts_value value;
    struct json_list list;
    const char *name;
    size_t at = 0;

    json_list_open(&list, message, "facts", '{', LIMIT_JSON_LIST);
    while (!list.full && facts_next(mail->facts, &at, &name, &value.type)) {
        if (!json_fact_is_foreign(name) || !facts_get(mail->facts, name, &value))
            continue;
        json_list_item(&list);
        value_write(&list, name, &value);
        json_list_check(&list);
    }
    json_list_close(&list, false);
}

/* ---- tags --------------------------------------------------------------------------------- */

bool json_tag_is_own(const struct mail *mail, size_t i) {
    const char *own = patchmark_fact_item(mail->facts, "trailers.given_from_sender", i);

    return own && strcmp(own, "true") == 0 && !patchmark_fact_bool(mail->facts, "series.refused");
}

/* Returns TEXT without the spaces, tabs and quotes around it. */
static struct patchmark_text name_trim(struct patchmark_text text) {
    while (text.length > 0 && strchr(" \t\"", text.data[0]))
        text = patchmark_text_skip(text, 1);
    while (text.length > 0 && strchr(" \t\"", text.data[text.length - 1]))
        text.length--;
    return text;
}

/* Reads the person in "Name <address>", "address" or "address (Name)", if the value of TAG has one
 * of these forms. */
static void person_read(struct json_tag_given *tag) {
    const char *value = tag->value;
    const char *open = strrchr(value, '<'), *close = open ? strchr(open, '>') : NULL;
    const char *address = close ? open + 1 : value + strspn(value, " \t");
    size_t length = close ? (size_t)(close - address) : strcspn(address, " \t");
    const char *at = memchr(address, '@', length);

    if (!at || at == address || at + 1 == address + length || memchr(address, ' ', length))
        return;
    tag->address = (struct patchmark_text){address, length};
    if (close) {
        tag->person_name = name_trim((struct patchmark_text){value, (size_t)(open - value)});
        return;
    }
    open = strchr(address + length, '(');
    close = open ? strrchr(open, ')') : NULL;
    if (close)
        tag->person_name = name_trim((struct patchmark_text){open + 1, (size_t)(close - open) - 1});
}

struct json_tag_given json_tag_read(const char *tag) {
    const char *colon = strchr(tag, ':');
    struct json_tag_given given = {.name = {tag, colon ? (size_t)(colon - tag) : strlen(tag)},
                                   .value = colon ? colon + 1 : ""};

    given.value += strspn(given.value, " ");
    person_read(&given);
    return given;
}

void json_add_tag(struct json_object *object, const struct json_tag_given *tag) {
    json_write_text(object->json, "name", tag->name.data,
                    json_text_fit(tag->name.data, tag->name.length, LIMIT_JSON_STRING));
    json_object_text(object, "value", tag->value);
}

void json_add_tag_person(struct json_object *object, const struct json_tag_given *tag) {
    g_autofree char *name = NULL, *address = NULL;

    if (tag->address.length == 0)
        return;
    name = g_strndup(tag->person_name.data, tag->person_name.length);
    address = g_strndup(tag->address.data, tag->address.length);
    json_object_person(object, "person", name, address);
}

/* Writes tag I of a list of tags; GIVEN if it is one of trailers.given. */
static void tag_write(struct json_list *list, const struct mail *mail, const char *item, size_t i,
                      bool given) {
    struct json_tag_given tag = json_tag_read(item);
    struct json_object object;

    if (mail_lists_hide_text(mail, tag.value))
        return;
    json_list_item(list);
    json_object_open(&object, list->object->json, NULL, 0);
    json_add_tag(&object, &tag);
    if (given) {
        json_add_tag_person(&object, &tag);
        json_write_string(object.json, "meaning", tag_meaning(tag.name.data, tag.name.length));
        json_write_truth(object.json, "from_sender", json_tag_is_own(mail, i));
    }
    json_object_close(&object);
    json_list_check(list);
}

static void tags_add(struct json_object *message, const struct mail *mail, const char *key,
                     const char *fact, bool given) {
    size_t count;
    const char *const *items = facts_items(mail->facts, fact, &count);
    struct json_list list;

    if (count == 0)
        return;
    json_list_open(&list, message, key, '[', LIMIT_JSON_TRAILERS);
    for (size_t i = 0; i < count && !list.full; i++)
        tag_write(&list, mail, items[i], i, given);
    json_list_close(&list, false);
}

/* ---- people ------------------------------------------------------------------------------- */

/* A walk over the people of one field. */
struct people {
    const struct mail *mail;
    struct json_list list;
};

static bool person_write(void *context, const char *name, const char *address) {
    struct people *people = context;

    if (mail_lists_hide_address(people->mail, address))
        return true;
    json_list_item(&people->list);
    json_object_person(people->list.object, NULL, name, address);
    json_list_check(&people->list);
    return !people->list.full;
}

/* Adds the people in FIELD, except the addresses of closed lists. */
static void people_add(struct json_object *message, const struct mail *mail, const char *key,
                       const char *field) {
    struct people people = {.mail = mail};

    json_list_open(&people.list, message, key, '[', LIMIT_JSON_LIST);
    if (!message_people(mail->message, field, person_write, &people))
        people.list.full = true;
    json_list_close(&people.list, false);
}

static void sender_add(struct json_object *message, const struct mail *mail) {
    const char *author = patchmark_fact_string(mail->facts, "patch.author");
    const char *address = patchmark_message_sender(mail->message);
    const char *name = patchmark_message_sender_name(mail->message);

    json_object_person(message, "sender", name, address);
    if (author)
        json_object_person(message, "author", fact_of(mail, "patch.author_name"), author);
    else
        json_object_person(message, "author", name, address);
}

/* ---- the mail ------------------------------------------------------------------------------ */

static void words_add(struct json_object *message, const char *key,
                      const struct mail_words *words) {
    struct json_list list;

    json_list_open(&list, message, key, '[', LIMIT_JSON_WORDS);
    for (size_t i = 0; i < words->count && !list.full; i++) {
        json_list_item(&list);
        json_write_string(message->json, NULL, words->words[i]);
        json_list_check(&list);
    }
    json_list_close(&list, true);
}

/* Adds the List-Ids of the open lists on which the mail was seen so far. */
static void lists_add(struct json_object *message, const struct mail *mail) {
    struct json_list list;

    if (mail->seen_lists) {
        json_object_words(message, "lists", mail->seen_lists, ' ', LIMIT_JSON_WORDS, false);
        return;
    }
    json_list_open(&list, message, "lists", '[', LIMIT_JSON_WORDS);
    for (size_t i = 0; i < mail->list_count && !list.full; i++) {
        if (mail->lists[i].closed || !*mail->lists[i].id)
            continue;
        json_list_item(&list);
        json_write_string(message->json, NULL, mail->lists[i].id);
        json_list_check(&list);
    }
    json_list_close(&list, false);
}

static void posting_add(struct json_object *message, const struct mail *mail) {
    const char *version =
        patchmark_fact_is_set(mail->facts, "series.version") ? "series.version" : "subject.version";

    number_add(message, mail, "version", version);
    json_object_string(message, "revision", fact_of(mail, "subject.revision"));
    number_add(message, mail, "part", "series.part");
}

static void common_add(struct json_object *message, const struct mail *mail) {
    const char *confidence = patchmark_fact_string(mail->facts, "kind.confidence");
    char date[MESSAGE_DATE_BYTES];

    json_object_string(message, "id", patchmark_message_id(mail->message));
    json_object_string(message, "kind", annotate_kind(mail));
    json_object_string(message, "confidence", confidence ? confidence : "low");
    words_add(message, "flags", &mail->flags);
    words_add(message, "labels", &mail->labels);
    json_object_string(message, "subject", patchmark_message_header(mail->message, "Subject", 0));
    json_object_string(message, "title", fact_of(mail, "subject.title"));
    items_add(message, mail, "tree", "subject.tree", LIMIT_JSON_WORDS);
    posting_add(message, mail);
    sender_add(message, mail);
    if (message_date(mail->message, date))
        json_object_string(message, "date", date);
    json_object_time(message, "received", patchmark_message_received(mail->message));
    people_add(message, mail, "to", "To");
    people_add(message, mail, "cc", "Cc");
    json_object_string(message, "in_reply_to", message_in_reply_to(mail->message));
    lists_add(message, mail);
    json_object_string(message, "robot", fact_of(mail, "automation.robot"));
}

void json_add_pull(struct json_object *object, const struct mail *mail) {
    struct json_object pull;

    if (!patchmark_fact_is_set(mail->facts, "pull.url"))
        return;
    json_object_open(&pull, object->json, "pull", object->halvings);
    json_object_string(&pull, "url", fact_of(mail, "pull.url"));
    json_object_string(&pull, "ref", fact_of(mail, "pull.ref"));
    json_object_string(&pull, "base", fact_of(mail, "pull.base"));
    json_object_string(&pull, "tip", fact_of(mail, "pull.tip"));
    json_write_truth(pull.json, "signed", patchmark_fact_bool(mail->facts, "pull.signed"));
    json_object_close(&pull);
}

/* Adds what only message.seen has. */
static void facts_add(struct json_object *message, const struct mail *mail) {
    json_object_string(message, "verdict", fact_of(mail, "automation.verdict"));
    if (patchmark_fact_is_set(mail->facts, "patch.present"))
        json_write_truth(message->json, "has_diff",
                         patchmark_fact_bool(mail->facts, "patch.present"));
    items_add(message, mail, "files", "patch.files", LIMIT_JSON_FILES);
    number_add(message, mail, "insertions", "patch.insertions");
    number_add(message, mail, "deletions", "patch.deletions");
    json_object_string(message, "patch_id", fact_of(mail, "patch.id"));
    json_object_string(message, "base_commit", fact_of(mail, "trailers.base_commit"));
    json_object_string(message, "change_id", fact_of(mail, "trailers.change_id"));
    items_add(message, mail, "prerequisites", "trailers.prerequisites", LIMIT_JSON_LIST);
    tags_add(message, mail, "trailers", "trailers.own", false);
    tags_add(message, mail, "trailers_given", "trailers.given", true);
    json_object_string(message, "trailers_range", fact_of(mail, "trailers.range"));
    items_add(message, mail, "commits", "automation.commits", LIMIT_JSON_LIST);
    json_object_string(message, "applied_to", fact_of(mail, "automation.tree"));
    json_add_pull(message, mail);
    foreign_add(message, mail);
}

/* The members that all events of a mail have, made for the first of them. */
struct json_kept {
    struct json_object object; /* with what was cut */
    const char *text;
    size_t length;
};

/* Adds the members that all events have.  A copy is kept for the next event, unless lists had to be
 * shorter than usual. */
static void common_add_kept(struct json_object *message, struct mail *mail) {
    GString *json = message->json;
    size_t start = json->len;

    if (mail->kept && message->halvings == 0) {
        g_string_append_len(json, mail->kept->text, (gssize)mail->kept->length);
        *message = mail->kept->object;
        message->json = json;
        return;
    }
    common_add(message, mail);
    if (message->halvings > 0)
        return;
    mail->kept = arena_allocate(&mail->arena, sizeof(*mail->kept));
    mail->kept->length = json->len - start;
    mail->kept->text = arena_copy(&mail->arena, json->str + start, mail->kept->length);
    mail->kept->object = *message;
}

void json_add_message(struct json_object *data, struct mail *mail, const char *archive_url,
                      bool whole) {
    struct json_object message;

    json_object_open(&message, data->json, "message", data->halvings);
    common_add_kept(&message, mail);
    json_object_string(&message, "archive_url", archive_url);
    if (whole)
        facts_add(&message, mail);
    json_object_close(&message);
}

void json_add_learned_message(struct json_object *data, const struct learned *learned) {
    const struct index_series *series = &learned->series;
    struct json_object message;

    json_object_open(&message, data->json, "message", data->halvings);
    json_object_string(&message, "id", learned->message.message_id);
    json_object_string(&message, "kind", learned->message.kind);
    json_object_string(&message, "confidence", "low");
    json_object_words(&message, "flags", series->flags ? series->flags : "", ' ', LIMIT_JSON_WORDS,
                      true);
    json_object_words(&message, "labels", series->labels ? series->labels : "", ' ',
                      LIMIT_JSON_WORDS, true);
    json_object_string(&message, "title", learned->member.title);
    json_object_words(&message, "tree", series->tree ? series->tree : "", '\n', LIMIT_JSON_WORDS,
                      false);
    json_add_number(message.json, "version", series_view_version(series));
    json_object_string(&message, "revision", series->revision);
    json_add_number(message.json, "part", learned->message.part);
    json_object_person(&message, "sender", series->submitter_name, learned->message.sender);
    json_object_person(&message, "author", series->patch_author_name, learned->member.author);
    json_object_time(&message, "received", learned->message.received);
    json_object_words(&message, "lists", learned->message.lists, ' ', LIMIT_JSON_WORDS, false);
    json_object_close(&message);
}

void json_add_target(struct json_object *data, const struct mail *mail) {
    struct json_object target;

    if (patchmark_fact_is_set(mail->facts, "series.part") ||
        patchmark_message_reference_count(mail->message) == 0)
        return;
    json_object_open(&target, data->json, "target", data->halvings);
    json_object_string(&target, "message_id", patchmark_message_reference(mail->message, 0));
    number_add(&target, mail, "part", "series.target");
    json_object_close(&target);
}
