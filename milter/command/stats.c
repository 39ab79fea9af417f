/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stats.c - see stats.h.
 */
#include "command/stats.h"

#include "pipeline/annotate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void word_add(struct stats_word *words, size_t *count, const char *word) {
    size_t i = 0;

    while (i < *count && strcmp(words[i].word, word) != 0)
        i++;
    if (i == *count && *count == STATS_WORDS) {
        i = STATS_WORDS - 1;
        strcpy(words[i].word, "(others)");
    } else if (i == *count) {
        snprintf(words[i].word, sizeof(words[i].word), "%s", word);
        (*count)++;
    }
    words[i].count++;
}

void stats_add(struct stats *stats, const struct mail *mail) {
    stats->mails++;
    stats->bytes += message_size(mail->message);
    stats->events += mail->event_count;
    if (!mail->facts) {
        stats->passed_over++;
        return;
    }
    word_add(stats->kinds, &stats->kind_count, annotate_kind(mail));
    for (size_t i = 0; i < mail->flags.count; i++)
        word_add(stats->flags, &stats->flag_count, mail->flags.words[i]);
}

static int count_compare(const void *a, const void *b) {
    const struct stats_word *first = a, *second = b;

    return (first->count < second->count) - (first->count > second->count);
}

static void words_print(const char *what, const struct stats_word *words, size_t count,
                        uint64_t mails) {
    struct stats_word sorted[STATS_WORDS];

    memcpy(sorted, words, count * sizeof(*words));
    qsort(sorted, count, sizeof(*sorted), count_compare);
    for (size_t i = 0; i < count; i++)
        printf("%-8s %-24s %10" PRIu64 "  %5.1f %%\n", what, sorted[i].word, sorted[i].count,
               100.0 * (double)sorted[i].count / (double)mails);
}

void stats_print(const struct stats *stats, const struct pipeline *pipeline) {
    printf("%" PRIu64 " mails, %" PRIu64 " bytes, %" PRIu64 " events, %" PRIu64 " passed over\n",
           stats->mails, stats->bytes, stats->events, stats->passed_over);
    if (stats->mails == 0)
        return;
    words_print("kind", stats->kinds, stats->kind_count, stats->mails);
    words_print("flag", stats->flags, stats->flag_count, stats->mails);
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        const struct patchmark_instance *instance = pipeline_instance(pipeline, i);
        struct instance_counts counts = instance_counts(instance);

        if (instance_plugin(instance)->kind == PATCHMARK_CLASSIFIER)
            printf("plugin   %-24s %10" PRIu64 " calls  %" PRIu64 " failed  %.2f us a mail%s\n",
                   instance_plugin(instance)->name, counts.calls, counts.failures,
                   (double)counts.nanoseconds / 1000.0 / (double)stats->mails,
                   counts.off ? "  switched off" : "");
    }
}
