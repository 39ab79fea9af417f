/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-lists.c - counts the mails of each open list; see metrics-private.h.
 *
 * Owns a table of lists, which a lock protects.  The lists of this host are always in it.  Any
 * other List-Id is written by the sender, so the table is bounded, and a list that has had no mail
 * for a while gives way to a new one: a flood of invented List-Ids displaces no list that is in use
 * for longer than that.  What is displaced is counted as "other", so that the sum over all lists
 * does not decrease by that.  The name of a closed list is never in the text: a reload that closes
 * a list removes what was counted of it, also from the sum.
 */
#include "pipeline/metrics-private.h"

#include "util/clock.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#define LIST_ID_BYTES 256 /* with the NUL; RFC 2919 allows 255 bytes */
#define OTHER         "other"

struct counted_list {
    char id[LIST_ID_BYTES];
    bool configured; /* it has a section list "ID" */
    int64_t last;    /* when its newest mail was counted; clock_milliseconds */
    uint64_t kinds[METRICS_KINDS];
};

static struct {
    pthread_mutex_t lock;
    struct counted_list lists[METRICS_LISTS];
    size_t count;
    uint64_t other[METRICS_KINDS];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t mails_of(const struct counted_list *list) {
    uint64_t mails = 0;

    for (size_t i = 0; i < METRICS_KINDS; i++)
        mails += list->kinds[i];
    return mails;
}

/* Returns a free element; if there is none, that of the list with the fewest mails among those that
 * are not of this host and have had no mail since IDLE_SINCE; NULL if there is none either. */
static struct counted_list *list_displace(int64_t idle_since) {
    struct counted_list *least = NULL;

    if (table.count < METRICS_LISTS)
        return &table.lists[table.count++];
    for (size_t i = 0; i < METRICS_LISTS; i++) {
        struct counted_list *list = &table.lists[i];

        if (!list->configured && list->last < idle_since &&
            (!least || mails_of(list) < mails_of(least)))
            least = list;
    }
    for (size_t i = 0; least && i < METRICS_KINDS; i++)
        table.other[i] += least->kinds[i];
    return least;
}

/* Returns true if ID can be the value of a label that no other list has.  The escape of a byte that
 * is not ASCII, which only the title of a section can have, looks like a text with a backslash. */
static bool is_distinct(const char *id, bool configured) {
    return *id && strlen(id) < LIST_ID_BYTES && strcmp(id, OTHER) != 0 &&
           (configured || !strchr(id, '\\'));
}

static struct counted_list *list_find(const char *id) {
    for (size_t i = 0; i < table.count; i++)
        if (strcmp(table.lists[i].id, id) == 0)
            return &table.lists[i];
    return NULL;
}

/* Returns the element of the list ID, which is added if possible; NULL: it counts as "other". */
static struct counted_list *list_take(const char *id, bool configured) {
    int64_t now = clock_milliseconds();
    struct counted_list *list = is_distinct(id, configured) ? list_find(id) : NULL;

    if (!list && is_distinct(id, configured)) {
        list = list_displace(configured ? INT64_MAX : now - METRICS_LIST_IDLE_MS);
        if (list) {
            *list = (struct counted_list){.last = now};
            strcpy(list->id, id);
        }
    }
    if (list)
        list->configured = configured;
    return list;
}

void metrics_lists_count(const struct mail *mail, size_t kind) {
    pthread_mutex_lock(&table.lock);
    for (size_t i = 0; i < mail->list_count; i++) {
        const struct mail_list *of = &mail->lists[i];
        struct counted_list *list;

        if (of->closed)
            continue;
        list = list_take(of->id, of->section != NULL);
        if (list)
            list->last = clock_milliseconds();
        (list ? list->kinds : table.other)[kind]++;
    }
    pthread_mutex_unlock(&table.lock);
}

/* Removes lists that are closed now, and adds those of this host. */
static void lists_configure(const struct configuration *configuration) {
    for (size_t i = table.count; i-- > 0;) {
        const struct configuration_list *section =
            configuration_list_by_id(configuration, table.lists[i].id);

        table.lists[i].configured = section != NULL;
        if (section && !section->publish)
            table.lists[i] = table.lists[--table.count];
    }
    for (size_t i = 0; i < configuration->list_section_count; i++) {
        const struct configuration_list *section = &configuration->list_sections[i];

        if (section->publish && !section->is_pattern && is_distinct(section->pattern, true) &&
            !list_take(section->pattern, true))
            break; /* the table is full of lists of this host */
    }
}

static void list_write(FILE *out, const char *id, const uint64_t kinds[METRICS_KINDS]) {
    for (size_t i = 0; i < METRICS_KINDS; i++) {
        if (i == METRICS_COPY)
            continue;
        fputs("patchmark_list_mails_total{list=\"", out);
        metrics_label_write(out, id);
        fprintf(out, "\",kind=\"%s\"} %" PRIu64 "\n", metrics_kinds[i], kinds[i]);
    }
}

void metrics_lists_write(FILE *out, const struct configuration *configuration) {
    metrics_head_write(out, "list_mails_total", "counter",
                       "Mails of open lists that were read, by list and kind, without further "
                       "copies; list other: lists for which there was no room.");
    pthread_mutex_lock(&table.lock);
    lists_configure(configuration);
    for (size_t i = 0; i < table.count; i++)
        list_write(out, table.lists[i].id, table.lists[i].kinds);
    list_write(out, OTHER, table.other);
    pthread_mutex_unlock(&table.lock);
}
