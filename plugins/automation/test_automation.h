/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_automation.h - the plugin with the shipped table, and stand-ins for the plugins whose facts
 * it reads.
 */
#ifndef TEST_AUTOMATION_H
#define TEST_AUTOMATION_H

#include "support/support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- subject and patch, as far as the tests need them ------------------------------------------
 */

static int stand_in_subject(void *self, const struct patchmark_message *message,
                            struct patchmark_facts *facts) {
    const char *subject = patchmark_message_header(message, "Subject", 0), *tag, *end, *slash;

    (void)self;
    subject = subject ? subject : "";
    tag = strstr(subject, "[PATCH");
    end = strrchr(subject, ']');
    patchmark_fact_set_bool(facts, "reply", strncmp(subject, "Re: ", 4) == 0);
    patchmark_fact_set_bool(facts, "patch", tag);
    patchmark_fact_set_bool(facts, "pull", strstr(subject, "[GIT PULL]"));
    slash = tag ? strchr(tag, '/') : NULL;
    if (slash && slash < strchr(tag, ']')) {
        patchmark_fact_set_int(facts, "part", slash[-1] - '0');
        patchmark_fact_set_int(facts, "total", atoi(slash + 1));
    }
    return patchmark_fact_set_string(facts, "title", subject[0] == '[' && end ? end + 1 : subject);
}

static int stand_in_patch(void *self, const struct patchmark_message *message,
                          struct patchmark_facts *facts) {
    struct patchmark_part part = {.struct_size = sizeof(part)};

    (void)self;
    return patchmark_fact_set_bool(facts, "present",
                                   patchmark_message_part(message, 0, &part) &&
                                       memmem(part.text.data, part.text.length, "\ndiff --git ",
                                              12));
}

static const struct patchmark_fact subject_provides[] = {
    {"reply", PATCHMARK_BOOL, "", NULL},  {"patch", PATCHMARK_BOOL, "", NULL},
    {"pull", PATCHMARK_BOOL, "", NULL},   {"part", PATCHMARK_INT, "", NULL},
    {"total", PATCHMARK_INT, "", NULL},   {"title", PATCHMARK_STRING, "", NULL},
    {"resend", PATCHMARK_BOOL, "", NULL}, {0}};
static const struct patchmark_fact patch_provides[] = {{"present", PATCHMARK_BOOL, "", NULL},
                                                       {"posted", PATCHMARK_BOOL, "", NULL},
                                                       {0}};
static struct patchmark_plugin subject_plugin = {PLUGIN_SIZES,
                                                 .traits = PATCHMARK_PARALLEL,
                                                 .name = "subject",
                                                 .version = "1",
                                                 .summary = "stand-in",
                                                 .provides = subject_provides,
                                                 .classify = stand_in_subject};
static struct patchmark_plugin patch_plugin = {
    PLUGIN_SIZES,          .traits = PATCHMARK_PARALLEL, .name = "patch",           .version = "1",
    .summary = "stand-in", .provides = patch_provides,   .classify = stand_in_patch};

/* ---- the plugin ---------------------------------------------------------------------------------
 */

static struct mail mail;
static struct pipeline *pipeline;

/* Writes a file to the folder of the test and returns its path. */
static const char *write_file(const char *name, const char *text, size_t length) {
    static char path[400];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", support_folder, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

/* Returns a pipeline of the plugin with the table at PATH; NULL if the plugin cannot be opened. */
static struct pipeline *pipeline_with(const char *path) {
    struct patchmark_plugin *const plugins[] = {&subject_plugin, &patch_plugin, patchmark_plugin(),
                                                NULL};
    struct configuration *configuration = support_configuration("", plugins);
    struct pipeline *started;

    support_option(configuration, "automation", "table", path);
    started = pipeline_new(configuration);
    return started;
}

/* Uses the table that was compiled in, whether or not one is installed. */
static void setup(void) {
    support_folder_make();
    support_mail_init(&mail);
    pipeline =
        pipeline_with(write_file("automation.conf", builtin_table, sizeof(builtin_table) - 1));
    ck_assert_ptr_nonnull(pipeline);
}

static void teardown(void) {
    pipeline_release(pipeline);
    mail_free(&mail);
    support_folder_remove();
}

/* Returns "ROBOT KIND FLAG ..." for a robot's mail, "applied", "report" or "announce" for a
 * person's,
 * "-" for any other. */
static inline const char *reading(const char *raw) {
    static char text[300];
    const char *robot, *kind, *flag;

    support_classify(pipeline, NULL, &mail, raw);
    robot = patchmark_fact_string(mail.facts, "automation.robot");
    kind = patchmark_fact_string(mail.facts, "automation.kind");
    snprintf(text, sizeof(text), "%s%s%s", robot ? robot : "", kind ? " " : "", kind ? kind : "");
    for (size_t i = 0; robot && (flag = patchmark_fact_item(mail.facts, "automation.flags", i));
         i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", flag);
    if (!robot)
        snprintf(text, sizeof(text), "%s",
                 patchmark_fact_bool(mail.facts, "automation.applied")    ? "applied"
                 : patchmark_fact_bool(mail.facts, "automation.report")   ? "report"
                 : patchmark_fact_bool(mail.facts, "automation.announce") ? "announce"
                                                                          : "-");
    return text;
}

struct example {
    const char *mail, *reading;
};

static inline void expect_all(const struct example *examples, size_t count) {
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strcmp(reading(examples[i].mail), examples[i].reading) == 0,
                      "'%s', expected '%s':\n%s", reading(examples[i].mail), examples[i].reading,
                      examples[i].mail);
}

#endif
