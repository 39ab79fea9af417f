/* SPDX-License-Identifier: BSD-2-Clause
 *
 * table.c - see table.h.
 *
 * A section with a mistake is left out whole: without one of its lines it could hold for mails
 * that were never meant.
 */
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
    struct table *table;
    struct section *section; /* that is being read; NULL: none, or it has a mistake */
    size_t test_room;
    size_t line, section_line;
    table_complain *complain;
    void *context;
    bool is_out_of_memory;
};

/* ---- words -------------------------------------------------------------------------------- */

static const char *const purposes[] = {"robot", "applied", "report", "announce", "verdict", NULL};
static const char *const fields[] = {"subject", "title", "sender",   "name", "id",
                                     "header",  "line",  "sentence", NULL};
static const char *const threads[] = {"", "opens", "answers", NULL};
static const char *const verdicts[] = {"pass", "warning", "fail", NULL};
static const char *const kinds[] = {"commit", "report", "announce", "reply", "other", NULL};

/* Number of WORD in WORDS; -1 when it is none of them. */
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

/* Cuts the next word off *REST, at blanks; "" at the end. */
static char *cut_word(char **rest) {
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");

    *rest = end + strspn(end, " \t");
    *end = '\0';
    return word;
}

/* Says what is wrong and gives up the section. */
__attribute__((format(printf, 2, 3))) static void mistake(struct reader *reader, const char *format,
                                                          ...) {
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    reader->complain(reader->context, reader->line, text);
    reader->section = NULL;
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

/* Number of the header NAME in the table; TABLE_HEADERS when there is no room. */
static size_t header_number(struct table *table, const char *name) {
    for (size_t i = 0; i < table->header_count; i++)
        if (strcasecmp(table->headers[i], name) == 0)
            return i;
    if (table->header_count < TABLE_HEADERS)
        table->headers[table->header_count] = name;
    return table->header_count < TABLE_HEADERS ? table->header_count++ : TABLE_HEADERS;
}

/* One test for each phrase between bars; a glob is one, bars and all. */
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
            mistake(reader, "nothing to look for behind '%s'", style == STYLE_HAS ? "has" : "is");
            return;
        }
    }
}

/* Behind FIELD: [NAME] is GLOB, [NAME] has PHRASE | PHRASE. */
static void test_read(struct reader *reader, struct test test, char *rest) {
    char *word = cut_word(&rest);

    if (test.field == FIELD_HEADER) {
        if (!*word) {
            mistake(reader, "the header of which name?");
            return;
        }
        test.header = header_number(reader->table, word);
        if (test.header == TABLE_HEADERS) {
            mistake(reader, "more than %d different headers", TABLE_HEADERS);
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
    else
        mistake(reader, "'%s' is neither 'is' nor 'has'", word);
}

/* ---- other lines -------------------------------------------------------------------------- */

static void thread_read(struct reader *reader, const char *word) {
    int thread = find_word(threads, word);

    if (thread <= THREAD_ANY)
        mistake(reader, "'%s' is neither 'opens' nor 'answers'", word);
    else
        reader->section->thread = (enum thread)thread;
}

static void kind_read(struct reader *reader, char *word) {
    if (reader->section->purpose != PURPOSE_ROBOT)
        mistake(reader, "only a robot's section has a kind");
    else if (find_word(kinds, word) < 0)
        mistake(reader, "'%s' is not one of commit, report, announce, reply, other", word);
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
            mistake(reader, "only a robot's section has flags");
            return;
        }
        if (!is_flag(word)) {
            mistake(reader, "'%s' is no flag", word);
            return;
        }
        if (section->flag_count == TABLE_FLAGS) {
            mistake(reader, "more than %d flags", TABLE_FLAGS);
            return;
        }
        section->flags[section->flag_count++] = word;
    }
}

static void line_read(struct reader *reader, char *rest) {
    char *word = cut_word(&rest);
    struct test test = {.unless = strcmp(word, "unless") == 0};
    int field;

    if (test.unless)
        word = cut_word(&rest);
    field = find_word(fields, word);
    if (field >= 0) {
        test.field = (enum field)field;
        test_read(reader, test, rest);
    } else if (test.unless)
        mistake(reader, "'unless %s': there is no such field", word);
    else if (strcmp(word, "thread") == 0)
        thread_read(reader, cut_word(&rest));
    else if (strcmp(word, "kind") == 0)
        kind_read(reader, cut_word(&rest));
    else if (strcmp(word, "flags") == 0)
        flags_read(reader, rest);
    else if (strcmp(word, "with") == 0 && strcmp(rest, "diff") == 0)
        reader->section->with_diff = true;
    else
        mistake(reader, "'%s' begins no line that is known here", word);
}

/* ---- sections ----------------------------------------------------------------------------- */

static int compare_tests(const void *a, const void *b) {
    const struct test *left = a, *right = b;

    if (left->field != right->field)
        return left->field < right->field ? -1 : 1;
    if (left->header != right->header)
        return left->header < right->header ? -1 : 1;
    return left->unless - right->unless;
}

/* True when the section asks for something, and for what it asks of the text it also says what is
 * wanted: what is not wanted would need the whole text read. */
static bool section_check(struct reader *reader) {
    bool wanted[FIELD_SENTENCE + 1] = {false}, unwanted[FIELD_SENTENCE + 1] = {false};
    const struct section *section = reader->section;
    bool any = false;

    for (size_t i = 0; i < section->test_count; i++) {
        (section->tests[i].unless ? unwanted : wanted)[section->tests[i].field] = true;
        any = any || !section->tests[i].unless;
    }
    reader->line = reader->section_line;
    if (!any)
        mistake(reader, "this section asks for nothing and would hold for every mail");
    for (enum field field = FIELD_LINE; any && field <= FIELD_SENTENCE; field++)
        if (unwanted[field] && !wanted[field]) {
            mistake(reader, "'unless %s' needs a line '%s' beside it", fields[field],
                    fields[field]);
            return false;
        }
    return any;
}

/* ---- sections, at their end --------------------------------------------------------------- */

static void section_free(struct section *section) {
    free(section->tests);
}

static void section_end(struct reader *reader) {
    struct table *table = reader->table;
    struct section *section = reader->section;
    size_t line = reader->line;

    if (section && section_check(reader)) {
        qsort(section->tests, section->test_count, sizeof(*section->tests), compare_tests);
        while (section->body_tests < section->test_count &&
               section->tests[section->body_tests].field < FIELD_LINE)
            section->body_tests++;
        table->section_count++;
    } else if (table->sections) {
        /* The room of one that was given up serves the next. */
        section_free(&table->sections[table->section_count]);
    }
    table->sections[table->section_count] = (struct section){.tests = NULL};
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

/* "[robot NAME]", "[applied]", "[verdict fail]". */
static void section_begin(struct reader *reader, char *text) {
    struct section *section = &reader->table->sections[reader->table->section_count];
    size_t length = strlen(text);
    char *rest = text + 1, *word;
    int purpose;

    reader->section_line = reader->line;
    if (text[length - 1] != ']') {
        mistake(reader, "a section begins with a line in brackets");
        return;
    }
    text[length - 1] = '\0';
    rest = trim(rest);
    word = cut_word(&rest);
    purpose = find_word(purposes, word);
    if (purpose < 0)
        mistake(reader, "'%s' is not one of robot, applied, report, announce, verdict", word);
    else if (purpose == PURPOSE_ROBOT && !is_name(rest))
        mistake(reader, "a robot needs a name, of at most %d characters", TABLE_NAME);
    else if (purpose == PURPOSE_VERDICT && find_word(verdicts, rest) < 0)
        mistake(reader, "'%s' is not one of pass, warning, fail", rest);
    else if (purpose != PURPOSE_ROBOT && purpose != PURPOSE_VERDICT && *rest)
        mistake(reader, "only a robot has a name");
    else if (reader->table->section_count == TABLE_SECTIONS)
        mistake(reader, "more than %d sections", TABLE_SECTIONS);
    else {
        *section = (struct section){.purpose = (enum purpose)purpose, .name = rest};
        reader->section = section;
    }
}

/* ---- the file ----------------------------------------------------------------------------- */

static void file_read(struct reader *reader) {
    bool is_inside = false; /* some section, be it one that was given up */

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
            mistake(reader, "a line of more than %d bytes", TABLE_LINE);
        else if (reader->section)
            line_read(reader, line);
        else if (!is_inside)
            mistake(reader, "this stands before the first section");
    }
    section_end(reader);
}

struct table *table_read(struct patchmark_text text, table_complain *complain, void *context) {
    struct table *table = calloc(1, sizeof(*table));
    struct reader reader = {.table = table, .complain = complain, .context = context};

    if (!table)
        return NULL;
    /* One more: the section that is being read stands behind those that are complete. */
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
    free(table->sections);
    free(table->text);
    free(table);
}
