/* SPDX-License-Identifier: BSD-2-Clause
 *
 * archive.h - reads mails from git repositories, as public-inbox keeps them.
 *
 * A public-inbox archive is a folder with bare repositories git/0.git, git/1.git, ... ("epochs");
 * each commit adds one mail, as the file `m`, or removes one, as the file `d`.  In the older layout
 * it is one bare repository whose mails are files with names of 2 and 38 hexadecimal digits, such
 * as xx/yyy.  Mails come in the order in which they were archived.  All use of libgit2 is here.  A
 * struct archive may be used by one thread at a time.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "patchmark-plugin.h"

struct archive;

/* Returns true if PATH is a folder that is a public-inbox archive or a bare git repository. */
bool archive_is_one(const char *path);

/* Returns the absolute paths of the repositories in the archive PATH, oldest epoch first, as an
 * array that ends with NULL and that archive_repositories_free frees.  Returns NULL if PATH is not
 * such a folder; the error was logged. */
char **archive_repositories(const char *path);
void archive_repositories_free(char **repositories);

/* Opens the repository at the path REPOSITORY, to be read from behind the commit AFTER, a value of
 * archive_position.  Reads from the start if AFTER is "" or is not in its history.  Returns NULL if
 * the repository or its history cannot be read; the error was logged.  archive_close frees the
 * result. */
struct archive *archive_open(const char *repository, const char *after);
void archive_close(struct archive *archive);

/* Sets *MAIL to the bytes of the next mail, which are valid until the next call.  Returns 1 if
 * there was one, and 0 at the end.  Returns -1 if an object is damaged or missing; the error was
 * logged, and the next call continues behind that object. */
int archive_next(struct archive *archive, struct patchmark_text *mail);

/* Returns the id, 40 hexadecimal digits, of the newest commit up to which all mails were returned;
 * "" if there is none.  The position stays before the first error, so that a repaired repository is
 * read again.  The string belongs to ARCHIVE and changes with archive_next. */
const char *archive_position(const struct archive *archive);

/* Sets *DONE and *TOTAL to the number of commits that were read and that will be read, from where
 * archive_open began. */
void archive_progress(const struct archive *archive, uint64_t *done, uint64_t *total);

#endif
