/* SPDX-License-Identifier: BSD-2-Clause
 *
 * follow.h - reads events back: those that other hosts wrote, from the stream that has the
 * message.* events, or if the feed takes the events of this host, those of all hosts from both
 * streams.
 *
 * A follower owns its own connection and must be used by one thread at a time.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "connection.h"

struct follower {
    const struct settings *settings;
    struct connection connection;
    struct trouble trouble, hosts_trouble; /* of reading the stream; of reading the list of hosts */
    bool other_hosts;                      /* the list of hosts had another host when last read */
    int64_t hosts_read_at;                 /* when the list was read last; milliseconds */
    int64_t
        skipped_at;   /* when the position was last moved past events of this host; milliseconds */
    char trimmed[64]; /* the position after which missing entries were last logged; "" if none */
    int64_t count;    /* entries to request in one XREAD */
    /* Only if the feed takes the events of this host, and message.* events have another stream: */
    char events_position[64]; /* the position in the stream for other events; "" before the start */
    bool starting;            /* the first entries are still to be read */
};

/* Initialises FOLLOWER without connecting.  SETTINGS must live as long as FOLLOWER, and may be
 * filled later, before the first follower_read. */
void follower_init(struct follower *follower, const struct settings *settings);
/* The callback follow of struct patchmark_plugin in patchmark-plugin.h: reads entries and passes
 * them to FEED.  Blocks for about 1 s without new entries, and for a small multiple of the option
 * `timeout` with a slow server.  Returns 0 on success, also without entries; -1 on error, which is
 * logged once. */
int follower_read(struct follower *follower, struct patchmark_feed *feed);
/* Closes the connection of FOLLOWER.  FOLLOWER itself remains the caller's. */
void follower_close(struct follower *follower);

#endif
