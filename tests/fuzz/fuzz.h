/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz.h - macros and functions for all fuzz targets.
 *
 * A target is a function that libFuzzer, or AFL++'s driver for such targets, calls repeatedly in
 * one process, each time with another input.  It aborts the process if a PROMISE is broken.
 * tools/fuzz builds and runs the targets.  The seeds of a target, written by the project, are in
 * seeds/NAME.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *count, char ***arguments);

/* Aborts unless CONDITION, which callers of the function under test rely on, is true. */
#define PROMISE(condition)                                                          \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

/* Writes the input to a file in memory and the path of that file to PATH.  Returns the descriptor,
 * which the caller closes. */
static inline int fuzz_file(const uint8_t *data, size_t size, char path[64]) {
    int file = memfd_create("input", MFD_CLOEXEC);

    PROMISE(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

/* Returns the input as a NUL-terminated string with NUL bytes replaced by spaces, in memory of
 * exactly its size, so that AddressSanitizer detects a read beyond its end.  The caller frees it.
 */
static inline char *fuzz_string(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);

    PROMISE(text != NULL);
    for (size_t i = 0; i < size; i++)
        text[i] = data[i] ? (char)data[i] : ' ';
    text[size] = '\0';
    return text;
}

#endif
