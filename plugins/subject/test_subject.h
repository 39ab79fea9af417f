/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_subject.h - includes the plugin, and defines what its test files share: a subject's reading
 * as one line of text, for tables of subjects and expected readings.
 */
#ifndef TEST_SUBJECT_H
#define TEST_SUBJECT_H

#include "support/local.h"

#include "parse.h"
#include "text.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct example {
    const char *subject, *reading;
};

PATCHMARK_PRINTF(3, 4)
static void add(char *out, size_t size, const char *format, ...) {
    size_t length = strlen(out);
    va_list arguments;

    if (length > 0 && length + 1 < size) {
        out[length++] = ' ';
        out[length] = '\0';
    }
    va_start(arguments, format);
    vsnprintf(out + length, size - length, format, arguments);
    va_end(arguments);
}

/* Writes those words of "reply patch pull report PART/TOTAL vN weak revision=R rfc resend backport
 * tree=A tree=B list=L" that apply to S to OUT; TOTAL is "?" if it is not stated. */
static void describe(const struct subject *s, char *out, size_t size) {
    const char *names[] = {"reply", "patch", "pull", "report"};
    const char *flags[] = {"rfc", "resend", "backport"};
    const bool is[] = {s->reply, s->patch, s->pull, s->report};
    const bool flag[] = {s->rfc, s->resend, s->backport};

    out[0] = '\0';
    for (size_t i = 0; i < COUNT(names); i++)
        if (is[i])
            add(out, size, "%s", names[i]);
    if (s->part >= 0 && s->total >= 0)
        add(out, size, "%d/%d", (int)s->part, (int)s->total);
    else if (s->part >= 0)
        add(out, size, "%d/?", (int)s->part);
    if (s->version >= 0)
        add(out, size, "v%d", (int)s->version);
    if (s->version_weak)
        add(out, size, "weak");
    if (s->revision.length > 0)
        add(out, size, "revision=%.*s", (int)s->revision.length, s->revision.data);
    for (size_t i = 0; i < 3; i++)
        if (flag[i])
            add(out, size, "%s", flags[i]);
    for (size_t i = 0; i < s->tree_count; i++) {
        const struct tree *tree = &s->trees[i];

        add(out, size, "tree=%.*s", (int)tree->name.length, tree->name.data);
        if (tree->branch.length > 0)
            add(out, size, "%.*s", (int)tree->branch.length, tree->branch.data);
    }
    if (s->list_tag.length > 0)
        add(out, size, "list=%.*s", (int)s->list_tag.length, s->list_tag.data);
}

static void expect_title(const char *text, struct patchmark_text title, const char *expected) {
    ck_assert_msg(title.length == strlen(expected) &&
                      memcmp(title.data, expected, title.length) == 0,
                  "'%s': title '%.*s', expected '%s'", text, (int)title.length, title.data,
                  expected);
}

static void expect(const char *text, const char *reading, const char *title) {
    struct subject subject;
    char have[512];

    subject_parse(text, &subject);
    describe(&subject, have, sizeof(have));
    ck_assert_msg(strcmp(have, reading) == 0, "'%s': read as '%s', expected '%s'", text, have,
                  reading);
    expect_title(text, subject.title, title);
}

#define EXPECT_ALL(table)                     \
    for (size_t i = 0; i < COUNT(table); i++) \
    expect((table)[i].subject, (table)[i].reading, "t")

#endif
