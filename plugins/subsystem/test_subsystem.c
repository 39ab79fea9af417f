/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_subsystem.c - the plugin as the core calls it, with the file test-MAINTAINERS: which
 * sections are set for a mail, in which order, and the effect of the options.
 */
#define TESTS subsystem
#include "support/local.h"

#include "support/support.h"
#include "util/cleanup.h"

/* Included after the headers above, whose locals have names that these headers define. */
#include "content.h"
#include "glob.h"
#include "label.h"
#include "maintainers.h"
#include "owners.h"
#include "regex.h"
#include "subsystem.c"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- a replacement for the plugin "patch" --------------------------------------------------- */

/* Sets the files from header fields such as "X-File: a.c", or "X-File: <a.c" for the old path of a
 * renamed file; without such a field there is no patch. */
static int replacement_classify(void *self, const struct patchmark_message *message,
                                struct patchmark_facts *facts) {
    size_t count = patchmark_message_header_count(message, "X-File");
    (void)self;
    patchmark_fact_set_bool(facts, "present", count > 0);
    for (size_t i = 0; i < count; i++) {
        const char *file = patchmark_message_header(message, "X-File", i);
        bool old = *file == '<';
        patchmark_fact_add_string(facts, old ? "old_files" : "files", file + old);
    }
    return 0;
}

static const struct patchmark_fact replacement_facts[] = {{"present", PATCHMARK_BOOL, "", NULL},
                                                          {"files", PATCHMARK_LIST, "", NULL},
                                                          {"old_files", PATCHMARK_LIST, "", NULL},
                                                          {0}};

static struct patchmark_plugin replacement = {PLUGIN_SIZES,
                                              .traits = PATCHMARK_PARALLEL,
                                              .name = "patch",
                                              .version = "1",
                                              .summary = "sets files from the header",
                                              .provides = replacement_facts,
                                              .classify = replacement_classify};

/* ---- running ------------------------------------------------------------------------------ */

static struct pipeline *pipeline;
static struct mail mail;
static char file[512]; /* the MAINTAINERS file */

/* Starts the plugin with FILE and one more OPTION, unless that is NULL.  Returns NULL if the start
 * fails. */
static struct pipeline *start(const char *option, const char *value) {
    static struct patchmark_plugin *const plugins[] = {&replacement, &plugin, NULL};
    patchmark_plugin();
    struct configuration *configuration = support_configuration("", plugins);
    support_option(configuration, "subsystem", "maintainers", file);
    if (option)
        support_option(configuration, "subsystem", option, value);
    support_log_start();
    return pipeline_new(configuration);
}

static void setup(void) {
    const char *source = getenv("SOURCE");
    char *real = realpath(source ? source : ".", NULL);
    ck_assert_ptr_nonnull(real);
    snprintf(file, sizeof(file), "%s/plugins/subsystem/test-MAINTAINERS", real);
    free(real);
    support_mail_init(&mail);
    pipeline = start(NULL, NULL);
    ck_assert_msg(pipeline != NULL, "cannot read %s", file);
    ck_assert_uint_eq(support_logged("\n"), 0);
}

static void teardown(void) {
    mail_free(&mail);
    pipeline_release(pipeline);
}

static void restart(const char *option, const char *value) {
    pipeline_release(pipeline);
    pipeline = start(option, value);
    ck_assert_ptr_nonnull(pipeline);
}

/* Returns the items of the list fact NAME with BETWEEN between them; static, overwritten by the
 * next call. */
static const char *joined(const char *name, const char *between) {
    static char out[8192];
    size_t count = patchmark_fact_count(mail.facts, name), length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(out + length, sizeof(out) - length, "%s%s", i > 0 ? between : "",
                                   patchmark_fact_item(mail.facts, name, i));
    return out;
}

/* Classifies a patch with SUBJECT and BODY that changes FILES, separated by spaces.  Returns its
 * labels, separated by spaces. */
static const char *labels_of(const char *files, const char *subject, const char *body) {
    char raw[65536], *at = raw;
    for (const char *end; *files; files = *end ? end + 1 : end) {
        end = strchrnul(files, ' ');
        at += sprintf(at, "X-File: %.*s\n", (int)(end - files), files);
    }
    sprintf(at, "From: A <a@example.org>\nSubject: %s\n\n%s", subject, body);
    support_classify(pipeline, NULL, &mail, raw);
    return joined("subsystem.labels", " ");
}

/* ---- files -------------------------------------------------------------------------------- */

START_TEST(sections_of_files) {
    static const struct {
        const char *why, *files, *labels;
    } examples[] = {
        {"a folder", "gears/a.c", "brass-gears"},
        {"below it", "gears/x/y/a.c", "brass-gears"},
        {"a file by its name", "docs/gears.rst", "brass-gears"},
        {"a wildcard", "include/clockwork/gearbox.h", "brass-gears"},
        {"a wildcard that does not match", "include/clockwork/hand.h", "the-rest"},
        {"the closer section first", "gears/teeth/a.c", "tooth-count brass-gears"},
        {"the closer pattern of one section counts", "gears/teeth/tooth1.c",
         "tooth-count brass-gears"},
        {"the second of two short names has a number", "old/teeth/a.c", "tooth-count-2"},
        {"a folder", "case/a.c", "case-and-glass"},
        {"an excluded folder", "case/glass/a.c", "the-rest"},
        {"an excluded kind of file", "case/door.svg", "the-rest"},
        {"... and not deeper", "case/door/a.svg", "case-and-glass"},
        {"one of them is excluded", "case/glass/a.c case/a.c", "case-and-glass"},
        {"N:", "gears/glass-lid.c", "brass-gears case-and-glass"},
        {"N: no", "gears/solid.c", "brass-gears"},
        {"X: holds for N: too", "case/glass/the-lid.c", "the-rest"},
        {"a folder with a wildcard", "drivers/esc-brass/a/b.c", "esc"},
        {"**", "drivers/a/b/my_esc_1.c", "esc"},
        {"a set", "drivers/esc7.c", "esc"},
        {"a set: no", "drivers/escx.c", "the-rest"},
        {"a folder without a slash", "hands/minute.c", "hands"},
        {"a file without a slash", "Makefile.hands", "hands"},
        {"a long name is cut", "watch/night/a.c", "night-watch-collection-of-all-rare-and"},
        {"no owner: a top file", "README", "the-rest"},
        {"no owner: a folder", "tools/a.c", "the-rest"},
        {"several: the closest first, then as in the file", "hands/a.c gears/a.c old/teeth/a.c",
         "tooth-count-2 brass-gears hands"},
        {"... but those with more files first", "hands/a.c hands/b.c gears/a.c",
         "hands brass-gears"},
        {"a file twice matched is one file", "gears/teeth/tooth1.c hands/a.c hands/b.c",
         "tooth-count hands brass-gears"},
        {"the old path of a renamed file", "tools/a.c <gears/a.c", "brass-gears"},
        {"... beside the new one", "hands/a.c <gears/a.c", "brass-gears hands"},
        {"no owner, beside others", "tools/a.c gears/a.c README", "brass-gears"},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        const char *labels = labels_of(examples[i].files, "[PATCH] x", "text\n");
        ck_assert_msg(strcmp(labels, examples[i].labels) == 0, "%s: labels of %s: '%s'",
                      examples[i].why, examples[i].files, labels);
    }
}
END_TEST

START_TEST(names_of_sections) {
    labels_of("gears/teeth/a.c old/teeth/a.c README", "[PATCH] x", "");
    ck_assert_str_eq(joined("subsystem.sections", "; "),
                     "BRASS GEARS (TOOTH/count); TEETH, OLD (TOOTH/count); BRASS GEARS");
}
END_TEST

START_TEST(only_patches) {
    labels_of("", "[PATCH] chime_ring", "chime_ring\n");
    ck_assert(!patchmark_fact_is_set(mail.facts, "subsystem.labels"));
    ck_assert(!patchmark_fact_is_set(mail.facts, "subsystem.sections"));
}
END_TEST

/* ---- content ------------------------------------------------------------------------------ */

#define DIFF(line)                    \
    "text\n"                          \
    "---\n"                           \
    " a.c | 2 +-\n"                   \
    "\n"                              \
    "diff --git a/a.c b/a.c\n"        \
    "index 0123456..789abcd 100644\n" \
    "--- a/a.c\n"                     \
    "+++ b/a.c\n"                     \
    "@@ -1,2 +1,2 @@ chime_ring()\n"  \
    " int a;\n" line "\n"

START_TEST(sections_of_content) {
    static const struct {
        const char *why, *subject, *body;
        bool found;
    } examples[] = {
        {"nothing", "[PATCH] x", DIFF("+int b;"), false},
        {"an added line", "[PATCH] x", DIFF("+\tchime_ring();"), true},
        {"a removed line", "[PATCH] x", DIFF("-\tchime_mute();"), true},
        {"right behind the sign", "[PATCH] x", DIFF("+chime_ring();"), true},
        {"not the context, and not its heading", "[PATCH] x", DIFF(" chime_ring();"), false},
        {"not another word", "[PATCH] x", DIFF("+chime_ringer();"), false},
        {"not another word before", "[PATCH] x", DIFF("+a_chime_ring();"), false},
        {"the case counts", "[PATCH] x", DIFF("+CHIME_RING();"), false},
        {"the second K:", "[PATCH] x", DIFF("+my_ding_dong2"), true},
        {"the text above the diff", "[PATCH] x", "use chime_ring\n" DIFF("+int b;"), true},
        {"not what is quoted there", "[PATCH] x", "> use chime_ring\n" DIFF("+int b;"), false},
        {"the subject", "[PATCH] chime_mute: new", DIFF("+int b;"), true},
        {"not the names of files in the diff", "[PATCH] x",
         "--- a/ding_dong.c\n+++ b/ding_dong.c\n@@ -1 +1 @@\n-a\n+b\n", false},
        {"not over two lines", "[PATCH] x", DIFF("+ding_\n+dong"), false},
        {"a removed line of two more signs", "[PATCH] x", DIFF("--- ding_dong\n-a"), true},
        {"below the diff only with a sign", "[PATCH] x", DIFF("+a") "\nchime_ring\n", false},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        const char *labels = labels_of("tools/a.c", examples[i].subject, examples[i].body);
        ck_assert_msg(strcmp(labels, examples[i].found ? "chimes" : "the-rest") == 0, "%s: '%s'",
                      examples[i].why, labels);
    }
}
END_TEST

START_TEST(reads_attached_diffs_but_no_html) {
    static const char mime[] =
        "X-File: tools/a.c\nFrom: A <a@example.org>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/%s\n"
        "Content-Transfer-Encoding: quoted-printable\n\n" DIFF("+chime_=\nring();") "\n--b--\n";
    static const struct {
        const char *type, *labels;
    } examples[] = {{"plain", "chimes"}, {"x-patch", "chimes"}, {"html", "the-rest"}};
    for (size_t i = 0; i < COUNT(examples); i++) {
        char raw[2000];
        snprintf(raw, sizeof(raw), mime, examples[i].type);
        support_classify(pipeline, NULL, &mail, raw);
        ck_assert_msg(strcmp(joined("subsystem.labels", " "), examples[i].labels) == 0,
                      "text/%s: %s", examples[i].type, joined("subsystem.labels", " "));
    }
}
END_TEST

/* A section that owns a file comes before one that only its K: found. */
START_TEST(content_comes_last) {
    ck_assert_str_eq(labels_of("watch/night/a.c hands/a.c", "[PATCH] x", "ding_dong\n"),
                     "night-watch-collection-of-all-rare-and hands chimes");
}
END_TEST

static char *lines_of(const char *line, size_t bytes, const char *end) {
    size_t length = strlen(line), count = bytes / length;
    char *out = malloc(count * length + strlen(end) + 1);
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * length, line, length);
    strcpy(out + count * length, end);
    return out;
}

static const char *labels_of_long(const char *line, size_t bytes, const char *end) {
    static const char header[] = "X-File: tools/a.c\nFrom: A <a@example.org>\n\n";
    AUTO(free) char *body = lines_of(line, bytes, end);
    AUTO(free) char *raw = lines_of(header, sizeof(header) - 1, body);
    support_classify(pipeline, NULL, &mail, raw);
    return joined("subsystem.labels", " ");
}

START_TEST(bounds_content) {
    /* There is no subject; its empty line takes one byte. */
    ck_assert_str_eq(labels_of_long("0123456\n", BOUND_CONTENT_BYTES - 16, "ding_dong\n"),
                     "chimes");
    ck_assert_str_eq(labels_of_long("0123456\n", BOUND_CONTENT_BYTES - 8, "ding_dong\n"),
                     "the-rest");
    ck_assert_str_eq(labels_of_long("0", BOUND_CONTENT_LINE - 9, "ding_dong\n"), "chimes");
    ck_assert_str_eq(labels_of_long("0", BOUND_CONTENT_LINE - 8, "ding_dong\n"), "the-rest");
}
END_TEST

/* ---- options ------------------------------------------------------------------------------ */

START_TEST(rest_beside_others) {
    restart("rest", "true");
    ck_assert_str_eq(labels_of("README gears/a.c", "[PATCH] x", ""), "brass-gears the-rest");
    ck_assert_str_eq(labels_of("README", "[PATCH] x", ""), "the-rest");
}
END_TEST

START_TEST(max_labels) {
    restart("max", "2");
    ck_assert_str_eq(labels_of("hands/a.c gears/a.c old/teeth/a.c", "[PATCH] x", ""),
                     "tooth-count-2 brass-gears");
    ck_assert_str_eq(joined("subsystem.sections", "; "), "TEETH, OLD (TOOTH/count); BRASS GEARS");
}
END_TEST

START_TEST(labels_by_configuration) {
    restart("labels", "{\"BRASS GEARS=gears\", \" BRASS GEARS (TOOTH/count) = gears \","
                      "\"THE REST=tooth-count\", \"TEETH = OLD=x\"}");
    ck_assert_uint_eq(support_logged("labels: unknown section 'TEETH = OLD'"), 1);
    ck_assert_uint_eq(support_logged("\n"), 1);
    /* Two sections can have the same label, which is set once; both names are set. */
    ck_assert_str_eq(labels_of("gears/teeth/a.c hands/a.c", "[PATCH] x", ""), "gears hands");
    ck_assert_str_eq(joined("subsystem.sections", "; "),
                     "BRASS GEARS (TOOTH/count); BRASS GEARS; HANDS");
    /* A configured label is not derived for another section. */
    ck_assert_str_eq(labels_of("old/teeth/a.c", "[PATCH] x", ""), "tooth-count-2");
    ck_assert_str_eq(labels_of("README", "[PATCH] x", ""), "tooth-count");
}
END_TEST

START_TEST(rejects_bad_labels) {
    static const char *const values[] = {"{\"HANDS\"}", "{\"HANDS=\"}", "{\"=hands\"}",
                                         "{\"HANDS=Hands\"}", "{\"HANDS=my hands\"}"};
    for (size_t i = 0; i < COUNT(values); i++) {
        ck_assert_msg(start("labels", values[i]) == NULL, "%s", values[i]);
        ck_assert_uint_eq(support_logged("must be \"SECTION=word\""), 1);
    }
}
END_TEST

START_TEST(rejects_bad_paths) {
    static const struct {
        const char *value, *problem;
    } examples[] = {{"{}", "is required; add maintainers = "},
                    {"MAINTAINERS", "must be an absolute path: \"MAINTAINERS\""},
                    {"/nowhere/MAINTAINERS", "No such file or directory"}};
    for (size_t i = 0; i < COUNT(examples); i++) {
        strcpy(file, examples[i].value);
        ck_assert_ptr_null(start(NULL, NULL));
        ck_assert_uint_eq(support_logged(examples[i].problem), 1);
        ck_assert_uint_ge(support_logged("option 'maintainers'"), 1);
    }
}
END_TEST

START_TEST(requires_the_option) {
    static struct patchmark_plugin *const plugins[] = {&replacement, &plugin, NULL};
    support_log_start();
    ck_assert_ptr_null(pipeline_new(support_configuration("", plugins)));
    ck_assert_uint_eq(support_logged("option 'maintainers'"), 1);
}
END_TEST

/* ---- reload ------------------------------------------------------------------------------- */

static void write_file(const char *text) {
    FILE *out = fopen(file, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_ge(fputs(text, out), 0);
    ck_assert_int_eq(fclose(out), 0);
}

/* A reload opens a new instance before it closes the old one. */
START_TEST(reload_reads_the_file_again) {
    support_folder_make();
    snprintf(file, sizeof(file), "%s/MAINTAINERS", support_folder);
    write_file("OLD\nF: a/\n");
    restart(NULL, NULL);
    write_file("NEW\nF: a/\nF: b/\n");
    ck_assert_str_eq(labels_of("a/x", "[PATCH] x", ""), "old");
    ck_assert_str_eq(labels_of("b/x", "[PATCH] x", ""), "");
    struct pipeline *before = pipeline;
    pipeline = start(NULL, NULL);
    ck_assert_ptr_nonnull(pipeline);
    ck_assert_str_eq(labels_of("a/x b/x", "[PATCH] x", ""), "new");
    mail_reset(&mail);
    pipeline_release(before);
    write_file("");
    ck_assert_ptr_null(start(NULL, NULL));
    ck_assert_str_eq(labels_of("a/x b/x", "[PATCH] x", ""), "new");
    support_folder_remove();
}
END_TEST

START_TEST(exports_its_descriptor) {
    ck_assert_ptr_eq(patchmark_plugin(), &plugin);
    ck_assert_uint_eq(plugin.struct_size, sizeof(plugin));
    ck_assert_uint_eq(plugin.abi, PATCHMARK_ABI);
    ck_assert_str_eq(plugin.name, "subsystem");
}
END_TEST

SUITE(subsystem_suite) {
    Suite *suite = suite_create("subsystem");
    TCase *tests = tcase_create("subsystem");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, sections_of_files);
    tcase_add_test(tests, names_of_sections);
    tcase_add_test(tests, only_patches);
    tcase_add_test(tests, sections_of_content);
    tcase_add_test(tests, reads_attached_diffs_but_no_html);
    tcase_add_test(tests, content_comes_last);
    tcase_add_test(tests, bounds_content);
    tcase_add_test(tests, rest_beside_others);
    tcase_add_test(tests, max_labels);
    tcase_add_test(tests, labels_by_configuration);
    tcase_add_test(tests, rejects_bad_labels);
    tcase_add_test(tests, rejects_bad_paths);
    tcase_add_test(tests, requires_the_option);
    tcase_add_test(tests, reload_reads_the_file_again);
    tcase_add_test(tests, exports_its_descriptor);
    suite_add_tcase(suite, tests);
    return suite;
}
