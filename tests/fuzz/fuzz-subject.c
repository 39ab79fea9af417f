/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz-subject.c - the parser of subjects.
 */
#include "../../plugins/subject/parse.c"
#include "../../plugins/subject/tag.c"
#include "../../plugins/subject/word.c"

#include "fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *subject = fuzz_string(data, size);
    struct subject parsed;

    subject_parse(subject, &parsed);
    subject_settle(&parsed, size % 2 == 0, size % 3 == 0);
    PROMISE(parsed.tree_count <= TREES);
    PROMISE(parsed.part >= -1 && parsed.total >= -1 && parsed.version >= -1);
    PROMISE(parsed.title.length <= size);
    PROMISE(parsed.title.length == 0 ||
            (parsed.title.data >= subject &&
             parsed.title.data + parsed.title.length <= subject + size));
    free(subject);
    return 0;
}
