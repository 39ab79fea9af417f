/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fake-instance.h - a plugin's instance for unit tests: options from a table, log lines kept.
 *
 * fake-instance.c defines patchmark_option_... and patchmark_log, in the place of instance.c.
 * What the table of values does not name has the fallback of the plugin's own table.  Ranges are
 * not checked: that is the core's work.
 */
#ifndef FAKE_INSTANCE_H
#define FAKE_INSTANCE_H

#include "patchmark-plugin.h"

#define STUB_LINES 64
#define STUB_BYTES 400

/* As it would be written in the file; a NULL name ends the table. */
struct fake_value {
    const char *name, *value;
};

struct fake_line {
    int level; /* enum patchmark_level; 0: from patchmark_option_error, the text is "NAME TEXT" */
    char text[STUB_BYTES];
};

struct patchmark_instance {
    const struct patchmark_option *options;
    const struct fake_value *values;
    const char *host; /* NULL: lists.example.org */
    struct fake_line lines[STUB_LINES];
    size_t line_count;
};

/* Returns a new one for the plugin's TABLE of options, for fake_instance_free.  VALUES may be NULL.
 */
struct patchmark_instance *fake_instance_new(const struct patchmark_option *table,
                                             const struct fake_value *values);
void fake_instance_free(struct patchmark_instance *instance);

#endif
