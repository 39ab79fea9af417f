/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-read.c - see configuration-read.h.
 *
 * Parses a file, its includes and the folder beside it with libconfuse.  Every option is declared
 * as a list of strings, which libconfuse also accepts for a single value; types are checked later,
 * so that all invalid values are reported together.  libconfuse stops at the first syntax error of
 * a file, and configuration-text.h reports all unknown options before.
 *
 * libconfuse requires one table of options for all sections of a type before it parses, but each
 * plugin has options of its own, and plugins are loaded later.  So every name before a '=' in such
 * a section is added to the table of plugin sections before the text that has it is parsed.
 */
#include "settings/configuration-read.h"

#include "plugin/trust.h"
#include "settings/configuration-options.h"
#include "settings/configuration-text.h"
#include "util/cleanup.h"
#include "util/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct reading {
    struct arena *arena;
    struct configuration_problems *problems;
    struct configuration_scan scan;
    struct stat opened[LIMIT_INCLUDE_DEPTH]; /* the file and the includes that lead to this one */
    int depth;                               /* number of elements in OPENED that are valid */
    struct stat read[LIMIT_INCLUDES];        /* all files that were read */
    int files;                               /* their number */
    uid_t owner; /* of the first file, for trust_check, unless root starts the program */
} * current;     /* static, because the callbacks of libconfuse have no argument for it */

#define FOLDER_NAME "conf.d" /* beside the configuration file */

CLEANUP_DEFINE(cfg_t *, cfg_free)

static char *place_of(const cfg_t *section) {
    return configuration_place(current->arena, section->filename, section->line);
}

/* ---- errors that libconfuse finds ---------------------------------------------------------- */

#define UNKNOWN_OPTION "no such option '%s'" /* libconfuse's format for it */
#define NAME_SHOWN     255                   /* bytes of its name in the error */

static const struct {
    const char *format; /* libconfuse's format of the error */
    const char *hint;   /* is appended to the error */
} hints[] = {
    {"found duplicate title '%s'", "; make one section of the two"},
    {"missing equal sign after option '%s'", "; allowed: option = value"},
    {"missing opening brace for section '%s'",
     "; allowed: list \"ID\" { ... }, plugin \"NAME\" { ... } and web { ... }"},
    {"missing title for section '%s'",
     "; allowed: list \"ID\" { ... } and plugin \"NAME\" { ... }"},
    {"missing parenthesis for function '%s'", "; allowed: include(\"FILE\")"},
    {"premature end of file", "; the last setting has no value"},
    {"syntax error in call of function '%s'", "; allowed: include(\"FILE\")"},
    {"unexpected token '%s'",
     "; allowed: option = value, option = { value, value } or a section; a value with spaces "
     "requires quotes"},
};

static void add_names(FILE *text, const struct patchmark_option *options) {
    for (size_t i = 0; options[i].name; i++)
        fprintf(text, "%s%s", i ? ", " : "", options[i].name);
}

/* Options that have another name now. */
static const struct {
    const char *name, *now;
} moved[] = {{"journal", "durability"},
             {"journal_age", "outbox_age"},
             {"journal_size", "outbox_size"}};

/* What is allowed outside of sections besides options. */
static const struct patchmark_option top_words[] = {
    {.name = "include"}, {.name = "list"}, {.name = "plugin"}, {.name = "web"}, {.name = NULL}};

/* Returns the options of sections of the type SECTION, or of the top if that is none; NULL for
 * plugins, each of which has its own. */
static const struct patchmark_option *options_of(const char *section) {
    return strcmp(section, "list") == 0     ? configuration_list_options
           : strcmp(section, "web") == 0    ? configuration_web_options
           : strcmp(section, "plugin") == 0 ? NULL
                                            : configuration_top_options;
}

/* Writes what NAME, which is no option of SECTION, is probably meant to be to HINT.  Returns false
 * if that is unknown. */
static bool meant(const char *section, const char *name, char *hint, size_t size) {
    bool is_top = options_of(section) == configuration_top_options;
    const char *near = configuration_option_near(options_of(section), name);

    if (is_top && !near)
        near = configuration_option_near(top_words, name);
    if (strchr(name, ';') || (*name && name[strlen(name) - 1] == ':'))
        snprintf(hint, size, "; write option = value, without ';' and ':'");
    else if (near)
        snprintf(hint, size, "; did you mean '%s'?", near);
    else
        *hint = '\0';
    for (size_t i = 0; is_top && i < sizeof(moved) / sizeof(*moved); i++)
        if (strcmp(name, moved[i].name) == 0)
            snprintf(hint, size, "; it is '%s' now, see MIGRATION in NEWS", moved[i].now);
    return *hint;
}

/* Writes the options that are allowed in SECTION to HINT. */
static void allowed_here(const char *section, char *hint, size_t size) {
    AUTO(fclose) FILE *text = fmemopen(hint, size, "w");
    const struct patchmark_option *options = options_of(section);

    if (!text)
        return;
    fputs("; allowed here: ", text);
    if (options)
        add_names(text, options);
    else
        fputs("option = value", text); /* only a name without '=' is unknown here */
    if (options == configuration_top_options)
        fputs(", include, list, plugin, web", text);
}

/* Writes the problem of NAME, which is no option of SECTION, to ERROR, which has PROBLEM_SIZE
 * bytes. */
static void unknown_write(const char *section, const char *name, char *error) {
    char hint[PROBLEM_SIZE / 2];

    if (!meant(section, name, hint, sizeof(hint)))
        allowed_here(section, hint, sizeof(hint));
    snprintf(error, PROBLEM_SIZE, "unknown option '%.*s'%s", NAME_SHOWN, name, hint);
}

__attribute__((format(printf, 2, 0))) static void library_error(cfg_t *section, const char *format,
                                                                va_list arguments) {
    char what[PROBLEM_SIZE];
    const char *hint = "";

    if (strcmp(format, UNKNOWN_OPTION) == 0) {
        char name[NAME_SHOWN + 1];

        vsnprintf(name, sizeof(name), "%s", arguments); /* the format has one argument, a string */
        unknown_write(section->name, name, what);
    } else
        vsnprintf(what, sizeof(what), format, arguments);
    for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
        if (strcmp(format, hints[i].format) == 0)
            hint = hints[i].hint;
    configuration_problem(current->problems, place_of(section), "%s%s", what, hint);
}

/* ---- tables ------------------------------------------------------------------------------- */

/* Stores the place of OPTION as its comment; a cfg_validate_callback_t, which libconfuse calls for
 * each item of a list.  The place of a list is that of its first item. */
static int note_place(cfg_t *section, cfg_opt_t *option) {
    if (cfg_opt_size(option) == 1)
        cfg_opt_setcomment(option, place_of(section));
    return 0;
}

static cfg_opt_t list_option(const char *name) {
    cfg_opt_t option = CFG_STR_LIST(name, NULL, CFGF_NONE);

    option.validcb = note_place;
    return option;
}

/* Returns a table with OPTIONS, CONFIGURATION_MARK and CONFIGURATION_UNKNOWN, and room for 4 more
 * options and the end.  The caller frees it. */
static cfg_opt_t *make_table(const struct patchmark_option *options) {
    size_t count = configuration_option_count(options);
    cfg_opt_t *table = g_new0(cfg_opt_t, count + 7);

    for (size_t i = 0; i < count; i++)
        table[i] = list_option(options[i].name);
    table[count] = list_option(CONFIGURATION_MARK);
    table[count + 1] = list_option(CONFIGURATION_UNKNOWN);
    return table;
}

/* Adds NAME to the table of PLUGIN, the section type `plugin`, unless it has it.  Returns false if
 * the table is full or memory runs out. */
static bool plugin_option_add(cfg_opt_t *plugin, const char *name) {
    size_t count = (size_t)cfg_numopts(plugin->subopts);
    cfg_opt_t *options;

    for (size_t i = 0; i < count; i++)
        if (strcmp(plugin->subopts[i].name, name) == 0)
            return true;
    /* libconfuse copies the table for each section, and frees the table with the tree. */
    options = count <= LIMIT_CONFIGURATION_NAMES + PLUGIN_OPTIONS + 1
                  ? reallocarray(plugin->subopts, count + 2, sizeof(*options))
                  : NULL;
    if (!options)
        return false;
    options[count] = list_option(strdup(name));
    options[count + 1] = (cfg_opt_t)CFG_END();
    plugin->subopts = options;
    return true;
}

/* See configuration_scan.  ARGUMENT is the cfg_opt_t of the section type `plugin`. */
static enum configuration_name declare_option(void *argument, const char *section, const char *name,
                                              char *error) {
    const struct patchmark_option *options = options_of(section);

    if (*section && options == configuration_top_options)
        return CONFIGURATION_NAME_VALID; /* no section type: libconfuse stops there */
    for (size_t i = 0; options && options[i].name; i++)
        if (strcmp(options[i].name, name) == 0)
            return CONFIGURATION_NAME_VALID;
    if (options) {
        unknown_write(section, name, error);
        return CONFIGURATION_NAME_UNKNOWN;
    }
    if (plugin_option_add(argument, name))
        return CONFIGURATION_NAME_VALID;
    snprintf(error, PROBLEM_SIZE, "too many different options; allowed: %d",
             LIMIT_CONFIGURATION_NAMES);
    return CONFIGURATION_NAME_LAST;
}

static int include(cfg_t *root, cfg_opt_t *option, int count, const char **arguments);

static cfg_t *make_root(void) {
    const cfg_flag_t flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
    AUTO(free) cfg_opt_t *top = make_table(configuration_top_options);
    AUTO(free) cfg_opt_t *list = make_table(configuration_list_options);
    AUTO(free) cfg_opt_t *plugin = make_table(configuration_plugin_options);
    AUTO(free) cfg_opt_t *web = make_table(configuration_web_options);
    cfg_opt_t *next = top + cfg_numopts(top);
    cfg_t *root;

    *next++ = (cfg_opt_t)CFG_FUNC("include", include);
    *next++ = (cfg_opt_t)CFG_SEC("list", list, flags);
    *next++ = (cfg_opt_t)CFG_SEC("plugin", plugin, flags);
    *next++ = (cfg_opt_t)CFG_SEC("web", web, CFGF_MULTI);
    root = cfg_init(top, CFGF_NONE);
    if (root)
        cfg_set_error_function(root, library_error);
    return root;
}

/* ---- files -------------------------------------------------------------------------------- */

/* Parses TEXT, the content of FILE, into ROOT.  Returns 0; -1 after a problem. */
static int parse_text(cfg_t *root, const char *file, char *text) {
    AUTO(fclose) FILE *stream = fmemopen(text, strlen(text), "r");
    char *outer_file = root->filename;
    int outer_line = root->line;
    size_t problems = current->problems->count;
    int result = -1;

    root->filename = strdup(file);
    if (!stream || !root->filename)
        configuration_problem(current->problems, file, "%s", strerror(errno));
    else {
        current->depth++;
        result = cfg_parse_fp(root, stream) == CFG_SUCCESS ? 0 : -1;
        current->depth--;
        /* libconfuse reports no error for a name that is an empty string. */
        if (result < 0 && current->problems->count == problems)
            configuration_problem(current->problems, place_of(root),
                                  "empty name '', here or in the section that starts here; "
                                  "allowed: option = value");
    }
    free(root->filename);
    root->filename = outer_file;
    root->line = outer_line;
    return result;
}

/* Adds the problem ERROR of a path that is not trusted, unless it was added already: several files
 * may be in one folder. */
static void distrust(const char *error) {
    for (size_t i = 0; i < current->problems->count; i++)
        if (strcmp(current->problems->lines[i], error) == 0)
            return;
    configuration_problem(current->problems, "", "%s", error);
}

/* A configuration decides as which user the program runs, and where the mail's data goes.  So
 * nobody whom root does not trust may be able to change FILE, a file or the folder conf.d, if root
 * starts the program.  Another user may name a file of somebody else, who then is trusted as well.
 * Returns false after a problem. */
static bool trusted(const char *file) {
    AUTO(free) char *here = *file == '/' ? NULL : getcwd(NULL, 0);
    const char *path =
        here ? arena_join(current->arena, (const char *const[]){here, "/", file, NULL}) : file;
    char error[PROBLEM_SIZE / 2];

    if (trust_check(path, current->owner, error, sizeof(error)))
        return true;
    distrust(error);
    return false;
}

/* Parses FILE into ROOT.  FROM is the place of its include; NULL for the first file.  Returns 0; -1
 * after a problem. */
static int read_file(cfg_t *root, const char *file, const char *from) {
    struct stat *status = &current->opened[current->depth];
    AUTO(free) char *text = NULL, *scanned = NULL;
    char error[PROBLEM_SIZE / 2];
    size_t length;

    text = configuration_text_read(file, &length, error, sizeof(error));
    if (!text) {
        if (from)
            configuration_problem(current->problems, from, "cannot read %s: %s", file, error);
        else
            configuration_problem(current->problems, file, "cannot be read: %s", error);
        return -1;
    }
    if (stat(file, status) < 0)
        *status = (struct stat){.st_ino = 0};
    if (current->files == 0 && privileges_starter() != 0)
        current->owner = status->st_uid;
    current->read[current->files++] = *status;
    /* not /dev/null, nor a file without a name, of which only its processes know */
    if (S_ISREG(status->st_mode) && status->st_nlink > 0 && !trusted(file))
        return -1;
    for (int i = 0; i < current->depth; i++)
        if (S_ISREG(status->st_mode) && current->opened[i].st_ino == status->st_ino &&
            current->opened[i].st_dev == status->st_dev) {
            configuration_problem(current->problems, from,
                                  "%s includes itself, directly or through other files", file);
            return -1;
        }
    scanned = configuration_text_scan(&current->scan, file, text, length);
    return scanned ? parse_text(root, file, scanned) : -1;
}

/* include("FILE"); a cfg_func_t. */
static int include(cfg_t *root, cfg_opt_t *option, int count, const char **arguments) {
    const char *place = place_of(root), *slash = strrchr(root->filename, '/');
    char *folder, *file;

    (void)option;
    if (count != 1) {
        configuration_problem(current->problems, place,
                              "include requires exactly one file; allowed: include(\"FILE\")");
        return -1;
    }
    folder = arena_copy(current->arena, root->filename,
                        slash && *arguments[0] != '/' ? (size_t)(slash - root->filename) + 1 : 0);
    file = arena_join(current->arena, (const char *const[]){folder, arguments[0], NULL});
    if (current->depth == LIMIT_INCLUDE_DEPTH || current->files == LIMIT_INCLUDES) {
        configuration_problem(current->problems, place,
                              "too many includes: %s; allowed: %d levels, %d files in all", file,
                              LIMIT_INCLUDE_DEPTH, LIMIT_INCLUDES);
        return -1;
    }
    return read_file(root, file, place);
}

/* ---- the folder beside the file ------------------------------------------------------------ */

/* Returns true for the names that are read; a scandir(3) filter.  Those that editors and package
 * managers leave, such as x.conf~, .x.conf.swp and x.conf.dpkg-old, are none of them. */
static int is_configuration(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);

    return *entry->d_name != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

/* Sorts by bytes, so that the order is the same in every locale. */
static int name_order(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Returns true if FILE was read already, such as by an include. */
static bool was_read(const char *file) {
    struct stat status;

    for (int i = 0; i < current->files && stat(file, &status) == 0; i++)
        if (current->read[i].st_ino == status.st_ino && current->read[i].st_dev == status.st_dev)
            return true;
    return false;
}

/* Whoever can add files to FOLDER can set every option, also if it has the sticky bit.  Returns
 * false after a problem. */
static bool folder_check(const char *folder) {
    struct stat status;

    if (!trusted(folder))
        return false;
    if (stat(folder, &status) < 0 || !(status.st_mode & S_IWOTH))
        return true;
    configuration_problem(current->problems, folder,
                          "mode %04o, writable by others; run: chmod o-w %s",
                          (unsigned)(status.st_mode & 07777), folder);
    return false;
}

/* Reads the files of the folder beside FILE into ROOT.  Returns 0, also if there is no such folder;
 * -1 after a problem. */
static int read_folder(cfg_t *root, const char *file) {
    const char *slash = strrchr(file, '/');
    char *beside = arena_copy(current->arena, file, slash ? (size_t)(slash - file) + 1 : 0);
    char *folder = arena_join(current->arena, (const char *const[]){beside, FOLDER_NAME, NULL});
    struct dirent **entries;
    int count, result = 0;
    bool safe;

    count = scandir(folder, &entries, is_configuration, name_order);
    if (count < 0 && errno == ENOENT)
        return 0;
    if (count < 0) {
        configuration_problem(current->problems, folder, "cannot be read: %s", strerror(errno));
        return -1;
    }
    safe = count == 0 || folder_check(folder);
    for (int i = 0; i < count; i++) {
        char *path = arena_join(current->arena,
                                (const char *const[]){folder, "/", entries[i]->d_name, NULL});

        free(entries[i]);
        if (!safe)
            continue;
        if (current->files == LIMIT_INCLUDES) {
            configuration_problem(current->problems, path, "too many files; allowed: %d in all",
                                  LIMIT_INCLUDES);
            result = -1;
        } else if (!was_read(path) && read_file(root, path, NULL) < 0)
            result = -1;
    }
    free(entries);
    return safe ? result : -1;
}

/* Returns the tree of what could be read, and sets *RESULT to 0 if that is all, else to -1. */
static cfg_t *tree_read(const char *file, struct configuration_problems *problems, int *result) {
    AUTO(cfg_free) cfg_t *root = make_root();
    struct reading reading = {.arena = problems->arena, .problems = problems};

    *result = -1;
    if (!root) {
        configuration_problem(problems, file, "%s", strerror(errno));
        return NULL;
    }
    reading.scan = (struct configuration_scan){.problems = problems,
                                               .declare = declare_option,
                                               .argument = cfg_getopt(root, "plugin")};
    current = &reading;
    *result = read_file(root, file, NULL);
    if (read_folder(root, file) < 0) /* also after an error, so that one run reports all files */
        *result = -1;
    current = NULL;
    root->filename = strdup(file);
    return STEAL(root);
}

cfg_t *configuration_read(const char *file, struct configuration_problems *problems) {
    int result;
    AUTO(cfg_free) cfg_t *root = tree_read(file, problems, &result);

    return result == 0 ? STEAL(root) : NULL;
}

cfg_t *configuration_read_partly(const char *file, struct configuration_problems *problems) {
    int result;

    return tree_read(file, problems, &result);
}

cfg_t *configuration_read_given(const char *name, const struct option_given *given, size_t count) {
    AUTO(cfg_free) cfg_t *root = make_root();
    cfg_opt_t *plugin = root ? cfg_getopt(root, "plugin") : NULL;
    cfg_value_t *section;

    for (size_t i = 0; plugin && i < count; i++)
        plugin_option_add(plugin, given[i].option);
    section = plugin ? cfg_setopt(root, plugin, name) : NULL;
    for (size_t i = 0; section && i < count; i++) {
        cfg_opt_t *option = cfg_getopt(section->section, given[i].option);

        cfg_setopt(section->section, option, given[i].value);
        cfg_opt_setcomment(option, (char *)given[i].where);
    }
    return section ? STEAL(root) : NULL;
}

/* ---- the tree ----------------------------------------------------------------------------- */

cfg_opt_t *configuration_setting(cfg_t *section, const char *name) {
    for (cfg_opt_t *option = section ? section->opts : NULL; option && option->name; option++)
        if ((option->flags & CFGF_MODIFIED) && strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

const char *configuration_section_place(cfg_t *section) {
    cfg_opt_t *mark = configuration_setting(section, CONFIGURATION_MARK);

    return mark ? cfg_opt_getcomment(mark) : section->filename ? section->filename : "";
}

char **configuration_items(struct arena *arena, cfg_opt_t *option, size_t *count) {
    size_t size = cfg_opt_size(option);
    char **items = arena_allocate(arena, (size + 1) * sizeof(*items));

    *count = 0;
    for (size_t i = 0; i < size; i++) {
        const char *item = cfg_opt_getnstr(option, (unsigned)i);

        if (strcmp(item, CONFIGURATION_MARK) != 0)
            items[(*count)++] = arena_copy(arena, item, strlen(item));
    }
    items[*count] = NULL;
    return items;
}

/* ---- a list without a file ----------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static void ignore_error(cfg_t *section, const char *format,
                                                               va_list arguments) {
    (void)section;
    (void)format;
    (void)arguments;
}

char **configuration_read_list(struct arena *arena, const char *text, size_t *count) {
    cfg_opt_t table[] = {CFG_STR_LIST("list", NULL, CFGF_NONE), CFG_END()};
    AUTO(cfg_free) cfg_t *root = cfg_init(table, CFGF_NONE);

    if (!root)
        return NULL;
    cfg_set_error_function(root, ignore_error);
    if (cfg_parse_buf(root, arena_join(arena, (const char *const[]){"list = ", text, "\n", NULL})))
        return NULL;
    return configuration_items(arena, cfg_getopt(root, "list"), count);
}
