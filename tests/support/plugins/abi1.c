/* SPDX-License-Identifier: BSD-2-Clause
 *
 * abi1.c - a plugin as compiled for version 1 of the plugin interface, the oldest that must load.
 *
 * It includes the copy of the header of version 1.  It must work in all later versions, so this
 * file must never be changed after a release.  tests/end-to-end/plugin.sh runs it on mails.
 */
#include "plugin/abi-1/patchmark-plugin.h"

static const struct patchmark_option options[] = {
    {"word", PATCHMARK_STRING, "harbour", 0, 0, "what a line of the sender has"},
    {"most", PATCHMARK_INT, "3", 1, 9, "the most lines that count"},
    {.name = NULL},
};

static const struct patchmark_fact provides[] = {
    {"number", PATCHMARK_INT, "lines of the sender, up to the most", "2"},
    {"words", PATCHMARK_LIST, "these lines", "a line"},
    {"title", PATCHMARK_STRING, "the title that the plugin subject found", "a title"},
    {"known", PATCHMARK_BOOL, "the series of the mail is known to the index", "true"},
    {.key = NULL},
};

static const char *const needs[] = {"subject.title", "series.id", NULL};
static const char *const uses[] = {"nobody.fact", NULL};
static const char *const counters[] = {"mails", NULL};

static struct patchmark_instance *instance;

static int abi1_open(struct patchmark_instance *opened, void **self) {
    (void)self;
    instance = opened;
    if (patchmark_fact_type(opened, "subject.title") == PATCHMARK_STRING)
        return 0;
    patchmark_log(opened, PATCHMARK_ERROR, "the type of subject.title is unknown");
    return -1;
}

static int lines_read(const struct patchmark_message *message, struct patchmark_facts *facts) {
    struct patchmark_part part = {.struct_size = sizeof(part)};
    struct patchmark_lines lines;
    struct patchmark_text line;
    enum patchmark_origin origin;
    int64_t count = 0;

    if (!patchmark_message_part(message, 0, &part))
        return 0;
    lines = patchmark_lines_of(part.text);
    while (patchmark_lines_next(&lines, &line, &origin) &&
           count < patchmark_option_int(instance, "most")) {
        if (origin != PATCHMARK_OWN || line.length == 0)
            continue;
        count++;
        if (patchmark_fact_add_text(facts, "words", patchmark_text_trim(line)) != 0)
            return -1;
    }
    return patchmark_fact_set_int(facts, "number", count);
}

static int abi1_classify(void *self, const struct patchmark_message *message,
                         struct patchmark_facts *facts) {
    struct patchmark_series series = {.struct_size = sizeof(series)};
    const char *id = patchmark_fact_string(facts, "series.id");

    patchmark_count(self, "mails", 1);
    if (id && patchmark_index_series(message, id, &series) &&
        patchmark_fact_set_bool(facts, "known", *series.topic != '\0') != 0)
        return -1;
    if (patchmark_fact_set_string(facts, "title", patchmark_fact_string(facts, "subject.title")))
        return -1;
    if (strstr(patchmark_message_subject(message), patchmark_option_string(self, "word")))
        patchmark_add_label(facts, "abi1");
    if (patchmark_has_flag(facts, "first"))
        patchmark_add_flag(facts, "abi1-first");
    return lines_read(message, facts);
}

static void abi1_close(void *self) {
    (void)self;
}

static struct patchmark_plugin abi1 = {
    .traits = PATCHMARK_USES_INDEX,
    .name = "abi1",
    .version = "1",
    .summary = "from the first days",
    .options = options,
    .provides = provides,
    .needs = needs,
    .uses = uses,
    .counters = counters,
    .open = abi1_open,
    .classify = abi1_classify,
    .close = abi1_close,
};

PATCHMARK_PLUGIN(abi1)
