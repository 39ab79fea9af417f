/* SPDX-License-Identifier: BSD-2-Clause
 *
 * archive.h - all of libgit2: mails from git repositories, as public-inbox keeps them.
 *
 * A public-inbox archive is a folder with bare repositories git/0.git, git/1.git, ... ("epochs");
 * each commit brings one mail, as the file `m`, or takes one away, as the file `d`.  In the older
 * layout it is one bare repository whose mails are files xx/38 hexadecimal digits.  Mails come in
 * the order in which they were archived.  One thread at a time.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "patchmark-plugin.h"

struct archive;

/* True for a folder that is a public-inbox archive or a bare git repository. */
bool archive_is_one(const char *path);

/* The repositories of such a folder, as absolute names, oldest epoch first, NULL at the end; for
 * archive_repositories_free.  NULL after log_error. */
char **archive_repositories(const char *path);
void archive_repositories_free(char **repositories);

/* Opens one repository behind the commit AFTER; where its history has no such commit ("" never
 * is one) from its start.  NULL after log_error. */
struct archive *archive_open(const char *repository, const char *after);
void archive_close(struct archive *archive);

/* The next mail; valid until the next call.  1; 0 at the end; -1 after log_error: an object is
 * damaged or missing; the next call goes on behind it. */
int archive_next(struct archive *archive, struct patchmark_text *mail);

/* The newest commit of which, and of all before it, every mail was given; for archive_open.  ""
 * when there is none.  Stays before the first fault, so that a repaired repository is read. */
const char *archive_position(const struct archive *archive);

/* How far the reading is, in commits, from where archive_open began. */
void archive_progress(const struct archive *archive, uint64_t *done, uint64_t *total);

#endif
