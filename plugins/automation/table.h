/* SPDX-License-Identifier: BSD-2-Clause
 *
 * table.h - reads automation.conf into memory: its sections, and the tests of each section.
 *
 * The comment at the start of config/automation.conf describes the format.  A table does not change
 * after table_read, so it may be used on any number of threads at once.
 */
#ifndef AUTOMATION_TABLE_H
#define AUTOMATION_TABLE_H

#include "pattern.h"

#define TABLE_BYTES    (256 * 1024) /* bytes of the file; the shipped one has a fifth of it */
#define TABLE_SECTIONS 1000         /* sections of the file */
#define TABLE_HEADERS  64  /* different header names; each is looked up once in every mail */
#define TABLE_NAME     64  /* bytes of the name of a robot, or of a flag */
#define TABLE_FLAGS    4   /* flags of one section */
#define TABLE_LINE     512 /* bytes of a line of the file */
#define TABLE_WORDS    64  /* sections [words NAME] */
#define TABLE_REGEX    (64 * 1024) /* bytes of a regular expression with its {NAME}s replaced */

enum purpose {
    PURPOSE_ROBOT,
    PURPOSE_APPLIED,
    PURPOSE_REPORT,
    PURPOSE_ANNOUNCE,
    PURPOSE_VERDICT, /* of a robot's report */
};

/* The field of the mail that a test reads.  The last two are read from the text, where there are
 * many of each: one line or sentence must pass all tests of its field. */
enum field {
    FIELD_SUBJECT,
    FIELD_TITLE,
    FIELD_SENDER,
    FIELD_NAME,
    FIELD_ID,
    FIELD_HEADER,
    FIELD_LINE,
    FIELD_SENTENCE,
};

enum thread { THREAD_ANY, THREAD_OPENS, THREAD_ANSWERS };

/* Of the tests of one field, one of each role that is there must match, and none with
 * ROLE_UNLESS. */
enum role { ROLE_AND, ROLE_ONE, ROLE_UNLESS };

struct test {
    enum field field;
    size_t header; /* FIELD_HEADER: index of its name in table.headers */
    enum role role;
    bool slow;        /* it or a later test of its group is a regular expression */
    size_t group_end; /* index after the last test of the same field and role, its group */
    bool exists; /* FIELD_HEADER: only tests whether the mail has the header; there is no pattern */
    struct pattern pattern;
};

/* A section matches a mail if, for each field that its tests name, one test without "and" or
 * "unless" matches, one with "and" does if there is one, and none with "unless" does. */
struct section {
    enum purpose purpose;
    enum thread thread;
    bool with_diff;   /* PURPOSE_REPORT, PURPOSE_ANNOUNCE: also matches mails with a diff */
    size_t line;      /* of its head in the file, counted from 1 */
    const char *name; /* the name of the robot, or the verdict */
    const char *kind; /* the kind of the robot's mail; NULL if it has the kind of a person's mail */
    const char *flags[TABLE_FLAGS];
    size_t flag_count;
    struct test *tests; /* ordered by field; of one field, in the order of enum role, and
                         * of one role, regular expressions last */
    size_t test_count;
    bool slow;         /* a group of tests of a header field is slow */
    size_t body_tests; /* index of the first test that reads the text */
};

/* A list of words that patterns refer to as {NAME}. */
struct words {
    const char *name;
    char *regex; /* "one|two|three"; allocated */
};

struct table {
    struct section *sections;
    size_t section_count;
    const char *headers[TABLE_HEADERS];
    size_t header_count;
    struct words words[TABLE_WORDS];
    size_t words_count;
    char *text; /* the text of the file, to which all strings above point */
    char *path; /* of the file; allocated; NULL: the table is built in */
};

/* Called for each error in the file, with the number of the line and one line of text, which is
 * valid until the callback returns.  The section that contains the error is ignored. */
typedef void table_report(void *context, size_t line, const char *error);

/* Reads TEXT, the content of a file, and calls REPORT with CONTEXT for each error in it.  TEXT is
 * copied.  Returns the table, which the caller frees with table_free; NULL if there is no memory.
 */
struct table *table_read(struct patchmark_text text, table_report *report, void *context);
/* Frees TABLE, which may be NULL. */
void table_free(struct table *table);

#endif
