/* SPDX-License-Identifier: BSD-2-Clause
 *
 * subject.c - the classifier "subject": reads reply prefixes, the tag and the title from the
 * Subject of a mail.
 *
 * Reads a subject once, from left to right: reply prefixes and bracketed groups in any order, then
 * the title.  word.c classifies the single words of a tag, tag.c combines them; subject.md
 * describes the rules with examples.  The work is linear in the length of the subject.  Parsing
 * cannot fail: text that matches no rule belongs to the title.
 */
#include "tag.h"
#include "text.h"

#include <stdio.h>

#define GROUPS_READ 16 /* later groups are removed from the title, but not read */
#define TITLE_BYTES \
    2048 /* more than a fact holds, so that the core notices that it cuts the title */

/* Reply prefixes: the words that mail programs put, with a colon, before the subject of a reply.
 * The first three need no colon before a bracket. */
static const char *const replies[] = {
    "Re",  "Fw", "Fwd",  "Aw",   "Antw", "Antwort", "Sv",   "Vs",   "R",
    "Rif", "Wg", "回复", "回覆", "答复", "答覆",    "转发", "轉寄", "轉發",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the subject -------------------------------------------------------------------------- */

/* Returns the length of a counter at the start of TEXT, such as the "[2]" of "Re[2]:", "(2)" or
 * "^2"; 0 if there is none. */
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

/* Returns the length of a reply prefix at the start of TEXT, such as "Re:", "RE :" or "Re[2]:"; 0
 * if there is none.  Tries the first COUNT elements of `replies`. */
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

/* Parses SUBJECT, a NUL-terminated string, into OUT.  The texts in OUT point into SUBJECT. */
static void subject_parse(const char *subject, struct subject *out) {
    const char *at = subject, *group_end = NULL;
    size_t groups = 0, length;
    struct reader reader;

    tag_start(&reader);
    for (;; at += length) {
        bool posting = tag_is_posting(&reader);

        at = skip_blanks_and_colons(at);
        /* "[PATCH] Re: an old thread" is a patch, and the "vs:" of "[PATCH] vs: fix" is not the
         * Finnish reply prefix. */
        length = reply_length(at, posting ? 3 : COUNT(replies));
        if (length > 0) {
            reader.subject.reply |= !posting;
            continue;
        }
        length = tag_group_length(at);
        if (length > 0) {
            if (groups++ < GROUPS_READ)
                tag_group(&reader, (struct patchmark_text){at + 1, length - 2}, at == group_end);
            group_end = at + length;
            continue;
        }
        length = reader.tagged ? 0 : tag_unbracketed(&reader, at);
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
    {"pull", PATCHMARK_BOOL, "the tag has the word PULL, or GIT alone"},
    {"part", PATCHMARK_INT, "the 2 of [PATCH 2/5]"},
    {"total", PATCHMARK_INT, "the 5 of [PATCH 2/5]"},
    {"version", PATCHMARK_INT, "the 3 of [PATCH v3]; not set if the subject has none"},
    {"version_weak", PATCHMARK_BOOL, "the version is from the title: title (v2)"},
    {"revision", PATCHMARK_STRING, "the 5.1 of [PATCH v5.1 10/12], parts of a series sent again"},
    {"rfc", PATCHMARK_BOOL, "the tag has the word RFC"},
    {"resend", PATCHMARK_BOOL, "the tag has the word RESEND or REPOST"},
    {"backport", PATCHMARK_BOOL, "the tag names a stable branch"},
    {"tree", PATCHMARK_LIST, "trees and projects that the tag names: net-next, stable 5.10"},
    {"list_tag", PATCHMARK_STRING, "a leading group that is no tag: a list's name, a ticket"},
    {"flags", PATCHMARK_LIST, "those of rfc, resend, backport that are true"},
    {0},
};

/* Sets the title with each run of blanks replaced by one space: folding of the header field adds
 * blanks that mean nothing. */
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
