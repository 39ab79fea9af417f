/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tell.h - events about a whole series, from what the index knows of it.
 *
 * Inside store_begin .. store_commit.  A fault was logged; then there is no event.
 */
#ifndef TELL_H
#define TELL_H

#include "pipeline/lesson.h"

/* Nobody added to the series ID for long, and parts are missing. */
void tell_incomplete(struct store *store, const char *id, const char *host, int64_t now);

/* The series of LAST is complete, and no mail of this host showed it. */
void tell_completed(struct store *store, const struct lesson *last, const char *host, int64_t now);

#endif
