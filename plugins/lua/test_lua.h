/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_lua.h - what the tests of this plugin share: scripts in a folder of the test, a pipeline of
 * the built-in classifiers and the plugin, and a mail.
 */
#ifndef TEST_LUA_H
#define TEST_LUA_H

#include "support/support.h"

#include "store/store.h"

#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct patchmark_plugin *kind_plugin(void);
struct patchmark_plugin *lua_plugin(void);
struct patchmark_plugin *patch_plugin(void);
struct patchmark_plugin *pull_plugin(void);
struct patchmark_plugin *series_plugin(void);
struct patchmark_plugin *subject_plugin(void);
struct patchmark_plugin *trailers_plugin(void);

static const char mail_text[] =
    "From: Ada Example <Ada@Example.org>\n"
    "To: devel@lists.example.org\n"
    "Cc: Ben <ben@example.org>, \"stable@example.org\" <other@example.org>\n"
    "Cc: unstable@example.com\n"
    "List-Id: Development <devel.lists.example.org>\n"
    "Subject: [PATCH net-next v2 1/2]\n  tide: =?utf-8?q?h=C3=B6her?=\n"
    "Message-ID: <1@example.org>\n"
    "In-Reply-To: <0@example.org>\n"
    "References: <older@example.org> <0@example.org>\n"
    "Date: Thu, 5 Mar 2026 12:00:00 +0000\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: base64\n\n"
    "ZnJvbSBN/GxsZXIKPiBxdW90ZWQKCg==\n" /* from Müller, > quoted */
    "--b\nContent-Type: text/html\n\n<p>marked up</p>\n"
    "--b\nContent-Type: text/plain; name=a.patch\n"
    "Content-Disposition: attachment; filename=a.patch\n\n"
    "diff --git a/net/tide.c b/net/tide.c\n--- a/net/tide.c\n+++ b/net/tide.c\n"
    "@@ -1 +1,2 @@\n one\n+two\n"
    "--b--\n";

static struct mail mail;
static struct store *store;
static struct pipeline *pipeline;

static inline void setup(void) {
    support_folder_make();
    support_mail_init(&mail);
    support_log_start();
    store = store_open(NULL);
    ck_assert_ptr_nonnull(store);
}

static inline void teardown(void) {
    mail_free(&mail);
    if (pipeline)
        pipeline_release(pipeline);
    pipeline = NULL;
    store_close(store);
    support_folder_remove();
}

/* Writes TEXT of LENGTH bytes to the file NAME in the folder of the test.  Returns its path, which
 * is valid until the next call. */
static inline const char *script_write(const char *name, const char *text, size_t length) {
    static char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", support_folder, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fwrite(text, 1, length, file);
    fclose(file);
    ck_assert_int_eq(chmod(path, 0644), 0);
    return path;
}

/* Opens a pipeline of the built-in classifiers and the script TEXT, in place of an earlier one.
 * Returns NULL if it cannot be opened. */
static inline struct pipeline *script_open(const char *text) {
    struct patchmark_plugin *plugins[] = {lua_plugin(),      subject_plugin(),
                                          patch_plugin(),    pull_plugin(),
                                          trailers_plugin(), series_plugin(),
                                          kind_plugin(),     NULL};
    struct configuration *configuration = support_configuration("", plugins);

    support_option(configuration, "lua", "script", script_write("a.lua", text, strlen(text)));
    if (pipeline)
        pipeline_release(pipeline);
    pipeline = pipeline_new(configuration);
    return pipeline;
}

/* Classifies the mail of the tests with the script TEXT, which must be valid. */
static inline void script_run(const char *text) {
    ck_assert_ptr_nonnull(script_open(text));
    support_classify(pipeline, store, &mail, mail_text);
}

/* Returns the items of the list FACT, separated by spaces.  The string is valid until the next
 * call. */
static inline const char *words_of(const char *fact) {
    static char words[8192];
    size_t length = 0;

    words[0] = '\0';
    for (size_t i = 0; i < patchmark_fact_count(mail.facts, fact); i++)
        length += (size_t)snprintf(words + length, sizeof(words) - length, "%s%s", i > 0 ? " " : "",
                                   patchmark_fact_item(mail.facts, fact, i));
    return words;
}

#endif
