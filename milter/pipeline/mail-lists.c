/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail-lists.c - the lists of a mail; see mail-lists.h.
 *
 * Owns nothing; strings are in the arena of the mail, its message or the configuration.
 */
#include "pipeline/mail-lists.h"

#include "mail/author.h"
#include "pipeline/archive-url.h"
#include "util/word-set.h"

#include <glib.h>
#include <string.h>
#include <strings.h>

#define URL_BYTES 1000 /* a longer Archived-At is ignored */

/* ---- lists -------------------------------------------------------------------------------- */

static struct mail_list *list_find(struct mail *mail, const char *id) {
    for (size_t i = 0; i < mail->list_count; i++)
        if (strcmp(mail->lists[i].id, id) == 0)
            return &mail->lists[i];
    return NULL;
}

/* Adds a list.  Open lists are first, and if there are too many lists, an open one is dropped and
 * not a closed one. */
static void list_add(struct mail *mail, const struct mail_list *list) {
    struct mail_list *known = list_find(mail, list->id);
    size_t at = 0;

    if (known) {
        known->posted = known->posted || list->posted;
        known->publishes = known->publishes || list->publishes;
        return;
    }
    while (at < mail->list_count && !(mail->lists[at].closed && !list->closed))
        at++;
    if (mail->list_count == MAIL_LISTS) {
        if (!list->closed || mail->lists[0].closed)
            return;
        memmove(&mail->lists[0], &mail->lists[1], (MAIL_LISTS - 1) * sizeof(mail->lists[0]));
        mail->lists[MAIL_LISTS - 1] = *list;
        return;
    }
    memmove(&mail->lists[at + 1], &mail->lists[at],
            (mail->list_count - at) * sizeof(mail->lists[0]));
    mail->lists[at] = *list;
    mail->list_count++;
}

/* Returns true if the address FROM is ADDRESS with one of the words by which list managers make
 * addresses of their own: "list-owner@host" and "list+bounces@host". */
static bool is_own_address(const char *from, const char *address) {
    static const char *const words[] = {"owner", "request",     "bounces", "bounce", "confirm",
                                        "admin", "unsubscribe", "editor",  "join",   "leave"};
    const char *at = strchr(address, '@');
    size_t length = at ? (size_t)(at - address) : 0;

    if (!at || strncmp(from, address, length) != 0 || !from[length] || !strchr("-+", from[length]))
        return false;
    from += length + 1;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncmp(from, words[i], strlen(words[i])) == 0 &&
            strcmp(from + strlen(words[i]), at) == 0)
            return true;
    return false;
}

/* Returns true if MAIL was written by the manager of LIST, as its notice to the owners that a mail
 * is held for moderation, which contains that mail.  It is no posting. */
static bool is_notice(const struct mail *mail, const char *id,
                      const struct configuration_list *section) {
    const char *from = patchmark_message_sender(mail->message);
    char *address = g_strdup(id), *dot = strchr(address, '.');
    bool notice;

    /* Mailman, mlmmj and Sympa make the List-Id of a list from its address. */
    if (dot)
        *dot = '@';
    notice = is_own_address(from, address);
    for (size_t i = 0; section && !notice && i < section->address_count; i++)
        notice = is_own_address(from, section->addresses[i]);
    g_free(address);
    return notice;
}

static void configured_add(struct mail *mail, const struct configuration_list *section,
                           bool posted) {
    bool notice = is_notice(mail, section->pattern, section);

    mail->notice = mail->notice || notice;
    list_add(mail, &(struct mail_list){.id = section->pattern,
                                       .section = section,
                                       .closed = !section->publish,
                                       .posted = posted && !notice,
                                       .publishes = section->publish && !notice &&
                                                    (posted || section->received)});
}

static bool is_closed(const struct mail *mail) {
    return mail->list_count > 0 && mail->lists[mail->list_count - 1].closed;
}

/* Adds the lists of this host that a List-Id of a mail from a local client names; only those among
 * RECEIVED unless that is NULL.  If one of them is closed, only closed ones: some list managers
 * keep a List-Id that the sender wrote. */
static void list_ids_add(struct mail *mail, const struct configuration *configuration,
                         const char *received) {
    const struct configuration_list *named[MAIL_LISTS];
    size_t ids = message_list_id_count(mail->message), count = 0;
    bool closed = false;

    for (size_t i = 0; i < ids; i++) {
        const struct configuration_list *section =
            configuration_list_by_id(configuration, message_list_id_at(mail->message, i));
        size_t at = 0;

        if (!section || (received && !word_set_has(received, section->pattern)))
            continue;
        closed = closed || !section->publish;
        while (at < count && named[at] != section)
            at++;
        if (at < MAIL_LISTS)
            count = at < count ? count : at + 1;
        else if (!section->publish) /* a closed list is never left out */
            at = MAIL_LISTS - 1;
        if (at < MAIL_LISTS)
            named[at] = section;
    }
    mail->several = count > 1;
    for (size_t i = 0; i < count; i++)
        if (!closed || !named[i]->publish)
            configured_add(mail, named[i], true);
}

/* Returns true if a List-Id of MAIL, also of one that is not from a local client, is that of a
 * closed list of this host. */
static bool names_closed(const struct mail *mail, const struct configuration *configuration) {
    size_t ids = message_list_id_count(mail->message);

    for (size_t i = 0; configuration_has_closed_lists(configuration) && i < ids; i++) {
        const struct configuration_list *section =
            configuration_list_by_id(configuration, message_list_id_at(mail->message, i));

        if (section && !section->publish)
            return true;
    }
    return false;
}

/* Adds the list with the List-Id ID, which counts as posted. */
static void posted_add(struct mail *mail, const struct configuration *configuration,
                       const char *id) {
    const struct configuration_list *section = configuration_list_by_id(configuration, id);

    if (section)
        configured_add(mail, section, true);
    else if (is_notice(mail, id, NULL))
        mail->notice = true;
    else
        list_add(mail, &(struct mail_list){.id = id, .posted = true, .publishes = true});
}

/* ---- what the lists allow ----------------------------------------------------------------- */

static void scopes_set(struct mail *mail) {
    if (mail->list_count > 0 && !mail->lists[0].closed)
        return;
    for (size_t i = 0; i < mail->list_count; i++)
        mail->scopes[mail->scope_count++] = mail->lists[i].id;
    if (mail->list_count == 0)
        mail->scopes[mail->scope_count++] = INDEX_PRIVATE;
}

static const struct configuration_list *options_of(const struct configuration *configuration,
                                                   const struct mail_list *list) {
    return list->section ? list->section : configuration_list_options_for(configuration, list->id);
}

static void options_set(struct mail *mail, const struct configuration *configuration) {
    mail->publish = false;
    mail->annotate =
        mail->list_count == 0 && configuration_list_options_for(configuration, "")->annotate;
    for (size_t i = 0; i < mail->list_count; i++) {
        mail->publish = mail->publish || mail->lists[i].publishes;
        mail->annotate = mail->annotate || options_of(configuration, &mail->lists[i])->annotate;
    }
}

/* Returns why MAIL belongs to no list; HIDDEN is that of lists_find. */
static const char *unlisted_find(const struct mail *mail, const struct configuration *configuration,
                                 bool hidden) {
    size_t ids = message_list_id_count(mail->message);

    if (hidden || mail->notice)
        return hidden ? "many-fields" : "notice";
    for (size_t i = 0; i < ids; i++)
        if (configuration_list_by_id(configuration, message_list_id_at(mail->message, i)))
            return "client";
    if (ids == 0)
        return "no-list";
    return *message_list_id(mail->message) ? "other-list" : "list-id";
}

static void lists_find(struct mail *mail, const struct configuration *configuration,
                       const char *received) {
    const char *id = message_list_id(mail->message);
    /* The List-Id of a closed list may be among the fields that were left out. */
    bool hidden =
        configuration_has_closed_lists(configuration) && message_header_is_full(mail->message);

    mail->list_count = mail->scope_count = 0;
    mail->notice = false;
    for (size_t i = 0; i < mail->recipient_count; i++)
        configured_add(mail, mail->recipients[i], false);
    if (mail->local && !hidden)
        list_ids_add(mail, configuration, received);
    if (*id && !hidden && !is_closed(mail) && !names_closed(mail, configuration) &&
        !configuration_list_by_id(configuration, id) &&
        configuration_list_counts(configuration, id))
        posted_add(mail, configuration, id);
    if (mail->list_count == 0 && mail->default_list)
        posted_add(mail, configuration, mail->default_list);
    if (mail->list_count == 0)
        mail->unlisted = unlisted_find(mail, configuration, hidden);
    scopes_set(mail);
    options_set(mail, configuration);
    message_set_list(mail->message, mail->list_count > 0 ? mail->lists[0].id : "");
}

void mail_lists_find(struct mail *mail, const struct configuration *configuration) {
    mail->several = false;
    lists_find(mail, configuration, NULL);
}

void mail_lists_find_again(struct mail *mail, const struct configuration *configuration,
                           const char *received) {
    lists_find(mail, configuration, received);
}

/* ---- the author --------------------------------------------------------------------------- */

void mail_lists_find_author(struct mail *mail, const struct configuration *configuration) {
    const char *from = patchmark_message_sender(mail->message), *post;
    const struct configuration_list *section = configuration_list_by_address(configuration, from);

    if (section) {
        message_find_author(mail->message, section->pattern,
                            (const char *const *)section->addresses, section->address_count,
                            mail->local);
        return;
    }
    post = message_list_post(mail->message);
    for (size_t i = 0; i < mail->list_count; i++) {
        const struct mail_list *list = &mail->lists[i];

        section = list->section;
        if (section && section->address_count > 0)
            message_find_author(mail->message, list->id, (const char *const *)section->addresses,
                                section->address_count, mail->local);
        else if (post)
            message_find_author(mail->message, list->id, &post, 1, !section || mail->local);
        if (message_sender_rewritten(mail->message))
            return;
    }
}

/* ---- closed lists ------------------------------------------------------------------------- */

/* Calls MATCHES with TEXT and each address of a closed list until it returns true, and returns
 * that.
 */
static bool closed_match(const struct configuration *configuration, const char *text,
                         bool (*matches)(const char *text, const char *address)) {
    if (!configuration || !configuration_has_closed_lists(configuration))
        return false;
    for (size_t i = 0; i < configuration->list_section_count; i++) {
        const struct configuration_list *section = &configuration->list_sections[i];

        for (size_t j = 0; !section->publish && j < section->address_count; j++)
            if (matches(text, section->addresses[j]))
                return true;
    }
    return false;
}

static bool is_address_of(const char *text, const char *address) {
    return strcmp(text, address) == 0 || is_own_address(text, address);
}

static bool contains(const char *text, const char *address) {
    return strcasestr(text, address) != NULL;
}

bool mail_lists_hide_address(const struct mail *mail, const char *address) {
    return closed_match(mail->configuration, address, is_address_of);
}

bool mail_lists_hide_text(const struct mail *mail, const char *text) {
    return closed_match(mail->configuration, text, contains);
}

bool mail_lists_names_closed(const struct configuration *configuration, const char *text) {
    return closed_match(configuration, text, contains);
}

/* ---- texts -------------------------------------------------------------------------------- */

const char *mail_lists_text(struct mail *mail, bool posted) {
    const char *text = "";

    for (size_t i = 0; i < mail->list_count; i++)
        if (mail->lists[i].closed == mail->lists[0].closed && (!posted || mail->lists[i].posted) &&
            *mail->lists[i].id)
            text = arena_join(&mail->arena,
                              (const char *[]){text, *text ? " " : "", mail->lists[i].id, NULL});
    return text;
}

/* ---- links -------------------------------------------------------------------------------- */

const char *mail_lists_archive_url(struct mail *mail, const struct mail_list *list) {
    const char *header = patchmark_message_header(mail->message, "Archived-At", 0), *open;
    size_t length;

    if (!*patchmark_message_id(mail->message))
        return NULL;
    if (list->section && list->section->archive_url && *list->section->archive_url)
        return archive_url_fill(&mail->arena, list->section->archive_url,
                                patchmark_message_id(mail->message));
    open = header && list->posted ? strchr(header, '<') : NULL;
    if (!open)
        return NULL;
    length = strcspn(++open, "<>\" \t");
    if (length > URL_BYTES || open[length] != '>' ||
        (strncasecmp(open, "https://", 8) != 0 && strncasecmp(open, "http://", 7) != 0))
        return NULL;
    return arena_copy(&mail->arena, open, length);
}
