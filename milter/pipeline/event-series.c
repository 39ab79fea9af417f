/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-series.c - see event-series.h.  Owns nothing; the arena of the mail has the series.
 */
#include "pipeline/event-series.h"

#include "pipeline/event-types.h"
#include "pipeline/series-view.h"

#include <string.h>

/* Returns the series ID; NULL if it is unknown. */
static struct series_view *view_of(struct store *store, struct mail *mail, const char *id) {
    struct series_view *view = arena_allocate(&mail->arena, sizeof(*view));

    return series_view_find(store, &mail->arena, id, view) ? view : NULL;
}

/* Sets MAIL->reroll if MAIL is one of a posting that replaces parts of the series OLD. */
static void reroll_find(struct store *store, struct mail *mail, const char *old) {
    struct series_view *view = view_of(store, mail, old);

    if (!view || view->row.state != INDEX_STATE_COMPLETE)
        return;
    series_view_read(store, &mail->arena, view);
    series_view_read_replaced(store, &mail->arena, view);
    for (size_t i = 0; i < view->replaced_count; i++)
        if (strcmp(view->replaced[i].by, patchmark_message_id(mail->message)) == 0) {
            mail->reroll = view;
            mail->reroll_part = view->replaced[i].part;
            return;
        }
}

/* Returns the series ID that MAIL answers, of which its events have only the head; NULL if it is
 * unknown. */
static struct series_view *brief_view_of(struct store *store, struct mail *mail, const char *id) {
    struct series_view *view = arena_allocate(&mail->arena, sizeof(*view));

    return series_view_find_brief(store, &mail->arena, id, view) ? view : NULL;
}

/* Returns the series ID, of which MAIL is a member: the row that was just recorded, else the one
 * that the index has; NULL if it is unknown. */
static struct series_view *own_view(struct store *store, struct mail *mail, const char *id) {
    struct series_view *view;

    if (!mail->learned || !mail->learned->row.id)
        return view_of(store, mail, id);
    view = arena_allocate(&mail->arena, sizeof(*view));
    series_view_take(&mail->arena, &mail->learned->row, view);
    return view;
}

void event_series_find(struct store *store, struct mail *mail) {
    const char *id = patchmark_fact_string(mail->facts, "series.id");

    mail->series = mail->reroll = NULL;
    if (!id)
        return;
    if (!patchmark_fact_is_set(mail->facts, "series.part")) {
        mail->series = brief_view_of(store, mail, id);
        return;
    }
    mail->series = own_view(store, mail, id);
    if (mail->series && *mail->series->row.supersedes && index_is_reroll(&mail->series->row))
        reroll_find(store, mail, mail->series->row.supersedes);
}

/* Reads the members of MAIL->series.  If MAIL opened it, it is the only one, as most patches are.
 */
static void members_read(struct store *store, struct mail *mail) {
    const char *patch_id = patchmark_fact_string(mail->facts, "patch.id");
    struct index_member *only;

    if (!mail->series_opened || patchmark_fact_count(mail->facts, "series.same_as") > 0 ||
        !mail->learned) {
        series_view_read(store, &mail->arena, mail->series);
        return;
    }
    only = arena_allocate(&mail->arena, sizeof(*only));
    *only = mail->learned->member;
    only->patch_id = patch_id ? patch_id : "";
    mail->series->parts = only;
    mail->series->part_count = 1;
    mail->series->whole = true;
}

static bool is_of_series(const char *type) {
    return strncmp(type, "patchmark.series.", strlen("patchmark.series.")) == 0;
}

/* Sets the series of EVENT.  Returns false if one is unknown. */
static bool series_set(struct store *store, struct mail *mail, struct mail_event *event) {
    const char *old = patchmark_fact_string(mail->facts, "series.supersedes");
    struct series_view *older;

    if (!is_of_series(event->type)) {
        if (strcmp(event->type, EVENT_COMMIT_ANNOUNCED) == 0 && mail->series)
            members_read(store, mail);
        return true;
    }
    event->series =
        event->reason && strcmp(event->reason, "replaced") == 0 ? mail->reroll : mail->series;
    if (!mail->series || !event->series)
        return false;
    members_read(store, mail);
    if (strcmp(event->type, EVENT_SERIES_SUPERSEDED) != 0)
        return true;
    event->old = older = old ? view_of(store, mail, old) : NULL;
    if (older) {
        series_view_read(store, &mail->arena, older);
        series_view_read_replaced(store, &mail->arena, older);
    }
    return older != NULL;
}

void event_series_read(struct store *store, struct mail *mail) {
    size_t count = 0;

    for (size_t i = 0; i < mail->event_count; i++)
        if (series_set(store, mail, &mail->events[i]))
            mail->events[count++] = mail->events[i];
    mail->event_count = count;
}
