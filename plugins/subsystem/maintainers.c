/* SPDX-License-Identifier: BSD-2-Clause
 *
 * maintainers.c - see maintainers.h.
 *
 * Owns all that was read.  What can fail is the file, which then is told as a mistake in the option
 * that names it, and memory.  Sections get their labels elsewhere.
 */
#define _GNU_SOURCE 1

#include "maintainers.h"

#include "glob.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read now. */
struct reading {
    const struct patchmark_instance *instance;
    const char *path;
    struct maintainers *to;
    size_t line;             /* its number */
    struct section *section; /* NULL: lines of none, or of one that has no usable name */
    size_t warnings;
    bool failed; /* out of memory */

    /* The last line that was no entry: the name of the section that begins with the next one. */
    struct patchmark_text name;
    size_t name_line;
    bool has_name; /* none has begun with it yet */
};

/* ---- life --------------------------------------------------------------------------------- */

static struct maintainers *maintainers_new(const struct patchmark_instance *instance,
                                           const char *path) {
    struct maintainers *new = calloc(1, sizeof(*new));
    if (!new)
        return NULL;
    new->trie = trie_new();
    new->names = regexes_new(instance, path, 'N');
    new->contents = regexes_new(instance, path, 'K');
    if (!new->trie || !new->names || !new->contents) {
        maintainers_free(new);
        return NULL;
    }
    return new;
}

void maintainers_free(struct maintainers *maintainers) {
    if (!maintainers)
        return;
    trie_free(maintainers->trie);
    regexes_free(maintainers->names);
    regexes_free(maintainers->contents);
    free(maintainers->sections);
    free(maintainers->patterns);
    free(maintainers->excludes);
    free(maintainers->text);
    free(maintainers);
}

/* ITEMS with room for one more of SIZE; NULL: out of memory, and ITEMS is as it was. */
static void *array_grow(void *items, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return items;
    size_t more = *room ? 2 * *room : 256;
    void *grown = reallocarray(items, more, size);
    if (grown)
        *room = more;
    return grown;
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

/* How many bytes follow the first one of a UTF-8 sequence; -1: it is none. */
static int utf8_more(unsigned char first) {
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

/* Good enough for what the core checks again: no lone and no missing bytes. */
static bool text_is_utf8(struct patchmark_text text) {
    for (size_t i = 0; i < text.length;) {
        int more = utf8_more((unsigned char)text.data[i++]);
        for (; more > 0; more--, i++)
            if (i == text.length || ((unsigned char)text.data[i] & 0xc0) != 0x80)
                return false;
        if (more < 0)
            return false;
    }
    return true;
}

/* ---- entries ------------------------------------------------------------------------------ */

static void add_pattern(struct reading *reading, struct patchmark_text glob) {
    struct maintainers *to = reading->to;
    struct pattern *patterns =
        array_grow(to->patterns, to->pattern_count, &to->pattern_room, sizeof(*patterns));
    if (patterns)
        to->patterns = patterns;
    if (!patterns || !trie_add(to->trie, glob, (uint32_t)to->pattern_count)) {
        reading->failed = true;
        return;
    }
    patterns[to->pattern_count++] =
        (struct pattern){.glob = glob,
                         .section = (uint32_t)(reading->section - to->sections),
                         .depth = glob_depth(glob)};
    if (glob_is_everything(glob))
        reading->section->is_rest = true;
}

/* The X: of a section stand together, as its lines do. */
static void add_exclude(struct reading *reading, struct patchmark_text glob) {
    struct maintainers *to = reading->to;
    struct patchmark_text *excludes =
        array_grow(to->excludes, to->exclude_count, &to->exclude_room, sizeof(*excludes));
    if (!excludes) {
        reading->failed = true;
        return;
    }
    to->excludes = excludes;
    if (reading->section->exclude_count++ == 0)
        reading->section->exclude_first = (uint32_t)to->exclude_count;
    excludes[to->exclude_count++] = glob;
}

static void add_glob(struct reading *reading, char letter, struct patchmark_text glob) {
    const char *problem = glob_problem(glob);
    if (problem)
        warn(reading, reading->line, "%c: %s", letter, problem);
    else if (reading->to->pattern_count + reading->to->exclude_count == BOUND_PATTERNS)
        warn(reading, reading->line, "there are more than %d patterns", BOUND_PATTERNS);
    else if (letter == 'F')
        add_pattern(reading, glob);
    else
        add_exclude(reading, glob);
}

static void add_regex(struct reading *reading, char letter, struct patchmark_text regex) {
    struct maintainers *to = reading->to;
    char problem[200];
    if (regexes_count(to->names) + regexes_count(to->contents) == BOUND_REGEXES)
        warn(reading, reading->line, "there are more than %d regular expressions", BOUND_REGEXES);
    else if (!regexes_add(letter == 'N' ? to->names : to->contents, regex,
                          (uint32_t)(reading->section - to->sections), reading->line, problem,
                          sizeof(problem)))
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
    if (!problem && !text_is_utf8(reading->name))
        problem = "the name of the section is not UTF-8";
    if (!problem && reading->to->section_count == BOUND_SECTIONS)
        problem = "there are too many sections";
    return problem;
}

static void start_section(struct reading *reading) {
    struct maintainers *to = reading->to;
    const char *problem = section_problem(reading);
    reading->has_name = false;
    reading->section = NULL;
    if (problem) {
        warn(reading, reading->name_line, "%s; the section is passed over", problem);
        return;
    }
    struct section *sections =
        array_grow(to->sections, to->section_count, &to->section_room, sizeof(*sections));
    if (!sections) {
        reading->failed = true;
        return;
    }
    to->sections = sections;
    reading->section = &to->sections[to->section_count++];
    *reading->section = (struct section){.name = reading->name, .line = reading->name_line};
}

static bool is_entry(struct patchmark_text line) {
    return line.length >= 2 && line.data[0] >= 'A' && line.data[0] <= 'Z' && line.data[1] == ':';
}

static void read_line(struct reading *reading, struct patchmark_text line) {
    struct patchmark_text text = text_trim(line);
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
    else if (reading->section)
        read_value(reading, line.data[0], text_trim(text_skip(line, 2)));
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

static bool read_lines(struct reading *reading, struct patchmark_text rest) {
    struct patchmark_text line;
    while (!reading->failed && patchmark_text_line(&rest, &line)) {
        reading->line++;
        read_line(reading, line);
    }
    if (reading->warnings > BOUND_WARNINGS)
        patchmark_log(reading->instance, PATCHMARK_WARNING, "%s: %zu more lines are wrong",
                      reading->path, reading->warnings - BOUND_WARNINGS);
    return !reading->failed && trie_finish(reading->to->trie);
}

static bool is_empty(const struct maintainers *maintainers) {
    return maintainers->pattern_count + regexes_count(maintainers->names) +
               regexes_count(maintainers->contents) ==
           0;
}

static bool fill(struct maintainers *to, const struct patchmark_instance *instance,
                 const char *path) {
    struct reading reading = {.instance = instance, .path = path, .to = to};
    size_t length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *problem = file_read(fd, &to->text, &length);
    if (fd >= 0)
        close(fd);
    if (problem) {
        patchmark_option_error(instance, "maintainers", "names %s: %s", path, problem);
        return false;
    }
    if (!read_lines(&reading, (struct patchmark_text){to->text, length})) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return false;
    }
    if (is_empty(to)) {
        patchmark_option_error(instance, "maintainers",
                               "names %s: there is no section with F:, N: or K: in it", path);
        return false;
    }
    return true;
}

struct maintainers *maintainers_read(const struct patchmark_instance *instance, const char *path) {
    struct maintainers *new = maintainers_new(instance, path);
    if (!new) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return NULL;
    }
    if (fill(new, instance, path))
        return new;
    maintainers_free(new);
    return NULL;
}
