/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stamp.h - the run stamp in a Message-ID: the text that the Message-IDs of all mails of one run of
 * a sending tool have in common.
 *
 * The functions may be called on any thread, keep nothing and do not fail.  Message-IDs are
 * NUL-terminated and without angle brackets.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stdint.h>

#define STAMP_SIZE 256 /* bytes of a stamp, with its NUL */

/* Reads a Message-ID that has a counter.  Writes its run stamp, NUL-terminated, to STAMP: the
 * Message-ID with "*" in place of the counter; and the counter to *COUNTER.  Returns false if the
 * Message-ID has the form of none of these tools, or if the stamp would be too long; STAMP and
 * *COUNTER are then undefined.
 *
 *   git send-email      20200507134205.7559-2-user@host    ->  20200507134205.7559-*-user@host
 *   before git 2.1      1573131223-5685-1-git-send-email-user@host
 *   b4                  20250203-slug-v3-2-0123456789ab@host; its cover has counter 0
 */
bool stamp_read(const char *message_id, char stamp[STAMP_SIZE], long *counter);

/* Writes the Message-ID of the first mail of the run that made MESSAGE_ID, whose counter is 1, to
 * FIRST, NUL-terminated.  Returns false if MESSAGE_ID is not from git send-email. */
bool stamp_first(const char *message_id, char first[STAMP_SIZE]);

/* Writes the time at which the run that made MESSAGE_ID started, in seconds since 1970-01-01, to
 * *SECOND.  Returns false as stamp_first does. */
bool stamp_git_second(const char *message_id, int64_t *second);

/* Reads a Message-ID that has a time, which may change during a run.  Writes the text that does not
 * change, NUL-terminated, to STAMP, and the time, in seconds since 1970-01-01 UTC, to *SECOND.
 * Returns false as stamp_read does.
 *
 *   git format-patch --thread   hash.1589000000.git.user@host
 *   GitGitGadget                pull.123.git.1589000000.user@host, also with the owner of the
 *                               repository, pull.123.git.git...; parts as git format-patch
 *   hg patchbomb                01234567890123456789.1589000000@host, patchbomb.1589000000@host
 *   stgit                       20080414124003.26664.94545.stgit@host
 */
bool stamp_read_timed(const char *message_id, char stamp[STAMP_SIZE], int64_t *second);

/* Returns MESSAGE_ID as the sender's tool wrote it, a pointer into MESSAGE_ID: some gateways put 16
 * hex digits and "+" in front of it, but do not change the references in other mails. */
const char *stamp_original(const char *message_id);

/* Returns true if the Message-ID is from no tool that puts a stamp there. */
bool stamp_is_missing(const char *message_id);

#endif
