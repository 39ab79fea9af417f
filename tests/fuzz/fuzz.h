/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz.h - what the fuzz targets share.
 *
 * A target is one function that libFuzzer, or AFL++'s driver for such targets, calls with input
 * after input in one process.  It ends the process when something that is promised does not hold.
 * tools/fuzz builds and runs them; each has its seeds in seeds/NAME, written by the project.
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

/* A promise to users of the function under test. */
#define PROMISE(condition)                                                          \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

/* The input as a file without a name; PATH gets how to open it.  The descriptor, to be closed. */
static inline int fuzz_file(const uint8_t *data, size_t size, char path[64]) {
    int file = memfd_create("input", MFD_CLOEXEC);

    PROMISE(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

/* The input as a C string of its own, so that reading past its end is seen. */
static inline char *fuzz_string(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);

    PROMISE(text != NULL);
    for (size_t i = 0; i < size; i++)
        text[i] = data[i] ? (char)data[i] : ' ';
    text[size] = '\0';
    return text;
}

#endif
