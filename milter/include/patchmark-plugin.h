/* SPDX-License-Identifier: BSD-2-Clause
 *
 * patchmark-plugin.h - all that a patchmark plugin includes.
 *
 * A plugin is one shared object with one exported function, made by PATCHMARK_PLUGIN.  The whole
 * story - life cycle, threads, lifetimes, limits, a complete example - is in patchmark-plugin(3).
 */
#ifndef PATCHMARK_PLUGIN_H
#define PATCHMARK_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PATCHMARK_ABI 1

#if defined(__GNUC__)
#define PATCHMARK_PUBLIC          __attribute__((visibility("default")))
#define PATCHMARK_PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#else
#define PATCHMARK_PUBLIC
#define PATCHMARK_PRINTF(fmt, va)
#endif

/* ---- values ------------------------------------------------------------------------------- */

/* A run of bytes.  Not NUL-terminated; may hold any byte unless said otherwise. */
struct patchmark_text {
    const char *data;
    size_t length;
};

enum patchmark_type {
    PATCHMARK_BOOL = 1,
    PATCHMARK_INT = 2,
    PATCHMARK_STRING = 3,
    PATCHMARK_LIST = 4,     /* of strings */
    PATCHMARK_DURATION = 5, /* options only: "20m", "2h", "14d"; read as seconds with ..._int */
};

/* One fact that a classifier may set, named "PLUGIN.key" to everybody else.  An array of these
 * ends with a NULL key.  This struct never grows. */
struct patchmark_fact {
    const char *key;
    enum patchmark_type type;
    const char *help;
};

/* One option of the plugin's section in patchmark.conf.  An array ends with a NULL name.  The
 * core parses, checks type and range, and reports mistakes with file and line.  This struct
 * never grows. */
struct patchmark_option {
    const char *name;
    enum patchmark_type type;
    const char *fallback; /* as it would be written in the file; NULL: none */
    int64_t min, max;     /* for INT and DURATION; both 0: any value from 0 up */
    const char *help;
};

/* ---- the descriptor ----------------------------------------------------------------------- */

enum patchmark_kind {
    PATCHMARK_CLASSIFIER = 1, /* reads a message, sets facts */
    PATCHMARK_SINK = 2,       /* is given events, off the mail path */
};

enum patchmark_threads {
    PATCHMARK_SERIAL = 1,   /* one call at a time for this instance */
    PATCHMARK_PARALLEL = 2, /* any number of calls at once */
};

enum patchmark_flags {
    PATCHMARK_USES_INDEX = 1, /* calls patchmark_index_...: runs inside the index's transaction */
};

struct patchmark_message;  /* one mail, read-only, valid until the callback returns */
struct patchmark_facts;    /* what is known of that mail so far */
struct patchmark_instance; /* this plugin as configured, valid as long as it is loaded */

/* One event on its way out.  The core may append fields. */
struct patchmark_event {
    size_t struct_size;
    int64_t sequence;    /* grows by the order in which this host saw the events */
    const char *id;      /* 32 hex digits; the same event has the same id everywhere */
    const char *type;    /* "patchmark.message.seen.v1" */
    const char *subject; /* message-id, without angle brackets; "" when the event has none */
    const char *list;    /* List-Id; "" when unknown */
    const char *series;  /* series id; "" when none */
    const char *json;    /* the whole CloudEvent, one line, UTF-8 */
    size_t json_length;
    bool replay; /* it was there before this start or this outage ended, and may come twice; its
                  * json then has the attribute "replay":true */
};

struct patchmark_feed; /* what a sink brings back, see follow */

struct patchmark_plugin {
    size_t struct_size; /* these two are filled by PATCHMARK_PLUGIN */
    uint32_t abi;

    uint32_t kind;    /* enum patchmark_kind */
    uint32_t threads; /* enum patchmark_threads */
    uint32_t flags;   /* enum patchmark_flags, or-ed */

    const char *name;    /* lower case letters, digits, '-'; the file is NAME.so */
    const char *version; /* of the plugin, for people */
    const char *summary; /* one line, for `patchmark plugins` */

    const struct patchmark_option *options; /* NULL: none */
    const struct patchmark_fact *provides;  /* classifiers; NULL: none */
    const char *const *needs; /* facts of others without which it cannot run; NULL-terminated */
    const char *const *uses;  /* facts of others that it reads where they are there; likewise */

    /* Called once, after the configuration was checked.  *self is handed to every other callback.
     * 0; or -1 after patchmark_log, and patchmark does not start (on a reload: keeps the old). */
    int (*open)(struct patchmark_instance *instance, void **self);

    /* Classifier: reads the message and sets the facts it provides.  0, or -1: failed. */
    int (*classify)(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts);

    /* Sink: delivers events, oldest first, on a thread of its own; may block.  Gives how many from
     * the front were delivered for good; fewer than count: the rest is offered again later. */
    size_t (*publish)(void *self, const struct patchmark_event *const *events, size_t count);

    /* Called once, after the last call; frees self.  May be NULL. */
    void (*close)(void *self);

    /* Sink, may be NULL: reads the events that came to the same place, from whatever host, and
     * hands them to FEED, oldest first, from behind its position on; waits for new ones no longer
     * than a second.  On a thread of its own, again and again, also while publish runs.  0; 1:
     * there is nothing to follow, do not ask again; -1: failed, logged where that was news, ask
     * later. */
    int (*follow)(void *self, struct patchmark_feed *feed);
};

/* Defines the one exported symbol.  P is a static struct patchmark_plugin, not const. */
#define PATCHMARK_PLUGIN(p)                                           \
    PATCHMARK_PUBLIC struct patchmark_plugin *patchmark_plugin(void); \
    struct patchmark_plugin *patchmark_plugin(void) {                 \
        (p).struct_size = sizeof(p);                                  \
        (p).abi = PATCHMARK_ABI;                                      \
        return &(p);                                                  \
    }

/* ---- configuration and log ---------------------------------------------------------------- */

/* The value of an option in the table above, or its fallback.  An option that is not in the table
 * is a bug of the plugin: false, 0, NULL.  Strings live as long as the instance. */
bool patchmark_option_bool(const struct patchmark_instance *instance, const char *name);
int64_t patchmark_option_int(const struct patchmark_instance *instance, const char *name);
const char *patchmark_option_string(const struct patchmark_instance *instance, const char *name);
size_t patchmark_option_count(const struct patchmark_instance *instance, const char *name);
const char *patchmark_option_item(const struct patchmark_instance *instance, const char *name,
                                  size_t i);

/* From open only: a value that the table cannot check is wrong.  Logged with file and line. */
void patchmark_option_error(const struct patchmark_instance *instance, const char *name,
                            const char *format, ...) PATCHMARK_PRINTF(3, 4);

/* From open only: the plugin will make, write or remove files in FOLDER, which is not given up when
 * the daemon confines itself. */
void patchmark_will_write(struct patchmark_instance *instance, const char *folder);

enum patchmark_level {
    PATCHMARK_ERROR = 3, /* as in syslog(3) */
    PATCHMARK_WARNING = 4,
    PATCHMARK_INFO = 6,
    PATCHMARK_DEBUG = 7,
};

/* One line, without newline; the core adds the plugin's name and escapes control bytes. */
void patchmark_log(const struct patchmark_instance *instance, enum patchmark_level level,
                   const char *format, ...) PATCHMARK_PRINTF(3, 4);

/* The name of this host, as the option `host` says it; lives as long as the instance. */
const char *patchmark_host(const struct patchmark_instance *instance);

/* ---- feeds (from follow only) ------------------------------------------------------------- */

/* How far FEED was read: what patchmark_feed_event was told last, also before a restart; at most
 * 63 printable ASCII bytes that only the sink understands.  "": from the start. */
const char *patchmark_feed_position(const struct patchmark_feed *feed);
/* At the start: begin with that many of the newest events; -1: with the oldest that is left. */
int64_t patchmark_feed_newest(const struct patchmark_feed *feed);
/* False: what this host gave itself is not wanted, and may be left out. */
bool patchmark_feed_own(const struct patchmark_feed *feed);
/* Hands over one event (sequence is ignored, and all strings are copied where needed) and the
 * position behind it; EVENT NULL: moves the position only.  False: enough, return now. */
bool patchmark_feed_event(struct patchmark_feed *feed, const char *position,
                          const struct patchmark_event *event);

/* ---- the message -------------------------------------------------------------------------- */
/* All strings are UTF-8, NUL-terminated, without control bytes but space and tab, and live until
 * the callback returns.  None of these functions fails; where there is nothing they say so. */

/* How many headers of that name (any case) the mail has. */
size_t patchmark_message_header_count(const struct patchmark_message *message, const char *name);
/* The i-th of them from the top, unfolded, RFC 2047 decoded; NULL when there is none. */
const char *patchmark_message_header(const struct patchmark_message *message, const char *name,
                                     size_t i);

/* Message-ID without angle brackets (RFC 5322 3.6.4); "" when the mail has none. */
const char *patchmark_message_id(const struct patchmark_message *message);
/* What the mail answers: In-Reply-To first, then References from newest to oldest, without
 * repeats and without angle brackets. */
size_t patchmark_message_reference_count(const struct patchmark_message *message);
const char *patchmark_message_reference(const struct patchmark_message *message, size_t i);
/* Address and display name of who wrote the mail, the address in lower case; "" when unknown.
 * Where a list rewrote From (DMARC), the writer's own address if the mail still tells it. */
const char *patchmark_message_sender(const struct patchmark_message *message);
const char *patchmark_message_sender_name(const struct patchmark_message *message);
/* List-Id (RFC 2919) without angle brackets; "" when the mail has none. */
const char *patchmark_message_list(const struct patchmark_message *message);
/* True when the mail answers another one.  False when all that it refers to is one Message-ID of
 * the host that made its own, in References only: some mailers refer to the draft of a new mail. */
bool patchmark_message_is_reply(const struct patchmark_message *message);
/* When the mail was received, seconds since 1970. */
int64_t patchmark_message_received(const struct patchmark_message *message);

/* One leaf of the MIME tree.  The caller sets struct_size = sizeof; fields are only appended. */
struct patchmark_part {
    size_t struct_size;
    const char *type;            /* "text/plain", lower case */
    const char *filename;        /* "" when none */
    struct patchmark_text bytes; /* text parts: transfer encoding undone, charset as sent */
    struct patchmark_text text;  /* the same as UTF-8, valid, format=flowed undone; LF or CR LF */
    bool truncated;              /* cut at a limit */
};

/* Leaves in the order of the mail, at most 50.  Attachments that are not text have no bytes and no
 * text unless they look like text. */
size_t patchmark_message_part_count(const struct patchmark_message *message);
bool patchmark_message_part(const struct patchmark_message *message, size_t i,
                            struct patchmark_part *part);

/* ---- text --------------------------------------------------------------------------------- */
/* For runs of bytes.  ASCII only, whatever the locale.  None of these functions copies or frees: a
 * text that one returns lies within the one that it was given. */

/* Cuts the next line off *rest, without its LF or CR LF; false when *rest is empty. */
bool patchmark_text_line(struct patchmark_text *rest, struct patchmark_text *line);

static inline bool patchmark_is_blank(char c) { /* space and tab */
    return c == ' ' || c == '\t';
}

static inline bool patchmark_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool patchmark_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool patchmark_is_hex(char c) {
    return patchmark_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The bytes of STRING without its NUL. */
static inline struct patchmark_text patchmark_text_of(const char *string) {
    struct patchmark_text text = {string, strlen(string)};
    return text;
}

/* The bytes of TEXT from place FROM up to place TO, which is not one of them.  FROM <= TO <=
 * text.length. */
static inline struct patchmark_text patchmark_text_slice(struct patchmark_text text, size_t from,
                                                         size_t to) {
    struct patchmark_text slice = {text.data + from, to - from};
    return slice;
}

/* TEXT without its first LENGTH bytes. */
static inline struct patchmark_text patchmark_text_skip(struct patchmark_text text, size_t length) {
    return patchmark_text_slice(text, length, text.length);
}

/* TEXT without blanks at its end; at both ends. */
static inline struct patchmark_text patchmark_text_trim_end(struct patchmark_text text) {
    while (text.length > 0 && patchmark_is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

static inline struct patchmark_text patchmark_text_trim(struct patchmark_text text) {
    text = patchmark_text_trim_end(text);
    while (text.length > 0 && patchmark_is_blank(text.data[0]))
        text = patchmark_text_skip(text, 1);
    return text;
}

static inline bool patchmark_text_has(struct patchmark_text text, char byte) {
    return text.length > 0 && memchr(text.data, byte, text.length) != NULL;
}

/* Compare byte by byte. */
static inline bool patchmark_text_starts(struct patchmark_text text, const char *prefix) {
    size_t length = strlen(prefix);
    return text.length >= length && memcmp(text.data, prefix, length) == 0;
}

static inline bool patchmark_text_ends(struct patchmark_text text, const char *suffix) {
    size_t length = strlen(suffix);
    return text.length >= length && memcmp(text.data + text.length - length, suffix, length) == 0;
}

static inline bool patchmark_text_equals(struct patchmark_text text, const char *string) {
    return text.length == strlen(string) && patchmark_text_starts(text, string);
}

/* Likewise, but letters are equal in any case.  Most texts differ in their first byte, which saves
 * the call. */
static inline bool patchmark_text_case_starts(struct patchmark_text text, const char *prefix) {
    size_t length = strlen(prefix);
    if (length == 0 || text.length < length || ((text.data[0] ^ prefix[0]) & ~0x20) != 0)
        return length == 0;
    return strncasecmp(text.data, prefix, length) == 0;
}

static inline bool patchmark_text_case_ends(struct patchmark_text text, const char *suffix) {
    size_t length = strlen(suffix);
    return text.length >= length &&
           strncasecmp(text.data + text.length - length, suffix, length) == 0;
}

static inline bool patchmark_text_case_equals(struct patchmark_text text, const char *string) {
    return text.length == strlen(string) && patchmark_text_case_starts(text, string);
}

/* ---- facts -------------------------------------------------------------------------------- */

/* Setting: key as in `provides`, without the plugin's name; each once.  Values are copied.  -1 for
 * an unknown key, a wrong type, a second set: a bug of the plugin, logged.  Strings are cut at
 * 1,024 bytes, lists at 1,000 strings. */
int patchmark_fact_set_bool(struct patchmark_facts *facts, const char *key, bool value);
int patchmark_fact_set_int(struct patchmark_facts *facts, const char *key, int64_t value);
int patchmark_fact_set_string(struct patchmark_facts *facts, const char *key, const char *value);
int patchmark_fact_set_text(struct patchmark_facts *facts, const char *key,
                            struct patchmark_text value);
/* Appends one string to a list. */
int patchmark_fact_add(struct patchmark_facts *facts, const char *key, struct patchmark_text value);

/* Reading: full name, "subject.part".  Not set: false, fallback, NULL, 0. */
bool patchmark_fact_is_set(const struct patchmark_facts *facts, const char *name);
bool patchmark_fact_bool(const struct patchmark_facts *facts, const char *name);
int64_t patchmark_fact_int(const struct patchmark_facts *facts, const char *name, int64_t fallback);
const char *patchmark_fact_string(const struct patchmark_facts *facts, const char *name);
size_t patchmark_fact_count(const struct patchmark_facts *facts, const char *name);
const char *patchmark_fact_item(const struct patchmark_facts *facts, const char *name, size_t i);

/* ---- the index ---------------------------------------------------------------------------- */
/* What earlier mails taught.  Needs PATCHMARK_USES_INDEX; all strings live until the callback
 * returns.  When the index is out of reach, nothing is known. */

/* An earlier mail.  The caller sets struct_size; fields are only appended. */
struct patchmark_known {
    size_t struct_size;
    const char *series; /* series id; "" when the mail belongs to none */
    const char *sender; /* as patchmark_message_sender gave it */
    const char *kind;
    int64_t part; /* its place in the series; -1 when it has none: an answer */
};

/* By Message-ID, without angle brackets.  False: no earlier mail had it. */
bool patchmark_index_message(const struct patchmark_message *message, const char *message_id,
                             struct patchmark_known *known);

/* A posting, as its mails told it so far.  The caller sets struct_size; fields are only appended.
 */
struct patchmark_series {
    size_t struct_size;
    const char *id;
    const char *topic;
    const char *author; /* sender of its first mail */
    const char *title;  /* of its cover, else of its first mail */
    int64_t version;    /* -1: none of its mails says one */
    int64_t total;      /* -1: likewise */
    int64_t opened;     /* time of receipt of its first mail, seconds since 1970 */
    int64_t changed;    /* of its newest */
    bool rfc;
};

/* By id; of one that was joined with another, the other.  False: not known. */
bool patchmark_index_series(const struct patchmark_message *message, const char *id,
                            struct patchmark_series *series);
/* True when an earlier mail with another Message-ID has that place in the series. */
bool patchmark_index_taken(const struct patchmark_message *message, const char *series,
                           int64_t part);
/* The series that were filed under KEY, newest first, at most MAX, into the array FOUND, whose
 * first element's struct_size is the size of each.  How many.
 * The plugin series files the mail's series by its list fact `keys`. */
size_t patchmark_index_find(const struct patchmark_message *message, const char *key,
                            struct patchmark_series *found, size_t max);
/* Returns how many of the COUNT NOTES a mail of the series was learned with, 0 when nothing is
 * known.  The plugin series gives the mail's notes in its list fact `notes`: they cost less than
 * keys, and can only be asked for where a series is in hand. */
size_t patchmark_index_shared(const struct patchmark_message *message, const char *series,
                              const char *const *notes, size_t count);

/* ---- hashes -------------------------------------------------------------------------------- */

/* SHA-1 as git uses it, of pieces: begin, any number of add, end.  patchmark_sha1_end writes the 20
 * bytes of the digest and frees the hash.  The process ends when memory runs out. */
struct patchmark_sha1;
struct patchmark_sha1 *patchmark_sha1_begin(void);
void patchmark_sha1_add(struct patchmark_sha1 *hash, struct patchmark_text piece);
void patchmark_sha1_end(struct patchmark_sha1 *hash, unsigned char digest[20]);

/* ---- ids ---------------------------------------------------------------------------------- */

#define PATCHMARK_ID_SIZE 20

/* PREFIX ("s1-", "t1-") and 16 characters: lower-case base32 (RFC 4648) of the first 80 bits of
 * SHA-256 over text. */
void patchmark_id(const char *prefix, struct patchmark_text text, char id[PATCHMARK_ID_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
