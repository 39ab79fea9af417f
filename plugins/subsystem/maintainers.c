/* SPDX-License-Identifier: BSD-2-Clause
 *
 * maintainers.c - see maintainers.h.
 *
 * Owns all that was read.  What can fail is the file, which is logged as a mistake in the option
 * that names it.  Sections get their labels elsewhere.
 */
#define _GNU_SOURCE 1

#include "maintainers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read now. */
struct reading {
    const struct patchmark_instance *instance;
    const char *path;
    struct maintainers *to;
    size_t line;     /* its number */
    bool in_section; /* false: in none, or in one that has no usable name */
    size_t warnings;

    /* The last line that was no entry: the name of the section that begins with the next one. */
    struct patchmark_text name;
    size_t name_line;
    bool has_name; /* none has begun with it yet */
};

/* ---- life --------------------------------------------------------------------------------- */

static struct maintainers *maintainers_new(const struct patchmark_instance *instance,
                                           const char *path) {
    struct maintainers *new = g_new0(struct maintainers, 1);
    new->sections = g_array_new(FALSE, TRUE, sizeof(struct section));
    new->patterns = globs_new();
    new->excludes = globs_new();
    new->names = regexes_new(instance, path, 'N');
    new->contents = regexes_new(instance, path, 'K');
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
    free(maintainers->text);
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

/* What is wrong with the bytes of a line; NULL: nothing. */
static const char *line_problem(struct patchmark_text line) {
    if (line.length > BOUND_LINE_BYTES)
        return "the line is too long";
    for (size_t i = 0; i < line.length; i++) {
        unsigned char c = (unsigned char)line.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return "there is a control byte in the line";
    }
    return NULL;
}

/* ---- entries ------------------------------------------------------------------------------ */

/* The number of the section that is read. */
static uint32_t section_number(const struct reading *reading) {
    return reading->to->sections->len - 1;
}

static void add_glob(struct reading *reading, char letter, struct patchmark_text glob) {
    struct maintainers *to = reading->to;
    const char *problem = NULL;
    if (to->patterns->len + to->excludes->len == BOUND_PATTERNS) {
        warn(reading, reading->line, "there are more than %d patterns", BOUND_PATTERNS);
        return;
    }
    problem = globs_add(letter == 'F' ? to->patterns : to->excludes, glob, section_number(reading));
    if (problem)
        warn(reading, reading->line, "%c: %s", letter, problem);
    else if (letter == 'F' && glob_is_everything(glob))
        maintainers_section(to, section_number(reading))->is_rest = true;
}

static void add_regex(struct reading *reading, char letter, struct patchmark_text regex) {
    struct maintainers *to = reading->to;
    char problem[200];
    if (regexes_count(to->names) + regexes_count(to->contents) == BOUND_REGEXES)
        warn(reading, reading->line, "there are more than %d regular expressions", BOUND_REGEXES);
    else if (!regexes_add(letter == 'N' ? to->names : to->contents, regex, section_number(reading),
                          reading->line, problem, sizeof(problem)))
        warn(reading, reading->line, "%c: %s", letter, problem);
}

static void read_value(struct reading *reading, char letter, struct patchmark_text value) {
    if (value.length == 0)
        warn(reading, reading->line, "%c: without a value", letter);
    else if (value.length > BOUND_PATTERN_BYTES)
        warn(reading, reading->line, "%c: is longer than %d bytes", letter, BOUND_PATTERN_BYTES);
    else if (letter == 'F' || letter == 'X')
        add_glob(reading, letter, value);
    else
        add_regex(reading, letter, value);
}

/* ---- sections ----------------------------------------------------------------------------- */

/* Why the section that begins now cannot be used; NULL: it can. */
static const char *section_problem(const struct reading *reading) {
    const char *problem = line_problem(reading->name);
    if (!problem && !g_utf8_validate(reading->name.data, (gssize)reading->name.length, NULL))
        problem = "the name of the section is not UTF-8";
    if (!problem && reading->to->sections->len == BOUND_SECTIONS)
        problem = "there are too many sections";
    return problem;
}

static void start_section(struct reading *reading) {
    struct section section = {.name = reading->name, .line = reading->name_line};
    const char *problem = section_problem(reading);
    reading->has_name = false;
    reading->in_section = !problem;
    if (problem)
        warn(reading, reading->name_line, "%s; the section is passed over", problem);
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
        problem = "the line belongs to no section";
    if (problem)
        warn(reading, reading->line, "%s", problem);
    else if (reading->in_section)
        read_value(reading, line.data[0], patchmark_text_trim(patchmark_text_skip(line, 2)));
}

/* ---- the file ----------------------------------------------------------------------------- */

static const char *read_all(int fd, char *text, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t got = read(fd, text + done, length - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? strerror(errno) : "it became shorter while it was read";
        done += (size_t)got;
    }
    return NULL;
}

/* What is wrong with the file that is open as FD; NULL: *TEXT is for free. */
static const char *file_read(int fd, char **text, size_t *length) {
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "it is no regular file";
    if (status.st_size > BOUND_FILE_BYTES)
        return "it is larger than 16 MiB";
    *length = (size_t)status.st_size;
    *text = malloc(*length + 1);
    return *text ? read_all(fd, *text, *length) : strerror(ENOMEM);
}

static void read_lines(struct reading *reading, struct patchmark_text rest) {
    struct patchmark_text line;
    while (patchmark_text_line(&rest, &line)) {
        reading->line++;
        read_line(reading, line);
    }
    if (reading->warnings > BOUND_WARNINGS)
        patchmark_log(reading->instance, PATCHMARK_WARNING, "%s: %zu more lines are wrong",
                      reading->path, reading->warnings - BOUND_WARNINGS);
    globs_sort(reading->to->patterns);
    globs_sort(reading->to->excludes);
}

struct maintainers *maintainers_read(const struct patchmark_instance *instance, const char *path) {
    struct maintainers *new = maintainers_new(instance, path);
    struct reading reading = {.instance = instance, .path = path, .to = new};
    size_t length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *problem = file_read(fd, &new->text, &length);
    if (fd >= 0)
        close(fd);
    if (!problem) {
        read_lines(&reading, (struct patchmark_text){new->text, length});
        if (new->patterns->len + regexes_count(new->names) + regexes_count(new->contents) > 0)
            return new;
        problem = "there is no section with F:, N: or K: in it";
    }
    patchmark_option_error(instance, "maintainers", "names %s: %s", path, problem);
    maintainers_free(new);
    return NULL;
}
