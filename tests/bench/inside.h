/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inside.h - functions for benchmarks that run the pipeline in their own process.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "pipeline/pipeline.h"

/* Returns a new pipeline with the default classifiers, from PATCHMARK_PLUGIN_PATH or, if that is
 * not set, from the build tree of this program.  The caller releases it with pipeline_release.
 * Returns NULL after logging an error. */
struct pipeline *inside_pipeline(void);

/* Returns the CPU time of the calling thread, in nanoseconds. */
int64_t inside_cpu(void);
/* Returns the CPU time of all other threads of the process, in nanoseconds. */
int64_t inside_cpu_others(void);

/* Opens a store in a new folder in TMPDIR, and writes the path of the folder to FOLDER.  The caller
 * frees it with inside_store_remove.  Returns NULL after logging an error. */
#define INSIDE_PATH_SIZE 4096
struct store *inside_store_open(char folder[INSIDE_PATH_SIZE]);
/* Closes STORE and deletes FOLDER. */
void inside_store_remove(struct store *store, const char *folder);

/* A comparison function for qsort of uint32_t. */
int inside_compare(const void *one, const void *other);

#endif
