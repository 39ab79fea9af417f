/* SPDX-License-Identifier: BSD-2-Clause
 *
 * automation.c - the classifier "automation": recognizes the mail of robots, and mail of people
 * that states that a patch was applied, reports a bug or announces something.
 *
 * All rules are in a table, automation.conf, which is read once, when the instance is opened.  A
 * copy of the file from build time is compiled in.  Owns the table.  Opening fails if the file of
 * the option `table` cannot be read; an error inside a table is logged, and its section is ignored.
 */
#include "applied-parts.h"
#include "match.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char builtin_table[] =
#include "automation-table.h"
    ;

/* ---- the table ---------------------------------------------------------------------------- */

struct origin {
    const struct patchmark_instance *instance;
    const char *path;
};

/* Logs an error in the table: a table_report. */
static void error_log(void *context, size_t line, const char *error) {
    const struct origin *origin = context;

    patchmark_log(origin->instance, PATCHMARK_WARNING, "%s:%zu: %s; ignoring this section",
                  origin->path, line, error);
}

/* Reads the file PATH.  Returns its text, which the caller frees, and sets *LENGTH.  Returns NULL
 * and sets errno on error; EFBIG if the file has more than TABLE_BYTES. */
static char *file_text(const char *path, size_t *length) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error = 0;
    char *text = file < 0 ? NULL : malloc(TABLE_BYTES + 1);
    ssize_t got = 0;

    *length = 0;
    while (text && (got = read(file, text + *length, TABLE_BYTES + 1 - *length)) > 0)
        *length += (size_t)got;
    if (!text || got < 0)
        error = errno;
    else if (*length > TABLE_BYTES)
        error = EFBIG;
    if (file >= 0)
        close(file);
    if (!error)
        return text;
    free(text);
    errno = error;
    return NULL;
}

/* Returns true if the program runs from its build tree: the installed table then belongs to another
 * version. */
static bool is_build_tree(void) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) / 2);
    char *slash;

    if (length <= 0)
        return false;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (!slash)
        return false;
    strcpy(slash, "/../plugins/automation/.libs/automation.so");
    return access(path, F_OK) == 0;
}

static struct table *builtin_read(const struct patchmark_instance *instance) {
    struct origin origin = {instance, "(built in) automation.conf"};

    return table_read((struct patchmark_text){builtin_table, sizeof(builtin_table) - 1}, error_log,
                      &origin);
}

/* Reads the table of the option, or else the installed one, or else the one that was compiled in.
 * Returns NULL on error; *FAILED is true if the error was reported, because the file of the option
 * cannot be read, and false if there is no memory. */
static struct table *table_open(const struct patchmark_instance *instance, bool *failed) {
    const char *named = patchmark_option_string(instance, "table");
    struct origin origin = {instance, named && *named ? named : DATA_DIR "/automation.conf"};
    bool is_named = origin.path == named;
    char *text = NULL;
    struct table *table;
    size_t length;

    *failed = false;
    if (is_named || !is_build_tree())
        text = file_text(origin.path, &length);
    if (!text && is_named) {
        patchmark_option_error(instance, "table", "names %s, which cannot be read: %s", named,
                               strerror(errno));
        *failed = true;
        return NULL;
    }
    if (!text)
        return builtin_read(instance);
    table = table_read((struct patchmark_text){text, length}, error_log, &origin);
    free(text);
    return table;
}

static int automation_open(struct patchmark_instance *instance, void **self) {
    bool failed;
    struct table *table = table_open(instance, &failed);

    if (!table && !failed)
        patchmark_log(instance, PATCHMARK_ERROR, "cannot read the table: out of memory");
    *self = table;
    return table ? 0 : -1;
}

static void automation_close(void *self) {
    table_free(self);
}

/* ---- facts -------------------------------------------------------------------------------- */

static int flag_add(struct patchmark_facts *facts, const char *flag) {
    return patchmark_fact_add_string(facts, "flags", flag);
}

static bool has_flag(const struct section *robot, const char *flag) {
    for (size_t i = 0; i < robot->flag_count; i++)
        if (strcmp(robot->flags[i], flag) == 0)
            return true;
    return false;
}

/* Returns true if the mail is a posting by its tag, also if a robot sent it. */
static bool is_posting(const struct patchmark_facts *facts) {
    return !patchmark_fact_bool(facts, "subject.reply") &&
           (patchmark_fact_is_set(facts, "subject.part") ||
            (patchmark_fact_bool(facts, "subject.patch") &&
             patchmark_fact_bool(facts, "patch.present")));
}

/* Returns true if the posting can be an answer that kept its tag and lost its "Re:": it is in a
 * thread and has no diff.  A cover has these properties, too, and a list of changes whose words are
 * those of a maintainer, so it is none. */
static bool may_be_answer(const struct look *look, const struct patchmark_facts *facts) {
    return !look->opens && patchmark_fact_int(facts, "subject.part", 0) > 0 &&
           !patchmark_fact_bool(facts, "patch.present") &&
           !patchmark_fact_bool(facts, "subject.resend") &&
           !patchmark_fact_bool(facts, "subject.pull");
}

/* Sets the facts of a mail that states that a patch was applied.  ROBOT is the section of the robot
 * that wrote it; NULL if a person did. */
static int applied_set(const struct look *look, const struct section *robot,
                       struct patchmark_facts *facts) {
    int result = patchmark_fact_set_bool(facts, "applied", true) | flag_add(facts, "applied");
    struct commits commits;

    commits_find(look->message, robot, &commits);
    if (*commits.tree)
        result |= patchmark_fact_set_string(facts, "tree", commits.tree);
    /* A notice of a backport names the original commit, not the commit that was made. */
    for (size_t i = 0; i < commits.count && !(robot && has_flag(robot, "backport")); i++)
        result |= patchmark_fact_add_string(facts, "commits", commits.hex[i]);
    if (!(robot && has_flag(robot, "backport")))
        result |= applied_parts_set(look->message, robot, &commits, facts);
    return result;
}

/* Returns true if the mail has the kind of the robot's section.  A robot that reports or announces
 * may also send patches, which have the kind of patches.  Other robots only quote tags. */
static bool kind_holds(const char *kind, bool posting) {
    return kind && !(posting && (strcmp(kind, "report") == 0 || strcmp(kind, "announce") == 0));
}

/* Explains that SECTION of the table matched. */
static void section_explain(struct patchmark_facts *facts, const struct section *section,
                            const char *what) {
    patchmark_explain(facts, "automation", "%s%s: line %zu of automation.conf", what, section->name,
                      section->line);
}

static int verdict_set(const struct look *look, struct patchmark_facts *facts) {
    const struct section *verdict = look_for(look, PURPOSE_VERDICT);

    if (!verdict)
        return 0;
    section_explain(facts, verdict, "verdict ");
    return patchmark_fact_set_string(facts, "verdict", verdict->name);
}

static int robot_set(const struct look *look, const struct section *robot, bool posting,
                     struct patchmark_facts *facts) {
    bool is_commit = robot->kind && strcmp(robot->kind, "commit") == 0;
    int result =
        patchmark_fact_set_string(facts, "robot", robot->name) | flag_add(facts, "automated");

    section_explain(facts, robot, "robot ");
    if (kind_holds(robot->kind, posting)) {
        result |= patchmark_fact_set_string(facts, "kind", robot->kind);
        if (strcmp(robot->kind, "report") == 0)
            result |= verdict_set(look, facts);
    }
    for (size_t i = 0; i < robot->flag_count; i++)
        if (strcmp(robot->flags[i], "applied") != 0)
            result |= flag_add(facts, robot->flags[i]);
    if (is_commit || has_flag(robot, "applied"))
        result |= applied_set(look, robot, facts);
    return result;
}

/* Sets the facts of a mail that a person wrote and that is not a posting. */
static int person_set(const struct look *look, struct patchmark_facts *facts) {
    const struct section *section;

    if (!look->opens) {
        section = look_for(look, PURPOSE_APPLIED);
        if (!section)
            return 0;
        section_explain(facts, section, "a person says that a patch was applied");
        return applied_set(look, NULL, facts);
    }
    if (patchmark_fact_bool(facts, "subject.patch") || patchmark_fact_bool(facts, "subject.pull") ||
        patchmark_fact_bool(facts, "pull.present"))
        return 0;
    section = look_for(look, PURPOSE_ANNOUNCE);
    if (section) {
        section_explain(facts, section, "a person announces something");
        return patchmark_fact_set_bool(facts, "announce", true);
    }
    section = look_for(look, PURPOSE_REPORT);
    if (section) {
        section_explain(facts, section, "a person reports a bug or a failure");
        return patchmark_fact_set_bool(facts, "report", true);
    }
    return 0;
}

static int automation_classify(void *self, const struct patchmark_message *message,
                               struct patchmark_facts *facts) {
    bool posting = is_posting(facts);
    const struct section *robot;
    struct look look;

    look_at(&look, self, message, facts, posting);
    robot = look_for(&look, PURPOSE_ROBOT);
    if (robot)
        return robot_set(&look, robot, posting, facts);
    if (posting && !may_be_answer(&look, facts))
        return 0;
    look.answers = !look.opens;
    return person_set(&look, facts);
}

/* ---- descriptor --------------------------------------------------------------------------- */

static const struct patchmark_option options[] = {
    {"table", PATCHMARK_STRING, NULL, 0, 0,
     "path of the table; default: the installed automation.conf"},
    {0}};
static const struct patchmark_fact provides[] = {
    {"robot", PATCHMARK_STRING, "name of the program that wrote the mail", "syzbot"},
    {"kind", PATCHMARK_STRING, "kind of that program's mail, if the table states it", "report"},
    {"applied", PATCHMARK_BOOL, "the mail states that a patch or series was applied", "true"},
    {"commits", PATCHMARK_LIST, "if applied: the commits that were made", "2324d50d051e"},
    {"applied_parts", PATCHMARK_LIST,
     "if applied: the patches with their commits, as PART<TAB>COMMIT<TAB>URL<TAB>TITLE",
     "2\t2324d50d051e\thttps://git.example.org/c/2324d50d051e\tkvm: fix the lock"},
    {"partial", PATCHMARK_BOOL, "if applied: the mail says that some, or that all patches were",
     "true"},
    {"tree", PATCHMARK_STRING, "if applied: the tree that has them", "kvm/next"},
    {"verdict", PATCHMARK_STRING, "verdict of a robot's report: pass, warning or fail", "fail"},
    {"report", PATCHMARK_BOOL, "a person reports a bug or a failure", "true"},
    {"announce", PATCHMARK_BOOL, "a person announces a release or an event", "true"},
    {"flags", PATCHMARK_LIST, "automated, applied, and flags from the table", "automated"},
    {0}};
static const char *const needs[] = {"subject.reply", "subject.part", NULL};
static const char *const uses[] = {"subject.patch", "subject.pull",  "subject.resend",
                                   "subject.title", "subject.total", "patch.present",
                                   "patch.posted",  "pull.present",  NULL};

static struct patchmark_plugin plugin = {.traits = PATCHMARK_PARALLEL,
                                         .name = "automation",
                                         .version = "1",
                                         .summary =
                                             "recognizes mail of robots, reports, announcements",
                                         .options = options,
                                         .provides = provides,
                                         .needs = needs,
                                         .uses = uses,
                                         .open = automation_open,
                                         .classify = automation_classify,
                                         .close = automation_close};

PATCHMARK_PLUGIN(plugin)
