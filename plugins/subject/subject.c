/* SPDX-License-Identifier: BSD-2-Clause
 *
 * subject.c - classifier: what the Subject of a mail says.
 *
 * Goes through a subject once, from left to right: reply prefixes and bracketed groups in any
 * order, then the title.  word.c knows the words of a tag, tag.c what they say together;
 * subject.md tells the rules with examples.  The work is linear in the length of the subject.
 * Nothing can fail: what is not understood is title.
 */
#include "tag.h"
#include "text.h"

#include <stdio.h>

#define GROUPS_READ 16   /* groups after that are stripped unread */
#define TITLE_BYTES 2048 /* more than a fact keeps, so that the core sees that it was cut */

/* What mail programs put before the subject of an answer, with a colon after it.  The first three
 * need no colon before a bracket. */
static const char *const replies[] = {
    "Re",  "Fw", "Fwd",  "Aw",   "Antw", "Antwort", "Sv",   "Vs",   "R",
    "Rif", "Wg", "回复", "回覆", "答复", "答覆",    "转发", "轉寄", "轉發",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the subject -------------------------------------------------------------------------- */

/* Bytes of a counter at TEXT: the "[2]" of "Re[2]:", also "(2)" and "^2"; 0: none. */
static size_t counter_length(const char *text) {
    size_t digits = *text ? strspn(text + 1, "0123456789") : 0;

    if (digits == 0)
        return 0;
    if (*text == '^')
        return 1 + digits;
    if ((*text == '[' && text[1 + digits] == ']') || (*text == '(' && text[1 + digits] == ')'))
        return 2 + digits;
    return 0;
}

/* Bytes of one of the first COUNT prefixes at TEXT, "Re:", "RE :", "Re[2]:"; 0: none. */
static size_t reply_length(const char *text, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *end = text + strlen(replies[i]), *next;

        if (strncasecmp(text, replies[i], strlen(replies[i])) != 0)
            continue;
        end += counter_length(end);
        next = skip_blanks(end);
        if (colon_length(next) > 0)
            return (size_t)(next - text) + colon_length(next);
        if (i < 3 && next > end && *next == '[')
            return (size_t)(next - text);
    }
    return 0;
}

static void subject_parse(const char *subject, struct subject *out) {
    const char *at = subject, *joint = NULL;
    size_t groups = 0, length;
    struct reader reader;

    tag_start(&reader);
    for (;; at += length) {
        bool posting = tag_is_posting(&reader);

        at = skip_blanks_and_colons(at);
        /* "[PATCH] Re: an old thread" is a patch, and "[PATCH] vs: fix" has no Finnish Re. */
        length = reply_length(at, posting ? 3 : COUNT(replies));
        if (length > 0) {
            reader.subject.reply |= !posting;
            continue;
        }
        length = tag_group_length(at);
        if (length > 0) {
            if (groups++ < GROUPS_READ)
                tag_group(&reader, (struct patchmark_text){at + 1, length - 2}, at == joint);
            joint = at + length;
            continue;
        }
        length = reader.tagged ? 0 : tag_run(&reader, at);
        if (length == 0)
            break;
    }
    reader.subject.title = text_trim_end(patchmark_text_of(at), " \t");
    tag_finish(&reader);
    *out = reader.subject;
}

/* ---- the plugin --------------------------------------------------------------------------- */

static const struct patchmark_fact provides[] = {
    {"title", PATCHMARK_STRING, "the subject without reply prefixes and tags"},
    {"reply", PATCHMARK_BOOL, "it has a reply prefix: Re:, Aw:, Fwd:, ..."},
    {"patch", PATCHMARK_BOOL, "the tag is that of a posting: PATCH, n/N, or a version"},
    {"pull", PATCHMARK_BOOL, "the tag says PULL or only GIT"},
    {"part", PATCHMARK_INT, "2 of [PATCH 2/5]"},
    {"total", PATCHMARK_INT, "5 of [PATCH 2/5]"},
    {"version", PATCHMARK_INT, "3 of [PATCH v3]; not set when the subject says none"},
    {"version_weak", PATCHMARK_BOOL, "the version is from the title: title (v2)"},
    {"revision", PATCHMARK_STRING, "5.1 of [PATCH v5.1 10/12]: part of a series sent again"},
    {"rfc", PATCHMARK_BOOL, "the tag says RFC"},
    {"resend", PATCHMARK_BOOL, "the tag says RESEND or REPOST"},
    {"backport", PATCHMARK_BOOL, "the tag names a stable branch"},
    {"tree", PATCHMARK_LIST, "trees and projects that the tag names: net-next, stable 5.10"},
    {"list_tag", PATCHMARK_STRING, "a leading group that is no tag: a list's name, a ticket"},
    {"flags", PATCHMARK_LIST, "those of rfc, resend, backport that apply"},
    {NULL, 0, NULL},
};

/* Each run of spaces becomes one: where a mail's header was folded says nothing. */
static int set_title(struct patchmark_facts *facts, struct patchmark_text title) {
    char text[TITLE_BYTES];
    size_t length = 0;
    bool blank = false;

    for (size_t i = 0; i < title.length && length < sizeof(text); i++) {
        bool was_blank = blank;

        blank = title.data[i] == ' ' || title.data[i] == '\t';
        if (!blank)
            text[length++] = title.data[i];
        else if (!was_blank)
            text[length++] = ' ';
    }
    return patchmark_fact_set_text(facts, "title", (struct patchmark_text){text, length});
}

static int add_tree(struct patchmark_facts *facts, const struct tree *tree) {
    char text[2 * WORD_BYTES + 3];
    int length = snprintf(text, sizeof(text), "%.*s%s%.*s", (int)tree->name.length, tree->name.data,
                          tree->branch.length > 0 ? " " : "", (int)tree->branch.length,
                          tree->branch.length > 0 ? tree->branch.data : "");

    return patchmark_fact_add(facts, "tree", (struct patchmark_text){text, (size_t)length});
}

static int add_flag(struct patchmark_facts *facts, const char *key) {
    return patchmark_fact_set_bool(facts, key, true) |
           patchmark_fact_add(facts, "flags", patchmark_text_of(key));
}

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    const char *text = patchmark_message_header(message, "Subject", 0);
    struct subject subject;
    int failed;

    (void)self;
    subject_parse(text ? text : "", &subject);
    failed = set_title(facts, subject.title);
    if (subject.reply)
        failed |= patchmark_fact_set_bool(facts, "reply", true);
    if (subject.patch)
        failed |= patchmark_fact_set_bool(facts, "patch", true);
    if (subject.pull)
        failed |= patchmark_fact_set_bool(facts, "pull", true);
    if (subject.part >= 0)
        failed |= patchmark_fact_set_int(facts, "part", subject.part);
    if (subject.total >= 0)
        failed |= patchmark_fact_set_int(facts, "total", subject.total);
    if (subject.version >= 0)
        failed |= patchmark_fact_set_int(facts, "version", subject.version);
    if (subject.version_weak)
        failed |= patchmark_fact_set_bool(facts, "version_weak", true);
    if (subject.revision.length > 0)
        failed |= patchmark_fact_set_text(facts, "revision", subject.revision);
    if (subject.list_tag.length > 0)
        failed |= patchmark_fact_set_text(facts, "list_tag", subject.list_tag);
    if (subject.rfc)
        failed |= add_flag(facts, "rfc");
    if (subject.resend)
        failed |= add_flag(facts, "resend");
    if (subject.backport)
        failed |= add_flag(facts, "backport");
    for (size_t i = 0; i < subject.tree_count; i++)
        failed |= add_tree(facts, &subject.trees[i]);
    return failed ? -1 : 0;
}

static struct patchmark_plugin plugin = {
    .kind = PATCHMARK_CLASSIFIER,
    .threads = PATCHMARK_PARALLEL,
    .name = "subject",
    .version = "1.0",
    .summary = "reads the tag, the numbering and the title from the subject",
    .provides = provides,
    .classify = classify,
};
PATCHMARK_PLUGIN(plugin)
