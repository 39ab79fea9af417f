/* SPDX-License-Identifier: BSD-2-Clause
 *
 * follow.c - see follow.h.
 *
 * A position is the id of the entry that was read last, "0-0" before the first.  While no other
 * host writes here and nobody wants our own events, nothing is read but the list of hosts.
 */
#define _GNU_SOURCE 1

#include "follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MS       900         /* a wait for new entries */
#define COUNT_MOST     100         /* entries in one answer */
#define READ_BYTES     (16 << 20)  /* of an answer: the largest event has 2 MB */
#define READ_ELEMENTS  10000       /* likewise; an entry of ours has 16 */
#define OTHERS_MS      (60 * 1000) /* how often to see whether the others are still there */
#define SKIP_MS        (60 * 1000) /* how often to move past events of our own */
#define START          "0-0"       /* before all entries */
#define POSITION_BYTES 64

/* ---- positions ---------------------------------------------------------------------------- */

struct position {
    uint64_t milliseconds, sequence;
};

/* "1526919030474-55"; false: it is none. */
static bool position_read(const char *text, struct position *position) {
    size_t first = strspn(text, "0123456789");
    size_t second = text[first] == '-' ? strspn(text + first + 1, "0123456789") : 0;

    return first > 0 && first <= 20 && second > 0 && second <= 20 &&
           text[first + 1 + second] == '\0' &&
           sscanf(text, "%" SCNu64 "-%" SCNu64, &position->milliseconds, &position->sequence) == 2;
}

/* Less than 0, 0, more than 0: LEFT comes before RIGHT; both must be positions. */
static int position_compare(const char *left, const char *right) {
    struct position a = {0, 0}, b = {0, 0};

    position_read(left, &a);
    position_read(right, &b);
    if (a.milliseconds != b.milliseconds)
        return a.milliseconds < b.milliseconds ? -1 : 1;
    return a.sequence < b.sequence ? -1 : a.sequence > b.sequence;
}

/* The id of entry I in a list of entries; NULL: that is no entry. */
static const char *entry_id(const redisReply *list, size_t i) {
    const redisReply *entry = reply_element(list, i, REDIS_REPLY_ARRAY);
    const redisReply *id = entry ? reply_element(entry, 0, REDIS_REPLY_STRING) : NULL;
    struct position position;

    return id && (size_t)id->len == strlen(id->str) && position_read(id->str, &position) ? id->str
                                                                                         : NULL;
}

/* ---- asking ------------------------------------------------------------------------------- */

/* An array, or NULL after connection_failed; nil is an empty array. */
static redisReply *answer_array(struct follower *follower, int64_t deadline) {
    struct connection *connection = &follower->connection;

    connection_bound(connection, READ_BYTES, READ_ELEMENTS);
    redisReply *reply = connection_answer(connection, deadline);
    if (!reply || reply->type == REDIS_REPLY_ARRAY || reply->type == REDIS_REPLY_NIL)
        return reply;
    connection_refused(connection, reply);
    freeReplyObject(reply);
    return NULL;
}

static int64_t deadline_now(const struct follower *follower) {
    return milliseconds() + follower->settings->timeout;
}

/* Of XREVRANGE with COUNT, from FROM ("+": the newest) back: the id of the oldest entry that came,
 * and how many came. */
static bool walk_back(struct follower *follower, const char *from, int64_t count,
                      char oldest[POSITION_BYTES], size_t *found) {
    connection_send(&follower->connection, "XREVRANGE %s %s - COUNT %lld",
                    follower->settings->stream, from, (long long)count);
    AUTO_REPLY *reply = answer_array(follower, deadline_now(follower));
    if (!reply)
        return false;
    *found = reply->elements;
    if (*found == 0)
        return true;
    const char *id = entry_id(reply, *found - 1);
    if (!id || *found > (size_t)count)
        return connection_failed(&follower->connection, "unexpected answer to XREVRANGE");
    snprintf(oldest, POSITION_BYTES, "%s", id);
    return true;
}

/* The id of the last entry; START: there is none. */
static bool stream_end(struct follower *follower, char end[POSITION_BYTES]) {
    size_t found;

    strcpy(end, START);
    return walk_back(follower, "+", 1, end, &found);
}

/* The position in front of the NEWEST entries: the entry before them, so that it can be seen later
 * whether it was trimmed. */
static bool stream_start(struct follower *follower, int64_t newest, char start[POSITION_BYTES]) {
    char from[POSITION_BYTES] = "+";
    int64_t most = follower->count > 2 ? follower->count : 2, left = newest + 1;
    size_t found;

    /* Each walk begins with the entry that the one before it ended with. */
    for (int64_t overlap = 0; left > 0; overlap = 1) {
        int64_t count = left + overlap < most ? left + overlap : most;
        if (!walk_back(follower, from, count, start, &found))
            return false;
        if ((int64_t)found < count) {
            strcpy(start, START);
            return true;
        }
        strcpy(from, start);
        left -= count - overlap;
    }
    return true;
}

/* ---- where to begin ----------------------------------------------------------------------- */

/* On a new connection: finds the start, or looks whether the stream is still the one that was read.
 * A Redis that lost its memory, or a replica that became the master, may end before our position;
 * what is added there then would never be behind it. */
static bool place(struct follower *follower, struct patchmark_feed *feed,
                  char position[POSITION_BYTES]) {
    const struct settings *settings = follower->settings;
    int64_t newest = patchmark_feed_newest(feed);
    char end[POSITION_BYTES];

    if (!*position) {
        strcpy(position, START);
        return newest < 0 || stream_start(follower, newest, position);
    }
    if (!stream_end(follower, end))
        return false;
    if (position_compare(end, position) < 0) {
        patchmark_log(settings->instance, PATCHMARK_WARNING,
                      "%s: the stream ends at %s, before %s, which was read; reading goes on there",
                      settings->name, end, position);
        strcpy(position, end);
    }
    return true;
}

/* ---- other hosts -------------------------------------------------------------------------- */

/* A list of hosts that cannot be read, or is empty, says nothing: then we read the stream. */
static bool others_in(struct follower *follower, const redisReply *reply) {
    const struct settings *settings = follower->settings;
    const char *own = patchmark_host(settings->instance);
    bool bad = reply->type == REDIS_REPLY_ERROR;

    trouble_report(&follower->hosts, settings, bad ? reply->str : NULL);
    for (size_t i = 0; !bad && i < reply->elements; i++) {
        const redisReply *name = reply_element(reply, i, REDIS_REPLY_STRING);
        if (!name || strcmp(name->str, own) != 0)
            return true;
    }
    return bad || reply->elements == 0;
}

/* Looks whether another host writes here, and where the stream ended just before. */
static bool others_query(struct follower *follower, char end[POSITION_BYTES]) {
    struct connection *connection = &follower->connection;

    /* In this order: a host is in the list before its first event is in the stream.  Two hosts are
     * enough to know that one of them is not this one. */
    if (!stream_end(follower, end))
        return false;
    connection_send(connection, "ZRANGE %s 0 1", follower->settings->hosts);
    connection_bound(connection, READ_BYTES, READ_ELEMENTS);
    AUTO_REPLY *reply = connection_answer(connection, deadline_now(follower));
    if (!reply)
        return false;
    if (reply->type != REDIS_REPLY_ARRAY && reply->type != REDIS_REPLY_ERROR)
        return connection_refused(connection, reply);
    follower->others = others_in(follower, reply);
    follower->others_at = milliseconds();
    return true;
}

/* ---- entries ------------------------------------------------------------------------------ */

/* Takes what an entry says; false: it is none of ours. */
static bool event_read(const redisReply *entry, struct patchmark_event *event) {
    static const char *const names[] = {"v", "id", "type", "list", "series", "ce"};
    const redisReply *values[6] = {NULL};
    const redisReply *fields = reply_element(entry, 1, REDIS_REPLY_ARRAY);

    for (size_t i = 0; fields && i + 1 < fields->elements; i += 2) {
        const redisReply *name = reply_element(fields, i, REDIS_REPLY_STRING);
        for (size_t j = 0; name && j < 6; j++)
            if (strcmp(name->str, names[j]) == 0)
                values[j] = reply_element(fields, i + 1, REDIS_REPLY_STRING);
    }
    for (size_t j = 0; j < 6; j++)
        if (!values[j] || (j < 5 && strlen(values[j]->str) != (size_t)values[j]->len))
            return false;
    *event = (struct patchmark_event){.struct_size = sizeof(*event),
                                      .id = values[1]->str,
                                      .type = values[2]->str,
                                      .subject = "",
                                      .list = values[3]->str,
                                      .series = values[4]->str,
                                      .json = values[5]->str,
                                      .json_length = (size_t)values[5]->len};
    return strcmp(values[0]->str, "1") == 0 && *event->type && strlen(event->id) == 32 &&
           strspn(event->id, "0123456789abcdef") == 32 && event->json_length > 0;
}

/* Hands over the entries of one stream, as many as the feed takes; POSITION moves with them. */
static bool entries_forward(struct follower *follower, const redisReply *list,
                            struct patchmark_feed *feed, char position[POSITION_BYTES]) {
    for (size_t i = 0; i < list->elements; i++) {
        const char *id = entry_id(list, i);
        struct patchmark_event event;

        if (!id || position_compare(id, position) <= 0)
            return connection_failed(&follower->connection,
                                     "unexpected entry in the answer to XREAD");
        bool is_event = event_read(list->element[i], &event);
        if (!patchmark_feed_event(feed, id, is_event ? &event : NULL))
            break;
        snprintf(position, POSITION_BYTES, "%s", id);
    }
    return true;
}

/* Nothing is lost as long as the first entry is not behind the position. */
static void trimmed_check(struct follower *follower, const redisReply *first,
                          const char *position) {
    const char *id = first->type == REDIS_REPLY_ARRAY ? entry_id(first, 0) : NULL;

    if (!id || strcmp(position, START) == 0 || position_compare(id, position) <= 0 ||
        strcmp(follower->trimmed, position) == 0)
        return;
    snprintf(follower->trimmed, sizeof(follower->trimmed), "%s", position);
    patchmark_log(follower->settings->instance, PATCHMARK_WARNING,
                  "%s: the stream was trimmed: it begins at %s, behind %s, which was read; "
                  "what was between is lost",
                  follower->settings->name, id, position);
}

/* Reads behind POSITION, and the first entry, in one go. */
static bool entries_read(struct follower *follower, struct patchmark_feed *feed,
                         char position[POSITION_BYTES]) {
    const char *stream_name = follower->settings->stream;

    connection_send(&follower->connection, "XREAD COUNT %lld BLOCK %d STREAMS %s %s",
                    (long long)follower->count, BLOCK_MS, stream_name, position);
    connection_send(&follower->connection, "XRANGE %s - + COUNT 1", stream_name);
    AUTO_REPLY *reply = answer_array(follower, deadline_now(follower) + BLOCK_MS);
    AUTO_REPLY *first = reply ? answer_array(follower, deadline_now(follower)) : NULL;
    if (!first)
        return false;
    if (reply->type == REDIS_REPLY_NIL)
        return true;
    const redisReply *stream = reply_element(reply, 0, REDIS_REPLY_ARRAY);
    const redisReply *list = stream ? reply_element(stream, 1, REDIS_REPLY_ARRAY) : NULL;
    trimmed_check(follower, first, position);
    if (!list)
        return connection_failed(&follower->connection, "unexpected answer to XREAD");
    if ((int64_t)list->elements < follower->count)
        follower->count = COUNT_MOST;
    return entries_forward(follower, list, feed, position);
}

/* ------------------------------------------------------------------------------------------- */

/* What is only ours is passed over, now and then, lest it is all read when another host comes. */
static bool alone(struct follower *follower, struct patchmark_feed *feed, const char *end,
                  char position[POSITION_BYTES]) {
    if (position_compare(end, position) > 0 && milliseconds() - follower->skipped_at >= SKIP_MS) {
        follower->skipped_at = milliseconds();
        if (!patchmark_feed_event(feed, end, NULL))
            return true;
        strcpy(position, end);
    }
    if (connection_readable(&follower->connection, BLOCK_MS))
        return connection_failed(&follower->connection, "lost connection: while it was idle");
    return true;
}

static bool read_once(struct follower *follower, struct patchmark_feed *feed) {
    const struct settings *settings = follower->settings;
    char position[POSITION_BYTES] = "", end[POSITION_BYTES];
    struct position valid;

    enum route_state state = route_ready(&follower->connection);
    if (state == ROUTE_FAILED)
        return false;
    if (position_read(patchmark_feed_position(feed), &valid))
        snprintf(position, sizeof(position), "%s", patchmark_feed_position(feed));
    if (!*position || state == ROUTE_OPENED) {
        char before[POSITION_BYTES];
        strcpy(before, position);
        if (!place(follower, feed, position))
            return false;
        if (strcmp(before, position) != 0 && !patchmark_feed_event(feed, position, NULL))
            return true;
        follower->others = false;
    }
    if (patchmark_feed_own(feed) || !*settings->hosts)
        return entries_read(follower, feed, position);
    if (!follower->others || milliseconds() - follower->others_at >= OTHERS_MS)
        if (!others_query(follower, end))
            return false;
    return follower->others ? entries_read(follower, feed, position)
                            : alone(follower, feed, end, position);
}

int follower_read(struct follower *follower, struct patchmark_feed *feed) {
    struct connection *connection = &follower->connection;
    bool read = false;

    for (int hop = 0; hop <= ROUTE_HOPS && !read; hop++) {
        connection->again = false;
        read = read_once(follower, feed);
        if (!connection->again)
            break;
    }
    /* Entries are of any size: fewer of them may fit. */
    if (!read && connection->oversize && follower->count > 1) {
        follower->count /= 2;
        return 0;
    }
    trouble_report(&follower->trouble, follower->settings, read ? NULL : connection->reason);
    return read ? 0 : -1;
}

void follower_init(struct follower *follower, const struct settings *settings) {
    memset(follower, 0, sizeof(*follower));
    follower->settings = settings;
    follower->count = COUNT_MOST;
    connection_init(&follower->connection, settings);
    follower->trouble = (struct trouble){.level = PATCHMARK_ERROR,
                                         .what = "follow",
                                         .consequence = "what other hosts give is read later",
                                         .tries = "tries"};
    follower->hosts = (struct trouble){.level = PATCHMARK_WARNING,
                                       .what = "hosts",
                                       .consequence = "the stream is read all the same",
                                       .tries = "tries"};
}

void follower_close(struct follower *follower) {
    connection_close(&follower->connection);
}
