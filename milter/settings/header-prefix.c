/* SPDX-License-Identifier: BSD-2-Clause
 *
 * header-prefix.c - see header-prefix.h.
 */
#include "settings/header-prefix.h"

#include <string.h>
#include <strings.h>

/* How names of header fields of other programs begin: those of mail in IANA's registry "Message
 * Headers" (RFC 3864; RFC 4021 describes most of them), those of MTAs and mail clients that were
 * never registered, and those of filters, list managers and forges. */
static const char *const families[] = {"Accept-",
                                       "ARC-",
                                       "Archived-",
                                       "Authentication-",
                                       "Auto-",
                                       "Content-",
                                       "Delivered-",
                                       "Delivery-",
                                       "Disposition-",
                                       "DKIM-",
                                       "DomainKey-",
                                       "Downgraded-",
                                       "Envelope-",
                                       "Errors-",
                                       "Feedback-",
                                       "Followup-",
                                       "Injection-",
                                       "In-Reply-",
                                       "List-",
                                       "Mail-",
                                       "Mailing-",
                                       "Message-",
                                       "MIME-",
                                       "Original-",
                                       "Originator-",
                                       "Received-",
                                       "Reply-",
                                       "Require-",
                                       "Resent-",
                                       "Return-",
                                       "See-",
                                       "Thread-",
                                       "TLS-",
                                       "User-",
                                       "VBR-",
                                       "X400-",
                                       "X-Amavis-",
                                       "X-Authenticated-",
                                       "X-Authentication-",
                                       "X-Auto-",
                                       "X-Bugzilla-",
                                       "X-Debian-",
                                       "X-Delivered-",
                                       "X-Envelope-",
                                       "X-Failed-",
                                       "X-Forwarded-",
                                       "X-Gerrit-",
                                       "X-Git-",
                                       "X-GitHub-",
                                       "X-GitLab-",
                                       "X-Google-",
                                       "X-JIRA-",
                                       "X-List-",
                                       "X-Mailman-",
                                       "X-Microsoft-",
                                       "X-MIME-",
                                       "X-Mozilla-",
                                       "X-MS-",
                                       "X-Original-",
                                       "X-Originating-",
                                       "X-Patchwork-",
                                       "X-Proofpoint-",
                                       "X-Rspamd-",
                                       "X-Sender-",
                                       "X-Spam-",
                                       "X-Spamd-",
                                       "X-Virus-"};

bool header_prefix_is_foreign(const char *prefix) {
    size_t length = strlen(prefix);

    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
        size_t shorter = strlen(families[i]);

        if (strncasecmp(families[i], prefix, length < shorter ? length : shorter) == 0)
            return true;
    }
    return false;
}
