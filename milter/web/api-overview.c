/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-overview.c - /api/lists, /api/activity and /api/health.
 *
 * Owns nothing and cannot fail.
 */
#include "web/api-private.h"

#include "store/outbox.h"
#include "web/bounds.h"

#include <string.h>
#include <time.h>

/* ---- /api/lists ---------------------------------------------------------------------------- */

struct lists {
    const struct configuration *configuration;
    struct arena *arena;
    GHashTable *counts; /* the number of series, an int64_t, by the id of the list */
    size_t rows, mails;
};

/* Returns the count of the list ID; NULL if it is closed, or if there are too many lists. */
static int64_t *count_of(struct lists *lists, const char *id) {
    int64_t *count = g_hash_table_lookup(lists->counts, id);
    const struct configuration_list *section;

    if (count || g_hash_table_size(lists->counts) >= LIMIT_API_LISTS)
        return count;
    section = configuration_list_by_id(lists->configuration, id);
    if (section && !section->publish)
        return NULL;
    count = arena_allocate(lists->arena, sizeof(*count));
    *count = 0;
    g_hash_table_insert(lists->counts, arena_copy(lists->arena, id, strlen(id)), count);
    return count;
}

/* Counts SERIES on each of the lists IDS; NULL makes them known only. */
static void ids_count(struct lists *lists, const char *ids, const struct index_recent *series) {
    const char *next;
    char id[256];

    for (const char *at = ids + strspn(ids, " "); *at; at = next + strspn(next, " ")) {
        size_t length = strcspn(at, " ");
        int64_t *count;

        next = at + length;
        if (length >= sizeof(id))
            continue;
        memcpy(id, at, length);
        id[length] = '\0';
        count = count_of(lists, id);
        if (count && series)
            ++*count;
    }
}

static bool series_count(void *argument, const struct index_recent *series) {
    struct lists *lists = argument;

    ids_count(lists, series->lists, series);
    return ++lists->rows < LIMIT_API_SERIES;
}

/* A list whose mails are in events is known, although none of them may have begun a series. */
static bool mail_note(void *argument, int64_t received, const char *kind, const char *ids) {
    struct lists *lists = argument;

    (void)received;
    (void)kind;
    ids_count(lists, ids, NULL);
    return ++lists->mails < LIMIT_API_LIST_MAILS;
}

/* Reads the lists that need no series to be known.  The caller must call lists_free. */
static void lists_read(struct call *call, struct lists *lists) {
    const struct configuration *configuration = call->api->configuration;

    *lists = (struct lists){.configuration = configuration,
                            .arena = &call->api->arena,
                            .counts = g_hash_table_new(g_str_hash, g_str_equal)};
    for (size_t i = 0; i < configuration->list_section_count; i++)
        if (!configuration->list_sections[i].is_pattern)
            count_of(lists, configuration->list_sections[i].pattern);
    index_walk_mails(call->api->store, 0, mail_note, lists);
}

static void lists_free(struct lists *lists) {
    g_hash_table_destroy(lists->counts);
}

bool api_list_is_known(struct call *call, const char *id) {
    struct lists lists;
    bool known;

    lists_read(call, &lists);
    known = g_hash_table_contains(lists.counts, id);
    lists_free(&lists);
    return known;
}

static int names_compare(const void *one, const void *other) {
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void lists_write(struct call *call, const struct lists *lists) {
    guint length;
    g_autofree const char **names =
        (const char **)g_hash_table_get_keys_as_array(lists->counts, &length);
    struct json_object object;
    struct json_list list;

    qsort(names, length, sizeof(*names), names_compare);
    json_object_open(&object, call->body, NULL, 0);
    api_add_state(call, &object);
    json_list_open(&list, &object, "lists", '[', LIMIT_API_BYTES);
    for (guint i = 0; i < length && !list.full; i++) {
        const int64_t *count = g_hash_table_lookup(lists->counts, names[i]);

        json_list_item(&list);
        json_write_open(call->body, NULL, '{');
        json_write_string(call->body, "id", names[i]);
        json_write_number(call->body, "series", *count);
        json_write_close(call->body, '}');
        json_list_check(&list);
    }
    json_list_close(&list, true);
    json_object_close(&object);
}

unsigned api_lists(struct call *call) {
    struct lists lists;

    lists_read(call, &lists);
    index_walk_recent(call->api->store, INT64_MAX, "", series_count, &lists);
    lists_write(call, &lists);
    lists_free(&lists);
    return 200;
}

/* ---- /api/activity ------------------------------------------------------------------------- */

#define HOUR 3600

struct activity {
    struct call *call;
    GHashTable *hours; /* by the number of the hour: a table of numbers by kind */
    size_t mails;
    int64_t oldest; /* the time of the last mail that was counted */
    bool full;
};

static bool mail_count(void *argument, int64_t received, const char *kind, const char *lists) {
    struct activity *activity = argument;
    struct arena *arena = &activity->call->api->arena;
    void *hour = GSIZE_TO_POINTER((gsize)(received / HOUR));
    GHashTable *kinds;
    void *name, *number = NULL;

    if (activity->mails++ >= LIMIT_API_MAILS) {
        activity->full = true;
        return false;
    }
    activity->oldest = received;
    if (!*series_report_lists(arena, activity->call->api->configuration, lists))
        return true;
    kinds = g_hash_table_lookup(activity->hours, hour);
    if (!kinds) {
        kinds = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_insert(activity->hours, hour, kinds);
    }
    if (!g_hash_table_lookup_extended(kinds, kind, &name, &number))
        name = arena_copy(arena, kind, strlen(kind));
    g_hash_table_insert(kinds, name, GSIZE_TO_POINTER(GPOINTER_TO_SIZE(number) + 1));
    return true;
}

static void kinds_write(GString *json, GHashTable *kinds) {
    guint length;
    g_autofree const char **names = (const char **)g_hash_table_get_keys_as_array(kinds, &length);

    qsort(names, length, sizeof(*names), names_compare);
    json_write_open(json, "kinds", '{');
    for (guint i = 0; i < length; i++)
        json_write_number(json, names[i],
                          (int64_t)GPOINTER_TO_SIZE(g_hash_table_lookup(kinds, names[i])));
    json_write_close(json, '}');
}

static void activity_write(struct activity *activity, int64_t first, int64_t last) {
    GString *json = activity->call->body;
    struct json_object object, item;

    json_object_open(&object, json, NULL, 0);
    api_add_state(activity->call, &object);
    json_write_open(json, "hours", '[');
    for (int64_t hour = first; hour <= last; hour++) {
        GHashTable *kinds = g_hash_table_lookup(activity->hours, GSIZE_TO_POINTER((gsize)hour));

        if (!kinds)
            continue;
        json_object_open(&item, json, NULL, 0);
        json_object_time(&item, "hour", hour * HOUR);
        kinds_write(json, kinds);
        json_object_close(&item);
    }
    json_write_close(json, ']');
    json_object_time(&object, "from", first * HOUR);
    json_object_time(&object, "to", last * HOUR);
    if (activity->full) {
        json_object_time(&object, "searched_to", activity->oldest);
        json_write_truth(json, "more", true);
    }
    json_object_close(&object);
}

unsigned api_activity(struct call *call) {
    struct activity activity = {
        .call = call,
        .hours = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_hash_table_destroy)};
    int64_t hours = 48, last = (int64_t)time(NULL) / HOUR;

    if (!api_argument_number(call, "hours", 1, LIMIT_API_HOURS, &hours)) {
        g_hash_table_destroy(activity.hours);
        return 400;
    }
    index_walk_mails(call->api->store, (last - hours + 1) * HOUR, mail_count, &activity);
    activity_write(&activity, last - hours + 1, last);
    g_hash_table_destroy(activity.hours);
    return 200;
}

/* ---- /api/health --------------------------------------------------------------------------- */

/* The sinks that are being written. */
struct sinks {
    GString *json;
    const struct outbox_totals *totals;
};

static void sink_write(void *argument, const char *name, int64_t acknowledged) {
    const struct sinks *sinks = argument;
    int64_t before = MAX(acknowledged, sinks->totals->oldest - 1);

    json_write_open(sinks->json, NULL, '{');
    json_write_string(sinks->json, "name", name);
    json_write_number(sinks->json, "pending", MAX(sinks->totals->newest - before, 0));
    json_write_number(sinks->json, "sequence", acknowledged);
    json_write_close(sinks->json, '}');
}

static bool newest_write(void *argument, int64_t received, const char *kind, const char *lists) {
    struct call *call = argument;
    char text[JSON_TIME_BYTES];

    (void)kind;
    if (!*series_report_lists(&call->api->arena, call->api->configuration, lists))
        return true;
    json_time(received, text);
    json_write_string(call->body, "newest_mail", text);
    return false;
}

static void outbox_write(struct call *call, struct json_object *object,
                         const struct outbox_totals *totals) {
    struct sinks sinks = {call->body, totals};

    json_write_open(call->body, "outbox", '{');
    json_write_number(call->body, "events",
                      totals->oldest > 0 ? totals->newest - totals->oldest + 1 : 0);
    json_write_number(call->body, "bytes", totals->bytes);
    if (totals->oldest_time >= 0)
        json_object_time(object, "oldest", totals->oldest_time);
    json_write_number(call->body, "newest", totals->newest);
    json_write_close(call->body, '}');
    json_write_open(call->body, "sinks", '[');
    outbox_walk_sinks(call->api->store, sink_write, &sinks);
    json_write_close(call->body, ']');
}

unsigned api_health(struct call *call) {
    struct api *api = call->api;
    struct outbox_totals totals;
    struct json_object object;

    if (outbox_count(api->store, &totals) < 0)
        return 503;
    json_object_open(&object, call->body, NULL, 0);
    json_write_string(call->body, "state", api_state_name(store_reader_state(api->store)));
    json_write_string(call->body, "version", PACKAGE_VERSION);
    json_write_number(call->body, "schema", store_schema());
    outbox_write(call, &object, &totals);
    json_add_number(call->body, "lost", store_reader_lost(api->store));
    index_walk_mails(api->store, 0, newest_write, call);
    json_object_close(&object);
    return 200;
}
