/* SPDX-License-Identifier: BSD-2-Clause
 *
 * instance.h - a plugin as configured and running: options, calls, failure accounting.
 *
 * A classifier that fails costs a log line and a counter; after LIMIT_PLUGIN_FAILURES failures in
 * a row it is switched off until the next reload, and that is said once.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include "plugin/feed.h"
#include "plugin/options.h"

struct patchmark_instance;

/* Opens the plugin.  CONFIGURED and HOST, the name of this host, must outlive it.  NULL after the
 * plugin logged why. */
struct patchmark_instance *instance_open(const struct plugin_section *configured, const char *host);
void instance_close(struct patchmark_instance *instance);

const struct patchmark_plugin *instance_plugin(const struct patchmark_instance *instance);

/* Runs a classifier on one mail; FACTS already belongs to it (facts_owner).  Any thread; waits for
 * its turn where the plugin is serial. */
void instance_classify(struct patchmark_instance *instance, const struct patchmark_message *message,
                       struct patchmark_facts *facts);

/* Offers events to a sink.  How many from the front it took. */
size_t instance_publish(struct patchmark_instance *instance,
                        const struct patchmark_event *const *events, size_t count);

/* Asks a sink for the events of other hosts; see `follow` in patchmark-plugin.h.  1: it has none
 * to give. */
int instance_follow(struct patchmark_instance *instance, struct patchmark_feed *feed);

/* The i-th folder that the plugin will write in; NULL: there are no more. */
const char *instance_folder(const struct patchmark_instance *instance, size_t i);

struct instance_counts {
    uint64_t calls, failures;
    uint64_t nanoseconds; /* spent in all calls */
    bool off;
};
struct instance_counts instance_counts(const struct patchmark_instance *instance);

#endif
