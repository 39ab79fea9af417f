/* SPDX-License-Identifier: BSD-2-Clause
 *
 * archive-url.h - links to mails in the archives of lists.
 */
#ifndef ARCHIVE_URL_H
#define ARCHIVE_URL_H

#include "settings/configuration.h"
#include "util/arena.h"

/* Returns TEMPLATE, the option archive_url of a list, with its placeholders replaced for the mail
 * MESSAGE_ID, which has no angle brackets.  ARENA owns the string. */
const char *archive_url_fill(struct arena *arena, const char *template, const char *message_id);

/* Returns the link to the mail MESSAGE_ID in the archive of the first of LISTS, separated by
 * spaces, that is open in CONFIGURATION and has one; NULL if none has.  ARENA owns the string. */
const char *archive_url_find(struct arena *arena, const struct configuration *configuration,
                             const char *lists, const char *message_id);

#endif
