/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-text.c - see configuration-text.h.
 *
 * libconfuse 3.3 skips bytes that it does not recognize, counts a line twice at the end of a
 * comment, does not support comments inside a list, accepts a section without its '}' at the end of
 * the file, and reports a missing quote only at the end of the file.  It requires the names of all
 * options before it parses, and keeps neither the line of a section nor that of an empty list.
 *
 * So each text is split into tokens before libconfuse parses it: tokens that libconfuse would
 * misread are reported with their line, names of options are added to the table, comments are
 * removed, and CONFIGURATION_MARK is inserted where libconfuse would not keep the line.
 *
 * libconfuse stops at the first unknown option.  So each is reported and renamed to
 * CONFIGURATION_UNKNOWN, an option that every section has.
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

/* The kinds of tokens.  Every byte is part of one token.  WRONG, the only kind with a group, is any
 * byte that starts no other token: an error. */
#define MARK    "\xef\xbb\xbf" /* a byte order mark, which some editors write at the start */
#define COMMENT "\\A" MARK "|#[^\\n]*+|//[^\\n]*+|/\\*(?:[^*]++|\\*(?!/))*+\\*/"
#define QUOTED  "\"(?:[^\"\\\\\\n]++|\\\\(?s:.))*+\"|'(?:[^'\\\\\\n]++|\\\\(?s:.))*+'"
#define BLANK   "[ \\t\\r\\n]++"
#define WORD    "(?!/\\*)[^\\1- \"#'()*+,={}\\x7f]++"
#define SIGN    "\\+?=|[{}(),]"
#define WRONG   "((?s:.))"
#define TOKEN   COMMENT "|" QUOTED "|" BLANK "|" WORD "|" SIGN "|" WRONG

/* The state of the scan of one text. */
struct scanner {
    struct configuration_scan *scan;
    const char *file, *text;
    int line;                     /* of the current token, counted from 1 */
    struct patchmark_text name;   /* the previous token without quotes; empty if it was a SIGN */
    char previous;                /* the first byte of the previous token */
    size_t name_begin, name_size; /* where the previous token is in the scanned text */
    struct patchmark_text head;   /* the first token of the current statement; empty before it */
    char *section;                /* the type of the open section, "" outside of sections */
    bool failed;                  /* a problem has ended the scan */
    int depth;                    /* number of open braces */
    int opened[DEPTH];            /* the line of each open brace */
    bool list[DEPTH];             /* the open brace starts a list, not a section */
};

/* ---- reading ------------------------------------------------------------------------------ */

char *configuration_text_read(const char *path, size_t *length, char *error, size_t error_size) {
    /* O_NONBLOCK: opening a pipe must not block the start. */
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

/* ---- errors -------------------------------------------------------------------------------- */

/* Adds a problem at the current line and returns -1. */
static int scan_error(const struct scanner *scanner, const char *format, ...)
    PATCHMARK_PRINTF(2, 3);

static int scan_error(const struct scanner *scanner, const char *format, ...) {
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

/* Adds the problem of the byte at AT, which starts no token, and returns -1. */
static int byte_error(const struct scanner *scanner, const char *at) {
    if (strncmp(at, "/*", 2) == 0)
        return scan_error(scanner, "the comment that starts here has no '*/'");
    if (*at == '"' || *at == '\'')
        return scan_error(scanner, "the quote that starts here is not closed on its line");
    if (*at == '*' || *at == '+')
        return scan_error(scanner, "'%c' is allowed only in quotes", *at);
    return scan_error(scanner, "invalid byte 0x%02x; this is not a text file", (unsigned char)*at);
}

/* ---- tokens: each function returns 0, or -1 after a problem -------------------------------- */

/* The letters with which the escapes of libconfuse in double quotes begin. */
#define ESCAPES "abefnrtvx"

/* Checks a quoted string.  In double quotes libconfuse drops a backslash that begins no escape, so
 * that the \d of a regular expression would be a d, and replaces ${NAME} by the environment
 * variable.  If the '}' is missing, as after a literal '$' in a password, it would take all text up
 * to the next '}' in the file for the name. */
static int quoted_check(const struct scanner *scanner, const char *text, size_t length) {
    for (size_t i = 1; i < length - 1; i++) {
        if (text[i] == '\\') {
            i++;
            if (*text == '"' && g_ascii_isalpha(text[i]) && !strchr(ESCAPES, text[i]))
                return scan_error(scanner, "'\\%c' is no escape; write the value in single quotes",
                                  text[i]);
        } else if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
            return byte_error(scanner, text + i);
        else if (*text == '"' && strncmp(text + i, "${", 2) == 0 &&
                 text[i + strcspn(text + i, "}\"\n")] != '}')
            return scan_error(scanner,
                              "'${' starts the name of an environment variable and has no '}'; "
                              "allowed: \"${NAME}\", or '\\$' for a dollar");
    }
    return 0;
}

static int word_check(const struct scanner *scanner, const char *text, size_t length) {
    if (text[length - 1] == '$' && text[length] == '{')
        return scan_error(
            scanner, "'${' outside of quotes; allowed: \"${NAME}\" for an environment variable");
    return 0;
}

static void section_set(struct scanner *scanner, struct patchmark_text type) {
    free(scanner->section);
    scanner->section = strndup(type.data, type.length);
}

static int open_brace(struct scanner *scanner, GString *out) {
    bool list = scanner->previous == '=' || scanner->previous == '+';

    if (scanner->depth > 0 && (scanner->depth == DEPTH || !list || scanner->list[0]))
        return scan_error(scanner, "unexpected '{'; is the '{' of line %d not closed?",
                          scanner->opened[scanner->depth - 1]);
    if (!list && scanner->scan->sections++ == LIMIT_CONFIGURATION_NAMES)
        return scan_error(scanner, "too many sections; allowed: %d", LIMIT_CONFIGURATION_NAMES);
    g_string_append(out, list ? "{" : "{" CONFIGURATION_MARK "=" CONFIGURATION_MARK " ");
    if (!list)
        section_set(scanner, scanner->head);
    scanner->opened[scanner->depth] = scanner->line;
    scanner->list[scanner->depth] = list;
    scanner->depth++;
    return 0;
}

static int close_brace(struct scanner *scanner, GString *out) {
    if (scanner->depth == 0)
        return scan_error(scanner, "unexpected '}'; no '{' is open");
    scanner->depth--;
    if (scanner->list[scanner->depth] && scanner->previous == '{')
        g_string_append(out, CONFIGURATION_MARK);
    if (!scanner->list[scanner->depth])
        section_set(scanner, (struct patchmark_text){"", 0});
    g_string_append_c(out, '}');
    return 0;
}

/* The previous token is the name of an option.  In quotes it may have escapes, which only
 * libconfuse reads. */
static int name_end(struct scanner *scanner, GString *out) {
    AUTO(free) char *name = strndup(scanner->name.data, scanner->name.length);
    const char *section = scanner->section ? scanner->section : "";
    char error[PROBLEM_SIZE];
    enum configuration_name result = CONFIGURATION_NAME_VALID;

    if (name && *name && scanner->head.data == scanner->name.data && !strpbrk(name, "\\$"))
        result = scanner->scan->declare(scanner->scan->argument, section, name, error);
    if (result == CONFIGURATION_NAME_VALID)
        return 0;
    scan_error(scanner, "%s", error);
    if (result == CONFIGURATION_NAME_LAST)
        return -1;
    g_string_erase(out, (gssize)scanner->name_begin, (gssize)scanner->name_size);
    g_string_insert(out, (gssize)scanner->name_begin, CONFIGURATION_UNKNOWN);
    return 0;
}

/* Handles a word, in quotes or not: a name, a value or the title of a section. */
static int read_word(struct scanner *scanner, const char *text, size_t length, GString *out) {
    bool quoted = *text == '"' || *text == '\'';

    scanner->name_begin = out->len;
    scanner->name_size = length;
    g_string_append_len(out, text, (gssize)length);
    scanner->name = (struct patchmark_text){text + quoted, length - 2 * (size_t)quoted};
    if (scanner->previous != '=' && scanner->previous != '+' && !scanner->head.length)
        scanner->head = scanner->name;
    return quoted ? quoted_check(scanner, text, length) : word_check(scanner, text, length);
}

static int read_token(struct scanner *scanner, const char *text, size_t length, GString *out) {
    int result = 0;

    if (!strchr("{}=+(),", *text))
        return read_word(scanner, text, length, out);
    if (*text == '{')
        result = open_brace(scanner, out);
    else if (*text == '}')
        result = close_brace(scanner, out);
    else {
        if (*text == '=' || *text == '+')
            result = name_end(scanner, out);
        g_string_append_len(out, text, (gssize)length);
    }
    scanner->name.length = scanner->head.length = 0;
    return result;
}

/* Handles one token; a GRegexEvalCallback.  Returns true after a problem, which ends the scan. */
static gboolean read_match(const GMatchInfo *match, GString *out, gpointer argument) {
    struct scanner *scanner = argument;
    int begin, end, result = 0;

    g_match_info_fetch_pos(match, 0, &begin, &end);
    const char *text = scanner->text + begin;
    bool skipped = strchr(" \t\r\n#", *text) || strncmp(text, "//", 2) == 0 ||
                   strncmp(text, "/*", 2) == 0 ||
                   (begin == 0 && strncmp(text, MARK, strlen(MARK)) == 0);

    if (g_match_info_get_match_count(match) > 1) {
        byte_error(scanner, text);
        return scanner->failed = true;
    }
    if (skipped)
        g_string_append_c(out, ' ');
    else {
        result = read_token(scanner, text, (size_t)(end - begin), out);
        scanner->previous = *text;
    }
    for (int i = begin; i < end; i++)
        if (scanner->text[i] == '\n') {
            scanner->line++;
            if (skipped)
                g_string_append_c(out, '\n');
        }
    scanner->failed = result != 0;
    return scanner->failed;
}

char *configuration_text_scan(struct configuration_scan *scan, const char *file, const char *text,
                              size_t length) {
    struct scanner scanner = {
        .scan = scan, .file = file, .text = text, .line = 1, .name.data = text, .head.data = text};
    size_t readable = strlen(text);
    AUTO(g_regex_unref) GRegex *token = g_regex_new(TOKEN, G_REGEX_RAW, 0, NULL);
    AUTO(free) char *scanned = NULL;

    if (readable < length) { /* checked first: the code above requires a text without NUL */
        for (size_t i = 0; i < readable; i++)
            scanner.line += text[i] == '\n';
        byte_error(&scanner, text + readable);
        return NULL;
    }
    scanned = g_regex_replace_eval(token, text, -1, 0, 0, read_match, &scanner, NULL);
    free(scanner.section);
    if (scanner.failed)
        return NULL;
    if (scanner.depth > 0) {
        scanner.line = scanner.opened[scanner.depth - 1];
        scan_error(&scanner, "this '{' is not closed");
        return NULL;
    }
    if (!scanned)
        scan_error(&scanner, "cannot split the file into tokens");
    return STEAL(scanned);
}
