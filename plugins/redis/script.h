/* SPDX-License-Identifier: BSD-2-Clause
 *
 * script.h - the Lua script that Redis runs for a group of events: it records the id of each event,
 * adds the event to the stream, updates the state of its series and publishes it.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

/* The source of the script, for SCRIPT LOAD.  script.c describes its keys, arguments and reply. */
extern const char script_text[];

#endif
