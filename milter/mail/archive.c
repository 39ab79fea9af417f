/* SPDX-License-Identifier: BSD-2-Clause
 *
 * archive.c - see archive.h.
 *
 * The history is read twice: from the newest commit back along first parents, keeping 40 bytes for
 * each commit, and then from the oldest commit forward for the mails.  Nothing is written, the git
 * configuration of the system and of users is not read, and nothing from a repository is executed,
 * so the owner of a repository does not matter.
 *
 * What can fail: opening a repository, and reading any object, which may be damaged or missing.
 * Both are logged.
 */
#include "mail/archive.h"

#include "mail/bounds.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <git2.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

struct commit {
    git_oid id, tree;
};

struct archive {
    char *path;
    git_repository *repository;
    git_odb *objects;
    GArray *commits;     /* of struct commit, newest first */
    size_t at;           /* the commits from this number on were read; the next is at - 1 */
    git_oid before;      /* the tree that the oldest commit changed; zero if there is none */
    git_diff *diff;      /* older layout: the changes of the commit at - 1; NULL if not open */
    size_t delta_at;     /* the number of the next change in DIFF */
    git_odb_object *raw; /* the mail that was returned last */
    bool has_failed;     /* an object could not be read: POSITION does not change any more */
    char position[GIT_OID_HEXSZ + 1]; /* see archive_position */
};

CLEANUP_DEFINE(DIR *, closedir)
CLEANUP_DEFINE(char **, archive_repositories_free)
CLEANUP_DEFINE(struct archive *, archive_close)
CLEANUP_DEFINE(git_commit *, git_commit_free)
CLEANUP_DEFINE(git_tree *, git_tree_free)

/* ---- finding repositories ----------------------------------------------------------------- */

static bool has_entry(const char *folder, const char *name) {
    AUTO(free) char *path = g_build_filename(folder, name, NULL);

    return access(path, F_OK) == 0;
}

static bool is_repository(const char *path) {
    return has_entry(path, "HEAD") && has_entry(path, "objects");
}

/* Returns the number N of a folder that is called N.git; -1 for any other name. */
static long epoch_number(const char *name) {
    char *end;
    long number;

    if (!isdigit((unsigned char)*name))
        return -1;
    errno = 0;
    number = strtol(name, &end, 10);
    return errno == 0 && strcmp(end, ".git") == 0 ? number : -1;
}

static int epoch_compare(const void *a, const void *b) {
    const char *first = *(char *const *)a, *second = *(char *const *)b;
    long left = epoch_number(strrchr(first, '/') + 1),
         right = epoch_number(strrchr(second, '/') + 1);

    return left < right ? -1 : left > right;
}

/* Returns the paths of the epochs in the folder PATH/git, sorted; NULL if it has none. */
static char **epochs_find(const char *path) {
    AUTO(free) char *folder = g_build_filename(path, "git", NULL);
    AUTO(closedir) DIR *directory = opendir(folder);
    GPtrArray *names = g_ptr_array_new();
    struct dirent *entry;

    while (directory && (entry = readdir(directory)))
        if (epoch_number(entry->d_name) >= 0)
            g_ptr_array_add(names, g_build_filename(folder, entry->d_name, NULL));
    g_ptr_array_sort(names, epoch_compare);
    if (names->len > 0)
        g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, names->len == 0);
}

bool archive_is_one(const char *path) {
    AUTO(archive_repositories_free) char **epochs = epochs_find(path);

    return epochs != NULL || is_repository(path);
}

char **archive_repositories(const char *path) {
    AUTO(free) char *absolute = realpath(path, NULL);
    char **names = absolute ? epochs_find(absolute) : NULL;

    if (absolute && !names && is_repository(absolute)) {
        names = g_new0(char *, 2);
        names[0] = STEAL(absolute);
    }
    if (!names)
        log_error("%s: %s", path, strerror(errno));
    return names;
}

void archive_repositories_free(char **repositories) {
    g_strfreev(repositories);
}

/* ---- history ------------------------------------------------------------------------------ */

/* Logs the last error of libgit2, about the object ID, or about the repository if ID is NULL. */
static void report_error(struct archive *archive, const git_oid *id) {
    const git_error *error = git_error_last();
    char name[GIT_OID_HEXSZ + 1] = "";

    archive->has_failed = true;
    if (id)
        git_oid_tostr(name, sizeof(name), id);
    log_error("%s: %s%s%s", archive->path, name, id ? ": " : "",
              error ? error->message : "cannot be read");
}

/* Finds the newest commit.  Returns 1 if TIP was set; 0 if there is no commit yet; -1 after an
 * error was logged. */
static int tip_find(struct archive *archive, git_oid *tip) {
    /* public-inbox writes to master, even if git is configured with another default branch. */
    static const char *const names[] = {"HEAD", "refs/heads/master"};

    for (size_t i = 0; i < 2; i++) {
        int result = git_reference_name_to_id(tip, archive->repository, names[i]);

        if (result == 0)
            return 1;
        if (result != GIT_ENOTFOUND) {
            report_error(archive, NULL);
            return -1;
        }
    }
    return 0;
}

static const struct commit *commit_at(const struct archive *archive, size_t at) {
    return &g_array_index(archive->commits, struct commit, at);
}

/* Collects the commits from the newest back to the commit AFTER, which is left out, or to the first
 * one.  Returns -1 after an error was logged. */
static int history_read(struct archive *archive, const char *after) {
    git_oid next, stop;
    bool stops = strlen(after) == GIT_OID_HEXSZ && git_oid_fromstr(&stop, after) == 0;
    bool is_shallow = git_repository_is_shallow(archive->repository) == 1;
    int result = tip_find(archive, &next);

    while (result == 1) {
        AUTO(git_commit_free) git_commit *commit = NULL;
        int found = git_commit_lookup(&commit, archive->repository, &next);

        /* In a shallow clone the parent of the oldest commit is missing. */
        if (found == GIT_ENOTFOUND && archive->commits->len > 0 && is_shallow)
            return 0;
        if (found != 0) {
            report_error(archive, &next);
            return -1;
        }
        if (stops && git_oid_equal(&next, &stop)) {
            archive->before = *git_commit_tree_id(commit);
            strcpy(archive->position, after);
            return 0;
        }
        g_array_append_vals(archive->commits,
                            &(struct commit){*git_commit_id(commit), *git_commit_tree_id(commit)},
                            1);
        if (git_commit_parentcount(commit) == 0)
            return 0;
        next = *git_commit_parent_id(commit, 0);
    }
    return result;
}

/* ---- opening ------------------------------------------------------------------------------ */

static int library_begin(void) {
    if (git_libgit2_init() < 0)
        return -1;
    for (int level = GIT_CONFIG_LEVEL_PROGRAMDATA; level <= GIT_CONFIG_LEVEL_GLOBAL; level++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    /* Each object is read once, so no cache.  Hashes are not verified; git itself does so only in
     * fsck. */
    git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 5
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
#endif
    return 0;
}

struct archive *archive_open(const char *repository, const char *after) {
    AUTO(archive_close) struct archive *archive = NULL;

    if (library_begin() < 0) {
        log_error("cannot initialise libgit2");
        return NULL;
    }
    archive = g_new0(struct archive, 1);
    archive->path = g_strdup(repository);
    archive->commits = g_array_new(FALSE, FALSE, sizeof(struct commit));
    if (git_repository_open_bare(&archive->repository, repository) < 0 ||
        git_repository_odb(&archive->objects, archive->repository) < 0) {
        report_error(archive, NULL);
        return NULL;
    }
    if (history_read(archive, after) < 0)
        return NULL;
    archive->at = archive->commits->len;
    return STEAL(archive);
}

void archive_close(struct archive *archive) {
    git_odb_object_free(archive->raw);
    git_diff_free(archive->diff);
    git_odb_free(archive->objects);
    git_repository_free(archive->repository);
    g_array_free(archive->commits, TRUE);
    free(archive->path);
    free(archive);
    git_libgit2_shutdown();
}

/* ---- mails -------------------------------------------------------------------------------- */

/* Ends the reading of the current commit, and moves the position to it. */
static void commit_end(struct archive *archive) {
    git_diff_free(archive->diff);
    archive->diff = NULL;
    archive->at--;
    if (!archive->has_failed)
        git_oid_tostr(archive->position, sizeof(archive->position),
                      &commit_at(archive, archive->at)->id);
}

/* Reads the object ID as a mail.  Returns 1 if MAIL was set; 0 if the object is larger than the
 * limit for a mail; -1 after an error was logged. */
static int mail_read(struct archive *archive, const git_oid *id, struct patchmark_text *mail) {
    git_object_t type;
    size_t length;

    git_odb_object_free(archive->raw);
    archive->raw = NULL;
    if (git_odb_read_header(&length, &type, archive->objects, id) < 0) {
        report_error(archive, id);
        return -1;
    }
    if (length > LIMIT_ARCHIVE_MAIL_BYTES) {
        log_warning("%s: skipping a mail of %zu bytes, the limit is %d", archive->path, length,
                    LIMIT_ARCHIVE_MAIL_BYTES);
        return 0;
    }
    if (git_odb_read(&archive->raw, archive->objects, id) < 0) {
        report_error(archive, id);
        return -1;
    }
    *mail = (struct patchmark_text){git_odb_object_data(archive->raw),
                                    git_odb_object_size(archive->raw)};
    return 1;
}

/* In the older layout the path is the SHA-1 of the Message-ID, split as git splits the names of its
 * own objects. */
static bool is_mail_path(const char *path) {
    static const char digits[] = "0123456789abcdef";

    return strlen(path) == 41 && strspn(path, digits) == 2 && path[2] == '/' &&
           strspn(path + 3, digits) == 38;
}

/* Opens the changes of the next commit, whose tree is TREE.  Returns a negative value on error. */
static int diff_begin(struct archive *archive, git_tree *tree) {
    AUTO(git_tree_free) git_tree *before = NULL;
    const git_oid *id = archive->at < archive->commits->len ? &commit_at(archive, archive->at)->tree
                                                            : &archive->before;

    if (!git_oid_is_zero(id) && git_tree_lookup(&before, archive->repository, id) < 0)
        return -1;
    archive->delta_at = 0;
    return git_diff_tree_to_tree(&archive->diff, archive->repository, before, tree, NULL);
}

/* Reads the next mail that the current commit added.  Returns 1 if MAIL was set; 0 if there are no
 * more, and the commit is then ended; -1 after an error was logged. */
static int diff_next(struct archive *archive, struct patchmark_text *mail) {
    size_t count = git_diff_num_deltas(archive->diff);

    while (archive->delta_at < count) {
        const git_diff_delta *delta = git_diff_get_delta(archive->diff, archive->delta_at++);
        int result;

        if (delta->status == GIT_DELTA_DELETED || !is_mail_path(delta->new_file.path))
            continue;
        result = mail_read(archive, &delta->new_file.id, mail);
        if (result != 0)
            return result;
    }
    commit_end(archive);
    return 0;
}

/* Reads the next commit.  Returns 1 if MAIL was set; 0 if the commit has no mail, or if it has the
 * older layout and diff_next reads its mails; -1 after an error was logged. */
static int commit_read(struct archive *archive, struct patchmark_text *mail) {
    const struct commit *commit = commit_at(archive, archive->at - 1);
    AUTO(git_tree_free) git_tree *tree = NULL;
    const git_tree_entry *entry;
    int result = 0;

    if (git_tree_lookup(&tree, archive->repository, &commit->tree) < 0) {
        report_error(archive, &commit->id);
        commit_end(archive);
        return -1;
    }
    entry = git_tree_entry_byname(tree, "m");
    if (entry && git_tree_entry_type(entry) == GIT_OBJECT_BLOB) {
        result = mail_read(archive, git_tree_entry_id(entry), mail);
    } else if (!entry && !git_tree_entry_byname(tree, "d")) {
        if (diff_begin(archive, tree) == 0)
            return 0;
        report_error(archive, &commit->id);
        result = -1;
    }
    commit_end(archive);
    return result;
}

int archive_next(struct archive *archive, struct patchmark_text *mail) {
    while (archive->at > 0) {
        int result = archive->diff ? diff_next(archive, mail) : commit_read(archive, mail);

        if (result != 0)
            return result;
    }
    return 0;
}

const char *archive_position(const struct archive *archive) {
    return archive->position;
}

void archive_progress(const struct archive *archive, uint64_t *done, uint64_t *total) {
    *done = archive->commits->len - archive->at;
    *total = archive->commits->len;
}
