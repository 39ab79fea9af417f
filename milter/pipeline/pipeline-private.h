/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pipeline-private.h - the struct that pipeline.c, pipeline-run.c and earlier-mail.c share.
 */
#ifndef PIPELINE_PRIVATE_H
#define PIPELINE_PRIVATE_H

#include "pipeline/list-watch.h"
#include "pipeline/pipeline.h"
#include "plugin/bounds.h"

#include <stdatomic.h>

struct pipeline {
    atomic_int references;
    uint64_t generation; /* the number of the pipeline, from 1 */
    struct configuration *configuration;
    struct list_watch *list_watch;
    struct facts_schema *schema;
    struct patchmark_instance *instances[LIMIT_PLUGINS]; /* in the order of calls, sinks last */
    int owners[LIMIT_PLUGINS];                           /* numbers for facts_owner */
    size_t classifier_count, instance_count;
    size_t serial_from; /* index of the first classifier that runs for one mail at a time */
    size_t index_from;  /* index of the first that runs inside the transaction of the mail */
};

/* Classifies MAIL again by the classifiers that have run, because its author or its lists have
 * changed, on which some plugins depend.  MAIL->facts is NULL if memory runs out. */
void pipeline_classify_again(struct pipeline *pipeline, struct mail *mail);

#endif
