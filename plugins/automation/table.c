/* SPDX-License-Identifier: BSD-2-Clause
 *
 * table.c - reads automation.conf into memory: see table.h.
 *
 * A section with an error is ignored as a whole: without one of its lines it could match mails that
 * it is not written for.  Owns the table until it is returned.  Fails only if there is no memory.
 */
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Expressions that are remembered, so that one which is written several times is compiled once. */
#define LIKES 200

struct like {
    const char *text; /* of the line; belongs to the table */
    struct pattern pattern;
};

struct reader {
    struct table *table;
    struct section
        *section;        /* the section that is being read; NULL if none, or if it has an error */
    struct words *words; /* the list of words that is being read; NULL if none */
    size_t test_room;    /* allocated elements of section->tests */
    size_t line, section_line; /* number of the current line, and of the line with [SECTION] */
    table_report *report;
    void *context;
    struct like likes[LIKES];        /* expressions of the complete sections and of this one */
    size_t like_count, likes_before; /* LIKES_BEFORE: those of the complete sections */
    bool is_out_of_memory;
};

/* ---- words -------------------------------------------------------------------------------- */

static const char *const purposes[] = {"robot", "applied", "report", "announce", "verdict", NULL};
static const char *const fields[] = {"subject", "title", "sender",   "name", "id",
                                     "header",  "line",  "sentence", NULL};
static const char *const threads[] = {"", "opens", "answers", NULL};
static const char *const verdicts[] = {"pass", "warning", "fail", NULL};
static const char *const kinds[] = {"commit", "report", "announce", "reply", "other", NULL};

/* Returns the index of WORD in WORDS, an array that ends with NULL; -1 if it is not there. */
static int find_word(const char *const *words, const char *word) {
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static char *trim(char *line) {
    size_t length;

    line += strspn(line, " \t");
    length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        length--;
    line[length] = '\0';
    return line;
}

/* Removes the next word from *REST and returns it, NUL-terminated; "" at the end. */
static char *cut_word(char **rest) {
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");

    *rest = end + strspn(end, " \t");
    *end = '\0';
    return word;
}

/* Reports an error in the current line and discards the section. */
__attribute__((format(printf, 2, 3))) static void report_error(struct reader *reader,
                                                               const char *format, ...) {
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    reader->report(reader->context, reader->line, text);
    reader->section = NULL;
    reader->words = NULL;
}

/* ---- tests -------------------------------------------------------------------------------- */

static struct test *test_new(struct reader *reader) {
    struct section *section = reader->section;

    if (section->test_count == reader->test_room) {
        size_t room = reader->test_room ? 2 * reader->test_room : 8;
        struct test *tests = realloc(section->tests, room * sizeof(*tests));

        if (!tests) {
            reader->is_out_of_memory = true;
            return NULL;
        }
        section->tests = tests;
        reader->test_room = room;
    }
    section->tests[section->test_count] = (struct test){.field = FIELD_SUBJECT};
    return &section->tests[section->test_count++];
}

/* Returns the index of the header NAME in the table, to which it is added if it is new;
 * TABLE_HEADERS if there is no room. */
static size_t header_number(struct table *table, const char *name) {
    for (size_t i = 0; i < table->header_count; i++)
        if (strcasecmp(table->headers[i], name) == 0)
            return i;
    if (table->header_count < TABLE_HEADERS)
        table->headers[table->header_count] = name;
    return table->header_count < TABLE_HEADERS ? table->header_count++ : TABLE_HEADERS;
}

/* Adds one test for each phrase between bars; a glob is one test, and may contain bars. */
static void patterns_read(struct reader *reader, struct test like, enum style style, char *rest) {
    for (char *next = rest; next; rest = next) {
        struct test *test;

        next = style == STYLE_HAS ? strchr(rest, '|') : NULL;
        if (next)
            *next++ = '\0';
        test = test_new(reader);
        if (!test)
            return;
        *test = like;
        if (!pattern_read(&test->pattern, style, rest)) {
            report_error(reader, "no pattern after '%s'", style == STYLE_HAS ? "has" : "is");
            return;
        }
    }
}

/* ---- regular expressions ------------------------------------------------------------------ */

/* Returns the words that "{NAME}" at TEXT refers to, and sets *END to the byte after it; NULL if
 * TEXT does not start with such a reference to known words. */
static const struct words *words_at(const struct table *table, const char *text, const char **end) {
    size_t length = strcspn(text + 1, "}");

    *end = text + 1 + length + 1;
    for (size_t i = 0; i < table->words_count && text[1 + length]; i++)
        if (strlen(table->words[i].name) == length &&
            memcmp(table->words[i].name, text + 1, length) == 0)
            return &table->words[i];
    return NULL;
}

/* Writes TEXT to STREAM with each {NAME} replaced by the words of that name.  Returns false if
 * there are no words of that name, or too many; the error has then been reported. */
static bool regex_expand(struct reader *reader, FILE *stream, const char *text) {
    while (*text) {
        size_t plain = strcspn(text, "{");
        const struct words *words;
        const char *end;

        plain += text[plain] && !(text[plain + 1] >= 'a' && text[plain + 1] <= 'z');
        fwrite(text, 1, plain, stream);
        text += plain;
        if (plain > 0 || !*text)
            continue; /* a brace that is not before a letter counts repetitions */
        words = words_at(reader->table, text, &end);
        if (!words) {
            report_error(reader, "unknown words '%.*s'", (int)strcspn(text + 1, "} "), text + 1);
            return false;
        }
        fprintf(stream, "(?:%s)", words->regex);
        text = end;
        if (ftell(stream) > TABLE_REGEX) {
            report_error(reader, "the expression has more than %d bytes", TABLE_REGEX);
            return false;
        }
    }
    return true;
}

/* Returns TEXT with each {NAME} replaced, after BEFORE and a bar unless BEFORE is NULL.  The caller
 * frees it.  Returns NULL after an error, which has been reported. */
static char *regex_text(struct reader *reader, const char *before, const char *text) {
    char *expanded = NULL;
    size_t length;
    FILE *stream = open_memstream(&expanded, &length);
    bool is_valid;

    if (stream && before)
        fprintf(stream, "%s|", before);
    is_valid = stream && regex_expand(reader, stream, text);
    if (!stream || fclose(stream) != 0) {
        reader->is_out_of_memory = true;
        is_valid = false;
    }
    if (is_valid)
        return expanded;
    free(expanded);
    return NULL;
}

/* Makes PATTERN of the expression TEXT, which is copied if it was compiled before.  Returns false
 * after an error, which has been reported. */
static bool regex_compile(struct reader *reader, const char *text, struct pattern *pattern) {
    char error[120], *regex;
    bool is_valid;

    for (size_t i = 0; i < reader->like_count; i++)
        if (strcmp(reader->likes[i].text, text) == 0 &&
            pattern_copy(pattern, &reader->likes[i].pattern))
            return true;
    regex = regex_text(reader, NULL, text);
    if (!regex)
        return false;
    is_valid = pattern_compile(pattern, regex, error, sizeof(error));
    if (!is_valid)
        report_error(reader, "invalid expression: %s", error);
    else if (reader->like_count < LIKES)
        reader->likes[reader->like_count++] = (struct like){text, *pattern};
    free(regex);
    return is_valid;
}

/* Adds the test of a line FIELD like REGEX. */
static void regex_read(struct reader *reader, struct test like, const char *text) {
    struct test *test;

    if (!*text) {
        report_error(reader, "no pattern after 'like'");
        return;
    }
    if (!regex_compile(reader, text, &like.pattern))
        return;
    test = test_new(reader);
    if (test)
        *test = like;
    else
        pattern_free(&like.pattern);
}

/* Removes the blanks around the bars of TEXT. */
static void bars_tighten(char *text) {
    char *to = text;

    for (const char *from = text; *from; from++) {
        bool is_bar = strncmp(from, " | ", 3) == 0;

        from += is_bar ? 2 : 0;
        *to++ = is_bar ? '|' : *from;
    }
    *to = '\0';
}

/* Adds the words of a line, "one | two", to the list that is being read. */
static void words_read(struct reader *reader, char *line) {
    struct words *words = reader->words;
    char *regex;

    bars_tighten(line);
    if (*line == '|' || line[strlen(line) - 1] == '|') {
        report_error(reader, "no word before or after a '|'");
        return;
    }
    regex = regex_text(reader, words->regex, line);
    if (!regex)
        return;
    free(words->regex);
    words->regex = regex;
}

/* Reads the rest of a line after FIELD: [NAME] is GLOB, [NAME] has PHRASE | PHRASE. */
static void test_read(struct reader *reader, struct test test, char *rest) {
    char *word = cut_word(&rest);

    if (test.field == FIELD_HEADER) {
        if (!*word) {
            report_error(reader, "no name after 'header'");
            return;
        }
        test.header = header_number(reader->table, word);
        if (test.header == TABLE_HEADERS) {
            report_error(reader, "more than %d different headers", TABLE_HEADERS);
            return;
        }
        word = cut_word(&rest);
        test.exists = !*word;
        if (test.exists) {
            struct test *kept = test_new(reader);

            if (kept)
                *kept = test;
            return;
        }
    }
    if (strcmp(word, "is") == 0)
        patterns_read(reader, test, STYLE_IS, rest);
    else if (strcmp(word, "has") == 0)
        patterns_read(reader, test, STYLE_HAS, rest);
    else if (strcmp(word, "like") == 0)
        regex_read(reader, test, rest);
    else
        report_error(reader, "expected 'is', 'has' or 'like', not '%s'", word);
}

/* ---- other lines -------------------------------------------------------------------------- */

static void thread_read(struct reader *reader, const char *word) {
    int thread = find_word(threads, word);

    if (thread <= THREAD_ANY)
        report_error(reader, "expected 'opens' or 'answers', not '%s'", word);
    else
        reader->section->thread = (enum thread)thread;
}

static void kind_read(struct reader *reader, char *word) {
    if (reader->section->purpose != PURPOSE_ROBOT)
        report_error(reader, "only a robot's section has a kind");
    else if (find_word(kinds, word) < 0)
        report_error(reader, "unknown kind '%s': must be commit, report, announce, reply or other",
                     word);
    else
        reader->section->kind = word;
}

static bool is_flag(const char *word) {
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz-");

    return length > 0 && length <= TABLE_NAME && !word[length];
}

static void flags_read(struct reader *reader, char *rest) {
    struct section *section = reader->section;

    for (char *word; *(word = cut_word(&rest));) {
        if (section->purpose != PURPOSE_ROBOT) {
            report_error(reader, "only a robot's section has flags");
            return;
        }
        if (!is_flag(word)) {
            report_error(reader, "invalid flag '%s': must be up to %d lower-case letters or '-'",
                         word, TABLE_NAME);
            return;
        }
        if (section->flag_count == TABLE_FLAGS) {
            report_error(reader, "more than %d flags", TABLE_FLAGS);
            return;
        }
        section->flags[section->flag_count++] = word;
    }
}

static void line_read(struct reader *reader, char *rest) {
    char *word = cut_word(&rest);
    struct test test = {.role = strcmp(word, "and") == 0      ? ROLE_AND
                                : strcmp(word, "unless") == 0 ? ROLE_UNLESS
                                                              : ROLE_ONE};
    const char *first = word;
    int field;

    if (test.role != ROLE_ONE)
        word = cut_word(&rest);
    field = find_word(fields, word);
    if (field >= 0) {
        test.field = (enum field)field;
        test_read(reader, test, rest);
    } else if (test.role != ROLE_ONE)
        report_error(reader, "unknown field '%s' after '%s'", word, first);
    else if (strcmp(word, "thread") == 0)
        thread_read(reader, cut_word(&rest));
    else if (strcmp(word, "kind") == 0)
        kind_read(reader, cut_word(&rest));
    else if (strcmp(word, "flags") == 0)
        flags_read(reader, rest);
    else if (strcmp(word, "with") == 0 && strcmp(rest, "diff") == 0)
        reader->section->with_diff = true;
    else
        report_error(reader, "unknown word '%s' at the start of the line", word);
}

/* ---- sections ----------------------------------------------------------------------------- */

static int compare_tests(const void *a, const void *b) {
    const struct test *left = a, *right = b;

    if (left->field != right->field)
        return left->field < right->field ? -1 : 1;
    if (left->header != right->header)
        return left->header < right->header ? -1 : 1;
    if (left->role != right->role)
        return left->role < right->role ? -1 : 1;
    return (left->pattern.style == STYLE_LIKE) - (right->pattern.style == STYLE_LIKE);
}

/* Returns true if the section has a test without `unless`, and if each test with `unless` or `and`
 * of a line or sentence has one without beside it: otherwise every mail would have to be read
 * whole, or the `and` would be meaningless. */
static bool section_check(struct reader *reader) {
    bool wanted[FIELD_SENTENCE + 1] = {false}, unwanted[FIELD_SENTENCE + 1] = {false};
    const struct section *section = reader->section;
    bool any = false;

    for (size_t i = 0; i < section->test_count; i++) {
        (section->tests[i].role == ROLE_UNLESS ? unwanted : wanted)[section->tests[i].field] = true;
        any = any || section->tests[i].role == ROLE_ONE;
    }
    reader->line = reader->section_line;
    if (!any)
        report_error(reader, "the section has no test that must match, and would match every mail");
    for (enum field field = FIELD_LINE; any && field <= FIELD_SENTENCE; field++)
        if (unwanted[field] && !wanted[field]) {
            report_error(reader, "'unless %s' requires a line '%s' in the same section",
                         fields[field], fields[field]);
            return false;
        }
    return any;
}

/* ---- sections, at their end --------------------------------------------------------------- */

static void section_free(struct section *section) {
    for (size_t i = 0; i < section->test_count; i++)
        pattern_free(&section->tests[i].pattern);
    free(section->tests);
}

/* Adds the words that were read to the table; those with an error, or without a word, are unknown.
 */
static void words_end(struct reader *reader) {
    struct table *table = reader->table;
    struct words *last =
        table->words_count < TABLE_WORDS ? &table->words[table->words_count] : NULL;

    if (reader->words && last->regex)
        table->words_count++;
    else if (last) {
        free(last->regex);
        last->regex = NULL;
    }
    reader->words = NULL;
}

static bool is_one_group(const struct test *left, const struct test *right) {
    return left->field == right->field && left->header == right->header &&
           left->role == right->role;
}

/* Orders the tests and computes what depends on their order. */
static void section_order(struct section *section) {
    size_t count = section->test_count;
    struct test *tests = section->tests;

    qsort(tests, count, sizeof(*tests), compare_tests);
    while (section->body_tests < count && tests[section->body_tests].field < FIELD_LINE)
        section->body_tests++;
    for (size_t i = count; i-- > 0;) {
        bool is_last = i + 1 == count || !is_one_group(&tests[i], &tests[i + 1]);

        tests[i].group_end = is_last ? i + 1 : tests[i + 1].group_end;
        tests[i].slow = tests[tests[i].group_end - 1].pattern.style == STYLE_LIKE;
        section->slow = section->slow || (tests[i].slow && i < section->body_tests);
    }
}

static void section_end(struct reader *reader) {
    struct table *table = reader->table;
    struct section *section = reader->section;
    size_t line = reader->line;

    if (section && section_check(reader)) {
        section_order(section);
        table->section_count++;
        reader->likes_before = reader->like_count;
    } else if (table->sections) {
        /* The next section uses the place of the discarded one. */
        section_free(&table->sections[table->section_count]);
    }
    table->sections[table->section_count] = (struct section){.tests = NULL};
    reader->like_count = reader->likes_before;
    words_end(reader);
    reader->section = NULL;
    reader->test_room = 0;
    reader->line = line;
}

static bool is_name(const char *name) {
    size_t length = strlen(name);

    for (size_t i = 0; i < length; i++)
        if (name[i] < ' ' || name[i] > '~')
            return false;
    return length > 0 && length <= TABLE_NAME;
}

/* Reads "[words NAME]". */
static void words_begin(struct reader *reader, const char *name) {
    struct table *table = reader->table;

    if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")])
        report_error(reader, "words must have a name of lower-case letters and '-'");
    else if (table->words_count == TABLE_WORDS)
        report_error(reader, "more than %d lists of words", TABLE_WORDS);
    else {
        reader->words = &table->words[table->words_count];
        reader->words->name = name;
    }
}

/* Reads "[robot NAME]", "[applied]", "[verdict fail]", "[words NAME]". */
static void section_begin(struct reader *reader, char *text) {
    struct section *section = &reader->table->sections[reader->table->section_count];
    size_t length = strlen(text);
    char *rest = text + 1, *word;
    int purpose;

    reader->section_line = reader->line;
    if (text[length - 1] != ']') {
        report_error(reader, "no ']' at the end of the line");
        return;
    }
    text[length - 1] = '\0';
    rest = trim(rest);
    word = cut_word(&rest);
    purpose = find_word(purposes, word);
    if (strcmp(word, "words") == 0)
        words_begin(reader, rest);
    else if (purpose < 0)
        report_error(reader,
                     "unknown section '%s': must be robot, applied, report, announce, verdict or "
                     "words",
                     word);
    else if (purpose == PURPOSE_ROBOT && !is_name(rest))
        report_error(reader, "a robot must have a name of up to %d ASCII characters", TABLE_NAME);
    else if (purpose == PURPOSE_VERDICT && find_word(verdicts, rest) < 0)
        report_error(reader, "unknown verdict '%s': must be pass, warning or fail", rest);
    else if (purpose != PURPOSE_ROBOT && purpose != PURPOSE_VERDICT && *rest)
        report_error(reader, "only a robot's section has a name");
    else if (reader->table->section_count == TABLE_SECTIONS)
        report_error(reader, "more than %d sections", TABLE_SECTIONS);
    else {
        *section = (struct section){.purpose = (enum purpose)purpose,
                                    .line = reader->section_line,
                                    .name = rest};
        reader->section = section;
    }
}

/* ---- the file ----------------------------------------------------------------------------- */

static void file_read(struct reader *reader) {
    bool is_inside = false; /* after the start of a section, also of a discarded one */

    for (char *next = reader->table->text; next && !reader->is_out_of_memory;) {
        char *line = next, *end = strchr(next, '\n');

        next = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        reader->line++;
        line = trim(line);
        if (*line == '[') {
            section_end(reader);
            section_begin(reader, line);
            is_inside = true;
        } else if (*line == '\0' || *line == '#')
            continue;
        else if (strlen(line) > TABLE_LINE)
            report_error(reader, "the line has more than %d bytes", TABLE_LINE);
        else if (reader->words)
            words_read(reader, line);
        else if (reader->section)
            line_read(reader, line);
        else if (!is_inside)
            report_error(reader, "the line is before the first section");
    }
    section_end(reader);
}

struct table *table_read(struct patchmark_text text, table_report *report, void *context) {
    struct table *table = calloc(1, sizeof(*table));
    struct reader reader = {.table = table, .report = report, .context = context};

    if (!table)
        return NULL;
    /* One element more, for the section that is being read, after the complete ones. */
    table->sections = calloc(TABLE_SECTIONS + 1, sizeof(*table->sections));
    table->text = strndup(text.data, text.length);
    if (!table->sections || !table->text) {
        table_free(table);
        return NULL;
    }
    file_read(&reader);
    if (reader.is_out_of_memory) {
        table_free(table);
        return NULL;
    }
    return table;
}

void table_free(struct table *table) {
    if (!table)
        return;
    for (size_t i = 0; table->sections && i < table->section_count; i++)
        section_free(&table->sections[i]);
    for (size_t i = 0; i < TABLE_WORDS; i++)
        free(table->words[i].regex);
    free(table->sections);
    free(table->text);
    free(table->path);
    free(table);
}
