/* SPDX-License-Identifier: BSD-2-Clause
 *
 * table.h - automation.conf in memory: sections, and what each asks of a mail.
 *
 * The language is explained at the top of config/automation.conf.
 */
#ifndef AUTOMATION_TABLE_H
#define AUTOMATION_TABLE_H

#include "pattern.h"

#define TABLE_BYTES    (256 * 1024) /* a file; the one that is shipped has a tenth of it */
#define TABLE_SECTIONS 1000
#define TABLE_HEADERS  64  /* different headers: each is looked for once in every mail */
#define TABLE_NAME     64  /* bytes of a robot's name */
#define TABLE_FLAGS    4   /* of one section */
#define TABLE_LINE     512 /* bytes of a line of the file */

enum purpose {
    PURPOSE_ROBOT,
    PURPOSE_APPLIED,
    PURPOSE_REPORT,
    PURPOSE_ANNOUNCE,
    PURPOSE_VERDICT, /* of a robot's report */
};

/* Where a test looks.  The last two are looked for in the text of the mail, and only there are
 * there several: one line or sentence must pass all tests of its kind. */
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

struct test {
    enum field field;
    size_t header; /* FIELD_HEADER: which of table.headers */
    bool unless;   /* must not match */
    bool exists;   /* FIELD_HEADER: the mail has it, whatever it says */
    struct pattern pattern;
};

/* Holds when of each field that its tests name one matches and no `unless` does. */
struct section {
    enum purpose purpose;
    enum thread thread;
    bool with_diff;   /* reports and announcements: also of mails with a diff */
    const char *name; /* of the robot; the verdict */
    const char *kind; /* NULL: the robot's mail is what it would be of a person */
    const char *flags[TABLE_FLAGS];
    size_t flag_count;
    struct test *tests; /* in the order of fields, `unless` last */
    size_t test_count;
    size_t body_tests; /* from here on they look into the text */
};

struct table {
    struct section *sections;
    size_t section_count;
    const char *headers[TABLE_HEADERS];
    size_t header_count;
    char *text; /* what all strings above point into */
};

/* Called for each mistake; the section that has it is left out. */
typedef void table_complain(void *context, size_t line, const char *what);

/* Reads TEXT.  NULL when memory runs out.  For table_free. */
struct table *table_read(struct patchmark_text text, table_complain *complain, void *context);
void table_free(struct table *table);

#endif
