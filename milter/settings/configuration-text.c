/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-text.c - a configuration file before libconfuse parses it.
 *
 * libconfuse 3.3 skips bytes that it does not know, counts a line twice where a comment ends, takes
 * no comment inside a list, accepts a section that the end of the file closes, and reports a
 * forgotten quote only as the end of the file.  It wants the names of all options beforehand, and
 * keeps neither the line of a section nor that of an empty list.  So each text is split into tokens
 * once: what would be misread is reported at its place, names of options are added to the table,
 * comments are taken out, and CONFIGURATION_MARK is put where libconfuse would keep no line.
 */
#include "settings/configuration-text.h"

#include "util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

CLEANUP_DEFINE(GRegex *, g_regex_unref)

#define DEPTH 2 /* a list in a section */

/* Every byte is part of one token; the last kind of them is what libconfuse would misread. */
#define COMMENT "#[^\\n]*+|//[^\\n]*+|/\\*(?:[^*]++|\\*(?!/))*+\\*/"
#define QUOTED  "\"(?:[^\"\\\\\\n]++|\\\\(?s:.))*+\"|'(?:[^'\\\\\\n]++|\\\\(?s:.))*+'"
#define BLANK   "[ \\t\\r\\n]++"
#define WORD    "(?!/\\*)[^\\1- \"#'()*+,={}\\x7f]++"
#define SIGN    "\\+?=|[{}(),]"
#define WRONG   "((?s:.))"
#define TOKEN   COMMENT "|" QUOTED "|" BLANK "|" WORD "|" SIGN "|" WRONG

/* The place in a text. */
struct scanner {
    struct configuration_scan *scan;
    const char *file, *text;
    int line;
    struct patchmark_text name; /* the token before, without quotes; empty: it was a sign */
    char previous;              /* its first byte */
    int depth;
    int opened[DEPTH]; /* line of each brace that is open */
    bool list[DEPTH];  /* it came after a '=' */
};

/* ---- reading ------------------------------------------------------------------------------ */

char *configuration_text_read(const char *path, size_t *length, char *error, size_t error_size) {
    /* O_NONBLOCK: a pipe must not hold the start up. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    AUTO(fclose) FILE *stream = file < 0 ? NULL : fdopen(file, "r");
    AUTO(free) char *text = malloc(LIMIT_CONFIGURATION_BYTES + 1);
    struct stat status;

    if (!stream || !text || fstat(file, &status) < 0)
        snprintf(error, error_size, "%s", strerror(errno));
    else if (S_ISDIR(status.st_mode))
        snprintf(error, error_size, "it is a directory");
    else if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) /* /dev/null: all defaults */
        snprintf(error, error_size, "it is not a regular file");
    else if ((*length = fread(text, 1, LIMIT_CONFIGURATION_BYTES + 1, stream)), ferror(stream))
        snprintf(error, error_size, "%s", strerror(errno));
    else if (*length > LIMIT_CONFIGURATION_BYTES)
        snprintf(error, error_size, "it has more than %d bytes", LIMIT_CONFIGURATION_BYTES);
    else {
        text[*length] = '\0';
        return STEAL(text);
    }
    return NULL;
}

/* ---- mistakes: each function below returns -1 after one ------------------------------------ */

static int wrong(const struct scanner *scanner, const char *format, ...) PATCHMARK_PRINTF(2, 3);

static int wrong(const struct scanner *scanner, const char *format, ...) {
    char what[PROBLEM_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    configuration_problem(scanner->scan->problems,
                          configuration_place(scanner->scan->problems->arena, scanner->file,
                                              scanner->line),
                          "%s", what);
    return -1;
}

static int wrong_byte(const struct scanner *scanner, const char *at) {
    if (strncmp(at, "/*", 2) == 0)
        return wrong(scanner, "the comment that starts here has no '*/'");
    if (*at == '"' || *at == '\'')
        return wrong(scanner, "the quote that starts here is not closed on its line");
    if (*at == '*' || *at == '+')
        return wrong(scanner, "'%c' must stand in quotes", *at);
    return wrong(scanner, "byte 0x%02x: this is not a text file", (unsigned char)*at);
}

/* ---- tokens ------------------------------------------------------------------------------- */

/* libconfuse puts the environment variable in for ${NAME} in double quotes; a '$' that is meant as
 * such, in a password, would eat the text up to the next brace of the file. */
static int quoted_check(const struct scanner *scanner, const char *text, size_t length) {
    for (size_t i = 1; i < length - 1; i++) {
        if (text[i] == '\\')
            i++;
        else if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
            return wrong_byte(scanner, text + i);
        else if (*text == '"' && strncmp(text + i, "${", 2) == 0 &&
                 text[i + strcspn(text + i, "}\"\n")] != '}')
            return wrong(scanner, "'${' starts the name of an environment variable and has no '}'; "
                                  "allowed: \"${NAME}\", or '\\$' for a dollar");
    }
    return 0;
}

static int word_check(const struct scanner *scanner, const char *text, size_t length) {
    if (text[length - 1] == '$' && text[length] == '{')
        return wrong(scanner,
                     "'${' outside of quotes; allowed: \"${NAME}\" for an environment variable");
    return 0;
}

static int open_brace(struct scanner *scanner, GString *out) {
    bool list = scanner->previous == '=' || scanner->previous == '+';

    if (scanner->depth > 0 && (scanner->depth == DEPTH || !list || scanner->list[0]))
        return wrong(scanner, "no '{' can stand here; is the '{' of line %d not closed?",
                     scanner->opened[scanner->depth - 1]);
    if (!list && scanner->scan->sections++ == LIMIT_CONFIGURATION_NAMES)
        return wrong(scanner, "too many sections");
    g_string_append(out, list ? "{" : "{" CONFIGURATION_MARK "=" CONFIGURATION_MARK " ");
    scanner->opened[scanner->depth] = scanner->line;
    scanner->list[scanner->depth] = list;
    scanner->depth++;
    return 0;
}

static int close_brace(struct scanner *scanner, GString *out) {
    if (scanner->depth == 0)
        return wrong(scanner, "this '}' closes nothing");
    scanner->depth--;
    if (scanner->list[scanner->depth] && scanner->previous == '{')
        g_string_append(out, CONFIGURATION_MARK);
    g_string_append_c(out, '}');
    return 0;
}

static int read_token(struct scanner *scanner, const char *text, size_t length, GString *out) {
    bool quoted = *text == '"' || *text == '\'';

    if (*text == '{')
        return open_brace(scanner, out);
    if (*text == '}')
        return close_brace(scanner, out);
    g_string_append_len(out, text, (gssize)length);
    if (*text == '=' || *text == '+') {
        AUTO(free) char *name = strndup(scanner->name.data, scanner->name.length);

        if (name && *name && !scanner->scan->declare(scanner->scan->argument, name))
            return wrong(scanner, "too many different options");
    } else if (!strchr("(),", *text)) {
        scanner->name = (struct patchmark_text){text + quoted, length - 2 * (size_t)quoted};
        return quoted ? quoted_check(scanner, text, length) : word_check(scanner, text, length);
    }
    scanner->name.length = 0;
    return 0;
}

/* A GRegexEvalCallback; true: stop. */
static gboolean read_match(const GMatchInfo *match, GString *out, gpointer argument) {
    struct scanner *scanner = argument;
    int begin, end, result = 0;

    g_match_info_fetch_pos(match, 0, &begin, &end);
    const char *text = scanner->text + begin;
    bool left_out =
        strchr(" \t\r\n#", *text) || strncmp(text, "//", 2) == 0 || strncmp(text, "/*", 2) == 0;

    if (g_match_info_get_match_count(match) > 1)
        return wrong_byte(scanner, text) != 0;
    if (left_out)
        g_string_append_c(out, ' ');
    else {
        result = read_token(scanner, text, (size_t)(end - begin), out);
        scanner->previous = *text;
    }
    for (int i = begin; i < end; i++)
        if (scanner->text[i] == '\n') {
            scanner->line++;
            if (left_out)
                g_string_append_c(out, '\n');
        }
    return result != 0;
}

char *configuration_text_scan(struct configuration_scan *scan, const char *file, const char *text,
                              size_t length) {
    struct scanner scanner = {
        .scan = scan, .file = file, .text = text, .line = 1, .name.data = text};
    size_t problems = scan->problems->count, readable = strlen(text);
    AUTO(g_regex_unref) GRegex *token = g_regex_new(TOKEN, G_REGEX_RAW, 0, NULL);
    AUTO(free) char *scanned = NULL;

    if (readable < length) { /* first, so that all else can look for strings */
        for (size_t i = 0; i < readable; i++)
            scanner.line += text[i] == '\n';
        wrong_byte(&scanner, text + readable);
        return NULL;
    }
    scanned = g_regex_replace_eval(token, text, -1, 0, 0, read_match, &scanner, NULL);
    if (scan->problems->count > problems)
        return NULL;
    if (scanner.depth > 0) {
        scanner.line = scanner.opened[scanner.depth - 1];
        wrong(&scanner, "this '{' is not closed");
        return NULL;
    }
    if (!scanned)
        wrong(&scanner, "the text cannot be split into words");
    return STEAL(scanned);
}
