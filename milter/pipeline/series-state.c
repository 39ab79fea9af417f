/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-state.c - see series-state.h.
 *
 * Tags, verdicts and what was applied are counted over all answers of a series each time, so that
 * the values are absolute; an answer that says none of this reads no other one.
 */
#include "pipeline/series-state.h"

#include "pipeline/annotate.h"
#include "pipeline/applied.h"
#include "pipeline/bounds.h"
#include "pipeline/event-types.h"
#include "pipeline/json-bounded.h"
#include "pipeline/part-range.h"
#include "pipeline/series-view.h"
#include "pipeline/tag-meaning.h"

#include <glib.h>
#include <string.h>

#define VALUE_BYTES 1024

/* ---- lines -------------------------------------------------------------------------------- */

/* Appends "NAME VALUE"; an empty value removes the name. */
static void line_add(GString *record, const char *name, const char *value) {
    size_t length = strlen(value), start;

    if (length > VALUE_BYTES)
        length = (size_t)(g_utf8_find_prev_char(value, value + VALUE_BYTES + 1) - value);
    g_string_append(record, name);
    g_string_append_c(record, ' ');
    start = record->len;
    g_string_append_len(record, value, (gssize)length);
    for (size_t i = start; i < record->len; i++)
        if ((unsigned char)record->str[i] < ' ' || record->str[i] == 0x7f)
            record->str[i] = ' ';
    g_string_append_c(record, '\n');
}

/* Does the same unless VALUE is "". */
static void line_add_known(GString *record, const char *name, const char *value) {
    if (value && *value)
        line_add(record, name, value);
}

static void line_add_number(GString *record, const char *name, int64_t number) {
    if (number >= 0)
        g_string_append_printf(record, "%s %" PRId64 "\n", name, number);
}

static void line_add_time(GString *record, const char *name, int64_t time) {
    char text[JSON_TIME_BYTES];

    json_time(time, text);
    line_add(record, name, text);
}

static char *record_end(GString *record) {
    return g_string_free(record, FALSE);
}

/* ---- the series --------------------------------------------------------------------------- */

static GString *record_begin(const char *id) {
    GString *record = g_string_sized_new(1024);

    line_add(record, "id", id);
    return record;
}

/* Appends what the row SERIES has.  Values that a later mail can remove are written empty. */
static void row_add(GString *record, const struct index_series *series) {
    line_add_known(record, "topic", series->topic);
    line_add(record, "title", series->title);
    line_add(record, "author", series->patch_author);
    line_add(record, "author_name", series->patch_author_name);
    line_add(record, "submitter", series->author);
    line_add(record, "submitter_name", series->submitter_name);
    line_add_number(record, "version", series_view_version(series));
    line_add(record, "revision", series->revision);
    line_add_number(record, "total", series->total);
    line_add(record, "flags", series->flags);
    line_add(record, "tree", series->tree);
    line_add_known(record, "lists", series->lists);
    line_add_known(record, "base_commit", series->base_commit);
    line_add_known(record, "change_id", series->change_id);
    line_add_time(record, "opened", series->opened);
    line_add_time(record, "changed", series->changed);
    line_add(record, "state", index_state_name(series->state));
    line_add_known(record, "supersedes", series->supersedes);
    line_add_known(record, "how", series->how);
    if (index_is_reroll(series))
        line_add_known(record, "amends", series->supersedes);
    line_add_known(record, "superseded_by", series->superseded_by);
}

/* Appends "have", the number of parts 1, 2, ... that were seen. */
static void have_add(GString *record, struct store *store, const struct series_view *view) {
    int64_t count = 0;

    if (!view->whole || view->more) {
        line_add_number(record, "have", index_count_parts(store, view->row.id));
        return;
    }
    for (size_t i = 0; i < view->part_count; i++)
        count += view->parts[i].part > 0;
    line_add_number(record, "have", count);
}

static void part_add(GString *record, int64_t part, const char *message_id) {
    char name[32];

    snprintf(name, sizeof(name), "part:%" PRId64, part);
    line_add(record, part == 0 ? "cover" : name, message_id);
}

static void parts_add(GString *record, const struct series_view *view) {
    for (size_t i = 0; i < view->part_count; i++)
        part_add(record, view->parts[i].part, view->parts[i].message_id);
}

/* ---- answers ------------------------------------------------------------------------------ */

/* What the answers to a series say together. */
struct answers {
    struct arena arena;
    const struct series_view *view; /* members were read */
    size_t count;
    GHashTable *given;    /* "SENDER PART MEANING" of the tags, as a set */
    GHashTable *tags;     /* "tag:PART:MEANING", and their number */
    GHashTable *verdicts; /* "verdict:ROBOT", and the verdict */
    GHashTable *commits;  /* part numbers that were applied, and the commit or "" */
    const char *applied_by, *applied_to;
    bool applied;
    const char *last_reply, *last_reply_by; /* NULL if nobody has replied */
    int64_t last_reply_at;
};

static const char *keep(struct answers *answers, const char *text) {
    return arena_copy(&answers->arena, text, strlen(text));
}

/* Counts a tag with MEANING for PART, 0 for the whole series. */
static void tag_count(struct answers *answers, const char *sender, int64_t part,
                      const char *meaning) {
    char number[24], *given, *name;

    snprintf(number, sizeof(number), "%" PRId64, part);
    given = arena_join(&answers->arena, (const char *[]){sender, " ", number, " ", meaning, NULL});
    if (!g_hash_table_add(answers->given, given))
        return;
    name = arena_join(&answers->arena,
                      (const char *[]){"tag:", part == 0 ? "all" : number, ":", meaning, NULL});
    g_hash_table_insert(answers->tags, name,
                        GUINT_TO_POINTER(
                            GPOINTER_TO_UINT(g_hash_table_lookup(answers->tags, name)) + 1));
}

static void tag_note(struct answers *answers, const struct index_answer *answer, const char *tag,
                     const char *range) {
    const char *meaning = tag_meaning(tag, strcspn(tag, ":"));
    struct part_range parts = {.rest = range ? range : ""};
    int64_t part;

    if (range && strcmp(range, "all") == 0)
        tag_count(answers, answer->sender, 0, meaning);
    else if (range)
        while (part_range_next(&parts, &part) && part <= LIMIT_VIEW_PARTS)
            tag_count(answers, answer->sender, part, meaning);
    else if (answer->target >= 0)
        tag_count(answers, answer->sender, answer->target, meaning);
}

static void tags_note(struct answers *answers, const struct index_answer *answer) {
    char *tags = arena_copy(&answers->arena, answer->tags, strlen(answer->tags)), *state, *tag;
    const char *range = NULL;

    for (tag = strtok_r(tags, "\n", &state); tag; tag = strtok_r(NULL, "\n", &state)) {
        if (!range && strncmp(tag, INDEX_RANGE, strlen(INDEX_RANGE)) == 0)
            range = tag + strlen(INDEX_RANGE);
        else
            tag_note(answers, answer, tag, range);
    }
}

static void verdict_note(struct answers *answers, const struct index_answer *answer) {
    char *name = arena_join(&answers->arena, (const char *[]){"verdict:", answer->robot, NULL});

    for (char *at = name; *at; at++)
        if (*at == ' ')
            *at = '-';
    g_hash_table_insert(answers->verdicts, name, (void *)keep(answers, answer->verdict));
}

static void applied_note(struct answers *answers, const struct index_answer *answer) {
    struct applied applied =
        applied_read(&answers->arena, answer->applied, answer->target, answers->view);

    answers->applied = true;
    answers->applied_by = keep(answers, answer->sender);
    if (*applied.tree)
        answers->applied_to = applied.tree;
    for (size_t i = 0; i < applied.count; i++)
        if (applied.items[i].part > 0)
            g_hash_table_insert(answers->commits, GINT_TO_POINTER((int)applied.items[i].part),
                                (void *)applied.items[i].commit);
}

static void answer_note(void *argument, const struct index_answer *answer) {
    struct answers *answers = argument;

    if (++answers->count > LIMIT_STATE_ANSWERS)
        return;
    if (*answer->tags)
        tags_note(answers, answer);
    if (*answer->robot && *answer->verdict)
        verdict_note(answers, answer);
    if (answer->applied)
        applied_note(answers, answer);
    if (!*answer->robot && answer->received >= answers->last_reply_at) {
        answers->last_reply = keep(answers, answer->message_id);
        answers->last_reply_by = keep(answers, answer->sender);
        answers->last_reply_at = answer->received;
    }
}

static void reply_add(GString *record, const char *message_id, const char *sender, int64_t time) {
    line_add_known(record, "last_reply", message_id);
    line_add(record, "last_reply_by", sender);
    line_add_time(record, "last_reply_at", time);
}

/* Appends "applied": the numbers of the parts, or "all". */
static void applied_add(GString *record, const struct answers *answers) {
    GString *numbers = g_string_new(NULL);
    int64_t total = answers->view->row.total, count = 0;
    char name[32];

    for (int part = 1; part <= LIMIT_VIEW_PARTS; part++) {
        const char *commit = g_hash_table_lookup(answers->commits, GINT_TO_POINTER(part));

        if (!commit)
            continue;
        count += part <= total;
        g_string_append_printf(numbers, "%s%d", numbers->len > 0 ? " " : "", part);
        snprintf(name, sizeof(name), "commit:%d", part);
        line_add_known(record, name, commit);
    }
    line_add_known(record, "applied", total > 0 && count == total ? "all" : numbers->str);
    line_add_known(record, "applied_by", answers->applied_by);
    line_add_known(record, "applied_to", answers->applied_to);
    g_string_free(numbers, TRUE);
}

static gint names_compare(gconstpointer one, gconstpointer other) {
    return strcmp(one, other);
}

/* Appends the lines of TABLE, in the order of their names; the values are strings, or numbers if
 * NUMBERS is true. */
static void table_add(GString *record, GHashTable *table, bool numbers) {
    GList *names = g_list_sort(g_hash_table_get_keys(table), names_compare);

    for (GList *name = names; name; name = name->next) {
        void *value = g_hash_table_lookup(table, name->data);

        if (numbers)
            line_add_number(record, name->data, GPOINTER_TO_UINT(value));
        else
            line_add(record, name->data, value);
    }
    g_list_free(names);
}

static void answers_free(struct answers *answers) {
    g_hash_table_destroy(answers->given);
    g_hash_table_destroy(answers->tags);
    g_hash_table_destroy(answers->verdicts);
    g_hash_table_destroy(answers->commits);
    arena_free(&answers->arena);
}

/* Appends what all answers to VIEW, whose members were read, say together. */
static void answers_add(GString *record, struct store *store, const struct series_view *view) {
    struct answers answers = {.view = view,
                              .given = g_hash_table_new(g_str_hash, g_str_equal),
                              .tags = g_hash_table_new(g_str_hash, g_str_equal),
                              .verdicts = g_hash_table_new(g_str_hash, g_str_equal),
                              .commits = g_hash_table_new(NULL, NULL)};

    index_walk_answers(store, view->row.id, answer_note, &answers);
    table_add(record, answers.tags, true);
    table_add(record, answers.verdicts, false);
    if (answers.applied)
        applied_add(record, &answers);
    if (answers.last_reply)
        reply_add(record, answers.last_reply, answers.last_reply_by, answers.last_reply_at);
    answers_free(&answers);
}

/* ---- records ------------------------------------------------------------------------------ */

/* Returns the whole record of VIEW, whose members it reads. */
static char *whole_record(struct store *store, struct arena *arena, struct series_view *view) {
    GString *record = record_begin(view->row.id);

    series_view_read(store, arena, view);
    row_add(record, &view->row);
    have_add(record, store, view);
    parts_add(record, view);
    answers_add(record, store, view);
    return record_end(record);
}

char *series_state_text(struct store *store, const char *series) {
    struct arena arena = {.chunks = NULL};
    struct series_view view;
    char *text = NULL;

    if (series_view_find(store, &arena, series, &view))
        text = whole_record(store, &arena, &view);
    arena_free(&arena);
    return text;
}

/* Returns the record of a member of VIEW that was seen. */
static char *member_record(struct store *store, const struct mail *mail) {
    const struct index_series *row = &mail->series->row;
    int64_t part = patchmark_fact_int(mail->facts, "series.part", 0);
    const char *id = patchmark_message_id(mail->message);
    GString *record = record_begin(row->id);

    row_add(record, row);
    have_add(record, store, mail->series);
    if (*id && !index_has_part(store, row->id, part, id))
        part_add(record, part, id);
    return record_end(record);
}

/* Returns the record of an answer to VIEW that was seen. */
static char *answer_record(struct store *store, struct arena *arena, struct series_view *view,
                           const struct mail *mail) {
    const struct index_message *message = mail->learned ? &mail->learned->message : NULL;
    bool says = message && (mail->learned->tags.count > 0 || message->applied || message->verdict);
    GString *record;

    if (!message || (!says && message->robot))
        return NULL;
    record = record_begin(view->row.id);
    if (says) {
        series_view_read(store, arena, view);
        answers_add(record, store, view);
    } else {
        reply_add(record, message->message_id, message->sender, message->received);
    }
    return record_end(record);
}

static char *seen_record(struct store *store, struct mail *mail) {
    if (!patchmark_fact_is_set(mail->facts, "series.part"))
        return answer_record(store, &mail->arena, mail->series, mail);
    /* What was said of the other id is now said of the series. */
    if (patchmark_fact_count(mail->facts, "series.same_as") > 0)
        return whole_record(store, &mail->arena, mail->series);
    return member_record(store, mail);
}

/* Returns the record of VIEW with its state and, if PARTS is true, its effective set. */
static char *state_record(struct store *store, const struct series_view *view, bool parts) {
    GString *record = record_begin(view->row.id);

    line_add(record, "state", index_state_name(view->row.state));
    line_add_known(record, "superseded_by", view->row.superseded_by);
    have_add(record, store, view);
    line_add_time(record, "changed", view->row.changed);
    if (parts)
        parts_add(record, view);
    return record_end(record);
}

static char *alias_record(const struct mail_event *event) {
    GString *record = record_begin(event->same_as);

    line_add(record, "alias_of", event->series->row.id);
    return record_end(record);
}

char *series_state_of_event(struct store *store, struct mail *mail,
                            const struct mail_event *event) {
    const char *type = event->type;

    if (!mail->series)
        return NULL;
    if (strcmp(type, EVENT_MESSAGE_SEEN) == 0)
        return seen_record(store, mail);
    if (strcmp(type, EVENT_SERIES_ALIASED) == 0)
        return alias_record(event);
    if (strcmp(type, EVENT_SERIES_COMPLETED) == 0)
        return state_record(store, event->series, false);
    if (strcmp(type, EVENT_SERIES_AMENDED) == 0)
        return state_record(store, event->series, true);
    if (strcmp(type, EVENT_SERIES_SUPERSEDED) == 0 &&
        event->old->row.state == INDEX_STATE_SUPERSEDED)
        return state_record(store, event->old, false);
    return NULL;
}

char *series_state_of_series(struct store *store, const struct series_view *view) {
    return state_record(store, view, false);
}
