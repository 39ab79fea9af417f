/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list-watch.c - counts the mails that each list received since it sent one out; see list-watch.h.
 *
 * Owns the counts, which a lock protects.
 */
#include "pipeline/list-watch.h"

#include "util/log.h"

#include <pthread.h>
#include <stdlib.h>

struct watched {
    int64_t since;   /* when the first of the mails was received */
    size_t received; /* mails since the last one that the list sent out */
    bool reported;
};

struct list_watch {
    pthread_mutex_t lock;
    const struct configuration *configuration;
    struct watched lists[]; /* in the order of the sections */
};

struct list_watch *list_watch_new(const struct configuration *configuration) {
    struct list_watch *watch =
        calloc(1, sizeof(*watch) + configuration->list_section_count * sizeof(watch->lists[0]));

    if (!watch)
        return NULL;
    pthread_mutex_init(&watch->lock, NULL);
    watch->configuration = configuration;
    return watch;
}

void list_watch_free(struct list_watch *watch) {
    if (!watch)
        return;
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

/* Counts a mail of a list.  Returns the number of mails if the warning is due, else 0. */
static size_t count(struct watched *list, bool posted, int64_t now) {
    if (posted) {
        list->received = 0;
        return 0;
    }
    if (list->received++ == 0)
        list->since = now;
    if (list->reported || list->received < LIST_WATCH_MAILS ||
        now - list->since < LIST_WATCH_SECONDS)
        return 0;
    list->reported = true;
    return list->received;
}

void list_watch_note(struct list_watch *watch, const struct mail *mail, int64_t now) {
    for (size_t i = 0; i < mail->list_count; i++) {
        const struct configuration_list *section = mail->lists[i].section;
        size_t received;

        if (!section || !section->publish || section->received)
            continue;
        pthread_mutex_lock(&watch->lock);
        received = count(&watch->lists[section - watch->configuration->list_sections],
                         mail->lists[i].posted, now);
        pthread_mutex_unlock(&watch->lock);
        if (received > 0)
            log_warning(
                "list %s has received %zu mails, and none was seen going out, so they cause "
                "no events; let the MTA pass what the list manager sends out to the milter, "
                "too, or set events = \"received\" for this list; ignore this if a moderator "
                "holds all of them",
                section->pattern, received);
    }
}
