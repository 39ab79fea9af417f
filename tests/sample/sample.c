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

#include <string.h>

static const struct patchmark_option options[] = {
    {"words", PATCHMARK_LIST, "{\"regression\"}", 0, 0, "words to look for, in any case"},
    {.name = NULL},
};

/* Other plugins read these as "sample.found" and "sample.labels".  A list named `labels` is
 * special: the core writes the labels of all plugins to the header Patchmark-Labels. */
static const struct patchmark_fact provides[] = {
    {"found", PATCHMARK_BOOL, "the title contains one of the words", NULL},
    {"labels", PATCHMARK_LIST, "the words that it contains", NULL},
    {.key = NULL},
};

/* The plugin `subject` sets this fact, so it runs before this plugin. */
static const char *const needs[] = {"subject.title", NULL};

/* The other callbacks receive *self.  Here it is the instance, for its options. */
static int sample_open(struct patchmark_instance *instance, void **self) {
    for (size_t i = 0; i < patchmark_option_count(instance, "words"); i++)
        if (strcspn(patchmark_option_item(instance, "words", i), " \t") == 0) {
            patchmark_option_error(instance, "words", "has an empty word or a leading space");
            return -1;
        }
    *self = instance;
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
        patchmark_fact_add_string(facts, "labels", word);
    }
    return patchmark_fact_set_bool(facts, "found", found);
}

static struct patchmark_plugin sample = {
    .traits = PATCHMARK_PARALLEL,
    .name = "sample",
    .version = "1.0",
    .summary = "labels mails by words in their title",
    .options = options,
    .provides = provides,
    .needs = needs,
    .open = sample_open,
    .classify = sample_classify,
};

PATCHMARK_PLUGIN(sample)
