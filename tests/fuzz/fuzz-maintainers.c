/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz-maintainers.c - the parser of MAINTAINERS files, their patterns and regular expressions, and
 * look-ups.
 */
#include "../../plugins/subsystem/label.h"
#include "../../plugins/subsystem/maintainers.h"
#include "../../plugins/subsystem/owners.h"

#include "fuzz.h"
#include "support/fake-instance.h"

#include <string.h>

static const struct patchmark_option options[] = {
    {"maintainers", PATCHMARK_LIST, NULL, 0, 0, "the file"}, {0}};

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    return 0;
}

static void look_up(const struct maintainers *maintainers) {
    static const char *const paths[] = {"a.c", "drivers/net/a.c", "Documentation/x/y.rst", "",
                                        "a//b"};
    struct owners *owners = owners_new(maintainers);
    const struct owner *found;
    char label[LABEL_SIZE];
    size_t count;

    PROMISE(owners != NULL);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        owners_add_file(owners, (struct patchmark_text){paths[i], strlen(paths[i])});
    owners_add_content(owners, (struct patchmark_text){"kvm_arm64 word", 14});
    found = owners_sort(owners, &count);
    for (size_t i = 0; i < count; i++) {
        PROMISE(found[i].section < maintainers->sections->len);
        label_make(maintainers_section(maintainers, found[i].section)->name, label);
        PROMISE(label_is_valid((struct patchmark_text){label, strlen(label)}));
    }
    owners_free(owners);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    int file = fuzz_file(data, size, path);
    const char *item = path;
    struct patchmark_instance *instance = fake_instance_new(options, NULL);
    struct maintainers *maintainers = maintainers_read(instance, &item, 1);

    if (maintainers)
        look_up(maintainers);
    maintainers_free(maintainers);
    close(file);
    fake_instance_free(instance);
    return 0;
}
