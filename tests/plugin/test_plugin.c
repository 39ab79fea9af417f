/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_plugin.c - which plugins the loader accepts and refuses, and its error messages.
 */
#include "plugin/plugin.h"

#include "util/log.h"

#include "support/plugin-folder.h"
#include "support/suite.h"

static char error[1024];

/* ---- descriptors: rules that need no file ---------------------------------------------------- */

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self;
    (void)message;
    (void)facts;
    return 0;
}

static size_t publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self;
    (void)events;
    return count;
}

static struct patchmark_plugin sound_classifier(void) {
    return (struct patchmark_plugin){
        PLUGIN_SIZES,   .traits = PATCHMARK_PARALLEL, .name = "sound_1",
        .version = "1", .summary = "is in order",     .classify = classify,
    };
}

static void refused(struct patchmark_plugin *plugin, const char *expected) {
    strcpy(error, "(nothing)");
    ck_assert_ptr_null(plugin_builtin(plugin, error, sizeof(error)));
    ck_assert_str_eq(error, expected);
}

START_TEST(test_builtin) {
    static struct patchmark_plugin plugin;
    const struct plugin_module *module;

    plugin = sound_classifier();
    module = plugin_builtin(&plugin, error, sizeof(error));
    ck_assert_ptr_nonnull(module);
    ck_assert_str_eq(module->descriptor.name, "sound_1");
    ck_assert_ptr_eq(module->descriptor.classify, classify);
    ck_assert_str_ne(module->path, "");
    /* A second call returns the same module. */
    ck_assert_ptr_eq(plugin_builtin(&plugin, error, sizeof(error)), module);
}
END_TEST

START_TEST(test_builtin_sink) {
    static struct patchmark_plugin plugin;

    plugin = sound_classifier();
    plugin.publish = publish;
    refused(&plugin, "it has both the callbacks classify and publish; a plugin is a classifier or "
                     "a sink");
    plugin.classify = NULL;
    plugin.batch = 201;
    refused(&plugin, "batch is 201; it must be at most 200");
    plugin.batch = 200;
    ck_assert_ptr_nonnull(plugin_builtin(&plugin, error, sizeof(error)));
}
END_TEST

/* A later header of the same interface has a longer struct; its unknown fields are not read. */
START_TEST(test_longer_struct) {
    static struct {
        struct patchmark_plugin plugin;
        void *unknown[4];
    } longer;

    longer.plugin = sound_classifier();
    longer.plugin.struct_size = sizeof(longer);
    ck_assert_ptr_nonnull(plugin_builtin(&longer.plugin, error, sizeof(error)));
}
END_TEST

/* A later header has longer elements of arrays, of which the members that this version has are
 * read. */
START_TEST(test_longer_elements) {
    static const struct {
        struct patchmark_fact fact;
        void *unknown[3];
    } provides[] = {{.fact = {"one", PATCHMARK_INT, "1", "x"}, .unknown = {error, error, error}},
                    {.fact = {"two", PATCHMARK_LIST, "2", "y"}, .unknown = {error, error, error}},
                    {.fact = {.key = NULL}}};
    static const struct {
        struct patchmark_option option;
        void *unknown;
    } options[] = {{.option = {"a", PATCHMARK_INT, "5", 1, 9, "h"}, .unknown = error},
                   {.option = {"b", PATCHMARK_BOOL, NULL, 0, 0, "i"}, .unknown = error},
                   {.option = {.name = NULL}}};
    static struct patchmark_plugin plugin;
    const struct plugin_module *module;

    plugin = sound_classifier();
    plugin.provides = &provides[0].fact;
    plugin.fact_size = sizeof(provides[0]);
    plugin.options = &options[0].option;
    plugin.option_size = sizeof(options[0]);
    module = plugin_builtin(&plugin, error, sizeof(error));
    ck_assert_msg(module != NULL, "%s", error);
    ck_assert_str_eq(module->descriptor.provides[1].key, "two");
    ck_assert_str_eq(module->descriptor.provides[1].example, "y");
    ck_assert_ptr_null(module->descriptor.provides[2].key);
    ck_assert_str_eq(module->descriptor.options[1].name, "b");
    ck_assert_str_eq(module->descriptor.options[1].help, "i");
    ck_assert_ptr_null(module->descriptor.options[2].name);
}
END_TEST

START_TEST(test_refused_fields) {
    struct patchmark_plugin plugin;

#define REFUSED(change, expected)    \
    do {                             \
        plugin = sound_classifier(); \
        plugin.change;               \
        refused(&plugin, expected);  \
    } while (0)
    REFUSED(abi = 0, "abi is 0; use the macro PATCHMARK_PLUGIN");
    REFUSED(abi = 2, "compiled for plugin interface 2, this patchmark has 1: compile it with the "
                     "patchmark-plugin.h of this version, or install a newer patchmark");
    REFUSED(struct_size = 143, "invalid struct_size 143; must be 144 to 4096");
    REFUSED(struct_size = 1 << 20, "invalid struct_size 1048576; must be 144 to 4096");
    REFUSED(name = NULL, "plugin name '' does not match [a-z][a-z0-9_]*");
    REFUSED(name = "", "plugin name '' does not match [a-z][a-z0-9_]*");
    REFUSED(name = "my plugin", "plugin name 'my plugin' does not match [a-z][a-z0-9_]*");
    REFUSED(name = "../evil", "plugin name '../evil' does not match [a-z][a-z0-9_]*");
    REFUSED(version = NULL, "version is missing");
    REFUSED(version = "", "version is missing");
    REFUSED(summary = NULL, "summary is missing");
    REFUSED(traits = 8, "unknown traits 0x8");
    REFUSED(classify = NULL, "it has neither the callback classify of a classifier nor publish of "
                             "a sink");
    REFUSED(fact_size = 0, "invalid fact_size 0; use the macro PATCHMARK_PLUGIN");
    REFUSED(fact_size = 31, "invalid fact_size 31; use the macro PATCHMARK_PLUGIN");
    REFUSED(option_size = 47, "invalid option_size 47; use the macro PATCHMARK_PLUGIN");
    REFUSED(option_size = 4097, "invalid option_size 4097; use the macro PATCHMARK_PLUGIN");
#undef REFUSED
}
END_TEST

START_TEST(test_refused_options) {
    static const struct {
        struct patchmark_option options[3];
        const char *expected;
    } cases[] = {
        {{{.name = "Words", .type = PATCHMARK_LIST}},
         "option name 'Words' does not match [a-z][a-z0-9_]*"},
        {{{.name = "1st", .type = PATCHMARK_LIST}},
         "option name '1st' does not match [a-z][a-z0-9_]*"},
        {{{.name = "", .type = PATCHMARK_LIST}}, "option name '' does not match [a-z][a-z0-9_]*"},
        {{{.name = "a-b", .type = PATCHMARK_LIST}},
         "option name 'a-b' does not match [a-z][a-z0-9_]*"},
        /* These three are options of the core in every section. */
        {{{.name = "file", .type = PATCHMARK_STRING}},
         "option name 'file' is reserved for patchmark"},
        {{{.name = "enabled", .type = PATCHMARK_BOOL}},
         "option name 'enabled' is reserved for patchmark"},
        {{{.name = "start", .type = PATCHMARK_STRING}},
         "option name 'start' is reserved for patchmark"},
        {{{.name = "x", .type = 0}}, "option 'x' has the unknown type 0"},
        {{{.name = "x", .type = 6}}, "option 'x' has the unknown type 6"},
        {{{.name = "x", .type = PATCHMARK_INT, .min = 2, .max = 1}},
         "option 'x' has an empty range"},
        {{{.name = "x", .type = PATCHMARK_INT}, {.name = "x", .type = PATCHMARK_LIST}},
         "duplicate option 'x'"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct patchmark_plugin plugin = sound_classifier();

        plugin.options = cases[i].options;
        refused(&plugin, cases[i].expected);
    }
}
END_TEST

START_TEST(test_refused_facts) {
    static const struct {
        struct patchmark_fact provides[3];
        const char *expected;
    } cases[] = {
        {{{.key = "a.b", .type = PATCHMARK_BOOL}}, "fact key 'a.b' does not match [a-z][a-z0-9_]*"},
        {{{.key = "", .type = PATCHMARK_BOOL}}, "fact key '' does not match [a-z][a-z0-9_]*"},
        {{{.key = "x", .type = PATCHMARK_DURATION}},
         "fact 'x' has type 5; it must be BOOL, INT, STRING or LIST"},
        {{{.key = "labels", .type = PATCHMARK_STRING}},
         "fact 'labels' must be a LIST; it has what patchmark_add_label adds"},
        {{{.key = "flags", .type = PATCHMARK_BOOL}},
         "fact 'flags' must be a LIST; it has what patchmark_add_flag adds"},
        {{{.key = "_x", .type = PATCHMARK_BOOL}}, "fact key '_x' does not match [a-z][a-z0-9_]*"},
        {{{.key = "x", .type = PATCHMARK_INT}, {.key = "x", .type = PATCHMARK_INT}},
         "duplicate fact 'x'"},
    };
    static const struct patchmark_fact sound[] = {{.key = "x", .type = PATCHMARK_INT}, {0}};
    struct patchmark_plugin plugin;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        plugin = sound_classifier();
        plugin.provides = cases[i].provides;
        refused(&plugin, cases[i].expected);
    }
    plugin = sound_classifier();
    plugin.classify = NULL;
    plugin.publish = publish;
    plugin.provides = sound;
    refused(&plugin, "a sink cannot provide facts");
}
END_TEST

START_TEST(test_refused_needs) {
    static const char *const no_dot[] = {"subject.title", "title", NULL};
    static const char *const no_key[] = {"subject.", NULL};
    static const char *const no_plugin[] = {".title", NULL};
    struct patchmark_plugin plugin = sound_classifier();

    plugin.needs = no_dot;
    refused(&plugin, "'title' in needs is not of the form PLUGIN.key");
    plugin.needs = no_key;
    refused(&plugin, "'subject.' in needs is not of the form PLUGIN.key");
    plugin.needs = NULL;
    plugin.uses = no_plugin;
    refused(&plugin, "'.title' in uses is not of the form PLUGIN.key");
}
END_TEST

START_TEST(test_refused_counters) {
    static const char *const good[] = {"a", "b_2", "c", "d", "e", "f", "g", "h", NULL};
    static const char *const bad_name[] = {"a", "B", NULL};
    static const char *const repeated[] = {"a", "b", "a", NULL};
    static const char *const many[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", NULL};
    static struct patchmark_plugin plugin;

    plugin = sound_classifier();
    plugin.counters = bad_name;
    refused(&plugin, "counter name 'B' does not match [a-z][a-z0-9_]*");
    plugin.counters = repeated;
    refused(&plugin, "duplicate counter 'a'");
    plugin.counters = many;
    refused(&plugin, "more than 8 counters; is the terminating NULL missing?");
    plugin.counters = good;
    ck_assert_ptr_nonnull(plugin_builtin(&plugin, error, sizeof(error)));
}
END_TEST

/* A table without an end is read only up to a limit. */
START_TEST(test_refused_without_end) {
    static struct patchmark_option options[300];
    static struct patchmark_fact facts[300];
    static const char *needs[300];
    static char names[300][16];
    struct patchmark_plugin plugin;

    for (int i = 0; i < 300; i++) {
        snprintf(names[i], sizeof(names[i]), "x%d", i);
        options[i] = (struct patchmark_option){.name = names[i], .type = PATCHMARK_INT};
        facts[i] = (struct patchmark_fact){.key = names[i], .type = PATCHMARK_INT};
        needs[i] = "subject.title";
    }
    plugin = sound_classifier();
    plugin.options = options;
    refused(&plugin, "more than 256 options; is the terminating NULL missing?");
    plugin = sound_classifier();
    plugin.provides = facts;
    refused(&plugin, "more than 256 facts; is the terminating NULL missing?");
    plugin = sound_classifier();
    plugin.needs = needs;
    refused(&plugin, "more than 256 elements in needs; is the terminating NULL missing?");
}
END_TEST

/* ---- files -------------------------------------------------------------------------------- */

/* Checks that FILE is refused as the plugin NAME with the error EXPECTED, in which '@' stands for
 * the folder. */
static void refused_file(const char *name, const char *file, const char *expected) {
    char whole[2048] = "";

    for (const char *c = expected; *c; c++)
        if (*c == '@')
            strcat(whole, folder);
        else
            strncat(whole, c, 1);
    strcpy(error, "(nothing)");
    ck_assert_ptr_null(plugin_load(name, file, error, sizeof(error)));
    ck_assert_str_eq(error, whole);
}

START_TEST(test_load) {
    const struct plugin_module *module;

    folder_plugin("good", "good");
    module = plugin_load("good", folder_path("good.so"), error, sizeof(error));
    ck_assert_msg(module != NULL, "%s", error);
    ck_assert_str_eq(module->path, folder_path("good.so"));
    ck_assert_str_eq(module->descriptor.name, "good");
    ck_assert_str_eq(module->descriptor.version, "1.2");
    ck_assert_str_eq(module->descriptor.options[0].name, "maxlen");
    ck_assert_ptr_null(module->descriptor.open);
    /* The same file is the same module, whatever path leads to it. */
    ck_assert_ptr_eq(plugin_load("good", folder_path("good.so"), error, sizeof(error)), module);
    ck_assert_int_eq(symlink(folder_path("good.so"), folder_path("link.so")), 0);
    ck_assert_ptr_eq(plugin_load("good", folder_path("link.so"), error, sizeof(error)), module);
    ck_assert_int_eq(link(folder_path("good.so"), folder_path("hard.so")), 0);
    ck_assert_ptr_eq(plugin_load("good", folder_path("hard.so"), error, sizeof(error)), module);
    /* But not under the name of another plugin. */
    refused_file("other", folder_path("good.so"),
                 "@/good.so: plugin name is 'good' instead of 'other'");
}
END_TEST

/* A plugin that was compiled for interface 1 loads; nothing behind its descriptor is read. */
START_TEST(test_load_abi1) {
    const struct plugin_module *module;

    folder_plugin("abi1", "abi1");
    module = plugin_load("abi1", folder_path("abi1.so"), error, sizeof(error));
    ck_assert_msg(module != NULL, "%s", error);
    ck_assert_str_eq(module->descriptor.provides[0].key, "number");
    ck_assert_int_eq(module->descriptor.provides[0].type, PATCHMARK_INT);
    ck_assert_ptr_nonnull(module->descriptor.classify);
    ck_assert_ptr_null(module->descriptor.publish);
    ck_assert_ptr_nonnull(module->descriptor.close);
    ck_assert_ptr_null(module->descriptor.follow);
}
END_TEST

START_TEST(test_refused_plugins) {
    static const struct {
        const char *name, *expected;
    } cases[] = {
        {"no_symbol", "@/no_symbol.so: not a patchmark plugin: it does not export the function "
                      "patchmark_plugin"},
        {"undefined_symbol",
         "@/undefined_symbol.so: undefined symbol: patchmark_test_nobody_has_this"},
        {"wrong_abi",
         "@/wrong_abi.so: compiled for plugin interface 2, this patchmark has 1: compile it with "
         "the patchmark-plugin.h of this version, or install a newer patchmark"},
        {"short_struct", "@/short_struct.so: invalid struct_size 136; must be 144 to 4096"},
        {"bad_name", "@/bad_name.so: plugin name 'Bad.Name' does not match [a-z][a-z0-9_]*"},
        {"missing_callback", "@/missing_callback.so: it has neither the callback classify of a "
                             "classifier nor publish of a sink"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char file[64];

        folder_plugin(cases[i].name, cases[i].name);
        snprintf(file, sizeof(file), "%s.so", cases[i].name);
        refused_file(cases[i].name, folder_path(file), cases[i].expected);
        /* It is refused again: a plugin must not get loaded by a reload. */
        refused_file(cases[i].name, folder_path(file), cases[i].expected);
    }
}
END_TEST

START_TEST(test_refused_files) {
    folder_plugin("good", "renamed");
    refused_file("renamed", folder_path("renamed.so"),
                 "@/renamed.so: plugin name is 'good' instead of 'renamed'");
    refused_file("good", "good.so", "option 'file' must be an absolute path, not 'good.so'");
    refused_file("good", "./good.so", "option 'file' must be an absolute path, not './good.so'");
    refused_file("good", "", "option 'file' must be an absolute path, not ''");
    refused_file("good", folder_path("none.so"), "@/none.so: No such file or directory");
    refused_file("good", folder, "@: not a regular file");
    ck_assert_int_eq(mkfifo(folder_path("pipe.so"), 0644), 0);
    refused_file("good", folder_path("pipe.so"), "@/pipe.so: not a regular file");
    folder_write("text.so", "hello", 5);
    refused_file("text", folder_path("text.so"), "@/text.so: file too short");
    refused_file("../good", NULL, "a plugin name must match [a-z][a-z0-9_]*");
    refused_file("", NULL, "a plugin name must match [a-z][a-z0-9_]*");
}
END_TEST

START_TEST(test_refused_modes) {
    static const struct {
        mode_t file, folder;
        const char *expected; /* NULL: loads */
    } cases[] = {
        {0664, 0755,
         "@/modes/good.so: mode 0664, writable by its group; run: chmod go-w @/modes/good.so"},
        {0646, 0755,
         "@/modes/good.so: mode 0646, writable by others; run: chmod go-w @/modes/good.so"},
        {0666, 0755,
         "@/modes/good.so: mode 0666, writable by others; run: chmod go-w @/modes/good.so"},
        {0644, 0775, "@/modes: mode 0775, writable by its group; run: chmod go-w @/modes"},
        {0644, 0757, "@/modes: mode 0757, writable by others; run: chmod go-w @/modes"},
        /* A sticky bit protects the files in a folder, but has no meaning on a file. */
        {01646, 0755,
         "@/modes/good.so: mode 1646, writable by others; run: chmod go-w @/modes/good.so"},
        {0644, 01777, NULL},
    };

    folder_plugin("good", "good");
    ck_assert_int_eq(mkdir(folder_path("modes"), 0700), 0);
    ck_assert_int_eq(rename(folder_path("good.so"), folder_path("modes/good.so")), 0);
    /* The link is in a safe folder; the file to which it points is checked. */
    ck_assert_int_eq(symlink("modes/good.so", folder_path("good.so")), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ck_assert_int_eq(chmod(folder_path("modes/good.so"), cases[i].file), 0);
        ck_assert_int_eq(chmod(folder_path("modes"), cases[i].folder), 0);
        if (cases[i].expected)
            refused_file("good", folder_path("good.so"), cases[i].expected);
        else
            ck_assert_msg(plugin_load("good", folder_path("good.so"), error, sizeof(error)) != NULL,
                          "%s", error);
    }
    /* The mode is checked again even if the file was loaded before. */
    ck_assert_int_eq(chmod(folder_path("modes/good.so"), 0666), 0);
    refused_file("good", folder_path("good.so"),
                 "@/modes/good.so: mode 0666, writable by others; run: chmod go-w @/modes/good.so");
}
END_TEST

/* Only root can change the owner of a file. */
START_TEST(test_refused_owner) {
    if (geteuid() != 0)
        return;
    folder_plugin("good", "good");
    ck_assert_int_eq(chown(folder_path("good.so"), 65534, (gid_t)-1), 0);
    refused_file("good", folder_path("good.so"),
                 "@/good.so: owned by uid 65534; must be owned by root or by uid 0, which starts "
                 "patchmark; run: "
                 "chown root @/good.so");
    ck_assert_int_eq(chown(folder_path("good.so"), 0, (gid_t)-1), 0);
    ck_assert_int_eq(chown(folder, 65534, (gid_t)-1), 0);
    refused_file(
        "good", folder_path("good.so"),
        "@: owned by uid 65534; must be owned by root or by uid 0, which starts patchmark; "
        "run: chown root @");
    ck_assert_int_eq(chown(folder, 0, (gid_t)-1), 0);
    ck_assert_ptr_nonnull(plugin_load("good", folder_path("good.so"), error, sizeof(error)));
}
END_TEST

/* Whoever can write to a folder further up can replace all that is below it. */
START_TEST(test_refused_folders_above) {
    static const struct {
        const char *changed;  /* below the folder */
        mode_t mode;          /* of that folder */
        const char *expected; /* NULL: loads */
    } cases[] = {
        {"above", 0775, "@/above: mode 0775, writable by its group; run: chmod go-w @/above"},
        {"above", 0777, "@/above: mode 0777, writable by others; run: chmod go-w @/above"},
        /* As /tmp: what is in it belongs to root or to this user, and nobody else can rename it. */
        {"above", 01777, NULL},
        {"above/plugins", 0757,
         "@/above/plugins: mode 0757, writable by others; run: chmod go-w @/above/plugins"},
        {".", 0777, "@: mode 0777, writable by others; run: chmod go-w @"},
    };

    folder_plugin("good", "good");
    ck_assert_int_eq(mkdir(folder_path("above"), 0755), 0);
    ck_assert_int_eq(mkdir(folder_path("above/plugins"), 0755), 0);
    ck_assert_int_eq(mkdir(folder_path("above/plugins/own"), 0755), 0);
    ck_assert_int_eq(rename(folder_path("good.so"), folder_path("above/plugins/own/good.so")), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ck_assert_int_eq(chmod(folder_path(cases[i].changed), cases[i].mode), 0);
        if (cases[i].expected)
            refused_file("good", folder_path("above/plugins/own/good.so"), cases[i].expected);
        else
            ck_assert_msg(plugin_load("good", folder_path("above/plugins/own/good.so"), error,
                                      sizeof(error)) != NULL,
                          "%s", error);
        ck_assert_int_eq(chmod(folder_path(cases[i].changed), 0755), 0);
    }
}
END_TEST

/* Whoever can replace a symbolic link on the way chooses the file, so the folders of the links are
 * checked, too: also of a link between two others, which neither path shows. */
START_TEST(test_refused_links) {
    folder_plugin("good", "good");
    ck_assert_int_eq(mkdir(folder_path("real"), 0755), 0);
    ck_assert_int_eq(mkdir(folder_path("between"), 0755), 0);
    ck_assert_int_eq(rename(folder_path("good.so"), folder_path("real/good.so")), 0);
    ck_assert_int_eq(symlink("../real", folder_path("between/there")), 0);
    ck_assert_int_eq(symlink(folder_path("between/there"), folder_path("here")), 0);
    ck_assert_msg(plugin_load("good", folder_path("here/./good.so"), error, sizeof(error)) != NULL,
                  "%s", error);
    ck_assert_int_eq(chmod(folder_path("between"), 0777), 0);
    refused_file("good", folder_path("here/good.so"),
                 "@/between: mode 0777, writable by others; run: chmod go-w @/between");
    ck_assert_int_eq(chmod(folder_path("between"), 01777), 0);
    ck_assert_ptr_nonnull(plugin_load("good", folder_path("here/good.so"), error, sizeof(error)));
    if (geteuid() == 0) { /* a link of somebody else in such a folder */
        ck_assert_int_eq(lchown(folder_path("between/there"), 65534, (gid_t)-1), 0);
        refused_file(
            "good", folder_path("here/good.so"),
            "@/between/there: owned by uid 65534; must be owned by root or by uid 0, which "
            "starts patchmark; run: chown -h root @/between/there");
    }
    ck_assert_int_eq(symlink("loop", folder_path("loop")), 0);
    refused_file("good", folder_path("loop/good.so"),
                 "@/loop/good.so: Too many levels of symbolic links");
}
END_TEST

#define MISSING(name) \
    "; is the name right, or its package (patchmark-" name " on Debian) not installed?"

START_TEST(test_search_path) {
    const struct plugin_module *module;
    char path[1024];

    folder_plugin("good", "good");
    ck_assert_int_eq(mkdir(folder_path("empty"), 0755), 0);
    /* Folders are searched in their order; relative ones, which depend on the working directory,
     * are not searched. */
    snprintf(path, sizeof(path), ".::%s/empty:%s", folder, folder);
    setenv("PATCHMARK_PLUGIN_PATH", path, 1);
    module = plugin_load("good", NULL, error, sizeof(error));
    ck_assert_msg(module != NULL, "%s", error);
    ck_assert_str_eq(module->path, folder_path("good.so"));
    refused_file("none", NULL,
                 "no such plugin: none.so not found in \".\" (no absolute path, not searched), "
                 "@/empty, @, " PLUGIN_DIR MISSING("none"));
    /* A bad file in an earlier folder is an error, even if a later folder has a good one. */
    folder_write("empty/good.so", "hello", 5);
    refused_file("good", NULL, "@/empty/good.so: file too short");
    unsetenv("PATCHMARK_PLUGIN_PATH");
    refused_file("none", NULL, "no such plugin: none.so not found in " PLUGIN_DIR MISSING("none"));
}
END_TEST

/* Runs this program as PROGRAM in the folder, to load "good", and returns what it prints. */
static const char *loaded_by(const char *program) {
    static char printed[1024];
    char command[512];
    FILE *output;
    size_t length;

    folder_copy("/proc/self/exe", program, 0755);
    snprintf(command, sizeof(command), "%s good", folder_path(program));
    output = popen(command, "r");
    ck_assert_ptr_nonnull(output);
    length = fread(printed, 1, sizeof(printed) - 1, output);
    printed[length] = '\0';
    ck_assert_int_eq(pclose(output), 0);
    return printed;
}

/* A program in a build tree uses the plugins of that tree, also from the folder of libtool. */
START_TEST(test_build_tree) {
    static const char *const folders[] = {"milter", "milter/.libs", "plugins", "plugins/good",
                                          "plugins/good/.libs"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
        ck_assert_int_eq(mkdir(folder_path(folders[i]), 0755), 0);
    ck_assert_str_eq(loaded_by("milter/program"),
                     "no such plugin: good.so not found in " PLUGIN_DIR MISSING("good"));
    folder_plugin("good", "plugins/good/.libs/good");
    ck_assert_str_eq(loaded_by("milter/program"), folder_path("plugins/good/.libs/good.so"));
    ck_assert_str_eq(loaded_by("milter/.libs/program"), folder_path("plugins/good/.libs/good.so"));
    /* The environment has precedence. */
    folder_plugin("good", "good");
    setenv("PATCHMARK_PLUGIN_PATH", folder, 1);
    ck_assert_str_eq(loaded_by("milter/program"), folder_path("good.so"));
}
END_TEST

static int warnings;

static void count_warnings(enum patchmark_level level, const char *line) {
    (void)line;
    warnings += level == PATCHMARK_WARNING;
}

/* The dynamic loader compares paths, so the old code stays, and a warning is logged. */
START_TEST(test_upgraded_file) {
    const struct plugin_module *module;

    folder_plugin("good", "good");
    module = plugin_load("good", folder_path("good.so"), error, sizeof(error));
    ck_assert_ptr_nonnull(module);
    folder_plugin("good", "new");
    ck_assert_int_eq(rename(folder_path("new.so"), folder_path("good.so")), 0);
    log_capture(count_warnings);
    ck_assert_ptr_eq(plugin_load("good", folder_path("good.so"), error, sizeof(error)), module);
    ck_assert_int_eq(warnings, 1);
}
END_TEST

/* Each test has a folder of its own. */
static void setup(void) {
    ck_assert(folder_make());
    unsetenv("PATCHMARK_PLUGIN_PATH");
}

/* With an argument: see loaded_by. */
int suite_argument(const char *name) {
    const struct plugin_module *module = plugin_load(name, NULL, error, sizeof(error));

    fputs(module ? module->path : error, stdout);
    return 0;
}

SUITE(plugin_suite) {
    TCase *descriptors, *files;
    Suite *suite;

    descriptors = tcase_create("descriptors");
    files = tcase_create("files");
    suite = suite_create("plugin");
    tcase_add_test(descriptors, test_builtin);
    tcase_add_test(descriptors, test_builtin_sink);
    tcase_add_test(descriptors, test_longer_struct);
    tcase_add_test(descriptors, test_longer_elements);
    tcase_add_test(descriptors, test_refused_fields);
    tcase_add_test(descriptors, test_refused_options);
    tcase_add_test(descriptors, test_refused_facts);
    tcase_add_test(descriptors, test_refused_needs);
    tcase_add_test(descriptors, test_refused_counters);
    tcase_add_test(descriptors, test_refused_without_end);
    tcase_add_checked_fixture(files, setup, folder_remove);
    tcase_add_test(files, test_load);
    tcase_add_test(files, test_load_abi1);
    tcase_add_test(files, test_refused_plugins);
    tcase_add_test(files, test_refused_files);
    tcase_add_test(files, test_refused_modes);
    tcase_add_test(files, test_refused_owner);
    tcase_add_test(files, test_refused_folders_above);
    tcase_add_test(files, test_refused_links);
    tcase_add_test(files, test_search_path);
    tcase_add_test(files, test_build_tree);
    tcase_add_test(files, test_upgraded_file);
    suite_add_tcase(suite, descriptors);
    suite_add_tcase(suite, files);
    return suite;
}
