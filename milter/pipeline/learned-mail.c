/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learned-mail.c - collects the learned data of a mail from its facts and records it; see
 * learned-mail.h.
 *
 * Owns nothing; strings are in the arena or the facts of the mail.  The store can fail: learned
 * data is then not recorded, and the mail passes.
 */
#include "pipeline/learned-mail.h"

#include "pipeline/annotate.h"
#include "pipeline/applied.h"
#include "pipeline/bounds.h"
#include "pipeline/event.h"
#include "pipeline/mail-lists.h"
#include "pipeline/tag-meaning.h"
#include "util/word-set.h"

#include <string.h>

/* ---- the series --------------------------------------------------------------------------- */

/* Returns WORDS, COUNT strings, in one text with BETWEEN between them, as far as it has at most
 * MOST bytes. */
static const char *words_join(struct mail *mail, const char *const *words, size_t count,
                              char between, size_t most) {
    char *text = arena_allocate(&mail->arena, most + 1);
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        size_t bytes = strlen(words[i]);

        if (length + (length > 0) + bytes > most)
            continue;
        if (length > 0)
            text[length++] = between;
        memcpy(text + length, words[i], bytes);
        length += bytes;
    }
    text[length] = '\0';
    return text;
}

/* Returns the items of the list FACT, one per line. */
static const char *lines_of(struct mail *mail, const char *fact) {
    size_t count;
    const char *const *items = facts_items(mail->facts, fact, &count);

    return count > 0 ? words_join(mail, items, count, '\n', LIMIT_LINES_BYTES) : "";
}

static bool has_flag(const struct mail *mail, const char *flag) {
    for (size_t i = 0; i < mail->flags.count; i++)
        if (strcmp(mail->flags.words[i], flag) == 0)
            return true;
    return false;
}

/* Returns those flags of MAIL that are flags of its series. */
static const char *series_flags(struct mail *mail) {
    static const char *const names[] = {"rfc", "resend", "backport"};
    const char *words[sizeof(names) / sizeof(names[0])];
    size_t count = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (has_flag(mail, names[i]))
            words[count++] = names[i];
    return count > 0 ? words_join(mail, words, count, ' ', LIMIT_LABELS_BYTES) : "";
}

static const char *series_labels(struct mail *mail) {
    return mail->labels.count > 0
               ? words_join(mail, mail->labels.words, mail->labels.count, ' ', LIMIT_LABELS_BYTES)
               : "";
}

static const char *string_of(const struct mail *mail, const char *fact) {
    const char *string = patchmark_fact_string(mail->facts, fact);

    return string ? string : "";
}

/* Uses the version and the total that the mail itself states.  Those in the facts of the plugin
 * `series` may be completed from other mails, and must not be recorded as stated. */
static struct index_series series_of(struct mail *mail) {
    const struct patchmark_facts *facts = mail->facts;
    const char *author = patchmark_fact_string(facts, "patch.author");
    const char *submitter_name = patchmark_message_sender_name(mail->message);

    return (struct index_series){.id = patchmark_fact_string(facts, "series.id"),
                                 .topic = string_of(mail, "series.topic"),
                                 .author = patchmark_message_sender(mail->message),
                                 .version = patchmark_fact_int(facts, "subject.version", -1),
                                 .total = patchmark_fact_is_set(facts, "subject.part")
                                              ? patchmark_fact_int(facts, "subject.total", -1)
                                              : patchmark_fact_int(facts, "series.total", -1),
                                 .changed = patchmark_message_received(mail->message),
                                 .archived = mail->imported,
                                 .via = patchmark_message_sender_via(mail->message),
                                 .title = string_of(mail, "subject.title"),
                                 .submitter_name = submitter_name,
                                 .patch_author =
                                     author ? author : patchmark_message_sender(mail->message),
                                 .patch_author_name =
                                     author ? string_of(mail, "patch.author_name") : submitter_name,
                                 .revision = string_of(mail, "subject.revision"),
                                 .flags = series_flags(mail),
                                 .tree = lines_of(mail, "subject.tree"),
                                 .rfc = patchmark_fact_bool(facts, "subject.rfc"),
                                 .base_commit = string_of(mail, "trailers.base_commit"),
                                 .change_id = string_of(mail, "trailers.change_id"),
                                 .prerequisites = lines_of(mail, "trailers.prerequisites"),
                                 .labels = series_labels(mail),
                                 .supersedes = string_of(mail, "series.supersedes"),
                                 .how = string_of(mail, "series.how"),
                                 .replaces = string_of(mail, "series.scope")};
}

/* ---- learned data ------------------------------------------------------------------------- */

static struct learned_list list_of(const struct mail *mail, const char *fact) {
    struct learned_list list;

    list.items = facts_items(mail->facts, fact, &list.count);
    return list;
}

/* Returns the part that MAIL answers, if it is a single patch that replaces a part of that series;
 * -1 otherwise. */
static int64_t rerolled_part(struct store *store, const struct mail *mail,
                             const struct index_series *series) {
    struct index_message parent;

    if (strcmp(series->replaces, "part") != 0 ||
        patchmark_fact_is_set(mail->facts, "subject.part") ||
        patchmark_message_reference_count(mail->message) == 0 ||
        !index_find_message(store, patchmark_message_reference(mail->message, 0), &parent) ||
        strcmp(parent.series, series->supersedes) != 0)
        return -1;
    return parent.part;
}

static void member_read(struct store *store, struct mail *mail, struct learned *learned) {
    learned->series = series_of(mail);
    learned->series.lists = learned->message.lists;
    learned->member = (struct index_member){.message_id = learned->message.message_id,
                                            .title = learned->series.title,
                                            .author = learned->series.patch_author,
                                            .part = learned->message.part};
    learned->message.patch_id = patchmark_fact_string(mail->facts, "patch.id");
    learned->target = rerolled_part(store, mail, &learned->series);
    learned->same_as = list_of(mail, "series.same_as");
    learned->keys = list_of(mail, "series.keys");
    learned->notes = list_of(mail, "series.notes");
    learned->displaces = patchmark_fact_string(mail->facts, "series.displaces");
    learned->adopts = patchmark_fact_string(mail->facts, "series.adopts");
}

/* Returns true if the list OWN has "true" for tag I, or nothing. */
static bool is_own(const struct learned_list *own, size_t i) {
    return i >= own->count || strcmp(own->items[i], "true") == 0;
}

/* Returns true if the sender of a reply refuses what it answers, without one of the tags GIVEN that
 * says so in their own name. */
static bool refuses_in_words(const struct mail *mail, const struct learned_list *given,
                             const struct learned_list *own) {
    if (!has_flag(mail, "nack"))
        return false;
    for (size_t i = 0; i < given->count; i++)
        if (is_own(own, i) &&
            strcmp(tag_meaning(given->items[i], strcspn(given->items[i], ":")), "refuse") == 0)
            return false;
    return true;
}

/* Returns the tag that stands for a refusal in words. */
static const char *nak_tag(struct mail *mail) {
    const char *name = patchmark_message_sender_name(mail->message);
    const char *address = patchmark_message_sender(mail->message);

    return *address
               ? arena_join(&mail->arena, (const char *[]){INDEX_NAK ": ", name, *name ? " <" : "<",
                                                           address, ">", NULL})
               : arena_join(&mail->arena, (const char *[]){INDEX_NAK ": ", name, NULL});
}

/* Reads the tags that the sender of a reply gives in their own name.  Tags in another name are not
 * recorded, because only that person can confirm them.  A refusal in words is of the mail that is
 * answered, whichever parts the tags are for. */
static void tags_read(struct mail *mail, struct learned *learned) {
    struct learned_list given = list_of(mail, "trailers.given");
    struct learned_list own = list_of(mail, "trailers.given_from_sender");
    const char *range = patchmark_fact_string(mail->facts, "trailers.range");
    bool refuses = refuses_in_words(mail, &given, &own);
    const char **tags;

    learned->target = patchmark_fact_int(mail->facts, "series.target", -1);
    if (given.count == 0 && !refuses)
        return;
    tags = arena_allocate(&mail->arena, (given.count + 2) * sizeof(*tags));
    if (refuses)
        tags[learned->tags.count++] = nak_tag(mail);
    if (range)
        tags[learned->tags.count++] =
            arena_join(&mail->arena, (const char *[]){INDEX_RANGE, range, NULL});
    for (size_t i = 0; i < given.count; i++)
        if (is_own(&own, i))
            tags[learned->tags.count++] = given.items[i];
    learned->tags.items = tags;
}

static void answer_read(struct mail *mail, struct learned *learned) {
    struct index_message *message = &learned->message;

    tags_read(mail, learned);
    message->sender_name = patchmark_message_sender_name(mail->message);
    message->robot = patchmark_fact_string(mail->facts, "automation.robot");
    message->verdict = patchmark_fact_string(mail->facts, "automation.verdict");
    message->applied = applied_text(mail);
}

/* Returns a fact that a later copy of the mail may not have, because a list adds a footer or other
 * mails arrive in between.  Only mail that is going to be sent out has such copies. */
static const char *kept_fact(const struct mail *mail, const char *fact) {
    return mail->publish || mail->imported ? NULL : patchmark_fact_string(mail->facts, fact);
}

static struct index_message message_of(struct mail *mail) {
    const struct patchmark_message *message = mail->message;
    const char *series = patchmark_fact_string(mail->facts, "series.id");
    size_t count = patchmark_message_other_id_count(message);
    const char **other_ids = arena_allocate(&mail->arena, (count + 1) * sizeof(*other_ids));

    for (size_t i = 0; i < count; i++)
        other_ids[i] = patchmark_message_other_id(message, i);
    return (struct index_message){.message_id = patchmark_message_id(message),
                                  .series = series ? series : "",
                                  .sender = patchmark_message_sender(message),
                                  .kind = annotate_kind(mail),
                                  .lists = mail_lists_text(mail, false),
                                  .posted = mail_lists_text(mail, true),
                                  .published = mail->publish || mail->imported,
                                  .claim = mail->disputed,
                                  .part = patchmark_fact_int(mail->facts, "series.part", -1),
                                  .received = patchmark_message_received(message),
                                  .via = patchmark_message_sender_via(message),
                                  .topic = kept_fact(mail, "series.topic"),
                                  .patch_id = kept_fact(mail, "patch.id"),
                                  .supersedes =
                                      patchmark_fact_string(mail->facts, "series.supersedes"),
                                  .how = patchmark_fact_string(mail->facts, "series.how"),
                                  .scope = patchmark_fact_string(mail->facts, "series.scope"),
                                  .same_as = patchmark_fact_item(mail->facts, "series.same_as", 0),
                                  .content = mail->content,
                                  .content_bytes = mail->content_bytes,
                                  .other_ids = other_ids,
                                  .other_id_count = count};
}

/* Returns the learned data of MAIL, which its arena owns. */
static struct learned *learned_read(struct store *store, struct mail *mail) {
    struct learned *learned = arena_allocate(&mail->arena, sizeof(*learned));

    *learned = (struct learned){.message = message_of(mail), .target = -1};
    if (*learned->message.series && learned->message.part >= 0)
        member_read(store, mail, learned);
    else if (*learned->message.series)
        answer_read(mail, learned);
    return learned;
}

/* Sets in MAIL what CHANGES, bits of enum index_change, say. */
static void changes_set(struct mail *mail, struct learned *learned, int changes) {
    mail->learned = learned;
    mail->series_opened = changes & INDEX_OPENED;
    mail->series_completed = learned->reported_complete = changes & INDEX_COMPLETED;
    mail->series_amended = changes & INDEX_AMENDED;
}

void learned_mail_record(struct store *store, struct mail *mail) {
    struct learned *learned;
    int changes;

    if (!*patchmark_message_id(mail->message))
        return;
    learned = learned_read(store, mail);
    changes = learned_record(store, learned);
    if (changes >= 0)
        changes_set(mail, learned, changes);
}

/* Returns the lines of TEXT, which the arena of MAIL owns. */
static struct learned_list lines_split(struct mail *mail, const char *text) {
    char *copy = arena_copy(&mail->arena, text, strlen(text)), *state, *line;
    const char **items;
    size_t count = 1;

    for (const char *at = text; (at = strchr(at, '\n')); at++)
        count++;
    items = arena_allocate(&mail->arena, count * sizeof(*items));
    count = 0;
    for (line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
        items[count++] = line;
    return (struct learned_list){items, count};
}

/* Publishes a member that was recorded before: other hosts learn the keys and notes of then.
 * Returns what index_publish_member returns. */
static int member_publish(struct store *store, struct mail *mail, struct learned *learned,
                          const struct index_message *known) {
    const char *keys, *notes;

    index_find_lines(store, known, &keys, &notes);
    learned->keys = lines_split(mail, keys);
    learned->notes = lines_split(mail, notes);
    return index_publish_member(store, learned->message.series, learned->message.part,
                                known->message_id);
}

void learned_mail_record_again(struct store *store, struct mail *mail,
                               const struct index_message *known) {
    struct learned *learned = learned_read(store, mail);
    struct index_message update = *known;
    int changes = 0;

    for (size_t i = 0; i < learned->message.other_id_count; i++)
        index_record_other_id(store, known->message_id, learned->message.other_ids[i]);
    update.lists =
        word_set_join(&mail->arena, known->lists, learned->message.lists, LIMIT_LISTS_BYTES);
    update.posted =
        word_set_join(&mail->arena, known->posted, learned->message.posted, LIMIT_LISTS_BYTES);
    update.published = known->published || learned->message.published;
    if (!*learned->message.via)
        update.via = "";
    if (strcmp(update.lists, known->lists) != 0 || strcmp(update.posted, known->posted) != 0 ||
        update.published != known->published || strcmp(update.via, known->via) != 0)
        index_update_message(store, &update);
    learned->message.received = known->received;
    if (mail->list_count > 0 && !mail->lists[0].closed)
        mail->seen_lists = update.lists;
    if (update.published && !known->published && *learned->message.series &&
        learned->message.part >= 0)
        changes = member_publish(store, mail, learned, known);
    if (changes >= 0)
        changes_set(mail, learned, changes);
}

bool learned_mail_is_duplicate(struct store *store, struct mail *mail, const char **posted) {
    const struct patchmark_message *message = mail->message;
    struct index_message row = {.series = "",
                                .sender = patchmark_message_sender(message),
                                .kind = annotate_kind(mail),
                                .lists = "",
                                .posted = mail_lists_text(mail, true),
                                .published = true,
                                .part = -1,
                                .received = patchmark_message_received(message)};
    struct index_message known;

    event_prepare(mail);
    row.message_id = mail->identity;
    if (index_record_message(store, &row) != 0 ||
        !index_find_message(store, row.message_id, &known))
        return false;
    *posted = known.posted;
    row.posted = word_set_join(&mail->arena, known.posted, row.posted, LIMIT_LISTS_BYTES);
    if (strcmp(row.posted, known.posted) != 0)
        index_update_message(store, &row);
    return true;
}
