/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sample.c - a classifier that labels mails by words in their title.
 *
 *     plugin "sample" {
 *         file = "/usr/local/lib/patchmark/sample.so"
 *         words = { "regression", "crash" }
 *     }
 *
 * Build: cc -shared -fPIC -o sample.so sample.c $(pkg-config --cflags patchmark)
 */
#define _GNU_SOURCE /* strcasestr */
#include <patchmark-plugin.h>

static const struct patchmark_option options[] = {
    {"words", PATCHMARK_LIST, "{\"regression\"}", 0, 0, "words to look for, in any case"},
    {.name = NULL},
};

/* Other plugins read this as "sample.found". */
static const struct patchmark_fact provides[] = {
    {"found", PATCHMARK_BOOL, "the title contains one of the words", "true"},
    {.key = NULL},
};

/* The plugin `subject` sets this fact, so it runs before this plugin. */
static const char *const needs[] = {"subject.title", NULL};

/* Checks what the table of options cannot express.  Stores nothing in *self, so the other
 * callbacks receive the instance. */
static int sample_open(struct patchmark_instance *instance, void **self) {
    (void)self;
    for (size_t i = 0; i < patchmark_option_count(instance, "words"); i++)
        if (strcspn(patchmark_option_item(instance, "words", i), " \t") == 0) {
            patchmark_option_error(instance, "words", "has an empty word or a leading space");
            return -1;
        }
    return 0;
}

/* Called for each mail, perhaps on several threads at once: it writes nothing but the facts. */
static int sample_classify(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    const struct patchmark_instance *instance = self;
    const char *title = patchmark_fact_string(facts, "subject.title");
    bool found = false;

    (void)message; /* this plugin reads the title only */
    for (size_t i = 0; title && i < patchmark_option_count(instance, "words"); i++) {
        const char *word = patchmark_option_item(instance, "words", i);

        if (!strcasestr(title, word))
            continue;
        found = true;
        patchmark_add_label(facts, word);
    }
    return patchmark_fact_set_bool(facts, "found", found);
}

PATCHMARK_DEFINE_PLUGIN(.traits = PATCHMARK_PARALLEL, .name = "sample", .version = "1.0",
                        .summary = "labels mails by words in their title", .options = options,
                        .provides = provides, .needs = needs, .open = sample_open,
                        .classify = sample_classify)
