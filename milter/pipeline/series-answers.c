/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-answers.c - reads what the answers to a series say: see series-report-private.h.
 *
 * Owns the arrays and tables of struct report_answers; the strings are in its arena.
 */
#include "pipeline/series-report-private.h"

#include "pipeline/applied.h"
#include "pipeline/bounds.h"
#include "pipeline/json-private.h"
#include "pipeline/part-range.h"
#include "pipeline/tag-meaning.h"

#include <string.h>

#define NUMBER_KEY(number) GINT_TO_POINTER((int)(number))

/* ---- tags ---------------------------------------------------------------------------------- */

static enum report_meaning meaning_of(const struct patchmark_text *name) {
    const char *meaning = tag_meaning(name->data, name->length);
    enum report_meaning at = 0;

    while (at < REPORT_MEANINGS - 1 && strcmp(series_report_meaning(at), meaning) != 0)
        at++;
    return at;
}

/* Returns true if SENDER had not said MEANING of PART; -1 stands for the series with all parts. */
static bool is_new(struct report_answers *answers, const char *sender, enum report_meaning meaning,
                   int64_t part) {
    char head[48];

    snprintf(head, sizeof(head), "%u %" PRId64 " ", (unsigned)meaning, part);
    return g_hash_table_add(answers->given,
                            arena_join(answers->arena, (const char *[]){head, sender, NULL}));
}

static void part_count(struct report_answers *answers, const char *sender,
                       enum report_meaning meaning, int64_t part) {
    void *key = NUMBER_KEY(part * REPORT_MEANINGS + (int64_t)meaning);

    if (part < 0 || part > LIMIT_VIEW_PARTS || !is_new(answers, sender, meaning, part))
        return;
    g_hash_table_insert(answers->part_tags, key,
                        GUINT_TO_POINTER(
                            GPOINTER_TO_UINT(g_hash_table_lookup(answers->part_tags, key)) + 1));
}

/* Counts a tag for each part that it names. */
static void parts_count(struct report_answers *answers, const struct index_answer *answer,
                        const char *range, enum report_meaning meaning) {
    struct part_range parts = {.rest = range};
    int64_t part;

    if (!*range)
        part_count(answers, answer->sender, meaning, answer->target);
    while (part_range_next(&parts, &part) && part <= LIMIT_VIEW_PARTS)
        part_count(answers, answer->sender, meaning, part);
}

static struct report_person person_of(struct report_answers *answers,
                                      const struct json_tag_given *given,
                                      const struct index_answer *answer) {
    if (given->address.length == 0)
        return (struct report_person){.name = report_keep(answers->arena, answer->sender_name),
                                      .address = report_keep(answers->arena, answer->sender)};
    return (struct report_person){
        .name = arena_copy(answers->arena, given->person_name.data, given->person_name.length),
        .address = arena_copy(answers->arena, given->address.data, given->address.length)};
}

static void tag_note(struct report_answers *answers, const struct index_answer *answer,
                     const char *tag, const char *range, struct report_reply *reply) {
    struct json_tag_given given = json_tag_read(tag);
    enum report_meaning meaning = meaning_of(&given.name);
    struct report_tag kept;

    if (is_new(answers, answer->sender, meaning, -1))
        answers->counts.tags[meaning]++;
    reply->says[meaning] = true;
    if (!answers->whole || answers->tags->len >= LIMIT_REPORT_ITEMS) {
        answers->more = answers->more || answers->whole;
        return;
    }
    parts_count(answers, answer, range, meaning);
    kept = (struct report_tag){
        .part = *range ? -1 : answer->target,
        .range = range,
        .name = arena_copy(answers->arena, given.name.data, given.name.length),
        .value = given.value,
        .meaning = meaning,
        .person = person_of(answers, &given, answer),
        .message_id = reply->message_id,
        .received = answer->received,
    };
    g_array_append_val(answers->tags, kept);
}

static void tags_note(struct report_answers *answers, const struct index_answer *answer,
                      struct report_reply *reply) {
    char *tags = arena_copy(answers->arena, answer->tags, strlen(answer->tags)), *state, *tag;
    const char *range = "";

    for (tag = strtok_r(tags, "\n", &state); tag; tag = strtok_r(NULL, "\n", &state)) {
        if (!*range && strncmp(tag, INDEX_RANGE, strlen(INDEX_RANGE)) == 0)
            range = tag + strlen(INDEX_RANGE);
        else
            tag_note(answers, answer, tag, range, reply);
    }
}

/* ---- verdicts and what was applied --------------------------------------------------------- */

static void verdict_note(struct report_answers *answers, const struct index_answer *answer,
                         const struct report_reply *reply) {
    struct report_verdict *verdict;

    if (!*reply->robot || !*answer->verdict)
        return;
    verdict = arena_allocate(answers->arena, sizeof(*verdict));
    *verdict = (struct report_verdict){.robot = reply->robot,
                                       .verdict = report_keep(answers->arena, answer->verdict),
                                       .part = answer->target,
                                       .message_id = reply->message_id,
                                       .lists = reply->lists,
                                       .received = answer->received};
    g_hash_table_insert(answers->robots, (void *)verdict->robot, verdict);
    if (answers->whole)
        g_array_append_val(answers->verdicts, *verdict);
}

static void item_note(struct report_answers *answers, const struct applied_item *item,
                      const struct report_reply *reply, const char *tree) {
    struct report_applied *applied = arena_allocate(answers->arena, sizeof(*applied));

    *applied = (struct report_applied){.part = item->part,
                                       .title = report_keep(answers->arena, item->title),
                                       .commit = item->commit,
                                       .url = item->url,
                                       .tree = tree,
                                       .who = reply->sender,
                                       .message_id = reply->message_id,
                                       .received = reply->received};
    if (item->part > 0 && item->part <= LIMIT_VIEW_PARTS)
        g_hash_table_insert(answers->commits, NUMBER_KEY(item->part), applied);
    if (!answers->whole)
        return;
    if (answers->applied->len < LIMIT_REPORT_ITEMS)
        g_array_append_val(answers->applied, *applied);
    else
        answers->more = true;
}

static void applied_note(struct report_answers *answers, const struct index_answer *answer,
                         const struct report_reply *reply) {
    struct applied applied;

    if (!answer->applied)
        return;
    answers->counts.applied = true;
    if (++answers->applies > LIMIT_REPORT_APPLIES) {
        answers->more = answers->whole;
        return;
    }
    series_view_read(answers->store, answers->arena, answers->view);
    applied = applied_read(answers->arena, answer->applied, answer->target, answers->view);
    for (size_t i = 0; i < applied.count; i++)
        item_note(answers, &applied.items[i], reply, applied.tree);
    if (applied.count == 0)
        item_note(answers, &(struct applied_item){.part = -1, .title = "", .commit = "", .url = ""},
                  reply, applied.tree);
}

/* ---- answers ------------------------------------------------------------------------------- */

static void answer_note(void *argument, const struct index_answer *answer) {
    struct report_answers *answers = argument;
    struct report_reply reply;

    if (++answers->count > LIMIT_STATE_ANSWERS) {
        answers->more = true;
        return;
    }
    if (report_is_hidden(answers->hide, answer->lists))
        return;
    reply = (struct report_reply){
        .message_id = report_keep(answers->arena, answer->message_id),
        .kind = report_keep(answers->arena, answer->kind),
        .lists = report_keep(answers->arena, answer->lists),
        .robot = report_keep(answers->arena, answer->robot),
        .sender = {.name = report_keep(answers->arena, answer->sender_name),
                   .address = report_keep(answers->arena, answer->sender)},
        .part = answer->target,
        .received = answer->received,
        .applies = answer->applied != NULL,
    };
    answers->counts.replies += !*reply.robot;
    if (*answer->tags)
        tags_note(answers, answer, &reply);
    verdict_note(answers, answer, &reply);
    applied_note(answers, answer, &reply);
    if (answers->whole)
        g_array_append_val(answers->replies, reply);
}

static int robots_compare(const void *one, const void *other) {
    const struct report_verdict *a = one, *b = other;

    return strcmp(a->robot, b->robot);
}

static void robots_count(struct report_answers *answers) {
    struct report_counts *counts = &answers->counts;
    struct report_verdict *verdicts =
        arena_allocate(answers->arena,
                       (g_hash_table_size(answers->robots) + 1) * sizeof(*verdicts));
    GHashTableIter walk;
    void *verdict;

    g_hash_table_iter_init(&walk, answers->robots);
    while (g_hash_table_iter_next(&walk, NULL, &verdict))
        verdicts[counts->verdict_count++] = *(struct report_verdict *)verdict;
    qsort(verdicts, counts->verdict_count, sizeof(*verdicts), robots_compare);
    counts->verdicts = verdicts;
}

static void applied_count(struct report_answers *answers) {
    struct report_counts *counts = &answers->counts;
    size_t size = g_hash_table_size(answers->commits);
    int64_t *parts = arena_allocate(answers->arena, (size + 1) * sizeof(*parts));
    int64_t total = answers->view->row.total, whole = 0;

    for (int64_t part = 1; counts->applied_count < size && part <= LIMIT_VIEW_PARTS; part++)
        if (g_hash_table_contains(answers->commits, NUMBER_KEY(part))) {
            parts[counts->applied_count++] = part;
            whole += part <= total;
        }
    counts->applied_parts = parts;
    counts->applied_all = total > 0 && whole == total;
}

void report_answers_read(struct report_answers *answers) {
    answers->given = g_hash_table_new(g_str_hash, g_str_equal);
    answers->part_tags = g_hash_table_new(NULL, NULL);
    answers->robots = g_hash_table_new(g_str_hash, g_str_equal);
    answers->commits = g_hash_table_new(NULL, NULL);
    answers->tags = g_array_new(FALSE, FALSE, sizeof(struct report_tag));
    answers->verdicts = g_array_new(FALSE, FALSE, sizeof(struct report_verdict));
    answers->applied = g_array_new(FALSE, FALSE, sizeof(struct report_applied));
    answers->replies = g_array_new(FALSE, FALSE, sizeof(struct report_reply));
    index_walk_answers(answers->store, answers->view->row.id, answer_note, answers);
    robots_count(answers);
    applied_count(answers);
}

void report_answers_free(struct report_answers *answers) {
    g_hash_table_destroy(answers->given);
    g_hash_table_destroy(answers->part_tags);
    g_hash_table_destroy(answers->robots);
    g_hash_table_destroy(answers->commits);
    g_array_free(answers->tags, TRUE);
    g_array_free(answers->verdicts, TRUE);
    g_array_free(answers->applied, TRUE);
    g_array_free(answers->replies, TRUE);
}

void report_waiting_set(struct report_counts *counts, enum index_state state) {
    counts->waiting = state == INDEX_STATE_COMPLETE && !counts->applied &&
                      counts->tags[REPORT_APPROVE] == 0 && counts->tags[REPORT_REFUSE] == 0;
}
