/* SPDX-License-Identifier: BSD-2-Clause
 *
 * patchmark-plugin.h - the plugin interface of patchmark, and the only header that a plugin
 * includes.
 *
 * A plugin is one shared object that exports one function, which the macro PATCHMARK_DEFINE_PLUGIN
 * or PATCHMARK_PLUGIN defines.  patchmark-plugin(7) describes how to write one, and
 * patchmark-plugin(3) life cycle, threads, lifetimes and limits.
 *
 * The header compiles as C11 and as C++11, and later.  Conventions that hold for all of it:
 * - A name is a const char *: of a plugin, a fact, an option, a counter.  Names match
 *   [a-z][a-z0-9_]*; the full name of a fact is "PLUGIN.key".
 * - A function that takes a string takes NULL for an empty one, and one that takes an array of
 *   strings takes NULL for an empty array.
 * - A function that sets a fact to a string, appends one, or adds a label or a flag, has a twin,
 *   whose name ends in _text, that takes a struct patchmark_text.
 * - A string that a function returns is a NUL-terminated const char *, except a slice of a longer
 *   text, which is a struct patchmark_text.
 * - Structs have members of 8 bytes where pointers have 8, so that they have no padding in which a
 *   later member could hide; a truth value in a struct is an int64_t, 0 or 1.
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

/* The version of this interface.  A plugin that was compiled for a higher version is refused. */
#define PATCHMARK_ABI 1

#ifdef __cplusplus
#define PATCHMARK_EXTERN extern "C"
#else
#define PATCHMARK_EXTERN extern
#endif

#if defined(__GNUC__)
#define PATCHMARK_PUBLIC          __attribute__((visibility("default")))
#define PATCHMARK_PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#else
#define PATCHMARK_PUBLIC
#define PATCHMARK_PRINTF(fmt, va)
#endif

/* ---- values ------------------------------------------------------------------------------- */

/* A sequence of LENGTH bytes.  It is not NUL-terminated, and may contain any byte unless the
 * function that returns it states otherwise. */
struct patchmark_text {
    const char *data;
    size_t length;
};

/* Returns the bytes of the NUL-terminated STRING, without its NUL; an empty text if STRING is NULL.
 */
static inline struct patchmark_text patchmark_text_of(const char *string) {
    struct patchmark_text text = {string, string ? strlen(string) : 0};
    return text;
}

enum patchmark_type {
    PATCHMARK_NONE = 0, /* there is no such fact */
    PATCHMARK_BOOL = 1,
    PATCHMARK_INT = 2,
    PATCHMARK_STRING = 3,
    PATCHMARK_LIST = 4,     /* a list of strings */
    PATCHMARK_DURATION = 5, /* options only: "20m", "2h", "14d"; the value is in seconds */
};

/* Declares one fact that a classifier may set.  Other plugins read it as "PLUGIN.key".  An array of
 * this struct ends with an element whose key is NULL.  Later versions may append members; the
 * descriptor states the size of an element.
 *
 * The keys "labels" and "flags" are lists that each classifier has without declaring them, see
 * patchmark_add_label; an array may declare them to describe them. */
struct patchmark_fact {
    const char *key;     /* [a-z][a-z0-9_]* */
    uint32_t type;       /* enum patchmark_type: BOOL, INT, STRING or LIST */
    const char *help;    /* one line for people: what it means */
    const char *example; /* a value, or an item of a list, for people; NULL if none */
};

/* Declares one option of the plugin's section in patchmark.conf.  An array of this struct ends with
 * an element whose name is NULL.  The core parses the value, checks its type and range, and reports
 * errors with file and line.  Later versions may append members; the descriptor states the size of
 * an element. */
struct patchmark_option {
    const char *name;     /* [a-z][a-z0-9_]*; "file", "enabled" and "start" are reserved */
    uint32_t type;        /* enum patchmark_type */
    const char *fallback; /* the default, as it would be written in the file; NULL if none */
    int64_t min, max;     /* the range of an INT, or of a DURATION in seconds; if both are 0, every
                           * value from 0 up is valid */
    const char *help;     /* one line for people */
};

/* ---- the descriptor ----------------------------------------------------------------------- */

/* How the core runs a plugin.  Without any of them, classify is called once at a time for each
 * instance, in the order that the facts determine which the plugin reads, and finds no earlier
 * mail. */
enum patchmark_traits {
    PATCHMARK_PARALLEL = 1,   /* any number of calls of classify may run at once */
    PATCHMARK_USES_INDEX = 2, /* the plugin calls patchmark_index_ functions; its classify runs
                               * inside the transaction of the mail */
    PATCHMARK_RUNS_LAST = 4,  /* the plugin runs after all classifiers without this trait, and may
                               * read all of their facts without declaring them */
};

struct patchmark_message;  /* one mail, read-only; valid until classify returns */
struct patchmark_facts;    /* the facts of that mail; valid until classify returns */
struct patchmark_instance; /* the plugin with one configuration; valid until close has returned */

struct patchmark_event_fields; /* what patchmark_event_string and the like read */

/* One event of the outbox.  All strings are NUL-terminated.  The struct and its strings belong to
 * the core and are valid until publish returns.  Later versions may append members; STRUCT_SIZE is
 * the size of what the core filled. */
struct patchmark_event {
    size_t struct_size; /* whoever makes the event sets it to sizeof(struct patchmark_event) */
    int64_t sequence;   /* the number of the event in the outbox of this host; it increases */
    int64_t replay;     /* 1 if the event was in the outbox before this start, or before the sink
                         * recovered, and may have been delivered before; JSON then has the attribute
                         * "replay":true.  Else 0 */
    const char *id;     /* 32 hex digits; the same event has the same id on every host */
    const char *type;   /* such as "patchmark.message.seen.v1" */
    const char
        *subject;     /* of an event of a series its id, else the Message-ID without angle brackets;
                       * "" if the event has none */
    const char *list; /* the List-Id; "" if it is unknown */
    const char *series; /* the series id; "" if there is none */
    const char *json;   /* the whole event: CloudEvents 1.0 as JSON (RFC 8259), one line, UTF-8 */
    size_t json_length; /* in bytes, without the NUL */
    /* What other hosts that share the sink learn from this event: a JSON object (RFC 8259) on one
     * line, UTF-8; "" if there is nothing.  A sink that has the callback `follow` delivers it
     * beside JSON and returns it unchanged; no other sink publishes it. */
    const char *learned;
    /* What the event changes of a series: lines "NAME VALUE<LF>", the first of them "id SERIES";
     * "" if it changes nothing.  Values are absolute, so repeats are harmless.  For sinks that keep
     * the state of series; see publish_state. */
    const char *state;
    struct patchmark_event_fields *fields; /* private to the core; NULL in an event that a plugin
                                            * makes */
};

struct patchmark_feed; /* events that a sink reads back, see the callback follow */

/* The descriptor of a plugin.  It and everything that it points to must be static: the core keeps
 * pointers to it as long as the process runs.  Members that are not set are zero, which is the
 * usual choice for each.  Later versions may append members; in a plugin that was compiled for an
 * earlier version they are zero. */
struct patchmark_plugin {
    size_t struct_size; /* the macros fill these members: the size of this struct, ... */
    uint32_t abi;       /* ... the version of the interface, ... */
    uint32_t fact_size, option_size; /* ... the sizes of an element of PROVIDES and of OPTIONS */

    uint32_t traits; /* enum patchmark_traits, or-ed */

    const char *name;    /* [a-z][a-z0-9_]*; the file must be called NAME.so */
    const char *version; /* the version of the plugin, for people; must not be empty */
    const char *summary; /* one line, for `patchmark plugins`; must not be empty */

    const struct patchmark_option *options; /* NULL if the plugin has no options */
    const struct patchmark_fact *provides;  /* the facts of a classifier except labels and flags;
                                             * NULL if none */
    /* The full names of the facts of other plugins that the plugin requires; the array ends with
     * NULL.  patchmark does not start if no loaded plugin provides one of them.  NULL if none. */
    const char *const *needs;
    /* The full names of the facts of other plugins that the plugin reads if a loaded plugin
     * provides them; the array ends with NULL.  A warning is logged at the start if a plugin is
     * loaded and has no such fact.  NULL if none. */
    const char *const *uses;
    /* The names of the counters of patchmark_count, [a-z][a-z0-9_]*, at most 8; the array ends with
     * NULL.  NULL if none. */
    const char *const *counters;

    /* Called once for each instance, after the configuration was checked and before any other
     * callback.  What it stores in *SELF is passed to every other callback; if it stores nothing,
     * or is NULL, INSTANCE is passed.  Runs on the main thread at the start, perhaps as root, and
     * on another thread on a reload.  Returns 0 on success.  Returns -1 on error, after a call of
     * patchmark_option_error or patchmark_log: patchmark then does not start, or on a reload keeps
     * the old configuration; close is not called.  May be NULL. */
    int (*open)(struct patchmark_instance *instance, void **self);

    /* Makes the plugin a classifier: called for each mail, while the MTA waits.  Reads MESSAGE,
     * sets facts that the plugin provides, and must not block.  Runs on a thread of the mail, at
     * once with other calls if TRAITS has PATCHMARK_PARALLEL.  Returns 0 on success, also if it set
     * no fact, and -1 if the plugin failed; malformed mail is not a failure.  Any other value is a
     * bug of the plugin and counts as a failure.  The core logs and counts a failure, the mail
     * passes, and 10 failures in a row disable the plugin until the next reload. */
    int (*classify)(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts);

    /* Makes the plugin a sink, which has no classify: delivers COUNT events, 1 to 200, oldest
     * first.  Runs on a thread that belongs to this sink; may block.  Returns the number of events,
     * from the first on, that the sink accepted for good.  The core offers the others again after a
     * pause. */
    size_t (*publish)(void *self, const struct patchmark_event *const *events, size_t count);

    /* Called once after the last call of another callback, on any thread, if open returned 0. Frees
     * SELF.  Not called when the daemon ends.  May be NULL. */
    void (*close)(void *self);

    /* Sinks: reads the events that this and other hosts delivered to the same place, oldest first,
     * from behind patchmark_feed_position on, and passes each to patchmark_feed_event.  Waits for
     * new events for at most 1 s.  Called repeatedly on a thread of its own, also while publish
     * runs.  Returns 0 on success, also if there was no event; 1 if there is nothing to follow, and
     * it is not called again; -1 on error, which it logs when the trouble starts, and it is called
     * again after a pause.  May be NULL. */
    int (*follow)(void *self, struct patchmark_feed *feed);

    /* Sinks that keep the state of series: writes the COUNT records STATES, each of the form that
     * patchmark_event has in `state`, without publishing an event.  Called when the place where the
     * sink keeps them has lost them.  Returns 0, or -1 on error, which it logs.  NULL if the sink
     * keeps no state. */
    int (*publish_state)(void *self, const char *const *states, size_t count);

    /* Sinks: the largest COUNT of a call of publish, 1 to 200; 0 means 200.  A sink that delivers
     * each event by a request of its own sets 1: an event that it has delivered is then
     * acknowledged at once, and those that it had no time for do not count as failed.  A plugin
     * with another value is refused. */
    size_t batch;
};

/* Defines patchmark_plugin, the only exported function, which fills the members that the macros
 * fill, and returns a pointer to P.  P is a static struct patchmark_plugin that is not const. */
#define PATCHMARK_PLUGIN(p)                                                             \
    PATCHMARK_EXTERN PATCHMARK_PUBLIC struct patchmark_plugin *patchmark_plugin(void);  \
    PATCHMARK_EXTERN PATCHMARK_PUBLIC struct patchmark_plugin *patchmark_plugin(void) { \
        (p).struct_size = sizeof(p);                                                    \
        (p).abi = PATCHMARK_ABI;                                                        \
        (p).fact_size = sizeof(struct patchmark_fact);                                  \
        (p).option_size = sizeof(struct patchmark_option);                              \
        return &(p);                                                                    \
    }

/* Does the same with a descriptor of the given members: PATCHMARK_DEFINE_PLUGIN(.name = "hello",
 * .version = "1", .summary = "labels mails", .classify = hello_classify).  In C++ it requires C++20
 * and the order of the members in the struct. */
#define PATCHMARK_DEFINE_PLUGIN(...)                                     \
    PATCHMARK_QUIETLY                                                    \
    static struct patchmark_plugin patchmark_descriptor = {__VA_ARGS__}; \
    PATCHMARK_AGAIN                                                      \
    PATCHMARK_PLUGIN(patchmark_descriptor)

/* A C++ compiler warns of members that are left out, a C compiler does not. */
#if defined(__cplusplus) && defined(__GNUC__)
#define PATCHMARK_QUIETLY          \
    _Pragma("GCC diagnostic push") \
        _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")
#define PATCHMARK_AGAIN _Pragma("GCC diagnostic pop")
#else
#define PATCHMARK_QUIETLY
#define PATCHMARK_AGAIN
#endif

/* ---- configuration and log ---------------------------------------------------------------- */

/* These functions may be called from every callback and on any thread.  NAME is a name in the
 * plugin's table of options.  A name that is not in the table is a bug of the plugin, which is
 * logged once.  Strings belong to the core and are valid as long as the instance. */

/* Returns the value of a BOOL option, or its fallback; false if it has neither. */
bool patchmark_option_bool(const struct patchmark_instance *instance, const char *name);
/* Returns the value of an INT option, or that of a DURATION option in seconds, or the fallback; 0
 * if it has neither. */
int64_t patchmark_option_int(const struct patchmark_instance *instance, const char *name);
/* Returns the value of a STRING option, or its fallback; NULL if it has neither. */
const char *patchmark_option_string(const struct patchmark_instance *instance, const char *name);
/* Returns the number of items of a LIST option; 0 if it has no value and no fallback. */
size_t patchmark_option_count(const struct patchmark_instance *instance, const char *name);
/* Returns item I of a LIST option, counted from 0; NULL if there is no such item. */
const char *patchmark_option_item(const struct patchmark_instance *instance, const char *name,
                                  size_t i);

/* Logs an error about the value of option NAME, with the file and line of the value or, if it is
 * not set, of the section.  For what the table cannot express; the plugin then returns -1 from
 * open.  FORMAT continues a sentence whose subject is the option, such as "must be an absolute
 * path".  May be called from open only. */
void patchmark_option_error(const struct patchmark_instance *instance, const char *name,
                            const char *format, ...) PATCHMARK_PRINTF(3, 4);

/* Checks the file PATH, an absolute path that the option NAME has, as the core checks the files of
 * plugins: the file, each folder above it and each symbolic link on the way must belong to root or
 * to the user who starts patchmark, and must not be writable by anyone else; a folder with the
 * sticky bit may be.  For a file whose author the plugin must trust, such as a script.  The result
 * is the same at the start, on a reload and with `serve --check`.  Returns true if so; false after
 * patchmark_option_error.  May be called from open only. */
bool patchmark_option_trusted(const struct patchmark_instance *instance, const char *name,
                              const char *path);

/* Declares that the plugin creates, writes or removes files in FOLDER, so that the daemon keeps the
 * right to write there when the option `confine` takes it away elsewhere.  FOLDER is copied.  At
 * most 8 folders for an instance; a further one is logged as a warning.  May be called from open
 * only. */
void patchmark_will_write(struct patchmark_instance *instance, const char *folder);

enum patchmark_level {
    PATCHMARK_ERROR = 3,   /* does not work until somebody repairs it; numbers as in syslog(3) */
    PATCHMARK_WARNING = 4, /* failed once */
    PATCHMARK_INFO = 6,    /* normal operation */
    PATCHMARK_DEBUG = 7,   /* for developers */
};

/* Logs one line; FORMAT, as in printf(3), has no newline.  The core adds the plugin's name, and
 * during open the place of its section, and writes each byte that is not printable ASCII as \xNN,
 * so arguments may be text from a mail.  May be called from every callback and on any thread. */
void patchmark_log(const struct patchmark_instance *instance, enum patchmark_level level,
                   const char *format, ...) PATCHMARK_PRINTF(3, 4);

/* Adds AMOUNT to the counter NAME, which is in the plugin's array `counters`, of this instance. The
 * metrics have it as patchmark_plugin_events_total with the labels plugin and what.  Of a sink,
 * "delivered", "refused" and "dropped" are what became of the events that it accepted; one without
 * "delivered" has delivered all of them.  A name that is not in the array is a bug of the plugin,
 * which is logged once.  May be called from every callback and on any thread. */
void patchmark_count(struct patchmark_instance *instance, const char *name, uint64_t amount);

/* Returns the name of this host, the value of the option `host`.  The string belongs to the core
 * and is valid as long as the instance.  May be called from every callback and on any thread. */
const char *patchmark_host(const struct patchmark_instance *instance);

/* ---- feeds -------------------------------------------------------------------------------- */
/* These functions may be called only from follow, on its thread. */

/* Returns the position up to which FEED was read: the POSITION of the last patchmark_feed_event
 * that returned true, also one before a restart.  "" if nothing was read yet.  Only the sink
 * interprets a position; it has at most 63 bytes of printable ASCII.  The string belongs to FEED
 * and changes with patchmark_feed_event. */
const char *patchmark_feed_position(const struct patchmark_feed *feed);
/* Returns where the sink begins while the position is "": the number of newest events to begin
 * with, or -1 to begin with the oldest event that is left. */
int64_t patchmark_feed_newest(const struct patchmark_feed *feed);
/* Returns true if FEED takes the events that this host delivered itself.  If false, the sink may
 * leave them out. */
bool patchmark_feed_own(const struct patchmark_feed *feed);
/* Passes one event and the position behind it to FEED.  EVENT and its strings belong to the caller
 * and need to be valid only during the call; its STRUCT_SIZE must be set, and SEQUENCE is ignored.
 * If EVENT is NULL, only the position moves.  POSITION is copied.  Returns true if FEED takes more
 * events.  Returns false if follow must return at once, also for a POSITION of more than 63 bytes,
 * which is a bug of the plugin and is logged; the position then stays as it was. */
bool patchmark_feed_event(struct patchmark_feed *feed, const char *position,
                          const struct patchmark_event *event);

/* ---- members of an event ------------------------------------------------------------------ */
/* These functions read the data of an event that the core passed to publish, or that
 * patchmark_event_read returned.  PATH names a member of the attribute "data" of the event, as the
 * schema of its type has it: "series.title", or "series.parts.0.title" with the number of an item,
 * counted from 0.  The JSON is parsed when the first of them is called for an event.  They may be
 * called until publish returns, on its thread; strings are valid as long. */

/* Returns the value of a string, UTF-8 without NUL; NULL if there is no such member, or if it has
 * another type. */
const char *patchmark_event_string(const struct patchmark_event *event, const char *path);
/* Returns the value of a whole number; FALLBACK if there is no such member, or if it has another
 * type. */
int64_t patchmark_event_int(const struct patchmark_event *event, const char *path,
                            int64_t fallback);
/* Returns the value of a truth value; false if there is no such member, or if it has another type.
 */
bool patchmark_event_bool(const struct patchmark_event *event, const char *path);
/* Returns the number of items of an array; 0 if there is no such member, or if it has another type.
 */
size_t patchmark_event_count(const struct patchmark_event *event, const char *path);
/* Returns item I, counted from 0, of an array of strings; NULL if there is no such item, or if it
 * has another type. */
const char *patchmark_event_item(const struct patchmark_event *event, const char *path, size_t i);

/* Returns an event whose JSON is a copy of JSON, and whose id, type, subject, list, series and
 * replay are those that JSON states, "" if it states none; for a sink that reads back what it has
 * delivered.  Returns NULL if JSON is not an object whose id is a string.
 * patchmark_event_free frees it.  May be called from every callback and on any thread. */
struct patchmark_event *patchmark_event_read(struct patchmark_text json);
/* Frees an event of patchmark_event_read, which may be NULL. */
void patchmark_event_free(struct patchmark_event *event);

/* ---- the message -------------------------------------------------------------------------- */
/* These functions may be called only from classify, on its thread.  All strings are valid UTF-8,
 * NUL-terminated, have no control bytes except tab, belong to MESSAGE and are valid until classify
 * returns.  None of these functions fails: each states what it returns if the mail has no value.
 *
 * If a list wrapped a mail as a whole into message/rfc822 (because of DMARC), fields and parts are
 * those of the mail inside, except fields that servers and list managers add, as Received and
 * List-Id. */

/* Returns the number of header fields called NAME, in any case. */
size_t patchmark_message_header_count(const struct patchmark_message *message, const char *name);
/* Returns the value of header field I called NAME, counted from 0 from the top: unfolded, and with
 * encoded words (RFC 2047) decoded.  NULL if there is no such field. */
const char *patchmark_message_header(const struct patchmark_message *message, const char *name,
                                     size_t i);
/* Returns the value of the first Subject; "" if the mail has none. */
static inline const char *patchmark_message_subject(const struct patchmark_message *message) {
    const char *subject = patchmark_message_header(message, "Subject", 0);
    return subject ? subject : "";
}

/* Returns the Message-ID (RFC 5322 3.6.4) without angle brackets, at most 250 bytes; "" if the mail
 * has none. */
const char *patchmark_message_id(const struct patchmark_message *message);
/* Returns the number of further Message-IDs of the same mail, at most 8: those that a server
 * replaced and kept in a field such as X-Microsoft-Original-Message-ID, and that of the mail that a
 * list wrapped as message/rfc822. */
size_t patchmark_message_other_id_count(const struct patchmark_message *message);
/* Returns further Message-ID I, counted from 0, without angle brackets; NULL if there is no such
 * Message-ID. */
const char *patchmark_message_other_id(const struct patchmark_message *message, size_t i);
/* Returns the number of Message-IDs to which the mail refers, at most 100. */
size_t patchmark_message_reference_count(const struct patchmark_message *message);
/* Returns Message-ID I, counted from 0, of those to which the mail refers, without angle brackets:
 * first those in In-Reply-To, then those in References from newest to oldest; each is there once.
 * NULL if there is no such Message-ID. */
const char *patchmark_message_reference(const struct patchmark_message *message, size_t i);
/* Returns the address of the sender, in lower case; "" if it is unknown, and two mails without
 * address do not have the same sender.  If a list rewrote From (because of DMARC), returns the
 * sender's own address as far as earlier mails or other header fields show it. */
const char *patchmark_message_sender(const struct patchmark_message *message);
/* Returns the display name of the same mailbox; "" if it is unknown. */
const char *patchmark_message_sender_name(const struct patchmark_message *message);
/* Returns the List-Id of the list through which alone the sender is known: the list rewrote From,
 * and only header fields of this mail show the sender.  "" if From itself, or an earlier copy of
 * the mail, shows the sender. */
const char *patchmark_message_sender_via(const struct patchmark_message *message);
/* Returns the List-Id (RFC 2919) of the first list to which the mail belongs, by its recipients or
 * its List-Id, without angle brackets, in lower case, open lists before closed ones; "" if it
 * belongs to none. */
const char *patchmark_message_list(const struct patchmark_message *message);
/* Returns true if the mail answers another one.  Returns false if it refers to no Message-ID, or if
 * it has no In-Reply-To and its only reference has the same host as its own Message-ID: some
 * mailers give a new mail a reference to its draft. */
bool patchmark_message_is_reply(const struct patchmark_message *message);
/* Returns the time of receipt in seconds since 1970-01-01 UTC; 0 if it is unknown. */
int64_t patchmark_message_received(const struct patchmark_message *message);

/* One leaf of the MIME tree (RFC 2045).  Later versions may append fields. */
struct patchmark_part {
    size_t struct_size;          /* the caller sets it to sizeof(struct patchmark_part) */
    const char *type;            /* such as "text/plain", in lower case */
    const char *filename;        /* "" if the part has none */
    struct patchmark_text bytes; /* a text part with the transfer encoding decoded, in the charset
                                  * of the mail; empty for other parts */
    struct patchmark_text text;  /* the same converted to valid UTF-8, with format=flowed (RFC 3676)
                                  * joined; lines end with LF or CR LF */
    int64_t truncated;           /* 1 if the part was cut at a limit, else 0 */
};

/* Returns the number of leaves of the MIME tree, at most 50. */
size_t patchmark_message_part_count(const struct patchmark_message *message);
/* Fills PART with leaf I, counted from 0 in the order of the mail, up to PART->struct_size bytes.
 * An attachment that is not text has no bytes and no text, unless it looks like text.  What PART
 * points to belongs to MESSAGE and is valid until classify returns.  Returns true if there is a
 * leaf I. */
bool patchmark_message_part(const struct patchmark_message *message, size_t i,
                            struct patchmark_part *part);

/* ---- text --------------------------------------------------------------------------------- */
/* Functions on struct patchmark_text.  They treat bytes as ASCII in every locale, and may be called
 * on any thread.  None of them copies, frees or fails: a text that one returns points into its
 * argument. */

/* Moves the next line from the start of *REST to *LINE, without its LF or CR LF.  Returns false if
 * *REST is empty; *LINE is then unchanged. */
bool patchmark_text_line(struct patchmark_text *rest, struct patchmark_text *line);

/* Returns true if C is a space or a tab. */
static inline bool patchmark_is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Returns true if C is one of 0 to 9. */
static inline bool patchmark_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Returns true if C is one of a to z or A to Z. */
static inline bool patchmark_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Returns true if C is a hexadecimal digit, in either case. */
static inline bool patchmark_is_hex(char c) {
    return patchmark_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Returns true if C is a letter or a digit, as above. */
static inline bool patchmark_is_alphanumeric(char c) {
    return patchmark_is_letter(c) || patchmark_is_digit(c);
}

/* Returns true if C is a byte of the string SET, which a NUL is not. */
static inline bool patchmark_is_one_of(char c, const char *set) {
    return c != '\0' && set != NULL && strchr(set, c) != NULL;
}

/* Returns the text from START up to, and not including, END, which points into the same text. */
static inline struct patchmark_text patchmark_text_between(const char *start, const char *end) {
    struct patchmark_text text = {start, (size_t)(end - start)};
    return text;
}

/* Returns the bytes of TEXT from offset FROM up to, and not including, offset TO.  The caller
 * ensures that FROM <= TO <= text.length. */
static inline struct patchmark_text patchmark_text_slice(struct patchmark_text text, size_t from,
                                                         size_t to) {
    struct patchmark_text slice = {from > 0 ? text.data + from : text.data, to - from};
    return slice;
}

/* Returns TEXT without its first LENGTH bytes.  The caller ensures that LENGTH <= text.length. */
static inline struct patchmark_text patchmark_text_skip(struct patchmark_text text, size_t length) {
    return patchmark_text_slice(text, length, text.length);
}

/* Returns TEXT without spaces and tabs at its end. */
static inline struct patchmark_text patchmark_text_trim_end(struct patchmark_text text) {
    while (text.length > 0 && patchmark_is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

/* Returns the number of spaces and tabs at the start of TEXT. */
static inline size_t patchmark_text_blanks(struct patchmark_text text) {
    size_t blanks = 0;
    while (blanks < text.length && patchmark_is_blank(text.data[blanks]))
        blanks++;
    return blanks;
}

/* Returns TEXT without spaces and tabs at its start. */
static inline struct patchmark_text patchmark_text_trim_start(struct patchmark_text text) {
    return patchmark_text_skip(text, patchmark_text_blanks(text));
}

/* Returns TEXT without spaces and tabs at both ends. */
static inline struct patchmark_text patchmark_text_trim(struct patchmark_text text) {
    return patchmark_text_trim_start(patchmark_text_trim_end(text));
}

/* Returns TEXT without the bytes of the string SET at its start. */
static inline struct patchmark_text patchmark_text_trim_start_of(struct patchmark_text text,
                                                                 const char *set) {
    while (text.length > 0 && patchmark_is_one_of(text.data[0], set))
        text = patchmark_text_skip(text, 1);
    return text;
}

/* Returns TEXT without the bytes of the string SET at its end. */
static inline struct patchmark_text patchmark_text_trim_end_of(struct patchmark_text text,
                                                               const char *set) {
    while (text.length > 0 && patchmark_is_one_of(text.data[text.length - 1], set))
        text.length--;
    return text;
}

/* Returns TEXT without the bytes of the string SET at both ends. */
static inline struct patchmark_text patchmark_text_trim_of(struct patchmark_text text,
                                                           const char *set) {
    return patchmark_text_trim_end_of(patchmark_text_trim_start_of(text, set), set);
}

/* Returns true if TEXT contains BYTE. */
static inline bool patchmark_text_has(struct patchmark_text text, char byte) {
    return text.length > 0 && memchr(text.data, byte, text.length) != NULL;
}

/* Returns true if TEXT starts with the bytes of PREFIX. */
static inline bool patchmark_text_starts(struct patchmark_text text, const char *prefix) {
    size_t length = patchmark_text_of(prefix).length;
    return length == 0 || (text.length >= length && memcmp(text.data, prefix, length) == 0);
}

/* Returns true if TEXT ends with the bytes of SUFFIX. */
static inline bool patchmark_text_ends(struct patchmark_text text, const char *suffix) {
    size_t length = patchmark_text_of(suffix).length;
    return length == 0 ||
           (text.length >= length && memcmp(text.data + text.length - length, suffix, length) == 0);
}

/* Returns true if TEXT has exactly the bytes of STRING. */
static inline bool patchmark_text_equals(struct patchmark_text text, const char *string) {
    return text.length == patchmark_text_of(string).length && patchmark_text_starts(text, string);
}

/* Returns true if TEXT starts with PREFIX; ASCII letters are equal in either case.  Compares the
 * first byte itself, because most texts differ there and strncasecmp is then not called. */
static inline bool patchmark_text_case_starts(struct patchmark_text text, const char *prefix) {
    size_t length = patchmark_text_of(prefix).length;
    if (length == 0 || text.length < length || ((text.data[0] ^ prefix[0]) & ~0x20) != 0)
        return length == 0;
    return strncasecmp(text.data, prefix, length) == 0;
}

/* Returns true if TEXT ends with SUFFIX; ASCII letters are equal in either case. */
static inline bool patchmark_text_case_ends(struct patchmark_text text, const char *suffix) {
    size_t length = patchmark_text_of(suffix).length;
    return length == 0 || (text.length >= length &&
                           strncasecmp(text.data + text.length - length, suffix, length) == 0);
}

/* Returns true if TEXT equals STRING; ASCII letters are equal in either case. */
static inline bool patchmark_text_case_equals(struct patchmark_text text, const char *string) {
    return text.length == patchmark_text_of(string).length &&
           patchmark_text_case_starts(text, string);
}

/* Returns true if A and B have the same bytes. */
static inline bool patchmark_text_same(struct patchmark_text a, struct patchmark_text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* Returns true if A and B are equal; ASCII letters are equal in either case. */
static inline bool patchmark_text_case_same(struct patchmark_text a, struct patchmark_text b) {
    return a.length == b.length && (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

/* Returns true if TEXT is one of WORDS, an array that ends with NULL; ASCII letters are equal in
 * either case. */
static inline bool patchmark_text_case_is_any(struct patchmark_text text,
                                              const char *const *words) {
    for (; words != NULL && *words != NULL; words++)
        if (patchmark_text_case_equals(text, *words))
            return true;
    return false;
}

/* ---- whose text it is --------------------------------------------------------------------- */

/* Where a line of a mail's text comes from. */
enum patchmark_origin {
    PATCHMARK_OWN = 1,   /* the sender wrote it; also empty lines between his */
    PATCHMARK_QUOTED,    /* quoted from another mail, with marks such as "> " or without */
    PATCHMARK_HEAD,      /* introduces a quotation: "On ..., somebody wrote:", "From: ..." */
    PATCHMARK_DIFF,      /* of a diff that is not quoted */
    PATCHMARK_SIGNATURE, /* below the sender's text: signature, or footer of a list */
};

/* A walk over the lines of one text.  Zero-initialized except for REST, the text that was not
 * visited yet, as patchmark_lines_of does it; the other members are private to the core. */
struct patchmark_lines {
    struct patchmark_text rest;
    struct patchmark_text above;
    const char *head_end, *mark, *fields_end;
    uint8_t state, is_indented, has_own, is_nested, reserved[4];
    uintptr_t unused[3];
};

/* Returns a walk over the lines of TEXT, which must stay valid as long as the walk. */
static inline struct patchmark_lines patchmark_lines_of(struct patchmark_text text) {
    struct patchmark_lines lines;
    memset(&lines, 0, sizeof(lines));
    lines.rest = text;
    return lines;
}

/* Moves the next line of LINES to *LINE, without its LF or CR LF, and sets *ORIGIN.  The line
 * points into the text.  A quotation is recognized by its marks or by its head, in any language:
 * lines "Word: value" that name a mailbox and a date, a line of dashes around words, or one to
 * three lines that name a date or a mailbox and end with a colon.  Below a head without marks, the
 * rest of the text is quoted.  Reads ahead in the text; the time for a whole text is linear in its
 * length.  Returns false at the end of the text; *LINE and *ORIGIN are then unchanged.  May be
 * called on any thread. */
bool patchmark_lines_next(struct patchmark_lines *lines, struct patchmark_text *line,
                          enum patchmark_origin *origin);

/* ---- facts -------------------------------------------------------------------------------- */

/* These functions may be called only from classify, on its thread. */

/* Set the fact KEY, a key of the plugin's array `provides`, without the plugin's name.  Each fact
 * can be set once for a mail.  VALUE is copied.  A string must be UTF-8 without NUL; one of more
 * than 1,024 bytes is cut between two characters.  Return 0, or -1 if the plugin does not provide
 * KEY, if KEY has another type, or if it was set before; that is a bug of the plugin and is logged.
 */
int patchmark_fact_set_bool(struct patchmark_facts *facts, const char *key, bool value);
int patchmark_fact_set_int(struct patchmark_facts *facts, const char *key, int64_t value);
int patchmark_fact_set_text(struct patchmark_facts *facts, const char *key,
                            struct patchmark_text value);
static inline int patchmark_fact_set_string(struct patchmark_facts *facts, const char *key,
                                            const char *value) {
    return patchmark_fact_set_text(facts, key, patchmark_text_of(value));
}

/* Append one string to the list KEY; may be called repeatedly.  VALUE is copied and cut as above. A
 * string beyond the 1,000th is left out, and 0 is returned.  Return 0, or -1 if the plugin does not
 * provide KEY or if KEY is not a list; that is a bug of the plugin and is logged. */
int patchmark_fact_add_text(struct patchmark_facts *facts, const char *key,
                            struct patchmark_text value);
static inline int patchmark_fact_add_string(struct patchmark_facts *facts, const char *key,
                                            const char *value) {
    return patchmark_fact_add_text(facts, key, patchmark_text_of(value));
}

/* Give the mail a label, or a flag: a word of 1 to 64 bytes that are letters, digits or one of
 * "-._+/:", which the header field Labels or Flags and the events then have.  A word of other bytes
 * is in neither.  The word is appended to the list "labels" or "flags" of the plugin, as
 * patchmark_fact_add_text does; one that is in the list already is not appended again.  Return 0,
 * or -1 outside classify. */
int patchmark_add_label_text(struct patchmark_facts *facts, struct patchmark_text label);
int patchmark_add_flag_text(struct patchmark_facts *facts, struct patchmark_text flag);
static inline int patchmark_add_label(struct patchmark_facts *facts, const char *label) {
    return patchmark_add_label_text(facts, patchmark_text_of(label));
}
static inline int patchmark_add_flag(struct patchmark_facts *facts, const char *flag) {
    return patchmark_add_flag_text(facts, patchmark_text_of(flag));
}

/* Return true if a plugin that ran before, or this one, has given the mail the label or the flag.
 * A plugin that asks for those of all others has the trait PATCHMARK_RUNS_LAST. */
bool patchmark_has_label(const struct patchmark_facts *facts, const char *label);
bool patchmark_has_flag(const struct patchmark_facts *facts, const char *flag);

/* Explains a decision to people, for `patchmark classify --explain`.  WHAT names the decision:
 * "kind", "series", "topic", "supersedes", or the name of the plugin.  FORMAT, as in printf(3), has
 * no newline and continues a sentence whose subject is the decision: which rule made it, and what
 * of the mail it applied to.  The text is cut as the string of a fact is; of a mail, the first 100
 * are kept.  Does nothing unless explanations were asked for, so arguments should cost nothing. */
void patchmark_explain(struct patchmark_facts *facts, const char *what, const char *format, ...)
    PATCHMARK_PRINTF(3, 4);

/* The functions below read a fact; NAME is its full name, such as "subject.part".  It is one of the
 * plugin's own, or one in the plugin's arrays `needs` and `uses`, or the plugin has the trait
 * PATCHMARK_RUNS_LAST: another one may be set after the plugin has run, which is a bug of the
 * plugin that is logged once.  Strings belong to FACTS and are valid until classify returns. */

/* Returns true if the fact is set. */
bool patchmark_fact_is_set(const struct patchmark_facts *facts, const char *name);
/* Returns the value of a bool; false if the fact is not set or has another type. */
bool patchmark_fact_bool(const struct patchmark_facts *facts, const char *name);
/* Returns the value of an int; FALLBACK if the fact is not set or has another type. */
int64_t patchmark_fact_int(const struct patchmark_facts *facts, const char *name, int64_t fallback);
/* Returns the value of a string; NULL if the fact is not set or has another type. */
const char *patchmark_fact_string(const struct patchmark_facts *facts, const char *name);
/* Returns the number of strings in a list; 0 if the fact is not set or has another type. */
size_t patchmark_fact_count(const struct patchmark_facts *facts, const char *name);
/* Returns string I of a list, counted from 0; NULL if there is no such string. */
const char *patchmark_fact_item(const struct patchmark_facts *facts, const char *name, size_t i);

/* Describes a failure: classify returns -1, and the line that the core logs about the mail ends
 * with the text, which has at most 1,023 bytes.  FORMAT is as in printf(3); arguments may be text
 * from a mail.  Returns -1, so that classify can return it. */
int patchmark_fail(struct patchmark_facts *facts, const char *format, ...) PATCHMARK_PRINTF(2, 3);

/* Declares a fact that this instance may set, beside those of the array `provides`: for a plugin
 * whose facts depend on its configuration.  KEY is copied; it matches [a-z][a-z0-9_]*, with at most
 * 64 bytes.  TYPE is BOOL, INT, STRING or LIST.  May be called from open only.  Returns 0; -1,
 * after an error was logged, if the instance has a fact of that name, KEY or TYPE is invalid, or
 * all plugins together declare more than 256 facts. */
int patchmark_declare_fact(struct patchmark_instance *instance, const char *key,
                           enum patchmark_type type);

/* Facts by name.  These functions may be called from every callback of a classifier and on any
 * thread. */

/* Returns the type of the fact with the full name NAME; PATCHMARK_NONE if no plugin that is loaded
 * provides it. */
enum patchmark_type patchmark_fact_type(const struct patchmark_instance *instance,
                                        const char *name);
/* Returns the full name of fact I, counted from 0, of those that all loaded plugins provide, those
 * of one plugin next to each other; NULL if there is no such fact.  The string is valid as long as
 * the instance. */
const char *patchmark_fact_name(const struct patchmark_instance *instance, size_t i);

/* ---- the index ---------------------------------------------------------------------------- */
/* What the store recorded of earlier mails.  These functions may be called only from classify, on
 * its thread, by a plugin with the trait PATCHMARK_USES_INDEX.  Strings belong to MESSAGE and are
 * valid until classify returns.  If the plugin lacks the trait, or the store cannot be used, they
 * return false or 0, as if there were no earlier mails. */

/* An earlier mail.  Later versions may append fields. */
struct patchmark_known {
    size_t struct_size; /* the caller sets it to sizeof(struct patchmark_known) */
    const char *series; /* the series id; "" if the mail belongs to no series */
    const char *sender; /* what patchmark_message_sender returned for it */
    const char *kind;   /* the fact kind.kind */
    int64_t part;       /* the part number in the series; -1 if it has none, as an answer */
    const char *via;    /* what patchmark_message_sender_via returned for it */
    const char *topic;  /* the fact series.topic of the mail, if copies of it may follow; else "" */
    const char *supersedes; /* the fact series.supersedes of the mail; "" if it was not set */
    const char *how;        /* the fact series.how; "" if it was not set */
    const char *scope;      /* the fact series.scope; "" if it was not set */
    const char *same_as;    /* the first item of the fact series.same_as; "" if there was none */
};

/* Looks up an earlier mail by its Message-ID, without angle brackets, and fills KNOWN up to
 * KNOWN->struct_size bytes.  For the Message-ID of MESSAGE itself, fills in what an earlier pass of
 * the same mail recorded, never a mail of another sender; for another one that several senders
 * used, the mail of the sender of MESSAGE, or else the first one.  Returns false if there is none.
 */
bool patchmark_index_message(const struct patchmark_message *message, const char *message_id,
                             struct patchmark_known *known);

/* A series, as far as its mails were recorded.  Later versions may append fields. */
struct patchmark_series {
    size_t struct_size; /* the caller sets it to sizeof(struct patchmark_series) */
    const char *id;     /* the series id */
    const char *topic;  /* the topic id */
    const char *author; /* the sender of its first mail */
    const char *title;  /* the title of its cover, else of its first mail */
    int64_t version;    /* -1 if none of its mails states a version */
    int64_t total;      /* the number of parts; -1 if none of its mails states it */
    int64_t opened;     /* time of receipt of its first mail, in seconds since 1970-01-01 UTC */
    int64_t changed;    /* time of receipt of its newest mail, likewise */
    int64_t rfc;        /* 1 if it was posted as an RFC, else 0 */
    const char *via;    /* the list through which alone its author is known, see
                         * patchmark_message_sender_via; "" if the author posted it */
    const char *lists;  /* the List-Ids of the lists on which its mails were seen, separated by
                         * spaces; "" if there are none */
    const char *labels; /* the labels of its cover and parts, separated by spaces; "" if there are
                         * none */
    const char *superseded_by; /* the id of the newer series that supersedes all of it; "" if there
                                * is none */
};

/* Looks up a series by its id and fills SERIES up to SERIES->struct_size bytes.  If the series was
 * joined with another one, fills in that other one.  Returns false if the id is unknown. */
bool patchmark_index_series(const struct patchmark_message *message, const char *id,
                            struct patchmark_series *series);
/* Returns true if an earlier mail with another Message-ID than that of MESSAGE has the number PART
 * in the series whose id is SERIES. */
bool patchmark_index_taken(const struct patchmark_message *message, const char *series,
                           int64_t part);
/* Looks up the series that were recorded under KEY and fills the array FOUND with them, newest
 * first, each once, at most MAX and at most 64.  The caller sets struct_size in the first element
 * of FOUND; it is the size of each element.  Returns the number of elements that were filled.  The
 * keys of a series are the list fact series.keys of its mails. */
size_t patchmark_index_find(const struct patchmark_message *message, const char *key,
                            struct patchmark_series *found, size_t max);
/* Returns how many of the COUNT strings NOTES were recorded with a mail of the series whose id is
 * SERIES; 0 if the series is unknown.  The notes of a mail are its list fact series.notes.  Notes
 * cost less than keys, but can be looked up only in a series whose id is known. */
size_t patchmark_index_shared(const struct patchmark_message *message, const char *series,
                              const char *const *notes, size_t count);

/* ---- hashes -------------------------------------------------------------------------------- */

/* SHA-1, as git uses it, over any number of pieces.  May be called on any thread; one hash may be
 * used by one thread at a time. */
struct patchmark_sha1;
/* Returns a new hash, which patchmark_sha1_end frees.  Never NULL: the process ends if memory runs
 * out. */
struct patchmark_sha1 *patchmark_sha1_begin(void);
/* Adds the bytes of PIECE to the hash; they are not kept. */
void patchmark_sha1_add(struct patchmark_sha1 *hash, struct patchmark_text piece);
/* Writes the 20 bytes of the digest to DIGEST and frees HASH. */
void patchmark_sha1_end(struct patchmark_sha1 *hash, unsigned char digest[20]);

/* ---- ids ---------------------------------------------------------------------------------- */

/* The size of an id in bytes: a prefix of 3 bytes, 16 characters and the NUL. */
#define PATCHMARK_ID_SIZE 20

/* Writes an id, NUL-terminated, to ID: PREFIX, of which at most 3 bytes are used ("s1-" for series,
 * "t1-" for topics), and 16 characters, which are the lower-case base32 (RFC 4648) of the first 80
 * bits of SHA-256 over the bytes of TEXT.  May be called on any thread. */
void patchmark_id(const char *prefix, struct patchmark_text text, char id[PATCHMARK_ID_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
