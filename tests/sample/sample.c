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

/* Others read these as "sample.found" and "sample.labels".  A list named `labels` is special: the
 * core writes the labels of all plugins to the header Patchmark-Labels. */
static const struct patchmark_fact provides[] = {
    {"found", PATCHMARK_BOOL, "the title has one of the words"},
    {"labels", PATCHMARK_LIST, "those that it has"},
    {.key = NULL},
};

/* The plugin `subject` sets this one, and so it runs before us. */
static const char *const needs[] = {"subject.title", NULL};

/* *self is what the other callbacks get.  Here that is just the instance, for its options. */
static int sample_open(struct patchmark_instance *instance, void **self) {
    for (size_t i = 0; i < patchmark_option_count(instance, "words"); i++)
        if (strcspn(patchmark_option_item(instance, "words", i), " \t") == 0) {
            patchmark_option_error(instance, "words", "must be words, one of them is not");
            return -1;
        }
    *self = instance;
    return 0;
}

/* Called for each mail, maybe from several threads at once: nothing is written but the facts. */
static int sample_classify(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    const struct patchmark_instance *instance = self;
    const char *title = patchmark_fact_string(facts, "subject.title");
    bool found = false;

    (void)message; /* the title is all that we look at */
    for (size_t i = 0; title && i < patchmark_option_count(instance, "words"); i++) {
        const char *word = patchmark_option_item(instance, "words", i);

        if (!strcasestr(title, word))
            continue;
        found = true;
        patchmark_fact_add(facts, "labels", patchmark_text_of(word));
    }
    return patchmark_fact_set_bool(facts, "found", found);
}

static struct patchmark_plugin sample = {
    .kind = PATCHMARK_CLASSIFIER,
    .threads = PATCHMARK_PARALLEL,
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
