/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fields.h - what the state of a series needs of an event, for the script: found in the event's
 * JSON and written as MessagePack.
 *
 * The script could decode the JSON itself, but Redis has one thread for all its clients, and most
 * of an event is of no use to it.
 */
#ifndef FIELDS_H
#define FIELDS_H

#include "patchmark-plugin.h"

/* Bytes that grow. */
struct buffer {
    char *data;
    size_t length, size;
    bool failed; /* out of memory; stays until buffer_clear */
};

/* Empty, and what was allocated is used again, unless it is large. */
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* Adds what the script takes of EVENT beside its JSON: id, type, list and series; and with STATE
 * what the JSON says for the hash of the series.  False: it cannot be read, STATE was left out. */
bool fields_pack(struct buffer *buffer, const struct patchmark_event *event, bool state);

#endif
