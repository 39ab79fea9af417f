/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-find.c - see series-find.h.
 */
#include "command/series-find.h"

#include "command/event-filter.h"

#include <glib.h>
#include <string.h>

#define SCOPES_MAX 1000
#define BLANKS     " \t\r\n"
#define URL_ENDS   "/?#&=" /* what separates the segments of a URL */

/* ---- names --------------------------------------------------------------------------------- */

/* Returns the id of a series or topic that TEXT is, in any case of letters; NULL if it is none. */
static const char *id_read(struct arena *arena, const char *text) {
    g_autofree char *lower = g_ascii_strdown(text, -1);

    return event_filter_is_id(lower) ? arena_copy(arena, lower, strlen(lower)) : NULL;
}

/* Returns the last segment of the URL whose part after the scheme is REST that is an id or a
 * Message-ID; NULL if there is none. */
static const char *url_read(struct arena *arena, const char *rest) {
    const char *found = NULL;

    for (rest += strcspn(rest, URL_ENDS); *(rest += strspn(rest, URL_ENDS));) {
        size_t length = strcspn(rest, URL_ENDS);
        g_autofree char *segment = g_uri_unescape_segment(rest, rest + length, NULL);
        const char *id = segment ? id_read(arena, segment) : NULL;

        if (id)
            found = id;
        else if (segment && strchr(segment, '@'))
            found = arena_copy(arena, segment, strlen(segment));
        rest += length;
    }
    return found;
}

const char *series_name_clean(struct arena *arena, const char *name) {
    const char *open = strchr(name, '<'), *scheme, *found;
    size_t length;
    char *text;

    name = open ? open + 1 : name;
    name += strspn(name, BLANKS);
    length = strcspn(name, ">");
    while (length > 0 && strchr(BLANKS, name[length - 1]))
        length--;
    text = arena_copy(arena, name, length);
    scheme = strstr(text, "://");
    found = scheme ? url_read(arena, scheme + 3) : NULL;
    if (found)
        return found;
    found = id_read(arena, text);
    return found ? found : text;
}

/* ---- looking up ---------------------------------------------------------------------------- */

struct scopes {
    struct arena *arena;
    const char *names[SCOPES_MAX]; /* of the index, other than that of open lists */
    size_t count;
};

static void scope_collect(void *argument, const char *scope) {
    struct scopes *scopes = argument;

    if (scopes->count < SCOPES_MAX)
        scopes->names[scopes->count++] = arena_copy(scopes->arena, scope, strlen(scope));
}

struct answers {
    struct arena *arena;
    struct index_answer *all;
    size_t count;
};

static void answer_keep(void *argument, const struct index_answer *answer) {
    struct answers *answers = argument;

    if (answers->count < SERIES_ANSWERS_MOST)
        answers->all[answers->count] = (struct index_answer){
            .message_id =
                arena_copy(answers->arena, answer->message_id, strlen(answer->message_id)),
            .sender = arena_copy(answers->arena, answer->sender, strlen(answer->sender)),
            .sender_name =
                arena_copy(answers->arena, answer->sender_name, strlen(answer->sender_name)),
            .kind = arena_copy(answers->arena, answer->kind, strlen(answer->kind)),
            .received = answer->received};
    answers->count++;
}

/* Finds answers to the series ID, of which the index has no mail. */
static bool answers_find(struct store *store, struct arena *arena, const char *id,
                         struct series_found *found) {
    struct answers answers = {arena,
                              arena_allocate(arena, SERIES_ANSWERS_MOST * sizeof(*answers.all)), 0};

    if (index_walk_answers(store, id, answer_keep, &answers) < 0 || answers.count == 0)
        return false;
    found->what = SERIES_ANSWERS;
    found->id = id;
    found->answers = answers.all;
    found->answer_count = answers.count;
    return true;
}

/* Finds what NAME means in the first scope of the transaction, if it is no series. */
static bool rest_find(struct store *store, struct arena *arena, const char *name,
                      struct series_found *found) {
    struct index_message mail;

    if (event_filter_is_id(name))
        return answers_find(store, arena, name, found);
    if (!series_report_message(store, arena, NULL, name, &mail))
        return false;
    if (*mail.series)
        return answers_find(store, arena, mail.series, found);
    found->what = SERIES_MAIL;
    found->mail = (struct index_message){.message_id = mail.message_id,
                                         .kind = mail.kind,
                                         .received = mail.received};
    return true;
}

/* Finds what NAME means in *SCOPE, or that of open lists if SCOPE is NULL; a series is better than
 * anything else. */
static void scope_find(struct store *store, struct arena *arena, const char *name,
                       const char *const *scope, struct series_found *found) {
    const char *id;

    if (scope)
        index_set_scopes(store, scope, 1);
    id = series_report_find(store, arena, name);
    if (id && series_report_read(store, arena, NULL, id, &found->report))
        found->what = SERIES_FOUND;
    else if (found->what != SERIES_UNKNOWN || !rest_find(store, arena, name, found))
        return;
    found->scope = scope ? *scope : NULL;
}

void series_find(struct store *store, struct arena *arena, const char *name,
                 struct series_found *found) {
    struct scopes *scopes = arena_allocate(arena, sizeof(*scopes));

    *found = (struct series_found){.what = SERIES_UNKNOWN};
    *scopes = (struct scopes){.arena = arena};
    store_begin(store);
    scope_find(store, arena, name, NULL, found);
    if (found->what != SERIES_FOUND)
        index_walk_scopes(store, scope_collect, scopes);
    for (size_t i = 0; i < scopes->count && found->what != SERIES_FOUND; i++)
        scope_find(store, arena, name, &scopes->names[i], found);
    store_rollback(store);
}
