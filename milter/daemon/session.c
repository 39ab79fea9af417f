/* SPDX-License-Identifier: BSD-2-Clause
 *
 * session.c - see session.h.
 *
 * Owns one struct session for each connection; it is allocated at negotiation or with the first
 * mail and freed at close, and its memory is used again for each mail.
 *
 * Properties of libmilter that this file depends on:
 *   - The callbacks of one connection run on different threads of a pool, so no data is
 *     thread-local.
 *   - A mail can end without any callback, so MAIL FROM also resets the session.
 *   - After Sendmail's QUIT_NC, libmilter closes the session and continues on the same connection
 *     without a new negotiation, so the results of the last negotiation are also kept for the
 *     process.
 *   - If the MTA does not support that a callback sends no reply (the NR bits), libmilter sends the
 *     reply itself, so the same bits are requested from every MTA.
 *   - If SKIP is the reply to a last chunk that came together with the end of the body, libmilter
 *     loses the end.  So SKIP is returned only for full chunks, which another one always follows.
 */
#include "daemon/session.h"

#include "daemon/envelope.h"
#include "daemon/mail-log.h"
#include "mail/bounds.h"
#include "pipeline/bounds.h"
#include "pipeline/forged-headers.h"
#include "pipeline/metrics.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/socket.h"

#include <errno.h>
#include <inttypes.h>
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define FULL_CHUNK  65535         /* the size of the chunks that MTAs split bodies into, in bytes */
#define PACKET_SIZE (1024 * 1024) /* over libmilter's default, 64 KiB, it drops the connection */
#define BACKLOG     128
/* The time for the MTA to send the rest of a packet, or to read a reply.  libmilter's default of
 * 7,210 s would keep the connection of a dead MTA for two hours. */
#define TIMEOUT_SECONDS    600
#define STOP_DELAY_SECONDS 1  /* the delay of a mail that begins while the daemon stops */
#define REPLY_MS           20 /* the time in which libmilter writes the reply of a callback */

/* The protocol steps that are requested from every MTA.  They must be constant, because libmilter
 * keeps the NO bits in one table for all connections. */
#define STEPS_WANTED \
    (SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_SKIP | SMFIP_HDR_LEADSPC)
/* Only steps that have a callback here: for the others libmilter replies itself, and would log an
 * unexpected reply to syslog once for each mail. */
#define STEPS_NO_REPLY (SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR)
#define ACTIONS_WANTED (SMFIF_ADDHDRS | SMFIF_CHGHDRS)

/* Whether the text of a mail is kept. */
enum text_state {
    TEXT_UNDECIDED, /* no header field and no body has arrived yet */
    TEXT_KEPT,      /* the mail is one of those in work */
    TEXT_SKIPPED    /* too many mails are in work: this one passes unread */
};

struct session {
    struct mail mail;
    struct pipeline *pipeline; /* set from MAIL FROM to the end of the mail, else NULL */
    struct store *store;
    struct envelope envelope;
    struct forged_headers forged_headers;
    struct mail_names names; /* of a mail that is not read */
    enum text_state text;
    bool forged;       /* fields under the prefix are not those of the first pass */
    uint64_t protocol; /* what was negotiated, see protocol_of */
};

static struct {
    pthread_mutex_t lock; /* protects pipeline and store */
    struct pipeline *pipeline;
    struct store *store;
    atomic_uint_least64_t protocol; /* as in the session; from the last negotiation */
    atomic_uint answering;          /* mails that have arrived completely and are not answered */
    atomic_uint in_work;            /* mails whose text is kept */
    atomic_bool full;               /* the limit was logged, and more than half of it is in use */
    atomic_bool stopping;
    sem_t parse_slots; /* limits the mails that are parsed at once */
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .protocol = (uint64_t)ACTIONS_WANTED << 32};

/* ---- start and reset of a session --------------------------------------------------------- */

/* Counts one more mail in work.  Returns false, and counts it as unread, if LIMIT mails are in
 * work. */
static bool work_begin(unsigned limit) {
    if (atomic_fetch_add(&shared.in_work, 1) < limit)
        return true;
    atomic_fetch_sub(&shared.in_work, 1);
    metrics_add(METRICS_UNREAD);
    if (!atomic_exchange(&shared.full, true))
        log_warning("%u mail%s in work, the limit set by max_mails; mails beyond it pass "
                    "unread; raise max_mails if this happens often",
                    limit, limit == 1 ? " is" : "s are");
    return false;
}

static void work_end(unsigned limit) {
    if (atomic_fetch_sub(&shared.in_work, 1) <= limit / 2 && atomic_load(&shared.full) &&
        atomic_exchange(&shared.full, false))
        log_info("mails are read again; passed unread since the start: %" PRIu64,
                 metrics_get(METRICS_UNREAD));
}

/* Returns the configuration with which the mail began. */
static const struct configuration *configuration_of(const struct session *session) {
    return pipeline_configuration(session->pipeline);
}

static unsigned work_limit(const struct session *session) {
    return (unsigned)configuration_of(session)->max_mails;
}

static void session_reset(struct session *session) {
    mail_reset(&session->mail);
    if (session->text == TEXT_KEPT)
        work_end(work_limit(session));
    session->text = TEXT_UNDECIDED;
    pipeline_release(session->pipeline);
    session->pipeline = NULL;
    forged_headers_reset(&session->forged_headers);
    *session->names.list_id = *session->names.message_id = '\0';
    session->forged = false;
}

static void session_free(struct session *session) {
    if (!session)
        return;
    session_reset(session);
    mail_free(&session->mail);
    forged_headers_free(&session->forged_headers);
    free(session);
}

/* Returns the session of the connection, which is allocated if there is none yet; NULL if memory
 * runs out: the mail then passes unread. */
static struct session *session_get(SMFICTX *context) {
    struct session *session = smfi_getpriv(context);

    if (session)
        return session;
    session = calloc(1, sizeof(*session));
    if (!session || mail_init(&session->mail) < 0) {
        free(session);
        return NULL;
    }
    session->protocol = atomic_load(&shared.protocol);
    smfi_setpriv(context, session);
    return session;
}

/* Starts a mail: resets the session, and sets the pipeline that is current now. */
static void session_begin(SMFICTX *context) {
    struct session *session = session_get(context);

    if (!session)
        return;
    session_reset(session);
    pthread_mutex_lock(&shared.lock);
    session->pipeline = pipeline_keep(shared.pipeline);
    session->store = shared.store;
    pthread_mutex_unlock(&shared.lock);
    envelope_begin(&session->envelope, configuration_of(session),
                   smfi_getsymval(context, (char *)"{auth_authen}"), &session->mail);
}

void session_use(struct pipeline *pipeline, struct store *store) {
    struct pipeline *old;

    pthread_mutex_lock(&shared.lock);
    old = shared.pipeline;
    shared.pipeline = pipeline;
    shared.store = store;
    pthread_mutex_unlock(&shared.lock);
    pipeline_release(old);
}

/* ---- negotiation, headers, body ----------------------------------------------------------- */

/* Returns what an MTA that offers ACTIONS and STEPS allows, as one number, which is read and
 * written at once: its protocol steps, and above them its actions. */
static uint64_t protocol_of(unsigned long actions, unsigned long steps) {
    return (uint64_t)(actions & ACTIONS_WANTED) << 32 | (steps & STEPS_WANTED);
}

/* The MTA supports SKIP. */
static bool can_skip(const struct session *session) {
    return session->protocol & SMFIP_SKIP;
}

/* The value of a header field starts with the space after the colon. */
static bool has_leading_space(const struct session *session) {
    return session->protocol & SMFIP_HDR_LEADSPC;
}

/* Returns true if the MTA allows ACTION, one of ACTIONS_WANTED. */
static bool can_do(const struct session *session, unsigned long action) {
    return session->protocol >> 32 & action;
}

/* Warns about an MTA that offers ACTIONS, of which some are missing: once an hour for each set of
 * them, as an MTA connects again and again. */
static void actions_check(unsigned long actions) {
    static struct log_repeated repeated[3];
    bool add = actions & SMFIF_ADDHDRS, change = actions & SMFIF_CHGHDRS;

    if (!add || !change)
        log_repeated(&repeated[add + 2 * change], PATCHMARK_WARNING,
                     "the MTA does not allow adding or deleting headers (it offers actions 0x%lx); "
                     "%s; logged once an hour",
                     actions, add ? "forged ones stay on the mails" : "mails pass without headers");
}

static sfsistat on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
                             unsigned long unused2, unsigned long unused3,
                             unsigned long *actions_out, unsigned long *steps_out,
                             unsigned long *unused2_out, unsigned long *unused3_out) {
    struct session *session;

    (void)unused2;
    (void)unused3;
    actions_check(actions);
    *actions_out = actions & ACTIONS_WANTED;
    *steps_out = (steps & STEPS_WANTED) | STEPS_NO_REPLY;
    *unused2_out = *unused3_out = 0;
    atomic_store(&shared.protocol, protocol_of(actions, steps));
    /* Another connection may have stored its own by now. */
    session = session_get(context);
    if (session)
        session->protocol = protocol_of(actions, steps);
    return SMFIS_CONTINUE;
}

/* The client stays that of the connection until the next call, which follows QUIT_NC. */
static sfsistat on_connect(SMFICTX *context, char *name, _SOCK_ADDR *client) {
    struct session *session = session_get(context);

    (void)name;
    if (session)
        envelope_connect(&session->envelope, client);
    return SMFIS_NOREPLY;
}

static sfsistat on_envfrom(SMFICTX *context, char **arguments) {
    (void)arguments;
    /* Mails that began earlier must be answered before the daemon ends. */
    if (atomic_load(&shared.stopping))
        nanosleep(&(struct timespec){.tv_sec = STOP_DELAY_SECONDS}, NULL);
    session_begin(context);
    return SMFIS_NOREPLY;
}

static sfsistat on_envrcpt(SMFICTX *context, char **arguments) {
    struct session *session = smfi_getpriv(context);

    if (session && session->pipeline)
        envelope_recipient(&session->envelope, configuration_of(session), arguments[0],
                           &session->mail);
    return SMFIS_NOREPLY;
}

/* Returns true if the text of the mail is kept.  The first call for a mail decides that: with its
 * first header field, else with its body or its end. */
static bool text_is_kept(struct session *session) {
    if (session->text == TEXT_UNDECIDED)
        session->text = work_begin(work_limit(session)) ? TEXT_KEPT : TEXT_SKIPPED;
    return session->text == TEXT_KEPT;
}

static sfsistat on_header(SMFICTX *context, char *name, char *value) {
    struct session *session = smfi_getpriv(context);

    if (!session || !session->pipeline)
        return SMFIS_NOREPLY;
    if (envelope_is_exempt(&session->envelope)) {
        mail_names_note(&session->names, name, value);
        return SMFIS_NOREPLY;
    }
    forged_headers_note(&session->forged_headers, configuration_of(session)->prefix, name, value);
    if (text_is_kept(session))
        message_add_header(session->mail.message, name, value);
    else
        mail_names_note(&session->names, name, value);
    return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *context, unsigned char *data, size_t length) {
    struct session *session = smfi_getpriv(context);

    if (session && session->pipeline &&
        (envelope_is_exempt(&session->envelope) || !text_is_kept(session) ||
         !message_add_body(session->mail.message, data, length)) &&
        can_skip(session) && length == FULL_CHUNK)
        return SMFIS_SKIP;
    return SMFIS_CONTINUE;
}

/* ---- the end of a mail -------------------------------------------------------------------- */

struct deletion {
    SMFICTX *context;
    bool allowed; /* the MTA offers the action */
    size_t refused;
};

static void field_delete(void *argument, const char *name, int index) {
    struct deletion *deletion = argument;

    if (!deletion->allowed ||
        smfi_chgheader(deletion->context, (char *)name, index, NULL) != MI_SUCCESS)
        deletion->refused++;
}

/* Deletes the fields under the prefix that the mail arrived with.  QUEUE_ID may be NULL.  Returns
 * false if there are too many: the others stay, and patchmark adds none. */
static bool forged_delete(SMFICTX *context, struct session *session, const char *queue_id) {
    static struct log_repeated refused, too_many;
    const struct forged_headers *forged_headers = &session->forged_headers;
    struct deletion deletion = {.context = context, .allowed = can_do(session, SMFIF_CHGHDRS)};
    const char *prefix = configuration_of(session)->prefix;
    size_t left;

    queue_id = queue_id ? queue_id : "-";
    session->forged = forged_headers->total > 0 &&
                      !(session->mail.local && forged_headers_can_be_own(forged_headers));
    left = forged_headers_delete(forged_headers, field_delete, &deletion);
    if (deletion.refused > 0 && deletion.allowed)
        log_repeated(&refused, PATCHMARK_WARNING,
                     "%s: the MTA refused to delete %zu header fields %s*; they stay on the mail",
                     queue_id, deletion.refused, prefix);
    if (left > 0)
        log_repeated(&too_many, PATCHMARK_WARNING,
                     "%s: %zu of %zu header fields %s* stay on the mail, and none is added; let "
                     "the MTA delete them before the milter reads them, as header_checks in "
                     "patchmark-headers(7) does",
                     queue_id, left, forged_headers->total, prefix);
    return left == 0;
}

/* Inserts the header fields of the mail at index 1, below the Received field of the MTA, from the
 * last to the first, because each insertion moves the fields that were inserted before it down.
 * Returns the number of those that the MTA accepted. */
static size_t headers_insert(SMFICTX *context, const struct session *session) {
    static struct log_repeated refused;
    const struct mail *mail = &session->mail;
    size_t written = 0;

    for (size_t i = mail->header_count; i > 0; i--) {
        const struct mail_header *header = &mail->headers[i - 1];
        char value[1100]; /* LIMIT_HEADERS_WRITTEN and a space */

        snprintf(value, sizeof(value), "%s%s", has_leading_space(session) ? " " : "",
                 header->value);
        if (smfi_insheader(context, 1, (char *)header->name, value) == MI_SUCCESS)
            written++;
        else
            log_repeated(&refused, PATCHMARK_WARNING,
                         "the MTA refused to insert %s; the mail passes without it", header->name);
    }
    return written;
}

/* A slot is not held during writes to the MTA, which may be slow to read. */
static void parse_slot_acquire(void) {
    while (sem_wait(&shared.parse_slots) < 0 && errno == EINTR)
        ;
}

static void parse_slot_release(void) {
    sem_post(&shared.parse_slots);
}

/* ADD is true if header fields may be added. */
static void mail_finish(SMFICTX *context, struct session *session, bool add, const char *queue_id) {
    struct mail *mail = &session->mail;
    struct mail_outcome outcome = {.queue_id = queue_id};
    int64_t start = clock_microseconds();

    if (!pipeline_recall(session->pipeline, mail)) {
        parse_slot_acquire();
        message_parse(mail->message, (int64_t)time(NULL));
        pipeline_run(session->pipeline, session->store, mail);
        parse_slot_release();
    }
    if (!can_do(session, SMFIF_ADDHDRS))
        outcome.headers = MAIL_HEADERS_ACTIONS;
    else if (!add)
        outcome.headers = MAIL_HEADERS_FORGED;
    else
        outcome.written = headers_insert(context, session);
    if (outcome.headers == MAIL_HEADERS_WRITTEN && outcome.written == 0 && mail->header_count > 0)
        outcome.headers = MAIL_HEADERS_REFUSED;
    outcome.forged = session->forged ? session->forged_headers.total : 0;
    outcome.microseconds = clock_microseconds() - start;
    metrics_mail(mail, outcome.microseconds);
    mail_log(mail, &outcome);
}

static sfsistat on_eom(SMFICTX *context) {
    struct session *session = smfi_getpriv(context);
    const char *queue_id = smfi_getsymval(context, (char *)"i");
    enum envelope_exempt exempt;
    bool add;

    if (!session || !session->pipeline)
        return SMFIS_CONTINUE;
    atomic_fetch_add(&shared.answering, 1);
    exempt = envelope_is_exempt(&session->envelope);
    if (exempt) {
        metrics_add(METRICS_EXEMPT);
    } else {
        add = forged_delete(context, session, queue_id);
        if (session->forged)
            metrics_add(METRICS_FORGED);
    }
    if (!exempt && text_is_kept(session))
        mail_finish(context, session, add, queue_id);
    else
        mail_log_unread(&session->mail, &session->names, exempt, queue_id);
    session_reset(session);
    metrics_add(METRICS_ANSWERED);
    atomic_fetch_sub(&shared.answering, 1);
    return SMFIS_CONTINUE;
}

static sfsistat on_abort(SMFICTX *context) {
    struct session *session = smfi_getpriv(context);

    if (session)
        session_reset(session);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context) {
    session_free(smfi_getpriv(context));
    smfi_setpriv(context, NULL);
    return SMFIS_CONTINUE;
}

/* ---- start and end of the filter ----------------------------------------------------------- */

int session_listen(const char *socket) {
    struct smfiDesc description = {.xxfi_name = (char *)"patchmark",
                                   .xxfi_version = SMFI_VERSION,
                                   .xxfi_flags = ACTIONS_WANTED,
                                   .xxfi_connect = on_connect,
                                   .xxfi_envfrom = on_envfrom,
                                   .xxfi_envrcpt = on_envrcpt,
                                   .xxfi_header = on_header,
                                   .xxfi_body = on_body,
                                   .xxfi_eom = on_eom,
                                   .xxfi_abort = on_abort,
                                   .xxfi_close = on_close,
                                   .xxfi_negotiate = on_negotiate};
    mode_t mask;
    int result;

    if (socket_make_room(socket) < 0)
        return -1;
    sem_init(&shared.parse_slots, 0, LIMIT_MAILS_PARSED);
    if (smfi_register(description) != MI_SUCCESS || smfi_setconn((char *)socket) != MI_SUCCESS) {
        log_error("socket %s: libmilter does not accept this address; check the option socket",
                  socket);
        return -1;
    }
    smfi_setmaxdatasize(PACKET_SIZE - 1);
    smfi_settimeout(TIMEOUT_SECONDS);
    smfi_setbacklog(BACKLOG);
    mask = umask(0177); /* nobody else connects to a unix socket before socket_set_access */
    errno = 0;
    result = smfi_opensocket(false);
    umask(mask);
    if (result != MI_SUCCESS) {
        log_error("socket %s: cannot listen on it: %s%s", socket,
                  errno ? strerror(errno) : "libmilter logged the reason to the mail log",
                  errno == EADDRINUSE && strncmp(socket, "inet", 4) == 0
                      ? "; another program listens there, see `ss -ltnp`"
                      : "");
        return -1;
    }
    socket_set_nodelay(socket);
    return 0;
}

int session_run(void) {
    if (smfi_main() == MI_SUCCESS)
        return 0;
    log_error("libmilter failed: %s; see also its lines in the mail log", strerror(errno));
    return -1;
}

/* Returns the number of mails that have begun and are not answered.  A mail that passes unread is
 * only in the second of the two counts. */
static unsigned mails_left(void) {
    unsigned in_work = atomic_load(&shared.in_work), answering = atomic_load(&shared.answering);

    return in_work > answering ? in_work : answering;
}

unsigned session_drain(unsigned milliseconds) {
    unsigned left;

    atomic_store(&shared.stopping, true);
    for (; (left = mails_left()) > 0 && milliseconds > 10; milliseconds -= 10)
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    nanosleep(&(struct timespec){.tv_nsec = REPLY_MS * 1000000}, NULL);
    return left;
}

unsigned session_in_work(void) {
    return atomic_load(&shared.in_work);
}

unsigned session_answering(void) {
    return atomic_load(&shared.answering);
}
