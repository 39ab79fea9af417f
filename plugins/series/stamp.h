/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stamp.h - the run stamp in a Message-ID: what all mails of one run of a sending tool share.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>

#define STAMP_SIZE 256

/* Reads the run stamp of MESSAGE_ID (no angle brackets) into STAMP, and its counter, from 1, into
 * *COUNTER (0: this tool's ids have none).  False when no tool that is known made the id.
 *
 *   git send-email      20200507134205.7559-2-user@host    ->  20200507134205.7559-*-user@host
 *   older               1573131223-5685-1-git-send-email-user@host
 *   b4                  20250203-slug-v3-2-0123456789ab@host
 *   hg patchbomb        0123456789ab.1589000000@host, patchbomb.1589000000@host
 */
bool stamp_read(const char *message_id, char stamp[STAMP_SIZE], long *counter);

#endif
