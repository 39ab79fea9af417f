/* SPDX-License-Identifier: BSD-2-Clause
 *
 * statistics.c - counts kinds and flags; see statistics.h.  Owns nothing and cannot fail.
 */
#include "command/statistics.h"

#include "pipeline/annotate.h"
#include "util/plural.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void word_add(struct statistics_word *words, size_t *count, const char *word) {
    size_t i = 0;

    while (i < *count && strcmp(words[i].word, word) != 0)
        i++;
    if (i == *count && *count == STATISTICS_WORDS) {
        i = STATISTICS_WORDS - 1;
        strcpy(words[i].word, "(others)");
    } else if (i == *count) {
        snprintf(words[i].word, sizeof(words[i].word), "%s", word);
        (*count)++;
    }
    words[i].count++;
}

void statistics_add(struct statistics *statistics, const struct mail *mail) {
    statistics->mails++;
    statistics->bytes += message_size(mail->message);
    statistics->events += mail->event_count;
    if (!mail->facts) {
        statistics->passed_over++;
        return;
    }
    word_add(statistics->kinds, &statistics->kind_count, annotate_kind(mail));
    for (size_t i = 0; i < mail->flags.count; i++)
        word_add(statistics->flags, &statistics->flag_count, mail->flags.words[i]);
}

static int count_compare(const void *a, const void *b) {
    const struct statistics_word *first = a, *second = b;

    return (first->count < second->count) - (first->count > second->count);
}

static void words_print(const char *what, const struct statistics_word *words, size_t count,
                        uint64_t mails) {
    struct statistics_word sorted[STATISTICS_WORDS];

    memcpy(sorted, words, count * sizeof(*words));
    qsort(sorted, count, sizeof(*sorted), count_compare);
    for (size_t i = 0; i < count; i++)
        printf("%-8s %-24s %10" PRIu64 "  %5.1f %%\n", what, sorted[i].word, sorted[i].count,
               100.0 * (double)sorted[i].count / (double)mails);
}

void statistics_print(const struct statistics *statistics, const struct pipeline *pipeline) {
    printf("%" PRIu64 " mail%s, %" PRIu64 " byte%s, %" PRIu64 " event%s, %" PRIu64 " skipped\n",
           statistics->mails, plural(statistics->mails), statistics->bytes,
           plural(statistics->bytes), statistics->events, plural(statistics->events),
           statistics->passed_over);
    if (statistics->mails == 0)
        return;
    words_print("kind", statistics->kinds, statistics->kind_count, statistics->mails);
    words_print("flag", statistics->flags, statistics->flag_count, statistics->mails);
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        const struct patchmark_instance *instance = pipeline_instance(pipeline, i);
        struct instance_counts counts = instance_counts(instance);

        if (!plugin_is_sink(instance_plugin(instance)))
            printf("plugin   %-24s %10" PRIu64 " calls  %" PRIu64 " failed  %.2f us a mail%s\n",
                   instance_name(instance), counts.calls, counts.failures,
                   (double)counts.nanoseconds / 1000.0 / (double)statistics->mails,
                   counts.off ? "  switched off" : "");
    }
}
