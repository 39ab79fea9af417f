/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-text.c - a configuration file before libconfuse sees it.
 *
 * libconfuse 3.3 passes over bytes that it does not know, counts lines wrongly behind comments,
 * takes no comment inside a list, and says of a forgotten quote or brace only that the file ended
 * too early.  So the text is gone through once: what would be misread is refused at the place
 * where it stands, comments are blanked out, and two things are noted that libconfuse does not
 * tell: which options appear, and where sections start.  Owns nothing.
 */
#include "configuration-private.h"

#include "cleanup.h"
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define BLANKS " \t\r\n"
#define DEPTH  2 /* a list in a section */

struct scanner {
    struct configuration_scan *scan;
    const char *file;
    char *text; /* ends with a NUL */
    size_t length;
    size_t at;
    int line;
    int depth;
    int opened[DEPTH]; /* line of each brace that is open */
    bool list[DEPTH];  /* it came after a '=' */
};

/* ---- reading ------------------------------------------------------------------------------- */

static int open_text(const char *path, char *error, size_t error_size) {
    /* O_NONBLOCK: a pipe must not hold the start up. */
    AUTO(close) int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    int opened;

    if (file < 0 || fstat(file, &status) < 0)
        snprintf(error, error_size, "%s", strerror(errno));
    else if (S_ISDIR(status.st_mode))
        snprintf(error, error_size, "it is a directory");
    else if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) /* /dev/null: all defaults */
        snprintf(error, error_size, "it is not a regular file");
    else {
        opened = file;
        file = -1;
        return opened;
    }
    return -1;
}

char *configuration_text_read(const char *path, size_t *length, char *error, size_t error_size) {
    AUTO(close) int file = open_text(path, error, error_size);
    AUTO(free) char *text = NULL;
    ssize_t got = 1;

    if (file < 0)
        return NULL;
    text = malloc(LIMIT_CONFIGURATION_BYTES + 1);
    for (*length = 0; text && got > 0 && *length <= LIMIT_CONFIGURATION_BYTES;) {
        got = read(file, text + *length, LIMIT_CONFIGURATION_BYTES + 1 - *length);
        *length += got > 0 ? (size_t)got : 0;
    }
    if (!text || got < 0) {
        snprintf(error, error_size, "%s", strerror(errno));
        return NULL;
    }
    if (*length > LIMIT_CONFIGURATION_BYTES) {
        snprintf(error, error_size, "it has more than %d bytes", LIMIT_CONFIGURATION_BYTES);
        return NULL;
    }
    text[*length] = '\0';
    return TAKE(text);
}

/* ---- looking around ------------------------------------------------------------------------ */

static bool is_control(char c) {
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* What libconfuse takes as part of a word without quotes. */
static bool is_word(char c) {
    return c != ' ' && !is_control(c) && !strchr("#\"'={}()+,*", c);
}

/* Index of the last byte before END that is not blank; comments there are blank by now.  -1: none.
 */
static ssize_t before(const struct scanner *scanner, size_t end) {
    while (end > 0 && strchr(BLANKS, scanner->text[end - 1]))
        end--;
    return (ssize_t)end - 1;
}

/* The word or quoted string that ends at LAST, copied; "" when there is none. */
static const char *token_ending(const struct scanner *scanner, ssize_t last) {
    const char *text = scanner->text;
    ssize_t first = last;
    bool quoted = last >= 0 && (text[last] == '"' || text[last] == '\'');

    if (quoted) {
        do
            first--;
        while (first >= 0 && text[first] != text[last]);
        first++;
        last--;
    } else {
        while (first >= 0 && is_word(text[first]))
            first--;
        first++;
    }
    if (last < first)
        return "";
    return arena_copy(scanner->scan->problems->arena, text + first, (size_t)(last - first + 1));
}

static int wrong(const struct scanner *scanner, int line, const char *what) {
    configuration_problem(scanner->scan->problems, scanner->file, line, "%s", what);
    return -1;
}

/* Bytes that libconfuse would pass over without a word. */
static int stray_byte(const struct scanner *scanner, char c) {
    unsigned char byte = (unsigned char)c;

    if (c == '*' || c == '+')
        configuration_problem(scanner->scan->problems, scanner->file, scanner->line,
                              "'%c' must stand in quotes", c);
    else
        configuration_problem(scanner->scan->problems, scanner->file, scanner->line,
                              "byte 0x%02x: this is not a text file", byte);
    return -1;
}

/* ---- noting -------------------------------------------------------------------------------- */

static int note_section(struct scanner *scanner, ssize_t last) {
    struct configuration_scan *scan = scanner->scan;

    if (scan->section_count == LIMIT_CONFIGURATION_NAMES)
        return wrong(scanner, scanner->line, "too many sections");
    scan->sections = configuration_room(scan->problems->arena, scan->sections, scan->section_count,
                                        sizeof(*scan->sections));
    scan->sections[scan->section_count++] = (struct configuration_mark){
        token_ending(scanner, last),
        scanner->file,
        scanner->line,
    };
    return 0;
}

/* Notes the option whose value comes now. */
static int note_option(struct scanner *scanner) {
    struct configuration_scan *scan = scanner->scan;
    struct configuration_mark mark = {"", scanner->file, scanner->line};
    ssize_t last = before(scanner, scanner->at);

    if (last >= 0 && scanner->text[last] == '+')
        last = before(scanner, (size_t)last);
    mark.text = token_ending(scanner, last);
    if (!*mark.text)
        return 0; /* libconfuse will tell what is wrong */
    for (size_t i = 0; i < scan->option_count; i++)
        if (strcmp(scan->options[i].text, mark.text) == 0) {
            scan->options[i] = mark;
            return 0;
        }
    if (scan->option_count == LIMIT_CONFIGURATION_NAMES)
        return wrong(scanner, scanner->line, "too many different options");
    scan->options = configuration_room(scan->problems->arena, scan->options, scan->option_count,
                                       sizeof(*scan->options));
    scan->options[scan->option_count++] = mark;
    return 0;
}

/* ---- the parts of a text: each leaves scanner->at behind what it took ---------------------- */

static void blank(struct scanner *scanner, size_t end) {
    for (; scanner->at < end; scanner->at++) {
        if (scanner->text[scanner->at] == '\n')
            scanner->line++;
        else
            scanner->text[scanner->at] = ' ';
    }
}

static void take_line_comment(struct scanner *scanner) {
    blank(scanner, scanner->at + strcspn(scanner->text + scanner->at, "\n"));
}

static int take_block_comment(struct scanner *scanner) {
    const char *end = strstr(scanner->text + scanner->at + 2, "*/");

    if (!end)
        return wrong(scanner, scanner->line, "the comment that starts here has no '*/'");
    blank(scanner, (size_t)(end + 2 - scanner->text));
    return 0;
}

/* libconfuse puts the environment variable in for ${NAME} in double quotes; a '$' that is meant as
 * such, in a password, would eat the text up to the next brace of the file. */
static int check_variable(const struct scanner *scanner, size_t at) {
    if (strncmp(scanner->text + at, "${", 2) != 0 ||
        scanner->text[at + strcspn(scanner->text + at, "}\"\n")] == '}')
        return 0;
    return wrong(scanner, scanner->line,
                 "'${' starts the name of an environment variable and has no '}'; allowed: "
                 "\"${NAME}\", or '\\$' for a dollar");
}

static int take_quoted(struct scanner *scanner) {
    const char *text = scanner->text;
    const char quote = text[scanner->at];
    int lines = 0;
    size_t at = scanner->at + 1;

    for (; text[at] != quote; at++) {
        if (text[at] == '\\' && at + 1 < scanner->length && text[at + 1] == '\n')
            lines++;
        if (text[at] == '\\' && at + 1 < scanner->length)
            at++;
        else if (text[at] == '\n' || text[at] == '\0')
            return wrong(scanner, scanner->line,
                         "the quote that starts here is not closed on its line");
        else if (text[at] != '\t' && is_control(text[at]))
            return stray_byte(scanner, text[at]);
        else if (quote == '"' && check_variable(scanner, at))
            return -1;
    }
    scanner->line += lines;
    scanner->at = at + 1;
    return 0;
}

static int take_word(struct scanner *scanner) {
    while (is_word(scanner->text[scanner->at]))
        scanner->at++;
    if (scanner->text[scanner->at - 1] == '$' && scanner->text[scanner->at] == '{')
        return wrong(scanner, scanner->line,
                     "'${' outside of quotes; allowed: \"${NAME}\" for an environment variable");
    return 0;
}

static int open_brace(struct scanner *scanner) {
    ssize_t last = before(scanner, scanner->at);
    bool list = last >= 0 && scanner->text[last] == '=';

    if (scanner->depth > 0 && (scanner->depth == DEPTH || !list || scanner->list[0])) {
        configuration_problem(scanner->scan->problems, scanner->file, scanner->line,
                              "no '{' can stand here; is the '{' of line %d not closed?",
                              scanner->opened[scanner->depth - 1]);
        return -1;
    }
    if (!list && note_section(scanner, last))
        return -1;
    scanner->opened[scanner->depth] = scanner->line;
    scanner->list[scanner->depth] = list;
    scanner->depth++;
    return 0;
}

static int close_brace(struct scanner *scanner) {
    if (scanner->depth == 0)
        return wrong(scanner, scanner->line, "this '}' closes nothing");
    scanner->depth--;
    return 0;
}

/* One byte that is a sign by itself. */
static int take_sign(struct scanner *scanner) {
    char c = scanner->text[scanner->at];
    int result = 0;

    if (c == '\n')
        scanner->line++;
    else if (c == '{')
        result = open_brace(scanner);
    else if (c == '}')
        result = close_brace(scanner);
    else if (c == '=')
        result = note_option(scanner);
    else if (c == '+' && scanner->text[scanner->at + 1] == '=')
        result = 0;
    else if (c == '\0' || !strchr(" \t\r(),", c))
        result = stray_byte(scanner, c);
    scanner->at++;
    return result;
}

static int take_next(struct scanner *scanner) {
    const char *here = scanner->text + scanner->at;

    if (*here == '#' || strncmp(here, "//", 2) == 0) {
        take_line_comment(scanner);
        return 0;
    }
    if (strncmp(here, "/*", 2) == 0)
        return take_block_comment(scanner);
    if (*here == '"' || *here == '\'')
        return take_quoted(scanner);
    if (is_word(*here))
        return take_word(scanner);
    return take_sign(scanner);
}

int configuration_text_scan(struct configuration_scan *scan, const char *file, char *text,
                            size_t length) {
    struct scanner scanner = {
        .scan = scan, .file = file, .text = text, .length = length, .line = 1};
    size_t readable = strlen(text);

    if (readable < length) { /* first, so that everything below can look for strings */
        for (size_t i = 0; i < readable; i++)
            scanner.line += text[i] == '\n';
        return stray_byte(&scanner, '\0');
    }
    while (scanner.at < length)
        if (take_next(&scanner))
            return -1;
    if (scanner.depth > 0)
        return wrong(&scanner, scanner.opened[scanner.depth - 1], "this '{' is not closed");
    return 0;
}
