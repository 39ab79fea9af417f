/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-page.c - prints all that is known of one series: see series-output.h.
 */
#include "command/series-output.h"

#include "store/index.h"
#include "util/plural.h"
#include "util/wrap.h"

#include <glib.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define INDENT 11

struct page {
    const struct series_style *style;
    const struct series_report *report;
    const char *scope;
};

static struct wrap paragraph(const struct page *page, const char *label) {
    return wrap_begin(page->style->out, label, INDENT, page->style->columns);
}

/* Writes the label of a paragraph whose lines are not wrapped. */
static void label_write(const struct page *page, const char *label) {
    fprintf(page->style->out, "%-*s", INDENT, label);
}

/* Writes TEXT, continued on further lines with an indent of INDENT if it is too long, and ends the
 * line, of which USED columns are used. */
static void rest_write(const struct page *page, int used, int indent, int colour,
                       const char *text) {
    const struct series_style *style = page->style;
    struct wrap wrap = {
        .stream = style->out, .columns = style->columns, .indent = indent, .used = used};

    wrap.items = used > indent; /* TEXT continues a line: a blank is before it */
    if (colour && style->colours)
        fprintf(style->out, "\033[%dm", colour);
    wrap_words(&wrap, text);
    if (colour && style->colours)
        fputs("\033[0m", style->out);
    wrap_end(&wrap);
}

/* Adds the words of LIST, which SEPARATOR separates, to WRAP. */
static void list_add(struct wrap *wrap, const char *list, const char *separator) {
    for (const char *at = list + strspn(list, separator); *at; at += strspn(at, separator)) {
        int length = (int)strcspn(at, separator);

        wrap_add(wrap, "%.*s", length, at);
        at += length;
    }
}

static void list_write(const struct page *page, const char *label, const char *list,
                       const char *separator) {
    struct wrap wrap;

    if (!*list)
        return;
    wrap = paragraph(page, label);
    list_add(&wrap, list, separator);
    wrap_end(&wrap);
}

/* Adds the COUNT numbers, which ascend, as ranges: 1-5, 7-21. */
static void ranges_add(struct wrap *wrap, const int64_t *numbers, size_t count) {
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && numbers[end] == numbers[end - 1] + 1;)
            end++;
        if (end - i == 1)
            wrap_add(wrap, "%" PRId64, numbers[i]);
        else
            wrap_add(wrap, "%" PRId64 "-%" PRId64, numbers[i], numbers[end - 1]);
    }
}

/* ---- the head ------------------------------------------------------------------------------ */

/* Adds "2 of 3 parts", or "3 of 3 parts, 1 more" if some have numbers above the total. */
static void have_add(struct wrap *wrap, const struct series_report *report) {
    int64_t total = report->row.total, more = 0, have;

    for (size_t i = 0; total >= 0 && i < report->part_count; i++)
        more += report->parts[i].number > total;
    have = report->have - more;
    if (total >= 0)
        wrap_add(wrap, "%" PRId64 " of %" PRId64 " part%s", have, total, plural((uint64_t)total));
    else
        wrap_add(wrap, "%" PRId64 " part%s", have, plural((uint64_t)have));
    if (more > 0)
        wrap_add(wrap, "%" PRId64 " more", more);
}

/* Adds "of part 2 of v2 (s1-fxqhvd6hr74rpg5j)" to the state WORD; a posting of one patch that has
 * no number is one of "a part". */
static void reroll_add(struct wrap *wrap, const struct series_report *report, const char *word) {
    g_autoptr(GString) text = g_string_new(NULL);
    const char *older = report->row.supersedes, *before = report->have == 1 ? "part " : "parts ";
    char number[32] = "an older version";

    for (size_t i = 0; report->row.total > 1 && i < report->part_count; i++)
        if (report->parts[i].number > 0) {
            g_string_append_printf(text, "%s%" PRId64, before, report->parts[i].number);
            before = ", ";
        }
    for (size_t i = 0; i < report->version_count; i++)
        if (strcmp(report->versions[i].id, older) == 0)
            series_version(report->versions[i].revision, report->versions[i].version, number);
    if (strcmp(word, "re-roll") != 0)
        wrap_add(wrap, "re-roll");
    wrap_words(wrap, "of");
    wrap_words(wrap, text->len > 0 ? text->str : "a part");
    wrap_words(wrap, "of");
    wrap_words(wrap, number);
    g_string_printf(text, "(%s)", older);
    wrap_words(wrap, text->str);
}

static void state_write(const struct page *page) {
    const struct series_report *report = page->report;
    bool reroll = index_is_reroll(&report->row);
    const char *word = series_words(report->state, reroll, &report->counts);
    struct wrap wrap;

    label_write(page, "state");
    wrap = (struct wrap){
        .stream = page->style->out, .columns = page->style->columns, .indent = INDENT, .items = 1};
    wrap.used = INDENT + series_text(page->style, series_colour(word), word, -1);
    if (reroll)
        reroll_add(&wrap, report, word);
    else
        have_add(&wrap, report);
    if (report->counts.waiting)
        wrap_add(&wrap, "waits for a review");
    wrap.whole = true; /* ids are not cut */
    if (*report->row.superseded_by)
        wrap_add(&wrap, "superseded by %s", report->row.superseded_by);
    if (*report->row.supersedes && !reroll)
        wrap_add(&wrap, "supersedes %s", report->row.supersedes);
    wrap_end(&wrap);
}

static void person_write(const struct page *page, const char *label, const char *name,
                         const char *address) {
    char line[600];

    snprintf(line, sizeof(line), *name && *address ? "%s <%s>" : "%s%s", name, address);
    if (!*line)
        return;
    label_write(page, label);
    rest_write(page, INDENT, INDENT, 0, line);
}

static void people_write(const struct page *page) {
    const struct index_series *row = &page->report->row;

    if (*row->patch_author && strcmp(row->patch_author, row->author) != 0) {
        person_write(page, "author", row->patch_author_name, row->patch_author);
        person_write(page, "sent by", row->submitter_name, row->author);
    } else {
        person_write(page, "author",
                     *row->submitter_name ? row->submitter_name : row->patch_author_name,
                     row->author);
    }
}

/* Writes the lists, and which of them are closed. */
static void lists_write(const struct page *page) {
    const struct configuration *configuration = page->style->configuration;
    const char *lists = page->report->row.lists;
    struct wrap wrap = paragraph(page, "lists");

    for (const char *at = lists + strspn(lists, " "); *at; at += strspn(at, " ")) {
        char id[256];
        const struct configuration_list *list;

        snprintf(id, sizeof(id), "%.*s", (int)strcspn(at, " "), at);
        at += strcspn(at, " ");
        list = configuration ? configuration_list_by_id(configuration, id) : NULL;
        wrap_add(&wrap, "%s%s", id,
                 (list && !list->publish) || (page->scope && strcmp(page->scope, id) == 0)
                     ? " (closed)"
                     : "");
    }
    if (page->scope && strcmp(page->scope, INDEX_PRIVATE) == 0)
        wrap_add(&wrap, "none: nothing of this mail is published");
    else if (!*lists)
        wrap_add(&wrap, "%s%s", page->scope ? page->scope : "none", page->scope ? " (closed)" : "");
    wrap_end(&wrap);
}

static void times_write(const struct page *page) {
    const struct index_series *row = &page->report->row;
    struct wrap wrap = paragraph(page, "received");
    char text[WRAP_TEXT_SIZE];

    wrap_add(&wrap, "%s", wrap_time(text, row->opened));
    wrap_add(&wrap, "%s ago", wrap_duration(text, page->style->now - row->opened));
    if (row->changed != row->opened)
        wrap_add(&wrap, "the last mail %s ago",
                 wrap_duration(text, page->style->now - row->changed));
    wrap_end(&wrap);
}

static void head_write(const struct page *page) {
    const struct index_series *row = &page->report->row;
    struct wrap ids;

    rest_write(page, 0, 4, SERIES_BOLD, row->title);
    state_write(page);
    people_write(page);
    lists_write(page);
    list_write(page, "tree", row->tree, "\n");
    list_write(page, "flags", row->flags, " ");
    list_write(page, "labels", row->labels, " ");
    times_write(page);
    ids = paragraph(page, "id");
    wrap_add(&ids, "%s", row->id);
    if (*row->topic)
        wrap_add(&ids, "topic %s", row->topic);
    wrap_end(&ids);
}

/* ---- versions, parts ----------------------------------------------------------------------- */

#define VERSION_WIDTH 50 /* of the columns of a version before its flags and title */

/* Returns the state of VERSION in words; of the series itself, those that its page has. */
static const char *version_words(const struct page *page, const struct report_version *version) {
    bool own = strcmp(version->id, page->report->row.id) == 0;

    return series_words(own ? page->report->state : version->state, version->reroll,
                        own ? &page->report->counts : NULL);
}

static void version_write(const struct page *page, const struct report_version *version,
                          const char *label) {
    const struct series_style *style = page->style;
    bool own = strcmp(version->id, page->report->row.id) == 0;
    bool same = strcmp(version->title, page->report->row.title) == 0;
    int colour = strcmp(version->state, "superseded") == 0 ? SERIES_DIM : 0, room, used, pad;
    char number[32], opened[WRAP_TEXT_SIZE], line[256], rest[600];

    series_version(version->revision, version->version, number);
    snprintf(rest, sizeof(rest), "%s%s%s", version->flags, *version->flags && !same ? " " : "",
             same ? "" : version->title);
    room = style->columns > 0 ? style->columns - INDENT - VERSION_WIDTH - 1 : INT_MAX;
    pad = *rest && room > (int)strcspn(rest, " ") ? 10 : 0;
    snprintf(line, sizeof(line), "%-4s %s  %.10s  %-*s", number, version->id,
             wrap_time(opened, version->opened), pad, version_words(page, version));
    label_write(page, label);
    fputs(own ? "* " : "  ", style->out);
    if (room < -1) { /* too narrow for columns */
        rest_write(page, INDENT + 2, INDENT + 2, colour, line);
        fprintf(style->out, "%*s", *rest ? INDENT + 2 : 0, "");
        used = INDENT + 2;
    } else {
        used = INDENT + 2 +
               series_text(style, colour, line, style->columns > 0 ? room + VERSION_WIDTH - 1 : -1);
    }
    if (*rest || room >= -1)
        rest_write(page, used, INDENT + 2, colour, rest);
}

static void versions_write(const struct page *page) {
    const struct series_report *report = page->report;

    for (size_t i = 0; i < report->version_count && report->version_count > 1; i++)
        version_write(page, &report->versions[i], i == 0 ? "versions" : "");
}

/* Writes RANGE, such as "1-3,5", with a blank after each comma. */
static void range_copy(const char *range, char *text, size_t size) {
    size_t length = 0;

    for (; *range && length + 3 < size; range++) {
        text[length++] = *range;
        if (*range == ',' && range[1] != ' ')
            text[length++] = ' ';
    }
    text[length] = '\0';
}

/* Writes the tags that were given for PART, 0 for the whole series, with LABEL before the first. */
static void tags_write(const struct page *page, int64_t part, int indent, const char *label) {
    for (size_t i = 0; i < page->report->tag_count; i++) {
        const struct report_tag *tag = &page->report->tags[i];
        char line[600], range[200];

        if ((tag->part > 0 ? tag->part : 0) != part)
            continue;
        fprintf(page->style->out, "%-*s", indent, label);
        label = "";
        range_copy(tag->range, range, sizeof(range));
        snprintf(line, sizeof(line), "%s: %s%s%s", tag->name, tag->value, *range ? " on " : "",
                 range);
        rest_write(page, indent, indent + 2,
                   tag->meaning == REPORT_REFUSE ? SERIES_RED : SERIES_GREEN, line);
    }
}

/* Returns true if the part was written by somebody else than the series. */
static bool is_by_other(const struct page *page, const struct report_part *part) {
    const struct index_series *row = &page->report->row;

    return *part->author && strcmp(part->author, row->author) != 0 &&
           strcmp(part->author, row->patch_author) != 0;
}

static void part_write(const struct page *page, const struct report_part *part, int width,
                       const char *label) {
    int used = INDENT + width + 2;
    char line[600];

    label_write(page, label);
    fprintf(page->style->out, "%*" PRId64 "%s", width, part->number, *part->title ? "  " : "");
    rest_write(page, used, used + 4, 0, part->title);
    if (is_by_other(page, part)) {
        fprintf(page->style->out, "%*s", used + 2, "");
        snprintf(line, sizeof(line), "by %s", part->author);
        rest_write(page, used + 2, used + 4, SERIES_DIM, line);
    }
    tags_write(page, part->number == 0 ? -1 : part->number, used + 2, "");
    if (part->applied) {
        fprintf(page->style->out, "%*s", used + 2, "");
        snprintf(line, sizeof(line), "applied%s%.12s", *part->commit ? " as " : "", part->commit);
        rest_write(page, used + 2, used + 4, SERIES_GREEN, line);
    }
}

static void parts_write(const struct page *page) {
    const struct series_report *report = page->report;
    int width = 1;
    struct wrap wrap;

    for (int64_t most = report->part_count > 0 ? report->parts[report->part_count - 1].number : 0;
         most >= 10; most /= 10)
        width++;
    for (size_t i = 0; i < report->part_count; i++)
        part_write(page, &report->parts[i], width, i == 0 ? "parts" : "");
    if (report->missing_count == 0 || index_is_reroll(&report->row))
        return;
    wrap = paragraph(page, "missing");
    ranges_add(&wrap, report->missing, report->missing_count);
    wrap_end(&wrap);
}

/* ---- what was said ------------------------------------------------------------------------- */

static void applied_write(const struct page *page) {
    const struct report_counts *counts = &page->report->counts;
    const struct series_report *report = page->report;
    struct wrap wrap;

    if (!counts->applied)
        return;
    wrap = paragraph(page, "applied");
    if (counts->applied_all)
        wrap_add(&wrap, "all");
    ranges_add(&wrap, counts->applied_parts, counts->applied_all ? 0 : counts->applied_count);
    for (size_t i = 0; i < report->applied_count; i++) {
        const struct report_applied *applied = &report->applied[i];

        if (i > 0 && strcmp(applied->message_id, report->applied[i - 1].message_id) == 0)
            continue;
        wrap_add(&wrap, "by %s%s%s", *applied->who.name ? applied->who.name : applied->who.address,
                 *applied->tree ? " to " : "", applied->tree);
    }
    wrap_end(&wrap);
}

static void replaced_write(const struct page *page) {
    const struct series_report *report = page->report;
    struct wrap wrap;

    if (report->replaced_count == 0)
        return;
    wrap = paragraph(page, "replaced");
    wrap.whole = true;
    for (size_t i = 0; i < report->replaced_count; i++)
        wrap_add(&wrap, "%" PRId64 " by %s", report->replaced[i].part, report->replaced[i].by);
    wrap_end(&wrap);
}

static void verdicts_write(const struct page *page) {
    const struct report_counts *counts = &page->report->counts;

    for (size_t i = 0; i < counts->verdict_count; i++) {
        const struct report_verdict *verdict = &counts->verdicts[i];
        char line[300], age[WRAP_TEXT_SIZE], part[32] = "";

        if (verdict->part > 0)
            snprintf(part, sizeof(part), " on part %" PRId64, verdict->part);
        snprintf(line, sizeof(line), "%s: %s%s, %s ago", verdict->robot, verdict->verdict, part,
                 wrap_duration(age, page->style->now - verdict->received));
        label_write(page, i == 0 ? "verdicts" : "");
        rest_write(page, INDENT, INDENT + 2, series_colour(verdict->verdict), line);
    }
}

static void replies_write(const struct page *page) {
    const struct series_report *report = page->report;
    size_t robots = report->reply_count - report->counts.replies;
    struct wrap wrap;

    if (report->reply_count == 0)
        return;
    wrap = paragraph(page, "replies");
    if (report->counts.replies > 0)
        wrap_add(&wrap, report->counts.replies == 1 ? "%zu by a person" : "%zu by people",
                 report->counts.replies);
    if (robots > 0)
        wrap_add(&wrap, robots == 1 ? "%zu by a robot" : "%zu by robots", robots);
    wrap_end(&wrap);
}

void series_page_write(const struct series_style *style, const struct series_report *report,
                       const char *scope) {
    const struct page page = {style, report, scope};

    head_write(&page);
    versions_write(&page);
    parts_write(&page);
    replaced_write(&page);
    tags_write(&page, 0, INDENT, "tags");
    applied_write(&page);
    verdicts_write(&page);
    replies_write(&page);
    if (report->more)
        fputs("this series has more than is shown\n", style->out);
}

void series_answers_write(const struct series_style *style, const struct index_answer *answers,
                          size_t count) {
    const struct page page = {.style = style};

    for (size_t i = 0; i < count; i++) {
        const struct index_answer *answer = &answers[i];
        const char *name = *answer->sender_name ? answer->sender_name : answer->sender;
        char received[WRAP_TEXT_SIZE];
        struct wrap wrap = paragraph(&page, i == 0 ? "answers" : "");

        wrap.whole = true;
        wrap_add(&wrap, "%s", answer->message_id);
        wrap_add(&wrap, "%s by %s", answer->kind, *name ? name : "an unknown sender");
        wrap_add(&wrap, "%s", wrap_time(received, answer->received));
        wrap_end(&wrap);
    }
}
