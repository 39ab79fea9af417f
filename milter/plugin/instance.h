/* SPDX-License-Identifier: BSD-2-Clause
 *
 * instance.h - a plugin with one configuration: its options, its calls, its failures.
 *
 * Each failure of a classifier is counted, and at most LIMIT_PLUGIN_FAILURES of them are logged in
 * an hour.  After LIMIT_PLUGIN_FAILURES failures in a row the classifier is switched off until the
 * next reload, which is logged once.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include "plugin/facts.h"
#include "plugin/feed.h"
#include "plugin/options.h"

struct patchmark_instance;

/* Opens the plugin: calls its callback open.  CONFIGURED, HOST, the name of this host, and SCHEMA,
 * which has the facts that the plugin may ask for by name and is NULL if there are none, are not
 * copied and must be valid as long as the instance.  OWNER is the number of a classifier in SCHEMA,
 * to which it may add facts; -1 for a sink.  Returns NULL after an error was logged if memory runs
 * out, or if the callback failed: by the plugin, with the place of the option or of the section, or
 * that it logged none.  instance_close frees the result. */
struct patchmark_instance *instance_open(const struct plugin_section *configured, const char *host,
                                         struct facts_schema *schema, int owner);
/* Calls the callback close and frees the instance.  No other call may be running. */
void instance_close(struct patchmark_instance *instance);

/* Returns the name of the instance, which is the title of its section: "NAME", or "NAME/WORD" if
 * the plugin NAME has several sections.  The string is valid as long as the instance. */
const char *instance_name(const struct patchmark_instance *instance);

/* Returns true if the sink begins with the oldest event in the outbox if the store does not know
 * it, see the option `start`. */
bool instance_starts_oldest(const struct patchmark_instance *instance);

/* Returns the descriptor of the plugin; it is valid as long as the process runs. */
const struct patchmark_plugin *instance_plugin(const struct patchmark_instance *instance);

/* Runs a classifier on one mail; does nothing if it is switched off.  The caller has made the
 * plugin the owner of FACTS (facts_owner).  May be called on any thread; if the plugin is serial,
 * waits for calls on other threads. */
void instance_classify(struct patchmark_instance *instance, const struct patchmark_message *message,
                       struct patchmark_facts *facts);

/* Passes COUNT events to a sink.  Returns the number of events, from the first on, that it
 * accepted.  Blocks as long as the sink does. */
size_t instance_publish(struct patchmark_instance *instance,
                        const struct patchmark_event *const *events, size_t count);

/* Reads events back from a sink; returns what its callback follow returns, see patchmark-plugin.h,
 * or 1 if it has no such callback. */
int instance_follow(struct patchmark_instance *instance, struct patchmark_feed *feed);

/* Passes COUNT state records to a sink; returns what its callback publish_state returns, see
 * patchmark-plugin.h, or -1 if it has no such callback.  Blocks as long as the sink does. */
int instance_publish_state(struct patchmark_instance *instance, const char *const *states,
                           size_t count);

/* Returns folder I, counted from 0, in which the plugin declared to write; NULL if there are no
 * more.  The string belongs to the instance. */
const char *instance_folder(const struct patchmark_instance *instance, size_t i);

struct instance_counts {
    uint64_t calls, failures;
    uint64_t nanoseconds; /* spent in all calls of classify or publish */
    bool off;             /* switched off after failures */
};
/* Returns the counters of the instance since it was opened.  Any thread. */
struct instance_counts instance_counts(const struct patchmark_instance *instance);

/* Returns the name of counter I of the plugin, counted from 0, and stores its value since the
 * instance was opened in *COUNT; returns NULL if I is the number of its counters.  Any thread. */
const char *instance_counter(const struct patchmark_instance *instance, size_t i, uint64_t *count);

/* When a sink delivered an event last, in seconds since 1970; 0 if it has not since it was opened.
 * A sink with a counter "delivered" has delivered those that it counts there; any other one has
 * delivered what it accepted.  Any thread. */
int64_t instance_delivered(const struct patchmark_instance *instance);

#define INSTANCE_TROUBLE_SIZE 256
/* The newest warning or error that the plugin logged. */
struct instance_trouble {
    int64_t time;                     /* seconds since 1970; 0 if there is none */
    bool lasts;                       /* a sink has delivered no event since */
    bool stands;                      /* the same, it was an error, and no information was logged
                                       * since, such as that it works again */
    char text[INSTANCE_TROUBLE_SIZE]; /* without the name of the plugin, cut if it is longer */
};
/* Any thread. */
struct instance_trouble instance_trouble(const struct patchmark_instance *instance);

#endif
