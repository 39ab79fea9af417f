/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pipeline.h - a configuration with its open plugins, and the processing of a mail by them.
 *
 * A pipeline has a count of references and does not change, except that pipeline_close_sinks closes
 * its sinks.  A reload creates a new pipeline; a session that is processing a mail holds a
 * reference to the old one until the mail is answered (pipeline_keep, pipeline_release).
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "pipeline/mail.h"
#include "plugin/instance.h"
#include "settings/configuration.h"
#include "store/store.h"

struct pipeline;

/* Opens every plugin of CONFIGURATION and sorts the classifiers so that each runs after those whose
 * facts it reads.  Becomes the owner of CONFIGURATION, also on failure.  Returns a pipeline with
 * one reference.  Returns NULL after log_error if a plugin cannot be opened, a fact that one needs
 * is not provided, plugins depend on each other in a cycle, two plugins have the same name, or
 * there are too many plugins or facts; also, without a log line, if memory runs out. */
struct pipeline *pipeline_new(struct configuration *configuration);
/* Reads the configuration FILE, or uses the built-in defaults if FILE is NULL, and does the same.
 * Returns NULL after log_error. */
struct pipeline *pipeline_load(const char *file);
/* For `serve --check`: does what pipeline_new does, but opens every plugin that can be opened, so
 * that all errors are logged in one run, and sets *FAULTS to their number.  The sections that are
 * faulty are left out.  The result is only to be asked for its instances, of which those of
 * classifiers may be NULL, and to be released; it is NULL if memory runs out. */
struct pipeline *pipeline_try(struct configuration *configuration, size_t *faults);
/* Adds a reference and returns PIPELINE.  May be called on any thread. */
struct pipeline *pipeline_keep(struct pipeline *pipeline);
/* Removes a reference.  Removing the last one closes the plugins and frees the pipeline.  PIPELINE
 * may be NULL.  May be called on any thread. */
void pipeline_release(struct pipeline *pipeline);
/* Closes the sinks of a pipeline to which sessions may still have references.  No thread may use
 * its sinks, during the call or later; afterwards the pipeline has no sinks. */
void pipeline_close_sinks(struct pipeline *pipeline);

/* Returns the configuration, which belongs to PIPELINE. */
const struct configuration *pipeline_configuration(const struct pipeline *pipeline);
/* Returns the number of plugin instances; instance I, counted from 0.  They belong to PIPELINE:
 * first the classifiers in the order in which they run, then the sinks. */
size_t pipeline_instance_count(const struct pipeline *pipeline);
struct patchmark_instance *pipeline_instance(const struct pipeline *pipeline, size_t i);

/* A mail is processed in three steps, in this order.  Call mail_init and message_parse before. They
 * cannot fail: a failure of a plugin or of the store is logged, and the facts, events or learned
 * data that it concerns are missing.  Any thread may call them, one at a time for each mail. */

/* Runs the parallel classifiers that do not use the index.  May run for any number of mails at
 * once. MAIL->facts stays NULL if the configuration excludes the list of the mail. */
void pipeline_classify(struct pipeline *pipeline, struct mail *mail);
/* Does the work that depends on earlier mails: runs the other classifiers, records MAIL in the
 * index and appends its events to the outbox.  If STORE is NULL, nothing is looked up, recorded or
 * appended; if MAIL->unchanging is set, STORE may be read-only, and nothing is recorded or
 * appended.  Serial classifiers and the index see mails in the order of these calls. */
void pipeline_record(struct pipeline *pipeline, struct store *store, struct mail *mail);
/* Fills MAIL->headers, if MAIL is classified and the options of its list allow it.  May run for any
 * number of mails at once. */
void pipeline_annotate(const struct pipeline *pipeline, struct mail *mail);

/* Runs the three steps. */
void pipeline_run(struct pipeline *pipeline, struct store *store, struct mail *mail);

/* Fills MAIL->headers and returns true if MAIL is a further copy of a mail that pipeline_run has
 * processed (copies.h); MAIL needs not be parsed, and nothing else is to be done for it.  Returns
 * false if MAIL is to be parsed and passed to pipeline_run. */
bool pipeline_recall(const struct pipeline *pipeline, struct mail *mail);

#endif
