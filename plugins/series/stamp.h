/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stamp.h - the run stamp in a Message-ID: what all mails of one run of a sending tool share.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stdint.h>

#define STAMP_SIZE 256

/* Reads the run stamp of MESSAGE_ID (no angle brackets) into STAMP, and its counter into *COUNTER.
 * False when no tool that is known made the id.
 *
 *   git send-email      20200507134205.7559-2-user@host    ->  20200507134205.7559-*-user@host
 *   older               1573131223-5685-1-git-send-email-user@host
 *   b4                  20250203-slug-v3-2-0123456789ab@host, its cover has counter 0
 */
bool stamp_read(const char *message_id, char stamp[STAMP_SIZE], long *counter);

/* Ids of tools that write the second in which each mail was made, so that it ticks over inside one
 * run: what stays the same into STAMP, the second into *SECOND.
 *
 *   git format-patch --thread   hash.1589000000.git.user@host
 *   GitGitGadget                pull.123.git.1589000000.user@host, its parts as format-patch's
 *   hg patchbomb                01234567890123456789.1589000000@host, patchbomb.1589000000@host
 *   stgit                       20080414124003.26664.94545.stgit@host
 */
bool stamp_read_ticking(const char *message_id, char stamp[STAMP_SIZE], int64_t *second);

/* The id as the sender's tool wrote it: some gateways put 16 hex digits and "+" in front of it, and
 * leave the references of others alone. */
const char *stamp_original(const char *message_id);

#endif
