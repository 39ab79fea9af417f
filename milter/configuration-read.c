/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-read.c - the only user of libconfuse: what a file and its includes say.
 *
 * Every option is read as a list of strings (libconfuse takes a single value for one as well);
 * types are checked later, so that all mistakes are told together.  libconfuse itself stops at the
 * first thing that it cannot read.  It has one table of options for all sections of a type and
 * wants it beforehand, but what may stand in plugin "x" is for x to say.  So the table holds every
 * name that stands before a '=' anywhere, and when an include brings names that are new, reading
 * starts again.
 */
#include "configuration-private.h"

#include "cleanup.h"
#include "limits.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/* Where an option got its value last. */
struct place {
    const cfg_opt_t *option;
    const char *file;
    int line;
};

/* A file that is being read. */
struct opened {
    const char *file;
    dev_t device;
    ino_t inode;
};

static struct reading {
    struct arena *arena;
    struct configuration_problems *problems;
    struct configuration_scan scan;
    struct place *places;
    size_t place_count;
    struct opened opened[LIMIT_INCLUDE_DEPTH];
    int depth;
    int files;
    size_t known; /* names in the table */
} * current;      /* the callbacks of libconfuse take no argument of ours */

CLEANUP_DEFINE(cfg_t *, cfg_free)

/* ---- mistakes that libconfuse finds -------------------------------------------------------- */

static const struct {
    const char *format; /* libconfuse's own */
    const char *hint;
} hints[] = {
    {"found duplicate title '%s'", "; allowed: one section for each name"},
    {"missing equal sign after option '%s'", "; allowed: option = value"},
    {"missing opening brace for section '%s'",
     "; allowed: list \"GLOB\" { ... } and plugin \"NAME\" { ... }"},
    {"missing title for section '%s'",
     "; allowed: list \"GLOB\" { ... } and plugin \"NAME\" { ... }"},
    {"missing parenthesis for function '%s'", "; allowed: include(\"FILE\")"},
    {"premature end of file", "; the last setting has no value"},
    {"syntax error in call of function '%s'", "; allowed: include(\"FILE\")"},
    {"unexpected token '%s'",
     "; allowed: option = value, option = { value, value } or a section; values of more than a "
     "word in quotes"},
};

static void add_names(FILE *text, const struct patchmark_option *options) {
    for (size_t i = 0; options[i].name; i++)
        fprintf(text, "%s%s", i ? ", " : "", options[i].name);
}

/* Writes what may stand in that section to HINT. */
static void allowed_here(const cfg_t *section, char *hint, size_t size) {
    AUTO(fclose) FILE *text = fmemopen(hint, size, "w");

    if (!text)
        return;
    fputs("; allowed here: ", text);
    if (strcmp(section->name, "list") == 0)
        add_names(text, configuration_list_options);
    else if (strcmp(section->name, "plugin") == 0)
        fputs("option = value", text); /* those with a '=' are in the table */
    else {
        add_names(text, configuration_top_options);
        fputs(", include, list, plugin", text);
    }
}

__attribute__((format(printf, 2, 0))) static void library_error(cfg_t *section, const char *format,
                                                                va_list arguments) {
    char what[PROBLEM_SIZE / 2], hint[PROBLEM_SIZE / 2] = "";

    vsnprintf(what, sizeof(what), format, arguments);
    if (strcmp(format, "no such option '%s'") == 0)
        allowed_here(section, hint, sizeof(hint));
    for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
        if (strcmp(format, hints[i].format) == 0)
            snprintf(hint, sizeof(hint), "%s", hints[i].hint);
    configuration_problem(current->problems, section->filename, section->line, "%s%s", what, hint);
}

/* ---- one file ------------------------------------------------------------------------------ */

/* Reads and scans FILE for the including section's line; NULL after a problem. */
static char *open_text(const char *file, size_t *length, const char *from, int line) {
    struct opened *opened = &current->opened[current->depth];
    AUTO(free) char *text = NULL;
    char error[PROBLEM_SIZE / 2];
    struct stat status = {0};

    text = configuration_text_read(file, length, error, sizeof(error));
    if (!text) {
        if (from)
            configuration_problem(current->problems, from, line, "cannot read %s: %s", file, error);
        else
            configuration_problem(current->problems, file, 0, "cannot be read: %s", error);
        return NULL;
    }
    if (stat(file, &status) < 0)
        status.st_ino = 0;
    for (int i = 0; i < current->depth; i++)
        if (S_ISREG(status.st_mode) && current->opened[i].inode == status.st_ino &&
            current->opened[i].device == status.st_dev) {
            configuration_problem(current->problems, from, line,
                                  "%s is being read already: it includes itself", file);
            return NULL;
        }
    *opened = (struct opened){file, status.st_dev, status.st_ino};
    current->files++;
    return configuration_text_scan(&current->scan, file, text, *length) ? NULL : TAKE(text);
}

/* Lets libconfuse read TEXT, as part of ROOT. */
static int parse_text(cfg_t *root, const char *file, char *text, size_t length) {
    AUTO(fclose) FILE *stream = NULL;
    char *outer_file = root->filename;
    int outer_line = root->line;
    int result = -1;

    if (length == 0)
        return 0;
    stream = fmemopen(text, length, "r");
    root->filename = strdup(file);
    if (!stream || !root->filename)
        configuration_problem(current->problems, file, 0, "%s", strerror(errno));
    else {
        current->depth++;
        result = cfg_parse_fp(root, stream) == CFG_SUCCESS ? 0 : -1;
        current->depth--;
        /* libconfuse says nothing of a name that is an empty string. */
        if (result < 0 && current->problems->count == 0)
            configuration_problem(
                current->problems, file, root->line,
                "'' stands where a name should be, here or in the section that begins here");
    }
    free(root->filename);
    root->filename = outer_file;
    root->line = outer_line;
    return result;
}

/* Name of a file that FROM includes. */
static const char *included_name(const char *from, const char *name) {
    const char *slash = strrchr(from, '/');
    int folder = slash && *name != '/' ? (int)(slash - from) + 1 : 0;
    AUTO(free) char *joined = NULL;

    if (asprintf(&joined, "%.*s%s", folder, from, name) < 0) {
        joined = NULL;
        return arena_copy(current->arena, name, strlen(name));
    }
    return arena_copy(current->arena, joined, strlen(joined));
}

/* include("FILE"); a cfg_func_t. */
static int include(cfg_t *root, cfg_opt_t *option, int count, const char **arguments) {
    AUTO(free) char *text = NULL;
    const char *file;
    size_t length;

    (void)option;
    if (count != 1) {
        configuration_problem(current->problems, root->filename, root->line,
                              "include takes one file; allowed: include(\"FILE\")");
        return -1;
    }
    file = included_name(root->filename, arguments[0]);
    if (current->depth == LIMIT_INCLUDE_DEPTH || current->files == LIMIT_INCLUDES) {
        configuration_problem(current->problems, root->filename, root->line,
                              "%s is one include too many; allowed: %d deep, %d files in all", file,
                              LIMIT_INCLUDE_DEPTH, LIMIT_INCLUDES);
        return -1;
    }
    text = open_text(file, &length, root->filename, root->line);
    return text ? parse_text(root, file, text, length) : -1;
}

/* ---- all files ----------------------------------------------------------------------------- */

/* Remembers where OPTION was set; a cfg_validate_callback_t. */
static int note_place(cfg_t *section, cfg_opt_t *option) {
    size_t count = current->place_count;

    /* The next item of a list: it was set where its first one stands. */
    if (count && current->places[count - 1].option == option && cfg_opt_size(option) > 1)
        return 0;
    current->places = configuration_room(current->arena, current->places, current->place_count,
                                         sizeof(*current->places));
    current->places[current->place_count++] = (struct place){
        option,
        arena_copy(current->arena, section->filename, strlen(section->filename)),
        section->line,
    };
    return 0;
}

static bool has_name(const struct patchmark_option *options, const char *name) {
    for (; options->name; options++)
        if (strcmp(options->name, name) == 0)
            return true;
    return false;
}

/* A table for libconfuse: OPTIONS, then what was SEEN besides; 3 places are left free. */
static cfg_opt_t *make_table(const struct patchmark_option *options,
                             const struct configuration_scan *seen) {
    size_t count = configuration_option_count(options);
    size_t size = (count + (seen ? seen->option_count : 0) + 4) * sizeof(cfg_opt_t);
    cfg_opt_t *table = arena_take(current->arena, size), *next = table;

    memset(table, 0, size);
    for (; options->name; options++)
        *next++ = (cfg_opt_t)CFG_STR_LIST(options->name, NULL, CFGF_NONE);
    options -= count;
    for (size_t i = 0; seen && i < seen->option_count; i++)
        if (!has_name(options, seen->options[i].text))
            *next++ = (cfg_opt_t)CFG_STR_LIST(seen->options[i].text, NULL, CFGF_NONE);
    for (cfg_opt_t *option = table; option < next; option++)
        option->validcb = note_place;
    return table;
}

static cfg_t *make_root(void) {
    const cfg_flag_t flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
    cfg_opt_t *top = make_table(configuration_top_options, NULL);
    cfg_opt_t *next = top + cfg_numopts(top);
    cfg_t *root;

    *next++ = (cfg_opt_t)CFG_FUNC("include", include);
    *next++ = (cfg_opt_t)CFG_SEC("list", make_table(configuration_list_options, NULL), flags);
    *next++ = (cfg_opt_t)CFG_SEC("plugin", make_table(configuration_plugin_options, &current->scan),
                                 flags);
    root = cfg_init(top, CFGF_NONE);
    if (root)
        cfg_set_error_function(root, library_error);
    return root;
}

/* ---- from libconfuse's tree to ours -------------------------------------------------------- */

static struct configuration_setting convert_setting(cfg_opt_t *option,
                                                    const struct configuration_section *section) {
    struct configuration_setting setting = {
        .name = arena_copy(current->arena, option->name, strlen(option->name)),
        .count = cfg_opt_size(option),
        .file = section->file,
        .line = section->line,
    };

    for (size_t i = 0; i < current->scan.option_count; i++)
        if (setting.count == 0 && strcmp(current->scan.options[i].text, option->name) == 0) {
            setting.file = current->scan.options[i].file;
            setting.line = current->scan.options[i].line;
        }
    for (size_t i = 0; i < current->place_count; i++)
        if (setting.count > 0 && current->places[i].option == option) {
            setting.file = current->places[i].file;
            setting.line = current->places[i].line;
        }
    setting.items = arena_take(current->arena, (setting.count + 1) * sizeof(char *));
    for (size_t i = 0; i < setting.count; i++) {
        const char *item = cfg_opt_getnstr(option, (unsigned)i);

        setting.items[i] = arena_copy(current->arena, item, strlen(item));
    }
    return setting;
}

static struct configuration_section convert_section(cfg_t *from, const char *type) {
    const char *title = from->title ? from->title : "";
    struct configuration_section section = {
        .type = type,
        .title = arena_copy(current->arena, title, strlen(title)),
        .file = arena_copy(current->arena, from->filename, strlen(from->filename)),
        .line = *type ? from->line : 0,
    };

    for (size_t i = 0; i < current->scan.section_count; i++)
        if (*type && strcmp(current->scan.sections[i].text, title) == 0 &&
            strcmp(current->scan.sections[i].file, section.file) == 0) {
            section.line = current->scan.sections[i].line;
            break;
        }
    for (cfg_opt_t *option = from->opts; option->name; option++) {
        if (option->type != CFGT_STR || !(option->flags & CFGF_MODIFIED))
            continue;
        section.settings = configuration_room(current->arena, section.settings, section.count,
                                              sizeof(*section.settings));
        section.settings[section.count++] = convert_setting(option, &section);
    }
    return section;
}

static struct configuration_section *convert(cfg_t *root, const char *file, size_t *count) {
    static const char *const types[] = {"list", "plugin"};
    struct configuration_section *sections = NULL;

    *count = 0;
    root->filename = strdup(file);
    sections = configuration_room(current->arena, sections, *count, sizeof(*sections));
    sections[(*count)++] = convert_section(root, "");
    for (size_t type = 0; type < sizeof(types) / sizeof(*types); type++)
        for (unsigned i = 0; i < cfg_size(root, types[type]); i++) {
            sections = configuration_room(current->arena, sections, *count, sizeof(*sections));
            sections[(*count)++] = convert_section(cfg_getnsec(root, types[type], i), types[type]);
        }
    return sections;
}

/* Reads everything once, with the names that are known so far. */
static struct configuration_section *read_once(const char *file, size_t *count) {
    AUTO(cfg_free) cfg_t *root = NULL;
    AUTO(free) char *text = NULL;
    size_t length;

    current->problems->count = 0;
    current->scan.section_count = 0;
    current->place_count = 0;
    current->files = 0;
    text = open_text(file, &length, NULL, 0);
    current->known = current->scan.option_count;
    if (!text)
        return NULL;
    root = make_root();
    if (!root)
        configuration_problem(current->problems, file, 0, "%s", strerror(errno));
    if (!root || parse_text(root, file, text, length))
        return NULL;
    return convert(root, file, count);
}

struct configuration_section *
configuration_read(const char *file, struct configuration_problems *problems, size_t *count) {
    struct reading reading = {.arena = problems->arena,
                              .problems = problems,
                              .scan = {.problems = problems}};
    struct configuration_section *sections;

    current = &reading;
    file = arena_copy(problems->arena, file, strlen(file));
    do
        sections = read_once(file, count);
    while (!sections && reading.scan.option_count > reading.known);
    current = NULL;
    return sections;
}

/* ---- lists by themselves ------------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static void ignore_error(cfg_t *section, const char *format,
                                                               va_list arguments) {
    (void)section;
    (void)format;
    (void)arguments;
}

bool configuration_read_list(struct arena *arena, const char *text, char ***items, size_t *count) {
    cfg_opt_t table[] = {CFG_STR_LIST("list", NULL, CFGF_NONE), CFG_END()};
    AUTO(cfg_free) cfg_t *root = cfg_init(table, CFGF_NONE);
    AUTO(free) char *setting = NULL;
    cfg_opt_t *option;

    if (!root || asprintf(&setting, "list = %s\n", text) < 0) {
        setting = NULL;
        return false;
    }
    cfg_set_error_function(root, ignore_error);
    if (cfg_parse_buf(root, setting) != CFG_SUCCESS)
        return false;
    option = cfg_getopt(root, "list");
    *count = cfg_opt_size(option);
    *items = arena_take(arena, (*count + 1) * sizeof(char *));
    for (size_t i = 0; i < *count; i++) {
        const char *item = cfg_opt_getnstr(option, (unsigned)i);

        (*items)[i] = arena_copy(arena, item, strlen(item));
    }
    return true;
}
