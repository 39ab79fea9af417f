/* SPDX-License-Identifier: BSD-2-Clause
 *
 * session.c - see session.h.
 *
 * Owns: one struct session for each connection, made with its first mail and freed at close, in
 * which everything of a mail is used again for the next.
 *
 * libmilter's ways that shaped this file: the callbacks of one connection run on different threads
 * of a pool, so nothing is thread-local.  A mail can end without any callback, so MAIL FROM resets
 * too.  Sendmail's QUIT_NC closes and goes on without new negotiation, so what negotiation taught
 * is also kept process-wide.  Replies that we say we do not give (NR bits) libmilter fakes where
 * the MTA does not know them, so the same is asked of every MTA.  A SKIP answered to a last chunk
 * that came together with the end of the body would swallow the end, so only full chunks, which
 * another always follows, are answered so.
 */
#include "daemon/session.h"

#include "mail/bounds.h"
#include "pipeline/annotate.h"
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

#define FULL_CHUNK  65535         /* what MTAs cut bodies into */
#define PACKET_SIZE (1024 * 1024) /* libmilter's own limit, 64 KiB, drops the connection */
#define BACKLOG     128
/* That the MTA has to send what it has begun to send, or to read what it is sent; libmilter's 7,210
 * would keep a dead MTA's connection for two hours. */
#define TIMEOUT_SECONDS 600
#define HOLD_SECONDS    1  /* that a mail waits which begins while we stop */
#define ANSWER_MS       20 /* in which libmilter writes what a callback gave it to answer */

/* Wanted of every MTA, and constant: libmilter keeps the NO bits in one table for all. */
#define STEPS_WANTED                                                                  \
    (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NORCPT | SMFIP_NOUNKNOWN | SMFIP_NODATA | \
     SMFIP_NOEOH | SMFIP_SKIP | SMFIP_HDR_LEADSPC)
/* Only where we have a callback: for other steps libmilter itself answers, and tells the system's
 * log, once a mail, that this was not to be. */
#define STEPS_NO_REPLY (SMFIP_NR_MAIL | SMFIP_NR_HDR)
#define ACTIONS_WANTED (SMFIF_ADDHDRS | SMFIF_CHGHDRS)

/* What becomes of a mail's text. */
enum reading {
    READING_LATER, /* no field has come yet */
    READING,       /* it is kept: one of the mails in work */
    READING_NOT    /* too many others are: it passes unread */
};

struct session {
    struct mail mail;
    struct pipeline *pipeline; /* from MAIL FROM to the answer */
    struct store *store;
    struct forged_headers forged_headers;
    enum reading reading;
    bool forgery_left;        /* more forged names than we remember */
    bool skip, leading_space; /* as negotiated */
};

static struct {
    pthread_mutex_t lock; /* over pipeline and store */
    struct pipeline *pipeline;
    struct store *store;
    atomic_bool skip, leading_space; /* of the last negotiation */
    atomic_uint answering;           /* mails whose end has come */
    atomic_uint in_work;             /* mails of which text is kept */
    atomic_bool full;                /* since the limit was met, until half of it is free */
    atomic_bool stopping;
    sem_t turns; /* to take a mail apart */
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- life of a session -------------------------------------------------------------------- */

/* Takes a place among the mails in work.  False: there is none. */
static bool work_begin(unsigned most) {
    if (atomic_fetch_add(&shared.in_work, 1) < most)
        return true;
    atomic_fetch_sub(&shared.in_work, 1);
    metrics_add(METRICS_UNREAD);
    if (!atomic_exchange(&shared.full, true))
        log_warning("%u mails are in work, the most that max_mails allows; more pass unread", most);
    return false;
}

static void work_end(unsigned most) {
    if (atomic_fetch_sub(&shared.in_work, 1) <= most / 2 && atomic_load(&shared.full) &&
        atomic_exchange(&shared.full, false))
        log_info("mails are read again; passed unread since the start: %" PRIu64,
                 metrics_get(METRICS_UNREAD));
}

static unsigned work_most(const struct session *session) {
    return (unsigned)pipeline_configuration(session->pipeline)->max_mails;
}

static void session_reset(struct session *session) {
    mail_reset(&session->mail);
    if (session->reading == READING)
        work_end(work_most(session));
    session->reading = READING_LATER;
    pipeline_release(session->pipeline);
    session->pipeline = NULL;
    forged_headers_reset(&session->forged_headers);
    session->forgery_left = false;
}

static void session_free(struct session *session) {
    if (!session)
        return;
    session_reset(session);
    mail_free(&session->mail);
    forged_headers_free(&session->forged_headers);
    free(session);
}

/* The connection's session, made where there is none yet.  NULL: out of memory; the mail passes
 * unread. */
static struct session *session_of(SMFICTX *context) {
    struct session *session = smfi_getpriv(context);

    if (session)
        return session;
    session = calloc(1, sizeof(*session));
    if (!session || mail_init(&session->mail) < 0) {
        free(session);
        return NULL;
    }
    session->skip = atomic_load(&shared.skip);
    session->leading_space = atomic_load(&shared.leading_space);
    smfi_setpriv(context, session);
    return session;
}

/* Starts a mail: nothing of another one is left, and the pipeline is the one of now. */
static struct session *session_begin(SMFICTX *context) {
    struct session *session = session_of(context);

    if (!session)
        return NULL;
    session_reset(session);
    pthread_mutex_lock(&shared.lock);
    session->pipeline = pipeline_keep(shared.pipeline);
    session->store = shared.store;
    pthread_mutex_unlock(&shared.lock);
    return session;
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

static sfsistat on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
                             unsigned long unused2, unsigned long unused3,
                             unsigned long *actions_out, unsigned long *steps_out,
                             unsigned long *unused2_out, unsigned long *unused3_out) {
    struct session *session;

    (void)unused2;
    (void)unused3;
    if ((actions & ACTIONS_WANTED) != ACTIONS_WANTED)
        log_warning("the MTA lets us add or delete no headers (it offers actions 0x%lx)", actions);
    *actions_out = actions & ACTIONS_WANTED;
    *steps_out = (steps & STEPS_WANTED) | STEPS_NO_REPLY;
    *unused2_out = *unused3_out = 0;
    atomic_store(&shared.skip, (steps & SMFIP_SKIP) != 0);
    atomic_store(&shared.leading_space, (steps & SMFIP_HDR_LEADSPC) != 0);
    session = smfi_getpriv(context);
    if (session) {
        session->skip = atomic_load(&shared.skip);
        session->leading_space = atomic_load(&shared.leading_space);
    } else {
        session_of(context);
    }
    return SMFIS_CONTINUE;
}

static sfsistat on_envfrom(SMFICTX *context, char **arguments) {
    (void)arguments;
    /* The end is near, and what has begun must get there first. */
    if (atomic_load(&shared.stopping))
        nanosleep(&(struct timespec){.tv_sec = HOLD_SECONDS}, NULL);
    session_begin(context);
    return SMFIS_NOREPLY;
}

/* Called for each field, and where a mail has none, for its body. */
static bool is_read(struct session *session) {
    if (session->reading == READING_LATER)
        session->reading = work_begin(work_most(session)) ? READING : READING_NOT;
    return session->reading == READING;
}

static sfsistat on_header(SMFICTX *context, char *name, char *value) {
    struct session *session = smfi_getpriv(context);

    if (!session || !session->pipeline)
        return SMFIS_NOREPLY;
    if (!forged_headers_note(&session->forged_headers,
                             pipeline_configuration(session->pipeline)->prefix, name))
        session->forgery_left = true;
    if (is_read(session))
        message_add_header(session->mail.message, name, value);
    return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *context, unsigned char *data, size_t length) {
    struct session *session = smfi_getpriv(context);

    if (session && session->pipeline &&
        !(is_read(session) && message_add_body(session->mail.message, data, length)) &&
        session->skip && length == FULL_CHUNK)
        return SMFIS_SKIP;
    return SMFIS_CONTINUE;
}

/* ---- the end of a mail -------------------------------------------------------------------- */

/* From the last to the first: each deletion moves those behind it. */
static void forged_delete(SMFICTX *context, const struct session *session) {
    const struct forged_headers *forged_headers = &session->forged_headers;

    for (size_t i = 0; i < forged_headers->count; i++)
        for (int index = forged_headers->names[i].count; index > 0; index--)
            if (smfi_chgheader(context, forged_headers->names[i].name, index, NULL) != MI_SUCCESS)
                log_warning("the MTA would not delete a forged %s", forged_headers->names[i].name);
    if (session->forgery_left)
        log_warning("more than %d different names under our prefix in one mail; some are left on "
                    "it, none that we write",
                    LIMIT_FORGED_NAMES);
}

/* At index 1, below the MTA's own Received; each pushes the one before it down. */
static void headers_insert(SMFICTX *context, const struct session *session) {
    const struct mail *mail = &session->mail;

    for (size_t i = mail->header_count; i > 0; i--) {
        const struct mail_header *header = &mail->headers[i - 1];
        char value[1100]; /* LIMIT_HEADERS_WRITTEN and a space */

        snprintf(value, sizeof(value), "%s%s", session->leading_space ? " " : "", header->value);
        if (smfi_insheader(context, 1, (char *)header->name, value) != MI_SUCCESS)
            log_warning("the MTA would not insert %s", header->name);
    }
}

static void line_log(const struct session *session, const char *queue_id, int64_t microseconds) {
    const struct mail *mail = &session->mail;
    const char *series = mail->facts ? patchmark_fact_string(mail->facts, "series.id") : NULL;

    if (!log_is_enabled(PATCHMARK_INFO))
        return;
    log_info("%s: kind=%s%s%s list=%s bytes=%llu events=%zu%s%s ms=%lld.%03lld",
             queue_id ? queue_id : "-", mail->facts ? annotate_kind(mail) : "none",
             series ? " series=" : "", series ? series : "",
             *patchmark_message_list(mail->message) ? patchmark_message_list(mail->message) : "-",
             (unsigned long long)message_size(mail->message), mail->event_count,
             mail->seen_before ? " again" : "", session->forged_headers.count ? " forged" : "",
             (long long)microseconds / 1000, (long long)microseconds % 1000);
}

/* Not held while we write to the MTA, which may be slow to read. */
static void turn_acquire(void) {
    while (sem_wait(&shared.turns) < 0 && errno == EINTR)
        ;
}

static void turn_release(void) {
    sem_post(&shared.turns);
}

static void mail_finish(SMFICTX *context, struct session *session) {
    int64_t start = clock_microseconds(), microseconds;

    turn_acquire();
    message_parse(session->mail.message, (int64_t)time(NULL));
    pipeline_run(session->pipeline, session->store, &session->mail);
    turn_release();
    headers_insert(context, session);
    microseconds = clock_microseconds() - start;
    metrics_mail(&session->mail, microseconds);
    line_log(session, smfi_getsymval(context, (char *)"i"), microseconds);
}

static sfsistat on_eom(SMFICTX *context) {
    struct session *session = smfi_getpriv(context);

    if (!session || !session->pipeline)
        return SMFIS_CONTINUE;
    atomic_fetch_add(&shared.answering, 1);
    forged_delete(context, session);
    if (session->forged_headers.count > 0)
        metrics_add(METRICS_FORGED);
    if (is_read(session))
        mail_finish(context, session);
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

/* ---- life of the filter -------------------------------------------------------------------- */

int session_listen(const char *socket) {
    struct smfiDesc description = {.xxfi_name = (char *)"patchmark",
                                   .xxfi_version = SMFI_VERSION,
                                   .xxfi_flags = ACTIONS_WANTED,
                                   .xxfi_envfrom = on_envfrom,
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
    sem_init(&shared.turns, 0, LIMIT_MAILS_PARSED);
    if (smfi_register(description) != MI_SUCCESS || smfi_setconn((char *)socket) != MI_SUCCESS) {
        log_error("socket %s: libmilter does not take it", socket);
        return -1;
    }
    smfi_setmaxdatasize(PACKET_SIZE - 1);
    smfi_settimeout(TIMEOUT_SECONDS);
    smfi_setbacklog(BACKLOG);
    mask = umask(0117); /* the socket: owner and group, 0660 */
    errno = 0;
    result = smfi_opensocket(false);
    umask(mask);
    if (result != MI_SUCCESS) {
        log_error("socket %s: cannot listen on it: %s", socket,
                  errno ? strerror(errno) : "see the lines of libmilter in the mail log");
        return -1;
    }
    socket_set_nodelay(socket);
    return 0;
}

int session_run(void) {
    if (smfi_main() == MI_SUCCESS)
        return 0;
    log_error("libmilter ended with a failure: %s", strerror(errno));
    return -1;
}

/* Those that have begun. */
static unsigned mails_left(void) {
    unsigned in_work = atomic_load(&shared.in_work), answering = atomic_load(&shared.answering);

    return in_work > answering ? in_work : answering;
}

unsigned session_drain(unsigned milliseconds) {
    unsigned left;

    atomic_store(&shared.stopping, true);
    for (; (left = mails_left()) > 0 && milliseconds > 10; milliseconds -= 10)
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    nanosleep(&(struct timespec){.tv_nsec = ANSWER_MS * 1000000}, NULL);
    return left;
}

unsigned session_in_work(void) {
    return atomic_load(&shared.in_work);
}

unsigned session_answering(void) {
    return atomic_load(&shared.answering);
}
