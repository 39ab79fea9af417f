/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_rules.h - includes the plugin, and defines what its test files share: a mail, and plugins
 * that set facts under the names of real plugins.
 */
#ifndef TEST_RULES_H
#define TEST_RULES_H

#include "support/local.h"

#include "support/support.h"

#include "evaluate.h"
#include "expression.h"
#include "material.h"
#include "regex.h"
#include "rule-text.h"
#include "rule.h"
#include "rules.c"
#include "term.h"
#include "token.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the mail, and facts of it ------------------------------------------------------------ */

static const char mail_text[] =
    "From: Ada Example <Ada@Example.org>\n"
    "To: devel@lists.example.org, other@example.com\n"
    "Cc: first@example.org\n"
    "Cc: second@example.org\n"
    "List-Id: Development <Devel.Lists.Example.org>\n"
    "Subject: [PATCH RFC\n  v4] tide: =?utf-8?q?h=C3=B6her?=\n"
    "X-Empty:\n"
    "Message-ID: <1@example.org>\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: text/plain; charset=utf-8\n\n"
    "first line\n> quoted line\n  indented line\nFixes: 0123456789ab\n\n"
    "--b\nContent-Type: text/html\n\n<p>marked up</p>\n"
    "--b\nContent-Type: text/plain; name=a.patch\n"
    "Content-Disposition: attachment; filename=a.patch\n\n+attached line\n"
    "--b\nContent-Type: text/plain\n\nlast line, M\xc3\xbcller\r\n--b--\n";

static void add_text(struct patchmark_facts *facts, const char *key, const char *text) {
    patchmark_fact_add_string(facts, key, text);
}

static int subject_classify(void *self, const struct patchmark_message *message,
                            struct patchmark_facts *facts) {
    (void)self, (void)message;
    patchmark_fact_set_bool(facts, "rfc", true);
    patchmark_fact_set_bool(facts, "reply", false);
    patchmark_fact_set_int(facts, "part", 0);
    patchmark_fact_set_string(facts, "title", "tide: h\xc3\xb6her");
    add_text(facts, "tree", "net-next");
    add_text(facts, "tree", "5.10");
    return 0;
}

static int path_count = 2; /* the number of files that patch_classify sets */

static int patch_classify(void *self, const struct patchmark_message *message,
                          struct patchmark_facts *facts) {
    char path[64];

    (void)self, (void)message;
    for (int i = 2; i < path_count; i++) {
        snprintf(path, sizeof(path), "drivers/net/file-%d.c", i);
        add_text(facts, "files", path);
    }
    add_text(facts, "files", "arch/arm64/kvm/mmu.c");
    add_text(facts, "files", "Documentation/Tide.rst");
    patchmark_fact_set_int(facts, "insertions", 500);
    return 0;
}

static int mine_classify(void *self, const struct patchmark_message *message,
                         struct patchmark_facts *facts) {
    (void)self, (void)message;
    patchmark_fact_set_bool(facts, "good", true);
    patchmark_fact_set_bool(facts, "bad", false);
    patchmark_fact_set_int(facts, "count", -5);
    patchmark_fact_set_string(facts, "word", "salt");
    patchmark_fact_set_string(facts, "empty", "");
    add_text(facts, "words", "sweet");
    add_text(facts, "words", "sour");
    return 0;
}

static const struct patchmark_fact subject_facts[] = {{"rfc", PATCHMARK_BOOL, "", NULL},
                                                      {"reply", PATCHMARK_BOOL, "", NULL},
                                                      {"part", PATCHMARK_INT, "", NULL},
                                                      {"title", PATCHMARK_STRING, "", NULL},
                                                      {"tree", PATCHMARK_LIST, "", NULL},
                                                      {"version", PATCHMARK_INT, "", NULL},
                                                      {0}};
static const struct patchmark_fact patch_facts[] = {{"files", PATCHMARK_LIST, "", NULL},
                                                    {"insertions", PATCHMARK_INT, "", NULL},
                                                    {0}};
static const struct patchmark_fact mine_facts[] = {
    {"good", PATCHMARK_BOOL, "", NULL},    {"bad", PATCHMARK_BOOL, "", NULL},
    {"count", PATCHMARK_INT, "", NULL},    {"word", PATCHMARK_STRING, "", NULL},
    {"empty", PATCHMARK_STRING, "", NULL}, {"words", PATCHMARK_LIST, "", NULL},
    {"unset", PATCHMARK_LIST, "", NULL},   {0}};

#define CLASSIFIER(called)                                                           \
    {                                                                                \
        PLUGIN_SIZES, .traits = PATCHMARK_PARALLEL, .name = #called, .version = "1", \
                      .summary = "facts for tests", .provides = called##_facts,      \
                      .classify = called##_classify                                  \
    }

static struct patchmark_plugin subject_plugin = CLASSIFIER(subject),
                               patch_plugin = CLASSIFIER(patch), mine_plugin = CLASSIFIER(mine);
/* "rules" is listed first, so that only its trait PATCHMARK_RUNS_LAST makes it run after them. */
static struct patchmark_plugin *const all_plugins[] = {&plugin, &mine_plugin, &subject_plugin,
                                                       &patch_plugin, NULL};

static struct mail mail;
static struct pipeline *pipeline;

static inline void setup(void) {
    patchmark_plugin(); /* fills struct_size and abi of the descriptor */
    support_folder_make();
    support_mail_init(&mail);
    support_log_start();
}

static inline void teardown(void) {
    mail_free(&mail);
    if (pipeline)
        pipeline_release(pipeline);
    pipeline = NULL;
    support_folder_remove();
}

/* Returns a mail with the header fields HEADERS, whose body is COUNT times BODY.  The caller frees
 * it. */
static inline char *mail_of(const char *headers, const char *body, size_t count) {
    char *raw = malloc(strlen(headers) + 1 + count * strlen(body) + 1);
    char *at = stpcpy(stpcpy(raw, headers), "\n");

    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, body);
    return raw;
}

#endif
