/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_archive.c - mails from git repositories: which folders are archives, which mails they have
 * in which order, continuing at a position, and damaged repositories.
 */
#include "mail/archive.h"

#include "mail/bounds.h"
#include "support/support.h"

#include <fcntl.h>
#include <git2.h>

/* ---- repositories to read ---------------------------------------------------------------------
 */

static char path[600]; /* of the repository that the test writes */
static git_repository *repository;
static char branch[64]; /* to which commits are added */
static char last[GIT_OID_HEXSZ + 1];

static void setup(void) {
    support_folder_make();
    support_log_start();
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
    snprintf(branch, sizeof(branch), "refs/heads/master");
}

static void teardown(void) {
    git_repository_free(repository);
    git_libgit2_shutdown();
    support_folder_remove();
}

/* Returns the absolute path of NAME in the folder of the test. */
static const char *place(const char *name) {
    static char whole[600];

    snprintf(whole, sizeof(whole), "%s%s%s", support_folder, *name ? "/" : "", name);
    return whole;
}

static void repository_make(const char *name) {
    git_repository_init_options options;

    git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
    options.initial_head = "master";
    snprintf(path, sizeof(path), "%s", place(name));
    git_repository_free(repository);
    ck_assert_int_eq(git_repository_init_ext(&repository, path, &options), 0);
}

static git_oid blob(const char *text) {
    git_oid id;

    ck_assert_int_eq(git_blob_create_from_buffer(&id, repository, text, strlen(text)), 0);
    return id;
}

/* Returns the tree of the newest commit of the branch; an empty tree if there is none. */
static git_tree *tip_tree(void) {
    git_object *tree = NULL;
    git_treebuilder *builder;
    char wanted[80];
    git_oid id;

    snprintf(wanted, sizeof(wanted), "%s^{tree}", branch);
    if (git_revparse_single(&tree, repository, wanted) == 0)
        return (git_tree *)tree;
    ck_assert_int_eq(git_treebuilder_new(&builder, repository, NULL), 0);
    ck_assert_int_eq(git_treebuilder_write(&id, builder), 0);
    git_treebuilder_free(builder);
    ck_assert_int_eq(git_object_lookup(&tree, repository, &id, GIT_OBJECT_TREE), 0);
    return (git_tree *)tree;
}

/* Adds a commit of TREE to the branch.  MERGED is its second parent, or NULL. */
static void commit_tree(const git_oid *tree, const git_oid *merged) {
    git_signature *signature;
    git_commit *parents[2] = {NULL, NULL};
    size_t count = 0;
    git_tree *found;
    git_oid id;

    ck_assert_int_eq(git_signature_new(&signature, "A", "a@example.org", 1700000000, 0), 0);
    ck_assert_int_eq(git_tree_lookup(&found, repository, tree), 0);
    if (git_reference_name_to_id(&id, repository, branch) == 0)
        ck_assert_int_eq(git_commit_lookup(&parents[count++], repository, &id), 0);
    if (merged)
        ck_assert_int_eq(git_commit_lookup(&parents[count++], repository, merged), 0);
    ck_assert_int_eq(git_commit_create(&id, repository, branch, signature, signature, NULL, "x",
                                       found, count, (const git_commit **)parents),
                     0);
    git_oid_tostr(last, sizeof(last), &id);
    git_signature_free(signature);
    git_tree_free(found);
    git_commit_free(parents[0]);
    git_commit_free(parents[1]);
}

struct change {
    const char *path, *text; /* TEXT is NULL if the file is removed */
};

/* Adds a commit that changes COUNT files in the tree of the branch. */
static void commit_changes(const struct change *changes, size_t count) {
    git_tree_update updates[8];
    git_tree *tree = tip_tree();
    git_oid id;

    for (size_t i = 0; i < count; i++)
        updates[i] =
            (git_tree_update){.action =
                                  changes[i].text ? GIT_TREE_UPDATE_UPSERT : GIT_TREE_UPDATE_REMOVE,
                              .id = changes[i].text ? blob(changes[i].text) : (git_oid){{0}},
                              .filemode = GIT_FILEMODE_BLOB,
                              .path = changes[i].path};
    ck_assert_int_eq(git_tree_create_updated(&id, repository, tree, count, updates), 0);
    git_tree_free(tree);
    commit_tree(&id, NULL);
}

/* Adds a commit whose tree has a single entry, as those of public-inbox. */
static void commit_entry(const char *name, const git_oid *id, git_filemode_t mode) {
    git_treebuilder *builder;
    git_oid tree;

    ck_assert_int_eq(git_treebuilder_new(&builder, repository, NULL), 0);
    ck_assert_int_eq(git_treebuilder_insert(NULL, builder, name, id, mode), 0);
    ck_assert_int_eq(git_treebuilder_write(&tree, builder), 0);
    git_treebuilder_free(builder);
    commit_tree(&tree, NULL);
}

static void commit_file(const char *name, const char *text) {
    git_oid id = blob(text);

    commit_entry(name, &id, GIT_FILEMODE_BLOB);
}

static void object_remove(const char *hex) {
    char object[700];

    snprintf(object, sizeof(object), "%s/objects/%.2s/%s", path, hex, hex + 2);
    ck_assert_int_eq(unlink(object), 0);
}

/* ---- reading ------------------------------------------------------------------------------ */

static struct archive *open_after(const char *after) {
    struct archive *archive = archive_open(path, after);

    ck_assert_ptr_nonnull(archive);
    return archive;
}

/* Returns all further mails, each followed by a space; "!" for one that cannot be read. */
static const char *mails(struct archive *archive) {
    static char all[4096];
    struct patchmark_text mail;
    int result;

    all[0] = '\0';
    while ((result = archive_next(archive, &mail)) != 0) {
        ck_assert_uint_lt(strlen(all) + 32, sizeof(all));
        if (result < 0)
            strcat(all, "!");
        else
            strncat(all, mail.data, mail.length);
        strcat(all, " ");
    }
    return all;
}

/* Returns the same for a repository that it opens behind AFTER and closes again. */
static const char *mails_after(const char *after) {
    struct archive *archive = open_after(after);
    const char *all = mails(archive);

    archive_close(archive);
    return all;
}

/* ---- which folders are archives ---------------------------------------------------------------
 */

START_TEST(an_archive_is_recognised_by_its_folder) {
    /* The entries of the folder; those with a slash at the end are folders. */
    static const struct {
        const char *names[4];
        bool is_one;
    } cases[] = {
        {{"git/", "git/0.git/"}, true},
        {{"git/", "git/7.git/"}, true}, /* a mirror of the newest epochs only */
        {{"HEAD", "objects/"}, true},
        {{"git/"}, false},
        {{"git/", "git/a.git/", "git/0.gitx/"}, false},
        {{"git/", "git/-1.git/", "git/ 1.git/"}, false},
        {{"HEAD"}, false},
        {{"objects/"}, false},
        {{"cur/", "new/", "tmp/"}, false}, /* a maildir */
    };
    char folder[64];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(folder, sizeof(folder), "case%zu", i);
        ck_assert_int_eq(mkdir(place(folder), 0755), 0);
        for (size_t j = 0; j < 4 && cases[i].names[j]; j++) {
            const char *name = cases[i].names[j];
            char below[128];

            snprintf(below, sizeof(below), "%s/%s", folder, name);
            if (name[strlen(name) - 1] == '/')
                ck_assert_int_eq(mkdir(place(below), 0755), 0);
            else
                close(open(place(below), O_CREAT | O_WRONLY, 0644));
        }
        ck_assert_msg(archive_is_one(place(folder)) == cases[i].is_one, "case %zu", i);
    }
    ck_assert(!archive_is_one(place("nowhere")));
    ck_assert(!archive_is_one("/dev/null"));
    ck_assert(!archive_is_one("-"));
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

START_TEST(epochs_come_in_the_order_of_their_numbers) {
    static const char *const names[] = {"list/git/10.git", "list/git/2.git", "list/git/0.git"};
    char **found, here[300];

    for (size_t i = 0; i < 3; i++)
        repository_make(names[i]);
    ck_assert_int_eq(chdir(support_folder), 0);
    ck_assert_ptr_nonnull(getcwd(here, sizeof(here))); /* absolute, even if TMPDIR is a link */
    found = archive_repositories("list");
    ck_assert_ptr_nonnull(found);
    for (size_t i = 0; i < 3; i++) {
        char wanted[700];

        snprintf(wanted, sizeof(wanted), "%s/%s", here, names[2 - i]);
        ck_assert_str_eq(found[i], wanted);
    }
    ck_assert_ptr_null(found[3]);
    archive_repositories_free(found);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(a_bare_repository_is_an_archive_of_one) {
    char **found, *wanted;

    repository_make("0.git");
    wanted = realpath(path, NULL);
    found = archive_repositories(path);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found[0], wanted);
    ck_assert_ptr_null(found[1]);
    archive_repositories_free(found);
    free(wanted);
    ck_assert_ptr_null(archive_repositories(place("nowhere")));
    ck_assert_uint_eq(support_logged("nowhere"), 1);
}
END_TEST

/* ---- mails and their order ---------------------------------------------------------------------
 */

START_TEST(mails_come_oldest_first_without_deletions) {
    struct archive *archive;
    uint64_t done, total;

    repository_make("0.git");
    commit_file("m", "one");
    commit_file("m", "two");
    commit_file("d", "one");
    commit_file("m", "three");
    archive = open_after("");
    archive_progress(archive, &done, &total);
    ck_assert_uint_eq(done, 0);
    ck_assert_uint_eq(total, 4);
    ck_assert_str_eq(mails(archive), "one two three ");
    archive_progress(archive, &done, &total);
    ck_assert_uint_eq(done, 4);
    ck_assert_str_eq(archive_position(archive), last);
    archive_close(archive);
}
END_TEST

START_TEST(other_entries_than_the_file_m_are_no_mails) {
    git_tree *tree;

    repository_make("0.git");
    commit_file("m", "one");
    tree = tip_tree();
    commit_entry("m", git_tree_id(tree), GIT_FILEMODE_TREE);
    git_tree_free(tree);
    commit_file("readme", "none");
    commit_file("M", "none");
    commit_file("m", "two");
    ck_assert_str_eq(mails_after(""), "one two ");
}
END_TEST

START_TEST(a_mail_may_be_empty_and_hold_any_byte) {
    static const char bytes[] = "a\0b";
    struct patchmark_text mail;
    struct archive *archive;
    git_oid id;

    repository_make("0.git");
    commit_file("m", "");
    ck_assert_int_eq(git_blob_create_from_buffer(&id, repository, bytes, 3), 0);
    commit_entry("m", &id, GIT_FILEMODE_BLOB);
    archive = open_after("");
    ck_assert_int_eq(archive_next(archive, &mail), 1);
    ck_assert_uint_eq(mail.length, 0);
    ck_assert_int_eq(archive_next(archive, &mail), 1);
    ck_assert_uint_eq(mail.length, 3);
    ck_assert_int_eq(memcmp(mail.data, bytes, 3), 0);
    ck_assert_int_eq(archive_next(archive, &mail), 0);
    ck_assert_int_eq(archive_next(archive, &mail), 0);
    archive_close(archive);
}
END_TEST

START_TEST(only_first_parents_are_followed) {
    git_oid side, tree;
    git_tree *tip;

    repository_make("0.git");
    snprintf(branch, sizeof(branch), "refs/heads/side");
    commit_file("m", "side");
    ck_assert_int_eq(git_reference_name_to_id(&side, repository, branch), 0);
    snprintf(branch, sizeof(branch), "refs/heads/master");
    commit_file("m", "one");
    tip = tip_tree();
    tree = *git_tree_id(tip);
    git_tree_free(tip);
    commit_tree(&tree, &side);
    /* The merge has the file of its first parent, so the mail comes twice, which does no harm. */
    ck_assert_str_eq(mails_after(""), "one one ");
}
END_TEST

START_TEST(the_branch_is_that_of_head_else_master) {
    repository_make("0.git");
    ck_assert_int_eq(git_repository_set_head(repository, "refs/heads/main"), 0);
    commit_file("m", "on master");
    ck_assert_str_eq(mails_after(""), "on master ");
    snprintf(branch, sizeof(branch), "refs/heads/main");
    commit_file("m", "on main");
    ck_assert_str_eq(mails_after(""), "on main ");
}
END_TEST

START_TEST(an_epoch_without_mails_yet) {
    struct archive *archive;

    repository_make("0.git");
    archive = open_after("");
    ck_assert_str_eq(mails(archive), "");
    ck_assert_str_eq(archive_position(archive), "");
    archive_close(archive);
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

/* ---- the older layout ----------------------------------------------------------------------- */

#define NAME_1 "00/11111111111111111111111111111111111111"
#define NAME_2 "00/22222222222222222222222222222222222222"
#define NAME_3 "ff/33333333333333333333333333333333333333"
#define NAME_4 "ff/44444444444444444444444444444444444444"

START_TEST(the_older_layout_has_a_mail_for_each_new_name) {
    struct archive *archive;
    struct patchmark_text mail;
    char first[sizeof(last)], before[sizeof(last)];

    repository_make("old.git");
    commit_changes((struct change[]){{NAME_1, "one"}}, 1);
    memcpy(first, last, sizeof(first));
    commit_changes((struct change[]){{NAME_1, NULL}}, 1); /* removed again */
    commit_changes((struct change[]){{"readme", "no"}, {"aa/short", "no"}, {"g0/" NAME_1, "no"}},
                   3);
    memcpy(before, last, sizeof(before));
    commit_changes((struct change[]){{NAME_2, "two"}, {NAME_3, "three"}, {NAME_1, "back"}}, 3);
    ck_assert_str_eq(mails_after(""), "one back two three "); /* in the order of the names */
    ck_assert_str_eq(mails_after(first), "back two three ");

    /* The position moves to a commit when all of its mails were returned. */
    archive = open_after(first);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(archive_next(archive, &mail), 1);
        ck_assert_str_eq(archive_position(archive), before);
    }
    ck_assert_int_eq(archive_next(archive, &mail), 0);
    ck_assert_str_eq(archive_position(archive), last);
    archive_close(archive);

    memcpy(before, last, sizeof(before));
    commit_changes((struct change[]){{NAME_2, "two, edited"}, {NAME_4, "four"}}, 2);
    ck_assert_str_eq(mails_after(before), "two, edited four ");
}
END_TEST

/* ---- positions --------------------------------------------------------------------------- */

START_TEST(reading_continues_behind_the_position) {
    char at[sizeof(last)];
    struct archive *archive;
    uint64_t done, total;

    repository_make("0.git");
    commit_file("m", "one");
    commit_file("m", "two");
    memcpy(at, last, sizeof(at));
    archive = open_after(at);
    ck_assert_str_eq(mails(archive), "");
    ck_assert_str_eq(archive_position(archive), at); /* kept if there is no new mail */
    archive_close(archive);

    commit_file("m", "three");
    commit_file("d", "one");
    archive = open_after(at);
    archive_progress(archive, &done, &total);
    ck_assert_uint_eq(total, 2);
    ck_assert_str_eq(mails(archive), "three ");
    ck_assert_str_eq(archive_position(archive), last); /* behind the deletion */
    archive_close(archive);
}
END_TEST

START_TEST(the_position_moves_with_each_mail) {
    char positions[3][sizeof(last)];
    struct patchmark_text mail;
    struct archive *archive;

    repository_make("0.git");
    for (int i = 0; i < 3; i++) {
        commit_file("m", "mail");
        memcpy(positions[i], last, sizeof(last));
    }
    archive = open_after("");
    ck_assert_str_eq(archive_position(archive), "");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(archive_next(archive, &mail), 1);
        ck_assert_str_eq(archive_position(archive), positions[i]);
    }
    archive_close(archive);
}
END_TEST

START_TEST(a_position_outside_of_the_history_starts_from_the_beginning) {
    static const char *const positions[] = {
        "",
        "1234567890123456789012345678901234567890", /* the history was rewritten */
        "12345",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "1234567890123456789012345678901234567890123456789012345678901234", /* SHA-256 */
    };
    struct archive *archive;

    repository_make("0.git");
    commit_file("m", "one");
    archive = open_after(positions[_i]);
    ck_assert_str_eq(archive_position(archive), "");
    ck_assert_str_eq(mails(archive), "one ");
    archive_close(archive);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------------- */

START_TEST(a_missing_mail_is_logged_and_the_others_are_read) {
    char before[sizeof(last)], id[sizeof(last)];
    struct archive *archive;
    git_oid lost;

    repository_make("0.git");
    commit_file("m", "one");
    memcpy(before, last, sizeof(before));
    commit_file("m", "two");
    commit_file("m", "three");
    lost = blob("two");
    git_oid_tostr(id, sizeof(id), &lost);
    object_remove(id);
    archive = open_after("");
    ck_assert_str_eq(mails(archive), "one ! three ");
    ck_assert_str_eq(archive_position(archive),
                     before); /* so that a repaired repository is read again */
    archive_close(archive);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_uint_eq(support_logged(path), 1);
    ck_assert_uint_ge(support_logged(id), 1);
}
END_TEST

START_TEST(incomplete_history_is_refused_unless_the_clone_is_shallow) {
    char lost[sizeof(last)], shallow[700];
    FILE *stream;

    repository_make("0.git");
    commit_file("m", "one");
    memcpy(lost, last, sizeof(lost));
    commit_file("m", "two");
    object_remove(lost);
    ck_assert_ptr_null(archive_open(path, ""));
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_uint_ge(support_logged(lost), 1);
    ck_assert_uint_eq(support_logged("not found"), 1);

    snprintf(shallow, sizeof(shallow), "%s/shallow", path);
    stream = fopen(shallow, "w");
    ck_assert_ptr_nonnull(stream);
    fprintf(stream, "%s\n", last);
    fclose(stream);
    ck_assert_str_eq(mails_after(""), "two ");
    ck_assert_uint_eq(support_logged("\n"), 1);
}
END_TEST

START_TEST(a_folder_that_is_no_repository_is_logged_once) {
    ck_assert_ptr_null(archive_open(support_folder, ""));
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_uint_ge(support_logged(support_folder), 1);
}
END_TEST

START_TEST(a_mail_above_the_limit_is_skipped) {
    char *large = calloc(1, LIMIT_ARCHIVE_MAIL_BYTES + 1);
    struct patchmark_text mail;
    struct archive *archive;
    git_oid id;

    ck_assert_ptr_nonnull(large);
    repository_make("0.git");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(
            git_blob_create_from_buffer(&id, repository, large, LIMIT_ARCHIVE_MAIL_BYTES + i), 0);
        commit_entry("m", &id, GIT_FILEMODE_BLOB);
    }
    free(large);
    archive = open_after("");
    ck_assert_int_eq(archive_next(archive, &mail), 1);
    ck_assert_uint_eq(mail.length, LIMIT_ARCHIVE_MAIL_BYTES);
    ck_assert_uint_eq(support_logged("\n"), 0);
    ck_assert_int_eq(archive_next(archive, &mail), 0);
    ck_assert_uint_eq(support_logged("skipping a mail of"), 1);
    ck_assert_str_eq(archive_position(archive), last); /* the mail is not read again */
    archive_close(archive);
}
END_TEST

START_TEST(a_repository_may_belong_to_anybody) {
    if (geteuid() != 0)
        return; /* only root can change the owner */
    repository_make("0.git");
    commit_file("m", "one");
    ck_assert_int_eq(chown(path, 4321, 4321), 0);
    ck_assert_str_eq(mails_after(""), "one ");
}
END_TEST

SUITE(archive_suite) {
    Suite *suite = suite_create("archive");
    TCase *tests = tcase_create("archive");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_archive_is_recognised_by_its_folder);
    tcase_add_test(tests, epochs_come_in_the_order_of_their_numbers);
    tcase_add_test(tests, a_bare_repository_is_an_archive_of_one);
    tcase_add_test(tests, mails_come_oldest_first_without_deletions);
    tcase_add_test(tests, other_entries_than_the_file_m_are_no_mails);
    tcase_add_test(tests, a_mail_may_be_empty_and_hold_any_byte);
    tcase_add_test(tests, only_first_parents_are_followed);
    tcase_add_test(tests, the_branch_is_that_of_head_else_master);
    tcase_add_test(tests, an_epoch_without_mails_yet);
    tcase_add_test(tests, the_older_layout_has_a_mail_for_each_new_name);
    tcase_add_test(tests, reading_continues_behind_the_position);
    tcase_add_test(tests, the_position_moves_with_each_mail);
    tcase_add_loop_test(tests, a_position_outside_of_the_history_starts_from_the_beginning, 0, 5);
    tcase_add_test(tests, a_missing_mail_is_logged_and_the_others_are_read);
    tcase_add_test(tests, incomplete_history_is_refused_unless_the_clone_is_shallow);
    tcase_add_test(tests, a_folder_that_is_no_repository_is_logged_once);
    tcase_add_test(tests, a_mail_above_the_limit_is_skipped);
    tcase_add_test(tests, a_repository_may_belong_to_anybody);
    suite_add_tcase(suite, tests);
    return suite;
}
