/* SPDX-License-Identifier: BSD-2-Clause
 *
 * classify-table.c - see classify-table.h.  Owns nothing.
 */
#include "command/classify-table.h"

#include "util/cleanup.h"
#include "util/terminal.h"
#include "util/wrap.h"

#include <inttypes.h>
#include <string.h>

#define WIDE_COLUMNS 100 /* from here on, a line has room for whole series ids */

struct layout {
    int kind, part, series, author; /* widths of these columns */
    int title;                      /* -1: no limit */
};

static struct layout layout_of(int columns) {
    bool wide = columns == 0 || columns >= WIDE_COLUMNS;
    struct layout layout = {10, 9, wide ? 19 : 8, wide ? 20 : 13, -1};
    int used = layout.kind + layout.part + layout.series + layout.author + 4;

    if (columns > 0)
        layout.title = columns > used ? columns - used : 0;
    return layout;
}

/* Writes TEXT, cut or filled to WIDTH columns, and a space. */
static void cell_write(FILE *stream, const char *text, int width) {
    int used = terminal_write(stream, text, width);

    fprintf(stream, "%*s", width - used + 1, "");
}

void classify_table_head(FILE *stream, int columns) {
    const struct layout layout = layout_of(columns);

    cell_write(stream, "KIND", layout.kind);
    cell_write(stream, "PART", layout.part);
    cell_write(stream, "SERIES", layout.series);
    cell_write(stream, "AUTHOR", layout.author);
    terminal_write(stream, "TITLE", layout.title);
    putc('\n', stream);
}

/* ---- cells -------------------------------------------------------------------------------- */

static const char *fact_of(const struct mail *mail, const char *name) {
    const char *value = mail->facts ? patchmark_fact_string(mail->facts, name) : NULL;

    return value ? value : "";
}

static void kind_write(FILE *stream, const struct mail *mail, int width) {
    const char *confidence = fact_of(mail, "kind.confidence");
    char text[32];

    snprintf(text, sizeof(text), "%s%s", mail->facts ? fact_of(mail, "kind.kind") : "-",
             strcmp(confidence, "low") == 0      ? "??"
             : strcmp(confidence, "medium") == 0 ? "?"
                                                 : "");
    cell_write(stream, text, width);
}

/* Writes "v2 1/3": no version below 2, and no part of a patch without number. */
static void part_write(FILE *stream, const struct mail *mail, int width) {
    int64_t part = -1, total = -1, version = -1;
    const char *revision = fact_of(mail, "subject.revision");
    char text[96] = "", *end = text;

    if (mail->facts) {
        part = patchmark_fact_int(mail->facts, "series.part", -1);
        total = patchmark_fact_int(mail->facts, "series.total", -1);
        version = patchmark_fact_int(mail->facts, "series.version", -1);
    }
    if (part >= 0 && *revision)
        end += snprintf(text, 40, "v%.32s ", revision);
    else if (part >= 0 && version > 1)
        end += snprintf(text, 40, "v%" PRId64 " ", version);
    if (part >= 0 && total >= 0 && !(part == 1 && total == 1))
        snprintf(end, 48, "%" PRId64 "/%" PRId64, part, total);
    cell_write(stream, text, width);
}

static void author_write(FILE *stream, const struct mail *mail, int width) {
    const char *name = patchmark_message_sender_name(mail->message);

    cell_write(stream, *name ? name : patchmark_message_sender(mail->message), width);
}

/* Returns flags in parentheses and the title, which the caller frees; NULL if memory runs out. */
static char *title_text(const struct mail *mail) {
    const char *title = fact_of(mail, "subject.title"), *between = "(";
    char *text = NULL;
    size_t size;
    FILE *file;

    if (!*title)
        title = patchmark_message_header(mail->message, "Subject", 0);
    file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    for (size_t i = 0; i < mail->flags.count; i++) {
        const char *flag = mail->flags.words[i];

        if (strcmp(flag, "first") == 0 || strcmp(flag, "has-diff") == 0)
            continue;
        fprintf(file, "%s%s", between, flag);
        between = " ";
    }
    fprintf(file, "%s%s", *between == ' ' ? ") " : "", title ? title : "");
    fclose(file);
    return text;
}

void classify_table_line(FILE *stream, const struct mail *mail, int columns) {
    const struct layout layout = layout_of(columns);
    AUTO(free) char *title = title_text(mail);

    kind_write(stream, mail, layout.kind);
    part_write(stream, mail, layout.part);
    fprintf(stream, "%-*.*s ", layout.series, layout.series, fact_of(mail, "series.id"));
    author_write(stream, mail, layout.author);
    terminal_write(stream, title ? title : "", layout.title);
    putc('\n', stream);
}

/* ---- explanations ------------------------------------------------------------------------- */

/* The decisions that are explained first, and the facts that have them. */
static const struct {
    const char *what, *fact;
} decisions[] = {{"kind", "kind.kind"}, {"series", "series.id"}, {"topic", "series.topic"}};

#define DECISIONS (sizeof(decisions) / sizeof(decisions[0]))

#define EXPLANATION_INDENT 15 /* of the value; further lines have 2 more */

static void explanation_write(FILE *stream, const struct facts_explanation *explanation,
                              const char *value, int columns) {
    struct wrap wrap = {.stream = stream,
                        .columns = columns,
                        .indent = EXPLANATION_INDENT + 2,
                        .used = EXPLANATION_INDENT,
                        .whole = true};
    char start[64];

    fputs("    ", stream);
    cell_write(stream, explanation->what, EXPLANATION_INDENT - 5);
    snprintf(start, sizeof(start), "%s:", value);
    if (*value)
        wrap_words(&wrap, start);
    wrap_words(&wrap, explanation->why);
    wrap_end(&wrap);
}

static bool is_decision(const char *what) {
    for (size_t i = 0; i < DECISIONS; i++)
        if (strcmp(decisions[i].what, what) == 0)
            return true;
    return false;
}

void classify_table_explain(FILE *stream, const struct mail *mail, int columns) {
    const struct facts_explanation *all;
    size_t count;

    if (!mail->facts)
        return;
    all = facts_explanations(mail->facts, &count);
    for (size_t i = 0; i < DECISIONS; i++)
        for (size_t j = 0; j < count; j++)
            if (strcmp(all[j].what, decisions[i].what) == 0)
                explanation_write(stream, &all[j], fact_of(mail, decisions[i].fact), columns);
    for (size_t j = 0; j < count; j++)
        if (!is_decision(all[j].what))
            explanation_write(stream, &all[j], "", columns);
}
