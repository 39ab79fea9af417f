/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fake-instance.h - an instance of a plugin for unit tests, with options from a table, that keeps
 * log lines.
 *
 * fake-instance.c defines the functions patchmark_option_... and patchmark_log, in place of
 * instance.c.  An option that is not in the table of values has its fallback in the table of the
 * plugin.  Ranges are not checked, because the core does that.
 */
#ifndef FAKE_INSTANCE_H
#define FAKE_INSTANCE_H

#include "patchmark-plugin.h"

#define STUB_LINES    64
#define STUB_BYTES    400
#define FAKE_COUNTERS 8

/* The value of an option, as it would be written in the file; a NULL name ends a table. */
struct fake_value {
    const char *name, *value;
};

struct fake_line {
    int level; /* enum patchmark_level; 0 if from patchmark_option_error: TEXT is then "NAME ERROR"
                */
    char text[STUB_BYTES];
};

struct patchmark_instance {
    const struct patchmark_option *options;
    const struct fake_value *values;
    const char *host; /* lists.example.org if NULL */
    struct fake_line lines[STUB_LINES];
    size_t line_count;
    struct {
        const char *name; /* a string that the plugin keeps; NULL after the last counter */
        uint64_t count;
    } counters[FAKE_COUNTERS];
};

/* Returns an instance for the plugin with the options TABLE, which fake_instance_free frees.
 * VALUES may be NULL. */
struct patchmark_instance *fake_instance_new(const struct patchmark_option *table,
                                             const struct fake_value *values);
void fake_instance_free(struct patchmark_instance *instance);

/* Returns what the plugin added to the counter NAME with patchmark_count; 0 if nothing. */
uint64_t fake_instance_counted(const struct patchmark_instance *instance, const char *name);

#endif
