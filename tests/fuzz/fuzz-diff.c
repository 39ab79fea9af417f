/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz-diff.c - the parser of diffs, patch-ids, and the form of the text around a diff.
 */
#include "../../plugins/patch/diff.h"
#include "../../plugins/patch/form.h"
#include "../../plugins/patch/patch-id.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    return 0;
}

static void patch_id_check(struct patchmark_text text) {
    struct patch_id id, same;

    if (!patch_id_read(text, &id))
        return;
    PROMISE(strlen(id.hex) == 40 && strspn(id.hex, "0123456789abcdef") == 40);
    PROMISE(id.base_count <= PATCH_ID_BASES);
    PROMISE(patch_id_read(text, &same) && strcmp(id.hex, same.hex) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct diff diff;
    char *copy = malloc(size ? size : 1);
    struct patchmark_text text = {copy, size};

    PROMISE(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    diff_init(&diff);
    PROMISE(diff_scan(&diff, text) == diff.found);
    PROMISE(diff.count <= DIFF_FILES && diff.insertions >= 0 && diff.deletions >= 0);
    PROMISE(diff.old_count <= DIFF_OLD);
    if (form_is_forward(text))
        PROMISE(!diff_is_start(text));
    form_is_posted(text);
    patch_id_check(text);
    free(copy);
    return 0;
}
