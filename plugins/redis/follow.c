/* SPDX-License-Identifier: BSD-2-Clause
 *
 * follow.c - reads events back from the streams; see follow.h.
 *
 * A position is the id of the last entry that was read, or "0-0" before the first one.  While the
 * list of hosts has no other host, and the feed does not take the events of this host, only the
 * list is read.  The connection and every command can fail, and the stream can be trimmed or
 * replaced; then reading continues from what is left, and what was missed is logged.
 */
#include "follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MS       900         /* time that XREAD waits for new entries */
#define MAX_COUNT      100         /* entries in one reply */
#define READ_BYTES     (16 << 20)  /* of one reply; the largest entry has 320 KB */
#define READ_ELEMENTS  10000       /* of one reply; an entry of patchmark has 18 */
#define HOSTS_MS       (60 * 1000) /* interval of reading the list of hosts while there are others */
#define SKIP_MS        (60 * 1000) /* interval of moving the position past own events */
#define START          "0-0"       /* the position before all entries */
#define POSITION_BYTES 64

/* ---- positions ---------------------------------------------------------------------------- */

struct position {
    uint64_t milliseconds, sequence;
};

/* Reads a position such as "1526919030474-55".  Returns false if TEXT is not a position. */
static bool position_read(const char *text, struct position *position) {
    size_t first = strspn(text, "0123456789");
    size_t second = text[first] == '-' ? strspn(text + first + 1, "0123456789") : 0;

    return first > 0 && first <= 20 && second > 0 && second <= 20 &&
           text[first + 1 + second] == '\0' &&
           sscanf(text, "%" SCNu64 "-%" SCNu64, &position->milliseconds, &position->sequence) == 2;
}

/* Compares two valid positions like strcmp(3): less than 0 if LEFT comes before RIGHT. */
static int position_compare(const char *left, const char *right) {
    struct position a = {0, 0}, b = {0, 0};

    position_read(left, &a);
    position_read(right, &b);
    if (a.milliseconds != b.milliseconds)
        return a.milliseconds < b.milliseconds ? -1 : 1;
    return a.sequence < b.sequence ? -1 : a.sequence > b.sequence;
}

/* Returns the id of entry I of LIST, a list of entries; NULL if element I is not an entry. */
static const char *entry_id(const redisReply *list, size_t i) {
    const redisReply *entry = reply_element(list, i, REDIS_REPLY_ARRAY);
    const redisReply *id = entry ? reply_element(entry, 0, REDIS_REPLY_STRING) : NULL;
    struct position position;

    return id && (size_t)id->len == strlen(id->str) && position_read(id->str, &position) ? id->str
                                                                                         : NULL;
}

/* ---- requests ----------------------------------------------------------------------------- */

/* Reads a reply that must be an array or nil, which has 0 elements.  Returns NULL after
 * connection_failed. */
static redisReply *read_array(struct follower *follower, int64_t deadline) {
    struct connection *connection = &follower->connection;

    connection_bound(connection, READ_BYTES, READ_ELEMENTS);
    redisReply *reply = connection_read_reply(connection, deadline);
    if (!reply || reply->type == REDIS_REPLY_ARRAY || reply->type == REDIS_REPLY_NIL)
        return reply;
    connection_error_reply(connection, reply);
    freeReplyObject(reply);
    return NULL;
}

static int64_t deadline_now(const struct follower *follower) {
    return milliseconds() + follower->settings->timeout;
}

/* Reads COUNT entries of STREAM backwards from FROM, which is included; "+" is the newest entry.
 * Sets OLDEST to the id of the oldest of them, unless there is none, and *FOUND to their number. */
static bool read_back(struct follower *follower, const char *stream, const char *from,
                      int64_t count, char oldest[POSITION_BYTES], size_t *found) {
    connection_send(&follower->connection, "XREVRANGE %s %s - COUNT %lld", stream, from,
                    (long long)count);
    AUTO_REPLY *reply = read_array(follower, deadline_now(follower));
    if (!reply)
        return false;
    *found = reply->elements;
    if (*found == 0)
        return true;
    const char *id = entry_id(reply, *found - 1);
    if (!id || *found > (size_t)count)
        return connection_failed(&follower->connection, "unexpected reply to XREVRANGE");
    snprintf(oldest, POSITION_BYTES, "%s", id);
    return true;
}

/* Sets END to the id of the last entry, or to START if the stream is empty. */
static bool stream_end(struct follower *follower, char end[POSITION_BYTES]) {
    size_t found;

    strcpy(end, START);
    return read_back(follower, follower->settings->message_stream, "+", 1, end, &found);
}

/* Sets START to the position before the NEWEST last entries of STREAM.  This is the id of the entry
 * before them, so that it can be detected later that entries were trimmed. */
static bool stream_start(struct follower *follower, const char *stream, int64_t newest,
                         char start[POSITION_BYTES]) {
    char from[POSITION_BYTES] = "+";
    int64_t limit = follower->count > 2 ? follower->count : 2, left = newest + 1;
    size_t found;

    /* Each request begins with the last entry of the one before. */
    for (int64_t overlap = 0; left > 0; overlap = 1) {
        int64_t count = left + overlap < limit ? left + overlap : limit;
        if (!read_back(follower, stream, from, count, start, &found))
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

/* ---- the position to begin with ----------------------------------------------------------- */

/* Returns true if FEED takes the events of both streams, which are different ones. */
static bool reads_both(const struct follower *follower, const struct patchmark_feed *feed) {
    return patchmark_feed_own(feed) &&
           strcmp(follower->settings->stream, follower->settings->message_stream) != 0;
}

/* Sets POSITION, and the position in the other stream, to where a feed of both streams begins: a
 * time after which they have at least the NEWEST entries that the feed begins with. */
static bool both_start(struct follower *follower, int64_t newest, char position[POSITION_BYTES]) {
    char start[POSITION_BYTES];

    strcpy(start, START);
    if (newest >= 0 && !stream_start(follower, follower->settings->stream, newest, start))
        return false;
    bool later = position_compare(start, position) > 0;
    snprintf(follower->events_position, POSITION_BYTES, "%s", later ? start : position);
    snprintf(position, POSITION_BYTES, "%s", follower->events_position);
    follower->starting = true;
    return true;
}

/* Called on a new connection.  If POSITION is "", sets it to where the feed begins.  Otherwise
 * checks that the stream does not end before POSITION.  It does if Redis lost its data, or if a
 * replica that was behind became the master; new entries would then never come after POSITION, so
 * POSITION is moved back to the end. */
static bool position_check(struct follower *follower, struct patchmark_feed *feed,
                           char position[POSITION_BYTES]) {
    const struct settings *settings = follower->settings;
    int64_t newest = patchmark_feed_newest(feed);
    char end[POSITION_BYTES];

    if (!*position) {
        strcpy(position, START);
        return (newest < 0 || stream_start(follower, settings->message_stream, newest, position)) &&
               (!reads_both(follower, feed) || both_start(follower, newest, position));
    }
    if (!stream_end(follower, end))
        return false;
    if (position_compare(end, position) < 0) {
        patchmark_log(settings->instance, PATCHMARK_WARNING,
                      "%s: the stream ends at %s, before the last entry that was read, %s; "
                      "reading continues there, check whether Redis lost data",
                      settings->name, end, position);
        strcpy(position, end);
    }
    return true;
}

/* ---- other hosts -------------------------------------------------------------------------- */

/* Returns true if the list of hosts in REPLY has another host.  Also returns true if the list
 * cannot be read or is empty, so that the stream is read. */
static bool has_other_host(struct follower *follower, const redisReply *reply) {
    const struct settings *settings = follower->settings;
    const char *own = patchmark_host(settings->instance);
    bool is_error = reply->type == REDIS_REPLY_ERROR;

    trouble_report(&follower->hosts_trouble, settings, is_error ? reply->str : NULL);
    for (size_t i = 0; !is_error && i < reply->elements; i++) {
        const redisReply *name = reply_element(reply, i, REDIS_REPLY_STRING);
        if (!name || strcmp(name->str, own) != 0)
            return true;
    }
    return is_error || reply->elements == 0;
}

/* Sets follower->other_hosts from the list of hosts, and END to the end of the stream before that.
 */
static bool other_hosts_query(struct follower *follower, char end[POSITION_BYTES]) {
    struct connection *connection = &follower->connection;

    /* In this order, because a host registers before it adds its first event.  Two names are
     * enough: one of them is not this host. */
    if (!stream_end(follower, end))
        return false;
    connection_send(connection, "ZRANGE %s 0 1", follower->settings->hosts);
    connection_bound(connection, READ_BYTES, READ_ELEMENTS);
    AUTO_REPLY *reply = connection_read_reply(connection, deadline_now(follower));
    if (!reply)
        return false;
    if (reply->type != REDIS_REPLY_ARRAY && reply->type != REDIS_REPLY_ERROR)
        return connection_error_reply(connection, reply);
    follower->other_hosts = has_other_host(follower, reply);
    follower->hosts_read_at = milliseconds();
    return true;
}

/* ---- entries ------------------------------------------------------------------------------ */

/* Fills EVENT from ENTRY, whose strings it points to.  Returns false if the entry was not written
 * by patchmark. */
static bool event_read(const redisReply *entry, struct patchmark_event *event) {
    enum { V, ID, TYPE, LIST, SERIES, CE, LEARNED, COUNT };
    static const char *const names[COUNT] = {"v", "id", "type", "list", "series", "ce", "learned"};
    const redisReply *values[COUNT] = {NULL};
    const redisReply *fields = reply_element(entry, 1, REDIS_REPLY_ARRAY);

    for (size_t i = 0; fields && i + 1 < fields->elements; i += 2) {
        const redisReply *name = reply_element(fields, i, REDIS_REPLY_STRING);
        for (size_t j = 0; name && j < COUNT; j++)
            if (strcmp(name->str, names[j]) == 0)
                values[j] = reply_element(fields, i + 1, REDIS_REPLY_STRING);
    }
    for (size_t j = 0; j < COUNT; j++)
        if (values[j] ? j != CE && strlen(values[j]->str) != (size_t)values[j]->len : j != LEARNED)
            return false;
    *event = (struct patchmark_event){.struct_size = sizeof(*event),
                                      .id = values[ID]->str,
                                      .type = values[TYPE]->str,
                                      .subject = "",
                                      .list = values[LIST]->str,
                                      .series = values[SERIES]->str,
                                      .json = values[CE]->str,
                                      .json_length = (size_t)values[CE]->len,
                                      .learned = values[LEARNED] ? values[LEARNED]->str : "",
                                      .state = ""};
    return strcmp(values[V]->str, "1") == 0 && *event->type && strlen(event->id) == 32 &&
           strspn(event->id, "0123456789abcdef") == 32 && event->json_length > 0;
}

/* Entries of the stream for message.* events, and of the other one if it is read; NULL if there are
 * none. */
struct entries {
    const redisReply *lists[2];
    size_t skip; /* the oldest of them, which are not passed */
};

/* Sets *ID to the id of entry NEXT of LIST, which must come after POSITION; NULL if the list has no
 * more.  Returns false after connection_failed. */
static bool entry_next(struct follower *follower, const redisReply *list, size_t next,
                       const char *position, const char **id) {
    *id = NULL;
    if (!list || next == list->elements)
        return true;
    *id = entry_id(list, next);
    return (*id && position_compare(*id, position) > 0) ||
           connection_failed(&follower->connection, "unexpected entry in the reply to XREAD");
}

/* Passes ENTRIES, merged by their ids, to FEED until it takes no more, and moves POSITION and the
 * position in the other stream behind the last ones that it took.  Returns false after
 * connection_failed. */
static bool entries_pass(struct follower *follower, const struct entries *entries,
                         struct patchmark_feed *feed, char position[POSITION_BYTES]) {
    char *positions[2] = {position, follower->events_position};
    size_t next[2] = {0, 0};

    for (;;) {
        const char *ids[2];
        struct patchmark_event event;

        for (size_t i = 0; i < 2; i++)
            if (!entry_next(follower, entries->lists[i], next[i], positions[i], &ids[i]))
                return false;
        if (!ids[0] && !ids[1])
            return true;
        size_t i = !ids[0] || (ids[1] && position_compare(ids[1], ids[0]) < 0);
        bool passes = next[0] + next[1] >= entries->skip &&
                      event_read(entries->lists[i]->element[next[i]], &event);
        if (!patchmark_feed_event(feed, i == 0 ? ids[0] : position, passes ? &event : NULL))
            return true;
        snprintf(positions[i], POSITION_BYTES, "%s", ids[i]);
        next[i]++;
    }
}

/* Logs once for each POSITION if entries after it were trimmed before they were read.  FIRST has
 * the first entry of the stream; none was trimmed unread if its id is not after POSITION. */
static void trimmed_check(struct follower *follower, const redisReply *first,
                          const char *position) {
    const char *id = first->type == REDIS_REPLY_ARRAY ? entry_id(first, 0) : NULL;

    if (!id || strcmp(position, START) == 0 || position_compare(id, position) <= 0 ||
        strcmp(follower->trimmed, position) == 0)
        return;
    snprintf(follower->trimmed, sizeof(follower->trimmed), "%s", position);
    patchmark_log(
        follower->settings->instance, PATCHMARK_WARNING,
        "%s: the stream was trimmed: it begins at %s, after the last entry that was read, %s; "
        "the entries between are lost, increase maxlen",
        follower->settings->name, id, position);
}

/* Sets ENTRIES from REPLY, a reply to XREAD of one or both streams.  Returns false after
 * connection_failed. */
static bool entries_find(struct follower *follower, const redisReply *reply, bool both,
                         struct entries *entries) {
    *entries = (struct entries){0};
    for (size_t i = 0; i < (both ? 2 : 1); i++) {
        const redisReply *stream = reply_element(reply, i, REDIS_REPLY_ARRAY);
        const redisReply *name = stream ? reply_element(stream, 0, REDIS_REPLY_STRING) : NULL;
        const redisReply *list = stream ? reply_element(stream, 1, REDIS_REPLY_ARRAY) : NULL;
        bool is_other = both && name && strcmp(name->str, follower->settings->stream) == 0;

        if (i > 0 && reply->elements == 1)
            break;
        if (!list)
            return connection_failed(&follower->connection, "unexpected reply to XREAD");
        entries->lists[is_other] = list;
    }
    return true;
}

/* Sets how many of ENTRIES, the first that are read from both streams, are not passed: those before
 * the newest that FEED begins with.  If there are so many that ENTRIES does not have all, it passes
 * more of them. */
static void start_trim(struct follower *follower, const struct patchmark_feed *feed,
                       struct entries *entries) {
    int64_t newest = patchmark_feed_newest(feed);
    size_t counts[2];

    for (size_t i = 0; i < 2; i++)
        counts[i] = entries->lists[i] ? entries->lists[i]->elements : 0;
    if (newest >= 0 && counts[0] + counts[1] > (size_t)newest &&
        (int64_t)counts[0] < follower->count && (int64_t)counts[1] < follower->count)
        entries->skip = counts[0] + counts[1] - (size_t)newest;
}

/* Queues XREAD for one or both streams. */
static void entries_query(struct follower *follower, bool both, const char *position) {
    const struct settings *settings = follower->settings;
    long long count = (long long)follower->count;

    if (both)
        connection_send(&follower->connection, "XREAD COUNT %lld BLOCK %d STREAMS %s %s %s %s",
                        count, BLOCK_MS, settings->message_stream, settings->stream, position,
                        follower->events_position);
    else
        connection_send(&follower->connection, "XREAD COUNT %lld BLOCK %d STREAMS %s %s", count,
                        BLOCK_MS, settings->message_stream, position);
}

/* Reads the entries after POSITION, waiting for new ones, and passes them to FEED.  Reads the first
 * entry of the stream in the same pipeline, for trimmed_check. */
static bool entries_read(struct follower *follower, struct patchmark_feed *feed,
                         char position[POSITION_BYTES]) {
    bool both = reads_both(follower, feed), starting = follower->starting;
    struct entries entries;

    if (both && !*follower->events_position)
        strcpy(follower->events_position, position);
    entries_query(follower, both, position);
    connection_send(&follower->connection, "XRANGE %s - + COUNT 1",
                    follower->settings->message_stream);
    AUTO_REPLY *reply = read_array(follower, deadline_now(follower) + BLOCK_MS);
    AUTO_REPLY *first = reply ? read_array(follower, deadline_now(follower)) : NULL;
    if (!first)
        return false;
    follower->starting = false;
    if (reply->type == REDIS_REPLY_NIL)
        return true;
    trimmed_check(follower, first, position);
    if (!entries_find(follower, reply, both, &entries))
        return false;
    if (starting)
        start_trim(follower, feed, &entries);
    if (!entries.lists[0] || (int64_t)entries.lists[0]->elements < follower->count)
        follower->count = MAX_COUNT;
    return entries_pass(follower, &entries, feed, position);
}

/* ------------------------------------------------------------------------------------------- */

/* Called while no other host writes: moves POSITION to END, at most once per SKIP_MS, so that
 * events of this host need not be read when another host appears.  Then waits for BLOCK_MS. */
static bool skip_own_events(struct follower *follower, struct patchmark_feed *feed, const char *end,
                            char position[POSITION_BYTES]) {
    if (position_compare(end, position) > 0 && milliseconds() - follower->skipped_at >= SKIP_MS) {
        follower->skipped_at = milliseconds();
        if (!patchmark_feed_event(feed, end, NULL))
            return true;
        strcpy(position, end);
    }
    if (connection_readable(&follower->connection, BLOCK_MS))
        return connection_failed(&follower->connection,
                                 "lost connection: closed by the server while idle");
    return true;
}

/* Reads and passes one batch of entries, or waits.  Returns false after connection_failed. */
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
        if (!position_check(follower, feed, position))
            return false;
        if (strcmp(before, position) != 0 && !patchmark_feed_event(feed, position, NULL))
            return true;
        follower->other_hosts = false;
    }
    if (patchmark_feed_own(feed) || !*settings->hosts)
        return entries_read(follower, feed, position);
    if (!follower->other_hosts || milliseconds() - follower->hosts_read_at >= HOSTS_MS)
        if (!other_hosts_query(follower, end))
            return false;
    return follower->other_hosts ? entries_read(follower, feed, position)
                                 : skip_own_events(follower, feed, end, position);
}

int follower_read(struct follower *follower, struct patchmark_feed *feed) {
    struct connection *connection = &follower->connection;
    bool read = false;

    for (int hop = 0; hop <= ROUTE_HOPS && !read; hop++) {
        connection->retry = false;
        read = read_once(follower, feed);
        if (!connection->retry)
            break;
    }
    /* The reply exceeded its limit: request fewer entries, as single ones can be large. */
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
    follower->count = MAX_COUNT;
    connection_init(&follower->connection, settings);
    follower->trouble = (struct trouble){.level = PATCHMARK_ERROR,
                                         .operation = "follow",
                                         .consequence = "the events of other hosts are read later",
                                         .unit = "attempts"};
    follower->hosts_trouble =
        (struct trouble){.level = PATCHMARK_WARNING,
                         .operation = "hosts",
                         .consequence = "the stream is read without the list of hosts",
                         .unit = "attempts"};
}

void follower_close(struct follower *follower) {
    connection_close(&follower->connection);
}
