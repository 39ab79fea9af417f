/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail-lists.h - determines the lists to which a mail belongs, and what that allows.
 *
 * A list server sees a posting twice: inbound, addressed to the posting address of a list, and
 * going out, with the List-Id.  The functions may be called on any thread, by one thread at a time
 * for each mail, and cannot fail.
 */
#ifndef MAIL_LISTS_H
#define MAIL_LISTS_H

#include "pipeline/mail.h"
#include "settings/configuration.h"

/* Fills the lists, the scopes, `publish` and `annotate` of MAIL, which was parsed, and sets the
 * list that plugins see.  A list of this host counts if its address is among the recipients, or if
 * its List-Id is on a mail from a local client, so that no sender can name it; any other List-Id if
 * CONFIGURATION allows it.  If a closed list counts, only lists of this host do. */
void mail_lists_find(struct mail *mail, const struct configuration *configuration);

/* Does the same again for MAIL whose List-Ids name several lists of this host, when it is known
 * that the mail was received for RECEIVED, List-Ids separated by spaces: only these count. */
void mail_lists_find_again(struct mail *mail, const struct configuration *configuration,
                           const char *received);

/* Finds the author of a mail whose From a list of MAIL rewrote.  Call it after mail_lists_find. */
void mail_lists_find_author(struct mail *mail, const struct configuration *configuration);

/* Returns the List-Ids of the open lists of MAIL, or of the closed ones if it has no open one,
 * separated by spaces; only those on which it was posted if POSTED is true.  The string belongs to
 * MAIL->arena. */
const char *mail_lists_text(struct mail *mail, bool posted);

/* Returns the link to MAIL in the archive of LIST: the template of the configuration filled in, or
 * the field Archived-At (RFC 5064) of a mail that was posted; NULL if there is none.  The string
 * belongs to the arena or the message of MAIL. */
const char *mail_lists_archive_url(struct mail *mail, const struct mail_list *list);

/* Return true if ADDRESS, in lower case, is an address of a closed list of this host, or if TEXT
 * contains one: they show in no event, also not where a mail of open lists names them. */
bool mail_lists_hide_address(const struct mail *mail, const char *address);
bool mail_lists_hide_text(const struct mail *mail, const char *text);
/* Returns true if TEXT contains an address of a closed list in CONFIGURATION. */
bool mail_lists_names_closed(const struct configuration *configuration, const char *text);

#endif
