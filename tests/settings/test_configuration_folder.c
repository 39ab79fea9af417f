/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_configuration_folder.c - tests the files of the folder conf.d beside the configuration file.
 */
#include "configuration-fixture.h"
#include "settings/bounds.h"
#include "support/suite.h"

static void folder_setup(void) {
    setup();
    ck_assert_int_eq(mkdir(folder_path("conf.d"), 0755), 0);
}

/* The files are read after the main file, in the order of their names by bytes: the last one to set
 * an option wins, and sections add. */
START_TEST(test_order) {
    struct configuration *configuration;

    write_file("conf.d/b.conf", "user = b\nhost = b.example.org\nlists += { b }\n"
                                "list \"two.example.org\" { }\n");
    write_file("conf.d/a.conf", "user = a\nprefix = A-\nlists += { a }\n"
                                "list \"one.example.org\" { }\n");
    write_file("conf.d/B.conf", "user = B\nquiet = 3h\n");
    configuration =
        load("user = main\nprefix = Main-\nquiet = 1h\nremember = 3d\nlists = { main }\n"
             "list \"zero.example.org\" { }\n");
    ck_assert_str_eq(configuration->user, "b"); /* B.conf, a.conf, b.conf */
    ck_assert_str_eq(configuration->host, "b.example.org");
    ck_assert_str_eq(configuration->prefix, "A-");
    ck_assert_int_eq(configuration->quiet, 3 * 3600);
    ck_assert_int_eq(configuration->remember, 3 * 86400);
    ck_assert_uint_eq(configuration->list_count, 3);
    ck_assert_str_eq(configuration->lists[0], "main");
    ck_assert_str_eq(configuration->lists[1], "a");
    ck_assert_str_eq(configuration->lists[2], "b");
    ck_assert_uint_eq(configuration->list_section_count, 3);
    ck_assert_str_eq(configuration->list_sections[0].pattern, "zero.example.org");
    ck_assert_str_eq(configuration->list_sections[1].pattern, "one.example.org");
    ck_assert_str_eq(configuration->list_sections[2].pattern, "two.example.org");
    configuration_free(configuration);
}
END_TEST

/* Only names that end in .conf and do not begin with a dot: none that an editor or a package
 * manager leaves. */
START_TEST(test_names) {
    static const char *const names[] = {"x",          ".conf",    ".x.conf",         "x.conf~",
                                        "x.conf.bak", "#x.conf#", "x.conf.dpkg-old", "x.CONF",
                                        "README",     ".#x.conf"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[64];

        snprintf(path, sizeof(path), "conf.d/%s", names[i]);
        write_file(path, "this is no configuration");
    }
    configuration_free(load("user = main\n"));
    write_file("conf.d/x.conf", "user = x\n");
    struct configuration *configuration = load("user = main\n");
    ck_assert_str_eq(configuration->user, "x");
    configuration_free(configuration);
}
END_TEST

/* Each file has its own lines; a syntax error ends only its file, so that one run reports all. */
START_TEST(test_places) {
    write_file("conf.d/a.conf", "\nlog_level = loud\n");
    wrong("\n\nmax_mails = none\n",
          "@:3: option 'max_mails' must be a number from 1 to 100000, not 'none'\n"
          "~/conf.d/a.conf:2: option 'log_level' must be one of error, warning, info, debug, not "
          "'loud'\n");
    write_file("conf.d/b.conf", "# comment\nplugin kind {\n");
    write_file("conf.d/c.conf", "user = \"c\n");
    wrong("}\n", "@:1: unexpected '}'; no '{' is open\n"
                 "~/conf.d/b.conf:2: this '{' is not closed\n"
                 "~/conf.d/c.conf:1: the quote that starts here is not closed on its line\n");
}
END_TEST

/* A second section of the same title is an error, as within one file. */
START_TEST(test_same_title) {
    write_file("conf.d/a.conf", "\nplugin \"good\" { }\n");
    wrong("plugin \"good\" { }\n",
          "~/conf.d/a.conf:2: found duplicate title 'good'; make one section of the two\n");
    write_file("conf.d/a.conf", "\nweb { }\n");
    wrong("web { }\n",
          "~/conf.d/a.conf:2: section web occurs twice; make one section of the two\n");
}
END_TEST

/* A file that the main file includes is not read a second time. */
START_TEST(test_included) {
    struct configuration *configuration;

    write_file("conf.d/a.conf", "user = a\nplugin \"good\" { }\n");
    configuration = load("include(\"conf.d/a.conf\")\nuser = main\n");
    ck_assert_str_eq(configuration->user, "main");
    configuration_free(configuration);
}
END_TEST

/* An include is relative to the folder of the file that has it. */
START_TEST(test_include) {
    struct configuration *configuration;

    write_file("conf.d/lists", "user = lists\n");
    write_file("conf.d/a.conf", "include(\"lists\")\n");
    configuration = load("user = main\n");
    ck_assert_str_eq(configuration->user, "lists");
    configuration_free(configuration);
    unlink(folder_path("conf.d/lists"));
    wrong("", "~/conf.d/a.conf:1: cannot read ~/conf.d/lists: No such file or directory\n");
}
END_TEST

START_TEST(test_count) {
    char name[64];

    for (int i = 1; i < LIMIT_INCLUDES; i++) {
        snprintf(name, sizeof(name), "conf.d/%03d.conf", i);
        write_file(name, "");
    }
    configuration_free(load(""));
    write_file("conf.d/x.conf", "");
    wrong("", "~/conf.d/x.conf: too many files; allowed: 100 in all\n");
}
END_TEST

START_TEST(test_unreadable) {
    rmdir(folder_path("conf.d"));
    write_file("conf.d", "");
    wrong("", "~/conf.d: cannot be read: Not a directory\n");
    unlink(folder_path("conf.d"));
    ck_assert_int_eq(mkdir(folder_path("conf.d"), 0755), 0);
    ck_assert_int_eq(mkdir(folder_path("conf.d/b.conf"), 0755), 0);
    wrong("", "~/conf.d/b.conf: cannot be read: it is a directory\n");
    if (geteuid() != 0) {
        ck_assert_int_eq(chmod(folder_path("conf.d"), 0), 0);
        wrong("", "~/conf.d: cannot be read: Permission denied\n");
    }
}
END_TEST

/* Others must not be able to add a file, also if they cannot replace one (the sticky bit). */
START_TEST(test_folder_mode) {
    ck_assert_int_eq(chmod(folder_path("conf.d"), 01777), 0);
    configuration_free(load("")); /* nothing in it */
    write_file("conf.d/a.conf", "user = a\n");
    wrong("", "~/conf.d: mode 1777, writable by others; run: chmod o-w ~/conf.d\n");
    ck_assert_int_eq(chmod(folder_path("conf.d"), 0777), 0);
    wrong("", "~/conf.d: mode 0777, writable by others; run: chmod go-w ~/conf.d\n");
}
END_TEST

/* Files that others can change are not read: the main file, one of the folder, an included one. */
START_TEST(test_file_mode) {
    write_file("conf.d/a.conf", "user = a\n");
    write_file("part.conf", "sokket = 1\n");
    ck_assert_int_eq(chmod(folder_path("conf.d/a.conf"), 0666), 0);
    wrong("max_mails = 0\n", /* the invalid value is not reached */
          "~/conf.d/a.conf: mode 0666, writable by others; run: chmod go-w ~/conf.d/a.conf\n");
    ck_assert_int_eq(chmod(folder_path("conf.d/a.conf"), 0640), 0);
    ck_assert_int_eq(chmod(folder_path("part.conf"), 0606), 0);
    wrong("include(\"part.conf\")\n",
          "~/part.conf: mode 0606, writable by others; run: chmod go-w ~/part.conf\n");
    ck_assert_int_eq(chmod(folder_path("main.conf"), 0602), 0);
    wrong("include(\"part.conf\")\n", "@: mode 0602, writable by others; run: chmod go-w @\n");
    /* the folder of both is reported once */
    ck_assert_int_eq(chmod(folder_path("main.conf"), 0600), 0);
    ck_assert_int_eq(chmod(folder_path(""), 0707), 0);
    wrong("", "~: mode 0707, writable by others; run: chmod go-w ~\n");
    ck_assert_int_eq(chmod(folder_path(""), 0700), 0);
    configuration_free(load(""));
}
END_TEST

/* If root starts, its groups must not write; another user has files of a private group (umask 002).
 */
START_TEST(test_group) {
    const bool root = geteuid() == 0;

    write_file("conf.d/a.conf", "user = a\n");
    ck_assert_int_eq(chmod(folder_path("conf.d/a.conf"), 0664), 0);
    if (root)
        wrong("", "~/conf.d/a.conf: mode 0664, writable by its group; run: chmod go-w "
                  "~/conf.d/a.conf\n");
    else
        configuration_free(load(""));
    ck_assert_int_eq(chmod(folder_path("conf.d/a.conf"), 0644), 0);
    ck_assert_int_eq(chmod(folder_path("conf.d"), 0775), 0);
    if (root)
        wrong("", "~/conf.d: mode 0775, writable by its group; run: chmod go-w ~/conf.d\n");
    else
        configuration_free(load(""));
}
END_TEST

#define OWNED "owned by uid 65534; must be owned by root or by uid "

/* Only root can change the owner.  What belongs to neither root nor the user who starts is not
 * read; a user may name a file of somebody else, and trusts him then. */
START_TEST(test_owner) {
    if (geteuid() != 0)
        return;
    write_file("conf.d/a.conf", "user = a\n");
    ck_assert_int_eq(chown(folder_path("conf.d/a.conf"), 65534, (gid_t)-1), 0);
    wrong("", "~/conf.d/a.conf: " OWNED "0, which starts patchmark; run: chown root "
              "~/conf.d/a.conf\n");
    ck_assert_int_eq(chown(folder_path("conf.d"), 65534, (gid_t)-1), 0);
    wrong("", "~/conf.d: " OWNED "0, which starts patchmark; run: chown root ~/conf.d\n");
    ck_assert_int_eq(chown(folder_path("main.conf"), 65534, (gid_t)-1), 0);
    wrong_file("@: " OWNED "0, which starts patchmark; run: chown root @\n"
               "~/conf.d: " OWNED "0, which starts patchmark; run: chown root ~/conf.d\n");
    ck_assert_int_eq(chmod(folder_path(""), 0755), 0);
    ck_assert_int_eq(seteuid(65533), 0);
    errors_logged[0] = '\0';
    struct configuration *configuration = NULL;
    ck_assert_msg(configuration_load(folder_path("main.conf"), &configuration) == 0, "%s",
                  errors_logged);
    ck_assert_str_eq(configuration->user, "a");
    configuration_free(configuration);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chown(folder_path("main.conf"), 0, (gid_t)-1), 0);
    ck_assert_int_eq(seteuid(65533), 0);
    wrong_file("~/conf.d: " OWNED "65533, which starts patchmark; run: chown root ~/conf.d\n");
    ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

SUITE(configuration_folder_suite) {
    TCase *files = tcase_create("files");
    Suite *suite = suite_create("configuration folder");

    tcase_add_checked_fixture(files, folder_setup, folder_remove);
    tcase_add_test(files, test_order);
    tcase_add_test(files, test_names);
    tcase_add_test(files, test_places);
    tcase_add_test(files, test_same_title);
    tcase_add_test(files, test_included);
    tcase_add_test(files, test_include);
    tcase_add_test(files, test_count);
    tcase_add_test(files, test_unreadable);
    tcase_add_test(files, test_folder_mode);
    tcase_add_test(files, test_file_mode);
    tcase_add_test(files, test_group);
    tcase_add_test(files, test_owner);
    suite_add_tcase(suite, files);
    return suite;
}
