/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugin-new.h - writes the files of a new plugin.
 */
#ifndef PLUGIN_NEW_H
#define PLUGIN_NEW_H

/* Creates the folder NAME in the working directory, with the source of a plugin of that name, its
 * page, its test and a makefile, and prints what to do next.  Returns an exit status of
 * sysexits(3), after an error was written to standard error. */
int plugin_new(const char *name);

#endif
