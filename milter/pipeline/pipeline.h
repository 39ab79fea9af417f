/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pipeline.h - a configuration with its plugins, running; and a mail's way through it.
 *
 * A pipeline never changes.  A reload makes a new one; who is in the middle of a mail keeps the
 * old one until the mail is done (pipeline_keep, pipeline_release).
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "pipeline/mail.h"
#include "plugin/instance.h"
#include "settings/configuration.h"
#include "store/store.h"

struct pipeline;

/* Opens every plugin of CONFIGURATION and orders the classifiers by what they need and use.  Takes
 * the configuration over, also on failure.  NULL after log_error: a plugin would not open, a
 * needed fact that nobody provides, a circle, a fact that two provide. */
struct pipeline *pipeline_new(struct configuration *configuration);
/* The same of the configuration FILE (NULL: built-in defaults).  Returns NULL after log_error. */
struct pipeline *pipeline_load(const char *file);
struct pipeline *pipeline_keep(struct pipeline *pipeline);
void pipeline_release(struct pipeline *pipeline);
/* Closes the sinks of a pipeline that mails may still hold; no thread may use a sink of it. */
void pipeline_close_sinks(struct pipeline *pipeline);

const struct configuration *pipeline_configuration(const struct pipeline *pipeline);
/* All instances: classifiers in the order in which they run, then sinks. */
size_t pipeline_instance_count(const struct pipeline *pipeline);
struct patchmark_instance *pipeline_instance(const struct pipeline *pipeline, size_t i);

/* A parsed mail goes through in three parts.  MAIL->message is parsed; mail_init was called.  Never
 * fails: a fault of store or plugin was logged and costs what it had to give. */

/* What needs nothing but the mail: classifiers that are parallel and ask no index.  On any thread,
 * for any number of mails at once. */
void pipeline_classify(struct pipeline *pipeline, struct mail *mail);
/* What depends on the mails before: the other classifiers, index, outbox.  STORE NULL: without
 * memory.  On any thread too; what mails teach each other, and what a serial plugin sees, goes by
 * the order of these calls. */
void pipeline_record(struct pipeline *pipeline, struct store *store, struct mail *mail);
/* Headers.  As the first. */
void pipeline_annotate(const struct pipeline *pipeline, struct mail *mail);

/* All three. */
void pipeline_run(struct pipeline *pipeline, struct store *store, struct mail *mail);

/* A mail to be used again and again.  0, or -1: out of memory. */
int mail_init(struct mail *mail);
void mail_reset(struct mail *mail);
void mail_free(struct mail *mail);

#endif
