/* SPDX-License-Identifier: BSD-2-Clause
 *
 * subsystem.c - the classifier "subsystem": sets the sections of a MAINTAINERS file that own the
 * files which a patch changes.
 *
 * An instance owns the contents of that file, which it reads in open, at the start and on each
 * reload.  Reading the file can fail; later only the allocation of memory can.
 */
#include "bounds.h"
#include "content.h"
#include "owners.h"

#include <stdlib.h>

struct subsystem {
    struct maintainers *maintainers;
    size_t max; /* labels of one mail */
    bool rest;  /* also set sections that own all files if others were found */
};

/* ---- labels ------------------------------------------------------------------------------- */

/* Sets the label of all sections with that NAME.  Returns false if there is none. */
static bool set_label(struct maintainers *maintainers, struct patchmark_text name,
                      struct patchmark_text word) {
    bool found = false;
    for (size_t i = 0; i < maintainers->sections->len; i++) {
        struct section *section = maintainers_section(maintainers, i);
        if (section->name.length != name.length ||
            memcmp(section->name.data, name.data, name.length) != 0)
            continue;
        memcpy(section->label, word.data, word.length);
        section->label[word.length] = '\0';
        found = true;
    }
    return found;
}

/* Applies ITEM of the option `labels`.  Returns false after an error was logged.  An unknown
 * section is only a warning, because a change of the file may remove a section. */
static bool read_label(struct patchmark_instance *instance, struct maintainers *maintainers,
                       const char *item) {
    const char *equals = strrchr(item, '=');
    struct patchmark_text word = patchmark_text_trim(patchmark_text_of(equals ? equals + 1 : ""));
    struct patchmark_text name = {item, equals ? (size_t)(equals - item) : 0};
    name = patchmark_text_trim(name);
    if (name.length == 0 || !label_is_valid(word)) {
        patchmark_option_error(
            instance, "labels",
            "has the invalid item \"%s\", must be \"SECTION=word\" with a word of "
            "a-z, 0-9 and -, at most %d bytes",
            item, BOUND_WORD_BYTES);
        return false;
    }
    if (!set_label(maintainers, name, word))
        patchmark_log(instance, PATCHMARK_WARNING,
                      "labels: unknown section '%.*s', compare with the file in maintainers",
                      (int)name.length, name.data);
    return true;
}

/* Sets the labels of all sections: those of the option `labels`, then those derived from names,
 * which must differ from all others.  Returns false after an error was logged. */
static bool labels_assign(struct patchmark_instance *instance, struct maintainers *maintainers) {
    size_t configured = patchmark_option_count(instance, "labels"),
           count = maintainers->sections->len;
    for (size_t i = 0; i < configured; i++)
        if (!read_label(instance, maintainers, patchmark_option_item(instance, "labels", i)))
            return false;
    GHashTable *labels = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < count; i++)
        if (maintainers_section(maintainers, i)->label[0] != '\0')
            g_hash_table_insert(labels, maintainers_section(maintainers, i)->label, NULL);
    for (size_t i = 0; i < count; i++) {
        struct section *section = maintainers_section(maintainers, i);
        if (section->label[0] != '\0')
            continue;
        label_make(section->name, section->label);
        label_add(labels, section->label);
    }
    g_hash_table_destroy(labels);
    return true;
}

/* ---- open and close ----------------------------------------------------------------------- */

static void subsystem_close(void *data) {
    struct subsystem *self = data;
    maintainers_free(self->maintainers);
    free(self);
}

/* Reads the files of the option `maintainers`.  Returns NULL after an error was logged. */
static struct maintainers *read_files(struct patchmark_instance *instance) {
    size_t count = patchmark_option_count(instance, "maintainers");
    if (count == 0) {
        patchmark_option_error(instance, "maintainers",
                               "is required; add maintainers = \"/FOLDER/MAINTAINERS\"");
        return NULL;
    }
    const char **items = g_new(const char *, count);
    for (size_t i = 0; i < count; i++)
        items[i] = patchmark_option_item(instance, "maintainers", i);
    struct maintainers *read = maintainers_read(instance, items, count);
    g_free(items);
    return read;
}

static int subsystem_open(struct patchmark_instance *instance, void **data) {
    struct subsystem *self = calloc(1, sizeof(*self));
    if (!self) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return -1;
    }
    self->max = (size_t)patchmark_option_int(instance, "max");
    self->rest = patchmark_option_bool(instance, "rest");
    self->maintainers = read_files(instance);
    if (!self->maintainers || !labels_assign(instance, self->maintainers)) {
        subsystem_close(self);
        return -1;
    }
    const struct maintainers *read = self->maintainers;
    patchmark_log(instance, PATCHMARK_DEBUG,
                  "%u files: %u sections, %u F:, %u X:, %zu N:, %zu K:", read->paths->len,
                  read->sections->len, read->patterns->len, read->excludes->len,
                  regexes_count(read->names), regexes_count(read->contents));
    *data = self;
    return 0;
}

/* ---- classify ----------------------------------------------------------------------------- */

static void find_by_files(struct owners *owners, const struct patchmark_facts *facts) {
    static const char *const names[] = {"patch.files", "patch.old_files"};
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
        size_t count = patchmark_fact_count(facts, names[k]);
        for (size_t i = 0; i < count && i < BOUND_FILES; i++)
            owners_add_file(owners, patchmark_text_of(patchmark_fact_item(facts, names[k], i)));
    }
}

/* Returns false if out of memory. */
static bool find_by_content(const struct subsystem *self, struct owners *owners,
                            const struct patchmark_message *message) {
    if (regexes_count(self->maintainers->contents) == 0)
        return true;
    struct patchmark_text content = content_read(message);
    if (!content.data)
        return false;
    owners_add_content(owners, content);
    free((char *)content.data);
    return true;
}

/* Returns true if LABELS has LABEL: several sections can have the same label from the
 * configuration. */
static bool has_label(const struct patchmark_text *labels, size_t count, const char *label) {
    for (size_t i = 0; i < count; i++)
        if (patchmark_text_equals(labels[i], label))
            return true;
    return false;
}

static void set_facts(const struct subsystem *self, struct owners *owners,
                      struct patchmark_facts *facts) {
    struct patchmark_text labels[BOUND_LABELS];
    size_t count, used = 0;
    const struct owner *list = owners_sort(owners, &count);
    for (size_t i = 0; i < count; i++) {
        const struct section *section = maintainers_section(self->maintainers, list[i].section);
        if (section->is_rest && i > 0 && !self->rest)
            break;
        if (!has_label(labels, used, section->label)) {
            if (used == self->max)
                break;
            labels[used++] = patchmark_text_of(section->label);
            patchmark_fact_add_string(facts, "labels", section->label);
        }
        patchmark_fact_add_text(facts, "sections", section->name);
    }
}

static int subsystem_classify(void *data, const struct patchmark_message *message,
                              struct patchmark_facts *facts) {
    const struct subsystem *self = data;
    if (!patchmark_fact_bool(facts, "patch.present"))
        return 0;
    struct owners *owners = owners_new(self->maintainers);
    if (!owners)
        return -1;
    find_by_files(owners, facts);
    bool done = find_by_content(self, owners, message);
    if (done)
        set_facts(self, owners, facts);
    owners_free(owners);
    return done ? 0 : -1;
}

static const struct patchmark_option options[] = {
    {"maintainers", PATCHMARK_LIST, NULL, 0, 0,
     "absolute paths of the MAINTAINERS files, or patterns such as /srv/*/MAINTAINERS; required"},
    {"max", PATCHMARK_INT, "8", 1, BOUND_LABELS, "maximum number of labels of a mail"},
    {"rest", PATCHMARK_BOOL, "false", 0, 0,
     "also set the label of a section that owns all files (THE REST) if others were found"},
    {"labels", PATCHMARK_LIST, NULL, 0, 0,
     "labels to use instead of those derived from names: SECTION=word"},
    {0},
};

static const struct patchmark_fact provides[] = {
    {"labels", PATCHMARK_LIST, "a word for each of these sections", "kvm"},
    {"sections", PATCHMARK_LIST, "names of the sections that own the files of the patch",
     "KERNEL VIRTUAL MACHINE (KVM)"},
    {0},
};

static const char *const needs[] = {"patch.present", "patch.files", NULL};
static const char *const uses[] = {"patch.old_files", NULL};

static struct patchmark_plugin plugin = {
    .traits = PATCHMARK_PARALLEL,
    .name = "subsystem",
    .version = "1",
    .summary = "sets the sections of a MAINTAINERS file that own the files of a patch",
    .options = options,
    .provides = provides,
    .needs = needs,
    .uses = uses,
    .open = subsystem_open,
    .classify = subsystem_classify,
    .close = subsystem_close,
};

PATCHMARK_PLUGIN(plugin)
