/* SPDX-License-Identifier: BSD-2-Clause
 *
 * maintainers.c - reads MAINTAINERS files; see maintainers.h.
 *
 * A struct maintainers owns the texts of the files and everything that was made from them.  Opening
 * and reading a file can fail, which is logged as an error in the option that names it. subsystem.c
 * sets the labels of the sections.
 */
#include "maintainers.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The state while a file is read. */
struct reading {
    const struct patchmark_instance *instance;
    const char *path;
    struct maintainers *to;
    size_t bytes;    /* of all files so far */
    size_t line;     /* number of the line that is read, from 1 */
    bool in_section; /* false before the first section, and in one whose name cannot be used */
    size_t warnings;

    /* The last line that was not of the form "X: ...": the name of the section that begins with the
     * next line of that form. */
    struct patchmark_text name;
    size_t name_line;
    bool has_name; /* the section of that name has not begun yet */
};

/* ---- the result --------------------------------------------------------------------------- */

static struct maintainers *maintainers_new(const struct patchmark_instance *instance) {
    struct maintainers *new = g_new0(struct maintainers, 1);
    new->sections = g_array_new(FALSE, TRUE, sizeof(struct section));
    new->patterns = globs_new();
    new->excludes = globs_new();
    new->names = regexes_new(instance, 'N');
    new->contents = regexes_new(instance, 'K');
    new->paths = g_ptr_array_new_with_free_func(free);
    new->texts = g_ptr_array_new_with_free_func(free);
    return new;
}

void maintainers_free(struct maintainers *maintainers) {
    if (!maintainers)
        return;
    g_array_free(maintainers->sections, TRUE);
    g_array_free(maintainers->patterns, TRUE);
    g_array_free(maintainers->excludes, TRUE);
    regexes_free(maintainers->names);
    regexes_free(maintainers->contents);
    g_ptr_array_free(maintainers->texts, TRUE);
    g_ptr_array_free(maintainers->paths, TRUE);
    g_free(maintainers);
}

struct section *maintainers_section(const struct maintainers *maintainers, size_t i) {
    return &g_array_index(maintainers->sections, struct section, i);
}

/* ---- warnings ----------------------------------------------------------------------------- */

static void PATCHMARK_PRINTF(3, 4)
    warn(struct reading *reading, size_t line, const char *format, ...) {
    char text[300];
    va_list arguments;
    if (++reading->warnings > BOUND_WARNINGS)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    patchmark_log(reading->instance, PATCHMARK_WARNING, "%s:%zu: %s", reading->path, line, text);
}

/* Returns what is wrong with the bytes of LINE; NULL if nothing is. */
static const char *line_problem(struct patchmark_text line) {
    if (line.length > BOUND_LINE_BYTES)
        return "line too long";
    for (size_t i = 0; i < line.length; i++) {
        unsigned char c = (unsigned char)line.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return "control byte in the line";
    }
    return NULL;
}

/* ---- entries ------------------------------------------------------------------------------ */

/* Returns the index of the section that is read. */
static uint32_t current_section(const struct reading *reading) {
    return reading->to->sections->len - 1;
}

static void add_glob(struct reading *reading, char letter, struct patchmark_text glob) {
    struct maintainers *to = reading->to;
    const char *problem = NULL;
    if (to->patterns->len + to->excludes->len == BOUND_PATTERNS) {
        warn(reading, reading->line, "more than %d patterns, the line is ignored", BOUND_PATTERNS);
        return;
    }
    problem =
        globs_add(letter == 'F' ? to->patterns : to->excludes, glob, current_section(reading));
    if (problem)
        warn(reading, reading->line, "%c: %s", letter, problem);
    else if (letter == 'F' && glob_is_everything(glob))
        maintainers_section(to, current_section(reading))->is_rest = true;
}

static void add_regex(struct reading *reading, char letter, struct patchmark_text regex) {
    struct maintainers *to = reading->to;
    char problem[200];
    if (regexes_count(to->names) + regexes_count(to->contents) == BOUND_REGEXES)
        warn(reading, reading->line, "more than %d regular expressions, the line is ignored",
             BOUND_REGEXES);
    else if (!regexes_add(letter == 'N' ? to->names : to->contents, regex, current_section(reading),
                          reading->path, reading->line, problem, sizeof(problem)))
        warn(reading, reading->line, "%c: %s", letter, problem);
}

static void read_value(struct reading *reading, char letter, struct patchmark_text value) {
    if (value.length == 0)
        warn(reading, reading->line, "%c: without a value", letter);
    else if (value.length > BOUND_PATTERN_BYTES)
        warn(reading, reading->line, "%c: value is longer than %d bytes", letter,
             BOUND_PATTERN_BYTES);
    else if (letter == 'F' || letter == 'X')
        add_glob(reading, letter, value);
    else
        add_regex(reading, letter, value);
}

/* ---- sections ----------------------------------------------------------------------------- */

/* Returns why the section that begins now cannot be used; NULL if it can. */
static const char *section_problem(const struct reading *reading) {
    const char *problem = line_problem(reading->name);
    if (!problem && !g_utf8_validate(reading->name.data, (gssize)reading->name.length, NULL))
        problem = "the name of the section is not UTF-8";
    if (!problem && reading->to->sections->len == BOUND_SECTIONS)
        problem = "too many sections";
    return problem;
}

static void start_section(struct reading *reading) {
    struct section section = {.name = reading->name, .line = reading->name_line};
    const char *problem = section_problem(reading);
    reading->has_name = false;
    reading->in_section = !problem;
    if (problem)
        warn(reading, reading->name_line, "%s; the section is skipped", problem);
    else
        g_array_append_val(reading->to->sections, section);
}

static bool is_entry(struct patchmark_text line) {
    return line.length >= 2 && line.data[0] >= 'A' && line.data[0] <= 'Z' && line.data[1] == ':';
}

static void read_line(struct reading *reading, struct patchmark_text line) {
    struct patchmark_text text = patchmark_text_trim(line);
    if (text.length == 0 || text.data[0] == '#')
        return;
    if (!is_entry(line)) {
        reading->name = text;
        reading->name_line = reading->line;
        reading->has_name = true;
        return;
    }
    if (reading->has_name)
        start_section(reading);
    if (!strchr("FXNK", line.data[0]))
        return;
    const char *problem = line_problem(line);
    if (reading->name_line == 0)
        problem = "line outside of a section";
    if (problem)
        warn(reading, reading->line, "%s", problem);
    else if (reading->in_section)
        read_value(reading, line.data[0], patchmark_text_trim(patchmark_text_skip(line, 2)));
}

/* ---- the file ----------------------------------------------------------------------------- */

/* Reads LENGTH bytes from FD to TEXT.  Returns NULL on success, otherwise what failed. */
static const char *read_all(int fd, char *text, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t got = read(fd, text + done, length - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? strerror(errno) : "the file became shorter while it was read";
        done += (size_t)got;
    }
    return NULL;
}

/* Reads the open file FD, or -1 with errno, of at most ROOM bytes, to *TEXT, which the caller frees
 * in either case.  Returns NULL on success, otherwise what failed. */
static const char *file_read(int fd, size_t room, char **text, size_t *length) {
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    if ((size_t)status.st_size > room)
        return "larger than 16 MiB, with the files before it";
    *length = (size_t)status.st_size;
    *text = malloc(*length + 1);
    return *text ? read_all(fd, *text, *length) : strerror(ENOMEM);
}

static void read_lines(struct reading *reading, struct patchmark_text rest) {
    struct patchmark_text line;
    reading->line = reading->name_line = 0;
    reading->in_section = reading->has_name = false;
    while (patchmark_text_line(&rest, &line)) {
        reading->line++;
        read_line(reading, line);
    }
}

/* Reads the file at PATH, which must live as long as the result.  Returns NULL on success,
 * otherwise what failed. */
static const char *read_path(struct reading *reading, const char *path) {
    char *text = NULL;
    size_t length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *problem = file_read(fd, BOUND_FILE_BYTES - reading->bytes, &text, &length);
    if (fd >= 0)
        close(fd);
    g_ptr_array_add(reading->to->texts, text);
    if (problem)
        return problem;
    reading->path = path;
    reading->bytes += length;
    read_lines(reading, (struct patchmark_text){text, length});
    return NULL;
}

/* ---- the option --------------------------------------------------------------------------- */

/* Adds a copy of PATH to the paths.  Returns NULL on success, otherwise what failed. */
static const char *add_path(struct maintainers *to, const char *path) {
    char *copy = to->paths->len < BOUND_MAINTAINERS ? strdup(path) : NULL;
    if (!copy)
        return to->paths->len < BOUND_MAINTAINERS ? strerror(ENOMEM) : "too many files";
    g_ptr_array_add(to->paths, copy);
    return NULL;
}

/* Adds the paths that ITEM of the option names.  Returns NULL on success, otherwise what failed. */
static const char *add_item(struct maintainers *to, const char *item) {
    const char *problem = NULL;
    glob_t found = {0};
    if (!strpbrk(item, "*?["))
        return add_path(to, item);
    if (glob(item, 0, NULL, &found) != 0)
        problem = "no such file";
    for (size_t i = 0; !problem && i < found.gl_pathc; i++)
        problem = add_path(to, found.gl_pathv[i]);
    globfree(&found);
    return problem;
}

/* Adds the paths that ITEMS name.  Returns false after an error was logged. */
static bool add_items(const struct patchmark_instance *instance, struct maintainers *to,
                      const char *const *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *problem = NULL;
        if (items[i][0] != '/') {
            patchmark_option_error(instance, "maintainers", "must be an absolute path: \"%s\"",
                                   items[i]);
            return false;
        }
        problem = add_item(to, items[i]);
        if (problem) {
            patchmark_option_error(instance, "maintainers", "names %s: %s", items[i], problem);
            return false;
        }
    }
    return true;
}

static bool has_patterns(const struct maintainers *maintainers) {
    return maintainers->patterns->len + regexes_count(maintainers->names) +
               regexes_count(maintainers->contents) >
           0;
}

/* Reads all paths.  Returns false after an error was logged. */
static bool read_paths(struct reading *reading) {
    struct maintainers *to = reading->to;
    const char *path = "", *problem = NULL;
    for (size_t i = 0; i < to->paths->len && !problem; i++) {
        path = g_ptr_array_index(to->paths, i);
        problem = read_path(reading, path);
    }
    if (!problem && !has_patterns(to))
        problem = "no section has F:, N: or K:";
    if (problem) {
        patchmark_option_error(reading->instance, "maintainers", "names %s: %s", path, problem);
        return false;
    }
    if (reading->warnings > BOUND_WARNINGS)
        patchmark_log(reading->instance, PATCHMARK_WARNING, "%s: %zu more lines cannot be used",
                      path, reading->warnings - BOUND_WARNINGS);
    globs_sort(to->patterns);
    globs_sort(to->excludes);
    return true;
}

struct maintainers *maintainers_read(const struct patchmark_instance *instance,
                                     const char *const *items, size_t count) {
    struct maintainers *new = maintainers_new(instance);
    struct reading reading = {.instance = instance, .to = new};
    if (add_items(instance, new, items, count) && read_paths(&reading))
        return new;
    maintainers_free(new);
    return NULL;
}
