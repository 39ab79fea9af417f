/* SPDX-License-Identifier: BSD-2-Clause
 *
 * follow.h - reads back what all hosts wrote to the stream.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "connection.h"

struct follower {
    const struct settings *settings;
    struct connection connection;
    struct trouble trouble, hosts;
    bool others;        /* another host writes here, as far as was seen */
    int64_t others_at;  /* when that was looked up; milliseconds */
    int64_t skipped_at; /* when the position was moved past events of our own */
    char trimmed[64];   /* the position behind which entries were found missing */
    int64_t count;      /* entries that are asked for at once */
};

void follower_init(struct follower *follower, const struct settings *settings);
/* See follow in patchmark-plugin.h. */
int follower_read(struct follower *follower, struct patchmark_feed *feed);
void follower_close(struct follower *follower);

#endif
