/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inside.h - what benchmarks share that call the pipeline themselves, in their own process.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "pipeline/pipeline.h"

/* A pipeline with all classifiers of an empty configuration, from PATCHMARK_PLUGIN_PATH, else from
 * the build tree that this program lies in.  NULL after log_error. */
struct pipeline *inside_pipeline(void);

/* CPU time of this thread, in nanoseconds. */
int64_t inside_cpu(void);
/* That of all others. */
int64_t inside_cpu_others(void);

/* A store in a folder of its own in TMPDIR, whose path goes to FOLDER.  NULL after log_error. */
#define INSIDE_PATH_SIZE 4096
struct store *inside_store_open(char folder[INSIDE_PATH_SIZE]);
void inside_store_remove(struct store *store, const char *folder);

/* For qsort of uint32_t. */
int inside_compare(const void *one, const void *other);

#endif
